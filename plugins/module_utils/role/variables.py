# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The variables of a role, converted to the types of its argument specs.

``-e name=value`` gives text for everything, a survey of AWX gives ``null`` or an empty text for a question that was not answered, and no
step of a role can change a variable that was given with ``-e``. So the values that tasks use are those that ``convert`` returns.
"""

from __future__ import annotations

import difflib
import re
import typing as t
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ansible.module_utils.common.validation import (
    check_type_bool,
    check_type_dict,
    check_type_float,
    check_type_int,
    check_type_list,
    check_type_str,
)

from ..errors import BootstrapError

try:
    import yaml
except ImportError:
    yaml = None  # type: ignore[assignment]

Spec = Mapping[str, t.Any]
PREFIX = "kubeflow_"
RESULTS = frozenset({"kubeflow_facts", "kubeflow_plan", "kubeflow_secrets", "kubeflow_steps"})
"""Options that stages also set, for those that come after them."""

_KINDS = {"bool": "true or false", "int": "a whole number", "float": "a number", "list": "a list", "dict": "a mapping"}
_TO: dict[str, Callable[[t.Any], t.Any]] = {
    "bool": check_type_bool,
    "int": check_type_int,
    "float": check_type_float,
    "list": check_type_list,
    "dict": check_type_dict,
    "path": check_type_str,  # a home folder is that of the host, which the module knows
    "str": check_type_str,
}


def is_answered(value: object) -> bool:
    """Whether there is a value: a question of a survey that was left blank is ``null`` or an empty text."""
    return not (value is None or (isinstance(value, str) and not value.strip()))


def convert(name: str, spec: Spec, value: t.Any) -> t.Any:
    """The value of a variable, of the type of its option; ``None`` where it was not answered.

    Raises ``BootstrapError`` in one sentence, without the value where the option is a secret."""
    if not is_answered(value):
        return None
    kind = spec.get("type", "str")
    result = _typed(name, kind, value, secret=bool(spec.get("no_log")))
    if kind == "list" and spec.get("elements"):
        result = [_typed(f"{name}[{index}]", spec["elements"], each, secret=bool(spec.get("no_log"))) for index, each in enumerate(result)]
    for each in result if isinstance(result, list) else [result]:
        if spec.get("choices") and each not in spec["choices"]:
            choices = list(map(str, spec["choices"]))
            near = difflib.get_close_matches(str(each), choices, 1)
            hint = f"Did you mean {near[0]}? " if near else ""
            raise BootstrapError(f"{name} is {each!r}.", fix=f"{hint}It is one of {', '.join(choices)}.")
    return result


def _typed(name: str, type_name: str, value: t.Any, *, secret: bool) -> t.Any:
    if type_name == "raw":
        return value
    shown = "" if secret or not isinstance(value, bool | int | float | str) else f" ({str(value)[:60]})"
    if type_name in ("str", "path"):
        if isinstance(value, list | dict):
            kind = "a list" if isinstance(value, list) else "a mapping"
            raise BootstrapError(f"{name} is {kind}, where text is expected.")
        return _TO[type_name](value)
    try:
        if isinstance(value, bool) and type_name in ("int", "float"):
            raise TypeError
        if isinstance(value, str) and type_name in ("list", "dict"):
            return _parsed(type_name, value)
        if isinstance(value, list | dict) and type_name not in ("list", "dict"):
            raise TypeError
        if isinstance(value, dict) and type_name == "list":
            return [value]
        return _TO[type_name](value)
    except (TypeError, ValueError):
        how = {"list": "a,b or [a, b]", "dict": '{"key": "value"}'}.get(type_name)
        fix = f"Give it as {how} ({name}={how!r} in single quotes behind -e, or in a file: -e @file.yml)." if how else None
        raise BootstrapError(f"{name} is not {_KINDS.get(type_name, type_name)}{shown}.", fix=fix) from None


def _parsed(type_name: str, text: str) -> t.Any:
    """A list or a mapping from text: JSON, YAML in one line, ``a,b`` or ``key=value key=value``."""
    text = text.strip()
    if text[0] in "[{" and yaml is not None:
        try:
            result = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError):
            raise ValueError from None
    elif type_name == "list":
        result = [part.strip() for part in text.split(",") if part.strip()]
    else:
        result = check_type_dict(text)
    if not isinstance(result, list if type_name == "list" else dict):
        raise TypeError
    return result


# --- names


def misspelt(names: Iterable[str], known: Iterable[str], options: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Of the variables with our prefix those that nobody knows: slips, each with the option that is meant, and the others.

    Others may be the user's own, such as ``kubeflow_version``: a whole word more or less is no slip. Where an option looks like one, it
    stands beside it, else nothing. ``known``: every name that is used anywhere, and prefixes of names, which end with ``_``."""
    known = set(known)
    stems = tuple(name for name in known if name.endswith("_") and name != PREFIX)
    by_rest = {option.removeprefix(PREFIX): option for option in options}
    near, others = {}, {}
    for name in sorted(set(names)):
        if not name.startswith(PREFIX) or name in known or name.startswith(stems):
            continue
        rest = name.removeprefix(PREFIX)
        matches = difflib.get_close_matches(rest, by_rest, 1, 0.75)
        if matches and _letters(rest, matches[0]) <= max(len(rest) // 4, 1):
            near[name] = by_rest[matches[0]]
        else:
            others[name] = by_rest[matches[0]] if matches else ""
    return near, others


def _letters(one: str, other: str) -> int:
    """How many letters differ."""
    changes = difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    return sum(max(end - start, until - since) for kind, start, end, since, until in changes if kind != "equal")


_NAME = re.compile(rf"\b{PREFIX}\w*")
_OPTION = re.compile(rf"^ {{6}}({PREFIX}\w+):", re.MULTILINE)


def mentioned(collection: Path) -> set[str]:
    """Every variable that the collection's roles and playbooks mention: what is none of these has no effect."""
    files = [*collection.glob("roles/*/*/**/*.yml"), *collection.glob("playbooks/*.yml")]
    return {name for file in files for name in _NAME.findall(file.read_text(encoding="utf-8"))}


def options_of(role: Path) -> set[str]:
    """The variables that the entry points of a role take."""
    return set(_OPTION.findall((role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")))
