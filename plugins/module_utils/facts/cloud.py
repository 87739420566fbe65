# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which cloud a cluster runs on, and as whom we would act there.

Asked in this order, and the first to know a thing counts: the nodes, the kubeconfig, the metadata server of the machine that this
runs on, the credentials at hand. The last two say nothing of the cluster by themselves: a laptop or a runner may be anywhere. So
they decide the cloud only where nothing else does (the metadata server) or never (credentials).
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

from ..cloud.detect import aws, azure, gcp
from ..cloud.detect.detection import CloudFinding, Env, Json, side_by_side
from ..cloud.detect.fingerprints import from_kubeconfig, from_nodes
from ..data.clouds import ACCOUNT_KIND
from ..redaction.redact import cleaned

TIMEOUT = 2.0
"""Seconds for all questions together."""
_METADATA_PART = 0.5
"""Of that time, what metadata servers may take where credentials are asked for after them."""
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
    found = from_nodes(nodes)
    # Nodes of a kind that is no cloud's leave nothing to ask.
    elsewhere = bool(nodes.get("providers")) and not found.provider
    if not elsewhere:
        _add(found, from_kubeconfig(kubeconfig or {}), "The kubeconfig")
    asked = [] if elsewhere else [found.provider] if found.provider else list(_METADATA)
    asked = [provider for provider in asked if provider in _METADATA]
    questions: dict[str, Callable[[], CloudFinding]] = {
        f"metadata {provider}": functools.partial(_METADATA[provider], env, timeout * _METADATA_PART) for provider in asked
    }
    if found.provider in _CREDENTIALS:
        questions["credentials"] = _credentials(found, env)
    answers = side_by_side(questions, timeout if "credentials" in questions else timeout * _METADATA_PART)
    inside = not kubeconfig or kubeconfig.get("source") == "in-cluster"
    for provider in asked:
        _add_machine(found, answers.pop(f"metadata {provider}"), provider, inside)
    if "credentials" not in questions and found.provider in _CREDENTIALS:
        answers = side_by_side({"credentials": _credentials(found, env)}, max(end - time.monotonic(), 0.0))
    if answers:
        _add_login(found, answers["credentials"])
    return _document(found, elsewhere)


def _credentials(found: CloudFinding, env: Env) -> Callable[[], CloudFinding]:
    provider = found.provider or ""
    return functools.partial(_CREDENTIALS[provider], env, found.region if provider == "aws" else found.account)


def _add(found: CloudFinding, more: CloudFinding, who: str) -> None:
    """Fill in what is not known yet; a source that names another cloud is not heard."""
    if not more.provider:
        return
    if found.provider not in (None, more.provider):
        found.evidence.append(f"{who} speaks of {more.provider}, which is not heard")
        return
    found.provider = more.provider
    for name in _PLACE:
        if not getattr(found, name):
            setattr(found, name, getattr(more, name))
    found.evidence += more.evidence


def _add_machine(found: CloudFinding, answer: CloudFinding | str, provider: str, inside: bool) -> None:
    """``answer`` of a metadata server: always who we would act as; where the cluster is only if this is the same place.

    ``inside``: this runs in the cluster, so that the machine is one of its nodes.
    """
    if isinstance(answer, str):
        found.unknown.setdefault("metadata", "")
        found.unknown["metadata"] += f"{', ' if found.unknown['metadata'] else ''}{_NAMES[provider]}'s: {answer}"
        return
    if found.provider not in (None, provider):
        return
    same = all(not getattr(found, name) or getattr(found, name) == getattr(answer, name) for name in ("account", "region"))
    if not same:
        found.evidence.append(f"{answer.evidence[0]}, which is not where the cluster is")
    else:
        if not inside:
            answer.cluster_name = answer.network = None
        _add(found, answer, "The metadata server")
    for name in _LOGIN:
        setattr(found, name, getattr(answer, name))


def _add_login(found: CloudFinding, answer: CloudFinding | str) -> None:
    """Credentials of the user's own come before those of the machine, as in the clouds' libraries."""
    if isinstance(answer, str):
        if not found.acting_as:
            found.unknown["acting_as"] = answer
        return
    found.evidence += answer.evidence
    found.unknown.update(answer.unknown)
    for name in _LOGIN:
        setattr(found, name, getattr(answer, name))
    if not found.account and answer.account:
        # The project of the login need not be the cluster's, but no one else names one.
        found.account = answer.account
    elif answer.account and answer.account != found.account:
        found.evidence.append(f"The credentials are of {answer.account}, another {ACCOUNT_KIND[found.provider or '']} than the cluster's")


def _document(found: CloudFinding, elsewhere: bool) -> Json:
    provider = found.provider
    document = {
        "provider": provider,
        "account": found.account,
        "account_kind": ACCOUNT_KIND.get(provider or ""),
        **{name: getattr(found, name) for name in ("region", "zones", "cluster_name", "network", *_LOGIN)},
        "evidence": found.evidence,
        "unknown": _unknown(found, elsewhere),
    }
    return cleaned(document)


def _unknown(found: CloudFinding, elsewhere: bool) -> list[dict[str, str]]:
    """What is not known, and why."""
    metadata = found.unknown.get("metadata")
    silent = f"; no metadata server answers ({metadata})" if metadata else ""
    if elsewhere:
        return [{"what": "provider", "why": f"{found.evidence[0]}, so no cloud was asked."}]
    if not found.provider:
        return [{"what": "provider", "why": f"Neither the nodes nor the kubeconfig name a cloud{silent}."}]
    unknown = []
    for what in (*_PLACE, "acting_as"):
        if not getattr(found, what):
            why = found.unknown.get(what) or _why(what, found.provider, silent)
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
