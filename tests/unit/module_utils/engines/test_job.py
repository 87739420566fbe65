# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A job chooses the engine for an application on disk, and runs ks in a folder with its files."""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.applyset import Inventory
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.outcome import Options
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.engines.job import Job
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ks.command import KsBinary
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import app_yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.identity import ClusterIdentity
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import Connection
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT
from ansible_collections.kubeflow.bootstrap.tests.integration.ks_stand_in import packing

SERVER = "https://10.0.0.1:6443"
SERVED = {
    "v1": {"ConfigMap": {"resource": "configmaps", "namespaced": True}, "Service": {"resource": "services", "namespaced": True}},
    "apps/v1": {"Deployment": {"resource": "deployments", "namespaced": True}},
}
PARENT = {
    "metadata": {
        "labels": {"applyset.kubernetes.io/id": Inventory("app", "team").id},
        "annotations": {"applyset.kubernetes.io/tooling": "kubeflow.bootstrap/0.1.0"},
    }
}
APPLYSET = "/api/v1/namespaces/team/configmaps/app-applyset"


class Cluster:
    """``live``: what it has, by path."""

    def __init__(self, server: str = SERVER, **live: t.Any) -> None:
        self.connection = Connection(server, name="x")
        self.connections = self
        self.identity = ClusterIdentity(self)  # type: ignore[arg-type]
        self.live = {"/version": {"major": "1", "minor": "35"}, "/api/v1/namespaces/team": {}, **live}

    def retrying(self, _policy: t.Any) -> t.Any:
        return contextlib.nullcontext(self)

    def get(self, path: str, _accept: str = "") -> t.Any:
        if path not in self.live:
            raise ApiError(404, {}, path)
        return self.live[path]

    find = Client.find

    def document(self, path: str, *_fields: str) -> t.Any:
        return self.get(path)

    def map(self, work: t.Any, items: t.Any) -> list[t.Any]:
        return [work(item) for item in items]

    def begin_proving(self) -> None:
        """Its answers name no cluster."""

    def proved_by_answers(self) -> bool:
        return False


@pytest.fixture
def job(tmp_path: Path) -> Callable[..., Job]:
    """``job(cluster)``: for the application of the recorded steps, with the stand-in on PATH."""
    app, ks = tmp_path / "app", tmp_path / "bin" / "ks"
    packing.application(app, SERVER)
    ks.parent.mkdir()
    ks.write_text(packing.program(SERVER, tmp_path / "calls"))
    ks.chmod(0o755)

    def make(cluster: Cluster | None = None, check: bool = False, **files: str) -> Job:
        lines: list[str] = []
        env = {"PATH": f"{ks.parent}:/usr/bin:/bin", "HOME": str(tmp_path)}
        context = Context(check=check, env=env, progress=lines.append, warn=lambda text: lines.append(f"warning: {text}"))
        files = folder.read(app) | files
        entry = app_yaml.read(files)["environments"]["default"]
        subject = Job(cluster or Cluster(), context, app, files, "app", "default", entry)  # type: ignore[arg-type]
        subject.served = SERVED  # type: ignore[misc]
        subject.lines = lines  # type: ignore[attr-defined]
        return subject

    return make


def reason(job: Job) -> str:
    choice = job.choose("auto", None)
    assert choice.engine == "native"
    assert job.lines[-1] == f"engine native: {choice.reason}"  # type: ignore[attr-defined]
    return choice.reason


def test_auto_chooses_ks_if_it_shows_what_we_render(job: Callable[..., Job]) -> None:
    subject = job()
    choice = subject.choose("auto", None)
    assert (choice.engine, choice.reason.partition(" is ")[2]) == ("ks", "ks 0.10.0, and can do this on the cluster at hand.")
    assert subject.lines == ["ks show default", f"engine ks: {choice.reason}"]  # type: ignore[attr-defined]


def test_auto_says_what_hinders_ks(job: Callable[..., Job], tmp_path: Path) -> None:
    assert "ks connects to the address in the application, https://10.0.0.1:6443" in reason(job(Cluster("https://other:6443")))
    live = {APPLYSET: PARENT}
    assert reason(job(Cluster(**live))).endswith("the native engine deployed it, and keeps the ApplySet team/app-applyset.")
    subject = job()
    subject.files = {path: text for path, text in subject.files.items() if not path.startswith("lib/")}
    assert reason(subject).endswith("the application has no Kubernetes library in lib/v1.7.0.")
    subject = job()
    subject.served = {"v1": SERVED["v1"]}  # type: ignore[misc]
    assert reason(subject).endswith("the cluster serves no Deployment in apps/v1.")
    fresh = Cluster()
    del fresh.live["/api/v1/namespaces/team"]
    assert reason(job(fresh)).endswith("the namespace team does not exist, and ks does not create it.")
    assert packing.calls(tmp_path / "calls") == []


def test_ks_does_not_deploy_secrets_that_are_not_in_the_application(job: Callable[..., Job]) -> None:
    subject = job()
    subject.secrets = True
    choice = subject.choose("auto", None)
    assert choice.engine == "native" and "it deploys the application only" in choice.reason
    with pytest.raises(BootstrapError, match="it deploys the application only"):
        subject.choose("ks", None)


def test_auto_chooses_native_if_ks_renders_differently_and_names_the_cause(job: Callable[..., Job]) -> None:
    subject = job()
    path = "components/settings.jsonnet"
    text = subject.files[path].replace("count: std.toString(params.count)", "count: std.toString(10 - (4 - 3))")
    (subject.path / path).write_text(text)
    why = reason(job())
    assert (
        "it renders ConfigMap settings differently than jsonnet does; its printer may get this wrong: components/settings.jsonnet, line 7: "
        in why
    )


def test_a_failure_of_ks_is_a_reason_too(job: Callable[..., Job]) -> None:
    subject = job()
    app = subject.path / "app.yaml"
    app.write_text(app.read_text().replace("  default:", "  prod:"))
    subject.environment, subject.files = "prod", folder.read(subject.path)
    assert "ks show prod -o json stopped: stand-in: nobody recorded" in reason(subject)


def test_ks_on_request_is_refused_if_it_would_do_harm(job: Callable[..., Job]) -> None:
    with pytest.raises(BootstrapError, match=r"ks can't deploy this: ks connects to the address .*kubeflow_engine=native"):
        job(Cluster("https://other:6443")).choose("ks", None)
    live = {APPLYSET: PARENT}
    with pytest.raises(BootstrapError, match=r"keeps the ApplySet team/app-applyset"):
        job(Cluster(**live)).choose("ks", None)


def test_the_default_says_nothing_and_asks_nothing(job: Callable[..., Job]) -> None:
    subject = job()
    subject.files = {}
    assert subject.choose("native", f"{ABSENT}/ks").engine == "native"
    assert subject.lines == []  # type: ignore[attr-defined]


def test_ks_works_in_place_or_in_check_mode_on_a_copy(job: Callable[..., Job], tmp_path: Path) -> None:
    with job(check=True).prepared(KsBinary("ks")) as ks:
        assert ks.folder == tmp_path / "app"
    subject = job(check=True, **{"components/more.jsonnet": "{}", "bytes.txt": "\udcff"})
    with subject.prepared(KsBinary("ks")) as ks:
        copy = ks.folder
        assert {path: (copy / path).read_bytes() for path in subject.files} == {
            path: text.encode("utf-8", "surrogateescape") for path, text in subject.files.items()
        }
    assert copy != tmp_path / "app"
    assert not copy.exists()
    assert not (tmp_path / "app/components/more.jsonnet").exists()


def test_ks_deploys_from_beginning_to_end(job: Callable[..., Job], tmp_path: Path) -> None:
    subject = job()
    choice = subject.choose("ks", None)
    assert choice.ks
    outcome = subject.deploy_by_ks(choice.ks, Options(timeout=0.0, progress=lambda line: None))
    assert outcome.document()["counts"] == {"created": 3}
    assert [call["argv"][1] for call in packing.calls(tmp_path / "calls")] == ["show", "diff", "apply", "apply"]
    assert not any(line.startswith("warning") for line in subject.lines)  # type: ignore[attr-defined]
