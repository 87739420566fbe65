# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JSON in files, annotations and answers of others: what is nested without end, or of another shape, is as good as none."""

from __future__ import annotations

import typing as t
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.cloud.detect import aws
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.apply import field_managers
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model import applyset, managed_fields
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.formats import yaml_documents
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.report import many
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.verify import pod_exec, web
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.verify.result import CheckFailed

DEEP = '{"a":' + "[" * 200_000
TEXTS = [DEEP, DEEP + "]" * 200_000 + "}", "[" * 200_000, "{", "", "[1]", "5", "null", '"text"', "9" * 5000]
READERS: dict[str, tuple[Callable[[str], object], tuple[t.Any, ...]]] = {
    "a list's step of managed fields": (lambda text: managed_fields._leads_to(f"k:{text}", {"a": 1}), (False,)),
    "a value's step of managed fields": (lambda text: managed_fields._leads_to(f"v:{text}", {"a": 1}), (False,)),
    "an owner's step": (lambda text: field_managers._value([{"a": 1}], f"k:{text}"), ((False, None),)),
    "the record of members": (applyset._members, ({},)),
    "a metadata server": (aws._json, ({},)),
    "a refusal": (lambda text: web._refusal(500, text.encode()), (None,)),
}


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: f"{text[:6]}-{len(text)}")
@pytest.mark.parametrize("reader", READERS)
def test_it_is_as_good_as_none(reader: str, text: str) -> None:
    read, nothing = READERS[reader]
    assert read(text) in nothing


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: f"{text[:6]}-{len(text)}")
def test_it_is_told_in_words(text: str, tmp_path: Path) -> None:
    for begin in ("", '{"a": '):
        with pytest.raises(BootstrapError):
            yaml_documents.load_mapping(begin + text, "file")
    with pytest.raises(CheckFailed):
        pod_exec._check_status("hub-1", {pod_exec._ERROR: text.encode()})
    (tmp_path / "report.json").write_text(DEEP)
    with pytest.raises(BootstrapError, match="it is not JSON"):
        many._read(tmp_path / "report.json")


def test_a_number_beyond_all_others() -> None:
    with pytest.raises(BootstrapError, match="not YAML"):
        yaml_documents.load_mapping(f"a: !!int 0x{'f' * 100_000}", "file")
