"""One evaluator on one application, as a process of its own: ``python _evaluators.py NAME PREPARED OUTPUT``.

``PREPARED`` holds what ``ksonnet/render/render.py`` gives to its evaluator, as JSON: ``files`` (path to text) and ``runs``, each with
``snippet``, ``codes`` (external variables), ``search`` (where imports are looked for) and ``previous`` (the variable that holds what
the run before yielded).
"""

from __future__ import annotations

import importlib
import json
import posixpath
import sys
import typing as t
from pathlib import Path

MODULES = {"rjsonnet": "rjsonnet", "gojsonnet": "_gojsonnet", "jsonnet (C++)": "_jsonnet"}


def main(name: str, prepared: Path, output: Path) -> None:
    work = json.loads(prepared.read_text(encoding="utf-8"))
    evaluator = importlib.import_module(MODULES[name])
    text = ""
    for run in work["runs"]:
        codes = dict(run["codes"])
        if run["previous"]:
            codes[run["previous"]] = text
        read = reader(work["files"], run["search"], str if name == "rjsonnet" else str.encode)
        text = evaluator.evaluate_snippet("<application>", run["snippet"], ext_codes=codes, import_callback=read)
    output.write_text(text, encoding="utf-8")


def reader(files: dict[str, str], search: list[str], form: t.Callable[[str], t.Any]) -> t.Callable[[str, str], tuple[str, t.Any]]:
    def read(folder: str, name: str) -> tuple[str, t.Any]:
        # What is given as a variable has no folder; each evaluator takes another one for it.
        for base in [folder, *search, ""]:
            path = posixpath.normpath(posixpath.join(base, name))
            if path in files:
                return path, form(files[path])
        raise LookupError(name)

    return read


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
