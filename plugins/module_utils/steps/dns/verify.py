# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a name leads to an address, as this machine or a name server sees it, within a bound."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable

from ...errors import BootstrapError, missing_library
from .name import version_of

try:
    import dns.exception
    import dns.resolver
except ImportError:
    dns = None  # type: ignore[assignment]

_ANSWER_SECONDS = 5.0


class Unresolved(Exception):
    """Why a name has no addresses, in words."""


def verify(hostname: str, addresses: Iterable[str], seconds: float, nameserver: str | None, say: Callable[[str], None]) -> tuple[bool, str]:
    """Whether the name leads to all addresses before ``seconds`` are over, and a sentence about it. Asks at least once.

    ``nameserver``: an IP address with or without a port; ``None`` for the resolver of this machine.
    """
    start = time.monotonic()
    end, pause, reported = start + seconds, 0.2, start
    expected = list(addresses)
    who = f"the name server {nameserver}" if nameserver else "this machine's resolver"
    while True:
        limit = max(min(_ANSWER_SECONDS, end - time.monotonic()), 1.0)
        resolved, why = _resolved(hostname, nameserver, limit)
        targets = {
            each for address in expected for each in ([address] if version_of(address) else _resolved(address, nameserver, limit)[0])
        }
        if resolved and targets and targets <= resolved:
            return True, f"{hostname} leads to {', '.join(sorted(resolved))}, says {who}."
        state = f"it leads to {', '.join(sorted(resolved))}" if resolved else why
        passed = time.monotonic() - start
        if time.monotonic() + pause > end:
            return False, f"{hostname} does not lead to {', '.join(expected)} after {passed:.0f} s: {state}, says {who}."
        if time.monotonic() - reported > 2.0:
            reported = time.monotonic()
            say(f"waiting for {hostname} to lead to {', '.join(expected)} ({passed:.0f} s): {state}")
        time.sleep(pause)
        pause = min(pause * 1.5, 5.0)


def _resolved(hostname: str, nameserver: str | None, seconds: float) -> tuple[set[str], str]:
    try:
        return (_ask(hostname, nameserver, seconds) if nameserver else _resolve(hostname, seconds)), ""
    except Unresolved as error:
        return set(), str(error)


def _resolve(hostname: str, seconds: float) -> set[str]:
    """getaddrinfo has no time limit, so it is left behind in a thread of its own."""
    addresses: list[set[str]] = []
    errors: list[str] = []

    def work() -> None:
        try:
            addresses.append({str(each[4][0]) for each in socket.getaddrinfo(hostname, None, type=socket.SOCK_STREAM)})
        except (OSError, UnicodeError) as error:
            errors.append(getattr(error, "strerror", None) or str(error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if addresses:
        return addresses[0]
    raise Unresolved(errors[0] if errors else f"no answer within {seconds:.0f} s")


def _ask(hostname: str, nameserver: str, seconds: float) -> set[str]:
    if dns is None:
        raise missing_library("To ask a name server", "dnspython")
    resolver = dns.resolver.Resolver(configure=False)
    address, resolver.port = server(nameserver)
    resolver.nameservers = [address]
    addresses: set[str] = set()
    try:
        for kind in ("A", "AAAA"):
            answer = resolver.resolve(f"{hostname}.", kind, raise_on_no_answer=False, lifetime=seconds)
            addresses |= {record.address for record in answer}
    except dns.resolver.NXDOMAIN:
        raise Unresolved("there is no such name") from None
    except dns.resolver.LifetimeTimeout:
        raise Unresolved(f"no answer within {seconds:.0f} s") from None
    except dns.exception.DNSException as error:
        raise Unresolved(str(error).rstrip(".")) from None
    if not addresses:
        raise Unresolved("there is no address of that name")
    return addresses


def server(text: str) -> tuple[str, int]:
    """``192.0.2.1``, ``192.0.2.1:5353``, ``2001:db8::1`` or ``[2001:db8::1]:5353`` as address and port."""
    host, _colon, port = text.strip().rpartition(":") if text.count(":") == 1 or "]:" in text else (text.strip(), "", "53")
    host = host.strip("[]")
    if version_of(host) is None or not port.isdigit() or not 0 < int(port) < 65536:
        raise BootstrapError(
            f"{text!r} is not the address of a name server.", fix="Set nameserver to an IP address, with or without a port."
        )
    return host, int(port)
