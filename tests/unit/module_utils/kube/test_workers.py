# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Work side by side."""

from __future__ import annotations

import threading
import time
import typing as t
from collections.abc import Callable

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube import workers
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang, patience

from tests.unit.conftest import Answer, Request

Start = Callable[..., t.Any]
Json = dict[str, t.Any]


def test_requests_go_side_by_side_and_come_back_in_order(server: t.Any, client: Client) -> None:
    together = threading.Barrier(4, timeout=patience(1))

    def meet(request: Request) -> t.Any:
        together.wait()
        return {"path": request.path}

    paths = [f"/{number}" for number in range(4)]
    server.routes.update(dict.fromkeys(paths, meet))
    assert [answer["path"] for answer in client.map(client.get, paths)] == paths


def test_work_side_by_side_within_work_side_by_side(client: Client) -> None:
    def inner(number: int) -> list[int]:
        return client.map(lambda each: each + number, range(3))

    with no_hang(1):
        assert client.map(inner, range(20)) == [[number, number + 1, number + 2] for number in range(20)]


def test_the_first_error_of_many_is_raised(server: t.Any, client: Client) -> None:
    server.routes.update({"/1": {}, "/2": Answer({"message": "no"}, 403), "/3": {}})
    with pytest.raises(ApiError, match="GET /2: no"):
        client.map(client.get, ["/1", "/2", "/3"])
    assert len(server.requests) == 3


def test_what_was_not_begun_when_it_was_interrupted_does_not_begin(server: t.Any, client: Client, monkeypatch: t.Any) -> None:
    """By Ctrl-C, while the main thread waits for the others."""
    release = threading.Event()

    def interrupted(_future: object, _seconds: float) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(workers, "_ends", interrupted)
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        release.wait(patience(1))

    with pytest.raises(KeyboardInterrupt):
        client.map(work, range(100))
    release.set()
    # First come, first served: when this one is through, so would be all before it.
    assert client._workers._pool is not None
    assert client._workers._pool.submit(int).result(10) == 0
    assert len(begun) <= workers.CONNECTIONS


@pytest.mark.parametrize(("seconds", "expected"), [(0.0, workers.CONNECTIONS), (0.05, workers.FAR_CONNECTIONS)])
def test_more_goes_side_by_side_where_the_server_is_far(
    server: t.Any, client: Client, monkeypatch: t.Any, seconds: float, expected: int
) -> None:
    def slow(_request: Request) -> Json:
        time.sleep(seconds)
        return {}

    monkeypatch.setattr(workers, "FAR", 0.05)  # out of reach for a server that is merely busy
    server.routes["/a"] = slow
    for _time in range(10):
        client.get("/a")
    together, enough = [], threading.Barrier(expected)

    def work(number: int) -> None:
        together.append(enough.wait(patience(2)))

    client.map(work, range(expected))
    assert sorted(together) == list(range(expected))
    assert client._workers._pool is not None and client._workers._pool._max_workers == expected
