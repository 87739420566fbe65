# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The training operator, and the packages tf-job and pytorch-job: what each parameter does, and that the objects fit together."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
import rjsonnet
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import component, prototypes

REGISTRY = Path(__file__).parents[3] / "registry"
IMAGE = "registry.example.com/train:1"
PACKAGE_OF = {"training-operator": "core", "tf-job": "tf-job", "pytorch-job": "pytorch-job"}
NEEDED: dict[str, dict[str, t.Any]] = {"training-operator": {}, "tf-job": {"image": IMAGE}, "pytorch-job": {"image": IMAGE}}
KINDS = ["PyTorchJob", "TFJob", "MPIJob", "XGBoostJob", "PaddleJob", "JAXJob"]

Json = dict[str, t.Any]
Render = t.Callable[..., dict[str, Json]]

# For each parameter: a value, what must be chosen with it, and where the value then stands (kind/name and the field's path).
POD = ("spec", "template", "spec")
OPERATOR: dict[str, tuple[t.Any, Json, str, tuple[t.Any, ...]]] = {
    "name": ("other", {}, "Deployment/training-operator", ("metadata", "labels", "app.kubernetes.io/instance")),
    "namespace": ("team", {}, "Role/training-operator-jobs", ("metadata", "namespace")),
    "trainingOperatorNamespace": ("elsewhere", {}, "Deployment/training-operator", ("metadata", "namespace")),
    "trainingJobs": ("cluster", {}, "ClusterRole/training-operator", ("rules",)),
    "cloud": ("openshift", {}, "Deployment/training-operator", (*POD, "securityContext")),
    "imageRegistry": ("mirror.example", {}, "Deployment/training-operator", (*POD, "containers", 0, "image")),
    "imagePullSecret": ("pull", {}, "Deployment/training-operator", (*POD, "imagePullSecrets", 0, "name")),
    "nodeSelector": ({"pool": "a"}, {}, "Deployment/training-operator", (*POD, "nodeSelector")),
    "trainingOperatorImage": ("example.com/operator:1", {}, "Deployment/training-operator", (*POD, "containers", 0, "image")),
    "trainingOperatorReplicas": (3, {}, "Deployment/training-operator", ("spec", "replicas")),
}


def jobs_parameters(kind: str, field: str, leader: str) -> dict[str, tuple[t.Any, Json, str, tuple[t.Any, ...]]]:
    job = f"{kind}/one"
    replicas = ("spec", field)
    pod = (*replicas, leader, "template", "spec")
    main = (*pod, "containers", 0)
    gpu = {"num_gpus": 2}
    return {
        "namespace": ("team", {}, job, ("metadata", "namespace")),
        "image": ("example.com/other:1", {}, job, (*main, "image")),
        "command": (["python", "train.py"], {}, job, (*main, "command")),
        "args": ("--epochs=3", {}, job, (*main, "args", 0)),
        "image_gpu": ("example.com/gpu:1", gpu, job, (*main, "image")),
        "num_workers": (3, {}, job, (*replicas, "Worker", "replicas")),
        "num_gpus": (2, {}, job, (*main, "resources", "limits", "nvidia.com/gpu")),
        "gpuResource": ("amd.com/gpu", gpu, job, (*pod, "tolerations", 0, "key")),
        "gpuTolerations": ([{"key": "team", "operator": "Exists"}], gpu, job, (*pod, "tolerations", slice(1, None))),
        "gpuNodeSelector": ({"gpu": "l4"}, gpu, job, (*pod, "nodeSelector")),
        "cpu": ("3", {}, job, (*main, "resources", "limits", "cpu")),
        "memory": ("5Gi", {}, job, (*main, "resources", "requests", "memory")),
        "cloud": ("openshift", {}, job, (*pod, "securityContext")),
        "imagePullSecret": ("pull", {}, job, (*pod, "imagePullSecrets", 0, "name")),
        "nodeSelector": ({"pool": "a"}, {}, job, (*pod, "nodeSelector")),
    }


EFFECTS = {
    "training-operator": OPERATOR,
    "tf-job": {
        **jobs_parameters("TFJob", "tfReplicaSpecs", "Chief"),
        "num_masters": (0, {"num_workers": 1}, "TFJob/one", ("spec", "tfReplicaSpecs", "Chief")),
        "num_ps": (2, {}, "TFJob/one", ("spec", "tfReplicaSpecs", "PS", "replicas")),
    },
    "pytorch-job": jobs_parameters("PyTorchJob", "pytorchReplicaSpecs", "Master"),
}
# The values that stand elsewhere as another thing than themselves.
TURNED = {"cloud", "imageRegistry", "num_masters", "trainingJobs"}
# Each has a test of its own below.
ELSEWHERE = {("training-operator", "trainingOperator"), ("tf-job", "name"), ("pytorch-job", "name")}


def declared(prototype: str) -> prototypes.Prototype:
    path = REGISTRY / PACKAGE_OF[prototype] / "prototypes" / f"{prototype}.jsonnet"
    return prototypes.parse(path.read_text(encoding="utf-8"), path.name)


@pytest.fixture(scope="module")
def render(tmp_path_factory: pytest.TempPathFactory) -> Render:
    """render(prototype, parameter=value, ...) -> {kind/name: object}, of a component "one" in the namespace kubeflow."""
    vendor = tmp_path_factory.mktemp("vendor")
    (vendor / "kubeflow").symlink_to(REGISTRY)

    def evaluate(prototype: str, **choices: t.Any) -> dict[str, Json]:
        values = prototypes.values(declared(prototype), "one", {**NEEDED[prototype], **choices})
        params = ", ".join(f"{json.dumps(name)}: {literal}" for name, literal in values.items())
        text = rjsonnet.evaluate_snippet(
            "one.jsonnet",
            component.from_prototype("one", declared(prototype))[1],
            jpathdir=[str(vendor)],
            ext_codes={
                "__ksonnet/environments": '{server: "https://cluster.example", namespace: "kubeflow"}',
                "__ksonnet/params": f'{{components: {{"one": {{{params}}}}}}}',
            },
        )
        items = json.loads(text)["items"]
        objects = {f"{item['kind']}/{item['metadata']['name']}": item for item in items}
        assert len(objects) == len(items), "two objects of one kind and name"
        return objects

    return evaluate


def at(value: t.Any, path: tuple[t.Any, ...]) -> t.Any:
    for step in path:
        if value is None:
            return None
        value = value.get(step) if isinstance(value, dict) else value[step]
    return value


def templates(objects: dict[str, Json]) -> dict[str, Json]:
    """The pod templates of jobs, by type of replica."""
    replicas = next(value for key, value in objects[next(iter(objects))]["spec"].items() if key.endswith("ReplicaSpecs"))
    return {type: replica["template"]["spec"] for type, replica in replicas.items()}


@pytest.mark.parametrize("prototype", PACKAGE_OF)
def test_each_parameter_is_covered(prototype: str) -> None:
    elsewhere = {name for of, name in ELSEWHERE if of == prototype}
    assert set(EFFECTS[prototype]) | elsewhere == {parameter.name for parameter in declared(prototype).parameters}


@pytest.mark.parametrize(("prototype", "name"), [(prototype, name) for prototype, names in EFFECTS.items() for name in names])
def test_each_parameter_has_its_effect(render: Render, prototype: str, name: str) -> None:
    value, others, key, path = EFFECTS[prototype][name]
    before, after = at(render(prototype, **others).get(key), path), at(render(prototype, **others, **{name: value})[key], path)
    assert before != after
    assert name in TURNED or after == value


WRONG = [
    ("training-operator", "trainingOperator", "yes", {}, "one of true, false"),
    ("training-operator", "trainingOperatorReplicas", 0, {}, "a whole number from 1 on"),
    ("training-operator", "trainingOperatorImage", "null", {}, "a text that is not empty"),
    ("training-operator", "cloud", "azure", {}, "one of null, gke, eks, aks, openshift"),
    ("tf-job", "num_masters", 2, {}, "0 or 1"),
    ("tf-job", "num_workers", 0, {"num_masters": 0, "num_ps": 1}, "a whole number from 1 on where num_masters is 0"),
    ("tf-job", "num_ps", 0.5, {}, "a whole number from 0 on"),
    *(
        (prototype, name, value, others, allowed)
        for prototype in ("tf-job", "pytorch-job")
        for name, value, others, allowed in [
            ("name", "My_job", {}, "a name of small letters, digits and dashes"),
            ("name", "1-job", {}, "a name of at most 50 characters that begins with a letter"),
            ("name", "j" * 51, {}, "a name of at most 50 characters that begins with a letter"),
            ("image", "null", {}, "a text that is not empty"),
            ("num_workers", -1, {}, "a whole number from 0 on"),
            ("num_gpus", 0.5, {}, "a whole number from 0 on"),
            ("gpuResource", "gpu", {}, "the full name of a resource, such as nvidia.com/gpu"),
            ("cloud", "azure", {}, "one of null, gke, eks, aks, openshift"),
        ]
    ),
]


@pytest.mark.parametrize(("prototype", "name", "value", "others", "allowed"), WRONG)
def test_a_wrong_value_is_refused_by_name(render: Render, prototype: str, name: str, value: t.Any, others: Json, allowed: str) -> None:
    with pytest.raises(Exception, match=re.escape(f"parameter {name} is {value}; it must be {allowed}")):
        render(prototype, **{**others, name: value})


# --- the operator


def test_there_is_no_operator_where_the_cluster_has_one(render: Render) -> None:
    assert render("training-operator", trainingOperator="false") == {}


def test_all_kinds_of_jobs_are_defined(render: Render) -> None:
    definitions = [each for each in render("training-operator").values() if each["kind"] == "CustomResourceDefinition"]
    assert [each["spec"]["names"]["kind"] for each in definitions] == KINDS
    for each in definitions:
        names, version = each["spec"]["names"], each["spec"]["versions"][0]
        assert each["metadata"]["name"] == f"{names['plural']}.kubeflow.org" == f"{names['kind'].lower()}s.kubeflow.org"
        spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
        [replicas] = spec["required"]
        assert set(spec["properties"]) >= {replicas, "runPolicy"}
        scale = version["subresources"].get("scale", {}).get("specReplicasPath")
        assert scale in (None, f".spec.{replicas}.Worker.replicas")
        # Far from what kubectl's annotation may hold.
        assert len(json.dumps(each)) < 10_000


def test_the_operator_runs_as_restricted_and_says_when_it_is_ready(render: Render) -> None:
    for cloud, fixed in (("gke", True), ("openshift", False)):
        spec = at(render("training-operator", cloud=cloud)["Deployment/training-operator"], POD)
        [container] = spec["containers"]
        assert spec["automountServiceAccountToken"] is False
        assert ("runAsUser" in spec["securityContext"]) is fixed
        assert spec["securityContext"]["runAsNonRoot"] is True and spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        security = container["securityContext"]
        assert (security["allowPrivilegeEscalation"], security["capabilities"]) == (False, {"drop": ["ALL"]})
        assert security["readOnlyRootFilesystem"] is True
        assert set(container["resources"]) == {"requests", "limits"}
        ports = {port["name"] for port in container["ports"]}
        assert {container[probe]["httpGet"]["port"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")} <= ports


def test_the_operator_has_what_it_mounts_and_reads(render: Render) -> None:
    objects = render("training-operator")
    spec = at(objects["Deployment/training-operator"], POD)
    [container] = spec["containers"]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert set(mounts) == set(volumes)
    # Its certificate: made by itself, into a Secret that must be there, and must hold nothing of ours.
    secret = objects[f"Secret/{volumes['certificate']['secret']['secretName']}"]
    assert not {"data", "stringData"} & set(secret)
    assert mounts["certificate"] == "/tmp/k8s-webhook-server/serving-certs"
    arguments = dict(argument.lstrip("-").partition("=")[::2] for argument in container["args"])
    assert "leader-elect" in arguments  # else two would work at a time while one takes over
    folder, _slash, file = arguments["pytorch-init-container-template-file"].rpartition("/")
    assert folder == mounts["config"]
    assert file in objects[f"ConfigMap/{volumes['config']['configMap']['name']}"]["data"]
    service = objects["Service/training-operator"]["spec"]
    assert service["selector"].items() <= objects["Deployment/training-operator"]["spec"]["template"]["metadata"]["labels"].items()
    assert [port["targetPort"] for port in service["ports"]] == ["metrics"]
    assert objects["NetworkPolicy/training-operator"]["spec"]["podSelector"]["matchLabels"] == service["selector"]


def test_a_pytorch_worker_waits_in_a_container_that_restricted_accepts(render: Render) -> None:
    for cloud, user in (("null", 65534), ("openshift", None)):
        text = render("training-operator", cloud=cloud)["ConfigMap/training-operator-config"]["data"]["pytorch-init-container.yaml"]
        # What the operator does with it.
        for field, value in (("InitContainerImage", "example.com/alpine:3"), ("MasterAddr", "one-master-0"), ("MaxTries", "100")):
            assert "{{." + field + "}}" in text
            text = text.replace("{{." + field + "}}", value)
        assert "{{" not in text
        [container] = yaml.safe_load(text)
        assert container["image"] == "example.com/alpine:3"
        assert "seq 100" in container["command"][2] and "getent hosts one-master-0" in container["command"][2]
        security = container["securityContext"]
        assert (security["allowPrivilegeEscalation"], security["capabilities"]["drop"], security["runAsNonRoot"]) == (False, ["ALL"], True)
        assert security.get("runAsUser") == user
        assert set(container["resources"]) == {"requests", "limits"}


def test_a_change_of_what_it_reads_restarts_the_operator(render: Render) -> None:
    def checksum(**choices: t.Any) -> str:
        template = render("training-operator", **choices)["Deployment/training-operator"]["spec"]["template"]
        return t.cast(str, template["metadata"]["annotations"]["checksum/config"])

    assert checksum() == checksum(trainingOperatorReplicas=2)
    assert checksum() != checksum(cloud="openshift")


def test_every_image_is_pinned_and_comes_from_the_mirror(render: Render) -> None:
    def images(**choices: t.Any) -> list[str]:
        [container] = at(render("training-operator", **choices)["Deployment/training-operator"], POD)["containers"]
        return [container["image"], *(a.partition("=")[2] for a in container["args"] if "-image=" in a)]

    assert len(images()) == 3
    for image, mirrored in zip(images(), images(imageRegistry="mirror.example:5000/all"), strict=True):
        assert re.fullmatch(r"[a-z.]+/[a-z/0-9-]+:v?[0-9][0-9a-z.-]+", image)
        assert mirrored == "mirror.example:5000/all/" + image.partition("/")[2]


def test_rights_are_named_one_by_one(render: Render) -> None:
    objects = render("training-operator")
    roles = {key: item["rules"] for key, item in objects.items() if key.startswith(("ClusterRole/", "Role/"))}
    assert "*" not in json.dumps(roles)
    secrets = [(key, rule) for key, rules in roles.items() for rule in rules if "secrets" in rule["resources"]]
    assert {key for key, _rule in secrets} == {"Role/training-operator"}  # of its own namespace
    assert all("resourceNames" in rule for _key, rule in secrets if set(rule["verbs"]) - {"list", "watch"})
    for key in ("Role/training-operator", "ClusterRole/training-operator", "Role/training-operator-jobs"):
        kind, name = key.split("/")
        binding = objects[f"{kind}Binding/{name}"]
        assert binding["roleRef"]["name"] == name and key in objects
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "training-operator", "namespace": "kubeflow-training"}]
    for key in ("Role/training-operator-jobs", "ClusterRole/kubeflow-training-edit", "ClusterRole/kubeflow-training-view"):
        resources = {name for rule in roles[key] if rule["apiGroups"] == ["kubeflow.org"] for name in rule["resources"]}
        assert {f"{kind.lower()}s" for kind in KINDS} <= resources


def test_the_operator_may_create_pods_only_where_its_jobs_run(render: Render) -> None:
    def creates_pods(objects: dict[str, Json]) -> list[str]:
        return [
            f"{key} {item['metadata'].get('namespace')}"
            for key, item in objects.items()
            for rule in item.get("rules", ())
            if "pods" in rule["resources"] and "create" in rule["verbs"]
        ]

    assert creates_pods(render("training-operator")) == ["Role/training-operator-jobs kubeflow"]
    assert creates_pods(render("training-operator", trainingJobs="cluster")) == ["ClusterRole/training-operator None"]
    arguments = [
        render("training-operator", trainingJobs=each)["Deployment/training-operator"]["spec"]["template"]["spec"]["containers"][0]["args"]
        for each in ("namespace", "cluster")
    ]
    assert [[arg for arg in each if arg.startswith("--namespace=")] for each in arguments] == [["--namespace=kubeflow"], []]


def test_nobody_else_has_pods_beside_the_operator(render: Render) -> None:
    objects = render("training-operator")
    assert objects["Deployment/training-operator"]["metadata"]["namespace"] == "kubeflow-training"
    assert objects["Namespace/kubeflow-training"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    # A namespace that is the jobs' own is not created for the operator.
    assert not [key for key in render("training-operator", trainingOperatorNamespace="kubeflow") if key.startswith("Namespace/")]


def test_two_operators_get_a_disruption_budget(render: Render) -> None:
    assert "PodDisruptionBudget/training-operator" not in render("training-operator")
    assert "PodDisruptionBudget/training-operator" in render("training-operator", trainingOperatorReplicas=2)


# --- jobs


@pytest.mark.parametrize(("prototype", "kind", "container"), [("tf-job", "TFJob", "tensorflow"), ("pytorch-job", "PyTorchJob", "pytorch")])
def test_a_job_is_named_after_its_component_and_trains_in_the_container_that_the_operator_looks_for(
    render: Render, prototype: str, kind: str, container: str
) -> None:
    objects = render(prototype, name="mnist", num_workers=1, num_gpus=1)
    assert set(objects) == {f"{kind}/mnist", "NetworkPolicy/mnist"}
    for spec in templates(objects).values():
        assert [each["name"] for each in spec["containers"]] == [container]
    # Its pods carry this label of the operator's, so they reach each other.
    pods = {"matchLabels": {"training.kubeflow.org/job-name": "mnist"}}
    policy = objects["NetworkPolicy/mnist"]["spec"]
    assert (policy["podSelector"], policy["ingress"]) == (pods, [{"from": [{"podSelector": pods}]}])


@pytest.mark.parametrize("prototype", ["tf-job", "pytorch-job"])
@pytest.mark.parametrize("cloud", ["null", "openshift"])
def test_pods_of_jobs_are_restricted_and_limited(render: Render, prototype: str, cloud: str) -> None:
    for spec in templates(render(prototype, cloud=cloud, num_workers=1)).values():
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert ("runAsUser" in spec["securityContext"]) is (cloud == "null")
        [container] = spec["containers"]
        security = container["securityContext"]
        assert (security["allowPrivilegeEscalation"], security["capabilities"]) == (False, {"drop": ["ALL"]})
        assert set(container["resources"]["requests"]) == set(container["resources"]["limits"]) == {"cpu", "memory"}
        assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in spec["volumes"]}


def test_arguments_are_parted_by_commas_as_in_v0_1(render: Render) -> None:
    def container(**choices: t.Any) -> Json:
        return t.cast(Json, templates(render("tf-job", **choices))["Chief"]["containers"][0])

    assert container(args="python,train.py,--epochs=3")["args"] == ["python", "train.py", "--epochs=3"]
    assert not {"args", "command"} & set(container())


def test_gpus_go_to_those_who_train(render: Render) -> None:
    pods = templates(render("tf-job", num_gpus=4, num_workers=2, num_ps=1, image_gpu="example.com/gpu:1", gpuNodeSelector={"gpu": "l4"}))
    assert set(pods) == {"Chief", "Worker", "PS"}
    for type, spec in pods.items():
        [container] = spec["containers"]
        for of in ("requests", "limits"):
            assert container["resources"][of].get("nvidia.com/gpu") == (None if type == "PS" else 4)
        assert container["image"] == (IMAGE if type == "PS" else "example.com/gpu:1")
        assert ("tolerations" in spec, "nodeSelector" in spec) == (type != "PS", type != "PS")


def test_only_the_asked_replicas_are_there(render: Render) -> None:
    assert set(templates(render("tf-job"))) == {"Chief"}
    assert set(templates(render("tf-job", num_masters=0, num_workers=2))) == {"Worker"}
    assert set(templates(render("pytorch-job"))) == {"Master"}
    assert set(templates(render("pytorch-job", num_workers=1))) == {"Master", "Worker"}


@pytest.mark.parametrize("file", ["job.libsonnet", "common.libsonnet"])
def test_packages_share_what_they_carry(file: str) -> None:
    # Each package can be vendored alone, so each has its own copy.
    assert len({path.read_bytes() for path in REGISTRY.glob(f"*/{file}") if path.parent.name != "core"}) == 1
