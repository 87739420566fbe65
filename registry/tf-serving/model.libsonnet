// How the model gets to the server: where the server reads it, and what that takes in the pod.
local common = import 'common.libsonnet';

{
  local folder = '/mnt/models',
  local credentials = '/secret/gcp-credentials',

  claim(params):: {
    path: folder + params.modelPath,
    env: [],
    mounts: [{ name: 'model', mountPath: folder, readOnly: true }],
    volumes: [{ name: 'model', persistentVolumeClaim: { claimName: params.modelClaim, readOnly: true } }],
    initContainers: [],
  },

  // The server reads Google Cloud Storage itself, and looks for new versions.
  gcs(params)::
    local secret = params.gcpCredentialSecretName;
    {
      path: params.modelPath,
      env: if secret == null then [] else [{ name: 'GOOGLE_APPLICATION_CREDENTIALS', value: credentials + '/key.json' }],
      mounts: if secret == null then [] else [{ name: 'gcp-credentials', mountPath: credentials, readOnly: true }],
      volumes: if secret == null then [] else [{ name: 'gcp-credentials', secret: { secretName: secret } }],
      initContainers: [],
    },

  // The server lost its support for S3 with release 2.7 (tensorflow/serving issue 1963), so the model is copied before it starts.
  s3(params):: {
    path: folder,
    env: [],
    mounts: [{ name: 'model', mountPath: folder, readOnly: true }],
    volumes: [
      { name: 'model', emptyDir: { sizeLimit: params.modelSize } },
      { name: 'tmp', emptyDir: { sizeLimit: '256Mi' } },
    ],
    initContainers: [{
      name: 'download',
      image: common.image(params, params.s3DownloadImage),
      args: [params.modelPath, folder],
      env: $.s3Environment(params),
      resources: common.resources('100m', '256Mi', '1', '1Gi'),
      securityContext: common.containerSecurity,
      volumeMounts: [{ name: 'model', mountPath: folder }, { name: 'tmp', mountPath: '/tmp' }],
    }],
  },

  s3Environment(params)::
    local fromSecret(variable, key) = {
      name: variable,
      valueFrom: { secretKeyRef: { name: params.s3SecretName, key: key } },
    };
    [
      { name: 'HOME', value: '/tmp' },
      { name: 'AWS_DEFAULT_REGION', value: params.s3AwsRegion },
      { name: 'S3_VERIFY_SSL', value: if params.s3VerifySsl then '1' else '0' },
    ]
    + (if params.s3Endpoint == null then [] else [{ name: 'AWS_ENDPOINT_URL', value: params.s3Endpoint }])
    + if params.s3SecretName == null then [] else [
      fromSecret('AWS_ACCESS_KEY_ID', params.s3SecretAccesskeyidKeyName),
      fromSecret('AWS_SECRET_ACCESS_KEY', params.s3SecretSecretaccesskeyKeyName),
    ],

  of(params)::
    if params.storage == 'claim' then self.claim(params)
    else if params.storage == 'gcs' then self.gcs(params)
    else self.s3(params),
}
