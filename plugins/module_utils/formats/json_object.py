# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The type of what JSON and YAML call an object or a mapping: a Kubernetes object, a document, a part of one."""

from __future__ import annotations

import typing as t

Json = dict[str, t.Any]
