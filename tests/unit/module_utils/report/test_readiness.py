# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a plan is fit for."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.report.readiness import AUDIENCES, readiness

RULES = Path(__file__).parents[4] / "roles" / "kubeflow" / "files" / "rules"


def lacking(*warnings: str, hostname: str = "kubeflow.example.com", **more: t.Any) -> dict[str, int]:
    core = {"jupyterHubAuthenticator": {"value": "oidc"}, "hostname": {"value": hostname}}
    items = [{"id": name, "reason": f"because of {name}", "fix": None} for name in warnings]
    plan = {"parameters": {"hub": core}, "blockers": [], "warnings": items, **more}
    return {each["audience"]: len(each["lacking"]) for each in readiness(plan)}


def test_each_id_is_a_warning_of_the_rules() -> None:
    known = {rule["id"] for file in RULES.glob("*.yml") for rule in yaml.safe_load(file.read_text(encoding="utf-8")) if rule.get("warns")}
    assert [name for ids in AUDIENCES.values() for name in ids if name not in known] == []


@pytest.mark.parametrize(
    ("warnings", "expected"),
    [
        ((), [0, 0, 0]),
        (("gpu-image",), [0, 0, 0]),
        (("one-password", "no-tls"), [0, 2, 0]),
        (("work-is-not-kept", "everybody-of-the-issuer"), [1, 0, 1]),
    ],
)
def test_warnings_speak_against_the_audience_that_they_matter_to(warnings: tuple[str, ...], expected: list[int]) -> None:
    assert list(lacking(*warnings).values()) == expected


def test_a_team_needs_an_address() -> None:
    assert lacking(hostname="null") == {"a trial": 0, "a team": 1, "the internet": 0}


def test_nothing_is_told_of_plans_that_are_blocked_or_of_other_packages() -> None:
    assert lacking(blockers=[{"id": "no-storage-class"}]) == {}
    assert lacking(parameters={"katib": {"storageClass": {"value": "fast"}}}) == {}
