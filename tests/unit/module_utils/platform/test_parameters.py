# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which fields of objects a value sets, and that each field exists; with a table and objects of the test's own."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.sources import Contents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet import application
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.platform import package, parameters, tables

Json = dict[str, t.Any]

RELEASE = tables.Release("26.03.1", "example.com/a/b", "0123456", "none", components={"notebooks": tables.Part(("a",))})
TEXT = "# kept as long as nobody changes it\nvolume: {size: 5Gi}\nmembers: [{name: first}]\n"
CFG = '# text\nissuer_url = "http://dex"\nlogin_url = "/dex"\nmore = 1\n'
OBJECTS: list[Json] = [
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "app", "namespace": "kubeflow"},
        "spec": {
            "template": {
                "spec": {
                    "containers": [{"name": "app", "image": "ghcr.io/a/app:v1", "env": [{"name": "EMPTY", "value": "true"}]}],
                    "initContainers": [{"name": "init", "image": "busybox", "args": ["--image=quay.io/b/init:v2"]}],
                    "volumes": [{"name": "config", "configMap": {"name": "settings"}}],
                }
            }
        },
    },
    {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "kubeflow"},
        "data": {"ui.yaml": TEXT, "SECURE": "true", "host": "app.kubeflow.svc.cluster.local", "cfg": CFG},
    },
    {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "app", "namespace": "kubeflow"},
        "imagePullSecrets": [{"name": "own"}],
    },
]
SETTINGS = {"component": "notebooks", "object": "ConfigMap kubeflow/settings"}
APP = {"component": "notebooks", "object": "Deployment kubeflow/app"}
_CONTAINER = ["spec", "template", "spec", "containers", {"name": "app"}]
TABLE: Json = {
    "parameters": {
        "size": {"type": "string", "text": "Size", "places": [{**SETTINGS, "text": "ui.yaml", "path": ["volume", "size"]}]},
        "storage": {
            "type": "string",
            "text": "Class",
            "places": [{**SETTINGS, "text": "ui.yaml", "path": ["volume", "class"], "new": True}],
        },
        "https": {
            "type": "string",
            "default": "false",
            "text": "HTTPS",
            "places": [{**SETTINGS, "path": ["data", "SECURE"], "values": {"true": "true", "false": "false"}}],
        },
        "level": {
            "type": "number",
            "default": 0,
            "text": "Level",
            "places": [
                {**APP, "path": [*_CONTAINER, "env", {"name": "LEVEL"}], "new": True, "template": {"name": "LEVEL", "value": "{level}"}}
            ],
        },
        "issuer": {
            "type": "string",
            "text": "Issuer",
            "places": [{**SETTINGS, "path": ["data", "cfg"], "lines": {"issuer_url": 'issuer_url = "%s"', "login_url": None}}],
        },
        "accounts": {
            "type": "array",
            "default": [],
            "text": "Accounts",
            "places": [
                {
                    "component": "notebooks",
                    "object": "ServiceAccount kubeflow/app",
                    "path": ["metadata", "name"],
                    "copies": {"name": ["metadata", "name"], "team": ["metadata", "labels", "team"]},
                }
            ],
        },
        "members": {
            "type": "array",
            "default": [],
            "text": "Members",
            "places": [
                {
                    **SETTINGS,
                    "text": "ui.yaml",
                    "path": ["members"],
                    "fields": ["user", "role"],
                    "defaults": {"role": "edit"},
                    "begins": {"role": "e"},
                    "append": {"name": "{user}", "ids": ["{user}/{role}"]},
                },
                {
                    "component": "notebooks",
                    "fields": ["user", "role"],
                    "defaults": {"role": "edit"},
                    "make": {
                        "apiVersion": "v1",
                        "kind": "Secret",
                        "metadata": {"name": "of-{user:name}"},
                        "stringData": {"at": "{user}.cluster.local"},
                    },
                },
            ],
        },
        "database": {
            "type": "string",
            "text": "Database",
            "places": [{"component": "notebooks", "object": "ServiceAccount kubeflow/app", "absent": True}],
        },
        "alone": {
            "type": "string",
            "default": "false",
            "text": "Alone",
            "places": [{"component": "notebooks", "only": ["ConfigMap kubeflow/settings"], "values": {"true": True, "false": False}}],
        },
        "port": {
            "type": "number",
            "default": 1,
            "text": "Port",
            "places": [{**SETTINGS, "path": ["data", "{database}"], "new": True, "template": "at {port}", "needs": ["database"]}],
        },
        "later": {"type": "string", "text": "Later", "places": [{**SETTINGS, "releases": ["1.10"], "path": ["data", "gone"]}]},
        "elsewhere": {"type": "string", "text": "Not here", "places": [{"component": "katib", "object": "ConfigMap /x", "path": ["data"]}]},
        "clusterDomain": {"type": "string", "text": "Domain", "everywhere": "literal", "literal": "cluster.local"},
        "imageRegistry": {"type": "string", "text": "Mirror", "everywhere": "images"},
        "imagePullSecret": {"type": "string", "text": "Secret", "everywhere": "pullSecrets"},
    },
    "fixed": [{**APP, "path": [*_CONTAINER, "env", {"name": "EMPTY"}], "value": None}],
}


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> Json:
    copy: Json = json.loads(json.dumps(TABLE))
    monkeypatch.setattr(tables, "parameters", lambda: copy)
    return copy


def rendered(**values: t.Any) -> dict[str, Json]:
    """The objects by kind, with values for the component's parameters; of several the last."""
    return {item["kind"]: item for item in items(**values)}


def items(**values: t.Any) -> list[Json]:
    """The objects, with values for the component's parameters."""
    return render.objects(vendored(**values))["notebooks"]


def vendored(**values: t.Any) -> dict[str, str]:
    """The files of an application with the component."""
    objects = package.text(OBJECTS)
    built = package.Rendered("", objects, package.origin(RELEASE, "notebooks", "", "v5", ("", objects)))
    files = package.files(RELEASE, "notebooks", tables.Node("Notebooks"), built)
    contents = Contents({"registry.yaml": "", "LICENSE": "", **{f"notebooks/{path}": text for path, text in files.items()}})
    declared = {
        "name": "kubeflow",
        "environments": {"default": {"server": "https://192.0.2.1", "namespace": "kubeflow"}},
        "registries": {"platform": {"uri": "26.03.1", "protocol": "platform"}},
        "packages": {"notebooks": {"registry": "platform"}},
        "components": {"notebooks": {"prototype": "io.ksonnet.pkg.platform-notebooks", "parameters": values}},
    }
    return application.files(declared, {}, {"platform": contents}).files


def container(by_kind: dict[str, Json]) -> Json:
    return dict(by_kind["Deployment"]["spec"]["template"]["spec"]["containers"][0])


def test_nothing_but_what_is_fixed_changes_by_itself() -> None:
    by_kind = rendered()
    assert by_kind["ConfigMap"]["data"] == {**OBJECTS[1]["data"], "SECURE": "false"}
    assert container(by_kind) == {"name": "app", "image": "ghcr.io/a/app:v1", "env": []}
    assert by_kind["ServiceAccount"] == OBJECTS[2]


def test_values_in_a_text_stand_beside_each_other() -> None:
    assert json.loads(rendered(size="9Gi", storage="fast")["ConfigMap"]["data"]["ui.yaml"]) == {
        "volume": {"size": "9Gi", "class": "fast"},
        "members": [{"name": "first"}],
    }


def test_a_changed_value_makes_new_pods() -> None:
    marks = {
        str(rendered(**values)["Deployment"]["spec"]["template"]["metadata"]["annotations"])
        for values in ({}, {"size": "9Gi"}, {"https": "true"})
    }
    assert len(marks) == 3


def test_entries_of_lists_are_added_and_taken_away() -> None:
    assert container(rendered(level=3))["env"] == [{"name": "LEVEL", "value": 3}]


def test_settings_of_a_text_are_replaced_and_taken_away() -> None:
    cfg = rendered(issuer="https://login.example.com")["ConfigMap"]["data"]["cfg"]
    assert cfg == '# text\nissuer_url = "https://login.example.com"\nmore = 1\n'


def test_a_copy_for_each_entry() -> None:
    copies = items(accounts=[{"name": "one", "team": "a"}, {"name": "two"}])
    accounts = [item["metadata"] for item in copies if item["kind"] == "ServiceAccount"]
    assert accounts == [
        {"name": "app", "namespace": "kubeflow"},
        {"name": "one", "namespace": "kubeflow", "labels": {"team": "a"}},
        {"name": "two", "namespace": "kubeflow"},
    ]


@pytest.mark.parametrize(
    ("entry", "message"), [({"team": "a"}, "an entry without name"), ({"name": "a", "tem": "b"}, "has tem; its entries")]
)
def test_an_entry_that_can_not_be_meant(entry: Json, message: str) -> None:
    with pytest.raises(BootstrapError, match=message):
        rendered(accounts=[entry])


def test_entries_by_a_template_in_a_list_and_as_objects() -> None:
    result = rendered(members=[{"user": "You@example.com"}], clusterDomain="k8s.example")
    members = json.loads(result["ConfigMap"]["data"]["ui.yaml"])["members"]
    assert members == [{"name": "first"}, {"name": "You@example.com", "ids": ["You@example.com/edit"]}]
    assert result["Secret"]["metadata"]["name"] == "of-you-example-com"
    assert result["Secret"]["stringData"] == {"at": "You@example.com.k8s.example"}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"role": "edit"}, "an entry without user"),
        ({"user": "a", "rol": "edit"}, "has rol; its entries have user, role"),
        ({"user": "a", "role": "view"}, "whose role does not begin with e"),
    ],
)
def test_an_entry_that_no_template_takes(entry: Json, message: str) -> None:
    with pytest.raises(BootstrapError, match=message):
        rendered(members=[entry])


def test_objects_are_left_out() -> None:
    assert "ServiceAccount" not in rendered(database="mysql.example.com")


def test_all_other_objects_are_left_out() -> None:
    assert set(rendered(alone="false")) == {"Deployment", "ConfigMap", "ServiceAccount"}
    assert set(rendered(alone="true")) == {"ConfigMap"}


def test_a_parameter_that_needs_another() -> None:
    assert rendered(database="db", port=2)["ConfigMap"]["data"]["db"] == "at 2"
    with pytest.raises(BootstrapError, match="parameter port needs database"):
        rendered(port=2)


def test_a_value_that_no_place_knows_is_refused() -> None:
    with pytest.raises(BootstrapError, match="parameter https is yes; it must be one of false, true"):
        rendered(https="yes")


def test_what_is_everywhere() -> None:
    by_kind = rendered(clusterDomain="k8s.example", imageRegistry="mirror.example.com/all", imagePullSecret="pull")
    assert by_kind["ConfigMap"]["data"]["host"] == "app.kubeflow.svc.k8s.example"
    pod = by_kind["Deployment"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == "mirror.example.com/all/a/app:v1"
    assert (pod["initContainers"][0]["image"], pod["initContainers"][0]["args"]) == (
        "mirror.example.com/all/busybox",
        ["--image=mirror.example.com/all/b/init:v2"],
    )
    assert by_kind["ServiceAccount"]["imagePullSecrets"] == [{"name": "own"}, {"name": "pull"}]


def test_a_component_declares_what_has_a_place_in_it(table: Json) -> None:
    declared = parameters.of(RELEASE, "notebooks", OBJECTS).declared
    assert declared.keys() == TABLE["parameters"].keys() - {"later", "elsewhere"}
    for name in ("accounts", "database"):
        del table["parameters"][name]
    alone = parameters.of(RELEASE, "notebooks", OBJECTS[:2]).declared
    assert "imagePullSecret" not in alone


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (
            {"object": "ConfigMap kubeflow/seting"},
            "has no ConfigMap kubeflow/seting, which a parameter is for. Nearest: ConfigMap kubeflow/settings",
        ),
        ({"path": ["data", "SECUR"]}, "has no data SECUR, which a parameter is for. Nearest: SECURE"),
        ({"text": "ux.yaml", "path": []}, "has no ux.yaml"),
        (
            {"path": ["data", "cfg"], "lines": {"isuer_url": None}},
            "has no setting isuer_url, which a parameter is for. Nearest: issuer_url",
        ),
    ],
)
def test_a_place_that_is_not_there_stops_it(table: Json, place: Json, message: str) -> None:
    table["parameters"]["https"]["places"][0].update(place)
    with pytest.raises(BootstrapError) as error:
        parameters.of(RELEASE, "notebooks", OBJECTS)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "images"),
    [
        ("ghcr.io/a/b:v1", {"ghcr.io/a/b:v1"}),
        ("run registry.example.com:5000/a/b@sha256:" + "0" * 64 + " now", {"registry.example.com:5000/a/b@sha256:" + "0" * 64}),
        ("image: gcr.io/istio-release", {"gcr.io/istio-release"}),
        ("https://ghcr.io/a/b:v1", set()),
        ("networking.istio.io/v1", set()),
        ("cluster.local/ns/kubeflow/sa/x", set()),
    ],
)
def test_images_in_texts(text: str, images: set[str]) -> None:
    assert set(dict(parameters.images_in({"args": [text]}))) == images
