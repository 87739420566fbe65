# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The client of the Kubernetes API: verbs, typed errors, retries. Its connections are in ``connections``, its lists in ``paging``.

The standard library alone: each task would pay for the import of the ``kubernetes`` package, which takes six times as long as this one.
"""

from __future__ import annotations

import contextlib
import copy
import json
import typing as t
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from ..formats.json_object import Json
from ..http.channel import Channel
from ..http.response import Headers
from ..kubeconfig.load import Connection
from . import responses
from .api_errors import ApiError, InvalidResponse, Unreachable, refusal
from .connections import USER_AGENT, ConnectionPool, Request
from .identity import ClusterIdentity, is_write, names_uid
from .paging import OnHead, Trim, list_pages
from .policy import DEFAULT, RequestPolicy, RetryPolicy
from .responses import Read, Unacceptable
from .retry import Attempt, Retries, wait_if_throttled
from .workers import Workers

__all__ = ["DISCOVERY", "METADATA", "ONE_METADATA", "ApiError", "Client", "InvalidResponse", "Unreachable"]

T = t.TypeVar("T")
R = t.TypeVar("R")

METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
ONE_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
APPLY_PATCH = "application/apply-patch+yaml"


class Client:
    """A client of one API server. Safe to use from several threads; close it, or use it in a ``with`` statement.

    ``policy`` says how long its requests may take, and whether they are retried. It never changes: another one makes a view, which shares
    connections, threads and the cluster's identity.
    """

    def __init__(self, connection: Connection, policy: RequestPolicy = DEFAULT) -> None:
        self.connection = connection
        self.policy = policy
        self.connections = ConnectionPool(connection)
        self.identity = ClusterIdentity(self)
        """The cluster that the work is for, once bound."""
        self._workers = Workers(lambda: self.connections.round_trip)
        self._retries: Retries | None = None
        self._all_retries: set[Retries] = set()
        """Of all views that ``retrying`` made and that are in use."""
        self._reported: set[str] = set()
        """The reasons for retries that were reported by any of them."""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._workers.close()
        self.connections.close()

    # --- views

    def with_policy(self, policy: RequestPolicy) -> Client:
        """A view whose requests go by another policy. It retries as this client does where ``policy.retry`` is the same."""
        view = copy.copy(self)
        view.policy = policy
        if policy.retry is not self.policy.retry:
            view._retries = Retries(policy.retry, self.connection.server, self._reported) if policy.retry else None
        view.identity = self.identity.through(view)
        return view

    @contextlib.contextmanager
    def retrying(self, policy: RetryPolicy) -> Iterator[Client]:
        """A view whose requests are retried. When the ``with`` statement ends, who still waits for a retry is woken up and fails."""
        view = self.with_policy(replace(self.policy, retry=policy))
        retries = t.cast("Retries", view._retries)
        self._all_retries.add(retries)
        try:
            yield view
        finally:
            self._all_retries.discard(retries)
            retries.end()

    def without_retries(self) -> Client:
        """A view for requests that are of use at once or not at all."""
        return self.with_policy(replace(self.policy, retry=None))

    def give_up(self) -> None:
        """Wake up who waits for a retry in a view of ``retrying``: it sends nothing again."""
        for retries in list(self._all_retries):
            retries.end()

    # --- verbs

    def get(self, path: str, accept: str = "application/json", **params: object) -> Json:
        """One object, or with a ``limit`` a list of at most that many. ``path`` begins with a slash; ``params`` go into the query."""
        read = responses.a_list if "limit" in params else responses.DOCUMENTS.get(path, responses.an_object)
        return self.request("GET", path, params=params, accept=accept, read=read)

    def document(self, path: str, *fields: str, accept: str = "application/json") -> Json:
        """A JSON object outside of the API, with these ``fields`` as text: ``/version``, the OpenID configuration."""
        return self.request("GET", path, accept=accept, read=responses.document(*fields))

    def discovery(self, path: str) -> Json:
        """The served APIs of ``/api`` or ``/apis``: an APIGroupDiscoveryList, from servers that support it."""
        return self.request("GET", path, accept=DISCOVERY, read=responses.discovery)

    def ask_ready(self) -> None:
        """Ask whether the API server is ready. Raises where it is not."""
        self._send("GET", "/readyz", accept="text/plain", read=bytes)

    def through(self, path: str, headers: dict[str, str]) -> tuple[int, Headers, bytes]:
        """The answer of a Service or a pod through the API server, whatever its status."""
        self.connections.login()
        request = Request("GET", self.connections.prefix + path, {"Accept": "*/*", "User-Agent": USER_AGENT, **headers})
        code, content, received = self.connections.send(request, self.policy, again=True)
        return code, received, content

    def upgradable(self, path: str) -> tuple[Channel, str, list[str]]:
        """A connection of its own for a WebSocket, which the caller closes; its address, and the headers that log in."""
        channel = self.connections.open(self.policy)
        address = f"ws{self.connection.server.removeprefix('http')}{path}"
        return channel, address, [f"{name}: {value}" for name, value in self.connections.login_headers()]

    def find(self, path: str, accept: str = "application/json") -> Json | None:
        """One object; ``None`` where it is not found. A 404 that is not of an API server is an ``InvalidResponse``."""
        try:
            return self.get(path, accept)
        except ApiError as error:
            if error.code != 404:
                raise
            return None

    def items(self, path: str, accept: str = "application/json", **params: t.Any) -> Iterator[Json]:
        """All items of a list, page by page."""
        for page in self.pages(path, accept, **params):
            yield from page.get("items") or []

    def pages(self, path: str, accept: str = "application/json", trim: Trim | None = None, **params: object) -> Iterator[Json]:
        """The pages of a list, with ``limit`` objects each; the next ones are read ahead (``paging``).

        ``trim`` removes unused parts of a page's JSON, which is faster than parsing them.
        """

        def fetch(query: dict[str, object], on_head: OnHead) -> bytes:
            return self._send("GET", path, params=query, accept=accept, on_head=on_head, read=bytes)

        def read(query: dict[str, object]) -> Json:
            return self.request("GET", path, params=query, accept=accept, read=responses.a_list)

        try:
            yield from list_pages(fetch, read, trim, params)
        except Unacceptable as error:
            raise InvalidResponse(self.connection, f"GET {path}", str(error)) from error

    def post(self, path: str, body: Json, **params: object) -> Json:
        """Create an object."""
        return self.request("POST", path, body=body, params=params)

    def put(self, path: str, body: Json, **params: object) -> Json:
        """Replace an object."""
        return self.request("PUT", path, body=body, params=params)

    def delete(self, path: str, body: Json | None = None, **params: object) -> Json:
        """Delete an object; ``body`` is a DeleteOptions."""
        return self.request("DELETE", path, body=body, params=params, read=responses.a_deletion)

    def apply(self, path: str, body: Json, manager: str, force: bool = False, dry_run: bool = False, metadata_only: bool = False) -> Json:
        """Server-side apply with strict field validation; returns the whole object, or with ``metadata_only`` just its metadata.

        A dry run returns the whole object in any case. An apply is idempotent.
        """
        params: dict[str, object] = {
            "fieldManager": manager,
            "fieldValidation": "Strict",
            "force": force or None,
            "dryRun": "All" if dry_run else None,
        }
        accept = ONE_METADATA if metadata_only and not dry_run else "application/json"
        return self.request("PATCH", path, body=body, params=params, accept=accept, content_type=APPLY_PATCH)

    def map(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """``work`` on each item, side by side, results in order. The first error is raised after all have ended.

        Within such a ``work``, one after the other: threads that wait for threads of the same pool could wait forever.
        """
        return self._workers.map(work, items)

    # --- one request

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        params: dict[str, t.Any] | None = None,
        accept: str = "application/json",
        content_type: str = "application/json",
        read: Read = responses.an_object,
    ) -> Json:
        """One request. Raises ``Unreachable`` or ``ApiError``, once its policy allows no further retry.

        ``read``: decodes the body; one that it does not accept is an ``InvalidResponse``.
        """
        return self._send(method, path, body=body, params=params, accept=accept, content_type=content_type, read=read)

    def _send(
        self,
        method: str,
        path: str,
        *,
        read: Callable[[bytes], R],
        body: Json | None = None,
        params: dict[str, t.Any] | None = None,
        accept: str = "application/json",
        content_type: str = "application/json",
        on_head: OnHead | None = None,
    ) -> R:
        """The body of a successful answer, decoded by ``read``; one that it raises ``Unacceptable`` for is a failure."""
        request = self._encoded(method, path, body, params or {}, accept, content_type, on_head)
        attempt = Attempt(method, path, content_type, size=len(request.payload or b""))
        renewed = False
        while True:
            login = self.connections.login()
            attempt.went = True
            retry_after: str | None = None
            failure: ApiError | Unreachable
            try:
                with self._retries.concurrency.place(attempt.size) if self._retries else contextlib.nullcontext():
                    code, content, headers = self.connections.send(request, self.policy, attempt.may_be_sent_twice)
                if code < 400:
                    responses.check_status(method, code, headers)
                    responses.check_type(headers, accept)
                    return read(content)
                retry_after = headers.get("Retry-After")
                failure = refusal(self.connection, code, content, headers, f"{method} {path}")
            except Unacceptable as error:
                failure = InvalidResponse(self.connection, f"{method} {path}", str(error))
            except Unreachable as error:
                failure, attempt.went = error, error.sent
            except ApiError as error:  # of the proof of the connection
                failure, attempt.went = error, False
            if isinstance(failure, ApiError) and failure.code == 401 and not renewed and self.connection.credentials.renew(login):
                renewed = True
                continue
            renewed = False
            if not self._wait(attempt, failure, _seconds(retry_after)):
                raise failure

    def _encoded(
        self, method: str, path: str, body: Json | None, params: dict[str, t.Any], accept: str, content_type: str, on_head: OnHead | None
    ) -> Request:
        payload = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        headers = {"Accept": accept, "User-Agent": USER_AGENT}
        if payload is not None:
            headers["Content-Type"] = content_type
        if self.connections.compresses:
            headers["Accept-Encoding"] = "gzip"
        prove = is_write(method, path, params) and not names_uid(body)
        return Request(method, self.connections.target(path, params), headers, payload, prove, on_head)

    def _wait(self, attempt: Attempt, failure: ApiError | Unreachable, retry_after: float | None) -> bool:
        """Wait before a retry; false where there is none."""
        attempt.failures += 1
        if self._retries:
            return self._retries.wait(attempt, failure, retry_after)
        return wait_if_throttled(attempt, failure, retry_after, self.policy.deadline)


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isdigit() else None
