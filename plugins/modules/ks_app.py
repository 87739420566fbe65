#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ks_app."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ks_app
short_description: Bring a ksonnet application to what is declared
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Writes a whole ksonnet application, byte for byte as C(ks) 0.10 writes it, or changes one that it wrote before.
  - What you changed by hand stays and is returned in RV(kept). That holds for values in C(components/params.libsonnet) and C(app.yaml),
    for component files, and for what you added. Packages below C(vendor/) that are declared are generated, and replaced whole.
  - What is no longer declared is removed, but only if this module put it there and nobody changed it.
  - Packages at a new version are upgraded. What you set for the old ones is carried over, also where a parameter has a new name, and
    RV(upgrade) tells what came, went or changed. An upgrade that can't be whole is refused, and nothing is written.
  - Beside C(app.yaml) it writes C(bootstrap.yaml), which holds O(declaration.record) and what the module wrote last.
  - A new application appears at once. An existing one changes file by file, in an order in which it stays usable; a run that is
    killed is finished by the next one.
extends_documentation_fragment:
  - kubeflow.bootstrap.registries
  - kubeflow.bootstrap.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Files below C(vendor/), C(lib/) and C(.ksonnet/) are only listed.
  idempotent:
    support: full
options:
  path:
    description:
      - The folder of the application. It is created if it does not exist.
      - A folder with other files in it is refused.
    type: path
    required: true
  adopt:
    description:
      - Take on an application that C(ks) made. What it has counts as set by you, and stays.
      - Otherwise such an application is refused.
    type: bool
    default: false
  bundle:
    description:
      - A file that M(kubeflow.bootstrap.ks_bundle) wrote. Packages of registries on GitHub come from it, and no network is used.
    type: path
  declaration:
    description: What the application should be.
    type: dict
    required: true
    suboptions:
      name:
        description: Name of the application.
        type: str
        required: true
      globals:
        description:
          - Global parameters, which all components have. They win over a component's own, as in C(ks).
        type: dict
      environments:
        description:
          - The clusters that the application can go to, by name. At least one. A name may be nested, V(us-west/prod).
          - Each has C(server), the URL of the API server, C(namespace) (if not set V(default)) and C(k8sVersion), the version of
            the Kubernetes library that the packages are written for (if not set V(v1.7.0)).
          - C(targets) lists the modules to deploy there; if not set, the root module V(/).
          - C(parameters) overrides parameters of components there, by component. C(globals) overrides them for all components.
        type: dict
        required: true
      registries:
        description:
          - Where packages come from, by name. Each has C(uri), and may have C(protocol), V(fs), V(github) or V(platform).
          - The C(uri) of V(fs) is a folder, relative to O(path) if it is not absolute, or V(embedded) for the registry of this
            collection. The latter is only there where the module runs on the controller.
          - That of V(github) is C(github.com/<owner>/<repository>/tree/<ref>/<folder>). For a host of GitHub Enterprise set the protocol.
          - A registry on GitHub is pinned in C(app.yaml) to the commit that the ref led to, until another C(uri) is declared.
          - C(sha256) is the checksum of the registry's folder that RV(registries) returns. Anything else is refused.
          - The C(uri) of V(platform) is a release of the Kubeflow platform, or a commit of it with C(sha256). Its packages are rendered
            from C(source), a folder, a tar archive or V(github), by C(renderer), C(kubectl) or C(kustomize), which is looked for if not
            set. Neither is needed for packages that the application has already.
        type: dict
      packages:
        description:
          - The packages to install, by name. Each has C(registry), the name of one of O(declaration.registries).
          - C(package) is its name in the registry, if it is another one. C(version) is a ref of GitHub that it is taken from instead.
        type: dict
      modules:
        description:
          - Modules, which are folders of components, by name. Each may have C(globals), the global parameters of its components.
          - Modules that components are in need not be named.
        type: dict
      components:
        description:
          - The components, by name, in the order in which they are added. In a module the name is the path, V(data/nested).
          - Each has one of C(prototype), C(yaml), C(json) and C(jsonnet), and may have C(parameters).
          - The name of a C(prototype) may be shortened to a unique ending. A parameter that is not given or is V(null) has the default
            of the prototype; C(name) has the name of the component.
          - Text that is a number will do for a number, JSON text for a list or a mapping. Any other value of the wrong type is an error.
          - C(yaml) and C(json) hold one object, as text or as data, over which C(parameters) are merged. C(jsonnet) is the text of a file.
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
folders:
  description: The empty folders that ks needs and that were missing, as in a clone by git, relative to RV(path).
  returned: success
  type: list
  elements: str
  sample: [.ksonnet/registries]
removed:
  description: The files that were removed, relative to RV(path).
  returned: success
  type: list
  elements: str
registries:
  description: The registries on GitHub, by name.
  returned: success
  type: dict
  contains:
    commitSha:
      description: The commit that C(app.yaml) pins.
      type: str
    refSpec:
      description: The branch, tag or commit that was declared.
      type: str
    sha256:
      description: The checksum of the registry's folder at that commit.
      type: str
upgrade:
  description: What other versions of the packages came to.
  returned: success
  type: dict
  contains:
    changes:
      description:
        - The prototypes that differ. C(change) is one of V(changed), V(renamed), V(split), V(gone) and V(new), C(now) has the new names.
        - C(added), C(removed), C(renamed), C(default_changed) and C(type_changed) list parameters.
      type: list
      elements: dict
    carried:
      description: Values of yours that have a new place, by C(component) and C(parameter), also C(environments) where it is an override.
      type: list
      elements: dict
    lost:
      description: Values of yours that have no place any more, and C(why).
      type: list
      elements: dict
    replaced:
      description: Components that went because others took their place.
      type: list
      elements: str
overwritten:
  description: Folders of packages that were changed by hand, and are replaced all the same.
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
    module:
      description: The module, if it is about one of its global parameters.
      type: str
    parameter:
      description: The parameter, if it is about one.
      type: str
    file:
      description: The component's file, if that was changed.
      type: str
    environments:
      description: The environment, if it is about one. Likewise C(registries) and C(libraries) of C(app.yaml).
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
  description: The changes, one entry a file, and one for all files below C(vendor/), C(lib/) and C(.ksonnet/).
  returned: in diff mode
  type: list
  elements: dict
"""

import os
import typing as t
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.credential_scan.masking import masked
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk.folder import converge
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk.journal import FileChange
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries.source_arguments import SOURCE_ARGUMENTS, sources
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        "path": {"type": "path", "required": True},
        "adopt": {"type": "bool", "default": False},
        "bundle": {"type": "path"},
        **SOURCE_ARGUMENTS,
        "declaration": {
            "type": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "globals": {"type": "dict"},
                "environments": {"type": "dict", "required": True},
                "registries": {"type": "dict"},
                "packages": {"type": "dict"},
                "modules": {"type": "dict"},
                "components": {"type": "dict"},
                "record": {"type": "dict"},
            },
        },
    },
    "supports_check_mode": True,
}
_COPIED = ("vendor/", "lib/", ".ksonnet/")


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Converge the application; writes nothing in check mode."""
    path = os.path.abspath(args["path"])
    result = converge(
        Path(path),
        args["declaration"],
        sources=sources(args, context),
        adopt=args["adopt"],
        check=context.check,
    )
    for entry in masked(result.kept):
        context.warn(_warning(entry))
    for package in result.overwritten:
        context.warn(
            f"{package} was changed by hand. Packages are generated: it is replaced. Keep a change in components/ or in a registry."
        )
    for entry in result.upgrade["lost"]:
        context.warn(f"{entry['component']}: your value of {entry['parameter']} has no place any more. {entry['why']}")
    document: dict[str, t.Any] = {
        "changed": result.changed,
        "path": path,
        "files": [change.path for change in result.changes if change.after is not None],
        "folders": result.folders,
        "removed": result.removed,
        "kept": masked(result.kept),
        "registries": result.registries,
        "upgrade": masked(result.upgrade),
        "overwritten": result.overwritten,
    }
    if context.diff:
        document["diff"] = _diff(path, result.changes)
    return document


def _warning(entry: dict[str, t.Any]) -> str:
    section = next((key for key in ("environments", "registries", "libraries", "module") if key in entry), None)
    where = ": ".join(filter(None, [f"{section}.{entry[section]}" if section else "", entry.get("component", "")])) or "app.yaml"
    if "file" in entry:
        return f"{where}: {entry['file']} stays as it is. {entry['reason']}"
    what = entry.get("parameter") or entry.get("field") or "the entry"
    planned = "to be removed" if entry["planned"] is None else f"{entry['planned']!r}"
    return f"{where}: {what} stays as you set it; planned was {planned}."


def _diff(path: str, changes: list[FileChange]) -> list[dict[str, str]]:
    """A diff for each file; of copied files only their names."""
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
        header = os.path.join(path, "vendor, lib and .ksonnet: names of files")
        shown.insert(0, {"before_header": header, "after_header": header, "before": before, "after": after})
    return shown


def _printable(text: str | None) -> str:
    return (text or "").encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
