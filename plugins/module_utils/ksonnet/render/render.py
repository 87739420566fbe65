# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Kubernetes objects of an application, as `ks show` of 0.10.0 makes them.

Two differences to ks 0.10.0, both as in its 0.10.1: components are imported, not reprinted (its printer is incomplete), and the
order is stable. Only the files of the application can be read, and evaluation is bounded (``evaluate.Limits``).
"""

from __future__ import annotations

import json
import posixpath
import re
import typing as t
from collections.abc import Callable, Mapping

from ...errors import BootstrapError
from ...formats import foreign_json, yaml_documents
from ..files import app_yaml, environments, library
from ..files.declaration import K8S_VERSION
from ..jsonnet import evaluate
from ..jsonnet.evaluate import Limits, Run
from . import evaluation_errors

_KINDS = (".jsonnet", ".yaml", ".json")
# What ``component.from_prototype`` makes of a prototype whose body is one import.
_ONLY_IMPORT = re.compile(
    r"""local env = std\.extVar\("__ksonnet/environments"\);
local params = std\.extVar\("__ksonnet/params"\)\.components[^\n]*;
import '([^'\n]+\.json)'\n*"""
)
# components/params.libsonnet as ks passes it to an environment's params.libsonnet; `global` wins.
PARAMS = """local module = import %s;
{ components: std.mapWithKey(function(name, values) std.mergePatch(values, module.global), module.components) }"""
# Components in YAML get their parameters merged over them, before and after the environment's main.jsonnet.
_OBJECTS = """local patched = %s;
local params = std.extVar("__ksonnet/params").components;
local result = import %s;
if std.type(result) != "object" then result else {
  [name]: if std.objectHas(patched, name) && std.objectHas(params, name) then std.mergePatch(result[name], params[name]) else result[name]
  for name in std.objectFields(result)
}"""


def objects(files: Mapping[str, str], environment: str = "default", *, limits: Limits | None = None) -> dict[str, list[dict[str, t.Any]]]:
    """The objects of an environment by component: components sorted, a component's objects in their order.

    ``files``: the application, path to text (``folder.read``). A component of a module (a folder) is named with its path.
    ``limits`` hold for each module. Raises BootstrapError with file and line of what is wrong in the application.
    """
    return {path: _flattened(value, path) for path, value in values(files, environment, limits=limits).items()}


def values(files: Mapping[str, str], environment: str = "default", *, limits: Limits | None = None) -> dict[str, t.Any]:
    """The value of each component, of any type; otherwise as ``objects``."""
    entry = environment_entry(files, environment)
    result: dict[str, t.Any] = {}
    for module in sorted(entry.get("targets") or ["/"]):
        prefix = str(module).strip("/")
        for name, value in _evaluate(files, entry, prefix, limits or Limits()).items():
            result[posixpath.join(prefix, name)] = value
    return dict(sorted(result.items()))


def environment_entry(files: Mapping[str, str], name: str) -> dict[str, t.Any]:
    """An environment of app.yaml, or of app.override.yaml, which wins."""
    environments = dict(app_yaml.read(files).get("environments") or {})
    if "app.override.yaml" in files:
        environments.update(yaml_documents.load_mapping(files["app.override.yaml"], "app.override.yaml").get("environments") or {})
    if name not in environments:
        raise BootstrapError(
            f"The application has no environment '{name}'.", fix=f"Environments: {', '.join(sorted(environments)) or 'none'}."
        )
    return {"path": name, "k8sVersion": K8S_VERSION, **environments[name]}


def _evaluate(files: Mapping[str, str], entry: dict[str, t.Any], module: str, limits: Limits) -> dict[str, t.Any]:
    """The value of each component of a module: two evaluations, as in ks."""
    root = posixpath.normpath(posixpath.join("components", module))
    path = f"environments/{entry['path']}"
    params_file = f"{root}/params.libsonnet"
    for needed in (params_file, f"{path}/params.libsonnet", f"{path}/main.jsonnet"):
        if needed not in files:
            raise BootstrapError(f"{needed} is missing in the application.", fix="Take it back from version control.")
    version = str(entry["k8sVersion"])
    # After a clone lib/ does not exist, as ks keeps it out of git. Ours is used whole or not at all.
    readable = files if any(file.startswith(f"lib/{version}/") for file in files) else {**library.files(version), **files}
    vendor, lib = "vendor", f"lib/{version}"
    names = components(files, root)
    patched = {name: yaml_documents.load_mapping(files[file], file) for name, file in names.items() if not file.endswith(".jsonnet")}
    plain = {**_plain(files, patched, path, params_file), **_imported(files, names, path)}
    names = {name: file for name, file in names.items() if name not in plain}
    patched = {name: value for name, value in patched.items() if name not in plain}
    runs = [
        Run(
            f"import {_text(f'{path}/params.libsonnet')}",
            {"__ksonnet/params": PARAMS % _text(params_file)},
            reader(readable, vendor, lib),
        ),
        Run(
            _OBJECTS % (json.dumps(dict.fromkeys(patched, True)), _text(f"{path}/main.jsonnet")),
            {
                "__ksonnet/components": _component_codes(names, patched, params_file),
                "__ksonnet/environments": json.dumps(
                    {key: (entry.get("destination") or {}).get(key, "") for key in ("server", "namespace")}
                ),
            },
            reader(readable, lib, vendor, "environments"),
            previous="__ksonnet/params",
        ),
    ]
    try:
        value = evaluate.parse(evaluate.evaluate(runs, limits))
    except evaluate.EvaluatorError as error:
        raise evaluation_errors.explained(error, readable, version) from None
    if not isinstance(value, dict):
        raise BootstrapError(
            f"{path}/main.jsonnet: an object of components is expected, not {yaml_documents.kind(value)}.", fix="Fix the file."
        )
    return {**value, **plain}


def _plain(files: Mapping[str, str], patched: Mapping[str, t.Any], path: str, params_file: str) -> dict[str, t.Any]:
    """The components in YAML or JSON that no Jsonnet changes: the evaluator need not read them; they may be megabytes.

    Where the environment's files are as generated, and no file of parameters names the component.
    """
    if not _is_generated(files, path):
        return {}
    params = files[params_file] + files[f"{path}/params.libsonnet"]
    # Aliases of YAML become copies, as in Jsonnet.
    return {name: json.loads(json.dumps(value)) for name, value in patched.items() if name not in params}


def _imported(files: Mapping[str, str], names: Mapping[str, str], path: str) -> dict[str, t.Any]:
    """The components in Jsonnet that do nothing but import a vendored JSON file, which the evaluator need not read either.

    The megabytes of CRDs of the platform's packages are such components. Parameters do not reach them.
    """
    if not _is_generated(files, path):
        return {}
    result: dict[str, t.Any] = {}
    for name, file in names.items():
        match = _ONLY_IMPORT.fullmatch(files[file]) if file.endswith(".jsonnet") else None
        if match and f"vendor/{match[1]}" in files:
            try:
                result[name] = foreign_json.loads(files[f"vendor/{match[1]}"])
            except ValueError:
                continue  # the evaluator reports the error with its place
    return result


def _is_generated(files: Mapping[str, str], path: str) -> bool:
    """Whether the environment's files, which could change any component, are as generated."""
    untouched = {f"{path}/main.jsonnet": environments.FILES["main.jsonnet"], "environments/base.libsonnet": environments.BASE}
    return all(files.get(file) == text for file, text in untouched.items())


def _component_codes(names: Mapping[str, str], patched: Mapping[str, t.Any], params_file: str) -> str:
    """The components as one Jsonnet object; those in YAML with the parameters of the module's own file merged over them."""
    raw = f"(import {_text(params_file)}).components"
    codes = [
        f"{_text(name)}: import {_text(file)}"
        if name not in patched
        else f"{_text(name)}: local raw = {raw}; std.mergePatch({json.dumps(patched[name])}, "
        f"if std.objectHas(raw, {_text(name)}) then raw[{_text(name)}] else {{}})"
        for name, file in names.items()
    ]
    return "{" + ",\n".join(codes) + "}"


def components(files: Mapping[str, str], root: str) -> dict[str, str]:
    """The components of a module: name to path."""
    result: dict[str, str] = {}
    for path in sorted(files):
        stem, extension = posixpath.splitext(posixpath.basename(path))
        if posixpath.dirname(path) == root and extension in _KINDS:
            if stem in result:
                raise BootstrapError(f"{path} and {result[stem]} are both component '{stem}'.", fix="Rename one of them.")
            result[stem] = path
    return result


def left_out(files: Mapping[str, str]) -> list[str]:
    """A warning for each component in YAML with several documents: ks reads only the first."""
    warnings = []
    for path in sorted(files):
        if path.startswith("components/") and path.endswith(".yaml"):
            parts = re.split(r"^---(?=\s|$)", files[path], flags=re.MULTILINE)
            count = sum(1 for part in parts if re.search(r"^\s*[^\s#]", part, re.MULTILINE))
            if count > 1:
                warnings.append(f"Of the {count} documents in {path} only the first is read, as ks does. Make them the items of one List.")
    return warnings


def reader(files: Mapping[str, str], *search: str) -> evaluate.Read:
    """Resolves imports to the application's files: in the importing file's folder, then in the search path."""

    def read(folder: str, name: str) -> tuple[str, str]:
        # The snippets of this module have no folder in the application; they name files by their whole path.
        folders = [""] if posixpath.isabs(folder) else [folder, *search]
        for candidate in (posixpath.normpath(posixpath.join(base, name)) for base in folders):
            if candidate in files:
                return candidate, files[candidate].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        raise LookupError(f"import '{name}' from '{folder}' is not in the application")

    return read


def _flattened(value: t.Any, component: str) -> list[dict[str, t.Any]]:
    """The objects of a component; whatever has items is a list to ks, as to kubectl. One level is resolved."""
    items = [value]
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        items = value["items"]
    elif isinstance(value, dict) and value.get("kind") == "List" and value.get("items") is None:
        items = []
    for number, item in enumerate(items):
        which = f"Component '{component}'" + (f", item {number}" if items is not value and len(items) > 1 else "")
        if not isinstance(item, dict):
            raise BootstrapError(
                f"{which}: a Kubernetes object is expected, not {yaml_documents.kind(item)}.", fix="Yield one object or a List."
            )
        if not isinstance(item.get("kind"), str) or not item["kind"]:
            why = f"kind: text is expected, not {yaml_documents.kind(item['kind'])}" if item.get("kind") else "the object has no kind"
            raise BootstrapError(f"{which}: {why}.", fix="Yield one object or a List, each with apiVersion and kind.")
    return items


_text: Callable[[str], str] = json.dumps
