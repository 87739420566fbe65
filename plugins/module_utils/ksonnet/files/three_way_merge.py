# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Merges planned values with existing ones: the user's values win.

A value is the user's where it is neither the planned one nor the one that the last run wrote.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...errors import BootstrapError
from ..jsonnet.syntax import Expression, read_literal, write_literal, write_string


@dataclass
class Merged:
    """``new``: values to set; ``drop``: names to remove; ``written``: values that are ours from now on; ``kept``: the user's values that
    stay, each with ``parameter``, ``value`` and ``planned``."""

    new: dict[str, t.Any] = field(default_factory=dict)
    drop: list[str] = field(default_factory=list)
    written: dict[str, t.Any] = field(default_factory=dict)
    kept: list[dict[str, t.Any]] = field(default_factory=list)


def as_literals(parameters: Mapping[str, t.Any], where: str) -> dict[str, str]:
    """Values of any type as Jsonnet literals; those that are null are left out. Raises BootstrapError that names the field."""
    result = {}
    for name, value in parameters.items():
        try:
            if value is not None:
                result[name] = write_literal(value)
                write_string(name)
        except ValueError as error:
            raise BootstrapError(f"Declaration: {where}.{name}: {error}.", fix="Give another value.") from None
    return result


def literals(planned: Mapping[str, str], current: Mapping[str, t.Any], last: Mapping[str, t.Any]) -> Merged:
    """Parameters: planned as Jsonnet literals; current and last as plain data (or an ``Expression``)."""
    merged = values({name: read_literal(text) for name, text in planned.items()}, current, last)
    merged.new = {name: planned[name] for name in merged.new}
    return merged


def values(planned: Mapping[str, t.Any], current: Mapping[str, t.Any], last: Mapping[str, t.Any]) -> Merged:
    """Values by name, all of them plain data."""
    merged = Merged()
    for name, value in planned.items():
        if name in current and same(current[name], value):
            merged.written[name] = value
        elif name not in current or (name in last and same(current[name], last[name])):
            merged.new[name] = merged.written[name] = value
        else:
            merged.kept.append({"parameter": name, "value": _shown(current[name]), "planned": value})
            if name in last:
                merged.written[name] = last[name]
    for name in last:
        if name not in planned and name in current:
            if same(current[name], last[name]):
                merged.drop.append(name)
            else:
                merged.kept.append({"parameter": name, "value": _shown(current[name]), "planned": None})
    return merged


def same(left: t.Any, right: t.Any) -> bool:
    """Equal as JSON: true is not 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right and isinstance(left, bool) == isinstance(right, bool))


def _shown(value: t.Any) -> t.Any:
    """A value as plain data; an expression as its text."""
    return value.text if isinstance(value, Expression) else value
