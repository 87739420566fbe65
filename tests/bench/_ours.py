"""The module cluster_info by itself, as ``plugins/action/in_process.py`` calls it. Reads KUBECONFIG."""

from __future__ import annotations

import json
import sys

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.modules.cluster_info import ARGUMENTS, run

args = {name: option.get("default") for name, option in ARGUMENTS["argument_spec"].items()}
json.dump(run(args, Context()), sys.stdout)
