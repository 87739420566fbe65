# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Configuration files and flags of the Go bootstrapper of Kubeflow v0.1 to v0.3, as variables of the role.

Its file (bootstrap/config/types.go of kubeflow/kubeflow v0.2)::

    registries: [{name, repo, version (v0.2.0: branch), path}]
    app: {registries (v0.3), packages: [{name, registry}], components: [{name, prototype}], parameters: [{component, name, value}]}

All values there are text; they go to their parameters as text, which the plan reads by the declared type.
"""

from __future__ import annotations

import posixpath
import re
import typing as t
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .. import files
from ..errors import BootstrapError, missing_library
from ..formats import bounded_yaml
from ..formats.json_object import Json
from .names import FLAGS, FLAGS_GONE, GONE, PARAMETERS, PARAMETERS_GONE, PROTOTYPES, SWITCHES, VALUES

try:
    import yaml
except ImportError:  # pragma: no cover
    yaml = None  # type: ignore[assignment]


_EMBEDDED = "embedded"
_KUBEFLOW = "github.com/kubeflow/kubeflow"
_FIELDS = {
    "": ("registries", "app"),
    "app": ("registries", "packages", "components", "parameters"),
    "registries": ("name", "repo", "version", "branch", "path"),
    "packages": ("name", "registry"),
    "components": ("name", "prototype"),
    "parameters": ("component", "name", "value"),
}
# The words of Go's strconv.ParseBool.
_TRUE, _FALSE = {"1", "t", "T", "true", "TRUE", "True"}, {"0", "f", "F", "false", "FALSE", "False"}
_FLAG = re.compile(r"--?([^-=\s][^=\s]*)(?:=(.*))?", re.DOTALL)


@dataclass(frozen=True)
class Embedded:
    """The embedded registry: ``packages``, and parameters by the short name of a ``prototype``."""

    packages: Collection[str]
    prototypes: Mapping[str, Collection[str]]


@dataclass
class Translation:
    """``variables`` of the role, and ``notes``: a sentence for each value that was left out or changed."""

    variables: Json = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Text:
    """A value with its line."""

    value: str
    line: int


_Entry = dict[str, _Text]


# --- flags


def read_flags(words: Sequence[str], file: str = "kubeflow_go_bootstrapper_flags") -> Translation:
    """The flags, as Go's package flag reads them: one dash or two, ``=`` or the next word; switches take a value with ``=`` only.

    The last of several counts. Raises BootstrapError for flags that the bootstrapper did not have.
    """
    values: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        match = _FLAG.fullmatch(word)
        if word == "--" or not match:
            raise BootstrapError(
                f"{file}: {word!r} is not a flag; the bootstrapper read no further than such a word.",
                fix="Write a switch's value with '=', such as --apply=true, and leave out what is not a flag.",
            )
        name, value = match[1], match[2]
        if name not in FLAGS and name not in FLAGS_GONE:
            raise BootstrapError(f"{file}: the bootstrapper had no flag --{name}.", fix=f"Its flags were {', '.join(sorted(FLAGS))}.")
        if value is None and name not in SWITCHES:
            if not rest:
                raise BootstrapError(f"{file}: --{name} has no value.", fix=f"Write --{name}=VALUE.")
            value = rest.pop(0)
        values[name] = "true" if value is None else value
    translation = Translation()
    for name, value in values.items():
        if name in SWITCHES and value not in _TRUE | _FALSE:
            raise BootstrapError(f"{file}: --{name}={value}: it is true or false.", fix=f"Write --{name}=true or --{name}=false.")
        if name in FLAGS_GONE:
            translation.notes.append(f"{file}: --{name} was left out: {FLAGS_GONE[name]}.")
        elif name == "kubeflow-version":
            translation.variables.update(_of_version(value))
        elif value or name == "apply":
            translation.variables[FLAGS[name]] = value in _TRUE if name in SWITCHES else value
    return translation


def _of_version(version: str) -> Json:
    """A version of Kubeflow as the first bootstrapper took it: its registry, three packages, one component."""
    return {
        "kubeflow_registries": {"kubeflow": {"uri": f"{_KUBEFLOW}/tree/{version}/kubeflow"}},
        "kubeflow_packages": {name: {"registry": "kubeflow"} for name in ("core", "tf-serving", "tf-job")},
        "kubeflow_components": {"kubeflow-core": {"prototype": "kubeflow-core"}},
    }


# --- the file


def read_file(file: str) -> str:
    """The text of a configuration file. Raises BootstrapError."""
    try:
        return files.read_text(Path(file).expanduser(), 10 * files.MIB)
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise BootstrapError(
            f"{file} can't be read: {why}.", fix="Name the bootstrapper's configuration file (kubeflow_go_bootstrapper_config)."
        ) from None


def read_config(text: str, file: str, embedded: Embedded) -> Translation:
    """A configuration file. Raises BootstrapError with all problems, each with line and field."""
    if yaml is None:
        raise missing_library("To read a configuration file", "PyYAML")
    try:
        node = next(bounded_yaml.compose_all(text, yaml.SafeLoader), None)
    except yaml.YAMLError as error:
        raise BootstrapError(f"{file} is not YAML: {' '.join(str(error).split())}.", fix="Fix the file.") from None
    reader = _Reader(file, embedded)
    translation = reader.translate(node)
    if reader.problems:
        problems = " ".join(reader.problems)
        raise BootstrapError(
            f"{file} can't be converted: {problems}", fix="Correct these entries, or take them out.", problems=reader.problems
        )
    return translation


class _Reader:
    """Translates one file. ``problems`` gathers all of them for one error."""

    def __init__(self, file: str, embedded: Embedded) -> None:
        self.file = file
        self.embedded = embedded
        self.problems: list[str] = []
        self.translation = Translation()
        self.registries: dict[str, Json] = {}
        self.prototypes: dict[str, str | None] = {}
        """By component: our prototype's name; "" for one of another registry, None for one that was left out."""

    def translate(self, node: t.Any) -> Translation:
        top = self._mapping(node, "", _FIELDS[""], "the file")
        if top is None:
            return self.translation
        app = self._mapping(top.get("app"), "app", _FIELDS["app"], "app") or {}
        for entry in [*self._list(top, "registries", ""), *self._list(app, "registries", "app.")]:
            self._registry(entry)
        packages = self._all(self._package, self._list(app, "packages", "app."))
        components = self._all(self._component, self._list(app, "components", "app."))
        parameters: dict[str, Json] = {}
        for entry in self._list(app, "parameters", "app."):
            self._parameter(entry, parameters)
        sections = {"registries": self.registries, "packages": packages, "components": components, "parameters": parameters}
        self.translation.variables.update({f"kubeflow_{name}": value for name, value in sections.items() if value})
        return self.translation

    def _all(self, work: t.Callable[[_Entry], tuple[str, Json] | None], entries: Iterable[_Entry]) -> dict[str, Json]:
        results: dict[str, Json] = {}
        for entry in entries:
            result = work(entry)
            if result and result[0] in results:
                self._problem(entry["name"].line, "name", f"{result[0]!r} is given twice")
            elif result:
                results[result[0]] = result[1]
        return results

    # --- entries

    def _registry(self, entry: _Entry) -> None:
        name, repo = self._need(entry, "name"), _value(entry, "repo")
        if not name:
            return
        line = entry["name"].line
        if name in self.registries:
            self._note(line, f"the second registry {name!r} was left out; the first of a name counts")
            return
        version, path = _value(entry, "version") or _value(entry, "branch"), _value(entry, "path").strip("/")
        address = re.sub(r"^https?://(www\.)?|\.git/?$|/$", "", repo)
        if not version and (address == _KUBEFLOW or (not repo and name == "kubeflow")):
            self.registries[name] = {"uri": _EMBEDDED}
            self._note(line, f"the registry {name!r} names no version, so the embedded registry stands for it")
        elif re.fullmatch(r"github\.com/[^/]+/[^/]+", address):
            if not version:
                self._note(line, f"the registry {name!r} names no version, so it is taken from the branch master")
            self.registries[name] = {"uri": posixpath.join(address, "tree", version or "master", path).rstrip("/")}
        elif repo.startswith(("/", "./", "../", "file://")):
            self.registries[name] = {"uri": posixpath.join(repo, path).rstrip("/"), "protocol": "fs"}
        else:
            where = entry.get("repo", entry["name"]).line
            self._problem(where, "repo", f"{repo!r} is neither github.com/OWNER/REPOSITORY nor a folder" if repo else "it is missing")

    def _is_embedded(self, registry: str) -> bool:
        return bool(self.registries.get(registry, {"uri": _EMBEDDED if registry == "kubeflow" else ""})["uri"] == _EMBEDDED)

    def _may_be_elsewhere(self) -> bool:
        """Whether another registry may have a prototype that the embedded one lacks."""
        return any(not self._is_embedded(name) for name in self.registries)

    def _package(self, entry: _Entry) -> tuple[str, Json] | None:
        name = self._need(entry, "name")
        registry = _value(entry, "registry") or (next(iter(self.registries)) if len(self.registries) == 1 else "kubeflow")
        if not name:
            return None
        if registry not in self.registries and registry != "kubeflow":
            self._problem(entry["registry"].line, "registry", f"no registry {registry!r} is listed")
            return None
        if self._is_embedded(registry) and name not in self.embedded.packages:
            why = GONE.get(name, "the embedded registry has no such package")
            self._note(entry["name"].line, f"the package {name!r} was left out: {why}")
            return None
        return name, {"registry": registry}

    def _component(self, entry: _Entry) -> tuple[str, Json] | None:
        name, original = self._need(entry, "name"), self._need(entry, "prototype")
        if not name or not original:
            return None
        short = original.removeprefix("io.ksonnet.pkg.")
        ours = PROTOTYPES.get(short, short)
        line = entry["prototype"].line
        if self._may_be_elsewhere() and (not self._is_embedded("kubeflow") or ours not in self.embedded.prototypes):
            self.prototypes[name] = ""
            return name, {"prototype": original}
        if short in GONE:
            self.prototypes[name] = None
            self._note(line, f"the component {name!r} was left out: {GONE[short]}")
            return None
        if ours not in self.embedded.prototypes:
            known = ", ".join(sorted(self.embedded.prototypes))
            self._problem(line, "prototype", f"the embedded registry has no prototype {original!r} (it has {known})")
            return None
        if ours in self.prototypes.values() and ours != short:
            self.prototypes[name] = None
            self._note(line, f"the component {name!r} was left out: another one is the {ours} already")
            return None
        if ours != short:
            self._note(line, f"the component {name!r} is made from the prototype {ours}, which does what {short} did")
        self.prototypes[name] = ours
        return name, {"prototype": ours}

    def _parameter(self, entry: _Entry, parameters: dict[str, Json]) -> None:
        component, name = self._need(entry, "component"), self._need(entry, "name")
        if not component or not name:
            return
        line, value = entry["name"].line, _value(entry, "value")
        if component not in self.prototypes:
            self._problem(entry["component"].line, "component", f"no component {component!r} is listed")
            return
        prototype = self.prototypes[component]
        if prototype is None:
            self._note(line, f"{component}.{name} was left out with its component")
            return
        if prototype:
            original, name = name, PARAMETERS.get(prototype, {}).get(name, name)
            declared = self.embedded.prototypes[prototype]
            if name not in declared and name in PARAMETERS_GONE:
                self._note(line, f"{component}.{name} was left out: {PARAMETERS_GONE[name]}")
                return
            if name not in declared:
                self._problem(line, "name", f"the prototype {prototype} declares no parameter {original!r}")
                return
            if original != name:
                self._note(line, f"{component}.{original} is called {name} here")
            if value in VALUES.get(name, {}):
                self._note(line, f"{component}.{name}: {value!r} is {VALUES[name][value]!r} here")
                value = VALUES[name][value]
        # As with `ks param set`, the last one counts.
        parameters.setdefault(component, {})[name] = value

    # --- YAML

    def _list(self, parent: Mapping[str, t.Any], key: str, prefix: str) -> list[_Entry]:
        node = parent.get(key)
        if node is None or _is_null(node):
            return []
        if not isinstance(node, yaml.SequenceNode):
            self._problem(_line(node), f"{prefix}{key}", "a list is expected")
            return []
        entries = []
        for index, item in enumerate(node.value):
            where = f"{prefix}{key}[{index}]"
            fields = self._mapping(item, where, _FIELDS[key], where) or {}
            texts: _Entry = {}
            for name, value in fields.items():
                if not isinstance(value, yaml.ScalarNode):
                    self._problem(_line(value), f"{where}.{name}", "text is expected")
                else:
                    texts[name] = _Text("" if _is_null(value) else value.value.strip(), _line(value))
            if isinstance(item, yaml.MappingNode):
                texts.setdefault("", _Text(where, _line(item)))
                entries.append(texts)
        return entries

    def _mapping(self, node: t.Any, where: str, known: Sequence[str], what: str) -> dict[str, t.Any] | None:
        """A mapping's nodes by key. As in Go's decoder, the case of keys does not matter."""
        if node is None or _is_null(node):
            return {}
        if not isinstance(node, yaml.MappingNode):
            self._problem(_line(node), where or "top level", "a mapping is expected")
            return None
        nodes: dict[str, t.Any] = {}
        for key, value in node.value:
            name = str(key.value).lower()
            if not where and str(key.value) in ("apiVersion", "kind"):
                self._problem(_line(key), str(key.value), "this is a file of kfctl (v0.5 and later), which is not supported")
                return None
            if name not in known:
                self._problem(_line(key), f"{where}.{key.value}".lstrip("."), f"it is not a field of {what} ({', '.join(known)})")
            elif name in nodes:
                self._problem(_line(key), f"{where}.{key.value}".lstrip("."), "it is given twice")
            else:
                nodes[name] = value
        return nodes

    def _need(self, entry: _Entry, name: str) -> str:
        value = _value(entry, name)
        if not value:
            self._problem(entry[""].line, f"{entry[''].value}.{name}", "it is missing")
        return value

    def _problem(self, line: int, where: str, why: str) -> None:
        self.problems.append(f"line {line}, {where}: {why}.")

    def _note(self, line: int, what: str) -> None:
        self.translation.notes.append(f"{self.file}, line {line}: {what}.")


def _value(entry: _Entry, name: str) -> str:
    return entry[name].value if name in entry else ""


def _line(node: t.Any) -> int:
    return int(node.start_mark.line) + 1


def _is_null(node: t.Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"
