# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is told of a kubeconfig, and what never is."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Callable
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.kubeconfig import describe
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import load
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT

Write = Callable[..., Path]


def described(path: Path, env: dict[str, str] | None = None) -> dict[str, t.Any]:
    return describe(load(str(path), env=env or {"PATH": ABSENT}))


def test_the_document(write_kubeconfig: Write) -> None:
    path = write_kubeconfig(
        cluster={"server": "https://c:1/", "tls-server-name": "name"},
        user={"token": "hunter2"},
        contexts=[{"name": "trial", "context": {"cluster": "trial", "user": "trial", "namespace": "ml"}}],
    )
    result = described(path)
    assert {**result, "auth": result["auth"]["method"]} == {
        "source": "option",
        "files": [str(path)],
        "context": "trial",
        "cluster": "trial",
        "user": "trial",
        "namespace": "ml",
        "server": "https://c:1",
        "tls": {"verify": True, "ca": "system", "server_name": "name"},
        "proxy": None,
        "proxy_source": None,
        "auth": "token",
        "contexts": [{"name": "trial", "cluster": "trial", "user": "trial", "namespace": "ml", "server": "https://c:1/"}],
        "warnings": [],
    }


def test_a_helper_that_is_there_or_not(write_kubeconfig: Write, script: Callable[..., Path], tmp_path: Path) -> None:
    path = write_kubeconfig(user={"exec": {"command": "aws", "args": ["hunter2"], "env": [{"name": "A", "value": "hunter2"}]}})
    missing = described(path)
    assert {key: missing["auth"][key] for key in ("method", "helper", "helper_found")} == {
        "method": "exec",
        "helper": "aws",
        "helper_found": False,
    }
    assert "hunter2" not in json.dumps(missing)
    script("echo aws-cli/2", "aws")
    result = described(path, {"PATH": str(tmp_path)})
    assert result["auth"]["helper_found"] is True
    assert "hunter2" not in json.dumps(result)


def test_skipped_verification_is_warned_of(write_kubeconfig: Write) -> None:
    result = described(write_kubeconfig(cluster={"server": "https://c:1", "insecure-skip-tls-verify": True}))
    assert result["tls"]["verify"] is False
    assert result["warnings"] == ["The certificate of https://c:1 is not verified: insecure-skip-tls-verify is set in the kubeconfig."]


def test_a_proxy_is_shown_without_its_login(write_kubeconfig: Write) -> None:
    result = described(write_kubeconfig(cluster={"server": "https://c:1", "proxy-url": "http://me:p@ss@proxy:3128"}))
    assert result["proxy"] == "http://proxy:3128"
