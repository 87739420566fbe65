// @apiVersion 0.1
// @name io.ksonnet.pkg.address
// @description A reserved public address, as an object for the controller of a cloud: Config Connector (ComputeAddress), ACK (ElasticIPAddress) or Azure Service Operator (PublicIPAddress). It installs none of them. A string parameter with the value null is not set.
// @shortDescription A reserved public address
// @param name string Name of the component; the label app.kubernetes.io/instance of the object
// @param addressProvider string Whose controller is to make it: google, aws or azure
// @param addressName string Name of the address in the cloud, and of the object
// @optionalParam namespace string null Namespace of the object; the environment's one if not set
// @optionalParam addressApiVersion string null API version of the object, if another than compute.cnrm.cloud.google.com/v1beta1, ec2.services.k8s.aws/v1alpha1 or network.azure.com/v1api20240301
// @optionalParam addressLocation string null google: global (for an Ingress of the class gce; also if not set) or a region (for a load balancer); azure: the region
// @optionalParam addressIpVersion number 4 Version of IP: 4 or 6; aws has 4 only
// @optionalParam addressNetworkTier string null google: the network tier PREMIUM or STANDARD of a regional address
// @optionalParam addressProject string null google: the project, if another than that of the namespace
// @optionalParam addressOwner string null azure: the resource group, as the name of a ResourceGroup in the namespace, or as an ID that begins with /subscriptions/
// @optionalParam addressLabels object {} Labels (google) or tags of the address

local address = import 'kubeflow/address/address.libsonnet';
local parts = address.parts(params, env);

{ apiVersion: 'v1', kind: 'List', items: parts.all }
