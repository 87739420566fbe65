# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""After changes by several managers an object is as ``kubectl apply --server-side`` leaves it; more of them: tests/soak."""

from __future__ import annotations

from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import Factory
from ansible_collections.kubeflow.bootstrap.tests.parity.sequences import check


def test_thirty_sequences_end_as_with_kubectl(cluster: Factory) -> None:
    check(cluster(), 30, seed=1)
