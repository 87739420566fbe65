# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who signs the tokens of service accounts, and the cluster's domain."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import typing as t
from urllib.parse import urlsplit

from ..kube.client import ApiError, Client, Unreachable
from ..kube.policy import RequestPolicy
from ..kubeconfig.credentials import Credentials
from .queries import Asker

Json = dict[str, t.Any]

# Kubernetes documentation, "Service account issuer discovery".
_DOCUMENT = "/.well-known/openid-configuration"
_KEYS = "/openid/v1/jwks"
_KEYS_TYPE = "application/jwk-set+json"
_DOMAIN = "cluster.local"
_COREFILE = re.compile(r"^\s*kubernetes\s+([^\s{]+)", re.MULTILINE)
_KUBELET = re.compile(r"^clusterDomain:\s*[\"']?([^\s\"']+)", re.MULTILINE)
_ISSUER = re.compile(r"https://kubernetes\.default\.svc\.([^/:]+)/?")
# By kubeadm and most others, and by the chart of RKE2.
_COREDNS = ("coredns", "rke2-coredns-rke2-coredns")


def service_account_issuer(asker: Asker) -> Json:
    """``{issuer, jwks_uri, public, keys_for}``; all ``None`` where the document is not served or may not be read.

    ``public``: whether the issuer's name is one for outside of the cluster, as those of EKS, GKE and AKS are. ``keys_for``: who gets the
    signing keys from the API server: ``everybody``, ``users`` who are logged in, or ``nobody``; ``None`` if they are elsewhere, where we
    don't ask.
    """
    document: Json = asker.attempt(_DOCUMENT, lambda: asker.client.document(_DOCUMENT), {})
    issuer, uri = document.get("issuer"), document.get("jwks_uri")
    own = bool(uri) and urlsplit(str(uri)).path == _KEYS
    return {
        "issuer": issuer,
        "jwks_uri": uri,
        "public": _public(str(issuer)) if issuer else None,
        "keys_for": _keys_for(asker) if own else None,
    }


def _public(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not re.search(r"\.(svc|local|internal|localhost)(\.|$)", host)


def _keys_for(asker: Asker) -> str | None:
    """Asked without login first: Istio and others who check tokens ask like that."""
    login = asker.client
    nobody = dataclasses.replace(login.connection, credentials=Credentials())
    try:
        with Client(nobody, RequestPolicy(login.policy.timeout)) as anybody:
            anybody.document(_KEYS, accept=_KEYS_TYPE)
        return "everybody"
    except (ApiError, Unreachable):
        pass
    answer: str | None = asker.attempt(_KEYS, lambda: "users" if login.document(_KEYS, accept=_KEYS_TYPE) else "nobody", "nobody")
    return answer


def cluster_domain(asker: Asker) -> Json:
    """``{name, source}`` as CoreDNS or the kubelets are set up, else ``{name: None, source: None}`` (then ``assumed_domain`` helps)."""
    for name in _COREDNS if asker.serves("helm.cattle.io", "HelmChart") else _COREDNS[:1]:
        domain = _in(asker, name, "Corefile", _COREFILE)
        if domain:
            return domain
    return _in(asker, "kubelet-config", "kubelet", _KUBELET) or {"name": None, "source": None}


def _in(asker: Asker, name: str, key: str, pattern: re.Pattern[str]) -> Json | None:
    what = f"ConfigMap kube-system/{name}"
    text = (asker.get(what, f"/api/v1/namespaces/kube-system/configmaps/{name}").get("data") or {}).get(key) or ""
    match = pattern.search(text)
    return {"name": match[1].rstrip("."), "source": what} if match else None


def assumed_domain(found: Json, issuer: str | None) -> Json:
    """``found`` if it has a name, else what the issuer of tokens says, else Kubernetes' default."""
    match = _ISSUER.fullmatch(issuer or "")
    if found["name"]:
        return found
    return {"name": match[1], "source": "service account issuer"} if match else {"name": _DOMAIN, "source": "default"}
