# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects from an application: the parameters' way through it, what may be read, and how errors are told."""

from __future__ import annotations

import random
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.sources import Contents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet import application
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import params
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.jsonnet.evaluate import Limits
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render

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


def generated(**components: dict[str, t.Any]) -> dict[str, str]:
    declared = {**DECLARED, "components": {name: {"prototype": "any", "parameters": parameters} for name, parameters in components.items()}}
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

    inputs = {
        f"c-{n}": {
            "text": text(),
            "number": choice.choice([n, -n, n / 7]),
            "list": [value()],
            "map": {"local": value(), "a\"'\nb": value()},
        }
        for n in range(250)
    }
    inputs["big"] = {"text": "x'\"\n" * 250_000, "number": 0, "list": [], "map": {}}
    files = generated(**inputs)
    for name, objects in render.objects(files).items():
        assert objects[0]["params"] == {"name": name, **inputs[name]}
    again = application.files(
        {**DECLARED, "components": {name: {"prototype": "any", "parameters": values} for name, values in inputs.items()}},
        files,
        {"r": CONTENTS},
    )
    assert again.files == files
    assert again.kept == []


def test_precedence_is_that_of_ks() -> None:
    files = generated(c={"text": "component", "number": 1, "list": [1], "map": {"a": {"b": 1}}})
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
    files = generated(b={}, a={})
    files["components/l.jsonnet"] = "local k = import 'k.libsonnet'; k.core.v1.list.new([{ kind: 'B' }, { kind: 'A' }])"
    files["components/y.yaml"] = "kind: Yml\nspec:\n  day: 2018-01-01\n  on: 1\n---\nkind: Second\n"
    files[params.PATH] = params.update(files[params.PATH], {"y": {"spec": "{ extra: 1 }"}})
    objects = render.objects(files)
    assert list(objects) == ["a", "b", "l", "y"]
    assert [item["kind"] for item in objects["l"]] == ["B", "A"]
    assert objects["y"] == [{"kind": "Yml", "spec": {"day": "2018-01-01", "true": 1, "extra": 1}}]


def test_the_library_is_there_after_a_clone_and_a_users_own_wins() -> None:
    files = generated()
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
    files = generated()
    files["components/spy.jsonnet"] = f"\n{{ kind: 'Spy', data: {how} '{name}' }}"
    with pytest.raises(BootstrapError, match=r"components/spy.jsonnet, line 2: there is no file for import"):
        render.objects(files)


BAD = "components/bad.jsonnet"
ANY = "vendor/r/any/any.libsonnet"
USES = "local any = import 'r/any/any.libsonnet';\nany.new({})"
ENVIRONMENT = "environments/default"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        # Syntax
        ({BAD: "{\n  kind: 'A',\n  x: ,\n}"}, f"{BAD}, line 3: syntax error: ',' is not expected here"),
        ({BAD: "{ kind: 'A'"}, f"{BAD}, line 1: syntax error: the file ends too early"),
        ({BAD: USES, ANY: "{\n  a: [1,\n}"}, rf"{ANY}, line 3 \(from {BAD}, line 1\): syntax error: '}}' is not expected here"),
        ({params.PATH: "{\n global: {},\n components: {\n  c: { a: 1 b: 2 } } }"}, f"{params.PATH}, line 4: syntax error: 'b' is not"),
        ({f"{ENVIRONMENT}/globals.libsonnet": "{ a: 1"}, f"{ENVIRONMENT}/globals.libsonnet, line 1: syntax error"),
        ({"components/y.yaml": "kind: A\n  x: [\n"}, "components/y.yaml, line 2: not YAML"),
        ({"components/y.yaml": "- a\n"}, "components/y.yaml: a mapping is expected, not a list"),
        ({"components/y.yaml": ""}, "components/y.yaml: a mapping is expected, not nothing"),
        # Values
        ({BAD: "{\n  kind: 'A',\n  x: error 'because',\n}"}, f"{BAD}, line 3: because"),
        ({BAD: "{ kind: 'A',\n x: foo }"}, f"{BAD}, line 2: variable is not defined: foo"),
        ({BAD: "local params = {};{ kind: 'A',\n x: { y: params.nope } }"},
         rf"Component 'bad', x.y \({BAD}, line 2\): no such field: nope"),
        ({BAD: "{ kind: 'A',\n x: 'a' - 1 }"}, rf"Component 'bad', x \({BAD}, line 2\): binary operation string - number"),
        ({BAD: "{ kind: 'A',\n x: 1 / 0 }"}, rf"Component 'bad', x \({BAD}, line 2\): attempted to divide by zero"),
        ({BAD: "{ kind: 'A',\n x: [1][5] }"}, rf"Component 'bad', x \({BAD}, line 2\): array out of bounds"),
        ({BAD: "{ kind: 'A',\n x: function(a) a }"}, rf"Component 'bad', x \({BAD}, line 2\): tried to manifest function"),
        ({BAD: "local f(x) = 1;\n{ kind: 'A',\n x: f() }"}, f"{BAD}, line 3: function argument is not passed: x"),
        ({BAD: "{ kind: 'A',\n x: std.assertEqual(1, 2) }"}, f"{BAD}, line 2: Assertion failed. 1 != 2"),
        ({BAD: "\nassert 1 == 2 : 'no';\n{ kind: 'A' }"}, f"{BAD}, line 2: assert failed: no"),
        ({BAD: "{ kind: 'A',\n assert self.kind == 'B' : 'not B' }"}, f"{BAD}, line 2: assert failed: not B"),
        ({BAD: "{ kind: 'A', x: 1e400 }"}, "not finite"),
        ({BAD: "local f(x) = f(x) + 1; { kind: 'A', x: f(1) }"}, f"{BAD}, line 1: stack overflow"),
        # What a package does wrong, and with what
        ({BAD: USES, ANY: "{\n  new(p):: { kind: 'A', x: std.length(p.nope) },\n}"},
         f"{ANY}, line 2 .*component 'bad'.*: no such field: nope"),
        ({BAD: USES, ANY: "{\n new(p):: { kind: 'A',\n x: p.nope } }"}, rf"Component 'bad', x \({ANY}, line 3\): no such field: nope"),
        ({BAD: USES, ANY: "{\n new(p):: { kind: 'A',\n x: error 'mine' } }"}, rf"{ANY}, line 3 \(from component 'bad'\): mine"),
        # Imports
        ({BAD: "\nlocal a = import 'gone'; a"}, f"{BAD}, line 2: there is no file for import 'gone'"),
        ({BAD: USES, ANY: "{\n  new(p):: import 'gone.libsonnet' }"}, f"{ANY}, line 2: there is no file for import 'gone.libsonnet'"),
        ({BAD: "{ kind: 'A',\n x: import 'param://image' }"},
         f"{BAD}, line 2: there is no file for import 'param://image'.*Write params.image here"),
        # Parameters
        ({BAD: "\nlocal params = std.extVar('__ksonnet/params').components.bad;\n{ kind: 'A', x: params.x }"},
         f"{BAD}, line 2: components/params.libsonnet has no parameters of component 'bad'"),
        ({params.PATH: "{ components: { c: { a: 1 } } }"}, f"{params.PATH}: it has no object 'global'"),
        ({params.PATH: "{ global: {} }"}, f"{params.PATH}: it has no object 'components'"),
        ({f"{ENVIRONMENT}/params.libsonnet": "local p = std.extVar('__ksonnet/params');\n{ components: { c: { a: p.components.zz } } }"},
         rf"The parameters of component 'c', a \({ENVIRONMENT}/params.libsonnet, line 2\): no such field: zz"),
        # The environment
        ({f"{ENVIRONMENT}/main.jsonnet": "local base = import 'base.libsonnet';\nbase + { c+: { a: self.nope } }"},
         rf"Component 'c', a \({ENVIRONMENT}/main.jsonnet, line 2\): no such field: nope"),
        ({f"{ENVIRONMENT}/main.jsonnet": "[]"}, f"{ENVIRONMENT}/main.jsonnet: an object of components is expected, not a list"),
        # What components yield
        ({BAD: "{ apiVersion: 'v1' }"}, "Component 'bad': the object has no kind"),
        ({BAD: "{ kind: 5 }"}, "Component 'bad': kind: text is expected, not a number"),
        ({BAD: "[{ kind: 'A' }]"}, "Component 'bad': a Kubernetes object is expected, not a list"),
        ({BAD: "{ kind: 'List', items: [{ kind: 'A' }, {}] }"}, "Component 'bad', item 1: the object has no kind"),
    ],
)  # fmt: skip
def test_errors_point_at_the_users_file(files: dict[str, str], message: str) -> None:
    with pytest.raises(BootstrapError, match=f"^{message}" if message != "not finite" else message) as caught:
        render.objects({**generated(c={}), **files})
    assert len(caught.value.message) < 500 and "\n" not in caught.value.message and "<application>" not in caught.value.message


LIBRARY = "local k = import 'k.libsonnet';\nlocal deployment = k.apps.v1beta1.deployment;\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            LIBRARY + "{ kind: 'A',\n x: deployment.mixin.spec.withNope(1) }",
            r"\(.*line 4\): .* no k.apps.v1beta1.deployment.mixin.spec.withNope\.",
        ),
        ("local k = import 'k.libsonnet';\nlocal csr = k.certificates.v1beta1.csr;\ncsr.new()", r"line 3.*: .* no k.certificates\."),
        ("local k8s = import 'k8s.libsonnet';\nk8s.core.v1.gateway.new()", r"line 2.*: .* no k.core.v1.gateway\."),
    ],
)
def test_what_the_small_library_lacks_is_explained(text: str, message: str) -> None:
    for files in ({BAD: text}, {BAD: USES, ANY: "{ new(p):: import 'r/any/more.libsonnet' }", "vendor/r/any/more.libsonnet": text}):
        with pytest.raises(BootstrapError, match=message.replace(" no k", "the small Kubernetes library has no k")) as caught:
            render.objects({**generated(), **files})
        assert caught.value.fix and "lib/v1.7.0/" in caught.value.fix
    # Not of a library that is not ours, nor of a field that has nothing to do with it.
    with pytest.raises(BootstrapError, match="no such field"):
        render.objects(
            {**generated(), BAD: text, "lib/v1.7.0/k.libsonnet": "{ apps: { v1beta1: {} } }", "lib/v1.7.0/k8s.libsonnet": "{ core: {} }"}
        )
    with pytest.raises(BootstrapError, match="no such field: withNope"):
        render.objects({**generated(), BAD: LIBRARY + "local mine = {};\n{ kind: 'A', x: mine.withNope }"})


def test_evaluation_is_bounded_and_the_component_is_named() -> None:
    files = {**generated(), "components/a.jsonnet": "{ kind: 'A' }", "components/z.jsonnet": "{ kind: 'A' }"}
    files[BAD] = "local f(n) = if n == 0 then 0 else f(n - 1) + f(n - 1); { kind: 'A', x: f(80) }"
    with pytest.raises(BootstrapError, match=f"^{BAD}: evaluation took more than 2 seconds."):
        render.objects(files, limits=Limits(seconds=2))
    files[BAD] = USES
    files[ANY] = "{ new(p):: { kind: 'A', x: std.repeat('xxxxxxxxxx', 1000000000) } }"
    with pytest.raises(BootstrapError, match=f"^{BAD}: evaluation took more than 64 MiB of memory."):
        render.objects(files, limits=Limits(memory=64 << 20))
    assert Limits() == Limits(seconds=60, memory=2**30)


def test_imports_are_looked_for_as_ks_does_it() -> None:
    """In lib/ before vendor/ before environments/; for the parameters of an environment in vendor/ before lib/."""
    files = generated(c={})
    files["components/i.jsonnet"] = (
        "local which = import 'which.libsonnet'; { kind: which.name, x: std.extVar('__ksonnet/params').components.c }"
    )
    files[f"{ENVIRONMENT}/params.libsonnet"] = "{ components: { c: (import 'which.libsonnet') } }"
    places = {"lib/v1.7.0": "Lib", "vendor": "Vendor", "environments": "Environments"}
    files |= {f"{folder}/which.libsonnet": f"{{ name: '{name}' }}" for folder, name in places.items()}

    def seen() -> tuple[str, str]:
        (item,) = render.objects(files)["i"]
        return item["kind"], item["x"]["name"]

    assert seen() == ("Lib", "Vendor")
    del files["lib/v1.7.0/which.libsonnet"]
    assert seen() == ("Vendor", "Vendor")
    files[f"{ENVIRONMENT}/which.libsonnet"] = "{ name: 'Own folder' }"
    assert seen() == ("Vendor", "Own folder")
    del files["vendor/which.libsonnet"]
    assert seen() == ("Environments", "Own folder")


def test_yaml_and_json_components_get_their_parameters_and_the_environments() -> None:
    files = generated()
    files["components/y.yaml"] = "kind: Yml\nspec: {replicas: 1, list: [1, 2], keep: true}\n"
    files["components/j.json"] = '{"kind": "J", "spec": {"replicas": 1}}'
    values = {"y": {"spec": "{ replicas: 2, list: [3] }"}, "j": {"spec": "{ replicas: 5 }"}}
    files[params.PATH] = params.update(files[params.PATH], values)
    path = f"{ENVIRONMENT}/params.libsonnet"
    files[path] = files[path].replace("// guestbook +: {", "y+: { spec+: { replicas: 9 } },\n // {")
    objects = render.objects(files)
    assert objects["y"] == [{"kind": "Yml", "spec": {"replicas": 9, "list": [3], "keep": True}}]
    assert objects["j"] == [{"kind": "J", "spec": {"replicas": 5}}]


def test_modules_have_their_own_parameters() -> None:
    files = generated(c={"text": "root"})
    files["app.yaml"] = files["app.yaml"].replace("    path: default\n", "    path: default\n    targets: [/, data/deep]\n")
    files["components/data/deep/params.libsonnet"] = "{ global: { number: 7 }, components: { d: { text: 'deep', number: 1 } } }"
    files["components/data/deep/d.jsonnet"] = "{ kind: 'D', x: std.extVar('__ksonnet/params').components.d }"
    files[f"{ENVIRONMENT}/globals.libsonnet"] = "{ everywhere: true }"
    objects = render.objects(files)
    assert list(objects) == ["c", "data/deep/d"]
    assert objects["data/deep/d"][0]["x"] == {"text": "deep", "number": 7, "everywhere": True}
    assert objects["c"][0]["params"]["text"] == "root" and objects["c"][0]["params"]["everywhere"] is True


def test_two_files_for_one_component_are_refused() -> None:
    with pytest.raises(BootstrapError, match="components/c.yaml and components/c.jsonnet are both component 'c'"):
        render.objects({**generated(c={}), "components/c.yaml": "kind: A\n"})


def test_a_component_in_yaml_has_the_same_objects_whether_the_evaluator_sees_it_or_not() -> None:
    """It is not evaluated where nothing can change it; parameters and the environment's own files can."""
    text = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"x": "1"}}'
    files = {
        **generated(),
        "components/plain.json": text,
        "components/other.yaml": "kind: ConfigMap\nmetadata: {name: b}\ndata: {y: '2'}\n",
    }
    untouched = render.objects(files)
    assert {name: items[0]["data"] for name, items in untouched.items()} == {"plain": {"x": "1"}, "other": {"true": "2"}}

    main = "environments/default/main.jsonnet"
    changed = {**files, main: files[main].replace("base + {", "base + { plain+: { data+: { z: '3' } },")}
    assert render.objects(changed) == {**untouched, "plain": [{**untouched["plain"][0], "data": {"x": "1", "z": "3"}}]}

    root = "components/params.libsonnet"
    inputs = {**files, root: files[root].replace("components: {", "components: { plain: { data: { x: 'mine' } },")}
    assert inputs[root] != files[root]
    assert render.objects(inputs)["plain"][0]["data"] == {"x": "mine"}

    own = "environments/default/params.libsonnet"
    over = {**files, own: files[own].replace("components +: {", "components +: { other: { data: { x: 'mine' } },")}
    assert over[own] != files[own]
    assert render.objects(over)["other"][0]["data"] == {"true": "2", "x": "mine"}


def test_documents_that_are_not_read_are_told() -> None:
    one, two = "# of mine\n---\nkind: A\n", "kind: A\n--- # the next\nkind: B\n---\nkind: C\n---\n# nothing\n"
    files = {**generated(), "components/a.yaml": one, "components/sub/b.yaml": two, "vendor/c.yaml": two}
    (warning,) = render.left_out(files)
    assert warning.startswith("Of the 3 documents in components/sub/b.yaml only the first is read")
