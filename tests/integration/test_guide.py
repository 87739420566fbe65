# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The guide in a real browser: filled in, and what comes out of it run."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import jsonschema
import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.guide.document import schema
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.platform import tables
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.report.page import page
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.names import NameServer
from ansible_collections.kubeflow.bootstrap.tests.integration.test_steps import HOST, Google, project

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
TEXTS = [
    HOSTILE,
    "no",
    "0x1f",
    "1e3",
    "~",
    "# not a comment",
    "a: b",
    " end ",
    "two\nlines\ttab",
    "\u2028\u2029\x85\ufeff\x7f",
    "é 😀",
    "'\"\\",
    "x" * 5000,
]


def html(user, name="guide"):
    return user.folder / "kubeflow-report" / f"{name}.html"


def go_on(window):
    window.one("button.next").click()


def begin(window, what="small"):
    """From what was found to the first question after what Kubeflow is to be."""
    go_on(window)
    choose(window, what)
    go_on(window)


def choose(window, value):
    window.one(f"input[value='{value}']").click()


def saved(window) -> Path:
    """Save the file, as a user does."""
    for old in window.downloads.iterdir():
        old.unlink()
    window.one("#save").click()
    file = window.downloads / "choices.yml"
    for _try in range(2400):
        # It is there, empty, before it is written.
        if file.is_file() and file.stat().st_size and list(window.downloads.iterdir()) == [file]:
            return file
        window.pause()
    raise AssertionError(list(window.downloads.iterdir()))


def test_six_questions_lead_to_a_file_that_the_plan_follows(cluster, work, window) -> None:
    user = work(cluster("gke-gpu"), kubeflow_namespace="asked")
    user.play("guide").well()
    window.sound(html(user))
    window.open(html(user))
    begin(window)
    assert window.press().text == "How do people reach it?"  # read out by a screen reader
    choose(window, "host")
    go_on(window)
    assert window.one(".wrong").text == "Host name is missing."
    window.press("Not a host")
    go_on(window)
    assert "kubeflow.example.com" in window.one(".wrong").text
    window.one("#reach-host-hostname").clear()
    window.one("#reach-host-hostname").send_keys("ml.example.com")
    go_on(window)
    choose(window, "oidc")
    window.one("#login-oidc-oidcIssuer").click()
    window.press("https://login.example.com", "TAB", "no", "TAB", "my-client")  # an id that careless YAML takes for false
    go_on(window)
    choose(window, "premium-rwo")
    go_on(window)
    choose(window, "none")
    go_on(window)
    window.one("#run-look-kubeflow_namespace").clear()
    window.one("#run-look-kubeflow_namespace").send_keys("chosen")
    go_on(window)
    file = saved(window)
    assert window.text("#choices").rstrip() == file.read_text().rstrip()
    choices = yaml.safe_load(file.read_text())
    jsonschema.validate(choices, schema())
    assert "ansible-playbook kubeflow.bootstrap.bootstrap -e @choices.yml" in window.text("#end")

    del user.variables["kubeflow_namespace"]
    user.play("plan", "-e", f"@{file}").well()
    plan = user.report()["plan"]
    assert plan["namespace"]["value"] == "chosen"
    values = plan["parameters"]["kubeflow-core"]
    expected = {
        "hostname": "ml.example.com",
        "jupyterHubAuthenticator": "oidc",
        "oidcIssuer": "https://login.example.com",
        "oidcClientId": "no",
        "oidcSecretName": "my-client",
        "storageClass": "premium-rwo",
        "gpuResource": "null",
    }
    assert {name: (values[name]["value"], values[name]["source"]) for name in expected} == {
        name: (value, "user") for name, value in expected.items()
    }


def test_answers_that_do_not_go_together_make_no_file(cluster, work, window) -> None:
    user = work(cluster("gke-gpu"), kubeflow_namespace="apart")
    user.play("guide").well()
    window.open(html(user))
    begin(window)
    choose(window, "forward")
    go_on(window)
    choose(window, "iap")
    window.one("#login-iap-iapAudience").send_keys("/projects/1/global/backendServices/2")
    assert "host name over HTTPS" in window.text("#login .alerts")
    while not window.all("#end"):
        go_on(window)
    assert window.all("#save") == [] and "host name over HTTPS" in window.text("#end")
    window.one("#end .alerts button").click()
    assert window.all("#login, #reach")


def run_it(user, window, **variables):
    """Save the file where the user works, and run there what the page says; returns the run."""
    saved(window).rename(user.folder / "choices.yml")
    jsonschema.validate(yaml.safe_load((user.folder / "choices.yml").read_text()), schema())
    program, playbook, *flags = shlex.split(window.one("#end .command pre").text)
    assert program == "ansible-playbook"
    return user.play(playbook, *flags, **variables)


def test_from_nothing_to_a_running_application(cluster, work, window) -> None:
    each = cluster()
    user = work(each)
    user.play("guide").well()
    window.open(html(user))
    # By keyboard alone.
    asked = 0
    window.run("document.querySelector('button.next').focus()")
    window.press("ENTER")
    while not window.all("#run"):
        asked += len(window.all("fieldset"))
        window.run("document.querySelector('section:not([hidden]) button.next').focus()")
        window.press("ENTER")
    asked += len(window.all("fieldset"))
    assert 2 <= asked <= 6
    window.run("document.querySelector('input[value=look]').focus()")
    window.press("ARROW_DOWN")
    window.one("#run-apply-kubeflow_namespace").clear()
    window.one("#run-apply-kubeflow_namespace").send_keys("from-nothing")
    go_on(window)
    run = run_it(user, window).well()
    assert run.changed == 2
    assert each.get("deployment", "hub", "-n", "from-nothing")["status"]["availableReplicas"] == 1
    window.open(html(user, "report"))
    assert window.one("#state").text == "Deployed"


@pytest.mark.parametrize(
    "profile",
    [
        "plain",
        "gke-gpu",
        pytest.param("kind", marks=pytest.mark.soak),
        pytest.param("eks", marks=pytest.mark.soak),
        pytest.param("openshift", marks=pytest.mark.soak),
    ],
)
def test_six_questions_at_most_and_whatever_is_proposed_can_be_planned(profile, cluster, work, window) -> None:
    user = work(cluster(profile), kubeflow_namespace="proposed")
    user.play("guide").well()
    window.sound(html(user))
    window.open(html(user))
    titles = []
    while not window.all("#end"):
        go_on(window)
        titles += [each.text for each in window.all("section:has(fieldset) h2")]
    assert 4 <= len(titles) <= 6 and titles[-1] == "What is the first run to do?"
    run = run_it(user, window).well()
    assert "kubeflow_apply=true applies them" in run.output  # looked at, not applied
    assert user.report()["plan"]["blockers"] == []


def test_parts_of_the_platform_are_chosen_by_name(cluster, work, window) -> None:
    user = work(cluster("plain"), kubeflow_namespace="parts")
    user.play("guide").well()
    window.open(html(user))
    go_on(window)
    choose(window, "sets")
    while not window.all("#end"):
        go_on(window)
    assert "Choose at least one part." in window.text("#end .alerts") and window.all("#save") == []
    window.one("#end .alerts button").click()
    window.one("#what-sets-training").click()
    window.one("#what-sets-spark").click()
    go_on(window)
    # Neither has a gateway or a login.
    assert window.text("section:not([hidden]) .number") == "Question 2 of 2"
    window.one("#way button[data-page=what]").click()
    window.one("#what-sets-pipelines").click()
    window.one("#what-sets-spark").click()
    go_on(window)
    assert window.text("section:not([hidden]) .number") == "Question 2 of 4"
    choose(window, "host")
    window.one("#reach-platform-host-kubeflow_platform\\.parameters\\.hostname").send_keys("ml.example.com")
    while not window.all("#end"):
        go_on(window)
    choices = yaml.safe_load(saved(window).read_text())
    jsonschema.validate(choices, schema())
    assert choices["kubeflow_platform"] == {
        "release": tables.names()[-1],
        "components": ["training", "pipelines"],
        "parameters": {"hostname": "ml.example.com", "firstUser": "user@example.com"},
    }


@pytest.fixture
def google():
    api = Google()
    yield api
    api.close()


@pytest.fixture
def names():
    server = NameServer()
    server.names = {HOST: ["203.0.113.1"]}
    yield server
    server.close()


@pytest.mark.soak
def test_an_address_a_name_a_certificate_and_google_s_login(cluster, work, window, google, names, tmp_path) -> None:
    gke = cluster("gke-gpu")
    google.projects.add(project(gke))
    apis = ("COMPUTE", "DNS", "SERVICEMANAGEMENT", "SERVICEUSAGE")
    env = {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api}": google.url for api in apis}
    user = work(gke, env={**env, "GOOGLE_APPLICATION_CREDENTIALS": str(google.key_file(tmp_path))}, kubeflow_namespace="guarded")
    user.play("guide").well()
    window.open(html(user))
    begin(window)
    choose(window, "host")
    window.one("#reach-host-hostname").send_keys(HOST)
    assert window.one("#reach-host-certificate").is_selected()
    window.one("#reach-host-steps").click()
    go_on(window)
    choose(window, "iap")
    # The audience is asked of Google, or named.
    window.one("#login-iap-ask").click()
    go_on(window)
    assert window.one(".wrong").text == "Audience is missing."
    window.one("#login-iap-ask").click()
    assert window.all(".wrong") == []
    while not window.all("#end"):
        go_on(window)
    run_it(user, window, kubeflow_dns_nameserver=names.address, kubeflow_dns_verify=2).well()
    report = user.report()
    assert set(report["steps"]) == {"static_ip", "dns", "certificates", "auth"}
    (address,) = google.addresses.values()
    assert google.zones["ml"]["records"][f"{HOST}.", "A"] and address["address"] == "203.0.113.1"
    values = {name: each["value"] for name, each in report["plan"]["parameters"]["kubeflow-core"].items()}
    assert (values["hostname"], values["jupyterHubAuthenticator"]) == (HOST, "iap")
    assert values["tlsSecretName"] not in ("null", "") and values["iapAudience"].endswith("/global/backendServices/0")
    window.sound(html(user, "report"))
    assert "203.0.113.1" in window.text("#steps")


# Served by an API server of OpenShift's own, which is not here.
LOGIN = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "oauthclients.oauth.openshift.io"},
    "spec": {
        "group": "oauth.openshift.io",
        "scope": "Cluster",
        "names": {"kind": "OAuthClient", "plural": "oauthclients"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}],
    },
}


@pytest.mark.soak
def test_the_login_of_openshift(cluster, brief_cluster, work, window) -> None:
    user = work(cluster("openshift"), kubeflow_namespace="routed")
    user.play("guide").well()
    window.open(html(user))
    assert "does not serve its own login" in window.run("return document.querySelector('#login .never').textContent")
    assert not window.driver.find_element("css selector", "input[value=openshift]").is_enabled()

    with_login = brief_cluster("openshift")
    with_login.kubectl("apply", "-f", "-", stdin=json.dumps(LOGIN))
    with_login.kubectl("wait", "--for=condition=Established", "crd/oauthclients.oauth.openshift.io")
    user = work(with_login, kubeflow_namespace="routed")
    user.play("guide").well()
    window.open(html(user))
    begin(window)
    choose(window, "host")
    assert window.all("#reach-host-certificate") == []  # the router has one
    window.one("#reach-host-hostname").send_keys("kubeflow.apps.example.com")
    go_on(window)
    choose(window, "openshift")
    while not window.all("#end"):
        go_on(window)
    run_it(user, window).well()
    plan = user.report()["plan"]
    values = {name: each["value"] for name, each in plan["parameters"]["kubeflow-core"].items()}
    assert (values["hostname"], values["jupyterHubAuthenticator"]) == ("kubeflow.apps.example.com", "openshift")
    assert values["ingressClass"] == "openshift-default" and plan["blockers"] == []


def test_whatever_was_said_before_is_in_the_file_as_it_was(cluster, work, window) -> None:
    user = work(cluster("gke-gpu"), kubeflow_namespace="texts")
    user.play("guide").well()
    window.open(html(user))
    data = window.embedded()
    # A key of YAML has 1,024 characters at most.
    earlier = {
        "kubeflow_app_name": HOSTILE,
        "kubeflow_rules": TEXTS,
        "kubeflow_packages": {text: {"deep": [text, 1, None, {}]} for text in TEXTS[:-1]},
    }
    data |= {"name": HOSTILE, "context": HOSTILE, "server": "</script>\n-->\u2028", "choices": earlier}
    for number, each in enumerate(data["findings"]):
        each |= dict.fromkeys(("what", "value", "why"), TEXTS[number % len(TEXTS)])
    data["blockers"] = data["warnings"] = [{"reason": text, "fix": text, "command": text} for text in TEXTS]
    html(user).write_text(page("guide", data))
    window.sound(html(user))
    window.open(html(user))
    assert window.run("return [document.scripts.length, document.images.length]") == [2, 0]
    while not window.all("#end"):
        go_on(window)
    choices = yaml.safe_load(saved(window).read_text())
    assert {name: choices[name] for name in earlier} == earlier


def test_a_second_guide_changes_nothing_and_starts_from_what_was_said(cluster, work, window) -> None:
    user = work(cluster("gke-gpu"), kubeflow_namespace="again", kubeflow_parameters={"kubeflow-core": {"storageClass": "standard"}})
    assert user.play("guide").well().changed == 1
    assert user.play("guide").well().changed == 0
    window.open(html(user))
    assert window.run("return document.querySelector('input[name=storage]:checked').value") == "standard"


def test_what_stands_in_the_way_is_told_in_the_guide(cluster, work, window) -> None:
    issuer = "https://kubernetes.default.svc.cluster.local"
    user = work(cluster(), kubeflow_namespace="barred", kubeflow_parameters={"kubeflow-core": {"oidcIssuer": issuer}})
    assert user.play("plan").code != 0
    user.play("guide").well()
    window.open(html(user))
    assert "No person can log in there" in window.text("#start .alerts")
