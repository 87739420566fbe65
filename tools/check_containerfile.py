# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks a Containerfile: images and packages of known versions, downloads with checksums, and not root in the end.

Usage: python tools/check_containerfile.py FILE     Exit code 1 says that something is wrong; each fault is a line.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path


def faults(text: str) -> list[str]:
    """What is wrong, each with its line."""
    problems: list[str] = []
    values: dict[str, str] = {}
    stages: set[str] = set()
    user, constrained = "root", False
    for number, line in _lines(text):
        word, _space, rest = line.partition(" ")
        word = word.upper()
        if word == "ARG":
            values.update({name: value for name, value in re.findall(r'(\w+)="?([^"\s]*)"?', rest) if "=" in rest})
            urls = set(re.findall(r"\b(\w+)_URL\b", rest))
            problems += [f"{number}: {name}_URL has no {name}_SHA256 beside it" for name in sorted(urls) if f"{name}_SHA256" not in rest]
        elif word == "FROM":
            image, _as, stage = re.sub(r"\$\{?(\w+)\}?", lambda match: values.get(match[1], ""), rest).partition(" AS ")
            if image not in stages and not _is_pinned(image):
                problems.append(f"{number}: the image {image or rest} has no version")
            stages.add(stage.strip())
        elif word == "USER":
            user = rest.strip()
        elif word == "ENV" and "PIP_CONSTRAINT" in rest:
            constrained = True
        elif word == "ADD" and "://" in rest and "--checksum=" not in rest:
            problems.append(f"{number}: ADD downloads without a checksum")
        elif word == "RUN":
            if re.search(r"\b(curl|wget)\b", rest) and "sha256sum" not in rest:
                problems.append(f"{number}: a download without a checksum")
            if "pip install" in rest and not constrained and not re.search(r"==|--require-hashes|-r ", rest):
                problems.append(f"{number}: packages of any version are installed")
            if re.search(r"(_TOKEN|_PASSWORD|_SECRET)=", rest):
                problems.append(f"{number}: a secret would stay in the image")
    if user in ("root", "0", "") or user.startswith(("root:", "0:")):
        problems.append(f"the image runs as {user or 'root'}")
    return problems


def _lines(text: str) -> list[tuple[int, str]]:
    """Instructions with the number of their first line; continued lines are joined."""
    lines: list[tuple[int, str]] = []
    held, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not held and (not line.strip() or line.lstrip().startswith("#")):
            continue
        start = start if held else number
        held += line.removesuffix("\\")
        if not line.endswith("\\"):
            lines.append((start, held.strip()))
            held = ""
    return lines


def _is_pinned(image: str) -> bool:
    if "@sha256:" in image:
        return True
    tag = image.rsplit("/", 1)[-1].partition(":")[2]
    return bool(re.search(r"\d", tag)) and "latest" not in tag


if __name__ == "__main__":
    wrong = faults(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(
        "\n".join(wrong)
        if wrong
        else f"checked: {len(_lines(Path(sys.argv[1]).read_text(encoding='utf-8')))} instructions of the Containerfile"
    )
    sys.exit(1 if wrong else 0)
