# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Webhooks with real servers, that come up late, never, or answer wrongly; and definitions that take their time."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration import webhook_server
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import (
    definition,
    existing,
    live,
    made,
    name_of,
    refused,
    webhook_failures,
)
from ansible_collections.kubeflow.bootstrap.tests.integration.webhook_server import WebhookServer
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang, patience

# The application is evaluated in a child process that does nothing else, also where threads run.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


@pytest.fixture
def application(tmp_path):
    """``application(cluster, "space")``: an empty one for that namespace."""
    return lambda cluster, space, **arguments: Application.on(cluster, tmp_path / space, space, **{"wait_timeout": 90, **arguments})


@pytest.fixture
def server(tmp_path):
    """``server("space", "name")``: a webhook server for a Service, not started yet."""
    made_: list[WebhookServer] = []

    def make(space, name="hooks", behave=webhook_server.allow):
        made_.append(WebhookServer(tmp_path / "pki", space, name, behave))
        return made_[-1]

    yield make
    for each in made_:
        each.stop()


def configuration(kind, name, server, *resources, selector=None, operations=("CREATE", "UPDATE"), **webhook):
    """A configuration that has ``server`` asked about ``resources`` (plural, or plural.group) of its namespace and the one beside it."""
    rules, places = [], [server.namespace, things(server.namespace)]
    for resource in resources:
        plural, _dot, group = resource.partition(".")
        rules.append({"apiGroups": [group], "apiVersions": ["*"], "operations": list(operations), "resources": [plural]})
    content = {
        "name": f"{name}.example.com",
        "clientConfig": server.client_config("/review"),
        "rules": rules,
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "failurePolicy": "Fail",
        "timeoutSeconds": 2,
        "namespaceSelector": {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": places}]},
        **({"objectSelector": {"matchLabels": selector}} if selector else {}),
        **webhook,
    }
    return made("admissionregistration.k8s.io/v1", kind, name, webhooks=[content])


def things(space):
    """The namespace of what is asked about. Settings beside the server itself come before it: it may read them when it starts."""
    return f"{space}-things"


BY_US = {"matchExpressions": [{"key": "applyset.kubernetes.io/part-of", "operator": "Exists"}]}
"""Members, not the record itself, which goes in while the server answers wrongly."""
VALIDATING, MUTATING = "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"


@contextlib.contextmanager
def watched(each):
    """No webhook is asked in vain meanwhile; yields the requests of that time, once they are over."""
    before = len(each.requests())
    requests: list[dict] = []
    yield requests
    requests += each.requests()[before:]
    assert webhook_failures(requests) == []


def first(requests, part):
    """When the first write to a path with ``part`` was received, and ended: both in the clock of the API server."""
    mine = [one for one in requests if one["verb"] == "patch" and part in one["requestURI"] and "dryRun" not in one["requestURI"]]
    assert mine, part
    return mine[0]["requestReceivedTimestamp"], mine[0]["stageTimestamp"]


def clean(each, *items):
    """Take webhooks away again: with the server gone they would refuse what other tests do."""
    for item in items:
        each.kubectl("delete", item["kind"], item["metadata"]["name"], "--ignore-not-found", "--wait=false")


def settings(space, number=5):
    return [made("v1", "ConfigMap", f"settings-{index}", things(space), data={"value": "ours"}) for index in range(number)]


def spaces(space):
    return [made("v1", "Namespace", space), made("v1", "Namespace", things(space))]


def test_a_server_that_comes_up_late(cluster, application, server):
    """What it is asked about goes in after it is up, what it changes is no drift, and the record of what was done is not refused either."""
    each = cluster()
    hooks = server("late")
    change = webhook_server.mutate(
        {"op": "add", "path": "/metadata/labels/seen", "value": "yes"}, {"op": "add", "path": "/data/value", "value": "mutated"}
    )
    hooks.behave = lambda review: (change if review["request"]["name"].startswith("settings") else webhook_server.allow)(review)
    maps = settings("late")
    config = configuration(MUTATING, "late", hooks, "configmaps")
    # What does not matter comes first: the order is read off the objects.
    items = [*maps, config, *hooks.workload(), *spaces("late")]
    mine = application(each, "late").write(*items)
    try:
        with each.client() as client, webhook_server.served(hooks, client, after=3), watched(each) as requests:
            done = mine.deploy().well()
            assert existing(each, items) == {name_of(item) for item in items}
            asked = {what for _time, _path, what in hooks.asked}
            assert {f"ConfigMap settings-{index}" for index in range(5)} <= asked
            assert live(client, maps[0])["data"] == {"value": "mutated"}
            with each.untouched():
                assert not mine.deploy().well().result["changed"]
        assert refused(requests) == []
        assert done.seconds > 3 and not done.silent, done.lines
        ended = first(requests, "mutatingwebhookconfigurations/late")[1]
        assert all(first(requests, f"late-things/configmaps/settings-{index}")[0] > ended for index in range(5))
    finally:
        clean(each, config)


def test_a_server_that_never_comes_up(cluster, application, server):
    each = cluster()
    hooks = server("never")
    config = configuration(VALIDATING, "never", hooks, "configmaps")
    items = [*settings("never"), config, *hooks.workload(), *spaces("never")]
    mine = application(each, "never", wait_timeout=6).write(*items)
    try:
        with no_hang(7), watched(each) as requests:
            done = mine.deploy()
        assert done.seconds > 5
        assert "never/hooks" in done.message and "Service" in done.message
        # Either the configuration was held back or what it matches was: nothing is asked in vain, and it is said what was not done.
        assert refused(requests) == []
        assert all(done.actions.get(name_of(item)) != "created" for item in settings("never"))
        assert not done.silent, done.lines
        assert [line for _time, line in done.lines if "never/hooks" in line], done.lines
        # Once it is up the next run resumes from there.
        with each.client() as client, webhook_server.served(hooks, client):
            mine.deploy(wait_timeout=int(patience(5))).well()
            assert existing(each, items) == {name_of(item) for item in items}
    finally:
        clean(each, config)


def test_a_server_that_says_no(cluster, application, server):
    each = cluster()
    hooks = server("denied")
    no = webhook_server.deny("settings are kept in git")
    hooks.behave = lambda review: (webhook_server.allow if review["request"]["name"].endswith("-applyset") else no)(review)
    config = configuration(VALIDATING, "denied", hooks, "configmaps", "secrets")
    fine = made("v1", "ConfigMap", "fine", "denied", data={"a": "b"})
    login = made("v1", "Secret", "login", things("denied"), stringData={"word": "hunter2"})
    items = [*settings("denied", 2), login, fine, config, *hooks.workload(), *spaces("denied")]
    mine = application(each, "denied").write(*items)
    try:
        with each.client() as client, webhook_server.served(hooks, client):
            done = mine.deploy()
            for part in (
                "denied.example.com",
                "settings are kept in git",
                "ConfigMap denied-things/settings-0",
                "ConfigMap denied-things/settings-1",
                "Secret denied-things/login",
            ):
                assert part in done.message
            # What is hidden of Secrets is no name of a webhook.
            why = {one["object"]: one["why"] for one in done.outcome["objects"] if one["action"] == "failed"}
            assert len(why) == 3 and all("denied.example.com" in each_why for each_why in why.values()), why
            assert "hunter2" not in json.dumps(done.result)
            assert done.actions["ConfigMap denied-things/settings-0"] == "failed"
            assert done.actions["ConfigMap denied/fine"] == "created"
            # It is no passing trouble: asked once for each object, maybe once more.
            assert len([what for _time, _path, what in hooks.asked if what == "ConfigMap settings-0"]) <= 2
            hooks.behave = webhook_server.allow
            mine.deploy().well()
            assert existing(each, items) == {name_of(item) for item in items}
    finally:
        clean(each, config)


def test_servers_that_answer_wrongly(cluster, application, server):
    """Each is asked again, and then it is said what it answered. Side by side, as they mostly wait."""
    each = cluster()

    def one(name):
        space = f"answers-{name}".replace("_", "-")
        behaviour = getattr(webhook_server, name)
        hooks = server(space, behave=behaviour)
        config = configuration(VALIDATING, space, hooks, "configmaps", objectSelector=BY_US, timeoutSeconds=1)
        server_items = [*hooks.workload(), *spaces(space)]
        items = [*settings(space, 2), config, *server_items]
        mine = application(each, space)
        try:
            with each.client() as client, webhook_server.served(hooks, client):
                # How long its pods take to be ready is no matter here.
                mine.write(*server_items).deploy().well()
                done = mine.write(*items).deploy(wait_timeout=10)
                for part in (f"{space}.example.com", f"ConfigMap {things(space)}/settings-0"):
                    assert part in done.message
                assert len([what for _time, _path, what in hooks.asked if what == "ConfigMap settings-0"]) > 1
                assert not done.silent, done.lines
                # It may pass: then nobody needs to know.
                hooks.behave = webhook_server.first(2, behaviour, webhook_server.allow)
                mine.deploy().well()
                assert existing(each, items) == {name_of(item) for item in items}
        finally:
            clean(each, config)

    with no_hang(15), ThreadPoolExecutor(4) as pool:
        list(pool.map(one, ("broken", "garbage", "wrong_uid", "hang")))


def test_what_brings_up_the_server_does_not_wait_for_it(cluster, application, server):
    each = cluster()
    hooks = server("itself")
    kinds = ("deployments.apps", "services", "configmaps", "pods", "roles.rbac.authorization.k8s.io")
    config = configuration(VALIDATING, "itself", hooks, *kinds, operations=("CREATE",))
    other = made("rbac.authorization.k8s.io/v1", "Role", "other", "itself", rules=[])
    needed = made("v1", "ConfigMap", "needed", "itself", data={"a": "b"})
    workload = hooks.workload()
    workload[0]["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": "needed"}}]
    items = [config, other, *workload, needed, *spaces("itself")]
    mine = application(each, "itself").write(*items)
    try:
        with each.client() as client, webhook_server.served(hooks, client, after=1), watched(each) as requests:
            mine.deploy().well()
            assert existing(each, items) == {name_of(item) for item in items}
        assert refused(requests) == []
        configured = first(requests, "validatingwebhookconfigurations/itself")
        for part in ("deployments/hooks", "services/hooks", "configmaps/needed"):
            assert first(requests, part)[1] < configured[0]
        assert first(requests, "roles/other")[0] > configured[1]
        assert "Role other" in {what for _time, _path, what in hooks.asked}
    finally:
        clean(each, config)


def test_two_webhooks_that_need_each_other(cluster, application, server):
    """Each is asked about the Deployment that brings up the other: no order serves both, so one need is left out, and that is said."""
    each = cluster()
    one, two = server("circle", "one"), server("circle", "two")
    configs = [
        configuration(VALIDATING, "circle-one", one, "deployments.apps", selector={"which": "two"}),
        configuration(VALIDATING, "circle-two", two, "deployments.apps", selector={"which": "one"}),
    ]
    items = [*configs, *one.workload(), *two.workload(), made("v1", "Namespace", "circle")]
    for item in items:
        if item["kind"] == "Deployment":
            item["metadata"]["labels"] = {"which": item["metadata"]["name"]}
    mine = application(each, "circle").write(*items)
    try:
        with each.client() as client, contextlib.ExitStack() as stack:
            stack.enter_context(two_served(client, one, two))
            requests = stack.enter_context(watched(each))
            done = mine.deploy().well()
            assert existing(each, items) == {name_of(item) for item in items}
        assert refused(requests) == []
        warnings = [line for _time, line in done.lines if "circle-one" in line and "circle-two" in line]
        assert len(warnings) == 1, done.lines
    finally:
        clean(each, *configs)


@contextlib.contextmanager
def two_served(client, *servers):
    """Both servers run when their pods come up."""
    by_name = {each.name: each for each in servers}
    started: set[str] = set()

    def status(pod):
        name = pod["metadata"]["labels"]["app"]
        if name not in started:
            by_name[name].start()
            started.add(name)
        return webhook_server.running(by_name[name])

    with webhook_server.Kubelet(client, servers[0].namespace, status):
        yield


def test_a_bundle_of_authorities_that_is_filled_in_later(cluster, application, server):
    """As cert-manager does it: nothing that would be asked about goes in before."""
    each = cluster()
    hooks = server("bundle")
    config = configuration(VALIDATING, "bundle", hooks, "configmaps")
    bundle = config["webhooks"][0]["clientConfig"].pop("caBundle")
    config["metadata"]["annotations"] = {"cert-manager.io/inject-ca-from": "bundle/hooks"}
    items = [*settings("bundle"), config, *hooks.workload(), *spaces("bundle")]
    mine = application(each, "bundle").write(*items)

    def inject():
        each.eventually(lambda: each.try_kubectl("get", VALIDATING, "bundle").returncode == 0, "the configuration is there")
        time.sleep(2)
        patch = f'[{{"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": "{bundle}"}}]'
        each.kubectl("patch", VALIDATING, "bundle", "--type=json", "-p", patch, "--field-manager=cert-manager-cainjector")

    injector = threading.Thread(target=inject)
    try:
        with each.client() as client, webhook_server.served(hooks, client), watched(each) as requests:
            injector.start()
            done = mine.deploy().well()
            injector.join()
            assert existing(each, items) == {name_of(item) for item in items}
            with each.untouched():
                assert not mine.deploy().well().result["changed"]
        assert refused(requests) == []
        assert done.seconds > 2
        assert len(hooks.asked) >= 5
    finally:
        clean(each, config)


def test_custom_resources_behind_a_conversion_webhook(cluster, application, server):
    each = cluster()
    hooks = server("converted", behave=webhook_server.convert)
    group = "converted.example.com"
    pipes = definition(group, "pipes", "Pipe")
    stored = pipes["spec"]["versions"][0]
    pipes["spec"]["versions"] = [{**stored, "storage": False}, {**stored, "name": "v2"}]
    pipes["spec"]["conversion"] = {
        "strategy": "Webhook",
        "webhook": {"clientConfig": hooks.client_config("/convert"), "conversionReviewVersions": ["v1"]},
    }
    resources = [made(f"{group}/v1", "Pipe", f"pipe-{index}", "converted", spec={"length": index}) for index in range(3)]
    items = [*resources, pipes, *hooks.workload(), made("v1", "Namespace", "converted")]
    mine = application(each, "converted").write(*items)
    begin = len(each.requests())
    try:
        with each.client() as client, webhook_server.served(hooks, client, after=2), watched(each):
            mine.deploy().well()
            assert existing(each, items) == {name_of(item) for item in items}
            with each.untouched():
                assert not mine.deploy().well().result["changed"]
            assert refused(each.requests()[begin:]) == []
            # The kind's objects can't be listed without the server: they go before it does.
            removed = mine.deploy(state="absent", remove_data=True).well()
            assert removed.result["changed"]
            assert existing(each, items) == set()
    finally:
        each.try_kubectl(
            "patch", "crd", pipes["metadata"]["name"], "--type=merge", "-p", '{"spec":{"conversion":{"strategy":"None","webhook":null}}}'
        )
        each.try_kubectl("delete", "crd", pipes["metadata"]["name"], "--wait=false")
