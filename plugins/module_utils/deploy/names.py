# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of what a deployment itself keeps in the cluster: its record and its lease. Private to the collection."""

from __future__ import annotations

import hashlib
import re

_LONGEST = 200
_PART = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_PART}(?:\.{_PART})*")
"""https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names"""


def object_name(application: str, suffix: str) -> str:
    """``kubeflow-deploy``. An application may be called what no object may, such as ``ks_app``: then the name follows from that, with a
    digest, so that those of two applications differ.
    """
    if _SUBDOMAIN.fullmatch(application) and len(application) <= _LONGEST:
        return f"{application}-{suffix}"
    plain = re.sub(r"[^a-z0-9]+", "-", application.lower()).strip("-")[:_LONGEST].strip("-")
    digest = hashlib.sha256(application.encode()).hexdigest()[:8]
    return "-".join(filter(None, (plain, digest, suffix)))
