# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of a package of the platform: rendered objects, a thin Jsonnet layer over them, and where they are from.

``definitions.json`` holds the CustomResourceDefinitions, most of the bytes, which no parameter changes; a component of its own imports it
and nothing else, so that the evaluator need not see it (``ksonnet/render/render.py``). ``objects.json`` holds the rest, which the layer
patches.
"""

from __future__ import annotations

import functools
import json
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import BootstrapError
from ..fetch import archive
from ..formats import yaml_documents
from ..formats.json_object import Json
from . import parameters
from .tables import FOLDER, Node, Release

Files = dict[str, str]

PREFIX = "io.ksonnet.pkg.platform-"
ORIGIN, DEFINITIONS, OBJECTS, PATCHES = "ORIGIN.yaml", "definitions.json", "objects.json", "patches.json"
VERSION = 2
"""Of the way in which objects are made fit for a package: packages of another one are rendered again."""
_ORIGIN_HEADER = """# Where this package is from: rendered by kubeflow.bootstrap from the files of a release of the Kubeflow platform. Its
# authors hold the copyright, under the license that is named here (../LICENSE). The package is replaced as a whole.
"""
_DEFINITIONS_NOTE = "the CustomResourceDefinitions of the component"


@dataclass(frozen=True)
class Rendered:
    """A component of a release as it was rendered. ``definitions`` and ``objects``: texts of JSON Lists, the first empty without any.
    ``origin``: what ORIGIN.yaml says."""

    definitions: str
    objects: str
    origin: Json


def origin(release: Release, component: str, sha256: str, renderer: str, texts: tuple[str, str]) -> Json:
    """What is recorded of a rendered component. ``sha256``: of the files it was rendered from; ``texts``: definitions and objects."""
    part = release.components[component]
    return {
        "version": VERSION,
        "release": release.name,
        "repository": release.repository,
        "commit": release.commit,
        "folders": [*part.folders, *part.overlays],
        "sha256": sha256,
        "renderer": f"kustomize {renderer}",
        "license": release.license,
        "content": content_digest(*texts),
    }


def content_digest(definitions: str, objects: str) -> str:
    """Of what was rendered, so that a change by hand is seen."""
    return archive.digest({DEFINITIONS: definitions, OBJECTS: objects})


def text(items: list[Json]) -> str:
    """A List as JSON, a line for each object; "" for none."""
    if not items:
        return ""
    lines = ",\n".join(json.dumps(item, ensure_ascii=False, separators=(",", ":"), sort_keys=True) for item in items)
    return f'{{"apiVersion":"v1","kind":"List","items":[\n{lines}\n]}}\n'


def origin_of(files: Mapping[str, str], what: str) -> Json:
    """What a vendored package says of itself; {} where that can't be read."""
    try:
        return yaml_documents.load_mapping(files[ORIGIN], what) if ORIGIN in files else {}
    except BootstrapError:
        return {}


def is_current(files: Mapping[str, str], recorded: Json) -> bool:
    """Whether a vendored package is as ``files`` would make it: of the same tables and layer, and nobody changed it."""
    return recorded.get("layer") == layer_digest() and recorded.get("files") == _others_digest(files)


def _others_digest(files: Mapping[str, str]) -> str:
    return archive.digest({path: text for path, text in files.items() if path != ORIGIN})


@functools.cache
def layer_digest() -> str:
    """Of all that packages are made of beside what was rendered."""
    sources = [*FOLDER.glob("*.yml"), *(FOLDER / "layer").glob("*.libsonnet"), *(FOLDER / "checks").glob("*.libsonnet")]
    texts = {path.name: path.read_text(encoding="utf-8") for path in sources}
    return archive.digest({**texts, "version": str(VERSION)})


def read(files: Mapping[str, str], recorded: Json) -> Rendered | None:
    """What a vendored package was made from, path to text; None where it isn't whole, or somebody changed it."""
    if OBJECTS not in files:
        return None
    definitions, objects = files.get(DEFINITIONS, ""), files[OBJECTS]
    if recorded.get("version") != VERSION or recorded.get("content") != content_digest(definitions, objects):
        return None
    return Rendered(definitions, objects, recorded)


def files(release: Release, component: str, node: Node, rendered: Rendered) -> Files:
    """The files of the package, by their path in it."""
    patches = parameters.of(release, component, json.loads(rendered.objects)["items"])
    files_of_package = {
        OBJECTS: rendered.objects or text_of_none(),
        "parts.yaml": _parts(component, node, rendered.origin),
        "platform.libsonnet": _layer("platform.libsonnet"),
        f"{component}.libsonnet": _library(),
        PATCHES: json.dumps(patches.document, indent=1, sort_keys=True) + "\n",
        f"prototypes/{component}.jsonnet": _prototype(component, node, patches.declared),
    }
    if rendered.definitions:
        files_of_package[DEFINITIONS] = rendered.definitions
        files_of_package[f"prototypes/{component}-definitions.jsonnet"] = _definitions_prototype(component, node)
    checks = FOLDER / "checks" / f"{component}.libsonnet"
    if checks.is_file():
        files_of_package["checks.libsonnet"] = checks.read_text(encoding="utf-8")
    recorded = {**rendered.origin, "layer": layer_digest(), "files": _others_digest(files_of_package)}
    return {ORIGIN: _ORIGIN_HEADER + yaml_documents.dump(recorded), **files_of_package}


def text_of_none() -> str:
    """A List without items."""
    return '{"apiVersion":"v1","kind":"List","items":[]}\n'


def _layer(name: str) -> str:
    return (FOLDER / "layer" / name).read_text(encoding="utf-8")


def _library() -> str:
    return """// The objects of the component, patched by its parameters.
local platform = import 'platform.libsonnet';

{
  list(params, env):: platform.list(import 'objects.json', params, import 'patches.json'),
}
"""


def _prototype(component: str, node: Node, declared: Mapping[str, Json]) -> str:
    lines = "".join(
        f"// @optionalParam {name} {entry['type']} {_header_text(parameters.default_of(entry))} {entry['text']}\n"
        for name, entry in declared.items()
    )
    return f"""// @apiVersion 0.1
// @name {PREFIX}{component}
// @description {node.text}, of the Kubeflow platform. A string parameter with the value null is not set.
// @shortDescription {node.text}
{lines}
local component = import 'platform/{component}/{component}.libsonnet';

component.list(params, env)
"""


def _header_text(value: t.Any) -> str:
    """A default as it stands in the header of a prototype."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _definitions_prototype(component: str, node: Node) -> str:
    return f"""// @apiVersion 0.1
// @name {PREFIX}{component}-definitions
// @description {node.text}, of the Kubeflow platform: {_DEFINITIONS_NOTE}.
// @shortDescription Definitions of {component}

import 'platform/{component}/{DEFINITIONS}'
"""


def _parts(component: str, node: Node, recorded: Json) -> str:
    return yaml_documents.dump(
        {
            "apiVersion": "0.0.1",
            "kind": "ksonnet.io/parts",
            "name": component,
            "version": str(recorded["release"]),
            "description": f"{node.text}, of the Kubeflow platform.",
            "author": "the authors of Kubeflow",
            "license": str(recorded["license"]),
            "repository": {"type": "git", "url": f"https://{recorded['repository']}"},
            "quickStart": {"prototype": f"{PREFIX}{component}", "componentName": component, "flags": {}},
        }
    )
