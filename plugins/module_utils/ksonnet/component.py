# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The text of a component made from a prototype, as `ks generate` of 0.10.0 writes it. Private to the collection."""

from __future__ import annotations

import re

from ..errors import BootstrapError
from .jsonnet_text import member
from .prototypes import Prototype

# What ks 0.10.0 refuses in the name of a component.
_PUNCTUATION = re.compile(r"""[\\,;':!()?"{}\[\]*&%@$\s]""")
# `import 'param://image'` in a prototype stands for `params.image`, and `env://` for `env.`.
_IMPORT = re.compile(r"""import\s+(?://..)?['"](param|env)://(\w+)['"]""", re.ASCII)
_PREFIX = {"param": "params", "env": "env"}


def check_name(name: str) -> None:
    """Raise BootstrapError for a name that a component can't have."""
    if not name or _PUNCTUATION.search(name) or name.startswith(".") or name in ("params",) or any(ord(char) < 32 for char in name):
        raise BootstrapError(
            f"'{name}' can't be the name of a component.", fix="Use letters, digits, '-' and '_'; 'params' is the file of the parameters."
        )
    if "/" in name:
        raise BootstrapError(f"Component '{name}': components in modules (folders) can't be declared yet.", fix="Use a name without '/'.")


def path(name: str) -> str:
    """Where the component lies in the application."""
    return f"components/{name}.jsonnet"


def text(name: str, prototype: Prototype) -> str:
    """The component's file."""
    body = _IMPORT.sub(lambda match: f"{_PREFIX[match[1]]}.{match[2]}", prototype.body)
    return (
        'local env = std.extVar("__ksonnet/environments");\n'
        f'local params = std.extVar("__ksonnet/params").components{member(name)};\n'
        f"{body}"
    )
