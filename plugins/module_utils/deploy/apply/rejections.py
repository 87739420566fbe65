# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why the API server refuses an object, and what to do about it.

The patterns match messages of Kubernetes 1.30 to 1.35: k8s.io/apimachinery (api/errors, api/validation), pkg/apis/*/validation,
and k8s.io/apiserver (pkg/admission).
"""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Mapping

from ...errors import BootstrapError, abbreviated
from ...formats.json_object import Json
from ...kube.client import ApiError, Unreachable
from ...kube.resources import Key
from ...kube.retry import transient

CONFLICT, IMMUTABLE, INVALID, DENIED, FORBIDDEN, OTHER = "conflict", "immutable", "invalid", "denied", "forbidden", "other"
UNANSWERED = "unanswered"
"""The API server did not answer, so that it is unknown whether it applied the object."""
_RETRY = "Fix that and run again: it resumes from here."
MOST = 6
"""Fields, or objects with the same reason, that a message names."""
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
"""Whole objects, and diffs of them, in a message about a field."""
_VALUE = re.compile(r"got &value\.\w+\{.*\}", re.DOTALL)
_TOO_LARGE = re.compile(r"request is too large|trying to send message larger than max")
_ETCD_LIMIT = 1.5
"""MiB: etcd's default of --max-request-bytes (https://etcd.io/docs/latest/dev-guide/limit/)."""
_DRY = re.compile(r"does not support dry run")
_VALUES = re.compile(
    r'(Invalid value|Unsupported value|Duplicate value): (".*?"|\{.*\}|\S+?)(?=: |$)|&value\.\w+\{.*\}|(webhook )?"[^"]*"', re.DOTALL
)
"""What may be a value: also everything in quotes but the names of webhooks."""


_SIZE = ".spec.resources.requests.storage"
_ADVICE = {
    ".spec.replicas": "Where an autoscaler sets spec.replicas, leave it out of the component.",
    _SIZE: "A PersistentVolumeClaim can't shrink: if it was expanded, write its new size into the component.",
}
"""What to do about fields that are better owned by others."""


class Refusal(t.NamedTuple):
    """Why an object is refused: ``what`` is one of the constants above; ``fields`` are the fields concerned."""

    what: str
    why: str
    fix: str
    fields: tuple[str, ...] = ()


def refusal(error: BootstrapError, key: Key, item: Json | None = None) -> Refusal:
    """Why the API server refused an object, without values of Secrets. ``item``: the request's body."""
    if not isinstance(error, ApiError):
        return Refusal(UNANSWERED if isinstance(error, Unreachable) else OTHER, error.message.rstrip("."), error.fix or _RETRY)
    message = _hidden(error.status_message) if key.kind == "Secret" else error.status_message
    message = " ".join(message.split()).rstrip(".")
    if error.reason == "Conflict" and error.causes:
        return _conflict(error)
    for pattern, parse in _ADMISSION.items():
        match = pattern.search(message)
        if match:
            return parse(match)
    if error.code == 422 and error.causes:
        return _invalid(error, key)
    if error.code == 413 or _TOO_LARGE.search(message):
        return _too_large(message, item)
    if error.code == 403 and any(cause.get("reason") == "NamespaceTerminating" for cause in error.causes):
        return Refusal(DENIED, f"the namespace {key.namespace} is being deleted", "Wait until it is gone, and run again.")
    if error.code == 403:
        return Refusal(DENIED, _FORBIDDEN.sub("", message), _RETRY)
    what = INVALID if error.code in (400, 422) else OTHER
    return Refusal(what, message, _RETRY, tuple(re.findall(r'(?:unknown|duplicate) field "([^"]+)"', message)))


def inconclusive(error: BootstrapError) -> bool:
    """Whether an error of a dry run proves nothing: a transient error, a kind not served yet, or a webhook without dry runs."""
    if not isinstance(error, ApiError):
        return False
    return (error.code >= 429 and transient(error)) or error.code == 404 or bool(_DRY.search(error.status_message))


def summary(refused: Mapping[Key, Refusal]) -> str:
    """All refusals in one sentence; objects with the same reason together."""
    alike: dict[str, list[str]] = {}
    for key, refusal in refused.items():
        alike.setdefault(refusal.why, []).append(str(key))
    reasons = [f"{abbreviated(names, MOST)}: {why}" for why, names in list(alike.items())[:_REASONS]]
    return "; ".join(reasons) + (f"; and {len(alike) - _REASONS} other reasons" if len(alike) > _REASONS else "")


def fixes(refused: Mapping[Key, Refusal]) -> str:
    """What to do about them."""
    return " ".join(dict.fromkeys(refusal.fix for refusal in refused.values()))


def _hidden(text: str) -> str:
    return _VALUES.sub(lambda match: match[0] if match[3] else f"{match[1]}: (hidden)" if match[1] else "(hidden)", text)


def _too_large(message: str, item: Json | None) -> Refusal:
    size = f"it is {len(json.dumps(item, separators=(',', ':'))) / 2**20:.2f} MiB as JSON, " if item else "it is "
    limit = "which the API server rejects" if "entity" in message else f"and etcd takes {_ETCD_LIMIT:g} MiB at most by default"
    return Refusal(INVALID, f"{size}{limit} ({message})", "Make it smaller, or split it, and run again.")


def _conflict(error: ApiError) -> Refusal:
    fields = []
    for cause in error.causes:
        manager = _MANAGER.search(str(cause.get("message")))
        fields.append(f"{cause.get('field')} ({manager[1] if manager else cause.get('message')})")
    why = f"field conflict with other managers: {abbreviated(fields, MOST)}"
    places = tuple(str(cause.get("field")) for cause in error.causes)
    fix = ["kubeflow_force_conflicts=true takes them back."] if set(places) - {_SIZE} else []
    fix += [words for place, words in _ADVICE.items() if place in places]
    return Refusal(CONFLICT, why, " ".join(fix), places)


def _schema_mismatch(message: str) -> Refusal:
    """A value that does not match the schema of its kind: ``.spec.replicas: expected numeric (int or float), got string``."""
    message = _VALUE.sub("got something else", _DECODING.sub("", message))
    field = re.match(r"(\.[^ ]+): ", message)
    return Refusal(INVALID, message, _RETRY, (field[1],) if field else ())


def _invalid(error: ApiError, key: Key) -> Refusal:
    causes = []
    for cause in error.causes:
        message = _OBJECT.sub("", str(cause.get("message")))
        message = " ".join((_hidden(message) if key.kind == "Secret" else message).split()).rstrip(".")
        causes.append((str(cause.get("field") or ""), message))
    fields = tuple(field for field, _message in causes if field)
    why = abbreviated([f"{field}: {message}" if field else message for field, message in causes], MOST)
    unchangeable = all(_UNCHANGEABLE.search(message) for _field, message in causes)
    return Refusal(IMMUTABLE if unchangeable else INVALID, why, _RETRY, fields)


_ADMISSION: dict[re.Pattern[str], t.Callable[[re.Match[str]], Refusal]] = {
    _WEBHOOK: lambda match: Refusal(DENIED, f"the admission webhook {match[1]} denies it: {match[2] or 'it says no more'}", _RETRY),
    _POLICY: lambda match: Refusal(DENIED, f"the admission policy {match[1]} denies it: {match[2]}", _RETRY),
    _QUOTA: lambda match: Refusal(DENIED, f"it exceeds the quota {match[1]}", "Ask for less, or have the quota raised, and run again."),
    _PODS: lambda match: Refusal(DENIED, f"it violates the pod security standard {match[1]}", _RETRY),
    _MORE_RIGHTS: lambda match: Refusal(
        FORBIDDEN,
        f"it grants rights that you do not have: {match[1].strip()}",
        "Have an admin of the cluster apply it (kubeflow_admin_file writes what needs one).",
    ),
    _SCHEMA: lambda match: _schema_mismatch(match[1]),
    _MAY_NOT: lambda match: Refusal(
        FORBIDDEN,
        f"{match[1]} may not {match[2]} {match[3]}{'.' + match[4] if match[4] else ''}",
        "Ask an admin of the cluster for a role that allows it (kubeflow_rbac_file writes one).",
    ),
}
