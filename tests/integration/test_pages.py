# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The reports in a real browser, made by real runs: read and searched, for one cluster and for many."""

from __future__ import annotations

import base64
import copy
import json

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.report.page import page

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
# What ends a script, a comment or a line somewhere, what turns text round, and what fits into no column.
ALL_HOSTILE = [
    HOSTILE,
    "</script>",
    "-->",
    "<!--<script>",
    "]]>",
    "{{data}}",
    "\u2028\u2029\0\ud800",
    "\u202eover",
    "&lt;",
    "javascript:alert(3)",
    "x" * 2000,
]
# Pod security does not admit its pods.
POD = {"containers": [{"name": "main", "image": "busybox", "securityContext": {"privileged": True}}]}
LOGIN = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}}
WAITS = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "waits"},
    "spec": {
        "selector": {"matchLabels": {"app": "waits"}},
        "template": {"metadata": {"labels": {"app": "waits"}}, "spec": POD},
    },
}


def html(user, name="report"):
    return user.folder / "kubeflow-report" / f"{name}.html"


def test_a_run_that_went_well_can_be_read_and_searched(cluster, work, window) -> None:
    user = work(cluster(), kubeflow_namespace="seen")
    user.bootstrap().well()
    report = user.report()
    window.sound(html(user))
    window.open(html(user))
    assert window.embedded()["report"] == report
    assert window.one("#state").text == "Deployed"
    text = window.text()
    for choice in report["plan"]["parameters"]["kubeflow-core"].values():
        assert choice["source"] == "default" or choice["reason"] in text
    for entry in report["outcome"]["timeline"]:
        assert entry["what"][:40] in window.run("return document.querySelector('#times').textContent")
    assert "port-forward" in window.text("#next")
    # What people look for comes first, then what it is fit for.
    assert window.run("return [...document.querySelectorAll('main > section')].map((each) => each.id)")[:3] == [
        "next",
        "cluster",
        "readiness",
    ]
    assert "Fit for a trial" in window.text("#readiness") and "share one password" in window.text("#readiness")
    assert "notebook servers" in window.text("#cluster")
    # The navigation marks what is read.
    marked = "document.querySelector('#sections [aria-current]').hash"
    assert window.run(f"return {marked}") == "#next"
    window.run("document.getElementById('values').scrollIntoView()")
    window.until(f"{marked} === '#values'")
    window.run("scrollTo(0, 0)")
    window.until(f"{marked} === '#next'")

    objects = report["outcome"]["objects"]
    window.one("#object-search").send_keys("hub service")
    matching = [each for each in objects if all(word in json.dumps(each).lower() for word in ("hub", "service"))]
    assert 0 < len(matching) < len(objects)
    assert window.one("#object-count").text == f"{len(matching)} of {len(objects)} objects"
    assert len(window.all("#object-table tbody tr")) == len(matching)
    # A box of the picture lists its objects, by keyboard too.
    window.run("document.querySelector('svg .cell[aria-label*=\"wave 2\"]').focus()")
    window.press("ENTER")
    second = [each["object"].split()[1] for each in objects if each["wave"] == 2]
    assert [each.text for each in window.all("#object-table td.name")] == second
    assert window.press().get_attribute("id") == "object-search"
    window.quiet()


@pytest.mark.soak
def test_on_paper_everything_is_unfolded(cluster, work, window) -> None:
    user = work(cluster(), kubeflow_namespace="paper")
    user.play("bootstrap").well()
    window.open(html(user))
    assert window.one("#state").text == "Written, not applied"
    # It is compared with the cluster, as in the terminal.
    compared = user.report()["comparison"]["outcome"]["objects"]
    assert {each["action"] for each in compared} == {"created"}
    shown = window.run("return document.querySelector('#objects').textContent")
    assert "What applying would do to each" in shown and shown.count("created") > len(compared) and "planned" not in shown
    assert window.pages().startswith(b"%PDF")
    assert window.run("return [...document.querySelectorAll('details')].every((each) => each.open)")
    names = user.report()["plan"]["parameters"]["kubeflow-core"]
    shown = window.run("return document.querySelector('#values').textContent")
    assert [name for name in names if name not in shown] == []
    window.quiet()


def test_a_blocked_run_says_what_blocks_it_and_how_to_go_on(cluster, work, window) -> None:
    user = work(cluster(), kubeflow_namespace="blocked")
    run = user.bootstrap(kubeflow_parameters={"kubeflow-core": {"storageClass": "none-such"}})
    assert run.code != 0
    # The summary, too: the cluster, the plan and the blocker with its id.
    for word in ("Cluster  ", "storageClass = none-such", "Blockers  ", "(storage-class-unknown)"):
        assert word in run.output, word
    assert [each["id"] for each in user.report()["plan"]["blockers"]] == ["storage-class-unknown"]
    window.sound(html(user))
    window.open(html(user))
    assert window.one("#state").text == "Failed"
    text = window.text("#blockers")
    for word in (
        "no storage class none-such",
        "Choose one of them",
        "kubectl get storageclasses",
        '{"kubeflow_ignore":["storage-class-unknown"]}',
    ):
        assert word in text, word
    window.quiet()


def test_equal_failures_are_told_once_and_changes_line_by_line(cluster, work, window) -> None:
    user = work(cluster(), kubeflow_namespace="shown")
    user.play("bootstrap").well()
    file, report = html(user), user.report()
    refused = [
        {
            "object": f"ConfigMap shown/c{number}",
            "action": "refused",
            "why": "denied by a policy",
            "component": "c",
            "wave": 1,
            "seconds": None,
        }
        for number in range(34)
    ]
    report |= {"failure": "34 objects were refused.", "outcome": {"objects": refused, "counts": {"refused": 34}, "seconds": 1, "waited": 0}}
    lines = [f"line {number}" for number in range(60)]
    after = [*lines[:30], "new <b>line</b>", *lines[31:]]
    texts = {"before": "\n".join(lines), "after": "\n".join(after)}
    report["diff"] = [{"before_header": "ConfigMap shown/c", "after_header": "ConfigMap shown/c", **texts}]
    file.write_text(page("report", {"report": report, "next": [], "readiness": [], "made": "today"}))
    window.sound(file)
    window.open(file)
    assert "34 objects: denied by a policy" in window.text("#failure") and window.text("#failure").count("denied by a policy") == 1
    window.one("#diff summary").click()
    shown = window.text("#diff pre").splitlines()
    assert [line for line in shown if line[:1] in "+-"] == ["- line 30", "+ new <b>line</b>"]
    assert "line 28" in shown[1] and len(shown) < 12, shown
    window.quiet()


def test_what_applying_would_be_refused_for(cluster, work, window) -> None:
    user = work(cluster(), kubeflow_namespace="refused")
    user.play("bootstrap").well()
    file, report = html(user), user.report()
    report["comparison"] = {"msg": "ada may not create deployments in ml. Nothing was written."}
    file.write_text(page("report", {"report": report, "next": [], "made": "today"}))
    window.open(file)
    assert window.one("#state").text == "Written, not applied"
    assert report["comparison"]["msg"] in window.text("#would-fail")
    assert "What the application consists of" in window.text("#objects")
    window.quiet()


def test_a_run_that_failed_says_what_it_waited_for_and_why(cluster, work, window) -> None:
    user = work(cluster(), kubeflow_namespace="unwell")
    user.play("bootstrap").well()
    user.add_component("stuck", WAITS, {**LOGIN, "stringData": {"password": "a-hunter2"}})
    run = user.bootstrap(kubeflow_wait_timeout=4)
    assert run.code != 0
    window.sound(html(user))
    window.open(html(user))
    assert window.one("#state").text == "Failed"
    assert user.report()["failure"] in window.text("#failure")
    window.one("#times summary").click()
    awaited = {row.text.split()[1]: row.text for row in window.all("#times tbody tr")}
    assert "violates PodSecurity" in awaited["unwell/waits"]
    # Values of Secrets are as little on the page as in report.json.
    text = html(user).read_text()
    assert "Secret unwell/login" in text
    assert "a-hunter2" not in text and base64.b64encode(b"a-hunter2").decode() not in text


@pytest.mark.soak
def test_a_deployment_alone_has_a_page_too(cluster, work, window) -> None:
    user = work(cluster(), kubeflow_namespace="alone")
    user.play("bootstrap").well()
    html(user).unlink()
    user.play("deploy").well()
    report = user.report()
    assert report["plan"] is None and report["facts"] is None
    window.sound(html(user))
    assert window.one("#state").text == "Deployed"
    assert len(window.all("#object-table tbody tr")) == len(report["outcome"]["objects"])


@pytest.mark.soak
def test_what_the_cluster_refused_is_marked(cluster, work, window) -> None:
    user = work(cluster(), kubeflow_namespace="no-thanks")
    user.play("bootstrap").well()
    long = "x" * 200
    # So many beside it that none is tried before.
    names = ["Wrong_" + long, *(f"right-{number}" for number in range(100))]
    user.add_component("wrong", *({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}} for name in names))
    assert user.bootstrap(kubeflow_wait_timeout=4).code != 0
    window.sound(html(user))
    window.open(html(user))
    assert long in window.text("#failure")
    window.run("document.querySelector('svg .cell.bad').focus()")
    window.press("ENTER")
    row = window.all("#object-table tbody tr")[0].text
    assert "failed" in row or "refused" in row


def test_a_run_that_changed_nothing_says_so(cluster, work, window) -> None:
    user = work(cluster(), kubeflow_namespace="same")
    user.bootstrap().well()
    user.bootstrap().well()
    window.sound(html(user))
    assert window.one("#state").text == "Unchanged"


@pytest.fixture
def thousand(cluster, work):
    """A page about a thousand objects, with names that mean harm: the file."""
    user = work(cluster(), kubeflow_namespace="page-many")
    user.play("bootstrap").well()
    report = user.report()
    actions = ["created"] * 7 + ["changed", "unchanged", "failed"]
    objects = [
        {
            "object": f"ConfigMap many/thing-{number}",
            "component": HOSTILE if number == 500 else f"part-{number % 30}",
            "action": actions[number % 10],
            "wave": 1 + number % 17,
            "why": HOSTILE if number % 10 == 9 else None,
            "seconds": 0.01,
        }
        for number in range(1000)
    ]
    counts = {action: actions.count(action) * 100 for action in actions}
    report |= {
        "outcome": {"objects": objects, "counts": counts, "brought_up": [], "seconds": 9.5, "waited": 1.0, "timeline": []},
        "failure": HOSTILE,
    }
    file = html(user)
    file.write_text(page("report", {"report": report, "next": [f"echo {HOSTILE}"], "made": HOSTILE}))
    return file


KEYSTROKES = """
  const [id, table, words] = arguments, search = document.getElementById(id);
  return words.map((word) => {
    const start = performance.now();
    search.value = word;
    search.dispatchEvent(new Event("input"));
    document.body.offsetHeight;
    return [document.querySelectorAll(`${table} tbody tr`).length, performance.now() - start];
  });
"""


def drawn_at_once(window, search, table, words):
    """How many rows each word drew before the browser could go on; it tells the milliseconds."""
    drawn = window.run(KEYSTROKES, search, table, words)
    print(f"{search}: {', '.join(f'{word!r} {rows} rows {took:.1f} ms' for word, (rows, took) in zip(words, drawn, strict=True))}")
    return [rows for rows, _took in drawn]


def test_a_thousand_objects_without_a_stutter(thousand, window) -> None:
    window.open(thousand)
    window.until("document.querySelectorAll('#object-table tbody tr').length === 1000")
    # However many match, little is drawn before the next key can come.
    words = ["t", "th", "thing-99", "part-9 failed", ""]
    assert drawn_at_once(window, "object-search", "#object-table", words) == [20, 20, 11, 20, 20]
    window.until("document.querySelectorAll('#object-table tbody tr').length === 1000")
    window.one("#object-search").send_keys("thing-99")
    assert window.one("#object-count").text == "11 of 1,000 objects"


def test_names_that_mean_harm_are_text(thousand, window) -> None:
    window.open(thousand)  # an alert would stop it here
    assert window.run("return [document.scripts.length, document.images.length]") == [2, 0]
    assert HOSTILE in window.text("#failure") and HOSTILE in window.text("#next")
    window.run("document.getElementById('by-component').value = arguments[0]", HOSTILE)
    window.run("document.getElementById('by-component').dispatchEvent(new Event('change'))")
    assert window.one("#object-count").text == "1 of 1,000 objects"
    assert HOSTILE in window.text("#object-table")
    window.quiet()


def spoiled(value, number=0):
    """The same shape with every text replaced by one that means harm."""
    if isinstance(value, dict):
        return {key: spoiled(each, number + place) for place, (key, each) in enumerate(value.items())}
    if isinstance(value, list):
        return [spoiled(each, number + place) for place, each in enumerate(value)]
    return ALL_HOSTILE[number % len(ALL_HOSTILE)] if isinstance(value, str) else value


def test_whatever_the_texts_are_the_page_stands(cluster, work, window) -> None:
    user = work(cluster("gke-gpu"), kubeflow_namespace="spoiled")
    user.bootstrap().well()
    report = user.report()
    for number in range(0, len(ALL_HOSTILE), 4):
        bad = spoiled(copy.deepcopy(report), number)
        bad |= {"failure": ALL_HOSTILE[number], "context": ALL_HOSTILE[number]}
        data = {"report": bad, "next": ALL_HOSTILE, "made": ALL_HOSTILE[number]}
        html(user).write_text(page("report", data))
        window.open(html(user))
        assert window.run("return document.documentElement.scrollWidth") <= 1280
        window.open(html(user), width=360)
        assert json.dumps(window.embedded(), sort_keys=True) == json.dumps(data, sort_keys=True)
        assert window.run("return [document.scripts.length, document.images.length]") == [2, 0]
        assert window.run("return document.documentElement.scrollWidth") <= 360


# --- many clusters


REPORTS = """---
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - kubeflow.bootstrap.reports:
        path: "{{ over }}"
"""


@pytest.mark.soak
def test_one_page_over_many_clusters_leads_to_each(cluster, work, window) -> None:
    each = cluster()
    user = work(each, kubeflow_namespace="many-one")
    over = user.folder / "over all"
    user.bootstrap(kubeflow_report_dir=str(over / "a:b #1 100%")).well()
    user.add_component("stuck", WAITS)
    assert user.bootstrap(kubeflow_report_dir=str(over / "z-fails"), kubeflow_wait_timeout=4).code != 0
    (user.folder / "over.yml").write_text(REPORTS, encoding="utf-8")
    user.play(str(user.folder / "over.yml"), over=str(over)).well()
    window.sound(over / "report.html")
    window.open(over / "report.html")
    assert window.embedded()["report"] == json.loads((over / "report.json").read_text())
    assert window.one("#state").text == "1 of 2 failed"
    assert window.one("#next pre").text == "--limit 'z-fails'"
    # The one that failed comes first, with the reason.
    assert [name.text for name in window.all("#cluster-table th.name a")] == ["z-fails", "a:b #1 100%"]
    assert "violates PodSecurity" in window.all("#cluster-table tr.failed")[0].text
    window.one("#cluster-search").send_keys("deployed")
    assert window.one("#cluster-count").text == "1 of 2 clusters"
    window.one("#cluster-table th.name a").click()
    window.until("document.documentElement.dataset.ready === 'true' && document.getElementById('object-table')")
    assert window.one("#state").text == "Deployed"


@pytest.mark.soak
def test_a_thousand_clusters_with_names_that_mean_harm(tmp_path, window) -> None:
    states = ["deployed"] * 8 + ["failed", "not reached"]
    nothing = dict.fromkeys(("server", "region", "namespace", "application", "report"))
    clusters = [
        {
            **nothing,
            "host": HOSTILE if number == 500 else f"cluster-{number}",
            "state": states[number % 10],
            "failure": ALL_HOSTILE[number // 10 % len(ALL_HOSTILE)] if number % 10 == 8 else None,
            "context": ALL_HOSTILE[number % len(ALL_HOSTILE)],
            "distribution": f"kind-{number % 3}",
            "version": f"v1.{30 + number % 6}.0",
            "cloud": ["aws", "gcp", HOSTILE, None][number % 4],
            "nodes": 3,
            "accelerators": {HOSTILE: 2},
            "counts": {"created": 37},
            "seconds": 2.5,
            "warnings": 1,
        }
        for number in range(1000)
    ]
    counts = {"deployed": 800, "failed": 100, "not reached": 100}
    file = tmp_path / "report.html"
    data = {"report": {"check": False, "counts": counts, "clusters": clusters}, "links": {HOSTILE: "./x/report.html"}, "made": HOSTILE}
    file.write_text(page("reports", data))
    window.sound(file)
    window.open(file)
    assert window.run("return [document.scripts.length, document.images.length]") == [2, 0]
    rows = 1000 + 100  # a reason is a row of its own
    window.until(f"document.querySelectorAll('#cluster-table tbody tr').length === {rows}")
    assert max(drawn_at_once(window, "cluster-search", "#cluster-table", ["c", "cl", "cluster-99", ""])) <= 2 * 20
    window.run("document.getElementById('by-state').value = 'failed'")
    window.run("document.getElementById('by-state').dispatchEvent(new Event('change'))")
    assert window.one("#cluster-count").text == "100 of 1,000 clusters"
    assert window.pages().startswith(b"%PDF")
    window.quiet()
