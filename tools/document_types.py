# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The types of the fields of facts, plan and outcome, as the modules that make them document what they return."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import yaml

Json = dict[str, t.Any]

TYPES = "plugins/module_utils/data/document_types.py"
_SOURCES = {
    "facts": (("kubeconfig_info", "kubeconfig"), ("cluster_info", "cluster"), ("cloud_info", "cloud")),
    "plan": (("plan", "plan"),),
    "outcome": (("deploy", "outcome"),),
}
"""By option: each module that returns the document or a part of it, and the name under which it does."""
_RETURN = re.compile(r'^RETURN = r"""\n(.*?)^"""', re.MULTILINE | re.DOTALL)
_HEAD = '''# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The types of fields of documents that stages hand on, by the option that takes one and by path (``formats.documents``).

Made by tools/document_types.py from what the modules document as returned; change that, then run: make generate
"""

from __future__ import annotations

DOCUMENTS: dict[str, dict[str, str]] = {
'''


def document_types(root: Path) -> str:
    """The module with the table."""
    lines = []
    for option, sources in _SOURCES.items():
        lines.append(f'    "{option}": {{')
        lines += [f'        "{path}": "{kind}",' for path, kind in _fields(root, sources)]
        lines.append("    },")
    table = "\n".join(lines)
    required = "\n".join(
        f'    "{option}": (\n{_required(root, *sources[0])}    ),' for option, sources in _SOURCES.items() if not sources[1:]
    )
    return (
        f'{_HEAD}{table}\n}}\n\nREQUIRED: dict[str, tuple[str, ...]] = {{\n{required}\n}}\n"""Fields that such a document always has."""\n'
    )


def _required(root: Path, module: str, name: str) -> str:
    """The fields of a document that one module returns whole; those of others may be collected one by one."""
    fields = _returned(root, module)[name]["contains"]
    return "".join(f'        "{field}",\n' for field, about in fields.items() if "returned" not in about)


def _fields(root: Path, sources: t.Iterable[tuple[str, str]]) -> t.Iterator[tuple[str, str]]:
    whole = [(name, _returned(root, module)[name]) for module, name in sources]
    if whole[1:]:
        yield "", "dict"
    for name, field in whole:
        yield from _below(name if whole[1:] else "", field)


def _returned(root: Path, module: str) -> Json:
    text = (root / "plugins/modules" / f"{module}.py").read_text(encoding="utf-8")
    returned: Json = yaml.safe_load(_RETURN.findall(text)[0])
    return returned


def _below(path: str, field: Json) -> t.Iterator[tuple[str, str]]:
    """A field and those in it; nothing for one that may be of any type."""
    if field["type"] in ("raw", "complex"):
        return
    yield path, field["type"]
    if field["type"] == "list":
        path += "[]"
        if field.get("elements", "raw") == "raw":
            return
        yield path, field["elements"]
    for name, each in (field.get("contains") or {}).items():
        yield from _below(f"{path}.{name}".lstrip("."), each)
