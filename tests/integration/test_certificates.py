# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Certificates, with the role as a user runs it, against a real API server."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import json
import ssl
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane import certificates as authority
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.names import Role
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.step import UID
from cryptography import x509

HOST = "kubeflow.example.com"
NAMESPACE = "certificates"
NO_APIS: dict[str, t.Any] = {"cluster": {"uid": UID, "apis": {}}, "cloud": {}}


@pytest.fixture(scope="module")
def plain(cluster):
    """A cluster with the namespace, and with the kinds of cert-manager, though nobody acts on them."""
    running = cluster()
    running.kubectl("create", "namespace", NAMESPACE)
    kinds = [_definition("ClusterIssuer", "clusterissuers", "Cluster"), _definition("Issuer", "issuers", "Namespaced")]
    running.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": kinds}))
    running.kubectl("wait", "--for=condition=Established", "crd/clusterissuers.cert-manager.io", "crd/issuers.cert-manager.io")
    yield running
    running.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
    running.kubectl("delete", "crd", "clusterissuers.cert-manager.io", "issuers.cert-manager.io")


def _definition(kind, plural, scope):
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.cert-manager.io"},
        "spec": {
            "group": "cert-manager.io",
            "names": {"kind": kind, "plural": plural},
            "scope": scope,
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }


@pytest.fixture
def role(plain, work):
    """The role certificates; the Secret and all issuers are gone afterwards."""
    common = {"kubeflow_certificates_facts": NO_APIS, "kubeflow_certificates_hostname": HOST, "kubeflow_certificates_namespace": NAMESPACE}
    yield Role("certificates", work(plain), common)
    plain.kubectl("delete", "secrets", "--all", "-n", NAMESPACE)
    plain.kubectl("delete", "clusterissuers,issuers", "--all", "-A")


CERT_MANAGER = {"cert-manager.io/v1": {"Certificate": {"namespaced": True}}}


def served(*apis, **more):
    kinds_by_version = {name: kinds for each in apis for name, kinds in each.items()}
    return {**NO_APIS, "cluster": {**NO_APIS["cluster"], "apis": kinds_by_version, **more}}


def issuer(plain, name, spec, ready=True, kind="ClusterIssuer"):
    condition = {"type": "Ready", "status": str(ready)}
    body = {
        "apiVersion": "cert-manager.io/v1",
        "kind": kind,
        "metadata": {"name": name, **({"namespace": NAMESPACE} if kind == "Issuer" else {})},
        "spec": spec,
        "status": {"conditions": [condition]},
    }
    plain.kubectl("apply", "-f", "-", stdin=json.dumps(body))


def apply(plain, secret, **more):
    """What the stage deploy does with it."""
    metadata = {"name": secret["name"], "namespace": secret["namespace"]}
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": secret["type"], "data": secret["data"], **more}
    plain.kubectl("apply", "-f", "-", stdin=json.dumps(body))


def text(secret, name="tls.crt"):
    return base64.b64decode(secret["data"][name]).decode()


def pair(folder, *hosts, lifetime=datetime.timedelta(days=90), chain=False):
    """Paths of a certificate and its key, signed by an authority of the user's."""
    ca = authority.create_ca(folder, "ca", "Company CA")
    if lifetime != authority.CA_LIFETIME:
        before, authority.CA_LIFETIME = authority.CA_LIFETIME, lifetime
        try:
            signed = authority.sign_server(ca, folder, "web", hosts)
        finally:
            authority.CA_LIFETIME = before
    if chain:
        signed.crt.write_bytes(ca.crt.read_bytes() + signed.crt.read_bytes())
    return str(signed.crt), str(signed.key)


# --- made here


def test_one_is_made_once_and_kept(plain, role):
    with plain.untouched():
        first = role.run()
    assert (first.changed, first.result["kind"]) == (1, "self-signed")
    assert first.step["parameters"] == {"tlsSecretName": "kubeflow-certificate"}
    secret = first.result["secret"]
    assert (secret["name"], secret["namespace"], secret["type"]) == ("kubeflow-certificate", NAMESPACE, "kubernetes.io/tls")
    certificate = x509.load_pem_x509_certificate(text(secret).encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [HOST]
    record = first.step["record"]
    assert record | {"not_after": ""} == {
        "kind": "self-signed",
        "hostname": HOST,
        "secret_name": "kubeflow-certificate",
        "hosts": [HOST],
        "made": True,
        "not_after": "",
    }
    apply(plain, secret)
    second = role.run()
    assert (second.changed, second.result["secret"], second.step) == (0, secret, first.step)
    # Another host needs another certificate, and so does one that soon expires.
    other = role.run("--diff", kubeflow_certificates_hostname="other.example.com")
    assert other.changed == 1 and text(other.result["secret"]) != text(secret)
    assert role.run(kubeflow_certificates_renew_before=400).changed == 1
    assert role.run("--check").changed == 0


def test_a_pair_that_is_made_serves(plain, role, tmp_path):
    secret = role.run().result["secret"]
    crt, key = tmp_path / "crt", tmp_path / "key"
    crt.write_text(text(secret))
    key.write_text(text(secret, "tls.key"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(crt, key)
    client = ssl.create_default_context(cafile=str(crt))
    back, forth = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = server.wrap_bio(back, forth, server_side=True)
    two = client.wrap_bio(forth, back, server_hostname=HOST)
    for each in (two, one, two, one):
        try:
            each.do_handshake()
        except ssl.SSLWantReadError:
            continue
    assert two.getpeercert()["subject"][-1] == (("commonName", HOST),)


def test_the_key_is_shown_nowhere(plain, role, tmp_path):
    run = role.run("-vvv", "--diff")
    body = "".join(text(run.result["secret"], "tls.key").splitlines()[1:-1])
    shown = run.output + json.dumps(run.step)
    assert body[:40] not in shown and run.result["secret"]["data"]["tls.key"][:60] not in shown and "PRIVATE KEY" not in shown
    crt, key = pair(tmp_path, HOST)
    own = role.run(
        "-vvv",
        "--diff",
        kubeflow_certificates_crt_file=crt,
        kubeflow_certificates_key="{{ lookup('ansible.builtin.file', '" + key + "') }}",
    )
    body = Path(key).read_text().splitlines()[1]
    assert body not in own.output + json.dumps(own.step)
    # The whole of it reaches the Secret.
    assert text(own.result["secret"], "tls.key").strip() == Path(key).read_text().strip()


def test_the_secret_goes_into_the_fact(plain, role):
    others = [{"name": "oauth", "stringData": {"a": "b"}}, {"name": "kubeflow-certificate", "stringData": {"old": "x"}}]
    with_fact = dataclasses.replace(role, facts={"kubeflow_secrets": others})
    play = with_fact._playbook()
    tasks = json.loads(play.read_text())
    message = "{{ kubeflow_secrets | map(attribute='name') | join(',') }} {{ kubeflow_secrets[-1].stringData.keys() | sort | join(',') }}"
    message += " {{ kubeflow_secrets[-1].stringData['tls.crt'][:27] }} {{ kubeflow_secrets[-1].type }}"
    tasks[0]["tasks"].append({"ansible.builtin.debug": {"msg": message}})
    play.write_text(json.dumps(tasks))
    run = role.user.play(str(play), **role.variables).well()
    assert "oauth,kubeflow-certificate tls.crt,tls.key -----BEGIN CERTIFICATE----- kubernetes.io/tls" in run.output


def test_what_others_put_there_is_used(plain, role, tmp_path):
    crt, key = pair(tmp_path, "*.example.com")
    plain.kubectl("create", "secret", "tls", "kubeflow-certificate", f"--cert={crt}", f"--key={key}", "-n", NAMESPACE)
    run = role.run()
    assert (run.changed, run.result["secret"], run.step["record"]["made"]) == (0, None, False)
    assert run.step["parameters"] == {"tlsSecretName": "kubeflow-certificate"}
    message = role.fails(kubeflow_certificates_hostname="kubeflow.example.org")
    assert "which others made, does not cover kubeflow.example.org; it is for *.example.com." in message
    plain.kubectl("delete", "secret", "kubeflow-certificate", "-n", NAMESPACE)
    plain.kubectl("create", "secret", "generic", "kubeflow-certificate", "--from-literal=a=b", "-n", NAMESPACE)
    assert f"The Secret {NAMESPACE}/kubeflow-certificate already exists, but holds no certificate." in role.fails()


def test_who_may_not_look_is_told(plain, role):
    nobody = plain.kubeconfig_for("nobody")
    message = role.fails(kubeflow_certificates_kubeconfig=nobody)
    assert message.startswith(f"The Secret {NAMESPACE}/kubeflow-certificate can't be read") and "is forbidden" in message
    assert "certificates" in role.fails(kubeflow_certificates_kubeconfig=ABSENT) or ABSENT in role.fails(
        kubeflow_certificates_kubeconfig=ABSENT
    )


# --- of the user's


def test_files_are_checked_and_put_in_order(role, tmp_path):
    crt, key = pair(tmp_path, HOST, "10.0.0.1", chain=True)
    run = role.run(kubeflow_certificates_crt_file=crt, kubeflow_certificates_key_file=key)
    assert (run.changed, run.result["kind"], run.step["parameters"]) == (0, "files", {"tlsSecretName": "kubeflow-certificate"})
    assert "its own comes first" in run.output
    chain = x509.load_pem_x509_certificates(text(run.result["secret"]).encode())
    assert [each.subject.rfc4514_string() for each in chain] == ["CN=web", "CN=Company CA"]
    again = role.run(kubeflow_certificates_crt_file=crt, kubeflow_certificates_key_file=key)
    assert again.result["secret"] == run.result["secret"] and again.step == run.step
    assert (
        role.run(kubeflow_certificates_crt_file=crt, kubeflow_certificates_key_file=key, kubeflow_certificates_hostname="10.0.0.1").changed
        == 0
    )


def test_files_that_can_t_serve_are_refused(role, tmp_path):
    def refused(folder, *hosts, **options):
        (tmp_path / folder).mkdir()
        crt, key = pair(tmp_path / folder, *hosts, **options)
        return crt, key, role.fails(kubeflow_certificates_crt_file=crt, kubeflow_certificates_key_file=key)

    crt, key, message = refused("host", "*.example.org")
    assert message == f"{crt} does not cover {HOST}; it is for *.example.org. Name one that does, or another hostname."
    expired, _key, message = refused("expired", HOST, lifetime=datetime.timedelta(days=-2))
    assert message.startswith(f"{expired} expired on ")
    other = tmp_path / "other"
    other.mkdir()
    _crt, stranger = pair(other, HOST)
    message = role.fails(kubeflow_certificates_crt_file=crt, kubeflow_certificates_key_file=stranger)
    assert message.startswith(f"{stranger} does not belong to {crt}: its public key is another.")
    message = role.fails(kubeflow_certificates_crt_file=key, kubeflow_certificates_key_file=key)
    assert message == f"{key} is not a PEM certificate. It begins with -----BEGIN CERTIFICATE-----."
    assert role.fails(kubeflow_certificates_crt_file=crt).startswith("A certificate needs its key, but only one of the two is given.")
    assert role.fails(kubeflow_certificates_crt_file=f"{ABSENT}.crt", kubeflow_certificates_key_file=key).startswith(
        f"{ABSENT}.crt can't be read: No such file"
    )


def test_one_that_soon_expires_is_warned_of(role, tmp_path):
    crt, key = pair(tmp_path, HOST, lifetime=datetime.timedelta(days=5))
    run = role.run(kubeflow_certificates_crt_file=crt, kubeflow_certificates_key_file=key)
    assert f"[WARNING]: {crt} expires on " in run.output


# --- cert-manager


@pytest.mark.soak
def test_an_issuer_that_is_there_is_taken(plain, role):
    issuer(plain, "a-staging", {"acme": {"server": "https://acme-staging-v02.api.letsencrypt.org/directory"}})
    issuer(plain, "self", {"selfSigned": {}})
    issuer(plain, "company", {"ca": {"secretName": "x"}})
    issuer(plain, "broken", {"acme": {"server": "https://acme.example.com"}}, ready=False)
    issuer(plain, "mine", {"acme": {"server": "https://acme.example.com"}}, kind="Issuer")
    run = role.run(kubeflow_certificates_facts=served(CERT_MANAGER))
    assert (run.changed, run.step["parameters"], run.step["components"]) == (0, {"tlsIssuer": "company"}, {})
    assert run.step["record"] == {
        "kind": "cert-manager",
        "hostname": HOST,
        "issuer": "company",
        "issuer_kind": "ClusterIssuer",
        "made": False,
    }
    assert "its ClusterIssuer company (ca) is ready to give the certificate of kubeflow.example.com" in run.step["reason"]
    # iap-ingress can take one of the namespace too.
    components = {"iap-ingress": {"prototype": "iap-ingress"}}
    behind = role.run(kubeflow_certificates_facts=served(CERT_MANAGER), kubeflow_certificates_components=components)
    assert behind.step["parameters"] == {"issuer": "mine", "issuerKind": "Issuer"}
    named = role.run(kubeflow_certificates_facts=served(CERT_MANAGER), kubeflow_certificates_issuer="broken")
    assert named.step["parameters"] == {"tlsIssuer": "broken"}
    # One that signs itself is better than none, but not what somebody with a mail address for ACME wants.
    plain.kubectl("delete", "clusterissuer", "company")
    assert role.run(kubeflow_certificates_facts=served(CERT_MANAGER)).step["parameters"] == {"tlsIssuer": "self"}
    acme = role.run(kubeflow_certificates_facts=served(CERT_MANAGER), kubeflow_certificates_email="me@example.com")
    assert acme.step["parameters"]["solver"] == "http01" and acme.step["components"]


def test_the_application_gets_an_issuer_of_its_own(plain, role):
    facts = served(CERT_MANAGER)
    acme = role.run(kubeflow_certificates_facts=facts, kubeflow_certificates_email="me@example.com")
    name = acme.step["parameters"]["tlsIssuer"]
    assert name.startswith("kubeflow-") and acme.step["components"] == {"cert-manager": {"prototype": "cert-manager-issuer"}}
    assert acme.step["parameters"] == {
        "tlsIssuer": name,
        "issuerName": name,
        "issuerKind": "ClusterIssuer",
        "acmeEmail": "me@example.com",
        "acmeUrl": "https://acme-v02.api.letsencrypt.org/directory",
        "solver": "http01",
    }
    # Once it is there, it stays the one, whatever else has come.
    issuer(plain, name, {"acme": {"server": "https://acme.example.com"}})
    issuer(plain, "another", {"acme": {"server": "https://acme.example.com"}})
    assert role.run(kubeflow_certificates_facts=facts, kubeflow_certificates_email="me@example.com").step == acme.step
    plain.kubectl("delete", "clusterissuers", "--all")
    inside = role.run(
        kubeflow_certificates_facts=facts, kubeflow_certificates_email="me@example.com", kubeflow_certificates_hostname="10-0-0-1.sslip.io"
    )
    assert inside.step["parameters"]["selfSigned"] == "true" and "acmeEmail" not in inside.step["parameters"]
    assert "no ACME server on the internet sees 10-0-0-1.sslip.io" in inside.step["reason"]
    assert "needs an email address" in role.run(kubeflow_certificates_facts=facts).step["reason"]
    record = {"provider": "clouddns", "account": "dns-project", "hostname": HOST}
    in_zone = dataclasses.replace(role, facts={"kubeflow_steps": {"dns": {"record": record}}})
    dns01 = in_zone.run(kubeflow_certificates_facts=facts, kubeflow_certificates_email="me@example.com", kubeflow_certificates_hostname="")
    assert dns01.step["parameters"]["solver"] == "dns01" and dns01.step["parameters"]["cloudDNSProject"] == "dns-project"
    assert dns01.step["record"]["hostname"] == HOST


def test_without_cert_manager_it_can_t_be_asked(role):
    message = role.fails(kubeflow_certificates_kind="cert-manager")
    assert message.startswith("The certificate is to come from cert-manager, which the cluster does not have.")


def test_who_may_not_list_issuers_goes_on(plain, role):
    nobody = plain.kubeconfig_for("nobody")
    run = role.run(kubeflow_certificates_facts=served(CERT_MANAGER), kubeflow_certificates_kubeconfig=nobody)
    assert "[WARNING]: The ClusterIssuers of cert-manager can't be seen" in run.output
    assert run.step["components"] == {"cert-manager": {"prototype": "cert-manager-issuer"}}


# --- others


def test_google_makes_it_behind_iap(role):
    facts = served({"networking.gke.io/v1": {"ManagedCertificate": {"namespaced": True}}}, distribution={"name": "gke"})
    components = {"way-in": {"prototype": "iap-ingress"}, "kubeflow-core": {}}
    run = role.run(kubeflow_certificates_facts=facts, kubeflow_certificates_components=components)
    assert (run.changed, run.result["kind"], run.step["parameters"]) == (0, "google-managed", {})
    assert run.step["record"] == {"kind": "google-managed", "hostname": HOST, "made": True}
    message = role.fails(kubeflow_certificates_facts=facts, kubeflow_certificates_kind="google-managed")
    assert message.startswith("A certificate that Google makes and renews needs a component iap-ingress, on GKE.")


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"kubeflow_certificates_parameters": {"kubeflow-core": {"tlsSecretName": "mine"}}}, "You named the issuer or the Secret"),
        ({"kubeflow_certificates_facts": served(distribution={"name": "openshift"})}, "OpenShift's router has a certificate"),
        ({"kubeflow_certificates_hostname": ""}, "There is no host name"),
        ({"kubeflow_certificates_kind": "none"}, "You chose none."),
        ({"kubeflow_certificates_state": "absent"}, "The certificate's Secret and issuer go with the application."),
    ],
)
def test_nothing_is_done_where_nothing_is_to_be_done(plain, role, variables, reason):
    with plain.untouched():
        run = role.run(**variables)
    assert (run.changed, run.step["parameters"], run.result["secret"]) == (0, {}, None)
    assert run.step["reason"].startswith(reason)


def test_rules_of_the_user_s_come_first(role, tmp_path):
    rules = tmp_path / "rules.yml"
    rules.write_text("- {id: mine, sets: kind, value: \"'none'\", reason: Our proxy has it.}")
    assert role.run(kubeflow_certificates_rules=[str(rules)]).step["reason"] == "Our proxy has it."
