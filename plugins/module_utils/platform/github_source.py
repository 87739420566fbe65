# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A release, and what it refers to, from GitHub: archives by commit, and files of releases.

What a release refers to elsewhere is only fetched when a component is rendered that needs it. Archives are kept in the user's cache.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ..errors import BootstrapError
from ..fetch import cache, github
from ..fetch.https import HttpsClient
from ..fetch.sources import Files, Sources
from .closure import RELEASE, REMOTES
from .source import MAX_FILE, Source
from .tables import Release

_PATHS = ("applications", "common", "LICENSE")
# As kustomize reads a folder of a repository, and the address of a file that belongs to a release on GitHub.
_FOLDER = re.compile(r"https://(?P<repository>[^/]+/[^/]+/[^/]+)/(?P<path>[^?]+)\?ref=(?P<ref>[^&]+)")
_ASSET = re.compile(r"https://[^/]+/[^/]+/[^/]+/releases/download/[^/]+/(?P<file>[^/]+)")
_FIX = "Or name a folder or an archive with the release (kubeflow_platform: {source: ...})."


def find(release: Release, sources: Sources) -> Source:
    """A release at GitHub. Raises BootstrapError where it can't be had."""
    remote = _GitHub(release, sources, github.GitHubClient(sources), HttpsClient(sources))

    def files() -> Files:
        return {path: text for path, text in remote.release().items() if path.startswith(("applications/", "common/"))}

    return Source(remote.read, files)


@dataclass
class _GitHub:
    """``trees``: what was fetched, by where it is in the tree of ``closure``."""

    of: Release
    sources: Sources
    hub: github.GitHubClient
    web: HttpsClient
    trees: dict[str, Files] = field(default_factory=dict)

    def read(self, name: str) -> str | None:
        top, _slash, path = name.partition("/")
        if top == RELEASE:
            return self.release().get(path)
        folder, _slash, path = path.partition("/")
        return self._remote(folder).get(path)

    def release(self) -> Files:
        """The files of the release."""
        return self._tree(RELEASE, self.of.repository, self.of.commit, _PATHS)

    def _remote(self, folder: str) -> Files:
        """The files that are to be in a folder of ``remotes``."""
        paths: dict[tuple[str, str], list[str]] = {}
        for reference, place in self.of.remotes.items():
            if place.partition("/")[0] != folder:
                continue
            if asset := _ASSET.fullmatch(reference):
                return self._asset(folder, reference, asset["file"])
            if match := _FOLDER.fullmatch(reference):
                paths.setdefault((match["repository"], match["ref"]), []).append(match["path"].partition("/")[0])
        for (repository, ref), tops in paths.items():
            return self._tree(f"{REMOTES}/{folder}", repository, ref, tuple(dict.fromkeys(tops)))
        return {}

    def _tree(self, where: str, repository: str, ref: str, paths: tuple[str, ...]) -> Files:
        if where not in self.trees:
            try:
                self.trees[where] = self._fetched(repository, ref, paths)
            except BootstrapError as error:
                raise _explained(error) from None
        return self.trees[where]

    def _fetched(self, repository: str, ref: str, paths: tuple[str, ...]) -> Files:
        place = github.parse(f"{repository}/tree/{ref}")
        commit = self.hub.commit(place, ref)
        if not commit:
            raise self.hub.no_ref(place, ref)
        tree = cache.Tree(place.host, place.owner, place.repository, commit, ",".join(paths))
        texts = cache.read(self.sources.cache, tree)
        if texts is None:
            folders = self.hub.trees(place, commit, paths)
            texts = {below if below == path else f"{path}/{below}": text for path in paths for below, text in folders[path].items()}
            problem = cache.write(self.sources.cache, tree, texts)
            if problem:
                self.sources.warn(problem)
        return texts

    def _asset(self, folder: str, url: str, file: str) -> Files:
        """A file of a release, with a kustomization that names it."""
        where = f"{REMOTES}/{folder}"
        if where not in self.trees:
            self.sources.progress(f"Downloading {url}")
            try:
                answer = self.web.fetch(url, {"User-Agent": "kubeflow.bootstrap"}, _text)
            except BootstrapError as error:
                raise _explained(error) from None
            if answer.result is None:
                raise BootstrapError(f"{url} can't be fetched: the server answers {answer.status}.", fix=_FIX)
            self.trees[where] = {file: answer.result, "kustomization.yaml": f"resources:\n- {file}\n"}
        return self.trees[where]


def _text(file: t.IO[bytes]) -> str:
    data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise BootstrapError(f"A file of a release is larger than {MAX_FILE >> 20} MiB.", fix=_FIX)
    return data.decode("utf-8", "surrogateescape")


def _explained(error: BootstrapError) -> BootstrapError:
    return BootstrapError(error.message, fix=" ".join(filter(None, [error.fix, _FIX])))
