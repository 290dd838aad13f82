// SPDX-License-Identifier: Apache-2.0
package argo_go

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/argoproj/argo-workflows/v4/cmd/argo/commands/executorplugin"
	configmap "github.com/argoproj/argo-workflows/v4/workflow/util/plugins"
	apiv1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

const configMapFile = "assay-executor-plugin-configmap.yaml"

// build runs `argo executor-plugin build` on the text of a plugin.yaml.
func build(t *testing.T, text string) (apiv1.ConfigMap, error) {
	t.Helper()
	folder := t.TempDir()
	err := os.WriteFile(filepath.Join(folder, "plugin.yaml"), []byte(text), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	command := executorplugin.NewBuildCommand()
	command.SetArgs([]string{folder})
	command.SilenceErrors = true
	if err := command.Execute(); err != nil {
		return apiv1.ConfigMap{}, err
	}
	made, err := os.ReadFile(filepath.Join(folder, configMapFile))
	if err != nil {
		t.Fatal(err)
	}
	return parseConfigMap(t, string(made)), nil
}

func parseConfigMap(t *testing.T, text string) apiv1.ConfigMap {
	t.Helper()
	var out apiv1.ConfigMap
	if err := yaml.UnmarshalStrict([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestExecutorPlugin(t *testing.T) {
	made, err := build(t, read(t, "plugin.yaml").text)
	if err != nil {
		t.Fatal(err)
	}
	kept := parseConfigMap(t, read(t, configMapFile).text)
	if !reflect.DeepEqual(made, kept) {
		t.Errorf("%s is not what plugin.yaml builds to:\n%+v\n%+v",
			configMapFile, kept, made)
	}
	// As the controller reads it.
	got, err := configmap.FromConfigMap(&kept)
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "assay" || got.Kind != "ExecutorPlugin" ||
		got.Spec.Sidecar.AutomountServiceAccountToken {
		t.Errorf("%+v", got)
	}
}

func TestExecutorPluginBuildBites(t *testing.T) {
	text := read(t, "plugin.yaml").text
	for _, one := range []struct{ from, to, wanted string }{
		{"ports:", "port:", "port"},
		{"      ports:\n        - containerPort: 7435\n", "", "port"},
		{"requests: {cpu: 10m, memory: 32Mi}\n", "\n", "requests"},
		{"securityContext:", "securityContexts:", "securityContexts"},
		{"cpu: 10m", "cpu: lots", "quantities"},
	} {
		broken := strings.Replace(text, one.from, one.to, 1)
		if broken == text {
			t.Errorf("there is no '%s'", one.from)
			continue
		}
		if _, err := build(t, broken); err == nil ||
			!strings.Contains(err.Error(), one.wanted) {
			t.Errorf("'%s' for '%s': %v", one.to, one.from, err)
		}
	}
}
