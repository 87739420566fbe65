# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a module of this collection runs. Private to the collection.

A module is data and one function: ``ARGUMENTS``, what ``AnsibleModule`` takes, and ``run(args, context)``, which returns the
result or raises ``BootstrapError``. The same function is called in two ways: here, where the module was sent to a host, and by
``plugins/action/in_process.py``, where the task's host is the controller itself.
"""

from __future__ import annotations

import os
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ansible.module_utils.basic import AnsibleModule

from .errors import BootstrapError


def _silent(message: str) -> None:
    pass


@dataclass(frozen=True)
class Context:
    """What a run knows beside its arguments.

    ``check``: change nothing. ``diff``: return ``diff``. ``env``: the environment variables of the task.
    ``progress``: shows one line to whoever waits. ``warn``: adds a warning to the task's result.
    ``show``: shows one line on the terminal and in no log file; ``None`` where there is no way to it.
    """

    check: bool = False
    diff: bool = False
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    progress: Callable[[str], None] = _silent
    warn: Callable[[str], None] = _silent
    show: Callable[[str], None] | None = None


Work = Callable[[dict[str, t.Any], Context], dict[str, t.Any]]


def run_module(arguments: dict[str, t.Any], work: Work) -> None:
    """Run ``work`` as an Ansible module: never returns."""
    module = AnsibleModule(**arguments)
    context = Context(check=module.check_mode, diff=module._diff, warn=module.warn)
    try:
        result = work(module.params, context)
    except BootstrapError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(**result)
