# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values of a plan, by the name of their parameter."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.kubeflow.bootstrap.plugins.filter.plan_value import plan_value

PLAN = {
    "parameters": {
        "kubeflow-core": {"jupyterNotebookCpu": {"value": "500m"}, "storageClass": {"value": None}, "image": {"value": "a"}},
        "serving": {"image": {"value": "b"}, "namespace": {"value": "kubeflow"}},
        "training": {"namespace": {"value": "kubeflow"}},
    }
}


def test_the_value_of_whichever_component_has_the_parameter() -> None:
    assert plan_value(PLAN, "jupyterNotebookCpu") == "500m"
    assert plan_value(PLAN, "storageClass") is None
    assert plan_value(PLAN, "namespace") == "kubeflow"
    assert plan_value(PLAN, "image", component="serving") == "b"


@pytest.mark.parametrize(
    ("plan", "arguments", "message"),
    [
        (PLAN, ("imag",), "no parameter 'imag' in kubeflow-core, serving, training. Did you mean image?"),
        (PLAN, ("image",), "image differs between kubeflow-core, serving. Name one of them as component."),
        (PLAN, ("image", "srving"), "the plan has no component 'srving'. It has kubeflow-core, serving, training."),
        ({"parameters": {}}, ("image",), "no parameter 'image' in the plan."),
        ({}, ("image",), "the input is no plan, for it has no mapping parameters. It is what the module plan returns."),
        ("text", ("image",), "the input is no plan, for it has no mapping parameters. It is what the module plan returns."),
    ],
)
def test_what_cannot_be_told_is_refused(plan: t.Any, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(AnsibleFilterError) as refused:
        plan_value(plan, *arguments)
    assert refused.value.message == f"plan_value: {message}"
