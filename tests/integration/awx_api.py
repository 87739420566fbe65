# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small stand-in for the API of AWX 24 (``/api/v2/``): it keeps what it is given, and refuses what the documented API refuses.

After the API reference (https://docs.ansible.com/automation-controller/latest/html/controllerapi/api_ref.html): lists with ``count``,
``next`` and ``results``, filters by field, ``related``, ``summary_fields``, required fields and their types, surveys, associations.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
import typing as t
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from . import awx_checks
from .awx_checks import KINDS, Refused

Json = dict[str, t.Any]

TOKEN = "planted-controller-token"
_PAGE = 25
_SURVEYED = ("job_templates", "workflow_job_templates")
_TEMPLATES = ("job_templates", "workflow_job_templates", "projects", "workflow_approval_templates")
_SINGULAR = {"inventories": "inventory"}


class Awx:
    """``url``; ``objects``: by kind and id; ``requests``: what was asked, as ``METHOD path``; ``superuser``: who asks."""

    def __init__(self, playbooks: set[str]) -> None:
        self.playbooks = playbooks
        self.objects: dict[str, dict[int, Json]] = {kind: {} for kind in KINDS}
        self.surveys: dict[int, Json] = {}
        self.links: dict[tuple[int, str], list[int]] = {}
        self.requests: list[str] = []
        self.updates: dict[int, int] = {}
        self.lock = threading.Lock()
        self.superuser = True
        self.add("organizations", {"name": "Default"})

    def writes(self) -> list[str]:
        return [each for each in self.requests if not each.startswith("GET")]

    def named(self, kind: str, name: str) -> Json:
        """The one object of that name."""
        (item,) = (each for each in self.objects[kind].values() if name in (each.get("name"), each.get("identifier")))
        return item

    def add(self, kind: str, fields: Json) -> Json:
        number = 1 + sum(map(len, self.objects.values()))
        path = f"/api/v2/{kind}/{number}/"
        item = {**awx_checks.checked(self, kind, fields, None), "id": number, "url": path, "type": singular(kind)}
        item["related"] = {name: f"{path}{name}/" for name in KINDS[kind].related}
        item["summary_fields"] = {}
        if item.get("scm_type") == "git":
            item["scm_revision"] = ""
            item["summary_fields"]["current_update"] = {"id": number}
            self.updates[number] = 2
        self.objects[kind][number] = item
        return item

    def find(self, kind: str, query: Json) -> list[Json]:
        """The objects that have all the values of a query."""
        kinds = _TEMPLATES[:3] if kind == "unified_job_templates" else (kind,)
        items = [item for each in kinds for item in self.objects[each].values()]
        for name, value in query.items():
            if name in ("page", "page_size"):
                continue
            for item in items:
                if name not in item:
                    raise Refused({"detail": f"{singular(kind)} has no field named '{name}'"})
            items = [item for item in items if str(item[name]) == value]
        return items

    def survey(self, number: int, method: str, body: t.Any) -> t.Any:
        if method == "POST":
            awx_checks.check_survey(body, self.surveys.get(number, {}))
            self.surveys[number] = body
            return {}
        shown = json.loads(json.dumps(self.surveys.get(number, {})))
        for question in shown.get("spec", []):
            if question["type"] == "password" and question.get("default"):
                question["default"] = "$encrypted$"
        return shown

    def associate(self, owner: int, kind: str, body: Json) -> None:
        associated = self.links.setdefault((owner, kind), [])
        target = "workflow_job_template_nodes" if kind.endswith("_nodes") else kind
        if body.get("id") not in self.objects[target]:
            raise Refused({"id": ["does not exist"]})
        if body.get("disassociate"):
            associated.remove(body["id"])
        else:
            awx_checks.check_association(self, kind, [*associated, body["id"]])
            associated.append(body["id"])

    def approval(self, node: Json, body: Json) -> Json:
        """``create_approval_template`` of a node."""
        template = self.add("workflow_approval_templates", body)
        node["unified_job_template"] = template["id"]
        node["related"]["unified_job_template"] = template["url"]
        return template


def singular(kind: str) -> str:
    return _SINGULAR.get(kind) or kind.removesuffix("s")


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def _answer(self, code: int, body: t.Any) -> None:
        content = b"" if code == 204 else json.dumps(body).encode()
        self.send_response(code)
        for name, value in (
            ("Content-Type", "application/json"),
            ("X-API-Product-Name", "AWX"),
            ("X-API-Product-Version", "24.6.1"),
            ("Content-Length", str(len(content))),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _serve(self) -> None:
        awx, parts = self.server.awx, urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with awx.lock:
            awx.requests.append(f"{self.command} {parts.path}")
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self._answer(401, {"detail": "Authentication credentials were not provided."})
                return
            try:
                self._answer(*self._route(awx, parts.path, dict(parse_qsl(parts.query)), json.loads(raw) if raw else {}))
            except Refused as error:
                self._answer(400, error.body)
            except (KeyError, IndexError, ValueError):
                self._answer(404, {"detail": "Not found."})

    do_GET = do_POST = do_PATCH = do_DELETE = _serve

    def _route(self, awx: Awx, path: str, query: Json, body: t.Any) -> tuple[int, t.Any]:
        if not path.startswith("/api/v2/") or not path.endswith("/"):
            raise KeyError(path)
        kind, *rest = path.removeprefix("/api/v2/").strip("/").split("/")
        if not rest:
            return self._list(awx, kind, query, body)
        number = int(rest[0])
        if kind == "project_updates":
            awx.updates[number] -= 1
            done = awx.updates[number] <= 0
            return 200, {"id": number, "status": "successful" if done else "running", "failed": False, "finished": "now" if done else None}
        if kind == "workflow_jobs":
            return 200, page(self._nodes_of_a_run(awx), query, path)
        item = awx.objects[kind][number]
        if len(rest) == 1:
            if self.command == "PATCH":
                item.update(awx_checks.checked(awx, kind, body, item))
            return 200, item
        return self._related(awx, kind, item, rest[1], query, body)

    def _list(self, awx: Awx, kind: str, query: Json, body: t.Any) -> tuple[int, t.Any]:
        if self.command == "POST":
            if kind == "credential_types" and not awx.superuser:
                return 403, {"detail": "You do not have permission to perform this action."}
            return 201, awx.add(kind, body)
        return 200, page(awx.find(kind, query), query, f"/api/v2/{kind}/")

    def _related(self, awx: Awx, kind: str, item: Json, what: str, query: Json, body: t.Any) -> tuple[int, t.Any]:
        if what not in KINDS[kind].related:
            raise KeyError(what)
        if what == "survey_spec":
            return 200, awx.survey(item["id"], self.command, body)
        if what == "create_approval_template":
            return 201, awx.approval(item, body)
        if self.command == "POST":
            awx.associate(item["id"], what, body)
            return 204, None
        target = "workflow_job_template_nodes" if what.endswith("_nodes") else what
        return 200, page([awx.objects[target][each] for each in awx.links.get((item["id"], what), [])], query, f"{item['url']}{what}/")

    @staticmethod
    def _nodes_of_a_run(awx: Awx) -> list[Json]:
        """The nodes of a workflow that runs: each tells which template it is of."""
        nodes = []
        for node in awx.objects["workflow_job_template_nodes"].values():
            approval = node["unified_job_template"] in awx.objects["workflow_approval_templates"]
            template = {"id": node["unified_job_template"], "unified_job_type": "workflow_approval" if approval else "job"}
            nodes.append({"id": node["id"], "summary_fields": {"unified_job_template": template}})
        return nodes

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    awx: Awx
    daemon_threads = True


def page(items: list[Json], query: Json, path: str) -> Json:
    """One page of a list."""
    size, number = int(query.get("page_size", _PAGE)), int(query.get("page", 1))
    more = len(items) > size * number
    return {
        "count": len(items),
        "next": f"{path}?page={number + 1}&page_size={size}" if more else None,
        "previous": None,
        "results": items[size * (number - 1) : size * number],
    }


@contextlib.contextmanager
def serving(playbooks: set[str]) -> Iterator[tuple[Awx, dict[str, str]]]:
    """A running stand-in, whose projects have these playbooks, and the variables by which clients find it."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.awx = Awx(playbooks)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.awx, {"CONTROLLER_HOST": f"http://127.0.0.1:{server.server_port}", "CONTROLLER_OAUTH_TOKEN": TOKEN}
        finally:
            server.shutdown()
            thread.join()
