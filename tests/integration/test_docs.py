# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The commands and playbooks in the documentation: each is run by a test, or says why not.

Directly above each such block stands a comment of HTML, which is not shown:

    <!-- run: docs -->                           run here
    <!-- run: docs, new copy -->                 the same, in a new copy of the checkout
    <!-- run: docs on gke-gpu -->                the same, from here on with a cluster of that profile
    <!-- run: docs, after `mkdir x` -->          what a reader has done before, without being told to
    <!-- run: tests/integration/test_x.py::test_y, tests/integration/test_x.py::test_z -->   those tests do
    <!-- not run: needs an account at AWS -->

What is run here is run by bash in the order of the page, in a copy of the checkout, with a home of its own and the local cluster in
~/.kube/config. Every command must end well. Of a block with prompts only the lines behind ``$ `` are run. Blocks of YAML that begin with
the name of a file (``# choices.yml``) are written to that file before all else; a playbook is run, too, in its turn.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster import cluster as local_cluster
from ansible_collections.kubeflow.bootstrap.tests.absent import NOBODY
from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import CONTEXT, Factory
from ansible_collections.kubeflow.bootstrap.tests.integration.work import ROOT
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

PATTERNS = ("README.md", "CONTRIBUTING.md", "docs/**/*.md", "roles/*/README.md", "registry/**/README.md", "execution-environment/*.md")
BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>[\w-]*)[^\n]*\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
MARK = re.compile(r"^ *<!-- (?P<not>not )?run: (?P<what>.+) -->$")
HERE = re.compile(r"docs(?P<new_copy>, new copy)?( on (?P<profile>[\w-]+))?(, after `(?P<after>[^`]+)`)?")
SHELL = {"sh", "bash", "console", "shell", "shell-session"}
COMMAND = re.compile(r"(\$ |ansible|make |kubectl |git |pip |podman |docker |export )")
BLOCK_SECONDS = patience(30)


@dataclass(frozen=True)
class Block:
    """A block of a page that a reader would run."""

    page: str
    line: int
    language: str
    text: str
    mark: re.Match[str] | None

    @property
    def run_by(self) -> re.Match[str] | None:
        """Is it run here, and where?"""
        return HERE.fullmatch(self.mark["what"]) if self.mark and not self.mark["not"] else None

    @property
    def file(self) -> str | None:
        """The file that its first line names."""
        named = re.match(r"# ([\w./-]+\.ya?ml)\n", self.text) if self.language == "yaml" else None
        return named[1] if named else None

    @property
    def command(self) -> str:
        """What bash is to run."""
        before = f"{self.run_by['after']}\n" if self.run_by and self.run_by["after"] else ""
        return before + self._own_command()

    def _own_command(self) -> str:
        if self.language == "yaml":
            return f"ansible-playbook {self.file or 'playbook.yml'}" if is_playbook(self.text) else ":"
        if not re.search(r"^\$ ", self.text, re.MULTILINE):
            return self.text
        return "\n".join(match[1] for match in re.finditer(r"^\$ ((?:.*\\\n)*.*)$", self.text, re.MULTILINE))


def is_playbook(text: str) -> bool:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        return False
    first = content[0] if isinstance(content, list) and content else None
    return isinstance(first, dict) and any(key == "hosts" or key.endswith("import_playbook") for key in first)


def blocks(path: Path) -> list[Block]:
    """Commands, playbooks, and whatever else has a mark, in the order of the page."""
    page_blocks, text = [], path.read_text(encoding="utf-8")
    for match in BLOCK.finditer(text):
        language, content = match["language"], re.sub(rf"^{match['indent']}", "", match["text"], flags=re.MULTILINE)
        above = text[: match.start()].splitlines()
        mark = MARK.match(above[-1]) if above else None
        runnable = language in SHELL or (not language and COMMAND.match(content)) or (language == "yaml" and is_playbook(content))
        if runnable or mark:
            page_blocks.append(Block(str(path.relative_to(ROOT)), len(above) + 1, language, content, mark))
    return page_blocks


PAGES = sorted({path for pattern in PATTERNS for path in ROOT.glob(pattern)})
RUN_HERE = [path for path in PAGES if any(block.run_by for block in blocks(path))]
# A page needs a cluster of its own, and its commands are slow: these are read first, `make soak` has the others.
FIRST = [ROOT / page for page in ("README.md", "docs/ksonnet.md")]


def has_test(name: str) -> bool:
    file, _colons, test = name.partition("::")
    path = ROOT / file
    return path.is_file() and test in {
        each.name for each in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(each, ast.FunctionDef)
    }


def test_every_block_says_by_what_it_is_run() -> None:
    faults = []
    for block in (block for path in PAGES for block in blocks(path)):
        where = f"{block.page}:{block.line}"
        if not block.mark:
            faults.append(f"{where}: no comment above it says by what it is run: {block.text.splitlines()[0]}")
        elif not block.mark["not"] and not block.run_by:
            faults += [f"{where}: there is no test {name}" for name in block.mark["what"].split(", ") if not has_test(name)]
    for path in PAGES:
        text = BLOCK.sub("", path.read_text(encoding="utf-8"))
        marks = [line for line in text.splitlines() if re.match(r" *<!-- *(not )?run\b", line)]
        if len(marks) != sum(block.mark is not None for block in blocks(path)):
            faults.append(f"{path.relative_to(ROOT)}: a comment that says by what a block is run stands above no block")
    assert not faults, "\n".join(faults)


@dataclass(frozen=True)
class Reader:
    """Somebody who does what a page says."""

    home: Path
    env: dict[str, str]

    def checkout(self, name: str) -> Path:
        """A copy of the checkout, without what is not in git."""
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout.split("\0")
        folder = self.home / name
        for each in filter(None, listed):
            source, target = ROOT / each, folder / each
            if source.is_symlink() or source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target, follow_symlinks=False)
        subprocess.run(["git", "init", "-q", str(folder)], check=True)
        return folder

    def take(self, kubeconfig: str) -> None:
        (self.home / ".kube").mkdir(exist_ok=True)
        shutil.copy(kubeconfig, self.home / ".kube/config")

    def run(self, block: Block, folder: Path) -> None:
        if block.language == "yaml" and not block.file:
            (folder / "playbook.yml").write_text(block.text, encoding="utf-8")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.command],
            cwd=folder,
            env={**self.env, "PWD": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=BLOCK_SECONDS,
            check=False,
        )
        print(f"{block.page}:{block.line}\n{block.command}\n{done.stdout}")
        assert done.returncode == 0 and "Traceback" not in done.stdout, f"{block.page}:{block.line} ended with {done.returncode}"


@pytest.fixture
def reader(brief_cluster: Factory, tmp_path: Path) -> Iterator[Reader]:
    """With the programs of the developer's cache, but none of its clusters."""
    plain = brief_cluster("plain")
    cache, home = tmp_path / "cache/kubeflow.bootstrap", tmp_path / "home"
    (cache / "clusters").mkdir(parents=True)
    home.mkdir()
    for each in local_cluster.cache_folder(os.environ).iterdir():
        if each.name != "clusters":
            (cache / each.name).symlink_to(each)
    programs = (Path(sys.executable).parent, Path(t.cast(str, getattr(sys, "_base_executable", sys.executable))).parent)
    env = {
        **{name: value for name, value in os.environ.items() if name.startswith(("PIP_", "GOPROXY", "HTTP", "NO_PROXY", "SSL_"))},
        "HOME": str(home),
        "XDG_CACHE_HOME": str(cache.parent),
        "PATH": ":".join([*map(str, programs), plain.facts["bin"], "/usr/bin:/bin"]),
        "LC_ALL": "C.UTF-8",
        "GCE_METADATA_HOST": NOBODY,
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://{NOBODY}",
        "KUBEFLOW_BOOTSTRAP_AZURE_METADATA": f"http://{NOBODY}",
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "Me"), ("EMAIL", "me@example.com"))},
    }
    reading = Reader(home, env)
    reading.take(plain.kubeconfig)
    try:
        yield reading
    finally:
        place = local_cluster.Directories.of({"XDG_CACHE_HOME": str(cache.parent)})
        for folder in (cache / "clusters").glob("[a-z]*"):
            local_cluster.absent(place, folder.name, CONTEXT)


def test_the_first_pages_are_there() -> None:
    assert set(FIRST) <= set(RUN_HERE)


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=str(path.relative_to(ROOT)), marks=[] if path in FIRST else pytest.mark.soak) for path in RUN_HERE],
)
def test_what_a_page_says_works(brief_cluster: Factory, reader: Reader, path: Path) -> None:
    works(brief_cluster, reader, path)


def works(brief_cluster: Factory, reader: Reader, path: Path) -> None:
    """What the page says, one after the other."""
    run_blocks = [block for block in blocks(path) if block.run_by]
    folder = None
    for number, block in enumerate(run_blocks):
        mark = t.cast(re.Match[str], block.run_by)
        if mark["profile"]:
            reader.take(brief_cluster(mark["profile"]).kubeconfig)
        if mark["new_copy"] or not folder:
            folder = reader.checkout(f"checkout{number}")
            for each in run_blocks:
                if each.file:
                    (folder / each.file).write_text(each.text, encoding="utf-8")
        reader.run(block, folder)
