# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a node's helpers need of the Kubernetes API, with the standard library alone: they outlive the task that starts them."""

from __future__ import annotations

import http.client
import json
import ssl
import time
import typing as t
import urllib.parse
from collections.abc import Callable, Iterator

Json = dict[str, t.Any]
_WATCH_SECONDS = 300
_RETRY_SECONDS = 1.0


class Refused(OSError):
    """The API server answered, but not with what was asked for."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(f"{code}: {message}")


class Api:
    """The API server at ``server``, asked with a client certificate of the cluster's folder ``pki``."""

    def __init__(self, server: str, pki: str, client: str) -> None:
        self._host = urllib.parse.urlsplit(server).netloc
        self._tls = ssl.create_default_context(cafile=f"{pki}/ca.crt")
        self._tls.load_cert_chain(f"{pki}/{client}.crt", f"{pki}/{client}.key")

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        with self._answer(method, path, body, 30) as answer:
            content: Json = json.loads(answer.read())
        return content

    def follow(self, path: str, changed: Callable[[dict[tuple[str, str], Json]], None]) -> t.NoReturn:
        """Call ``changed`` with all objects at ``path``, by namespace and name, at first and after each change. Never returns."""
        while True:
            try:
                listed = self.ask("GET", path)
                objects = {_key(each): each for each in listed["items"]}
                changed(objects)
                for event in self._watch(path, listed["metadata"]["resourceVersion"]):
                    if event["type"] == "DELETED":
                        objects.pop(_key(event["object"]), None)
                    elif event["type"] != "BOOKMARK":
                        objects[_key(event["object"])] = event["object"]
                    changed(objects)
            except (OSError, http.client.HTTPException) as error:
                print(f"{path}: {error}", flush=True)
            time.sleep(_RETRY_SECONDS)

    def _watch(self, path: str, version: str) -> Iterator[Json]:
        query = urllib.parse.urlencode({"watch": 1, "resourceVersion": version, "timeoutSeconds": _WATCH_SECONDS})
        with self._answer("GET", f"{path}?{query}", None, _WATCH_SECONDS + 30) as answer:
            for line in answer:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return
                yield event

    def _answer(self, method: str, path: str, body: Json | None, seconds: float) -> http.client.HTTPResponse:
        connection = http.client.HTTPSConnection(self._host, timeout=seconds, context=self._tls)
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": kind})
        answer = connection.getresponse()
        if answer.status >= 400:
            raise Refused(answer.status, answer.read(500).decode(errors="replace"))
        return answer


def _key(each: Json) -> tuple[str, str]:
    return each["metadata"].get("namespace", ""), each["metadata"]["name"]
