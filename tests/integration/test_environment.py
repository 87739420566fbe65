# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ``environment`` of a task is that task's alone, in whichever way Ansible comes to run it."""

from __future__ import annotations

import json

import yaml


def kubeconfig(folder, name):
    path = folder / f"{name}.kubeconfig"
    server = f"https://{name}.example.com:6443"
    parts = {
        "clusters": [{"name": name, "cluster": {"server": server}}],
        "users": [{"name": name, "user": {"token": "none"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    }
    path.write_text(json.dumps({"current-context": name, **parts}), encoding="utf-8")
    return str(path)


LOOK = {"kubeflow.bootstrap.kubeconfig_info": {}, "register": "seen", "failed_when": False}
FOUND = "(seen.results | default([seen])) | map(attribute='kubeconfig', default={}) | map(attribute='context', default='none')"


def play(hosts, tasks, **keywords):
    python = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    return {"name": "A play", "hosts": hosts, "gather_facts": False, "connection": "local", "vars": python, "tasks": tasks, **keywords}


def look(label, **keywords):
    return [{**LOOK, **keywords}, {"ansible.builtin.debug": {"msg": f"{label} {{{{ inventory_hostname }}}} {{{{ {FOUND} | join(',') }}}}"}}]


def test_a_task_has_its_own_environment_and_leaves_none_behind(work):
    user = work()
    a, b = (kubeconfig(user.folder, name) for name in "ab")
    each = [{"KUBECONFIG": a}, {}, {"KUBECONFIG": b}]
    of_host = {"KUBECONFIG": f"{{{{ '{a}' if inventory_hostname == 'one' else '{b}' }}}}"}
    hosts = "one,two,three"
    several = [*look("here", environment=of_host, when="inventory_hostname != 'three'"), *look("after")]
    plays = [
        play("localhost", [*look("loop", environment="{{ item }}", loop=each), *look("after-loop")]),
        play(
            "localhost", look("until", environment={"KUBECONFIG": b}, until="seen.attempts > 1", retries=3, delay=0) + look("after-until")
        ),
        play("one", look("delegated", environment={"KUBECONFIG": a}, delegate_to="localhost") + look("after-delegated")),
        *(
            play(hosts, several, name=str(keywords), **keywords)
            for keywords in ({"serial": 1}, {"strategy": "free"}, {"strategy": "host_pinned"})
        ),
    ]
    (user.folder / "plays.yml").write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")
    (user.folder / "inventory").write_text("one\ntwo\nthree\n", encoding="utf-8")
    run = user.play(str(user.folder / "plays.yml"), "-i", "inventory").well()
    messages = [line.split('"msg": "')[1].rstrip('"') for line in run.output.splitlines() if '"msg": "' in line]
    assert messages[:6] == [
        "loop localhost a,none,b",
        "after-loop localhost none",
        "until localhost b",
        "after-until localhost none",
        "delegated one a",
        "after-delegated one none",
    ]
    rest = {f"here {host} {value}" for host, value in (("one", "a"), ("two", "b"), ("three", "none"))}
    rest |= {f"after {host} none" for host in ("one", "two", "three")}
    assert sorted(messages[6:]) == sorted([*rest] * 3)
