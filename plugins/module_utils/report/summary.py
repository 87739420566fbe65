# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The summary of a run for a terminal: facts, plan, outcome, next steps."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections import Counter
from pathlib import Path

from ..formats.json_object import Json
from ..plan.plan_text import shown
from ..redaction.redact import plain
from . import platform

_LABEL = 14
_WIDTH = 120
"""Columns where there is no terminal: longer lines are wrapped, but for commands, which users paste."""
_NARROW = 100
"""Columns: in fewer the reason of a value is below it."""
_VALUE, _REASON = 32, 40
"""Columns: at most for a value, and at least for a reason."""
_ACCESS = {
    "LoadBalancer": "kubectl{where} get service kubeflow   # then {scheme}://EXTERNAL-IP/",
    "NodePort": "kubectl{where} get service kubeflow   # then {scheme}://NODE:PORT/",
    "ClusterIP": "kubectl{where} port-forward service/kubeflow {ports}   # then {scheme}://localhost:{port}/",
}
_AS_IT_IS = {"unchanged", "left alone", "kept", "left out", "not reached", "refused"}
"""Actions that a run in check mode reports in the same words as another run."""
_LISTED = 40
"""Objects with a reason that are shown; the report has all."""


def lines(report: Json, width: int = _WIDTH) -> list[str]:
    """A report (``report`` of the module of that name) as lines for a terminal of ``width`` columns."""
    facts, plan, app, outcome = (report.get(name) for name in ("facts", "plan", "application", "outcome"))
    result: list[str] = []
    if facts:
        result += _facts(facts, width)
    if plan:
        result += _plan(plan, width)
    result += _section("Steps", _wrapped(_steps(report), width, 2))
    if app:
        result += _section("Application", [f"{app['path']} ({_files(app, report['check'])})"])
        result += _section("Kept", [_kept(item) for item in app["kept"]])
    if outcome:
        result += _section("Objects", _outcome(outcome, report["check"]))
    elif (plan and app or report.get("comparison")) and not report.get("failure"):
        result += _not_applied(plan, report.get("comparison") or {}, width)
    result += _section("Verified", _wrapped(_checks(report.get("checks") or []), width, 2))
    if plan and plan.get("blockers"):
        result += _section("Blockers", _wrapped([f"{_advice(item)} ({item['id']})" for item in plan["blockers"]], width, 2))
    elif report.get("failure"):
        result += _section("Failed", _wrapped([report["failure"]], width, 2))
    if plan:
        result += _section("Warnings", _wrapped([_advice(item) for item in plan["warnings"]], width, 2))
    return [plain(line) for line in [*result, *_section("Next steps", next_steps(report))]]


_COLORS = {"Blockers": "error", "Failed": "error", "Would fail": "error", "Warnings": "warn", "Not readable": "warn"}


def colored(summary: list[str]) -> list[tuple[str, str]]:
    """The lines of a summary, each with what its color stands for: ``error``, ``warn``, ``ok``, blank for none."""
    result, label = [], ""
    for line in summary:
        label = line[:_LABEL].strip() or label
        color = _COLORS.get(label, "")
        if label == "Objects":
            color = "error" if re.search(r"\b(failed|refused)\b", line) else "ok" if line.startswith(label) else ""
        result.append((line, color))
    return result


def _section(label: str, texts: list[str]) -> list[str]:
    return [f"{label if not index else '':<{_LABEL}}{text}" for index, text in enumerate(texts)]


def _wrapped(texts: list[str], width: int, indent: int = 0) -> list[str]:
    return [line for text in texts for line in textwrap.wrap(text, width - _LABEL, subsequent_indent=" " * indent, break_on_hyphens=False)]


def _facts(facts: Json, width: int) -> list[str]:
    cluster, cloud, context = facts["cluster"], facts["cloud"], facts["kubeconfig"].get("context")
    through = f", context {context}" if context else ""
    nodes, storage = cluster["nodes"], cluster["storage"]
    architectures = ", ".join(f"{count} {name}" for name, count in nodes["architectures"].items())
    gpus = "".join(f", {item['count']} {item['resource']}" for item in nodes["accelerators"])
    cpu, memory = nodes["allocatable"]["cpu"], nodes["allocatable"]["memory"] / 2**30
    seen = f"{nodes['count']} ({architectures or 'none'}), {nodes['usable']} usable: {cpu:g} CPU, {memory:.0f} GiB{gpus}"
    unread = {item["what"] for item in cluster["unknown"]}
    classes = ", ".join(f"{item['name']}{' (default)' if item['default'] else ''}" for item in storage["classes"])
    where = [cloud[key] for key in ("provider", "account", "region") if cloud.get(key)]
    return [
        *_section("Cluster", [f"{cluster['server']} ({cluster['distribution']['name']} {cluster['version']['git_version']}){through}"]),
        *_section("Cloud", [", ".join(where)] if where else []),
        *_section("Nodes", ["may not be read" if not nodes["count"] and "Node" in unread else seen]),
        *_section(
            "Storage", _wrapped([classes or ("may not be read" if "StorageClass.storage.k8s.io" in unread else "no storage class")], width)
        ),
        *_section("Not readable", _wrapped(_not_readable(cluster["unknown"]), width, 2)),
    ]


_FORBIDDEN = re.compile(r'User "([^"]+)" cannot (\w+) resource "([^"]+)"')


def _not_readable(unknown: list[Json]) -> list[str]:
    """What a user may not read, in one line for each user and verb; the report has each with the API server's message."""
    forbidden: dict[str, list[str]] = {}
    others = []
    for item in unknown:
        match = _FORBIDDEN.search(item["why"])
        if match:
            forbidden.setdefault(f"{match[1]} may not {match[2]}", []).append(match[3])
        else:
            others.append(f"{item['what']}: {item['why']}")
    return [f"{who}: {', '.join(dict.fromkeys(those))}" for who, those in forbidden.items()] + others


def _plan(plan: Json, width: int) -> list[str]:
    namespace = plan["namespace"]
    chosen = [
        (component, name, choice)
        for component, parameters in plan["parameters"].items()
        for name, choice in parameters.items()
        if choice["source"] != "default"
    ]
    others = sum(map(len, plan["parameters"].values())) - len(chosen)
    several = len(plan["parameters"]) > 1
    rows = [("namespace = " + namespace["value"], namespace["source"], namespace["reason"])]
    rows += [(_value(component if several else "", name, choice), choice["source"], _reason(choice)) for component, name, choice in chosen]
    result = _section("Platform", _wrapped(platform.components(plan.get("platform") or {}), width, 2))
    result += _section("Plan", [*_table(("VALUE", "SOURCE", "REASON"), rows, width), f"{others} other values are the packages' own."])
    result += _section(
        "Migrated", _wrapped([f"{item['object']}: {item['from']} is now {item['to']}" for item in plan.get("brought_up", ())], width, 2)
    )
    # Only of interest to a user who lacks rights.
    parts = plan.get("parts", {}).get("admin", ()) if (plan.get("rbac") or {}).get("missing") else ()
    return result + _section("For an admin", _wrapped([", ".join(parts)], width))


def _checks(checks: list[Json]) -> list[str]:
    """The number of checks by status, and each of them in a sentence."""
    if not checks:
        return []
    counts = Counter(check["status"] for check in checks)
    first = ", ".join(f"{count} {status}" for status, count in counts.items())
    return [first, *(f"{check['title']}: {check['status']}, {check['evidence']} ({check['seconds']:g} s)" for check in checks)]


def _steps(report: Json) -> list[str]:
    """A sentence for each step: of this run, and from the application's record for those that this run did not take."""
    steps = {**((report.get("plan") or {}).get("steps") or {}), **(report.get("steps") or {})}
    return [f"{name}: {step['reason']}" for name, step in steps.items() if step.get("reason")]


def _value(component: str, name: str, choice: Json) -> str:
    value = shown(choice["value"])
    return f"{component}{'.' if component else ''}{name} = {value if len(value) <= _VALUE else value[: _VALUE - 1] + '…'}"


def _reason(choice: Json) -> str:
    return f"{choice['reason']}{' It changes nothing in any object.' if choice.get('no_effect') else ''}"


def _table(head: tuple[str, str, str], rows: list[tuple[str, str, str]], width: int) -> list[str]:
    """Two columns as wide as their content, and the rest of the width for the third, whose texts are wrapped; or below the others."""
    if width < _NARROW:
        return [line for row in rows for line in (f"{row[0]} ({row[1]})", *(f"  {text}" for text in _wrapped([row[2]], width - 2)))]
    first, second = (max(len(row[column]) for row in (head, *rows)) + 2 for column in (0, 1))
    result = []
    for row in (head, *rows):
        left = f"{row[0]:<{first}}{row[1]:<{second}}"
        reasons = textwrap.wrap(row[2], max(width - _LABEL - len(left), _REASON), break_on_hyphens=False) or [""]
        result += [f"{left if not number else '':<{len(left)}}{text}" for number, text in enumerate(reasons)]
    return result


def _files(app: Json, check: bool) -> str:
    if not app["changed"]:
        return "unchanged"
    return f"{len(app['files'])} files {'would be ' if check else ''}written"


def _kept(item: Json) -> str:
    if item.get("parameter"):
        return f"{item['component']}.{item['parameter']} = {item['value']}: you changed it; planned was {item['planned']}"
    return f"{item.get('file') or item.get('field') or item.get('component')}: you changed it"


def _outcome(outcome: Json, check: bool) -> list[str]:
    counts = ", ".join(
        f"{count} {'would be ' if check and action not in _AS_IT_IS else ''}{action}" for action, count in outcome["counts"].items()
    )
    first = counts or "nothing of this application is there"
    if not check:
        waited = f", of them {outcome['waited']} s until all was ready" if outcome["waited"] else ""
        first += f" ({outcome['seconds']} s{waited})"
    explained = [f"{item['object']}: {item['action']}, {item['why']}" for item in outcome["objects"] if item["why"]]
    more = [f"and {len(explained) - _LISTED} more"] if len(explained) > _LISTED else []
    return [first, *explained[:_LISTED], *more]


def _not_applied(plan: Json | None, comparison: Json, width: int) -> list[str]:
    """What applying would do, as compared with the cluster; the objects of the plan if that is unknown."""
    apply = "kubeflow_apply=true applies them"
    outcome = comparison.get("outcome")
    if outcome and not comparison.get("msg"):
        first, *explained = _outcome(outcome, check=True)
        changes = [item for item in outcome["objects"] if item["action"] not in _AS_IT_IS]
        unexplained = [item for item in changes if not item["why"]]
        return _section("Objects", [f"{first}; {apply}" if changes else first, *_by_kind(unexplained), *explained])
    objects = [{"object": text, "action": "created"} for text in plan["objects"]] if plan else []
    result = _section("Consists of", [f"{len(objects)} objects; {apply}", *_by_kind(objects)]) if plan else []
    return result + _section("Would fail", _wrapped([comparison["msg"]] if comparison.get("msg") else [], width, 2))


def _by_kind(objects: list[Json]) -> list[str]:
    """The names of each kind, with the action for objects that would not be created."""
    kinds: dict[str, list[str]] = {}
    for item in objects:
        kind, name = item["object"].split(" ", 1)
        action = "" if item["action"] == "created" else f" ({item['action']})"
        kinds.setdefault(kind.split(".")[0], []).append(name.rsplit("/", 1)[-1] + action)
    return [f"{kind}: {', '.join(names)}" for kind, names in kinds.items()]


def _advice(item: Json) -> str:
    return " ".join(filter(None, [item["reason"], item.get("fix"), f"Run: {item['command']}" if item.get("command") else ""]))


def next_steps(report: Json) -> list[str]:
    """Commands to paste, some with a comment."""
    plan, app, outcome = report.get("plan"), report.get("application"), report.get("outcome")
    steps = []
    if plan and outcome and not report["check"] and not report.get("failure"):
        steps += [f"export KUBECONFIG={shlex.quote(report['kubeconfig'])}"] if report.get("kubeconfig") else []
        namespace = str(plan["namespace"]["value"])
        context = f" --context {shlex.quote(report['context'])}" if report.get("context") else ""
        where = f"{context} -n {shlex.quote(namespace)}"
        core = plan["parameters"].get("kubeflow-core", {})
        if plan.get("platform"):
            steps += platform.access(plan, context)
        if core or not plan.get("platform"):
            steps += _access(plan, core, where)
    if app and not report["check"]:
        git = f"git -C {shlex.quote(app['path'])}"
        if "git" not in (report.get("steps") or {}) and not _in_repository(app["path"]):
            steps.append(f"{git} init && {git} add . && {git} commit -m Kubeflow   # keep it in git")
    return steps


def _in_repository(path: str) -> bool:
    """Whether an application is in a repository of git already."""
    folder = Path(path)
    return any((each / ".git").exists() for each in (folder, *folder.parents))


def _access(plan: Json, core: Json, where: str) -> list[str]:
    """Commands for access to the packages of the embedded registry."""
    hosts = [address for address in map(_address, plan["parameters"].values()) if address]
    steps = list(dict.fromkeys(hosts)) if hosts else [_by_service(core, where)]
    if core.get("jupyterHubAuthenticator", {}).get("value", "null") in ("null", "dummy"):
        steps.append(f"kubectl{where} exec deploy/hub -- cat /srv/jupyterhub/login-password   # the password")
    return steps


def _set(parameters: Json) -> Json:
    return {name: choice["value"] for name, choice in parameters.items() if choice["value"] not in ("null", "", None)}


def _address(parameters: Json) -> str | None:
    """The address of a component with an Ingress or a Gateway that has a host name."""
    chosen = _set(parameters)
    iap = "oauthSecretName" in parameters or chosen.get("jupyterHubAuthenticator") == "iap"
    if "hostname" not in chosen or not (iap or {"ingressClass", "gatewayClass"} & chosen.keys()):
        return None
    tls = iap or chosen.get("cloud") == "openshift" or {"tlsSecretName", "tlsIssuer"} & chosen.keys()
    return f"{'https' if tls else 'http'}://{chosen['hostname']}/   # once it is reachable, which takes a cloud some minutes"


def _by_service(core: Json, where: str) -> str:
    """With a certificate and nothing in front of it, the Service speaks HTTPS."""
    chosen = _set(core)
    tls = bool({"tlsSecretName", "tlsIssuer"} & chosen.keys())
    command = _ACCESS.get(chosen.get("gatewayServiceType", ""), _ACCESS["ClusterIP"])
    port = 8443 if tls else 8080
    return command.format(where=where, scheme="https" if tls else "http", ports=f"{port}:{443 if tls else 80}", port=port)
