# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""New keys and certificates: of an authority, signed by one, or self-signed.

https://www.rfc-editor.org/rfc/rfc5280
"""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterable

from ..errors import missing_library

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError:
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True
    SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH

_CLOCK_SKEW = datetime.timedelta(minutes=5)


def require_cryptography() -> None:
    """Raises BootstrapError where the library is not installed."""
    if not HAS_CRYPTOGRAPHY:
        raise missing_library("To check or make a certificate", "cryptography")


def new_key() -> ec.EllipticCurvePrivateKey:
    require_cryptography()
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def subject(common_name: str | None, organizations: Iterable[str] = (), unit: str | None = None) -> x509.Name:
    parts = [(NameOID.ORGANIZATION_NAME, each) for each in organizations]
    parts += [(NameOID.ORGANIZATIONAL_UNIT_NAME, unit)] if unit else []
    parts += [(NameOID.COMMON_NAME, common_name)] if common_name else []
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])


def certificate(
    name: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    lifetime: datetime.timedelta,
    *,
    issuer: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None = None,
    ca: bool = False,
    usage: x509.ObjectIdentifier | None = None,
    hosts: Iterable[str] = (),
) -> x509.Certificate:
    """A certificate for ``key``. ``issuer``: name and key of the authority; without one it is self-signed. ``hosts``: DNS names and IP
    addresses. A negative ``lifetime`` makes one that has expired already.
    """
    now = datetime.datetime.now(datetime.UTC)
    issuer_name, issuer_key = issuer or (name, key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, now + lifetime) - _CLOCK_SKEW)
        .not_valid_after(now + lifetime)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(_key_usage(ca=ca), critical=True)
    )
    extensions: list[x509.ExtensionType] = []
    if ca:
        extensions.append(x509.SubjectKeyIdentifier.from_public_key(key.public_key()))
    if issuer:
        extensions.append(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()))
    if usage:
        extensions.append(x509.ExtendedKeyUsage([usage]))
    names = [_general_name(host) for host in hosts]
    if names:
        extensions.append(x509.SubjectAlternativeName(names))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


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
