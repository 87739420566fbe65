# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Definitions that take their time, or never become what they are to be."""

from __future__ import annotations

import json
import os

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration import faults
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import definition, existing, made, name_of, refused
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang, patience


@pytest.fixture
def application(tmp_path):
    """``application(cluster, "space")``: an empty one for that namespace."""
    return lambda cluster, space, **arguments: Application.on(cluster, tmp_path / space, space, **{"wait_timeout": 90, **arguments})


def test_a_definition_that_discovery_shows_late(cluster, application, tmp_path):
    each = cluster()
    group = "lagging.example.com"
    resources = [made(f"{group}/v1", "Laggard", f"one-{index}", "lagging", spec={"a": index}) for index in range(3)]
    items = [*resources, definition(group, "laggards", "Laggard"), made("v1", "Namespace", "lagging")]
    mine = application(each, "lagging").write(*items)
    folder = tmp_path / "http"
    port = int(each.facts["server"].rsplit(":", 1)[1])
    before = len(each.requests())
    client = faults.client_pem(each.kubeconfig, folder)
    with faults.http_proxy(os.environ, folder, port, each.home.ca.crt, client) as proxy:
        proxy.rules({"hide": group, "seconds": 4})
        done = mine.deploy(kubeconfig=faults.kubeconfig_through(each.kubeconfig, proxy.port, folder / "kubeconfig", proxy.ca, {})).well()
        seen = proxy.seen()
    assert refused(each.requests()[before:]) == []
    assert existing(each, items) == {name_of(item) for item in items}
    hidden = [one["time"] for one in seen if one["fault"] is not None]
    assert hidden and done.seconds > 4
    assert min(one["time"] for one in seen if "/laggards/one-" in one["path"] and one["method"] == "PATCH") > max(hidden)
    assert not done.silent, done.lines
    # It does not ask all the time.
    assert len(hidden) < 40


def rival(group, plural, kind):
    """A CRD with the kind of another one, which has its names while it is there."""
    item = definition(group, plural, kind)
    item["spec"]["names"]["singular"] = plural
    item["spec"]["names"]["listKind"] = f"{plural.capitalize()}List"
    return item


def test_names_that_another_definition_has(cluster, application):
    each = cluster()
    group = "names.example.com"
    each.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(rival(group, "olders", "Taken")))
    resource = made(f"{group}/v1", "Taken", "mine", "names", spec={"a": 1})
    items = [resource, definition(group, "takens", "Taken"), made("v1", "Namespace", "names")]
    mine = application(each, "names", wait_timeout=5).write(*items)
    before = len(each.requests())
    with no_hang(6):
        done = mine.deploy()
    for part in ("takens.names.example.com", '"Taken" is already in use'):
        assert part in done.message
    assert refused(each.requests()[before:]) == []
    assert not done.silent, done.lines
    each.kubectl("delete", "crd", f"olders.{group}")
    mine.deploy(wait_timeout=int(patience(5))).well()
    assert existing(each, items) == {name_of(item) for item in items}


def versioned(group, **fields):
    """A CRD of Things whose spec has these fields, each with a schema."""
    item = definition(group, "things", "Thing")
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}
    item["spec"]["versions"][0]["schema"] = {"openAPIV3Schema": schema}
    return item


def test_a_resource_that_uses_a_field_its_definition_gets_in_the_same_run(cluster, application):
    each = cluster()
    group, space = "grows.example.com", "grows"
    first = made(f"{group}/v1", "Thing", "first", space, spec={"a": "1"})
    mine = application(each, space).write(made("v1", "Namespace", space), versioned(group, a={"type": "string"}), first)
    mine.deploy().well()
    grown = versioned(group, a={"type": "string"}, b={"type": "string", "maxLength": 3})
    first["spec"]["b"] = "new"
    second = made(f"{group}/v1", "Thing", "second", space, spec={"b": "two"})
    mine.write(made("v1", "Namespace", space), grown, first, second)
    mine.deploy(check=True).well()
    done = mine.deploy().well()
    assert done.actions[name_of(first)] == "changed" and done.actions[name_of(second)] == "created"
    assert each.get("things.grows.example.com", "first", "-n", space)["spec"] == {"a": "1", "b": "new"}
