# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The collection awx.awx, installed on demand beside the local clusters' programs: out of the package ansible, which has it up to 12."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.cluster import cache_folder

_ANSIBLE = "ansible==12.3.0"
_COLLECTION = "ansible_collections/awx/awx/"


def awx_collection() -> Path:
    """The folder for ``ANSIBLE_COLLECTIONS_PATH``."""
    folder = cache_folder(dict(os.environ)) / f"awx-of-{_ANSIBLE.replace('==', '-')}"
    if folder.is_dir():
        return folder
    print("Downloading the collection awx.awx", flush=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        environment, wheels, whole = (Path(work, name) for name in ("environment", "wheels", "collections"))
        # That of the tests has no pip.
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        pip = (str(environment / "bin" / "python"), "-m", "pip", "download", "--quiet", "--disable-pip-version-check")
        subprocess.run([*pip, "--no-deps", "--dest", str(wheels), _ANSIBLE], check=True)
        with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
            wheel.extractall(whole, [name for name in wheel.namelist() if name.startswith(_COLLECTION)])
        if not folder.is_dir():
            whole.rename(folder)
    return folder
