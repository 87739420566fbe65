# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small, made-up release of the Kubeflow platform: the folders of a real one, with objects of our own."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

JOBSET = "https://github.com/kubernetes-sigs/jobset/releases/download/v0.11.0/manifests.yaml"
LICENSE = "Made up for tests of kubeflow.bootstrap.\n"
COMMIT = "5eed" * 10

NAMESPACES = """apiVersion: v1
kind: Namespace
metadata: {name: kubeflow}
---
apiVersion: v1
kind: Namespace
metadata: {name: kubeflow-system}
"""
TRAINER = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: trainer
  annotations: {example.com/certificate: $(CERTIFICATE_NAMESPACE)/trainer}
spec:
  replicas: 1
  selector: {matchLabels: {app: trainer}}
  template:
    metadata: {labels: {app: trainer}}
    spec:
      containers:
        - name: trainer
          image: ghcr.io/example/trainer:v1
          env:
            - {name: LEVEL, valueFrom: {configMapKeyRef: {name: trainer-config, key: level}}}
      volumes:
        - {name: config, configMap: {name: trainer-config}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: pages}
spec:
  replicas: 1
  selector: {matchLabels: {app: pages}}
  template:
    metadata: {labels: {app: pages}}
    spec: {containers: [{name: pages, image: ghcr.io/example/pages:v1}]}
"""
REPLICAS = """apiVersion: apps/v1
kind: Deployment
metadata: {name: trainer}
spec: {replicas: 2}
"""
SPARK = """apiVersion: apps/v1
kind: Deployment
metadata: {name: spark-operator, namespace: kubeflow}
spec:
  replicas: 1
  selector: {matchLabels: {app: spark}}
  template:
    metadata: {labels: {app: spark}}
    spec: {containers: [{name: spark, image: ghcr.io/example/spark:v1}]}
"""


def definition(plural: str, kind: str, group: str) -> str:
    """A CustomResourceDefinition."""
    return f"""apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {plural}.{group}}}
spec:
  group: {group}
  scope: Namespaced
  names: {{plural: {plural}, singular: {kind.lower()}, kind: {kind}}}
  versions:
    - {{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object, description: A {kind}.}}}}}}
"""


FILES = {
    "LICENSE": LICENSE,
    "common/kubeflow-namespace/base/kustomization.yaml": "resources: [namespaces.yaml]\n",
    "common/kubeflow-namespace/base/namespaces.yaml": NAMESPACES,
    "applications/trainer/overlays/kustomization.yaml": "namespace: kubeflow-system\nresources: [../upstream, ../third-party]\n",
    "applications/trainer/third-party/kustomization.yaml": f"resources:\n  - {JOBSET}\n",
    "applications/trainer/upstream/kustomization.yml": """resources: [trainer.yaml, definitions.yaml]
configMapGenerator:
  - name: trainer-config
    literals: [level=info]
    files: [notes.txt]
patches:
  - path: replicas.yaml
""",
    "applications/trainer/upstream/notes.txt": "Two lines\nof text.\n",
    "applications/trainer/upstream/replicas.yaml": REPLICAS,
    "applications/trainer/upstream/trainer.yaml": TRAINER,
    "applications/trainer/upstream/definitions.yaml": definition("trainjobs", "TrainJob", "trainer.example.com"),
    "applications/spark/spark-operator/overlays/kubeflow/kustomization.yaml": "resources: [spark.yaml]\n",
    "applications/spark/spark-operator/overlays/kubeflow/spark.yaml": SPARK,
}
REMOTES = {
    "jobset-v0.11.0/kustomization.yaml": "resources: [manifests.yaml]\n",
    "jobset-v0.11.0/manifests.yaml": definition("jobsets", "JobSet", "jobset.example.com"),
}


def write(folder: Path, name: str = "26.03.1") -> Path:
    """The release as ``kubeflow-NAME`` in a folder, with ``remotes`` beside it; returns the folder."""
    for path, text in {
        **{f"kubeflow-{name}/{path}": text for path, text in FILES.items()},
        **{f"remotes/{path}": text for path, text in REMOTES.items()},
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def pack(file: Path, folder: Path, compression: str = "xz") -> Path:
    """All that is in a folder as a tar archive."""
    with tarfile.open(file, f"w:{compression}") as tar:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                data = path.read_bytes()
                member = tarfile.TarInfo(path.relative_to(folder).as_posix())
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return file
