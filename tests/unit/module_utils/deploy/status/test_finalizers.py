# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why something is still there, and who should see to that."""

from __future__ import annotations

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.status.finalizers import explained, short
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client

from tests.unit.conftest import Answer
from tests.unit.module_utils.deploy.delete.test_removal import deployment, item, target

RBAC = "/apis/rbac.authorization.k8s.io/v1"
FLOW = "/apis/x.io/v1/namespaces/ml/flows/nightly"


def terminating(live: t.Any, *finalizers: str) -> t.Any:
    live["metadata"] |= {"finalizers": list(finalizers), "deletionTimestamp": "now"}
    return live


def why(client: Client, live: t.Any, plural: str, apis: t.Any = None) -> str:
    return explained(client, apis or {}, {target(live, plural): live["metadata"]})[0]


def items(*objects: t.Any) -> t.Any:
    return {"metadata": {}, "items": list(objects)}


def cluster(server: t.Any, *workloads: t.Any) -> None:
    rules = [{"apiGroups": ["x.io"], "resources": ["flows"], "verbs": ["update"]}]
    everything = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    subject = [{"kind": "ServiceAccount", "name": "runner", "namespace": "ml"}]
    admin = [{"kind": "ServiceAccount", "name": "admin", "namespace": "ml"}]
    roles = [item("v1", "ClusterRole", "flows", None, rules=rules), item("v1", "ClusterRole", "all", None, rules=everything)]
    server.routes |= {
        f"{RBAC}/clusterroles": items(*roles),
        f"{RBAC}/roles": items(),
        f"{RBAC}/rolebindings": items(),
        f"{RBAC}/clusterrolebindings": items(
            {"metadata": {"name": "a"}, "roleRef": {"kind": "ClusterRole", "name": "flows"}, "subjects": subject},
            {"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "all"}, "subjects": admin},
        ),
        "/apis/apps/v1/deployments": items(*workloads),
        "/apis/apps/v1/statefulsets": items(),
        "/apis/apps/v1/daemonsets": items(),
    }


def test_a_finalizer_is_traced_to_its_controller(server: t.Any, client: Client) -> None:
    flow = terminating(item("x.io/v1", "Flow", "nightly"), "x.io/cleanup")
    owned = {"f:metadata": {"f:finalizers": {'v:"x.io/cleanup"': {}}}}
    flow["metadata"]["managedFields"] = [{"manager": "flow-manager", "fieldsV1": owned}]
    server.routes[FLOW] = flow
    admin = deployment("admin", "admin") | {"status": {"readyReplicas": 1}}
    cluster(server, admin, deployment("runner", "runner") | {"status": {"readyReplicas": 1}})
    text = why(client, flow, "flows")
    assert "Flow.x.io ml/nightly has the finalizer x.io/cleanup, set by flow-manager: Deployment ml/runner must remove it, and runs" in text
    cluster(server, admin, deployment("runner", "runner"))
    assert "Deployment ml/runner must remove it, and has no ready pod" in why(client, flow, "flows")
    cluster(server, admin)
    reason = why(client, flow, "flows")
    assert "nothing runs here any more that may change flows.x.io: deploy again" in reason
    assert """kubectl patch flows.x.io nightly -n ml --type=merge -p '{"metadata":{"finalizers":null}}'""" in reason
    server.routes["/apis/apps/v1/deployments"] = Answer({"message": "you may not"}, 403)
    assert "whether that runs can't be seen (you may not)" in why(client, flow, "flows")


def test_a_claim_in_use_names_the_pod(server: t.Any, client: Client) -> None:
    claim = terminating(item("v1", "PersistentVolumeClaim", "disk"), "kubernetes.io/pvc-protection")
    server.routes["/api/v1/namespaces/ml/persistentvolumeclaims/disk"] = claim
    user = item("v1", "Pod", "user", spec={"volumes": [{"persistentVolumeClaim": {"claimName": "disk"}}]})
    server.routes["/api/v1/namespaces/ml/pods"] = items(user, item("v1", "Pod", "other", spec={}))
    assert "is used by pod user (finalizer kubernetes.io/pvc-protection)" in why(client, claim, "persistentvolumeclaims")


def test_a_namespace_and_a_definition_tell_what_holds_them(server: t.Any, client: Client) -> None:
    apis = {"x.io/v1": {"Flow": {"resource": "flows", "namespaced": True}}}
    flow = terminating(item("x.io/v1", "Flow", "nightly"), "x.io/cleanup")
    cluster(server)
    server.routes |= {FLOW: flow, "/apis/x.io/v1/namespaces/ml/flows": items(flow), "/apis/x.io/v1/flows": items(flow)}
    message = "Some resources are remaining: flows.x.io has 1 resource instances"
    space = terminating(item("v1", "Namespace", "ml", None))
    space["status"] = {"conditions": [{"type": "NamespaceContentRemaining", "status": "True", "message": message}]}
    server.routes["/api/v1/namespaces/ml"] = space
    text = why(client, space, "namespaces", apis)
    assert f"Namespace ml is not empty (NamespaceContentRemaining: {message}); there Flow.x.io ml/nightly has the finalizer" in text
    spec = {
        "group": "x.io",
        "scope": "Namespaced",
        "names": {"plural": "flows", "kind": "Flow"},
        "versions": [{"name": "v1", "served": True}],
    }
    crd = terminating(item("apiextensions.k8s.io/v1", "CustomResourceDefinition", "flows.x.io", None, spec=spec))
    server.routes["/apis/apiextensions.k8s.io/v1/customresourcedefinitions/flows.x.io"] = crd
    assert "waits until its resources are gone: Flow.x.io ml/nightly has" in why(client, crd, "customresourcedefinitions", apis)


def test_a_line_of_progress_stays_short() -> None:
    objects = [terminating(item("v1", "ConfigMap", f"c{number}"), "x.io/a") for number in range(9)]
    assert short({target(each): each["metadata"] for each in objects}).endswith("ConfigMap ml/c2 (finalizer x.io/a) and 6 more")
