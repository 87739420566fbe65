# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a deployment spent its time on, and what it waited for."""

from __future__ import annotations

import contextlib
import time
import typing as t
from collections.abc import Iterator, Mapping

Json = dict[str, t.Any]

_WORTH = 0.2
"""Seconds: what was awaited for less is not told."""
_MOST = 200
"""Waits that are told, the longest ones."""


class Timeline:
    """Parts of the run, and waits within them, each from when to when, in seconds since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._parts: list[Json] = []
        self._waits: list[Json] = []
        self._open: dict[str, Json] = {}

    @contextlib.contextmanager
    def part(self, what: str) -> Iterator[None]:
        """Meanwhile the run does ``what``."""
        entry = {"what": what, "why": None, "from": self._now(), "to": None, "waited": False}
        self._parts.append(entry)
        try:
            yield
        finally:
            entry["to"] = self._now()

    def awaited(self, reasons: Mapping[str, str]) -> None:
        """What is awaited now, each with what it lacks. What was awaited before and is not among them has come."""
        now = self._now()
        for what in self._open.keys() - reasons.keys():
            self._open.pop(what)["to"] = now
        for what, why in reasons.items():
            if what not in self._open:
                self._open[what] = {"what": what, "why": None, "from": now, "to": None, "waited": True}
                self._waits.append(self._open[what])
            self._open[what]["why"] = why

    def document(self) -> list[Json]:
        """``{what, why, from, to, waited}``, the earliest first; what is still awaited ends now. ``why``: what it lacked at last."""
        now = self._now()
        ended = [{**entry, "to": now if entry["to"] is None else entry["to"]} for entry in (*self._parts, *self._waits)]
        waits = [entry for entry in ended if entry["waited"] and entry["to"] - entry["from"] >= _WORTH]
        waits = sorted(waits, key=lambda entry: entry["from"] - entry["to"])[:_MOST]
        return sorted([*(entry for entry in ended if not entry["waited"]), *waits], key=lambda entry: (entry["from"], entry["waited"]))

    def _now(self) -> float:
        return round(time.monotonic() - self._start, 2)
