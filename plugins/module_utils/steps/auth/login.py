# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How users log in: the request and the result."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ...errors import BootstrapError, missing_library
from ...formats.json_object import Json
from ...kube.client import ApiError, Client
from ...rules import functions

KINDS = ("iap", "oidc", "openshift", "static")
_EXPRESSION = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class LoginSpec:
    """What the user says. ``client_secret`` and ``password`` never show in its text form."""

    namespace: str
    hostname: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    issuer: str | None = None
    issuer_ca: str | None = None
    verify_issuer: bool = True
    user_claim: str | None = None
    audience: str | None = None
    project: str | None = None
    user: str = "kubeflow"
    password: str | None = field(default=None, repr=False)
    secret_name: str | None = None
    allowed_users: tuple[str, ...] = ()


@dataclass
class Login:
    """The result. ``values``: of the Secret ``secret``, which is not part of the application; ``sentences``: sentences for the user.

    ``generated``: a password that nobody has seen yet.
    """

    parameters: Json
    reason: str
    record: Json
    sentences: list[str] = field(default_factory=list)
    secret: str | None = None
    values: dict[str, str] = field(default_factory=dict, repr=False)
    changed: bool = False
    generated: str | None = field(default=None, repr=False)

    def secrets(self, namespace: str) -> list[Json]:
        """The Secret, as Kubernetes takes it; none where it would be empty."""
        if not self.secret or not self.values:
            return []
        data = {key: base64.b64encode(value.encode()).decode() for key, value in self.values.items()}
        return [{"name": self.secret, "namespace": namespace, "type": "Opaque", "data": data}]


def choose(kind: str, kinds: list[Json], facts: Json, inputs: Json) -> tuple[str, str]:
    """Kind and reason. ``kinds``: ``{kind, when, reason}``, the first that holds is taken; JMESPath over ``facts`` and ``inputs``."""
    if kind != "auto":
        return kind, "You chose it (kubeflow_auth_kind)."
    if not functions.AVAILABLE:
        raise missing_library("To choose how users log in", "jmespath")
    data = {**facts, "given": inputs}
    for entry in kinds:
        try:
            if entry.get("when") is None or functions.search(str(entry["when"]), data):
                reason = _EXPRESSION.sub(lambda match: str(functions.search(match.group(1), data)), str(entry["reason"]))
                return str(entry["kind"]), reason
        except functions.ERRORS as error:
            why = str(error).splitlines()[0]
            raise BootstrapError(f"The entry {entry.get('kind')} of kinds can't be evaluated: {why}", fix="Correct it.") from error
    raise BootstrapError("No kind of login fits this cluster.", fix=f"Choose one: {', '.join(KINDS)}.")


def existing(cluster: Callable[[], Client], namespace: str, name: str) -> dict[str, str] | None:
    """The values of an existing Secret, or ``None``. Raises ``BootstrapError`` where it may not be read."""
    try:
        secret = cluster().find(f"/api/v1/namespaces/{namespace}/secrets/{name}")
    except ApiError as error:
        if error.code != 403:
            raise
        raise BootstrapError(
            f"Whether there is a Secret {namespace}/{name} already can't be seen: you may not read it.",
            fix="Ask an admin of the cluster for the right to get it.",
        ) from error
    if secret is None:
        return None
    values: Mapping[str, str] = secret.get("data") or {}
    try:
        return {key: base64.b64decode(value).decode() for key, value in values.items()}
    except ValueError:
        raise BootstrapError(f"The Secret {namespace}/{name} holds something that is not text.", fix="Name another one.") from None


def returned(text: str | None) -> str | None:
    """Where an issuer sends users back to."""
    return f"https://{text}/hub/oauth_callback" if text else None
