# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A local cluster is created and removed: a real control plane on loopback."""

from __future__ import annotations

import json
import re
import shutil
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import BootstrapError
from ..kube.client import ApiError, Client, Unreachable
from ..kube.policy import RequestPolicy
from ..kubeconfig.load import load
from ..run import Context
from .control_plane import contents, control_plane, profiles, programs
from .control_plane.certificates import write_private
from .control_plane.control_plane import Home, Ports
from .control_plane.locks import locked
from .control_plane.processes import Process, ProcessDied, await_condition, running, stop
from .control_plane.profiles import Profile
from .control_plane.programs import Programs
from .node import images, nodes, requirements
from .node.images import Image
from .node.nodes import Node

_START_SECONDS = 600.0
"""For each step of a start. A process that ends is noticed at once: this is for machines that are busy otherwise."""
_TRIES = 3
_PROCESSES = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"]
"""The processes of a cluster whose record does not name them."""


def cache_folder(env: Mapping[str, str]) -> Path:
    """The default folder of programs and clusters."""
    base = env.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path(env.get("HOME") or Path.home()) / ".cache") / "kubeflow.bootstrap"


def role_files() -> Path:
    """The ``files`` of the role ``local_cluster``, which has the profiles and the Go module; only where the collection is a folder."""
    return Path(__file__).parents[3] / "roles" / "local_cluster" / "files"


@dataclass(frozen=True)
class Directories:
    """``files``: those of the role. ``cache``: programs. ``clusters``: a folder for each cluster."""

    files: Path
    cache: Path
    clusters: Path

    @classmethod
    def of(cls, env: Mapping[str, str], files: str | None = None, cache: str | None = None, clusters: str | None = None) -> Directories:
        """The folders named, else the usual ones."""
        root = Path(cache).expanduser() if cache else cache_folder(env)
        return cls(
            files=Path(files) if files else role_files(),
            cache=root.absolute(),
            clusters=(Path(clusters).expanduser() if clusters else root / "clusters").absolute(),
        )

    def home(self, name: str) -> Home:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", name):
            raise BootstrapError(f"{name!r} can't be the name of a cluster.", fix="Use up to 40 of a-z, 0-9 and -, as in a DNS label.")
        return Home(self.clusters / name)


def present(place: Directories, name: str, profile_name: str, context: Context) -> dict[str, t.Any]:
    """Run the cluster ``name`` with the profile ``profile_name``, a name or a path.

    Returns ``changed`` and, unless check mode leaves it uncreated, what ``describe`` returns. Raises ``BootstrapError`` where a
    cluster of that name has another profile or version.
    """
    home = place.home(name)
    if not place.files.is_dir():
        fix = "Set files_dir to the folder files of the role local_cluster, on the host where this runs."
        raise BootstrapError(f"There is no folder {place.files}, which has the profiles.", fix=fix)
    profile = profiles.read(profile_name, place.files / "profiles")
    modules = programs.REAL if profile.real() else programs.SIMULATED
    _refuse_other(home, profile, programs.locate(place.cache, place.files / "control-plane", modules))
    if context.check:
        state = _read_state(home)
        complete = bool(state.get("complete")) and all(_pids(home).values())
        return {"changed": not complete, **(describe(place, name) if complete else {})}
    if profile.real():
        requirements.check(home, context.env)
    built = programs.ensure(place.cache, place.files / "control-plane", context.env, context.progress, modules)
    stand_ins = images.ensure(place.cache, place.files, profile.image_sets(), context) if profile.real() else []
    starting = _Start(home, profile, built, place.files / "node", stand_ins, context)
    with _exclusively(home, context):
        _refuse_other(home, profile, built)
        changed = _converge(starting)
    return {"changed": changed, **describe(place, name)}


def absent(place: Directories, name: str, context: Context) -> dict[str, t.Any]:
    """Stop the cluster ``name`` and remove its folder. The programs stay. Returns ``changed``."""
    home = place.home(name)
    if context.check or not home.folder.exists():
        return {"changed": home.folder.exists()}
    with _exclusively(home, context):
        _clear(home)
    return {"changed": True}


def describe(place: Directories, name: str) -> dict[str, t.Any]:
    """The facts of the existing cluster ``name``."""
    home = place.home(name)
    state = _read_state(home)
    if not state:
        raise BootstrapError(f"There is no local cluster {name!r} in {place.clusters}.")
    return {
        "name": name,
        "profile": state["profile"],
        "version": state["version"],
        "server": f"https://127.0.0.1:{state['ports']['api']}",
        "context": home.context,
        "kubeconfig": str(home.kubeconfig()),
        "service_account": str(home.service_account),
        "audit_log": str(home.audit_log),
        "folder": str(home.folder),
        "bin": state["bin"],
        "pids": _pids(home),
        **({"web": f"http://SERVICE.NAMESPACE.localhost:{state['ports']['web']}/"} if state.get("real") else {}),
    }


@dataclass(frozen=True)
class _Start:
    """The inputs of a start. ``files``: those of real nodes; ``stand_ins``: the images that are not pulled."""

    home: Home
    profile: Profile
    built: Programs
    files: Path
    stand_ins: list[Image]
    context: Context

    def nodes(self) -> list[Node]:
        return nodes.of(self.home, self.profile.real())


def _exclusively(home: Home, context: Context) -> t.ContextManager[None]:
    lock = home.folder.with_name(f".{home.name}.lock")
    return locked(lock, lambda: context.progress(f"Waiting for somebody else's work on the local cluster {home.name}"))


def _refuse_other(home: Home, profile: Profile, built: Programs) -> None:
    state = _read_state(home)
    fix = f"Remove it first (state absent), or choose another name; it is in {home.folder}."
    if not state.get("complete"):
        return
    if state["content"] != profile.content:
        raise BootstrapError(f"The local cluster {home.name} was made from another profile, {state['profile']}.", fix=fix)
    if state["programs"] != built.key:
        raise BootstrapError(f"The local cluster {home.name} was made with other programs ({state['programs']}).", fix=fix)


def _converge(start: _Start) -> bool:
    """Create what does not exist, and start what does not run. Returns whether anything changed."""
    home = start.home
    if _read_state(home).get("complete"):
        if all(_pids(home).values()):
            return False
        if not all(each.holder() for each in start.nodes()):
            # What ran in its namespaces is of no use any more.
            _stop(home)
        _up(start)
        return True
    # A partial cluster, of a run that was killed or failed, is replaced.
    _clear(home)
    try:
        _up(start)
    except BaseException:
        _stop(home)
        raise
    return True


def _up(start: _Start) -> None:
    """Start the cluster; on other ports if another program took one of them since they were chosen."""
    home, profile, built = start.home, start.profile, start.built
    for attempt in range(1, _TRIES + 1):
        state = _read_state(home)
        ports = _ports(home, state)
        state = {
            **state,
            "profile": profile.name,
            "content": profile.content,
            "programs": built.key,
            "version": built.version,
            "bin": str(built.bin),
            "ports": asdict(ports),
            "real": bool(profile.real()),
            "complete": state.get("complete", False),
        }
        _write_state(home, state)
        try:
            processes = _bring_up(start, ports)
        except ProcessDied as error:
            if attempt == _TRIES or "address already in use" not in error.log.lower():
                raise
            start.context.progress("A port was taken meanwhile: trying again with others")
            _stop(home)
        else:
            _write_state(home, {**state, "complete": True, "processes": [process.name for process in processes]})
            return


def _ports(home: Home, state: dict[str, t.Any]) -> Ports:
    """The cluster's own ports, unless it is down and another program took one."""
    if state:
        ports = Ports(**state["ports"])
        if any(_pids(home).values()) or ports.are_free():
            return ports
    return Ports.free()


def _bring_up(start: _Start, ports: Ports) -> list[Process]:
    """Start each process after those that it depends on; returns them all."""
    home, context = start.home, start.context
    context.progress(f"Starting the local cluster {home.name} (Kubernetes {start.built.version}, profile {start.profile.name})")
    processes: list[Process] = []

    def run(*added: Process) -> None:
        for process in added:
            process.start()
            processes.append(process)

    def wait(met: Callable[[], str | None]) -> None:
        await_condition(met, processes, _START_SECONDS, context.progress)

    site = nodes.Site(start.nodes(), start.files, ports, start.built, run, wait) if start.profile.real() else None
    inside = site.open() if site else None
    control_plane.write_pki(home, inside.address if inside else None)
    control_plane.write_configuration(home, ports)
    if site:
        site.configure()
    objects = [*start.profile.objects(), *(site.objects() if site else [])]
    simulated = {each["metadata"]["name"] for each in objects if each["kind"] == "Node"}
    remaining = control_plane.processes(home, start.built, ports, inside, kwok=bool(simulated) or not site)
    run(remaining.pop("etcd"), remaining.pop("kube-apiserver"))
    if site:
        site.connect()
    connection = load(kubeconfig=str(home.kubeconfig("setup")), env=context.env).connection
    # Another program that never answers may have its port: the processes are checked in between.
    with Client(connection, RequestPolicy(timeout=1.0)) as probe:
        wait(lambda: _not_ready(probe))
    with Client(connection) as client:
        run(*remaining.values())
        contents.create(client, objects, wait)
        _write_service_account(home, contents.service_account_token(client))
        if site:
            context.progress("Starting the real nodes")
            site.start(start.stand_ins)
        names = simulated | {each.name for each in start.nodes()}
        wait(lambda: contents.unready_nodes(client, names))
        if site:
            site.enforce_policies()
    for process in processes:
        process.check()
    return processes


def _not_ready(client: Client) -> str | None:
    try:
        code, _headers, checks = client.through("/readyz", {})
    except Unreachable:
        return "kube-apiserver does not answer yet"
    except ApiError as error:
        return f"kube-apiserver is not ready: {error.status_message}"
    return None if code == 200 else f"kube-apiserver is not ready: {_failing(checks.decode(errors='replace'))}"


def _failing(checks: str) -> str:
    """Of the API server's checks, a line each, the names of those that fail; where none is marked so, the end of the text."""
    return ", ".join(re.findall(r"\[-\]([^\s\[]+)", checks)) or " ".join(checks.split())[-200:]


def _stop(home: Home) -> None:
    stop(sorted(home.run.glob("*.pid")))
    nodes.end(home)


def _clear(home: Home) -> None:
    _stop(home)
    if home.folder.exists():
        shutil.rmtree(home.folder)


def _write_service_account(home: Home, token: str) -> None:
    for name, content in {"token": token.encode(), "ca.crt": home.ca.crt.read_bytes(), "namespace": b"default"}.items():
        write_private(home.service_account / name, content)


def _pids(home: Home) -> dict[str, int | None]:
    return {name: running(home.run / f"{name}.pid") for name in _read_state(home).get("processes", _PROCESSES)}


def _read_state(home: Home) -> dict[str, t.Any]:
    try:
        state: dict[str, t.Any] = json.loads(home.state.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BootstrapError(f"{home.state} can't be read: {error}", fix="Remove the cluster (state absent) and make it again.") from error
    return state


def _write_state(home: Home, state: dict[str, t.Any]) -> None:
    home.folder.mkdir(parents=True, exist_ok=True)
    home.folder.chmod(0o700)
    write_private(home.state, json.dumps(state, indent=2).encode())
