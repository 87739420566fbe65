# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the remaining pages say works."""

from __future__ import annotations

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration.test_docs import FIRST, ROOT, RUN_HERE, reader, works

__all__ = ["reader"]


@pytest.mark.parametrize("path", [path for path in RUN_HERE if path not in FIRST], ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_page_says_works(brief_cluster, reader, path):  # noqa: F811
    works(brief_cluster, reader, path)
