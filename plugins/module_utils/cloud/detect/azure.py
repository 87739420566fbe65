# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Azure: its instance metadata, and the login at hand.

https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service,
https://learn.microsoft.com/python/api/overview/azure/identity-readme (the order of credentials, the variables)
"""

from __future__ import annotations

import os

from ... import files
from ...formats import foreign_json
from ...kubeconfig.token_expiry import claims
from .detection import CloudFinding, Env, MetadataServer, SourceUnavailable, printable

ENDPOINT = "KUBEFLOW_BOOTSTRAP_AZURE_METADATA"
"""Azure's own libraries have no variable for the address."""
_PATH = "/metadata/instance/compute?api-version=2021-02-01"
_SECRETS = ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE")
_SCOPE = "https://management.azure.com/.default"


def metadata(env: Env, seconds: float) -> CloudFinding:
    """What the machine that this runs on is told of itself. No token is asked for."""
    server = MetadataServer(env.get(ENDPOINT) or "http://169.254.169.254", seconds)
    status, text, unused = server.ask(_PATH, {"Metadata": "true"})
    try:
        compute = foreign_json.loads(text) if status == 200 else None
    except ValueError:
        compute = None
    account = printable(compute.get("subscriptionId")) if isinstance(compute, dict) else None
    if not isinstance(compute, dict) or not account:
        raise SourceUnavailable("what answers there is another's")
    region, zone, group = (printable(compute.get(name)) for name in ("location", "zone", "resourceGroupName"))
    return CloudFinding(
        provider="azure",
        account=account,
        region=region,
        zones=[f"{region}-{zone}"] if region and zone else [],
        cluster_name=cluster_of_resource_group(group or "", region),
        evidence=[f"The metadata server of this machine is Azure's: subscription {account}{f', location {region}' if region else ''}"],
    )


def cluster_of_resource_group(group: str, region: str | None) -> str | None:
    """The cluster that AKS made a resource group ``MC_<group>_<cluster>_<region>`` for; ``None`` where it can't be told apart."""
    parts = group.split("_")
    good = len(parts) == 4 and parts[0].lower() == "mc" and (not region or parts[3].lower() == region.lower())
    return parts[2] if good else None


def credentials(env: Env, account: str | None) -> CloudFinding:
    """Who Azure's libraries would act as: the environment's, else the user of ``az login``, else azure-identity is asked."""
    secret = next((name for name in _SECRETS if env.get(name)), None)
    if env.get("AZURE_CLIENT_ID") and secret:
        kind = "workload-identity" if secret == "AZURE_FEDERATED_TOKEN_FILE" else "service-account"
        return _identity(printable(env["AZURE_CLIENT_ID"]), kind, "environment", printable(env.get("AZURE_SUBSCRIPTION_ID")))
    return _cli(env, account) or _ask_azure(env)


def _cli(env: Env, account: str | None) -> CloudFinding | None:
    """The login of ``az`` for the cluster's subscription, else for its default one. Its folder holds tokens in other files."""
    folder = env.get("AZURE_CONFIG_DIR") or os.path.join(env.get("HOME") or os.path.expanduser("~"), ".azure")
    try:
        profile = foreign_json.loads(files.read_bounded(os.path.join(folder, "azureProfile.json")).decode("utf-8-sig"))
        ours = [each for each in profile["subscriptions"] if each.get("id") == account or each.get("isDefault")]
        chosen = min(ours, key=lambda each: each.get("id") != account)
        name, kind = printable(chosen["user"]["name"]), chosen["user"].get("type")
        return _identity(name, "user" if kind == "user" else "service-account", "az login", printable(chosen.get("id")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _ask_azure(env: Env) -> CloudFinding:
    try:
        from azure.core.exceptions import AzureError
        from azure.identity import DefaultAzureCredential
    except ImportError:
        raise SourceUnavailable(
            "neither the environment nor az login names a user, and azure-identity is not installed: pip install azure-identity"
        ) from None
    try:
        token_claims = claims(DefaultAzureCredential().get_token(_SCOPE).token)
    except (AzureError, ValueError) as error:
        raise SourceUnavailable(f"no credentials of Azure found ({type(error).__name__}): az login") from None
    user = printable(token_claims.get("upn") or token_claims.get("unique_name"))
    name = user or printable(token_claims.get("appid") or token_claims.get("oid"))
    return _identity(name, "user" if user else "service-account", "azure-identity", printable(env.get("AZURE_SUBSCRIPTION_ID")))


def _identity(name: str | None, kind: str, source: str, account: str | None) -> CloudFinding:
    of = f", subscription {account}" if account else ""
    evidence = [f"The login of Azure at hand ({source}) is that of {name}{of}"]
    return CloudFinding(account=account, acting_as=name, acting_as_kind=kind, credentials_source=source, evidence=evidence)
