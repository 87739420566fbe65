# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""YAML as ks 0.10.0 reads and writes it (the Go library yaml.v2 of 2018). Private to the collection."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import typing as t

from .. import bounded_yaml
from ..errors import BootstrapError

try:
    import yaml
except ImportError:
    yaml = None  # type: ignore[assignment]

_TAG = "tag:yaml.org,2002:"
# How yaml.v2 tells the type of a plain scalar: unlike PyYAML it knows y and n, and no dates and no 1:20.
_RESOLVERS = (
    ("bool", r"^(?:y|Y|yes|Yes|YES|on|On|ON|true|True|TRUE|n|N|no|No|NO|off|Off|OFF|false|False|FALSE)$", "yYnNtTfFoO"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?(?:0b[0-1_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$", "-+0123456789"),
    ("float", r"^(?:[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$", "-+0123456789."),
    ("merge", r"^<<$", "<"),
)


@functools.cache
def classes() -> tuple[t.Any, t.Any]:
    """A loader and a dumper that agree with yaml.v2."""
    if yaml is None:
        raise BootstrapError("PyYAML is missing, which reads and writes app.yaml.", fix="Install PyYAML where this task runs.")

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        yaml_implicit_resolvers: t.ClassVar[dict[str, t.Any]] = {}

    class Dumper(yaml.SafeDumper):
        yaml_implicit_resolvers: t.ClassVar[dict[str, t.Any]] = {}  # type: ignore[misc]

        def ignore_aliases(self, data: t.Any) -> bool:
            return True

    def construct_bool(loader: t.Any, node: t.Any) -> bool:
        return loader.construct_scalar(node)[0] in "yYtT" or loader.construct_scalar(node).lower() == "on"

    def represent_str(dumper: t.Any, value: str) -> t.Any:
        plain = dumper.resolve(yaml.ScalarNode, value, (True, False)) == _TAG + "str"
        return dumper.represent_scalar(_TAG + "str", value, style=("|" if "\n" in value else None) if plain else '"')

    def represent_dict(dumper: t.Any, value: dict[str, t.Any]) -> t.Any:
        ordered = {key: value[key] for key in sorted(value, key=functools.cmp_to_key(_order))}
        return dumper.represent_mapping(_TAG + "map", ordered.items())

    for name, pattern, first in _RESOLVERS:
        Loader.add_implicit_resolver(_TAG + name, re.compile(pattern), list(first))
        Dumper.add_implicit_resolver(_TAG + name, re.compile(pattern), list(first))
    Loader.add_constructor(_TAG + "bool", construct_bool)
    Dumper.add_representer(str, represent_str)
    Dumper.add_representer(dict, represent_dict)
    return Loader, Dumper


def _order(left: str, right: str) -> int:
    """The order of keys in yaml.v2: letters after everything else, numbers by their value."""
    for position, (a, b) in enumerate(zip(left, right, strict=False)):
        if a == b:
            continue
        if a.isalpha() or b.isalpha():
            return (-1 if a < b else 1) if a.isalpha() and b.isalpha() else (-1 if b.isalpha() else 1)
        digits = [t.cast("re.Match[str]", re.compile("[0-9]*").match(text, position))[0] for text in (left, right)]
        keys = [(int(number or 0), len(number), char) for number, char in zip(digits, (a, b), strict=True)]
        return -1 if keys[0] < keys[1] else 1
    return len(left) - len(right)


def load(text: str, file: str) -> t.Any:
    """The first document of a YAML text. Errors name ``file`` and the line."""
    return next(load_all(text, file), None)


def load_all(text: str, file: str) -> t.Iterator[t.Any]:
    """The documents of a YAML text, one after the other. Errors name ``file`` and the line."""
    loader, _dumper = classes()
    try:
        yield from bounded_yaml.load_all(text, loader)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise BootstrapError(f"{file}{line}: not YAML: {error.problem or error.context}.", fix="Put the file right.") from None
    except (yaml.YAMLError, ValueError) as error:
        raise BootstrapError(f"{file}: not YAML: {str(error).splitlines()[0]}.", fix="Put the file right.") from None


def load_mapping(text: str, file: str) -> dict[str, t.Any]:
    """The first document of a YAML text, which must be a mapping. JSON is YAML, and read far quicker as such."""
    document = None
    if text.startswith("{"):
        with contextlib.suppress(ValueError):
            document = json.loads(text)
    if document is None:
        document = load(text, file)
    if not isinstance(document, dict):
        raise BootstrapError(f"{file}: a mapping is expected, not {kind(document)}.", fix="Put the file right.")
    return document


def dump(document: dict[str, t.Any], dumper: t.Any = None) -> str:
    """YAML text as ks writes it: keys sorted, two spaces, strings quoted where they would be read as something else."""
    text: str = yaml.dump(document, Dumper=dumper or classes()[1], sort_keys=False, allow_unicode=True, default_flow_style=False, width=80)
    return text


def kind(value: t.Any) -> str:
    """What a value is, in the words of YAML, for messages."""
    names = ((bool, "a boolean"), (str, "text"), ((int, float), "a number"), ((list, tuple), "a list"), (dict, "a mapping"))
    for type_, name in names:
        if isinstance(value, type_):
            return name
    return "nothing" if value is None else type(value).__name__
