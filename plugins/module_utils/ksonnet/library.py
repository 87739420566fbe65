# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Kubernetes library of an environment, ``lib/<version>/k.libsonnet``. Private to the collection.

A small one of our own. ks 0.10.0 generates a library of 2.4 MB from the API's description, or from GitHub; it leaves a folder that
exists alone, so with this one it needs no network.
"""

from __future__ import annotations

K_LIBSONNET = """// The part of ksonnet's Kubernetes library that the packages of this application use.
// Written by kubeflow.bootstrap; a library that you put here instead stays.
{
  core:: {
    v1:: {
      list:: {
        new(items):: {
          apiVersion: "v1",
          kind: "List",
          items: if std.type(items) == "array" then items else [items],
        },
      },
    },
  },
}
"""


def files(version: str) -> dict[str, str]:
    """The library's files by their path in the application; ``version``: that of Kubernetes, as v1.7.0."""
    return {f"lib/{version}/k.libsonnet": K_LIBSONNET}
