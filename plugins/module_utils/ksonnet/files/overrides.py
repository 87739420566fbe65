# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The overrides of an environment: its params.libsonnet, by component, and its globals.libsonnet, for all.

Where the user wrote into the files, they are edited as text, as ``params`` does it.
"""

from __future__ import annotations

import typing as t
from collections.abc import Collection, Mapping

from ..jsonnet import ks_printer
from ..jsonnet.edits import Edit, Object, appended, applied, changes, explained, object_at, objects_in, removal
from ..jsonnet.syntax import JsonnetTextError, NotLiteral, field_name, inner_field, read_literal, root_object
from .params import values

# As `ks init` of 0.10.0 writes them.
NEW = """local params = std.extVar("__ksonnet/params");
local globals = import "globals.libsonnet";
local envParams = params + {
  components +: {
    // Insert component parameter overrides here. Ex:
    // guestbook +: {
    //   name: "guestbook-dev",
    //   replicas: params.global.replicas,
    // },
  },
};

{
  components: {
    [x]: envParams.components[x] + globals, for x in std.objectFields(envParams.components)
  },
}
"""
NEW_GLOBALS = "{\n}"
# The first one as ks leaves it after the last override.
EMPTIED = NEW[: NEW.index("components")] + "components+: {\n  },\n" + NEW[NEW.index("};\n\n{") :].rstrip("\n")


def read(text: str, file: str) -> dict[str, dict[str, t.Any]]:
    """The overrides by component: plain data, or an ``Expression`` where the value is not a literal."""
    return {component: values(text, block) for component, block in objects_in(text, _overrides(text, file)).items()}


def update(
    text: str, new: Mapping[str, Mapping[str, str]], *, drop: Mapping[str, Collection[str]], remove: Collection[str], file: str
) -> str:
    """The file with some overrides set (literals), as ``params.update``. A component that has none left is taken out."""
    section = _overrides(text, file)
    current = read(text, file)
    after = {name: {key: value for key, value in block.items() if key not in drop.get(name, ())} for name, block in current.items()}
    for name, literals in new.items():
        after.setdefault(name, {}).update({key: read_literal(literal) for key, literal in literals.items()})
    removed = [name for name in current if name in remove or (current[name] and not after[name])]
    after = {name: block for name, block in after.items() if name not in removed and (block or name in current)}
    if after == current and not remove:
        return text
    if ks_printer.printable(text, section.start, NEW):
        return ks_printer.overrides(text, after)
    blocks = objects_in(text, section)
    edits: list[Edit] = [removal(text, section.fields[name]) for name in removed if name in section.fields]
    for name in (name for name in after if name in blocks):
        dropped = [blocks[name].fields[key] for key in drop.get(name, ()) if key in blocks[name].fields]
        edits += changes(text, blocks[name], new.get(name, {})) + [removal(text, field) for field in dropped]
    added = "".join(
        f"    {field_name(name)}+: {ks_printer.data(after[name], '    ', ordered=True)},\n" for name in after if name not in blocks
    )
    if added:
        edits += appended(text, section, added, removed)
    return applied(text, edits)


def read_globals(text: str, file: str) -> dict[str, t.Any]:
    """The values of globals.libsonnet, as ``read`` gives those of a component."""
    return values(text, _root(text, file))


def update_globals(text: str, new: Mapping[str, str], drop: Collection[str], file: str) -> str:
    """globals.libsonnet with some values set (literals), and some taken out."""
    root = _root(text, file)
    return applied(text, changes(text, root, new) + [removal(text, root.fields[name]) for name in drop if name in root.fields])


def _overrides(text: str, file: str) -> Object:
    """The object in which the overrides stand."""
    try:
        start = inner_field(text, "components")
        if start is None:
            raise JsonnetTextError("it has no object 'components +:', where overrides stand", 0)
        section = object_at(text, start)
        objects_in(text, section)
    except (JsonnetTextError, NotLiteral) as error:
        raise explained(text, file, error) from None
    return section


def _root(text: str, file: str) -> Object:
    try:
        return object_at(text, root_object(text))
    except (JsonnetTextError, NotLiteral) as error:
        raise explained(text, file, error) from None
