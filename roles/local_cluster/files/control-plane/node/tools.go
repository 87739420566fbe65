//go:build tools

// Package node pins the programs of a real node: kubelet and kube-proxy of the control plane's release, so that what they share
// with it is compiled once, and what netpol is made of.
package node

import (
	_ "k8s.io/kubernetes/cmd/kube-proxy"
	_ "k8s.io/kubernetes/cmd/kubelet"
)
