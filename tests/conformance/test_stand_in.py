# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stand-in for ks asks for what the real one was seen to ask for, and applications that we write have it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
from ansible_collections.kubeflow.bootstrap.tests.integration.ks_stand_in import packing
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

SERVER = "https://10.0.0.1:6443"
DECLARED: dict[str, t.Any] = {
    "name": "app",
    "environments": {"default": {"server": SERVER, "namespace": "team"}},
    "registries": {},
    "packages": {},
    "components": {"settings": {"prototype": "io.ksonnet.pkg.configMap", "parameters": {"name": "settings"}}},
}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder.converge(tmp_path / "app", DECLARED)
    return tmp_path / "app"


@pytest.fixture
def error_of(tmp_path: Path) -> t.Callable[..., str]:
    """``said(folder, *arguments)``: the error of the stand-in; ``said(..., server=None)``: without a kubeconfig."""
    ks, kubeconfig = tmp_path / "ks", tmp_path / "kubeconfig"
    ks.write_text(packing.program(SERVER, tmp_path / "calls"), encoding="utf-8")
    ks.chmod(0o755)

    def run(place: Path, *arguments: str, server: str | None = SERVER) -> str:
        document = {"clusters": [{"cluster": {"server": server}}], "users": [{"user": {}}]}
        kubeconfig.write_text(json.dumps(document), encoding="utf-8")
        env = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}
        env |= {"KUBECONFIG": str(kubeconfig)} if server else {}
        done = subprocess.run([str(ks), *arguments], cwd=place, env=env, capture_output=True, text=True, timeout=patience(3), check=False)
        return done.stderr

    return run


def recorded(name: str) -> str:
    """What the real one said in a recorded step."""
    step = json.loads(next(packing.CORPUS.glob(f"*steps/{name}.json")).read_text(encoding="utf-8").replace("{{SERVER}}", SERVER))
    return str(step["stderr"])


def test_it_demands_what_the_real_one_was_recorded_to_demand(app: Path, error_of: t.Any) -> None:
    assert error_of(app, "show", "nope") == recorded("034-show-unknown-env")
    assert error_of(app, "apply", "nope") == recorded("013-apply-unknown-env")
    assert error_of(app, "apply", "default", server=None) == recorded("017-apply-no-kubeconfig")
    assert error_of(app, "apply", "default", server="https://10.9.9.9") == recorded("016-apply-server-not-in-kubeconfig")


@pytest.mark.parametrize(
    ("removed", "verb", "message"),
    [
        ("app.yaml", "show", "could not find ksonnet app"),
        # Read in ks's source (metadata/manager.go), and seen: `diff` alone looks for this folder.
        (".ksonnet", "diff", "find metadata: No ksonnet application found"),
        ("components/params.libsonnet", "show", "components/params.libsonnet: no such file or directory"),
        ("environments/default/main.jsonnet", "show", "environments/default/main.jsonnet: no such file or directory"),
        ("environments/default/params.libsonnet", "apply", "environments/default/params.libsonnet: no such file or directory"),
        ("lib", "show", "which this machine does not reach"),
    ],
)
def test_our_application_has_what_it_demands(app: Path, error_of: t.Any, removed: str, verb: str, message: str) -> None:
    # With all in place it goes on to the recorded answers.
    assert message not in error_of(app, verb, "default")
    place = app / removed
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink()
    assert message in error_of(app, verb, "default")


def test_show_and_apply_do_without_the_folder(app: Path, error_of: t.Any) -> None:
    shutil.rmtree(app / ".ksonnet")
    for verb in ("show", "apply"):
        assert "No ksonnet application found" not in error_of(app, verb, "default")


def test_it_finds_the_application_from_a_folder_below(app: Path, error_of: t.Any) -> None:
    assert "could not find ksonnet app" not in error_of(app / "components", "show", "default")
