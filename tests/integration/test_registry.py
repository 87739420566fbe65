# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every object that the embedded registry can yield is one that the API server takes, with no field that it does not know and no warning.

Server-side dry runs, with strict validation; the prototypes' own definitions are really there, those of others as stand-ins, and so are
the namespaces, which warn of whatever their level of the Pod Security Standards would refuse.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.discovery import served
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import Resources, key_of, placed
from ansible_collections.kubeflow.bootstrap.tests.unit.registry import validation
from ansible_collections.kubeflow.bootstrap.tests.unit.registry.validation import CHOICES, NAMESPACE, Case

Json = dict[str, t.Any]
MANAGER = "validation"
CASES = validation.cases()
_POD_SECURITY = "pod-security.kubernetes.io"


def _definition(stand_in: Json) -> Json:
    """A definition that takes anything, for a kind that others define."""
    group, kind, plural = stand_in["group"], stand_in["kind"], stand_in["plural"]
    anything = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    names = stand_in.get("versions") or [stand_in["version"]]
    # The API server wants the annotation for groups of Kubernetes.
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}", "annotations": {"api-approved.kubernetes.io": "unapproved, a stand-in"}},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"},
            "scope": stand_in.get("scope", "Namespaced"),
            "versions": [{"name": name, "served": True, "storage": name == names[0], "schema": anything} for name in names],
        },
    }


@dataclass
class Server:
    """An API server that knows the definitions of ``items``."""

    client: Client
    resources: Resources

    def apply(self, item: Json, dry_run: bool) -> None:
        key = key_of(item)
        self.client.apply(self.resources.of(item).path(key.namespace, key.name), item, MANAGER, force=True, dry_run=dry_run)

    def take(self, items: list[Json]) -> dict[str, str]:
        """What the server says against the objects, or warns of; their namespaces are made."""
        messages: dict[str, str] = {}
        items = placed(items, self.resources, NAMESPACE)
        spaces = {key_of(item).namespace for item in items} - {""}
        declared = {item["metadata"]["name"]: item for item in items if item["kind"] == "Namespace"}
        for name in sorted(spaces | declared.keys()):
            self._namespace(name, declared.get(name))
        for item in items:
            self.client.connections.warnings.clear()
            try:
                self.apply(item, dry_run=True)
            except ApiError as error:
                messages[str(key_of(item))] = error.status_message
            accepted = CHOICES["accepted_warnings"].get(item["kind"])
            warnings = [text for text in self.client.connections.warnings if not accepted or accepted not in text.replace("\\", "")]
            if warnings:
                messages[str(key_of(item))] = f"warning: {'; '.join(warnings)}"
        return messages

    def _namespace(self, name: str, declared: Json | None) -> None:
        labels = ((declared or {}).get("metadata") or {}).get("labels") or {}
        level = labels.get(f"{_POD_SECURITY}/enforce", "privileged" if declared else "restricted")
        levels = {f"{_POD_SECURITY}/{mode}": level for mode in ("enforce", "warn")}
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": levels}}, dry_run=False)


@pytest.fixture(scope="module")
def server(cluster: t.Any) -> Iterator[Server]:
    """The API server of a cluster of its own, with all definitions that the registry brings, and the stand-ins."""
    running = cluster("plain", name="registry")
    brought = [
        item for case in CASES for item in render.objects(validation.files(case))["one"] if item["kind"] == "CustomResourceDefinition"
    ]
    definitions = {item["metadata"]["name"]: item for item in [*map(_definition, CHOICES["stand_ins"]), *brought]}
    with running.client() as client:
        server = Server(client, Resources(served(client)))
        for definition in definitions.values():
            server.apply(definition, dry_run=False)

        def established() -> bool:
            kinds = served(client)
            required = [
                (f"{each['spec']['group']}/{version['name']}", each["spec"]["names"]["kind"])
                for each in definitions.values()
                for version in each["spec"]["versions"]
                if version["served"]
            ]
            return all(kind in kinds.get(version, {}) for version, kind in required)

        running.eventually(established, "all definitions are served")
        server.resources = Resources(served(client))
        yield server


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_api_server_takes_every_object(case: Case, server: Server) -> None:
    items = render.objects(validation.files(case))["one"]
    assert server.take(items) == {}


def test_a_wrong_field_and_an_unsafe_pod_are_noticed(server: Server) -> None:
    pod = {"containers": [{"name": "main", "image": "example.com/none:1"}]}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": pod}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    unsafe = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "unsafe"}, "spec": spec}
    wrong = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "wrong"}, "dat": {}}
    messages = server.take([unsafe, wrong])
    assert "PodSecurity" in messages[f"Deployment.apps {NAMESPACE}/unsafe"]
    assert "dat" in messages[f"ConfigMap {NAMESPACE}/wrong"]
