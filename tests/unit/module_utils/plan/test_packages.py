# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Packages are found from the prototypes that the components name."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.sources import Contents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan import packages
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries import registry
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT

Json = dict[str, t.Any]
EMBEDDED = {"kubeflow": {"protocol": "fs", "uri": "embedded"}}


@pytest.fixture
def folder(tmp_path: Path, registries: dict[str, Contents]) -> Path:
    """The registry of these tests on disk."""
    for path, text in registries["shop"].files.items():
        file = tmp_path / "shop" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "shop"


def seek(components: dict[str, str], registries: Json | None = None, declared: Json | None = None) -> packages.PackageContents:
    def ask(those: Json, of: Json) -> dict[str, Contents]:
        return registry.contents(those, of, Path(ABSENT), registry.Sources())

    return packages.resolve(components, registries or {}, declared or {}, ask)


def test_of_the_embedded_registry_unless_another_is_named() -> None:
    result = seek({"kubeflow-core": "kubeflow-core"})
    assert (result.registries, result.packages) == (EMBEDDED, {"core": {"registry": "kubeflow"}})
    assert {path.split("/")[0] for path in result.contents["kubeflow"].files} == {"core", "registry.yaml"}


def test_of_the_user_s_registry_with_what_it_imports(folder: Path) -> None:
    shop = {"shop": {"uri": str(folder)}}
    result = seek({"runs": "jobs"}, shop)
    # jobs imports shop/web, and nothing of the embedded registry is needed.
    assert result.packages == {"jobs": {"registry": "shop"}, "web": {"registry": "shop"}}
    assert result.registries == shop
    both = seek({"runs": "jobs", "core": "kubeflow-core"}, shop)
    assert set(both.registries) == set(both.contents) == {"shop", "kubeflow"}


def test_the_first_registry_that_has_it_wins(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "zoo").symlink_to(folder)
    result = seek({"web": "web"}, {"zoo": {"uri": str(tmp_path / "zoo")}, "alpha": {"uri": str(folder)}})
    assert result.packages == {"web": {"registry": "zoo"}}


def test_the_embedded_registry_comes_last(folder: Path) -> None:
    file = folder / "jobs" / "prototypes" / "jobs.jsonnet"
    file.write_text(file.read_text().replace("pkg.jobs", "pkg.kubeflow-core"))
    assert set(seek({"core": "kubeflow-core"}, {"shop": {"uri": str(folder)}}).packages) == {"jobs", "web"}


def test_declared_packages_are_there_anyway_and_come_first(folder: Path) -> None:
    shop = {"shop": {"uri": str(folder)}}
    result = seek({"web": "web"}, shop, {"web": {"registry": "shop"}, "second": {"registry": "shop", "package": "jobs"}})
    assert set(result.packages) == {"web", "second"}


def test_a_package_s_prototype_comes_before_one_that_every_application_has() -> None:
    assert "core" in seek({"space": "namespace"}).packages
    result = seek({"files": "configMap"})
    assert (result.packages, result.registries) == ({}, {})


@pytest.mark.parametrize("former", ["cert-manager", "io.ksonnet.pkg.cert-manager"])
def test_a_package_is_found_by_its_former_name(former: str) -> None:
    result = seek({"issuer": former}, declared={"cert-manager": {"registry": "kubeflow"}})
    assert result.components == {"issuer": "cert-manager-issuer"}
    assert result.packages == {"cert-manager-issuer": {"registry": "kubeflow"}}


def test_a_registry_of_the_user_may_have_what_we_called_so(folder: Path) -> None:
    file = folder / "web" / "prototypes" / "web.jsonnet"
    file.write_text(file.read_text().replace("pkg.web", "pkg.cert-manager"))
    shop = {"shop": {"uri": str(folder)}}
    result = seek({"issuer": "cert-manager"}, shop, {"web": {"registry": "shop"}})
    assert (result.components, set(result.packages)) == ({"issuer": "cert-manager"}, {"web"})
    assert seek({"issuer": "cert-manager"}, shop).components == {"issuer": "cert-manager"}


def test_by_a_unique_ending() -> None:
    assert seek({"core": "flow-core"}).packages == {"core": {"registry": "kubeflow"}}
    with pytest.raises(BootstrapError, match="The prototype 'job' is ambiguous: .*pytorch-job"):
        seek({"runs": "job"})


def test_what_is_nowhere() -> None:
    with pytest.raises(BootstrapError, match=r"No prototype is named 'kubeflow-cor'. Did you mean .*kubeflow-core"):
        seek({"core": "kubeflow-cor"})
    with pytest.raises(BootstrapError, match="kubeflow_packages: web: registry must be one of kubeflow."):
        seek({"core": "kubeflow-core"}, {}, {"web": {"registry": "shop"}})


def test_what_components_may_be() -> None:
    assert packages.components({"kubeflow-core": None, "runs": {"prototype": "jobs"}}) == {"kubeflow-core": "kubeflow-core", "runs": "jobs"}
    for wrong in ([], {}, {"a": 5}, {"a": {"prototype": 5}}, {"a": {"prototyp": "b"}}):
        with pytest.raises(BootstrapError, match="kubeflow_components"):
            packages.components(wrong)
