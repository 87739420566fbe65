# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands that log a user in: exec plugins, as client-go runs them.

https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
"""

# No Ansible module here whose run_command could be used: pylint: disable=ansible-bad-function

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import time
import typing as t
from collections.abc import Mapping
from pathlib import Path

from ..data.login_helpers import HELPERS
from ..errors import BootstrapError
from ..process import interrupts
from ..redaction.redact import MOST, clean, remember

Plugin = dict[str, t.Any]

PLUGIN_TIMEOUT = 60.0
"""Seconds an exec plugin may take; a login in a browser is not awaited."""
MOST_OUTPUT = 2**20
"""Bytes of an answer; a token or certificate has some thousands."""
_MOST_SAID = 2**16
"""Bytes of what it says beside, the last ones."""
ATTEMPT_TIMEOUT = 5.0
"""Seconds a helper may take to say something of itself."""


def parse(path: Path, plugin: object, env: Mapping[str, str]) -> tuple[Plugin, list[str]]:
    """The ``exec`` of a user in the kubeconfig ``path``, checked, with its command as it is to be run; and what to warn of."""
    if not isinstance(plugin, dict) or not isinstance(plugin.get("command"), str) or not plugin["command"]:
        raise BootstrapError(f"The kubeconfig {path}: exec names no command.")
    args, variables = plugin.get("args") or [], plugin.get("env") or []
    good = {
        "command": _is_text(plugin["command"]),
        "args": isinstance(args, list) and all(_is_text(str(argument)) for argument in args),
        "env": isinstance(variables, list) and all(map(_is_variable, variables)),
        **{key: plugin.get(key) is None or _is_text(plugin[key]) for key in ("apiVersion", "installHint", "interactiveMode")},
    }
    for key in (key for key in good if not good[key]):
        raise BootstrapError(f"The kubeconfig {path}: {key} of exec is not text, or not a list of what it should be.")
    command, warnings = _command(path, plugin["command"], env)
    return {**plugin, "command": command}, warnings


def _command(path: Path, command: str, env: Mapping[str, str]) -> tuple[str, list[str]]:
    """A path of another machine is replaced by the command of that name on this one, if it is installed."""
    if os.sep not in command:
        return command, []
    full, name = os.path.join(path.absolute().parent, command), os.path.basename(command)
    if os.path.isabs(command) and not os.path.exists(full) and name and _where(name, env):
        return name, [f"The kubeconfig {path} logs in with {command}, which does not exist; the {name} on PATH is used."]
    return full, []


def _where(command: str, env: Mapping[str, str]) -> str | None:
    return shutil.which(command, path=env.get("PATH", os.defpath))


def run(plugin: Plugin, cluster: Mapping[str, t.Any], env: Mapping[str, str]) -> dict[str, t.Any]:
    """Run it; returns the ``status`` of its ExecCredential. ``cluster``: the cluster as it may see it."""
    command = plugin["command"]
    hint = install_hint(plugin)
    if not _where(command, env):
        raise BootstrapError(f"To log in, the kubeconfig runs {command}, which is not installed here.", fix=hint or "Install it.")
    if plugin.get("interactiveMode") == "Always":
        raise BootstrapError(
            f"To log in, {command} asks for a terminal (interactiveMode: Always), which there is none of here.",
            fix="Use a user that logs in without one, such as a service account.",
        )
    spec: dict[str, t.Any] = {"interactive": False}
    if plugin.get("provideClusterInfo"):
        spec["cluster"] = dict(cluster)
    info = {"apiVersion": plugin.get("apiVersion"), "kind": "ExecCredential", "spec": spec}
    extra = {item["name"]: item["value"] for item in plugin.get("env") or []}
    argv = [command, *map(str, plugin.get("args") or [])]
    try:
        done = _bounded(argv, {**env, **extra, "KUBERNETES_EXEC_INFO": json.dumps(info, default=str)}, PLUGIN_TIMEOUT)
    except subprocess.TimeoutExpired:
        # Without its cause, here and below: that names the arguments, and may hold what was answered.
        raise BootstrapError(f"To log in, {command} ran for {PLUGIN_TIMEOUT:g} seconds without an answer.", fix="Run it by hand.") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "bad text"
        raise BootstrapError(f"To log in, {command} can't be run: {why}.", fix=hint) from None
    if done.returncode != 0:
        message = _last_line(done.stderr, plugin) or "it said nothing"
        raise BootstrapError(f"To log in, {command} ended with {done.returncode}: {message}", fix="Log in with that tool, then try again.")
    try:
        status = json.loads(done.stdout)["status"]
        if not isinstance(status, dict):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BootstrapError(f"To log in, {command} answered something that is not an ExecCredential with a status.") from None
    return status


def attempt(plugin: Plugin, env: Mapping[str, str]) -> dict[str, t.Any]:
    """Whether the command of a plugin is installed and runs, without logging in.

    ``found``; ``runs``: ``None`` where no harmless call of it is known; ``version``: its own answer;
    ``problem``: why it does not run; ``install``: the fix where it does not exist or does not run.
    """
    command = _really(plugin)
    known = HELPERS.get(os.path.basename(command))
    result: dict[str, t.Any] = {"found": bool(_where(command, env)), "runs": None, "version": None, "problem": None, "install": None}
    if result["found"] and known:
        result["runs"], result["version"], result["problem"] = _try(command, known["attempt"], plugin, env)
    if not result["found"] or result["runs"] is False:
        result["runs"] = False
        result["install"] = install_hint(plugin) or f"Install {command}."
        result["problem"] = result["problem"] or f"{command} is not installed here."
    return result


def _really(plugin: Plugin) -> str:
    """``kubectl oidc-login`` is ``kubectl-oidc_login``."""
    args = [str(argument) for argument in plugin.get("args") or []]
    command = str(plugin["command"])
    if os.path.basename(command) == "kubectl" and args[:1] == ["oidc-login"]:
        return "kubectl-oidc_login"
    return command


def _try(command: str, args: list[str], plugin: Plugin, env: Mapping[str, str]) -> tuple[bool, str | None, str | None]:
    extra = {item["name"]: item["value"] for item in plugin.get("env") or []}
    try:
        done = _bounded([command, *args], {**env, **extra}, ATTEMPT_TIMEOUT)
    except subprocess.TimeoutExpired:
        return False, None, f"{command} {' '.join(args)} ran for {ATTEMPT_TIMEOUT:g} seconds without an answer."
    except (OSError, ValueError) as error:
        return False, None, f"{command} can't be run: {getattr(error, 'strerror', None) or 'bad text'}."
    if done.returncode != 0:
        message = _last_line(done.stderr or done.stdout, plugin)
        return False, None, f"{command} {' '.join(args)} ended with {done.returncode}: {message or 'it said nothing'}"
    first = next((line.strip() for line in (done.stdout or done.stderr).splitlines() if line.strip()), "")
    return True, (_cut(first, plugin)[:120] or None) if args != ["--help"] else None, None


def install_hint(plugin: Plugin) -> str | None:
    """How to get the command: what the kubeconfig says, in one line, else what we know."""
    hint = " ".join(str(plugin.get("installHint") or "").split())
    known = HELPERS.get(os.path.basename(_really(plugin)))
    return hint or (known["install"] if known else None)


class _OutputTooLarge(OSError):
    """It writes without end."""


def _bounded(argv: list[str], env: Mapping[str, str], seconds: float) -> subprocess.CompletedProcess[str]:
    """Run without a terminal; at the end of the time, or of the output that it may have, it is killed with all that it started."""
    with subprocess.Popen(
        argv, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            out, err = _output(process, time.monotonic() + seconds)
        except BaseException:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
        return subprocess.CompletedProcess(argv, process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))


def _output(process: subprocess.Popen[bytes], end: float) -> tuple[bytes, bytes]:
    """All that it answers, and the last that it says beside, once it has ended. ``end``: by the monotonic clock."""
    texts = {process.stdout: b"", process.stderr: b""}
    with selectors.DefaultSelector() as selector:
        for pipe in texts:
            selector.register(t.cast("t.IO[bytes]", pipe), selectors.EVENT_READ)
        while selector.get_map():
            left = end - time.monotonic()
            if left <= 0:
                raise subprocess.TimeoutExpired(process.args, left)
            interrupts.check()
            for key, _events in selector.select(min(left, interrupts.GLANCE)):
                pipe = t.cast("t.IO[bytes]", key.fileobj)
                piece = os.read(key.fd, 2**16)
                if not piece:
                    selector.unregister(pipe)
                texts[pipe] += piece
                if pipe is process.stderr:
                    texts[pipe] = texts[pipe][-_MOST_SAID:]
                elif len(texts[pipe]) > MOST_OUTPUT:
                    raise _OutputTooLarge(errno.EFBIG, f"it answers more than {MOST_OUTPUT >> 20} MiB")
    process.wait(max(end - time.monotonic(), 0))
    return texts[process.stdout], texts[process.stderr]


def _last_line(text: str, plugin: Plugin) -> str:
    lines = _cut(text, plugin).strip().splitlines()
    return lines[-1].strip()[:500] if lines else ""


def _cut(text: str, plugin: Plugin) -> str:
    """The end of ``text`` without what may be a credential: what the kubeconfig gives to the plugin, and whatever looks like one."""
    remember(*(item["value"] for item in plugin.get("env") or []))
    args = [str(argument) for argument in plugin.get("args") or []]
    for argument, after in zip(args, [*args[1:], ""], strict=False):
        if _SECRET_ARGUMENT.match(argument):
            remember(argument.partition("=")[2] or after)
    return clean(text[-MOST:], opaque=True)


_SECRET_ARGUMENT = re.compile(r"(?i)--?[\w-]*(secret|token|password|key|credential)")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def _is_variable(entry: object) -> bool:
    return isinstance(entry, dict) and all(_is_text(entry.get(key)) for key in ("name", "value")) and "=" not in entry["name"]
