# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is known of the drivers that make volumes. Private to the collection."""

from __future__ import annotations

MIGRATED = {
    "kubernetes.io/aws-ebs": "ebs.csi.aws.com",
    "kubernetes.io/azure-disk": "disk.csi.azure.com",
    "kubernetes.io/azure-file": "file.csi.azure.com",
    "kubernetes.io/cinder": "cinder.csi.openstack.org",
    "kubernetes.io/gce-pd": "pd.csi.storage.gke.io",
    "kubernetes.io/portworx-volume": "pxd.portworx.com",
    "kubernetes.io/vsphere-volume": "csi.vsphere.vmware.com",
}
"""Provisioners that were part of Kubernetes to the CSI driver that does their work now.

Source: kubernetes/csi-translation-lib (package plugins) and the Kubernetes documentation, "Volumes", sections on CSI migration.
"""

READ_WRITE_MANY: dict[str, tuple[bool, str]] = {
    # cloud disks
    "pd.csi.storage.gke.io": (False, "kubernetes-sigs/gcp-compute-persistent-disk-csi-driver, README: RWX only as a raw block device"),
    "ebs.csi.aws.com": (False, "kubernetes-sigs/aws-ebs-csi-driver, docs/parameters: RWX only as a raw block device (multi-attach)"),
    "ebs.csi.eks.amazonaws.com": (False, "EKS Auto Mode, Create a storage class: block storage of EBS"),
    "disk.csi.azure.com": (False, "kubernetes-sigs/azuredisk-csi-driver, docs/driver-parameters: RWX only as a raw block device"),
    "cinder.csi.openstack.org": (False, "kubernetes/cloud-provider-openstack, docs/cinder-csi-plugin: RWX only as a raw block device"),
    "dobs.csi.digitalocean.com": (False, "digitalocean/csi-digitalocean, README: only ReadWriteOnce"),
    "csi.hetzner.cloud": (False, "hetznercloud/csi-driver, docs: only ReadWriteOnce"),
    "linodebs.csi.linode.com": (False, "linode/linode-blockstorage-csi-driver, README: only ReadWriteOnce"),
    "vpc.block.csi.ibm.io": (False, "kubernetes-sigs/ibm-vpc-block-csi-driver, README: only ReadWriteOnce"),
    # disks of the nodes
    "rancher.io/local-path": (False, "rancher/local-path-provisioner, README: a folder of one node"),
    "k8s.io/minikube-hostpath": (False, "minikube handbook, Persistent Volumes: a folder of one node"),
    "docker.io/hostpath": (False, "Docker Desktop: a folder of its one node"),
    "microk8s.io/hostpath": (False, "MicroK8s, addon hostpath-storage: a folder of one node"),
    "openebs.io/local": (False, "openebs/dynamic-localpv-provisioner, README: only ReadWriteOnce"),
    "topolvm.io": (False, "topolvm/topolvm, docs/limitations: only ReadWriteOnce"),
    "local.csi.openebs.io": (False, "openebs/lvm-localpv, README: only ReadWriteOnce"),
    "zfs.csi.openebs.io": (False, "openebs/zfs-localpv, README: only ReadWriteOnce"),
    # file systems in the network
    "filestore.csi.storage.gke.io": (True, "kubernetes-sigs/gcp-filestore-csi-driver, README"),
    "gcsfuse.csi.storage.gke.io": (True, "GoogleCloudPlatform/gcs-fuse-csi-driver, docs"),
    "lustre.csi.storage.gke.io": (True, "GKE, Managed Lustre CSI driver"),
    "efs.csi.aws.com": (True, "kubernetes-sigs/aws-efs-csi-driver, README"),
    "fsx.csi.aws.com": (True, "kubernetes-sigs/aws-fsx-csi-driver, README"),
    "fsx.openzfs.csi.aws.com": (True, "kubernetes-sigs/aws-fsx-openzfs-csi-driver, README"),
    "s3.csi.aws.com": (True, "awslabs/mountpoint-s3-csi-driver, README"),
    "file.csi.azure.com": (True, "kubernetes-sigs/azurefile-csi-driver, README"),
    "blob.csi.azure.com": (True, "kubernetes-sigs/blob-csi-driver, README"),
    "manila.csi.openstack.org": (True, "kubernetes/cloud-provider-openstack, docs/manila-csi-plugin"),
    "kubeflow.org/kubeflow-nfs": (True, "the package nfs of this collection's registry, with its own className"),
    "nfs.csi.k8s.io": (True, "kubernetes-csi/csi-driver-nfs, README"),
    "smb.csi.k8s.io": (True, "kubernetes-csi/csi-driver-smb, README"),
    "cephfs.csi.ceph.com": (True, "ceph/ceph-csi, docs/cephfs"),
    "rook-ceph.cephfs.csi.ceph.com": (True, "rook/rook, docs: Filesystem Storage"),
    "openshift-storage.cephfs.csi.ceph.com": (True, "OpenShift Data Foundation, storage classes"),
    "rbd.csi.ceph.com": (False, "ceph/ceph-csi, docs/rbd: RWX only as a raw block device"),
    "rook-ceph.rbd.csi.ceph.com": (False, "rook/rook, docs: Block Storage: RWX only as a raw block device"),
    "openshift-storage.rbd.csi.ceph.com": (False, "OpenShift Data Foundation: RWX only as a raw block device"),
    "driver.longhorn.io": (True, "longhorn/longhorn, docs: ReadWriteMany volumes through an NFS server"),
    "csi.juicefs.com": (True, "juicedata/juicefs-csi-driver, docs"),
    "pxd.portworx.com": (True, "Portworx documentation: sharedv4 volumes, where the class asks for them"),
    "org.democratic-csi.nfs": (True, "democratic-csi/democratic-csi, README"),
    "cluster.local/nfs-subdir-external-provisioner": (True, "kubernetes-sigs/nfs-subdir-external-provisioner, README"),
    "k8s-sigs.io/nfs-subdir-external-provisioner": (True, "kubernetes-sigs/nfs-subdir-external-provisioner, deploy/class.yaml"),
    "kubernetes.io/no-provisioner": (False, "Kubernetes documentation, Storage Classes: nothing is made"),
}
"""Whether a volume with a file system can be mounted for writing on several nodes at once, and the source. Not in the table: not known.

What the Kubernetes CSI documentation lists under "Drivers" (column "Supported Access Modes") agrees, where it names a driver of ours.
"""

NOT_CSI = (
    "rancher.io/local-path",
    "k8s.io/minikube-hostpath",
    "docker.io/hostpath",
    "microk8s.io/hostpath",
    "openebs.io/local",
    "cluster.local/nfs-subdir-external-provisioner",
    "k8s-sigs.io/nfs-subdir-external-provisioner",
    "kubeflow.org/kubeflow-nfs",
    "kubernetes.io/no-provisioner",
)
"""Provisioners of the table that are no CSI drivers, so that no object tells whether they are there."""
