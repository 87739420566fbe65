# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One play, two clusters: nothing that was found, planned or made for one of them is used for the other."""

from __future__ import annotations

import json
import re

import pytest
import yaml

ROLE = "kubeflow.bootstrap.kubeflow"


@pytest.fixture(scope="module")
def both(cluster):
    return cluster(), cluster("gke-gpu")


def use(entry, environment=None, **variables):
    """Tasks that run an entry point, with variables of its own."""
    include = {"ansible.builtin.include_role": {"name": ROLE, "tasks_from": entry}, "vars": variables}
    return {"name": entry, "block": [include], **({"environment": environment} if environment else {})}


def show(label, expression):
    return {"name": label, "ansible.builtin.debug": {"msg": f"SHOWN {label} {{{{ {expression} }}}}"}}


def run(user, tasks, *flags, hosts="localhost", **keywords):
    python = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    play = {"name": "Two", "hosts": hosts, "connection": "local", "gather_facts": False, "vars": python, "tasks": tasks, **keywords}
    path = user.folder / "play.yml"
    path.write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
    done = user.play(str(path), *flags)
    lines = [line.split("SHOWN ")[1].rstrip('"') for line in done.output.splitlines() if "SHOWN " in line]
    return done, dict(line.split(" ", 1) for line in lines)


def test_the_role_twice_in_a_play(both, work):
    a, b = both
    user = work()
    folders = [{"kubeflow_app_dir": str(user.folder / name), "kubeflow_report_dir": str(user.folder / f"{name}-report")} for name in "ab"]
    login = {
        "kubeflow_auth": True,
        "kubeflow_auth_kind": "static",
        "kubeflow_auth_user": "alice",
        "kubeflow_auth_password": "very-secret-1",
    }
    flags = {
        "kubeflow_go_bootstrapper_flags": f"--namespace=two-clusters --app-dir={user.folder}/flagged",
        "kubeflow_usage": True,
        "kubeflow_apply": True,
    }
    del folders[0]["kubeflow_app_dir"]
    core = "kubeflow_plan.parameters['kubeflow-core']"
    with a.untouched(), b.untouched():
        done, shown = run(
            user,
            [
                use("main", **folders[0], **login, **flags, kubeflow_kubeconfig=a.kubeconfig),
                show("users-a", "kubeflow_deployed.outcome.objects | map(attribute='object') | select('search', 'Secret .*users') | list"),
                show("app-a", "kubeflow_app.path"),
                # Nothing of it is asked for here, nor is it applied.
                use("main", **folders[1], kubeflow_kubeconfig=b.kubeconfig),
                show(
                    "plan-b",
                    f"{core}.jupyterHubAuthenticator.source ~ ' ' ~ {core}.reportUsage.source ~ ' ' ~ kubeflow_plan.namespace.value",
                ),
                show("uid-b", "kubeflow_plan.cluster.uid"),
                show("report-b", "kubeflow_report.summary | select('search', '^(Objects|Steps)') | list"),
            ],
            "--check",
        )
    done.well()
    # What is told of the second is what applying it would do there.
    assert re.fullmatch(r"\['Objects +\d+ would be created; kubeflow_apply=true applies them'\]", shown.pop("report-b"))
    assert shown == {
        "users-a": "['Secret two-clusters/kubeflow-users']",
        "app-a": str(user.folder / "flagged"),
        "plan-b": "default default kubeflow",
        "uid-b": b.get("namespace", "kube-system")["metadata"]["uid"],
    }


def test_stages_take_only_what_was_made_for_their_cluster_and_inputs(both, work):
    a, b = both
    uids = [each.get("namespace", "kube-system")["metadata"]["uid"] for each in both]
    user = work()
    app = {"kubeflow_app_dir": str(user.folder / "app")}
    env = [{"KUBECONFIG": each.kubeconfig} for each in both]
    cluster, stamp = "kubeflow_plan.cluster.uid", "kubeflow_plan.made_for.inputs"
    with a.untouched(), b.untouched():
        done, shown = run(
            user,
            [
                use("plan", env[0], **app),
                show("first", cluster),
                # The plan at hand is of the other cluster, for all that the variables tell.
                use("app", env[1], **app),
                show("second", cluster),
                show("made", stamp),
                use("app", env[1], **app),
                show("made-again", stamp),
                use("plan", env[1], **app, kubeflow_parameters={"kubeflow-core": {"gatewayReplicas": 1}}),
                show("other-inputs", f"{stamp} != kubeflow_app.made_for | default({{}}) and {stamp}"),
                use("deploy", env[0], **app),
            ],
        )
    assert (shown["first"], shown["second"]) == tuple(uids)
    assert shown["made"] == shown["made-again"] != shown["other-inputs"]
    assert done.output.count("TASK [kubeflow.bootstrap.kubeflow : Ask the cluster]") == 2
    assert done.code != 0
    assert f"(UID {uids[1]}), but" in done.message and f"(UID {uids[0]})" in done.message


@pytest.mark.soak
def test_cached_facts_are_of_their_cluster_alone(both, work):
    a, b = both
    cache = {"ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": "cache"}
    user = work(env=cache)
    user.play("facts", kubeflow_cache_facts=True, kubeflow_kubeconfig=a.kubeconfig).well()
    again = user.play("plan", kubeflow_kubeconfig=a.kubeconfig).well()
    assert "come from a cache" in again.output and "Ask the cluster] *" not in again.output
    assert user.report()["plan"]["cluster"]["server"] == a.facts["server"]
    other = user.play("plan", kubeflow_kubeconfig=b.kubeconfig).well()
    assert "come from a cache" not in other.output
    assert user.report()["plan"]["cluster"]["server"] == b.facts["server"]
    # A variable of the command line can't be forgotten, so it is refused.
    facts = user.folder / "facts.json"
    facts.write_text(json.dumps({"kubeflow_facts": user.report()["facts"]}), encoding="utf-8")
    refused = user.play("plan", "-e", f"@{facts}", kubeflow_kubeconfig=a.kubeconfig)
    assert "is of another cluster than" in refused.message and refused.code != 0


def test_a_loop_over_environments(both, work):
    """A, B and A again: the second time it is not A's plan of the first, but one of this use."""
    user = work()
    (user.folder / "one.yml").write_text(
        yaml.safe_dump(
            [
                use("plan", {"KUBECONFIG": "{{ item.1 }}"}, kubeflow_app_dir=str(user.folder / "app")),
                show("{{ item.0 }}", "kubeflow_plan.cluster.server ~ ' ' ~ kubeflow_facts.cluster.server"),
            ]
        ),
        encoding="utf-8",
    )
    turns = [[str(number), each.kubeconfig] for number, each in enumerate([*both, both[0]])]
    done, shown = run(user, [{"ansible.builtin.include_tasks": str(user.folder / "one.yml"), "loop": turns}])
    done.well()
    servers = [each.facts["server"] for each in [*both, both[0]]]
    assert shown == {str(number): f"{server} {server}" for number, server in enumerate(servers)}


@pytest.mark.parametrize("strategy", ["free", "host_pinned"])
def test_two_hosts_at_their_own_pace(both, work, strategy):
    user = work()
    lines = [f"{name} kubeflow_kubeconfig={each.kubeconfig}" for name, each in zip(("one", "two"), both, strict=True)]
    (user.folder / "inventory").write_text("\n".join(lines), encoding="utf-8")
    tasks = [
        use("plan"),
        use("app"),
        {"ansible.builtin.debug": {"msg": "SHOWN {{ inventory_hostname }} {{ kubeflow_plan.cluster.server }}"}},
    ]
    done, shown = run(user, tasks, "-i", "inventory", hosts="all", strategy=strategy)
    done.well()
    assert shown == {"one": both[0].facts["server"], "two": both[1].facts["server"]}


def test_a_login_for_whole_runs_is_refused_by_each_stage(work):
    stages = ["facts", "plan", "steps", "app", "guide", "deploy", "verify"]
    shows = {"ansible.builtin.debug": {"msg": "SHOWN {{ item }} {{ ansible_failed_result.msg }}"}}
    login = {"kubeflow_openshift_login": True, "kubeflow_openshift_login_host": "https://127.0.0.1:1"}
    tasks = [{**use(stage, **login), "rescue": [{**shows, "loop": [stage]}]} for stage in stages]
    _done, shown = run(work(), tasks)
    assert list(shown) == stages
    assert all(message.startswith("kubeflow_openshift_login is for the whole run") for message in shown.values())
