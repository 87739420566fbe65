# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The arguments by which every module names its cluster. Private to the collection."""

from __future__ import annotations

import typing as t

from .api import Client
from .kubeconfig import Kubeconfig, load
from .run import Context

TARGET_ARGUMENTS: dict[str, t.Any] = {
    "kubeconfig": {"type": "path"},
    "context": {"type": "str"},
    "cluster": {"type": "str"},
    "user": {"type": "str"},
}
"""Documented in the fragment ``target``."""


def find(args: dict[str, t.Any], context: Context) -> Kubeconfig:
    """The cluster that the arguments, the environment and the files name."""
    return load(args["kubeconfig"], args["context"], context.env, cluster=args["cluster"], user=args["user"])


def connect(args: dict[str, t.Any], context: Context) -> Client:
    """A client of that cluster."""
    return Client(find(args, context).connection)
