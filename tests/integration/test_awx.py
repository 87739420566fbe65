# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the job templates of AWX run, run as AWX runs it."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT, NOBODY
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.openshift import OpenShift

from . import awx_api
from .awx_jobs import USER, Job

SHARED = {"kubeflow_rules": [str(Path(__file__).parent / "one_in_a_cluster.yml")]}
SECRETS = {"kubeflow_git_token": "planted-git-token", "kubeflow_auth_password": "planted-static-password"}


@pytest.fixture
def ground():
    """A folder that another user reaches, which pytest's own may not be."""
    with tempfile.TemporaryDirectory(prefix="awx-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)
        subprocess.run(["chmod", "-R", "u+w", folder], check=True)


@pytest.fixture
def job(ground):
    """``job(env, kubeflow_awx_job="plan", ...)``: a job that can be run."""
    jobs = []

    def make(env, flags="", host=None, **variables):
        folder = ground / f"job{len(jobs)}"
        folder.mkdir()
        jobs.append(Job(folder, {**SHARED, "awx_user_name": "ada", **variables}, env, flags, host or {}))
        return jobs[-1]

    return make


@pytest.fixture
def storage(ground):
    """A volume that jobs may write to."""
    folder = ground / "volume"
    folder.mkdir()
    if os.geteuid() == 0:
        os.chown(folder, USER, USER)
    return folder


def kubeconfig(each, ground):
    """What the credential type with a kubeconfig injects: a file of the job's own, and its name. Its current context leads nowhere."""
    config = json.loads(Path(each.kubeconfig).read_text())
    config["contexts"].append({"name": "elsewhere", "context": {**config["contexts"][0]["context"], "cluster": "elsewhere"}})
    config["clusters"].append({"name": "elsewhere", "cluster": {"server": f"https://{NOBODY}"}})
    file = ground / "injected"
    file.write_text(json.dumps({**config, "current-context": "elsewhere"}))
    file.chmod(0o400)
    if os.geteuid() == 0:
        os.chown(file, USER, USER)
    return {"KUBECONFIG": str(file)}


def bearer_token(each, ground):
    """What AWX's own credential type for a bearer token injects; and the token."""
    each.try_kubectl("create", "serviceaccount", "awx", "-n", "default")
    each.try_kubectl("create", "clusterrolebinding", "awx", "--clusterrole=cluster-admin", "--serviceaccount=default:awx")
    token = each.kubectl("create", "token", "awx", "-n", "default").strip()
    authority = ground / "authority"
    config = yaml.safe_load(Path(each.kubeconfig).read_text())
    authority.write_bytes(base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"]))
    env = {"K8S_AUTH_HOST": each.facts["server"], "K8S_AUTH_API_KEY": token, "K8S_AUTH_VERIFY_SSL": "True"}
    return {**env, "K8S_AUTH_SSL_CA_CERT": str(authority)}


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["in short", "to its end"])
def test_a_workflow(cluster, job, storage, ground, whole):
    """In short: to the deployment, and that another one than the approved is refused."""
    each = cluster()
    env = {**kubeconfig(each, ground), "GITHUB_TOKEN": "planted-github-token"}
    survey = {
        "kubeflow_namespace": "awx",
        "kubeflow_awx_storage": str(storage),
        "kubeflow_answer_gatewayServiceType": "NodePort",
        "kubeflow_answer_hostname": "",
        "kubeflow_awx_context": "",
        "kubeflow_auth": "true",
        "kubeflow_auth_kind": "static",
        **SECRETS,
    }
    # In an inventory of many clusters, each host has its own.
    host = {"kubeflow_context": each.facts["context"]}
    handed: dict[str, object] = {}
    jobs = []

    def node(more=None, **variables):
        done = job({**env, **(more or {})}, host=host, **{**survey, **handed, **variables}).run()
        jobs.append(done)
        handed.update(done.artifacts)
        return done

    with each.untouched():
        node(kubeflow_awx_job="facts").well()
        assert handed["kubeflow_awx_facts"]["localhost"]["server"] == each.facts["server"]
        with awx_api.serving(set()) as (awx, controller):
            flow = awx.add("workflow_job_templates", {"name": "flow"})
            following = awx.add("workflow_job_template_nodes", {"identifier": "approval", "workflow_job_template": flow["id"]})
            approval = awx.approval(following, {"name": "deploy?", "timeout": 0})
            plan = node(controller, kubeflow_awx_job="plan", awx_workflow_job_id=3).well()
    assert "gatewayServiceType = NodePort" in approval["description"]
    assert "The approval that follows shows this plan." in plan.output
    planned = handed["kubeflow_awx_plan"]["localhost"]
    assert planned["namespace"] == "awx" and planned["objects"] > 10 and planned["blockers"] == []
    assert any("gatewayServiceType = NodePort" in line for line in planned["summary"])
    assert "gatewayServiceType = NodePort" in plan.output

    deploy = node(kubeflow_awx_job="bootstrap", kubeflow_apply="true").well()
    assert re.search(r"^  wave \d of \d: \d+ objects", deploy.output, re.MULTILINE)
    outcome, links = handed["kubeflow_awx_outcome"]["localhost"], handed["kubeflow_awx_links"]["localhost"]
    assert outcome["counts"]["created"] >= planned["objects"] and outcome["failure"] == ""
    assert json.loads(Path(links["report_json"]).read_text())["outcome"]["counts"] == outcome["counts"]
    assert Path(links["application"]).is_relative_to(storage) and Path(links["application"], "app.yaml").is_file()
    if whole:
        report = node(kubeflow_awx_job="report").well()
        assert "created" in report.output and links["report_json"] in report.output

        again = node(kubeflow_awx_job="bootstrap", kubeflow_apply="true").well()
        assert again.changed == []
        assert again.artifacts["kubeflow_awx_outcome"]["localhost"]["changed"] is False
    # What is passed from job to job is small, and no secret is in what is kept of any of them.
    assert len(json.dumps(handed)) < 64 * 1024
    key = yaml.safe_load(Path(each.kubeconfig).read_text())["users"][0]["user"]["client-key-data"]
    for done in jobs:
        assert [secret for secret in (*SECRETS.values(), awx_api.TOKEN, "planted-github-token", key) if secret in done.everything()] == []

    # Somebody changes a choice after the approval, or what the deployment may do to what is there.
    changes = ({"kubeflow_adopt": True}, {"kubeflow_answer_gatewayServiceType": "ClusterIP"}, {"kubeflow_prune": ["later"]})
    for change in changes if whole else changes[:1]:
        with each.untouched():
            refused = job(env, host=host, **{**survey, **handed, "kubeflow_awx_job": "bootstrap", **change}).run()
        assert refused.code == 2, change
        assert refused.message.startswith("Nothing was written. The cluster or the choices changed since the plan was approved")
    if whole:
        assert job(env, kubeflow_awx_job="report", kubeflow_awx_plan=handed["kubeflow_awx_plan"]).run().code == 2

    removed = job(env, host=host, **{**survey, "kubeflow_awx_job": "remove"}).run().well()
    assert removed.artifacts["kubeflow_awx_outcome"]["localhost"]["counts"]["removed"] > 10
    assert each.try_kubectl("get", "deployment", "hub", "-n", "awx").returncode != 0


@pytest.mark.soak
def test_the_job_type_check_and_two_jobs_at_once_with_different_credentials(cluster, job, storage, ground):
    each = cluster()
    env = bearer_token(each, ground)
    choices = {
        "kubeflow_awx_job": "bootstrap",
        "kubeflow_apply": "true",
        "kubeflow_namespace": "awx-two",
        "kubeflow_awx_context": "",
        "kubeflow_awx_storage": str(storage),
    }
    with each.untouched():
        checked = job(env, "--check --diff", **choices).run().well()
    assert list(storage.rglob("*")) == []
    assert checked.artifacts["kubeflow_awx_outcome"]["localhost"]["check"] is True
    assert "would be created" in checked.output

    by_file = kubeconfig(each, ground), {**choices, "kubeflow_awx_context": each.facts["context"]}
    both = [job(credential, **answers) for credential, answers in ((env, choices), by_file)]
    running = [(one, one.start()) for one in both]
    done = [one.end(process).well() for one, process in running]
    counts = [one.artifacts["kubeflow_awx_outcome"]["localhost"]["counts"] for one in done]
    (created,) = (count["created"] for count in counts if count.get("created"))
    assert created > 10
    assert each.get("deployment", "hub", "-n", "awx-two")["status"]["availableReplicas"] == 1
    assert not any(env["K8S_AUTH_API_KEY"] in one.everything() for one in (checked, *done))


@pytest.mark.soak
def test_git_keeps_the_application_from_job_to_job(cluster, job, storage, ground):
    each = cluster()
    env = kubeconfig(each, ground)
    remote = storage / "applications.git"
    git = ["git", "-c", f"safe.directory={remote}", "-C", str(remote)]
    subprocess.run(["git", "init", "--quiet", "--bare", str(remote)], check=True)
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", f"{USER}:{USER}", str(remote)], check=True)
    choices = {
        "kubeflow_awx_context": each.facts["context"],
        "kubeflow_namespace": "awx-git",
        "kubeflow_git": "true",
        "kubeflow_git_remote": str(remote),
    }
    tasks = ["Write the application", "Commit the application", "Apply the application's objects and wait until they are ready"]
    # In a clone, what ks keeps out of git does not exist.
    for expected in (tasks, tasks[:1]):
        done = job(env, kubeflow_awx_job="bootstrap", kubeflow_apply="true", **choices).run().well()
        assert done.changed == expected
    (branch,) = subprocess.check_output([*git, "branch", "--format=%(refname:short)"], text=True).split()
    assert re.fullmatch(r"kubeflow-[0-9a-f]{8}", branch)
    assert subprocess.check_output([*git, "log", "--format=%an", branch], text=True) == "ada\n"
    assert done.artifacts["kubeflow_awx_links"]["localhost"]["git"] == f"{remote} {branch}"
    job(env, kubeflow_awx_job="remove", **choices).run().well()
    assert each.try_kubectl("get", "deployment", "hub", "-n", "awx-git").returncode != 0  # the data stays, and so its namespace


@pytest.mark.soak
def test_a_password_is_not_made_where_all_output_is_kept(cluster, job, ground):
    each = cluster()
    with each.untouched():
        done = job(
            kubeconfig(each, ground),
            host={"kubeflow_context": each.facts["context"]},
            kubeflow_awx_job="bootstrap",
            kubeflow_namespace="awx-none",
            kubeflow_auth="true",
            kubeflow_auth_kind="static",
        ).run()
    assert done.code == 2
    assert "kubeflow_auth_password" in done.message and "The password of" not in done.everything()


@pytest.mark.soak
def test_a_login_to_openshift_ends_with_the_job(job, ground):
    openshift = OpenShift(ground / "openshift")
    subprocess.run(["chmod", "-R", "a+rX", str(ground / "openshift")], check=True)
    password = "right: sécret%"
    login = {"kubeflow_openshift_login": "true", "kubeflow_openshift_login_host": openshift.url, "kubeflow_openshift_login_username": "me"}
    login |= {"kubeflow_openshift_login_password": password, "kubeflow_openshift_login_ca_cert": openshift.ca}
    try:
        done = job({"HTTPS_PROXY": ""}, kubeflow_awx_job="bootstrap", **login).run()
        asked = {each.headers["authorization"] for each in openshift.asked if "authorization" in each.headers}
    finally:
        openshift.close()
    assert done.artifacts["kubeflow_awx_facts"]["localhost"]["server"] == openshift.url
    # One login for all of the job, which nothing of it outlasts.
    (token,) = (each.removeprefix("Bearer ") for each in asked)
    assert openshift.oauth.tokens == {} and openshift.count("DELETE", "/oauthaccesstokens/") == 1
    assert not [secret for secret in (password, json.dumps(password), token) if secret in done.everything()]


@pytest.mark.parametrize("context", [None, "", "  "], ids=["null", "empty", "blank"])
@pytest.mark.parametrize("job", ["facts", "plan", "bootstrap"])
def test_what_was_left_blank_is_not_answered(work, job, context):
    """AWX 24.6 hands over null for a text that was left blank, others the empty text."""
    blank = {"kubeflow_parameters": context, "kubeflow_components": context, "kubeflow_wait_timeout": context, "kubeflow_ignore": context}
    user = work(env={"KUBECONFIG": ABSENT})
    local = ("-i", "localhost,", "-c", "local")
    run = user.play("awx_job", *local, kubeflow_awx_job=job, kubeflow_awx_context=context, kubeflow_answer_storageClass=context, **blank)
    assert run.message.startswith(f"No kubeconfig: none of the files in KUBECONFIG={ABSENT} exists")
