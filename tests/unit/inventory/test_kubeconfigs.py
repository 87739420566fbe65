# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inventory plugin kubeconfigs, as ansible-inventory shows it to a user."""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.tests.absent import NOBODY

from tests.patience import patience

ROOT = Path(__file__).parents[3]
SECRET = "very-secret-token"


@dataclass(frozen=True)
class Inventory:
    """``groups`` without those that every inventory has. ``said``: what was written to stderr, in one line."""

    groups: dict[str, list[str]]
    variables: dict[str, dict[str, t.Any]]
    warnings: str


@pytest.fixture
def clusters(serve: t.Any, tmp_path: Path) -> t.Any:
    """Two clusters that answer little, and one that does not exist."""
    one, two = serve(), serve()
    for server, version in ((one, "v1.34.2"), (two, "v1.35.0")):
        major, minor = version[1:].split(".")[:2]
        server.routes["/version"] = {"major": major, "minor": minor, "gitVersion": version}
    contexts = {"one": one.url, "two": two.url, "gone": f"http://{NOBODY}"}
    document = {
        "clusters": [{"name": name, "cluster": {"server": url}} for name, url in contexts.items()],
        "users": [{"name": "me", "user": {"token": SECRET}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "me"}} for name in contexts],
    }
    (tmp_path / "config").write_text(yaml.safe_dump(document), encoding="utf-8")
    return one, two


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Inventory]:
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(tmp_path), "COLUMNS": "1000", "ANSIBLE_CONFIG": f"{ROOT}/ansible.cfg"}

    def read(*flags: str, **options: t.Any) -> Inventory:
        path = tmp_path / "my.kubeconfigs.yml"
        chosen = {"plugin": "kubeflow.bootstrap.kubeconfigs", "kubeconfigs": ["config"], **options}
        path.write_text(yaml.safe_dump(chosen), encoding="utf-8")
        argv = [str(Path(sys.executable).parent / "ansible-inventory"), "-i", str(path), "--list", *flags]
        done = subprocess.run(argv, env=env, capture_output=True, text=True, check=True, timeout=patience(3))
        # Texts that were not written in the inventory are marked, so that nothing in them is taken for a template.
        listed = json.loads(done.stdout, object_hook=lambda item: item.get("__ansible_unsafe", item))
        variables = listed.pop("_meta")["hostvars"]
        known = {name: sorted(group.get("hosts", [])) for name, group in listed.items() if name not in ("all", "ungrouped")}
        return Inventory(known, variables, " ".join(done.stderr.split()))

    return read


def test_every_context_is_a_host_in_its_groups(clusters: t.Any, read: t.Any, tmp_path: Path) -> None:
    inventory = read(
        compose={"kubeflow_namespace": "'ml-' ~ kubeflow_facts.cluster.version.minor"},
        groups={"canary": "inventory_hostname == 'one'"},
        keyed_groups=[{"prefix": "is", "key": "kubeflow_facts.cluster.version.git_version"}],
        strict=True,
    )
    assert inventory.groups == {
        "cloud_none": ["one", "two"],
        "distribution_kubernetes": ["one", "two"],
        "version_1_34": ["one"],
        "version_1_35": ["two"],
        "unreachable": ["gone"],
        "canary": ["one"],
        "is_v1_34_2": ["one"],
        "is_v1_35_0": ["two"],
    }
    one = inventory.variables["one"]
    assert (one["ansible_connection"], one["kubeflow_context"], one["kubeflow_kubeconfig"]) == ("local", "one", str(tmp_path / "config"))
    assert one["kubeflow_namespace"] == "ml-34"
    assert one["kubeflow_facts"]["cluster"]["version"]["git_version"] == "v1.34.2"
    assert SECRET not in json.dumps(one["kubeflow_facts"])
    # One that does not exist is a host all the same.
    assert "Connection refused" in inventory.variables["gone"]["kubeflow_unreachable"]
    assert "gone is unreachable" in inventory.warnings and SECRET not in inventory.warnings


def test_facts_are_kept_in_ansibles_cache(clusters: t.Any, read: t.Any, tmp_path: Path) -> None:
    one, two = clusters
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache"), "cache_timeout": 3600}
    first = read(**cache)
    before = len(one.requests)
    assert before
    assert SECRET not in "".join(file.read_text() for file in (tmp_path / "cache").iterdir())
    again = read(**cache)
    assert again.groups == first.groups and len(one.requests) == before
    # A context that leads elsewhere is another cluster, and alone is asked.
    config = tmp_path / "config"
    config.write_text(config.read_text().replace(f"http://{NOBODY}", two.url), encoding="utf-8")
    changed = read(**cache)
    assert changed.groups["version_1_35"] == ["gone", "two"] and len(one.requests) == before
    # --flush-cache
    read("--flush-cache", **cache)
    assert len(one.requests) > before


def test_without_asking_nothing_is_sent(clusters: t.Any, read: t.Any) -> None:
    inventory = read(ask=False)
    assert sorted(inventory.variables) == ["gone", "one", "two"]
    assert inventory.groups == {}
    assert not clusters[0].requests


def test_hosts_that_are_one_cluster_are_said(clusters: t.Any, read: t.Any) -> None:
    for server in clusters:
        server.routes["/api/v1/namespaces/kube-system"] = {"metadata": {"name": "kube-system", "uid": "the-same"}}
        server.routes["/apis"] = {"kind": "APIGroupDiscoveryList", "items": []}
    assert "These hosts are one cluster: one, two." in read().warnings


def test_a_wrong_kubeconfig_is_one_line(read: t.Any) -> None:
    warnings = read().warnings
    assert "/config does not exist" in warnings and "Traceback" not in warnings
