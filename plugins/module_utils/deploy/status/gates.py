# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Conditions in the cluster that must be true before an object can be applied."""

from __future__ import annotations

import base64
import binascii
import re
import typing as t
from collections.abc import Callable, Collection, Iterator, Mapping

from ...formats.json_object import Json
from ...kube.client import METADATA, ONE_METADATA, ApiError, Client
from ...kube.resources import CRD, DEFINITIONS, Key
from ..graph.object_index import labels_of, pod_template
from ..graph.waves import Gate
from .diagnosis import explain as explanation
from .finalizers import holding
from .readiness import NotReady, conditions, holds, is_paused, one_line

Items = Mapping[Key, Json]
Check = Callable[[Client, list[Key], Items, bool], dict[Key, str]]
"""From the keys of one kind of gates to why each is closed; the last argument: whether to send more requests to explain that."""

_INJECTORS = {
    "cert-manager.io/inject-ca-from": "cert-manager is to write that of the Certificate {}",
    "cert-manager.io/inject-ca-from-secret": "cert-manager is to write that of the Secret {}",
    "cert-manager.io/inject-apiserver-ca": "cert-manager is to write that of the API server",
    "service.beta.openshift.io/inject-cabundle": "OpenShift's service CA operator is to write it",
}
"""Annotations that ask for a CA bundle (https://cert-manager.io/docs/concepts/ca-injector/,
https://docs.openshift.com/container-platform/latest/security/certificates/service-serving-certificate.html)."""
_CERTIFICATES = "cert-manager.io/v1"
_SPECIAL, _ESCAPED = re.compile(r"([,=\\])"), r"\\\1"
_NOT_FOUND = "not found"


def closed(client: Client, gates: Collection[Gate], items: Items, explain: bool = True) -> dict[Gate, str]:
    """The gates that are not open yet, each with the reason; one request a kind and namespace, and more with ``explain``.

    ``items``: objects as they were applied; a gate may be about another one.
    What the user may not read counts as open. With ``explain``, raises ``NotReady`` for a gate that will never open.
    """
    reasons: dict[Gate, str] = {}
    for kind, check in _CHECKS.items():
        by_key = {gate.key: gate for gate in gates if gate.kind == kind}
        if by_key:
            try:
                reasons |= {by_key[key]: why for key, why in check(client, sorted(by_key), items, explain).items()}
            except ApiError as error:
                if error.code >= 500:
                    reasons |= dict.fromkeys(by_key.values(), f"it can't be read: {error.status_message}")
                elif error.code != 403:
                    raise
    return reasons


def described(gate: Gate) -> str:
    """What is awaited, in words."""
    return _WORDS[gate.kind].format(gate.key)


def unserved(client: Client, definitions: list[Key], items: Items, explain: bool) -> dict[Key, str]:
    """The CRDs that are not served yet in all their versions. One request; with ``explain``, one a CRD."""
    groups = client.discovery("/apis").get("items") or []
    served = {
        (f"{group['metadata']['name']}/{version['version']}", (resource.get("responseKind") or {}).get("kind"), resource.get("resource"))
        for group in groups
        for version in group.get("versions") or []
        if version.get("freshness") != "Stale"
        for resource in version.get("resources") or []
    }
    reasons = {}
    for key in definitions:
        live = None if key in items else client.find(_definition(key))
        if key not in items and live is None:
            reasons[key] = _NOT_FOUND
            continue
        lacking = [each[0] for each in _declared(items.get(key) or live or {}) if each not in served]
        if lacking:
            reasons[key] = (
                _unserved(client, key, live or client.find(_definition(key))) if explain else f"{', '.join(lacking)} is not served"
            )
    return reasons


def _declared(crd: Json) -> Iterator[tuple[str, str, str]]:
    """API version, kind and resource, as another CRD may have the same kind."""
    spec = crd["spec"]
    for version in spec.get("versions") or []:
        if version.get("served"):
            yield f"{spec['group']}/{version['name']}", spec["names"]["kind"], spec["names"]["plural"]


def _unserved(client: Client, key: Key, live: Json | None) -> str:
    """Why a CRD is not served, from its conditions."""
    if live is None:
        return _NOT_FOUND
    if live["metadata"].get("deletionTimestamp"):
        return f"it {holding(client, key, DEFINITIONS, live['metadata'])}"
    by_type = conditions(live)
    names, schema = by_type.get("NamesAccepted") or {}, by_type.get("NonStructuralSchema") or {}
    if names.get("status") == "False":
        raise NotReady(
            f"{key} will never be served: {one_line(names.get('reason'), names.get('message'))}.",
            fix="Another CustomResourceDefinition of the same API group has one of its names. Remove that one, or leave this one out.",
            waiting={str(key): one_line(names.get("reason"), names.get("message"))},
        )
    if schema.get("status") == "True":
        return one_line("its schema is not structural", schema.get("message"))
    if not holds(live, "Established"):
        established = by_type.get("Established") or {}
        return one_line("the API server has not established it", established.get("reason"), established.get("message"))
    return "it is established, but discovery does not list it yet"


def _without_endpoints(client: Client, services: list[Key], items: Items, explain: bool) -> dict[Key, str]:
    waiting = [key for key in services if (items.get(key, {}).get("spec") or {}).get("type") != "ExternalName"]
    served: set[Key] = set()
    for namespace, names in _by_namespace(waiting):
        path = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
        for each in _items(client, path, labelSelector=f"kubernetes.io/service-name in ({','.join(names)})"):
            # A condition that nobody set counts as met (https://kubernetes.io/docs/reference/kubernetes-api/endpoint-slice-v1/).
            ready = [one for one in each.get("endpoints") or [] if (one.get("conditions") or {}).get("ready") is not False]
            if ready:
                served.add(Key("", "Service", namespace, each["metadata"]["labels"]["kubernetes.io/service-name"]))
    unready = [key for key in waiting if key not in served]
    if explain:
        _refuse_without_pods(unready, items)
    if not (explain and unready):
        return dict.fromkeys(unready, "none of its pods is ready")
    live = {key: client.find(f"/api/v1/namespaces/{key.namespace}/services/{key.name}") for key in unready}
    explanations = explanation(client, {key: item for key, item in live.items() if item})
    return {
        key: (explanations.get(key) or "none of its pods is ready") if item else _NOT_FOUND
        for key, item in live.items()
        if not item or (item.get("spec") or {}).get("type") != "ExternalName"
    }


def _refuse_without_pods(services: list[Key], items: Items) -> None:
    """Raises ``NotReady`` for a Service that selects only paused Deployments and workloads without replicas."""
    for service in services:
        selector = (items.get(service, {}).get("spec") or {}).get("selector") or {}
        servers = [
            key
            for key, item in items.items()
            if key.namespace == service.namespace and selector and selector.items() <= labels_of(pod_template(item) or {}).items()
        ]
        whys = {server: why for server in servers if (why := _makes_no_pods(server, items[server]))}
        if servers and len(whys) == len(servers):
            listed = ", ".join(f"{server} {why}" for server, why in whys.items())
            raise NotReady(
                f"There will be no ready pods behind {service}: {listed}.",
                fix="Change that in the application, and run again: it resumes from here.",
                waiting={str(service): listed},
            )


def _makes_no_pods(key: Key, item: Json) -> str:
    """Why a workload creates no pods; empty if it does."""
    if is_paused(key.group, key.kind, item):
        return "is paused (spec.paused)"
    return "has no replicas (spec.replicas: 0)" if (item.get("spec") or {}).get("replicas") == 0 else ""


def _without_ca(client: Client, keys: list[Key], _items: Items, _explain: bool) -> dict[Key, str]:
    """Webhook configurations and CRDs, read live, as others fill in the bundle."""
    live_objects = client.map(lambda key: client.find(_definition(key) if key[:2] == CRD else _configuration(key)), keys)
    reasons = {key: _NOT_FOUND if live is None else _ca_lacking(live) for key, live in zip(keys, live_objects, strict=True)}
    return {key: why for key, why in reasons.items() if why}


def _ca_lacking(live: Json) -> str:
    annotations = live["metadata"].get("annotations") or {}
    injectors = [words.format(annotations[name]) for name, words in _INJECTORS.items() if name in annotations]
    # A server at a URL may have a publicly trusted certificate; one behind a Service hardly can.
    lacking = [name for name, config in _client_configs(live) if not _has_ca(config) and (injectors or config.get("service"))]
    if not lacking:
        return ""
    who = injectors[0] if injectors else "its server is to write it"
    return f"{', '.join(lacking[:3])}{' …' if lacking[3:] else ''} without a CA bundle: {who}"


def _client_configs(live: Json) -> Iterator[tuple[str, Json]]:
    for webhook in live.get("webhooks") or []:
        yield webhook["name"], webhook.get("clientConfig") or {}
    conversion = (live.get("spec") or {}).get("conversion") or {}
    if conversion.get("strategy") == "Webhook":
        yield "conversion", (conversion.get("webhook") or {}).get("clientConfig") or {}


def _has_ca(config: Json) -> bool:
    """Generated manifests have a blank line there, as old servers required a value."""
    try:
        return bool(base64.b64decode(config.get("caBundle") or "").strip())
    except binascii.Error:
        return True


def _unavailable(client: Client, keys: list[Key], _items: Items, _explain: bool) -> dict[Key, str]:
    live_objects = client.map(lambda key: client.find(f"/apis/apiregistration.k8s.io/v1/apiservices/{key.name}"), keys)
    return _without(dict(zip(keys, live_objects, strict=True)), "Available")


def _uncertified(client: Client, keys: list[Key], items: Items, _explain: bool) -> dict[Key, str]:
    certificates: dict[Key, Json | None] = dict.fromkeys(keys)
    for namespace, names in _by_namespace(keys):
        version = next((items[key]["apiVersion"] for key in keys if key.namespace == namespace and key in items), _CERTIFICATES)
        for item in _items(client, f"/apis/{version}/namespaces/{namespace}/certificates", **_selecting(names)):
            certificates[next(iter(keys))._replace(namespace=namespace, name=item["metadata"]["name"])] = item
    return _without({key: certificates[key] for key in keys}, "Ready")


def _without(live_objects: Mapping[Key, Json | None], kind: str) -> dict[Key, str]:
    """Why a condition is not true."""
    reasons = {}
    for key, live in live_objects.items():
        condition = conditions(live or {}).get(kind) or {}
        if condition.get("status") != "True":
            reason = one_line(condition.get("reason"), condition.get("message")) or "its status does not say so yet"
            reasons[key] = reason if live else _NOT_FOUND
    return reasons


def _unaccounted(client: Client, keys: list[Key], _items_: Items, _explain: bool) -> dict[Key, str]:
    existing = {
        (namespace, item["metadata"]["name"])
        for namespace, names in _by_namespace(keys)
        for item in _items(client, f"/api/v1/namespaces/{namespace}/serviceaccounts", accept=METADATA, **_selecting(names))
    }
    return {key: _NOT_FOUND for key in keys if (key.namespace, key.name) not in existing}


def _without_namespace(client: Client, keys: list[Key], _items_: Items, _explain: bool) -> dict[Key, str]:
    live_objects = client.map(lambda key: client.find(f"/api/v1/namespaces/{key.name}", ONE_METADATA), keys)
    reasons = {}
    for key, live in zip(keys, live_objects, strict=True):
        if live is None:
            reasons[key] = "its controller has not made it yet"
        elif live["metadata"].get("deletionTimestamp"):
            reasons[key] = "it is being deleted"
    return reasons


_CHECKS: dict[str, Check] = {
    "definition": unserved,
    "account": _unaccounted,
    "namespace": _without_namespace,
    "certificate": _uncertified,
    "available": _unavailable,
    "endpoints": _without_endpoints,
    "ca-bundle": _without_ca,
}
_WORDS = {
    "definition": "{} to be served",
    "account": "{}",
    "namespace": "{}",
    "certificate": "{} to be ready",
    "available": "{} to be available",
    "endpoints": "ready pods behind {}",
    "ca-bundle": "the CA bundle in {}",
}


def _by_namespace(keys: list[Key]) -> list[tuple[str, list[str]]]:
    namespaces = sorted({key.namespace for key in keys})
    return [(namespace, [key.name for key in keys if key.namespace == namespace]) for namespace in namespaces]


def _selecting(names: list[str]) -> dict[str, t.Any]:
    """A field selector escapes ``,``, ``=`` and ``\\`` (apimachinery, fields.EscapeValue)."""
    return {"fieldSelector": f"metadata.name={_SPECIAL.sub(_ESCAPED, names[0])}"} if len(names) == 1 else {}


def _items(client: Client, path: str, **params: t.Any) -> list[Json]:
    """Empty if the kind is not served."""
    try:
        return list(client.items(path, **params))
    except ApiError as error:
        if error.code == 404:
            return []
        raise


def _definition(key: Key) -> str:
    return f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{key.name}"


def _configuration(key: Key) -> str:
    return f"/apis/admissionregistration.k8s.io/v1/{key.kind.lower()}s/{key.name}"
