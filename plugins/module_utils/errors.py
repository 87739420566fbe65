# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one error for users."""

from __future__ import annotations

import platform
import shlex
import sys
import typing as t
from collections.abc import Sequence

from .redaction.redact import clean

_MOST = 20_000
"""Characters of a message: one of many objects is long."""


def abbreviated(texts: Sequence[str], most: int) -> str:
    """A list for a message: the first ``most`` of ``texts``, and how many more there are."""
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


class BootstrapError(Exception):
    """An error that the user can fix.

    ``message`` says what is wrong, where and why, in one line; ``fix`` what to do about it.
    ``details`` are plain data that go into the task's result beside the message. Text from outside in either of the first two
    is cleaned here; never put a secret in any of them.
    """

    def __init__(self, message: str, *, fix: str | None = None, **details: t.Any) -> None:
        self.message = clean(message, _MOST)
        self.fix = clean(fix, _MOST) if fix else fix
        self.details = details
        super().__init__(f"{self.message} {self.fix}" if fix else self.message)


def missing_library(purpose: str, *packages: str) -> BootstrapError:
    """Names host and interpreter, as ``missing_required_lib`` does. ``purpose`` begins a sentence, such as "To hash a password"."""
    names = f"package {packages[0]} is" if len(packages) == 1 else f"packages {' and '.join(packages)} are"
    return BootstrapError(
        f"{purpose}, the Python {names} needed, and can't be imported by {sys.executable} on {platform.node()}.",
        fix=f"Install what is missing: {shlex.join([sys.executable, '-m', 'pip', 'install', *packages])}",
    )
