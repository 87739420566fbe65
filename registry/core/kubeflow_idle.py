# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stops notebook servers that nobody uses: a service of the hub, which gives it JUPYTERHUB_API_URL and JUPYTERHUB_API_TOKEN.

Usage: python kubeflow_idle.py SECONDS GPU_SECONDS     of servers without and with GPUs; 0: they run on.

A kernel that computes is activity, as the notebook server reports it. Volumes stay.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime

PAGE = 100
LONGEST_PAUSE = 60.0


def seconds_since(now, *times):
    """Seconds from the last of the given times, which the hub writes in UTC, to now. None: none of them is known."""
    known = [datetime.fromisoformat(each.replace("Z", "+00:00")) for each in times if each]
    return (now - max(each if each.tzinfo else each.replace(tzinfo=UTC) for each in known)).total_seconds() if known else None


def idle_servers(users, now, limit, gpu_limit):
    """(user, name of the server) of all that are ready and idle for longer than their limit."""
    for user in users:
        for name, server in (user.get("servers") or {}).items():
            profile = str((server.get("user_options") or {}).get("profile") or "")
            most = gpu_limit if profile == "gpu" or profile.startswith("gpu-") else limit
            idle = seconds_since(now, server.get("last_activity"), server.get("started"))
            if most and server.get("ready") and idle is not None and idle > most:
                yield user["name"], name


def request(path, method="GET"):
    """What the hub's API answers."""
    asked = urllib.request.Request(
        os.environ["JUPYTERHUB_API_URL"] + path,
        method=method,
        headers={"Authorization": f"token {os.environ['JUPYTERHUB_API_TOKEN']}"},
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def active_users():
    """All users with a server, page by page."""
    offset = 0
    while page := request(f"/users?state=active&limit={PAGE}&offset={offset}"):
        yield from page
        offset += PAGE


def stop_idle(limit, gpu_limit):
    """Stop what is idle now."""
    for user, name in list(idle_servers(active_users(), datetime.now(UTC), limit, gpu_limit)):
        server = f"servers/{urllib.parse.quote(name, safe='')}" if name else "server"
        print(f"Stopping the idle server {user}/{name}", flush=True)
        request(f"/users/{urllib.parse.quote(user, safe='')}/{server}", "DELETE")


def main():
    limit, gpu_limit = (int(each) for each in sys.argv[1:])
    pause = min([LONGEST_PAUSE, *(each / 2 for each in (limit, gpu_limit) if each)])
    while True:
        try:
            stop_idle(limit, gpu_limit)
        except (OSError, ValueError) as error:
            # The hub is busy or restarts; it is asked again.
            print(f"Idle servers were not stopped: {error}", file=sys.stderr, flush=True)
        time.sleep(pause)


if __name__ == "__main__":
    main()
