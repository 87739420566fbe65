# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds credentials in text, before it is committed.

A finding names file, line and kind, never the value.
"""

from __future__ import annotations

import base64
import binascii
import bisect
import math
import re
import typing as t
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ..errors import BootstrapError
from ..formats import bounded_yaml, jsonnet_lexer
from ..redaction.patterns import FIELD, FIELD_WORDS, SECRET_PATTERNS

try:
    import yaml
except ImportError:
    yaml = None  # type: ignore[assignment]

_PATTERNS = {name: re.compile(each["pattern"]) for name, each in SECRET_PATTERNS.items()}
_QUOTED = re.compile(rf"(?i){FIELD}[\"']?\s*(?:\+?:{{1,3}}|=)\s*@?([\"'])(?P<value>(?:(?!\1)[^\\\n]|\\.)+)\1")
_BLOCK = re.compile(rf"(?i){FIELD}[\"']?\s*\+?:{{1,3}}\s*\|\|\|-?[ \t\r]*+\n\s*+(?P<value>\S++)\s*+\|\|\|")
_PLAIN = re.compile(rf"(?im){FIELD}[\"']?[ \t]*:[ \t]+(?P<value>[^\s\"'#{{}}\[\]|>&*!%@`,]\S*)[ \t]*(?:#.*)?$")
# The environment of a container: a name and, beside it, a value.
_VARIABLE = re.compile(rf"(?i){FIELD}[\"']?(?:\s*,)?\s*[\"']?\bvalue[\"']?\s*:\s*(?P<quote>[\"']?)(?P<value>[^\s\"'{{}}]+)")
_PASSWORD = re.compile(r"(?i)passw|passphrase")
# References to a value elsewhere: a template, a path.
_REFERENCE = re.compile(r"\{\{|\$[({A-Za-z]|<[\w -]+>|^(?:/|\./|~/|vault:|ref\+|projects/|arn:)|^[*xX.]+$|^%\(")
# Names: words, each with a number or none: kubeflow-oauth-client-2.
_NAME = re.compile(r"(?i)(?:[a-z]+\d{0,3}|\d{1,3})(?:[-_./: ](?:[a-z]+\d{0,3}|\d{1,3}))*")
_SECRET = re.compile(r"\bkind[\"']?\s*\+?:{1,3}\s*[\"']Secret[\"']")
_DATA = re.compile(r"\b(?:data|stringData)[\"']?\s*\+?:{1,3}\s*\{")
_LITERAL = re.compile(r":\s*(?:std\.base64\(\s*)?(?:\"[^\"\n]+\"|'[^'\n]+'|\|\|\|)")
MAX_BYTES = 32 * 2**20
"""Larger files are not scanned; this collection writes none."""


@dataclass(frozen=True, order=True)
class CredentialFinding:
    """``kind``: a key of ``SECRET_PATTERNS``, ``field`` or ``secret-object``; ``what``: the same in words."""

    path: str
    line: int
    kind: str
    what: str


@dataclass(frozen=True)
class Allowed:
    """An exception: all fields that are set must match. ``path``: as the shell's ``*``; ``pattern``: in the line."""

    path: str | None = None
    pattern: re.Pattern[str] | None = None
    kind: str | None = None

    def fits(self, finding: CredentialFinding, line: str) -> bool:
        return (
            (self.path is None or fnmatchcase(finding.path, self.path))
            and (self.pattern is None or bool(self.pattern.search(line)))
            and (self.kind is None or self.kind == finding.kind)
        )


def allowed(entries: Iterable[Mapping[str, t.Any]]) -> list[Allowed]:
    """The user's entries ``{path, pattern, kind}``, checked."""
    result = []
    for entry in entries:
        kinds = {*SECRET_PATTERNS, "field", "secret-object"}
        if not any(entry.get(key) for key in ("path", "pattern")) or entry.get("kind") not in (None, *kinds):
            raise BootstrapError(
                f"allow: {dict(entry)!r} is not a valid exception.", fix=f"Give path or pattern, and kind if any, of {sorted(kinds)}."
            )
        try:
            pattern = re.compile(entry["pattern"]) if entry.get("pattern") else None
        except re.error as error:
            raise BootstrapError(
                f"allow: the pattern {entry['pattern']!r} is not a regular expression: {error}.", fix="Correct it."
            ) from None
        result.append(Allowed(entry.get("path") or None, pattern, entry.get("kind") or None))
    return result


def scan(files: Mapping[str, str], exceptions: Sequence[Allowed] = ()) -> list[CredentialFinding]:
    """The credentials in files (path to text), one finding per line and kind, without those that are allowed."""
    findings = []
    for path, text in files.items():
        if len(text) > MAX_BYTES:
            continue
        starts = [0, *(match.end() for match in re.finditer("\n", text))]
        for position, kind, what in set(_matches(path, text)):
            number = bisect.bisect_right(starts, position)
            line = text[starts[number - 1] : starts[number] if number < len(starts) else None]
            finding = CredentialFinding(path, number, kind, what)
            if not any(each.fits(finding, line) for each in exceptions):
                findings.append(finding)
    return sorted(set(findings))


def refuse(findings: Sequence[CredentialFinding], doing: str) -> None:
    """Raise BootstrapError for findings. ``doing``: what was not done, for the message."""
    if findings:
        shown = [f"{each.path}:{each.line} holds {each.what} ({each.kind})" for each in findings[:5]]
        more = f" and {len(findings) - 5} more" if len(findings) > 5 else ""
        raise BootstrapError(
            f"{doing}: {'; '.join(shown)}{more}.",
            fix="Take it out, and let a Secret in the cluster hold it. If it is none, allow it by its path or a pattern.",
            findings=[{"path": each.path, "line": each.line, "kind": each.kind} for each in findings],
        )


def is_secret(name: str, value: str) -> bool:
    """Whether the value of a field of this name looks like a credential."""
    end = re.search(rf"(?i){FIELD}$", name)
    return bool(end) and _is_value(value, bool(end and _PASSWORD.match(end[0])))


def secret_values(text: str) -> list[tuple[int, int]]:
    """The spans of values in a text that look like credentials, in order."""
    spans = {match.span("value") for match in _fields(text, True) if _is_value(match["value"], bool(_PASSWORD.match(match[0])))}
    return sorted(span for span in spans if not any(other[0] < span[0] < other[1] for other in spans))


def _matches(path: str, text: str) -> Iterator[tuple[int, str, str]]:
    for name, pattern in _PATTERNS.items():
        data = SECRET_PATTERNS[name]
        if any(word in text for word in data["words"]):
            for match in pattern.finditer(text):
                if "encoded" not in data or re.search(data["encoded"], _decoded(match["value"])):
                    yield match.start(), name, data["what"]
    is_yaml = path.endswith((".yaml", ".yml", ".json"))
    yield from _fields_and_secrets(text, is_yaml)
    for token in jsonnet_lexer.tokens(text) if "|||" in text and not is_yaml else ():
        if token.kind == "block":  # often a file for a ConfigMap or Secret
            start = token.text.index("\n") + 1
            for position, kind, what in _fields_and_secrets(token.text[start:].removesuffix("|||"), True):
                yield token.position + start + position, kind, what


def _fields_and_secrets(text: str, is_yaml: bool) -> Iterator[tuple[int, str, str]]:
    for match in _fields(text, is_yaml):
        if _is_value(match["value"], bool(_PASSWORD.match(match[0]))):
            yield match.start("value"), "field", "a value that looks like a credential"
    if "Secret" in text:
        for position in _in_yaml(text) if is_yaml else _in_jsonnet(text):
            yield position, "secret-object", "a Secret with its data"


def _fields(text: str, is_yaml: bool) -> Iterator[re.Match[str]]:
    """The fields whose names imply a secret. In Jsonnet a value without quotes is an expression."""
    lowered = text.lower()
    if len(lowered) != len(text):  # some letters become two, which shifts positions
        lowered = text
    for word in FIELD_WORDS:
        position = lowered.find(word)
        while position >= 0:
            patterns = (_QUOTED, _BLOCK, _PLAIN, _VARIABLE) if is_yaml else (_QUOTED, _BLOCK, _VARIABLE)
            match = next((match for pattern in patterns if (match := pattern.match(text, position))), None)
            if match and (match.re is not _VARIABLE or is_yaml or match["quote"]):
                yield match
            position = lowered.find(word, position + 1)


def _is_value(value: str, password: bool) -> bool:
    """Whether a value is a credential rather than a name or reference: a password by its field, others by their entropy."""
    if _REFERENCE.search(value) or value.lower() in ("null", "none", "true", "false", "unknown", "changeme"):
        return False
    if password:
        return len(value) >= 6 and " " not in value
    return len(value) >= 16 and " " not in value and bool(re.search(r"\d", value)) and _entropy(value) >= 3.2 and not _NAME.fullmatch(value)


def _entropy(value: str) -> float:
    """Bits a character (Shannon)."""
    return -sum(count / len(value) * math.log2(count / len(value)) for count in (value.count(each) for each in set(value)))


def _decoded(value: str) -> str:
    head = value[:200]
    with_rest = head[: len(head) // 4 * 4]
    try:
        return base64.b64decode(with_rest).decode("latin-1")
    except (binascii.Error, ValueError):
        return ""


def _in_yaml(text: str) -> Iterator[int]:
    """The positions of the data of Secrets."""
    if yaml is None:
        raise BootstrapError("PyYAML is missing, which looks for Secrets in what is committed.", fix="Install PyYAML.")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for document in bounded_yaml.compose_all(text, loader):
            yield from _secrets_below(document)
    except (yaml.YAMLError, ValueError, RecursionError):
        yield from _in_jsonnet(text)  # it has templates or tabs: best effort


def _secrets_below(node: t.Any) -> Iterator[int]:
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _secrets_below(child)
    elif isinstance(node, yaml.MappingNode):
        fields = {key.value: (key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
        if "kind" in fields and fields["kind"][1].value == "Secret":
            for name in ("data", "stringData"):
                values = fields[name][1] if name in fields else None
                if isinstance(values, yaml.MappingNode):
                    literal = (each for _key, each in values.value if isinstance(each, yaml.ScalarNode))
                    if any(each.value and each.tag.endswith(":str") and not _REFERENCE.search(each.value) for each in literal):
                        yield fields[name][0].start_mark.index
        for _key, child in node.value:
            yield from _secrets_below(child)


def _in_jsonnet(text: str) -> Iterator[int]:
    """The same in Jsonnet: data with literal values in the braces around ``kind: 'Secret'``, also in comments and strings."""
    ends = _braces(text)
    for match in _SECRET.finditer(text):
        around = [(start, end) for start, end in ends.items() if start < match.start() < end]
        start, end = max(around, default=(0, len(text)))
        for data in _DATA.finditer(text, start, end):
            closing = ends.get(data.end() - 1) or text.find("}", data.end(), end)  # a brace in a comment or string has no other end
            if _LITERAL.search(text, data.end(), end if closing < 0 else closing):
                yield data.start()


def _braces(text: str) -> dict[int, int]:
    """Where braces open, and where each is closed: at the end of the text if never."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    for token in jsonnet_lexer.tokens(text):
        if token.text == "{":
            opened.append(token.position)
        elif token.text == "}" and opened:
            ends[opened.pop()] = token.end
    return {**ends, **dict.fromkeys(opened, len(text))}
