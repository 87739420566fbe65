# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fills in the versions and digests of the local cluster's releases: releases.yml. A part of `make lock`; needs dl.k8s.io and GitHub.

The digest is the publisher's own where there is one, else that of the file. What can't be reached keeps its digests, but for those of
another version: without a digest a program is built from source.
"""

from __future__ import annotations

import hashlib
import re
import sys
import typing as t
import urllib.request
from pathlib import Path

import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane import releases

SOURCE = Path(__file__).parents[1] / "roles" / "local_cluster" / "files" / "control-plane"
PLATFORMS = ("linux-amd64", "linux-arm64")
_ALGORITHMS = {64: "sha256", 128: "sha512"}


def main(source: Path = SOURCE) -> int:
    """Rewrite the table; returns how many releases have no digest."""
    table = source / releases.TABLE
    text = table.read_text(encoding="utf-8")
    rows: dict[str, dict[str, t.Any]] = yaml.safe_load(text)
    for name, row in rows.items():
        version = releases.required(source / row["go_mod"], row["module"])
        if version != row["version"]:
            row.update(version=version, digests={})
        for platform in PLATFORMS:
            try:
                row["digests"][platform] = _digest(row, platform)
            except OSError as error:
                print(f"{name} for {platform}: {error}", file=sys.stderr)
    header = text[: re.search(r"^\w", text, re.MULTILINE).start()]  # type: ignore[union-attr]
    table.write_text(header + yaml.safe_dump(rows, sort_keys=False, width=1000), encoding="utf-8")
    return sum(len(row["digests"]) < len(PLATFORMS) for row in rows.values())


def _digest(row: dict[str, t.Any], platform: str) -> str:
    url = releases.fill(row["url"], row["version"], platform)
    if "sums" in row:
        with urllib.request.urlopen(releases.fill(row["sums"], row["version"], platform), timeout=30) as answer:
            return published(answer.read(2**20).decode(), url.rsplit("/", 1)[1])
    with urllib.request.urlopen(url, timeout=30) as answer:
        return f"sha256:{hashlib.file_digest(answer, 'sha256').hexdigest()}"


def published(sums: str, file: str) -> str:
    """The digest of a file in what the publisher has: hex digits alone, or lines of them with names."""
    for line in sums.splitlines():
        digits, _space, name = line.strip().partition(" ")
        if name.strip(" *") in ("", file) and re.fullmatch(r"[0-9a-f]+", digits) and len(digits) in _ALGORITHMS:
            return f"{_ALGORITHMS[len(digits)]}:{digits}"
    raise OSError(f"no digest of {file}")


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
