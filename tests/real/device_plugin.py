# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A device plugin for kubelet, as vendors of GPUs have one: it advertises one device, and puts device files into the pod that gets it.

The interface: https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/. Its few messages are encoded
here, so that no compiler for them is needed.
"""

from __future__ import annotations

import contextlib
import threading
import typing as t
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path

import grpc

FOLDER = "var/lib/kubelet/device-plugins"
_VERSION = "v1beta1"


def _field(number: int, content: str | bytes) -> bytes:
    """A field with a text or a message (https://protobuf.dev/programming-guides/encoding/); none here has more than 127 bytes."""
    content = content.encode() if isinstance(content, str) else content
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


@contextlib.contextmanager
def device_plugin(root: Path, resource: str, files: dict[str, str]) -> Iterator[None]:
    """Runs the plugin on the node with this root folder. ``files``: those of the one device, by their path in the pod."""
    over = threading.Event()
    devices = _field(1, _field(1, "device-0") + _field(2, "Healthy"))
    specs = b"".join(_field(3, _field(1, path) + _field(2, source) + _field(3, "rw")) for path, source in files.items())

    def list_and_watch(_request: bytes, _context: t.Any) -> Iterator[bytes]:
        yield devices
        over.wait()

    methods = {
        "GetDevicePluginOptions": grpc.unary_unary_rpc_method_handler(lambda _request, _context: b""),
        "ListAndWatch": grpc.unary_stream_rpc_method_handler(list_and_watch),
        "Allocate": grpc.unary_unary_rpc_method_handler(lambda _request, _context: _field(1, specs)),
    }
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(f"{_VERSION}.DevicePlugin", methods)])
    server.add_insecure_port(f"unix:{root}/{FOLDER}/device.sock")
    server.start()
    try:
        with grpc.insecure_channel(f"unix:{root}/{FOLDER}/kubelet.sock") as kubelet:
            kubelet.unary_unary(f"/{_VERSION}.Registration/Register")(_field(1, _VERSION) + _field(2, "device.sock") + _field(3, resource))
        yield
    finally:
        over.set()
        server.stop(None).wait()
