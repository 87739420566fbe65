# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The images of real nodes: pulled where registries are reachable, else built from packages.

Layers are cached by a digest of their recipe, and streamed to containerd as one OCI archive
(https://github.com/opencontainers/image-spec) with each layer once.
"""

# No Ansible module here whose run_command could be used: pylint: disable=ansible-bad-function

from __future__ import annotations

import contextlib
import hashlib
import http.client
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ...errors import BootstrapError
from ...formats.json_object import Json
from ...run import Context
from ..control_plane import releases
from ..control_plane.locks import locked
from . import layers, requirements

try:
    import yaml
except ImportError:  # pragma: no cover
    yaml = None  # type: ignore[assignment]

_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_HOSTS = {"docker.io": "registry-1.docker.io"}
_REGISTRY_SECONDS = 5.0
_OCI = "application/vnd.oci.image"


@dataclass(frozen=True)
class Layer:
    """A layer: its tar file and digest."""

    file: Path
    sha256: str


@dataclass(frozen=True)
class Image:
    """An image: layers, configuration and manifest."""

    name: str
    layers: list[Layer]
    config: bytes
    manifest: bytes


def load(images: list[Image], enter: list[str]) -> None:
    """Import the images that a node's containerd lacks. ``enter``: the prefix of a command that runs on the node."""
    ctr = [*enter, "/usr/bin/ctr", "--namespace=k8s.io", "images"]
    listed = subprocess.run([*ctr, "list"], capture_output=True, text=True, check=False).stdout.splitlines()
    # REF TYPE DIGEST ...
    present = {(fields[0], fields[2]) for line in listed[1:] if len(fields := line.split()) > 2}
    missing = [image for image in images if (image.name, f"sha256:{_sha256(image.manifest)}") not in present]
    if not missing:
        return
    reading, writing = os.pipe()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        with subprocess.Popen([*ctr, "import", "--no-unpack", "-"], stdin=reading, stdout=subprocess.DEVNULL, stderr=errors) as importing:
            os.close(reading)
            # If it ends early, its errors are reported.
            with contextlib.suppress(BrokenPipeError), open(writing, "wb") as archive:
                write_archive(missing, archive)
        if importing.returncode:
            errors.seek(0)
            raise BootstrapError(f"containerd rejects the images: {errors.read().strip()[-500:]}")


def ensure(cache: Path, files: Path, sets: list[str], context: Context) -> list[Image]:
    """The stand-ins for images of registries, built if they are not cached; none where the registries answer.

    ``sets``: of the table, beside the images without a set.
    """
    builder = layers.LayerBuilder(files, cache, context.env, context.progress)
    table = yaml.safe_load((builder.images / "images.yml").read_text(encoding="utf-8"))
    chosen = _chosen(table["images"], sets)
    used = {name: table["layers"][name] for entry in chosen.values() for name in entry["layers"]}
    with ThreadPoolExecutor() as pool:
        registries = sorted({name.partition("/")[0] for name in chosen})
        silent = [host for host, answers in zip(registries, pool.map(_answers, registries), strict=True) if not answers]
    if not silent:
        return []
    context.progress(f"Images are made of packages, as registries can't be reached: {', '.join(silent)}")

    def layer(entry: tuple[str, Json]) -> tuple[str, Layer]:
        return entry[0], _layer(*entry, builder)

    waiting = "Waiting for another build of the images"
    # Most of the time is spent on downloads.
    with locked(cache / "images" / "build.lock", lambda: context.progress(waiting)), ThreadPoolExecutor(4) as pool:
        built = dict(pool.map(layer, used.items()))
    return [image(name, [built[each] for each in entry["layers"]], entry["config"]) for name, entry in chosen.items()]


def _chosen(images: dict[str, Json], sets: list[str]) -> dict[str, Json]:
    """The images of ``sets``, and those without a set."""
    known = {entry["set"] for entry in images.values() if "set" in entry}
    if unknown := [name for name in sets if name not in known]:
        raise BootstrapError(f"There is no set of images {unknown[0]!r}.", fix=f"Name some of {', '.join(sorted(known))} in the profile.")
    return {name: entry for name, entry in images.items() if "set" not in entry or entry["set"] in sets}


def _answers(registry: str) -> bool:
    """Whether a registry answers at that name (https://distribution.github.io/distribution/spec/api/#api-version-check)."""
    connection = http.client.HTTPSConnection(_HOSTS.get(registry, registry), timeout=_REGISTRY_SECONDS)
    try:
        connection.request("GET", "/v2/")
        return connection.getresponse().status in (200, 307, 401)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _layer(name: str, recipe: Json, builder: layers.LayerBuilder) -> Layer:
    file = builder.cache / "images" / f"{name}-{layers.digest(recipe, builder)}.tar"
    known = file.with_suffix(".sha256")
    if not known.exists():
        requirements.present(requirements.IMAGES, builder.env, (), "Images made of packages")
        builder.progress(f"Making the layer {name} of the images, once, into {file}")
        root = file.with_suffix(".building")
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        root.chmod(0o755)
        layers.make(recipe, root, builder)
        plain = ["--sort=name", "--mtime=@0", "--numeric-owner", "--format=pax", "--pax-option=delete=atime,delete=ctime"]
        builder.run(["tar", "--create", f"--file={file}", f"--directory={root}", *plain, "."], f"The layer {name}")
        shutil.rmtree(root)
        with file.open("rb") as content:
            known.write_text(hashlib.file_digest(content, "sha256").hexdigest(), encoding="utf-8")
    return Layer(file, known.read_text(encoding="utf-8"))


def image(name: str, stack: list[Layer], config: Json) -> Image:
    environment = config.get("Env", [])
    if not any(each.startswith("PATH=") for each in environment):
        environment = [_PATH, *environment]
    settings = {
        "architecture": releases.architecture(),
        "os": "linux",
        "config": {**config, "Env": environment},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{each.sha256}" for each in stack]},
    }
    text = json.dumps(settings).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_OCI}.manifest.v1+json",
        "config": {"mediaType": f"{_OCI}.config.v1+json", **_reference(text)},
        "layers": [
            {"mediaType": f"{_OCI}.layer.v1.tar", "digest": f"sha256:{each.sha256}", "size": each.file.stat().st_size} for each in stack
        ],
    }
    return Image(name, stack, text, json.dumps(manifest).encode())


def write_archive(images: list[Image], out: t.IO[bytes]) -> None:
    """An OCI archive with all ``images``, each layer in it once."""
    manifests = [
        {
            "mediaType": f"{_OCI}.manifest.v1+json",
            **_reference(each.manifest),
            "annotations": {"io.containerd.image.name": each.name, "org.opencontainers.image.ref.name": each.name.rsplit(":", 1)[1]},
        }
        for each in images
    ]
    texts = {_sha256(text): text for each in images for text in (each.config, each.manifest)}
    layers = {layer.sha256: layer.file for each in images for layer in each.layers}
    with tarfile.open(fileobj=out, mode="w|") as archive:
        _add(archive, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        _add(archive, "index.json", json.dumps({"schemaVersion": 2, "manifests": manifests}).encode())
        for sha256, text in texts.items():
            _add(archive, f"blobs/sha256/{sha256}", text)
        for sha256, file in layers.items():
            archive.add(file, f"blobs/sha256/{sha256}")


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def _reference(content: bytes) -> Json:
    return {"digest": f"sha256:{_sha256(content)}", "size": len(content)}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
