#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module go_bootstrapper_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: go_bootstrapper_info
short_description: Read a configuration of the Go bootstrapper of Kubeflow v0.1 to v0.3
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Turns a configuration file and the flags of the bootstrapper of 2018 into variables of the role P(kubeflow.bootstrap.kubeflow#role).
  - Each entry becomes a variable, or is left out with a warning that says why. What can't be understood is an error that names the
    line and the field.
  - The role calls it where C(kubeflow_go_bootstrapper_config) or C(kubeflow_go_bootstrapper_flags) is set.
  - C(docs/from-the-go-bootstrapper.md) has all names.
extends_documentation_fragment:
  - kubeflow.bootstrap.attributes
  - kubeflow.bootstrap.attributes.info
options:
  config:
    description:
      - The configuration file. It wins over the flag C(--config).
    type: path
  flags:
    description:
      - The flags as they stood on the command line, in one text or one word an item.
    type: raw
requirements:
  - PyYAML
"""

EXAMPLES = r"""
- name: Read what the Go bootstrapper was started with
  kubeflow.bootstrap.go_bootstrapper_info:
    config: ./config.yaml
    flags: --app-dir=./my-app --namespace=kubeflow
  register: was
"""

RETURN = r"""
variables:
  description: Variables of the role. Only those that the file and the flags say something about.
  returned: success
  type: dict
  sample:
    kubeflow_app_dir: ./my-app
    kubeflow_components:
      kubeflow-core:
        prototype: kubeflow-core
    kubeflow_namespace: kubeflow
    kubeflow_parameters:
      kubeflow-core:
        cloud: gke
    kubeflow_registries:
      kubeflow:
        uri: embedded
credentials:
  description: Whether a value in it looks like a credential. If so, Ansible shows nothing of this result, however verbose it is.
  returned: success
  type: bool
notes:
  description: What was left out or became something else, and why. They are warnings too.
  returned: success
  type: list
  elements: str
"""

import shlex
import typing as t
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.credential_scan.masking import is_credential
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import prototypes
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.legacy.go_bootstrapper import Embedded, read_config, read_file, read_flags
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries import registry
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {"config": {"type": "path"}, "flags": {"type": "raw"}},
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Read; changes nothing."""
    flags = read_flags(_words(args["flags"]))
    file = args["config"] or flags.variables.get("kubeflow_go_bootstrapper_config")
    variables, notes = dict(flags.variables), list(flags.notes)
    variables.pop("kubeflow_go_bootstrapper_config", None)
    if file:
        config = read_config(read_file(str(file)), str(file), _embedded())
        variables.update(config.variables)
        notes += config.notes
    for note in notes:
        context.warn(note)
    return {"changed": False, "variables": variables, "notes": notes, "credentials": is_credential("variables", variables)}


def _words(flags: t.Any) -> list[str]:
    if isinstance(flags, list):
        return [str(word) for word in flags]
    try:
        return shlex.split(flags or "")
    except (ValueError, AttributeError, TypeError) as error:
        raise BootstrapError(f"flags: {flags!r} can't be read: {error}.", fix="Write them as on a command line.") from None


def _embedded() -> Embedded:
    root = registry.folder(registry.EMBEDDED, Path())
    packages = sorted(path.parent.name for path in root.glob("*/parts.yaml"))
    files = [path for package in packages for path in sorted((root / package / "prototypes").glob("*.jsonnet"))]
    known = [prototypes.parse(path.read_text(encoding="utf-8"), str(path)) for path in files]
    names = {each.name.removeprefix("io.ksonnet.pkg."): [parameter.name for parameter in each.parameters] for each in known}
    return Embedded(packages, names)


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
