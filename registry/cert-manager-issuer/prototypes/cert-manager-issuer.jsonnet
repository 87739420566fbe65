// @apiVersion 0.1
// @name io.ksonnet.pkg.cert-manager-issuer
// @description An issuer of certificates for cert-manager: ACME, as of Let's Encrypt, or self-signed. It does not install cert-manager. A string parameter with the value null is not set.
// @shortDescription An issuer for cert-manager
// @param name string Name of the component; the label app.kubernetes.io/instance of the issuer
// @optionalParam acmeEmail string null Mail address for the ACME account, where warnings are sent to; needed unless selfSigned is true
// @optionalParam acmeUrl string https://acme-v02.api.letsencrypt.org/directory Directory of the ACME server
// @optionalParam namespace string null Namespace of an Issuer; the environment's one if not set. A ClusterIssuer has none
// @optionalParam issuerName string letsencrypt-prod Name of the issuer, and with -secret of the Secret for the account's key
// @optionalParam issuerKind string ClusterIssuer Who may use it: ClusterIssuer (all namespaces) or Issuer (its own)
// @optionalParam selfSigned string false Whether certificates sign themselves, for trials where no ACME server reaches the cluster: true or false
// @optionalParam solver string http01 How the ACME server is shown who owns a host name: http01 (a request from the internet) or dns01 (a record in Google Cloud DNS)
// @optionalParam ingressClass string null With http01, the class of the Ingress that answers: the name of an IngressClass, or gce on GKE
// @optionalParam ingressName string null With http01, an Ingress that is there and answers instead of a new one, as GKE needs where one address has one Ingress
// @optionalParam cloudDNSProject string null With dns01, the Google Cloud project of the DNS zone
// @optionalParam cloudDNSSecretName string null With dns01, the Secret with a service account's key as key.json; cert-manager's own cloud identity if not set

local issuers = import 'kubeflow/cert-manager-issuer/cert-manager-issuer.libsonnet';
local parts = issuers.parts(params, env);

{ apiVersion: 'v1', kind: 'List', items: parts.all }
