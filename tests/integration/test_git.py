# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role git as a user runs it: before and after the application is written, and pushed to real remotes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.tests.absent import NOBODY
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.git_http import GitHttp

TOKEN = "gh" + "p_Zx9Lm5RtWwQ83kPdZx9Lm5RtWwQ83kPdAAAA"


def declared(**parameters):
    chosen = {name: {"value": value, "source": "user", "reason": "You chose it."} for name, value in parameters.items()}
    return {
        "name": "kubeflow",
        "environments": {"default": {"server": "https://10.0.0.1:6443", "namespace": "kubeflow"}},
        "registries": {"kubeflow": {"uri": "embedded"}},
        "packages": {"core": {"registry": "kubeflow"}},
        "components": {"kubeflow-core": {"prototype": "kubeflow-core", "parameters": parameters}},
        "record": {"cluster": {"distribution": "gke", "version": "v1.35.0"}, "values": {"kubeflow-core": chosen}},
    }


class User:
    """Somebody with git set up, a folder, and a bare repository to push to."""

    def __init__(self, work, tmp_path):
        self.work = work
        self.bare = tmp_path / "served" / "apps.git"
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.bare), where=tmp_path)
        self.git("config", "--global", "user.name", "Jane Doe", where=tmp_path)
        self.git("config", "--global", "user.email", "jane@example.com", where=tmp_path)

    def git(self, *args, where=None):
        env = {"HOME": str(self.work.home), "PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(["git", *args], cwd=where or self.work.app, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def log(self, where=None):
        return self.git("log", "--format=%s", where=where).splitlines()

    def run(self, *flags, **variables):
        """What a run does with the application: check, write, commit."""
        role = {"name": "kubeflow.bootstrap.git"}
        tasks = [
            {"ansible.builtin.import_role": {**role, "tasks_from": "check"}},
            {"kubeflow.bootstrap.ks_app": {"path": str(self.work.app), "declaration": "{{ kubeflow_git_declaration }}"}},
            {"ansible.builtin.import_role": role},
            {"ansible.builtin.debug": {"msg": "{{ kubeflow_steps.git }}"}},
        ]
        book = self.work.folder / "git.yml"
        book.write_text(
            json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]), encoding="utf-8"
        )
        merged = {"kubeflow_git_declaration": declared(), "kubeflow_git_path": str(self.work.app), **variables}
        return self.work.play(str(book), *flags, **merged)


@pytest.fixture
def user(work, tmp_path):
    return User(work(env={"GIT_CONFIG_NOSYSTEM": "1"}), tmp_path)


def test_one_commit_a_run_and_none_where_nothing_changed(user):
    user.run("--check", "--diff").well()
    assert not user.work.app.exists()
    first = user.run("--diff").well()
    assert first.changed == 2 and "kubeflow: the application for gke v1.35.0" in first.output
    before = user.work.files()
    assert user.run().well().changed == 0
    now = user.work.files()
    assert {path for path in now if now[path][0] != before.get(path, (None,))[0]} <= {
        path for path in now if ".git/kubeflow-bootstrap" in path or path.endswith(("/.git/index", "git.yml"))
    }
    user.run(kubeflow_git_declaration=declared(storageClass="fast")).well()
    assert user.log() == ["kubeflow: kubeflow-core: storageClass: fast", "kubeflow: the application for gke v1.35.0"]
    user.run(kubeflow_git_declaration=declared(storageClass="slow")).well()
    assert user.git("log", "-1", "--format=%B").splitlines() == [
        "kubeflow: kubeflow-core: storageClass: fast -> slow",
        "",
        "kubeflow-core:",
        "  storageClass: fast -> slow",
        "    (user) You chose it.",
    ]
    (user.work.app / "components" / "mine.jsonnet").write_text("{}")
    refused = user.run()
    assert "not of this run: components/mine.jsonnet." in refused.message


def test_pushed_to_a_file_and_never_by_force(user, tmp_path):
    remote = f"file://{user.bare}"
    assert user.run(kubeflow_git_remote=remote).well().changed == 2
    assert user.log(where=user.bare) == user.log()
    assert user.run(kubeflow_git_remote=remote).well().changed == 0
    other = tmp_path / "other"
    user.git("clone", "--quiet", remote, str(other), where=tmp_path)
    assert (other / "app.yaml").read_bytes() == (user.work.app / "app.yaml").read_bytes()
    user.git("commit", "--quiet", "--allow-empty", "--message=hers", where=other)
    user.git("push", "--quiet", where=other)
    late = user.run(kubeflow_git_remote=remote, kubeflow_git_declaration=declared(storageClass="fast"))
    assert "has commits that are not here; nothing was forced. git pull --rebase" in late.message
    assert user.log(where=user.bare)[0] == "hers"
    user.git("pull", "--quiet", "--rebase", remote, "main")
    foreseen = user.run("--check", kubeflow_git_remote=remote, kubeflow_git_declaration=declared(storageClass="fast")).well()
    assert foreseen.changed == 1 and user.log(where=user.bare)[0] == "hers"
    user.run(kubeflow_git_remote=remote, kubeflow_git_declaration=declared(storageClass="fast")).well()
    assert user.log(where=user.bare)[0] == "kubeflow: kubeflow-core: storageClass: fast"
    assert (
        "does not exist"
        in user.run(kubeflow_git_remote=f"file://{tmp_path}/nothing.git", kubeflow_git_declaration=declared(storageClass="fast")).message
    )
    user.git("remote", "add", "origin", remote)
    assert (
        user.run(kubeflow_git_remote="origin", kubeflow_git_remote_branch="trial", kubeflow_git_declaration=declared(storageClass="fast"))
        .well()
        .changed
        == 1
    )
    assert user.log(where=user.bare) == user.git("log", "--format=%s", "trial", where=user.bare).splitlines()


def test_pushed_over_http_with_a_token_that_stays_secret(user):
    user.git("config", "--global", "credential.helper", "store", where=user.work.home)
    user.git("config", "http.receivepack", "true", where=user.bare)
    server = GitHttp(user.bare.parent, TOKEN)
    try:
        remote = f"{server.url}/apps.git"
        for wrong in ("", "wrong-token"):
            refused = user.run(kubeflow_git_remote=remote, kubeflow_git_token=wrong)
            assert "did not let us push: the login is missing, wrong or may not write" in refused.message
        run = user.run("-vvv", "--diff", kubeflow_git_remote=remote, kubeflow_git_token=TOKEN).well()
        assert user.log(where=user.bare) == user.log()
        assert f"x-access-token:{TOKEN}" in server.seen
        assert user.run(kubeflow_git_remote=remote, kubeflow_git_token=TOKEN).well().changed == 0
    finally:
        server.close()
    # ansible-playbook itself got it in its arguments from this test, by -e.
    assert [line for line in server.argv if TOKEN in line and "ansible-playbook" not in line] == []
    assert any("push" in line and remote in line for line in server.argv)
    kept = {path: text for path, (text, _time) in user.work.files().items() if TOKEN.encode() in text}
    assert kept == {} and not (user.work.home / ".git-credentials").exists()
    assert TOKEN not in run.output


def test_the_token_is_for_one_host_alone(user, tmp_path):
    elsewhere = GitHttp(user.bare.parent, TOKEN)
    server = GitHttp(user.bare.parent, TOKEN, redirect=elsewhere.url)
    try:
        run = user.run(kubeflow_git_remote=f"{server.url}/apps.git", kubeflow_git_token=TOKEN)
        assert "did not let us push" in run.message
        assert elsewhere.seen == [] and elsewhere.argv
    finally:
        server.close()
        elsewhere.close()


def test_a_remote_that_refuses_says_why(user):
    hook = Path(user.bare, "hooks", "pre-receive")
    hook.write_text("#!/bin/sh\necho 'main is protected'\nexit 1\n")
    hook.chmod(0o755)
    run = user.run(kubeflow_git_remote=str(user.bare))
    assert "refused the branch main: pre-receive hook declined. main is protected" in run.message
    assert "can't be reached" in user.run(kubeflow_git_remote=f"http://{NOBODY}/apps.git").message


def test_a_secret_is_refused_before_it_is_written(user):
    wrong = declared(jupyterHubImage=f"https://me:{TOKEN}@example.com/hub")
    run = user.run(kubeflow_git_declaration=wrong)
    assert run.message.startswith("Nothing was written: bootstrap.yaml:") and TOKEN not in run.message
    assert not user.work.app.exists()


def test_nothing_is_done_with_absent(user):
    assert "kubeflow_steps" in user.run(kubeflow_git_state="absent").output
    assert not (user.work.app / ".git").exists()


@pytest.mark.soak
def test_between_the_stages(cluster, work, tmp_path):
    """As the README has it; a second run commits nothing, and another value is one commit with its reason."""
    user = User(work(cluster(), env={"GIT_CONFIG_NOSYSTEM": "1"}), tmp_path)
    stages = [("kubeflow", "plan"), ("git", "check"), ("kubeflow", "app"), ("git", "main")]
    tasks = [{"ansible.builtin.import_role": {"name": f"kubeflow.bootstrap.{role}", "tasks_from": file}} for role, file in stages]
    book = user.work.folder / "stages.yml"
    book.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    user.work.play(str(book)).well()
    assert user.work.play(str(book)).well().changed == 0
    user.work.play(str(book), kubeflow_parameters={"kubeflow-core": {"gatewayReplicas": 3}}).well()
    assert user.log()[0] == "kubeflow: kubeflow-core: gatewayReplicas: 2 -> 3" and len(user.log()) == 2
    assert "gatewayReplicas: 2 -> 3\n    (user)" in user.git("log", "-1", "--format=%b")
    assert user.git("status", "--porcelain") == ""
