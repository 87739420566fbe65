# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages of commits: what changed, from what to what, and why."""

from __future__ import annotations

import copy
import json
import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.git.message import compose

Json = dict[str, t.Any]


def chosen(value: t.Any, reason: str = "It is so.", source: str = "cluster") -> Json:
    return {"value": value, "source": source, "reason": reason}


BEFORE: Json = {
    "record": {
        "cluster": {"distribution": "gke", "version": "v1.35.0", "server": "https://10.0.0.1"},
        "values": {"core": {"replicas": chosen(1), "class": chosen("standard")}},
    },
    "written": {
        "name": "kubeflow",
        "components": {
            "core": {"prototype": "io.ksonnet.pkg.kubeflow-core", "parameters": {"replicas": 1, "class": "standard", "image": "a:1"}}
        },
        "packages": {"core": "sha256:1"},
    },
}


def after(**changes: t.Any) -> Json:
    """``BEFORE`` with other values, by path with ``__`` between its parts; None takes one away."""
    document = copy.deepcopy(BEFORE)
    for path, value in changes.items():
        *parents, name = path.split("__")
        place = document
        for parent in parents:
            place = place.setdefault(parent, {})
        if value is None:
            place.pop(name)
        else:
            place[name] = value
    return document


def message(new: Json, old: Json | None = None, first: bool = False, **changed: str) -> str:
    return compose(None if first else json.dumps(old or BEFORE), json.dumps(new), changed or {"bootstrap.yaml": "M"})


def test_the_first_commit_tells_all_that_was_chosen() -> None:
    assert message(BEFORE, first=True) == (
        "kubeflow: the application for gke v1.35.0\n\n"
        "core: added (kubeflow-core)\n  class: standard\n    (cluster) It is so.\n  replicas: 1\n    (cluster) It is so.\n\n"
        "cluster: distribution: gke\ncluster: server: https://10.0.0.1\ncluster: version: v1.35.0\npackage core: added\n"
    )


def test_several_values_a_value_that_went_and_one_of_the_package() -> None:
    new = after(
        record__values__core={"replicas": chosen(3, "You chose it.", "user")},
        written__components__core__parameters={"replicas": 3, "class": "other", "image": "a:2"},
    )
    assert message(new) == (
        "kubeflow: 4 values of core changed\n\n"
        "core:\n  class: standard -> the package's own value\n  replicas: 1 -> 3\n    (user) You chose it.\n"
        "  class: standard -> other\n  image: a:1 -> a:2\n"
    )


def test_components_packages_and_the_cluster() -> None:
    new = after(
        written__components__nfs={"prototype": "io.ksonnet.pkg.nfs", "parameters": {}},
        written__packages={"core": "sha256:2", "nfs": "sha256:3"},
        record__cluster__version="v1.36.0",
    )
    assert message(new).splitlines() == [
        "kubeflow: nfs added",
        "",
        "nfs: added (nfs)",
        "",
        "cluster: version: v1.35.0 -> v1.36.0",
        "package core: at another version",
        "package nfs: added",
    ]
    assert message(after(record__cluster__version="v1.36.0", written__packages={})).splitlines()[0] == (
        "kubeflow: 2 changes: cluster: version: v1.35.0 -> v1.36.0, ..."
    )
    assert message(after(written__components={})).startswith("kubeflow: core removed\n\ncore: removed\n")


def test_what_the_steps_around_it_reserved() -> None:
    new = after(record__steps={"static_ip": {"name": "kubeflow-1f0c", "address": "203.0.113.1", "region": None, "made": True}})
    line = "static_ip: address = 203.0.113.1, made = true, name = kubeflow-1f0c"
    assert message(new) == f"kubeflow: {line}"[:69] + f"...\n\n{line}\n"
    assert message(BEFORE, new) == "kubeflow: static_ip: removed\n\nstatic_ip: removed\n"


def test_files_alone() -> None:
    assert message(BEFORE, BEFORE, mine="A", other="D") == "kubeflow: 2 files changed\n\n  A mine\n  D other\n"
    many = {f"f{number:02}": "M" for number in range(25)}
    assert message(BEFORE, BEFORE, **many).splitlines()[-2:] == ["  M f19", "  and 5 more"]
    assert compose("no: [yaml", None, {"mine": "A"}) == "Kubeflow: 1 file changed\n\n  A mine\n"


def test_no_secret_is_in_a_message() -> None:
    word = "Zx9Lm5Rt" + "WwQ83kPd"
    new = after(
        record__values__core={
            "adminPassword": chosen("hunter2"),
            "apiToken": chosen(word),
            "tokenSecret": chosen("my-secret"),
            "url": chosen(f"https://me:{word}@host/"),
        }
    )
    text = message(new)
    assert word not in text and "hunter2" not in text
    assert "  adminPassword: (not shown)\n" in text and "  tokenSecret: my-secret\n" in text
