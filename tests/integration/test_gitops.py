# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The step gitops, on a cluster with CustomResourceDefinitions that are reduced to the fields that the step sets."""

from __future__ import annotations

import json
import subprocess

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

URL = "https://git.example.com/ml/kubeflow.git"
STRING, BOOLEAN = {"type": "string"}, {"type": "boolean"}


def _fields(**properties):
    return {"type": "object", "properties": properties}


def _crd(group, version, kind, plural, spec):
    schema = _fields(apiVersion=STRING, kind=STRING, metadata={"type": "object"}, spec=spec)
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
    served = {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "names": names, "scope": "Namespaced", "versions": [served]},
    }


ARGO = _crd(
    "argoproj.io",
    "v1alpha1",
    "Application",
    "applications",
    _fields(
        project=STRING,
        source=_fields(repoURL=STRING, targetRevision=STRING, path=STRING),
        destination=_fields(server=STRING, namespace=STRING),
        syncPolicy=_fields(syncOptions={"type": "array", "items": STRING}, automated=_fields(prune=BOOLEAN, selfHeal=BOOLEAN)),
    ),
)
FLUX = [
    _crd(
        "source.toolkit.fluxcd.io",
        "v1",
        "GitRepository",
        "gitrepositories",
        _fields(url=STRING, ref=_fields(branch=STRING), interval=STRING, secretRef=_fields(name=STRING)),
    ),
    _crd(
        "kustomize.toolkit.fluxcd.io",
        "v1",
        "Kustomization",
        "kustomizations",
        _fields(path=STRING, interval=STRING, prune=BOOLEAN, suspend=BOOLEAN, sourceRef=_fields(kind=STRING, name=STRING)),
    ),
]


def _install(cluster, namespace, *definitions):
    cluster.kubectl("create", "namespace", namespace)
    cluster.kubectl("apply", "-f", "-", stdin="---\n".join(map(json.dumps, definitions)))
    names = [f"crd/{each['metadata']['name']}" for each in definitions]
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", *names)


@pytest.fixture
def cluster_of_its_own(brief_cluster):
    return brief_cluster("plain")


@pytest.fixture
def user(cluster_of_its_own, work, tmp_path):
    bare = tmp_path / "served.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True, timeout=patience(1))
    variables = {
        "kubeflow_apply": False,
        "kubeflow_git": True,
        "kubeflow_git_branch": "main",
        "kubeflow_git_remote": f"file://{bare}",
        "kubeflow_git_author_name": "Me",
        "kubeflow_git_author_email": "me@example.com",
        "kubeflow_gitops": True,
        "kubeflow_gitops_url": URL,
    }
    return work(cluster_of_its_own, env={"GIT_CONFIG_NOSYSTEM": "1"}, **variables)


def test_registered_in_argo_cd(cluster_of_its_own, user, tmp_path):
    cluster = cluster_of_its_own
    none = user.play("bootstrap")
    assert "Neither Argo CD nor Flux is installed in the cluster" in none.message and not user.app.exists()

    _install(cluster, "argocd", ARGO)
    user.play("bootstrap").well()
    item = cluster.get("applications.argoproj.io", "kubeflow", "-n", "argocd")
    assert item["spec"]["source"] == {"repoURL": URL, "targetRevision": "main", "path": "manifests"}
    assert item["spec"]["destination"]["namespace"] == "kubeflow" and "automated" not in item["spec"]["syncPolicy"]

    # What the tool reads is what was pushed.
    show = ["git", "-C", str(tmp_path / "served.git"), "show", "main:manifests/kubeflow.yaml"]
    pushed = subprocess.run(show, check=True, capture_output=True, text=True, timeout=patience(1)).stdout
    rendered = list(yaml.safe_load_all(pushed))
    assert pushed == (user.app / "manifests/kubeflow.yaml").read_text() and {"Deployment", "Service"} <= {each["kind"] for each in rendered}
    cluster.kubectl("create", "namespace", "kubeflow")
    cluster.kubectl("apply", "--dry-run=server", "-n", "kubeflow", "-f", "-", stdin=pushed)

    with cluster.untouched():
        assert user.play("bootstrap").well().changed == 0
    removed = user.play("remove").well()
    assert "Application argocd/kubeflow deleted." in removed.output
    assert cluster.get("applications.argoproj.io", "-n", "argocd")["items"] == []


@pytest.mark.soak
def test_checked_synced_and_registered_again_by_a_stage_alone(cluster_of_its_own, user):
    cluster = cluster_of_its_own
    _install(cluster, "argocd", ARGO)
    with cluster.untouched():
        foreseen = user.play("bootstrap", "--check", "--diff").well()
    assert URL in foreseen.output and not user.app.exists()
    user.play("bootstrap").well()
    with cluster.untouched():
        assert "selfHeal" in user.play("bootstrap", "--check", "--diff", kubeflow_gitops_sync=True).well().output
    user.play("bootstrap", kubeflow_gitops_sync=True).well()
    synced = cluster.get("applications.argoproj.io", "kubeflow", "-n", "argocd")
    assert synced["spec"]["syncPolicy"]["automated"] == {"prune": False, "selfHeal": True}
    # A stage alone knows it from the application.
    cluster.kubectl("delete", "applications.argoproj.io", "kubeflow", "-n", "argocd")
    assert "Application argocd/kubeflow created." in user.play("deploy", "--check").well().output


@pytest.mark.soak
def test_registered_in_flux(cluster_of_its_own, user):
    cluster = cluster_of_its_own
    _install(cluster, "argocd", ARGO)
    _install(cluster, "flux-system", *FLUX)
    assert "has both Argo CD and Flux" in user.play("bootstrap").message
    flux = {"kubeflow_gitops_tool": "flux"}
    user.play("bootstrap", **flux).well()
    source, kustomization = (cluster.get(each, "kubeflow", "-n", "flux-system") for each in ("gitrepositories", "kustomizations"))
    assert source["spec"]["url"] == URL and source["spec"]["ref"] == {"branch": "main"}
    assert (kustomization["spec"]["path"], kustomization["spec"]["suspend"]) == ("./manifests", True)

    # What is not ours any longer stays.
    cluster.kubectl("label", "gitrepositories", "kubeflow", "-n", "flux-system", "app.kubernetes.io/part-of=other", "--overwrite")
    assert "GitRepository flux-system/kubeflow already exists" in user.play("bootstrap", **flux).message
    kept = user.play("remove").well()
    assert (
        "Kustomization flux-system/kubeflow deleted." in kept.output and "GitRepository flux-system/kubeflow is not managed" in kept.output
    )
    assert (
        cluster.get("gitrepositories", "kubeflow", "-n", "flux-system") and not cluster.get("kustomizations", "-n", "flux-system")["items"]
    )
