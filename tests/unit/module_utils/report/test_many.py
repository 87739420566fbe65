# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One report over many clusters."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.report.many import gather, lines, links


@pytest.fixture
def wrote(tmp_path: Path) -> t.Callable[..., str]:
    def write(host: str, **report: t.Any) -> str:
        file = tmp_path / host / "report.json"
        file.parent.mkdir()
        file.write_text(json.dumps({"check": False, **report}), encoding="utf-8")
        return str(file)

    return write


def outcome(**counts: int) -> dict[str, t.Any]:
    return {"counts": counts, "seconds": 2.5, "objects": []}


FACTS = {
    "kubeconfig": {"context": "prod"},
    "cloud": {"provider": "gcp", "region": "europe-west1"},
    "cluster": {
        "server": "https://c",
        "distribution": {"name": "gke"},
        "version": {"git_version": "v1.35.0"},
        "nodes": {"count": 3, "accelerators": [{"resource": "nvidia.com/gpu", "count": 8}]},
    },
}


def test_what_became_of_each_cluster(wrote: t.Callable[..., str], tmp_path: Path) -> None:
    files = {
        "new": wrote("new", facts=FACTS, outcome=outcome(created=30)),
        "same": wrote("same", outcome=outcome(unchanged=30)),
        "app": wrote("app", application={"path": "/app"}),
        "refused": wrote("refused", outcome=outcome(failed=1), failure="Deployment hub was refused."),
        "unplanned": "",
        "later": "",
        "looked": None,
    }
    document = gather(tmp_path, files, {"unplanned": "Its certificate has expired.", "new": ""})
    by_host = {each["host"]: each for each in document["clusters"]}
    assert {host: each["state"] for host, each in by_host.items()} == {
        "new": "deployed",
        "same": "unchanged",
        "app": "written",
        "refused": "failed",
        "unplanned": "failed",
        "later": "not reached",
        "looked": "checked",
    }
    assert document["counts"] == {"failed": 2, "not reached": 1, "deployed": 1, "unchanged": 1, "written": 1, "checked": 1}
    new = by_host["new"]
    assert (new["accelerators"], new["report"], new["cloud"], new["seconds"]) == ({"nvidia.com/gpu": 8}, "new/report.json", "gcp", 2.5)
    shown = lines(document)
    assert "new        deployed     gke v1.35.0  gcp europe-west1  30 created    2.5" in shown
    assert shown[-2:] == ["refused: Deployment hub was refused.", "unplanned: Its certificate has expired."]


def test_reports_that_were_brought_together(wrote: t.Callable[..., str], tmp_path: Path) -> None:
    wrote("b", outcome=outcome(created=1))
    wrote("a", failure="No.")
    (tmp_path / "report.json").write_text("{}", encoding="utf-8")
    assert [(each["host"], each["state"]) for each in gather(tmp_path, None, {})["clusters"]] == [("a", "failed"), ("b", "deployed")]


def test_links_lead_to_the_pages_that_are_there(wrote: t.Callable[..., str], tmp_path: Path) -> None:
    names = ["a b", "arn:aws:eks", "javascript:alert(1)", "100%#?", "é", "without"]
    files = {name: wrote(name) for name in names}
    for name in names[:-1]:
        (tmp_path / name / "report.html").write_text("", encoding="utf-8")
    result = links(gather(tmp_path, {**files, "down": ""}, {}), tmp_path)
    assert set(result) == set(names[:-1])
    base = f"{tmp_path.as_uri()}/"
    assert {name: Path(unquote(urlsplit(urljoin(base, link)).path)) for name, link in result.items()} == {
        name: tmp_path / name / "report.html" for name in names[:-1]
    }


def test_none_or_a_broken_one_is_said(tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match="There is no report"):
        gather(tmp_path, None, {})
    (tmp_path / "a").mkdir()
    (tmp_path / "a/report.json").write_text("{", encoding="utf-8")
    with pytest.raises(BootstrapError, match="a/report.json can't be read: it is not JSON"):
        gather(tmp_path, None, {})
