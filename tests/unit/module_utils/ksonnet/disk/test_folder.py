# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An application on disk: what is the user's stays, what is ours goes, and nothing is written where something is wrong."""

from __future__ import annotations

import copy
import errno
import fcntl
import itertools
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import threading
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.formats import yaml_documents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder, journal
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import library, overrides, params, record
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries import registry
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT

from tests.patience import patience

SHELF = Path(__file__).parents[4] / "conformance" / "ks-0.10.0" / "registry"
DECLARED: dict[str, t.Any] = {
    "name": "app",
    "environments": {"default": {"server": "https://10.0.0.1:6443", "namespace": "team"}},
    "registries": {"shelf": {"uri": str(SHELF)}},
    "packages": {"web": {"registry": "shelf"}, "plain": {"registry": "shelf"}},
    "components": {
        "front": {"prototype": "io.example.pkg.web", "parameters": {"image": "nginx:1", "replicas": 1}},
        "settings": {"prototype": "io.example.pkg.plain", "parameters": {}},
    },
    "record": {"cluster": {"uid": "1"}, "why": {"front.replicas": "One node."}},
}


@pytest.fixture
def declared() -> dict[str, t.Any]:
    return copy.deepcopy(DECLARED)


@pytest.fixture
def app(tmp_path: Path, declared: dict[str, t.Any]) -> Path:
    folder.converge(tmp_path / "app", declared)
    return tmp_path / "app"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def everything(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def written_at(path: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of each file: neither changes where nothing is written."""
    return {str(file): (file.stat().st_ino, file.stat().st_mtime_ns) for file in path.rglob("*")}


def test_check_tells_all_and_writes_nothing(tmp_path: Path, declared: dict[str, t.Any]) -> None:
    planned = folder.converge(tmp_path / "deep" / "app", declared, check=True)
    assert list(tmp_path.iterdir()) == []
    done = folder.converge(tmp_path / "deep" / "app", declared)
    assert (planned.changed, planned.changes) == (True, done.changes)
    assert everything(tmp_path / "deep" / "app") == {change.path: (change.after or "").encode() for change in done.changes}
    assert sorted(os.listdir(tmp_path / "deep")) == ["app"]


def test_a_second_run_writes_nothing(app: Path, declared: dict[str, t.Any]) -> None:
    before = written_at(app.parent)
    result = folder.converge(app, declared)
    assert (result.changed, result.changes, result.kept, result.removed) == (False, [], [], [])
    assert written_at(app.parent) == before


def test_the_record_stands_in_bootstrap_yaml_and_has_no_time(app: Path, tmp_path: Path, declared: dict[str, t.Any]) -> None:
    document = yaml_documents.load_mapping((app / "bootstrap.yaml").read_text(), "f")
    assert (document["apiVersion"], document["kind"], document["record"]) == ("kubeflow.bootstrap/v1", "Bootstrap", DECLARED["record"])
    folder.converge(tmp_path / "other", declared)
    assert (tmp_path / "other" / "bootstrap.yaml").read_bytes() == (app / "bootstrap.yaml").read_bytes()


def test_a_changed_plan_changes_one_value_and_nothing_else(app: Path, declared: dict[str, t.Any]) -> None:
    # Without anything of the user's in the file it is reprinted, as ks does it: tests/conformance.
    edit(app / params.PATH, "    front: {", "    # mine\n    front: {")
    before = everything(app)
    declared["components"]["front"]["parameters"]["replicas"] = 3
    result = folder.converge(app, declared)
    assert [change.path for change in result.changes] == ["components/params.libsonnet", "bootstrap.yaml"]
    assert (app / params.PATH).read_bytes() == before[params.PATH].replace(b"replicas: 1,", b"replicas: 3,")
    del declared["components"]["front"]["parameters"]["replicas"]
    folder.converge(app, declared)
    assert b"replicas: 2," in (app / params.PATH).read_bytes()  # the prototype's default


def test_a_value_set_by_hand_wins_until_it_is_taken_back(app: Path, declared: dict[str, t.Any]) -> None:
    edit(app / params.PATH, "replicas: 1,", "# more pods\n      replicas: 9, // mine")
    kept = [{"component": "front", "parameter": "replicas", "value": 9, "planned": 1}]
    assert folder.converge(app, declared).kept == kept
    declared["components"]["front"]["parameters"].update(replicas=4, image="nginx:2")
    result = folder.converge(app, declared)
    assert result.kept == [{**kept[0], "planned": 4}]
    text = (app / params.PATH).read_text()
    assert "# more pods\n      replicas: 9, // mine\n" in text
    assert 'image: "nginx:2",' in text
    edit(app / params.PATH, "replicas: 9,", "replicas: 4,")
    assert folder.converge(app, declared).kept == []
    declared["components"]["front"]["parameters"]["replicas"] = 5
    assert folder.converge(app, declared).kept == []
    assert "replicas: 5, // mine" in (app / params.PATH).read_text()


def test_an_expression_set_by_hand_stays(app: Path, declared: dict[str, t.Any]) -> None:
    edit(app / params.PATH, "replicas: 1,", "replicas: std.max(1, 2),")
    assert folder.converge(app, declared).kept == [{"component": "front", "parameter": "replicas", "value": "std.max(1, 2)", "planned": 1}]


def test_what_ks_param_set_does_to_the_file_is_no_edit_of_the_other_values(app: Path, declared: dict[str, t.Any]) -> None:
    # It reprints the whole file: maps over several lines, no newline at the end.
    edit(app / params.PATH, 'env: {"LANG":"C.UTF-8"},', 'env: {\n        LANG: "C.UTF-8",\n      },')
    edit(app / params.PATH, "replicas: 1,", "replicas: 7,")
    (app / params.PATH).write_text((app / params.PATH).read_text().rstrip("\n"))
    assert [entry["parameter"] for entry in folder.converge(app, declared).kept] == ["replicas"]


def test_a_component_file_changed_by_hand_stays(app: Path, declared: dict[str, t.Any]) -> None:
    file = app / "components" / "front.jsonnet"
    file.write_text(file.read_text() + "// mine\n")
    result = folder.converge(app, declared)
    assert result.kept == [{"component": "front", "file": "components/front.jsonnet", "reason": "It was changed by hand."}]
    assert not result.changed
    file.unlink()
    assert [change.path for change in folder.converge(app, declared).changes] == ["components/front.jsonnet"]


def test_what_is_no_longer_declared_goes_if_nobody_changed_it(app: Path, declared: dict[str, t.Any]) -> None:
    (app / "components" / "mine.jsonnet").write_text("// not: import 'shelf/plain/plain.libsonnet'\n{ kind: 'Mine' }")
    del declared["components"]["settings"], declared["packages"]["plain"]
    result = folder.converge(app, declared)
    assert result.removed == ["components/settings.jsonnet", "vendor/shelf/plain/parts.yaml", "vendor/shelf/plain/prototypes/plain.jsonnet"]
    assert not (app / "vendor" / "shelf" / "plain").exists()
    assert "settings" not in (app / params.PATH).read_text()
    assert "plain" not in (app / "app.yaml").read_text()
    assert list(render.objects(folder.read(app))) == ["front", "mine"]


def test_what_is_no_longer_declared_stays_if_it_was_changed(app: Path, declared: dict[str, t.Any]) -> None:
    edit(app / params.PATH, 'text: "hello"', 'text: "mine"')
    del declared["components"]["settings"]
    result = folder.converge(app, declared)
    assert result.removed == []
    assert [entry["component"] for entry in result.kept] == ["settings"]
    result = folder.converge(app, declared)
    assert (result.changed, result.kept) == (False, [])
    assert render.objects(folder.read(app))["settings"][0]["data"]["text"] == "mine"


def test_a_package_that_a_component_still_imports_stays(app: Path, declared: dict[str, t.Any]) -> None:
    file = app / "components" / "front.jsonnet"
    file.write_text(file.read_text() + "// mine\n")
    del declared["components"]["front"], declared["packages"]["web"]
    result = folder.converge(app, declared)
    assert result.removed == []
    assert [entry.get("component") or entry.get("libraries") for entry in result.kept] == ["front", "web"]
    assert [item["kind"] for item in render.objects(folder.read(app))["front"]] == ["Deployment", "Service"]
    assert not folder.converge(app, declared).changed


def test_a_prototype_of_a_package_that_is_no_longer_declared_is_not_found(app: Path, declared: dict[str, t.Any]) -> None:
    del declared["packages"]["web"]
    with pytest.raises(BootstrapError, match="No prototype is named 'io.example.pkg.web'"):
        folder.converge(app, declared)


def test_the_users_own_parts_stay(app: Path, declared: dict[str, t.Any]) -> None:
    edit(app / "app.yaml", "kind: ksonnet.io/app", "description: mine\nkind: ksonnet.io/app")
    edit(app / "app.yaml", "environments:\n", "environments:\n  own:\n    destination:\n      server: https://own\n    path: own\n")
    edit(app / "app.yaml", "namespace: team", "namespace: mine")
    edit(app / "environments" / "base.libsonnet", "// Insert user-specified overrides here.", "own: 1,")
    (app / "README.md").write_text("mine")
    before = everything(app)
    result = folder.converge(app, declared)
    assert result.kept == [{"environments": "default", "field": "destination.namespace", "value": "mine", "planned": "team"}]
    assert everything(app) == before
    declared["packages"]["store"] = {"registry": "shelf"}
    folder.converge(app, declared)
    spec = yaml_documents.load_mapping((app / "app.yaml").read_text(), "f")
    assert spec["description"] == "mine"
    assert spec["environments"]["own"]["destination"] == {"server": "https://own"}
    assert list(spec["libraries"]) == ["plain", "store", "web"]


def test_vendored_packages_are_replaced_whole(app: Path, declared: dict[str, t.Any]) -> None:
    before = everything(app)
    (app / "vendor/shelf/web/web.libsonnet").write_text("{}")
    (app / "vendor/shelf/web/extra.libsonnet").write_text("{}")
    assert folder.converge(app, declared).removed == ["vendor/shelf/web/extra.libsonnet"]
    assert everything(app) == before


def test_an_environment_no_longer_declared_goes_unless_it_was_changed(app: Path, declared: dict[str, t.Any]) -> None:
    before = everything(app)
    declared["environments"]["eu/prod"] = {"server": "https://eu"}
    folder.converge(app, declared)
    edit(app / "environments/eu/prod/globals.libsonnet", "{\n}", "{ a: 1 }")
    del declared["environments"]["eu/prod"]
    assert [entry["environments"] for entry in folder.converge(app, declared).kept] == ["eu/prod"]
    assert "eu/prod" in (app / "app.yaml").read_text()

    shutil.rmtree(app)
    folder.converge(app, DECLARED)
    declared["environments"]["eu/prod"] = {"server": "https://eu"}
    folder.converge(app, declared)
    assert folder.converge(app, DECLARED).kept == []
    assert everything(app) == before
    assert not (app / "environments" / "eu").exists()


def test_taking_everything_out_leaves_what_ks_init_makes(app: Path, tmp_path: Path) -> None:
    bare = {"name": "app", "environments": DECLARED["environments"]}
    assert folder.converge(app, bare).kept == []
    folder.converge(tmp_path / "bare", bare)
    # As `ks component rm` leaves the file of an environment.
    left = {**everything(tmp_path / "bare"), "environments/default/params.libsonnet": overrides.EMPTIED.encode()}
    assert everything(app) == left


def test_a_lost_library_is_written_again_and_a_users_own_stays(app: Path, declared: dict[str, t.Any]) -> None:
    shutil.rmtree(app / "lib")
    assert {change.path for change in folder.converge(app, declared).changes} == set(library.files("v1.7.0"))
    (app / "lib/v1.7.0/k.libsonnet").write_text("{ own: 1 }")
    assert not folder.converge(app, declared).changed


def test_the_embedded_registry_makes_the_application_a_registry_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "folder", lambda declared, application: SHELF)
    declared = {**DECLARED, "registries": {"shelf": {"uri": "embedded"}}}
    folder.converge(tmp_path / "app", declared)
    spec = yaml_documents.load_mapping((tmp_path / "app" / "app.yaml").read_text(), "f")
    assert spec["registries"] == {"shelf": {"protocol": "fs", "uri": "./vendor/shelf"}}
    files = registry.read(tmp_path / "app" / "vendor" / "shelf", ["web", "plain"], "shelf")
    assert files == registry.read(SHELF, ["web", "plain"], "shelf")
    assert not any(str(tmp_path) in text or str(SHELF) in text for text in folder.read(tmp_path / "app").values())


def test_a_module_without_the_embedded_registry_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "__file__", str(tmp_path / "a" / "b" / "c" / "registry.py"))
    with pytest.raises(BootstrapError, match="embedded registry is not here"):
        registry.folder("embedded", tmp_path)


Prepare = t.Callable[[Path], None]


def files(**content: str) -> Prepare:
    def write(path: Path) -> None:
        path.mkdir(exist_ok=True)
        for name, text in content.items():
            (path / name.replace("__", ".")).write_text(text)

    return write


def broken(path_in_app: str, old: str, new: str) -> Prepare:
    def make(path: Path) -> None:
        folder.converge(path, DECLARED)
        edit(path / path_in_app, old, new)

    return make


def without_record(path: Path) -> None:
    folder.converge(path, DECLARED)
    (path / "bootstrap.yaml").unlink()


def file_for_folder(path: Path) -> None:
    folder.converge(path, DECLARED)
    shutil.rmtree(path / "components")
    (path / "components").write_text("")


def link_out(path: Path) -> None:
    folder.converge(path, DECLARED)
    (path / "components" / "spy.yaml").symlink_to("/etc/passwd")


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (files(notes__txt="x", photo__jpg="y"), "holds other files and no ksonnet application: notes.txt, photo.jpg"),
        (files(__gitignore="secret\n"), "holds other files and no ksonnet application: .gitignore"),
        (without_record, "that this collection didn't make: it has no bootstrap.yaml"),
        (broken("app.yaml", "kind: ksonnet.io/app", "kind: {"), "app.yaml, line .*: not YAML"),
        (broken("app.yaml", "apiVersion: 0.1.0", "apiVersion: 0.2.0"), "apiVersion: 0.1.0 is expected, not '0.2.0'"),
        (broken("app.yaml", "environments:", "environments: []\nother:"), "app.yaml: environments: a mapping of mappings"),
        (broken("bootstrap.yaml", "written:", "written: 1\nother:"), "bootstrap.yaml: written: a mapping of mappings"),
        (broken("bootstrap.yaml", "kubeflow.bootstrap/v1", "kubeflow.bootstrap/v9"), "bootstrap.yaml: apiVersion"),
        (broken(params.PATH, 'text: "hello"', 'text: "a "quoted" text"'), r"components/params.libsonnet, line \d+: a comma is missing"),
        (file_for_folder, "components is a file where a folder must be"),
        (link_out, "spy.yaml is a link that leads out of the application"),
        (lambda path: path.write_text("x"), "is a file where a folder must be"),
    ],
)
def test_guards_refuse_and_write_nothing(prepare: Prepare, message: str, tmp_path: Path, declared: dict[str, t.Any]) -> None:
    prepare(tmp_path / "app")
    before = written_at(tmp_path)
    declared["components"]["front"]["parameters"]["replicas"] = 8
    for check in (True, False):
        with pytest.raises(BootstrapError, match=message) as caught:
            folder.converge(tmp_path / "app", declared, check=check)
        assert caught.value.fix
    assert written_at(tmp_path) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"nope": 1}, "unknown field 'nope'"),
        ({"environments": {}}, "at least one"),
        ({"environments": {"../x": {"server": "s"}}}, "can't be a name"),
        ({"environments": {"a": {}}}, "environments.a.server: text is expected, not nothing"),
        ({"environments": {"a": {"server": "s", "k8sVersion": "../.."}}}, "is not a version"),
        ({"registries": {"..": {"uri": "/"}}}, "can't be a name"),
        ({"registries": {"shelf": {"uri": ABSENT}}}, f"Registry 'shelf': there is no folder {ABSENT}"),
        ({"registries": {"shelf": {"uri": "https://example.com/r"}}}, "is not a folder"),
        ({"packages": {"web": {"registry": "other"}}}, "no registry 'other' is declared"),
        ({"packages": {"../..": {"registry": "shelf"}}}, "can't be a name"),
        ({"components": {"../x": {"prototype": "plain"}}}, "can't be the name of a component"),
        ({"components": {"x": {"prototype": "plain", "parameters": []}}}, "components.x.parameters: a mapping is expected, not a list"),
    ],
)
def test_a_wrong_declaration_is_refused_and_leaves_nothing(
    change: dict[str, t.Any], message: str, tmp_path: Path, declared: dict[str, t.Any]
) -> None:
    with pytest.raises(BootstrapError, match=message):
        folder.converge(tmp_path / "app", {**declared, **change})
    assert list(tmp_path.iterdir()) == []


NO_PERMISSION = """
import os, sys
from pathlib import Path
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    folder.converge(Path(sys.argv[1]), {"name": "app", "environments": {"default": {"server": "https://s"}}})
except BootstrapError as error:
    print(error)
"""


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_without_permission_is_named(exists: bool, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for parent in list(tmp_path.parents)[:3]:
        if parent.owner() == tmp_path.owner() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    place = tmp_path / "locked"
    place.mkdir(mode=0o555)
    run = subprocess.run(
        [sys.executable, "-c", NO_PERMISSION, str(place if exists else place / "app")],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.startswith(f"No permission to write in {place}."), run.stdout + run.stderr
    assert list(place.iterdir()) == []


def test_an_empty_folder_and_one_with_only_git_are_taken(tmp_path: Path, declared: dict[str, t.Any]) -> None:
    (tmp_path / "empty").mkdir(mode=0o750)
    folder.converge(tmp_path / "empty", declared)
    assert (tmp_path / "empty").stat().st_mode & 0o777 == 0o750
    (tmp_path / "git" / ".git").mkdir(parents=True)
    (tmp_path / "git" / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    folder.converge(tmp_path / "git", declared)
    assert (tmp_path / "git" / ".git" / "HEAD").exists()
    assert folder.read(tmp_path / "git") == folder.read(tmp_path / "empty")


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("new", [True, False])
def test_a_killed_run_is_repaired_by_the_next(
    new: bool, tmp_path: Path, declared: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    final = copy.deepcopy(declared)
    final["components"]["front"]["parameters"]["replicas"] = 6
    final["components"]["later"] = {"prototype": "io.example.pkg.store"}
    final["packages"]["store"] = {"registry": "shelf"}
    del final["components"]["settings"]
    if not new:
        folder.converge(tmp_path / "expected", declared)
    folder.converge(tmp_path / "expected", final)
    expected = everything(tmp_path / "expected")
    done = folder.read(tmp_path / "expected")
    before = folder.preview(tmp_path / "before", declared)
    replace = os.replace
    for moment in range(50):
        app = tmp_path / f"app-{moment}"
        (app / ".git").mkdir(parents=True)
        if not new:
            folder.converge(app, declared)
        moments = itertools.count(-moment)

        def killed(*names: t.Any, moments: t.Iterator[int] = moments) -> None:
            if next(moments) == 0:
                raise Killed
            replace(*names)

        with monkeypatch.context() as patched:
            patched.setattr(os, "replace", killed)
            try:
                folder.converge(app, final)
                ended = True
            except Killed:
                ended = False
        if not new:
            repaired = folder.read(app)
            render.objects(repaired)
            assert repaired in (before, done)  # the old application or the new one, nothing between
            if not ended:
                (app / "components" / f"front.jsonnet{journal.TEMPORARY}").write_text("half")
        assert folder.converge(app, final).kept == []
        assert everything(app) == expected
        if ended:
            assert moment > 3
            return
    raise AssertionError("it never came to an end")


def test_kill_9_leaves_the_old_application_or_the_new_one(tmp_path: Path, declared: dict[str, t.Any]) -> None:
    killed_at(10, tmp_path, declared)


def killed_at(moments: int, tmp_path: Path, declared: dict[str, t.Any]) -> None:
    """So many; ``make soak`` has fifty."""
    final = copy.deepcopy(declared)
    final["components"]["front"]["parameters"]["replicas"] = 6
    final["components"]["data/later"] = {"prototype": "io.example.pkg.store"}
    final["packages"]["store"] = {"registry": "shelf"}
    final["environments"]["default"]["parameters"] = {"front": {"image": "nginx:9"}}
    del final["components"]["settings"]
    folder.converge(tmp_path / "new", declared)
    before = folder.read(tmp_path / "new")
    began = time.monotonic()
    folder.converge(tmp_path / "new", final)
    seconds = time.monotonic() - began
    done = folder.read(tmp_path / "new")
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([folder.__name__])
    ends = set()
    for moment in range(moments):
        app = tmp_path / str(moment)
        folder.converge(app, declared)
        run = server.Process(target=folder.converge, args=(app, final))
        run.start()
        journal_file = app / f"journal{journal.TEMPORARY}"
        if moment == moments - 2:
            run.join()  # in one of them it comes to its end
        elif moment % 2:
            # Half of them while files are changed, which is the shorter part.
            while run.is_alive() and not journal_file.exists():
                pass
            run.join(seconds * 0.2 * moment / moments)
        else:
            run.join(seconds * 2 * moment / moments)
        run.kill()
        run.join()
        with_journal = folder.read(app)
        assert with_journal in (before, done)
        ends.add("between" if journal_file.exists() else "old" if with_journal == before else "new")
        if journal_file.exists():
            # ks knows nothing of a journal: for it too the application can be rendered at any moment.
            kept = journal_file.rename(tmp_path / f"journal-{moment}")
            render.objects(folder.read(app))
            kept.rename(journal_file)
        folder.converge(app, final)
        assert folder.read(app) == done
        assert not list(app.rglob(f"*{journal.TEMPORARY}"))
    assert ends >= {"old", "new"}


def test_what_somebody_changed_after_a_kill_stays(app: Path, declared: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch) -> None:
    declared["components"]["front"]["parameters"]["replicas"] = 6
    monkeypatch.setattr(journal, "finish", lambda folder: None)
    folder.converge(app, declared)  # "killed" when the journal was written
    monkeypatch.undo()
    edit(app / params.PATH, "replicas: 1,", "replicas: 9,")
    assert folder.converge(app, declared).kept == [{"component": "front", "parameter": "replicas", "value": 9, "planned": 6}]
    assert not journal.exists(app)


@pytest.mark.parametrize("path", ["../outside", "/etc/outside", "components/../../outside", "link/outside"])
def test_a_journal_that_leads_out_of_the_application_is_refused(path: str, app: Path, declared: dict[str, t.Any], tmp_path: Path) -> None:
    (app / "link").symlink_to(tmp_path)
    (app / f"journal{journal.TEMPORARY}").write_text(json.dumps([{"path": path, "before": None, "after": "x"}]))
    with pytest.raises(BootstrapError, match="leads out of the application"):
        folder.converge(app, declared)
    assert not (tmp_path / "outside").exists()


def test_a_new_application_appears_at_once(tmp_path: Path, declared: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*names: t.Any) -> None:
        raise Killed

    (tmp_path / f".app{journal.TEMPORARY}1").mkdir()  # of an earlier run that was killed
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(os, "replace", killed)
        folder.converge(tmp_path / "app", declared)
    assert list(tmp_path.iterdir()) == []


def test_the_folders_that_ks_needs_are_there_though_they_are_empty(app: Path, declared: dict[str, t.Any]) -> None:
    assert (app / ".ksonnet" / "registries").is_dir()
    shutil.rmtree(app / ".ksonnet")  # as in a clone by git
    planned = folder.converge(app, declared, check=True)
    assert (planned.changed, planned.folders, planned.changes) == (True, [".ksonnet/registries"], [])
    assert not (app / ".ksonnet").exists()
    assert folder.converge(app, declared).folders == [".ksonnet/registries"]
    assert (app / ".ksonnet" / "registries").is_dir()
    assert not folder.converge(app, declared).changed


def test_vendor_stays_when_the_last_package_goes(app: Path, declared: dict[str, t.Any]) -> None:
    declared.update(packages={}, components={}, registries={})
    folder.converge(app, declared)
    assert list((app / "vendor").iterdir()) == []
    assert not folder.converge(app, declared).changed


EMBEDDED: dict[str, t.Any] = {
    "name": "app",
    "environments": {"default": {"server": "https://10.0.0.1:6443", "namespace": "team"}},
    "registries": {"kubeflow": {"uri": "embedded"}},
    "packages": {"core": {"registry": "kubeflow"}},
    "components": {"gate": {"prototype": "gateway", "parameters": {}}},
}


def test_the_embedded_registry_is_whole_so_that_ks_can_install_from_it(tmp_path: Path) -> None:
    app, declared = tmp_path / "app", copy.deepcopy(EMBEDDED)
    assert folder.converge(app, declared).changed
    files = folder.read(app)
    listed = yaml_documents.load_mapping(files["vendor/kubeflow/registry.yaml"], "registry.yaml")["libraries"]
    assert [name for name in listed if f"vendor/kubeflow/{name}/parts.yaml" not in files] == []
    again = folder.converge(app, declared)
    assert (again.changed, again.overwritten) == (False, [])
    # What is not installed is no package of the application: its prototypes are unknown.
    with pytest.raises(BootstrapError, match="No prototype is named 'tf-serving'"):
        folder.converge(app, {**declared, "components": {"model": {"prototype": "tf-serving", "parameters": {}}}})


def test_what_ks_installed_from_the_embedded_registry_stays(tmp_path: Path) -> None:
    app, declared = tmp_path / "app", copy.deepcopy(EMBEDDED)
    folder.converge(app, declared)
    described = yaml_documents.load_mapping((app / "app.yaml").read_text(), "app.yaml")
    described["libraries"]["tf-job"] = {"gitVersion": None, "name": "tf-job", "registry": "kubeflow"}
    (app / "app.yaml").write_text(yaml_documents.dump(described))
    (app / "vendor/kubeflow/tf-job/parts.yaml").write_text("name: of-an-older-release")
    (app / "vendor/kubeflow/argo/parts.yaml").write_text("name: of-an-older-release")
    assert [change.path for change in folder.converge(app, declared).changes] == ["vendor/kubeflow/argo/parts.yaml"]
    assert not folder.converge(app, declared).changed
    declared.update(registries={}, packages={}, components={})
    folder.converge(app, declared)
    left = {path.split("/")[2] for path in folder.read(app) if path.startswith("vendor/")}
    assert left == {"registry.yaml", "tf-job"}


def test_swagger_json_is_ks_s_own_below_lib_alone(app: Path, declared: dict[str, t.Any], tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    shutil.copytree(SHELF, shelf)
    (shelf / "web" / "swagger.json").write_text('{"paths": []}')
    declared["registries"]["shelf"]["uri"] = str(shelf)
    assert "vendor/shelf/web/swagger.json" in {change.path for change in folder.converge(app, declared).changes}
    again = folder.converge(app, declared)
    assert (again.changed, again.overwritten) == (False, [])
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine"}}
    (app / "components" / "swagger.json").write_text(json.dumps(item))
    files = folder.read(app)
    assert render.objects(files)["swagger"] == [item]
    for version in ("v1.7.0", "v1.8.15"):
        (app / "lib" / version).mkdir(exist_ok=True)
        (app / "lib" / version / "swagger.json").write_text("{}")
    (app / "lib" / "v1.7.0" / "deeper").mkdir()
    (app / "lib" / "v1.7.0" / "deeper" / "swagger.json").write_text("{}")
    assert folder.read(app).keys() - files.keys() == {"lib/v1.7.0/deeper/swagger.json"}


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EXDEV, errno.EROFS, errno.EACCES, errno.EPERM])
@pytest.mark.parametrize("refused", ["mkdir", "replace"])
def test_a_folder_that_nothing_can_replace_is_written_into(
    tmp_path: Path, declared: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch, number: int, refused: str
) -> None:
    place = tmp_path / "app"
    place.mkdir()
    original = {"mkdir": Path.mkdir, "replace": os.replace}[refused]

    def refuse(first: t.Any, *rest: t.Any, **more: t.Any) -> t.Any:
        if Path(first).name.startswith(f".app{journal.TEMPORARY}"):
            raise OSError(number, os.strerror(number), str(first))
        return original(first, *rest, **more)

    with monkeypatch.context() as patched:
        patched.setattr(*((Path, "mkdir") if refused == "mkdir" else (os, "replace")), refuse)
        assert folder.converge(place, declared).changed
    assert not folder.converge(place, declared).changed
    assert sorted(os.listdir(tmp_path)) == ["app"]
    assert render.objects(folder.read(place))["settings"]


def test_other_errors_beside_the_folder_are_told(tmp_path: Path, declared: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_names: t.Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "x")

    with monkeypatch.context() as patched, pytest.raises(BootstrapError, match="No space left on device"):
        patched.setattr(os, "replace", full)
        folder.converge(tmp_path / "app", declared)
    assert list(tmp_path.iterdir()) == []


def test_a_mount_point_is_an_application(tmp_path: Path, declared: dict[str, t.Any]) -> None:
    place = tmp_path / "app"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "none", str(place)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting takes root on Linux")
    try:
        (place / "lost+found").mkdir()  # as in the root of a volume
        assert folder.converge(place, declared).changed
        assert not folder.converge(place, declared).changed
        (place / "lost+found").rmdir()
        shutil.rmtree(place / "components")
        for entry in list(place.iterdir()):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        assert folder.converge(place, declared).changed
        assert os.path.ismount(place)
        assert sorted(os.listdir(tmp_path)) == ["app"]
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_second_run_waits_for_the_first(app: Path, declared: dict[str, t.Any]) -> None:
    declared["components"]["front"]["parameters"]["replicas"] = 3
    descriptor = os.open(app, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(BootstrapError, match=f"Another run works on {app}.*not done after 0.1 seconds"):
        folder.converge(app, declared, wait=0.1)
    results: list[folder.ConvergeResult] = []
    waiting = threading.Thread(target=lambda: results.append(folder.converge(app, declared, wait=30)))
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    os.close(descriptor)
    waiting.join(patience(2))
    assert [result.changed for result in results] == [True]


def _converge(path: Path, replicas: int) -> None:
    declared = copy.deepcopy(DECLARED)
    declared["components"]["front"]["parameters"]["replicas"] = replicas
    folder.converge(path, declared)


def test_a_run_that_ends_while_another_plans_is_no_foreign_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = folder.registry.contents

    def and_another_run(*args: t.Any) -> t.Any:
        monkeypatch.setattr(folder.registry, "contents", contents)
        _converge(tmp_path / "app", 11)
        return contents(*args)

    monkeypatch.setattr(folder.registry, "contents", and_another_run)
    _converge(tmp_path / "app", 12)
    assert params.read(folder.read(tmp_path / "app")[params.PATH])["front"]["replicas"] == 12


@pytest.mark.parametrize("attempt", range(2))
def test_two_runs_at_once_do_not_mix(attempt: int, tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    runs = [fork.Process(target=_converge, args=(tmp_path / "app", replicas)) for replicas in (11, 12)]
    for run in runs:
        run.start()
    for run in runs:
        run.join(patience(3))
    assert [run.exitcode for run in runs] == [0, 0]
    files = folder.read(tmp_path / "app")
    (replicas,) = {
        params.read(files[params.PATH])["front"]["replicas"],
        record.read_written(files)["components"]["front"]["parameters"]["replicas"],
    }
    assert replicas in (11, 12)
    assert sorted(os.listdir(tmp_path)) == ["app"]
