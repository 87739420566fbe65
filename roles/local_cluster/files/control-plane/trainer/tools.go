//go:build tools

// Package trainer pins the program of Kubeflow Trainer's image, for real nodes of a machine that reaches no registry.
package trainer

import (
	_ "github.com/kubeflow/trainer/v2/cmd/trainer-controller-manager"
)
