# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Valid names of objects; names of the record and the lease of a deployment."""

from __future__ import annotations

import hashlib
import re

_LONGEST = 200
"""Characters of an application's name: a suffix is added, and a subdomain has 253 at most."""
_PART = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_PART}(?:\.{_PART})*")
"""https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names"""


def is_subdomain(name: str) -> bool:
    """Whether it is a DNS subdomain name, as most objects need."""
    return len(name) <= 253 and bool(_SUBDOMAIN.fullmatch(name))


def object_name(application: str, suffix: str) -> str:
    """``kubeflow-deploy``. The name of an application may be invalid for objects, such as ``ks_app``: then it is converted, with a
    digest, so that two applications differ.
    """
    if is_subdomain(application) and len(application) <= _LONGEST:
        return f"{application}-{suffix}"
    plain = re.sub(r"[^a-z0-9]+", "-", application.lower()).strip("-")[:_LONGEST].strip("-")
    digest = hashlib.sha256(application.encode()).hexdigest()[:8]
    return "-".join(filter(None, (plain, digest, suffix)))
