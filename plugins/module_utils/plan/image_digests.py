# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images by digest: what the values name by a tag, with the digest that the tag has in its registry."""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Callable, Iterable, Iterator, Mapping

from ..deploy.graph.object_index import dict_of
from ..fetch.image_names import split
from ..fetch.image_registry import NoDigest
from ..formats.json_object import Json
from ..ksonnet.files import record
from .findings import finding

NOT_FOUND = "image-not-found"
_PARAMETER = re.compile(r"image(_gpu)?|\w+Image")
_PINNED = re.compile(r"(?P<image>[^@\s]+)@(?P<digest>sha256:[0-9a-f]{64})")
_MOST_SHOWN = 5

Layer = Mapping[str, Json]


def resolve(parameters: Mapping[str, Layer], objects: Iterable[Json], recorded: Mapping[str, str], digest: Callable[[str], str]) -> Json:
    """``{known, blockers, warnings}``: the digest of each image that a parameter names by its tag and an object has.

    ``recorded``: digests that need not be asked for (``recorded``); ``digest`` asks a registry, and raises ``NoDigest``.
    """
    text = json.dumps(list(objects), ensure_ascii=False)
    known: dict[str, str] = {}
    missing: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for image, pulled in sorted(set(_images(parameters))):
        if pulled not in text:
            continue
        try:
            known[image] = recorded.get(image) or digest(pulled)
        except NoDigest as error:
            (missing if error.kind == "not found" else unknown)[image] = str(error)
    return {"known": known, "blockers": _not_found(missing), "warnings": _unknown(unknown)}


def recorded(files: Mapping[str, str]) -> dict[str, str]:
    """Image to digest, of the images that the existing application has by both."""
    values = dict_of(record.read(files).get("values"))
    pinned = (_PINNED.fullmatch(str(dict_of(each).get("value"))) for layer in values.values() for each in dict_of(layer).values())
    return {match["image"]: match["digest"] for match in pinned if match}


def pin(parameters: Mapping[str, dict[str, Json]], known: Mapping[str, str]) -> None:
    """Write the digests into the values of an application's components."""
    for layer in parameters.values():
        for name, each in layer.items():
            digest = known.get(each["value"]) if isinstance(each["value"], str) and _PARAMETER.fullmatch(name) else None
            if digest:
                own = each["source"] == "default"
                reason = "The package's own image" if own else each["reason"].rstrip(".")
                reason = f"{reason}, by the digest that its tag had in the registry (kubeflow_image_digests)."
                layer[name] = {**each, "value": f"{each['value']}@{digest}", "source": "step" if own else each["source"], "reason": reason}


def _images(parameters: Mapping[str, Layer]) -> Iterator[tuple[str, str]]:
    """The images without a digest: as the parameter names it, and as it is pulled."""
    for layer in parameters.values():
        mirror = dict_of(layer.get("imageRegistry")).get("value")
        for name, each in layer.items():
            image = each["value"]
            if _PARAMETER.fullmatch(name) and isinstance(image, str) and image not in ("", "null") and "@" not in image:
                yield from ((image, pulled) for pulled in _mirrored(image, mirror))


def _mirrored(image: str, mirror: t.Any) -> list[str]:
    """As the packages take it from a mirror, if there is one: Docker Hub's own images with or without ``library/``."""
    if not mirror or mirror == "null":
        return [image]
    _host, path = split(image)
    paths = [path, *([f"library/{image}"] if "/" not in image else [])]
    return [f"{str(mirror).strip('/')}/{each}" for each in paths]


def _not_found(missing: Mapping[str, str]) -> list[Json]:
    if not missing:
        return []
    reason = f"No pod could start: {_listed(missing)}."
    return [finding(NOT_FOUND, reason, "Correct the image (kubeflow_parameters), or copy it to your registry (imageRegistry).")]


def _unknown(unknown: Mapping[str, str]) -> list[Json]:
    if not unknown:
        return []
    reason = f"These images stay without a digest: {_listed(unknown)}."
    fix = "Name them with their digests (kubeflow_parameters: NAME:TAG@sha256:...), or run again where their registries can be reached."
    return [finding("image-digest-unknown", reason, fix)]


def _listed(images: Mapping[str, str]) -> str:
    shown = [f"{image} ({why})" for image, why in sorted(images.items())[:_MOST_SHOWN]]
    return "; ".join([*shown, *([f"and {len(images) - _MOST_SHOWN} more"] if len(images) > _MOST_SHOWN else [])])
