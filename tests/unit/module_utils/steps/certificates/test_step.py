"""Which kind of certificate is chosen, by the role's own rules."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.rules.rules import load
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.certificates import key_pair
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.certificates.step import CertificateSpec, choices, is_public

RULES = Path(__file__).parents[5] / "roles/certificates/files/kinds.yml"
CERT_MANAGER = {"cert-manager.io/v1": {"Certificate": {"plural": "certificates"}}}
GKE = {"networking.gke.io/v1": {"ManagedCertificate": {"plural": "managedcertificates"}}}
READY = {"name": "company", "kind": "ClusterIssuer", "type": "ca", "ready": True, "staging": False}
CORE, IAP = {"kubeflow-core": "io.ksonnet.pkg.kubeflow-core"}, {"way-in": "io.ksonnet.pkg.iap-ingress"}


def spec(**more: t.Any) -> CertificateSpec:
    apis = more.pop("apis", {})
    fields: dict[str, t.Any] = {
        "application": "kubeflow",
        "cluster": "uid",
        "namespace": "kubeflow",
        "kind": "auto",
        "hostname": "kubeflow.example.com",
        "facts": {"cluster": {"apis": apis, "distribution": {"name": more.pop("distribution", "other")}}},
        "components": CORE,
        "parameters": {},
        "secret_name": "kubeflow-certificate",
    }
    return CertificateSpec(**{**fields, **more})


@pytest.mark.parametrize(
    ("more", "issuers", "kind"),
    [
        ({}, [], "self-signed"),
        ({"apis": CERT_MANAGER}, [], "cert-manager"),
        ({"apis": CERT_MANAGER}, [READY], "cert-manager"),
        ({"apis": {**CERT_MANAGER, **GKE}, "components": IAP}, [READY], "google-managed"),
        ({"apis": GKE, "components": IAP, "hostname": "10-0-0-1.sslip.io"}, [], "self-signed"),
        ({"apis": GKE}, [], "self-signed"),
        ({"apis": CERT_MANAGER, "crt": "PEM"}, [READY], "files"),
        ({"apis": CERT_MANAGER, "crt": "PEM", "distribution": "openshift"}, [], "files"),
        ({"apis": CERT_MANAGER, "distribution": "openshift"}, [READY], "none"),
        ({"hostname": ""}, [], "none"),
        ({"issuer": "mine", "distribution": "openshift"}, [], "cert-manager"),
        ({"parameters": {"kubeflow-core": {"tlsIssuer": "mine"}}, "crt": "PEM"}, [], "none"),
        ({"parameters": {"kubeflow-core": {"tlsIssuer": "null"}}}, [], "self-signed"),
        ({"components": {**CORE, "ca": "cert-manager"}, "apis": {**CERT_MANAGER, **GKE}}, [], "cert-manager"),
    ],
)
def test_the_kind(more: dict[str, t.Any], issuers: list[dict[str, t.Any]], kind: str) -> None:
    data = choices(spec(**more), issuers)
    rule = next(rule for rule in load([str(RULES)]) if rule.parameter == "kind" and rule.applies(data))
    assert rule.result(data) == kind
    reason = rule.text("reason", data)
    assert reason and "nothing" not in reason.split() and "{" not in reason


def test_every_choice_has_an_end() -> None:
    rules = load([str(RULES)])
    for what in ("kind", "issuer", "issuerType", "solver"):
        assert [rule for rule in rules if rule.parameter == what][-1].when is None


@pytest.mark.parametrize(
    ("hostname", "public"),
    [
        ("kubeflow.example.com", True),
        ("kubeflow.endpoints.my-project.cloud.goog", True),
        ("8-8-8-8.sslip.io", True),
        ("127-0-0-1.sslip.io", False),
        ("kubeflow.10.0.0.1.nip.io", False),
        ("kubeflow.local", False),
        ("ml.corp", False),
        ("kubeflow", False),
        ("mylocal.com", True),
    ],
)
def test_names_that_an_acme_server_can_ask_for(hostname: str, public: bool) -> None:
    assert is_public(hostname) is public


def test_a_certificate_covers_one_more_label_and_no_others() -> None:
    pair = key_pair.make("*.example.com", "kubeflow", "uid", 10)
    assert pair.covers("a.example.com") and pair.covers("A.Example.com.")
    assert not pair.covers("example.com") and not pair.covers("a.b.example.com") and not pair.covers("aexample.com")
    assert pair.owner == key_pair.owner("kubeflow", "uid") != key_pair.owner("kubeflow", "other")


def test_a_long_name_and_an_address_have_certificates_too() -> None:
    host = f"{'a' * 60}.example.com"
    assert key_pair.make(host, "kubeflow", "uid", 10).covers(host)
    assert key_pair.make("10.0.0.1", "kubeflow", "uid", 10).hosts == ("10.0.0.1",)


def test_a_key_with_a_password_is_refused_and_not_quoted() -> None:
    from cryptography.hazmat.primitives import serialization

    pair = key_pair.make("kubeflow.example.com", "kubeflow", "uid", 10)
    key = serialization.load_pem_private_key(pair.key.encode(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    ).decode()
    with pytest.raises(BootstrapError, match="my.key is protected by a password"):
        key_pair.read(pair.crt, locked, ("my.crt", "my.key"))
    broken = pair.key.replace("\n", "\nAAAA", 1)
    with pytest.raises(BootstrapError, match="my.key is not a PEM private key") as raised:
        key_pair.read(pair.crt, broken, ("my.crt", "my.key"))
    assert broken.splitlines()[1][:30] not in str(raised.value)
    assert raised.value.__cause__ is None
