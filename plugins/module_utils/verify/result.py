# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Results of checks."""

from __future__ import annotations

import typing as t

PASSED, FAILED, WARNING, SKIPPED = "passed", "failed", "warning", "skipped"
"""``warning``: it works, but something beside it does not hold. ``skipped``: unknown, for a reason."""


class CheckFailed(Exception):
    """A check failed; the reason, without a full stop."""


class CheckDenied(Exception):
    """The user lacks a right that a check needs; the reason, without a full stop."""


class CheckResult(t.NamedTuple):
    """One check of a component. ``evidence``: what was seen, or why nothing was; ``fix``: what to do about a check that did not pass."""

    component: str
    name: str
    title: str
    status: str
    evidence: str
    seconds: float
    fix: str | None = None

    def document(self) -> dict[str, t.Any]:
        """As plain data."""
        return self._asdict()
