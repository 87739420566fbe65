# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets whose values no file has: a deployment makes them once, and from then on takes the live ones.

A Secret of the application says so itself, in the annotation ``GENERATE``: JSON with ``keys``, and ``claims``, NAMESPACE/NAME of the
PersistentVolumeClaims whose data knows the values. Of each key one of ``value`` (a text), ``random`` (so many letters and digits), ``same``
(the value of NAMESPACE/SECRET/KEY, which may be generated, too) and ``bcrypt`` (its hash).
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import string
import typing as t
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from ...data.annotations import GENERATE
from ...data.public_values import PUBLIC_VALUES
from ...errors import BootstrapError, some
from ...kube.client import ApiError, Client
from ...kube.resources import Key, key_of

Json = dict[str, t.Any]
Pairs = list[tuple[str, Json]]

_SECRET = ("", "Secret")
_CHARACTERS = string.ascii_letters + string.digits
_ROUNDS = 12
_HOW = ("value", "random", "same", "bcrypt")


def declaration_of(item: Json) -> Json | None:
    """What a Secret says of its values; None for any other object. Raises BootstrapError where it can't be read."""
    metadata = item.get("metadata")
    text = ((metadata or {}).get("annotations") or {}).get(GENERATE) if isinstance(metadata, dict) else None
    if text is None or item.get("kind") != "Secret":
        return None
    try:
        declaration = json.loads(text)
        if all(len(how) == 1 and next(iter(how)) in _HOW for how in declaration["keys"].values()):
            return t.cast("Json", declaration)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    raise BootstrapError(f"{key_of(item)}: its annotation {GENERATE} does not say how to make its values.", fix="Fix the component.")


def is_generated(item: Json) -> bool:
    """Whether it is a Secret whose values a deployment makes."""
    metadata = item.get("metadata")
    return isinstance(metadata, dict) and item.get("kind") == "Secret" and GENERATE in (metadata.get("annotations") or {})


def claims_of(item: Json) -> list[str]:
    """NAMESPACE/NAME of the PVCs whose data knows the values of a generated Secret; none for anything else."""
    try:
        claims = (declaration_of({"kind": "Secret", "apiVersion": "v1", **item}) or {}).get("claims") or []
    except BootstrapError:
        return []
    return [claim for claim in claims if isinstance(claim, str) and claim.count("/") == 1]


def without_given(wanted: Pairs, given: Collection[Key]) -> Pairs:
    """(component, object) without the Secrets that are to be generated, but are ``given`` beside the application."""
    return [pair for pair in wanted if key_of(pair[1]) not in given or declaration_of(pair[1]) is None] if given else wanted


def filled(client: Client, wanted: Pairs, warn: Callable[[str], None]) -> Pairs:
    """(component, object) with the values of all Secrets that are to be generated. The cluster is only asked where there is one.

    Raises BootstrapError where a value is lost that a volume still knows (``secret-lost-for-volume``).
    """
    declared = {key_of(item): found for _component, item in wanted if (found := declaration_of(item))}
    if not declared:
        return wanted
    live = dict(zip(declared, client.map(lambda key: _live(client, key), declared), strict=True))
    maker = _Maker(declared, {key: values for key, values in live.items() if values is not None})
    _check_lost(client, declared, maker)
    _warn_of_public(maker, warn)
    return [(component, _with_data(item, maker) if key_of(item) in declared else item) for component, item in wanted]


def _with_data(item: Json, maker: _Maker) -> Json:
    return {**item, "type": item.get("type") or "Opaque", "data": maker.data(key_of(item))}


def _live(client: Client, key: Key) -> dict[str, str] | None:
    """The values in the cluster; None where there is no such Secret."""
    try:
        item = client.find(f"/api/v1/namespaces/{key.namespace}/secrets/{key.name}")
    except ApiError as error:
        if error.code == 403:
            raise BootstrapError(
                f"{key} must be generated once and then kept, but this user may not read it.",
                fix="Ask an admin for that right, or give the Secret yourself (kubeflow_secrets).",
            ) from None
        raise
    if item is None:
        return None
    values = item.get("data") or {}
    try:
        return {name: base64.b64decode(text or "", validate=True).decode("utf-8", "surrogateescape") for name, text in values.items()}
    except (ValueError, TypeError, AttributeError):
        raise BootstrapError(f"{key} in the cluster has a value that can't be read.", fix="Delete it, and run again.") from None


def is_public(value: str) -> str | None:
    """What a value is known as, if everybody can read it in manifests of Kubeflow."""
    return PUBLIC_VALUES.get(hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest())


@dataclass
class _Maker:
    """``declared`` and ``live``: by Secret. ``made``: the values so far, by Secret and key."""

    declared: Mapping[Key, Json]
    live: Mapping[Key, dict[str, str]]
    made: dict[tuple[Key, str], str] = field(default_factory=dict)

    def data(self, key: Key) -> dict[str, str]:
        """The ``data`` of a Secret. Keys that others put there are not ours, and not in it."""
        values = {name: self.value(key, name) for name in self.declared[key]["keys"]}
        return {name: base64.b64encode(text.encode("utf-8", "surrogateescape")).decode() for name, text in values.items()}

    def is_bound(self, key: Key) -> bool:
        """Whether a volume may know the values."""
        return bool(self.declared[key].get("claims"))

    def value(self, key: Key, name: str) -> str:
        """One value: the live one if it exists and fits, else as the declaration says."""
        if (key, name) not in self.made:
            how, what = next(iter(self.declared[key]["keys"][name].items()))
            live = self.live.get(key, {}).get(name)
            if live is not None and how != "value" and self._stays(key, how, str(what), live):
                self.made[key, name] = live
            else:
                self.made[key, name] = self._new(how, what)
        return self.made[key, name]

    def _stays(self, key: Key, how: str, what: str, live: str) -> bool:
        if self.is_bound(key):
            return True
        if is_public(live) or not live:
            return False
        # A hash of a password that is lost helps nobody.
        return how != "bcrypt" or _reference(what)[0] not in self.declared or _reference(what)[0] in self.live

    def _new(self, how: str, what: t.Any) -> str:
        if how == "value":
            return str(what)
        if how == "random":
            return "".join(secrets.choice(_CHARACTERS) for _each in range(int(what)))
        other, name = _reference(str(what))
        if name not in self.declared.get(other, {}).get("keys", {}):
            return self._new("random", 40)  # whoever shares it is no part of the application
        value = self.value(other, name)
        return value if how == "same" else _hashed(value)


def _reference(text: str) -> tuple[Key, str]:
    namespace, name, key = text.split("/")
    return Key(*_SECRET, namespace, name), key


def _hashed(password: str) -> str:
    try:
        import bcrypt
    except ImportError:
        raise BootstrapError(
            "bcrypt is missing, which hashes the password of the first user.", fix="Install bcrypt where this task runs."
        ) from None
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(_ROUNDS)).decode()


def _check_lost(client: Client, declared: Mapping[Key, Json], maker: _Maker) -> None:
    """Refuse to regenerate a value that is in the data of a volume."""
    lost = [key for key in declared if maker.is_bound(key) and declared[key]["keys"].keys() - maker.live.get(key, {}).keys()]
    volumes = sorted({claim for key in lost for claim in declared[key]["claims"]})
    exists = dict(zip(volumes, client.map(lambda claim: _exists(client, claim), volumes), strict=True))
    for key in lost:
        existing = [claim for claim in declared[key]["claims"] if exists[claim]]
        if existing:
            raise BootstrapError(
                f"{key} is lost, and the data of PersistentVolumeClaim {some(existing, 3)} still knows its old values: with new ones "
                "nothing could read it (secret-lost-for-volume). Nothing was written.",
                fix="Restore the Secret, or give its values (kubeflow_secrets). If the data is of no use, delete the PVC.",
            )


def _exists(client: Client, claim: str) -> bool:
    namespace, _slash, name = claim.partition("/")
    return client.find(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}") is not None


def _warn_of_public(maker: _Maker, warn: Callable[[str], None]) -> None:
    for key, values in maker.live.items():
        names = [name for name in maker.declared[key]["keys"] if name in values and is_public(values[name])]
        if names and maker.is_bound(key):
            warn(
                f"{key} has a value that everybody can read in the manifests of Kubeflow ({', '.join(names)}), and a volume knows it: "
                "change it there and in the Secret."
            )
