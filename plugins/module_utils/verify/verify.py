# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prove that what was deployed works: the checks of an application, one after the other."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Collection
from pathlib import Path

from ..deploy import target_cluster
from ..deploy.applier import RETRY_SECONDS
from ..deploy.interruptible import interruptible
from ..deploy.model.progress import Ticker
from ..errors import BootstrapError
from ..formats.json_object import Json
from ..ksonnet.disk import folder
from ..kube.client import ApiError, Client, Unreachable
from ..kube.discovery import served
from ..kube.policy import Deadline, RetryPolicy
from ..kube.resources import Resources
from ..process import interrupts
from ..run import Context
from . import pod_exec, temporary, web
from .declared import checks
from .result import FAILED, PASSED, SKIPPED, WARNING, CheckDenied, CheckFailed, CheckResult

_SIMULATED = "kwok.x-k8s.io/node"
"""The annotation of nodes that kwok plays (https://kwok.sigs.k8s.io/docs/user/kwok-manage-nodes-and-pods/)."""
_PAUSE = 2.0
_RUN_AGAIN = "Run this stage again once that is put right: ansible-playbook kubeflow.bootstrap.verify."


def verify(client: Client, args: Json, context: Context) -> list[CheckResult]:
    """Do what the module ``verify`` documents. Raises ``BootstrapError`` where a check failed, with all results in its details."""
    path = Path(args["path"])
    files = folder.read(path)
    if not files:
        raise BootstrapError(
            f"There is no application in {path}.", fix="Deploy one first (playbooks/bootstrap.yml), or check kubeflow_app_dir."
        )
    with client.retrying(RetryPolicy(Deadline(RETRY_SECONDS), context.progress)) as retrying:
        _app, _environment, namespace = target_cluster.bind(retrying, files, path, args, context.warn)
        chosen = _chosen(checks(files, args["environment"]), args["checks"])
        simulated = _simulated(retrying)
        run = _VerifyRun(client, Resources(served(retrying)), namespace, Deadline(args["timeout"]), context)
    if context.check:
        return [run.skipped(component, check, "not run in check mode") for component, check in chosen]
    if simulated:
        return [run.skipped(component, check, simulated) for component, check in chosen]
    results: list[CheckResult] = []
    with interruptible(client), Ticker(context.progress) as ticker:
        for component, check in chosen:
            ticker.title = f"{component}: {check['title']}"
            results.append(run.one(component, check))
            ticker.say(line(results[-1]))
    failed = [result for result in results if result.status == FAILED]
    if failed:
        raise BootstrapError(
            f"{len(failed)} of {len(results)} checks failed: {'; '.join(f'{each.name} ({each.evidence})' for each in failed)}.",
            fix=" ".join(dict.fromkeys([*(each.fix for each in failed if each.fix), _RUN_AGAIN])),
            checks=[result.document() for result in results],
        )
    return results


def line(result: CheckResult) -> str:
    """A result as one line of progress."""
    return f"{result.component}: {result.title}: {result.status} ({result.evidence}; {result.seconds:g} s)"


def _chosen(declared: dict[str, list[Json]], names: Collection[str]) -> list[tuple[str, Json]]:
    """Each check with its component: all of them, or those named."""
    pairs = [(component, check) for component, checks in declared.items() for check in checks]
    known = {check["name"] for _component, check in pairs}
    if unknown := sorted(set(names) - known):
        raise BootstrapError(
            f"The application has no check {unknown[0]!r}.",
            fix=f"Its checks: {', '.join(sorted(known)) or 'none'}. ",
        )
    return [(component, check) for component, check in pairs if not names or check["name"] in names]


def _simulated(client: Client) -> str | None:
    """Why nothing can be proved where all nodes are simulated."""
    try:
        nodes = list(client.items("/api/v1/nodes"))
    except ApiError as error:
        if error.code != 403:
            raise
        return None
    if not nodes or not all(_SIMULATED in (node["metadata"].get("annotations") or {}) for node in nodes):
        return None
    return f"its {len(nodes)} nodes are simulated by kwok, so that no pod of it runs"


class _VerifyRun:
    """The checks of a run, one after the other, within one deadline."""

    def __init__(self, client: Client, resources: Resources, namespace: str, deadline: Deadline, context: Context) -> None:
        self._client, self._resources, self._namespace = client, resources, namespace
        self._deadline, self._context = deadline, context

    def skipped(self, component: str, check: Json, reason: str, seconds: float = 0.0, fix: str | None = None) -> CheckResult:
        return CheckResult(component, check["name"], check["title"], SKIPPED, reason, seconds, fix)

    def one(self, component: str, check: Json) -> CheckResult:
        """Run a check, and leave nothing of it behind."""
        if self._deadline.over:
            reason = f"no time was left of {self._deadline.seconds:g} seconds"
            return self.skipped(component, check, reason, fix="More time: kubeflow_verify_timeout.")
        start = time.monotonic()
        seconds = min(float(check["seconds"]), self._deadline.left())
        try:
            evidence, warning = self._carry_out(check, seconds)
            status = WARNING if warning else PASSED
        except CheckDenied as error:
            fix = "Let the user do that, or run it as somebody who may: docs/verify.md."
            return self.skipped(component, check, str(error), round(time.monotonic() - start, 1), fix)
        except CheckFailed as error:
            evidence, warning, status = str(error), check["fix"], WARNING if check.get("optional") else FAILED
        except BootstrapError as error:
            evidence, warning, status = error.message.rstrip("."), error.fix, FAILED
        return CheckResult(component, check["name"], check["title"], status, evidence, round(time.monotonic() - start, 1), warning)

    def _carry_out(self, check: Json, seconds: float) -> tuple[str, str | None]:
        """Returns evidence, and a warning or ``None``. Raises ``CheckFailed`` or ``CheckDenied``."""
        namespace = check.get("namespace") or self._namespace
        if "http" in check:
            return _until(lambda: web.service(self._client, namespace, check["http"]), seconds), None
        if "url" in check:
            return _until(lambda: web.url(check["url"], self._context.env), seconds), None
        if "exec" in check:
            passed, evidence, warning = pod_exec.run(self._client, namespace, check["exec"], seconds)
            if not passed:
                raise CheckFailed(evidence)
            return evidence, warning
        arguments = self._client, self._resources, namespace, check
        self._remove(check)  # of a run that was killed
        try:
            return temporary.run(*arguments, seconds), None
        finally:
            self._remove(check)

    def _remove(self, check: Json) -> None:
        for name in temporary.remove(self._client, self._resources, check.get("namespace") or self._namespace, [check]):
            self._context.warn(f"{name}, of the check {check['name']}, is still being deleted.")


def _until(check: t.Callable[[], str], seconds: float) -> str:
    """The evidence of the first time that a check passes; raises the last ``CheckFailed`` when the time is over."""
    deadline = Deadline(seconds)
    while True:
        try:
            return check()
        except (CheckFailed, Unreachable) as error:
            if deadline.over:
                raise CheckFailed(str(error)) from None
        interrupts.pause(min(_PAUSE, deadline.left()))
