# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes the documentation site in .docs/html, without any network, and checks all links and anchors within it.

The guides are the Markdown files that people read on GitHub, antsibull-docs adds the reference, docs/site what only the site needs.
`--check` checks the links of the Markdown files alone. `--links` asks for the addresses elsewhere, too; that one needs a network.
"""

from __future__ import annotations

import argparse
import html.parser
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from myst_parser.mdit_to_docutils.base import default_slugify

ROOT = Path(__file__).parents[1]
OUT = ROOT / ".docs"
SOURCE, HTML = OUT / "source", OUT / "html"
GUIDES = (
    "README.md",
    "CONTRIBUTING.md",
    "CODE_OF_CONDUCT.md",
    "CHANGELOG.md",
    "docs/*.md",
    "roles/*/README.md",
    "registry/**/README.md",
    "examples/*.md",
    "execution-environment/*.md",
)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
LINK = re.compile(r"(?<=\]\()([^)\s]+)(?=\))")
FENCE = re.compile(r"^( *)(```+|~~~+)(.*)$")
MARK = re.compile(r" *<!-- (not )?run: .*-->")
LANGUAGES = {".yml": "yaml", ".yaml": "yaml", ".json": "json", ".py": "python", ".libsonnet": "jsonnet", ".jsonnet": "jsonnet"}


def guides() -> list[Path]:
    """The Markdown files for users, each once."""
    return sorted({path for pattern in GUIDES for path in ROOT.glob(pattern)})


# --- links between files, as GitHub follows them


def _tokens(text: str) -> Iterator[Token]:
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        yield token
        yield from token.children or []


def anchors(text: str) -> set[str]:
    """What can follow a # in a link to a Markdown file: its headings, as GitHub writes them."""
    taken: set[str] = set()
    tokens = list(_tokens(text))
    for opening, inline in zip(tokens, tokens[1:], strict=False):
        if opening.type == "heading_open":
            slug = default_slugify("".join(each.content for each in inline.children or [] if each.type in ("text", "code_inline")))
            names = (slug, *(f"{slug}-{number}" for number in range(1, 100)))
            taken.add(next(name for name in names if name not in taken))
    return taken


def links(text: str) -> Iterator[str]:
    """Where links and images of a Markdown text lead, as they are written."""
    for token in _tokens(text):
        target = token.attrs.get({"link_open": "href", "image": "src"}.get(token.type, ""))
        if target:
            yield str(target)


def broken(path: Path) -> Iterator[str]:
    """The links of a Markdown file that lead nowhere; those to other hosts are not looked at."""
    text = path.read_text(encoding="utf-8")
    for target in links(text):
        if ELSEWHERE.match(target):
            continue
        name, _hash, anchor = unquote(target).partition("#")
        file = (path.parent / name).resolve() if name else path
        where = f"{path.relative_to(ROOT)}: {target}"
        if not file.is_relative_to(ROOT) or not file.exists():
            yield f"{where}: there is no such file"
        elif file.is_dir() and anchor:
            yield f"{where}: a folder has no anchors"
        elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text(encoding="utf-8")):
            yield f"{where}: {file.relative_to(ROOT)} has no heading of that name"


# --- the site's source


def _page_of(file: Path) -> Path:
    """The page that shows a file or folder which a guide links to, as a path from the root."""
    if file.is_dir():
        return (file / ("README.md" if (file / "README.md").exists() else "index.md")).relative_to(ROOT)
    return file.relative_to(ROOT) if file.suffix == ".md" else (file.parent / f"{file.name}.md").relative_to(ROOT)


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """The lines of a Markdown text, and whether each is code. The first and last line of a block are not."""
    end = ""
    for line in text.splitlines(keepends=True):
        fence = FENCE.match(line.rstrip("\n"))
        if fence and not end:
            end = fence[2]
            yield line, False
        elif fence and fence[2].startswith(end) and not fence[3].strip():
            end = ""
            yield line, False
        else:
            yield line, bool(end)


def _for_the_site(path: Path, text: str, shown: set[Path]) -> str:
    """A guide as Sphinx takes it: links to files lead to pages that show them. Those files are added to ``shown``.

    Pictures are copied.
    """

    def follow(match: re.Match[str]) -> str:
        if ELSEWHERE.match(match[0]) or match[0].startswith("#"):
            return match[0]
        name, hash_sign, anchor = match[0].partition("#")
        file = (path.parent / unquote(name)).resolve()
        if file.suffix == ".png":
            picture = SOURCE / file.relative_to(ROOT)
            picture.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, picture)
            return match[0]
        if file.is_dir() or file.suffix != ".md":
            shown.add(file)
        return os.path.relpath(ROOT / _page_of(file), path.parent) + hash_sign + anchor

    text = "".join(line if code else LINK.sub(follow, line) for line, code in _lines(text) if code or not MARK.match(line))
    # Commands without a prompt: Pygments would take them for output.
    return re.sub(r"^( *)```console\n(?! *\$ )", r"\1```sh\n", text, flags=re.MULTILINE)


def _page_for_file(file: Path, shown: set[Path]) -> str:
    name = file.relative_to(ROOT)
    if file.is_dir():
        inside = sorted(each for each in file.iterdir() if each.is_file() and not each.name.startswith("."))
        shown.update(inside)
        return f"# {name}/\n\n" + "".join(f"- [{each.name}]({each.name}.md)\n" for each in inside)
    return f"# {name}\n\n``````{LANGUAGES.get(file.suffix, 'text')}\n{file.read_text(encoding='utf-8')}\n``````\n"


def _write(name: Path, text: str) -> None:
    path = SOURCE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def gather() -> None:
    """Puts together in .docs/source what Sphinx reads."""
    shutil.rmtree(OUT, ignore_errors=True)
    reference = SOURCE / "reference"
    reference.mkdir(parents=True)
    reference.chmod(0o755)
    command = ["antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--fail-on-error", "--cleanup", "everything"]
    subprocess.run([*command, "--dest-dir", str(reference), "kubeflow.bootstrap"], check=True, cwd=ROOT)
    index = reference / "index.rst"
    index.write_text(re.sub(r"^Kubeflow\.Bootstrap\n=+$", "The collection\n==============", index.read_text(), flags=re.MULTILINE))
    shutil.copytree(ROOT / "docs/site", SOURCE, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    shown: set[Path] = set()
    for path in guides():
        _write(path.relative_to(ROOT), _for_the_site(path, path.read_text(encoding="utf-8"), shown))
    done: set[Path] = set()
    while left := sorted(shown - done):
        for file in left:
            done.add(file)
            if not (file.is_dir() and (file / "README.md").exists()):
                _write(_page_of(file), "---\norphan: true\n---\n" + _page_for_file(file, shown))


def sphinx(builder: str, out: Path) -> int:
    """Runs Sphinx, for which warnings are errors."""
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    command = [sys.executable, "-m", "sphinx", "-b", builder, "-W", "--keep-going", "-q", "-j", "2", "-d", str(OUT / "doctrees")]
    return subprocess.run([*command, str(SOURCE), str(out)], env={**os.environ, "COLLECTION_VERSION": version}, check=False).returncode


# --- the built pages


class _Page(html.parser.HTMLParser):
    """What a page has anchors for, where it leads to, and what a browser fetches for it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.leads: list[str] = []
        self.fetches: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value}
        self.ids.update(values[name] for name in ("id", "name") if name in values)
        if tag == "a" and "href" in values:
            self.leads.append(values["href"])
        elif tag == "link" and values.get("rel") not in ("canonical", "index", "search", "next", "prev"):
            self.fetches.append(values.get("href", ""))
        elif tag in ("script", "img", "iframe", "source", "video", "audio") and "src" in values:
            self.fetches.append(values["src"])


def broken_pages() -> Iterator[str]:
    """Links and anchors of the built pages that lead nowhere, and what they would fetch from elsewhere."""
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in HTML.rglob("*.html")}
    for path, page in sorted(pages.items()):
        name = path.relative_to(HTML)
        for target in page.fetches:
            if re.match(r"(https?:)?//", target):
                yield f"{name}: fetches {target}"
        for target in (*page.leads, *page.fetches):
            if ELSEWHERE.match(target):
                continue
            place, _hash, anchor = unquote(target).partition("#")
            file = (path.parent / place.partition("?")[0]).resolve() if place else path
            if not file.is_file():
                yield f"{name}: {target}: there is no such page"
            elif anchor and file in pages and anchor not in pages[file].ids:
                yield f"{name}: {target}: that page has no such anchor"
    for path in sorted(HTML.rglob("*.css")):
        for target in re.findall(r"(?:url\(|@import)\s*[\"']?((?:https?:)?//[^\"')\s;]+)", path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(HTML)}: fetches {target}"


def _stop_for(faults: list[str], what: str) -> None:
    if faults:
        print("\n".join(faults), file=sys.stderr)
        sys.exit(f"{len(faults)} {what}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="check the links of the Markdown files, and build nothing")
    parser.add_argument("--links", action="store_true", help="ask for the addresses elsewhere")
    args = parser.parse_args()
    _stop_for([fault for path in guides() for fault in broken(path)], "links in Markdown files lead nowhere")
    if args.check:
        return
    gather()
    if args.links:
        code = sphinx("linkcheck", OUT / "links")
        print(f"What was asked, and the answers: {(OUT / 'links/output.txt').relative_to(ROOT)}")
        sys.exit(code)
    if sphinx("html", HTML):
        sys.exit("Sphinx could not make the site without warnings.")
    _stop_for(list(broken_pages()), "links in the site lead nowhere, or out of it")
    print(f"{len(list(HTML.rglob('*.html')))} pages, no link within them is broken: {(HTML / 'index.html').relative_to(ROOT)}")


if __name__ == "__main__":
    main()
