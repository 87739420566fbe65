# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The step dns: which provider records a host name, and what the application gets of it.

Names that hold their address: https://sslip.io. ExternalDNS: https://kubernetes-sigs.github.io/external-dns/latest/docs/sources/ingress/
"""

from __future__ import annotations

import ipaddress

from ...errors import BootstrapError
from ...formats.json_object import Json
from ...run import Context
from ..static_ip.address import default_name
from . import records
from .clouddns import CloudDns
from .endpoints import NAME, Endpoints
from .name import DnsRecordResult, DnsRecordSpec, checked, version_of
from .route53 import Route53
from .verify import verify

_HOLDING = ("sslip.io", "nip.io")
_LAPTOPS = ("kind", "minikube", "docker-desktop", "kwok")
_CLOUDS = {"gcp": "clouddns", "aws": "route53"}


def provider_of(named: str, hostname: str | None, addresses: tuple[str, ...], facts: Json) -> str:
    """``named``: what the user says, ``auto`` for what follows from the host name and the facts. Raises where nothing does."""
    if named != "auto":
        return named
    provider = (facts.get("cloud") or {}).get("provider")
    if hostname and "." in hostname:
        name = hostname.lower().rstrip(".")
        if NAME.fullmatch(name):
            return "endpoints"
        if name.endswith(tuple(f".{each}" for each in _HOLDING)):
            return "sslip"
        if external_dns(facts):
            return "external_dns"
        if provider in _CLOUDS:
            return _CLOUDS[provider]
        raise BootstrapError(
            f"Nothing tells where {hostname} is to be recorded: the cluster runs on {provider or 'no cloud that is known'}, without "
            "ExternalDNS.",
            fix="Set provider (kubeflow_dns_provider) to clouddns or route53, or make the record yourself and leave this step out.",
        )
    if provider == "gcp" and (facts.get("cloud") or {}).get("account") and any(version_of(each) == 4 for each in addresses):
        return "endpoints"
    if addresses or _laptop(facts):
        return "sslip"
    raise BootstrapError(
        "Neither a host name is named, nor an address that one could be made of.",
        fix="Set hostname (kubeflow_dns_hostname), or reserve an address first (static_ip).",
    )


def host_of(provider: str, hostname: str | None, spec: Json, facts: Json) -> str:
    """The full host name. ``spec``: application, cluster, account, zone, addresses. Raises ``BootstrapError`` where it can't be told."""
    if hostname and "." in hostname.strip("."):
        return checked(hostname)
    if provider == "endpoints":
        account = spec["account"]
        if not account:
            raise BootstrapError("The project for a name of Cloud Endpoints is not known.", fix="Set account (kubeflow_dns_account).")
        domain, _colon, project = account.rpartition(":")
        label = hostname or default_name(spec["application"], spec["cluster"])
        return checked(f"{label}.endpoints.{project}{'.' + domain if domain else ''}.cloud.goog")
    if provider == "sslip":
        address = next((each for each in spec["addresses"] if version_of(each)), "127.0.0.1" if _laptop(facts) else None)
        if not address:
            raise BootstrapError(
                "The address that the name is to hold is not known.",
                fix="Set addresses (kubeflow_dns_addresses), or reserve one: static_ip.",
            )
        # A label neither begins nor ends with a dash, so that :: there is written out.
        text = address.replace(".", "-").replace(":", "-")
        text = f"{'0' if text.startswith('-') else ''}{text}{'0' if text.endswith('-') else ''}"
        return checked(f"{hostname + '.' if hostname else ''}{text}.{spec['zone'] or _HOLDING[0]}")
    if hostname and spec["zone"] and "." in spec["zone"].strip("."):
        return checked(f"{hostname}.{spec['zone']}")
    raise BootstrapError("No full host name is named.", fix="Set hostname (kubeflow_dns_hostname), such as kubeflow.example.com.")


def embedded_address(hostname: str) -> tuple[str, ...]:
    """The address that a name of sslip.io or the like holds: as the last labels before the domain, or as one with dashes."""
    labels = hostname.split(".")[:-2]
    last = labels[-1] if labels else ""
    # kubeflow-10-0-0-1 is 10.0.0.1 too.
    for text in (".".join(labels[-4:]), ".".join(last.split("-")[-4:]), last.replace("-", ":")):
        if version_of(text):
            return (str(ipaddress.ip_address(text)),)
    return ()


def _laptop(facts: Json) -> bool:
    """Whether the cluster is one whose ports are reached at the loopback address of the machine that it runs on."""
    distribution = (facts.get("cluster") or {}).get("distribution") or {}
    return distribution.get("name") in _LAPTOPS


def external_dns(facts: Json) -> Json | None:
    """The add-on as the facts have it, where it runs."""
    addons: list[Json] = (facts.get("cluster") or {}).get("addons") or []
    return next((each for each in addons if each.get("name") == "external-dns"), None)


def present(provider: str, spec: DnsRecordSpec, facts: Json, context: Context, check: Json) -> Json:
    """The module's result. ``check``: ``seconds`` to wait for the name, ``nameserver``, ``require``."""
    if provider == "external_dns":
        named, sure = _by_external_dns(spec, facts), False
    elif provider == "sslip":
        named, sure = _holding(spec), True
    else:
        if not spec.addresses:
            raise BootstrapError(
                f"The address that {spec.hostname} is to lead to is not known.",
                fix="Set addresses (kubeflow_dns_addresses), or reserve one: static_ip.",
            )
        named, sure = _made(provider, spec, context), True
    verified, verification = _verified(spec, named, sure, context, check)
    record = {
        "provider": provider,
        "hostname": spec.hostname,
        "zone": named.zone,
        "addresses": list(spec.addresses),
        "account": spec.account if provider in ("clouddns", "endpoints") else None,
        "made": named.made,
    }
    step = {
        "parameters": {"hostname": spec.hostname},
        "components": {},
        "reason": _reason(provider, spec, named),
        "record": {key: value for key, value in record.items() if value is not None},
    }
    return {**_result(provider, spec, named, step), "verified": verified, "verification": verification}


def foreseen(provider: str, hostname: str | None) -> Json:
    """The module's result in check mode, where the address is yet to be reserved."""
    message = f"{hostname or 'A host name that holds the address'} would lead to the address, once that is reserved."
    named = DnsRecordResult(True, provider != "sslip", message)
    parameters = {"hostname": hostname} if hostname else {}
    step = {
        "parameters": parameters,
        "components": {},
        "reason": message,
        "record": {"provider": provider, "made": named.made, **parameters},
    }
    spec = DnsRecordSpec("", "", hostname or "", ())
    return {**_result(provider, spec, named, step), "verified": None, "verification": None}


def absent(provider: str, spec: DnsRecordSpec, context: Context) -> Json:
    """The module's result after a removal."""
    if provider == "external_dns":
        named = DnsRecordResult(False, False, "ExternalDNS removes the record when the objects of the application are gone.")
    elif provider == "sslip":
        named = DnsRecordResult(False, False, f"Nothing was made for {spec.hostname}, so nothing is to be removed.")
    elif provider == "endpoints":
        named = Endpoints(spec, context.env, context.progress).absent(context)
    else:
        named = records.absent(_zone(provider, spec, context), spec, context)
    step: Json = {"parameters": {}, "components": {}, "reason": named.message, "record": {}}
    return {**_result(provider, spec, named, step), "verified": None, "verification": None}


def _zone(provider: str, spec: DnsRecordSpec, context: Context) -> records.Zone:
    kind = CloudDns if provider == "clouddns" else Route53
    return kind(spec, context.env, context.progress)


def _made(provider: str, spec: DnsRecordSpec, context: Context) -> DnsRecordResult:
    if provider == "endpoints":
        return Endpoints(spec, context.env, context.progress).present(context)
    return records.present(_zone(provider, spec, context), spec, context)


def _by_external_dns(spec: DnsRecordSpec, facts: Json) -> DnsRecordResult:
    addon = external_dns(facts)
    if addon is None:
        raise BootstrapError(
            "ExternalDNS is not seen in the cluster, so nobody would make the record.",
            fix="Install it, or set provider (kubeflow_dns_provider) to clouddns, route53 or endpoints.",
        )
    where = f" in the namespace {addon['namespace']}" if addon.get("namespace") else ""
    message = (
        f"ExternalDNS{where} makes the record of {spec.hostname} from the host of the Ingress or the HTTPRoute, once that is deployed."
    )
    return DnsRecordResult(False, False, message)


def _holding(spec: DnsRecordSpec) -> DnsRecordResult:
    holds = embedded_address(spec.hostname)
    if holds and not set(holds) & set(spec.addresses):
        raise BootstrapError(
            f"{spec.hostname} holds the address {holds[0]}, but {spec.target} is requested.",
            fix="Correct one of the two, or name no host.",
        )
    domain = next((each for each in _HOLDING if spec.hostname.endswith(f".{each}")), spec.zone)
    return DnsRecordResult(
        False, False, f"{spec.hostname} holds its address itself, which the name servers of {domain} read out of it.", domain
    )


def _verified(spec: DnsRecordSpec, named: DnsRecordResult, sure: bool, context: Context, check: Json) -> tuple[bool | None, str]:
    """``sure``: whether it is to lead to the address by now; otherwise one look is enough, and nothing is warned of."""
    if context.check and named.changed:
        return None, "It was not looked for, because nothing was done in check mode."
    if check["seconds"] <= 0 or not spec.addresses:
        return None, "It was not looked for."
    seconds = check["seconds"] if sure and named.changed | named.made and not context.check else 0.0
    verified, message = verify(spec.hostname, spec.addresses, seconds, check["nameserver"], context.progress)
    if verified or not sure:
        return verified or None, message
    fix = "Resolvers remember for some minutes that there was no such name; a zone is asked only if its domain is delegated to it."
    if check["require"] and not context.check:
        raise BootstrapError(message, fix=f"{fix} Run this again, or set require (kubeflow_dns_require) to false.", hostname=spec.hostname)
    context.warn(f"{message} {fix}")
    return False, message


def _reason(provider: str, spec: DnsRecordSpec, named: DnsRecordResult) -> str:
    """A name that is there says more than the sentence about how it came about: that would change from one run to the next."""
    if provider in ("external_dns", "sslip"):
        return named.message
    place = "Cloud Endpoints" if provider == "endpoints" else f"the zone {named.zone}"
    how = "was made for this application in" if named.made else "already existed, made by others, in"
    return f"{spec.hostname} leads to {spec.target}; it {how} {place}."


def _result(provider: str, spec: DnsRecordSpec, named: DnsRecordResult, step: Json) -> Json:
    return {
        "changed": named.changed,
        "provider": provider,
        "hostname": spec.hostname,
        "addresses": list(spec.addresses),
        "zone": named.zone,
        "made": named.made,
        "step": step,
        "said": named.message,
        "diff": {"before": named.before, "after": named.after},
    }
