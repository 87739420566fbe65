# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Something else answers in the place of the API server: what a user sees of it. Far more of them: ``tests/hostile``."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.tests.hostile.playbooks import survive


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sign-in page", "does not answer as a Kubernetes API server: a page of type text/html (GET /version)"),
        ("redirect 302", "does not answer as a Kubernetes API server: HTTP 302 to http://127.0.0.1:"),
        ("echo 403", "does not answer as a Kubernetes API server: HTTP 403, a page of type text/plain"),
    ],
)
def test_facts_end_with_one_message(work, tmp_path, name, message):
    assert message in survive(work(), name, "facts", tmp_path)


@pytest.mark.parametrize("playbook", ["deploy", "remove"])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sign-in page", "a page of type text/html (GET /api/v1/namespaces/kube-system)"),
        ("echo in a Status", "Authorization: Bearer ***"),
        ("redirect 302", "HTTP 302 to http://127.0.0.1:"),
    ],
)
def test_deploy_and_remove_end_with_one_message(work, tmp_path, name, message, playbook):
    assert message in survive(work(), name, playbook, tmp_path)
