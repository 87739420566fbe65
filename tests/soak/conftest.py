# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clusters of the integration tests."""

from __future__ import annotations

from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import cluster, place

__all__ = ["cluster", "place"]
