// @apiVersion 0.1
// @name io.ksonnet.pkg.usage-reporting
// @description Reports once a day that this installation exists: a random id, the Kubernetes version, the number of nodes. Off unless asked for. A string parameter with the value null is not set.
// @shortDescription Usage reporting
// @param name string Name of the component; the label app.kubernetes.io/instance of every object
// @optionalParam namespace string null Namespace of every object; the environment's one if not set
// @optionalParam cloud string null Where the cluster runs: gke, eks, aks (a load balancer stays inside the private network) or openshift (no user and group ids are written)
// @optionalParam imageRegistry string null A mirror, with or without a path, that takes the place of the registry host of every image
// @optionalParam imagePullSecret string null Name of the Secret with which images are pulled, those of the notebook servers too
// @optionalParam nodeSelector object {} Labels of the nodes that all pods go to, those of the notebook servers too
// @optionalParam reportUsage string false Whether the use of this installation is reported: true or false
// @optionalParam usageId string null The random id under which it is reported
// @optionalParam usageUrl string null The https URL to which a report is sent once a day; nothing is sent if not set
// @optionalParam usageImage string quay.io/jupyterhub/k8s-hub:4.4.0 Image of the job that sends the report; must have python3

local core = import 'kubeflow/core/core.libsonnet';
local parts = core.parts(params, env);

{ apiVersion: 'v1', kind: 'List', items: parts.usageReporting }
