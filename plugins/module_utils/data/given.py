# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects that a controller makes for an object of another kind, under names that follow from it.

Applications put objects into such namespaces, and run pods as such accounts, without bringing these themselves.
"""

from __future__ import annotations

import typing as t


class ControllerMade(t.NamedTuple):
    """Group, kind, namespace and name of what is made; ``{name}`` and ``{namespace}`` are those of the object that it is made for."""

    group: str
    kind: str
    namespace: str
    name: str


GIVEN: dict[tuple[str, str], tuple[ControllerMade, ...]] = {
    # Kubeflow Dashboard, components/profile-controller/controllers/profile_controller.go: the namespace is owned by the Profile, and goes
    # with it; DEFAULT_EDITOR and DEFAULT_VIEWER are the accounts.
    ("kubeflow.org", "Profile"): (
        ControllerMade("", "Namespace", "", "{name}"),
        ControllerMade("", "ServiceAccount", "{name}", "default-editor"),
        ControllerMade("", "ServiceAccount", "{name}", "default-viewer"),
    ),
}
"""By group and kind of the object that they are made for."""
