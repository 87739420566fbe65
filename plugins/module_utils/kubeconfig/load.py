# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which cluster, and as whom: kubeconfig files read as kubectl reads them.

Rules of client-go's ``clientcmd`` (https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/):
a named file alone; else the files of ``KUBECONFIG``, merged, the first to name a thing wins; else ``~/.kube/config``; else
the service account of the pod that this runs in.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import re
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from .. import files
from ..errors import BootstrapError, missing_library
from ..formats import bounded_yaml
from ..formats.documents import kind_of
from ..http import urls
from ..redaction.redact import path_text
from .credentials import Credentials, decode, from_user, read_file, text_of

try:
    import yaml
except ImportError:  # pragma: no cover
    yaml = None  # type: ignore[assignment]

Entry = dict[str, t.Any]

_TAG = "tag:yaml.org,2002:"

SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
_LISTS = {"clusters": "cluster", "users": "user", "contexts": "context"}
_CONTENT = Path("(given as content)")
_CLUSTER_PATHS = ("certificate-authority",)
_USER_PATHS = ("client-certificate", "client-key", "tokenFile")


@dataclass(frozen=True)
class Connection:
    """Everything that requests to one API server need. ``credentials`` never shows a secret."""

    server: str
    ca: str | None = None
    """PEM text; ``None`` means the system's own authorities."""
    verify: bool = True
    tls_server_name: str | None = None
    proxy: str | None = field(default=None, repr=False)
    """May hold a login."""
    credentials: Credentials = field(default_factory=Credentials)
    name: str = ""
    """The context (or ``in-cluster``), for messages."""
    env: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Kubeconfig:
    """The selected cluster and its origin. ``source``: ``option``, ``KUBECONFIG``, ``~/.kube/config`` or ``in-cluster``."""

    source: str
    files: list[str]
    context: str | None
    cluster: str | None
    user: str | None
    namespace: str | None
    connection: Connection
    contexts: list[Entry]
    ca_source: str


def load(
    kubeconfig: str | Entry | None = None,
    context: str | None = None,
    env: Mapping[str, str] | None = None,
    *,
    cluster: str | None = None,
    user: str | None = None,
) -> Kubeconfig:
    """The selected cluster. ``kubeconfig``: a path, or the content of such a file, as text or parsed. ``cluster`` and ``user``: entries
    instead of those of the context, as kubectl's options.

    Raises ``BootstrapError`` where there is none, or where a file or a name in it is wrong."""
    env = os.environ if env is None else env
    inline = content(kubeconfig)
    source, paths = ("option", [_CONTENT]) if inline is not None else _sources(t.cast("str | None", kubeconfig), env)
    merged = _merge([_read(path, inline) for path in paths])
    if not paths and not (context or cluster or user) and _in_cluster(env):
        return _from_service_account(env)
    if not paths:
        raise BootstrapError(
            f"No kubeconfig: {_looked_in(source, env)}, and this does not run in a pod.",
            fix="Name one with kubeflow_kubeconfig (make: KUBECONFIG=/path), or log in to your cluster so that kubectl works.",
        )
    return _choose(merged, source, paths, _Selection(context or merged["current-context"], cluster, user), env)


def contexts(kubeconfig: str | None = None, env: Mapping[str, str] | None = None) -> tuple[list[str], list[Entry]]:
    """The files that ``load`` would read, and all contexts in them: ``name``, ``cluster``, ``user``, ``namespace``, ``server``.

    Raises ``BootstrapError`` where a file does not exist or is wrong."""
    _source, paths = _sources(kubeconfig, os.environ if env is None else env)
    merged = _merge([_read(path) for path in paths])
    return [str(path) for path in paths], [_context_line(merged, each) for each in sorted(merged["contexts"])]


class _Selection(t.NamedTuple):
    context: str | None
    cluster: str | None
    user: str | None


def _sources(kubeconfig: str | None, env: Mapping[str, str]) -> tuple[str, list[Path]]:
    """The source of the files, and those of them that exist."""
    if kubeconfig:
        path = Path(os.path.expanduser(os.path.expandvars(kubeconfig)))
        if not os.path.exists(path):
            raise BootstrapError(f"The kubeconfig {path_text(path)} does not exist.", fix="Check the path.")
        return "option", [path]
    if env.get("KUBECONFIG", "").strip(os.pathsep):
        named = [Path(os.path.expanduser(part)) for part in env["KUBECONFIG"].split(os.pathsep) if part]
        return "KUBECONFIG", [path for path in dict.fromkeys(named) if os.path.exists(path)]
    home = Path(env.get("HOME") or os.path.expanduser("~")) / ".kube" / "config"
    return "~/.kube/config", [home] if os.path.exists(home) else []


def _looked_in(source: str, env: Mapping[str, str]) -> str:
    if source == "KUBECONFIG":
        return f"none of the files in KUBECONFIG={path_text(env['KUBECONFIG'])} exists"
    return "KUBECONFIG is not set, ~/.kube/config does not exist"


def content(kubeconfig: str | Entry | None) -> bytes | None:
    """A kubeconfig's content where it stands in place of a path; ``None`` for a path. No message may quote it."""
    if isinstance(kubeconfig, str):
        return kubeconfig.encode("utf-8", "surrogateescape") if "\n" in kubeconfig or kubeconfig.lstrip().startswith("{") else None
    return None if kubeconfig is None else json.dumps(kubeconfig, default=str).encode()


def document(content: bytes) -> t.Any:
    """The content of a kubeconfig, parsed; ``None`` where it can't be read."""
    try:
        return bounded_yaml.load(content, _loader()) if yaml else None
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError):
        return None


def _read(path: Path, content: bytes | None = None) -> Entry:
    """One file, or its ``content``, checked for shape; lists become mappings by name; relative paths become absolute."""
    if yaml is None:
        raise missing_library("To read a kubeconfig", "PyYAML")
    try:
        # As kubectl does, only the first document is read.
        document = bounded_yaml.load(files.read_bounded(path, 10 * files.MIB) if content is None else content, _loader())
    except yaml.reader.ReaderError as error:
        raise BootstrapError(f"The kubeconfig {path} can't be read: it is not UTF-8 or UTF-16 text.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        raise BootstrapError(f"The kubeconfig {path}{where} is not YAML: {getattr(error, 'problem', None) or 'unreadable'}.") from error
    except (OSError, ValueError, LookupError, AttributeError, RecursionError) as error:  # PyYAML's answers to odd tags, too
        raise BootstrapError(f"The kubeconfig {path} can't be read: {_reason(error)}.") from error
    document = {} if document is None else document
    if not isinstance(document, dict):
        raise BootstrapError(f"The kubeconfig {path} holds {kind_of(document)} where a mapping with clusters, users, contexts belongs.")
    return {
        "current-context": text_of(path, "current-context", document.get("current-context")),
        **{kind: _by_name(path, kind, document.get(kind)) for kind in _LISTS},
    }


@functools.cache
def _loader() -> t.Any:
    """YAML's types as kubectl knows them: no dates, no ``1:20`` in base 60, no ``=``; ``!!binary`` is text, and other tags say nothing."""

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        yaml_implicit_resolvers: t.ClassVar[dict[str, t.Any]] = {
            first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] in ("bool", "null", "merge")]
            for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    def text(loader: t.Any, node: t.Any) -> t.Any:
        if not isinstance(node, yaml.ScalarNode):
            return (
                loader.construct_mapping(node, deep=True)
                if isinstance(node, yaml.MappingNode)
                else loader.construct_sequence(node, deep=True)
            )
        return loader.construct_scalar(node)

    def binary(loader: t.Any, node: t.Any) -> str:
        return str(yaml.constructor.SafeConstructor.construct_yaml_binary(loader, node), "utf-8", "replace")

    Loader.add_implicit_resolver(
        f"{_TAG}int", re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$"), list("-+0123456789")
    )
    Loader.add_implicit_resolver(
        f"{_TAG}float", re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?$"), list("-+0123456789.")
    )
    Loader.add_constructor(f"{_TAG}binary", binary)
    Loader.add_constructor(f"{_TAG}timestamp", text)
    Loader.add_constructor(None, text)
    return Loader


def _by_name(path: Path, kind: str, entries: object) -> dict[str, Entry]:
    by_name: dict[str, Entry] = {}
    if entries is not None and not isinstance(entries, list):
        raise BootstrapError(f"The kubeconfig {path}: {kind} is {kind_of(entries)}, not a list.")
    for index, entry in enumerate(entries or []):
        where = f"{kind}[{index}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise BootstrapError(f"The kubeconfig {path}: {where} has no name.")
        body = {} if entry.get(_LISTS[kind]) is None else entry[_LISTS[kind]]
        if not isinstance(body, dict):
            raise BootstrapError(f"The kubeconfig {path}: {where}.{_LISTS[kind]} is {kind_of(body)}, not a mapping.")
        if entry["name"] in by_name:
            raise BootstrapError(f"The kubeconfig {path}: two {kind} are called {entry['name']!r}.")
        by_name[entry["name"]] = _absolute(path, kind, body)
    return by_name


def _absolute(path: Path, kind: str, body: Entry) -> Entry:
    """A copy with paths made absolute, and with the folder that an exec plugin's command is relative to."""
    body = {**body, "_file": str(path)}
    for key in {"clusters": _CLUSTER_PATHS, "users": _USER_PATHS}.get(kind, ()):
        value = text_of(path, key, body.get(key))
        if value:
            body[key] = os.path.join(path.absolute().parent, value)
    return body


def _merge(documents: list[Entry]) -> Entry:
    merged: Entry = {"current-context": None, **{kind: {} for kind in _LISTS}}
    for document in documents:
        merged["current-context"] = merged["current-context"] or document["current-context"]
        for kind in _LISTS:
            merged[kind] = {**document[kind], **merged[kind]}
    return merged


def _choose(merged: Entry, source: str, paths: list[Path], selection: _Selection, env: Mapping[str, str]) -> Kubeconfig:
    where = ", ".join(str(path) for path in paths)
    context = _context(merged, where, selection)
    file, name = Path(context["_file"]), selection.context
    cluster_name = selection.cluster or text_of(file, "cluster", context.get("cluster"))
    user_name = selection.user or text_of(file, "user", context.get("user"))
    for kind, chosen, option in (("clusters", cluster_name, selection.cluster), ("users", user_name, selection.user)):
        if chosen in merged[kind] or (kind == "users" and not chosen):
            continue
        if option:
            raise BootstrapError(f"{where} has no {_LISTS[kind]} {option!r}.", fix=f"There are: {_names(merged[kind])}.")
        raise BootstrapError(f"{where}: context {name!r} names the {_LISTS[kind]} {chosen!r}, which does not exist.")
    label = name or f"{cluster_name} as {user_name}"
    connection, ca_source = _connection(label, merged["clusters"][cluster_name], merged["users"].get(user_name), env)
    return Kubeconfig(
        source=source,
        files=[str(path) for path in paths],
        context=name,
        cluster=cluster_name,
        user=user_name,
        namespace=text_of(file, "namespace", context.get("namespace")),
        connection=connection,
        contexts=[_context_line(merged, each) for each in sorted(merged["contexts"])],
        ca_source=ca_source,
    )


def _context(merged: Entry, where: str, selection: _Selection) -> Entry:
    """The context, or an empty one where both of its parts are named."""
    known = _names(merged["contexts"])
    if selection.context in merged["contexts"]:
        context: Entry = merged["contexts"][selection.context]
        return context
    if selection.context:
        raise BootstrapError(f"{where} has no context {selection.context!r}.", fix=f"There are: {known}.")
    if not selection.cluster:
        raise BootstrapError(f"{where} has no current-context.", fix=f"Name a context with kubeflow_context. There are: {known}.")
    return {"_file": where}


def _names(entries: Entry) -> str:
    return ", ".join(sorted(entries)) or "none"


def _context_line(merged: Entry, name: str) -> Entry:
    context = merged["contexts"][name]
    cluster = context.get("cluster")
    server = merged["clusters"].get(cluster, {}).get("server") if isinstance(cluster, str) else None
    server = urls.without_login(server) if isinstance(server, str) else None
    return {"name": name, "cluster": cluster, "user": context.get("user"), "namespace": context.get("namespace"), "server": server}


def _connection(name: str, cluster: Entry, user: Entry | None, env: Mapping[str, str]) -> tuple[Connection, str]:
    file = Path(cluster["_file"])
    server = text_of(file, "server", cluster.get("server"))
    if not server or "://" not in server:
        raise BootstrapError(f"The kubeconfig {file}: the cluster of context {name!r} has no server URL (https://host:port).")
    scheme, _mark, address = server.partition("://")
    server = f"{scheme.lower()}://{address}"
    if scheme.lower() not in ("https", "http"):
        raise BootstrapError(f"The kubeconfig {file}: server {server!r} of context {name!r} is neither https:// nor http://.")
    proxy = text_of(file, "proxy-url", cluster.get("proxy-url"))
    _check_url(file, "server", server)
    if proxy:
        _check_url(file, "proxy-url", proxy)
    if urlsplit(server).username is not None:
        raise BootstrapError(f"The kubeconfig {file}: server of context {name!r} holds a login.", fix="Put it into the context's user.")
    ca, ca_source = None, "system"
    if cluster.get("certificate-authority-data"):
        ca, ca_source = decode(file, "certificate-authority-data", cluster["certificate-authority-data"]), "data"
    elif cluster.get("certificate-authority"):
        ca, ca_source = read_file(file, "certificate-authority", cluster["certificate-authority"]), "file"
    skip = cluster.get("insecure-skip-tls-verify", False)
    if not isinstance(skip, bool):
        raise BootstrapError(f"The kubeconfig {file}: insecure-skip-tls-verify is {skip!r}, not true or false.")
    connection = Connection(
        server=server.rstrip("/"),
        ca=ca,
        verify=not skip,
        tls_server_name=text_of(file, "tls-server-name", cluster.get("tls-server-name")),
        proxy=proxy,
        name=name,
        env=env,
    )
    return replace(connection, credentials=from_user(user or {}, _for_plugin(cluster, ca), env)), ca_source


_FOR_PLUGIN = ("server", "tls-server-name", "insecure-skip-tls-verify", "proxy-url")


def _for_plugin(cluster: Entry, ca: str | None) -> Entry:
    """The cluster as an exec plugin sees it: ``spec.cluster`` of an ExecCredential of client.authentication.k8s.io/v1."""
    info = {key: value for key, value in cluster.items() if key in _FOR_PLUGIN and value}
    if ca:
        info["certificate-authority-data"] = base64.b64encode(ca.encode()).decode()
    extensions = cluster.get("extensions")
    for each in extensions if isinstance(extensions, list) else []:
        if isinstance(each, dict) and each.get("name") == "client.authentication.k8s.io/exec":
            info["config"] = each.get("extension")
    return info


def _in_cluster(env: Mapping[str, str]) -> bool:
    return bool(env.get("KUBERNETES_SERVICE_HOST")) and os.path.exists(os.path.join(_service_account(env), "token"))


def _service_account(env: Mapping[str, str]) -> str:
    """The folder of the pod's service account; the variable is for tests and unusual mounts."""
    return env.get("KUBEFLOW_BOOTSTRAP_SERVICE_ACCOUNT") or SERVICE_ACCOUNT


def _from_service_account(env: Mapping[str, str]) -> Kubeconfig:
    folder = Path(_service_account(env))
    host, port = env["KUBERNETES_SERVICE_HOST"], env.get("KUBERNETES_SERVICE_PORT") or "443"
    user = {"tokenFile": str(folder / "token"), "_file": str(folder)}
    namespace = folder / "namespace"
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    if not urls.is_usable(server):
        raise BootstrapError("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT of this pod name no address.")
    connection = Connection(
        server=server,
        ca=read_file(folder, "ca.crt", str(folder / "ca.crt")),
        credentials=from_user(user, {}, env),
        name="in-cluster",
        env=env,
    )
    return Kubeconfig(
        source="in-cluster",
        files=[],
        context=None,
        cluster=None,
        user=None,
        namespace=read_file(folder, "namespace", str(namespace)).strip() if namespace.exists() else None,
        connection=connection,
        contexts=[],
        ca_source="file",
    )


def _check_url(path: Path, key: str, url: str) -> None:
    """Refuse a URL that no connection can be opened to. It is not shown: it may hold a login."""
    if not urls.is_usable(url):
        raise BootstrapError(f"The kubeconfig {path}: {key} is not a URL such as https://host:6443.")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
