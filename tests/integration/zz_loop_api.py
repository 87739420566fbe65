import time
from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import *
from ansible_collections.kubeflow.bootstrap.tests.integration.test_api_versions import operators, present, absent, Options
def test_loop(cluster):
    each = cluster(name="loop")
    items = [("c", i) for i in operators() if i["kind"] == "CustomResourceDefinition"]
    times, reminded = [], 0
    with each.client() as client:
        end = time.time() + 70
        while time.time() < end:
            present(client, "old", "default", items, Options(timeout=0, progress=lambda l: None))
            s = time.time(); absent(client, "old", "default", Options(timeout=30, progress=lambda l: None)); times.append(time.time() - s)
    print("rounds", len(times), "max", max(times), "over 2s:", sum(x > 2 for x in times))
