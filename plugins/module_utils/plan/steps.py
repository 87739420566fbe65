# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the optional steps (an address, a host name, a certificate, a login ...) contribute to the application.

A step is ``parameters`` (defaults of every component that declares them), ``components`` to add, ``reason``, a sentence, and ``record``,
what bootstrap.yaml keeps. There it lies under ``steps`` by its name, with the others beside the record's own fields, so that a run without
the step still knows.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from ..credential_scan import scan
from ..data.parameter_renames import present_name
from ..errors import BootstrapError
from ..formats.json_object import Json
from ..ksonnet.files import record
from ..ksonnet.files.declaration import plain
from ..role import provenance

Steps = dict[str, Json]

_FIELDS = {"parameters": dict, "components": dict, "reason": str, "record": dict}
_MARKED = {**_FIELDS, provenance.MARK: dict}
_OWN = ("parameters", "components", "reason")


def gather(
    current_steps: Mapping[str, t.Any], current: Mapping[str, str], uid: str, allow_other_cluster: bool, order: Sequence[str] = ()
) -> tuple[Steps, list[str]]:
    """The steps that count, by name: those of this run, and of the others what the application's record says; and warnings.

    ``given``: the steps of this run (the fact kubeflow_steps). ``current``: the files of the existing application. ``uid``: of the
    cluster. ``order``: names, others come after them. A record that was made for another cluster says nothing of this one. Raises
    BootstrapError.
    """
    before = record.read(current)
    old, warnings = recorded(before), []
    if old and allow_other_cluster and (before.get("cluster") or {}).get("uid") not in (None, uid):
        unused = {name: each for name, each in old.items() if name not in current_steps}
        if unused:
            warnings.append(f"What the steps {', '.join(unused)} made for the other cluster stays there, and is not used here.")
        old = {}
    steps = {**old, **{str(name): _checked(str(name), step) for name, step in current_steps.items()}}
    names = sorted(steps, key=lambda name: (order.index(name) if name in order else len(order), name))
    return {name: steps[name] for name in names if any(steps[name][key] for key in ("parameters", "components", "record"))}, warnings


def recorded(planned: Mapping[str, t.Any]) -> Steps:
    """The steps in the record of an application (``record.read``)."""
    steps = planned.get("steps") or {}
    if not isinstance(steps, dict) or not all(isinstance(each, dict) for each in steps.values()):
        raise BootstrapError(f"{record.PATH}: record: steps: a mapping of mappings is expected.", fix="Take it back from version control.")
    return {
        name: {
            "parameters": each.get("parameters") or {},
            "components": each.get("components") or {},
            "reason": str(each.get("reason") or ""),
            "record": {key: value for key, value in each.items() if key not in _OWN},
        }
        for name, each in steps.items()
    }


def to_record(steps: Mapping[str, Json]) -> Json:
    """The same as the record has it."""
    return {
        name: {**step["record"], "reason": step["reason"], **{key: step[key] for key in ("parameters", "components") if step[key]}}
        for name, step in steps.items()
    }


def with_components(components: Mapping[str, str], steps: Mapping[str, Json]) -> dict[str, str]:
    """Components (name to prototype) with those that steps add, but for prototypes that are among them already."""
    result = dict(components)
    for step in steps.values():
        for name, entry in step["components"].items():
            prototype = str((entry or {}).get("prototype") or name)
            if name not in result and _short(prototype) not in {_short(each) for each in result.values()}:
                result[name] = prototype
    return result


def _short(prototype: str) -> str:
    return present_name(prototype.rsplit(".", maxsplit=1)[-1])


def shown(steps: Mapping[str, Json]) -> Json:
    """``plan.steps``."""
    return {name: {key: step[key] for key in ("reason", "parameters", "record")} for name, step in steps.items()}


def _checked(name: str, step: t.Any) -> Json:
    step = plain(step)
    if (
        not isinstance(step, dict)
        or step.keys() - _MARKED.keys()
        or not all(isinstance(step.get(key, kind()), kind) for key, kind in _MARKED.items())
    ):
        raise BootstrapError(
            f"steps: {name}: a mapping of parameters, components, reason and record is expected.",
            fix="Take what a role of this collection left in the fact kubeflow_steps.",
        )
    fields = {key: step.get(key, kind()) for key, kind in _FIELDS.items()}
    hidden = _secret(fields)
    if hidden:
        raise BootstrapError(
            f"steps: {name}: {hidden} holds what looks like a credential, and would be written into the application.",
            fix="Hand secrets to the deployment (kubeflow_secrets), and name here only the Secret.",
        )
    return fields


def _secret(value: t.Any, where: str = "") -> str | None:
    """The path of the first value that looks like a credential."""
    if isinstance(value, dict):
        return next(filter(None, (_secret(each, f"{where}.{key}".strip(".")) for key, each in value.items())), None)
    if isinstance(value, list):
        return next(filter(None, (_secret(each, where) for each in value)), None)
    if not isinstance(value, str):
        return None
    return where if scan.is_secret(where.rsplit(".", 1)[-1], value) or scan.scan({"": value}) else None
