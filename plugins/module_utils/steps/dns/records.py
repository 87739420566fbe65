# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records of a DNS zone: made, changed and removed together with the mark of their owner.

The mark is a TXT record of its own, ``_kubeflow-bootstrap.<name>``, as ExternalDNS keeps one
(https://kubernetes-sigs.github.io/external-dns/latest/docs/registry/txt/). Records and mark are one change, which a cloud carries out as
a whole, so that there is never one without the other.
"""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass, field

from ...errors import BootstrapError
from ...formats.json_object import Json
from ...run import Context
from ..static_ip.address import MANAGER
from .name import DnsRecordResult, DnsRecordSpec, version_of, whose

Z = t.TypeVar("Z")

_LEADING = ("A", "AAAA", "CNAME")
_TRIES = 3


class Conflict(BootstrapError):
    """Somebody else changed the zone between reading and writing."""


@dataclass(frozen=True)
class Record:
    """A record set. ``name`` without a dot at its end; ``values`` sorted, texts without quotes. ``raw``: as the cloud gave it."""

    name: str
    type: str
    values: tuple[str, ...]
    ttl: int | None
    raw: Json = field(default_factory=dict, compare=False)


class Zone(t.Protocol):
    """A zone at a cloud. All raise ``BootstrapError``, and ``change`` ``Conflict``."""

    name: str

    def read(self, name: str) -> list[Record]:
        """The record sets of exactly that name."""

    def change(self, deletions: list[Record], additions: list[Record]) -> None:
        """Both or neither; returns when all servers of the zone have it."""


@dataclass(frozen=True)
class _ExistingRecords:
    """``leading``: what the name leads to. ``mark``: the record set that says whose that is."""

    leading: list[Record]
    mark: Record | None
    notes: list[str]

    def ours(self, spec: DnsRecordSpec) -> bool:
        return self.mark is not None and spec.mark in self.mark.values

    @property
    def shown(self) -> Json:
        return {each.type: list(each.values) for each in self.leading}


def present(zone: Zone, spec: DnsRecordSpec, context: Context) -> DnsRecordResult:
    """Make or change the records. Raises ``BootstrapError`` where others have some of that name."""
    return _again(_present, zone, spec, context)


def absent(zone: Zone, spec: DnsRecordSpec, context: Context) -> DnsRecordResult:
    """Remove the records if the mark beside them is ours."""
    return _again(_absent, zone, spec, context)


def _again(
    work: t.Callable[[Zone, DnsRecordSpec, Context], DnsRecordResult], zone: Zone, spec: DnsRecordSpec, context: Context
) -> DnsRecordResult:
    """Read and write again where the zone was changed in between, be it by our own request, whose answer was lost."""
    for attempt in range(_TRIES):
        try:
            done = work(zone, spec, context)
            return dataclasses.replace(done, changed=True) if attempt and (done.made or not done.before) else done
        except Conflict:
            if attempt == _TRIES - 1:
                raise
            context.progress(f"the zone {zone.name} has changed meanwhile; looking again")
    raise AssertionError("never reached")


def _present(zone: Zone, spec: DnsRecordSpec, context: Context) -> DnsRecordResult:
    existing, desired = _read(zone, spec), _desired(zone, spec)
    shown = {each.type: list(each.values) for each in desired}
    if not existing.ours(spec) and existing.leading:
        if existing.shown == shown:
            message = f"{spec.hostname} leads to {spec.target} already, by a record of others; it is used as it is."
            return DnsRecordResult(False, False, message, zone.name, existing.shown, shown)
        if not spec.adopt:
            raise _conflict(zone, spec, existing)
    mark = Record(_mark_name(spec), "TXT", (spec.mark,), spec.ttl)
    deletions = [each for each in [*existing.leading, *([existing.mark] if existing.mark else [])] if each not in [*desired, mark]]
    additions = [each for each in [*desired, mark] if each not in [*existing.leading, existing.mark]]
    if not deletions and not additions:
        message = f"{spec.hostname} leads to {spec.target}, by a record of ours in the zone {zone.name}."
        return DnsRecordResult(False, True, message, zone.name, existing.shown, shown)
    how = "changed" if existing.leading else "made"
    if context.check:
        message = f"The record of {spec.hostname} would be {how} in the zone {zone.name}."
        return DnsRecordResult(True, True, message, zone.name, existing.shown, shown)
    context.progress(f"{spec.hostname}: a record for {spec.target} is {how} in the zone {zone.name}")
    zone.change(deletions, additions)
    message = f"The record of {spec.hostname} was {how} in the zone {zone.name}: it leads to {spec.target}."
    return DnsRecordResult(True, True, message, zone.name, existing.shown, shown)


def _absent(zone: Zone, spec: DnsRecordSpec, context: Context) -> DnsRecordResult:
    existing = _read(zone, spec)
    if not existing.ours(spec):
        if not existing.leading:
            return DnsRecordResult(False, False, f"There is no record of {spec.hostname} in the zone {zone.name}.", zone.name)
        message = f"The record of {spec.hostname} is kept: {_owner(existing)}."
        return DnsRecordResult(False, False, message, zone.name, existing.shown, existing.shown)
    if context.check:
        return DnsRecordResult(
            True, True, f"The record of {spec.hostname} would be removed from the zone {zone.name}.", zone.name, existing.shown
        )
    context.progress(f"{spec.hostname}: the record is removed from the zone {zone.name}")
    zone.change([*existing.leading, *([existing.mark] if existing.mark else [])], [])
    return DnsRecordResult(True, True, f"The record of {spec.hostname} was removed from the zone {zone.name}.", zone.name, existing.shown)


def longest(hostname: str, zones: t.Iterable[tuple[str, Z]]) -> list[tuple[str, Z]]:
    """Those of the zones (domain, anything) that hold the name, with the longest domain; several only if they share it."""
    holding = [(domain, zone) for domain, zone in zones if hostname == domain or hostname.endswith(f".{domain}")]
    most = max((len(domain) for domain, _zone in holding), default=0)
    return [each for each in holding if len(each[0]) == most]


class CandidateZone(t.NamedTuple):
    """A zone that could be taken. ``domain``: in small letters, without a dot at its end."""

    domain: str
    id: str
    public: bool
    raw: Json


def choose(spec: DnsRecordSpec, offers: list[CandidateZone], kind: str, provider: str, where: str, fix: str) -> Json:
    """The zone (``raw``) for the host name: the one that is named, by domain or ID, else the public one with the longest domain.

    ``kind``, ``provider``, ``where`` and ``fix`` are for the message where there is none, or more than one (``BootstrapError``).
    """
    named = (spec.zone or "").rstrip(".")
    if named:
        offers = [each for each in offers if named == each.id or named.lower() in (each.id, each.domain)]
    public = [each for each in offers if each.public]
    # A zone that the user names may be a private one.
    matches = longest(spec.hostname, [(each.domain, each) for each in public or (offers if named else [])])
    if len(matches) == 1:
        return matches[0][1].raw
    if matches:
        ids = ", ".join(sorted(each.id for _domain, each in matches))
        raise BootstrapError(f"Several {kind}s of {provider} hold {spec.hostname}: {ids}.", fix="Name one: zone (kubeflow_dns_zone).")
    domains = ", ".join(sorted(each.domain for each in offers)) or "none"
    which = f"The zone {spec.zone} does not hold" if named else f"No public {kind} of {provider} holds"
    raise BootstrapError(f"{which} {spec.hostname}{where}: {domains}.", fix=fix)


def _mark_name(spec: DnsRecordSpec) -> str:
    return f"_{MANAGER}.{spec.hostname}"


def _read(zone: Zone, spec: DnsRecordSpec) -> _ExistingRecords:
    here = zone.read(spec.hostname)
    mark = next((each for each in zone.read(_mark_name(spec)) if each.type == "TXT"), None)
    notes = [value for each in here if each.type == "TXT" for value in each.values]
    return _ExistingRecords([each for each in here if each.type in _LEADING], mark, notes)


def _desired(zone: Zone, spec: DnsRecordSpec) -> list[Record]:
    kinds: dict[str, list[str]] = {}
    for address in spec.addresses:
        kinds.setdefault({4: "A", 6: "AAAA"}.get(version_of(address) or 0, "CNAME"), []).append(address)
    if "CNAME" in kinds and spec.hostname == zone.name:
        raise BootstrapError(
            f"{spec.hostname} is the zone itself, which can't lead to another name ({spec.target}).",
            fix="Take a name below it, such as kubeflow." + spec.hostname + ", or an IP address.",
        )
    return [Record(spec.hostname, kind, tuple(sorted(values)), spec.ttl) for kind, values in sorted(kinds.items())]


def _owner(existing: _ExistingRecords) -> str:
    marked = whose(" ".join(existing.mark.values)) if existing.mark else None
    if marked:
        return f"it was made by {marked}"
    external = any("heritage=external-dns" in note for note in existing.notes)
    return "ExternalDNS made it" if external else "it carries no mark of ours, so others made it"


def _conflict(zone: Zone, spec: DnsRecordSpec, existing: _ExistingRecords) -> BootstrapError:
    to = "; ".join(f"{kind} {', '.join(values)}" for kind, values in existing.shown.items())
    return BootstrapError(
        f"The zone {zone.name} has a record of {spec.hostname} already, which leads elsewhere ({to}): {_owner(existing)}.",
        fix="Name another host, or take that one over: adopt (kubeflow_dns_adopt).",
    )
