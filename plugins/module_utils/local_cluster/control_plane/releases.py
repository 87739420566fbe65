# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs of a local control plane from their official releases, each with its digest in the collection."""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import tarfile
import typing as t
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import BootstrapError
from ...fetch.https import HttpsClient
from ...fetch.sources import Sources

try:
    import yaml
except ImportError:
    # ``profiles`` says so.
    yaml = None  # type: ignore[assignment]

TABLE = "releases.yml"
"""Beside go.mod: where the releases are, and their digests."""
IDLE_SECONDS = 5.0
"""Without a byte for so long, a server is not reachable: the programs are built instead."""
SECONDS = 300.0
"""All of one file. A network that is slower than that is no better than a build."""
_MOST = 2**30
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Release:
    """A file of a release. ``digest``: ``sha256:`` or ``sha512:`` and hex digits. ``programs``: path in the archive by name, blank where
    the file is the program."""

    version: str
    url: str
    digest: str
    programs: Mapping[str, str]


def architecture() -> str:
    """Of this machine, as Go, releases and images name it."""
    machine = platform.machine()
    return _ARCHITECTURES.get(machine, machine)


def this_platform() -> str:
    """Such as ``linux-amd64``, as releases name it."""
    return f"{platform.system().lower()}-{architecture()}"


def read(source: Path, on: str) -> list[Release]:
    """The releases whose digests are known for a platform, of the versions in go.mod. ``source``: the folder with ``TABLE``."""
    try:
        rows: Mapping[str, Mapping[str, t.Any]] = yaml.safe_load((source / TABLE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    releases = []
    for row in rows.values():
        version = required(source / row["go_mod"], row["module"])
        if row["version"] == version and on in row["digests"]:
            programs = {name: fill(path, version, on) for name, path in row["programs"].items()}
            releases.append(Release(version, fill(row["url"], version, on), row["digests"][on], programs))
    return releases


def required(go_mod: Path, module: str) -> str:
    """The version of a module that a go.mod requires; blank for none."""
    try:
        return version_in(go_mod.read_text(encoding="utf-8"), module)
    except FileNotFoundError:
        return ""


def version_in(text: str, module: str) -> str:
    """As ``required``, for the text of a go.mod."""
    match = re.search(rf"^(?:require)?\s*{re.escape(module)} (v\S+)", text, re.MULTILINE)
    return match.group(1) if match else ""


def fill(template: str, version: str, on: str) -> str:
    return template.format(version=version, platform=on)


def fetch(
    releases: Collection[Release], names: Collection[str], target: Path, env: Mapping[str, str], progress: Callable[[str], None]
) -> None:
    """Put the programs ``names`` that are in a release into the folder ``target``. Each file is tried once; a failure is no error."""
    for release in releases:
        members = {path: name for name, path in release.programs.items() if name in names}
        if not members:
            continue
        listed = ", ".join(sorted(members.values()))
        progress(f"Downloading {listed} {release.version}")
        try:
            _fetch(release, members, target, Sources(env=env, timeout=SECONDS, progress=progress))
        except BootstrapError as error:
            for name in members.values():
                (target / name).unlink(missing_ok=True)
            progress(f"Building instead: {error.message}")


def _fetch(release: Release, members: Mapping[str, str], target: Path, sources: Sources) -> None:
    client = HttpsClient(sources, tries=1, most=_MOST, idle=IDLE_SECONDS)
    answer = client.fetch(release.url, {"User-Agent": "kubeflow.bootstrap"}, lambda file: _unpack(release, members, file, target))
    if answer.status != 200:
        raise BootstrapError(f"{release.url} answers {answer.status}.")


def _unpack(release: Release, members: Mapping[str, str], file: t.IO[bytes], target: Path) -> None:
    algorithm, expected = release.digest.split(":")
    digest = hashlib.new(algorithm)
    while piece := file.read(2**20):
        digest.update(piece)
    if digest.hexdigest() != expected:
        raise BootstrapError(f"{release.url} has not the digest in {TABLE}: {algorithm}:{digest.hexdigest()}.")
    file.seek(0)
    try:
        if "" in members:
            _write(file, target / members[""])
            return
        with tarfile.open(fileobj=file, mode="r:gz") as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.isfile() and member.name in members else None
                if stream:
                    _write(stream, target / members[member.name])
    except (OSError, tarfile.TarError, zlib.error, EOFError) as error:
        raise BootstrapError(f"{release.url} can't be unpacked: {error}.") from error
    missing = [path for path, name in members.items() if not (target / name).exists()]
    if missing:
        raise BootstrapError(f"{release.url} does not hold {', '.join(missing)}.")


def _write(stream: t.IO[bytes], path: Path) -> None:
    with path.open("wb") as file:
        shutil.copyfileobj(stream, file, 2**20)
    path.chmod(0o755)
