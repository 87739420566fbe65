# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The questions about the Kubeflow platform: whether it is to be deployed, which sets of it, how users get there and log in.

Values go into the variable ``kubeflow_platform``. Those of its gateway are asked for only where a set with the gateway is chosen.
"""

from __future__ import annotations

import json
import typing as t

from ..formats.json_object import Json
from ..platform import graph, tables
from .shapes import HOST, NAME, option, question

SMALL, PLATFORM, SETS = "small", "platform", "sets"
"""The answers to what Kubeflow is to be."""
WHAT = "what"
"""The question's id."""
_VARIABLE = "kubeflow_platform"
_MAIL = r"[^\s@]+@[^\s@]+"
_SETS = {
    "training": "Kubeflow Trainer with JobSet: training jobs on several nodes",
    "spark": "The Spark operator",
    "serving-raw": "KServe with plain Deployments",
    "notebooks": "Dashboard, notebook servers, volumes and TensorBoards",
    "tuning": "Katib, with Trainer and the dashboard",
    "serving": "KServe with Knative, which scales to zero, and a page for models",
    "pipelines": "Kubeflow Pipelines, with a database and an object store",
}
"""What each set brings, the smallest first. Their requests and volumes are in docs/platform.md."""


def questions(facts: Json, choices: Json) -> list[Json]:
    """What Kubeflow is to be; then, for the platform, how it is reached and who logs in. ``choices``: variables that the user has set."""
    chosen = _chosen(choices.get(_VARIABLE))
    release = tables.release(str(chosen.get("release") or tables.names()[-1]))
    with_gateway = [PLATFORM, *(f"{SETS}.{name}" for name in _sets(release) if "istio" in graph.closure(tables.graph(), release, [name]))]
    values = chosen.get("parameters") or {}
    return [
        _what(facts, release, chosen),
        {**_reach(facts.get("cluster") or {}, values), "when": {WHAT: with_gateway}},
        {**_login(values), "when": {WHAT: with_gateway}},
    ]


def alerts() -> list[Json]:
    """Combinations of answers to warn of, as ``questions.alerts``."""
    return [
        {
            "when": {"login-platform": ["oidc"], "reach-platform": ["forward", "node", "balancer"]},
            "stops": True,
            "text": "This login sends people back to a host name over HTTPS. Choose the host name, or Dex.",
        },
        {
            "when": {"reach-platform": ["node", "balancer"]},
            "stops": False,
            "text": "This way speaks plain HTTP, so passwords can be read on the way. Use it within a network that you trust.",
        },
    ]


def _chosen(value: t.Any) -> Json:
    """``kubeflow_platform`` as a mapping; {} for none."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = json.loads(value)
    if isinstance(value, t.Mapping):
        return dict(value)
    return {"release": value} if value else {}


def _sets(release: tables.Release) -> list[str]:
    """The sets of which the release has something, but for the whole platform."""
    known = tables.graph().sets
    inside = {each for name, part in release.components.items() for each in (name, *part.provides)}
    return [name for name in _SETS if inside & set(known.get(name, ()))]


def _what(facts: Json, release: tables.Release, chosen: Json) -> Json:
    components = chosen.get("components") or []
    components = [components] if isinstance(components, str) else components
    nodes = (facts.get("cluster") or {}).get("nodes") or {}
    free = nodes.get("allocatable")
    room = f"The cluster has {free['cpu']:g} CPUs and {free['memory'] / 2**30:.0f} GiB for pods." if free else ""
    base = {"release": release.name, **{key: value for key, value in chosen.items() if key != "components"}}
    options = [
        option(
            SMALL,
            "Small: a hub for notebooks, and jobs",
            "JupyterHub, training jobs and model servers, without a service mesh. It fits on one node.",
            **{_VARIABLE: ""},
        ),
        option(
            PLATFORM,
            f"The Kubeflow platform, {release.name}",
            "Dashboard, profiles, notebooks, Pipelines, Katib, KServe, Trainer, Spark operator and model registry, on Istio and "
            "cert-manager: some 50 pods that ask for 3 CPUs and 7 GiB, and use more.",
            **{_VARIABLE: base},
        ),
        _parts(release, base, components),
    ]
    answer = SMALL if not chosen else SETS if [name for name in components if name != graph.ALL] else PLATFORM
    why = "Most people mean the platform when they say Kubeflow. The small one starts in a minute and is enough for notebooks and jobs."
    return question(WHAT, "Kubeflow", "What is Kubeflow to be?", why, [room], options, answer)


def _parts(release: tables.Release, base: Json, components: t.Sequence[str]) -> Json:
    """The option with a box for each set. Components that the user has named one by one are chosen with it, as before."""
    sets, variable = _sets(release), f"{_VARIABLE}.components"
    boxes = [{"name": name, "label": name, "help": _SETS[name], "on": {variable: [name]}, "value": name in components} for name in sets]
    named = [name for name in components if name not in (*sets, graph.ALL)]
    more = "What they need, such as cert-manager, Istio and a login, comes with them."
    parts = option(SETS, "Parts of the platform", more, None, boxes, **{_VARIABLE: base, **({variable: named} if named else {})})
    return {**parts, "least": None if named else "Choose at least one part."}


def _parameter(name: str) -> str:
    return f"{_VARIABLE}.parameters.{name}"


def _field(name: str, label: str, values: Json, **more: t.Any) -> Json:
    text = tables.parameters()["parameters"][name]["text"]
    return {"name": _parameter(name), "label": label, "help": text, "value": values.get(name) or "", "required": True, **more}


def _reach(cluster: Json, values: Json) -> Json:
    balancer = cluster.get("load_balancer") or {}
    secret = "A Secret's name is of small letters, digits, - and dots."
    issuer = "A ClusterIssuer's name is of small letters, digits, - and dots."
    fields = [
        _field("hostname", "Host name", values, pattern=HOST, example="kubeflow.example.com", wrong="It is like kubeflow.example.com."),
        _field("tlsSecretName", "Secret with its certificate", values, pattern=NAME, wrong=secret, required=False),
        _field("tlsIssuer", "Or the ClusterIssuer that signs one", values, pattern=NAME, wrong=issuer, required=False),
    ]
    never = "No load balancer would get an address in this cluster." if balancer.get("available") is False else None
    kind = _parameter("gatewayServiceType")
    options = [
        option("forward", "Only from my machine", "kubectl port-forward. Nothing is opened to anybody.", **{kind: "ClusterIP"}),
        option("node", "Through a port of the nodes", "For networks that reach the nodes (NodePort).", **{kind: "NodePort"}),
        option(
            "balancer",
            "Through an address of a load balancer",
            "The gateway asks for an address of its own; at a cloud it costs some money (LoadBalancer).",
            never,
            **{kind: "LoadBalancer"},
        ),
        option("host", "Under a host name of ours", "Istio's gateway answers for it, with a certificate that you name.", None, fields),
    ]
    ways = {"ClusterIP": "forward", "NodePort": "node", "LoadBalancer": "balancer"}
    answer = "host" if values.get("hostname") else ways.get(str(values.get("gatewayServiceType")), "forward")
    findings = [f"Load balancer: {balancer['why']}" if balancer.get("why") else ""]
    why = "It decides what is put in front of Kubeflow, and which logins are possible."
    return question("reach-platform", "Access", "How do people reach it?", why, findings, options, answer)


def _login(values: Json) -> Json:
    mail = _field(
        "firstUser", "First user", values, pattern=_MAIL, example="me@example.com", wrong="A mail address is like me@example.com."
    )
    issuer = _field(
        "oidcIssuer",
        "Issuer",
        values,
        pattern=r"https://[^\s/]+(/\S*)?",
        example="https://login.example.com/realms/ml",
        wrong="The issuer is an https URL.",
    )
    mail["value"] = mail["value"] or tables.parameters()["parameters"]["firstUser"]["default"]
    options = [
        option("dex", "Dex, which comes with it", "The first user's password is made, and kept in a Secret.", None, [mail]),
        option(
            "oidc",
            "Our organisation's login",
            "OpenID Connect. Register a client there, and give it as the Secret oauth2-proxy (docs/platform.md).",
            None,
            [issuer, dict(mail)],
        ),
    ]
    why = "The first user has a namespace, and may share it with others."
    return question("login-platform", "Login", "Who may log in?", why, [], options, "oidc" if values.get("oidcIssuer") else "dex")
