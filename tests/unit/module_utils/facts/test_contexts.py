# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Contexts of kubeconfigs as hosts."""

from __future__ import annotations

import re
import threading
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts import contexts
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.contexts import QueryOptions, ask_all, groups, host_name, locate
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT, NOBODY

from tests.patience import patience

ENV = {"HOME": ABSENT, "PATH": ABSENT}


def kubeconfig(path: Path, *names: str, server: str = f"https://{NOBODY}") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "contexts": [{"name": name, "context": {"cluster": "c"}} for name in names],
    }
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return str(path)


def hosts(
    *paths: str, included: list[str] | None = None, excluded: list[str] | None = None, warnings: list[str] | None = None
) -> dict[str, str]:
    result = locate(list(paths), included or ["*"], excluded or [], ENV, (warnings if warnings is not None else []).append)
    return {each.host: each.context for each in result}


@pytest.mark.parametrize(
    ("context", "host"),
    [
        ("gke_my-project_europe-west1-b_ml", "gke_my-project_europe-west1-b_ml"),
        ("arn:aws:eks:eu-west-1:123456789012:cluster/ml", "arn-aws-eks-eu-west-1-123456789012-cluster-ml"),
        ("admin@prod", "admin-prod"),
        ("../../etc/passwd", "etc-passwd"),
        ("--limit", "limit"),
        ("~prod.*", "prod"),
        ("a,b:!c&d[0:3]", "a-b-c-d-0-3"),
        ("{{ lookup('pipe', 'id') }}", "lookup-pipe-id"),
        ("localhost", "localhost-cluster"),
        ("all", "all-cluster"),
    ],
)
def test_a_host_name_is_safe_in_patterns_and_paths(context: str, host: str) -> None:
    assert host_name(context) == host


@pytest.mark.parametrize("context", ["日本語", "///", "x" * 300])
def test_a_name_of_which_nothing_or_too_much_is_left_is_told_by_a_digest(context: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,100}", host_name(context))
    assert host_name(context) != host_name(context + "/")


def test_names_that_are_alike_get_the_name_of_their_file(tmp_path: Path) -> None:
    warnings: list[str] = []
    one, two = kubeconfig(tmp_path / "one.yaml", "dev", "prod"), kubeconfig(tmp_path / "two.yaml", "DEV")
    assert hosts(one, two, warnings=warnings) == {"dev-one": "dev", "prod": "prod", "DEV-two": "DEV"}
    assert warnings == ["Contexts have names that are alike, so their hosts are called: dev-one, DEV-two."]


def test_what_is_still_alike_is_told_by_a_digest(tmp_path: Path) -> None:
    one, two = kubeconfig(tmp_path / "a/config", "x:y", "x/y"), kubeconfig(tmp_path / "b/config", "x:y", "x-y-config")
    result = hosts(one, two)
    assert sorted(result.values()) == ["x-y-config", "x/y", "x:y", "x:y"]
    assert len({host.casefold() for host in result}) == 4
    assert result["x-y-config"] == "x-y-config"
    assert hosts(one, two) == result


def test_files_folders_and_patterns(tmp_path: Path) -> None:
    named = kubeconfig(tmp_path / "named", "a")
    kubeconfig(tmp_path / "folder/b.conf", "b")
    kubeconfig(tmp_path / "folder/.hidden", "hidden")
    kubeconfig(tmp_path / "folder/below/c.conf", "c")
    (tmp_path / "folder/notes").write_text("hosts: []\n", encoding="utf-8")
    (tmp_path / "folder/broken").write_text("{", encoding="utf-8")
    warnings: list[str] = []
    assert hosts(named, str(tmp_path / "folder"), warnings=warnings) == {"a": "a", "b": "b"}
    assert len(warnings) == 1 and "broken" in warnings[0] and "left out" in warnings[0]
    assert hosts(str(tmp_path / "**/*.conf")) == {"b": "b", "c": "c"}
    assert hosts(named, str(tmp_path / "na*")) == {"a": "a"}


def test_a_file_that_is_named_must_be_a_kubeconfig(tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match="does not exist"):
        hosts(str(tmp_path / "gone"))


def test_contexts_are_chosen_by_patterns(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "config", "dev-1", "dev-2", "prod-1")
    assert set(hosts(file, included=["dev-*"], excluded=["*-2"])) == {"dev-1"}


def test_without_a_file_it_is_what_kubectl_reads(tmp_path: Path) -> None:
    one, two = kubeconfig(tmp_path / "one", "a"), kubeconfig(tmp_path / "two", "b")
    # They are looked up again each time: AWX puts a credential's file elsewhere in each job, and each of several needs the others.
    both = locate([], ["*"], [], {**ENV, "KUBECONFIG": f"{one}:{two}"}, print)
    assert [(place.host, place.file) for place in both] == [("a", None), ("b", None)]


def test_clusters_are_asked_side_by_side_within_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = locate([kubeconfig(tmp_path / "config", *"abcdef")], ["*"], [], ENV, print)
    lock, busy, most = threading.Lock(), 0, 0
    three = threading.Barrier(3)

    def ask(place: contexts.ContextLocation, *_how: t.Any) -> dict[str, t.Any]:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        three.wait(patience(1))
        with lock:
            busy -= 1
        if place.host == "b":
            raise BootstrapError("It does not answer.")
        return {"of": place.host}

    monkeypatch.setattr(contexts, "ask", ask)
    answers = ask_all(places, QueryOptions("kubeflow", 1, 1, 3), ENV)
    assert most == 3
    assert [str(answers[place]) for place in places] == [
        "It does not answer." if place.host == "b" else str({"of": place.host}) for place in places
    ]


def test_the_groups_of_a_cluster() -> None:
    nodes = {"accelerators": [{"vendor": "nvidia", "count": 4}, {"vendor": "amd", "count": 0}]}
    cluster = {"nodes": nodes, "version": {"major": 1, "minor": 35}, "distribution": {"name": "gke"}}
    result = groups({"cluster": cluster, "cloud": {"provider": "gcp"}})
    assert result == ["cloud_gcp", "distribution_gke", "version_1_35", "gpu", "gpu_nvidia"]
    bare = {"nodes": {"accelerators": []}, "version": {"major": 0, "minor": 0}, "distribution": {"name": "kubernetes"}}
    assert groups({"cluster": bare, "cloud": {"provider": None}}) == ["cloud_none", "distribution_kubernetes"]
