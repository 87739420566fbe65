# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Questions to the API server of which any may fail without losing the rest. Private to the collection."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterator

from ..api import METADATA, ApiError, Client, Unreachable
from ..discovery import Served

Json = dict[str, t.Any]
T = t.TypeVar("T")


class Asker:
    """Asks, and keeps what could not be read in ``unknown`` (``{what, why}``). A kind that is not served has no objects.

    Only a refused login is raised. Safe to use from several threads.
    """

    def __init__(self, client: Client, apis: Served) -> None:
        self.client = client
        self.apis = apis
        self.unknown: list[Json] = []

    def serves(self, group: str, kind: str) -> str | None:
        """The path of a kind's collection in any served version; ``None`` where there is none."""
        for version, kinds in self.apis.items():
            if kind in kinds and (version.split("/")[0] if "/" in version else "") == group:
                return f"/apis/{version}/{kinds[kind]['resource']}" if group else f"/api/{version}/{kinds[kind]['resource']}"
        return None

    def items(self, group: str, kind: str, *, metadata: bool = False, **params: object) -> Iterator[Json]:
        """All objects of a kind in the cluster, page by page, from the API server's cache; ``metadata`` alone where that is enough."""
        path = self.serves(group, kind)
        if not path:
            return
        try:
            yield from self.client.items(path, METADATA if metadata else "application/json", resourceVersion="0", **params)
        except (ApiError, Unreachable) as error:
            self._note(f"{kind}.{group}" if group else kind, error)

    def get(self, what: str, path: str) -> Json:
        """One object; ``{}`` where it is not there or can't be read."""
        return self.attempt(what, lambda: self.client.get(path), {})

    def attempt(self, what: str, ask: Callable[[], T], otherwise: T) -> T:
        """What any other question gives; ``otherwise`` where it fails."""
        try:
            return ask()
        except (ApiError, Unreachable) as error:
            if not (isinstance(error, ApiError) and error.code == 404):
                self._note(what, error)
            return otherwise

    def _note(self, what: str, error: ApiError | Unreachable) -> None:
        if isinstance(error, ApiError) and error.code == 401:
            raise error
        self.unknown.append({"what": what, "why": error.said if isinstance(error, ApiError) else error.message})
