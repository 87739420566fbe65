# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values that look like credentials are not shown, and all others are."""

from __future__ import annotations

import json
import typing as t

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.credential_scan.masking import (
    is_credential,
    masked,
    masked_text,
    without_masked,
)
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, result_of

PASSWORD = "hunter2-Zx9Lm5"
ENV = [{"name": "DB_PASSWORD", "value": PASSWORD}, {"name": "MODE", "value": "fast"}]
TOKEN = "Zx9Lm5Rt" + "WwQ83kPdAb"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dbPassword", PASSWORD),
        ("DB_PASSWORD", PASSWORD),
        ("adminPassword", 12345678),
        ("apiToken", TOKEN),
        ("env", ENV),
        ("env", json.dumps(ENV)),
        ("db", {"user": "me", "password": PASSWORD}),
        ("extra", [{"a": {"client_secret": TOKEN}}]),
        ("uri", f"postgres://me:{PASSWORD}@db/x"),
        ("config", f"[db]\npassword: {PASSWORD}\n"),
        ("key", "-----BEGIN PRIVATE" + " KEY-----\nabc\n-----END PRIVATE KEY-----"),
    ],
)
def test_a_credential_is_masked_wherever_its_name_is(name: str, value: t.Any) -> None:
    assert is_credential(name, value)
    for shown in (
        masked(value, name),
        masked({name: value}),
        masked({name: {"value": value, "source": "user"}}),
        masked([{"name": name, "value": value}]),
    ):
        text = json.dumps(shown)
        assert "***" in text and not any(each in text for each in (PASSWORD, TOKEN, "12345678", "abc"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("oidcSecret", "kubeflow-oidc"),
        ("tlsSecretName", "kubeflow-certificate"),
        ("tokenFile", "/var/run/token"),
        ("password", "null"),
        ("storageClass", "standard-rwo"),
        ("env", [{"name": "MODE", "value": "fast"}]),
        ("replicas", 3),
        ("enabled", True),
        ("image", "ghcr.io/a/b@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        ("nothing", None),
    ],
)
def test_what_is_no_credential_is_shown(name: str, value: t.Any) -> None:
    assert not is_credential(name, value)
    assert masked({name: value}) == {name: value}


def test_a_file_is_masked_in_its_own_language() -> None:
    files = {
        "yaml": yaml.safe_dump({"containers": [{"env": ENV}], "password": PASSWORD}),
        "json": json.dumps({"env": ENV, "password": PASSWORD}, indent=2),
        "jsonnet": f"{{ components: {{ dbPassword: '{PASSWORD}', e: [{{ name: 'DB_PASSWORD', value: '{PASSWORD}' }}] }} }}",
    }
    for text in files.values():
        shown = masked_text(text)
        assert PASSWORD not in shown and "***" in shown and shown.count("\n") == text.count("\n") and ("fast" in shown) == ("fast" in text)


def test_what_others_take_for_what_it_says_has_no_masks() -> None:
    choices = {"a": {"dbPassword": PASSWORD, "mode": "fast"}, "env": ENV, "uris": [f"postgres://me:{PASSWORD}@db/x", "x"]}
    assert without_masked(masked(choices)) == {
        "a": {"mode": "fast"},
        "env": [{"name": "DB_PASSWORD"}, {"name": "MODE", "value": "fast"}],
        "uris": ["x"],
    }


def test_the_differences_of_every_result_are_masked() -> None:
    returned = {"changed": True, "value": PASSWORD, "diff": [{"before": "", "after": f"password: {PASSWORD}\n"}]}
    result = result_of(lambda _args, _context: returned, {}, Context())
    assert result == {"changed": True, "value": PASSWORD, "diff": [{"before": "", "after": "password: ***\n"}]}

    def refuses(_args: object, _context: object) -> dict[str, t.Any]:
        raise BootstrapError("x")

    with pytest.raises(BootstrapError):
        result_of(refuses, {}, Context())
