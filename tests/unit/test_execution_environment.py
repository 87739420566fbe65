# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The image: its definition, the check of its Containerfile, and the program that installs commands into it."""

from __future__ import annotations

import hashlib
import io
import os
import re
import runpy
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "execution-environment"
INSTALL = PLACE / "install_tools.py"
faults = runpy.run_path(str(ROOT / "tools" / "check_containerfile.py"))["faults"]
COMMAND = b"#!/bin/sh\necho it runs\n"


def install(prefix: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": "/usr/bin:/bin", **variables}
    return subprocess.run([sys.executable, str(INSTALL), str(prefix)], env=env, capture_output=True, text=True, check=False)


def served(path: Path, content: bytes) -> tuple[str, str]:
    """Address and checksum."""
    path.write_bytes(content)
    return path.as_uri(), hashlib.sha256(content).hexdigest()


def archive(**files: bytes) -> bytes:
    """A tar archive; ``__`` in a name is a slash."""
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w:gz") as writer:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("__", "/").replace("_", "-"))
            member.size, member.mode = len(content), 0o755
            writer.addfile(member, io.BytesIO(content))
    return kept.getvalue()


def zipped(**files: bytes) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as writer:
        for name, content in files.items():
            member = zipfile.ZipInfo(name.replace("__", "/"))
            member.external_attr = 0o755 << 16
            writer.writestr(member, content)
    return kept.getvalue()


def says(command: Path) -> str:
    return subprocess.run([str(command)], capture_output=True, text=True, check=True).stdout.strip()


def test_nothing_is_installed_unless_asked_for(tmp_path: Path) -> None:
    assert install(tmp_path / "local").returncode == 0
    assert not (tmp_path / "local").exists()


def test_commands_archives_folders_and_installers(tmp_path: Path) -> None:
    local = tmp_path / "local"
    installer = b'#!/bin/sh\nmkdir -p "$2"; cp "$(dirname "$0")/dist/aws" "$2/"; ln -s "$2/aws" "$4/aws"\n'
    downloads = {
        "KUBECTL": served(tmp_path / "a", COMMAND),
        "KS": served(tmp_path / "b", archive(ks_0__ks=COMMAND, ks_0__README=b"")),
        "GCLOUD": served(tmp_path / "c", archive(google_cloud_sdk__bin__gcloud=COMMAND, google_cloud_sdk__lib__gcloud=b"data")),
        "GKE_GCLOUD_AUTH_PLUGIN": served(tmp_path / "d", archive(bin__gke_gcloud_auth_plugin=COMMAND)),
        "AWS": served(tmp_path / "e", zipped(aws__install=installer, aws__dist__aws=COMMAND)),
        "KUBELOGIN": served(tmp_path / "f", zipped(bin__linux_amd64__kubelogin=COMMAND)),
    }
    variables = {f"{name}_{key}": value for name, pair in downloads.items() for key, value in zip(("URL", "SHA256"), pair, strict=True)}
    done = install(local, **variables)
    assert done.returncode == 0, done.stderr
    commands = ["aws", "gcloud", "gke-gcloud-auth-plugin", "ks", "kubectl", "kubelogin"]
    assert sorted(path.name for path in (local / "bin").iterdir()) == commands
    assert {says(local / "bin" / name) for name in commands} == {"it runs"}
    assert (local / "google-cloud-sdk" / "lib" / "gcloud").read_bytes() == b"data"


def test_without_the_right_checksum_nothing_is_installed(tmp_path: Path) -> None:
    url, checksum = served(tmp_path / "kubectl", COMMAND)
    for wrong in ("", "0" * 64, checksum[:-1]):
        done = install(tmp_path / "local", KUBECTL_URL=url, KUBECTL_SHA256=wrong)
        assert done.returncode == 1 and "SHA-256" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "local" / "bin").exists()


def test_the_definition_offers_every_command_with_its_checksum() -> None:
    text = (PLACE / "execution-environment.yml").read_text(encoding="utf-8")
    tools = runpy.run_path(str(INSTALL))["TOOLS"]
    for name in tools:
        variable = name.upper().replace("-", "_")
        assert f'ARG {variable}_URL="" {variable}_SHA256=""' in text
        assert f"`{variable}_URL`" in (ROOT / "docs" / "container.md").read_text(encoding="utf-8")
    definition = yaml.safe_load(text)
    assert re.fullmatch(r"[\w./-]+:\d+\.\d+", definition["images"]["base_image"]["name"])
    assert definition["options"]["user"] == "1000"


def test_secrets_are_passed_by_name_alone() -> None:
    passed = yaml.safe_load((PLACE / "ansible-navigator.yml").read_text(encoding="utf-8"))["ansible-navigator"]["execution-environment"]
    assert {"KUBECONFIG", "GITHUB_TOKEN"} <= set(passed["environment-variables"]["pass"])
    assert set(passed["environment-variables"]["set"]) == {"HOME"}
    recipes = (ROOT / "docs" / "container.md").read_text(encoding="utf-8")
    assert "-e GITHUB_TOKEN" in recipes and "GITHUB_TOKEN=" not in recipes


GOOD = "ARG A=x/y:1.2\nFROM $A AS base\nENV PIP_CONSTRAINT=/c\nRUN pip install a\nARG T_URL='' T_SHA256=''\nFROM base AS final\nUSER 1000\n"


@pytest.mark.parametrize(
    ("was", "now", "fault"),
    [
        ("", "", None),
        ("y:1.2", "y:latest", "2: the image x/y:latest has no version"),
        ("y:1.2", "y", "2: the image x/y has no version"),
        ("y:1.2", "y@sha256:0", None),
        ("ENV PIP_CONSTRAINT=/c\n", "", "3: packages of any version are installed"),
        (" T_SHA256=''", "", "5: T_URL has no T_SHA256 beside it"),
        ("USER 1000\n", "", "the image runs as root"),
        ("USER 1000", "USER 0:0", "the image runs as 0:0"),
        ("USER", "RUN a \\\n  && curl -L https://x | sh\nUSER", "7: a download without a checksum"),
        ("USER", "ADD https://x /x\nUSER", "7: ADD downloads without a checksum"),
        ("USER", "RUN GITHUB_TOKEN=x make\nUSER", "7: a secret would stay in the image"),
    ],
)
def test_faults_of_a_containerfile(was: str, now: str, fault: str | None) -> None:
    assert faults(GOOD.replace(was, now) if was else GOOD) == ([fault] if fault else [])


def test_what_users_run_is_executable() -> None:
    assert os.access(ROOT / "tools" / "execution-environment", os.X_OK)
