# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A certificate and its key, both PEM: checked, put in order, or made.

https://www.rfc-editor.org/rfc/rfc5280 (fields), https://www.rfc-editor.org/rfc/rfc6125#section-6.4 (which names a certificate covers),
https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2 (the certificate itself comes first, each next one signed the one before). No error
ever quotes the key.
"""

from __future__ import annotations

import datetime
import typing as t
from collections.abc import Callable
from dataclasses import dataclass

from ...errors import BootstrapError
from ...pki import certificates as pki
from ..static_ip.address import MANAGER, default_name

_SOON = datetime.timedelta(days=14)
_LONGEST_CN = 64


@dataclass(frozen=True)
class CertificatePair:
    """``crt``: the certificates, its own first; ``key``; ``hosts`` that it covers; ``end``: when it expires."""

    crt: str
    key: str
    hosts: tuple[str, ...]
    end: datetime.datetime
    owner: str | None

    @property
    def expires(self) -> str:
        return self.end.strftime("%Y-%m-%d")

    def covers(self, hostname: str) -> bool:
        """Whether a browser takes it for that name."""
        name = hostname.lower().rstrip(".")
        return any(each == name or (each.startswith("*.") and each[2:] == name.partition(".")[2]) for each in self.hosts)


def read(crt: str, key: str, what: tuple[str, str], say: Callable[[str], None] = lambda line: None) -> CertificatePair:
    """Certificates and a key that belong together. ``what``: how to call the two in messages. ``say``: told what was put in order.

    Raises ``BootstrapError`` where one can't be read, or they are no pair.
    """
    pki.require_cryptography()
    from cryptography import x509

    try:
        certificates = x509.load_pem_x509_certificates(crt.encode())
    except (ValueError, UnicodeError):
        raise BootstrapError(f"{what[0]} is not a PEM certificate.", fix="It begins with -----BEGIN CERTIFICATE-----.") from None
    public = _public(_key(key, what[1]).public_key())
    own = next((each for each in certificates if _public(each.public_key()) == public), None)
    if own is None:
        raise BootstrapError(
            f"{what[1]} does not belong to {what[0]}: its public key is another.",
            fix="Name the key that the certificate was asked for with.",
        )
    chain = _chain(own, certificates)
    if chain != certificates[: len(chain)]:
        say(f"the certificates in {what[0]} are put in order: its own comes first, then who signed it")
    left = [each for each in certificates if each not in chain]
    if left:
        names = ", ".join(sorted({each.subject.rfc4514_string() for each in left}))
        say(f"left out of {what[0]}, because they did not sign it: {names}")
    return _pair(chain, key if key.endswith("\n") else f"{key}\n")


def check(pair: CertificatePair, hostname: str, what: str, warn: Callable[[str], None]) -> None:
    """Raises ``BootstrapError`` where browsers would refuse the certificate for the name today; warns where they will soon."""
    from cryptography import x509

    now = datetime.datetime.now(datetime.UTC)
    for each in x509.load_pem_x509_certificates(pair.crt.encode()):
        start, end = each.not_valid_before_utc, each.not_valid_after_utc
        who = what if each.not_valid_after_utc == pair.end else f"{what}: that of {each.subject.rfc4514_string()}"
        if end <= now:
            raise BootstrapError(f"{who} expired on {end:%Y-%m-%d}.", fix="Have it renewed, and name the new one.")
        if start > now:
            raise BootstrapError(f"{who} is valid from {start:%Y-%m-%d} on only.", fix="Check the clock of this machine, or wait.")
    if not pair.covers(hostname):
        raise BootstrapError(
            f"{what} does not cover {hostname}; it is for {', '.join(pair.hosts) or 'no host name'}.",
            fix="Name one that does, or another hostname.",
        )
    if pair.end - now < _SOON:
        warn(f"{what} expires on {pair.expires}. Have it renewed, then run this again.")


def make(hostname: str, application: str, cluster: str, days: int) -> CertificatePair:
    """A new certificate that signs itself, with a new key. Its subject tells that this collection made it, and for whom."""
    key = pki.new_key()
    name = pki.subject(hostname if len(hostname) <= _LONGEST_CN else None, [MANAGER], default_name(application, cluster))
    certificate = pki.certificate(name, key, datetime.timedelta(days=days), usage=pki.SERVER, hosts=[hostname])
    return _pair([certificate], pki.key_pem(key).decode())


def owner(application: str, cluster: str) -> str:
    """What ``CertificatePair.owner`` is of a certificate that was made here for an application in a cluster."""
    return default_name(application, cluster)


def _key(text: str, what: str) -> t.Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        return serialization.load_pem_private_key(text.encode(), password=None)
    except TypeError:
        raise BootstrapError(
            f"{what} is protected by a password, which a gateway can't type in.", fix="Take it off: openssl pkey -in KEY -out NEW"
        ) from None
    except (ValueError, UnsupportedAlgorithm, UnicodeError):
        raise BootstrapError(f"{what} is not a PEM private key.", fix="It begins with -----BEGIN PRIVATE KEY----- or the like.") from None


def _public(key: t.Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return bytes(key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))


def _chain(own: t.Any, certificates: list[t.Any]) -> list[t.Any]:
    chain = [own]
    while True:
        signer = next((each for each in certificates if each not in chain and _signed(chain[-1], each)), None)
        if signer is None:
            return chain
        chain.append(signer)


def _signed(certificate: t.Any, signer: t.Any) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(signer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _pair(chain: list[t.Any], key: str) -> CertificatePair:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.x509.oid import NameOID

    own = chain[0]
    try:
        names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = [each.lower() for each in names.get_values_for_type(x509.DNSName)]
        hosts += [str(each) for each in names.get_values_for_type(x509.IPAddress)]
    except x509.ExtensionNotFound:
        hosts = []

    def of(kind: x509.ObjectIdentifier) -> str | None:
        return next((str(each.value) for each in own.subject.get_attributes_for_oid(kind)), None)

    ours = of(NameOID.ORGANIZATIONAL_UNIT_NAME) if of(NameOID.ORGANIZATION_NAME) == MANAGER else None
    text = "".join(each.public_bytes(serialization.Encoding.PEM).decode() for each in chain)
    return CertificatePair(text, key, tuple(hosts), own.not_valid_after_utc, ours)
