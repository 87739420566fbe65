# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stand-in for Cloud DNS and for Cloud Endpoints (Service Management), with the logins of ``google.py``.

Written from the published descriptions: the discovery documents of dns v1 (managedZones, resourceRecordSets, changes) and
servicemanagement v1 (services, services.configs, services.rollouts, operations).
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import typing as t

from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.google import Google, refusal
from ansible_collections.kubeflow.bootstrap.tests.integration.clouds.serving import Asked, Json, Reply

_PAGE = 2


class GoogleNames(Google):
    """``url``: with ``CLOUDSDK_API_ENDPOINT_OVERRIDES_DNS`` and ``_SERVICEMANAGEMENT``.

    ``zones``: name to domain, visibility and records by (name, type). ``services``: name to ``configs`` and ``rollouts``, the newest
    first, and ``deleted``. ``waits``: how often an operation or change is asked for before it is done.
    """

    def __init__(self) -> None:
        super().__init__()
        self.zones: dict[str, Json] = {}
        self.services: dict[str, Json] = {}
        self._doing: dict[str, Json] = {}

    def add_zone(self, name: str, domain: str, visibility: str = "public", *records: tuple[str, str, list[str]]) -> dict[t.Any, Json]:
        record_sets = {(host, kind): {"name": host, "type": kind, "ttl": 60, "rrdatas": values} for host, kind, values in records}
        record_sets[f"{domain}.", "SOA"] = {"name": f"{domain}.", "type": "SOA", "ttl": 21600, "rrdatas": ["ns. admin. 1 2 3 4 5"]}
        self.zones[name] = {"domain": f"{domain}.", "visibility": visibility, "records": record_sets}
        return record_sets

    def answer(self, asked: Asked) -> Reply:
        if not asked.path.startswith(("/dns/v1/", "/v1/services", "/v1/operations/")):
            return super().answer(asked)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return refusal(401, "authError", "Request had invalid authentication credentials.", status="UNAUTHENTICATED")
        return self._dns(asked) if asked.path.startswith("/dns/") else self._management(asked)

    # --- Cloud DNS

    def _dns(self, asked: Asked) -> Reply:
        match = re.fullmatch(r"/dns/v1/projects/([^/]+)/managedZones(?:/([^/]+)/(rrsets|changes)(?:/([^/]+))?)?", asked.path)
        assert match, asked.path
        project, zone, kind, number = match.groups()
        if project not in self.projects:
            return refusal(403, "forbidden", f"The project {project} was not found or may not be seen.")
        verb = {"GET": "list", "POST": "create"}[asked.method]
        permission = ".".join(("dns", {None: "managedZones", "rrsets": "resourceRecordSets", "changes": "changes"}[kind], verb))
        if permission in self.lacking:
            return refusal(403, "forbidden", f"Required '{permission}' permission for 'projects/{project}'")
        if not zone:
            items = [
                {"name": name, "dnsName": each["domain"], "visibility": each["visibility"]} for name, each in sorted(self.zones.items())
            ]
            return self._page(asked, "managedZones", items)
        if number:
            return Reply(body=self._progress(number))
        records = self.zones[zone]["records"]
        if asked.method == "GET":
            name = asked.query.get("name")
            return self._page(asked, "rrsets", [each for each in records.values() if not name or each["name"] == name])
        return self._change(records, asked.body)

    def _page(self, asked: Asked, key: str, items: list[Json]) -> Reply:
        start = int(asked.query.get("pageToken") or 0)
        more = {"nextPageToken": str(start + _PAGE)} if start + _PAGE < len(items) else {}
        return Reply(body={key: items[start : start + _PAGE], **more})

    def _change(self, records: dict[t.Any, Json], body: Json) -> Reply:
        after = dict(records)
        for index, each in enumerate(body.get("deletions") or []):
            key = (each["name"], each["type"])
            where = f"'entity.change.deletions[{index}]'"
            if key not in after:
                return refusal(404, "notFound", f"The {where} resource named '{key[0]} ({key[1]})' does not exist.")
            if after[key] != each:
                return refusal(412, "conditionNotMet", f"Precondition not met for {where}")
            del after[key]
        for index, each in enumerate(body.get("additions") or []):
            key = (each["name"], each["type"])
            if key in after:
                message = f"The resource 'entity.change.additions[{index}]' named '{key[0]} ({key[1]})' already exists"
                return refusal(409, "alreadyExists", message)
            if key[1] == "TXT" and not all(value.startswith('"') for value in each["rrdatas"]):
                return refusal(400, "invalid", f"Invalid value for 'entity.change.additions[{index}].rrdata[0]'")
            after[key] = each
        if any(kind != "CNAME" and (name, "CNAME") in after for name, kind in after):
            return refusal(400, "cnameResourceRecordSetConflict", "A CNAME can't stand beside other records.")
        records.clear()
        records.update(after)
        number = str(len(self._doing) + 1)
        self._doing[number] = {"id": number, "status": "pending", "left": self.waits}
        return Reply(body=_shown(self._doing[number]))

    # --- Service Management

    def _management(self, asked: Asked) -> Reply:
        if asked.path.startswith("/v1/operations/"):
            return Reply(body=self._progress(asked.path.removeprefix("/v1/")))
        if asked.path == "/v1/services":
            return self._create(asked.body) if asked.method == "POST" else self._mine(asked)
        match = re.fullmatch(
            r"/v1/services/([^/:]+)(?::(undelete)|/(configs|rollouts)(?:/([^/]+))?(?::(submit))?|/(configs):(submit))?", asked.path
        )
        assert match, asked.path
        name, undelete, part, number, submit = match[1], match[2], match[3] or match[6], match[4], match[5] or match[7]
        service = self.services.get(name)
        if undelete and service:
            service["deleted"] = False
            return self._started("undelete")
        if not service or service["deleted"]:
            return _status(403, "PERMISSION_DENIED", f"Service '{name}' not found or permission denied.")
        if asked.method == "DELETE":
            service["deleted"] = True
            return self._started("delete")
        if not part:
            return Reply(body={"serviceName": name, "producerProjectId": "my-project"})
        if number:
            return Reply(body=next(each for each in service["configs"] if each["id"] == number))
        if asked.method == "GET":
            return Reply(body={"serviceConfigs" if part == "configs" else "rollouts": service[part][: int(asked.query["pageSize"])]})
        return self._submit(name, service, asked.body) if submit else self._roll_out(service, asked.body)

    def _create(self, body: Json) -> Reply:
        name = body["serviceName"]
        if "servicemanagement.services.create" in self.lacking:
            return _status(
                403,
                "PERMISSION_DENIED",
                f"Permission 'servicemanagement.services.create' denied on resource 'projects/{body['producerProjectId']}'",
            )
        if name in self.services and self.services[name]["deleted"]:
            message = (
                f"Service {name} has been deleted and will be purged after 30 days. To reuse this service, please undelete the service."
            )
            return _status(400, "FAILED_PRECONDITION", message)
        if name in self.services:
            return _status(409, "ALREADY_EXISTS", f"Service '{name}' already exists.")
        self.services[name] = {"configs": [], "rollouts": [], "deleted": False, "project": body["producerProjectId"]}
        return self._started("create")

    def _mine(self, asked: Asked) -> Reply:
        if "servicemanagement.services.list" in self.lacking:
            return _status(
                403, "PERMISSION_DENIED", "Permission 'servicemanagement.services.list' denied on resource 'projects/my-project'"
            )
        assert asked.query["producerProjectId"] == "my-project"
        return self._page(asked, "services", [{"serviceName": name} for name, each in self.services.items() if not each["deleted"]])

    def _submit(self, name: str, service: Json, body: Json) -> Reply:
        (file,) = body["configSource"]["files"]
        assert file["fileType"] == "OPEN_API_YAML"
        document = json.loads(base64.b64decode(file["fileContents"]))
        assert document["swagger"] == "2.0" and document["host"] == name and document["paths"]
        config = self.config(document["info"]["title"], name, document["x-google-endpoints"][0]["target"])
        service["configs"].insert(0, config)
        return self._started("submit", {"serviceConfig": config})

    def config(self, title: str, name: str, target: str) -> Json:
        return {
            "id": f"2026-11-23r{secrets.randbelow(10**6)}",
            "name": name,
            "title": title,
            "endpoints": [{"name": name, "target": target}],
        }

    def add_service(self, name: str, title: str, target: str) -> Json:
        """A service, as if somebody else had made it."""
        config = self.config(title, name, target)
        self.services[name] = {"configs": [config], "rollouts": [_rollout(config["id"])], "deleted": False, "project": "my-project"}
        return self.services[name]

    def target(self, name: str) -> str:
        """What the name leads to: the target of the configuration that was rolled out last."""
        service = self.services[name]
        assert not service["deleted"]
        (number,) = service["rollouts"][0]["trafficPercentStrategy"]["percentages"]
        return next(each["endpoints"][0]["target"] for each in service["configs"] if each["id"] == number)

    def _roll_out(self, service: Json, body: Json) -> Reply:
        ((number, share),) = body["trafficPercentStrategy"]["percentages"].items()
        assert share == 100 and number in {each["id"] for each in service["configs"]}
        service["rollouts"].insert(0, _rollout(number))
        return self._started("rollout")

    def _started(self, kind: str, response: Json | None = None) -> Reply:
        name = f"operations/{kind}.{secrets.token_hex(4)}"
        self._doing[name] = {"name": name, "left": self.waits, "end": {"response": response or {}}}
        return Reply(body=_shown(self._doing[name]))

    def _progress(self, name: str) -> Json:
        operation = self._doing[name]
        operation["left"] -= 1
        if operation["left"] <= 0:
            operation |= {"status": "done"} if "id" in operation else {"done": True, **operation["end"]}
        return _shown(operation)


def _rollout(number: str) -> Json:
    return {"status": "SUCCESS", "trafficPercentStrategy": {"percentages": {number: 100.0}}}


def _status(code: int, status: str, message: str) -> Reply:
    return Reply(code, {"error": {"code": code, "message": message, "status": status}})


def _shown(operation: Json) -> Json:
    return {key: value for key, value in operation.items() if key not in ("left", "end")}
