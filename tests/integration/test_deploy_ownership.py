# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose fields are: objects that were adopted, Secrets, autoscaled workloads, Jobs that come and go, other API versions."""

from __future__ import annotations

import base64
import copy
import json
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.managed_fields import LAST_APPLIED
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import MANAGER
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application, Deployed
from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import Cluster, Factory
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import definition, deployment, made, pod

Json = dict[str, t.Any]
Make = t.Callable[..., Application]


def kubectl_apply(each: Cluster, *items: Json, flags: tuple[str, ...] = ()) -> None:
    each.kubectl("apply", *flags, "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))


def before(space: str) -> list[Json]:
    web = deployment("web", space, {"containers": [{"name": "c", "image": "example.com/x:1", "args": ["--old"]}]})
    web["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "OLD_SETTING", "value": "1"}]
    web["spec"]["template"]["spec"]["containers"].append({"name": "old-sidecar", "image": "example.com/side:1"})
    return [web, made("v1", "ConfigMap", "cfg", space, data={"a": "1", "stale": "x"})]


def after(space: str) -> list[Json]:
    web = deployment("web", space, {"containers": [{"name": "c", "image": "example.com/x:2"}]})
    return [web, made("v1", "ConfigMap", "cfg", space, data={"a": "2"})]


def containers(each: Cluster, space: str) -> list[Json]:
    return t.cast(list[Json], each.get("deployment", "web", "-n", space)["spec"]["template"]["spec"]["containers"])


def as_wanted(each: Cluster, space: str, *appliers: str) -> None:
    """Nothing of the former version is left, and no former applier."""
    (only,) = containers(each, space)
    assert (only["name"], only["image"], only.get("args"), only.get("env")) == ("c", "example.com/x:2", None, None)
    config = each.get("configmap", "cfg", "-n", space, "--show-managed-fields")
    assert config["data"] == {"a": "2"}
    assert LAST_APPLIED not in (config["metadata"].get("annotations") or {})
    assert [(entry["manager"], entry["operation"]) for entry in config["metadata"]["managedFields"]] == [(MANAGER, "Apply")]


def lines(deployed: Deployed) -> list[str]:
    """What the differences take away and add."""
    changes = []
    for each in deployed.result["diff"]:
        old, new = each["before"].splitlines(), each["after"].splitlines()
        changes += [f"-{line.strip()}" for line in old if line not in new] + [f"+{line.strip()}" for line in new if line not in old]
    return changes


def unchanged(each: Cluster, app: Application) -> None:
    with each.untouched():
        again = app.deploy().well()
    assert not again.result["changed"], again.outcome


_HOW: dict[str, t.Callable[[Cluster, list[Json]], None]] = {
    "apply": lambda each, items: kubectl_apply(each, *items),
    "create": lambda each, items: _stdin(each, items, "create"),
    "helm": lambda each, items: _stdin(each, items, "create", "--field-manager=helm"),
    "named": lambda each, items: _stdin(each, items, "create", "--field-manager=our-ci"),
    "server-side": lambda each, items: kubectl_apply(each, *items, flags=("--server-side",)),
}


def _stdin(each: Cluster, items: list[Json], *command: str) -> None:
    each.kubectl(*command, "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))


@pytest.mark.parametrize("how", _HOW)
def test_what_the_former_applier_had_goes_when_it_is_adopted(cluster: Factory, application: Make, how: str) -> None:
    each, space = cluster(), f"adopted-{how}"
    app = application(space, *after(space), adopt=True)
    _HOW[how](each, before(space))
    with each.untouched():
        look = app.deploy(check=True, diff=True).well()
    assert set(look.actions.values()) == {"taken over"}
    for line in ("-- --old", "-- image: example.com/side:1", "-- name: OLD_SETTING", "-stale: x", "+a: '2'"):
        assert line in lines(look), lines(look)
    assert set(app.deploy().well().actions.values()) == {"taken over"}
    as_wanted(each, space)
    unchanged(each, app)


@pytest.mark.parametrize("how", _HOW)
def test_the_version_after_the_adoption_needs_no_force(cluster: Factory, application: Make, how: str) -> None:
    each, space = cluster(), f"adopted-same-{how}"
    app = application(space, *before(space))
    _HOW[how](each, before(space))
    app.deploy(adopt=True).well()
    assert len(containers(each, space)) == 2
    app.write(*after(space))
    assert set(app.deploy().well().actions.values()) == {"changed"}
    as_wanted(each, space)
    unchanged(each, app)


def test_what_a_controller_or_a_scale_wrote_stays_its_own(cluster: Factory, application: Make) -> None:
    each, space = cluster(), "adopted-controllers"
    app = application(space, *after(space), adopt=True)
    kubectl_apply(each, *before(space))
    note = json.dumps({"metadata": {"annotations": {"example.com/seen": "yes"}}})
    each.kubectl("patch", "configmap/cfg", "-n", space, "--patch", note, "--field-manager=notes-controller")
    each.kubectl("scale", "deployment/web", "-n", space, "--replicas=2")
    app.deploy().well()
    config = each.get("configmap", "cfg", "-n", space, "--show-managed-fields")
    assert (config["data"], config["metadata"]["annotations"]) == ({"a": "2"}, {"example.com/seen": "yes"})
    assert {entry["manager"] for entry in config["metadata"]["managedFields"]} == {MANAGER, "notes-controller"}


def test_what_the_cluster_assigned_stays_as_it_is(cluster: Factory, application: Make) -> None:
    """Addresses, ports, volumes and selectors that were not written by the former applier are not taken back with his fields."""
    each, space = cluster(), "adopted-assigned"
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "example.com/none"}]}}
    items = [
        made("v1", "Service", "port", space, spec={"type": "NodePort", "selector": {"a": "b"}, "ports": [{"port": 80}]}),
        made(
            "v1",
            "Service",
            "balancer",
            space,
            spec={"type": "LoadBalancer", "ports": [{"name": "a", "port": 80}, {"name": "b", "port": 81}]},
        ),
        made(
            "v1",
            "PersistentVolumeClaim",
            "disk",
            space,
            spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        ),
        made("batch/v1", "Job", "once", space, spec={"template": template}),
        made("v1", "ServiceAccount", "account", space),
    ]
    app = application(space, *items, adopt=True)
    kubectl_apply(each, *items)

    def specs() -> list[t.Any]:
        return [each.get(item["kind"], item["metadata"]["name"], "-n", space).get("spec") for item in items]

    before_it = specs()
    assert set(app.deploy().well().actions.values()) == {"taken over"}
    assert specs() == before_it
    unchanged(each, app)


def test_what_does_not_fit_beside_the_old_is_adopted_in_one_run(cluster: Factory, application: Make) -> None:
    """A strategy of rolling updates forbids the other one; a dry run over the old fields alone would be refused."""
    each, space = cluster(), "adopted-strategy"
    old, new = before(space)[:1], after(space)[:1]
    old[0]["spec"]["strategy"] = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2}}
    new[0]["spec"]["strategy"] = {"type": "Recreate"}
    app = application(space, *new, adopt=True)
    kubectl_apply(each, *old)
    look = app.deploy(check=True, diff=True).well()
    assert "+type: Recreate" in lines(look)
    app.deploy().well()
    assert each.get("deployment", "web", "-n", space)["spec"]["strategy"] == {"type": "Recreate"}


def test_an_object_without_any_managers_is_adopted_whole(cluster: Factory, application: Make) -> None:
    each, space = cluster(), "adopted-unmanaged"
    app = application(space, *after(space), adopt=True)
    kubectl_apply(each, *before(space))
    none = json.dumps([{"op": "replace", "path": "/metadata/managedFields", "value": [{}]}])
    for name in ("deployment/web", "configmap/cfg"):
        each.kubectl("patch", name, "-n", space, "--type=json", f"--patch={none}")
    app.deploy().well()
    as_wanted(each, space)
    unchanged(each, app)


def test_what_an_earlier_release_adopted_by_half_is_mended(cluster: Factory, application: Make) -> None:
    each, space = cluster(), "mended"
    app = application(space, *before(space))
    app.deploy().well()
    # As it was left: ours and kubectl's together, and the record of that release.
    kubectl_apply(each, *before(space))
    parent = f"configmap/{space}-applyset"
    each.kubectl("annotate", parent, "-n", space, "--overwrite", f"applyset.kubernetes.io/tooling={MANAGER}/0.1.0")
    with each.untouched():
        look = app.deploy(check=True).well()
    assert set(look.actions.values()) == {"changed"}
    app.write(*after(space))
    done = app.deploy().well()
    assert "kubectl-client-side-apply" in done.outcome["objects"][0]["why"]
    as_wanted(each, space)
    unchanged(each, app)


def secret(each: Cluster, space: str) -> dict[str, str]:
    data = each.get("secret", "key", "-n", space).get("data") or {}
    return {name: base64.b64decode(value).decode() for name, value in data.items()}


def test_string_data_is_data(cluster: Factory, application: Make) -> None:
    each, space = cluster(), "string-data"
    plain = {name: base64.b64encode(value.encode()).decode() for name, value in {"b": "from data", "c": "ß\n"}.items()}
    app = application(space, made("v1", "Secret", "key", space, stringData={"a": "1", "b": "old", "n": None}, data=plain))
    app.deploy().well()
    assert secret(each, space) == {"a": "1", "b": "old", "c": "ß\n", "n": ""}
    unchanged(each, app)
    each.kubectl("patch", "secret/key", "-n", space, "--patch", json.dumps({"stringData": {"a": "evil"}}), "--field-manager=colleague")
    assert "field conflict with other managers: .data.a (colleague)" in app.deploy().message
    app.deploy(force_conflicts=True).well()
    app.write(made("v1", "Secret", "key", space, stringData={"a": "1"}))
    look = app.deploy(check=True, diff=True).well()
    assert "-b: (hidden)" in lines(look) and "old" not in str(look.result["diff"])
    app.deploy().well()
    assert secret(each, space) == {"a": "1"}


def test_keys_that_were_applied_as_string_data_before_go_too(cluster: Factory, application: Make) -> None:
    each, space = cluster(), "string-data-before"
    app = application(space, made("v1", "Secret", "key", space, data={"a": "MQ==", "b": "MQ=="}))
    app.deploy().well()
    # As earlier releases applied it.
    old = made("v1", "Secret", "key", space, stringData={"a": "1", "b": "1"})
    old["metadata"]["labels"] = each.get("secret", "key", "-n", space)["metadata"]["labels"]
    kubectl_apply(each, old, flags=("--server-side", f"--field-manager={MANAGER}"))
    kubectl_apply(each, old, flags=("--server-side", f"--field-manager={MANAGER}"))
    assert secret(each, space).keys() == {"a", "b"}
    app.write(made("v1", "Secret", "key", space, stringData={"a": "2"}))
    app.deploy().well()
    assert secret(each, space) == {"a": "2"}
    unchanged(each, app)


def versions(*fields: str) -> Json:
    """A CRD whose newest version has these fields, each with a default."""
    entries = []
    for number in range(1, len(fields) + 1):
        properties = {name: {"type": "string", "default": f"default-{name}"} for name in fields[:number]}
        schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}}
        entries.append({"name": f"v{number}", "served": True, "storage": number == len(fields), "schema": {"openAPIV3Schema": schema}})
    return definition("owned.example.com", "books", "Book", versions=entries)


def test_entries_of_a_version_without_a_field_do_not_block_the_next_version(cluster: Factory, application: Make) -> None:
    each, space = cluster(), "another-version"
    app = application(space, versions("a"), made("owned.example.com/v1", "Book", "one", space, spec={"a": "1"}))
    app.deploy().well()
    note = json.dumps({"metadata": {"annotations": {"example.com/seen": "yes"}}})
    each.kubectl("patch", "books.v1.owned.example.com/one", "-n", space, "--type=merge", "--patch", note, "--field-manager=colleague")
    new = versions("a", "b"), made("owned.example.com/v2", "Book", "one", space, spec={"a": "2"})
    app.write(versions("a", "b"), made("owned.example.com/v1", "Book", "one", space, spec={"a": "1"}))
    app.deploy().well()
    app.write(*new)
    look = app.deploy(check=True, diff=True).well()
    assert look.actions["Book.owned.example.com another-version/one"] == "changed"
    assert "+a: '2'" in lines(look)
    app.deploy().well()
    book = each.get("books.v2.owned.example.com", "one", "-n", space)
    assert (book["spec"], book["metadata"]["annotations"]) == ({"a": "2", "b": "default-b"}, {"example.com/seen": "yes"})
    unchanged(each, app)


def scaler(space: str, kind: str = "Deployment", version: str = "autoscaling/v2") -> Json:
    target = {"apiVersion": "apps/v1", "kind": kind, "name": "web"}
    return made(version, "HorizontalPodAutoscaler", "web", space, spec={"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 5})


def replicas(each: Cluster, space: str) -> int:
    return int(each.get("deployment", "web", "-n", space)["spec"]["replicas"])


def scale(each: Cluster, space: str, number: int) -> None:
    """As the controller of HorizontalPodAutoscalers does."""
    patch = json.dumps({"spec": {"replicas": number}})
    flags = ("--subresource=scale", "--type=merge", "--field-manager=kube-controller-manager")
    each.kubectl("patch", "deployment/web", "-n", space, *flags, "--patch", patch)


@pytest.mark.parametrize("version", ["autoscaling/v1", "autoscaling/v2"])
def test_replicas_are_the_autoscalers_after_the_first_apply(cluster: Factory, application: Make, version: str) -> None:
    each, space = cluster(), f"autoscaled-{version[-2:]}"
    web = deployment("web", space, pod(), replicas=3)
    app = application(space, web, scaler(space, version=version))
    app.deploy().well()
    assert replicas(each, space) == 3
    unchanged(each, app)
    scale(each, space, 4)
    unchanged(each, app)
    web["spec"]["template"]["spec"]["containers"][0]["image"] = "example.com/next"
    web["spec"]["replicas"] = 1
    app.write(web, scaler(space, version=version))
    app.deploy().well()
    assert replicas(each, space) == 4


def test_an_autoscaler_that_comes_later_gets_the_replicas_as_they_are(cluster: Factory, application: Make) -> None:
    each, space = cluster(), "autoscaled-later"
    web = deployment("web", space, pod(), replicas=3)
    app = application(space, web)
    app.deploy().well()
    app.write(web, scaler(space))
    look = app.deploy(check=True, diff=True).well()
    assert not [line for line in lines(look) if "replicas" in line.lower() and "min" not in line and "max" not in line], lines(look)
    app.deploy().well()
    assert replicas(each, space) == 3
    managed = each.get("deployment", "web", "-n", space, "--show-managed-fields")["metadata"]["managedFields"]
    assert not [entry for entry in managed if "f:replicas" in (entry["fieldsV1"].get("f:spec") or {})]
    unchanged(each, app)


def keda(space: str) -> tuple[Json, Json]:
    """KEDA's definition, as far as it matters, and a ScaledObject; nobody acts upon it here."""
    crd = definition("keda.sh", "scaledobjects", "ScaledObject")
    crd["spec"]["versions"][0]["name"] = "v1alpha1"
    crd["spec"]["versions"][0]["name"] = "v1alpha1"
    return crd, made("keda.sh/v1alpha1", "ScaledObject", "web", space, spec={"scaleTargetRef": {"name": "web"}, "maxReplicaCount": 5})


@pytest.mark.soak
def test_replicas_are_those_of_a_scaled_object(cluster: Factory, application: Make) -> None:
    each, space = cluster(), "scaled-object"
    crd, scaled = keda(space)
    web = deployment("web", space, pod(), replicas=3)
    crds = application(f"{space}-crds", crd)
    crds.deploy().well()
    app = application(space, web, scaled)
    app.deploy().well()
    scale(each, space, 4)
    unchanged(each, app)
    app.write(web)
    assert app.deploy().well().outcome["counts"] == {"changed": 1, "pruned": 1}
    assert replicas(each, space) == 3
    crds.deploy(state="absent").well()


@pytest.mark.parametrize("recorded", [False, True])
def test_replicas_are_ours_again_when_the_autoscaler_leaves(cluster: Factory, application: Make, recorded: bool) -> None:
    """``recorded``: as the owner of the field, which the API server does where somebody owned it when it was scaled."""
    each, space = cluster(), f"scaler-leaves-{str(recorded).lower()}"
    web = deployment("web", space, pod(), replicas=3)
    app = application(space, web, *([] if recorded else [scaler(space)]))
    app.deploy().well()
    scale(each, space, 4)
    app.write(web, scaler(space)).deploy().well()
    app.write(web)
    with each.untouched():
        look = app.deploy(check=True, diff=True).well()
    assert "+replicas: 3" in lines(look) and "-replicas: 4" in lines(look)
    later = app.deploy(prune=["later"]).well()
    assert replicas(each, space) == 4, "it goes on scaling"
    assert "kept" in later.outcome["counts"]
    assert app.deploy().well().outcome["counts"] == {"changed": 1, "pruned": 1}
    assert replicas(each, space) == 3
    unchanged(each, app)


def test_what_somebody_else_sets_beside_an_autoscaler_that_leaves_is_a_conflict(cluster: Factory, application: Make) -> None:
    each, space = cluster(), "scaler-leaves-conflict"
    web = deployment("web", space, pod(), replicas=3)
    app = application(space, web, scaler(space))
    app.deploy().well()
    scale(each, space, 4)
    each.kubectl("patch", "deployment/web", "-n", space, "--patch", '{"spec": {"paused": true}}', "--field-manager=colleague")
    web["spec"]["paused"] = False
    app.write(web)
    assert "field conflict with other managers: .spec.paused (colleague)" in app.deploy().message
    assert replicas(each, space) == 4


def test_an_application_whose_autoscaler_has_scaled_is_removed(cluster: Factory, application: Make) -> None:
    each, space = cluster(), "scaler-removed"
    app = application(space, deployment("web", space, pod(), replicas=3), scaler(space))
    app.deploy().well()
    scale(each, space, 4)
    app.deploy(state="absent").well()
    assert not each.get("deployment,horizontalpodautoscaler", "-n", space)["items"]


def job(space: str, image: str = "example.com/migrate:1", **spec: t.Any) -> Json:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": image}]}}
    return made("batch/v1", "Job", "migrate", space, spec={"ttlSecondsAfterFinished": 0, "template": template, **spec})


def test_a_finished_job_that_was_deleted_as_it_was_told_to_does_not_run_again(cluster: Factory, application: Make) -> None:
    each, space = cluster(), "ran-once"
    app = application(space, job(space))
    app.deploy().well()
    each.kubectl("delete", "job/migrate", "-n", space, "--cascade=orphan")
    with each.untouched():
        assert app.deploy(check=True).well().actions == {"Job.batch ran-once/migrate": "unchanged"}
    unchanged(each, app)
    app.write(job(space, "example.com/migrate:2"))
    assert app.deploy().well().actions == {"Job.batch ran-once/migrate": "created"}


def test_a_job_that_failed_runs_again_though_it_was_deleted(cluster: Factory, application: Make) -> None:
    each, space = cluster(), "failed-once"
    app = application(space, job(space, ttlSecondsAfterFinished=8, activeDeadlineSeconds=1))
    assert "Job.batch failed-once/migrate has failed" in app.deploy(wait_timeout=60).message
    each.kubectl("delete", "job/migrate", "-n", space, "--ignore-not-found")  # as Kubernetes does then
    assert app.deploy().well().actions == {"Job.batch failed-once/migrate": "created"}


@pytest.mark.parametrize("spec", [{"ttlSecondsAfterFinished": None}, {"suspend": True}])
def test_a_job_that_somebody_deleted_runs_again(cluster: Factory, application: Make, spec: Json) -> None:
    each, space = cluster(), f"runs-again-{'suspend' if 'suspend' in spec else 'kept'}"
    app = application(space, job(space, **spec))
    app.deploy().well()
    each.kubectl("delete", "job/migrate", "-n", space)
    assert set(app.deploy().well().actions.values()) == {"created"}


def test_our_own_old_keys_are_not_those_of_others(cluster: Factory, application: Make) -> None:
    each, space = cluster(), "own-keys"
    fixed = made("v1", "ConfigMap", "fixed", space, immutable=True, data={"a": "1", "b": "1"}, binaryData={"c": "AA=="})
    typed = made("v1", "Secret", "key", space, type="example.com/one", stringData={"a": "1", "b": "1"})
    app = application(space, fixed, typed)
    app.deploy().well()
    app.write(
        made("v1", "ConfigMap", "fixed", space, immutable=True, data={"a": "2"}),
        made("v1", "Secret", "key", space, type="example.com/two", stringData={"z": "1"}),
    )
    assert set(app.deploy(recreate=True).well().actions.values()) == {"replaced"}
    assert each.get("configmap", "fixed", "-n", space)["data"] == {"a": "2"}
    assert secret(each, space) == {"z": "1"}
    note = json.dumps({"data": {"theirs": "MQ=="}})
    each.kubectl("patch", "secret/key", "-n", space, "--patch", note, "--field-manager=colleague")
    app.write(made("v1", "Secret", "key", space, type="example.com/three", stringData={"y": "1"}))
    assert "others put theirs into it" in app.deploy(recreate=True).message


@pytest.mark.parametrize("empty", [None, {}])
def test_empty_maps_are_nobodys(cluster: Factory, application: Make, empty: object) -> None:
    each, space = cluster(), f"empty-{'null' if empty is None else 'map'}"
    web = deployment("web", space, pod())
    web["metadata"] |= {"annotations": empty, "creationTimestamp": None}
    web["spec"]["template"]["metadata"]["annotations"] = copy.deepcopy(empty)
    config = made("v1", "ConfigMap", "cfg", space, data=empty)
    config["metadata"] |= {"annotations": empty, "labels": empty}
    app = application(space, web, config)
    app.deploy().well()
    note = json.dumps({"metadata": {"annotations": {"a": "1"}, "labels": {"b": "1"}}, "data": {"c": "1"}})
    each.kubectl("patch", "configmap/cfg", "-n", space, "--patch", note, "--field-manager=colleague")
    each.kubectl("annotate", "deployment/web", "-n", space, "a=1")
    unchanged(each, app)
    assert each.get("configmap", "cfg", "-n", space)["data"] == {"c": "1"}
