# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stands in for ks 0.10.0: answers calls that were recorded with the real one, in the order in which they were, and no other.

Before it answers, it demands of the application and the kubeconfig what the real one demands (``demanded``), and says what that one says.
For one component alone (``-c``) it gives the part of the recorded answer for all that is about that. Given objects by component, it does
what ks 0.10.0 was seen to do with them in a cluster: a merge patch an object, a POST where there is none, no order but its tiers, no
waiting, and an end at the first error.

It stands in one file, as ks does: what begins with ``@`` below is put in when it is packed (``packing.py``). What it was called with
goes into ``record``, a line of JSON a call.
"""

import base64
import json
import os
import ssl
import stat
import sys
import tempfile
import urllib.error
import urllib.request

import yaml

SETTINGS = json.loads(r"""@SETTINGS@""")
FIRST, LAST = ("Namespace", "StorageClass"), ("Pod", "Job", "StatefulSet")


def main():
    argv = ["ks", *sys.argv[1:]]
    path = os.environ.get("KUBECONFIG")
    which, seen = kubeconfig(path)
    with open("/proc/self/cmdline", encoding="utf-8") as file:
        cmdline = file.read()
    call = {"argv": argv, "cwd": os.getcwd(), "cmdline": cmdline, "env": sorted(os.environ), "kubeconfig": which, **seen}
    before = calls()
    with open(SETTINGS["record"], "a", encoding="utf-8") as file:
        file.write(json.dumps(call) + "\n")
    if argv == ["ks", "version"]:
        print(f"ksonnet version: {SETTINGS['version']}\njsonnet version: v0.10.0\nclient-go version: v1.6.8-beta.0+$Format:%h$")
        return 0
    missing = demanded(argv, path)
    if missing:
        log("error", missing)
        return 1
    if SETTINGS["objects"]:
        return live(argv, path)
    component = argv[argv.index("-c") + 1] if "-c" in argv else None
    whole = [word for word in argv if word not in ("-c", component)]
    steps = [step for step in SETTINGS["steps"] if step["argv"] == whole and step["kubeconfig"] == which]
    if not steps or component not in (None, *SETTINGS["components"]):
        sys.stderr.write(f'level=error msg="stand-in: nobody recorded {argv} with {which} in {os.getcwd()}"\n'.replace("'", ""))
        return 97
    asked = sum(each["argv"] == argv and each["kubeconfig"] == which for each in before)
    step = steps[min(asked, len(steps) - 1)]
    sys.stdout.write(step["stdout"])
    sys.stderr.write("".join(line for line in step["stderr"].splitlines(True) if component is None or about(line, component)))
    return step["exit"]


def demanded(argv, path):
    """What the real one says where something that it needs is missing; None where nothing is."""
    app = above("app.yaml")
    if not app:
        return "could not find ksonnet app"
    with open(app, encoding="utf-8") as file:
        described = yaml.safe_load(file)
    # `diff` of 0.10.0 to 0.10.2 finds an application by this folder, not by app.yaml.
    if argv[1] == "diff" and not above(".ksonnet"):
        return "find metadata: No ksonnet application found"
    name, root = argv[2], os.path.dirname(app)
    entry = (described.get("environments") or {}).get(name)
    if described.get("apiVersion") != "0.1.0" or entry is None:
        return f'find objects: get modules: environment "{name}" was not found'
    library = f"lib/{entry['k8sVersion']}"
    needed = ["components/params.libsonnet", *(f"environments/{entry['path']}/{file}" for file in ("main.jsonnet", "params.libsonnet"))]
    for file in needed:
        if not os.path.isfile(os.path.join(root, file)):
            return f"find objects: open {os.path.join(root, file)}: no such file or directory"
    if not os.path.isdir(os.path.join(root, library)):
        return f"find objects: {library}: asking GitHub for the API of Kubernetes, which this machine does not reach"
    if argv[1] == "show":
        return None
    if not path:
        return "EOF"
    with open(path, encoding="utf-8") as file:
        server = json.load(file)["clusters"][0]["cluster"]["server"]
    where = entry["destination"]["server"]
    if server != where:
        return f"Attempting to deploy to environment '{name}' at '{where}', but cannot locate a server at that address"
    return None


def above(name):
    """A file or folder here, or in the nearest folder above that has it."""
    folder = os.getcwd()
    while not os.path.exists(os.path.join(folder, name)):
        if folder == os.path.dirname(folder):
            return None
        folder = os.path.dirname(folder)
    return os.path.join(folder, name)


def about(line, component):
    return any(label in line for label in SETTINGS["components"][component])


def calls():
    try:
        with open(SETTINGS["record"], encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    except FileNotFoundError:
        return []


def kubeconfig(path):
    """Which of the recorded kubeconfigs this one is like, and what can be seen of it."""
    if not path:
        return None, {}
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    seen = {"path": path, "mode": stat.S_IMODE(os.stat(path).st_mode), "user": sorted(document["users"][0]["user"])}
    server = document["clusters"][0]["cluster"]["server"]
    if server != SETTINGS["server"]:
        return "kubeconfig.other", seen
    return ("kubeconfig.bad" if document["users"][0]["user"].get("token") == "wrong" else "kubeconfig"), seen


# --- in a cluster


class Stop(Exception):
    """An error that ks ends with."""


def live(argv, path):
    verb, component = argv[1], argv[argv.index("-c") + 1] if "-c" in argv else None
    items = [item for name, items in SETTINGS["objects"].items() if component in (None, name) for item in items]
    cluster = Cluster(path)
    try:
        if verb == "show":
            text = "".join(f"---\n{json.dumps(item, indent=2, sort_keys=True)}\n" for item in items)
            sys.stdout.write(text if len(items) > 1 else text.removeprefix("---\n"))
        elif verb == "diff":
            return diff(cluster, items)
        elif verb == "apply":
            for item in sorted(items, key=tier):
                apply(cluster, item, "--dry-run" in argv)
        elif verb == "delete":
            for item in sorted(items, key=tier, reverse=True):
                log("info", f"Deleting {label(cluster, item)}")
                cluster.ask("DELETE", cluster.path(item), {"propagationPolicy": "Foreground"})
        else:
            raise Stop(f"stand-in: {verb} is not among what it can do")
    except Stop as error:
        log("error", str(error))
        return 1
    return 0


def tier(item):
    return 10 if item["kind"] in FIRST else 100 if item["kind"] in LAST else 50


def log(level, text):
    sys.stderr.write(f"level={level} msg={json.dumps(text) if ' ' in text else text}\n")


def label(cluster, item):
    space = item["metadata"].get("namespace")
    name = item["metadata"]["name"]
    return f"{cluster.resource(item)['name']} {f'{space}.{name}' if space else name}"


def apply(cluster, item, trial):
    more = " (dry-run)" if trial else ""
    log("info", f"Updating {label(cluster, item)}{more}")
    path = cluster.path(item)
    current = cluster.ask("GET", path) if trial else cluster.ask("PATCH", path, item, "application/merge-patch+json")
    if current is None:
        log("info", f" Creating non-existent {label(cluster, item)}{more}")
        if not trial and cluster.ask("POST", path.rpartition("/")[0], item) is None:
            raise Stop("handle object: the server could not find the requested resource")


def diff(cluster, items):
    """By subset: only what is configured is compared."""
    last = 0
    for item in items:
        name = label(cluster, item)
        current = cluster.ask("GET", cluster.path(item))
        text = f"{name} doesn't exist on live" if current is None else f"{name} unchanged" if subset(item, current) else "-    a\n+    b"
        last = 0 if current is not None and subset(item, current) else 10
        sys.stdout.write(f"---\n- live {name}\n+ config {name}\n{text}\n")
    return last


def subset(part, whole):
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(subset(value, whole.get(key)) for key, value in part.items())
    if isinstance(part, list):
        return isinstance(whole, list) and len(part) == len(whole) and all(map(subset, part, whole))
    return part == whole


class Cluster:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        self.user, cluster = document["users"][0]["user"], document["clusters"][0]["cluster"]
        self.server = cluster["server"]
        self.context = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        if "client-certificate-data" in self.user:
            with tempfile.NamedTemporaryFile() as pair:
                pair.write(base64.b64decode(self.user["client-certificate-data"]) + b"\n" + base64.b64decode(self.user["client-key-data"]))
                pair.flush()
                self.context.load_cert_chain(pair.name)

    def ask(self, method, path, body=None, content_type="application/json"):
        headers = {"Content-Type": content_type, "User-Agent": "ks"}
        if "token" in self.user:
            headers["Authorization"] = f"Bearer {self.user['token']}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.server + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, context=self.context) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise Stop(f"handle object: {json.load(error)['message']}") from None

    def resource(self, item):
        version = item["apiVersion"]
        resources = self.ask("GET", f"/apis/{version}" if "/" in version else f"/api/{version}")
        if resources is None:
            raise Stop("handle object: the server could not find the requested resource")
        for each in resources["resources"]:
            if each["kind"] == item["kind"] and "/" not in each["name"]:
                return each
        raise Stop(f"handle object: Server is unable to handle {version}, Kind={item['kind']}")

    def path(self, item):
        resource, version, metadata = self.resource(item), item["apiVersion"], item["metadata"]
        space = f"/namespaces/{metadata.get('namespace') or SETTINGS['namespace']}" if resource["namespaced"] else ""
        return f"{'/apis/' if '/' in version else '/api/'}{version}{space}/{resource['name']}/{metadata['name']}"


if __name__ == "__main__":
    sys.exit(main())
