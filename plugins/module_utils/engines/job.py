# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One environment of an application, the choice of its engine, and its deployment by ks."""

from __future__ import annotations

import contextlib
import tempfile
import typing as t
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ..deploy.model import namespace
from ..deploy.model.generated_secrets import is_generated
from ..deploy.model.outcome import Options, Outcome
from ..errors import BootstrapError
from ..formats.json_object import Json
from ..ks import answers
from ..ks.apply import KsRun, labelled, refuse_mixing
from ..ks.command import Ks, KsBinary, find_binary, obstacle, prepared
from ..ksonnet.disk import folder
from ..ksonnet.render.render import objects
from ..kube.client import Client
from ..kube.discovery import Served, served
from ..run import Context
from . import engine
from .engine import EngineChoice


@dataclass
class Job:
    """``path``: the application's folder; ``files``: what is in it, or would be; ``entry``: its environment in app.yaml.

    ``secrets``: whether Secrets are deployed that are not in the application.
    """

    client: Client
    context: Context
    path: Path
    files: Mapping[str, str]
    application: str
    environment: str
    entry: Json
    secrets: bool = False
    _shown: dict[str, list[Json]] = field(default_factory=dict)

    @property
    def namespace(self) -> str:
        """Of the environment."""
        return str((self.entry.get("destination") or {}).get("namespace") or "default")

    @cached_property
    def rendered(self) -> dict[str, list[Json]]:
        """The objects by component, as we render them, before any migration."""
        return objects(self.files, self.environment)

    @cached_property
    def served(self) -> Served:
        """The kinds that the cluster serves."""
        return served(self.client)

    def choose(self, requested: str, command: str | None) -> EngineChoice:
        """The engine for ``requested``: ``native``, ``ks`` or ``auto``. Reports it, with the reason, unless it is the default.

        Raises BootstrapError if ks is requested and can't reach this cluster, or would invalidate the record of the native engine.
        """
        choice = engine.choose(requested, lambda: find_binary(command, self.context.env), self._obstacles())
        if requested == "ks" and choice.ks:
            why = self._secrets(choice.ks) or self._unreachable(choice.ks) or self._native(choice.ks)
            if why:
                raise BootstrapError(f"ks can't deploy this: {why}.", fix="Use kubeflow_engine=native.")
        if requested != "native":
            self.context.progress(f"engine {choice.engine}: {choice.reason}")
        return choice

    def _obstacles(self) -> list[t.Callable[[KsBinary], str | None]]:
        return [
            self._secrets,
            self._unreachable,
            lambda _binary: engine.library_missing(self.files, str(self.entry.get("k8sVersion"))),
            self._native,
            self._no_namespace,
            lambda _binary: engine.unserved(self.rendered, self.served),
            self._rendering,
        ]

    def _items(self) -> list[Json]:
        return [item for items in self.rendered.values() for item in items]

    def _secrets(self, _binary: KsBinary) -> str | None:
        if self.secrets:
            return "it deploys the application only, not the Secrets of kubeflow_secrets"
        generated = any(is_generated(item) for item in self._items())
        return "it can't generate the values of Secrets" if generated else None

    def _unreachable(self, _binary: KsBinary) -> str | None:
        server = str((self.entry.get("destination") or {}).get("server") or "")
        return obstacle(self.client.connection, server, self.environment)

    def _native(self, _binary: KsBinary) -> str | None:
        return refuse_mixing(self.client, self.application, self.namespace)

    def _no_namespace(self, _binary: KsBinary) -> str | None:
        missing = not namespace.is_brought(self.namespace, self._items()) and namespace.live(self.client, self.namespace) is None
        return f"the namespace {self.namespace} does not exist, and ks does not create it" if missing else None

    def _rendering(self, binary: KsBinary) -> str | None:
        """The first object that ks renders differently, and the likely cause."""
        try:
            why = engine.rendering_difference(self.shown(binary), self._items())
        except BootstrapError as error:
            why = error.message.rstrip(".")
        cause = engine.unprintable(self.files) if why and binary.version == "0.10.0" else None
        return f"{why}; its printer may get this wrong: {cause}" if cause else why

    def shown(self, binary: KsBinary) -> list[Json]:
        """The objects of `ks show`, which is run once."""
        if binary.path not in self._shown:
            self.context.progress(f"ks show {self.environment}")
            with self.prepared(binary) as ks:
                self._shown[binary.path] = answers.objects(ks.run("show"))
        return self._shown[binary.path]

    @contextlib.contextmanager
    def prepared(self, binary: KsBinary) -> Iterator[Ks]:
        """The command in the application's folder; in a copy if that is not yet written (check mode) or lacks folders that ks needs."""
        with contextlib.ExitStack() as stack:
            directory = self.path.absolute()
            if folder.missing(self.path) or self.context.check and folder.read(self.path) != self.files:
                directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kubeflow-ks-")))
                folder.write(directory, self.files)
            yield stack.enter_context(prepared(binary, directory, self.environment, self.client.connection, self.context.env))

    def deploy_by_ks(self, binary: KsBinary, options: Options) -> Outcome:
        """Deploy by the command. Raises BootstrapError."""
        with self._run(binary, options) as run:
            return run.present()

    def remove_by_ks(self, binary: KsBinary, options: Options, remove_data: bool) -> Outcome:
        """Remove by the command. Raises BootstrapError."""
        with self._run(binary, options) as run:
            return run.absent(remove_data)

    @contextlib.contextmanager
    def _run(self, binary: KsBinary, options: Options) -> Iterator[KsRun]:
        objects_by_label = labelled(self.shown(binary), self.rendered, self.served, self.namespace)
        difference = self._rendering(binary)
        if difference:
            self.context.warn(f"ks {binary.version} deploys its own rendering of the application, and {difference}.")
        with self.prepared(binary) as ks:
            yield KsRun(self.client, self.application, self.namespace, self.served, ks, objects_by_label, options)
