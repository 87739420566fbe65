# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""components/params.libsonnet: the parameters of the components of a module.

A file that the user edited is edited as text: the user's text, comments included, stays.
"""

from __future__ import annotations

import posixpath
import typing as t
from collections.abc import Collection, Mapping

from ...errors import BootstrapError
from ..jsonnet import ks_printer
from ..jsonnet.edits import Edit, Object, appended, applied, changes, explained, object_at, objects_in, removal
from ..jsonnet.syntax import JsonnetTextError, NotLiteral, field_name, line_of, read_literal, read_value, root_object

PATH = "components/params.libsonnet"
GLOBAL = "global"

# As `ks init` of 0.10.0 writes it.
NEW = """{
  global: {
    // User-defined global parameters; accessible to all component and environments, Ex:
    // replicas: 4,
  },
  components: {
    // Component-level parameters, defined initially from 'ks prototype use ...'
    // Each object below should correspond to a component in the components/ directory
  },
}
"""


def path(module: str) -> str:
    """The file of a module; that of the root module is ``PATH``."""
    return posixpath.join("components", module, "params.libsonnet")


def read(text: str, file: str = PATH) -> dict[str, dict[str, t.Any]]:
    """The parameters by component: plain data, or an ``Expression`` where the value is not a literal."""
    return {component: values(text, block) for component, block in objects_in(text, _section(text, "components", file)).items()}


def read_globals(text: str, file: str = PATH) -> dict[str, t.Any]:
    """The global parameters of the module, as ``read`` gives those of a component."""
    return values(text, _section(text, GLOBAL, file))


def values(text: str, block: Object) -> dict[str, t.Any]:
    """The values of an object's fields."""
    return {name: read_value(text[field.value_start : field.value_end]) for name, field in block.fields.items()}


def update(
    text: str,
    new: Mapping[str, Mapping[str, str]],
    *,
    drop: Mapping[str, Collection[str]] | None = None,
    remove: Collection[str] = (),
    file: str = PATH,
) -> str:
    """The file with some values set, and nothing else changed.

    ``new``: literals by component and parameter; a component that does not exist yet is appended, as ks 0.10.0 does it.
    ``drop``: parameters to take out, by component. ``remove``: components to take out.
    """
    text = _set(text, new, drop or {}, file)
    components = _section(text, "components", file)
    added = "".join(_block(component, parameters) for component, parameters in new.items() if component not in components.fields)
    edits: list[Edit] = [removal(text, components.fields[component]) for component in remove if component in components.fields]
    if added:
        edits += appended(text, components, added, remove)
    return applied(text, edits)


def update_globals(text: str, new: Mapping[str, str], drop: Collection[str] = (), file: str = PATH) -> str:
    """The file with some global parameters set (literals), and some taken out."""
    block = _section(text, GLOBAL, file)
    return applied(text, changes(text, block, new) + [removal(text, block.fields[name]) for name in drop if name in block.fields])


def _set(text: str, new: Mapping[str, Mapping[str, str]], drop: Mapping[str, Collection[str]], file: str) -> str:
    """Change the parameters of existing components."""
    components = _section(text, "components", file)
    blocks = objects_in(text, components)
    for component in new:
        if component in components.fields and component not in blocks:
            line = line_of(text, components.fields[component].start)
            raise BootstrapError(f"{file}, line {line}: '{component}' is not an object.", fix="Write its parameters as { name: value, }.")
    dropped = {component: [name for name in drop.get(component, ()) if name in block.fields] for component, block in blocks.items()}
    touched = {component: block for component, block in blocks.items() if new.get(component) or dropped[component]}
    if not touched:
        return text
    if ks_printer.printable(text, root_object(text), NEW):
        return ks_printer.components(
            text,
            {
                component: {
                    **{name: value for name, value in values(text, block).items() if name not in dropped[component]},
                    **{name: read_literal(literal) for name, literal in new.get(component, {}).items()},
                }
                for component, block in touched.items()
            },
        )
    edits: list[Edit] = []
    for component, block in touched.items():
        edits += changes(text, block, new.get(component, {})) + [removal(text, block.fields[name]) for name in dropped[component]]
    return applied(text, edits)


def _section(text: str, name: str, file: str) -> Object:
    """The object `components` or `global`, all objects in it checked."""
    try:
        root = object_at(text, root_object(text))
        field = root.fields.get(name)
        if field is None or text[field.value_start] != "{":
            raise JsonnetTextError(f"it has no object '{name}'", root.start)
        section = object_at(text, field.value_start)
        objects_in(text, section)
    except (JsonnetTextError, NotLiteral) as error:
        raise explained(text, file, error) from None
    return section


def _block(component: str, parameters: Mapping[str, str]) -> str:
    lines = "".join(f"      {field_name(name)}: {parameters[name]},\n" for name in sorted(parameters))
    return f"    {field_name(component)}: {{\n{lines or chr(10)}    }},\n"
