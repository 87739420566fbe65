# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan as text that can be compared line by line."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Mapping

from ..credential_scan.masking import masked
from ..formats.json_object import Json
from ..ksonnet.files import app_yaml, record


def text(plan: Json) -> str:
    """The values of a plan, one a line, without those that are the package's own."""
    declared = plan["application"]
    return _text(
        declared["record"], plan["namespace"]["value"], {name: entry["prototype"] for name, entry in declared["components"].items()}
    )


def last(current: Mapping[str, str]) -> str:
    """The same for the plan that an application was made from; '' without one."""
    if app_yaml.PATH not in current or not (recorded := record.read(current)):
        return ""
    environment = (app_yaml.read(current).get("environments") or {}).get("default") or {}
    components = record.read_written(current).get("components") or {}
    return _text(
        recorded,
        (environment.get("destination") or {}).get("namespace", ""),
        {name: components.get(name, {}).get("prototype", "") for name in recorded.get("values") or {}},
    )


def _text(recorded: Json, namespace: str, prototypes: Mapping[str, str]) -> str:
    cluster = recorded.get("cluster") or {}
    lines = [
        f"cluster: {cluster.get('server')} ({cluster.get('distribution')} {cluster.get('version')}, UID {cluster.get('uid')})",
        f"namespace: {namespace}",
    ]
    lines += [f"step {name}: {step.get('reason')}" for name, step in sorted((recorded.get("steps") or {}).items())]
    for name, values in sorted((recorded.get("values") or {}).items()):
        prototype = prototypes.get(name, "").removeprefix("io.ksonnet.pkg.")
        lines.append(f"{name}:" if prototype in ("", name) else f"{name} ({prototype}):")
        for parameter, choice in sorted(values.items()):
            lines.append(f"  {parameter} = {shown(masked(choice['value'], parameter))}  ({choice['source']}: {choice['reason']})")
    return "".join(f"{line}\n" for line in lines)


def shown(value: t.Any) -> str:
    """A value in one line."""
    return (
        value if isinstance(value, str) and value.strip() and "\n" not in value else json.dumps(value, ensure_ascii=False, sort_keys=True)
    )


def usage_id(current: Mapping[str, str]) -> str | None:
    """The id for usage reports that an application has."""
    for component in (record.read_written(current).get("components") or {}).values():
        value = (component.get("parameters") or {}).get("usageId")
        if isinstance(value, str) and value not in ("", "null", "unknown_cluster"):
            return value
    return None
