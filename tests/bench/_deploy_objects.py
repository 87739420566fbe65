"""What is deployed: 300 mixed objects, or those of the Kubeflow platform; as an application of ours, and as the peers' files."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.modules import ks_app
from ansible_collections.kubeflow.bootstrap.tests.integration import platform

Json = dict[str, t.Any]

NAMESPACES = 10
_DEFINITION_BYTES = [20_000] * 36 + [250_000] * 4
_ANNOTATION_BYTES = 262_144
"""What annotations may hold together. ``kubectl apply`` keeps the whole object in one, with every quote escaped."""
_RULES = [{"apiGroups": [""], "resources": ["pods", "configmaps"], "verbs": ["get", "list", "watch"]}]


def mixed() -> list[Json]:
    """10 namespaces, 40 definitions, 40 service accounts, 90 of RBAC, 50 ConfigMaps, 35 Services and 35 Deployments; 2 MB."""
    items = [_made("v1", "Namespace", f"team-{index}") for index in range(NAMESPACES)]
    items += [_definition(index, size) for index, size in enumerate(_DEFINITION_BYTES)]
    items += [_made("v1", "ServiceAccount", f"account-{index}", index) for index in range(40)]
    for index in range(45):
        rbac, subject = "rbac.authorization.k8s.io", f"account-{index % 40}"
        items.append(_made(f"{rbac}/v1", "Role", f"role-{index}", index, rules=_RULES))
        subjects = [{"kind": "ServiceAccount", "name": subject, "namespace": f"team-{index % 40 % NAMESPACES}"}]
        role = {"apiGroup": rbac, "kind": "Role", "name": f"role-{index}"}
        items.append(_made(f"{rbac}/v1", "RoleBinding", f"role-{index}", index, roleRef=role, subjects=subjects))
    for index in range(50):
        data = {f"key-{number}": f"a value that is some forty characters, {number}" for number in range(20)}
        items.append(_made("v1", "ConfigMap", f"settings-{index}", index, data=data))
    for index in range(35):
        labels = {"app": f"app-{index}"}
        ports = [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]
        items.append(_made("v1", "Service", f"app-{index}", index, spec={"selector": labels, "ports": ports}))
    return items + [_deployment(index) for index in range(35)]


def _made(api_version: str, kind: str, name: str, space: int | None = None, **content: object) -> Json:
    metadata: Json = {"name": name} if space is None else {"name": name, "namespace": f"team-{space % NAMESPACES}"}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def _definition(index: int, size: int) -> Json:
    group, kind = f"group{index % 10}.example.com", f"Thing{index}"
    text = "What this field means to the controller that reads it, in a sentence or two. " * 2
    fields = {f"field{number}": {"type": "string", "description": text} for number in range(size // 210)}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}
    names = {"kind": kind, "plural": f"{kind.lower()}s", "singular": kind.lower(), "listKind": f"{kind}List"}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    spec = {"group": group, "scope": "Namespaced", "names": names, "versions": [version]}
    return _made("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{names['plural']}.{group}", spec=spec)


def _deployment(index: int) -> Json:
    labels = {"app": f"app-{index}"}
    container = {
        "name": "main",
        "image": "registry.example/image:v1",
        "ports": [{"containerPort": 8080, "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
        "env": [{"name": f"SETTING_{number}", "value": str(number)} for number in range(10)],
        "volumeMounts": [{"name": "settings", "mountPath": "/settings"}],
    }
    # The account and the settings of the same namespace.
    pod = {
        "serviceAccountName": f"account-{index}",
        "containers": [container],
        "volumes": [{"name": "settings", "configMap": {"name": f"settings-{index}"}}],
    }
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    return _made("apps/v1", "Deployment", f"app-{index}", index, spec=spec)


class Files:
    """The same objects for everybody: ``app`` for us, ``list`` for kubectl, ``lines`` for the bound, ``small`` for client-side apply."""

    def __init__(self, folder: Path, items: list[Json], namespace: str) -> None:
        self.app, self.list, self.lines, self.small = (folder / name for name in ("app", "list.json", "lines.json", "small.json"))
        self._items, self._changes = items, 0
        folder.mkdir(parents=True)
        args = {name: option.get("default") for name, option in ks_app.ARGUMENTS["argument_spec"].items()}
        environments = {"default": {"server": "https://127.0.0.1:1", "namespace": namespace}}
        ks_app.run({**args, "path": str(self.app), "declaration": {"name": "bench", "environments": environments}}, Context())
        self.write()

    def change(self) -> None:
        """One object becomes another one than it was ever before: its ConfigMap's data."""
        self._changes += 1
        changing = next(item for item in self._items if item["kind"] == "ConfigMap")
        changing["data"]["bench"] = str(self._changes)
        self.write()

    def write(self) -> None:
        """All of the files."""
        for name, text in platform.component_files(self._items).items():
            (self.app / "components" / name).write_text(text, encoding="utf-8")
        self.lines.write_text("\n".join(map(json.dumps, self._items)), encoding="utf-8")
        small = [item for item in self._items if len(json.dumps(json.dumps(item))) < _ANNOTATION_BYTES]
        for path, items in ((self.list, self._items), (self.small, small)):
            path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}), encoding="utf-8")


def sets(folder: Path, kubectl: Path, chosen: set[int]) -> dict[int, Files]:
    """The files of the sets by the number of their objects; the platform's without its webhooks, as nobody answers here."""
    by_count: dict[int, Files] = {}
    if 300 in chosen:
        by_count[300] = Files(folder / "300", mixed(), "team-0")
    if platform.OBJECTS in chosen:
        by_count[platform.OBJECTS] = Files(folder / "683", platform.objects(kubectl, os.environ, webhooks=False), "kubeflow")
    return by_count
