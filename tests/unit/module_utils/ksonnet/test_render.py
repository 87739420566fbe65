# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects from an application: the parameters' way through it, what may be read, and how errors are told."""

from __future__ import annotations

import random
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet import application, params, render
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.sources import Contents

PACKAGE = {
    "registry.yaml": "apiVersion: 0.1.0\nkind: ksonnet.io/registry\nlibraries: {}\n",
    "any/parts.yaml": "apiVersion: 0.0.1\nkind: ksonnet.io/parts\nname: any\n",
    "any/prototypes/any.jsonnet": """// @apiVersion 0.1
// @name any
// @description Shows its parameters.
// @param name string Its name
// @optionalParam text string - Text
// @optionalParam number number 0 Number
// @optionalParam list array [] List
// @optionalParam map object {} Map

{ kind: 'Shown', params: params, env: env }
""",
}
CONTENTS = Contents(PACKAGE)
DECLARED = {
    "name": "app",
    "environments": {"default": {"server": "https://s", "namespace": "n"}},
    "registries": {"r": {"uri": "/r"}},
    "packages": {"any": {"registry": "r"}},
}


def made(**components: dict[str, t.Any]) -> dict[str, str]:
    declared = {**DECLARED, "components": {name: {"prototype": "any", "parameters": given} for name, given in components.items()}}
    return application.files(declared, {}, {"r": CONTENTS}).files


def test_parameters_come_back_equal_through_render_and_in_bootstrap_yaml() -> None:
    choice = random.Random(7)
    pieces = [
        "'",
        '"',
        "\\",
        "\n",
        "\r\n",
        "%s",
        "$x",
        "${y}",
        "{{ z }}",
        "é",
        "😀",
        "\u2028",
        "\x00",
        "\x7f",
        "|||",
        "//",
        "/*",
        "#",
        "@'",
        " ",
        "local",
    ]

    def text() -> str:
        return "".join(choice.choices(pieces, k=choice.randrange(8)))

    def value(depth: int = 0) -> t.Any:
        numbers = [0, -1, 2**53, -(2**53), 1e300, -1e-300, 5e-324, 1.5, 0.1]
        kinds: list[t.Callable[[], t.Any]] = [text, lambda: choice.choice(numbers), lambda: choice.choice([True, False, None])]
        if depth < 3:
            kinds += [lambda: [value(depth + 1) for _item in range(3)], lambda: {text() + str(n): value(depth + 1) for n in range(3)}]
        return choice.choice(kinds)()

    given = {
        f"c-{n}": {
            "text": text(),
            "number": choice.choice([n, -n, n / 7]),
            "list": [value()],
            "map": {"local": value(), "a\"'\nb": value()},
        }
        for n in range(250)
    }
    given["big"] = {"text": "x'\"\n" * 250_000, "number": 0, "list": [], "map": {}}
    files = made(**given)
    for name, objects in render.objects(files).items():
        assert objects[0]["params"] == {"name": name, **given[name]}
    again = application.files(
        {**DECLARED, "components": {name: {"prototype": "any", "parameters": values} for name, values in given.items()}},
        files,
        {"r": CONTENTS},
    )
    assert again.files == files
    assert again.kept == []


def test_precedence_is_that_of_ks() -> None:
    files = made(c={"text": "component", "number": 1, "list": [1], "map": {"a": {"b": 1}}})
    files[params.PATH] = files[params.PATH].replace("// replicas: 4,", 'number: 2, text: "module", map: { a: { c: 2 } },')
    files["environments/default/params.libsonnet"] = files["environments/default/params.libsonnet"].replace(
        "// guestbook +: {", 'c +: { text: "environment", list: ["environment"] },\n // {'
    )
    files["environments/default/globals.libsonnet"] = '{ list: ["global"] }'
    (shown,) = render.objects(files)["c"]
    assert shown["params"] == {
        "name": "c",
        "number": 2,
        "text": "environment",
        "map": {"a": {"b": 1, "c": 2}},
        "list": ["global"],
    }
    assert shown["env"] == {"server": "https://s", "namespace": "n"}


def test_components_are_sorted_and_lists_keep_their_order() -> None:
    files = made(b={}, a={})
    files["components/l.jsonnet"] = "local k = import 'k.libsonnet'; k.core.v1.list.new([{ kind: 'B' }, { kind: 'A' }])"
    files["components/y.yaml"] = "kind: Yml\nspec:\n  day: 2018-01-01\n  on: 1\n---\nkind: Second\n"
    files[params.PATH] = params.update(files[params.PATH], {"y": {"spec": "{ extra: 1 }"}})
    objects = render.objects(files)
    assert list(objects) == ["a", "b", "l", "y"]
    assert [item["kind"] for item in objects["l"]] == ["B", "A"]
    assert objects["y"] == [{"kind": "Yml", "spec": {"day": "2018-01-01", "true": 1, "extra": 1}}]


def test_the_library_is_there_after_a_clone_and_a_users_own_wins() -> None:
    files = made()
    files["components/l.jsonnet"] = "local k = import 'k.libsonnet'; k.core.v1.list.new({ kind: 'A' })"
    without = {path: text for path, text in files.items() if not path.startswith("lib/")}
    assert render.objects(without) == render.objects(files)
    own = {**files, "lib/v1.7.0/k.libsonnet": "{ core: { v1: { list: { new(items):: { kind: 'Own' } } } } }"}
    assert render.objects(own)["l"] == [{"kind": "Own"}]


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../../../../../../etc/passwd", "components/../../etc/passwd", "../../../../../../../proc/self/environ"]
)
@pytest.mark.parametrize("how", ["import", "importstr"])
def test_nothing_outside_the_application_can_be_read(how: str, name: str) -> None:
    files = made()
    files["components/spy.jsonnet"] = f"\n{{ kind: 'Spy', data: {how} '{name}' }}"
    with pytest.raises(BootstrapError, match=r"components/spy.jsonnet, line 2: there is no file for import"):
        render.objects(files)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{\n  kind: 'A',\n  x: error 'because',\n}", "components/bad.jsonnet, line 3: because"),
        ("{ kind: 'A',\n x: { y: params.nope } }", r"Component 'bad', x.y \(components/bad.jsonnet, line 2\): no such field: nope"),
        ("{ kind: 'A'", "components/bad.jsonnet, line 1: syntax error"),
        ("{ apiVersion: 'v1' }", "Component 'bad': the object has no kind"),
        ("[{ kind: 'A' }]", "Component 'bad': a Kubernetes object is expected, not a list"),
        ("{ kind: 'List', items: [{ kind: 'A' }, {}] }", "Component 'bad', item 1: the object has no kind"),
        ("{ kind: 'A', x: 1e400 }", "not finite"),
        ("local f(x) = f(x) + 1; { kind: 'A', x: f(1) }", "components/bad.jsonnet, line 1: stack overflow"),
    ],
)
def test_errors_point_at_the_users_file(text: str, message: str) -> None:
    with pytest.raises(BootstrapError, match=message) as caught:
        render.objects({**made(), "components/bad.jsonnet": "local params = {};" + text})
    assert len(caught.value.message) < 500


def test_an_error_in_a_package_names_the_component_too() -> None:
    files = made()
    files["vendor/r/any/any.libsonnet"] = "{\n  new(params):: { kind: 'A', x: std.length(params.nope) },\n}"
    files["components/c.jsonnet"] = "local any = import 'r/any/any.libsonnet';\nany.new({})"
    with pytest.raises(BootstrapError, match=r"vendor/r/any/any.libsonnet, line 2.*: no such field: nope"):
        render.objects(files)


def test_two_files_for_one_component_are_refused() -> None:
    with pytest.raises(BootstrapError, match="components/c.yaml and components/c.jsonnet are both component 'c'"):
        render.objects({**made(c={}), "components/c.yaml": "kind: A\n"})
