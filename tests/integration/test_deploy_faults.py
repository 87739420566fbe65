# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes wrong on the way, each survived: nothing lost, a right account of what was done, and nothing left for the next run to do."""

from __future__ import annotations

import contextlib
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.retry import LARGE
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.workers import CONNECTIONS
from ansible_collections.kubeflow.bootstrap.tests.integration import faults
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application, accounted, created, settled
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import existing, made, mixture

# The application is evaluated in a child process that does nothing else, also where threads run.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


@pytest.fixture
def application(tmp_path):
    """``application(cluster, "space")``: an empty one for that namespace."""
    return lambda cluster, space, **arguments: Application.on(cluster, tmp_path / space, space, **arguments)


@pytest.fixture
def tcp(tmp_path):
    """``with tcp(cluster) as (proxy, kubeconfig)``: a way through toxiproxy."""

    @contextlib.contextmanager
    def through(each):
        folder = tmp_path / "tcp"
        with faults.tcp_proxy(os.environ, folder, each.port) as proxy:
            yield proxy, faults.kubeconfig_through(each.kubeconfig, proxy.port, folder / "kubeconfig")

    return through


def test_connections_that_are_reset(cluster, application, tcp):
    each = cluster()
    items = mixture("resets")
    mine = application(each, "resets").write(*items)
    before = len(each.writes())
    with tcp(each) as (proxy, kubeconfig), ThreadPoolExecutor(1) as pool:
        proxy.add("latency", latency=40)
        run = pool.submit(mine.deploy, kubeconfig=kubeconfig)
        each.eventually(lambda: len(each.writes()) > before, "it has begun")
        proxy.add("reset_peer", timeout=200, toxicity=0.6)
        done = run.result().well()
    created(accounted(each, done, items), items)
    settled(each, mine, items)


def test_a_server_that_is_away_for_a_while(cluster, application, tcp):
    each = cluster()
    items = mixture("away", number=20)
    mine = application(each, "away").write(*items)
    before = len(each.requests())
    with tcp(each) as (proxy, kubeconfig), ThreadPoolExecutor(1) as pool:
        proxy.add("latency", latency=30)
        run = pool.submit(mine.deploy, kubeconfig=kubeconfig)
        each.eventually(lambda: sum(one["verb"] == "patch" for one in each.requests()[before:]) > 15, "it is half way")
        proxy.cut()
        time.sleep(4)
        assert not run.done()
        proxy.mend()
        done = run.result().well()
    created(accounted(each, done, items), items)
    assert not done.silent, done.lines
    settled(each, mine, items)


def test_too_many_requests(cluster, application, http):
    each = cluster()
    items = mixture("throttled")
    mine = application(each, "throttled").write(*items)
    wait = {"Retry-After": "2"}
    with http(each) as (proxy, kubeconfig):
        proxy.rules(
            {"method": "PATCH", "path": "/configmaps/settings-3", "times": 2, "status": 429, "headers": wait},
            {"method": "PATCH", "path": "/namespaces/throttled/secrets/", "times": 6, "status": 429, "headers": wait},
            {"method": "GET", "path": "/serviceaccounts", "times": 1, "status": 429, "headers": wait},
        )
        done = mine.deploy(kubeconfig=kubeconfig).well()
        seen = proxy.seen()
    created(accounted(each, done, items), items)
    refusals = [(index, one) for index, one in enumerate(seen) if one["status"] == 429]
    assert len(refusals) >= 8
    for index, one in refusals:
        again = next(other for other in seen[index + 1 :] if (other["method"], other["path"]) == (one["method"], one["path"]))
        assert again["time"] - one["time"] >= 2.0 - 0.05, (one, again)
    settled(each, mine, items)


@pytest.mark.parametrize("status", [429, pytest.param(504, marks=pytest.mark.soak)])
def test_large_objects_that_are_too_much_side_by_side_go_one_after_the_other(cluster, application, http, status):
    each = cluster()
    space = f"large-{status}"
    items = [made("v1", "Namespace", space)]
    items += [made("v1", "ConfigMap", f"large-{number}", space, data={"text": "x" * LARGE}) for number in range(3 * CONNECTIONS)]
    mine = application(each, space).write(*items)
    write = {"method": "PATCH", "path": r"/configmaps/large-\d+\?(?!.*dryRun)"}
    with http(each) as (proxy, kubeconfig):
        proxy.rules({**write, "times": CONNECTIONS, "delay": 1, "status": status}, {**write, "delay": 0.2})
        done = mine.deploy(kubeconfig=kubeconfig).well()
        hit = proxy.hit()
    created(accounted(each, done, items), items)
    assert side_by_side([one for one in hit if one["status"] == status]) > 1
    failed = max(one["end"] for one in hit if one["status"] == status)
    after = [one for one in hit if one["time"] > failed]
    assert len(after) >= CONNECTIONS and side_by_side(after) == 1, hit
    settled(each, mine, items)


def side_by_side(requests):
    """How many of them were under way at the same time."""
    return max(sum(other["time"] <= one["time"] < other["end"] for other in requests) for one in requests)


def test_errors_of_the_server_and_answers_that_are_lost(cluster, application, http):
    each = cluster()
    items = mixture("errors")
    mine = application(each, "errors").write(*items)
    error = {"method": "PATCH", "times": 1}
    with http(each) as (proxy, kubeconfig):
        proxy.rules(
            {
                **error,
                "path": "/configmaps/settings-1",
                "status": 500,
                "body": {"reason": "InternalError", "message": "etcdserver: leader changed"},
            },
            {**error, "path": "/configmaps/settings-2", "status": 502},
            {
                **error,
                "path": "/configmaps/settings-3",
                "status": 503,
                "body": {"reason": "ServiceUnavailable", "message": "apiserver not ready"},
            },
            {
                **error,
                "path": "/configmaps/settings-4",
                "status": 504,
                "body": {"reason": "Timeout", "message": "request did not complete"},
            },
            # The server did it, and nobody learns.
            {**error, "path": "/configmaps/settings-5", "lost": True, "status": 502, "times": 2},
            {**error, "path": "/secrets/login-1", "lost": True},
            {**error, "path": "/serviceaccounts/runner", "reset": True, "times": 3},
            {"method": "PATCH", "path": "/namespaces/errors[?]", "lost": True, "times": 1},
            {"method": "GET", "path": "/secrets", "status": 503, "times": 1},
        )
        done = mine.deploy(kubeconfig=kubeconfig).well()
        hit = {one["fault"] for one in proxy.hit()}
    assert hit >= set("01234567")
    created(accounted(each, done, items), items)
    settled(each, mine, items)


def test_a_permanent_error_is_said_at_once(cluster, application, http):
    each = cluster()
    items = mixture("no-disk")
    mine = application(each, "no-disk").write(*items)
    with http(each) as (proxy, kubeconfig):
        proxy.rules(
            {
                "method": "PATCH",
                "path": "/namespaces/no-disk/configmaps/settings-0",
                "status": 500,
                "body": {"reason": "InternalError", "message": "no disk"},
            }
        )
        done = mine.deploy(kubeconfig=kubeconfig)
        tries = len(proxy.hit())
    assert "ConfigMap no-disk/settings-0" in done.message and "no disk" in done.message
    assert tries == 1
    # What was done and what was not.
    accounted(each, done, items)
    assert done.actions["ConfigMap no-disk/settings-0"] == "failed"
    assert done.actions["ConfigMap no-disk/settings-1"] == "created"
    assert "Deployment.apps no-disk/runner" not in existing(each, items)  # it needs what failed
    assert done.actions.get("Deployment.apps no-disk/runner") not in ("created", "unchanged")
    assert mine.deploy().well().result["changed"]
    settled(each, mine, items)


@pytest.mark.soak
def test_slow_answers(cluster, application, http, tcp):
    each = cluster()
    items = mixture("slow")
    mine = application(each, "slow").write(*items)
    with http(each) as (proxy, kubeconfig):
        proxy.rules({"method": "PATCH", "path": "/configmaps/settings-0", "delay": 5, "times": 1})
        done = mine.deploy(kubeconfig=kubeconfig).well()
    created(accounted(each, done, items), items)
    assert done.seconds > 5
    assert not done.silent, done.lines
    settled(each, mine, items)

    with tcp(each) as (proxy, kubeconfig):
        proxy.add("latency", latency=100, jitter=80)
        proxy.add("bandwidth", rate=200, stream="upstream")
        changed = mixture("slow", "two")
        done = mine.write(*changed).deploy(kubeconfig=kubeconfig).well()
    assert set(done.actions.values()) == {"changed", "unchanged"}
    settled(each, mine, changed)


def test_a_token_that_expires_half_way(cluster, application, http, tmp_path):
    each = cluster()
    items = mixture("tokens", number=15)
    mine = application(each, "tokens").write(*items)
    each.kubectl("create", "serviceaccount", "deployer", "-n", "default")
    each.kubectl("create", "clusterrolebinding", "deployer", "--clusterrole=cluster-admin", "--serviceaccount=default:deployer")
    tokens = [each.kubectl("create", "token", "deployer", "-n", "default").strip() for _number in range(2)]
    for number, token in enumerate(tokens):
        status = {"token": token, "expirationTimestamp": "2099-01-01T00:00:00Z"}
        credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
        (tmp_path / f"token-{number}").write_text(json.dumps(credential))
    plugin = tmp_path / "login"
    plugin.write_text(
        f'#!/bin/sh\ncd {tmp_path}\nnumber=$(ls -d used-* 2>/dev/null | wc -l)\nmkdir "used-$number"\n'
        '[ "$number" -lt 2 ] || number=1\ncat "token-$number"\n'
    )
    plugin.chmod(0o700)
    login = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin), "interactiveMode": "Never"}}
    with http(each, login) as (proxy, kubeconfig):
        refused = {"status": 401, "body": {"reason": "Unauthorized", "message": "Unauthorized"}}
        proxy.rules({"token": tokens[0], "skip": 30, "begins": "PATCH", **refused})
        done = mine.deploy(kubeconfig=kubeconfig).well()
        refusals = [one for one in proxy.seen() if one["status"] == 401]
    assert refusals and any(one["method"] == "PATCH" for one in refusals)
    created(accounted(each, done, items), items)
    # It logged in again once, for all that were refused.
    assert len(list(tmp_path.glob("used-*"))) == 2
    assert not [token for token in tokens if token in done.text]
    settled(each, mine, items)
