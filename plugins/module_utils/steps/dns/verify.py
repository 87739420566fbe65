# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a name leads to an address, as this machine or a name server sees it, within a bound. Private to the collection.

https://www.rfc-editor.org/rfc/rfc1035 (messages of DNS), https://www.rfc-editor.org/rfc/rfc3596 (AAAA)
"""

from __future__ import annotations

import ipaddress
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable

from ...errors import BootstrapError
from .name import version_of

_ANSWER_SECONDS = 5.0
_A, _AAAA = 1, 28
_REFUSALS = {
    1: "the question is malformed",
    2: "the name server failed",
    3: "there is no such name",
    5: "the name server refuses",
}


class Unresolved(Exception):
    """Why nothing was found, in words."""


def verify(hostname: str, addresses: Iterable[str], seconds: float, nameserver: str | None, say: Callable[[str], None]) -> tuple[bool, str]:
    """Whether the name leads to all addresses before ``seconds`` are over, and a sentence about it. Asks at least once.

    ``nameserver``: an IP address with or without a port; ``None`` for the resolver of this machine.
    """
    start = time.monotonic()
    end, pause, said = start + seconds, 0.2, start
    wanted = list(addresses)
    who = f"the name server {nameserver}" if nameserver else "this machine's resolver"
    while True:
        limit = max(min(_ANSWER_SECONDS, end - time.monotonic()), 1.0)
        found, why = _found(hostname, nameserver, limit)
        targets = {each for address in wanted for each in ([address] if version_of(address) else _found(address, nameserver, limit)[0])}
        if found and targets and targets <= found:
            return True, f"{hostname} leads to {', '.join(sorted(found))}, says {who}."
        state = f"it leads to {', '.join(sorted(found))}" if found else why
        passed = time.monotonic() - start
        if time.monotonic() + pause > end:
            return False, f"{hostname} does not lead to {', '.join(wanted)} after {passed:.0f} s: {state}, says {who}."
        if time.monotonic() - said > 2.0:
            said = time.monotonic()
            say(f"waiting for {hostname} to lead to {', '.join(wanted)} ({passed:.0f} s): {state}")
        time.sleep(pause)
        pause = min(pause * 1.5, 5.0)


def _found(hostname: str, nameserver: str | None, seconds: float) -> tuple[set[str], str]:
    try:
        return (_ask(hostname, nameserver, seconds) if nameserver else _resolve(hostname, seconds)), ""
    except Unresolved as error:
        return set(), str(error)


def _resolve(hostname: str, seconds: float) -> set[str]:
    """getaddrinfo knows no time limit, so it is left behind in a thread of its own."""
    found: list[set[str]] = []
    failed: list[str] = []

    def work() -> None:
        try:
            found.append({str(each[4][0]) for each in socket.getaddrinfo(hostname, None, type=socket.SOCK_STREAM)})
        except (OSError, UnicodeError) as error:
            failed.append(getattr(error, "strerror", None) or str(error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if found:
        return found[0]
    raise Unresolved(failed[0] if failed else f"no answer within {seconds:.0f} s")


def _ask(hostname: str, nameserver: str, seconds: float) -> set[str]:
    address = server(nameserver)
    found: set[str] = set()
    for kind in (_A, _AAAA):
        question = secrets.token_bytes(2) + struct.pack(">HHHHH", 0x0100, 1, 0, 0, 0)  # recursion desired, one question
        question += b"".join(bytes([len(label)]) + label.encode("ascii") for label in hostname.split("."))
        question += b"\0" + struct.pack(">HH", kind, 1)
        found |= _answer(question, address, seconds)
    if not found:
        raise Unresolved("there is no address of that name")
    return found


def _answer(question: bytes, address: tuple[str, int], seconds: float) -> set[str]:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    end = time.monotonic() + seconds
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as channel:
            channel.connect(address)
            channel.send(question)
            while True:
                channel.settimeout(max(end - time.monotonic(), 0.01))
                message = channel.recv(4096)
                if message[:2] == question[:2]:
                    break
    except TimeoutError:
        raise Unresolved(f"no answer within {seconds:.0f} s") from None
    except OSError as error:
        raise Unresolved(f"it can't be asked ({error.strerror or error})") from None
    try:
        return _addresses(message)
    except (struct.error, IndexError, ValueError):
        raise Unresolved("its answer can't be read") from None


def _addresses(message: bytes) -> set[str]:
    _id, flags, questions, answers = struct.unpack(">HHHH", message[:8])
    code = flags & 0xF
    if code:
        raise Unresolved(_REFUSALS.get(code, f"the name server refuses with code {code}"))
    place = 12
    for _each in range(questions):
        place = _after_name(message, place) + 4
    found: set[str] = set()
    for _each in range(answers):
        place = _after_name(message, place)
        kind, _class, _ttl, length = struct.unpack(">HHIH", message[place : place + 10])
        place += 10
        if kind in (_A, _AAAA):
            found.add(str(ipaddress.ip_address(message[place : place + length])))
        place += length
    return found


def _after_name(message: bytes, place: int) -> int:
    while True:
        length = message[place]
        if length >= 0xC0:  # the rest stands elsewhere
            return place + 2
        place += 1 + length
        if not length:
            return place


def server(text: str) -> tuple[str, int]:
    """``192.0.2.1``, ``192.0.2.1:5353``, ``2001:db8::1`` or ``[2001:db8::1]:5353`` as address and port."""
    host, _colon, port = text.strip().rpartition(":") if text.count(":") == 1 or "]:" in text else (text.strip(), "", "53")
    host = host.strip("[]")
    if version_of(host) is None or not port.isdigit() or not 0 < int(port) < 65536:
        raise BootstrapError(
            f"{text!r} is not the address of a name server.", fix="Set nameserver to an IP address, with or without a port."
        )
    return host, int(port)
