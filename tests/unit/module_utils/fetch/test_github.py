# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""GitHub: few calls, careful with the token, and every no explained."""

from __future__ import annotations

import contextlib
import io
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch import archive, github, https
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.fetch.sources import Sources
from ansible_collections.kubeflow.bootstrap.tests.absent import NOBODY
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang
from ansible_collections.kubeflow.bootstrap.tests.unit.module_utils.registries.github_server import (
    COMMIT,
    OTHER,
    GitHub,
    Short,
    member,
    shelf,
    tarball,
)
from ansible_collections.kubeflow.bootstrap.tests.unit.module_utils.registries.github_server import archive as packed

from tests.patience import patience
from tests.unit.conftest import Answer, Authority, Proxy, Server

Serve = Callable[..., Server]
TOKEN = "ghp_secret0123456789"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(https, "PAUSE", 0.005)


@pytest.fixture
def enterprise(serve: Serve) -> GitHub:
    """With ``v1`` at COMMIT."""
    github_ = GitHub(serve("127.0.0.1"), Answer)
    github_.publish()
    return github_


@pytest.fixture
def ca(authority: Authority, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    path.write_text(authority.pem, encoding="utf-8")
    return str(path)


@pytest.fixture
def sources(enterprise: GitHub, ca: str) -> Sources:
    """The token is one for this host, as on a runner of Enterprise."""
    return Sources(ca_file=ca, env={"GITHUB_SERVER_URL": f"https://{enterprise.host}"}, timeout=20)


def resolve(uri: str, sources: Sources) -> tuple[str, str, str]:
    return github.GitHubClient(sources).resolve(github.parse(uri))


def trees(uri: str, sources: Sources, commit: str = COMMIT, path: str = "shelf") -> dict[str, str]:
    return github.GitHubClient(sources).trees(github.parse(uri), commit, [path])[path]


# --- uris


@pytest.mark.parametrize("prefix", ["", "http://", "https://", "www.", "https://www.", "HTTPS://"])
@pytest.mark.parametrize("suffix", ["", "/"])
@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("github.com/kubeflow/kubeflow", ("master",)),
        ("github.com/kubeflow/kubeflow/tree", ("master",)),
        ("github.com/kubeflow/kubeflow/tree/v0.1.2", ("v0.1.2",)),
        ("github.com/kubeflow/kubeflow/tree/v0.1.2/kubeflow", ("v0.1.2", "kubeflow")),
        ("github.com/kubeflow/kubeflow/tree/master/a/b/c", ("master", "a", "b", "c")),
        ("github.com/kubeflow/kubeflow/tree/feature%2Fx/a", ("feature/x", "a")),
        ("github.com/kubeflow/kubeflow/blob/master/a/registry.yaml", ("master", "a")),
    ],
)
def test_uris_as_ks_reads_them(prefix: str, suffix: str, text: str, rest: tuple[str, ...]) -> None:
    place = github.parse(prefix + text + suffix)
    assert (place.host, place.owner, place.repository, place.rest) == ("github.com", "kubeflow", "kubeflow", rest)
    assert place.uri == text
    assert github.is_github(prefix + text + suffix)


@pytest.mark.parametrize(
    ("uri", "api"),
    [
        ("github.com/a/b", "https://api.github.com"),
        ("https://GitHub.Example.com/a/b/tree/v1/c", "https://github.example.com/api/v3"),
        ("https://127.0.0.1:1234/a/b", "https://127.0.0.1:1234/api/v3"),
        ("https://octo.ghe.com/a/b", "https://api.octo.ghe.com"),
    ],
)
def test_where_a_host_answers(uri: str, api: str) -> None:
    place = github.parse(uri)
    assert github.api(place.host) == api
    assert github.parse(place.uri) == place
    assert github.is_github(uri) == (place.host == "github.com")


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "github.com",
        "github.com/kubeflow",
        "github.com/kubeflow/",
        "github.com/kubeflow/kubeflow/blob/master",
        "github.com/kubeflow/kubeflow/path/to/registry",
        "github.com/kubeflow/kubeflow/tree/master?x=1",
        "github.com/kubeflow/kubeflow/tree/master#x",
        "github.com/../kubeflow",
        "github.com/kubeflow/..",
        "github.com/kubeflow/kubeflow/tree/v1/../../x",
        "github.com/kubeflow/kubeflow/tree/v1/%2e%2e/x",
        "github.com/kubeflow/kubeflow/tree/v1//x",
        "github.com/kube flow/kubeflow",
        "git@github.com:kubeflow/kubeflow",
        "github.com:x/kubeflow/kubeflow",
        "/srv/registry",
        "https://exa mple/a/b",
    ],
)
def test_uris_that_name_nothing(uri: str) -> None:
    with pytest.raises(BootstrapError):
        github.parse(uri)


def test_a_login_in_the_uri_is_not_repeated() -> None:
    with pytest.raises(BootstrapError, match="holds a login") as caught:
        github.parse(f"https://me:{TOKEN}@github.com/a/b")
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("uri", ["/srv/github.com/a", "./github.com/a", "github.company.com/a/b", "https://notgithub.com/a/b", "embedded"])
def test_what_is_not_told_to_be_github(uri: str) -> None:
    assert not github.is_github(uri)


# --- refs


def test_a_ref_takes_one_call(enterprise: GitHub, sources: Sources) -> None:
    assert resolve(enterprise.uri, sources) == ("v1", "shelf", COMMIT)
    assert enterprise.requests() == ["commits/v1"]
    assert enterprise.server.requests[0].headers["accept"] == "application/vnd.github.sha"


def test_a_commit_takes_none(enterprise: GitHub, sources: Sources) -> None:
    assert resolve(enterprise.uri.replace("v1", OTHER.upper()), sources) == (OTHER.upper(), "shelf", OTHER)
    assert enterprise.requests() == []


@pytest.mark.parametrize("code", [404, 422])
def test_a_ref_with_slashes(enterprise: GitHub, sources: Sources, code: int) -> None:
    enterprise.publish("release/2018/a", OTHER)
    for ref in ("release", "release/2018"):
        enterprise.route(f"commits/{ref}", {"message": "No commit found"}, code)
    uri = enterprise.uri.replace("v1", "release/2018/a")
    assert resolve(uri, sources) == ("release/2018/a", "shelf", OTHER)
    assert resolve(uri.replace("release/2018/a", "release%2F2018%2Fa"), sources)[2] == OTHER
    assert enterprise.requests()[-1] == "commits/release/2018/a"


def test_a_ref_that_is_not_there(enterprise: GitHub, sources: Sources) -> None:
    enterprise.route("commits/v9", {"message": "No commit found for SHA: v9"}, 422)
    with pytest.raises(BootstrapError, match=f"{enterprise.host}/acme/tools has no branch, tag or commit 'v9'"):
        resolve(f"https://{enterprise.host}/acme/tools/tree/v9/a/b/c/d/e/f/g/h", sources)
    assert len([path for path in enterprise.requests() if path.startswith("commits/")]) <= 4


def test_a_repository_that_is_not_there(enterprise: GitHub, sources: Sources) -> None:
    with pytest.raises(BootstrapError, match="no such repository.*private: set GITHUB_TOKEN"):
        resolve(f"https://{enterprise.host}/acme/none", sources)
    with pytest.raises(BootstrapError, match="no such repository.*the token may not see it") as caught:
        resolve(f"https://{enterprise.host}/acme/none", replace(sources, token=TOKEN))
    assert TOKEN not in str(caught.value)


def test_an_answer_that_is_no_commit(enterprise: GitHub, sources: Sources) -> None:
    enterprise.route("commits/v1", b"<html>Sign in</html>")
    with pytest.raises(BootstrapError, match="does not answer as GitHub does"):
        resolve(enterprise.uri, sources)


# --- archives


def test_an_archive_through_a_redirect(enterprise: GitHub, sources: Sources) -> None:
    assert trees(enterprise.uri, sources) == {k.removeprefix("shelf/"): v for k, v in shelf().items() if k.startswith("shelf/")}
    assert len(enterprise.requests()) == 2


def test_a_path_that_is_not_there(enterprise: GitHub, sources: Sources) -> None:
    with pytest.raises(BootstrapError, match=f"no folder 'other' at {COMMIT}"):
        trees(enterprise.uri, sources, path="other")


def test_a_commit_that_is_not_there(enterprise: GitHub, sources: Sources) -> None:
    with pytest.raises(BootstrapError, match=f"has no commit {OTHER}"):
        trees(enterprise.uri, sources, OTHER)


def test_an_archive_of_another_commit(enterprise: GitHub, sources: Sources) -> None:
    enterprise.route(f"tarball/{COMMIT}", tarball(shelf(), OTHER))
    with pytest.raises(BootstrapError, match=f"is of commit {OTHER}, not {COMMIT}"):
        trees(enterprise.uri, sources)


@pytest.mark.parametrize("broken", [Short(tarball(shelf())), tarball(shelf())[:-9], b"", b"<html>"])
def test_a_truncated_archive_is_fetched_once_more(enterprise: GitHub, sources: Sources, broken: bytes) -> None:
    path = f"tarball/{COMMIT}"
    enterprise.then(path, Answer(broken, silent_close=True), Answer(tarball(shelf())))
    assert "registry.yaml" in trees(enterprise.uri, sources)
    assert enterprise.requests() == [path, path]
    enterprise.then(path, Answer(broken, silent_close=True))
    with pytest.raises(BootstrapError, match="asked 4 times: (it breaks off|what it sends is not a whole tar.gz)"):
        trees(enterprise.uri, sources)


def test_a_hostile_archive_is_fetched_once(enterprise: GitHub, sources: Sources) -> None:
    enterprise.route(f"tarball/{COMMIT}", packed([member("top/../../x", b"1")]))
    with pytest.raises(BootstrapError, match="can't be the path"):
        trees(enterprise.uri, sources)
    assert len(enterprise.requests()) == 1


def test_a_download_without_end(enterprise: GitHub, sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(https, "MAX_DOWNLOAD", 2**20)
    enterprise.route(f"tarball/{COMMIT}", bytes(3 * 2**20))
    with pytest.raises(BootstrapError, match="sends more than 1 MiB"):
        trees(enterprise.uri, sources)


# --- servers that fail


def test_a_server_that_fails_for_a_while(enterprise: GitHub, sources: Sources) -> None:
    enterprise.then("commits/v1", *(Answer(b"", code) for code in (500, 502, 503)), Answer(COMMIT.encode()))
    assert resolve(enterprise.uri, sources)[2] == COMMIT


def test_a_server_that_fails(enterprise: GitHub, sources: Sources) -> None:
    enterprise.route("commits/v1", b"", 502)
    with pytest.raises(BootstrapError, match=f"{enterprise.host} was asked 4 times: it answers 502"):
        resolve(enterprise.uri, sources)
    assert len(enterprise.requests()) == 4


def test_a_server_that_hangs_up(enterprise: GitHub, sources: Sources) -> None:
    enterprise.server.close()
    with pytest.raises(BootstrapError, match="asked 4 times: it can't be reached: Connection refused"):
        resolve(enterprise.uri, sources)


def test_a_server_that_is_slow_is_given_up_in_time(enterprise: GitHub, sources: Sources) -> None:
    over = threading.Event()
    enterprise.route("commits/v1")
    for path in list(enterprise.server.routes):
        enterprise.server.routes[path] = lambda request: Answer(b"") if over.wait() else None
    try:
        with no_hang(2), pytest.raises(BootstrapError, match="timed out after 0.3 seconds: it takes too long"):
            resolve(enterprise.uri, replace(sources, timeout=0.3))
    finally:
        over.set()


def test_a_server_that_trickles_is_given_up_in_time(authority: Authority, ca: str, tmp_path: Path) -> None:
    (tmp_path / "pair").write_text("".join(authority.issue("server", ("127.0.0.1",))), encoding="utf-8")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pair")
    over = threading.Event()

    def trickle(listener: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(listener.accept()[0], server_side=True) as channel:
            channel.sendall(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.02):
                channel.sendall(b"X-More: more\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=trickle, args=(listener,))
        thread.start()
        try:
            with no_hang(2), pytest.raises(BootstrapError, match="timed out after 0.5 seconds: it takes too long"):
                resolve(f"https://127.0.0.1:{listener.getsockname()[1]}/a/b", Sources(ca_file=ca, timeout=0.5))
        finally:
            over.set()
        thread.join(patience(1))


# --- limits


def limited(**headers: str) -> Answer:
    return Answer(
        {"message": "API rate limit exceeded for 10.0.0.1."}, 403, [(name.replace("_", "-"), text) for name, text in headers.items()]
    )


def test_the_rate_limit_is_explained(enterprise: GitHub, sources: Sources) -> None:
    reset = int(time.time()) + 1800
    until = time.strftime("%Y-%m-%d %H:%M", time.gmtime(reset))
    enterprise.then("commits/v1", limited(X_RateLimit_Remaining="0", X_RateLimit_Limit="60", X_RateLimit_Reset=str(reset)))
    with pytest.raises(
        BootstrapError, match=rf"refuses further requests \(60 an hour\) before {until}:\d\d UTC: its rate limit.*set GITHUB_TOKEN"
    ):
        resolve(enterprise.uri, sources)
    assert len(enterprise.requests()) == 1
    with pytest.raises(BootstrapError, match=r"its rate limit\. Wait until then\.$"):
        resolve(enterprise.uri, replace(sources, token=TOKEN))


@pytest.mark.parametrize("code", [403, 429])
def test_a_long_wait_is_told_and_a_short_one_is_waited(enterprise: GitHub, sources: Sources, code: int) -> None:
    enterprise.then("commits/v1", Answer({}, code, [("Retry-After", "3600")]))
    with pytest.raises(BootstrapError, match="refuses further requests before .* UTC: its rate limit"):
        resolve(enterprise.uri, sources)
    enterprise.then("commits/v1", Answer({}, code, [("Retry-After", "0")]), Answer(COMMIT.encode()))
    assert resolve(enterprise.uri, sources)[2] == COMMIT


@pytest.mark.parametrize("headers", [{}, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "soon"}, {"Retry_After": "Sun, 22 Nov"}])
def test_a_limit_without_a_time(enterprise: GitHub, sources: Sources, headers: dict[str, str]) -> None:
    enterprise.then("commits/v1", limited(**headers))
    with pytest.raises(BootstrapError, match="before some minutes have passed: its rate limit"):
        resolve(enterprise.uri, sources)


def test_what_is_forbidden(enterprise: GitHub, sources: Sources) -> None:
    enterprise.route("commits/v1", {"message": f"Resource protected by SAML.\nNo {TOKEN} \x1b[31m"}, 403)
    with pytest.raises(BootstrapError, match="refuses .*/acme/tools: Resource protected by SAML. No") as caught:
        resolve(enterprise.uri, replace(sources, token=TOKEN))
    assert TOKEN not in str(caught.value) and str(caught.value).isprintable()


# --- the token


def test_no_token_where_none_is_needed(enterprise: GitHub, sources: Sources) -> None:
    resolve(enterprise.uri, replace(sources, token=TOKEN))
    trees(enterprise.uri, replace(sources, token=TOKEN))
    assert set(enterprise.tokens()) == {""}


@pytest.mark.parametrize("code", [401, 403, 404, 429])
def test_the_token_where_one_is_needed(enterprise: GitHub, sources: Sources, code: int) -> None:
    def private(path: str, good: Answer) -> None:
        enterprise.server.routes[path] = lambda request: (
            good if request.headers.get("authorization") == f"Bearer {TOKEN}" else Answer({}, code)
        )

    for path, good in list(enterprise.server.routes.items()):
        if path.startswith("/api"):
            private(path, good if isinstance(good, Answer) else Answer(good))
    hub = github.GitHubClient(replace(sources, token=f" {TOKEN}\n"))
    place = github.parse(enterprise.uri)
    assert hub.resolve(place)[2] == COMMIT
    assert "registry.yaml" in hub.trees(place, COMMIT, ["shelf"])["shelf"]
    # Asked without it once only.
    assert [bool(token) for token in enterprise.tokens()[:3]] == [False, True, True]
    for blank in ("", " ", "\n\t"):
        with pytest.raises(BootstrapError):
            resolve(enterprise.uri, replace(sources, token=blank))
        assert enterprise.tokens()[-1] == ""


def test_a_token_that_is_refused(enterprise: GitHub, sources: Sources) -> None:
    enterprise.route("commits/v1", {"message": "Bad credentials"}, 401)
    with pytest.raises(BootstrapError, match=f"{enterprise.host} refuses the token. Set github_token to one that is valid") as caught:
        resolve(enterprise.uri, replace(sources, token=TOKEN))
    assert TOKEN not in str(caught.value) and TOKEN not in repr(sources)


@pytest.mark.parametrize(
    ("env", "variable"),
    [
        ({}, "GH_ENTERPRISE_TOKEN"),
        ({"GITHUB_ENTERPRISE_TOKEN": "E"}, "GITHUB_ENTERPRISE_TOKEN"),
        ({"GITHUB_TOKEN": "T"}, "GH_ENTERPRISE_TOKEN"),
        ({"GITHUB_SERVER_URL": "https://HOST"}, "GITHUB_TOKEN"),
    ],
)
@pytest.mark.parametrize("code", [401, 403, 404, 429])
def test_advice_names_the_variable_that_counts_for_the_host(
    enterprise: GitHub, sources: Sources, env: dict[str, str], variable: str, code: int
) -> None:
    for path in ("commits/v1", ""):
        enterprise.route(path, {"message": "No"}, code)
    own_sources = replace(sources, env={name: value.replace("HOST", enterprise.host) for name, value in env.items()})
    with pytest.raises(BootstrapError) as caught:
        resolve(enterprise.uri, own_sources)
    named = {"GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "github_token"} & set(re.findall(r"\w+", str(caught.value)))
    assert named <= {variable}
    sent = bool(set(enterprise.tokens()) - {""})
    assert sent == (variable == "GITHUB_ENTERPRISE_TOKEN")
    assert ("refuses the token" in str(caught.value)) == (code == 401 and sent)
    assert ("answers nobody without a token" in str(caught.value)) == (code == 401 and not sent)


def test_a_token_that_was_given_goes_to_the_declared_host(enterprise: GitHub, sources: Sources) -> None:
    enterprise.route("commits/v1", {"message": "No"}, 401)
    with pytest.raises(BootstrapError, match="refuses the token"):
        resolve(enterprise.uri, replace(sources, env={}, token=TOKEN))
    assert enterprise.tokens()[-1] == f"Bearer {TOKEN}"


def test_a_token_that_is_none(enterprise: GitHub, sources: Sources) -> None:
    with pytest.raises(BootstrapError, match="characters that no token has") as caught:
        resolve(enterprise.uri, replace(sources, token="ghp secret\r\nX: y"))
    assert "secret" not in str(caught.value)
    assert "ghp" not in repr(replace(sources, token="ghp"))


@pytest.mark.parametrize(
    ("host", "env", "expected"),
    [
        ("github.com", {}, "T"),
        ("github.com", {"GITHUB_SERVER_URL": "https://github.com"}, "T"),
        ("github.example.com", {}, ""),
        ("github.example.com", {"GITHUB_SERVER_URL": "https://github.example.com/"}, "T"),
        ("github.com", {"GITHUB_SERVER_URL": "https://github.example.com", "GH_ENTERPRISE_TOKEN": "E"}, ""),
        ("github.example.com", {"GH_ENTERPRISE_TOKEN": " ", "GITHUB_ENTERPRISE_TOKEN": "E"}, "E"),
        ("github.com", {"GH_ENTERPRISE_TOKEN": "E"}, "T"),
    ],
)
def test_whose_token_it_is(host: str, env: dict[str, str], expected: str) -> None:
    assert github.token_for(host, Sources(env={"GITHUB_TOKEN": "T", **env})) == expected
    assert github.token_for(host, Sources(token="given", env={"GITHUB_TOKEN": "T", **env})) == "given"


def test_the_token_stays_on_its_host(enterprise: GitHub, sources: Sources, serve: Serve) -> None:
    other = serve("127.0.0.1")
    enterprise.publish(codeload=other.url)
    archive_path = f"/_codeload/acme/tools/legacy.tar.gz/{COMMIT}"
    other.routes[archive_path] = Answer(tarball(shelf()))
    redirect = enterprise.server.routes[f"/api/v3/repos/acme/tools/tarball/{COMMIT}"]
    enterprise.server.routes[f"/api/v3/repos/acme/tools/tarball/{COMMIT}"] = lambda request: (
        redirect if "authorization" in request.headers else Answer({}, 404)
    )
    assert "registry.yaml" in trees(enterprise.uri, replace(sources, token=TOKEN))
    assert enterprise.tokens() == ["", f"Bearer {TOKEN}"]
    assert [(each.path, "authorization" in each.headers) for each in other.requests] == [(archive_path, False)]
    # Back again it is not sent either.
    other.routes[archive_path] = Answer(b"", 302, [("Location", f"https://{enterprise.host}{archive_path}")])
    assert "registry.yaml" in trees(enterprise.uri, replace(sources, token=TOKEN))
    assert enterprise.tokens()[-1] == ""


def test_redirects_without_end_and_without_tls(enterprise: GitHub, sources: Sources, server: Server) -> None:
    path = f"tarball/{COMMIT}"
    enterprise.route(path, b"", 302, Location="?again")
    with pytest.raises(BootstrapError, match="redirects more than 5 times"):
        trees(enterprise.uri, sources)
    for location in (f"{server.url}/x", "file:///etc/passwd", "ftp://127.0.0.1/x", "https://me:pw@127.0.0.1/x"):
        enterprise.route(path, b"", 302, Location=location)
        with pytest.raises(BootstrapError, match="redirects to an address that is not https"):
            trees(enterprise.uri, sources)
    assert server.requests == []


# --- TLS and proxies


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_own_authorities_of_the_environment(enterprise: GitHub, ca: str, name: str) -> None:
    assert resolve(enterprise.uri, Sources(env={name: ca}))[2] == COMMIT


def test_a_server_that_is_not_trusted(enterprise: GitHub, ca: str, other_authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "other.pem").write_text(other_authority.pem, encoding="utf-8")
    for untrusting in (Sources(), Sources(ca_file=str(tmp_path / "other.pem"))):
        with pytest.raises(BootstrapError, match="is not trusted: .*CA file"):
            resolve(enterprise.uri, untrusting)
    # Both: the option adds to the environment's.
    assert resolve(enterprise.uri, Sources(ca_file=str(tmp_path / "other.pem"), env={"SSL_CERT_FILE": ca}))[2] == COMMIT
    assert len(enterprise.requests()) == 1


def test_ca_files_that_are_none(enterprise: GitHub, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("no certificate", encoding="utf-8")
    for path, why in (("empty", "it holds no certificate"), ("missing", "No such file")):
        for broken in (Sources(ca_file=str(tmp_path / path)), Sources(env={"SSL_CERT_FILE": str(tmp_path / path)})):
            with pytest.raises(BootstrapError, match=f"{path} can't be used: {why}"):
                resolve(enterprise.uri, broken)


def test_github_itself_through_a_proxy(serve: Serve, proxy: Callable[..., Proxy], ca: str) -> None:
    server = serve("api.github.com", "codeload.github.com")
    hub = GitHub(server, Answer, api="")
    hub.publish(codeload="https://codeload.github.com")
    way = proxy(server.port)
    sources = Sources(ca_file=ca, env={"HTTPS_PROXY": way.url.replace("http://", "http://me:pw@")}, token=TOKEN)
    assert resolve("github.com/acme/tools/tree/v1/shelf", sources) == ("v1", "shelf", COMMIT)
    assert "registry.yaml" in trees("github.com/acme/tools/tree/v1/shelf", sources)
    assert [host for host, _login in way.asked] == ["api.github.com:443", "api.github.com:443", "codeload.github.com:443"]
    assert [each.headers["host"] for each in server.requests] == ["api.github.com", "api.github.com", "codeload.github.com"]


def test_a_proxy_that_refuses(proxy: Callable[..., Proxy]) -> None:
    way = proxy(1, refuse=True)
    way = proxy(int(way.url.rpartition(":")[2]), refuse=True)
    with pytest.raises(BootstrapError, match="The proxy to api.github.com refuses: 407.*HTTPS_PROXY") as caught:
        resolve("github.com/acme/tools", Sources(env={"HTTPS_PROXY": way.url.replace("http://", "http://me:hunter2@")}))
    assert "hunter2" not in str(caught.value)
    for odd in (f"socks5://me:hunter2@{NOBODY}", "http://me:hunter2@127.0.0.1:x"):
        with pytest.raises(BootstrapError, match="HTTPS_PROXY does not hold an http:// address") as caught:
            resolve("github.com/acme/tools", Sources(env={"HTTPS_PROXY": odd}))
        assert "hunter2" not in str(caught.value)


def test_progress_is_shown(enterprise: GitHub, sources: Sources) -> None:
    lines: list[str] = []
    trees(enterprise.uri, replace(sources, progress=lines.append))
    assert lines == [f"Downloading {enterprise.host}/acme/tools at {COMMIT[:12]}"]


def test_the_bounds_are_far_from_what_registries_have() -> None:
    data = packed([member(f"top/shelf/{number}", bytes(1000)) for number in range(10_000)])
    assert len(archive.unpack(io.BytesIO(data), ["shelf"], "x", COMMIT)["shelf"]) == 10_000
