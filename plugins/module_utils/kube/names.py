# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Kubernetes takes as a name; names of the record and the lease of a deployment. Private to the collection."""

from __future__ import annotations

import hashlib
import re

_LONGEST = 200
"""Characters of an application's name: something is added, and a subdomain has 253 at most."""
_PART = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_PART}(?:\.{_PART})*")
"""https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names"""


def is_subdomain(name: str) -> bool:
    """Whether it is what most objects have to be called."""
    return len(name) <= 253 and bool(_SUBDOMAIN.fullmatch(name))


def object_name(application: str, suffix: str) -> str:
    """``kubeflow-deploy``. An application may be called what no object may, such as ``ks_app``: then the name follows from that, with a
    digest, so that those of two applications differ.
    """
    if is_subdomain(application) and len(application) <= _LONGEST:
        return f"{application}-{suffix}"
    plain = re.sub(r"[^a-z0-9]+", "-", application.lower()).strip("-")[:_LONGEST].strip("-")
    digest = hashlib.sha256(application.encode()).hexdigest()[:8]
    return "-".join(filter(None, (plain, digest, suffix)))
