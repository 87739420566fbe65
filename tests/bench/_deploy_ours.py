"""The module deploy by itself, as ``plugins/action/in_process.py`` calls it: ``python _deploy_ours.py APPLICATION [--check]``.

Reads KUBECONFIG. It does not wait for readiness, as the peers do not.
"""

from __future__ import annotations

import json
import sys

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.modules.deploy import ARGUMENTS, run

args = {name: option.get("default") for name, option in ARGUMENTS["argument_spec"].items()}
result = run({**args, "path": sys.argv[1], "wait_timeout": 0, "allow_other_cluster": True}, Context(check="--check" in sys.argv))
json.dump(result["outcome"]["counts"], sys.stdout)
