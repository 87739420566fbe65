# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values with digests: of each image of an object, once, and kept."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.image_registry import NoDigest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet import application
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan import image_digests
from ansible_collections.kubeflow.bootstrap.tests.unit.rules import stories

Json = dict[str, t.Any]
COMPONENTS = {"argo": "argo"}
DIGEST = "sha256:" + "b" * 64


def planned(digests: Json | None = None, current: dict[str, str] | None = None, **parameters: t.Any) -> Json:
    more = {"digests": digests} if digests else {}
    return stories.plan(stories.facts("plain"), components=COMPONENTS, parameters=parameters, current=current or {}, **more)


def files(document: Json, current: dict[str, str] | None = None) -> dict[str, str]:
    return dict(application.files(document["application"], current or {}, stories.sought(COMPONENTS).contents).files)


def resolved(document: Json, recorded: t.Mapping[str, str] | None = None, digest: t.Callable[[str], str] = lambda image: DIGEST) -> Json:
    objects = [item for items in render.objects(files(document)).values() for item in items]
    return image_digests.resolve(document["parameters"], objects, recorded or {}, digest)


def test_each_image_gets_its_digest_and_keeps_it() -> None:
    first = planned()
    digests = resolved(first)
    controller = first["parameters"]["argo"]["controllerImage"]["value"]
    document = planned(digests)
    value = document["parameters"]["argo"]["controllerImage"]
    assert (value["value"], value["source"]) == (f"{controller}@{DIGEST}", "step")
    assert "by the digest that its tag had in the registry" in value["reason"]
    texts = files(document)
    assert f"{controller}@{DIGEST}" in json.dumps(render.objects(texts))
    recorded = image_digests.recorded(texts)
    assert recorded == digests["known"]

    def nobody(image: str) -> str:
        raise AssertionError(image)

    again = planned(resolved(planned(current=texts), recorded, nobody), texts)
    assert again["parameters"] == document["parameters"]
    assert files(again, texts) == texts


def test_the_mirror_is_asked_and_the_user_s_image_too() -> None:
    asked: list[str] = []

    def digest(image: str) -> str:
        asked.append(image)
        return DIGEST

    choices = {"imageRegistry": "mirror.example.com/hub", "executorImage": "busybox:1"}
    digests = resolved(planned(**choices), digest=digest)
    assert [image.rpartition(":")[0] for image in asked] == [
        "mirror.example.com/hub/busybox",
        "mirror.example.com/hub/argoproj/workflow-controller",
    ]
    value = planned(digests, **choices)["parameters"]["argo"]["executorImage"]
    assert (value["value"], value["source"]) == (f"busybox:1@{DIGEST}", "user")


def test_an_image_that_no_object_has_is_not_asked_for() -> None:
    document = planned()
    assert image_digests.resolve(document["parameters"], [], {}, lambda image: DIGEST)["known"] == {}
    pinned = planned(controllerImage=f"example.com/controller:1@{DIGEST}")
    assert "example.com/controller:1" not in resolved(pinned)["known"]


@pytest.mark.parametrize(("kind", "blocked"), [("not found", True), ("refused", False), ("unreachable", False), ("invalid", False)])
def test_what_has_no_digest_is_told(kind: str, blocked: bool) -> None:
    def digest(image: str) -> str:
        if "argoexec" in image:
            raise NoDigest(kind, "the reason")
        return DIGEST

    document = planned(resolved(planned(), digest=digest))
    parameters = document["parameters"]["argo"]
    assert "@" not in parameters["executorImage"]["value"]
    assert parameters["controllerImage"]["value"].endswith(DIGEST)
    blockers = [item for item in document["blockers"] if item["id"] == "image-not-found"]
    warnings = [item for item in document["warnings"] if item["id"] == "image-digest-unknown"]
    assert (bool(blockers), bool(warnings)) == (blocked, not blocked)
    assert "argoexec:v3.7.16 (the reason)" in (blockers or warnings)[0]["reason"]
