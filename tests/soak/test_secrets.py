# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Forty secrets over all playbooks, as they go well and as they fail: nobody finds one who is not to have it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from ansible_collections.kubeflow.bootstrap.tests.integration.planted import (
    ECHOES,
    Planted,
    Watcher,
    echoing,
    everything_kept,
    kubeconfig,
    users,
)
from ansible_collections.kubeflow.bootstrap.tests.integration.work import ROOT

PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml") if path.stem not in ("awx", "awx_job", "local_cluster"))
FLAGS = ((), ("--check", "--diff"))
BEFORE = {"deploy": ["app"], "remove": ["bootstrap"], "usage": ["app"], "verify": ["bootstrap"]}
"""What has to be there for a playbook to go well."""
# Names of variables that the role or SDKs read, and of others that users have in their environment.
# fmt: off
VARIABLES = (
    "GITHUB_TOKEN", "OPENSHIFT_PASSWORD", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_CLIENT_SECRET",
    "AZURE_PASSWORD", "CLOUDFLARE_API_TOKEN", "DOCKER_PASSWORD", "SMTP_PASSWORD", "NPM_TOKEN", "PGPASSWORD", "VAULT_TOKEN",
    "HF_TOKEN", "WANDB_API_KEY", "MLFLOW_TRACKING_PASSWORD", "SLACK_TOKEN", "ARM_CLIENT_SECRET",
    "GOOGLE_OAUTH_ACCESS_TOKEN", "TF_VAR_password", "CONTROLLER_OAUTH_TOKEN",
)
ROLE = (
    "kubeflow_git_token", "kubeflow_auth_password", "kubeflow_auth_client_secret", "kubeflow_certificates_key",
    "kubeflow_openshift_login_password", "kubeflow_openshift_login_token",
)


def _planted(folder: Path) -> tuple[Planted, dict[str, str], dict[str, str], dict[str, object]]:
    planted = Planted()
    environment = {name: planted.plant(name.lower()) for name in VARIABLES}
    variables = {name: planted.plant(name) for name in ROLE}
    variables["kubeflow_secrets"] = [  # type: ignore[assignment]
        {"name": "mine", "stringData": {f"key-{number}": planted.plant(f"given-{number}") for number in range(6)}}
    ]
    ways = users(planted, folder)
    assert len(planted.texts) >= 38
    return planted, environment, variables, ways  # type: ignore[return-value]


def _kept(tmp_path):
    return everything_kept(tmp_path, tmp_path / "ansible.log")


def _run(mine, tmp_path, planted, flags, playbook, variables):
    """The run, and where a secret was found."""
    log = tmp_path / "ansible.log"
    file = tmp_path / f"{mine.folder.name}.json"
    file.write_text(json.dumps(variables))
    watcher = Watcher(planted, mine.home, mine.folder)
    watcher.start()
    try:
        run = mine.play(playbook, "-vvv", *flags, "-e", f"@{file}", kubeflow_cache_facts=True, kubeflow_wait_timeout=0)
    finally:
        watcher.stop()
    seen = [*watcher.seen, *planted.leaks("output", run.output.encode()), *planted.leaks("log", log.read_bytes())]
    seen += [each for folder in (mine.home, mine.folder, tmp_path / "junit", tmp_path / "cache") for each in planted.below(folder)[0]]
    return run, sorted(set(seen))


@pytest.mark.parametrize("playbook", PLAYBOOKS)
@pytest.mark.parametrize("behaviour", ECHOES, ids=[f"{code}-{kind.rpartition('/')[2]}" for code, kind in ECHOES])
def test_all_that_fails(work, tmp_path, playbook, behaviour):
    keys = tmp_path / "keys"
    keys.mkdir()
    planted, environment, variables, ways = _planted(keys)
    with echoing(behaviour) as url:
        # Every two of playbook, behaviour, way and flags meet; all of them together took twice as long and found no more.
        shift = PLAYBOOKS.index(playbook) + ECHOES.index(behaviour)
        for number, (way, (user, cluster)) in enumerate(ways.items(), shift):  # type: ignore[misc]
            flags = FLAGS[number % len(FLAGS)]
            document = kubeconfig(url, user, cluster)
            named: dict[str, object] = {"kubeflow_kubeconfig": document}
            if way != "content":
                (keys / way).write_text(yaml.safe_dump(document))
                named = {"kubeflow_kubeconfig": str(keys / way)}
            mine = work(env={**environment, **_kept(tmp_path)})
            run, seen = _run(mine, tmp_path, planted, flags, playbook, {**variables, **named})
            assert (run.code, seen) in ((0, []), (2, [])), (way, flags)


@pytest.mark.parametrize("playbook", [name for name in PLAYBOOKS if name != "ks"])
def test_all_that_goes_well(cluster, work, tmp_path, playbook):
    each, keys = cluster(), tmp_path / "keys"
    keys.mkdir()
    planted, environment, variables, _ways = _planted(keys)
    login = {"kubeflow_auth": True, "kubeflow_auth_kind": "static", "kubeflow_auth_user": "alice"}
    every = {**variables, **login, "kubeflow_namespace": f"secrets-{playbook}", "kubeflow_apply": True}
    mine = work(each, env={**environment, **_kept(tmp_path)})
    for before, flags in [*((name, ()) for name in BEFORE.get(playbook, ())), (playbook, ("--check", "--diff")), (playbook, ())]:
        run, seen = _run(mine, tmp_path, planted, flags, before, every)
        assert (run.code, seen) == (0, []), (before, flags, run.output[-2000:])
