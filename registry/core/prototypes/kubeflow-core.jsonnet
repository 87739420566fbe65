// @apiVersion 0.1
// @name io.ksonnet.pkg.kubeflow-core
// @description The core of Kubeflow: JupyterHub, a notebook server for each user, and one gateway in front of them.
//   A string parameter with the value null is not set.
// @shortDescription The core of Kubeflow
// @param name string Name of the component; the label app.kubernetes.io/instance of every object
// @optionalParam namespace string null Namespace of every object; the environment's one if not set
// @optionalParam cloud string null Where the cluster runs: gke, eks, aks (a load balancer stays inside the private network) or openshift (no user and group ids are written)
// @optionalParam gatewayServiceType string ClusterIP Type of the Service kubeflow: ClusterIP, NodePort or LoadBalancer
// @optionalParam gatewayReplicas number 1 Pods of the gateway; with two or more a disruption budget is added
// @optionalParam gatewayImage string ghcr.io/nginx/nginx-unprivileged:1.30.4-alpine-slim Image of the gateway (nginx as a non-root user)
// @optionalParam jupyterHubImage string quay.io/jupyterhub/k8s-hub:4.4.0 Image of the hub; JupyterHub 5.3 or newer with KubeSpawner 7
// @optionalParam jupyterHubProxyImage string quay.io/jupyterhub/configurable-http-proxy:5.2.0 Image of the hub's proxy
// @optionalParam jupyterHubServiceType string ClusterIP Type of the hub's own Service proxy: ClusterIP, NodePort or LoadBalancer
// @optionalParam jupyterHubAuthenticator string null How users log in. null and dummy: any user name with a password that the hub makes at its first start and keeps on its volume
// @optionalParam jupyterNotebookImage string quay.io/jupyter/scipy-notebook:2026-09-29 Image of a user's notebook server; must have jupyterhub-singleuser
// @optionalParam jupyterNotebookPVCMount string null Where a user's own volume is mounted, for instance /home/jovyan/work; no volume if not set
// @optionalParam jupyterNotebookPVCSize string 10Gi Size of a user's volume
// @optionalParam hubPVCSize string 1Gi Size of the hub's volume
// @optionalParam storageClass string null Storage class of the hub's and the users' volumes; the cluster's default one if not set
// @optionalParam gpuResource string null Resource name of a GPU, for instance nvidia.com/gpu: users may choose a server with one of them

local core = import 'kubeflow/core/core.libsonnet';
local parts = core.parts(params, env);

{ apiVersion: 'v1', kind: 'List', items: parts.all }
