# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Profiles become the objects that they say."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane import profiles
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane.profiles import Profile, parse

FILES = Path(__file__).parents[5] / "roles" / "local_cluster" / "files" / "profiles"
SHIPPED = {"plain", "gke-gpu", "eks", "aks", "openshift", "kind", "no-default-storage", "arm64-mixed", "real"}


def objects(content):
    return Profile("test", parse(content, "test.yml")).objects()


def of_kind(name, kind):
    return [each for each in profiles.read(name, FILES).objects() if each["kind"] == kind]


def test_a_pool_deals_out_zones_and_fills_in_names():
    pool = {
        "name": "node",
        "count": 3,
        "region": "r",
        "zones": ["a", "b"],
        "providerID": "x://{zone}/{name}",
        "labels": {"n": "{index}"},
        "capacity": {"cpu": 4},
    }
    nodes = objects({"nodes": [pool]})
    assert [node["spec"]["providerID"] for node in nodes] == ["x://a/node-0", "x://b/node-1", "x://a/node-2"]
    labels = nodes[1]["metadata"]["labels"]
    assert labels["topology.kubernetes.io/zone"] == "b"
    assert labels["topology.kubernetes.io/region"] == "r"
    assert labels["kubernetes.io/hostname"] == "node-1"
    assert labels["n"] == "1"


def test_the_index_may_stand_inside_the_name_and_one_node_has_none():
    pools = [{"name": "m-{index}.example.com", "count": 2, "capacity": {}}, {"name": "single", "capacity": {}}]
    assert [node["metadata"]["name"] for node in objects({"nodes": pools})] == ["m-0.example.com", "m-1.example.com", "single"]


def test_quantities_are_texts_and_what_is_allocatable_falls_back_to_the_capacity():
    [node] = objects({"nodes": [{"name": "n", "capacity": {"cpu": 8, "nvidia.com/gpu": 1}, "allocatable": {"cpu": "7"}}]})
    assert node["status"]["capacity"] == {"cpu": "8", "nvidia.com/gpu": "1"}
    assert node["status"]["allocatable"] == {"cpu": "7", "nvidia.com/gpu": "1"}


@pytest.mark.parametrize(
    ("default", "annotation"),
    [("ga", "storageclass.kubernetes.io/is-default-class"), ("beta", "storageclass.beta.kubernetes.io/is-default-class")],
)
def test_a_default_class_has_the_annotation_asked_for(default, annotation):
    [storage_class] = objects({"storageClasses": [{"name": "s", "provisioner": "p", "default": default}]})
    assert storage_class["metadata"]["annotations"] == {annotation: "true"}
    assert storage_class["provisioner"] == "p"
    assert "default" not in storage_class


def test_volumes_of_a_class_are_kept_when_their_claim_goes():
    entry = {"name": "s", "provisioner": "p", "volumes": {"count": 2, "size": "7Gi", "accessModes": ["ReadWriteMany"]}}
    storage_class, *volumes = objects({"storageClasses": [entry]})
    assert "volumes" not in storage_class
    assert [volume["metadata"]["name"] for volume in volumes] == ["s-0", "s-1"]
    for volume in volumes:
        assert volume["spec"]["capacity"] == {"storage": "7Gi"}
        assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"


def test_definitions_come_first_and_store_their_last_version():
    content = {
        "objects": [{"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "t"}}],
        "customResourceDefinitions": [{"group": "x.io", "kind": "Thing", "plural": "things", "versions": ["v1beta1", "v1"]}],
    }
    definition, thing = objects(content)
    assert definition["metadata"]["name"] == "things.x.io"
    assert [(each["name"], each["storage"]) for each in definition["spec"]["versions"]] == [("v1beta1", False), ("v1", True)]
    assert thing == content["objects"][0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "p.yml: a profile is a mapping"),
        ({"nodes": [{"name": "x", "real": True, "capacity": {}}]}, r"p.yml: nodes\[0\]: unknown key 'capacity'"),
        ({"node": []}, "p.yml: unknown key 'node'"),
        ({"nodes": {}}, "p.yml: nodes must be a list"),
        ({"nodes": [{"name": "x"}]}, r"p.yml: nodes\[0\]: capacity is missing"),
        ({"nodes": [{"name": "x", "capacity": {}, "gpus": 1}]}, r"p.yml: nodes\[0\]: unknown key 'gpus'"),
        ({"nodes": [{"name": "../x", "real": True}]}, r"nodes\[0\].name: '../x' is no name of a node. Use a-z"),
        ({"nodes": [{"name": "x", "real": True, "count": 51}]}, r"nodes\[0\].count must be a number from 1 to 50"),
        ({"storageClasses": [{"name": "x", "provisioner": "p", "default": True}]}, r"storageClasses\[0\].default must be ga or beta"),
        ({"namespaces": [{}]}, r"namespaces\[0\] must be a name"),
        ({"images": [{}]}, r"images\[0\] must be a name"),
        ({"objects": [{"kind": "X"}]}, r"objects\[0\]: apiVersion is missing"),
        ({"customResourceDefinitions": [{"group": "g", "kind": "K", "plural": "k", "versions": "v1"}]}, "versions must be a list"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(content, message):
    with pytest.raises(BootstrapError, match=message):
        parse(content, "p.yml")


def test_sets_of_images_are_no_objects():
    profile = profiles.Profile("p", parse({"images": ["trainer"]}, "p.yml"))
    assert (profile.image_sets(), profile.objects()) == (["trainer"], [])


def test_an_unknown_profile_is_answered_with_those_there_are():
    with pytest.raises(BootstrapError, match="no profile 'gke'.*aks, arm64-mixed, eks"):
        profiles.read("gke", FILES)


def test_a_file_that_is_not_yaml_is_named(tmp_path):
    path = tmp_path / "mine.yml"
    path.write_text("nodes: [")
    with pytest.raises(BootstrapError, match="mine.yml is not YAML"):
        profiles.read(str(path), FILES)


def test_all_profiles_that_the_documentation_names_are_shipped():
    assert {path.stem for path in FILES.iterdir()} == SHIPPED


def test_real_nodes_come_by_themselves_and_simulated_ones_beside_them_are_marked():
    taint = {"key": "only", "value": "gpu", "effect": "NoSchedule"}
    real = {"name": "real", "real": True, "count": 2, "labels": {"a": "b"}, "taints": [taint]}
    profile = profiles.Profile("mine", parse({"nodes": [real, {"name": "played", "capacity": {"cpu": 1}}]}, "p.yml"))
    (pool,) = profile.real()
    assert (pool.names(), pool.labels, pool.taints) == (["real-0", "real-1"], {"a": "b"}, ["only=gpu:NoSchedule"])
    (node,) = profile.objects()
    assert node["metadata"]["name"] == "played" and node["metadata"]["annotations"] == profiles.SIMULATED


def test_profiles_differ_where_clusters_do():
    taints = [node["spec"].get("taints") for node in of_kind("gke-gpu", "Node") if "nvidia.com/gpu" in node["status"]["capacity"]]
    assert taints == [[{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]] * 2
    assert {node["status"]["nodeInfo"]["architecture"] for node in of_kind("arm64-mixed", "Node")} == {"amd64", "arm64"}
    assert not of_kind("no-default-storage", "PersistentVolume")
    for name, scheme in {"gke-gpu": "gce://", "eks": "aws:///", "aks": "azure:///", "kind": "kind://"}.items():
        assert all(node["spec"]["providerID"].startswith(scheme) for node in of_kind(name, "Node"))
    defaults = {
        name: [each["metadata"]["name"] for each in of_kind(name, "StorageClass") if "annotations" in each["metadata"]] for name in SHIPPED
    }
    assert defaults.pop("no-default-storage") == []
    assert all(len(names) == 1 for names in defaults.values())
