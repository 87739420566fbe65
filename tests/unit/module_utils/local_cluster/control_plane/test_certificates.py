# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Certificates say who somebody is, and for how long."""

from __future__ import annotations

import datetime
import stat

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane import certificates
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def read(pair):
    return x509.load_pem_x509_certificate(pair.crt.read_bytes())


def test_a_client_is_user_and_groups_signed_by_the_authority(tmp_path):
    ca = certificates.create_ca(tmp_path, "ca", "some-ca")
    client = certificates.sign_client(ca, tmp_path, "jane", "jane@example.com", ["a", "system:masters"])
    certificate = read(client)
    certificate.verify_directly_issued_by(read(ca))
    assert [each.value for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["jane@example.com"]
    assert [each.value for each in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)] == ["a", "system:masters"]
    assert list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert stat.S_IMODE(client.key.stat().st_mode) == 0o600


def test_a_server_is_its_names_and_addresses(tmp_path):
    ca = certificates.create_ca(tmp_path, "ca", "some-ca")
    server = certificates.sign_server(ca, tmp_path, "server", ["localhost", "127.0.0.1"])
    names = read(server).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


def test_a_negative_lifetime_has_expired(tmp_path):
    ca = certificates.create_ca(tmp_path, "ca", "some-ca")
    late = read(certificates.sign_client(ca, tmp_path, "late", "late", lifetime=datetime.timedelta(hours=-1)))
    assert late.not_valid_before_utc < late.not_valid_after_utc < datetime.datetime.now(datetime.UTC)
