# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An application in the making."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from . import app_yaml
from .prototypes import Prototype

Files = dict[str, str]


@dataclass
class Build:
    """What the parts of an application are made from, and where they are put.

    ``wanted``: the declaration, checked. ``current``: the files that were there; ``last``: what was written last. From them come
    ``files`` and ``app`` (the data of app.yaml) as they must be, ``prototypes`` by component, ``written``, which the next run takes for
    ``last``, and ``kept``. ``overwritten``: vendored folders that somebody changed.
    """

    wanted: dict[str, t.Any]
    current: Mapping[str, str]
    files: Files
    last: dict[str, t.Any]
    app: dict[str, t.Any]
    prototypes: dict[str, Prototype] = field(default_factory=dict)
    written: dict[str, t.Any] = field(default_factory=dict)
    kept: list[dict[str, t.Any]] = field(default_factory=list)
    overwritten: list[str] = field(default_factory=list)

    def merge(self, section: str, wanted: Mapping[str, dict[str, t.Any]]) -> None:
        """Lay entries into a section of app.yaml; values that the user changed stay."""
        self.written[section], kept = app_yaml.merge(self.app, section, wanted, self.last.get(section, {}))
        self.kept += kept

    def retire(self, section: str, files_of: t.Callable[[str], list[str] | None]) -> None:
        """Take out the entries of a section that are no longer declared; what the user changed, or still uses, stays and is his.

        ``files_of`` names the files that go with an entry, or None where it must stay.
        """
        entries = dict(self.app.get(section) or {})
        for name, last in self.last.get(section, {}).items():
            if name in self.written[section] or name not in entries:
                continue
            there = app_yaml.flat(entries[name])
            paths = None if any(there.get(key) != value for key, value in last.items()) else files_of(name)
            if paths is None:
                self.kept.append({section: name, "field": None, "value": entries[name], "planned": None})
                continue
            del entries[name]
            for path in paths:
                self.files.pop(path, None)
        if entries:
            self.app[section] = entries
        else:
            self.app.pop(section, None)  # as ks leaves it out
