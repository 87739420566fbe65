# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The packages that the components come from."""

from __future__ import annotations

import functools
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..data.parameter_renames import present_name
from ..errors import BootstrapError
from ..fetch.sources import Contents
from ..formats.jsonnet_lexer import imports
from ..formats.yaml_documents import kind
from ..ksonnet.files import prototypes
from ..ksonnet.files.prototypes import Prototype
from ..registries import registry, specs

Declared = dict[str, dict[str, t.Any]]
Ask = Callable[[Declared, Declared], dict[str, Contents]]
"""``registry.contents`` for these registries and packages."""

EMBEDDED = "kubeflow"
"""The name of the embedded registry. Its packages import each other by it."""
_PREFIX = "io.ksonnet.pkg."


@dataclass(frozen=True)
class PackageContents:
    """``registries`` and ``packages`` as an application declares them, and what the registries give: ``contents``.

    ``components``: name to prototype, by its present name where a package of the embedded registry has got another one.
    """

    components: dict[str, str]
    registries: Declared
    packages: Declared
    contents: dict[str, Contents]


def short(prototype: Prototype) -> str:
    """The name of a prototype without the common prefix."""
    return prototype.name.removeprefix(_PREFIX)


def components(declared: t.Any) -> dict[str, str]:
    """The user's components (``kubeflow_components``): name to name of the prototype, by default the component's own."""
    if not isinstance(declared, Mapping) or not declared:
        raise BootstrapError("kubeflow_components: a mapping of at least one component is expected.", fix="Name each with its prototype.")
    result = {}
    for name, entry in declared.items():
        entry = {} if entry is None else entry
        if not isinstance(entry, Mapping) or not isinstance(entry.get("prototype", ""), str) or set(entry) - {"prototype"}:
            raise BootstrapError(
                f"kubeflow_components: {name}: a mapping with prototype is expected, not {kind(entry)}.",
                fix=f"For instance {name}: {{prototype: kubeflow-core}}; its parameters belong to kubeflow_parameters.",
            )
        result[str(name)] = str(entry.get("prototype") or name)
    return result


def find(name: str, contents: Mapping[str, Contents]) -> Prototype:
    """A prototype of the registries, by its full name, its short one, or a unique ending. Raises BootstrapError."""
    known, errors = prototypes.collect(_vendored(contents))
    return known.get(f"{_PREFIX}{name}") or prototypes.find(name, known, errors)


def resolve(components: Mapping[str, str], registries: Declared, packages: Declared, ask: Ask) -> PackageContents:
    """The packages that the components (name to prototype) need, and their registries.

    What the user declared stays; the embedded registry is added as the last one. A prototype that no declared package has is looked up
    in the packages that the registries list, one registry after the other. Packages that a package imports are added, too.
    """
    registries = {**registries, **({} if EMBEDDED in registries else {EMBEDDED: {"protocol": registry.FS, "uri": registry.EMBEDDED}})}
    packages = {_renamed_package(name, entry, registries): entry for name, entry in packages.items()}
    for name, package in packages.items():
        if not isinstance(package, Mapping) or package.get("registry") not in registries:
            raise BootstrapError(
                f"kubeflow_packages: {name}: registry must be one of {', '.join(registries)}.", fix="Correct it, or add the registry."
            )
    contents = ask(_used(registries, packages), packages)
    indexes = {name: _RegistryIndex(name, entry, ask) for name, entry in registries.items()}
    chosen = dict(packages)
    names = {prototype: prototype for prototype in components.values()}
    for former in names:
        prototype = names[former] = _present(former, contents, indexes)
        if _has(prototype, contents):
            continue
        for index in indexes.values():
            if holder := index.find(prototype):
                _add(chosen, index.name, holder)
                break
        else:
            # By a shorter name, or built in; otherwise an error that names the prototypes that exist.
            where = find(prototype, {**{name: index.all() for name, index in indexes.items()}, **contents}).file.split("/")
            if where[0] == "vendor":
                _add(chosen, where[1], where[2])
    _imported(chosen, packages, indexes)
    components = {component: names[prototype] for component, prototype in components.items()}
    used = _used(registries, chosen)
    if chosen == packages:
        return PackageContents(components, used, chosen, contents)
    if len(chosen) == 1:
        ((only, of),) = chosen.items()
        return PackageContents(components, used, chosen, {of["registry"]: indexes[of["registry"]].package(only)})
    return PackageContents(components, used, chosen, ask(used, chosen))


def _renamed_package(name: str, entry: t.Any, registries: Declared) -> str:
    """The present name of a declared package that the embedded registry had under this one."""
    source = registries.get(str(entry.get("registry"))) if isinstance(entry, Mapping) else None
    return present_name(name) if source and source.get("uri") == registry.EMBEDDED else name


def _present(prototype: str, contents: Mapping[str, Contents], indexes: Mapping[str, _RegistryIndex]) -> str:
    """The name of a prototype, the present one if only the embedded registry had it under a former one."""
    present = present_name(prototype.removeprefix(_PREFIX))
    if present == prototype.removeprefix(_PREFIX) or _has(prototype, contents):
        return prototype
    return prototype if any(index.find(prototype) for index in indexes.values()) else present


def _used(registries: Declared, packages: Declared) -> Declared:
    return {name: entry for name, entry in registries.items() if any(each["registry"] == name for each in packages.values())}


def _has(prototype: str, contents: Mapping[str, Contents]) -> bool:
    """Whether these packages have it, by its full name or its short one; prototypes that are built in don't count."""
    known, _errors = prototypes.collect(_vendored(contents))
    return any(known[name].file.startswith("vendor/") for name in (prototype, f"{_PREFIX}{prototype}") if name in known)


def _vendored(contents: Mapping[str, Contents]) -> dict[str, str]:
    return {f"vendor/{source}/{path}": text for source, packages in contents.items() for path, text in packages.files.items()}


class _RegistryIndex:
    """The packages of a registry, read when they are needed."""

    def __init__(self, name: str, entry: dict[str, t.Any], ask: Ask) -> None:
        self.name = name
        self._entry, self._ask = entry, ask
        self._read: dict[str, Contents] = {}

    @functools.cached_property
    def listed(self) -> tuple[str, ...]:
        """The names of all packages."""
        text = self._ask({self.name: self._entry}, {})[self.name].files["registry.yaml"]
        return tuple(specs.libraries(text, f"registry.yaml of '{self.name}'"))

    def package(self, name: str) -> Contents:
        """One package."""
        if name not in self._read:
            self._read[name] = self._ask({self.name: self._entry}, {name: {"registry": self.name}})[self.name]
        return self._read[name]

    def all(self) -> Contents:
        """All packages."""
        return self._ask({self.name: self._entry}, {name: {"registry": self.name} for name in self.listed})[self.name]

    def find(self, prototype: str) -> str | None:
        """The package with a prototype; one with a similar name is tried first."""
        if registry.protocol(self._entry) == registry.GITHUB:
            # An archive is read as a whole.
            matches = self.all()
            return find(prototype, {self.name: matches}).file.split("/")[2] if _has(prototype, {self.name: matches}) else None
        names = sorted(self.listed, key=lambda name: not prototype.endswith(name))
        return next((name for name in names if _has(prototype, {self.name: self.package(name)})), None)


def _add(chosen: Declared, source: str, package: str) -> None:
    other = chosen.setdefault(package, {"registry": source})
    if other["registry"] != source:
        raise BootstrapError(
            f"The package {package} is needed from the registries {other['registry']} and {source}.",
            fix="An application can hold one of them: leave out a component, or declare the package in kubeflow_packages.",
        )


def _imported(chosen: Declared, packages: Declared, indexes: Mapping[str, _RegistryIndex]) -> None:
    """Add the packages that the chosen ones import."""
    todo = [name for name in chosen if name not in packages]
    while todo:
        name = todo.pop()
        for path, text in indexes[chosen[name]["registry"]].package(name).files.items():
            own = path.startswith(f"{name}/") and path.endswith((".jsonnet", ".libsonnet"))
            for each in imports(text) if own else ():
                source, _slash, rest = each.path.partition("/")
                package = rest.partition("/")[0]
                if package not in chosen and source in indexes and package in indexes[source].listed:
                    _add(chosen, source, package)
                    todo.append(package)
