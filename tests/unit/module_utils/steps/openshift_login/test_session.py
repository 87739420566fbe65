# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tokens of OpenShift."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.openshift_login import session
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.openshift_login.session import Token, login, object_name, revoke
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.openshift import OpenShift, hashed
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.serving import Fault, Reply
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang


def test_a_token_is_named_by_its_hash() -> None:
    # sha256 of "abc" (FIPS 180-2, appendix B.1), in base64 for URLs without padding.
    assert object_name("sha256~abc") == "sha256~ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"
    assert object_name("of-an-old-server") == "of-an-old-server"


def test_a_token_does_not_show() -> None:
    assert "hunter2" not in repr(Token("hunter2", None, ()))


@pytest.mark.parametrize("host", ["", "api.example.com", "http://api.example.com", "https://me:hunter2@api.example.com"])
def test_a_password_goes_over_https_alone(host: str) -> None:
    with pytest.raises(BootstrapError) as error:
        login(host, "me", "hunter2", None, {})
    assert "begins with https://" in str(error.value) and "hunter2" not in str(error.value)


@pytest.fixture
def openshift(tmp_path: Path) -> Iterator[OpenShift]:
    cluster = OpenShift(tmp_path / "openshift")
    cluster.oauth.tokens[hashed("sha256~mine")] = "me"
    yield cluster
    cluster.close()


def test_a_token_is_revoked_once_by_one_request_and_leaves_no_file(
    openshift: OpenShift, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shared").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "shared"))
    assert revoke(openshift.url, "sha256~mine", openshift.ca, check=True)
    assert revoke(openshift.url, "sha256~mine", openshift.ca)
    assert not revoke(openshift.url, "sha256~mine", openshift.ca)
    users, tokens = "/apis/user.openshift.io/v1/users/~", f"/apis/oauth.openshift.io/v1/oauthaccesstokens/{hashed('sha256~mine')}"
    assert [(each.method, each.path) for each in openshift.asked] == [("GET", users), ("DELETE", tokens), ("DELETE", tokens)]
    assert not list((tmp_path / "shared").iterdir())


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(200, "<html>Log in</html>", {"Content-Type": "text/html"}), "is no OpenShift"),
        (Reply(200, {}), "is no OpenShift"),
        (Reply(200, [1]), "is no OpenShift"),
        (Reply(302, "", {"Location": "https://127.0.0.1:1/"}), "does not revoke the token (it answers 302)"),
        (Reply(503, {"kind": "Status", "code": 503}), "does not revoke the token (it answers 503)"),
        (None, "can't be reached to revoke the token"),
    ],
)
@pytest.mark.parametrize("check", [False, True])
def test_what_is_no_revocation_is_none(
    openshift: OpenShift, reply: Reply | None, message: str, check: bool, caplog: pytest.LogCaptureFixture
) -> None:
    openshift.faults.append(Fault("GET" if check else "DELETE", ".", reply, times=9))
    with pytest.raises(BootstrapError) as error:
        revoke(openshift.url, "sha256~mine", openshift.ca, check)
    assert message in str(error.value) and "sha256~mine" not in str(error.value)
    assert not caplog.records


def test_a_server_that_is_silent_is_not_waited_for(openshift: OpenShift, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_SECONDS", 0.1)
    openshift.hold("DELETE", ".")
    with no_hang(1), pytest.raises(BootstrapError, match="can't be reached to revoke the token: ReadTimeoutError"):
        revoke(openshift.url, "sha256~mine", openshift.ca)


def test_what_is_missing_for_a_revocation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openshift.dynamic", None)
    with pytest.raises(BootstrapError) as error:
        revoke("https://127.0.0.1", "sha256~mine", None)
    assert "To revoke a token, the Python packages openshift and kubernetes are needed" in str(error.value)
