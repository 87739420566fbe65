# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a user is told where a deployment can't go on: one readable message, in the terminal and in ``report.json``."""

from __future__ import annotations

import json
import re

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration import webhook_server
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import deployment, existing, made, name_of, pod, refused

LONGEST = 1500
"""Characters of a message that one still reads."""


@pytest.fixture
def deploying(work, tmp_path):
    """``deploying(cluster, "space")``: a user with an application of a few objects for that namespace."""

    class Deploying:
        def __init__(self, cluster, space):
            self.cluster, self.space = cluster, space
            self.application = Application(tmp_path / space, space)
            self.user = work(cluster, kubeflow_namespace=space, kubeflow_app_dir=str(self.application.folder), kubeflow_wait_timeout=30)

        def write(self, *items):
            self.items = [*items, made("v1", "Namespace", self.space)]
            self.application.write(*self.items)

        def play(self, **variables):
            return self.user.play("deploy", **variables)

        def refused(self, *parts, **variables):
            """It fails, and says all of ``parts`` in one message, which is in the report too; returns the message."""
            run = self.play(**variables)
            assert run.code != 0, run.output
            message = run.message
            assert "\n" not in message and len(message) < LONGEST, message
            report = json.dumps(self.user.report(), ensure_ascii=False)
            for part in parts:
                assert part in message
                assert json.dumps(part, ensure_ascii=False)[1:-1] in report, report
            return message

        def settled(self):
            """All is there, and another run changes nothing."""
            assert existing(self.cluster, self.items) == {name_of(item) for item in self.items}
            with self.cluster.untouched():
                assert self.play().well().changed == 0

    return Deploying


def config_map(name, space, **data):
    return made("v1", "ConfigMap", name, space, data=data)


def test_another_cluster(cluster, deploying):
    each = cluster()
    mine = deploying(each, "wrong-cluster")
    mine.application.cluster = {"server": "https://prod.example.com", "uid": "11111111-2222-3333-4444-555555555555"}
    mine.write(config_map("a", "wrong-cluster", a="b"))
    uid = each.get("namespace", "kube-system")["metadata"]["uid"]
    with each.untouched():
        mine.refused("https://prod.example.com", "11111111-2222-3333-4444-555555555555", each.facts["server"], uid, each.facts["context"])


OWNERS = {
    "helm": (
        {"app.kubernetes.io/managed-by": "Helm"},
        {"meta.helm.sh/release-name": "their-release", "meta.helm.sh/release-namespace": "prod"},
        "their-release",
    ),
    "argocd": ({}, {"argocd.argoproj.io/tracking-id": "their-app:/ConfigMap:foreign/argocd"}, "their-app"),
    "flux": (
        {"kustomize.toolkit.fluxcd.io/name": "their-kustomization", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"},
        {},
        "their-kustomization",
    ),
    "applyset": ({"applyset.kubernetes.io/part-of": "applyset-theirs-v1"}, {}, "applyset-theirs-v1"),
    "nobody": ({}, {}, "ConfigMap foreign/nobody"),
}


def test_objects_of_others(cluster, deploying):
    """All are named at once, each with its owner; they are taken over only when told so."""
    each = cluster()
    each.kubectl("create", "namespace", "foreign")
    for name, (labels, marks, _said) in OWNERS.items():
        item = config_map(name, "foreign", a="theirs")
        item["metadata"] |= {"labels": labels, "annotations": marks}
        each.kubectl("create", "-f", "-", stdin=json.dumps(item))
    mine = deploying(each, "foreign")
    mine.write(*(config_map(name, "foreign", a="ours") for name in OWNERS), config_map("new", "foreign", a="b"))
    with each.untouched():
        message = mine.refused(*(owner for _labels, _marks, owner in OWNERS.values()), *(f"ConfigMap foreign/{name}" for name in OWNERS))
    for tool in ("Helm", "Argo CD", "Flux", "ApplySet", "kubeflow_adopt"):
        assert tool in message
    mine.play(kubeflow_adopt=True).well()
    for name in OWNERS:
        assert each.get("configmap", name, "-n", "foreign")["data"] == {"a": "ours"}
    mine.settled()


def test_a_conflict(cluster, deploying):
    each = cluster()
    mine = deploying(each, "conflict")
    mine.write(config_map("shared", "conflict", mode="ours", other="x"), config_map("alone", "conflict", a="b"))
    mine.play().well()
    theirs = json.dumps(config_map("shared", "conflict", mode="theirs"))
    each.kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=the-admin", "-f", "-", stdin=theirs)
    mine.write(config_map("shared", "conflict", mode="newer", other="x"), config_map("alone", "conflict", a="c"))
    with each.untouched():
        mine.refused("ConfigMap conflict/shared", ".data.mode", "the-admin", "kubeflow_force_conflicts")
    mine.play(kubeflow_force_conflicts=True).well()
    assert each.get("configmap", "shared", "-n", "conflict")["data"]["mode"] == "newer"
    mine.settled()


def test_a_quota_for_objects(cluster, deploying):
    each = cluster()
    each.kubectl("create", "namespace", "quota")
    each.kubectl("create", "quota", "few", "-n", "quota", "--hard=count/secrets=1")
    each.eventually(lambda: each.get("quota", "few", "-n", "quota")["status"].get("hard"), "the quota is known")
    mine = deploying(each, "quota")
    mine.write(
        *(made("v1", "Secret", f"login-{index}", "quota", stringData={"a": "b"}) for index in range(3)), config_map("a", "quota", a="b")
    )
    message = mine.refused("quota few", "count/secrets=1")
    assert "Secret quota/login-" in message
    each.kubectl("delete", "quota", "few", "-n", "quota")
    mine.play().well()
    mine.settled()


def test_a_quota_for_pods(cluster, deploying):
    """The Deployment is taken; that its pods are not is only said in an event."""
    each = cluster()
    each.kubectl("create", "namespace", "quota-pods")
    each.kubectl("create", "quota", "no-pods", "-n", "quota-pods", "--hard=pods=0")
    each.eventually(lambda: each.get("quota", "no-pods", "-n", "quota-pods")["status"].get("hard"), "the quota is known")
    mine = deploying(each, "quota-pods")
    mine.write(deployment("server", "quota-pods", pod()))
    mine.refused("Deployment.apps quota-pods/server", "exceeded quota", "no-pods", kubeflow_wait_timeout=4)
    each.kubectl("delete", "quota", "no-pods", "-n", "quota-pods")


def test_a_policy_that_denies(cluster, deploying):
    each = cluster()
    selector = {"matchLabels": {"kubernetes.io/metadata.name": "policy"}}
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["services"]}
    validation = {"expression": "object.spec.type != 'NodePort'", "message": "no ports of nodes in this company"}
    policy = made(
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicy",
        "no-node-ports",
        spec={
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [rule], "namespaceSelector": selector},
            "validations": [validation],
        },
    )
    binding = made(
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicyBinding",
        "no-node-ports",
        spec={"policyName": "no-node-ports", "validationActions": ["Deny"]},
    )
    each.kubectl("create", "namespace", "policy")
    each.kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": [policy, binding]}))
    service = made("v1", "Service", "open", "policy", spec={"type": "NodePort", "selector": {"a": "b"}, "ports": [{"port": 80}]})

    def denies():
        return each.try_kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(service)).returncode != 0

    try:
        each.eventually(denies, "the policy is in force")
        mine = deploying(each, "policy")
        mine.write(service, config_map("a", "policy", a="b"))
        mine.refused("Service policy/open", "no-node-ports", "no ports of nodes in this company")
    finally:
        each.kubectl("delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", "no-node-ports")


def test_invalid_objects(cluster, deploying):
    """All that is wrong is said at once, by the path of the field."""
    each = cluster()
    mine = deploying(each, "invalid")
    negative = deployment("negative", "invalid", pod(), replicas=-1)
    unknown = deployment("unknown", "invalid", pod())
    unknown["spec"]["template"]["spec"]["containers"][0]["imagePullPolice"] = "Always"
    service = made("v1", "Service", "typed", "invalid", spec={"selector": {"a": "b"}, "ports": [{"port": "eighty"}]})
    fine = config_map("fine", "invalid", a="b")
    each.kubectl("create", "namespace", "invalid")
    mine.write(negative, unknown, service, fine)
    message = mine.refused(
        "Deployment.apps invalid/negative", "spec.replicas", "Deployment.apps invalid/unknown", "imagePullPolice", "Service invalid/typed"
    )
    assert re.search(r"spec\.template\.spec\.containers\[[^\]]+\]\.imagePullPolice", message) and ".spec.ports" in message
    before = len(each.requests())
    mine.write(deployment("negative", "invalid", pod()), fine)
    mine.play().well()
    assert refused(each.requests()[before:]) == []
    mine.settled()


def test_pods_that_fit_nowhere(cluster, deploying):
    each = cluster()
    mine = deploying(each, "unschedulable")
    mine.write(deployment("greedy", "unschedulable", pod(nodeSelector={"gpu": "yes"})), deployment("modest", "unschedulable", pod()))
    message = mine.refused("Deployment.apps unschedulable/greedy", "nodes are available", "node affinity/selector", kubeflow_wait_timeout=4)
    assert "modest" not in message
    objects = {one["object"]: one["action"] for one in mine.user.report()["outcome"]["objects"]}
    assert objects["Deployment.apps unschedulable/greedy"] == objects["Deployment.apps unschedulable/modest"] == "created"


def test_an_image_that_is_never_pulled(cluster, deploying):
    each = cluster()
    mine = deploying(each, "no-image")
    mine.write(deployment("web", "no-image", pod(schedulerName=webhook_server.SCHEDULER)))
    with each.client() as client, webhook_server.Kubelet(client, "no-image", webhook_server.not_pulled):
        mine.refused("Deployment.apps no-image/web", "ImagePullBackOff", "example.com/none", kubeflow_wait_timeout=4)
