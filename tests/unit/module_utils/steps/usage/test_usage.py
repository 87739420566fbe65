# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What would be reported, told from a rendered application."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.usage.usage import body, settings

URL = "https://usage.example.com/report"
Json = dict[str, t.Any]


@pytest.fixture
def files(tmp_path: Path) -> t.Callable[..., dict[str, str]]:
    """``files(usageId=...)``: an application with the core of Kubeflow."""

    def write(**parameters: str) -> dict[str, str]:
        declaration = {
            "name": "kubeflow",
            "environments": {"default": {"server": "https://10.0.0.1:6443", "namespace": "kubeflow"}},
            "registries": {"kubeflow": {"uri": "embedded"}},
            "packages": {"core": {"registry": "kubeflow"}},
            "components": {"usage": {"prototype": "usage-reporting", "parameters": parameters}},
        }
        folder.converge(tmp_path / "app", declaration)
        return folder.read(tmp_path / "app")

    return write


class Cluster:
    """Answers as an API server of seven nodes does."""

    def get(self, path: str, **params: object) -> Json:
        answers: dict[str, Json] = {
            "/version": {"gitVersion": "v1.35.0"},
            "/api/v1/nodes": {"items": [{}], "metadata": {"remainingItemCount": 6}},
        }
        assert path != "/api/v1/nodes" or params == {"limit": "1"}
        return answers[path]

    document = get


def report(usage: Json) -> str:
    return body(Cluster(), usage)  # type: ignore[arg-type]


def test_off_unless_asked_for(files: t.Callable[..., dict[str, str]]) -> None:
    assert settings(files(), "default")["on"] is False


def test_without_an_address_it_is_shown_and_not_sent(files: t.Callable[..., dict[str, str]]) -> None:
    usage = settings(files(reportUsage="true", usageId="5bf1a4e6"), "default")
    assert (usage["id"], usage["url"], usage["schedule"], usage["component"]) == ("5bf1a4e6", None, None, "usage")
    assert report(usage) == '{"id": "5bf1a4e6", "kubernetes": "v1.35.0", "nodes": 7}'


def test_the_job_s_own_code_makes_what_is_shown(files: t.Callable[..., dict[str, str]]) -> None:
    usage = settings(files(reportUsage="true", usageId="5bf1a4e6", usageUrl=URL), "default")
    assert (usage["url"], usage["schedule"].split()[2:]) == (URL, ["*"] * 3)
    assert report(usage) == '{"id": "5bf1a4e6", "kubernetes": "v1.35.0", "nodes": 7}'


def test_a_script_from_elsewhere_is_not_run(files: t.Callable[..., dict[str, str]]) -> None:
    application = files(reportUsage="true", usageId="5bf1a4e6", usageUrl=URL)
    path = next(path for path in application if path.endswith("/usage_report.py"))
    usage = settings({**application, path: "raise SystemExit('it ran')\n"}, "default")
    with pytest.raises(BootstrapError, match="not the one of this collection"):
        report(usage)
