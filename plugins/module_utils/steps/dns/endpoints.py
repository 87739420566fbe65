# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A name of Cloud Endpoints, ``<name>.endpoints.<project>.cloud.goog``, for which Google runs the DNS.

A managed service of that name has a configuration, made of an OpenAPI document whose ``x-google-endpoints`` names the address; a rollout
makes it the one that counts. https://cloud.google.com/service-infrastructure/docs/service-management/reference/rest (services, configs,
rollouts, operations), https://cloud.google.com/endpoints/docs/openapi/cloud-goog-dns-configure,
https://cloud.google.com/service-infrastructure/docs/create-services#undeleting (a name is kept for 30 days after it was deleted)
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...cloud.google_api import GoogleApi
from ...cloud.google_errors import GoogleError
from ...errors import BootstrapError
from ...formats.json_object import Json
from ...run import Context
from ..static_ip.address import default_name
from .name import DnsRecordResult, DnsRecordSpec, version_of, whose

NAME = re.compile(r"[a-z][a-z0-9-]*\.endpoints\.([a-z][a-z0-9-]{4,28}[a-z0-9](?:\.[a-z0-9.-]+)?)\.cloud\.goog")


@dataclass(frozen=True)
class _ServiceConfigs:
    """``live``: the configuration that was rolled out last; ``newest``: the one that was submitted last."""

    exists: bool
    live: Json | None = None
    newest: Json | None = None


class Endpoints:
    provider = "endpoints"

    def __init__(self, spec: DnsRecordSpec, env: Mapping[str, str], say: Callable[[str], None]) -> None:
        match = NAME.fullmatch(spec.hostname)
        if not match:
            raise BootstrapError(
                f"{spec.hostname} is no name of Cloud Endpoints.", fix="Take one such as kubeflow.endpoints.my-project.cloud.goog."
            )
        # A project of an organisation's own domain, example.com:ml, is ml.example.com in the name.
        head, _dot, domain = match[1].partition(".")
        self._project = f"{domain}:{head}" if domain else head
        self._spec = spec
        self._api = GoogleApi(env, "servicemanagement", seconds=spec.seconds, say=say)
        self._path = f"services/{spec.hostname}"

    def present(self, context: Context) -> DnsRecordResult:
        """Make the name, or lead it to the address. Raises ``BootstrapError`` where it is somebody else's."""
        spec = self._spec
        if len(spec.addresses) != 1 or version_of(spec.addresses[0]) == 6:
            raise BootstrapError(
                f"A name of Cloud Endpoints leads to one IPv4 address, not to {spec.target or 'nothing'}.",
                fix="Reserve one: static_ip, or name it: addresses (kubeflow_dns_addresses).",
            )
        state = self._state()
        was, ours = self._target(state.live), self._marked(state.live)
        before, after = self._shown(was), self._shown(spec.target)
        if was == spec.target:
            owner = "by a service of ours" if ours else "by a service of others; it is used as it is"
            return DnsRecordResult(False, ours, f"{spec.hostname} leads to {was} already, {owner}.", self._project, before, after)
        if state.live and not ours and not spec.adopt:
            raise BootstrapError(
                f"{spec.hostname} leads elsewhere already ({was or 'it has no address'}): {self._owner(state.live)}.",
                fix="Take another name, or take that one over: adopt (kubeflow_dns_adopt).",
            )
        how = "changed" if state.live else "made"
        if context.check:
            return DnsRecordResult(True, True, f"The name {spec.hostname} would be {how} at Cloud Endpoints.", self._project, before, after)
        context.progress(f"{spec.hostname}: a service of Cloud Endpoints for {spec.target} is {how}")
        if not state.exists:
            state = self._create(context)
        self._roll_out(self._submitted(state))
        message = f"The name {spec.hostname} was {how} at Cloud Endpoints: it leads to {spec.target}."
        return DnsRecordResult(True, True, message, self._project, before, after)

    def absent(self, context: Context) -> DnsRecordResult:
        """Delete the service if its configuration carries our mark."""
        spec = self._spec
        state = self._state()
        last = state.live or state.newest
        if not state.exists:
            return DnsRecordResult(False, False, f"There is no name {spec.hostname} at Cloud Endpoints.", self._project)
        shown = self._shown(self._target(state.live))
        # A run that was killed after it had made the service left it empty, under a name that only this application has.
        begun = last is None and spec.hostname.startswith(f"{default_name(spec.application, spec.cluster)}.")
        if not begun and not self._marked(last):
            return DnsRecordResult(
                False, False, f"The name {spec.hostname} is kept: {self._owner(last or {})}.", self._project, shown, shown
            )
        if context.check:
            return DnsRecordResult(True, True, f"The name {spec.hostname} would be removed from Cloud Endpoints.", self._project, shown)
        context.progress(f"{spec.hostname}: the service of Cloud Endpoints is removed")
        try:
            self._api.wait(self._api.request("DELETE", self._path), spec.seconds)
        except GoogleError as error:
            if error.status != 404:
                raise
        return DnsRecordResult(True, True, f"The name {spec.hostname} was removed from Cloud Endpoints.", self._project, shown)

    def _state(self) -> _ServiceConfigs:
        if not self._there():
            return _ServiceConfigs(False)
        rollouts = self._api.request("GET", f"{self._path}/rollouts", params={"filter": "status=SUCCESS", "pageSize": "1"})
        configs = self._api.request("GET", f"{self._path}/configs", params={"pageSize": "1"}).get("serviceConfigs") or []
        newest = configs[0] if configs else None
        last = (rollouts.get("rollouts") or [{}])[0]
        shares: dict[str, float] = (last.get("trafficPercentStrategy") or {}).get("percentages") or {}
        if not shares:
            return _ServiceConfigs(True, None, newest)
        number = max(shares, key=lambda each: float(shares[each]))
        live = newest if newest and newest.get("id") == number else self._api.request("GET", f"{self._path}/configs/{number}")
        return _ServiceConfigs(True, live, newest)

    def _there(self) -> bool:
        """Google answers 403 for a service that does not exist either, so then the project's own services tell."""
        try:
            return self._api.find(self._path) is not None
        except GoogleError as error:
            if error.status != 403 or error.reason != "forbidden":
                raise
            mine = self._api.pages("services", {"producerProjectId": self._project}, key="services")
            if any(each.get("serviceName") == self._spec.hostname for each in mine):
                raise
            return False

    def _create(self, context: Context) -> _ServiceConfigs:
        try:
            body = {"serviceName": self._spec.hostname, "producerProjectId": self._project}
            self._api.wait(self._api.request("POST", "services", body, repeat=True), self._spec.seconds)
        except GoogleError as error:
            if "has been deleted" in error.message:
                context.progress(f"{self._spec.hostname} was deleted in the last 30 days; it is taken back")
                self._api.wait(self._api.request("POST", f"{self._path}:undelete", {}, repeat=True), self._spec.seconds)
                return self._state()
            # Another run made it at the same moment, or this one did, and the answer was lost.
            if error.reason != "alreadyExists" or not self._there():
                raise
        return _ServiceConfigs(True)

    def _submitted(self, state: _ServiceConfigs) -> str:
        """The ID of a configuration of ours with the address; a run that was killed may have submitted it already."""
        if state.newest and self._marked(state.newest) and self._target(state.newest) == self._spec.target:
            return str(state.newest["id"])
        text = base64.b64encode(json.dumps(self._openapi()).encode()).decode()
        file = {"filePath": "openapi.yaml", "fileContents": text, "fileType": "OPEN_API_YAML"}
        # Sent twice it makes two configurations; one of them is never rolled out.
        operation = self._api.request("POST", f"{self._path}/configs:submit", {"configSource": {"files": [file]}}, repeat=True)
        done = self._api.wait(operation, self._spec.seconds)
        return str(done["response"]["serviceConfig"]["id"])

    def _roll_out(self, number: str) -> None:
        body = {"serviceName": self._spec.hostname, "trafficPercentStrategy": {"percentages": {number: 100.0}}}
        self._api.wait(self._api.request("POST", f"{self._path}/rollouts", body, repeat=True), self._spec.seconds)

    def _openapi(self) -> Json:
        """No request ever goes through Google's proxy for such services: the document is there for the sake of the name."""
        host = self._spec.hostname
        answers = {"200": {"description": "An answer"}, "default": {"description": "An error"}}
        return {
            "swagger": "2.0",
            "info": {"title": self._spec.mark, "description": f"Leads {host} to Kubeflow.", "version": "1.0.0"},
            "host": host,
            "x-google-endpoints": [{"name": host, "target": self._spec.target}],
            "x-google-allow": "all",
            "basePath": "/",
            "schemes": ["https"],
            "paths": {"/": {"get": {"operationId": "Get", "responses": answers}}},
        }

    def _target(self, config: Json | None) -> str | None:
        entries = (config or {}).get("endpoints") or []
        return next((each.get("target") for each in entries if each.get("name") == self._spec.hostname), None)

    def _marked(self, config: Json | None) -> bool:
        return config is not None and config.get("title") == self._spec.mark

    def _owner(self, config: Json) -> str:
        marked = whose(str(config.get("title", "")))
        return f"it was made by {marked}" if marked else "its service carries no mark of ours, so others made it"

    def _shown(self, target: str | None) -> Json:
        return {"endpoint": [target]} if target else {}
