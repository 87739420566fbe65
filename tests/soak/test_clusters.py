# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Six clusters of six kinds at once."""

from __future__ import annotations

from ansible_collections.kubeflow.bootstrap.tests.integration.test_clusters import fleet, workers_take

__all__ = ["fleet"]


def test_three_workers_take_six_clusters(fleet):  # noqa: F811
    workers_take(fleet, [["plain", "eks"], ["gke-gpu", "aks"], ["kind", "openshift"]])
