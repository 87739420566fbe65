# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs come from their official releases where these answer with the pinned file, and are built otherwise. A stand-in serves them."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import re
import tarfile
import threading
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane import programs, releases
from ansible_collections.kubeflow.bootstrap.tests.absent import NOBODY

from tests.patience import no_hang, patience
from tests.unit.conftest import Answer

from .test_programs import builds

SOURCE = Path(__file__).parents[5] / "roles" / "local_cluster" / "files" / "control-plane"
KUBERNETES = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"]


def archive(members):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return file.getvalue()


GOOD = archive({f"server/bin/{name}": f"released {name}".encode() for name in KUBERNETES} | {"server/bin/kubeadm": b"not asked for"})


@pytest.fixture
def publisher(serve, authority, tmp_path, env, monkeypatch):
    """A server with the release of Kubernetes, and an environment that trusts it."""
    (tmp_path / "ca.pem").write_text(authority.pem)
    env["SSL_CERT_FILE"] = str(tmp_path / "ca.pem")
    monkeypatch.setattr(releases, "this_platform", lambda: "linux-amd64")
    server = serve("127.0.0.1")
    server.routes["/v1.35.0/server-linux-amd64.tar.gz"] = lambda _request: Answer(GOOD)
    return server


def pin(source, url, **changes):
    row = {
        "module": "k8s.io/kubernetes",
        "go_mod": "go.mod",
        "url": f"{url}/{{version}}/server-{{platform}}.tar.gz",
        "programs": {name: f"server/bin/{name}" for name in KUBERNETES},
        "version": "v1.35.0",
        "digests": {"linux-amd64": f"sha512:{hashlib.sha512(GOOD).hexdigest()}"},
        **changes,
    }
    (source / releases.TABLE).write_text(yaml.safe_dump({"kubernetes": row}))


def ensure(tmp_path, source, env):
    lines = []
    return programs.ensure(tmp_path / "cache", source, env, lines.append), "\n".join(lines)


def test_what_is_released_is_downloaded_and_the_rest_is_built(tmp_path, source, env, publisher):
    pin(source, publisher.url)
    ready, progress = ensure(tmp_path, source, env)
    assert "Building instead" not in progress
    assert {name: Path(ready.path(name)).read_text() for name in KUBERNETES} == {name: f"released {name}" for name in KUBERNETES}
    assert {path.name for path in ready.bin.iterdir()} == {*programs.PACKAGES, "kwok"}
    assert all(path.stat().st_mode & 0o111 for path in ready.bin.iterdir() if path.name in KUBERNETES)
    assert len(builds(tmp_path)) == 2 and len(publisher.requests) == 1
    assert "Downloading kube-apiserver, kube-controller-manager, kube-scheduler, kubectl v1.35.0" in progress
    assert not (tmp_path / "cache" / "control-plane" / "downloads").exists()
    assert ensure(tmp_path, source, env) == (ready, "") and len(publisher.requests) == 1


@pytest.mark.parametrize(
    ("route", "reason"),
    [
        (Answer(GOOD + b"more"), "has not the digest in releases.yml"),
        (Answer(b"who are you?", 403), "answers 403"),
        (Answer(b"busy", 503), "it answers 503"),
        (Answer(b"", 302, [("Location", "http://127.0.0.1/elsewhere")]), "redirects to an address that is not https"),
    ],
    ids=["wrong digest", "refused", "broken", "plain http"],
)
def test_what_is_not_the_pinned_file_is_asked_for_once_and_built(tmp_path, source, env, publisher, route, reason):
    publisher.routes["/v1.35.0/server-linux-amd64.tar.gz"] = route
    pin(source, publisher.url)
    ready, progress = ensure(tmp_path, source, env)
    assert reason in progress and "Building instead: " in progress
    assert len(builds(tmp_path)) == len(programs.PACKAGES) + 1 and len(publisher.requests) == 1
    assert {Path(ready.path(name)).read_text() for name in KUBERNETES} == {""}


def test_an_archive_without_the_programs_is_no_release(tmp_path, source, env, publisher):
    pin(source, publisher.url, programs={"kubectl": "server/bin/kubectl", "kube-scheduler": "elsewhere/kube-scheduler"})
    ready, progress = ensure(tmp_path, source, env)
    assert "does not hold elsewhere/kube-scheduler" in progress and Path(ready.path("kubectl")).read_text() == ""


def test_a_server_that_does_not_answer_is_given_up(tmp_path, source, env, publisher, monkeypatch):
    monkeypatch.setattr(releases, "IDLE_SECONDS", 0.5)
    given_up = threading.Event()
    publisher.routes["/v1.35.0/server-linux-amd64.tar.gz"] = lambda _request: given_up.wait(patience(30)) and Answer(GOOD)
    pin(source, publisher.url)
    with no_hang(15):
        _ready, progress = ensure(tmp_path, source, env)
    given_up.set()
    assert "Building instead: 127.0.0.1" in progress and "0.5 seconds" in progress
    assert len(builds(tmp_path)) == len(programs.PACKAGES) + 1


def test_where_nobody_answers_all_is_built(tmp_path, source, env, publisher):
    pin(source, f"https://{NOBODY}")
    _ready, progress = ensure(tmp_path, source, env)
    assert "can't be reached" in progress and len(builds(tmp_path)) == len(programs.PACKAGES) + 1


@pytest.mark.parametrize("changes", [{"version": "v1.34.0"}, {"digests": {"linux-arm64": "sha512:00"}}, {"digests": {}}])
def test_a_release_whose_digest_is_not_known_is_not_asked_for(tmp_path, source, env, publisher, changes):
    pin(source, publisher.url, **changes)
    _ready, progress = ensure(tmp_path, source, env)
    assert not publisher.requests and "Downloading" not in progress and len(builds(tmp_path)) == len(programs.PACKAGES) + 1


def test_the_table_pins_the_versions_of_go_mod():
    table = yaml.safe_load((SOURCE / releases.TABLE).read_text())
    released = {name for row in table.values() for name in row["programs"]}
    assert released == {*programs.PACKAGES, "kwok", "kubelet", "kube-proxy"}
    lengths = {"sha256": 64, "sha512": 128}
    for row in table.values():
        assert row["version"] == releases.required(SOURCE / row["go_mod"], row["module"])
        for digest in row["digests"].values():
            algorithm, digits = digest.split(":")
            assert re.fullmatch(r"[0-9a-f]+", digits) and len(digits) == lengths[algorithm]
    kubernetes = releases.read(SOURCE, "linux-arm64")[0]
    assert kubernetes.url == "https://dl.k8s.io/v1.35.0/kubernetes-server-linux-arm64.tar.gz"


# --- the maintainer's command


@pytest.fixture
def lock():
    spec = importlib.util.spec_from_file_location("lock_releases", SOURCE.parents[3] / "tools" / "releases.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


def test_the_table_is_filled_from_what_the_publishers_have(tmp_path, source, lock, capsys):
    digest = hashlib.sha512(GOOD).hexdigest()
    pin(source, tmp_path.as_uri(), version="v1.34.0", sums=f"{tmp_path.as_uri()}/sums-{{platform}}")
    table = source / releases.TABLE
    table.write_text(f"# Why.\n{table.read_text()}")
    (tmp_path / "sums-linux-amd64").write_text(f"{'0' * 128}  another\n{digest} *server-linux-amd64.tar.gz\n")
    (tmp_path / "sums-linux-arm64").write_text(digest)
    assert lock(source) == 0
    row = yaml.safe_load(table.read_text())["kubernetes"]
    assert (row["version"], row["digests"]) == ("v1.35.0", dict.fromkeys(("linux-amd64", "linux-arm64"), f"sha512:{digest}"))
    assert table.read_text().startswith("# Why.\nkubernetes:\n")


def test_without_sums_the_file_is_taken_and_what_is_unreachable_keeps_its_digest(tmp_path, source, lock, capsys):
    pin(source, tmp_path.as_uri(), digests={"linux-arm64": "sha256:known"})
    (tmp_path / "v1.35.0").mkdir()
    (tmp_path / "v1.35.0" / "server-linux-amd64.tar.gz").write_bytes(GOOD)
    assert lock(source) == 0
    row = yaml.safe_load((source / releases.TABLE).read_text())["kubernetes"]
    assert row["digests"] == {"linux-amd64": f"sha256:{hashlib.sha256(GOOD).hexdigest()}", "linux-arm64": "sha256:known"}
    assert "kubernetes for linux-arm64: " in capsys.readouterr().err
