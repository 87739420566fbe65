# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The exec endpoint of an API server, for one connection after the other: RFC 6455, and the streams of v4.channel.k8s.io."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import struct
import threading
import typing as t
from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl, urlsplit

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
Json = dict[str, t.Any]
Frames = Iterable[tuple[int, bytes]]
"""Stream and content; ``RAW``: what is sent as it is."""
RAW = -1


class ExecServer:
    """``work`` gets the first line of the input, and returns what is sent; ``None`` instead of a list: the connection is cut.

    ``refusal``: an HTTP status and a Status that are answered in place of a WebSocket.
    """

    def __init__(self, work: Callable[[str], Frames | None], refusal: tuple[int, Json] | None = None) -> None:
        self._work, self._refusal = work, refusal
        self.commands: list[list[str]] = []
        self.headers: list[dict[str, str]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _address = self._listener.accept()
            except OSError:
                return
            with sock, contextlib.suppress(OSError):
                self._serve(sock, sock.makefile("rb"))

    def _serve(self, sock: socket.socket, file: t.Any) -> None:
        target = file.readline().decode().split()[1]
        lines = iter(lambda: file.readline().decode().strip(), "")
        headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
        self.headers.append(headers)
        self.commands.append([value for name, value in parse_qsl(urlsplit(target).query) if name == "command"])
        if self._refusal:
            code, body = self._refusal
            content = json.dumps({"kind": "Status", **body}).encode()
            sock.sendall(b"HTTP/1.1 %d No\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (code, len(content)) + content)
            return
        accept = base64.b64encode(hashlib.sha1((headers["sec-websocket-key"] + _GUID).encode(), usedforsecurity=False).digest()).decode()
        sock.sendall(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: {headers['sec-websocket-protocol']}\r\n\r\n".encode()
        )
        text = b""
        while b"\n" not in text:
            text += _read(file)[1:]
        frames = self._work(text.decode())
        for stream, content in frames or []:
            sock.sendall(content if stream == RAW else _frame(2, bytes([stream]) + content))
        if frames is not None:
            sock.sendall(_frame(8, struct.pack("!H", 1000)))

    def close(self) -> None:
        self._listener.close()


def _read(file: t.Any) -> bytes:
    """The content of one frame of a client, which is masked."""
    _head, length = file.read(2)
    size = length & 0x7F
    if size > 125:
        size = struct.unpack("!H" if size == 126 else "!Q", file.read(2 if size == 126 else 8))[0]
    mask = file.read(4)
    return bytes(byte ^ mask[index % 4] for index, byte in enumerate(file.read(size)))


def _frame(opcode: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 126 else b"\x7e" + struct.pack("!H", size) if size < 2**16 else b"\x7f" + struct.pack("!Q", size)
    return bytes([0x80 | opcode]) + length + content
