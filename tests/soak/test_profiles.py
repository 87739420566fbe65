# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The main job on clusters of the remaining kinds."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration.test_profiles import runs_with_what_suits


@pytest.mark.parametrize("profile", ["plain", "aks", "arm64-mixed"])
def test_kubeflow_runs_with_what_suits_the_cluster(brief_cluster, work, profile):
    runs_with_what_suits(brief_cluster(profile), work, profile)
