# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How users log in, as the facts have it."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import Client
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.auth.login import KINDS, Login, LoginSpec, choose, existing

from tests.unit.conftest import Answer

TABLE = yaml.safe_load((Path(__file__).parents[5] / "roles/auth/files/kinds.yml").read_text(encoding="utf-8"))
GKE = {"cluster": {"distribution": {"name": "gke"}}}
OPENSHIFT = {"cluster": {"distribution": {"name": "openshift"}, "apis": {"oauth.openshift.io/v1": {"OAuthClient": {}}}}}
HOST = {"hostname": "kubeflow.example.com"}


@pytest.mark.parametrize(
    ("facts", "inputs", "kind"),
    [
        (GKE, HOST, "iap"),
        (GKE, {"audience": "/projects/1/global/backendServices/2"}, "iap"),
        (GKE, {}, "static"),
        (GKE, {**HOST, "issuer": "https://login.example.com"}, "oidc"),
        (OPENSHIFT, HOST, "openshift"),
        (OPENSHIFT, {}, "static"),
        ({}, HOST, "static"),
    ],
)
def test_the_facts_choose(facts: dict[str, t.Any], inputs: dict[str, t.Any], kind: str) -> None:
    chosen, reason = choose("auto", TABLE, facts, inputs)
    assert chosen == kind and reason.endswith(".") and "{" not in reason
    assert ("https://login.example.com" in reason) == (kind == "oidc")
    assert choose("static", TABLE, facts, inputs)[0] == "static"


def test_every_kind_has_its_entry() -> None:
    assert sorted(entry["kind"] for entry in TABLE) == sorted(KINDS)


def test_what_fits_nothing_or_is_wrong_is_said() -> None:
    with pytest.raises(BootstrapError, match="No kind of login fits"):
        choose("auto", TABLE[:1], {}, {})
    with pytest.raises(BootstrapError, match="entry oidc of kinds can't be evaluated"):
        choose("auto", [{"kind": "oidc", "when": "given[", "reason": "."}], {}, {})


def test_nothing_shows_a_secret() -> None:
    spec = LoginSpec("ml", client_secret="hunter2", password="hunter2")
    login = Login({}, "", {}, values={"a": "hunter2"}, secret="name", generated="hunter2")
    assert "hunter2" not in f"{spec!r}{login!r}"
    assert login.secrets("ml")[0]["data"] == {"a": "aHVudGVyMg=="}
    assert Login({}, "", {}).secrets("ml") == []


def test_a_secret_that_is_there_is_read(server: t.Any, client: Client) -> None:
    path = "/api/v1/namespaces/ml/secrets/login"
    assert existing(lambda: client, "ml", "login") is None
    server.routes[path] = {"data": {"a": "w6k="}}
    assert existing(lambda: client, "ml", "login") == {"a": "é"}
    server.routes[path] = {"data": {"a": "/w=="}}
    with pytest.raises(BootstrapError, match="holds something that is not text"):
        existing(lambda: client, "ml", "login")
    server.routes[path] = lambda request: Answer({"reason": "Forbidden"}, 403)
    with pytest.raises(BootstrapError, match="ml/login already can't be seen"):
        existing(lambda: client, "ml", "login")
