# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prototypes and parameters that were renamed from one version of a registry to the next.

Only names, each with its source. A file with ``@`` and a commit is one of kubeflow/kubeflow at that commit; ``#`` an issue or pull
request there. A parameter that keeps its name needs no entry, nor does a prototype that only moves to another package.
"""

from __future__ import annotations

import typing as t


class Rename(t.TypedDict):
    """Prototype ``prototype`` of version ``since`` in version ``until``: it, or a part of it, is ``now``.

    ``parameters``: the names that changed, old to new; under a prototype that no longer exists, the others keep theirs.
    ``values``: by old name: the values that have a counterpart, and which; no other value is taken over. ``source``: where it was read.
    """

    since: str
    until: str
    prototype: str
    now: str
    parameters: dict[str, str]
    values: dict[str, dict[str, str]]
    source: str


_PKG = "io.ksonnet.pkg."
_SPLIT = "#1207 (merged 2018-07-17); "
_PLATFORM = {"cloud": {"null": "none", "gke": "gke", "minikube": "minikube"}}


def _rename(
    since: str,
    until: str,
    prototype: str,
    now: str,
    source: str,
    parameters: dict[str, str],
    values: dict[str, dict[str, str]] | None = None,
) -> Rename:
    return {
        "since": since,
        "until": until,
        "prototype": prototype,
        "now": now,
        "parameters": parameters,
        "values": values or {},
        "source": source,
    }


RENAMES: dict[str, list[Rename]] = {
    "kubeflow": [
        # v0.1 to v0.2: the prefix tf goes. The two images had it between the releases only.
        _rename(
            "v0.1",
            "v0.2",
            f"{_PKG}kubeflow-core",
            f"{_PKG}kubeflow-core",
            "#994 (release/0.2.0); old: kubeflow/core/prototypes/all.jsonnet@01ccdffb and of tag v0.1.2; "
            "new: parameters of applications made with v0.2.x (images centraldashboard:v0.2.1, tf_operator:v0.2.0)",
            {"tfAmbassadorServiceType": "AmbassadorServiceType", "tfAmbassadorImage": "AmbassadorImage", "tfStatsdImage": "StatsdImage"},
        ),
        # v0.2 to v0.3: kubeflow-core is split. reportUsage, usageId, cloud, disks, tfJobImage and so on keep their names.
        _rename(
            "v0.2",
            "v0.3",
            f"{_PKG}kubeflow-core",
            f"{_PKG}ambassador",
            f"{_SPLIT}kubeflow/core/prototypes/ambassador.jsonnet@064600c1",
            {"AmbassadorServiceType": "ambassadorServiceType", "AmbassadorImage": "ambassadorImage", "StatsdImage": "statsdImage"},
        ),
        _rename(
            "v0.2",
            "v0.3",
            f"{_PKG}kubeflow-core",
            f"{_PKG}jupyterhub",
            f"{_SPLIT}kubeflow/core/prototypes/jupyterhub.jsonnet@064600c1",
            {
                "jupyterHubServiceType": "serviceType",
                "jupyterHubImage": "image",
                "jupyterNotebookPVCMount": "notebookPVCMount",
                "jupyterNotebookRegistry": "registry",
                "jupyterNotebookRepoName": "repoName",
            },
        ),
        _rename(
            "v0.2",
            "v0.3",
            f"{_PKG}kubeflow-core",
            f"{_PKG}centraldashboard",
            f"{_SPLIT}kubeflow/core/prototypes/centraldashboard.jsonnet@0b3e6803",
            {"centralUiImage": "image"},
        ),
        _rename(
            "v0.2",
            "v0.3",
            f"{_PKG}kubeflow-core",
            f"{_PKG}spartakus",
            f"{_SPLIT}kubeflow/core/prototypes/spartakus.jsonnet@064600c1",
            {},
        ),
        _rename(
            "v0.2",
            "v0.3",
            f"{_PKG}kubeflow-core",
            f"{_PKG}tf-job-operator",
            f"{_SPLIT}kubeflow/core/prototypes/tf-job-operator.jsonnet@0a02dfb7",
            {},
        ),
        # The stored files name no release; the old names came with the package, the new ones exist in August 2018.
        _rename(
            "v0.2",
            "v0.3",
            f"{_PKG}pytorch-job",
            f"{_PKG}pytorch-job",
            "kubeflow/pytorch-job/prototypes/pytorch-job.jsonnet: versions with the image v20180702-a57993c, before and @064600c1",
            {"num_masters": "numMasters", "num_workers": "numWorkers", "num_gpus": "numGpus"},
        ),
        # One for each version of Seldon's CRD; the declaration says which.
        _rename(
            "v0.2",
            "v0.3",
            f"{_PKG}seldon-serve-simple",
            f"{_PKG}seldon-serve-simple-v1alpha1",
            "kubeflow/seldon/prototypes/serve-simple.jsonnet@06110ead, serve-simple-0.1.jsonnet@2dc96b90",
            {},
        ),
        _rename(
            "v0.2",
            "v0.3",
            f"{_PKG}seldon-serve-simple",
            f"{_PKG}seldon-serve-simple-v1alpha2",
            "kubeflow/seldon/prototypes/serve-simple.jsonnet@06110ead, serve-simple-0.2.jsonnet@2dc96b90",
            {},
        ),
        # v0.3 to v0.4: #1227 (area/0.4.0) takes the parameter cloud away; platform knows none, gke and minikube.
        _rename(
            "v0.3",
            "v0.4",
            f"{_PKG}ambassador",
            f"{_PKG}ambassador",
            "#1227; kubeflow/common/prototypes/ambassador.jsonnet@1b715e0c",
            {"cloud": "platform"},
            _PLATFORM,
        ),
        _rename(
            "v0.3",
            "v0.4",
            f"{_PKG}jupyterhub",
            f"{_PKG}jupyter",
            "#1227; kubeflow/jupyter/prototypes/jupyter.jsonnet@a40c9055",
            {"cloud": "platform"},
            _PLATFORM,
        ),
        _rename(
            "v0.3",
            "v0.4",
            "katib",
            f"{_PKG}modeldb",
            "kubeflow/katib/prototypes/all.jsonnet@0a02dfb7 (v0.3); kubeflow/modeldb/prototypes/modeldb.jsonnet (images kf0.4)",
            {
                "modeldbImage": "modeldbImage",
                "modeldbDatabaseImage": "modeldbDatabaseImage",
                "modeldbFrontendImage": "modeldbFrontendImage",
            },
        ),
    ],
    "embedded": [
        _rename(
            "0.1.0",
            "0.2.0",
            f"{_PKG}cert-manager",
            f"{_PKG}cert-manager-issuer",
            "registry/ of this collection: the package has an issuer alone",
            {},
        ),
    ],
}
"""By family of registries. An entry counts only if the prototypes at hand declare its names (see ksonnet/upgrade/upgrade.py)."""

_NAMESPACE = "the objects go to the environment's namespace"
_SELDON = "seldonVersion chooses the three images together"

WHY_GONE: dict[str, dict[str, str]] = {
    "namespace": {"": _NAMESPACE},
    "imageTag": {f"{_PKG}argo": "workflowControllerImage, uiImage and executorImage are whole images"},
    "apifeImage": {f"{_PKG}seldon": _SELDON},
    "operatorImage": {f"{_PKG}seldon": _SELDON},
    "engineImage": {f"{_PKG}seldon": _SELDON},
    "image_gpu": {f"{_PKG}pytorch-job": "image is for both"},
}
"""By parameter and prototype ("" for any): why nothing replaces it.

Sources: kubeflow/gcp/prototypes/cert-manager.jsonnet and kubeflow/tf-training/prototypes/tf-job-operator.jsonnet@100e3aa4 (no namespace);
kubeflow/argo/prototypes/argo.jsonnet@037fb968 (imageTag) and its later version with the images of v2.1.1;
kubeflow/seldon/prototypes/core.jsonnet@c775514f; kubeflow/pytorch-job/prototypes/pytorch-job.jsonnet@064600c1.
"""

NO_SUCCESSOR = {
    f"{_PKG}tf-job": "The package examples has TFJobs to start from, without parameters.",
    f"{_PKG}tf-cnn": "The package examples has TFJobs to start from, without parameters.",
}
"""Prototypes that were deleted, and what to do. Source: #1091, which deletes the package tf-job (June 2018)."""

_PRESENT_NAMES = {"cert-manager": "cert-manager-issuer"}
"""Packages of the embedded registry, each with one prototype of its name, by their former names."""


def present_name(name: str) -> str:
    """The present name of a package, or of a prototype without the common prefix, of the embedded registry."""
    return _PRESENT_NAMES.get(name, name)
