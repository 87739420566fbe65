# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Masks values that look like credentials by their names."""

from __future__ import annotations

import typing as t

from ..redaction.redact import MASK, clean
from .scan import is_secret, secret_values

T = t.TypeVar("T")

_MOST = 2**24
_NAMED = ("value", "before", "after", "planned", "default", "from", "to")
"""Fields with the value of the object that their mapping names, as in a container's environment and in a plan."""


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
    """A text (YAML, JSON, Jsonnet) with the values of such fields masked."""
    for start, end in reversed(secret_values(text)):
        text = text[:start] + MASK + text[end:]
    return clean(text, _MOST)


def is_credential(name: str, value: t.Any) -> bool:
    """Whether a value of this name is a likely credential, or holds one."""
    return str(masked(value, name)).count(MASK) > str(value).count(MASK)


def without_masked(data: T) -> T:
    """Masked data without its masked values: for a file that is read as input."""
    if isinstance(data, dict):
        return {key: without_masked(value) for key, value in data.items() if not (isinstance(value, str) and MASK in value)}  # type: ignore[return-value]
    if isinstance(data, list):
        return [without_masked(each) for each in data if not (isinstance(each, str) and MASK in each)]  # type: ignore[return-value]
    return data
