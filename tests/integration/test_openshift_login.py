# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role openshift_login, as a user runs it, against a server that speaks the real protocol."""

from __future__ import annotations

import json

import pytest
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT, NOBODY
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.openshift import OpenShift
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.serving import Fault, Reply

PASSWORD = "right: sécret%"


@pytest.fixture
def openshift(tmp_path):
    api = OpenShift(tmp_path / "openshift")
    yield api
    api.close()


@pytest.fixture
def login(openshift, work, temporary):
    """login(*flags, between=tasks, **variables): a play that logs in, does something, and always logs out."""
    user = work(env={"OPENSHIFT_PASSWORD": PASSWORD, "TMPDIR": str(temporary), "HTTPS_PROXY": ""})

    def entry(name):
        return {"ansible.builtin.include_role": {"name": "kubeflow.bootstrap.openshift_login", "tasks_from": name}}

    def run(*flags, between=(), **variables):
        tasks = [{"block": [entry("login"), *between], "always": [entry("logout"), entry("logout")]}]
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
        play["vars"] = {
            "kubeflow_openshift_login_host": openshift.url,
            "kubeflow_openshift_login_username": "me",
            "kubeflow_openshift_login_password": "{{ lookup('ansible.builtin.env', 'OPENSHIFT_PASSWORD') }}",
            "kubeflow_openshift_login_ca_cert": openshift.ca,
            **variables,
        }
        (user.folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
        return user.play(str(user.folder / "play.yml"), *flags)

    run.user = user
    return run


def use(openshift):
    """A task that uses the token as the collection's modules take it."""
    named = {"server": openshift.url, "certificate_authority": openshift.ca, "token": "{{ kubeflow_openshift_login_token }}"}
    return [{"kubeflow.bootstrap.cluster_info": named, "ignore_errors": True}, {"kubeflow.bootstrap.kubeconfig_info": named}]


def test_logs_in_and_out_and_leaves_no_trace(openshift, login, tmp_path, temporary):
    run = login("-vvv", between=use(openshift)).well()
    assert run.changed == 0
    assert openshift.oauth.tokens == {}
    # The token was good in between, and was revoked by its hash.
    assert any(asked.path.startswith("/api") and asked.headers.get("authorization") for asked in openshift.asked)
    assert openshift.count("DELETE", r"/oauthaccesstokens/sha256~[\w-]{43}$") == 1
    token = next(asked.headers["authorization"] for asked in openshift.asked if "authorization" in asked.headers).removeprefix("Bearer ")
    # First without a password: it goes only to a server that asks for one.
    assert ["authorization" in asked.headers for asked in openshift.oauth.asked] == [False, True]
    places = [path.read_bytes() for folder in (tmp_path, temporary) for path in folder.rglob("*") if path.is_file()]
    for secret in (token, token.removeprefix("sha256~"), PASSWORD):
        assert secret not in run.output and not [place for place in places if secret.encode() in place]


def test_a_removal_asks_nobody_before_it_logs_in(openshift, login, tmp_path):
    """Facts of an earlier stage are at hand, and no kubeconfig leads to the cluster."""
    login.user.env["KUBECONFIG"] = str(ABSENT)
    facts = {"cluster": {"server": openshift.url, "uid": "1"}, "kubeconfig": {"context": openshift.url}}
    removal = {"ansible.builtin.include_role": {"name": "kubeflow.bootstrap.kubeflow", "tasks_from": "remove"}}
    removal["vars"] = {"kubeflow_openshift_login": True, "kubeflow_app_dir": str(tmp_path / "none"), "kubeflow_facts": facts}
    removal["vars"] |= {"kubeflow_report_dir": str(tmp_path / "report"), "kubeflow_openshift_login_token_of": "another"}
    run = login(between=[removal])
    assert run.message.startswith("There is no application in ")


def test_it_logs_out_when_the_play_fails_and_in_check_mode(openshift, login):
    failed = login(between=[{"ansible.builtin.fail": {"msg": "something else"}}])
    assert failed.message == "something else"
    assert (openshift.oauth.tokens, openshift.count("DELETE", ".")) == ({}, 1)
    login("--check").well()
    assert (openshift.oauth.tokens, openshift.count("DELETE", ".")) == ({}, 2)


def test_a_login_that_has_expired_needs_no_end(openshift, login):
    expired = {"ansible.builtin.uri": {"url": f"{openshift.oauth.url}/expire", "ca_path": openshift.ca, "status_code": [400]}}
    ending = openshift.oauth.answer

    def answer(asked):
        if asked.path == "/expire":
            openshift.oauth.tokens.clear()
        return ending(asked)

    openshift.oauth.answer = answer
    login(between=[expired]).well()
    assert openshift.oauth.tokens == {}


def test_other_places_are_asked_without_the_password(openshift, login):
    openshift.oauth.hops = 2
    login().well()
    assert [asked.path for asked in openshift.oauth.asked][-3:] == ["/oauth/other", "/oauth/other", "/oauth/done"]


def test_what_goes_wrong_is_said(openshift, login):
    def message(**variables):
        return login(**variables).message

    assert message(kubeflow_openshift_login_password="wrong") == (
        f"OpenShift at {openshift.url} refuses the user name me with this password. Check both."
    )
    assert "its certificate is not trusted" in message(kubeflow_openshift_login_ca_cert="")
    assert f"The CA file {ABSENT} can't be used: No such file" in message(kubeflow_openshift_login_ca_cert=ABSENT)
    assert "is not a URL that begins with https://" in message(kubeflow_openshift_login_host="http://127.0.0.1")
    assert "can't be reached: Connection refused" in message(kubeflow_openshift_login_host=f"https://{NOBODY}")
    openshift.oauth.error = {"error": "access_denied", "error_description": "The user is not mapped."}
    assert f"OpenShift at {openshift.url} refuses the login: The user is not mapped." in message()
    openshift.oauth.challenge = "Negotiate"
    assert "takes no user name and password from a program (it offers Negotiate)" in message()
    openshift.oauth.challenge = None
    assert "(it offers none)" in message()
    # No password went to a server that did not ask for one.
    assert "authorization" not in openshift.oauth.asked[-1].headers
    openshift.endpoint = "http://127.0.0.1/authorize"
    assert "names no OAuth server of OpenShift" in message()
    openshift.faults.append(Fault("GET", "well-known", Reply(404, {"code": 404})))
    assert "names no OAuth server of OpenShift (it answers 404" in message()


def test_a_token_that_is_not_revoked_is_told(openshift, login):
    openshift.forbidden = True
    done = login()
    assert done.code != 0 and "does not revoke the token (it answers 403)" in done.output
    assert openshift.oauth.tokens
