# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one source knows of a cloud, and how sources are asked side by side, within a time."""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ...http.ask import NoAnswer, ask
from ...http.deadline import ExchangeDeadline

Env = Mapping[str, str]

CONNECT_SECONDS = 0.5
"""A metadata server is on the machine or one hop away: it answers at once, or does not exist."""
_MOST = 100_000
_SANE = re.compile(r"[\w.:@/+=,-][\w.:@/+=, -]{0,299}")


class SourceUnavailable(Exception):
    """A source that says nothing of use; the message says why."""


@dataclass
class CloudFinding:
    """What one source says. Fields as in ``facts.cloud``; ``unknown``: field to why it could not be told."""

    provider: str | None = None
    account: str | None = None
    region: str | None = None
    zones: list[str] = field(default_factory=list)
    cluster_name: str | None = None
    network: str | None = None
    acting_as: str | None = None
    acting_as_kind: str | None = None
    credentials_source: str | None = None
    evidence: list[str] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)


def side_by_side(questions: Mapping[str, Callable[[], CloudFinding]], seconds: float) -> dict[str, CloudFinding | str]:
    """Ask all at once; returns by the question's name what was found, or why nothing was. Never takes longer than ``seconds``."""
    answers: queue.Queue[tuple[str, CloudFinding | str]] = queue.Queue()

    def ask(name: str, question: Callable[[], CloudFinding]) -> None:
        try:
            answers.put((name, question()))
        except SourceUnavailable as error:
            answers.put((name, str(error)))
        except Exception as error:  # an SDK may raise whatever it likes; its text may name credentials
            answers.put((name, f"it failed with {type(error).__name__}"))

    end = time.monotonic() + seconds
    for name, question in questions.items():
        # A thread that hangs in a name lookup or in an SDK must hold up neither this process nor its end.
        threading.Thread(target=ask, args=(name, question), daemon=True).start()
    results: dict[str, CloudFinding | str] = {}
    while len(results) < len(questions):
        try:
            name, answer = answers.get(timeout=max(end - time.monotonic(), 0.001))
        except queue.Empty:
            break
        results[name] = answer
    return {name: results.get(name, f"no answer within {seconds:.2g} seconds") for name in questions}


class MetadataServer:
    """Requests to the metadata server at ``url``, never through a proxy. Raises ``SourceUnavailable``."""

    def __init__(self, url: str, seconds: float) -> None:
        self._url, self._seconds = url.rstrip("/"), seconds
        try:
            good = urlsplit(url).scheme == "http" and urlsplit(url).hostname and urlsplit(url).port != 0
        except ValueError:
            good = False
        if not good:
            raise SourceUnavailable(f"its address {url} is not a URL")

    def ask(self, path: str, headers: Mapping[str, str], method: str = "GET") -> tuple[int, str, Mapping[str, str]]:
        """Status, text and headers (names in small letters) of an answer."""
        deadline = ExchangeDeadline(self._seconds, self._seconds, connect=CONNECT_SECONDS)
        try:
            answer = ask(self._url + path, headers, deadline, method=method, most=_MOST)
        except NoAnswer as error:
            late = error.failure.kind == "late"
            raise SourceUnavailable("no answer in time" if late else error.failure.why) from error
        return answer.status, answer.content.decode("utf-8", "replace"), {name: values[0] for name, values in answer.headers.items()}

    def value(self, path: str, headers: Mapping[str, str]) -> str | None:
        """One value; ``None`` where the server has none or says something odd."""
        status, text, unused = self.ask(path, headers)
        return printable(text.strip()) if status == 200 else None


def printable(value: object) -> str | None:
    """A name, an identifier or an address, as it is; ``None`` for anything else, such as the page of a portal."""
    return value if isinstance(value, str) and _SANE.fullmatch(value) else None
