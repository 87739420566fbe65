# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Annotations of objects that the collection reads."""

from __future__ import annotations

GENERATE = "kubeflow.bootstrap/generate"
"""On a Secret: how to generate its values."""
