# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A kubeconfig of a Mac in the layout of the image: its home mapped, and its login commands at other places."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

ROOT = Path(__file__).parents[2]
MAC = {
    "gke-gcloud-auth-plugin": "/usr/local/Caskroom/google-cloud-sdk/latest/google-cloud-sdk/bin/gke-gcloud-auth-plugin",
    "aws": "/opt/homebrew/bin/aws",
    "kubelogin": "/opt/homebrew/bin/kubelogin",
}


@pytest.fixture
def image(cluster, tmp_path):
    """A folder like /usr/local of the image, with commands that its own program installed there; each gives a token."""
    local = tmp_path / "local"
    token = Path(cluster().facts["service_account"]) / "token"
    (local / "bin").mkdir(parents=True)
    for name in ("gke-gcloud-auth-plugin", "kubelogin"):
        credential = '{"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential", "status": {"token": "%s"}}'
        content = f'#!/bin/sh\n[ "$1" = --version ] && echo 1.0 && exit\nprintf \'{credential}\' "$(cat {token})"\n'.encode()
        (tmp_path / "served").write_bytes(content)
        variable = name.upper().replace("-", "_")
        env = {f"{variable}_URL": (tmp_path / "served").as_uri(), f"{variable}_SHA256": hashlib.sha256(content).hexdigest()}
        argv = [sys.executable, str(ROOT / "execution-environment" / "install_tools.py"), str(local)]
        subprocess.run(argv, env={**os.environ, **env}, check=True, timeout=patience(3))
    return local


@pytest.fixture
def mac(cluster, work, image):
    """``mac(user)``: somebody's work, with a kubeconfig of a Mac in the mapped home and the image's commands on PATH."""
    entry = json.loads(Path(cluster().kubeconfig).read_text(encoding="utf-8"))["clusters"][0]["cluster"]

    def make(user):
        inside = work(env={"PATH": f"{image}/bin:{Path(sys.executable).parent}:/usr/bin:/bin"})
        named = {"clusters": [{"name": "c", "cluster": entry}], "users": [{"name": "u", "user": user}]}
        path = inside.home / ".kube" / "config"
        path.parent.mkdir()
        path.write_text(
            json.dumps({"current-context": "c", **named, "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}),
            encoding="utf-8",
        )
        return inside

    return make


@pytest.mark.parametrize("command", ["gke-gcloud-auth-plugin", "kubelogin"])
def test_a_login_command_with_the_path_of_a_mac(mac, command):
    user = mac({"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": MAC[command], "interactiveMode": "IfAvailable"}})
    before = (user.home / ".kube" / "config").read_bytes()
    run = user.play("facts").well()
    flat = " ".join(run.output.split())
    assert f"{MAC[command]}, which does not exist; the {command} on PATH is used." in flat
    assert "Kubernetes v1." in flat or "v1." in flat
    assert (user.home / ".kube" / "config").read_bytes() == before


def test_the_old_login_of_google_with_the_path_of_a_mac(mac):
    config = {"cmd-path": "/Users/me/google-cloud-sdk/bin/gcloud", "cmd-args": "config config-helper --format=json", "expiry-key": "{.x}"}
    mac({"auth-provider": {"name": "gcp", "config": config}}).play("facts").well()


def test_a_command_that_is_not_in_the_image_is_named(mac):
    run = mac({"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": MAC["aws"]}}).play("facts")
    assert run.code != 0 and "aws, which is not installed here" in " ".join(run.output.split())
