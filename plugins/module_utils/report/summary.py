# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run found, chose and did, for a person to read. Private to the collection."""

from __future__ import annotations

import typing as t

Json = dict[str, t.Any]

_LABEL = 13
_WAYS_IN = {
    "LoadBalancer": "kubectl{where} get service kubeflow   # its EXTERNAL-IP, then http://EXTERNAL-IP/",
    "NodePort": "kubectl{where} get service kubeflow   # its node port, then http://NODE:PORT/",
    "ClusterIP": "kubectl{where} port-forward service/kubeflow 8080:80   # then http://localhost:8080/",
}


def lines(report: Json) -> list[str]:
    """A report (``report`` of the module of that name) as lines for a terminal."""
    plan, app, outcome = report.get("plan"), report.get("application"), report.get("outcome")
    found: list[str] = []
    if plan:
        found += _plan(plan, report.get("context"))
    if app:
        found += _section("Application", [f"{app['path']} ({_files(app, report['check'])})"])
        found += _section("Kept", [_kept(item) for item in app["kept"]])
    if outcome:
        found += _section("Objects", _outcome(outcome, report["check"]))
    elif plan and app:
        found += _section("Would create", [f"{len(plan['objects'])} objects; kubeflow_apply=true applies them", *_by_kind(plan["objects"])])
    if plan:
        found += _section("Warnings", [_advice(item) for item in plan["warnings"]])
    return found + _section("Go on", _next(report))


def _section(label: str, texts: list[str]) -> list[str]:
    return [f"{label if not index else '':<{_LABEL}}{text}" for index, text in enumerate(texts)]


def _plan(plan: Json, context: str | None) -> list[str]:
    cluster = plan["cluster"]
    through = f", context {context}" if context else ""
    chosen = [
        (component, name, choice)
        for component, parameters in plan["parameters"].items()
        for name, choice in parameters.items()
        if choice["source"] != "default"
    ]
    others = sum(map(len, plan["parameters"].values())) - len(chosen)
    width = max((len(f"{name} = {choice['value']}") for _component, name, choice in chosen), default=0)
    values = [
        f"{name} = {choice['value']}".ljust(width) + f"  {choice['source']}: {choice['reason']}" for _component, name, choice in chosen
    ]
    return [
        *_section("Cluster", [f"{cluster['server']} ({cluster['distribution']} {cluster['version']}){through}"]),
        *_section("Namespace", [f"{plan['namespace']['value']}  {plan['namespace']['source']}: {plan['namespace']['reason']}"]),
        *_section("Values", [*values, f"{others} others are the package's own."]),
    ]


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
        f"{count} {'would be ' if check and action != 'unchanged' else ''}{action}" for action, count in outcome["counts"].items()
    )
    first = counts or "nothing of this application is there"
    if not check:
        waited = f", of them {outcome['waited']} s until all was ready" if outcome["waited"] else ""
        first += f" ({outcome['seconds']} s{waited})"
    return [first, *(f"{item['object']}: {item['action']}, {item['why']}" for item in outcome["objects"] if item["why"])]


def _by_kind(objects: list[str]) -> list[str]:
    kinds: dict[str, list[str]] = {}
    for text in objects:
        kind, name = text.split(" ", 1)
        kinds.setdefault(kind.split(".")[0], []).append(name.rsplit("/", 1)[-1])
    return [f"{kind}: {', '.join(names)}" for kind, names in kinds.items()]


def _advice(item: Json) -> str:
    return f"{item['reason']} {item['fix']}" if item.get("fix") else item["reason"]


def _next(report: Json) -> list[str]:
    plan, app, outcome = report.get("plan"), report.get("application"), report.get("outcome")
    where = "".join(f" --{name} {report[name]}" for name in ("kubeconfig", "context") if report.get(name))
    steps = []
    if plan and outcome and not report["check"]:
        where += f" -n {plan['namespace']['value']}"
        service = plan["parameters"].get("kubeflow-core", {}).get("gatewayServiceType", {}).get("value")
        steps.append(_WAYS_IN.get(service, _WAYS_IN["ClusterIP"]).format(where=where))
        steps.append(f"kubectl{where} exec deploy/hub -- cat /srv/jupyterhub/login-password   # the password, with any user name")
    if app and not report["check"]:
        steps.append(
            f"cd {app['path']} && git init && git add . && git commit -m 'Kubeflow'   # it is yours; ks 0.10 and jsonnet read it too"
        )
    return steps
