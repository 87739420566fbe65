# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An index of objects by labels, subjects and rights."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from collections.abc import Iterator, Mapping

from ...data.controller_made import CONTROLLER_MADE
from ...formats.json_object import Json
from ...kube.resources import CRD, Key, key_of

RBAC = "rbac.authorization.k8s.io"
_ACCOUNTS = "system:serviceaccounts"
_GUARDS = {("", "ResourceQuota"), ("", "LimitRange"), ("networking.k8s.io", "NetworkPolicy")}
_SHORT_LIVED = {"Job", "CronJob"}
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def dict_of(value: object) -> Json:
    """The mapping, or an empty one: custom resources may have any type in its place."""
    return value if isinstance(value, dict) else {}


def dicts_of(value: object) -> list[Json]:
    """The mappings in a list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def labels_of(item: Json) -> Json:
    """The labels of an object or a pod template."""
    return dict_of(dict_of(item.get("metadata")).get("labels"))


def pod_template(item: Json) -> Json | None:
    """The pod template of an object (``metadata``, ``spec``), wherever its kind has it; ``None`` if it has none."""
    if item["kind"] == "Pod" and item["apiVersion"] == "v1":
        return item
    spec = dict_of(item.get("spec"))
    if item["kind"] == "CronJob":
        spec = dict_of(dict_of(spec.get("jobTemplate")).get("spec"))
    template = dict_of(spec.get("template"))
    return template if dicts_of(dict_of(template.get("spec")).get("containers")) else None


def ends_claims(item: Json) -> bool:
    """Whether an object is a StatefulSet whose PVCs are deleted with it.

    https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention
    """
    policy = dict_of(dict_of(item.get("spec")).get("persistentVolumeClaimRetentionPolicy"))
    return item["kind"] == "StatefulSet" and policy.get("whenDeleted") == "Delete"


def selects(selector: object, labels: Mapping[str, str]) -> bool:
    """Whether a label selector (``matchLabels``, ``matchExpressions``) matches; an empty one matches all."""
    requirements = dict_of(selector)
    if any(labels.get(name) != value for name, value in dict_of(requirements.get("matchLabels")).items()):
        return False
    return all(_meets(expression, labels) for expression in dicts_of(requirements.get("matchExpressions")))


def _meets(expression: Json, labels: Mapping[str, str]) -> bool:
    name, values = str(expression.get("key")), expression.get("values") or []
    match expression.get("operator"):
        case "In":
            return name in labels and labels[name] in values
        case "NotIn":
            return name not in labels or labels[name] not in values
        case "Exists":
            return name in labels
        case _:
            return name not in labels


class Subject(t.NamedTuple):
    """Service accounts: one; without a name all of a namespace; without a namespace all."""

    namespace: str = ""
    name: str = ""


def derived(key: Key) -> list[Key]:
    """The objects that a controller creates for an object."""
    names = {"name": key.name, "namespace": key.namespace}
    return [
        Key(each.group, each.kind, each.namespace.format(**names), each.name.format(**names))
        for each in CONTROLLER_MADE.get((key.group, key.kind), ())
    ]


def space_of(key: Key) -> str | None:
    """The namespace that a controller creates for an object, and deletes with it."""
    return next((key_of_derived.name for key_of_derived in derived(key) if key_of_derived.kind == "Namespace"), None)


class Related:
    """A set of objects with their relations."""

    def __init__(self, items: t.Iterable[Json]) -> None:
        self.items: dict[Key, Json] = {key_of(item): item for item in items}
        self.definitions: dict[tuple[str, str], Key] = {}
        """The CRD of (group, kind)."""
        self.plurals: dict[tuple[str, str], Key] = {}
        """The CRD of (group, plural)."""
        self.certificates: dict[Key, Key] = {}
        """The Certificate (cert-manager.io) of a Secret."""
        self.origins: dict[Key, Key] = {derived_key: key for key in self.items for derived_key in derived(key)}
        """From objects that a controller creates to the object that they are created for."""
        self.guards: dict[str, list[Key]] = defaultdict(list)
        """Quotas, limits and policies for the pods of a namespace."""
        self._services: dict[str, list[tuple[Key, Json]]] = defaultdict(list)
        self._pods: dict[str, list[tuple[Key, Json]]] = defaultdict(list)
        self._bindings: dict[Subject, list[Key]] = defaultdict(list)
        self._default_classes: list[Key] = []
        self._defined_by: dict[Key, list[Key]] = {}
        self._used: dict[Subject, list[Key]] = {}
        self._controllers: dict[Key, list[Key]] = {}
        self._roles = [(key, labels_of(item)) for key, item in self.items.items() if key[:2] == (RBAC, "ClusterRole")]
        for key, item in self.items.items():
            self._sort_in(key, item)

    def _sort_in(self, key: Key, item: Json) -> None:
        spec = dict_of(item.get("spec"))
        if key[:2] == CRD:
            names, group = dict_of(spec.get("names")), str(spec.get("group"))
            self.definitions[group, str(names.get("kind"))] = key
            self.plurals[group, str(names.get("plural"))] = key
        elif key[:2] == ("cert-manager.io", "Certificate"):
            self.certificates[Key("", "Secret", key.namespace, str(spec.get("secretName") or ""))] = key
        elif key[:2] == ("", "Service"):
            self._services[key.namespace].append((key, dict_of(spec.get("selector"))))
        elif key[:2] in _GUARDS:
            self.guards[key.namespace].append(key)
        elif key[:2] == ("storage.k8s.io", "StorageClass"):
            if dict_of(item["metadata"].get("annotations")).get(_DEFAULT_CLASS) == "true":
                self._default_classes.append(key)
        elif key.group == RBAC:
            for subject in self.subjects(item):
                self._bindings[subject].append(key)
        template = pod_template(item)
        if template:
            self._pods[key.namespace].append((key, labels_of(template)))

    def subjects(self, binding: Json) -> list[Subject]:
        """The service accounts among the subjects of a binding, also those that are written as users or groups."""
        accounts = []
        for subject in dicts_of(binding.get("subjects")):
            kind, name = subject.get("kind"), str(subject.get("name"))
            parts = name.split(":")
            if kind == "ServiceAccount":
                accounts.append(Subject(subject.get("namespace") or binding["metadata"].get("namespace") or "", name))
            elif kind == "User" and name.startswith("system:serviceaccount:") and len(parts) == 4:
                accounts.append(Subject(parts[2], parts[3]))
            elif kind == "Group" and (name == _ACCOUNTS or name.startswith(f"{_ACCOUNTS}:")):
                accounts.append(Subject(parts[2] if len(parts) > 2 else ""))
        return accounts

    def bindings(self, account: Subject) -> Iterator[Key]:
        """The bindings that give rights to a service account."""
        for subject in (account, Subject(account.namespace), Subject()):
            yield from self._bindings.get(subject, ())

    def aggregated(self, role: Json) -> Iterator[Key]:
        """The cluster roles that are aggregated into this one."""
        for selector in dicts_of(dict_of(role.get("aggregationRule")).get("clusterRoleSelectors")):
            yield from (key for key, labels in self._roles if selects(selector, labels) and key.name != role["metadata"]["name"])

    def used_definitions(self, account: Subject) -> list[Key]:
        """The CRDs of the kinds that an account may read: its controller needs them when it starts."""
        if account not in self._used:
            crds: dict[Key, None] = {}
            for binding in self.bindings(account):
                role = dict_of(self.items[binding].get("roleRef"))
                namespace = binding.namespace if role.get("kind") == "Role" else ""
                crds.update(dict.fromkeys(self._read_by(Key(RBAC, str(role.get("kind")), namespace, str(role.get("name"))))))
            self._used[account] = list(crds)
        return self._used[account]

    def _read_by(self, role: Key) -> list[Key]:
        """The CRDs of what a role may read; ``cluster-admin`` exists in every cluster."""
        if role not in self._defined_by:
            self._defined_by[role] = []  # Roles that aggregate each other end here.
            item = self.items.get(role, {})
            rules = dicts_of(item.get("rules"))
            if role == (RBAC, "ClusterRole", "", "cluster-admin"):
                rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
            crds = dict.fromkeys(key for rule in rules for key in self._read_under(rule))
            for part in self.aggregated(item) if item else ():
                crds.update(dict.fromkeys(self._read_by(part)))
            self._defined_by[role] = list(crds)
        return self._defined_by[role]

    def _read_under(self, rule: Json) -> Iterator[Key]:
        groups, resources = rule.get("apiGroups") or [], rule.get("resources") or []
        if not {"*", "list", "watch"} & set(rule.get("verbs") or []):
            return
        if "*" not in groups and "*" not in resources:
            pairs = ((group, resource) for group in groups for resource in resources)
            yield from (self.plurals[pair] for pair in pairs if pair in self.plurals)
            return
        for (group, plural), key in self.plurals.items():
            if ("*" in groups or group in groups) and ("*" in resources or plural in resources):
                yield key

    def controllers(self, definition: Key) -> list[Key]:
        """The workloads whose account may read the custom resources of a CRD."""
        if definition not in self._controllers:
            self._controllers[definition] = [
                key
                for pods in self._pods.values()
                for key, _labels in pods
                if definition in self.used_definitions(Subject(key.namespace, self._account(key))) and key.kind not in _SHORT_LIVED
            ]
        return self._controllers[definition]

    def _account(self, workload: Key) -> str:
        pod = dict_of((pod_template(self.items[workload]) or {}).get("spec"))
        return str(pod.get("serviceAccountName") or pod.get("serviceAccount") or "default")

    def storage_classes(self, claim: Json) -> list[Key]:
        """The storage class that a PVC (its ``spec``) names, or the default one."""
        name = claim.get("storageClassName")
        return self._default_classes if name is None else [Key("storage.k8s.io", "StorageClass", "", str(name))]

    def services_of(self, namespace: str, labels: Mapping[str, str]) -> Iterator[Key]:
        """The Services that select pods with these labels."""
        for key, selector in self._services.get(namespace, ()):
            if selector and selector.items() <= labels.items():
                yield key

    def servers_of(self, service: Key) -> Iterator[Key]:
        """The workloads behind a Service, and endpoints that are written by hand."""
        selector = dict_of(dict_of(self.items.get(service, {}).get("spec")).get("selector"))
        if selector:
            for key, labels in self._pods.get(service.namespace, ()):
                if key.kind not in _SHORT_LIVED and selector.items() <= labels.items():
                    yield key
            return
        for key, item in self.items.items():
            by_label = key.kind == "EndpointSlice" and labels_of(item).get("kubernetes.io/service-name") == service.name
            if key.namespace == service.namespace and (by_label or key[1:] == ("Endpoints", *service[2:])):
                yield key

    def injectors(self, name: str) -> Iterator[Key]:
        """The workloads with pods whose label ``app.kubernetes.io/name`` or ``app`` is ``name``."""
        for pods in self._pods.values():
            yield from (key for key, labels in pods if name in (labels.get("app.kubernetes.io/name"), labels.get("app")))
