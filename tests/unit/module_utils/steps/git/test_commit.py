# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One commit a run, with the real git and real applications."""

from __future__ import annotations

import copy
import os
import subprocess
import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.credential_scan.scan import allowed
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder, journal
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.git import commit as committing
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.git import repository
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.git.commit import CommitSpec, commit, ready

SHELF = Path(__file__).parents[4] / "conformance" / "ks-0.10.0" / "registry"
PASSWORD = "hunter2-" + "Zx9Lm5RtWw"


def declared(**parameters: t.Any) -> dict[str, t.Any]:
    values = {"image": "nginx:1", "replicas": 1, **parameters}
    chosen = {name: {"value": value, "source": "cluster", "reason": f"Because of {name}."} for name, value in values.items()}
    return {
        "name": "app",
        "environments": {"default": {"server": "https://10.0.0.1:6443", "namespace": "team"}},
        "registries": {"shelf": {"uri": str(SHELF.resolve())}},
        "packages": {"web": {"registry": "shelf"}},
        "components": {"front": {"prototype": "io.example.pkg.web", "parameters": values}},
        "record": {"cluster": {"distribution": "gke", "version": "v1.35.0"}, "values": {"front": chosen}},
    }


class Place:
    """A user's application in a folder, and her git."""

    def __init__(self, tmp_path: Path, app: Path) -> None:
        self.app = app
        self.env = {
            "HOME": str(tmp_path),
            "PATH": os.environ["PATH"],
            "XDG_CONFIG_HOME": str(tmp_path / "none"),
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        self.git("config", "--global", "user.name", "Jane Doe", where=tmp_path)
        self.git("config", "--global", "user.email", "jane@example.com", where=tmp_path)

    def git(self, *args: str, where: Path | None = None, fails: bool = False) -> str:
        done = subprocess.run(["git", *args], cwd=where or self.app, env=self.env, capture_output=True, text=True, check=False)
        assert fails or done.returncode == 0, done.stderr
        return done.stdout.strip()

    def context(self, **more: t.Any) -> Context:
        return Context(env=self.env, **more)

    def write(self, declaration: t.Mapping[str, t.Any]) -> None:
        folder.converge(self.app, copy.deepcopy(dict(declaration)))

    def ready(self, declaration: t.Mapping[str, t.Any] | None, check: bool = False, **more: t.Any) -> dict[str, t.Any]:
        return ready(CommitSpec(self.app, declaration, **more), self.context(check=check))

    def commit(self, declaration: t.Mapping[str, t.Any] | None = None, check: bool = False, **more: t.Any) -> dict[str, t.Any]:
        return commit(CommitSpec(self.app, declaration, **more), self.context(check=check, diff=True))

    def run(self, declaration: t.Mapping[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
        """The three steps of a run."""
        self.ready(declaration, **more)
        self.write(declaration)
        return self.commit(declaration, **more)

    def log(self) -> list[str]:
        return self.git("log", "--format=%s").splitlines()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, tmp_path / "work" / "app")


@pytest.fixture
def kept(place: Place) -> Place:
    """It is committed already."""
    place.run(declared())
    return place


def says(work: Callable[[], t.Any]) -> str:
    with pytest.raises(BootstrapError) as caught:
        work()
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- a run after the other


def test_the_folder_becomes_a_repository_with_one_commit_a_run(place: Place) -> None:
    first = place.run(declared())
    assert first["changed"] and first["made"] and first["author"] == "Jane Doe <jane@example.com>"
    assert place.git("status", "--porcelain") == "" and place.git("branch", "--show-current") == "main"
    assert place.log() == ["app: the application for gke v1.35.0"]
    listed = place.git("ls-files").splitlines()
    assert {"app.yaml", "bootstrap.yaml", "components/params.libsonnet"} <= set(listed) == {each["path"] for each in first["files"]}
    again = place.run(declared())
    assert (again["changed"], again["commit"], again["files"], again["message"]) == (False, first["commit"], [], None)
    third = place.run(declared(replicas=3))
    assert place.log()[0] == "app: front: replicas: 1 -> 3"
    assert "Because of replicas." in place.git("log", "-1", "--format=%b")
    assert {each["path"]: each["change"] for each in third["files"]} == {
        "bootstrap.yaml": "changed",
        "components/params.libsonnet": "changed",
    }
    assert "replicas: 1 -> 3" in third["diff"]["after"] and "changed: bootstrap.yaml" in third["diff"]["after"]


def test_check_mode_foresees_and_touches_nothing(place: Place) -> None:
    place.ready(declared(), check=True)
    foreseen = place.commit(declared(), check=True)
    assert foreseen["changed"] and not place.app.exists()
    assert foreseen["message"].startswith("app: the application for gke v1.35.0\n\nfront: added (io.example.pkg.web)\n  image: nginx:1\n")
    real = place.run(declared())
    assert (foreseen["message"], foreseen["files"]) == (real["message"], real["files"])
    place.ready(declared(replicas=2), check=True)
    foreseen = place.commit(declared(replicas=2), check=True)
    assert place.git("status", "--porcelain") == "" and not list((place.app / ".git").glob("kubeflow-bootstrap/*"))
    real = place.run(declared(replicas=2))
    assert (foreseen["message"], foreseen["files"]) == (real["message"], real["files"])
    assert not place.commit(declared(replicas=2), check=True)["changed"]


def test_only_the_folder_is_committed_in_a_larger_repository(place: Place) -> None:
    top = place.app.parent
    top.mkdir()
    place.git("init", "--quiet", "--initial-branch=trunk", where=top)
    for name in ("kept", "staged", "new"):
        (top / name).write_text(name)
    place.git("add", "kept", where=top)
    place.git("commit", "--quiet", "--message=mine", where=top)
    (top / "kept").write_text("changed")
    place.git("add", "staged", where=top)
    done = place.run(declared())
    assert (done["repository"], done["branch"], done["made"]) == (str(top), "trunk", False)
    assert place.git("status", "--porcelain", where=top).splitlines() == ["M kept", "A  staged", "?? new"]
    assert all(name.startswith("app/") for name in place.git("show", "--format=", "--name-only", where=top).splitlines())


# --- whose changes


def test_changes_of_others_are_refused_before_anything_is_written(kept: Place) -> None:
    (kept.app / "components" / "mine.jsonnet").write_text("{}")
    (kept.app / "environments" / "default" / "globals.libsonnet").write_text("{ a: 1 }")
    message = says(lambda: kept.ready(declared(replicas=2)))
    assert "not of this run: components/mine.jsonnet, environments/default/globals.libsonnet." in message
    assert kept.ready(declared(replicas=2), take_changes=True)
    kept.git("add", "components/mine.jsonnet")
    kept.git("stash", "--quiet", "--include-untracked")
    kept.ready(declared(replicas=2))
    kept.write(declared(replicas=2))
    (kept.app / "notes").write_text("written meanwhile")
    assert "not of this run: notes." in says(lambda: kept.commit(declared(replicas=2)))
    assert len(kept.log()) == 1


def test_what_a_killed_run_wrote_is_committed_by_the_next(kept: Place) -> None:
    kept.ready(declared(replicas=2))
    kept.write(declared(replicas=2))  # and here it was killed
    (kept.app / f"x{journal.TEMPORARY}").write_text("half")
    assert kept.run(declared(replicas=3))["files"]
    assert kept.log()[0] == "app: front: replicas: 1 -> 3"
    assert journal.TEMPORARY not in kept.git("ls-files")
    kept.ready(declared(replicas=4))
    kept.write(declared(replicas=4))
    params = kept.app / "components" / "params.libsonnet"
    params.write_text(params.read_text().replace("nginx:1", "nginx:2"))
    assert "not of this run: components/params.libsonnet." in says(lambda: kept.ready(declared(replicas=4)))


def test_what_was_noted_counts_until_the_next_commit(kept: Place) -> None:
    kept.ready(declared(replicas=2))
    kept.write(declared(replicas=2))
    kept.git("commit", "--quiet", "--all", "--message=by hand")
    kept.git("revert", "--no-edit", "HEAD")
    kept.git("checkout", "HEAD~1", "--", ".")
    assert "not of this run: bootstrap.yaml, components/params.libsonnet." in says(lambda: kept.ready(declared(replicas=2)))


def test_without_a_declaration_all_is_committed(kept: Place) -> None:
    (kept.app / "components" / "mine.jsonnet").write_text("{}")
    (kept.app / "components" / "front.jsonnet").unlink()
    assert kept.commit()["files"] == [
        {"path": "components/front.jsonnet", "change": "removed"},
        {"path": "components/mine.jsonnet", "change": "added"},
    ]
    assert kept.git("status", "--porcelain") == ""
    assert kept.log()[0] == "app: 2 files changed"


# --- secrets


def test_a_credential_is_refused_before_it_is_written_and_before_it_is_committed(kept: Place) -> None:
    wrong = declared(image=f"https://me:{PASSWORD}@example.com/nginx")
    message = says(lambda: kept.ready(wrong))
    assert message.startswith("Nothing was written: bootstrap.yaml:") and PASSWORD not in message
    kept.write(wrong)
    message = says(kept.commit)
    assert "components/params.libsonnet:" in message and "a password in a URL" in message and PASSWORD not in message
    assert kept.git("diff", "--cached") == "" and len(kept.log()) == 1
    done = kept.commit(allow=tuple(allowed([{"pattern": "example.com/nginx"}])))
    assert PASSWORD not in str(done)
    assert "password in a URL" in says(lambda: kept.commit(message=f"for https://me:{PASSWORD}@example.com/", check=True))


# --- states of a repository


@pytest.mark.parametrize("what", ["merge", "rebase", "cherry-pick"])
def test_something_is_under_way(kept: Place, what: str) -> None:
    (kept.app / "x").write_text("1")
    kept.commit()
    kept.git("switch", "--quiet", "--create", "other", "HEAD~1")
    (kept.app / "x").write_text("2")
    kept.commit()
    kept.git(what, "main", fails=True)
    message = says(lambda: kept.commit(declared()))
    assert f"A {what} is under way in {kept.app}. End it: git {what} --continue" in message


def test_on_no_branch_and_on_another_one(kept: Place) -> None:
    kept.git("switch", "--quiet", "--detach")
    assert "is on no branch (HEAD is detached)" in says(lambda: kept.ready(declared()))
    assert "is on no branch, not on the branch main. git -C" in says(lambda: kept.ready(declared(), branch="main"))
    kept.write(declared(replicas=2))
    assert kept.commit(branch="kubeflow")["branch"] == "kubeflow"
    assert kept.git("branch", "--show-current") == "kubeflow" and len(kept.log()) == 2
    assert "The branch a..b can't be made" in says(lambda: (kept.write(declared(replicas=3)), kept.commit(branch="a..b")))


def test_a_repository_without_a_commit(place: Place) -> None:
    place.app.mkdir(parents=True)
    place.git("init", "--quiet", "--initial-branch=trunk")
    assert place.run(declared())["branch"] == "trunk"
    assert len(place.log()) == 1


def test_a_hook_refuses(kept: Place) -> None:
    hook = kept.app / ".git" / "hooks" / "pre-commit"
    hook.write_text(f"#!/bin/sh\necho 'too late on Friday: https://a:{PASSWORD}@b/' >&2\nexit 1\n")
    hook.chmod(0o755)
    kept.ready(declared(replicas=2))
    kept.write(declared(replicas=2))
    message = says(lambda: kept.commit(declared(replicas=2)))
    assert "a hook may have: too late on Friday: https://***@b/" in message and PASSWORD not in message
    assert kept.git("diff", "--cached") == ""
    hook.unlink()
    assert kept.run(declared(replicas=2))["changed"]  # what could not be committed counts as ours


def test_an_index_that_is_locked(kept: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "_LOCK_SECONDS", 0.2)
    (kept.app / ".git" / "index.lock").touch()
    assert f"{kept.app}/.git/index.lock exists" in says(lambda: kept.ready(declared()))


def test_nobody_is_known_to_commit(place: Place, tmp_path: Path) -> None:
    (tmp_path / ".gitconfig").write_text("")
    place.env["EMAIL"] = "jane@example.com"  # the name would be guessed from the system's
    assert "user.name and user.email are not set" in says(lambda: place.ready(declared()))
    assert not place.app.exists()
    place.run(declared(), author=("A Robot", "robot@example.com"))
    assert place.git("log", "--format=%an %ae %cn") == "A Robot robot@example.com A Robot"


def test_rules_that_ignore_the_application(place: Place) -> None:
    top = place.app.parent
    top.mkdir()
    place.git("init", "--quiet", where=top)
    (top / ".gitignore").write_text("*.pyc\nvendor/\n")
    message = says(lambda: place.ready(declared()))
    assert "git ignores app/vendor/" in message and "more files of the application: .gitignore, line 2: vendor/." in message
    (top / ".gitignore").write_text("lib/\n*.bak\n")  # ksonnet itself ignores lib/
    assert place.run(declared())["changed"]


def test_a_repository_inside_the_application(kept: Place) -> None:
    place = kept.app / "vendor" / "other"
    place.mkdir()
    kept.git("init", "--quiet", where=place)
    assert f"{place} is a repository of its own, or a submodule" in says(lambda: kept.ready(declared()))


def test_a_repository_of_somebody_else(kept: Place) -> None:
    kept.env["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"
    message = says(lambda: kept.ready(declared()))
    assert "belongs to another user" in message and f"git config --global --add safe.directory '{kept.app}" in message


def test_a_folder_in_gits_own_data(kept: Place) -> None:
    kept.app = kept.app / ".git" / "refs"
    assert "lies in git's own data" in says(kept.commit)


def test_git_is_missing_or_too_old(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "bin"
    path.mkdir()
    place.env["PATH"] = str(path)
    assert "git is not installed here" in says(lambda: place.ready(declared()))
    (path / "git").write_text(
        "#!/bin/sh\ncase $* in *rev-parse*) echo 'fatal: not a git repository' >&2; exit 128;; esac\necho git version 2.17.1\n"
    )
    (path / "git").chmod(0o755)
    assert "is git version 2.17.1, which is too old" in says(lambda: place.ready(declared()))


def test_a_hook_of_git_that_starts_us_does_not_lead_us_astray(kept: Place, tmp_path: Path) -> None:
    kept.env |= {"GIT_DIR": str(tmp_path / "elsewhere"), "GIT_INDEX_FILE": str(tmp_path / "index")}
    kept_env, kept.env = kept.env, {name: value for name, value in kept.env.items() if not name.startswith("GIT_")}
    kept.write(declared(replicas=2))
    kept.env, plain = kept_env, kept.env
    kept.commit()
    kept.env = plain
    assert len(kept.log()) == 2


# --- remotes


def test_what_is_no_remote(kept: Place) -> None:
    assert "There is no remote 'origin'" in says(lambda: kept.commit(remote="origin"))
    message = says(lambda: kept.commit(remote=f"https://me:{PASSWORD}@example.com/x.git"))
    assert "holds a password or token" in message and PASSWORD not in message
    message = says(lambda: kept.commit(remote="http://git.example.com/x.git", login=(None, PASSWORD)))
    assert "is not HTTPS" in message and PASSWORD not in message


def test_notes_stay_out_of_the_folder(kept: Place) -> None:
    kept.ready(declared(replicas=2))
    assert kept.git("status", "--porcelain") == ""
    place = repository.find(committing.Git(kept.app, kept.env))
    assert place and set(committing._recorded_changes(place)) == {"bootstrap.yaml", "components/params.libsonnet"}
