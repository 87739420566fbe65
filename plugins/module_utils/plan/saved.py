# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan as a file: to be reviewed, changed by hand, and applied later.

It holds what was chosen, not what follows from it: applying it renders the objects again, and checks everything again.
"""

from __future__ import annotations

import functools
import json
import typing as t
from collections.abc import Mapping
from pathlib import Path

from .. import files
from ..errors import BootstrapError
from ..formats import yaml_documents
from ..formats.json_object import Json
from ..ksonnet.files import record
from . import steps
from .values import choice

_VERSION, _KIND = "kubeflow.bootstrap/v1", "Plan"
MOST = 64 * files.MIB
_HEADER = """# A plan of kubeflow.bootstrap. To apply it:
#   ansible-playbook kubeflow.bootstrap.bootstrap -e kubeflow_apply=true -e kubeflow_plan_file=FILE
# Values may be changed here, or added ({value: ...}). They are checked as any other choice. What is not listed is the package's own.
"""
_MAPPINGS = ("cluster", "namespace", "registries", "packages", "components", "choices", "parameters", "checksums")
_FIELDS = {"apiVersion", "kind", "name", "blockers", "warnings", "objects", "steps", *_MAPPINGS}
_SOURCES = ("user", "cluster", "cloud", "step")
_CHOICE = {"value", "source", "reason", "rule", "alternatives", "no_effect"}


def text(plan: Json, choices: Json) -> str:
    """The file of a plan; the same plan gives the same file. ``choices``: what the user chose, for ``check``."""
    declared = plan["application"]
    chosen = {
        component: {name: each for name, each in sorted(values.items()) if each["source"] != "default"}
        for component, values in plan["parameters"].items()
    }
    document = {
        "apiVersion": _VERSION,
        "kind": _KIND,
        "name": declared["name"],
        "cluster": plan["cluster"],
        "namespace": plan["namespace"],
        "components": {name: {"prototype": entry["prototype"]} for name, entry in declared["components"].items()},
        "parameters": chosen,
        "blockers": plan["blockers"],
        "warnings": plan["warnings"],
        "objects": plan["objects"],
        "registries": declared["registries"],
        "packages": declared["packages"],
        "choices": {
            **{key: choices.get(key) for key in ("namespace", "parameters", "ignore")},
            **({"platform": choices["platform"]} if choices.get("platform") else {}),
        },
        **({"steps": steps.to_record(choices["steps"])} if choices.get("steps") else {}),
        # They show which values were changed by hand.
        "checksums": {component: {name: _sum(each["value"]) for name, each in values.items()} for component, values in chosen.items()},
    }
    return _HEADER + yaml_documents.dump(document, _dumper())


@functools.cache
def _dumper() -> t.Any:
    """Writes as ks does, but in the order in which people read a plan."""

    base: t.Any = yaml_documents.classes()[1]

    class Dumper(base):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)

        def ignore_aliases(self, data: t.Any) -> bool:
            return True

    Dumper.add_representer(dict, lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data.items()))
    return Dumper


def read(path: Path) -> Json:
    """The document in a file; values that were changed by hand in it are the user's choices. Raises BootstrapError with file and field."""
    try:
        content = files.read_text(path, MOST)
    except FileNotFoundError:
        raise BootstrapError(
            f"There is no plan {path}.", fix="Make it first (playbooks/plan.yml), or correct kubeflow_plan_file."
        ) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise BootstrapError(f"The plan {path} can't be read: {why}.", fix="Name another file, or correct its rights.") from None
    document = yaml_documents.load_mapping(content, str(path))
    if (document.get("apiVersion"), document.get("kind")) != (_VERSION, _KIND):
        raise BootstrapError(
            f"{path} is not a plan: apiVersion {_VERSION} and kind {_KIND} are expected.", fix="Correct kubeflow_plan_file."
        )
    if unknown := sorted(map(str, document.keys() - _FIELDS)):
        raise BootstrapError(f"The plan {path}: unknown field '{unknown[0]}'.", fix="Correct it, or plan again (playbooks/plan.yml).")
    document.setdefault("steps", {})
    for key in (*_MAPPINGS, "steps"):
        if not isinstance(document.get(key), dict):
            raise _wrong(path, key, "a mapping is expected")
    for key in ("blockers", "warnings"):
        if not isinstance(document.get(key), list):
            raise _wrong(path, key, "a list is expected")
    for key, entry in (("cluster", "uid"), ("namespace", "value")):
        if not isinstance(document[key].get(entry), str):
            raise _wrong(path, f"{key}.{entry}", "text is expected")
    for component in document["parameters"]:
        if component not in document["components"]:
            raise _wrong(path, "parameters", f"there is no component '{component}' among the components")
    document["parameters"] = {
        component: {
            str(name): _choice(path, f"{component}.{name}", each, document["checksums"]) for name, each in _values(path, component, values)
        }
        for component, values in document["parameters"].items()
    }
    return document


def _values(path: Path, component: str, values: t.Any) -> t.Iterable[tuple[str, t.Any]]:
    if not isinstance(values, dict):
        raise _wrong(path, f"parameters.{component}", "a mapping is expected")
    return values.items()


def _choice(path: Path, where: str, each: t.Any, checksums: Mapping[str, t.Any]) -> Json:
    if not isinstance(each, dict) or each.get("value") is None or each.keys() - _CHOICE:
        raise _wrong(path, f"parameters.{where}", "a mapping with value is expected")
    component, _dot, name = where.partition(".")
    recorded = checksums.get(component)
    if not isinstance(recorded, dict) or recorded.get(name) != _sum(each["value"]):
        return choice(each["value"], "user", f"You changed it in {path.name}.")
    if each.get("source") not in _SOURCES or not isinstance(each.get("reason"), str):
        raise _wrong(path, f"parameters.{where}", f"source, one of {', '.join(_SOURCES)}, and reason are expected")
    return {**choice(each["value"], "user", ""), **each, "no_effect": False}


def _wrong(path: Path, field: str, what: str) -> BootstrapError:
    return BootstrapError(f"The plan {path}: {field}: {what}.", fix="Correct it, or plan again (playbooks/plan.yml).")


def check(document: Json, path: Path, cluster: Json, chosen: Json) -> None:
    """Refuse a saved plan for another cluster, one with blockers, and other choices beside it.

    ``cluster``: the facts of the cluster at hand. ``chosen``: what the user chose in this run, by the name of the role's variable.
    """
    planned_for = document["cluster"]
    if planned_for["uid"] != cluster["uid"]:
        raise BootstrapError(
            f"The plan {path} was made for the cluster {planned_for.get('server')} (UID {planned_for['uid']}); "
            f"this is {cluster['server']} (UID {cluster['uid']}).",
            fix="Use the context of that cluster, or plan for this one (playbooks/plan.yml).",
        )
    if document["blockers"]:
        ids = ", ".join(str(item.get("id")) if isinstance(item, dict) else str(item) for item in document["blockers"])
        raise BootstrapError(f"The plan {path} was made with blockers: {ids}.", fix="Fix it, and plan again (playbooks/plan.yml).")
    for variable, value in chosen.items():
        key = variable.removeprefix("kubeflow_")
        saved = document["components"] if key == "components" else document["choices"].get(key)
        if value and value != saved:
            raise BootstrapError(
                f"{variable} is not what the plan {path} was made with.", fix="Leave it out, or plan again (playbooks/plan.yml)."
            )


def check_steps(document: Json, path: Path, current: Mapping[str, Json]) -> steps.Steps:
    """The steps of a saved plan, with the records of this run (``current``), whose values must be the planned ones."""
    planned = steps.recorded(document)
    for name, step in current.items():
        was = planned.get(name) or {"parameters": {}, "components": {}}
        if any(step[key] != was[key] for key in ("parameters", "components")):
            raise BootstrapError(
                f"The plan {path} was made with {'other values of the step ' if name in planned else 'no step '}{name} than this run's.",
                fix="Run the steps first (playbooks/steps.yml), then plan again (playbooks/plan.yml); or leave the step out.",
            )
    return {**planned, **{name: step for name, step in current.items() if name in planned}}


def _sum(value: t.Any) -> str:
    return record.digest(json.dumps(value, sort_keys=True)).removeprefix("sha256:")[:8]
