# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The data of the guide: the findings, the questions, and what the choices file has in any case."""

from __future__ import annotations

import json
from pathlib import Path

from ..errors import BootstrapError
from ..formats.json_object import Json
from .questions import alerts, questions

SCHEMA = Path(__file__).parents[3] / "docs" / "choices.schema.json"
"""Only where the collection is a folder."""
_COMMAND = "ansible-playbook kubeflow.bootstrap.bootstrap -e @choices.yml"


def schema(file: Path = SCHEMA) -> Json:
    """The JSON Schema of all choices."""
    try:
        result: Json = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        fix = "The guide is made on the controller, from the files of the collection. Run this there."
        raise BootstrapError(f"{file} can't be read: {error.strerror}.", fix=fix) from None
    return result


def document(facts: Json, plan: Json, choices: Json, rules: Json) -> Json:
    """The data of the page. ``choices``: variables that the user has set; ``rules``: the schema of choices."""
    properties = rules["properties"]
    defaults = {name: each.get("default") for name, each in properties.items()}
    chosen = {name: value for name, value in choices.items() if value not in ("", None) and value != defaults.get(name)}
    declared = _declared(plan, rules)
    helps = {name: each.get("description", "") for name, each in declared.items()}
    asked_questions = questions(facts, plan, helps, chosen)
    names = {name for question in asked_questions for option in question["options"] for name in _sets(option)}
    components = {name: [component for component, values in plan["parameters"].items() if name in values] for name in names}
    return {
        "name": plan["application"]["name"],
        "server": plan["cluster"]["server"],
        "context": (facts.get("kubeconfig") or {}).get("context"),
        "findings": _findings(facts),
        "blockers": plan["blockers"],
        "warnings": plan["warnings"],
        "questions": asked_questions,
        "alerts": alerts(),
        "components": {name: owners for name, owners in sorted(components.items()) if owners},
        "choices": chosen,
        "schema": {name: properties[name] for name in sorted(names) if name in properties},
        "command": _COMMAND,
    }


def _sets(option: Json) -> list[str]:
    return [*option["set"], *(name for field in option["fields"] for name in (field["name"], *field.get("on", ())))]


def _declared(plan: Json, rules: Json) -> Json:
    """The declaration of each parameter, by name."""
    prototypes = {name: each["prototype"] for name, each in (plan["application"].get("components") or {}).items()}
    result: Json = {}
    for component in plan["parameters"]:
        prototype = str(prototypes.get(component, component)).rsplit(".", 1)[-1]
        for name, each in rules["$defs"].get(prototype, {}).get("properties", {}).items():
            result.setdefault(name, each)
    return result


def _findings(facts: Json) -> list[Json]:
    """Each finding, and why it matters: ``{what, value, why}``."""
    cluster, cloud = facts.get("cluster") or {}, facts.get("cloud") or {}
    nodes, storage = cluster.get("nodes") or {}, cluster.get("storage") or {}
    rows = [
        (
            "Kubernetes",
            f"{(cluster.get('version') or {}).get('git_version')} ({(cluster.get('distribution') or {}).get('name')})",
            "Objects are written in the API versions that it serves.",
        )
    ]
    where = ", ".join(cloud[key] for key in ("provider", "account", "region") if cloud.get(key))
    if where:
        rows.append(("Cloud", where, "Addresses, names and load balancers come from there."))
    if nodes.get("allocatable"):
        room = f"{nodes['allocatable']['cpu']:g} CPU, {nodes['allocatable']['memory'] / 2**30:.0f} GiB on {nodes.get('usable', 0)} nodes"
        rows.append(("Room for pods", room, "Each notebook takes a share of it. With two nodes or more, access survives the loss of one."))
    gpus = ", ".join(f"{item['count']} {item['resource']}" for item in nodes.get("accelerators") or [])
    if gpus:
        rows.append(("GPUs", gpus, "Notebooks and training can have them."))
    default = storage.get("default")
    rows.append(
        (
            "Volumes",
            f"{default} by default" if default else "no default class",
            "The hub and the notebooks keep their files on volumes."
            + ("" if storage.get("usable") else " Without a class that makes volumes, nothing is kept."),
        )
    )
    installed = ", ".join(dict.fromkeys(item["name"] for item in cluster.get("addons") or []))
    if installed:
        rows.append(("Already installed", installed, "What is there is used, and not installed a second time."))
    return [{"what": what, "value": value, "why": why} for what, value, why in rows]
