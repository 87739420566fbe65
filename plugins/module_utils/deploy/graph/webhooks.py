# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the API server calls: webhooks, conversion, aggregated APIs; and what their servers need.

Source: Kubernetes' documentation "Dynamic Admission Control" (matching requests), and ``rules.Matcher`` of k8s.io/apiserver.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ...formats.json_object import Json
from ...kube.resources import CRD, Key, group_of
from .dependencies import Dependency, Gate, Strength
from .object_index import Related, dict_of, dicts_of, labels_of, pod_template, selects

Graph = dict[Key, dict[Key, Dependency]]

ADMISSION = "admissionregistration.k8s.io"
"""The API server calls no webhook for objects of this group, so that nobody locks themselves out."""
_INJECTOR = "cainjector"
"""The name label of cert-manager's controller that fills in CA bundles."""
_SETTINGS = {"ConfigMap", "Secret"}
_CA_FROM = ("cert-manager.io/inject-ca-from", "cert-manager.io/inject-ca-from-secret")


def add(graph: Graph, key: Key, need: Dependency) -> None:
    """Let ``key`` need ``need.key``; the stronger of two needs stays, with the gates of both."""
    old = graph[key].get(need.key)
    if old is None:
        graph[key][need.key] = need
    else:
        stronger = max(old, need, key=lambda each: each.strength)
        graph[key][need.key] = stronger._replace(gates=tuple(dict.fromkeys((*old.gates, *need.gates))))


@dataclass(frozen=True)
class _Delegation:
    """An object that makes the API server call others (webhook configuration, CRD, APIService), and the Services of these."""

    key: Key
    services: dict[Key, None]
    closure: set[Key] = field(default_factory=set)
    """All that its servers need, and so never waits for it."""


@dataclass(frozen=True)
class _Webhook:
    delegation: _Delegation
    body: Json
    strength: Strength
    gates: tuple[Gate, ...]
    exact: bool
    namespaces: dict[str, bool] = field(default_factory=dict)


def add_servers(graph: Graph, related: Related, namespaces: Mapping[str, Mapping[str, str]]) -> None:
    """Add to ``graph``, which has all other needs, those of what the API server calls."""
    delegations = _Delegations(graph, related)
    webhooks: list[_Webhook] = []
    for key, item in related.items.items():
        if key.group == ADMISSION and key.kind.endswith("WebhookConfiguration"):
            webhooks += delegations.add_configuration(key, item)
        elif key[:2] == ("apiregistration.k8s.io", "APIService"):
            delegations.add_api_service(key, item)
        elif key[:2] == CRD and dict_of(dict_of(item.get("spec")).get("conversion")).get("strategy") == "Webhook":
            delegations.add_conversion(key, item)
    matches = _Matches(webhooks, related, namespaces)
    for key, item in related.items.items():
        for webhook in matches.of(key, item):
            _wait_for(graph, key, webhook)


def _wait_for(graph: Graph, key: Key, webhook: _Webhook) -> None:
    configuration = webhook.delegation.key
    if key not in webhook.delegation.closure:
        add(graph, key, Dependency(configuration, webhook.strength, "a webhook that would be called for it", webhook.gates))
    elif key.kind in _SETTINGS and webhook.strength == Strength.FAIL:
        add(graph, configuration, Dependency(key, Strength.REFERENCE, "which its server may read when it starts"))


class _Delegations:
    """Adds the needs of objects that make the API server call others."""

    def __init__(self, graph: Graph, related: Related) -> None:
        self._graph, self._related = graph, related
        self._other_needs = {key: list(needs) for key, needs in graph.items()}

    def add_configuration(self, key: Key, item: Json) -> Iterator[_Webhook]:
        """A webhook configuration needs its servers and the source of its CA bundle; returns its webhooks."""
        bodies = dicts_of(item.get("webhooks"))
        delegation = self._to(key, (service for body in bodies if (service := service_of(body.get("clientConfig")))))
        for service in delegation.services:
            self._add(key, _servers(service, self._related))
        self._add(key, bundle_needs(item, self._related))
        beta = item["apiVersion"] != f"{ADMISSION}/v1"  # v1beta1 had other defaults.
        for body in bodies:
            ignore = body.get("failurePolicy", "Ignore" if beta else "Fail") == "Ignore"
            exact = body.get("matchPolicy", "Exact" if beta else "Equivalent") == "Exact"
            gates = _answer_gates(key, item, body.get("clientConfig"), self._related)
            yield _Webhook(delegation, body, Strength.IGNORE if ignore else Strength.FAIL, gates, exact)

    def add_api_service(self, key: Key, item: Json) -> None:
        """An APIService needs its server; the objects of its group and version need the APIService."""
        spec = dict_of(item.get("spec"))
        service = service_of(spec)
        if service is None:
            return
        delegation = self._to(key, [service])
        if delegation.services:
            self._add(key, _servers(service, self._related))
        api_version = f"{spec.get('group')}/{spec.get('version')}"
        for other, dependent in self._related.items.items():
            if dependent["apiVersion"] == api_version and other not in delegation.closure:
                self._add(other, [Dependency(key, Strength.REQUIRED, "the API service of its group", (Gate("available", key),))])

    def add_conversion(self, key: Key, item: Json) -> None:
        """Custom resources in another version than the stored one need the server that converts them."""
        client_config = dict_of(dict_of(item["spec"]["conversion"]).get("webhook")).get("clientConfig")
        service = service_of(client_config)
        if service is None:
            return
        stored = {version.get("name") for version in dicts_of(item["spec"].get("versions")) if version.get("storage")}
        delegation = self._to(key, [service])
        bundle = tuple(gate for gate in _answer_gates(key, item, client_config, self._related) if gate.kind == "ca-bundle")
        needs = [*_servers(service, self._related)] if delegation.services else []
        needs += bundle_needs(item, self._related) if bundle else ()
        needs.append(Dependency(key, Strength.REQUIRED, "its CustomResourceDefinition", bundle))
        for other, custom_resource in self._related.items.items():
            if self._related.definitions.get((other.group, other.kind)) != key or other in delegation.closure:
                continue
            if custom_resource["apiVersion"].rpartition("/")[2] not in stored:
                self._add(other, needs)

    def _add(self, key: Key, needs: Iterable[Dependency]) -> None:
        for need in needs:
            if need.key in self._graph and need.key != key:
                add(self._graph, key, need)

    def _to(self, key: Key, services: Iterable[Key]) -> _Delegation:
        """``key`` with all that its Services need. Servers may read the settings of their namespace without mounting them."""
        needs = self._other_needs
        delegation = _Delegation(key, dict.fromkeys(service for service in services if service in needs))
        todo = [each for service in delegation.services for each in (service, *self._related.servers_of(service))]
        namespaces = {service.namespace for service in delegation.services}
        todo += [each for each in needs if each.namespace in namespaces and each.group == "" and each.kind in _SETTINGS]
        while todo:
            each = todo.pop()
            if each not in delegation.closure:
                delegation.closure.add(each)
                todo += needs[each]
        return delegation


def _servers(service: Key, related: Related) -> Iterator[Dependency]:
    """The needs of an object whose calls a Service answers."""
    spec = dict_of(dict_of(related.items.get(service)).get("spec"))
    gates = () if spec.get("type") == "ExternalName" else (Gate("endpoints", service),)
    yield Dependency(service, Strength.SERVER, "behind which its server is", gates)
    yield from (Dependency(server, Strength.SERVER, "its server", gates) for server in related.servers_of(service))


def service_of(client_config: object) -> Key | None:
    """The Service of a ``clientConfig`` or of an APIService; ``None`` where it is a URL."""
    service = dict_of(dict_of(client_config).get("service"))
    return Key("", "Service", str(service.get("namespace")), str(service.get("name"))) if service else None


def _answer_gates(key: Key, item: Json, client_config: object, related: Related) -> tuple[Gate, ...]:
    """The gates of a webhook's answers: endpoints, and a CA bundle if none is written yet."""
    service = service_of(client_config)
    if service is None:
        return ()
    gates = [gate for need in _servers(service, related) for gate in need.gates] if service in related.items else []
    written = str(dict_of(client_config).get("caBundle") or "")
    if _is_placeholder(written) or any(name in dict_of(item["metadata"].get("annotations")) for name in _CA_FROM):
        gates.append(Gate("ca-bundle", key))
    return tuple(dict.fromkeys(gates))


def _is_placeholder(bundle: str) -> bool:
    """Whether a bundle is a line feed, which generated configurations have until it is filled in."""
    try:
        return not base64.b64decode(bundle).strip()
    except (binascii.Error, ValueError):
        return False


def bundle_needs(item: Json, related: Related) -> Iterator[Dependency]:
    """What cert-manager needs to fill in the CA bundle of an object that names a Certificate or Secret for it."""
    annotations = dict_of(item["metadata"].get("annotations"))
    for name, group, kind in ((_CA_FROM[0], "cert-manager.io", "Certificate"), (_CA_FROM[1], "", "Secret")):
        namespace, _slash, source = str(annotations.get(name) or "").partition("/")
        if source:
            yield Dependency(Key(group, kind, namespace, source), Strength.REFERENCE, "the source of its CA bundle")
            for server in related.injectors(_INJECTOR):
                yield Dependency(server, Strength.REFERENCE, "which fills in its CA bundle")


class _Matches:
    """Which webhooks would be called for an object, or for its pods."""

    def __init__(self, webhooks: list[_Webhook], related: Related, namespaces: Mapping[str, Mapping[str, str]]) -> None:
        self._webhooks = webhooks
        self._related = related
        self._namespaces = namespaces
        self._by_rules: dict[tuple[str, str, bool, bool], list[_Webhook]] = {}

    def of(self, key: Key, item: Json) -> Iterator[_Webhook]:
        """All webhooks that match."""
        yield from self._called(key, item["apiVersion"], key.kind, labels_of(item), False)
        template = pod_template(item)
        if template and key[:2] != ("", "Pod"):
            yield from self._called(key, "v1", "Pod", labels_of(template), True)

    def _called(self, key: Key, api_version: str, kind: str, labels: Mapping[str, str], created: bool) -> Iterator[_Webhook]:
        if group_of(api_version) == ADMISSION:
            return
        rules = (api_version, kind, bool(key.namespace), created)
        if rules not in self._by_rules:
            self._by_rules[rules] = [webhook for webhook in self._webhooks if self._has_rule(webhook, *rules)]
        for webhook in self._by_rules[rules]:
            if selects(webhook.body.get("objectSelector"), labels) and self._in_namespace(webhook, key, labels):
                yield webhook

    def _in_namespace(self, webhook: _Webhook, key: Key, labels: Mapping[str, str]) -> bool:
        """A Namespace is matched by its own labels, what is in one by that one's; what is in none always matches."""
        selector = webhook.body.get("namespaceSelector")
        if not selector:
            return True
        if not key.namespace:
            return key[:2] != ("", "Namespace") or selects(selector, {**labels, "kubernetes.io/metadata.name": key.name})
        if key.namespace not in webhook.namespaces:
            item = self._related.items.get(Key("", "Namespace", "", key.namespace))
            labels_of_namespace = labels_of(item) if item else {}
            labels_of_namespace = {
                **self._namespaces.get(key.namespace, {}),
                **labels_of_namespace,
                "kubernetes.io/metadata.name": key.namespace,
            }
            webhook.namespaces[key.namespace] = selects(selector, labels_of_namespace)
        return webhook.namespaces[key.namespace]

    def _has_rule(self, webhook: _Webhook, api_version: str, kind: str, namespaced: bool, created: bool) -> bool:
        group, version = group_of(api_version), api_version.rpartition("/")[2]
        # Pods are matched when they are created; their controllers no longer change them.
        operations = {"*", "CREATE"} if created else {"*", "CREATE", "UPDATE"}
        for rule in dicts_of(webhook.body.get("rules")):
            versions = rule.get("apiVersions") or []
            if (
                operations & set(rule.get("operations") or [])
                and {"*", group} & set(rule.get("apiGroups") or [])
                and (not webhook.exact or {"*", version} & set(versions))
                and rule.get("scope", "*") in ("*", "Namespaced" if namespaced else "Cluster")
                and self._resources(group, kind) & {_main(resource) for resource in rule.get("resources") or []}
            ):
                return True
        return False

    def _resources(self, group: str, kind: str) -> set[str]:
        """``*`` and the plural of a kind: that of its CRD, or as Kubernetes forms it."""
        definition = self._related.definitions.get((group, kind))
        if definition:
            return {"*", str(self._related.items[definition]["spec"]["names"].get("plural"))}
        name = kind.lower()
        if name.endswith("endpoints"):
            return {"*", name}
        return {"*", f"{name}s", f"{name}es", f"{name.removesuffix('y')}ies"}


def _main(resource: str) -> str:
    """``pods`` of ``pods`` and ``pods/*``; nothing of ``pods/status``, which is another request."""
    name, slash, sub = resource.partition("/")
    return name if not slash or sub == "*" else ""
