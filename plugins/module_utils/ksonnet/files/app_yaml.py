# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""app.yaml as ks 0.10.0 has it: environments, registries and libraries."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ...errors import BootstrapError
from ...formats import yaml_documents
from . import three_way_merge

PATH = "app.yaml"
SECTIONS = ("environments", "registries", "libraries")
_LATER = (
    "Write apiVersion: 0.1.0, and under libraries the plain name of each (core, not kubeflow/core), with gitVersion: null in place of"
    " version. A folder such as vendor/kubeflow/core@v0.4.1 must be called vendor/kubeflow/core, as it is imported."
)
_CONVERSION = {
    "0.0.1": "Convert it with `ks upgrade` of ksonnet 0.10.",
    "0.2.0": f"ks 0.12 wrote it, and the rest of the application is the same as with 0.10. {_LATER}",
    "0.3.0": f"ks 0.13 wrote it, and the rest of the application is the same as with 0.10. {_LATER}",
}
_UNKNOWN = "No ksonnet from 0.10 to 0.13 writes that. Fix the file."
NEW = {"apiVersion": "0.1.0", "kind": "ksonnet.io/app", "version": "0.0.1"}


def read(current: Mapping[str, str]) -> dict[str, t.Any]:
    """app.yaml as data. Raises BootstrapError for what ks 0.10 can't read either."""
    if PATH not in current:
        raise BootstrapError("There is no app.yaml: not a ksonnet application.", fix="Name the folder that holds app.yaml.")
    app = yaml_documents.load_mapping(current[PATH], PATH)
    version = app.get("apiVersion")
    if version != "0.1.0":
        raise BootstrapError(f"{PATH}: apiVersion: 0.1.0 is expected, not {version!r}.", fix=_CONVERSION.get(str(version), _UNKNOWN))
    for section in SECTIONS:
        entries = {} if app.get(section) is None else app[section]
        if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
            raise BootstrapError(f"{PATH}: {section}: a mapping of mappings is expected.", fix="Fix the file.")
    return app


def merge(
    app: dict[str, t.Any], section: str, declared: Mapping[str, dict[str, t.Any]], last: Mapping[str, t.Any]
) -> tuple[dict[str, t.Any], list[dict[str, t.Any]]]:
    """Merge entries into a section; values that the user changed stay. Returns the written values and the kept ones."""
    entries: dict[str, t.Any] = dict(app.get(section) or {})
    written: dict[str, t.Any] = {}
    kept = []
    for name, entry in declared.items():
        if name not in entries:
            entries[name] = _nested(entry)
            written[name] = dict(entry)
            continue
        current = flat(entries[name])
        merged = three_way_merge.values(entry, current, last.get(name, {}))
        entries[name] = _nested({**{key: value for key, value in current.items() if key not in merged.drop}, **merged.new})
        written[name] = merged.written
        kept += [{section: name, "field": one["parameter"], "value": one["value"], "planned": one["planned"]} for one in merged.kept]
    if entries:
        app[section] = entries
    return written, kept


def flat(entry: dict[str, t.Any]) -> dict[str, t.Any]:
    """An entry with its destination's fields beside the others."""
    destination = entry.get("destination") if isinstance(entry.get("destination"), dict) else {}
    rest = {key: value for key, value in entry.items() if key != "destination"}
    return {**rest, **{f"destination.{key}": value for key, value in t.cast("dict[str, t.Any]", destination).items()}}


def _nested(entry: dict[str, t.Any]) -> dict[str, t.Any]:
    destination = {key.split(".", 1)[1]: value for key, value in entry.items() if key.startswith("destination.")}
    rest = {key: value for key, value in entry.items() if not key.startswith("destination.")}
    return {**rest, "destination": destination} if destination else rest
