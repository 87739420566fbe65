# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of Services and of pods behind headless Services, by DNS: names.py SERVER PKI CLIENT ADDRESS.

What pods need of CoreDNS, which takes half an hour to compile. Names outside the cluster are refused at once.
"""

from __future__ import annotations

import socket
import socketserver
import struct
import sys
import threading

import kube

DOMAIN = "cluster.local"
_TTL = 5
_A, _IN = 1, 1
_NO_ERROR, _NO_SUCH_NAME, _REFUSED = 0, 3, 5
_AUTHORITATIVE_ANSWER = 0x8580
Objects = dict[tuple[str, str], kube.Json]


class Names:
    """Addresses by name, as the API server has them."""

    def __init__(self) -> None:
        self._services: Objects = {}
        self._slices: Objects = {}
        self._addresses: dict[str, list[str]] = {}
        self._lock = threading.Lock()

    def services(self, services: Objects) -> None:
        with self._lock:
            self._services = dict(services)
            self._addresses = table(self._services, self._slices)

    def slices(self, slices: Objects) -> None:
        with self._lock:
            self._slices = dict(slices)
            self._addresses = table(self._services, self._slices)

    def answer(self, query: bytes) -> bytes:
        return answer(query, self._addresses)


def table(services: Objects, slices: Objects) -> dict[str, list[str]]:
    """The addresses of each name; a name without any exists, too."""
    addresses: dict[str, list[str]] = {DOMAIN: [], f"svc.{DOMAIN}": []}
    for (namespace, name), service in services.items():
        addresses[f"{namespace}.svc.{DOMAIN}"] = []
        address = service["spec"].get("clusterIP")
        addresses[f"{name}.{namespace}.svc.{DOMAIN}"] = [address] if address and address != "None" else []
    for (namespace, _name), each in slices.items():
        name = (each["metadata"].get("labels") or {}).get("kubernetes.io/service-name", "")
        service = services.get((namespace, name))
        if service is None or service["spec"].get("clusterIP") != "None" or each["addressType"] != "IPv4":
            continue
        early = service["spec"].get("publishNotReadyAddresses", False)
        for endpoint in each.get("endpoints") or []:
            if early or (endpoint.get("conditions") or {}).get("ready") is not False:
                addresses[f"{name}.{namespace}.svc.{DOMAIN}"] += endpoint["addresses"]
                if endpoint.get("hostname"):
                    addresses.setdefault(f"{endpoint['hostname']}.{name}.{namespace}.svc.{DOMAIN}", []).extend(endpoint["addresses"])
    return addresses


def answer(query: bytes, addresses: dict[str, list[str]]) -> bytes:
    """The answer to one question (RFC 1035): addresses of version 4; there are no others, nor other records."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii", "replace"))
        at += query[at] + 1
    (kind,) = struct.unpack("!H", query[at + 1 : at + 3])
    name = ".".join(labels).lower()
    known = addresses.get(name)
    inside = name == DOMAIN or name.endswith(f".{DOMAIN}")
    code = _NO_ERROR if known is not None else _NO_SUCH_NAME if inside else _REFUSED
    records = [b"\xc0\x0c" + struct.pack("!HHIH", _A, _IN, _TTL, 4) + socket.inet_aton(each) for each in known or () if kind == _A]
    header = query[:2] + struct.pack("!HHHHH", _AUTHORITATIVE_ANSWER | code, 1, len(records), 0, 0)
    return header + query[12 : at + 5] + b"".join(records)


def serve(names: Names, address: str) -> None:
    class Udp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            query, sock = self.request
            sock.sendto(names.answer(query), self.client_address)

    class Tcp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            (size,) = struct.unpack("!H", self.rfile.read(2))
            response = names.answer(self.rfile.read(size))
            self.wfile.write(struct.pack("!H", len(response)) + response)

    socketserver.ThreadingTCPServer.allow_reuse_address = True
    servers = (socketserver.ThreadingUDPServer((address, 53), Udp), socketserver.ThreadingTCPServer((address, 53), Tcp))
    for server in servers:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()


def main() -> None:
    server, pki, client, address = sys.argv[1:]
    api, names = kube.Api(server, pki, client), Names()
    serve(names, address)
    threading.Thread(target=api.follow, args=("/apis/discovery.k8s.io/v1/endpointslices", names.slices), daemon=True).start()
    api.follow("/api/v1/services", names.services)


if __name__ == "__main__":
    main()
