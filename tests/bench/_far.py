"""A way to the API server that takes its time: a TCP proxy that holds back all it gets for half of the round trip.

Usage: python _far.py PORT SECONDS    prints its own port, and runs until its standard input ends
"""

from __future__ import annotations

import contextlib
import queue
import socket
import sys
import threading
import time

_PIECE = 1 << 18


def forward(source: socket.socket, target: socket.socket, seconds: float) -> None:
    """Each piece leaves so many seconds after it came; what follows is read meanwhile."""
    held: queue.Queue[tuple[float, bytes]] = queue.Queue()

    def send() -> None:
        with contextlib.suppress(OSError):
            while True:
                due, piece = held.get()
                time.sleep(max(due - time.monotonic(), 0))
                if not piece:
                    target.shutdown(socket.SHUT_WR)
                    return
                target.sendall(piece)

    threading.Thread(target=send, daemon=True).start()
    piece = b"-"
    while piece:
        try:
            piece = source.recv(_PIECE)
        except OSError:
            piece = b""
        held.put((time.monotonic() + seconds, piece))


def accept(listener: socket.socket, port: int, seconds: float) -> None:
    while True:
        near, _address = listener.accept()
        threading.Thread(target=_connect, args=(near, port, seconds), daemon=True).start()


def _connect(near: socket.socket, port: int, seconds: float) -> None:
    # The handshake of TCP is a round trip too.
    time.sleep(seconds)
    far = socket.create_connection(("127.0.0.1", port))
    for each in (near, far):
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for pair in ((near, far), (far, near)):
        threading.Thread(target=forward, args=(*pair, seconds), daemon=True).start()


if __name__ == "__main__":
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)
    threading.Thread(target=accept, args=(server, int(sys.argv[1]), float(sys.argv[2]) / 2), daemon=True).start()
    sys.stdin.read()
