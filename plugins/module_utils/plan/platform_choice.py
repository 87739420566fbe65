# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the user chooses of the platform (``kubeflow_platform``), as registries, packages and components of an application."""

from __future__ import annotations

import difflib
import typing as t
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ..errors import BootstrapError
from ..fetch.sources import Contents
from ..formats import foreign_json
from ..formats.json_object import Json
from ..ksonnet.files import prototypes
from ..platform import existing, graph, package, tables

REGISTRY = "platform"
"""What the registry is called in an application."""
NAMESPACE = "kubeflow"
"""The objects of the platform name it themselves."""
_FIELDS = ("release", "components", "without", "parameters", "source", "sha256", "renderer")
_OF_THE_ENTRY = ("source", "sha256", "renderer")
_FIX = "For instance kubeflow_platform=26.03.1, or kubeflow_platform: {release: 26.03.1, components: [training], source: ...}."


@dataclass(frozen=True)
class Choice:
    """``components``: of the release, each with why it was added, None for what was chosen. ``entry``: the registry as an application
    declares it. ``parameters``: values for all components that have such a parameter. ``kubernetes``: the least and the newest minor
    version that the release was tried with, None where that is not known. ``unmet``: what components need and the user left out.
    ``existing``: add-ons of the cluster that are used in place of components, by component."""

    release: str
    components: Mapping[str, str | None]
    entry: Mapping[str, str]
    parameters: Mapping[str, t.Any]
    kubernetes: tuple[str | None, str | None]
    unmet: Mapping[str, list[str]]
    existing: Mapping[str, existing.Addon]

    @property
    def packages(self) -> dict[str, Json]:
        """The packages, as an application declares them."""
        return {component: {"registry": REGISTRY} for component in self.components}

    @property
    def prototypes(self) -> dict[str, str]:
        """The application's components, each with its prototype, but for those of ``definitions``."""
        return {component: f"platform-{component}" for component in self.components}

    def document(self) -> Json:
        """As the plan has it."""
        return {
            "release": self.release,
            "components": [{"name": name, "reason": f"{why}." if why else "You chose it."} for name, why in self.components.items()],
            "kubernetes": {
                **dict(zip(("least", "newest"), self.kubernetes, strict=True)),
                **dict(zip(("least_minor", "newest_minor"), map(_minor, self.kubernetes), strict=True)),
            },
            "unmet": [f"{name} needs {', '.join(needs)}" for name, needs in self.unmet.items()],
            "existing": [addon.document(name) for name, addon in self.existing.items()],
            "tls": any(self.parameters.get(name) for name in ("tlsSecretName", "tlsIssuer")),
        }


def read(given: t.Any, addons: Iterable[Json] = (), current: Collection[str] = ()) -> Choice | None:
    """The choice; None where there is none.

    ``given``: a release, or a mapping. ``addons``: those of the cluster's facts. ``current``: the components of the existing application.
    Raises BootstrapError that names what is wrong.
    """
    if given in (None, "", {}):
        return None
    if isinstance(given, str) and given.lstrip().startswith("{"):
        given = _mapping(given)  # as -e kubeflow_platform='{...}' gives it
    if isinstance(given, Mapping):
        fields: Json = {str(key): value for key, value in given.items() if value is not None}
    else:
        fields = {"release": given}
    unknown = sorted(fields.keys() - set(_FIELDS))
    if unknown:
        raise BootstrapError(f"kubeflow_platform: unknown field {unknown[0]!r}.", fix=f"Fields are {', '.join(_FIELDS)}.")
    if isinstance(fields.get("release"), float):
        # 26.03 without quotes is a number, and 1.10 is not 1.1.
        raise BootstrapError(f"kubeflow_platform: the release {fields['release']} is a number.", fix='Put it in quotes: "26.03".')
    texts = {name: fields.get(name, "") for name in ("release", *_OF_THE_ENTRY)}
    for name, value in texts.items():
        if not isinstance(value, str) or (name == "release" and not value):
            raise BootstrapError(f"kubeflow_platform: {name}: text is expected.", fix=_FIX)
    lists = {name: _names(fields.get(name), name) for name in ("components", "without")}
    release = tables.release(str(texts["release"]))
    parameters = _parameters(fields.get("parameters"))
    known = tables.graph()
    replaced = [
        name for name, node in known.components.items() if node.unless and parameters.get(node.unless) and name in release.components
    ]
    components = graph.closure(known, release, lists["components"] or [graph.ALL], [*lists["without"], *replaced])
    used = existing.addons(known, components, addons, parameters, current)
    met = {*components, *replaced}
    components = {name: reason for name, reason in components.items() if name not in used or used[name].substitute.keeps}
    modes = {node.existing.mode for node in known.components.values() if node.existing}
    return Choice(
        release=release.name,
        components=components,
        entry={"protocol": REGISTRY, "uri": release.name, **{name: str(texts[name]) for name in _OF_THE_ENTRY if texts[name]}},
        parameters={name: value for name, value in parameters.items() if name not in modes},
        kubernetes=release.kubernetes,
        unmet={name: needs for name, needs in graph.unmet(known, release, met).items() if name in components},
        existing=used,
    )


def definitions(contents: Mapping[str, Contents], document: Json | None = None) -> dict[str, str]:
    """The components with CustomResourceDefinitions that belong to the packages, each with its prototype.

    ``document``: the choice as the plan has it; the cluster has the CustomResourceDefinitions of existing add-ons.
    """
    files = contents[REGISTRY].files if REGISTRY in contents else {}
    used = {addon["name"] for addon in (document or {}).get("existing") or ()}
    packages = sorted(path.partition("/")[0] for path in files if path.endswith(f"/{package.DEFINITIONS}"))
    return {f"{name}-definitions": f"platform-{name}-definitions" for name in packages if name not in used}


def _mapping(text: str) -> t.Any:
    try:
        return foreign_json.loads(text)
    except ValueError:
        raise BootstrapError("kubeflow_platform: this is neither a release nor a mapping in JSON.", fix=_FIX) from None


def _minor(version: str | None) -> int | None:
    return int(version.partition(".")[2]) if version else None


def spread(shared: Mapping[str, t.Any], contents: Mapping[str, Contents], components: Mapping[str, str]) -> dict[str, Json]:
    """Values for all components of the platform as those of each component that declares such a parameter.

    ``components``: name to prototype. Raises BootstrapError for a parameter that none of them declares.
    """
    known, _errors = prototypes.collect(
        {f"vendor/{name}/{path}": text for name, each in contents.items() for path, text in each.files.items()}
    )
    declared = {
        name: {parameter.name for parameter in known[f"{package.PREFIX}{prototype.removeprefix('platform-')}"].parameters}
        for name, prototype in components.items()
        if prototype.startswith("platform-")
    }
    every = sorted(set().union(*declared.values())) if declared else []
    for name in shared:
        if name not in every:
            near = difflib.get_close_matches(name, every, n=3, cutoff=0.5)
            hint = f"Did you mean {', '.join(near)}?" if near else f"There are: {', '.join(every) or 'none'}."
            raise BootstrapError(f"kubeflow_platform: no component that is chosen has a parameter {name!r}.", fix=hint)
    return {
        name: {key: value for key, value in shared.items() if key in names} for name, names in declared.items() if names & shared.keys()
    }


def _parameters(value: t.Any) -> dict[str, t.Any]:
    if value is not None and not isinstance(value, Mapping):
        raise BootstrapError("kubeflow_platform: parameters: a mapping is expected.", fix="Name each with its value.")
    return {str(name): each for name, each in (value or {}).items() if each is not None}


def _names(value: t.Any, field: str) -> list[str]:
    value = [value] if isinstance(value, str) else value or []
    if not isinstance(value, (list, tuple)) or not all(isinstance(name, str) and name for name in value):
        raise BootstrapError(f"kubeflow_platform: {field}: a list of names is expected.", fix=_FIX)
    return [str(name) for name in value]
