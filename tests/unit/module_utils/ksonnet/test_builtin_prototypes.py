# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The prototypes that ks has built in: listed as ks lists them, and making what the library's functions make of the same values."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import component, params, prototypes
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render

STEPS = Path(__file__).parents[3] / "conformance" / "ks-0.10.0" / "steps"
LOCALS = """
local k = import 'k.libsonnet';
local service = k.core.v1.service;
local deployment = k.apps.v1beta1.deployment;
local container = deployment.mixin.spec.template.spec.containersType;
local servicePort = service.mixin.spec.portsType;
"""


def test_they_are_listed_as_ks_lists_them() -> None:
    listed = json.loads((STEPS / "012-prototype-list.json").read_text(encoding="utf-8"))["stdout"].splitlines()
    expected = {line.split()[0]: " ".join(line.split()[1:]) for line in listed if line.startswith("io.ksonnet.pkg.")}
    assert {name: each.short_description for name, each in prototypes.builtin().items()} == expected


def rendered(components: dict[str, str], values: dict[str, dict[str, str]]) -> dict[str, list[dict[str, t.Any]]]:
    step = json.loads((STEPS / "001-init.json").read_text(encoding="utf-8"))
    files = {**step["app"], **components}
    files[params.PATH] = params.update(files[params.PATH], values)
    return render.objects(files)


# On the right: how ks 0.10.0 makes the object with its library.
@pytest.mark.parametrize(
    ("name", "parameters", "same"),
    [
        ("namespace", {}, "k.core.v1.namespace.new('c').withLabels({ name: 'c' })"),
        ("configMap", {}, "k.core.v1.configMap.new('c', {})"),
        ("configMap", {"name": "x", "data": {"a": 'it\'s "b"'}}, "k.core.v1.configMap.new('x', { a: 'it\\'s \"b\"' })"),
        (
            "single-port-service",
            {"targetLabelSelector": {"app": "a"}},
            "service.new('c', { app: 'a' }, servicePort.new(80, 80)).withType('ClusterIP')",
        ),
        (
            "single-port-service",
            {"targetLabelSelector": {"app": "a"}, "servicePort": 8080, "targetPort": "http", "type": "NodePort", "protocol": "UDP"},
            "service.new('c', { app: 'a' }, servicePort.new(8080, 'http')).withType('NodePort')",
        ),
        (
            "single-port-deployment",
            {"image": "nginx:1", "replicas": 3, "port": 81},
            "deployment.new('c', 3, container.new('c', 'nginx:1').withPorts(container.portsType.new(81)), { app: 'c' })",
        ),
        (
            "deployed-service",
            {"image": "nginx:1", "containerPort": 8080},
            """k.core.v1.list.new([
              service.new('c', { app: 'c' }, servicePort.new(80, 8080)).withType('ClusterIP'),
              deployment.new('c', 1, container.new('c', 'nginx:1').withPorts(container.portsType.new(8080)), { app: 'c' }),
            ])""",
        ),
    ],
)
def test_they_make_what_ks_makes(name: str, parameters: dict[str, t.Any], same: str) -> None:
    prototype = prototypes.find(f"io.ksonnet.pkg.{name}", prototypes.builtin())
    _path, text = component.from_prototype("c", prototype)
    objects = rendered(
        {"components/c.jsonnet": text, "components/same.jsonnet": LOCALS + same}, {"c": prototypes.values(prototype, "c", parameters)}
    )
    assert objects["c"] == objects["same"]
    assert objects["c"][0]["metadata"]["name"] == parameters.get("name", "c")


def test_parameters_are_those_of_ks() -> None:
    service = prototypes.builtin()["io.ksonnet.pkg.single-port-service"]
    assert [(each.name, each.type, each.default) for each in service.parameters] == [
        ("name", "string", None),
        ("targetLabelSelector", "object", None),
        ("servicePort", "numberOrString", "80"),
        ("targetPort", "numberOrString", "80"),
        ("protocol", "string", "TCP"),
        ("type", "string", "ClusterIP"),
    ]
