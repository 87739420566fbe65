# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""jupyterhub_config.py of the package core, run as JupyterHub runs it, with a stand-in for its configuration object."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from ansible_collections.kubeflow.bootstrap.tests.unit.registry import core
from ansible_collections.kubeflow.bootstrap.tests.unit.registry.core import CORE

LABELS = {"app.kubernetes.io/name": "kubeflow-notebook", "app.kubernetes.io/component": "notebook"}

# What the package writes by default, see core.render.
SETTINGS: dict[str, Any] = {
    "namespace": "kubeflow",
    "publicUrl": None,
    "secureCookies": False,
    "authenticator": "dummy",
    "login": {},
    "allowedUsers": [],
    "adminUsers": [],
    "dataDirectory": "",
    "proxyTokenFile": "",
    "verifyUser": "kubeflow-verify",
    "labels": LABELS,
    "image": "example/notebook:1",
    "imagePullSecret": None,
    "nodeSelector": {},
    "cpu": "500m",
    "memory": "1Gi",
    "idleSeconds": 0,
    "gpuIdleSeconds": 0,
    "namedServers": 0,
    "choices": [],
    "gpuResource": None,
    "gpu": None,
    "ids": {"user": 1000, "group": 100, "volumeGroup": 100},
    "volume": None,
    "sharedVolume": None,
}


class Recorder:
    """c of a configuration file: c.Class.trait = value."""

    def __init__(self) -> None:
        self.sections: dict[str, SimpleNamespace] = {}

    def __getattr__(self, name: str) -> SimpleNamespace:
        return self.sections.setdefault(name, SimpleNamespace())


class SharedPasswordAuthenticator:
    """That of JupyterHub."""

    async def refresh_user(self, user: Any, handler: Any = None) -> bool:
        return True


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """hub(setting=value, ...) -> what the configuration file sets."""
    shared = ModuleType("jupyterhub.authenticators.shared")
    vars(shared)["SharedPasswordAuthenticator"] = SharedPasswordAuthenticator
    monkeypatch.setitem(sys.modules, shared.__name__, shared)
    folder = tmp_path / "etc"
    folder.mkdir()
    data = tmp_path / "data"
    data.mkdir()
    (folder / "jupyterhub_config.py").symlink_to(CORE / "jupyterhub_config.py")
    (tmp_path / "token").write_text("a-token")

    def run(**changes: Any) -> Recorder:
        settings = {**SETTINGS, "dataDirectory": str(data), "proxyTokenFile": str(tmp_path / "token"), **changes}
        (folder / "settings.json").write_text(json.dumps(settings))
        c = Recorder()
        runpy.run_path(str(folder / "jupyterhub_config.py"), {"get_config": lambda: c})
        return c

    run.password_file = data / "login-password"  # type: ignore[attr-defined]
    return run


def test_password_is_made_once_and_private(hub: Any) -> None:
    first = hub().SharedPasswordAuthenticator.user_password
    assert len(first) >= 24
    assert hub.password_file.stat().st_mode & 0o777 == 0o600
    hub.password_file.chmod(0o660)
    assert hub().SharedPasswordAuthenticator.user_password == first
    assert hub.password_file.stat().st_mode & 0o777 == 0o600


def test_the_token_of_the_stage_verify_opens_one_server_only(hub: Any, tmp_path: Path) -> None:
    c = hub()
    token = tmp_path / "data" / "verify-token"
    assert token.stat().st_mode & 0o777 == 0o600 and len(token.read_text().strip()) >= 24
    (service,) = c.JupyterHub.services
    assert service == {"name": "kubeflow-verify-service", "api_token": token.read_text().strip()}
    (role,) = c.JupyterHub.load_roles
    assert role["services"] == [service["name"]] and set(role) == {"name", "services", "scopes"}
    assert role["scopes"] and all(scope.endswith("!user=kubeflow-verify") for scope in role["scopes"])
    assert hub().JupyterHub.services == [service]


def test_idle_servers_are_stopped_only_where_that_is_chosen(hub: Any) -> None:
    assert [service["name"] for service in hub().JupyterHub.services] == ["kubeflow-verify-service"]
    c = hub(idleSeconds=3600)
    culler = c.JupyterHub.services[1]
    assert culler["name"] == "idle-culler" and culler["command"][1].endswith("/kubeflow_idle.py") and culler["command"][2:] == ["3600", "0"]
    assert hub(gpuIdleSeconds=60).JupyterHub.services[1]["command"][2:] == ["0", "60"]
    role = c.JupyterHub.load_roles[1]
    assert role["services"] == ["idle-culler"] and "delete:servers" in role["scopes"]
    assert not any(scope.startswith(("admin", "access")) for scope in role["scopes"])


def test_an_empty_password_file_lets_nobody_in(hub: Any) -> None:
    hub.password_file.write_text("\n")
    assert len(hub().SharedPasswordAuthenticator.user_password) >= 24
    assert not list(hub.password_file.parent.glob("*.new"))


def test_password_is_asked_for(hub: Any) -> None:
    c = hub()
    assert issubclass(c.JupyterHub.authenticator_class, SharedPasswordAuthenticator)
    assert c.Authenticator.allow_all is True
    with pytest.raises(ValueError, match="ldap"):
        hub(authenticator="ldap")


def test_a_setting_that_the_package_writes_is_one_that_is_read() -> None:
    # The stand-in above has what the package writes, and nothing else.
    written = core.settings(core.render({}))
    assert set(written) == set(SETTINGS)


def test_users_come_over_https(hub: Any) -> None:
    c = hub(publicUrl="https://kubeflow.example.com/", secureCookies=True)
    assert c.JupyterHub.public_url == "https://kubeflow.example.com/"
    assert c.JupyterHub.tornado_settings == {"cookie_options": {"secure": True}}
    assert not {"public_url", "tornado_settings"} & set(vars(hub().JupyterHub))


@pytest.mark.parametrize(("text", "number"), [("500m", 0.5), ("2", 2), ("1.5Gi", 1.5 * 2**30), ("100M", 1e8)])
def test_a_server_gets_what_it_asks_for_and_up_to_four_times_as_much(hub: Any, text: str, number: float) -> None:
    spawner = hub(cpu=text, memory=text).KubeSpawner
    assert (spawner.cpu_guarantee, spawner.cpu_limit) == (number, 4 * number)
    assert (spawner.mem_guarantee, spawner.mem_limit) == (int(number), 4 * int(number))


def test_where_servers_run_and_with_what_their_image_is_pulled(hub: Any) -> None:
    spawner = hub(nodeSelector={"pool": "a"}, imagePullSecret="pull").KubeSpawner
    assert (spawner.node_selector, spawner.image_pull_secrets) == ({"pool": "a"}, ["pull"])
    assert not {"node_selector", "image_pull_secrets"} & set(vars(hub().KubeSpawner))


def test_token_comes_from_the_shared_file(hub: Any) -> None:
    c = hub()
    assert c.ConfigurableHTTPProxy.auth_token == "a-token"
    assert c.ConfigurableHTTPProxy.should_start is False


def test_notebooks_satisfy_restricted(hub: Any) -> None:
    spawner = hub().KubeSpawner
    assert spawner.allow_privilege_escalation is False
    assert spawner.automount_service_account_token is False
    assert spawner.container_security_context["capabilities"] == {"drop": ["ALL"]}
    for context in (spawner.container_security_context, spawner.pod_security_context):
        assert context["runAsNonRoot"] is True
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert (spawner.uid, spawner.gid, spawner.fs_gid) == (1000, 100, 100)


def test_without_fixed_ids_only_the_extra_group_is_set(hub: Any) -> None:
    spawner = hub(ids={"extraGroup": 100}).KubeSpawner
    assert spawner.supplemental_gids == [100]
    assert not {"uid", "gid", "fs_gid"} & set(vars(spawner))


def test_volume(hub: Any) -> None:
    assert not {"storage_pvc_ensure", "volumes", "notebook_dir"} & set(vars(hub().KubeSpawner))
    volume = {"mountPath": "/home/jovyan/work", "size": "20Gi", "accessMode": "ReadWriteOnce", "storageClass": "fast"}
    spawner = hub(volume=volume).KubeSpawner
    assert spawner.storage_pvc_ensure is True
    assert (spawner.storage_capacity, spawner.storage_class, spawner.storage_access_modes) == ("20Gi", "fast", ["ReadWriteOnce"])
    assert spawner.volume_mounts == [{"name": spawner.volumes[0]["name"], "mountPath": "/home/jovyan/work"}]
    assert spawner.notebook_dir == "/home/jovyan/work"  # what the launcher makes is on the volume
    spawner = hub(volume={**volume, "storageClass": None, "accessMode": "ReadWriteMany"}).KubeSpawner
    assert "storage_class" not in vars(spawner) and spawner.storage_access_modes == ["ReadWriteMany"]


def test_all_users_share_a_volume(hub: Any) -> None:
    spawner = hub(sharedVolume={"claim": "kubeflow-shared", "mountPath": "/home/jovyan/shared"}).KubeSpawner
    assert spawner.volumes == [{"name": "shared", "persistentVolumeClaim": {"claimName": "kubeflow-shared"}}]
    assert spawner.volume_mounts == [{"name": "shared", "mountPath": "/home/jovyan/shared"}]
    # No claim for each user is made for that.
    assert "storage_pvc_ensure" not in vars(spawner)


def test_gpus_are_a_choice_of_the_user(hub: Any) -> None:
    assert "profile_list" not in vars(hub().KubeSpawner)
    gpu: dict[str, Any] = {"limits": [1, 4], "tolerations": [], "nodeSelector": {}, "image": None}
    cpu, one, four = hub(gpuResource="amd.com/gpu", gpu=gpu).KubeSpawner.profile_list
    assert cpu["default"] and "kubespawner_override" not in cpu
    assert one["kubespawner_override"] == {
        "extra_resource_limits": {"amd.com/gpu": "1"},
        "tolerations": [{"key": "amd.com/gpu", "operator": "Exists"}],
    }
    assert four["kubespawner_override"]["extra_resource_limits"] == {"amd.com/gpu": "4"}
    assert len({each["slug"] for each in (cpu, one, four)}) == 3

    own = {"key": "dedicated", "operator": "Exists"}
    gpu |= {"tolerations": [own], "nodeSelector": {"gpu": "a100"}, "image": "example/gpu:1"}
    override = hub(gpuResource="amd.com/gpu", gpu=gpu).KubeSpawner.profile_list[1]["kubespawner_override"]
    assert (override["tolerations"][1:], override["node_selector"], override["image"]) == ([own], {"gpu": "a100"}, "example/gpu:1")


def test_token_script_writes_a_private_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    before = os.umask(0o022)
    try:
        monkeypatch.setattr("sys.argv", ["-c", str(tmp_path / "token")])
        runpy.run_path(str(CORE / "proxy_token.py"))
    finally:
        os.umask(before)
    assert len((tmp_path / "token").read_text()) == 64
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
