# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The step static_ip: through a cloud's API, or by an object that a controller in the cluster turns into an address.

The controllers' kinds:
https://cloud.google.com/config-connector/docs/reference/resource-docs/compute/computeaddress,
https://aws-controllers-k8s.github.io/community/reference/ec2/v1alpha1/elasticipaddress/,
https://azure.github.io/azure-service-operator/reference/network/
"""

from __future__ import annotations

import dataclasses

from ...errors import BootstrapError
from ...formats.json_object import Json
from ...run import Context
from .address import Address, AddressSpec, Cloud, absent, label_value, present
from .aws import Aws
from .azure import Azure
from .google import Google

COMPONENT = "address"
_CLOUDS = {"gcp": "google", "aws": "aws", "azure": "azure"}
_KINDS = {
    "google": ("compute.cnrm.cloud.google.com", "ComputeAddress", "Config Connector"),
    "aws": ("ec2.services.k8s.aws", "ElasticIPAddress", "AWS Controllers for Kubernetes (ACK)"),
    "azure": ("network.azure.com", "PublicIPAddress", "Azure Service Operator"),
}


def provider_of(named: str, cloud: Json) -> str:
    """``named``: what the user says, ``auto`` for what the facts say. Raises where neither names one."""
    if named != "auto":
        return named
    known = _CLOUDS.get(str(cloud.get("provider")))
    if not known:
        where = f"the cluster runs on {cloud['provider']}" if cloud.get("provider") else "the facts name no cloud"
        raise BootstrapError(
            f"Addresses are reserved at Google Cloud, AWS and Azure; {where}.", fix="Set provider, or leave this step out."
        )
    return known


def connect(provider: str, spec: AddressSpec, context: Context) -> Cloud:
    """Log in. Raises ``BootstrapError``."""
    say = context.progress
    if provider == "google":
        return Google(spec, context.env, say)
    return Aws(spec, context.env, say) if provider == "aws" else Azure(spec, context.env, say)


def reserved(provider: str, spec: AddressSpec, context: Context) -> Json:
    """The module's result for an address that the cloud's API gives."""
    changed, before, now, message = present(connect(provider, spec, context), context)
    value = now.name if provider == "google" else now.address
    record = {
        "provider": provider,
        "by": "cloud",
        **{key: getattr(now, key) for key in ("name", "address", "account", "region", "scope", "ip_version", "id", "made")},
        **({"resource_group": spec.resource_group} if provider == "azure" else {}),
        **({"allocation_id": now.id} if provider == "aws" else {}),
    }
    # A known address says more than the sentence about how it came about: that would change from one run to the next.
    reason = f"{_where(now)} {'was reserved for this application' if now.made else 'already existed, made by others'}."
    step = {"parameters": {"ipName": value} if value else {}, "components": {}, "reason": reason, "record": record}
    return {"changed": changed, "address": now.document, "step": step, "said": message, "diff": _diff(before, now)}


def released(provider: str, spec: AddressSpec, context: Context) -> Json:
    """The module's result for an address that is given back."""
    changed, before, message = absent(connect(provider, spec, context), context)
    after = None if changed else before
    step: Json = {"parameters": {}, "components": {}, "reason": message, "record": {}}
    return {"changed": changed, "address": after.document if after else None, "step": step, "said": message, "diff": _diff(before, after)}


def declared(provider: str, spec: AddressSpec, apis: Json, state: str) -> Json:
    """The module's result where a controller makes the address: nothing is asked of the cloud, the object comes with the application."""
    group, kind, controller = _KINDS[provider]
    if state == "absent":
        message = f"The address goes with the application: {controller} releases it when its {kind} is removed."
        return _result({}, {}, message, {})
    version = served(apis, group, kind)
    if version is None:
        raise BootstrapError(
            f"The cluster does not serve {kind} of {group}, so no controller makes an address.",
            fix=f"Install {controller}, or set by to cloud.",
        )
    if spec.address:
        raise BootstrapError("An existing address needs no controller.", fix="Set by to cloud, or leave address out.")
    regional = provider != "google" or spec.scope == "regional"
    if (regional and provider != "aws" and not spec.region) or (provider == "azure" and not spec.resource_group):
        raise BootstrapError("The region of the address is not known.", fix="Set region, at Azure resource_group too.")
    if provider == "aws" and spec.ip_version != 4:
        raise BootstrapError("AWS reserves IPv4 addresses only (Elastic IP).", fix="Set ip_version to 4.")
    parameters = {
        "addressProvider": provider,
        "addressName": spec.name,
        "addressApiVersion": version,
        "addressIpVersion": spec.ip_version,
        # Before the cluster is there as an object, its labels hold nothing of its own: label_value is what the cloud would make of them.
        "addressLabels": {key: label_value(value) if provider == "google" else value for key, value in spec.all_labels.items()},
    }
    if provider != "aws":
        parameters["addressLocation"] = spec.region if regional else "global"
    if provider == "google":
        parameters["ipName"] = spec.name
        parameters |= {"addressNetworkTier": spec.network_tier} if spec.network_tier else {}
        parameters |= {"addressProject": spec.account} if spec.account else {}
    if provider == "azure":
        group_id = f"/subscriptions/{spec.account}/resourceGroups/{spec.resource_group}"
        parameters["addressOwner"] = group_id if spec.account else spec.resource_group
    later = "" if provider == "google" else " What it is, is known when that has happened."
    reason = f"{controller} in the cluster reserves the address {spec.name}, as the application declares it.{later}"
    record = {
        "provider": provider,
        "by": "controller",
        "name": spec.name,
        "account": spec.account,
        "region": spec.region,
        "made": True,
    }
    return _result(parameters, {COMPONENT: {"prototype": "address"}}, reason, record)


def served(apis: Json, group: str, kind: str) -> str | None:
    """The newest version of the group that serves the kind. ``apis``: as in ``facts.cluster.apis``."""
    versions = [name for name, kinds in apis.items() if name.startswith(f"{group}/") and kind in kinds and "storage" not in name]
    return max(versions, key=lambda name: name.rsplit("/", 1)[-1].removeprefix("v1api").removeprefix("v")) if versions else None


def _result(parameters: Json, components: Json, message: str, record: Json) -> Json:
    step = {"parameters": parameters, "components": components, "reason": message, "record": record}
    return {"changed": False, "address": None, "step": step, "said": message, "diff": {"before": "", "after": ""}}


def _where(address: Address) -> str:
    place = f" in {address.region}" if address.region else ""
    known = f" ({address.address})" if address.address else ""
    return f"The {address.scope} address {address.name}{known}{place}"


def _diff(before: Address | None, after: Address | None) -> Json:
    def shown(address: Address | None) -> Json:
        return {key: value for key, value in dataclasses.asdict(address).items() if key != "users"} if address else {}

    return {"before": shown(before), "after": shown(after)}
