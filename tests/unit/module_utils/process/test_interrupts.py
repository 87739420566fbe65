# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Signals end a run where its work can stop, whatever it does when they come; a second one ends it anywhere. Each run is a real process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import typing as t
from collections.abc import Callable, Iterator

import pytest

from tests.patience import patience

HEAD = """
import os, signal, subprocess, sys, threading, time
from pathlib import Path
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig import exec_plugin
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.process import interrupts
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.jsonnet import evaluate

ENDLESS = "local f(n) = if n == 0 then 0 else f(n - 1) + f(n - 1); f(80)"

def evaluated(snippet):
    return evaluate.evaluate([evaluate.Run(snippet, {}, lambda folder, name: None)], evaluate.Limits(seconds=120))

def program():
    with subprocess.Popen(["sleep", "120"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            interrupts.communicate(process, 120)
        finally:
            process.kill()

def say(text):
    print(text, flush=True)

def recorded(work):
    with interrupts.noted():
        try:
            work()
            say("done")
        except BaseException as error:
            interrupts.pause(0.01)  # what cleans up may wait, and ask again
            interrupts.check()
            say(f"recorded {type(error).__name__}")
            raise
"""
Start = t.Callable[[str], subprocess.Popen[str]]
BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@pytest.fixture
def start() -> Iterator[Start]:
    """``start(code)``: a process that runs ``HEAD`` and this."""
    started: list[subprocess.Popen[str]] = []

    def begin(code: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        argv = [sys.executable, "-W", "ignore", "-c", HEAD + code]
        started.append(subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def rest(process: subprocess.Popen[str]) -> str:
    return process.communicate(timeout=patience(3))[0].strip()


WAITS = {
    "pause": "say('ready'), interrupts.pause(120)",
    "evaluation": "say('ready'), evaluated(ENDLESS)",
    "program": "say('ready'), program()",
    "login": "say('ready'), exec_plugin.run({'command': 'sleep', 'args': ['120']}, {}, os.environ)",
    "others": "Client(Connection(server='http://127.0.0.1:9')).map(lambda _each: (say('ready'), interrupts.pause(120)), [1])",
}
CLIENT = """
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import Connection
"""


@BOTH
@pytest.mark.parametrize("wait", WAITS)
def test_a_signal_ends_a_wait_and_what_was_done_is_recorded(start: Start, wait: str, number: signal.Signals) -> None:
    process = start(f"{CLIENT}\nrecorded(lambda: ({WAITS[wait]}))")
    assert line(process) == "ready"
    process.send_signal(number)
    output = rest(process)
    assert output.startswith("recorded KeyboardInterrupt") and "done" not in output.splitlines()
    assert process.returncode == -number or (number == signal.SIGINT and "KeyboardInterrupt" in output)


@BOTH
@pytest.mark.parametrize("hook", ["before", "after_in_parent", "after_in_child"])
def test_a_signal_within_a_fork_is_not_swallowed(start: Start, hook: str, number: signal.Signals) -> None:
    """Python ignores what is raised in the hooks of fork."""
    process = start(
        f"""
parent = os.getpid()
os.register_at_fork({hook}=lambda: interrupts.pending() or os.kill(parent, {number:d}))
recorded(lambda: evaluated(ENDLESS))
"""
    )
    output = rest(process)
    assert output.startswith("recorded KeyboardInterrupt") and "Exception ignored" not in output


@BOTH
def test_a_signal_with_a_lock_held_lets_go_of_it(start: Start, number: signal.Signals) -> None:
    process = start(
        f"""
lock = threading.Lock()
def work():
    with lock:
        os.kill(os.getpid(), {number:d})
        say("still held")
    interrupts.check()
recorded(work)
"""
    )
    assert rest(process).splitlines()[:2] == ["still held", "recorded KeyboardInterrupt"]


@BOTH
def test_work_that_ends_by_itself_is_not_undone_and_then_the_signal_counts(start: Start, number: signal.Signals) -> None:
    process = start(f"recorded(lambda: os.kill(os.getpid(), {number:d}))\nsay('went on')")
    output = rest(process)
    assert output.startswith("done") and "went on" not in output and process.returncode != 0


@BOTH
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_what_does_not_look(start: Start, number: signal.Signals, second: signal.Signals) -> None:
    process = start(
        """
def deaf():
    say("ready")
    while not interrupts.pending():
        time.sleep(0.01)
    say("noted")
    while True:
        sys.stdin.read(1) or time.sleep(60)
recorded(deaf)
"""
    )
    assert line(process) == "ready"
    process.send_signal(number)
    assert line(process) == "noted"
    process.send_signal(second)
    assert rest(process) == "" and process.returncode == -second


def test_threads_are_told_too_and_the_main_thread_once(start: Start) -> None:
    process = start(
        """
def work():
    told = []
    def other():
        for _number in range(2):
            try:
                interrupts.check()
            except KeyboardInterrupt:
                told.append(1)
    os.kill(os.getpid(), signal.SIGTERM)
    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    say(f"told {len(told)}")
    interrupts.check()
recorded(work)
"""
    )
    assert rest(process).splitlines() == ["told 2", "recorded KeyboardInterrupt"]
    assert process.returncode == -signal.SIGTERM


def test_an_evaluation_that_is_killed_is_not_an_interrupt_of_ours(start: Start) -> None:
    """A signal to the child alone ends the child, and wakes nobody here."""
    process = start(
        """
def work():
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    def end():
        while not (found := children.read_text().split()):
            time.sleep(0.01)
        os.kill(int(found[0]), signal.SIGTERM)
    thread = threading.Thread(target=end)
    thread.start()
    try:
        evaluated(ENDLESS)
    except evaluate.EvaluatorError:
        say(f"the child ended, {interrupts.pending()}")
    interrupts.pause(0.01)
    thread.join()
recorded(work)
"""
    )
    assert rest(process).splitlines() == ["the child ended, False", "done"] and process.returncode == 0


@pytest.mark.parametrize("call", [lambda module: module.check(), lambda module: module.pause(0.0), lambda module: module.sources()])
def test_without_a_run_nothing_of_it_does_anything(call: Callable[[t.Any], object]) -> None:
    from ansible_collections.kubeflow.bootstrap.plugins.module_utils.process import interrupts

    assert not call(interrupts) and not interrupts.pending()


@BOTH
def test_in_a_worker_a_signal_that_is_passed_on_is_the_same_one(start: Start, number: signal.Signals) -> None:
    """A terminal signals the whole group, and Ansible its workers once more; the third is a second one of the user's."""
    process = start(
        f"""
import multiprocessing

def worker():
    with interrupts.noted():
        for _each in range(2):
            os.kill(os.getpid(), {number:d})
        try:
            interrupts.pause(120)
        except KeyboardInterrupt:
            say("recorded")
            os.kill(os.getpid(), {number:d})
            say("went on")

child = multiprocessing.get_context("fork").Process(target=worker)
child.start()
child.join()
say(child.exitcode)
"""
    )
    assert rest(process).splitlines() == ["recorded", str(-number)]
