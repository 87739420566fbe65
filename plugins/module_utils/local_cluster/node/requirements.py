# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The requirements of real nodes on their machine."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from ...errors import BootstrapError
from ..control_plane.control_plane import Home

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CNI = (Path("/usr/lib/cni"), Path("/opt/cni/bin"), Path("/usr/libexec/cni"))
RUNTIME = {
    "containerd": "containerd",
    "containerd-shim-runc-v2": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "ipset": "ipset",
    "nft": "nftables",
    "ip": "iproute2",
    "unshare": "util-linux",
    "nsenter": "util-linux",
}
"""Programs, and their packages in Debian and Ubuntu."""
IMAGES = {"mmdebstrap": "mmdebstrap", "npm": "npm"}
"""The same for building images."""
_CNI_PACKAGE = "containernetworking-plugins"
_HIDDEN = ("/var", "/run")
"""Folders that a node has of its own."""


def check(home: Home, env: Mapping[str, str]) -> None:
    """Raise ``BootstrapError`` where no real node can run; one message with all that is missing."""
    instead = "A profile with simulated nodes, such as kind, runs here."
    if platform.system() != "Linux":
        raise BootstrapError(f"Real nodes run on Linux alone, and this is {platform.system()}.", fix=instead)
    if os.geteuid() != 0:
        reason = f"they have networks, mounts and cgroups of their own, and this is user {os.geteuid()}"
        raise BootstrapError(f"Real nodes need root: {reason}.", fix=f"Run this as root (sudo make ..., or become). {instead}")
    if hidden := [each for each in _HIDDEN if home.folder.is_relative_to(each)]:
        reason = f"each node has a {hidden[0]} of its own"
        raise BootstrapError(f"A cluster with real nodes can't be in {home.folder}: {reason}.", fix="Name a cache_dir elsewhere.")
    present(RUNTIME, env, [] if cni_folder() else [_CNI_PACKAGE], "Real nodes")


def present(programs: Mapping[str, str], env: Mapping[str, str], packages: Iterable[str], who: str) -> None:
    """Raise ``BootstrapError`` unless all ``programs`` are installed; ``packages``: those that are missing for other reasons."""
    missing = {program: package for program, package in programs.items() if not find(program, env)}
    to_install = sorted({*missing.values(), *packages})
    if to_install:
        what = ", ".join([*missing, *(f"the plugins of {each}" for each in packages)])
        fix = f"Install them: apt-get install -y --no-install-recommends {' '.join(to_install)}"
        raise BootstrapError(f"{who} need programs that this machine does not have: {what}.", fix=fix)


def find(program: str, env: Mapping[str, str]) -> str | None:
    """The path of a program; those of the system are often not on a user's PATH."""
    return shutil.which(program, path=f"{env.get('PATH', '')}:{SYSTEM_PATH}")


def cni_folder() -> Path | None:
    return next((each for each in _CNI if (each / "ptp").exists() and (each / "host-local").exists()), None)
