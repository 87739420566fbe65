# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The evaluator in C++ yields the same for every set of parameters: minutes."""

from __future__ import annotations

import _jsonnet
import pytest
from ansible_collections.kubeflow.bootstrap.tests.unit.registry.test_registry import CASES, agree


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_evaluator_in_cpp_agrees(case, monkeypatch):
    agree(_jsonnet, case, monkeypatch)
