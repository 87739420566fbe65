# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``tools/words.py`` finds the words that this project does not use, wherever a line ends between them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools/words.py"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\nThe Secret is there already.\n", 2),
        ("# the Secret is\n# not there", 1),
        ('f"run again: it goes "\n    "on from here"', 1),
        ("Way in: the Gateway. Another WAY in: the only way in.", 1),
        ("The Secret already exists; the way in which circlets are made.", 0),
    ],
)
def test_words_are_found_with_their_line(tmp_path: Path, text: str, line: int) -> None:
    file = tmp_path / "text"
    file.write_text(text, encoding="utf-8")
    run = subprocess.run([sys.executable, TOOL, str(file)], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (bool(line), "")
    assert [report.split(":")[1] for report in run.stdout.splitlines()] == [str(line)] * bool(line)
    assert not line or "write " in run.stdout
