# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run spent its time on."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model import timeline
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.timeline import Timeline


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(timeline.time, "monotonic", lambda: now[0])
    return lambda seconds: now.__setitem__(0, now[0] + seconds)


def test_parts_and_waits_have_their_times(clock) -> None:
    line = Timeline()
    with line.part("Wave 1"):
        clock(1)
        line.awaited({"Deployment a/b": "no pod yet"})
        clock(2)
        line.awaited({"Deployment a/b": "its image is pulled"})
        clock(1)
        line.awaited({})
        clock(1)
    assert line.document() == [
        {"what": "Wave 1", "why": None, "from": 0.0, "to": 5.0, "waited": False},
        {"what": "Deployment a/b", "why": "its image is pulled", "from": 1.0, "to": 4.0, "waited": True},
    ]


def test_what_is_still_awaited_when_a_run_fails_ends_then(clock) -> None:
    line = Timeline()
    with pytest.raises(ValueError), line.part("Waiting"):
        line.awaited({"Service a/b": "no address"})
        clock(9)
        raise ValueError
    assert [(entry["from"], entry["to"]) for entry in line.document()] == [(0.0, 9.0), (0.0, 9.0)]


def test_brief_waits_are_left_out_and_of_many_the_longest_are_told(clock) -> None:
    line = Timeline()
    line.awaited({"brief": "?"})
    clock(0.1)
    line.awaited({f"long {number}": "?" for number in range(300)})
    for number in range(300):
        clock(1)
        line.awaited({f"long {left}": "?" for left in range(number + 1, 300)})
    names = [entry["what"] for entry in line.document()]
    assert len(names) == 200
    assert "long 299" in names and "long 0" not in names and "brief" not in names
