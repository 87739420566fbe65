#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ks_bundle."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ks_bundle
short_description: Pack all that an application needs of its registries into one file
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Fetches the packages of an application where there is a network, and writes them into one archive file.
  - With that file M(kubeflow.bootstrap.ks_app) makes the same application where there is none.
extends_documentation_fragment:
  - kubeflow.bootstrap.registries
  - kubeflow.bootstrap.attributes
attributes:
  check_mode:
    support: full
    details: What has to be fetched to know it is fetched, into the cache.
  diff_mode:
    support: none
  idempotent:
    support: full
    details: The same packages give the same bytes.
options:
  dest:
    description: The file to write, a C(.tar.gz).
    type: path
    required: true
  declaration:
    description:
      - The declaration of the application, as O(kubeflow.bootstrap.ks_app#module:declaration).
      - Its registries and packages count. Commits that the application in O(path) pins are kept.
    type: dict
    required: true
  path:
    description: The folder of the application, from which relative folders of registries start. It need not be there.
    type: path
    default: "."
requirements:
  - PyYAML
"""

EXAMPLES = r"""
- name: Pack the packages of Kubeflow 0.2
  kubeflow.bootstrap.ks_bundle:
    dest: ./kubeflow-packages.tar.gz
    declaration: &declaration
      name: kubeflow
      environments:
        default:
          server: https://10.0.0.1:6443
      registries:
        kubeflow:
          uri: github.com/kubeflow/kubeflow/tree/v0.2.7/kubeflow
      packages:
        core:
          registry: kubeflow

- name: Make the application from them, without a network
  kubeflow.bootstrap.ks_app:
    path: ./kubeflow-app
    bundle: ./kubeflow-packages.tar.gz
    declaration: *declaration
"""

RETURN = r"""
dest:
  description: The file.
  returned: success
  type: str
registries:
  description: The registries on GitHub, by name, as M(kubeflow.bootstrap.ks_app) returns them.
  returned: success
  type: dict
"""

import os
import typing as t
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.files import write_atomically
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import declaration, packages
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries import bundle, registry
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries.source_arguments import SOURCE_ARGUMENTS, sources
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        "dest": {"type": "path", "required": True},
        "declaration": {"type": "dict", "required": True},
        "path": {"type": "path", "default": "."},
        **SOURCE_ARGUMENTS,
    },
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Fetch and pack; writes no file in check mode."""
    app, dest = Path(os.path.abspath(args["path"])), Path(os.path.abspath(args["dest"]))
    declared = declaration.check(args["declaration"])
    pinned = packages.pins(folder.read(app))
    contents = registry.contents(
        declared["registries"],
        declared["packages"],
        app,
        sources(args, context, pinned),
    )
    uris = {name: registry.uri(name, entry["uri"], entry["protocol"]) for name, entry in declared["registries"].items()}
    packed = bundle.pack(contents, uris)
    changed = not dest.is_file() or dest.read_bytes() != packed
    if changed and not context.check:
        write_atomically(dest, packed)
    return {"changed": changed, "dest": str(dest), "registries": registry.pinned(contents)}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
