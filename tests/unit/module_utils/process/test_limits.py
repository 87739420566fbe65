# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Limits of this machine are told in words. Each is set for a real process of its own, or for its own part of one."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.jsonnet import evaluate
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.process import limits
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, result_of

from tests.patience import patience

HEAD = """
import os, resource, threading
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.jsonnet import evaluate
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import Connection
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, result_of

def present():
    return int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()

def limit(which, value):
    resource.setrlimit(which, (value, value))

def evaluated(snippet):
    return evaluate.evaluate([evaluate.Run(snippet, {}, lambda folder, name: None)], evaluate.Limits(seconds=120))

def said(work):
    try:
        return result_of(lambda _args, _context: work(), {}, Context())
    except (BootstrapError, evaluate.EvaluatorError) as error:
        return f"{type(error).__name__}: {error}"
"""


def run(code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", HEAD + code],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=patience(6), check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stdout
    return done.stdout.strip()


linux = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="The limit of memory is kept on Linux")


@linux
def test_an_application_is_evaluated_below_a_hard_limit_of_memory() -> None:
    assert run("limit(resource.RLIMIT_AS, present() + (512 << 20)); print(evaluated('[1, 2]'))").split() == ["[", "1,", "2", "]"]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ModuleNotFoundError("No module named 'rjsonnet'"), "rjsonnet is needed, .* Install what is missing"),
        (ImportError("rjsonnet.so: failed to map segment from shared object"), "can't be loaded: .*map segment.*ulimit -v"),
    ],
)
def test_a_library_that_does_not_fit_is_not_told_as_missing(monkeypatch: pytest.MonkeyPatch, error: ImportError, message: str) -> None:
    monkeypatch.setattr(evaluate, "rjsonnet", None)
    monkeypatch.setattr(evaluate, "_not_loaded", error)
    with pytest.raises(BootstrapError, match=message):
        evaluate.evaluate([evaluate.Run("1", {}, lambda _folder, _name: ("", ""))], evaluate.Limits())


@linux
def test_it_is_said_how_much_memory_there_was() -> None:
    text = run(
        "limit(resource.RLIMIT_AS, present() + (200 << 20)); print(said(lambda: evaluated('std.makeArray(1000000000, function(i) i)')))"
    )
    assert text.startswith("LimitError: evaluation took more than ") and " MiB of memory" in text and "GiB" not in text


def test_a_lower_limit_of_time_stays() -> None:
    assert run("limit(resource.RLIMIT_CPU, 30); print(evaluated('1'))") == "1"


@linux
def test_threads_that_can_not_be_started() -> None:
    # A thread's stack is more than may be used.
    text = run(
        """
threading.stack_size(512 << 20)
limit(resource.RLIMIT_AS, present() + (64 << 20))
print(said(lambda: Client(Connection(server="http://127.0.0.1:9")).map(str, [1])))
"""
    )
    assert text.startswith("BootstrapError: No further thread or process can be started: this user may have ") and "ulimit -v" in text


def test_files_that_can_not_be_opened() -> None:
    text = run(
        """
limit(resource.RLIMIT_NOFILE, 16)
def work():
    with Client(Connection(server="http://127.0.0.1:9", name="prod")) as client:
        opened = []
        try:
            while True:
                opened.append(os.open("/", os.O_RDONLY))
        except OSError:
            pass
        return client.get("/version")
print(said(work))
"""
    )
    assert text == "Unreachable: Too many open files: this process may have 16. Allow more, 256 for instance: ulimit -n 256"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.EMFILE, "x"), "Too many open files"),
        (OSError(errno.ENFILE, "x"), "Too many open files"),
        (OSError(errno.EAGAIN, "Resource temporarily unavailable"), "No further thread or process"),
        (RuntimeError("can't start new thread"), "No further thread or process"),
        (MemoryError(), "There is no memory left"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "There is no memory left"),
    ],
)
def test_each_limit_has_its_words(error: Exception, message: str) -> None:
    def fail(_args: object, _context: object) -> dict[str, object]:
        raise error

    def wrapped(_args: object, _context: object) -> dict[str, object]:
        raise RuntimeError("wrapped") from error

    for work in (fail, wrapped):
        with pytest.raises(BootstrapError, match=message) as caught:
            result_of(work, {}, Context())
        assert caught.value.fix and "unlimited" not in str(caught.value) and "-1" not in str(caught.value)


@pytest.mark.parametrize("error", [OSError(errno.ENOENT, "x"), RuntimeError("x"), RecursionError("x")])
def test_other_errors_are_no_limits(error: Exception) -> None:
    def fail(_args: object, _context: object) -> dict[str, object]:
        raise error

    assert limits.reached(error) is None
    with pytest.raises(type(error)):
        result_of(fail, {}, Context())


def test_no_limit_is_said_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert "any number" in str(limits.reached(OSError(errno.ENFILE, "x")))
