# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Errors of the evaluator in terms of the application: file, line, fix."""

from __future__ import annotations

import itertools
import posixpath
import re
import typing as t
from collections.abc import Iterable, Mapping

from ...errors import BootstrapError
from ...formats.jsonnet_lexer import Token, imports, significant
from ..files import library
from ..jsonnet.evaluate import NOT_FINITE, EvaluatorError, LimitError
from ..jsonnet.syntax import line_of

_FRAME = re.compile(r"^ +(?P<file>[^:<>\n]+):(?P<line>[0-9]+):[0-9]+", re.MULTILINE)
_FIELD = re.compile(r"^ +field <(?P<name>.*)> manifestification$", re.MULTILINE)
_NO_FIELD = re.compile(r"no such field: (?P<name>[A-Za-z_][A-Za-z0-9_]*)")
_MISSING = re.compile(r"import '(?P<import>[^\n]*)' from '(?P<folder>[^\n]*)' is not in the application")
_SYNTAX = re.compile(r'^syntax error: .*, got "(?P<got>[^\n]*)"$', re.DOTALL)
_OWN = ("components/", "environments/")
_COPIED = ("vendor/", "lib/")
_SIMILAR = "There is fields with similar names present:"  # the evaluator's words
_BACK = "Fix it, or take it back from version control."


def explained(error: EvaluatorError, files: Mapping[str, str], version: str) -> BootstrapError:
    """An error of the evaluator, with its place in the application. ``version``: that of the library in use."""
    text = str(error)
    if isinstance(error, LimitError):
        place = next((path for path in reversed(error.read) if path.startswith(_OWN)), "The application")
        return BootstrapError(f"{place}: {text}.", fix="Look there for an endless recursion, or allow more (ulimit -v, where that is set).")
    if text == NOT_FINITE:
        return BootstrapError("The application yields a number that is not finite.", fix="Look for a division or a number too large.")
    if missing := _MISSING.search(text):
        return _missing_import(files, missing["folder"], missing["import"])
    frames = [match for match in _FRAME.finditer(text) if match["file"] in files]
    path = [match["name"] for match in _FIELD.finditer(text)][::-1]
    no_field = _NO_FIELD.search(text)
    if no_field and (known := _known(no_field["name"], error, frames, files)):
        return known
    message = _message(text)
    details: dict[str, t.Any] = {}
    if frames:
        place = f"{frames[0]['file']}, line {frames[0]['line']}"
        own = next((frame for frame in frames if not frame["file"].startswith(_COPIED)), frames[0])
        component = f"component '{path[0]}'" if path and error.run != 1 else ""
        via = f"{own['file']}, line {own['line']}" if own is not frames[0] else "" if place.startswith(_OWN) else component
        place += f" (from {via})" if via else ""
        details["trace"] = [f"{frame['file']}:{frame['line']}" for frame in frames[:20]]
    else:
        place = _unplaced(path, no_field["name"] if no_field else None, error.run, files)
    if no_field and (lacking := _lacking(no_field["name"], [frame["file"] for frame in frames], files, version)):
        return BootstrapError(f"{place}: the small Kubernetes library has no {lacking}.", fix=_library_fix(version), **details)
    return BootstrapError(f"{place}: {message}.", fix="Fix the file, or the parameter that it reads." if frames else _BACK, **details)


def _message(text: str) -> str:
    """The evaluator's message in one line, without its internals."""
    message = text.partition("\n    ")[0].removeprefix("runtime error: ")
    if syntax := _SYNTAX.match(message):
        got = syntax["got"]
        return "syntax error: the file ends too early" if got == "EOF" else f"syntax error: {got!r} is not expected here"
    if "variable is not defined: $" in message:
        return "there is no object around that '$' could mean"
    return " ".join(message.replace(f"\n{_SIMILAR}", "; there is").split()).rstrip(".")


def _missing_import(files: Mapping[str, str], folder: str, name: str) -> BootstrapError:
    place = _importing(files, folder, name)
    if match := re.match(r"(param|env)://(\w+)", name):
        variable = "params" if match[1] == "param" else "env"
        fix = f"Only prototypes may have it. Write {variable}.{match[2]} here."
    else:
        fix = "It is looked for beside that file, in vendor/ (packages), lib/ (the Kubernetes library) and environments/."
    return BootstrapError(f"{place}: there is no file for import '{name}'.", fix=fix)


def _known(name: str, error: EvaluatorError, frames: list[re.Match[str]], files: Mapping[str, str]) -> BootstrapError | None:
    """A field that is missing in the file of the parameters, which the evaluator does not name."""
    if error.run == 1 and name in ("global", "components") and "<extvar:__ksonnet/params>" in str(error):
        place = next(
            (path for path in error.read if path.endswith("/params.libsonnet") and path.startswith("components/")), "params.libsonnet"
        )
        return BootstrapError(f"{place}: it has no object '{name}'.", fix="Write { global: {}, components: {} } with what belongs there.")
    if frames and posixpath.splitext(posixpath.basename(frames[0]["file"]))[0] == name:
        file = frames[0]["file"]
        read = re.search(rf"extVar\(\s*['\"]__ksonnet/params['\"]\s*\)\s*\.components(?:\.|\[['\"]){re.escape(name)}\b", files[file])
        if read:
            lacking = f"{posixpath.dirname(file)}/params.libsonnet has no parameters of component '{name}'"
            return BootstrapError(
                f"{file}, line {line_of(files[file], read.start())}: {lacking}.", fix=f"Add {name}: {{}} to its components."
            )
    return None


def _lacking(name: str, first: Iterable[str], files: Mapping[str, str], version: str) -> str | None:
    """The path in ksonnet's library that a file uses and ours lacks; None for another error.

    ``first``: the files that the evaluator names. Where none of them does, another may: the evaluator doesn't name all. That counts only
    where the library knows the name nowhere.
    """
    ours = [files[path] for path in library.files(version) if path in files]
    if not ours or not all(map(library.is_ours, ours)):
        return None
    others = [path for path in files if path.startswith((*_OWN, "vendor/")) and path.endswith("sonnet")]
    known = any(re.search(rf"\b{name}(?:\([^()]*\))?::", text) for text in ours)
    for path in [path for path in first if not path.startswith("lib/")] + ([] if known else others):
        for use in re.finditer(rf"(?<![.\w])(?P<head>[A-Za-z_]\w*)(?P<path>(?:\.\w+)*\.{name})\b", files[path]):
            if root := _resolved(use["head"], files[path]):
                return root + use["path"]
    return None


def _resolved(name: str, text: str) -> str | None:
    """The path in the library that a local of a file is bound to: ``k.apps.v1beta1``; None for anything else."""
    path = ""
    for _step in range(20):
        value = _bound(name, text)
        if len(value) == 2 and value[0].text == "import":
            file = next((posixpath.basename(each.path) for each in imports("".join(token.text for token in value))), None)
            return "k" + path if file in ("k.libsonnet", "k8s.libsonnet") else None
        if not value or any(token.kind != "word" and token.text != "." for token in value):
            return None
        name, path = value[0].text, "".join(token.text for token in value[1:]) + path
    return None


def _bound(name: str, text: str) -> list[Token]:
    """The tokens that a ``local`` of a file binds to a name."""
    remaining = significant(text)
    last: tuple[str, ...] = ()
    for token in remaining:
        if token.text == "=" and last == ("local", name):
            return list(itertools.takewhile(lambda token: token.text not in (";", ","), remaining))
        last = (*last[-1:], token.text)
    return []


def _library_fix(version: str) -> str:
    return f"Put k.libsonnet and k8s.libsonnet as ksonnet generates them into lib/{version}/ (`ks env add` does); what you put there stays."


def _unplaced(path: list[str], missing: str | None, run: int, files: Mapping[str, str]) -> str:
    """The place of an error for which the evaluator names no file, but a path of fields."""
    if run == 1:
        what, own = "The parameters", [file for file in files if file.endswith("/params.libsonnet") and file.startswith(_OWN)]
        path = path[1:] if path[:1] == ["components"] else path
        place = what + (f" of component '{path[0]}'" if path else "") + (f", {'.'.join(path[1:])}" if path[1:] else "")
    else:
        if not path:
            return "The application can't be evaluated"
        own = [file for file in files if posixpath.splitext(file)[0].endswith(f"/{path[0]}") and file.startswith("components/")]
        own += [file for file in files if file.startswith("environments/") and file.endswith("/main.jsonnet")]
        place = f"Component '{path[0]}'" + (f", {'.'.join(path[1:])}" if path[1:] else "")
    others = [file for file in files if file.startswith("vendor/") and file.endswith("sonnet") and "/prototypes/" not in file]
    patterns = [rf"\.{missing}\b"] if missing else []
    patterns += [rf"""(?<![\w.]){re.escape(path[-1])}["'\]]*\s*(?:\([^()]*\)\s*)?\+?::?:?"""] if path[1:] else []
    for pattern in patterns:
        for where in (own, others):
            places = [
                f"{file}, line {line_of(files[file], match.start())}" for file in where for match in re.finditer(pattern, files[file])
            ]
            if len(set(places)) == 1:
                return f"{place} ({places[0]})"
            if places:
                break
    return place


def _importing(files: Mapping[str, str], folder: str, name: str) -> str:
    """The file and line of a failed import; the evaluator tells only the folder."""
    for path, text in files.items():
        if posixpath.dirname(path) == folder.rstrip("/"):
            for each in imports(text):
                if each.path == name:
                    return f"{path}, line {line_of(text, each.position)}"
    return f"A file in {folder}/"
