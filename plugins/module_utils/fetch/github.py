# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Registries on GitHub, also Enterprise: one call for the commit, one archive for its files.

Without a token first; with it where GitHub then answers 401, 403, 404 or 429.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
import time
import typing as t
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urlsplit

from ..errors import BootstrapError
from . import archive
from .https import Download, HttpsClient
from .sources import Files, Sources

T = t.TypeVar("T")
COMMIT = re.compile(r"[0-9a-f]{40}")
DEFAULT_REF = "master"
"""The branch for ks 0.10.0 where a uri names none, whatever the repository's own default is."""
LONGEST_REF = 4
"""At most so many parts between slashes."""
PATIENCE = 10.0
"""At most so many seconds of Retry-After are waited for; a longer wait is an error."""
_HOST = re.compile(r"(?=.{1,253}(?::|$))[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?")
_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_TOKEN = re.compile(r"[\x21-\x7e]+")
OPTION = "github_token"
"""The modules' option."""
_FORM = "Give it as github.com/<owner>/<repository>/tree/<ref>/<folder of registry.yaml>."


@dataclass(frozen=True)
class GitHubLocation:
    """A place that a uri names. ``rest``: the parts after ``tree/``, the ref first; a ref with slashes takes several of them."""

    host: str
    owner: str
    repository: str
    rest: tuple[str, ...]
    uri: str
    """As app.yaml has it: ks 0.10.0 reads it with ``github.com`` in front; what it can't read keeps its https://."""

    def __str__(self) -> str:
        return f"{self.host}/{self.owner}/{self.repository}"

    def readings(self) -> Iterator[tuple[str, str]]:
        """The refs that it may mean, each with the remaining path; first as ks 0.10.0 reads it: one part."""
        for end in range(1, len(self.rest) + 1):
            yield "/".join(self.rest[:end]), "/".join(self.rest[end:])


def is_github(uri: str) -> bool:
    """Whether a uri is one of github.com. Those of other hosts need ``protocol: github``."""
    return re.match(r"(?:https?://)?(?:www\.)?github\.com(?:/|$)", uri.strip(), re.IGNORECASE) is not None


def parse(uri: str) -> GitHubLocation:
    """The parts of ``[https://]HOST/OWNER/REPOSITORY[/tree/REF[/PATH]]``; ``/blob/REF/PATH/registry.yaml`` too, as ks 0.10.0.

    A ref with slashes may be written with ``%2F``. Raises BootstrapError, without the uri where that holds a login.
    """
    text = re.sub(r"^https?://", "", uri.strip(), flags=re.IGNORECASE).rstrip("/")
    if "@" in text.partition("/")[0]:
        raise BootstrapError("Its uri holds a login.", fix=f"Take it out, and give a token as {OPTION}.")
    text = re.sub(r"^www\.(?=github\.com(/|$))", "", text, flags=re.IGNORECASE)
    host, *parts = text.split("/")
    host = host.lower()
    parts = [unquote(part) for part in parts]
    if "?" in text or "#" in text or not _HOST.fullmatch(host) or len(parts) < 2 or not all(map(_NAME.fullmatch, parts[:2])):
        raise BootstrapError(f"{uri!r} names no repository on GitHub.", fix=_FORM)
    owner, repository, *more = parts
    kind, rest = (more[0], more[1:]) if more else ("tree", [])
    if kind == "blob" and len(rest) > 1 and rest[-1] == "registry.yaml":
        kind, rest = "tree", rest[:-1]
    if kind != "tree":
        raise BootstrapError(f"{uri!r} is not a folder on GitHub.", fix=_FORM)
    rest = rest or [DEFAULT_REF]
    archive.check_path("/".join(rest), repr(uri))
    return GitHubLocation(host, owner, repository, tuple(rest), text if host == "github.com" else f"https://{text}")


def api(host: str) -> str:
    """Where a host answers API requests (GitHub's and GitHub Enterprise's documentation, "Getting started with the REST API")."""
    if host == "github.com" or host.endswith(".ghe.com"):
        return f"https://api.{host}"
    return f"https://{host}/api/v3"


def token_for(host: str, sources: Sources) -> str:
    """The token for a host, "" for none. ``Sources.token`` is for every host that a registry names."""
    candidates = {OPTION: sources.token, **{name: sources.env.get(name, "") for name in variables(host, sources)}}
    name, token = next(((name, text.strip()) for name, text in candidates.items() if text.strip()), ("", ""))
    if token and not _TOKEN.fullmatch(token):
        raise BootstrapError(f"The token for {host} has characters that no token has.", fix=f"Correct {name}, or leave it empty.")
    return token


def variables(host: str, sources: Sources) -> tuple[str, ...]:
    """The environment variables with a token for a host, the one to name first.

    GITHUB_TOKEN is for github.com, or for the host of GITHUB_SERVER_URL, which GitHub's and Enterprise's own runners set; other hosts get
    the names that GitHub's own command uses.
    """
    home = urlsplit(sources.env.get("GITHUB_SERVER_URL", "").strip()).netloc.lower() or "github.com"
    return ("GITHUB_TOKEN",) if host == home else () if host == "github.com" else ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")


class GitHubClient:
    """A client of GitHub's API; it connects on its first request."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._web = HttpsClient(sources)
        self._known: set[str] = set()  # hosts that need the token

    def resolve(self, place: GitHubLocation) -> tuple[str, str, str]:
        """The ref, the path and the commit of a location. Where that ref does not exist, the next longer one is tried."""
        for ref, path in itertools.islice(place.readings(), LONGEST_REF):
            commit = self.commit(place, ref)
            if commit:
                return ref, path, commit
        raise self.no_ref(place, place.rest[0])

    def commit(self, place: GitHubLocation, ref: str) -> str | None:
        """The commit of a branch, a tag or a commit; None where the repository has none of that name. One call, none for 40 hex digits."""
        if COMMIT.fullmatch(ref.lower()):
            return ref.lower()
        answer: Download[None] = self._ask(place, f"commits/{quote(ref)}", "application/vnd.github.sha")
        if answer.status in (404, 422):  # 422: the repository exists
            if answer.status == 404:
                self._check_exists(place)
            return None
        if answer.status != 200:
            raise self._refusal(place, answer)
        commit = answer.body.decode("ascii", "replace").strip()
        if not COMMIT.fullmatch(commit):
            raise BootstrapError(f"{api(place.host)} does not answer as GitHub does.", fix="Correct the host in its uri.")
        return commit

    @staticmethod
    def no_ref(place: GitHubLocation, ref: str) -> BootstrapError:
        """The error for a ref that does not exist."""
        return BootstrapError(f"{place} has no branch, tag or commit '{ref}'.", fix="Correct its uri, or the version of the package.")

    def trees(self, place: GitHubLocation, commit: str, paths: Collection[str]) -> dict[str, Files]:
        """The files below some paths at a commit, by one archive. A path that does not exist is an error."""
        what = f"The archive of {place} at {commit}"
        self._sources.progress(f"Downloading {place} at {commit[:12]}")
        unpack = functools.partial(archive.unpack, folders=paths, what=what, commit=commit)
        answer = self._ask(place, f"tarball/{commit}", "application/vnd.github+json", unpack)
        if answer.status in (404, 422):
            self._check_exists(place)
            raise BootstrapError(f"{place} has no commit {commit}.", fix="Correct its uri, or take the pinned commit out of app.yaml.")
        if answer.result is None:
            raise self._refusal(place, answer)
        for path, files in answer.result.items():
            if not files:
                raise BootstrapError(f"{place} has no folder '{path}' at {commit}.", fix="Correct the path in its uri.")
        return answer.result

    def _check_exists(self, place: GitHubLocation) -> None:
        answer: Download[None] = self._ask(place, "", "application/vnd.github+json")
        if answer.status == 404:
            hidden = "the token may not see it" if token_for(place.host, self._sources) else f"it is private: set {self._name(place)}"
            raise BootstrapError(f"{place}: there is no such repository.", fix=f"Correct its uri. Or {hidden}.")
        if answer.status >= 300:
            raise self._refusal(place, answer)

    def _ask(self, place: GitHubLocation, path: str, accept: str, parse: Callable[[t.IO[bytes]], T] | None = None) -> Download[T]:
        url = f"{api(place.host)}/repos/{place.owner}/{place.repository}/{path}".rstrip("/")
        headers = {"Accept": accept, "User-Agent": "kubeflow.bootstrap"}
        token = token_for(place.host, self._sources)
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self._web.fetch(url, {**headers, **(bearer if place.host in self._known else {})}, parse)
        if bearer and place.host not in self._known and answer.status in (401, 403, 404, 429):
            answer = self._web.fetch(url, {**headers, **bearer}, parse)
            if answer.status < 300:
                self._known.add(place.host)
        wait = _seconds(answer.headers)
        if answer.status in (403, 429) and wait is not None and wait <= PATIENCE:
            time.sleep(wait)
            answer = self._web.fetch(url, {**headers, **bearer}, parse)
        return answer

    def _name(self, place: GitHubLocation) -> str:
        """The name of the token's source: the option, else the environment variable for this host."""
        if self._sources.token.strip():
            return OPTION
        names = variables(place.host, self._sources)
        return next((name for name in names if self._sources.env.get(name, "").strip()), names[0] if names else OPTION)

    def _refusal(self, place: GitHubLocation, answer: Download[T]) -> BootstrapError:
        """An answer as an error for the user."""
        api_host, token = urlsplit(api(place.host)).netloc, token_for(place.host, self._sources)
        reason = _reason(answer.body).replace(token, "***") if token else _reason(answer.body)
        name = self._name(place)
        if answer.status == 401 and not token:
            return BootstrapError(f"{api_host} answers nobody without a token.", fix=f"Set {name} to one that may read {place}.")
        if answer.status == 401:
            return BootstrapError(f"{api_host} refuses the token.", fix=f"Set {name} to one that is valid, or leave it empty.")
        until = _limited_until(answer, reason)
        if until is not None:
            limit = answer.headers.get("x-ratelimit-limit", "")
            many = f" ({limit} an hour)" if limit.isdigit() else ""
            fix = "Wait until then" + ("." if token else f", or set {name}, which raises the limit.")
            return BootstrapError(f"{api_host} refuses further requests{many} before {until}: its rate limit.", fix=fix)
        if answer.status == 403:
            fix = "Let the token read this repository." if token else f"Set {name} to one that may read this repository."
            return BootstrapError(f"{api_host} refuses {place}: {reason or 'forbidden'}.", fix=fix)
        return BootstrapError(f"{api_host} answers {answer.status} for {place}: {reason or 'without a reason'}.", fix="Correct its uri.")


def _seconds(headers: Mapping[str, str]) -> float | None:
    after = headers.get("retry-after", "")
    return float(after) if after.isdigit() and len(after) < 8 else None


def _limited_until(answer: Download[T], reason: str) -> str | None:
    """When a rate limit ends; None where the answer has another reason.

    Facts: GitHub's documentation, "Rate limits for the REST API": 403 or 429 with ``x-ratelimit-remaining: 0`` and
    ``x-ratelimit-reset`` (seconds since 1970), or with ``retry-after`` (seconds).
    """
    if answer.status not in (403, 429):
        return None
    wait, reset = _seconds(answer.headers), answer.headers.get("x-ratelimit-reset", "")
    if wait is None and answer.headers.get("x-ratelimit-remaining") == "0" and reset.isdigit() and len(reset) < 12:
        wait = max(float(reset) - time.time(), 0)
    if wait is None:
        limited = answer.status == 429 or "rate limit" in reason.lower()
        return "some minutes have passed" if limited else None
    return datetime.fromtimestamp(time.time() + wait, tz=UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _reason(body: bytes) -> str:
    """GitHub's message, in one line."""
    try:
        document = json.loads(body)
        text = str(document["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        text = ""
    return " ".join(re.sub(r"[^\x20-\x7e]", " ", text).split())[:200].rstrip(".")
