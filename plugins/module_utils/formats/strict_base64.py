# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Base64 as Go's ``encoding/base64`` reads it, which kubectl and the API server use."""

from __future__ import annotations

import base64
import re

_TEXT = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


def decode(text: str | bytes) -> bytes:
    """Line breaks anywhere are skipped, blanks are not; the padding is complete. Raises ``ValueError``."""
    joined = (text.decode("latin-1") if isinstance(text, bytes) else text).translate({10: None, 13: None})
    # Before Python 3.13, b64decode takes padding that is too long, also with validate.
    if not _TEXT.fullmatch(joined):
        raise ValueError("not base64")
    return base64.b64decode(joined)
