# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets whose values are in no file: a deployment generates them once, and later uses the live ones.

They are declared by the annotation ``GENERATE`` of a Secret: JSON with ``keys``, and ``claims``, NAMESPACE/NAME of the
PersistentVolumeClaims whose data depends on the values. For each key one of ``value`` (a string), ``random`` (a number of letters and
digits), ``same`` (the value of NAMESPACE/SECRET/KEY, which may be generated, too) and ``bcrypt`` (its hash).
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
from ...errors import BootstrapError, abbreviated
from ...formats.json_object import Json
from ...kube.client import ApiError, Client
from ...kube.resources import Key, key_of

Pairs = list[tuple[str, Json]]

_SECRET = ("", "Secret")
_CHARACTERS = string.ascii_letters + string.digits
_ROUNDS = 12
_HOW = ("value", "random", "same", "bcrypt")


def declaration_of(item: Json) -> Json | None:
    """The declaration of a Secret's values; None for any other object. Raises BootstrapError if it is invalid."""
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
    raise BootstrapError(f"{key_of(item)}: its annotation {GENERATE} does not declare its values.", fix="Fix the component.")


def is_generated(item: Json) -> bool:
    """Whether it is a Secret whose values are generated."""
    metadata = item.get("metadata")
    return isinstance(metadata, dict) and item.get("kind") == "Secret" and GENERATE in (metadata.get("annotations") or {})


def claims_of(item: Json) -> list[str]:
    """NAMESPACE/NAME of the PVCs whose data depends on a generated Secret; none for anything else."""
    try:
        claims = (declaration_of({"kind": "Secret", "apiVersion": "v1", **item}) or {}).get("claims") or []
    except BootstrapError:
        return []
    return [claim for claim in claims if isinstance(claim, str) and claim.count("/") == 1]


def without_supplied(objects: Pairs, supplied: Collection[Key]) -> Pairs:
    """(component, object) without the Secrets that would be generated, but are ``supplied``."""
    return [pair for pair in objects if key_of(pair[1]) not in supplied or declaration_of(pair[1]) is None] if supplied else objects


def filled(client: Client, objects: Pairs, warn: Callable[[str], None]) -> Pairs:
    """(component, object) with the values of all generated Secrets. The cluster is only read if there are any.

    Raises BootstrapError if a value is lost on which the data of a volume depends (``secret-lost-for-volume``).
    """
    declared = {key_of(item): declaration for _component, item in objects if (declaration := declaration_of(item))}
    if not declared:
        return objects
    live = dict(zip(declared, client.map(lambda key: _live(client, key), declared), strict=True))
    generator = _Generator(declared, {key: values for key, values in live.items() if values is not None})
    _check_lost(client, declared, generator)
    _warn_of_public(generator, warn)
    return [(component, _with_data(item, generator) if key_of(item) in declared else item) for component, item in objects]


def _with_data(item: Json, generator: _Generator) -> Json:
    return {**item, "type": item.get("type") or "Opaque", "data": generator.data(key_of(item))}


def _live(client: Client, key: Key) -> dict[str, str] | None:
    """The values in the cluster; None if there is no such Secret."""
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
    """The name of a value that is public in manifests of Kubeflow."""
    return PUBLIC_VALUES.get(hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest())


@dataclass
class _Generator:
    """``declared`` and ``live``: by Secret. ``values``: those so far, by Secret and key."""

    declared: Mapping[Key, Json]
    live: Mapping[Key, dict[str, str]]
    values: dict[tuple[Key, str], str] = field(default_factory=dict)

    def data(self, key: Key) -> dict[str, str]:
        """The ``data`` of a Secret, without keys of others."""
        values = {name: self.value(key, name) for name in self.declared[key]["keys"]}
        return {name: base64.b64encode(text.encode("utf-8", "surrogateescape")).decode() for name, text in values.items()}

    def is_bound(self, key: Key) -> bool:
        """Whether the data of a volume may depend on the values."""
        return bool(self.declared[key].get("claims"))

    def value(self, key: Key, name: str) -> str:
        """One value: the live one if it is usable, else a new one as declared."""
        if (key, name) not in self.values:
            how, what = next(iter(self.declared[key]["keys"][name].items()))
            live = self.live.get(key, {}).get(name)
            if live is not None and how != "value" and self._stays(key, how, str(what), live):
                self.values[key, name] = live
            else:
                self.values[key, name] = self._new(how, what)
        return self.values[key, name]

    def _stays(self, key: Key, how: str, what: str, live: str) -> bool:
        if self.is_bound(key):
            return True
        if is_public(live) or not live:
            return False
        # A hash is useless without its password.
        return how != "bcrypt" or _reference(what)[0] not in self.declared or _reference(what)[0] in self.live

    def _new(self, how: str, what: t.Any) -> str:
        if how == "value":
            return str(what)
        if how == "random":
            return "".join(secrets.choice(_CHARACTERS) for _each in range(int(what)))
        other, name = _reference(str(what))
        if name not in self.declared.get(other, {}).get("keys", {}):
            return self._new("random", 40)  # the other Secret is not in the application
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


def _check_lost(client: Client, declared: Mapping[Key, Json], generator: _Generator) -> None:
    """Refuse to regenerate a value on which the data of a volume depends."""
    lost = [key for key in declared if generator.is_bound(key) and declared[key]["keys"].keys() - generator.live.get(key, {}).keys()]
    volumes = sorted({claim for key in lost for claim in declared[key]["claims"]})
    exists = dict(zip(volumes, client.map(lambda claim: _exists(client, claim), volumes), strict=True))
    for key in lost:
        existing = [claim for claim in declared[key]["claims"] if exists[claim]]
        if existing:
            raise BootstrapError(
                f"{key} is lost, and the data of PersistentVolumeClaim {abbreviated(existing, 3)} still knows its old values: with new "
                "ones nothing could read it (secret-lost-for-volume). Nothing was written.",
                fix="Restore the Secret, or give its values (kubeflow_secrets). If the data is of no use, delete the PVC.",
            )


def _exists(client: Client, claim: str) -> bool:
    namespace, _slash, name = claim.partition("/")
    return client.find(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}") is not None


def _warn_of_public(generator: _Generator, warn: Callable[[str], None]) -> None:
    for key, values in generator.live.items():
        names = [name for name in generator.declared[key]["keys"] if name in values and is_public(values[name])]
        if names and generator.is_bound(key):
            warn(
                f"{key} has a value that everybody can read in the manifests of Kubeflow ({', '.join(names)}), and a volume knows it: "
                "change it there and in the Secret."
            )
