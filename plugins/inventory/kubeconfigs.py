# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Inventory plugin kubeconfigs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: kubeconfigs
short_description: Kubernetes clusters, from the contexts of kubeconfigs
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Every context of the given kubeconfigs is a host with the connection C(local), and with the variables C(kubeflow_kubeconfig) and
    C(kubeflow_context), by which all playbooks and roles of this collection take that cluster.
  - Each cluster is asked for its facts, several side by side. They are the host's variable C(kubeflow_facts), with C(kubeconfig),
    C(cluster) and C(cloud) as the modules M(kubeflow.bootstrap.kubeconfig_info), M(kubeflow.bootstrap.cluster_info) and
    M(kubeflow.bootstrap.cloud_info) return them. Never a credential is in them.
  - A host is in the groups C(cloud_NAME) (C(cloud_none) without one), C(distribution_NAME), C(version_MAJOR_MINOR), and with GPUs
    or the like in C(gpu) and C(gpu_VENDOR).
  - A cluster that does not answer is a host in the group C(unreachable), with the reason in its variable C(kubeflow_unreachable) and
    in a warning. It is asked again each time, whatever is in the cache.
  - With a cache, the facts of a context are kept until the cache's time is over, or until the context leads to another server.
  - A host is called like its context. What means something in patterns of Ansible or in paths becomes C(-), as in
    C(arn-aws-eks-eu-west-1-123456789012-cluster-ml) for C(arn:aws:eks:eu-west-1:123456789012:cluster/ml). Contexts whose names are
    alike get the name of their file behind it, and a warning says so.
notes:
  - The name of the inventory's file ends with C(kubeconfigs.yml) or C(kubeconfigs.yaml).
  - Playbooks that deploy ask the cluster again. Only the entry points C(plan), C(app) and C(steps) of the role
    P(kubeflow.bootstrap.kubeflow#role), run by themselves, take C(kubeflow_facts) from here.
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
requirements:
  - PyYAML
options:
  plugin:
    description: Says that this file is for this plugin.
    type: str
    required: true
    choices:
      - kubeflow.bootstrap.kubeconfigs
  kubeconfigs:
    description:
      - Kubeconfig files, folders of them (without those below), and patterns of paths such as V(clusters/*.yaml) and V(clusters/**/config).
        They are relative to the inventory's file, V(~) and variables of the environment are replaced.
      - What is no kubeconfig in a folder, or among what a pattern finds, is left out with a warning. A file that is named must be one.
      - If empty, what C(kubectl) would read, which is the files of E(KUBECONFIG) or C(~/.kube/config). Then C(kubeflow_kubeconfig) is not
        set, and a run reads what is there at its time. AWX puts the file of a credential elsewhere in each job.
    type: list
    elements: str
    default: []
  contexts:
    description: Patterns for the names of contexts, as in a shell. Only contexts that match one of them are hosts.
    type: list
    elements: str
    default: ["*"]
  exclude_contexts:
    description: Patterns for the names of contexts that are no hosts.
    type: list
    elements: str
    default: []
  ask:
    description: Whether to ask the clusters. If not, there are neither groups nor facts, and nothing is sent anywhere.
    type: bool
    default: true
  namespace:
    description: The namespace that Kubeflow is to go to. What the user may do is asked for there.
    type: str
    default: kubeflow
  at_once:
    description: How many clusters are asked at a time.
    type: int
    default: 16
  timeout:
    description: Seconds that all questions to one cluster may take.
    type: float
    default: 30
  request_timeout:
    description: Seconds without a byte from a cluster after which a question is given up.
    type: float
    default: 10
"""

EXAMPLES = r"""
# clusters.kubeconfigs.yml: what kubectl knows
plugin: kubeflow.bootstrap.kubeconfigs

---
# A folder with a kubeconfig for each cluster, asked once an hour
plugin: kubeflow.bootstrap.kubeconfigs
kubeconfigs:
  - clusters/
exclude_contexts:
  - "*-readonly"
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/kubeflow-clusters
cache_timeout: 3600

---
# Groups and variables of your own
plugin: kubeflow.bootstrap.kubeconfigs
kubeconfigs:
  - ~/.kube/config
  - /srv/clusters/*.yaml
compose:
  kubeflow_namespace: "'kubeflow' if 'gpu' in group_names else 'kubeflow-cpu'"
groups:
  canary: inventory_hostname is match('dev-')
  small: kubeflow_facts.cluster.nodes.usable < 3
keyed_groups:
  - prefix: region
    key: kubeflow_facts.cloud.region
"""

import os
import sys
import typing as t

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.contexts import (
    ContextLocation,
    QueryOptions,
    ask_all,
    groups,
    locate,
    same,
)
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.formats.json_object import Json


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "kubeflow.bootstrap.kubeconfigs"
    # Ansible gives these no types.
    inventory: t.Any
    get_option: t.Any
    _read_config_data: t.Any
    _sanitize_group_name: t.Any
    _set_composite_vars: t.Any
    _add_host_to_composed_groups: t.Any
    _add_host_to_keyed_groups: t.Any

    def verify_file(self, path: str) -> bool:
        return bool(super().verify_file(path)) and path.endswith(("kubeconfigs.yml", "kubeconfigs.yaml"))  # type: ignore[no-untyped-call]

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        try:
            places = locate(
                self._paths(path), self.get_option("contexts"), self.get_option("exclude_contexts"), os.environ, self.display.warning
            )
        except BootstrapError as error:
            raise AnsibleParserError(str(error)) from error
        for place in places:
            self._add(place)
        if self.get_option("ask"):
            answers = self._answers(places, self.get_cache_key(path), cache)
            for place in places:
                self._sort_in(place, answers[place])
            known = {place.host: answer for place, answer in answers.items() if not isinstance(answer, BootstrapError)}
            for hosts in same(known):
                self.display.warning(f"These hosts are one cluster: {', '.join(sorted(hosts))}. A run over more than one of them collides.")

    def _paths(self, path: str) -> list[str]:
        """Absolute. A pattern stays one."""
        folder = os.path.dirname(os.path.abspath(path))
        return [os.path.join(folder, os.path.expanduser(os.path.expandvars(each))) for each in self.get_option("kubeconfigs")]

    def _add(self, place: ContextLocation) -> None:
        self.inventory.add_host(place.host)
        variables = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "kubeflow_context": place.context,
            **({"kubeflow_kubeconfig": place.file} if place.file else {}),
        }
        for name, value in variables.items():
            self.inventory.set_variable(place.host, name, value)

    def _answers(self, places: list[ContextLocation], key: str, cache: bool) -> dict[ContextLocation, Json | BootstrapError]:
        """Facts, or the error. Ansible passes ``cache=False`` with ``--flush-cache`` and ``meta: refresh_inventory``."""
        cached: dict[str, Json] = {}
        if self.get_option("cache") and cache:
            cached = self._cache.get(key) or {}
        known: dict[ContextLocation, Json | BootstrapError] = {place: cached[place.key] for place in places if place.key in cached}
        how = QueryOptions(*(self.get_option(name) for name in ("namespace", "timeout", "request_timeout", "at_once")))
        answers = {**known, **ask_all([place for place in places if place not in known], how, os.environ)}
        if self.get_option("cache") and len(answers) > len(known):
            self._cache[key] = {place.key: answer for place, answer in answers.items() if not isinstance(answer, BootstrapError)}
        return answers

    def _sort_in(self, place: ContextLocation, answer: Json | BootstrapError) -> None:
        """Set the groups and variables that follow from a cluster's answer."""
        if isinstance(answer, BootstrapError):
            self.display.warning(f"{place.host} is unreachable: {answer}")
            self.inventory.set_variable(place.host, "kubeflow_unreachable", str(answer))
            self._put(place.host, "unreachable")
            return
        self.inventory.set_variable(place.host, "kubeflow_facts", answer)
        for name in groups(answer):
            self._put(place.host, name)
        variables = self.inventory.get_host(place.host).get_vars()
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, place.host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, place.host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, place.host, strict=strict)

    def _put(self, host: str, group: str) -> None:
        self.inventory.add_child(self.inventory.add_group(self._sanitize_group_name(group)), host)
