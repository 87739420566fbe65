# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pushes a branch, never by force."""

from __future__ import annotations

import contextlib
import re
import shlex
import typing as t
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from ...credential_scan.scan import scan
from ...errors import BootstrapError
from ...redaction.redact import clean
from .command import Git, GitFailed

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
# What git or the remote says, to what is wrong and what to do. {remote}, {branch}.
_REFUSALS = (
    (
        r"non-fast-forward|fetch first|stale info|needs force",
        "The branch {branch} of {remote} has commits that are not here; nothing was forced.",
        "git pull --rebase, then run this again.",
    ),
    (r"refusing to update checked out branch", "{branch} is checked out at {remote}.", "Push to a bare repository, or to another branch."),
    (
        r"Authentication failed|could not read (?:Username|Password)|terminal prompts disabled|Permission denied|HTTP (?:401|403)"
        r"|error: 40[13]|Invalid username or|denied to",
        "{remote} did not let us push: the login is missing, wrong or may not write.",
        "Give a token that may write (kubeflow_git_token), or use an ssh agent or a credential helper of git.",
    ),
    (r"Host key verification failed", "The ssh host key of {remote} is not known here.", "Add it to known_hosts, after you checked it."),
    (
        r"[Nn]ot found|does not appear to be a git repository|does not exist|HTTP 404|error: 404|No such remote",
        "{remote} does not exist, or this login may not see it.",
        "Correct the address, or make the repository.",
    ),
    (r"certificate|SSL|TLS", "The certificate of {remote} is not trusted here.", "Name the CA's file: git config http.sslCAInfo FILE"),
    (
        r"resolve host|Connection refused|[Tt]imed out|Failed to connect|Could not connect|No route|unable to access|reset by peer|hung up",
        "{remote} can't be reached.",
        "Check the network and the proxy; the commit is made, and the next run pushes it.",
    ),
)


_WITH_TOKEN = re.compile(r"(?i)[?&;#](?:[\w.-]*(?:token|secret|passw|key|credential|signature|jwt|bearer)[\w.-]*|sig|pat|code|auth)=[^&]")


@dataclass(frozen=True)
class PushTarget:
    """Where to push: ``name`` of a remote in git's configuration, or a URL or path; ``branch`` there; the login, if not git's own."""

    name: str
    branch: str
    username: str | None = None
    token: str | None = None


def address_text(url: str) -> str:
    """The address of a remote for a message: of what follows the path nobody needs to know."""
    return clean(re.split("[?#]", url, maxsplit=1)[0])


def push(git: Git, remote: PushTarget, env: Mapping[str, str], *, check: bool) -> dict[str, t.Any]:
    """Bring the remote's branch to HEAD: ``remote``, ``branch`` and ``changed``. With ``check`` it is a dry run."""
    shown = address_text(_url(git, remote.name))
    spec = f"HEAD:refs/heads/{remote.branch}"
    with login(git, remote, env) as (options, extra):
        try:
            output = git.run(*options, "push", "--porcelain", *(["--dry-run"] if check else []), remote.name, spec, extra=extra)
        except GitFailed as error:
            raise refused(error.output, shown, remote.branch) from None
    flags = [line[:1] for line in output.splitlines() if "\t" in line]
    return {"remote": shown, "branch": remote.branch, "changed": any(flag != "=" for flag in flags)}


@contextlib.contextmanager
def login(git: Git, remote: PushTarget, env: Mapping[str, str]) -> Iterator[tuple[list[str], dict[str, str]]]:
    """What git needs to log in there: options that go before the command, and variables."""
    url = _url(git, remote.name)
    host = urlsplit(url).netloc.rpartition("@")[2] if "://" in url else ""
    token = _token(url, remote.token, env, address_text(url))
    options = ["-c", "credential.helper="] if token else []  # else a helper might keep the token on disk
    with git.logged_in(host, remote.username or urlsplit(url).username if host else None, token) as variables:
        yield options, variables


def _url(git: Git, name: str) -> str:
    """The address behind a name. Refuses one that holds a login, which would be in arguments and in git's configuration."""
    if re.fullmatch(r"[\w.-]+", name):
        url = git.asks("remote", "get-url", "--push", "--", name)
        if url is None:
            existing = (git.asks("remote") or "").split()
            raise BootstrapError(
                f"There is no remote {name!r} in {git.folder}: {', '.join(existing) or 'it has none'}.",
                fix=f"Give a URL; or in a repository: git remote add {shlex.quote(name)} URL",
            )
        _takes(url)
        return url
    if name.startswith("-"):
        raise BootstrapError(f"{name!r} is not a remote.", fix="Give the name of one, or a URL.")
    _takes(name)
    if _WITH_TOKEN.search(unquote(name)) or scan({"remote": name}) or (("://" in name) and urlsplit(name).password):
        raise BootstrapError("The address of the remote holds a password or token.", fix="Take it out, and give it as the token.")
    return name


def _takes(url: str) -> None:
    """Refuse what git would hand to a helper: ``ext::`` runs a command, ``fd::`` waits on a descriptor that nobody opened."""
    fix = "Give an address of https://, ssh:// or file://, or a path."
    try:
        urlsplit(url)
    except ValueError:
        raise BootstrapError("The remote is not a URL or path.", fix=fix) from None
    helper = re.match(r"([A-Za-z0-9][A-Za-z0-9+.-]*)::", url)
    if helper or "\0" in url or "\n" in url:
        what = f"The remote names git's helper {helper[1]}::, which is not used here." if helper else "The remote is not one line of text."
        raise BootstrapError(what, fix=fix)


def _token(url: str, token: str | None, env: Mapping[str, str], shown: str) -> str | None:
    """The token for this address: GITHUB_TOKEN for GitHub alone; none without HTTPS, where others could read it."""
    address = urlsplit(url) if "://" in url else None
    if address is None or address.scheme not in ("http", "https"):
        return None
    if not token and address.hostname == "github.com":
        token = env.get("GITHUB_TOKEN") or env.get("GH_TOKEN") or None
    if token and address.scheme == "http" and address.hostname not in _LOOPBACK:
        raise BootstrapError(f"{shown} is not HTTPS, so that anybody on the way could read the token.", fix="Use https://.")
    return token


def refused(output: str, shown: str, branch: str) -> BootstrapError:
    """An error of git about a remote, in our words."""
    rejected = re.search(r"\[remote rejected\] \((.*)\)", output)
    if rejected and not re.search(_REFUSALS[1][0], output):
        remote_lines = " ".join(re.sub(r"^remote:\s*", "", line) for line in output.splitlines() if line.startswith("remote:"))
        return BootstrapError(
            f"{shown} refused the branch {branch}: {rejected[1]}. {remote_lines[:300]}".strip(), fix="Push to another branch."
        )
    for pattern, message, fix in _REFUSALS:
        if re.search(pattern, output):
            return BootstrapError(message.format(remote=shown, branch=branch), fix=fix)
    lines = [line for line in output.splitlines() if line.strip()] or ["it said nothing"]
    return BootstrapError(f"Pushing to {shown} failed: {lines[0]}", fix="Try it by hand: git push")
