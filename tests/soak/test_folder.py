# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``kill -9`` at fifty moments while an application is changed."""

from __future__ import annotations

from ansible_collections.kubeflow.bootstrap.tests.unit.module_utils.ksonnet.disk.test_folder import declared, killed_at

__all__ = ["declared"]


def test_kill_9_leaves_the_old_application_or_the_new_one(tmp_path, declared):  # noqa: F811
    killed_at(50, tmp_path, declared)
