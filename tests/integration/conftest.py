# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Local clusters for tests: ``cluster("gke-gpu")`` starts one on demand; all are removed at the end.

The files of tests are shared out to as many processes as there are cores, each with its own clusters.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import signal
import subprocess
import tempfile
import typing as t
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import load
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster import cluster as local_cluster
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane import certificates, control_plane
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.tests.integration import faults, loaded
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.integration.work import Work
from ansible_collections.kubeflow.bootstrap.tests.patience import patience, until

ROOT = Path(__file__).parents[2]
_WRITES = {"create", "update", "patch", "delete", "deletecollection"}


# What takes longest begins first, so that no core is left waiting for another one.
_FIRST = (
    "test_kubeflow.py",
    "test_docs.py",
    "test_awx.py",
    "test_awx_setup.py",
    "test_steps.py",
    "test_dns.py",
    "test_remove.py",
    "test_ks_engine.py",
    "test_clusters.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _FIRST.index(item.path.name) if item.path.name in _FIRST else len(_FIRST))


def _say(line: str) -> None:
    print(line, flush=True)


CONTEXT = Context(env=dict(os.environ), progress=_say)


class Audit:
    """The audit log of a cluster, of which each line is read once: the shared cluster's grows with every test."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode = 0
        self._offset = 0
        self._events: list[dict[str, t.Any]] = []

    def read(self) -> list[dict[str, t.Any]]:
        """All events so far, oldest first; a line that is still being written comes next time."""
        with self._path.open("rb") as log:
            now = os.fstat(log.fileno())
            if now.st_ino != self._inode or now.st_size < self._offset:  # another cluster of that name
                self._inode, self._offset, self._events = now.st_ino, 0, []
            log.seek(self._offset)
            whole = log.read().rpartition(b"\n")[0]
        self._events += [json.loads(line) for line in whole.splitlines()]
        self._offset += len(whole) + 1 if whole else 0
        return self._events


_AUDITS: dict[str, Audit] = {}


@dataclass(frozen=True)
class Cluster:
    """A running local cluster."""

    place: local_cluster.Directories
    name: str
    facts: dict[str, t.Any]
    """What the module local_cluster returned."""

    @property
    def home(self) -> control_plane.Home:
        return self.place.home(self.name)

    @property
    def kubeconfig(self) -> str:
        return str(self.facts["kubeconfig"])

    @property
    def port(self) -> int:
        """Of the API server, on loopback."""
        return int(self.facts["server"].rsplit(":", 1)[1])

    def kubectl(self, *args: str, stdin: str | None = None, kubeconfig: str | None = None) -> str:
        """What kubectl writes; fails the test where kubectl fails."""
        done = self.try_kubectl(*args, stdin=stdin, kubeconfig=kubeconfig)
        assert done.returncode == 0, f"kubectl {' '.join(args)}: {done.stderr}"
        return done.stdout

    def try_kubectl(self, *args: str, stdin: str | None = None, kubeconfig: str | None = None) -> subprocess.CompletedProcess[str]:
        """kubectl as it ended, well or not."""
        argv = [f"{self.facts['bin']}/kubectl", f"--kubeconfig={kubeconfig or self.kubeconfig}", *args]
        env = {"HOME": str(self.home.folder), "PATH": "/usr/bin:/bin"}
        return subprocess.run(argv, input=stdin, capture_output=True, text=True, env=env, timeout=patience(15), check=False)

    def get(self, *args: str) -> dict[str, t.Any]:
        """``kubectl get ... -o json``."""
        answer: dict[str, t.Any] = json.loads(self.kubectl("get", *args, "-o", "json"))
        return answer

    def client(self, kubeconfig: str | None = None) -> Client:
        """A client of ours; close it, or use it in a ``with`` statement."""
        return Client(load(kubeconfig=kubeconfig or self.kubeconfig, env={}).connection)

    def kubeconfig_for(self, user: str, *groups: str, lifetime: datetime.timedelta = datetime.timedelta(hours=1)) -> str:
        """Path of a kubeconfig of somebody else; with a negative ``lifetime`` the certificate has expired."""
        label = f"{user}-{'-'.join(groups)}-{lifetime.total_seconds():.0f}".replace("/", "_").replace(":", "_")
        pair = certificates.sign_client(self.home.ca, self.home.folder / "users", label, user, groups, lifetime)
        path = self.home.folder / "users" / f"{label}.kubeconfig"
        certificates.write_private(path, control_plane.kubeconfig(self.home, self.port, pair, user))
        return str(path)

    def requests(self) -> list[dict[str, t.Any]]:
        """The audit log: every request so far that the control plane itself did not make, oldest first."""
        return list(_AUDITS.setdefault(self.facts["audit_log"], Audit(Path(self.facts["audit_log"]))).read())

    def writes(self) -> list[str]:
        """The requests that were to change something, as ``verb path``; neither dry runs nor questions about permissions."""
        return [
            f"{each['verb']} {each['requestURI']}"
            for each in self.requests()
            if each["verb"] in _WRITES
            and "dryRun=All" not in each["requestURI"]
            and each.get("objectRef", {}).get("apiGroup") not in ("authorization.k8s.io", "authentication.k8s.io")
        ]

    @contextlib.contextmanager
    def untouched(self) -> Iterator[None]:
        """Nobody writes to the cluster meanwhile."""
        before = self.writes()
        yield
        assert self.writes()[len(before) :] == []

    def everything(self, *flags: str) -> dict[tuple[str, str, str], dict[str, t.Any]]:
        """All objects of all kinds that can be listed, by kind, namespace and name; ``flags`` may select by label."""
        kinds = self.kubectl("api-resources", "--verbs=list", "-o", "name").split()
        items = self.get(",".join(sorted(set(kinds))), "--all-namespaces", *flags)["items"]
        return {(each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]): each for each in items}

    def applied(self, namespace: str) -> dict[tuple[str, str], dict[str, t.Any]]:
        """What carries the label of an ApplySet, by kind and name: a namespace, what is in it, and what of the cluster has its name."""
        members = self.everything("--selector=applyset.kubernetes.io/part-of").items()
        # Kubernetes gives the endpoints of a Service its labels.
        return {
            (kind, name): each
            for (kind, space, name), each in members
            if (namespace in (space, name) or not space and name.endswith(f"-{namespace}")) and kind not in ("Endpoints", "EndpointSlice")
        }

    def eventually(self, met: Callable[[], object], what: str) -> None:
        """Wait until ``met()`` is true."""
        until(met, what, seconds=6)


Factory = Callable[..., Cluster]


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> local_cluster.Directories:
    """Clusters in a folder of the tests, programs from the user's cache."""
    return local_cluster.Directories.of(os.environ, clusters=str(tmp_path_factory.mktemp("clusters")))


class Running:
    """The clusters of this process: ``start`` is what the fixture ``cluster`` is."""

    def __init__(self, place: local_cluster.Directories) -> None:
        self.place = place
        self._names: list[str] = []

    def start(self, profile: str = "plain", name: str | None = None) -> Cluster:
        chosen = name or profile
        # Listed before it starts, so that it is stopped even if it fails half way.
        self._names.append(chosen)
        return Cluster(self.place, chosen, local_cluster.present(self.place, chosen, profile, CONTEXT))

    def end(self, but: tuple[str, ...] = ()) -> None:
        """Remove all clusters but those."""
        for each in dict.fromkeys(self._names):
            if each not in but:
                local_cluster.absent(self.place, each, CONTEXT)
        self._names = [each for each in self._names if each in but]


@pytest.fixture(scope="session")
def clusters(place: local_cluster.Directories) -> Iterator[Running]:
    """All that run; none is left behind."""
    running = Running(place)
    # A polite kill ends the session as Ctrl-C does: with everything stopped.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield running
    finally:
        running.end()
        signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="module", autouse=True)
def clusters_of_a_file(clusters: Running) -> Iterator[None]:
    """A cluster takes a share of a core for as long as it runs: the shared one stays, the others end with the file that asked for them."""
    yield
    clusters.end(but=("plain",))


@pytest.fixture(scope="session")
def cluster(clusters: Running) -> Factory:
    """``cluster(profile="plain", name=None)``: the running cluster of that profile, started when it is first asked for.

    The plain one is shared by all tests of this process, others by those of a file; a test that needs one to itself gives it a ``name``.
    """
    return clusters.start


@pytest.fixture
def brief_cluster(cluster: Factory, place: local_cluster.Directories) -> Iterator[Factory]:
    """As ``cluster``, but for one test alone."""
    names: list[str] = []

    def start(profile: str) -> Cluster:
        names.append(f"brief-{profile}")
        return cluster(profile, name=names[-1])

    yield start
    for each in names:
        local_cluster.absent(place, each, CONTEXT)


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for TMPDIR: not below the test's own, as Ansible makes a socket in it, whose path has room for a hundred letters."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A window of a browser; see ``browser.Browser``."""
    # Here, for only the tests of the pages need what it needs.
    from ansible_collections.kubeflow.bootstrap.tests.integration.browser import chromium

    with chromium(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture(scope="session")
def ansible(tmp_path_factory: pytest.TempPathFactory) -> Iterator[loaded.Server]:
    """Runs playbooks."""
    with loaded.server(tmp_path_factory.mktemp("ansible")) as server:
        yield server


@pytest.fixture
def work(tmp_path: Path, ansible: loaded.Server) -> Callable[..., Work]:
    """``work(cluster, kubeflow_namespace="mine")``: an empty folder to work in, with that cluster's kubeconfig in ``KUBECONFIG``.

    What is only once in a cluster is left out, unless it says ``kubeflow_rules=[]``.
    """
    users: list[Work] = []

    def make(on: Cluster | None = None, env: dict[str, str] | None = None, **variables: object) -> Work:
        home, folder = tmp_path / f"home{len(users)}", tmp_path / f"work{len(users)}"
        home.mkdir()
        folder.mkdir()
        shared = {"kubeflow_rules": [str(Path(__file__).parent / "one_in_a_cluster.yml")]}
        chosen = {**({"KUBECONFIG": on.kubeconfig} if on else {}), **(env or {})}
        users.append(Work(home, folder, {**shared, **variables}, chosen, ansible))
        return users[-1]

    return make


@pytest.fixture
def application(cluster: Factory, tmp_path: Path) -> Callable[..., Application]:
    """``application("space", *objects)``: an application of these objects, in a namespace that exists."""

    def make(space: str, *objects: dict[str, t.Any], **arguments: t.Any) -> Application:
        each = cluster()
        each.try_kubectl("create", "namespace", space)
        return Application.on(each, tmp_path / space, space, wait_timeout=0, **arguments).write(*objects)

    return make


@pytest.fixture
def http(tmp_path: Path) -> Callable[..., contextlib.AbstractContextManager[tuple[faults.HttpProxy, str]]]:
    """``with http(cluster, user=None) as (proxy, kubeconfig)``: a way through mitmproxy, as the admin or as a ``user`` of a kubeconfig."""

    @contextlib.contextmanager
    def through(each: Cluster, user: dict[str, t.Any] | None = None) -> Iterator[tuple[faults.HttpProxy, str]]:
        folder = tmp_path / "http"
        client = faults.client_pem(each.kubeconfig, folder) if user is None else None
        with faults.http_proxy(os.environ, folder, each.port, each.home.ca.crt, client) as proxy:
            yield proxy, str(faults.kubeconfig_through(each.kubeconfig, proxy.port, folder / "kubeconfig", proxy.ca, user or {}))

    return through
