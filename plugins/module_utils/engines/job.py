# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One environment of an application, to be deployed by the engine that is found right."""

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
from ..ks import answers
from ..ks.apply import DeploymentSite, absent, present, refuse_mixing, things
from ..ks.command import Ks, KsBinary, find, obstacle, ready
from ..ksonnet.disk import folder
from ..ksonnet.render.render import objects
from ..kube.client import Client
from ..kube.discovery import Served, served
from ..run import Context
from . import engine
from .engine import EngineChoice

Json = dict[str, t.Any]


@dataclass
class Job:
    """``path``: the application's folder; ``files``: what is in it, or would be; ``entry``: its environment in app.yaml.

    ``secrets``: whether Secrets are given beside it.
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
        """The environment's."""
        return str((self.entry.get("destination") or {}).get("namespace") or "default")

    @cached_property
    def rendered(self) -> dict[str, list[Json]]:
        """The objects by component, as we render them: what there is to deploy, whatever the cluster serves."""
        return objects(self.files, self.environment)

    @cached_property
    def served(self) -> Served:
        """What the cluster serves."""
        return served(self.client)

    def choose(self, wanted: str, command: str | None) -> EngineChoice:
        """The engine, where ``wanted`` is ``native``, ``ks`` or ``auto``. Says in the terminal which and why, unless it is the default.

        Raises BootstrapError where ks is wanted and can't reach this cluster, or would spoil what the native engine keeps.
        """
        choice = engine.choose(wanted, lambda: find(command, self.context.env), self._hindrances())
        if wanted == "ks" and choice.ks:
            why = self._given(choice.ks) or self._unreachable(choice.ks) or self._native(choice.ks)
            if why:
                raise BootstrapError(f"ks can't deploy this: {why}.", fix="Use kubeflow_engine=native.")
        if wanted != "native":
            self.context.progress(f"engine {choice.engine}: {choice.reason}")
        return choice

    def _hindrances(self) -> list[t.Callable[[KsBinary], str | None]]:
        return [
            self._given,
            self._unreachable,
            lambda _found: engine.library_missing(self.files, str(self.entry.get("k8sVersion"))),
            self._native,
            self._no_namespace,
            lambda _found: engine.unserved(self.rendered, self.served),
            self._otherwise,
        ]

    def _flat(self) -> list[Json]:
        return [item for items in self.rendered.values() for item in items]

    def _given(self, _found: KsBinary) -> str | None:
        if self.secrets:
            return "it knows the application alone, not the Secrets that are given beside it"
        generated = [item for item in self._flat() if is_generated(item)]
        return "it can't make the values of the Secrets that are to be generated" if generated else None

    def _unreachable(self, _found: KsBinary) -> str | None:
        server = str((self.entry.get("destination") or {}).get("server") or "")
        return obstacle(self.client.connection, server, self.environment)

    def _native(self, _found: KsBinary) -> str | None:
        return refuse_mixing(self.client, self.application, self.namespace)

    def _no_namespace(self, _found: KsBinary) -> str | None:
        missing = not namespace.is_brought(self.namespace, self._flat()) and namespace.find(self.client, self.namespace) is None
        return f"the namespace {self.namespace} does not exist, and ks does not create it" if missing else None

    def _otherwise(self, found: KsBinary) -> str | None:
        """What ks makes of the application where that is not what it is, and where that may come from."""
        try:
            why = engine.rendered_otherwise(self.shown(found), self._flat())
        except BootstrapError as error:
            why = error.message.rstrip(".")
        place = engine.unprintable(self.files) if why and found.version == "0.10.0" else None
        return f"{why}; its printer may get this wrong: {place}" if place else why

    def shown(self, found: KsBinary) -> list[Json]:
        """What `ks show` prints; asked once."""
        if found.path not in self._shown:
            self.context.progress(f"ks show {self.environment}")
            with self.ready(found) as ks:
                self._shown[found.path] = answers.objects(ks.run("show"))
        return self._shown[found.path]

    @contextlib.contextmanager
    def ready(self, found: KsBinary) -> Iterator[Ks]:
        """The command, in the application's folder; in a copy where that is not yet what it is to be (check mode), or ks lacks folders."""
        with contextlib.ExitStack() as stack:
            place = self.path.absolute()
            if folder.missing(self.path) or self.context.check and folder.read(self.path) != self.files:
                place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kubeflow-ks-")))
                folder.lay(place, self.files)
            yield stack.enter_context(ready(found, place, self.environment, self.client.connection, self.context.env))

    def by_ks(self, found: KsBinary, options: Options, *, remove: bool, remove_data: bool) -> Outcome:
        """Deploy by the command, or remove. Raises BootstrapError."""
        shown = self.shown(found)
        otherwise = self._otherwise(found)
        if otherwise:
            self.context.warn(f"ks {found.version} deploys what it makes of the application, and {otherwise}.")
        named = things(shown, self.rendered, self.served, self.namespace)
        with self.ready(found) as ks:
            place = DeploymentSite(self.client, self.application, self.namespace, self.served)
            if remove:
                return absent(place, ks, named, options, remove_data)
            return present(place, ks, named, options)
