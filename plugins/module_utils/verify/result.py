# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What became of a check. Private to the collection."""

from __future__ import annotations

import typing as t

PASSED, FAILED, WARNING, SKIPPED = "passed", "failed", "warning", "skipped"
"""``warning``: it works, but something that it should do as well does not hold. ``skipped``: it could not be told, for a reason."""


class CheckFailed(Exception):
    """A check failed; in words, without a full stop."""


class CheckDenied(Exception):
    """A check can't be told, as the user may not do what it takes; in words, without a full stop."""


class CheckResult(t.NamedTuple):
    """One check of a component. ``evidence``: what was seen, or why there is nothing to see; ``fix``: what to do, for what did not pass."""

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
