# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Kubernetes objects of an application, as `ks show` of 0.10.0 makes them. Private to the collection.

Two differences to ks 0.10.0, both as in its 0.10.1: components are imported, not printed anew (its printer is incomplete), and the
order is stable. Only the files of the application can be read.
"""

from __future__ import annotations

import json
import posixpath
import re
import typing as t
from collections.abc import Callable, Mapping

from ..errors import BootstrapError
from . import application, documents, library
from .declaration import K8S_VERSION
from .jsonnet_text import line_of

try:
    import rjsonnet
except ImportError:
    rjsonnet = None  # type: ignore[assignment]

_KINDS = (".jsonnet", ".yaml", ".json")
_FRAME = re.compile(r"^ +(?P<file>[^:<>\n]+):(?P<line>[0-9]+):[0-9]+", re.MULTILINE)
_FIELD = re.compile(r"^ +field <(?P<name>.*)> manifestification$", re.MULTILINE)
_NO_FIELD = re.compile(r"no such field: (?P<name>[A-Za-z_][A-Za-z0-9_]*)")
_MISSING = re.compile(r"import '(?P<import>[^\n]*)' from '(?P<folder>[^\n]*)' is not in the application")
# What ks does with components/params.libsonnet before an environment's params.libsonnet sees it; `global` wins.
_PARAMS = """local module = import %s;
{ components: std.mapWithKey(function(name, values) std.mergePatch(values, module.global), module.components) }"""
# Components in YAML get their parameters laid over them, before and after the environment's main.jsonnet.
_OBJECTS = """local patched = %s;
local params = std.extVar("__ksonnet/params").components;
local result = import %s;
{
  [name]: if std.objectHas(patched, name) && std.objectHas(params, name) then std.mergePatch(result[name], params[name]) else result[name]
  for name in std.objectFields(result)
}"""


def objects(files: Mapping[str, str], environment: str = "default") -> dict[str, list[dict[str, t.Any]]]:
    """The objects of an environment by component: components sorted, a component's objects in their order.

    ``files``: the application, path to text (``folder.read``). A component of a module (a folder) is named with its path.
    Raises BootstrapError with file and line of what is wrong in the application.
    """
    if rjsonnet is None:
        raise BootstrapError("rjsonnet is missing, which evaluates the application.", fix="Install rjsonnet where this task runs.")
    entry = _environment(files, environment)
    found: dict[str, list[dict[str, t.Any]]] = {}
    for module in sorted(entry.get("targets") or ["/"]):
        prefix = str(module).strip("/")
        for name, value in _evaluate(files, entry, prefix).items():
            path = posixpath.join(prefix, name)
            found[path] = _flattened(value, path)
    return dict(sorted(found.items()))


def _environment(files: Mapping[str, str], name: str) -> dict[str, t.Any]:
    """An environment of app.yaml, or of app.override.yaml, which wins."""
    environments = dict(application.read_app(files).get("environments") or {})
    if "app.override.yaml" in files:
        environments.update(documents.load_mapping(files["app.override.yaml"], "app.override.yaml").get("environments") or {})
    if name not in environments:
        raise BootstrapError(
            f"The application has no environment '{name}'.", fix=f"Environments: {', '.join(sorted(environments)) or 'none'}."
        )
    return {"path": name, "k8sVersion": K8S_VERSION, **environments[name]}


def _evaluate(files: Mapping[str, str], entry: dict[str, t.Any], module: str) -> dict[str, t.Any]:
    """The value of each component of a module: the two evaluations that ks does."""
    root = posixpath.normpath(posixpath.join("components", module))
    path = f"environments/{entry['path']}"
    params_file = f"{root}/params.libsonnet"
    for needed in (params_file, f"{path}/params.libsonnet", f"{path}/main.jsonnet"):
        if needed not in files:
            raise BootstrapError(f"{needed} is missing in the application.", fix="Take it back from version control.")
    version = str(entry["k8sVersion"])
    readable = {**library.files(version), **files}
    vendor, lib = "vendor", f"lib/{version}"
    names = _components(files, root)
    params = _run(
        _Evaluation(readable, [vendor, lib]),
        f"import {_text(f'{path}/params.libsonnet')}",
        {"__ksonnet/params": _PARAMS % _text(params_file)},
    )
    destination = entry.get("destination") or {}
    patched = {name: documents.load_mapping(files[file], file) for name, file in names.items() if not file.endswith(".jsonnet")}
    raw = f"(import {_text(params_file)}).components"
    codes = [
        f"{_text(name)}: import {_text(file)}"
        if name not in patched
        else f"{_text(name)}: local raw = {raw}; std.mergePatch({json.dumps(patched[name], default=str)}, "
        f"if std.objectHas(raw, {_text(name)}) then raw[{_text(name)}] else {{}})"
        for name, file in names.items()
    ]
    external = {
        "__ksonnet/components": "{" + ",\n".join(codes) + "}",
        "__ksonnet/params": json.dumps(params),
        "__ksonnet/environments": json.dumps({key: destination.get(key, "") for key in ("server", "namespace")}),
    }
    main = _OBJECTS % (json.dumps(dict.fromkeys(patched, True)), _text(f"{path}/main.jsonnet"))
    value = _run(_Evaluation(readable, [lib, vendor, "environments"]), main, external)
    if not isinstance(value, dict):
        raise BootstrapError(
            f"{path}/main.jsonnet: an object of components is expected, not {documents.kind(value)}.", fix="Put the file right."
        )
    return value


def _components(files: Mapping[str, str], root: str) -> dict[str, str]:
    """The components of a module: name to path."""
    found: dict[str, str] = {}
    for path in sorted(files):
        stem, extension = posixpath.splitext(posixpath.basename(path))
        if posixpath.dirname(path) == root and extension in _KINDS:
            if stem in found:
                raise BootstrapError(f"{path} and {found[stem]} are both component '{stem}'.", fix="Rename one of them.")
            found[stem] = path
    return found


class _Evaluation:
    """What one evaluation may import: the application's files, by the importing file's folder, then by the search path."""

    def __init__(self, files: Mapping[str, str], search: list[str]) -> None:
        self.files = files
        self.search = search

    def read(self, folder: str, name: str) -> tuple[str, str]:
        # The snippets of this module have no folder in the application; they name files by their whole path.
        folders = [""] if posixpath.isabs(folder) else [folder, *self.search]
        for candidate in (posixpath.normpath(posixpath.join(base, name)) for base in folders):
            if candidate in self.files:
                return candidate, self.files[candidate].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        raise LookupError(f"import '{name}' from '{folder}' is not in the application")


def _run(evaluation: _Evaluation, snippet: str, external: dict[str, str]) -> t.Any:
    try:
        text = rjsonnet.evaluate_snippet("<application>", snippet, ext_codes=external, import_callback=evaluation.read)
    except RuntimeError as error:
        raise _explained(str(error), evaluation) from None
    try:
        return json.loads(text, parse_int=_whole)
    except ValueError:
        raise BootstrapError(
            "The application yields a number that is not finite.", fix="Look for a division or a number too large."
        ) from None


def _whole(text: str) -> int | float:
    """A number without a fraction: exactly the double that it is; beyond 64 bits it stays one."""
    number = float(text)
    return int(number) if abs(number) < 2**63 else number


def _explained(text: str, evaluation: _Evaluation) -> BootstrapError:
    """An error of the evaluator, with the place in the application that it points at."""
    if missing := _MISSING.search(text):
        place = _importing(evaluation.files, missing["folder"], missing["import"])
        where = "vendor/ (packages), lib/ (the Kubernetes library) and environments/"
        return BootstrapError(
            f"{place}: there is no file for import '{missing['import']}'.", fix=f"It is looked for beside that file, in {where}."
        )
    message = text.partition("\n    ")[0].removeprefix("runtime error: ")
    frames = [match for match in _FRAME.finditer(text) if match["file"] in evaluation.files]
    message = " ".join(message.split())
    if not frames:
        return BootstrapError(f"{_unplaced(text, evaluation.files)}: {message}.", fix="Put it right, or take it back from version control.")
    details: dict[str, t.Any] = {"trace": [f"{frame['file']}:{frame['line']}" for frame in frames[:20]]}
    place = f"{frames[0]['file']}, line {frames[0]['line']}"
    own = next((frame for frame in frames if not frame["file"].startswith(("vendor/", "lib/"))), frames[0])
    via = f" (from {own['file']}, line {own['line']})" if own is not frames[0] else ""
    return BootstrapError(f"{place}{via}: {message}.", fix="Put the file right, or the parameter that it reads.", **details)


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


def _flattened(value: t.Any, component: str) -> list[dict[str, t.Any]]:
    """The objects of a component; a List is resolved, one level deep, as ks does it."""
    items = [value]
    if isinstance(value, dict) and isinstance(value.get("items"), list) and str(value.get("kind", "")).endswith("List"):
        items = value["items"]
    for number, item in enumerate(items):
        which = f"Component '{component}'" + (f", item {number}" if items is not value and len(items) > 1 else "")
        if not isinstance(item, dict):
            raise BootstrapError(
                f"{which}: a Kubernetes object is expected, not {documents.kind(item)}.", fix="Yield one object or a List."
            )
        if not isinstance(item.get("kind"), str) or not item["kind"]:
            raise BootstrapError(f"{which}: the object has no kind.", fix="Yield one object or a List, each with apiVersion and kind.")
    return items


_text: Callable[[str], str] = json.dumps
