# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documents of stages, held against what the modules document."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.data.document_types import DOCUMENTS, REQUIRED
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model.outcome import Outcome
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.formats.documents import check
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, result_of

from tests.unit.rules import stories


@pytest.mark.parametrize("case", stories.names())
def test_facts_are_as_documented(case: str) -> None:
    check("facts", stories.facts(case), DOCUMENTS["facts"])


@pytest.mark.parametrize("case", ["gke-gpu", "kind", "limit-range"])
def test_a_plan_is_as_documented(case: str) -> None:
    check("plan", stories.planned(case), DOCUMENTS["plan"], REQUIRED["plan"])


def test_an_outcome_is_as_documented() -> None:
    check("outcome", Outcome().document(), DOCUMENTS["outcome"], REQUIRED["outcome"])


@pytest.mark.parametrize(
    ("option", "document", "message"),
    [
        ("facts", {"cluster": "x"}, "facts.cluster is text, not a mapping."),
        ("facts", {"cluster": {"nodes": {"count": "3"}}}, "facts.cluster.nodes.count is text, not a number."),
        ("facts", {"kubeconfig": {"files": ["a", 1]}}, "facts.kubeconfig.files[1] is a number, not text."),
        ("facts", {"kubeconfig": {"tls": {"verify": 1}}}, "facts.kubeconfig.tls.verify is a number, not a boolean."),
        ("plan", {}, "plan lacks the field cluster."),
        (
            "outcome",
            {name: None for name in REQUIRED["outcome"]} | {"objects": [{"wave": []}]},
            "outcome.objects[0].wave is a list, not a number.",
        ),
    ],
)
def test_the_field_that_is_wrong_is_named(option: str, document: t.Any, message: str) -> None:
    with pytest.raises(BootstrapError) as refused:
        result_of(lambda args, context: pytest.fail("was run"), {option: document}, Context())
    assert refused.value.message == message


def test_a_field_may_be_unknown_null_or_left_out() -> None:
    facts = {"cluster": {"nodes": None, "mine": [1]}, "more": "x"}
    assert result_of(lambda args, context: args, {"facts": facts, "plan": None}, Context()) == {"facts": facts, "plan": None}
