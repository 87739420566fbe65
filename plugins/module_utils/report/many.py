# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One report over the runs on many clusters."""

from __future__ import annotations

import os
import textwrap
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from .. import files
from ..errors import BootstrapError
from ..formats import foreign_json
from ..formats.json_object import Json

_WIDTH = 120
_MOST = 128 * files.MIB
_STATES = ("failed", "not reached", "deployed", "unchanged", "written", "checked")
"""Outcomes of a cluster, the worst first: ``written`` is the application alone, ``checked`` a run in check mode."""
_HEAD = ("CLUSTER", "STATE", "KUBERNETES", "CLOUD", "OBJECTS", "SECONDS")


def gather(folder: Path, files: Mapping[str, str | None] | None, failures: Mapping[str, str]) -> Json:
    """The document for many clusters: ``{"counts": {state: number}, "clusters": [...]}``, sorted by host.

    ``files``: the ``report.json`` of each host's run, ``None`` for one in check mode, ``""`` for a host that has none. ``failures``: why
    hosts failed, or ``""``. Without ``files``: all reports in the folders of ``folder``, whose names are those of the hosts.
    """
    if files is None:
        files = {file.parent.name: str(file) for file in sorted(folder.glob("*/report.json"))}
        if not files:
            raise BootstrapError(f"There is no report in the folders of {folder}.", fix="Name the folder with the folders of the clusters.")
    clusters = [_cluster(host, file, failures.get(host) or "", folder) for host, file in sorted(files.items())]
    counts = Counter(each["state"] for each in clusters)
    return {"counts": {state: counts[state] for state in _STATES if counts[state]}, "clusters": clusters}


def _cluster(host: str, file: str | None, failure: str, folder: Path) -> Json:
    report = _read(Path(file)) if file else {}
    failure = failure or report.get("failure") or ""
    facts, plan, outcome = (report.get(name) or {} for name in ("facts", "plan", "outcome"))
    cluster, cloud = facts.get("cluster") or {}, facts.get("cloud") or {}
    nodes = cluster.get("nodes") or {}
    counts = outcome.get("counts") or {}
    return {
        "host": host,
        "state": _state(file, failure, report, counts),
        "failure": failure or None,
        "report": os.path.relpath(file, folder) if file else None,
        "server": cluster.get("server"),
        "context": (facts.get("kubeconfig") or {}).get("context"),
        "distribution": (cluster.get("distribution") or {}).get("name"),
        "version": (cluster.get("version") or {}).get("git_version"),
        "cloud": cloud.get("provider"),
        "region": cloud.get("region"),
        "nodes": nodes.get("count"),
        "accelerators": {each["resource"]: each["count"] for each in nodes.get("accelerators") or []},
        "namespace": (plan.get("namespace") or {}).get("value"),
        "application": (report.get("application") or {}).get("path"),
        "counts": counts,
        "seconds": outcome.get("seconds"),
        "warnings": len(plan.get("warnings") or []),
    }


def _state(file: str | None, failure: str, report: Json, counts: Json) -> str:
    if failure:
        return "failed"
    if file == "":
        return "not reached"
    if file is None or report.get("check"):
        return "checked"
    if not report.get("outcome"):
        return "written"
    return "unchanged" if set(counts) <= {"unchanged", "left alone"} else "deployed"


def links(document: Json, folder: Path) -> dict[str, str]:
    """By host, the relative reference (RFC 3986) from a page in ``folder`` to its own page, if that exists."""
    pages = {each["host"]: Path(each["report"]).with_name("report.html") for each in document["clusters"] if each["report"]}
    # "./" keeps a folder's name with a colon from being taken for a scheme.
    return {host: f"./{quote(os.fsencode(page))}" for host, page in pages.items() if (folder / page).is_file()}


def _read(file: Path) -> Json:
    try:
        report = foreign_json.loads(files.read_text(file, _MOST))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not JSON"
        raise BootstrapError(f"The report {file} can't be read: {why}.") from error
    return report if isinstance(report, dict) else {}


def lines(document: Json) -> list[str]:
    """A table for a terminal; at its end the failed clusters, each with the reason."""
    clusters = document["clusters"]
    rows = [_HEAD, *(_row(each) for each in clusters)]
    widths = [max(len(row[column]) for row in rows) + 2 for column in range(len(_HEAD))]
    table = ["".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    table.append(f"{len(clusters)} clusters: {', '.join(f'{count} {state}' for state, count in document['counts'].items())}")
    for each in clusters:
        if each["failure"]:
            table += textwrap.wrap(f"{each['host']}: {each['failure']}", _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    return table


def _row(each: Json) -> tuple[str, ...]:
    where = " ".join(filter(None, (each["cloud"], each["region"])))
    kubernetes = " ".join(filter(None, (each["distribution"], each["version"])))
    objects = ", ".join(f"{count} {action}" for action, count in each["counts"].items())
    seconds = f"{each['seconds']:g}" if each["seconds"] is not None else ""
    return (each["host"], each["state"], kubernetes or "-", where or "-", objects or "-", seconds or "-")
