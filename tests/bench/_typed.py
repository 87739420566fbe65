"""The same lists through the typed API of the package kubernetes, as its documentation shows. Reads KUBECONFIG."""

from __future__ import annotations

from kubernetes import client, config  # type: ignore[import-not-found,unused-ignore]

config.load_kube_config()
core, storage = client.CoreV1Api(), client.StorageV1Api()
checked = {
    "version": client.VersionApi().get_code().git_version,
    "nodes": len(core.list_node().items),
    "namespaces": len(core.list_namespace().items),
    "storage classes": len(storage.list_storage_class().items),
    "ingress classes": len(client.NetworkingV1Api().list_ingress_class().items),
    "definitions": len(client.ApiextensionsV1Api().list_custom_resource_definition().items),
}
print(checked)
