# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The service network of a local cluster, which has no kube-proxy and whose pods run nowhere: for the API server's calls of webhooks.

The API server chooses a ready endpoint of the webhook's Service by itself, and then asks that pod's address. It is started again with an
egress selector, so that it does that through an HTTP CONNECT proxy: this one, which refuses where no ready pod has the address, and
answers for all others itself, over TLS with a certificate for the Service's name: admission of anything, conversion by writing another
``apiVersion``. So neither the webhook configurations nor the Services are changed, and a webhook that comes too early fails as it would
on any cluster.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.server
import json
import select
import socket
import socketserver
import ssl
import tempfile
import threading
import typing as t
from collections.abc import Callable, Iterator
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client, Unreachable
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import RequestPolicy
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import load
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.cluster import Directories
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane import certificates, control_plane, programs
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane.processes import await_condition, stop
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

Json = dict[str, t.Any]
_START_SECONDS = patience(5)
_SLICES = "/apis/discovery.k8s.io/v1"
_SERVICE = "kubernetes.io/service-name"


@dataclasses.dataclass
class Network:
    """``authority``: the PEM that signed the servers' certificates; ``refused``: calls without a ready endpoint; ``answered``: reviews."""

    authority: bytes
    refused: list[str] = dataclasses.field(default_factory=list)
    answered: list[str] = dataclasses.field(default_factory=list)


@contextlib.contextmanager
def service_network(place: Directories, name: str, services: list[tuple[str, str]]) -> Iterator[Network]:
    """Webhooks of the local cluster ``name`` are answered. ``services``: (namespace, name) of those that may be asked."""
    home = place.home(name)
    folder = home.folder / "network"
    ca = certificates.create_ca(folder, "ca", "webhooks-ca")
    hosts = [f"{service}.{namespace}.svc" for namespace, service in services]
    pair = certificates.sign_server(ca, folder, "webhooks", hosts)
    network = Network(ca.crt.read_bytes())
    with Client(load(kubeconfig=str(home.kubeconfig("setup")), env={}).connection) as client:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.crt, pair.key)
        webhooks = _Webhooks(network, context)
        # The path of a socket may not be longer than some hundred characters.
        with _serving(webhooks), tempfile.TemporaryDirectory() as short:
            path = f"{short}/proxy"
            with _serving(_Proxy(path, network, client, webhooks.server_address[1])):
                _start_again(place, name, folder, path)
                yield network


def _start_again(place: Directories, name: str, folder: Path, proxy: str) -> None:
    """The API server, with all that is for the cluster going through the proxy."""
    home = place.home(name)
    selection = {
        "name": "cluster",
        "connection": {"proxyProtocol": "HTTPConnect", "transport": {"uds": {"udsName": proxy}}},
    }
    config = folder / "egress.json"
    document = {"apiVersion": "apiserver.k8s.io/v1beta1", "kind": "EgressSelectorConfiguration", "egressSelections": [selection]}
    config.write_text(json.dumps(document), encoding="utf-8")
    ports = control_plane.Ports(**json.loads(home.state.read_text(encoding="utf-8"))["ports"])
    built = programs.locate(place.cache, place.files / "control-plane")
    usual = control_plane.processes(home, built, ports)["kube-apiserver"]
    server = dataclasses.replace(usual, argv=[*usual.argv, f"--egress-selector-config-file={config}"])
    stop([server.pid_file])
    server.start()
    with Client(load(kubeconfig=str(home.kubeconfig("setup")), env={}).connection, RequestPolicy(timeout=2.0)) as probe:
        await_condition(lambda: _not_ready(probe), [server], _START_SECONDS, print)


def _not_ready(client: Client) -> str | None:
    try:
        client.ask_ready()
    except (ApiError, Unreachable) as error:
        return str(error)
    return None


@contextlib.contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    """The server in a thread."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


class _Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests look at what was recorded."""


class _Webhooks(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    block_on_close = False

    def __init__(self, network: Network, context: ssl.SSLContext) -> None:
        self._context = context

        class Handler(_Quiet):
            def do_POST(self) -> None:
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                network.answered.append(self.path)
                content = json.dumps(_answer(review)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that is cut is no news here."""

    def get_request(self) -> tuple[socket.socket, t.Any]:
        connection, address = super().get_request()
        # The handshake is left to the thread of the connection.
        return self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address


def _answer(review: Json) -> Json:
    """Yes to all; a conversion changes the version alone."""
    request = review["request"]
    response: Json = {"uid": request["uid"]}
    if review["kind"] == "ConversionReview":
        converted = [{**item, "apiVersion": request["desiredAPIVersion"]} for item in request["objects"]]
        response |= {"convertedObjects": converted, "result": {"status": "Success"}}
    else:
        response["allowed"] = True
    return {"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response}


class _Proxy(socketserver.ThreadingUnixStreamServer):
    request_queue_size = 128
    daemon_threads = True
    block_on_close = False

    def __init__(self, path: str, network: Network, client: Client, webhooks: int) -> None:
        class Handler(_Quiet):
            def do_CONNECT(self) -> None:
                self.close_connection = True
                why = _unreachable(client, self.path.rpartition(":")[0])
                if why:
                    network.refused.append(why)
                    self.send_error(502, why)
                    return
                with socket.create_connection(("127.0.0.1", webhooks)) as target:
                    self.send_response_only(200)
                    self.end_headers()
                    _carry(self.connection, target)

        super().__init__(path, Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """As above."""


def _unreachable(client: Client, address: str) -> str | None:
    """Why nobody answers at a pod's address; None where it is a ready endpoint."""
    for each in client.items(f"{_SLICES}/endpointslices"):
        for endpoint in each.get("endpoints") or []:
            if address in endpoint["addresses"] and (endpoint.get("conditions") or {}).get("ready"):
                return None
    return f"no ready endpoint has the address {address}"


def has_endpoint(client: Client, namespace: str, service: str) -> bool:
    """Whether a Service has an endpoint that is ready."""
    slices = client.items(f"{_SLICES}/namespaces/{namespace}/endpointslices", labelSelector=f"{_SERVICE}={service}")
    return any((each.get("conditions") or {}).get("ready") for slice_ in slices for each in slice_.get("endpoints") or [])


def _carry(client: socket.socket, server: socket.socket) -> None:
    """Both ways, until one side ends."""
    ways: dict[socket.socket, Callable[[bytes], None]] = {client: server.sendall, server: client.sendall}
    while True:
        for ready in select.select(list(ways), [], [])[0]:
            piece = ready.recv(1 << 16)
            if not piece:
                return
            ways[ready](piece)
