"""Parts that have to stay in proportion to their input: the order of a thousand objects with thirty webhooks, and the look for secrets.

``bound`` reads and writes the same content as JSON, as ``ours`` does too. The objects are those of the unit tests: first `make venv-dev`.
"""

from __future__ import annotations

from pathlib import Path

from _bench import ROOT, Case, bench

WORK = {"order": "order 1001 objects x10", "secrets": "secrets in 4 MB x10"}


def main() -> None:
    program = str(Path(__file__).parent / "_parts.py")
    bench(
        "parts",
        [
            Case(name, who, [str(ROOT / ".venv-dev/bin/python"), program, part, who])
            for part, name in WORK.items()
            for who in ("ours", "bound")
        ],
    )


if __name__ == "__main__":
    main()
