# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes that really run pods: their processes and settings.

A node is a process that holds a network and a mount namespace (``namespaces.sh``), and the processes that enter them. Nothing is
mounted on the machine or configured in its network, so that nothing outlives the processes.
"""

from __future__ import annotations

import hashlib
import socket
import string
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...formats.json_object import Json
from ..control_plane import certificates, control_plane
from ..control_plane.certificates import KeyFiles
from ..control_plane.control_plane import Home, Inside, Ports
from ..control_plane.processes import Process, running
from ..control_plane.profiles import Pool
from ..control_plane.programs import Programs
from . import cgroups, images, requirements
from .images import Image

try:
    import yaml
except ImportError:  # pragma: no cover
    yaml = None  # type: ignore[assignment]


PODS = "10.244.0.0/16"
DNS = "10.96.0.10"
PROXY_PORT = 3128
"""That of ``forward.py``."""
_CGROUP = "/kubeflow-bootstrap"
_HELPER = "system:local-node"
_HELPERS = ("forward", "names", "volumes")


@dataclass(frozen=True)
class Node:
    """The ``number``th real node of a cluster; the first one is 1, and the control plane runs in its network."""

    home: Home
    name: str
    number: int
    pool: Pool

    @property
    def folder(self) -> Path:
        return self.home.folder / "nodes" / self.name

    @property
    def address(self) -> str:
        return f"10.99.0.{self.number}"

    @property
    def pods(self) -> str:
        return f"10.244.{self.number}.0/24"

    @property
    def cgroup(self) -> str:
        return f"{_cgroup(self.home)}/{self.name}"

    @property
    def _holder_pid_file(self) -> Path:
        return self.home.run / f"node-{self.name}.pid"

    def holder(self) -> int | None:
        """The id of the process that holds the node's namespaces."""
        return running(self._holder_pid_file)

    @property
    def ready(self) -> Path:
        """The file that exists once the namespaces are set up."""
        return self.folder / "ready"

    def no_containerd(self) -> str | None:
        """What is missing until containerd answers; a killed one may have left its socket."""
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(f"/proc/{self.holder()}/root/run/containerd/containerd.sock")
            except OSError:
                return f"containerd of node {self.name} does not answer"
        return None

    def entering(self) -> list[str]:
        """The prefix of a command that runs in the namespaces; the command keeps its process id."""
        return ["/usr/bin/nsenter", "--net", "--mount", f"--target={self.holder()}", "--"]


def of(home: Home, pools: Iterable[Pool]) -> list[Node]:
    """The real nodes of a cluster."""
    names = [(name, pool) for pool in pools for name in pool.names()]
    return [Node(home, name, number, pool) for number, (name, pool) in enumerate(names, 1)]


def end(home: Home) -> None:
    """End what real nodes left: containers and their shims."""
    cgroups.end(_cgroup(home))


def _cgroup(home: Home) -> str:
    """Unique to the cluster's folder: clusters in other folders may have the same name."""
    return f"{_CGROUP}-{hashlib.sha256(str(home.folder).encode()).hexdigest()[:12]}"


def _holder(node: Node, nodes: list[Node], files: Path) -> Process:
    first = [] if node.number == 1 else [str(nodes[0].holder()), str(node.number)]
    others = [text for other in nodes if other is not node for text in (other.pods, other.address)]
    argv = ["/bin/sh", str(files / "namespaces.sh"), str(node.folder), str(node.ready), node.address, control_plane.SERVICE_CIDR]
    return _process(node, f"node-{node.name}", ["/usr/bin/unshare", "--net", "--mount", "--", *argv, *first, "--", *others])


def write_pki(home: Home, nodes: list[Node]) -> None:
    """Create the missing certificates."""
    users: dict[str, tuple[str, tuple[str, ...]]] = {
        "kubelet-client": ("kube-apiserver-kubelet-client", ("system:masters",)),
        "kube-proxy": ("system:kube-proxy", ()),
        "node-helper": (_HELPER, ("system:masters",)),
    }
    users.update({f"kubelet-{node.name}": (f"system:node:{node.name}", ("system:nodes",)) for node in nodes})
    for name, (user, groups) in users.items():
        if not KeyFiles.at(home.pki, name).exists():
            certificates.sign_client(home.ca, home.pki, name, user, groups)
    for node in nodes:
        if not KeyFiles.at(home.pki, f"kubelet-server-{node.name}").exists():
            certificates.sign_server(home.ca, home.pki, f"kubelet-server-{node.name}", [node.name, node.address])


def write_configuration(nodes: list[Node], ports: Ports, files: Path) -> None:
    """Write the settings of each node's programs, and create its cgroup."""
    for node in nodes:
        cgroups.create(f"{node.cgroup}/shims")
        clients = {"kubelet": f"kubelet-{node.name}", "kube-proxy": "kube-proxy", "node-helper": "node-helper"}
        for file, client in clients.items():
            pair = KeyFiles.at(node.home.pki, client)
            content = control_plane.kubeconfig(node.home, ports.api, pair, client, host=node_api(node))
            certificates.write_private(node.folder / f"{file}.kubeconfig", content)
        values = {
            "address": node.address,
            "cgroup": node.cgroup,
            "cni": str(requirements.cni_folder()),
            "dns": DNS,
            "kubeconfig": str(node.folder / "kube-proxy.kubeconfig"),
            "node": node.name,
            "pki": str(node.home.pki),
            "pods": node.pods,
        }
        for source, target in {
            "containerd.toml": "containerd.toml",
            "kubelet.yml": "kubelet.yml",
            "kube-proxy.yml": "kube-proxy.yml",
            "pods.conflist": "var/lib/cni/net.d/pods.conflist",
        }.items():
            certificates.write_private(node.folder / target, filled(files / source, values).encode())


def node_api(node: Node) -> str:
    """The host of the API server, seen from a node."""
    return "127.0.0.1" if node.number == 1 else "10.99.0.1"


def filled(file: Path, values: Mapping[str, str]) -> str:
    return string.Template(file.read_text(encoding="utf-8")).substitute(values)


def helpers(nodes: list[Node], ports: Ports, files: Path) -> dict[str, Process]:
    """The processes that exist once in a cluster: access, DNS and volumes."""
    first = nodes[0]
    # The program enters the namespaces itself, after it listens outside.
    forward = [str(ports.api), str(ports.web), DNS, *(str(node.holder()) for node in nodes)]
    api = [f"https://127.0.0.1:{ports.api}", str(first.home.pki), "node-helper"]
    argv = {"forward": forward, "names": [*api, first.address], "volumes": [*api, str(first.home.folder / "nodes")]}
    helpers = {}
    for name in _HELPERS:
        enter = [] if name == "forward" else first.entering()
        helpers[name] = _process(first, name, [*enter, sys.executable, str(files / f"{name}.py"), *argv[name]])
    return helpers


def processes(node: Node, programs: Programs, ports: Ports) -> dict[str, Process]:
    """The processes of a node, in the order of their start."""
    flags: dict[str, dict[str, object]] = {
        "containerd": {"config": node.folder / "containerd.toml"},
        "kubelet": {
            "config": node.folder / "kubelet.yml",
            "kubeconfig": node.folder / "kubelet.kubeconfig",
            "hostname-override": node.name,
            "node-ip": node.address,
            "node-labels": ",".join(f"{key}={value}" for key, value in node.pool.labels.items()),
            "register-with-taints": ",".join(node.pool.taints),
        },
        "kube-proxy": {"config": node.folder / "kube-proxy.yml"},
        "netpol": {
            "kubeconfig": node.folder / "node-helper.kubeconfig",
            "node": node.name,
            "service-cluster-ip-range": control_plane.SERVICE_CIDR,
        },
    }
    paths = {"containerd": "/usr/bin/containerd"}
    # Only pulls leave the node, through the forwarder.
    env = {"HTTPS_PROXY": f"http://127.0.0.1:{PROXY_PORT}", "NO_PROXY": "127.0.0.1"}
    by_name = {}
    for name, options in flags.items():
        argv = [*node.entering(), paths.get(name) or programs.path(name), *(f"--{key}={value}" for key, value in options.items())]
        by_name[name] = _process(node, f"{name}-{node.name}", argv, env if name == "containerd" else None)
    return by_name


class Site:
    """The start of a cluster's real nodes. ``run`` starts processes, ``wait`` waits until a condition returns None."""

    def __init__(
        self,
        nodes: list[Node],
        files: Path,
        ports: Ports,
        programs: Programs,
        run: Callable[..., None],
        wait: Callable[[Callable[[], str | None]], None],
    ) -> None:
        self._nodes, self._first = nodes, nodes[0]
        self._files, self._ports, self._programs = files, ports, programs
        self._run, self._wait = run, wait

    def open(self) -> Inside:
        """Create the namespaces, one after the other."""
        for node in self._nodes:
            if not node.holder():
                node.ready.unlink(missing_ok=True)
            self._run(_holder(node, self._nodes, self._files))
            self._wait(lambda: None if node.ready.exists() else f"the namespaces of node {node.name} are not set up")  # noqa: B023
        return Inside(self._first.entering(), self._first.address)

    def objects(self) -> list[Json]:
        values = {"address": self._first.address, "dns": DNS}
        objects: list[Json] = yaml.safe_load(filled(self._files / "kube-dns.yml", values))["items"]
        return objects

    def configure(self) -> None:
        """Write certificates and settings; the cluster's own authority already exists."""
        write_pki(self._first.home, self._nodes)
        write_configuration(self._nodes, self._ports, self._files)

    def connect(self) -> None:
        """Give access to the API server."""
        self._run(helpers(self._nodes, self._ports, self._files)["forward"])

    def start(self, stand_ins: list[Image]) -> None:
        """Start all that runs on the nodes, except what needs them registered."""
        helping = helpers(self._nodes, self._ports, self._files)
        self._run(helping["names"], helping["volumes"])
        for node in self._nodes:
            of_node = processes(node, self._programs, self._ports)
            self._run(of_node["containerd"])
            self._wait(node.no_containerd)
            images.load(stand_ins, node.entering())
            self._run(of_node["kubelet"], of_node["kube-proxy"])

    def enforce_policies(self) -> None:
        for node in self._nodes:
            self._run(processes(node, self._programs, self._ports)["netpol"])


def _process(node: Node, name: str, argv: list[str], env: Mapping[str, str] | None = None) -> Process:
    return Process(name, argv, node.home.run, {"HOME": str(node.folder), "PATH": requirements.SYSTEM_PATH, **(env or {})})
