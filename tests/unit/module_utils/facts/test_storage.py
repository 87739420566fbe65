# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Storage classes, and which is the default."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.storage import storage

GA, BETA = "storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"
NONE = "kubernetes.io/no-provisioner"


def make(name: str, annotations: dict[str, str] | None = None, day: int = 1, provisioner: str = "p", **more: t.Any) -> dict[str, t.Any]:
    metadata = {"name": name, "annotations": annotations, "creationTimestamp": f"2026-01-{day:02}T00:00:00Z"}
    return {"metadata": metadata, "provisioner": provisioner, **more}


def test_no_classes() -> None:
    assert storage([]) == {"classes": [], "default": None, "usable": [], "defaults": []}


@pytest.mark.parametrize(
    ("annotations", "kind"),
    [
        ({GA: "true"}, "ga"),
        ({BETA: "true"}, "beta"),
        ({GA: "true", BETA: "true"}, "ga"),
        ({GA: "false", BETA: "true"}, "beta"),
        ({GA: "false"}, None),
        ({GA: "True"}, None),
        (None, None),
    ],
)
def test_both_marks_of_a_default(annotations: dict[str, str] | None, kind: str | None) -> None:
    result = storage([make("other"), make("marked", annotations)])
    assert result["default"] == ("marked" if kind else None)
    assert result["usable"] == (["marked", "other"])
    assert {each["name"]: (each["default"], each["default_annotation"]) for each in result["classes"]} == {
        "marked": (bool(kind), kind),
        "other": (False, None),
    }


def test_of_several_defaults_the_newest_wins_then_the_name() -> None:
    items = [make("a", {GA: "true"}, day=2), make("z", {BETA: "true"}, day=9), make("y", {GA: "true"}, day=9), make("n", day=20)]
    result = storage(items)
    assert (result["default"], result["defaults"]) == ("y", ["y", "z", "a"])
    assert result["usable"] == ["y", "a", "n", "z"]


def test_classes_that_make_no_volumes_are_not_usable() -> None:
    result = storage([make("local", {GA: "true"}, provisioner=NONE), make("disk")])
    assert (result["default"], result["usable"]) == ("local", ["disk"])
    assert [each["provisions"] for each in result["classes"]] == [True, False]


def test_classes_whose_driver_is_missing_are_not_usable() -> None:
    items = [make("ebs", {GA: "true"}, provisioner="ebs.csi.aws.com"), make("other", provisioner="some.vendor/disk")]
    assert storage(items, {"some.driver"})["usable"] == ["other"]
    assert storage(items, {"ebs.csi.aws.com"})["usable"] == ["ebs", "other"]
    assert storage(items, None)["usable"] == ["ebs", "other"]


def test_what_a_class_does_not_say_is_as_kubernetes_takes_it() -> None:
    fields = {"volumeBindingMode": "WaitForFirstConsumer", "reclaimPolicy": "Retain", "allowVolumeExpansion": True}
    silent, loud = storage([make("a"), make("b", **fields)])["classes"]
    assert (silent["binding_mode"], silent["reclaim_policy"], silent["expansion"]) == ("Immediate", "Delete", False)
    assert (loud["binding_mode"], loud["reclaim_policy"], loud["expansion"]) == ("WaitForFirstConsumer", "Retain", True)
