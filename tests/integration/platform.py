# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Kubeflow platform: the 683 objects that ``kubectl kustomize example`` renders from the manifests of Kubeflow.

The manifests come from the archive that ``KUBEFLOW_MANIFESTS`` names, else from ``../shared/data/kubeflow-manifests-*.tar.xz`` beside the
repository. What they refer to on GitHub is in the archive, too, in ``remotes/``; nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tarfile
import tempfile
import typing as t
from collections.abc import Mapping
from pathlib import Path

import yaml
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.cluster import cache_folder

Json = dict[str, t.Any]

ROOT = Path(__file__).parents[2]
OBJECTS = 683
WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
# The references on GitHub, and where in remotes/ they lie.
_REMOTES = (
    (re.compile(r"https://github\.com/argoproj/argo-workflows/(?P<path>\S+)\?ref=(?P<version>\S+)"), "argo-workflows-{version}/{path}"),
    (re.compile(r"https://github\.com/kubernetes-sigs/jobset/releases/download/(?P<version>[^/\s]+)/\S+"), "jobset-{version}"),
)
_KINDS_OF_APPS = ("StatefulSet", "DaemonSet", "Deployment")


WANTED = (
    "there is no archive of github.com/kubeflow/manifests with what it refers to: "
    "put it at ../shared/data/kubeflow-manifests-*.tar.xz, or set KUBEFLOW_MANIFESTS to its path"
)


def archive(env: Mapping[str, str]) -> Path | None:
    """The archive with the manifests, where there is one."""
    if env.get("KUBEFLOW_MANIFESTS"):
        return Path(env["KUBEFLOW_MANIFESTS"])
    return max(ROOT.resolve().parent.glob("shared/data/kubeflow-manifests-*.tar.xz"), default=None)


def rendered(kubectl: Path, env: Mapping[str, str] | None = None) -> Path:
    """The file with the objects as a JSON list, in the order of kustomize; rendered once, and cached for the user."""
    env = os.environ if env is None else env
    manifests = archive(env)
    assert manifests, WANTED
    digest = hashlib.sha256(manifests.read_bytes() + Path(__file__).read_bytes() + str(kubectl.resolve()).encode())
    target = cache_folder(env) / "platform" / digest.hexdigest() / "objects.json"
    if not target.exists():
        with tempfile.TemporaryDirectory() as folder:
            text = _render(kubectl, manifests, Path(folder))
        items = [item for item in yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if item]
        assert len(items) == OBJECTS
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{os.getpid()}.part")
        part.write_text(json.dumps(items), encoding="utf-8")
        part.replace(target)
    return target


def objects(kubectl: Path, env: Mapping[str, str] | None = None, webhooks: bool = True) -> list[Json]:
    """The objects; without ``webhooks`` no webhook configurations and no conversion webhooks, which no server would answer."""
    items: list[Json] = json.loads(rendered(kubectl, env).read_text(encoding="utf-8"))
    if webhooks:
        return items
    for item in items:
        if item["kind"] == "CustomResourceDefinition":
            item["spec"].pop("conversion", None)
    return [item for item in items if item["kind"] not in WEBHOOKS]


def components(items: list[Json]) -> dict[str, list[Json]]:
    """The objects by part: CRDs by the end of their API group, namespaced objects by namespace, and the rest by kind.

    kustomize does not say which of its folders an object comes from. The names of the parts follow no order that objects could need.
    """
    parts: dict[str, list[Json]] = {}
    for item in items:
        if item["kind"] == "CustomResourceDefinition":
            part = "definitions-" + "-".join(item["spec"]["group"].split(".")[-2:])
        elif item["metadata"].get("namespace"):
            part = f"in-{item['metadata']['namespace']}"
        else:
            part = f"all-{item['kind'].lower()}"
        parts.setdefault(part, []).append(item)
    return dict(sorted(parts.items()))


def component_files(items: list[Json]) -> dict[str, str]:
    """The parts as files below ``components/`` of an application: JSON."""
    return {
        f"{name}.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": part}, indent=2) + "\n"
        for name, part in components(items).items()
    }


def workloads(items: list[Json]) -> list[Json]:
    """Those of the objects that run pods."""
    return [item for item in items if item["kind"] in _KINDS_OF_APPS]


def _render(kubectl: Path, manifests: Path, folder: Path) -> str:
    with tarfile.open(manifests) as tar:
        tar.extractall(folder, filter="data")
    for path in (folder / "kubeflow-manifests").rglob("kustomization.y*ml"):
        text = path.read_text(encoding="utf-8")
        local = _pointed_at(folder / "remotes", path.parent, text)
        if local != text:
            path.write_text(local, encoding="utf-8")
    argv = [str(kubectl), "kustomize", str(folder / "kubeflow-manifests" / "example")]
    done = subprocess.run(argv, capture_output=True, text=True, env={"HOME": str(folder), "PATH": "/usr/bin:/bin"}, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def _pointed_at(remotes: Path, folder: Path, text: str) -> str:
    """A kustomization, its references to GitHub replaced by folders of ``remotes`` where those exist."""
    for pattern, place in _REMOTES:

        def local(match: re.Match[str], place: str = place) -> str:
            target = remotes / place.format(**match.groupdict())
            return os.path.relpath(target, folder) if target.exists() else match[0]

        text = pattern.sub(local, text)
    return text
