# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The packages beside core on a real API server: every object is taken as it is, pods start, and what is promised of them holds."""

from __future__ import annotations

import copy
import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster import cluster as local_cluster
from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import CONTEXT, Cluster, Factory
from ansible_collections.kubeflow.bootstrap.tests.patience import patience
from ansible_collections.kubeflow.bootstrap.tests.unit.registry.packages import (
    EVERY,
    NAMESPACE,
    NFS_NAMESPACE,
    Json,
    render,
    vendored,
)

TEXT: Json = {"type": "string"}
NUMBER: Json = {"type": "integer"}
YES: Json = {"type": "boolean"}
CLUSTER = "packages"


def structure(*required: str, **properties: Json) -> Json:
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


def several(items: Json) -> Json:
    return {"type": "array", "items": items}


# Stand-ins for definitions that GKE and cert-manager bring, with the fields that the packages use.
SECRET_KEY = structure("name", name=TEXT, key=TEXT)
BACKEND_CONFIG = structure(
    iap=structure("enabled", enabled=YES, oauthclientCredentials=structure("secretName", secretName=TEXT)),
    timeoutSec=NUMBER,
    connectionDraining=structure(drainingTimeoutSec=NUMBER),
    healthCheck=structure(type=TEXT, requestPath=TEXT, port=NUMBER, checkIntervalSec=NUMBER, timeoutSec=NUMBER),
)
SOLVER = structure(
    http01=structure(ingress=structure(name=TEXT, ingressClassName=TEXT, **{"class": TEXT})),
    dns01=structure(cloudDNS=structure("project", project=TEXT, serviceAccountSecretRef=SECRET_KEY)),
)
ACME = structure("privateKeySecretRef", "server", email=TEXT, server=TEXT, privateKeySecretRef=SECRET_KEY, solvers=several(SOLVER))
ISSUER = structure(acme=ACME, selfSigned=structure())
CERTIFICATE = structure(
    "issuerRef",
    "secretName",
    secretName=TEXT,
    dnsNames=several(TEXT),
    issuerRef=structure("name", group=TEXT, kind=TEXT, name=TEXT),
)
LABELS: Json = {"type": "object", "additionalProperties": TEXT}
# Config Connector, the controllers of AWS (ACK) and of Azure (ASO).
COMPUTE_ADDRESS = structure("location", resourceID=TEXT, location=TEXT, addressType=TEXT, ipVersion=TEXT, networkTier=TEXT)
ELASTIC_IP_ADDRESS = structure(tags=several(structure(key=TEXT, value=TEXT)))
PUBLIC_IP_ADDRESS = structure(
    "location",
    "owner",
    azureName=TEXT,
    location=TEXT,
    owner=structure(armId=TEXT, name=TEXT),
    sku=structure(name=TEXT),
    publicIPAllocationMethod=TEXT,
    publicIPAddressVersion=TEXT,
    tags=LABELS,
)
STAND_INS = [
    ("compute.cnrm.cloud.google.com", "ComputeAddress", "Namespaced", COMPUTE_ADDRESS, "v1beta1"),
    ("ec2.services.k8s.aws", "ElasticIPAddress", "Namespaced", ELASTIC_IP_ADDRESS, "v1alpha1"),
    ("network.azure.com", "PublicIPAddress", "Namespaced", PUBLIC_IP_ADDRESS, "v1api20240301", "v1api20201101"),
    ("cloud.google.com", "BackendConfig", "Namespaced", BACKEND_CONFIG),
    ("networking.gke.io", "ManagedCertificate", "Namespaced", structure(domains=several(TEXT))),
    ("cert-manager.io", "Issuer", "Namespaced", ISSUER),
    ("cert-manager.io", "ClusterIssuer", "Cluster", ISSUER),
    ("cert-manager.io", "Certificate", "Namespaced", CERTIFICATE),
]


def definition(group: str, kind: str, scope: str, spec: Json, *names: str) -> Json:
    """``names``: those of the versions, the first one stored; ``v1`` if none is given."""
    plural = f"{kind.lower()}{'es' if kind.endswith('s') else 's'}"
    schema = {"openAPIV3Schema": structure("spec", apiVersion=TEXT, kind=TEXT, metadata={"type": "object"}, spec=spec)}
    names = names or ("v1",)
    versions = [{"name": name, "served": True, "storage": name == names[0], "schema": schema} for name in names]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": scope, "names": {"kind": kind, "plural": plural}, "versions": versions},
    }


def namespace(name: str, level: str) -> Json:
    labels = {f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "audit", "warn")}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


# With this, a container without requests or limits is refused.
QUOTA: Json = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "all", "namespace": NAMESPACE},
    "spec": {"hard": {"requests.cpu": "100", "limits.cpu": "100", "requests.memory": "100Gi", "limits.memory": "100Gi"}},
}


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return vendored(tmp_path_factory.mktemp("vendor"))


@pytest.fixture(scope="module")
def server(cluster: Factory, place: local_cluster.Directories) -> t.Iterator[Cluster]:
    """A cluster of its own, because it gets definitions that other tests take for add-ons."""
    running = cluster("plain", name=CLUSTER)
    prepared = [definition(*each) for each in STAND_INS]
    prepared += [namespace(NAMESPACE, "restricted"), namespace(NFS_NAMESPACE, "privileged"), namespace("baseline", "baseline"), QUOTA]
    apply(running, prepared)
    running.kubectl("wait", "--for=condition=Established", "crd", "--all", f"--timeout={patience(2):g}s")
    yield running
    local_cluster.absent(place, CLUSTER, CONTEXT)


def apply(server: Cluster, objects: list[Json], *flags: str) -> None:
    """Server-side apply; fails on any warning."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    done = server.try_kubectl("apply", "--server-side", "-f", "-", *flags, stdin=text)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("package", "choices"), EVERY)
def test_every_object_is_taken_without_a_warning(server: Cluster, vendor: Path, package: str, choices: Json) -> None:
    objects = render(vendor, package, choices)
    apply(server, objects, "--dry-run=server")
    # As somebody whose namespace exists already deploys it, and again.
    apply(server, [item for item in objects if item["kind"] != "Namespace"], "--dry-run=server")


@pytest.mark.parametrize("package", ["iap-ingress", "cert-manager-issuer"])
def test_the_stand_ins_refuse_what_they_do_not_know(server: Cluster, vendor: Path, package: str) -> None:
    wrong = copy.deepcopy(render(vendor, package, {})[0])
    wrong["spec"]["surprise"] = 1
    done = server.try_kubectl("apply", "--server-side", "--dry-run=server", "-f", "-", stdin=json.dumps(wrong))
    assert done.returncode != 0 and "surprise" in done.stderr


def test_pods_of_tf_serving_start_within_quota_and_restricted(server: Cluster, vendor: Path) -> None:
    apply(server, render(vendor, "tf-serving", {"replicas": 2}, name="model"))
    apply(server, render(vendor, "tf-serving", {"modelPath": "s3://bucket/model"}, name="copied"))
    server.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/model", "deployment/copied", f"--timeout={patience(3):g}s")
    pods = server.get("pods", "-n", NAMESPACE, "-l", "app.kubernetes.io/instance in (model,copied)")["items"]
    assert len(pods) == 3
    server.eventually(
        lambda: len(server.get("endpointslices", "-n", NAMESPACE, "-l", "kubernetes.io/service-name=model")["items"][0]["endpoints"]) == 2,
        "both pods are behind the Service",
    )


def test_the_nfs_server_starts_and_its_claim_waits_for_it(server: Cluster, vendor: Path) -> None:
    apply(server, render(vendor, "nfs", {}, name="nfs"))
    server.kubectl("-n", NFS_NAMESPACE, "rollout", "status", "statefulset/nfs", f"--timeout={patience(3):g}s")
    assert server.get("pvc", "-n", NFS_NAMESPACE, "nfs-disk")["status"]["phase"] == "Bound"
    storage_class = server.get("storageclass", "kubeflow-nfs")
    assert storage_class["provisioner"] == "kubeflow.org/kubeflow-nfs"


@pytest.mark.parametrize(("into", "refused"), [(NAMESPACE, True), ("baseline", True), (NFS_NAMESPACE, False)])
def test_the_nfs_server_needs_the_level_privileged(server: Cluster, vendor: Path, into: str, refused: bool) -> None:
    (spec,) = [item["spec"]["template"]["spec"] for item in render(vendor, "nfs", {}) if item["kind"] == "StatefulSet"]
    server_pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "trial", "namespace": into},
        "spec": {**spec, "serviceAccountName": "default"},
    }
    done = server.try_kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(server_pod))
    assert (done.returncode != 0) is refused
    assert ("DAC_READ_SEARCH" in done.stderr) is refused


@pytest.fixture(scope="module")
def argo(server: Cluster, vendor: Path) -> Cluster:
    """The cluster, with the package argo deployed for real."""
    apply(server, render(vendor, "argo", {"controllerReplicas": 2}, name="argo"))
    server.kubectl("wait", "--for=condition=Established", "crd", "--all", f"--timeout={patience(2):g}s")
    return server


def test_the_controller_of_argo_starts(argo: Cluster) -> None:
    argo.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/workflow-controller", f"--timeout={patience(3):g}s")


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("Workflow", {"spec": {"entrypoint": "main", "templates": [{"name": "main", "container": {"image": "example.com/none"}}]}}),
        ("WorkflowTemplate", {"spec": {"templates": [{"name": "main", "suspend": {}}]}}),
        ("ClusterWorkflowTemplate", {"spec": {"templates": [{"name": "main", "suspend": {}}]}}),
        ("CronWorkflow", {"spec": {"schedules": ["0 0 * * *"], "workflowSpec": {"workflowTemplateRef": {"name": "main"}}}}),
        ("WorkflowTaskSet", {"spec": {"tasks": {"one": {"name": "main"}}}}),
        ("WorkflowTaskResult", {"phase": "Succeeded", "outputs": {"parameters": [{"name": "x", "value": "1"}]}}),
        ("WorkflowArtifactGCTask", {"spec": {"artifactsByNode": {"node": {"artifacts": {"x": {"name": "x"}}}}}}),
        ("WorkflowEventBinding", {"spec": {"event": {"selector": "true"}, "submit": {"workflowTemplateRef": {"name": "main"}}}}),
    ],
)
def test_kinds_of_argo_keep_what_they_are_given(argo: Cluster, kind: str, content: Json) -> None:
    item = {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": {"name": "trial", "namespace": NAMESPACE}, **content}
    if kind == "ClusterWorkflowTemplate":
        del item["metadata"]["namespace"]
    kept = json.loads(argo.kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=json.dumps(item)))
    assert {key: kept[key] for key in content} == content


def test_a_workflow_without_a_spec_is_refused(argo: Cluster) -> None:
    item = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "trial", "namespace": NAMESPACE}}
    done = argo.try_kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(item))
    assert done.returncode != 0 and "spec: Required value" in done.stderr


@pytest.mark.parametrize(
    ("account", "verb", "what", "where", "may"),
    [
        ("argo", "create", "pods", NAMESPACE, True),
        ("argo", "update", "leases.coordination.k8s.io", NAMESPACE, True),
        ("argo", "create", "pods", "default", False),
        ("argo", "list", "secrets", NAMESPACE, False),
        ("argo-workflow", "create", "workflowtaskresults.argoproj.io", NAMESPACE, True),
        ("argo-workflow", "get", "secrets", NAMESPACE, False),
        ("argo-workflow", "create", "pods", NAMESPACE, False),
    ],
)
def test_rights_of_argo(argo: Cluster, account: str, verb: str, what: str, where: str, may: bool) -> None:
    user = f"system:serviceaccount:{NAMESPACE}:{account}"
    done = argo.try_kubectl("auth", "can-i", verb, what, "-n", where, "--as", user)
    assert done.stdout.strip() == ("yes" if may else "no")


def test_pods_of_workflows_satisfy_restricted(argo: Cluster) -> None:
    """As the controller makes them: a step that says nothing, with the configuration's defaults, between its own containers."""
    data = argo.get("configmap", "-n", NAMESPACE, "workflow-controller-configmap")["data"]
    executor, main = json.loads(data["executor"]), json.loads(data["mainContainer"])
    defaults = json.loads(data["workflowDefaults"])["spec"]
    containers = [{"name": "wait", "image": "example.com/none", **executor}, {"name": "main", "image": "example.com/none", **main}]
    item = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "step", "namespace": NAMESPACE},
        "spec": {**defaults, "initContainers": [{"name": "init", "image": "example.com/none", **executor}], "containers": containers},
    }
    done = argo.try_kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(item))
    assert (done.returncode, done.stderr) == (0, "")
