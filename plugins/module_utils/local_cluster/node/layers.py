# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Layers of images, built from packages.

Each step of a recipe adds to a folder (``files/images/images.yml``).
"""

# No Ansible module here whose run_command could be used: pylint: disable=ansible-bad-function

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import BootstrapError
from ...formats.json_object import Json
from ..control_plane import programs
from .requirements import SYSTEM_PATH

_UNUSED = ("doc", "man", "locale", "i18n", "info", "lintian")
"""Folders of /usr/share that no program needs."""
_PLATFORMS = ("manylinux2014", "manylinux_2_24", "manylinux_2_27", "manylinux_2_28", "manylinux_2_34", "linux")
_PYTHON = "3.11"
"""The version of Debian bookworm."""
_VENV = threading.Lock()


@dataclass(frozen=True)
class LayerBuilder:
    """``files``: of the role. ``env``: of the programs that fetch packages."""

    files: Path
    cache: Path
    env: Mapping[str, str]
    progress: Callable[[str], None]

    @property
    def images(self) -> Path:
        return self.files / "images"

    @property
    def modules(self) -> Path:
        return self.files / "control-plane"

    def run(self, argv: list[str], what: str, folder: Path | None = None) -> None:
        env = {**self.env, "PATH": f"{self.env.get('PATH', '')}:{SYSTEM_PATH}"}
        done = subprocess.run(argv, env=env, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = " | ".join((done.stderr or done.stdout).strip().splitlines()[-3:]) or "no message"
            raise BootstrapError(
                f"{what} can't be made: {argv[0]} failed: {reason}",
                fix="These packages stand in for images of registries that are out of reach. Run this again where either can be reached.",
            )


def digest(recipe: Json, builder: LayerBuilder) -> str:
    """A digest of the recipe and its files; versions of Debian's packages are not part of it."""
    total = hashlib.sha256(json.dumps([recipe, platform.machine()], sort_keys=True).encode())
    for step, args in recipe.items():
        if step == "python":
            total.update((builder.images / args["requirements"]).read_bytes())
        elif step == "npm":
            total.update((builder.images / args["folder"] / "package-lock.json").read_bytes())
        elif step == "program":
            total.update(programs.locate(builder.cache, builder.modules, (args["module"],)).key.encode())
        elif step == "files":
            for entry in args.values():
                if "from" in entry:
                    total.update((builder.images / entry["from"]).read_bytes())
    return total.hexdigest()[:12]


def make(recipe: Json, root: Path, builder: LayerBuilder) -> None:
    """Fill the folder ``root``."""
    for step, args in recipe.items():
        _STEPS[step](args, root, builder)


def _debian(args: Json, root: Path, builder: LayerBuilder) -> None:
    excluded = [f"--dpkgopt=path-exclude=/usr/share/{each}/*" for each in _UNUSED]
    packages = ",".join(args["packages"])
    # The runtime makes devices; mmdebstrap would refuse a folder that is not empty.
    options = ["--quiet", "--variant=extract", "--skip=output/dev,check/empty", f"--include={packages}", *excluded]
    builder.run(["mmdebstrap", *options, args["suite"], str(root)], "The layer of Debian packages")


def _python(args: Json, root: Path, builder: LayerBuilder) -> None:
    venv = builder.cache / "images" / "pip"
    with tempfile.TemporaryDirectory(dir=root.parent) as temporary:
        target = Path(temporary)
        what = f"The layer of {args['requirements']}"
        # Layers are built in parallel.
        with _VENV:
            if not (venv / "bin" / "pip").exists():
                builder.run([sys.executable, "-m", "venv", "--clear", str(venv)], what)
        options = ["--quiet", "--no-compile", "--no-deps", "--require-hashes", "--only-binary=:all:", f"--target={target}"]
        options += [f"--python-version={_PYTHON}", *(f"--platform={each}_{platform.machine()}" for each in _PLATFORMS)]
        requirements = f"--requirement={builder.images / args['requirements']}"
        builder.run([str(venv / "bin" / "python"), "-m", "pip", "install", *options, requirements], what)
        _spread(target, _in(root, args["prefix"]), _in(root, args["packages"]), args["interpreter"])


def _spread(installed: Path, prefix: Path, packages: Path, interpreter: str) -> None:
    """Move what pip installed into one folder to where an interpreter looks for it."""
    for name in ("bin", "share", "etc", "include"):
        if (installed / name).is_dir():
            shutil.copytree(installed / name, prefix / name, dirs_exist_ok=True, symlinks=True)
            shutil.rmtree(installed / name)
    for script in (prefix / "bin").iterdir():
        first, _newline, rest = script.read_bytes().partition(b"\n")
        if first.startswith(b"#!") and b"python" in first:
            script.write_bytes(f"#!{interpreter}\n".encode() + rest)
    packages.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(installed, packages, symlinks=True)
    # Others could not read a temporary folder.
    packages.chmod(0o755)


def _npm(args: Json, root: Path, builder: LayerBuilder) -> None:
    target = _in(root, args["target"])
    target.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(builder.images / args["folder"] / name, target)
    argv = ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    builder.run(argv, f"The layer {args['folder']}", target)


def _program(args: Json, root: Path, builder: LayerBuilder) -> None:
    built = programs.ensure(builder.cache, builder.modules, builder.env, builder.progress, (args["module"],))
    target = _in(root, args["target"])
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(built.path(args.get("name") or args["module"]), target)


def _files(args: Mapping[str, Json], root: Path, builder: LayerBuilder) -> None:
    for path, entry in args.items():
        target = _in(root, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if "link" in entry:
            target.unlink(missing_ok=True)
            target.symlink_to(entry["link"])
            continue
        if "from" in entry:
            shutil.copyfile(builder.images / entry["from"], target)
        elif "content" in entry:
            target.write_text(entry["content"], encoding="utf-8")
        else:
            target.mkdir(exist_ok=True)
        if "owner" in entry:
            os.chown(target, *map(int, entry["owner"].split(":")))
        if "mode" in entry:
            target.chmod(int(entry["mode"], 8))


def _in(root: Path, path: str) -> Path:
    return root / path.lstrip("/")


_STEPS: dict[str, Callable[[t.Any, Path, LayerBuilder], None]] = {
    "debian": _debian,
    "python": _python,
    "npm": _npm,
    "program": _program,
    "files": _files,
}
