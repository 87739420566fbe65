# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Volumes on real nodes: volumes.py SERVER PKI CLIENT NODES. What a cluster needs of Rancher's local-path provisioner.

A PVC that waits for its first pod gets a folder on the node that the scheduler chose; it goes with the PVC. With the other
provisioner the folder is this machine's, so that all nodes see it.
"""

from __future__ import annotations

import datetime
import shutil
import sys
import threading
from pathlib import Path

import kube

PROVISIONER = "rancher.io/local-path"
SHARED = "kubeflow.bootstrap/shared-folder"
PLACE = "/var/lib/local-path"
"""On a node."""
_NODE = "volume.kubernetes.io/selected-node"
_BY = "pv.kubernetes.io/provisioned-by"
_MODES = {"ReadWriteOnce", "ReadWriteOncePod"}
Objects = dict[tuple[str, str], kube.Json]


class Provisioner:
    """``nodes``: the folder with a folder for each node, where its /var is."""

    def __init__(self, api: kube.Api, nodes: Path) -> None:
        self._api = api
        self._nodes = nodes
        self._told: set[tuple[str, str]] = set()

    def claims(self, claims: Objects) -> None:
        for claim in claims.values():
            node = (claim["metadata"].get("annotations") or {}).get(_NODE)
            if claim["status"]["phase"] != "Pending" or not node or claim["spec"].get("volumeName"):
                continue
            storage = self._api.ask("GET", f"/apis/storage.k8s.io/v1/storageclasses/{claim['spec']['storageClassName']}")
            if storage["provisioner"] in (PROVISIONER, SHARED):
                self._provide(claim, node, storage)

    def _provide(self, claim: kube.Json, node: str, storage: kube.Json) -> None:
        shared = storage["provisioner"] == SHARED
        wrong = sorted(set(claim["spec"]["accessModes"]) - _MODES)
        if wrong and not shared:
            self._fail(claim, f"a folder of one node can't be {wrong[0]}")
            return
        made = volume(claim, storage, str(self._nodes.parent / "shared") if shared else PLACE, None if shared else node)
        try:
            self._folder(made).mkdir(parents=True, exist_ok=True)
            self._folder(made).chmod(0o777)
        except OSError as error:
            self._fail(claim, str(error))
            raise
        try:
            self._api.ask("POST", "/api/v1/persistentvolumes", made)
        except kube.Refused as error:
            if error.code != 409:
                raise

    def volumes(self, volumes: Objects) -> None:
        for each in volumes.values():
            ours = (each["metadata"].get("annotations") or {}).get(_BY) in (PROVISIONER, SHARED)
            released = each["status"].get("phase") == "Released" and each["spec"]["persistentVolumeReclaimPolicy"] == "Delete"
            if ours and released and not each["metadata"].get("deletionTimestamp"):
                shutil.rmtree(self._folder(each), ignore_errors=True)
                self._api.ask("DELETE", f"/api/v1/persistentvolumes/{each['metadata']['name']}")

    def _folder(self, made: kube.Json) -> Path:
        """Where the folder of a volume is on this machine."""
        path = str(made["spec"]["hostPath"]["path"])
        if "nodeAffinity" not in made["spec"]:
            return Path(path)
        (term,) = made["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
        return self._nodes / term["matchExpressions"][0]["values"][0] / path.lstrip("/")

    def _fail(self, claim: kube.Json, why: str) -> None:
        metadata = claim["metadata"]
        if (metadata["uid"], why) in self._told:
            return
        self._told.add((metadata["uid"], why))
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": f"{metadata['name']}.", "namespace": metadata["namespace"]},
            "involvedObject": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                **{key: metadata[key] for key in ("name", "namespace", "uid")},
            },
            "type": "Warning",
            "reason": "ProvisioningFailed",
            "message": f'failed to provision volume with StorageClass "{claim["spec"]["storageClassName"]}": {why}',
            "source": {"component": PROVISIONER},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        self._api.ask("POST", f"/api/v1/namespaces/{metadata['namespace']}/events", event)


def volume(claim: kube.Json, storage: kube.Json, place: str, node: str | None) -> kube.Json:
    """The volume for a PVC, a folder in ``place``: of one node, or of all with ``None``."""
    metadata = claim["metadata"]
    name = f"pvc-{metadata['uid']}"
    at = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    affinity = {"nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [at]}]}}}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {_BY: storage["provisioner"]}},
        "spec": {
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "accessModes": claim["spec"]["accessModes"],
            "volumeMode": "Filesystem",
            "storageClassName": claim["spec"]["storageClassName"],
            "persistentVolumeReclaimPolicy": storage.get("reclaimPolicy", "Delete"),
            "hostPath": {"path": f"{place}/{name}_{metadata['namespace']}_{metadata['name']}", "type": "DirectoryOrCreate"},
            **(affinity if node else {}),
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                **{key: metadata[key] for key in ("name", "namespace", "uid", "resourceVersion")},
            },
        },
    }


def main() -> None:
    server, pki, client, nodes = sys.argv[1:]
    api = kube.Api(server, pki, client)
    provisioner = Provisioner(api, Path(nodes))
    threading.Thread(target=api.follow, args=("/api/v1/persistentvolumes", provisioner.volumes), daemon=True).start()
    api.follow("/api/v1/persistentvolumeclaims", provisioner.claims)


if __name__ == "__main__":
    main()
