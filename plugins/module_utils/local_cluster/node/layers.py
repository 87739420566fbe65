# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Layers of images, made of packages. Private to the collection.

Each step fills a folder as its recipe says (``files/images/images.yml``).
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
from ..control_plane import programs
from .requirements import SYSTEM_PATH

Json = dict[str, t.Any]
_UNUSED = ("doc", "man", "locale", "i18n", "info", "lintian")
"""Folders of /usr/share that no program needs."""
_PLATFORMS = ("manylinux2014", "manylinux_2_24", "manylinux_2_27", "manylinux_2_28", "manylinux_2_34", "linux")
_PYTHON = "3.11"
"""That of Debian bookworm."""
_VENV = threading.Lock()


@dataclass(frozen=True)
class LayerBuilder:
    """Where layers are made: ``files`` of the role, ``cache`` for what can be used again, ``env`` for the programs that fetch packages."""

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
            why = " | ".join((done.stderr or done.stdout).strip().splitlines()[-3:]) or "no message"
            raise BootstrapError(
                f"{what} can't be made: {argv[0]} failed: {why}",
                fix="These packages stand in for images of registries that are out of reach. Run this again where either can be reached.",
            )


def digest(recipe: Json, kitchen: LayerBuilder) -> str:
    """What tells a layer from one of another recipe; versions of Debian's packages are not in it."""
    seen = hashlib.sha256(json.dumps([recipe, platform.machine()], sort_keys=True).encode())
    for step, args in recipe.items():
        if step == "python":
            seen.update((kitchen.images / args["requirements"]).read_bytes())
        elif step == "npm":
            seen.update((kitchen.images / args["folder"] / "package-lock.json").read_bytes())
        elif step == "program":
            seen.update(programs.find(kitchen.cache, kitchen.modules, (args["module"],)).key.encode())
        elif step == "files":
            for entry in args.values():
                if "from" in entry:
                    seen.update((kitchen.images / entry["from"]).read_bytes())
    return seen.hexdigest()[:12]


def make(recipe: Json, root: Path, kitchen: LayerBuilder) -> None:
    """Fill the folder ``root``."""
    for step, args in recipe.items():
        _STEPS[step](args, root, kitchen)


def _debian(args: Json, root: Path, kitchen: LayerBuilder) -> None:
    excluded = [f"--dpkgopt=path-exclude=/usr/share/{each}/*" for each in _UNUSED]
    packages = ",".join(args["packages"])
    # Devices are the runtime's affair. mmdebstrap asks for an empty folder.
    options = ["--quiet", "--variant=extract", "--skip=output/dev,check/empty", f"--include={packages}", *excluded]
    kitchen.run(["mmdebstrap", *options, args["suite"], str(root)], "The layer of Debian packages")


def _python(args: Json, root: Path, kitchen: LayerBuilder) -> None:
    venv = kitchen.cache / "images" / "pip"
    with tempfile.TemporaryDirectory(dir=root.parent) as temporary:
        target = Path(temporary)
        what = f"The layer of {args['requirements']}"
        # Layers are made side by side.
        with _VENV:
            if not (venv / "bin" / "pip").exists():
                kitchen.run([sys.executable, "-m", "venv", "--clear", str(venv)], what)
        options = ["--quiet", "--no-compile", "--no-deps", "--require-hashes", "--only-binary=:all:", f"--target={target}"]
        options += [f"--python-version={_PYTHON}", *(f"--platform={each}_{platform.machine()}" for each in _PLATFORMS)]
        requirements = f"--requirement={kitchen.images / args['requirements']}"
        kitchen.run([str(venv / "bin" / "python"), "-m", "pip", "install", *options, requirements], what)
        _spread(target, _in(root, args["prefix"]), _in(root, args["packages"]), args["interpreter"])


def _spread(installed: Path, prefix: Path, packages: Path, interpreter: str) -> None:
    """What pip put into one folder, to the places where an interpreter finds it."""
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
    # A temporary folder is its owner's alone.
    packages.chmod(0o755)


def _npm(args: Json, root: Path, kitchen: LayerBuilder) -> None:
    target = _in(root, args["target"])
    target.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(kitchen.images / args["folder"] / name, target)
    argv = ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    kitchen.run(argv, f"The layer {args['folder']}", target)


def _program(args: Json, root: Path, kitchen: LayerBuilder) -> None:
    built = programs.ensure(kitchen.cache, kitchen.modules, kitchen.env, kitchen.progress, (args["module"],))
    target = _in(root, args["target"])
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(built.path(args.get("name") or args["module"]), target)


def _files(args: Mapping[str, Json], root: Path, kitchen: LayerBuilder) -> None:
    for path, entry in args.items():
        target = _in(root, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if "link" in entry:
            target.unlink(missing_ok=True)
            target.symlink_to(entry["link"])
            continue
        if "from" in entry:
            shutil.copyfile(kitchen.images / entry["from"], target)
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
