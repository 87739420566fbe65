# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The output of `ks`, parsed and explained.

Recorded answers of ks 0.10.0: tests/conformance/ks-0.10.0/cluster-steps. Its exit codes are 0, 1 (error), 2 (crash) and, for
differences, 10; as that one is only about the last object, the text is parsed.
"""

from __future__ import annotations

import json
import re

from ..errors import BootstrapError
from ..formats.json_object import Json
from .command import KsOutput

CREATED, CHANGED, UNCHANGED = "created", "changed", "unchanged"
CRASHED = 2
# 0.10 logs `level=info msg="..."`, later versions `INFO ...`.
_LOG = re.compile(r'^(?:time="[^"]*" )?level=(?P<level>\w+) msg=(?P<text>"(?:[^"\\]|\\.)*"|.*)$|^(?P<word>[A-Z]+) +(?P<rest>.*)$')
_SECTION = re.compile(r"^---\n- live (?P<label>.*)\n\+ config (?P=label)\n", re.MULTILINE)
_UPDATING = re.compile(r"^(?:Updating|Applying) (?P<label>.+?)(?: \(dry-run\))?$")
_CREATING = re.compile(r"^ ?Creating non-existent (?P<label>.+?)(?: \(dry-run\))?$")
_DELETING = re.compile(r"^Deleting (?P<label>.+)$")
_INVALID = re.compile(r"^Error in (?P<label>\S+ \S+): (?P<why>.*)$", re.DOTALL)
_NO_SCHEMA = "unable to retrieve schema"


def lines(answer: KsOutput) -> list[tuple[str, str]]:
    """Its log messages: level (``info``, ``error``, …) and text."""
    messages = []
    for line in answer.err.splitlines():
        match = _LOG.match(line)
        if match:
            messages.append((match["level"] or match["word"].lower(), _unquoted(match["text"]) if match["level"] else match["rest"]))
    return messages


def _unquoted(text: str) -> str:
    """A string as Go's ``%q`` writes it, which is close to JSON."""
    if not text.startswith('"'):
        return text
    try:
        return str(json.loads(text, strict=False))
    except ValueError:
        return text[1:-1].replace('\\"', '"')


def objects(answer: KsOutput) -> list[Json]:
    """The objects that ``ks show -o json`` printed: several are set off by ``---``, one alone is not."""
    if answer.code:
        raise failure(answer)
    decoder, items, text = json.JSONDecoder(), [], answer.out
    position = _skip(text, 0)
    try:
        while position < len(text):
            item, position = decoder.raw_decode(text, position)
            if not isinstance(item, dict) or not isinstance(item.get("kind"), str) or not isinstance(item.get("apiVersion"), str):
                raise ValueError
            items.append(item)
            position = _skip(text, position)
    except ValueError:
        raise BootstrapError(f"{answer.command} did not print objects in JSON.", fix="Run it by hand.") from None
    return items


def _skip(text: str, position: int) -> int:
    while match := re.compile(r"\s+|---(?=\n)").match(text, position):
        position = match.end()
    return position


def differences(answer: KsOutput) -> dict[str, tuple[str, str]]:
    """What ``ks diff`` reports by label (``configmaps team.settings``): ``created``, ``changed`` or ``unchanged``; and the text."""
    if answer.code not in (0, 10):
        raise failure(answer)
    states = {}
    starts = [*_SECTION.finditer(answer.out)]
    for start, end in zip(starts, [*(match.start() for match in starts[1:]), len(answer.out)], strict=True):
        label, text = start["label"], answer.out[start.end() : end]
        state = {f"{label} unchanged": UNCHANGED, f"{label} doesn't exist on live": CREATED}.get(text.strip("\n"), CHANGED)
        states[label] = (state, text)
    return states


def applied(answer: KsOutput) -> tuple[dict[str, bool], str | None]:
    """The objects that ``ks apply`` handled, label to whether it was created, in order; and the label of the one at which it failed."""
    handled: dict[str, bool] = {}
    for level, text in lines(answer):
        if level == "info" and (match := _UPDATING.match(text)):
            handled.setdefault(match["label"], False)
        elif level == "info" and (match := _CREATING.match(text)):
            handled[match["label"]] = True
    stopped_at = list(handled)[-1] if answer.code and handled else None
    return handled, stopped_at


def deleted(answer: KsOutput) -> list[str]:
    """The labels that ``ks delete`` deleted. Raises BootstrapError where it failed."""
    if answer.code:
        raise failure(answer)
    return [match["label"] for level, text in lines(answer) if level == "info" and (match := _DELETING.match(text))]


def invalid(answer: KsOutput) -> dict[str, str] | None:
    """The mistakes that ``ks validate`` reports, by label; ``None`` if the cluster lacks the descriptions that it needs.

    It reads Swagger 1.2, which Kubernetes 1.14 dropped.
    """
    mistakes = {match["label"]: match["why"] for level, text in lines(answer) if level == "error" and (match := _INVALID.match(text))}
    if any(_NO_SCHEMA in why for why in mistakes.values()):
        return None
    if answer.code and not mistakes:
        raise failure(answer)
    return mistakes


_LOGIN = "Check that the login still works: kubectl get namespaces."
_NATIVE = "Use kubeflow_engine=native, which can do that."
# In order: a pattern of messages of ks, what they mean, what to do.
_EXPLAINED: tuple[tuple[str, str, str], ...] = (
    (r'environment \\?"(?P<a>.*?)\\?" was not found', "the application has no environment {a}", "Check kubeflow_environment."),
    (r"environment is not set", "no environment was named", "Set kubeflow_environment."),
    (r"could not find ksonnet app", "there is no application in its folder", "Check kubeflow_app_dir."),
    (
        r"cannot locate a server at that address",
        "the application was made for another address of the cluster than the kubeconfig has",
        "Use the context of that cluster, or correct the server in app.yaml.",
    ),
    (r"no cached connection was available|Unauthorized", "the API server does not accept the login", _LOGIN),
    (r"^EOF$", "ks asked for a user's name: it got no login for the cluster", _LOGIN),
    (
        r"(?:dial tcp|connection refused|no such host|i/o timeout|certificate).*",
        "the API server can't be reached: {0}",
        "Check the address, the network and HTTPS_PROXY.",
    ),
    (r"forbidden: .*", "the user may not do that: {0}", "Ask an admin of the cluster for a role that allows it."),
    (
        r"could not find the requested resource|Server is unable to handle",
        "the cluster does not serve that version of the kind",
        "If its CustomResourceDefinition came with the same application, run again. If the version is an old one, use "
        "kubeflow_engine=native, which migrates it.",
    ),
    (
        r"Operation cannot be fulfilled",
        "the object was changed by others meanwhile, or its manifest holds a resourceVersion",
        "Run again; take the resourceVersion out.",
    ),
    (r"resource name may not be empty", "an object has no metadata.name", "Give it one; generateName can't be applied twice."),
    (r"unknown node type: \(?\*?(?:ast\.)?(?P<a>\w+)", "a component uses jsonnet that ks 0.10.0 can't print ({a})", _NATIVE),
    (r"decode unstructured", "a component yields something that is not an object of Kubernetes", "Each needs apiVersion and kind."),
    (
        r"k\.libsonnet|k8s\.libsonnet|raw\.githubusercontent\.com|api\.github\.com",
        "the Kubernetes library is not in the application's folder lib, and ks can't get it",
        "Write the application again (kubeflow_apply=false), which puts it there.",
    ),
    (r"RUNTIME ERROR: (?P<a>[^\n]*)", "jsonnet: {a}", "Correct the component or its parameters."),
    (r"parse jsonnet snippet: (?P<a>[^\n]*)", "jsonnet: {a}", "Correct that file."),
    (r"can't update (?P<a>.*)", "the API server refuses {a}", "Fix that and run again: it resumes from here."),
)


def failure(answer: KsOutput) -> BootstrapError:
    """The error of a run that failed: what ks was doing, its message, what that means and what to do."""
    message = next((text for level, text in reversed(lines(answer)) if level in ("error", "fatal")), "")
    if answer.code == CRASHED and not message:
        return BootstrapError(f"{answer.command} crashed, which is a defect of ks.", fix=_NATIVE)
    latest = next((text for level, text in reversed(lines(answer)) if level == "info"), "")
    match = _UPDATING.match(latest) or _CREATING.match(latest) or _DELETING.match(latest)
    place = f" at {match['label']}" if match else ""
    for pattern, meaning, fix in _EXPLAINED:
        match = re.search(pattern, message, re.IGNORECASE)
        if match:
            why = meaning.format(match[0], **match.groupdict())
            return BootstrapError(f"{answer.command} stopped{place}: {why[:500]}.", fix=fix)
    why = message.splitlines()[0][:500] if message else f"it ended with {answer.code} and said nothing"
    return BootstrapError(f"{answer.command} stopped{place}: {why}.", fix="Run it by hand in the application's folder.")
