#!/usr/bin/env python3
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stands in for TensorFlow Serving: its command line, its versions, and its REST API (https://www.tensorflow.org/tfx/serving/api_rest).

A version of a model is a folder VERSION with a file model.json, ``{"factor": 0.5, "offset": 2}``: what is predicted of a number is
``factor * number + offset``, as by TensorFlow's example half_plus_two. The port of gRPC is open, and nothing is served there.
"""

from __future__ import annotations

import argparse
import http.server
import json
import re
import socket
import sys
import time
from pathlib import Path


def newest(base: Path) -> tuple[str, dict[str, float]] | None:
    """The highest version, which alone is served, and its numbers."""
    versions = sorted((int(each.parent.name) for each in base.glob("*/model.json") if each.parent.name.isdigit()), reverse=True)
    return (str(versions[0]), json.loads((base / str(versions[0]) / "model.json").read_text())) if versions else None


class Model(http.server.BaseHTTPRequestHandler):
    name: str
    version: str
    numbers: dict[str, float]

    def do_GET(self) -> None:
        if not self._asked(""):
            return
        status = {"error_code": "OK", "error_message": ""}
        self._answer(200, {"model_version_status": [{"version": self.version, "state": "AVAILABLE", "status": status}]})

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self._asked(":predict"):
            return
        try:
            instances = json.loads(content)["instances"]
            predictions = [self.numbers["factor"] * each + self.numbers["offset"] for each in instances]
        except (ValueError, KeyError, TypeError) as error:
            self._answer(400, {"error": f"Not a list of numbers under instances: {error}"})
        else:
            self._answer(200, {"predictions": predictions})

    def _asked(self, verb: str) -> bool:
        """Whether the path is that of the model; otherwise it is answered."""
        known = re.fullmatch(rf"/v1/models/{re.escape(self.name)}(/versions/{self.version})?{verb}", self.path)
        if not known:
            self._answer(404, {"error": f"Servable not found for request: {self.path}"})
        return bool(known)

    def _answer(self, status: int, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--port", type=int, default=8500)
    parser.add_argument("--rest_api_port", type=int, default=8501)
    parser.add_argument("--model_name", default="default")
    parser.add_argument("--model_base_path", required=True, type=Path)
    options = parser.parse_args()
    grpc = socket.create_server(("", options.port))
    while not (found := newest(options.model_base_path)):
        print(f"No versions of servable {options.model_name} found under base path {options.model_base_path}", file=sys.stderr, flush=True)
        time.sleep(1)
    Model.name, (Model.version, Model.numbers) = options.model_name, found
    with grpc, http.server.ThreadingHTTPServer(("", options.rest_api_port), Model) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
