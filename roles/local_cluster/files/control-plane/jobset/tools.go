//go:build tools

// Package jobset pins the program of JobSet's image, for real nodes of a machine that reaches no registry.
package jobset

import (
	_ "sigs.k8s.io/jobset"
)
