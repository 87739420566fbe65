#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module deploy."""

from __future__ import annotations

DOCUMENTATION = r"""
module: deploy
short_description: Apply a ksonnet application to a cluster in the order that its objects need, or remove it
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Renders the application and applies its objects server-side, each after those that it needs, then waits until the workloads are ready.
  - What was applied is recorded in the cluster as an ApplySet, so that a second run without a change writes nothing, and a removal
    takes away just that.
  - The order is read off the objects. An object waits for its namespace, the CRD of its kind, the webhooks that are asked about
    it, what its pods mount or run as, and for the API service behind its group.
  - Before the first write it is known which rights are missing, which fields others have changed, what can't be changed and what the API
    server would not take. All of it is told in one message.
  - Objects that already exist and that the application did not make are not touched, unless O(adopt). A namespace of others is
    used as it is, and so is what an admin of the cluster applied for the application.
  - Objects of API versions that the cluster no longer serves are brought to those that it does on the way. The application stays as it is.
  - Nothing is written to another cluster than the one that the application was planned for.
  - Two deployments of one application do not run at once. The second one waits.
  - A transient error, such as a lost connection or a webhook that is coming up, is tried again within
    O(wait_timeout). A run that failed or was interrupted is completed by the next one.
extends_documentation_fragment:
  - kubeflow.bootstrap.target
  - kubeflow.bootstrap.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Shows what would really change, as the API server sees it. The values of Secrets are hidden.
  idempotent:
    support: full
options:
  path:
    description: The folder of the application.
    type: path
    required: true
  environment:
    description: The environment of the application to deploy.
    type: str
    default: default
  state:
    description: Whether the application's objects should be in the cluster.
    type: str
    choices: [present, absent]
    default: present
  declaration:
    description:
      - The declaration that M(kubeflow.bootstrap.ks_app) is given.
      - In check mode the application is rendered as that would write it. Otherwise what is on disk counts alone.
    type: dict
  bundle:
    description:
      - A file that M(kubeflow.bootstrap.ks_bundle) wrote. Packages of registries on GitHub come from it, and no network is used.
    type: path
  wait_timeout:
    description:
      - Seconds for the whole deployment, from the first write until all workloads are ready.
      - V(0) does not wait for workloads, and gives a minute for what later objects can't do without, such as a webhook's server.
    type: int
    default: 600
  force_conflicts:
    description:
      - Take back fields that others have changed in objects of the application.
      - If V(false), nothing is written where there are such fields, and they are named with those who changed them.
    type: bool
    default: false
  adopt:
    description:
      - Adopt objects that already exist, and that the application wants. Otherwise nothing is written where there are such
        objects, and they are named with their owners, such as a Helm release.
      - So are the fields of these objects that kubectl, Helm and other clients have set. What the application does not have is removed.
        Fields of controllers stay theirs. Tell what made the objects to let go of them first.
    type: bool
    default: false
  recreate:
    description:
      - Delete and recreate objects where fields of them have to change that can't be changed, such as the selector of a Deployment.
      - Only where no data is lost. PersistentVolumeClaims, namespaces, CRDs and custom resources are never replaced. The PVCs
        of a StatefulSet stay.
      - If V(false), nothing is written where there are such fields, and they are named.
    type: bool
    default: false
  prune:
    description:
      - What left the application is deleted from the cluster. Namespaces, PersistentVolumeClaims, and CRDs with custom resources
        are kept, because data would be lost, and so are the workloads that serve these, unless they are in this list.
      - Each is written as RV(outcome.objects[].object) has it, such as V(PersistentVolumeClaim kubeflow/hub-data).
      - V(later) keeps all that left the application, and records it. A later run without it prunes.
    type: list
    elements: str
    default: []
  secrets:
    description:
      - Secrets for the cluster that are not part of the application, so that their values are in none of its files. They are applied in
        order beside it, pruned and removed with it. The names of these Secrets are what the application holds.
      - Those of an earlier run stay as they are, if this is not set, or as long as an object of the application still names them. Others
        of them are removed.
      - Their values are in no result, difference or message, and no fingerprint of them is kept. Whether they are as wanted is seen by
        reading them. Without the right to read them they are applied again in each run.
      - Only O(engine=native) can do this.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the Secret.
        type: str
        required: true
      namespace:
        description: Its namespace. If not set, that of the application.
        type: str
      type:
        description: Its type, such as V(kubernetes.io/tls).
        type: str
        default: Opaque
      labels:
        description: Its labels.
        type: dict
      stringData:
        description: Its values, by key, as they are. Take them from Ansible Vault, the environment or a lookup.
        type: dict
        required: true
      made_for:
        description:
          - What it was made for. If its C(cluster) is neither the UID of this cluster nor its URL, it is refused. The roles of the optional
            steps set this.
        type: dict
  allow_other_cluster:
    description:
      - Whether this is the application's cluster though the application does not say so. If V(false), an application that was planned for
        another cluster, or whose record does not tell its UID, is refused.
    type: bool
    default: false
  application:
    description:
      - With O(state=absent), the name of the application to remove by what the cluster records of it, as V(name) or V(namespace/name), for
        where its folder is lost. O(path) is not read then.
      - The cluster has to be named too, by O(context), O(cluster) or O(server), because nothing else says which one is meant.
    type: str
  remove_data:
    description: With O(state=absent), delete also the PersistentVolumeClaims, and so the data in them.
    type: bool
    default: false
  engine:
    description:
      - V(native) renders and applies the application by itself.
      - V(ks) does it by the command C(ks) of ksonnet, 0.10.0 or newer, on the application in O(path).
      - V(auto) takes C(ks) where it is installed and able to do this on the cluster at hand, else V(native), and says why.
      - With V(ks), what already exists is adopted, nothing is recorded in the cluster, and what left the application stays in the
        cluster. With O(state=absent), it deletes PVCs and namespaces only with O(remove_data). An application that was deployed by
        V(native) stays with that.
    type: str
    choices: [native, ks, auto]
    default: native
  ks_binary_path:
    description:
      - The path or name of the command C(ks).
      - If not set, the C(ks) on E(PATH), else C(~/.local/bin/ks).
    type: path
requirements:
  - PyYAML
  - rjsonnet
  - ksonnet's C(ks) 0.10.0 or newer, for O(engine=ks)
"""

EXAMPLES = r"""
- name: Deploy an application
  kubeflow.bootstrap.deploy:
    path: ./kubeflow-app

- name: Deploy it after a change of what can't be changed, and delete a PVC that it no longer has
  kubeflow.bootstrap.deploy:
    path: ./kubeflow-app
    recreate: true
    prune:
      - PersistentVolumeClaim kubeflow/hub-data

- name: Deploy it with the secret of an OAuth client, which the application names
  kubeflow.bootstrap.deploy:
    path: ./kubeflow-app
    secrets:
      - name: kubeflow-oidc
        stringData:
          client-secret: "{{ vault_client_secret }}"

- name: Remove it again, data included
  kubeflow.bootstrap.deploy:
    path: ./kubeflow-app
    state: absent
    remove_data: true

- name: Remove an application whose folder is lost
  kubeflow.bootstrap.deploy:
    path: ./kubeflow-app
    state: absent
    application: kubeflow
    context: my-cluster

- name: Deploy it with ks, if there is one here that can do it
  kubeflow.bootstrap.deploy:
    path: ./kubeflow-app
    engine: auto
"""

RETURN = r"""
outcome:
  description: What became of each object.
  returned: success, and when a deployment failed; then it tells what was done and what was not
  type: dict
  contains:
    counts:
      description: Number of objects by action.
      type: dict
      sample: {created: 20, unchanged: 2}
    objects:
      description: The objects, in the order in which they were dealt with.
      type: list
      elements: dict
      contains:
        object:
          description: Kind, namespace and name.
          type: str
          sample: Deployment.apps kubeflow/hub
        component:
          description: The component of the application that it belongs to.
          type: str
        action:
          description:
            - One of V(created), V(changed), V(replaced), V(taken over), V(unchanged), V(left alone), V(pruned), V(removed), V(kept),
              V(left out), V(refused), V(failed) and V(not reached).
            - V(refused) is known before the first write, V(failed) was refused when it was applied, and V(not reached) comes after what
              failed.
          type: str
        wave:
          description: In which wave it was applied, from V(1). Not set where nothing had to be applied.
          type: int
        why:
          description: Why it was changed though the application did not change, replaced, kept or left out, or why it failed.
          type: str
        seconds:
          description: Seconds that it took to apply it.
          type: float
    brought_up:
      description: The objects that the cluster would not have taken as they were rendered, and what was done about it.
      type: list
      elements: dict
      contains:
        object:
          description: Kind, namespace and name, as they are in the cluster.
          type: str
          sample: Deployment.apps kubeflow/ambassador
        component:
          description: The component of the application that it belongs to.
          type: str
        from:
          description: The API version that the application says.
          type: str
          sample: extensions/v1beta1
        to:
          description: The API version that was applied.
          type: str
          sample: apps/v1
        changes:
          description: What else was changed, in words.
          type: list
          elements: str
    seconds:
      description: Seconds that all took.
      type: float
    waited:
      description: Seconds of them spent waiting for workloads to become ready.
      type: float
    timeline:
      description: What the time was spent on, the earliest first. Empty where the engine does not tell.
      type: list
      elements: dict
      contains:
        what:
          description: A part of the run, or what was awaited in it.
          type: str
          sample: Deployment.apps kubeflow/hub
        why:
          description: What it lacked at last, if it was awaited.
          type: str
        from:
          description: When it began, in seconds since the start.
          type: float
        to:
          description: When it ended.
          type: float
        waited:
          description: Whether it was awaited.
          type: bool
engine:
  description: The engine that did it, V(native) or V(ks).
  returned: success, and when a deployment failed
  type: str
  sample: native
engine_reason:
  description: Why that one.
  returned: success, and when a deployment failed
  type: str
  sample: The command ks is not installed on this host.
refused:
  description: The blockers, where they were known before the first write.
  returned: when nothing was written for that
  type: list
  elements: dict
  contains:
    object:
      description: Kind, namespace and name.
      type: str
    why:
      description: Why it would be refused.
      type: str
    fix:
      description: What to do about it.
      type: str
    fields:
      description: The fields that are concerned, where the API server tells.
      type: list
      elements: str
waiting:
  description: What was not ready in time, and what it lacks.
  returned: when the time was up
  type: dict
"""

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.engines.deploy import deploy
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.target import TARGET_ARGUMENTS, connect
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        **TARGET_ARGUMENTS,
        "path": {"type": "path", "required": True},
        "environment": {"type": "str", "default": "default"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "declaration": {"type": "dict"},
        "bundle": {"type": "path"},
        "wait_timeout": {"type": "int", "default": 600},
        "force_conflicts": {"type": "bool", "default": False},
        "adopt": {"type": "bool", "default": False},
        "recreate": {"type": "bool", "default": False},
        "prune": {"type": "list", "elements": "str", "default": []},
        "secrets": {
            "type": "list",
            "elements": "dict",
            # Not the list as a whole: Ansible would mask the names, too, wherever they occur in the result.
            "no_log": False,
            "options": {
                "name": {"type": "str", "required": True},
                "namespace": {"type": "str"},
                "type": {"type": "str", "default": "Opaque"},
                "labels": {"type": "dict"},
                "stringData": {"type": "dict", "required": True, "no_log": True},
                "made_for": {"type": "dict"},
            },
        },
        "allow_other_cluster": {"type": "bool", "default": False},
        "application": {"type": "str"},
        "remove_data": {"type": "bool", "default": False},
        "engine": {"type": "str", "choices": ["native", "ks", "auto"], "default": "native"},
        "ks_binary_path": {"type": "path"},
    },
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Apply or remove."""
    with connect(args, context) as client:
        outcome, choice = deploy(client, args, context)
        for warning in client.connections.warnings:
            context.warn(f"The API server warns: {warning}")
    result: dict[str, t.Any] = {"changed": outcome.changed, "outcome": outcome.document()}
    result |= {"engine": choice.engine, "engine_reason": choice.reason}
    if context.diff:
        result["diff"] = outcome.differences
    return result


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
