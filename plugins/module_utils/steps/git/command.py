# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The git command, without a terminal: its answers, and its complaints in our words."""

# No Ansible module here whose run_command could be used: pylint: disable=ansible-bad-function

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import typing as t
from collections.abc import Iterator, Mapping
from pathlib import Path

from ...errors import BootstrapError
from ...redaction.redact import clean, remember

OLDEST = (2, 20)
"""Of 2018-12. Older ones lack some of the options used here, and no supported distribution has one."""
_INSTALL = "Install git 2.20 or newer: apt-get install git, dnf install git, brew install git."
# Set by a hook of git that we may have been started from: they would lead to that repository.
_FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE")
_QUIET = {
    "LC_ALL": "C",
    "LANGUAGE": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
    "GIT_EDITOR": "false",
    "GIT_MERGE_AUTOEDIT": "no",
    "GIT_LITERAL_PATHSPECS": "0",
    "SSH_ASKPASS_REQUIRE": "never",
}
# It answers for the remote's host alone, and not where that sends us on to.
_ASKPASS = """#!/bin/sh
case $1 in
    *"//$KUBEFLOW_BOOTSTRAP_GIT_HOST"[/\\']* | *"@$KUBEFLOW_BOOTSTRAP_GIT_HOST"[/\\']*) ;;
    *) exit 1 ;;
esac
case $1 in
    Username*) printf '%s\\n' "$KUBEFLOW_BOOTSTRAP_GIT_USER" ;;
    *) printf '%s\\n' "$KUBEFLOW_BOOTSTRAP_GIT_TOKEN" ;;
esac
"""
# What git says (LC_ALL=C), to what is wrong and what to do. {folder}: where it ran; \1: of the match.
_COMPLAINTS = (
    (
        r"dubious ownership in repository at '([^']+)'",
        r"The repository \1 belongs to another user, so that git does not trust it.",
        r"Run it as its owner, or: git config --global --add safe.directory '\1'",
    ),
    (
        r"Unable to create '([^']+\.lock)'(?:: |.*\n)*?.*File exists",
        r"Another git works on the repository, or was killed there: \1 exists.",
        "Wait until it is done. If no git runs, remove that file.",
    ),
    (
        r"[Pp]lease tell me who you are|empty ident name|unable to auto-detect|no (?:email|name) was given and auto-detection",
        "git does not know who commits: user.name and user.email are not set.",
        "git config --global user.name '...' && git config --global user.email '...'; or give author_name and author_email.",
    ),
    (
        r"gpg failed to sign|error: gpg|failed to write commit object|signing failed",
        "git is to sign commits (commit.gpgsign), and the key can't be used without a terminal.",
        "Unlock the key in an agent, or: git config commit.gpgsign false",
    ),
    (r"No space left on device", "There is no space left on the disk of {folder}.", "Make some."),
    (r"Permission denied(?! \()|insufficient permission", "No permission to write in the repository of {folder}.", "Run it as its owner."),
    (r"bad config line (\d+) in file (\S+)", r"The configuration of git is broken: \2, line \1.", "Correct that line."),
    (r"index file (?:corrupt|smaller)|bad signature 0x|index uses", "The index of the repository of {folder} is broken.", "git reset"),
    (r"(?:loose )?object \w+ .*(?:corrupt|missing)|bad object", "The repository of {folder} is broken.", "See: git fsck"),
)
_NOT_OF_AN_ARGUMENT = re.compile("[\0\ud800-\udc7f\udd00-\udfff]")
_COMMAND = re.compile(r"[a-z][a-z-]+")


class GitFailed(BootstrapError):
    """git ended with another code than it may; ``output``: what it wrote to standard error and output, without secrets."""

    def __init__(self, code: int, output: str) -> None:
        super().__init__(f"git ended with {code}: {output or 'it said nothing'}", fix="Run it by hand and see.")
        self.code, self.output = code, output


class Git:
    """git in one folder, with the environment ``env`` and for at most ``timeout`` seconds a command."""

    def __init__(self, folder: Path, env: Mapping[str, str], timeout: float = 600) -> None:
        self.folder, self.timeout = folder, timeout
        self._env = {**{name: value for name, value in env.items() if name not in _FOREIGN}, **_QUIET}
        program = shutil.which("git", path=env.get("PATH", os.defpath))
        if not program:
            raise BootstrapError("git is not installed here, but the application should be committed to it.", fix=_INSTALL)
        self._git = program

    def set_author(self, name: str | None, email: str | None) -> None:
        """Who commits, where it is not to be what git's configuration says."""
        for role in ("AUTHOR", "COMMITTER"):
            self._env.update({f"GIT_{role}_{key}": value for key, value in (("NAME", name), ("EMAIL", email)) if value})

    def check_version(self) -> None:
        """Refuse what is too old."""
        output = self.run("version")
        match = re.search(r"(\d+)\.(\d+)", output)
        if not match or (int(match[1]), int(match[2])) < OLDEST:
            raise BootstrapError(f"{self._git} is {output.strip() or 'of no version'}, which is too old.", fix=_INSTALL)

    def run(self, *args: str, stdin: str | None = None, ok: tuple[int, ...] = (0,), extra: Mapping[str, str] | None = None) -> str:
        """What git writes. Raises BootstrapError for what is known and can be put right, else ``GitFailed``. ``extra``: variables."""
        if any(map(_NOT_OF_AN_ARGUMENT.search, (*args, *(extra or {}).values(), *self._env.values()))):
            fix = "Take it out: of the author, the branch, or the remote."
            raise BootstrapError("The input of git holds the character NUL, or is not UTF-8.", fix=fix)
        argv = [self._git, "-c", "core.quotePath=false", "-c", "advice.detachedHead=false", *args]
        with subprocess.Popen(
            argv,
            cwd=self.folder,
            env={**self._env, **(extra or {})},
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                out, err = process.communicate(stdin.encode("utf-8", "surrogateescape") if stdin is not None else None, self.timeout)
            except BaseException as error:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                if isinstance(error, subprocess.TimeoutExpired):
                    what = f"git {next(filter(_COMMAND.fullmatch, args))} in {self.folder}"
                    raise BootstrapError(f"{what} was not done after {self.timeout:g} seconds.", fix="Run it by hand and see.") from None
                raise
        text = out.decode("utf-8", "surrogateescape")
        if process.returncode not in ok:
            self._complain(process.returncode, err.decode("utf-8", "replace"), text)
        return text

    def asks(self, *args: str) -> str | None:
        """The first line of an answer; None where git says no."""
        try:
            return self.run(*args).split("\n", 1)[0]
        except GitFailed:
            return None

    def _complain(self, code: int, err: str, out: str) -> t.NoReturn:
        for pattern, message, fix in _COMPLAINTS:
            if match := re.search(pattern, err):
                texts = [clean(match.expand(text)).replace("{folder}", str(self.folder)) for text in (message, fix)]
                raise BootstrapError(texts[0], fix=texts[1])
        raise GitFailed(code, clean(f"{err.strip()}\n{out.strip()[-2000:]}".strip()))

    @contextlib.contextmanager
    def logged_in(self, host: str, username: str | None, token: str | None) -> Iterator[dict[str, str]]:
        """Variables with which git logs in at a remote on ``host`` (with its port); the token is in none of its arguments and files.

        Without a token: whatever the user has set up (ssh agent, credential helper, GIT_ASKPASS), as far as it needs no terminal.
        """
        variables = {}
        if "GIT_SSH_COMMAND" not in self._env and "GIT_SSH" not in self._env and not self.asks("config", "core.sshCommand"):
            variables["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes"
        if not token:
            yield variables
            return
        remember(token)
        with tempfile.TemporaryDirectory(prefix="kubeflow-bootstrap-") as folder:
            script = Path(folder) / "askpass"
            script.write_text(_ASKPASS, encoding="ascii")
            script.chmod(0o700)
            yield {
                **variables,
                "GIT_ASKPASS": str(script),
                "KUBEFLOW_BOOTSTRAP_GIT_HOST": host,
                "KUBEFLOW_BOOTSTRAP_GIT_USER": username or "x-access-token",
                "KUBEFLOW_BOOTSTRAP_GIT_TOKEN": token,
            }
