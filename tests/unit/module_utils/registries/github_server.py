# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A GitHub on loopback, for tests: what its API and its archives answer."""

from __future__ import annotations

import gzip
import io
import itertools
import tarfile
import typing as t
from collections.abc import Mapping

COMMIT = "3f6c2a1b9d8e7f60514233445566778899aabbcc"
OTHER = "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd"
REGISTRY = """apiVersion: '0.1'
kind: ksonnet.io/registry
libraries:
  web:
    version: v1.0
    path: web
  store: {version: 2, path: store}
"""
PARTS = "name: {}\napiVersion: 0.0.1\nkind: ksonnet.io/parts\n"
_CLOCK = itertools.count(1_500_000_000)


def shelf(**more: str) -> dict[str, str]:
    """The files of a repository with a registry of two packages in the folder ``shelf``."""
    files = {"README.md": "hello", "shelf/registry.yaml": REGISTRY}
    for package in ("web", "store"):
        files[f"shelf/{package}/parts.yaml"] = PARTS.format(package)
        files[f"shelf/{package}/prototypes/{package}.jsonnet"] = f"// @name io.example.pkg.{package}\n"
    return {**files, **more}


def member(name: str, content: bytes = b"", **fields: t.Any) -> tuple[tarfile.TarInfo, bytes]:
    """A member of an archive, with any field."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def archive(members: list[tuple[tarfile.TarInfo, bytes]], commit: str = COMMIT) -> bytes:
    """A tar.gz as git makes it, with other bytes each time, as GitHub's."""
    target = io.BytesIO()
    with (
        gzip.GzipFile(mode="wb", fileobj=target, mtime=next(_CLOCK)) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": commit}) as tar,
    ):
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return target.getvalue()


def tarball(files: Mapping[str, str], commit: str = COMMIT) -> bytes:
    """The archive of a repository."""
    top = f"acme-tools-{commit[:7]}"
    folder = member(top, type=tarfile.DIRTYPE)
    return archive([folder, *(member(f"{top}/{path}", text.encode()) for path, text in files.items())], commit)


class Short(bytes):
    """A body that says to be longer than it is."""

    def __len__(self) -> int:
        return super().__len__() + 1_000


class GitHub:
    """Puts the answers of a GitHub Enterprise host for ``acme/tools`` on a server of the fixture ``serve``; ``answer``: its ``Answer``."""

    def __init__(self, server: t.Any, answer: t.Any, api: str = "/api/v3") -> None:
        self.server, self._answer, self._repository = server, answer, f"{api}/repos/acme/tools"
        self.host = f"127.0.0.1:{server.port}"
        self.uri = f"https://{self.host}/acme/tools/tree/v1/shelf"

    def publish(self, ref: str = "v1", commit: str = COMMIT, files: Mapping[str, str] | None = None, codeload: str = "") -> None:
        """A ref at a commit with files. ``codeload``: the server that archives come from, with scheme."""
        self.server.routes[self._repository] = {"id": 1}
        self.route(f"commits/{ref}", commit.encode())
        path = f"/_codeload/acme/tools/legacy.tar.gz/{commit}"
        self.route(f"tarball/{commit}", b"", 302, Location=f"{codeload or 'https://' + self.host}{path}")
        self.server.routes[path] = self._answer(tarball(shelf() if files is None else files, commit))

    def route(self, path: str, body: t.Any = b"", code: int = 200, **headers: str) -> None:
        """What one address of the repository answers."""
        self.server.routes[f"{self._repository}/{path}".rstrip("/")] = self.answer(body, code, **headers)

    def then(self, path: str, *answers: t.Any) -> None:
        """One answer after the other, the last for all that follow."""
        self.server.routes[f"{self._repository}/{path}".rstrip("/")] = list(answers)

    def answer(self, body: t.Any = b"", code: int = 200, **headers: str) -> t.Any:
        return self._answer(body, code, [(name.replace("_", "-"), value) for name, value in headers.items()])

    def requests(self) -> list[str]:
        """The requested paths, below the repository where they are in it."""
        return [each.path.removeprefix(self._repository + "/") for each in self.server.requests]

    def tokens(self) -> list[str]:
        return [each.headers.get("authorization", "") for each in self.server.requests]
