# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two API servers behind one address that leads to the other cluster from some write on."""

from __future__ import annotations

import http.client
import http.server
import json
import threading
from urllib.parse import urlsplit

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.transport import ssl_context
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import load
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.patience import patience


class Front:
    """Speaks plain HTTP, and leads to the first cluster; after ``writes`` writes to the second, ``by`` connection or request."""

    def __init__(self, *clusters):
        self._connections = [load(each.kubeconfig, env={}).connection for each in clusters]
        self._contexts = [ssl_context(each) for each in self._connections]
        self.by, self.writes = "request", float("inf")
        self._lock = threading.Lock()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def lead(self, by="request", writes=float("inf")):
        self.by, self.writes = by, writes

    def _turn(self, method, path):
        """The number of the cluster for a request."""
        with self._lock:
            now = int(self.writes <= 0)
            self.writes -= method != "GET" and "dryRun" not in path and "reviews" not in path
            return now

    def _ask(self, number, method, path, body, headers):
        place = urlsplit(self._connections[number].server)
        channel = http.client.HTTPSConnection(place.hostname, place.port, context=self._contexts[number], timeout=patience(2))
        try:
            channel.request(method, path, body, headers)
            answer = channel.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            channel.close()

    def _handler(self):
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            led = None

            def _any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
                now = front._turn(self.command, self.path)
                self.led = now if self.led is None else self.led
                number = self.led if front.by == "connection" else now
                headers = {name: value for name, value in self.headers.items() if name not in ("Host", "Content-Length")}
                status, answered, content = front._ask(number, self.command, self.path, body, headers)
                self.send_response(status)
                for name in ("Content-Type", "Retry-After"):
                    if answered.get(name):
                        self.send_header(name, answered[name])
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                self.close_connection = self.close_connection or number != int(front.writes <= 0)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

            def log_message(self, format, *args):
                pass

        return Handler


@pytest.fixture
def front(cluster):
    made = Front(cluster(), cluster("gke-gpu"))
    yield made
    made.close()


def objects(namespace, text):
    def make(kind, name, version="v1", **fields):
        return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **fields}

    rbac = "rbac.authorization.k8s.io/v1"
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
    return [
        make("Namespace", namespace),
        *[make("ConfigMap", f"c{number}", data={"text": text}) for number in range(5)],
        make("ServiceAccount", "s", automountServiceAccountToken=text == "a"),
        make("Role", "r", rbac, rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get" if text == "a" else "list"]}]),
        make("RoleBinding", "b", rbac, roleRef=role, subjects=[{"kind": "ServiceAccount", "name": "s"}]),
    ]


def taken(cluster, namespace):
    """The writes for a namespace that a cluster did not refuse."""
    return [
        f"{each['verb']} {each['requestURI']}"
        for each in cluster.requests()
        if each["verb"] not in ("get", "list", "watch")
        and f"/{namespace}" in each["requestURI"]
        and "dryRun" not in each["requestURI"]
        and each["responseStatus"]["code"] < 300
    ]


# On real API servers; on servers of a test's own it is shown in tests/unit/module_utils/deploy/test_another_cluster.py.
@pytest.mark.soak
@pytest.mark.parametrize("by", ["connection", "request"])
def test_what_was_begun_on_one_cluster_never_goes_on_in_another(cluster, front, tmp_path, by):
    a, b = cluster(), cluster("gke-gpu")
    uids = [each.get("namespace", "kube-system")["metadata"]["uid"] for each in (a, b)]
    space = f"switching-{by}"
    config = tmp_path / "kubeconfig"
    parts = {"clusters": [{"name": "x", "cluster": {"server": front.url}}], "contexts": [{"name": "x", "context": {"cluster": "x"}}]}
    config.write_text(json.dumps({"current-context": "x", **parts}), encoding="utf-8")
    mine = Application(tmp_path / "app", space, {"kubeconfig": str(config), "wait_timeout": 30}, {"server": front.url, "uid": uids[0]})

    def refused(**arguments):
        message = mine.deploy(**arguments).message
        assert all(uid in message for uid in uids), message

    mine.write(*objects(space, "a"))
    if by == "connection":
        front.lead(by, writes=4)
        refused()
    front.lead()
    mine.deploy().well()
    mine.write(*objects(space, "b"))
    for writes in (1, 4):
        front.lead(by, writes)
        refused()
    front.lead(by, writes=3)
    refused(state="absent")
    front.lead()
    mine.deploy(state="absent").well()
    # What names the UID of an object is refused there, if it gets there at all.
    assert taken(b, space) == []
    assert a.try_kubectl("get", "namespace", space).returncode != 0
