# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Addresses at Google Cloud.

https://cloud.google.com/compute/docs/reference/rest/v1/addresses and .../globalAddresses. Labels can't be given when an address is
made, only afterwards (``setLabels``), so the marks stand in the description too, which comes with the address and never changes.
"""

from __future__ import annotations

import typing as t
import uuid
from collections.abc import Callable, Mapping

from ...cloud.google_api import GoogleApi
from ...cloud.google_errors import GoogleError
from ...errors import BootstrapError
from ...formats.json_object import Json
from .address import Address, AddressSpec, until


class Google:
    provider = "google"

    def __init__(self, spec: AddressSpec, env: Mapping[str, str], say: Callable[[str], None]) -> None:
        if not spec.account:
            raise BootstrapError("The project of Google Cloud is not known.", fix="Set account to the project's ID.")
        if spec.scope == "regional" and not spec.region:
            raise BootstrapError("A regional address needs a region, and none is known.", fix="Set region.")
        if spec.scope != "regional" and spec.network_tier == "STANDARD":
            raise BootstrapError(
                "A global address is always in the network tier PREMIUM, but STANDARD is requested.",
                fix="Set scope to regional, or leave the tier out.",
            )
        if spec.scope == "regional" and spec.ip_version == 6 and not spec.subnetwork:
            raise BootstrapError("A regional IPv6 address comes from a subnetwork, and none is named.", fix="Set subnetwork.")
        self.spec = spec
        self._api = GoogleApi(env, "compute", say=say)

    def _parent(self, scope: str) -> str:
        region = "global" if scope == "global" else f"regions/{self.spec.region}"
        return f"projects/{self.spec.account}/{region}/addresses"

    def _scopes(self) -> list[str]:
        """Where to look: a name may be found in both places, and then the global one counts."""
        if self.spec.scope != "auto":
            return [self.spec.scope]
        return ["global", "regional"] if self.spec.region else ["global"]

    @property
    def _scope(self) -> str:
        return "regional" if self.spec.scope == "regional" else "global"

    def find(self) -> Address | None:
        for scope in self._scopes():
            existing = self._find(scope)
            if existing is not None:
                return self._address(existing, scope)
        return None

    def _find(self, scope: str) -> Json | None:
        if not self.spec.address:
            existing = self._api.find(f"{self._parent(scope)}/{self.spec.name}")
            if existing and existing.get("status") == "RESERVING":
                return self._reserved(scope)
            return existing
        same = f'address = "{self.spec.address}"'
        listed = self._api.pages(self._parent(scope), {"filter": same})
        return next((each for each in listed if each.get("address") == self.spec.address), None)

    def foreseen(self) -> Address:
        tier = self.spec.network_tier or "PREMIUM"
        region = self.spec.region if self._scope == "regional" else None
        return Address(
            self.provider,
            self.spec.name,
            "",
            self.spec.account,
            region,
            self._scope,
            self.spec.ip_version,
            made=True,
            network_tier=tier,
            labels=self.spec.all_labels,
        )

    def reserve(self) -> Address:
        spec, scope = self.spec, self._scope
        body: Json = {
            "name": spec.name,
            "description": _description(spec),
            "addressType": "EXTERNAL",
            "ipVersion": f"IPV{spec.ip_version}",
        }
        if spec.network_tier:
            body["networkTier"] = spec.network_tier
        if scope == "regional" and spec.ip_version == 6:
            body |= {
                "ipv6EndpointType": "NETLB",
                "subnetwork": f"projects/{spec.account}/regions/{spec.region}/subnetworks/{spec.subnetwork}",
            }
        try:
            operation = self._api.request("POST", self._parent(scope), body, {"requestId": str(uuid.uuid4())})
            self._api.wait(operation, spec.seconds)
        except GoogleError as error:
            # Another run was faster, or a repeated request met the first one.
            if error.reason not in ("alreadyExists", "RESOURCE_ALREADY_EXISTS"):
                raise
        existing = self._address(self._reserved(scope), scope)
        return self.relabel(existing) if existing.made else existing

    def _reserved(self, scope: str) -> Json:
        path = f"{self._parent(scope)}/{self.spec.name}"

        def ready() -> Json | None:
            existing = self._api.find(path)
            return existing if existing and existing.get("status") != "RESERVING" else None

        return t.cast(Json, until(ready, self.spec.seconds, f"Google did not reserve {path}"))

    def relabel(self, existing: Address) -> Address:
        scope, path = existing.scope, str(existing.id)
        for attempt in range(5):
            current = self._api.request("GET", path)
            labels = {**(current.get("labels") or {}), **self.spec.all_labels}
            if labels == (current.get("labels") or {}):
                return self._address(current, scope)
            body = {"labels": labels, "labelFingerprint": current.get("labelFingerprint", "")}
            try:
                self._api.wait(self._api.request("POST", f"{path}/setLabels", body, repeat=True), self.spec.seconds)
            except GoogleError as error:
                # Another run set labels between our reading and writing.
                if error.status != 412 or attempt == 4:
                    raise
        return self._address(self._api.request("GET", path), scope)

    def release(self, existing: Address) -> None:
        try:
            operation = self._api.request("DELETE", str(existing.id), params={"requestId": str(uuid.uuid4())})
            self._api.wait(operation, self.spec.seconds)
        except GoogleError as error:
            if error.status != 404 or error.reason != "notFound":
                raise

    def _address(self, existing: Json, scope: str) -> Address:
        if existing.get("addressType") == "INTERNAL":
            raise BootstrapError(
                f"{existing['name']} ({existing.get('address')}) is an internal address, which the internet does not reach.",
                fix="Name another.",
            )
        labels = dict(existing.get("labels") or {})
        # Marks in the labels are somebody's last word; the description counts where there are none yet.
        made = self.spec.carries_marks(labels) or (existing.get("description") == _description(self.spec) and "managed-by" not in labels)
        return Address(
            provider=self.provider,
            name=str(existing["name"]),
            address=str(existing.get("address") or ""),
            account=self.spec.account,
            region=str(existing["region"]).rsplit("/", 1)[-1] if existing.get("region") else None,
            scope=scope,
            ip_version=6 if existing.get("ipVersion") == "IPV6" or ":" in str(existing.get("address")) else 4,
            made=made,
            id=f"{self._parent(scope)}/{existing['name']}",
            network_tier=existing.get("networkTier"),
            labels=labels,
            users=tuple(_short(user) for user in existing.get("users") or []),
        )


def _description(spec: AddressSpec) -> str:
    return " ".join(f"{key}={value}" for key, value in spec.marks.items())


def _short(link: str) -> str:
    return link[link.index("projects/") :] if "projects/" in link else link
