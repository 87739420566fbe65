//go:build tools

// Package kwok pins the program that plays the nodes of the local control plane.
// It is a module of its own: its dependencies are not those of the control plane.
package kwok

import (
	_ "sigs.k8s.io/kwok/cmd/kwok"
)
