# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a module of this collection runs.

A module is data and one function: ``ARGUMENTS``, what ``AnsibleModule`` takes, and ``run(args, context)``, which returns the
result or raises ``BootstrapError``. The same function is called in two ways: here, where the module was sent to a host, and by
``plugins/action/in_process.py``, where the task's host is the controller itself.
"""

from __future__ import annotations

import os
import typing as t
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ansible.module_utils import basic
from ansible.module_utils.basic import AnsibleModule

from .credential_scan.masking import is_credential, masked
from .data.document_types import DOCUMENTS, REQUIRED
from .errors import BootstrapError
from .formats import documents
from .kubeconfig import load as reading
from .process.limits import reached
from .redaction.redact import clean, cleaned, forget, remember

_MOST_DETAILS = 2**20
# Fields of a kubeconfig's user, of an auth-provider's config among them, and the proxy, which may hold a login.
_CREDENTIALS = (
    "token",
    "password",
    "client-key",
    "client-key-data",
    "id-token",
    "refresh-token",
    "access-token",
    "client-secret",
    "proxy-url",
)


def _silent(message: str, color: str = "") -> None:
    pass


@dataclass(frozen=True)
class Context:
    """The environment of a run.

    ``check``: change nothing. ``diff``: return ``diff``. ``env``: the environment variables of the task.
    ``progress``: shows one line to whoever waits, in the color of ``error``, ``warn`` or ``ok`` where a second argument names one and
    colors are on. ``columns``: the width of the terminal, 120 where there is none. ``warn``: adds a warning to the task's result.
    ``show``: shows one line on the terminal and in no log file; ``None`` where that is impossible.
    """

    check: bool = False
    diff: bool = False
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    progress: Callable[..., None] = _silent
    columns: int = 120
    warn: Callable[[str], None] = _silent
    show: Callable[[str], None] | None = None


Work = Callable[[dict[str, t.Any], Context], dict[str, t.Any]]


def run_module(arguments: dict[str, t.Any], work: Work) -> None:
    """Run ``work`` as an Ansible module: never returns."""
    # basic has it for modules whose arguments depend on the parameters; ansible-test has no parameters.
    module = AnsibleModule(**with_visible_path(arguments, basic._load_params() or {}))
    begin(module.no_log_values, module.params)
    context = Context(check=module.check_mode, diff=module._diff, warn=lambda text: module.warn(clean(text)))
    try:
        result = result_of(work, module.params, context)
    except BootstrapError as error:
        module.fail_json(**failed(error))
    module.exit_json(**result)


def with_visible_path(arguments: dict[str, t.Any], params: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """``arguments``, with a secret kubeconfig only where ``params`` have its content. A path is no secret, but ansible-core 2.22 masks the
    values of ``no_log`` options in all output, commands to paste among it."""
    spec = arguments["argument_spec"]
    kubeconfig = params.get("kubeconfig")
    if spec.get("kubeconfig", {}).get("no_log") and isinstance(kubeconfig, str) and reading.content(kubeconfig) is None:
        spec = {**spec, "kubeconfig": {**spec["kubeconfig"], "no_log": False}}
    return {**arguments, "argument_spec": spec}


def result_of(work: Work, args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """The result of the work, its differences without credentials; a limit of this machine becomes an error with a fix.

    Raises ``BootstrapError`` where a document among the arguments is none that a stage hands on."""
    try:
        for option in DOCUMENTS.keys() & args.keys():
            documents.check(option, args[option], DOCUMENTS[option], REQUIRED.get(option, ()))
        result = work(args, context)
        return {**result, "diff": masked(result["diff"])} if "diff" in result else result
    except BootstrapError:
        raise
    except (RuntimeError, MemoryError, OSError) as error:
        limit = reached(error)
        if limit is None:
            raise
        raise limit from None


def begin(hidden: set[t.Any], args: Mapping[str, t.Any]) -> None:
    """Remember the secrets among a task's arguments; others follow when they are read.

    ``hidden``: the values of secret arguments, which Ansible removes from results. Of a kubeconfig only the credentials are
    secret: its names and addresses are shown.
    """
    forget()
    kubeconfig = args.get("kubeconfig")
    content = reading.content(kubeconfig) if kubeconfig else None
    document = None if content is None else reading.document(content)
    if isinstance(document, dict):
        texts = list(_texts("", document))
        secrets = {text for key, text in texts if key in _CREDENTIALS or clean(text) != text} | set(_of_plugins(document))
        if isinstance(kubeconfig, dict):
            hidden -= {text for _key, text in texts}
        hidden |= secrets
        remember(*map(str, hidden - {kubeconfig} if isinstance(kubeconfig, str) else hidden))
        return
    remember(*map(str, hidden))


def _texts(key: str, value: t.Any) -> Iterator[tuple[str, str]]:
    """The texts and numbers in plain data, each with the field that it is in."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _texts(str(name), each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(key, each)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield key, str(value)


def _of_plugins(value: t.Any) -> Iterator[str]:
    """Credentials among the variables of exec plugins, which hold names of profiles and switches, too."""
    if isinstance(value, dict):
        name, text = value.get("name"), value.get("value")
        if isinstance(name, str) and isinstance(text, str) and (is_credential(name, text) or clean(text, opaque=True) != text):
            yield text
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _of_plugins(each)


def failed(error: BootstrapError) -> dict[str, t.Any]:
    """The result of a failed task."""
    return {**cleaned(error.details, _MOST_DETAILS), "failed": True, "msg": str(error)}
