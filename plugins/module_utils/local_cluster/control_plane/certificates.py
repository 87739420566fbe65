# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The certificates of a local control plane: who is who is a matter of TLS there. Private to the collection.

The names follow https://kubernetes.io/docs/setup/best-practices/certificates/: the subject's CN is the user, each O a group.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ...errors import BootstrapError, missing_library

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError:
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

CA_LIFETIME = datetime.timedelta(days=3650)
_CLOCK_SKEW = datetime.timedelta(minutes=5)


@dataclass(frozen=True)
class KeyFiles:
    """Two PEM files beside each other: ``<name>.crt`` and ``<name>.key``."""

    crt: Path
    key: Path

    @classmethod
    def at(cls, folder: Path, name: str) -> KeyFiles:
        return cls(folder / f"{name}.crt", folder / f"{name}.key")

    def exists(self) -> bool:
        return self.crt.is_file() and self.key.is_file()


def create_ca(folder: Path, name: str, common_name: str) -> KeyFiles:
    """A new certificate authority in ``folder``, written as ``<name>.crt`` and ``<name>.key``."""
    key = _new_key()
    subject = _subject(common_name, ())
    builder = (
        _builder(subject, subject, key.public_key(), CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_key_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return _write(KeyFiles.at(folder, name), key, builder.sign(key, hashes.SHA256()))


def sign_server(ca: KeyFiles, folder: Path, name: str, hosts: Iterable[str]) -> KeyFiles:
    """A serving certificate for ``hosts``: DNS names and IP addresses."""
    return _sign(ca, folder, name, name, (), ExtendedKeyUsageOID.SERVER_AUTH, CA_LIFETIME, hosts)


def sign_client(
    ca: KeyFiles, folder: Path, name: str, user: str, groups: Iterable[str] = (), lifetime: datetime.timedelta = CA_LIFETIME
) -> KeyFiles:
    """A client certificate for ``user`` in ``groups``; a negative ``lifetime`` makes one that has expired already."""
    return _sign(ca, folder, name, user, groups, ExtendedKeyUsageOID.CLIENT_AUTH, lifetime, ())


def create_signing_key(folder: Path, name: str) -> KeyFiles:
    """The key that signs service account tokens: ``<name>.key``, and its public half as ``<name>.crt``, both PEM."""
    key = _new_key()
    pair = KeyFiles.at(folder, name)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    write_private(pair.key, _pem(key))
    write_private(pair.crt, public)
    return pair


def write_private(path: Path, content: bytes) -> None:
    """Write ``content`` so that only its owner can read it, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    part.replace(path)


def _sign(
    ca: KeyFiles,
    folder: Path,
    name: str,
    common_name: str,
    groups: Iterable[str],
    usage: x509.ObjectIdentifier,
    lifetime: datetime.timedelta,
    hosts: Iterable[str],
) -> KeyFiles:
    ca_key, ca_certificate = _read_ca(ca)
    key = _new_key()
    builder = (
        _builder(_subject(common_name, groups), ca_certificate.subject, key.public_key(), lifetime)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
    )
    names = [_general_name(host) for host in hosts]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return _write(KeyFiles.at(folder, name), key, builder.sign(ca_key, hashes.SHA256()))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lifetime: datetime.timedelta
) -> x509.CertificateBuilder:
    end = datetime.datetime.now(datetime.UTC) + lifetime
    start = min(datetime.datetime.now(datetime.UTC), end) - _CLOCK_SKEW
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )


def _subject(common_name: str, groups: Iterable[str]) -> x509.Name:
    organisations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*organisations, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _new_key() -> ec.EllipticCurvePrivateKey:
    if not HAS_CRYPTOGRAPHY:
        raise missing_library("To make the local cluster's certificates", "cryptography")
    return ec.generate_private_key(ec.SECP256R1())


def _read_ca(ca: KeyFiles) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = serialization.load_pem_private_key(ca.key.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BootstrapError(f"{ca.key} is not a key of the local cluster.", fix="Remove the cluster, and start it again.")
    return key, x509.load_pem_x509_certificate(ca.crt.read_bytes())


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())


def _write(pair: KeyFiles, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> KeyFiles:
    write_private(pair.key, _pem(key))
    write_private(pair.crt, certificate.public_bytes(serialization.Encoding.PEM))
    return pair
