# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which of a set of objects belong together by labels, subjects and rights."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from collections.abc import Iterator, Mapping

from ...data.given import GIVEN
from ...kube.resources import CRD, Key, key_of

Json = dict[str, t.Any]

RBAC = "rbac.authorization.k8s.io"
_ACCOUNTS = "system:serviceaccounts"
_GUARDS = {("", "ResourceQuota"), ("", "LimitRange"), ("networking.k8s.io", "NetworkPolicy")}
_SHORT_LIVED = {"Job", "CronJob"}
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def dict_of(value: object) -> Json:
    """The mapping, or an empty one: what custom resources hold where others hold mappings may be anything."""
    return value if isinstance(value, dict) else {}


def dicts_of(value: object) -> list[Json]:
    """The mappings in a list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def labels_of(item: Json) -> Json:
    """The labels of an object or a pod template."""
    return dict_of(dict_of(item.get("metadata")).get("labels"))


def pod_template(item: Json) -> Json | None:
    """The pod that an object runs (``metadata``, ``spec``), wherever its kind keeps it; ``None`` where it runs none."""
    if item["kind"] == "Pod" and item["apiVersion"] == "v1":
        return item
    spec = dict_of(item.get("spec"))
    if item["kind"] == "CronJob":
        spec = dict_of(dict_of(spec.get("jobTemplate")).get("spec"))
    template = dict_of(spec.get("template"))
    return template if dicts_of(dict_of(template.get("spec")).get("containers")) else None


def ends_claims(item: Json) -> bool:
    """Whether an object is a StatefulSet that has its PVCs deleted when it is deleted itself.

    https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention
    """
    policy = dict_of(dict_of(item.get("spec")).get("persistentVolumeClaimRetentionPolicy"))
    return item["kind"] == "StatefulSet" and policy.get("whenDeleted") == "Delete"


def selects(selector: object, labels: Mapping[str, str]) -> bool:
    """Whether a label selector (``matchLabels``, ``matchExpressions``) matches; an empty one matches all."""
    wanted = dict_of(selector)
    if any(labels.get(name) != value for name, value in dict_of(wanted.get("matchLabels")).items()):
        return False
    return all(_meets(expression, labels) for expression in dicts_of(wanted.get("matchExpressions")))


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
    """Service accounts: one; with no name all of a namespace; with no namespace all."""

    namespace: str = ""
    name: str = ""


def derived(key: Key) -> list[Key]:
    """What a controller makes for an object."""
    names = {"name": key.name, "namespace": key.namespace}
    return [
        Key(each.group, each.kind, each.namespace.format(**names), each.name.format(**names))
        for each in GIVEN.get((key.group, key.kind), ())
    ]


def space_of(key: Key) -> str | None:
    """The namespace that a controller makes for an object, and deletes with it."""
    return next((key_of_derived.name for key_of_derived in derived(key) if key_of_derived.kind == "Namespace"), None)


class Related:
    """A set of objects, and what belongs together among them."""

    def __init__(self, items: t.Iterable[Json]) -> None:
        self.items: dict[Key, Json] = {key_of(item): item for item in items}
        self.definitions: dict[tuple[str, str], Key] = {}
        """The CRD of (group, kind)."""
        self.plurals: dict[tuple[str, str], Key] = {}
        """The CRD of (group, plural)."""
        self.certificates: dict[Key, Key] = {}
        """The Certificate (cert-manager.io) that makes a Secret."""
        self.origins: dict[Key, Key] = {given: key for key in self.items for given in derived(key)}
        """For what a controller makes, the object that it makes it for."""
        self.guards: dict[str, list[Key]] = defaultdict(list)
        """What rules the pods of a namespace."""
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
        """The service accounts among the subjects of a binding, also where they are written as users or groups."""
        found = []
        for subject in dicts_of(binding.get("subjects")):
            kind, name = subject.get("kind"), str(subject.get("name"))
            parts = name.split(":")
            if kind == "ServiceAccount":
                found.append(Subject(subject.get("namespace") or binding["metadata"].get("namespace") or "", name))
            elif kind == "User" and name.startswith("system:serviceaccount:") and len(parts) == 4:
                found.append(Subject(parts[2], parts[3]))
            elif kind == "Group" and (name == _ACCOUNTS or name.startswith(f"{_ACCOUNTS}:")):
                found.append(Subject(parts[2] if len(parts) > 2 else ""))
        return found

    def bindings(self, account: Subject) -> Iterator[Key]:
        """The bindings that give rights to a service account."""
        for subject in (account, Subject(account.namespace), Subject()):
            yield from self._bindings.get(subject, ())

    def aggregated(self, role: Json) -> Iterator[Key]:
        """The cluster roles that the control plane gathers in this one."""
        for selector in dicts_of(dict_of(role.get("aggregationRule")).get("clusterRoleSelectors")):
            yield from (key for key, labels in self._roles if selects(selector, labels) and key.name != role["metadata"]["name"])

    def used_definitions(self, account: Subject) -> list[Key]:
        """The CRDs of the kinds that an account may read: its controller looks for them when it starts."""
        if account not in self._used:
            found: dict[Key, None] = {}
            for binding in self.bindings(account):
                role = dict_of(self.items[binding].get("roleRef"))
                namespace = binding.namespace if role.get("kind") == "Role" else ""
                found.update(dict.fromkeys(self._read_by(Key(RBAC, str(role.get("kind")), namespace, str(role.get("name"))))))
            self._used[account] = list(found)
        return self._used[account]

    def _read_by(self, role: Key) -> list[Key]:
        """The CRDs of what a role may read; ``cluster-admin`` is there in every cluster."""
        if role not in self._defined_by:
            self._defined_by[role] = []  # Roles that gather each other end here.
            item = self.items.get(role, {})
            rules = dicts_of(item.get("rules"))
            if role == (RBAC, "ClusterRole", "", "cluster-admin"):
                rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
            found = dict.fromkeys(key for rule in rules for key in self._read_under(rule))
            for part in self.aggregated(item) if item else ():
                found.update(dict.fromkeys(self._read_by(part)))
            self._defined_by[role] = list(found)
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
        """The storage class that a PVC (its ``spec``) names; where it names none, the default one."""
        name = claim.get("storageClassName")
        return self._default_classes if name is None else [Key("storage.k8s.io", "StorageClass", "", str(name))]

    def services_of(self, namespace: str, labels: Mapping[str, str]) -> Iterator[Key]:
        """The Services that select pods with these labels."""
        for key, selector in self._services.get(namespace, ()):
            if selector and selector.items() <= labels.items():
                yield key

    def servers_of(self, service: Key) -> Iterator[Key]:
        """What runs the pods behind a Service, and the addresses that are written for it by hand."""
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
        """What runs pods whose label ``app.kubernetes.io/name`` or ``app`` is ``name``."""
        for pods in self._pods.values():
            yield from (key for key, labels in pods if name in (labels.get("app.kubernetes.io/name"), labels.get("app")))
