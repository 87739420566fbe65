# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Public IP addresses at Azure.

https://learn.microsoft.com/rest/api/virtualnetwork/public-ip-addresses,
https://learn.microsoft.com/python/api/overview/azure/identity-readme (credentials, ``AZURE_AUTHORITY_HOST``),
https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors (codes)
"""

from __future__ import annotations

import io
import json
import logging
import re
import typing as t
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from ...errors import BootstrapError, missing_library
from .address import Address, AddressSpec

Json = dict[str, t.Any]

_PUBLIC = "https://management.azure.com"
_KNOWN_AUTHORITIES = ("login.microsoftonline.com", "login.microsoftonline.us", "login.chinacloudapi.cn", "login.partner.microsoftonline.cn")


class Azure:
    provider = "azure"

    def __init__(self, wanted: AddressSpec, env: Mapping[str, str], say: Callable[[str], None]) -> None:
        lacking = [name for name in ("account", "resource_group", "region") if not getattr(wanted, name)]
        if lacking:
            raise BootstrapError(
                f"For an address at Azure these are not known: {', '.join(lacking)}.",
                fix=f"Set {', '.join(f'{name}' for name in lacking)} (account: the ID of the subscription).",
            )
        if wanted.scope == "global":
            raise BootstrapError("Public IP addresses of Azure are regional, but a global one is requested.", fix="Leave scope out.")
        if wanted.network_tier or wanted.subnetwork:
            raise BootstrapError("Azure knows neither network tiers nor subnetworks for public addresses.", fix="Leave them out.")
        self.wanted = wanted
        self._say = say
        self._addresses = _client(wanted, env).public_ip_addresses

    def find(self) -> Address | None:
        if self.wanted.address:
            listed = self._ask(lambda: list(self._addresses.list(self.wanted.resource_group)))
            found = next((each for each in listed or [] if each.ip_address == self.wanted.address), None)
        else:
            found = self._ask(lambda: self._addresses.get(self.wanted.resource_group, self.wanted.name))
        return self._address(found) if found else None

    def foreseen(self) -> Address:
        wanted = self.wanted
        return Address(
            self.provider,
            wanted.name,
            "",
            wanted.account,
            _region(wanted.region),
            "regional",
            wanted.ip_version,
            made=True,
            labels=wanted.all_labels,
        )

    def reserve(self) -> Address:
        wanted = self.wanted
        body = {
            "location": wanted.region,
            "sku": {"name": "Standard"},
            "tags": wanted.all_labels,
            "properties": {"publicIPAllocationMethod": "Static", "publicIPAddressVersion": f"IPv{wanted.ip_version}"},
        }
        return self._put(body)

    def _put(self, body: Json) -> Address:
        """A name is unique in its group, and writing the same twice makes one: so two runs at once make one."""
        wanted = self.wanted

        def write() -> t.Any:
            content = io.BytesIO(json.dumps(body).encode())
            poller = self._addresses.begin_create_or_update(wanted.resource_group, wanted.name, content, polling_interval=1)
            return _result(poller, wanted.seconds, f"Azure did not make the address {wanted.name}")

        found = self._ask(write)
        if found is None:
            raise BootstrapError(f"Azure has no resource group {wanted.resource_group}.", fix="Make it, or name another.")
        return self._address(found)

    def relabel(self, found: Address) -> Address:
        tags = json.dumps({"tags": {**found.labels, **self.wanted.all_labels}}).encode()
        changed = self._ask(lambda: self._addresses.update_tags(self.wanted.resource_group, found.name, io.BytesIO(tags)))
        return self._address(changed)

    def release(self, found: Address) -> None:
        def delete() -> t.Any:
            poller = self._addresses.begin_delete(self.wanted.resource_group, found.name, polling_interval=1)
            return _result(poller, self.wanted.seconds, f"Azure did not delete the address {found.name}")

        self._ask(delete)

    def _ask(self, question: Callable[[], t.Any]) -> t.Any:
        """``None`` where the address does not exist."""
        from azure.core.exceptions import (
            AzureError,
            ClientAuthenticationError,
            HttpResponseError,
        )

        try:
            return question()
        except HttpResponseError as error:
            code = str(getattr(error.error, "code", None) or "")
            if error.status_code == 404 and code in ("", "ResourceNotFound", "NotFound"):
                return None
            if isinstance(error, ClientAuthenticationError) and error.status_code != 403:
                raise _no_login(error) from None
            raise _explained(error, code, self.wanted) from None
        except (AzureError, ValueError) as error:
            raise BootstrapError(
                f"Azure's management API can't be reached ({type(error).__name__}).",
                fix="Check the network, HTTPS_PROXY and endpoint.",
            ) from None

    def _address(self, found: t.Any) -> Address:
        if _value(found.public_ip_allocation_method) != "static":
            raise BootstrapError(f"The address {found.name} is not static: Azure may change it.", fix="Make it static, or name another.")
        tags = dict(found.tags or {})
        users = [getattr(found, name, None) for name in ("ip_configuration", "nat_gateway")]
        return Address(
            provider=self.provider,
            name=found.name,
            address=found.ip_address or "",
            account=self.wanted.account,
            region=_region(found.location),
            scope="regional",
            ip_version=6 if _value(found.public_ip_address_version) == "ipv6" else 4,
            made=self.wanted.carries_marks(tags),
            id=found.id,
            labels=tags,
            users=tuple(str(user.id) for user in users if user is not None and user.id),
        )


def _value(given: t.Any) -> str:
    """What an enumeration of Azure's stands for, in small letters."""
    return str(getattr(given, "value", given)).lower()


def _region(location: str | None) -> str | None:
    """``westeurope`` of ``West Europe``: Azure takes both."""
    return location.replace(" ", "").lower() if location else None


def _client(wanted: AddressSpec, env: Mapping[str, str]) -> t.Any:
    try:
        from azure.identity import DefaultAzureCredential
        from azure.mgmt.network import NetworkManagementClient
    except ImportError:
        raise missing_library("To reserve an address at Azure", "azure-identity", "azure-mgmt-network") from None
    logging.getLogger("azure").addHandler(logging.NullHandler())  # its warnings would go to stderr
    authority = urlsplit(env.get("AZURE_AUTHORITY_HOST") or "https://" + _KNOWN_AUTHORITIES[0])
    endpoint = (wanted.endpoint or _PUBLIC).rstrip("/")
    try:
        # A private cloud's authority is none that the public one knows: it can't be asked whether that may be trusted.
        login = DefaultAzureCredential(disable_instance_discovery=(authority.hostname or authority.path) not in _KNOWN_AUTHORITIES)
        scopes = [f"{endpoint}/.default"]
        return NetworkManagementClient(login, wanted.account, base_url=endpoint, credential_scopes=scopes, retry_backoff_factor=0.5)
    except ValueError as error:
        raise BootstrapError(f"The login of Azure can't be used: {error}", fix="Check AZURE_AUTHORITY_HOST and endpoint.") from None


def _result(poller: t.Any, seconds: float, what: str) -> t.Any:
    result = poller.result(seconds)
    if not poller.done():
        raise BootstrapError(f"{what} within {seconds:.0f} s.", fix="Run this again: it resumes from there.")
    return result


def _no_login(error: Exception) -> BootstrapError:
    """azure-identity's own message is a page; what matters is why the first one that has credentials failed."""
    failed = re.search(r"(\w+Credential): Authentication failed: ([^\n]+)", str(error))
    # A long word may be a token that was quoted.
    why = f" {failed[1]}: " + re.sub(r"\S{40,}", "...", failed[2])[:200].rstrip(". ") + "." if failed else ""
    return BootstrapError(f"No credentials of Azure found, or Azure rejects them.{why}", fix="az login, or set AZURE_CLIENT_ID and so on.")


def _explained(error: t.Any, code: str, wanted: AddressSpec) -> BootstrapError:
    said = " ".join(str(getattr(error.error, "message", None) or error.message).split())[:400]
    if error.status_code == 403 or code == "AuthorizationFailed":
        action = re.search(r"action '([^']+)' over scope '([^']+)'", said)
        if action:
            message = f"The login of Azure may not do {action[1]} on {action[2]}."
            return BootstrapError(message, fix="Give it a role that may, such as Network Contributor.", code=code)
        return BootstrapError(f"Azure refuses it to this login: {said}", fix="Give it a role that may.", code=code)
    if code in ("PublicIPCountLimitReached", "PublicIpCountLimitReached", "StandardSkuPublicIPCountLimitReached"):
        limit = re.search(r"limit(?:ed to| of|:)? ?([0-9]+)|more than ([0-9]+)", said)
        most = f": its limit is {limit[1] or limit[2]}" if limit else ""
        message = f"The quota of public IP addresses is used up in the region {wanted.region}{most}."
        return BootstrapError(message, fix="Release what is not needed, or ask for more under Quotas in the portal.", code=code)
    if code == "ResourceGroupNotFound":
        return BootstrapError(f"Azure has no resource group {wanted.resource_group} in the subscription.", fix="Name another.", code=code)
    if code in ("SubscriptionNotFound", "InvalidSubscriptionId"):
        message = f"Azure has no subscription {wanted.account}, or this login may not see it."
        return BootstrapError(message, fix="Set account to the ID of another.", code=code)
    if code in ("LocationNotAvailableForResourceType", "NoRegisteredProviderFound", "InvalidLocation"):
        return BootstrapError(f"Azure has no region {wanted.region}: {said}", fix="Name another: az account list-locations", code=code)
    if "InUse" in code or code in ("PublicIPAddressCannotBeDeleted", "AnotherOperationInProgress"):
        return BootstrapError(f"The address {wanted.name} is in use: {said}", fix="Remove what uses it, then run this again.", code=code)
    return BootstrapError(f"Azure refuses it (HTTP {error.status_code}, {code or 'no code'}): {said}", code=code)
