# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One page of a list on its way, and what the next one is asked for with. Private to the collection."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import Future

# The metadata of a list come before its items, so the first bracket ends them. The server writes no blanks.
_CONTINUE = re.compile(rb'[^\[]*?"continue":"([^"\\]+)"')
Told = Callable[[bytes], None]
"""Gets the first bytes of an answer as soon as they are there."""
Trim = Callable[[bytes], bytes]


class Page:
    """``token``: what the next page is asked for with, if this one begins with it; ``content``: its JSON."""

    def __init__(self, send: Callable[[Told], bytes], trim: Trim | None) -> None:
        """``send`` asks for the page, and returns it whole."""
        self.token: Future[str | None] = Future()
        self.content: Future[bytes] = Future()
        threading.Thread(target=self._read, args=(send, trim), daemon=True).start()

    def _begins(self, head: bytes) -> None:
        if self.token.done():  # asked once more, on another connection
            return
        found = _CONTINUE.match(head)
        self.token.set_result(found[1].decode() if found else None)

    def _read(self, send: Callable[[Told], bytes], trim: Trim | None) -> None:
        try:
            content = send(self._begins)
            self.content.set_result(trim(content) if trim else content)
        except BaseException as error:  # raised where the page is waited for
            self.content.set_exception(error)
        if not self.token.done():
            self.token.set_result(None)
