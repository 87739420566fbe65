# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The file of a component, as `ks generate` and `ks import` of 0.10.0 write it."""

from __future__ import annotations

import json
import posixpath
import re
import typing as t
from collections.abc import Mapping

from ...errors import BootstrapError
from ...formats import yaml_documents
from ..jsonnet.syntax import member
from .prototypes import Prototype

# Characters that ks 0.10.0 refuses in the name of a component.
_PUNCTUATION = re.compile(r"""[\\,;':!()?"{}\[\]*&%@$\s]""")
# ks replaces `import 'param://image'` in the text of a prototype by `params.image`, and `env://` by `env.`: also in comments and strings.
_IMPORT = re.compile(r"""import\s+(?://..)?['"](param|env)://(\w+)['"]""", re.ASCII)
_PREFIX = {"param": "params", "env": "env"}


def check_name(name: str) -> None:
    """Raise BootstrapError for a name that a component can't have. In a module (a folder) it is the path: ``data/nested``."""
    for part in name.split("/"):
        if not part or _PUNCTUATION.search(part) or part.startswith(".") or part == "params" or any(ord(char) < 32 for char in part):
            raise BootstrapError(
                f"'{name}' can't be the name of a component.",
                fix="Use letters, digits, '-' and '_', and '/' after the module; 'params' is the file of the parameters.",
            )


def module(name: str) -> str:
    """The module of a component; '' is the root module."""
    return posixpath.dirname(name)


def plain_name(name: str) -> str:
    """The name of a component inside its module, and so in the files of parameters."""
    return posixpath.basename(name)


def from_prototype(name: str, prototype: Prototype) -> tuple[str, str]:
    """Path and text of a component made from a prototype."""
    body = _IMPORT.sub(lambda match: f"{_PREFIX[match[1]]}.{match[2]}", prototype.body)
    return f"components/{name}.jsonnet", (
        'local env = std.extVar("__ksonnet/environments");\n'
        f'local params = std.extVar("__ksonnet/params").components{member(plain_name(name))};\n'
        f"{body}"
    )


def as_declared(name: str, entry: Mapping[str, t.Any]) -> tuple[str, str]:
    """Path and text of a component that is declared as it is, in YAML, JSON or Jsonnet (``declaration.check`` has the shape)."""
    kind = next(kind for kind in ("yaml", "json", "jsonnet") if entry[kind])
    content = entry[kind]
    path = f"components/{name}.{kind}"
    if kind == "jsonnet":
        return path, content
    if isinstance(content, dict):
        return path, yaml_documents.dump(content) if kind == "yaml" else json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    if len(list(yaml_documents.load_all(content, f"Component '{name}'"))) > 1:
        raise BootstrapError(
            f"Component '{name}': its YAML holds several documents; ks reads only the first.",
            fix="Declare a component for each, or make them the items of one List.",
        )
    yaml_documents.load_mapping(content, f"Component '{name}'")
    return path, content
