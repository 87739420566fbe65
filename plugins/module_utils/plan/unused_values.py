# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values that change nothing in any object.

A component is evaluated once more for each of them, with the package's own value in its place, and compared in Jsonnet, all in one
run: it stops at the first difference, and costs less than starting the evaluator.
"""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Mapping

from ..ksonnet.files import library, params
from ..ksonnet.files.component import from_prototype, module, plain_name
from ..ksonnet.files.prototypes import Prototype
from ..ksonnet.jsonnet import evaluate
from ..ksonnet.jsonnet.syntax import field_name
from ..ksonnet.render import render

_PARAMETERS = re.compile(r'local params = std\.extVar\("__ksonnet/params"\)\.components(?:\.\w+|\["[^"]*"\]);\n')
_FUNCTION = "<component>"
_ONE = "<without %d>"
_TRIES = 12
_LIMITS = evaluate.Limits(seconds=10)


def without(
    files: Mapping[str, str], environment: Mapping[str, t.Any], name: str, prototype: Prototype, literals: Mapping[str, str]
) -> set[str]:
    """The parameters of a component that have no effect.

    ``files``: the application. ``environment``: its entry in app.yaml (``render.environment_entry``). ``literals``: the parameters to
    try, each with the package's own value as Jsonnet. A package that fails with it shows an effect. A component whose file the user
    changed is not tried.
    """
    path, text = from_prototype(name, prototype)
    if not literals or files.get(path) != text or not _PARAMETERS.search(text):
        return set()
    left = dict(literals)
    for _try in range(_TRIES):
        try:
            same = _compared(files, environment, name, text, left)
        except evaluate.EvaluatorError as error:
            # The variants are evaluated in their order, so the one that was imported last has failed.
            failed = [number for number in range(len(left)) if _ONE % number in error.read]
            if isinstance(error, evaluate.LimitError) or not failed:
                return set()
            del left[list(left)[failed[-1]]]
        else:
            return {parameter for parameter, is_same in zip(left, same, strict=True) if is_same}
    return set()


def _compared(files: Mapping[str, str], environment: Mapping[str, t.Any], name: str, text: str, literals: Mapping[str, str]) -> list[bool]:
    """Whether the objects stay the same, for each parameter."""
    path, version = f"environments/{environment['path']}", str(environment["k8sVersion"])
    function = f"(import {_text(_FUNCTION)})"
    values = f'std.extVar("__ksonnet/params").components[{_text(plain_name(name))}]'
    ones = {
        _ONE % number: f"function(full) {function}({values} {{ {field_name(parameter)}: {literal} }}) == full"
        for number, (parameter, literal) in enumerate(literals.items())
    }
    readable = {
        **({} if any(file.startswith(f"lib/{version}/") for file in files) else library.files(version)),
        **files,
        **ones,
        _FUNCTION: _PARAMETERS.sub("function(params)\n", text, count=1),
    }
    read = render.reader(readable, "vendor", f"lib/{version}")
    destination = environment.get("destination") or {}
    runs = [
        evaluate.Run(
            f"import {_text(f'{path}/params.libsonnet')}",
            {"__ksonnet/params": render.PARAMS % _text(params.path(module(name)))},
            read,
        ),
        evaluate.Run(
            f"local full = {function}({values});\n[{', '.join(f'(import {_text(one)})(full)' for one in ones)}]",
            {"__ksonnet/environments": json.dumps({key: destination.get(key, "") for key in ("server", "namespace")})},
            read,
            previous="__ksonnet/params",
        ),
    ]
    same: list[bool] = evaluate.parse(evaluate.evaluate(runs, _LIMITS))
    return same


_text = json.dumps
