# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What users name as a file may be a pipe that nobody writes to, a device without end, or more than a machine holds."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.kubeflow.bootstrap.plugins.filter.document import document
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.cloud.detect import azure, gcp
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.cloud.detect.detection import SourceUnavailable
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan import saved
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries import bundle, registry
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.report import many
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.rules import rules
from ansible_collections.kubeflow.bootstrap.plugins.modules import certificate, plan
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang

KINDS: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "huge": lambda path: (path.touch(), os.truncate(path, 12 * 2**30)),
    "folder": lambda path: path.mkdir(),
}
READERS: dict[str, Callable[[Path], object]] = {
    "the key of a certificate": lambda path: certificate._read(str(path)),
    "a plan": saved.read,
    "a plan that is there": plan._text,
    "a report": many._read,
    "saved facts": document,
    "rules": lambda path: rules.load([str(path)]),
    "a bundle": bundle.read,
    "credentials of Google": lambda path: gcp.credentials({"GOOGLE_APPLICATION_CREDENTIALS": str(path)}, None),
    "a file of a package": lambda path: registry._text(path, "a"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reader", READERS)
def test_it_is_refused_at_once(reader: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "named"
    KINDS[kind](path)
    if (reader, kind) == ("rules", "folder"):
        return  # of rules there may be one
    with no_hang(1), pytest.raises((BootstrapError, SourceUnavailable, AnsibleFilterError)) as caught:
        READERS[reader](path)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_only_looked_for_is_passed_over(kind: str, tmp_path: Path) -> None:
    KINDS[kind](tmp_path / "azureProfile.json")
    with no_hang(1):
        assert azure._cli({"AZURE_CONFIG_DIR": str(tmp_path)}, None) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_an_application(kind: str, tmp_path: Path) -> None:
    KINDS[kind](tmp_path / "app.yaml")
    with no_hang(1), pytest.raises(BootstrapError, match="app.yaml"):
        folder.read(tmp_path)
