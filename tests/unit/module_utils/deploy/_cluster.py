# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small API server for tests of whole deployments and removals: it stores objects, lists, applies and deletes them."""

from __future__ import annotations

import copy
import re
import typing as t
from collections.abc import Callable

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.applier import present
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.destroyer import absent
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.outcome import Options, Outcome
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import digest

from tests.unit.conftest import Answer, Request

Json = dict[str, t.Any]
_VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]
_BUILT_IN = {
    "v1": {
        "Namespace": ("namespaces", False),
        **{
            kind: (f"{kind.lower()}s", True)
            for kind in ("ConfigMap", "Secret", "Service", "ServiceAccount", "Pod", "PersistentVolumeClaim")
        },
    },
    "apps/v1": {"Deployment": ("deployments", True), "StatefulSet": ("statefulsets", True)},
    "discovery.k8s.io/v1": {"EndpointSlice": ("endpointslices", True)},
    "coordination.k8s.io/v1": {"Lease": ("leases", True)},
    "apiextensions.k8s.io/v1": {"CustomResourceDefinition": ("customresourcedefinitions", False)},
    "apiregistration.k8s.io/v1": {"APIService": ("apiservices", False)},
    "rbac.authorization.k8s.io/v1": {
        "ClusterRole": ("clusterroles", False),
        "ClusterRoleBinding": ("clusterrolebindings", False),
        "Role": ("roles", True),
        "RoleBinding": ("rolebindings", True),
    },
    "admissionregistration.k8s.io/v1": {
        "ValidatingWebhookConfiguration": ("validatingwebhookconfigurations", False),
        "MutatingWebhookConfiguration": ("mutatingwebhookconfigurations", False),
    },
}
_PATH = re.compile(
    r"/apis?/(?P<version>(?:[^/]+\.[^/]+/|apps/|batch/)?v[^/]+)(?:/namespaces/(?P<space>[^/]+))?/(?P<plural>[a-z]+)(?:/(?P<name>.+))?"
)


def not_found(what: str = "not found") -> Answer:
    return status(404, what, "NotFound")


def status(code: int, message: str, reason: str = "") -> Answer:
    return Answer({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message}, code)


class FakeCluster:
    """``objects``: by (API version, kind, namespace, name). ``down``: API versions that are stale; ``broken``: answers to paths.

    ``aggregated``: further kinds, by API version, as ``_BUILT_IN``. ``warned``, ``said``: what users were told.
    """

    def __init__(self, server: t.Any, client: Client) -> None:
        self.client = client
        self.server = server
        self.objects: dict[tuple[str, str, str, str], Json] = {}
        self.down: set[str] = set()
        self.broken: dict[str, Answer | Callable[[Request], Answer | None]] = {}
        self.aggregated: dict[str, dict[str, tuple[str, bool]]] = {}
        self.warned: list[str] = []
        self.lines: list[str] = []
        self._version = 0
        server.routes = self
        for name in ("default", "kube-system"):
            self.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    # --- what tests do

    def put(self, item: Json) -> Json:
        """An object of somebody else."""
        self._version += 1
        item = copy.deepcopy(item)
        item["metadata"] = {"uid": f"uid-{self._version}", "resourceVersion": str(self._version), **item["metadata"]}
        self.objects[self._id(item)] = item
        return item

    def names(self, kind: str | None = None) -> list[str]:
        """``Kind name`` of all objects but those of the cluster and the run."""
        hidden = {("Namespace", "default"), ("Namespace", "kube-system")}
        matches = [(key[1], key[3]) for key in self.objects if kind in (None, key[1])]
        return sorted(f"{kind} {name}" for kind, name in matches if (kind, name) not in hidden and not name.endswith("-applyset"))

    def deploy(self, *items: Json, application: str = "app", namespace: str = "ml", **options: t.Any) -> Outcome:
        return present(self.client, application, namespace, [("web", item) for item in items], self._options(options))

    def remove(self, application: str = "app", namespace: str = "ml", data: bool = False, **options: t.Any) -> Outcome:
        return absent(self.client, application, namespace, self._options({"timeout": 5.0, **options}), data)

    def record(self, application: str = "app", namespace: str = "ml") -> Json | None:
        return self.objects.get(("v1", "ConfigMap", namespace, f"{application}-applyset"))

    def _options(self, more: Json) -> Options:
        return Options(**{"timeout": 0.0, "progress": self.lines.append, "warn": self.warned.append, **more})

    # --- what the server does

    def get(self, path: str, _default: object) -> t.Any:
        """As ``dict.get`` of the server's routes."""
        broken = self.broken.get(path)
        return (lambda request: self._answer(request, broken)) if callable(broken) else broken or self._answer

    def _id(self, item: Json) -> tuple[str, str, str, str]:
        return item["apiVersion"], item["kind"], item["metadata"].get("namespace") or "", item["metadata"]["name"]

    def _kinds(self) -> dict[str, dict[str, tuple[str, bool]]]:
        matches = {version: dict(kinds) for version, kinds in _BUILT_IN.items()}
        for version, kinds in self.aggregated.items():
            matches.setdefault(version, {}).update(kinds)
        for (_version, kind, _space, _name), item in self.objects.items():
            spec = item.get("spec") or {}
            for version in (spec.get("versions") or []) if kind == "CustomResourceDefinition" else []:
                if version["served"]:
                    names = spec["names"]
                    matches.setdefault(f"{spec['group']}/{version['name']}", {})[names["kind"]] = (
                        names["plural"],
                        spec["scope"] == "Namespaced",
                    )
        return matches

    def _answer(self, request: Request, first: Callable[[Request], Answer | None] | None = None) -> Answer:
        matches = first(request) if first else None
        if matches:
            return matches
        if request.path in ("/api", "/apis"):
            return Answer(self._discovery(request.path == "/api"))
        if request.path.startswith("/apis/authorization.k8s.io/"):
            return Answer({**request.body, "status": {"allowed": True}}, 201)
        parts = _PATH.fullmatch(request.path)
        if not parts:
            return not_found()
        version, space, plural, name = parts["version"], parts["space"] or "", parts["plural"], parts["name"]
        if version in self.down:
            return status(503, "service unavailable")
        kind = next((kind for kind, entry in self._kinds().get(version, {}).items() if entry[0] == plural), None)
        if kind is None:
            return not_found("the server could not find the requested resource")
        if request.method == "GET" and not name:
            return Answer(self._list(request, version, kind, space))
        if request.method == "POST":
            self.put({**request.body, "metadata": {"namespace": space, **request.body["metadata"]}})
            return Answer(self.objects[version, kind, space, request.body["metadata"]["name"]], 201)
        return self._one(request, (version, kind, space, name))

    def _discovery(self, core: bool) -> Json:
        groups: dict[str, list[Json]] = {}
        for version, kinds in self._kinds().items():
            group, _slash, name = version.rpartition("/")
            resources = [
                {
                    "resource": plural,
                    "responseKind": {"group": group, "version": name, "kind": kind},
                    "scope": "Namespaced" if namespaced else "Cluster",
                    "verbs": _VERBS,
                    "singularResource": kind.lower(),
                }
                for kind, (plural, namespaced) in kinds.items()
            ]
            fresh = {"freshness": "Stale"} if version in self.down else {"resources": resources, "freshness": "Current"}
            if core == (not group):
                groups.setdefault(group, []).append({"version": name, **fresh})
        items = [{"metadata": {"name": group} if group else {}, "versions": versions} for group, versions in groups.items()]
        return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}

    def _list(self, request: Request, version: str, kind: str, space: str) -> Json:
        matches = [item for key, item in self.objects.items() if key[:2] == (version, kind) and space in ("", key[2])]
        selector = request.query.get("labelSelector") or ""
        name, _in, values = selector.rstrip(")").partition(" in (")
        pairs = {name: values.split(",")} if values else {}
        pairs |= {} if values else {label.partition("=")[0]: [label.partition("=")[2]] for label in filter(None, selector.split(","))}
        for name, expected in pairs.items():
            labels = [item["metadata"].get("labels") or {} for item in matches]
            matches = [
                item for item, has in zip(matches, labels, strict=True) if name in has and (expected == [""] or has[name] in expected)
            ]
        field = request.query.get("fieldSelector")
        matches = [item for item in matches if not field or field == f"metadata.name={item['metadata']['name']}"]
        partial = "PartialObjectMetadata" in request.headers.get("accept", "")
        return {
            "kind": "PartialObjectMetadataList" if partial else f"{kind}List",
            "apiVersion": "meta.k8s.io/v1" if partial else version,
            "metadata": {"resourceVersion": str(self._version)},
            "items": [_partial(item) if partial else item for item in matches],
        }

    def _one(self, request: Request, key: tuple[str, str, str, str]) -> Answer:
        live = self.objects.get(key)
        dry = "dryRun" in request.query
        if request.method in ("PATCH", "PUT") and isinstance(request.body, dict):
            uid = request.body["metadata"].get("uid")
            if uid and uid != (live or {"metadata": {}})["metadata"].get("uid"):
                return status(409, f"uid mismatch: the provided object specified uid {uid}, and no existing object was found", "Conflict")
        if request.method == "PATCH" and "apply" in request.headers["content-type"]:
            if key[2] and ("v1", "Namespace", "", key[2]) not in self.objects:
                return not_found(f'namespaces "{key[2]}" not found')
            live = self._applied(request.body, live, dry)
        elif live is None:
            return not_found(f'{key[1].lower()}s "{key[3]}" not found')
        elif request.method == "PUT":
            live = self.put(
                {
                    **request.body,
                    "metadata": {**request.body["metadata"], "uid": live["metadata"]["uid"], "resourceVersion": str(self._version + 1)},
                }
            )
        elif request.method == "DELETE":
            return self._deleted(key, live, (request.body or {}).get("preconditions") or {}, dry)
        return Answer(_partial(live) if "PartialObjectMetadata" in request.headers.get("accept", "") else live)

    def _applied(self, body: Json, live: Json | None, dry: bool) -> Json:
        managed = [{"manager": "kubeflow.bootstrap", "operation": "Apply", "fieldsV1": {"f:x": digest(body)}}]
        old = (live or {}).get("metadata") or {}
        metadata = {**old, **body["metadata"], "managedFields": managed}
        if live and {**live, **body, "metadata": metadata} == live:
            return live
        item = {**(live or {}), **body, "metadata": metadata}
        if dry:
            return {**item, "metadata": {"uid": "dry", "resourceVersion": "0", **metadata}}
        item["metadata"].pop("resourceVersion", None)
        return self.put(item)

    def _deleted(self, key: tuple[str, str, str, str], live: Json, conditions: Json, dry: bool) -> Answer:
        for name, value in conditions.items():
            if live["metadata"].get(name) != value:
                return status(409, f"Precondition failed: {name} in precondition: {value}", "Conflict")
        if not dry:
            del self.objects[key]
            if key[1] == "Namespace":
                self.objects = {each: item for each, item in self.objects.items() if each[2] != key[3]}
            if key[1] == "CustomResourceDefinition":
                spec = live["spec"]
                deleted = (spec["group"], spec["names"]["kind"])
                self.objects = {each: item for each, item in self.objects.items() if (each[0].rpartition("/")[0], each[1]) != deleted}
        return Answer({"kind": "Status", "apiVersion": "v1", "status": "Success"})


def _partial(item: Json) -> Json:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"]}
