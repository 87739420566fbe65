# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which cloud: what nodes, kubeconfig, metadata servers and credentials say, and what counts where they differ."""

from __future__ import annotations

import base64
import json
import socket
import sys
import threading
import typing as t
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.cloud import describe
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context
from ansible_collections.kubeflow.bootstrap.plugins.modules import cloud_info
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT, NOBODY
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang

from tests.unit.conftest import Answer, Request, Server

Json = dict[str, t.Any]
SECRET = "hunter2-hunter2"
PROJECT = "/computeMetadata/v1/project/project-id"
INSTANCE = "/computeMetadata/v1/instance"
FLAVOR = ("Metadata-Flavor", "Google")
GKE = {"count": 3, "providers": {"gce": 3}, "provider_id": "gce://my-project/us-central1-a/gke-ml-pool-1-0123abcd-x1y2"}
GKE_SPREAD = {**GKE, "regions": {"us-central1": 3}, "zones": {"us-central1-b": 1, "us-central1-a": 2}}
EKS = {"count": 2, "providers": {"aws": 2}, "provider_id": "aws:///eu-west-1a/i-0a1b", "regions": {"eu-west-1": 2}}
AKS_ID = "azure:///subscriptions/my-sub/resourceGroups/mc_kubeflow_ml_westeurope/providers/Microsoft.Compute/x/0"
AKS = {"count": 1, "providers": {"azure": 1}, "provider_id": AKS_ID, "regions": {"westeurope": 1}}
POOLS = {"cloud.google.com/gke-nodepool": ["1", "pool-1"]}
EKSCTL = {"alpha.eksctl.io/cluster-name": ["ml"]}
AMBIGUOUS = {"kubernetes.azure.com/cluster": ["MC_a_b_c_westeurope"]}
NOWHERE: Json = {"count": 2}
IN_CLUSTER = {"source": "in-cluster"}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """No metadata server, no login: nothing of the machine that the tests run on counts."""
    return {"HOME": str(tmp_path / "home"), "PATH": ABSENT, **at(NOBODY)}


def at(host: str) -> dict[str, str]:
    """All three metadata servers at one address, as they really are."""
    return {
        "GCE_METADATA_HOST": host,
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://{host}/",
        "KUBEFLOW_BOOTSTRAP_AZURE_METADATA": f"http://{host}",
    }


def behind(server: Server) -> dict[str, str]:
    return at(server.url.removeprefix("http://"))


def why(cloud: Json) -> dict[str, str]:
    return {each["what"]: each["why"] for each in cloud["unknown"]}


# --- nodes and kubeconfig


@pytest.mark.parametrize(
    ("nodes", "facts"),
    [
        (GKE, ("gcp", "my-project", "project", "us-central1", ["us-central1-a"], None)),
        (GKE_SPREAD, ("gcp", "my-project", "project", "us-central1", ["us-central1-a", "us-central1-b"], None)),
        ({**GKE, "labels": POOLS}, ("gcp", "my-project", "project", "us-central1", ["us-central1-a"], "ml")),
        (EKS, ("aws", None, "account", "eu-west-1", ["eu-west-1a"], None)),
        ({**EKS, "regions": {}, "labels": EKSCTL}, ("aws", None, "account", "eu-west-1", ["eu-west-1a"], "ml")),
        ({**EKS, "labels": {"alpha.eksctl.io/cluster-name": ["a", "b"]}}, ("aws", None, "account", "eu-west-1", ["eu-west-1a"], None)),
        (AKS, ("azure", "my-sub", "subscription", "westeurope", [], "ml")),
        ({**AKS, "labels": AMBIGUOUS}, ("azure", "my-sub", "subscription", "westeurope", [], None)),
        ({"count": 1, "providers": {"hcloud": 1}, "provider_id": "hcloud://1"}, ("hetzner", None, None, None, [], None)),
        ({"count": 4, "providers": {"kind": 1, "aws": 3}, "provider_id": "kind://docker/kind/a"}, ("aws", None, "account", None, [], None)),
    ],
)
def test_what_the_nodes_say(env: dict[str, str], nodes: Json, facts: tuple[t.Any, ...]) -> None:
    cloud = describe(nodes, None, env)
    assert tuple(cloud[name] for name in ("provider", "account", "account_kind", "region", "zones", "cluster_name")) == facts
    assert cloud["evidence"][0].startswith(f"{max(nodes['providers'].values())} of {nodes['count']} nodes have a provider ID ")
    empty = {name for name in ("account", "region", "zones", "cluster_name", "network", "acting_as") if not cloud[name]}
    assert set(why(cloud)) == empty


@pytest.mark.parametrize(
    ("kubeconfig", "facts"),
    [
        ({"cluster": "gke_my-project_europe-west4_ml"}, ("gcp", "my-project", "europe-west4", "ml")),
        ({"cluster": "renamed", "context": "gke_my-project_us-central1-a_ml-2"}, ("gcp", "my-project", "us-central1", "ml-2")),
        ({"cluster": "arn:aws:eks:us-east-1:123456789012:cluster/ml"}, ("aws", "123456789012", "us-east-1", "ml")),
        ({"context": "me@ml.us-west-2.eksctl.io"}, ("aws", None, "us-west-2", "ml")),
        ({"cluster": "x", "server": "https://0A1B.gr7.eu-north-1.eks.amazonaws.com"}, ("aws", None, "eu-north-1", None)),
        ({"cluster": "ml", "server": "https://ml-dns-0a1b.hcp.westeurope.azmk8s.io:443"}, ("azure", None, "westeurope", "ml")),
        ({"server": "https://0a1b.k8s.ondigitalocean.com"}, ("digitalocean", None, None, None)),
        ({"cluster": None, "context": None, "server": "https://10.0.0.1:6443"}, (None, None, None, None)),
        ({"cluster": "not_gke_a_b", "server": "https://eks.amazonaws.com.evil.example"}, (None, None, None, None)),
    ],
)
def test_what_the_kubeconfig_says_where_the_nodes_say_nothing(env: dict[str, str], kubeconfig: Json, facts: tuple[t.Any, ...]) -> None:
    cloud = describe(NOWHERE, kubeconfig, env)
    assert tuple(cloud[name] for name in ("provider", "account", "region", "cluster_name")) == facts


def test_the_kubeconfig_adds_to_the_nodes_and_never_corrects_them(env: dict[str, str]) -> None:
    added = describe(EKS, {"cluster": "arn:aws:eks:us-east-1:123456789012:cluster/ml"}, env)
    assert (added["account"], added["cluster_name"], added["region"]) == ("123456789012", "ml", "eu-west-1")
    other = describe(EKS, {"cluster": "gke_my-project_europe-west4_ml"}, env)
    assert (other["provider"], other["account"], other["cluster_name"]) == ("aws", None, None)
    assert "The kubeconfig speaks of gcp, which is not heard" in other["evidence"]


def test_nodes_of_no_cloud_leave_nothing_to_ask(env: dict[str, str], server: Server) -> None:
    nodes = {"count": 1, "providers": {"kind": 1}, "provider_id": "kind://docker/kind/kind-control-plane"}
    cloud = describe(nodes, None, {**env, **behind(server)})
    assert (cloud["provider"], server.requests) == (None, [])
    assert why(cloud) == {"provider": "1 of 1 nodes have a provider ID kind://, which is no cloud's, so no cloud was asked."}


# --- metadata servers


def google(server: Server) -> None:
    values = {
        PROJECT: "my-project",
        f"{INSTANCE}/zone": "projects/42/zones/us-central1-a",
        f"{INSTANCE}/attributes/cluster-location": "us-central1",
        f"{INSTANCE}/attributes/cluster-name": "ml",
        f"{INSTANCE}/network-interfaces/0/network": "projects/42/networks/default",
        f"{INSTANCE}/service-accounts/default/email": "node@my-project.iam.gserviceaccount.com",
    }
    for path, value in values.items():
        server.routes[path] = guarded("metadata-flavor", "Google", Answer(value.encode(), headers=[FLAVOR]))


def guarded(header: str, value: str, answer: Answer) -> Callable[[Request], Answer]:
    """The answer for a request with that header, as the metadata servers want it."""
    return lambda request: answer if request.headers.get(header) == value and request.method == "GET" else Answer("no", 403)


def test_google_s_metadata_server(env: dict[str, str], server: Server) -> None:
    google(server)
    cloud = describe(NOWHERE, IN_CLUSTER, {**env, **behind(server), "HTTP_PROXY": f"http://{NOBODY}", "http_proxy": f"http://{NOBODY}"})
    assert cloud.pop("evidence") == ["The metadata server of this machine is Google's: project my-project, zone us-central1-a"]
    assert why(cloud) == {} and cloud.pop("unknown") == []
    assert cloud == {
        "provider": "gcp",
        "account": "my-project",
        "account_kind": "project",
        "region": "us-central1",
        "zones": ["us-central1-a"],
        "cluster_name": "ml",
        "network": "default",
        "acting_as": "node@my-project.iam.gserviceaccount.com",
        "acting_as_kind": "service-account",
        "credentials_source": "metadata server",
    }
    assert not [request.path for request in server.requests if "token" in request.path and "latest" not in request.path]


def amazon(server: Server) -> None:
    def token(request: Request) -> Answer:
        good = request.method == "PUT" and int(request.headers["x-aws-ec2-metadata-token-ttl-seconds"]) <= 21600
        return Answer(SECRET.encode()) if good else Answer("no", 405)

    document = {"accountId": "123456789012", "region": "eu-west-1", "availabilityZone": "eu-west-1a"}
    values: dict[str, t.Any] = {
        "/latest/dynamic/instance-identity/document": json.dumps(document),
        "/latest/meta-data/mac": "02:00:00:00:00:01",
        "/latest/meta-data/network/interfaces/macs/02:00:00:00:00:01/vpc-id": "vpc-0a1b",
        "/latest/meta-data/iam/info": json.dumps({"InstanceProfileArn": "arn:aws:iam::123456789012:instance-profile/node"}),
        "/latest/meta-data/tags/instance/aws:eks:cluster-name": "ml",
    }
    server.routes["/latest/api/token"] = token
    for path, value in values.items():
        server.routes[path] = guarded("x-aws-ec2-metadata-token", SECRET, Answer(value.encode()))


def test_the_metadata_server_of_ec2_wants_a_token(env: dict[str, str], server: Server) -> None:
    amazon(server)
    cloud = describe(NOWHERE, IN_CLUSTER, {**env, **behind(server)})
    assert [cloud[name] for name in ("provider", "account", "region", "zones", "cluster_name", "network")] == [
        "aws",
        "123456789012",
        "eu-west-1",
        ["eu-west-1a"],
        "ml",
        "vpc-0a1b",
    ]
    assert (cloud["acting_as"], cloud["acting_as_kind"]) == ("arn:aws:iam::123456789012:instance-profile/node", "role")
    assert SECRET not in json.dumps(cloud)
    assert not [request.path for request in server.requests if "security-credentials" in request.path]


def test_the_metadata_server_of_azure(env: dict[str, str], server: Server) -> None:
    compute = {"subscriptionId": "my-sub", "location": "westeurope", "zone": "2", "resourceGroupName": "MC_kubeflow_ml_westeurope"}

    def answer(request: Request) -> Answer:
        good = request.headers.get("metadata") == "true" and request.query.get("api-version")
        return Answer(compute) if good else Answer({"error": "Bad request"}, 400)

    server.routes["/metadata/instance/compute"] = answer
    cloud = describe(NOWHERE, IN_CLUSTER, {**env, **behind(server)})
    assert [cloud[name] for name in ("provider", "account", "region", "zones", "cluster_name")] == [
        "azure",
        "my-sub",
        "westeurope",
        ["westeurope-2"],
        "ml",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"<html>Log in to this hotel's network</html>"),
        Answer(b"<html>Log in</html>", headers=[FLAVOR]),
        Answer(b"\xff\xfe\x00", headers=[FLAVOR]),
        Answer(b"", headers=[FLAVOR]),
        Answer(b"[1]"),
        Answer(b'{"accountId": 5, "subscriptionId": ["x"]}'),
        Answer(b"no", 500, headers=[FLAVOR]),
        Answer(b"", 302, headers=[("Location", f"http://{NOBODY}/")]),
    ],
)
def test_rubbish_is_no_cloud(env: dict[str, str], server: Server, answer: Answer) -> None:
    for path in (PROJECT, "/latest/api/token", "/latest/dynamic/instance-identity/document", "/metadata/instance/compute"):
        server.routes[path] = answer
    cloud = describe(NOWHERE, None, {**env, **behind(server)})
    assert (cloud["provider"], cloud["account"], cloud["acting_as"]) == (None, None, None)
    assert "no metadata server answers (Google's: what answers there is another's" in why(cloud)["provider"]


def test_a_server_that_refuses_is_named(env: dict[str, str]) -> None:
    cloud = describe(NOWHERE, None, env)
    refused = "no metadata server answers (Google's: Connection refused, EC2's: Connection refused, Azure's: Connection refused)"
    assert why(cloud) == {"provider": f"Neither the nodes nor the kubeconfig name a cloud; {refused}."}


@pytest.fixture
def hanging() -> Iterator[str]:
    """The address of a server that takes requests and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("nodes", [NOWHERE, GKE, EKS, AKS])
@pytest.mark.parametrize("timeout", [0.3, 1.0])
def test_servers_that_never_answer_cost_no_more_than_the_timeout(env: dict[str, str], hanging: str, nodes: Json, timeout: float) -> None:
    with no_hang(timeout + 1):
        cloud = describe(nodes, None, {**env, **at(hanging)}, timeout)
    assert cloud["provider"] == {"gce": "gcp", "aws": "aws", "azure": "azure"}.get(next(iter(nodes.get("providers", {"": 1}))))
    assert "no answer" in json.dumps(cloud["unknown"])


def test_a_server_that_drips_costs_no_more_either(env: dict[str, str], server: Server) -> None:
    over = threading.Event()

    def slow(request: Request) -> Answer:
        over.wait()
        return Answer(b"x", headers=[FLAVOR])

    for path in (PROJECT, f"{INSTANCE}/zone", f"{INSTANCE}/attributes/cluster-location"):
        server.routes[path] = slow
    try:
        with no_hang(1):
            cloud = describe(GKE, None, {**env, **behind(server)}, 0.4)
    finally:
        over.set()
    assert "no answer" in json.dumps(cloud["unknown"])


@pytest.mark.parametrize(("name", "absent"), [("NO_GCE_CHECK", PROJECT), ("AWS_EC2_METADATA_DISABLED", "/latest/api/token")])
def test_what_is_forbidden_is_not_asked(env: dict[str, str], server: Server, name: str, absent: str) -> None:
    describe(NOWHERE, None, {**env, **behind(server), name: "true"})
    asked = [request.path for request in server.requests]
    assert asked and absent not in asked


def test_only_the_metadata_server_of_the_nodes_cloud_is_asked(env: dict[str, str], server: Server) -> None:
    google(server)
    describe(EKS, None, {**env, **behind(server)})
    assert [request.path for request in server.requests] == ["/latest/api/token"]


def test_a_machine_outside_of_the_cluster_does_not_name_it(env: dict[str, str], server: Server) -> None:
    google(server)
    env.update(behind(server))
    runner = describe({**GKE_SPREAD}, {"source": "KUBECONFIG"}, env)
    assert (runner["cluster_name"], runner["network"], runner["acting_as"]) == (None, None, "node@my-project.iam.gserviceaccount.com")
    elsewhere = {**GKE, "provider_id": "gce://other-project/us-central1-a/gke-ml-pool-1-0123abcd-x1y2"}
    other = describe(elsewhere, {"source": "KUBECONFIG"}, env)
    assert (other["account"], other["zones"], other["acting_as_kind"]) == ("other-project", ["us-central1-a"], "service-account")
    assert any(line.endswith("which is not where the cluster is") for line in other["evidence"])


# --- credentials at hand


def google_login(tmp_path: Path, content: t.Any) -> dict[str, str]:
    path = tmp_path / "credentials.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return {"GOOGLE_APPLICATION_CREDENTIALS": str(path)}


POOL = "//iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/p/providers/github"
IMPERSONATES = (
    "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/ci@my-project.iam.gserviceaccount.com:generateAccessToken"
)


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        ({"type": "service_account", "client_email": "ci@p.iam", "project_id": "p", "private_key": SECRET}, "ci@p.iam", "service-account"),
        ({"type": "authorized_user", "account": "me@example.com", "refresh_token": SECRET}, "me@example.com", "user"),
        ({"type": "external_account", "audience": POOL}, POOL.removeprefix("//iam.googleapis.com/"), "workload-identity"),
        (
            {"type": "external_account", "audience": POOL, "service_account_impersonation_url": IMPERSONATES},
            "ci@my-project.iam.gserviceaccount.com",
            "service-account",
        ),
    ],
)
def test_google_s_credentials_files(env: dict[str, str], tmp_path: Path, content: Json, name: str, kind: str) -> None:
    cloud = describe(GKE, None, {**env, **google_login(tmp_path, content)})
    assert (cloud["acting_as"], cloud["acting_as_kind"], cloud["credentials_source"]) == (name, kind, "GOOGLE_APPLICATION_CREDENTIALS")
    assert "acting_as" not in why(cloud)
    assert cloud["account"] == "my-project"
    assert SECRET not in json.dumps(cloud)


def test_google_s_usual_file_and_its_order(env: dict[str, str], server: Server) -> None:
    google(server)
    usual = Path(env["HOME"]) / ".config" / "gcloud" / "application_default_credentials.json"
    usual.parent.mkdir(parents=True)
    usual.write_text(json.dumps({"type": "authorized_user", "account": "me@example.com", "quota_project_id": "other"}))
    cloud = describe(GKE, None, {**env, **behind(server)})
    assert (cloud["acting_as"], cloud["credentials_source"]) == ("me@example.com", "gcloud auth application-default login")
    assert "The credentials are of other, another project than the cluster's" in cloud["evidence"]
    moved = describe(GKE, None, {**env, **behind(server), "CLOUDSDK_CONFIG": ABSENT})
    assert (moved["acting_as"], moved["credentials_source"]) == ("node@my-project.iam.gserviceaccount.com", "metadata server")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "can't be read: it is not JSON"),
        ("[]", "is no credentials file"),
        ({"type": SECRET + "\n" + SECRET}, "its type is None"),
        ({"type": "authorized_user", "refresh_token": SECRET}, "can't be used"),
    ],
)
def test_google_s_credentials_that_are_of_no_use(env: dict[str, str], tmp_path: Path, content: t.Any, reason: str) -> None:
    cloud = describe(GKE, None, {**env, **google_login(tmp_path, content)})
    assert cloud["acting_as"] is None
    assert reason in why(cloud)["acting_as"]
    assert SECRET not in json.dumps(cloud)


def test_a_user_s_name_is_asked_of_google(env: dict[str, str], tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from google.auth.transport import requests

    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, {"email": "me@example.com"})]
    answer = {"access_token": SECRET, "expires_in": 60, "id_token": ".".join([*parts, "x"])}
    seen: list[str] = []

    def ask(self: t.Any, url: str, method: str = "GET", body: t.Any = None, **more: t.Any) -> t.Any:
        seen.append(f"{method} {url}")
        return type("Response", (), {"status": 200, "headers": {}, "data": json.dumps(answer).encode()})()

    monkeypatch.setattr(requests.Request, "__call__", ask)
    content = {"type": "authorized_user", "client_id": "c", "client_secret": SECRET, "refresh_token": SECRET}
    cloud = describe(GKE, None, {**env, **google_login(tmp_path, content)})
    assert (cloud["acting_as"], cloud["acting_as_kind"]) == ("me@example.com", "user")
    assert seen == ["POST https://oauth2.googleapis.com/token"]
    assert SECRET not in json.dumps(cloud)


def library(folder: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> None:
    """Stands in for a library that is not needed here."""
    for name in {file.split("__")[0] for file in files}:
        for loaded in [each for each in sys.modules if each.split(".")[0] == name]:
            monkeypatch.delitem(sys.modules, loaded)
    for file, text in files.items():
        path = folder / (file.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if file.startswith("botocore"):
            (path.parent / "__init__.py").touch()  # else the real package would come first
    monkeypatch.syspath_prepend(str(folder))


BOTO = """
class session:
    class Session:
        region_name = "eu-west-1"
        def get_credentials(self):
            return LOGIN
        def client(self, name, region_name, config):
            assert (name, region_name) == ("sts", "eu-west-1"), (name, region_name)
            assert config.options["connect_timeout"] and config.options["read_timeout"] and config.options["retries"]
            return self
        def get_caller_identity(self):
            ANSWER
class LOGIN:
    method = "sso"
"""
ERRORS = f"""
class BotoCoreError(Exception):
    pass
class ClientError(Exception):
    response = {{"Error": {{"Code": "ExpiredToken", "Message": "{SECRET}"}}}}
"""
CONFIG = "class Config:\n    def __init__(self, **options): self.options = options\n"
IDENTITY = {"Arn": "arn:aws:sts::123456789012:assumed-role/Admin/me", "Account": "123456789012"}


@pytest.mark.parametrize(
    ("answer", "name", "reason"),
    [
        (f"return {IDENTITY}", IDENTITY["Arn"], ""),
        ("from botocore.exceptions import ClientError; raise ClientError()", None, "can't be reached (ExpiredToken)."),
        (f"raise RuntimeError('{SECRET}')", None, "It failed with RuntimeError."),
    ],
)
def test_aws_is_asked_with_boto3(
    env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, name: str | None, reason: str
) -> None:
    library(tmp_path / "lib", monkeypatch, boto3=BOTO.replace("ANSWER", answer), botocore__config=CONFIG, botocore__exceptions=ERRORS)
    cloud = describe(EKS, None, env)
    assert cloud["acting_as"] == name
    assert cloud["account"] == (IDENTITY["Account"] if name else None)
    assert why(cloud).get("acting_as", "").endswith(reason)
    assert SECRET not in json.dumps(cloud)


def test_aws_without_boto3(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert why(describe(EKS, None, env))["acting_as"] == "To ask AWS, boto3 is needed: pip install boto3."
    pod = {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/installer", "AWS_WEB_IDENTITY_TOKEN_FILE": "/token"}
    cloud = describe(EKS, None, {**env, **pod})
    assert (cloud["acting_as"], cloud["acting_as_kind"], cloud["account"]) == (pod["AWS_ROLE_ARN"], "role", "123456789012")


def test_azure_s_environment_comes_before_az_login(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for loaded in [each for each in sys.modules if each.startswith("azure.")]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, "azure", None)
    assert "pip install azure-identity" in why(describe(AKS, None, env))["acting_as"]
    profile = Path(env["HOME"]) / ".azure" / "azureProfile.json"
    profile.parent.mkdir(parents=True)
    entries = [
        {"id": "other", "isDefault": True, "user": {"name": "other@example.com", "type": "user"}},
        {"id": "my-sub", "isDefault": False, "user": {"name": "me@example.com", "type": "user"}},
    ]
    profile.write_text(json.dumps({"subscriptions": entries}), encoding="utf-8-sig")
    by_az = describe(AKS, None, env)
    assert (by_az["acting_as"], by_az["acting_as_kind"], by_az["credentials_source"]) == ("me@example.com", "user", "az login")
    named = describe(AKS, None, {**env, "AZURE_CLIENT_ID": "client-1", "AZURE_CLIENT_SECRET": SECRET})
    assert (named["acting_as"], named["acting_as_kind"], named["credentials_source"]) == ("client-1", "service-account", "environment")
    assert SECRET not in json.dumps(named)


def test_a_library_that_hangs_costs_no_more_than_the_timeout(env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hang = BOTO.replace("ANSWER", "import time; time.sleep(3600)")
    library(tmp_path / "lib", monkeypatch, boto3=hang, botocore__config=CONFIG, botocore__exceptions=ERRORS)
    with no_hang(1):
        cloud = describe(EKS, None, env, 0.5)
    assert why(cloud)["acting_as"] == "No answer within 0.5 seconds."


def test_credentials_alone_name_no_cloud(env: dict[str, str], tmp_path: Path) -> None:
    login = google_login(tmp_path, {"type": "service_account", "client_email": "ci@p.iam", "project_id": "p"})
    cloud = describe(NOWHERE, None, {**env, **login})
    assert (cloud["provider"], cloud["account"], cloud["acting_as"]) == (None, None, None)


def test_the_module_hands_over_what_it_is_given(env: dict[str, str], hanging: str) -> None:
    args = {"nodes": GKE, "kubeconfig": {"cluster": "gke_my-project_us-central1-a_ml"}, "timeout": 0.2}
    result = cloud_info.run(args, Context(env={**env, **at(hanging)}))
    assert "no answer" in json.dumps(result["cloud"]["unknown"])
    assert (result["changed"], result["cloud"]["cluster_name"]) == (False, "ml")
