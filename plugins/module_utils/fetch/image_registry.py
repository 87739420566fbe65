# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The digest of an image's tag, as its registry has it now.

Sources: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md (HEAD of a manifest, ``Docker-Content-Digest``),
https://distribution.github.io/distribution/spec/auth/token/ (tokens), https://github.com/distribution/reference (names, Docker Hub's).
Registries are asked without a login.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin, urlsplit

from ..errors import BootstrapError
from ..http.ask import HttpReply, NoAnswer, ask
from ..http.deadline import ExchangeDeadline
from ..http.trust import trusting
from .image_names import DOCKER_HUB, qualified

_DOCKER_HUB = {DOCKER_HUB: "registry-1.docker.io", "index.docker.io": "registry-1.docker.io"}
_MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9]+(?:(?:[./]|_{1,2}|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
"""Hosts whose registries speak HTTP, as container runtimes take it."""
_SECONDS = 20.0
_MOST = 4 * 2**20
_REDIRECTS = 3


class NoDigest(Exception):
    """``kind``: ``not found``, ``refused`` (a login is needed), ``unreachable`` or ``invalid``; the text has the reason."""

    def __init__(self, kind: str, why: str) -> None:
        self.kind = kind
        super().__init__(why)


@dataclass(frozen=True)
class ImageReference:
    """``registry`` is a host with its port; ``repository`` a path of it."""

    registry: str
    repository: str
    tag: str

    @classmethod
    def parse(cls, image: str) -> ImageReference:
        """Raises ``NoDigest``. ``busybox`` is ``docker.io/library/busybox:latest``."""
        host, path = qualified(image)
        repository, _colon, tag = path.partition(":")
        if not (_NAME.fullmatch(repository) and _TAG.fullmatch(tag or "latest")):
            raise NoDigest("invalid", "it is not the name of an image")
        return cls(host, repository, tag or "latest")

    @property
    def url(self) -> str:
        """The address of its manifest."""
        host = _DOCKER_HUB.get(self.registry, self.registry)
        return f"{_scheme(host)}://{host}/v2/{self.repository}/manifests/{self.tag}"


@dataclass
class ImageRegistries:
    """Registries, asked with the proxies and authorities of the environment ``env``, and those of ``ca_file`` besides."""

    env: Mapping[str, str]
    ca_file: str | None = None
    _tokens: dict[str, str] = field(default_factory=dict)
    _silent: dict[str, NoDigest] = field(default_factory=dict)
    """By registry that can't be reached: the reason. It is not asked again."""

    def digest(self, image: str) -> str:
        """``sha256:...`` of the tag's manifest, the list of all platforms where there is one. Raises ``NoDigest``."""
        reference = ImageReference.parse(image)
        if reference.registry in self._silent:
            raise self._silent[reference.registry]
        try:
            return self._digest(reference)
        except NoDigest as error:
            if error.kind == "unreachable":
                self._silent[reference.registry] = error
            raise

    def _digest(self, reference: ImageReference) -> str:
        answer = self._manifest(reference, "HEAD")
        named = (answer.headers.get("docker-content-digest") or [""])[0]
        if _DIGEST.fullmatch(named):
            return named
        return f"sha256:{hashlib.sha256(self._manifest(reference, 'GET').content).hexdigest()}"

    def _manifest(self, reference: ImageReference, method: str) -> HttpReply:
        scope = f"{reference.registry} {reference.repository}"
        answer = self._ask(reference.url, method, self._tokens.get(scope))
        if answer.status == 401:
            self._tokens[scope] = self._token(reference, answer)
            answer = self._ask(reference.url, method, self._tokens[scope])
        if answer.status == 404:
            raise NoDigest("not found", f"{reference.registry} has no {reference.repository}:{reference.tag}")
        if answer.status in (401, 403):
            raise NoDigest("refused", f"{reference.registry} asks for a login ({answer.status})")
        if answer.status != 200:
            raise NoDigest("unreachable", f"{reference.registry} answers {answer.status}")
        return answer

    def _token(self, reference: ImageReference, answer: HttpReply) -> str:
        """A token for whoever asks. Raises ``NoDigest``."""
        challenge = (answer.headers.get("www-authenticate") or [""])[0]
        fields = dict(_CHALLENGE.findall(challenge))
        realm = urlsplit(fields.get("realm", ""))
        if not challenge.lower().startswith("bearer ") or not realm.hostname or realm.scheme != _scheme(realm.netloc):
            raise NoDigest("refused", f"{reference.registry} asks for a login (401)")
        query = {"service": fields.get("service", ""), "scope": f"repository:{reference.repository}:pull"}
        reply = self._ask(f"{fields['realm']}{'&' if realm.query else '?'}{urlencode(query)}", "GET", None)
        try:
            document = json.loads(reply.content)
            token = document.get("token") or document["access_token"]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            token = None
        if reply.status != 200 or not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
            raise NoDigest("refused", f"{reference.registry} gives no token without a login ({reply.status})")
        return token

    def _ask(self, url: str, method: str, token: str | None) -> HttpReply:
        host = urlsplit(url).netloc
        for _redirect in range(_REDIRECTS + 1):
            here = urlsplit(url).netloc
            headers = {"Accept": _MANIFESTS, "User-Agent": "kubeflow.bootstrap"}
            if token and here == host:
                headers["Authorization"] = f"Bearer {token}"
            try:
                answer = ask(
                    url,
                    headers,
                    ExchangeDeadline(_SECONDS / 2, _SECONDS),
                    context=self._context if url.startswith("https:") else None,
                    env=self.env,
                    method=method,
                    most=_MOST,
                )
            except NoAnswer as error:
                raise NoDigest("unreachable", f"{here} can't be reached: {error.failure.message}") from None
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            url = urljoin(url, (answer.headers.get("location") or [""])[0])
            if urlsplit(url).scheme != _scheme(urlsplit(url).netloc):
                raise NoDigest("unreachable", f"{here} redirects to an address without TLS")
        raise NoDigest("unreachable", f"{host} redirects more than {_REDIRECTS} times")

    @functools.cached_property
    def _context(self) -> t.Any:
        try:
            return trusting(self.ca_file, self.env)
        except BootstrapError as error:
            raise NoDigest("unreachable", error.message) from None


def _scheme(host: str) -> str:
    return "http" if host.rpartition(":")[0] in _LOOPBACK or host in _LOOPBACK else "https"
