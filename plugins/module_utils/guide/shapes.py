# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Questions and their options, as the page reads them (``roles/kubeflow/files/pages/guide.js``).

A question is ``{id, short, title, why, findings: [text], options, chosen}``; with ``when``, ``{question: [options]}``, it is asked for
these answers to another question alone, where ``OPTION.BOX`` stands for an option with that box ticked. An option is
``{id, label, more, never, set, fields}``. ``never`` says why it can't work here. ``set``: parameters and variables (``kubeflow_...``) by
name; a name with dots leads into a variable, where lists of several answers are joined. A field is
``{name, label, help, example, pattern, wrong, required, unless, value, on}``; with ``on`` it is a box to tick, which sets those variables,
each to the value there or, where that is ``=name``, to that of another field, of any question. ``unless`` names a box that, ticked, makes
good for a field that is required. An option with ``least`` has boxes of which one has to be ticked, and says so with that text.
"""

from __future__ import annotations

from ..formats.json_object import Json

HOST = r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
NAME = r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?"


def option(name: str, label: str, more: str, never: str | None = None, fields: list[Json] | None = None, /, **sets: object) -> Json:
    """An option of a question."""
    return {"id": name, "label": label, "more": more, "never": never, "set": sets, "fields": fields or []}


def question(name: str, short: str, title: str, why: str, findings: list[str], options: list[Json], chosen: str) -> Json:
    """A question; where ``chosen`` can't work, the first option that can is proposed."""
    possible = [each["id"] for each in options if not each["never"]]
    return {
        "id": name,
        "short": short,
        "title": title,
        "why": why,
        "findings": [text for text in findings if text],
        "options": options,
        "chosen": chosen if chosen in possible else possible[0],
    }
