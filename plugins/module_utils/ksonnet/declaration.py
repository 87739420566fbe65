# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an application is to be: the declaration that the plan hands on, checked. Private to the collection."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping

from ..errors import BootstrapError
from . import component
from .documents import kind

# The version of the Kubernetes library that ks 0.10.0 falls back to; packages of 2018 are written for it.
K8S_VERSION = "v1.7.0"
_VERSION = re.compile(r"v[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?")
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_FIX = "Correct the declaration of the application."

# Section: field: (is it required, its default).
_FIELDS: dict[str, dict[str, tuple[bool, t.Any]]] = {
    "environments": {"server": (True, None), "namespace": (False, "default"), "k8sVersion": (False, K8S_VERSION)},
    "registries": {"uri": (True, None), "protocol": (False, "fs")},
    "packages": {"registry": (True, None)},
    "components": {"prototype": (True, None), "parameters": (False, {})},
}


def check(declaration: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The declaration with every default filled in. Raises BootstrapError that names the field.

    Shape: ``name``; ``environments.<name>``: ``server``, ``namespace``, ``k8sVersion``; ``registries.<name>``: ``protocol`` (fs),
    ``uri`` (a folder, or ``embedded``); ``packages.<name>``: ``registry``; ``components.<name>``: ``prototype``, ``parameters``;
    ``record``: plain data for bootstrap.yaml.
    """
    unknown = set(declaration) - {"name", "record", *_FIELDS}
    if unknown:
        raise BootstrapError(f"Declaration: unknown field '{min(unknown)}'.", fix=f"Fields are name, record, {', '.join(_FIELDS)}.")
    checked: dict[str, t.Any] = {
        "name": _name(declaration.get("name"), "name"),
        "record": _mapping(declaration.get("record"), "record"),
        **{section: _section(section, declaration.get(section)) for section in _FIELDS},
    }
    if not checked["environments"]:
        raise BootstrapError("Declaration: environments: there must be at least one.", fix=_FIX)
    for name, environment in checked["environments"].items():
        if not _VERSION.fullmatch(environment["k8sVersion"]):
            raise BootstrapError(
                f"Declaration: environments.{name}.k8sVersion: '{environment['k8sVersion']}' is not a version such as v1.7.0.", fix=_FIX
            )
    for name, registry in checked["registries"].items():
        if registry["protocol"] != "fs":
            raise BootstrapError(
                f"Declaration: registries.{name}.protocol: '{registry['protocol']}' is not supported.", fix="Use fs, a folder."
            )
    for name, package in checked["packages"].items():
        if package["registry"] not in checked["registries"]:
            raise BootstrapError(f"Declaration: packages.{name}.registry: no registry '{package['registry']}' is declared.", fix=_FIX)
    return checked


def _section(section: str, entries: t.Any) -> dict[str, dict[str, t.Any]]:
    checked = {}
    for name, entry in _mapping(entries, section).items():
        where = f"{section}.{name}"
        if section == "components":
            component.check_name(name)
        else:
            # Only an environment may be nested: us-west/prod.
            for segment in name.split("/") if section == "environments" else [name]:
                _name(segment, section)
        entry = _mapping(entry, where)
        unknown = set(entry) - set(_FIELDS[section])
        if unknown:
            raise BootstrapError(f"Declaration: {where}: unknown field '{min(unknown)}'.", fix=f"Fields are {', '.join(_FIELDS[section])}.")
        checked[name] = {field: _value(entry, field, where, *rule) for field, rule in _FIELDS[section].items()}
    return checked


def _value(entry: Mapping[str, t.Any], field: str, where: str, required: bool, default: t.Any) -> t.Any:
    value = entry.get(field)
    if isinstance(default, dict):
        return _mapping(value, f"{where}.{field}")
    value = default if value is None else value
    if not isinstance(value, str) or (required and not value):
        raise BootstrapError(f"Declaration: {where}.{field}: text is expected, not {kind(value)}.", fix=_FIX)
    # Text that came through Ansible may be a subclass that carries tags, which YAML can't write.
    return str(value)


def _mapping(value: t.Any, where: str) -> dict[str, t.Any]:
    if value is not None and not isinstance(value, Mapping):
        raise BootstrapError(f"Declaration: {where}: a mapping is expected, not {kind(value)}.", fix=_FIX)
    for key in value or {}:
        if not isinstance(key, str):
            raise BootstrapError(f"Declaration: {where}: the key {key!r} must be text.", fix="Put it in quotes.")
    return {str(key): plain(item) for key, item in (value or {}).items()}


def plain(value: t.Any) -> t.Any:
    """Plain data of the exact types of JSON, without what Ansible adds to them."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    for type_ in (bool, int, float, str):
        if isinstance(value, type_):
            return type_(value)
    return value if value is None else str(value)


def _name(value: t.Any, where: str) -> str:
    if not isinstance(value, str) or not _SEGMENT.fullmatch(value):
        raise BootstrapError(f"Declaration: {where}: {value!r} can't be a name.", fix="Use letters, digits, '-', '_' and '.'.")
    return str(value)
