# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where choices come from beside variables: a user at a terminal, and the files of the Go bootstrapper. No cluster is needed."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import signal
import termios
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration.work import PARAMETERS, ROOT, RUN_SECONDS, Work

FACTS = ROOT / "tests" / "unit" / "rules" / "facts"
Answers = list[tuple[str, str]]


def _at_a_terminal(work: Work, playbook: str, answers: Answers, *flags: str, **variables: t.Any) -> tuple[int, str]:
    """Run a playbook at a terminal: each answer is typed when the text before it has appeared. The exit code, and what was shown."""
    command = work.command(playbook, *flags, **variables)
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(command["cwd"])
        os.execvpe(command["args"][0], command["args"], command["env"])
    shown, position, waiting = "", 0, list(answers)
    typed, since = b"", 0.0
    deadline = time.monotonic() + RUN_SECONDS
    while time.monotonic() < deadline:
        if waiting and (at := shown.find(waiting[0][0], position)) >= 0 and "\nEnter for" in shown[at:] and _listens(terminal):
            position = len(shown)
            typed, since = waiting.pop(0)[1].encode() + b"\r", time.monotonic()
            os.write(terminal, typed)
        if not select.select([terminal], [], [], 0.05)[0]:
            # Ansible throws away what was typed before it asked; it may have been at that just now.
            if typed and time.monotonic() - since > 3 and _listens(terminal):
                since = time.monotonic()
                os.write(terminal, typed)
            continue
        try:
            shown += os.read(terminal, 65536).decode("utf-8", "replace")
            typed = b""
        except OSError:  # the other end was closed
            break
    else:
        os.kill(child, signal.SIGKILL)
    os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert not waiting, f"never asked: {waiting}\n{shown}"
    return code, shown


def _listens(terminal: int) -> bool:
    """Whether the prompt is being read: until then what is typed is thrown away."""
    return not termios.tcgetattr(terminal)[3] & termios.ICANON


@pytest.fixture
def two_classes(tmp_path: Path) -> str:
    """Facts of a cluster with two usable storage classes of which none is the default."""
    facts = json.loads((FACTS / "eks.json").read_text(encoding="utf-8"))
    storage = facts["cluster"]["storage"]
    one = next(each for each in storage["classes"] if each["name"] in storage["usable"])
    storage["classes"] = [{**one, "name": name, "default": False} for name in ("fast", "slow")]
    storage.update(usable=["fast", "slow"], default=None, defaults=[])
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    return str(path)


def _planned(work: Work, component: str = "kubeflow-core") -> dict[str, t.Any]:
    report = work.report()
    return {name: choice["value"] for name, choice in report["plan"]["parameters"][component].items()}


def test_only_what_facts_cannot_tell_is_asked(work: t.Any, two_classes: str) -> None:
    user = work(kubeflow_facts_file=two_classes, kubeflow_interactive=True)
    code, shown = _at_a_terminal(
        user,
        "plan",
        [
            ("Which storage class", "fst"),  # not one of them: it is asked again
            ("Which storage class", "slow"),
            ("Under which host name", ""),
            ("How is Kubeflow to be reached", "NodePort"),
            ("How do users log in", "oidc"),
            ("URL of the OpenID", "https://login.example.com"),
            ("Under which id", "kubeflow"),
            ("Which Secret", "my-oidc"),
        ],
    )
    assert code == 0, shown
    assert "Which ClusterIssuer" not in shown and "Which GPUs" not in shown and "Apply it to" not in shown
    values = _planned(user)
    assert {name: values[name] for name in ("storageClass", "gatewayServiceType", "jupyterHubAuthenticator", "oidcSecretName")} == {
        "storageClass": "slow",
        "gatewayServiceType": "NodePort",
        "jupyterHubAuthenticator": "oidc",
        "oidcSecretName": "my-oidc",
    }


def test_what_is_set_is_not_asked_and_enter_takes_what_is_proposed(work: t.Any, two_classes: str) -> None:
    chosen = {"kubeflow-core": {"storageClass": "fast", "hostname": "null", "jupyterHubAuthenticator": "dummy"}}
    user = work(kubeflow_facts_file=two_classes, kubeflow_interactive=True, kubeflow_parameters=chosen)
    code, shown = _at_a_terminal(user, "bootstrap", [("How is Kubeflow to be reached", ""), ("Apply it to", "")])
    assert code == 0, shown
    assert "Which storage class" not in shown and "How do users log in" not in shown
    proposed = user.report()["plan"]["parameters"]["kubeflow-core"]["gatewayServiceType"]
    assert proposed["source"] != "user"
    assert (user.app / "app.yaml").is_file() and not user.report()["outcome"]


def test_without_a_terminal_it_says_so(work: t.Any, two_classes: str) -> None:
    run = work(kubeflow_facts_file=two_classes, kubeflow_interactive=True).play("plan")
    assert run.code != 0
    assert "needs a terminal" in run.output
    assert run.changed == 0


def test_the_files_and_flags_of_the_go_bootstrapper_are_taken_over(work: t.Any, two_classes: str) -> None:
    user = work(kubeflow_facts_file=two_classes, kubeflow_parameters={"mine": {"gatewayReplicas": 3}})
    config = user.folder / "config.yaml"
    config.write_text(
        """
registries: [{name: kubeflow, repo: github.com/kubeflow/kubeflow, path: kubeflow}]
app:
  packages: [{name: core, registry: kubeflow}]
  components: [{name: mine, prototype: kubeflow-core}]
  parameters:
    - {component: mine, name: tfAmbassadorServiceType, value: NodePort}
    - {component: mine, name: gatewayReplicas, value: 2}
    - {component: mine, name: storageClass, value: fast}
""",
        encoding="utf-8",
    )
    run = user.play("plan", kubeflow_go_bootstrapper_flags=f"--config={config} --namespace=ml --email me@example.com").well()
    assert "--email was left out" in run.output
    values = _planned(user, "mine")
    assert (values["gatewayServiceType"], values["gatewayReplicas"], values["storageClass"]) == ("NodePort", 3, "fast")
    assert user.report()["plan"]["namespace"]["value"] == "ml"


def test_a_file_that_cannot_be_understood_stops_the_run(work: t.Any, two_classes: str) -> None:
    user = work(kubeflow_facts_file=two_classes)
    (user.folder / "config.yaml").write_text("app:\n  components: [{name: a, prototype: nothing}]\n", encoding="utf-8")
    run = user.play("bootstrap", kubeflow_go_bootstrapper_config="config.yaml")
    assert run.code != 0
    assert "line 2, prototype: the embedded registry has no prototype 'nothing'" in run.output
    assert not user.app.exists()


def test_packages_come_from_a_bundle_where_their_registry_is_not(work: t.Any, two_classes: str) -> None:
    mine = {"kubeflow_registries": {"kubeflow": {"uri": "../mine"}}, "kubeflow_components": {"job": {"prototype": "tf-serving"}}}
    user = work(kubeflow_facts_file=two_classes, kubeflow_parameters={"job": {"modelPath": "gs://bucket/model"}}, **mine)
    shutil.copytree(ROOT / "registry", user.folder / "mine")
    packing = {
        "dest": "{{ playbook_dir }}/packages.tar.gz",
        "path": "{{ playbook_dir }}/kubeflow-app",
        "declaration": {
            "name": "packed",
            "environments": {"default": {"server": "https://10.0.0.1:6443"}},
            "registries": {"kubeflow": {"uri": "../mine"}},
            "packages": {"tf-serving": {"registry": "kubeflow"}},
        },
    }
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": [{"kubeflow.bootstrap.ks_bundle": packing}]}]
    (user.folder / "pack.yml").write_text(json.dumps(play))
    assert user.play(str(user.folder / "pack.yml")).well().changed == 1
    assert user.play(str(user.folder / "pack.yml")).well().changed == 0
    shutil.rmtree(user.folder / "mine")
    assert user.play("app").code != 0
    user.play("app", kubeflow_bundle=str(user.folder / "packages.tar.gz")).well()
    assert 'modelPath: "gs://bucket/model",' in (user.app / PARAMETERS).read_text()
