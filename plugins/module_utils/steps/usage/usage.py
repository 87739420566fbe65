# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an application would report of its use: the component's own script, with the component's own settings."""

from __future__ import annotations

import json
import tempfile
import types
import typing as t
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from ...errors import BootstrapError
from ...ksonnet.render import render
from ...kube.client import Client

_SCRIPT = Path(__file__).parents[4] / "registry" / "core" / "usage_report.py"
_NAME = "kubeflow-usage"


def settings(files: Mapping[str, str], environment: str) -> dict[str, t.Any]:
    """What the rendered application says of reports: ``on``, ``component``, ``id``, ``url``, ``schedule``, and ``script``, its text."""
    for component, items in render.objects(files, environment).items():
        for item in items:
            data = item.get("data") or {}
            if item.get("kind") == "ConfigMap" and item["metadata"].get("name") == _NAME and "usage-id" in data:
                jobs = [each["spec"]["schedule"] for each in items if each.get("kind") == "CronJob" and each["metadata"]["name"] == _NAME]
                return {
                    "on": True,
                    "component": component,
                    "id": data["usage-id"],
                    "url": data.get("usage-url"),
                    "schedule": jobs[0] if jobs else None,
                    "script": data.get("usage_report.py"),
                }
    return {"on": False, "component": None, "id": None, "url": None, "schedule": None, "script": None}


def body(client: Client, settings: Mapping[str, t.Any]) -> str:
    """The text that the job would send now, byte for byte: its own code makes it, and asks the same API server in our name.

    Only the script that came with this collection is run here; an application with another one is refused.
    """
    if not _SCRIPT.is_file():
        raise BootstrapError(
            "The script of the reports is not here: a module that is sent to another host comes without it.", fix="Run it here."
        )
    if settings["script"] not in (None, _SCRIPT.read_text(encoding="utf-8")):
        raise BootstrapError(
            f"The component {settings['component']} reports with a script that is not the one of this collection, so it is not run here.",
            fix=f"Read it: kubectl get configmap {_NAME} -o yaml; or upgrade the package core in the application.",
        )
    # Neither runpy nor importlib: Ansible's hooks are in the way of the one, and the other leaves a __pycache__ in the registry.
    script = types.ModuleType("usage_report")
    exec(compile(_SCRIPT.read_text(encoding="utf-8"), str(_SCRIPT), "exec"), vars(script))  # pylint: disable=exec-used

    def ask(path: str) -> t.Any:
        address = urlsplit(path)
        if not address.path.startswith("/api"):
            return client.document(address.path)
        return client.get(address.path, **dict(parse_qsl(address.query)))

    with tempfile.TemporaryDirectory(prefix="kubeflow-bootstrap-") as folder:
        (Path(folder) / "usage-id").write_text(str(settings["id"]), encoding="utf-8")
        vars(script).update(ask=ask, CONFIG=Path(folder))
        return json.dumps(script.report())
