# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever answers in the place of an API server: a stage ends in time, says so, tells no secret, and changes nothing."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.tests.hostile.behaviours import BEHAVIOURS
from ansible_collections.kubeflow.bootstrap.tests.hostile.stages import STAGES, impatient, survive


@pytest.mark.parametrize(("name", "stage"), [(name, list(STAGES)[number % 3]) for number, name in enumerate(BEHAVIOURS)])
def test_a_stage_survives(name: str, stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient(monkeypatch)
    survive(name, stage, tmp_path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2**20, "KiB: more than a gigabyte"
