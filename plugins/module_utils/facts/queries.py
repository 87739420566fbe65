# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queries to the API server, of which any may fail without losing the rest."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterator

from ..formats.json_object import Json
from ..kube.client import METADATA, ApiError, Client, Unreachable
from ..kube.discovery import Served

T = t.TypeVar("T")

_MANY = ("", "apps")
"""API groups whose objects become more with the use of the cluster."""


class Queries:
    """Queries, with what could not be read in ``unknown`` (``{what, why}``). A kind that is not served has no objects.

    Only a refused login is raised. Safe to use from several threads.
    """

    def __init__(self, client: Client, apis: Served) -> None:
        self.client = client
        self.apis = apis
        self.unknown: list[Json] = []

    def serves(self, group: str, kind: str) -> str | None:
        """The path of a kind's collection in any served version; ``None`` if it is not served."""
        for version, kinds in self.apis.items():
            if kind in kinds and (version.split("/")[0] if "/" in version else "") == group:
                return f"/apis/{version}/{kinds[kind]['resource']}" if group else f"/api/{version}/{kinds[kind]['resource']}"
        return None

    def items(self, group: str, kind: str, *, metadata: bool = False, **params: object) -> Iterator[Json]:
        """All objects of a kind in the cluster; only their metadata with ``metadata``."""
        for page in self.pages(group, kind, accept=METADATA if metadata else "application/json", **params):
            yield from page.get("items") or []

    def pages(self, group: str, kind: str, **params: t.Any) -> Iterator[Json]:
        """The same, page by page; ``params`` as those of ``Client.pages``."""
        path = self.serves(group, kind)
        if not path:
            if not self.apis:
                self.note(_called(group, kind), "which kinds are served is not known")
            return
        # With resourceVersion 0 the API server answers from its cache, but ignores "limit" (as of 1.35): good for small collections.
        # Others are paginated, from the cache since 1.34; older servers read them from etcd.
        version = {} if group in _MANY else {"resourceVersion": "0"}
        try:
            yield from self.client.pages(path, **{**version, **params})
        except (ApiError, Unreachable) as error:
            self._note(_called(group, kind), error)

    def knows(self, kind: str, group: str = "") -> bool:
        """Whether all requested objects of a kind could be read."""
        return _called(group, kind) not in {entry["what"] for entry in self.unknown}

    def get(self, what: str, path: str) -> Json:
        """One object; ``{}`` if it does not exist or can't be read."""
        return self.attempt(what, lambda: self.client.get(path), {})

    def attempt(self, what: str, ask: Callable[[], T], otherwise: T) -> T:
        """The result of any other query; ``otherwise`` if it fails."""
        try:
            return ask()
        except (ApiError, Unreachable) as error:
            if not (isinstance(error, ApiError) and error.code == 404):
                self._note(what, error)
            return otherwise

    def _note(self, what: str, error: ApiError | Unreachable) -> None:
        if isinstance(error, ApiError) and error.code == 401:
            raise error
        self.note(what, error.status_message if isinstance(error, ApiError) else error.message)

    def note(self, what: str, why: str) -> None:
        """Add to ``unknown``."""
        self.unknown.append({"what": what, "why": why})


def _called(group: str, kind: str) -> str:
    return f"{kind}.{group}" if group else kind
