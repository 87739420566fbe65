# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests to Google Cloud's REST APIs, with the default credentials of google-auth.

https://cloud.google.com/compute/docs/reference/rest/v1 (operations, requestId), https://cloud.google.com/apis/design/errors and
https://cloud.google.com/compute/docs/api/how-tos/api-requests-responses (bodies of errors),
https://cloud.google.com/sdk/gcloud/reference/config/set (``api_endpoint_overrides``)
"""

from __future__ import annotations

import contextlib
import logging
import random
import re
import time
import types
import typing as t
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from ..errors import BootstrapError, missing_library
from ..formats import foreign_json
from ..formats.json_object import Json
from .google_errors import GoogleError, explain, may_pass

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
_PATHS = {"compute": "/compute/v1/", "dns": "/dns/v1/", "servicemanagement": "/v1/", "serviceusage": "/v1/"}
_ANSWER_SECONDS = 30.0
_WAIT_SECONDS = 130.0
"""Compute's ``operations.wait`` answers after two minutes at the latest."""
_SAFE = {"GET", "PUT", "DELETE"}
_MOST_SECONDS_BETWEEN = 8.0


class GoogleApi:
    """One service of Google Cloud: ``compute``, ``dns``, ``servicemanagement``, ``serviceusage``.

    ``env``: the environment of the task; google-auth reads the same variables from the process. Its
    ``CLOUDSDK_API_ENDPOINT_OVERRIDES_<SERVICE>`` is the address of another endpoint, with or without the path of the version.
    ``seconds``: how long one request may be repeated after a transient error. ``say`` shows a line to whoever waits.
    Raises ``BootstrapError`` where google-auth is missing or there are no credentials, ``GoogleError`` for what Google refuses.
    """

    def __init__(
        self, env: Mapping[str, str], service: str, *, seconds: float = 60.0, say: Callable[[str], None] = lambda line: None
    ) -> None:
        self.service = service
        self.root = endpoint(env, service)
        self._seconds = seconds
        self._say = say
        self._session = _session()

    def request(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        params: Mapping[str, str] | None = None,
        *,
        repeat: bool | None = None,
        timeout: float = _ANSWER_SECONDS,
    ) -> Json:
        """The answer's body. ``path`` is what follows the version, such as ``projects/p/global/addresses``.

        ``repeat``: whether the request may be sent again when it is not known what became of it (the connection was lost, 5xx):
        without it GET, PUT and DELETE may, and others where ``params`` has ``requestId``. 429 and 503 mean that nothing was done.
        """
        end = time.monotonic() + self._seconds
        again = repeat if repeat is not None else method in _SAFE or "requestId" in (params or {})
        pause = 0.5
        while True:
            error, retry_after = self._refusal(method, path, body, params, timeout)
            if isinstance(error, dict):
                return error
            pause = min(pause * 2, _MOST_SECONDS_BETWEEN)
            seconds = retry_after if retry_after is not None else pause * random.uniform(0.5, 1.0)
            if not may_pass(error, again) or time.monotonic() + seconds > end:
                raise error
            self._say(f"{error.message} Asking again in {seconds:.0f} s")
            time.sleep(seconds)

    def find(self, path: str) -> Json | None:
        """What is at ``path``; ``None`` if that does not exist. A project that is not found is an error."""
        try:
            return self.request("GET", path)
        except GoogleError as error:
            if error.status == 404 and error.reason != "projectNotFound":
                return None
            raise

    def pages(self, path: str, params: Mapping[str, str] | None = None, key: str = "items") -> Iterator[t.Any]:
        """Each entry of the list ``key``, over all pages."""
        token: str | None = None
        while True:
            page = self.request("GET", path, params={**(params or {}), **({"pageToken": token} if token else {})})
            yield from page.get(key) or []
            token = page.get("nextPageToken")
            if not token:
                return

    def wait(self, operation: Json, seconds: float, path: str | None = None) -> Json:
        """The operation when it is done. Raises ``GoogleError`` if it failed or takes longer than ``seconds``.

        Compute's operations are awaited with ``wait``, those of other services are asked for until they are ``done``.
        ``path``: where to ask for it, if not where the operation itself says; needed for the changes of Cloud DNS.
        """
        end = time.monotonic() + seconds
        where = path or _path(operation)
        pause, reported = 0.1, time.monotonic()
        while not (operation.get("done") or str(operation.get("status")).upper() == "DONE"):
            left = end - time.monotonic()
            if left <= 0:
                what = operation.get("operationType") or operation.get("name") or where
                raise GoogleError(
                    f"Google's operation {what} on {_target(operation, where)} is not done after {seconds:.0f} s.",
                    fix="The change is still being carried out: run this again, with a longer time to wait if you like.",
                    status=0,
                    reason="timeout",
                )
            if time.monotonic() - reported > 2.0:
                reported = time.monotonic()
                self._say(f"waiting for {_target(operation, where)}: {operation.get('progress', 0)} %")
            if self.service == "compute":
                operation = self.request("POST", f"{where}/wait", repeat=True, timeout=min(_WAIT_SECONDS, left + 1))
            else:
                operation = self.request("GET", where)
            time.sleep(min(pause, max(end - time.monotonic(), 0.0)) if not operation.get("done") else 0.0)
            pause = min(pause * 1.5, 2.0)
        failure = operation.get("error")
        if failure:
            raise explain(self.service, int(operation.get("httpErrorStatusCode") or failure.get("code") or 0), {"error": failure}, where)
        return operation

    def _refusal(
        self, method: str, path: str, body: Json | None, params: Mapping[str, str] | None, timeout: float
    ) -> tuple[Json | GoogleError, float | None]:
        """One attempt: the answer's body, or why there is none, with the seconds of ``Retry-After``."""
        import requests
        from google.auth.exceptions import GoogleAuthError

        url = self.root + path.lstrip("/")
        try:
            response = self._session.request(method, url, json=body, params=dict(params or {}), timeout=timeout, allow_redirects=False)
        except GoogleAuthError as error:
            return _no_login(error), None
        except requests.RequestException as error:
            where = urlsplit(self.root).netloc
            message = f"Google's API {self.service} at {where} can't be reached: {_why(error)}."
            return GoogleError(message, fix="Check the network, HTTPS_PROXY and REQUESTS_CA_BUNDLE.", status=0, reason="unreachable"), None
        try:
            content = response.json() if response.content else {}
        except ValueError:
            content = {}
        if response.status_code < 300 and isinstance(content, dict):
            return content, None
        after = response.headers.get("Retry-After", "")
        return explain(self.service, response.status_code, content, path), float(after) if after.isdigit() else None


def endpoint(env: Mapping[str, str], service: str) -> str:
    """The address that paths are added to; it ends with a slash."""
    name = f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service.upper()}"
    url = env.get(name, "").strip()
    if not url:
        return f"https://{service}.googleapis.com{_PATHS[service]}"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
        raise BootstrapError(
            f"{name} is {url}, which is not the address of an API.", fix=f"Set it to a URL such as https://host{_PATHS[service]}"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/') + '/' if parts.path.strip('/') else _PATHS[service]}"


def _session() -> t.Any:
    try:
        import google.auth
        import requests
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import AuthorizedSession, Request
    except ImportError:
        raise missing_library("To act on Google Cloud", "google-auth", "requests") from None

    logging.getLogger("google").addHandler(logging.NullHandler())  # its warnings would go to stderr
    make: t.Any = Request  # it has no types
    ask = make(requests.Session())

    def quiet(url: str, *args: t.Any, **kwargs: t.Any) -> t.Any:
        # google-auth wants to know which project a workload identity belongs to, and in which places an account may be used.
        # Neither is needed: we name the project ourselves, and our requests name no place.
        if urlsplit(url).hostname == "cloudresourcemanager.googleapis.com" or urlsplit(url).path.endswith("/allowedLocations"):
            return types.SimpleNamespace(status=403, data=b"{}", headers={})
        return ask(url, *args, **kwargs)

    try:
        default: t.Any = google.auth.default
        login, unused = default(scopes=_SCOPES, request=quiet)
    except (GoogleAuthError, ValueError, OSError) as error:
        raise _no_login(error) from None
    session: t.Any = AuthorizedSession
    return session(login, auth_request=quiet)


def _no_login(error: Exception) -> GoogleError:
    """google-auth's own message may quote the answer to a request for a token: its first line is enough, without what follows."""
    name = type(error).__name__
    if name == "DefaultCredentialsError":
        why = "there are none, or their file can't be read"
    else:
        reply = error.args[1] if len(error.args) > 1 else None
        with contextlib.suppress(ValueError):
            reply = foreign_json.loads(reply) if isinstance(reply, str) else reply
        detail = reply.get("error_description") or reply.get("error") if isinstance(reply, dict) else None
        inner = error.args[0] if error.args and isinstance(error.args[0], Exception) else None
        # A long word may be a token that was quoted.
        why = (
            re.sub(r"\S{30,}", "...", str(detail))[:200]
            if detail
            else f"what gives tokens can't be reached ({_why(inner)})"
            if inner
            else name
        )
    return GoogleError(
        f"Google's default credentials can't be used: {why.rstrip('.')}.",
        fix="Set GOOGLE_APPLICATION_CREDENTIALS to a credentials file, or: gcloud auth application-default login",
        # What google-auth holds for passing, such as a token endpoint that is overloaded, is repeated.
        status=503 if getattr(error, "retryable", False) or name == "TransportError" else 401,
        reason="credentials",
    )


def _why(error: Exception) -> str:
    kinds = {"ConnectTimeout": "no answer in time", "ReadTimeout": "no answer in time", "SSLError": "its certificate is not trusted"}
    kinds |= {"ProxyError": "the proxy refuses", "ConnectionError": "the connection failed or was cut off"}
    return kinds.get(type(error).__name__, type(error).__name__)


def _path(operation: Json) -> str:
    """Where to ask for an operation. Only the path of its link counts: a token goes to no other host than the first."""
    link, name = str(operation.get("selfLink") or ""), str(operation.get("name") or "")
    return link[link.index("projects/") :] if "projects/" in link else name


def _target(operation: Json, where: str) -> str:
    link = str(operation.get("targetLink") or where)
    return link[link.index("projects/") :] if "projects/" in link else link
