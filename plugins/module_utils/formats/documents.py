# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documents that stages hand on, held against the types of their fields."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping

from ..errors import BootstrapError

_KINDS: tuple[tuple[t.Any, str], ...] = (
    (bool, "a boolean"),
    ((int, float), "a number"),
    (str, "text"),
    (list, "a list"),
    (dict, "a mapping"),
)
_OF_TYPE = {"bool": "a boolean", "int": "a number", "float": "a number", "str": "text", "list": "a list", "dict": "a mapping"}


def kind_of(value: object) -> str:
    """What a value of a YAML file is, for messages."""
    return next((word for types, word in _KINDS if isinstance(value, types)), type(value).__name__)


_FIX = "Give it as the module or stage returned it that made it."


def check(option: str, document: object, types: Mapping[str, str], required: Iterable[str] = ()) -> None:
    """Raises ``BootstrapError`` for a ``required`` field that the document lacks, and for one of another type than ``types`` has for it.

    Fields may be null, and others than those in ``types`` may be anything.

    ``types``: by path, such as ``cluster.nodes.count``, and ``storage.classes[]`` for what a list holds; ``""`` is the whole document.
    """
    missing = [name for name in required if isinstance(document, dict) and name not in document]
    if missing:
        raise BootstrapError(f"{option} lacks the field {missing[0]}.", fix=_FIX)
    _check(option, "", document, types)


def _check(where: str, path: str, value: object, types: Mapping[str, str]) -> None:
    if value is None or path not in types:
        return
    kind = _OF_TYPE[types[path]]
    if kind_of(value) != kind:
        raise BootstrapError(f"{where} is {kind_of(value)}, not {kind}.", fix=_FIX)
    if isinstance(value, dict):
        for name, each in value.items():
            _check(f"{where}.{name}", f"{path}.{name}".lstrip("."), each, types)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            _check(f"{where}[{index}]", f"{path}[]", each, types)
