# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Processes are identified, and never mistaken for others."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane import processes
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane.processes import (
    Process,
    ProcessDied,
    await_condition,
    stop,
)

READY = "print('ready', flush=True); import time; time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {READY}"


def silent(_line):
    pass


@pytest.fixture
def start(tmp_path):
    started = []

    def start_one(name, code):
        process = Process(name, [sys.executable, "-c", code], tmp_path, {})
        started.append(process)
        assert process.start()
        return process

    yield start_one
    stop([each.pid_file for each in started], patience=0)


def has_said(process, word):
    return lambda: None if word in process.log_file.read_text() else f"{process.name} has not printed {word}"


def test_it_is_started_once_and_stopped(start):
    process = start("one", READY)
    await_condition(has_said(process, "ready"), [process], 10, silent)
    pid = process.pid()
    assert not process.start()
    assert process.pid() == pid
    assert stop([process.pid_file]) == ["one"]
    assert process.pid() is None
    assert not process.pid_file.exists()
    assert stop([process.pid_file]) == []


def test_who_does_not_listen_is_killed(start):
    process = start("stubborn", STUBBORN)
    await_condition(has_said(process, "ready"), [process], 10, silent)
    stop([process.pid_file], patience=0.2)
    assert process.pid() is None


def test_a_later_process_with_the_same_id_is_left_alone(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", READY], stdout=subprocess.DEVNULL)
    try:
        pid_file = tmp_path / "reused.pid"
        pid_file.write_text(json.dumps({"pid": other.pid, "identity": "another boot 1"}))
        assert processes.running(pid_file) is None
        assert stop([pid_file]) == []
        assert other.poll() is None
        pid_file.write_text(json.dumps({"pid": other.pid, "identity": processes.identity(other.pid)}))
        assert processes.running(pid_file) == other.pid
    finally:
        other.kill()
        other.wait()


@pytest.mark.parametrize(
    "content", ["", "4711", "{}", '{"pid": "x", "identity": "y"}', f'{{"pid": {os.getpid()}, "identity": null}}'], ids=range(5)
)
def test_a_damaged_pid_file_names_no_process(tmp_path, content):
    pid_file = tmp_path / "x.pid"
    pid_file.write_text(content)
    assert processes.running(pid_file) is None


def test_who_dies_is_named_at_once_with_its_last_words(start):
    process = start("short", "print('first\\n' * 20 + 'bind: address already in use')")
    with pytest.raises(ProcessDied, match=r"short ended by itself.*address already in use"):
        await_condition(lambda: "never", [process], 30, silent)


def test_patience_ends_and_says_what_was_missing(start):
    process = start("slow", READY)
    with pytest.raises(BootstrapError, match=r"not ready after 0.2 seconds: the moon"):
        await_condition(lambda: "the moon", [process], 0.2, silent)
