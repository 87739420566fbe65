# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""References between objects of the platform, and those to objects that do not exist."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator

Json = dict[str, t.Any]
Reference = tuple[str, str, str]
"""Kind, namespace and name."""

_PODS = ("DaemonSet", "Deployment", "StatefulSet")
_BUILT_IN = {"ClusterRole": ("cluster-admin", "view", "edit", "system:auth-delegator"), "ServiceAccount": ("default",)}
_SPACES = ("", "default", "kube-system")
# Objects that controllers create at run time, and ServiceAccounts of users' namespaces.
_LATER = {("ConfigMap", "istio-system", "istio-ca-root-cert"), ("ServiceAccount", "kubeflow", "jupyter-notebook")}


def dangling(items: list[Json]) -> dict[Reference, list[str]]:
    """References to objects that do not exist, with the objects that have them."""
    existing = {(item["kind"], _space(item), item["metadata"]["name"]) for item in items}
    existing |= {(kind, "", name) for kind, _namespace, name in existing}
    existing |= {("Secret", _space(item), item["spec"]["secretName"]) for item in items if _is_certificate(item)}
    spaces = {item["metadata"]["name"] for item in items if item["kind"] in ("Namespace", "Profile")} | set(_SPACES)
    defined = {(item["spec"]["group"], item["spec"]["names"]["kind"]) for item in items if item["kind"] == "CustomResourceDefinition"}
    by_reference: dict[Reference, list[str]] = {}
    for item in items:
        missing = set(_references(item)) - existing - _LATER
        missing = {each for each in missing if each[2] not in _BUILT_IN.get(each[0], ())}
        if _space(item) not in spaces:
            missing.add(("Namespace", "", _space(item)))
        group = item["apiVersion"].partition("/")[0]
        if _is_custom(group) and (group, item["kind"]) not in defined:
            missing.add(("CustomResourceDefinition", group, item["kind"]))
        for each in missing:
            by_reference.setdefault(each, []).append(f"{item['kind']} {item['metadata']['name']}")
    return by_reference


def _space(item: Json) -> str:
    return str(item["metadata"].get("namespace") or "")


def _is_certificate(item: Json) -> bool:
    return item["kind"] == "Certificate" and str(item["apiVersion"]).startswith("cert-manager.io/")


def _is_custom(group: str) -> bool:
    return "." in group and (not group.endswith(".k8s.io") or group.endswith(".x-k8s.io"))


def _references(item: Json) -> Iterator[Reference]:
    kind, space, spec = item["kind"], _space(item), item.get("spec") or {}
    if kind.endswith("WebhookConfiguration"):
        yield from (_service(each["clientConfig"]["service"]) for each in item.get("webhooks") or ())
    elif kind == "CustomResourceDefinition":
        service = (((spec.get("conversion") or {}).get("webhook") or {}).get("clientConfig") or {}).get("service")
        yield from [_service(service)] if service else []
    elif kind == "VirtualService":
        for gateway in spec.get("gateways") or ():
            namespace, _slash, name = gateway.rpartition("/")
            yield from [] if gateway == "mesh" else [("Gateway", namespace or space, name)]
    elif kind in ("RoleBinding", "ClusterRoleBinding"):
        role = item["roleRef"]
        yield role["kind"], space if role["kind"] == "Role" else "", role["name"]
        subjects = [each for each in item.get("subjects") or () if each["kind"] == "ServiceAccount"]
        yield from (("ServiceAccount", each.get("namespace", space), each["name"]) for each in subjects)
    elif _is_certificate(item):
        issuer = spec["issuerRef"]
        yield issuer.get("kind", "Issuer"), "" if issuer.get("kind") == "ClusterIssuer" else space, issuer["name"]
    elif kind in _PODS:
        yield from _of_pod(spec["template"]["spec"], space)
    injected = (item["metadata"].get("annotations") or {}).get("cert-manager.io/inject-ca-from")
    if injected:
        namespace, _slash, name = injected.partition("/")
        yield "Certificate", namespace, name


def _service(service: Json) -> Reference:
    return "Service", service["namespace"], service["name"]


def _of_pod(pod: Json, space: str) -> Iterator[Reference]:
    yield "ServiceAccount", space, pod.get("serviceAccountName") or "default"
    for volume in pod.get("volumes") or ():
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", space, volume["persistentVolumeClaim"]["claimName"]
        yield from _needed("ConfigMap", space, "name", [volume.get("configMap")])
        yield from _needed("Secret", space, "secretName", [volume.get("secret")])
    for container in [*(pod.get("containers") or ()), *(pod.get("initContainers") or ())]:
        values = [each.get("valueFrom") or {} for each in container.get("env") or ()]
        sources = container.get("envFrom") or ()
        yield from _needed(
            "ConfigMap", space, "name", [*(each.get("configMapKeyRef") for each in values), *(each.get("configMapRef") for each in sources)]
        )
        yield from _needed(
            "Secret", space, "name", [*(each.get("secretKeyRef") for each in values), *(each.get("secretRef") for each in sources)]
        )


def _needed(kind: str, space: str, field: str, references: Iterable[Json | None]) -> Iterator[Reference]:
    yield from ((kind, space, each[field]) for each in references if each and not each.get("optional"))
