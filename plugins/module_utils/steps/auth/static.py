# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Log in with a name and a password that are kept in a Secret, for trials."""

from __future__ import annotations

import re
import secrets
import typing as t
from collections.abc import Callable

from ...errors import BootstrapError, missing_library
from ...kube.client import Client
from .login import Login, LoginSpec, existing

SECRET, KEY = "kubeflow-users", "htpasswd"
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,62}")
_SHORTEST, _LONGEST = 8, 72
"""bcrypt looks at 72 bytes."""
_ROUNDS = 12


def login(spec: LoginSpec, reason: str, cluster: Callable[[], Client]) -> Login:
    """One user, whose password is made here if none was given. Who is in the Secret already stays, the user's password too."""
    if not _NAME.fullmatch(spec.user):
        raise BootstrapError(
            f"The user name {spec.user!r} can't be used.", fix="Take small letters, digits and . _ @ + - for it (kubeflow_auth_user)."
        )
    if spec.password is not None and not _SHORTEST <= len(spec.password.encode()) <= _LONGEST:
        raise BootstrapError(f"The password has less than {_SHORTEST} or more than {_LONGEST} bytes.", fix="Take another, or none.")
    name = spec.secret_name or SECRET
    lines = (existing(cluster, spec.namespace, name) or {}).get(KEY, "").splitlines()
    hashed = next((line.partition(":")[2] for line in lines if line.partition(":")[0] == spec.user), None)
    parameters = {"jupyterHubAuthenticator": "static", "staticSecretName": name}
    record = {"kind": "static", "user": spec.user, "secret": name}
    result = Login(parameters, reason, record, secret=name)
    if hashed and (spec.password is None or _matches(spec.password, hashed)):
        result.sentences.append(f"The user {spec.user} logs in with the password that the Secret {spec.namespace}/{name} has of before.")
    else:
        if spec.password is None:
            result.generated = secrets.token_urlsafe(15)
        line = f"{spec.user}:{_hash(spec.password or result.generated or '')}"
        lines = [*(each for each in lines if each.partition(":")[0] != spec.user), line]
        result.changed = True
        kind = "a new password" if result.generated else "the password that you gave"
        result.sentences.append(f"The user {spec.user} logs in with {kind}; the Secret {spec.namespace}/{name} keeps a hash of it.")
    result.values = {KEY: "\n".join(lines) + "\n"}
    return result


def _bcrypt() -> t.Any:
    try:
        import bcrypt
    except ImportError:
        raise missing_library("To hash a password", "bcrypt") from None
    return bcrypt


def _hash(password: str) -> str:
    bcrypt = _bcrypt()
    return str(bcrypt.hashpw(password.encode(), bcrypt.gensalt(_ROUNDS)).decode())


def _matches(password: str, hashed: str) -> bool:
    try:
        return bool(_bcrypt().checkpw(password.encode(), hashed.encode()))
    except ValueError:
        return False
