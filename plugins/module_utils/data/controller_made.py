# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects that a controller creates for an object of another kind, under names that follow from it.

Applications have objects in such namespaces, and pods with such accounts, without these themselves.
"""

from __future__ import annotations

import typing as t


class ControllerMade(t.NamedTuple):
    """Group, kind, namespace and name; ``{name}`` and ``{namespace}`` are those of the object that it is created for."""

    group: str
    kind: str
    namespace: str
    name: str


CONTROLLER_MADE: dict[tuple[str, str], tuple[ControllerMade, ...]] = {
    # Kubeflow Dashboard, components/profile-controller/controllers/profile_controller.go: the Profile owns the namespace;
    # DEFAULT_EDITOR and DEFAULT_VIEWER are the accounts.
    ("kubeflow.org", "Profile"): (
        ControllerMade("", "Namespace", "", "{name}"),
        ControllerMade("", "ServiceAccount", "{name}", "default-editor"),
        ControllerMade("", "ServiceAccount", "{name}", "default-viewer"),
    ),
}
"""By group and kind of the object that they are created for."""
