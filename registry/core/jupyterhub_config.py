# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Configures JupyterHub from settings.json, the file beside this one. Nothing is ever pasted into this text."""

import importlib
import json
import os
import re
import secrets
import socket
import ssl
import sys
import time
import urllib.request
from pathlib import Path

UNITS = {"": 1, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
UNITS.update({f"{unit}i": 1024**power for power, unit in enumerate("KMGTP", start=1)})
# Seconds: less than the startup probe waits, which then starts the container again.
PATIENCE, PAUSE = 240, 3
API_ACCESS = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def quantity(text):
    """A quantity of Kubernetes as a number."""
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", text).groups()
    return float(number) * UNITS[unit]


def kept_password(path):
    """The password in the file; made at the first start, readable for the hub's user alone."""
    path = Path(path)
    if not path.exists() or not path.read_text(encoding="ascii").strip():
        new = path.with_name(path.name + ".new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            # 32 characters, which JupyterHub asks of a password of administrators.
            file.write(secrets.token_urlsafe(24) + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A hub that is killed here leaves either no password or a whole one.
        new.replace(path)
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return path.read_text(encoding="ascii").strip()


def configure_hub(c, settings):
    data = Path(settings["dataDirectory"])
    c.JupyterHub.db_url = f"sqlite:///{data / 'jupyterhub.sqlite'}"
    c.JupyterHub.cookie_secret_file = str(data / "jupyterhub_cookie_secret")
    c.JupyterHub.hub_bind_url = "http://:8081"
    c.JupyterHub.hub_connect_url = "http://hub:8081"
    if settings["publicUrl"] is not None:
        c.JupyterHub.public_url = settings["publicUrl"]
    if settings["secureCookies"]:
        # The notebook servers' cookies too: the hub hands this on.
        c.JupyterHub.tornado_settings = {"cookie_options": {"secure": True}}
    # Notebook servers outlive a restart of the hub.
    c.JupyterHub.cleanup_servers = False
    # Beside the one without a name; each has the user's volume.
    c.JupyterHub.allow_named_servers = settings["namedServers"] > 0
    c.JupyterHub.named_server_limit_per_user = settings["namedServers"]

    # The proxy is the other container of this pod.
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:8001"
    c.ConfigurableHTTPProxy.auth_token = Path(settings["proxyTokenFile"]).read_text(encoding="ascii").strip()
    # It forgets all routes when it restarts; the hub looks every so many seconds whether they are there (five minutes by default).
    c.JupyterHub.last_activity_interval = 30


def configure_dummy(c, settings):
    # Since JupyterHub 5.3 the dummy authenticator with a password is called so.
    c.JupyterHub.authenticator_class = "jupyterhub.authenticators.shared.SharedPasswordAuthenticator"
    c.SharedPasswordAuthenticator.user_password = kept_password(Path(settings["dataDirectory"]) / "login-password")
    if settings["adminUsers"]:
        c.SharedPasswordAuthenticator.admin_password = kept_password(Path(settings["dataDirectory"]) / "admin-password")


def patiently(ask, what):
    """What ask() gives, once names resolve and the other side is there. A hub that ended here would be started ever more seldom."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return ask()
        except OSError as error:
            # An answer is no reason to wait, unless it is that of a server that is coming up; nor is a certificate.
            final = getattr(error, "code", 503) < 500 or isinstance(getattr(error, "reason", None), ssl.SSLError)
            if final or time.monotonic() > end:
                raise
            print(f"Waiting for {what}: {error}", file=sys.stderr, flush=True)
            time.sleep(PAUSE)


def discovered(issuer):
    """What an issuer of OpenID Connect says about itself (OpenID Connect Discovery 1.0, section 4)."""
    issuer = issuer.rstrip("/")

    def ask():
        with urllib.request.urlopen(f"{issuer}/.well-known/openid-configuration", timeout=30) as answer:
            return json.load(answer)

    found = patiently(ask, issuer)
    if found["issuer"].rstrip("/") != issuer:
        raise ValueError(f"The issuer {issuer} calls itself {found['issuer']}; set oidcIssuer to that.")
    return found


def user_by(claim):
    """A function from what the issuer tells about a user to the user's name.

    An e-mail address counts only if the issuer says that it has verified it: at many of them users choose their address themselves.
    """

    def name(user):
        from tornado.web import HTTPError

        if claim == "email" and str(user.get("email_verified")).lower() != "true":
            raise HTTPError(403, "The issuer does not say that the e-mail address of this account is verified.")
        if not isinstance(user.get(claim), str):
            raise HTTPError(403, f"The issuer tells no {claim} of this account.")
        return user[claim]

    return name


def callback(c, settings):
    if settings["publicUrl"] is not None:
        c.OAuthenticator.oauth_callback_url = settings["publicUrl"] + "hub/oauth_callback"


def configure_oidc(c, settings):
    login = settings["login"]
    found = discovered(login["issuer"])
    c.JupyterHub.authenticator_class = "oauthenticator.generic.GenericOAuthenticator"
    c.GenericOAuthenticator.login_service = "OpenID Connect"
    c.GenericOAuthenticator.authorize_url = found["authorization_endpoint"]
    c.GenericOAuthenticator.token_url = found["token_endpoint"]
    c.GenericOAuthenticator.userdata_url = found["userinfo_endpoint"]
    c.GenericOAuthenticator.client_id = login["clientId"]
    c.GenericOAuthenticator.client_secret = Path(login["clientSecretFile"]).read_text(encoding="utf-8").strip()
    c.GenericOAuthenticator.scope = ["openid", "email", "profile"]
    c.GenericOAuthenticator.username_claim = user_by(login["userClaim"])
    callback(c, settings)


def configure_iap(c, settings):
    sys.path.insert(0, str(Path(__file__).parent))
    from kubeflow_iap import IapAuthenticator

    c.JupyterHub.authenticator_class = IapAuthenticator
    c.IapAuthenticator.audience = settings["login"]["audience"]


def configure_openshift(c, settings):
    from oauthenticator.openshift import OpenShiftOAuthenticator

    class ServiceAccountLogin(OpenShiftOAuthenticator):
        """The hub's service account is the client, its token the secret. Kubernetes renews the token, so it is read each time."""

        def build_access_tokens_request_params(self, handler, data=None):
            self.client_secret = (API_ACCESS / "token").read_text(encoding="ascii").strip()
            return super().build_access_tokens_request_params(handler, data)

    # The authenticator asks there at once.
    patiently(lambda: socket.getaddrinfo("openshift.default.svc", 443), "openshift.default.svc")
    c.JupyterHub.authenticator_class = ServiceAccountLogin
    c.OpenShiftOAuthenticator.openshift_url = "https://openshift.default.svc"
    c.OpenShiftOAuthenticator.client_id = settings["login"]["clientId"]
    c.OpenShiftOAuthenticator.client_secret = (API_ACCESS / "token").read_text(encoding="ascii").strip()
    c.OpenShiftOAuthenticator.http_request_kwargs = {"ca_certs": str(API_ACCESS / "ca.crt")}
    callback(c, settings)


def configure_static(c, settings):
    sys.path.insert(0, str(Path(__file__).parent))
    from kubeflow_static import StaticAuthenticator

    c.JupyterHub.authenticator_class = StaticAuthenticator
    c.StaticAuthenticator.users_file = settings["login"]["usersFile"]


LOGINS = {
    "dummy": configure_dummy,
    "oidc": configure_oidc,
    "iap": configure_iap,
    "openshift": configure_openshift,
    "static": configure_static,
}


def is_allowed(name, allowed):
    """Whether a user is named in allowed, or has a name that ends in one of its items that begin with @."""
    items = [item.lower() for item in allowed]
    return name in items or any(item.startswith("@") and name.endswith(item) for item in items)


def only(allowed):
    """A hook after each login that lets in the allowed users."""

    def hook(authenticator, handler, authentication):
        from tornado.web import HTTPError

        name = authentication["name"]
        if not is_allowed(name, allowed):
            raise HTTPError(403, f"{name} is not among the users of this installation.")
        return authentication

    return hook


def ending_sessions(authenticator, allowed, service_user):
    """An authenticator with which a session ends whose user is no longer allowed. JupyterHub asks at requests of logged in users.

    allowed: as for is_allowed; empty: all whom the authenticator lets in. service_user: of the stage verify, who never logs in.
    """
    if isinstance(authenticator, str):
        module, _dot, name = authenticator.rpartition(".")
        authenticator = getattr(importlib.import_module(module), name)

    class EndingSessions(authenticator):
        async def refresh_user(self, user, handler=None, **kwargs):
            if user.name == service_user:
                return True
            return (not allowed or is_allowed(user.name, allowed)) and await super().refresh_user(user, handler, **kwargs)

    return EndingSessions


def configure_login(c, settings):
    if settings["authenticator"] not in LOGINS:
        raise ValueError(f"settings.json: unknown authenticator {settings['authenticator']}")
    LOGINS[settings["authenticator"]](c, settings)
    # Who may log in is for the issuer to say, and for the list.
    c.Authenticator.allow_all = True
    c.Authenticator.admin_users = set(settings["adminUsers"])
    # Of a removed user: seconds until what the hub knows of the removal ends the session, and days where only the issuer knows.
    c.Authenticator.auth_refresh_age = 60
    c.JupyterHub.cookie_max_age_days = 1
    allowed = [*settings["allowedUsers"], *settings["adminUsers"]] if settings["allowedUsers"] else []
    if allowed:
        c.Authenticator.post_auth_hook = only(allowed)
    c.JupyterHub.authenticator_class = ending_sessions(c.JupyterHub.authenticator_class, allowed, settings["verifyUser"])


def configure_services(c, settings):
    """Programs that use the hub's API, each with a role that allows what it does and nothing else."""
    user = settings["verifyUser"]
    # For the stage verify, whose token is on the hub's volume. Nobody may delete a user of their own name, so it has another one.
    services = [{"name": f"{user}-service", "api_token": kept_password(Path(settings["dataDirectory"]) / "verify-token")}]
    scopes = {f"{user}-service": [f"{scope}!user={user}" for scope in ("admin:users", "admin:servers", "access:servers")]}
    if settings["idleSeconds"] or settings["gpuIdleSeconds"]:
        limits = [str(settings["idleSeconds"]), str(settings["gpuIdleSeconds"])]
        services.append({"name": "idle-culler", "command": [sys.executable, str(Path(__file__).with_name("kubeflow_idle.py")), *limits]})
        scopes["idle-culler"] = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
    c.JupyterHub.services = services
    c.JupyterHub.load_roles = [{"name": name, "services": [name], "scopes": allowed} for name, allowed in scopes.items()]


def configure_security(c, settings):
    """What the level "restricted" of the Pod Security Standards asks of a notebook server."""
    c.KubeSpawner.allow_privilege_escalation = False
    c.KubeSpawner.automount_service_account_token = False
    c.KubeSpawner.container_security_context = {
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    c.KubeSpawner.pod_security_context = {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
        "fsGroupChangePolicy": "OnRootMismatch",
    }
    ids = settings["ids"]
    if "user" in ids:
        c.KubeSpawner.uid = ids["user"]
        c.KubeSpawner.gid = ids["group"]
        c.KubeSpawner.fs_gid = ids["volumeGroup"]
    else:
        c.KubeSpawner.supplemental_gids = [ids["extraGroup"]]


def configure_volume(c, volume):
    """A PVC for each user, made when their server first starts; a storageClass of None: the default one."""
    c.KubeSpawner.storage_pvc_ensure = True
    c.KubeSpawner.storage_access_modes = [volume["accessMode"]]
    c.KubeSpawner.storage_capacity = volume["size"]
    if volume["storageClass"] is not None:
        c.KubeSpawner.storage_class = volume["storageClass"]


def configure_mounts(c, settings):
    mounts = []
    if settings["volume"] is not None:
        configure_volume(c, settings["volume"])
        # What the file browser shows first, and where the launcher puts new notebooks, is what outlives the server.
        c.KubeSpawner.notebook_dir = settings["volume"]["mountPath"]
        mounts.append(("home", "{pvc_name}", settings["volume"]["mountPath"]))
    if settings["sharedVolume"] is not None:
        mounts.append(("shared", settings["sharedVolume"]["claim"], settings["sharedVolume"]["mountPath"]))
    if mounts:
        c.KubeSpawner.volumes = [{"name": name, "persistentVolumeClaim": {"claimName": claim}} for name, claim, _path in mounts]
        c.KubeSpawner.volume_mounts = [{"name": name, "mountPath": path} for name, _claim, path in mounts]


def resources(cpu, memory):
    """What a server asks for, and what it may use: four times as much."""
    cores, size = quantity(cpu), int(quantity(memory))
    return {"cpu_guarantee": cores, "cpu_limit": 4 * cores, "mem_guarantee": size, "mem_limit": 4 * size}


def gpu_profiles(resource, gpu):
    """Servers with GPUs. Their nodes are often tainted with the resource's name."""
    tolerations = [{"key": resource, "operator": "Exists"}, *gpu["tolerations"]]
    for count in gpu["limits"]:
        yield {
            # kubeflow_idle.py tells them by this.
            "slug": "gpu" if count == 1 else f"gpu-{count}",
            "display_name": "GPU" if count == 1 else f"{count} GPUs",
            "description": f"A notebook server with {'one' if count == 1 else count} {resource}.",
            "kubespawner_override": {
                "extra_resource_limits": {resource: str(count)},
                "tolerations": tolerations,
                **({"node_selector": gpu["nodeSelector"]} if gpu["nodeSelector"] else {}),
                **({"image": gpu["image"]} if gpu["image"] is not None else {}),
            },
        }


def own_profiles(choices, settings):
    """Servers of other images and sizes, as the installation offers them."""
    for number, choice in enumerate(choices, start=1):
        override = resources(choice.get("cpu", settings["cpu"]), choice.get("memory", settings["memory"]))
        yield {
            "slug": f"choice-{number}",
            "display_name": choice["name"],
            "description": choice.get("description", ""),
            "kubespawner_override": {**override, **({"image": choice["image"]} if "image" in choice else {})},
        }


def configure_profiles(c, settings):
    """What users choose from, if there is a choice."""
    others = list(own_profiles(settings["choices"], settings))
    if settings["gpu"] is not None:
        others += gpu_profiles(settings["gpuResource"], settings["gpu"])
    if others:
        usual = {"slug": "cpu", "display_name": "CPU", "description": "A notebook server without a GPU.", "default": True}
        c.KubeSpawner.profile_list = [usual, *others]


def configure_notebooks(c, settings):
    c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
    c.KubeSpawner.namespace = settings["namespace"]
    c.KubeSpawner.image = settings["image"]
    c.KubeSpawner.cmd = ["jupyterhub-singleuser"]
    c.KubeSpawner.start_timeout = 600
    c.KubeSpawner.http_timeout = 120
    c.KubeSpawner.component_label = settings["labels"]["app.kubernetes.io/component"]
    c.KubeSpawner.common_labels = {**settings["labels"], "app.kubernetes.io/managed-by": "kubespawner"}
    for trait, value in resources(settings["cpu"], settings["memory"]).items():
        setattr(c.KubeSpawner, trait, value)
    if settings["imagePullSecret"] is not None:
        c.KubeSpawner.image_pull_secrets = [settings["imagePullSecret"]]
    if settings["nodeSelector"]:
        c.KubeSpawner.node_selector = settings["nodeSelector"]
    configure_security(c, settings)
    configure_mounts(c, settings)
    configure_profiles(c, settings)


def configure(c, settings):
    configure_hub(c, settings)
    configure_login(c, settings)
    configure_services(c, settings)
    configure_notebooks(c, settings)


configure(get_config(), json.loads(Path(__file__).with_name("settings.json").read_text(encoding="utf-8")))  # noqa: F821
