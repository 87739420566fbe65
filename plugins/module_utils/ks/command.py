# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command `ks`: its binary and how it is run.

Arguments, output and requirements are those of the real ks 0.10.0 against Kubernetes 1.35 (tests/conformance/ks-0.10.0/cluster-steps).
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
"""Timeout of one run in seconds; ks itself has none."""
_VERSION_SECONDS = 20.0
_HOME = ".local/bin"
"""Where the role ks installs it, below the user's home; searched after PATH."""
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
    """A `ks` on this machine. ``why``: why it can't be used; ``None`` if it can."""

    path: str
    version: str | None = None
    why: str | None = None


@dataclass(frozen=True)
class KsOutput:
    """The output of a run of `ks`. ``command``: as a user would type it."""

    command: str
    code: int
    out: str
    err: str


def find_binary(path: str | None, env: Mapping[str, str], folders: t.Iterable[str] = ()) -> KsBinary | None:
    """The binary of that path or name; else the first `ks` that can be used, on PATH, in ``folders`` or in ``~/.local/bin``.

    If none can be used, the first of them, with the reason; ``None`` if there is none.
    """
    home = os.path.join(env.get("HOME") or os.path.expanduser("~"), _HOME)
    search = env.get("PATH") or os.defpath
    if path:
        command = shutil.which(os.path.expanduser(path), path=search)
        return probe(command, env) if command else None
    candidates = (
        shutil.which("ks", path=folder) for folder in [*search.split(os.pathsep), *map(os.path.expanduser, folders), home] if folder
    )
    first_unusable = None
    for command in dict.fromkeys(filter(None, candidates)):
        binary = probe(os.path.abspath(command), env)
        if binary.why is None:
            return binary
        first_unusable = first_unusable or binary
    return first_unusable


def probe(command: str, env: Mapping[str, str]) -> KsBinary:
    """A binary with its version (``ks version``), and why it can't be used."""
    try:
        answer = _run([command, "version"], None, env, _VERSION_SECONDS)
    except BootstrapError as error:
        return KsBinary(command, why=error.message)
    version = _VERSION.search(answer.out)
    if answer.code or not version:
        return KsBinary(command, why=f"{command} is not ksonnet's ks: it prints no version of ksonnet.")
    number = (int(version["major"]), int(version["minor"]))
    if number < OLDEST or (number == OLDEST and version["patch"] == "0" and version["pre"]):
        why = f"{command} is ks {version['text']}; 0.10.0 or newer is needed: applications made for 0.10 don't work with it."
        return KsBinary(command, version["text"], why)
    return KsBinary(command, version["text"])


def arguments(verb: str, environment: str, component: str | None = None) -> list[str]:
    """The exact arguments after `ks`. ``verb``: ``show``, ``validate``, ``diff``, ``apply``, ``dry-run`` (of apply) or ``delete``.

    ``component``: for one component only.
    """
    only = ["-c", component] if component else []
    return ["apply" if verb == "dry-run" else verb, environment, *only, *_ARGUMENTS[verb]]


@dataclass(frozen=True)
class Ks:
    """The command, ready to be run on one environment of an application. ``secrets`` are cut out of its output."""

    path: str
    folder: Path
    environment: str
    env: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    timeout: float = RUN_SECONDS

    def run(self, verb: str, component: str | None = None) -> KsOutput:
        """Run it in the application's folder, for all components or one.

        Raises BootstrapError if it can't be run, or is killed after its timeout.
        """
        answer = _run([self.path, *arguments(verb, self.environment, component)], self.folder, self.env, self.timeout)
        return KsOutput(answer.command, answer.code, self._cut(answer.out), self._cut(answer.err))

    def _cut(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text


def _run(argv: list[str], folder: Path | None, env: Mapping[str, str], seconds: float) -> KsOutput:
    """Run without a terminal (ks asks for a user's name if it has no login). Killed with its process group at the timeout."""
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
            f"{argv[0]} can't be run: {getattr(error, 'strerror', None) or 'bad text'}.", fix="Check kubeflow_ks_binary_path."
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
def prepared(binary: KsBinary, folder: Path, environment: str, connection: Connection, env: Mapping[str, str]) -> Iterator[Ks]:
    """The command with a kubeconfig of its own, readable only by this user and deleted afterwards.

    Its only context is that of ``connection``, so that ks can use neither another user nor another cluster. Credentials are in that
    file only, as every user of the machine can read arguments.
    """
    document, secrets = kubeconfig(connection)
    with tempfile.TemporaryDirectory(prefix="kubeflow-ks-") as temporary:
        path = Path(temporary) / "kubeconfig"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(document, file)
        yield Ks(binary.path, folder, environment, _environment(str(path), connection, env), secrets)


def _environment(path: str, connection: Connection, env: Mapping[str, str]) -> dict[str, str]:
    """The task's environment, with this kubeconfig as the only one."""
    result = {name: value for name, value in env.items() if name != "GITHUB_TOKEN" or value.strip()}
    # Over HTTP/2, ks reports a wrong token as "no cached connection was available".
    result |= {"KUBECONFIG": path, "DISABLE_HTTP2": "1"}
    if connection.proxy:
        # client-go 5 knows no proxy-url; it reads these, and NO_PROXY.
        result |= dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), proxy_of(connection) or "")
        result = {name: value for name, value in result.items() if name.upper() != "NO_PROXY"}
    return result


def kubeconfig(connection: Connection) -> tuple[dict[str, t.Any], tuple[str, ...]]:
    """A kubeconfig for client-go 5, which ks 0.10 is built with, and the secrets in it.

    client-go 5 knows no exec plugins: the token or certificate that they return is written into it.
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

    ks connects to the address in the application, and fails if its kubeconfig has no cluster of that address.
    """
    if _comparable(server) != _comparable(connection.server):
        return (
            f"ks connects to the address in the application, {without_login(server)} (environment {environment}), "
            f"and context {connection.name} to {without_login(connection.server)}"
        )
    if connection.tls_server_name:
        return f"ks does not know tls-server-name, which context {connection.name} needs"
    if connection.credentials.impersonates():
        return f"context {connection.name} acts as another user, which ks would not do"
    return None


def _comparable(server: str) -> tuple[str, str, int | None, str]:
    """A URL in a comparable form."""
    try:
        parts = urlsplit(server)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return server, "", None, ""
    return parts.scheme, parts.hostname or "", port, parts.path.rstrip("/")
