#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ks_show."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ks_show
short_description: Show the Kubernetes objects of a ksonnet application
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Evaluates a ksonnet application and returns the objects of an environment, or of some components of it, as data and as the text
    that C(ks show) of ksonnet 0.10 prints. With O(dest) the text goes to a file instead.
  - The text is that of C(ks), byte for byte, except that components come in the order of their names, where C(ks) shuffles them,
    and that YAML has every number exactly, and quotes around text that looks like a date or a number. A component that does not
    exist is an error, where C(ks) prints nothing.
  - Nothing but the files of the application can be read by it, and its evaluation is bounded in time and memory.
  - Nothing is asked of a cluster.
extends_documentation_fragment:
  - kubeflow.bootstrap.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Only with O(dest). The values of Secrets are hidden.
  idempotent:
    support: full
options:
  path:
    description: The folder of the application, which holds C(app.yaml).
    type: path
    required: true
  environment:
    description: The environment of the application.
    type: str
    default: default
  components:
    description:
      - The components to show. If not set, all of them.
      - A component of a module (a folder of components) is named with its path, such as V(data/db), or by its name if only one has it.
    type: list
    elements: str
  format:
    description: The form of the text.
    type: str
    choices: [yaml, json]
    default: yaml
  dest:
    description:
      - The file to write the text to. Its folder is created if it does not exist.
      - It is replaced at once. If there is a Secret among the objects, only its owner may read it.
    type: path
  kubernetes_version:
    description:
      - Bring the objects to API versions that this release of Kubernetes serves, V(1.30) or newer, as M(kubeflow.bootstrap.deploy) does it.
      - If not set, they are as the application has them.
    type: str
  show_secrets:
    description:
      - Whether the values of Secrets are in RV(objects) and RV(text). If not, each is V(hidden).
      - Set C(no_log) on a task that shows them. The file O(dest) always has the values.
    type: bool
    default: false
  evaluation_timeout:
    description: Seconds that the evaluation may take.
    type: float
    default: 60
  evaluation_memory:
    description: MiB of memory that the evaluation may use. Not enforced on macOS.
    type: int
    default: 1024
requirements:
  - PyYAML
  - rjsonnet
"""

EXAMPLES = r"""
- name: Get the objects of an application
  kubeflow.bootstrap.ks_show:
    path: ~/kubeflow
  register: shown

- name: Print two components as ks does
  kubeflow.bootstrap.ks_show:
    path: ~/kubeflow
    components: [kubeflow-core, spartakus]
    format: json
  register: two

- name: Write the manifests of an environment to a file, for other tools
  kubeflow.bootstrap.ks_show:
    path: ~/kubeflow
    environment: prod
    dest: ~/manifests/prod.yaml
"""

RETURN = r"""
components:
  description: The number of objects by component.
  returned: success
  type: dict
  sample: {kubeflow-core: 24}
objects:
  description: The objects by component, in the order that the component gives them. A List is resolved into its items.
  returned: if O(dest) is not set
  type: dict
  sample:
    settings:
      - apiVersion: v1
        kind: ConfigMap
        metadata:
          name: settings
        data:
          greeting: hello
text:
  description: The objects as C(ks show) prints them.
  returned: if O(dest) is not set
  type: str
dest:
  description: The file.
  returned: if O(dest) is set
  type: str
  sample: /home/me/manifests/prod.yaml
diff:
  description: What changes in the file.
  returned: in diff mode, if O(dest) is set
  type: dict
"""

import contextlib
import os
import re
import typing as t
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.api_migration.migrate import lines, migrate, served_by
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy import shapes
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.files import write_atomically
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.formats import manifests, yaml_documents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.jsonnet.evaluate import Limits
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        "path": {"type": "path", "required": True},
        "environment": {"type": "str", "default": "default"},
        "components": {"type": "list", "elements": "str"},
        "format": {"type": "str", "choices": ["yaml", "json"], "default": "yaml"},
        "dest": {"type": "path"},
        "kubernetes_version": {"type": "str"},
        "show_secrets": {"type": "bool", "default": False, "no_log": False},
        "evaluation_timeout": {"type": "float", "default": 60},
        "evaluation_memory": {"type": "int", "default": 1024},
    },
    "supports_check_mode": True,
}
Objects = dict[str, list[dict[str, t.Any]]]


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Render, choose, print or write."""
    for name in ("evaluation_timeout", "evaluation_memory"):
        if args[name] <= 0:
            raise BootstrapError(f"{name} is {args[name]:g}; nothing can be evaluated with that.", fix="Give a number above 0.")
    limits = Limits(args["evaluation_timeout"], args["evaluation_memory"] << 20)
    files = folder.read(Path(os.path.abspath(args["path"])))
    objects = _chosen(render.objects(files, args["environment"], limits=limits), args["components"])
    for warning in render.left_out(files):
        context.warn(warning)
    if args["kubernetes_version"]:
        objects = _migrated(objects, args["kubernetes_version"], context)
    result: dict[str, t.Any] = {"changed": False, "components": {name: len(items) for name, items in objects.items()}}
    everything = [item for items in objects.values() for item in items]
    if args["dest"]:
        return {**result, **_written(os.path.abspath(args["dest"]), everything, args["format"], context)}
    if not args["show_secrets"]:
        objects = {name: [manifests.masked(item) for item in items] for name, items in objects.items()}
        everything = [item for items in objects.values() for item in items]
    return {**result, "objects": objects, "text": manifests.text(everything, args["format"])}


def _migrated(objects: Objects, release: str, context: Context) -> Objects:
    """The objects in API versions that a release serves; migrations are reported."""
    if not re.fullmatch(r"v?1\.[3-9][0-9](\.[0-9]+)?", release):
        raise BootstrapError(f"kubernetes_version is {release!r}, which is not a release from 1.30 on.", fix="Give one such as 1.35.")
    rendered = [(name, item) for name, items in objects.items() for item in items]
    shapes.check(rendered)
    pairs, changes = migrate(rendered, served_by(release))
    for is_warning, line in lines(changes):
        (context.warn if is_warning else context.progress)(line)
    return {name: [item for component, item in pairs if component == name] for name in objects}


def _chosen(objects: Objects, names: list[str] | None) -> Objects:
    if names is None:
        return objects
    chosen = set()
    for name in names:
        matches = [name] if name in objects else [path for path in objects if path.rsplit("/", 1)[-1] == name]
        if not matches:
            raise BootstrapError(f"The environment has no component '{name}'.", fix=f"It has {', '.join(objects) or 'none'}.")
        if len(matches) > 1:
            raise BootstrapError(f"Several components are named '{name}': {', '.join(matches)}.", fix="Name it with its path.")
        chosen.update(matches)
    return {name: items for name, items in objects.items() if name in chosen}


def _written(dest: str, objects: list[dict[str, t.Any]], format: str, context: Context) -> dict[str, t.Any]:
    """Write the objects to the file, if it differs."""
    text = manifests.text(objects, format)
    before = _present(dest)
    result: dict[str, t.Any] = {"changed": before != text, "dest": dest}
    if context.diff:
        old = _documents(before or "", dest)
        result["diff"] = {
            "before_header": dest,
            "after_header": dest,
            "before": "" if before is None else _hidden(old, old, format),
            "after": _hidden(objects, old, format),
        }
    if result["changed"] and not context.check:
        secret = any(item["kind"] == "Secret" for item in objects)
        write_atomically(Path(dest), text, mode=0o600 if secret else 0o644)
    return result


def _present(dest: str) -> str | None:
    try:
        return Path(dest).read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BootstrapError(f"{dest} can't be read: {error.strerror}.", fix="Name a file.") from None


def _documents(text: str, file: str) -> list[dict[str, t.Any]]:
    """The objects in a file, if it has any; JSON is YAML."""
    with contextlib.suppress(BootstrapError):
        return [item for item in yaml_documents.load_all(text, file) if isinstance(item, dict)]
    return []


def _hidden(objects: list[dict[str, t.Any]], before: list[dict[str, t.Any]], format: str) -> str:
    """The text for a diff."""
    known = {_key(item): item for item in before}
    return manifests.text([manifests.masked(item, known.get(_key(item))) for item in objects], format)


def _key(item: Mapping[str, t.Any]) -> tuple[str, ...]:
    metadata = item.get("metadata")
    named = metadata if isinstance(metadata, dict) else {}
    return tuple(str(value) for value in (item.get("kind"), named.get("namespace"), named.get("name")))


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
