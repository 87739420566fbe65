# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The doors between this machine and the network of a cluster with real nodes: forward.py API_PORT WEB_PORT DNS HOLDER...

In: 127.0.0.1:API_PORT leads to the API server, and http://SERVICE.NAMESPACE.localhost:WEB_PORT/ to port 80 of a Service.
Out: nothing but what containerd pulls, through an HTTP proxy (method CONNECT, RFC 9110) on each node's own loopback, where pods don't come.
HOLDER: the process that holds a node's namespaces, the first node's first.

A socket stays in the network in which it was made, so that one process is enough: what listens here is made first.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import functools
import os
import random
import re
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, ThreadPoolExecutor

PROXY_PORT = 3128
_NEW_NETWORK = 0x40000000
_LONGEST_HEAD = 65536
_SECONDS = 10
Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter


def enter(network: int) -> None:
    """Make this thread's sockets in a network, given by a file descriptor, from now on."""
    if ctypes.CDLL(None, use_errno=True).setns(network, _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


async def pump(reader: Reader, writer: Writer) -> None:
    """All that comes, to the other side, until it ends."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except (OSError, RuntimeError):
        # One side is gone: neither has anything more to say.
        writer.close()


async def join(reader: Reader, writer: Writer, upstream: tuple[Reader, Writer], first: bytes = b"") -> None:
    back, forth = upstream
    forth.write(first)
    await asyncio.gather(pump(reader, forth), pump(back, writer))
    forth.close()


async def ask(name: str, server: str) -> str | None:
    """The address of a name, by DNS."""
    number = random.randrange(65536)
    question = b"".join(bytes([len(each)]) + each.encode() for each in name.split(".")) + b"\0\0\1\0\1"
    query = struct.pack("!HHHHHH", number, 0x100, 1, 0, 0, 0) + question
    reader, writer = await asyncio.open_connection(server, 53)
    writer.write(struct.pack("!H", len(query)) + query)
    (size,) = struct.unpack("!H", await reader.readexactly(2))
    response = await reader.readexactly(size)
    writer.close()
    answers = struct.unpack("!H", response[6:8])[0]
    return socket.inet_ntoa(response[12 + len(question) + 12 :][:4]) if answers else None


def refusal(code: str, why: str) -> bytes:
    return f"HTTP/1.1 {code}\r\nContent-Type: text/plain\r\nContent-Length: {len(why) + 1}\r\nConnection: close\r\n\r\n{why}\n".encode()


async def head(reader: Reader) -> bytes:
    return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _SECONDS)


async def web(reader: Reader, writer: Writer, dns: str) -> None:
    """One connection of a browser, which stays with one Service: browsers keep a connection for each host."""
    request = await head(reader)
    host = re.search(rb"(?im)^host:\s*([a-z0-9-]+)\.([a-z0-9-]+)\.localhost(?::\d+)?\s*$", request)
    if not host:
        writer.write(refusal("404 Not Found", "Services are at http://SERVICE.NAMESPACE.localhost, with this port"))
        return
    service, namespace = (each.decode().lower() for each in host.groups())
    try:
        address = await ask(f"{service}.{namespace}.svc.cluster.local", dns)
        upstream = await asyncio.open_connection(address, 80) if address else None
    except OSError as error:
        writer.write(refusal("502 Bad Gateway", f"The Service {service} in the namespace {namespace} does not answer: {error}"))
        return
    if upstream is None:
        writer.write(refusal("404 Not Found", f"There is no Service {service} in the namespace {namespace}"))
        return
    await join(reader, writer, upstream, request)


async def out(reader: Reader, writer: Writer, outside: Executor) -> None:
    request = await head(reader)
    asked = re.match(rb"CONNECT ([\w.-]+):(\d+) HTTP/1\.[01]\r\n", request)
    if not asked:
        writer.write(refusal("405 Method Not Allowed", "Only CONNECT is served"))
        return
    host, port = asked[1].decode(), int(asked[2])
    try:
        connect = functools.partial(socket.create_connection, (host, port), _SECONDS)
        connection = await asyncio.get_running_loop().run_in_executor(outside, connect)
    except OSError as error:
        # Go says nothing but the status of such an answer.
        writer.write(refusal(f"502 {host}:{port} can not be reached from this machine ({error})", "Bad gateway"))
        return
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await join(reader, writer, await asyncio.open_connection(sock=connection))


async def main() -> None:
    api_port, web_port, dns, *holders = sys.argv[1:]
    here = {name: socket.create_server(("127.0.0.1", int(port))) for name, port in (("api", api_port), ("web", web_port))}
    # Threads of its own stay in the machine's network.
    outside = ThreadPoolExecutor(4, initializer=functools.partial(enter, os.open("/proc/self/ns/net", os.O_RDONLY)))
    proxies = []
    for holder in reversed(holders):
        enter(os.open(f"/proc/{holder}/ns/net", os.O_RDONLY))
        proxies.append(socket.create_server(("127.0.0.1", PROXY_PORT)))

    # asyncio itself does not hold on to a connection of which one side has said all it has to say.
    connections: set[asyncio.Task[None] | None] = set()

    def serving(work: Callable[[Reader, Writer], Awaitable[None]]) -> Callable[[Reader, Writer], Awaitable[None]]:
        async def serve(reader: Reader, writer: Writer) -> None:
            task = asyncio.current_task()
            connections.add(task)
            with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError, asyncio.TimeoutError):
                await work(reader, writer)
            writer.close()
            connections.discard(task)

        return serve

    async def api(reader: Reader, writer: Writer) -> None:
        await join(reader, writer, await asyncio.open_connection("127.0.0.1", int(api_port)))

    await asyncio.start_server(serving(api), sock=here["api"])
    await asyncio.start_server(serving(lambda reader, writer: web(reader, writer, dns)), sock=here["web"], limit=_LONGEST_HEAD)
    for proxy in proxies:
        await asyncio.start_server(serving(lambda reader, writer: out(reader, writer, outside)), sock=proxy)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
