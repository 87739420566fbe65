# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The manager of an object, by its labels and annotations."""

from __future__ import annotations

from ..formats.json_object import Json

# Documentation of Argo CD ("Resource Tracking"), Flux (kustomize- and helm-controller), OLM ("Operator Scoping"), Helm 3 (labels and
# annotations of a release), KEP-3659 (ApplySet) and the addon manager of Kubernetes. The first one present counts: Argo CD and
# Flux also write what Helm would.
_MARKS: tuple[tuple[str, str, str], ...] = (
    ("argocd", "annotations", "argocd.argoproj.io/tracking-id"),
    ("flux", "labels", "kustomize.toolkit.fluxcd.io/name"),
    ("flux", "labels", "helm.toolkit.fluxcd.io/name"),
    ("olm", "labels", "olm.owner"),
    ("helm", "annotations", "meta.helm.sh/release-name"),
    ("applyset", "labels", "applyset.kubernetes.io/part-of"),
    ("applyset", "labels", "applyset.kubernetes.io/id"),
    ("addon-manager", "labels", "addonmanager.kubernetes.io/mode"),
)
_SPACES = {
    "kustomize.toolkit.fluxcd.io/name": ("labels", "kustomize.toolkit.fluxcd.io/namespace"),
    "helm.toolkit.fluxcd.io/name": ("labels", "helm.toolkit.fluxcd.io/namespace"),
    "olm.owner": ("labels", "olm.owner.namespace"),
    "meta.helm.sh/release-name": ("annotations", "meta.helm.sh/release-namespace"),
}
_KUBECTL = "kubectl.kubernetes.io/last-applied-configuration"


def managed_by(metadata: Json) -> Json | None:
    """``{tool, name}``, or ``None`` where it is unknown.

    ``tool``: ``argocd``, ``flux``, ``olm``, ``helm``, ``applyset``, ``addon-manager``, ``operator``, ``kustomize`` or
    ``kubectl``. ``name``: what the tool calls it, with its namespace where that is known: application, release, kustomization,
    ClusterServiceVersion; ``None`` for kubectl.
    """
    texts = {place: metadata.get(place) or {} for place in ("labels", "annotations")}
    for tool, place, mark in _MARKS:
        if texts[place].get(mark):
            name = texts[place][mark].split(":", 1)[0] if tool == "argocd" else texts[place][mark]
            where, key = _SPACES.get(mark, ("labels", ""))
            space = texts[where].get(key)
            return {"tool": tool, "name": f"{space}/{name}" if space else name}
    owners = [owner for owner in metadata.get("ownerReferences") or [] if owner.get("controller")]
    if owners:
        return {"tool": "operator", "name": f"{owners[0]['kind']}/{owners[0]['name']}"}
    by = texts["labels"].get("app.kubernetes.io/managed-by")
    if by:
        return {"tool": by.lower() if by.lower() in ("helm", "kubectl", "kustomize") else "operator", "name": by}
    managers = {str(field.get("manager")) for field in metadata.get("managedFields") or []}
    if _KUBECTL in texts["annotations"] or any(manager.startswith("kubectl") for manager in managers):
        return {"tool": "kubectl", "name": None}
    return None
