# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A path and an address that nothing has, on any machine."""

from __future__ import annotations

import socket
from pathlib import Path

ABSENT = str(Path(__file__).parent / "absent")
"""In this folder, so that nobody else makes it."""

_taken = socket.socket()
_taken.bind(("127.0.0.1", 0))
NOBODY = f"127.0.0.1:{_taken.getsockname()[1]}"
"""Refuses connections as long as this process lives: the port is taken, and nobody listens on it."""
