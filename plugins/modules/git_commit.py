#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module git_commit."""

from __future__ import annotations

DOCUMENTATION = r"""
module: git_commit
short_description: Commit an application to git, with what changed and why
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Makes one commit of what changed in an application's folder, and pushes it where that is wanted. If nothing changed, there is no
    commit.
  - A folder that lies in no repository becomes one. In a larger repository only what is below the folder is committed; what else is
    staged there stays staged.
  - With O(state=ready), before the application is written, it refuses what would make the commit fail later. This is also where changes
    are refused that somebody made and did not commit. What a run before this one wrote and could not commit is not among them.
  - What is to be committed is searched for credentials, as private keys, logins of clouds, tokens, passwords and Secrets with data. If
    there is one, nothing is committed. The message names file and line, and never the value.
  - Hooks of the repository are run. Nothing is ever forced.
  - git asks nothing. A login at a remote is O(token), or what works without a terminal, such as an ssh agent or a credential helper.
extends_documentation_fragment:
  - kubeflow.bootstrap.registries
  - kubeflow.bootstrap.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: The message and the names of the files. What changes in them is shown by M(kubeflow.bootstrap.ks_app).
  idempotent:
    support: full
options:
  path:
    description: The folder of the application.
    type: path
    required: true
  state:
    description:
      - With V(ready) it is only seen to that the commit can be made. With V(committed) it is made.
      - With V(fetched) the folder is brought from O(branch) of O(remote), if it does not exist or empty. If the remote has no such branch,
        the folder becomes an empty repository on a branch of that name.
    type: str
    choices: [committed, ready, fetched]
    default: committed
  declaration:
    description:
      - What the application should be, as for M(kubeflow.bootstrap.ks_app). By this the changes of the run are told from those of others.
      - O(state=committed) commits all changes below O(path) if this is not set, or O(state=ready) was not run before.
    type: dict
  bundle:
    description: The file that M(kubeflow.bootstrap.ks_app) takes packages from, if any.
    type: path
  take_changes:
    description: Commit the changes of others too.
    type: bool
    default: false
  commit_message:
    description: The message. If not set, it tells for each component which parameters have another value, and the reasons of the plan.
    type: str
  author_name:
    description: Name of who commits. If not set, that of git's configuration.
    type: str
  author_email:
    description: Address of who commits. If not set, that of git's configuration.
    type: str
  branch:
    description:
      - The branch to commit to. If it does not exist, it begins at the current commit. If it does, it must be the current one.
      - If not set, the current one; in a new repository C(init.defaultBranch) of git, or C(main).
    type: str
  remote:
    description:
      - Name or address of a remote to push to, without a login in it. If not set, nothing is pushed.
    type: str
  remote_branch:
    description: The branch at the remote. If not set, one of the same name.
    type: str
  username:
    description: Name of the user at the remote, for a login with O(token). Many take any name.
    type: str
  token:
    description:
      - A token or password for a remote over HTTPS. If not set, for C(github.com) the environment variable E(GITHUB_TOKEN) or E(GH_TOKEN).
      - It is neither among the arguments of a process, nor written to a file.
    type: str
  allow:
    description:
      - What is no credential though it looks like one. All that is set in an entry must fit, and O(allow[].path) or O(allow[].pattern)
        must be set.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Path of the file in the application. C(*) stands for any text.
        type: str
      pattern:
        description: A regular expression that is found in the line.
        type: str
      kind:
        description: What the message calls it, such as V(private-key), V(field) or V(secret-object).
        type: str
  timeout:
    description: Seconds that one command of git may take, hooks included.
    type: int
    default: 600
requirements:
  - git 2.20 or newer
  - PyYAML
"""

EXAMPLES = r"""
- name: See that it can be committed
  kubeflow.bootstrap.git_commit:
    path: ~/kubeflow
    declaration: "{{ kubeflow_plan.application }}"
    state: ready

- name: Commit all that changed, and push it
  kubeflow.bootstrap.git_commit:
    path: ~/kubeflow
    remote: origin
    token: "{{ lookup('ansible.builtin.env', 'GITHUB_TOKEN') }}"

- name: Bring it here first, where each run begins with an empty folder
  kubeflow.bootstrap.git_commit:
    path: ~/kubeflow
    state: fetched
    remote: https://git.example.com/team/kubeflow.git
    branch: main

- name: Allow an example's password
  kubeflow.bootstrap.git_commit:
    path: ~/kubeflow
    allow:
      - path: components/demo.jsonnet
        kind: field
"""

RETURN = r"""
path:
  description: The folder of the application.
  returned: with O(state=committed) and O(state=ready)
  type: str
repository:
  description: The folder of the repository.
  returned: with O(state=committed) and O(state=ready)
  type: str
author:
  description: Who commits.
  returned: with O(state=committed) and O(state=ready)
  type: str
  sample: Jane Doe <jane@example.com>
branch:
  description: The branch.
  returned: with O(state=committed) and O(state=fetched)
  type: str
  sample: main
commit:
  description: The last commit. Not set if there is none.
  returned: with O(state=committed)
  type: str
message:
  description: The message of the commit. Not set if nothing was committed.
  returned: with O(state=committed)
  type: str
  sample: "kubeflow: kubeflow-core: gatewayReplicas: 1 -> 2"
files:
  description: What was committed.
  returned: with O(state=committed)
  type: list
  elements: dict
  contains:
    path:
      description: Path below the application's folder.
      type: str
    change:
      description: V(added), V(changed) or V(removed).
      type: str
made:
  description: Whether the folder was made a repository.
  returned: with O(state=committed)
  type: bool
pushed:
  description: What was pushed. Not set without O(remote).
  returned: with O(state=committed)
  type: dict
  contains:
    remote:
      description: The address of the remote.
      type: str
    branch:
      description: The branch there.
      type: str
    changed:
      description: Whether it changed.
      type: bool
findings:
  description: Where credentials were found.
  returned: when there are any
  type: list
  elements: dict
  contains:
    path:
      description: Path below the application's folder.
      type: str
    line:
      description: Number of the line, from 1.
      type: int
    kind:
      description: What was found.
      type: str
step:
  description: What the role kubeflow is to know of it.
  returned: with O(state=committed)
  type: dict
said:
  description: What was done, in a sentence.
  returned: success
  type: str
"""

import os
import typing as t
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.credential_scan.scan import allowed
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries.source_arguments import SOURCE_ARGUMENTS, sources
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.git.commit import CommitSpec, commit, ready
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.git.fetch import fetch

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        "path": {"type": "path", "required": True},
        "state": {"type": "str", "choices": ["committed", "ready", "fetched"], "default": "committed"},
        "declaration": {"type": "dict"},
        "bundle": {"type": "path"},
        **SOURCE_ARGUMENTS,
        "take_changes": {"type": "bool", "default": False},
        "commit_message": {"type": "str"},
        "author_name": {"type": "str"},
        "author_email": {"type": "str"},
        "branch": {"type": "str"},
        "remote": {"type": "str"},
        "remote_branch": {"type": "str"},
        "username": {"type": "str"},
        "token": {"type": "str", "no_log": True},
        "allow": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {"path": {"type": "str"}, "pattern": {"type": "str"}, "kind": {"type": "str"}},
        },
        "timeout": {"type": "int", "default": 600},
    },
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Compare, or commit."""
    spec = CommitSpec(
        folder=Path(os.path.abspath(args["path"])),
        declaration=args["declaration"],
        sources=sources(args, context),
        message=args["commit_message"],
        author=(args["author_name"], args["author_email"]),
        branch=args["branch"],
        remote=args["remote"],
        remote_branch=args["remote_branch"],
        login=(args["username"], args["token"]),
        allow=tuple(allowed(args["allow"])),
        take_changes=args["take_changes"],
        timeout=float(args["timeout"]),
    )
    return {"committed": commit, "ready": ready, "fetched": fetch}[args["state"]](spec, context)


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
