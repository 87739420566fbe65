# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every rule is reached, what the user chose wrongly is told, and what a rule sets is seen in the objects."""

from __future__ import annotations

import functools
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet import application
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import prototypes
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.quantity import parse
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan import packages
from ansible_collections.kubeflow.bootstrap.tests.unit.rules import stories
from ansible_collections.kubeflow.bootstrap.tests.unit.rules.stories import CASES, IAP, OIDC

Json = dict[str, t.Any]
# Rule: facts, what the user chose, and what is said of it.
CHOSEN_WRONGLY: dict[str, tuple[str, Json, str]] = {
    "storage-class-unknown": ("gke-gpu", {"storageClass": "gone"}, "There are: premium-rwo, standard, standard-rwo."),
    "storage-class-makes-nothing": ("no-default-storage", {"storageClass": "local-storage"}, "local-storage makes no volumes"),
    "storage-class-without-its-driver": ("driver-missing", {"storageClass": "gp2"}, "gp2 is not installed"),
    "shared-storage-class-unknown": ("plain", {"sharedStorageClass": "gone"}, "no storage class gone for the shared volume"),
    "shared-storage-class-for-one-node": ("gke-gpu", {"sharedStorageClass": "standard-rwo"}, "on one node at a time"),
    "ingress-class-unknown": ("k3s-traefik", {"ingressClass": "nginx"}, "There are: traefik."),
    "gateway-class-unknown": ("gateway-api", {"gatewayClass": "old"}, "Accepted are: eg."),
    "cert-manager-missing": ("metallb", {"hostname": "kubeflow.example.com", "tlsIssuer": "own"}, "the cluster has no cert-manager"),
    "certificate-that-no-alb-takes": ("eks", {"hostname": "kubeflow.example.com", "tlsSecretName": "own"}, "AWS Certificate Manager alone"),
    "load-balancer-without-an-address": ("plain", {"gatewayServiceType": "LoadBalancer"}, "no other controller was found"),
    "login-by-oidc-incomplete": ("plain", {"oidcIssuer": OIDC["oidcIssuer"]}, "oidcClientId and oidcSecretName"),
    "issuer-of-service-accounts": (
        "plain",
        {**OIDC, "oidcIssuer": "https://kubernetes.default.svc.cluster.local"},
        "No person can log in there",
    ),
    "openshift-login-elsewhere": (
        "openshift",
        {"jupyterHubAuthenticator": "openshift", "hostname": "kubeflow.example.com"},
        "does not serve it (oauth.openshift.io/v1)",
    ),
    "iap-outside-of-google": ("plain", IAP, "this cluster is kubernetes"),
    "gpu-not-there": ("plain", {"gpuResource": "nvidia.com/gpu"}, "there is: none"),
    "one-password-for-the-internet": ("hetzner", {"gatewayServiceType": "LoadBalancer"}, "open to the internet"),
    "volume-below-the-smallest-disk": ("large-disks", {"hubPVCSize": "2Gi"}, "of the class oci-bv is to be smaller"),
    "shared-volume-below-the-smallest-disk": ("large-disks", {"sharedStorageClass": "oci-bv", "sharedPVCSize": "1Gi"}, "which is 50Gi"),
    "work-is-not-kept": ("plain", {"jupyterNotebookPVCMount": "null"}, "is gone when the server stops"),
}


@functools.cache
def _reached() -> dict[str, str]:
    """Rule to the first plan that rests on it, or in which it says something."""
    first: dict[str, str] = {}
    for case in CASES:
        for each in stories.ids(stories.planned(case)):
            first.setdefault(each, case)
    return first


def test_every_rule_is_reached() -> None:
    elsewhere = {
        "address-of-the-step",
        "argo-definitions-of-others",
        "argo-definitions-of-this-application",
        "argo-of-others",
        "behind-iap-ingress",
        "facts-of-another-namespace",
        "host-of-the-step",
        "ingress-beside-another-controller",
        "ingress-that-answers-challenges",
        "oauth-client-of-the-step",
        "issuer-of-this-application",
        "nfs-server-for-every-pod",
        "nfs-server-for-the-nodes-alone",
        "no-password-for-the-internet",
        "shared-volume-of-this-application",
        "storage-forbidden-by-a-quota",
        "webhook-whose-server-is-not-ready",
        "training-operator-of-this-application",
        "tf-serving-needs-amd64",
    }
    elsewhere |= set(AT_NIGHT)
    elsewhere |= {rule.id for rule in stories.rules() if rule.id.startswith("platform-")}  # test_platform.py
    known = {rule.id for rule in stories.rules()}
    assert set(CHOSEN_WRONGLY) | elsewhere <= known
    assert sorted(known - _reached().keys() - CHOSEN_WRONGLY.keys() - elsewhere) == []


def test_ids_are_unique() -> None:
    ids = [rule.id for rule in stories.rules()]
    assert sorted(ids) == sorted(set(ids))


def test_blockers_say_what_to_do() -> None:
    assert [rule.id for rule in stories.rules() if rule.does == "blocks" and not rule.fix] == []


@pytest.mark.parametrize("rule", CHOSEN_WRONGLY)
def test_what_was_chosen_wrongly_is_told(rule: str) -> None:
    name, parameters, reason = CHOSEN_WRONGLY[rule]
    assert rule not in stories.ids(stories.plan(stories.facts(name)))
    document = stories.plan(stories.facts(name), parameters=parameters)
    does = next(each.does for each in stories.rules() if each.id == rule)
    (item,) = [item for item in document["blockers" if does == "blocks" else "warnings"] if item["id"] == rule]
    assert reason in item["reason"]


def test_an_alb_is_inside_and_takes_no_certificate_from_a_secret() -> None:
    document = stories.plan(stories.facts("eks"), parameters={"hostname": "ml.example.com", "tlsSecretName": "tls"})
    core = document["parameters"]["kubeflow-core"]
    assert (core["ingressClass"]["value"], core["secureCookies"]["value"], document["blockers"]) == ("alb", "false", [])


def test_facts_of_another_namespace() -> None:
    document = stories.plan(stories.facts("plain"), namespace="ml")
    assert "asked for in the namespace kubeflow, not in ml" in next(
        item["reason"] for item in document["warnings"] if item["id"] == "facts-of-another-namespace"
    )
    assert "facts-of-another-namespace" not in stories.ids(stories.plan(stories.facts("plain"), namespace="kubeflow"))


def _written(document: Json) -> dict[str, str]:
    return application.files(document["application"], {}, stories.sought({"kubeflow-core": "kubeflow-core"}).contents).files


def test_what_is_there_and_can_not_be_changed_stays() -> None:
    first = stories.plan(stories.facts("plain"))
    current, now = _written(first), stories.facts("gke-gpu")
    for key in ("server", "uid"):
        now["cluster"][key] = stories.facts("plain")["cluster"][key]
    for _run in range(2):
        again = stories.plan(now, current=current)
        values = again["parameters"]["kubeflow-core"]
        assert (values["storageClass"]["value"], values["storageClass"]["rule"]) == ("standard", "storage-class-of-the-claims")
        assert "A new one would get standard-rwo." in values["storageClass"]["reason"]
        assert values["storageClass"]["alternatives"] == ["standard-rwo"]
        assert (values["sharedStorageClass"]["value"], values["sharedStorageClass"]["rule"]) == ("standard", "shared-volume-of-the-claim")
        # The same once more, so that the next run changes nothing.
        current = application.files(again["application"], current, stories.sought({"kubeflow-core": "kubeflow-core"}).contents).files
    chosen = stories.plan(now, current=current, parameters={"storageClass": "standard-rwo"})
    assert chosen["parameters"]["kubeflow-core"]["storageClass"]["source"] == "user"
    assert stories.plan(stories.facts("plain"), current=_written(first))["parameters"] == first["parameters"]


def test_the_operator_stays_when_another_one_comes() -> None:
    name = next(case for rule, case in _reached().items() if rule == "training-operator-of-another-installation")
    facts = stories.facts(name.partition("+")[0].strip()) if name not in stories.names() else stories.facts(name)
    assert stories.plan(facts)["parameters"]["kubeflow-core"]["trainingOperator"]["value"] == "false"
    files = _written(stories.plan(facts, parameters={"trainingOperator": "true"}))
    choice = stories.plan(facts, current=files)["parameters"]["kubeflow-core"]["trainingOperator"]
    assert (choice["value"], choice["rule"]) == ("true", "training-operator-of-this-application")


def test_serving_on_arm64_alone() -> None:
    chosen: Json = {
        "components": {"model": "tf-serving"},
        "all_parameters": {"model": {"modelPath": "gs://bucket/model"}},
    }
    assert "tf-serving-needs-amd64" in stories.ids(stories.plan(stories.facts("arm64-alone"), **chosen))
    assert "tf-serving-needs-amd64" not in stories.ids(stories.plan(stories.facts("arm64-mixed"), **chosen))


# Component: its prototype, and what it needs.
OTHERS: dict[str, tuple[str, Json]] = {
    "model": ("tf-serving", {"modelPath": "gs://bucket/model", "numGpus": 1}),
    "small-model": ("tf-serving", {"modelPath": "gs://bucket/model"}),
    "tf": ("tf-job", {"image": "example.com/train:1"}),
    "torch": ("pytorch-job", {"image": "example.com/train:1", "num_gpus": 1}),
    "argo": ("argo", {}),
    "files": ("nfs", {"className": "ours"}),
    "entry": ("iap-ingress", {"ipName": "kubeflow", "hostname": "kubeflow.example.com"}),
    "issuer": ("cert-manager-issuer", {"acmeEmail": "me@example.com"}),
}


def _others(facts: str, *names: str, **core: t.Any) -> Json:
    components = {"kubeflow-core": "kubeflow-core", **{name: OTHERS[name][0] for name in names}}
    chosen = {"kubeflow-core": core, **{name: OTHERS[name][1] for name in names}}
    return stories.plan(stories.facts(facts), components=components, all_parameters=chosen)


@pytest.mark.parametrize("facts", ["plain", "gke-gpu", "gpus-eight", "openshift", "k3s-traefik", "windows-mixed", "quota"])
def test_what_is_set_in_other_packages_has_an_effect(facts: str) -> None:
    for values in _others(facts, *OTHERS)["parameters"].values():
        assert [key for key, choice in values.items() if choice["no_effect"] and choice["rule"]] == []


def test_gpus_of_other_packages() -> None:
    parameters = _others("gpus-eight", "model", "small-model", "torch", "tf")["parameters"]
    for name, asks in (("model", True), ("torch", True), ("small-model", False), ("tf", False)):
        assert [each["key"] for each in parameters[name]["gpuTolerations"]["value"]] == (["nvidia.com/gpu", "team"] if asks else [])


def test_a_server_of_files_of_our_own_gives_the_shared_volume() -> None:
    document = _others("gke-gpu", "files")
    assert document["parameters"]["kubeflow-core"]["sharedStorageClass"]["rule"] == "shared-volume-of-this-application"
    assert document["parameters"]["kubeflow-core"]["sharedStorageClass"]["value"] == "ours"
    assert (document["parameters"]["files"]["storageClass"]["value"], document["blockers"]) == ("standard-rwo", [])


def test_a_server_of_files_is_for_the_nodes_alone_where_their_addresses_tell_them_apart() -> None:
    limited = _others("kind", "files")
    assert (limited["parameters"]["files"]["clientCIDRs"]["value"], limited["parameters"]["files"]["clientCIDRs"]["rule"]) == (
        ["172.18.0.0/16"],
        "nfs-server-for-the-nodes-alone",
    )
    assert "nfs-server-for-every-pod" not in stories.ids(limited)
    open_to_all = _others("gke-gpu", "files")
    assert open_to_all["parameters"]["files"]["clientCIDRs"]["source"] == "default"
    assert "nfs-server-for-every-pod" in stories.ids(open_to_all)


def _controller(namespace: str, serves: str, tool: str | None = None) -> Json:
    return {"name": "argo-workflows", "version": "v3.6.2", "namespace": namespace, "managed_by": {"tool": tool} if tool else None,
            "ready": True, "details": {"serves": serves, "apis": ["Workflow.argoproj.io"]}}  # fmt: skip


@pytest.mark.parametrize(
    ("controllers", "namespaced", "definitions", "blocked"),
    [
        ([], "true", "true", False),
        (
            [{"name": "argo-workflows", "version": None, "namespace": None, "managed_by": None, "details": {"apis": []}}],
            "true",
            "true",
            False,
        ),
        ([_controller("kubeflow", "kubeflow", "applyset")], "true", "true", False),
        ([_controller("argo", "argo")], "true", "false", False),
        ([_controller("argo", "argo")], "false", "false", True),
        ([_controller("argo", "*", "helm")], "true", "false", True),
        ([_controller("argo", "kubeflow")], "true", "false", True),
        ([_controller("ml", "ml", "applyset")], "true", "false", False),
        ([_controller("kubeflow", "kubeflow", "applyset"), _controller("ml", "*", "applyset")], "true", "false", True),
    ],
)
def test_a_controller_of_argo_of_others(controllers: list[Json], namespaced: str, definitions: str, blocked: bool) -> None:
    facts = stories.facts("plain")
    facts["cluster"]["addons"] = controllers
    document = stories.plan(facts, components={"argo": "argo"}, parameters={"namespaced": namespaced})
    assert document["parameters"]["argo"]["customResources"]["value"] == definitions
    blockers = [item["reason"] for item in document["blockers"] if item["id"] == "argo-of-others"]
    assert bool(blockers) == blocked
    assert not blocked or "v3.6.2 is in the namespace" in blockers[0]


def test_the_definitions_of_argo_stay_when_another_one_comes() -> None:
    components = {"argo": "argo"}
    first = stories.plan(stories.facts("plain"), components=components)
    current = application.files(first["application"], {}, stories.sought(components).contents).files
    facts = stories.facts("plain")
    facts["cluster"]["addons"] = [_controller("argo", "argo")]
    choice = stories.plan(facts, components=components, current=current)["parameters"]["argo"]["customResources"]
    assert (choice["value"], choice["rule"]) == ("true", "argo-definitions-of-this-application")


def test_an_issuer_of_our_own_gives_the_certificate() -> None:
    parameters = _others("gateway-api", "issuer", hostname="kubeflow.example.com")["parameters"]["kubeflow-core"]
    assert (parameters["tlsIssuer"]["rule"], parameters["tlsIssuer"]["value"]) == ("issuer-of-this-application", "letsencrypt-prod")
    assert parameters["secureCookies"]["value"] == "true"
    assert _others("gateway-api", "issuer")["parameters"]["kubeflow-core"]["tlsIssuer"]["source"] == "default"


def test_ingresses_of_other_packages() -> None:
    parameters = _others("k3s-traefik", "entry", "issuer")["parameters"]
    assert (parameters["entry"]["ingressClass"]["value"], parameters["issuer"]["ingressClass"]["value"]) == ("gce", "traefik")
    assert _others("gke-gpu", "entry")["parameters"]["entry"]["ingressClass"]["value"] == "null"


def test_parts_of_core_are_planned_as_the_whole() -> None:
    parts = {"hub": "jupyterhub", "entry": "gateway", "space": "namespace", "operator": "training-operator"}
    for name in ("gke-gpu", "openshift", "quota", "namespace-privileged"):
        whole = stories.plan(stories.facts(name))["parameters"]["kubeflow-core"]
        parameters = stories.plan(stories.facts(name), components=parts)["parameters"]
        chosen = [
            (key, choice["value"]) for values in parameters.values() for key, choice in values.items() if choice["source"] != "default"
        ]
        assert set(map(str, chosen)) == {str((key, choice["value"])) for key, choice in whole.items() if choice["source"] != "default"}


# --- steps


def test_what_steps_found_out_lies_where_it_fits() -> None:
    def ip(facts: str, steps: Json | None = None, **more: t.Any) -> Json:
        values: Json = stories.plan(stories.facts(facts), steps=STEPS if steps is None else steps, **more)["parameters"]["kubeflow-core"]
        return values

    parameters = ip("gke-gpu")
    assert {key: parameters[key]["value"] for key in ("ipName", "hostname", "ingressClass")} == {
        "ipName": "kubeflow-1",
        "hostname": "kubeflow.example.com",
        "ingressClass": "gce",
    }
    assert (parameters["ipName"]["source"], parameters["ipName"]["reason"]) == ("step", "It was reserved.")
    assert (parameters["iapAudience"]["source"], parameters["iapAudience"]["rule"]) == ("step", "step-auth")
    assert parameters["jupyterHubAuthenticator"]["value"] == "iap"
    # Where nothing takes a public address it is not laid: an Ingress of another class, an internal load balancer, the Service's port.
    plain = {name: STEPS[name] for name in ("static_ip", "dns")}
    regional = {**STEPS, "static_ip": {**STEPS["static_ip"], "record": {"provider": "google", "scope": "regional"}}}
    for facts, steps in (("k3s-traefik", plain), ("gke-gpu", {"static_ip": STEPS["static_ip"]}), ("eks", plain), ("gke-gpu", regional)):
        assert ip(facts, steps)["ipName"]["source"] == "default", facts
    mine = ip("gke-gpu", parameters={"ipName": "mine", "hostname": "my.example.com", **IAP, "ingressClass": "gce"})
    assert {mine[key]["value"] for key in ("ipName", "hostname")} == {"mine", "my.example.com"}
    assert all(mine[key]["source"] == "user" for key in ("ipName", "hostname", "iapAudience"))
    # One access: that of iap-ingress.
    core, entry = stories.plan(
        stories.facts("gke-gpu"), steps=STEPS, components={"kubeflow-core": "kubeflow-core", "iap-ingress": "iap-ingress"}
    )["parameters"].values()
    assert {core[key]["value"] for key in ("hostname", "ipName", "ingressClass", "oauthSecretName")} == {"null"}
    assert [entry[key]["value"] for key in ("hostname", "ipName")] == ["kubeflow.example.com", "kubeflow-1"]


# --- effects

BESIDE_CORE = {
    "behind-iap-ingress": ("gke-gpu", "entry", {}),
    "ingress-beside-another-controller": ("k3s-traefik", "entry", {}),
    "ingress-that-answers-challenges": ("k3s-traefik", "issuer", {}),
    "issuer-of-this-application": ("gateway-api", "issuer", {"hostname": "kubeflow.example.com"}),
    "nfs-server-for-the-nodes-alone": ("kind", "files", {}),
    "argo-definitions-of-others": ("argo-of-others", "argo", {}),
    "shared-volume-of-this-application": ("gke-gpu", "files", {}),
}
STEPS: Json = {
    "static_ip": {
        "parameters": {"ipName": "kubeflow-1"},
        "components": {},
        "reason": "It was reserved.",
        "record": {"provider": "google", "scope": "global"},
    },
    "dns": {"parameters": {"hostname": "kubeflow.example.com"}, "components": {}, "reason": "It was made.", "record": {}},
    "auth": {"parameters": {**IAP, "oauthSecretName": "kubeflow-oauth"}, "components": {}, "reason": "GKE has it.", "record": {}},
}
BY_STEPS = ("host-of-the-step", "address-of-the-step", "oauth-client-of-the-step")
AT_NIGHT = (
    "gateway-of-this-application",
    "gpu-of-this-application",
    "gpu-pool-of-this-application",
    "gpu-tolerations-of-this-application",
    "gpus-of-this-application",
    "second-training-operator-of-this-application",
)
# Those of the platform's packages are in test_platform.py.
SETTING = [rule.id for rule in stories.rules() if rule.does == "sets" and not rule.id.startswith("platform-")]


@pytest.mark.parametrize("rule", SETTING)
def test_what_a_rule_sets_is_seen_in_the_objects(rule: str) -> None:
    if rule in BESIDE_CORE:
        facts, beside, core = BESIDE_CORE[rule]
        plan = _others(facts, beside, **core)
    elif rule in BY_STEPS:
        plan = stories.plan(stories.facts("gke-gpu"), steps=STEPS)
    elif rule in AT_NIGHT:
        plan = _at_night()
    else:
        plan = stories.planned(_reached()[rule])
    component, key, choice = next(
        (component, key, choice)
        for component, values in plan["parameters"].items()
        for key, choice in values.items()
        if choice["rule"] == rule
    )
    components = {name: entry["prototype"] for name, entry in plan["application"]["components"].items()}
    release = stories.OLD.get(_reached().get(rule, ""), ("", ""))[1]
    contents = (stories.old(release) if release else stories.sought(components)).contents
    prototype = packages.find(components[component], contents)
    declared = [each.name for each in prototype.parameters]
    own = prototypes.read_values(prototypes.values(prototype, component, {}, existing=declared))[key]
    # What the package would do anyway is compared with what else could have been chosen.
    other = own if own != choice["value"] else choice["alternatives"][0]
    assert _objects(plan, contents, component, {}) != _objects(plan, contents, component, {key: other})


def _at_night() -> Json:
    """The plan of a cluster that has lost all its nodes but one since it was planned."""
    facts, later = stories.facts("gke-gpu"), stories.facts("gke-gpu")
    gpu = {"count": 8, "taints": [{"key": "team", "value": "research", "effect": "NoSchedule"}]}
    facts["cluster"]["nodes"]["accelerators"][0] |= gpu
    files = application.files(stories.plan(facts)["application"], {}, stories.sought({"kubeflow-core": "kubeflow-core"}).contents).files
    later["cluster"]["nodes"]["accelerators"] = []
    later["cluster"]["nodes"]["ordinary"]["count"] = 1
    return stories.plan(later, current=files)


def _objects(plan: Json, contents: t.Any, component: str, changes: Json) -> t.Any:
    declaration = plan["application"]
    entry = declaration["components"][component]
    changed = {**entry, "parameters": {**entry["parameters"], **changes}}
    files = application.files({**declaration, "components": {**declaration["components"], component: changed}}, {}, contents).files
    return render.objects(files, "default")


# --- the numbers in the rules


def test_what_counts_as_too_small_is_what_the_smallest_kubeflow_asks_for() -> None:
    """``cluster-too-small`` and ``quota-too-small`` stand for the pods of the package, and a notebook server of the smallest size."""
    contents = stories.sought({"kubeflow-core": "kubeflow-core"}).contents
    objects = [each for those in _objects(stories.planned("one-small-machine"), contents, "kubeflow-core", {}).values() for each in those]
    workloads = [each["spec"] for each in objects if each["kind"] in ("Deployment", "StatefulSet")]
    assert [each["replicas"] for each in workloads] == [1, 1, 1]
    containers = [each["resources"] for spec in workloads for each in spec["template"]["spec"]["containers"]]
    asked = {
        (kind, name): sum(parse(each[kind][name]) for each in containers) for kind in ("requests", "limits") for name in ("cpu", "memory")
    }
    server = {("requests", "cpu"): 0.1, ("requests", "memory"): 512 * 2**20, ("limits", "cpu"): 0.4, ("limits", "memory"): 2048 * 2**20}
    needed = {key: round(asked[key] + server[key], 3) for key in asked}
    assert needed == {
        ("requests", "cpu"): 0.32,
        ("requests", "memory"): 992 * 2**20,
        ("limits", "cpu"): 2.9,
        ("limits", "memory"): 3968 * 2**20,
    }
