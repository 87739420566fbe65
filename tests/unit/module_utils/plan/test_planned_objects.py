# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The objects that a plan comes to."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan import planned_objects

Json = dict[str, t.Any]
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ml"}}
SETTINGS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "ml"}}
OTHERS = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "elsewhere"}}


def look(*objects: Json, **existing: t.Any) -> planned_objects.PlannedObjects:
    namespace = {"name": "ml", "exists": False, **existing}
    return planned_objects.prepare([("web", each) for each in objects], {"apis": {}, "namespace": namespace}, "ml")


@pytest.mark.parametrize(
    ("objects", "cluster", "created"),
    [
        ([SETTINGS], {}, True),
        ([SETTINGS, OTHERS], {}, True),
        ([SETTINGS], {"exists": True}, False),
        ([SETTINGS], {"exists": None}, False),
        ([SETTINGS], {"name": "of-other-facts"}, False),
        ([SETTINGS, NAMESPACE], {}, False),
        ([], {}, False),
    ],
    ids=["missing", "another one brought", "there", "not known", "not asked for", "brought", "nothing to apply"],
)
def test_a_namespace_that_a_deployment_creates_is_planned(objects: list[Json], cluster: Json, created: bool) -> None:
    result = look(*objects, **cluster)
    assert [each.component for each in result.all] == ["environment"] * created + ["web"] * len(objects)
    # What the application is made of does not depend on that.
    assert [each.object for each in result.own] == objects
    if created:
        assert (str(result.all[0].key), result.all[0].component) == ("Namespace ml", "environment")
        assert "Namespace ml" in planned_objects.parts(result, "ml", set())["admin"]
