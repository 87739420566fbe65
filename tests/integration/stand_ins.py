# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the platform's own controllers would do on a local cluster, where their pods are ready but no program runs in them.

A controller acts once its Deployment is available, and not before. Played are those that other objects wait for:

- cert-manager issues Certificates: it makes the Secret, and sets the condition Ready.
- cert-manager-cainjector fills in the CA bundles of webhook configurations and definitions that an annotation tells it to.
- cert-manager's webhook makes the Secret with its own authority.
- The profile controller makes the Namespace of a Profile, which goes with it, and two service accounts in it.
- All other webhook servers fill in their own bundles, as istiod, knative, jobset, the trainer and the spark operator do.
"""

from __future__ import annotations

import base64
import contextlib
import threading
import typing as t
from collections.abc import Iterator

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client, Unreachable
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import load
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.cluster import Directories
from ansible_collections.kubeflow.bootstrap.tests.integration.platform import WEBHOOKS
from ansible_collections.kubeflow.bootstrap.tests.integration.service_network import has_endpoint

Json = dict[str, t.Any]
_PAUSE = 0.2
_CERTIFICATES = "/apis/cert-manager.io/v1/certificates"
_ADMISSION = "admissionregistration.k8s.io/v1"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_PROFILE_MANAGER = "profile-controller"
_MANAGER, _INJECTOR = "cert-manager-certificates", "cert-manager-cainjector"
_FROM_CERTIFICATE, _FROM_SECRET = "cert-manager.io/inject-ca-from", "cert-manager.io/inject-ca-from-secret"
_PROFILES = "/apis/kubeflow.org/v1/profiles"
_OWN_SECRET = ("cert-manager", "cert-manager-webhook-ca")


def webhook_services(items: list[Json]) -> list[tuple[str, str]]:
    """(namespace, name) of the Services behind the webhooks of admission and conversion among ``items``."""
    services = {(each["service"]["namespace"], each["service"]["name"]) for item in items for each in client_configs(item)}
    return sorted(services)


def client_configs(item: Json) -> list[Json]:
    """Each ``clientConfig`` of a webhook configuration or of a definition."""
    if item["kind"] in WEBHOOKS:
        return [each["clientConfig"] for each in item.get("webhooks") or []]
    conversion = item.get("spec", {}).get("conversion") if item["kind"] == "CustomResourceDefinition" else None
    config = ((conversion or {}).get("webhook") or {}).get("clientConfig")
    return [config] if config else []


@contextlib.contextmanager
def stand_ins(place: Directories, name: str, items: list[Json], authority: bytes) -> Iterator[None]:
    """They work while the ``with`` statement lasts. ``authority``: the PEM that goes into the bundles."""
    over = threading.Event()
    with Client(load(kubeconfig=str(place.home(name).kubeconfig("setup")), env={}).connection) as client:
        cast = _Cast(client, items, authority)
        thread = threading.Thread(target=cast.work, args=(over,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


class _Cast:
    def __init__(self, client: Client, items: list[Json], authority: bytes) -> None:
        self._client = client
        self._bundle = base64.b64encode(authority).decode()
        self._converted = [item["metadata"]["name"] for item in items if item["kind"] not in WEBHOOKS and client_configs(item)]

    def work(self, over: threading.Event) -> None:
        while not over.wait(_PAUSE):
            # What does not exist yet, or was changed meanwhile, is looked at again.
            with contextlib.suppress(ApiError, Unreachable):
                self._round()

    def _round(self) -> None:
        if self._runs("cert-manager-webhook"):
            self._make_secret(*_OWN_SECRET)
        if self._runs("cert-manager"):
            for certificate in self._client.items(_CERTIFICATES):
                self._issue(certificate)
        if self._runs("profiles-deployment", "kubeflow"):
            for profile in self._client.items(_PROFILES):
                self._give(profile)
        injector = self._runs("cert-manager-cainjector")
        for kind in WEBHOOKS:
            place = f"/apis/{_ADMISSION}/{kind.lower()}s"
            for item in self._client.items(place):
                # In a list, they do not say what they are.
                self._fill(f"{place}/{item['metadata']['name']}", {"apiVersion": _ADMISSION, "kind": kind, **item}, injector)
        for name in self._converted:
            with contextlib.suppress(ApiError):
                self._fill(f"{_DEFINITIONS}/{name}", self._client.get(f"{_DEFINITIONS}/{name}"), injector)

    def _runs(self, deployment: str, namespace: str = "cert-manager") -> bool:
        try:
            live = self._client.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{deployment}")
        except ApiError:
            return False
        return bool(live.get("status", {}).get("availableReplicas"))

    def _give(self, profile: Json) -> None:
        metadata = profile["metadata"]
        name = metadata["name"]
        if metadata.get("deletionTimestamp") or self._there(f"/api/v1/namespaces/{name}/serviceaccounts/default-viewer"):
            return
        owner = {"apiVersion": "kubeflow.org/v1", "kind": "Profile", "name": name, "uid": metadata["uid"], "controller": True}
        space: Json = {"metadata": {"name": name, "ownerReferences": [owner]}}
        with contextlib.suppress(ApiError):
            self._client.post("/api/v1/namespaces", space, fieldManager=_PROFILE_MANAGER)
        for account in ("default-editor", "default-viewer"):
            with contextlib.suppress(ApiError):
                body = {"metadata": {"name": account, "ownerReferences": [owner]}}
                self._client.post(f"/api/v1/namespaces/{name}/serviceaccounts", body, fieldManager=_PROFILE_MANAGER)

    def _issue(self, certificate: Json) -> None:
        metadata = certificate["metadata"]
        if _is_ready(certificate) or metadata.get("deletionTimestamp"):
            return
        self._make_secret(metadata["namespace"], certificate["spec"]["secretName"])
        condition = {
            "type": "Ready",
            "status": "True",
            "reason": "Ready",
            "message": "Certificate is up to date and has not expired",
            "observedGeneration": metadata["generation"],
            "lastTransitionTime": metadata["creationTimestamp"],
        }
        certificate["status"] = {"conditions": [condition]}
        path = f"/apis/cert-manager.io/v1/namespaces/{metadata['namespace']}/certificates/{metadata['name']}/status"
        self._client.put(path, certificate, fieldManager=_MANAGER)

    def _make_secret(self, namespace: str, name: str) -> None:
        body = {
            "metadata": {"name": name, "annotations": {"cert-manager.io/allow-direct-injection": "true"}},
            "type": "kubernetes.io/tls",
            "data": {"ca.crt": self._bundle, "tls.crt": self._bundle, "tls.key": self._bundle},
        }
        with contextlib.suppress(ApiError):
            self._client.post(f"/api/v1/namespaces/{namespace}/secrets", body, fieldManager=_MANAGER)

    def _fill(self, path: str, item: Json, injector: bool) -> None:
        """Fill in the bundles that are missing, where the one who does it in the platform would."""
        annotations = item["metadata"].get("annotations") or {}
        injected = _FROM_CERTIFICATE in annotations or _FROM_SECRET in annotations
        empty = [config for config in client_configs(item) if not config.get("caBundle") and self._may(config, annotations, injector)]
        for config in empty:
            config["caBundle"] = self._bundle
        if empty:
            self._client.put(path, item, fieldManager=_INJECTOR if injected else client_configs(item)[0]["service"]["name"])

    def _may(self, config: Json, annotations: dict[str, str], injector: bool) -> bool:
        if _FROM_CERTIFICATE in annotations:
            namespace, name = annotations[_FROM_CERTIFICATE].split("/")
            path = f"/apis/cert-manager.io/v1/namespaces/{namespace}/certificates/{name}"
            return injector and self._there(path) is not None and _is_ready(self._client.get(path))
        if _FROM_SECRET in annotations:
            namespace, name = annotations[_FROM_SECRET].split("/")
            return injector and self._there(f"/api/v1/namespaces/{namespace}/secrets/{name}") is not None
        return has_endpoint(self._client, config["service"]["namespace"], config["service"]["name"])

    def _there(self, path: str) -> Json | None:
        try:
            return self._client.get(path)
        except ApiError:
            return None


def _is_ready(item: Json) -> bool:
    return any(each["type"] == "Ready" and each["status"] == "True" for each in item.get("status", {}).get("conditions") or [])
