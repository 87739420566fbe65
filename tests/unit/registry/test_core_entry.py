# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How users come to core's gateway: load balancer, Ingress, Gateway API, and where TLS ends."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.kubeflow.bootstrap.tests.unit.registry import core

from tests.patience import patience

HOST = "kubeflow.example.com"


def render(**choices: Any) -> core.Json:
    return core.render(choices, "gateway")


def annotations(objects: core.Json, key: str = "Service/kubeflow") -> dict[str, str]:
    values: dict[str, str] = objects[key]["metadata"].get("annotations", {})
    return values


def nginx(objects: core.Json) -> str:
    text: str = objects["ConfigMap/gateway-config"]["data"]["nginx.conf"]
    assert "%(" not in text and "%%" not in text
    # Else YAML would write it as one line.
    assert not [line for line in text.split("\n") if line != line.rstrip()]
    return text


def test_without_a_choice_nothing_stands_in_front() -> None:
    kinds = {item["kind"] for item in render().values()}
    assert kinds == {"ServiceAccount", "ConfigMap", "Deployment", "Service", "NetworkPolicy"}


def test_the_proxy_is_named_in_full() -> None:
    assert "set $hub_proxy http://proxy.team.svc.corp.example:80;" in nginx(render(namespace="team", clusterDomain="corp.example"))


def test_the_gateway_asks_the_name_servers_of_its_pod(tmp_path: Path) -> None:
    """So it starts while DNS is down, and follows a Service that was recreated."""
    objects = render()
    assert "include /tmp/resolver.conf;" in nginx(objects) and "proxy_pass $hub_proxy;" in nginx(objects)
    (tmp_path / "resolv.conf").write_text("search a.b\nnameserver 10.0.0.10\nnameserver fd00::a\noptions ndots:5\n", encoding="ascii")
    (tmp_path / "nginx").write_text("#!/bin/sh\n", encoding="ascii")
    (tmp_path / "nginx").chmod(0o755)
    script = objects["ConfigMap/gateway-config"]["data"]["start.sh"]
    for path in ("/etc/resolv.conf", "/tmp/resolver.conf"):
        assert path in script
        script = script.replace(path, str(tmp_path / path.rsplit("/", 1)[-1]))
    subprocess.run(["/bin/sh", "-c", script], env={"PATH": str(tmp_path)}, check=True, timeout=patience(3))
    written = (tmp_path / "resolver.conf").read_text(encoding="ascii")
    assert written == "resolver 10.0.0.10 [fd00::a] valid=10s; resolver_timeout 5s;\n"


def test_an_ingress_leads_to_the_gateway() -> None:
    spec = render(ingressClass="nginx", hostname=HOST, tlsSecretName="own")["Ingress/kubeflow"]["spec"]
    assert spec["ingressClassName"] == "nginx"
    assert spec["tls"] == [{"hosts": [HOST], "secretName": "own"}]
    [rule] = spec["rules"]
    assert rule["host"] == HOST
    assert rule["http"]["paths"][0]["backend"]["service"] == {"name": "kubeflow", "port": {"name": "http"}}
    assert "tls" not in render(ingressClass="nginx")["Ingress/kubeflow"]["spec"]


@pytest.mark.parametrize(("ingress_class", "scope"), [("gce", "global"), ("gce-internal", "regional")])
def test_gke_s_own_ingress(ingress_class: str, scope: str) -> None:
    objects = render(cloud="gke", ingressClass=ingress_class, ipName="kubeflow-ip", hostname=HOST)
    assert "ingressClassName" not in objects["Ingress/kubeflow"]["spec"]
    assert annotations(objects, "Ingress/kubeflow") == {
        "kubernetes.io/ingress.class": ingress_class,
        f"kubernetes.io/ingress.{scope}-static-ip-name": "kubeflow-ip",
    }
    # Its health check takes the redirect at / for a failure, and it would end a notebook's connection after 30 seconds.
    assert objects["BackendConfig/kubeflow"]["spec"] == {
        "timeoutSec": 3600,
        "healthCheck": {"type": "HTTP", "requestPath": "/healthz"},
    }
    assert annotations(objects)["cloud.google.com/backend-config"] == '{"default": "kubeflow"}'
    assert "BackendConfig/kubeflow" not in render(ingressClass="nginx")


def test_iap_is_switched_on_where_it_is_how_users_log_in() -> None:
    login = {"jupyterHubAuthenticator": "iap", "iapAudience": "/projects/1/global/backendServices/2", "cloud": "gke"}
    assert core.render({**login, "ingressClass": "gce"})["BackendConfig/kubeflow"]["spec"]["iap"] == {"enabled": True}
    behind = core.render({**login, "gatewayClass": "gke-l7-global-external-managed"})
    assert behind["GCPBackendPolicy/kubeflow"]["spec"]["default"]["iap"] == {"enabled": True}


def test_openshift_gives_its_own_certificate() -> None:
    objects = render(cloud="openshift", ingressClass="openshift-default", hostname=HOST)
    assert objects["Ingress/kubeflow"]["spec"]["tls"] == [{}]
    assert annotations(objects, "Ingress/kubeflow") == {"haproxy.router.openshift.io/timeout": "1h"}


def test_an_alb_reaches_the_pods_and_stays_inside() -> None:
    values = annotations(render(cloud="eks", ingressClass="alb"), "Ingress/kubeflow")
    assert values["alb.ingress.kubernetes.io/target-type"] == "ip"
    assert values["alb.ingress.kubernetes.io/scheme"] == "internal"


def test_a_gateway_and_its_route() -> None:
    objects = render(gatewayClass="cilium", hostname=HOST, tlsIssuer="letsencrypt", ipName="10.0.0.1")
    spec = objects["Gateway/kubeflow"]["spec"]
    assert spec["addresses"] == [{"type": "IPAddress", "value": "10.0.0.1"}]
    plain, tls = spec["listeners"]
    assert (plain["protocol"], plain["port"], plain["hostname"]) == ("HTTP", 80, HOST)
    # No other namespace's route may take the host over.
    assert plain["allowedRoutes"] == tls["allowedRoutes"] == {"namespaces": {"from": "Same"}}
    assert tls["tls"]["certificateRefs"][0]["name"] == objects["Certificate/kubeflow"]["spec"]["secretName"]
    route = objects["HTTPRoute/kubeflow"]["spec"]
    assert (route["parentRefs"][0]["name"], route["hostnames"]) == ("kubeflow", [HOST])
    assert (route["rules"][0]["backendRefs"][0]["name"], route["rules"][0]["backendRefs"][0]["port"]) == ("kubeflow", 80)
    bare = render(gatewayClass="cilium")
    assert "hostname" not in bare["Gateway/kubeflow"]["spec"]["listeners"][0] and "hostnames" not in bare["HTTPRoute/kubeflow"]["spec"]


def test_gke_s_gateway_has_policies() -> None:
    objects = render(cloud="gke", gatewayClass="gke-l7-rilb", ipName="kubeflow-ip")
    assert objects["Gateway/kubeflow"]["spec"]["addresses"] == [{"type": "NamedAddress", "value": "kubeflow-ip"}]
    assert {"HealthCheckPolicy/kubeflow", "GCPBackendPolicy/kubeflow"} <= set(objects)
    assert "HealthCheckPolicy/kubeflow" not in render(cloud="gke", gatewayClass="istio")


def test_a_certificate_is_asked_for_the_host() -> None:
    spec = render(ingressClass="nginx", hostname=HOST, tlsIssuer="letsencrypt", tlsSecretName="own")["Certificate/kubeflow"]["spec"]
    assert spec["dnsNames"] == [HOST] and spec["secretName"] == "own"
    assert (spec["issuerRef"]["kind"], spec["issuerRef"]["name"]) == ("ClusterIssuer", "letsencrypt")


def test_the_gateway_itself_ends_tls_where_nothing_stands_in_front() -> None:
    objects = render(gatewayServiceType="LoadBalancer", tlsSecretName="own")
    assert [(port["name"], port["port"]) for port in objects["Service/kubeflow"]["spec"]["ports"]] == [("http", 80), ("https", 443)]
    spec = core.pod_specs(objects)["Deployment/gateway"]
    assert {"name": "tls", "secret": {"secretName": "own"}} in spec["volumes"]
    assert {"name": "https", "containerPort": 8443, "protocol": "TCP"} in spec["containers"][0]["ports"]
    assert [rule["ports"][0]["port"] for rule in objects["NetworkPolicy/gateway"]["spec"]["ingress"]] == [8080, 8443]
    text = nginx(objects)
    assert "listen 8443 ssl;" in text and "return 301 https://$host$request_uri;" in text
    # The probes stay on the plain port.
    assert text.count("location = /healthz") == 2
    for other in (render(), render(ingressClass="nginx", tlsSecretName="own")):
        assert len(other["Service/kubeflow"]["spec"]["ports"]) == 1 and "ssl" not in nginx(other)


def test_who_came_without_tls_is_sent_round() -> None:
    redirect = "if ($http_x_forwarded_proto = http)"
    assert redirect in nginx(render(ingressClass="nginx", tlsSecretName="own"))
    assert redirect in nginx(render(gatewayClass="cilium", tlsSecretName="own"))
    assert redirect not in nginx(render(ingressClass="nginx"))


@pytest.mark.parametrize(
    ("cloud", "annotation"),
    [
        ("gke", "networking.gke.io/load-balancer-ip-addresses"),
        ("eks", "service.beta.kubernetes.io/aws-load-balancer-private-ipv4-addresses"),
        ("aks", "service.beta.kubernetes.io/azure-load-balancer-ipv4"),
    ],
)
def test_the_reserved_address_of_a_load_balancer(cloud: str, annotation: str) -> None:
    balanced = {"gatewayServiceType": "LoadBalancer", "ipName": "reserved"}
    objects = render(cloud=cloud, **balanced)
    assert annotations(objects)[annotation] == "reserved"
    assert "loadBalancerIP" not in objects["Service/kubeflow"]["spec"]
    assert render(**balanced)["Service/kubeflow"]["spec"]["loadBalancerIP"] == "reserved"


def test_external_dns_is_told_the_name_of_a_load_balancer() -> None:
    name = "external-dns.alpha.kubernetes.io/hostname"
    assert annotations(render(gatewayServiceType="LoadBalancer", hostname=HOST))[name] == HOST
    assert name not in annotations(render(gatewayServiceType="LoadBalancer", hostname=HOST, ingressClass="nginx"))


def test_the_gateway_reaches_names_and_the_proxy_alone() -> None:
    dns, proxy = render()["NetworkPolicy/gateway-egress"]["spec"]["egress"]
    assert {port["port"] for port in dns["ports"]} == {53, 5353}
    assert proxy["to"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "hub"
