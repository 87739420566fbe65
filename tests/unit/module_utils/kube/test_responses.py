# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What counts as an answer of an API server, and what is told of anything else."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube import responses
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import METADATA, ApiError, Client, InvalidResponse
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import Deadline, RetryPolicy

from tests.unit.conftest import Answer

PATH = "/api/v1/namespaces/a/configmaps"
ONE = f"{PATH}/x"
JSON = [("Content-Type", "application/json")]
HTML = [("Content-Type", "text/html; charset=utf-8")]
OBJECT: dict[str, t.Any] = {"kind": "ConfigMap", "metadata": {"name": "x"}}
LIST: dict[str, t.Any] = {"kind": "ConfigMapList", "metadata": {}, "items": [OBJECT]}


def raw(body: t.Any, code: int = 200, headers: list[tuple[str, str]] | None = None) -> Answer:
    return Answer(body if isinstance(body, bytes) else json.dumps(body).encode(), code, JSON if headers is None else headers)


STRANGE: dict[str, tuple[Answer, str]] = {
    "sign-in page": (raw(b"<html>Please sign in", headers=HTML), "a page of type text/html"),
    "redirect": (raw(b"", 302, [("Location", "https://sso.example.com/login?token=abc")]), "HTTP 302 to https://sso.example.com/login"),
    "redirect with a login": (raw(b"", 307, [("Location", "https://me:pw@sso.example.com/a")]), "HTTP 307 to https://sso.example.com/a"),
    "redirect to nowhere": (raw(b"", 308, [("Location", "https://[::1")]), "HTTP 308 to an address that is none"),
    "not modified": (raw(b"", 304), "HTTP 304"),
    "no content": (raw(b"", 204), "HTTP 204"),
    "partial content": (raw(OBJECT, 206), "HTTP 206"),
    "empty": (raw(b""), "an empty body"),
    "no type": (raw(OBJECT, headers=[("Content-Type", "")]), "an answer without a content type"),
    "another character set": (raw(OBJECT, headers=[("Content-Type", "application/json; charset=utf-16")]), "in the character set utf-16"),
    "cut off": (raw(json.dumps(LIST).encode()[:40]), "JSON that is damaged or cut off"),
    "two documents": (raw(b"{}{}"), "JSON that is damaged or cut off"),
    "bytes that are not UTF-8": (raw(b'{"kind": "\xff"}'), "JSON that is damaged or cut off"),
    "half a character": (raw(b'{"kind": "\\ud800", "metadata": {}}'), "JSON that is damaged or cut off"),
    "not a number": (raw(b'{"kind": "A", "metadata": {}, "a": NaN}'), "JSON that is damaged or cut off"),
    "endless": (raw(b'{"kind": "A", "metadata": {}, "a": -1e999}'), "JSON that is damaged or cut off"),
    "a number of 5000 digits": (raw(b'{"a": ' + b"9" * 5000 + b"}"), "JSON that is damaged or cut off"),
    "deep": (raw(b'{"a": ' + b"[" * 100_000), "JSON that is nested too deep"),
    "null": (raw(b"null"), "JSON of a NoneType"),
    "array": (raw([OBJECT]), "JSON of a list"),
    "text": (raw(b'"ok"'), "JSON of a str"),
    "nothing in it": (raw({}), "JSON without a kind"),
    "a message": (raw({"message": "welcome"}), "JSON without a kind"),
    "odd kind": (raw({**OBJECT, "kind": 7}), "JSON without a kind"),
    "a list": (raw(LIST), "JSON of the kind ConfigMapList instead of an object"),
    "status": (raw({"kind": "Status", "metadata": {}, "status": "Failure"}), "JSON of the kind Status"),
    "no metadata": (raw({"kind": "ConfigMap"}), "an object without metadata"),
    "odd metadata": (raw({"kind": "ConfigMap", "metadata": "x"}), "an object without metadata"),
    "odd name": (raw({"kind": "ConfigMap", "metadata": {"name": ["x"]}}), "metadata.name of type list"),
    "odd labels": (raw({"kind": "ConfigMap", "metadata": {"labels": {"a": 1}}}), "metadata.labels whose values are not text"),
}
NO_LIST: dict[str, tuple[t.Any, str]] = {
    "object": (OBJECT, "JSON of the kind ConfigMap instead of a list"),
    "no kind": ({"metadata": {}, "items": []}, "JSON without a kind instead of a list"),
    "no items": ({"kind": "ConfigMapList", "metadata": {}}, "JSON of the kind ConfigMapList instead of a list"),
    "no metadata": ({"kind": "ConfigMapList", "items": []}, "a list without metadata"),
    "odd continue": ({"kind": "ConfigMapList", "metadata": {"continue": 7}, "items": []}, "metadata.continue of type int"),
    "odd items": ({**LIST, "items": {"a": 1}}, "items that is no list of objects"),
    "text in items": ({**LIST, "items": ["a"]}, "items that is no list of objects"),
    "nameless": ({**LIST, "items": [{"metadata": {}}]}, "a list with an object that has no name"),
    "without metadata": ({**LIST, "items": [{}]}, "an object without metadata"),
}


@pytest.mark.parametrize("case", STRANGE)
def test_what_is_no_object(server: t.Any, client: Client, case: str) -> None:
    server.routes[ONE], message = STRANGE[case]
    for ask in (client.get, client.find):
        with pytest.raises(InvalidResponse) as caught:
            ask(ONE)
        assert caught.value.message.startswith(f"{server.url} (context trial) does not answer as a Kubernetes API server: ")
        assert message in caught.value.message
        assert "GET" in caught.value.message and not {"abc", "pw"} & set(caught.value.message.replace("=", " ").split())


@pytest.mark.parametrize("case", [case for case in STRANGE if case != "a list"])
def test_it_is_no_list_either(server: t.Any, client: Client, case: str) -> None:
    server.routes[PATH], _said = STRANGE[case]
    with pytest.raises(InvalidResponse):
        list(client.items(PATH))


@pytest.mark.parametrize("case", NO_LIST)
def test_what_is_no_list(server: t.Any, client: Client, case: str) -> None:
    body, message = NO_LIST[case]
    server.routes[PATH] = raw(body)
    with pytest.raises(InvalidResponse, match=message):
        list(client.items(PATH))


def test_a_page_that_is_none_ends_the_list(server: t.Any, client: Client) -> None:
    server.routes[PATH] = [raw({**LIST, "metadata": {"continue": "a"}}), raw(b"<html>", headers=HTML)]
    pages = client.pages(PATH)
    assert next(pages)["items"] == [OBJECT]
    with pytest.raises(InvalidResponse, match="text/html"):
        next(pages)


@pytest.mark.parametrize("strange", [raw(b"<html>", headers=HTML), raw(json.dumps(LIST).encode()[:60]), raw(b"", 302)])
def test_reads_are_tried_again_for_a_moment(server: t.Any, client: Client, strange: Answer) -> None:
    server.routes[PATH] = [strange, strange, raw(LIST)]
    server.routes[ONE] = [strange, raw(OBJECT)]
    with client.retrying(RetryPolicy(Deadline(10.0), print)) as client:
        assert list(client.items(PATH)) == [OBJECT]
        assert client.get(ONE) == OBJECT


def test_nobody_else_s_404_means_that_an_object_was_not_found(server: t.Any, client: Client) -> None:
    server.routes[ONE] = raw(b"<html>not found", 404, HTML)
    with pytest.raises(InvalidResponse, match="HTTP 404, a page of type text/html"):
        client.find(ONE)
    # Traefik's, and that of an API server for a path that is not served.
    text = [("Content-Type", "text/plain; charset=utf-8")]
    server.routes[ONE] = raw(b"404 page not found\n", 404, text)
    with pytest.raises(InvalidResponse, match="HTTP 404, a page of type text/plain"):
        client.find(ONE)
    server.routes[ONE] = raw(b"404 page not found\n", 404, [*text, ("Audit-Id", "0d4")])
    assert client.find(ONE) is None
    server.routes[ONE] = raw({"kind": "Status", "status": "Failure", "reason": "NotFound", "message": "x", "code": 404}, 404)
    assert client.find(ONE) is None


@pytest.mark.parametrize("code", [400, 403, 404, 405, 409, 410, 422])
def test_a_refusal_of_somebody_else(server: t.Any, client: Client, code: int) -> None:
    server.routes[ONE] = raw(b"<html>", code, HTML)
    for call in (client.get, client.delete):
        with pytest.raises(InvalidResponse, match=f"HTTP {code}, a page"):
            call(ONE)


@pytest.mark.parametrize("case", ["sign-in page", "redirect", "empty", "cut off", "no content", "nothing in it"])
def test_a_write_is_done_only_where_an_api_server_says_so(server: t.Any, client: Client, case: str) -> None:
    server.routes[ONE], _said = STRANGE[case]
    writes: list[t.Callable[[], t.Any]] = [
        lambda: client.post(ONE, OBJECT),
        lambda: client.put(ONE, OBJECT),
        lambda: client.delete(ONE),
        lambda: client.apply(ONE, OBJECT, "me"),
    ]
    for write in writes:
        with pytest.raises(InvalidResponse):
            write()
    assert len(server.requests) == len(writes)


def test_what_a_deletion_is_answered_with(server: t.Any, client: Client) -> None:
    server.routes[ONE] = [raw({"kind": "Status", "metadata": {}, "status": "Success"}), raw(OBJECT, 202)]
    assert [client.delete(ONE)["kind"] for _time in range(2)] == ["Status", "ConfigMap"]
    server.routes[ONE] = raw({"kind": "Status", "metadata": {}, "status": "Failure"})
    with pytest.raises(InvalidResponse, match="a Status without success"):
        client.delete(ONE)


def test_documents_have_no_kind(server: t.Any, client: Client) -> None:
    server.routes["/version"] = raw({"gitVersion": "v1.35.0"})
    assert client.document("/version") == client.get("/version") == {"gitVersion": "v1.35.0"}
    server.routes["/version"] = raw([1])
    with pytest.raises(InvalidResponse, match="JSON of a list"):
        client.document("/version")
    server.routes["/version"] = raw({"gitVersion": None})
    for ask in (lambda: client.document("/version", "gitVersion"), lambda: client.get("/version")):
        with pytest.raises(InvalidResponse, match="no text gitVersion"):
            ask()


@pytest.mark.parametrize(
    "group",
    [
        {"metadata": {"name": 7}},
        {},
        {"metadata": {}, "versions": {}},
        {"metadata": {}, "versions": [{"version": None}]},
        {"metadata": {}, "versions": [{"version": "v1", "resources": [{"resource": "pods"}]}]},
        {"metadata": {}, "versions": [{"version": "v1", "resources": [{"resource": "pods", "verbs": [], "responseKind": "Pod"}]}]},
    ],
)
def test_discovery_of_another_shape(server: t.Any, client: Client, group: t.Any) -> None:
    server.routes["/apis"] = raw({"kind": "APIGroupDiscoveryList", "metadata": {}, "items": [group]})
    with pytest.raises(InvalidResponse):
        client.discovery("/apis")


def test_metadata_alone(server: t.Any, client: Client) -> None:
    partial = [("Content-Type", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")]
    known = {"metadata": {"name": "x", "uid": "u", "resourceVersion": "7"}}
    server.routes[PATH] = raw({**LIST, "kind": "PartialObjectMetadataList", "items": [known]}, headers=partial)
    assert list(client.items(PATH, METADATA)) == [known]


def test_an_error_of_a_server_on_the_way_is_still_one_to_wait_for(server: t.Any, client: Client) -> None:
    server.routes[ONE] = raw(b"<html>Bad Gateway", 502, HTML)
    with pytest.raises(ApiError, match="HTTP 502, a page of type text/html"):
        client.get(ONE)


@pytest.mark.parametrize(
    ("kind", "version", "content", "message"),
    [
        ("Deployment", "apps/v1", {"spec": []}, "a Deployment whose spec is not a mapping"),
        ("Deployment", "apps/v1", {"status": {"updatedReplicas": None}}, "a Deployment whose status.updatedReplicas is not a number"),
        ("Deployment", "apps/v1", {"status": {"conditions": [None]}}, r"a Deployment whose status.conditions\[0\] is not a mapping"),
        ("ConfigMap", "v1", {"data": {"a": 7}}, "a ConfigMap whose data.a is not text"),
        ("Service", "v1", {"spec": {"ports": {}}}, "a Service whose spec.ports is not a list"),
        (
            "Pod",
            "v1",
            {"status": {"containerStatuses": [{"ready": 1}]}},
            r"a Pod whose status.containerStatuses\[0\].ready is not a boolean",
        ),
        ("Job", "batch/v1", {"status": {"failed": True}}, "a Job whose status.failed is not a number"),
        ("RoleBinding", "rbac.authorization.k8s.io/v1", {}, "a RoleBinding whose roleRef is not a value"),
    ],
)
def test_fields_of_kubernetes_own_kinds_have_their_types(kind: str, version: str, content: dict[str, t.Any], message: str) -> None:
    item = {"metadata": {"name": "a"}, **content}
    with pytest.raises(responses.Unacceptable, match=message):
        responses.an_object(json.dumps({"kind": kind, "apiVersion": version, **item}).encode())
    whole = {
        "kind": f"{kind}List",
        "apiVersion": version,
        "metadata": {},
        "items": [{"metadata": {"name": "b"}, "roleRef": {"kind": "a", "name": "a"}}, item],
    }
    with pytest.raises(responses.Unacceptable, match=message):
        responses.a_list(json.dumps(whole).encode())
    # Custom resources may hold anything, and Go writes null for what is empty.
    assert responses.an_object(json.dumps({"kind": kind, "apiVersion": "example.com/v1", **item}).encode())
    assert responses.an_object(
        b'{"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {}, "spec": null, "status": {"conditions": null}}'
    )
