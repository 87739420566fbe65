# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that are made once: what is live stays, what is lost is said, what everybody can read goes."""

from __future__ import annotations

import base64
import json
import typing as t

import bcrypt
import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.deploy.model import generated_secrets
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.client import ApiError

Json = dict[str, t.Any]
PUBLIC = "minio" + "123"


class Cluster:
    """The part of a client that is asked: Secrets by path, claims by path."""

    def __init__(self, secrets: dict[str, dict[str, str]] | None = None, claims: tuple[str, ...] = (), code: int = 404) -> None:
        self._secrets, self._claims, self._code = secrets or {}, claims, code

    def map(self, work: t.Callable[[t.Any], t.Any], items: t.Iterable[t.Any]) -> list[t.Any]:
        return [work(item) for item in items]

    def find(self, path: str) -> Json | None:
        _empty, _api, _v1, _namespaces, namespace, kind, name = path.split("/")
        if kind == "persistentvolumeclaims":
            return {} if f"{namespace}/{name}" in self._claims else None
        if f"{namespace}/{name}" not in self._secrets:
            if self._code == 404:
                return None
            raise ApiError(self._code, {}, path)
        values = self._secrets[f"{namespace}/{name}"]
        return {"data": {key: base64.b64encode(text.encode()).decode() for key, text in values.items()}}


def secret(path: str, keys: Json, *claims: str) -> Json:
    namespace, _slash, name = path.partition("/")
    declaration = {"keys": keys, **({"claims": list(claims)} if claims else {})}
    metadata = {"name": name, "namespace": namespace, "annotations": {generated_secrets.GENERATE: json.dumps(declaration)}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque"}


def filled(cluster: Cluster, *items: Json) -> tuple[dict[str, dict[str, str]], list[str]]:
    """The values by Secret, and the warnings."""
    warnings: list[str] = []
    pairs = generated_secrets.filled(t.cast("t.Any", cluster), [("one", item) for item in items], warnings.append)
    values = {
        f"{item['metadata']['namespace']}/{item['metadata']['name']}": {
            key: base64.b64decode(text).decode() for key, text in item["data"].items()
        }
        for _component, item in pairs
    }
    return values, warnings


CLIENT = secret("auth/client", {"id": {"value": "kubeflow"}, "secret": {"random": 40}})
PROXY = secret("proxy/client", {"secret": {"same": "auth/client/secret"}, "cookie": {"random": 32}})
USER = secret("auth/user", {"password": {"random": 20}})
HASH = secret("auth/hash", {"hash": {"bcrypt": "auth/user/password"}})
DATABASE = secret("kubeflow/db", {"user": {"value": "root"}, "password": {"random": 32}}, "kubeflow/volume")


def test_values_are_made_and_shared() -> None:
    values, _warnings = filled(Cluster(), CLIENT, PROXY)
    assert values["auth/client"]["id"] == "kubeflow"
    assert values["auth/client"]["secret"] == values["proxy/client"]["secret"]
    assert (len(values["auth/client"]["secret"]), len(values["proxy/client"]["cookie"])) == (40, 32)
    again, _warnings = filled(Cluster(), CLIENT, PROXY)
    assert again["auth/client"]["secret"] != values["auth/client"]["secret"]


def test_live_values_stay() -> None:
    first, _warnings = filled(Cluster(), CLIENT, PROXY, USER, HASH, DATABASE)
    again, warnings = filled(Cluster(first, claims=("kubeflow/volume",)), CLIENT, PROXY, USER, HASH, DATABASE)
    assert (again, warnings) == (first, [])


def test_one_that_is_lost_takes_what_it_shares_from_the_other() -> None:
    first, _warnings = filled(Cluster(), CLIENT, PROXY)
    again, _warnings = filled(Cluster({"auth/client": first["auth/client"]}), CLIENT, PROXY)
    assert again["proxy/client"]["secret"] == first["auth/client"]["secret"]


def test_a_hash_is_of_the_password_that_is_there() -> None:
    first, _warnings = filled(Cluster(), USER, HASH)
    assert bcrypt.checkpw(first["auth/user"]["password"].encode(), first["auth/hash"]["hash"].encode())
    lost, _warnings = filled(Cluster({"auth/hash": first["auth/hash"]}), USER, HASH)
    assert bcrypt.checkpw(lost["auth/user"]["password"].encode(), lost["auth/hash"]["hash"].encode())


def test_no_password_is_made_for_a_database_that_has_another() -> None:
    with pytest.raises(BootstrapError, match=r"kubeflow/db is lost.*kubeflow/volume.*\(secret-lost-for-volume\)"):
        filled(Cluster(claims=("kubeflow/volume",)), DATABASE)
    values, _warnings = filled(Cluster(), DATABASE)
    assert len(values["kubeflow/db"]["password"]) == 32


def test_what_everybody_can_read_is_replaced_but_for_what_a_volume_knows() -> None:
    live = {"auth/client": {"id": "kubeflow", "secret": PUBLIC}, "kubeflow/db": {"user": "root", "password": PUBLIC}}
    values, warnings = filled(Cluster(live, claims=("kubeflow/volume",)), CLIENT, DATABASE)
    assert values["auth/client"]["secret"] != PUBLIC
    assert values["kubeflow/db"]["password"] == PUBLIC
    assert [each.split(" has a value")[0] for each in warnings] == ["Secret kubeflow/db"]
    assert not any(PUBLIC in each for each in warnings)


def test_who_may_not_read_secrets_is_told() -> None:
    with pytest.raises(BootstrapError, match=r"may not read it.*kubeflow_secrets"):
        filled(Cluster(code=403), CLIENT)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys": {"a": {}}}', '{"keys": {"a": {"sha": 1}}}', '{"keys": 1}'])
def test_a_declaration_that_can_not_be_read(text: str) -> None:
    item = {**CLIENT, "metadata": {**CLIENT["metadata"], "annotations": {generated_secrets.GENERATE: text}}}
    with pytest.raises(BootstrapError, match="does not declare its values"):
        filled(Cluster(), item)


def test_without_such_a_secret_nobody_is_asked() -> None:
    plain = [("one", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})]
    assert generated_secrets.filled(t.cast("t.Any", None), plain, pytest.fail) == plain


def test_what_is_given_is_not_generated() -> None:
    pairs = [("one", CLIENT), ("one", USER)]
    assert generated_secrets.without_supplied(pairs, {generated_secrets.key_of(CLIENT)}) == [("one", USER)]
