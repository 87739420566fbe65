#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module plan."""

from __future__ import annotations

DOCUMENTATION = r"""
module: plan
short_description: Choose good values for Kubeflow's parameters, each with its reason
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Computes from facts, choices, rules and what the packages declare. It asks no server but for registries on GitHub.
  - The user's own values win. So do values that were changed by hand in the existing application.
  - The application is rendered in memory, so that the plan names every object, its blockers, and every value that
    changes nothing in any of them.
  - It writes nothing but the files that O(dest), O(admin_file) and O(rbac_file) name.
extends_documentation_fragment:
  - kubeflow.bootstrap.registries
  - kubeflow.bootstrap.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - What changed since the last plan of the application in O(path). As a plan changes nothing by itself, the module shows it while
        it runs.
  idempotent:
    support: full
    details: As long as no id for usage reports has to be made.
options:
  bundle:
    description:
      - A file that M(kubeflow.bootstrap.ks_bundle) wrote. Packages of registries on GitHub come from it, and no network is used.
    type: path
  facts:
    description:
      - The facts, with the keys C(kubeconfig), C(cluster) and C(cloud), as M(kubeflow.bootstrap.kubeconfig_info),
        M(kubeflow.bootstrap.cluster_info) and M(kubeflow.bootstrap.cloud_info) return them.
    type: dict
    required: true
  path:
    description: The folder of the application. What it has already is taken into account.
    type: path
    required: true
  name:
    description: Name of the application.
    type: str
    default: kubeflow
  namespace:
    description: Namespace for Kubeflow. If not set, V(kubeflow).
    type: str
  components:
    description:
      - The components, by name, each with C(prototype), whose name may be shortened. If that is not set, it has the component's name.
      - If not set, V(kubeflow-core) alone.
    type: dict
  platform:
    description:
      - A release of the Kubeflow platform whose components are deployed, as text, or a mapping.
      - Of a mapping, C(release) names the release. C(components) are components and sets of them, the set V(platform) if not set;
        what they need is added. C(without) leaves components out, whoever needs them. C(parameters) are values for all components that
        have such a parameter; those of O(parameters) win. C(source) is a folder or a tar archive with the
        release, or V(github), where it is taken from if not set; it is needed for packages that the application does not have yet.
        C(sha256) is the checksum of the files, which a release that is a commit needs. C(renderer) is the program that renders them,
        C(kubectl) or C(kustomize), which is looked for otherwise.
      - With it O(components) has no default.
    type: raw
  registries:
    description:
      - Where packages come from besides the embedded registry, by name, as in O(kubeflow.bootstrap.ks_app#module:declaration).
    type: dict
    default: {}
  packages:
    description:
      - Packages to install, by name, as in O(kubeflow.bootstrap.ks_app#module:declaration).
      - A prototype that none of them has is looked for in all packages that the registries list, in their order.
    type: dict
    default: {}
  parameters:
    description: Values that the user chose, by component and parameter.
    type: dict
    default: {}
  rules:
    description: Files with rules, or folders of them, in order. The first rule that applies sets a value.
    type: list
    elements: path
    required: true
  steps:
    description:
      - What the optional steps of this run found out, by name, which is what their roles leave in the fact C(kubeflow_steps). Each has
        C(parameters), C(components), C(reason) and C(record).
      - The parameters are defaults of every component that declares them. The user's own values win over them, and they win over rules,
        but for rules with C(source=step), which decide where a value fits.
      - Of steps that are not among them, what the record of the application in O(path) says stays.
    type: dict
    default: {}
  step_order:
    description: Names of steps, in the order in which they are recorded and shown. Others come after them.
    type: list
    elements: str
    default: []
  ignore:
    description:
      - Blockers to ignore, by C(id). They become warnings.
      - That the application was made for another cluster can't be ignored, see O(allow_other_cluster).
    type: list
    elements: str
    default: []
  apply:
    description: Whether the objects will be applied with this user's rights. If so, a missing right is a blocker, else a warning.
    type: bool
    default: false
  allow_other_cluster:
    description: Whether an application that was made for another cluster may become this one's. If not, that is a blocker.
    type: bool
    default: false
  src:
    description:
      - A plan that was saved with O(dest). Its values are taken instead of choosing again, and everything is checked again. Values that
        were changed in the file by hand count as the user's.
      - It is refused if it was made for another cluster, if it was made with blockers, or if O(namespace),
        O(components) or O(parameters) are set to something else.
    type: path
  dest:
    description:
      - Where to save the plan, blockers included. The file holds no time, so that the same plan gives the same file.
    type: path
  admin_file:
    description:
      - Where to write the objects that need an admin of the cluster as YAML (RV(plan.parts)), to be applied with C(kubectl).
    type: path
  image_digests:
    description:
      - Whether images that parameters name by a tag get the digest that the tag has in its registry, which is asked without a login.
      - V(pin) asks once for each image, and keeps what the application has; V(refresh) asks in each run.
      - An image that its registry does not have is a blocker; one whose registry can't be asked keeps its tag, with a warning.
    type: str
    choices: [none, pin, refresh]
    default: none
  rbac_file:
    description:
      - Where to write RV(plan.rbac.yaml), to be applied by an admin. It is empty if nothing is missing.
    type: path
requirements:
  - PyYAML
  - jmespath
  - rjsonnet
"""

EXAMPLES = r"""
- name: Plan from saved facts
  kubeflow.bootstrap.plan:
    facts: "{{ lookup('ansible.builtin.file', 'facts.json') | from_json }}"
    path: ./kubeflow-app
    rules:
      - ./rules
    parameters:
      kubeflow-core:
        storageClass: fast
    dest: ./plan.yml
  register: planned

- name: Take the plan that was saved and reviewed
  kubeflow.bootstrap.plan:
    facts: "{{ kubeflow_facts }}"
    path: ./kubeflow-app
    rules:
      - ./rules
    src: ./plan.yml
  register: planned

- name: Hand over to an admin what only an admin may create
  kubeflow.bootstrap.plan:
    facts: "{{ kubeflow_facts }}"
    path: ./kubeflow-app
    rules:
      - ./rules
    admin_file: ./for-the-admin.yml
    rbac_file: ./or-these-rights.yml
"""

RETURN = r"""
plan:
  description: The plan.
  returned: success
  type: dict
  contains:
    cluster:
      description: The cluster that it was made for, with C(uid), C(server), C(version) and C(distribution).
      type: dict
    namespace:
      description: The namespace, as C(value) with C(source) and C(reason).
      type: dict
    parameters:
      description:
        - By component and parameter, what was chosen. C(source) is one of V(user), V(step), V(cluster), V(cloud) and V(default).
          With C(no_effect) nothing in any object would change if the value was the package's own.
      type: dict
      sample:
        kubeflow-core:
          storageClass:
            value: standard-rwo
            source: cluster
            reason: standard-rwo is the cluster's default storage class.
            rule: storage-class-default
            alternatives: [premium-rwo]
            no_effect: false
    platform:
      description: The release of the platform, and its components, each with the reason why it is among them.
      returned: if O(platform) is set
      type: dict
      sample:
        release: 26.03.1
        components:
          - name: cert-manager
            reason: pipelines needs it.
    steps:
      description: What the optional steps found out, by name, each with C(reason), a sentence, C(parameters) and C(record).
      type: dict
      sample:
        static_ip:
          reason: The global address kubeflow-1f0c5a3e (203.0.113.10) was reserved for this application.
          parameters: {ipName: kubeflow-1f0c5a3e}
          record: {provider: google, name: kubeflow-1f0c5a3e, address: 203.0.113.10, made: true}
    blockers:
      description:
        - What would make the deployment fail, each with C(id), C(reason), C(fix), C(command), which can be pasted, and all of it as
          C(text).
      type: list
      elements: dict
    warnings:
      description: What is doubtful, each with C(id), C(reason), C(fix) and C(command). Blockers that are ignored are among them.
      type: list
      elements: dict
    objects:
      description: The objects that the application consists of, and its namespace where a deployment creates that beside it.
      type: list
      elements: str
      sample: [Deployment.apps kubeflow/hub]
    digest:
      description: A checksum of the objects with all that is in them. It changes with any of it, edits by hand among them.
      type: str
      sample: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    parts:
      description: The same objects, those that need an admin of the cluster, and those that a user of the namespace may create.
      type: dict
      contains:
        admin:
          description: Objects of the whole cluster or of other namespaces, and roles that grant what the user has not.
          type: list
          elements: str
        user:
          description: All others.
          type: list
          elements: str
    rbac:
      description: The rights that are missing.
      type: dict
      contains:
        missing:
          description: Rules with C(apiGroups), C(resources), C(verbs) and C(resourceNames); C(namespaced) if a Role is enough.
          type: list
          elements: dict
        yaml:
          description: A ClusterRole and a Role with these rules and their bindings, for an admin to apply. Empty if nothing is missing.
          type: str
    brought_up:
      description: Objects of API versions that are gone, which are brought to one that the cluster serves, as in the outcome.
      type: list
      elements: dict
    application:
      description: The declaration for M(kubeflow.bootstrap.ks_app).
      type: dict
files:
  description: The files that were written, or would be in check mode.
  returned: success
  type: list
  elements: str
credentials:
  description: Whether a value in it looks like a credential. If so, Ansible shows nothing of this result, however verbose it is.
  returned: success
  type: bool
diff:
  description: The changes since the last plan of this application, and those of the files.
  returned: in diff mode
  type: list
  elements: dict
"""

import difflib
import typing as t
import uuid
from pathlib import Path

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import

# isort: split
from ansible_collections.kubeflow.bootstrap.plugins.module_utils import files
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.credential_scan.masking import is_credential, masked_text
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.image_registry import ImageRegistries
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.files import write_atomically
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.formats.json_object import Json
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.files.packages import pins
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan import (
    image_digests,
    packages,
    plan,
    plan_text,
    planned_objects,
    saved,
    steps,
)
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.plan import platform_choice as platform
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries import registry
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.registries.source_arguments import SOURCE_ARGUMENTS, sources
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.rules.rules import load
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

_USUAL: Json = {plan.COMPONENT: {"prototype": plan.COMPONENT}}
"""The default of the role's kubeflow_components: not a choice of the user."""

ARGUMENTS: Json = {
    "argument_spec": {
        "facts": {"type": "dict", "required": True},
        "path": {"type": "path", "required": True},
        "name": {"type": "str", "default": "kubeflow"},
        "namespace": {"type": "str"},
        "components": {"type": "dict"},
        "platform": {"type": "raw"},
        "registries": {"type": "dict", "default": {}},
        "packages": {"type": "dict", "default": {}},
        "parameters": {"type": "dict", "default": {}},
        "steps": {"type": "dict", "default": {}},
        "step_order": {"type": "list", "elements": "str", "default": []},
        "rules": {"type": "list", "elements": "path", "required": True},
        "ignore": {"type": "list", "elements": "str", "default": []},
        "apply": {"type": "bool", "default": False},
        "allow_other_cluster": {"type": "bool", "default": False},
        "src": {"type": "path"},
        "dest": {"type": "path"},
        "admin_file": {"type": "path"},
        "rbac_file": {"type": "path"},
        "image_digests": {"type": "str", "choices": ["none", "pin", "refresh"], "default": "none"},
        "bundle": {"type": "path"},
        **SOURCE_ARGUMENTS,
    },
    "mutually_exclusive": [("src", "dest")],
    "supports_check_mode": True,
}


def run(args: Json, context: Context) -> Json:
    """Compute the plan; writes only the requested files."""
    path = Path(args["path"])
    current = folder.read(path)
    choices = _choices(args, current, context)
    source = sources(args, context, pins(current))
    resolved = packages.resolve(
        choices["components"],
        choices["registries"],
        choices["packages"],
        lambda registries, wanted: registry.contents(registries, wanted, path, source),
    )
    choices["components"] = resolved.components
    choices |= {"registries": resolved.registries, "packages": resolved.packages, "usage_id": _usage_id(args, current)}
    choices["components"] |= platform.definitions(resolved.contents, choices.get("platform"))
    release = _release(args, current)
    if release and not args["src"]:
        shared = platform.spread(release.parameters, resolved.contents, choices["components"])
        choices["parameters"] = {
            name: {**shared.get(name, {}), **(args["parameters"].get(name) or {})} for name in {**shared, **args["parameters"]}
        }
    rules = load(args["rules"])
    computed = plan.plan(args["facts"], choices, rules, resolved.contents, current)
    if args["image_digests"] != "none" and not args["src"]:
        recorded = image_digests.recorded(current) if args["image_digests"] == "pin" else {}
        registries = ImageRegistries(context.env, args["ca_path"])
        objects = [item.object for item in computed.items.all]
        choices["digests"] = image_digests.resolve(computed.document["parameters"], objects, recorded, registries.digest)
        computed = plan.plan(args["facts"], choices, rules, resolved.contents, current)
    if context.check and not args["src"] and _is_new(computed.document, choices["usage_id"], current, args["dest"]):
        context.warn("The id for usage reports is not kept in check mode; the run that writes makes another.")
    files = _files(args, choices, computed)
    changed = [file for file, text in files.items() if _text(file) != text]
    differences = _differences(computed.document, current, {file: files[file] for file in changed})
    if not context.check:
        for file in changed:
            write_atomically(file, files[file])
    hidden = is_credential("plan", computed.document)
    if context.diff and (hidden or not changed):
        # Ansible shows differences only of changes, and none of hidden results.
        for each in differences:
            _show(each, context)
    result: Json = {"changed": bool(changed), "plan": computed.document, "files": [str(file) for file in changed], "credentials": hidden}
    return {**result, "diff": differences} if context.diff else result


def _choices(args: Json, current: t.Mapping[str, str], context: Context) -> Json:
    """The user's choices, or those of a saved plan."""
    choices = {key: args[key] for key in ("name", "namespace", "parameters", "ignore", "apply", "allow_other_cluster")}
    uid = str((args["facts"].get("cluster") or {}).get("uid"))
    release = _release(args, current)
    if release:
        choices |= {"platform": release.document(), "namespace": _namespace_of_the_platform(args["namespace"])}
    if not args["src"]:
        components = _components(args["components"], release)
        gathered, warnings = steps.gather(args["steps"], current, uid, args["allow_other_cluster"], args["step_order"])
        for warning in warnings:
            context.warn(warning)
        components = steps.with_components(components, gathered)
        declared = {"registries": args["registries"], "packages": args["packages"]}
        if release:
            declared["registries"] = {**declared["registries"], platform.REGISTRY: release.entry}
            declared["packages"] = {**declared["packages"], **release.packages}
        return {**choices, "components": components, **declared, "steps": gathered}
    file = Path(args["src"])
    document = saved.read(file)
    cluster = args["facts"].get("cluster") or {}
    if "uid" not in cluster:
        raise BootstrapError("The facts lack cluster.uid.", fix="Collect them again (playbooks/facts.yml).")
    chosen = {f"kubeflow_{key}": args[key] for key in ("namespace", "components", "parameters")}
    if chosen["kubeflow_components"] == _USUAL or release:
        del chosen["kubeflow_components"]  # the role's default: not a choice
    if release:
        chosen["kubeflow_platform"] = choices["platform"]
    saved.check(document, file, cluster, chosen)
    current_steps, _warnings = steps.gather(args["steps"], {}, uid, False, args["step_order"])
    return {
        **choices,
        "name": document["name"],
        "namespace": document["namespace"]["value"],
        "parameters": {},
        "ignore": list(dict.fromkeys([*(document["choices"].get("ignore") or []), *args["ignore"]])),
        "components": packages.components(document["components"]),
        "registries": document["registries"],
        "packages": document["packages"],
        "steps": saved.check_steps(document, file, current_steps),
        "platform": document["choices"].get("platform"),
        "saved": document,
    }


def _release(args: Json, current: t.Mapping[str, str]) -> platform.Choice | None:
    """The choice of the platform, by what the cluster and the existing application have."""
    components = {path.removeprefix("components/").removesuffix(".jsonnet") for path in current if path.startswith("components/")}
    return platform.read(args["platform"], (args["facts"].get("cluster") or {}).get("addons") or (), components)


def _components(declared: Json | None, release: platform.Choice | None) -> dict[str, str]:
    """The components that the user names, and those of the platform; by default the usual one."""
    if release:
        named = packages.components(declared) if declared and declared != _USUAL else {}
        return {**named, **release.prototypes}
    return packages.components(declared or _USUAL)


def _namespace_of_the_platform(chosen: str | None) -> str:
    if chosen not in (None, "", platform.NAMESPACE):
        raise BootstrapError(
            f"kubeflow_namespace: the objects of the platform lie in {platform.NAMESPACE} and other namespaces that they name themselves, "
            f"not in {chosen}.",
            fix="Leave kubeflow_namespace out.",
        )
    return platform.NAMESPACE


def _usage_id(args: Json, current: t.Mapping[str, str]) -> str:
    """The id for usage reports of the application, or of the saved plan; else a new one."""
    return plan_text.usage_id(current) or (_saved_id(args["dest"]) if args["dest"] else None) or str(uuid.uuid4())


def _saved_id(file: str) -> str | None:
    if not Path(file).is_file():
        return None
    for values in saved.read(Path(file))["parameters"].values():
        if "usageId" in values:
            return str(values["usageId"]["value"])
    return None


def _is_new(document: Json, usage_id: str, current: t.Mapping[str, str], dest: str | None) -> bool:
    used = any(values.get("usageId", {}).get("value") == usage_id for values in document["parameters"].values())
    return used and usage_id not in (plan_text.usage_id(current), _saved_id(dest) if dest else None)


def _files(args: Json, choices: Json, computed: plan.Plan) -> dict[Path, str]:
    """The requested files."""
    document, application = computed.document, computed.document["application"]["name"]
    namespace, server = document["namespace"]["value"], document["cluster"]["server"]
    texts: dict[str, t.Callable[[], str]] = {
        "dest": lambda: saved.text(document, choices),
        "admin_file": lambda: planned_objects.admin_text(computed.items, document["parts"]["admin"], application, namespace, server),
        "rbac_file": lambda: document["rbac"]["yaml"],
    }
    return {Path(args[key]): text() for key, text in texts.items() if args[key]}


def _text(file: Path) -> str | None:
    try:
        return files.read_text(file, saved.MOST)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise BootstrapError(f"{file} can't be read: {why}.", fix="Name another file, or correct its rights.") from None


def _differences(document: Json, current: t.Mapping[str, str], files: t.Mapping[Path, str]) -> list[Json]:
    before, after = plan_text.last(current), plan_text.text(document)
    header = {"before_header": "the plan before", "after_header": "the plan now"}
    result = [{**header, "before": before, "after": after}] if before != after else []
    for file, text in files.items():
        result.append({"before_header": str(file), "after_header": str(file), "before": _text(file) or "", "after": text})
    return result


def _show(each: Json, context: Context) -> None:
    before, after = (masked_text(each[key]).splitlines() for key in ("before", "after"))
    for line in difflib.unified_diff(before, after, each["before_header"], each["after_header"], n=0, lineterm=""):
        context.progress(line)


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
