// @apiVersion 0.1
// @name io.ksonnet.pkg.tf-job
// @description A TFJob: distributed training with TensorFlow, on CPUs or GPUs. Legacy: Trainer v2 replaces it by TrainJob.
//   A string parameter with the value null is not set. The cluster must have a training operator.
// @shortDescription A training job with TensorFlow (v1, legacy)
// @param name string Name of the component and of the job: a letter, then letters, digits and dashes, at most 50
// @param image string Image with the program that trains
// @optionalParam namespace string null Namespace of the job; the environment's one if not set
// @optionalParam command array [] Command of the containers; that of the image if empty
// @optionalParam args string null Arguments of the program, with commas between them
// @optionalParam image_gpu string null Image for the replicas with GPUs; image if not set
// @optionalParam num_masters number 1 Number of masters (the chief of TensorFlow): 0 or 1
// @optionalParam num_workers number 0 Number of workers
// @optionalParam num_ps number 0 Number of parameter servers
// @optionalParam num_gpus number 0 GPUs of the master and of each worker
// @optionalParam gpuResource string nvidia.com/gpu Resource name of a GPU; its taint of the same name is tolerated
// @optionalParam gpuTolerations array [] More tolerations of pods with GPUs
// @optionalParam gpuNodeSelector object {} Labels of the nodes for pods with GPUs, beside nodeSelector
// @optionalParam cpu string 1 CPUs of each pod
// @optionalParam memory string 2Gi Memory of each pod
// @optionalParam cloud string null Where the cluster runs: gke, eks, aks or openshift (no user and group ids are written)
// @optionalParam imagePullSecret string null Name of the Secret with which the image is pulled
// @optionalParam nodeSelector object {} Labels of the nodes that the pods may run on

local job = import 'kubeflow/tf-job/tf-job.libsonnet';

{ apiVersion: 'v1', kind: 'List', items: job.objects(params, env) }
