# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files that rendering some kustomizations reads, with references to other repositories pointed at local copies.

Paths are of one tree: ``release/...`` is the release itself, ``remotes/NAME/...`` what it refers to elsewhere. So the renderer needs no
network, a checksum covers what is rendered and nothing else, and a reference that is not known is an error before anything is rendered.
"""

from __future__ import annotations

import posixpath
import re
import typing as t
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..errors import BootstrapError
from ..fetch import archive
from ..formats.json_object import Json
from . import objects

Read = Callable[[str], t.Optional[str]]  # noqa: UP045  # evaluated at import
"""The text of a path of the tree; None where there is no such file."""

RELEASE, REMOTES = "release", "remotes"
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
# https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/: fields that list folders or files, and files alone.
_FOLDERS = ("resources", "bases", "components")
_FILES = ("crds", "configurations", "generators", "transformers", "validators")
_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902", "replacements")
_GENERATORS = ("configMapGenerator", "secretGenerator")
# kustomize takes these for Git or the web: a scheme, or what it knows without one.
_REMOTE = re.compile(r"(?:[a-z+]+://|git@|git::|github\.com[/:])\S*", re.IGNORECASE)
_FIX = "Take a release that is known, or a source that has the whole release and what it refers to (remotes/)."


@dataclass
class Closure:
    """``files``: as they are to be rendered, by path. ``originals``: those of them that were rewritten, as they were. ``generated``: the
    names of ConfigMaps and Secrets to which kustomize adds a hash of what is in them."""

    files: dict[str, str] = field(default_factory=dict)
    originals: dict[str, str] = field(default_factory=dict)
    generated: set[str] = field(default_factory=set)

    def digest(self, unchecked: Iterable[str] = ()) -> str:
        """SHA-256 of the files as they were found, but for ``unchecked`` (paths below the release)."""
        left_out = {f"{RELEASE}/{path}" for path in unchecked}
        files = {**self.files, **self.originals}
        return archive.digest({path: text for path, text in files.items() if path not in left_out})


def walk(read: Read, folders: Iterable[str], remotes: Mapping[str, str]) -> Closure:
    """What rendering ``folders`` (paths below the release) reads. ``remotes``: reference to folder below ``remotes/``.

    Raises BootstrapError for a file that is missing, and for a reference to elsewhere that is not among ``remotes``.
    """
    closure = Closure()
    todo = [f"{RELEASE}/{folder}" for folder in folders]
    seen: set[str] = set()
    while todo:
        folder = todo.pop()
        if folder in seen:
            continue
        seen.add(folder)
        file, text = _kustomization(read, folder)
        document = _document(text, file)
        closure.files[file] = text
        for reference in _entries(document, _FOLDERS):
            target = _target(folder, reference, remotes, file)
            if _REMOTE.match(reference):
                closure.originals.setdefault(file, text)
                closure.files[file] = closure.files[file].replace(reference, posixpath.relpath(target, folder))
            content = read(target)
            if content is None:
                todo.append(target)
            else:
                closure.files[target] = content
        for reference in _files(document):
            target = _target(folder, reference, {}, file)
            content = read(target)
            if content is None:
                raise BootstrapError(f"{file} names {reference}, which does not exist.", fix=_FIX)
            closure.files[target] = content
        closure.generated |= _generated(document)
    return closure


def _kustomization(read: Read, folder: str) -> tuple[str, str]:
    for name in KUSTOMIZATIONS:
        text = read(f"{folder}/{name}")
        if text is not None:
            return f"{folder}/{name}", text
    raise BootstrapError(f"{folder} is missing in the release: there is no kustomization.yaml and no file of that name.", fix=_FIX)


def _document(text: str, file: str) -> Json:
    document = objects.document(text, file, _FIX)
    if not isinstance(document, dict):
        raise BootstrapError(f"{file} is not a kustomization: a mapping is expected.", fix=_FIX)
    return document


def _target(folder: str, reference: str, remotes: Mapping[str, str], file: str) -> str:
    """The path in the tree that a reference of a kustomization means."""
    if _REMOTE.match(reference):
        if reference not in remotes:
            raise BootstrapError(
                f"{file} refers to {reference}, of which the tables know no copy. It would be fetched without a checksum.", fix=_FIX
            )
        return f"{REMOTES}/{remotes[reference]}"
    target = posixpath.normpath(posixpath.join(folder, reference))
    if not target.startswith((f"{RELEASE}/", f"{REMOTES}/")):
        raise BootstrapError(f"{file} refers to {reference}, which is outside of the release.", fix=_FIX)
    return target


def _entries(document: Json, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        for entry in document.get(name) or ():
            if isinstance(entry, str):
                yield entry


def _files(document: Json) -> Iterator[str]:
    """The files that a kustomization names beside its resources."""
    yield from _inline_left_out(_entries(document, _FILES))
    for name in _PATCHES:
        for entry in document.get(name) or ():
            path = entry.get("path") if isinstance(entry, dict) else entry
            if isinstance(path, str):
                yield from _inline_left_out([path])
    for name in _GENERATORS:
        for entry in document.get(name) or ():
            if isinstance(entry, dict):
                envs = [*(entry.get("envs") or ()), *filter(None, [entry.get("env")])]
                yield from (text.rpartition("=")[2] for text in [*(entry.get("files") or ()), *envs] if isinstance(text, str))
    openapi = document.get("openapi")
    if isinstance(openapi, dict) and isinstance(openapi.get("path"), str):
        yield openapi["path"]


def _inline_left_out(entries: Iterable[str]) -> Iterator[str]:
    """Patches, generators and transformers may stand in the kustomization itself: then they have several lines."""
    return (entry for entry in entries if "\n" not in entry.strip())


def _generated(document: Json) -> set[str]:
    return {
        str(entry["name"])
        for name in _GENERATORS
        for entry in document.get(name) or ()
        if isinstance(entry, dict) and entry.get("name") and not (entry.get("options") or {}).get("disableNameSuffixHash")
    }
