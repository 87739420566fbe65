# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JMESPath for the rules of the plan, with a few more functions.

``quantity(x)``: a quantity of Kubernetes as a number: ``quantity('16Gi')`` is 17179869184; null if it is not one, so that no comparison
holds. ``matches(regex, text)``: whether the whole text matches a regular expression of Python; false if it is not a text.
``named(entries, name)``: the entry of that name, or null.
"""

from __future__ import annotations

import functools
import re
import typing as t

from ..formats.json_object import Json
from ..kube import quantity

try:
    import jmespath
except ImportError:  # pragma: no cover
    jmespath = None

AVAILABLE = jmespath is not None
ERRORS: tuple[type[Exception], ...] = (re.error,) if jmespath is None else (re.error, jmespath.exceptions.JMESPathError)


@functools.cache
def _options() -> t.Any:
    from jmespath import functions

    class Functions(functions.Functions):
        @functions.signature({"types": []})  # type: ignore[untyped-decorator]
        def _func_quantity(self, value: t.Any) -> float | None:
            number = 0.0 if isinstance(value, bool) else quantity.parse(value)
            return number if number or str(value).startswith("0") else None

        @functions.signature({"types": []}, {"types": []})  # type: ignore[untyped-decorator]
        def _func_named(self, entries: t.Any, name: t.Any) -> t.Any:
            return next((each for each in entries or [] if each.get("name") == name), None)

        @functions.signature({"types": ["string"]}, {"types": []})  # type: ignore[untyped-decorator]
        def _func_matches(self, regex: str, text: t.Any) -> bool:
            return isinstance(text, str) and re.fullmatch(regex, text) is not None

    return jmespath.Options(custom_functions=Functions())


@functools.cache
def _compiled(expression: str) -> t.Any:
    # jmespath itself keeps 128, which is less than the rules have.
    return jmespath.compile(expression)


def parsed(expression: str) -> Json:
    """An expression as a tree of nodes, each with ``type``, ``children`` and perhaps ``value``. Raises ``ERRORS``."""
    tree: Json = _compiled(expression).parsed
    return tree


def search(expression: str, data: Json) -> t.Any:
    """The value of an expression. Raises ``ERRORS``."""
    return _compiled(expression).search(data, options=_options())
