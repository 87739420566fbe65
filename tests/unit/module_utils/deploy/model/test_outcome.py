# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The account of a deployment."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.outcome import Outcome
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import Key

KEY = Key("apps", "Deployment", "x", "a")


@pytest.mark.parametrize(
    "action, changed",
    [(name, True) for name in ("created", "changed", "replaced", "taken over", "pruned", "removed")]
    + [(name, False) for name in ("unchanged", "left alone", "kept", "left out", "refused", "failed", "not reached")],
)
def test_what_was_written_is_a_change(action: str, changed: bool) -> None:
    outcome = Outcome()
    outcome.add(KEY, "main", action, 2, "why", 0.5)
    assert outcome.changed is changed
    document = outcome.document()
    assert document["counts"] == {action: 1}
    assert document["objects"] == [
        {"object": "Deployment.apps x/a", "component": "main", "action": action, "wave": 2, "why": "why", "seconds": 0.5}
    ]
