# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of images: which part is the host of a registry.

Source: https://github.com/distribution/reference (normalize.go).
"""

from __future__ import annotations

DOCKER_HUB = "docker.io"


def split(image: str) -> tuple[str | None, str]:
    """The host of the registry and the path there; no host where the first part has no dot and no port."""
    first, slash, path = image.partition("/")
    return (first, path) if slash and (first == "localhost" or "." in first or ":" in first) else (None, image)


def qualified(image: str) -> tuple[str, str]:
    """As ``split``, where a name without a host is one of Docker Hub: ``busybox`` is ``docker.io`` and ``library/busybox``."""
    host, path = split(image)
    return (host, path) if host else (DOCKER_HUB, path if "/" in path else f"library/{path}")
