# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parameters of every kind and shape come back equal: from the declaration through the files to the objects."""

from __future__ import annotations

import json
import random
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import params
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.jsonnet import syntax
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render

COUNT = 100
PIECES = [
    *(
        "'",
        '"',
        "\\",
        "\n",
        "\r\n",
        "\t",
        "\0",
        "\x1b",
        "\x7f",
        "\u2028",
        "%s",
        "%",
        "%%",
        "$",
        "${x}",
        "$(id)",
        "{{ y }}",
        "{% z %}",
        "|||",
        "@'",
    ),
    *(
        "//",
        "/*",
        "#",
        "local x = 1;",
        "std.extVar('a')",
        "é",
        "日本",
        "\U0001f600",
        "\u0301",
        "\ufeff",
        "\\u0041",
        "\\n",
        " ",
        "",
        "---",
        ": ",
        "a",
    ),
    *("import 'param://name'", "}", "]", ",", "null", "true", "0123", "1e3", "-5", "~", "yes"),
]
NUMBERS = [
    0,
    1,
    -1,
    7,
    -5,
    2**31,
    -(2**31) - 1,
    2**53,
    -(2**53),
    0.1,
    -0.1,
    0.30000000000000004,
    1e-7,
    1e21,
    1.5e300,
    -1.7976931348623157e308,
    5e-324,
]
KEYS = [*sorted(syntax.KEYWORDS), "a", "a-b", "a.b", "é", "$", "", " ", "'", '"', "0", "x1", "__proto__", "\n", "self.x", "a_b", "🙂"]
SEED = random.randrange(2**32)


def text(source: random.Random) -> str:
    return "".join(source.choices(PIECES, k=source.randrange(8)))


def value(source: random.Random, depth: int = 0) -> t.Any:
    kind = source.randrange(4 if depth > 2 else 6)
    if kind == 0:
        return source.choice(NUMBERS)
    if kind == 1:
        return source.choice([True, False])
    if kind == 4:
        return [value(source, depth + 1) for _unused in range(source.randrange(4))]
    if kind == 5:
        return {source.choice(KEYS): value(source, depth + 1) for _unused in range(source.randrange(4))}
    return text(source)


def declared(values: dict[str, t.Any], overrides: dict[str, t.Any]) -> dict[str, t.Any]:
    component = "{ apiVersion: 'v1', kind: 'Fuzz', values: std.extVar('__ksonnet/params').components.fuzz }\n"
    return {
        "name": "app",
        "environments": {"default": {"server": "https://10.0.0.1:6443", "parameters": {"fuzz": overrides}}},
        "components": {"fuzz": {"jsonnet": component, "parameters": values}},
    }


def rendered(app: Path) -> dict[str, t.Any]:
    return render.objects(folder.read(app))["fuzz"][0]["values"]


def same(left: t.Any, right: t.Any) -> bool:
    """Equal as JSON; a whole number is whole however it is written."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True, default=str) or whole(left) == whole(right)


def whole(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    return (isinstance(value, bool), float(value)) if isinstance(value, (bool, int, float)) else value


def differing(left: dict[str, t.Any], right: dict[str, t.Any]) -> dict[str, t.Any]:
    assert left.keys() == right.keys()
    return {key: (left[key], right[key]) for key in left if not same(left[key], right[key])}


def test_random_values_come_back_equal(tmp_path: Path) -> None:
    come_back_equal(tmp_path, COUNT)


def come_back_equal(tmp_path: Path, count: int) -> None:
    """So many values; ``make soak`` has a thousand."""
    source = random.Random(SEED)
    values = {f"{source.choice(KEYS) or 'empty'} {number}": value(source) for number in range(count)}
    values.update({key: value(source) for key in KEYS if key})
    assert len(values) >= count
    folder.converge(tmp_path, declared(values, {}))
    assert differing(rendered(tmp_path), values) == {}, f"seed {SEED}"
    assert not folder.converge(tmp_path, declared(values, {})).changed, f"seed {SEED}"
    # Some change, and the file is reprinted; some are overridden in the environment.
    changed = {**values, **{key: value(source) for key in list(values)[::7]}}
    overrides = {key: value(source) for key in list(values)[::5]}
    folder.converge(tmp_path, declared(changed, overrides))
    assert differing(rendered(tmp_path), {**changed, **overrides}) == {}, f"seed {SEED}"
    # With something of the user's in the file it is edited in place.
    file = tmp_path / params.PATH
    file.write_bytes(file.read_bytes().replace(b"  components: {\n", b"  components: {\n    # mine\n"))
    folder.converge(tmp_path, declared(values, {}))
    assert b"# mine" in file.read_bytes()
    assert differing(rendered(tmp_path), values) == {}, f"seed {SEED}"


@pytest.mark.parametrize("piece", ["x", pytest.param("\n", marks=pytest.mark.soak), pytest.param('\\"é', marks=pytest.mark.soak)])
def test_a_text_of_a_megabyte_comes_back_equal(piece: str, tmp_path: Path) -> None:
    long = piece * (2**20 // len(piece.encode()))
    folder.converge(tmp_path, declared({"long": long, "list": [long]}, {}))
    assert rendered(tmp_path) == {"long": long, "list": [long]}
    assert not folder.converge(tmp_path, declared({"long": long, "list": [long]}, {})).changed
