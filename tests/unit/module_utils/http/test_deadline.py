# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was late is told with the limit that was in force."""

from __future__ import annotations

import time

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.http.deadline import ExchangeDeadline, ExchangeTimeout


def test_the_limit_in_force_is_told() -> None:
    assert ExchangeDeadline(5, 30).missed() == "no answer within 5 seconds"
    assert ExchangeDeadline(30, 5).missed() == "no answer within 5 seconds"
    late = ExchangeDeadline(0.01, 0.02)
    while not late.over:
        time.sleep(0.01)
    assert late.missed() == "not all of an answer within 0.02 seconds"
    with pytest.raises(ExchangeTimeout):
        late.left()


def test_nobody_waits_longer_than_for_all_of_it() -> None:
    assert ExchangeDeadline(30, 5).left() <= 5
    assert ExchangeDeadline(5, 30).left() == 5
