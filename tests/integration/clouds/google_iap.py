# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stand-in for what Google tells of Identity-Aware Proxy: whether it is enabled, and the backend services of Compute Engine.

Written from https://cloud.google.com/service-usage/docs/reference/rest/v1/services and
https://cloud.google.com/compute/docs/reference/rest/v1/backendServices.
"""

from __future__ import annotations

import re

from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.google import Google, refusal
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.serving import Asked, Json, Reply

NUMBER = "415104041262"


class IapGoogle(Google):
    """``services``: backend services by name. ``iap``: whether the API is enabled."""

    def __init__(self) -> None:
        super().__init__()
        self.services: dict[str, Json] = {}
        self.iap = True

    def add_service(self, name: str, number: str, guarded: bool = True) -> None:
        self.services[name] = {"kind": "compute#backendService", "name": name, "id": number, "iap": {"enabled": guarded}}

    def answer(self, asked: Asked) -> Reply:
        usage = re.fullmatch(r"/v1/projects/([^/]+)/services/iap\.googleapis\.com", asked.path)
        match = re.fullmatch(r"/compute/v1/projects/([^/]+)/global/backendServices/([^/]+)", asked.path)
        if not usage and not match:
            return super().answer(asked)
        assert asked.headers.get("authorization", "").removeprefix("Bearer ") in self.tokens
        if usage:
            name = f"projects/{NUMBER}/services/iap.googleapis.com"
            state = "ENABLED" if self.iap else "DISABLED"
            return Reply(body={"name": name, "parent": f"projects/{NUMBER}", "config": {"name": "iap.googleapis.com"}, "state": state})
        assert match
        service = self.services.get(match[2])
        return Reply(body=service) if service else refusal(404, "notFound", f"The resource '{asked.path}' was not found")
