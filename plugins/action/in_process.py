# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action of every module of this collection (``plugin_routing`` in ``meta/runtime.yml``).

Where a task's host is the controller itself, the module's work is done in this process: that saves starting Python once a task,
uses the Python that runs Ansible, and lets long work show how far it is. On any other host, with ``become`` or ``async``, the
module is sent there as usual.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import typing as t
from collections.abc import Iterator, Mapping

from ansible import constants
from ansible import context as command_line
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.common.json import Direction, get_module_decoder, get_module_encoder
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils import color as colors
from ansible.utils.display import Display
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.credential_scan.masking import masked
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.redaction.redact import clean, plain
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, begin, failed, result_of, with_visible_path

_MODULES = "ansible_collections.kubeflow.bootstrap.plugins.modules"
_SWITCH = "kubeflow_in_process"
_FOR_PEOPLE = {"default", "minimal", "oneline", "debug", "dense", "unixy", "yaml", "awx_display"}
"""Callbacks, by their short names, that write for people. What others write on stdout is for programs."""
_COLORS = {"error": constants.COLOR_ERROR, "warn": constants.COLOR_WARN, "ok": constants.COLOR_OK}  # type: ignore[attr-defined]
_LEAST = 79
"""The fewest columns that Ansible's display has."""
_display = Display()


class ActionModule(ActionBase):
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        if self._on_controller() and self._is_on(task_vars or {}):
            with _environment(self._of_task()) as env:
                result.update(self._work("  " if self._task.run_once else _mark(task_vars or {}), env))
        else:
            result.update(self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val))
            if "invocation" in result:
                result["invocation"] = masked(result["invocation"])
        if result.get("credentials"):
            # Later stages need such values; warnings are shown all the same.
            result["_ansible_no_log"] = True
        return result

    def _on_controller(self) -> bool:
        return self._connection.transport == "local" and not self._task.async_val and not self._play_context.become

    def _is_on(self, task_vars: dict[str, t.Any]) -> bool:
        return bool(boolean(self._templar.template(task_vars.get(_SWITCH, True))))

    def _of_task(self) -> dict[str, str]:
        """The task's ``environment`` keyword for this loop item and this retry."""
        keyword: dict[str, t.Any] = {}
        # Has no annotations in ansible-core before 2.20.
        self._compute_environment_string(keyword)  # type: ignore[no-untyped-call,unused-ignore]
        return {name: str(value) for name, value in keyword.items()}

    def _work(self, mark: str, env: Mapping[str, str]) -> dict[str, t.Any]:
        """Run the module's work: the same arguments, result and messages, with the same values hidden. ``mark``: prefix of each line."""
        name = str(self._task.resolved_action)
        module = importlib.import_module(f"{_MODULES}.{name.rsplit('.', 1)[-1]}")
        args = _plain(self._task.args)
        checks = with_visible_path(module.ARGUMENTS, args)
        if not checks.pop("supports_check_mode", False) and self._task.check_mode:
            return {"skipped": True, "msg": f"{name} does not support check mode"}
        validation = ArgumentSpecValidator(**checks).validate(args)
        begin(validation._no_log_values, validation.validated_parameters)
        warnings = _of_validation(validation)
        for_people = _is_for_people()
        context = Context(
            check=self._task.check_mode,
            diff=bool(self._task.diff),
            env=env,
            progress=lambda line, color="": _display.display(f"{mark}{clean(line)}", color=_COLORS.get(color), stderr=not for_people),
            columns=_columns(mark),
            warn=lambda text: warnings.append(clean(text)),
            show=None if _is_recorded(env) or not for_people else lambda line: _display.display(f"{mark}{plain(line)}", screen_only=True),
        )
        try:
            if validation.error_messages:
                raise BootstrapError(_message(validation.errors[0], name))
            result = result_of(module.run, validation.validated_parameters, context)
        except BootstrapError as error:
            result = failed(error)
        if warnings:
            result = {**result, "warnings": warnings}
        result = {**result, "invocation": masked({"module_args": validation.validated_parameters})}
        hidden: dict[str, t.Any] = _without(result, {str(value) for value in validation._no_log_values} - {""})
        return hidden


@contextlib.contextmanager
def _environment(keyword: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The environment variables of a task, set in this process while its work lasts.

    Our own code takes them from ``Context.env``. The clouds' SDKs and their child processes read the process's environment, at any time.
    All items of a loop and all retries of a task share one process: afterwards its environment is restored.
    """
    before = dict(os.environ)
    os.environ.update(keyword)
    try:
        yield dict(os.environ)
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update({name: value for name, value in before.items() if os.environ.get(name) != value})


def _columns(mark: str) -> int:
    """The width that lines may have after ``mark``. Ansible's display took the terminal's before this process was forked, and has
    ``_LEAST`` where there is none."""
    columns = int(_display.columns or 0)
    terminal = columns > _LEAST or (colors.ANSIBLE_COLOR and not constants.config.get_config_value("ANSIBLE_FORCE_COLOR"))
    return columns - len(mark) if terminal else Context.columns


def _is_for_people() -> bool:
    """Whether people read stdout. With any other callback, and in an ad hoc command's one line, progress goes to stderr."""
    callback = str(constants.config.get_config_value("DEFAULT_STDOUT_CALLBACK")).rpartition(".")[2]
    options: Mapping[str, t.Any] = command_line.CLIARGS
    return callback in _FOR_PEOPLE and not options.get("one_line")


def _of_validation(validation: ValidationResult) -> list[str]:
    """The warnings of AnsibleModule about the arguments; what it has to say of deprecated ones is displayed."""
    for each in validation._deprecations:
        name = each.get("collection_name")
        _display.deprecated(each["msg"], version=each.get("version"), date=each.get("date"), collection_name=name)
    return [f"Both option {each['option']} and its alias {each['alias']} are set." for each in validation._warnings]


def _is_recorded(env: Mapping[str, str]) -> bool:
    """Whether all output is recorded: ansible-runner, and so AWX, makes events of what is for the screen alone, too."""
    return bool(env.get("AWX_ISOLATED_DATA_DIR"))


def _mark(task_vars: dict[str, t.Any]) -> str:
    """The prefix of each line that is shown: the host, where several work side by side."""
    several = len(task_vars.get("ansible_play_hosts_all") or ()) > 1
    return f"  [{task_vars['inventory_hostname']}] " if several else "  "


def _plain(args: dict[str, t.Any]) -> dict[str, t.Any]:
    """The arguments as a module gets them: Ansible's tagged strings and lazy containers are converted for modules."""
    sent = json.dumps(args, cls=get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE))
    received: dict[str, t.Any] = json.loads(sent, cls=get_module_decoder("legacy", Direction.CONTROLLER_TO_MODULE))
    return received


def _without(value: t.Any, secrets: set[str]) -> t.Any:
    """A result without the values of ``no_log`` options, as that of a module. ansible-core 2.22 deprecates its function for this."""
    if isinstance(value, dict):
        return {key: _without(each, secrets) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without(each, secrets) for each in value]
    if str(value) in secrets:
        return "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    if isinstance(value, str):
        for secret in sorted(secrets, key=len, reverse=True):
            value = value.replace(secret, "*" * 8)
    return value


def _message(error: Exception, name: str) -> str:
    """The message of AnsibleModule for what is wrong with the arguments."""
    return f"Unsupported parameters for ({name}) module: {error}" if isinstance(error, UnsupportedError) else str(error)
