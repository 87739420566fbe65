# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The declaration of an application, from the plan, checked."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping

from ...errors import BootstrapError
from ...formats.yaml_documents import kind
from ...registries import registry
from . import component

# The version of the Kubernetes library that ks 0.10.0 falls back to; packages of 2018 are written for it.
K8S_VERSION = "v1.7.0"
_VERSION = re.compile(r"v[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?")
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_SHA256 = re.compile(r"(?:sha256:)?[0-9a-f]{64}")
_FIX = "Correct the declaration of the application."

# Section: field: its default; ... where it is required. A default that is a mapping asks for one, a list for a list of names.
_FIELDS: dict[str, dict[str, t.Any]] = {
    "environments": {"server": ..., "namespace": "default", "k8sVersion": K8S_VERSION, "targets": [], "parameters": {}, "globals": {}},
    "registries": {"uri": ..., "protocol": "", "sha256": "", "source": "", "renderer": ""},
    "packages": {"registry": ..., "package": "", "version": ""},
    "modules": {"globals": {}},
    "components": {"prototype": "", "yaml": None, "json": None, "jsonnet": "", "parameters": {}},
}
_KINDS = ("prototype", "yaml", "json", "jsonnet")


def check(declaration: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The declaration with every default filled in. Raises BootstrapError that names the field.

    Shape: ``name``; ``globals``: the global parameters; ``environments.<name>``: ``server``, ``namespace``, ``k8sVersion``, ``targets``
    (modules), ``parameters`` by component and ``globals`` that override; ``registries.<name>``: ``protocol`` (``fs``, ``github``,
    ``platform``), ``uri`` (a folder, ``embedded``, of GitHub, or a release), ``sha256``, and of a release ``source`` and ``renderer``;
    ``packages.<name>``: ``registry``, ``package`` (its name there), ``version`` (a ref of GitHub); ``modules.<name>``: ``globals``;
    ``components.<name>``: one of ``prototype``, ``yaml``, ``json``, ``jsonnet``, and ``parameters``; ``record``: plain data for
    bootstrap.yaml.
    """
    unknown = set(declaration) - {"name", "record", "globals", *_FIELDS}
    if unknown:
        raise BootstrapError(
            f"Declaration: unknown field '{min(unknown)}'.", fix=f"Fields are name, record, globals, {', '.join(_FIELDS)}."
        )
    checked: dict[str, t.Any] = {
        "name": _name(declaration.get("name"), "name"),
        "record": _mapping(declaration.get("record"), "record"),
        "globals": _mapping(declaration.get("globals"), "globals"),
        **{section: _section(section, declaration.get(section)) for section in _FIELDS},
    }
    if not checked["environments"]:
        raise BootstrapError("Declaration: environments: there must be at least one.", fix=_FIX)
    for name, environment in checked["environments"].items():
        _check_environment(f"environments.{name}", environment)
    for name, entry in checked["registries"].items():
        _check_registry(f"registries.{name}", entry)
    for name, package in checked["packages"].items():
        package["package"] = package["package"] or name
        _name(package["package"], f"packages.{name}.package")
        if package["registry"] not in checked["registries"]:
            raise BootstrapError(f"Declaration: packages.{name}.registry: no registry '{package['registry']}' is declared.", fix=_FIX)
    for name, entry in checked["components"].items():
        _check_component(f"components.{name}", entry)
    return checked


def _check_environment(where: str, environment: dict[str, t.Any]) -> None:
    if not _VERSION.fullmatch(environment["k8sVersion"]):
        raise BootstrapError(f"Declaration: {where}.k8sVersion: '{environment['k8sVersion']}' is not a version such as v1.7.0.", fix=_FIX)
    for name, parameters in environment["parameters"].items():
        environment["parameters"][name] = _mapping(parameters, f"{where}.parameters.{name}")


def _check_registry(where: str, entry: dict[str, t.Any]) -> None:
    try:
        entry["protocol"] = registry.protocol(entry)
    except BootstrapError as error:
        raise BootstrapError(f"Declaration: {where}: {error.message}", fix=error.fix) from None
    if entry["sha256"] and not _SHA256.fullmatch(entry["sha256"]):
        raise BootstrapError(f"Declaration: {where}.sha256: 64 hexadecimal digits are expected.", fix=_FIX)


def _check_component(where: str, entry: dict[str, t.Any]) -> None:
    present = [field for field in _KINDS if entry[field] not in (None, "")]
    if len(present) != 1:
        what = f"only one of {' and '.join(present)}" if present else f"one of {', '.join(_KINDS)}"
        raise BootstrapError(f"Declaration: {where}: {what} must be given.", fix=_FIX)
    if present[0] in ("yaml", "json") and not isinstance(entry[present[0]], (str, dict)):
        raise BootstrapError(
            f"Declaration: {where}.{present[0]}: one object is expected, as text or a mapping, not {kind(entry[present[0]])}.", fix=_FIX
        )


def _section(section: str, entries: t.Any) -> dict[str, dict[str, t.Any]]:
    checked = {}
    for name, entry in _mapping(entries, section).items():
        where = f"{section}.{name}"
        if section == "components":
            component.check_name(name)
        else:
            # Only environments and modules may be nested: us-west/prod.
            for segment in name.split("/") if section in ("environments", "modules") else [name]:
                _name(segment, section)
        entry = _mapping(entry, where)
        unknown = set(entry) - set(_FIELDS[section])
        if unknown:
            raise BootstrapError(f"Declaration: {where}: unknown field '{min(unknown)}'.", fix=f"Fields are {', '.join(_FIELDS[section])}.")
        checked[name] = {field: _value(entry, field, where, default) for field, default in _FIELDS[section].items()}
    return checked


def _value(entry: Mapping[str, t.Any], field: str, where: str, default: t.Any) -> t.Any:
    value = entry.get(field)
    if default is None:
        return value
    if isinstance(default, dict):
        return _mapping(value, f"{where}.{field}")
    if isinstance(default, list):
        return _names(value, f"{where}.{field}")
    required = default is ...
    value = default if value is None and not required else value
    if not isinstance(value, str) or (required and not value):
        raise BootstrapError(f"Declaration: {where}.{field}: text is expected, not {kind(value)}.", fix=_FIX)
    # Text that came through Ansible may be a subclass that carries tags, which YAML can't write.
    return str(value)


def _names(value: t.Any, where: str) -> list[str]:
    value = [] if value is None else value
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise BootstrapError(f"Declaration: {where}: a list of names is expected.", fix=_FIX)
    return value


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
