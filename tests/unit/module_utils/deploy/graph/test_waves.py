# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The order that objects need: waves, gates, dependency cycles."""

from __future__ import annotations

import random
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.graph.object_index import Related
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.graph.waves import Gate, Order, needs, order
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import key_of
from ansible_collections.kubeflow.bootstrap.tests.unit.module_utils.deploy._objects import (
    RBAC,
    defined,
    gates,
    hook,
    hooks,
    make,
    rank,
    running,
    server,
    service,
)

Json = dict[str, t.Any]


def test_nothing_comes_in_no_waves() -> None:
    assert order([]) == Order([], {}, [])


def test_two_webhooks_that_are_asked_about_each_others_servers_are_a_circle_that_is_said() -> None:
    items = [item for name in ("one", "two") for item in (service(name), server(name), hooks(hook(["pods"], name=name), name=name))]
    ordered = order(items)
    assert ordered.broken == [
        "Dependency cycle: Deployment.apps sys/two needs ValidatingWebhookConfiguration.admissionregistration.k8s.io one needs "
        "Deployment.apps sys/one needs ValidatingWebhookConfiguration.admissionregistration.k8s.io two needs Deployment.apps sys/two; "
        "so Deployment.apps sys/two does not wait for ValidatingWebhookConfiguration.admissionregistration.k8s.io one "
        "(a webhook that would be called for it)."
    ]
    assert rank(ordered, server("two")) < rank(ordered, hooks(name="two")) < rank(ordered, server("one")) < rank(ordered, hooks(name="one"))
    assert gates(ordered, server("two")) == []


@pytest.mark.parametrize(("ignored", "other"), [("one", "two"), ("two", "one")])
def test_a_webhook_that_may_be_ignored_gives_way(ignored: str, other: str) -> None:
    items = [item for name in ("one", "two") for item in (service(name), server(name))]
    configurations = [
        hooks(hook(["pods"], name=ignored, failurePolicy="Ignore"), name=ignored),
        hooks(hook(["pods"], name=other), name=other),
    ]
    ordered = order([*items, *configurations])
    assert rank(ordered, server(other)) < rank(ordered, hooks(name=other)) < rank(ordered, server(ignored))
    assert len(ordered.broken) == 1


def test_a_network_policy_that_a_webhook_is_asked_about_gives_way() -> None:
    policy = make("NetworkPolicy", "n", "networking.k8s.io/v1", "far")
    authority = hook(["certificates"], ("cert-manager.io",), name="authority")
    authority["clientConfig"]["service"]["namespace"] = "far"
    signs = server("authority", "far")
    certificate = make("Certificate", "c", "cert-manager.io/v1", "sys", spec={"secretName": "tls"})
    mounts = server(volumes=[{"secret": {"secretName": "tls"}}])
    rules = hooks(hook(["networkpolicies"], ("networking.k8s.io",)))
    ordered = order([policy, hooks(authority, name="authority"), service("authority", "far"), signs, certificate, mounts, service(), rules])
    assert rank(ordered, signs) < rank(ordered, certificate) < rank(ordered, rules) < rank(ordered, policy)
    assert len(ordered.broken) == 1


def test_a_gate_that_a_broken_circle_would_keep_shut_is_left_out() -> None:
    """Two API servers, each an object of the other's group."""

    def api(name: str) -> Json:
        spec = {"group": f"{name}.com", "version": "v1", "service": {"name": name, "namespace": "sys"}}
        return make("APIService", f"v1.{name}.com", "apiregistration.k8s.io/v1", None, spec=spec)

    def runs(name: str, other: str) -> Json:
        return running("Server", f"{other}.com/v1", name=name, namespace="sys", labels={"app": name})

    first, second = runs("one", "two"), runs("two", "one")
    ordered = order([api("one"), api("two"), first, second, service("one"), service("two")])
    assert len(ordered.broken) == 1
    assert rank(ordered, api("two")) < rank(ordered, first) < rank(ordered, api("one")) < rank(ordered, second)
    assert (gates(ordered, api("two")), gates(ordered, first)) == ([], [])
    assert (gates(ordered, api("one")), gates(ordered, second)) == (
        [("endpoints", key_of(service("one")))],
        [("available", key_of(api("one")))],
    )


def test_an_issuer_does_not_await_the_bundle_that_its_own_certificate_fills_in() -> None:
    conversion = {"strategy": "Webhook", "webhook": {"clientConfig": {"service": {"name": "hook", "namespace": "sys"}}}}
    definition = defined("issuers", "Issuer", "cert-manager.io", conversion=conversion)
    definition["metadata"]["annotations"] = {"cert-manager.io/inject-ca-from": "sys/c"}
    issuer = make("Issuer", "i", "cert-manager.io/v1alpha2", "sys")
    certificate = make("Certificate", "c", "cert-manager.io/v1", "sys", spec={"secretName": "tls", "issuerRef": {"name": "i"}})
    ordered = order([definition, issuer, certificate, service(), server()])
    assert rank(ordered, issuer) < rank(ordered, certificate)
    assert "ca-bundle" not in [kind for kind, _key in gates(ordered, issuer)]


def certified(fault: bool) -> list[Json]:
    """A webhook about all pods, whose certificate comes from an authority with a webhook of its own."""
    authority = hook(["certificates"], ("cert-manager.io",), name="authority")
    certificate = make("Certificate", "c", "cert-manager.io/v1", "sys", spec={"secretName": "tls"})
    everything = hook(["pods"], name="all", **({} if fault else {"objectSelector": {"matchLabels": {"check": "yes"}}}))
    mounts = server("all", volumes=[{"secret": {"secretName": "tls"}}])
    return [service("authority"), server("authority"), hooks(authority, name="authority"), certificate, service("all"), mounts] + [
        hooks(everything, name="all"),
        running(labels={"check": "yes"}),
    ]


def test_a_server_mounts_its_certificate_also_where_webhooks_close_a_circle() -> None:
    for fault in (False, True):
        ordered = order(certified(fault))
        ranks = [rank(ordered, item) for item in certified(fault)[1:]]
        assert (len(ordered.broken), ranks) == (int(fault), [1, 2, 3, 0, 4, 5, 6])


def random_items(seed: int, count: int) -> list[Json]:
    """Objects that name each other at random, webhooks too, with cycles more often than not."""
    chance = random.Random(seed)
    names = [f"n{number}" for number in range(max(count // 8, 2))]
    spaces = ["sys", "ns", "other"]

    def name() -> str:
        return chance.choice(names)

    def pods() -> Json:
        volumes = [{"configMap": {"name": name()}}, {"secret": {"secretName": name()}}]
        return {"serviceAccountName": name(), "volumes": chance.sample(volumes, chance.randint(0, 2))}

    def subject() -> Json:
        return {"kind": "ServiceAccount", "name": name(), "namespace": chance.choice(spaces)}

    makers: list[t.Callable[[str, str], Json]] = [
        lambda one, place: make("ConfigMap", one, namespace=place),
        lambda one, place: make("ServiceAccount", one, namespace=place, imagePullSecrets=[{"name": name()}]),
        lambda one, place: make("Secret", one, namespace=place, annotations={"kubernetes.io/service-account.name": name()}),
        lambda one, place: running(name=one, namespace=place, labels={"app": name()}, **pods()),
        lambda one, place: running("Pod", name=one, namespace=place, labels={"app": name()}, **pods()),
        service,
        lambda one, place: make("Role", one, RBAC, place),
        lambda one, place: make("RoleBinding", one, RBAC, place, roleRef={"kind": "Role", "name": name()}, subjects=[subject()]),
        lambda one, place: defined(f"{one}s", one.capitalize()),
        lambda one, place: make(one.capitalize(), "x", "example.com/v1", place),
        lambda one, place: make("Namespace", place, namespace=None),
        lambda one, place: make("Certificate", one, "cert-manager.io/v1", place, spec={"secretName": name()}),
        lambda one, place: hooks(
            hook([chance.choice(["pods", "*", "secrets", "configmaps"])], ("", "cert-manager.io"), name=name()),
            hook(["*"], ("*",), name=name(), failurePolicy="Ignore", objectSelector={"matchLabels": {"app": name()}}),
            name=one,
        ),
    ]
    ordered = {key_of(item): item for item in (chance.choice(makers)(name(), chance.choice(spaces)) for _index in range(count))}
    return list(ordered.values())


@pytest.mark.parametrize("seed", range(100))
def test_random_sets_come_after_all_they_need_but_for_what_was_said(seed: int) -> None:
    items = random_items(seed, random.Random(seed).choice([10, 40, 120]))
    ordered = order(items)
    position = {key: number for number, wave in enumerate(ordered.waves) for key in wave}
    assert sorted(position) == sorted(key_of(item) for item in items)
    assert sum(len(wave) for wave in ordered.waves) == len(items)
    assert all(wave == sorted(wave) for wave in ordered.waves)
    sentences = " ".join(ordered.broken)
    left_out = 0
    for key, dependencies in needs(Related(items), {}).items():
        for need in dependencies.values():
            if position[need.key] >= position[key]:
                left_out += 1
                assert f"wait for {need.key} ({need.why})" in sentences
        assert position[key] == 0 or any(position[need] == position[key] - 1 for need in dependencies), "it could have come earlier"
    assert left_out or not ordered.broken
    for key, passed in ordered.gates.items():
        assert all(position.get(gate.key, -1) < position[key] for gate in passed)
    random.Random(seed).shuffle(items)
    assert order(items) == ordered


def thousand_objects() -> list[t.Any]:
    """With thirty webhook configurations, which come first; workloads follow."""
    configurations = [
        hooks(hook(["pods"], name=f"h{number}", failurePolicy="Ignore" if number % 2 else "Fail", **chosen), name=f"h{number}")
        for number in range(30)
        for chosen in [{"namespaceSelector": {"matchExpressions": [{"key": "off", "operator": "DoesNotExist"}]}}]
    ]
    spaces = [make("Namespace", f"s{number}", namespace=None) for number in range(10)]
    spaces.append(make("Namespace", "sys", namespace=None, labels={"off": "yes"}))
    servers = [item for number in range(30) for item in (service(f"h{number}"), server(f"h{number}"))]
    workloads = [
        running(name=f"w{number}", namespace=f"s{number % 10}", volumes=[{"configMap": {"name": f"c{number}"}}]) for number in range(450)
    ]
    configs = [make("ConfigMap", f"c{number}", namespace=f"s{number % 10}") for number in range(450)]
    return [*configurations, *workloads, *servers, *configs, *spaces]


def test_a_thousand_objects_with_thirty_webhooks_are_ordered() -> None:
    items = thousand_objects()
    ordered = order(items)
    assert (len(items), len(ordered.waves), ordered.broken) == (1001, 5, [])
    assert Gate("ca-bundle", key_of(items[0])) in ordered.gates[key_of(items[30])]
