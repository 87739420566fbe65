# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The arguments of modules that fetch packages from registries."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from pathlib import Path

from ..fetch import cache
from ..fetch.sources import Pin, Sources
from ..run import Context

SOURCE_ARGUMENTS: dict[str, t.Any] = {
    "github_token": {"type": "str", "no_log": True},
    "ca_path": {"type": "path"},
    "registry_cache": {"type": "path"},
    "download_timeout": {"type": "int", "default": 300},
}
"""Documented in the fragment ``registries``."""


def sources(args: Mapping[str, t.Any], context: Context, pinned: Mapping[str, Pin] | None = None) -> Sources:
    """The sources that the arguments and the environment name; with ``args`` {} the environment alone."""
    return Sources(
        cache=Path(args["registry_cache"]) if args.get("registry_cache") else cache.folder(context.env),
        token=args.get("github_token") or "",
        bundle=Path(args["bundle"]) if args.get("bundle") else None,
        ca_file=args.get("ca_path"),
        env=context.env,
        pinned=pinned or {},
        timeout=float(args.get("download_timeout", 300)),
        progress=context.progress,
        warn=context.warn,
    )
