# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWX is set up through the real collection awx.awx, against a stand-in for the API."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

from . import awx_api
from .awx_collection import awx_collection
from .work import Run, Work

ROOT = Path(__file__).parents[2]
PLAYBOOKS = {f"playbooks/{path.name}" for path in (ROOT / "playbooks").glob("*.yml")}
OPTIONS = {
    name: option
    for file in (ROOT / "roles").glob("*/meta/argument_specs.yml")
    for entry in yaml.safe_load(file.read_text(encoding="utf-8"))["argument_specs"].values()
    for name, option in entry["options"].items()
}

IMAGE = {"kubeflow_awx_image": "registry.example.com/kubeflow:1", "kubeflow_awx_image_credential": "registry"}


@pytest.fixture(scope="module")
def awx_env():
    with awx_api.serving(PLAYBOOKS) as (awx, env):
        yield awx, {**env, "ANSIBLE_COLLECTIONS_PATH": f"{ROOT}/playbooks/collections:{awx_collection()}", "ANSIBLE_PIPELINING": "true"}


def set_up(user, *flags):
    """Two dozen modules, each a process of its own."""
    return attempt(user, *flags).well()


def attempt(user, *flags):
    done = subprocess.run(**user.command("awx", *flags), timeout=patience(30), check=False)
    return Run(done.returncode, done.stdout)


@pytest.fixture(scope="module")
def first_run(awx_env, cluster, tmp_path_factory):
    """AWX as the first run sets it up, and the facts that the run was given."""
    awx, env = awx_env
    folder = tmp_path_factory.mktemp("awx")
    user = Work(folder, folder, {}, {**env, "KUBECONFIG": cluster("gke-gpu").kubeconfig})
    user.play("facts").well()
    report = folder / "kubeflow-report" / "report.json"
    awx.add("credentials", {"name": "registry", "organization": 1})
    user.variables.update(kubeflow_facts_file=str(report), **IMAGE)
    set_up(user)
    return awx, env, user, json.loads(report.read_text(encoding="utf-8"))["facts"]


def post(env, path, body):
    """What the API answers to a request that it refuses."""
    request = urllib.request.Request(
        f"{env['CONTROLLER_HOST']}/api/v2/{path}/",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {awx_api.TOKEN}", "Content-Type": "application/json"},
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 400
    return json.loads(refused.value.read())


@pytest.mark.soak
def test_a_second_run_puts_right_what_changed_and_nothing_else(first_run):
    awx, _env, user, _facts = first_run
    (project,) = awx.objects["projects"].values()
    templates = {each["name"]: each for each in awx.objects["job_templates"].values()}
    assert set(templates) == {f"Kubeflow: {job}" for job in ("facts", "plan", "bootstrap", "verify", "remove", "report")}
    for name, template in templates.items():
        assert template["project"] == project["id"]
        assert json.loads(template["extra_vars"])["kubeflow_awx_job"] == name.removeprefix("Kubeflow: ")
        assert template["ask_credential_on_launch"] and template["ask_job_type_on_launch"] and template["ask_variables_on_launch"]
    plan = awx.named("job_templates", "Kubeflow: plan")
    plan["playbook"] = "playbooks/facts.yml"
    awx.surveys[plan["id"]]["spec"].pop()
    # The plan's job describes the approval; that is no drift.
    (approval,) = awx.objects["workflow_approval_templates"].values()
    approval["description"] = "what is planned"
    awx.requests.clear()
    assert set_up(user).changed == 1
    assert awx.writes() == [f"PATCH {plan['url']}", f"POST {plan['related']['survey_spec']}"]
    assert plan["playbook"] == "playbooks/awx_job.yml"
    assert approval["description"] == "what is planned"


@pytest.mark.soak
def test_a_check_changes_nothing(first_run):
    user = first_run[2]
    with awx_api.serving(PLAYBOOKS) as (awx, env):
        awx.add("credentials", {"name": "registry", "organization": 1})
        fresh = Work(user.home, user.folder, dict(user.variables), {**user.env, **env})
        assert set_up(fresh, "--check").changed > 0
        assert awx.writes() == []


def test_the_image_comes_from_a_registry_with_a_login(first_run):
    awx = first_run[0]
    environment = awx.named("execution_environments", "Kubeflow")
    assert (environment["image"], environment["credential"]) == (IMAGE["kubeflow_awx_image"], awx.named("credentials", "registry")["id"])


def test_what_was_not_made_for_want_of_an_image_or_of_rights(awx_env, tmp_path):
    with awx_api.serving(PLAYBOOKS) as (awx, env):
        user = Work(tmp_path, tmp_path, {}, {**awx_env[1], **env})
        run = attempt(user)
        assert run.code == 2 and "kubeflow_awx_image is empty" in run.message
        awx.superuser = False
        user.variables["kubeflow_awx_image"] = IMAGE["kubeflow_awx_image"]
        run = attempt(user)
        assert run.code == 2 and "You don't have permission" in run.output
        assert set(awx.writes()) == {"POST /api/v2/credential_types/"} and not awx.objects["execution_environments"]


def test_the_workflow_asks_before_it_deploys(first_run):
    awx = first_run[0]
    nodes = {each["identifier"]: each for each in awx.objects["workflow_job_template_nodes"].values()}
    by_number = {each["id"]: name for name, each in nodes.items()}
    way = {
        (name, kind): [by_number[other] for other in awx.links.get((node["id"], kind), [])]
        for name, node in nodes.items()
        for kind in ("success_nodes", "always_nodes", "failure_nodes")
    }
    assert {key: value for key, value in way.items() if value} == {
        ("facts", "success_nodes"): ["plan"],
        ("plan", "success_nodes"): ["approval"],
        ("approval", "success_nodes"): ["deploy"],
        ("deploy", "success_nodes"): ["verify"],
        ("deploy", "failure_nodes"): ["report"],
        ("verify", "always_nodes"): ["report"],
    }
    approval = awx.objects["workflow_approval_templates"][nodes["approval"]["unified_job_template"]]
    assert (approval["name"], approval["timeout"]) == ("Kubeflow: deploy what was planned?", 86400)
    assert nodes["deploy"]["unified_job_template"] == awx.named("job_templates", "Kubeflow: bootstrap")["id"]
    assert nodes["deploy"]["extra_data"] == {"kubeflow_apply": "true"}
    # One description of one approval: not two runs at once.
    assert not awx.named("workflow_job_templates", "Kubeflow: facts, plan, approval, deployment")["allow_simultaneous"]


def test_surveys_ask_what_the_roles_take(first_run):
    awx = first_run[0]
    survey = awx.surveys[awx.named("job_templates", "Kubeflow: bootstrap")["id"]]["spec"]
    asked = {each["variable"]: each for each in survey}
    assert list(asked)[0] == "kubeflow_namespace"
    assert {name for name in asked if not name.startswith("kubeflow_answer_")} <= set(OPTIONS)
    secret = {name for name in asked if OPTIONS.get(name, {}).get("no_log")}
    assert {"kubeflow_git_token", "kubeflow_auth_password", "kubeflow_auth_client_secret"} <= secret
    assert {each["variable"] for each in survey if each["type"] == "password"} == secret
    assert all("default" not in asked[name] for name in secret)
    for name, question in asked.items():
        assert question["question_description"] and "(" not in question["question_name"]
        if OPTIONS.get(name, {}).get("type") == "bool":
            assert question["choices"] == ["false", "true"]
    assert asked["kubeflow_answer_hostname"]["type"] == "text"
    assert asked["kubeflow_wait_timeout"]["default"] == OPTIONS["kubeflow_wait_timeout"]["default"]


def test_facts_offer_choices(first_run):
    awx, _env, _user, facts = first_run
    asked = {each["variable"]: each for each in awx.surveys[awx.named("job_templates", "Kubeflow: plan")["id"]]["spec"]}
    storage, gpu = asked["kubeflow_answer_storageClass"], asked["kubeflow_answer_gpuResource"]
    assert (storage["type"], storage["choices"]) == ("multiplechoice", facts["cluster"]["storage"]["usable"])
    assert storage["choices"] and not storage["required"]
    assert gpu["choices"] == ["nvidia.com/gpu", "null"]
    assert asked["kubeflow_awx_context"]["choices"] == [each["name"] for each in facts["kubeconfig"]["contexts"]]


def test_the_stand_in_refuses_what_awx_refuses(first_run):
    awx, env = first_run[:2]
    plan = awx.named("job_templates", "Kubeflow: plan")
    question = {"type": "multiplechoice", "question_name": "a", "question_description": "b", "variable": "c", "required": True}
    survey = {"name": "a", "description": "b"}
    assert "choices" in post(env, f"job_templates/{plan['id']}/survey_spec", {**survey, "spec": [question]})["error"]
    question |= {"choices": ["x"], "default": "y"}
    assert "listed" in post(env, f"job_templates/{plan['id']}/survey_spec", {**survey, "spec": [question]})["error"]
    assert "spec" in post(env, f"job_templates/{plan['id']}/survey_spec", survey)["error"]
    fields = {"name": "x", "job_type": "run", "inventory": plan["inventory"], "project": plan["project"], "playbook": "playbooks/none.yml"}
    assert post(env, "job_templates", fields) == {"playbook": ["Playbook not found for project."]}
    assert set(post(env, "job_templates", {"name": "x", "job_type": "scan"})) == {"job_type", "project", "playbook", "inventory"}
    injectors = {"env": {"A": "{{ missing }}"}}
    assert "injectors" in post(env, "credential_types", {"name": "x", "kind": "cloud", "inputs": {"fields": []}, "injectors": injectors})
