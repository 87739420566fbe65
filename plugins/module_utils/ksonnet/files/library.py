# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Kubernetes library of an environment, ``lib/<version>/k.libsonnet``.

A small one of our own, made from the table ``data/kubernetes_library.py``. ks 0.10.0 generates a library of 2.4 MB from the API's
description, or from GitHub; it leaves a folder that exists alone, so with this one it needs no network.

What a function is named and does is what ksonnet's own library (ksonnet-lib, ksonnet-gen) does: ``withName`` sets, ``withLabelsMixin``
merges, a list takes a single item too, and every function returns all of the others with its result, so that calls can be chained.
"""

from __future__ import annotations

import functools
import re
import typing as t
from collections.abc import Iterator

from ...data.kubernetes_library import API_GROUPS, CONSTRUCTORS, GROUPS, POD_KINDS, TYPES
from ...formats.jsonnet_lexer import KEYWORDS

MARK = "// Written by kubeflow.bootstrap"
_HEADER = f"""{MARK}: ksonnet's Kubernetes library, with the types of Kubernetes 1.8 and less text.
// A library that you put here instead stays, such as the one that ksonnet generates.
"""
_FIELD = re.compile(r"(?P<name>\w+)(?:(?P<map>\{\})|\[(?P<item>\w*)\]|:(?P<type>\w+))?")
_K = """local k8s = import "k8s.libsonnet";

k8s + {
  core:: k8s.core + {
    v1:: k8s.core.v1 + {
      list:: {
        new(items):: { apiVersion: "v1", kind: "List" } + self.items(items),
        items(items):: { items+: if std.type(items) == "array" then items else [items] },
      },
    },
  },
}
"""
_FUNCTIONS = """
local list(value) = if std.type(value) == "array" then value else [value];
local same(value) = value;

// A type has its own fields (.fields) and those that are objects themselves (.mixins); `inside` puts a value where it belongs.
"""
# Jsonnet reads a file when something of it is used first: who only makes lists does not wait for hundreds of types.
_CONTAINERS = """
local types = import "k8s.types.libsonnet";
local list(value) = if std.type(value) == "array" then value else [value];
local containers = {
  mapContainers(f):: {
    local before = super.spec.template.spec.containers,
    spec+: { template+: { spec+: { containers: std.map(f, before) } } },
  },
  mapContainersWithName(names, f)::
    local chosen = list(names);
    self.mapContainers(
      function(c) if std.objectHas(c, "name") && std.length(std.filter(function(n) n == c.name, chosen)) > 0 then f(c) else c
    ),
};

"""


def files(version: str) -> dict[str, str]:
    """The library's files by their path in the application; ``version``: that of Kubernetes, as v1.7.0."""
    texts = {"k.libsonnet": _HEADER + _K, "k8s.libsonnet": _k8s(), "k8s.types.libsonnet": _types()}
    return {f"lib/{version}/{name}": text for name, text in texts.items()}


def is_ours(text: str) -> bool:
    """Is a file of ``lib/`` one that a release of this collection wrote, and so one that a newer release may replace?"""
    return text.startswith(MARK)


@functools.cache
def _k8s() -> str:
    groups = "".join(
        f"  {group}:: {{\n" + "".join(_version(group, version, kinds) for version, kinds in versions.items()) + "  },\n"
        for group, versions in GROUPS.items()
    )
    return f"{_HEADER}{_CONTAINERS}{{\n{groups}}}\n"


@functools.cache
def _types() -> str:
    # One `local` for all of them, so that each sees the others.
    types = "local\n" + ",\n".join(_type(name, fields) for name, fields in TYPES.items()) + ";\n"
    return f"{_HEADER}{_FUNCTIONS}{types}\n{{\n" + "".join(f"  {kind}:: {kind},\n" for kind in sorted(_kinds())) + "}\n"


def _type(name: str, fields: str) -> str:
    """A type as a local: its functions given where a value belongs."""
    own: list[str] = []
    mixins: list[str] = []
    for field in _fields(fields):
        (mixins if field["type"] else own).extend(_functions(**field))
    if name in _kinds():
        mixins.insert(0, "metadata:: ObjectMeta.mixin(function(value) inside({ metadata+: value })),")
    lines = [
        f"{name} = {{",
        *_wrapped("fields(inside)", own),
        *_wrapped("mixins(inside)", mixins),
        "  mixin(inside):: self.fields(inside) + self.mixins(inside) + { mixinInstance(value):: inside(value) },",
        f"  item:: self.fields(same) + {{ mixin:: {name}.mixins(same) }}" + ("" if name in _kinds() else _constructors(name, "{}")) + ",",
        "}",
    ]
    return "\n".join(f"  {line}" for line in lines)


def _fields(text: str) -> Iterator[dict[str, str]]:
    for word in text.split():
        match = t.cast("re.Match[str]", _FIELD.fullmatch(word))
        listed = "yes" if "[" in word else ""
        yield {"name": match["name"], "map": match["map"] or "", "item": match["item"] or "", "type": match["type"] or "", "listed": listed}


def _functions(*, name: str, map: str, item: str, type: str, listed: str) -> list[str]:
    """The functions that set one field."""
    field = f'"{name}"' if name in KEYWORDS else name
    if type:
        return [f"{field}:: {type}.mixin(function(value) inside({{ {field}+: value }})),"]
    with_ = "with" + name[0].upper() + name[1:]
    argument = f"{name}_" if name in KEYWORDS else name
    value = f"list({argument})" if listed else argument
    lines = [f"{with_}({argument}):: self + inside({{ {field}: {value} }}),"]
    if listed or map:
        lines.append(f"{with_}Mixin({argument}):: self + inside({{ {field}+: {value} }}),")
    if item:
        lines.append(f"{name}Type:: {item}.item,")
    return lines


def _wrapped(head: str, lines: list[str]) -> list[str]:
    return [f"  {head}:: {{", *(f"    {line}" for line in lines), "  },"] if lines else [f"  {head}:: {{}},"]


def _constructors(name: str, start: str) -> str:
    """The constructors of a type, as an object to add."""
    # ksonnet's own has a `new` for every type.
    constructors = {"new": {}, **CONSTRUCTORS.get(name, {})}
    lines = []
    for function, arguments in constructors.items():
        calls = "".join(f" + self.{target}({argument.partition('=')[0]})" for argument, target in arguments.items())
        lines.append(f"{function}({', '.join(arguments)}):: {start}{calls}")
    return " + { " + ", ".join(lines) + " }"


@functools.cache
def _kinds() -> frozenset[str]:
    return frozenset(kind for versions in GROUPS.values() for kinds in versions.values() for kind in kinds)


def _version(group: str, version: str, kinds: tuple[str, ...]) -> str:
    api = "/".join(part for part in (API_GROUPS.get(group, group), version) if part)
    lines = []
    for kind in kinds:
        head = f'{{ apiVersion: "{api}", kind: "{kind}" }}'
        pods = " + containers" if kind in POD_KINDS else ""
        lines.append(f"      {kind[0].lower()}{kind[1:]}:: types.{kind}.item{pods}{_constructors(kind, head)},\n")
    return f"    {version}:: {{\n{''.join(lines)}    }},\n"
