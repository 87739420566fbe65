# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server of admission and conversion webhooks, and the kubelet that runs it where a Deployment's pods are the server.

The API server of a local cluster asks at the endpoints of a Service (``--enable-aggregator-routing``). kwok's pods have made-up addresses
there. Those with ``spec.schedulerName`` ``kubelet_of_the_test`` are left alone by the scheduler, so a test can give them the address of
this machine before they are bound, and kwok leaves a pod alone that has an address. All else is as in any cluster: the endpoints come
from the pods by Kubernetes' own controller.
"""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import socket
import ssl
import threading
import time
import typing as t
from collections.abc import Callable, Iterator
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube import responses
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane import certificates
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

Json = dict[str, t.Any]
SCHEDULER = "kubelet-of-the-test"
Answer = tuple[int, bytes]
Behaviour = Callable[[Json], Answer]
"""From a review, as it was asked, to the answer: HTTP status and body."""


def own_address() -> str:
    """An address of this machine that is not loopback: Kubernetes takes no other for endpoints."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Nothing is sent: this only asks which address would be used.
        probe.connect(("198.51.100.1", 9))
        return str(probe.getsockname()[0])


def allow(review: Json) -> Answer:
    """Yes."""
    return _reviewed(review, {"uid": review["request"]["uid"], "allowed": True})


def deny(reason: str) -> Behaviour:
    """No, because."""
    return lambda review: _reviewed(review, {"uid": review["request"]["uid"], "allowed": False, "status": {"code": 403, "message": reason}})


def mutate(*operations: Json) -> Behaviour:
    """Yes, with a JSON patch; not twice."""

    def answer(review: Json) -> Answer:
        response = {"uid": review["request"]["uid"], "allowed": True}
        if review["request"].get("object"):
            patch = base64.b64encode(json.dumps(operations).encode()).decode()
            response |= {"patchType": "JSONPatch", "patch": patch}
        return _reviewed(review, response)

    return answer


def wrong_uid(review: Json) -> Answer:
    """Yes, to another question."""
    return _reviewed(review, {"uid": "00000000-0000-0000-0000-000000000000", "allowed": True})


def broken(_review: Json) -> Answer:
    """An internal error."""
    return 500, b"the database is away"


def garbage(_review: Json) -> Answer:
    """Nothing that means anything."""
    return 200, b"<html>It works!</html>"


def hang(_review: Json) -> Answer:
    """No answer for longer than anybody waits."""
    time.sleep(12)
    return 503, b""


def convert(review: Json) -> Answer:
    """A conversion between versions that differ in their name only."""
    request = review["request"]
    converted = [{**each, "apiVersion": request["desiredAPIVersion"]} for each in request["objects"]]
    return _reviewed(review, {"uid": request["uid"], "result": {"status": "Success"}, "convertedObjects": converted})


def first(times: int, behaviour: Behaviour, then: Behaviour) -> Behaviour:
    """``behaviour`` so many times, after that ``then``."""
    left = iter(range(times))

    def answer(review: Json) -> Answer:
        return (then if next(left, None) is None else behaviour)(review)

    return answer


def _reviewed(review: Json, response: Json) -> Answer:
    return 200, json.dumps({"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response}).encode()


class WebhookServer:
    """A TLS server for the Service ``name`` in ``namespace``; ``asked`` lists what it was asked, path and object.

    ``behave`` may be changed at any time. Its port is known, and taken, from the beginning; it answers once it was started.
    """

    def __init__(self, folder: Path, namespace: str, name: str, behave: Behaviour = allow) -> None:
        self.namespace, self.name, self.behave = namespace, name, behave
        self.asked: list[tuple[float, str, str]] = []
        self.address = own_address()
        ca = certificates.create_ca(folder, f"{namespace}-{name}-ca", "webhooks-ca")
        hosts = ("127.0.0.1", self.address, f"{name}.{namespace}.svc")
        self._pair = certificates.sign_server(ca, folder, f"{namespace}-{name}", hosts)
        self.ca_bundle = base64.b64encode(ca.crt.read_bytes()).decode()
        # Bound and not listening: whoever connects is refused, as where no server runs yet.
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("0.0.0.0", 0))
        self.port = int(self._socket.getsockname()[1])
        self._server: http.server.ThreadingHTTPServer | None = None

    def start(self) -> None:
        """From now on it answers."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._pair.crt, self._pair.key)
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                owner.asked.append((time.monotonic(), self.path, _object_of(review)))
                code, body = owner.behave(review)
                with contextlib.suppress(OSError):
                    self.send_response(code)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def get_request(self) -> tuple[socket.socket, t.Any]:
                channel, address = super().get_request()
                # The handshake is made by the thread that serves: nobody waits for another's.
                return context.wrap_socket(channel, server_side=True, do_handshake_on_connect=False), address

            def handle_error(self, request: t.Any, client_address: t.Any) -> None:
                pass

        server = Server(("0.0.0.0", self.port), Handler, bind_and_activate=False)
        server.socket.close()
        server.socket = self._socket
        server.server_activate()
        self._server = server
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """It answers no longer; its port is free."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
        self._socket.close()

    def client_config(self, path: str, *, by_url: bool = False) -> Json:
        """What a webhook or a definition says of its server."""
        if by_url:
            return {"url": f"https://127.0.0.1:{self.port}{path}", "caBundle": self.ca_bundle}
        return {"service": {"name": self.name, "namespace": self.namespace, "path": path, "port": 443}, "caBundle": self.ca_bundle}

    def workload(self, replicas: int = 1) -> list[Json]:
        """The Service, and the Deployment whose pods are this server."""
        labels = {"app": self.name}
        container = {"name": "server", "image": "example.com/webhooks", "ports": [{"containerPort": self.port}]}
        template = {"metadata": {"labels": labels}, "spec": {"schedulerName": SCHEDULER, "containers": [container]}}
        spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
        ports = [{"port": 443, "targetPort": self.port}]
        metadata = {"name": self.name, "namespace": self.namespace}
        return [
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec},
            {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"selector": labels, "ports": ports}},
        ]


def _object_of(review: Json) -> str:
    """Kind and name of what is asked about."""
    request = review["request"]
    if "objects" in request:
        return ",".join(f"{each['kind']} {each['metadata'].get('name')}" for each in request["objects"])
    return f"{request['kind']['kind']} {request.get('name') or ''}".strip()


class Kubelet:
    """Runs the pods of one namespace that wait for it: gives each the status that ``status`` makes, then binds it to a node.

    ``status(pod)`` returns what to merge into the pod's status, or None to leave it for later.
    """

    def __init__(self, client: Client, namespace: str, status: Callable[[Json], Json | None]) -> None:
        self._client, self._namespace, self._status = client, namespace, status
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Kubelet:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join(patience(1))

    def _run(self) -> None:
        path = f"/api/v1/namespaces/{self._namespace}/pods"
        while not self._over.wait(0.1):
            with contextlib.suppress(ApiError):
                for pod in self._client.items(path, fieldSelector="spec.nodeName="):
                    if pod["spec"].get("schedulerName") == SCHEDULER and not pod["metadata"].get("deletionTimestamp"):
                        self._start(f"{path}/{pod['metadata']['name']}", pod)

    def _start(self, path: str, pod: Json) -> None:
        status = self._status(pod)
        if status is None:
            return
        self._client.request("PATCH", f"{path}/status", body={"status": status}, content_type="application/strategic-merge-patch+json")
        target = {"apiVersion": "v1", "kind": "Node", "name": "node-0"}
        name = {"name": pod["metadata"]["name"], "namespace": self._namespace}
        body = {"apiVersion": "v1", "kind": "Binding", "metadata": name, "target": target}
        self._client.request("POST", f"{path}/binding", body=body, read=responses.a_deletion)  # it is answered with a Status, too


def running(server: WebhookServer) -> Json:
    """The status of a pod that is this server, and ready."""
    conditions = [{"type": kind, "status": "True"} for kind in ("Initialized", "ContainersReady", "Ready")]
    return {**_at(server.address), "phase": "Running", "conditions": conditions}


def not_pulled(pod: Json) -> Json:
    """The status of a pod whose image can't be had."""
    waiting = {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{pod["spec"]["containers"][0]["image"]}"'}
    containers = [
        {"name": each["name"], "image": each["image"], "imageID": "", "ready": False, "restartCount": 0, "state": {"waiting": waiting}}
        for each in pod["spec"]["containers"]
    ]
    conditions = [{"type": kind, "status": "False", "reason": "ContainersNotReady"} for kind in ("ContainersReady", "Ready")]
    return {**_at("10.0.1.1"), "phase": "Pending", "conditions": conditions, "containerStatuses": containers}


def _at(address: str) -> Json:
    return {"podIP": address, "podIPs": [{"ip": address}], "hostIP": "127.0.0.1"}


@contextlib.contextmanager
def served(server: WebhookServer, client: Client, after: float = 0.0) -> Iterator[Kubelet]:
    """Run ``server`` when its pods come up: ``after`` seconds after each was made."""
    started = threading.Event()

    def status(pod: Json) -> Json | None:
        first_seen = seen.setdefault(pod["metadata"]["name"], time.monotonic())
        if time.monotonic() - first_seen < after:
            return None
        if not started.is_set():
            server.start()
            started.set()
        return running(server)

    seen: dict[str, float] = {}
    try:
        with Kubelet(client, server.namespace, status) as kubelet:
            yield kubelet
    finally:
        server.stop()
