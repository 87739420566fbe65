# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stays when Kubeflow is brought to another release, or removed and made again."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration.work import Work
from ansible_collections.kubeflow.bootstrap.tests.patience import patience
from ansible_collections.kubeflow.bootstrap.tests.real.kubeflow import Kubeflow

pytestmark = pytest.mark.soak

ROOT = Path(__file__).parents[2]
OLD = "4e185620d8ee186e72af327a892bdabfa1785fd2"
# The notebook image of the old release is not made here.
NOTEBOOK = {"kubeflow-core": {"jupyterNotebookImage": "quay.io/jupyter/scipy-notebook:hub-5.5.0"}}
KEEP = "open('/home/jovyan/work/mine.txt', 'w').write('kept')"


@pytest.fixture(scope="module")
def old_release(tmp_path_factory):
    """The collection as it was at an earlier commit, in a folder."""
    archive = subprocess.run(["git", "archive", OLD], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip(f"There is no commit {OLD} here: {archive.stderr.decode()}")
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as content:
        content.extractall(folder, filter="tar")
    return folder


def bootstrapped_by(release, work, **variables):
    """The main job of another release, in the same folder."""
    command = work.command("bootstrap", kubeflow_apply=True, **variables)
    command["args"][1] = str(release / "playbooks" / "bootstrap.yml")
    command["env"]["ANSIBLE_CONFIG"] = str(release / "ansible.cfg")
    done = subprocess.run(**command, timeout=patience(30), check=False)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def kubeflow(real, old_release, tmp_path_factory):
    """An installation of the old release."""
    folder = tmp_path_factory.mktemp("upgraded")
    for name in ("home", "work"):
        (folder / name).mkdir()
    work = Work(folder / "home", folder / "work", {"kubeflow_parameters": NOTEBOOK}, {"KUBECONFIG": real.kubeconfig})
    bootstrapped_by(old_release, work)
    return Kubeflow(real, work)


def test_an_upgrade_keeps_the_users_and_their_work(kubeflow):
    password, anna = kubeflow.password(), kubeflow.user("anna")
    anna.start()
    assert anna.python(KEEP)[0]
    server = kubeflow.get("pod", anna.pod)["metadata"]["uid"]

    assert kubeflow.work.bootstrap().well().changed > 0
    assert kubeflow.password() == password
    assert anna.works() and kubeflow.get("pod", anna.pod)["metadata"]["uid"] == server, "nobody is interrupted"
    assert kubeflow.work.bootstrap().well().changed == 0

    # What the old release did not do: the file browser shows the volume.
    anna.stop()
    anna.start()
    assert anna.server("GET", "contents/mine.txt?type=file&format=text")[1]["content"] == "kept"


def test_removed_and_made_again_all_is_there(kubeflow):
    password, anna = kubeflow.password(), kubeflow.user("anna")
    anna.start()
    assert anna.python(KEEP)[0]
    kubeflow.work.play("remove").well()
    left = {(each["kind"], each["metadata"]["name"]) for each in kubeflow.get("pods,services,deployments,pvc,networkpolicies")["items"]}
    assert left == {("PersistentVolumeClaim", "hub-db"), ("PersistentVolumeClaim", "claim-anna")}
    kubeflow.work.bootstrap().well()
    assert kubeflow.password() == password
    anna = kubeflow.user("anna")
    anna.start()
    assert anna.server("GET", "contents/mine.txt?type=file&format=text")[1]["content"] == "kept"


def test_removed_with_its_data_only_what_users_made_is_left(kubeflow):
    kubeflow.work.play("remove", kubeflow_remove_data=True).well()
    assert [each["metadata"]["name"] for each in kubeflow.get("pods,services,deployments,pvc,networkpolicies")["items"]] == ["claim-anna"]
