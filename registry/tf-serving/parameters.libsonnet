// Checks the parameters of tf-serving; returns them by the same names, with null where one is not set.
local common = import 'common.libsonnet';
local check = common.checks('tf-serving');

{
  // Where the model is: claim, gcs or s3.
  local storage(path) =
    if std.startsWith(path, 'gs://') then 'gcs'
    else if std.startsWith(path, 's3://') then 's3'
    else if std.startsWith(path, '/') then 'claim'
    else check.wrong('modelPath', path, 'gs://bucket/folder, s3://bucket/folder or an absolute path in modelClaim'),

  local claim(params, kind) =
    local value = common.orNull(params.modelClaim);
    if kind == 'claim' then check.text('modelClaim', value)
    else if value == null then null
    else check.wrong('modelClaim', value, 'null where modelPath is a bucket'),

  local gpuResource(params) =
    local value = params.gpuResource;
    if common.isUnset(value) && params.numGpus == 0 then null
    else if std.type(value) == 'string' && std.length(std.split(value, '/')) == 2 then value
    else check.wrong('gpuResource', value, 'the full name of a resource, such as nvidia.com/gpu'),

  local endpoint(params) =
    local value = check.textOrNull('s3Endpoint', params.s3Endpoint);
    if value == null then null
    else if std.length(std.split(value, '/')) >= 3 then value
    else (if check.flag('s3UseHttps', params.s3UseHttps) then 'https://' else 'http://') + value,

  check(params, env)::
    local path = check.text('modelPath', params.modelPath);
    local kind = storage(path);
    {
      name: check.label('name', params.name),
      namespace: check.namespace(params, env),
      modelPath: path,
      storage: kind,
      modelClaim: claim(params, kind),
      modelName: if common.isUnset(params.modelName) then params.name else check.text('modelName', params.modelName),
      modelSize: check.text('modelSize', params.modelSize),
      replicas: check.wholeNumber('replicas', params.replicas, 1),
      numGpus: check.wholeNumber('numGpus', params.numGpus, 0),
      gpuResource: gpuResource(params),
      gpuTolerations: check.array('gpuTolerations', params.gpuTolerations),
      gpuNodeSelector: check.object('gpuNodeSelector', params.gpuNodeSelector),
      cpu: check.text('cpu', params.cpu),
      memory: check.text('memory', params.memory),
      cpuLimit: check.text('cpuLimit', params.cpuLimit),
      memoryLimit: check.text('memoryLimit', params.memoryLimit),
      serviceType: check.serviceType('serviceType', params.serviceType),
      clientNamespaces: check.array('clientNamespaces', params.clientNamespaces),
      serviceAccount: check.textOrNull('serviceAccount', params.serviceAccount),
      gcpCredentialSecretName: check.textOrNull('gcpCredentialSecretName', params.gcpCredentialSecretName),
      s3SecretName: check.textOrNull('s3SecretName', params.s3SecretName),
      s3SecretAccesskeyidKeyName: check.text('s3SecretAccesskeyidKeyName', params.s3SecretAccesskeyidKeyName),
      s3SecretSecretaccesskeyKeyName: check.text('s3SecretSecretaccesskeyKeyName', params.s3SecretSecretaccesskeyKeyName),
      s3AwsRegion: check.text('s3AwsRegion', params.s3AwsRegion),
      s3Endpoint: endpoint(params),
      s3VerifySsl: check.flag('s3VerifySsl', params.s3VerifySsl),
      image: if self.numGpus > 0 then check.text('defaultGpuImage', params.defaultGpuImage)
      else check.text('defaultCpuImage', params.defaultCpuImage),
      s3DownloadImage: check.text('s3DownloadImage', params.s3DownloadImage),
      architecture: check.textOrNull('architecture', params.architecture),
      cloud: check.cloud(params),
      imageRegistry: check.textOrNull('imageRegistry', params.imageRegistry),
      imagePullSecret: check.textOrNull('imagePullSecret', params.imagePullSecret),
      nodeSelector: check.object('nodeSelector', params.nodeSelector),
    },
}
