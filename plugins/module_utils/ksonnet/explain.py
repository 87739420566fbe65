# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the evaluator says is wrong, in terms of the application: file, line, what to do. Private to the collection."""

from __future__ import annotations

import posixpath
import re
import typing as t
from collections.abc import Mapping

from ..errors import BootstrapError
from . import library
from .evaluate import NOT_FINITE, EvaluatorError, LimitError
from .jsonnet_text import line_of

_FRAME = re.compile(r"^ +(?P<file>[^:<>\n]+):(?P<line>[0-9]+):[0-9]+", re.MULTILINE)
_FIELD = re.compile(r"^ +field <(?P<name>.*)> manifestification$", re.MULTILINE)
_NO_FIELD = re.compile(r"no such field: (?P<name>[A-Za-z_][A-Za-z0-9_]*)")
_MISSING = re.compile(r"import '(?P<import>[^\n]*)' from '(?P<folder>[^\n]*)' is not in the application")
_OWN = ("components/", "environments/")
_COPIED = ("vendor/", "lib/")
_LOCAL = r"\blocal\s+{name}\s*=\s*(?P<value>[\w.]+|import\s*(?P<file>'[^']*'|\"[^\"]*\"))\s*[;,]"
_BACK = "Put it right, or take it back from version control."


def explained(error: EvaluatorError, files: Mapping[str, str], version: str) -> BootstrapError:
    """An error of the evaluator, with the place in the application that it points at. ``version``: that of the library in use."""
    text = str(error)
    if isinstance(error, LimitError):
        place = next((path for path in reversed(error.read) if path.startswith(_OWN)), "The application")
        return BootstrapError(f"{place}: {text}.", fix="Look there for what never ends, or allow more.")
    if text == NOT_FINITE:
        return BootstrapError("The application yields a number that is not finite.", fix="Look for a division or a number too large.")
    if missing := _MISSING.search(text):
        return _missing_import(files, missing["folder"], missing["import"])
    message = " ".join(text.partition("\n    ")[0].removeprefix("runtime error: ").split())
    frames = [match for match in _FRAME.finditer(text) if match["file"] in files]
    if not frames:
        return BootstrapError(f"{_unplaced(text, files)}: {message}.", fix=_BACK)
    details: dict[str, t.Any] = {"trace": [f"{frame['file']}:{frame['line']}" for frame in frames[:20]]}
    place = f"{frames[0]['file']}, line {frames[0]['line']}"
    own = next((frame for frame in frames if not frame["file"].startswith(_COPIED)), frames[0])
    via = f" (from {own['file']}, line {own['line']})" if own is not frames[0] else ""
    if lacking := _lacking(message, frames, files, version):
        return BootstrapError(f"{place}{via}: {lacking}", fix=_library_fix(version), **details)
    return BootstrapError(f"{place}{via}: {message}.", fix="Put the file right, or the parameter that it reads.", **details)


def _missing_import(files: Mapping[str, str], folder: str, name: str) -> BootstrapError:
    place = _importing(files, folder, name)
    where = "vendor/ (packages), lib/ (the Kubernetes library) and environments/"
    return BootstrapError(f"{place}: there is no file for import '{name}'.", fix=f"It is looked for beside that file, in {where}.")


def _lacking(message: str, frames: list[re.Match[str]], files: Mapping[str, str], version: str) -> str | None:
    """The part of ksonnet's library that a package uses and ours lacks; None where that is not what is wrong."""
    missing = _NO_FIELD.search(message)
    ours = all(library.is_ours(files.get(path, "")) for path in library.files(version))
    if not missing or not ours:
        return None
    for frame in frames:
        text = files[frame["file"]]
        line = text.splitlines()[int(frame["line"]) - 1]
        for use in re.finditer(rf"(?P<head>[A-Za-z_]\w*)(?P<path>(?:\.\w+)*\.{missing['name']})\b", line):
            if path := _resolved(use["head"], text):
                return f"the small Kubernetes library has no {path}{use['path']}."
    return None


def _resolved(name: str, text: str) -> str | None:
    """What a local of a file stands for, as a path in the library: ``k.apps.v1beta1``; None where it is something else."""
    path = ""
    for _step in range(20):
        match = re.search(_LOCAL.format(name=re.escape(name)), text)
        if not match:
            return None
        if match["file"]:
            return "k" + path if posixpath.basename(match["file"][1:-1]) in ("k.libsonnet", "k8s.libsonnet") else None
        name, _dot, rest = match["value"].partition(".")
        path = (f".{rest}" if rest else "") + path
    return None


def _library_fix(version: str) -> str:
    return (
        f"Put k.libsonnet and k8s.libsonnet as ksonnet generates them into lib/{version}/ (`ks env add` with network does); "
        "what you put there stays."
    )


def _unplaced(text: str, files: Mapping[str, str]) -> str:
    """Where an error lies for which the evaluator names no file: it does name the fields on the way to it."""
    path = [match["name"] for match in _FIELD.finditer(text)][::-1]
    if not path:
        return "The application can't be evaluated"
    place = f"Component '{path[0]}'" + (f", {'.'.join(path[1:])}" if path[1:] else "")
    if missing := _NO_FIELD.search(text):
        read = re.compile(rf"\.{missing['name']}\b")
        found = [
            f"{file}, line {line_of(code, match.start())}"
            for file, code in files.items()
            if file.startswith((f"components/{path[0]}.", "vendor/"))
            and file.endswith((".jsonnet", ".libsonnet"))
            and "/prototypes/" not in file
            for match in read.finditer(code)
        ]
        place += f" ({found[0]})" if len(found) == 1 else ""
    return place


def _importing(files: Mapping[str, str], folder: str, name: str) -> str:
    """The file, and line, of an import that fails; the evaluator tells only its folder."""
    for path, text in files.items():
        if posixpath.dirname(path) == folder.rstrip("/"):
            for quote in "\"'":
                if (position := text.find(f"{quote}{name}{quote}")) >= 0:
                    return f"{path}, line {line_of(text, position)}"
    return f"A file in {folder}/"
