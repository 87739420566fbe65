# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that are planted, and who finds them; and a server that tells whatever it was sent."""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import os
import secrets
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path


class Planted:
    """Secrets by name, each in plain text; ``leaks`` looks for all of them, as they are and in base64, in whatever may hold them."""

    def __init__(self):
        self.texts: dict[str, str] = {}

    def plant(self, name: str) -> str:
        # A helper's own word is hidden by its looks: those of one in a thousand, all letters, are a name's.
        self.texts[name] = f"{name}-{secrets.token_urlsafe(18)}7"
        return self.texts[name]

    def key(self, name: str, pem: str) -> str:
        """Of a key in PEM any line gives it away; the first ones say what kind it is."""
        self.texts[name] = pem.strip().splitlines()[4]
        return pem

    def needles(self):
        for name, text in self.texts.items():
            yield name, text.encode()
            for shift in range(3):
                # Wherever it begins in a longer text: what of its base64 does not depend on its neighbours.
                yield name, base64.b64encode(b" " * shift + text.encode())[(0, 2, 3)[shift] : -4]

    def leaks(self, where: str, content: bytes) -> list[str]:
        return [f"{name} in {where}" for name, needle in self.needles() if needle in content]

    def below(self, folder: Path) -> tuple[set[str], int]:
        """Those in the files of a folder, and how many files it has, though they come and go."""
        seen: set[str] = set()
        count = 0
        for place, _folders, files in os.walk(folder):
            for name in files:
                path = Path(place, name)
                count += 1
                with contextlib.suppress(OSError):
                    seen |= set(self.leaks(str(path), path.read_bytes()) if path.is_file() else [])
        return seen, count


class Watcher(threading.Thread):
    """Looks all the time at what processes are started with, and at temporary files."""

    environments = False
    """Whether their environments count, too: where no secret was given in one."""

    def __init__(self, planted: Planted, *folders: Path) -> None:
        super().__init__(daemon=True)
        self.planted, self.folders, self.seen = planted, folders, set()
        self.commands: set[bytes] = set()
        self.files, self.rounds, self.done = 0, 0, threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.05):
            for process in filter(str.isdigit, os.listdir("/proc")):
                with contextlib.suppress(OSError):
                    self.commands.add(Path("/proc", process, "cmdline").read_bytes())
                    if self.environments:
                        self.commands.add(Path("/proc", process, "environ").read_bytes())
            for folder in self.folders:
                seen, count = self.planted.below(folder)
                self.seen, self.files = self.seen | seen, max(self.files, count)
            self.rounds += 1

    def stop(self) -> None:
        assert self.is_alive()
        self.done.set()
        self.join()
        self.seen |= {each for command in self.commands for each in self.planted.leaks("a command line", command)}


class _Echo(http.server.BaseHTTPRequestHandler):
    """Answers with all that it was sent, in several forms, as the server's ``behaviour`` has it."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
        sent = "\n".join([f"{name}: {value}" for name, value in self.headers.items()] + [self.path, body])
        for value in self.headers.values():
            sent += f"\n{value[-40:]} {urllib.parse.quote(value, safe='')} {value[:60]}"
            with contextlib.suppress(ValueError):
                sent += "\n" + base64.b64decode(value.rpartition(" ")[2]).decode("utf-8", "replace")
        sent += "\n" + base64.b64encode(sent.encode()).decode()
        code, kind = self.server.behaviour  # type: ignore[attr-defined]
        text = (
            sent
            if kind == "text/html"
            else json.dumps({"kind": "Status", "status": "Failure", "reason": sent, "message": f"\x1b[2J{sent}"})
        )
        self.send_response(code, "No")
        self.send_header("Content-Type", kind)
        self.send_header("Warning", f'299 - "{urllib.parse.quote(sent[:500], safe=" :;,/=+")}"')
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_CONNECT = _answer  # noqa: N815

    def log_message(self, *_args: object) -> None:
        pass


ECHOES = [(400, "application/json"), (403, "application/json"), (500, "application/json"), (200, "text/html"), (407, "text/html")]


@contextlib.contextmanager
def echoing(behaviour: tuple[int, str]) -> Iterator[str]:
    """The URL of a server that echoes, with that status and content type."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    server.behaviour = behaviour  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def users(planted: Planted, folder: Path) -> dict[str, tuple[dict[str, object], dict[str, object]]]:
    """Ways to log in, each with a secret of its own: fields of a kubeconfig's user, and of its cluster."""
    helper = folder / "helper"
    variable, token = planted.plant("variable-of-a-helper"), planted.plant("token-that-a-helper-says")
    helper.write_text(f'#!/bin/sh\necho "bad token=$GIVEN {token}" >&2\nexit 1\n')
    helper.chmod(0o755)
    (folder / "token").write_text(planted.plant("token-of-a-file"))
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(helper), "interactiveMode": "Never"}
    return {
        "token": ({"token": planted.plant("bearer-token")}, {}),
        "basic": ({"username": "me", "password": planted.plant("basic-password")}, {}),
        "file": ({"tokenFile": str(folder / "token")}, {}),
        "exec": ({"exec": {**plugin, "env": [{"name": "GIVEN", "value": variable}]}}, {}),
        "proxy": ({}, {"proxy-url": f"http://me:{planted.plant('proxy-password')}@127.0.0.1:PORT", "server": "https://192.0.2.1"}),
        "content": ({"token": [planted.plant("token-in-content")]}, {}),
    }


def kubeconfig(url: str, user: dict[str, object], cluster: dict[str, object]) -> dict[str, object]:
    """A kubeconfig, parsed, for that server."""
    more = {name: str(value).replace("PORT", url.rpartition(":")[2]) for name, value in cluster.items()}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "mine",
        "clusters": [{"name": "c", "cluster": {"server": url, **more}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "mine", "context": {"cluster": "c", "user": "u"}}],
    }


def everything_kept(folder: Path, log: Path) -> dict[str, str]:
    """Environment variables with which Ansible keeps all that it can: a log, junit's files, and the cache of facts."""
    return {
        "ANSIBLE_LOG_PATH": str(log),
        "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit",
        "JUNIT_OUTPUT_DIR": str(folder / "junit"),
        "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(folder / "cache"),
    }
