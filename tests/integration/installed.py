# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs in Python that drag in more than the tests' own environment should have."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.cluster import cache_folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane.locks import locked


def installed(package: str, *more: str) -> Path:
    """The Python that has it (``name==version``): installed on demand, in an environment of its own beside the local clusters' programs."""
    folder = cache_folder(dict(os.environ)) / package.replace("==", "-")
    python = folder / "bin" / "python"
    with locked(folder.with_name(f"{folder.name}.lock"), lambda: print(f"Waiting for another installation of {package}")):
        if not (folder / "complete").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package, *more], check=True)
            (folder / "complete").touch()
    return python
