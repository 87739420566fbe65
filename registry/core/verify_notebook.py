# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs in the hub's container for the stage verify: what a user does, as a temporary one. Prints ``{"passed", "evidence"}`` as JSON.

``settings`` is given by whoever runs this: the fields of ``exec.settings`` in checks.libsonnet.
"""

import asyncio
import json
import ssl
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

HUB = "http://127.0.0.1:8081/hub/api"
KEPT, NOTEBOOK = "kubeflow-verify.txt", "kubeflow-verify.ipynb"  # beside each other, as the launcher puts them
PAUSE = 0.5
REACH = """
import socket
def reach(host, port):
    try:
        socket.create_connection((host, port), timeout=5).close()
        return True
    except OSError:
        return False
"""


class Failure(Exception):
    """What did not work, in words."""


class Notebook:
    """The server of the temporary user."""

    def __init__(self, settings):
        self.user, self.base = settings["user"], f"{settings['server']}/user/{settings['user']}/api"
        self.headers = {"Authorization": "token " + Path(settings["tokenFile"]).read_text(encoding="ascii").strip()}
        self.end = time.monotonic() + settings["seconds"]

    def ask(self, method, url, body=None, accepted=()):
        """The JSON of an answer; ``None`` for an empty one, and for a status in ``accepted``."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {**self.headers, "Content-Type": "application/json"}, method=method)
        try:
            # The certificate is for the name that users know.
            with urllib.request.urlopen(request, timeout=30, context=ssl._create_unverified_context()) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            if error.code in accepted:
                return None
            raise Failure(f"{method} {url}: {error.code} {error.read(300).decode(errors='replace')}") from None
        return json.loads(content) if content else None

    def hub(self, method, path, *, accepted=()):
        return self.ask(method, f"{HUB}/users/{self.user}{path}", {} if method == "POST" else None, accepted)

    def until(self, met, what):
        while not (found := met()):
            if time.monotonic() > self.end:
                raise Failure(f"after all the time: {what}")
            time.sleep(PAUSE)
        return found

    def start(self):
        begin = time.monotonic()
        self.hub("POST", "/server", accepted=(400,))  # 400: it is starting or runs

        def ready():
            server = ((self.hub("GET", "") or {}).get("servers") or {}).get("")
            if server is None:
                raise Failure("the server did not start: the hub gave it up")
            return server.get("ready")

        self.until(ready, "the server has not started")
        return time.monotonic() - begin

    def stop(self):
        self.hub("DELETE", "/server", accepted=(404,))
        self.until(lambda: not (self.hub("GET", "", accepted=(404,)) or {}).get("servers"), "the server has not stopped")

    def remove(self):
        """The user, with the server and its volume."""
        self.stop()
        self.hub("DELETE", "", accepted=(404,))

    def server(self, method, path, body=None):
        return self.ask(method, f"{self.base}/{path}", body)

    def run(self, code):
        """What a cell prints, by a kernel of its own."""
        kernel = self.server("POST", "kernels", {"name": "python3", "path": NOTEBOOK})["id"]
        try:
            return asyncio.run(self.cell(kernel, code))
        finally:
            self.server("DELETE", f"kernels/{kernel}")

    async def cell(self, kernel, code):
        from tornado.httpclient import HTTPRequest
        from tornado.websocket import websocket_connect

        url = f"ws{self.base.removeprefix('http')}/kernels/{kernel}/channels"
        request = HTTPRequest(url, headers=self.headers, connect_timeout=30, validate_cert=False)
        socket = await websocket_connect(request)
        header = {
            "msg_id": uuid.uuid4().hex,
            "username": self.user,
            "session": uuid.uuid4().hex,
            "msg_type": "execute_request",
            "version": "5.3",
        }
        content = {
            "code": code,
            "silent": False,
            "store_history": False,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}
        await socket.write_message(json.dumps(message))
        printed = ""
        while True:
            left = self.end - time.monotonic()
            answer = await asyncio.wait_for(socket.read_message(), max(left, 1))
            if answer is None:
                raise Failure("the WebSocket to the kernel was closed")
            answer = json.loads(answer)
            if answer["parent_header"].get("msg_id") != header["msg_id"]:
                continue
            if answer["msg_type"] == "stream":
                printed += answer["content"]["text"]
            if answer["msg_type"] == "error":
                raise Failure(f"the cell: {answer['content']['ename']}: {answer['content']['evalue']}")
            if answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
                return printed.strip()


def reached(notebook, target):
    """Whether a notebook server can open a connection to a host and port."""
    return notebook.run(f"{REACH}print(reach({target[0]!r}, {target[1]}))") == "True"


def used(notebook, settings):
    """What was seen of a server, and a warning or ``None``. Raises ``Failure``."""
    seen = [f"the server started in {notebook.start():.0f} s"]
    mark, warning = uuid.uuid4().hex, None
    printed = notebook.run(f"open({KEPT!r}, 'w').write({mark!r}); import socket; print(6 * 7, 'in', socket.gethostname())")
    seen.append(f"a cell printed {printed!r}")
    if not reached(notebook, settings["open"]):
        raise Failure(f"the notebook server does not reach {settings['open'][0]}:{settings['open'][1]}")
    if settings["closed"]:
        host, port = settings["closed"]
        warning = "NetworkPolicies are not enforced" if reached(notebook, settings["closed"]) else None
        seen.append(f"{host}:{port}, which a NetworkPolicy closes, is {'open' if warning else 'closed'} to it")
    if settings["folder"]:
        notebook.stop()
        notebook.start()
        if notebook.server("GET", f"contents/{KEPT}?type=file&format=text")["content"].strip() != mark:
            raise Failure("the file that the cell wrote has other content after a restart")
        seen.append("the file was there after a restart")
    return "; ".join(seen), warning


def verify(settings):
    """The result. The temporary user is removed in any case."""
    notebook = Notebook(settings)
    notebook.remove()  # of a run that was killed
    notebook.hub("POST", "")
    try:
        evidence, warning = used(notebook, settings)
    except EXPECTED as error:
        return {"passed": False, "evidence": " ".join(filter(None, (said(error), attempt(notebook.remove))))}
    left = attempt(notebook.remove)
    return {"passed": not left, "evidence": left or evidence, "warning": warning}


def attempt(remove):
    """Remove the user; why that did not work, or nothing."""
    try:
        remove()
    except EXPECTED as error:
        return f"The temporary user was not removed: {said(error)}"
    return ""


def said(error):
    return str(error) or type(error).__name__


EXPECTED = (Failure, OSError, KeyError, ValueError)
try:
    found = verify(settings)  # noqa: F821
except EXPECTED as error:
    found = {"passed": False, "evidence": said(error)}
print(json.dumps(found), flush=True)
