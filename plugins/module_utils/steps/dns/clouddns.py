# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records in Cloud DNS.

https://cloud.google.com/dns/docs/reference/rest/v1/changes (a change is carried out as a whole; deletions must match what is there, and
additions must not be there yet), .../managedZones, .../resourceRecordSets
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ...cloud.google_api import GoogleApi
from ...cloud.google_errors import GoogleError
from ...errors import BootstrapError
from ...formats.json_object import Json
from .name import DnsRecordSpec
from .records import CandidateZone, Conflict, Record, choose

_IN_BETWEEN = (409, 412)
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')


class CloudDns:
    """The public managed zone that holds the name."""

    provider = "clouddns"

    def __init__(self, spec: DnsRecordSpec, env: Mapping[str, str], say: Callable[[str], None]) -> None:
        if not spec.account:
            raise BootstrapError("The project of the zone at Cloud DNS is not known.", fix="Set account (kubeflow_dns_account).")
        self._spec = spec
        self._api = GoogleApi(env, "dns", seconds=spec.seconds, say=say)
        self._project = f"projects/{spec.account}"
        zone = self._zone()
        self.name = _plain(zone["dnsName"])
        self._path = f"{self._project}/managedZones/{zone['name']}"

    def _zone(self) -> Json:
        zones = self._api.pages(f"{self._project}/managedZones", key="managedZones")
        offers = [
            CandidateZone(_plain(each["dnsName"]), each["name"], each.get("visibility", "public") == "public", each) for each in zones
        ]
        where = f" in the project {self._spec.account}. Zones there"
        fix = "Make one, name the project of one (kubeflow_dns_account), or take a host name in one of these."
        return choose(self._spec, offers, "zone", "Cloud DNS", where, fix)

    def read(self, name: str) -> list[Record]:
        records = self._api.pages(f"{self._path}/rrsets", {"name": f"{name}."}, key="rrsets")
        return [_record(each) for each in records if _plain(each["name"]) == name]

    def change(self, deletions: list[Record], additions: list[Record]) -> None:
        body = {"deletions": [each.raw for each in deletions], "additions": [_raw(each) for each in additions]}
        try:
            # Sent again after an unclear end it is refused, for then it was carried out; the caller looks again.
            change = self._api.request("POST", f"{self._path}/changes", body, repeat=True)
        except GoogleError as error:
            if error.status in _IN_BETWEEN or (error.status == 404 and "deletions" in error.message):
                raise Conflict(error.message, fix="Run this again.") from None
            raise
        self._api.wait(change, self._spec.seconds, path=f"{self._path}/changes/{change['id']}")


def _plain(name: str) -> str:
    return name.rstrip(".").lower()


def _record(raw: Json) -> Record:
    kind, values = raw["type"], raw.get("rrdatas") or []
    if kind == "TXT":
        values = ["".join(_TEXT.findall(each)) or each for each in values]
    elif kind == "CNAME":
        values = [_plain(each) for each in values]
    elif not values:
        values = ["a routing policy"]
    return Record(_plain(raw["name"]), kind, tuple(sorted(values)), raw.get("ttl"), raw)


def _raw(record: Record) -> Json:
    values: list[str] = list(record.values)
    if record.type == "TXT":
        values = [f'"{each}"' for each in values]
    elif record.type == "CNAME":
        values = [f"{each}." for each in values]
    return {"name": f"{record.name}.", "type": record.type, "ttl": record.ttl, "rrdatas": values}
