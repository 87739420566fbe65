# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bounds of an evaluation, with Jsonnet that respects none; and that this process survives it."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import threading
import warnings
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.jsonnet import evaluate
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.jsonnet.evaluate import EvaluatorError, LimitError, Limits, Run
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang

FILES = {"a.libsonnet": "{ a: 1 }", "components/b.jsonnet": "local f(n) = if n == 0 then 'x' else f(n - 1) + f(n - 1); f(60)"}
SMALL = Limits(seconds=1, memory=128 << 20)


def read(folder: str, name: str) -> tuple[str, str]:
    if name not in FILES:
        raise LookupError(f"import '{name}' from '{folder}' is not in the application")
    return name, FILES[name]


def run(snippet: str, limits: Limits = SMALL) -> str:
    return evaluate.evaluate([Run(snippet, {}, read)], limits)


def test_a_run_sees_what_the_run_before_yielded() -> None:
    first = Run("import 'a.libsonnet'", {}, read)
    second = Run("std.extVar('before') + { b: std.extVar('mine') }", {"mine": "[2]"}, read, previous="before")
    assert evaluate.parse(evaluate.evaluate([first, second], SMALL)) == {"a": 1, "b": [2]}


def test_large_output_comes_through_whole() -> None:
    text = run("std.join('', std.makeArray(300000, function(i) 'é😀%d' % i))", Limits(seconds=30))
    assert evaluate.parse(text) == "".join(f"é😀{number}" for number in range(300000))


@pytest.mark.parametrize(
    "snippet",
    [
        "local f(n) = if n == 0 then 'x' else f(n - 1) + f(n - 1); f(60)",
        "local f(n) = if n == 0 then 0 else f(n - 1) + f(n - 1); f(80)",
        "std.foldl(function(a, b) (a + b) % 7, std.range(1, 2000000000), 0)",
    ],
    ids=["doubling", "branching", "counting"],
)
def test_what_never_ends_is_ended(snippet: str) -> None:
    with no_hang(SMALL.seconds + 1), pytest.raises(LimitError, match=r"^evaluation took more than (1 seconds|128 MiB of memory)$"):
        run(snippet)


@pytest.mark.parametrize(
    "snippet",
    [
        "std.foldl(function(a, b) a + a, std.range(1, 60), 'x')",
        "std.makeArray(1000000000, function(i) i)",
        "[x for x in std.range(1, 1000000000)]",
        "std.repeat('xxxxxxxxxx', 1000000000)",
        "'%1000000000d' % 5",
    ],
    ids=["string that doubles", "huge list", "list comprehension", "repeat", "format"],
)
def test_what_grows_without_end_is_ended(snippet: str) -> None:
    with pytest.raises(LimitError, match="^evaluation took more than 128 MiB of memory$"):
        run(snippet, Limits(seconds=30, memory=128 << 20))
    # The limit held: no child ever had more than that above what this process has.
    present = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < present + (192 << 10)


@pytest.mark.parametrize(
    "snippet",
    ["local f(x) = f(x) + 1; f(1)", "local o = { n: o }; o", "{ a: { b: $ } }", "local f(n) = [f(n + 1)]; f(0)"],
    ids=["function", "object", "root", "list"],
)
def test_recursion_without_end_is_an_error(snippet: str) -> None:
    with pytest.raises(EvaluatorError, match="stack overflow|infinite recursion|stack overflowed|of memory"):
        run(snippet, Limits(seconds=30))


@pytest.mark.parametrize("snippet", ["[" * 100_000 + "]" * 100_000, "local f(x) = f(x) tailstrict; f(1)"], ids=["nesting", "tail calls"])
def test_a_crash_of_the_evaluator_is_not_ours(snippet: str) -> None:
    with pytest.raises(LimitError, match="the evaluator's stack overflowed: something is nested without end"):
        run(snippet, Limits(seconds=30))


def test_the_file_in_which_a_bound_was_reached_is_known() -> None:
    with pytest.raises(LimitError) as caught:
        run("{ a: import 'a.libsonnet', b: import 'components/b.jsonnet', c: import 'a.libsonnet' }")
    assert caught.value.read == ["a.libsonnet", "components/b.jsonnet"]
    assert caught.value.run == 1


def children() -> set[str]:
    """Processes that this one started, ended ones that nobody waited for included; other tests may have left some."""
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    return set(path.read_text(encoding="ascii").split()) if path.exists() else set()


def test_nothing_is_left_behind() -> None:
    before = set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else set()
    others = children()
    for snippet in ("{}", "error 'x'", "std.makeArray(1000000000, function(i) i)"):
        with contextlib.suppress(EvaluatorError):
            run(snippet)
    assert children() <= others
    if before:
        assert set(os.listdir("/proc/self/fd")) == before


def test_an_interrupt_ends_the_evaluation_too() -> None:
    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    others = children()
    previous = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            run("local f(n) = if n == 0 then 0 else f(n - 1) + f(n - 1); f(80)", Limits(seconds=60))
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert children() <= others


def test_it_works_beside_other_threads_and_keeps_output_that_waits_to_be_written(capfd: pytest.CaptureFixture[str]) -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        sys.stdout.write("once")
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            assert evaluate.parse(run("{ a: 1 }")) == {"a": 1}
        assert not warned
    finally:
        done.set()
        thread.join()
    sys.stdout.flush()
    assert capfd.readouterr().out == "once"


def test_numbers_are_exact() -> None:
    assert (
        repr(evaluate.parse(run("[9007199254740993, 1e18, 1.5, 1e300, 0.1, -0.0 + 3]")))
        == "[9007199254740992, 1000000000000000000, 1.5, 1e+300, 0.1, 3]"
    )
    with pytest.raises(EvaluatorError, match="^a number is not finite$"):
        evaluate.parse(run("1e400"))
    with pytest.raises(EvaluatorError, match="^a number is not finite$"):
        evaluate.evaluate([Run("{ a: 1e400 }", {}, read), Run("std.extVar('before')", {}, read, previous="before")], SMALL)
