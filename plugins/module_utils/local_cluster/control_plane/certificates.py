# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The certificates of a local control plane: who is who is a matter of TLS there.

The names follow https://kubernetes.io/docs/setup/best-practices/certificates/: the subject's CN is the user, each O a group.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ...errors import BootstrapError
from ...pki import certificates as pki

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
except ImportError:
    pass  # pki says so, before anything is made

CA_LIFETIME = datetime.timedelta(days=3650)


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
    key = pki.new_key()
    return _write(KeyFiles.at(folder, name), key, pki.certificate(pki.subject(common_name), key, CA_LIFETIME, ca=True))


def sign_server(ca: KeyFiles, folder: Path, name: str, hosts: Iterable[str]) -> KeyFiles:
    """A serving certificate for ``hosts``: DNS names and IP addresses."""
    key = pki.new_key()
    certificate = pki.certificate(pki.subject(name), key, CA_LIFETIME, issuer=_read_ca(ca), usage=pki.SERVER, hosts=hosts)
    return _write(KeyFiles.at(folder, name), key, certificate)


def sign_client(
    ca: KeyFiles, folder: Path, name: str, user: str, groups: Iterable[str] = (), lifetime: datetime.timedelta = CA_LIFETIME
) -> KeyFiles:
    """A client certificate for ``user`` in ``groups``; a negative ``lifetime`` makes one that has expired already."""
    key = pki.new_key()
    certificate = pki.certificate(pki.subject(user, groups), key, lifetime, issuer=_read_ca(ca), usage=pki.CLIENT)
    return _write(KeyFiles.at(folder, name), key, certificate)


def create_signing_key(folder: Path, name: str) -> KeyFiles:
    """The key that signs service account tokens: ``<name>.key``, and its public half as ``<name>.crt``, both PEM."""
    key = pki.new_key()
    pair = KeyFiles.at(folder, name)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    write_private(pair.key, pki.key_pem(key))
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


def _read_ca(ca: KeyFiles) -> tuple[x509.Name, ec.EllipticCurvePrivateKey]:
    key = serialization.load_pem_private_key(ca.key.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BootstrapError(f"{ca.key} is not a key of the local cluster.", fix="Remove the cluster, and start it again.")
    return x509.load_pem_x509_certificate(ca.crt.read_bytes()).subject, key


def _write(pair: KeyFiles, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> KeyFiles:
    write_private(pair.key, pki.key_pem(key))
    write_private(pair.crt, certificate.public_bytes(serialization.Encoding.PEM))
    return pair
