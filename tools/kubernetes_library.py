# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes plugins/module_utils/data/kubernetes_types.py from the OpenAPI of a Kubernetes version that ks knew.

Usage: python tools/kubernetes_library.py swagger.json

The file is in the Go module k8s.io/kubernetes: go mod download -json k8s.io/kubernetes@v1.8.15, then api/openapi-spec/swagger.json
below Dir. Types of one name in several versions of an API are taken together. Left out are lists of objects, and what the server writes
(status).
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "plugins" / "module_utils" / "data" / "kubernetes_types.py"
Json = dict[str, t.Any]
# Where the library's name of an API group stands in the name of a definition.
_GROUP = re.compile(
    r"^io\.k8s\.(?:api|apiextensions-apiserver\.pkg\.apis|kube-aggregator\.pkg\.apis)\.(?P<group>\w+)\.(?P<version>\w+)\.(?P<kind>\w+)$"
)
_REF = "#/definitions/"
_HEAD = '''# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The types and kinds of {version}, as ksonnet's Kubernetes library has them. Written by tools/kubernetes_library.py."""

from __future__ import annotations

'''


def main() -> None:
    document = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    definitions: dict[str, Json] = document["definitions"]
    groups: dict[str, dict[str, list[str]]] = {}
    names: dict[str, str] = {}
    roots = []
    for name, definition in sorted(definitions.items()):
        match = _GROUP.match(name)
        of = definition.get("x-kubernetes-group-version-kind") or []
        if match and of and not match["kind"].endswith("List") and "metadata" in definition.get("properties", {}):
            groups.setdefault(match["group"], {}).setdefault(match["version"], []).append(match["kind"])
            if of[0]["group"] != match["group"]:
                names[match["group"]] = of[0]["group"]
            roots.append(name)
    types = _types(definitions, roots)
    text = _HEAD.format(version=f"Kubernetes {document['info']['version'].removeprefix('v')}")
    text += "TYPES = {\n" + "".join(_entry(name, fields) for name, fields in sorted(types.items())) + "}\n"
    text += '"""Fields by type, as in kubernetes_library.py."""\n\n'
    text += "GROUPS: dict[str, dict[str, tuple[str, ...]]] = {\n"
    for group, versions in sorted(groups.items()):
        text += (
            f'    "{group}": {{\n'
            + "".join(f'        "{version}": {_tuple(kinds)},\n' for version, kinds in sorted(versions.items()))
            + "    },\n"
        )
    text += '}\n"""Kinds by the library\'s name of an API group, and version."""\n\n'
    text += "API_GROUPS = {\n" + "".join(f'    "{name}": "{group}",\n' for name, group in sorted(names.items())) + "}\n"
    text += '"""The API groups whose name is another one."""\n'
    TARGET.write_text(text, encoding="utf-8")


def _types(definitions: dict[str, Json], pending: list[str]) -> dict[str, dict[str, str]]:
    """Fields by the short name of every type that is reached."""
    types: dict[str, dict[str, str]] = {}
    seen: set[str] = set()
    kinds = set(pending)
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        fields = types.setdefault(name.rsplit(".", 1)[1], {})
        for field, schema in definitions[name].get("properties", {}).items():
            if name in kinds and field in ("apiVersion", "kind", "metadata", "status") or not re.fullmatch(r"\w+", field):
                continue
            shape, ref = _shape(definitions, schema)
            if ref:
                pending.append(ref)
            fields.setdefault(field, field + shape)
        if name in kinds:
            pending.append("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
    return types


def _shape(definitions: dict[str, Json], schema: Json) -> tuple[str, str | None]:
    """How a field is written, and the definition that it leads to."""
    if schema.get("type") == "array":
        ref = _with_fields(definitions, schema["items"])
        return (f"[{ref.rsplit('.', 1)[1]}]" if ref else "[]"), ref
    if schema.get("type") == "object":
        return "{}", None
    ref = _with_fields(definitions, schema)
    return (f":{ref.rsplit('.', 1)[1]}" if ref else ""), ref


def _with_fields(definitions: dict[str, Json], schema: Json) -> str | None:
    """The definition that a schema refers to, if that has fields: a quantity or a time is a value."""
    ref = str(schema.get("$ref", "")).removeprefix(_REF)
    return ref if definitions.get(ref, {}).get("properties") else None


def _entry(name: str, fields: dict[str, str]) -> str:
    lines = textwrap.wrap(" ".join(value for _key, value in sorted(fields.items())), 100, break_long_words=False) or [""]
    if len(lines) == 1:
        return f'    "{name}": "{lines[0]}",\n'
    return f'    "{name}": ' + "\n    ".join(f'"{line} "' for line in lines[:-1]) + f'\n    "{lines[-1]}",\n'


def _tuple(kinds: list[str]) -> str:
    return "(" + ", ".join(f'"{kind}"' for kind in sorted(kinds)) + ",)"


if __name__ == "__main__":
    main()
