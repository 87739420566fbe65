# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why the API server refuses an object, in words, and what to do about it.

The texts that are looked for are those of Kubernetes 1.30 to 1.35: k8s.io/apimachinery (api/errors, api/validation), pkg/apis/*/validation,
and k8s.io/apiserver (pkg/admission).
"""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Mapping

from ...errors import BootstrapError, some
from ...kube.client import ApiError, Unreachable
from ...kube.resources import Key
from ...kube.retry import transient

Json = dict[str, t.Any]

CONFLICT, IMMUTABLE, INVALID, DENIED, FORBIDDEN, OTHER = "conflict", "immutable", "invalid", "denied", "forbidden", "other"
UNANSWERED = "unanswered"
"""The API server did not answer, so that nobody knows whether it did it."""
_AGAIN = "Fix that and run again: it resumes from here."
MOST = 6
"""Fields, or objects with the same trouble, that a message names."""
_REASONS = 20
"""Reasons that a message names."""
_MANAGER = re.compile(r'conflict with "([^"]+)"')
_UNCHANGEABLE = re.compile(
    r"immutable|updates to .* (are )?forbidden|cannot change roleRef|may not (be )?change|may not be modified|can(no|')t be changed",
    re.DOTALL,
)
_WEBHOOK = re.compile(r'admission webhook "([^"]+)" denied the request:? ?(.*)', re.DOTALL)
_POLICY = re.compile(r"ValidatingAdmissionPolicy '([^']+)'(?: with binding '[^']+')? denied request: (.*)", re.DOTALL)
_QUOTA = re.compile(r"exceeded quota: (.*)", re.DOTALL)
_PODS = re.compile(r"violates PodSecurity (.*)", re.DOTALL)
_MAY_NOT = re.compile(r'User "([^"]*)" cannot (\S+) resource "([^"]*)" in API group "([^"]*)"')
_MORE_RIGHTS = re.compile(r"attempting to grant RBAC permissions not currently held:(.*)", re.DOTALL)
_SCHEMA = re.compile(r"failed to (?:create typed|convert) \w+ object \([^)]*\)(?: to proper version)?: (.*)", re.DOTALL)
_DECODING = re.compile(r".*error decoding from json: ", re.DOTALL)
_FORBIDDEN = re.compile(r'^\S+ "[^"]*" is forbidden: ')
_OBJECT = re.compile(r"Invalid value: \{.*\}: |\s*@@.*", re.DOTALL)
"""Whole objects, and differences of them, in a message about a field."""
_VALUE = re.compile(r"got &value\.\w+\{.*\}", re.DOTALL)
_TOO_LARGE = re.compile(r"request is too large|trying to send message larger than max")
_ETCD_LIMIT = 1.5
"""MiB: etcd's default of --max-request-bytes (https://etcd.io/docs/latest/dev-guide/limit/)."""
_DRY = re.compile(r"does not support dry run")
_VALUES = re.compile(
    r'(Invalid value|Unsupported value|Duplicate value): (".*?"|\{.*\}|\S+?)(?=: |$)|&value\.\w+\{.*\}|(webhook )?"[^"]*"', re.DOTALL
)
"""What may be a value: also all in quotes but the names of webhooks."""


_SIZE = ".spec.resources.requests.storage"
_ADVICE = {
    ".spec.replicas": "Where an autoscaler sets spec.replicas, leave it out of the component.",
    _SIZE: "A PersistentVolumeClaim can't shrink: if it was expanded, write its new size into the component.",
}
"""What to do about fields of which others are the better owners."""


class Refusal(t.NamedTuple):
    """Why an object is refused: ``what`` is one of the constants above, ``fields`` its fields that are concerned."""

    what: str
    why: str
    fix: str
    fields: tuple[str, ...] = ()


def refusal(error: BootstrapError, key: Key, item: Json | None = None) -> Refusal:
    """What an error of the API server says of an object. No value of a Secret is in it. ``item``: what was sent."""
    if not isinstance(error, ApiError):
        return Refusal(UNANSWERED if isinstance(error, Unreachable) else OTHER, error.message.rstrip("."), error.fix or _AGAIN)
    said = _hidden(error.said) if key.kind == "Secret" else error.said
    said = " ".join(said.split()).rstrip(".")
    if error.reason == "Conflict" and error.causes:
        return _conflict(error)
    for pattern, read in _ADMISSION.items():
        found = pattern.search(said)
        if found:
            return read(found)
    if error.code == 422 and error.causes:
        return _invalid(error, key)
    if error.code == 413 or _TOO_LARGE.search(said):
        return _too_large(said, item)
    if error.code == 403 and any(cause.get("reason") == "NamespaceTerminating" for cause in error.causes):
        return Refusal(DENIED, f"the namespace {key.namespace} is being deleted", "Wait until it is gone, and run again.")
    if error.code == 403:
        return Refusal(DENIED, _FORBIDDEN.sub("", said), _AGAIN)
    what = INVALID if error.code in (400, 422) else OTHER
    return Refusal(what, said, _AGAIN, tuple(re.findall(r'(?:unknown|duplicate) field "([^"]+)"', said)))


def inconclusive(error: BootstrapError) -> bool:
    """Whether a dry run tells nothing by that: a transient error, a kind not served yet, or a webhook that does not support dry runs."""
    if not isinstance(error, ApiError):
        return False
    return (error.code >= 429 and transient(error)) or error.code == 404 or bool(_DRY.search(error.said))


def summary(refused: Mapping[Key, Refusal]) -> str:
    """All refusals in words; those for the same reason together."""
    alike: dict[str, list[str]] = {}
    for key, found in refused.items():
        alike.setdefault(found.why, []).append(str(key))
    said = [f"{some(names, MOST)}: {why}" for why, names in list(alike.items())[:_REASONS]]
    return "; ".join(said) + (f"; and {len(alike) - _REASONS} other reasons" if len(alike) > _REASONS else "")


def fixes(refused: Mapping[Key, Refusal]) -> str:
    """What to do about all of them."""
    return " ".join(dict.fromkeys(found.fix for found in refused.values()))


def _hidden(text: str) -> str:
    return _VALUES.sub(lambda found: found[0] if found[3] else f"{found[1]}: (hidden)" if found[1] else "(hidden)", text)


def _too_large(said: str, item: Json | None) -> Refusal:
    size = f"it is {len(json.dumps(item, separators=(',', ':'))) / 2**20:.2f} MiB as JSON, " if item else "it is "
    limit = "which the API server rejects" if "entity" in said else f"and etcd takes {_ETCD_LIMIT:g} MiB at most by default"
    return Refusal(INVALID, f"{size}{limit} ({said})", "Make it smaller, or split it, and run again.")


def _conflict(error: ApiError) -> Refusal:
    fields = []
    for cause in error.causes:
        manager = _MANAGER.search(str(cause.get("message")))
        fields.append(f"{cause.get('field')} ({manager[1] if manager else cause.get('message')})")
    why = f"field conflict with other managers: {some(fields, MOST)}"
    places = tuple(str(cause.get("field")) for cause in error.causes)
    fix = ["kubeflow_force_conflicts=true takes them back."] if set(places) - {_SIZE} else []
    fix += [words for place, words in _ADVICE.items() if place in places]
    return Refusal(CONFLICT, why, " ".join(fix), places)


def _unfitting(said: str) -> Refusal:
    """What does not fit the schema of its kind: ``.spec.replicas: expected numeric (int or float), got string``."""
    said = _VALUE.sub("got something else", _DECODING.sub("", said))
    field = re.match(r"(\.[^ ]+): ", said)
    return Refusal(INVALID, said, _AGAIN, (field[1],) if field else ())


def _invalid(error: ApiError, key: Key) -> Refusal:
    said = []
    for cause in error.causes:
        message = _OBJECT.sub("", str(cause.get("message")))
        message = " ".join((_hidden(message) if key.kind == "Secret" else message).split()).rstrip(".")
        said.append((str(cause.get("field") or ""), message))
    fields = tuple(field for field, _message in said if field)
    why = some([f"{field}: {message}" if field else message for field, message in said], MOST)
    unchangeable = all(_UNCHANGEABLE.search(message) for _field, message in said)
    return Refusal(IMMUTABLE if unchangeable else INVALID, why, _AGAIN, fields)


_ADMISSION: dict[re.Pattern[str], t.Callable[[re.Match[str]], Refusal]] = {
    _WEBHOOK: lambda found: Refusal(DENIED, f"the admission webhook {found[1]} denies it: {found[2] or 'it says no more'}", _AGAIN),
    _POLICY: lambda found: Refusal(DENIED, f"the admission policy {found[1]} denies it: {found[2]}", _AGAIN),
    _QUOTA: lambda found: Refusal(DENIED, f"it exceeds the quota {found[1]}", "Ask for less, or have the quota raised, and run again."),
    _PODS: lambda found: Refusal(DENIED, f"it violates the pod security standard {found[1]}", _AGAIN),
    _MORE_RIGHTS: lambda found: Refusal(
        FORBIDDEN,
        f"it grants rights that you do not have: {found[1].strip()}",
        "Have an admin of the cluster apply it (kubeflow_admin_file writes what needs one).",
    ),
    _SCHEMA: lambda found: _unfitting(found[1]),
    _MAY_NOT: lambda found: Refusal(
        FORBIDDEN,
        f"{found[1]} may not {found[2]} {found[3]}{'.' + found[4] if found[4] else ''}",
        "Ask an admin of the cluster for a role that allows it (kubeflow_rbac_file writes one).",
    ),
}
