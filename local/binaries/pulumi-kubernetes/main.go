// Command pulumi-resource-kubernetes serves Pulumi's Kubernetes provider as upstream does.
// schema.json is not kept here: the build copies it from the pinned module (local/binaries.ts).
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

//go:embed schema.json
var schema []byte

func main() {
	provider.Serve("kubernetes", version.Version, schema, []byte("{}"))
}
