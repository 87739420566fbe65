# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubernetes objects as text, as `ks show` of 0.10.0 prints them.

JSON is that of Go's encoding/json, YAML that of yaml.v2. Two differences in YAML, where ks changes values: it writes numbers
with the precision of 32 bits (1000000 as 1e+06), and text such as 2018-01-01 without quotes; ours is exact and quotes it.
"""

from __future__ import annotations

import functools
import json
import math
import re
import typing as t
from collections.abc import Iterable, Mapping

from . import yaml_documents
from .json_object import Json

FORMATS = ("yaml", "json")

# Go's encoder also escapes these, for HTML and JavaScript.
_GO = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_GO_ESCAPED = re.compile("[<>&\u2028\u2029]")
# Times and base-60 numbers to other readers of YAML 1.1: quoted (yaml.v2 quotes the second).
_TIME = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
# Numbers to a reader of YAML 1.1, but not to yaml.v2 of 2018.
_NUMBER = r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|\.[0-9_]+|0o[0-7]+)|="
_MASK = "hidden"
_SECRET = ("data", "stringData")


def text(objects: Iterable[Json], format: str = "yaml") -> str:
    """The objects as one text. ``format``: yaml or json; JSON of several objects has a line ``---`` before each, as with ks."""
    printed = list(objects)
    if format == "yaml":
        return "".join("---\n" + yaml_text(item) for item in printed)
    before = "---\n" if len(printed) > 1 else ""
    return "".join(f"{before}{json_text(item)}\n" for item in printed)


def yaml_text(item: Json) -> str:
    """One object as YAML."""
    return yaml_documents.dump(item, _dumper())


@functools.cache
def _dumper() -> t.Any:
    _loader, dumper = yaml_documents.classes()

    class Dumper(dumper):  # type: ignore[misc, valid-type]
        yaml_implicit_resolvers: t.ClassVar[dict[str, t.Any]] = {key: list(value) for key, value in dumper.yaml_implicit_resolvers.items()}

        def analyze_scalar(self, scalar: str) -> t.Any:
            analysis = super().analyze_scalar(scalar)
            if any(char > "\uffff" for char in scalar):
                # To yaml.v2 they are not printable: it escapes them.
                analysis.allow_flow_plain = analysis.allow_block_plain = analysis.allow_single_quoted = analysis.allow_block = False
            return analysis

    Dumper.add_implicit_resolver("tag:yaml.org,2002:timestamp", re.compile(f"^(?:{_TIME})$"), list("-+0123456789"))
    Dumper.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(f"^(?:{_NUMBER})$"), list("-+.0123456789="))
    return Dumper


def json_text(value: t.Any, indent: str = "") -> str:
    """A value as Go's encoder writes it with an indent of two spaces: keys sorted, ``<``, ``>`` and ``&`` escaped."""
    inner = indent + "  "
    if isinstance(value, dict):
        items = [f"{inner}{_json_string(key)}: {json_text(value[key], inner)}" for key in sorted(value)]
        return "{\n" + ",\n".join(items) + f"\n{indent}}}" if items else "{}"
    if isinstance(value, (list, tuple)):
        items = [inner + json_text(item, inner) for item in value]
        return "[\n" + ",\n".join(items) + f"\n{indent}]" if items else "[]"
    if isinstance(value, str):
        return _json_string(value)
    if isinstance(value, float):
        return _json_number(value)
    return json.dumps(value)


def _json_string(value: str) -> str:
    return _GO_ESCAPED.sub(lambda match: _GO[match[0]], json.dumps(value, ensure_ascii=False))


def _json_number(value: float) -> str:
    """A float as Go writes it: with an exponent only from 1e21 on and below 1e-6."""
    if not math.isfinite(value):
        raise ValueError("it is not a finite number")
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value)) if value or math.copysign(1, value) > 0 else "-0"
    mantissa, e, exponent = repr(value).partition("e")
    if e and 1e-6 <= abs(value) < 1:
        return f"{value:.{len(mantissa.partition('.')[2]) - int(exponent)}f}"
    return f"{mantissa}e{exponent[0]}{exponent[1:].lstrip('0')}" if e else mantissa


def masked(item: Json, before: Json | None = None) -> Json:
    """The object with the values of a Secret hidden; those that differ from ``before`` are marked as changed."""
    if item.get("kind") != "Secret":
        return item
    hidden: Json = {}
    for part in _SECRET:
        values, old = item.get(part), (before or {}).get(part)
        if isinstance(values, Mapping):
            known = old if isinstance(old, Mapping) else {}
            hidden[part] = {key: f"{_MASK}, changed" if before and known.get(key) != values[key] else _MASK for key in values}
        elif values is not None:
            hidden[part] = _MASK
    return {**item, **hidden}
