# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stands in for ks 0.10.0: answers calls that were recorded with the real one, in the order in which they were, and no other.

It stands in one file, as ks does: what begins with ``@`` below is put in when it is packed (``packing.py``). What it was called with
goes into ``record``, a line of JSON a call.
"""

import json
import os
import stat
import sys

SETTINGS = json.loads(r"""@SETTINGS@""")


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
    steps = [step for step in SETTINGS["steps"] if step["argv"] == argv and step["kubeconfig"] == which]
    if not steps or not os.path.exists("app.yaml"):
        sys.stderr.write(f'level=error msg="stand-in: nobody recorded {argv} with {which} in {os.getcwd()}"\n'.replace("'", ""))
        return 97
    asked = sum(each["argv"] == argv and each["kubeconfig"] == which for each in before)
    step = steps[min(asked, len(steps) - 1)]
    sys.stdout.write(step["stdout"])
    sys.stderr.write(step["stderr"])
    return step["exit"]


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


if __name__ == "__main__":
    sys.exit(main())
