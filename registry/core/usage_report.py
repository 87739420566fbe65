# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sends one report: a random id, the version of Kubernetes, and how many nodes there are. Nothing else leaves the cluster."""

import json
import os
import ssl
import urllib.request
from pathlib import Path

CONFIG = Path(os.environ.get("USAGE_CONFIG", "/etc/kubeflow"))
ACCOUNT = Path(os.environ.get("USAGE_ACCOUNT", "/var/run/secrets/kubernetes.io/serviceaccount"))


def ask(path):
    """An answer of the API server, as data."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    host = f"[{host}]" if ":" in host else host
    headers = {"Authorization": f"Bearer {(ACCOUNT / 'token').read_text().strip()}", "Accept": "application/json"}
    request = urllib.request.Request(f"https://{host}:{port}{path}", headers=headers)
    context = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    # Not through a proxy: the API server is in the cluster.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)


def report():
    """What is sent."""
    nodes = ask("/api/v1/nodes?limit=1")
    return {
        "id": (CONFIG / "usage-id").read_text().strip(),
        "kubernetes": ask("/version")["gitVersion"],
        # With limit=1 the list names one node and says how many are left; the field is missing where there is one.
        "nodes": len(nodes["items"]) + (nodes["metadata"].get("remainingItemCount") or 0),
    }


def send(url, content):
    body = json.dumps(content).encode()
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"}, method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        print(f"sent {body.decode()}: {answer.status}")


if __name__ == "__main__":
    send((CONFIG / "usage-url").read_text().strip(), report())
