"""The role's variables: one contract, written down in two files that Ansible reads."""

import re
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.role import variables

ROLES = Path(__file__).parents[2] / "roles"


@pytest.mark.parametrize(
    "role", ["kubeflow", "ks", "auth", "certificates", "dns", "local_cluster", "openshift_login", "static_ip", "git", "usage"]
)
def test_defaults_are_those_of_the_argument_specs(role: str) -> None:
    defaults = yaml.safe_load((ROLES / role / "defaults/main.yml").read_text())
    specs = yaml.safe_load((ROLES / role / "meta/argument_specs.yml").read_text())["argument_specs"]
    options = {name: option for entry in specs.values() for name, option in entry["options"].items()}
    assert defaults.keys() <= options.keys()
    for name, option in options.items():
        assert defaults.get(name, "{{ omit }}") == option.get("default", "{{ omit }}"), name
        assert name.startswith("kubeflow_"), name


def test_every_stage_is_an_entry_point() -> None:
    specs = yaml.safe_load((ROLES / "kubeflow/meta/argument_specs.yml").read_text())["argument_specs"]
    assert set(specs) == {path.stem for path in (ROLES / "kubeflow/tasks").glob("*.yml")}


_USED = re.compile(r"\bkubeflow_options\.(\w+)")
_RAW = re.compile(r"(?<![\w.'\"/$])(kubeflow_\w+)(?![\w:=]|: )")


@pytest.mark.parametrize("role", sorted(path.name for path in ROLES.iterdir()))
def test_tasks_use_variables_as_they_were_read(role: str) -> None:
    """What people give is text, null or nothing for all types; ``kubeflow_options`` has what is meant."""
    specs = yaml.safe_load((ROLES / role / "meta/argument_specs.yml").read_text())["argument_specs"]
    read = {
        name for entry in specs.values() for name, option in entry["options"].items() if "default" in option and not option.get("no_log")
    }
    for path in [*(ROLES / role / "tasks").rglob("*.yml"), *(ROLES / role / "vars").glob("*.yml")]:
        text = "\n".join(line for line in path.read_text().splitlines() if not line.strip().startswith("#"))
        assert {f"kubeflow_{name}" for name in _USED.findall(text)} <= read, path
        expressions = [*re.findall(r"\{\{.*?\}\}", text, re.DOTALL), *re.findall(r"when:.*?\n(?! *- )", text, re.DOTALL)]
        assert {name for each in expressions for name in _RAW.findall(each)} & read == set(), path


def test_no_text_names_a_variable_without_its_prefix() -> None:
    names = {name.removeprefix("kubeflow_"): role.name for role in ROLES.iterdir() for name in variables.options_of(role)}
    names = {name: role for name, role in names.items() if name.startswith(f"{role}_")}
    named = re.compile(rf"[(`]({'|'.join(sorted(names, key=len, reverse=True))})(?![\w(])")
    texts = [*(ROLES.parent / "plugins").rglob("*.py"), *ROLES.parent.glob("registry/**/*.md"), *ROLES.parent.glob("docs/**/*.md")]
    unprefixed = [f"{path}: {name}" for path in [*texts, *ROLES.rglob("*.md")] for name in named.findall(path.read_text(encoding="utf-8"))]
    # Other things have these names, too.
    assert [each for each in unprefixed if not each.endswith(": usage_id")] == []


def test_every_entry_point_reads_the_variables_first() -> None:
    specs = {role.name: yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"] for role in ROLES.iterdir()}
    for role, entry in ((role, entry) for role, entries in specs.items() for entry in entries):
        tasks = ROLES / role / "tasks"
        first = yaml.safe_load((tasks / f"{entry}.yml").read_text())[0]
        while "ansible.builtin.import_tasks" in first or "ansible.builtin.include_tasks" in first:
            name = first.get("ansible.builtin.import_tasks") or first["ansible.builtin.include_tasks"]["file"]
            first = yaml.safe_load((tasks / name).read_text())[0]
        assert first.get("register") == "kubeflow_options" and "kubeflow.bootstrap.variables" in first, (role, entry)


STAGES = ["facts", "steps", "plan", "app", "deploy", "verify", "report"]


def _tasks(tasks: list[dict[str, t.Any]]) -> Iterator[dict[str, t.Any]]:
    """The tasks of a file, and those in its blocks."""
    for task in tasks:
        yield task
        for part in ("block", "rescue", "always"):
            yield from _tasks(task.get(part, []))


def test_what_is_included_runs_as_a_whole_whatever_tags_were_chosen() -> None:
    """Tags choose an include; Ansible does not hand them on to what is in it."""
    for path in ROLES.glob("*/tasks/**/*.yml"):
        for task in _tasks(yaml.safe_load(path.read_text())):
            include = task.get("ansible.builtin.include_tasks") or task.get("ansible.builtin.include_role")
            if include and include != "main.yml":
                assert include["apply"] == {"tags": ["always"]}, f"{path}: {task['name']}"


def test_a_stage_is_a_tag() -> None:
    """Of the playbook for all stages, and each of the others has its name."""
    for entry in ("main", "clusters"):
        tasks = yaml.safe_load((ROLES / f"kubeflow/tasks/{entry}.yml").read_text())
        assert {tag for task in _tasks(tasks) for tag in task.get("tags", ())} == set(STAGES)
        assert [task["name"] for task in tasks if "tags" not in task and "tags" not in task["block"][0]] == []
    playbooks = {path.stem: yaml.safe_load(path.read_text()) for path in (ROLES.parent / "playbooks").glob("*.yml")}
    assert {name: [play.get("tags") for play in plays] for name, plays in playbooks.items()} == {
        name: [None if name == "bootstrap" else [name]] * len(plays) for name, plays in playbooks.items()
    }
