# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the step hands to the packages of the registry is what they take."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.rules.rules import load
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.certificates import key_pair
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.certificates.step import CertificateSpec, present
from ansible_collections.kubeflow.bootstrap.tests.unit.registry import core, packages

RULES = Path(__file__).parents[4] / "roles/certificates/files/kinds.yml"
HOST = "kubeflow.example.com"

Json = dict[str, t.Any]


class NoIssuers:
    """A cluster with cert-manager and nothing in it."""

    def __enter__(self) -> NoIssuers:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def items(self, path: str) -> list[Json]:
        return []


def step(components: dict[str, str], **more: t.Any) -> Json:
    facts = {"cluster": {"apis": {"cert-manager.io/v1": {"Certificate": {"namespaced": True}}}}, "cloud": {"account": "my-project"}}
    fields = {"namespace": "kubeflow", "kind": "auto", "hostname": HOST, "parameters": {}, "secret_name": "kubeflow-certificate"}
    certificate = CertificateSpec(**{"application": "ml", "cluster": "uid", "facts": facts, "components": components, **fields, **more})
    result: Json = present(certificate, load([str(RULES)]), t.cast("t.Any", NoIssuers), Context())["step"]
    return result


def of(package: str, outcome: Json) -> Json:
    """The parameters that the prototype of a package declares."""
    names = core.declared(package) if package == "gateway" else {each.name for each in packages.prototype(package).parameters}
    return {name: value for name, value in outcome["parameters"].items() if name in names}


@pytest.fixture
def vendor(tmp_path: Path) -> Path:
    return packages.vendored(tmp_path)


@pytest.mark.parametrize(
    ("more", "spec"),
    [
        ({}, {"selfSigned": {}}),
        ({"email": "me@example.com"}, {"http01": {"ingress": {}}}),
        ({"email": "me@example.com", "dns": {"provider": "clouddns"}}, {"dns01": {"cloudDNS": {"project": "my-project"}}}),
    ],
)
def test_the_gateway_s_certificate_is_asked_of_the_issuer_that_comes_with_it(vendor: Path, more: Json, spec: Json) -> None:
    outcome = step({"gateway": "gateway"}, **more)
    assert outcome["components"] == {"cert-manager": {"prototype": "cert-manager-issuer"}}
    (issuer,) = packages.render(vendor, "cert-manager-issuer", of("cert-manager-issuer", outcome))
    entry = core.render({"hostname": HOST, "ingressClass": "nginx", **of("gateway", outcome)}, "gateway")
    reference = entry["Certificate/kubeflow"]["spec"]["issuerRef"]
    assert (issuer["kind"], issuer["metadata"]["name"]) == (reference["kind"], reference["name"])
    assert spec in (issuer["spec"], *issuer["spec"].get("acme", {}).get("solvers", []))


def test_behind_iap_the_issuer_answers_through_the_ingress(vendor: Path) -> None:
    outcome = step({"way-in": "iap-ingress"}, email="me@example.com")
    (issuer,) = packages.render(vendor, "cert-manager-issuer", of("cert-manager-issuer", outcome))
    objects = {each["kind"]: each for each in packages.render(vendor, "iap-ingress", of("iap-ingress", outcome), "way-in")}
    assert objects["Certificate"]["spec"]["issuerRef"]["name"] == issuer["metadata"]["name"]
    assert issuer["spec"]["acme"]["solvers"] == [{"http01": {"ingress": {"name": objects["Ingress"]["metadata"]["name"]}}}]


@pytest.mark.parametrize(("package", "components"), [("gateway", {"gateway": "gateway"}), ("iap-ingress", {"way-in": "iap-ingress"})])
def test_the_ingress_takes_the_secret(vendor: Path, package: str, components: dict[str, str]) -> None:
    pair = key_pair.make(HOST, "ml", "uid", 90)
    outcome = step(components, crt=pair.crt, key=pair.key)
    if package == "gateway":
        ingress = core.render({"hostname": HOST, "ingressClass": "nginx", **of(package, outcome)}, package)["Ingress/kubeflow"]
    else:
        ingress = next(each for each in packages.render(vendor, package, of(package, outcome)) if each["kind"] == "Ingress")
    assert ingress["spec"]["tls"] == [{"hosts": [HOST], "secretName": "kubeflow-certificate"}]
