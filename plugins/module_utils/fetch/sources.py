# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where registries come from, and their contents."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import BootstrapError

Files = dict[str, str]
"""Path below the registry to text; bytes that are not UTF-8 are kept as surrogates."""
Git = dict[str, str]
"""``commitSha`` (40 hex digits) and ``refSpec`` (the branch, tag or commit that was named), as app.yaml has them."""


def _silent(message: str) -> None:
    pass


@dataclass(frozen=True)
class Contents:
    """The contents of a registry for an application.

    ``files``: registry.yaml and every file of the declared packages. ``git``: of a GitHub registry only. ``digest``: SHA-256 of the
    registry's whole folder at that commit (``archive.digest``), GitHub only. ``packages``: by declared name the commit of a package,
    GitHub only. ``others``: the files of packages that are not installed, of the embedded registry only.
    """

    files: Files
    git: Git | None = None
    digest: str | None = None
    packages: dict[str, Git] = field(default_factory=dict)
    others: Files = field(default_factory=dict)


@dataclass(frozen=True)
class Pin:
    """The commit that app.yaml names for a registry.

    ``uri``: as app.yaml has it; the pin counts only where the same is declared. ``commit``, ``ref``: its gitVersion. ``digest``: that of
    an earlier ``Contents``, if it was recorded. ``packages``: by declared name the gitVersion of libraries that have one.
    """

    uri: str
    commit: str
    ref: str = ""
    digest: str = ""
    packages: Mapping[str, Git] = field(default_factory=dict)


@dataclass(frozen=True)
class Sources:
    """Where registries may come from. All of it has a default that works.

    ``cache``: the folder that all runs share (``cache.folder``), None for none. ``token``: that of the option, blank for none;
    ``github.variables`` has those of the environment. ``bundle``: an archive of ``bundle.pack``; with it no network is used. ``ca_file``:
    PEM file of authorities to trust besides the usual ones. ``env``: the environment, for proxies, authorities and tokens. ``pinned``: by
    registry. ``timeout``: seconds that one download may take, with all its tries. ``progress`` shows a line, ``warn`` a
    warning.
    """

    cache: Path | None = None
    token: str = field(default="", repr=False)
    bundle: Path | None = None
    ca_file: str | None = None
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    pinned: Mapping[str, Pin] = field(default_factory=dict)
    timeout: float = 300.0
    progress: Callable[[str], None] = _silent
    warn: Callable[[str], None] = _silent


def explain_os(error: OSError) -> str:
    """The reason of the system's error, without a path."""
    return error.strerror or type(error).__name__


def named(name: str, error: BootstrapError) -> t.NoReturn:
    """Raise an error again, prefixed with its registry."""
    if f"egistry '{name}'" in error.message:
        raise error
    raise BootstrapError(f"Registry '{name}': {error.message}", fix=error.fix, **error.details) from None
