# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Something else answers in the place of the API server: what a user sees of it. Far more of them: ``tests/hostile``."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.tests.hostile.behaviours import BEHAVIOURS
from ansible_collections.kubeflow.bootstrap.tests.hostile.server import TOKEN, kubeconfig, serving


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("sign-in page", "does not answer as a Kubernetes API server: a page of type text/html (GET /version)"),
        ("redirect 302", "does not answer as a Kubernetes API server: HTTP 302 to http://127.0.0.1:"),
        ("echo 403", "does not answer as a Kubernetes API server: HTTP 403, a page of type text/plain"),
    ],
)
def test_facts_end_with_one_message(work, tmp_path, name, said):
    user = work()
    with serving(BEHAVIOURS[name]) as server:
        run = user.play("facts", "-vvv", kubeflow_kubeconfig=kubeconfig(tmp_path, server.address))
        assert not server.elsewhere.requests and not server.writes()
    assert run.code == 2
    assert said in run.output
    assert TOKEN not in run.output and "Traceback" not in run.output
