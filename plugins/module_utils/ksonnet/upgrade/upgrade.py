# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Packages at a new version: migrates the user's values, or reports blockers."""

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
    """``changes``: from ``Versions.compare``. ``environments``: as ``components``, for the overrides of each environment.

    ``replaced``: components that have successors: they are removed, with their overrides. ``ours``: the prototype's defaults of
    components that ks made, which count as written by us, so that they follow the new ones.
    """

    changes: list[dict[str, t.Any]] = field(default_factory=list)
    components: MigratedValues = field(default_factory=MigratedValues)
    environments: dict[str, MigratedValues] = field(default_factory=dict)
    replaced: list[str] = field(default_factory=list)
    ours: dict[str, dict[str, t.Any]] = field(default_factory=dict)

    def summary(self) -> dict[str, list[t.Any]]:
        """As plain data: ``changes``, ``carried`` and ``lost`` (each one value, with its environment if it is about one), ``replaced``."""
        migrations = [({}, self.components), *(({"environments": name}, carried) for name, carried in self.environments.items())]
        carried = [
            {**where, "component": name, "parameter": key, "value": value.text if isinstance(value, Expression) else value}
            for where, one in migrations
            for name, values in one.values.items()
            for key, value in values.items()
        ]
        lost = [{**where, **entry} for where, one in migrations for entry in one.lost]
        return {"changes": self.changes, "carried": carried, "lost": lost, "replaced": self.replaced}


def migrate(build: Build, registries: Mapping[str, Contents]) -> PackageUpgrade:
    """Migrate the user's values to the new packages, before the components are added. Raises BootstrapError as ``plan``.

    ``registries``: as for ``packages.add``.
    """
    mixed = mixed_versions(
        app_yaml.read(build.current) if app_yaml.PATH in build.current else {},
        {**build.app, "libraries": {name: entry for name, entry in build.app.get("libraries", {}).items() if _stays(build, name)}},
        build.declaration["packages"],
    )
    if not mixed and not _is_upgrade(build):
        return PackageUpgrade()
    problems = [*mixed, *_kept_versions(build.app, registries)]
    current: dict[str, dict[str, t.Any]] = {}
    for path in sorted(build.files):
        if path.startswith("components/") and path.endswith("/params.libsonnet"):
            module = path.removeprefix("components/").removesuffix("params.libsonnet")
            current.update({f"{module}{called}": values for called, values in params.read(build.files[path], path).items()})
    removed_folders = packages.undeclared_folders(build)
    files = {
        name: path
        for name, entry in (build.app.get("environments") or {}).items()
        if (path := f"environments/{entry.get('path', name)}/params.libsonnet") in build.files
    }
    upgrade = plan(
        build.current,
        {path: text for path, text in build.files.items() if not path.startswith(removed_folders)},
        current,
        build.declaration["components"],
        build.last.get("components", {}),
        overridden=_overridden(build, files, [*build.declaration["components"], *current]),
        problems=problems,
    )
    _write(build, upgrade, files)
    return upgrade


def _stays(build: Build, package: str) -> bool:
    return package in build.declaration["packages"] or package not in build.last.get("packages", {})


def _is_upgrade(build: Build) -> bool:
    """Whether an existing package changes, or is replaced by another one of its registry."""
    before, after = _by_package(build.current), _by_package(build.files)
    removed_folders = packages.undeclared_folders(build)
    going = {folder.rsplit("/", 1)[0] for folder in before if f"{folder}/" in removed_folders}
    coming = {folder.rsplit("/", 1)[0] for folder in after if folder not in before}
    return bool(going & coming) or any(texts != after.get(folder) for folder, texts in before.items())


def _by_package(files: Mapping[str, str]) -> dict[str, dict[str, str]]:
    result: dict[str, dict[str, str]] = {}
    for path, text in files.items():
        if path.startswith("vendor/") and path.count("/") > 2:
            result.setdefault(_folder(path), {})[path] = text
    return result


def _overridden(build: Build, files: Mapping[str, str], components: Iterable[str]) -> dict[str, Values]:
    """The user's overrides in each environment, where a component has its name without the module."""
    whole = {component.plain_name(name): name for name in components}
    result: dict[str, Values] = {}
    for name, path in files.items():
        written = build.last.get("overrides", {}).get(name, {}).get("parameters", {})
        result[name] = {
            whole.get(called, called): own_values(values, written.get(called, {}))
            for called, values in overrides.read(build.files[path], path).items()
        }
    return result


def _write(build: Build, upgrade: PackageUpgrade, files: Mapping[str, str]) -> None:
    """Write the migrated values, as the user's, before the components are added."""
    carried = upgrade.components
    for module in {component.module(name) for name in (*carried.values, *carried.moved, *upgrade.replaced)}:
        path = params.path(module)
        new, drop, remove = _edits(carried, upgrade.replaced, lambda name, module=module: component.module(name) == module)  # type: ignore[misc]
        build.files[path] = params.update(build.files.get(path, params.NEW), new, drop=drop, remove=remove, file=path)
    for name, values in upgrade.environments.items():
        new, drop, remove = _edits(values, upgrade.replaced, lambda _name: True)
        if new or drop or remove:
            build.files[files[name]] = overrides.update(build.files[files[name]], new, drop=drop, remove=remove, file=files[name])
    for name in upgrade.replaced:
        build.files.pop(_path(name), None)
    build.last = {**build.last, "components": {**build.last.get("components", {}), **upgrade.ours}}


def _edits(
    carried: MigratedValues, replaced: list[str], here: t.Callable[[str], bool]
) -> tuple[dict[str, dict[str, str]], dict[str, list[str]], list[str]]:
    """Values to set (as literals), names to drop and components to remove, for those where ``here`` holds."""
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
    current: Values,
    declared_components: Values,
    written: Values,
    *,
    overridden: Mapping[str, Values] | None = None,
    problems: Iterable[str] = (),
) -> PackageUpgrade:
    """The plan of an upgrade of the packages; an empty ``PackageUpgrade`` where no vendored file changes, and for a new application.

    ``before``: the existing files. ``after``: the same with the new packages below vendor/, and without removed packages.
    ``current``: the values by component (``params.read``). ``declared_components``: as declared (``prototype``, ``parameters``).
    ``written``: what the last run wrote by component (``prototype``, ``parameters``), {} for an application that ks made.
    ``overridden``: by environment, the user's values. ``problems``: further blockers (``mixed_versions``).
    Raises BootstrapError that names all blockers; its details have the list ``problems``.
    """
    problems = list(problems)
    vendored = [{path: text for path, text in files.items() if path.startswith("vendor/")} for files in (before, after)]
    if not problems and (not vendored[0] or vendored[0] == vendored[1]):
        return PackageUpgrade()
    return _UpgradePlan(before, after, current, declared_components, written, problems).upgrade(overridden or {})


class _UpgradePlan:
    """One upgrade. ``sources``: the old prototype of each component. ``untouched``: components with a generated file."""

    def __init__(
        self,
        before: Mapping[str, str],
        after: Mapping[str, str],
        current: Values,
        declared_components: Values,
        written: Values,
        problems: list[str],
    ) -> None:
        self.before, self.after, self.current, self.written, self.problems = before, after, current, written, problems
        old, (new, unread) = prototypes.collect(before)[0], prototypes.collect(after)
        self.versions = Versions(old, new)
        self.components: dict[str, dict[str, t.Any]] = {}
        for name, entry in declared_components.items():
            if entry.get("prototype"):
                try:
                    self.components[name] = {**entry, "prototype": prototypes.find(entry["prototype"], new, unread).name}
                except BootstrapError as error:
                    self.problems.append(f"Component '{name}': {error.message} {self._advice(entry['prototype'])}")
        self.declared = set(declared_components)
        self.sources: dict[str, str] = {}
        self.untouched: set[str] = set()
        for name in current:
            self._recognise(name, declared_components.get(name, {}).get("prototype"))

    def _recognise(self, name: str, planned: str | None) -> None:
        """Determine a component's old prototype: from the record, its file, its parameters, or the declaration."""
        written = self.written.get(name, {})
        text = self.before.get(_path(name))
        if text is not None and record.digest(text) == written.get("digest"):
            self.untouched.add(name)
        names = set(self.current[name])
        made_by = [one for one in self.versions.old.values() if text == component.from_prototype(name, one)[1]]
        if made_by:
            self.untouched.add(name)
            # Prototypes may have the same body.
            made_by.sort(key=lambda one: len(names ^ set(declared(self.versions.old, one.name))))
        else:
            made_by = [one for one in self.versions.old.values() if names == set(declared(self.versions.old, one.name))]
            made_by = made_by if len(made_by) == 1 else []
        for candidate in (written.get("prototype"), *(one.name for one in made_by[:1]), planned):
            if candidate and name not in self.sources:
                with contextlib.suppress(BootstrapError):
                    self.sources[name] = prototypes.find(candidate, self.versions.old).name

    def upgrade(self, overridden: Mapping[str, Values]) -> PackageUpgrade:
        own, ours = {}, {}
        for name, values in self.current.items():
            own_defaults = defaults(self.versions.old[self.sources[name]], name) if name in self.sources else {}
            own[name] = own_values(values, {**own_defaults, **self.written.get(name, {}).get("parameters", {})})
            if name in self.components and name in self.sources and name not in self.written:
                ours[name] = self._taken_over(name, {key: value for key, value in values.items() if key not in own[name]})
        changes = self.versions.compare()
        replaced = [name for name in self.sources if self._is_replaced(name, own.get(name, {}), changes)]
        carried = self._carry(own, expressions=True)
        environments = {name: self._carry(values, expressions=False) for name, values in overridden.items()}
        for name, entry in self.components.items():
            self._check_declared(name, entry, carried.values.get(name, {}))
        self._check_imports({name for name in self.untouched if name in self.declared or name in replaced or name in self.written})
        problems = list(dict.fromkeys(self.problems))
        if problems:
            numbered = " ".join(f"({number}) {text}" for number, text in enumerate(problems, 1))
            raise BootstrapError(
                f"The packages can't be upgraded as declared; nothing was changed. {numbered}",
                fix="Complete the declaration, or stay with the present version.",
                problems=problems,
            )
        return PackageUpgrade(changes, carried, environments, replaced, ours)

    def _taken_over(self, name: str, parameters: dict[str, t.Any]) -> dict[str, t.Any]:
        file = {"digest": record.digest(self.before[_path(name)]), "file": _path(name)} if name in self.untouched else {}
        return {**file, "parameters": parameters, "prototype": self.sources[name]}

    def _carry(self, own: Values, expressions: bool) -> MigratedValues:
        carry = ValueMigration(self.versions, own, self.components, expressions)
        for name, prototype in self.sources.items():
            if name in self.components or prototype not in self.versions.new:
                carry.component(name, prototype)
        self.problems += carry.problems
        return carry.result

    def _is_replaced(self, name: str, own: Mapping[str, t.Any], changes: list[dict[str, t.Any]]) -> bool:
        """Whether a component has successors; one that would stay at the old version is a problem."""
        source = self.sources[name]
        if name in self.declared or (name in self.written and name in self.untouched and not own):
            return False  # it is upgraded, or removed
        if source in self.versions.new:
            if any(change["prototype"] == source and (change["added"] or change["renamed"]) for change in changes):
                self.problems.append(f"Component '{name}' is not declared, and the parameters of {source} change: declare it too.")
            return False
        heirs = self.versions.successors(source)
        if not any(entry["prototype"] in heirs for entry in self.components.values()):
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
        """Check names and types of the declared values, and missing ones."""
        prototype = entry["prototype"]
        parameters = declared(self.versions.new, prototype)
        values = {key: value for key, value in (entry.get("parameters") or {}).items() if value is not None}
        for key, value in values.items():
            if key in parameters:
                try:
                    prototypes.literal(parameters[key], value, name)
                except BootstrapError as error:
                    self.problems.append(error.message)
            else:
                heirs = [f"{one.prototype}: {one.parameter}" for one in self.versions.targets(self.sources.get(name, prototype), key)]
                now = f"it is {', '.join(heirs)} now" if heirs else why_gone(prototype, key)
                self.problems.append(f"Component '{name}': {prototype} has no parameter '{key}' any more: {now}.")
        known = {"name", *values, *carried, *self.current.get(name, {})}
        for key, parameter in parameters.items():
            if parameter.required and key not in known:
                self.problems.append(f"Component '{name}': the new parameter '{key}' ({parameter.type}) needs a value.")

    def _check_imports(self, regenerated: Collection[str]) -> None:
        """Unchanged files must not import removed files."""
        changed = {_folder(path) for path in self.before.keys() | self.after.keys() if self.before.get(path) != self.after.get(path)}
        skip = {_path(name) for name in regenerated}
        for path, text in sorted(self.after.items()):
            if path in skip or _folder(path) in changed or not path.endswith((".jsonnet", ".libsonnet")):
                continue
            for file in dict.fromkeys(each.path for each in imports(text)):
                if f"vendor/{file}" in self.before and f"vendor/{file}" not in self.after:
                    self.problems.append(f"{path} stays as it is, and imports {file}, which no longer exists.")


def _path(name: str) -> str:
    return f"components/{name}.jsonnet"


def _folder(path: str) -> str:
    """The package of a vendored file; any other file itself."""
    return "/".join(path.split("/")[:3]) if path.startswith("vendor/") else path


def mixed_versions(before: Mapping[str, t.Any], after: Mapping[str, t.Any], packages: Mapping[str, t.Any]) -> list[str]:
    """Packages that would stay at the old version of a registry that goes to a new one, unless the declaration gives their version.

    ``before``, ``after``: app.yaml as data. ``packages``: the declared ones. Registries without versions (folders) are not checked.
    """
    problems = []
    for registry, entry in (after.get("registries") or {}).items():
        was, now = _version((before.get("registries") or {}).get(registry)), _version(entry)
        for name, library in (after.get("libraries") or {}).items():
            version = _version(library)
            declared_version = (packages.get(name) or {}).get("version")
            if (
                library.get("registry") == registry
                and was
                and now
                and was[0] != now[0]
                and version
                and version[0] != now[0]
                and not declared_version
            ):
                ways = f"while registry '{registry}' goes from {was[1]} to {now[1]}"
                problems.append(f"Package '{name}' would stay at {version[1]} {ways}: declare it too.")
    return problems


def _kept_versions(app: Mapping[str, t.Any], registries: Mapping[str, Contents]) -> list[str]:
    """Registries whose version in app.yaml stays, because it is the user's, while their packages come from another one."""
    problems = []
    for name, contents in registries.items():
        current, now = _version(app["registries"].get(name)), _version({"gitVersion": contents.git})
        if current and now and current[0] != now[0]:
            problems.append(f"Registry '{name}' is at {current[1]} in app.yaml, not by us: declare that version first, then {now[1]}.")
    return problems


def _version(entry: Mapping[str, t.Any] | None) -> tuple[str, str] | None:
    """Commit and ref, as app.yaml has them."""
    git = (entry or {}).get("gitVersion") or {}
    return (git["commitSha"], git.get("refSpec") or git["commitSha"]) if git.get("commitSha") else None
