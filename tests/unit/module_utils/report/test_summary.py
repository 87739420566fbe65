# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a person reads at the end."""

from __future__ import annotations

import shlex
import typing as t
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.report.summary import colored, lines, next_steps

Json = dict[str, t.Any]


def choice(value: t.Any, source: str, reason: str = "So it is.") -> Json:
    return {"value": value, "source": source, "reason": reason, "rule": None, "alternatives": []}


@pytest.fixture
def report() -> Json:
    parameters = {
        "storageClass": choice("disk", "cluster", "disk is the default."),
        "gatewayServiceType": choice("ClusterIP", "user"),
        "hubPVCSize": choice("1Gi", "default"),
        "cloud": choice("null", "default"),
    }
    return {
        "check": False,
        "kubeconfig": None,
        "context": "named",
        "facts": {
            "kubeconfig": {"context": "trial"},
            "cloud": {"provider": "gcp", "account": None, "region": "r1"},
            "cluster": {
                "server": "https://c:1",
                "distribution": {"name": "gke"},
                "version": {"git_version": "v1.35.0"},
                "nodes": {
                    "count": 3,
                    "usable": 2,
                    "architectures": {"amd64": 3},
                    "accelerators": [{"count": 4, "resource": "nvidia.com/gpu"}],
                    "allocatable": {"cpu": 11.5, "memory": 48 * 2**30},
                },
                "storage": {"classes": [{"name": "disk", "default": True}, {"name": "nfs", "default": False}]},
                "unknown": [],
            },
        },
        "plan": {
            "namespace": {"value": "ml", "source": "user", "reason": "You chose it."},
            "parameters": {"kubeflow-core": parameters},
            "objects": ["Deployment.apps ml/hub", "Deployment.apps ml/proxy", "Namespace ml"],
            "warnings": [{"id": "w", "reason": "No TLS.", "fix": "Add it."}, {"id": "v", "reason": "Alone.", "fix": None}],
        },
        "application": {"path": "/app", "changed": True, "files": ["a", "b"], "kept": []},
        "outcome": None,
    }


def outcome(**counts: int) -> Json:
    objects = [
        {"object": "Namespace ml", "component": "c", "action": "created", "wave": 1, "why": None},
        {"object": "Claim ml/hub", "component": None, "action": "kept", "wave": None, "why": "it may hold data"},
    ]
    return {"counts": counts, "objects": objects, "seconds": 7.5, "waited": 3.0}


def section(summary: list[str], label: str) -> list[str]:
    """The texts of one section."""
    start = next((index for index, line in enumerate(summary) if line.startswith(f"{label} ")), None)
    if start is None:
        return []
    rest = summary[start + 1 :]
    end = next((index for index, line in enumerate(rest) if not line.startswith(" ")), len(rest))
    width = len(summary[start]) - len(summary[start].removeprefix(label).lstrip())
    return [line[width:] for line in [summary[start], *rest[:end]]]


def test_the_facts(report: Json) -> None:
    result = lines(report)
    assert section(result, "Cluster") == ["https://c:1 (gke v1.35.0), context trial"]
    assert section(result, "Cloud") == ["gcp, r1"]
    assert section(result, "Nodes") == ["3 (3 amd64), 2 usable: 11.5 CPU, 48 GiB, 4 nvidia.com/gpu"]
    assert section(result, "Storage") == ["disk (default), nfs"]
    report["facts"]["cluster"]["unknown"] = [{"what": "Node", "why": "forbidden"}]
    report["facts"]["cluster"]["storage"]["classes"] = []
    assert section(lines(report), "Not readable") == ["Node: forbidden"]
    assert section(lines(report), "Storage") == ["no storage class"]


def test_the_plan(report: Json) -> None:
    result = lines(report)
    assert section(result, "Plan") == [
        "VALUE                           SOURCE   REASON",
        "namespace = ml                  user     You chose it.",
        "storageClass = disk             cluster  disk is the default.",
        "gatewayServiceType = ClusterIP  user     So it is.",
        "2 other values are the packages' own.",
    ]
    assert section(result, "Warnings") == ["No TLS. Add it.", "Alone."]


def test_a_long_plan_stays_a_table(report: Json) -> None:
    words = "word " * 30
    report["plan"]["parameters"] = {
        "one": {"limits": {"value": {"cpu": "1" * 60}, "source": "user", "reason": words, "no_effect": True}},
        "two": {"mount": {"value": "", "source": "cloud", "reason": "So it is."}},
    }
    report["plan"] |= {
        "parts": {"admin": ["Namespace ml"], "user": []},
        "rbac": {"missing": [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["create"]}], "yaml": ""},
        "brought_up": [{"object": "Role ml/a", "from": "rbac/v1beta1", "to": "rbac/v1"}],
        "warnings": [{"id": "w", "reason": "No TLS.", "fix": "Add it.", "command": "kubectl get tls"}],
    }
    result = lines(report)
    head, _namespace, first, *more, last, _others = section(result, "Plan")
    start = head.index("REASON")
    assert first.startswith('one.limits = {"cpu": "')
    assert first[start - 8 :].startswith("user    word word")
    assert first[: start - 8].rstrip().endswith("…")
    assert more
    assert all(line.startswith(" " * start) and line[start] != " " for line in more)
    assert more[-1].endswith("It changes nothing in any object.")
    assert last.startswith('two.mount = ""  ')
    assert max(map(len, result)) <= 120
    assert section(result, "Migrated") == ["Role ml/a: rbac/v1beta1 is now rbac/v1"]
    assert section(result, "For an admin") == ["Namespace ml"]
    report["plan"]["rbac"]["missing"] = []
    assert not any(line.startswith("For an admin") for line in lines(report))
    assert section(result, "Warnings") == ["No TLS. Add it. Run: kubectl get tls"]


def test_what_there_is_to_apply_where_nothing_was_compared(report: Json) -> None:
    result = lines(report)
    assert section(result, "Consists of") == ["3 objects; kubeflow_apply=true applies them", "Deployment: hub, proxy", "Namespace: ml"]
    assert section(result, "Objects") == []
    assert not [step for step in section(result, "Next steps") if "kubectl" in step]


def compared(**actions: str) -> Json:
    """What a check returned: ``hub="changed"`` for Deployments by name."""
    objects = [{"object": f"Deployment.apps ml/{name}", "action": action, "why": None} for name, action in actions.items()]
    counts = {action: list(actions.values()).count(action) for action in actions.values()}
    return {"changed": True, "outcome": {"counts": counts, "objects": objects, "seconds": 0.2, "waited": 0.0}}


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (
            {"hub": "created", "proxy": "created"},
            ["2 would be created; kubeflow_apply=true applies them", "Deployment: hub, proxy"],
        ),
        ({"hub": "unchanged", "proxy": "unchanged"}, ["2 unchanged"]),
        (
            {"hub": "changed", "proxy": "created", "front": "unchanged", "old": "pruned"},
            [
                "1 would be changed, 1 would be created, 1 unchanged, 1 would be pruned; kubeflow_apply=true applies them",
                "Deployment: hub (changed), proxy, old (pruned)",
            ],
        ),
    ],
)
def test_what_applying_would_do(report: Json, actions: dict[str, str], expected: list[str]) -> None:
    report["comparison"] = compared(**actions)
    result = lines(report)
    assert section(result, "Objects") == expected
    assert section(result, "Consists of") == []
    assert [step for step in section(result, "Next steps") if "kubectl" in step] == []


def test_what_applying_would_do_is_told_with_its_reason(report: Json) -> None:
    report["comparison"] = compared(hub="replaced", proxy="left alone")
    for item in report["comparison"]["outcome"]["objects"]:
        item["why"] = "its selector changed" if item["action"] == "replaced" else "an admin applied it"
    assert section(lines(report), "Objects") == [
        "1 would be replaced, 1 left alone; kubeflow_apply=true applies them",
        "Deployment.apps ml/hub: replaced, its selector changed",
        "Deployment.apps ml/proxy: left alone, an admin applied it",
    ]


@pytest.mark.parametrize("outcome_of_it", [None, {"counts": {"refused": 1}, "objects": [], "seconds": 0.1, "waited": 0.0}])
def test_what_applying_would_fail_for(report: Json, outcome_of_it: Json | None) -> None:
    report["comparison"] = {"msg": "ada may not create deployments in ml. Nothing was written.", "outcome": outcome_of_it}
    result = lines(report)
    assert section(result, "Consists of")[0] == "3 objects; kubeflow_apply=true applies them"
    assert section(result, "Would fail") == ["ada may not create deployments in ml. Nothing was written."]
    assert section(result, "Failed") == []
    assert section(result, "Objects") == []


def test_what_was_done_comes_before_what_would_be(report: Json) -> None:
    report["comparison"], report["outcome"] = compared(hub="created"), outcome(unchanged=3)
    assert section(lines(report), "Objects")[0].startswith("3 unchanged (7.5 s")


@pytest.mark.parametrize(
    ("changed", "check", "expected"),
    [(True, False, "/app (2 files written)"), (True, True, "/app (2 files would be written)"), (False, False, "/app (unchanged)")],
)
def test_the_application(report: Json, changed: bool, check: bool, expected: str) -> None:
    report["application"]["changed"], report["check"] = changed, check
    result = lines(report)
    assert section(result, "Application") == [expected]
    assert bool(section(result, "Next steps")) == (not check)


def test_what_the_user_changed_is_shown(report: Json) -> None:
    report["application"]["kept"] = [
        {"component": "kubeflow-core", "parameter": "storageClass", "value": "nfs", "planned": "disk"},
        {"file": "components/mine.jsonnet"},
    ]
    assert section(lines(report), "Kept") == [
        "kubeflow-core.storageClass = nfs: you changed it; planned was disk",
        "components/mine.jsonnet: you changed it",
    ]


def test_the_outcome(report: Json) -> None:
    report["outcome"] = outcome(created=3, kept=1)
    result = lines(report)
    assert section(result, "Consists of") == []
    assert section(result, "Objects") == [
        "3 created, 1 kept (7.5 s, of them 3.0 s until all was ready)",
        "Claim ml/hub: kept, it may hold data",
    ]


def test_in_a_check_all_is_what_would_be(report: Json) -> None:
    report["check"], report["outcome"] = True, outcome(created=2, unchanged=1)
    result = lines(report)
    assert section(result, "Objects")[0] == "2 would be created, 1 unchanged"
    assert section(result, "Next steps") == []


@pytest.mark.parametrize(
    ("service", "step"),
    [
        ("ClusterIP", "kubectl --context named -n ml port-forward service/kubeflow 8080:80   # then http://localhost:8080/"),
        ("LoadBalancer", "kubectl --context named -n ml get service kubeflow   # then http://EXTERNAL-IP/"),
        ("NodePort", "kubectl --context named -n ml get service kubeflow   # then http://NODE:PORT/"),
    ],
)
def test_how_to_go_on(report: Json, service: str, step: str) -> None:
    report["plan"]["parameters"]["kubeflow-core"]["gatewayServiceType"]["value"] = service
    report["outcome"] = outcome(unchanged=3)
    assert section(lines(report), "Next steps")[0] == step


@pytest.mark.parametrize(
    ("chosen", "step"),
    [
        ({"tlsSecretName": "tls"}, "kubectl --context named -n ml port-forward service/kubeflow 8443:443   # then https://localhost:8443/"),
        (
            {"hostname": "ml.example.com"},
            "kubectl --context named -n ml port-forward service/kubeflow 8080:80   # then http://localhost:8080/",
        ),
        ({"hostname": "ml.example.com", "ingressClass": "nginx"}, "http://ml.example.com/"),
        ({"hostname": "ml.example.com", "gatewayClass": "cilium", "tlsIssuer": "ca"}, "https://ml.example.com/"),
        ({"hostname": "ml.example.com", "ingressClass": "openshift-default", "cloud": "openshift"}, "https://ml.example.com/"),
    ],
)
def test_the_way_in_is_the_one_that_there_is(report: Json, chosen: dict[str, str], step: str) -> None:
    report["plan"]["parameters"]["kubeflow-core"] |= {name: choice(value, "user") for name, value in chosen.items()}
    report["outcome"] = outcome(unchanged=3)
    assert section(lines(report), "Next steps")[0].removesuffix("   # once it is reachable, which takes a cloud some minutes") == step


def test_the_host_of_an_ingress_in_front(report: Json) -> None:
    report["plan"]["parameters"]["front"] = {
        "hostname": choice("ml.example.com", "user"),
        "oauthSecretName": choice("kubeflow-oauth", "default"),
    }
    report["outcome"] = outcome(unchanged=3)
    assert section(lines(report), "Next steps")[0].startswith("https://ml.example.com/ ")


def test_the_kubeconfig_is_named_in_the_commands_if_it_was_named(report: Json) -> None:
    report["outcome"], report["kubeconfig"], report["context"] = outcome(unchanged=3), "/k/config", None
    first, second, *_others = section(lines(report), "Next steps")
    assert first == "export KUBECONFIG=/k/config"
    assert second.startswith("kubectl -n ml port-forward")


def test_a_removal_alone() -> None:
    report = {"check": False, "plan": None, "application": None, "outcome": outcome(removed=2)}
    assert section(lines(report), "Objects")[0] == "2 removed (7.5 s, of them 3.0 s until all was ready)"
    empty = {"counts": {}, "objects": [], "seconds": 0.1, "waited": 0.0}
    assert "nothing of this application is there" in lines({**report, "outcome": empty})[0]


def test_nothing_to_report() -> None:
    assert lines({"check": False}) == []


@pytest.mark.parametrize("name", ["prod; touch X #", "a b", "$(id)", "it's", "`id`", "-x\ny"])
def test_commands_to_paste_are_quoted(report: Json, name: str) -> None:
    """As a shell reads them, each name is one word, and nothing else is run."""
    report |= {"outcome": outcome(created=1), "kubeconfig": f"/home/me/{name}", "context": name}
    report["application"]["path"] = f"/apps/{name}"
    words = [shlex.split(step, comments=True) for step in next_steps(report)]
    assert words[0] == ["export", f"KUBECONFIG=/home/me/{name}"]
    assert [each[1:3] for each in words if each[0] == "kubectl"] == [["--context", name]] * 2
    assert words[-1][:5] == ["git", "-C", f"/apps/{name}", "init", "&&"]


def test_an_application_in_a_repository_is_not_to_be_put_into_one(report: Json, tmp_path: Path) -> None:
    report["application"]["path"] = str(tmp_path / "apps" / "kubeflow")
    assert any(" init " in step for step in next_steps(report))
    (tmp_path / ".git").mkdir()
    assert not any(" init " in step for step in next_steps(report))


def test_blockers_are_told_with_what_to_do_and_their_ids(report: Json) -> None:
    blocker = {"id": "no-storage-class", "reason": "There is none.", "fix": "Make one.", "command": "kubectl get sc", "text": "..."}
    report["plan"]["blockers"], report["failure"] = [blocker], "Nothing was written. There is none."
    texts = lines(report)
    assert section(texts, "Blockers") == ["There is none. Make one. Run: kubectl get sc (no-storage-class)"]
    assert section(texts, "Failed") == []


def test_nothing_in_it_steers_a_terminal(report: Json) -> None:
    report["facts"]["cluster"]["storage"]["classes"][0]["name"] = "disk\x1b[2J\x1b]0;title\x07\u202e"
    report["facts"]["kubeconfig"]["context"] = "trial\x9b2J"
    text = "\n".join(lines(report))
    assert "disk (default)" in text and "trial" in text and text.replace("\n", "").isprintable()


def test_what_may_not_be_read_is_not_told_as_absent(report: Json) -> None:
    def denied(what: str, resource: str) -> Json:
        who = "system:serviceaccount:team:dev"
        why = f'{resource} is forbidden: User "{who}" cannot list resource "{resource}" in API group "" at the cluster scope'
        return {"what": what, "why": why}

    cluster = report["facts"]["cluster"]
    cluster["nodes"] |= {"count": 0, "usable": 0, "architectures": {}, "accelerators": []}
    cluster["storage"]["classes"] = []
    cluster["unknown"] = [denied("Node", "nodes"), denied("StorageClass.storage.k8s.io", "storageclasses"), denied("Pod", "pods")]
    result = lines(report)
    assert section(result, "Nodes") == ["may not be read"]
    assert section(result, "Storage") == ["may not be read"]
    assert section(result, "Not readable") == ["system:serviceaccount:team:dev may not list: nodes, storageclasses, pods"]
    cluster["unknown"] = [{"what": "API metrics.k8s.io/v1beta1", "why": "Its backend does not answer."}]
    result = lines(report)
    assert section(result, "Nodes")[0].startswith("0 (none)") and section(result, "Storage") == ["no storage class"]
    assert section(result, "Not readable") == ["API metrics.k8s.io/v1beta1: Its backend does not answer."]


def test_checks_are_counted_and_told() -> None:
    check = {"component": "core", "name": "access", "title": "The page answers", "evidence": "200", "seconds": 0.5, "fix": None}
    result = lines({"check": False, "checks": [{**check, "status": "passed"}, {**check, "status": "failed", "evidence": "404"}]})
    assert result == [
        "Verified      1 passed, 1 failed",
        "              The page answers: passed, 200 (0.5 s)",
        "              The page answers: failed, 404 (0.5 s)",
    ]
    assert lines({"check": False, "checks": []}) == []


def test_in_a_narrow_terminal_the_reason_is_below_the_value(report: Json):
    report["plan"]["parameters"]["kubeflow-core"]["storageClass"]["reason"] = "disk is the default. " * 8
    narrow = lines(report, 80)
    at = narrow.index("              storageClass = disk (cluster)")
    assert narrow[at + 1].startswith("                disk is the default. disk")
    assert all(len(line) <= 80 for line in narrow if "git " not in line)
    assert any("SOURCE" in line for line in lines(report, 100)) and not any("SOURCE" in line for line in narrow)


def test_each_line_has_the_color_of_its_state(report: Json):
    report["outcome"] = {
        "counts": {"created": 1, "failed": 1},
        "seconds": 1,
        "waited": 0,
        "objects": [{"object": "Deployment.apps ml/hub", "action": "failed", "why": "quota"}],
    }
    report["failure"] = "1 object failed."
    colors = {line.split()[0]: color for line, color in colored(lines(report)) if not line.startswith(" ")}
    assert colors["Objects"] == "error" and colors["Failed"] == "error" and colors["Warnings"] == "warn" and colors["Cluster"] == ""
    report["outcome"]["counts"], report["outcome"]["objects"] = {"created": 2}, []
    assert ("ok", True) in {(color, line.startswith("Objects")) for line, color in colored(lines(report))}
    warnings = [color for line, color in colored(["Warnings      one", "                two", "Next steps    do"])]
    assert warnings == ["warn", "warn", ""]
