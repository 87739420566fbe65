# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules of the plan: data, read and evaluated. Private to the collection.

A rule is a mapping. ``id`` names it. It does one of three things: ``sets`` a parameter to ``value``, ``blocks`` the run, or
``warns`` (both say ``true``). ``when``, if there, must hold. ``value``, ``when`` and ``alternatives`` are JMESPath
(https://jmespath.org/specification.html) over the facts (``kubeconfig``, ``cluster``, ``cloud``), the user's ``choices`` and the
``values`` chosen so far. ``reason`` and ``fix`` are sentences for the user; what stands in braces in them is JMESPath too.
``source`` says whom a value comes from, ``cluster`` unless set.
"""

from __future__ import annotations

import os
import re
import typing as t
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import BootstrapError

try:
    import yaml
except ImportError:  # pragma: no cover
    yaml = None  # type: ignore[assignment]
try:
    import jmespath
except ImportError:  # pragma: no cover
    jmespath = None

Json = dict[str, t.Any]

_DOES = ("sets", "blocks", "warns")
_FIELDS = {"id", "when", "value", "reason", "fix", "source", "alternatives", *_DOES}
_SOURCES = ("cluster", "cloud", "default")
# `!` binds closer than `.`: !cluster.nodes means (!cluster).nodes, which is never what was meant.
_NOT_OF_A_PATH = re.compile(r"!\w+\.")
_EXPRESSION = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Rule:
    """One rule. ``does`` is ``sets``, ``blocks`` or ``warns``; ``where`` is its file, for messages."""

    id: str
    does: str
    parameter: str | None
    when: str | None
    value: str | None
    reason: str
    fix: str | None
    source: str
    alternatives: str | None
    where: str

    def applies(self, data: Json) -> bool:
        """Whether the rule's condition holds."""
        return self.when is None or bool(self._search(self.when, data))

    def result(self, data: Json) -> t.Any:
        """The value that it sets."""
        return self._search(self.value or "null", data)

    def others(self, data: Json) -> list[t.Any]:
        """What else could have been chosen."""
        return list(self._search(self.alternatives, data) or []) if self.alternatives else []

    def say(self, sentence: str | None, data: Json) -> str | None:
        """A sentence with its expressions filled in."""
        return _EXPRESSION.sub(lambda match: _words(self._search(match.group(1), data)), sentence) if sentence else None

    def _search(self, expression: str, data: Json) -> t.Any:
        try:
            return jmespath.search(expression, data)
        except jmespath.exceptions.JMESPathError as error:
            why = str(error).splitlines()[0]
            raise BootstrapError(
                f"{self.where}: the rule {self.id}: {expression!r} can't be evaluated: {why}", fix="Correct the rule."
            ) from error


def load(paths: Iterable[str]) -> list[Rule]:
    """The rules of files, and of folders of ``.yml`` files, in order. Raises ``BootstrapError`` with file and rule."""
    if yaml is None or jmespath is None:
        raise BootstrapError(
            "PyYAML and jmespath are needed for the rules of the plan.", fix="Install them for the Python that Ansible uses."
        )
    rules: list[Rule] = []
    for file in [file for path in paths for file in _files(Path(os.path.expanduser(path)))]:
        try:
            document = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
            raise BootstrapError(f"The rules {file} can't be read: {' '.join(str(error).split())}.") from error
        if not isinstance(document, list):
            raise BootstrapError(f"The rules {file} are not a list.")
        rules += [_rule(str(file), index, entry) for index, entry in enumerate(document)]
    return rules


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.glob("*.yml"))
    if not path.exists():
        raise BootstrapError(f"There are no rules at {path}.", fix="Check kubeflow_rules.")
    return [path]


def _rule(file: str, index: int, entry: object) -> Rule:
    where = f"{file}, rule {index + 1}"
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise BootstrapError(f"{where}: it has no id.")
    unknown = sorted(set(entry) - _FIELDS)
    does = [name for name in _DOES if name in entry]
    if unknown or len(does) != 1 or not isinstance(entry.get("reason"), str):
        what = f"unknown field {unknown[0]}" if unknown else "it needs a reason, and one of sets, blocks and warns"
        raise BootstrapError(f"{where} ({entry['id']}): {what}.")
    if (does == ["sets"]) != ("value" in entry):
        raise BootstrapError(f"{where} ({entry['id']}): value belongs to sets, and only there.")
    if entry.get("source", "cluster") not in _SOURCES:
        raise BootstrapError(f"{where} ({entry['id']}): source is one of {', '.join(_SOURCES)}.")
    for name in ("when", "value", "alternatives"):
        if _NOT_OF_A_PATH.search(str(entry.get(name))):
            raise BootstrapError(f"{where} ({entry['id']}): {name}: '!' before a path needs parentheses: !(cluster.nodes.count).")
    texts = {name: None if entry.get(name) is None else str(entry[name]) for name in ("when", "value", "fix", "alternatives")}
    return Rule(
        id=entry["id"],
        does=does[0],
        parameter=str(entry["sets"]) if "sets" in entry else None,
        reason=entry["reason"],
        source=entry.get("source", "cluster"),
        where=file,
        **texts,
    )


def _words(value: t.Any) -> str:
    if isinstance(value, (list, dict)):
        return ", ".join(map(str, value)) or "none"
    return "nothing" if value is None else str(value)
