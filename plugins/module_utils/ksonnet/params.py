# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""components/params.libsonnet: the parameters of the components. Private to the collection.

The file is edited as text, as ks does it: what the user wrote into it, comments included, stays where it is.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Collection, Mapping

from ..errors import BootstrapError
from .jsonnet_text import Field, JsonnetTextError, NotLiteral, field_name, fields, line_of, read_value, root_object

PATH = "components/params.libsonnet"
_REST_OF_LINE = re.compile(r"[ \t]*(?://[^\n]*|#[^\n]*)?(?=\n|\Z)")

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

Edit = tuple[int, int, str]


class _Object(t.NamedTuple):
    """An object in the text: its fields by name, in their order, and where its brackets stand."""

    start: int
    fields: dict[str, Field]
    end: int


def read(text: str, file: str = PATH) -> dict[str, dict[str, t.Any]]:
    """The parameters by component: plain data, or an ``Expression`` where the value is not a literal."""
    return {
        component: {name: read_value(text[field.value_start : field.value_end]) for name, field in block.fields.items()}
        for component, block in _blocks(text, file)[1].items()
    }


def update(
    text: str,
    values: Mapping[str, Mapping[str, str]],
    *,
    drop: Mapping[str, Collection[str]] | None = None,
    remove: Collection[str] = (),
    file: str = PATH,
) -> str:
    """The file with some values set, and nothing else touched.

    ``values``: literals by component and parameter; a component that is not there yet is appended, as ks 0.10.0 does it.
    ``drop``: parameters to take out, by component. ``remove``: components to take out.
    """
    components, blocks = _blocks(text, file)
    edits: list[Edit] = []
    added = ""
    for component, parameters in values.items():
        if component in blocks:
            edits += _changes(text, blocks[component], parameters)
        elif component in components.fields:
            line = line_of(text, components.fields[component].start)
            raise BootstrapError(f"{file}, line {line}: '{component}' is not an object.", fix="Write its parameters as { name: value, }.")
        else:
            added += _block(component, parameters)
    for component, names in (drop or {}).items():
        if component in blocks:
            edits += [_removal(text, blocks[component].fields[name]) for name in names if name in blocks[component].fields]
    edits += [_removal(text, components.fields[component]) for component in remove if component in components.fields]
    if added:
        edits += _appended(text, components, added, remove)
    # From the end, so that positions stay true; what goes to one position keeps its order.
    for start, end, replacement in reversed(sorted(edits, key=lambda edit: edit[:2])):
        text = text[:start] + replacement + text[end:]
    return text


def _blocks(text: str, file: str) -> tuple[_Object, dict[str, _Object]]:
    """The object `components`, and the object of each component in it."""
    try:
        root = _object(text, root_object(text))
        field = root.fields.get("components")
        if field is None or text[field.value_start] != "{":
            raise JsonnetTextError("it has no object 'components'", root.start)
        components = _object(text, field.value_start)
        return components, {
            name: _object(text, field.value_start) for name, field in components.fields.items() if text[field.value_start] == "{"
        }
    except (JsonnetTextError, NotLiteral) as error:
        position = error.position if isinstance(error, JsonnetTextError) else 0
        what = str(error) if isinstance(error, JsonnetTextError) else "a name can't be read"
        raise BootstrapError(
            f"{file}, line {line_of(text, position)}: {what}.", fix="Put the file right, or take it back from version control."
        ) from None


def _object(text: str, start: int) -> _Object:
    found, end = fields(text, start)
    return _Object(start, {field.name: field for field in found if field.name is not None}, end)


def _block(component: str, parameters: Mapping[str, str]) -> str:
    lines = "".join(f"      {field_name(name)}: {parameters[name]},\n" for name in sorted(parameters))
    return f"    {field_name(component)}: {{\n{lines}    }},\n"


def _changes(text: str, block: _Object, parameters: Mapping[str, str]) -> list[Edit]:
    edits: list[Edit] = []
    commas: set[int] = set()
    inserted: dict[int, str] = {}
    for name in sorted(parameters):
        if field := block.fields.get(name):
            if text[field.value_start : field.value_end] != parameters[name]:
                edits.append((field.value_start, field.value_end, parameters[name]))
            continue
        # After the last of the fields that sort before it, so that comments stay with the field below them.
        before = [field for other, field in block.fields.items() if other < name]
        position = block.start + 1
        if before:
            previous = max(before, key=lambda field: field.end)
            position = previous.end
            if not previous.comma:
                commas.add(position)
        if rest := _REST_OF_LINE.match(text, position):
            position = rest.end()
        inserted[position] = inserted.get(position, "") + f"\n{_indent(text, block)}{field_name(name)}: {parameters[name]},"
    edits += [(position, position, ",") for position in commas]
    return edits + [(position, position, new) for position, new in inserted.items()]


def _indent(text: str, block: _Object) -> str:
    for field in block.fields.values():
        line_start = text.rfind("\n", 0, field.start) + 1
        if line_start > block.start and not text[line_start : field.start].strip():
            return text[line_start : field.start]
    return "      "


def _removal(text: str, field: Field) -> Edit:
    """Takes out a field, with its line where nothing else stands on it."""
    start, end = field.start, field.end
    line_start = text.rfind("\n", 0, start) + 1
    rest = re.compile(r"[ \t]*\n").match(text, end)
    if rest and not text[line_start:start].strip():
        start, end = line_start, rest.end()
    return start, end, ""


def _appended(text: str, components: _Object, added: str, removed: Collection[str]) -> list[Edit]:
    """New components, as the last ones."""
    edits: list[Edit] = []
    if components.fields:
        name, last = max(components.fields.items(), key=lambda item: item[1].end)
        if not last.comma and name not in removed:
            edits.append((last.end, last.end, ","))
    line_start = text.rfind("\n", 0, components.end) + 1
    if text[line_start : components.end].strip():
        return [*edits, (components.end, components.end, f"\n{added}  ")]
    return [*edits, (line_start, line_start, added)]
