# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that the application declares and a deployment makes once: the live values stay, and go when their data goes."""

from __future__ import annotations

import base64
import json

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.generated_secrets import GENERATE
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import made

SECRET = "Secret generated/db"


def declared(**more):
    item = made("v1", "Secret", "db", "generated")
    declaration = {"keys": {"user": {"value": "root"}, "password": {"random": 32}}, "claims": ["generated/data"]}
    item["metadata"]["annotations"] = {GENERATE: json.dumps(declaration)}
    return {**item, **more}


def claim():
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return made("v1", "PersistentVolumeClaim", "data", "generated", spec=spec)


@pytest.fixture
def application(cluster, tmp_path):
    each = cluster("kind")
    app = Application(tmp_path / "app", "generated", {"kubeconfig": each.kubeconfig, "wait_timeout": 0})
    yield each, app.write(made("v1", "Namespace", "generated"), claim(), declared())
    app.deploy(state="absent", remove_data=True).well()


def held(each):
    data = each.get("secret", "-n", "generated", "db")["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def test_it_is_made_once_and_kept(application):
    each, app = application
    assert app.deploy(check=True).well().actions[SECRET] == "created"
    assert app.deploy().well().actions[SECRET] == "created"
    first = held(each)
    assert first["user"] == "root" and len(first["password"]) == 32
    with each.untouched():
        second = app.deploy().well()
    assert set(second.actions.values()) == {"unchanged"}
    # A key that the application gets later is added; what is there stays.
    item = declared()
    declaration = json.loads(item["metadata"]["annotations"][GENERATE])
    del declaration["claims"]
    declaration["keys"]["more"] = {"random": 10}
    item["metadata"]["annotations"][GENERATE] = json.dumps(declaration)
    assert app.write(made("v1", "Namespace", "generated"), claim(), item).deploy().well().actions[SECRET] == "changed"
    assert {**held(each), "more": ""} == {**first, "more": ""}


def test_it_stays_with_the_data_that_knows_it_and_is_not_regenerated_beside_it(application):
    each, app = application
    app.deploy().well()
    first = held(each)
    removed = app.deploy(state="absent").well()
    assert removed.actions[SECRET] == removed.actions["PersistentVolumeClaim generated/data"] == "kept"
    app.deploy().well()
    assert held(each) == first
    each.kubectl("delete", "secret", "-n", "generated", "db")
    with each.untouched():
        refused = str(app.deploy().error)
    assert "(secret-lost-for-volume)" in refused and "generated/data" in refused
    supplied = [{"name": "db", "namespace": "generated", "stringData": {"user": "root", "password": first["password"]}}]
    app.deploy(secrets=supplied).well()
    assert held(each) == first


def test_it_goes_with_the_component_that_declares_it(application):
    each, app = application
    app.write(made("v1", "Namespace", "generated"), made("v1", "ConfigMap", "other", "generated"), declared())
    app.deploy().well()
    app.write(made("v1", "Namespace", "generated"), made("v1", "ConfigMap", "other", "generated"))
    assert app.deploy().well().actions[SECRET] == "pruned"
