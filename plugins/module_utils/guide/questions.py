# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a person must decide, with the findings about it; the questions have the shapes of ``shapes``."""

from __future__ import annotations

import typing as t

from ..formats.json_object import Json
from . import platform_questions
from .shapes import HOST, NAME, option, question

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_AUDIENCE = r"/projects/[0-9]+/(global/backendServices|apps)/[A-Za-z0-9_.-]+"
_CLOUDS = {"gcp": "Google Cloud", "aws": "AWS", "azure": "Azure"}
_UNSET = ("", "null", None)


def questions(facts: Json, plan: Json, helps: t.Mapping[str, str], choices: Json) -> list[Json]:
    """At most six that are asked, in order. ``helps``: descriptions of parameters. ``choices``: what the user has chosen already.

    Who has chosen components or a configuration of the Go bootstrapper has decided what Kubeflow is to be.
    """
    known = _KnownFacts(facts, plan, helps)
    small = [] if plan.get("platform") else [_reach(known), _login(known), _storage(known), _gpus(known)]
    asked = [each for each in small if each]
    if not choices.get("kubeflow_components") and not choices.get("kubeflow_go_bootstrapper_config"):
        first, *others = platform_questions.questions(facts, choices)
        only = {platform_questions.WHAT: [platform_questions.SMALL]}
        asked = [first, *({**each, "when": only} for each in asked), *others]
    return [*asked, _run(known, bool(choices.get("kubeflow_apply")))]


def alerts() -> list[Json]:
    """Combinations of answers to warn of: ``{when: {question: [options]}, stops, text}``."""
    combinations = [
        (
            {"login": ["oidc", "iap", "openshift"], "reach": ["forward", "node", "balancer"]},
            True,
            "This login sends people back to a host name over HTTPS. Choose the host name, or the shared password.",
        ),
        (
            {"login": ["dummy"], "reach": ["balancer", "node", "host"]},
            False,
            "All users share one password, and everybody who reaches the address can try it. Good for a trial among people who may "
            "see each other's work.",
        ),
        (
            {"reach": ["balancer", "node"]},
            False,
            "This way speaks plain HTTP, so passwords can be read on the way. Use it within a network that you trust.",
        ),
    ]
    return [*({"when": when, "stops": stops, "text": text} for when, stops, text in combinations), *platform_questions.alerts()]


class _KnownFacts:
    """The facts and the plan; empty where something is unknown."""

    def __init__(self, facts: Json, plan: Json, helps: t.Mapping[str, str]) -> None:
        self.cluster: Json = facts.get("cluster") or {}
        self.cloud: Json = facts.get("cloud") or {}
        self.plan = plan
        self.helps = helps
        self.distribution = (self.cluster.get("distribution") or {}).get("name")

    def value(self, parameter: str) -> t.Any:
        """Its value in the plan, in the first component that has the parameter."""
        return next((all_[parameter]["value"] for all_ in self.plan["parameters"].values() if parameter in all_), None)

    def has(self, parameter: str) -> bool:
        return any(parameter in values for values in self.plan["parameters"].values())

    def serves(self, version: str, kind: str) -> bool:
        return kind in ((self.cluster.get("apis") or {}).get(version) or {})

    def field(self, name: str, label: str, pattern: str = ".+", **more: t.Any) -> Json:
        value = self.value(name)
        return {
            "name": name,
            "label": label,
            "help": self.helps.get(name, ""),
            "pattern": pattern,
            "value": "" if value in _UNSET else value,
            "required": True,
            **more,
        }


def _names(items: t.Iterable[Json]) -> str:
    return ", ".join(item["name"] for item in items)


def _reach(look: _KnownFacts) -> Json | None:
    if not look.has("gatewayServiceType"):
        return None
    balancer = look.cluster.get("load_balancer") or {}
    ingresses, gateways = look.cluster.get("ingress_classes") or [], look.cluster.get("gateway_classes") or []
    findings = [
        f"Load balancer: {balancer['why']}" if balancer.get("why") else "",
        f"Ingress classes: {_names(ingresses)}." if ingresses else "There is no ingress class.",
        f"Gateway classes: {_names(gateways)}." if gateways else "",
    ]
    options = [
        option("forward", "Only from my machine", "kubectl port-forward. Nothing is opened to anybody.", gatewayServiceType="ClusterIP"),
        option("node", "Through a port of the nodes", "For networks that reach the nodes (NodePort).", gatewayServiceType="NodePort"),
        option(
            "balancer",
            "Through an address of a load balancer",
            "The Service asks for an address of its own; at a cloud it costs some money (LoadBalancer).",
            "No load balancer would get an address in this cluster." if balancer.get("available") is False else None,
            gatewayServiceType="LoadBalancer",
        ),
        _host(look, bool(ingresses or gateways or look.distribution == "gke")),
    ]
    options = [each for each in options if each["id"] != "host" or look.has("hostname")]
    ways = {"ClusterIP": "forward", "NodePort": "node", "LoadBalancer": "balancer"}
    chosen = "host" if look.value("hostname") not in _UNSET else ways.get(str(look.value("gatewayServiceType")), "forward")
    why = "It decides what is put in front of Kubeflow, and which logins are possible."
    return question("reach", "Access", "How do people reach it?", why, findings, options, chosen)


def _host(look: _KnownFacts, possible: bool) -> Json:
    fields = [look.field("hostname", "Host name", HOST, example="kubeflow.example.com", wrong="A host name is like kubeflow.example.com.")]
    secret = "A Secret's name is of small letters, digits, - and dots."
    if look.has("tlsSecretName"):
        fields.append(look.field("tlsSecretName", "Secret with its certificate", NAME, wrong=secret, required=False))
    if look.has("tlsIssuer") and look.serves("cert-manager.io/v1", "ClusterIssuer"):
        wrong = "A ClusterIssuer's name is of small letters, digits, - and dots."
        fields.append(look.field("tlsIssuer", "Or the ClusterIssuer that signs one", NAME, wrong=wrong, required=False))
    if look.distribution != "openshift":  # whose router has a certificate
        label = "Have a certificate, if I name none here"
        more = "From cert-manager if the cluster has it, else one that signs itself, of which browsers warn."
        on = {"kubeflow_certificates": True, "kubeflow_certificates_hostname": "=hostname"}
        named = look.value("tlsSecretName") not in _UNSET or look.value("tlsIssuer") not in _UNSET
        fields.append({"name": "certificate", "label": label, "help": more, "on": on, "value": not named})
    cloud = _CLOUDS.get(str(look.cloud.get("provider")))
    if cloud:
        label = f"Reserve an address at {cloud}, and lead the name to it"
        more = f"It needs credentials for {cloud} where the command runs, and a DNS zone of yours there."
        on = {"kubeflow_static_ip": True, "kubeflow_dns": True, "kubeflow_dns_hostname": "=hostname"}
        fields.append({"name": "steps", "label": label, "help": more, "on": on, "value": False})
    never = None if possible else "The cluster has no ingress class and no gateway class, so nobody would answer under that name."
    more = "An Ingress, a Route or a Gateway, whichever the cluster has."
    return option("host", "Under a host name of ours", more, never, fields)


def _login(look: _KnownFacts) -> Json | None:
    if not look.has("jupyterHubAuthenticator"):
        return None
    options = [
        option("dummy", "One password for all", "The hub makes it at its first start. For a trial.", jupyterHubAuthenticator="dummy")
    ]
    secret = {"wrong": "A Secret's name is of small letters, digits, - and dots."}
    url = {"wrong": "The issuer is an https URL.", "example": "https://login.example.com/realms/ml"}
    fields = [
        look.field("oidcIssuer", "Issuer", r"https://[^\s/]+(/\S*)?", **url),
        look.field("oidcClientId", "Id of the client", r"\S+"),
        look.field("oidcSecretName", "Secret with the key client-secret", NAME, **secret),
    ]
    more = "OpenID Connect: Keycloak, Dex, Entra ID, Okta, Google and others. Register a client there first."
    options.append(option("oidc", "Our organisation's login", more, None, fields, jupyterHubAuthenticator="oidc"))
    if look.cloud.get("provider") == "gcp":
        never = None if look.distribution == "gke" else "It takes Google's load balancer, which only GKE makes."
        audience = {"example": "/projects/123/global/backendServices/456", "wrong": "It is like /projects/123/global/backendServices/456."}
        # Google names the audience only once its load balancer is there: a new user can't know it.
        box = {
            "name": "ask",
            "label": "Ask Google for the audience",
            "help": "It needs Google's credentials where the command runs. The first run lets nobody in; a second one, when "
            "the load balancer exists, fills the audience in.",
            "on": {"kubeflow_auth": True, "kubeflow_auth_kind": "iap", "kubeflow_auth_hostname": "=hostname"},
            "value": look.value("iapAudience") in _UNSET,
        }
        fields = [look.field("iapAudience", "Audience", _AUDIENCE, unless="ask", **audience), box]
        more = "Google accounts, checked before anybody gets to the cluster."
        options.append(option("iap", "Google's Identity-Aware Proxy", more, never, fields, jupyterHubAuthenticator="iap"))
    if look.distribution == "openshift":
        served = "oauth.openshift.io/v1" in (look.cluster.get("apis") or {})
        never = None if served else "This cluster does not serve its own login (oauth.openshift.io/v1)."
        more = "The accounts that the cluster has already."
        options.append(option("openshift", "OpenShift's own login", more, never, jupyterHubAuthenticator="openshift"))
    why = "Everybody who logs in gets a notebook server: a place in the cluster to run any code."
    return question("login", "Login", "Who may log in?", why, [], options, str(look.value("jupyterHubAuthenticator")))


def _storage(look: _KnownFacts) -> Json | None:
    storage = look.cluster.get("storage") or {}
    classes = {item["name"]: item for item in storage.get("classes") or []}
    usable = [name for name in storage.get("usable") or [] if name in classes]
    if len(usable) < 2 or not look.has("storageClass"):
        return None
    options = []
    for name in usable:
        item = classes[name]
        late = "made where the pod runs" if item.get("binding_mode") == "WaitForFirstConsumer" else "made at once, in some zone"
        reclaim = "kept when the PVC goes" if item.get("reclaim_policy") == "Retain" else "deleted with the PVC"
        more = f"{item.get('driver') or item.get('provisioner')}: a volume is {late}, {reclaim}."
        options.append(option(name, f"{name}{' (the default)' if item.get('default') else ''}", more, storageClass=name))
    why = "What users keep in their notebooks is on these volumes. It can't be moved to another class later."
    default = storage.get("default")
    findings = [
        f"The cluster has {len(usable)} usable classes. {f'{default} is its default.' if default else 'None of them is the default.'}"
    ]
    return question("storage", "Volumes", "Where do volumes live?", why, findings, options, str(look.value("storageClass")))


def _gpus(look: _KnownFacts) -> Json | None:
    accelerators = (look.cluster.get("nodes") or {}).get("accelerators") or []
    if not accelerators or not look.has("gpuResource"):
        return None
    options = []
    for item in accelerators:
        products = ", ".join(item.get("products") or [])
        more = f"{item['count']} on {item['nodes']} nodes{f' ({products})' if products else ''}. They are offered beside servers without."
        options.append(option(item["resource"], f"Yes, {item['resource']}", more, gpuResource=item["resource"]))
    options.append(option("none", "No", "Notebooks do without; the GPUs are left to other work.", gpuResource="null"))
    why = "A notebook holds its GPU as long as it runs, whether it computes or not."
    chosen = look.value("gpuResource")
    return question("gpus", "GPUs", "May notebooks have GPUs?", why, [], options, "none" if chosen in _UNSET else str(chosen))


def _run(look: _KnownFacts, apply: bool) -> Json:
    namespace = {
        "name": "kubeflow_namespace",
        "label": "Namespace",
        "help": "It is made if it does not exist.",
        "pattern": _LABEL,
        "wrong": "A namespace's name is of small letters, digits and -.",
        "required": True,
        "value": look.plan["namespace"]["value"],
    }
    options = [
        option("look", "Write the application and show me", "Nothing in the cluster changes.", None, [namespace], kubeflow_apply=False),
        option(
            "apply",
            "Apply it, too",
            "It waits until all is ready.",
            None,
            [namespace],
            kubeflow_apply=True,
        ),
    ]
    why = "The application is a folder that is yours to keep in git. A second run changes only what you change."
    return question("run", "First run", "What is the first run to do?", why, [], options, "apply" if apply else "look")
