# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the integration tests have."""

from __future__ import annotations

from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import (
    ansible,
    brief_cluster,
    cluster,
    clusters,
    clusters_of_a_file,
    place,
    window,
    work,
)

__all__ = ["ansible", "brief_cluster", "cluster", "clusters", "clusters_of_a_file", "place", "window", "work"]
