# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The configuration of a control plane: folder, keys, kubeconfigs and flags.

The flags are those of Kubernetes 1.35, etcd 3.6 and kwok 0.7; the defaults hold for the others.
"""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import certificates
from .certificates import KeyFiles
from .processes import Process
from .profiles import SIMULATED
from .programs import Programs

SETUP_USER = "system:local-cluster"
"""Creates the objects of the profile. A name that begins with ``system:`` keeps it out of the audit log."""
ISSUER = "https://kubernetes.default.svc.cluster.local"
SERVICE_CIDR = "10.96.0.0/16"
_HOSTS = (
    "localhost", "127.0.0.1", "10.96.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)  # fmt: skip
_CLIENTS = {
    "admin": ("kubernetes-admin", ("system:masters",)),
    "setup": (SETUP_USER, ("system:masters",)),
    "kube-controller-manager": ("system:kube-controller-manager", ()),
    "kube-scheduler": ("system:kube-scheduler", ()),
    "kwok": ("system:kwok", ("system:masters",)),
}
# Requests of people and their programs, without those of the control plane and health probes.
_AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {
            "level": "None",
            "users": [
                SETUP_USER,
                "system:apiserver",
                "system:kube-controller-manager",
                "system:kube-scheduler",
                "system:kwok",
                "system:kube-proxy",
                "system:local-node",
            ],
        },
        {"level": "None", "userGroups": ["system:serviceaccounts:kube-system", "system:nodes"]},
        {"level": "None", "nonResourceURLs": ["/healthz*", "/livez*", "/readyz*"]},
        {"level": "Metadata"},
    ],
}


@dataclass(frozen=True)
class Ports:
    """TCP ports on 127.0.0.1."""

    api: int
    etcd: int
    etcd_peer: int
    web: int = 0
    """The port of the Services of a cluster with real nodes."""

    @classmethod
    def free(cls) -> Ports:
        """Four free ports."""
        sockets = [socket.socket() for _port in range(4)]
        try:
            for each in sockets:
                each.bind(("127.0.0.1", 0))
            return cls(*(each.getsockname()[1] for each in sockets))
        finally:
            for each in sockets:
                each.close()

    def are_free(self) -> bool:
        for port in (self.api, self.etcd, self.etcd_peer, self.web):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    return False
        return True


@dataclass(frozen=True)
class Inside:
    """The network of the first real node, in which its control plane runs. ``enter``: the prefix of a command."""

    enter: list[str]
    address: str


@dataclass(frozen=True)
class Home:
    """The folder of a cluster, and the paths in it."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def pki(self) -> Path:
        return self.folder / "pki"

    @property
    def run(self) -> Path:
        """Logs and pid files."""
        return self.folder / "run"

    @property
    def state(self) -> Path:
        return self.folder / "cluster.json"

    @property
    def audit_log(self) -> Path:
        return self.folder / "audit.log"

    @property
    def service_account(self) -> Path:
        """As in a pod: /var/run/secrets/kubernetes.io/serviceaccount."""
        return self.folder / "serviceaccount"

    @property
    def ca(self) -> KeyFiles:
        return KeyFiles.at(self.pki, "ca")

    def kubeconfig(self, client: str = "admin") -> Path:
        return self.folder / "kubeconfig" if client == "admin" else self.folder / f"{client}.kubeconfig"

    @property
    def context(self) -> str:
        return f"local-{self.name}"


def write_pki(home: Home, address: str | None = None) -> None:
    """Create the missing authorities, certificates and keys. ``address``: of the API server, for real nodes."""
    etcd_ca = KeyFiles.at(home.pki, "etcd-ca")
    if not home.ca.exists():
        certificates.create_ca(home.pki, "ca", f"{home.context}-ca")
    if not etcd_ca.exists():
        certificates.create_ca(home.pki, "etcd-ca", f"{home.context}-etcd-ca")
    if not KeyFiles.at(home.pki, "service-account").exists():
        certificates.create_signing_key(home.pki, "service-account")
    for ca, name in ((home.ca, "kube-apiserver"), (etcd_ca, "etcd")):
        if not KeyFiles.at(home.pki, name).exists():
            certificates.sign_server(ca, home.pki, name, [*_HOSTS, *([address] if address else [])])
    if not KeyFiles.at(home.pki, "etcd-client").exists():
        certificates.sign_client(etcd_ca, home.pki, "etcd-client", "kube-apiserver")
    for name, (user, groups) in _CLIENTS.items():
        if not KeyFiles.at(home.pki, name).exists():
            certificates.sign_client(home.ca, home.pki, name, user, groups)


def write_configuration(home: Home, ports: Ports) -> None:
    """Write the kubeconfig of every client and the audit policy."""
    for name in _CLIENTS:
        content = kubeconfig(home, ports.api, KeyFiles.at(home.pki, name), user=home.context if name == "admin" else name)
        certificates.write_private(home.kubeconfig(name), content)
    certificates.write_private(home.folder / "audit-policy.json", _json(_AUDIT_POLICY))


def kubeconfig(home: Home, port: int, client: KeyFiles, user: str, host: str = "127.0.0.1") -> bytes:
    """A kubeconfig that embeds authority, certificate and key; JSON, which is YAML too."""

    def data(path: Path) -> str:
        return base64.b64encode(path.read_bytes()).decode()

    cluster = {"server": f"https://{host}:{port}", "certificate-authority-data": data(home.ca.crt)}
    return _json(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": home.context,
            "clusters": [{"name": home.context, "cluster": cluster}],
            "contexts": [{"name": home.context, "context": {"cluster": home.context, "user": user}}],
            "users": [{"name": user, "user": {"client-certificate-data": data(client.crt), "client-key-data": data(client.key)}}],
        }
    )


def processes(home: Home, programs: Programs, ports: Ports, inside: Inside | None = None, *, kwok: bool = True) -> dict[str, Process]:
    """The processes by name, in the order in which they start. ``kwok``: there are simulated nodes."""
    flags = {
        "etcd": _etcd(home, ports),
        "kube-apiserver": _api_server(home, ports, inside),
        "kube-controller-manager": _controller_manager(home),
        "kube-scheduler": {
            "kubeconfig": home.kubeconfig("kube-scheduler"),
            "leader-elect": "false",
            "secure-port": 0,
        },
        "kwok": {
            "kubeconfig": home.kubeconfig("kwok"),
            **({"manage-nodes-with-annotation-selector": "=".join(*SIMULATED.items())} if inside else {"manage-all-nodes": "true"}),
            "cidr": "10.0.0.1/16",
            "node-ip": "127.0.0.1",
            "node-lease-duration-seconds": 40,
        },
    }
    if not kwok:
        del flags["kwok"]
    # Nothing else of the environment: no proxy, and no kwok settings from the user's home.
    env = {"HOME": str(home.folder), "PATH": "/usr/bin:/bin"}
    enter = inside.enter if inside else []
    return {name: Process(name, [*enter, programs.path(name), *_argv(each)], home.run, env) for name, each in flags.items()}


def _etcd(home: Home, ports: Ports) -> dict[str, object]:
    pki = home.pki
    peer = f"https://127.0.0.1:{ports.etcd_peer}"
    client = f"https://127.0.0.1:{ports.etcd}"
    return {
        "name": "local",
        "data-dir": home.folder / "etcd",
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"local={peer}",
        "cert-file": pki / "etcd.crt",
        "key-file": pki / "etcd.key",
        "trusted-ca-file": pki / "etcd-ca.crt",
        "client-cert-auth": "true",
        "peer-cert-file": pki / "etcd.crt",
        "peer-key-file": pki / "etcd.key",
        "peer-trusted-ca-file": pki / "etcd-ca.crt",
        "peer-client-cert-auth": "true",
        # Its gateway would need a client certificate, and nothing uses it.
        "enable-grpc-gateway": "false",
        # The data need not outlive a crash of the machine; writes are faster.
        "unsafe-no-fsync": "true",
        "log-level": "error",
    }


def _api_server(home: Home, ports: Ports, inside: Inside | None) -> dict[str, object]:
    pki = home.pki
    place: dict[str, object] = {
        "bind-address": "127.0.0.1",
        # No endpoints for the Service "kubernetes": a loopback address is not a valid one.
        "advertise-address": "127.0.0.1",
        "endpoint-reconciler-type": "none",
    }
    if inside:
        place = {
            "bind-address": "0.0.0.0",
            "advertise-address": inside.address,
            "kubelet-client-certificate": pki / "kubelet-client.crt",
            "kubelet-client-key": pki / "kubelet-client.key",
            "kubelet-certificate-authority": home.ca.crt,
            "kubelet-preferred-address-types": "InternalIP",
        }
    return {
        **place,
        "secure-port": ports.api,
        "etcd-servers": f"https://127.0.0.1:{ports.etcd}",
        "etcd-cafile": pki / "etcd-ca.crt",
        "etcd-certfile": pki / "etcd-client.crt",
        "etcd-keyfile": pki / "etcd-client.key",
        "tls-cert-file": pki / "kube-apiserver.crt",
        "tls-private-key-file": pki / "kube-apiserver.key",
        "client-ca-file": home.ca.crt,
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "allow-privileged": "true",
        "service-cluster-ip-range": SERVICE_CIDR,
        # Without kube-proxy a Service's address leads nowhere: webhooks and API services are called at their endpoints.
        "enable-aggregator-routing": "true",
        "service-account-issuer": ISSUER,
        "api-audiences": ISSUER,
        "service-account-key-file": pki / "service-account.crt",
        "service-account-signing-key-file": pki / "service-account.key",
        "audit-log-path": home.audit_log,
        "audit-policy-file": home.folder / "audit-policy.json",
        "profiling": "false",
    }


def _controller_manager(home: Home) -> dict[str, object]:
    return {
        "kubeconfig": home.kubeconfig("kube-controller-manager"),
        "leader-elect": "false",
        "secure-port": 0,
        "use-service-account-credentials": "true",
        "root-ca-file": home.ca.crt,
        "service-account-private-key-file": home.pki / "service-account.key",
        "cluster-signing-cert-file": home.ca.crt,
        "cluster-signing-key-file": home.ca.key,
        "service-cluster-ip-range": SERVICE_CIDR,
        "kube-api-qps": 200,
        "kube-api-burst": 400,
        "profiling": "false",
    }


def _argv(flags: Mapping[str, object]) -> list[str]:
    return [f"--{name}={value}" for name, value in flags.items()]


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2).encode()
