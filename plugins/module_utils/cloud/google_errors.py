# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Google's APIs refuse, in words for users.

https://cloud.google.com/apis/design/errors (``status``, ``details`` with ErrorInfo and QuotaFailure),
https://developers.google.com/drive/api/guides/handle-errors (``errors`` with ``reason``, the older form that Compute and DNS use),
https://cloud.google.com/compute/docs/reference/rest/v1/globalOperations (``error.errors`` with ``code`` and ``errorDetails``)
"""

from __future__ import annotations

import re
import shlex
import typing as t

from ..errors import BootstrapError
from ..formats.json_object import Json

_RATES = {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"}
_QUOTAS = {"quotaExceeded", "QUOTA_EXCEEDED", "limitExceeded"}
_DISABLED = {"accessNotConfigured", "SERVICE_DISABLED"}


class GoogleError(BootstrapError):
    """What Google refused. ``status``: of HTTP, 0 without an answer. ``reason``: Google's word for it, such as ``notFound``,
    ``alreadyExists``, ``forbidden``, ``quotaExceeded``, ``accessNotConfigured``, ``invalid``, ``resourceInUseByAnotherResource``;
    ours: ``projectNotFound``, ``credentials``, ``unreachable``, ``timeout``."""

    def __init__(self, message: str, *, fix: str | None = None, status: int, reason: str) -> None:
        super().__init__(message, fix=fix)
        self.status = status
        self.reason = reason


def may_pass(error: GoogleError, again: bool) -> bool:
    """Whether the same request may succeed later. ``again``: whether it does no harm if it was carried out the first time."""
    if error.status in (429, 503) or error.reason in _RATES:
        return error.reason not in _QUOTAS
    return again and (error.status in (500, 502, 504) or error.reason == "unreachable")


def explain(service: str, status: int, body: t.Any, path: str) -> GoogleError:
    """The error for an answer with ``status`` and ``body`` to a request for ``path``."""
    error = body.get("error") if isinstance(body, dict) else None
    error = error if isinstance(error, dict) else {}
    listed = [each for each in error.get("errors") or [] if isinstance(each, dict)]
    first = listed[0] if listed else {}
    details = [each for each in [*(error.get("details") or []), *(first.get("errorDetails") or [])] if isinstance(each, dict)]
    info = next((each for each in details if str(each.get("@type", "")).endswith("ErrorInfo")), {})
    reason = str(info.get("reason") or first.get("reason") or first.get("code") or error.get("status") or status)
    detail = _line(first.get("message") or error.get("message") or f"HTTP status {status}")
    message, fix, named = _words(service, status, reason, detail, path, details)
    return GoogleError(message, fix=fix, status=status, reason=named)


def _words(service: str, status: int, reason: str, detail: str, path: str, details: list[Json]) -> tuple[str, str | None, str]:
    """Message, fix and reason."""
    project = _project(path, detail)
    if reason in _DISABLED:
        api = next((str(each["metadata"]["service"]) for each in details if "service" in (each.get("metadata") or {})), None)
        api = api or f"{service}.googleapis.com"
        fix = (
            f"gcloud services enable {shlex.quote(api)}{f' --project {shlex.quote(project)}' if project else ''}, then wait a few minutes."
        )
        return f"The API {api} is not enabled in the project {project or 'of the credentials'}.", fix, "accessNotConfigured"
    if reason in _QUOTAS or re.match(r"Quota '", detail):
        return *_quota(detail, details, project), "quotaExceeded"
    if status == 403 and reason not in _RATES:
        permission = re.search(r"'([a-z]+\.[A-Za-z.]+)'", detail) or re.search(r"permission ([a-z]+\.[A-Za-z.]+)", detail, re.IGNORECASE)
        thing = re.search(r"for '?(?:resource )?'?(projects/[^' ]+)", detail)
        if permission:
            where = thing[1].rstrip(".") if thing else path
            message = f"The credentials of Google lack the permission {permission[1]} on {where}."
            return message, f"Grant a role that has {permission[1]} in the project {project}, or use other credentials.", "forbidden"
        return f"Google refuses {path} to these credentials: {detail}", "Grant them a role for it, or use others.", "forbidden"
    if status == 401:
        return f"Google rejects these credentials: {detail}", "Log in again: gcloud auth application-default login", "credentials"
    if (
        status == 404
        and project
        and re.search(rf"projects/{re.escape(project)}'|Unknown project|project .* not found", detail, re.IGNORECASE)
    ):
        return f"The project {project} was not found, or these credentials may not see it.", "Name another project.", "projectNotFound"
    region = re.search(r"regions/([a-z0-9-]+)' was not found", detail)
    if region:
        fix = f"Name another: gcloud compute regions list --project {shlex.quote(str(project))}"
        return f"There is no region {region[1]}: {detail}", fix, "regionNotFound"
    if status == 404:
        return f"Google: not found: {detail}", None, "notFound"
    if status == 409 or reason in ("alreadyExists", "ALREADY_EXISTS"):
        return f"Google: {detail}", None, "alreadyExists" if reason in ("ALREADY_EXISTS", "alreadyExists") else reason
    if status == 400 and re.search(r"resource\.name", detail):
        return (
            f"Google takes no such name: {detail}",
            "Use small letters, digits and dashes, a letter first, 63 characters at most.",
            "invalid",
        )
    return f"Google's API {service} refuses {path} (HTTP {status}): {detail}", None, reason


def _quota(detail: str, details: list[Json], project: str | None) -> tuple[str, str]:
    info: Json = next((each["quotaInfo"] for each in details if isinstance(each.get("quotaInfo"), dict)), {})
    metric = re.search(r"Quota '([^']+)'", detail)
    limit = re.search(r"Limit: ([0-9]+)", detail)
    region = re.search(r"in region ([a-z0-9-]+)", detail)
    name = metric[1] if metric else info.get("metricName") or "named in: " + detail
    most = limit[1] if limit else info.get("limit", "unknown")
    place = region[1] if region else (info.get("dimensions") or {}).get("region")
    where = f" in the region {place}" if place and place != "global" else ""
    message = f"The quota {name} of the project {project or 'at hand'} is used up{where}: its limit is {most}."
    return message, "Release what is not needed, or ask for more: https://console.cloud.google.com/iam-admin/quotas"


def _project(path: str, detail: str) -> str | None:
    match = re.search(r"projects/([^/' ?]+)", path) or re.search(r"projects?[/ ]'?([a-z0-9:.-]+)", detail)
    return match[1] if match else None


def _line(text: object) -> str:
    return " ".join(str(text).split())[:400]
