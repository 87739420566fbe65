// @apiVersion 0.1
// @name io.ksonnet.pkg.argo
// @description Argo Workflows: the workflow controller, for one namespace or the whole cluster, its CRDs, and an account that workflows run as. A string parameter with the value null is not set.
// @shortDescription The workflow controller of Argo
// @param name string Name of the component; the label app.kubernetes.io/instance of every object
// @optionalParam namespace string null Namespace of every object; the environment's one if not set
// @optionalParam namespaced string true Whether the controller serves its own namespace only: true, or false for the whole cluster
// @optionalParam customResources string true Whether to define Workflow and its seven companions: true, or false where the cluster has Argo
// @optionalParam controllerReplicas number 1 Pods of the controller; one works, the others stand by
// @optionalParam workflowServiceAccount string argo-workflow ServiceAccount that workflows of the namespace run as unless they name another; it is made, with the right to report results
// @optionalParam artifactRepository object {} Where artifacts and logs are kept, as artifactRepository of Argo's configuration; nowhere if empty
// @optionalParam parallelism number 0 Workflows that may run at the same time; 0 for any number
// @optionalParam retainCompleted number 100 Completed, and as many failed, workflows that are kept; older ones are deleted
// @optionalParam controllerImage string quay.io/argoproj/workflow-controller:v3.7.16 Image of the controller
// @optionalParam executorImage string quay.io/argoproj/argoexec:v3.7.16 Image of the containers that Argo adds to each pod of a workflow; the controller's release
// @optionalParam cloud string null Where the cluster runs: gke, eks, aks or openshift (no user and group ids are written)
// @optionalParam imageRegistry string null A mirror; replaces the registry's host of every image
// @optionalParam imagePullSecret string null Secret for pulling the images
// @optionalParam nodeSelector object {} Labels of the nodes that the controller may run on

local argo = import 'kubeflow/argo/argo.libsonnet';
local parts = argo.parts(params, env);

{ apiVersion: 'v1', kind: 'List', items: parts.all }
