# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role ks, and a deployment by `ks`: a stand-in, installed like the real one, answers with what the real one was seen to answer."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import os
import shutil
import stat
import tarfile
import threading
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.applyset import Inventory
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.integration.ks_stand_in import packing
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import definition, deployment, made, pod

SHOW = ["ks", "show", "default", "-o", "json"]
DIFF = ["ks", "diff", "default", "--diff-strategy", "subset"]
APPLY = [["ks", "apply", "default", "-c", name] for name in ("front", "settings")]
DELETE = ["ks", "delete", "default", "-c", "settings", "--grace-period", "0"]
OBJECTS = ["Deployment.apps team/front", "Service team/front", "ConfigMap team/settings"]


@pytest.fixture
def installed(cluster, work, tmp_path):
    """``installed(**variables)``: a user with the application of the recorded steps, and ks installed by the role."""

    def make(**variables):
        each = cluster()
        user = work(each, kubeflow_wait_timeout=0, **variables)
        path, checksum = packing.archive(tmp_path, packing.program(each.facts["server"], tmp_path / "calls"))
        user.play("ks", kubeflow_ks_url=str(path), kubeflow_ks_sha256={"linux_amd64": checksum}).well()
        packing.application(user.app, each.facts["server"])
        return each, user, lambda: [call["argv"] for call in packing.calls(tmp_path / "calls")]

    return make


@pytest.mark.soak
def test_the_role_installs_what_the_checksum_says_and_nothing_else(work, tmp_path):
    user = work()
    ks = user.home / ".local/bin/ks"
    path, checksum = packing.archive(tmp_path, packing.program("https://example.com", tmp_path / "calls"))
    good = {"kubeflow_ks_url": str(path), "kubeflow_ks_sha256": {"linux_amd64": checksum}}
    unknown = user.play("ks", kubeflow_ks_url=str(path))
    assert "Nothing was installed: no SHA-256 is given for ks 0.10.0 for linux_amd64" in unknown.message
    wrong = user.play("ks", kubeflow_ks_url=str(path), kubeflow_ks_sha256={"linux_amd64": "0" * 64})
    assert "did not match" in wrong.message
    assert not ks.exists()
    assert user.play("ks", "--check", **good).well().changed == 1
    assert not ks.exists()
    first = user.play("ks", **good).well()
    assert first.changed > 0
    assert f"{ks} is ks 0.10.0" in first.output
    with tarfile.open(path) as tar:
        assert ks.read_bytes() == tar.extractfile("ks_0.10.0_linux_amd64/ks").read()
    assert stat.S_IMODE(ks.stat().st_mode) == 0o755
    for flags in ([], ["--check", "--diff"]):
        assert user.play("ks", *flags, **good).well().changed == 0


@pytest.mark.soak
def test_the_role_refuses_an_old_ks_and_an_archive_of_another_version(work, tmp_path):
    user = work(env={"PATH": f"{tmp_path}/old:{os.environ['PATH']}"})
    old = tmp_path / "old" / "ks"
    old.parent.mkdir()
    old.write_text(packing.program("https://example.com", tmp_path / "calls", "0.9.2"))
    old.chmod(0o755)
    assert "is ks 0.9.2; 0.10.0 or newer is needed" in user.play("ks", kubeflow_ks_binary_path=str(old)).message
    path, checksum = packing.archive(tmp_path, old.read_text())
    refused = user.play("ks", kubeflow_ks_url=str(path), kubeflow_ks_sha256={"linux_amd64": checksum})
    assert "holds ks 0.9.2, not 0.10.0" in refused.message
    assert not (user.home / ".local/bin/ks").exists()
    # An old one on PATH does not stand in the way of the right one.
    path, checksum = packing.archive(tmp_path, packing.program("https://example.com", tmp_path / "calls"))
    user.play("ks", kubeflow_ks_url=str(path), kubeflow_ks_sha256={"linux_amd64": checksum}).well()
    assert f"{user.home}/.local/bin/ks is ks 0.10.0" in user.play("ks").well().output


@pytest.mark.soak
def test_the_role_takes_a_release_over_http(work, tmp_path, httpd):
    user = work()
    path, checksum = packing.archive(tmp_path, packing.program("https://example.com", tmp_path / "calls"))
    run = user.play(
        "ks",
        kubeflow_ks_url=f"{httpd(path.parent)}/{path.name}",
        kubeflow_ks_sha256={"linux_amd64": checksum},
        kubeflow_ks_bin_dir=f"{tmp_path}/bin",
    )
    assert f"{tmp_path}/bin/ks is ks 0.10.0" in run.well().output
    assert hashlib.sha256(path.read_bytes()).hexdigest() == checksum


@pytest.fixture
def httpd():
    """``httpd(folder)``: the address of a server of its files."""
    servers = []

    def start(folder: Path) -> str:
        handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_ks_deploys_then_finds_nothing_to_do_then_what_changed(installed, tmp_path):
    each, user, calls = installed(kubeflow_engine="ks")
    with each.untouched():
        check = user.play("deploy", "--check", "--diff").well()
    assert calls() == [SHOW, DIFF]
    assert check.changed == 1
    assert "doesn't exist on live" in check.output
    (tmp_path / "calls").unlink()
    first = user.play("deploy").well()
    assert calls() == [SHOW, DIFF, *APPLY]
    assert "engine ks: It was requested." in first.output
    assert user.report()["outcome"]["counts"] == {"created": 3}
    assert [item["object"] for item in user.report()["outcome"]["objects"]] == OBJECTS
    assert [item["component"] for item in user.report()["outcome"]["objects"]] == ["front", "front", "settings"]
    assert user.play("deploy").well().changed == 0
    assert calls() == [SHOW, DIFF, *APPLY, SHOW, DIFF]
    assert user.report()["outcome"]["counts"] == {"unchanged": 3}
    third = user.play("deploy", "--diff").well()
    assert third.changed == 1
    assert '+    "text": "changed"' in third.output
    assert user.report()["outcome"]["counts"] == {"changed": 1, "unchanged": 2}


@pytest.mark.soak
def test_a_clone_by_git_has_no_empty_folders_and_ks_deploys_it(installed):
    _each, user, calls = installed(kubeflow_engine="ks")
    shutil.rmtree(user.app / ".ksonnet")
    user.play("deploy").well()
    assert calls() == [SHOW, DIFF, *APPLY]
    assert user.report()["outcome"]["counts"] == {"created": 3}
    assert not (user.app / ".ksonnet").exists()


def test_ks_gets_its_login_in_a_file_for_it_alone(installed, tmp_path):
    each, user, _calls = installed(kubeflow_engine="ks")
    folder = Path(each.facts["service_account"])
    secret = (folder / "token").read_text()
    path = user.home / "token.kubeconfig"
    path.write_text(
        json.dumps(
            {
                "clusters": [{"name": "c", "cluster": {"server": each.facts["server"], "certificate-authority": str(folder / "ca.crt")}}],
                "users": [{"name": "u", "user": {"token": secret}}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "x",
            }
        )
    )
    run = user.play("deploy", "-vvv", kubeflow_kubeconfig=str(path)).well()
    done = packing.calls(tmp_path / "calls")
    assert [call["argv"] for call in done] == [SHOW, DIFF, *APPLY]
    for call in done:
        assert secret not in call["cmdline"]
        assert "token" not in call["cmdline"]
        assert (call["mode"], call["user"]) == (0o600, ["token"])
        assert call["path"] != str(path)
        assert not Path(call["path"]).parent.exists()
        assert {"KUBECONFIG", "HOME", "DISABLE_HTTP2"} <= set(call["env"])
        assert call["cwd"] == str(user.app)
    assert secret not in run.output


@pytest.mark.soak
def test_auto_says_which_engine_and_why(installed, cluster, work):
    each, user, calls = installed(kubeflow_engine="auto")
    why = "engine native: ks 0.10.0 is not taken: the namespace team does not exist, and ks does not create it."
    assert why in user.play("deploy", "--check").output
    assert calls() == []
    each.kubectl("create", "namespace", "team")
    try:
        run = user.play("deploy", "--check").well()
        assert "engine ks: " in run.output
        assert "is ks 0.10.0, and can do this on the cluster at hand." in run.output
        assert calls() == [SHOW, DIFF]
        old = {"apiVersion": "extensions/v1beta1", "kind": "Deployment", "metadata": {"name": "old"}, "spec": {}}
        user.add_component("old", old)
        why = "engine native: ks 0.10.0 is not taken: the cluster serves no Deployment in extensions/v1beta1."
        assert why in user.play("deploy", "--check").output
        assert calls() == [SHOW, DIFF]
    finally:
        each.kubectl("delete", "namespace", "team")
    without = work(each, kubeflow_engine="auto", kubeflow_app_dir=str(user.app))
    assert "engine native: The command ks is not installed on this host." in without.play("deploy", "--check").output


def test_a_ks_that_is_wanted_and_not_there_is_explained(cluster, work):
    each = cluster()
    user = work(each, kubeflow_engine="ks")
    packing.application(user.app, each.facts["server"])
    assert user.play("deploy").message == (
        "The command ks is not installed on this host. Install it with the role kubeflow.bootstrap.ks, "
        "or name it with kubeflow_ks_binary_path."
    )


@pytest.mark.soak
def test_ks_removes_what_is_there_and_does_not_go_where_native_was(installed, tmp_path):
    each, user, calls = installed(kubeflow_engine="ks")
    assert user.play("remove").well().changed == 0
    assert calls() == [SHOW]
    each.kubectl("create", "namespace", "team")
    try:
        each.kubectl("create", "configmap", "settings", "-n", "team")
        assert user.play("remove", "--check").well().changed == 1
        assert DELETE not in calls()
        assert user.play("remove").well().changed == 1
        assert calls()[-1] == DELETE
        assert [item["object"] for item in user.report()["outcome"]["objects"]] == ["ConfigMap team/settings"]
        parent = Inventory("app", "team")
        each.kubectl("create", "configmap", parent.name, "-n", "team")
        each.kubectl("label", "configmap", parent.name, "-n", "team", f"applyset.kubernetes.io/id={parent.id}")
        tooling = "applyset.kubernetes.io/tooling=kubeflow.bootstrap/0.1.0"
        each.kubectl("annotate", "configmap", parent.name, "-n", "team", tooling)
        refused = user.play("deploy")
        assert "ks can't deploy this: the native engine deployed it, and keeps the ApplySet team/app-applyset" in refused.message
    finally:
        each.kubectl("delete", "namespace", "team", "--wait=false")


@pytest.fixture
def by_ks(cluster, tmp_path):
    """``by_ks("name", one=[...], two=[...])``: the cluster, the application with these components, and what ks was called with."""

    def make(space, **components):
        each = cluster()
        ks = tmp_path / "bin" / "ks"
        ks.parent.mkdir(exist_ok=True)
        ks.write_text(packing.program(each.facts["server"], tmp_path / "calls", objects=components, namespace=space))
        ks.chmod(0o755)
        arguments = {"kubeconfig": each.kubeconfig, "engine": "ks", "ks_binary_path": str(ks), "wait_timeout": 30}
        app = Application(tmp_path / space, space, arguments).write()
        (app.folder / "components/main.jsonnet").unlink()
        (app.folder / "lib/v1.7.0").mkdir(parents=True)
        (app.folder / "lib/v1.7.0/k.libsonnet").write_text("{}")
        for name, items in components.items():
            (app.folder / f"components/{name}.jsonnet").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        described = json.loads((app.folder / "app.yaml").read_text())
        described["environments"]["default"]["destination"]["server"] = each.facts["server"]
        (app.folder / "app.yaml").write_text(json.dumps(described))
        return each, app, lambda: [call["argv"][1:] for call in packing.calls(tmp_path / "calls")]

    return make


@pytest.mark.soak
def test_components_come_in_the_order_that_their_objects_need_and_go_in_reverse(by_ks):
    space, group = "by-ks", "ks.example.com"
    each, app, calls = by_ks(
        space,
        a_uses=[made(f"{group}/v1", "Flow", "nightly", space, spec={"a": 1}), deployment("runner", space, pod("runner"))],
        b_account=[made("v1", "ServiceAccount", "runner", space)],
        c_defines=[definition(group, "flows", "Flow")],
        d_space=[made("v1", "Namespace", space)],
    )
    with each.untouched():
        assert set(app.deploy(check=True).well().actions.values()) == {"created"}
    done = app.deploy().well()
    ran = [call[3] for call in calls() if call[0] == "apply" and "--dry-run" not in call]
    assert sorted(ran) == ["a_uses", "b_account", "c_defines", "d_space"]
    assert ran[-1] == "a_uses" and ran.index("d_space") < ran.index("b_account")
    assert set(done.actions.values()) == {"created"}
    assert done.text.count("ks can't promise") == 1
    assert not app.deploy().well().result["changed"]
    assert not each.get("leases", "-n", space)["items"]
    refused = app.deploy(state="absent")
    assert "ks would delete Namespace by-ks" in refused.message
    removed = app.deploy(state="absent", remove_data=True).well()
    assert [call[3] for call in calls() if call[0] == "delete"] == ran[::-1]
    assert set(removed.actions.values()) == {"removed"}
    assert not each.try_kubectl("get", "namespace", space).stdout
    again = app.deploy(state="absent", remove_data=True).well()
    assert again.outcome["objects"] == []


def test_a_component_that_fails_ends_it_with_an_account(by_ks):
    space = "ks-fails"
    wrong = made("v1", "Service", "wrong", space, spec={"ports": [{"port": 80000}]})
    each, app, _calls = by_ks(
        space,
        a_first=[made("v1", "Namespace", space)],
        b_wrong=[wrong],
        c_needs=[deployment("runner", space, pod("late")), made("v1", "ConfigMap", "a", space)],
        d_account=[made("v1", "ServiceAccount", "late", space)],
    )
    done = app.deploy()
    assert (
        "ks apply default -c b_wrong stopped at services ks-fails.wrong: the API server refuses" in done.message or "80000" in done.message
    )
    assert done.actions[f"Namespace {space}"] == "created"
    assert done.actions[f"Service {space}/wrong"] == "failed"
    assert done.actions[f"Deployment.apps {space}/runner"] == "not reached"
    assert done.result["changed"]
    assert not each.get("leases", "-n", space)["items"]
