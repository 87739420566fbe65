// @apiVersion 0.1
// @name io.ksonnet.pkg.iap-ingress
// @description Access from the internet on GKE: an Ingress with a reserved address and TLS, which lets in only whom Google's Identity-Aware Proxy (IAP) has logged in. A string parameter with the value null is not set.
// @shortDescription Ingress with IAP on GKE
// @param name string Name of the component, and of its objects
// @param ipName string Name of the reserved global address in the Google Cloud project
// @param hostname string Host name of Kubeflow, whose DNS record has that address
// @optionalParam namespace string null Namespace of every object, that of the gateway; the environment's one if not set
// @optionalParam oauthSecretName string kubeflow-oauth Secret with client_id and client_secret of an OAuth client; null for the client that Google manages, for users of the own organisation
// @optionalParam issuer string null Issuer of cert-manager for the certificate; Google manages one (ManagedCertificate) if neither this nor secretName is set
// @optionalParam issuerKind string ClusterIssuer Kind of that issuer: ClusterIssuer or Issuer
// @optionalParam secretName string null TLS Secret: with issuer the one that is filled, by default named after the component; without it one that already exists
// @optionalParam serviceName string null A Service that is there and carries the annotations for IAP itself; one for the pods of podSelector is made if not set
// @optionalParam servicePort number 80 Port of that Service
// @optionalParam podSelector object {"app.kubernetes.io/name":"kubeflow-gateway","app.kubernetes.io/component":"gateway"} Labels of the pods behind the Service that is made
// @optionalParam targetPort number 8080 Port of those pods
// @optionalParam healthPath string /healthz Path at which those pods answer 200 without a login
// @optionalParam timeoutSeconds number 3600 How long a connection, such as a notebook's WebSocket, may last
// @optionalParam ingressClass string null The text gce where another controller has the cluster's default IngressClass; GKE takes an Ingress without a class too

local ingress = import 'kubeflow/iap-ingress/iap-ingress.libsonnet';
local parts = ingress.parts(params, env);

{ apiVersion: 'v1', kind: 'List', items: parts.all }
