# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What counts as an answer of a Kubernetes API server.

Between here and the API server there may be gateways with sign-in pages, captive portals, and proxies that cut a body off. An answer
counts only with a status of success for its method, as JSON, whole, and of the requested shape; anything else is neither an empty list
nor an object that was not found.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import threading
import typing as t
from collections.abc import Callable
from urllib.parse import urlsplit

from ..formats.json_object import Json
from ..process import limits
from .object_shapes import ANSWERED, BUILT_IN, misfits

Read = Callable[[bytes], Json]
"""Decodes a body, or raises ``Unacceptable``."""
SUCCESS: dict[str, tuple[int, ...]] = {
    "GET": (200,),
    "POST": (200, 201, 202),
    "PUT": (200, 201),
    "PATCH": (200, 201),
    "DELETE": (200, 202),
}
"""https://kubernetes.io/docs/reference/using-api/api-concepts/, and the responses that the OpenAPI document names."""
# Types of the fields of ObjectMeta and ListMeta (meta/v1), as far as they are used.
_METADATA: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("name", "generateName", "namespace", "uid", "resourceVersion"), str),
    **dict.fromkeys(("creationTimestamp", "deletionTimestamp", "continue"), str),
    **dict.fromkeys(("labels", "annotations"), dict),
    **dict.fromkeys(("ownerReferences", "managedFields", "finalizers"), list),
    "generation": int,
}
_ENTRIES = {
    "ownerReferences": [dict.fromkeys(("apiVersion", "kind", "name", "uid"), str)],
    "managedFields": [{**dict.fromkeys(("manager", "operation", "subresource"), str), "fieldsV1": {}}],
    "finalizers": [str],
}
_TEXT_VALUES = ("labels", "annotations")
_DISCOVERY = ("APIGroupDiscoveryList", "APIGroupList", "APIVersions")
_LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
MOST_MEMORY = 640 * 2**20
"""Bytes for one answer as data: 500 large objects take a tenth."""
LARGE = 16 * 2**20
"""Bytes from which the memory that is left is checked first."""
_ONE_LARGE = threading.Lock()
_CHARSET = re.compile(r"\bcharset\s*=\s*\"?([^\s\";]+)")
_LONGEST_TEXT = 500


class Headers(t.Protocol):
    """Of an answer; names in any case."""

    def get(self, name: str, /) -> str | None: ...


class Unacceptable(Exception):
    """Why an answer is none of a Kubernetes API server, in words that follow a colon."""


def not_a_number(_text: str) -> t.NoReturn:
    """Refuse the numbers that Python's JSON accepts beyond the standard."""
    raise ValueError("it holds a number that JSON does not have")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else not_a_number(text)


_DECODER = json.JSONDecoder(parse_constant=not_a_number, parse_float=_finite)


def check_status(method: str, code: int, headers: Headers) -> None:
    """Raises ``Unacceptable`` unless a status below 400 is one of success for the method."""
    if code in SUCCESS.get(method, ()):
        return
    location = headers.get("Location")
    raise Unacceptable(f"HTTP {code}{f' to {_shown(location)}' if location else ''}")


def check_type(headers: Headers, accept: str) -> None:
    """Raises ``Unacceptable`` unless the content is JSON in UTF-8, or of another accepted type."""
    kind, charset = _media_type(headers)
    if not kind:
        raise Unacceptable("an answer without a content type")
    if kind != "application/json" and kind not in {part.split(";")[0].strip() for part in accept.split(",")}:
        raise Unacceptable(f"a page of type {kind[:80]}")
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise Unacceptable(f"{kind} in the character set {charset[:40]}")


def parse(content: bytes) -> Json:
    """A JSON object. Raises ``Unacceptable`` for anything else."""
    need = _memory(content)
    try:
        # Large ones one after the other, so that each check sees the memory of the ones before.
        with _ONE_LARGE if need > LARGE else contextlib.nullcontext():
            if need > MOST_MEMORY or need > LARGE and not limits.room(need):
                raise Unacceptable("JSON that takes too much memory")
            answer = _DECODER.decode(content.decode("utf-8"))
        if _LONE_SURROGATE.search(content):
            json.dumps(answer, ensure_ascii=False).encode()
    except RecursionError:
        raise Unacceptable("JSON that is nested too deep") from None
    except ValueError:
        raise Unacceptable("JSON that is damaged or cut off" if content else "an empty body") from None
    if not isinstance(answer, dict):
        raise Unacceptable(f"JSON of a {type(answer).__name__} instead of an object")
    return answer


def _memory(content: bytes) -> int:
    """The most bytes that parsing takes. A character outside of ASCII makes all of its text four times as long."""
    text = len(content) if content.isascii() else 4 * len(content)
    return 2 * text + 64 * (content.count(b",") + content.count(b"[")) + 184 * content.count(b"{")


def document(*fields: str) -> Read:
    """A JSON object outside of the API (``/version``, the OpenID configuration) with these ``fields`` as text."""

    def read(content: bytes) -> Json:
        answer = parse(content)
        for each in fields:
            _text(answer, each)
        return answer

    return read


DOCUMENTS: dict[str, Read] = {"/version": document("gitVersion")}
"""By path: objects outside of the API."""


def an_object(content: bytes) -> Json:
    """One of Kubernetes itself has fields of its kind's types. Raises ``Unacceptable``."""
    answer = _object(parse(content))
    _check_shape([answer], answer, answer["kind"])
    return answer


def a_list(content: bytes) -> Json:
    """A list whose items have names. Raises ``Unacceptable``."""
    return _list(parse(content))


def a_deletion(content: bytes) -> Json:
    """A Status of success, or the object as it is being deleted. Raises ``Unacceptable``."""
    answer = parse(content)
    if answer.get("kind") != "Status":
        return _object(answer)
    if answer.get("status") != "Success":
        raise Unacceptable("a Status without success")
    return answer


def discovery(content: bytes) -> Json:
    """Aggregated discovery, or the answer of servers without it. Raises ``Unacceptable``."""
    answer = parse(content)
    if answer.get("kind") not in _DISCOVERY:
        raise Unacceptable(f"{_kind(answer)} instead of the served APIs")
    if answer["kind"] == _DISCOVERY[0]:
        for group in _items(answer):
            _check_metadata(group.get("metadata"))
            for version in _members(group, "versions"):
                _text(version, "version")
                for resource in _members(version, "resources"):
                    _text(resource, "resource")
                    if not isinstance(resource.get("verbs"), list):
                        raise Unacceptable("a resource without verbs")
                    if resource.get("scope", "Cluster") not in ("Cluster", "Namespaced"):
                        raise Unacceptable("a resource whose scope is neither Cluster nor Namespaced")
                    if resource.get("responseKind") is not None and not isinstance(resource["responseKind"], dict):
                        raise Unacceptable("a resource whose responseKind is no object")
    return answer


def status(content: bytes, headers: Headers) -> Json | None:
    """The Status object of a refusal, or the text of one; ``None`` for what no API server answers.

    Some refusals of API servers are text, such as that of a path that is not served. They alone write the header ``Audit-Id``.
    """
    media, _charset = _media_type(headers)
    if media == "application/json":
        try:
            answer = parse(content)
        except Unacceptable:
            return None
        if answer.get("kind") == "Status" and isinstance(answer.get("details") or {}, dict):
            return answer
    if media == "text/plain" and headers.get("Audit-Id"):
        return {"message": text(content)}
    return None


def text(content: bytes) -> str:
    """The beginning of a text, in one line."""
    return " ".join(content[:_LONGEST_TEXT].decode("utf-8", "replace").split())


def from_between(code: int, content: bytes, headers: Headers) -> str:
    """The message of a server on the way: its text, or the type of its page."""
    kind, _charset = _media_type(headers)
    return (text(content) if kind == "text/plain" else "") or f"HTTP {code}, {page(headers)}"


def page(headers: Headers) -> str:
    """What a body is, for a message."""
    kind, _charset = _media_type(headers)
    return f"a page of type {kind[:80]}" if kind else "no content type"


def _media_type(headers: Headers) -> tuple[str, str]:
    """Type and character set, in small letters."""
    kind, _semicolon, parameters = (headers.get("Content-Type") or "").lower().partition(";")
    charset = _CHARSET.search(parameters)
    return kind.strip(), charset[1] if charset else "utf-8"


def _object(answer: Json) -> Json:
    if not isinstance(answer.get("kind"), str) or answer["kind"] in ("", "Status") or "items" in answer and answer["kind"].endswith("List"):
        raise Unacceptable(f"{_kind(answer)} instead of an object")
    _check_metadata(answer.get("metadata"))
    return answer


def _list(answer: Json) -> Json:
    if not str(answer.get("kind")).endswith("List") or "items" not in answer:
        raise Unacceptable(f"{_kind(answer)} instead of a list")
    if not isinstance(answer.get("metadata"), dict):
        raise Unacceptable("a list without metadata")
    _check_metadata(answer["metadata"])
    for item in _items(answer):
        _check_metadata(item.get("metadata"))
        if not item["metadata"].get("name"):
            raise Unacceptable("a list with an object that has no name")
    _check_shape(_items(answer), answer, answer["kind"].removesuffix("List"))
    return answer


def _items(answer: Json) -> list[Json]:
    """Go writes an empty list as ``null``."""
    return _members(answer, "items")


def _members(answer: Json, key: str) -> list[Json]:
    members = answer.get(key)
    if members is None:
        return []
    if not isinstance(members, list) or not all(isinstance(each, dict) for each in members):
        raise Unacceptable(f"{key} that is no list of objects")
    return members


def _text(answer: Json, key: str) -> None:
    if not isinstance(answer.get(key), str):
        raise Unacceptable(f"no text {key}")


def _check_metadata(metadata: t.Any) -> None:
    if not isinstance(metadata, dict):
        raise Unacceptable("an object without metadata")
    for key, value in metadata.items():
        expected = _METADATA.get(key)
        if expected and value is not None and not isinstance(value, expected):
            raise Unacceptable(f"metadata.{key} of type {type(value).__name__}")
    for wrong in misfits(metadata, _ENTRIES):
        raise Unacceptable(f"metadata.{wrong.place} that is not {wrong.expected}")
    for key in _TEXT_VALUES:
        if any(not isinstance(value, str) for value in (metadata.get(key) or {}).values()):
            raise Unacceptable(f"metadata.{key} whose values are not text")


def _check_shape(items: list[Json], answer: Json, kind: str) -> None:
    """``answer``: names the API version."""
    group, slash, _version = str(answer.get("apiVersion") or "").partition("/")
    shape = ANSWERED.get(kind) if not slash or group in BUILT_IN else None
    for item in items if shape else ():
        for wrong in misfits(item, shape, null=False):
            raise Unacceptable(f"a {kind} whose {wrong.place} is not {wrong.expected}")


def _kind(answer: Json) -> str:
    kind = answer.get("kind")
    return f"JSON of the kind {kind[:80]}" if isinstance(kind, str) and kind else "JSON without a kind"


def _shown(location: str) -> str:
    """An address without its query, which may hold secrets, and without a login."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return "an address that is none"
    host = parts.netloc.rpartition("@")[2]
    return (f"{parts.scheme}://{host}{parts.path}" if host else parts.path)[:200]
