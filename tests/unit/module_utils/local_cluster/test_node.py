# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real nodes, as far as no node is needed: what is missing, names, volumes, images."""

from __future__ import annotations

import io
import json
import re
import socket
import struct
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane.control_plane import Home
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane.profiles import Pool
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.node import images, layers, nodes, requirements

ROOT = Path(__file__).parents[4]
FILES = ROOT / "roles" / "local_cluster" / "files"
TABLE = yaml.safe_load((FILES / "images" / "images.yml").read_text())


@pytest.fixture(scope="module")
def scripts():
    """The programs that run beside a node, as modules."""
    before = set(sys.modules)
    sys.path.insert(0, str(FILES / "node"))
    try:
        import names
        import volumes

        yield {"names": names, "volumes": volumes}
    finally:
        sys.path.remove(str(FILES / "node"))
        for name in {"kube", "names", "volumes"} - before:
            sys.modules.pop(name, None)


# --- what a machine must have


@pytest.mark.parametrize(
    ("system", "user", "folder", "message"),
    [
        ("Darwin", 0, "/root/c", "Real nodes run on Linux alone, and this is Darwin. .*such as kind"),
        ("Linux", 1000, "/root/c", "Real nodes need root: .*this is user 1000. Run this as root"),
        ("Linux", 0, "/var/cache/c", "can't be in /var/cache/c: each node has a /var of its own. Name a cache_dir elsewhere"),
    ],
)
def test_where_no_real_node_can_run_the_message_has_a_reason_and_a_fix(monkeypatch, system, user, folder, message):
    monkeypatch.setattr(requirements.platform, "system", lambda: system)
    monkeypatch.setattr(requirements.os, "geteuid", lambda: user)
    with pytest.raises(BootstrapError, match=message):
        requirements.check(Home(Path(folder)), {})


def test_all_that_is_missing_is_named_at_once_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(requirements.platform, "system", lambda: "Linux")
    monkeypatch.setattr(requirements.os, "geteuid", lambda: 0)
    monkeypatch.setattr(requirements, "cni_folder", lambda: None)
    monkeypatch.setattr(requirements, "find", lambda program, env: None if program in ("runc", "ctr", "containerd") else "/usr/bin/x")
    with pytest.raises(BootstrapError) as failed:
        requirements.check(Home(Path("/root/c")), {})
    assert "containerd, ctr, runc, the plugins of containernetworking-plugins" in str(failed.value)
    assert str(failed.value).endswith("apt-get install -y --no-install-recommends containerd containernetworking-plugins runc")


# --- nodes


def test_clusters_in_different_folders_share_no_cgroup_and_nodes_no_address(tmp_path):
    pool = [Pool("real", 2, {}, [])]
    one, two = nodes.of(Home(tmp_path / "a" / "same"), pool)
    (other, _second) = nodes.of(Home(tmp_path / "b" / "same"), pool)
    assert [one.name, two.name] == ["real-0", "real-1"]
    assert len({one.cgroup, two.cgroup, other.cgroup}) == 3
    assert len({one.address, two.address, one.pods, two.pods}) == 4


def test_the_settings_of_a_node_are_whole():
    values = dict.fromkeys(("address", "cgroup", "cni", "dns", "kubeconfig", "node", "pki", "pods"), "10.0.0.1")
    for name in ("kubelet.yml", "kube-proxy.yml", "kube-dns.yml"):
        assert yaml.safe_load(nodes.filled(FILES / "node" / name, values))["kind"]
    assert json.loads(nodes.filled(FILES / "node" / "pods.conflist", values))["plugins"][0]["type"] == "ptp"
    assert f"PROXY_PORT = {nodes.PROXY_PORT}" in (FILES / "node" / "forward.py").read_text()


# --- names


def service(name, address, **spec):
    return ("ml", name), {"metadata": {"namespace": "ml", "name": name}, "spec": {"clusterIP": address, **spec}}


def endpoints(name, *each):
    return ("ml", f"{name}-x"), {
        "metadata": {"labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [address], "hostname": host, "conditions": {"ready": ready}} for address, host, ready in each],
    }


def ask(names, addresses, name, kind=1):
    question = b"".join(bytes([len(each)]) + each.encode() for each in name.split(".")) + b"\0" + struct.pack("!HH", kind, 1)
    reply = names.answer(struct.pack("!HHHHHH", 7, 0x100, 1, 0, 0, 0) + question, addresses)
    number, flags, _questions, count = struct.unpack("!HHHH", reply[:8])
    assert number == 7 and reply[12 : 12 + len(question)] == question
    records = reply[12 + len(question) :]
    return flags & 15, [socket.inet_ntoa(records[at + 12 : at + 16]) for at in range(0, 16 * count, 16)]


def test_services_and_pods_behind_headless_ones_have_names(scripts):
    names = scripts["names"]
    services = dict([service("hub", "10.96.0.7"), service("job", "None"), service("early", "None", publishNotReadyAddresses=True)])
    slices = dict(
        [
            endpoints("hub", ("10.244.1.9", None, True)),
            endpoints("job", ("10.244.1.2", "w-0", True), ("10.244.1.3", "w-1", False)),
            endpoints("early", ("10.244.1.4", "e-0", False)),
        ]
    )
    table = names.table(services, slices)
    assert ask(names, table, "hub.ml.svc.cluster.local") == (0, ["10.96.0.7"])
    assert ask(names, table, "HUB.ml.svc.Cluster.local") == (0, ["10.96.0.7"])
    assert ask(names, table, "job.ml.svc.cluster.local") == (0, ["10.244.1.2"])
    assert ask(names, table, "w-0.job.ml.svc.cluster.local") == (0, ["10.244.1.2"])
    assert ask(names, table, "w-1.job.ml.svc.cluster.local") == (3, [])
    assert ask(names, table, "e-0.early.ml.svc.cluster.local") == (0, ["10.244.1.4"])
    # An address of version 6: the name exists, and has none. A name elsewhere is refused, so that nobody asks again.
    assert ask(names, table, "hub.ml.svc.cluster.local", kind=28) == (0, [])
    assert ask(names, table, "hub.ml.svc.cluster.local.example.com") == (5, [])


# --- volumes


class Api:
    """Records its requests."""

    def __init__(self, volumes, mode="ReadWriteOnce"):
        self.requests = []
        self.storage = {"provisioner": volumes.PROVISIONER, "reclaimPolicy": "Delete"}
        self.claim = {
            "metadata": {
                "name": "data", "namespace": "ml", "uid": "u1", "resourceVersion": "5",
                "annotations": {"volume.kubernetes.io/selected-node": "real"},
            },
            "spec": {"accessModes": [mode], "storageClassName": "standard", "resources": {"requests": {"storage": "1Gi"}}},
            "status": {"phase": "Pending"},
        }  # fmt: skip

    def ask(self, method, path, body=None):
        if method == "GET":
            return self.storage
        self.requests.append((method, path, body))
        return {}


def test_a_claim_gets_a_folder_on_the_node_that_was_chosen_and_the_folder_goes_with_it(scripts, tmp_path):
    volumes = scripts["volumes"]
    api = Api(volumes)
    provisioner = volumes.Provisioner(api, tmp_path)
    provisioner.claims({("ml", "data"): api.claim})
    ((method, path, volume),) = api.requests
    assert (method, path) == ("POST", "/api/v1/persistentvolumes")
    folder = tmp_path / "real" / volume["spec"]["hostPath"]["path"].lstrip("/")
    assert folder.is_dir() and folder.stat().st_mode & 0o777 == 0o777
    (folder / "mine").touch()
    provisioner.volumes({("", "v"): {**volume, "status": {"phase": "Bound"}}})
    assert folder.exists()
    provisioner.volumes({("", "v"): {**volume, "status": {"phase": "Released"}}})
    assert not folder.exists() and api.requests[-1][:2] == ("DELETE", f"/api/v1/persistentvolumes/{volume['metadata']['name']}")


def test_a_claim_that_can_t_be_met_is_told_once_and_one_of_somebody_else_s_left_alone(scripts, tmp_path):
    volumes = scripts["volumes"]
    api = Api(volumes, mode="ReadWriteMany")
    provisioner = volumes.Provisioner(api, tmp_path)
    for _time in range(2):
        provisioner.claims({("ml", "data"): api.claim})
    ((_method, path, event),) = api.requests
    assert path == "/api/v1/namespaces/ml/events" and event["reason"] == "ProvisioningFailed" and "ReadWriteMany" in event["message"]
    api.storage["provisioner"] = "example.com/other"
    volumes.Provisioner(api, tmp_path).claims({("ml", "data"): api.claim})
    assert len(api.requests) == 1 and not list(tmp_path.iterdir())


def test_a_shared_folder_is_this_machine_s_and_goes_with_its_claim(scripts, tmp_path):
    volumes = scripts["volumes"]
    api = Api(volumes, mode="ReadWriteMany")
    api.storage["provisioner"] = volumes.SHARED
    provisioner = volumes.Provisioner(api, tmp_path / "nodes")
    provisioner.claims({("ml", "data"): api.claim})
    ((_method, _path, volume),) = api.requests
    folder = Path(volume["spec"]["hostPath"]["path"])
    assert folder.is_dir() and folder.parent == tmp_path / "shared" and "nodeAffinity" not in volume["spec"]
    provisioner.volumes({("", "v"): {**volume, "status": {"phase": "Released"}}})
    assert not folder.exists()


# --- images


def test_there_is_an_image_for_each_that_the_core_package_names():
    text = "".join(path.read_text() for path in sorted((ROOT / "registry" / "core").rglob("*sonnet")))
    named = set(re.findall(r"(?:docker\.io|quay\.io|ghcr\.io|registry\.k8s\.io)/[\w./-]+:[\w.-]+", text))
    assert named <= TABLE["images"].keys()
    assert all(layer in TABLE["layers"] for image in TABLE["images"].values() for layer in image["layers"])


def test_images_of_a_set_are_made_where_the_profile_names_it(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "_answers", lambda _host: False)
    monkeypatch.setattr(images, "_layer", lambda name, _recipe, _kitchen: images.Layer(FILES / "images" / "images.yml", name))

    def names(*sets):
        return {each.name for each in images.ensure(tmp_path, FILES, list(sets), images.Context(env={}))}

    assert names("trainer") - names() == {name for name, entry in TABLE["images"].items() if entry.get("set") == "trainer"}
    with pytest.raises(BootstrapError, match=r"no set of images 'trainr'. Name some of trainer in the profile"):
        names("trainr")


def test_an_archive_has_each_layer_once_and_containerd_s_names(tmp_path):
    (tmp_path / "base.tar").write_bytes(b"base")
    base = images.Layer(tmp_path / "base.tar", images._sha256(b"base"))
    both = [images.image(name, [base], {"User": "5"}) for name in ("a.io/x:1", "b.io/y:2")]
    images.write_archive(both, out := io.BytesIO())
    with tarfile.open(fileobj=io.BytesIO(out.getvalue())) as archive:
        contents = {member.name: archive.extractfile(member).read() for member in archive.getmembers()}
        assert len(archive.getmembers()) == len(contents)
    index = json.loads(contents["index.json"])
    assert [each["annotations"]["io.containerd.image.name"] for each in index["manifests"]] == ["a.io/x:1", "b.io/y:2"]
    for name, content in contents.items():
        if name.startswith("blobs/"):
            assert name == f"blobs/sha256/{images._sha256(content)}"
    manifest = json.loads(contents[f"blobs/{index['manifests'][0]['digest'].replace(':', '/')}"])
    config = json.loads(contents[f"blobs/{manifest['config']['digest'].replace(':', '/')}"])
    assert config["rootfs"]["diff_ids"] == [manifest["layers"][0]["digest"]] == [f"sha256:{base.sha256}"]
    assert config["config"]["User"] == "5" and config["config"]["Env"][0].startswith("PATH=")


def test_a_layer_is_made_once_and_anew_when_its_recipe_changes(tmp_path, monkeypatch):
    builder = layers.LayerBuilder(FILES, tmp_path, {}, lambda line: None)
    monkeypatch.setattr(requirements, "present", lambda *_args: None)
    recipe = {"files": {"/etc/x": {"content": "1"}, "/home/u": {"mode": "2775"}, "/bin/sh": {"link": "dash"}}}
    layer = images._layer("test", recipe, builder)
    with tarfile.open(layer.file) as archive:
        kinds = {each.name: (each.type, oct(each.mode), each.mtime) for each in archive.getmembers()}
    assert kinds["./etc/x"][0] == tarfile.REGTYPE and kinds["./home/u"] == (tarfile.DIRTYPE, "0o2775", 0)
    assert kinds["./bin/sh"][0] == tarfile.SYMTYPE
    assert images._layer("test", recipe, builder) == layer
    recipe["files"]["/etc/x"]["content"] = "2"
    assert images._layer("test", recipe, builder) != layer


def test_a_file_of_the_role_makes_another_layer_when_it_changes(tmp_path):
    (tmp_path / "images").mkdir()
    builder = layers.LayerBuilder(tmp_path, tmp_path, {}, lambda line: None)
    recipe = {"files": {"/usr/bin/x": {"from": "x.py", "mode": "0755"}}}
    (tmp_path / "images" / "x.py").write_text("1")
    before = layers.digest(recipe, builder)
    (tmp_path / "images" / "x.py").write_text("2")
    assert layers.digest(recipe, builder) != before
    layers.make(recipe, tmp_path / "root", builder)
    assert (tmp_path / "root/usr/bin/x").read_text() == "2" and (tmp_path / "root/usr/bin/x").stat().st_mode & 0o111


def test_a_package_that_can_t_be_had_says_what_for_and_leaves_no_layer(tmp_path):
    builder = layers.LayerBuilder(FILES, tmp_path, {"PATH": str(tmp_path)}, lambda line: None)
    (tmp_path / "npm").write_text("#!/bin/sh\necho 'no such host' >&2\nexit 1\n")
    (tmp_path / "npm").chmod(0o755)
    with pytest.raises(BootstrapError, match="The layer proxy can't be made: npm failed: no such host"):
        layers.make(TABLE["layers"]["proxy"], tmp_path / "root", builder)
    assert not list(tmp_path.glob("*.sha256"))


def test_the_images_are_pulled_where_the_registries_answer(tmp_path, monkeypatch):
    hosts = []
    monkeypatch.setattr(images, "_answers", lambda host: not hosts.append(host))
    assert images.ensure(tmp_path, FILES, [], images.Context(env={})) == []
    assert sorted(hosts) == ["docker.io", "ghcr.io", "quay.io", "registry.k8s.io"]


@pytest.mark.parametrize("name", ["forward", "names", "volumes"])
def test_what_runs_beside_a_node_needs_the_standard_library_alone(name):
    program = f"import sys; sys.path.insert(0, {str(FILES / 'node')!r}); import {name}"
    subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True)
