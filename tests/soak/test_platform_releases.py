# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Published releases of the Kubeflow platform: the packages have all objects of a release, one run deploys them, another removes them.

They come from the archive that ``KUBEFLOW_RELEASES`` names, else from ``../shared/data/kubeflow-releases.tar.xz`` beside the repository.
Webhooks are answered and controllers played as in ``tests/integration/test_platform.py``.
"""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.cache import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.sources import Contents, Sources
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet import application
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.cluster import cache_folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan import platform_choice
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.platform import (
    closure,
    contents,
    graph,
    objects,
    parameters,
    renderer,
    source,
    tables,
)
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.verify import declared
from ansible_collections.kubeflow.bootstrap.tests.integration.service_network import service_network
from ansible_collections.kubeflow.bootstrap.tests.integration.stand_ins import stand_ins, webhook_services
from ansible_collections.kubeflow.bootstrap.tests.integration.test_platform import refused, settled
from ansible_collections.kubeflow.bootstrap.tests.integration.work import Run
from ansible_collections.kubeflow.bootstrap.tests.patience import patience
from ansible_collections.kubeflow.bootstrap.tests.soak.platform_references import dangling

Json = dict[str, t.Any]

ARCHIVE = Path(os.environ.get("KUBEFLOW_RELEASES") or Path(__file__).resolve().parents[2].parent / "shared/data/kubeflow-releases.tar.xz")
RUN_SECONDS = patience(60)
VALUES: Json = {
    "artifactStorageClass": "big",
    "clusterDomain": "k8s.example",
    "contributors": [{"namespace": "team", "user": "you@example.com"}],
    "cniBinDir": "/home/kubernetes/bin",
    "cullIdleMinutes": 30,
    "databaseHost": "mysql.example.com",
    "databasePort": 3307,
    "firstUser": "me@example.com",
    "gatewayReplicas": 2,
    "gatewayServiceType": "LoadBalancer",
    "gpuVendors": [{"limitsKey": "example.com/gpu", "uiName": "One"}],
    "hostname": "kubeflow.example.com",
    "https": "true",
    "imagePullSecret": "pull",
    "imageRegistry": "mirror.example.com",
    "issuerOnly": "true",
    "m2mIssuer": "https://tokens.example.com",
    "notebookAccessMode": "ReadWriteMany",
    "notebookAffinities": [{"configKey": "a", "displayName": "A", "affinity": {}}],
    "notebookPVCSize": "7Gi",
    "notebookStorageClass": "fast",
    "notebookTolerations": [{"groupKey": "a", "displayName": "A", "tolerations": []}],
    "objectStoreHost": "s3.example.com",
    "oidcIssuer": "https://login.example.com",
    "pipelineRunAsUser": 1000,
    "podSecurityLevel": "restricted",
    "profiles": [{"name": "team", "owner": "me@example.com", "quota": {"cpu": "8"}}],
    "replicas": 3,
    "servingDomain": "models.example.com",
    "servingMode": "RawDeployment",
    "storageClass": "fast",
    "tensorboardPVCScheduling": "false",
    "tlsIssuer": "letsencrypt",
    "tlsSecretName": "cert",
    "userIdHeader": "x-user",
    "userIdPrefix": "accounts:",
    "users": [{"email": "you@example.com", "hash": "$2y$10$abc"}],
}
"""One for each parameter."""
BESIDE: dict[str, Json] = {
    "databasePort": {"databaseHost": "mysql.example.com"},
    "tlsIssuer": {"hostname": "kubeflow.example.com"},
}
"""Other parameters that a parameter needs."""
OF_THE_USER = {
    ("ClusterIssuer", "", "letsencrypt"),
    ("Namespace", "", "team"),
    ("Secret", "kubeflow", "katib-mysql-secrets"),
    ("Secret", "kubeflow", "mlpipeline-minio-artifact"),
    ("Secret", "kubeflow", "mysql-secret"),
}
"""Objects that these values refer to, and that users create."""
NOT_IN = {"servingMode": ["26.03.1"], "pipelineRunAsUser": ["1.10", "1.11.0"]}
"""Releases that lack what a parameter is for; of 26.03.1 the archive lacks KServe."""
WITHOUT = {"26.03.1": ("catalog", "kserve", "kserve-web")}
"""Components whose files the archive lacks."""
DIFFERENT = {
    # All in one, a variable of kustomize leaks from one component into another's annotation; alone nobody replaces it.
    ("apiextensions.k8s.io", "CustomResourceDefinition", "", "jobsets.jobset.x-k8s.io"),
}
"""Objects that differ from those of the release's example."""
ADDED = {("", "Secret", "auth", "kubeflow-first-user")}
"""The objects of our own: the password of the first user, which a deployment generates."""

pytestmark = pytest.mark.skipif(
    not ARCHIVE.is_file(), reason=f"there is no archive of the releases: {ARCHIVE.name}, or set KUBEFLOW_RELEASES"
)


def chosen(release: tables.Release) -> list[str]:
    """The components of a release that the archive has whole."""
    return list(graph.closure(tables.graph(), release, [graph.ALL], WITHOUT.get(release.name, ())))


def packages(release: tables.Release, application: Path, cache: Path | None) -> dict[str, str]:
    """The files of all packages, rendered."""
    sources = Sources(cache=cache, env=os.environ)
    return contents.contents("platform", {"uri": release.name, "source": str(ARCHIVE)}, chosen(release), application, sources).files


def items(files: dict[str, str]) -> dict[tuple[str, str, str, str], Json]:
    """The objects of packages."""
    by_key: dict[tuple[str, str, str, str], Json] = {}
    for path, text in files.items():
        if path.endswith(("/definitions.json", "/objects.json")):
            for item in json.loads(text)["items"]:
                assert objects.key(item) not in by_key
                by_key[objects.key(item)] = item
    return by_key


def example(release: tables.Release) -> dict[tuple[str, str, str, str], Json]:
    """The objects of the release's example, without components that the archive lacks."""
    read = source.find(str(ARCHIVE), release.name).read
    lacking = [f"- ../{folder}\n" for name in WITHOUT.get(release.name, ()) for folder in release.components[name].folders]

    def reading(path: str) -> str | None:
        text = read(path)
        for line in lacking if path == "release/example/kustomization.yaml" and text else ():
            assert line in (text or "")
            text = (text or "").replace(line, "")
        return text

    program = renderer.find("", os.environ, cache_folder(os.environ))
    files = closure.walk(reading, ["example"], release.remotes)
    return {objects.key(item): item for item in contents.render(program, tables.Part(("example",)), files, "example")}


@pytest.mark.parametrize("name", tables.names())
def test_the_packages_are_all_of_the_release_and_the_same_each_time(name: str, tmp_path: Path) -> None:
    release = tables.release(name)
    files = packages(release, tmp_path / "app", None)
    ours, theirs = items(files), example(release)
    assert ours.keys() ^ theirs.keys() == ADDED
    # Of the Secrets the values are left out, all of which everybody can read.
    changed = {key for key in theirs if ours[key] != theirs[key]}
    assert {key for key in changed if key[1] != "Secret"} <= DIFFERENT
    assert [key for key in ours if key[1] == "Secret" and (ours[key].get("data") or ours[key].get("stringData"))] == []
    assert packages(release, tmp_path / "app", None) == files


@pytest.mark.parametrize("name", tables.names())
def test_what_is_left_out_leaves_nothing_dangling(name: str, tmp_path: Path) -> None:
    release, without = tables.release(name), WITHOUT.get(name, ())
    files = packages(release, tmp_path / "app", folder(os.environ))
    for chosen_name in [*tables.graph().sets, *release.components]:
        if chosen_name in without or (chosen_name.startswith("serving") and "kserve" in without):
            continue
        components = tuple(f"{each}/" for each in graph.closure(tables.graph(), release, [chosen_name], without))
        references = dangling(list(items({path: text for path, text in files.items() if path.startswith(components)}).values()))
        assert references == {}, chosen_name


@pytest.mark.parametrize("name", tables.names())
def test_each_value_lands(name: str, tmp_path: Path) -> None:
    release = tables.release(name)
    made = Contents(packages(release, tmp_path / "app", folder(os.environ)))
    components = {component: f"platform-{component}" for component in chosen(release)}
    table = tables.parameters()["parameters"]
    assert table.keys() == VALUES.keys()
    for parameter, value in VALUES.items():
        if name in NOT_IN.get(parameter, ()):
            continue
        beside = BESIDE.get(parameter, {})
        before = rendered(made, components, platform_choice.spread(beside, {"platform": made}, components))
        after = rendered(made, components, platform_choice.spread({**beside, parameter: value}, {"platform": made}, components))
        unchanged = {key for key in before if after.get(key) == before[key]}
        assert after.keys() - before.keys() or len(unchanged) < len(before), parameter
        inside = {each for component in components for each in (component, *release.components[component].provides)}
        for place in table[parameter].get("places", ()):
            if "object" in place and "copies" not in place and place["component"] in inside and name in place.get("releases", [name]):
                assert place["object"] not in {f"{kind} {namespace}/{title}" for _group, kind, namespace, title in unchanged}, parameter
        new = dangling(list(after.values())).keys() - dangling(list(before.values())).keys()
        assert {each for each in new if each[0] != "CustomResourceDefinition"} - OF_THE_USER == set(), parameter
    everywhere = {"clusterDomain": "k8s.example", "imageRegistry": "mirror.example.com"}
    by_key = rendered(made, components, platform_choice.spread(everywhere, {"platform": made}, components))
    text = json.dumps(list(by_key.values()))
    assert "cluster.local" not in text
    images = {image for item in by_key.values() for image in dict(parameters.images_in(item))}
    assert {image for image in images if not image.startswith("mirror.example.com/")} == set()


@pytest.mark.parametrize("name", [name for name in tables.names() if "trainer" in tables.release(name).components])
def test_trainer_is_checked_with_an_image_of_its_own(name: str, tmp_path: Path) -> None:
    files = packages(tables.release(name), tmp_path / "app", folder(os.environ))
    app = application.files(
        declaration({"trainer": "platform-trainer"}, {"trainer": {"imageRegistry": "mirror"}}), {}, {"platform": Contents(files)}
    )
    ((check,),) = declared.checks(app.files, "default").values()
    (node,) = check["objects"][0]["spec"]["template"]["spec"]["replicatedJobs"]
    (container,) = node["template"]["spec"]["template"]["spec"]["containers"]
    assert check["name"] == "train-job"
    assert container["image"].startswith("mirror/kubeflow/trainer/trainer-controller-manager:")


@pytest.mark.parametrize("name", tables.names())
def test_what_is_verified(name: str, tmp_path: Path) -> None:
    release = tables.release(name)
    made = Contents(packages(release, tmp_path / "app", folder(os.environ)))
    components = {component: f"platform-{component}" for component in chosen(release)}
    mirror = platform_choice.spread({"imageRegistry": "mirror.example.com"}, {"platform": made}, components)
    app = application.files(declaration(components, mirror), {}, {"platform": made})
    checks = {check["name"]: check for each in declared.checks(app.files, "default").values() for check in each}
    of_all = {"login", "login-needed", "profile", "notebook-server", "pipelines-api", "experiment"}
    of_some = {"train-job": "trainer", "inference-service": "kserve"}
    assert checks.keys() == of_all | {check for check, component in of_some.items() if component in components}
    (container,) = checks["notebook-server"]["objects"][1]["spec"]["template"]["spec"]["containers"]
    assert container["image"].startswith("mirror.example.com/kubeflow/kubeflow/notebook-servers/jupyter")


def rendered(made: Contents, components: dict[str, str], values: dict[str, Json]) -> dict[tuple[str, str, str, str], Json]:
    """The objects of an application with these components and values."""
    by_component = render.objects(application.files(declaration(components, values), {}, {"platform": made}).files)
    return {objects.key(item): item for each in by_component.values() for item in each}


def declaration(components: dict[str, str], values: dict[str, Json]) -> Json:
    """An application with these components and values."""
    return {
        "name": "kubeflow",
        "environments": {"default": {"server": "https://192.0.2.1", "namespace": "kubeflow"}},
        "registries": {"platform": {"uri": "26.03", "protocol": "platform"}},
        "packages": {component: {"registry": "platform"} for component in components},
        "components": {
            component: {"prototype": f"io.ksonnet.pkg.{prototype}", "parameters": values.get(component, {})}
            for component, prototype in components.items()
        },
    }


def play(user: t.Any, playbook: str, **variables: t.Any) -> Run:
    """``user.play`` with a longer timeout, for so many objects; the run must succeed."""
    done = subprocess.run(**user.command(playbook, **variables), timeout=RUN_SECONDS, check=False)
    return Run(done.returncode, done.stdout).well()


def gone_through(cluster: t.Any, place: t.Any, user: t.Any, release: tables.Release, components: list[str], tmp_path: Path) -> None:
    """One run deploys the components, the next changes nothing, and another removes them."""
    before = settled(cluster)
    choice = {"release": release.name, "components": components, "without": list(WITHOUT.get(release.name, ())), "source": str(ARCHIVE)}
    play(user, "app", kubeflow_platform=choice)
    rendered = list(items(files_of(user.app)).values())
    with (
        service_network(place, cluster.name, webhook_services(rendered)) as network,
        stand_ins(place, cluster.name, rendered, network.authority),
    ):
        start = len(cluster.requests())
        play(user, "bootstrap", kubeflow_platform=choice, kubeflow_apply=True)
        assert refused(cluster.requests()[start:]) == []
        assert user.report()["outcome"]["counts"] == {"created": len(rendered)}
        with cluster.untouched():
            again = play(user, "bootstrap", kubeflow_platform={**choice, "source": ""}, kubeflow_apply=True)
        assert again.changed == 0
        assert user.report()["outcome"]["counts"] == {"unchanged": len(rendered)}
        play(user, "remove", kubeflow_remove_data=True)
        # cert-manager leaves the Secrets of its Certificates where they are, and with them their namespaces.
        for namespace in sorted({space for kind, space, _name in settled(cluster) - before if kind == "Secret"}):
            cluster.kubectl("delete", "secrets", "--field-selector=type=kubernetes.io/tls", "--namespace", namespace)
        play(user, "remove", kubeflow_remove_data=True)
        assert settled(cluster) == before


def files_of(application: Path) -> dict[str, str]:
    """The files of the packages in an application."""
    vendored = application / "vendor/platform"
    return {path.relative_to(vendored).as_posix(): path.read_text(encoding="utf-8") for path in vendored.rglob("*.json")}


@pytest.mark.parametrize("name", tables.names())
def test_a_release_goes_in_with_one_run_and_out_again(name: str, brief_cluster: t.Any, place: t.Any, work: t.Any, tmp_path: Path) -> None:
    cluster = brief_cluster("plain")
    gone_through(cluster, place, work(cluster, kubeflow_wait_timeout=1800), tables.release(name), [graph.ALL], tmp_path)


@pytest.mark.parametrize("name", [name for name in tables.graph().sets if name != graph.ALL])
def test_a_set_goes_in_alone(name: str, brief_cluster: t.Any, place: t.Any, work: t.Any, tmp_path: Path) -> None:
    cluster = brief_cluster("plain")
    # The archive has KServe of 26.03, but not of 26.03.1.
    release = tables.release("26.03" if name.startswith("serving") else "26.03.1")
    gone_through(cluster, place, work(cluster, kubeflow_wait_timeout=1800), release, [name], tmp_path)
