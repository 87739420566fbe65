# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state of an application while it is built."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from . import app_yaml
from .prototypes import Prototype

Files = dict[str, str]


@dataclass
class Build:
    """Input and output of the steps that build an application.

    ``declaration``: checked. ``current``: the existing files; ``last``: what the last run wrote. From them come the desired ``files`` and
    ``app`` (the data of app.yaml), ``prototypes`` by component, ``written``, which is ``last`` of the next run, and ``kept``.
    ``overwritten``: vendored folders that were changed by hand.
    """

    declaration: dict[str, t.Any]
    current: Mapping[str, str]
    files: Files
    last: dict[str, t.Any]
    app: dict[str, t.Any]
    prototypes: dict[str, Prototype] = field(default_factory=dict)
    written: dict[str, t.Any] = field(default_factory=dict)
    kept: list[dict[str, t.Any]] = field(default_factory=list)
    overwritten: list[str] = field(default_factory=list)

    def merge(self, section: str, declared: Mapping[str, dict[str, t.Any]]) -> None:
        """Merge entries into a section of app.yaml; values that the user changed stay."""
        self.written[section], kept = app_yaml.merge(self.app, section, declared, self.last.get(section, {}))
        self.kept += kept

    def retire(self, section: str, files_of: t.Callable[[str], list[str] | None]) -> None:
        """Take out the entries of a section that are no longer declared; what the user changed, or still uses, stays and is the user's.

        ``files_of`` names the files that go with an entry, or None where it must stay.
        """
        entries = dict(self.app.get(section) or {})
        for name, last in self.last.get(section, {}).items():
            if name in self.written[section] or name not in entries:
                continue
            current = app_yaml.flat(entries[name])
            paths = None if any(current.get(key) != value for key, value in last.items()) else files_of(name)
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
