# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many clusters: the contexts of kubeconfigs, each with a host name, queried in parallel."""

from __future__ import annotations

import concurrent.futures
import fnmatch
import glob
import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import BootstrapError
from ..formats.json_object import Json
from ..kube.client import Client
from ..kube.policy import Deadline, RequestPolicy
from ..kubeconfig.load import contexts, load
from . import cloud, cluster, kubeconfig

_TAKEN = {"all", "ungrouped", "localhost", "unreachable", "gpu"}
"""Names with another meaning in an inventory."""
_LONGEST = 100
"""Characters of a host name: it also names a folder, and file systems end at 255 bytes."""


@dataclass(frozen=True)
class ContextLocation:
    """One context. ``file``: the kubeconfig, or ``None`` for the files that kubectl reads, whose path differs in each job of AWX."""

    host: str
    file: str | None
    context: str
    server: str | None

    @property
    def key(self) -> str:
        """Unique, in a cache too: a context that points to another server has other facts."""
        return "\0".join((self.file or "", self.context, self.server or ""))


@dataclass(frozen=True)
class QueryOptions:
    """Kubeflow's namespace; seconds for all requests to a cluster, and without a byte; the number of clusters at once."""

    namespace: str
    timeout: float
    request_timeout: float
    at_once: int


def locate(
    paths: list[str], patterns: list[str], excluded: list[str], env: Mapping[str, str], warn: Callable[[str], None]
) -> list[ContextLocation]:
    """The contexts of all files, in order, whose names match one of ``patterns`` and none of ``excluded`` (shell patterns).

    ``paths``: files, folders (without subfolders) and shell patterns, absolute; none: the files that kubectl reads. A named file must be a
    kubeconfig; in folders and matches of patterns, other files are skipped with a warning.
    """
    places: list[ContextLocation] = []
    for file, named in _files(paths) if paths else [(None, True)]:
        try:
            _read, lines = contexts(file, env)
        except BootstrapError as error:
            if named:
                raise
            warn(f"{error} Its contexts are left out.")
            continue
        places += [ContextLocation("", file, line["name"], line["server"]) for line in lines if _chosen(line["name"], patterns, excluded)]
    return _named(places, warn)


def _files(paths: list[str]) -> list[tuple[str | None, bool]]:
    """Each file once, and whether it was named explicitly."""
    result: dict[str | None, bool] = {}
    for path in paths:
        if os.path.isdir(path):
            inside = sorted(os.path.join(path, name) for name in os.listdir(path) if not name.startswith("."))
            result.update({each: False for each in inside if os.path.isfile(each) and each not in result})
        elif glob.has_magic(path) and not os.path.exists(path):
            result.update({each: False for each in sorted(glob.glob(path, recursive=True)) if os.path.isfile(each) and each not in result})
        else:
            result[path] = True
    return list(result.items())


def _chosen(name: str, patterns: list[str], excluded: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, each) for each in patterns) and not any(fnmatch.fnmatchcase(name, each) for each in excluded)


def _named(places: list[ContextLocation], warn: Callable[[str], None]) -> list[ContextLocation]:
    """With unique host names: context names; if these are ambiguous, with the file's name; if that is, too, with a digest."""
    schemes: list[Callable[[ContextLocation], str]] = [
        lambda place: host_name(place.context),
        lambda place: host_name(f"{place.context}-{Path(place.file or 'kubeconfig').stem}"),
        lambda place: f"{host_name(place.context)[: _LONGEST - 9]}-{hashlib.sha256(place.key.encode()).hexdigest()[:8]}",
    ]
    open_, done = places, dict.fromkeys(places, "")
    taken: set[str] = set()
    for scheme in schemes:
        names = {place: scheme(place) for place in open_}
        # Folders are named after hosts, and some file systems ignore case.
        often = Counter(name.casefold() for name in names.values())
        for place, name in names.items():
            if often[name.casefold()] == 1 and name.casefold() not in taken:
                done[place] = name
        taken |= {name.casefold() for name in names.values()}
        again = [place for place in open_ if not done[place]]
        open_ = again
    named = [replace(place, host=done[place]) for place in done]
    alike = [place.host for place in named if place.host != host_name(place.context)]
    if alike:
        warn(f"Contexts have names that are alike, so their hosts are called: {', '.join(alike)}.")
    return named


def host_name(context: str) -> str:
    """A context's name as the name of a host of Ansible and of a folder.

    Letters, digits, ``.``, ``_`` and ``-`` stay: all others have a meaning in Ansible's patterns (``:``, ``,``, ``!``, ``&``, ``[``,
    ``*``, ``~``) or in paths. It begins with a letter, a digit or ``_``.
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", context).strip("-.")
    if len(name) > _LONGEST:
        name = f"{name[: _LONGEST - 9]}-{hashlib.sha256(context.encode()).hexdigest()[:8]}"
    if not name:
        name = f"context-{hashlib.sha256(context.encode()).hexdigest()[:8]}"
    return f"{name}-cluster" if name.casefold() in _TAKEN else name


def ask(place: ContextLocation, how: QueryOptions, env: Mapping[str, str]) -> Json:
    """The facts of one cluster: ``kubeconfig``, ``cluster`` and ``cloud``, as the role collects them."""
    config = load(place.file, place.context, env)
    described = kubeconfig.describe(config)
    with Client(config.connection, RequestPolicy(how.request_timeout, deadline=Deadline(how.timeout))) as client:
        gathered = cluster.gather(client, how.namespace)
    return {"kubeconfig": described, "cluster": gathered, "cloud": cloud.describe(gathered["nodes"], described, env)}


def ask_all(places: list[ContextLocation], how: QueryOptions, env: Mapping[str, str]) -> dict[ContextLocation, Json | BootstrapError]:
    """The facts of all of them, or the error. At most ``how.at_once`` are queried at a time."""

    def one(place: ContextLocation) -> Json | BootstrapError:
        try:
            return ask(place, how, env)
        except BootstrapError as error:
            return error

    with concurrent.futures.ThreadPoolExecutor(max(how.at_once, 1)) as pool:
        return dict(zip(places, pool.map(one, places), strict=True))


def groups(facts: Json) -> list[str]:
    """The inventory groups of a cluster, by its facts."""
    cluster = facts["cluster"]
    vendors = sorted({each["vendor"] for each in cluster["nodes"]["accelerators"] if each["count"]})
    version = cluster["version"]
    return [
        f"cloud_{facts['cloud']['provider'] or 'none'}",
        f"distribution_{cluster['distribution']['name']}",
        *([f"version_{version['major']}_{version['minor']}"] if version.get("major") else []),
        *(["gpu", *(f"gpu_{vendor}" for vendor in vendors)] if vendors else []),
    ]


def same(answers: Mapping[str, Json]) -> list[list[str]]:
    """Hosts that are the same cluster, by the UID of its namespace kube-system."""
    by_uid: dict[str, list[str]] = {}
    for host, facts in answers.items():
        by_uid.setdefault(facts["cluster"]["uid"] or host, []).append(host)
    return [hosts for hosts in by_uid.values() if len(hosts) > 1]
