# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each hostile server upon each stage."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.tests.hostile import playbooks
from ansible_collections.kubeflow.bootstrap.tests.hostile.behaviours import BEHAVIOURS
from ansible_collections.kubeflow.bootstrap.tests.hostile.stages import STAGES, impatient, survive


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", BEHAVIOURS)
def test_a_stage_survives(name: str, stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient(monkeypatch)
    survive(name, stage, tmp_path)


@pytest.mark.parametrize("playbook", playbooks.PLAYBOOKS)
@pytest.mark.parametrize("name", BEHAVIOURS)
def test_a_playbook_survives(work, name, playbook, tmp_path):
    playbooks.survive(work(), name, playbook, tmp_path)
