// SPDX-License-Identifier: Apache-2.0
package argo_go

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	wfv1 "github.com/argoproj/argo-workflows/v4/pkg/apis/workflow/v1alpha1"
	"github.com/argoproj/argo-workflows/v4/util/expr/argoexpr"
	"github.com/argoproj/argo-workflows/v4/util/expr/env"
	"github.com/argoproj/argo-workflows/v4/workflow/common"
	"github.com/argoproj/argo-workflows/v4/workflow/validate"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

// A file of Argo's kinds, or a part of one.
type manifest struct{ file, text string }

// library has what a templateRef may name.
type library struct {
	cluster    map[string]*wfv1.ClusterWorkflowTemplate
	namespaced map[string]*wfv1.WorkflowTemplate
}

type clusterGetter library
type namespacedGetter library

func (l clusterGetter) Get(_ context.Context,
	name string) (*wfv1.ClusterWorkflowTemplate, error) {
	if out, ok := l.cluster[name]; ok {
		return out, nil
	}
	return nil, fmt.Errorf("no ClusterWorkflowTemplate %q", name)
}

func (l namespacedGetter) Get(_ context.Context,
	name string) (*wfv1.WorkflowTemplate, error) {
	if out, ok := l.namespaced[name]; ok {
		return out, nil
	}
	return nil, fmt.Errorf("no WorkflowTemplate %q", name)
}

// lint does what `argo lint --offline` does with these files, all together:
// strict parsing, and Argo's validation.
func lint(ctx context.Context, manifests []manifest) error {
	all := library{map[string]*wfv1.ClusterWorkflowTemplate{},
		map[string]*wfv1.WorkflowTemplate{}}
	type parsed struct {
		file   string
		object any
	}
	var objects []parsed
	for _, one := range manifests {
		results := common.ParseObjects(ctx, []byte(one.text), true)
		if len(results) == 0 {
			return fmt.Errorf("%s: nothing in it", one.file)
		}
		for _, result := range results {
			if result.Err != nil {
				return fmt.Errorf("%s: %w", one.file, result.Err)
			}
			switch object := result.Object.(type) {
			case *wfv1.ClusterWorkflowTemplate:
				all.cluster[object.Name] = object
			case *wfv1.WorkflowTemplate:
				all.namespaced[object.Name] = object
			}
			objects = append(objects, parsed{one.file, result.Object})
		}
	}
	cluster, namespaced := clusterGetter(all), namespacedGetter(all)
	options := validate.ValidateOpts{Lint: true}
	for _, one := range objects {
		var err error
		switch object := one.object.(type) {
		case *wfv1.ClusterWorkflowTemplate:
			err = validate.ValidateClusterWorkflowTemplate(ctx, namespaced,
				cluster, object, nil, options)
		case *wfv1.WorkflowTemplate:
			err = validate.ValidateWorkflowTemplate(ctx, namespaced, cluster,
				object, nil, options)
		case *wfv1.CronWorkflow:
			err = validate.ValidateCronWorkflow(ctx, namespaced, cluster,
				object, nil)
		case *wfv1.Workflow:
			// As it is submitted, where every parameter must have a value.
			err = validate.ValidateWorkflow(ctx, namespaced, cluster, object,
				nil, validate.ValidateOpts{})
		default:
			err = fmt.Errorf("%T is nothing that is linted", object)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", one.file, err)
		}
	}
	return nil
}

func read(t *testing.T, file string) manifest {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(plugins, file))
	if err != nil {
		t.Fatal(err)
	}
	return manifest{file, string(text)}
}

// kinds of the objects in a file.
func kinds(t *testing.T, one manifest) []string {
	t.Helper()
	var out []string
	for _, part := range strings.Split(one.text, "\n---") {
		var object struct {
			Kind string `json:"kind"`
		}
		if err := yaml.Unmarshal([]byte(part), &object); err != nil {
			t.Fatalf("%s: %v", one.file, err)
		}
		out = append(out, object.Kind)
	}
	return out
}

// Each YAML file below plugins/argo, by its name there.
func files(t *testing.T) []manifest {
	t.Helper()
	var out []manifest
	err := filepath.WalkDir(plugins, func(path string, entry os.DirEntry,
		err error) error {
		ext := filepath.Ext(path)
		if err == nil && !entry.IsDir() && (ext == ".yaml" || ext == ".yml") {
			name, _ := filepath.Rel(plugins, path)
			out = append(out, read(t, name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var argoKinds = []string{"Workflow", "CronWorkflow", "WorkflowTemplate",
	"ClusterWorkflowTemplate"}

const clusterFile = "cluster_workflow_template.yaml"
const namespacedFile = "workflow_template.yaml"

func TestEveryManifestIsValid(t *testing.T) {
	decoder := serializer.NewCodecFactory(scheme.Scheme,
		serializer.EnableStrict).UniversalDeserializer()
	linted := map[string]int{}
	examples := 0
	for _, one := range files(t) {
		for number, kind := range kinds(t, one) {
			switch {
			case slices.Contains(argoKinds, kind):
				linted[kind]++
			case kind == "ExecutorPlugin": // TestExecutorPlugin.
				linted[kind]++
			default:
				part := strings.Split(one.text, "\n---")[number]
				if _, _, err := decoder.Decode([]byte(part), nil, nil); err != nil {
					t.Errorf("%s: %v", one.file, err)
				}
			}
		}
		if !slices.Contains(argoKinds, kinds(t, one)[0]) {
			continue
		}
		set := []manifest{one}
		if one.file != clusterFile {
			set = append(set, read(t, clusterFile))
		}
		if err := lint(contextOf(t), set); err != nil {
			t.Error(err)
		}
		if !strings.HasPrefix(one.file, "examples/") {
			continue
		}
		examples++
		// For those without rights on the whole cluster.
		twin := manifest{one.file + " with the namespaced twin",
			strings.ReplaceAll(one.text, ", clusterScope: true", "")}
		if twin.text == one.text {
			t.Errorf("%s uses no template of the cluster", one.file)
		}
		err := lint(contextOf(t), []manifest{twin, read(t, namespacedFile)})
		if err != nil {
			t.Error(err)
		}
	}
	for _, kind := range append(argoKinds, "ExecutorPlugin") {
		if linted[kind] == 0 {
			t.Errorf("there is no %s", kind)
		}
	}
	if examples < 4 {
		t.Errorf("%d examples", examples)
	}
}

// What the validator finds, so that its silence means something.
func TestValidatorBites(t *testing.T) {
	for _, one := range []struct{ file, from, to, wanted string }{
		{"examples/migration.yaml", "entrypoint: main", "entrypoint: mian",
			"mian"},
		{"examples/migration.yaml", "depends: preflight.Succeeded",
			"depends: preflite.Succeeded", "preflite"},
		{"examples/migration.yaml", "depends: preflight.Succeeded",
			"dependz: preflight.Succeeded", "dependz"},
		{"examples/migration.yaml", "template: gate,", "template: gat,", "gat"},
		{"examples/migration.yaml", "{name: assay,", "{name: asay,", "asay"},
		{"examples/migration.yaml", "{name: rule-set, value:",
			"{name: rule-sets, value:", "rule-set"},
		{"examples/migration.yaml", "tasks.verify.outputs.parameters.decision",
			"tasks.verify.outputs.parameters.decison", "decison"},
		{"examples/migration_plugin.yaml",
			"tasks.verify.outputs.parameters.decision",
			"tasks.verify.outputs.parameters.decison", "decison"},
		{"examples/audit.yaml", `"30 3 * * *"`, `"30 25 * * *"`, "25"},
		{"examples/audit.yaml", "concurrencyPolicy: Forbid",
			"concurrencyPolicy: Forbidden", "Forbidden"},
		{clusterFile, "{{workflow.namespace}}", "{{workflow.space}}",
			"workflow.space"},
		{clusterFile, "{{inputs.parameters.on-hold}}",
			"{{inputs.parameters.onhold}}", "onhold"},
		{clusterFile, "valueFrom: {supplied: {}, default: ERROR}",
			"valueFrom: {default: ERROR}", "valueFrom type unspecified"},
		{clusterFile, "      plugin:\n        assay:",
			"      plugin:\n        more: {}\n        assay:", "exactly one key"},
		{namespacedFile, "- name: gate-plugin", "- name: gate", "gate"},
	} {
		sound := read(t, one.file)
		broken := manifest{one.file, strings.ReplaceAll(sound.text, one.from,
			one.to)}
		if broken.text == sound.text {
			t.Errorf("%s: there is no '%s'", one.file, one.from)
			continue
		}
		set := []manifest{broken}
		if one.file != clusterFile {
			set = append(set, read(t, clusterFile))
		}
		err := lint(contextOf(t), set)
		if err == nil || !strings.Contains(err.Error(), one.wanted) {
			t.Errorf("%s with '%s': %v", one.file, one.to, err)
		}
	}
}

// Variables whose first word Argo does not know: its validator takes them for
// somebody else's, and its controller leaves them as they are.
func strangers(text string) []string {
	var out []string
	for _, found := range variable.FindAllStringSubmatch(text, -1) {
		name := strings.TrimSpace(found[1])
		known := slices.Contains([]string{"item", "node.name", "retries"}, name)
		for _, prefix := range common.GlobalVarValidWorkflowVariablePrefix {
			known = known || strings.HasPrefix(name, prefix)
		}
		if !known {
			out = append(out, name)
		}
	}
	return out
}

var variable = regexp.MustCompile(`\{\{([^=}][^}]*)\}\}`)

func TestEveryVariableIsArgos(t *testing.T) {
	for _, one := range files(t) {
		if found := strangers(one.text); found != nil {
			t.Errorf("%s: %v", one.file, found)
		}
	}
	text := read(t, clusterFile).text
	for _, one := range []struct{ from, to string }{
		{"{{retries}}", "{{retry}}"}, {"{{node.name}}", "{{nodes.name}}"},
		{"{{inputs.parameters.on-hold}}", "{{input.parameters.on-hold}}"}} {
		broken := strings.Replace(text, one.from, one.to, 1)
		wanted := []string{strings.Trim(one.to, "{}")}
		if found := strangers(broken); !slices.Equal(found, wanted) {
			t.Errorf("%s for %s: %v", one.to, one.from, found)
		}
	}
}

// The controller's own substitution leaves no variable, and no text a part of
// the script.
func TestTemplatesAreFilled(t *testing.T) {
	node := `orders-x7k2p.verify(3:a "b" 'c' \d)`
	text := "version: 1\nname: \"a $$b $(HOME) 'c' `d` \\\\ ü\"\n"
	for _, name := range []string{"gate", "gate-plugin"} {
		out := fill(t, templateOf(t, name), "orders-x7k2p", node,
			map[string]string{"rule-set": text, "params": `{"a": "\"b\""}`})
		shown, err := yaml.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(shown), "{{") {
			t.Errorf("%s: a variable is left:\n%s", name, shown)
		}
		if name == "gate" {
			if !slices.Contains(out.Container.Args, node) {
				t.Errorf("%v", out.Container.Args)
			}
			for artifact, wanted := range map[string]string{
				"rule-set": text, "params": `{"a": "\"b\""}`} {
				raw := out.Inputs.GetArtifactByName(artifact).Raw.Data
				got, err := base64.StdEncoding.DecodeString(raw)
				if err != nil || string(got) != wanted {
					t.Errorf("%s: %v: %q", artifact, err, got)
				}
			}
			continue
		}
		var plugin struct {
			Assay map[string]string `json:"assay"`
		}
		if err := yaml.Unmarshal(out.Plugin.Value, &plugin); err != nil {
			t.Fatal(err)
		}
		got := plugin.Assay
		if got["rule_set"] != text || got["params"] != `{"a": "\"b\""}` ||
			got["node"] != node ||
			got["attempt"] != "0" || got["workflow"] != "orders-x7k2p" {
			t.Errorf("%v", got)
		}
	}
}

// Only what may pass by itself is tried again.
func TestRetryExpression(t *testing.T) {
	for _, name := range []string{"gate", "gate-plugin"} {
		strategy := templateOf(t, name).RetryStrategy
		for code, wanted := range map[string]bool{"0": false, "1": false,
			"2": false, "3": true, "4": false, "5": false, "130": false,
			"143": false, "-1": false} {
			scope := env.GetFuncMap(map[string]any{"retries": "0",
				"lastRetry.exitCode": code, "lastRetry.status": "Error",
				"lastRetry.duration": "1", "lastRetry.message": ""})
			got, err := argoexpr.EvalBool(strategy.Expression, scope)
			if err != nil || got != wanted {
				t.Errorf("%s: exit code %s: %v, %v", name, code, got, err)
			}
		}
	}
}
