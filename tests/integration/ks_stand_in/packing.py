# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pack the stand-in as ksonnet packs its releases, and make the application that the recorded steps are about."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
import typing as t
from pathlib import Path

CORPUS = Path(__file__).parents[2] / "conformance" / "ks-0.10.0"
_PLATFORM = "linux_amd64"


COMPONENTS = {"front": ["team.front"], "settings": ["team.settings"]}
"""What the recorded answers call the objects of each component."""


def program(
    server: str, record: Path, version: str = "0.10.0", objects: dict[str, list[t.Any]] | None = None, namespace: str = "team"
) -> str:
    """The stand-in's text. ``server``: that of the cluster; ``record``: the file for its calls.

    ``objects``: by component; it then deals with these in the cluster, instead of repeating recorded answers.
    """
    steps = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((CORPUS / "cluster-steps").glob("*.json"))]
    more = {"components": COMPONENTS, "objects": objects, "namespace": namespace}
    content = {"server": server, "record": str(record), "version": version, "steps": steps, **more}
    settings = json.dumps(content).replace("{{SERVER}}", server)
    text = Path(__file__).with_name("ks.py").read_text(encoding="utf-8")
    return f"#!{sys.executable}\n" + text.replace("@SETTINGS@", settings)


def archive(folder: Path, text: str, version: str = "0.10.0") -> tuple[Path, str]:
    """A release archive with that program, and its SHA-256: one folder, ks and a README in it."""
    path = folder / f"ks_{version}_{_PLATFORM}.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, content, mode in (("README.md", "ksonnet\n", 0o644), ("ks", text, 0o755)):
            member = tarfile.TarInfo(f"ks_{version}_{_PLATFORM}/{name}")
            member.size, member.mode = len(content.encode()), mode
            tar.addfile(member, io.BytesIO(content.encode()))
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def application(folder: Path, server: str) -> None:
    """The application of the recorded steps on disk: the components ``front`` and ``settings``, after the change of ``text``."""
    step = json.loads((CORPUS / "steps" / "018-generate-plain.json").read_text(encoding="utf-8"))
    files = {path: text for path, text in step["app"].items() if path.rpartition("/")[2] not in _OTHERS}
    files["app.yaml"] = files["app.yaml"].replace("https://10.0.0.1:6443", server).replace("{{ROOT}}", str(folder.parent))
    changes = ('text: "hello"', 'text: "changed"'), ('args: ["-c", "echo \\"hi\\""]', "args: []")
    for old, new in changes:
        assert old in files["components/params.libsonnet"]
        files["components/params.libsonnet"] = files["components/params.libsonnet"].replace(old, new)
    files["lib/v1.7.0/k.libsonnet"] = "{}\n"
    for name in (".ksonnet/registries", "vendor"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


_OTHERS = ("back.jsonnet", "disk.jsonnet", "disk-two.jsonnet")


def calls(record: Path) -> list[dict[str, t.Any]]:
    """What the stand-in was called with so far, but for ``ks version``."""
    if not record.exists():
        return []
    return [call for call in map(json.loads, record.read_text(encoding="utf-8").splitlines()) if call["argv"] != ["ks", "version"]]
