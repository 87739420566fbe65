# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists, page by page: while one page is parsed the next ones are on their way."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future

from ..formats.json_object import Json
from . import responses
from .api_errors import ApiError
from .responses import Unacceptable

Query = dict[str, object]

PAGE = 500
"""Objects a page, as kubectl asks."""
AHEAD = 2
"""Pages that are on their way while one is parsed."""
# The metadata of a list come before its items, so the first bracket ends them. The server writes no blanks.
_CONTINUE = re.compile(rb'[^\[]*?"continue":"([^"\\]+)"')
OnHead = Callable[[bytes], None]
"""Gets the first bytes of an answer as soon as they arrive."""
Trim = Callable[[bytes], bytes]
Fetch = Callable[[Query, OnHead], bytes]
"""Sends a request for a page; returns its body as it came."""
Read = Callable[[Query], Json]
"""Sends a request for a page; returns it checked, and retries where it is unacceptable."""


class Page:
    """``token``: what the next page is asked for with, if this one begins with it; ``content``: its JSON."""

    def __init__(self, fetch: Callable[[OnHead], bytes], trim: Trim | None) -> None:
        self.token: Future[str | None] = Future()
        self.content: Future[bytes] = Future()
        threading.Thread(target=self._fetch, args=(fetch, trim), daemon=True).start()

    def _on_head(self, head: bytes) -> None:
        if self.token.done():  # sent again, on another connection
            return
        match = _CONTINUE.match(head)
        self.token.set_result(match[1].decode() if match else None)

    def _fetch(self, fetch: Callable[[OnHead], bytes], trim: Trim | None) -> None:
        try:
            content = fetch(self._on_head)
            self.content.set_result(trim(content) if trim else content)
        except BaseException as error:  # raised where the page is waited for
            self.content.set_exception(error)
        if not self.token.done():
            self.token.set_result(None)


def list_pages(fetch: Fetch, read: Read, trim: Trim | None, params: Query) -> Iterator[Json]:
    """The pages of a list, up to ``AHEAD`` of them read ahead. Raises ``Unacceptable`` for a list that never ends."""

    def query(token: str | None) -> Query:
        return {"limit": PAGE, **params, "continue": token}

    def start(token: str | None) -> Page:
        return Page(lambda on_head: fetch(query(token), on_head), trim)

    ahead: deque[tuple[str | None, Page]] = deque([(None, start(None))])
    seen: set[tuple[str, str]] = set()
    while ahead:
        while len(ahead) <= AHEAD and (token := ahead[-1][1].token.result()):
            ahead.append((token, start(token)))
        token, page = ahead.popleft()
        expected = page.token.result()
        try:
            objects = responses.a_list(page.content.result())
        except Unacceptable:
            objects = read(query(token))
        except ApiError as error:
            if error.code != 410 or token is None:
                raise
            # It took so long that the token expired. As client-go does, all of the list is read at once.
            objects = read({**params, "limit": None})
            objects["items"] = [item for item in objects["items"] or [] if _name(item) not in seen]
            ahead.clear()
        del page
        yield objects
        following = objects["metadata"].get("continue")
        if following or token:
            seen.update(map(_name, objects["items"] or []))
        if following and following == token:
            raise Unacceptable("a list that begins again and again")
        if following != expected:
            ahead = deque([(following, start(following))] if following else [])


def _name(item: Json) -> tuple[str, str]:
    return item["metadata"].get("namespace") or "", item["metadata"]["name"]
