# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What mitmproxy does to requests on behalf of ``faults.HttpProxy``; it runs in mitmproxy's own environment.

A test asks the proxy itself: ``PUT /-/rules`` with a list of rules, ``GET /-/seen`` for all requests so far. A rule has ``method`` and
``path`` (regular expressions, of the whole method and of a part of the path with its query), ``token`` (what the Authorization header
ends with), ``skip`` (so many matching requests go through first), ``begins`` (the first that is hit is of this method), ``times`` (then
so many are hit, else all), and what happens:

- ``status`` with ``headers`` and ``body``: the proxy answers instead of the server;
- ``lost``: the server gets and does it, but the answer is replaced by ``status``, or cut off where there is none;
- ``reset``: the connection ends without an answer;
- ``delay``: seconds before the request goes on;
- ``hide``: this API group is missing in what discovery says, for so many seconds (``seconds``) after it would have been there.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import typing as t

from mitmproxy import http

Rule = dict[str, t.Any]


class Faults:
    """The addon."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.seen: list[dict[str, t.Any]] = []

    async def request(self, flow: http.HTTPFlow) -> None:
        if flow.request.path.startswith("/-/"):
            flow.response = self._told(flow)
            flow.metadata["own"] = True
            return
        rule = next((each for each in self.rules if "hide" not in each and _hits(each, flow)), None)
        self.seen.append(
            {
                "time": time.time(),
                "method": flow.request.method,
                "path": flow.request.path,
                "fault": (rule or {}).get("name"),
                "status": None,
                "end": None,
            }
        )
        flow.metadata["seen"] = self.seen[-1]
        if rule is None:
            return
        if "delay" in rule:
            await asyncio.sleep(rule["delay"])
        if rule.get("lost"):
            flow.metadata["lost"] = rule
        elif rule.get("reset"):
            flow.kill()
        elif "status" in rule:
            flow.response = _answer(rule)

    def response(self, flow: http.HTTPFlow) -> None:
        if flow.metadata.get("own") or flow.response is None:
            return
        rule = flow.metadata.get("lost")
        if rule and "status" in rule:
            flow.response = _answer(rule)
        elif rule:
            flow.kill()
            return
        flow.metadata["seen"] |= {"status": flow.response.status_code, "end": time.time()}
        for each in self.rules:
            if "hide" in each and flow.request.path.split("?")[0] in ("/apis", f"/apis/{each['hide']}"):
                _hide(each, flow)

    def _told(self, flow: http.HTTPFlow) -> http.Response:
        if flow.request.method == "PUT":
            self.rules = json.loads(flow.request.content or b"[]")
        return http.Response.make(200, json.dumps(self.seen), {"Content-Type": "application/json"})


def _hits(rule: Rule, flow: http.HTTPFlow) -> bool:
    request = flow.request
    if not re.fullmatch(rule.get("method", ".*"), request.method) or not re.search(rule.get("path", ""), request.path):
        return False
    if "token" in rule and not request.headers.get("Authorization", "").endswith(rule["token"]):
        return False
    rule["met"] = rule.get("met", 0) + 1
    if rule["met"] <= rule.get("skip", 0) or request.method != rule.get("begins", request.method):
        return False
    rule.pop("begins", None)
    rule["hit"] = rule.get("hit", 0) + 1
    return bool(rule["hit"] <= rule.get("times", 10**9))


def _answer(rule: Rule) -> http.Response:
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": rule["status"], **rule.get("body", {})}
    return http.Response.make(rule["status"], json.dumps(status), {"Content-Type": "application/json", **rule.get("headers", {})})


def _hide(rule: Rule, flow: http.HTTPFlow) -> None:
    """Take the group out of discovery, in each of its two forms."""
    assert flow.response is not None
    if flow.response.status_code != 200:
        return
    body = json.loads(flow.response.get_text() or "{}")
    one = flow.request.path.startswith("/apis/")
    items = body.get("items") or body.get("groups") or []
    mine = [each for each in items if rule["hide"] in (each.get("name"), (each.get("metadata") or {}).get("name"))]
    if not mine and not one:
        return
    # The time runs from when the server itself first tells of it.
    if time.time() > rule.setdefault("since", time.time()) + rule["seconds"]:
        return
    flow.metadata["seen"]["fault"] = rule.get("name")
    if one:
        flow.response = _answer(
            {"status": 404, "body": {"reason": "NotFound", "message": "the server could not find the requested resource"}}
        )
        return
    for each in mine:
        items.remove(each)
    flow.response.text = json.dumps(body)


addons = [Faults()]
