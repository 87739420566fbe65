# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Installs commands into the image: each from the address <NAME>_URL, and only with the checksum <NAME>_SHA256.

Usage: python install_tools.py [FOLDER]     FOLDER is /usr/local; commands come into its bin. What has no address is left out.
An address is that of the command itself, or of an archive (tar or zip) with it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from pathlib import Path

# What an archive holds: the command somewhere in it, a folder that stays together, or the installer of AWS.
TOOLS = {
    "kubectl": "command",
    "ks": "command",
    "oc": "command",
    "kubelogin": "command",
    "gke-gcloud-auth-plugin": "command",
    "gcloud": "folder",
    "aws": "installer",
}


def main(prefix: Path) -> None:
    """Install what the environment names."""
    for name, kind in TOOLS.items():
        variable = name.upper().replace("-", "_")
        url, checksum = os.environ.get(f"{variable}_URL", ""), os.environ.get(f"{variable}_SHA256", "").lower()
        if not url and not checksum:
            continue
        if not url or len(checksum) != 64:
            sys.exit(f"{name}: give both {variable}_URL and {variable}_SHA256, the SHA-256 of what is there.")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "download"
            found = _download(url, file)
            if found != checksum:
                sys.exit(f"{name}: {url} has the SHA-256 {found}, not {checksum}. Nothing of it was installed.")
            _install(name, kind, file, Path(folder) / "unpacked", prefix)
        print(f"{name}: installed from {url}")


def _download(url: str, file: Path) -> str:
    """Returns the SHA-256."""
    total = hashlib.sha256()
    with urllib.request.urlopen(url, timeout=60) as answer, file.open("wb") as kept:
        while block := answer.read(1 << 20):
            total.update(block)
            kept.write(block)
    return total.hexdigest()


def _install(name: str, kind: str, file: Path, unpacked: Path, prefix: Path) -> None:
    commands = prefix / "bin"
    commands.mkdir(parents=True, exist_ok=True)
    if not _unpack(file, unpacked):
        if kind != "command":
            sys.exit(f"{name}: an archive is expected.")
        unpacked.mkdir()
        shutil.move(file, unpacked / name)
    found = sorted((path for path in unpacked.rglob(name) if path.is_file()), key=lambda path: (path.parent.name != "bin", len(path.parts)))
    if not found:
        sys.exit(f"{name}: there is no file of that name in the archive.")
    if kind == "command":
        shutil.copy(found[0], commands / name)
        (commands / name).chmod(0o755)
    elif kind == "installer":
        subprocess.run([found[0].parents[1] / "install", "-i", prefix / "aws-cli", "-b", commands], check=True)
    else:
        place = prefix / next(unpacked.iterdir()).name
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(next(unpacked.iterdir()), place, symlinks=True)
        (commands / name).unlink(missing_ok=True)
        (commands / name).symlink_to(place / found[0].relative_to(next(unpacked.iterdir())))


def _unpack(file: Path, folder: Path) -> bool:
    """Whether it is an archive."""
    if tarfile.is_tarfile(file):
        with tarfile.open(file) as archive:
            archive.extractall(folder, filter="tar")
        return True
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                path = Path(archive.extract(member, folder))
                if path.is_file() and member.external_attr >> 16 & 0o111:
                    path.chmod(0o755)  # zipfile forgets it
        return True
    return False


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/local"))
