# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Quantities as numbers."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.quantity import is_quantity, parse


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7820m", 7.82),
        ("16Gi", 16 * 1024**3),
        ("1.5Ki", 1536),
        ("100M", 100e6),
        ("1e3", 1000),
        ("12E", 12e18),
        ("1E3", 1000),
        ("2Ei", 2 * 2**60),
        ("250u", 0.00025),
        ("-5", -5),
        (4, 4),
        ("0", 0),
    ],
)
def test_quantities(text: object, number: float) -> None:
    assert parse(text) == pytest.approx(number) and is_quantity(text)


@pytest.mark.parametrize("text", ["", "many", "1.2.3", "5 Gi", "5gi", "1i", "mi", None, True, "."])
def test_what_is_no_quantity_is_nothing(text: object) -> None:
    assert parse(text) == 0.0 and not is_quantity(text)
