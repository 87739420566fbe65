# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Saved facts, plans of them with the collection's own rules and packages, and a plan as a story that people can read.

``facts/NAME.json`` holds facts as the playbook ``facts`` saves them. Those that differ from others in little say so: ``from`` names the
others, and ``set`` has what is put in their place, by JSON pointer.
"""

from __future__ import annotations

import functools
import json
import re
import textwrap
import typing as t
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan import packages
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan.plan import plan as compute
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries import registry
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.rules.rules import Rule, load
from ansible_collections.kubeflow.bootstrap.tests.absent import ABSENT
from ansible_collections.kubeflow.bootstrap.tests.unit.rules import old_registries

Json = dict[str, t.Any]
HERE = Path(__file__).parent
ROOT = HERE.parents[2]
RULES = str(ROOT / "roles" / "kubeflow" / "files" / "rules")
_CORE = {"kubeflow-core": "kubeflow-core"}


def names() -> list[str]:
    """All saved facts."""
    return sorted(path.stem for path in (HERE / "facts").glob("*.json"))


def about(name: str) -> str:
    """What is special about saved facts; '' for those of a local cluster."""
    return str(_saved(name).get("about", ""))


def facts(name: str) -> Json:
    """Saved facts, whole."""
    saved = _saved(name)
    if "from" not in saved:
        return saved
    changed = facts(saved["from"])
    for pointer, value in saved["set"].items():
        place(changed, pointer, value)
    return changed


def place(document: Json, pointer: str, value: t.Any) -> None:
    """Put a value where a JSON pointer (RFC 6901) points to."""
    *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    for part in parents:
        document = document[part]
    document[last] = value


def _saved(name: str) -> Json:
    saved: Json = json.loads((HERE / "facts" / f"{name}.json").read_text(encoding="utf-8"))
    return saved


@functools.cache
def rules() -> tuple[Rule, ...]:
    """The role's rules."""
    return tuple(load([RULES]))


def sought(components: dict[str, str]) -> packages.PackageContents:
    """The packages of components (name to prototype), from the embedded registry."""
    return _sought(tuple(components.items()))


@functools.cache
def _sought(components: tuple[tuple[str, str], ...]) -> packages.PackageContents:
    def ask(registries: packages.Declared, of: packages.Declared) -> t.Any:
        return registry.contents(registries, of, Path(ABSENT), registry.Sources())

    return packages.resolve(dict(components), {}, {"core": {"registry": packages.EMBEDDED}}, ask)


def old(release: str) -> packages.PackageContents:
    """The package of an old release, from a registry of the user's."""
    declared = {"kubeflow": {"protocol": "fs", "uri": "/old"}}
    return packages.PackageContents({}, declared, {"core": {"registry": "kubeflow"}}, {"kubeflow": old_registries.contents(release)})


def plan(of: Json, *, components: dict[str, str] | None = None, with_rules: t.Iterable[Rule] | None = None, **choices: t.Any) -> Json:
    """The plan of facts.

    ``choices`` may be ``parameters`` (of the first component), ``all_parameters`` (by component), ``namespace``, ``apply``, and
    ``current``: the files of the existing application; ``steps``: what optional steps found out, by name; ``digests``: those of images;
    ``release``: one of ``old_registries``, in place of the embedded registry.
    """
    prototypes = components or _CORE
    resolved = old(choices["release"]) if "release" in choices else sought(prototypes)
    chosen: Json = {
        "name": "kubeflow",
        "namespace": choices.get("namespace"),
        "parameters": choices.get("all_parameters") or {next(iter(prototypes)): choices.get("parameters") or {}},
        "apply": choices.get("apply", False),
        "allow_other_cluster": False,
        "steps": choices.get("steps", {}),
        "components": prototypes,
        "registries": resolved.registries,
        "packages": resolved.packages,
        **({"digests": choices["digests"]} if "digests" in choices else {}),
    }
    return compute(of, chosen, list(rules() if with_rules is None else with_rules), resolved.contents, choices.get("current", {})).document


def story(document: Json, ids: t.Collection[str]) -> str:
    """What some rules come to in a plan, as people read it: what they chose, from what, and why; blockers; what is doubtful."""
    cluster, namespace = document["cluster"], document["namespace"]
    lines = [f"{cluster['distribution']} {cluster['version']}, namespace {namespace['value']}", ""]
    for component, values in document["parameters"].items():
        for name, choice in values.items():
            if choice["rule"] in ids:
                lines += [f"{component}.{name} = {_shown(choice['value'])}  ({choice['source']}, {choice['rule']})"]
                lines += _wrapped(choice["reason"])
    for title, field in (("BLOCKER", "blockers"), ("WARNING", "warnings")):
        for item in document[field]:
            if item["id"] in ids:
                lines += ["", f"{title} {item['id']}", *_wrapped(item["reason"])]
                lines += _wrapped(f"-> {item['fix']}") if item["fix"] else []
                lines += [f"    $ {item['command']}"] if item.get("command") else []
    return "\n".join([*lines, ""])


def rules_told(text: str) -> set[str]:
    """The rules that a story tells of."""
    return set(re.findall(r"(?m)^(?:BLOCKER |WARNING |\S+ = .*  \(\w+, )([a-z0-9-]+)\)?$", text))


def decisions(document: Json) -> list[str]:
    """What each rule comes to in a plan, in a line; and the other blockers and warnings."""
    chosen = [
        f"{choice['rule']}: {component}.{name} = {_shown(choice['value'])}"
        for component, values in document["parameters"].items()
        for name, choice in values.items()
        if choice["rule"]
    ]
    return [*chosen, *dict.fromkeys(item["id"] for item in [*document["blockers"], *document["warnings"]])]


def _shown(value: t.Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 110, initial_indent="    ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def ids(document: Json) -> set[str]:
    """The rules that a plan rests on, and those that say something in it."""
    chosen = {choice["rule"] for values in document["parameters"].values() for choice in values.values()} - {None}
    return chosen | {item["id"] for item in [*document["blockers"], *document["warnings"]]}


HOST = {"hostname": "kubeflow.example.com"}
OIDC = {"oidcIssuer": "https://login.example.com", "oidcClientId": "kubeflow", "oidcSecretName": "oidc"}
IAP = {"iapAudience": "/projects/123456789/global/backendServices/987654321"}
# Facts with what the user chose, beside all facts without any choice.
CHOSEN: dict[str, tuple[str, Json]] = {
    "gateway-api-with-a-host": ("gateway-api", HOST),
    "gateway-api-with-a-host-and-tls": ("gateway-api", {**HOST, **OIDC, "tlsIssuer": "letsencrypt"}),
    "gke-behind-iap": ("gke-gpu", {**HOST, **IAP, "tlsSecretName": "kubeflow-tls"}),
    "gke-gateway-api-with-a-host": ("gke-gateway-api", HOST),
    "hetzner-with-a-host": ("hetzner", HOST),
    "hetzner-with-a-host-and-a-login": ("hetzner", {**HOST, **OIDC, "tlsSecretName": "kubeflow-tls", "allowedUsers": ["@example.com"]}),
    "k3s-traefik-with-a-host": ("k3s-traefik", HOST),
    "metallb-with-a-host": ("metallb", HOST),
    "openshift-login-with-a-host": ("openshift-login", HOST),
    "plain-with-a-host": ("plain", HOST),
}
# Facts with a release of Kubeflow whose registry is the user's.
OLD: dict[str, tuple[str, str]] = {
    f"kubeflow-{release}-{name}": (name, release) for release in old_registries.RELEASES for name in ("plain", "gke-gpu", "hetzner")
}
CASES: dict[str, tuple[str, Json]] = {**{name: (name, {}) for name in names()}, **CHOSEN, **{case: (OLD[case][0], {}) for case in OLD}}


@functools.cache
def planned(case: str) -> Json:
    """The plan of one of ``CASES``; not to be changed."""
    name, parameters = CASES[case]
    return old_plan(facts(name), OLD[case][1]) if case in OLD else plan(facts(name), parameters=parameters)


def contents(case: str) -> t.Any:
    """The registries that one of ``CASES`` takes its components from."""
    return (old(OLD[case][1]) if case in OLD else sought(_CORE)).contents


def old_plan(of: Json, release: str) -> Json:
    """The plan of all components of an old release."""
    return plan(of, components={name: name for name in old_registries.RELEASES[release]}, release=release)
