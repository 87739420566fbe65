# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cloud, as the whole of Ansible tells it: nodes of real clusters, metadata servers and logins that the test made up."""

from __future__ import annotations

import json
import socket

import pytest
from ansible_collections.kubeflow.bootstrap.tests.absent import NOBODY

from tests.unit.conftest import Answer, Server

SECRET = "4fGh7Kq2Zx9Lm5RtWw"


@pytest.fixture
def metadata():
    """Google's metadata server, on loopback."""
    server = Server()
    values = {
        "project/project-id": "my-project",
        "instance/zone": "projects/42/zones/us-central1-a",
        "instance/service-accounts/default/email": "node@my-project.iam.gserviceaccount.com",
        "instance/service-accounts/default/token": SECRET,
        "instance/attributes/cluster-name": "another",
    }
    for path, value in values.items():
        server.routes[f"/computeMetadata/v1/{path}"] = Answer(value.encode(), headers=[("Metadata-Flavor", "Google")])
    yield server
    server.close()


def looks(user):
    """What the facts playbook finds out about the cloud."""
    user.play("facts").well()
    return user.report()["facts"]["cloud"]


def at(host):
    return {
        "GCE_METADATA_HOST": host,
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://{host}",
        "KUBEFLOW_BOOTSTRAP_AZURE_METADATA": f"http://{host}",
    }


def test_a_cluster_of_google_s(cluster, work, metadata):
    each = cluster("gke-gpu")
    user = work(each, env={**at(metadata.url.removeprefix("http://")), "HTTP_PROXY": f"http://{NOBODY}"})
    with each.untouched():
        cloud = looks(user)
    nodes = each.get("nodes")["items"]
    zones = {node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes}
    assert (cloud["provider"], cloud["account"], cloud["account_kind"]) == ("gcp", "my-project", "project")
    assert (cloud["zones"], cloud["region"]) == (sorted(zones), nodes[0]["metadata"]["labels"]["topology.kubernetes.io/region"])
    assert cloud["evidence"][0] == f"{len(nodes)} of {len(nodes)} nodes have a provider ID gce://"
    assert (cloud["acting_as"], cloud["credentials_source"]) == ("node@my-project.iam.gserviceaccount.com", "metadata server")
    # This machine is none of the cluster's.
    assert cloud["cluster_name"] != "another"
    asked = [request.path for request in metadata.requests]
    assert asked and not [path for path in asked if path.endswith("/token")]
    assert SECRET not in user.play("facts", "-vvv").well().output


def test_a_login_of_google_s_is_named_and_never_shown(cluster, work, metadata, tmp_path):
    login = {"type": "service_account", "client_email": "ci@my-project.iam.gserviceaccount.com", "project_id": "my-project"}
    path = tmp_path / "login.json"
    path.write_text(json.dumps({**login, "private_key": f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n"}))
    user = work(cluster("gke-gpu"), env={**at(metadata.url.removeprefix("http://")), "GOOGLE_APPLICATION_CREDENTIALS": str(path)})
    cloud = looks(user)
    assert (cloud["acting_as"], cloud["acting_as_kind"]) == (login["client_email"], "service-account")
    assert cloud["credentials_source"] == "GOOGLE_APPLICATION_CREDENTIALS"
    assert SECRET not in user.play("facts", "-vvv").well().output


@pytest.mark.parametrize(
    ("profile", "provider", "account", "name"),
    [("eks", "aws", None, "kubeflow"), ("aks", "azure", "00000000-0000-0000-0000-000000000000", "kubeflow"), ("kind", None, None, None)],
)
def test_other_clusters_where_nobody_answers(cluster, work, profile, provider, account, name):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        user = work(cluster(profile), env=at(f"127.0.0.1:{silent.getsockname()[1]}"))
        cloud = looks(user)
    assert (cloud["provider"], cloud["account"], cloud["cluster_name"]) == (provider, account, name)
    assert [each for each in cloud["unknown"] if not each["why"].endswith(".") or each["what"] not in cloud] == []
    assert {each["what"] for each in cloud["unknown"]} >= ({"acting_as"} if provider else {"provider"})
