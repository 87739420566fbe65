# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The prototypes that every application has, as with ks 0.10.0, without any package. Private to the collection."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType

from ..data.builtin_prototypes import TEXTS
from . import prototypes

FILE = "built in"
"""Where the prototypes say that they were read."""


@functools.cache
def builtin() -> Mapping[str, prototypes.Prototype]:
    """The prototypes by name, sorted."""
    found = [prototypes.parse(text, FILE) for text in TEXTS]
    return MappingProxyType({prototype.name: prototype for prototype in sorted(found, key=lambda each: each.name)})
