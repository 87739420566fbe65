# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the cluster that answers is the application's."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.target_cluster import check
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError, Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.identity import SYSTEM
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import Connection

from tests.unit.conftest import ENV, Answer

Json = dict[str, t.Any]
OTHER = "https://other.example.com"


def recorded(**cluster: t.Any) -> dict[str, str]:
    return {"bootstrap.yaml": json.dumps({"record": {"cluster": cluster, "why": {}}})}


def ask(server: t.Any, files: dict[str, str], uid: str | None = "uid-1", destination: Json | None = None, **args: t.Any) -> list[str]:
    """The warnings."""
    system = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system", "uid": uid}}
    refusal = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "forbidden", "code": 403}
    server.routes[SYSTEM] = system if uid else Answer(refusal, 403)
    warnings: list[str] = []
    with Client(Connection(server.url, name="mine", env=ENV)) as client:
        assert check(client, files, Path("/app"), {"destination": destination or {}}, args, warnings.append) == uid
    return warnings


def test_the_planned_cluster_and_an_application_that_names_none(server: t.Any) -> None:
    assert ask(server, recorded(uid="uid-1", server=OTHER)) == []
    assert ask(server, {}) == []
    assert ask(server, {}, destination={"server": f"{server.url}/"}) == []


@pytest.mark.parametrize(
    ("files", "uid", "destination", "message"),
    [
        (
            recorded(uid="uid-2", server=OTHER),
            "uid-1",
            None,
            r"was planned for the cluster https://other.example.com \(UID uid-2\), but .*UID uid-1",
        ),
        (recorded(server=OTHER), "uid-1", None, r"can't be determined from its UID: .*kubeflow_allow_other_cluster=true"),
        (recorded(), "uid-1", None, r"says unknown \(UID unknown\).*UID uid-1.*Plan again"),
        (recorded(uid="", server=OTHER), "uid-1", None, r"UID unknown"),
        (recorded(uid="uid-2", server=OTHER), None, None, r"\(UID unknown\).*Let the user get the namespace kube-system"),
        (recorded(server=OTHER), None, None, r"Let the user get the namespace kube-system"),
        ({}, "uid-1", {"server": OTHER}, r"is for the cluster https://other.example.com, but"),
    ],
)
def test_another_cluster_is_refused_and_so_is_a_record_without_its_uid(
    server: t.Any, files: dict[str, str], uid: str | None, destination: Json | None, message: str
) -> None:
    with pytest.raises(BootstrapError, match=message):
        ask(server, files, uid, destination)
    assert ask(server, files, uid, destination, allow_other_cluster=True) == []


@pytest.mark.parametrize("known", ["uid-1", None])
def test_without_the_right_to_see_the_uid_the_url_tells_with_a_warning(server: t.Any, known: str | None) -> None:
    (warning,) = ask(server, recorded(uid=known, server=server.url), None)
    assert "may not get the namespace kube-system" in warning


def test_a_secret_of_another_cluster_is_refused_in_any_case(server: t.Any) -> None:
    ask(server, {}, secrets=[{"name": "users", "made_for": {"cluster": "uid-1"}}, {"name": "mine"}])
    for move in (False, True):
        with pytest.raises(BootstrapError, match=r"The Secret users was made for another cluster \(UID uid-2\)"):
            ask(server, {}, allow_other_cluster=move, secrets=[{"name": "users", "made_for": {"cluster": "uid-2"}}])


def test_a_refused_login_is_told_as_such(server: t.Any) -> None:
    server.routes[SYSTEM] = Answer({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 401}, 401)
    with Client(Connection(server.url, env=ENV)) as client, pytest.raises(ApiError):
        check(client, {}, Path("/app"), {}, {}, lambda _line: None)
