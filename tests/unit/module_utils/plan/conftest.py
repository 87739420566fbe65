# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small cluster, and a registry with two packages, as plain data."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.sources import Contents

Json = dict[str, t.Any]

KINDS = {
    "v1": {"ConfigMap": "configmaps", "Service": "services", "Pod": "pods"},
    "apps/v1": {"Deployment": "deployments"},
    "rbac.authorization.k8s.io/v1": {"Role": "roles", "RoleBinding": "rolebindings"},
}
WHOLE = {"v1": {"Namespace": "namespaces"}, "rbac.authorization.k8s.io/v1": {"ClusterRole": "clusterroles"}}
ALL = [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]

WEB = """\
// @apiVersion 0.1
// @name io.ksonnet.pkg.web
// @description A site.
// @param name string Its name
// @optionalParam namespace string null Its namespace
// @optionalParam storageClass string null A class
// @optionalParam replicas number 1 How many
// @optionalParam serviceType string ClusterIP The type
// @optionalParam mount string null Does nothing at all
// @optionalParam issuer string null Needs a client
// @optionalParam client string null Needs an issuer
// @optionalParam limits object {} Requests
// @optionalParam reportUsage string false Whether to report
// @optionalParam usageId string null Who reports

local web = import 'shop/web/web.libsonnet';
web.parts(params, env)
"""
LIBRARY = """\
{
  parts(params, env):: {
    local checked = if (params.issuer == 'null') != (params.client == 'null') then error 'issuer and client go together' else params,
    local data = { class: params.storageClass, issuer: checked.issuer, client: checked.client }
      + (if params.reportUsage == 'true' then { usage: params.usageId } else {}),
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: env.namespace, labels: { site: params.name } } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: params.name }, data: data },
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: params.name },
        spec: { replicas: params.replicas, limits: params.limits } },
      { apiVersion: 'v1', kind: 'Service', metadata: { name: params.name }, spec: { type: params.serviceType } },
    ],
  },
}
"""
JOBS = """\
// @apiVersion 0.1
// @name io.ksonnet.pkg.jobs
// @description Jobs.
// @param name string Its name
// @param image string What runs
// @optionalParam storageClass string null A class
// @optionalParam version string v1 Of the API of roles
// @optionalParam whole string false Whether the role is for the whole cluster

local web = import 'shop/web/web.libsonnet';
[
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'jobs' }, data: { image: params.image, class: params.storageClass } },
  { apiVersion: 'rbac.authorization.k8s.io/' + params.version, kind: (if params.whole == 'true' then 'ClusterRole' else 'Role'),
    metadata: { name: 'jobs' },
    rules: [{ apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'create'] }] },
]
"""
REGISTRY = """\
apiVersion: "0.1"
kind: ksonnet.io/registry
libraries:
  web: {path: web, version: v1}
  jobs: {path: jobs, version: v1}
"""
FILES = {
    "registry.yaml": REGISTRY,
    "web/parts.yaml": "apiVersion: 0.0.1\nkind: ksonnet.io/parts\nname: web\n",
    "web/prototypes/web.jsonnet": WEB,
    "web/web.libsonnet": LIBRARY,
    "jobs/parts.yaml": "apiVersion: 0.0.1\nkind: ksonnet.io/parts\nname: jobs\n",
    "jobs/prototypes/jobs.jsonnet": JOBS.replace("[\n", "{ apiVersion: 'v1', kind: 'List', items: [\n").replace("\n]\n", "\n] }\n"),
}


@pytest.fixture
def facts() -> Json:
    """A small plain cluster, without blockers and warnings."""
    apis: Json = {}
    for namespaced, kinds in ((True, KINDS), (False, WHOLE)):
        for version, names in kinds.items():
            apis.setdefault(version, {}).update({kind: {"resource": plural, "namespaced": namespaced} for kind, plural in names.items()})
    disk = {"name": "disk", "provisions": True}
    return {
        "kubeconfig": {"user": "me", "context": "trial", "tls": {"verify": True}},
        "cloud": {"provider": None},
        "cluster": {
            "server": "https://10.0.0.1:6443",
            "uid": "uid-1",
            "version": {"git_version": "v1.35.0", "major": 1, "minor": 35},
            "distribution": {"name": "kubernetes", "signals": []},
            "nodes": {"count": 1, "ready": 1, "schedulable": 1, "usable": 1, "architectures": {"amd64": 1}, "accelerators": []},
            "storage": {"classes": [disk], "default": "disk", "usable": ["disk"], "defaults": ["disk"]},
            "apis": apis,
            "permissions": {"namespace": "kubeflow", "complete": True, "rules": ALL, "missing": []},
            "unknown": [],
        },
    }


@pytest.fixture(scope="session")
def registries() -> dict[str, Contents]:
    return {"shop": Contents(FILES)}
