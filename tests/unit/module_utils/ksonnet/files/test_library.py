# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The small Kubernetes library: what its functions make, and that it stays within Jsonnet as ks 0.10.0 knows it."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import library
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.jsonnet import evaluate

FILES = {path.rsplit("/", 1)[1]: text for path, text in library.files("v1.7.0").items()}
SETUP = """
local k = import 'k.libsonnet';
local deployment = k.apps.v1beta1.deployment;
local service = k.core.v1.service;
local container = deployment.mixin.spec.template.spec.containersType;
"""


def evaluated(expression: str) -> t.Any:
    run = evaluate.Run(SETUP + expression, {}, lambda _folder, name: (name, FILES[name]))
    return evaluate.parse(evaluate.evaluate([run], evaluate.Limits()))


# What each is in ksonnet's own library: its constructors' table (ksonnet-gen, custom_constructor.go), and study of the real one.
@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("k.core.v1.list.new({ kind: 'A' })", {"apiVersion": "v1", "kind": "List", "items": [{"kind": "A"}]}),
        ("k.core.v1.list.new([1, 2]).items", [1, 2]),
        ("k.core.v1.namespace.new('n').withLabels({ a: 'b' })",
         {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "labels": {"a": "b"}}}),
        ("k.core.v1.configMap.new('n', { a: 'b' })",
         {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "n"}, "data": {"a": "b"}}),
        ("k.core.v1.secret.new('n', { a: 'b' })",
         {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "n"}, "data": {"a": "b"}, "type": "Opaque"}),
        ("service.new('n', { app: 'a' }, service.mixin.spec.portsType.newNamed('p', 80, 81)).withType('NodePort')",
         {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "n"},
          "spec": {"ports": [{"name": "p", "port": 80, "targetPort": 81}], "selector": {"app": "a"}, "type": "NodePort"}}),
        ("service.mixin.metadata.withNamespace('n').withLabelsMixin({ a: 'b' }).withAnnotationsMixin({ c: 'd' })",
         {"metadata": {"namespace": "n", "labels": {"a": "b"}, "annotations": {"c": "d"}}}),
        ("deployment.new('n', containers=container.new('c', 'i')).spec",
         {"replicas": 1, "template": {"metadata": {"labels": {"app": "n"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}),
        ("deployment.new(name='n', replicas=2, containers=[], podLabels={ x: 'y' }).spec",
         {"replicas": 2, "template": {"metadata": {"labels": {"x": "y"}}, "spec": {"containers": []}}}),
        ("k.extensions.v1beta1.deployment.new('n', 1, []).apiVersion", "extensions/v1beta1"),
        ("{ spec: { template: { spec: { serviceAccountName: 'old', containers: [1] } } } }"
         " + k.extensions.v1beta1.deployment.mixin.spec.template.spec.withServiceAccountName('new')",
         {"spec": {"template": {"spec": {"serviceAccountName": "new", "containers": [1]}}}}),
        ("container.withImage('i').withImagePullPolicy('Always').withEnvMixin({ name: 'A' })",
         {"image": "i", "imagePullPolicy": "Always", "env": [{"name": "A"}]}),
        ("{ env: [1] } + container.withEnvMixin([2])", {"env": [1, 2]}),
        ("{ env: [1] } + container.withEnv([2])", {"env": [2]}),
        ("{ resources: { limits: { a: 1 } } } + container.mixin.resources.withLimitsMixin({ b: 2 }).withRequests({ c: 3 })",
         {"resources": {"limits": {"a": 1, "b": 2}, "requests": {"c": 3}}}),
        ("container.envType.fromSecretRef('e', 's', 'k')", {"name": "e", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}),
        ("container.envType.fromFieldPath('e', 'status.podIP')", {"name": "e", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}),
        ("container.volumeMountsType.new('v', '/m')", {"name": "v", "mountPath": "/m", "readOnly": False}),
        ("deployment.mixin.spec.template.spec.volumesType.fromEmptyDir('v')", {"name": "v", "emptyDir": {}}),
        ("deployment.mixin.spec.template.spec.volumesType.fromPersistentVolumeClaim('v', 'c')",
         {"name": "v", "persistentVolumeClaim": {"claimName": "c"}}),
        ("container.mixin.livenessProbe.httpGet.withPath('/').withPort(80)", {"livenessProbe": {"httpGet": {"path": "/", "port": 80}}}),
        ("k.rbac.v1beta1.clusterRoleBinding.withSubjects({ kind: 'S' })", {"subjects": [{"kind": "S"}]}),
        ("k.rbac.v1beta1.clusterRoleBinding.new() + k.rbac.v1beta1.clusterRoleBinding.mixin.roleRef.withName('r')",
         {"apiVersion": "rbac.authorization.k8s.io/v1beta1", "kind": "ClusterRoleBinding", "roleRef": {"name": "r"}}),
        ("k.core.v1.serviceAccount.mixin.metadata.withNamespace('n')", {"metadata": {"namespace": "n"}}),
        ("(import 'k8s.libsonnet').apps.v1beta2.deployment.new('n', 1, []).apiVersion", "apps/v1beta2"),
    ],
)  # fmt: skip
def test_what_the_functions_make(expression: str, value: t.Any) -> None:
    assert evaluated(expression) == value


def test_containers_are_changed_with_their_own_functions() -> None:
    """As the package tensorboard of Kubeflow v0.4 does it."""
    changed = evaluated("""
        deployment.new('n', 1, [container.new('a', 'i'), container.new('b', 'i')])
        + deployment.mapContainers(function(c) { result:: c + c.withEnvMixin([{ name: 'E' }]) }.result)
        + deployment.mapContainersWithName('b', function(c) c { image: 'other' })""")
    assert changed["spec"]["template"]["spec"]["containers"] == [
        {"name": "a", "image": "i", "env": [{"name": "E"}]},
        {"name": "b", "image": "other", "env": [{"name": "E"}]},
    ]


def test_every_function_of_every_type_can_be_called() -> None:
    """Each type, each kind: its fields set with one value, its mixins entered (three deep, as types may hold themselves)."""
    count = evaluated("""
        local walk(thing, depth) = std.foldl(function(sum, name) sum + (
          local value = thing[name];
          if std.type(value) == 'function' && std.length(value) == 1 && std.substr(name, 0, 4) == 'with' then
            (if std.length(std.objectFields(value({}))) > 0 then 1 else error name)
          else if std.type(value) == 'object' && depth > 0 then walk(value, depth - 1) else 0
        ), std.objectFieldsAll(thing), 0);
        std.foldl(function(sum, group) sum + walk(k[group], 4), std.objectFieldsAll(k), 0)""")
    assert count > 1_500


def test_it_needs_nothing_that_the_jsonnet_of_2018_lacks() -> None:
    text = "".join(FILES.values())
    assert set(re.findall(r"\bstd\.(\w+)", text)) <= {"type", "map", "filter", "length", "objectHas"}
    assert not re.search(r"importbin|assert|\?\.|\bstd\.get\b", re.sub(r"//.*", "", text))


def test_a_library_of_ours_is_told_from_others() -> None:
    assert all(map(library.is_ours, library.files("v1.7.0").values()))
    assert not library.is_ours('local k8s = import "k8s.libsonnet";\n')
    names = ("k.libsonnet", "k8s.libsonnet", "k8s.types.libsonnet")
    assert set(library.files("v1.9.1")) == {f"lib/v1.9.1/{name}" for name in names}


def test_lists_do_not_wait_for_the_types() -> None:
    texts = {name: text for name, text in FILES.items() if name != "k8s.types.libsonnet"}
    run = evaluate.Run("(import 'k.libsonnet').core.v1.list.new([])", {}, lambda _folder, name: (name, texts[name]))
    assert evaluate.parse(evaluate.evaluate([run], evaluate.Limits()))["items"] == []


def test_every_type_and_kind_has_a_new() -> None:
    """As in ksonnet's own library, where tf-job-operator of Kubeflow 0.3 and 0.4 makes the rules of its Role so."""
    assert evaluated("""k.rbac.v1beta1.role.new()
        + k.rbac.v1beta1.role.withRules(k.rbac.v1beta1.role.rulesType.new() + k.rbac.v1beta1.role.rulesType.withVerbs(['get']))""") == {
        "apiVersion": "rbac.authorization.k8s.io/v1beta1",
        "kind": "Role",
        "rules": [{"verbs": ["get"]}],
    }
    lacking = evaluated("""
        local walk(thing, path, depth) = std.flattenArrays([
          local value = thing[name];
          if std.type(value) != 'object' || depth == 0 then []
          else (if std.length(name) > 4 && std.substr(name, std.length(name) - 4, 4) == 'Type' && !std.objectHasAll(value, 'new')
                then [path + '.' + name] else []) + walk(value, path + '.' + name, depth - 1)
          for name in std.objectFieldsAll(thing)
        ]);
        { types: walk(k, 'k', 5),
          kinds: [group + '.' + version + '.' + kind
            for group in std.objectFieldsAll(k) for version in std.objectFieldsAll(k[group])
            for kind in std.objectFieldsAll(k[group][version]) if !std.objectHasAll(k[group][version][kind], 'new')] }""")
    assert lacking == {"types": [], "kinds": []}


@pytest.mark.parametrize(
    "expression",
    [
        "k.autoscaling.v1.horizontalPodAutoscaler.mixin.spec.scaleTargetRef.withKind('D')",
        "k.policy.v1beta1.podDisruptionBudget.mixin.spec.selector.withMatchLabels({ a: 'b' })",
        "k.core.v1.persistentVolume.mixin.spec['local'].withPath('/data')",
        "k.core.v1.resourceQuota.mixin.spec.withHard({ pods: 1 })",
        "k.core.v1.limitRange.mixin.spec.limitsType.withDefault({ cpu: 1 })",
        "k.core.v1.endpoints.subsetsType.addressesType.withIp('1')",
        "k.networking.v1.networkPolicy.mixin.spec.ingressType.withPorts([])",
        "k.apiextensions.v1beta1.customResourceDefinition.mixin.spec.names.withPlural('a')",
        "k.batch.v1beta1.cronJob.mixin.spec.jobTemplate.spec.template.spec.containersType.new('c', 'i')",
        "k.storage.v1.storageClass.withProvisioner('p')",
        "k.extensions.v1beta1.ingress.mixin.spec.rulesType.mixin.http.withPaths([])",
    ],
)
def test_kinds_that_no_package_of_kubeflow_uses_are_there_too(expression: str) -> None:
    assert isinstance(evaluated(expression), dict)
