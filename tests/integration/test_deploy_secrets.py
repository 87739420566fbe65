# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that are given beside the application: members as all objects are, and their values are nowhere but in the Secret."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import made

PASSWORD = "hunter2hunter2"
SECRET = "Secret given/login"


def login_secret(value=PASSWORD, **more):
    return [{"name": "login", "stringData": {"client-secret": value}, **more}]


@pytest.fixture
def application(cluster, tmp_path):
    each = cluster("kind")
    app = Application(tmp_path / "app", "given", {"kubeconfig": each.kubeconfig, "wait_timeout": 90})
    yield each, app.write(made("v1", "Namespace", "given"), made("v1", "ConfigMap", "settings", "given"))
    app.deploy(state="absent").well()


def held(each):
    data = each.get("secret", "-n", "given", "login")["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def test_a_given_secret_is_a_member_and_changes_with_its_value(application):
    each, app = application
    first = app.deploy(secrets=login_secret(type="example.com/login", labels={"team": "ml"})).well()
    assert first.actions[SECRET] == "created" and held(each) == {"client-secret": PASSWORD}
    live = each.get("secret", "-n", "given", "login")
    assert (live["type"], live["metadata"]["labels"]["team"]) == ("example.com/login", "ml")
    with each.untouched():
        second = app.deploy(secrets=login_secret(type="example.com/login", labels={"team": "ml"})).well()
    assert set(second.actions.values()) == {"unchanged"} and not second.result["changed"]
    with each.untouched():
        would = app.deploy(check=True, diff=True, secrets=login_secret("another", type="example.com/login")).well()
    assert would.actions[SECRET] == "changed" and "(hidden, differs)" in json.dumps(would.result["diff"])
    assert app.deploy(secrets=login_secret("another", type="example.com/login")).well().actions[SECRET] == "changed"
    assert held(each) == {"client-secret": "another"}
    # What somebody changed by hand is told, and taken back where that is wanted.
    text = base64.b64encode(b"by-hand").decode()
    each.kubectl("patch", "secret", "-n", "given", "login", "-p", json.dumps({"data": {"client-secret": text}}))
    refused = str(app.deploy(secrets=login_secret("another", type="example.com/login")).error)
    assert (
        "field conflict with other managers: .data.client-secret (kubectl-patch)" in refused
        and "by-hand" not in refused
        and text not in refused
    )
    app.deploy(secrets=login_secret("another", type="example.com/login"), force_conflicts=True).well()
    assert held(each) == {"client-secret": "another"}


def test_it_stays_in_runs_that_are_given_none_and_goes_with_an_empty_list(application):
    each, app = application
    app.deploy(secrets=login_secret()).well()
    with each.untouched():
        assert not app.deploy().well().result["changed"]
    app.write(made("v1", "Namespace", "given"), made("v1", "ConfigMap", "others", "given"))
    assert "pruned" in app.deploy().well().actions.values() and held(each) == {"client-secret": PASSWORD}
    with each.untouched():
        assert not app.deploy(secrets=login_secret()).well().result["changed"]
    assert app.deploy(secrets=[]).well().actions[SECRET] == "pruned"
    assert each.try_kubectl("get", "secret", "-n", "given", "login").returncode != 0


def test_its_values_and_their_fingerprints_are_nowhere_else(application):
    each, app = application
    runs = [app.deploy(diff=True, secrets=login_secret()), app.deploy(check=True, diff=True, secrets=login_secret("another-1"))]
    runs.append(app.deploy(diff=True, secrets=login_secret("another-1")))
    record = json.dumps(each.get("configmap", "-n", "given"))
    [recorded] = [item for item in json.loads(record)["items"] if item["metadata"]["name"].endswith("-applyset")]
    assert json.loads(recorded["data"]["objects.json"])["Secret"]["given"]["login"][0] == "given"
    output = record + "".join(json.dumps(run.result) + str(run.error) + run.text for run in runs)
    for value in (PASSWORD, "another-1"):
        data = base64.b64encode(value.encode())
        for seen in (value, data.decode(), hashlib.sha256(value.encode()).hexdigest()[:32], hashlib.sha256(data).hexdigest()[:32]):
            assert seen not in output


def test_what_others_made_is_left_alone_where_it_is_as_wanted_and_refused_else(application):
    each, app = application
    app.deploy().well()
    each.kubectl("create", "secret", "generic", "login", "-n", "given", f"--from-literal=client-secret={PASSWORD}")
    assert app.deploy(secrets=login_secret()).well().actions[SECRET] == "left alone"
    refused = app.deploy(secrets=login_secret("another-1"))
    assert "already exist" in str(refused.error) or "already exists" in str(refused.error)
    assert "another-1" not in str(refused.error) and held(each) == {"client-secret": PASSWORD}
    each.kubectl("delete", "secret", "-n", "given", "login")
