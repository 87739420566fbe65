# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A thousand random values, many times."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.tests.unit.module_utils.ksonnet import test_fuzzed_values


@pytest.mark.parametrize("seed", range(20))
def test_a_thousand_values_come_back_equal(tmp_path, monkeypatch, seed):
    monkeypatch.setattr(test_fuzzed_values, "SEED", seed)
    test_fuzzed_values.come_back_equal(tmp_path, 1000)
