// @apiVersion 0.1
// @name io.ksonnet.pkg.tf-serving
// @description TensorFlow Serving for one model, from a PVC, Google Cloud Storage or S3, on CPUs or GPUs, with gRPC and REST. A string parameter with the value null is not set.
// @shortDescription TensorFlow Serving for one model
// @param name string Name of the component, and of its objects
// @param modelPath string Folder with the versions of the model (1, 2, ...): gs://bucket/folder, s3://bucket/folder, or a path in the PVC modelClaim, such as /models/mnist
// @optionalParam namespace string null Namespace of every object; the environment's one if not set
// @optionalParam modelName string null Name of the model in requests; the component's name if not set
// @optionalParam modelClaim string null The PersistentVolumeClaim that holds the model where modelPath is a path; it is mounted read-only
// @optionalParam modelSize string 10Gi Room for the copy of a model from s3://
// @optionalParam replicas number 1 Pods that serve the model; with two or more a disruption budget is added
// @optionalParam numGpus number 0 GPUs of each pod; from one on the image is defaultGpuImage
// @optionalParam gpuResource string nvidia.com/gpu Resource name of a GPU; its taint of the same name is tolerated
// @optionalParam gpuTolerations array [] More tolerations of pods with GPUs
// @optionalParam gpuNodeSelector object {} Labels of the nodes for pods with GPUs, beside nodeSelector
// @optionalParam cpu string 1 CPUs that each pod requests
// @optionalParam memory string 1Gi Memory that each pod requests
// @optionalParam cpuLimit string 4 CPUs that each pod may use
// @optionalParam memoryLimit string 4Gi Memory that each pod may use
// @optionalParam serviceType string ClusterIP Type of the Service: ClusterIP, NodePort or LoadBalancer
// @optionalParam clientNamespaces array [] Namespaces, beside its own, whose pods may send requests to a Service of type ClusterIP
// @optionalParam serviceAccount string null An existing ServiceAccount, for instance one that the cloud gives rights on the bucket; one without rights is made if not set
// @optionalParam gcpCredentialSecretName string null Secret with a service account's key as key.json, for gs:// without a cloud identity
// @optionalParam s3SecretName string null Secret with the access key, for s3:// without a cloud identity
// @optionalParam s3SecretAccesskeyidKeyName string AWS_ACCESS_KEY_ID Key in that Secret with the access key's id
// @optionalParam s3SecretSecretaccesskeyKeyName string AWS_SECRET_ACCESS_KEY Key in that Secret with the secret access key
// @optionalParam s3AwsRegion string us-west-1 Region of the bucket
// @optionalParam s3Endpoint string null Where an S3 other than Amazon's answers: host:port, or a whole URL
// @optionalParam s3UseHttps string true Whether that endpoint speaks HTTPS, where it is no URL: true or false
// @optionalParam s3VerifySsl string true Whether its certificate is checked: true or false
// @optionalParam defaultCpuImage string docker.io/tensorflow/serving:2.19.1 Image of the model server without GPUs
// @optionalParam defaultGpuImage string docker.io/tensorflow/serving:2.19.1-gpu Image of the model server with GPUs
// @optionalParam s3DownloadImage string docker.io/kserve/storage-initializer:v0.16.0 Image that copies a model from s3://
// @optionalParam architecture string amd64 Architecture that the images are built for; null for any node
// @optionalParam cloud string null Where the cluster runs: gke, eks, aks (a load balancer stays inside the private network) or openshift (no user and group ids are written)
// @optionalParam imageRegistry string null A mirror; replaces the registry's host of every image
// @optionalParam imagePullSecret string null Secret for pulling the images
// @optionalParam nodeSelector object {} Labels of the nodes that the pods may run on

local serving = import 'kubeflow/tf-serving/tf-serving.libsonnet';
local parts = serving.parts(params, env);

{ apiVersion: 'v1', kind: 'List', items: parts.all }
