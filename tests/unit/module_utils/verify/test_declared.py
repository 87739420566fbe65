# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checks that packages declare."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.verify.declared import checks

from tests.unit.module_utils.verify._application import files

HTTP = "{ service: params.name, port: 'http', path: params.path, status: [200] }"
ONE = f"{{ name: 'page', title: 'In ' + env.namespace, seconds: 5, fix: 'Look.', http: {HTTP} }}"


def test_checks_know_the_parameters_and_the_environment() -> None:
    by_component = checks(files(f"[{ONE}]", front={"path": "/a"}, back={"path": "/b"}), "default")
    assert {name: [check["http"]["path"] for check in declared] for name, declared in by_component.items()} == {
        "back": ["/b"],
        "front": ["/a"],
    }
    assert by_component["front"][0]["title"] == "In ml"


def test_a_component_of_a_package_s_data_has_no_checks() -> None:
    application = files(f"[{ONE}]")
    application["vendor/r/web/definitions.json"] = "{}"
    application["components/definitions.jsonnet"] = "import 'r/web/definitions.json'\n"
    assert set(checks(application, "default")) == {"front"}


def test_parameters_of_the_environment_count() -> None:
    application = files(f"[{ONE}]")
    path = "environments/default/params.libsonnet"
    application[path] = application[path].replace("components +: {", "components +: { front +: { path: '/theirs' },")
    assert "/theirs" in application[path]
    assert checks(application, "default")["front"][0]["http"]["path"] == "/theirs"


def test_components_without_checks_are_not_evaluated() -> None:
    application = files(None)
    application["components/broken.jsonnet"] = "error 'it is broken'"
    application["components/plain.yaml"] = "kind: ConfigMap\n"
    assert checks(application, "default") == {}


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("7", "check 0 of component front: it is not a mapping"),
        ("[{}]", "check 0 of component front: name is not a value"),
        (f"[{ONE}, {ONE} {{ seconds: '5' }}]", "check 1 of component front: seconds is not a number"),
        (f"[{ONE} {{ http:: null }}]", "it has none of http, url, exec, objects"),
        (f"[{ONE} {{ url: {{ url: 'http://x/', status: [200] }} }}]", "it has http and url of http, url, exec, objects"),
        (f"[{ONE} {{ until: {{ object: 'Job/a', condition: 'Complete', failed: 'Failed' }} }}]", "until with objects alone"),
        (f"[{ONE} {{ http+: {{ status: ['200'] }} }}]", r"http.status\[0\] is not a number"),
        ("error 'no such thing'", "no such thing"),
    ],
)
def test_checks_that_are_wrong(declared: str, message: str) -> None:
    with pytest.raises(BootstrapError, match=message):
        checks(files(declared), "default")
