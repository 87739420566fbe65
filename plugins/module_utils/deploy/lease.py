# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One deployment of an application at a time: a Lease in the cluster.

As in leader election of client-go (tools/leaderelection): the lease may be taken over when the holder has not renewed it for its
duration, measured by one's own clock, as clocks of two machines differ. Writes carry the resourceVersion that was read, so that
one of two writers is refused.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import secrets
import socket
import threading
import time
import typing as t
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..errors import BootstrapError
from ..formats.json_object import Json
from ..kube.client import ApiError, Client, Unreachable
from ..kube.names import object_name
from ..kube.policy import Deadline, RequestPolicy
from ..kube.resources import MANAGER
from ..process import interrupts

if t.TYPE_CHECKING:
    from .model.progress import Ticker


DURATION = 15.0
"""Seconds without renewal after which a holder counts as dead, the default of Kubernetes' leader election."""
_PROCESS = f"{MANAGER}/process"
_PAUSE = 0.5
_SHUTDOWN_SECONDS = 5.0
"""Seconds for each write of an interrupted run: its record, and to release the lease."""
_PATIENCE = 2.0
"""Seconds."""
_BOOT, _PIDS = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")


class HeldLease:
    """The lease while we have it."""

    def __init__(self, client: Client, path: str, what: str, lease: Json, duration: float) -> None:
        self._client, self._path, self._what, self._duration = client, path, what, duration
        # A renewal that hangs must not outlast the lease.
        self._quick = Client(client.connection, RequestPolicy(timeout=duration / 3, total=duration / 3))
        self._quick.connections.on_connect = client.connections.on_connect
        self._lease = lease
        self._renewed = _now()
        self._lost: str | None = None
        self._lock = threading.Lock()
        self._ended = threading.Event()
        threading.Thread(target=self._keep, daemon=True).start()

    def check(self) -> None:
        """Raises ``BootstrapError`` if another cluster answers now, or if another deployment has taken the lease.

        Renews the lease first if that has failed for its duration.
        """
        self._client.identity.check()
        while not self._lost and not self._ended.is_set() and _now() - self._renewed > self._duration:
            self._client.find(self._path)  # waits for the server, where requests are repeated
            self._renew(self._client)
        if self._lost:
            raise BootstrapError(
                f"This deployment of {self._what} lost its lease: {self._lost}. That happens if the API server can't be reached for "
                f"{self._duration:g} seconds.",
                fix="Nothing more was written. Wait until the other deployment has ended, and run again: it resumes from there.",
            )

    def _keep(self) -> None:
        pause = self._duration / 3
        while not self._ended.wait(pause) and not self._lost:
            try:
                self._renew(self._quick)
                pause = self._duration / 3
            except BootstrapError:  # no conclusive answer: try again soon; ``check`` renews before the next write
                pause = min(1.0, self._duration / 3)

    def _renew(self, client: Client) -> None:
        with self._lock:
            if self._ended.is_set() or self._lost:
                return
            spec = {**self._lease["spec"], "renewTime": _micro_time()}
            begun = _now()
            try:
                self._lease = client.put(self._path, {**self._lease, "spec": spec})
            except ApiError as error:
                if error.code == 404:
                    self._lost = "it was deleted"
                    return
                if error.code != 409:
                    raise
                live = client.without_retries().get(self._path)
                if live["spec"].get("holderIdentity") != spec["holderIdentity"]:
                    self._lost = f"{_holder(live)} has it"
                    return
                self._lease = live  # ours: the answer to what we wrote before was lost
            self._renewed = begun

    def release(self, client: Client) -> None:
        """Delete it if it is still ours; if that fails, it expires."""
        self._ended.set()
        self._quick.close()
        if self._lost or _now() - self._renewed > self._duration or not self._lock.acquire(timeout=_PATIENCE):
            return
        client.identity.forget(self._path)
        with contextlib.suppress(BootstrapError):
            try:
                self._delete(client, self._lease)
            except ApiError as error:
                if error.code != 409:
                    raise
                live = client.without_retries().get(self._path)
                if live["spec"].get("holderIdentity") == self._lease["spec"]["holderIdentity"]:
                    self._delete(client, live)  # ours: the answer to a renewal was lost
        self._lock.release()

    def _delete(self, client: Client, lease: Json) -> None:
        condition = {name: lease["metadata"].get(name) for name in ("uid", "resourceVersion")}
        if all(condition.values()):  # else another's could be deleted
            client.without_retries().delete(self._path, {"preconditions": condition})


@contextlib.contextmanager
def hold(
    client: Client, namespace: str, application: str, deadline: Deadline, ticker: Ticker, duration: float = DURATION
) -> Iterator[HeldLease]:
    """Hold the Lease ``<application>-deploy`` in the ``with`` statement; call ``HeldLease.check`` before each step that writes.

    Waits for another holder until ``deadline``; then raises ``BootstrapError``. A holder is dead if it did not renew for its duration, or
    if its process has ended, which can be seen for the same boot of the same machine, in the same PID namespace.
    """
    what = f"{application} in {namespace}"
    path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/{object_name(application, 'deploy')}"
    state, identity = ticker.state, f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
    watched: tuple[str, float] = ("", 0.0)
    try:
        while True:
            try:
                live = client.find(path)
                version = str(live["metadata"].get("resourceVersion")) if live else ""
                watched = watched if version == watched[0] else (version, _now())
                if live is None or _free(live, _now() - watched[1], identity):
                    lease = _write(client, path, live, identity, duration)
                    break
                why = _holder(live)
                failure = BootstrapError(
                    f"Another deployment of {what} is under way: {why}.", fix="Wait until it has ended, and run again."
                )
            except (ApiError, Unreachable) as error:
                failure, why = _passing(error, client, what), error.message
            if deadline.over:
                raise failure
            ticker.state = f"waiting for the lease of {what}: {why}"
            interrupts.pause(min(_PAUSE, max(deadline.left(), 0.0)))
    finally:
        ticker.state = state
    client.identity.witness(path, lease["metadata"].get("uid"))
    lease_held = HeldLease(client, path, what, lease, duration)
    releasing = client
    try:
        yield lease_held
    except BootstrapError:
        raise
    except BaseException:
        releasing = at_shutdown(client)
        raise
    finally:
        lease_held.release(releasing)


def at_shutdown(client: Client) -> Client:
    """A view for the last writes of an interrupted run."""
    return client.with_policy(replace(client.policy, deadline=Deadline(_SHUTDOWN_SECONDS)))


def _passing(error: ApiError | Unreachable, client: Client, what: str) -> BootstrapError:
    """The error, if it is transient: another was faster, or the server is away. (``Client`` itself does not repeat a PUT or POST.)"""
    if isinstance(error, Unreachable):
        if error.transient:
            return error
    elif error.code == 409 or error.code >= 500:
        return error
    elif error.code == 403:
        raise BootstrapError(
            f"The user of context {client.connection.name} may not keep two deployments of {what} apart: {error.status_message}.",
            fix="Ask an admin of the cluster for a role that may get, create, update and delete leases of coordination.k8s.io there.",
        ) from error
    raise error


def _write(client: Client, path: str, live: Json | None, identity: str, duration: float) -> Json:
    """Take the lease, if nobody else did since ``live`` was read (else an ``ApiError`` 409)."""
    metadata, spec = (live["metadata"], live.get("spec") or {}) if live else ({"name": path.rpartition("/")[2]}, {})
    now = _micro_time()
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {**metadata, "annotations": {**(metadata.get("annotations") or {}), _PROCESS: process(os.getpid())}},
        "spec": {
            **spec,
            "holderIdentity": identity,
            "leaseDurationSeconds": max(round(duration), 1),
            "acquireTime": now,
            "renewTime": now,
            "leaseTransitions": (spec.get("leaseTransitions") or 0) + bool(live),
        },
    }
    return client.put(path, lease) if live else client.post(path.rpartition("/")[0], lease)


def _free(live: Json, watched: float, identity: str) -> bool:
    """Whether it has no holder, or a dead one. ``watched``: seconds since it changed."""
    spec = live.get("spec") or {}
    holder = spec.get("holderIdentity")
    if not holder or holder == identity or watched > float(spec.get("leaseDurationSeconds") or DURATION):
        return True
    made_by = (live["metadata"].get("annotations") or {}).get(_PROCESS) or ""
    pid = holder.split("/")[1] if holder.count("/") == 2 else ""
    return pid.isdigit() and _is_gone(int(pid), made_by)


def _is_gone(pid: int, made_by: str) -> bool:
    """Whether the process is one of this machine and has ended. False if that can't be seen."""
    here = process(os.getpid()).split()[:2]
    if len(here) < 2 or made_by.split()[:2] != here:
        return False
    now = process(pid)
    if now.split() != here:
        return now != made_by
    try:
        os.kill(pid, 0)  # another user's, where /proc hides these
    except PermissionError:
        return False
    except OSError:
        return True
    return True


def process(pid: int) -> str:
    """A unique id of a process: boot id of the machine, PID namespace, start time (missing if it has ended).

    Empty without /proc.
    """
    try:
        here = f"{_BOOT.read_text(encoding='ascii').strip()} {os.readlink(_PIDS)}"
    except OSError:
        return ""
    try:
        # The second field, the name, may hold blanks and brackets. The start time is field 22 (proc_pid_stat(5)); 3 is the state.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return here
    return here if fields[0] in "ZX" else f"{here} {fields[19]}"


def _holder(live: Json) -> str:
    """``host a, process 12, since 2026-01-01T00:00:00Z``."""
    spec = live.get("spec") or {}
    parts = str(spec.get("holderIdentity") or "nobody").split("/")
    since = str(spec.get("acquireTime") or "").split(".", maxsplit=1)[0]
    who = f"host {parts[0]}, process {parts[1]}" if len(parts) == 3 else parts[0]
    return f"{who}, since {since}Z" if since else who


def _micro_time() -> str:
    return datetime.datetime.now(tz=datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _now() -> float:
    """A clock that goes on while the machine sleeps, where there is one."""
    boot_time = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot_time is None else time.clock_gettime(boot_time)
