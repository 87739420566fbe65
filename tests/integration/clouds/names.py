# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A name server on loopback, a way to Route 53 of moto that can hold an answer back, and a user's playbook with one role."""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import signal
import socket
import struct
import subprocess
import threading
import typing as t
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.aws import Moto
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.serving import Asked, Json, Reply, StandIn
from ansible_collections.kubeflow.bootstrap.tests.integration.work import Run, Work
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

_NO_SUCH_NAME = 3
_KINDS = {1: 4, 28: 6}


class NameServer:
    """Answers for ``names`` (host name to addresses) over UDP, as RFC 1035 says. ``after``: how many questions it first says no to."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {}
        self.after = 0
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                question, sender = self._socket.recvfrom(512)
                self._socket.sendto(self._answer(question), sender)
            except OSError:
                return

    def _answer(self, question: bytes) -> bytes:
        labels, place = [], 12
        while question[place]:
            labels.append(question[place + 1 : place + 1 + question[place]].decode())
            place += 1 + question[place]
        name, kind = ".".join(labels), struct.unpack(">H", question[place + 1 : place + 3])[0]
        self.asked.append(name)
        known = self.names.get(name) if len(self.asked) > self.after else None
        addresses = [ipaddress.ip_address(each) for each in known or []]
        records = [each.packed for each in addresses if each.version == _KINDS[kind]]
        code = 0 if known else _NO_SUCH_NAME
        head = question[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(records), 0, 0)
        # The name of each answer points at the question's.
        body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(each)) + each for each in records)
        return head + question[12 : place + 5] + body


class Route53(StandIn):
    """In front of moto. ``url``: as ``AWS_ENDPOINT_URL``."""

    def __init__(self, moto: Moto) -> None:
        super().__init__()
        self._netloc = urlsplit(moto.url).netloc

    def answer(self, asked: Asked) -> Reply:
        connection = http.client.HTTPConnection(self._netloc, timeout=patience(2))
        kept = {name: value for name, value in asked.headers.items() if name not in ("content-length", "connection", "accept-encoding")}
        query = f"?{urlencode(asked.query)}" if asked.query else ""
        try:
            connection.request(asked.method, asked.path + query, asked.body or "", kept | {"host": self._netloc})
            response = connection.getresponse()
            return Reply(response.status, response.read().decode(), {"Content-Type": "text/xml"})
        finally:
            connection.close()


def aws_refusal(code: str, message: str, status: int = 400) -> Reply:
    """An error of Route 53 (https://docs.aws.amazon.com/Route53/latest/APIReference/requests-rest-responses.html)."""
    space = "https://route53.amazonaws.com/doc/2013-04-01/"
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    text = f'<?xml version="1.0"?><ErrorResponse xmlns="{space}">{error}<RequestId>1</RequestId></ErrorResponse>'
    return Reply(status, text, {"Content-Type": "text/xml"})


@dataclass(frozen=True)
class Done:
    changed: int
    output: str
    step: Json
    result: Json


@dataclass(frozen=True)
class Role:
    """A user's playbook with the role ``name``. ``variables`` go with every run, as do the others that a run is given.

    ``facts``: set before the role, as other roles would.
    """

    name: str
    user: Work
    variables: Json
    facts: Json = field(default_factory=dict)

    def _playbook(self) -> Path:
        path = self.user.folder / f"{self.name}.yml"
        both = f"{{{{ {{'step': kubeflow_steps.{self.name}, 'result': kubeflow_{self.name}_result}} | to_json }}}}"
        kept = {"ansible.builtin.copy": {"content": both, "dest": str(self._kept), "mode": "0600"}}
        always = {**kept, "check_mode": False, "changed_when": False, "diff": False, "no_log": True}
        role = {"ansible.builtin.import_role": {"name": f"kubeflow.bootstrap.{self.name}"}}
        before = [{"ansible.builtin.set_fact": self.facts}] if self.facts else []
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [*before, role, always]}
        path.write_text(json.dumps([play]), encoding="utf-8")
        return path

    @property
    def _kept(self) -> Path:
        return self.user.home / "kept.json"

    def command(self, *flags: str, **variables: t.Any) -> Json:
        return self.user.command(str(self._playbook()), *flags, **{**self.variables, **variables})

    def killed(self, standin: StandIn, method: str, pattern: str, **variables: t.Any) -> None:
        """A run that is killed when the cloud has done what is asked for, and has not said so yet."""
        standin.hold(method, pattern)
        run = subprocess.Popen(**self.command(**variables))
        assert standin.holding.wait(patience(3))
        # Ansible's workers are in a session of their own and would go on alone.
        for each in [*_descendants(run.pid), run.pid]:
            os.kill(each, signal.SIGKILL)
        run.wait(patience(1))
        standin.go_on()

    def play(self, *flags: str, **variables: t.Any) -> Run:
        return self.user.play(str(self._playbook()), *flags, **{**self.variables, **variables})

    def run(self, *flags: str, **variables: t.Any) -> Done:
        run = self.play(*flags, **variables).well()
        kept = json.loads(self._kept.read_text(encoding="utf-8"))
        self._kept.unlink()
        return Done(run.changed, run.output, kept["step"], kept["result"])

    def fails(self, *flags: str, **variables: t.Any) -> str:
        """The message of a run that fails."""
        run = self.play(*flags, **variables)
        assert run.code != 0, run.output
        return run.message


def _descendants(pid: int) -> list[int]:
    children = [int(each) for task in Path(f"/proc/{pid}/task").iterdir() for each in (task / "children").read_text().split()]
    return [each for child in children for each in [*_descendants(child), child]]
