# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hundreds of sequences of changes by several managers, beside ``kubectl apply --server-side``."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import Factory
from ansible_collections.kubeflow.bootstrap.tests.parity.sequences import DIFFERENCES, check


@pytest.mark.parametrize("seed", [20261129, 20261130])
def test_they_end_as_with_kubectl(cluster: Factory, seed: int) -> None:
    seen = check(cluster(), 120, seed)
    # A row of the table that nothing needs is to be taken out of it.
    assert seen.keys() == DIFFERENCES.keys()
