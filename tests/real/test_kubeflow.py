# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubeflow on a node that runs pods, in short: what it takes to say that it works. The other files here are in `make soak` alone."""

from __future__ import annotations

from ansible_collections.kubeflow.bootstrap.tests.patience import until
from ansible_collections.kubeflow.bootstrap.tests.real.kubeflow import User


def staying(kubeflow):
    """The pods that are not on their way out."""
    return {pod["metadata"]["uid"] for pod in kubeflow.get("pods")["items"] if "deletionTimestamp" not in pod["metadata"]}


def test_it_is_ready_at_the_level_restricted(kubeflow):
    pods = []
    for namespace, components in (("kubeflow", {"gateway", "hub"}), ("kubeflow-training", {"training-operator"})):
        labels = kubeflow.cluster.get("namespace", namespace)["metadata"]["labels"]
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
        running = kubeflow.cluster.get("pods", "-n", namespace)["items"]
        assert {pod["metadata"]["labels"]["app.kubernetes.io/component"] for pod in running} == components
        pods += running
    for pod in pods:
        assert {each["type"]: each["status"] for each in pod["status"]["conditions"]}["Ready"] == "True"
        assert not any(each["restartCount"] for each in pod["status"]["containerStatuses"])


def test_a_wrong_password_is_refused_and_the_right_one_opens_a_notebook_server(kubeflow, window):
    browser = window.driver
    status, page = User(kubeflow, "eve").log_in("wrong")
    assert (status, "Invalid username or password" in page) == (403, True)

    browser.get(kubeflow.address)
    browser.find_element("id", "username_input").send_keys("anna")
    browser.find_element("id", "password_input").send_keys(kubeflow.password())
    browser.find_element("id", "login_submit").click()
    until(lambda: browser.title.startswith("JupyterLab"), "JupyterLab opens", seconds=20)
    assert kubeflow.get("pod", "jupyter-anna")["status"]["phase"] == "Running"


def test_a_second_run_changes_nothing_while_a_user_works(kubeflow):
    before = staying(kubeflow)
    assert kubeflow.work.bootstrap().well().changed == 0
    assert staying(kubeflow) == before


def test_what_was_deployed_is_verified(kubeflow):
    before = staying(kubeflow)
    run = kubeflow.work.play("verify").well()
    assert "Verified      5 passed" in run.output
    checks = {check["name"]: check for check in kubeflow.work.report()["checks"]}
    assert {check["status"] for check in checks.values()} == {"passed"}
    # Policies are enforced here, so that they hold.
    assert "proxy:80, which a NetworkPolicy closes, is closed to it" in checks["notebook"]["evidence"]
    until(lambda: staying(kubeflow) == before, "nothing of it stays", seconds=10)
