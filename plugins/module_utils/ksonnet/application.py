# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole ksonnet application as a mapping from path to text: what it must be, given what is there. Private to the collection.

The files are those of ks 0.10.0, byte for byte, and ``bootstrap.yaml`` beside them. Nothing here touches a disk.
"""

from __future__ import annotations

import hashlib
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import BootstrapError
from . import component, declaration, documents, library, params, prototypes, registry
from .jsonnet_text import Expression

Files = dict[str, str]
APP, RECORD = "app.yaml", "bootstrap.yaml"

GITIGNORE = "/lib\n/.ksonnet/registries\n/app.override.yaml\n/.ks_environment\n"
BASE = """local components = std.extVar("__ksonnet/components");
components + {
  // Insert user-specified overrides here.
}
"""
ENVIRONMENT = {
    "main.jsonnet": r"""local base = import "base.libsonnet";
local k = import "k.libsonnet";

base + {
  // Insert user-specified overrides here. For example if a component is named \"nginx-deployment\", you might have something like:\n")
  // "nginx-deployment"+: k.deployment.mixin.metadata.labels({foo: "bar"})
}
""",
    "params.libsonnet": """local params = std.extVar("__ksonnet/params");
local globals = import "globals.libsonnet";
local envParams = params + {
  components +: {
    // Insert component parameter overrides here. Ex:
    // guestbook +: {
    //   name: "guestbook-dev",
    //   replicas: params.global.replicas,
    // },
  },
};

{
  components: {
    [x]: envParams.components[x] + globals, for x in std.objectFields(envParams.components)
  },
}
""",
    "globals.libsonnet": "{\n}",
}
_RECORD_HEADER = """# Why this application is as it is: what kubeflow.bootstrap saw and chose (record), and what it wrote last (written).
# By `written` it tells your changes from its own, and keeps yours. Keep this file beside app.yaml; don't edit it.
"""
_SECTIONS = ("environments", "registries", "libraries", "components")
_OWN = ("components/", "environments/")
_RECORD_VERSION = "kubeflow.bootstrap/v1"


@dataclass(frozen=True)
class Application:
    """``files``: every file as it must be. ``kept``: what the user changed and therefore stays, each with what was planned instead."""

    files: Files
    kept: list[dict[str, t.Any]] = field(default_factory=list)


def files(wanted: Mapping[str, t.Any], current: Mapping[str, str], registries: Mapping[str, Mapping[str, str]]) -> Application:
    """The application that a declaration asks for.

    ``wanted``: a declaration (``declaration.check``). ``current``: the files that are there, {} for none. ``registries``: by name, what
    ``registry.read`` returned. Raises BootstrapError.
    """
    return _Build(declaration.check(wanted), dict(current), registries).build()


def read_app(current: Mapping[str, str]) -> dict[str, t.Any]:
    """app.yaml as data. Raises BootstrapError for what ks 0.10 can't read either."""
    if APP not in current:
        raise BootstrapError("There is no app.yaml: not a ksonnet application.", fix="Name the folder that holds app.yaml.")
    app = documents.load_mapping(current[APP], APP)
    version = app.get("apiVersion")
    if version != "0.1.0":
        fix = "Use a newer release of this collection." if str(version) > "0.1.0" else "Convert it with `ks upgrade` of ksonnet 0.10."
        raise BootstrapError(f"{APP}: apiVersion: 0.1.0 is expected, not {version!r}.", fix=fix)
    for section in _SECTIONS[:3]:
        entries = {} if app.get(section) is None else app[section]
        if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
            raise BootstrapError(f"{APP}: {section}: a mapping of mappings is expected.", fix="Put the file right.")
    return app


def read_record(current: Mapping[str, str]) -> dict[str, t.Any]:
    """What was planned, from bootstrap.yaml; {} where there is none."""
    record = documents.load_mapping(current[RECORD], RECORD).get("record") if RECORD in current else {}
    return record if isinstance(record, dict) else {}


def read_written(current: Mapping[str, str]) -> dict[str, t.Any]:
    """What was written last, from bootstrap.yaml; {} for a new application."""
    if RECORD not in current:
        return {}
    document = documents.load_mapping(current[RECORD], RECORD)
    if document.get("apiVersion") != _RECORD_VERSION:
        raise BootstrapError(
            f"{RECORD}: apiVersion: {_RECORD_VERSION} is expected, not {document.get('apiVersion')!r}.",
            fix="Use the release of this collection that wrote it, or a newer one.",
        )
    written = document.get("written")
    sections = [written.get(key, {}) for key in _SECTIONS] if isinstance(written, dict) else [None]
    if not all(isinstance(section, dict) and all(isinstance(entry, dict) for entry in section.values()) for section in sections):
        raise BootstrapError(f"{RECORD}: written: a mapping of mappings is expected.", fix="Take the file back from version control.")
    return t.cast("dict[str, t.Any]", written)


def digest(*texts: str) -> str:
    """A checksum of texts, as bootstrap.yaml holds it."""
    total = hashlib.sha256()
    for text in texts:
        encoded = text.encode("utf-8", "surrogateescape")
        total.update(b"%d:" % len(encoded) + encoded)
    return f"sha256:{total.hexdigest()}"


class _Build:
    """One pass over the parts of an application; each method sees to one of them."""

    def __init__(self, wanted: dict[str, t.Any], current: Files, registries: Mapping[str, Mapping[str, str]]) -> None:
        self.wanted = wanted
        self.current = current
        self.registries = registries
        self.files: Files = dict(current)
        self.kept: list[dict[str, t.Any]] = []
        self.last = read_written(current)
        self.written: dict[str, t.Any] = {}
        new = {"apiVersion": "0.1.0", "kind": "ksonnet.io/app", "version": "0.0.1"}
        self.before = read_app(current) if APP in current else None
        self.app: dict[str, t.Any] = documents.load_mapping(current[APP], APP) if APP in current else new

    def build(self) -> Application:
        self._name()
        self._environments()
        self._packages()
        self._components()
        # Last, so that what a component still imports is known.
        for section in ("libraries", "registries", "environments"):
            self._retire(section)
        for path, text in ((".gitignore", GITIGNORE), ("environments/base.libsonnet", BASE)):
            self.files.setdefault(path, text)
        document = {"apiVersion": _RECORD_VERSION, "kind": "Bootstrap", "record": self.wanted["record"], "written": self.written}
        # Where the file says the same it stays as it is, comments of the user included.
        if RECORD not in self.current or documents.load(self.current[RECORD], RECORD) != document:
            self.files[RECORD] = _RECORD_HEADER + documents.dump(document)
        if self.before != self.app:
            self.files[APP] = documents.dump(self.app)
        return Application(self.files, self.kept)

    def _name(self) -> None:
        current, last = self.app.get("name"), self.last.get("name")
        if current in (None, last, self.wanted["name"]):
            self.app["name"] = self.wanted["name"]
        else:
            self.kept.append({"field": "name", "value": current, "planned": self.wanted["name"]})
        self.written["name"] = self.app["name"] if current is None else self.wanted["name"]

    def _merge(self, section: str, wanted: Mapping[str, dict[str, t.Any]]) -> None:
        """Lay entries into a section of app.yaml (each a flat mapping); values that the user changed stay."""
        entries: dict[str, t.Any] = dict(self.app.get(section) or {})
        last = self.last.get(section, {})
        for name, entry in wanted.items():
            if name not in entries:
                entries[name] = _nested(entry)
                continue
            there = _flat(entries[name])
            for key, value in entry.items():
                if key in there and there[key] not in (value, last.get(name, {}).get(key)):
                    self.kept.append({section: name, "field": key, "value": there[key], "planned": value})
                else:
                    there[key] = value
            entries[name] = _nested(there)
        if entries:
            self.app[section] = entries
        self.written[section] = {name: dict(entry) for name, entry in wanted.items()}

    def _retire(self, section: str) -> None:
        """Take out the entries of a section that are no longer declared; what the user changed, or still uses, stays and is his."""
        entries = self.app.get(section) or {}
        for name, last in self.last.get(section, {}).items():
            if name in self.written[section] or name not in entries:
                continue
            there = _flat(entries[name])
            if any(there.get(key) != value for key, value in last.items()) or not self._retire_files(section, name):
                self.kept.append({section: name, "field": None, "value": entries[name], "planned": None})
            else:
                del entries[name]
        if not entries:
            self.app.pop(section, None)  # as ks leaves it out

    def _retire_files(self, section: str, name: str) -> bool:
        """Take out the files of an entry that is no longer declared; False, and nothing done, where the user changed them."""
        paths: list[str] = []
        if section == "environments":
            paths = [f"environments/{name}/{file}" for file in ENVIRONMENT]
            if any(self.files.get(path) not in (None, ENVIRONMENT[path.rsplit("/", 1)[1]]) for path in paths):
                return False
        elif section == "libraries":
            root = f"vendor/{self.last['libraries'][name]['registry']}/{name}/"
            paths = [path for path in self.files if path.startswith(root)]
            used = root.removeprefix("vendor/") in "".join(text for path, text in self.files.items() if path.startswith(_OWN))
            if used or self._package_digest(root) != self.last.get("packages", {}).get(name):
                return False
        elif section == "registries":
            if any(entry.get("registry") == name for entry in (self.app.get("libraries") or {}).values()):
                return False
            paths = [f"vendor/{name}/registry.yaml"]
        for path in paths:
            self.files.pop(path, None)
        return True

    def _environments(self) -> None:
        wanted = {
            name: {
                "destination.namespace": entry["namespace"],
                "destination.server": entry["server"],
                "k8sVersion": entry["k8sVersion"],
                "path": name,
            }
            for name, entry in self.wanted["environments"].items()
        }
        self._merge("environments", wanted)
        for name in wanted:
            entry = self.app["environments"][name]
            for file, text in ENVIRONMENT.items():
                self.files.setdefault(f"environments/{entry.get('path', name)}/{file}", text)
            version = str(entry.get("k8sVersion", declaration.K8S_VERSION))
            if not any(path.startswith(f"lib/{version}/") for path in self.files):
                self.files.update(library.files(version))

    def _package_digest(self, root: str) -> str:
        paths = sorted(path for path in self.files if path.startswith(root))
        return digest(*(text for path in paths for text in (path, self.files[path])))

    def _packages(self) -> None:
        declared = self.wanted["registries"]
        self._merge("registries", {name: {"protocol": "fs", "uri": registry.uri(name, entry["uri"])} for name, entry in declared.items()})
        wanted = self.wanted["packages"]
        self._merge(
            "libraries", {name: {"gitVersion": None, "name": name, "registry": entry["registry"]} for name, entry in wanted.items()}
        )
        self.written["packages"] = {}
        for name, entry in wanted.items():
            root = f"vendor/{entry['registry']}/{name}/"
            new = {f"vendor/{entry['registry']}/{path}": text for path, text in self.registries[entry["registry"]].items()}
            # Vendored packages are generated: replaced whole.
            for path in [path for path in self.files if path.startswith(root)]:
                del self.files[path]
            self.files.update({path: text for path, text in new.items() if path.startswith(root)})
            self.written["packages"][name] = self._package_digest(root)
        for name, entry in declared.items():
            if entry["uri"] == registry.EMBEDDED:
                self.files[f"vendor/{name}/registry.yaml"] = self.registries[name]["registry.yaml"]

    def _components(self) -> None:
        gone = tuple(
            f"vendor/{entry['registry']}/{name}/"
            for name, entry in self.last.get("libraries", {}).items()
            if name not in self.wanted["packages"]
        )
        known, errors = prototypes.collect({path: text for path, text in self.files.items() if not path.startswith(gone)})
        text = self.files.get(params.PATH, params.NEW)
        there = params.read(text)
        last: dict[str, t.Any] = self.last.get("components", {})
        values: dict[str, dict[str, str]] = {}
        drop: dict[str, list[str]] = {}
        self.written["components"] = {}
        for name, entry in self.wanted["components"].items():
            prototype = prototypes.find(entry["prototype"], known, errors)
            literals = prototypes.values(prototype, name, entry["parameters"])
            before = last.get(name, {})
            written = self._parameters(name, literals, there.get(name), before.get("parameters", {}), values)
            drop[name] = [
                key for key, value in before.get("parameters", {}).items() if key not in literals and there.get(name, {}).get(key) == value
            ]
            self.written["components"][name] = {
                "digest": self._component_file(name, component.text(name, prototype), before.get("digest")),
                "parameters": written,
                "prototype": prototype.name,
            }
        remove = [
            name for name in last if name not in self.wanted["components"] and self._retire_component(name, last[name], there.get(name))
        ]
        self.files[params.PATH] = params.update(text, values, drop=drop, remove=remove)

    def _parameters(
        self, name: str, literals: dict[str, str], there: dict[str, t.Any] | None, last: dict[str, t.Any], values: dict[str, dict[str, str]]
    ) -> dict[str, t.Any]:
        """Decide about each parameter of a component; returns what counts as written by us."""
        planned = prototypes.read_values(literals)
        if there is None:
            values[name] = literals
            return planned
        written = {}
        values[name] = {}
        for key, value in planned.items():
            if key in there and _same(there[key], value):
                written[key] = value
            elif key not in there or (key in last and _same(there[key], last[key])):
                values[name][key] = literals[key]
                written[key] = value
            else:
                self.kept.append({"component": name, "parameter": key, "value": _shown(there[key]), "planned": value})
                if key in last:
                    written[key] = last[key]
        return written

    def _component_file(self, name: str, text: str, last: str | None) -> str | None:
        """Decide about a component's file; returns the digest of what we wrote last."""
        path = component.path(name)
        there = self.files.get(path)
        if there is not None and there != text and digest(there) != last:
            self.kept.append({"component": name, "file": path, "reason": "It was changed by hand."})
            return last
        self.files[path] = text
        return digest(text)

    def _retire_component(self, name: str, last: dict[str, t.Any], there: dict[str, t.Any] | None) -> bool:
        """Take out a component that is no longer declared; where the user changed it, it stays and is ours no more."""
        path = component.path(name)
        file = self.files.get(path)
        changed = file is not None and digest(file) != last.get("digest")
        if changed or (there is not None and not _same(there, last.get("parameters"))):
            self.kept.append({"component": name, "file": path, "reason": "It is no longer declared, but was changed by hand."})
            return False
        self.files.pop(path, None)
        return True


def _same(left: t.Any, right: t.Any) -> bool:
    """Equal as JSON: true is not 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return bool(left == right and isinstance(left, bool) == isinstance(right, bool))


def _shown(value: t.Any) -> t.Any:
    """A value as plain data; an expression as its text."""
    if isinstance(value, Expression):
        return value.text
    return value


def _flat(entry: dict[str, t.Any]) -> dict[str, t.Any]:
    """An entry of app.yaml with its destination's fields beside the others."""
    destination = entry.get("destination") if isinstance(entry.get("destination"), dict) else {}
    rest = {key: value for key, value in entry.items() if key != "destination"}
    return {**rest, **{f"destination.{key}": value for key, value in t.cast("dict[str, t.Any]", destination).items()}}


def _nested(entry: dict[str, t.Any]) -> dict[str, t.Any]:
    destination = {key.split(".", 1)[1]: value for key, value in entry.items() if key.startswith("destination.")}
    rest = {key: value for key, value in entry.items() if not key.startswith("destination.")}
    return {**rest, "destination": destination} if destination else rest
