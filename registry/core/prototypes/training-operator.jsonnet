// @apiVersion 0.1
// @name io.ksonnet.pkg.training-operator
// @description The training operator v1, for PyTorchJobs, TFJobs, MPIJobs, XGBoostJobs, PaddleJobs and JAXJobs. There is one in a
//   cluster. Legacy: Trainer v2, in the platform, replaces it by TrainJob and runs beside it. A string parameter with the value null is not set.
// @shortDescription The operator of training jobs (v1, legacy)
// @param name string Name of the component; the label app.kubernetes.io/instance of every object
// @optionalParam namespace string null Namespace of the jobs; the environment's one if not set
// @optionalParam cloud string null Where the cluster runs: gke, eks, aks or openshift (no user and group ids are written)
// @optionalParam imageRegistry string null A mirror, with or without a path, that takes the place of the registry host of every image
// @optionalParam imagePullSecret string null Name of the Secret with which the operator's image is pulled
// @optionalParam nodeSelector object {} Labels of the nodes that the operator's pods go to
// @optionalParam trainingOperator string true Whether the training operator is part of it: true, or false where the cluster has one already
// @optionalParam trainingOperatorNamespace string null Namespace of the training operator, which is created; the component's own, followed by -training, if not set
// @optionalParam trainingJobs string namespace Where the training operator runs jobs, and has rights: namespace, that of the component alone; or cluster, all namespaces
// @optionalParam trainingOperatorImage string ghcr.io/kubeflow/training-v1/training-operator:v1-93c5489 Image of the training operator, release v1.9.4
// @optionalParam trainingOperatorReplicas number 1 Pods of the training operator; one of them works at a time

local core = import 'kubeflow/core/core.libsonnet';
local parts = core.parts(params, env);

{ apiVersion: 'v1', kind: 'List', items: parts.trainingOperator }
