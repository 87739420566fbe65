# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""jupyterhub_config.py of the package core, run as JupyterHub runs it, with a stand-in for its configuration object."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

CORE = Path(__file__).parents[3] / "registry" / "core"
LABELS = {"app.kubernetes.io/name": "kubeflow-notebook", "app.kubernetes.io/component": "notebook"}


class Recorder:
    """c of a configuration file: c.Class.trait = value."""

    def __init__(self) -> None:
        self.sections: dict[str, SimpleNamespace] = {}

    def __getattr__(self, name: str) -> SimpleNamespace:
        return self.sections.setdefault(name, SimpleNamespace())


@pytest.fixture
def hub(tmp_path: Path) -> Any:
    """hub(setting=value, ...) -> what the configuration file sets."""
    folder = tmp_path / "etc"
    folder.mkdir()
    data = tmp_path / "data"
    data.mkdir()
    (folder / "jupyterhub_config.py").symlink_to(CORE / "jupyterhub_config.py")
    (tmp_path / "token").write_text("a-token")

    def run(**changes: Any) -> Recorder:
        settings = {
            "namespace": "kubeflow",
            "authenticator": "dummy",
            "dataDirectory": str(data),
            "proxyTokenFile": str(tmp_path / "token"),
            "labels": LABELS,
            "image": "example/notebook:1",
            "gpuResource": None,
            "ids": {"user": 1000, "group": 100, "volumeGroup": 100},
            "volume": None,
            **changes,
        }
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


def test_an_empty_password_file_lets_nobody_in(hub: Any) -> None:
    hub.password_file.write_text("\n")
    assert len(hub().SharedPasswordAuthenticator.user_password) >= 24
    assert not list(hub.password_file.parent.glob("*.new"))


def test_password_is_asked_for(hub: Any) -> None:
    c = hub()
    assert c.JupyterHub.authenticator_class == "shared-password"
    with pytest.raises(ValueError, match="iap"):
        hub(authenticator="iap")


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
    assert "storage_pvc_ensure" not in vars(hub().KubeSpawner)
    spawner = hub(volume={"mountPath": "/home/jovyan/work", "size": "20Gi", "storageClass": "fast"}).KubeSpawner
    assert spawner.storage_pvc_ensure is True
    assert (spawner.storage_capacity, spawner.storage_class) == ("20Gi", "fast")
    assert spawner.volume_mounts == [{"name": spawner.volumes[0]["name"], "mountPath": "/home/jovyan/work"}]
    spawner = hub(volume={"mountPath": "/work", "size": "1Gi", "storageClass": None}).KubeSpawner
    assert "storage_class" not in vars(spawner)


def test_gpu_is_a_choice_of_the_user(hub: Any) -> None:
    assert "profile_list" not in vars(hub().KubeSpawner)
    cpu, gpu = hub(gpuResource="amd.com/gpu").KubeSpawner.profile_list
    assert cpu["default"] and "kubespawner_override" not in cpu
    assert gpu["kubespawner_override"]["extra_resource_limits"] == {"amd.com/gpu": "1"}
    assert gpu["kubespawner_override"]["tolerations"] == [{"key": "amd.com/gpu", "operator": "Exists"}]


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
