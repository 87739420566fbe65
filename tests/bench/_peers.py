"""What the facts are measured against, installed on demand beside the local clusters' programs: nothing of it gets into .venv."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.cluster import cache_folder

# The collection kubernetes.core is only published at places that not everybody reaches; the package ansible has it too.
_ANSIBLE = "ansible==14.5.0"
_COLLECTION = "ansible_collections/kubernetes/core/"
_PACKAGES = ("kubernetes==37.0.2", "PyYAML", "jsonpatch")


class Peers:
    """``python``: an environment with ansible-core as in ours and the package kubernetes; ``collections``: with kubernetes.core."""

    def __init__(self, env: dict[str, str]) -> None:
        self.folder = cache_folder(env) / "bench-peers"
        self.collections = self.folder / "collections"
        self._venv = self.folder / "venv"
        self.python = self._venv / "bin" / "python"
        self.ansible_playbook = self._venv / "bin" / "ansible-playbook"

    def install(self) -> None:
        """Once; a marker tells that it was finished."""
        marker = self.folder / "complete"
        if marker.exists():
            return
        print("Installing the peers", file=sys.stderr, flush=True)
        _run(sys.executable, "-m", "venv", "--clear", str(self._venv))
        from ansible.release import __version__

        _run(str(self.python), "-m", "pip", "install", "--quiet", f"ansible-core=={__version__}", *_PACKAGES)
        wheels = self.folder / "wheels"
        _run(str(self.python), "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(wheels), _ANSIBLE)
        with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
            wheel.extractall(self.collections, [name for name in wheel.namelist() if name.startswith(_COLLECTION)])
        _run(str(self.python), "-m", "compileall", "-q", str(self._venv), str(self.collections))
        marker.touch()


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True)


def environment(peers: Peers, kubeconfig: Path) -> dict[str, str]:
    """For both Ansible and the Python client: the cluster, and the collections."""
    return {"KUBECONFIG": str(kubeconfig), "K8S_AUTH_KUBECONFIG": str(kubeconfig), "ANSIBLE_COLLECTIONS_PATH": str(peers.collections)}
