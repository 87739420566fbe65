# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The message of a commit: what changed in the application, and why.

What changed is read off two states of bootstrap.yaml, the file that says why the application is as it is.
"""

from __future__ import annotations

import json
import textwrap
import typing as t
from collections.abc import Mapping

from ...credential_scan.scan import is_secret
from ...formats import yaml_documents
from ...formats.json_object import Json
from ...ksonnet.files import record
from ...redaction.redact import clean

_SUMMARY = 72
_WIDTH = 100
_FILES = 20
_MOST = 100_000


def compose(before: str | None, after: str | None, changed: Mapping[str, str]) -> str:
    """``before``, ``after``: the text of bootstrap.yaml in the last commit and now; ``changed``: as ``Repository.changed``."""
    old, new = _read(before), _read(after)
    components = _components(old, new)
    others = [*_cluster(old, new), *_steps(old, new), *_packages(old, new)]
    parts = [_summary(old, new, components, others, changed)]
    parts += ["\n".join([f"{name}{': ' + what if what else ':'}", *lines]) for name, (what, lines) in components.items()]
    if others:
        parts.append("\n".join(others))
    if not components and not others and changed:
        names = [f"  {code} {path}" for path, code in sorted(changed.items())]
        parts.append("\n".join(names[:_FILES] + ([f"  and {len(names) - _FILES} more"] if len(names) > _FILES else [])))
    return clean("\n\n".join(parts), _MOST) + "\n"


def _read(text: str | None) -> Json:
    """bootstrap.yaml; {} where there is none, or one of another format."""
    try:
        changes = yaml_documents.load_mapping(text, record.PATH) if text else {}
    except Exception:  # the new text was checked when it was written; a committed one may be anything
        return {}
    return changes if isinstance(changes, dict) else {}


def _at(document: Json, *path: str) -> Json:
    for key in path:
        document = document.get(key) or {}
        if not isinstance(document, dict):
            return {}
    return document


def _components(old: Json, new: Json) -> dict[str, tuple[str, list[str]]]:
    """By component that changed: added, removed or '', and a line a parameter."""
    was, now = _at(old, "written", "components"), _at(new, "written", "components")
    changes: dict[str, tuple[str, list[str]]] = {}
    for name in sorted({*was, *now}):
        if name not in now:
            changes[name] = ("removed", [])
            continue
        lines = _values(_at(old, "record", "values", name), _at(new, "record", "values", name))
        lines += _edits(_at(was, name, "parameters"), _at(now, name, "parameters"), _at(new, "record", "values", name))
        if name not in was:
            changes[name] = (f"added ({str(now[name].get('prototype', '')).removeprefix('io.ksonnet.pkg.')})", lines)
        elif lines:
            changes[name] = ("", lines)
    return changes


def _values(was: Json, now: Json) -> list[str]:
    """What was chosen, and why."""
    lines = []
    for parameter in sorted({*was, *now}):
        old, new = _at(was, parameter), _at(now, parameter)
        if old.get("value") == new.get("value") and bool(old) == bool(new):
            continue
        if not new:
            lines.append(f"  {parameter}: {_shown(parameter, old.get('value'))} -> the package's own value")
            continue
        change = f"{_shown(parameter, old['value'])} -> " if old else ""
        lines.append(f"  {parameter}: {change}{_shown(parameter, new.get('value'))}")
        why = f"({new.get('source')}) {new.get('reason')}"
        lines += textwrap.wrap(why, _WIDTH, initial_indent="    ", subsequent_indent="    ")
    return lines


def _edits(was: Json, now: Json, chosen: Json) -> list[str]:
    """Other parameters of a component that was there: another version of its package has other values."""
    return [
        f"  {name}: {_shown(name, was[name])} -> {_shown(name, now[name])}"
        for name in sorted(was.keys() & now.keys() - chosen.keys())
        if was[name] != now[name] and name not in chosen
    ]


def _cluster(old: Json, new: Json) -> list[str]:
    was, now = _at(old, "record", "cluster"), _at(new, "record", "cluster")
    return [
        f"cluster: {name}: {_shown(name, was[name]) + ' -> ' if name in was else ''}{_shown(name, now[name])}"
        for name in sorted(now)
        if was.get(name) != now[name]
    ]


def _steps(old: Json, new: Json) -> list[str]:
    """What the optional steps reserved or found."""
    was, now = _at(old, "record", "steps"), _at(new, "record", "steps")
    lines = [f"{name}: removed" for name in sorted(was.keys() - now.keys())]
    for name in sorted(now):
        before, after = _at(was, name), _at(now, name)
        clauses = [
            f"{key} = {_shown(key, after[key])}" for key in sorted(after) if before.get(key) != after[key] and after[key] is not None
        ]
        lines += textwrap.wrap(f"{name}: {', '.join(clauses)}", _WIDTH, subsequent_indent="  ") if clauses else []
    return lines


def _packages(old: Json, new: Json) -> list[str]:
    was, now = _at(old, "written", "packages"), _at(new, "written", "packages")
    lines = []
    for name in sorted({*was, *now}):
        if was.get(name) != now.get(name):
            what = "added" if name not in was else "removed" if name not in now else "at another version"
            lines.append(f"package {name}: {what}")
    return lines


def _summary(old: Json, new: Json, components: Mapping[str, tuple[str, list[str]]], others: list[str], changed: Mapping[str, str]) -> str:
    """One line, in at most 72 characters."""
    name = _at(new, "written").get("name") or "Kubeflow"
    cluster = _at(new, "record", "cluster")
    added = [each for each, (what, _lines) in components.items() if what.startswith("added")]
    removed = [each for each, (what, _lines) in components.items() if what == "removed"]
    values = [(each, line.strip()) for each, (what, lines) in components.items() if not what for line in lines if line[2:3] != " "]
    if not old and new:
        text = f"{name}: the application for {cluster.get('distribution', 'a cluster')} {cluster.get('version', '')}".rstrip()
    elif len(values) == 1 and not added and not removed:
        text = f"{name}: {values[0][0]}: {values[0][1]}"
    else:
        clauses = [f"{', '.join(added)} added"] if added else []
        clauses += [f"{', '.join(removed)} removed"] if removed else []
        where = sorted({each for each, _line in values})
        clauses += [f"{len(values)} value{'s' if len(values) > 1 else ''} of {', '.join(where)} changed"] if values else []
        if not clauses and others:
            clauses = [others[0] if len(others) == 1 else f"{len(others)} changes: {others[0]}, ..."]
        text = f"{name}: {', '.join(clauses) or _count(changed)}"
    return text if len(text) <= _SUMMARY else text[: _SUMMARY - 3] + "..."


def _count(changed: Mapping[str, str]) -> str:
    return f"{len(changed)} file{'' if len(changed) == 1 else 's'} changed"


def _shown(name: str, value: t.Any) -> str:
    """A value in one line; one that may be a secret is not shown."""
    text = value if isinstance(value, str) and value and "\n" not in value else json.dumps(value, ensure_ascii=False, sort_keys=True)
    if is_secret(name, text):
        return "(not shown)"
    return text if len(text) <= 200 else text[:197] + "..."
