# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is ours in a cluster: agreed upon with kubectl, seen at once when others change it, and kept to one deployment at a time."""

from __future__ import annotations

import copy
import json
import os
import signal
import subprocess
import sys
import threading
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.apply.drift import Comparison
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.lease import hold
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.applyset import Inventory
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.progress import Ticker
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.discovery import served
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import Deadline
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.resources import MANAGER, Key, Resources, digest, key_of, owned_fields
from ansible_collections.kubeflow.bootstrap.tests.integration.webhook_server import WebhookServer, mutate
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

PART_OF = "applyset.kubernetes.io/part-of"
TOOLING = "applyset.kubernetes.io/tooling"
Json = dict[str, t.Any]


class Application:
    """Objects applied as one application, without order or readiness."""

    def __init__(self, cluster: t.Any, client: Client, namespace: str) -> None:
        self.cluster, self.client, self.namespace = cluster, client, namespace

    @property
    def inventory(self) -> Inventory:
        return Inventory("app", self.namespace)

    def compared(self, *items: Json, adopt: bool = False, client: Client | None = None) -> tuple[Inventory, list[t.Any], list[t.Any]]:
        client = client or self.client
        inventory = self.inventory.read(client, adopt)
        resources = Resources(served(client), items)
        members = Comparison(client, inventory, resources).members([("web", item) for item in items], adopt)
        return inventory, members, Comparison(client, inventory, resources).stale([member.key for member in members])

    def look(self, *items: Json) -> dict[str, tuple[str, str | None]]:
        """What a run would do, by kind and name, and why."""
        _inventory, members, old = self.compared(*items)
        compared = {f"{member.key.kind} {member.key.name}": (member.action, member.why) for member in members}
        return {**compared, **{f"{key.kind} {key.name}": ("stale", None) for key, _resource in old}}

    def actions(self, *items: Json) -> list[str]:
        """What a run would do, each once."""
        return sorted({action for action, _why in self.look(*items).values()})

    def run(self, *items: Json, adopt: bool = False, record: bool = True) -> None:
        inventory, members, old = self.compared(*items, adopt=adopt)
        inventory.contain(member.key for member in members)
        inventory.write(self.client)
        for member in members:
            if member.action in ("create", "change", "take-over"):
                answer = self.client.apply(member.path, member.item, MANAGER, force=True, metadata_only=True)
                inventory.members[member.key] = (digest(member.item), owned_fields(answer))
        for key, resource in old:
            self.client.delete(resource.path(key.namespace, key.name))
        if record:
            inventory.members = {key: value for key, value in inventory.members.items() if key in {member.key for member in members}}
            inventory.narrow()
            inventory.write(self.client)

    def kubectl(self, *args: str, items: tuple[Json, ...] = ()) -> subprocess.CompletedProcess[str]:
        """kubectl with its ApplySets switched on."""
        argv = [f"{self.cluster.facts['bin']}/kubectl", f"--kubeconfig={self.cluster.kubeconfig}", "-n", self.namespace, *args]
        env = {"HOME": str(self.cluster.home.folder), "PATH": "/usr/bin:/bin", "KUBECTL_APPLYSET": "true"}
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(items)}) if items else None
        return subprocess.run(argv, input=text, capture_output=True, text=True, env=env, timeout=patience(3), check=False)

    def apply_set(self, *items: Json) -> subprocess.CompletedProcess[str]:
        set_flags = ("--applyset=configmap/app-applyset", "--prune")
        return self.kubectl("apply", "--server-side", "--force-conflicts", *set_flags, "-f", "-", items=items)


@pytest.fixture
def application(cluster):
    """``application(namespace)``, with that namespace, and another one ``<namespace>-far``."""
    each = cluster()
    spaces = []
    with each.client() as client:

        def make(namespace):
            for name in (namespace, f"{namespace}-far"):
                client.post("/api/v1/namespaces", {"metadata": {"name": name}})
                spaces.append(name)
            return Application(each, client, namespace)

        yield make
        for name in spaces:
            client.delete(f"/api/v1/namespaces/{name}")


def made(api_version, kind, name, space=None, **content):
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **({"namespace": space} if space else {})}, **content}


def web(space, replicas=1, image="example.com/web:1"):
    container = {"name": "web", "image": image, "ports": [{"containerPort": 80}], "env": [{"name": "A", "value": "1"}]}
    pod = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    return made(
        "apps/v1", "Deployment", "web", space, spec={"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": pod}
    )


def mixed(space):
    """Objects in two namespaces and in none."""
    return [
        made("v1", "ConfigMap", "settings", space, data={"a": "1", "b": "2"}),
        made("v1", "ConfigMap", "settings", f"{space}-far", data={"a": "1"}),
        made("v1", "Service", "web", space, spec={"selector": {"app": "web"}, "ports": [{"port": 80}]}),
        made("rbac.authorization.k8s.io/v1", "ClusterRole", f"{space}-reader", rules=[]),
        web(f"{space}-far", replicas=0),
    ]


# --- agreed upon with kubectl


def members_by_kubectl(app):
    """Kind, namespace and name of what ``kubectl get`` finds, asked as the parent tells to."""
    parent = app.cluster.get("-n", app.namespace, "configmap", "app-applyset")["metadata"]
    kinds = parent["annotations"]["applyset.kubernetes.io/contains-group-kinds"]
    items = app.cluster.get(kinds, "-A", "-l", f"{PART_OF}={parent['labels']['applyset.kubernetes.io/id']}")["items"]
    return {str(key_of(item)) for item in items}


def test_kubectl_finds_exactly_the_members(application):
    app = application("found")
    items = mixed("found")
    app.run(*items)
    assert members_by_kubectl(app) == {str(key_of(item)) for item in items}
    app.run(*items[:3])
    assert members_by_kubectl(app) == {str(key_of(item)) for item in items[:3]}


def test_kubectl_does_not_touch_ours_and_prunes_as_we_do_when_it_is_handed_over(application):
    app = application("handed")
    items = mixed("handed")
    app.run(*items)
    refused = app.apply_set(*items)
    assert refused.returncode != 0
    assert 'is managed by tooling "kubeflow.bootstrap" instead of "kubectl"' in refused.stderr
    assert app.actions(*items) == ["leave"]

    assert app.kubectl("annotate", "--overwrite", "configmap", "app-applyset", f"{TOOLING}=kubectl/v1.35").returncode == 0
    # kubectl 1.35 takes no objects of other namespaces where the parent has a namespace. So it prunes these; and the others it keeps.
    near = [item for item in items if item["metadata"].get("namespace") != "handed-far"]
    same = app.apply_set(*near)
    assert same.returncode == 0, same.stderr
    assert pruned(same) == ["configmap/settings pruned", "deployment.apps/web pruned"]
    assert members_by_kubectl(app) == {str(key_of(item)) for item in near}
    again = app.apply_set(*near)
    assert (again.returncode, pruned(again)) == (0, [])
    fewer = app.apply_set(*near[:2])
    assert fewer.returncode == 0, fewer.stderr
    assert pruned(fewer) == ["clusterrole.rbac.authorization.k8s.io/handed-reader pruned"]


def pruned(done):
    return sorted(line for line in done.stdout.splitlines() if "pruned" in line)


def test_what_kubectl_made_is_taken_over_only_when_told(application):
    app = application("of-kubectl")
    items = [item for item in mixed("of-kubectl") if item["metadata"].get("namespace") != "of-kubectl-far"]
    assert app.apply_set(*items).returncode == 0
    with app.cluster.untouched(), pytest.raises(BootstrapError) as refused:
        app.run(*items[:2])
    assert refused.value.message.startswith(
        "ConfigMap of-kubectl/app-applyset, where the objects of this application are recorded, is the ApplySet of kubectl/"
    )
    assert "kubeflow_adopt" in (refused.value.fix or "")
    _inventory, members, old = app.compared(*items[:2], adopt=True)
    assert {member.action for member in members} == {"take-over"}
    assert [str(key) for key, _resource in old] == ["ClusterRole.rbac.authorization.k8s.io of-kubectl-reader"]
    app.run(*items[:2], adopt=True)
    assert app.actions(*items[:2]) == ["leave"]
    assert members_by_kubectl(app) == {str(key_of(item)) for item in items[:2]}
    assert 'is managed by tooling "kubeflow.bootstrap"' in app.apply_set(*items).stderr


def test_five_thousand_members_fit(application):
    app = application("many")
    inventory = app.inventory
    for number in range(5000):
        key = Key(
            "networking.istio.io",
            "AuthorizationPolicy",
            f"a-namespace-of-some-team-{number % 50}",
            f"{'name-of-63-characters-':-<58}{number:05}",
        )
        inventory.members[key] = (digest(number), digest(-number))
    inventory.narrow()
    inventory.write(app.client)
    again = app.inventory.read(app.client)
    assert again.members == inventory.members
    assert again.namespaces == inventory.namespaces | {"many"}


# --- what a second run sees


def test_an_unchanged_run_asks_once_a_kind_and_writes_nothing(application):
    app = application("again")
    items = mixed("again") + [made("v1", "ConfigMap", f"more-{number}", "again-far") for number in range(30)]
    app.run(*items)
    with app.cluster.untouched():
        inventory = app.inventory.read(app.client)
        resources = Resources(served(app.client), items)
        before = app.client.connections.requests
        members = Comparison(app.client, inventory, resources).members([("web", item) for item in items])
        assert Comparison(app.client, inventory, resources).stale([member.key for member in members]) == []
    assert {member.action for member in members} == {"leave"}
    assert app.client.connections.requests - before == 4


@pytest.mark.parametrize(
    ("number", "change", "by"),
    [
        # Who removes something, or sets replicas to none, owns nothing then: who it was can't be told for sure.
        ("value", ["patch", "configmap", "settings", "--patch", '{"data": {"a": "other"}}', "--field-manager=somebody"], "somebody"),
        ("removed", ["patch", "configmap", "settings", "--type=json", "--patch", '[{"op": "remove", "path": "/data/a"}]'], None),
        ("scaled", ["scale", "deployment", "web", "--replicas=2"], "kubectl"),
        ("stopped", ["scale", "deployment", "web", "--replicas=0"], None),
        ("image", ["set", "image", "deployment/web", "web=example.com/web:2"], "kubectl-set"),
        ("env", ["set", "env", "deployment/web", "A=2"], "kubectl-set"),
        ("label", ["label", "--overwrite", "configmap", "settings", f"{PART_OF}-"], None),
        ("applied", ["apply", "--server-side", "--force-conflicts", "--field-manager=argo", "-f", "-"], "argo"),
    ],
)
def test_what_others_changed_is_seen_and_put_right(application, number, change, by):
    app = application(f"drift-{number}")
    items = [made("v1", "ConfigMap", "settings", app.namespace, data={"a": "1", "b": "2"}), web(app.namespace)]
    app.run(*items)
    assert app.actions(*items) == ["leave"]
    stdin = (made("v1", "ConfigMap", "settings", app.namespace, data={"a": "other"}),) if "-f" in change else ()
    assert app.kubectl("annotate", "deployment", "web", "note=mine").returncode == 0
    assert app.kubectl("annotate", "configmap", "settings", "note=mine").returncode == 0
    assert app.actions(*items) == ["leave"]
    done = app.kubectl(*change, items=stdin)
    assert done.returncode == 0, done.stderr
    changed = "Deployment web" if "deployment" in " ".join(change) else "ConfigMap settings"
    seen = app.look(*items)
    assert seen.pop(changed)[0] == "change"
    assert {action for action, _why in seen.values()} == {"leave"}
    why = app.look(*items)[changed][1] or ""
    assert why.startswith("others ")
    if by:
        assert why == f"others changed it: {by}"
    app.run(*items)
    assert app.actions(*items) == ["leave"]


def test_defaults_of_the_server_are_no_drift(application):
    app = application("defaults")
    items = [
        made(
            "v1",
            "Service",
            "web",
            "defaults",
            spec={"type": "NodePort", "selector": {"app": "web"}, "ports": [{"port": 80}, {"name": "b", "port": 81}]},
        ),
        web("defaults"),
        made("v1", "ServiceAccount", "default", "defaults", automountServiceAccountToken=False),
        made("v1", "Secret", "login", "defaults", stringData={"password": "none"}),
    ]
    items[0]["spec"]["ports"][0]["name"] = "a"
    items[1]["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "1000m", "memory": 1073741824}}
    app.cluster.eventually(lambda: app.cluster.try_kubectl("-n", "defaults", "get", "sa", "default").returncode == 0, "the default account")
    app.run(*items)
    assert app.actions(*items) == ["leave"]
    app.kubectl("rollout", "restart", "deployment", "web")
    assert app.actions(*items) == ["leave"]


def test_a_webhook_that_changes_what_we_own_at_every_write_is_no_drift(application, tmp_path):
    app = application("mutated")
    server = WebhookServer(tmp_path, "mutated", "hook", mutate({"op": "replace", "path": "/data/a", "value": "by the webhook"}))
    server.start()
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE", "UPDATE"]}
    hook = made(
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration",
        "mutated",
        webhooks=[
            {
                "name": "hook.mutated.example.com",
                "clientConfig": server.client_config("/", by_url=True),
                "rules": [rule],
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "mutated"}},
                "objectSelector": {"matchLabels": {"hooked": "yes"}},
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
            }
        ],
    )
    item = made("v1", "ConfigMap", "settings", "mutated", data={"a": "wanted", "b": "2"})
    item["metadata"]["labels"] = {"hooked": "yes"}
    path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    app.client.post(path, hook)
    try:
        # Webhooks are asked some time after they were configured.
        probe = {"kind": "ConfigMap", "metadata": {"generateName": "probe-", "labels": {"hooked": "yes"}}, "data": {"a": "x"}}
        configmaps = "/api/v1/namespaces/mutated/configmaps"
        app.cluster.eventually(lambda: app.client.post(configmaps, probe, dryRun="All")["data"]["a"] != "x", "the webhook is asked")
        for _time in range(2):
            app.run(item)
            live = app.client.get(f"{configmaps}/settings")
            assert live["data"] == {"a": "by the webhook", "b": "2"}
            assert app.look(item) == {"ConfigMap settings": ("leave", None)}
        # Somebody's write of something else is changed by the webhook, too: still nothing to do.
        assert app.kubectl("annotate", "configmap", "settings", "note=mine").returncode == 0
        assert app.look(item) == {"ConfigMap settings": ("leave", None)}
        # Somebody's write of what is ours is still seen.
        assert app.kubectl("patch", "configmap", "settings", "--patch", '{"data": {"b": "3"}}', "--field-manager=somebody").returncode == 0
        assert app.look(item) == {"ConfigMap settings": ("change", "others changed it: somebody")}
    finally:
        app.client.delete(f"{path}/mutated")
        server.stop()


def definition(space, versions):
    """A CRD whose instances have ``spec.size``; ``versions``: the name of each, the stored one first, with its default."""
    plural = f"{space}s"
    return made(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        f"{plural}.inventory.example.com",
        spec={
            "group": "inventory.example.com",
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": space, "kind": space.capitalize(), "listKind": f"{space.capitalize()}List"},
            "versions": [
                {
                    "name": name,
                    "served": True,
                    "storage": index == 0,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "properties": {
                                "spec": {
                                    "type": "object",
                                    "properties": {"size": {"type": "integer"}, "colour": {"type": "string", **default}},
                                }
                            },
                        }
                    },
                }
                for index, (name, default) in enumerate(versions.items())
            ],
        },
    )


def test_versions_and_later_defaults_of_a_definition_are_no_drift(application):
    app = application("widget")
    crd = definition("widget", {"v1": {}, "v1beta1": {}})
    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{crd['metadata']['name']}"

    def is_served(version):
        return app.cluster.try_kubectl("get", f"widgets.{version}.inventory.example.com", "-A").returncode == 0

    item = made("inventory.example.com/v1beta1", "Widget", "one", "widget", spec={"size": 1})
    try:
        # Before its CRD is served there is nothing, and that is no error.
        assert app.look(crd, item) == {
            f"CustomResourceDefinition {crd['metadata']['name']}": ("create", None),
            "Widget one": ("create", None),
        }
        app.run(crd)
        app.cluster.eventually(lambda: is_served("v1beta1"), "the CRD is served")
        app.run(crd, item)
        assert app.actions(crd, item) == ["leave"]
        # Others write the object in the other version.
        other = ["annotate", "widgets.v1.inventory.example.com", "one", "note=mine"]
        assert app.kubectl(*other).returncode == 0
        assert app.actions(crd, item) == ["leave"]
        # A default is added, and the stored version changes; somebody writes again.
        later = definition("widget", {"v1beta1": {"default": "red"}, "v1": {"default": "red"}})
        app.run(later, item)
        app.cluster.eventually(lambda: (live(app)["spec"].get("colour")) == "red", "the default counts")
        assert app.kubectl("annotate", "widgets.v1.inventory.example.com", "one", "more=mine").returncode == 0
        assert app.actions(later, item) == ["leave"]
        # The same object, wanted in another version now, is another wish; written once, it is as wanted.
        newer = {**copy.deepcopy(item), "apiVersion": "inventory.example.com/v1"}
        assert app.look(later, newer)["Widget one"] == ("change", None)
        app.run(later, newer)
        assert app.actions(later, newer) == ["leave"]
        assert (
            app.kubectl("patch", "widget", "one", "--type=merge", "--patch", '{"spec": {"size": 2}}', "--field-manager=x").returncode == 0
        )
        assert app.look(later, newer)["Widget one"] == ("change", "others changed it: x")
    finally:
        app.client.delete(path)


def live(app):
    return app.client.get("/apis/inventory.example.com/v1/namespaces/widget/widgets/one")


# --- whose is it


def test_what_others_made_is_named_with_its_owner_and_nothing_is_written(application):
    app = application("of-others")
    helm = made("v1", "ConfigMap", "of-helm", "of-others", data={"a": "1"})
    helm["metadata"] |= {
        "labels": {"app.kubernetes.io/managed-by": "Helm"},
        "annotations": {"meta.helm.sh/release-name": "minio", "meta.helm.sh/release-namespace": "ml"},
    }
    argo = made("v1", "ConfigMap", "of-argo", "of-others", data={"a": "1"})
    argo["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": "platform:/ConfigMap:foreign/of-argo"}
    plain = made("v1", "ConfigMap", "of-a-person", "of-others", data={"a": "1", "b": "2"})
    account = made("v1", "Secret", "held", "of-others", data={"user": "bWU=", "password": "bm9uZQ=="})
    assert app.kubectl("apply", "-f", "-", items=(helm, argo, plain, account)).returncode == 0
    declared = [made("v1", "ConfigMap", f"of-{name}", "of-others", data={"a": "2"}) for name in ("helm", "argo", "a-person")]
    held_already = made("v1", "Secret", "held", "of-others", stringData={"password": "none"})
    with app.cluster.untouched(), pytest.raises(BootstrapError) as refused:
        app.run(*declared, held_already)
    assert refused.value.message == (
        "3 objects already exist and are not managed by this application: ConfigMap of-others/of-helm (Helm release ml/minio), "
        "ConfigMap of-others/of-argo (Argo CD application platform), ConfigMap of-others/of-a-person (kubectl)."
    )
    assert "kubeflow_adopt=true" in (refused.value.fix or "")
    _inventory, members, _old = app.compared(*declared, held_already, adopt=True)
    assert {(member.action, member.why) for member in members[:1]} == {("take-over", "it was managed by Helm release ml/minio")}
    # What holds all that is wanted already is left to whoever made it; so is a namespace.
    same = made("v1", "ConfigMap", "of-a-person", "of-others", data={"b": "2"})
    space = made("v1", "Namespace", "of-others")
    assert {action for action, _why in app.look(held_already, same, space).values()} == {"foreign"}


def test_what_a_killed_run_applied_is_found_again(application):
    app = application("holder-killed")
    items = mixed("holder-killed")
    app.run(*items, record=False)
    assert app.actions(*items) == ["change"]
    # What is not wanted any more by now is not forgotten; what only inherited the label is not ours.
    assert {name for name, (action, _why) in app.look(*items[:2]).items() if action == "stale"} == {
        "Service web",
        "ClusterRole holder-killed-reader",
        "Deployment web",
    }
    app.run(*items)
    assert app.actions(*items) == ["leave"]
    app.run()
    assert app.actions() == []
    assert members_left(app) == set()


def members_left(app):
    """What still carries the label, but for the endpoints that go with a Service."""
    items = app.cluster.everything(f"--selector={PART_OF}={app.inventory.id}")
    return {
        key for key, each in items.items() if key[0] not in ("Endpoints", "EndpointSlice") and not each["metadata"].get("deletionTimestamp")
    }


def test_a_user_of_two_namespaces_only(application):
    app = application("small")
    items = [item for item in mixed("small") if item["metadata"].get("namespace")]
    app.run(*items)
    for space in ("small", "small-far"):
        app.cluster.kubectl("-n", space, "create", "rolebinding", "small", "--clusterrole=admin", "--user=small")
    with app.cluster.client(app.cluster.kubeconfig_for("small")) as client:
        app.cluster.eventually(lambda: client.get("/api/v1/namespaces/small-far/configmaps", limit=1), "the role counts")
        _inventory, members, old = app.compared(*items, client=client)
    assert {member.action for member in members} == {"leave"}
    assert old == []


# --- one deployment at a time

HOLD = """
import sys, time
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.lease import hold
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import Deadline
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.progress import Ticker
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import load
with Client(load(kubeconfig=sys.argv[1], env={}).connection) as client, Ticker(print) as ticker:
    with hold(client, sys.argv[2], "app", Deadline(30), ticker):
        print("held", flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def holder(application):
    """``holder(namespace)``: another process that holds the lease until its standard input is closed."""
    running = []

    def start(app):
        argv = [sys.executable, "-c", HOLD, app.cluster.kubeconfig, app.namespace]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def lease_of(app):
    done = app.kubectl("get", "lease", "app-deploy", "-o", "json")
    return json.loads(done.stdout) if done.returncode == 0 else None


def test_a_second_deployment_waits_for_the_first(application, holder):
    app = application("two")
    first = holder(app)
    lines = []
    with Ticker(lines.append) as ticker:
        with pytest.raises(BootstrapError) as refused, hold(app.client, "two", "app", Deadline(0.5), ticker):
            pass
        assert f"process {first.pid}, since 20" in refused.value.message
        assert refused.value.message.startswith("Another deployment of app in two is under way: host ")
        threading.Timer(1.0, first.stdin.close).start()
        with hold(app.client, "two", "app", Deadline(30), ticker) as mine:
            mine.check()
            assert lease_of(app)["spec"]["holderIdentity"].split("/")[1] == str(os.getpid())
    assert lease_of(app) is None


def test_the_lease_of_a_killed_deployment_is_taken_at_once(application, holder):
    app = application("dead")
    first = holder(app)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert lease_of(app)["spec"]["holderIdentity"].split("/")[1] == str(first.pid)
    # Half a second is far less than the 15 that a lease lasts.
    with Ticker(print) as ticker, hold(app.client, "dead", "app", Deadline(0.5), ticker):
        assert lease_of(app)["spec"]["leaseTransitions"] == 1
    assert lease_of(app) is None
