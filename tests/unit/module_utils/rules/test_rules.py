# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules of the plan as data: how they are read, and what they say."""

from __future__ import annotations

import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import prototypes
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan.packages import short
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.platform import tables
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.rules.rules import Rule, load

Json = dict[str, t.Any]
Write = Callable[..., str]
GOOD: Json = {"id": "one", "sets": "storageClass", "value": "'disk'", "reason": "So it is."}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_rules(content: t.Any, name: str = "rules.yml") -> str:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
        return str(path)

    return write_rules


@pytest.fixture
def rule(write: Write) -> Callable[..., Rule]:
    return lambda **fields: load([write([{**GOOD, **fields}])])[0]


def fails(path: str) -> str:
    with pytest.raises(BootstrapError) as caught:
        load([path])
    assert path in caught.value.message
    return caught.value.message.removeprefix(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([{"sets": "a"}], ", rule 1: it has no id."),
        ([GOOD, "text"], ", rule 2: it has no id."),
        ([{**GOOD, "id": 5}], ", rule 1: it has no id."),
        ([{**GOOD, "wehn": "x"}], ", rule 1 (one): unknown field wehn."),
        ([{**GOOD, "reason": None}], ", rule 1 (one): it needs a reason, and one of sets, keeps, blocks and warns."),
        ([{"id": "one", "reason": "x"}], ", rule 1 (one): it needs a reason, and one of sets, keeps, blocks and warns."),
        ([{**GOOD, "blocks": True}], ", rule 1 (one): it needs a reason, and one of sets, keeps, blocks and warns."),
        ([{"id": "one", "reason": "x", "sets": "a"}], ", rule 1 (one): value belongs to sets, and may stand with keeps."),
        ([{"id": "one", "reason": "x", "warns": True, "value": "a"}], ", rule 1 (one): value belongs to sets, and may stand with keeps."),
        ([{**GOOD, "source": "user"}], ", rule 1 (one): source is one of cluster, cloud, default, step."),
        ([{**GOOD, "when": "!cluster.nodes"}], ", rule 1 (one): when: '!' before a path needs parentheses: !(cluster.nodes.count)."),
        ([{**GOOD, "for": "gateway"}], ", rule 1 (one): for is a list of prototypes, by their short names."),
        ([{**GOOD, 5: "x"}], ", rule 1 (one): unknown field 5."),
        ([{**GOOD, "when": "values.a != 'x'"}], ", rule 1 (one): it also applies to prototypes that have no parameter a,"),
        ([{**GOOD, "fix": "Say {values.a}."}], ", rule 1 (one): it also applies to prototypes that have no parameter a,"),
        ([{**GOOD, "alternatives": "a && !b.c"}], ", rule 1 (one): alternatives: '!' before a path"),
    ],
)
def test_a_rule_that_is_wrong_is_named_with_its_file(write: Write, content: t.Any, message: str) -> None:
    assert fails(write(content)).startswith(message)


_MOST = "max_by(cluster.nodes.accelerators, &free).resource"


@pytest.mark.parametrize(
    ("fields", "fact"),
    [
        ({"when": "cluster.nodes.usable > `1`"}, "cluster.nodes.usable"),
        ({"when": "!(cluster.nodes | largest_free.cpu < `2`)"}, "cluster.nodes.largest_free"),
        ({"value": "not_null(cluster.nodes.largest_free, cluster.nodes.largest).cpu"}, "cluster.nodes.largest_free"),
        ({"value": "cluster.nodes.{a: free}.a.cpu"}, "cluster.nodes.free"),
        ({"when": "cluster.nodes.accelerators[?vendor == 'amd' && free > `0`]"}, "cluster.nodes.accelerators.free"),
        ({"value": _MOST}, "cluster.nodes.accelerators.free"),
        ({"value": "cluster.*.free | [0]"}, "cluster.nodes.free"),
        ({"value": "values(cluster.nodes)[0]"}, "cluster.nodes.free"),
        ({"when": 'cluster.quotas[].used."requests.cpu"'}, "cluster.quotas.used"),
        ({"alternatives": "cluster.addons[?ready].name"}, "cluster.addons.ready"),
        ({"reason": "{cluster.load_balancer.why}"}, "cluster.load_balancer.why"),
        ({"reason": "There are {cluster.nodes.count} nodes."}, "cluster.nodes.count"),
        ({"reason": "{cluster.nodes.count > `1` && 'Several' || 'One'}"}, "cluster.nodes.count"),
        ({"reason": "{cluster.nodes.architectures.arm64} nodes"}, "cluster.nodes.architectures"),
        ({"reason": "{length(keys(cluster.nodes.zones))} and {cluster.nodes.ordinary.count}"}, "cluster.nodes.ordinary"),
    ],
)
def test_no_value_rests_on_what_changes_by_itself(write: Write, fields: Json, fact: str) -> None:
    assert fails(write([{**GOOD, **fields}])).startswith(f", rule 1 (one): it reads {fact}, which changes by itself: the next run")
    # What is only said may.
    other = {key: text for key, text in {**GOOD, **fields}.items() if key not in ("sets", "value")}
    assert load([write([{**other, "warns": True, "fix": "{cluster.nodes.free.cpu}"}])])


@pytest.mark.parametrize(
    "fields",
    [
        {"when": "cluster.nodes.ordinary.count > `1` && cluster.nodes.architectures.arm64 && cluster.nodes.count"},
        {"reason": "Nodes are {keys(cluster.nodes.architectures)}, and have {max_by(cluster.nodes.accelerators, &count).resource}."},
        {"when": 'cluster.load_balancer.offered && cluster.quotas[?hard."requests.cpu"]'},
        {"reason": "{planned.storageClass.reason}"},
    ],
)
def test_values_rest_on_what_lasts(write: Write, fields: Json) -> None:
    assert load([write([{**GOOD, **fields}])])


def test_files_that_are_no_rules(write: Write, tmp_path: Path) -> None:
    assert fails(write({"id": "one"})).endswith("are not a list.")
    assert "can't be read" in fails(write("a: [1"))
    with pytest.raises(BootstrapError, match=f"There are no rules at {tmp_path}/gone. Check kubeflow_rules."):
        load([str(tmp_path / "gone")])


def test_a_folder_is_read_by_name_and_after_what_stands_before_it(write: Write, tmp_path: Path) -> None:
    mine = write([{**GOOD, "id": "mine"}], "mine.yml")
    for name in ("b", "a"):
        write([{**GOOD, "id": name}], f"folder/{name}.yml")
    write("not rules", "folder/README.md")
    assert [rule.id for rule in load([mine, str(tmp_path / "folder")])] == ["mine", "a", "b"]


def test_parentheses_make_a_not_that_is_meant(rule: t.Any) -> None:
    loaded = rule(when="!(cluster.usable) && cluster.count != `0`")
    assert loaded.applies({"cluster": {"usable": [], "count": 1}})
    assert not loaded.applies({"cluster": {"usable": ["a"], "count": 1}})


@pytest.mark.parametrize(("when", "applies"), [(None, True), ("a", False), ("b", True), ("a == `0`", True), ("missing.deep", False)])
def test_when_a_rule_applies(rule: t.Any, when: str | None, applies: bool) -> None:
    assert rule(when=when).applies({"a": 0 if when == "a == `0`" else [], "b": "x"}) == applies


def test_values_and_alternatives(rule: t.Any) -> None:
    loaded = rule(value="storage.default", alternatives="storage.usable")
    data = {"storage": {"default": "disk", "usable": ["disk", "nfs"]}}
    assert (loaded.result(data), loaded.others(data), loaded.others({})) == ("disk", ["disk", "nfs"], [])
    assert rule(value="`5`").result({}) == 5


@pytest.mark.parametrize(
    ("expression", "words"), [("a", "1"), ("b", "x, y"), ("c", "none"), ("d", "nothing"), ("e", "k"), ("length(b)", "2"), ("b[0]", "x")]
)
def test_reasons_are_filled_in(rule: t.Any, expression: str, words: str) -> None:
    data = {"a": 1, "b": ["x", "y"], "c": [], "e": {"k": 1}}
    template = f"It is {{{expression}}}."
    loaded = rule(reason=template, fix=template, command=template)
    assert [loaded.text(field, data) for field in ("reason", "fix")] == [f"It is {words}."] * 2
    assert rule().text("command", data) is None


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("plain-1.x", "plain-1.x"),
        ("a b", "'a b'"),
        ("x; touch y #", "'x; touch y #'"),
        ("$(id)", "'$(id)'"),
        ("it's", "'it'\"'\"'s'"),
        ([], "none"),
    ],
)
def test_what_is_filled_into_a_command_is_one_word_of_it(rule: t.Any, value: t.Any, word: str) -> None:
    loaded = rule(reason="{a}", command="kubectl get namespace {a} --namespace={a}")
    assert loaded.text("command", {"a": value}) == f"kubectl get namespace {word} --namespace={word}"


def test_an_expression_that_can_not_be_evaluated_names_file_and_rule(rule: t.Any, tmp_path: Path) -> None:
    for loaded in (rule(when="a ||"), rule(when="length(a)"), rule(when="nonsense(a)"), rule(when="matches('(', 'a')")):
        with pytest.raises(BootstrapError, match=f"{tmp_path}/rules.yml: the rule one: when: .* can't be evaluated") as caught:
            loaded.applies({"a": 5})
        assert "\n" not in str(caught.value)
    with pytest.raises(BootstrapError, match="the rule one: fix: 'length"):
        rule(fix="{length(a)}").text("fix", {"a": 5})


def test_for_which_prototypes_a_rule_is(rule: t.Any) -> None:
    assert rule().concerns("web")
    loaded = rule(**{"for": ["gateway", "web"]})
    assert loaded.concerns("web")
    assert not loaded.concerns("jobs")


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("quantity('16Gi')", 2**34),
        ("quantity(`2`)", 2),
        ("quantity('500m') < `1`", True),
        ("quantity('0')", 0),
        ("quantity('much')", None),
        ("quantity(missing)", None),
        ("quantity(missing) > `1`", None),
        ("quantity(`true`)", None),
        ("matches('nvidia.com/(gpu|mig-.*)', name)", True),
        ("matches('nvidia', name)", False),
        ("matches('nvidia', missing)", False),
        ("[name, 'a'][?matches('.*gpu', @)]", ["nvidia.com/gpu"]),
    ],
)
def test_functions_that_jmespath_lacks(rule: t.Any, expression: str, result: t.Any) -> None:
    assert rule(value=expression).result({"name": "nvidia.com/gpu"}) == result


def test_each_rule_of_ours_sets_what_a_prototype_of_ours_declares() -> None:
    """At run time a rule for a parameter that nothing declares does nothing: that is for users, ours are no mistakes."""
    root = Path(__file__).parents[4]
    files = {
        f"vendor/kubeflow/{file.relative_to(root / 'registry')}": file.read_text(encoding="utf-8")
        for file in (root / "registry").glob("*/prototypes/*.jsonnet")
    }
    known, errors = prototypes.collect(files)
    assert errors == []
    by_name = {short(prototype): {parameter.name for parameter in prototype.parameters} for prototype in known.values()}
    for name in tables.graph().components:
        by_name[f"platform-{name}"] = set(tables.parameters()["parameters"])
    declared = set().union(*by_name.values())
    rules = load([str(root / "roles" / "kubeflow" / "files" / "rules")])
    assert len({rule.id for rule in rules if rule.does != "sets"}) == len([rule for rule in rules if rule.does != "sets"])
    for each in rules:
        assert set(each.prototypes) <= set(by_name), each.id
        meant = set().union(*(by_name[name] for name in each.prototypes)) if each.prototypes else declared
        assert each.parameter is None or each.parameter in meant, each.id
