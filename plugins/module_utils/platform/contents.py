# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A release of the platform as a registry of packages.

A package that the application has already is taken from there: neither the release nor a renderer is needed. Else it is rendered, once
for all runs: what was rendered is kept in the user's cache, by the checksum of all that it was rendered from.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import typing as t
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from ..errors import BootstrapError
from ..fetch.sources import Contents, Files, Sources
from ..files import read_bounded, write_atomically
from ..formats import yaml_documents
from ..formats.json_object import Json
from . import closure, github_source, objects, package, renderer, secrets, source, tables
from .closure import Closure
from .package import Rendered
from .renderer import Renderer
from .tables import Release

MAX_BYTES = 64 * 2**20
"""Of one file of a vendored package."""
_LICENSE = "LICENSE"
_GITHUB = "github"
"""The source where none is named."""


def contents(name: str, entry: Mapping[str, t.Any], components: Iterable[str], application: Path, sources: Sources) -> Contents:
    """The packages of some ``components`` of a release, each called as its component.

    ``entry``: ``uri``, the release; ``source``, a folder or an archive with it, or ``github``, needed for what the application does not
    have; ``renderer``, a program; ``sha256``, of a release that is a commit. ``application``: the folder with ``vendor/NAME``. Raises
    BootstrapError.
    """
    release = tables.release(str(entry["uri"]))
    names = sorted(set(components))
    for component in names:
        if component not in release.components:
            raise BootstrapError(
                f"The release {release.name} has no component {component!r}.", fix=f"It has {', '.join(sorted(release.components))}."
            )
    folder = application / "vendor" / name
    graph = tables.graph()
    packages: dict[str, Files] = {}
    rendered: dict[str, Rendered] = {}
    for component in names:
        vendored = _vendored(folder / component)
        recorded = package.origin_of(vendored, str(folder / component / package.ORIGIN))
        if _is_of(recorded, release, component):
            if package.is_current(vendored, recorded):
                packages[component] = vendored
            elif old := package.read(vendored, recorded):
                rendered[component] = old
    license_text = _read(folder / _LICENSE)
    missing = [component for component in names if component not in {**packages, **rendered}]
    if missing or license_text is None:
        workshop = Workshop(release, entry, sources)
        rendered.update(workshop.rendered(missing))
        license_text = workshop.license()
    for component, each in rendered.items():
        packages[component] = package.files(release, component, graph.components[component], each)
    beside = {"registry.yaml": _registry(release), _LICENSE: license_text}
    return Contents(beside | {f"{component}/{path}": text for component in names for path, text in packages[component].items()})


def check_release(files: Mapping[str, str], release: str, what: str) -> None:
    """Raise BootstrapError unless all packages among the files are of a release; ``what`` holds them."""
    for path in files:
        if path.endswith(f"/{package.ORIGIN}"):
            recorded = package.origin_of({package.ORIGIN: files[path]}, path).get("release")
            if recorded != release:
                raise BootstrapError(
                    f"{what} has packages of the platform {recorded}, not {release}.",
                    fix="Write it again for this release, or choose the other one (kubeflow_platform).",
                )


def _registry(release: Release) -> str:
    libraries = {component: {"path": component, "version": release.name} for component in sorted(release.components)}
    return yaml_documents.dump({"apiVersion": "0.1.0", "kind": "ksonnet.io/registry", "libraries": libraries})


def _vendored(folder: Path) -> Files:
    """The files of a package in the application; {} where there is none."""
    names = [path for path in (*folder.glob("*"), *folder.glob("prototypes/*")) if path.is_file()]
    texts = {path.relative_to(folder).as_posix(): _read(path) for path in names}
    return {path: text for path, text in texts.items() if text is not None}


def _is_of(recorded: Json, release: Release, component: str) -> bool:
    """Whether a package says of itself that it is this component of this release."""
    part = release.components[component]
    expected = {"release": release.name, "commit": release.commit, "folders": [*part.folders, *part.overlays]}
    return all(recorded.get(field) == value for field, value in expected.items()) and part.sha256 in ("", recorded.get("sha256"))


def _read(path: Path) -> str | None:
    try:
        return read_bounded(path, MAX_BYTES).decode("utf-8", "surrogateescape")
    except OSError:
        return None


class Workshop:
    """Makes packages of a release: reads its files, checks them, and has them rendered."""

    def __init__(self, release: Release, entry: Mapping[str, t.Any], sources: Sources) -> None:
        self._release, self._entry, self._sources = release, entry, sources
        named = str(entry.get("source") or _GITHUB)
        self._source = github_source.find(release, sources) if named == _GITHUB else source.find(named, release.name)
        self._renderer: Renderer | None = None
        if tables.is_commit(release.name):
            self._check_whole()

    def _check_whole(self) -> None:
        """A commit that the tables don't know has to have the checksum that the user declares."""
        declared = str(self._entry.get("sha256") or "").strip().lower().removeprefix("sha256:")
        digest = self._source.digest()
        if digest != declared:
            expected = f"not {declared} as declared" if declared else "and none is declared"
            raise BootstrapError(
                f"The files of the platform at {self._release.name} have the SHA-256 {digest}, {expected}. Nothing of them was used.",
                fix=f"If you trust them: kubeflow_platform: {{release: {self._release.name}, sha256: {digest}, ...}}.",
            )
        self._sources.warn(
            f"The platform at {self._release.name} is no known release: its components are looked for where the newest known one has them."
        )

    def license(self) -> str:
        """The release's own."""
        text = self._source.read(f"{closure.RELEASE}/{_LICENSE}")
        if text is None:
            raise BootstrapError(
                f"The source of the platform {self._release.name} has no {_LICENSE}, which goes with all copies of it.",
                fix="Name a source that has the whole release.",
            )
        return text

    def rendered(self, components: Collection[str]) -> dict[str, Rendered]:
        """The components, from the cache as far as it has them. What is rendered is kept there."""
        closures = {component: self._closure(component) for component in components}
        rendered: dict[str, Rendered] = {}
        for number, (component, files) in enumerate(closures.items(), 1):
            cached = self._cache_file(component, files)
            result = _of_cache(cached) if cached else None
            if result is None:
                self._sources.progress(f"Rendering {component} of the platform {self._release.name} ({number} of {len(closures)})")
                result = self._render(component, files)
                if cached:
                    self._keep(cached, result)
            rendered[component] = result
        return rendered

    def _closure(self, component: str) -> Closure:
        part = self._release.components[component]
        try:
            files = closure.walk(self._source.read, [*part.folders, *part.overlays], self._release.remotes)
        except BootstrapError as error:
            raise BootstrapError(
                f"Component {component} of the platform {self._release.name}: {error.message}",
                fix=f"{error.fix} Or leave it out: kubeflow_platform: {{without: [{component}]}}.",
            ) from None
        digest = files.digest(self._release.unchecked)
        if part.sha256 and digest != part.sha256:
            raise BootstrapError(
                f"Component {component} of the platform {self._release.name}: its files have the SHA-256 {digest}, not {part.sha256} "
                "as the release has. Nothing of it was used.",
                fix="Find out who changed them, and take the release as it was published.",
            )
        if not part.sha256 and not tables.is_commit(self._release.name):
            self._sources.warn(
                f"The files of {component} of the platform {self._release.name} were not compared with anything: no checksum is known."
            )
        return files

    def _render(self, component: str, files: Closure) -> Rendered:
        if self._renderer is None:
            cache = self._sources.cache.parent if self._sources.cache else None
            self._renderer = renderer.find(str(self._entry.get("renderer") or ""), self._sources.env, cache)
        items = secrets.declared(render(self._renderer, self._release.components[component], files, component), component)
        texts = tuple(map(package.text, objects.split(items)))
        definitions, others = texts[0], texts[1] or package.text_of_none()
        digest = files.digest(self._release.unchecked)
        recorded = package.origin(self._release, component, digest, self._renderer.version, (definitions, others))
        return Rendered(definitions, others, recorded)

    def _cache_file(self, component: str, files: Closure) -> Path | None:
        if self._sources.cache is None:
            return None
        part = self._release.components[component]
        parts = [package.VERSION, self._release.name, self._release.commit, *part.folders, *part.overlays, files.digest()]
        key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        return self._sources.cache / "platform" / self._release.name / f"{component}-{key[:32]}.json"

    def _keep(self, file: Path, rendered: Rendered) -> None:
        content = {"definitions": rendered.definitions, "objects": rendered.objects, "origin": rendered.origin}
        try:
            write_atomically(file, json.dumps(content))
        except BootstrapError as error:
            self._sources.warn(f"What was rendered is not kept: {error.message}")


def _of_cache(file: Path) -> Rendered | None:
    text = _read(file)
    try:
        document = json.loads(text or "")
        rendered = Rendered(document["definitions"], document["objects"], document["origin"])
        whole = package.content_digest(rendered.definitions, rendered.objects) == rendered.origin["content"]
        return rendered if whole else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def render(program: Renderer, part: tables.Part, files: Closure, what: str) -> list[Json]:
    """The objects of a part, tidy: rendered from its files alone, in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="kubeflow-platform-") as name:
        root = Path(name)
        for path, text in files.files.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode("utf-8", "surrogateescape"))
        kustomization = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [f"../{closure.RELEASE}/{folder}" for folder in part.folders],
            **({"components": [f"../{closure.RELEASE}/{folder}" for folder in part.overlays]} if part.overlays else {}),
        }
        (root / "all").mkdir()
        # JSON is YAML.
        (root / "all" / "kustomization.yaml").write_text(json.dumps(kustomization), encoding="utf-8")
        rendered = program.render(root / "all", what)
    return objects.tidy(objects.read(rendered, what, known=bool(part.sha256)), files.generated, what)
