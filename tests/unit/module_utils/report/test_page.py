# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pages of one file."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import json
import re
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.report.page import FOLDER, escaped, page, write
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.modules import report as report_module

NOTHING = dict.fromkeys(report_module.ARGUMENTS["argument_spec"])
HOSTILE = [
    "</script x='",
    "</script><script>alert(1)</script>",
    "<!-- <script>",
    "{{script}} {{data}} {{policy}}",
    "\u2028 \u2029 \0 &lt; \\u003c",
    'é"',
]


class Parts(html.parser.HTMLParser):
    """What of a page a browser takes as what: text of scripts and styles, and every tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.cdata_elem:  # within a script or a style
            kind = self.tags[-1][1].get("type") or self.tags[-1][0]
            self.texts[kind] = self.texts.get(kind, "") + data


@pytest.mark.parametrize("name", ["report", "reports", "guide"])
def test_data_stay_data(name) -> None:
    parts = Parts(page(name, {"names": HOSTILE}))
    assert json.loads(parts.texts["application/json"]) == {"names": HOSTILE}
    assert len([tag for tag, _attributes in parts.tags if tag == "script"]) == 2


@pytest.mark.parametrize("name", ["report", "reports", "guide"])
def test_only_the_page_s_own_script_and_style_may_run_and_nothing_is_fetched(name) -> None:
    parts = Parts(page(name, {}))
    policy = next(attributes["content"] for tag, attributes in parts.tags if attributes.get("http-equiv") == "Content-Security-Policy")
    for kind, directive in (("module", "script-src"), ("style", "style-src")):
        digest = base64.b64encode(hashlib.sha256(parts.texts[kind].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}';" in policy
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert not [attributes for _tag, attributes in parts.tags if attributes.keys() & {"src", "style", "onclick", "onload"}]
    assert not [tag for tag, _attributes in parts.tags if tag in ("link", "img", "iframe")]


def test_scripts_make_no_html_of_text() -> None:
    for file in FOLDER.glob("*.js"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|fetch\(|XMLHttp", file.read_text()), file.name


def test_escaping_keeps_what_is_meant() -> None:
    assert json.loads(escaped(HOSTILE)) == HOSTILE
    assert not set("<>&\u2028\u2029\0") & set(escaped(HOSTILE))


def test_nothing_that_is_kept_turns_text_round(tmp_path) -> None:
    name = "node\u202e-of\x1b[2J-another\u200b"
    written = write(tmp_path, "report", {"nodes": {name: [name]}}, {"next": [f"kubectl get node '{name}'"]})
    for file in (written["file"], written["page"]):
        text = Path(file).read_text()
        assert "node-of-another" in text and not {"\\u202e", "\\u001b", "\\u200b"} & {text[at : at + 6] for at in range(len(text))}


def test_a_report_that_says_something_else_is_a_change(tmp_path) -> None:
    def changed(failure: str) -> bool:
        return bool(report_module.run({**NOTHING, "path": str(tmp_path), "failure": failure}, Context())["changed"])

    assert [changed("One."), changed("One."), changed("Another.")] == [True, False, True]
    (tmp_path / "report.html").unlink()
    assert changed("Another.")


def test_without_the_files_it_says_where_pages_are_made(tmp_path) -> None:
    with pytest.raises(BootstrapError, match=r"report\.html can't be read.*on the controller"):
        page("report", {}, tmp_path)
