# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A hundred random applications come in order."""

from __future__ import annotations

from ansible_collections.kubeflow.bootstrap.tests.integration.test_deploy_order_random import come_in_order


def test_a_hundred_random_applications_come_in_order(cluster, tmp_path):
    come_in_order(cluster(), tmp_path, graphs=100)
