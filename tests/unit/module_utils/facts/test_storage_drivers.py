# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who makes the volumes of a class, whether it exists, and what it can do."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.data.storage_drivers import DRIVERS, MIGRATED, RELEASES, SMALLEST
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.storage import storage


def one(provisioner: str, drivers: set[str] | None, **more: t.Any) -> dict[str, t.Any]:
    result: dict[str, t.Any] = storage([{"metadata": {"name": "a"}, "provisioner": provisioner, **more}], drivers)["classes"][0]
    return result


@pytest.mark.parametrize(
    ("provisioner", "driver", "installed", "many"),
    [
        ("ebs.csi.aws.com", "ebs.csi.aws.com", True, False),
        ("kubernetes.io/aws-ebs", "ebs.csi.aws.com", True, False),
        ("pd.csi.storage.gke.io", "pd.csi.storage.gke.io", False, False),
        ("kubernetes.io/gce-pd", "pd.csi.storage.gke.io", False, False),
        ("nfs.csi.k8s.io", "nfs.csi.k8s.io", False, True),
        ("disk.example.com", "disk.example.com", True, None),
        ("else.example.com", "else.example.com", None, None),
        ("rancher.io/local-path", "rancher.io/local-path", None, False),
        ("kubernetes.io/no-provisioner", "kubernetes.io/no-provisioner", None, False),
        ("cluster.local/nfs-subdir-external-provisioner", "cluster.local/nfs-subdir-external-provisioner", None, True),
        ("cluster.local/files-nfs-subdir-external-provisioner", "cluster.local/nfs-subdir-external-provisioner", None, True),
        ("cluster.local/nfs-client-provisioner", "cluster.local/nfs-subdir-external-provisioner", None, True),
        ("cluster.local/team-a-nfs-client-provisioner", "cluster.local/nfs-subdir-external-provisioner", None, True),
        ("cluster.local/nfs-nfs-server-provisioner", "cluster.local/nfs-server-provisioner", None, True),
        ("example.com/nfs-client-provisioner", "example.com/nfs-client-provisioner", None, None),
        ("cluster.local/nfs-client-provisioner-of-mine", "cluster.local/nfs-client-provisioner-of-mine", None, None),
    ],
)
def test_the_driver(provisioner: str, driver: str, installed: bool | None, many: bool | None) -> None:
    result = one(provisioner, {"ebs.csi.aws.com", "disk.example.com"})
    assert (result["driver"], result["driver_installed"], result["read_write_many"]) == (driver, installed, many)


def test_drivers_that_may_not_be_listed_are_not_missing() -> None:
    assert one("pd.csi.storage.gke.io", None)["driver_installed"] is None


def test_zones_a_class_is_bound_to() -> None:
    def term(key: str, *values: str) -> dict[str, t.Any]:
        return {"matchLabelExpressions": [{"key": key, "values": list(values)}]}

    terms = [term("topology.gke.io/zone", "b", "a"), term("topology.kubernetes.io/zone", "c"), term("example.com/rack", "7")]
    result = one("pd.csi.storage.gke.io", set(), allowedTopologies=terms)
    assert result["zones"] == ["a", "b", "c"]
    assert result["topologies"] == [
        {"topology.gke.io/zone": ["a", "b"]},
        {"topology.kubernetes.io/zone": ["c"]},
        {"example.com/rack": ["7"]},
    ]
    assert (one("p", set())["zones"], one("p", set())["topologies"]) == ([], [])


@pytest.mark.parametrize(
    ("provisioner", "parameters", "smallest"),
    [
        ("block.csi.vultr.com", {}, "10Gi"),
        ("block.csi.vultr.com", {"block_type": "high_perf"}, "10Gi"),
        ("block.csi.vultr.com", {"block_type": "storage_opt"}, "40Gi"),
        ("blockvolume.csi.oraclecloud.com", {"attachment-type": "paravirtualized"}, "50Gi"),
        ("diskplugin.csi.alibabacloud.com", {"type": "cloud_essd"}, "20Gi"),
        ("diskplugin.csi.alibabacloud.com", {"type": "cloud_essd", "performanceLevel": "PL0"}, "1Gi"),
        ("diskplugin.csi.alibabacloud.com", {"type": "cloud_essd", "performanceLevel": "PL2"}, "461Gi"),
        ("pd.csi.storage.gke.io", {"type": "hyperdisk-balanced"}, "4Gi"),
        ("pd.csi.storage.gke.io", {"type": "pd-ssd"}, None),
        ("pd.csi.storage.gke.io", {"type": "pd-ssd", "replication-type": "regional-pd"}, "10Gi"),
        ("kubernetes.io/gce-pd", {"type": "pd-extreme"}, "500Gi"),
        ("kubernetes.io/aws-ebs", {"type": "io1"}, "4Gi"),
        ("ebs.csi.aws.com", {"Type": "st1"}, "125Gi"),
        ("ebs.csi.aws.com", {"type": "gp3"}, None),
        ("csi.hetzner.cloud", {}, "10Gi"),
        ("rancher.io/local-path", {}, None),
        ("disk.example.com", {"type": "io1"}, None),
    ],
)
def test_the_smallest_volume_of_a_class(provisioner: str, parameters: dict[str, str], smallest: str | None) -> None:
    assert one(provisioner, None, parameters=parameters)["smallest"] == smallest


def test_the_tables_agree_and_name_their_sources() -> None:
    assert set(MIGRATED.values()) | set(RELEASES.values()) | {row.driver for row in SMALLEST} <= {*DRIVERS, *MIGRATED.values()}
    assert all(row.source for row in (*DRIVERS.values(), *SMALLEST))
