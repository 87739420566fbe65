"""Evaluating applications: the evaluators that PyPI has, beside ours; and converging an application that is unchanged.

``50 components`` has 1,000 objects. ``kubeflow v0.1`` is in the shape of Kubeflow's packages of 2018: eight components with 72 objects,
each a list that goes through std.prune. ``2.4 MB library`` imports one as large as that which ksonnet generates, with 12,000 functions.
``ours`` is ``ksonnet/render/render.py``: reading the application, evaluating it within bounds, the objects as data. The peers evaluate the
same with nothing around it. Their output is compared with ours. What else PyPI has is one of these under another name or of an older
release (jsonnet-binary, jsonnet-sdist, sentry-jsonnet, pup-go-jsonnet), or takes no imports but files of the disk (pysonnet).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _bench import Case, bench
from _evaluators import MODULES
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.jsonnet import evaluate
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.local_cluster.cluster import cache_folder

HERE = Path(__file__).parent
PACKAGES = ("rjsonnet==0.5.6", "gojsonnet==0.22.0", "jsonnet==0.22.0")
LIBRARY = "lib/v1.7.0"
OURS = """import json, sys, time
from pathlib import Path
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.render import render
objects = render.objects(folder.read(Path(sys.argv[1])))
json.dump(objects, sys.stdout)"""
CONVERGE = """import json, sys, time
from pathlib import Path
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.ksonnet.disk import folder
assert not folder.converge(Path(sys.argv[1]), json.load(open(sys.argv[2]))).changed"""

PROTOTYPE = """// @apiVersion 0.1
// @name io.bench.pkg.part
// @description Objects.
// @param name string Name
// @optionalParam count number 20 Objects
// @optionalParam image string nginx:1.27 Image

local part = import 'bench/part/part.libsonnet';
part.list(params, env)
"""
PART = """local k = import 'k.libsonnet';
{
  labels(params):: { app: params.name, 'app.kubernetes.io/instance': params.name },
  container(params, index):: {
    name: '%s-%d' % [params.name, index],
    image: params.image,
    args: ['--index=%d' % index, '--name=' + params.name],
    env: [{ name: 'V%d' % i, value: std.toString(i * index) } for i in std.range(1, 8)],
    ports: [{ containerPort: 8000 + index }],
    resources: { limits: { cpu: '1', memory: '1Gi' }, requests: if index % 2 == 0 then { cpu: '100m' } else {} },
    volumeMounts: if index % 3 == 0 then [{ name: 'data', mountPath: '/data' }] else [],
  },
  deployment(params, env, index):: {
    apiVersion: 'extensions/v1beta1',
    kind: 'Deployment',
    metadata: { name: '%s-%d' % [params.name, index], namespace: env.namespace, labels: $.labels(params), annotations: {} },
    spec: {
      replicas: index,
      template: {
        metadata: { labels: $.labels(params) },
        spec: { containers: [$.container(params, index)], volumes: null, nodeSelector: {} },
      },
    },
  },
  service(params, env, index):: {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: '%s-%d' % [params.name, index], namespace: env.namespace, labels: $.labels(params) },
    spec: { ports: [{ port: 80, targetPort: 8000 + index }], selector: $.labels(params) },
  },
  items(params, env):: [
    if i % 2 == 0 then $.service(params, env, i) else $.deployment(params, env, i)
    for i in std.range(1, params.count)
  ],
  list(params, env):: k.core.v1.list.new($.items(params, env)),
  pruned(params, env):: std.prune(k.core.v1.list.new($.items(params, env))),
}
"""


def main() -> None:
    python = installed()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        registry(work / "bench", PROTOTYPE)
        registry(work / "pruned", PROTOTYPE.replace("part.list", "part.pruned"))
        shapes = {
            "50 components": made(work, "fifty", 50, 20),
            "kubeflow v0.1": made(work, "kubeflow", 8, 9, "pruned"),
            "2.4 MB library": made(work, "library", 1, 9),
        }
        large_library(work / "library")
        cases = []
        for name, declared in shapes.items():
            app, prepared = declared.with_suffix(""), declared.with_suffix(".prepared")
            prepare(app, prepared)
            compare(python, prepared, app)
            cases.append(Case(name, "ours", [sys.executable, "-c", OURS, str(app)]))
            for who in MODULES:
                argv = [str(python), str(HERE / "_evaluators.py"), who, str(prepared), os.devnull]
                cases.append(Case(name, who, argv, rounds=2 if "C++" in who else None))
        cases.append(Case("50 components, unchanged", "ours, converge", [sys.executable, "-c", CONVERGE, *converged(work / "fifty.json")]))
        bench("render", cases)
        inside(work / "fifty.json")


def installed() -> Path:
    """An environment with the evaluators, apart from ours."""
    home = cache_folder(dict(os.environ)) / "bench-evaluators"
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        print("Installing the evaluators", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        (home / "complete").touch()
    return python


def registry(root: Path, prototype: str) -> None:
    files = {
        "registry.yaml": "apiVersion: 0.1.0\nkind: ksonnet.io/registry\nlibraries:\n  part:\n    path: part\n    version: master\n",
        "part/parts.yaml": "apiVersion: 0.0.1\nkind: ksonnet.io/parts\nname: part\n",
        "part/part.libsonnet": PART,
        "part/prototypes/part.jsonnet": prototype,
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def made(work: Path, name: str, components: int, count: int, source: str = "bench") -> Path:
    """An application; its declaration is in the file that is returned, beside it."""
    declaration = {
        "name": name,
        "environments": {"default": {"server": "https://10.0.0.1", "namespace": "kubeflow"}},
        "registries": {"bench": {"uri": str(work / source)}},
        "packages": {"part": {"registry": "bench"}},
        "components": {
            f"part-{number}": {"prototype": "io.bench.pkg.part", "parameters": {"count": count}} for number in range(components)
        },
    }
    path = work / f"{name}.json"
    path.write_text(json.dumps(declaration), encoding="utf-8")
    folder.converge(work / name, declaration)
    return path


def large_library(app: Path) -> None:
    """Put one into lib/ as ksonnet generates it: nothing but functions, of which few are used."""
    kinds = "".join(
        f"    kind{kind}:: {{\n"
        + "".join(
            f"      // Sets what the field {field} of this kind is for, as the description of the API has it; see there for more of it.\n"
            f"      withField{field}(field{field}):: self + {{ metadata+: {{ field{field}: field{field}, kind: 'kind{kind}' }} }},\n"
            for field in range(60)
        )
        + "    },\n"
        for kind in range(200)
    )
    (app / LIBRARY / "k8s.libsonnet").write_text(f"{{\n  core:: {{ v1:: {{\n{kinds}  }} }},\n}}\n", encoding="utf-8")


def converged(declaration: Path) -> list[str]:
    return [str(declaration.with_suffix("")), str(declaration)]


def prepare(app: Path, prepared: Path) -> None:
    """Write down what our evaluator is given."""
    runs: list[evaluate.Run] = []
    original = evaluate.evaluate

    def noted(batch: list[evaluate.Run], limits: evaluate.Limits) -> str:
        runs.extend(batch)
        return original(batch, limits)

    evaluate.evaluate = noted
    try:
        files = folder.read(app)
        render.objects(files)
    finally:
        evaluate.evaluate = original
    search = [["vendor", LIBRARY], [LIBRARY, "vendor", "environments"]]
    document = {
        "files": files,
        "runs": [
            {"snippet": run.snippet, "codes": run.codes, "search": folders, "previous": run.previous}
            for run, folders in zip(runs, search, strict=True)
        ],
    }
    prepared.write_text(json.dumps(document), encoding="utf-8")


def compare(python: Path, prepared: Path, app: Path) -> None:
    """Each evaluator must yield the objects that ours does."""
    ours = render.objects(folder.read(app))
    for who in MODULES:
        output = prepared.with_suffix(".out")
        subprocess.run([str(python), str(HERE / "_evaluators.py"), who, str(prepared), str(output)], check=True)
        theirs = json.loads(output.read_text(encoding="utf-8"))
        same = {name: value["items"] for name, value in theirs.items()} == ours
        print(f"{app.name}: {sum(map(len, ours.values()))} objects, {who}: {'identical' if same else 'NOT the same'}", file=sys.stderr)


def inside(declaration: Path) -> None:
    """What the module itself takes, without the start of Python."""
    app, declared = declaration.with_suffix(""), json.loads(declaration.read_text(encoding="utf-8"))
    for name, work in (
        ("converge, unchanged", lambda: folder.converge(app, declared)),
        ("render", lambda: render.objects(folder.read(app))),
        ("a bounded evaluation of nothing", lambda: evaluate.evaluate([evaluate.Run("{}", {}, lambda *_: ("", ""))], evaluate.Limits())),
    ):
        times = []
        for _round in range(7):
            started = time.perf_counter()
            work()
            times.append(time.perf_counter() - started)
        print(f"in the module's process: {name}: {sorted(times)[3]:.3f} s")


if __name__ == "__main__":
    main()
