# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An installation of Kubeflow whose pods run, and its users: in a browser, and by HTTP as a browser does it."""

from __future__ import annotations

import http.cookiejar
import json
import re
import typing as t
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

from ansible_collections.kubeflow.bootstrap.tests.integration.conftest import Cluster
from ansible_collections.kubeflow.bootstrap.tests.integration.work import Work
from ansible_collections.kubeflow.bootstrap.tests.patience import patience, until
from ansible_collections.kubeflow.bootstrap.tests.real import pods

NAMESPACE = "kubeflow"


@dataclass(frozen=True)
class Kubeflow:
    """An installation in the namespace kubeflow: ``work`` is whose it is, at a terminal."""

    cluster: Cluster
    work: Work

    @property
    def address(self) -> str:
        return pods.address(self.cluster, "kubeflow", NAMESPACE)

    def kubectl(self, *args: str, stdin: str | None = None) -> str:
        return self.cluster.kubectl("-n", NAMESPACE, *args, stdin=stdin)

    def get(self, *args: str) -> dict[str, t.Any]:
        return self.cluster.get("-n", NAMESPACE, *args)

    def password(self) -> str:
        """By the command that the run names."""
        return self.kubectl("exec", "deploy/hub", "--", "cat", "/srv/jupyterhub/login-password").strip()

    def ready(self, deployment: str) -> None:
        self.kubectl("rollout", "status", f"deployment/{deployment}", f"--timeout={patience(10):g}s")

    def answers(self) -> bool:
        """Whether a user sees the login page."""
        return "username_input" in pods.ask(self.cluster, "kubeflow", "hub/login", NAMESPACE)

    def user(self, name: str) -> User:
        """Somebody who has logged in."""
        user = User(self, name)
        user.log_in(self.password())
        return user

    def pod(self, component: str) -> dict[str, t.Any]:
        """The one pod of a component that is not on its way out."""
        items = self.get("pods", "-l", f"app.kubernetes.io/component={component}")["items"]
        (pod,) = [each for each in items if "deletionTimestamp" not in each["metadata"]]
        return t.cast("dict[str, t.Any]", pod)


class User:
    """A user at a browser, played by HTTP: cookies, the tokens against forged requests, redirects."""

    def __init__(self, kubeflow: Kubeflow, name: str) -> None:
        self.kubeflow, self.name = kubeflow, name
        self.pod = f"jupyter-{name}"
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies), _Loopback())

    def ask(self, method: str, path: str, form: dict[str, str] | None = None, body: object = None) -> tuple[int, str]:
        """The status and text at the end of all redirects."""
        data = urllib.parse.urlencode(form).encode() if form else json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.kubeflow.address}{path}", data, method=method)
        if body is not None:
            request.add_header("Content-Type", "application/json")
        if method != "GET" and form is None:
            request.add_header("X-XSRFToken", self._xsrf(path))
        request.add_header("Referer", f"{self.kubeflow.address}hub/home")
        try:
            with self._opener.open(request, timeout=patience(5)) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def log_in(self, password: str) -> tuple[int, str]:
        _status, page = self.ask("GET", "hub/login")
        (token,) = re.findall(r'name="_xsrf"\s+value="([^"]*)"', page)
        return self.ask("POST", "hub/login", form={"username": self.name, "password": password, "_xsrf": token})

    def _xsrf(self, path: str) -> str:
        """That of the hub or of the user's own server, whichever the path leads to."""
        fitting = [each for each in self._cookies if each.name == "_xsrf" and f"/{path}".startswith(each.path)]
        return max(fitting, key=lambda each: len(each.path)).value or "" if fitting else ""

    def server(self, method: str, path: str, body: object = None) -> tuple[int, t.Any]:
        """The status and the JSON that the user's own server answers."""
        status, text = self.ask(method, f"user/{self.name}/api/{path}", body=body)
        return status, json.loads(text) if text.startswith(("{", "[")) else text

    def start(self) -> None:
        """What the button does."""
        self.ask("GET", "hub/home")
        status, answer = self.ask("POST", f"hub/api/users/{self.name}/server", body={})
        # 400: it runs already.
        assert status in (201, 202, 400), (status, answer)
        until(self.works, f"the server of {self.name} runs", seconds=20)

    def works(self) -> bool:
        """Whether the user's server opens, by way of the hub's login, and answers to the user."""
        return self.ask("GET", f"user/{self.name}/lab")[0] == 200 and self.server("GET", "contents/")[0] == 200

    def stop(self) -> None:
        self.ask("GET", "hub/home")
        self.ask("DELETE", f"hub/api/users/{self.name}/server")
        until(self.gone, f"the server of {self.name} has gone", seconds=20)

    def gone(self) -> bool:
        return self.kubeflow.cluster.try_kubectl("-n", NAMESPACE, "get", "pod", self.pod).returncode != 0

    def python(self, code: str) -> tuple[bool, str]:
        """Run a line in the user's server."""
        return pods.python(self.kubeflow.cluster, self.pod, code, NAMESPACE)

    def reaches(self, host: str, port: int) -> bool:
        return pods.reaches(self.kubeflow.cluster, self.pod, (host, port), NAMESPACE)


class _Loopback(urllib.request.HTTPHandler):
    """Only browsers and curl know that names below localhost are this machine."""

    def http_open(self, req: urllib.request.Request) -> t.Any:
        req.add_unredirected_header("Host", req.host)
        req.host = re.sub(r"^[^:]*", "127.0.0.1", req.host)
        return super().http_open(req)
