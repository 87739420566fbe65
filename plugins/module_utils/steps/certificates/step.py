# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The step certificates: which kind, and what the application gets of it.

The kind is chosen by rules as the plan has them (``rules/rules.py``), which are data; see ``choices`` for what they know beside the facts.
"""

from __future__ import annotations

import base64
import datetime
import ipaddress
import typing as t
from dataclasses import dataclass, field

from ...data.parameter_renames import present_name
from ...errors import BootstrapError
from ...formats.json_object import Json
from ...kube.client import Client
from ...rules.rules import Rule
from ...run import Context
from ..dns.step import embedded_address
from ..static_ip.address import default_name
from . import existing, key_pair

KINDS = ("cert-manager", "google-managed", "files", "self-signed", "none")
_NOT_PUBLIC = ("local", "localhost", "localdomain", "internal", "lan", "home.arpa", "test", "example", "invalid", "corp", "home")
_ACME = "https://acme-v02.api.letsencrypt.org/directory"


@dataclass(frozen=True)
class CertificateSpec:
    """``components``: name to prototype. ``crt`` and ``key``: PEM of the user's. ``dns``: the record of the step dns.

    ``parameters``: the user's, by component. ``days`` and ``renew_before``: of a certificate that is made here.
    """

    application: str
    cluster: str
    namespace: str
    kind: str
    hostname: str
    facts: Json
    components: dict[str, str]
    parameters: Json
    secret_name: str
    crt: str | None = None
    key: str | None = None
    called: tuple[str, str] = ("The certificate", "The key")
    issuer: str | None = None
    email: str | None = None
    acme_url: str | None = None
    solver: str | None = None
    dns: Json = field(default_factory=dict)
    days: int = 365
    renew_before: int = 30

    @property
    def entry(self) -> str | None:
        """The component with a certificate of its own for the host, if there is one: iap-ingress."""
        return next((name for name, prototype in self.components.items() if prototype.split(".")[-1] == "iap-ingress"), None)

    @property
    def own_issuer(self) -> str:
        return default_name(self.application, self.cluster)

    @property
    def served(self) -> bool:
        """Whether the cluster has cert-manager."""
        return "Certificate" in (self.apis.get("cert-manager.io/v1") or {})

    @property
    def apis(self) -> Json:
        return (self.facts.get("cluster") or {}).get("apis") or {}

    @property
    def public(self) -> bool:
        return is_public(self.hostname)


@dataclass(frozen=True)
class CertificateResult:
    """``parameters``, ``components``, ``reason``: of the step. ``pair``: what goes into the Secret; ``new``: it was made just now."""

    kind: str
    reason: str
    parameters: Json = field(default_factory=dict)
    components: Json = field(default_factory=dict)
    record: Json = field(default_factory=dict)
    pair: key_pair.CertificatePair | None = None
    new: bool = False
    before: Json = field(default_factory=dict)


def present(spec: CertificateSpec, rules: list[Rule], connect: t.Callable[[], Client], context: Context) -> Json:
    """The module's result. ``connect`` is called only if the cluster must be asked."""
    issuers: list[Json] = []
    if spec.served and not spec.issuer and spec.kind in ("auto", "cert-manager"):
        with connect() as client:
            issuers, unseen = existing.issuers(client, spec.namespace)
        for each in unseen:
            context.warn(each)
    data = choices(spec, issuers)
    kind, reason = spec.kind, f"You chose {spec.kind}."
    if kind == "auto":
        kind, reason = _chosen(rules, "kind", data)
    data["choices"]["kind"] = kind
    if kind != "none" and not spec.hostname:
        raise BootstrapError("There is no host name that a certificate could be for.", fix="Set hostname (kubeflow_certificates_hostname).")
    if kind == "cert-manager":
        return _result(spec, _issued(spec, rules, data, reason))
    if kind == "google-managed":
        return _result(spec, _managed(spec, reason))
    if kind == "files":
        return _result(spec, _files(spec, reason, context))
    if kind == "self-signed":
        return _result(spec, _self_signed(spec, reason, connect, context))
    return _result(spec, CertificateResult("none", reason, record={"kind": "none"}))


def choices(spec: CertificateSpec, issuers: list[Json]) -> Json:
    """What the rules know: the facts, ``issuers`` that can be used here, and ``choices``."""
    # Who names a mail address wants certificates that browsers take; those of a staging server nobody's browser takes.
    acme = spec.email and spec.public
    usable = [
        each
        for each in issuers
        if each["ready"]
        and (each["kind"] == "ClusterIssuer" or spec.entry)
        and not each["staging"]
        and not (acme and each["type"] == "selfSigned")
    ]
    return {
        **spec.facts,
        "issuers": usable,
        "choices": {
            "hostname": spec.hostname,
            "public": spec.public,
            "components": spec.components,
            "prototypes": [present_name(prototype.split(".")[-1]) for prototype in spec.components.values()],
            "parameters": spec.parameters,
            "files": bool(spec.crt),
            "issuer": spec.issuer,
            "email": spec.email,
            "solver": spec.solver,
            "dns": spec.dns,
            "own_issuer": spec.own_issuer,
            "own_issuer_is_there": any(each["name"] == spec.own_issuer and each["kind"] == "ClusterIssuer" for each in issuers),
        },
    }


def is_public(hostname: str) -> bool:
    """Whether an ACME server on the internet could ask for that name."""
    labels = hostname.split(".")
    if len(labels) < 2 or hostname.endswith(tuple(f".{each}" for each in _NOT_PUBLIC)):
        return False
    holds = embedded_address(hostname) if hostname.endswith((".sslip.io", ".nip.io")) else ()
    return not any(ipaddress.ip_address(each).is_private for each in holds)


def _chosen(rules: list[Rule], what: str, data: Json) -> tuple[t.Any, str]:
    for rule in rules:
        if rule.parameter == what and rule.applies(data):
            return rule.result(data), str(rule.text("reason", data))
    raise BootstrapError(f"No rule chooses {what} of the certificate.", fix="Correct the file of rules: one without when comes last.")


def _issued(spec: CertificateSpec, rules: list[Rule], data: Json, reason: str) -> CertificateResult:
    if not spec.served:
        raise BootstrapError(
            "The certificate is to come from cert-manager, which the cluster does not have.",
            fix="Install it, or choose another kind (kubeflow_certificates_kind): files or self-signed.",
        )
    issuer, why = _chosen(rules, "issuer", data)
    listed = next((each for each in data["issuers"] if each["name"] == issuer), None)
    kind = listed["kind"] if listed else "ClusterIssuer"
    parameters: Json = {"issuer": issuer, "issuerKind": kind} if spec.entry else {"tlsIssuer": issuer}
    components: Json = {}
    record: Json = {"issuer": issuer, "issuer_kind": kind, "made": issuer == spec.own_issuer}
    if issuer == spec.own_issuer:
        components = {"cert-manager": {"prototype": "cert-manager-issuer"}}
        own, how = _own_issuer(spec, rules, data)
        parameters |= own
        why = f"{why} {how}"
    # Beside the rule's own sentence about the kind, that about the issuer says more.
    return CertificateResult("cert-manager", why if spec.kind == "auto" else f"{reason} {why}", parameters, components, record)


def _own_issuer(spec: CertificateSpec, rules: list[Rule], data: Json) -> tuple[Json, str]:
    """Parameters of the component cert-manager, and why."""
    kind, why = _chosen(rules, "issuerType", data)
    parameters: Json = {"issuerName": spec.own_issuer, "issuerKind": "ClusterIssuer"}
    if kind != "acme":
        return {**parameters, "selfSigned": "true"}, why
    if not spec.email:
        raise BootstrapError("An ACME server needs an email address.", fix="Set email (kubeflow_certificates_email).")
    solver, how = _chosen(rules, "solver", data)
    parameters |= {"acmeEmail": spec.email, "acmeUrl": spec.acme_url or _ACME, "solver": solver}
    if solver == "dns01":
        project = spec.dns.get("account") or (spec.facts.get("cloud") or {}).get("account")
        if not project:
            raise BootstrapError("The Google Cloud project of the zone is not known.", fix="Run the step dns, or choose the solver http01.")
        parameters["cloudDNSProject"] = project
    elif spec.entry:
        parameters["ingressName"] = spec.entry
    return parameters, f"{why} {how}"


def _managed(spec: CertificateSpec, reason: str) -> CertificateResult:
    if not spec.entry or "ManagedCertificate" not in (spec.apis.get("networking.gke.io/v1") or {}):
        raise BootstrapError(
            "A certificate that Google makes and renews needs a component iap-ingress, on GKE.",
            fix="Add it to the components, or choose another kind (kubeflow_certificates_kind).",
        )
    return CertificateResult("google-managed", reason, record={"made": True})


def _files(spec: CertificateSpec, reason: str, context: Context) -> CertificateResult:
    if not spec.crt or not spec.key:
        raise BootstrapError(
            "A certificate needs its key, but only one of the two is given.", fix="Set crt and key, or crt_file and key_file."
        )
    pair = key_pair.read(spec.crt, spec.key, spec.called, context.progress)
    key_pair.check(pair, spec.hostname, spec.called[0], context.warn)
    return CertificateResult("files", reason, _secret_parameters(spec), record={"made": True, **_shown(spec, pair)}, pair=pair)


def _self_signed(spec: CertificateSpec, reason: str, connect: t.Callable[[], Client], context: Context) -> CertificateResult:
    with connect() as client:
        live = existing.secret(client, spec.namespace, spec.secret_name)
    before = _shown(spec, live) if live else {}
    where = f"The certificate in the Secret {spec.namespace}/{spec.secret_name}"
    if live and live.owner != key_pair.owner(spec.application, spec.cluster):
        key_pair.check(live, spec.hostname, f"{where}, which others made,", context.warn)
        adopted = f"{where} already existed, made by others; it is used as it is."
        return CertificateResult("self-signed", adopted, _secret_parameters(spec), record={"made": False, **before}, before=before)
    pair, why = live, "it is kept"
    left = live.end - datetime.datetime.now(datetime.UTC) if live else None
    if live is None:
        why = "a new one is made"
    elif not live.covers(spec.hostname):
        why = f"it was for {', '.join(live.hosts)}, so a new one is made"
    elif left is not None and left < datetime.timedelta(days=spec.renew_before):
        why = f"it expires on {live.expires}, so a new one is made"
    else:
        return CertificateResult("self-signed", reason, _secret_parameters(spec), record={"made": True, **before}, pair=pair, before=before)
    context.progress(f"{where}: {why}")
    pair = key_pair.make(spec.hostname, spec.application, spec.cluster, spec.days)
    record = {"made": True, **_shown(spec, pair)}
    return CertificateResult("self-signed", reason, _secret_parameters(spec), record=record, pair=pair, new=True, before=before)


def _secret_parameters(spec: CertificateSpec) -> Json:
    return {"secretName" if spec.entry else "tlsSecretName": spec.secret_name}


def _shown(spec: CertificateSpec, pair: key_pair.CertificatePair) -> Json:
    return {"secret_name": spec.secret_name, "hosts": list(pair.hosts), "not_after": pair.expires}


def _result(spec: CertificateSpec, result: CertificateResult) -> Json:
    record = {"kind": result.kind, **({"hostname": spec.hostname} if spec.hostname else {}), **result.record}
    step = {"parameters": result.parameters, "components": result.components, "reason": result.reason, "record": record}
    secret = None
    if result.pair:
        data = {"tls.crt": result.pair.crt, "tls.key": result.pair.key}
        secret = {
            "name": spec.secret_name,
            "namespace": spec.namespace,
            "type": "kubernetes.io/tls",
            # Ansible hides the values of secret options in results, which would be the key.
            "data": {name: base64.b64encode(text.encode()).decode() for name, text in data.items()},
        }
    after = _shown(spec, result.pair) if result.pair else result.before
    return {
        "changed": result.new,
        "kind": result.kind,
        "step": step,
        "secret": secret,
        "said": result.reason,
        "diff": {"before": result.before if result.new else after, "after": after},
    }
