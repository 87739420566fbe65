# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Applications may be called what no object may."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.names import object_name

from tests.unit.module_utils.deploy._cluster import FakeCluster
from tests.unit.module_utils.deploy._objects import make


@pytest.mark.parametrize("name", ["kubeflow", "a", "my.app", "x-1"])
def test_a_name_that_kubernetes_takes_stays(name: str) -> None:
    assert object_name(name, "deploy") == f"{name}-deploy"


ODD = ["ks_app", "ks-app_", "my_kubeflow", "KsApp", "ksapp.", "mnist app", "Übung", "日本", "..", "a/b", "-", "x" * 300]


def test_all_others_get_one_of_their_own() -> None:
    names = [object_name(name, "applyset") for name in ODD]
    assert len(set(names)) == len(ODD)
    assert all(re.fullmatch(r"[a-z0-9][-a-z0-9.]{0,250}[a-z0-9]", name) for name in names)
    assert object_name("ks_app", "deploy").startswith("ks-app-")


@pytest.mark.parametrize("name", ["ks_app", "my_kubeflow", "KsApp", "mnist app"])
def test_such_an_application_is_deployed_and_removed(server: t.Any, client: Client, name: str) -> None:
    cluster = FakeCluster(server, client)
    items = [make("Namespace", "ml", namespace=None), make("ConfigMap", "c", namespace="ml")]
    assert cluster.deploy(*items, application=name).counts() == {"created": 2}
    written = [line.rsplit("/", 1)[1] for line in server.writes() if "leases" in line or "applyset" in line]
    assert all(re.fullmatch(r"[-a-z0-9.]+", each) for each in written)
    assert cluster.deploy(*items, application=name).counts() == {"unchanged": 2}
    assert cluster.remove(application=name).counts() == {"removed": 2}
