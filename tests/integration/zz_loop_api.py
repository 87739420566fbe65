import time, json
from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import *
from ansible_collections.kubeflow.bootstrap.tests.integration.test_api_versions import definition, bring_up, served, operators
import pytest
@pytest.mark.parametrize("how", ["Foreground", "Background"])
def test_loop(cluster, how):
    each = cluster(name="loop")
    stuck = 0
    with each.client() as client:
        apis = served(client)
        items = [i for _c, i in bring_up([("c", o) for o in operators()], apis)[0] if i["kind"] == "CustomResourceDefinition"]
        root = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"
        end = time.time() + 75
        n = 0
        while time.time() < end and stuck < 3:
            n += 1
            names = [i["metadata"]["name"] for i in items]
            client.map(lambda i: client.apply(root + i["metadata"]["name"], i, "t"), items)
            time.sleep(0.3)
            client.map(lambda name: client.delete(root + name, {"propagationPolicy": how}), names)
            s = time.time()
            while True:
                left = [i for i in client.items(root.rstrip("/"))]
                if not left: break
                if time.time() - s > 8:
                    stuck += 1
                    print("STUCK", n, [(i["metadata"]["name"], i["metadata"]["finalizers"], i["metadata"]["managedFields"][-1]["time"], i["metadata"]["resourceVersion"], [(c["type"], c["status"], c.get("reason"), c["message"], c["lastTransitionTime"]) for c in i["status"]["conditions"]]) for i in left])
                    suffix = str(n)
                    # go on with other names
                    for i in left:
                        client.request("PATCH", root + i["metadata"]["name"], body={"metadata": {"annotations": {"touch": suffix}}}, content_type="application/merge-patch+json")
                    s = time.time()
                time.sleep(0.05)
        print(how, "rounds", n, "stuck", stuck)
