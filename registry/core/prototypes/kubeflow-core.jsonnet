// @apiVersion 0.1
// @name io.ksonnet.pkg.kubeflow-core
// @description The core of Kubeflow: JupyterHub, a notebook server for each user, one gateway in front of them, the training operator, and the namespace with its limits. A string parameter with the value null is not set.
// @shortDescription The core of Kubeflow
// @param name string Name of the component; the label app.kubernetes.io/instance of every object
// @optionalParam namespace string null Namespace of every object; the environment's one if not set
// @optionalParam podSecurityLevel string restricted Level of the Pod Security Standards on the namespace: restricted, baseline or privileged; no label if null
// @optionalParam quota object {} What the namespace may use in all, as hard of a ResourceQuota; no quota if empty
// @optionalParam limits object {} What containers get that ask for nothing, as an item of a LimitRange: default, defaultRequest, max, min; none if empty
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
// @optionalParam gatewayServiceType string ClusterIP Type of the Service kubeflow: ClusterIP, NodePort or LoadBalancer
// @optionalParam gatewayReplicas number 1 Pods of the gateway; with two or more a disruption budget is added
// @optionalParam gatewayImage string ghcr.io/nginx/nginx-unprivileged:1.30.4-alpine-slim Image of the gateway (nginx as a non-root user)
// @optionalParam ingressClass string null Class of an Ingress in front of the gateway; no Ingress if not set
// @optionalParam gatewayClass string null Class of a Gateway (Gateway API) in front of the gateway, with an HTTPRoute; none if not set
// @optionalParam tlsIssuer string null A ClusterIssuer of cert-manager: a Certificate for the host name is asked of it
// @optionalParam tlsSecretName string null Secret of type kubernetes.io/tls with the certificate: of the Ingress or Gateway, else of the gateway itself, which then speaks HTTPS on port 443
// @optionalParam ipName string null On GKE the name of a reserved address, elsewhere the address itself, for the load balancer, Ingress or Gateway
// @optionalParam clusterDomain string cluster.local The cluster's domain, with which full names of Services end
// @optionalParam trainingOperator string true Whether the training operator is part of it: true, or false where the cluster has one already
// @optionalParam trainingOperatorNamespace string null Namespace of the training operator, which is created; the component's own, followed by -training, if not set
// @optionalParam trainingJobs string namespace Where the training operator runs jobs, and has rights: namespace, that of the component alone; or cluster, all namespaces
// @optionalParam trainingOperatorImage string ghcr.io/kubeflow/training-v1/training-operator:v1-93c5489 Image of the training operator, release v1.9.4
// @optionalParam trainingOperatorReplicas number 1 Pods of the training operator; one of them works at a time
// @optionalParam reportUsage string false Whether the use of this installation is reported: true or false
// @optionalParam usageId string null The random id under which it is reported
// @optionalParam usageUrl string null The https URL to which a report is sent once a day; nothing is sent if not set
// @optionalParam usageImage string quay.io/jupyterhub/k8s-hub:4.4.0 Image of the job that sends the report; must have python3
// @optionalParam oauthSecretName string null For iap, of the Ingress: Secret with client_id and client_secret of an OAuth client; the client that Google manages if not set

local core = import 'kubeflow/core/core.libsonnet';
local parts = core.parts(params, env);

{ apiVersion: 'v1', kind: 'List', items: parts.all }
