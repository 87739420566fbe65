# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PyYAML with the types of yaml.v2 of 2018, which ks 0.10.0 was built with, and JSON as ghodss/yaml converts it.

Beside PyYAML's: y and n are booleans; there are no dates and no 1:20; 1e3 and ``1.`` are text, 1e+3 is a number, as is 08. Keys are text,
so that 1 and true, or 0 and false, which are equal in Python, are two keys. Unknown tags are ignored.
"""

from __future__ import annotations

import base64
import binascii
import functools
import math
import re
import typing as t
from collections.abc import Callable, Iterator

try:
    import yaml
except ImportError:
    yaml = None  # type: ignore[assignment]

_TAG = "tag:yaml.org,2002:"
_INT = r"[-+]?(?:0[xX][0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)|-?0b[01_]+"
# The exponent has a sign; after a point there are digits. A leading point follows Go's own rules.
_FLOAT = r"(?=[-+0-9])[-+]?[0-9_]*\.?[0-9_]*[0-9][0-9_]*(?:[eE][-+][0-9_]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?"
_SPECIAL = r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
_RESOLVERS = (
    ("bool", r"y|Y|yes|Yes|YES|on|On|ON|true|True|TRUE|n|N|no|No|NO|off|Off|OFF|false|False|FALSE", "yYnNtTfFoO"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", _INT, "-+0123456789"),
    ("float", f"{_FLOAT}|{_SPECIAL}", "-+0123456789."),
    ("merge", r"<<", "<"),
)
# Numbers to other readers of YAML are quoted.
_LATER = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"


@functools.cache
def loader() -> t.Any:
    """The loader: every mapping has text for keys, and every value is one of JSON."""

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        yaml_implicit_resolvers: t.ClassVar[dict[str, t.Any]] = {}

    _add_resolvers(Loader)
    constructors: dict[str | None, t.Any] = {
        "bool": lambda loader, node: node.value[:1] in "yYtT" or node.value.lower() == "on",
        "int": _integer,
        "float": _float,
        "binary": _binary,
        "timestamp": lambda loader, node: node.value,
        "map": _mapping,
        "set": _mapping,
        "omap": Loader.construct_yaml_seq,
        "pairs": Loader.construct_yaml_seq,
    }
    for name, constructor in constructors.items():
        Loader.add_constructor(f"{_TAG}{name}", constructor)
    Loader.add_constructor(None, _untagged)
    return Loader


def dumper(order: Callable[[str, str], int]) -> t.Any:
    """The dumper. ``order``: that of keys."""

    class Dumper(yaml.SafeDumper):
        yaml_implicit_resolvers: t.ClassVar[dict[str, t.Any]] = {}  # type: ignore[misc]

        def ignore_aliases(self, data: t.Any) -> bool:
            return True

    def represent_str(dumper: t.Any, value: str) -> t.Any:
        plain = dumper.resolve(yaml.ScalarNode, value, (True, False)) == f"{_TAG}str"
        return dumper.represent_scalar(f"{_TAG}str", value, style=("|" if "\n" in value else None) if plain else '"')

    def represent_dict(dumper: t.Any, value: dict[str, t.Any]) -> t.Any:
        ordered = {key: value[key] for key in sorted(value, key=functools.cmp_to_key(order))}
        return dumper.represent_mapping(f"{_TAG}map", ordered.items())

    _add_resolvers(Dumper)
    Dumper.add_implicit_resolver(f"{_TAG}float", re.compile(f"^(?:{_LATER})$"), list("-+0123456789."))
    Dumper.add_representer(str, represent_str)
    Dumper.add_representer(dict, represent_dict)
    return Dumper


def _add_resolvers(of: t.Any) -> None:
    for name, pattern, first in _RESOLVERS:
        of.add_implicit_resolver(f"{_TAG}{name}", re.compile(f"^(?:{pattern})$"), list(first))


def _wrong(node: t.Any, problem: str) -> Exception:
    return t.cast("Exception", yaml.constructor.ConstructorError(None, None, problem, node.start_mark))


def _integer(loader: t.Any, node: t.Any) -> int | float:
    text = node.value.replace("_", "").lower()
    digits = text.lstrip("+-")
    base = 16 if digits.startswith("0x") else 2 if digits.startswith("0b") else 8 if digits.startswith("0") and len(digits) > 1 else 10
    try:
        number = int(text, base)
    except ValueError:
        raise _wrong(node, f"{node.value} is no whole number") from None
    return number if -(2**63) <= number < 2**64 else float(number)


def _float(loader: t.Any, node: t.Any) -> float | str:
    text = node.value
    if text.lstrip("+-").lower() in (".inf", ".nan"):
        raise _wrong(node, f"JSON has no number {text}")
    try:
        number = float(text.replace("_", ""))
    except ValueError:
        raise _wrong(node, f"{text} is no number") from None
    return text if math.isinf(number) else int(number) if number.is_integer() and abs(number) < 1e21 else number


def _binary(loader: t.Any, node: t.Any) -> str:
    try:
        return base64.b64decode(re.sub(r"\s", "", node.value), validate=True).decode("utf-8")
    except binascii.Error:
        raise _wrong(node, "!!binary is not Base64") from None
    except UnicodeDecodeError:
        raise _wrong(
            node, "these bytes are no UTF-8, so they can't be text. In a Secret, put the Base64 into data, without !!binary"
        ) from None


def _mapping(loader: t.Any, node: t.Any) -> Iterator[dict[str, t.Any]]:
    result: dict[str, t.Any] = {}
    yield result
    loader.flatten_mapping(node)
    typed: dict[str, type] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        text = _key(key_node, key)
        if typed.setdefault(text, type(key)) is not type(key):
            raise _wrong(key_node, f"two keys are {text!r}: one is text, the other one is not")
        result[text] = loader.construct_object(value_node)


def _key(node: t.Any, key: t.Any) -> str:
    """A key as ghodss/yaml writes it."""
    if isinstance(key, str):
        return key
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, (int, float)):
        return str(int(key)) if float(key).is_integer() and abs(key) < 1e21 else repr(key)
    raise _wrong(node, f"a key of a mapping is text, a number or a boolean, not {'null' if key is None else 'a list or mapping'}")


def _untagged(loader: t.Any, node: t.Any) -> t.Any:
    """A node with an unknown tag is read as without it; a scalar is text."""
    if isinstance(node, yaml.ScalarNode):
        return node.value
    return loader.construct_yaml_seq(node) if isinstance(node, yaml.SequenceNode) else _mapping(loader, node)
