"""The lower bound: server-side apply with the standard library alone, over 8 kept-alive connections and in 3 waves.

Usage: python _raw.py KUBECONFIG LINES [--dry-run]    (a kubeconfig of a local cluster, which is JSON; an object a line)

Namespaces and definitions; then, once all kinds are served, what pods need; then the rest. What is refused ends it.
"""

from __future__ import annotations

import base64
import concurrent.futures
import http.client
import json
import ssl
import sys
import tempfile
import threading
import time
import typing as t
from pathlib import Path
from urllib.parse import urlsplit

DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
CONNECTIONS = 8
_FIRST, _LAST = {"Namespace", "CustomResourceDefinition", "PriorityClass"}, {"Deployment", "StatefulSet", "DaemonSet"}
Item = tuple[str, str, str, str, bytes]
"""API version, kind, namespace, name and the object."""


class Server:
    """Requests over connections that are kept, one a thread."""

    def __init__(self, path: str) -> None:
        config = json.loads(Path(path).read_text(encoding="utf-8"))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self._context = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        with tempfile.NamedTemporaryFile("wb") as pair:
            pair.write(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
            pair.flush()
            self._context.load_cert_chain(pair.name)
        self._url, self._local = urlsplit(cluster["server"]), threading.local()

    def ask(self, method: str, path: str, body: bytes | None = None, accept: str = "application/json") -> bytes:
        if not hasattr(self._local, "connection"):
            self._local.connection = http.client.HTTPSConnection(self._url.hostname or "", self._url.port, context=self._context)
        headers = {"Accept": accept, **({"Content-Type": "application/apply-patch+yaml"} if body else {})}
        self._local.connection.request(method, path, body, headers)
        answer = self._local.connection.getresponse()
        content: bytes = answer.read()
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {content[:500]!r}")
        return content


def main(kubeconfig: str, lines: str, dry_run: bool) -> None:
    server, items = Server(kubeconfig), read(Path(lines))
    query = "?fieldManager=raw&force=true&fieldValidation=Strict" + ("&dryRun=All" if dry_run else "")
    waves: tuple[list[Item], ...] = ([], [], [])
    for item in items:
        builtin = "." not in item[0] or item[0].split("/")[0].endswith(".k8s.io")
        waves[0 if item[1] in _FIRST else 2 if item[1] in _LAST or not builtin else 1].append(item)
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        for wave in waves:
            paths = served(server, {item[:2] for item in wave})
            list(pool.map(lambda item: server.ask("PATCH", path(paths, item) + query, item[4]), wave))  # noqa: B023
    print(len(items))


def read(lines: Path) -> list[Item]:
    items = []
    with lines.open("rb") as file:
        for line in file:
            item = json.loads(line)
            metadata = item["metadata"]
            items.append((item["apiVersion"], item["kind"], metadata.get("namespace", "default"), metadata["name"], line))
    return items


def served(server: Server, kinds: set[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, bool]]:
    """Resource and whether it is namespaced, by API version and kind; asks until all are there."""
    while True:
        resources: dict[tuple[str, str], tuple[str, bool]] = {}
        for root in ("/api", "/apis"):
            for group in json.loads(server.ask("GET", root, accept=DISCOVERY))["items"]:
                for version in group["versions"]:
                    name = "/".join(filter(None, [group["metadata"].get("name", ""), version["version"]]))
                    for each in version.get("resources") or []:
                        kind = each["responseKind"]["kind"]
                        resources.setdefault((name, kind), (each["resource"], each["scope"] == "Namespaced"))
        if kinds <= resources.keys():
            return resources
        time.sleep(0.25)  # each answer is large, and recreated: asking more often slows down what is waited for


def path(paths: dict[tuple[str, str], tuple[str, bool]], item: Item) -> str:
    version, kind, namespace, name, _body = item
    resource, namespaced = paths[version, kind]
    root: t.Final = "/apis/" if "/" in version else "/api/"
    return f"{root}{version}/" + (f"namespaces/{namespace}/" if namespaced else "") + f"{resource}/{name}"


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], "--dry-run" in sys.argv)
