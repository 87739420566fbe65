# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What webhooks, conversion and aggregated APIs are asked about comes after what answers."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.graph.waves import order
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import key_of
from ansible_collections.kubeflow.bootstrap.tests.unit.module_utils.deploy._objects import (
    ADMISSION,
    defined,
    gates,
    hook,
    hooks,
    make,
    rank,
    running,
    server,
    service,
)

Json = dict[str, t.Any]
CONFIG = make("ConfigMap")
THING = make("Thing", version="example.com/v1")


def space(name: str = "ns", **labels: str) -> Json:
    return make("Namespace", name, namespace=None, labels=labels)


def is_called(item: Json, webhook: Json, *others: Json, **more: t.Any) -> bool:
    """Whether an object comes after the configuration of a webhook."""
    configuration = hooks(webhook)
    ordered = order([item, configuration, service(), server(), *others], **more)
    assert ordered.broken == []
    waits = rank(ordered, item) > rank(ordered, configuration)
    assert waits == (("endpoints", key_of(service())) in gates(ordered, item))
    return waits


def test_what_a_webhook_is_asked_about_comes_after_all_that_it_takes() -> None:
    configuration = hooks(hook(["configmaps"]))
    ordered = order([CONFIG, configuration, server(), service()])
    assert ordered.waves == [[key_of(service())], [key_of(server())], [key_of(configuration)], [key_of(CONFIG)]]
    assert gates(ordered, configuration) == [("endpoints", key_of(service()))]
    assert gates(ordered, CONFIG) == [("endpoints", key_of(service())), ("ca-bundle", key_of(configuration))]


IN_NS = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ns"}}}


@pytest.mark.parametrize(
    ("webhook", "yes"),
    [
        (hook(["configmaps"]), True),
        (hook(["*"]), True),
        (hook(["*/*"], ("*",)), True),
        (hook(["configmaps/*"]), True),
        (hook(["configmaps/status"]), False),
        (hook(["*/status"]), False),
        (hook(["secrets"]), False),
        (hook(["configmaps"], ("apps",)), False),
        (hook(["configmaps"], rule={"operations": ["UPDATE"]}), True),
        (hook(["configmaps"], rule={"operations": ["*"]}), True),
        (hook(["configmaps"], rule={"operations": ["DELETE", "CONNECT"]}), False),
        (hook(["configmaps"], rule={"scope": "Namespaced"}), True),
        (hook(["configmaps"], rule={"scope": "Cluster"}), False),
        (hook(["configmaps"], rule={"apiVersions": ["v2"]}), True),
        (hook(["configmaps"], rule={"apiVersions": ["v2"]}, matchPolicy="Exact"), False),
        (hook(["configmaps"], matchPolicy="Exact"), True),
        (hook(["configmaps"], matchConditions=[{"name": "n", "expression": "false"}]), True),
        (hook(["configmaps"], failurePolicy="Ignore"), True),
        (hook(["configmaps"], rules=None), False),
        (hook(["configmaps"], objectSelector={"matchLabels": {"a": "b"}}), True),
        (hook(["configmaps"], objectSelector={"matchLabels": {"a": "c"}}), False),
        (hook(["configmaps"], objectSelector={"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}), True),
        (hook(["configmaps"], objectSelector={"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}), False),
        (hook(["configmaps"], objectSelector={"matchExpressions": [{"key": "z", "operator": "NotIn", "values": ["b"]}]}), True),
        (hook(["configmaps"], objectSelector={"matchExpressions": [{"key": "z", "operator": "In", "values": ["b"]}]}), False),
        (hook(["configmaps"], objectSelector={"matchExpressions": [{"key": "a", "operator": "Exists"}]}), True),
        (hook(["configmaps"], objectSelector={"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}), False),
        (hook(["configmaps"], **IN_NS), True),
        (hook(["configmaps"], namespaceSelector={"matchLabels": {"kubernetes.io/metadata.name": "far"}}), False),
    ],
)
def test_rules_and_selectors_match_as_the_api_server_matches(webhook: Json, yes: bool) -> None:
    webhook = {key: value for key, value in webhook.items() if value is not None}
    assert is_called(make("ConfigMap", labels={"a": "b"}), webhook) == yes


@pytest.mark.parametrize(
    ("kind", "version", "plural"),
    [
        ("NetworkPolicy", "networking.k8s.io/v1", "networkpolicies"),
        ("Ingress", "networking.k8s.io/v1", "ingresses"),
        ("Gateway", "networking.istio.io/v1", "gateways"),
        ("Endpoints", "v1", "endpoints"),
    ],
)
def test_plurals_are_as_kubernetes_forms_them(kind: str, version: str, plural: str) -> None:
    group = version.split("/")[0] if "/" in version else ""
    assert is_called(make(kind, version=version), hook([plural], (group,)))


def test_the_plural_of_a_custom_kind_is_that_of_its_definition() -> None:
    assert is_called(THING, hook(["thinge"], ("example.com",)), defined("thinge"))
    assert not is_called(THING, hook(["things"], ("example.com",)), defined("thinge"))


ENABLED = {"namespaceSelector": {"matchLabels": {"inject": "yes"}}}


def test_namespaces_are_selected_by_their_labels_live_or_new() -> None:
    webhook = hook(["configmaps"], **ENABLED)
    assert is_called(CONFIG, webhook, space(inject="yes"))
    assert not is_called(CONFIG, webhook, space())
    assert is_called(CONFIG, webhook, namespaces={"ns": {"inject": "yes"}})
    assert not is_called(CONFIG, webhook, namespaces={"ns": {"inject": "no"}})


def test_a_namespace_is_selected_by_its_own_labels_and_what_is_in_none_always() -> None:
    assert is_called(space(inject="yes"), hook(["namespaces"], **ENABLED))
    assert not is_called(space(), hook(["namespaces"], **ENABLED))
    role = make("ClusterRole", version="rbac.authorization.k8s.io/v1", namespace=None)
    assert is_called(role, hook(["clusterroles"], ("rbac.authorization.k8s.io",), **ENABLED))


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "Notebook"])
def test_what_makes_pods_waits_for_what_is_asked_about_pods(kind: str) -> None:
    version = {"Job": "batch/v1", "CronJob": "batch/v1", "Notebook": "kubeflow.org/v1"}.get(kind, "apps/v1")
    injector = hook(["pods"], objectSelector={"matchExpressions": [{"key": "inject", "operator": "NotIn", "values": ["no"]}]}, **ENABLED)
    assert is_called(running(kind, version), injector, space(inject="yes"))
    assert not is_called(running(kind, version, labels={"inject": "no"}), injector, space(inject="yes"))
    assert not is_called(running(kind, version), injector, space())


def test_pods_that_a_workload_makes_are_not_updated() -> None:
    webhook = hook(["pods"], rule={"operations": ["UPDATE"]})
    assert not is_called(running(), webhook)
    assert is_called(running("Pod"), webhook)


@pytest.mark.parametrize("kind", ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy"])
def test_nobody_is_asked_about_webhooks_themselves(kind: str) -> None:
    assert not is_called(make(kind, version=ADMISSION, namespace=None), hook(["*/*"], ("*",)))


def test_what_brings_up_a_server_never_waits_for_its_webhook() -> None:
    rbac = "rbac.authorization.k8s.io/v1"
    subject = {"kind": "ServiceAccount", "name": "a"}
    certificate = make("Certificate", "c", "cert-manager.io/v1", "sys", spec={"secretName": "tls", "issuerRef": {"name": "i"}})
    needed = [
        space("sys"),
        service(),
        server(serviceAccountName="a", volumes=[{"secret": {"secretName": "tls"}}]),
        make("ServiceAccount", "a", namespace="sys"),
        make("Role", "r", rbac, "sys"),
        make("RoleBinding", "b", rbac, "sys", roleRef={"kind": "Role", "name": "r"}, subjects=[subject]),
        certificate,
        make("Issuer", "i", "cert-manager.io/v1", "sys"),
        make("ConfigMap", "settings", namespace="sys"),
        make("NetworkPolicy", "n", "networking.k8s.io/v1", "sys"),
    ]
    configuration = hooks(hook(["*/*"], ("*",)))
    others = [space(), CONFIG, make("ConfigMap", namespace="other"), running(name="other")]
    ordered = order([configuration, *others, *needed])
    assert ordered.broken == []
    assert all(rank(ordered, item) < rank(ordered, configuration) for item in needed)
    assert all(rank(ordered, item) > rank(ordered, configuration) for item in others)
    assert not any(kind == "endpoints" for item in needed for kind, _key in gates(ordered, item))


def test_only_what_lacks_a_ca_bundle_is_awaited_for_it() -> None:
    for bundle, awaited in (("", True), ("Cg==", True), ("Q0VSVA==", False)):
        webhook = hook(["configmaps"])
        webhook["clientConfig"]["caBundle"] = bundle
        configuration = hooks(webhook)
        ordered = order([CONFIG, configuration, service(), server()])
        assert (("ca-bundle", key_of(configuration)) in gates(ordered, CONFIG)) == awaited


def test_a_bundle_that_cert_manager_fills_in_takes_its_certificate_and_injector() -> None:
    configuration = hooks(hook(["configmaps"]), annotations={"cert-manager.io/inject-ca-from": "sys/c"})
    certificate = make("Certificate", "c", "cert-manager.io/v1", "sys", spec={"secretName": "tls"})
    injector = running(name="ca", namespace="cert-manager", labels={"app": "cainjector"})
    ordered = order([CONFIG, configuration, service(), server(), certificate, injector])
    assert max(rank(ordered, certificate), rank(ordered, injector)) < rank(ordered, configuration) < rank(ordered, CONFIG)


def test_a_webhook_at_a_url_has_no_service_to_wait_for() -> None:
    configuration = hooks({**hook(["configmaps"]), "clientConfig": {"url": "https://hooks.example.com"}})
    ordered = order([CONFIG, configuration, service(), server()])
    assert ordered.waves[0] == sorted([key_of(configuration), key_of(service())])
    assert (rank(ordered, CONFIG), ordered.gates) == (1, {})


def test_a_service_that_is_there_already_is_not_waited_for() -> None:
    configuration = hooks(hook(["configmaps"]))
    ordered = order([CONFIG, configuration])
    assert (rank(ordered, CONFIG), gates(ordered, configuration)) == (1, [])


def test_addresses_written_by_hand_come_before_the_webhook() -> None:
    bare = make("Service", "hook", namespace="sys", spec={})
    addresses = make("EndpointSlice", "hook-1", "discovery.k8s.io/v1", "sys", labels={"kubernetes.io/service-name": "hook"})
    configuration = hooks(hook(["configmaps"]))
    assert order([configuration, bare, addresses]).waves[-1] == [key_of(configuration)]


CONVERTED = {
    "versions": [{"name": "v1", "storage": True}, {"name": "v2"}],
    "conversion": {"strategy": "Webhook", "webhook": {"clientConfig": {"service": {"name": "hook", "namespace": "sys"}}}},
}


def test_custom_resources_wait_for_their_conversion_only_where_they_are_converted() -> None:
    definition = defined(**CONVERTED)
    new, stored = make("Thing", "new", "example.com/v2"), make("Thing", "stored", "example.com/v1")
    ordered = order([new, stored, definition, server(), service()])
    assert rank(ordered, definition) == 0
    assert (rank(ordered, stored), gates(ordered, stored)) == (1, [("definition", key_of(definition))])
    assert rank(ordered, new) > rank(ordered, server())
    expected = {("definition", key_of(definition)), ("endpoints", key_of(service())), ("ca-bundle", key_of(definition))}
    assert set(gates(ordered, new)) == expected


def test_objects_of_an_aggregated_group_wait_for_its_server() -> None:
    spec = {"group": "example.com", "version": "v1", "service": {"name": "hook", "namespace": "sys"}}
    api = make("APIService", "v1.example.com", "apiregistration.k8s.io/v1", None, spec=spec)
    ordered = order([THING, api, server(), service()])
    assert ordered.waves == [[key_of(service())], [key_of(server())], [key_of(api)], [key_of(THING)]]
    assert gates(ordered, api) == [("endpoints", key_of(service()))]
    assert gates(ordered, THING) == [("available", key_of(api))]
    assert rank(order([make("Thing", version="other.com/v1"), api]), api) == 0


def test_a_job_with_the_same_labels_is_no_server() -> None:
    assert is_called(running("Job", "batch/v1", name="setup", namespace="sys", labels={"app": "hook"}), hook(["pods"]))


def elsewhere(webhook: Json) -> Json:
    """The webhook with its Service in the namespace ``far``."""
    return {**webhook, "clientConfig": {"service": {**webhook["clientConfig"]["service"], "namespace": "far"}}}


def test_a_webhook_comes_after_the_settings_that_its_server_may_read() -> None:
    settings, first, second = make("ConfigMap", "settings", namespace="sys"), hooks(hook(["configmaps"])), hook(["configmaps"], name="two")
    late = [hooks(elsewhere(second), name="two"), service("two", "far"), server("two", "far")]
    ordered = order([settings, first, service(), server(), *late])
    assert rank(ordered, late[0]) < rank(ordered, settings) < rank(ordered, first)


def test_a_late_injector_of_ca_bundles_is_waited_for() -> None:
    configuration = hooks(hook(["configmaps"]), annotations={"cert-manager.io/inject-ca-from-secret": "sys/c"})
    account = make("ServiceAccount", "a", namespace="far", imagePullSecrets=[{"name": "s"}])
    secret = make("Secret", "s", namespace="far")
    injector = running(name="ca", namespace="far", labels={"app.kubernetes.io/name": "cainjector"}, serviceAccountName="a")
    ordered = order([configuration, service(), server(), injector, account, secret])
    assert rank(ordered, configuration) == rank(ordered, injector) + 1 == 3


CERTIFICATE = make("Certificate", "c", "cert-manager.io/v1alpha2", "sys", spec={"secretName": "tls"})
WITH_CERTIFICATE = server(volumes=[{"secret": {"secretName": "tls"}}])


def test_a_server_may_need_objects_of_its_own_group() -> None:
    spec = {"group": "cert-manager.io", "version": "v1alpha2", "service": {"name": "hook", "namespace": "sys"}}
    api = make("APIService", "a", "apiregistration.k8s.io/v1", None, spec=spec)
    definition = defined("certificates", "Certificate", "cert-manager.io", **CONVERTED)
    for asker in (api, definition):
        ordered = order([asker, CERTIFICATE, service(), WITH_CERTIFICATE])
        assert (rank(ordered, CERTIFICATE) < rank(ordered, WITH_CERTIFICATE), ordered.broken) == (True, [])


def test_a_service_for_a_name_outside_has_no_endpoints() -> None:
    outside = make("Service", "hook", namespace="sys", spec={"type": "ExternalName", "externalName": "hooks.example.com"})
    ordered = order([CONFIG, hooks(hook(["configmaps"])), outside])
    assert [gate.kind for passed in ordered.gates.values() for gate in passed] == ["ca-bundle"]
