# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that are given beside the application."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.apply.drift import fingerprint
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model import supplied_secrets
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError


def one(value: str = "a", **more: t.Any) -> dict[str, t.Any]:
    [(component, item)] = supplied_secrets.objects([{"name": "login", "stringData": {"password": value}, **more}], "ml")
    assert component == "secrets"
    return item


def test_they_become_objects_of_the_application_namespace() -> None:
    item = one("é", namespace=None, type=None, labels={"team": 1})
    assert item["metadata"] == {"name": "login", "namespace": "ml", "annotations": {supplied_secrets.MARK: "true"}, "labels": {"team": "1"}}
    assert (item["type"], item["data"]) == ("Opaque", {"password": "w6k="})
    assert one(namespace="other", type="kubernetes.io/tls")["metadata"]["namespace"] == "other"


def test_no_fingerprint_tells_two_values_apart() -> None:
    assert fingerprint(one("a")) == fingerprint(one("b"))
    plain = supplied_secrets.unmarked(one("a"))
    assert not supplied_secrets.is_supplied(plain) and fingerprint(plain) != fingerprint(supplied_secrets.unmarked(one("b")))


@pytest.mark.parametrize("secret", [{"name": "login"}, {"stringData": {"a": "hunter2"}}, {"name": "login", "stringData": "hunter2"}])
def test_what_is_wrong_is_said_without_a_value(secret: dict[str, t.Any]) -> None:
    with pytest.raises(BootstrapError) as error:
        supplied_secrets.objects([secret], "ml")
    assert "hunter2" not in str(error.value)
