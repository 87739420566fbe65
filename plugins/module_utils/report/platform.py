# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Kubeflow platform in a report: its components, and access to it."""

from __future__ import annotations

from ..formats.json_object import Json

_CHOSEN = "You chose it."
"""The reason of a component that was not added for another."""
_GATEWAY = "istio-ingressgateway"
_ACCESS = {
    "LoadBalancer": "kubectl{context} -n istio-system get service {gateway}   # then {scheme}://EXTERNAL-IP/",
    "NodePort": "kubectl{context} -n istio-system get service {gateway}   # then {scheme}://NODE:PORT/",
    "ClusterIP": "kubectl{context} -n istio-system port-forward service/{gateway} {ports}   # then {scheme}://localhost:{port}/",
}


def components(chosen: Json) -> list[str]:
    """The release with the components that the user chose, and each other component with the reason; empty without a platform."""
    if not chosen:
        return []
    chosen_names = [item["name"] for item in chosen["components"] if item["reason"] == _CHOSEN]
    added = [f"{item['name']}: added, {item['reason']}" for item in chosen["components"] if item["reason"] != _CHOSEN]
    return [f"{chosen['release']}: {', '.join(chosen_names)}", *added, *map(_existing, chosen.get("existing") or ())]


def _existing(addon: Json) -> str:
    """An add-on of the cluster that is used in place of a component."""
    version = ", ".join(filter(None, ["that of the cluster is used", addon["version"]]))
    place = f" in {addon['namespace']}" if addon["namespace"] else ""
    return f"{addon['name']}: {version}{place}{'; deployed is ' + addon['keeps'] if addon['keeps'] else ''}."


def access(plan: Json, context: str) -> list[str]:
    """Commands for access to the dashboard, and for the password of the first user. ``context``: the option of kubectl, with a blank."""
    names = {item["name"] for item in plan["platform"]["components"]}
    values = {
        parameter: choice["value"] for chosen in plan["parameters"].values() for parameter, choice in chosen.items() if choice["value"]
    }
    commands = []
    if {"dashboard", "istio-resources"} <= names:
        tls = any(values.get(name, "null") != "null" for name in ("tlsSecretName", "tlsIssuer"))
        port = 8443 if tls else 8080
        ports, scheme = f"{port}:{443 if tls else 80}", "https" if tls else "http"
        command = _ACCESS.get(values.get("gatewayServiceType", ""), _ACCESS["ClusterIP"])
        commands.append(command.format(context=context, gateway=_GATEWAY, scheme=scheme, ports=ports, port=port))
    if "dex" in names:
        user = values.get("firstUser", "user@example.com")
        secret = "get secret kubeflow-first-user -o jsonpath='{.data.password}' | base64 -d"
        commands.append(f"kubectl{context} -n auth {secret}   # the password of {user}")
    return commands
