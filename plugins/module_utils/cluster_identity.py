# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which cluster answers: the UID of its namespace ``kube-system``. Private to the collection."""

from __future__ import annotations

import typing as t

from .api import ApiError, Client

Json = dict[str, t.Any]

SYSTEM = "/api/v1/namespaces/kube-system"


def uid_of(client: Client) -> str | None:
    """The UID; ``None`` where the user may not get the namespace."""
    try:
        return str(client.get(SYSTEM)["metadata"]["uid"])
    except ApiError as error:
        if error.code != 403:
            raise
        return None
