# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The first task of every entry point: reads the role's variables by its argument specs; registered as ``kubeflow_options``.

Each has its type there, its name without ``kubeflow_``, and its default where it is not set. A name that looks like a
misspelt one is an error, a variable that nothing in the play takes is a warning. Secrets stay where they are, and so do options without a
default, which are results of other stages.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.template import trust_as_template
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.credential_scan.masking import is_credential
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError, abbreviated
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.role import variables

_REGISTERED = "kubeflow_options"
_COLLECTION = "kubeflow.bootstrap."
_SWITCH = "kubeflow_in_process"
"""Of the modules' action (in_process.py), not of a role."""


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        play_vars = task_vars or {}
        role = self._task._role
        entry = role._from_files.get("tasks", "main")
        path = Path(role._role_path)
        self._roles = path.parent
        try:
            self._refuse_misspelt(play_vars)
            options = {name: spec for each in self._specs(path.name).values() for name, spec in each["options"].items()}
            values = {name: self._value(name, spec, play_vars) for name, spec in options.items() if "default" in spec}
        except BootstrapError as error:
            return {**result, "failed": True, "msg": str(error)}
        known = {name.removeprefix(variables.PREFIX): value for name, (value, secret) in values.items() if not secret}
        result = {**self._before(play_vars), **result, **known, "changed": False}
        if is_credential("", known):
            result["_ansible_no_log"] = True  # parameters, which later tasks need
        ignored = self._ignored(entry, play_vars) if path.name == "kubeflow" else []
        if ignored:
            has = "they have" if ignored[1:] else "it has"
            result["warnings"] = [f"Nothing in this play takes {abbreviated(ignored, 20)}: {has} no effect."]
        return result

    def _before(self, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """The values that were read before: the roles of the optional steps add theirs to those of the role that includes them.

        Nothing else of that result: its failure or warnings were reported, and do not matter after a ``rescue``.
        """
        options = {name.removeprefix(variables.PREFIX) for role in self._roles.iterdir() for name in variables.options_of(role)}
        before = self._templar.template(task_vars.get(_REGISTERED) or {})
        return {name: value for name, value in before.items() if name in options}

    def _specs(self, role: str) -> dict[str, t.Any]:
        specs: dict[str, t.Any] = self._loader.load_from_file(str(self._roles / role / "meta" / "argument_specs.yml"))["argument_specs"]
        return specs

    def _value(self, name: str, spec: variables.Spec, task_vars: dict[str, t.Any]) -> tuple[t.Any, bool]:
        """What a variable says, else its default; and whether it is a secret."""
        value = variables.convert(name, spec, self._templar.template(task_vars.get(name)))
        return (self._default(spec) if value is None else value), bool(spec.get("no_log"))

    def _default(self, spec: variables.Spec) -> t.Any:
        default = spec.get("default")
        return self._templar.template(trust_as_template(default)) if isinstance(default, str) else default

    def _refuse_misspelt(self, task_vars: dict[str, t.Any]) -> None:
        options = {name for role in self._roles.iterdir() for name in variables.options_of(role)}
        near, others = variables.misspelt(task_vars, variables.mentioned(self._roles.parent) | {_SWITCH}, options)
        if near:
            pairs = [f"{name} (did you mean {option}?)" for name, option in near.items()]
            raise BootstrapError(
                f"No variable is called {abbreviated(pairs, 5)}.", fix="Correct the name, or take another prefix than kubeflow_."
            )
        for name, like in others.items():
            hint = f" Did you mean {like}?" if like else ""
            self._display.warning(f"No variable of kubeflow.bootstrap is called {name}, so that it has no effect.{hint}")

    def _ignored(self, entry: str, task_vars: dict[str, t.Any]) -> list[str]:
        """The options that are set and that nothing in this play takes; not those that stages set themselves."""
        specs = {role.name: self._specs(role.name) for role in self._roles.iterdir()}
        taken: set[str] = set()
        for role, part in self._in_play() | {("kubeflow", entry)}:
            taken |= set(specs[role].get(part, {}).get("options", {}))
        for role in specs:
            switch = variables.PREFIX + role
            if switch in taken and self._is_set(switch, {"type": "bool", "default": False}, task_vars):
                taken |= {name for each in specs[role].values() for name in each["options"]}
        everything = {name: spec for of in specs.values() for each in of.values() for name, spec in each["options"].items()}
        left = everything.keys() - taken - variables.RESULTS - self._set_by_roles()
        return sorted(name for name in left if self._is_set(name, everything[name], task_vars))

    def _set_by_roles(self) -> set[str]:
        """The variables that blocks and includes of the collection's own roles set around this task."""
        names: set[str] = set()
        part: t.Any = self._task
        while part is not None:
            role = getattr(part, "_role", None)
            if role and Path(role._role_path).parent == self._roles:
                names |= set(part.vars)
            part = part._parent
        return names

    def _is_set(self, name: str, spec: variables.Spec, task_vars: dict[str, t.Any]) -> bool:
        if name not in task_vars:
            return False
        try:
            return bool(self._value(name, spec, task_vars)[0] != self._default(spec))
        except (AnsibleError, BootstrapError):
            return True

    def _in_play(self) -> set[tuple[str, str]]:
        """The roles of the collection that the play itself names, each with its entry point."""
        play = self._task.get_play()
        blocks = [*play.pre_tasks, *play.tasks, *play.post_tasks, *(block for role in play.roles for block in role.get_task_blocks())]
        roles: set[tuple[str, str]] = set()
        while blocks:
            each = blocks.pop()
            blocks += [*each.block, *each.rescue, *each.always] if hasattr(each, "rescue") else []
            role = getattr(each, "_role", None)
            name, files = getattr(each, "_role_name", None), getattr(each, "_from_files", {})
            if not name and role and Path(role._role_path).parent == self._roles:
                name, files = f"{_COLLECTION}{Path(role._role_path).name}", role._from_files
            if name and name.startswith(_COLLECTION):
                roles.add((name.removeprefix(_COLLECTION), files.get("tasks", "main")))
        return {(role, entry) for role, entry in roles if (self._roles / role).is_dir()}
