"""What the programs of this folder share: run cases in turns, measure whole processes, print a table, write .bench/<name>.json."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Nothing of the machine that is measured on counts: nobody listens there.
_NO_CLOUD = {
    "GCE_METADATA_HOST": "127.0.0.1:1",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1",
    "KUBEFLOW_BOOTSTRAP_AZURE_METADATA": "http://127.0.0.1:1",
}
FIELDS = ("wall_s", "cpu_s", "rss_mb", "requests", "server_s")


@dataclass
class Case:
    """One way to do one piece of work. ``argv`` is what is measured; ``before`` brings the state back that it starts from."""

    work: str
    who: str
    argv: Sequence[str]
    env: dict[str, str] = field(default_factory=dict)
    before: Callable[[], None] | None = None
    requests: Callable[[], int] | None = None
    """A count that grows with each request to the API server."""
    server: Callable[[], float] | None = None
    """The CPU seconds that the API server has used."""
    rounds: int | None = None
    """Fewer than the other cases, and none to warm up: for what takes a minute."""
    measured: list[dict[str, float | None]] = field(default_factory=list)

    def run(self) -> None:
        """Once: the process and all of its children, by the operating system's own account."""
        if self.before:
            self.before()
        asked = self.requests() if self.requests else None
        worked = self.server() if self.server else None
        started = time.monotonic()
        argv = [sys.executable, __file__, *self.argv]
        done = subprocess.run(argv, env={**os.environ, **_NO_CLOUD, **self.env}, cwd=ROOT, capture_output=True, text=True, check=False)
        wall = time.monotonic() - started
        served = self.server() - worked if self.server and worked is not None else None
        if done.returncode:
            raise SystemExit(f"{self.work}, {self.who} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        cpu, rss = map(float, done.stderr.splitlines()[-1].split())
        used = self.requests() - asked if self.requests and asked is not None else None
        self.measured.append({"wall_s": wall, "cpu_s": cpu, "rss_mb": rss, "requests": used, "server_s": served})

    def result(self) -> dict[str, object]:
        """The medians."""
        medians: dict[str, object] = {}
        for name in FIELDS:
            values = [each[name] for each in self.measured if each[name] is not None]
            medians[name] = round(statistics.median(values), 3) if values else None
        return {"work": self.work, "who": self.who, **medians}


def bench(name: str, cases: list[Case], rounds: int = 5) -> list[dict[str, object]]:
    """Run all cases in turns, ``rounds`` times after one round to warm up; report."""
    for number in range(rounds + 1):
        for index, case in enumerate(cases, 1):
            if case.rounds is not None and not 1 <= number <= case.rounds:
                continue
            label = f"round {number} of {rounds}" if number else "warming up"
            print(f"{label}, {index} of {len(cases)}: {case.work}, {case.who}", file=sys.stderr, flush=True)
            case.run()
            print(f"    {case.measured[-1]['wall_s']:.2f} s", file=sys.stderr, flush=True)
            if number == 0:
                case.measured.clear()
    results = [case.result() for case in cases]
    _print(results)
    target = ROOT / ".bench" / f"{name}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps({"cases": results}, indent=2) + "\n", encoding="utf-8")
    print(f"\nmedians of {rounds} rounds, in {target.relative_to(ROOT)}")
    return results


def _print(results: list[dict[str, object]]) -> None:
    print(f"{'work':<28}{'who':<24}" + "".join(f"{name:>10}" for name in FIELDS))
    for result in results:
        print(
            f"{result['work']:<28}{result['who']:<24}" + "".join(f"{'-' if result[name] is None else result[name]:>10}" for name in FIELDS)
        )


def _measure(argv: list[str]) -> int:
    """Run a command; the last line of stderr says CPU seconds and MB of the largest process of its tree."""
    code = subprocess.run(argv, check=False).returncode
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"\n{used.ru_utime + used.ru_stime:.3f} {used.ru_maxrss / 1024:.1f}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(_measure(sys.argv[1:]))
