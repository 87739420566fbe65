#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ks_app."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ks_app
short_description: Bring a ksonnet application to what is declared
version_added: 0.1.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Writes a whole ksonnet application, byte for byte as C(ks) 0.10 writes it, or changes one that it wrote before.
  - What you changed by hand stays and is returned in RV(kept). That holds for values in C(components/params.libsonnet) and C(app.yaml),
    for component files, and for what you added. Packages below C(vendor/) that are declared are generated, and replaced whole.
  - What is no longer declared is removed, but only if this module put it there and nobody changed it.
  - Beside C(app.yaml) it writes C(bootstrap.yaml), which holds O(declaration.record) and what the module wrote last.
  - A new application appears at once. An existing one changes file by file, in an order in which it stays usable.
extends_documentation_fragment:
  - kubeflow.bootstrap.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Files below C(vendor/) and C(lib/) are only listed.
  idempotent:
    support: full
options:
  path:
    description:
      - The folder of the application. It is created if it does not exist.
      - A folder with other files in it, or with an application that this module did not make, is refused.
    type: path
    required: true
  declaration:
    description: What the application is to be.
    type: dict
    required: true
    suboptions:
      name:
        description: Name of the application.
        type: str
        required: true
      environments:
        description:
          - The clusters that the application can go to, by name. At least one.
          - Each has C(server), the URL of the API server, C(namespace) (if not set V(default)) and C(k8sVersion), the version of
            the Kubernetes library that the packages are written for (if not set V(v1.7.0)).
        type: dict
        required: true
      registries:
        description:
          - Where packages come from, by name. Each has C(uri) and C(protocol), which is V(fs).
          - The C(uri) is a folder, relative to O(path) if it is not absolute, or V(embedded) for the registry of this collection.
            The latter is only there where the module runs on the controller.
        type: dict
      packages:
        description: The packages to install, by name. Each has C(registry), the name of one of O(declaration.registries).
        type: dict
      components:
        description:
          - The components, by name, in the order in which they are added.
          - Each has C(prototype), whose name may be shortened to a unique ending, and C(parameters). A parameter that is not given
            or is V(null) has the default of the prototype; C(name) has the name of the component.
          - Text that is a number will do for a number, JSON text for a list or a mapping. Any other value of the wrong type is an error.
        type: dict
      record:
        description: Any data that is to be kept in C(bootstrap.yaml), such as why a value was chosen. Never put a secret here.
        type: dict
requirements:
  - PyYAML
"""

EXAMPLES = r"""
- name: Write an application with one component
  kubeflow.bootstrap.ks_app:
    path: ~/kubeflow
    declaration:
      name: kubeflow
      environments:
        default:
          server: https://10.0.0.1:6443
          namespace: kubeflow
      registries:
        kubeflow:
          uri: embedded
      packages:
        core:
          registry: kubeflow
      components:
        kubeflow-core:
          prototype: kubeflow-core
          parameters:
            storageClass: standard

- name: Show what would change
  kubeflow.bootstrap.ks_app:
    path: ~/kubeflow
    declaration: "{{ my_declaration }}"
  check_mode: true
  diff: true
"""

RETURN = r"""
path:
  description: The folder of the application.
  returned: success
  type: str
  sample: /home/me/kubeflow
files:
  description: The files that were written, in that order, relative to RV(path).
  returned: success
  type: list
  elements: str
  sample: [components/params.libsonnet, bootstrap.yaml]
removed:
  description: The files that were removed, relative to RV(path).
  returned: success
  type: list
  elements: str
kept:
  description: What was changed by hand and therefore stays.
  returned: success
  type: list
  elements: dict
  contains:
    component:
      description: The component, if it is about one.
      type: str
    parameter:
      description: The parameter, if it is about one.
      type: str
    file:
      description: The component's file, if that was changed.
      type: str
    environments:
      description: The environment of C(app.yaml), if it is about one. Likewise C(registries) and C(libraries).
      type: str
    field:
      description: The field in C(app.yaml). Not set if the whole entry stays.
      type: str
    value:
      description: What is there. The text of the expression if it is not a plain value.
      type: raw
    planned:
      description: What was declared.
      type: raw
    reason:
      description: Why the file stays.
      type: str
  sample:
    - component: kubeflow-core
      parameter: replicas
      value: 3
      planned: 1
diff:
  description: The changes, one entry a file, and one for all files below C(vendor/) and C(lib/).
  returned: in diff mode
  type: list
  elements: dict
"""

import os
import typing as t
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.folder import Change, converge
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        "path": {"type": "path", "required": True},
        "declaration": {
            "type": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "environments": {"type": "dict", "required": True},
                "registries": {"type": "dict"},
                "packages": {"type": "dict"},
                "components": {"type": "dict"},
                "record": {"type": "dict"},
            },
        },
    },
    "supports_check_mode": True,
}
_COPIED = ("vendor/", "lib/")


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Converge the application; writes nothing in check mode."""
    path = os.path.abspath(args["path"])
    result = converge(Path(path), args["declaration"], check=context.check)
    for entry in result.kept:
        context.warn(_warning(entry))
    found: dict[str, t.Any] = {
        "changed": result.changed,
        "path": path,
        "files": [change.path for change in result.changes if change.after is not None],
        "removed": result.removed,
        "kept": result.kept,
    }
    if context.diff:
        found["diff"] = _diff(path, result.changes)
    return found


def _warning(entry: dict[str, t.Any]) -> str:
    if "parameter" in entry:
        return f"{entry['component']}: {entry['parameter']} stays as you set it; planned was {entry['planned']!r}."
    if "file" in entry:
        return f"{entry['component']} stays as it is. {entry['reason']}"
    section = next((key for key in ("environments", "registries", "libraries") if key in entry), None)
    where = f"{section}.{entry[section]}" if section else "app.yaml"
    return f"{where}: {entry['field'] or 'the entry'} stays as you set it; planned was {entry['planned']!r}."


def _diff(path: str, changes: list[Change]) -> list[dict[str, str]]:
    """A diff a file; of the copied files only their names."""
    shown = [
        {
            "before_header": os.path.join(path, change.path),
            "after_header": os.path.join(path, change.path),
            "before": _printable(change.before),
            "after": _printable(change.after),
        }
        for change in changes
        if not change.path.startswith(_COPIED)
    ]
    copied = [change for change in changes if change.path.startswith(_COPIED)]
    if copied:
        lines = [sorted(change.path for change in copied if getattr(change, when) is not None) for when in ("before", "after")]
        # A file that changes is in both lists: mark it, or it would not show.
        changed = set(lines[0]) & set(lines[1])
        before, after = (
            "".join(f"{line}{mark if line in changed else ''}\n" for line in names)
            for names, mark in zip(lines, ("", " (changed)"), strict=True)
        )
        header = os.path.join(path, "vendor and lib: names of files")
        shown.insert(0, {"before_header": header, "after_header": header, "before": before, "after": after})
    return shown


def _printable(text: str | None) -> str:
    return (text or "").encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
