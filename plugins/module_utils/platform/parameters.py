# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parameters of a component, and the places in its objects that they change (``platform/parameters.yml``).

The layer of the package (``platform/layer/platform.libsonnet``) does the patching; here each patch is checked against the objects.
"""

from __future__ import annotations

import difflib
import re
import typing as t
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..errors import BootstrapError
from ..formats.json_object import Json
from . import objects, tables
from .tables import Release

_OF_A_PATCH = (
    *("object", "path", "text", "values", "format", "template", "lines", "copies"),
    *("absent", "only", "append", "make", "fields", "defaults", "begins", "needs"),
)
"""The fields of a place that the layer reads."""
# An image with a registry's host and a tag or digest; and of these registries also one without, which texts often have.
_TAGGED = r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?/[a-z0-9._/-]+(?::[A-Za-z0-9_][\w.-]{0,127}|@sha256:[0-9a-f]{64})"
_HOSTED = r"(?:docker\.io|gcr\.io|ghcr\.io|quay\.io|registry\.k8s\.io|public\.ecr\.aws|registry\.istio\.io)/[a-z0-9][a-z0-9._/-]*[a-z0-9]"
_IMAGE = re.compile(rf"(?<![\w./:@-])(?:{_TAGGED}|{_HOSTED})(?![\w/])")
_FIX = "Take a release that is known, or leave the component out (kubeflow_platform: {without: [...]})."


@dataclass
class Patches:
    """``declared``: the component's parameters, name to entry of the table. ``document``: what the layer reads, patches.json."""

    declared: dict[str, Json] = field(default_factory=dict)
    document: Json = field(default_factory=dict)


def of(release: Release, component: str, items: list[Json]) -> Patches:
    """The parameters of a component, and the patches for its objects.

    Raises BootstrapError where the objects lack a place of the table; it names the nearest ones.
    """
    table = tables.parameters()
    inside = (component, *release.components[component].provides)
    component_objects = _Objects(component, {_key(item): item for item in items})
    templates = [
        place["make"]
        for entry in table["parameters"].values()
        for place in _places(entry.get("places") or (), release, inside)
        if "make" in place
    ]
    everywhere = _everywhere(table["parameters"], component_objects.by_key, templates)
    declared: dict[str, Json] = {}
    patches: list[Json] = []
    for name, entry in table["parameters"].items():
        if name in everywhere["literals"] or everywhere.get(entry.get("everywhere", "")):
            declared[name] = entry
        for place in _places(entry.get("places") or (), release, inside):
            declared[name] = entry
            default = {"default": entry["default"]} if "default" in entry else {}
            patches.append({**component_objects.patch(place), "parameter": name, **default})
    fixed = [{**component_objects.patch(place), "value": place["value"]} for place in _places(table["fixed"], release, inside)]
    return Patches(declared, {"patches": [*patches, *fixed], "texts": component_objects.texts, **everywhere})


def default_of(entry: Json) -> t.Any:
    """A parameter's default."""
    return entry.get("default", "null")


def _everywhere(entries: dict[str, Json], by_key: dict[str, Json], templates: list[Json]) -> Json:
    """The objects that have what a parameter changes in all of them: a text (``literal``), images, or Secrets for images.

    ``templates``: of objects that parameters add.
    """
    literals: Json = {}
    for name, literal in ((name, entry["literal"]) for name, entry in entries.items() if "literal" in entry):
        keys = [key for key, item in by_key.items() if any(literal in text for text in _texts(item))]
        if keys or any(literal in text for text in _texts(templates)):
            literals[name] = {"text": literal, "objects": dict.fromkeys(keys, True)}
    images = {key: dict(images_in(item)) for key, item in by_key.items()}
    return {
        "literals": literals,
        "images": {key: names for key, names in images.items() if names},
        "pullSecrets": [key for key in by_key if key.startswith("ServiceAccount ")],
    }


def _places(places: Iterable[Json], release: Release, inside: tuple[str, ...]) -> list[Json]:
    """The places of a release in a component. A commit that the tables lack is taken for the newest release."""
    name = tables.names()[-1] if tables.is_commit(release.name) else release.name
    return [place for place in places if place["component"] in inside and name in place.get("releases", [name])]


@dataclass
class _Objects:
    """The objects of a component. ``texts``: by object and key the texts that patches go into, as data."""

    component: str
    by_key: dict[str, Json]
    texts: dict[str, dict[str, t.Any]] = field(default_factory=dict)

    def patch(self, place: Json) -> Json:
        """A patch as the layer reads it. Raises BootstrapError where its place does not exist."""
        for key in [*filter(None, [place.get("object")]), *place.get("only", ())]:
            self._check(key, place)
        return {name: place[name] for name in _OF_A_PATCH if name in place}

    def _check(self, key: str, place: Json) -> None:
        item = self.by_key.get(key)
        if item is None:
            near = difflib.get_close_matches(key, self.by_key, n=3, cutoff=0.4)
            raise _no_place(f"The component {self.component} has no {key}", near)
        what = f"{key} of {self.component}"
        value: t.Any = item
        if "text" in place:
            text = (item.get("data") or {}).get(place["text"])
            if not isinstance(text, str):
                raise BootstrapError(f"{what} has no {place['text']}, which a parameter is for.", fix=_FIX)
            document = objects.document(text, f"{key}, {place['text']}", _FIX)
            value = self.texts.setdefault(key, {}).setdefault(place["text"], document)
        path = place.get("path") or []
        _follow(value, path[:-1] if place.get("new") else path, what)
        _check_lines(place, item, what)


def _check_lines(place: Json, item: Json, what: str) -> None:
    """Raise BootstrapError for a text that lacks a setting of the table."""
    text = (item.get("data") or {}).get(place["path"][-1]) if "lines" in place else None
    names = [line.partition(" ")[0] for line in str(text).splitlines()]
    for name in place.get("lines") or ():
        if name not in names:
            near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
            raise _no_place(f"{what} has no setting {name}", near)


def _follow(value: t.Any, steps: Iterable[t.Any], what: str) -> None:
    """Raise BootstrapError for a path that leads nowhere."""
    done: list[str] = []
    for step in steps:
        done.append(str(step))
        if isinstance(step, str):
            inside = isinstance(value, dict) and step in value
            names = sorted(value) if isinstance(value, dict) else []
            value = value[step] if inside else None
        else:
            entries = value if isinstance(value, list) else []
            matches = [entry for entry in entries if isinstance(entry, dict) and step.items() <= entry.items()]
            names = sorted(str(entry.get("name")) for entry in entries if isinstance(entry, dict))
            inside, value = bool(matches), matches[0] if matches else None
        if not inside:
            near = difflib.get_close_matches(str(step), names, n=3, cutoff=0.3) or names[:3]
            raise _no_place(f"{what} has no {' '.join(done)}", near)


def _no_place(problem: str, near: list[str]) -> BootstrapError:
    return BootstrapError(f"{problem}, which a parameter is for. Nearest: {', '.join(near) or 'nothing'}.", fix=_FIX)


def _key(item: Json) -> str:
    metadata = item["metadata"]
    return f"{item['kind']} {metadata.get('namespace') or ''}/{metadata['name']}"


def _texts(value: t.Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def images_in(value: t.Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The images in an object, each with its name below a mirror; those without a host only where they are a field ``image``."""
    if isinstance(value, str):
        if name == "image" and value and not _IMAGE.search(value):
            yield value, value
        for image in _IMAGE.findall(value):
            yield image, image.partition("/")[2]
    elif isinstance(value, dict):
        for field_name, part in value.items():
            yield from images_in(part, str(field_name))
    elif isinstance(value, list):
        for part in value:
            yield from images_in(part)
