# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan is shown, saved, reviewed and applied later; and what an admin has to do first is handed over."""

from __future__ import annotations

import http.server
import re
import threading

import yaml

COMPONENT = "kubeflow-core"


def test_a_plan_is_a_table_of_values_with_source_and_reason(cluster, work):
    each = cluster()
    user = work(each)
    with each.untouched():
        run = user.play("plan", kubeflow_parameters={COMPONENT: {"hubPVCSize": "3Gi"}}).well()
    assert run.changed == 0
    assert user.application() == {}
    rows = [re.split(r"  +", line.strip()) for line in run.output.splitlines()]
    assert ["Plan", "VALUE", "SOURCE", "REASON"] in rows
    assert ["hubPVCSize = 3Gi", "user", "You chose it (kubeflow_parameters)."] in rows
    storage = user.report()["plan"]["parameters"][COMPONENT]["storageClass"]
    row = next(row for row in rows if row[0] == f"storageClass = {storage['value']}")
    assert row[1] == storage["source"] == "cluster"
    assert storage["reason"].startswith(row[2])


class _Images(http.server.BaseHTTPRequestHandler):
    """A registry that has every image but the hub's proxy."""

    asked: list[str] = []

    def do_HEAD(self):
        self.asked.append(self.path)
        self.send_response(404 if "configurable-http-proxy" in self.path else 200)
        self.send_header("Docker-Content-Digest", "sha256:" + "c" * 64)
        self.end_headers()

    def log_message(self, *_arguments):
        pass


def test_images_get_the_digests_of_their_tags_once(cluster, work):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Images) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        mirror = f"127.0.0.1:{server.server_address[1]}/mirror"
        user = work(cluster(), kubeflow_image_digests="pin", kubeflow_parameters={COMPONENT: {"imageRegistry": mirror}})
        refused = user.play("app")
        assert refused.code != 0
        assert "has no mirror/jupyterhub/configurable-http-proxy:5.2.0" in refused.output
        assert "(image-not-found)" in refused.output
        user.play("app", kubeflow_ignore=["image-not-found"]).well()
        count = len(_Images.asked)
        again = user.play("app", kubeflow_ignore=["image-not-found"]).well()
        server.shutdown()
    assert again.changed == 0
    assert _Images.asked[count:] == [path for path in _Images.asked[count:] if "configurable-http-proxy" in path]
    values = (user.folder / "kubeflow-app/components/params.libsonnet").read_text(encoding="utf-8")
    assert f'jupyterHubImage: "quay.io/jupyterhub/k8s-hub:4.4.0@sha256:{"c" * 64}"' in values
    assert "configurable-http-proxy:5.2.0@" not in values


def test_what_changed_since_the_last_plan(cluster, work):
    each = cluster()
    user = work(each)
    user.play("app").well()
    assert "the plan now" not in user.play("plan", "--diff").well().output
    run = user.play("plan", "--diff", kubeflow_parameters={COMPONENT: {"hubPVCSize": "3Gi"}}).well()
    assert run.changed == 0
    added = [line.strip() for line in run.output.splitlines() if re.match(r" *[-+] {2}\w+ = ", line)]
    assert added == ["+  hubPVCSize = 3Gi  (user: You chose it (kubeflow_parameters).)"]


def test_a_saved_plan_is_applied_later_and_to_no_other_cluster(cluster, work):
    one, other = cluster("plain"), cluster("kind")
    user = work(one, kubeflow_namespace="saved")
    file = user.folder / "plan.yml"
    saved = {"kubeflow_plan_file": str(file)}
    with one.untouched():
        assert user.play("plan", **saved).well().changed == 1
        content = file.read_bytes()
        assert user.play("plan", **saved).well().changed == 0
        assert user.play("plan", "--check", kubeflow_parameters={COMPONENT: {"hubPVCSize": "3Gi"}}, **saved).well().changed == 1
        assert file.read_bytes() == content
    assert user.application() == {}

    # A review changes a value.
    document = yaml.safe_load(content)
    document["parameters"][COMPONENT]["hubPVCSize"] = {"value": "2Gi"}
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    user.variables.clear()
    with other.untouched():
        run = work(other).bootstrap(**saved)
    assert run.code != 0
    for word in ("plan.yml was made for the cluster", one.facts["server"], other.facts["server"]):
        assert word in run.message
    run = user.bootstrap(**saved).well()
    assert "You changed it in plan.yml." in run.output
    claim = one.get("persistentvolumeclaim", "-n", "saved")["items"][0]
    assert claim["spec"]["resources"]["requests"]["storage"] == "2Gi"
    assert user.bootstrap(**saved).well().changed == 0
    assert yaml.safe_load(file.read_text(encoding="utf-8")) == document


def test_a_plan_that_was_not_saved_is_not_applied(cluster, work):
    each = cluster()
    with each.untouched():
        run = work(each).bootstrap(kubeflow_plan_file="gone.yml")
    assert run.code != 0
    assert "There is no plan" in run.message


def test_a_blocker_can_be_ignored_by_name(cluster, work, tmp_path):
    each = cluster()
    user = work(each)
    rules = tmp_path / "mine.yml"
    rules.write_text("[{id: not-on-mondays, blocks: true, reason: It is Monday., fix: Wait., command: sleep 86400}]", encoding="utf-8")
    mine = {"kubeflow_rules": [str(rules)]}
    run = user.play("app", **mine)
    assert run.code != 0
    assert run.message == "Nothing was written. It is Monday. Wait. Run: sleep 86400 (not-on-mondays)"
    assert {path.partition("/")[0] for path in user.files()} == {"kubeflow-report"}
    run = user.play("app", kubeflow_ignore=["mondays"], **mine)
    assert "kubeflow_ignore: there is no blocker 'mondays'. Blockers are" in run.message
    assert "not-on-mondays" in run.message
    run = user.play("app", kubeflow_ignore=["not-on-mondays"], **mine).well()
    assert "Ignored, as you chose (kubeflow_ignore): It is Monday." in run.output


def test_missing_rights_are_granted_with_what_the_plan_hands_over(cluster, work):
    each = cluster()
    user = work(env={"KUBECONFIG": each.kubeconfig_for("rita")}, kubeflow_namespace="granted")
    each.kubectl("create", "clusterrolebinding", "rita", "--clusterrole=view", "--user=rita")
    with each.untouched():
        run = user.bootstrap()
        assert run.code != 0
        assert "permission-missing" in run.message
        granting = run.message.partition("may not grant what ")[2]
        assert "Role.rbac.authorization.k8s.io granted/hub" in granting.partition(" grants, for want of: ")[0]
        files = {"kubeflow_rbac_file": str(user.folder / "rbac.yml"), "kubeflow_admin_file": str(user.folder / "admin.yml")}
        assert user.play("plan", **files).well().changed == 1
        assert user.play("plan", **files).well().changed == 0
    each.kubectl("apply", "-f", files["kubeflow_rbac_file"])
    each.kubectl("apply", "--server-side", "--dry-run=server", "-f", files["kubeflow_admin_file"])
    user.bootstrap().well()
    assert each.get("deployment", "hub", "-n", "granted")["status"]["availableReplicas"] == 1
    user.play("plan", **files).well()
    assert (user.folder / "rbac.yml").read_text(encoding="utf-8") == ""
    # No more than that.
    assert each.try_kubectl("auth", "can-i", "create", "secrets", "-n", "default", kubeconfig=user.env["KUBECONFIG"]).returncode != 0
