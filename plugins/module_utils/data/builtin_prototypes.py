# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The prototypes that ks 0.10.0 has built in: their names, short descriptions, parameters and objects.

The names, types, defaults and order of the parameters, and the objects, are those of ks (prototype/systemPrototypes.go at v0.10.0).
The bodies are of our own: plain objects, which need no library, and which the printer of ks 0.10.0 prints as they are.
"""

from __future__ import annotations

TEXTS = (
    """// @apiVersion 0.1
// @name io.ksonnet.pkg.namespace
// @description A namespace with a label that has its name.
// @shortDescription Namespace with labels automatically populated from the name
// @param name string Name of the namespace

{
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    labels: { name: import 'param://name' },
    name: import 'param://name',
  },
}
""",
    """// @apiVersion 0.1
// @name io.ksonnet.pkg.single-port-service
// @description A service with one port, servicePort, which leads to the port targetPort of the pods that have the labels
//   of targetLabelSelector.
// @shortDescription Service that exposes a single port
// @param name string Name of the service
// @param targetLabelSelector object Labels of the pods that the service leads to, such as {"app": "web"}
// @optionalParam servicePort numberOrString 80 Port of the service
// @optionalParam targetPort numberOrString 80 Port of the pods
// @optionalParam protocol string TCP Protocol of the port, TCP or UDP; as in ks it is not used
// @optionalParam type string ClusterIP Type of the service

{
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: import 'param://name' },
  spec: {
    ports: [{ port: import 'param://servicePort', targetPort: import 'param://targetPort' }],
    selector: import 'param://targetLabelSelector',
    type: import 'param://type',
  },
}
""",
    """// @apiVersion 0.1
// @name io.ksonnet.pkg.deployed-service
// @description A deployment of one container, and a service with one port, servicePort, which leads to its port containerPort.
// @shortDescription A deployment exposed with a service
// @param name string Name of the service and of the deployment
// @param image string Image of the container
// @optionalParam servicePort numberOrString 80 Port of the service
// @optionalParam containerPort numberOrString 80 Port of the container
// @optionalParam replicas number 1 Number of pods
// @optionalParam type string ClusterIP Type of the service

local labels = { app: import 'param://name' };
local appService = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: import 'param://name' },
  spec: {
    ports: [{ port: import 'param://servicePort', targetPort: import 'param://containerPort' }],
    selector: labels,
    type: import 'param://type',
  },
};
local appDeployment = {
  apiVersion: 'apps/v1beta1',
  kind: 'Deployment',
  metadata: { name: import 'param://name' },
  spec: {
    replicas: import 'param://replicas',
    template: {
      metadata: { labels: labels },
      spec: {
        containers: [
          {
            image: import 'param://image',
            name: import 'param://name',
            ports: [{ containerPort: import 'param://containerPort' }],
          },
        ],
      },
    },
  },
};

{ apiVersion: 'v1', kind: 'List', items: [appService, appDeployment] }
""",
    """// @apiVersion 0.1
// @name io.ksonnet.pkg.configMap
// @description A config map with the data that you give it.
// @shortDescription A simple config map with optional user-specified data
// @param name string Name of the config map
// @optionalParam data object {} What it holds

{
  apiVersion: 'v1',
  data: import 'param://data',
  kind: 'ConfigMap',
  metadata: { name: import 'param://name' },
}
""",
    """// @apiVersion 0.1
// @name io.ksonnet.pkg.single-port-deployment
// @description A deployment of one container with one port. Its pods have a label app with the name.
// @shortDescription Replicates a container n times, exposes a single port
// @param name string Name of the deployment
// @param image string Image of the container
// @optionalParam replicas number 1 Number of pods
// @optionalParam port numberOrString 80 Port of the container

{
  apiVersion: 'apps/v1beta1',
  kind: 'Deployment',
  metadata: { name: import 'param://name' },
  spec: {
    replicas: import 'param://replicas',
    template: {
      metadata: { labels: { app: import 'param://name' } },
      spec: {
        containers: [
          {
            image: import 'param://image',
            name: import 'param://name',
            ports: [{ containerPort: import 'param://port' }],
          },
        ],
      },
    },
  },
}
""",
)
