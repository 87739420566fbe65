# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How users log in to the package core: OpenID Connect, Google IAP, OpenShift. JupyterHub's own classes have stand-ins here."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import runpy
import socket
import ssl
import sys
import time
import types
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bcrypt
import jwt
import pytest
from ansible_collections.kubeflow.bootstrap.tests.unit.registry import core
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "kubeflow.example.com"
AUDIENCE = "/projects/1/global/backendServices/2"
ISSUER = "https://login.example.com/realm"
CHOICES: dict[str, dict[str, Any]] = {
    "oidc": {"oidcIssuer": ISSUER, "oidcClientId": "kubeflow", "oidcSecretName": "login", "hostname": HOST, "secureCookies": "true"},
    "iap": {"iapAudience": AUDIENCE},
    "openshift": {"cloud": "openshift", "hostname": HOST, "secureCookies": "true"},
    "static": {"staticSecretName": "users"},
}


class HTTPError(Exception):
    """tornado.web.HTTPError."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message)
        self.code = code


class Base:
    """What classes of JupyterHub have that is used here."""

    log = logging.getLogger("hub")

    async def refresh_user(self, user: Any, handler: Any = None) -> bool:
        return True

    def build_access_tokens_request_params(self, handler: Any, data: Any = None) -> dict[str, Any]:
        return {"client_secret": self.client_secret}  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def jupyterhub(monkeypatch: pytest.MonkeyPatch) -> None:
    """The modules of the hub's image that are imported."""
    web = types.SimpleNamespace(HTTPError=HTTPError)
    modules = {
        "jupyterhub.auth": {"Authenticator": Base},
        "jupyterhub.handlers": {"BaseHandler": Base},
        "jupyterhub.utils": {"url_path_join": lambda *parts: "/".join(part.strip("/") for part in parts)},
        "jupyterhub.authenticators.shared": {"SharedPasswordAuthenticator": Base},
        "oauthenticator.generic": {"GenericOAuthenticator": Base},
        "oauthenticator.openshift": {"OpenShiftOAuthenticator": Base},
        "tornado": {"web": web},
        "tornado.web": {"HTTPError": HTTPError},
        "traitlets": {"Unicode": lambda config: ""},
    }
    for name, content in modules.items():
        module = types.ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    for name in ("jupyterhub", "oauthenticator"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    for name in ("kubeflow_iap", "kubeflow_static"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))


class Configuration:
    """c of a configuration file."""

    def __getattr__(self, name: str) -> SimpleNamespace:
        return self.__dict__.setdefault(name, SimpleNamespace())


@pytest.fixture
def hub(tmp_path: Path) -> Callable[..., Any]:
    """hub(authenticator, **parameters): the configuration file with what the package writes beside it."""

    def run(login: str, **more: Any) -> Any:
        objects = core.render({"jupyterHubAuthenticator": login, **CHOICES[login], **more}, "jupyterhub")
        for name, text in objects["ConfigMap/hub-config"]["data"].items():
            (tmp_path / name).write_text(text)
        settings = core.settings(objects)
        (tmp_path / "client-secret").write_text("s3cret\n")
        settings["proxyTokenFile"] = str(tmp_path / "client-secret")
        settings["dataDirectory"] = str(tmp_path)
        if "clientSecretFile" in settings["login"]:
            assert settings["login"]["clientSecretFile"] == "/etc/kubeflow-login/client-secret"
            settings["login"]["clientSecretFile"] = settings["proxyTokenFile"]
        (tmp_path / "settings.json").write_text(json.dumps(settings))
        c = Configuration()
        script = runpy.run_path(str(tmp_path / "jupyterhub_config.py"), {"get_config": lambda: c})
        return SimpleNamespace(c=c, script=script)

    return run


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the issuer says about itself."""
    says = {name: f"{ISSUER}/{name}" for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint")} | {"issuer": ISSUER}

    def urlopen(url: str, timeout: float) -> io.BytesIO:
        assert url == f"{ISSUER}/.well-known/openid-configuration"
        return io.BytesIO(json.dumps(says).encode())

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    return says


def test_oidc_asks_the_issuer_where_to_go(hub: Any, issuer: dict[str, str]) -> None:
    c = hub("oidc").c
    assert issubclass(c.JupyterHub.authenticator_class, sys.modules["oauthenticator.generic"].GenericOAuthenticator)
    assert c.GenericOAuthenticator.authorize_url == issuer["authorization_endpoint"]
    assert c.GenericOAuthenticator.token_url == issuer["token_endpoint"]
    assert c.GenericOAuthenticator.userdata_url == issuer["userinfo_endpoint"]
    assert (c.GenericOAuthenticator.client_id, c.GenericOAuthenticator.client_secret) == ("kubeflow", "s3cret")
    assert c.OAuthenticator.oauth_callback_url == f"https://{HOST}/hub/oauth_callback"


class Clock:
    """Time passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    fake = Clock()
    monkeypatch.setattr(time, "monotonic", fake.monotonic)
    monkeypatch.setattr(time, "sleep", fake.sleep)
    return fake


@pytest.mark.parametrize(
    "trouble", [urllib.error.URLError(socket.gaierror(-3, "try again")), urllib.error.HTTPError(ISSUER, 503, "starting", Message(), None)]
)
def test_the_hub_waits_for_names_and_for_its_issuer(
    hub: Any, issuer: dict[str, str], clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], trouble: OSError
) -> None:
    """After a reboot of the cluster, DNS and hub start side by side."""
    original = urllib.request.urlopen

    def urlopen(url: str, timeout: float) -> Any:
        if clock.now < 60:
            raise trouble
        return original(url, timeout=timeout)

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    assert hub("oidc").c.GenericOAuthenticator.token_url == issuer["token_endpoint"]
    assert 60 <= clock.now < 66
    assert f"Waiting for {ISSUER}: " in capsys.readouterr().err


def test_the_hub_gives_up_before_its_startup_probe_does(hub: Any, issuer: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(_url: str, timeout: float) -> Any:
        raise urllib.error.URLError("no such host")

    monkeypatch.setattr(urllib.request, "urlopen", nowhere)
    with pytest.raises(urllib.error.URLError):
        hub("oidc")
    probe = next(
        each["startupProbe"]
        for each in core.render({})["Deployment/hub"]["spec"]["template"]["spec"]["containers"]
        if each["name"] == "hub"
    )
    assert 200 < clock.now < probe["periodSeconds"] * probe["failureThreshold"]


@pytest.mark.parametrize(
    "answer", [urllib.error.HTTPError(ISSUER, 404, "no such realm", Message(), None), urllib.error.URLError(ssl.SSLError("self-signed"))]
)
def test_an_issuer_that_refuses_is_not_asked_again(
    hub: Any, issuer: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch, answer: OSError
) -> None:
    def refuses(_url: str, timeout: float) -> Any:
        raise answer

    monkeypatch.setattr(urllib.request, "urlopen", refuses)
    with pytest.raises(type(answer)):
        hub("oidc")
    assert clock.now == 0


def test_an_issuer_of_another_name_is_refused(hub: Any, issuer: dict[str, str]) -> None:
    hub("oidc", oidcIssuer=f"{ISSUER}/")
    issuer["issuer"] = "https://evil.example.com"
    with pytest.raises(ValueError, match=r"calls itself https://evil\.example\.com"):
        hub("oidc")


@pytest.mark.parametrize("verified", [False, "false", None, "", 1])
def test_an_address_that_is_not_verified_names_nobody(hub: Any, issuer: dict[str, str], verified: Any) -> None:
    name = hub("oidc").c.GenericOAuthenticator.username_claim
    assert name({"email": "me@example.com", "email_verified": True}) == "me@example.com"
    assert name({"email": "me@example.com", "email_verified": "true"}) == "me@example.com"
    for user in ({"email": "me@example.com", "email_verified": verified}, {"email": "me@example.com"}, {"sub": "1"}):
        with pytest.raises(HTTPError) as refused:
            name(user)
        assert refused.value.code == 403
    other = hub("oidc", oidcUserClaim="preferred_username").c.GenericOAuthenticator.username_claim
    assert other({"preferred_username": "me", "email_verified": verified}) == "me"


def test_only_users_of_the_list_get_in(hub: Any, issuer: dict[str, str]) -> None:
    assert "post_auth_hook" not in vars(hub("oidc").c.Authenticator)
    let_in = hub("oidc", allowedUsers=["Me@example.com", "@example.org"]).c.Authenticator.post_auth_hook
    for name in ("me@example.com", "anybody@example.org"):
        assert let_in(None, None, {"name": name}) == {"name": name}
    for name in ("you@example.com", "me@notexample.org", "example.org"):
        with pytest.raises(HTTPError):
            let_in(None, None, {"name": name})


def test_the_session_of_a_removed_user_ends(hub: Any, issuer: dict[str, str]) -> None:
    c = hub("oidc", allowedUsers=["me@example.com"], adminUsers=["root@example.com"]).c
    authenticator = c.JupyterHub.authenticator_class()

    def goes_on(name: str) -> bool:
        return bool(asyncio.run(authenticator.refresh_user(SimpleNamespace(name=name))))

    assert [name for name in ("me@example.com", "root@example.com", "you@example.com", "kubeflow-verify") if goes_on(name)] == [
        "me@example.com",
        "root@example.com",
        "kubeflow-verify",
    ]
    assert 0 < c.Authenticator.auth_refresh_age <= 300
    assert c.Authenticator.admin_users == {"root@example.com"}
    # Without a list all whom the issuer lets in go on.
    authenticator = hub("oidc").c.JupyterHub.authenticator_class()
    assert goes_on("you@example.com")


@pytest.mark.parametrize(("login", "secret", "key"), [("oidc", "login", "client-secret"), ("static", "users", "htpasswd")])
def test_the_secret_of_a_login_is_mounted_into_the_hub_alone(login: str, secret: str, key: str) -> None:
    pod = core.pod_specs(core.render({"jupyterHubAuthenticator": login, **CHOICES[login]}))["Deployment/hub"]
    [volume] = [each for each in pod["volumes"] if each.get("secret", {}).get("secretName") == secret]
    [(container, mount)] = [
        (each["name"], mount) for each in core.containers(pod) for mount in each["volumeMounts"] if mount["name"] == volume["name"]
    ]
    [item] = volume["secret"]["items"]
    # Where the hub reads it, see the fixtures.
    assert (container, item["key"], f"{mount['mountPath']}/{item['path']}") == ("hub", key, f"/etc/kubeflow-login/{key}")


# --- Google IAP


KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())


def assertion(key: Any = KEY, algorithm: str = "ES256", without: str = "", **claims: Any) -> str:
    now = int(time.time())
    all_claims = {
        "iss": "https://cloud.google.com/iap",
        "aud": AUDIENCE,
        "sub": "accounts.google.com:1",
        "email": "Me@example.com",
        "iat": now,
        "exp": now + 600,
        **claims,
    }
    all_claims.pop(without, None)
    return jwt.encode(all_claims, key, algorithm=algorithm, headers={"kid": "one"})


def request(text: str | None, **headers: str) -> Any:
    sent = {**headers, **({"x-goog-iap-jwt-assertion": text} if text is not None else {})}
    return SimpleNamespace(request=SimpleNamespace(headers=sent))


@pytest.fixture
def iap(hub: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The authenticator as configured, with Google's keys being ours."""
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key())) | {"kid": "one", "alg": "ES256", "use": "sig"}

    def fetch(self: jwt.PyJWKClient) -> dict[str, Any]:
        assert self.uri == "https://www.gstatic.com/iap/verify/public_key-jwk"
        return {"keys": [public]}

    monkeypatch.setattr(jwt.PyJWKClient, "fetch_data", fetch)
    c = hub("iap").c
    authenticator = c.JupyterHub.authenticator_class()
    authenticator.audience = c.IapAuthenticator.audience
    assert authenticator.audience == AUDIENCE
    return authenticator


def test_iap_names_the_user(iap: Any) -> None:
    assert asyncio.run(iap.authenticate(request(assertion()))) == "me@example.com"
    [(path, _handler)] = iap.get_handlers(None)
    assert iap.auto_login is True and iap.login_url("/hub/").endswith(path)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "a.b.c",
        assertion(aud="/projects/1/global/backendServices/3"),
        assertion(iss="https://accounts.google.com"),
        assertion(exp=int(time.time()) - 60),
        assertion(iat=int(time.time()) + 600),
        assertion(OTHER_KEY),
        assertion("a text for a key, long enough to be one", "HS256"),
        assertion(None, "none"),
        assertion(without="exp"),
        assertion(without="aud"),
        assertion(without="email"),
    ],
)
def test_iap_refuses_all_but_what_google_signed_for_us(iap: Any, text: str | None) -> None:
    # The plain header says a name all the time.
    with pytest.raises(HTTPError) as refused:
        asyncio.run(iap.authenticate(request(text, **{"x-goog-authenticated-user-email": "accounts.google.com:me@example.com"})))
    assert refused.value.code == 403


def test_iap_notices_another_account(iap: Any) -> None:
    me = SimpleNamespace(name="me@example.com")
    assert asyncio.run(iap.refresh_user(me, request(assertion()))) is True
    assert asyncio.run(iap.refresh_user(me, request(assertion(email="you@example.com")))) is False
    assert asyncio.run(iap.refresh_user(me, request("forged"))) is False
    # Notebook servers come with a token of the hub, past IAP.
    assert asyncio.run(iap.refresh_user(me, request(None))) is True


def test_the_file_for_iap_is_there_for_iap_alone() -> None:
    assert "kubeflow_iap.py" not in core.render({})["ConfigMap/hub-config"]["data"]


# --- OpenShift


def test_openshift_sends_users_back_to_the_host_alone() -> None:
    objects = core.render({"jupyterHubAuthenticator": "openshift", **CHOICES["openshift"]})
    assert objects["ServiceAccount/hub"]["metadata"]["annotations"] == {
        "serviceaccounts.openshift.io/oauth-redirecturi.hub": f"https://{HOST}/hub/oauth_callback"
    }
    assert "annotations" not in core.render({})["ServiceAccount/hub"]["metadata"]


def test_openshift_takes_the_token_of_the_moment(hub: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
    tokens = iter(["first", "second"])
    read = Path.read_text

    def read_text(self: Path, *args: Any, **more: Any) -> str:
        return next(tokens) if self == account else read(self, *args, **more)

    asked: list[Any] = []

    def resolve(*where: Any) -> None:
        asked.append(where)
        if len(asked) < 3:
            raise socket.gaierror(-3, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(Path, "read_text", read_text)
    c = hub("openshift").c
    assert asked == [("openshift.default.svc", 443)] * 3
    assert c.OpenShiftOAuthenticator.client_id == "system:serviceaccount:kubeflow:hub"
    assert c.OpenShiftOAuthenticator.client_secret == "first"
    assert c.OAuthenticator.oauth_callback_url == f"https://{HOST}/hub/oauth_callback"
    login = c.JupyterHub.authenticator_class()
    assert login.build_access_tokens_request_params(None) == {"client_secret": "second"}


# --- names and passwords of a Secret


@pytest.fixture
def static(hub: Any, tmp_path: Path) -> Any:
    """login(name, password): who that is, for a Secret with the lines of ``static.users``."""
    c = hub("static").c
    assert c.StaticAuthenticator.users_file == "/etc/kubeflow-login/htpasswd"
    users = tmp_path / "htpasswd"
    authenticator = c.JupyterHub.authenticator_class()
    authenticator.users_file = str(users)

    def login(name: str, password: str) -> str | None:
        return asyncio.run(authenticator.authenticate(None, {"username": name, "password": password}))

    login.users = users  # type: ignore[attr-defined]
    login.session = lambda name: asyncio.run(authenticator.refresh_user(SimpleNamespace(name=name)))  # type: ignore[attr-defined]
    return login


def hashed(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


def test_a_user_of_the_secret_logs_in(static: Any) -> None:
    # As htpasswd -nB writes it, and as a user would with an editor.
    static.users.write_text(f"# for the trial\nMe:{hashed('right').replace('$2b$', '$2y$')}\n\n you@example.com:{hashed('théir')} \n")
    assert static("me", "right") == "me"
    assert static("you@example.com", "théir") == "you@example.com"


def test_the_session_of_a_user_who_left_the_secret_ends(static: Any) -> None:
    static.users.write_text(f"Me:{hashed('right')}\n")
    assert static.session("me") and not static.session("you")
    # A file that can't be read ends nobody's session.
    static.users.unlink()
    assert static.session("you")


def test_nobody_else_logs_in(static: Any) -> None:
    static.users.write_text(
        f"me:{hashed('right')}\nempty:\nplain:right\nbroken:$2b$12$short\nnothing:{hashed('')}\nlong:{hashed('a' * 72)}\n"
    )
    wrong = {
        "me": ["", "Right", "right "],
        "you": ["right", "nobody"],
        "": ["", "nobody"],
        "empty": ["", "nobody"],
        "plain": ["right"],
        "broken": ["right"],
    }
    for name, passwords in {**wrong, "nothing": [""], "long": ["a" * 73], "me\n": ["right"]}.items():
        for password in passwords:
            assert static(name, password) is None, (name, password)
    static.users.unlink()
    assert static("me", "right") is None


def test_a_changed_secret_holds_at_once(static: Any) -> None:
    static.users.write_text(f"me:{hashed('old')}")
    assert static("me", "old") == "me"
    static.users.write_text(f"me:{hashed('new')}")
    assert (static("me", "old"), static("me", "new")) == (None, "me")
