# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shapes of credentials that must not be committed.

``words``: one of them is in every match, so that other texts are skipped fast. ``pattern``: a regular expression over the text of a file.
``encoded``: its group ``value`` is base64, and counts only if its content matches this. ``source``: where the shape is documented.
"""

from __future__ import annotations

import typing as t


class SecretPattern(t.TypedDict):
    """One kind of credential. ``what`` is shown to the user."""

    what: str
    words: list[str]
    pattern: str
    encoded: t.NotRequired[str]
    source: str


_PRIVATE_KEY = r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"

SECRET_PATTERNS: dict[str, SecretPattern] = {
    "private-key": {
        "what": "a private key",
        "words": ["PRIVATE KEY"],
        "pattern": _PRIVATE_KEY,
        "source": "RFC 7468 10 and 11; RFC 9580 6.2 (PGP); PROTOCOL.key of OpenSSH",
    },
    "private-key-in-base64": {
        "what": "a private key in base64",
        "words": ["LS0tLS1CRUdJTi"],
        "pattern": r"(?P<value>LS0tLS1CRUdJTi[A-Za-z0-9+/]{20,}={0,2})",
        "encoded": _PRIVATE_KEY,
        "source": "the same, as a kubeconfig or a Secret holds it",
    },
    "kubeconfig": {
        "what": "the key of a kubeconfig's user",
        "words": ["client-key-data"],
        "pattern": r"\bclient-key-data[\"']?\s*:\s*[\"']?[A-Za-z0-9+/=]{40,}",
        "source": "https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#AuthInfo",
    },
    "kubeconfig-certificate": {
        "what": "the certificate of a kubeconfig's user",
        "words": ["client-certificate-data"],
        "pattern": r"\bclient-certificate-data[\"']?\s*:\s*[\"']?[A-Za-z0-9+/=]{40,}",
        "source": "https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#AuthInfo",
    },
    "docker-config": {
        "what": "a login at an image registry",
        "words": ["auth"],
        "pattern": r"[\"']auth[\"']\s*:\s*[\"'][A-Za-z0-9+/=]{16,}[\"']",
        "source": "https://kubernetes.io/docs/concepts/configuration/secret/#docker-config-secrets",
    },
    "aws-access-key": {
        "what": "an access key of AWS",
        "words": ["AKIA", "ASIA"],
        "pattern": r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b",
        "source": "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes",
    },
    "google-service-account": {
        "what": "the key file of a Google service account",
        "words": ["private_key_id"],
        "pattern": r"[\"']private_key_id[\"']\s*:\s*[\"'][0-9a-f]{40}[\"']",
        "source": "https://cloud.google.com/iam/docs/keys-create-delete#creating",
    },
    "google-api-key": {
        "what": "an API key of Google",
        "words": ["AIza"],
        "pattern": r"\bAIza[\w-]{35}(?![\w-])",
        "source": "https://cloud.google.com/docs/authentication/api-keys",
    },
    "google-oauth": {
        "what": "a token or client secret of Google",
        "words": ["ya29.", "GOCSPX-", "1//0"],
        "pattern": r"\bya29\.[\w-]{20,}|\bGOCSPX-[\w-]{28}(?![\w-])|\b1//0[\w-]{30,}",
        "source": "https://developers.google.com/identity/protocols/oauth2#size",
    },
    "azure-storage-key": {
        "what": "an account key of Azure",
        "words": ["Key=", "key=", "KEY="],
        "pattern": r"(?i)\b(?:Account|SharedAccess)Key=[A-Za-z0-9+/]{43,86}={1,2}",
        "source": "https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string",
    },
    "azure-client-secret": {
        "what": "a client secret of Azure",
        "words": ["Q~"],
        "pattern": r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])",
        "source": "https://learn.microsoft.com/purview/sit-defn-client-secret-api-key",
    },
    "azure-shared-access-signature": {
        "what": "a shared access signature of Azure",
        "words": ["sig="],
        "pattern": r"[?&]sig=[A-Za-z0-9%]{43,}(?:%3[Dd]|=)",
        "source": "https://learn.microsoft.com/rest/api/storageservices/create-service-sas",
    },
    "github-token": {
        "what": "a token of GitHub",
        "words": ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        "pattern": r"\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_\w{40,}",
        "source": "https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/",
    },
    "gitlab-token": {
        "what": "a token of GitLab",
        "words": ["gl"],
        "pattern": r"\bgl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat)-[\w.-]{20,}",
        "source": "https://docs.gitlab.com/security/tokens/#token-prefixes",
    },
    "other-token": {
        "what": "a token of Slack, Docker Hub, npm, PyPI, OpenShift or EKS",
        "words": ["xox", "dckr_", "npm_", "pypi-", "sha256~", "k8s-aws-v1."],
        "pattern": r"\bxox[abeoprs]-[\w-]{20,}|\bdckr_[po]at_[\w-]{20,}|\bnpm_[A-Za-z0-9]{36}\b|\bpypi-AgE[\w-]{50,}"
        r"|\bsha256~[\w-]{40,}|\bk8s-aws-v1\.[\w-]{20,}",
        "source": "the documentation of each",
    },
    "jwt": {
        "what": "a JSON web token",
        "words": [".eyJ"],
        "pattern": r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}",
        "source": "RFC 7515 3.1",
    },
    "password-in-url": {
        "what": "a password in a URL",
        "words": ["://"],
        "pattern": r"\b[a-z][a-z0-9+.-]{0,30}://[^\s/:@\"'<>{}$%()]*:(?![\"'<>{}$%()*@])[^\s/@\"'<>{}()]{3,}@[\w\[]",
        "source": "RFC 3986 3.2.1",
    },
    "authorization": {
        "what": "the header Authorization with a login or token",
        "words": ["Basic ", "basic ", "BASIC ", "Bearer ", "bearer ", "BEARER "],
        "pattern": r"(?i)\bauthorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer)\s+[\w.~+/-]{16,}",
        "source": "RFC 7617, RFC 6750",
    },
}
"""By a name that the user can allow."""

FIELD = r"(?:password|passwd|passphrase|token|secret|api[_-]?key|access[_-]?key|private[_-]?key|encryption[_-]?key|credentials?)"
"""The end of names of fields whose values are secrets, in small letters."""
FIELD_WORDS = ("passw", "passphrase", "token", "secret", "api", "access", "private", "encryption", "credential")
"""Each such end begins with one of these."""
