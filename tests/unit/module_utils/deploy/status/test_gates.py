# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What must be true in the cluster before an object can be applied."""

from __future__ import annotations

import base64
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.graph.waves import Gate
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.status.gates import closed, described
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.status.readiness import NotReady
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import Key

from tests.unit.conftest import Answer, Server

Json = dict[str, t.Any]
CRD = Key("apiextensions.k8s.io", "CustomResourceDefinition", "", "flows.example.com")
SERVICE = Key("", "Service", "ml", "web")
WEBHOOKS = Key("admissionregistration.k8s.io", "MutatingWebhookConfiguration", "", "web")
API = Key("apiregistration.k8s.io", "APIService", "", "v1.example.com")
CERTIFICATE = Key("cert-manager.io", "Certificate", "ml", "web")
ACCOUNT = Key("", "ServiceAccount", "ml", "runner")
CRD_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/flows.example.com"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/ml/endpointslices"
DEFINITION = {
    "spec": {
        "group": "example.com",
        "names": {"kind": "Flow", "plural": "flows"},
        "versions": [{"name": "v1", "served": True}, {"name": "v1alpha1", "served": False}, {"name": "v2", "served": True}],
    }
}
CA = base64.b64encode(b"-----BEGIN CERTIFICATE-----").decode()
SERVER = {"name": "web", "namespace": "ml"}
BLANK = base64.b64encode(b"\n").decode()


def why(client: Client, kind: str, key: Key, item: Json | None = None, explain: bool = True) -> str | None:
    gate = Gate(kind, key)
    reasons = closed(client, [gate], {key: item} if item else {}, explain)
    assert reasons.keys() <= {gate}
    return reasons.get(gate)


def discovery(*versions: str, kind: str = "Flow", plural: str = "flows", **more: str) -> Json:
    listed = [{"version": each, "resources": [{"resource": plural, "responseKind": {"kind": kind}}], **more} for each in versions]
    return {"items": [{"metadata": {"name": "example.com"}, "versions": listed}]}


def conditions(kind: str, status: str = "True", **more: str) -> Json:
    return {"status": {"conditions": [{"type": kind, "status": status, **more}]}, "metadata": {"name": "web"}}


def test_a_definition_is_open_once_discovery_lists_all_that_it_declares(server: Server, client: Client) -> None:
    others = (discovery("v1", "v2", kind="Other"), discovery("v1", "v2", plural="others"))
    for incomplete in ({}, discovery("v1"), discovery("v1", "v2", freshness="Stale"), *others):
        server.routes["/apis"] = incomplete
        assert "example.com/v2" in str(why(client, "definition", CRD, DEFINITION, explain=False))
    server.routes["/apis"] = discovery("v1", "v2")
    assert why(client, "definition", CRD, DEFINITION) is None
    assert {each.path for each in server.requests} == {"/apis"}


@pytest.mark.parametrize(
    ("live", "reason"),
    [
        (None, "not found"),
        (conditions("Established"), "it is established, but discovery does not list it yet"),
        (
            conditions("Established", "False", reason="Installing", message="soon"),
            "the API server has not established it: Installing: soon",
        ),
        (conditions("NonStructuralSchema", message="spec.x: type is missing"), "its schema is not structural: spec.x: type is missing"),
        ({"metadata": {"deletionTimestamp": "now"}}, "it waits until its resources are gone"),
    ],
)
def test_why_a_definition_is_not_served(server: Server, client: Client, live: Json | None, reason: str) -> None:
    server.routes["/apis"] = {}
    if live:
        server.routes[CRD_PATH] = live
    assert why(client, "definition", CRD, DEFINITION) == reason


def test_a_definition_whose_names_are_taken_never_passes(server: Server, client: Client) -> None:
    server.routes["/apis"] = {}
    server.routes[CRD_PATH] = conditions("NamesAccepted", "False", reason="KindConflict", message="Flow is already in use")
    with pytest.raises(NotReady, match=r"flows.example.com will never be served: KindConflict: Flow is already in use\. Another"):
        why(client, "definition", CRD, DEFINITION)


def test_a_definition_of_others_is_read_from_the_cluster(server: Server, client: Client) -> None:
    server.routes["/apis"] = discovery("v1")
    assert why(client, "definition", CRD) == "not found"
    server.routes[CRD_PATH] = {**DEFINITION, **conditions("Established")}
    assert why(client, "definition", CRD) == "it is established, but discovery does not list it yet"
    server.routes["/apis"] = discovery("v1", "v2")
    assert why(client, "definition", CRD) is None


def endpoint_slice(*ready: bool | None) -> Json:
    listed = [{"addresses": ["192.0.2.1"], "conditions": {} if each is None else {"ready": each}} for each in ready]
    return {"metadata": {"labels": {"kubernetes.io/service-name": "web"}}, "endpoints": listed}


@pytest.mark.parametrize(("ready", "is_open"), [((), False), ((False,), False), ((False, True), True), ((None,), True)])
def test_a_service_is_open_with_one_ready_address(server: Server, client: Client, ready: tuple[bool | None, ...], is_open: bool) -> None:
    server.routes[SLICES] = {"items": [endpoint_slice(False), endpoint_slice(*ready)]}
    assert (why(client, "endpoints", SERVICE, {"spec": {}}, explain=False) is None) == is_open


def test_one_request_for_the_services_of_a_namespace(server: Server, client: Client) -> None:
    server.routes[SLICES] = {"items": [endpoint_slice(True)]}
    other = SERVICE._replace(name="other")
    gates = [Gate("endpoints", SERVICE), Gate("endpoints", other)]
    assert closed(client, gates, {}, explain=False) == {gates[1]: "none of its pods is ready"}
    assert [each.query["labelSelector"] for each in server.requests] == ["kubernetes.io/service-name in (other,web)"]


def test_a_name_elsewhere_has_no_endpoints(server: Server, client: Client) -> None:
    elsewhere = {"metadata": {"name": "web"}, "spec": {"type": "ExternalName"}}
    assert why(client, "endpoints", SERVICE, elsewhere) is None
    assert server.requests == []
    server.routes["/api/v1/namespaces/ml/services/web"] = elsewhere
    assert why(client, "endpoints", SERVICE) is None


def test_why_a_service_has_no_endpoints(server: Server, client: Client) -> None:
    assert why(client, "endpoints", SERVICE) == "not found"
    server.routes["/api/v1/namespaces/ml/services/web"] = {"metadata": {"name": "web", "uid": "s"}, "spec": {"selector": {"app": "web"}}}
    assert why(client, "endpoints", SERVICE) == "there is no pod of it"
    pod = {"metadata": {"name": "web-0", "uid": "p", "labels": {"app": "web"}}, **conditions("PodScheduled", "False", message="0/1 nodes")}
    server.routes["/api/v1/namespaces/ml/pods"] = {"items": [{**pod, "metadata": {"name": "web-0", "labels": {"app": "web"}}}]}
    assert why(client, "endpoints", SERVICE) == "pod web-0 can't be scheduled: 0/1 nodes"


def webhooks(*configs: Json, **annotations: str) -> Json:
    listed = [{"name": f"w{number}", "clientConfig": config} for number, config in enumerate(configs)]
    return {"metadata": {"name": "web", "annotations": annotations}, "webhooks": listed}


@pytest.mark.parametrize(
    ("live", "reason"),
    [
        (webhooks({"service": SERVER, "caBundle": CA}), None),
        (webhooks({"service": SERVER}), "w0 without a CA bundle: its server is to write it"),
        (
            webhooks({"service": SERVER, "caBundle": CA}, {"service": SERVER, "caBundle": BLANK}),
            "w1 without a CA bundle: its server is to write it",
        ),
        (webhooks({"url": "https://example.com"}), None),
        (
            webhooks({"url": "https://example.com"}, **{"cert-manager.io/inject-ca-from": "ml/web"}),
            "w0 without a CA bundle: cert-manager is to write that of the Certificate ml/web",
        ),
        (
            webhooks({"service": SERVER}, **{"service.beta.openshift.io/inject-cabundle": "true"}),
            "w0 without a CA bundle: OpenShift's service CA operator is to write it",
        ),
        (None, "not found"),
    ],
)
def test_the_ca_bundles_of_a_configuration(server: Server, client: Client, live: Json | None, reason: str | None) -> None:
    if live:
        server.routes["/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/web"] = live
    assert why(client, "ca-bundle", WEBHOOKS, webhooks()) == reason


def test_the_ca_bundle_of_a_conversion(server: Server, client: Client) -> None:
    def conversion(**config: t.Any) -> Json:
        return {"metadata": {"name": "x"}, "spec": {"conversion": {"strategy": "Webhook", "webhook": {"clientConfig": config}}}}

    server.routes[CRD_PATH] = conversion(service=SERVER)
    assert why(client, "ca-bundle", CRD) == "conversion without a CA bundle: its server is to write it"
    server.routes[CRD_PATH] = conversion(service=SERVER, caBundle=CA)
    assert why(client, "ca-bundle", CRD) is None
    server.routes[CRD_PATH] = {"metadata": {"name": "x"}, "spec": {"conversion": {"strategy": "None"}}}
    assert why(client, "ca-bundle", CRD) is None


def test_an_api_service(server: Server, client: Client) -> None:
    path = "/apis/apiregistration.k8s.io/v1/apiservices/v1.example.com"
    assert why(client, "available", API) == "not found"
    server.routes[path] = conditions("Available", "False", reason="MissingEndpoints", message="none")
    assert why(client, "available", API) == "MissingEndpoints: none"
    server.routes[path] = conditions("Available")
    assert why(client, "available", API) is None


def test_a_certificate(server: Server, client: Client) -> None:
    path = "/apis/cert-manager.io/v1/namespaces/ml/certificates"
    assert why(client, "certificate", CERTIFICATE) == "not found"
    server.routes[path] = {"items": [{"metadata": {"name": "web"}}]}
    assert why(client, "certificate", CERTIFICATE) == "its status does not say so yet"
    server.routes[path] = {"items": [conditions("Ready", "False", reason="DoesNotExist", message="no secret")]}
    assert why(client, "certificate", CERTIFICATE) == "DoesNotExist: no secret"
    server.routes[path] = {"items": [conditions("Ready")]}
    assert why(client, "certificate", CERTIFICATE) is None
    assert server.requests[-1].query["fieldSelector"] == "metadata.name=web"


def test_an_account(server: Server, client: Client) -> None:
    path = "/api/v1/namespaces/ml/serviceaccounts"
    server.routes[path] = {"items": []}
    assert why(client, "account", ACCOUNT) == "not found"
    server.routes[path] = {"items": [{"metadata": {"name": "runner"}}]}
    assert why(client, "account", ACCOUNT) is None


def test_what_may_not_be_looked_at_is_not_awaited(server: Server, client: Client) -> None:
    path = "/api/v1/namespaces/ml/serviceaccounts"
    server.routes[path] = Answer({"message": "no"}, 403)
    assert why(client, "account", ACCOUNT) is None
    server.routes[path] = Answer({"message": "broken"}, 400)
    with pytest.raises(ApiError):
        why(client, "account", ACCOUNT)


def test_gates_of_all_kinds_have_words() -> None:
    kinds = ("definition", "endpoints", "ca-bundle", "available", "certificate", "account")
    assert all(str(SERVICE) in described(Gate(kind, SERVICE)) for kind in kinds)


@pytest.mark.parametrize(
    ("spec", "why"), [({"paused": True}, r"is paused \(spec.paused\)"), ({"replicas": 0}, r"has no replicas \(spec.replicas: 0\)")]
)
def test_a_server_that_will_have_no_pods_is_told_at_once(server: Server, client: Client, spec: Json, why: str) -> None:
    server.routes[SLICES] = {"items": []}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c"}]}}
    runs = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "ml"}}
    items = {
        SERVICE: {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}}},
        Key("apps", "Deployment", "ml", "web"): {**runs, "spec": {**spec, "template": template}},
    }
    with pytest.raises(NotReady, match=f"no ready pods behind Service ml/web: Deployment.apps ml/web {why}"):
        closed(client, [Gate("endpoints", SERVICE)], items)
    second = Key("apps", "Deployment", "ml", "other")
    assert closed(client, [Gate("endpoints", SERVICE)], {**items, second: {**runs, "spec": {"template": template}}})


def test_a_gate_that_can_not_be_looked_at_is_closed(server: Server, client: Client) -> None:
    server.routes[f"/apis/cert-manager.io/v1/namespaces/{CERTIFICATE.namespace}/certificates"] = Answer(
        {"message": "conversion failed"}, 500
    )
    assert why(client, "certificate", CERTIFICATE) == "it can't be read: conversion failed"


def test_names_in_field_selectors_are_escaped(server: Server, client: Client) -> None:
    selectors: list[str] = []
    server.routes["/api/v1/namespaces/ml/serviceaccounts"] = lambda request: (
        selectors.append(request.query["fieldSelector"]) or {"items": []}
    )
    for name in ("a,b", "a=b", "a\\b", "a-b"):
        why(client, "account", ACCOUNT._replace(name=name))
    assert selectors == ["metadata.name=a\\,b", "metadata.name=a\\=b", "metadata.name=a\\\\b", "metadata.name=a-b"]
