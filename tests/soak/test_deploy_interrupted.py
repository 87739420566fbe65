# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Thirty runs that are killed."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration.test_deploy_interrupted import application, killed

__all__ = ["application"]
# The application is evaluated in a child process that does nothing else, also where threads run.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


def test_runs_that_are_killed(cluster, application):  # noqa: F811
    killed(cluster(), application, kills=30)
