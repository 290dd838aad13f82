// SPDX-License-Identifier: Apache-2.0

// Package argo_go holds the plugin and the YAML of plugins/argo against the
// code of Argo Workflows itself: its validator, the client of its agent, and
// the agent. tests/e2e/argo_go_test.py starts assayd and runs these tests.
package argo_go

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	wfv1 "github.com/argoproj/argo-workflows/v4/pkg/apis/workflow/v1alpha1"
	"github.com/argoproj/argo-workflows/v4/util/logging"
	"github.com/argoproj/argo-workflows/v4/workflow/common"
	"sigs.k8s.io/yaml"
)

// What is judged.
const plugins = "../../plugins/argo"

// As the controller: a namespace and a uid of each workflow.
const namespace = "shop"

func setting(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set; run tests/e2e/argo_go_test.py", name)
	}
	return value
}

func program(t *testing.T, name string) string {
	return filepath.Join(setting(t, "ASSAY_TEST_BIN"), name)
}

func contextOf(t *testing.T) context.Context {
	return logging.TestContext(t.Context())
}

// plugin is an assay-argo-plugin as a container beside Argo's agent: what is
// started again has the same port and the same token.
type plugin struct {
	token   string
	port    string
	server  string
	file    string
	process *exec.Cmd
	log     bytes.Buffer
}

func newPlugin(t *testing.T, server string) *plugin {
	t.Helper()
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		t.Fatal(err)
	}
	p := &plugin{token: hex.EncodeToString(random), port: "0", server: server,
		file: filepath.Join(t.TempDir(), "token")}
	if err := os.WriteFile(p.file, []byte(p.token), 0o400); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.end(syscall.SIGKILL)
		if t.Failed() {
			t.Logf("the plugin's log:\n%s", p.log.String())
		}
	})
	return p
}

func startPlugin(t *testing.T) *plugin {
	t.Helper()
	p := newPlugin(t, setting(t, "ASSAY_TEST_SERVER"))
	p.start(t)
	return p
}

func (p *plugin) start(t *testing.T) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	p.process = exec.Command(program(t, "assay-argo-plugin"), "--listen",
		"127.0.0.1:"+p.port, "--agent-token-file", p.file, "--ready-fd", "3")
	for _, one := range os.Environ() {
		if !strings.HasPrefix(one, "ASSAY_") {
			p.process.Env = append(p.process.Env, one)
		}
	}
	p.process.Env = append(p.process.Env, "ASSAY_SERVER="+p.server)
	p.process.ExtraFiles = []*os.File{write}
	p.process.Stdout, p.process.Stderr = &p.log, &p.log
	err = p.process.Start()
	write.Close()
	if err != nil {
		p.process = nil
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(read).ReadString('\n')
	if !strings.HasPrefix(line, "READY ") {
		p.end(syscall.SIGKILL)
		t.Fatalf("the plugin did not start: %s", p.log.String())
	}
	p.port = strings.TrimSpace(strings.TrimPrefix(line, "READY "))
}

// end sends a signal and waits for the end.
func (p *plugin) end(number syscall.Signal) {
	if p.process == nil {
		return
	}
	_ = p.process.Process.Signal(number)
	_ = p.process.Wait()
	p.process = nil
}

func (p *plugin) address() string {
	return "http://" + net.JoinHostPort("localhost", p.port)
}

// assay runs the command line against the server; its output.
func assay(t *testing.T, arguments ...string) []byte {
	t.Helper()
	command := exec.Command(program(t, "assay"), append([]string{
		"--server", setting(t, "ASSAY_TEST_SERVER")}, arguments...)...)
	var errors bytes.Buffer
	command.Stderr = &errors
	out, err := command.Output()
	if err != nil {
		t.Fatalf("assay %v: %v\n%s", arguments, err, errors.String())
	}
	return out
}

type run struct {
	ID     string            `json:"run_id"`
	State  string            `json:"state"`
	Labels map[string]string `json:"labels"`
}

// runsOf are all runs on the server that a workflow has made.
func runsOf(t *testing.T, workflow string) []run {
	t.Helper()
	var out []run
	text := assay(t, "runs", "--format", "json", "--limit", "1000", "--label",
		"run="+workflow)
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return out
}

// A case of gate_outcomes.json, with the text of its rule set.
type outcome struct {
	Name     string         `json:"name"`
	Options  map[string]any `json:"options"`
	Verdict  string         `json:"verdict"`
	Decision string         `json:"decision"`
	Exit     int            `json:"exit"`
	Argo     string         `json:"argo"`
	RuleSet  string         `json:"rule_set"`
}

func outcomes(t *testing.T) []outcome {
	t.Helper()
	text, err := os.ReadFile(setting(t, "ASSAY_TEST_CASES"))
	if err != nil {
		t.Fatal(err)
	}
	var out []outcome
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		t.Fatal("there are no cases")
	}
	return out
}

// outcomeOf finds one by its name.
func outcomeOf(t *testing.T, name string) outcome {
	t.Helper()
	for _, one := range outcomes(t) {
		if one.Name == name {
			return one
		}
	}
	t.Fatalf("gate_outcomes.json has no case '%s'", name)
	return outcome{}
}

// arguments are the inputs of a template of ours that make the case.
func (o outcome) arguments() map[string]string {
	out := map[string]string{"rule-set": o.RuleSet, "server-grace": "1s"}
	for option, input := range map[string]string{
		"fail_on": "fail-on", "verdict_as_data": "verdict-as-data",
		"on_hold": "on-hold", "hold_timeout": "hold-timeout",
		"run_timeout": "timeout"} {
		if value, ok := o.Options[option]; ok {
			out[input] = fmt.Sprint(value)
		}
	}
	return out
}

// templateOf reads a template of the ClusterWorkflowTemplate.
func templateOf(t *testing.T, name string) *wfv1.Template {
	t.Helper()
	text, err := os.ReadFile(
		filepath.Join(plugins, "cluster_workflow_template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var all wfv1.ClusterWorkflowTemplate
	if err := yaml.UnmarshalStrict(text, &all); err != nil {
		t.Fatal(err)
	}
	out := all.GetTemplateByName(name)
	if out == nil {
		t.Fatalf("there is no template '%s'", name)
	}
	return out
}

// fill puts values into a template for the first attempt of a node.
func fill(t *testing.T, tmpl *wfv1.Template, workflow, node string,
	inputs map[string]string) *wfv1.Template {
	t.Helper()
	return fillAttempt(t, tmpl, workflow, node, 0, inputs)
}

// fillAttempt does it with the controller's own functions, in its order, for
// an attempt of a node with a retryStrategy.
func fillAttempt(t *testing.T, tmpl *wfv1.Template, workflow, node string,
	attempt int, inputs map[string]string) *wfv1.Template {
	t.Helper()
	var given wfv1.Arguments
	for name, value := range inputs {
		if tmpl.Inputs.GetParameterByName(name) == nil {
			t.Fatalf("template %s has no input %s", tmpl.Name, name)
		}
		given.Parameters = append(given.Parameters,
			wfv1.Parameter{Name: name, Value: wfv1.AnyStringPtr(value)})
	}
	globals := common.Parameters{"workflow.name": workflow,
		"workflow.namespace": namespace, "workflow.uid": "uid-" + workflow}
	ctx := contextOf(t)
	out, err := common.ProcessArgs(ctx, tmpl, &given, globals,
		common.Parameters{"node.name": node}, false, namespace, nil)
	if err != nil {
		t.Fatal(err)
	}
	out, err = common.SubstituteParams(ctx, out, globals,
		common.Parameters{"retries": strconv.Itoa(attempt),
			"pod.name": "pod"})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// outputsOf are the output parameters of a node; it has all that the template
// declares.
func outputsOf(t *testing.T, tmpl *wfv1.Template,
	node *wfv1.NodeResult) map[string]string {
	t.Helper()
	out := map[string]string{}
	if node.Outputs == nil {
		t.Fatalf("a node without outputs: %+v", node)
	}
	for _, one := range node.Outputs.Parameters {
		out[one.Name] = one.Value.String()
	}
	for _, one := range tmpl.Outputs.Parameters {
		if _, ok := out[one.Name]; !ok {
			t.Errorf("output %s is missing: %v", one.Name, out)
		}
	}
	return out
}

// eventually waits until `condition` is true.
func eventually(t *testing.T, limit time.Duration, what string,
	condition func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !condition(); {
		if time.Now().After(end) {
			t.Fatalf("waited %v for %s", limit, what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
