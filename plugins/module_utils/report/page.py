# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pages of a single file, with their style, script and data.

A page runs its own script and style and nothing else: its Content-Security-Policy has their digests,
and allows no request (https://www.w3.org/TR/CSP3/).
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import re
import typing as t
from pathlib import Path

from ..errors import BootstrapError
from ..files import write_atomically
from ..redaction.redact import plain_texts

FOLDER = Path(__file__).parents[3] / "roles" / "kubeflow" / "files" / "pages"
"""Only where the collection is a folder."""
_PLACE = re.compile(r"\{\{(policy|style|data|script)\}\}")
# Within <script> only "<" can end the data or begin a comment.
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def page(name: str, data: t.Any, folder: Path = FOLDER) -> str:
    """The page ``name`` (``report``, ``reports`` or ``guide``) about ``data``, as HTML.

    Raises ``BootstrapError`` where the files of the role do not exist.
    """
    template = _read(folder / f"{name}.html")
    style = f"\n{_read(folder / 'page.css')}"
    script = f"\n{_read(folder / 'page.js')}\n{_read(folder / f'{name}.js')}"
    parts = {"policy": _policy(script, style), "style": style, "data": escaped(data), "script": script}
    # One pass, for data may have text that looks like a placeholder.
    return _PLACE.sub(lambda place: parts[place[1]], template)


def write(folder: Path, name: str, report: t.Any, more: dict[str, t.Any]) -> dict[str, t.Any]:
    """Write ``report`` to ``folder`` as report.json (``file``), and with ``more`` as the page ``name``, report.html (``page``).

    ``changed``: whether the report is another one than before. The time at which the page was made alone is no change."""
    report, more = plain_texts(report), plain_texts(more)
    file, html = folder / "report.json", folder / "report.html"
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    text = page(name, {"report": report, "made": now, **more})
    document = json.dumps(report, indent=2, sort_keys=True) + "\n"
    changed = not html.is_file() or not file.is_file() or file.read_bytes() != document.encode()
    write_atomically(file, document)
    write_atomically(html, text)
    return {"changed": changed, "file": str(file), "page": str(html)}


def escaped(data: t.Any) -> str:
    """JSON that is safe within ``<script>``."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    for character, escape in _ESCAPED.items():
        text = text.replace(character, escape)
    return text


def _policy(script: str, style: str) -> str:
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        fix = "Pages are made on the controller, from the files of the role kubeflow.bootstrap.kubeflow. Run this there."
        raise BootstrapError(f"{file} can't be read: {error.strerror}.", fix=fix) from None
