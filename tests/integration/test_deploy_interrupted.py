# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs that are killed, interrupted, beside another one, or without their server or their disk: the next run resumes from there."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane import control_plane, programs
from ansible_collections.kubeflow.bootstrap.tests.integration import faults
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application, accounted, created, settled
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import existing, mixture, name_of
from ansible_collections.kubeflow.bootstrap.tests.integration.work import Run
from ansible_collections.kubeflow.bootstrap.tests.patience import patience, until

# The application is evaluated in a child process that does nothing else, also where threads run.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")

SEED = 20261123
LEASE_SECONDS = 15.0


@pytest.fixture
def application(tmp_path):
    """``application(cluster, "space")``: an empty one for that namespace."""
    return lambda cluster, space, **arguments: Application.on(cluster, tmp_path / space, space, **arguments)


def restart(each, number):
    """End the API server by a signal, and start it again as it was."""
    state = json.loads(each.home.state.read_text())
    built = programs.Programs(state["programs"], state["version"], Path(state["bin"]))
    server = control_plane.processes(each.home, built, control_plane.Ports(**state["ports"]))["kube-apiserver"]
    os.kill(server.pid(), number)
    time.sleep(2.5)  # long enough to be said
    if server.pid():  # Asked politely it waits a minute for those who watch; nobody waits for that.
        os.kill(server.pid(), signal.SIGKILL)
    each.eventually(lambda: server.pid() is None, "the API server is down")
    assert server.start()


@pytest.mark.soak
def test_the_api_server_is_restarted_half_way(cluster, application):
    each = cluster(name="restarted")
    for number in (signal.SIGKILL, signal.SIGTERM):
        space = f"restart-{number.name.lower()}"
        items = mixture(space, number=40)
        mine = application(each, space).write(*items)
        before = len(each.requests())
        with ThreadPoolExecutor(1) as pool:
            run = pool.submit(mine.deploy)
            each.eventually(lambda begin=before: sum(one["verb"] == "patch" for one in each.requests()[begin:]) > 30, "it is half way")
            assert not run.done()
            restart(each, number)
            done = run.result().well()
        created(accounted(each, done, items), items)
        assert not done.silent, done.lines
        assert re.search(r"API server", done.text), done.lines
        settled(each, mine, items)


def leases(each, space):
    return each.get("leases.coordination.k8s.io", "-n", space)["items"]


def test_runs_that_are_killed(cluster, application):
    killed(cluster(), application, kills=4)


def killed(each, application, kills):
    """So many runs, at random moments; ``make soak`` has thirty. Half of them create everything, half change a third and prune another."""
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    audit = Path(each.facts["audit_log"])

    def objects(space, version):
        items = mixture(space, version, number=3)
        return items if version == "one" else [item for item in items if item["kind"] != "Secret"]

    def prepare(index):
        space = f"killed-{index}"
        mine = application(each, space, wait_timeout=int(patience(3))).write(*objects(space, "one"))
        if index % 2:
            mine.deploy(wait_timeout=0).well()
            mine.write(*objects(space, "two"))
        return mine, objects(space, "two" if index % 2 else "one")

    def written(space, since):
        """How much of it has been written."""
        with audit.open("rb") as log:
            log.seek(since)
            return sum(b'"verb":"patch"' in line and f"/{space}/".encode() in line for line in log)

    def whole(index):
        mine, _items = prepare(index)
        since = audit.stat().st_size
        process = mine.start(wait_timeout=0)
        output, _none = process.communicate(timeout=patience(10))
        assert process.returncode == 0, output
        return written(mine.namespace, since)

    most = [whole(kills), whole(kills + 1)]
    assert min(most) > 5

    def kill(index):
        mine, items = prepared[index]
        since = audit.stat().st_size
        process = mine.start(wait_timeout=0)
        until(lambda: process.poll() is not None or written(mine.namespace, since) >= moments[index], "it has written so much")
        ended = process.poll()
        process.kill()
        process.communicate()
        return ended

    moments = [chance.randrange(most[index % 2] * 3 // 4) for index in range(kills)]
    with ThreadPoolExecutor(2) as pool:
        prepared = list(pool.map(prepare, range(kills)))
        ended = list(pool.map(kill, range(kills)))
    assert ended.count(None) > kills / 2, "most of them were killed before they were through"

    def go_on(index):
        mine, items = prepared[index]
        done = mine.deploy(wait_timeout=int(patience(6))).well()
        return done

    # They wait side by side for the leases of those that were killed.
    with ThreadPoolExecutor(kills) as pool:
        ends = list(pool.map(go_on, range(kills)))
    for index, done in enumerate(ends):
        mine, items = prepared[index]
        space = mine.namespace
        waited = [at for at, line in done.lines if "lease" in line.lower() or "another" in line.lower()]
        assert (waited[-1] if waited else 0.0) < patience(LEASE_SECONDS), (moments[index], done.lines)
        assert existing(each, objects(space, "one")) == {name_of(item) for item in items}, (space, moments[index])
    members = each.everything("--selector=applyset.kubernetes.io/part-of")
    for mine, items in prepared:
        mine_there = {
            (kind, name)
            for kind, space, name in members
            if space == mine.namespace and kind not in ("Endpoints", "EndpointSlice", "Namespace")
        }
        assert mine_there == {(item["kind"], item["metadata"]["name"]) for item in items if item["metadata"].get("namespace")}
    # Who found all done took no lease, and so left that of the one that was killed.
    left = [
        mine.namespace
        for (mine, _items), done in zip(prepared, ends, strict=True)
        if done.result["changed"] and leases(each, mine.namespace)
    ]
    assert left == []
    with each.untouched():
        for mine, _items in prepared:
            assert not mine.deploy().well().result["changed"]
    each.kubectl("delete", "namespace", *(mine.namespace for mine, _items in prepared), "--wait=false")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_lets_go(cluster, application, http, number):
    each = cluster()
    space = f"interrupted-{number.name.lower()}"
    items = mixture(space, number=30)
    mine = application(each, space).write(*items)
    with http(each) as (proxy, kubeconfig):
        # However slow the machine is, it is half way then, and not through.
        proxy.rules({"method": "PATCH", "path": f"/namespaces/{space}/", "skip": 20, "delay": 1})
        process = mine.start(kubeconfig=kubeconfig)
        each.eventually(proxy.hit, "it is half way")
        process.send_signal(number)
        output, _none = process.communicate(timeout=patience(3))
    assert process.returncode != 0, output
    # Who is interrupted by Ctrl-C still lets go of the lease; who is terminated may not get to it.
    assert number == signal.SIGTERM or not each.kubectl("get", "leases", "-n", space, "-o", "name")
    mine.deploy().well()
    settled(each, mine, items)


def test_two_runs_at_once(cluster, application, tmp_path):
    each = cluster()
    items = mixture("both", number=20)
    mine = application(each, "both").write(*items)
    before = len(each.writes())
    with faults.tcp_proxy(os.environ, tmp_path / "tcp", each.port) as proxy, ThreadPoolExecutor(2) as pool:
        kubeconfig = faults.kubeconfig_through(each.kubeconfig, proxy.port, tmp_path / "kubeconfig")
        proxy.add("latency", latency=300)  # so that it takes a while
        one = pool.submit(mine.deploy, kubeconfig=kubeconfig)
        each.eventually(lambda: len(each.writes()) > before + 5, "the first one has begun")
        impatient = mine.deploy(wait_timeout=1)
        assert not one.done()
        other = pool.submit(mine.deploy)
        first, second = one.result().well(), other.result().well()
    # Who has no time leaves, and says to whom.
    assert "Another deployment of both in both is under way" in impatient.message and str(os.getpid()) in impatient.message
    assert not impatient.result.get("changed")
    created(accounted(each, first, items), items)
    assert not second.result["changed"]
    assert second.outcome["counts"] == {"unchanged": len(second.outcome["objects"])}
    assert re.search(f"{os.getpid()}|another deployment of this application has just ended", second.text), second.lines
    writes = [line.partition("?")[0] for line in each.writes()[before:] if "/namespaces/both/secrets/" in line]
    assert len(writes) == len(set(writes)) == 20
    assert leases(each, "both") == []
    settled(each, mine, items)


@pytest.fixture
def small_disk(tmp_path):
    """``small_disk(user, "32k", "app")``: that playbook, with a file system of that size at ``small_disk.folder`` while it runs.

    What is there at the end is copied to ``small_disk.after``.
    """

    def play(user, size, playbook, **variables):
        play.folder.mkdir(exist_ok=True)
        shutil.rmtree(play.after, ignore_errors=True)
        script = f'mount -t tmpfs -o size={size} tmpfs {play.folder} && {{ "$@"; code=$?; cp -r {play.folder} {play.after}; exit $code; }}'
        command = user.command(playbook, **variables)
        command["args"] = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", *command["args"]]
        done = subprocess.run(**command, timeout=patience(3), check=False)
        assert "Traceback" not in done.stdout, done.stdout
        return Run(done.returncode, done.stdout)

    play.folder, play.after = tmp_path / "small", tmp_path / "small-after"
    return play


def test_a_full_disk(cluster, work, small_disk):
    """The application, then the report, on a file system that is too small for it."""
    each = cluster()
    user = work(each, kubeflow_namespace="full")
    with each.untouched():
        run = small_disk(user, "32k", "bootstrap", kubeflow_apply=True, kubeflow_app_dir=str(small_disk.folder / "app"))
    assert run.code != 0
    assert "No space left on device" in run.message and str(small_disk.folder) in run.message
    written = {path.relative_to(small_disk.after / "app"): path.read_bytes() for path in small_disk.after.rglob("*") if path.is_file()}

    run = small_disk(user, "4k", "bootstrap", kubeflow_apply=True, kubeflow_report_dir=str(small_disk.folder / "report"))
    assert run.code != 0
    assert "No space left on device" in run.message and str(small_disk.folder) in run.message
    assert [path for path in small_disk.after.rglob("*") if path.is_file()] == []
    # The cluster has all, and the next run says so.
    assert user.bootstrap().well().changed == 0
    assert set(user.report()["outcome"]["counts"]) == {"unchanged"}
    # Nothing half was left of the application: whole files as a good run writes them, or none.
    half = [path for path, content in written.items() if not (user.app / path).is_file() or (user.app / path).read_bytes() != content]
    assert half == []
