# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The dependencies of an object: what it refers to, and so must be applied before it."""

from __future__ import annotations

import enum
import typing as t
from collections.abc import Iterator

from ...formats.json_object import Json
from ...kube.resources import Key, group_of, key_of
from .object_index import RBAC, Related, Subject, dict_of, dicts_of, pod_template


class Gate(t.NamedTuple):
    """A condition for applying an object, beyond the order of the objects.

    ``kind``: ``definition`` (Established and in discovery), ``endpoints`` (a Service has ready ones), ``ca-bundle`` (filled in),
    ``available`` (an APIService), ``certificate`` (its Secret exists), ``account`` (a ServiceAccount exists) or ``namespace`` (it exists).
    ``key``: the object that is awaited.
    """

    kind: str
    key: Key


class Strength(enum.IntEnum):
    """The order in which needs are left out if objects form a dependency cycle.

    An object that a webhook matches can be admitted before the webhook's configuration exists; the webhook's server can't run without
    what it mounts. So webhooks are left out before references.
    """

    GUARD = 1
    """Better before: quotas, limits and network policies before pods, a Service before the pods behind it."""
    IGNORE = 2
    """A webhook would be called; the API server continues without its answer."""
    FAIL = 3
    """A webhook would be called; without its answer the object is refused."""
    REFERENCE = 4
    """Pods wait or fail without it: what they mount, their account and its rights."""
    SERVER = 5
    """The server of calls of the API server."""
    REQUIRED = 6
    """The API server refuses the object without it."""


class Dependency(t.NamedTuple):
    """One object needs another. ``why``: ends the sentence "it needs <key>, ..."; ``gates``: what to await before it is applied."""

    key: Key
    strength: Strength
    why: str
    gates: tuple[Gate, ...] = ()


def needs_of(item: Json, related: Related) -> Iterator[Dependency]:
    """What an object refers to, whether that is among the objects or not. Webhooks and API services: see ``webhooks``."""
    key = key_of(item)
    if key.namespace:
        namespace = Key("", "Namespace", "", key.namespace)
        yield Dependency(namespace, Strength.REQUIRED, "its namespace")
        yield from _derived(namespace, "namespace", "for which its namespace is created", related)
    definition = related.definitions.get((key.group, key.kind))
    if definition:
        yield Dependency(definition, Strength.REQUIRED, "the CustomResourceDefinition of its kind", (Gate("definition", definition),))
    yield from (Dependency(needed, Strength.REFERENCE, why) for needed, why in _named(item, key, related))
    template = pod_template(item)
    if template:
        yield from _pod_needs(item, key, dict_of(template.get("spec")), related)
        for service in related.services_of(key.namespace, dict_of(dict_of(template.get("metadata")).get("labels"))):
            yield Dependency(service, Strength.GUARD, "which selects its pods")


def _derived(key: Key, gate: str, why: str, related: Related) -> Iterator[Dependency]:
    """The origin of an object that is not among the objects, as a controller creates it; and that controller."""
    origin = related.origins.get(key)
    if origin is None or key in related.items:
        return
    yield Dependency(origin, Strength.REQUIRED, why, (Gate(gate, key),))
    definition = related.definitions.get((origin.group, origin.kind))
    for controller in related.controllers(definition) if definition else ():
        yield Dependency(controller, Strength.SERVER, "which creates that")


def _named(item: Json, key: Key, related: Related) -> Iterator[tuple[Key, str]]:
    """What objects refer to outside of pod templates, by kind. Sources: the API reference of each kind."""
    spec, metadata = dict_of(item.get("spec")), item["metadata"]
    if key.group == RBAC:
        yield from _rbac(item, key, related)
    elif key[:2] == ("", "ServiceAccount"):
        yield from ((Key("", "Secret", key.namespace, name), "with which it pulls images") for name in _names(item.get("imagePullSecrets")))
    elif key[:2] == ("", "Secret"):
        # The token controller deletes a token whose account does not exist.
        account = dict_of(metadata.get("annotations")).get("kubernetes.io/service-account.name") or ""
        yield Key("", "ServiceAccount", key.namespace, account), "whose token it is"
    elif key[:2] == ("", "PersistentVolumeClaim"):
        yield from ((needed, "its storage class") for needed in related.storage_classes(spec))
        yield Key("", "PersistentVolume", "", spec.get("volumeName") or ""), "its volume"
    elif key[:2] == ("apps", "StatefulSet"):
        yield Key("", "Service", key.namespace, spec.get("serviceName") or ""), "which names its pods"
        for claim in dicts_of(spec.get("volumeClaimTemplates")):
            yield from ((needed, "the storage class of its PVCs") for needed in related.storage_classes(dict_of(claim.get("spec"))))
    elif key[:2] == ("networking.k8s.io", "Ingress"):
        yield Key("networking.k8s.io", "IngressClass", "", spec.get("ingressClassName") or ""), "its class"
    elif key[:2] == ("gateway.networking.k8s.io", "Gateway"):
        yield Key("gateway.networking.k8s.io", "GatewayClass", "", spec.get("gatewayClassName") or ""), "its class"
    elif key.group == "admissionregistration.k8s.io":
        yield from _policies(spec, key, related)
    elif key.group == "cert-manager.io":
        yield from _certificates(spec, key, related)


def _rbac(item: Json, key: Key, related: Related) -> Iterator[tuple[Key, str]]:
    role = dict_of(item.get("roleRef"))
    if role:
        yield Key(RBAC, str(role.get("kind")), key.namespace if role.get("kind") == "Role" else "", str(role.get("name"))), "which it binds"
    for subject in related.subjects(item):
        if subject.name:
            yield Key("", "ServiceAccount", subject.namespace, subject.name), "which gets rights by it"
    yield from ((part, "which is part of it") for part in related.aggregated(item))


def _policies(spec: Json, key: Key, related: Related) -> Iterator[tuple[Key, str]]:
    """A policy needs the CRD of its parameters; its binding needs the policy and the parameters."""
    if not key.kind.endswith("Binding"):
        parameters = dict_of(spec.get("paramKind"))
        pair = group_of(str(parameters.get("apiVersion") or "")), str(parameters.get("kind"))
        if pair in related.definitions:
            yield related.definitions[pair], "the kind of its parameters"
        return
    policy = Key(key.group, key.kind.removesuffix("Binding"), "", str(spec.get("policyName")))
    yield policy, "which it binds"
    parameters = dict_of(dict_of(dict_of(related.items.get(policy)).get("spec")).get("paramKind"))
    reference = dict_of(spec.get("paramRef"))
    group = group_of(str(parameters.get("apiVersion") or ""))
    yield Key(group, str(parameters.get("kind")), reference.get("namespace") or "", str(reference.get("name"))), "its parameters"


def _certificates(spec: Json, key: Key, related: Related) -> Iterator[tuple[Key, str]]:
    """A Certificate needs its issuer; an issuer the Secret of its CA (that of a ClusterIssuer is in the namespace cert-manager)."""
    issuer = dict_of(spec.get("issuerRef"))
    if issuer:
        kind = str(issuer.get("kind") or "Issuer")
        namespace = "" if kind == "ClusterIssuer" else key.namespace
        yield Key(str(issuer.get("group") or key.group), kind, namespace, str(issuer.get("name"))), "its issuer"
    authority = dict_of(spec.get("ca")).get("secretName")
    if authority and key.kind.endswith("Issuer"):
        secret = Key("", "Secret", key.namespace or "cert-manager", str(authority))
        yield secret, "its authority"
        certificate = related.certificates.get(secret)
        if certificate:
            yield certificate, "which makes its authority"


def _pod_needs(item: Json, key: Key, pod: Json, related: Related) -> Iterator[Dependency]:
    account = Key("", "ServiceAccount", key.namespace, str(pod.get("serviceAccountName") or pod.get("serviceAccount") or "default"))
    if key[:2] == ("", "Pod"):
        # Admission refuses a pod without its account; a controller creates the default one a moment after the namespace.
        yield Dependency(account, Strength.REQUIRED, "the account that it runs as")
        if account not in related.items:
            namespace = Key("", "Namespace", "", key.namespace)
            yield Dependency(namespace, Strength.REQUIRED, "its namespace", (Gate("account", account),))
    else:
        yield Dependency(account, Strength.REFERENCE, "the account that it runs as")
    yield from _derived(account, "account", "for which its account is created", related)
    for binding in related.bindings(Subject(account.namespace, account.name)):
        yield Dependency(binding, Strength.REFERENCE, "which gives rights to its account")
    for definition in related.used_definitions(Subject(account.namespace, account.name)):
        yield Dependency(definition, Strength.REFERENCE, "a kind that its account works with")
    for guard in related.guards.get(key.namespace, ()):
        yield Dependency(guard, Strength.GUARD, "which rules the pods of its namespace")
    yield Dependency(
        Key("scheduling.k8s.io", "PriorityClass", "", str(pod.get("priorityClassName") or "")), Strength.REQUIRED, "its priority"
    )
    yield Dependency(Key("node.k8s.io", "RuntimeClass", "", str(pod.get("runtimeClassName") or "")), Strength.REQUIRED, "its runtime")
    for kind, name in _mounts(pod):
        yield Dependency(Key("", kind, key.namespace, name), Strength.REFERENCE, "which its pods use")
        certificate = related.certificates.get(Key("", kind, key.namespace, name))
        if certificate:
            yield Dependency(certificate, Strength.REFERENCE, "whose secret its pods use", (Gate("certificate", certificate),))
    for volume in dicts_of(pod.get("volumes")):
        claim = dict_of(dict_of(volume.get("ephemeral")).get("volumeClaimTemplate"))
        for storage in related.storage_classes(dict_of(claim.get("spec"))) if claim else ():
            yield Dependency(storage, Strength.REFERENCE, "the storage class of its PVCs")


def _mounts(pod: Json) -> Iterator[tuple[str, str]]:
    """The kind and name of what pods mount, have in their environment or pull images with."""
    yield from (("Secret", name) for name in _names(pod.get("imagePullSecrets")))
    for volume in dicts_of(pod.get("volumes")):
        for source in [volume, *dicts_of(dict_of(volume.get("projected")).get("sources"))]:
            yield "ConfigMap", _name(source.get("configMap"))
            # Volumes have secretName, projected sources name.
            yield "Secret", str(dict_of(source.get("secret")).get("secretName") or "") or _name(source.get("secret"))
        yield "PersistentVolumeClaim", str(dict_of(volume.get("persistentVolumeClaim")).get("claimName") or "")
    for container in [*dicts_of(pod.get("initContainers")), *dicts_of(pod.get("containers"))]:
        for reference in [*dicts_of(container.get("envFrom")), *(dict_of(env.get("valueFrom")) for env in dicts_of(container.get("env")))]:
            yield "ConfigMap", _name(reference.get("configMapRef")) or _name(reference.get("configMapKeyRef"))
            yield "Secret", _name(reference.get("secretRef")) or _name(reference.get("secretKeyRef"))


def _name(reference: object) -> str:
    return str(dict_of(reference).get("name") or "")


def _names(references: object) -> list[str]:
    return [_name(reference) for reference in dicts_of(references)]
