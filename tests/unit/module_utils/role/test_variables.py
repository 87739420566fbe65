# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Variables as people give them: text for everything, nothing for a question that was not answered, and names with a slip in them."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.role import variables

COLLECTION = Path(__file__).parents[4]


@pytest.mark.parametrize("kind", ["str", "path", "bool", "int", "float", "list", "dict"])
@pytest.mark.parametrize("value", [None, "", "  ", "\n"])
def test_what_was_not_answered(kind: str, value: str | None) -> None:
    assert variables.convert("kubeflow_x", {"type": kind}, value) is None


@pytest.mark.parametrize(
    ("spec", "value", "meant"),
    [
        ({"type": "list", "elements": "path"}, "my.yml", ["my.yml"]),
        ({"type": "list", "elements": "str"}, "a, b,c ", ["a", "b", "c"]),
        ({"type": "list", "elements": "str"}, '["a", "b"]', ["a", "b"]),
        ({"type": "list", "elements": "str"}, "[a, b]", ["a", "b"]),
        ({"type": "list", "elements": "str"}, [1, "b"], ["1", "b"]),
        ({"type": "list", "elements": "int"}, "1,2", [1, 2]),
        ({"type": "list", "elements": "dict"}, {"a": 1}, [{"a": 1}]),
        ({"type": "list"}, 5, ["5"]),
        ({"type": "list"}, [], []),
        ({"type": "dict"}, '{"core": {"replicas": 3}}', {"core": {"replicas": 3}}),
        ({"type": "dict"}, "{core: {replicas: 3}}", {"core": {"replicas": 3}}),
        ({"type": "dict"}, "replicas=3 name=x", {"replicas": "3", "name": "x"}),
        ({"type": "dict"}, {}, {}),
        ({"type": "bool"}, "yes", True),
        ({"type": "bool"}, "False", False),
        ({"type": "bool"}, 1, True),
        ({"type": "int"}, "600", 600),
        ({"type": "int"}, " 600 ", 600),
        ({"type": "str"}, 42, "42"),
        ({"type": "path"}, "~/config", "~/config"),
        ({"type": "str", "choices": ["native", "ks"]}, "ks", "ks"),
    ],
)
def test_what_is_meant(spec: dict[str, t.Any], value: t.Any, meant: t.Any) -> None:
    converted = variables.convert("kubeflow_x", spec, value)
    assert converted == meant and type(converted) is type(meant)


@pytest.mark.parametrize(
    ("spec", "value", "message"),
    [
        ({"type": "bool"}, "maybe", "kubeflow_x is not true or false (maybe)."),
        ({"type": "bool"}, ["yes"], "kubeflow_x is not true or false."),
        ({"type": "int"}, "ten", "kubeflow_x is not a whole number (ten)."),
        ({"type": "int"}, True, "kubeflow_x is not a whole number (True)."),
        ({"type": "int"}, "1.5", "kubeflow_x is not a whole number (1.5)."),
        ({"type": "dict"}, "core", "kubeflow_x is not a mapping (core)."),
        ({"type": "dict"}, "[a]", "kubeflow_x is not a mapping ([a])."),
        ({"type": "dict"}, '{"core": ', "kubeflow_x is not a mapping"),
        ({"type": "dict"}, ["a"], "kubeflow_x is not a mapping."),
        ({"type": "list"}, "{a: b}", "kubeflow_x is not a list ({a: b})."),
        ({"type": "list", "elements": "int"}, "1,b", "kubeflow_x[1] is not a whole number (b)."),
        ({"type": "list", "elements": "str"}, [{"a": 1}], "kubeflow_x[0] is a mapping, where text is expected."),
        ({"type": "path"}, {"users": [{"user": {"token": "hunter2"}}]}, "kubeflow_x is a mapping, where text is expected."),
        ({"type": "str", "choices": ["native", "ks", "auto"]}, "nativ", "Did you mean native? It is one of native, ks, auto."),
        ({"type": "dict", "no_log": True}, "hunter2", "kubeflow_x is not a mapping."),
    ],
)
def test_what_can_not_be_meant_is_said_in_one_sentence(spec: dict[str, t.Any], value: t.Any, message: str) -> None:
    with pytest.raises(BootstrapError) as caught:
        variables.convert("kubeflow_x", spec, value)
    assert message in str(caught.value) and "\n" not in str(caught.value) and "hunter2" not in str(caught.value)


def slips(name: str) -> str:
    options = {option for role in (COLLECTION / "roles").iterdir() for option in variables.options_of(role)}
    near, others = variables.misspelt([name], variables.mentioned(COLLECTION), options)
    return near.get(name, "nobody's" if others else "known")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("kubeflow_aply", "kubeflow_apply"),
        ("kubeflow_namespce", "kubeflow_namespace"),
        ("kubeflow_contxt", "kubeflow_context"),
        ("kubeflow_remove_dta", "kubeflow_remove_data"),
        ("kubeflow_ignored", "kubeflow_ignore"),
        ("kubeflow_dns_hostnam", "kubeflow_dns_hostname"),
        ("kubeflow_auth_pasword", "kubeflow_auth_password"),
        ("kubeflow_static_ip_adress", "kubeflow_static_ip_address"),
        ("kubeflow_local_cluster_profil", "kubeflow_local_cluster_profile"),
        ("kubeflow_hosts", "known"),
        ("kubeflow_serial", "known"),
        ("kubeflow_facts", "known"),
        ("kubeflow_answer_gatewayReplicas", "known"),
        ("dns_hostnam", "known"),
        ("kubeflow_quarterly_budget", "nobody's"),
    ],
)
def test_a_slip_in_a_name(name: str, meant: str) -> None:
    assert slips(name) == meant


@pytest.mark.parametrize("name", ["version", "password", "path", "timeout", "branch", "hostname", "storage", "kubeconfig_file"])
def test_a_variable_of_the_users_own_is_no_slip(name: str) -> None:
    options = {option for role in (COLLECTION / "roles").iterdir() for option in variables.options_of(role)}
    near, others = variables.misspelt([f"kubeflow_{name}"], variables.mentioned(COLLECTION), options)
    assert near == {} and others[f"kubeflow_{name}"] in options


def test_every_option_is_known() -> None:
    for role in (COLLECTION / "roles").iterdir():
        options = variables.options_of(role)
        assert options and options <= variables.mentioned(COLLECTION)
