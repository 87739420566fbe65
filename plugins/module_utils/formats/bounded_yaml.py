# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Untrusted YAML, with bounds for its expansion.

A few lines of aliases can expand to more data than fits in memory, and deep nesting crashes PyYAML's parser in C, and with it the
process. Both are refused as a ``YAMLError``, with the place.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator

try:
    import yaml
except ImportError:  # pragma: no cover
    yaml = None  # type: ignore[assignment]

MOST_DEPTH = 250
"""Nested lists and mappings; Kubernetes' own objects have some 20."""
MOST_CHARACTERS = 64 * 2**20
"""Of a document with all of its aliases and merge keys written out."""
_NODE = 16
# Block style takes at least a character of indentation for two levels. Where no line has so much, and there are few
# brackets, nothing is nested too deep.
_DEEP_BLOCK = re.compile(rf"[ \t?\0-]{{{MOST_DEPTH // 2 - 2}}}")


def load_all(content: str | bytes, loader: t.Any) -> Iterator[t.Any]:
    """As ``yaml.load_all``."""
    for reader, node in _nodes(content, loader):
        yield reader.construct_document(node)


def load(content: str | bytes, loader: t.Any) -> t.Any:
    """The first document; ``None`` where there is none."""
    return next(load_all(content, loader), None)


def compose_all(content: str | bytes, loader: t.Any) -> Iterator[t.Any]:
    """As ``yaml.compose_all``."""
    for _reader, node in _nodes(content, loader):
        yield node


def _nodes(content: str | bytes, loader: t.Any) -> Iterator[tuple[t.Any, t.Any]]:
    _check_depth(content, loader)
    reader = loader(content)
    try:
        while reader.check_node():
            node = reader.get_node()
            _check_size(node)
            yield reader, node
    finally:
        reader.dispose()


def _check_depth(content: str | bytes, loader: t.Any) -> None:
    """By events, which need no recursion."""
    text = content if isinstance(content, str) else content.decode("latin-1")
    if text.count("[") + text.count("{") <= MOST_DEPTH // 2 and not _DEEP_BLOCK.search(text):
        return
    depth = 0
    for event in yaml.parse(content, loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise _refused(f"nested more than {MOST_DEPTH} deep", event)


def _check_size(node: t.Any) -> None:
    """Visits each node once, whatever its aliases: its size is that of its children."""
    sizes: dict[int, int] = {}
    above: set[int] = set()
    stack = [(node, False)]
    while stack:
        each, seen = stack.pop()
        if seen:
            above.discard(id(each))
            sizes[id(each)] = _NODE + sum(sizes[id(child)] for child in _children(each))
            if sizes[id(each)] > MOST_CHARACTERS:
                raise _refused("its aliases stand for too much", each)
        elif id(each) in above:
            raise _refused("an alias of what it is in", each)
        elif isinstance(each, yaml.ScalarNode):
            sizes[id(each)] = _NODE + len(each.value)
        elif id(each) not in sizes:
            above.add(id(each))
            stack.append((each, True))
            stack += [(child, False) for child in _children(each) if id(child) not in sizes]


def _refused(problem: str, at: t.Any) -> Exception:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=at.start_mark)


def _children(node: t.Any) -> list[t.Any]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
