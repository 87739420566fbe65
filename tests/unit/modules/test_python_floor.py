# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A module that is sent to a host with an old Python ends with a message, not with a traceback."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
MODULES = sorted((ROOT / "plugins/modules").glob("*.py"))
FLOOR = ROOT / "plugins/module_utils/python_floor.py"
COLLECTION = "ansible_collections.kubeflow.bootstrap"
OLDER = """
import runpy, sys
sys.version_info = (3, 8, 18, "final", 0)
runpy.run_module(sys.argv[1], run_name="__main__")
"""


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_every_module_looks_at_the_version_before_anything_that_an_old_python_can_not_read(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"), feature_version=(3, 8))
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    ours = [node for node in imports if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ansible")]
    assert ast.unparse(ours[0]) == f"from {COLLECTION}.plugins.module_utils import python_floor"
    ast.parse(FLOOR.read_text(encoding="utf-8"), feature_version=(3, 8))


def test_the_message_is_the_module_s_one_result() -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "playbooks/collections")}
    argv = [sys.executable, "-c", OLDER, f"{COLLECTION}.plugins.modules.plan"]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    result = json.loads(done.stdout)
    assert (done.returncode, done.stderr, result["failed"]) == (1, "", True)
    assert "need Python 3.11 or newer" in result["msg"] and sys.executable in result["msg"]


@pytest.mark.parametrize("name", ["python3.8", *(pytest.param(name, marks=pytest.mark.soak) for name in ("python3.9", "python3.10"))])
def test_sent_to_a_real_old_python(name: str, tmp_path: Path) -> None:
    """By ansible-core, without the libraries that the module would import."""
    result = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob(f"versions/{name.removeprefix('python')}.*/bin/python"))
    python = str(result[-1]) if result else shutil.which(name)
    if not python or subprocess.run([python, "-c", ""], check=False).returncode:
        pytest.skip(f"no {name} on this machine")
    task = {"name": "Look", f"{COLLECTION.partition('.')[2]}.kubeconfig_info": {}, "async": 60, "register": "result", "ignore_errors": True}
    play = {"hosts": "localhost", "gather_facts": False, "vars": {"ansible_python_interpreter": python}}
    show = {"name": "Show", "ansible.builtin.copy": {"content": "{{ result.msg }}", "dest": str(tmp_path / "message")}}
    show["vars"] = {"ansible_python_interpreter": sys.executable}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([{**play, "name": "Old", "tasks": [task, show]}]))
    env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "playbooks/collections"), "ANSIBLE_LOCALHOST_WARNING": "false"}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "play.yml"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # The newest ansible-core refuses the oldest of these itself.
    message = (tmp_path / "message").read_text()
    assert f"{python} is Python {name.removeprefix('python')}." in message or "Ansible requires Python 3.9 or newer" in message
