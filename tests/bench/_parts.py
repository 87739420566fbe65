"""One part of the work, or only the reading of what it works on. Usage: python _parts.py order|secrets ours|bound"""

from __future__ import annotations

import json
import sys
import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.credential_scan.scan import scan
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.graph.waves import order
from ansible_collections.kubeflow.bootstrap.tests.unit.module_utils.deploy.graph.test_waves import thousand_objects

ROUNDS = 10
LINE = '"description": "The name of the secret. A token, password or access key; see the field secretKeyRef: it has a key.",\n'


def main(part: str, who: str) -> None:
    content: t.Any = LINE * (4 * 2**20 // len(LINE)) if part == "secrets" else thousand_objects()
    for _round in range(ROUNDS):
        json.loads(json.dumps(content, default=str))
        if who == "ours" and part == "secrets":
            assert scan({"components/a.jsonnet": content}) == []
        elif who == "ours":
            assert order(content).broken == []


if __name__ == "__main__":
    main(*sys.argv[1:])
