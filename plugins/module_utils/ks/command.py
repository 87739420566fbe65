# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command `ks`: which one, and how it is run.

What ks 0.10.0 takes, answers and needs was seen with the real one, against Kubernetes 1.35 (tests/conformance/ks-0.10.0/cluster-steps).
"""

# No Ansible module here whose run_command could be used: pylint: disable=ansible-bad-function

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import typing as t
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import BootstrapError
from ..http.urls import without_login
from ..kube.transport import proxy_of
from ..kubeconfig.load import Connection
from ..process import interrupts

OLDEST = (0, 10)
"""Applications made for 0.10 don't work with 0.9."""
RUN_SECONDS = 600.0
"""Seconds that one run may take; ks itself sets no limit."""
_VERSION_SECONDS = 20.0
_HOME = ".local/bin"
"""Where the role ks puts it, below the user's home; looked into after PATH."""
_VERSION = re.compile(r"^ksonnet version:\s*v?(?P<text>(?P<major>[0-9]+)\.(?P<minor>[0-9]+)\.(?P<patch>[0-9]+)(?P<pre>-\S+)?)\s*$", re.M)
_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "show": ("-o", "json"),  # as YAML, ks prints numbers as float32
    "validate": (),
    "diff": ("--diff-strategy", "subset"),  # the other strategy shows every field that the server fills in
    "apply": (),
    "dry-run": ("--dry-run",),
    "delete": ("--grace-period", "0"),
}


@dataclass(frozen=True)
class KsBinary:
    """A `ks` on this machine. ``why``: why it is of no use; ``None`` where it is."""

    path: str
    version: str | None = None
    why: str | None = None


@dataclass(frozen=True)
class KsOutput:
    """What a run of `ks` said. ``command``: as a user would type it."""

    command: str
    code: int
    out: str
    err: str


def find(path: str | None, env: Mapping[str, str], folders: t.Iterable[str] = ()) -> KsBinary | None:
    """The command of that path or name; else the first `ks` that will do, on PATH, in ``folders`` or in ``~/.local/bin``.

    Where none will do, the first of them, which says why; ``None`` where there is none.
    """
    home = os.path.join(env.get("HOME") or os.path.expanduser("~"), _HOME)
    search = env.get("PATH") or os.defpath
    if path:
        command = shutil.which(os.path.expanduser(path), path=search)
        return look(command, env) if command else None
    there = (shutil.which("ks", path=folder) for folder in [*search.split(os.pathsep), *map(os.path.expanduser, folders), home] if folder)
    first = None
    for command in dict.fromkeys(filter(None, there)):
        found = look(os.path.abspath(command), env)
        if found.why is None:
            return found
        first = first or found
    return first


def look(command: str, env: Mapping[str, str]) -> KsBinary:
    """Ask a command for its version (``ks version``), and say whether it will do."""
    try:
        answer = _run([command, "version"], None, env, _VERSION_SECONDS)
    except BootstrapError as error:
        return KsBinary(command, why=error.message)
    found = _VERSION.search(answer.out)
    if answer.code or not found:
        return KsBinary(command, why=f"{command} is not ksonnet's ks: it does not tell a version of ksonnet.")
    number = (int(found["major"]), int(found["minor"]))
    if number < OLDEST or (number == OLDEST and found["patch"] == "0" and found["pre"]):
        why = f"{command} is ks {found['text']}; 0.10.0 or newer is needed: applications made for 0.10 don't work with it."
        return KsBinary(command, found["text"], why)
    return KsBinary(command, found["text"])


def arguments(verb: str, environment: str, component: str | None = None) -> list[str]:
    """The exact arguments after `ks`. ``verb``: ``show``, ``validate``, ``diff``, ``apply``, ``dry-run`` (of apply) or ``delete``.

    ``component``: of one component alone.
    """
    only = ["-c", component] if component else []
    return ["apply" if verb == "dry-run" else verb, environment, *only, *_ARGUMENTS[verb]]


@dataclass(frozen=True)
class Ks:
    """The command, ready to be run on one environment of an application. ``secrets`` are cut out of what it says."""

    path: str
    folder: Path
    environment: str
    env: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    timeout: float = RUN_SECONDS

    def run(self, verb: str, component: str | None = None) -> KsOutput:
        """Run it in the application's folder, for all or one component.

        Raises BootstrapError where it can't be run, or takes too long: then it is killed.
        """
        answer = _run([self.path, *arguments(verb, self.environment, component)], self.folder, self.env, self.timeout)
        return KsOutput(answer.command, answer.code, self._cut(answer.out), self._cut(answer.err))

    def _cut(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text


def _run(argv: list[str], folder: Path | None, env: Mapping[str, str], seconds: float) -> KsOutput:
    """Run without a terminal (ks asks for a user's name where it has no login). Killed with all that it started when time is up."""
    command = " ".join(["ks", *argv[1:]])
    try:
        process = subprocess.Popen(
            argv,
            cwd=folder,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise BootstrapError(
            f"{argv[0]} can't be run: {getattr(error, 'strerror', None) or 'bad text'}.", fix="Check kubeflow_ks."
        ) from None
    with process:
        try:
            out, err = interrupts.communicate(process, seconds)
        except subprocess.TimeoutExpired:
            _kill(process)
            raise BootstrapError(
                f"{command} was stopped: it had not ended after {seconds:g} seconds.", fix="Run it by hand in the application's folder."
            ) from None
        except BaseException:
            _kill(process)
            raise
    return KsOutput(command, process.returncode, out, err)


def _kill(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


@contextlib.contextmanager
def ready(found: KsBinary, folder: Path, environment: str, connection: Connection, env: Mapping[str, str]) -> Iterator[Ks]:
    """The command with a kubeconfig of its own, which only this user can read and which is gone afterwards.

    It holds one context, that of ``connection``, so that ks can take neither another user nor another cluster. Credentials are in that
    file alone: arguments can be seen by everybody on the machine.
    """
    document, secrets = kubeconfig(connection)
    with tempfile.TemporaryDirectory(prefix="kubeflow-ks-") as private:
        path = Path(private) / "kubeconfig"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(document, file)
        yield Ks(found.path, folder, environment, _environment(str(path), connection, env), secrets)


def _environment(path: str, connection: Connection, env: Mapping[str, str]) -> dict[str, str]:
    """The task's environment, with this kubeconfig and no other way to a cluster."""
    result = {name: value for name, value in env.items() if name != "GITHUB_TOKEN" or value.strip()}
    # Over HTTP/2, ks says of a wrong token that "no cached connection was available".
    result |= {"KUBECONFIG": path, "DISABLE_HTTP2": "1"}
    if connection.proxy:
        # client-go 5 knows no proxy-url; it reads these, and NO_PROXY.
        result |= dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), proxy_of(connection) or "")
        result = {name: value for name, value in result.items() if name.upper() != "NO_PROXY"}
    return result


def kubeconfig(connection: Connection) -> tuple[dict[str, t.Any], tuple[str, ...]]:
    """A kubeconfig that client-go 5 (which ks 0.10 is built with) understands, and the secrets in it.

    client-go 5 knows no exec plugins, so what they answer is written down: a token or a certificate.
    """
    credentials = connection.credentials
    credentials.prepare()
    cluster: dict[str, t.Any] = {"server": connection.server}
    if not connection.verify:
        cluster["insecure-skip-tls-verify"] = True
    elif connection.ca:
        cluster["certificate-authority-data"] = _encoded(connection.ca)
    user: dict[str, str] = {}
    secrets: list[str] = []
    if credentials.certificate:
        certificate, key = credentials.certificate
        user |= {"client-certificate-data": _encoded(certificate), "client-key-data": _encoded(key)}
        secrets += [user["client-key-data"], key]
    scheme, _space, value = credentials.headers().get("Authorization", "").partition(" ")
    if scheme == "Bearer":
        user["token"] = value
        secrets.append(value)
    elif scheme == "Basic":
        user["username"], _colon, user["password"] = base64.b64decode(value).decode().partition(":")
        secrets += [value, user["password"]]
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "cluster", "cluster": cluster}],
        "users": [{"name": "user", "user": user}],
        "contexts": [{"name": "context", "context": {"cluster": "cluster", "user": "user"}}],
        "current-context": "context",
    }
    return document, tuple(secret for secret in secrets if secret)


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def obstacle(connection: Connection, server: str, environment: str) -> str | None:
    """Why ks can't reach this cluster as this user; ``None`` if it can. ``server``: that of the application's environment.

    ks goes to the address in the application, and fails where its kubeconfig has no cluster of that address.
    """
    if _same(server) != _same(connection.server):
        return (
            f"ks goes to the address in the application, {without_login(server)} (environment {environment}), "
            f"and context {connection.name} to {without_login(connection.server)}"
        )
    if connection.tls_server_name:
        return f"ks does not know tls-server-name, which context {connection.name} needs"
    if connection.credentials.impersonates():
        return f"context {connection.name} acts as another user, which ks would not do"
    return None


def _same(server: str) -> tuple[str, str, int | None, str]:
    """A URL in a form that can be compared."""
    try:
        parts = urlsplit(server)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return server, "", None, ""
    return parts.scheme, parts.hostname or "", port, parts.path.rstrip("/")
