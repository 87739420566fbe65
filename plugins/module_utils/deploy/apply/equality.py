# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a live object contains all that is desired, as the API server would judge it.

Without a dry run, which a user who may only read an object can't send. What is not known here counts as different.
"""

from __future__ import annotations

import typing as t
from decimal import Decimal, InvalidOperation

from ...formats import strict_base64
from ...formats.json_object import Json
from ...kube.object_shapes import BUILT_IN
from ...kube.resources import group_of

_QUANTITIES = {"averageValue", "capacity", "default", "defaultRequest", "divisor", "hard", "limits", "max", "maxLimitRequestRatio", "min"}
_QUANTITIES |= {"overhead", "podFixed", "requests", "sizeLimit"}
"""Fields that are a quantity, or a map of them (resources, quotas, limit ranges, volumes, metrics)."""
_TEXTS = {"annotations", "binaryData", "data", "labels", "matchLabels", "nodeSelector", "openAPIV3Schema", "parameters"}
"""Maps whose keys are the user's, not fields of the API."""
_SUFFIXES = {"": (10, 0), "n": (10, -9), "u": (10, -6), "m": (10, -3), "k": (10, 3), "M": (10, 6), "G": (10, 9), "T": (10, 12)}
_SUFFIXES |= {"P": (10, 15), "E": (10, 18), "Ki": (2, 10), "Mi": (2, 20), "Gi": (2, 30), "Ti": (2, 40), "Pi": (2, 50), "Ei": (2, 60)}

_EMPTY_TEXTS = {"caBundle", "description", "externalName", "host", "hostIP", "hostname", "loadBalancerIP", "nodeName", "priorityClassName"}
_EMPTY_TEXTS |= {"serviceAccountName", "subPath", "subPathExpr", "subdomain", "value", "workingDir"}
_FALSE = {"globalDefault", "hostIPC", "hostNetwork", "hostPID", "paused", "preserveUnknownFields", "publishNotReadyAddresses", "readOnly"}
_FALSE |= {"stdin", "stdinOnce", "tty", "unschedulable"}
_ZERO = {"hostPort", "initialDelaySeconds", "minReadySeconds"}
_DROPPED = {*((name, "") for name in _EMPTY_TEXTS), *((name, 0) for name in _ZERO | _FALSE)}
"""Fields that the API server drops with this value: in Kubernetes' types they have ``omitempty`` and are not pointers
(k8s.io/api v0.35). A pointer is kept: ``automountServiceAccountToken: false`` differs from an unset one."""
_CHOSEN_TEXTS = {"apiGroup", "clusterIP", "concurrencyPolicy", "dnsPolicy", "imagePullPolicy", "listKind", "podManagementPolicy"}
_CHOSEN_TEXTS |= {"protocol", "restartPolicy", "schedulerName", "sessionAffinity", "singular", "terminationMessagePath"}
_CHOSEN_TEXTS |= {"terminationMessagePolicy", "type"}
_CHOSEN_NUMBERS = {"failureThreshold", "nodePort", "periodSeconds", "successThreshold", "timeoutSeconds"}
_CHOSEN = {*((name, "") for name in _CHOSEN_TEXTS), *((name, 0) for name in _CHOSEN_NUMBERS)}
"""Fields with this value get another one from the API server."""
_BYTES = {"caBundle"}
"""Fields that are bytes, written as base64."""


def contained(desired: Json, live: Json) -> bool:
    """Whether all of ``desired`` is in ``live``, which may have more fields (defaults), but no more entries in a list."""
    group = group_of(str(desired.get("apiVersion") or ""))
    built_in = group in BUILT_IN
    fields = {name: value for name, value in desired.items() if name not in ("apiVersion", "kind")}
    if desired.get("kind") == "Secret" and not group and isinstance(desired.get("data"), dict):
        values = live.get("data") or {}
        if not all(_same_bytes(value, values.get(name)) for name, value in desired["data"].items()):
            return False
        del fields["data"]
    return _contained(fields, live, "", built_in)


def _contained(desired: t.Any, live: t.Any, name: str, built_in: bool) -> bool:
    """``name``: of the field. ``built_in``: its type is one of Kubernetes, whose normalization of values is known."""
    if desired is None:
        return True
    if isinstance(desired, dict):
        fields = {} if live is None else live
        known = built_in and name not in _TEXTS
        return isinstance(fields, dict) and all(
            _contained(value, fields.get(key), name if name in _QUANTITIES else key, known) for key, value in desired.items()
        )
    if isinstance(desired, list):
        entries = [] if live is None else live
        if not isinstance(entries, list) or len(entries) != len(desired):
            return False
        return all(_contained(value, entry, name, built_in) for value, entry in zip(desired, entries, strict=True))
    if desired == live and isinstance(desired, bool) == isinstance(live, bool):
        return True
    if not built_in:
        return False
    if (name, desired) in _CHOSEN or live is None:
        return (name, desired) in _CHOSEN | _DROPPED
    if name in _BYTES:
        return _same_bytes(desired, live)
    return name in _QUANTITIES and _amount(desired) is not None and _amount(desired) == _amount(live)


def no_more_entries(desired: t.Any, live: t.Any) -> bool:
    """Whether no list in ``live`` has more entries than the same one in ``desired``: server-side apply would keep them."""
    if isinstance(desired, dict) and isinstance(live, dict):
        return all(no_more_entries(value, live.get(name)) for name, value in desired.items())
    if isinstance(desired, list) and isinstance(live, list):
        return len(desired) == len(live) and all(map(no_more_entries, desired, live))
    return True


def _same_bytes(desired: t.Any, live: t.Any) -> bool:
    """Base64 may be wrapped; the server writes it in one line."""
    if not isinstance(desired, str) or not isinstance(live, str):
        return bool(desired == live) or (not desired and not live)
    try:
        return desired == live or strict_base64.decode(desired) == strict_base64.decode(live)
    except ValueError:
        return False


def _amount(value: t.Any) -> Decimal | None:
    """A quantity as an exact number; ``None`` for anything else."""
    if isinstance(value, bool):
        return None
    text = str(value)
    digits = text.rstrip("numkKMGTPEi") if not isinstance(value, float) else text
    base, power = _SUFFIXES.get(text[len(digits) :], (0, 0))
    try:
        return Decimal(digits) * Decimal(base) ** power if base else None
    except InvalidOperation:
        return None
