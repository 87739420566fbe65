// @apiVersion 0.1
// @name io.ksonnet.pkg.gateway
// @description The one entry point: nginx in front of JupyterHub's proxy, behind a Service, an Ingress or a Gateway. A string parameter with the value null is not set.
// @shortDescription The entry point to Kubeflow
// @param name string Name of the component; the label app.kubernetes.io/instance of every object
// @optionalParam namespace string null Namespace of every object; the environment's one if not set
// @optionalParam cloud string null Where the cluster runs: gke, eks, aks (a load balancer stays inside the private network) or openshift (no user and group ids are written)
// @optionalParam imageRegistry string null A mirror, with or without a path, that takes the place of the registry host of every image
// @optionalParam imagePullSecret string null Name of the Secret with which images are pulled, those of the notebook servers too
// @optionalParam nodeSelector object {} Labels of the nodes that all pods go to, those of the notebook servers too
// @optionalParam gatewayServiceType string ClusterIP Type of the Service kubeflow: ClusterIP, NodePort or LoadBalancer
// @optionalParam gatewayReplicas number 1 Pods of the gateway; with two or more a disruption budget is added
// @optionalParam gatewayImage string ghcr.io/nginx/nginx-unprivileged:1.30.4-alpine-slim Image of the gateway (nginx as a non-root user)
// @optionalParam ingressClass string null Class of an Ingress in front of the gateway; no Ingress if not set
// @optionalParam gatewayClass string null Class of a Gateway (Gateway API) in front of the gateway, with an HTTPRoute; none if not set
// @optionalParam hostname string null Host name under which users come: of the Ingress or Gateway, the certificate, and the address to which a login returns
// @optionalParam tlsIssuer string null A ClusterIssuer of cert-manager: a Certificate for the host name is asked of it
// @optionalParam tlsSecretName string null Secret of type kubernetes.io/tls with the certificate: of the Ingress or Gateway, else of the gateway itself, which then speaks HTTPS on port 443
// @optionalParam ipName string null On GKE the name of a reserved address, elsewhere the address itself, for the load balancer, Ingress or Gateway
// @optionalParam clusterDomain string cluster.local The cluster's domain, with which full names of Services end

local core = import 'kubeflow/core/core.libsonnet';
local parts = core.parts(params, env);

{ apiVersion: 'v1', kind: 'List', items: parts.gateway }
