# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of a package of the platform: rendered objects, a thin Jsonnet layer over them, and where they are from. Private.

``definitions.json`` holds the CustomResourceDefinitions, most of the bytes, which no parameter changes; a component of its own imports it
and nothing else, so that the evaluator need not see it (``ksonnet/render.py``). ``objects.json`` holds the rest, which the layer patches.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import BootstrapError
from ..ksonnet import documents
from ..registries import archive
from .tables import FOLDER, Node, Release

Json = dict[str, t.Any]
Files = dict[str, str]

PREFIX = "io.ksonnet.pkg.platform-"
ORIGIN, DEFINITIONS, OBJECTS = "ORIGIN.yaml", "definitions.json", "objects.json"
VERSION = 1
"""Of the way in which objects are made fit for a package: packages of another one are rendered anew."""
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


def read(files: Mapping[str, str], what: str) -> Rendered | None:
    """What a vendored package was made from, path to text; None where it isn't whole, or somebody changed it."""
    if ORIGIN not in files or OBJECTS not in files:
        return None
    try:
        recorded = documents.load_mapping(files[ORIGIN], what)
    except BootstrapError:
        return None
    definitions, objects = files.get(DEFINITIONS, ""), files[OBJECTS]
    if recorded.get("version") != VERSION or recorded.get("content") != content_digest(definitions, objects):
        return None
    return Rendered(definitions, objects, recorded)


def files(component: str, node: Node, rendered: Rendered) -> Files:
    """The files of the package, by their path in it."""
    found = {
        ORIGIN: _ORIGIN_HEADER + documents.dump(rendered.origin),
        OBJECTS: rendered.objects or text_of_none(),
        "parts.yaml": _parts(component, node, rendered.origin),
        "platform.libsonnet": _layer("platform.libsonnet"),
        f"{component}.libsonnet": _library(),
        f"prototypes/{component}.jsonnet": _prototype(component, node),
    }
    if rendered.definitions:
        found[DEFINITIONS] = rendered.definitions
        found[f"prototypes/{component}-definitions.jsonnet"] = _definitions_prototype(component, node)
    return found


def text_of_none() -> str:
    """A List without items."""
    return '{"apiVersion":"v1","kind":"List","items":[]}\n'


def _layer(name: str) -> str:
    return (Path(FOLDER) / "layer" / name).read_text(encoding="utf-8")


def _library() -> str:
    return """// The objects of the component, patched by its parameters.
local platform = import 'platform.libsonnet';

{
  list(params, env):: platform.list(import 'objects.json'),
}
"""


def _prototype(component: str, node: Node) -> str:
    return f"""// @apiVersion 0.1
// @name {PREFIX}{component}
// @description {node.text}, of the Kubeflow platform.
// @shortDescription {node.text}

local component = import 'platform/{component}/{component}.libsonnet';

component.list(params, env)
"""


def _definitions_prototype(component: str, node: Node) -> str:
    return f"""// @apiVersion 0.1
// @name {PREFIX}{component}-definitions
// @description {node.text}, of the Kubeflow platform: {_DEFINITIONS_NOTE}.
// @shortDescription Definitions of {component}

import 'platform/{component}/{DEFINITIONS}'
"""


def _parts(component: str, node: Node, recorded: Json) -> str:
    return documents.dump(
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
