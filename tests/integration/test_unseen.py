# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the API server can't show for a while is neither pruned nor forgotten: with the real aggregator."""

from __future__ import annotations

import json

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration.application import Application
from ansible_collections.kubeflow.bootstrap.tests.integration.objects import definition, made
from ansible_collections.kubeflow.bootstrap.tests.patience import patience

GROUP = "unseen.example.com"
API = f"v1.{GROUP}"


@pytest.fixture
def application(tmp_path):
    return lambda cluster, space: Application.on(cluster, tmp_path / space, space, wait_timeout=int(patience(3)))


def kept(run):
    return {item["object"]: item["why"] for item in run.outcome["objects"] if item["action"] == "kept"}


def available(each, status):
    each.eventually(
        lambda: any(
            condition["type"] == "Available" and condition["status"] == status
            for condition in (each.get("apiservice", API).get("status") or {}).get("conditions") or []
        ),
        f"the API service {API} is Available={status}",
    )


def test_what_left_while_its_api_server_was_away_is_pruned_by_a_later_run(cluster, application):
    each = cluster()
    space = "unseen"
    mine = application(each, space)
    each.kubectl("create", "-f", "-", stdin=json.dumps(definition(GROUP, "ways", "Way")))
    available(each, "True")
    each.eventually(lambda: not each.try_kubectl("get", f"ways.{GROUP}", "-n", "default").returncode, "the kind is served")
    stays = [made("v1", "Namespace", space), made("v1", "ConfigMap", "stays", space)]
    way = f"Way.{GROUP} {space}/w"
    mine.write(*stays, made(f"{GROUP}/v1", "Way", "w", space, spec={})).deploy().well()
    try:
        each.kubectl("label", "apiservice", API, "kube-aggregator.kubernetes.io/automanaged-")
        broken = {"spec": {"service": {"name": "gone", "namespace": "default", "port": 443}, "insecureSkipTLSVerify": True}}
        each.kubectl("patch", "apiservice", API, "--type=merge", "-p", json.dumps(broken))
        available(each, "False")
        each.eventually(lambda: "at the moment" in (mine.deploy(check=True).error or ""), "discovery is stale")
        assert f"the API service {API} is not available" in mine.deploy(check=True).message

        away = mine.write(*stays).deploy().well()
        assert f"not pruned: the API service {API} is not available" in kept(away)[way]
        removed = mine.deploy(state="absent", check=True)
        assert way in removed.message
    finally:
        each.kubectl("delete", "apiservice", API)  # it is registered again, as that of a definition
    available(each, "True")
    each.eventually(lambda: not each.try_kubectl("get", f"ways.{GROUP}", "-n", space).returncode, "the kind is served again")
    assert mine.deploy().well().actions[way] == "pruned"
    assert not each.get(f"ways.{GROUP}", "-n", space)["items"]
    each.kubectl("delete", "customresourcedefinition", f"ways.{GROUP}")
