"""The facts without Ansible around them: what the module does, in a bare process. Reads KUBECONFIG."""

from __future__ import annotations

import os

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.api import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.cluster import gather
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig import load

with Client(load(env=dict(os.environ)).connection) as client:
    found = gather(client, "kubeflow")
    print(found["nodes"]["count"], found["nodes"]["free"], found["unknown"])
