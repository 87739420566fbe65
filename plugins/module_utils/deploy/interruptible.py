# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Work with a cluster that a signal ends at a safe point."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

from ..kube.client import Client
from ..process import interrupts

_WATCHED_EVERY = 0.1
_ANSWER = 1.0
"""Seconds that a request may still take after a signal."""


@contextlib.contextmanager
def interruptible(client: Client) -> Iterator[None]:
    """SIGINT and SIGTERM end the work at a safe point, after what was done is recorded; then they have their usual effect.

    Ansible's worker, in whose process this runs, would die at once (ansible.executor.process.worker); but it would live on unnoticed if
    Ansible itself is killed: then it gets a SIGTERM, too.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    over = threading.Event()
    with interrupts.noted() as unheard:
        threading.Thread(target=_watch, args=(client, os.getppid(), unheard, over), daemon=True).start()
        try:
            yield
        finally:
            over.set()


def _watch(client: Client, parent: int, unheard: Callable[[], bool], over: threading.Event) -> None:
    """Send SIGTERM after the end of the parent; and abort requests when a signal comes."""
    heard = time.monotonic()
    while not over.wait(_WATCHED_EVERY):
        if multiprocessing.parent_process() and os.getppid() != parent and not interrupts.pending():
            os.kill(os.getpid(), signal.SIGTERM)
        if not unheard():
            heard = time.monotonic()
        elif time.monotonic() - heard > _ANSWER:
            client.give_up()
            client.connections.cut()
            heard = time.monotonic()
