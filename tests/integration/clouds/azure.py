# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stand-in for Azure: public IP addresses of Azure Resource Manager, and Microsoft Entra ID's tokens, with TLS as the libraries demand.

Written from https://learn.microsoft.com/rest/api/virtualnetwork/public-ip-addresses (requests, answers, codes),
https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations,
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
import secrets
import ssl
import typing as t
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.serving import Asked, Json, Reply, StandIn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

SUBSCRIPTION = "00000000-0000-0000-0000-00000000000a"
TENANT = "00000000-0000-0000-0000-00000000000b"
CLIENT = "00000000-0000-0000-0000-00000000000c"
_ADDRESSES = r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.Network/publicIPAddresses(?:/([^/]+))?"
_PAGE = 2


class Azure(StandIn):
    """``url``: authority and management endpoint. ``addresses``: by ID. ``secret``, ``assertion``: what logs in. ``limit``: the quota."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(context)
        self.groups, self.regions = {"nodes"}, {"westeurope"}
        self.addresses: dict[str, Json] = {}
        self.secret, self.assertion = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        self.tokens: dict[str, str] = {}
        self.lacking: set[str] = set()
        self.limit, self.polls = 20, 2
        self._operations: dict[str, int] = {}
        self._count = 0

    def answer(self, asked: Asked) -> Reply:
        if asked.path.startswith(f"/{TENANT}/"):
            return self._login(asked)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return refusal(401, "InvalidAuthenticationToken", "The access token is invalid.")
        assert asked.query.get("api-version") or "operations" in asked.path
        operation = re.search(r"/locations/[^/]+/operations/([^/]+)$", asked.path)
        if operation:
            self._operations[operation[1]] -= 1
            return Reply(body={"status": "InProgress" if self._operations[operation[1]] > 0 else "Succeeded"})
        match = re.fullmatch(_ADDRESSES, asked.path)
        assert match, asked.path
        subscription, group, name = match.groups()
        if subscription != SUBSCRIPTION:
            return refusal(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")
        action = "Microsoft.Network/publicIPAddresses/" + {"GET": "read", "DELETE": "delete"}.get(asked.method, "write")
        if action in self.lacking:
            message = f"The client '{CLIENT}' with object id '1' does not have authorization to"
            return refusal(
                403, "AuthorizationFailed", f"{message} perform action '{action}' over scope '{asked.path}' or the scope is invalid."
            )
        if group not in self.groups:
            return refusal(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")
        return self._address(asked, name) if name else self._list(asked)

    def _login(self, asked: Asked) -> Reply:
        if asked.path.endswith("/.well-known/openid-configuration"):
            base = f"{self.url}/{TENANT}"
            return Reply(
                body={
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                    "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                    "issuer": f"{base}/v2.0",
                }
            )
        body = asked.body
        by_secret, by_assertion = body.get("client_secret") == self.secret, body.get("client_assertion") == self.assertion
        if body.get("client_id") != CLIENT or not (by_secret or by_assertion):
            return Reply(401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."})
        assert f"{self.url}/.default" in body["scope"]
        token = secrets.token_urlsafe(24)
        self.tokens[token] = "secret" if by_secret else "federated"
        return Reply(body={"token_type": "Bearer", "expires_in": 3599, "access_token": token})

    def _list(self, asked: Asked) -> Reply:
        items = [each for path, each in sorted(self.addresses.items()) if path.startswith(asked.path)]
        start = int(asked.query.get("$skiptoken") or 0)
        more = {"nextLink": f"{self.url}{asked.path}?api-version={asked.query['api-version']}&$skiptoken={start + _PAGE}"}
        return Reply(body={"value": items[start : start + _PAGE], **(more if start + _PAGE < len(items) else {})})

    def _address(self, asked: Asked, name: str) -> Reply:
        address = self.addresses.get(asked.path)
        if asked.method == "PUT":
            return self._put(asked, name)
        if address is None:
            missing = f"The Resource 'Microsoft.Network/publicIPAddresses/{name}' under resource group was not found."
            return Reply(204) if asked.method == "DELETE" else refusal(404, "ResourceNotFound", missing)
        if asked.method == "PATCH":
            address["tags"] = asked.body["tags"]
        if asked.method == "DELETE":
            if address["properties"].get("ipConfiguration"):
                return refusal(
                    400, "PublicIPAddressCannotBeDeleted", f"Public IP address {asked.path} can not be deleted since it is in use."
                )
            del self.addresses[asked.path]
            return Reply(202, headers=self._operation())
        return Reply(body=address)

    def _put(self, asked: Asked, name: str) -> Reply:
        body = asked.body
        if body["location"] not in self.regions:
            message = (
                f"The provided location '{body['location']}' is not available for resource type 'Microsoft.Network/publicIPAddresses'."
            )
            return refusal(400, "LocationNotAvailableForResourceType", message)
        if not re.fullmatch(r"[A-Za-z0-9_][\w.-]{0,78}\w|\w", name):
            return refusal(400, "InvalidResourceName", f"Resource name {name} is invalid.")
        new = asked.path not in self.addresses
        if new and len(self.addresses) >= self.limit:
            message = f"Cannot create more than {self.limit} public IP addresses for this subscription in this region."
            return refusal(400, "PublicIPCountLimitReached", message)
        address = self.add(name, **body) if new else self.addresses[asked.path] | {"tags": body["tags"]}
        self.addresses[asked.path] = address
        return Reply(
            201 if new else 200, {**address, "properties": {**address["properties"], "provisioningState": "Updating"}}, self._operation()
        )

    def add(self, name: str, **fields: t.Any) -> Json:
        """An address, as if somebody else had made it."""
        self._count += 1
        properties = {"publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4", **fields.pop("properties", {})}
        six = properties["publicIPAddressVersion"] == "IPv6"
        properties |= {"provisioningState": "Succeeded", "ipAddress": f"2001:db8::{self._count}" if six else f"198.51.100.{self._count}"}
        path = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/nodes/providers/Microsoft.Network/publicIPAddresses/{name}"
        base = {"name": name, "id": path, "location": "westeurope", "sku": {"name": "Standard"}}
        self.addresses[path] = {**base, **fields, "properties": properties}
        return self.addresses[path]

    def _operation(self) -> dict[str, str]:
        name = secrets.token_hex(8)
        self._operations[name] = self.polls
        place = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/locations/westeurope/operations/{name}"
        return {"Azure-AsyncOperation": f"{self.url}{place}?api-version=2024-05-01"}


def refusal(status: int, code: str, message: str) -> Reply:
    return Reply(status, {"error": {"code": code, "message": message}})


def certificate(folder: Path) -> tuple[Path, Path]:
    """Files for a server on loopback: what clients trust, and certificate with key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(tz=datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    usage = {each: each in ("digital_signature", "key_cert_sign") for each in _USAGES}
    pem = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    trusted, server = folder / "trusted.pem", folder / "server.pem"
    trusted.write_bytes(pem)
    server.write_bytes(pem + secret)
    return trusted, server


_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
