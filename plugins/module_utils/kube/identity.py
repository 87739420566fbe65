# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cluster that answers must stay the same: a load balancer, DNS name or tunnel may lead to another at any moment.

A cluster's identity is the UID of its namespace ``kube-system``. Without the right to read it, the UID of the application's own namespace
serves, or of the Lease that is held during a deployment: no other cluster has an object with the same UID.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import BootstrapError
from ..formats.json_object import Json
from .api_errors import ApiError, Unreachable
from .retry import Attempt, patience

if t.TYPE_CHECKING:
    from .client import Client

Get = Callable[[str], Json]

SYSTEM = "/api/v1/namespaces/kube-system"


def uid_of(client: Client) -> str | None:
    """The UID; ``None`` where the user may not get the namespace."""
    return _uid(client.get, SYSTEM)


def _uid(get: Get, path: str) -> str | None:
    try:
        uid = get(path)["metadata"].get("uid")
    except ApiError as error:
        if error.code != 403 or patience(Attempt("GET", path, ""), error):
            raise
        return None
    if not isinstance(uid, str) or not uid:
        raise Unreachable(
            f"What answers GET {path} is no API server of Kubernetes: its object has no UID.", fix="Check server in the kubeconfig."
        )
    return uid


class OtherCluster(BootstrapError):
    """Another cluster answers than the bound one."""


@dataclass
class _Witness:
    """The object that tells one cluster from another."""

    bound: bool = False
    path: str | None = None
    uid: str | None = None
    failure: OtherCluster | None = None


class ClusterIdentity:
    """The cluster that a client's work is for. Safe to use from several threads.

    ``prove`` is called for each new connection before it carries anything, and right before each write that names no UID, on the connection
    that will carry it, unless its last answer proves the cluster: a create or a first apply names no cluster. A write that names a UID, as
    patches of existing objects and deletions do, is refused by another cluster itself.
    """

    def __init__(self, client: Client, witness: _Witness | None = None) -> None:
        """``witness``: what all views of a client share; their ``client`` differs, and so do its retries."""
        self._client = client
        self._witness = witness or _Witness()

    def through(self, view: Client) -> ClusterIdentity:
        """The same, asked by requests of a view."""
        return ClusterIdentity(view, self._witness)

    def bind(self, uid: str | None, *others: str) -> None:
        """From now on it is the cluster with this UID of ``kube-system``; without one, that of the first of ``others`` that exists."""
        self._witness.bound, self._client.connections.on_connect = True, self.prove
        if uid:
            self._client.connections.begin_proving()
        for path, known in [(SYSTEM, uid)] if uid else [(path, self._existing(path)) for path in others]:
            if known:
                self.witness(path, known)
                return

    def _existing(self, path: str) -> str | None:
        try:
            return _uid(self._client.get, path)
        except ApiError as error:
            if error.code != 404:
                raise
            return None

    def witness(self, path: str, uid: str | None) -> None:
        """Identify the cluster by this object, unless another one does already."""
        if self._witness.bound and self._witness.path is None and uid:
            self._witness.path, self._witness.uid = path, uid

    def forget(self, path: str) -> None:
        """We are about to delete this object: from then on its absence does not tell that another cluster answers."""
        if self._witness.path == path:
            self._witness.path = self._witness.uid = None

    def check(self) -> None:
        """Raises ``OtherCluster`` where another one answers by now, or did since it was bound."""
        if self._witness.failure or not self._client.connections.proved_by_answers():
            self.prove(self._client.get)

    def prove(self, get: Get) -> bool:
        """The same check, by ``get``; false without a witness. After another cluster answered once, nothing is sent any more."""
        witness = self._witness
        if witness.failure is None and witness.path is not None:
            try:
                uid = _uid(get, witness.path)
            except ApiError as error:
                if error.code != 404:
                    raise
                uid = None
            if uid != witness.uid:
                witness.failure = witness.failure or self._other(uid)
        if witness.failure:
            raise witness.failure
        return witness.path is not None

    def explain(self, error: BootstrapError) -> BootstrapError:
        """The error; or ``OtherCluster``, where that is its cause."""
        if not isinstance(error, (OtherCluster, Unreachable)):
            try:
                self.check()
            except OtherCluster as other:
                return other
            except BootstrapError:
                pass
        return error

    def _other(self, uid: str | None) -> OtherCluster:
        connection, witness = self._client.connection, self._witness
        name = (witness.path or "").rpartition("/")[2]
        return OtherCluster(
            f"{connection.server} (context {connection.name}) leads to another cluster than before: the UID of {name} was {witness.uid}, "
            f"and is {uid or 'unknown, as it is not found or may not be read'} now. Nothing was sent any more.",
            fix="Is that a load balancer, a DNS name or a tunnel in front of two clusters? Name the API server of one. What was created in "
            "that very moment may be in the other cluster: look there. Then run again: it resumes from here.",
        )


def names_uid(body: t.Any) -> bool:
    """Whether a write names the UID of its object, so that a server refuses it for any other."""
    if isinstance(body, dict):
        places = (body.get("metadata"), body.get("preconditions"))
        return any(isinstance(place, dict) and place.get("uid") for place in places)
    if isinstance(body, list):
        return any(isinstance(each, dict) and each.get("op") == "test" and each.get("path") == "/metadata/uid" for each in body)
    return False


def is_write(method: str, path: str, params: t.Mapping[str, t.Any]) -> bool:
    """Whether a request changes something. Dry runs and reviews of rights do not."""
    asks = path.startswith(("/apis/authorization.k8s.io/", "/apis/authentication.k8s.io/"))
    return method != "GET" and not asks and not params.get("dryRun")
