# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Configures JupyterHub from settings.json, the file beside this one. Nothing is ever pasted into this text."""

import json
import os
import secrets
from pathlib import Path


def kept_password(path):
    """The password in the file; made at the first start, readable for the hub's user alone."""
    path = Path(path)
    if not path.exists() or not path.read_text(encoding="ascii").strip():
        new = path.with_name(path.name + ".new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(18) + "\n")
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
    # Notebook servers outlive a restart of the hub.
    c.JupyterHub.cleanup_servers = False

    # The proxy is the other container of this pod.
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:8001"
    c.ConfigurableHTTPProxy.auth_token = Path(settings["proxyTokenFile"]).read_text(encoding="ascii").strip()


def configure_login(c, settings):
    if settings["authenticator"] != "dummy":
        raise ValueError(f"settings.json: unknown authenticator {settings['authenticator']}")
    # Since JupyterHub 5.3 the dummy authenticator with a password is called so.
    c.JupyterHub.authenticator_class = "shared-password"
    c.SharedPasswordAuthenticator.user_password = kept_password(Path(settings["dataDirectory"]) / "login-password")
    c.Authenticator.allow_all = True


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
    """A claim for each user, made when their server first starts; volume: mountPath, size, storageClass (None: the default one)."""
    c.KubeSpawner.storage_pvc_ensure = True
    c.KubeSpawner.storage_access_modes = ["ReadWriteOnce"]
    c.KubeSpawner.storage_capacity = volume["size"]
    if volume["storageClass"] is not None:
        c.KubeSpawner.storage_class = volume["storageClass"]
    c.KubeSpawner.volumes = [{"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}}]
    c.KubeSpawner.volume_mounts = [{"name": "home", "mountPath": volume["mountPath"]}]


def configure_profiles(c, gpu_resource):
    """The choice between a server without and with a GPU. Nodes with GPUs are often tainted with the resource's name."""
    c.KubeSpawner.profile_list = [
        {"slug": "cpu", "display_name": "CPU", "description": "A notebook server without a GPU.", "default": True},
        {
            "slug": "gpu",
            "display_name": "GPU",
            "description": f"A notebook server with one {gpu_resource}.",
            "kubespawner_override": {
                "extra_resource_limits": {gpu_resource: "1"},
                "tolerations": [{"key": gpu_resource, "operator": "Exists"}],
            },
        },
    ]


def configure_notebooks(c, settings):
    c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
    c.KubeSpawner.namespace = settings["namespace"]
    c.KubeSpawner.image = settings["image"]
    c.KubeSpawner.cmd = ["jupyterhub-singleuser"]
    c.KubeSpawner.start_timeout = 600
    c.KubeSpawner.http_timeout = 120
    c.KubeSpawner.component_label = settings["labels"]["app.kubernetes.io/component"]
    c.KubeSpawner.common_labels = {**settings["labels"], "app.kubernetes.io/managed-by": "kubespawner"}
    c.KubeSpawner.cpu_guarantee = 0.1
    c.KubeSpawner.cpu_limit = 2
    c.KubeSpawner.mem_guarantee = "512M"
    c.KubeSpawner.mem_limit = "4G"
    configure_security(c, settings)
    if settings["volume"] is not None:
        configure_volume(c, settings["volume"])
    if settings["gpuResource"] is not None:
        configure_profiles(c, settings["gpuResource"])


def configure(c, settings):
    configure_hub(c, settings)
    configure_login(c, settings)
    configure_notebooks(c, settings)


configure(get_config(), json.loads(Path(__file__).with_name("settings.json").read_text(encoding="utf-8")))  # noqa: F821
