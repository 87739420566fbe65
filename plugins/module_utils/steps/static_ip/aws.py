# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Elastic IP addresses at AWS.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AllocateAddress.html, .../API_DescribeAddresses.html,
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping

from ...cloud.aws_api import AwsApi
from ...errors import BootstrapError
from ...formats.json_object import Json
from .address import Address, AddressSpec

_SETTLE_SECONDS = 2.0
"""EC2 knows no unique names. So after allocating one waits this long, and by then sees whatever another run was allocating."""
_CREATED = "kubeflow-reserved-at"


class Aws:
    provider = "aws"

    def __init__(self, spec: AddressSpec, env: Mapping[str, str], say: Callable[[str], None]) -> None:
        if spec.ip_version != 4:
            raise BootstrapError("AWS reserves IPv4 addresses only (Elastic IP).", fix="Set ip_version to 4.")
        if spec.scope == "global":
            raise BootstrapError("Addresses of AWS are regional, but a global one is requested.", fix="Leave scope out.")
        if spec.network_tier or spec.subnetwork:
            raise BootstrapError("AWS knows neither network tiers nor subnetworks for addresses.", fix="Leave them out.")
        self.spec = spec
        self._say = say
        self._looked = 0.0
        self._ec2 = AwsApi("ec2", "EC2", "To reserve an address at AWS", self._explained, region=spec.region)
        self.region = self._ec2.region

    def find(self) -> Address | None:
        self._looked = time.monotonic()
        existing = self._ours_or_named()
        return self._address(existing[0]) if existing else None

    def _ours_or_named(self) -> list[Json]:
        """By allocation ID or address if one is named; else by our marks and the name, the oldest first; else by the name alone."""
        spec = self.spec
        if spec.address:
            return self._describe({"public-ip": spec.address})
        if spec.name.startswith("eipalloc-"):
            return self._describe({"allocation-id": spec.name})
        named = self._describe({"tag:Name": spec.name})
        ours = [each for each in named if spec.carries_marks(_tags(each))]
        if len(ours) > 1:
            self._say(f"{len(ours)} addresses carry the marks of this application; the oldest is used")
        return sorted(ours, key=_age) or (named if spec.named else [])

    def _describe(self, filters: dict[str, str]) -> list[Json]:
        named = [{"Name": name, "Values": [value]} for name, value in filters.items()]
        return list(self._ec2.ask("describe_addresses", Filters=named)["Addresses"])

    def foreseen(self) -> Address:
        tags = {"Name": self.spec.name, **self.spec.all_labels}
        return Address(self.provider, self.spec.name, "", self.spec.account, self.region, "regional", 4, made=True, labels=tags)

    def reserve(self) -> Address:
        if self.spec.name.startswith("eipalloc-"):
            raise BootstrapError(f"There is no Elastic IP {self.spec.name} in the region {self.region}.", fix="Name another, or none.")
        tags = {"Name": self.spec.name, **self.spec.all_labels, _CREATED: f"{time.time():.3f}"}
        specification = [{"ResourceType": "elastic-ip", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]
        allocated = self._ec2.ask("allocate_address", Domain="vpc", TagSpecifications=specification)["AllocationId"]
        slow = time.monotonic() - self._looked > _SETTLE_SECONDS / 2
        time.sleep(_SETTLE_SECONDS)
        ours = self._ours_or_named()
        others = [each for each in ours if each["AllocationId"] != allocated]
        # All runs that allocated at once see the same addresses now, and agree on the oldest. One that was slow gives way to all.
        if others and (slow or ours[0]["AllocationId"] != allocated):
            self._say("another run reserved an address at the same moment; that one is used")
            self._ec2.ask("release_address", AllocationId=allocated)
            return self._address(others[0])
        own = next((each for each in ours if each["AllocationId"] == allocated), None)
        return self._address(own or self._describe({"allocation-id": allocated})[0])

    def relabel(self, existing: Address) -> Address:
        tags = [{"Key": key, "Value": value} for key, value in self.spec.all_labels.items()]
        self._ec2.ask("create_tags", Resources=[existing.id], Tags=tags)
        return self._address(self._describe({"allocation-id": str(existing.id)})[0])

    def release(self, existing: Address) -> None:
        try:
            self._ec2.ask("release_address", AllocationId=existing.id)
        except BootstrapError as error:
            if error.details.get("code") != "InvalidAllocationID.NotFound":
                raise

    def _explained(self, code: str, message: str) -> BootstrapError | None:
        """What only EC2 answers."""
        region = self._ec2.region
        if code == "AddressLimitExceeded":
            return BootstrapError(
                f"The quota of Elastic IP addresses of the account is used up in the region {region} (5 unless raised): {message}",
                fix="Release what is not needed, or ask for more in Service Quotas: EC2-VPC Elastic IPs.",
                code=code,
            )
        if code == "OptInRequired":
            fix = "Enable it in the account, or name another."
            return BootstrapError(f"The account has not enabled the region {region}.", fix=fix, code=code)
        if code == "InvalidIPAddress.InUse":
            return BootstrapError(f"The address is in use: {message}", fix="Remove what uses it, then run this again.", code=code)
        return None

    def _address(self, existing: Json) -> Address:
        tags = _tags(existing)
        used = [existing.get(key) for key in ("InstanceId", "NetworkInterfaceId", "AssociationId")]
        return Address(
            provider=self.provider,
            name=tags.get("Name") or existing["AllocationId"],
            address=existing["PublicIp"],
            account=self.spec.account,
            region=self.region,
            scope="regional",
            ip_version=4,
            made=self.spec.carries_marks(tags),
            id=existing["AllocationId"],
            labels=tags,
            users=tuple(str(each) for each in used if each),
        )


def _tags(existing: Json) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in existing.get("Tags") or []}


def _age(existing: Json) -> tuple[float, str]:
    text = _tags(existing).get(_CREATED, "")
    return (float(text) if re.fullmatch(r"[0-9]+\.[0-9]+", text) else 0.0, existing["AllocationId"])
