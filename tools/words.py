# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Says where words stand that this project does not use, and what to write instead: ``words.yml``.

Usage: python tools/words.py [FILE...]     Without files, those that git knows. Exit code 1 says that there are such words; each is a line.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

LOOKED_AT = ("*.md", "examples", "meta", "platform", "playbooks", "plugins", "registry", "roles", "tools")
"""Git's patterns. Neither tests, whose data come from elsewhere, nor changelogs, which say what was."""
LEFT_OUT = ("docs/site/*", "changelogs/*", "tests/*", "*.json", "tools/words.*", "roles/kubeflow/files/awx_surveys.yml")
"""Patterns of fnmatch. JSON and surveys are generated; what they are generated from is looked at."""
# In comments and joined literals a line ends with more than white space.
_BLANK = r'(?:\s+|\s*\n\s*(?:#|//|-)\s+|\s*"\s*\n\s*[fr]?")'


def faults(name: str, text: str, words: list[dict[str, Any]]) -> Iterator[str]:
    """Each use of such a word: ``file:line: what it is; better ...``."""
    for word in words:
        if any(fnmatch(name, pattern) for pattern in word.get("except", ())):
            continue
        for match in re.finditer(word["pattern"].replace(" ", _BLANK), text, re.IGNORECASE):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{name}:{line}: {' '.join(match[0].split())}: write {word['use']}"


def _without_glossary(text: str) -> str:
    """A page without its section "Words", which names what it replaces; lines keep their numbers."""
    return re.sub(r"^## Words$.*?(?=^## )", lambda section: "\n" * section[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL)


def main() -> int:
    root = Path(__file__).parent.parent
    words = yaml.safe_load((root / "tools/words.yml").read_text(encoding="utf-8"))
    listed = subprocess.run(["git", "ls-files", "-z", "--", *LOOKED_AT], cwd=root, check=True, capture_output=True, text=True).stdout
    names = sys.argv[1:] or [name for name in listed.split("\0") if name and not any(fnmatch(name, each) for each in LEFT_OUT)]
    count = 0
    for name in names:
        if not (root / name).is_file() or (root / name).is_symlink():
            continue
        try:
            text = _without_glossary((root / name).read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue  # an image or an archive
        for fault in faults(name, text, words):
            print(fault)
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
