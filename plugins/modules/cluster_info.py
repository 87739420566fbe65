#!/usr/bin/python
# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module cluster_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_info
short_description: Collect what a Kubernetes cluster has and can
version_added: 1.0.0
author:
  - The kubeflow.bootstrap authors (@kubeflow)
description:
  - Asks the API server for what good choices for Kubeflow rest on, side by side over few connections, and returns a summary.
  - What the user may not read is listed in RV(cluster.unknown). Only a cluster that does not answer, or refuses the login, fails.
extends_documentation_fragment:
  - kubeflow.bootstrap.target
  - kubeflow.bootstrap.attributes
  - kubeflow.bootstrap.attributes.info
options:
  namespace:
    description: The namespace that Kubeflow is to go to. What the user may do is asked for there.
    type: str
    default: kubeflow
  timeout:
    description:
      - Seconds that all requests may take together.
      - What does not exist by then is named in RV(cluster.unknown), and the rest is returned.
    type: float
    default: 60
  request_timeout:
    description: Seconds without a byte from the API server after which one request is given up, and named in RV(cluster.unknown).
    type: float
    default: 20
requirements:
  - PyYAML
"""

EXAMPLES = r"""
- name: Look at the cluster
  kubeflow.bootstrap.cluster_info:
  register: found

- name: Say which storage class is the default one
  ansible.builtin.debug:
    msg: "{{ found.cluster.storage.default }}"
"""

RETURN = r"""
cluster:
  description: What was found.
  returned: success
  type: dict
  contains:
    server:
      description: URL of the API server.
      type: str
    uid:
      description: UID of the namespace C(kube-system), which tells one cluster from another. Not set if it may not be read.
      type: str
    version:
      description: Version of the API server.
      type: dict
      contains:
        git_version:
          description: As the server says it.
          type: str
          sample: v1.35.0
        major:
          description: Major version.
          type: int
        minor:
          description: Minor version; V(0) if the server does not say.
          type: int
        supported:
          description: Whether the version is in RV(cluster.version.window). Not set if the server does not say its version.
          type: bool
        window:
          description: The versions that this collection supports and is tested with.
          type: dict
          contains:
            oldest:
              description: Major and minor version of the oldest one.
              type: str
              sample: "1.30"
            newest:
              description: Major and minor version of the newest one.
              type: str
              sample: "1.35"
        kubelet_skew:
          description:
            - By how many minor versions kubelets are behind the API server; negative for those that are ahead. Not set if no versions
              are known.
          type: dict
          contains:
            least:
              description: Of the newest kubelet.
              type: int
            most:
              description: Of the oldest kubelet.
              type: int
        kubelet_skew_supported:
          description: Whether Kubernetes supports that, which is from none to three minor versions behind. Not set if it is not known.
          type: bool
    distribution:
      description: Whose Kubernetes it is.
      type: dict
      contains:
        name:
          description:
            - One of V(openshift), V(gke), V(eks), V(aks), V(kind), V(k3s), V(rke2), V(microk8s), V(talos), V(minikube),
              V(docker-desktop) and V(kwok), or V(kubernetes) if nothing tells.
          type: str
        signals:
          description: What was seen. The version string alone never decides.
          type: list
          elements: str
    nodes:
      description: All nodes, summed up.
      type: dict
      contains:
        count:
          description: Number of nodes.
          type: int
        ready:
          description: Number of nodes that are ready.
          type: int
        schedulable:
          description: Number of nodes that are not cordoned.
          type: int
        usable:
          description: Number of nodes that are ready, not cordoned and without a taint that repels ordinary pods.
          type: int
        ordinary:
          description:
            - The nodes that no lasting taint keeps ordinary pods from, whether they are ready and schedulable now or not.
            - What is planned rests on these, as it is to stay the same while pods and nodes come, go and are mended.
          type: dict
          contains:
            count:
              description: Number of these nodes.
              type: int
              sample: 3
            largest:
              description: The most that any one of them can give to pods, with the fields of RV(cluster.nodes.largest).
              type: dict
              sample: {cpu: 7.91, memory: 28480016384, ephemeral_storage: 47060071478, pods: 110}
        architectures:
          description: Number of nodes by architecture.
          type: dict
          sample: {amd64: 3}
        operating_systems:
          description: Number of nodes by operating system.
          type: dict
        kubelet_versions:
          description: Number of nodes by version of the kubelet.
          type: dict
        container_runtimes:
          description: Number of nodes by container runtime and its version.
          type: dict
          sample: {"containerd://2.1.5": 3}
        roles:
          description: Number of nodes by role; V(worker) for nodes that have no label with a role. A node may have several.
          type: dict
        regions:
          description: Number of nodes by region.
          type: dict
        zones:
          description: Number of nodes by zone.
          type: dict
        providers:
          description: Number of nodes by the scheme of their provider ID.
          type: dict
          sample: {gce: 3}
        provider_id:
          description: The first provider ID that was seen.
          type: str
        networks:
          description:
            - The networks that hold the addresses by which pods see the nodes, and no pod. Around a private address it is as wide as
              /16 where no pod has an address in it.
            - V(none) if the network plugin does not tell nodes and pods apart by their addresses, or is not known to.
          type: list
          elements: str
          sample: [10.128.0.0/16]
        labels:
          description:
            - Values of labels that tell something of the whole cluster, such as its name and its node pools, by label. Up to 20 values
              each, in order.
          type: dict
          sample: {cloud.google.com/gke-nodepool: [default-pool, gpu-pool]}
        allocatable:
          description: What all nodes together offer to pods.
          type: dict
          contains:
            cpu:
              description: CPU in cores.
              type: float
              sample: 23.7
            memory:
              description: Memory in bytes.
              type: int
            ephemeral_storage:
              description: Local disk for images, logs and emptyDirs, in bytes.
              type: int
            pods:
              description: Number of pods.
              type: int
        largest:
          description: The most that any one node offers, for each resource by itself.
          type: dict
          contains:
            cpu:
              description: CPU in cores.
              type: float
              sample: 23.7
            memory:
              description: Memory in bytes.
              type: int
            ephemeral_storage:
              description: Local disk for images, logs and emptyDirs, in bytes.
              type: int
            pods:
              description: Number of pods.
              type: int
        free:
          description:
            - What the usable nodes (RV(cluster.nodes.usable)) together have left after the requests of the containers of pods that have
              not ended.
            - Not set if the pods can't be read or are more than 20,000; RV(cluster.unknown) says so.
          type: dict
          contains:
            cpu:
              description: CPU in cores.
              type: float
              sample: 23.7
            memory:
              description: Memory in bytes.
              type: int
            ephemeral_storage:
              description: Local disk for images, logs and emptyDirs, in bytes.
              type: int
            pods:
              description: Number of pods.
              type: int
        largest_free:
          description:
            - The most that any one usable node has left, for each resource by itself. Not set if RV(cluster.nodes.free) is not.
          type: dict
          contains:
            cpu:
              description: CPU in cores.
              type: float
              sample: 23.7
            memory:
              description: Memory in bytes.
              type: int
            ephemeral_storage:
              description: Local disk for images, logs and emptyDirs, in bytes.
              type: int
            pods:
              description: Number of pods.
              type: int
        accelerators:
          description: GPUs and the like, one entry for each resource name.
          type: list
          elements: dict
          contains:
            resource:
              description: Name of the resource, as a container asks for it.
              type: str
              sample: nvidia.com/gpu
            vendor:
              description: V(nvidia), V(amd), V(intel), V(google), V(aws) or V(huawei).
              type: str
            count:
              description: Number of devices, or of slices of devices, that all nodes offer.
              type: int
            free:
              description: How many of them no pod has asked for. Not set if RV(cluster.nodes.free) is not.
              type: int
            nodes:
              description: Number of nodes that offer it.
              type: int
            products:
              description: Names of the products, as the labels of the nodes tell.
              type: list
              elements: str
              sample: [nvidia-tesla-t4]
            memory:
              description: Memory of one device in bytes; several values if there are several kinds, none if no label tells.
              type: list
              elements: int
            mig:
              description: How NVIDIA GPUs are cut into slices (Multi-Instance GPU). Not set if they are not.
              type: dict
              contains:
                profiles:
                  description: Profiles of the slices.
                  type: list
                  elements: str
                  sample: [1g.5gb]
                strategies:
                  description:
                    - V(single) if the slices are offered as C(nvidia.com/gpu), V(mixed) if each profile is a resource of its own.
                  type: list
                  elements: str
            taints:
              description: Taints of these nodes that repel pods, with C(key), C(value) and C(effect). A pod needs a toleration for each.
              type: list
              elements: dict
              sample: [{key: nvidia.com/gpu, value: present, effect: NoSchedule}]
            labels:
              description: Values of labels of these nodes by which pods select accelerators, by label. Up to 20 values each.
              type: dict
              sample: {cloud.google.com/gke-accelerator: [nvidia-tesla-t4]}
    storage:
      description: Storage classes.
      type: dict
      contains:
        classes:
          description: One entry for each class, by name.
          type: list
          elements: dict
          contains:
            name:
              description: Name of the class.
              type: str
            provisioner:
              description: Who makes its volumes.
              type: str
            provisions:
              description: Whether volumes are made at all, which C(kubernetes.io/no-provisioner) does not.
              type: bool
            driver:
              description: The CSI driver that does the work now where the provisioner was part of Kubernetes; else the provisioner.
              type: str
              sample: ebs.csi.aws.com
            driver_installed:
              description:
                - Whether there is a CSIDriver object of that name. Not set if it can't be told, which is so for provisioners that are no
                  CSI drivers, or that we don't know.
              type: bool
            read_write_many:
              description:
                - Whether a volume can be mounted for writing on several nodes (access mode C(ReadWriteMany), with a file system). Not set
                  for drivers that we don't know.
              type: bool
            smallest:
              description: The smallest volume that its driver makes, with the parameters of the class. Not set where no bound is known.
              type: str
              sample: 10Gi
            forbidden_by:
              description: The quota of O(namespace) that allows no volumes of the class, if there is one.
              type: str
            binding_mode:
              description: V(Immediate) or V(WaitForFirstConsumer).
              type: str
            reclaim_policy:
              description: V(Delete) or V(Retain).
              type: str
            expansion:
              description: Whether volumes can grow.
              type: bool
            default:
              description: Whether it is marked as the default class.
              type: bool
            default_annotation:
              description: By which annotation, V(ga) or V(beta).
              type: str
            topologies:
              description: The allowed topologies, each as values by label. A volume is made where one of them holds.
              type: list
              elements: dict
              sample: [{topology.kubernetes.io/zone: [us-central1-a]}]
            zones:
              description: The zones in these topologies. Empty if there are no restrictions by zone.
              type: list
              elements: str
        default:
          description: The default class. Of several, the one that the API server takes, which is the newest.
          type: str
        usable:
          description: The names of the classes that make volumes and whose driver is not known to be missing, the default one first.
          type: list
          elements: str
        defaults:
          description: All classes that are marked as default.
          type: list
          elements: str
    ingress_classes:
      description: Ingress classes, with C(name), C(controller) and whether it is the C(default).
      type: list
      elements: dict
    gateway_classes:
      description: Classes of the Gateway API, by name.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the class.
          type: str
        controller:
          description: Name of the controller that it asks for.
          type: str
        accepted:
          description: Whether a controller has accepted it.
          type: bool
    load_balancer:
      description: Whether a Service of type C(LoadBalancer) gets an address.
      type: dict
      contains:
        available:
          description: Whether it does. Not set if what was seen allows for both.
          type: bool
        offered:
          description:
            - Whether it would by what is installed, whatever became of existing Services. Not set if that allows for both.
          type: bool
        how:
          description:
            - Who gives addresses, or would if it were set up. One of V(cloud), V(metallb), V(cilium), V(kube-vip), V(servicelb), V(purelb),
              V(openelb), V(loxilb), or a distribution. Not set if nobody was found.
          type: str
        why:
          description: How we know, in a sentence. What Services got counts for more than what should give it to them.
          type: str
          sample: metallb has 1 IPAddressPool with addresses for any Service.
    addons:
      description:
        - Add-ons that already exist, one entry for each and every namespace where it runs. Looked for are V(istio), V(cert-manager),
          V(knative-serving), V(knative-eventing), V(argo-workflows), V(argo-cd), V(kserve), V(kubeflow), V(nvidia-gpu-operator),
          V(nvidia-device-plugin), V(amd-gpu-operator), V(amd-device-plugin), V(intel-device-plugins-operator), V(intel-gpu-plugin),
          V(node-feature-discovery), V(prometheus-operator), V(metrics-server), V(external-dns), V(kueue), V(gatekeeper) and V(kyverno).
      type: list
      elements: dict
      contains:
        name:
          description: Name of the add-on.
          type: str
        version:
          description:
            - Its version, from the image's tag or the label C(app.kubernetes.io/version). Not set if neither tells, or if only its API
              is served. Of Kubeflow it is the version of the dashboard, which comes with the platform.
          type: str
        namespace:
          description: Where it runs. Not set if only its API is served.
          type: str
        managed_by:
          description: Who manages it. Not set if nothing tells.
          type: dict
          contains:
            tool:
              description:
                - One of V(argocd), V(flux), V(olm), V(helm), V(applyset), V(addon-manager), V(operator), V(kustomize) and V(kubectl).
              type: str
            name:
              description: What the tool calls it, with its namespace where that is known.
              type: str
              sample: istio-system/istiod
        ready:
          description: Whether all of it that was recognised is ready. Not set if only its API is served.
          type: bool
        details:
          description:
            - The C(workload) and the C(sign) by which it was recognised, and the C(apis) of it that are served. Of Istio also the
              C(revisions) with their versions, and whether the modes C(cni) and C(ambient) are set up. Of Kubeflow also the
              C(components) with their versions. Of Argo Workflows also the namespace that the controller C(serves), V(*) for all.
          type: dict
    cni:
      description: The network of the cluster.
      type: dict
      contains:
        name:
          description:
            - One of V(gke-dataplane-v2), V(canal), V(ovn-kubernetes), V(openshift-sdn), V(cilium), V(calico), V(antrea), V(weave),
              V(flannel), V(kube-router), V(kindnet), V(aws-vpc) and V(azure). Not set if nothing tells.
          type: str
        evidence:
          description: What was seen.
          type: list
          elements: str
    namespace:
      description: O(namespace) in the cluster.
      type: dict
      contains:
        name:
          description: Its name.
          type: str
        exists:
          description: Whether it exists. Not set if that may not be known.
          type: bool
        terminating:
          description: Whether it is being deleted.
          type: bool
        labels:
          description: Its labels, at most 50.
          type: dict
        managed_by:
          description: Who manages it, as with RV(cluster.addons).
          type: dict
    pod_security:
      description: The levels of the Pod Security Standards that are enforced by labels of namespaces.
      type: dict
      contains:
        enforced:
          description: Level by namespace, of at most 100 namespaces that have one.
          type: dict
          sample: {kubeflow: restricted}
        counts:
          description: Number of namespaces by level; V(none) counts those without the label.
          type: dict
        namespace:
          description: The level in O(namespace). Not set if it has none.
          type: str
    security_context_constraints:
      description: OpenShift's SecurityContextConstraints.
      type: dict
      contains:
        names:
          description: The existing ones, at most 100; none elsewhere than on OpenShift.
          type: list
          elements: str
        usable:
          description: Those that the user may use.
          type: list
          elements: str
    quotas:
      description:
        - ResourceQuotas in O(namespace), with C(name), C(hard) and C(used) by resource, C(scopes), and C(selectors) of scopes as the
          quota has them.
      type: list
      elements: dict
    limit_ranges:
      description: LimitRanges in O(namespace), with C(name) and C(limits).
      type: list
      elements: dict
    claims:
      description: PersistentVolumeClaims in O(namespace), by storage class. Not set if they may not be read.
      type: list
      elements: dict
      contains:
        storage_class:
          description: The class; empty if they have none.
          type: str
        count:
          description: How many there are.
          type: int
        names:
          description: The names of up to ten of them, those of users' volumes last.
          type: list
          elements: str
    admission:
      description: Webhooks that are asked when a pod is created in some namespace, at most 50.
      type: list
      elements: dict
      contains:
        configuration:
          description: Name of the MutatingWebhookConfiguration or ValidatingWebhookConfiguration.
          type: str
        webhook:
          description: Name of the webhook in it.
          type: str
        type:
          description: V(mutating) or V(validating).
          type: str
        failure_policy:
          description: What becomes of a pod if the webhook does not answer, V(Fail) or V(Ignore).
          type: str
        backend:
          description: Who is asked, a Service as C(namespace/name:port) or a URL.
          type: str
        timeout:
          description: Seconds after which it counts as failed.
          type: int
        namespace:
          description: The namespace of the Service that is asked.
          type: str
        server:
          description:
            - V(ready), V(not ready), or V(not found), which is a Service that does not exist. Not set for a webhook that is not asked
              about pods of O(namespace), and where that can't be told.
          type: str
    service_account_issuer:
      description: Who signs the tokens of service accounts.
      type: dict
      contains:
        issuer:
          description: The issuer in the tokens. Not set if its discovery document is not served or may not be read.
          type: str
        jwks_uri:
          description: Where its keys are.
          type: str
        public:
          description: Whether the issuer's name is one for outside of the cluster.
          type: bool
        keys_for:
          description:
            - Who gets the keys from the API server, V(everybody), V(users) who are logged in as we are, or V(nobody). Not set if the keys
              are elsewhere; nobody else is asked.
          type: str
    cluster_domain:
      description: The DNS domain of the cluster.
      type: dict
      contains:
        name:
          description: The domain.
          type: str
          sample: cluster.local
        source:
          description: What says so, a ConfigMap, the V(service account issuer), or V(default) if nothing does.
          type: str
    apis:
      description: The kinds that are served, by API version, each with its resource and whether it is namespaced.
      type: dict
      sample: {apps/v1: {Deployment: {resource: deployments, namespaced: true}}}
    apis_down:
      description: API versions that are registered, but whose backend is down. RV(cluster.unknown) says why.
      type: list
      elements: str
      sample: [metrics.k8s.io/v1beta1]
    permissions:
      description: What the user may do in O(namespace).
      type: dict
      contains:
        namespace:
          description: The namespace that was asked about.
          type: str
        complete:
          description: Whether the cluster could list all rules. If not, a missing rule proves nothing.
          type: bool
        rules:
          description: The rules, with C(apiGroups), C(resources), C(verbs) and C(resourceNames).
          type: list
          elements: dict
        missing:
          description:
            - What a deployment of this collection's packages needs and the user may not do, as rules for a Role or ClusterRole. It was
              asked for where the rules can't tell, so it holds even if they are not complete. Not set if it can't be told.
          type: list
          elements: dict
          contains:
            namespaced:
              description: Whether the rule is needed in O(namespace) only, so that a Role does, or in the whole cluster.
              type: bool
            apiGroups:
              description: The API group; an empty text for the core group.
              type: list
              elements: str
            resources:
              description: The resources.
              type: list
              elements: str
            verbs:
              description: The verbs.
              type: list
              elements: str
    unknown:
      description: What could not be read, and why.
      type: list
      elements: dict
      contains:
        what:
          description: The kind with its group, the object, or the question.
          type: str
          sample: Node
        why:
          description: What the API server said, or how long it was waited for.
          type: str
          sample: 'nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope'
"""

import typing as t

from ansible_collections.kubeflow.bootstrap.plugins.module_utils import python_floor  # noqa: F401  # pylint: disable=unused-import
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.facts.cluster import gather
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.policy import Deadline, RequestPolicy
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.kube.target import TARGET_ARGUMENTS, connect
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.run import Context, run_module

ARGUMENTS: dict[str, t.Any] = {
    "argument_spec": {
        **TARGET_ARGUMENTS,
        "namespace": {"type": "str", "default": "kubeflow"},
        "timeout": {"type": "float", "default": 60},
        "request_timeout": {"type": "float", "default": 20},
    },
    "supports_check_mode": True,
}


def run(args: dict[str, t.Any], context: Context) -> dict[str, t.Any]:
    """Ask; changes nothing."""
    policy = RequestPolicy(args["request_timeout"], deadline=Deadline(args["timeout"]))
    with connect(args, context) as client:
        return {"changed": False, "cluster": gather(client.with_policy(policy), args["namespace"])}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
