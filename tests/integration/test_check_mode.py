# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``--check --diff`` shows everything and changes nothing; Secrets are never shown."""

from __future__ import annotations

import base64
import re

LOOK = ("--check", "--diff")


def changed_lines(output):
    """The lines that a diff takes away or adds, without its headers."""
    return [line.strip() for line in output.splitlines() if re.match(r"[-+](?![-+]{2} )", line)]


def test_on_a_fresh_cluster_it_shows_all_objects_and_files(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="looked-at")
    with each.untouched():
        look = user.bootstrap(*LOOK).well()
    assert user.files() == {}
    assert each.try_kubectl("get", "namespace", "looked-at").returncode != 0

    # All that the real run makes had been shown.
    assert look.changed == user.bootstrap().well().changed
    shown = [line for line in look.output.splitlines() if line.startswith("+++ ")]
    objects = each.applied("looked-at")
    assert len(objects) > 10
    for kind, name in objects:
        assert any(re.search(rf"\+\+\+ after: {kind}\S* (looked-at/)?{name}$", line) for line in shown), f"{kind} {name}: {shown}"
    added = {line[1:] for line in changed_lines(look.output)}
    files = [path.removeprefix("kubeflow-app/") for path, (content, _time) in user.application().items() if content]
    assert len(files) > 10
    for path in files:
        assert path in added or any(line.endswith(f"/kubeflow-app/{path}") for line in shown), f"{path}: {shown}"


def test_on_a_deployed_one_it_shows_the_change_and_no_more(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="looked-again")
    user.bootstrap().well()
    before = user.files()
    with each.untouched():
        look = user.bootstrap(*LOOK, kubeflow_parameters={"kubeflow-core": {"gatewayReplicas": 3}}).well()
    assert user.files() == before
    assert look.changed == 2
    lines = changed_lines(look.output)
    assert {"-  replicas: 2", "+  replicas: 3"} <= set(lines)
    assert [line for line in lines if re.match(r"[-+] +replicas:", line)] == ["-  replicas: 2", "+  replicas: 3"]
    headers = [line for line in look.output.splitlines() if line.startswith("+++ ")]
    assert len(headers) == 3, headers  # params.libsonnet, bootstrap.yaml and the Deployment
    assert any(line.endswith("Deployment.apps looked-again/gateway") for line in headers), headers
    # Nothing to do, nothing to show.
    with each.untouched():
        again = user.bootstrap(*LOOK).well()
    assert again.changed == 0
    assert "+++ " not in again.output


def test_the_values_of_secrets_are_never_shown(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="secretive")
    user.play("bootstrap").well()

    def secret(value):
        user.add_component(
            "extra", {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": {"password": value, "user": "me"}}
        )

    outputs = []
    for value in ("first-hunter2", "second-hunter2"):
        secret(value)
        with each.untouched():
            outputs.append(user.play("deploy", *LOOK, "-vvv").well().output)
        outputs.append(user.play("deploy", "--diff", "-vvv").well().output)
        stored = each.get("secret", "login", "-n", "secretive")["data"]["password"]
        assert base64.b64decode(stored).decode() == value
        outputs.append((user.folder / "kubeflow-report" / "report.json").read_text())
    for text in outputs:
        for value in ("first-hunter2", "second-hunter2"):
            assert value not in text
            assert base64.b64encode(value.encode()).decode() not in text
    # That it changes is shown all the same.
    assert all("Secret secretive/login" in text for text in outputs)
