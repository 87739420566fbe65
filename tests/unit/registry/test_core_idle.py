# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""kubeflow_idle.py of the package core: which notebook servers it stops, by the hub's own API on a loopback server."""

from __future__ import annotations

import json
import runpy
import threading
import typing as t
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from ansible_collections.kubeflow.bootstrap.tests.unit.registry.core import CORE

NOW = datetime.now(UTC)
SCRIPT = runpy.run_path(str(CORE / "kubeflow_idle.py"), run_name="idle")


def server(minutes: float, profile: str | None = None, **more: t.Any) -> dict[str, t.Any]:
    """A server of the hub's API that was last used so many minutes ago."""
    then = (NOW - timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    return {
        "ready": True,
        "last_activity": then,
        "started": "2026-01-01T00:00:00.000000Z",
        "user_options": {"profile": profile} if profile else {},
        **more,
    }


def stopped(servers: dict[str, t.Any], limit: int, gpu_limit: int) -> list[str]:
    return [name for _user, name in SCRIPT["idle_servers"]([{"name": "me", "servers": servers}], NOW, limit, gpu_limit)]


def test_a_server_with_gpus_has_its_own_limit() -> None:
    servers = {"plain": server(90), "gpu": server(90, "gpu"), "gpus": server(90, "gpu-4"), "own": server(90, "choice-1")}
    assert stopped(servers, 0, 3600) == ["gpu", "gpus"]
    assert stopped(servers, 3600, 0) == ["plain", "own"]
    assert stopped(servers, 7200, 7200) == []


def test_only_what_is_known_to_be_idle_is_stopped() -> None:
    just = (NOW - timedelta(minutes=1)).isoformat()
    servers = {
        "starting": server(90, ready=False),
        "just-started": server(90, started=just),
        "unknown": server(90, last_activity=None, started=None),
        "never-used": server(90, last_activity=None),
    }
    assert stopped(servers, 3600, 3600) == ["never-used"]


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The hub's API with 150 users, and the paths of the servers that were stopped."""
    users = [{"name": f"u{number}@example.com", "servers": {"": server(90), "a/b": server(1)}} for number in range(150)]
    deleted: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self, code: int, content: t.Any = None) -> None:
            text = b"" if content is None else json.dumps(content).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self) -> None:
            assert self.headers["Authorization"] == "token a-token"
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
            first, most = int(query["offset"][0]), int(query["limit"][0])
            self.answer(200, users[first : first + most])

        def do_DELETE(self) -> None:
            deleted.append(self.path)
            self.answer(204)

        def log_message(self, *_args: t.Any) -> None:
            pass

    hub = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    monkeypatch.setenv("JUPYTERHUB_API_URL", f"http://127.0.0.1:{hub.server_address[1]}/hub/api")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "a-token")
    yield deleted
    hub.shutdown()
    hub.server_close()


def test_all_pages_are_looked_at_and_names_are_quoted(api: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    SCRIPT["stop_idle"](3600, 0)
    assert len(api) == 150 and "/hub/api/users/u149%40example.com/server" in api
    api.clear()
    SCRIPT["stop_idle"](30, 0)
    assert "/hub/api/users/u0%40example.com/servers/a%2Fb" in api and len(api) == 300
