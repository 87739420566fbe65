# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``ansible-playbook`` as a process of its own, without the time that Python takes to read Ansible in.

A server that has loaded Ansible and this collection forks for each run. A run has its own environment, folder and output, and ends as
usual; what Ansible reads of the environment while it is loaded (``ANSIBLE_...``, and ``HOME`` for its temporary files) is the server's.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import typing as t
import warnings
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
Json = dict[str, t.Any]


class Server:
    """What the tests have of it."""

    def __init__(self, address: str) -> None:
        self._address = address

    def run(self, argv: list[str], cwd: Path, env: dict[str, str], seconds: float) -> tuple[int, str]:
        """The exit code and the output; ``subprocess.TimeoutExpired`` after so many seconds."""
        with tempfile.TemporaryFile() as output, socket.socket(socket.AF_UNIX) as channel:
            channel.settimeout(seconds)
            channel.connect(self._address)
            request = json.dumps({"argv": argv, "cwd": str(cwd), "env": env}).encode()
            socket.send_fds(channel, [len(request).to_bytes(4, "big")], [output.fileno()])
            channel.sendall(request)
            pid = int.from_bytes(_received(channel, 4), "big")
            try:
                code = _received(channel, 1)
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(argv, seconds) from None
            output.seek(0)
            return code[0], output.read().decode("utf-8", "replace")


@contextlib.contextmanager
def server(folder: Path) -> Iterator[Server]:
    """It works while the ``with`` statement lasts; ``folder`` is its home."""
    # The path of a socket may not be longer than some hundred characters.
    with tempfile.TemporaryDirectory() as short:
        address = f"{short}/ansible"
        env = {
            "HOME": str(folder),
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        }
        argv = [sys.executable, "-P", __file__, address]
        with subprocess.Popen(argv, env=env, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n"
                yield Server(address)
            finally:
                process.kill()


def _received(channel: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        part = channel.recv(size - len(content))
        assert part, "the run was killed"
        content += part
    return content


# --- the server


def _load() -> None:
    """Import what a run of each playbook imports: a first run, of a playbook that does nothing, says what."""
    import ansible.cli.playbook  # noqa: F401
    from ansible.plugins.loader import filter_loader, init_plugin_loader, test_loader

    init_plugin_loader([])
    # Each run will say that it has been done.
    warnings.filterwarnings("ignore", message="AnsibleCollectionFinder has already been configured")
    reading, writing = os.pipe()
    playbook = Path("empty.yml")
    tasks = [{"ansible.builtin.set_fact": {"a": "{{ 1 + 1 }}"}}, {"ansible.builtin.assert": {"that": "a == 2"}}]
    playbook.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]))
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = _cli(["ansible-playbook", str(playbook)])
        os.write(writing, json.dumps(sorted(sys.modules)).encode())
        os._exit(code)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        names = json.loads(pipe.read())
    assert os.waitpid(pid, 0)[1] == 0
    ours = "ansible_collections.kubeflow.bootstrap.plugins"
    names += [f"{ours}.modules.{path.stem}" for path in (ROOT / "plugins" / "modules").glob("[a-z]*.py")]
    for name in (*names, f"{ours}.action.in_process"):
        # Plugins that were loaded by their path have names that nobody can import.
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    list(filter_loader.all())
    list(test_loader.all())


def _cli(argv: list[str]) -> int:
    from ansible.cli.playbook import PlaybookCLI

    sys.argv = argv
    try:
        PlaybookCLI.cli_executor(argv)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _work(channel: socket.socket) -> None:
    """One run, in a process of its own."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, descriptors, _flags, _address = socket.recv_fds(channel, 4, 1)
    request = json.loads(_received(channel, int.from_bytes(size, "big")))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(descriptors[0], 1)
    os.dup2(descriptors[0], 2)
    os.close(descriptors[0])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    channel.sendall(os.getpid().to_bytes(4, "big"))
    code = _cli(request["argv"])
    channel.sendall(bytes([code]))


def _serve(address: str) -> None:
    # Who has ended is nobody's concern: the answer says how.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        print("ready", flush=True)
        # Nothing comes from there but the end: it is there with the tests, however they end.
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            channel, _address = listener.accept()
            if os.fork() == 0:
                try:
                    listener.close()
                    _work(channel)
                finally:
                    # Not what the server would do at its end: its temporary files are in use.
                    os._exit(1)
            channel.close()


if __name__ == "__main__":
    _load()
    _serve(sys.argv[1])
