# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubeconfigs that are damaged, that grow, and that name what is no file: each is read or refused at once, in one message."""

from __future__ import annotations

import json
import os
import random
import re
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.kubeconfig import describe
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kubeconfig.load import load
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang

SEED = 20261129
SECRET = "hunter2-hunter2"
FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
GOOD = f"""\
apiVersion: v1
kind: Config
current-context: a
clusters:
- name: a
  cluster: {{server: "https://127.0.0.1:1", tls-server-name: a, proxy-url: "http://me:{SECRET}@127.0.0.1:1"}}
contexts:
- name: a
  context: {{cluster: a, user: a, namespace: ns}}
users:
- name: a
  user: {{token: {SECRET}, as: b, as-groups: [c, d], as-user-extra: {{e: [f]}}}}
"""
PIECES = [":", "-", "?", "[", "]", "{", "}", "*a", "|", ">", '"', "'", "#", "%", "@", "~", "1:20", "0x7f", ".nan", "2026-01-01"]
PIECES += [
    "&a ",
    "<<: *a",
    "!!binary x",
    "!!python/object:os.system",
    "---\n",
    "...\n",
    "\n",
    "  ",
    "\t",
    "\0",
    "\x1b",
    "\x85",
    "\ufeff",
    "é" * 50,
]


def damaged() -> Iterator[bytes]:
    """Of a good one, by chance: cut off, doubled, changed in some bytes, in another encoding."""
    chance = random.Random(SEED)
    good = GOOD.encode()
    for number in range(200):
        text = bytearray(good)
        for _change in range(chance.randint(1, 6)):
            at = chance.randrange(len(text))
            match chance.randrange(5):
                case 0:
                    text[at] = chance.randrange(256)
                case 1:
                    text[at:at] = chance.choice(PIECES).encode()
                case 2:
                    del text[at : at + chance.randint(1, 40)]
                case 3:
                    end = at + chance.randint(1, 80)
                    text[at:at] = text[at:end] * chance.randint(1, 3)
                case 4:
                    text[at : at + 1] = chance.choice([b"\n", b" ", b"\r\n", b"\r"])
        yield bytes(text[: chance.randrange(len(text))] if number % 10 == 0 else text)


def bomb(levels: int) -> str:
    lines = ["l0: &l0 [0123456789]"]
    lines += [f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 10)}]" for level in range(1, levels)]
    return "\n".join(lines) + "\n"


def grown() -> Iterator[bytes]:
    """A few lines that stand for gigabytes, or nest without end."""
    for place in ("as-groups: [c, d]", "as-user-extra: {e: [f]}", "namespace: ns", f"token: {SECRET}"):
        yield (bomb(10) + GOOD.replace(place, f"{place.partition(':')[0]}: *l9")).encode()
    yield (bomb(10) + GOOD + "extensions: [{name: client.authentication.k8s.io/exec, extension: *l9}]\n").encode()
    yield GOOD.replace("[c, d]", "[" * 100_000).encode()
    yield GOOD.replace("[c, d]", "[" * 1000 + "]" * 1000).encode()
    yield ("- " * 50_000).encode()
    yield ("{a: " * 50_000).encode()
    yield GOOD.replace("clusters:", "clusters: &c\n- *c\nx:").encode()
    yield b"a: " + b"x" * (11 * 2**20)
    yield b""
    yield b"\0" * 10_000


def read(path: Path) -> str | None:
    """The message, if it is refused."""
    try:
        loaded = load(str(path), env={"HOME": ABSENT, "PATH": ABSENT})
        assert SECRET not in f"{loaded!r} {describe(loaded)}"
        loaded.connection.credentials.prepare()
        loaded.connection.credentials.headers()
    except BootstrapError as error:
        message = f"{error} {json.dumps(error.details, default=str)}"
        assert SECRET not in message
        assert "\n" not in str(error) and len(message) < 2000, message
        return str(error)
    return None


def test_damaged_and_grown(tmp_path: Path) -> None:
    path = tmp_path / "config"
    outcomes: list[str | None] = []
    for content in (*damaged(), *grown()):
        path.write_bytes(content)
        with no_hang(1):
            outcomes.append(read(path))
    assert len(outcomes) > 200
    assert len([each for each in outcomes if each is None]) > 5, "what is hardly damaged is read"
    assert len([each for each in outcomes if each]) > 100


def strange(folder: Path) -> Iterator[tuple[str, str]]:
    os.mkfifo(folder / "pipe")
    (folder / "large").touch()
    os.truncate(folder / "large", 12 * 2**30)
    yield str(folder / "pipe"), "a pipe, a device or a socket"
    yield "/dev/zero", "a pipe, a device or a socket"
    yield "/dev/urandom", "a pipe, a device or a socket"
    yield str(folder), "Is a directory"
    yield str(folder / "large"), "it has more than"
    yield str(folder / "absent"), "No such file|does not exist"


def test_what_is_no_file(tmp_path: Path) -> None:
    for place, why in strange(tmp_path):
        with no_hang(1):
            assert re.search(why, read(Path(place)) or "") is not None
        for field in FILES:
            path = tmp_path / "config"
            entry: dict[str, t.Any] = {field: place}
            if field.startswith("client-"):
                entry = dict.fromkeys(("client-certificate", "client-key"), place)
            cluster = {"server": "https://127.0.0.1:1", **(entry if field == FILES[0] else {})}
            document = {
                "current-context": "a",
                "clusters": [{"name": "a", "cluster": cluster}],
                "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
                "users": [{"name": "a", "user": {} if field == FILES[0] else entry}],
            }
            path.write_text(json.dumps(document))
            with no_hang(1):
                assert re.search(why, read(path) or "") is not None, (field, place)


@pytest.mark.parametrize("content", ["token: [", "a: &a [*a]"])
def test_the_place_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config"
    path.write_text(f"{GOOD}{content}\n")
    assert f"{path}:13" in (read(path) or "") or f"{path}:14" in (read(path) or "")
