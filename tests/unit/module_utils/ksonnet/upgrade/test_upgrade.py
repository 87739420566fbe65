# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Upgrading packages: what changed is shown, the user's values are carried over or named, and nothing is done by halves."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.data.parameter_renames import NO_SUCCESSOR, RENAMES, WHY_GONE
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.sources import Contents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.formats import yaml_documents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files import (
    app_yaml,
    component,
    components,
    declaration,
    environments,
    overrides,
    packages,
    params,
    prototypes,
    record,
)
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files.app_builder import Build
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.jsonnet.syntax import Expression
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.upgrade import upgrade
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.upgrade.versions import Versions

PKG = "io.ksonnet.pkg."

# Packages in the shape of Kubeflow's: prototype: its parameters, "name type" or "name type=default".
Shape = dict[str, dict[str, list[str]]]
V1: Shape = {
    "core": {
        "kubeflow-core": [
            "namespace string=null",
            "cloud string=null",
            "tfAmbassadorServiceType string=ClusterIP",
            "jupyterHubImage string=hub:1",
            "jupyterNotebookPVCMount string=null",
            "jupyterHubAuthenticator string=null",
            "tfJobImage string=operator:1",
            "reportUsage string=false",
        ]
    },
    "argo": {"argo": ["namespace string=null", "imageTag string=latest"]},
    "job": {"pytorch-job": ["image string=null", "num_workers number=0", "image_gpu string=null"], "tf-job": ["num_gpus number=0"]},
}
V3: Shape = {
    "core": {
        "ambassador": ["cloud string=null", "ambassadorServiceType string=ClusterIP", "ambassadorImage string=gate:3"],
        "jupyterhub": [
            "cloud string=null",
            "namespace string=null",
            "image string=hub:3",
            "jupyterHubAuthenticator string=null",
            "notebookPVCMount string=/home/jovyan",
        ],
        "centraldashboard": ["image string=board:3"],
        "tf-job-operator": ["namespace string=null", "cloud string=null", "tfJobImage string=operator:3"],
        "spartakus": ["reportUsage string=false"],
    },
    "argo": {"argo": ["namespace string=null", "uiImage string=argoui:3"]},
    "job": {"pytorch-job": ["image string=null", "numWorkers number=1"]},
}
V4: Shape = {
    "common": {"ambassador": ["platform string=none", "ambassadorServiceType string=ClusterIP"], "spartakus": ["reportUsage string=false"]},
    "jupyter": {"jupyter": ["platform string=none", "image string=hub:4", "jupyterHubAuthenticator string=null"]},
}
SPLIT = {"gateway": "ambassador", "hub": "jupyterhub", "board": "centraldashboard", "operator": "tf-job-operator", "usage": "spartakus"}


def vendored(shape: Shape, registry: str = "kubeflow") -> dict[str, str]:
    """The files of the packages, paths below the registry."""
    libraries = {package: {"path": package, "version": "master"} for package in shape}
    files = {"registry.yaml": yaml_documents.dump({"apiVersion": "0.1.0", "kind": "ksonnet.io/registry", "libraries": libraries})}
    for package, contents in shape.items():
        files[f"{package}/parts.libsonnet"] = f"{{ prototypes: {sorted(contents)!r} }}\n"
        for name, parameters in contents.items():
            header = [f"// @name {PKG}{name}", f"// @description {name}", "// @param name string Name"]
            for parameter in parameters:
                declared, _sign, default = parameter.partition("=")
                header.append(f"// @optionalParam {declared} {default} Text" if _sign else f"// @param {declared} What it needs")
            body = f'local parts = import "{registry}/{package}/parts.libsonnet";\n{{ a: params }}\n'
            files[f"{package}/prototypes/{name}.jsonnet"] = "\n".join(header) + "\n\n" + body
    return files


def collected(shape: Shape) -> dict[str, prototypes.Prototype]:
    result, errors = prototypes.collect({f"vendor/kubeflow/{path}": text for path, text in vendored(shape).items()})
    assert not errors
    return result


def declaration_of(shape: Shape, chosen: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    """A declaration of all packages, and of components: name: prototype, or name: (prototype, parameters)."""
    entries = {name: entry if isinstance(entry, tuple) else (entry, {}) for name, entry in chosen.items()}
    return {
        "name": "app",
        "environments": {"default": {"server": "https://10.0.0.1", "namespace": "team"}},
        "registries": {"kubeflow": {"uri": "/registry"}},
        "packages": {package: {"registry": "kubeflow"} for package in shape},
        "components": {name: {"prototype": PKG + prototype, "parameters": values} for name, (prototype, values) in entries.items()},
        **more,
    }


def converge(
    current: dict[str, str], declared: dict[str, t.Any], shape: Shape, git: dict[str, str] | None = None
) -> tuple[dict[str, str], upgrade.PackageUpgrade, list[dict[str, t.Any]]]:
    """The application after one run, as application.files makes it."""
    before = app_yaml.read(current) if app_yaml.PATH in current else {}
    build = Build(declaration.check(declared), current, dict(current), record.read_written(current), copy.deepcopy(before or app_yaml.NEW))
    environments.add(build)
    laid = {"kubeflow": Contents(vendored(shape), t.cast("t.Any", git))}
    packages.add(build, laid)
    upgraded = upgrade.migrate(build, laid)
    components.add(build)
    environments.override(build)
    packages.retire(build)
    build.files[record.PATH] = record.text({}, build.written, current)
    build.files[app_yaml.PATH] = yaml_documents.dump(build.app)
    return build.files, upgraded, build.kept


def made_by_ks(files: dict[str, str]) -> dict[str, str]:
    """The same application without our record, as ks makes it."""
    return {path: text for path, text in files.items() if path != record.PATH}


def values(files: dict[str, str]) -> dict[str, dict[str, t.Any]]:
    return params.read(files[params.PATH])


def edited(files: dict[str, str], old: str, new: str, path: str = params.PATH) -> dict[str, str]:
    assert files[path].count(old) == 1
    return {**files, path: files[path].replace(old, new)}


@pytest.fixture(params=["ours", "made by ks"])
def first(request: pytest.FixtureRequest) -> dict[str, str]:
    """An application of v0.1 with one component, core."""
    files = converge({}, declaration_of(V1, {"core": "kubeflow-core"}), V1)[0]
    return files if request.param == "ours" else made_by_ks(files)


def refused(current: dict[str, str], declared: dict[str, t.Any], shape: Shape, **more: t.Any) -> list[str]:
    with pytest.raises(BootstrapError) as caught:
        converge(current, declared, shape, **more)
    assert all(problem in caught.value.message for problem in caught.value.details["problems"])
    assert "\n" not in caught.value.message
    return t.cast("list[str]", caught.value.details["problems"])


# What changed


def test_every_kind_of_change_of_a_prototype_is_shown() -> None:
    old = collected({"p": {"x": ["goes string=1", "stays string=a", "typed string=1", "optional string"], "leaves": []}})
    new = collected(
        {
            "p": {"x": ["stays string=b", "typed number=1", "optional string=c", "comes number"], "arrives": ["a string=b"]},
            "q": {"apart": []},
        }
    )
    arrives, leaves, changed = sorted(Versions(old, new).compare(), key=lambda change: change["prototype"])
    at = {"prototype": f"{PKG}x"}
    assert changed == {
        **at,
        "package": "kubeflow/p",
        "change": "changed",
        "now": [f"{PKG}x"],
        "added": [{**at, "name": "comes", "type": "number", "default": None, "required": True}],
        "removed": [{"name": "goes", "why": "nothing takes its place"}],
        "renamed": [],
        "default_changed": [
            {**at, "parameter": "stays", "now": "stays", "before": "a", "after": "b"},
            {**at, "parameter": "optional", "now": "optional", "before": None, "after": "c"},
        ],
        "type_changed": [{**at, "parameter": "typed", "now": "typed", "before": "string", "after": "number"}],
    }
    assert (arrives["change"], leaves["change"], leaves["now"]) == ("new", "gone", [])
    assert [parameter["name"] for parameter in arrives["added"]] == ["name", "a"]
    assert Versions(old, old).compare() == []


def test_a_split_is_shown_with_the_new_place_of_each_parameter() -> None:
    changes = {change["prototype"]: change for change in Versions(collected(V1), collected(V3)).compare()}
    core = changes[f"{PKG}kubeflow-core"]
    assert core["change"] == "split"
    assert sorted(core["now"]) == sorted(PKG + prototype for prototype in SPLIT.values())
    places = {(place["parameter"], place["prototype"].removeprefix(PKG), place["now"]) for place in core["renamed"]}
    assert places == {
        ("tfAmbassadorServiceType", "ambassador", "ambassadorServiceType"),
        ("jupyterHubImage", "jupyterhub", "image"),
        ("jupyterNotebookPVCMount", "jupyterhub", "notebookPVCMount"),
        ("jupyterHubAuthenticator", "jupyterhub", "jupyterHubAuthenticator"),
        ("tfJobImage", "tf-job-operator", "tfJobImage"),
        ("reportUsage", "spartakus", "reportUsage"),
        ("namespace", "jupyterhub", "namespace"),
        ("namespace", "tf-job-operator", "namespace"),
        ("cloud", "ambassador", "cloud"),
        ("cloud", "jupyterhub", "cloud"),
        ("cloud", "tf-job-operator", "cloud"),
    }
    assert [(one["prototype"], one["name"]) for one in core["added"]] == [
        (f"{PKG}ambassador", "ambassadorImage"),
        (f"{PKG}centraldashboard", "image"),
    ]
    assert changes[f"{PKG}tf-job"]["change"] == "gone"
    assert not {PKG + prototype for prototype in SPLIT.values()} & set(changes)


def test_what_came_with_a_prototype_that_was_there_is_told_once() -> None:
    old: Shape = {"core": {**V1["core"], "ambassador": ["cloud string=null", "ambassadorServiceType string=ClusterIP"]}}
    changes = {change["prototype"]: change for change in Versions(collected(old), collected(V3)).compare()}
    places = [(name, one["prototype"], one["name"]) for name, change in changes.items() for one in change["added"]]
    assert (f"{PKG}ambassador", f"{PKG}ambassador", "ambassadorImage") in places
    assert (f"{PKG}kubeflow-core", f"{PKG}ambassador", "ambassadorImage") not in places


def test_a_rename_counts_only_where_the_prototypes_declare_it() -> None:
    shape: Shape = {"job": {"pytorch-job": ["num_workers number=0", "numWorkers number=0"]}}
    assert Versions(collected(shape), collected(V3)).targets(f"{PKG}pytorch-job", "num_workers") == []
    kept = Versions(collected(V1), collected(shape)).targets(f"{PKG}pytorch-job", "num_workers")
    assert [target.parameter for target in kept] == ["num_workers"]


# The user's values


def test_values_follow_a_split_to_the_components_that_are_declared(first: dict[str, str]) -> None:
    current = edited(first, 'jupyterHubImage: "hub:1"', 'jupyterHubImage: "mine:7"')
    current = edited(current, 'cloud: "null"', 'cloud: "gke"')
    current = edited(current, 'tfAmbassadorServiceType: "ClusterIP"', 'tfAmbassadorServiceType: "Node" + "Port"')
    declared = declaration_of(V3, {**SPLIT, "hub": ("jupyterhub", {"image": "planned:1"})})
    files, upgraded, kept = converge(current, declared, V3)
    assert upgraded.replaced == ["core"]
    assert upgraded.components.lost == []
    after = values(files)
    assert "core" not in after
    assert "components/core.jsonnet" not in files
    assert after["hub"] == {
        "cloud": "gke",
        "image": "mine:7",
        "jupyterHubAuthenticator": "null",
        "name": "hub",
        "namespace": "null",
        "notebookPVCMount": "/home/jovyan",
    }
    assert after["gateway"]["ambassadorServiceType"] == Expression('"Node" + "Port"')
    assert (after["operator"]["cloud"], after["operator"]["tfJobImage"]) == ("gke", "operator:3")
    assert {"component": "hub", "parameter": "image", "value": "mine:7", "planned": "planned:1"} in kept
    # They are still the user's, and nothing is left to do.
    again, nothing, _kept = converge(files, declared, V3)
    assert (again, nothing) == (files, upgrade.PackageUpgrade())


def test_values_that_nobody_set_follow_the_new_defaults(first: dict[str, str]) -> None:
    files, upgraded, kept = converge(first, declaration_of(V3, SPLIT), V3)
    assert upgraded.components.values == {}
    assert values(files)["hub"]["image"] == "hub:3"
    assert [entry for entry in kept if "parameter" in entry] == []


def test_a_component_that_stays_gets_the_new_names_and_defaults_and_keeps_the_users_values() -> None:
    chosen = {"train": ("pytorch-job", {}), "flow": "argo", "eval": ("pytorch-job", {"num_workers": 2, "image": "planned"})}
    declared = {**chosen, "eval": ("pytorch-job", {"numWorkers": 3})}
    files = converge({}, declaration_of(V1, chosen), V1)[0]
    for current in (files, made_by_ks(files)):
        current = edited(edited(current, "num_workers: 0", "num_workers: 5"), 'image: "null"', 'image: "mine"')
        after = values(converge(current, declaration_of(V3, declared), V3)[0])
        assert after == {
            "train": {"image": "mine", "name": "train", "numWorkers": 5},
            # What was declared then is the declaration's, and the user's only where ks wrote it.
            "eval": {
                "name": "eval",
                **({"image": "null", "numWorkers": 3} if record.PATH in current else {"image": "planned", "numWorkers": 2}),
            },
            "flow": {"name": "flow", "namespace": "null", "uiImage": "argoui:3"},
        }


def test_over_several_versions_and_with_values_that_have_a_counterpart() -> None:
    old, new = {"commitSha": "1" * 40, "refSpec": "v0.1.2"}, {"commitSha": "4" * 40, "refSpec": "v0.4.0"}
    uri = {"kubeflow": {"uri": "github.com/kubeflow/kubeflow/tree/v0.1.2/kubeflow"}}
    first = converge({}, declaration_of(V1, {"core": "kubeflow-core"}, registries=uri), V1, old)[0]
    current = edited(first, 'cloud: "null"', 'cloud: "minikube"')
    current = edited(current, 'jupyterHubImage: "hub:1"', 'jupyterHubImage: "mine:7"')
    uri = {"kubeflow": {"uri": "github.com/kubeflow/kubeflow/tree/v0.4.0/kubeflow"}}
    files, upgraded, _kept = converge(current, declaration_of(V4, {"gateway": "ambassador", "hub": "jupyter"}, registries=uri), V4, new)
    assert upgraded.replaced == ["core"]
    after = values(files)
    assert (after["gateway"]["platform"], after["hub"]["platform"], after["hub"]["image"]) == ("minikube", "minikube", "mine:7")
    assert not any(path.startswith("vendor/kubeflow/core/") for path in files)


def test_values_that_can_not_go_along_are_named_with_the_reason() -> None:
    first = converge({}, declaration_of(V1, {"core": "kubeflow-core"}), V1)[0]
    current = edited(first, 'cloud: "null"', 'cloud: "acsengine"')
    current = edited(current, 'jupyterNotebookPVCMount: "null"', 'jupyterNotebookPVCMount: "/data"')
    current = edited(current, 'reportUsage: "false"', 'reportUsage: "true"')
    current = edited(current, 'namespace: "null"', 'namespace: "mine"')
    lost = converge(current, declaration_of(V4, {"gateway": "ambassador"}), V4)[1].components.lost
    assert {(entry["parameter"], entry["value"], entry["why"]) for entry in lost} == {
        ("cloud", "acsengine", "'platform' of 'gateway' can only be gke, minikube, none"),
        ("jupyterNotebookPVCMount", "/data", "nothing takes its place"),
        ("reportUsage", "true", f"no component of {PKG}spartakus is declared"),
        ("namespace", "mine", "the objects go to the environment's namespace"),
    }


def test_a_value_of_the_users_own_and_two_components_of_a_prototype_are_not_guessed_at(first: dict[str, str]) -> None:
    current = edited(first, 'jupyterHubImage: "hub:1"', 'jupyterHubImage: "mine:7"')
    current = edited(current, "  components: {\n", '  components: {\n    hub: { image: "other:9" },\n')
    upgraded = converge(current, declaration_of(V3, SPLIT), V3)[1]
    assert [entry["why"] for entry in upgraded.components.lost] == ["'image' of 'hub' has another value of yours"]
    current = edited(first, 'jupyterHubImage: "hub:1"', 'jupyterHubImage: "mine:7"')
    upgraded = converge(current, declaration_of(V3, {**SPLIT, "hub2": "jupyterhub"}), V3)[1]
    assert [entry["why"] for entry in upgraded.components.lost] == [f"hub and hub2 are of {PKG}jupyterhub"]


def test_overrides_of_an_environment_follow_too(first: dict[str, str]) -> None:
    path = "environments/default/params.libsonnet"
    text = overrides.update(first[path], {"core": {"jupyterHubImage": '"mine:7"'}}, drop={}, remove=[], file=path)
    files, upgraded, _kept = converge({**first, path: text}, declaration_of(V3, SPLIT), V3)
    assert overrides.read(files[path], path) == {"hub": {"image": "mine:7"}}
    assert upgraded.environments["default"].values == {"hub": {"image": "mine:7"}}
    assert values(files)["hub"]["image"] == "hub:3"


def test_expressions_are_moved_as_they_stand_or_named(first: dict[str, str]) -> None:
    files = converge({}, declaration_of(V1, {"train": "pytorch-job"}), V1)[0]
    files = converge(edited(files, "num_workers: 0", "num_workers: 2 + 3"), declaration_of(V3, {"train": "pytorch-job"}), V3)[0]
    assert values(files)["train"]["numWorkers"] == Expression("2 + 3")
    assert "num_workers" not in values(files)["train"]
    path = "environments/default/params.libsonnet"
    text = overrides.update(first[path], {"core": {"jupyterHubImage": '"mine:7"'}}, drop={}, remove=[], file=path)
    files, upgraded, _kept = converge({**first, path: text.replace('"mine:7"', '"mine:" + "7"')}, declaration_of(V3, SPLIT), V3)
    assert [entry["why"] for entry in upgraded.environments["default"].lost] == ["it is an expression: move it by hand"]


def test_a_file_that_an_earlier_release_of_ours_wrote_counts_as_untouched() -> None:
    files = converge({}, declaration_of(V1, {"core": "kubeflow-core"}), V1)[0]
    path, text = "components/core.jsonnet", files["components/core.jsonnet"]
    files = edited(files, 'jupyterHubImage: "hub:1"', 'jupyterHubImage: "mine:7"')
    older = {
        **files,
        path: f"// Older\n{text}",
        record.PATH: files[record.PATH].replace(record.digest(text), record.digest(f"// Older\n{text}")),
    }
    assert converge(older, declaration_of(V3, SPLIT), V3)[1].replaced == ["core"]


def test_what_we_wrote_is_not_taken_for_the_users() -> None:
    def planned(component: str, **parameters: str) -> dict[str, t.Any]:
        environment = {"server": "https://10.0.0.1", "namespace": "team", "parameters": {component: parameters}}
        return {"environments": {"default": environment}}

    declared = declaration_of(
        V1, {"core": ("kubeflow-core", {"jupyterHubImage": "planned:1"})}, **planned("core", jupyterHubImage="there:1")
    )
    files = converge({}, declared, V1)[0]
    files, upgraded, kept = converge(files, declaration_of(V3, SPLIT, **planned("hub", image="there:3")), V3)
    assert (upgraded.components.values, upgraded.environments["default"].values, kept) == ({}, {}, [])
    path = "environments/default/params.libsonnet"
    assert (values(files)["hub"]["image"], overrides.read(files[path], path)) == ("hub:3", {"hub": {"image": "there:3"}})


def test_a_value_stays_where_the_declaration_names_another_prototype_that_has_it() -> None:
    files = converge({}, declaration_of(V1, {"flow": "argo"}), V1)[0]
    files, upgraded, _kept = converge(
        edited(files, 'namespace: "null"', 'namespace: "mine"'), declaration_of(V3, {"flow": "jupyterhub"}), V3
    )
    assert (values(files)["flow"]["namespace"], upgraded.components.lost) == ("mine", [])


def test_no_upgrade_where_packages_are_only_added_or_nothing_changes() -> None:
    small = {"argo": V1["argo"]}
    files, upgraded, _kept = converge({}, declaration_of(small, {"flow": "argo"}), small)
    assert upgraded == upgrade.PackageUpgrade()
    files, upgraded, _kept = converge(files, declaration_of(V1, {"flow": "argo"}), V1)
    assert upgraded == upgrade.PackageUpgrade()
    # A package that is no longer declared, and is in use, stays, as it did.
    files = edited(files, 'imageTag: "latest"', 'imageTag: "mine"')
    files, upgraded, _kept = converge(files, declaration_of({"core": V1["core"]}, {}), V1)
    assert upgraded == upgrade.PackageUpgrade()
    assert "components/flow.jsonnet" in files
    assert upgrade.plan(files, files, {"a": {}}, {"a": {"prototype": "none"}}, {}) == upgrade.PackageUpgrade()


# Blockers


def test_everything_that_stands_in_the_way_is_told_at_once() -> None:
    old: Shape = {"p": {"a": ["size string=1", "kept string=x"], "b": []}}
    new: Shape = {"p": {"a": ["size number=1", "kept string=x", "must string"]}}
    current = edited(converge({}, declaration_of(old, {"one": "a", "two": "b"}), old)[0], 'size: "1"', 'size: "large"')
    declared = declaration_of(new, {"one": ("a", {"kept": 3, "odd": 1}), "two": "b"})
    problems = refused(current, declared, new)
    assert len(problems) == 5
    for part in (
        f"Component 'two': No prototype is named '{PKG}b'.",
        "Component 'one', parameter 'size': number expected, got text: \"large\". It is 'size' of component 'one' now.",
        "Component 'one', parameter 'kept': string expected",
        f"Component 'one': {PKG}a has no parameter 'odd' any more",
        "Component 'one': the new parameter 'must' (string) needs a value.",
    ):
        assert any(part in problem for problem in problems), part
    fixed = declaration_of(new, {"one": ("a", {"must": "x"})})
    current = edited(current, 'size: "large"', 'size: "12"')
    assert values(converge(current, fixed, new)[0])["one"] == {"kept": "x", "must": "x", "name": "one", "size": 12}


def test_declared_values_under_old_names_are_told_the_new_one() -> None:
    files = converge({}, declaration_of(V1, {"train": "pytorch-job"}), V1)[0]
    assert refused(files, declaration_of(V3, {"train": ("pytorch-job", {"num_workers": 2})}), V3) == [
        f"Component 'train': {PKG}pytorch-job has no parameter 'num_workers' any more: it is {PKG}pytorch-job: numWorkers now."
    ]


def test_a_component_without_successor_and_one_whose_successors_are_not_declared() -> None:
    files = made_by_ks(converge({}, declaration_of(V1, {"core": "kubeflow-core", "job": "tf-job"}), V1)[0])
    problems = refused(files, declaration_of(V3, {}), V3)
    assert [problem for problem in problems if problem.startswith("Component 'core'") and f"{PKG}jupyterhub" in problem]
    assert f"Component 'job': its prototype {PKG}tf-job was removed from the package. {NO_SUCCESSOR[PKG + 'tf-job']}" in problems
    # As declared before: the old prototype's successors are named too.
    assert any("Declare components of" in problem for problem in refused(files, declaration_of(V3, {"core": "kubeflow-core"}), V3))


def test_an_undeclared_component_of_the_user_must_go_along() -> None:
    files = made_by_ks(converge({}, declaration_of(V1, {"train": "pytorch-job"}), V1)[0])
    assert refused(files, declaration_of(V3, {}), V3) == [
        f"Component 'train' is not declared, and the parameters of {PKG}pytorch-job change: declare it too."
    ]


def test_what_we_made_and_nobody_changed_just_goes() -> None:
    files = converge({}, declaration_of(V1, {"job": "tf-job", "flow": "argo"}), V1)[0]
    files, upgraded, _kept = converge(files, declaration_of(V3, {"flow": "argo"}), V3)
    assert set(values(files)) == {"flow"}
    assert upgraded.replaced == []


def test_files_of_the_user_must_not_import_what_is_no_more(first: dict[str, str]) -> None:
    current = {**first, "components/own.jsonnet": 'local hub = import "kubeflow/argo/old.libsonnet";\nhub\n'}
    current["components/noted.jsonnet"] = '// import "kubeflow/argo/old.libsonnet"\n{ a: "import \'kubeflow/argo/old.libsonnet\'" }\n'
    current["vendor/kubeflow/argo/old.libsonnet"] = "{}\n"
    assert refused(current, declaration_of(V3, SPLIT), V3) == [
        "components/own.jsonnet stays as it is, and imports kubeflow/argo/old.libsonnet, which no longer exists."
    ]
    # A new package answers for itself.
    own = {**first, "vendor/kubeflow/core/lib.libsonnet": 'import "kubeflow/argo/old.libsonnet"\n'}
    own["vendor/kubeflow/argo/old.libsonnet"] = "{}\n"
    with pytest.MonkeyPatch.context() as patch:
        laid = {**vendored(V3), "core/lib.libsonnet": own["vendor/kubeflow/core/lib.libsonnet"]}
        patch.setitem(globals(), "vendored", lambda _shape: laid)
        assert converge(own, declaration_of(V3, SPLIT), V3)[1].changes
    path = "components/core.jsonnet"
    changed = {**first, path: first[path] + "// mine\n"}
    assert refused(changed, declaration_of(V3, SPLIT), V3) == [
        f"{path} was changed by hand, and its prototype {PKG}kubeflow-core was removed from the package: remove it yourself."
    ]


def test_packages_of_one_registry_do_not_stay_at_two_versions() -> None:
    old, new = {"commitSha": "1" * 40, "refSpec": "v0.1.2"}, {"commitSha": "3" * 40, "refSpec": "v0.3.0"}
    uri = {"kubeflow": {"uri": "github.com/kubeflow/kubeflow/tree/v0.1.2/kubeflow"}}
    files = made_by_ks(converge({}, declaration_of(V1, {"flow": "argo"}, registries=uri), V1, old)[0])
    less = declaration_of({"argo": V3["argo"]}, {"flow": "argo"}, registries=uri)
    # What ks made at one version is not taken over at another one.
    assert refused(files, declaration_of(V3, {"flow": "argo"}, registries=uri), V3, git=new) == [
        "Registry 'kubeflow' is at v0.1.2 in app.yaml, not by us: declare that version first, then v0.3.0."
    ]
    files = converge(files, less, V1, old)[0]
    problems = refused(files, less, V3, git=new)
    assert refused(files, less, V1, git=new) == problems
    stays = "would stay at v0.1.2 while registry 'kubeflow' goes from v0.1.2 to v0.3.0: declare it too."
    assert problems == [f"Package 'core' {stays}", f"Package 'job' {stays}"]

    def app(registry: dict[str, str], library: dict[str, str] | None) -> dict[str, t.Any]:
        return {
            "registries": {"kubeflow": {"gitVersion": registry}},
            "libraries": {"core": {"registry": "kubeflow", "gitVersion": library}},
        }

    assert upgrade.mixed_versions(app(old, old), app(new, old), {"core": {"version": ""}}) == problems[:1]
    assert upgrade.mixed_versions(app(old, old), app(new, old), {"core": {"version": "v0.1.2"}}) == []
    assert upgrade.mixed_versions(app(old, old), app(new, new), {}) == []
    assert upgrade.mixed_versions(app(new, old), app(new, old), {}) == []
    assert upgrade.mixed_versions({}, app(new, None), {}) == []


# The table


def test_every_entry_of_the_table_is_well_formed_and_unambiguous() -> None:
    orders = {"kubeflow": ["v0.1", "v0.2", "v0.3", "v0.4"], "embedded": ["0.1.0", "0.2.0"]}
    for family, entries in RENAMES.items():
        order = orders[family]
        assert len({(entry["since"], entry["prototype"], entry["now"]) for entry in entries}) == len(entries)
        for entry in entries:
            assert order.index(entry["until"]) == order.index(entry["since"]) + 1
            renamed = entry["parameters"]
            assert len(set(renamed.values())) == len(renamed)
            assert set(entry["values"]) <= set(renamed)
            assert all(counterparts for counterparts in entry["values"].values())
            assert entry["source"]
            assert "name" not in renamed
            if entry["prototype"] == entry["now"]:
                assert renamed
                # Nothing is renamed to what is renamed itself, in one step.
                assert not set(renamed) & set(renamed.values())
            assert entry["prototype"] not in NO_SUCCESSOR
    for reasons in WHY_GONE.values():
        assert all(reasons.values())


def test_the_table_does_not_go_in_circles() -> None:
    entries = [entry for family in RENAMES.values() for entry in family]
    names = {(entry["prototype"], old) for entry in entries for old in entry["parameters"]}
    nothing: dict[str, prototypes.Prototype] = {}
    for prototype, parameter in names:
        assert Versions(nothing, nothing).targets(prototype, parameter) == []
        assert Versions(nothing, nothing).successors(prototype) == []


def test_a_component_knows_its_prototype_by_its_file(first: dict[str, str]) -> None:
    # Guards the recognition that the tests above rest on: the text is what ks would write.
    assert first["components/core.jsonnet"] == component.from_prototype("core", collected(V1)[f"{PKG}kubeflow-core"])[1]
