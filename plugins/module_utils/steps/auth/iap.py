# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Log in by Google's Identity-Aware Proxy.

https://cloud.google.com/iap/docs/signed-headers-howto (the audience),
https://cloud.google.com/kubernetes-engine/docs/how-to/ingress-configuration#iap (the Secret),
https://cloud.google.com/service-usage/docs/reference/rest/v1/services/get, https://cloud.google.com/compute/docs/reference/rest/v1/backendServices,
https://cloud.google.com/kubernetes-engine/docs/concepts/ingress and .../deploying-gateways (annotations that name backend services)
"""

from __future__ import annotations

import re
import shlex
import typing as t
from collections.abc import Callable, Iterator

from ...cloud.google_api import GoogleApi
from ...errors import BootstrapError
from ...formats import foreign_json
from ...formats.json_object import Json
from ...kube.client import ApiError, Client
from .login import Login, LoginSpec, existing

SECRET = "kubeflow-oauth"
_KEYS = ("client_id", "client_secret")
_OF_INGRESS = "ingress.kubernetes.io/backends"
_OF_GATEWAY = "networking.gke.io/backend-services"
_LISTS = {
    _OF_INGRESS: "/apis/networking.k8s.io/v1/namespaces/{}/ingresses",
    _OF_GATEWAY: "/apis/gateway.networking.k8s.io/v1/namespaces/{}/gateways",
}


def login(spec: LoginSpec, reason: str, cluster: Callable[[], Client], google: Callable[[str], GoogleApi]) -> Login:
    """IAP in front of the gateway. ``google``: a client of a service of Google's, asked only where no audience was named."""
    if bool(spec.client_id) != bool(spec.client_secret):
        missing = "client_secret" if spec.client_id else "client_id"
        raise BootstrapError(
            f"An OAuth client has an id and a secret; {missing} is missing.",
            fix=f"Set auth_{missing}, or neither: then the client that Google manages is used.",
        )
    name = spec.secret_name or SECRET
    values = dict(zip(_KEYS, (spec.client_id, spec.client_secret), strict=True)) if spec.client_id else {}
    if not values:
        stored = existing(cluster, spec.namespace, name) or {}
        values = {key: stored[key] for key in _KEYS} if all(stored.get(key) for key in _KEYS) else {}
    audience, known = (spec.audience, True) if spec.audience else discovered_audience(spec, cluster, google)
    parameters = {"jupyterHubAuthenticator": "iap", "iapAudience": audience, "oauthSecretName": name if values else "null"}
    sentences = [_client(values)]
    if not known:
        sentences.append(
            "The backend service does not exist yet, so the hub lets nobody in. Run this again when the load balancer exists, some five "
            "minutes after the deployment: then the audience is filled in."
        )
    record = {"kind": "iap", "audience": audience, "audience_known": known, "project": spec.project, "secret": name if values else None}
    return Login(parameters, reason, record, sentences, name if values else None, t.cast("dict[str, str]", values))


def _client(values: Json) -> str:
    if not values:
        return (
            "Identity-Aware Proxy uses the OAuth client that Google manages, which lets in users of your organisation only; give "
            "each the role roles/iap.httpsResourceAccessor."
        )
    back = f"https://iap.googleapis.com/v1/oauth/clientIds/{values['client_id']}:handleRedirect"
    return f"The OAuth client needs the redirect URI {back}; give each user the role roles/iap.httpsResourceAccessor."


def discovered_audience(spec: LoginSpec, cluster: Callable[[], Client], google: Callable[[str], GoogleApi]) -> tuple[str, bool]:
    """The audience, and whether the backend service exists. Until it does, the audience is one that Google never signs for."""
    if not spec.project:
        raise BootstrapError(
            "The project at Google is not known.", fix="Set project, or audience (kubeflow_auth_project, kubeflow_auth_audience)."
        )
    number = project_number(google("serviceusage"), spec.project)
    names = sorted(set(_backends(cluster(), spec.namespace)))
    compute = google("compute") if names else None
    services = [compute.find(f"projects/{spec.project}/global/backendServices/{each}") for each in names] if compute else []
    guarded = [each for each in services if each and (each.get("iap") or {}).get("enabled")]
    if len(guarded) > 1:
        listed = ", ".join(f"{each['name']} ({each['id']})" for each in guarded)
        raise BootstrapError(
            f"Several backend services of the namespace {spec.namespace} are behind Identity-Aware Proxy: {listed}.",
            fix=f"Set audience to that of the gateway: /projects/{number}/global/backendServices/ID.",
        )
    return f"/projects/{number}/global/backendServices/{guarded[0]['id'] if guarded else 0}", bool(guarded)


def project_number(usage: GoogleApi, project: str) -> str:
    """The number of a project, in which IAP must be switched on. Raises ``BootstrapError``."""
    service = usage.request("GET", f"projects/{project}/services/iap.googleapis.com")
    number = re.search(r"projects/(\d+)", f"{service.get('parent')} {service.get('name')}")
    if not number:
        raise BootstrapError(f"Google returns no number for the project {project}.", fix="Set audience.")
    if service.get("state") != "ENABLED":
        raise BootstrapError(
            f"Identity-Aware Proxy is not enabled in the project {project}.",
            fix=f"gcloud services enable iap.googleapis.com --project {shlex.quote(project)}",
        )
    return number[1]


def _backends(client: Client, namespace: str) -> Iterator[str]:
    """Names of the backend services that GKE made for the Ingresses and Gateways of a namespace, as it writes them there."""
    for annotation, path in _LISTS.items():
        try:
            items = list(client.items(path.format(namespace)))
        except ApiError as error:
            if error.code == 404:
                continue
            raise
        for item in items:
            text = (item["metadata"].get("annotations") or {}).get(annotation) or ""
            if annotation == _OF_GATEWAY:
                yield from (part.strip().rsplit("/", 1)[-1] for part in text.split(",") if "/global/" in part)
                continue
            try:
                status = foreign_json.loads(text or "{}")
            except ValueError:
                continue
            yield from (status if isinstance(status, dict) else ())
