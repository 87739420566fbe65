"""The role's variables: one contract, written down in two files that Ansible reads."""

from pathlib import Path

import pytest
import yaml

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
