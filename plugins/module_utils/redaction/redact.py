# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter that text passes before a person reads it or a file keeps it: no secret, no control character.

Secrets are known in two ways: ``remember`` gets each one where it is read, and ``patterns`` has the shapes of others.
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
import typing as t
from collections.abc import Callable
from urllib.parse import quote, unquote, urlsplit

from .patterns import SECRET_PATTERNS

T = t.TypeVar("T")

MASK = "***"
MOST = 4_000
"""Characters of one text from outside: the rest is cut off."""
_SHORTEST = 6
"""Characters of a secret: a shorter one is too often a piece of another word."""
_LONGEST_PATH = 1024
_PIECE = 16
"""Characters of a piece of a secret that is hidden, too: a server may truncate what it echoes."""

# A terminal's sequences as a whole (ECMA-48: CSI, strings such as a title, others), then whatever steers it or hides text:
# C0 but for tab and line feed, C1, soft hyphen, zero-width and bidirectional characters, separators, tags, lone surrogates.
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\n]*?(?:\x07|\x1b\\|\x9c|(?=\n)|\Z)|\x1b[ -/]*[0-~]"
)
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff\ud800-\udfff]"
)
_LOGIN = re.compile(r"(?<=://)[^/@\s?#]+(?=@)")
_PARAMETER = re.compile(
    r"(?i)([?&;](?:[\w.-]*(?:token|secret|passw(?:or)?d|api[_-]?key|access[_-]?key|signature|credential)[\w.-]*|sig|pat|code)=)[^&;\s#\"'<>]+"
)
_PATTERNS = (
    re.compile(r"-----BEGIN[^-\n]*PRIVATE KEY[^-\n]*-----.*?(?:-----END[^-\n]*-----|\Z)", re.DOTALL),
    re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]*)*"),  # a JSON web token, or a piece of one
    re.compile(r"(?i)(?<=bearer )[\w.~+/=:-]{6,}|(?<=basic )[\w+/=-]{6,}"),
    *(re.compile(each["pattern"]) for each in SECRET_PATTERNS.values()),
)
# The readable parts of a long word: small letters, capitals, numbers, and names that are put together of words in both.
_READABLE = r"(?:[a-z]++|[A-Z]{1,6}+[a-z]{2,}+|(?:A[nst]|B[ey]|[DGNST]o|I[dfnst]|My|O[fnr]|Up|We)(?![a-z])|[A-Z]++(?![a-z])|\d++)[-_+=]*+"
# For the output of programs that handle credentials, where much more is masked: a word behind a field's name, and long words with digits in
# them or that nobody can read, as opaque tokens and keys are. Host names, UUIDs, names of clusters and of errors stay.
_OPAQUE = (
    re.compile(r"-----BEGIN.*?(?:-----END[^-]*-----|\Z)", re.DOTALL),
    re.compile(r"(?i)(?:(?<=token)|(?<=secret)|(?<=password)|(?<=credential)|(?<=assertion))[\"']?\s*[=:]\s*[\"']?[^\s\"',}&]+"),
    re.compile(r"\b(?:ya29\.|k8s-aws-v1\.|sha256~)[\w.-]+"),  # Google, EKS, OpenShift
    re.compile(r"(?<![\w+=-])(?=[\w+=-]*\d)(?=[\w+=-]*[a-z])(?=[\w+=-]*[A-Z])[\w+=-]{28,}"),
    re.compile(rf"(?<![\w+=-])(?!(?:{_READABLE})++(?![\w+=-]))(?=[\w+=-]*[a-z])(?=[\w+=-]*[A-Z])[\w+=-]{{28,}}"),
    re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]*\d)[A-Za-z0-9]{28,}"),
    re.compile(r"(?<![\w/+=])(?=[a-zA-Z/+=]*\d)(?=[\dA-Z/+=]*[a-z])(?=[\da-z/+=]*[A-Z])[A-Za-z0-9+][A-Za-z0-9/+=]{39,}(?![\w/+=])"),
)

_lock = threading.Lock()
_forms: set[str] = set()
_pieces: frozenset[str] = frozenset()
_whole: re.Pattern[str] | None = None


def remember(*secrets: str | None) -> None:
    """Never show these, nor other encodings of them: of a PEM text the lines between the markers, of other texts each line."""
    global _pieces, _whole
    new = {form for secret in secrets if secret for line in _lines(secret) for form in _written(line)} - _forms
    if not new:
        return
    with _lock:
        _forms.update(new)
        _whole = re.compile("|".join(map(re.escape, sorted(_forms, key=len, reverse=True))))
        _pieces = _pieces | {form[at : at + _PIECE] for form in new for at in range(len(form) - _PIECE + 1)}


def remember_login(url: str | None) -> None:
    """Never show the login that a URL holds."""
    try:
        parts = urlsplit(url or "")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
    except ValueError:
        return
    if user or password:
        remember(password or user, base64.b64encode(f"{user}:{password}".encode()).decode(), parts.netloc.rpartition("@")[0])


def forget() -> None:
    """Start over: the secrets of one task do not concern the next."""
    global _pieces, _whole
    with _lock:
        _forms.clear()
        _pieces, _whole = frozenset(), None


def clean(text: str, most: int = MOST, *, opaque: bool = False) -> str:
    """A text without what is remembered, what looks like a credential, and control characters; at most ``most`` characters of it.

    ``opaque``: mask whatever long word might be a token, too.
    """
    left_out = len(text) - most
    text = plain(text[:most])
    if _whole:
        text = _without_pieces(_whole.sub(MASK, text))
    text = _PARAMETER.sub(rf"\1{MASK}", _LOGIN.sub(MASK, text))
    for pattern in (*_PATTERNS, *(_OPAQUE if opaque else ())):
        text = pattern.sub(MASK, text)
    return f"{text}… ({left_out} more characters)" if left_out > 0 else text


def plain(text: str) -> str:
    """A text without characters that steer a terminal or hide what is written; tabs and line feeds stay."""
    return text if text.isascii() and text.isprintable() else _CONTROL.sub("", _SEQUENCE.sub("", text))


def path_text(path: object) -> str:
    """A path for a message; not the content of a file, plain or in base64, that stands in its place."""
    text = str(path)
    if "\n" in text or "-----BEGIN" in text or text.lstrip()[:1] in ("{", "[") or len(text) > _LONGEST_PATH:
        return "(what is no path)"
    return clean(text, opaque=text[:1] not in ("/", ".", "~"))


def cleaned(data: T, most: int = MOST) -> T:
    """Plain data with every text in it cleaned, keys too."""
    return _with_texts(data, lambda text: clean(text, most))


def plain_texts(data: T) -> T:
    """Plain data with ``plain`` applied to every text in it, keys too."""
    return _with_texts(data, plain)


def _with_texts(data: T, change: Callable[[str], str]) -> T:
    if isinstance(data, str):
        return change(data)  # type: ignore[return-value]
    if isinstance(data, dict):
        return {_with_texts(key, change): _with_texts(value, change) for key, value in data.items()}  # type: ignore[return-value]
    if isinstance(data, (list, tuple)):
        return [_with_texts(each, change) for each in data]  # type: ignore[return-value]
    return data


def _lines(secret: str) -> list[str]:
    lines = [line.strip() for line in secret.splitlines()]
    return [line for line in lines if len(line) >= _SHORTEST and not line.startswith("-----")]


def _written(secret: str) -> set[str]:
    """The encodings of a secret: plain, in JSON, a URL, HTML, as Python's repr, in base64 at each of its three alignments."""
    data = secret.encode("utf-8", "surrogatepass")
    encoded = [secret, json.dumps(secret)[1:-1], quote(secret, safe="", errors="replace"), html.escape(secret), repr(secret)[1:-1]]
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        # The characters at the ends hold bits of what stands beside it.
        encoded += [encode(b"\0" * shift + data).decode().rstrip("=")[(0, 2, 3)[shift] :][: len(data) * 4 // 3 - 1] for shift in range(3)]
    return {each for each in encoded if len(each) >= _SHORTEST}


def _without_pieces(text: str) -> str:
    if len(text) < _PIECE or not _pieces:
        return text
    parts, end, shown = [], 0, 0
    for at in range(len(text) - _PIECE + 1):
        if text[at : at + _PIECE] in _pieces:
            if at > end:
                parts.append(text[shown:at] + MASK)
            elif not parts:
                parts.append(MASK)
            end = shown = at + _PIECE
    return "".join(parts) + text[shown:]
