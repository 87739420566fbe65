# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Draws docs/images/architecture.svg: the stages with the documents between them, and the rooms of docs/architecture.yml as floors."""

from __future__ import annotations

import typing as t
from html import escape

Json = dict[str, t.Any]

STAGES = ["facts", "plan", "app", "deploy", "verify", "report"]
"""Entry points of the role `kubeflow`."""
DOCUMENTS = ["facts", "plan", "application in a folder", "outcome", "checks"]
"""What a stage hands to the next one."""
WIDTH, MARGIN, BOX, GAP = 1000, 20, 46, 14
"""Pixels."""
_STYLE = """
text { font: 13px sans-serif; fill: #1f2933; text-anchor: middle }
.small { font-size: 10.5px; fill: #52606d }
.stage { fill: #1f6feb } .stage + text { fill: #fff; font-weight: 600 }
.room { fill: #f5f7fa; stroke: #9aa5b1 }
.arrow { stroke: #52606d; fill: none; marker-end: url(#head) }
.floor { font-size: 11px; fill: #7b8794; text-anchor: start }
"""


def floors(rooms: dict[str, Json]) -> list[list[str]]:
    """The rooms, lowest floor first: each is one above the highest that it imports."""
    level: dict[str, int] = {}
    for name, each in rooms.items():
        level[name] = 1 + max((level[used] for used in each["imports"]), default=0)
    return [[name for name in rooms if level[name] == number] for number in range(1, max(level.values()) + 1)]


def svg(rooms: dict[str, Json]) -> str:
    """The drawing, as text."""
    parts: list[str] = []
    _stages(parts)
    top = MARGIN + 110
    rows = [floor[begin : begin + 6] for floor in reversed(floors(rooms)) for begin in range(0, len(floor), 6)]
    for number, row in enumerate(rows):
        y = top + number * (BOX + GAP)
        width = min(190, (WIDTH - 2 * MARGIN - GAP * (len(row) - 1)) / len(row))
        left = (WIDTH - len(row) * width - GAP * (len(row) - 1)) / 2
        for place, name in enumerate(row):
            _box(parts, "room", left + place * (width + GAP), y, width, name, rooms[name]["holds"])
    height = top + len(rows) * (BOX + GAP) + MARGIN
    head = '<marker id="head" markerWidth="8" markerHeight="8" refX="7" refY="3" orient="auto"><path d="M0,0 L7,3 L0,6 z"/></marker>'
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="Stages and rooms">\n'
        f"<style>{_STYLE}</style>\n<defs>{head}</defs>\n"
        f'<rect width="{WIDTH}" height="{height:.0f}" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _stages(parts: list[str]) -> None:
    width = 90
    step = (WIDTH - 2 * MARGIN - width) / (len(STAGES) - 1)
    for number, stage in enumerate(STAGES):
        x = MARGIN + number * step
        _box(parts, "stage", x, MARGIN, width, stage)
        if number < len(DOCUMENTS):
            parts.append(f'<path class="arrow" d="M{x + width:.0f},{MARGIN + BOX / 2} H{x + step - 2:.0f}"/>')
            parts.append(f'<text class="small" x="{x + (width + step) / 2:.0f}" y="{MARGIN + BOX + 14}">{escape(DOCUMENTS[number])}</text>')
    below = "Rooms of plugins/module_utils: each imports only from floors below its own"
    parts.append(f'<text class="floor" x="{MARGIN}" y="{MARGIN + 98}">{below}</text>')


def _box(parts: list[str], kind: str, x: float, y: float, width: float, title: str, text: str = "") -> None:
    middle = x + width / 2
    parts.append(f'<rect class="{kind}" x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{BOX}" rx="5"/>')
    parts.append(f'<text x="{middle:.0f}" y="{y + (19 if text else 28):.0f}">{escape(title)}</text>')
    if text:
        lines = _lines(text, max(int(width / 5.6), 12))
        parts.extend(
            f'<text class="small" x="{middle:.0f}" y="{y + 31 + 11 * number:.0f}">{escape(line)}</text>'
            for number, line in enumerate(lines)
        )


def _lines(text: str, most: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) + 1 > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines[:2]
