# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Registries on GitHub: the commits they are at, and their files."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import BootstrapError
from ..fetch import archive, cache, github
from ..fetch.cache import Tree
from ..fetch.sources import Contents, Files, Git, Pin, Sources, named
from . import specs


@dataclass(frozen=True)
class Package:
    """A declared package: its folder in the registry, and the ref that it is taken from, "" for that of the registry."""

    folder: str
    version: str


Packages = dict[str, Package]
"""By declared name."""


@dataclass(frozen=True)
class GitHubRegistry:
    """A registry on GitHub, at a commit. ``trees``: by declared package where its files come from."""

    place: github.GitHubLocation
    tree: Tree
    git: Git
    requested: Packages
    trees: dict[str, Tree]
    packages: dict[str, Git]
    expected: tuple[str, str]


def locate(hub: github.GitHubClient, entry: Mapping[str, t.Any], requested: Packages, pin: Pin | None) -> GitHubRegistry:
    place = github.parse(entry["uri"])
    pin = pin_for(pin, place)
    if pin:
        readings = list(place.readings())
        ref, path = next((each for each in readings if each[0] == pin.ref), readings[0])
        commit = pin.commit
    else:
        ref, path, commit = hub.resolve(place)
    tree = Tree(place.host, place.owner, place.repository, commit, path)
    git = {"commitSha": commit, "refSpec": ref}
    commits = {"": commit, ref: commit}
    packages: dict[str, Git] = {}
    for package, each in requested.items():
        pinned = pin.packages.get(package) if pin else None
        if each.version and pinned and pinned.get("refSpec") == each.version and github.COMMIT.fullmatch(pinned.get("commitSha") or ""):
            packages[package] = dict(pinned)
            continue
        if each.version not in commits:
            resolved = hub.commit(place, each.version)
            if not resolved:
                raise hub.no_ref(place, each.version)
            commits[each.version] = resolved
        packages[package] = {"commitSha": commits[each.version], "refSpec": each.version or ref}
    trees = {package: tree._replace(commit=of["commitSha"]) for package, of in packages.items()}
    return GitHubRegistry(place, tree, git, requested, trees, packages, expected_digest(entry, pin))


def pin_for(pin: Pin | None, place: github.GitHubLocation) -> Pin | None:
    """The pin, if it applies: its uri is the declared one, and that does not name a commit itself."""
    if pin is None or not github.COMMIT.fullmatch(pin.commit) or github.COMMIT.fullmatch(place.rest[0].lower()):
        return None
    try:
        return pin if github.parse(pin.uri).uri == place.uri else None
    except BootstrapError:
        return None


def expected_digest(entry: Mapping[str, t.Any], pin: Pin | None) -> tuple[str, str]:
    """The digest that the registry must have, and where it comes from."""
    declared = str(entry.get("sha256") or "").strip().lower().removeprefix("sha256:")
    return (declared, "declared") if declared else (pin.digest if pin else "", "recorded when it was fetched before")


def check_digest(actual: str, expected: str, why: str, where: str) -> None:
    if expected and actual != expected:
        raise BootstrapError(
            f"Its content has the SHA-256 {actual}, not {expected} as {why} (from {where}). Nothing of it was used.",
            fix="Find out why it changed; if the change is right, declare the new sha256.",
        )


def load(hub: github.GitHubClient, sources: Sources, remote: Mapping[str, GitHubRegistry]) -> dict[Tree, Files]:
    """All trees: from the cache, or by one archive per commit. They are checked before they are cached."""
    users: dict[Tree, tuple[str, GitHubRegistry]] = {}
    for name, each in remote.items():
        for tree in (each.tree, *each.trees.values()):
            users.setdefault(tree, (name, each))
    contents = {tree: files for tree in users if (files := cache.read(sources.cache, tree)) is not None}
    origins = {tree: f"the cache, {cache.file(sources.cache, tree)}" if sources.cache else "" for tree in contents}
    missing: dict[Tree, list[Tree]] = {}
    for tree in users:
        if tree not in contents:
            missing.setdefault(tree._replace(path=""), []).append(tree)
    for commit, trees in missing.items():
        name, user = users[trees[0]]
        try:
            folders = hub.trees(user.place, commit.commit, [tree.path for tree in trees])
        except BootstrapError as error:
            named(name, error)
        for tree in trees:
            contents[tree] = folders[tree.path]
            origins[tree] = str(user.place)
    for name, each in remote.items():
        try:
            check_digest(archive.digest(contents[each.tree]), *each.expected, origins[each.tree])
        except BootstrapError as error:
            named(name, error)
    problems = [cache.write(sources.cache, tree, contents[tree]) for trees in missing.values() for tree in trees]
    for problem in dict.fromkeys(filter(None, problems)):
        sources.warn(problem)
    return contents


def assemble(name: str, remote: GitHubRegistry, trees: Mapping[Tree, Files]) -> Contents:
    whole = trees[remote.tree]
    where = f"{remote.place}/{remote.tree.path} at {remote.git['refSpec']}".replace("/ at", " at")
    if "registry.yaml" not in whole:
        raise BootstrapError(f"Registry '{name}': {where} has no registry.yaml.", fix="Correct the path in its uri.")
    files = {"registry.yaml": whole["registry.yaml"]}
    known = specs.libraries(files["registry.yaml"], f"registry.yaml of {where}")
    for package, requested in remote.requested.items():
        tree, prefix = trees[remote.trees[package]], f"{requested.folder}/"
        own = {path: text for path, text in tree.items() if path.startswith(prefix)}
        parts = f"{prefix}parts.yaml"
        if parts not in own:
            existing = sorted(
                {*known, *(path.rpartition("/")[0] for path in tree if path.count("/") == 1 and path.endswith("/parts.yaml"))}
            )
            raise BootstrapError(
                f"Registry '{name}' has no package '{requested.folder}' at {remote.packages[package]['refSpec']}: there is no {parts}.",
                fix=f"Packages: {', '.join(existing) or 'none'}.",
            )
        specs.check_parts(own[parts], f"{parts} of {where}")
        files.update(own)
    return Contents(files, remote.git, archive.digest(whole), remote.packages)
