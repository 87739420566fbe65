# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbooks in examples/, as docs/playbooks.md tells a user to run them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import typing as t
import venv
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.tests.absent import NOBODY
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.google import Google
from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import ROOT
from ansible_collections.kubeflow.bootstrap.tests.integration.installed import installed
from ansible_collections.kubeflow.bootstrap.tests.integration.work import RUN_SECONDS, Run, Work

EXAMPLES = ROOT / "examples"


def play(user: Work, example: str, *flags: str, **variables: t.Any) -> Run:
    return user.play(str(EXAMPLES / f"{example}.yml"), *flags, **variables)


def navigator(user: Work, example: str, *flags: str) -> Run:
    """As ``ansible-navigator`` runs it with our settings, but without a container, for which there is no room here."""
    python = installed("ansible-navigator==26.10.0")
    settings = (ROOT / "execution-environment/ansible-navigator.yml").read_text(encoding="utf-8")
    (user.folder / "ansible-navigator.yml").write_text(settings.replace("/home/me", str(user.home)), encoding="utf-8")
    command = user.command(str(EXAMPLES / f"{example}.yml"), *flags, "--execution-environment", "false")
    argv = [str(python.parent / "ansible-navigator"), "run", *command["args"][1:]]
    done = subprocess.run(**{**command, "args": argv}, stdin=subprocess.DEVNULL, timeout=RUN_SECONDS, check=False)
    return Run(done.returncode, done.stdout)


def git(folder: Path, *args: str) -> str:
    names = ["-c", "user.name=Me", "-c", "user.email=me@example.com"]
    return subprocess.run(["git", "-C", str(folder), *names, *args], check=True, capture_output=True, text=True).stdout


def test_stages_and_tags(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="ex-stages", kubeflow_apply=True)
    with each.untouched():
        assert navigator(user, "stages", "--tags", "look").well().changed == 0
        assert not user.app.exists()
        play(user, "stages", "--skip-tags", "deploy").well()
    assert (user.app / "app.yaml").is_file()
    play(user, "stages").well()
    each.kubectl("get", "deployment", "hub", "-n", "ex-stages")


def test_single_modules_defaults_by_group_and_handlers(cluster, work, tmp_path):
    each = cluster()
    # The current context leads nowhere: only the defaults of the action group lead to the cluster.
    config = json.loads(Path(each.kubeconfig).read_text(encoding="utf-8"))
    good = config["current-context"]
    config["contexts"].append({"name": "bad", "context": {"cluster": "bad", "user": ""}})
    config["clusters"].append({"name": "bad", "cluster": {"server": f"https://{NOBODY}"}})
    config["current-context"] = "bad"
    (tmp_path / "two").write_text(json.dumps(config), encoding="utf-8")
    each.kubectl("create", "namespace", "ex-modules")
    user = work(env={"KUBECONFIG": str(tmp_path / "two")}, kubeflow_namespace="ex-modules", kubeflow_context=good)
    first = play(user, "modules").well()
    assert "RUNNING HANDLER [Say that the application changed]" in first.output
    assert "RUNNING HANDLER [Say that the cluster changed]" in first.output
    each.kubectl("get", "deployment", "web", "-n", "ex-modules")
    second = play(user, "modules").well()
    assert second.changed == 0 and "RUNNING HANDLER" not in second.output


# --- elsewhere than in the controller's process


@pytest.fixture
def far_python(tmp_path: Path) -> Path:
    """A Python with nothing but PyYAML."""
    folder = tmp_path / "far-python"
    venv.create(folder, with_pip=False, symlinks=True)
    (place,) = folder.glob("lib/python*/site-packages")
    for package in ("yaml", "_yaml"):
        shutil.copytree(Path(yaml.__file__).parent.parent / package, place / package)
    return folder / "bin/python"


@pytest.fixture
def far_home(tmp_path: Path) -> Path:
    home = tmp_path / "far-home"
    (home / "bin").mkdir(parents=True)
    return home


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def bastion(far_home: Path, far_python: Path, tmp_path: Path) -> t.Callable[..., list[str]]:
    """An inventory with a bastion, which Ansible reaches with its own ssh connection. In place of the command ``ssh`` there is a program
    that runs what it is given as sshd would: in a shell, with another home and an environment of its own."""

    def flags(python: Path = far_python) -> list[str]:
        run = (
            f'for last; do :; done\nprintf "%s\\n" "$last" >> {far_home}/asked\n'
            f'cd {far_home}\nexec env -i HOME={far_home} PATH=/usr/bin:/bin sh -c "$last"'
        )
        host = {
            "ansible_connection": "ansible.builtin.ssh",
            "ansible_host": "bastion.example.com",
            "ansible_ssh_executable": script(far_home / "bin/ssh", run),
            "ansible_ssh_transfer_method": "piped",
            "ansible_python_interpreter": str(python),
        }
        inventory = tmp_path / "inventory.yml"
        hosts = {"localhost": {"ansible_connection": "local"}, "bastion": host}
        inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")
        return ["-i", str(inventory)]

    return flags


@pytest.mark.soak
def test_through_a_bastion_that_has_python_and_pyyaml(cluster, work, bastion, far_home):
    each = cluster()
    each.kubectl("create", "namespace", "ex-bastion")
    # The kubeconfig is there, and nowhere else.
    shutil.copy(each.kubeconfig, far_home / "config")
    user = work(kubeflow_namespace="ex-bastion", bastion_kubeconfig="~/config", bastion_folder=str(far_home / "app"))
    # To deploy takes more than that, which is said.
    refused = play(user, "bastion", *bastion())
    assert refused.code != 0
    assert "To evaluate the application, the Python package rjsonnet is needed" in refused.output
    assert each.facts["server"] in (user.app / "app.yaml").read_text(encoding="utf-8")
    assert "AnsiballZ_cluster_info.py" in (far_home / "asked").read_text(encoding="utf-8")
    # With that it works.
    play(user, "bastion", *bastion(Path(sys.executable))).well()
    each.kubectl("get", "deployment", "hub", "-n", "ex-bastion")


def test_as_another_user(cluster, work, far_home, far_python):
    each = cluster()
    shutil.copy(each.kubeconfig, far_home / "config")
    # In place of sudo: it goes past its own options, and what it starts has the other user's home.
    sudo = script(
        far_home / "bin/sudo", f'while [ "$1" != /bin/sh ]; do shift; done\ntouch {far_home}/became\nexport HOME={far_home}\nexec "$@"'
    )
    # Where the tests run as root, becoming root would be left out.
    env = {"ANSIBLE_BECOME_ALLOW_SAME_USER": "true"}
    user = work(env=env, kubeflow_kubeconfig="~/config", ansible_become_exe=sudo, ansible_python_interpreter=str(far_python))
    run = play(user, "another_user").well()
    assert f"{each.facts['server']} has 3 nodes" in run.output
    assert (far_home / "became").exists()


# --- with git and clouds


@pytest.mark.soak
def test_the_address_comes_before_the_cluster(cluster, work, tmp_path):
    each, google = cluster("gke-gpu"), Google()
    try:
        login = google.key_file(tmp_path)
        env = {"CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": google.url, "GOOGLE_APPLICATION_CREDENTIALS": str(login)}
        ingress = {"kubeflow_components": {"iap-ingress": {"prototype": "iap-ingress"}}}
        host = {"kubeflow_parameters": {"iap-ingress": {"hostname": "ml.example.com"}}}
        user = work(env=env, kubeflow_namespace="ex-address", **ingress, **host)
        chosen = {"project": "my-project", "address_name": "kubeflow-ip", "cluster_name": "ml", "new_kubeconfig": each.kubeconfig}
        run = play(user, "address_first", **chosen)
        [(path, address)] = list(google.addresses.items())
        assert path.endswith("/global/addresses/kubeflow-ip") and address["labels"]["kubeflow-cluster"] == "ml"
        assert run.code == 0, run.output
        # The application uses it.
        assert '"kubeflow-ip"' in (user.app / "components/params.libsonnet").read_text(encoding="utf-8")
        assert play(user, "address_first", **chosen).well().changed == 0 and len(google.addresses) == 1
    finally:
        google.close()


@pytest.mark.soak
def test_gitops(cluster, work):
    each = cluster()
    user = work(each, kubeflow_namespace="ex-gitops", kubeflow_git_author_name="Me", kubeflow_git_author_email="me@example.com")
    with each.untouched():
        play(user, "gitops").well()
        assert play(user, "gitops").well().changed == 0
    assert git(user.app, "status", "--porcelain") == ""
    assert "manifests/default/kubeflow.yaml" in git(user.app, "ls-files").split()
    assert len(git(user.app, "log", "--oneline").splitlines()) == 1
    # What Argo CD and Flux do with a folder of manifests: apply all of it, into a namespace that is there.
    each.kubectl("create", "namespace", "ex-gitops")
    each.kubectl("apply", "--server-side", "-R", "-f", str(user.app / "manifests/default"), "-n", "ex-gitops")
    applied = owned(each, "ex-gitops")
    # The same objects as a deployment would bring: it adopts them, and has nothing to change in them.
    versions = {key: item["metadata"]["generation"] for key, item in applied.items() if "generation" in item["metadata"]}
    user.bootstrap(kubeflow_adopt=True).well()
    after = each.applied("ex-gitops")
    assert set(after) - {("Namespace", "ex-gitops")} == set(applied)
    assert owned(each, "ex-gitops") == {}
    assert {key: after[key]["metadata"]["generation"] for key in versions} == versions


def owned(each, space: str) -> dict[tuple[str, str], dict[str, t.Any]]:
    """What somebody applied in a namespace with kubectl, by kind and name."""
    items = each.everything("--show-managed-fields").items()
    mine = {"kubectl"}
    return {
        (kind, name): item
        for (kind, where, name), item in items
        if space == where and mine & {entry["manager"] for entry in item["metadata"].get("managedFields", [])}
    }


def test_ansible_pull_and_import_playbook(cluster, work, tmp_path):
    each = cluster()
    repository = tmp_path / "repository"
    repository.mkdir()
    git(repository, "init", "-q", "-b", "main")
    shutil.copy(EXAMPLES / "site.yml", repository / "site.yml")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "Kubeflow")
    user = work(each, kubeflow_namespace="ex-pull", kubeflow_apply=True)
    command = user.command("x")
    argv = ["ansible-pull", "--url", f"file://{repository}", "--checkout", "main", "--directory", str(user.folder / "checkout")]
    argv += ["-e", json.dumps(user.variables), "site.yml"]
    done = subprocess.run(**{**command, "args": argv}, timeout=RUN_SECONDS, check=False)
    assert done.returncode == 0, done.stdout
    assert '\\"created\\": ' in done.stdout
    # What a play before chose is what the plan takes.
    settings = each.kubectl("get", "configmap", "hub-config", "-n", "ex-pull", "-o", "jsonpath={.data.settings\\.json}")
    assert '"size": "20Gi"' in settings


def test_strategy_free(cluster, work, tmp_path):
    each = cluster()
    config = json.loads(Path(each.kubeconfig).read_text(encoding="utf-8"))
    entry = config["contexts"][0]["context"]
    config["contexts"] = [{"name": name, "context": entry} for name in ("one", "two")]
    config["current-context"] = "one"
    (tmp_path / "config").write_text(json.dumps(config), encoding="utf-8")
    inventory = tmp_path / "my.kubeconfigs.yml"
    inventory.write_text(yaml.safe_dump({"plugin": "kubeflow.bootstrap.kubeconfigs", "kubeconfigs": ["config"]}), encoding="utf-8")
    user = work(kubeflow_namespace="ex-free")
    done = subprocess.run(**user.command(str(EXAMPLES / "clusters_free.yml"), "-i", str(inventory)), timeout=RUN_SECONDS, check=False)
    assert done.returncode == 0, done.stdout
    assert sorted(path.parent.name for path in user.folder.glob("kubeflow-app/*/app.yaml")) == ["one", "two"]


def test_every_example_is_run_and_documented():
    text, tests = (ROOT / "docs/playbooks.md").read_text(encoding="utf-8"), Path(__file__).read_text(encoding="utf-8")
    for path in EXAMPLES.glob("*.yml"):
        assert f"examples/{path.name}" in text, path.name
        assert f'"{path.stem}' in tests or path.name in (EXAMPLES / "address_first.yml").read_text(encoding="utf-8"), path.name
