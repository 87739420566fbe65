# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cloud that a cluster runs on, and the identity that we would use there.

Sources, of which the first with an answer counts: the nodes, the kubeconfig, the metadata server of the machine that this runs on,
the credentials of the user. The last two don't describe the cluster: a laptop or a runner may be anywhere. So the metadata server
decides the cloud only if nothing else does, and credentials never do.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

from ..cloud.detect import aws, azure, gcp
from ..cloud.detect.detection import CloudFinding, Env, side_by_side
from ..cloud.detect.fingerprints import from_kubeconfig, from_nodes
from ..data.clouds import ACCOUNT_KIND
from ..formats.json_object import Json
from ..redaction.redact import cleaned

TIMEOUT = 2.0
"""Seconds for all questions together."""
_METADATA_PART = 0.5
"""The part of that time for metadata servers, if credentials are looked up after them."""
_NAMES = {"gcp": "Google", "aws": "EC2", "azure": "Azure"}
_METADATA: dict[str, Callable[[Env, float], CloudFinding]] = {"gcp": gcp.metadata, "aws": aws.metadata, "azure": azure.metadata}
_CREDENTIALS: dict[str, Callable[[Env, str | None], CloudFinding]] = {
    "gcp": gcp.credentials,
    "aws": aws.credentials,
    "azure": azure.credentials,
}
_PLACE = ("account", "region", "zones", "cluster_name", "network")
_LOGIN = ("acting_as", "acting_as_kind", "credentials_source")


def describe(nodes: Json, kubeconfig: Json | None, env: Env, timeout: float = TIMEOUT) -> Json:
    """The document ``facts.cloud``, within ``timeout`` seconds; its fields are documented in the module ``cloud_info``."""
    end = time.monotonic() + timeout
    cloud = from_nodes(nodes)
    # Nodes with a provider that is not a cloud leave no questions.
    elsewhere = bool(nodes.get("providers")) and not cloud.provider
    if not elsewhere:
        _add(cloud, from_kubeconfig(kubeconfig or {}), "The kubeconfig")
    providers = [] if elsewhere else [cloud.provider] if cloud.provider else list(_METADATA)
    providers = [provider for provider in providers if provider in _METADATA]
    questions: dict[str, Callable[[], CloudFinding]] = {
        f"metadata {provider}": functools.partial(_METADATA[provider], env, timeout * _METADATA_PART) for provider in providers
    }
    if cloud.provider in _CREDENTIALS:
        questions["credentials"] = _credentials(cloud, env)
    answers = side_by_side(questions, timeout if "credentials" in questions else timeout * _METADATA_PART)
    inside = not kubeconfig or kubeconfig.get("source") == "in-cluster"
    for provider in providers:
        _add_machine(cloud, answers.pop(f"metadata {provider}"), provider, inside)
    if "credentials" not in questions and cloud.provider in _CREDENTIALS:
        answers = side_by_side({"credentials": _credentials(cloud, env)}, max(end - time.monotonic(), 0.0))
    if answers:
        _add_login(cloud, answers["credentials"])
    return _document(cloud, elsewhere)


def _credentials(cloud: CloudFinding, env: Env) -> Callable[[], CloudFinding]:
    provider = cloud.provider or ""
    return functools.partial(_CREDENTIALS[provider], env, cloud.region if provider == "aws" else cloud.account)


def _add(cloud: CloudFinding, more: CloudFinding, who: str) -> None:
    """Fill in what is not known yet; a source that names another cloud is ignored."""
    if not more.provider:
        return
    if cloud.provider not in (None, more.provider):
        cloud.evidence.append(f"{who} speaks of {more.provider}, which is not heard")
        return
    cloud.provider = more.provider
    for name in _PLACE:
        if not getattr(cloud, name):
            setattr(cloud, name, getattr(more, name))
    cloud.evidence += more.evidence


def _add_machine(cloud: CloudFinding, answer: CloudFinding | str, provider: str, inside: bool) -> None:
    """Add the ``answer`` of a metadata server: the identity always, the place of the cluster only if it is that of the machine.

    ``inside``: this runs in the cluster, so the machine is one of its nodes.
    """
    if isinstance(answer, str):
        cloud.unknown.setdefault("metadata", "")
        cloud.unknown["metadata"] += f"{', ' if cloud.unknown['metadata'] else ''}{_NAMES[provider]}'s: {answer}"
        return
    if cloud.provider not in (None, provider):
        return
    same = all(not getattr(cloud, name) or getattr(cloud, name) == getattr(answer, name) for name in ("account", "region"))
    if not same:
        cloud.evidence.append(f"{answer.evidence[0]}, which is not where the cluster is")
    else:
        if not inside:
            answer.cluster_name = answer.network = None
        _add(cloud, answer, "The metadata server")
    for name in _LOGIN:
        setattr(cloud, name, getattr(answer, name))


def _add_login(cloud: CloudFinding, answer: CloudFinding | str) -> None:
    """The user's own credentials precede those of the machine, as in the clouds' libraries."""
    if isinstance(answer, str):
        if not cloud.acting_as:
            cloud.unknown["acting_as"] = answer
        return
    cloud.evidence += answer.evidence
    cloud.unknown.update(answer.unknown)
    for name in _LOGIN:
        setattr(cloud, name, getattr(answer, name))
    if not cloud.account and answer.account:
        # The project of the login may not be the cluster's, but there is no other source.
        cloud.account = answer.account
    elif answer.account and answer.account != cloud.account:
        cloud.evidence.append(f"The credentials are of {answer.account}, another {ACCOUNT_KIND[cloud.provider or '']} than the cluster's")


def _document(cloud: CloudFinding, elsewhere: bool) -> Json:
    provider = cloud.provider
    document = {
        "provider": provider,
        "account": cloud.account,
        "account_kind": ACCOUNT_KIND.get(provider or ""),
        **{name: getattr(cloud, name) for name in ("region", "zones", "cluster_name", "network", *_LOGIN)},
        "evidence": cloud.evidence,
        "unknown": _unknown(cloud, elsewhere),
    }
    return cleaned(document)


def _unknown(cloud: CloudFinding, elsewhere: bool) -> list[dict[str, str]]:
    """What is not known, and why."""
    metadata = cloud.unknown.get("metadata")
    silent = f"; no metadata server answers ({metadata})" if metadata else ""
    if elsewhere:
        return [{"what": "provider", "why": f"{cloud.evidence[0]}, so no cloud was asked."}]
    if not cloud.provider:
        return [{"what": "provider", "why": f"Neither the nodes nor the kubeconfig name a cloud{silent}."}]
    unknown = []
    for what in (*_PLACE, "acting_as"):
        if not getattr(cloud, what):
            why = cloud.unknown.get(what) or _why(what, cloud.provider, silent)
            unknown.append({"what": what, "why": f"{why[0].upper()}{why[1:].rstrip('.')}."})
    return unknown


def _why(what: str, provider: str, silent: str) -> str:
    if provider not in _CREDENTIALS:
        return (
            f"The credentials of {provider} are not looked for"
            if what == "acting_as"
            else f"The nodes and the kubeconfig of {provider} don't say"
        )
    return f"Neither the nodes nor the kubeconfig say{silent}"
