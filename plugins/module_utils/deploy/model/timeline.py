# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts of a deployment and its waits, with their times."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping

from ...formats.json_object import Json

_WORTH = 0.2
"""Shorter waits, in seconds, are left out."""
_MOST = 200
"""At most so many waits are returned, the longest ones."""


class Timeline:
    """Parts of the run, and waits within them, with start and end in seconds since the start of the run."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._parts: list[Json] = []
        self._waits: list[Json] = []
        self._open: dict[str, Json] = {}

    @contextlib.contextmanager
    def part(self, what: str) -> Iterator[None]:
        """A part of the run, within ``with``."""
        entry = {"what": what, "why": None, "from": self._now(), "to": None, "waited": False}
        self._parts.append(entry)
        try:
            yield
        finally:
            entry["to"] = self._now()

    def awaited(self, reasons: Mapping[str, str]) -> None:
        """What is awaited now, with the reasons. The waits for anything else end."""
        now = self._now()
        for what in self._open.keys() - reasons.keys():
            self._open.pop(what)["to"] = now
        for what, why in reasons.items():
            if what not in self._open:
                self._open[what] = {"what": what, "why": None, "from": now, "to": None, "waited": True}
                self._waits.append(self._open[what])
            self._open[what]["why"] = why

    def document(self) -> list[Json]:
        """``{what, why, from, to, waited}``, the earliest first; open ones end now. ``why``: the last reason."""
        now = self._now()
        ended = [{**entry, "to": now if entry["to"] is None else entry["to"]} for entry in (*self._parts, *self._waits)]
        waits = [entry for entry in ended if entry["waited"] and entry["to"] - entry["from"] >= _WORTH]
        waits = sorted(waits, key=lambda entry: entry["from"] - entry["to"])[:_MOST]
        return sorted([*(entry for entry in ended if not entry["waited"]), *waits], key=lambda entry: (entry["from"], entry["waited"]))

    def _now(self) -> float:
        return round(time.monotonic() - self._start, 2)
