# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""However the user reaches the cluster, the collection does too; and it leaves the kubeconfig alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.tests.absent import NOBODY


def reaches(user, cluster, **variables):
    """The main job looks at the cluster and writes for it; returns what the report says of the kubeconfig."""
    user.play("bootstrap", **variables).well()
    assert cluster.facts["server"] in (user.app / "app.yaml").read_text(encoding="utf-8")
    return user.report()["facts"]["kubeconfig"]


def document(cluster):
    return json.loads(Path(cluster.kubeconfig).read_text(encoding="utf-8"))


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path, path.read_bytes(), path.stat().st_mtime_ns


def untouched(*files):
    return all((path.read_bytes(), path.stat().st_mtime_ns) == (content, changed) for path, content, changed in files)


def test_several_files_in_one_variable(cluster, work, tmp_path):
    each = cluster()
    content = document(each)
    # Contexts in one file, what they name in the other; the first to name a thing wins.
    contexts = {key: content.pop(key) for key in ("contexts", "current-context")}
    wrong = {"current-context": "nowhere", "clusters": [{"name": "local-plain", "cluster": {"server": f"https://{NOBODY}"}}]}
    files = [write(tmp_path / name, part) for name, part in (("one", contexts), ("two", content), ("three", wrong))]
    names = [str(path) for path, *_state in files]
    target = reaches(work(env={"KUBECONFIG": os.pathsep.join([names[0], str(tmp_path / "none"), *names[1:]])}), each)
    assert (target["source"], target["files"], target["context"]) == ("KUBECONFIG", names, "local-plain")
    assert untouched(*files)


def test_the_usual_file_in_the_home_folder(cluster, work):
    each = cluster()
    user = work()
    file = write(user.home / ".kube" / "config", document(each))
    assert reaches(user, each)["source"] == "~/.kube/config"
    assert untouched(file)


def test_the_service_account_of_a_pod(cluster, work):
    each = cluster()
    host, port = each.facts["server"].removeprefix("https://").split(":")
    user = work(
        env={
            "KUBERNETES_SERVICE_HOST": host,
            "KUBERNETES_SERVICE_PORT": port,
            "KUBEFLOW_BOOTSTRAP_SERVICE_ACCOUNT": each.facts["service_account"],
        },
        kubeflow_namespace="in-cluster",
    )
    user.bootstrap().well()
    assert user.report()["facts"]["kubeconfig"]["source"] == "in-cluster"
    assert each.get("deployment", "hub", "-n", "in-cluster")["status"]["availableReplicas"] == 1
    creator = next(
        r for r in reversed(each.requests()) if r["requestURI"].startswith("/apis/apps/v1/namespaces/in-cluster/deployments/hub?")
    )
    assert creator["user"]["username"] == "system:serviceaccount:default:kubeflow-admin"
    with each.untouched():
        assert user.bootstrap().well().changed == 0
    token = (Path(each.facts["service_account"]) / "token").read_text()
    assert not [path for path, (content, _time) in user.files().items() if token.encode() in content]


def test_a_named_context_wins_over_the_current_one(cluster, work, tmp_path):
    one, other = cluster("plain"), cluster("kind")
    content = document(one)
    for kind in ("clusters", "contexts"):
        content[kind] += document(other)[kind]
    # Both call their administrator differently, so users can be joined too.
    content["users"] += document(other)["users"]
    file = write(tmp_path / "both", content)
    user = work(env={"KUBECONFIG": str(file[0])}, kubeflow_namespace="named")
    with one.untouched():
        user.bootstrap(kubeflow_context="local-kind").well()
    assert other.get("deployment", "hub", "-n", "named")["status"]["availableReplicas"] == 1
    # What was planned for that cluster goes nowhere else, and comes off from there alone.
    with one.untouched(), other.untouched():
        refused = user.play("remove")
    assert refused.code != 0
    assert "local-plain" in refused.message and other.facts["server"] in refused.message
    with one.untouched():
        user.play("remove", kubeflow_context="local-kind").well()
    assert ("Deployment", "hub") not in other.applied("named")
    assert untouched(file)


def test_no_secret_of_the_kubeconfig_is_written_anywhere(cluster, work):
    each = cluster()
    user = work(each)
    run = user.play("bootstrap", "-vvv").well()
    key = document(each)["users"][0]["user"]["client-key-data"]
    pem = (each.home.pki / "admin.key").read_text(encoding="utf-8").splitlines()[1]
    for secret in (key, pem):
        assert secret not in run.output
        assert not [path for path, (content, _time) in user.files().items() if secret.encode() in content]
