# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands that users are told to paste: what is put into them is quoted for a shell, wherever the code or a rule makes one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
_COMMAND = re.compile(
    r"\b(?:kubectl|gcloud|az|aws|oc|openssl|ansible-playbook|git (?:-C|add|config|remote|switch)) |\b(?:cd|export) (?=$|[A-Z])"
)
_QUOTES = {"shlex.quote", "shlex.join"}
_QUOTED = {"where", "quoted_namespace"}
"""Parts that are made of quoted ones. Constants need no quotes."""


def _unquoted(node: ast.JoinedStr) -> Iterator[str]:
    """What is put behind the beginning of a command, until its sentence ends."""
    within = False
    for part in node.values:
        if isinstance(part, ast.Constant):
            begins = [match.end() for match in _COMMAND.finditer(str(part.value))]
            ends = [match.start() for match in re.finditer(r"[.;:,)] |#|\.$", str(part.value))]
            within = max(begins, default=-1) > max(ends, default=-1) or within and not (begins or ends)
        elif within and isinstance(part, ast.FormattedValue):
            yield from _of_value(part.value)


def _of_value(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.IfExp):
        yield from _of_value(value.body)
        yield from _of_value(value.orelse)
    elif isinstance(value, ast.JoinedStr):
        for part in value.values:
            if isinstance(part, ast.FormattedValue):
                yield from _of_value(part.value)
    elif not isinstance(value, ast.Constant):
        text = ast.unparse(value)
        if text.partition("(")[0] not in _QUOTES and text not in _QUOTED and not text.isupper():
            yield text


def test_what_code_puts_into_a_command_is_quoted() -> None:
    unquoted = []
    for file in sorted((ROOT / "plugins").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                unquoted += [f"{file.relative_to(ROOT)}:{node.lineno}: {text}" for text in _unquoted(node)]
    assert unquoted == []


def test_what_a_rule_puts_into_a_command_is_quoted() -> None:
    """As it is in the field ``command``; in sentences nothing is."""
    for file in sorted((ROOT / "roles" / "kubeflow" / "files" / "rules").glob("*.yml")):
        for rule in yaml.safe_load(file.read_text(encoding="utf-8")):
            for field in ("reason", "fix"):
                text = str(rule.get(field) or "")
                assert not re.search(rf"(?:{_COMMAND.pattern})[^.;,]*\{{", text), f"{file.name}: {rule['id']}: {text}"
