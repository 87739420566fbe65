# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever is wrong: one clear message, and nothing written, neither on disk nor in the cluster."""

from __future__ import annotations

import base64
import json
import socket
import time
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane import certificates
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

COMPONENT = "kubeflow-core"


def _without_report(files):
    return {path: state for path, state in files.items() if not path.startswith("kubeflow-report")}


def refused(user, cluster, *words, playbook="bootstrap", **variables):
    """The message of a run that must fail, with these words in it, and leave everything as it was."""
    before = user.files()
    with cluster.untouched():
        run = user.play(playbook, **{"kubeflow_apply": True, **variables})
    assert run.code != 0, run.output
    assert run.changed == 0
    for word in words:
        assert word in run.message, f"{word!r} is not in: {run.message}"
    if playbook in ("deploy", "remove"):
        # Their report is of what they did, and so of why they did not.
        assert user.report()["failure"] == run.message
    assert _without_report(user.files()) == _without_report(before)
    return run.message


def kubeconfig(cluster):
    return json.loads(Path(cluster.kubeconfig).read_text(encoding="utf-8"))


def write(path, document):
    path.write_text(json.dumps(document), encoding="utf-8")
    return {"KUBECONFIG": str(path)}


def test_no_kubeconfig_at_all(cluster, work):
    refused(work(), cluster(), "No kubeconfig", "KUBECONFIG is not set", "~/.kube/config does not exist", "kubeflow_kubeconfig")


def test_a_kubeconfig_that_does_not_exist(cluster, work):
    refused(work(), cluster(), f"{ABSENT}/config", "does not exist", kubeflow_kubeconfig=f"{ABSENT}/config")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clusters: [a\nusers: }", ["not YAML", ":2"]),
        ("just a sentence", ["holds text", "mapping"]),
        ("", ["no current-context"]),
    ],
)
def test_a_kubeconfig_that_is_none(cluster, work, tmp_path, text, words):
    path = tmp_path / "config"
    path.write_text(text, encoding="utf-8")
    refused(work(env={"KUBECONFIG": str(path)}), cluster(), str(path), *words)


def test_an_unknown_context(cluster, work):
    each = cluster()
    refused(work(each), each, "no context 'prod'", "There are: local-plain", each.kubeconfig, kubeflow_context="prod")


def test_a_server_that_does_not_listen(cluster, work, tmp_path):
    each = cluster()
    document = kubeconfig(each)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server = f"https://127.0.0.1:{closed.getsockname()[1]}"
        document["clusters"][0]["cluster"]["server"] = server
        refused(work(env=write(tmp_path / "config", document)), each, server, "local-plain", "can't be reached", "refused")


def test_a_server_whose_name_nobody_knows(cluster, work, tmp_path):
    each = cluster()
    document = kubeconfig(each)
    document["clusters"][0]["cluster"]["server"] = "https://kubernetes.invalid:6443"
    refused(work(env=write(tmp_path / "config", document)), each, "https://kubernetes.invalid:6443", "can't be resolved")


def test_a_certificate_of_another_authority(cluster, work, tmp_path):
    each = cluster()
    document = kubeconfig(each)
    other = certificates.create_ca(tmp_path, "other", "other")
    document["clusters"][0]["cluster"]["certificate-authority-data"] = base64.b64encode(other.crt.read_bytes()).decode()
    refused(work(env=write(tmp_path / "config", document)), each, each.facts["server"], "can't be trusted", "certificate-authority")


def signed_token(cluster, seconds):
    """The token of the administrator's service account once more, as the cluster itself would sign it, good for some seconds."""

    def part(content):
        return base64.urlsafe_b64encode(content).rstrip(b"=")

    token = (Path(cluster.facts["service_account"]) / "token").read_bytes()
    header, payload = (json.loads(base64.urlsafe_b64decode(text + b"==")) for text in token.split(b".")[:2])
    now = int(time.time())
    claims = {**payload, "nbf": now - 7200, "iat": now - 7200, "exp": now + seconds}
    signing = b".".join(part(json.dumps(each).encode()) for each in (header, claims))
    key = serialization.load_pem_private_key((cluster.home.pki / "service-account.key").read_bytes(), None)
    r, s = utils.decode_dss_signature(key.sign(signing, ec.ECDSA(hashes.SHA256())))
    return (signing + b"." + part(r.to_bytes(32, "big") + s.to_bytes(32, "big"))).decode()


def test_an_expired_token(cluster, work, tmp_path):
    each = cluster()
    document = kubeconfig(each)

    def env(seconds):
        document["users"][0]["user"] = {"token": signed_token(each, seconds)}
        return write(tmp_path / "config", document)

    # Such a token is good as long as it has not expired.
    work(env=env(600)).play("facts").well()
    user = work(env=env(-60))
    message = refused(user, each, "expired at", "local-plain", each.facts["server"], "Log in")
    assert document["users"][0]["user"]["token"].split(".")[2] not in message
    # It is the server that says so.
    assert each.requests()[-1]["responseStatus"]["code"] == 401


def test_an_expired_client_certificate(cluster, work):
    each = cluster()
    late = each.kubeconfig_for("joe", "system:masters", lifetime=timedelta(hours=-1))
    refused(work(env={"KUBECONFIG": late}), each, "refuses the credentials", "local-plain")


def test_a_parameter_that_no_prototype_declares(cluster, work):
    each = cluster()
    parameters = {COMPONENT: {"storageClas": "standard"}}
    refused(work(each), each, COMPONENT, "no parameter 'storageClas'", "Did you mean storageClass", kubeflow_parameters=parameters)


def test_an_unknown_component(cluster, work):
    each = cluster()
    refused(work(each), each, "no component 'kubeflow-cor'", COMPONENT, kubeflow_parameters={"kubeflow-cor": {"cloud": "gke"}})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"gatewayReplicas": "two"}, ["gatewayReplicas", "two", "number"]),
        ({"gatewayReplicas": 1.5}, ["gatewayReplicas", "1.5", "whole number"]),
        ({"storageClass": ["standard"]}, ["storageClass", "string expected", "a list"]),
        ({"gatewayServiceType": "Loadbalancer"}, ["gatewayServiceType", "Loadbalancer", "one of ClusterIP, NodePort, LoadBalancer"]),
        ({"storageClass": "fast"}, ["no storage class fast", "standard"]),
    ],
)
def test_a_value_that_can_not_be(cluster, work, values, words):
    each = cluster()
    refused(work(each), each, *words, kubeflow_parameters={COMPONENT: values})


@pytest.mark.parametrize(
    "variables", [{"kubeflow_parameters": [1]}, {"kubeflow_wait_timeout": "long"}, {"kubeflow_parameters": {COMPONENT: 3}}]
)
def test_a_variable_of_the_wrong_type(cluster, work, variables):
    each = cluster()
    name = next(iter(variables))
    message = refused(work(each), each, **variables)
    assert name in message, message


def test_a_namespace_that_can_not_be_one(cluster, work):
    each = cluster()
    refused(work(each), each, "Kube_Flow", kubeflow_namespace="Kube_Flow")


def test_a_folder_with_files_of_others(cluster, work):
    each = cluster()
    user = work(each)
    user.app.mkdir()
    (user.app / "thesis.txt").write_text("years of work", encoding="utf-8")
    refused(user, each, str(user.app), "thesis.txt")


def test_a_folder_that_is_a_file(cluster, work):
    each = cluster()
    user = work(each)
    user.app.write_text("years of work", encoding="utf-8")
    refused(user, each, str(user.app))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- id: mine\n  sets: [", ["not", "mine.yml"]),
        ("id: mine", ["not a list"]),
        ("- {id: mine, sets: storageClass, value: 'cluster.(', reason: why}", ["rule mine", "'cluster.('"]),
        ("- {id: mine, set: storageClass, value: \"'x'\", reason: why}", ["mine", "unknown field set"]),
    ],
)
def test_rules_that_are_broken(cluster, work, tmp_path, text, words):
    each = cluster()
    rules = tmp_path / "mine.yml"
    rules.write_text(text, encoding="utf-8")
    words = ["can't be read" if word == "not" else word for word in words]
    refused(work(each), each, *words, kubeflow_rules=[str(rules)])


def test_rules_that_are_not_there(cluster, work):
    each = cluster()
    refused(work(each), each, f"{ABSENT}/rules.yml", "kubeflow_rules", kubeflow_rules=[f"{ABSENT}/rules.yml"])


@pytest.mark.parametrize("rights", ["none", "view"])
def test_a_user_without_the_rights(cluster, work, tmp_path, rights):
    each = cluster()
    name = f"visitor-{rights}"
    if rights == "view":
        each.kubectl("create", "clusterrolebinding", name, "--clusterrole=view", f"--user={name}")
    user = work(env={"KUBECONFIG": each.kubeconfig_for(name)})
    message = refused(user, each, name, "permission-missing", "deployments.apps: create")
    assert ("get" in message.split("deployments.apps: ")[1].split(";")[0]) == (rights == "none")
    # The message names a few, the file for an admin all.
    rbac = tmp_path / "rbac.yml"
    with each.untouched():
        user.play("plan", kubeflow_rbac_file=str(rbac)).well()
    roles = [each for each in yaml.safe_load_all(rbac.read_text(encoding="utf-8")) if each["kind"] in ("ClusterRole", "Role")]
    rules = [rule for role in roles for rule in role["rules"] if "create" in rule["verbs"]]
    assert {"deployments", "leases", "namespaces"} <= {resource for rule in rules for resource in rule["resources"]}


def test_an_application_planned_for_another_cluster(cluster, work):
    one, other = cluster("plain"), cluster("kind")
    user = work(one)
    user.play("bootstrap").well()
    lost = {"KUBECONFIG": other.kubeconfig}
    user.env.update(lost)
    with one.untouched():
        refused(user, other, one.facts["server"], other.facts["server"])
        message = refused(user, other, str(user.app), one.facts["server"], other.facts["server"], "local-kind", playbook="deploy")
    for each in (one, other):
        assert each.get("namespace", "kube-system")["metadata"]["uid"] in message


def test_deploying_what_is_not_there(cluster, work):
    each = cluster()
    for playbook in ("deploy", "remove"):
        refused(work(each), each, "no application in", "kubeflow-app", playbook=playbook)


def test_become_in_the_settings_of_a_user_does_not_count(cluster, work):
    """What would be run as another user can't be: there is no such program."""
    user = work(cluster(), env={"ANSIBLE_BECOME": "true", "ANSIBLE_BECOME_EXE": f"{ABSENT}/sudo"}, kubeflow_namespace="not-root")
    assert user.bootstrap(kubeflow_apply=False).well().changed
    user.play("facts").well()
