# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Packages at a new version: which of the user's values go where, and the blockers."""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ...data.parameter_renames import NO_SUCCESSOR
from ...errors import BootstrapError
from ...fetch.sources import Contents
from ...formats.jsonnet_lexer import imports
from ..files import app_yaml, component, overrides, packages, params, prototypes, record
from ..files.app_builder import Build
from ..jsonnet.syntax import Expression, write_literal
from .value_migration import MigratedValues, ValueMigration, Values, own_values
from .versions import Versions, declared, defaults, why_gone


@dataclass(frozen=True)
class PackageUpgrade:
    """``changes``: what ``Versions.compare`` says. ``environments``: as ``components``, for the overrides of each environment.

    ``replaced``: components that others took the place of: they go, with their overrides. ``ours``: what counts as written by us of
    components that ks made: the prototype's defaults, so that they follow the new ones.
    """

    changes: list[dict[str, t.Any]] = field(default_factory=list)
    components: MigratedValues = field(default_factory=MigratedValues)
    environments: dict[str, MigratedValues] = field(default_factory=dict)
    replaced: list[str] = field(default_factory=list)
    ours: dict[str, dict[str, t.Any]] = field(default_factory=dict)

    def summary(self) -> dict[str, list[t.Any]]:
        """As plain data: ``changes``, ``carried`` and ``lost`` (each one value, with its environment if it is about one), ``replaced``."""
        found = [({}, self.components), *(({"environments": name}, carried) for name, carried in self.environments.items())]
        carried = [
            {**where, "component": name, "parameter": key, "value": value.text if isinstance(value, Expression) else value}
            for where, one in found
            for name, values in one.values.items()
            for key, value in values.items()
        ]
        lost = [{**where, **entry} for where, one in found for entry in one.lost]
        return {"changes": self.changes, "carried": carried, "lost": lost, "replaced": self.replaced}


def lay(build: Build, registries: Mapping[str, Contents]) -> PackageUpgrade:
    """Bring the user's values over to the packages that were laid, before the components are. Raises BootstrapError as ``plan``.

    ``registries``: what ``packages.lay`` was given.
    """
    mixed = mixed_versions(
        app_yaml.read(build.current) if app_yaml.PATH in build.current else {},
        {**build.app, "libraries": {name: entry for name, entry in build.app.get("libraries", {}).items() if _stays(build, name)}},
        build.wanted["packages"],
    )
    if not mixed and not _is_upgrade(build):
        return PackageUpgrade()
    problems = [*mixed, *_kept_versions(build.app, registries)]
    there: dict[str, dict[str, t.Any]] = {}
    for path in sorted(build.files):
        if path.startswith("components/") and path.endswith("/params.libsonnet"):
            module = path.removeprefix("components/").removesuffix("params.libsonnet")
            there.update({f"{module}{called}": values for called, values in params.read(build.files[path], path).items()})
    gone = packages.gone(build)
    files = {
        name: path
        for name, entry in (build.app.get("environments") or {}).items()
        if (path := f"environments/{entry.get('path', name)}/params.libsonnet") in build.files
    }
    upgrade = plan(
        build.current,
        {path: text for path, text in build.files.items() if not path.startswith(gone)},
        there,
        build.wanted["components"],
        build.last.get("components", {}),
        overridden=_overridden(build, files, [*build.wanted["components"], *there]),
        problems=problems,
    )
    _write(build, upgrade, files)
    return upgrade


def _stays(build: Build, package: str) -> bool:
    return package in build.wanted["packages"] or package not in build.last.get("packages", {})


def _is_upgrade(build: Build) -> bool:
    """Whether a package that was there changes, or makes room for another one of its registry."""
    was, now = _by_package(build.current), _by_package(build.files)
    gone = packages.gone(build)
    going = {folder.rsplit("/", 1)[0] for folder in was if f"{folder}/" in gone}
    coming = {folder.rsplit("/", 1)[0] for folder in now if folder not in was}
    return bool(going & coming) or any(texts != now.get(folder) for folder, texts in was.items())


def _by_package(files: Mapping[str, str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path, text in files.items():
        if path.startswith("vendor/") and path.count("/") > 2:
            found.setdefault(_folder(path), {})[path] = text
    return found


def _overridden(build: Build, files: Mapping[str, str], components: Iterable[str]) -> dict[str, Values]:
    """What the user overrides in each environment. There a component is called by its name without the module."""
    whole = {component.plain_name(name): name for name in components}
    found: dict[str, Values] = {}
    for name, path in files.items():
        written = build.last.get("overrides", {}).get(name, {}).get("parameters", {})
        found[name] = {
            whole.get(called, called): own_values(values, written.get(called, {}))
            for called, values in overrides.read(build.files[path], path).items()
        }
    return found


def _write(build: Build, upgrade: PackageUpgrade, files: Mapping[str, str]) -> None:
    """Put the values where they go, so that they are there, and the user's, when the components are laid."""
    carried = upgrade.components
    for module in {component.module(name) for name in (*carried.values, *carried.moved, *upgrade.replaced)}:
        path = params.path(module)
        new, drop, remove = _edits(carried, upgrade.replaced, lambda name, module=module: component.module(name) == module)  # type: ignore[misc]
        build.files[path] = params.update(build.files.get(path, params.NEW), new, drop=drop, remove=remove, file=path)
    for name, found in upgrade.environments.items():
        new, drop, remove = _edits(found, upgrade.replaced, lambda _name: True)
        if new or drop or remove:
            build.files[files[name]] = overrides.update(build.files[files[name]], new, drop=drop, remove=remove, file=files[name])
    for name in upgrade.replaced:
        build.files.pop(_path(name), None)
    build.last = {**build.last, "components": {**build.last.get("components", {}), **upgrade.ours}}


def _edits(
    carried: MigratedValues, replaced: list[str], here: t.Callable[[str], bool]
) -> tuple[dict[str, dict[str, str]], dict[str, list[str]], list[str]]:
    """What to set (as literals), what to take out, and which components, of those that are here."""
    new = {
        component.plain_name(name): {
            key: value.text if isinstance(value, Expression) else write_literal(value) for key, value in parameters.items()
        }
        for name, parameters in carried.values.items()
        if here(name)
    }
    drop = {component.plain_name(name): names for name, names in carried.moved.items() if here(name)}
    return new, drop, [component.plain_name(name) for name in replaced if here(name)]


def plan(
    before: Mapping[str, str],
    after: Mapping[str, str],
    there: Values,
    wanted: Values,
    written: Values,
    *,
    overridden: Mapping[str, Values] | None = None,
    problems: Iterable[str] = (),
) -> PackageUpgrade:
    """What an upgrade of the packages comes to; an empty ``PackageUpgrade`` where no vendored file changes, and for a new application.

    ``before``: the existing files. ``after``: the same with the new packages below vendor/, and without the packages that go.
    ``there``: the values by component (``params.read``). ``wanted``: the declared components (``prototype``, ``parameters``).
    ``written``: what we wrote last by component (``prototype``, ``parameters``), {} for an application that ks made. ``overridden``: by
    environment: the values there that the user set. ``problems``: further blockers (``mixed_versions``).
    Raises BootstrapError that names all blockers; its details have the list ``problems``.
    """
    problems = list(problems)
    vendored = [{path: text for path, text in files.items() if path.startswith("vendor/")} for files in (before, after)]
    if not problems and (not vendored[0] or vendored[0] == vendored[1]):
        return PackageUpgrade()
    return _UpgradePlan(before, after, there, wanted, written, problems).upgrade(overridden or {})


class _UpgradePlan:
    """One upgrade. ``sources``: the old prototype of each component. ``untouched``: components whose file is as ks generates it."""

    def __init__(
        self, before: Mapping[str, str], after: Mapping[str, str], there: Values, wanted: Values, written: Values, problems: list[str]
    ) -> None:
        self.before, self.after, self.there, self.written, self.problems = before, after, there, written, problems
        old, (new, unread) = prototypes.collect(before)[0], prototypes.collect(after)
        self.versions = Versions(old, new)
        self.wanted: dict[str, dict[str, t.Any]] = {}
        for name, entry in wanted.items():
            if entry.get("prototype"):
                try:
                    self.wanted[name] = {**entry, "prototype": prototypes.find(entry["prototype"], new, unread).name}
                except BootstrapError as error:
                    self.problems.append(f"Component '{name}': {error.message} {self._advice(entry['prototype'])}")
        self.declared = set(wanted)
        self.sources: dict[str, str] = {}
        self.untouched: set[str] = set()
        for name in there:
            self._recognise(name, wanted.get(name, {}).get("prototype"))

    def _recognise(self, name: str, planned: str | None) -> None:
        """Find out a component's old prototype: from what we wrote, by its file or parameters, or as the declaration has it."""
        written = self.written.get(name, {})
        text = self.before.get(_path(name))
        if text is not None and record.digest(text) == written.get("digest"):
            self.untouched.add(name)
        names = set(self.there[name])
        made_by = [one for one in self.versions.old.values() if text == component.from_prototype(name, one)[1]]
        if made_by:
            self.untouched.add(name)
            # Prototypes may have the same body.
            made_by.sort(key=lambda one: len(names ^ set(declared(self.versions.old, one.name))))
        else:
            made_by = [one for one in self.versions.old.values() if names == set(declared(self.versions.old, one.name))]
            made_by = made_by if len(made_by) == 1 else []
        for said in (written.get("prototype"), *(one.name for one in made_by[:1]), planned):
            if said and name not in self.sources:
                with contextlib.suppress(BootstrapError):
                    self.sources[name] = prototypes.find(said, self.versions.old).name

    def upgrade(self, overridden: Mapping[str, Values]) -> PackageUpgrade:
        own, ours = {}, {}
        for name, values in self.there.items():
            given = defaults(self.versions.old[self.sources[name]], name) if name in self.sources else {}
            own[name] = own_values(values, {**given, **self.written.get(name, {}).get("parameters", {})})
            if name in self.wanted and name in self.sources and name not in self.written:
                ours[name] = self._taken_over(name, {key: value for key, value in values.items() if key not in own[name]})
        changes = self.versions.compare()
        replaced = [name for name in self.sources if self._is_replaced(name, own.get(name, {}), changes)]
        carried = self._carry(own, expressions=True)
        environments = {name: self._carry(values, expressions=False) for name, values in overridden.items()}
        for name, entry in self.wanted.items():
            self._check_declared(name, entry, carried.values.get(name, {}))
        self._check_imports({name for name in self.untouched if name in self.declared or name in replaced or name in self.written})
        found = list(dict.fromkeys(self.problems))
        if found:
            numbered = " ".join(f"({number}) {text}" for number, text in enumerate(found, 1))
            raise BootstrapError(
                f"The packages can't be upgraded as declared; nothing was changed. {numbered}",
                fix="Complete the declaration, or stay with the present version.",
                problems=found,
            )
        return PackageUpgrade(changes, carried, environments, replaced, ours)

    def _taken_over(self, name: str, parameters: dict[str, t.Any]) -> dict[str, t.Any]:
        file = {"digest": record.digest(self.before[_path(name)]), "file": _path(name)} if name in self.untouched else {}
        return {**file, "parameters": parameters, "prototype": self.sources[name]}

    def _carry(self, own: Values, expressions: bool) -> MigratedValues:
        carry = ValueMigration(self.versions, own, self.wanted, expressions)
        for name, prototype in self.sources.items():
            if name in self.wanted or prototype not in self.versions.new:
                carry.component(name, prototype)
        self.problems += carry.problems
        return carry.found

    def _is_replaced(self, name: str, own: Mapping[str, t.Any], changes: list[dict[str, t.Any]]) -> bool:
        """Whether others take a component's place; one that would stay behind at the old version is a problem."""
        source = self.sources[name]
        if name in self.declared or (name in self.written and name in self.untouched and not own):
            return False  # it goes along, or goes
        if source in self.versions.new:
            if any(change["prototype"] == source and (change["added"] or change["renamed"]) for change in changes):
                self.problems.append(f"Component '{name}' is not declared, and the parameters of {source} change: declare it too.")
            return False
        heirs = self.versions.successors(source)
        if not any(entry["prototype"] in heirs for entry in self.wanted.values()):
            self.problems.append(f"Component '{name}': its prototype {source} was removed from the package. {self._advice(source)}")
        elif name not in self.untouched:
            self.problems.append(
                f"{_path(name)} was changed by hand, and its prototype {source} was removed from the package: remove it yourself."
            )
        else:
            return True
        return False

    def _advice(self, name: str) -> str:
        with contextlib.suppress(BootstrapError):
            name = prototypes.find(name, self.versions.old).name
        heirs = self.versions.successors(name)
        return f"Declare components of {', '.join(heirs)} instead." if heirs else NO_SUCCESSOR.get(name, "Nothing takes its place.")

    def _check_declared(self, name: str, entry: Mapping[str, t.Any], carried: Mapping[str, t.Any]) -> None:
        """Names and types of the declared values, and whether one is missing."""
        prototype = entry["prototype"]
        parameters = declared(self.versions.new, prototype)
        given = {key: value for key, value in (entry.get("parameters") or {}).items() if value is not None}
        for key, value in given.items():
            if key in parameters:
                try:
                    prototypes.literal(parameters[key], value, name)
                except BootstrapError as error:
                    self.problems.append(error.message)
            else:
                heirs = [f"{one.prototype}: {one.parameter}" for one in self.versions.targets(self.sources.get(name, prototype), key)]
                now = f"it is {', '.join(heirs)} now" if heirs else why_gone(prototype, key)
                self.problems.append(f"Component '{name}': {prototype} has no parameter '{key}' any more: {now}.")
        known = {"name", *given, *carried, *self.there.get(name, {})}
        for key, parameter in parameters.items():
            if parameter.required and key not in known:
                self.problems.append(f"Component '{name}': the new parameter '{key}' ({parameter.type}) needs a value.")

    def _check_imports(self, made_anew: Collection[str]) -> None:
        """Files that stay as they are must not import what no longer exists."""
        changed = {_folder(path) for path in self.before.keys() | self.after.keys() if self.before.get(path) != self.after.get(path)}
        skip = {_path(name) for name in made_anew}
        for path, text in sorted(self.after.items()):
            if path in skip or _folder(path) in changed or not path.endswith((".jsonnet", ".libsonnet")):
                continue
            for file in dict.fromkeys(each.path for each in imports(text)):
                if f"vendor/{file}" in self.before and f"vendor/{file}" not in self.after:
                    self.problems.append(f"{path} stays as it is, and imports {file}, which no longer exists.")


def _path(name: str) -> str:
    return f"components/{name}.jsonnet"


def _folder(path: str) -> str:
    """The package that a vendored file is of; any other file by itself."""
    return "/".join(path.split("/")[:3]) if path.startswith("vendor/") else path


def mixed_versions(before: Mapping[str, t.Any], after: Mapping[str, t.Any], packages: Mapping[str, t.Any]) -> list[str]:
    """Packages that would stay at the old version of a registry that goes to a new one, unless the declaration gives their version.

    ``before``, ``after``: app.yaml as data. ``packages``: the declared ones. Registries without versions (folders) can't be told.
    """
    found = []
    for registry, entry in (after.get("registries") or {}).items():
        was, now = _version((before.get("registries") or {}).get(registry)), _version(entry)
        for name, library in (after.get("libraries") or {}).items():
            version = _version(library)
            asked = (packages.get(name) or {}).get("version")
            if library.get("registry") == registry and was and now and was[0] != now[0] and version and version[0] != now[0] and not asked:
                ways = f"while registry '{registry}' goes from {was[1]} to {now[1]}"
                found.append(f"Package '{name}' would stay at {version[1]} {ways}: declare it too.")
    return found


def _kept_versions(app: Mapping[str, t.Any], registries: Mapping[str, Contents]) -> list[str]:
    """Registries whose version in app.yaml stays, because it is the user's, while their packages come from another one."""
    found = []
    for name, contents in registries.items():
        there, now = _version(app["registries"].get(name)), _version({"gitVersion": contents.git})
        if there and now and there[0] != now[0]:
            found.append(f"Registry '{name}' is at {there[1]} in app.yaml, not by us: declare that version first, then {now[1]}.")
    return found


def _version(entry: Mapping[str, t.Any] | None) -> tuple[str, str] | None:
    """Commit and ref, as app.yaml has them."""
    git = (entry or {}).get("gitVersion") or {}
    return (git["commitSha"], git.get("refSpec") or git["commitSha"]) if git.get("commitSha") else None
