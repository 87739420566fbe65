# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values that look like credentials by the names they have, masked before they are shown. Private to the collection."""

from __future__ import annotations

import typing as t

from ..redaction.redact import MASK, clean
from .scan import is_secret, secret_values

T = t.TypeVar("T")

_MOST = 2**24
_NAMED = ("value", "before", "after", "planned", "default", "from", "to")
"""Fields that hold a value of what their mapping is about, as in the environment of a container and in a plan."""


def masked(data: T, name: str = "") -> T:
    """Plain data of the same shape; ``name``: of the field that holds it."""
    if isinstance(data, str):
        return MASK if is_secret(name, data) else masked_text(data)  # type: ignore[return-value]
    if isinstance(data, dict):
        about = next((data[key] for key in ("name", "parameter") if isinstance(data.get(key), str)), name)
        return {key: masked(value, about if key in _NAMED else str(key)) for key, value in data.items()}  # type: ignore[return-value]
    if isinstance(data, (list, tuple)):
        return [masked(each, name) for each in data]  # type: ignore[return-value]
    if isinstance(data, (int, float)) and not isinstance(data, bool) and is_secret(name, str(data)):
        return MASK  # type: ignore[return-value]
    return data


def masked_text(text: str) -> str:
    """A text, such as a file of YAML, JSON or Jsonnet, with the values of such fields in it masked."""
    for start, end in reversed(secret_values(text)):
        text = text[:start] + MASK + text[end:]
    return clean(text, _MOST)


def is_credential(name: str, value: t.Any) -> bool:
    """Whether a value of this name is, or holds, what looks like a credential."""
    return str(masked(value, name)).count(MASK) > str(value).count(MASK)


def without_masked(data: T) -> T:
    """What ``masked`` made, without the values that it hid: for a file that others are to take for what it says."""
    if isinstance(data, dict):
        return {key: without_masked(value) for key, value in data.items() if not (isinstance(value, str) and MASK in value)}  # type: ignore[return-value]
    if isinstance(data, list):
        return [without_masked(each) for each in data if not (isinstance(each, str) and MASK in each)]  # type: ignore[return-value]
    return data
