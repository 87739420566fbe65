"""The lower bound: what the facts are made of, asked for with the standard library alone, parsed, and only counted.

Usage: python _bound.py KUBECONFIG    (one of a local cluster, which is JSON)
"""

from __future__ import annotations

import base64
import concurrent.futures
import http.client
import json
import ssl
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import quote, urlsplit

DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
ASKED = (
    ("/api/v1/nodes", "application/json"),
    ("/api/v1/pods", "application/json"),
    ("/api/v1/namespaces", METADATA),
    ("/apis/storage.k8s.io/v1/storageclasses", "application/json"),
    ("/apis/storage.k8s.io/v1/csidrivers", "application/json"),
    ("/apis/networking.k8s.io/v1/ingressclasses", "application/json"),
    ("/apis", DISCOVERY),
    ("/api", DISCOVERY),
    ("/version", "application/json"),
)


def main(path: str) -> None:
    config = json.loads(Path(path).read_text(encoding="utf-8"))
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    context = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    with tempfile.NamedTemporaryFile("wb") as pair:
        pair.write(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
        pair.flush()
        context.load_cert_chain(pair.name)
    server, local = urlsplit(cluster["server"]), threading.local()

    def count(asked: tuple[str, str]) -> int:
        path, accept = asked
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPSConnection(server.hostname or "", server.port, context=context)
        items, token = 0, ""
        while True:
            query = f"?limit=500&continue={quote(token)}" if token else "?limit=500"
            local.connection.request("GET", path + query, headers={"Accept": accept})
            page = json.loads(local.connection.getresponse().read())
            items += len(page.get("items") or [page])
            token = page.get("metadata", {}).get("continue")
            if not token:
                return items

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        print(dict(zip([path for path, _accept in ASKED], pool.map(count, ASKED), strict=True)))


if __name__ == "__main__":
    main(sys.argv[1])
