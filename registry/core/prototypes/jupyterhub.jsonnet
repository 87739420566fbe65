// @apiVersion 0.1
// @name io.ksonnet.pkg.jupyterhub
// @description JupyterHub with its proxy, which starts a notebook server for each user. A string parameter with the value null is not set.
// @shortDescription JupyterHub
// @param name string Name of the component; the label app.kubernetes.io/instance of every object
// @optionalParam namespace string null Namespace of every object; the environment's one if not set
// @optionalParam cloud string null Where the cluster runs: gke, eks, aks (a load balancer stays inside the private network) or openshift (no user and group ids are written)
// @optionalParam imageRegistry string null A mirror, with or without a path, that takes the place of the registry host of every image
// @optionalParam imagePullSecret string null Name of the Secret with which images are pulled, those of the notebook servers too
// @optionalParam nodeSelector object {} Labels of the nodes that all pods go to, those of the notebook servers too
// @optionalParam hostname string null Host name under which users come: of the Ingress or Gateway, the certificate, and the address to which a login returns
// @optionalParam jupyterHubImage string quay.io/jupyterhub/k8s-hub:4.4.0 Image of the hub; JupyterHub 5.3 or newer with KubeSpawner 7
// @optionalParam jupyterHubProxyImage string quay.io/jupyterhub/configurable-http-proxy:5.2.0 Image of the hub's proxy
// @optionalParam jupyterHubServiceType string ClusterIP Type of the hub's own Service proxy: ClusterIP, NodePort or LoadBalancer
// @optionalParam jupyterHubAuthenticator string null How users log in. null and dummy: any user name with a password that the hub makes at its first start and keeps on its volume; oidc: OpenID Connect; iap: Google Identity-Aware Proxy; openshift: the accounts of OpenShift; static: the names and passwords of a Secret, for trials
// @optionalParam hubPodPolicy string true Whether an admission policy holds the hub to the pods that it needs: true or false. It is an object of the cluster. false, too, where others put containers or volumes into pods, as a service mesh does
// @optionalParam secureCookies string false Whether browsers send the cookies over HTTPS alone: true or false. true where users come over HTTPS
// @optionalParam allowedUsers array [] User names that may log in, or @example.com for all with that ending; empty: everybody whom the login lets through
// @optionalParam adminUsers array [] User names of the hub's administrators, who may start and stop servers of others
// @optionalParam oidcIssuer string null For oidc: URL of the issuer; below it is /.well-known/openid-configuration
// @optionalParam oidcClientId string null For oidc: the id under which the issuer knows this client
// @optionalParam oidcSecretName string null For oidc: name of a Secret of yours with the key client-secret
// @optionalParam oidcUserClaim string email For oidc: the claim that is the user name, for instance email or preferred_username
// @optionalParam iapAudience string null For iap: the audience of the signed header, such as /projects/NUMBER/global/backendServices/ID
// @optionalParam staticSecretName string null For static: name of a Secret of yours with the key htpasswd, a line NAME:BCRYPT-HASH for each user
// @optionalParam jupyterNotebookImage string quay.io/jupyter/scipy-notebook:hub-5.5.0 Image of a user's notebook server; must have jupyterhub-singleuser of the hub's major version
// @optionalParam jupyterNotebookGpuImage string null Image of a notebook server with GPUs; jupyterNotebookImage if not set
// @optionalParam jupyterNotebookCpu string 500m CPU that a notebook server asks for; its limit is four times as much
// @optionalParam jupyterNotebookMemory string 1Gi Memory that a notebook server asks for; its limit is four times as much
// @optionalParam jupyterNotebookIdleSeconds number 0 Seconds without activity after which a notebook server is stopped; 0: it runs on
// @optionalParam jupyterNotebookGpuIdleSeconds number 3600 The same for servers with GPUs; 0: they run on
// @optionalParam jupyterNotebookNamedServers number 0 How many more servers a user may have, each with a name; all of them have the user's volume
// @optionalParam jupyterNotebookChoices array [] More servers to choose from, as [{"name": "Large", "cpu": "4", "memory": "16Gi", "image": "example.com/notebook:1"}]; what one does not say is as usual
// @optionalParam jupyterNotebookPVCMount string null Where a user's own volume is mounted, for instance /home/jovyan/work, which is the folder that JupyterLab opens; no volume if not set
// @optionalParam jupyterNotebookPVCSize string 10Gi Size of a user's volume
// @optionalParam jupyterNotebookAccessMode string ReadWriteOnce Access mode of a user's volume: ReadWriteOnce, ReadWriteOncePod or ReadWriteMany
// @optionalParam hubPVCSize string 1Gi Size of the hub's volume
// @optionalParam storageClass string null Storage class of the hub's and the users' volumes; the cluster's default one if not set
// @optionalParam sharedStorageClass string null A storage class that makes ReadWriteMany volumes: all users share one of it, in the folder shared of what JupyterLab opens; no such volume if not set
// @optionalParam sharedPVCSize string 50Gi Size of the shared volume
// @optionalParam gpuResource string null Resource name of a GPU, for instance nvidia.com/gpu: users may choose a server with it
// @optionalParam gpuLimits array [1] How many GPUs users may choose from, for instance [1,2,4]
// @optionalParam gpuTolerations array [] Tolerations of notebook servers with GPUs, beside one for taints named as gpuResource
// @optionalParam gpuNodeSelector object {} Labels of the nodes that notebook servers with GPUs go to, beside nodeSelector

local core = import 'kubeflow/core/core.libsonnet';
local parts = core.parts(params, env);

{ apiVersion: 'v1', kind: 'List', items: parts.jupyterhub }
