# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands in two places of the collection says the same in both."""

from __future__ import annotations

import importlib
import pathlib
import re

import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.target import TARGET_ARGUMENTS

ROOT = pathlib.Path(__file__).parents[2]
PLUGINS = "ansible_collections.kubeflow.bootstrap.plugins"
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))


ALWAYS = "requirements.txt"
SOME = [f"requirements/{name}.txt" for name in ("cloud-aws", "cloud-azure", "cloud-google", "dns", "openshift", "static-users")]


def _requirements(*paths: str) -> dict[str, str]:
    """Names, in small letters, to the ranges."""
    lines = (re.sub(r"#.*", "", line).strip() for path in paths for line in (ROOT / path).read_text().splitlines())
    return {re.split(r"[<>=]", line)[0].lower(): line for line in lines if line}


def test_two_packages_are_always_needed_beside_ansible_core() -> None:
    brought = {"ansible-core", "pyyaml", "cryptography"}
    assert _requirements(ALWAYS).keys() - brought == {"jmespath", "rjsonnet"}
    named = re.findall(r"^-r (\S+)$", (ROOT / "requirements/run.in").read_text(), re.MULTILINE)
    assert sorted(named) == ["../requirements.txt", *(path.removeprefix("requirements/") for path in SOME)]
    ignored = yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"]
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "requirements").glob("*.txt")} - set(ignored) == set(SOME)


def test_every_module_runs_by_the_one_action() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    routes = {name: {"action_plugin": "kubeflow.bootstrap.in_process"} for name in MODULES}
    assert MODULES
    assert runtime["plugin_routing"]["modules"] == routes


def test_every_module_that_talks_to_the_cluster_is_in_the_action_group_and_takes_its_options() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    specs = {name: importlib.import_module(f"{PLUGINS}.modules.{name}").ARGUMENTS["argument_spec"] for name in MODULES}
    options = [name for name, spec in specs.items() if TARGET_ARGUMENTS.items() <= spec.items()]
    documented = [name for name in MODULES if "  - kubeflow.bootstrap.target\n" in (ROOT / f"plugins/modules/{name}.py").read_text()]
    assert runtime["action_groups"] == {"target": options} and documented == options


def test_an_execution_environment_gets_what_the_collection_needs() -> None:
    ours = _requirements(ALWAYS, *SOME)
    assert {"jmespath", "rjsonnet", "google-auth", "requests", "bcrypt", "cryptography"} <= _requirements("meta/ee-requirements.txt").keys()
    for name, line in _requirements("meta/ee-requirements.txt").items():
        assert line == ours[name]


def test_what_is_required_is_pinned() -> None:
    for file in {*(ROOT / "requirements").glob("*.txt")} - {ROOT / path for path in SOME}:
        entries = re.split(r"\n(?=\S)", re.sub(r"(?m)^ *#.*\n", "", file.read_text()).strip())
        assert [each for each in entries if not re.match(r"[\w.-]+==\S+.*\\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\\n)?)+$", each)] == []
    assert "--require-hashes" in (ROOT / "tools" / "venv").read_text()
    for lock in ("run.txt", "test.txt", "dev.txt"):
        pinned = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements" / lock).read_text(), re.MULTILINE))
        assert set(_requirements(ALWAYS, *SOME)) <= pinned


def test_the_same_ansible_is_required_everywhere() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    assert f"ansible-core{runtime['requires_ansible'].removesuffix('.0')}" == _requirements("requirements.txt")["ansible-core"]


def test_what_it_is_tested_with_is_what_the_tests_are_run_with() -> None:
    """docs/support.md has the oldest and the newest ansible-core and Python of ``make test``."""
    table = (ROOT / "docs/support.md").read_text(encoding="utf-8")
    locked = re.findall(r"^ansible-core==(\d+\.\d+)\.", (ROOT / "requirements/test.txt").read_text(), re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text()
    newest, oldest = (re.findall(pattern, makefile)[0] for pattern in (r"pythons := (\S+)", r"\.venv-dev-oldest (3\.\d+) "))
    assert f"| ansible-core | {locked[0]} | {locked[-1]} |" in table
    assert re.search(rf"^\| Python,[^|]*\| {oldest} \| {newest} \|$", table, re.MULTILINE)


def test_it_is_known_since_when_there_is_what_there_is() -> None:
    """Nothing was released before 1.0.0, and no release is in the past of the next one."""
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    files = [*(ROOT / "plugins").rglob("*.py"), *(ROOT / "roles").glob("*/meta/argument_specs.yml")]
    added = {each for file in files for each in re.findall(r"version_added: (\S+)", file.read_text(encoding="utf-8"))}
    numbers = {tuple(map(int, each.split("."))) for each in added}
    assert min(numbers) == (1, 0, 0) and max(numbers) <= tuple(map(int, version.split(".")))
