# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Drivers of volumes, and their properties."""

from __future__ import annotations

import typing as t

MIGRATED = {
    "kubernetes.io/aws-ebs": "ebs.csi.aws.com",
    "kubernetes.io/azure-disk": "disk.csi.azure.com",
    "kubernetes.io/azure-file": "file.csi.azure.com",
    "kubernetes.io/cinder": "cinder.csi.openstack.org",
    "kubernetes.io/gce-pd": "pd.csi.storage.gke.io",
    "kubernetes.io/portworx-volume": "pxd.portworx.com",
    "kubernetes.io/vsphere-volume": "csi.vsphere.vmware.com",
}
"""Provisioners that were part of Kubernetes, to the CSI driver that replaces each.

Source: kubernetes/csi-translation-lib (package plugins) and the Kubernetes documentation, "Volumes", sections on CSI migration.
"""


class Driver(t.NamedTuple):
    """Properties of one driver, and the source for them."""

    read_write_many: bool
    """Whether a volume with a file system can be mounted for writing on several nodes at once."""
    csi: bool
    """Whether it is a CSI driver with an object of its own (CSIDriver), which exists if it is installed."""
    source: str


DRIVERS: dict[str, Driver] = {
    # cloud disks
    "pd.csi.storage.gke.io": Driver(
        False, True, "kubernetes-sigs/gcp-compute-persistent-disk-csi-driver, README: RWX only as a raw block device"
    ),
    "ebs.csi.aws.com": Driver(
        False, True, "kubernetes-sigs/aws-ebs-csi-driver, docs/parameters: RWX only as a raw block device (multi-attach)"
    ),
    "ebs.csi.eks.amazonaws.com": Driver(False, True, "EKS Auto Mode, Create a storage class: block storage of EBS"),
    "disk.csi.azure.com": Driver(
        False, True, "kubernetes-sigs/azuredisk-csi-driver, docs/driver-parameters: RWX only as a raw block device"
    ),
    "cinder.csi.openstack.org": Driver(
        False, True, "kubernetes/cloud-provider-openstack, docs/cinder-csi-plugin: RWX only as a raw block device"
    ),
    "dobs.csi.digitalocean.com": Driver(False, True, "digitalocean/csi-digitalocean, README: only ReadWriteOnce"),
    "csi.hetzner.cloud": Driver(False, True, "hetznercloud/csi-driver, docs: only ReadWriteOnce"),
    "linodebs.csi.linode.com": Driver(False, True, "linode/linode-blockstorage-csi-driver, README: only ReadWriteOnce"),
    "vpc.block.csi.ibm.io": Driver(False, True, "kubernetes-sigs/ibm-vpc-block-csi-driver, README: only ReadWriteOnce"),
    "block.csi.vultr.com": Driver(False, True, "vultr/vultr-csi, docs/kubernetes: only ReadWriteOnce"),
    "blockvolume.csi.oraclecloud.com": Driver(
        False, True, "oracle/oci-cloud-controller-manager, docs: only ReadWriteOnce for file systems"
    ),
    "diskplugin.csi.alibabacloud.com": Driver(False, True, "kubernetes-sigs/alibaba-cloud-csi-driver, docs/disk: only ReadWriteOnce"),
    "com.tencent.cloud.csi.cbs": Driver(False, True, "TencentCloud/kubernetes-csi-tencentcloud, docs/README_CBS: only ReadWriteOnce"),
    "storage.csi.upcloud.com": Driver(False, True, "UpCloudLtd/upcloud-csi, README: only ReadWriteOnce"),
    "csi.scaleway.com": Driver(False, True, "scaleway/scaleway-csi, README: only ReadWriteOnce"),
    # disks of the nodes
    "rancher.io/local-path": Driver(False, False, "rancher/local-path-provisioner, README: a folder of one node"),
    "k8s.io/minikube-hostpath": Driver(False, False, "minikube handbook, Persistent Volumes: a folder of one node"),
    "docker.io/hostpath": Driver(False, False, "Docker Desktop: a folder of its one node"),
    "microk8s.io/hostpath": Driver(False, False, "MicroK8s, addon hostpath-storage: a folder of one node"),
    "openebs.io/local": Driver(False, False, "openebs/dynamic-localpv-provisioner, README: only ReadWriteOnce"),
    "topolvm.io": Driver(False, True, "topolvm/topolvm, docs/limitations: only ReadWriteOnce"),
    "local.csi.openebs.io": Driver(False, True, "openebs/lvm-localpv, README: only ReadWriteOnce"),
    "zfs.csi.openebs.io": Driver(False, True, "openebs/zfs-localpv, README: only ReadWriteOnce"),
    # file systems in the network
    "filestore.csi.storage.gke.io": Driver(True, True, "kubernetes-sigs/gcp-filestore-csi-driver, README"),
    "gcsfuse.csi.storage.gke.io": Driver(True, True, "GoogleCloudPlatform/gcs-fuse-csi-driver, docs"),
    "lustre.csi.storage.gke.io": Driver(True, True, "GKE, Managed Lustre CSI driver"),
    "efs.csi.aws.com": Driver(True, True, "kubernetes-sigs/aws-efs-csi-driver, README"),
    "fsx.csi.aws.com": Driver(True, True, "kubernetes-sigs/aws-fsx-csi-driver, README"),
    "fsx.openzfs.csi.aws.com": Driver(True, True, "kubernetes-sigs/aws-fsx-openzfs-csi-driver, README"),
    "s3.csi.aws.com": Driver(True, True, "awslabs/mountpoint-s3-csi-driver, README"),
    "file.csi.azure.com": Driver(True, True, "kubernetes-sigs/azurefile-csi-driver, README"),
    "blob.csi.azure.com": Driver(True, True, "kubernetes-sigs/blob-csi-driver, README"),
    "manila.csi.openstack.org": Driver(True, True, "kubernetes/cloud-provider-openstack, docs/manila-csi-plugin"),
    "kubeflow.org/kubeflow-nfs": Driver(True, False, "the package nfs of this collection's registry, with its own className"),
    "nfs.csi.k8s.io": Driver(True, True, "kubernetes-csi/csi-driver-nfs, README"),
    "smb.csi.k8s.io": Driver(True, True, "kubernetes-csi/csi-driver-smb, README"),
    "cephfs.csi.ceph.com": Driver(True, True, "ceph/ceph-csi, docs/cephfs"),
    "rook-ceph.cephfs.csi.ceph.com": Driver(True, True, "rook/rook, docs: Filesystem Storage"),
    "openshift-storage.cephfs.csi.ceph.com": Driver(True, True, "OpenShift Data Foundation, storage classes"),
    "rbd.csi.ceph.com": Driver(False, True, "ceph/ceph-csi, docs/rbd: RWX only as a raw block device"),
    "rook-ceph.rbd.csi.ceph.com": Driver(False, True, "rook/rook, docs: Block Storage: RWX only as a raw block device"),
    "openshift-storage.rbd.csi.ceph.com": Driver(False, True, "OpenShift Data Foundation: RWX only as a raw block device"),
    "driver.longhorn.io": Driver(True, True, "longhorn/longhorn, docs: ReadWriteMany volumes through an NFS server"),
    "csi.juicefs.com": Driver(True, True, "juicedata/juicefs-csi-driver, docs"),
    "pxd.portworx.com": Driver(True, True, "Portworx documentation: sharedv4 volumes, where the class asks for them"),
    "org.democratic-csi.nfs": Driver(True, True, "democratic-csi/democratic-csi, README"),
    "cluster.local/nfs-subdir-external-provisioner": Driver(True, False, "kubernetes-sigs/nfs-subdir-external-provisioner, README"),
    "k8s-sigs.io/nfs-subdir-external-provisioner": Driver(
        True, False, "kubernetes-sigs/nfs-subdir-external-provisioner, deploy/class.yaml"
    ),
    "cluster.local/nfs-server-provisioner": Driver(True, False, "kubernetes-sigs/nfs-ganesha-server-and-external-provisioner, README"),
    "fuseim.pri/ifs": Driver(True, False, "kubernetes-retired/external-storage, nfs-client/deploy/class.yaml"),
    "kubernetes.io/no-provisioner": Driver(False, False, "Kubernetes documentation, Storage Classes: nothing is made"),
}
"""By name. For a driver that is not in the table all is unknown: whether it is installed, and its access modes.

The table "Drivers" of the Kubernetes CSI documentation (column "Supported Access Modes") agrees for the drivers that both have.
"""

RELEASES = {
    r"cluster\.local/.*nfs-(subdir-external|client)-provisioner": "cluster.local/nfs-subdir-external-provisioner",
    r"cluster\.local/.*nfs-server-provisioner": "cluster.local/nfs-server-provisioner",
}
"""Provisioners whose charts put the name of the Helm release before their own (regular expressions), to the driver.

Source: kubernetes-sigs/nfs-subdir-external-provisioner and nfs-ganesha-server-and-external-provisioner, templates/_helpers.tpl.
"""


class MinimumVolume(t.NamedTuple):
    """The smallest volume of a driver, for classes with these parameters (regular expressions; no key: any)."""

    driver: str
    parameters: dict[str, str]
    size: str
    source: str


SMALLEST = (
    MinimumVolume("pd.csi.storage.gke.io", {"type": "hyperdisk-(balanced.*|ml)"}, "4Gi", "Compute Engine, Hyperdisk: size limits"),
    MinimumVolume("pd.csi.storage.gke.io", {"type": "hyperdisk-extreme"}, "64Gi", "Compute Engine, Hyperdisk: size limits"),
    MinimumVolume("pd.csi.storage.gke.io", {"type": "hyperdisk-throughput"}, "2Ti", "Compute Engine, Hyperdisk: size limits"),
    MinimumVolume("pd.csi.storage.gke.io", {"type": "pd-extreme"}, "500Gi", "Compute Engine, Persistent Disk: size limits"),
    MinimumVolume(
        "pd.csi.storage.gke.io",
        {"type": "pd-standard|pd-balanced|pd-ssd", "replication-type": "regional-pd"},
        "10Gi",
        "GKE, Regional persistent disks",
    ),
    MinimumVolume("filestore.csi.storage.gke.io", {"tier": "premium|basic_ssd"}, "2560Gi", "Filestore, Service tiers"),
    MinimumVolume("filestore.csi.storage.gke.io", {}, "1Ti", "Filestore, Service tiers; kubernetes-sigs/gcp-filestore-csi-driver #1152"),
    MinimumVolume("ebs.csi.aws.com", {"type": "io[12]"}, "4Gi", "EC2, CreateVolume: Size"),
    MinimumVolume("ebs.csi.aws.com", {"type": "s[ct]1"}, "125Gi", "EC2, CreateVolume: Size"),
    MinimumVolume("ebs.csi.eks.amazonaws.com", {"type": "io[12]"}, "4Gi", "EC2, CreateVolume: Size"),
    MinimumVolume("ebs.csi.eks.amazonaws.com", {"type": "s[ct]1"}, "125Gi", "EC2, CreateVolume: Size"),
    MinimumVolume("block.csi.vultr.com", {"block_type": "storage_opt"}, "40Gi", "vultr/vultr-csi, docs/kubernetes: HDD block type"),
    MinimumVolume("block.csi.vultr.com", {}, "10Gi", "vultr/vultr-csi, docs/kubernetes: NVMe block type"),
    MinimumVolume("blockvolume.csi.oraclecloud.com", {}, "50Gi", "OCI, Block Volume: volume sizes"),
    MinimumVolume(
        "diskplugin.csi.alibabacloud.com", {"type": "cloud_essd", "performanceLevel": "PL0"}, "1Gi", "alibaba-cloud-csi-driver #906"
    ),
    MinimumVolume(
        "diskplugin.csi.alibabacloud.com", {"type": "cloud_essd", "performanceLevel": "PL2"}, "461Gi", "ECS, ESSD: capacity ranges"
    ),
    MinimumVolume(
        "diskplugin.csi.alibabacloud.com", {"type": "cloud_essd", "performanceLevel": "PL3"}, "1261Gi", "ECS, ESSD: capacity ranges"
    ),
    MinimumVolume(
        "diskplugin.csi.alibabacloud.com", {"type": "cloud_(auto|essd_entry)"}, "10Gi", "ECS, Elastic Block Storage: capacity ranges"
    ),
    MinimumVolume("diskplugin.csi.alibabacloud.com", {}, "20Gi", "ECS, Elastic Block Storage: capacity ranges"),
    MinimumVolume(
        "com.tencent.cloud.csi.cbs",
        {"diskType": "CLOUD_T?SSD|CLOUD_HSSD"},
        "20Gi",
        "TencentCloud/kubernetes-csi-tencentcloud, docs/README_CBS",
    ),
    MinimumVolume("com.tencent.cloud.csi.cbs", {}, "10Gi", "TencentCloud/kubernetes-csi-tencentcloud, docs/README_CBS"),
    MinimumVolume("csi.hetzner.cloud", {}, "10Gi", "hetznercloud/csi-driver, internal/driver/driver.go: MinVolumeSize"),
    MinimumVolume("linodebs.csi.linode.com", {}, "10Gi", "linode/linode-blockstorage-csi-driver, README"),
    MinimumVolume("vpc.block.csi.ibm.io", {}, "10Gi", "IBM Cloud, Block Storage for VPC: capacity"),
    MinimumVolume("storage.csi.upcloud.com", {}, "10Gi", "UpCloudLtd/upcloud-csi #31"),
)
"""The first match counts. For other drivers any size is taken to be possible."""
