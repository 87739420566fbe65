# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Google's APIs: where requests go, what is repeated, and how errors are told. With real requests to a server on loopback."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.cloud.google_api import GoogleApi, endpoint
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.cloud.google_errors import GoogleError, explain
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.serving import Asked, Reply, StandIn
from ansible_collections.kubeflow.bootstrap.tests.unit.conftest import Answer, Server
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@pytest.fixture
def server() -> t.Iterator[Server]:
    google = Server()
    yield google
    google.close()


@pytest.fixture(scope="module")
def key() -> str:
    private = rsa.generate_private_key(65537, 2048)
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


class Tokens(StandIn):
    def answer(self, asked: Asked) -> Reply:
        return Reply(body={"access_token": "token", "expires_in": 3600})


@pytest.fixture(scope="module")
def tokens() -> t.Iterator[str]:
    issuer = Tokens()
    yield f"{issuer.url}/token"
    issuer.close()


@pytest.fixture
def api(server: Server, key: str, tokens: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., GoogleApi]:
    """The credentials are the key of a service account."""
    login = {"type": "service_account", "client_email": "ci@p", "private_key": key, "token_uri": tokens, "project_id": "p"}
    (tmp_path / "key.json").write_text(json.dumps(login), encoding="utf-8")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))

    def make(service: str, **more: t.Any) -> GoogleApi:
        return GoogleApi({f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service.upper()}": server.url}, service, **more)

    return make


def asked(server: Server) -> list[tuple[str, str]]:
    return [(each.method, each.path) for each in server.requests]


@pytest.mark.parametrize(
    ("service", "override", "root"),
    [
        ("compute", None, "https://compute.googleapis.com/compute/v1/"),
        ("dns", None, "https://dns.googleapis.com/dns/v1/"),
        ("servicemanagement", "", "https://servicemanagement.googleapis.com/v1/"),
        ("compute", "http://127.0.0.1:8080", "http://127.0.0.1:8080/compute/v1/"),
        ("compute", "https://compute-mine.p.googleapis.com/compute/beta", "https://compute-mine.p.googleapis.com/compute/beta/"),
    ],
)
def test_where_requests_go(service: str, override: str | None, root: str) -> None:
    env = {} if override is None else {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service.upper()}": override}
    assert endpoint(env, service) == root


def test_an_override_that_is_no_address_is_told() -> None:
    with pytest.raises(BootstrapError, match="CLOUDSDK_API_ENDPOINT_OVERRIDES_DNS is localhost, which is not the address of an API"):
        endpoint({"CLOUDSDK_API_ENDPOINT_OVERRIDES_DNS": "localhost"}, "dns")


def test_pages(server: Server, api: t.Callable[..., GoogleApi]) -> None:
    pages = {None: {"rrsets": [1, 2], "nextPageToken": "a"}, "a": {"nextPageToken": "b"}, "b": {"rrsets": [3]}}
    server.routes["/dns/v1/projects/p/zones"] = lambda request: pages[request.query.get("pageToken")]
    assert list(api("dns").pages("projects/p/zones", {"name": "x"}, "rrsets")) == [1, 2, 3]


def test_operations_are_awaited_at_the_endpoint(server: Server, api: t.Callable[..., GoogleApi]) -> None:
    """A token never goes to the host that a link names."""
    link = "https://elsewhere.example/compute/v1/projects/p/global/operations/o"
    server.routes["/compute/v1/projects/p/global/operations/o/wait"] = [{"status": "RUNNING", "selfLink": link}, {"status": "DONE"}]
    assert api("compute").wait({"status": "RUNNING", "name": "o", "selfLink": link}, 10)["status"] == "DONE"
    server.routes["/v1/operations/s"] = [{"name": "operations/s"}, {"name": "operations/s", "done": True, "response": {"x": 1}}]
    assert api("servicemanagement").wait({"name": "operations/s"}, 10)["response"] == {"x": 1}
    server.routes["/dns/v1/projects/p/managedZones/z/changes/1"] = [{"status": "pending"}, {"status": "done"}]
    api("dns").wait({"id": "1", "status": "pending"}, 10, "projects/p/managedZones/z/changes/1")


def test_an_operation_that_failed_is_an_error(server: Server, api: t.Callable[..., GoogleApi]) -> None:
    failed = {"name": "operations/s", "done": True, "error": {"code": 7, "message": "The domain is another's.", "details": []}}
    server.routes["/v1/operations/s"] = failed
    with pytest.raises(GoogleError, match="The domain is another's"):
        api("servicemanagement").wait({"name": "operations/s"}, 10)


def test_what_may_have_been_done_is_not_sent_twice(server: Server, api: t.Callable[..., GoogleApi]) -> None:
    server.routes["/v1/services"] = Answer({"error": {"message": "x"}}, code=500)
    with pytest.raises(GoogleError):
        api("servicemanagement").request("POST", "services", {})
    assert asked(server) == [("POST", "/v1/services")]
    server.routes["/v1/services"] = [Answer({}, code=500), Answer({}, code=503), {"ok": 1}]
    assert api("servicemanagement").request("POST", "services", {}, repeat=True)["ok"] == 1


def test_repeats_have_a_bound(server: Server, api: t.Callable[..., GoogleApi]) -> None:
    lines: list[str] = []
    server.routes["/dns/v1/x"] = Answer({}, code=429, headers=[("Retry-After", "60")])
    with pytest.raises(GoogleError) as caught:
        api("dns", seconds=2.0, say=lines.append).request("GET", "x")
    assert (caught.value.status, len(asked(server)), lines) == (429, 1, [])


def test_a_page_of_a_proxy_is_no_answer(server: Server, api: t.Callable[..., GoogleApi]) -> None:
    server.routes["/dns/v1/x"] = Answer(b"<html>Forbidden</html>", code=403)
    with pytest.raises(GoogleError) as caught:
        api("dns").request("GET", "x")
    assert (caught.value.status, caught.value.reason) == (403, "forbidden") and "<html>" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "message", "cause", "reason", "expected"),
    [
        (
            403,
            "Permission 'servicemanagement.services.create' denied",
            "",
            "forbidden",
            "the permission servicemanagement.services.create on",
        ),
        (404, "The resource 'projects/p' was not found", "notFound", "projectNotFound", "The project p was not found"),
        (404, "The resource 'projects/p/global/addresses/x' was not found", "notFound", "notFound", "not found"),
        (404, "The resource 'projects/p/regions/moon-1' was not found", "notFound", "regionNotFound", "There is no region moon-1"),
        (409, "already exists", "alreadyExists", "alreadyExists", "already exists"),
        (429, "Quota 'A' exceeded.  Limit: 8.0 in region r1.", "quotaExceeded", "quotaExceeded", "in the region r1: its limit is 8."),
        (403, "rate", "rateLimitExceeded", "rateLimitExceeded", "rate"),
    ],
)
def test_errors(status: int, message: str, cause: str, reason: str, expected: str) -> None:
    error = explain("compute", status, {"error": {"message": message, "errors": [{"reason": cause}]}}, "projects/p/global/addresses/x")
    assert (error.status, error.reason) == (status, reason) and expected in str(error), str(error)
    assert "\n" not in str(error) and len(str(error)) < 600


def test_no_credentials_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps({"type": "nothing-known"}), encoding="utf-8")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    with pytest.raises(BootstrapError, match="Google's default credentials can't be used"):
        GoogleApi({}, "compute")
