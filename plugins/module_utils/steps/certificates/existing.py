# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is in the cluster already: issuers of cert-manager, and a Secret with a certificate.

https://cert-manager.io/docs/reference/api-docs/#cert-manager.io/v1.Issuer, https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets
"""

from __future__ import annotations

import base64
import binascii
import typing as t

from ...errors import BootstrapError
from ...formats.json_object import Json
from ...kube.client import ApiError, Client
from . import key_pair

_GROUP = "/apis/cert-manager.io/v1"
_TYPES = ("acme", "ca", "vault", "venafi", "selfSigned")
"""Kinds of issuers, those first whose certificates are trusted most widely."""


def issuers(client: Client, namespace: str) -> tuple[list[Json], list[str]]:
    """ClusterIssuers, and the Issuers of a namespace: ``name``, ``kind``, ``type``, ``ready``, ``staging``, the best first. What could
    not be seen, in words, comes second.
    """
    results: list[Json] = []
    unseen: list[str] = []
    for kind, path in (("ClusterIssuer", f"{_GROUP}/clusterissuers"), ("Issuer", f"{_GROUP}/namespaces/{namespace}/issuers")):
        try:
            results += [_issuer(kind, each) for each in client.items(path)]
        except ApiError as error:
            if error.code == 403:
                unseen.append(f"The {kind}s of cert-manager can't be seen: {error.status_message}")
            elif error.code != 404:
                raise
    return sorted(results, key=_rank), unseen


def _issuer(kind: str, issuer: Json) -> Json:
    spec = issuer.get("spec") or {}
    ready = any(
        each.get("type") == "Ready" and each.get("status") == "True" for each in (issuer.get("status") or {}).get("conditions") or []
    )
    return {
        "name": issuer["metadata"]["name"],
        "kind": kind,
        "type": next((each for each in _TYPES if each in spec), "other"),
        "ready": ready,
        # Certificates of a staging server are for trials: no browser takes them.
        "staging": "staging" in str((spec.get("acme") or {}).get("server", "")),
    }


def _rank(issuer: Json) -> tuple[t.Any, ...]:
    kind = _TYPES.index(issuer["type"]) if issuer["type"] in _TYPES else 1.5
    return kind, issuer["kind"], issuer["name"]


def secret(client: Client, namespace: str, name: str) -> key_pair.CertificatePair | None:
    """The certificate in a Secret; ``None`` if that does not exist. Raises ``BootstrapError`` for a Secret that holds something else."""
    try:
        live = client.find(f"/api/v1/namespaces/{namespace}/secrets/{name}")
    except ApiError as error:
        if error.code == 403:
            raise BootstrapError(
                f"The Secret {namespace}/{name} can't be read, so it is not known whether there is a certificate already: "
                f"{error.status_message}",
                fix="Get the right to read it, or name a certificate of your own: kind files.",
            ) from None
        raise
    if live is None:
        return None
    where = f"The Secret {namespace}/{name}"
    data = live.get("data") or {}
    try:
        crt, key = (base64.b64decode(data[field], validate=True).decode() for field in ("tls.crt", "tls.key"))
    except (KeyError, ValueError, binascii.Error):
        raise BootstrapError(
            f"{where} already exists, but holds no certificate.",
            fix="Choose another name: secret_name (kubeflow_certificates_secret_name).",
        ) from None
    return key_pair.read(crt, key, (f"tls.crt of the Secret {namespace}/{name}", f"tls.key of the Secret {namespace}/{name}"))
