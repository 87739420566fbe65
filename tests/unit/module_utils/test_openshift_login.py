# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tokens of OpenShift."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.openshift_login import Token, login, object_name


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
