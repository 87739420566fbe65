# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Usage reporting of core: off unless asked for, and what it sends."""

from __future__ import annotations

import io
import json
import runpy
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.kubeflow.bootstrap.tests.unit.registry import core

ON = {"reportUsage": "true", "usageId": "5bf1a4e6"}
URL = "https://usage.example.com/report"


def render(**choices: Any) -> core.Json:
    return core.render(choices, "usage-reporting")


def test_nothing_is_there_unless_asked_for() -> None:
    assert render() == {}
    assert render(usageId="5bf1a4e6", usageUrl=URL) == {}


def test_without_a_url_nothing_is_sent() -> None:
    [only] = render(**ON).values()
    assert (only["kind"], only["data"]) == ("ConfigMap", {"usage-id": "5bf1a4e6"})


def test_with_a_url_a_job_sends_once_a_day() -> None:
    objects = render(**ON, usageUrl=URL)
    assert [rule["resources"] for rule in objects["ClusterRole/kubeflow-usage-kubeflow"]["rules"]] == [["nodes"]]
    minute, hour, *rest = objects["CronJob/kubeflow-usage"]["spec"]["schedule"].split()
    assert 0 <= int(minute) < 60 and 0 <= int(hour) < 24 and rest == ["*"] * 3
    times = {render(**{**ON, "usageId": each}, usageUrl=URL)["CronJob/kubeflow-usage"]["spec"]["schedule"] for each in "abcdefgh"}
    assert len(times) == 8


@pytest.mark.parametrize(("left", "nodes"), [({"remainingItemCount": 6}, 7), ({}, 1)])
def test_what_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: dict[str, int], nodes: int) -> None:
    for name, text in {"usage-id": "5bf1a4e6\n", "usage-url": URL, "token": "secret"}.items():
        (tmp_path / name).write_text(text)
    for name in ("USAGE_CONFIG", "USAGE_ACCOUNT"):
        monkeypatch.setenv(name, str(tmp_path))
    script = runpy.run_path(str(core.CORE / "usage_report.py"))
    answers = {"/api/v1/nodes?limit=1": {"items": [{}], "metadata": left}, "/version": {"gitVersion": "v1.35.0"}}
    # A function of a file that was run looks its names up in the globals of that run.
    monkeypatch.setitem(script["report"].__globals__, "ask", answers.__getitem__)

    sent: list[Any] = []

    class Answer(io.BytesIO):
        status = 204

    def urlopen(request: urllib.request.Request, timeout: float) -> Answer:
        sent.append((request.full_url, request.get_method(), json.loads(request.data or b""), request.headers))  # type: ignore[arg-type]
        return Answer()

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    script["send"](URL, script["report"]())
    [(url, method, body, headers)] = sent
    assert (url, method) == (URL, "POST")
    assert body == {"id": "5bf1a4e6", "kubernetes": "v1.35.0", "nodes": nodes}
    assert "Authorization" not in headers
