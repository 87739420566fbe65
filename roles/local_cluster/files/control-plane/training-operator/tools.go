//go:build tools

// Package trainingoperator pins the program of the training operator's image, for real nodes of a machine that reaches no registry.
package trainingoperator

import (
	_ "github.com/kubeflow/training-operator/cmd/training-operator.v1"
)
