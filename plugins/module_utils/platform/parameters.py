# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be chosen of a component, and where in its objects that lands (``platform/parameters.yml``). Private to the collection.

The layer of the package (``platform/layer/platform.libsonnet``) does the patching; here it is seen to that each patch has its place.
"""

from __future__ import annotations

import difflib
import re
import typing as t
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..errors import BootstrapError
from ..formats import bounded_yaml
from . import tables
from .tables import Release

try:
    import yaml
except ImportError:  # pragma: no cover
    yaml = None  # type: ignore[assignment]

Json = dict[str, t.Any]

_DOMAIN = "cluster.local"
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

    Raises BootstrapError where a place of the table is not in the objects, with the names that are nearest.
    """
    table = tables.parameters()
    objects = {_key(item): item for item in items}
    inside = (component, *release.components[component].provides)
    declared: dict[str, Json] = {}
    patches: list[Json] = []
    texts: dict[str, dict[str, t.Any]] = {}
    domains = [key for key, item in objects.items() if any(_DOMAIN in text for text in _texts(item))]
    images = {key: found for key, item in objects.items() if (found := dict(images_in(item)))}
    there = {"clusterDomain": domains, "images": images, "pullSecrets": [key for key in objects if key.startswith("ServiceAccount ")]}
    for name, entry in table["parameters"].items():
        if there.get(entry.get("everywhere", "")):
            declared[name] = entry
        for place in entry.get("places") or ():
            if place["component"] in inside and _is_for(release, place):
                declared[name] = entry
                default = {"default": entry["default"]} if "default" in entry else {}
                patches.append({**_patch(place, objects, component, texts), "parameter": name, **default})
    for place in table["fixed"]:
        if place["component"] in inside and _is_for(release, place):
            patches.append({**_patch(place, objects, component, texts), "value": place["value"]})
    document = {"patches": patches, "texts": texts, "domains": dict.fromkeys(domains, True), "images": images}
    return Patches(declared, document)


def default_of(entry: Json) -> t.Any:
    """A parameter's default."""
    return entry.get("default", "null")


def _is_for(release: Release, place: Json) -> bool:
    """A commit that nobody knows is taken for the newest release."""
    name = tables.names()[-1] if tables.is_commit(release.name) else release.name
    return name in place.get("releases", [name])


def _patch(place: Json, objects: dict[str, Json], component: str, texts: dict[str, dict[str, t.Any]]) -> Json:
    """A patch as the layer reads it; ``texts`` gets the text that it goes into, as data."""
    key = place["object"]
    item = objects.get(key)
    if item is None:
        near = difflib.get_close_matches(key, objects, n=3, cutoff=0.4)
        raise _no_place(f"The component {component} has no {key}", near)
    value: t.Any = item
    if "text" in place:
        text = (item.get("data") or {}).get(place["text"])
        if not isinstance(text, str):
            raise BootstrapError(f"{key} of {component} has no {place['text']}, which a parameter is for.", fix=_FIX)
        value = texts.setdefault(key, {}).setdefault(place["text"], _parsed(text, f"{key}, {place['text']}"))
    steps = place["path"][:-1] if place.get("new") else place["path"]
    _follow(value, steps, f"{key} of {component}")
    _check_lines(place, item, f"{key} of {component}")
    kept = ("object", "path", "text", "values", "format", "wrap", "list", "lines", "copies")
    return {name: place[name] for name in kept if name in place}


def _check_lines(place: Json, item: Json, what: str) -> None:
    """See that a text has all settings that are to be others."""
    text = (item.get("data") or {}).get(place["path"][-1]) if "lines" in place else None
    names = [line.partition(" ")[0] for line in str(text).splitlines()]
    for name in place.get("lines") or ():
        if name not in names:
            near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
            raise _no_place(f"{what} has no setting {name}", near)


def _parsed(text: str, what: str) -> t.Any:
    try:
        return bounded_yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise BootstrapError(f"{what} is not YAML: {str(error).splitlines()[0]}.", fix=_FIX) from None


def _follow(value: t.Any, steps: Iterable[t.Any], what: str) -> None:
    """See that a path leads to something."""
    done: list[str] = []
    for step in steps:
        done.append(str(step))
        if isinstance(step, str):
            inside = isinstance(value, dict) and step in value
            names = sorted(value) if isinstance(value, dict) else []
            value = value[step] if inside else None
        else:
            entries = value if isinstance(value, list) else []
            found = [each for each in entries if isinstance(each, dict) and step.items() <= each.items()]
            names = sorted(str(each.get("name")) for each in entries if isinstance(each, dict))
            inside, value = bool(found), found[0] if found else None
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
