# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The objects of a plan: migrated, placed, and divided into those for an admin and for a user."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..api_migration.migrate import lines, migrate
from ..deploy.model import namespace as environment
from ..deploy.model.applyset import Inventory
from ..errors import BootstrapError
from ..formats import manifests
from ..formats.json_object import Json
from ..kube.resources import Key, Resource, Resources, key_of, placed

_ROLES = ("Role", "ClusterRole")
_HEAD = """\
# The part of the application {name} that needs an administrator of the cluster {server}.
# Apply it: kubectl apply --server-side --field-manager=kubeflow.bootstrap -f FILE
# The rest belongs to the namespace {namespace}, and whoever may write there can apply it.
"""


@dataclass(frozen=True)
class PlannedObject:
    """One object, where it is served, and its component; ``resource`` is None where that is not known."""

    component: str
    key: Key
    object: Json = field(repr=False)
    resource: Resource | None


@dataclass
class PlannedObjects:
    """All objects of a plan. ``blockers``: for kinds that the cluster does not serve. ``brought_up``: as in ``outcome``."""

    all: list[PlannedObject] = field(default_factory=list)
    blockers: list[Json] = field(default_factory=list)
    warnings: list[Json] = field(default_factory=list)
    brought_up: list[Json] = field(default_factory=list)

    @property
    def own(self) -> list[PlannedObject]:
        """Those of the application itself."""
        return [item for item in self.all if item.component != environment.COMPONENT]


def prepare(rendered: list[tuple[str, Json]], cluster: Json, namespace: str) -> PlannedObjects:
    """The rendered objects, migrated to what a cluster serves by its facts; unchanged if that is unknown.

    The environment's namespace is among them if a deployment creates it: the application lacks it, and so does the cluster, for certain.
    """
    result, apis, existing = PlannedObjects(), cluster["apis"], cluster.get("namespace") or {}
    lacking = existing.get("name") == namespace and existing.get("exists") is False
    if rendered and lacking and not environment.is_brought(namespace, (item for _component, item in rendered)):
        rendered = [environment.missing(namespace), *rendered]
    if not apis:
        result.all = [PlannedObject(component, key_of(item), item, None) for component, item in rendered]
        return result
    migrated: list[tuple[str, Json]] = []
    for pair in rendered:
        try:
            pairs, changes = migrate([pair], apis, namespace)
        except BootstrapError as error:
            result.blockers.append(_unserved(error.message, error.fix))
            continue
        migrated += pairs
        result.brought_up += [change.document() for change in changes]
        result.warnings += [
            {"id": "left-out", "reason": f"{line}.", "fix": None, "command": None} for is_warning, line in lines(changes) if is_warning
        ]
    resources = Resources(apis, [item for _component, item in migrated])
    for component, item in migrated:
        try:
            existing = placed([item], resources, namespace)[0]
            result.all.append(PlannedObject(component, key_of(existing), existing, resources.of(item)))
        except BootstrapError as error:
            result.blockers.append(_unserved(error.message, error.fix))
    return result


def _unserved(message: str, fix: str | None) -> Json:
    return {
        "id": "api-not-served",
        "reason": message,
        "fix": fix or "Use a version of Kubernetes that serves it, or install what defines it.",
        "command": "kubectl api-resources",
    }


def is_admins(item: PlannedObject, namespace: str) -> bool:
    """Whether an object is outside of the namespace: cluster-scoped, or in another namespace."""
    if item.resource is None:
        return item.key.kind in ("Namespace", "CustomResourceDefinition") or item.key.kind.startswith("Cluster")
    return not item.resource.namespaced or item.key.namespace != namespace


def parts(items: PlannedObjects, namespace: str, beyond: set[Key]) -> dict[str, list[str]]:
    """The names of the objects that need an admin, and of those that a user of the namespace may create.

    ``beyond``: roles that grant more than the user has, which only an admin may create.
    """
    names_by_part: dict[str, list[str]] = {"admin": [], "user": []}
    for item in items.all:
        names_by_part["admin" if is_admins(item, namespace) or item.key in beyond else "user"].append(str(item.key))
    return {part: sorted(names) for part, names in names_by_part.items()}


def admin_text(items: PlannedObjects, names: list[str], application: str, namespace: str, server: str) -> str:
    """The admin's part as YAML, with the label by which a deployment knows its objects."""
    inventory = Inventory(application, namespace)
    selected = sorted((item for item in items.all if str(item.key) in set(names)), key=_first)
    objects = [inventory.labelled(item.object) for item in selected]
    return _HEAD.format(name=application, server=server, namespace=namespace) + manifests.text(objects)


def _first(item: PlannedObject) -> int:
    """Dependencies come first, for kubectl applies a file from top to bottom."""
    return {"Namespace": 0, "CustomResourceDefinition": 1}.get(item.key.kind, 2)
