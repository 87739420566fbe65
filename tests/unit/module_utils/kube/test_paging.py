# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Long lists: the next pages are asked for while this one is on its way."""

from __future__ import annotations

import gzip
import json
import threading
import typing as t
from collections.abc import Iterator

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client, InvalidResponse
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.paging import AHEAD
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import Connection

from tests.patience import patience
from tests.unit.conftest import ENV, Answer, Request

PATH = "/api/v1/nodes"


def page(number: int, token: str | None, **more: t.Any) -> bytes:
    """As the API server writes it: no blanks, metadata before items."""
    metadata = {"resourceVersion": "1", **({"continue": token} if token else {})}
    whole = {
        "kind": "NodeList",
        "apiVersion": "v1",
        "metadata": metadata,
        "items": [{"metadata": {"name": f"node-{number}"}, "n": number, **more}],
    }
    return json.dumps(whole, separators=(",", ":")).encode()


def numbers(pages: Iterator[dict[str, t.Any]]) -> list[int]:
    return [item["n"] for each in pages for item in each["items"]]


def test_the_next_pages_are_asked_for_before_this_one_is_used_and_no_more_than_that(server: t.Any, client: Client) -> None:
    tokens = {None: "a", "a": "b", "b": "c", "c": "d", "d": None}
    order = list(tokens)
    arrivals = threading.Semaphore(0)

    def answer(request: Request) -> Answer:
        token = request.query.get("continue")
        arrivals.release()
        return Answer(page(order.index(token), tokens[token]))

    server.routes[PATH] = answer
    result = client.pages(PATH)
    assert numbers(iter([next(result)])) == [0]
    for _page in range(1 + AHEAD):
        assert arrivals.acquire(timeout=patience(1))
    assert not arrivals.acquire(timeout=0.2)
    assert numbers(result) == [1, 2, 3, 4]
    assert [request.query.get("continue") for request in server.requests] == [None, "a", "b", "c", "d"]


def test_a_token_inside_of_an_object_is_not_taken_for_the_list_s(server: t.Any, client: Client) -> None:
    server.routes[PATH] = Answer(page(0, None, **{"continue": "not-mine"}))
    assert numbers(client.pages(PATH)) == [0]
    assert len(server.requests) == 1


def test_pages_that_are_compressed(server: t.Any, proxy: t.Any) -> None:
    def answer(request: Request) -> Answer:
        body = page(1, None) if "continue" in request.query else page(0, "x", filling="y" * 100_000)
        return Answer(gzip.compress(body), headers=[("Content-Encoding", "gzip")])

    server.routes[PATH] = answer
    with Client(Connection(server=f"http://cluster.example:{server.port}", proxy=proxy(server.port).url, env=ENV)) as client:
        assert numbers(client.pages(PATH)) == [0, 1]


def test_what_is_trimmed_is_trimmed_before_it_is_parsed(server: t.Any, client: Client) -> None:
    server.routes[PATH] = Answer(page(0, None, images="much"))
    assert next(client.pages(PATH, trim=lambda content: content.replace(b'"much"', b"[]")))["items"][0]["images"] == []


def test_where_the_token_expired_the_rest_comes_from_the_whole_list(server: t.Any, client: Client) -> None:
    expired = Answer({"message": "The provided continue parameter is too old", "reason": "Expired"}, 410)
    whole = json.dumps({"kind": "NodeList", "metadata": {}, "items": [json.loads(page(n, None))["items"][0] for n in range(4)]}).encode()

    def answer(request: Request) -> Answer:
        if request.query.get("continue"):
            return expired
        return Answer(page(0, "x")) if "limit" in request.query else Answer(whole)

    server.routes[PATH] = answer
    assert numbers(client.pages(PATH, labelSelector="a=b")) == [0, 1, 2, 3]
    assert [request.query.get("labelSelector") for request in server.requests] == ["a=b"] * 3


def test_a_list_without_end_is_none(server: t.Any, client: Client) -> None:
    server.routes[PATH] = Answer(page(0, "x"))
    with pytest.raises(InvalidResponse, match="begins again and again"):
        list(client.pages(PATH))


def test_a_refused_page_ends_the_list(server: t.Any, client: Client) -> None:
    server.routes[PATH] = [
        Answer(page(0, "x")),
        Answer({"message": "nodes is forbidden"}, 403),
    ]
    result = client.pages(PATH)
    assert numbers(iter([next(result)])) == [0]
    with pytest.raises(ApiError, match="forbidden"):
        next(result)
