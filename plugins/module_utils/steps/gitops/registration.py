# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The step gitops: an Application of Argo CD, or a GitRepository and a Kustomization of Flux, for the manifests of the application.

https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml, https://fluxcd.io/flux/components/source/gitrepositories/,
https://fluxcd.io/flux/components/kustomize/kustomizations/. Deleting these objects leaves what was applied from them: no finalizer of
Argo CD is set, and Flux does not prune.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ...errors import BootstrapError
from ...formats.json_object import Json
from ...kube.client import Client

MANIFESTS = "manifests/kubeflow.yaml"
"""Where the rendered objects are, below the application's folder."""
TOOLS = {
    "argocd": ("Argo CD", "argocd", (("argoproj.io/v1alpha1", "Application", "applications"),)),
    "flux": (
        "Flux",
        "flux-system",
        (
            ("source.toolkit.fluxcd.io/v1", "GitRepository", "gitrepositories"),
            ("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "kustomizations"),
        ),
    ),
}
"""Name, namespace as its installation guide has it, and kinds (apiVersion, kind, plural), in the order of creation."""
_MANAGER = "kubeflow.bootstrap"
_MANAGED_BY, _APPLICATION = "app.kubernetes.io/managed-by", "app.kubernetes.io/part-of"
_SERVER_SET = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp")


@dataclass(frozen=True)
class Registration:
    """``path``: the folder of the manifests in the repository. ``sync``: whether the tool applies without being told to."""

    tool: str
    application: str
    name: str
    namespace: str
    destination: str
    url: str
    branch: str
    path: str
    secret_name: str | None = None
    sync: bool = False

    @property
    def reason(self) -> str:
        applies = "applies it" if self.sync else "applies it when it is told to"
        return f"{TOOLS[self.tool][0]} reads {self.path} of {self.url} ({self.branch}), and {applies}."


def choose_tool(tool: str, apis: Mapping[str, t.Any]) -> str:
    """The tool whose CRDs the cluster has. ``apis``: apiVersion to kinds, of the facts. Raises BootstrapError."""
    installed = [
        name
        for name, (_title, _namespace, kinds) in TOOLS.items()
        if all(kind in (apis.get(version) or {}) for version, kind, _plural in kinds)
    ]
    if tool != "auto" and tool not in installed:
        title, _namespace, kinds = TOOLS[tool]
        names = " and ".join(f"{plural}.{version.split('/')[0]}" for version, _kind, plural in kinds)
        raise BootstrapError(
            f"{title} is not installed in the cluster: CustomResourceDefinition {names} not found.",
            fix=f"Install {title} first, or leave out the step (kubeflow_gitops).",
        )
    if tool != "auto":
        return tool
    if not installed:
        raise BootstrapError(
            "Neither Argo CD nor Flux is installed in the cluster: their CustomResourceDefinitions were not found.",
            fix="Install one of them first, or leave out the step (kubeflow_gitops).",
        )
    if installed[1:]:
        raise BootstrapError("The cluster has both Argo CD and Flux.", fix="Choose one (kubeflow_gitops_tool).")
    return installed[0]


def check_url(url: str | None) -> str:
    """The address of the repository. Raises BootstrapError for one that the tools can't read from, or that holds a password."""
    if not url or urlsplit(url).scheme not in ("https", "http", "ssh"):
        raise BootstrapError(
            f"{url or 'Nothing'} is not the URL of a git repository that Argo CD or Flux can read.",
            fix="Set kubeflow_gitops_url to one that begins with https:// or ssh://.",
        )
    if urlsplit(url).password:
        raise BootstrapError(
            "The URL of the git repository holds a password.",
            fix="Leave it out, and keep it in a Secret of Argo CD or Flux (kubeflow_gitops_secret_name).",
        )
    return url


def folder_in_repository(application: Path) -> str:
    """The folder of the manifests, from the root of the repository that the application lies in or will be."""
    folder = application / Path(MANIFESTS).parent
    root = next((parent for parent in [application, *application.parents] if (parent / ".git").exists()), application)
    return folder.relative_to(root).as_posix()


def objects(registration: Registration) -> list[Json]:
    """The objects, in the order of creation."""
    if registration.tool == "argocd":
        source = {"repoURL": registration.url, "targetRevision": registration.branch, "path": registration.path}
        # Server-side apply: the CRDs of Kubeflow are too large for the annotation of a client-side one.
        policy: Json = {"syncOptions": ["ServerSideApply=true"]}
        if registration.sync:
            policy["automated"] = {"prune": False, "selfHeal": True}
        destination = {"server": "https://kubernetes.default.svc", "namespace": registration.destination}
        specs: list[Json] = [{"project": "default", "source": source, "destination": destination, "syncPolicy": policy}]
    else:
        repository: Json = {"url": registration.url, "ref": {"branch": registration.branch}, "interval": "5m"}
        if registration.secret_name:
            repository["secretRef"] = {"name": registration.secret_name}
        source = {"kind": "GitRepository", "name": registration.name}
        kustomization = {"interval": "10m", "path": f"./{registration.path}", "prune": False, "sourceRef": source}
        specs = [repository, {**kustomization, "suspend": not registration.sync}]
    metadata = {
        "name": registration.name,
        "namespace": registration.namespace,
        "labels": {_MANAGED_BY: _MANAGER, _APPLICATION: registration.application},
    }
    kinds = TOOLS[registration.tool][2]
    return [
        {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}
        for (version, kind, _plural), spec in zip(kinds, specs, strict=True)
    ]


def register(client: Client, registration: Registration, *, check: bool) -> tuple[list[Json], list[Json]]:
    """Create or update the objects; returns those that exist before and after it."""
    before, after = [], []
    for desired, path in zip(objects(registration), _paths(registration), strict=True):
        live = client.find(path)
        if live and not _is_ours(live, registration):
            raise BootstrapError(
                f"{_title(desired)} already exists, and is not managed by the application {registration.application}.",
                fix="Take another name (kubeflow_gitops_name), or delete it.",
            )
        result = client.apply(path, desired, _MANAGER, dry_run=True)
        if not check and _comparable(result) != _comparable(live):
            result = client.apply(path, desired, _MANAGER)
        before += [_comparable(live)] if live else []
        after.append(_comparable(result))
    return before, after


def unregister(client: Client, registration: Registration, *, check: bool) -> tuple[list[Json], list[str]]:
    """Delete the objects that carry our labels, the last one first; returns them, and what stays, in words."""
    removed, kept = [], []
    for desired, path in reversed(list(zip(objects(registration), _paths(registration), strict=True))):
        live = client.find(path)
        if live is None:
            continue
        if not _is_ours(live, registration):
            kept.append(f"{_title(desired)} is not managed by the application {registration.application}. So it stays.")
            continue
        if not check:
            client.delete(path, {"preconditions": {"uid": live["metadata"]["uid"]}})
        removed.append(_comparable(live))
    return removed, kept


def _paths(registration: Registration) -> list[str]:
    return [
        f"/apis/{version}/namespaces/{registration.namespace}/{plural}/{registration.name}"
        for version, _kind, plural in TOOLS[registration.tool][2]
    ]


def _is_ours(live: Json, registration: Registration) -> bool:
    labels = live["metadata"].get("labels") or {}
    return (labels.get(_MANAGED_BY), labels.get(_APPLICATION)) == (_MANAGER, registration.application)


def _comparable(live: Json | None) -> Json:
    """Without what the API server and controllers set."""
    if live is None:
        return {}
    metadata = {key: value for key, value in live["metadata"].items() if key not in _SERVER_SET}
    return {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": metadata, "spec": live.get("spec")}


def _title(item: Json) -> str:
    return f"{item['kind']} {item['metadata']['namespace']}/{item['metadata']['name']}"
