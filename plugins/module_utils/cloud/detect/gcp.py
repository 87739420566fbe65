# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Google Cloud: its metadata server, and its default credentials.

https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys,
https://cloud.google.com/docs/authentication/application-default-credentials
"""

from __future__ import annotations

import json
import os
import re
import typing as t

from ... import files
from ...formats.json_object import Json
from ...kubeconfig.token_expiry import claims
from ...redaction.redact import path_text
from .detection import CloudFinding, Env, MetadataServer, SourceUnavailable, printable

_FLAVOR = {"Metadata-Flavor": "Google"}
_INSTANCE = "/computeMetadata/v1/instance"


def metadata(env: Env, seconds: float) -> CloudFinding:
    """What the machine that this runs on is told of itself. No token is asked for."""
    if env.get("NO_GCE_CHECK", "").lower() == "true":
        raise SourceUnavailable("NO_GCE_CHECK is set")
    host = env.get("GCE_METADATA_HOST") or env.get("GCE_METADATA_ROOT") or env.get("GCE_METADATA_IP") or "169.254.169.254"
    server = MetadataServer(f"http://{host}", seconds)
    status, project, headers = server.ask("/computeMetadata/v1/project/project-id", _FLAVOR)
    if headers.get("metadata-flavor") != "Google" or status != 200 or not printable(project):
        raise SourceUnavailable("what answers there is another's")
    zone = (server.value(f"{_INSTANCE}/zone", _FLAVOR) or "").rsplit("/", 1)[-1]
    location = server.value(f"{_INSTANCE}/attributes/cluster-location", _FLAVOR) or zone
    network = server.value(f"{_INSTANCE}/network-interfaces/0/network", _FLAVOR)
    email = server.value(f"{_INSTANCE}/service-accounts/default/email", _FLAVOR)
    return CloudFinding(
        provider="gcp",
        account=project,
        region=region_of(location) if location else None,
        zones=[zone] if zone else [],
        cluster_name=server.value(f"{_INSTANCE}/attributes/cluster-name", _FLAVOR),
        network=network.rsplit("/", 1)[-1] if network else None,
        acting_as=email,
        acting_as_kind=("service-account" if "@" in email else "workload-identity") if email else None,
        credentials_source="metadata server" if email else None,
        evidence=[f"The metadata server of this machine is Google's: project {project}{f', zone {zone}' if zone else ''}"],
    )


def region_of(location: str) -> str:
    """``us-central1`` of the zone ``us-central1-a``, or of itself."""
    return re.sub(r"-[a-z]$", "", location)


def credentials(env: Env, account: str | None) -> CloudFinding:
    """Who Google's libraries would act as, from the file that they would take. Raises ``SourceUnavailable`` without one."""
    folder = env.get("CLOUDSDK_CONFIG") or os.path.join(env.get("HOME") or os.path.expanduser("~"), ".config", "gcloud")
    named, usual = env.get("GOOGLE_APPLICATION_CREDENTIALS"), os.path.join(folder, "application_default_credentials.json")
    path = named or usual
    source = "GOOGLE_APPLICATION_CREDENTIALS" if named else "gcloud auth application-default login"
    if not named and not os.path.exists(usual):
        raise SourceUnavailable("no default credentials: neither GOOGLE_APPLICATION_CREDENTIALS, nor gcloud auth application-default login")
    try:
        info = json.loads(files.read_text(path))
    except (OSError, ValueError, RecursionError) as error:
        raise SourceUnavailable(f"{path_text(path)} can't be read: {getattr(error, 'strerror', None) or 'it is not JSON'}") from None
    if not isinstance(info, dict):
        raise SourceUnavailable(f"{path} is no credentials file")
    name, kind = _who(info, path)
    project = printable(env.get("GOOGLE_CLOUD_PROJECT") or info.get("project_id") or info.get("quota_project_id"))
    return CloudFinding(
        account=project,
        acting_as=name,
        acting_as_kind=kind,
        credentials_source=source,
        evidence=[f"Google's default credentials ({source}) are those of {name or 'a user'}{f', project {project}' if project else ''}"],
        unknown={}
        if name
        else {"acting_as": "the credentials name no user; google-auth is needed to ask: pip install google-auth requests"},
    )


def _who(info: Json, path: str) -> tuple[str | None, str]:
    """Name and kind of who a credentials file is for (the formats of google-auth's ``load_credentials_from_file``)."""
    kind = info.get("type")
    url = info.get("service_account_impersonation_url")
    impersonated = re.search(r"/serviceAccounts/([^/:]+):", url) if isinstance(url, str) else None
    if impersonated:
        return printable(impersonated[1]), "service-account"
    if kind == "service_account":
        return printable(info.get("client_email")), "service-account"
    if kind in ("external_account", "external_account_authorized_user"):
        return printable(str(info.get("audience") or "").removeprefix("//iam.googleapis.com/")), "workload-identity"
    if kind == "authorized_user":
        return printable(info.get("account")) or _ask_google(info), "user"
    raise SourceUnavailable(f"{path} is no credentials file that is known: its type is {printable(kind)}")


def _ask_google(info: Json) -> str | None:
    """The user's address, from the ID token that comes with an access token; ``None`` without google-auth."""
    try:
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request
        from google.oauth2.credentials import Credentials
    except ImportError:
        return None
    try:
        make: t.Any = Credentials.from_authorized_user_info  # it has no types
        login = make(info)
        login.refresh(Request())
    except (GoogleAuthError, ValueError) as error:
        raise SourceUnavailable(
            f"Google's default credentials can't be used ({type(error).__name__}): gcloud auth application-default login"
        ) from None
    return printable(claims(login.id_token or "").get("email")) or "an unnamed user"
