# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action of every module: what a module would do, done in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import types
import typing as t

import pytest
import yaml
from ansible.module_utils.basic import env_fallback
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.task import Task
from ansible.template import Templar, trust_as_template
from ansible_collections.kubeflow.bootstrap.plugins.action import in_process
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.target import TARGET_ARGUMENTS
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.redaction.redact import clean, cleaned

ARGUMENTS = {
    "argument_spec": {
        "name": {"type": "str", "required": True, "aliases": ["called"]},
        "count": {"type": "int", "default": 3},
        "token": {"type": "str", "no_log": True, "fallback": (env_fallback, ["TRIAL_TOKEN"])},
    },
    "supports_check_mode": True,
}


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., dict[str, t.Any]]:
    """Runs a made-up module ``trial`` with its work, its arguments and keywords of the task."""

    def run(
        work: t.Callable[..., dict[str, t.Any]],
        args: dict[str, t.Any],
        arguments: dict[str, t.Any] | None = None,
        transport: str = "local",
        become: bool = False,
        hosts: tuple[str, ...] = ("localhost",),
        sent: dict[str, t.Any] | None = None,
        variables: dict[str, t.Any] | None = None,
        **keywords: t.Any,
    ) -> dict[str, t.Any]:
        module = types.ModuleType("trial")
        module.__dict__.update(ARGUMENTS=arguments or ARGUMENTS, run=work)
        monkeypatch.setitem(sys.modules, "ansible_collections.kubeflow.bootstrap.plugins.modules.trial", module)
        task = Task()
        task.action = task._resolved_action = "kubeflow.bootstrap.trial"
        task.args = args
        for name, value in {"environment": [{}], "check_mode": False, "diff": False, "run_once": False, **keywords}.items():
            setattr(task, name, value)
        action = in_process.ActionModule(
            task=task,
            connection=types.SimpleNamespace(transport=transport, _shell=types.SimpleNamespace(tmpdir=None, env_prefix=lambda **_: "")),
            play_context=types.SimpleNamespace(become=become, check_mode=task.check_mode),
            loader=DataLoader(),
            templar=Templar(loader=DataLoader()),
            shared_loader_obj=None,
        )
        monkeypatch.setattr(action, "_execute_module", lambda **_keywords: sent or {"sent": True})
        return action.run(task_vars={"inventory_hostname": hosts[0], "ansible_play_hosts_all": list(hosts), **(variables or {})})

    return run


def echo(args: dict[str, t.Any], context: t.Any) -> dict[str, t.Any]:
    return {"changed": False, "args": args, "check": context.check, "diff_wanted": context.diff}


def test_arguments_are_completed_and_converted(act: t.Any) -> None:
    result = act(echo, {"called": "a", "count": "5"})
    assert result["args"]["name"] == "a"
    assert result["args"]["count"] == 5
    assert act(echo, {"name": "a"})["args"]["count"] == 3


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"name": "a", "nmae": 1}, "Unsupported parameters for (kubeflow.bootstrap.trial) module: nmae. Supported parameters include: "),
        ({}, "missing required arguments: name"),
        ({"name": "a", "count": "five"}, "argument 'count' is of type str and we were unable to convert to int"),
    ],
)
def test_wrong_arguments_fail_as_in_a_module_and_nothing_runs(act: t.Any, args: dict[str, t.Any], message: str) -> None:
    def never(args: dict[str, t.Any], context: t.Any) -> dict[str, t.Any]:
        raise AssertionError("ran with wrong arguments")

    result = act(never, args)
    assert result["failed"] is True
    assert result["msg"].startswith(message)


def test_a_user_error_is_a_failure_with_its_fix_and_details(act: t.Any) -> None:
    def work(args: dict[str, t.Any], context: t.Any) -> dict[str, t.Any]:
        context.warn("look here")
        raise BootstrapError("No context b in the file.", fix="Name another.", contexts=["a"])

    result = act(work, {"name": "a"})
    assert result["failed"] is True
    assert result["msg"] == "No context b in the file. Name another."
    assert result["contexts"] == ["a"]
    assert result["warnings"] == ["look here"]


@pytest.mark.parametrize("fails", [False, True])
def test_a_secret_argument_never_comes_back(act: t.Any, monkeypatch: pytest.MonkeyPatch, fails: bool) -> None:
    def work(args: dict[str, t.Any], context: t.Any) -> dict[str, t.Any]:
        assert args["token"] == "very-secret"
        if fails:
            raise BootstrapError(f"refused {args['token']}", seen=[args["token"]])
        return {"changed": False, "nested": {"seen": [f"Bearer {args['token']}"]}}

    assert "very-secret" not in str(act(work, {"name": "a", "token": "very-secret"}))
    monkeypatch.setenv("TRIAL_TOKEN", "very-secret")
    assert "very-secret" not in str(act(work, {"name": "a"}))


@pytest.mark.parametrize("transport", ["local", "ssh"])
@pytest.mark.parametrize("credentials", [False, True])
def test_a_result_with_credentials_for_later_stages_is_not_shown(act: t.Any, transport: str, credentials: bool) -> None:
    sent = {"value": "x", "credentials": credentials, "invocation": {"module_args": {"declaration": {"password": "hunter2-Zx9Lm5"}}}}
    result = act(lambda args, context: sent, {"name": "a"}, transport=transport, sent=sent)
    assert result["value"] == "x"
    assert result.get("_ansible_no_log", False) is credentials
    assert transport == "local" or "hunter2" not in str(result)


def test_the_environment_keyword_reaches_the_work(act: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEFORE", "1")
    result = act(lambda args, context: {"env": dict(context.env)}, {"name": "a"}, environment=[{"KUBECONFIG": "/k"}])
    assert result["env"] == {**os.environ, "BEFORE": "1", "KUBECONFIG": "/k"}


@pytest.mark.parametrize("fails", [False, True])
def test_the_environment_of_a_loop_item_or_try_is_gone_with_it(act: t.Any, monkeypatch: pytest.MonkeyPatch, fails: bool) -> None:
    monkeypatch.setenv("AWS_PROFILE", "ours")
    monkeypatch.delenv("KUBECONFIG", raising=False)
    before = dict(os.environ)
    seen = []

    def work(args: dict[str, t.Any], context: t.Any) -> dict[str, t.Any]:
        child = subprocess.run(["env"], capture_output=True, text=True, check=True).stdout.splitlines()
        seen.append(
            [
                sorted({name: one.get(name) for name in ("AWS_PROFILE", "KUBECONFIG")}.items())
                for one in (context.env, os.environ, dict(line.split("=", 1) for line in child if "=" in line))
            ]
        )
        os.environ["LEFT_BY_A_LIBRARY"] = "1"
        os.environ.pop("HOME", None)
        if fails:
            raise BootstrapError("no")
        return {}

    for keyword in ([{"KUBECONFIG": "/a"}, {"AWS_PROFILE": "theirs"}], [{}], [{"KUBECONFIG": "/b"}]):
        act(work, {"name": "a"}, environment=keyword)
        assert dict(os.environ) == before
    first, second, third = (
        [("AWS_PROFILE", profile), ("KUBECONFIG", path)] for profile, path in (("theirs", "/a"), ("ours", None), ("ours", "/b"))
    )
    assert seen == [[first] * 3, [second] * 3, [third] * 3]


def test_check_and_diff_reach_the_work(act: t.Any) -> None:
    result = act(echo, {"name": "a"}, check_mode=True, diff=True)
    assert (result["check"], result["diff_wanted"]) == (True, True)


def test_a_module_without_check_mode_is_skipped_in_check_mode(act: t.Any) -> None:
    arguments = {**ARGUMENTS, "supports_check_mode": False}
    assert act(echo, {"name": "a"}, arguments, check_mode=True)["skipped"] is True
    assert "skipped" not in act(echo, {"name": "a"}, arguments)


@pytest.mark.parametrize("elsewhere", [{"transport": "ssh"}, {"become": True}, {"async_val": 60}])
def test_elsewhere_the_module_is_sent(act: t.Any, elsewhere: dict[str, t.Any]) -> None:
    assert act(echo, {"name": "a"}, **elsewhere)["sent"] is True
    assert "sent" not in act(echo, {"name": "a"})


@pytest.mark.parametrize(
    ("hosts", "once", "shown"),
    [(("localhost",), False, "  wave 1\n"), (("dev", "prod"), False, "  [dev] wave 1\n"), (("dev", "prod"), True, "  wave 1\n")],
)
def test_a_line_says_which_of_several_hosts_it_is_about(
    act: t.Any, capfd: pytest.CaptureFixture[str], hosts: tuple[str, ...], once: bool, shown: str
) -> None:
    def work(args: dict[str, t.Any], context: t.Any) -> dict[str, t.Any]:
        context.progress("wave 1")
        return {"changed": False}

    act(work, {"name": "a"}, hosts=hosts, run_once=once)
    assert capfd.readouterr().out == shown


def test_nothing_is_for_the_screen_alone_where_all_output_is_kept(act: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(args: dict[str, t.Any], context: t.Any) -> dict[str, t.Any]:
        return {"changed": False, "can": context.show is not None}

    assert act(work, {"name": "a"})["can"] is True
    monkeypatch.setenv("AWX_ISOLATED_DATA_DIR", "/runner/artifacts/7")
    assert act(work, {"name": "a"})["can"] is False


@pytest.mark.parametrize("fails", [False, True])
def test_of_a_kubeconfig_that_is_content_only_the_credentials_are_hidden(act: t.Any, fails: bool) -> None:
    password = "token-of-somebody-0123456789"

    def work(args: dict[str, t.Any], _context: t.Any) -> dict[str, t.Any]:
        details = {"server": "https://c", "said": f"I was told {args['kubeconfig']}"}
        if fails:
            raise BootstrapError("no", **details)
        return details

    spec = {"argument_spec": TARGET_ARGUMENTS}
    content = {"clusters": [{"cluster": {"server": "https://c"}}], "users": [{"user": {"token": password}}]}
    for kubeconfig in (content, json.dumps(content, indent=1)):
        result = act(work, {"kubeconfig": kubeconfig}, spec)
        assert password not in str(result) and result["server"] == "https://c"
    assert act(work, {"kubeconfig": "/a/config"}, spec)["said"] == "I was told /a/config"


def as_text(kubeconfig: dict[str, t.Any]) -> str:
    return yaml.safe_dump(kubeconfig)


@pytest.mark.parametrize("form", [dict, as_text, json.dumps], ids=["mapping", "YAML", "one line of JSON"])
def test_what_is_told_of_a_cluster_outlives_its_kubeconfig(act: t.Any, form: t.Callable[[dict[str, t.Any]], t.Any]) -> None:
    """Names, addresses and an exec plugin's switches stand in facts, plans and files; its passwords do not."""
    password = "Tr0ub4dor&3-Tr0ub4dor"
    env = [{"name": "AWS_PROFILE", "value": "default"}, {"name": "N", "value": "1"}, {"name": "AWS_SECRET_ACCESS_KEY", "value": password}]
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "get-token", "env": env}
    cluster = {"server": "https://203.0.113.1:6443", "extensions": [{"name": "x", "extension": {"port": 6443}}]}
    kubeconfig = {
        "current-context": "production",
        "clusters": [{"name": "kubernetes", "cluster": cluster}],
        "contexts": [{"name": "production", "context": {"cluster": "kubernetes", "user": "me", "namespace": "kubeflow"}}],
        "users": [{"name": "me", "user": {"exec": plugin}}],
    }
    facts = {"server": "https://203.0.113.1:6443", "class": "default", "nodes": 3, "version": "v1.35.0", "port": 6443}
    facts["lines"] = "current-context: production, name: kubernetes"

    def work(_args: dict[str, t.Any], _context: t.Any) -> dict[str, t.Any]:
        return {"facts": cleaned(facts), "said": clean(f"get-token: {password}"), "whole": password}

    result = act(work, {"kubeconfig": form(kubeconfig)}, {"argument_spec": TARGET_ARGUMENTS})
    assert result["facts"] == facts and password not in str(result)


@pytest.mark.parametrize("content", ["-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n", "users: [\ntoken: MIIEvQIBADANBgkq\n"])
def test_no_line_is_told_of_content_that_is_no_kubeconfig(act: t.Any, content: str) -> None:
    def work(_args: dict[str, t.Any], _context: t.Any) -> dict[str, t.Any]:
        return {"said": clean("It begins with MIIEvQIBADANBgkq.")}

    assert "MIIE" not in act(work, {"kubeconfig": content}, {"argument_spec": TARGET_ARGUMENTS})["said"]


@pytest.mark.parametrize("off", [False, "no", "{{ 1 == 2 }}"])
def test_it_can_be_switched_off(act: t.Any, off: t.Any) -> None:
    off = trust_as_template(off) if isinstance(off, str) else off
    assert act(echo, {"name": "a"}, variables={"kubeflow_in_process": off})["sent"] is True
    assert "sent" not in act(echo, {"name": "a"}, variables={"kubeflow_in_process": True})


def test_the_invocation_is_in_the_result_without_secrets(act: t.Any) -> None:
    def work(args: dict[str, t.Any], context: t.Any) -> dict[str, t.Any]:
        raise BootstrapError("no")

    for result in (act(echo, {"called": "a", "token": "very-secret"}), act(work, {"called": "a", "token": "very-secret"})):
        arguments = result["invocation"]["module_args"]
        assert (arguments["name"], arguments["count"]) == ("a", 3)
        assert "very-secret" not in str(result)


def test_what_is_to_say_of_arguments_is_said_as_by_a_module(act: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    deprecated = []
    monkeypatch.setattr(in_process._display, "deprecated", lambda message, **more: deprecated.append((message, more["version"])))
    spec = {"name": {"aliases": ["called"]}, "old": {"removed_in_version": "2.0.0", "removed_from_collection": "kubeflow.bootstrap"}}
    result = act(lambda args, context: {}, {"name": "a", "called": "b", "old": "x"}, {"argument_spec": spec})
    assert result["warnings"] == ["Both option name and its alias called are set."]
    [(message, version)] = deprecated
    assert "'old' is deprecated" in message and version == "2.0.0"


@pytest.mark.parametrize(
    ("callback", "one_line", "no_log", "out"),
    [
        ("default", False, False, True),
        ("ansible.builtin.default", False, False, True),
        ("awx_display", False, False, True),
        ("ansible.posix.json", False, False, False),
        ("default", True, False, False),
        # What a task says has no secret in it, but what it is meant to show once, such as a password that was made.
        ("default", False, True, True),
    ],
)
def test_progress_goes_where_the_callback_lets_it(
    act: t.Any,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    callback: str,
    one_line: bool,
    no_log: bool,
    out: bool,
) -> None:
    monkeypatch.setattr(in_process.constants.config, "get_config_value", lambda name: callback)
    monkeypatch.setattr(in_process.command_line, "CLIARGS", {"one_line": one_line})

    def work(args: dict[str, t.Any], context: t.Any) -> dict[str, t.Any]:
        context.progress("wave 1")
        return {"can": context.show is not None}

    assert act(work, {"name": "a"}, no_log=no_log)["can"] is out
    written = capfd.readouterr()
    assert ("wave 1" in written.out, "wave 1" in written.err) == (out, not out)


@pytest.mark.parametrize(
    ("terminal", "colored", "forced", "columns"),
    [(79, True, False, 77), (79, False, False, 120), (79, True, True, 120), (139, False, False, 137)],
    ids=["80 columns", "no terminal", "a log with colors", "140 columns"],
)
def test_lines_are_as_wide_as_the_terminal(monkeypatch: pytest.MonkeyPatch, terminal: int, colored: bool, forced: bool, columns: int):
    monkeypatch.setattr(in_process._display, "columns", terminal)
    monkeypatch.setattr(in_process.colors, "ANSIBLE_COLOR", colored)
    monkeypatch.setattr(in_process.constants.config, "get_config_value", lambda _name: forced)
    assert in_process._columns("  ") == columns
