# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects for the tests of the order."""

from __future__ import annotations

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.graph.waves import Order
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import Key, key_of

Json = dict[str, t.Any]
RBAC = "rbac.authorization.k8s.io/v1"
ADMISSION = "admissionregistration.k8s.io/v1"
REF = {"name": "x"}
VOLUME = {"name": "v"}


def make(kind: str, name: str = "x", version: str = "v1", namespace: str | None = "ns", **body: t.Any) -> Json:
    """An object; ``labels`` and ``annotations`` go to its metadata."""
    metadata: Json = {"name": name, **({"namespace": namespace} if namespace else {})}
    metadata |= {field: body.pop(field) for field in ("labels", "annotations") if field in body}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **body}


def running(
    kind: str = "Deployment",
    version: str = "apps/v1",
    name: str = "runs",
    namespace: str = "ns",
    labels: Json | None = None,
    more: Json | None = None,
    **pod: t.Any,
) -> Json:
    """A workload; ``labels`` are those of its pods, ``more`` are further fields of its spec."""
    pod = {"containers": [{"name": "c"}], **pod}
    if kind == "Pod":
        return make(kind, name, "v1", namespace, spec=pod, labels=labels or {})
    template = {"spec": {"template": {"metadata": {"labels": labels or {}}, "spec": pod}, **(more or {})}}
    return make(kind, name, version, namespace, spec={"jobTemplate": template} if kind == "CronJob" else template["spec"])


def container(**parts: t.Any) -> Json:
    return {"containers": [{"name": "c", **parts}]}


def defined(plural: str = "things", kind: str = "Thing", group: str = "example.com", **spec: t.Any) -> Json:
    spec = {
        "group": group,
        "names": {"kind": kind, "plural": plural},
        "versions": [{"name": "v1", "served": True, "storage": True}],
        **spec,
    }
    return make("CustomResourceDefinition", f"{plural}.{group}", "apiextensions.k8s.io/v1", None, spec=spec)


def service(name: str = "hook", namespace: str = "sys") -> Json:
    return make("Service", name, namespace=namespace, spec={"selector": {"app": name}})


def server(name: str = "hook", namespace: str = "sys", **pod: t.Any) -> Json:
    return running(name=name, namespace=namespace, labels={"app": name}, **pod)


def hook(resources: list[str], groups: tuple[str, ...] = ("",), name: str = "hook", **more: t.Any) -> Json:
    """One webhook, in v1, of a Service in the namespace ``sys``."""
    rule = {"apiGroups": list(groups), "apiVersions": ["v1"], "operations": ["CREATE"], "resources": resources, **more.pop("rule", {})}
    client_config = {"service": {"name": name, "namespace": "sys"}}
    return {"name": f"{name}.example.com", "clientConfig": client_config, "rules": [rule], **more}


def hooks(*webhooks: Json, name: str = "hooks", **metadata: t.Any) -> Json:
    return make("ValidatingWebhookConfiguration", name, ADMISSION, None, webhooks=list(webhooks), **metadata)


def rank(ordered: Order, item: Json) -> int:
    """The number of an object's wave."""
    return next(number for number, wave in enumerate(ordered.waves) if key_of(item) in wave)


def gates(ordered: Order, item: Json) -> list[tuple[str, Key]]:
    return [tuple(gate) for gate in ordered.gates.get(key_of(item), ())]
