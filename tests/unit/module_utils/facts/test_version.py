# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Supported versions."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.version import version


@pytest.mark.parametrize(
    ("minor", "supported"), [("29", False), ("30", True), ("31+", True), ("35", True), ("36", False), ("", None), (None, None)]
)
def test_the_window(minor: str | None, supported: bool | None) -> None:
    result = version({"major": "1", "minor": minor, "gitVersion": "v"}, [])
    assert result["supported"] is supported
    assert result["window"] == {"oldest": "1.30", "newest": "1.35"}


@pytest.mark.parametrize(
    ("kubelets", "skew", "supported"),
    [
        (["v1.35.1"], (0, 0), True),
        (["v1.32.9-gke.1", "v1.35.0"], (0, 3), True),
        (["v1.31.0", "v1.34.0"], (1, 4), False),
        (["v1.36.0", "v1.35.0"], (-1, 0), False),
        (["unknown", "v1.34.0"], (1, 1), True),
        (["unknown"], None, None),
        ([], None, None),
    ],
)
def test_kubelets_behind_the_server(kubelets: list[str], skew: tuple[int, int] | None, supported: bool | None) -> None:
    result = version({"major": "1", "minor": "35"}, kubelets)
    assert result["kubelet_skew"] == (skew and {"least": skew[0], "most": skew[1]})
    assert result["kubelet_skew_supported"] is supported


def test_nothing_is_said_of_kubelets_where_the_server_s_version_is_not_known() -> None:
    result = version({}, ["v1.35.0"])
    assert (result["supported"], result["kubelet_skew"], result["kubelet_skew_supported"]) == (None, None, None)
