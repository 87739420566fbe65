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
from .address import Address, AddressSpec, until

Json = dict[str, t.Any]


class Google:
    provider = "google"

    def __init__(self, wanted: AddressSpec, env: Mapping[str, str], say: Callable[[str], None]) -> None:
        if not wanted.account:
            raise BootstrapError("The project of Google Cloud is not known.", fix="Set account to the project's ID.")
        if wanted.scope == "regional" and not wanted.region:
            raise BootstrapError("A regional address needs a region, and none is known.", fix="Set region.")
        if wanted.scope != "regional" and wanted.network_tier == "STANDARD":
            raise BootstrapError(
                "A global address is always in the network tier PREMIUM, but STANDARD is requested.",
                fix="Set scope to regional, or leave the tier out.",
            )
        if wanted.scope == "regional" and wanted.ip_version == 6 and not wanted.subnetwork:
            raise BootstrapError("A regional IPv6 address comes from a subnetwork, and none is named.", fix="Set subnetwork.")
        self.wanted = wanted
        self._api = GoogleApi(env, "compute", say=say)

    def _parent(self, scope: str) -> str:
        region = "global" if scope == "global" else f"regions/{self.wanted.region}"
        return f"projects/{self.wanted.account}/{region}/addresses"

    def _scopes(self) -> list[str]:
        """Where to look: a name may be found in both places, and then the global one counts."""
        if self.wanted.scope != "auto":
            return [self.wanted.scope]
        return ["global", "regional"] if self.wanted.region else ["global"]

    @property
    def _scope(self) -> str:
        return "regional" if self.wanted.scope == "regional" else "global"

    def find(self) -> Address | None:
        for scope in self._scopes():
            found = self._find(scope)
            if found is not None:
                return self._address(found, scope)
        return None

    def _find(self, scope: str) -> Json | None:
        if not self.wanted.address:
            found = self._api.find(f"{self._parent(scope)}/{self.wanted.name}")
            if found and found.get("status") == "RESERVING":
                return self._reserved(scope)
            return found
        same = f'address = "{self.wanted.address}"'
        listed = self._api.pages(self._parent(scope), {"filter": same})
        return next((each for each in listed if each.get("address") == self.wanted.address), None)

    def foreseen(self) -> Address:
        tier = self.wanted.network_tier or "PREMIUM"
        region = self.wanted.region if self._scope == "regional" else None
        return Address(
            self.provider,
            self.wanted.name,
            "",
            self.wanted.account,
            region,
            self._scope,
            self.wanted.ip_version,
            made=True,
            network_tier=tier,
            labels=self.wanted.all_labels,
        )

    def reserve(self) -> Address:
        wanted, scope = self.wanted, self._scope
        body: Json = {
            "name": wanted.name,
            "description": _description(wanted),
            "addressType": "EXTERNAL",
            "ipVersion": f"IPV{wanted.ip_version}",
        }
        if wanted.network_tier:
            body["networkTier"] = wanted.network_tier
        if scope == "regional" and wanted.ip_version == 6:
            body |= {
                "ipv6EndpointType": "NETLB",
                "subnetwork": f"projects/{wanted.account}/regions/{wanted.region}/subnetworks/{wanted.subnetwork}",
            }
        try:
            operation = self._api.request("POST", self._parent(scope), body, {"requestId": str(uuid.uuid4())})
            self._api.wait(operation, wanted.seconds)
        except GoogleError as error:
            # Another run was faster, or a repeated request met the first one.
            if error.reason not in ("alreadyExists", "RESOURCE_ALREADY_EXISTS"):
                raise
        found = self._address(self._reserved(scope), scope)
        return self.relabel(found) if found.made else found

    def _reserved(self, scope: str) -> Json:
        path = f"{self._parent(scope)}/{self.wanted.name}"

        def ready() -> Json | None:
            found = self._api.find(path)
            return found if found and found.get("status") != "RESERVING" else None

        return t.cast(Json, until(ready, self.wanted.seconds, f"Google did not reserve {path}"))

    def relabel(self, found: Address) -> Address:
        scope, path = found.scope, str(found.id)
        for attempt in range(5):
            current = self._api.request("GET", path)
            labels = {**(current.get("labels") or {}), **self.wanted.all_labels}
            if labels == (current.get("labels") or {}):
                return self._address(current, scope)
            body = {"labels": labels, "labelFingerprint": current.get("labelFingerprint", "")}
            try:
                self._api.wait(self._api.request("POST", f"{path}/setLabels", body, repeat=True), self.wanted.seconds)
            except GoogleError as error:
                # Another run set labels between our reading and writing.
                if error.status != 412 or attempt == 4:
                    raise
        return self._address(self._api.request("GET", path), scope)

    def release(self, found: Address) -> None:
        try:
            operation = self._api.request("DELETE", str(found.id), params={"requestId": str(uuid.uuid4())})
            self._api.wait(operation, self.wanted.seconds)
        except GoogleError as error:
            if error.status != 404 or error.reason != "notFound":
                raise

    def _address(self, found: Json, scope: str) -> Address:
        if found.get("addressType") == "INTERNAL":
            raise BootstrapError(
                f"{found['name']} ({found.get('address')}) is an internal address, which the internet does not reach.", fix="Name another."
            )
        labels = dict(found.get("labels") or {})
        # Marks in the labels are somebody's last word; the description counts where there are none yet.
        made = self.wanted.carries_marks(labels) or (found.get("description") == _description(self.wanted) and "managed-by" not in labels)
        return Address(
            provider=self.provider,
            name=str(found["name"]),
            address=str(found.get("address") or ""),
            account=self.wanted.account,
            region=str(found["region"]).rsplit("/", 1)[-1] if found.get("region") else None,
            scope=scope,
            ip_version=6 if found.get("ipVersion") == "IPV6" or ":" in str(found.get("address")) else 4,
            made=made,
            id=f"{self._parent(scope)}/{found['name']}",
            network_tier=found.get("networkTier"),
            labels=labels,
            users=tuple(_short(user) for user in found.get("users") or []),
        )


def _description(wanted: AddressSpec) -> str:
    return " ".join(f"{key}={value}" for key, value in wanted.marks.items())


def _short(link: str) -> str:
    return link[link.index("projects/") :] if "projects/" in link else link
