# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Random versions of objects: each optional field is there or not, with one value or another."""

from __future__ import annotations

import base64
import random
import typing as t

Json = dict[str, t.Any]
RBAC = "rbac.authorization.k8s.io"
CUSTOM = "parity.example.com"


class Chance(random.Random):
    """What a version of an object has."""

    def some(self, **fields: tuple[object, ...]) -> Json:
        """Each field with a chance of two thirds, with one of its values."""
        return {name: self.choice(values) for name, values in fields.items() if self.random() < 0.67}

    def few(self, *entries: Json) -> list[Json]:
        """Some entries of a list, in order; at least the first."""
        return [entry for number, entry in enumerate(entries) if not number or self.random() < 0.6]

    def texts(self) -> dict[str, str]:
        return t.cast(dict[str, str], self.some(a=("1", "2"), b=("1", "2"), c=("x\ny",), d=("",)))

    def pod(self) -> Json:
        env = [{"name": name, "value": self.choice(("1", "2"))} for name in "AB" if self.random() < 0.6]
        main: Json = {"name": "main", "image": f"example.com/x:{self.randint(1, 2)}", **({"env": env} if env else {})}
        main |= self.some(args=(["--old"], ["--new", "x"]), workingDir=("/a",), imagePullPolicy=("Always", "IfNotPresent"))
        main |= self.some(resources=({"requests": {"cpu": "1000m"}}, {"limits": {"memory": "1Gi"}}, {}))
        main |= self.some(ports=([{"containerPort": 80}], [{"containerPort": 80}, {"containerPort": 81, "name": "b"}]))
        side = {"name": "side", "image": "example.com/side"}
        return {
            "containers": self.few(main, side),
            **self.some(nodeSelector=({"none": "such"}, {"none": "such", "b": "1"}), terminationGracePeriodSeconds=(5,)),
            **self.some(tolerations=([{"key": "a", "operator": "Exists"}],), securityContext=({"fsGroup": 1}, {"runAsUser": 2})),
        }

    def template(self, name: str, **spec: t.Any) -> Json:
        metadata = {"labels": {"app": name, **self.some(tier=("front", "back"))}, **self.some(annotations=({"a": "1"}, {"b": "2"}))}
        return {"metadata": metadata, "spec": {**self.pod(), **spec}}


def _workload(chance: Chance, name: str, **spec: t.Any) -> Json:
    return {"spec": {"selector": {"matchLabels": {"app": name}}, "template": chance.template(name), **spec}}


def _deployment(chance: Chance, name: str) -> Json:
    strategy = ({"rollingUpdate": {"maxSurge": 2}}, {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0}})
    return _workload(chance, name, replicas=0, **chance.some(strategy=strategy, minReadySeconds=(3,), paused=(True,)))


def _service(chance: Chance, name: str) -> Json:
    ports = chance.few({"name": "a", "port": 80, "targetPort": chance.choice((80, "web"))}, {"name": "b", "port": 81})
    more = chance.some(sessionAffinity=("ClientIP", "None"), publishNotReadyAddresses=(True, False))
    return {"spec": {"ports": ports, "selector": {"app": name, **chance.some(tier=("x",))}, **more}}


def _secret(chance: Chance, _name: str) -> Json:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in chance.texts().items()}
    return {"data": data} if data else {}


def _rules(chance: Chance, _name: str) -> Json:
    pods = {"apiGroups": [""], "resources": ["pods"], "verbs": chance.choice((["get"], ["get", "list"]))}
    return {"rules": chance.few(pods, {"apiGroups": [""], "resources": ["services"], "verbs": ["get"]})}


def _binding(chance: Chance, _name: str) -> Json:
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": "default"}
    subjects = chance.few(subject, {"kind": "User", "name": "somebody", "apiGroup": RBAC})
    return {"roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"}, "subjects": subjects}


def _ingress(chance: Chance, name: str) -> Json:
    def rule(host: str) -> Json:
        backend = {"service": {"name": name, "port": {"number": chance.choice((80, 81))}}}
        return {"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}

    return {"spec": {"rules": chance.few(rule("a.example.com"), rule("b.example.com")), **chance.some(ingressClassName=("one",))}}


def _policy(chance: Chance, name: str) -> Json:
    sources = chance.few({"from": [{"podSelector": {"matchLabels": {"a": "1"}}}]}, {"ports": [{"port": 80, "protocol": "TCP"}]})
    return {"spec": {"podSelector": {"matchLabels": {"app": name}}, **chance.some(ingress=(sources,), policyTypes=(["Ingress"],))}}


def _cron_job(chance: Chance, name: str) -> Json:
    job = {"spec": {"template": chance.template(name, restartPolicy="Never"), **chance.some(backoffLimit=(1, 2))}}
    more = chance.some(concurrencyPolicy=("Forbid", "Replace"), successfulJobsHistoryLimit=(1,), startingDeadlineSeconds=(5, 6))
    return {"spec": {"schedule": "0 0 1 1 *", "suspend": True, "jobTemplate": job, **more}}


def _scaler(chance: Chance, name: str) -> Json:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}
    behavior = ({"scaleDown": {"stabilizationWindowSeconds": 1}}, {"scaleUp": {"stabilizationWindowSeconds": 2}})
    return {"spec": {"scaleTargetRef": target, "maxReplicas": 5, **chance.some(minReplicas=(2,), metrics=([metric],), behavior=behavior)}}


def _custom(chance: Chance, _name: str) -> Json:
    nested = chance.some(a=("1", 2, None, False), b=([], [1, {"x": "y"}]), c=({}, {"d": "1"}))
    return {"spec": {"nested": nested, **chance.some(size=("1000m", 1), list=([{"name": "a"}], [{"name": "b"}]))}}


def _limits(chance: Chance, _name: str) -> Json:
    limit = {"type": "Container", "default": {"cpu": "2000m"}, **chance.some(max=({"cpu": 4}, {"memory": "1024Gi"}))}
    return {"spec": {"limits": chance.few(limit, {"type": "Pod", "max": {"cpu": "8"}})}}


KINDS: dict[str, tuple[str, t.Callable[[Chance, str], Json]]] = {
    "ConfigMap": ("v1", lambda chance, _name: {"data": chance.texts()}),
    "CronJob": ("batch/v1", _cron_job),
    "DaemonSet": ("apps/v1", lambda chance, name: _workload(chance, name, **chance.some(minReadySeconds=(3,)))),
    "Deployment": ("apps/v1", _deployment),
    "HorizontalPodAutoscaler": ("autoscaling/v2", _scaler),
    "Ingress": ("networking.k8s.io/v1", _ingress),
    "LimitRange": ("v1", _limits),
    "NetworkPolicy": ("networking.k8s.io/v1", _policy),
    "Role": (f"{RBAC}/v1", _rules),
    "RoleBinding": (f"{RBAC}/v1", _binding),
    "Secret": ("v1", _secret),
    "Service": ("v1", _service),
    "ServiceAccount": ("v1", lambda chance, _name: chance.some(automountServiceAccountToken=(False, True))),
    "StatefulSet": ("apps/v1", lambda chance, name: _workload(chance, name, replicas=0, serviceName=name)),
    "Thing": (f"{CUSTOM}/v1", _custom),
}


def version(chance: Chance, kind: str, name: str, space: str) -> Json:
    """One version of an object."""
    api_version, content = KINDS[kind]
    metadata: Json = {"name": name, "namespace": space}
    metadata |= chance.some(labels=({"one": "1"}, {"one": "2", "two": "2"}, {}), annotations=({"one": "1"}, {"two": "x\ny"}, {}))
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content(chance, name)}


def definition() -> Json:
    """The definition of the custom resources."""
    schema = {"type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}
    spec = {
        "group": CUSTOM,
        "scope": "Namespaced",
        "names": {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
    }
    metadata = {"name": f"things.{CUSTOM}"}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": metadata, "spec": spec}
