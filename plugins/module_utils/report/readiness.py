# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a plan is fit for: a trial, a team, the internet; and what is lacking for the next of them."""

from __future__ import annotations

from ..formats.json_object import Json

AUDIENCES: dict[str, tuple[str, ...]] = {
    "a trial": ("work-is-not-kept",),
    "a team": (
        "one-password",
        "no-password",
        "login-by-oidc-incomplete",
        "no-tls",
        "no-tls-in-front",
        "certificate-to-be-had",
        "certificate-that-no-alb-takes",
        "network-policies-without-effect",
        "network-policies-perhaps-without-effect",
        "pods-are-not-restricted",
        "room-for-few-users",
    ),
    "the internet": ("everybody-of-the-issuer", "host-without-an-entry", "load-balancer-without-an-address"),
}
"""Whom it is for, from the fewest people to the most, to the ids of warnings that speak against it. What speaks against one speaks
against the wider ones."""

_NO_HOST = {
    "reason": "Users have no address of their own to open: they come through kubectl port-forward, or by an IP address.",
    "fix": "Name a host (hostname in kubeflow_parameters): docs/expose.md.",
}


def readiness(plan: Json) -> list[Json]:
    """For each audience ``{audience, lacking}``: ``reason`` and ``fix`` of what speaks against it beyond the one before.

    Empty for plans without the package core, whose rules give these warnings, and for those with blockers.
    """
    core = [parameters for parameters in plan["parameters"].values() if "jupyterHubAuthenticator" in parameters]
    if not core or plan.get("blockers"):
        return []
    lacking = {
        audience: [{"reason": item["reason"], "fix": item.get("fix")} for item in plan["warnings"] if item.get("id") in ids]
        for audience, ids in AUDIENCES.items()
    }
    if all(parameters.get("hostname", {}).get("value") in (None, "", "null") for parameters in core):
        lacking["a team"].append(_NO_HOST)
    return [{"audience": audience, "lacking": items} for audience, items in lacking.items()]
