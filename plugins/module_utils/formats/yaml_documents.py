# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The YAML files of an application: read and written as ks does it, with errors that name file and line."""

from __future__ import annotations

import codecs
import contextlib
import functools
import re
import typing as t

from ..errors import BootstrapError
from . import bounded_yaml, foreign_json, yaml_v2

try:
    import yaml
except ImportError:
    yaml = None  # type: ignore[assignment]

_NOT_UTF_8 = re.compile("[\ud800-\udfff]")


@functools.cache
def classes() -> tuple[t.Any, t.Any]:
    """A loader and a dumper that agree with yaml.v2."""
    if yaml is None:
        raise BootstrapError("PyYAML is missing, which reads and writes app.yaml.", fix="Install PyYAML where this task runs.")
    return yaml_v2.loader(), yaml_v2.dumper(_order)


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
        yield from bounded_yaml.load_all(_decoded(text, file), loader)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise BootstrapError(f"{file}{line}: not YAML: {error.problem or error.context}.", fix="Fix the file.") from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise BootstrapError(f"{file}: not YAML: {str(error).splitlines()[0]}.", fix="Fix the file.") from None


def _decoded(text: str, file: str) -> str:
    """A text that was read as UTF-8 with ``surrogateescape``, or UTF-16 with its mark, as YAML may be."""
    if text.isascii() or not (escaped := _NOT_UTF_8.search(text)):
        return text
    raw = text.encode("utf-8", "surrogateescape")
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        with contextlib.suppress(UnicodeDecodeError):
            return raw.decode("utf-16")
    line = text.count("\n", 0, escaped.start()) + 1
    raise BootstrapError(f"{file}, line {line}: this is not UTF-8.", fix="Save the file as UTF-8.")


def load_mapping(text: str, file: str) -> dict[str, t.Any]:
    """The first document of a YAML text, which must be a mapping. JSON, which is YAML, is read by the faster parser."""
    document = None
    text = _decoded(text, file)
    if text.startswith("{"):
        with contextlib.suppress(ValueError):
            document = foreign_json.loads(text)
    if document is None:
        document = load(text, file)
    if not isinstance(document, dict):
        raise BootstrapError(f"{file}: a mapping is expected, not {kind(document)}.", fix="Fix the file.")
    return document


def dump(document: dict[str, t.Any], dumper: t.Any = None) -> str:
    """YAML text as ks writes it: keys sorted, two spaces, strings quoted where another type would be read."""
    text: str = yaml.dump(document, Dumper=dumper or classes()[1], sort_keys=False, allow_unicode=True, default_flow_style=False, width=80)
    return text


def kind(value: t.Any) -> str:
    """The kind of a value in the terms of YAML, for messages."""
    names = ((bool, "a boolean"), (str, "text"), ((int, float), "a number"), ((list, tuple), "a list"), (dict, "a mapping"))
    for type_, name in names:
        if isinstance(value, type_):
            return name
    return "nothing" if value is None else type(value).__name__
