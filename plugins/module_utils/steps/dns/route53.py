# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records in Route 53.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html (a batch is carried out as a whole; DELETE must
match what is there, CREATE must not be there yet), .../API_GetChange.html (INSYNC),
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html (octal escapes)
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping

from ...cloud.aws_api import AwsApi
from ...errors import BootstrapError
from ...formats.json_object import Json
from .name import DnsRecordSpec
from .records import CandidateZone, Conflict, Record, choose

_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_CHANGED_MEANWHILE = re.compile(r"it already exists|but it was not found|do not match the current values", re.IGNORECASE)


class Route53:
    """The public hosted zone that holds the name."""

    provider = "route53"

    def __init__(self, spec: DnsRecordSpec, env: Mapping[str, str], say: Callable[[str], None]) -> None:
        self._spec = spec
        self._say = say
        self._api = AwsApi("route53", "Route 53", "For a name at Route 53", _explained, about=f" for {spec.hostname}")
        zone = self._zone()
        self.name = _plain(zone["Name"])
        self._id = _id(zone)

    def _zone(self) -> Json:
        zones = self._all("list_hosted_zones", "HostedZones")
        offers = [CandidateZone(_plain(each["Name"]), _id(each), not (each.get("Config") or {}).get("PrivateZone"), each) for each in zones]
        fix = "Make one, use credentials of the account that has one, or take a host name in one of these."
        return choose(self._spec, offers, "hosted zone", "Route 53", ". Zones of the account", fix)

    def read(self, name: str) -> list[Record]:
        records: list[Record] = []
        start: Json = {"StartRecordName": name}
        while True:
            page = self._api.ask("list_resource_record_sets", HostedZoneId=self._id, **start)
            for each in page["ResourceRecordSets"]:
                if _plain(each["Name"]) != name:
                    return records
                records.append(_record(each))
            if not page.get("IsTruncated"):
                return records
            start = {"StartRecordName": page["NextRecordName"], "StartRecordType": page["NextRecordType"]}
            start |= {"StartRecordIdentifier": page["NextRecordIdentifier"]} if page.get("NextRecordIdentifier") else {}

    def change(self, deletions: list[Record], additions: list[Record]) -> None:
        # What stays in place is replaced, so that nobody finds nothing meanwhile; everything else must be as it was read.
        replaced = {(each.name, each.type) for each in deletions if "SetIdentifier" not in each.raw}
        new = {(each.name, each.type) for each in additions}
        changes = [("DELETE", each.raw) for each in deletions if (each.name, each.type) not in replaced & new]
        changes += [("UPSERT" if (each.name, each.type) in replaced else "CREATE", _raw(each)) for each in additions]
        batch = {"Comment": self._spec.mark, "Changes": [{"Action": action, "ResourceRecordSet": raw} for action, raw in changes]}
        change = self._api.ask("change_resource_record_sets", HostedZoneId=self._id, ChangeBatch=batch)["ChangeInfo"]
        self._wait(change)

    def _wait(self, change: Json) -> None:
        start, pause, reported = time.monotonic(), 0.5, time.monotonic()
        while change["Status"] != "INSYNC":
            passed = time.monotonic() - start
            if passed > self._spec.seconds:
                raise BootstrapError(
                    f"Route 53 has not brought the change of {self._spec.hostname} to all its servers after {passed:.0f} s.",
                    fix="The change is still being carried out: run this again.",
                )
            if time.monotonic() - reported > 2.0:
                reported = time.monotonic()
                self._say(f"waiting for the servers of Route 53 to have {self._spec.hostname} ({passed:.0f} s)")
            time.sleep(pause)
            pause = min(pause * 1.5, 4.0)
            change = self._api.ask("get_change", Id=_id(change))["ChangeInfo"]

    def _all(self, action: str, key: str) -> list[Json]:
        items: list[Json] = []
        more: Json = {}
        while True:
            page = self._api.ask(action, **more)
            items += page[key]
            if not page.get("IsTruncated"):
                return items
            more = {"Marker": page["NextMarker"]}


def _id(item: Json) -> str:
    """Without the path that Route 53 puts before it."""
    return str(item["Id"]).rsplit("/", 1)[-1]


def _plain(name: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), name).rstrip(".").lower()


def _record(raw: Json) -> Record:
    kind = raw["Type"]
    values = [each["Value"] for each in raw.get("ResourceRecords") or []]
    if kind == "TXT":
        values = ["".join(_TEXT.findall(each)) or each for each in values]
    elif kind == "CNAME":
        values = [_plain(each) for each in values]
    if "AliasTarget" in raw:
        values = [f"alias of {_plain(raw['AliasTarget']['DNSName'])}"]
    return Record(_plain(raw["Name"]), kind, tuple(sorted(values)), raw.get("TTL"), raw)


def _raw(record: Record) -> Json:
    values = [f'"{each}"' if record.type == "TXT" else each for each in record.values]
    return {"Name": f"{record.name}.", "Type": record.type, "TTL": record.ttl, "ResourceRecords": [{"Value": each} for each in values]}


def _explained(code: str, message: str) -> BootstrapError | None:
    """What only Route 53 answers."""
    if code == "InvalidChangeBatch" and _CHANGED_MEANWHILE.search(message):
        return Conflict(f"Route 53: {message}", fix="Run this again.")
    if code in ("Throttling", "ThrottlingException", "PriorRequestNotComplete"):
        return BootstrapError(f"Route 53 has too much to do for this account ({code}): {message}", fix="Run this again in a minute.")
    if code in ("TooManyResourceRecordSets", "LimitsExceeded"):
        return BootstrapError(f"A limit of Route 53 is reached: {message}", fix="Ask for more in Service Quotas: Route 53.")
    return None
