# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What fails tells no secret: not on the terminal at -vvv, in no log, result, cache or file, and to no other process.

All playbooks, and all ways to fail: ``tests/soak/test_secrets.py``.
"""

from __future__ import annotations

import json
import secrets

import pytest
from ansible_collections.kubeflow.bootstrap.tests.integration.planted import (
    ECHOES,
    Planted,
    Watcher,
    echoing,
    everything_kept,
    kubeconfig,
    users,
)
from ansible_collections.kubeflow.bootstrap.tests.integration.work import PARAMETERS, ROOT

FACTS = ROOT / "tests" / "unit" / "rules" / "facts"


@pytest.mark.parametrize(
    ("way", "behaviour"),
    [("token", ECHOES[1]), ("basic", ECHOES[0]), ("exec", ECHOES[0]), ("content", ECHOES[1])],
)
def test_a_server_that_echoes_what_it_is_sent(work, tmp_path, way, behaviour):
    planted, log, keys = Planted(), tmp_path / "ansible.log", tmp_path / "keys"
    keys.mkdir()
    user, cluster = users(planted, keys)[way]
    kept = everything_kept(tmp_path, log)
    with echoing(behaviour) as url:
        document = kubeconfig(url, user, cluster)
        if way == "content":
            # In a play's own variables nothing hides it but the role.
            (keys / "vars.json").write_text(json.dumps({"kubeflow_kubeconfig": document}))
            mine, flags = work(env=kept), ("-e", f"@{keys / 'vars.json'}")
        else:
            (keys / "config").write_text(json.dumps(document))
            mine, flags = work(env={**kept, "KUBECONFIG": str(keys / "config")}), ()
        watcher = Watcher(planted, mine.home, mine.folder)
        watcher.environments = True
        watcher.start()
        run = mine.play("facts", "-vvv", *flags, kubeflow_cache_facts=True)
        watcher.stop()
    assert run.code in (0, 2) and log.stat().st_size > 1000 and "\x1b[2J" not in run.output
    seen = [*watcher.seen, *planted.leaks("output", run.output.encode()), *planted.leaks("log", log.read_bytes())]
    seen += [each for folder in (mine.home, mine.folder, tmp_path / "junit", tmp_path / "cache") for each in planted.below(folder)[0]]
    # Ansible itself hands its variables to nobody, but a helper gets its own.
    assert [each for each in seen if not each.startswith("variable-of-a-helper in a command line")] == []


@pytest.mark.parametrize("flags", [("-v",), ("-vvv", "--check", "--diff")])
def test_a_parameter_that_looks_like_a_credential(work, tmp_path, flags):
    planted, log, variables = Planted(), tmp_path / "ansible.log", tmp_path / "given.json"
    first, by_hand = (planted.texts.setdefault(name, f"ghp_{secrets.token_hex(18)}") for name in ("given", "by-hand"))
    variables.write_text(json.dumps({"kubeflow_parameters": {"kubeflow-core": {"oidcClientId": first}}}))
    user = work(env=everything_kept(tmp_path, log), kubeflow_facts_file=str(FACTS / "plain.json"))

    def look():
        run = user.play("bootstrap", *flags, "-e", f"@{variables}").well()
        assert "kubeflow-core.oidcClientId looks like a credential" in run.output
        seen = [*planted.leaks("output", run.output.encode()), *planted.leaks("log", log.read_bytes())]
        folders = (tmp_path / "junit", tmp_path / "cache", user.folder / "kubeflow-report")
        assert seen + [each for folder in folders for each in planted.below(folder)[0]] == []
        return run

    look()
    if "--check" not in flags:
        user.edit_parameter("oidcClientId", f'"{first}"', f'"{by_hand}"')
        assert "oidcClientId stays as you set it" in look().output
        assert by_hand in (user.app / PARAMETERS).read_text()


@pytest.mark.parametrize("form", [json.dumps, lambda each: json.dumps(each, indent=1), lambda each: each])
def test_no_page_holds_what_a_kubeconfig_holds(work, tmp_path, form):
    planted, variables = Planted(), tmp_path / "given.json"
    planted.texts["password"] = "correct horse battery"  # by its looks nobody would take it for one
    document = kubeconfig("http://127.0.0.1:9", {"username": "me", "password": planted.texts["password"]}, {})
    variables.write_text(json.dumps({"kubeflow_kubeconfig": form(document)}))
    user = work(kubeflow_facts_file=str(FACTS / "plain.json"))
    user.play("guide", "-e", f"@{variables}").well()
    assert (user.folder / "kubeflow-report" / "guide.html").exists() and planted.below(user.folder)[0] == set()


def test_the_environment_is_kept_nowhere_where_ks_is_installed(work, tmp_path):
    planted = Planted()
    user = work(env={"VAULT_TOKEN": planted.plant("vault"), **everything_kept(tmp_path, tmp_path / "log")})
    run = user.play("ks", "-vvv", kubeflow_ks_sha256={}, kubeflow_ks_bin_dir=str(tmp_path / "bin"))
    # As far as the platform goes, which is all that is gathered.
    assert "Nothing was installed: no SHA-256 is given for ks 0.10.0 for linux_amd64" in run.output
    assert planted.leaks("output", run.output.encode()) == [] and planted.below(tmp_path)[0] == set()
