# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""URLs that users and their files name."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_usable(url: str) -> bool:
    """Whether a connection can be opened to it: it has a host and no impossible port, and no character that a request can't carry."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        return False


def without_login(url: str) -> str:
    """A URL as it may be shown."""
    scheme, mark, rest = url.partition("://")
    return f"{scheme}{mark}{rest.rsplit('@', 1)[-1]}"
