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
from ...formats.json_object import Json
from .address import Address, AddressSpec

_PUBLIC = "https://management.azure.com"
_KNOWN_AUTHORITIES = ("login.microsoftonline.com", "login.microsoftonline.us", "login.chinacloudapi.cn", "login.partner.microsoftonline.cn")


class Azure:
    provider = "azure"

    def __init__(self, spec: AddressSpec, env: Mapping[str, str], say: Callable[[str], None]) -> None:
        lacking = [name for name in ("account", "resource_group", "region") if not getattr(spec, name)]
        if lacking:
            raise BootstrapError(
                f"For an address at Azure these are not known: {', '.join(lacking)}.",
                fix=f"Set {', '.join(f'{name}' for name in lacking)} (account: the ID of the subscription).",
            )
        if spec.scope == "global":
            raise BootstrapError("Public IP addresses of Azure are regional, but a global one is requested.", fix="Leave scope out.")
        if spec.network_tier or spec.subnetwork:
            raise BootstrapError("Azure knows neither network tiers nor subnetworks for public addresses.", fix="Leave them out.")
        self.spec = spec
        self._say = say
        self._addresses = _client(spec, env).public_ip_addresses

    def find(self) -> Address | None:
        if self.spec.address:
            listed = self._ask(lambda: list(self._addresses.list(self.spec.resource_group)))
            existing = next((each for each in listed or [] if each.ip_address == self.spec.address), None)
        else:
            existing = self._ask(lambda: self._addresses.get(self.spec.resource_group, self.spec.name))
        return self._address(existing) if existing else None

    def foreseen(self) -> Address:
        spec = self.spec
        return Address(
            self.provider,
            spec.name,
            "",
            spec.account,
            _region(spec.region),
            "regional",
            spec.ip_version,
            made=True,
            labels=spec.all_labels,
        )

    def reserve(self) -> Address:
        spec = self.spec
        body = {
            "location": spec.region,
            "sku": {"name": "Standard"},
            "tags": spec.all_labels,
            "properties": {"publicIPAllocationMethod": "Static", "publicIPAddressVersion": f"IPv{spec.ip_version}"},
        }
        return self._put(body)

    def _put(self, body: Json) -> Address:
        """A name is unique in its group, and writing the same twice makes one: so two runs at once make one."""
        spec = self.spec

        def write() -> t.Any:
            content = io.BytesIO(json.dumps(body).encode())
            poller = self._addresses.begin_create_or_update(spec.resource_group, spec.name, content, polling_interval=1)
            return _result(poller, spec.seconds, f"Azure did not make the address {spec.name}")

        existing = self._ask(write)
        if existing is None:
            raise BootstrapError(f"Azure has no resource group {spec.resource_group}.", fix="Make it, or name another.")
        return self._address(existing)

    def relabel(self, existing: Address) -> Address:
        tags = json.dumps({"tags": {**existing.labels, **self.spec.all_labels}}).encode()
        changed = self._ask(lambda: self._addresses.update_tags(self.spec.resource_group, existing.name, io.BytesIO(tags)))
        return self._address(changed)

    def release(self, existing: Address) -> None:
        def delete() -> t.Any:
            poller = self._addresses.begin_delete(self.spec.resource_group, existing.name, polling_interval=1)
            return _result(poller, self.spec.seconds, f"Azure did not delete the address {existing.name}")

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
            raise _explained(error, code, self.spec) from None
        except (AzureError, ValueError) as error:
            raise BootstrapError(
                f"Azure's management API can't be reached ({type(error).__name__}).",
                fix="Check the network, HTTPS_PROXY and endpoint.",
            ) from None

    def _address(self, existing: t.Any) -> Address:
        if _value(existing.public_ip_allocation_method) != "static":
            raise BootstrapError(f"The address {existing.name} is not static: Azure may change it.", fix="Make it static, or name another.")
        tags = dict(existing.tags or {})
        users = [getattr(existing, name, None) for name in ("ip_configuration", "nat_gateway")]
        return Address(
            provider=self.provider,
            name=existing.name,
            address=existing.ip_address or "",
            account=self.spec.account,
            region=_region(existing.location),
            scope="regional",
            ip_version=6 if _value(existing.public_ip_address_version) == "ipv6" else 4,
            made=self.spec.carries_marks(tags),
            id=existing.id,
            labels=tags,
            users=tuple(str(user.id) for user in users if user is not None and user.id),
        )


def _value(value: t.Any) -> str:
    """What an enumeration of Azure's stands for, in small letters."""
    return str(getattr(value, "value", value)).lower()


def _region(location: str | None) -> str | None:
    """``westeurope`` of ``West Europe``: Azure takes both."""
    return location.replace(" ", "").lower() if location else None


def _client(spec: AddressSpec, env: Mapping[str, str]) -> t.Any:
    try:
        from azure.identity import DefaultAzureCredential
        from azure.mgmt.network import NetworkManagementClient
    except ImportError:
        raise missing_library("To reserve an address at Azure", "azure-identity", "azure-mgmt-network") from None
    logging.getLogger("azure").addHandler(logging.NullHandler())  # its warnings would go to stderr
    authority = urlsplit(env.get("AZURE_AUTHORITY_HOST") or "https://" + _KNOWN_AUTHORITIES[0])
    endpoint = (spec.endpoint or _PUBLIC).rstrip("/")
    try:
        # A private cloud's authority is none that the public one knows: it can't be asked whether that may be trusted.
        login = DefaultAzureCredential(disable_instance_discovery=(authority.hostname or authority.path) not in _KNOWN_AUTHORITIES)
        scopes = [f"{endpoint}/.default"]
        return NetworkManagementClient(login, spec.account, base_url=endpoint, credential_scopes=scopes, retry_backoff_factor=0.5)
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


def _explained(error: t.Any, code: str, spec: AddressSpec) -> BootstrapError:
    detail = " ".join(str(getattr(error.error, "message", None) or error.message).split())[:400]
    if error.status_code == 403 or code == "AuthorizationFailed":
        action = re.search(r"action '([^']+)' over scope '([^']+)'", detail)
        if action:
            message = f"The login of Azure may not do {action[1]} on {action[2]}."
            return BootstrapError(message, fix="Give it a role that may, such as Network Contributor.", code=code)
        return BootstrapError(f"Azure refuses it to this login: {detail}", fix="Give it a role that may.", code=code)
    if code in ("PublicIPCountLimitReached", "PublicIpCountLimitReached", "StandardSkuPublicIPCountLimitReached"):
        limit = re.search(r"limit(?:ed to| of|:)? ?([0-9]+)|more than ([0-9]+)", detail)
        most = f": its limit is {limit[1] or limit[2]}" if limit else ""
        message = f"The quota of public IP addresses is used up in the region {spec.region}{most}."
        return BootstrapError(message, fix="Release what is not needed, or ask for more under Quotas in the portal.", code=code)
    if code == "ResourceGroupNotFound":
        return BootstrapError(f"Azure has no resource group {spec.resource_group} in the subscription.", fix="Name another.", code=code)
    if code in ("SubscriptionNotFound", "InvalidSubscriptionId"):
        message = f"Azure has no subscription {spec.account}, or this login may not see it."
        return BootstrapError(message, fix="Set account to the ID of another.", code=code)
    if code in ("LocationNotAvailableForResourceType", "NoRegisteredProviderFound", "InvalidLocation"):
        return BootstrapError(f"Azure has no region {spec.region}: {detail}", fix="Name another: az account list-locations", code=code)
    if "InUse" in code or code in ("PublicIPAddressCannotBeDeleted", "AnotherOperationInProgress"):
        return BootstrapError(f"The address {spec.name} is in use: {detail}", fix="Remove what uses it, then run this again.", code=code)
    return BootstrapError(f"Azure refuses it (HTTP {error.status_code}, {code or 'no code'}): {detail}", code=code)
