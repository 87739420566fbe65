# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How add-ons of a cluster are recognised.

``signs`` of a Deployment or DaemonSet, any of which is enough:

- ``image``: the end of the repository of an image, whole path elements, so that copies in a mirror match too
- ``label``: a label of the object, ``name=value``
- ``name``: the object's name; only names that are unlikely for others

``apis``: kinds, as (API group, kind), that are served if the add-on is installed, or was: its controller may run outside of the
cluster, as with Google's Istio or the metrics of a cloud.

Sources: the release manifests and Helm charts of each project: istio/istio manifests/charts (istiod, istio-cni, ztunnel);
cert-manager deploy/charts; knative/serving and knative/eventing config/core; argoproj/argo-workflows and argoproj/argo-cd
manifests; kserve config; kubeflow/manifests (v0.2 to v1.11, images as released there); NVIDIA gpu-operator and k8s-device-plugin;
the add-on nvidia-gpu-device-plugin of GKE; ROCm gpu-operator and k8s-device-plugin; intel-device-plugins-for-kubernetes;
node-feature-discovery; prometheus-operator bundle; metrics-server; external-dns; kueue; gatekeeper; kyverno charts.
"""

from __future__ import annotations

from dataclasses import dataclass

Signs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Addon:
    """``signs``: see above, of the workload whose image has the version."""

    signs: Signs
    apis: tuple[tuple[str, str], ...] = ()


_NAME = "app.kubernetes.io/name="

ADDONS: dict[str, Addon] = {
    "istio": Addon(
        (("image", "istio/pilot"), ("label", "app=istiod"), ("name", "istiod")),
        (("networking.istio.io", "VirtualService"),),
    ),
    "cert-manager": Addon(
        (("image", "cert-manager-controller"), ("label", f"{_NAME}cert-manager"), ("name", "cert-manager")),
        (("cert-manager.io", "Certificate"),),
    ),
    "knative-serving": Addon(
        (("image", "knative.dev/serving/cmd/controller"), ("label", f"{_NAME}knative-serving")),
        (("serving.knative.dev", "Service"),),
    ),
    "knative-eventing": Addon(
        (("image", "knative.dev/eventing/cmd/controller"), ("label", f"{_NAME}knative-eventing"), ("name", "eventing-controller")),
        (("eventing.knative.dev", "Broker"),),
    ),
    "argo-workflows": Addon((("image", "argoproj/workflow-controller"), ("name", "workflow-controller")), (("argoproj.io", "Workflow"),)),
    "argo-cd": Addon(
        (("label", f"{_NAME}argocd-server"), ("name", "argocd-server"), ("name", "openshift-gitops-server")),
        (("argoproj.io", "Application"),),
    ),
    "kserve": Addon(
        (("image", "kserve/kserve-controller"), ("image", "kserve-controller"), ("name", "kserve-controller-manager")),
        (("serving.kserve.io", "InferenceService"),),
    ),
    "nvidia-gpu-operator": Addon(
        (("image", "nvidia/gpu-operator"), ("label", f"{_NAME}gpu-operator"), ("name", "gpu-operator")),
        (("nvidia.com", "ClusterPolicy"),),
    ),
    "nvidia-device-plugin": Addon(
        (
            ("image", "nvidia/k8s-device-plugin"),
            ("label", f"{_NAME}nvidia-device-plugin"),
            ("name", "nvidia-device-plugin-daemonset"),
            ("name", "nvidia-gpu-device-plugin"),
        ),
    ),
    "amd-gpu-operator": Addon((("image", "rocm/gpu-operator"),), (("amd.com", "DeviceConfig"),)),
    "amd-device-plugin": Addon((("image", "rocm/k8s-device-plugin"), ("name", "amdgpu-device-plugin-daemonset"))),
    "intel-device-plugins-operator": Addon(
        (("image", "intel/intel-deviceplugin-operator"), ("name", "inteldeviceplugins-controller-manager")),
        (("deviceplugin.intel.com", "GpuDevicePlugin"),),
    ),
    "intel-gpu-plugin": Addon((("image", "intel/intel-gpu-plugin"), ("name", "intel-gpu-plugin"))),
    "node-feature-discovery": Addon(
        (("name", "nfd-master"), ("label", f"{_NAME}node-feature-discovery"), ("image", "nfd/node-feature-discovery")),
        (("nfd.k8s-sigs.io", "NodeFeatureRule"), ("nfd.openshift.io", "NodeFeatureDiscovery")),
    ),
    "prometheus-operator": Addon(
        (("image", "prometheus-operator/prometheus-operator"), ("name", "prometheus-operator")),
        (("monitoring.coreos.com", "ServiceMonitor"),),
    ),
    "metrics-server": Addon(
        (
            ("image", "metrics-server/metrics-server"),
            ("label", "k8s-app=metrics-server"),
            ("label", f"{_NAME}metrics-server"),
            ("name", "metrics-server"),
        ),
        (("metrics.k8s.io", "NodeMetrics"),),
    ),
    "external-dns": Addon((("image", "external-dns/external-dns"), ("label", f"{_NAME}external-dns"), ("name", "external-dns"))),
    "kueue": Addon((("image", "kueue/kueue"), ("name", "kueue-controller-manager")), (("kueue.x-k8s.io", "ClusterQueue"),)),
    "gatekeeper": Addon(
        (("image", "openpolicyagent/gatekeeper"), ("name", "gatekeeper-controller-manager")),
        (("templates.gatekeeper.sh", "ConstraintTemplate"),),
    ),
    "kyverno": Addon(
        (("image", "kyverno/kyverno"), ("name", "kyverno-admission-controller")),
        (("kyverno.io", "ClusterPolicy"),),
    ),
    "kubeflow": Addon((), (("kubeflow.org", "Profile"),)),
}
"""Name to how it is recognised. Kubeflow's workloads are those of ``KUBEFLOW``."""

KUBEFLOW: dict[str, Signs] = {
    "dashboard": (("image", "centraldashboard"), ("image", "kubeflow/dashboard")),
    "profiles": (("image", "profile-controller"), ("name", "profiles-deployment")),
    "notebooks": (("image", "notebook-controller"),),
    "pipelines": (("image", "kfp-api-server"), ("image", "ml-pipeline/api-server"), ("name", "ml-pipeline")),
    "katib": (("image", "katib-controller"), ("image", "katib/vizier-core"), ("name", "katib-controller")),
    "trainer": (("image", "trainer-controller-manager"),),
    "training-operator": (
        ("image", "kubeflow/training-operator"),
        ("image", "training-v1/training-operator"),
        ("name", "training-operator"),
    ),
    "tf-operator": (("image", "tf_operator"), ("name", "tf-job-operator")),
    "spark-operator": (("image", "kubeflow/spark-operator/controller"), ("image", "kubeflow/spark-operator")),
    "model-registry": (("image", "model-registry/server"), ("name", "model-registry-deployment")),
    "jupyterhub": (("image", "jupyterhub/k8s-hub"),),
}
"""Part of Kubeflow to its signs. The version of the dashboard is that of the release of the platform."""

ISTIO_PARTS: dict[str, Signs] = {
    "cni": (("image", "istio/install-cni"), ("label", "k8s-app=istio-cni-node"), ("name", "istio-cni-node")),
    "ambient": (("image", "istio/ztunnel"), ("label", "app=ztunnel"), ("name", "ztunnel")),
}
"""Mode of Istio to the signs of the DaemonSet that it needs."""
