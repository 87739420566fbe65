# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""YAML as ks writes it."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet import documents


def test_keys_sort_as_in_go() -> None:
    assert documents.dump({"env10": 1, "env2": 2, "b": 3, "B": 4, "a-b": 5, "ab": 6}) == "B: 4\na-b: 5\nab: 6\nb: 3\nenv2: 2\nenv10: 1\n"


def test_text_that_reads_as_something_else_is_quoted() -> None:
    document = {"k": ["true", "y", "1", "1e3", "0x1f", "null", "", "2018-01-01", "1:20", "v1.7.0", "a\nb", "a: b", "~", "<<"]}
    text = documents.dump(document)
    assert '- "y"\n- "1"\n- "1e3"\n' in text
    assert "- 2018-01-01\n- 1:20\n" in text
    assert documents.load(text, "f") == document


def test_what_yaml_v2_reads_otherwise_than_pyyaml() -> None:
    assert documents.load("[y, n, on, 1:20, 2018-01-01, 0x1F, 1e3, .5]", "f") == [True, False, True, "1:20", "2018-01-01", 31, 1000.0, 0.5]


def test_a_broken_file_is_named_with_its_line() -> None:
    with pytest.raises(BootstrapError, match="app.yaml, line 2: not YAML"):
        documents.load("a: 1\nb: }\n", "app.yaml")
    with pytest.raises(BootstrapError, match="app.yaml: a mapping is expected, not a list"):
        documents.load_mapping("- 1\n", "app.yaml")
