# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules of the plan: data, read and evaluated.

A rule is a mapping. ``id`` names it. It does one of four things: ``sets`` a parameter to ``value``, ``keeps`` a parameter as the
application has it, or at ``value``, where it would be set otherwise now, ``blocks`` the run, or ``warns`` (both are ``true``). It is
evaluated once for each component; ``sets`` and ``keeps`` only for one whose prototype declares the parameter, and with ``for``, a list of
prototypes by their short names (``gateway``), only for components of these. ``when``, if present, must hold. ``value``, ``when`` and
``alternatives`` are JMESPath (https://jmespath.org/specification.html) over the facts (``kubeconfig``, ``cluster``, ``cloud``), the
user's ``choices``, the results of the optional ``steps`` (``steps.dns.parameters``, ``steps.static_ip.record``), the component's values
in the existing application (``before``) and of these, each as ``value`` and ``reason``, those that followed from the cluster
(``planned``), and its ``values``: what the user chose, else what an earlier rule has set, else the
package's own. ``reason`` and ``fix`` are sentences for the user, and ``command`` is one to paste; text in braces in them is
JMESPath too. ``source`` is the origin of a value, ``cluster`` unless set. The result of a step is the default of every component that
declares such a parameter, before any rule; if a rule with the source ``step`` sets it, that rule alone decides, for it knows where the
value fits. A rule that ``sets`` or ``keeps`` a value must not read facts that change by themselves, nor its reason a number of the day
(``volatile_facts.py``). ``functions.py`` has the functions beside those of JMESPath.
"""

from __future__ import annotations

import os
import re
import shlex
import typing as t
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .. import files
from ..errors import BootstrapError, missing_library
from ..formats import bounded_yaml
from ..formats.json_object import Json
from . import functions, parameter_guards, volatile_facts

try:
    import yaml
except ImportError:  # pragma: no cover
    yaml = None  # type: ignore[assignment]


_DOES = ("sets", "keeps", "blocks", "warns")
_FIELDS = {"id", "for", "when", "value", "reason", "fix", "command", "source", "alternatives", *_DOES}
_SOURCES = ("cluster", "cloud", "default", "step")
# `!` binds closer than `.`: !cluster.nodes means (!cluster).nodes, which nobody intends.
_NOT_OF_A_PATH = re.compile(r"!\w+\.")
_EXPRESSION = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Rule:
    """One rule. ``does`` is ``sets``, ``keeps``, ``blocks`` or ``warns``; ``where`` is its file, for messages.

    ``prototypes`` empty means all.
    """

    id: str
    does: str
    parameter: str | None
    prototypes: tuple[str, ...]
    when: str | None
    value: str | None
    reason: str
    fix: str | None
    command: str | None
    source: str
    alternatives: str | None
    where: str

    def concerns(self, prototype: str) -> bool:
        """Whether it is for components of a prototype (its short name)."""
        return not self.prototypes or prototype in self.prototypes

    def applies(self, data: Json) -> bool:
        """Whether the rule's condition holds."""
        return self.when is None or bool(self._search("when", self.when, data))

    def result(self, data: Json) -> t.Any:
        """The value that it sets."""
        return self._search("value", self.value or "null", data)

    def others(self, data: Json) -> list[t.Any]:
        """The values that could be chosen instead."""
        result = self._search("alternatives", self.alternatives, data) if self.alternatives else []
        if not isinstance(result, (list, type(None))):
            raise BootstrapError(f"{self.where}: the rule {self.id}: alternatives: a list is expected.", fix="Correct the rule.")
        return result or []

    def text(self, field: str, data: Json) -> str | None:
        """``reason``, ``fix`` or ``command`` with its expressions filled in."""
        sentence: str | None = getattr(self, field)
        write = _argument if field == "command" else _words
        return _EXPRESSION.sub(lambda match: write(self._search(field, match.group(1), data)), sentence) if sentence else None

    def _search(self, field: str, expression: str, data: Json) -> t.Any:
        try:
            return functions.search(expression, data)
        except functions.ERRORS as error:
            why = str(error).splitlines()[0]
            raise BootstrapError(
                f"{self.where}: the rule {self.id}: {field}: {expression!r} can't be evaluated: {why}", fix="Correct the rule."
            ) from error


def load(paths: Iterable[str]) -> list[Rule]:
    """The rules of files, and of folders of ``.yml`` files, in order. Raises ``BootstrapError`` with file and rule."""
    if yaml is None or not functions.AVAILABLE:
        raise missing_library("To evaluate the rules of the plan", "PyYAML", "jmespath")
    # The parser in C reads the rules in a tenth of the time.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    rules: list[Rule] = []
    for file in [file for path in paths for file in _files(Path(os.path.expanduser(path)))]:
        try:
            document = bounded_yaml.load(files.read_text(file, 10 * files.MIB), loader)
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
    where = f"{where} ({entry['id']})"
    unknown = sorted(map(str, set(entry) - _FIELDS))
    does = [name for name in _DOES if name in entry]
    if unknown or len(does) != 1 or not isinstance(entry.get("reason"), str):
        what = f"unknown field {unknown[0]}" if unknown else "it needs a reason, and one of sets, keeps, blocks and warns"
        raise BootstrapError(f"{where}: {what}.")
    if "value" not in entry if does == ["sets"] else "value" in entry and does != ["keeps"]:
        raise BootstrapError(f"{where}: value belongs to sets, and may stand with keeps.")
    if entry.get("source", "cluster") not in _SOURCES:
        raise BootstrapError(f"{where}: source is one of {', '.join(_SOURCES)}.")
    prototypes = entry.get("for", [])
    if not isinstance(prototypes, list) or not all(isinstance(name, str) for name in prototypes):
        raise BootstrapError(f"{where}: for is a list of prototypes, by their short names.")
    for name in ("when", "value", "alternatives"):
        if _NOT_OF_A_PATH.search(str(entry.get(name))):
            raise BootstrapError(f"{where}: {name}: '!' before a path needs parentheses: !(cluster.nodes.count).")
    _guarded(where, entry)
    fields = ("when", "value", "fix", "command", "alternatives")
    texts = {name: None if entry.get(name) is None else str(entry[name]) for name in fields}
    return Rule(
        id=entry["id"],
        does=does[0],
        parameter=str(entry[does[0]]) if does[0] in ("sets", "keeps") else None,
        prototypes=tuple(prototypes),
        reason=entry["reason"],
        source=entry.get("source", "cluster"),
        where=file,
        **texts,
    )


def _guarded(where: str, entry: Json) -> None:
    """Refuse a rule that would apply because a prototype lacks a parameter, or that depends on volatile facts."""
    texts = {field: str(entry[field]) for field in ("when", "value", "alternatives", "reason", "fix", "command") if entry.get(field)}
    chosen = [texts[field] for field in ("value", "alternatives") if field in texts]
    sentences = [match[1] for field in ("reason", "fix", "command") for match in _EXPRESSION.finditer(texts.get(field, ""))]
    parameter = entry.get("sets") or entry.get("keeps")
    try:
        missing = parameter_guards.unguarded(texts.get("when"), [*chosen, *sentences], declared=parameter)
        passing = volatile_facts.passing([*filter(None, [texts.get("when")]), *chosen], sentences) if parameter else None
    except functions.ERRORS:
        return  # the evaluation reports it, with the field
    if missing:
        raise BootstrapError(
            f"{where}: it also applies to prototypes that have no parameter {missing}, where values.{missing} is null.",
            fix=f"Put a guard before it (values.{missing} && ...), or say what it is then: (values.{missing} || 'null').",
        )
    if passing:
        raise BootstrapError(
            f"{where}: it reads {passing}, which changes by itself: the next run would plan, or record, something else.",
            fix="Read what lasts, such as cluster.nodes.ordinary in place of cluster.nodes.usable and cluster.nodes.free.",
        )


def _words(value: t.Any) -> str:
    if isinstance(value, (list, dict)):
        return ", ".join(map(str, value)) or "none"
    return "nothing" if value is None else str(value)


def _argument(value: t.Any) -> str:
    """As one word of a command that is pasted into a shell."""
    return shlex.quote(_words(value))
