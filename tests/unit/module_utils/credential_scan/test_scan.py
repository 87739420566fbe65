# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Credentials are found in what is to be committed; what this collection writes holds none."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.credential_scan.scan import allowed, refuse, scan
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.redaction.patterns import SECRET_PATTERNS
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.redaction.redact import clean
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang

ROOT = Path(__file__).parents[4]
# Put together here, so that nobody who looks for credentials finds these.
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEow\n-----END RSA " + "PRIVATE KEY-----\n"
WORD = "Zx9Lm5Rt" + "WwQ83kPd"
HEX = "0f1e2d3c4b5a6978" * 3
LONG = "aB3dE5fG7hJ9kL1m" * 3
EXAMPLES = {
    "private-key": PEM,
    "private-key-in-base64": f"key: {base64.b64encode(PEM.encode()).decode()}",
    "kubeconfig": f"    client-key-data: {LONG}",
    "kubeconfig-certificate": f'"client-certificate-data": "{LONG}"',
    "docker-config": '{"auths": {"ghcr.io": {"auth": "bWU6aHVudGVyMi1odW50ZXIy"}}}',
    "aws-access-key": "AK" + "IAIOSFODNN7EXAMPLQ",
    "google-service-account": f'"private_key_id": "{HEX[:40]}"',
    "google-api-key": "AI" + "za" + LONG[:35],
    "google-oauth": "ya" + "29." + LONG,
    "azure-storage-key": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=" + (LONG * 2)[:86] + "==",
    "azure-client-secret": "abc8" + "Q~" + LONG[:34],
    "azure-shared-access-signature": "https://a.blob.core.windows.net/b?sv=1&" + "sig=" + LONG[:43] + "%3D",
    "github-token": "gh" + "p_" + LONG[:36],
    "gitlab-token": "gl" + "pat-" + LONG[:20],
    "other-token": "xo" + "xb-1234567890-abcdefghij",
    "jwt": "ey" + "JhbGciOiJSUzI1NiJ9." + "eyJleHAiOjE3MDAwMDAwMDB9.c2lnbmF0dXJl",
    "password-in-url": "postgres://me:" + "hunter2@db:5432/x",
    "authorization": "Authorization: Bearer " + LONG,
}
SECRET_YAML = "kind: ConfigMap\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  login: me\n"


def kinds(text: str, path: str = "components/a.jsonnet") -> list[str]:
    return [each.kind for each in scan({path: text})]


def test_every_kind_has_an_example_here() -> None:
    assert set(EXAMPLES) == set(SECRET_PATTERNS)
    for data in SECRET_PATTERNS.values():
        assert data["source"] and data["what"]


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_credential_is_found_with_its_line(kind: str) -> None:
    findings = scan({"components/a.jsonnet": f"{{\n  // one\n  x: |||\n{EXAMPLES[kind]}\n|||\n}}\n"})
    assert (4, kind) in [(each.line, each.kind) for each in findings]
    with pytest.raises(BootstrapError) as caught:
        refuse(findings, "Nothing was committed")
    assert "components/a.jsonnet:4 holds" in str(caught.value)
    assert EXAMPLES[kind] not in str(caught.value) + str(caught.value.details)
    assert clean(f"it said {EXAMPLES[kind]}!").count("***")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.jsonnet", f"{{ adminPassword: 'hunter2-{WORD}' }}"),
        ("a.jsonnet", "{ password: 'hunter2' }"),
        ("a.jsonnet", f'local x = {{ "client-secret"+: "{WORD}" }};'),
        ("params.libsonnet", f'      cookieSecret: "{WORD}",'),
        ("a.yaml", f"spec:\n  apiKey: {WORD}  # of mine\n"),
        ("a.yaml", f"env:\n  - name: DB_PASSWORD\n    value: {WORD}\n"),
        ("a.jsonnet", f"env: [{{ name: 'API_TOKEN', value: '{WORD}' }}]"),
        ("a.jsonnet", f"{{ password: @'{WORD}' }}"),
        ("a.jsonnet", f"{{ password: |||\n  {WORD}\n||| }}"),
        ("a.jsonnet", f"{{ data: {{ 'login.yaml': |||\n  user: me\n  password: {WORD}\n||| }} }}"),
    ],
)
def test_a_field_that_is_named_like_one(path: str, text: str) -> None:
    assert kinds(text, path) == ["field"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yaml", SECRET_YAML),
        ("a.yaml", "apiVersion: v1\nkind: List\nitems:\n  - kind: Secret\n    data: {a: YQ==}\n"),
        ("a.json", '{"kind": "Secret", "data": {"a": "YQ=="}}'),
        ("a.jsonnet", "{ kind: 'Secret', metadata: { name: 'x' }, data: { a: std.base64('b') } }"),
        ("a.libsonnet", "[{ apiVersion: 'v1', stringData+: { 'a': \"b\" }, kind: 'Secret' }]"),
        ("a.jsonnet", "{ kind: 'Secret', data: { a: x + '}', b: 'YQ==' } }"),
        ("a.jsonnet", "{ a: '}', kind: 'Secret', b: @'}', /* } */ data: { a: 'YQ==' } // }\n}"),
        ("a.jsonnet", "// { kind: 'Secret', data: { a: 'YQ==' } }"),
        ("a.jsonnet", "{ manifest: |||\n  kind: Secret\n  data:\n    a: YQ==\n||| }"),
        ("a.jsonnet", "{ kind: 'Secret', data: { a: 'YQ==' }, b: 'not closed }"),
    ],
)
def test_a_secret_with_its_data(path: str, text: str) -> None:
    assert kinds(text, path) == ["secret-object"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yaml", "kind: Secret\nmetadata: {name: x}\ntype: kubernetes.io/service-account-token\n"),
        ("a.jsonnet", "{ kind: 'Secret', stringData: { password: params.password } }, { kind: 'ConfigMap', data: { a: 'b' } }"),
        ("a.jsonnet", "{ secretName: 'kubeflow-oauth-client-2', token: params.token, password: $.password }"),
        ("a.jsonnet", "{ tokenSecret: 'kubeflow-oauth-client', passwordFile: '/etc/login/password' }"),
        ("a.jsonnet", "{ password: '/srv/jupyterhub/login-password', token: '{{ token }}', secret: '$(SECRET)' }"),
        ("a.jsonnet", "{ a: { kind: 'Secret', b: '{' }, data: { c: 'd' } }"),
        ("a.jsonnet", "{ kind: 'Secret', data: { a: x }, metadata: { name: 'data: {' } }"),
        ("a.yaml", "valueFrom:\n  secretKeyRef: {name: x, key: y}\nsecretRef: {name: my-secret-0123}\n"),
        ("a.yaml", "description: A token is a password is a secret. See https://example.com/a:b\n"),
        ("a.yaml", "caBundle: " + base64.b64encode(b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----").decode()),
        ("a.jsonnet", "// postgres://user:%(password)s@host and http://[::1]:80/ and git@github.com:a/b"),
        ("bootstrap.yaml", "usageId:\n  value: 6f1d2b9a-3f6b-4e0e-9a59-0d5c3ad3f3a1\ndigest: sha256:" + HEX),
    ],
)
def test_what_only_names_one_is_none(path: str, text: str) -> None:
    assert kinds(text, path) == []


def test_what_this_collection_can_write_holds_none() -> None:
    files = {str(path): path.read_bytes().decode("utf-8", "surrogateescape") for path in (ROOT / "registry").rglob("*") if path.is_file()}
    assert len(files) > 50 and scan(files) == []


def test_exceptions() -> None:
    files = {"a/b.yaml": SECRET_YAML, "c.yaml": f"token: {WORD}\n"}
    assert len(scan(files)) == 2
    assert [each.path for each in scan(files, allowed([{"path": "a/*"}]))] == ["c.yaml"]
    assert [each.path for each in scan(files, allowed([{"pattern": "^tok", "kind": "field"}]))] == ["a/b.yaml"]
    assert len(scan(files, allowed([{"path": "c.yaml", "pattern": "other"}, {"path": "a/*", "kind": "jwt"}]))) == 2
    for wrong in ({}, {"kind": "field"}, {"path": "a", "kind": "nothing"}, {"pattern": "("}):
        with pytest.raises(BootstrapError, match="^allow: "):
            allowed([wrong])


def test_a_large_application_is_looked_through() -> None:
    """The schemas of Kubeflow's definitions are megabytes of text about tokens and secrets."""
    line = '"description": "The name of the secret. A token, password or access key; see the field secretKeyRef: it has a key.",\n'
    with no_hang(1):
        assert scan({"components/a.jsonnet": line * (4 * 2**20 // len(line))}) == []
