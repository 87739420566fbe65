# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""docs/ksonnet.md: each deliberate difference from ks names a test that is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_difference_has_its_test() -> None:
    text = (ROOT / "docs" / "ksonnet.md").read_text(encoding="utf-8")
    rows = [line for line in text.partition("| what | ks 0.10.0 |")[2].splitlines()[2:] if line.startswith("|")]
    named = [re.findall(r"`(test_\w+)` \|$", row) for row in rows]
    assert len(rows) > 15 and all(named)
    tests = {
        name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    assert {name for names in named for name in names} - tests == set()
