# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The existing application, as the plan knows it by its files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..deploy.graph.object_index import dict_of
from ..formats.json_object import Json
from ..ksonnet.files import app_yaml, params, record
from ..ksonnet.jsonnet.syntax import Expression
from .findings import finding

ENVIRONMENT = "default"
NOTHING: Json = {"before": {}, "planned": {}}
"""What rules know of a component that the existing application does not have: ``values``."""
_OF_THE_CLUSTER = ("cluster", "cloud")


def namespace(files: Mapping[str, str]) -> str | None:
    """The namespace that it is deployed to."""
    if app_yaml.PATH not in files:
        return None
    environment = (app_yaml.read(files).get("environments") or {}).get(ENVIRONMENT) or {}
    return (environment.get("destination") or {}).get("namespace")


def values(files: Mapping[str, str], uid: str | None) -> dict[str, Json]:
    """What rules know of it, by component; nothing if it was made for another cluster.

    ``before``: its values. ``planned``: of the record, value and reason of what followed from the cluster.
    """
    recorded = record.read(files)
    if uid and (recorded.get("cluster") or {}).get("uid") not in (None, uid):
        return {}
    planned = dict_of(recorded.get("values"))
    return {
        name: {
            "before": {key: value for key, value in parameters.items() if not isinstance(value, Expression)},
            "planned": {key: each for key, each in dict_of(planned.get(name)).items() if dict_of(each).get("source") in _OF_THE_CLUSTER},
        }
        for name, parameters in (params.read(files[params.PATH]) if params.PATH in files else {}).items()
    }


def edits(kept: Iterable[Json], parameters: Mapping[str, Json]) -> dict[str, dict[str, Json]]:
    """The values that the user changed in it, by component and parameter; ``kept`` is that of ``application.files``."""
    edited: dict[str, dict[str, Json]] = {}
    for item in kept:
        if item.get("parameter") in parameters.get(item.get("component", ""), {}):
            edited.setdefault(item["component"], {})[item["parameter"]] = item
    return edited


def blockers(files: Mapping[str, str], choices: Json, cluster: Json, chosen_namespace: str) -> list[Json]:
    """What keeps it from being deployed to this namespace of this cluster."""
    return _other_namespace(namespace(files), chosen_namespace) + _other_cluster(record.read(files), choices, cluster)


def _other_namespace(current: str | None, chosen: str) -> list[Json]:
    if not current or current == chosen:
        return []
    reason = f"The application already exists, for the namespace {current}; in {chosen} it would be a second one."
    fix = "Remove the first one (playbooks/remove.yml), or use another kubeflow_app_dir."
    return [finding("namespace-changed", reason, fix, "ansible-playbook kubeflow.bootstrap.remove")]


def _other_cluster(recorded: Json, choices: Json, cluster: Json) -> list[Json]:
    """An application is made another cluster's only where the user says so."""
    current = recorded.get("cluster") or {}
    if choices["allow_other_cluster"] or not recorded or current.get("uid") == cluster["uid"]:
        return []
    planned = f"{current.get('server') or 'unknown'} (UID {current.get('uid') or 'unknown'})"
    reason = f"The application already exists, for the cluster {planned}; this is {cluster['server']} (UID {cluster['uid'] or 'unknown'})."
    fix = "Use the context of that cluster, or another kubeflow_app_dir. To make it this cluster's: kubeflow_allow_other_cluster=true."
    return [finding("cluster-changed", reason, fix, "kubectl config get-contexts")]
