// @apiVersion 0.1
// @name io.ksonnet.pkg.nfs
// @description A storage class with volumes for many pods at a time (ReadWriteMany), from an NFS server on one disk (ReadWriteOnce), for clusters that have none. The server needs more rights than the levels restricted and baseline of the Pod Security Standards allow, so it has a namespace of its own.
// @shortDescription A ReadWriteMany storage class from one disk
// @param name string Name of the component, and of its objects
// @optionalParam namespace string kubeflow-nfs Namespace of the server, made at the level privileged unless it is the environment's one, which must have that level then
// @optionalParam storageClass string null Class of the disk; the cluster's default one if not set
// @optionalParam size string 100Gi Size of the disk, which all volumes share
// @optionalParam className string kubeflow-nfs Name of the storage class that is made
// @optionalParam reclaimPolicy string Delete What becomes of a volume's files when its PVC is deleted: Delete or Retain
// @optionalParam clientCIDRs array [] Addresses that may reach the server, such as 10.0.0.0/16 (the nodes mount the volumes); all if empty
// @optionalParam cpu string 100m CPUs that the server requests
// @optionalParam cpuLimit string 1 CPUs that the server may use
// @optionalParam memory string 256Mi Memory that the server requests
// @optionalParam memoryLimit string 1Gi Memory that the server may use
// @optionalParam image string registry.k8s.io/sig-storage/nfs-provisioner:v4.0.8 Image with the NFS server and the provisioner
// @optionalParam cloud string null Where the cluster runs: gke, eks, aks or openshift (the server is bound to the SCC privileged)
// @optionalParam imageRegistry string null A mirror; replaces the registry's host of the image
// @optionalParam imagePullSecret string null Secret for pulling the image
// @optionalParam nodeSelector object {} Labels of the nodes that the server may run on

local nfs = import 'kubeflow/nfs/nfs.libsonnet';
local parts = nfs.parts(params, env);

{ apiVersion: 'v1', kind: 'List', items: parts.all }
