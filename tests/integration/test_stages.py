# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each stage has a playbook of its own, and changes only what is its business."""

from __future__ import annotations

from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT


def test_facts_are_reported_and_no_more_is_written(cluster, work):
    each = cluster("gke-gpu")
    user = work(each)
    with each.untouched():
        run = user.play("facts").well()
    assert run.changed == 0
    assert set(user.files()) == {"kubeflow-report", "kubeflow-report/report.html", "kubeflow-report/report.json"}
    facts = user.report()["facts"]
    assert facts["kubeconfig"]["context"] == "local-gke-gpu"
    assert facts["cluster"]["uid"] == each.get("namespace", "kube-system")["metadata"]["uid"]
    assert facts["cluster"]["nodes"]["count"] == len(each.get("nodes")["items"])
    assert facts["cloud"]["provider"] == "gcp"
    for shown in (each.facts["server"], "standard-rwo", "nvidia.com/gpu"):
        assert shown in run.output


def test_facts_that_were_saved_are_enough_for_a_plan(cluster, work):
    each = cluster("gke-gpu")
    user = work(each, env={"ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": "cache"})
    user.play("facts", kubeflow_cache_facts=True).well()
    assert any("kubeflow_facts" in file.read_text() for file in (user.folder / "cache").iterdir())
    saved = user.folder / "saved.json"
    saved.write_text((user.folder / "kubeflow-report/report.json").read_text())
    with each.untouched():
        run = user.play("app", kubeflow_facts_file=str(saved), kubeflow_kubeconfig=ABSENT).well()
    assert run.changed == 1
    assert b'storageClass: "standard-rwo"' in (user.app / "components/params.libsonnet").read_bytes()


def test_facts_whose_aliases_stand_for_too_much_are_refused(work):
    user = work()
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 10)]
    (user.folder / "saved.yml").write_text("\n".join([*lines, "facts: *a9"]))
    run = user.play("plan", kubeflow_facts_file=str(user.folder / "saved.yml"))
    assert run.code == 2 and "saved.yml, line 7: not YAML: its aliases stand for too much" in run.output


def test_facts_that_were_cut_are_refused(cluster, work):
    user = work(cluster("gke-gpu"))
    (user.folder / "saved.json").write_text('{"kubeconfig": {}, "cluster": {}, "cloud": {}}')
    run = user.play("plan", kubeflow_facts_file=str(user.folder / "saved.json"))
    assert "The facts lack cluster.apis. Collect them again" in run.output
    assert run.code != 0
    assert "Traceback" not in run.output


def test_a_plan_is_shown_with_reasons_and_no_application_is_written(cluster, work):
    each = cluster("gke-gpu")
    user = work(each)
    with each.untouched():
        run = user.play("plan").well()
    assert run.changed == 0
    assert user.application() == {}
    chosen = user.report()["plan"]["parameters"]["kubeflow-core"]
    assert chosen["storageClass"]["source"] == "cluster"
    # The table breaks long reasons.
    shown = " ".join(run.output.split())
    for value in ("standard-rwo", "nvidia.com/gpu", chosen["storageClass"]["reason"]):
        assert value in shown


def test_app_then_deploy_then_remove(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="by-stages")
    with each.untouched():
        assert user.play("app").well().changed == 1
    assert each.try_kubectl("get", "namespace", "by-stages").returncode != 0
    written = user.application()
    # From here on the application says all: neither a plan nor a choice is needed.
    rules = user.variables["kubeflow_rules"]
    user.variables.clear()
    assert user.play("deploy").well().changed == 1
    assert each.get("deployment", "hub", "-n", "by-stages")["status"]["availableReplicas"] == 1
    with each.untouched():
        assert user.play("deploy").well().changed == 0
        # The chain finds nothing to do where the stages did it.
        assert user.bootstrap(kubeflow_namespace="by-stages", kubeflow_rules=rules).well().changed == 0
    assert user.application() == written
    assert user.play("remove").well().changed == 1
    assert set(each.applied("by-stages")) == {
        ("PersistentVolumeClaim", "hub-db"),
        ("PersistentVolumeClaim", "kubeflow-shared"),
        ("Namespace", "by-stages"),
    }
    assert user.application() == written


def test_by_its_name_in_the_collection(cluster, work):
    each = cluster()
    user = work(each)
    assert user.play("kubeflow.bootstrap.bootstrap").well().changed == 1
    assert each.facts["server"] in (user.app / "app.yaml").read_text(encoding="utf-8")
    assert user.play("bootstrap").well().changed == 0


def test_the_application_can_lie_elsewhere_and_the_folder_may_have_a_blank(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="elsewhere")
    places = {"kubeflow_app_dir": str(user.folder / "my app's" / "kf"), "kubeflow_report_dir": str(user.folder / "my report")}
    user.play("bootstrap", **places).well()
    assert not user.app.exists()
    assert (user.folder / "my app's" / "kf" / "app.yaml").is_file()
    assert (user.folder / "my report" / "report.json").is_file()


def test_tags_choose_among_the_stages_of_the_whole_playbook(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="by-tags")
    with each.untouched():
        run = user.play("bootstrap", "--tags", "plan").well()
        assert run.changed == 0 and user.application() == {}
        assert "Choose values" in run.output and user.report()["plan"]["namespace"]["value"] == "by-tags"
        assert user.play("plan", "--tags", "plan").well().changed == 0
        assert user.play("bootstrap", "--tags", "app").well().changed == 1
    with each.untouched():
        run = user.play("bootstrap", "--tags", "deploy").well()
    assert "would be created" in run.output and "Choose values" not in run.output
    user.play("bootstrap", "--tags", "deploy", kubeflow_apply=True).well()
    assert each.get("deployments", "-n", "by-tags")["items"]
    user.play("remove", "--tags", "remove").well()
