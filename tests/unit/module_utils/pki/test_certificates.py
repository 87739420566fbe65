# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Certificates as servers and browsers check them."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.pki import certificates as pki
from cryptography import x509

Extension = t.TypeVar("Extension", bound=x509.ExtensionType)
YEAR = datetime.timedelta(days=365)


def _extension(certificate: x509.Certificate, kind: type[Extension]) -> Extension:
    return certificate.extensions.get_extension_for_class(kind).value


def test_an_authority_signs_what_is_no_authority() -> None:
    ca_key, key = pki.new_key(), pki.new_key()
    name = pki.subject("ca")
    ca = pki.certificate(name, ca_key, YEAR, ca=True)
    leaf = pki.certificate(pki.subject("me", ["system:masters"]), key, YEAR, issuer=(name, ca_key), usage=pki.CLIENT)
    leaf.verify_directly_issued_by(ca)
    assert _extension(ca, x509.KeyUsage).key_cert_sign and _extension(ca, x509.BasicConstraints).ca
    assert not _extension(leaf, x509.KeyUsage).key_cert_sign and not _extension(leaf, x509.BasicConstraints).ca
    assert leaf.subject.rfc4514_string() == "CN=me,O=system:masters"
    assert _extension(leaf, x509.AuthorityKeyIdentifier).key_identifier == _extension(ca, x509.SubjectKeyIdentifier).digest


def test_a_self_signed_certificate_for_a_name_and_an_address() -> None:
    certificate = pki.certificate(
        pki.subject(None, ["o"], "u"), pki.new_key(), YEAR, usage=pki.SERVER, hosts=["kubeflow.example.com", "::1"]
    )
    certificate.verify_directly_issued_by(certificate)
    names = _extension(certificate, x509.SubjectAlternativeName)
    assert names.get_values_for_type(x509.DNSName) == ["kubeflow.example.com"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["::1"]
    assert list(_extension(certificate, x509.ExtendedKeyUsage)) == [pki.SERVER]


def test_one_that_has_expired_has_begun_before() -> None:
    expired = pki.certificate(pki.subject("me"), pki.new_key(), -YEAR)
    assert expired.not_valid_before_utc < expired.not_valid_after_utc < datetime.datetime.now(datetime.UTC)


def test_without_the_library_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pki, "HAS_CRYPTOGRAPHY", False)
    with pytest.raises(BootstrapError, match="package cryptography is needed"):
        pki.new_key()
