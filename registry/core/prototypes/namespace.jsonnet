// @apiVersion 0.1
// @name io.ksonnet.pkg.namespace
// @description The namespace: level of pod security, quota, limits, and no ingress to its pods but what is allowed. A string parameter with the value null is not set.
// @shortDescription The namespace
// @param name string Name of the component; the label app.kubernetes.io/instance of every object
// @optionalParam namespace string null Namespace of every object; the environment's one if not set
// @optionalParam podSecurityLevel string restricted Level of the Pod Security Standards on the namespace: restricted, baseline or privileged; no label if null
// @optionalParam quota object {} What the namespace may use in all, as hard of a ResourceQuota; no quota if empty
// @optionalParam limits object {} What containers get that ask for nothing, as an item of a LimitRange: default, defaultRequest, max, min; none if empty

local core = import 'kubeflow/core/core.libsonnet';
local parts = core.parts(params, env);

{ apiVersion: 'v1', kind: 'List', items: parts.namespace }
