# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The issuer of service account tokens, and the cluster's domain."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from urllib.parse import urlsplit

from ..formats.json_object import Json
from ..kube.client import ApiError, Client, Unreachable
from ..kube.policy import RequestPolicy
from ..kubeconfig.credentials import Credentials
from .queries import Queries

# Kubernetes documentation, "Service account issuer discovery".
_DOCUMENT = "/.well-known/openid-configuration"
_KEYS = "/openid/v1/jwks"
_KEYS_TYPE = "application/jwk-set+json"
_DOMAIN = "cluster.local"
_COREFILE = re.compile(r"^\s*kubernetes\s+([^\s{]+)", re.MULTILINE)
_KUBELET = re.compile(r"^clusterDomain:\s*[\"']?([^\s\"']+)", re.MULTILINE)
_ISSUER = re.compile(r"https://kubernetes\.default\.svc\.([^/:]+)/?")
# The names in kubeadm and most others, and in the chart of RKE2.
_COREDNS = ("coredns", "rke2-coredns-rke2-coredns")


def service_account_issuer(queries: Queries) -> Json:
    """``{issuer, jwks_uri, public, keys_for}``; all ``None`` if the document is not served or may not be read.

    ``public``: whether the issuer can be resolved outside of the cluster, as those of EKS, GKE and AKS. ``keys_for``: who may read the
    signing keys at the API server: ``everybody``, ``users`` who are logged in, or ``nobody``; ``None`` if the keys are elsewhere.
    """
    document: Json = queries.attempt(_DOCUMENT, lambda: queries.client.document(_DOCUMENT), {})
    issuer, uri = document.get("issuer"), document.get("jwks_uri")
    own = bool(uri) and urlsplit(str(uri)).path == _KEYS
    return {
        "issuer": issuer,
        "jwks_uri": uri,
        "public": _public(str(issuer)) if issuer else None,
        "keys_for": _keys_for(queries) if own else None,
    }


def _public(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not re.search(r"\.(svc|local|internal|localhost)(\.|$)", host)


def _keys_for(queries: Queries) -> str | None:
    """Without credentials first, as Istio and others that verify tokens request them."""
    login = queries.client
    nobody = dataclasses.replace(login.connection, credentials=Credentials())
    try:
        with Client(nobody, RequestPolicy(login.policy.timeout)) as anybody:
            anybody.document(_KEYS, accept=_KEYS_TYPE)
        return "everybody"
    except (ApiError, Unreachable):
        pass
    answer: str | None = queries.attempt(_KEYS, lambda: "users" if login.document(_KEYS, accept=_KEYS_TYPE) else "nobody", "nobody")
    return answer


def cluster_domain(queries: Queries) -> Json:
    """``{name, source}`` from the configuration of CoreDNS or kubelets, else ``{name: None, source: None}`` (see ``assumed_domain``)."""
    for name in _COREDNS if queries.serves("helm.cattle.io", "HelmChart") else _COREDNS[:1]:
        domain = _in(queries, name, "Corefile", _COREFILE)
        if domain:
            return domain
    return _in(queries, "kubelet-config", "kubelet", _KUBELET) or {"name": None, "source": None}


def _in(queries: Queries, name: str, key: str, pattern: re.Pattern[str]) -> Json | None:
    what = f"ConfigMap kube-system/{name}"
    text = (queries.get(what, f"/api/v1/namespaces/kube-system/configmaps/{name}").get("data") or {}).get(key) or ""
    match = pattern.search(text)
    return {"name": match[1].rstrip("."), "source": what} if match else None


def assumed_domain(configured: Json, issuer: str | None) -> Json:
    """The ``configured`` domain, else that of the issuer of tokens, else Kubernetes' default."""
    match = _ISSUER.fullmatch(issuer or "")
    if configured["name"]:
        return configured
    return {"name": match[1], "source": "service account issuer"} if match else {"name": _DOMAIN, "source": "default"}
