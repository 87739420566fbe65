#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module gitops."""

from __future__ import annotations

DOCUMENTATION = r"""
module: gitops
short_description: Register an application in Argo CD or Flux
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Creates or updates an C(Application) of Argo CD, or a C(GitRepository) and a C(Kustomization) of Flux, that reads the manifests of an
    application from a git repository.
  - The objects carry labels that name the application. Objects of the same name without these labels are neither changed nor deleted.
  - With O(state=absent) the objects are deleted. What Argo CD or Flux applied from them stays.
extends_documentation_fragment:
  - kubeflow.bootstrap.target
  - kubeflow.bootstrap.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  state:
    description: V(planned) chooses the tool by O(apis) and asks no cluster.
    type: str
    choices: [planned, present, absent]
    default: present
  tool:
    description: The tool. V(auto), with O(state=planned) alone, is the one that the cluster has.
    type: str
    choices: [auto, argocd, flux]
    default: auto
  apis:
    description: The kinds that the cluster serves, by API version, as C(cluster.apis) of the facts has them, for O(state=planned).
    type: dict
    default: {}
  application:
    description: Name of the application.
    type: str
    required: true
  name:
    description: Name of the objects. If not set, that of the application.
    type: str
  namespace:
    description: Namespace of the objects. If not set, C(argocd) or C(flux-system).
    type: str
  destination:
    description: Namespace that Argo CD puts objects into which name none.
    type: str
    default: kubeflow
  url:
    description: URL of the git repository, as the cluster reaches it.
    type: str
    required: true
  branch:
    description: The branch to read.
    type: str
    default: main
  path:
    description: Folder of the manifests in the repository. If not set, C(manifests) in the folder that O(application_path) has there.
    type: str
  application_path:
    description: Folder of the application on this machine.
    type: path
    default: .
  secret_name:
    description: For Flux, a Secret in O(namespace) with the login at the repository. Argo CD finds its own by the URL.
    type: str
  sync:
    description: Whether the tool applies the manifests without being told to. Otherwise Flux's Kustomization is suspended.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Register the application in Argo CD
  kubeflow.bootstrap.gitops:
    tool: argocd
    application: kubeflow
    url: https://git.example.com/ml/kubeflow.git
    path: manifests
"""

RETURN = r"""
registration:
  description: What is registered, by the names of the options.
  returned: success
  type: dict
objects:
  description: The objects, without what the API server sets.
  returned: with O(state=present) and O(state=absent)
  type: list
  elements: dict
step:
  description: What the role kubeflow has to know of it.
  returned: with O(state=planned)
  type: dict
said:
  description: What was done, in a sentence.
  returned: success
  type: str
  sample: "The Application argocd/kubeflow was created. Argo CD reads manifests of https://git.example.com/ml/kubeflow.git (main)."
"""

import os
import typing as t
from dataclasses import asdict
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.target import TARGET_ARGUMENTS, connect
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.gitops.registration import (
    TOOLS,
    Registration,
    check_url,
    choose_tool,
    folder_in_repository,
    register,
    unregister,
)

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        **TARGET_ARGUMENTS,
        "state": {"type": "str", "choices": ["planned", "present", "absent"], "default": "present"},
        "tool": {"type": "str", "choices": ["auto", "argocd", "flux"], "default": "auto"},
        "apis": {"type": "dict", "default": {}},
        "application": {"type": "str", "required": True},
        "name": {"type": "str"},
        "namespace": {"type": "str"},
        "destination": {"type": "str", "default": "kubeflow"},
        "url": {"type": "str", "required": True},
        "branch": {"type": "str", "default": "main"},
        "path": {"type": "str"},
        "application_path": {"type": "path", "default": "."},
        "secret_name": {"type": "str", "no_log": False},
        "sync": {"type": "bool", "default": False},
    },
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Plan, register or unregister."""
    registration = _registration(args)
    planned = {key: value for key, value in asdict(registration).items() if value is not None}
    if args["state"] == "planned":
        step = {"parameters": {}, "components": {}, "reason": registration.reason, "record": {"made": True, **planned}}
        return {"changed": False, "registration": planned, "step": step, "said": registration.reason}
    with connect(args, context) as client:
        if args["state"] == "present":
            before, after = register(client, registration, check=context.check)
            message = f"{_titles(after)} {_done(before, after)}. {registration.reason}"
        else:
            before, kept = unregister(client, registration, check=context.check)
            after, removed = [], f"{_titles(before)} deleted." if before else "Nothing is registered." if not kept else ""
            message = " ".join([removed, *kept]).strip()
    result = {"changed": before != after, "registration": planned, "objects": after or before, "said": message}
    return {**result, "diff": {"before": {"objects": before}, "after": {"objects": after}}} if context.diff else result


def _registration(args: dict[str, t.Any]) -> Registration:
    if args["tool"] == "auto" and args["state"] != "planned":
        raise BootstrapError(f"tool is auto with state {args['state']}.", fix="Name it: argocd or flux.")
    tool = choose_tool(args["tool"], args["apis"]) if args["state"] == "planned" else args["tool"]
    return Registration(
        tool=tool,
        application=args["application"],
        name=args["name"] or args["application"],
        namespace=args["namespace"] or TOOLS[tool][1],
        destination=args["destination"],
        url=check_url(args["url"]),
        branch=args["branch"],
        path=(args["path"] or folder_in_repository(Path(os.path.abspath(args["application_path"])))).strip("/"),
        secret_name=args["secret_name"],
        sync=args["sync"],
    )


def _titles(items: list[dict[str, t.Any]]) -> str:
    return " and ".join(f"{item['kind']} {item['metadata']['namespace']}/{item['metadata']['name']}" for item in items)


def _done(before: list[dict[str, t.Any]], after: list[dict[str, t.Any]]) -> str:
    if before == after:
        return "unchanged"
    return "changed" if before else "created"


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
