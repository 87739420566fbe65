# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stand-in for Google Cloud: the addresses of Compute Engine, and the places that give tokens.

Written from the published descriptions: Compute's discovery document v1 (addresses, globalAddresses, operations), its reference of
errors, https://developers.google.com/identity/protocols/oauth2/service-account, https://cloud.google.com/iam/docs/reference/sts/rest,
https://cloud.google.com/iam/docs/reference/credentials/rest, and the documentation of the metadata server.
"""

from __future__ import annotations

import json
import re
import secrets
import typing as t
from pathlib import Path

import jwt
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.serving import Asked, Json, Reply, StandIn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

NAME = r"(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)"
_ADDRESSES = r"/compute/v1/(projects/([^/]+)/(global|regions/([^/]+)))/addresses"
_PAGE = 2


class Google(StandIn):
    """``url``: with ``CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE``. ``addresses``: path to resource. ``lacking``: permissions that are not
    granted. ``limit``: how many addresses the quota allows; ``late``: that is found out by the operation, not by the request.
    """

    def __init__(self) -> None:
        super().__init__()
        self.projects, self.regions = {"my-project"}, {"us-central1"}
        self.addresses: dict[str, Json] = {}
        self.lacking: set[str] = set()
        self.enabled, self.limit, self.late = True, 8, False
        self.waits = 1
        self.tokens: dict[str, str] = {}
        self._key = rsa.generate_private_key(65537, 2048)
        self._operations: dict[str, Json] = {}
        self._requests: dict[str, str] = {}
        self._count = 0

    # --- credentials

    def key_file(self, folder: Path) -> Path:
        """The key of a service account, as the console gives it."""
        pem = self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
        return _written(
            folder / "key.json",
            {
                "type": "service_account",
                "project_id": "my-project",
                "private_key_id": "1",
                "private_key": pem,
                "client_email": "ci@my-project.iam.gserviceaccount.com",
                "client_id": "1",
                "token_uri": f"{self.url}/token",
            },
        )

    def federation_file(self, folder: Path) -> Path:
        """The configuration of a workload identity, and beside it the token of the other identity provider."""
        (folder / "subject").write_text("subject-of-another", encoding="utf-8")
        return _written(
            folder / "federation.json",
            {
                "type": "external_account",
                "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/ci",
                "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                "token_url": f"{self.url}/v1/token",
                "credential_source": {"file": str(folder / "subject")},
                "service_account_impersonation_url": f"{self.url}/v1/projects/-/serviceAccounts/ci@my-project.iam:generateAccessToken",
            },
        )

    def _token(self, kind: str) -> str:
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self.tokens[token] = kind
        return token

    def _give_token(self, asked: Asked) -> Reply | None:
        body = asked.body if isinstance(asked.body, dict) else {}
        if asked.path == "/token":
            claims = jwt.decode(body["assertion"], self._key.public_key(), ["RS256"], audience="https://oauth2.googleapis.com/token")
            assert claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"
            return Reply(body={"access_token": self._token("service account"), "expires_in": 3599, "token_type": "Bearer"})
        if asked.path == "/v1/token":
            if body.get("subject_token") != "subject-of-another":
                return Reply(400, {"error": "invalid_grant", "error_description": "The subject token is not valid."})
            return Reply(
                body={
                    "access_token": self._token("federated"),
                    "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
                    "token_type": "Bearer",
                    "expires_in": 3599,
                }
            )
        if asked.path.endswith(":generateAccessToken"):
            assert self.tokens.get(asked.headers["authorization"].removeprefix("Bearer ")) == "federated"
            return Reply(body={"accessToken": self._token("impersonated"), "expireTime": "2099-01-01T00:00:00Z"})
        return self._metadata(asked)

    def _metadata(self, asked: Asked) -> Reply | None:
        flavor = {"Metadata-Flavor": "Google"}
        if asked.path == "/":
            return Reply(body="computeMetadata/\n", headers=flavor)
        if not asked.path.startswith("/computeMetadata/v1/"):
            return None
        assert asked.headers.get("metadata-flavor") == "Google"
        what = asked.path.removeprefix("/computeMetadata/v1/")
        if what == "project/project-id":
            return Reply(body="my-project", headers=flavor)
        if what.endswith("/token"):
            return Reply(body={"access_token": self._token("metadata"), "expires_in": 3599, "token_type": "Bearer"}, headers=flavor)
        if what == "instance/service-accounts/default/":
            account = {"email": "node@my-project.iam.gserviceaccount.com", "aliases": ["default"], "scopes": ["cloud-platform"]}
            return Reply(body=account, headers=flavor)
        return Reply(404, "not found", flavor)

    # --- Compute

    def answer(self, asked: Asked) -> Reply:
        token = self._give_token(asked)
        if token:
            return token
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return refusal(401, "authError", "Request had invalid authentication credentials.", status="UNAUTHENTICATED")
        project = re.match(r"/compute/v1/projects/([^/]+)/", asked.path)
        assert project, asked.path
        if project[1] not in self.projects:
            return refusal(404, "notFound", f"The resource 'projects/{project[1]}' was not found")
        if not self.enabled:
            return not_enabled(project[1])
        operation = re.fullmatch(r"/compute/v1/(projects/[^/]+/(?:global|regions/[^/]+)/operations/([^/]+))(/wait)?", asked.path)
        if operation:
            return self._operation(asked, operation[2], bool(operation[3]))
        match = re.fullmatch(_ADDRESSES + r"(?:/([^/]+))?(?:/(setLabels))?", asked.path)
        assert match, asked.path
        if match[4] and match[4] not in self.regions:
            return refusal(404, "notFound", f"The resource 'projects/{match[2]}/regions/{match[4]}' was not found")
        return self._address(asked, match[1], match[5], match[6])

    def _may(self, scope: str, verb: str, path: str) -> Reply | None:
        permission = f"compute.{'globalAddresses' if scope.endswith('/global') else 'addresses'}.{verb}"
        if permission not in self.lacking:
            return None
        return refusal(403, "forbidden", f"Required '{permission}' permission for '{path}'")

    def _address(self, asked: Asked, scope: str, name: str | None, action: str | None) -> Reply:
        path = f"{scope}/addresses/{name or (asked.body or {}).get('name', '')}"
        verb = action or {"GET": "get" if name else "list", "POST": "create", "DELETE": "delete"}[asked.method]
        refused = self._may(scope, verb, path)
        if refused:
            return refused
        if asked.method == "GET" and not name:
            return self._list(asked, scope)
        if asked.method == "POST" and not name:
            return self._insert(asked, scope, path)
        address = self.addresses.get(path)
        if not address:
            return refusal(404, "notFound", f"The resource '{path}' was not found")
        if asked.method == "GET":
            return Reply(body=address)
        if action == "setLabels":
            if asked.body["labelFingerprint"] != address["labelFingerprint"]:
                return refusal(412, "conditionNotMet", "Labels fingerprint either invalid or resource labels have changed")
            address["labels"], address["labelFingerprint"] = asked.body["labels"], secrets.token_urlsafe(8)
            return self._started(asked, scope, path, "setLabels")
        if address.get("users"):
            message = f"The address resource '{path}' is already being used by '{address['users'][0]}'"
            return refusal(400, "resourceInUseByAnotherResource", message)
        del self.addresses[path]
        return self._started(asked, scope, path, "delete")

    def _list(self, asked: Asked, scope: str) -> Reply:
        items = [each for path, each in sorted(self.addresses.items()) if path.startswith(f"{scope}/addresses/")]
        filter_ = re.fullmatch(r'address = "([^"]+)"', asked.query.get("filter", ""))
        start = int(asked.query.get("pageToken") or 0)
        # As the reference says: a page may be empty though others follow, because the filter comes after the paging.
        page = [each for each in items[start : start + _PAGE] if not filter_ or each["address"] == filter_[1]]
        more = {"nextPageToken": str(start + _PAGE)} if start + _PAGE < len(items) else {}
        return Reply(body={"kind": "compute#addressList", **({"items": page} if page else {}), **more})

    def _insert(self, asked: Asked, scope: str, path: str) -> Reply:
        body, request = asked.body, asked.query.get("requestId", "")
        if request in self._requests:
            return Reply(body=self._operations[self._requests[request]])
        unknown = set(body) - {"name", "description", "addressType", "ipVersion", "networkTier", "ipv6EndpointType", "subnetwork"}
        if unknown:
            return refusal(400, "invalid", f"Invalid value for field 'resource.{unknown.pop()}'")
        if not re.fullmatch(NAME, body["name"]):
            return refusal(400, "invalid", f"Invalid value for field 'resource.name': '{body['name']}'. Must be a match of regex '{NAME}'")
        if path in self.addresses:
            return refusal(409, "alreadyExists", f"The resource '{path}' already exists")
        if len(self.addresses) >= self.limit:
            metric = "STATIC_ADDRESSES" + (
                f"' exceeded.  Limit: {self.limit}.0 " + ("globally." if scope.endswith("global") else "in region us-central1.")
            )
            if not self.late:
                return refusal(403, "quotaExceeded", f"Quota '{metric}")
            quota = {"metricName": "compute.googleapis.com/static_addresses", "limit": self.limit}
            failure = {"errors": [{"code": "QUOTA_EXCEEDED", "message": f"Quota '{metric}", "errorDetails": [{"quotaInfo": quota}]}]}
            return self._started(
                asked, scope, path, "insert", {"error": failure, "httpErrorStatusCode": 403, "httpErrorMessage": "FORBIDDEN"}
            )
        self.add(path, **body)
        return self._started(asked, scope, path, "insert")

    def add(self, path: str, **fields: t.Any) -> Json:
        """An address, as if somebody else had reserved it."""
        self._count += 1
        six = fields.get("ipVersion") == "IPV6"
        region = re.search(r"regions/([^/]+)", path)
        self.addresses[path] = {
            "kind": "compute#address",
            "id": str(1000 + self._count),
            "name": path.rsplit("/", 1)[-1],
            "description": "",
            "address": f"2001:db8::{self._count:x}" if six else f"203.0.113.{self._count}",
            "addressType": "EXTERNAL",
            "networkTier": "PREMIUM",
            "status": "RESERVED",
            "labelFingerprint": secrets.token_urlsafe(8),
            "selfLink": f"https://www.googleapis.com/compute/v1/{path}",
            **({"region": f"https://www.googleapis.com/compute/v1/{path.split('/addresses')[0]}"} if region else {}),
            **fields,
        }
        return self.addresses[path]

    def _started(self, asked: Asked, scope: str, path: str, kind: str, end: Json | None = None) -> Reply:
        name = f"operation-{secrets.token_hex(6)}"
        # Links name Google's own host: whoever follows them literally leaves the endpoint that was set.
        link = f"https://www.googleapis.com/compute/v1/{scope}/operations/{name}"
        self._operations[name] = {
            "kind": "compute#operation",
            "name": name,
            "operationType": kind,
            "targetLink": f"https://www.googleapis.com/compute/v1/{path}",
            "status": "RUNNING",
            "progress": 0,
            "selfLink": link,
            "left": self.waits,
            "end": end or {},
        }
        if asked.query.get("requestId"):
            self._requests[asked.query["requestId"]] = name
        return Reply(body=_shown(self._operations[name]))

    def _operation(self, asked: Asked, name: str, wait: bool) -> Reply:
        assert asked.method == ("POST" if wait else "GET")
        operation = self._operations[name]
        operation["left"] -= 1
        if operation["left"] <= 0:
            operation |= {"status": "DONE", "progress": 100, **operation["end"]}
        return Reply(body=_shown(operation))


def _shown(operation: Json) -> Json:
    return {key: value for key, value in operation.items() if key not in ("left", "end")}


def refusal(code: int, reason: str, message: str, **more: t.Any) -> Reply:
    return Reply(
        code, {"error": {"code": code, "message": message, "errors": [{"message": message, "domain": "global", "reason": reason}], **more}}
    )


def not_enabled(project: str) -> Reply:
    message = f"Compute Engine API has not been used in project {project} before or it is disabled. Enable it, then retry."
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "SERVICE_DISABLED",
        "domain": "googleapis.com",
        "metadata": {"service": "compute.googleapis.com", "consumer": f"projects/{project}"},
    }
    return refusal(403, "accessNotConfigured", message, status="PERMISSION_DENIED", details=[info])


def _written(path: Path, content: Json) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
