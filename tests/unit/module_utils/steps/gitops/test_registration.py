# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which tool the cluster has, and what is registered in it."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.gitops.registration import (
    Registration,
    check_url,
    choose_tool,
    folder_in_repository,
    objects,
)

ARGO: dict[str, t.Any] = {"argoproj.io/v1alpha1": {"Application": {}}}
SOURCE: dict[str, t.Any] = {"source.toolkit.fluxcd.io/v1": {"GitRepository": {}}}
FLUX: dict[str, t.Any] = {**SOURCE, "kustomize.toolkit.fluxcd.io/v1": {"Kustomization": {}}}
URL = "https://git.example.com/ml/kubeflow.git"
SOME = Registration("argocd", "kubeflow", "ml", "argocd", "kubeflow", URL, "main", "apps/manifests")


@pytest.mark.parametrize(("tool", "apis", "chosen"), [("auto", ARGO, "argocd"), ("auto", FLUX, "flux"), ("flux", {**ARGO, **FLUX}, "flux")])
def test_the_tool_that_is_installed(tool: str, apis: dict[str, t.Any], chosen: str) -> None:
    assert choose_tool(tool, apis) == chosen


@pytest.mark.parametrize(
    ("tool", "apis", "message"),
    [
        ("auto", {}, "Neither Argo CD nor Flux is installed"),
        ("auto", SOURCE, "Neither Argo CD nor Flux is installed"),
        ("auto", {**ARGO, **FLUX}, "has both"),
        ("argocd", FLUX, "CustomResourceDefinition applications.argoproj.io not found"),
        ("flux", SOURCE, "gitrepositories.source.toolkit.fluxcd.io and kustomizations.kustomize.toolkit.fluxcd.io not found"),
    ],
)
def test_no_tool_or_two(tool: str, apis: dict[str, t.Any], message: str) -> None:
    with pytest.raises(BootstrapError, match=message):
        choose_tool(tool, apis)


@pytest.mark.parametrize("url", [None, "", "origin", "/srv/git/kubeflow.git", "https://me:pw@git.example.com/kubeflow.git"])
def test_a_url_that_no_cluster_can_read(url: str | None) -> None:
    with pytest.raises(BootstrapError, match="kubeflow_gitops_") as error:
        check_url(url)
    assert "me:pw" not in str(error.value)
    assert check_url(URL) == URL


def test_the_folder_is_told_from_the_root_of_the_repository(tmp_path: Path) -> None:
    application = tmp_path / "apps" / "kubeflow"
    assert folder_in_repository(application) == "manifests"
    (tmp_path / ".git").mkdir()
    assert folder_in_repository(application) == "apps/kubeflow/manifests"


def test_an_application_of_argo_cd() -> None:
    (item,) = objects(SOME)
    assert item["spec"]["source"] == {"repoURL": URL, "targetRevision": "main", "path": "apps/manifests"}
    assert "automated" not in item["spec"]["syncPolicy"] and "finalizers" not in item["metadata"]
    (synced,) = objects(replace(SOME, sync=True))
    assert synced["spec"]["syncPolicy"]["automated"]["prune"] is False


def test_a_repository_and_a_kustomization_of_flux() -> None:
    flux = replace(SOME, tool="flux", namespace="flux-system", secret_name="deploy-key")
    repository, kustomization = objects(flux)
    assert repository["spec"] == {"url": URL, "ref": {"branch": "main"}, "interval": "5m", "secretRef": {"name": "deploy-key"}}
    spec = kustomization["spec"]
    assert spec["sourceRef"] == {"kind": "GitRepository", "name": "ml"}
    assert (spec["path"], spec["suspend"], spec["prune"]) == ("./apps/manifests", True, False)
    assert objects(replace(flux, sync=True))[1]["spec"]["suspend"] is False
