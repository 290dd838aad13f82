// SPDX-License-Identifier: Apache-2.0
package argo_go

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	wfv1 "github.com/argoproj/argo-workflows/v4/pkg/apis/workflow/v1alpha1"
	"github.com/argoproj/argo-workflows/v4/pkg/client/clientset/versioned"
	"github.com/argoproj/argo-workflows/v4/pkg/client/clientset/versioned/fake"
	"github.com/argoproj/argo-workflows/v4/pkg/plugins/executor"
	"github.com/argoproj/argo-workflows/v4/util/logging"
	"github.com/argoproj/argo-workflows/v4/workflow/common"
	agent "github.com/argoproj/argo-workflows/v4/workflow/executor"
	"github.com/argoproj/argo-workflows/v4/workflow/executor/plugins/rpc"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// An agent's pod: what it is asked to do, and by which plugin.
type pod struct {
	Address  string
	Token    string
	Workflow string
	Tasks    map[string]wfv1.Template
}

// A process of its own is an agent that can be killed.
const agentVariable = "ASSAY_TEST_AGENT"

func TestMain(m *testing.M) {
	// Argo shows the controller what it knows every 10 s; here more often.
	os.Setenv(common.EnvAgentPatchRate, "200ms")
	text := os.Getenv(agentVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	var p pod
	err := json.Unmarshal([]byte(text), &p)
	var nodes map[string]wfv1.NodeResult
	if err == nil {
		ctx, stop := context.WithTimeout(
			logging.WithLogger(context.Background(),
				logging.NewSlogLogger(logging.Info, logging.Text)),
			time.Minute)
		defer stop()
		nodes, err = p.run(ctx)
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(nodes)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// run is Argo's agent from its first task to the end of the workflow; what it
// has told the controller of each node.
func (p pod) run(ctx context.Context) (map[string]wfv1.NodeResult, error) {
	cluster := fake.NewSimpleClientset()
	loop := agent.NewAgentExecutor(nil, nil, &rest.Config{}, namespace,
		p.Workflow, "uid-"+p.Workflow,
		[]executor.TemplateExecutor{rpc.New(p.Address, p.Token)})
	loop.WorkflowInterface = cluster
	ended := make(chan error, 1)
	go func() { ended <- loop.Agent(ctx) }()
	// A watch of this cluster sees only what comes after it.
	for len(cluster.Actions()) == 0 {
		select {
		case err := <-ended:
			return nil, fmt.Errorf("the agent has ended: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	sets := versioned.Interface(cluster).ArgoprojV1alpha1().
		WorkflowTaskSets(namespace)
	set := &wfv1.WorkflowTaskSet{
		ObjectMeta: metav1.ObjectMeta{Name: p.Workflow, Namespace: namespace},
		Spec:       wfv1.WorkflowTaskSetSpec{Tasks: p.Tasks}}
	if _, err := sets.Create(ctx, set, metav1.CreateOptions{}); err != nil {
		return nil, err
	}
	for {
		now, err := sets.Get(ctx, p.Workflow, metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		done := 0
		for _, node := range now.Status.Nodes {
			if node.Phase.Completed() {
				done++
			}
		}
		if done == len(p.Tasks) {
			set = now
			break
		}
		select {
		case err := <-ended:
			return nil, fmt.Errorf("the agent has ended: %v", err)
		case <-ctx.Done():
			return nil, fmt.Errorf("%d of %d nodes have ended: %+v", done,
				len(p.Tasks), now.Status.Nodes)
		case <-time.After(50 * time.Millisecond):
		}
	}
	set = set.DeepCopy()
	set.Labels = map[string]string{common.LabelKeyCompleted: "true"}
	if _, err := sets.Update(ctx, set, metav1.UpdateOptions{}); err != nil {
		return nil, err
	}
	select {
	case err := <-ended:
		return set.Status.Nodes, err
	case <-ctx.Done():
		return nil, fmt.Errorf("the agent goes on after its workflow")
	}
}

type result struct {
	nodes map[string]wfv1.NodeResult
	err   error
}

// start runs the agent beside the test.
func (p pod) start(t *testing.T) <-chan result {
	ctx, stop := context.WithTimeout(contextOf(t), time.Minute)
	t.Cleanup(stop)
	out := make(chan result, 1)
	go func() {
		defer stop()
		nodes, err := p.run(ctx)
		out <- result{nodes, err}
	}()
	return out
}

// gate is a pod with one node, "verify".
func gate(t *testing.T, p *plugin, workflow string,
	inputs map[string]string) pod {
	t.Helper()
	return pod{p.address(), p.token, workflow, map[string]wfv1.Template{
		"verify": *fill(t, templateOf(t, "gate-plugin"), workflow,
			workflow+".verify", inputs)}}
}

// The conformance table, each case a node of one workflow.
func TestAgentOutcomes(t *testing.T) {
	live := startPlugin(t)
	alone := newPlugin(t, "unix:"+t.TempDir()+"/nobody")
	alone.start(t)
	tmpl := templateOf(t, "gate-plugin")
	pods := map[bool]pod{
		true:  {alone.address(), alone.token, "alone", map[string]wfv1.Template{}},
		false: {live.address(), live.token, "live", map[string]wfv1.Template{}}}
	for number, one := range outcomes(t) {
		p := pods[one.Options["server"] == "none"]
		name := "case-" + strconv.Itoa(number)
		p.Tasks[name] = *fill(t, tmpl, p.Workflow, p.Workflow+"."+name,
			one.arguments())
	}
	nodes := map[string]wfv1.NodeResult{}
	for _, p := range pods {
		if len(p.Tasks) == 0 {
			t.Fatalf("no case for %s", p.Workflow)
		}
	}
	for _, ended := range []<-chan result{pods[true].start(t),
		pods[false].start(t)} {
		for name, node := range nodesOf(t, ended) {
			nodes[name] = node
		}
	}
	ids := map[string]string{}
	for number, one := range outcomes(t) {
		node := nodes["case-"+strconv.Itoa(number)]
		out := outputsOf(t, tmpl, &node)
		exit := strconv.Itoa(one.Exit)
		if string(node.Phase) != one.Argo || out["verdict"] != one.Verdict ||
			out["decision"] != one.Decision || out["exit-code"] != exit ||
			*node.Outputs.ExitCode != exit || node.Message == "" {
			t.Errorf("%s: %+v\n%v", one.Name, node, out)
		}
		if out["run-id"] == "" {
			continue
		}
		if other, ok := ids[out["run-id"]]; ok {
			t.Errorf("%s and %s share a run", one.Name, other)
		}
		ids[out["run-id"]] = one.Name
	}
	runs := runsOf(t, "live")
	for _, one := range runs {
		if _, ok := ids[one.ID]; !ok {
			t.Errorf("run %s belongs to no node", one.ID)
		}
	}
	if len(runs) != len(ids) || len(ids) < 10 {
		t.Errorf("%d runs, %d nodes with one", len(runs), len(ids))
	}
}

// waitFor is the one run of a workflow, once it is in this state.
func waitFor(t *testing.T, workflow, state string) run {
	t.Helper()
	var runs []run
	eventually(t, 30*time.Second, "a run that is "+state, func() bool {
		runs = runsOf(t, workflow)
		return len(runs) > 0 && strings.EqualFold(runs[0].State, state)
	})
	return runs[0]
}

// theOnlyRun wants one run, and a node that speaks of it.
func theOnlyRun(t *testing.T, workflow string, want run,
	out map[string]string) {
	t.Helper()
	runs := runsOf(t, workflow)
	if len(runs) != 1 || runs[0].ID != want.ID || out["run-id"] != want.ID {
		t.Fatalf("runs %v, node of run %s, began as %s", runs, out["run-id"],
			want.ID)
	}
}

// released wants the node of a run that a person let go on.
func released(t *testing.T, nodes map[string]wfv1.NodeResult) map[string]string {
	t.Helper()
	node := nodes["verify"]
	out := outputsOf(t, templateOf(t, "gate-plugin"), &node)
	if node.Phase != wfv1.NodeSucceeded || out["verdict"] != "FAIL" ||
		out["decision"] != "PROCEED" ||
		!strings.Contains(out["release"], "seen by a test") {
		t.Fatalf("%+v\n%v", node, out)
	}
	return out
}

func held(t *testing.T) map[string]string {
	out := outcomeOf(t, "bad data is held").arguments()
	out["on-hold"] = "wait"
	out["server-grace"] = "30s"
	return out
}

// A sidecar that is killed and started again, while a person is waited for.
func TestPluginKilledWhileHeld(t *testing.T) {
	p := startPlugin(t)
	ended := gate(t, p, "killed-held", held(t)).start(t)
	begun := waitFor(t, "killed-held", "HELD")
	for range 2 {
		p.end(syscall.SIGKILL)
		time.Sleep(500 * time.Millisecond)
		p.start(t)
		time.Sleep(3 * time.Second)
	}
	waiting(t, ended)
	assay(t, "release", begun.ID, "--reason", "seen by a test")
	theOnlyRun(t, "killed-held", begun, released(t, nodesOf(t, ended)))
}

// The same while a query goes on, which it does without the plugin.
func TestPluginKilledWhileRunning(t *testing.T) {
	p := startPlugin(t)
	inputs := outcomeOf(t, "out of time").arguments()
	inputs["timeout"] = "8s"
	inputs["server-grace"] = "30s"
	ended := gate(t, p, "killed-running", inputs).start(t)
	begun := waitFor(t, "killed-running", "RUNNING")
	p.end(syscall.SIGKILL)
	time.Sleep(500 * time.Millisecond)
	p.start(t)
	node := nodesOf(t, ended)["verify"]
	out := outputsOf(t, templateOf(t, "gate-plugin"), &node)
	if node.Phase != wfv1.NodeError || out["verdict"] != "ERROR" ||
		out["exit-code"] != "3" {
		t.Fatalf("%+v\n%v", node, out)
	}
	theOnlyRun(t, "killed-running", begun, out)
}

// process is the pod's agent as a process of its own, and what becomes of it.
func (p pod) process(t *testing.T) (*os.Process, <-chan result) {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), agentVariable+"="+string(text))
	var said bytes.Buffer
	child.Stdout, child.Stderr = &said, os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = child.Process.Kill() })
	out := make(chan result, 1)
	go func() {
		var got result
		if got.err = child.Wait(); got.err == nil {
			got.err = json.Unmarshal(said.Bytes(), &got.nodes)
		}
		out <- got
	}()
	return child.Process, out
}

// nodesOf waits for the agent's end.
func nodesOf(t *testing.T, ended <-chan result) map[string]wfv1.NodeResult {
	t.Helper()
	got := <-ended
	if got.err != nil {
		t.Fatal(got.err)
	}
	return got.nodes
}

// waiting wants an agent that has not ended.
func waiting(t *testing.T, ended <-chan result) {
	t.Helper()
	select {
	case got := <-ended:
		t.Fatalf("nobody has let it go: %+v", got)
	default:
	}
}

// kill ends an agent, which cannot say anything more.
func kill(t *testing.T, child *os.Process, ended <-chan result) {
	t.Helper()
	waiting(t, ended)
	if err := child.Kill(); err != nil {
		t.Fatal(err)
	}
	<-ended
}

// The agent's own container is killed and started again in its pod: it has
// forgotten what it asked for, and asks again with the same token.
func TestAgentKilledWhileHeld(t *testing.T) {
	p := gate(t, startPlugin(t), "agent-killed", held(t))
	first, ended := p.process(t)
	begun := waitFor(t, "agent-killed", "HELD")
	kill(t, first, ended)
	_, ended = p.process(t)
	// It asks before the release, as one that waits.
	time.Sleep(2 * time.Second)
	waiting(t, ended)
	assay(t, "release", begun.ID, "--reason", "seen by a test")
	theOnlyRun(t, "agent-killed", begun, released(t, nodesOf(t, ended)))
}

// The whole pod is lost, agent and plugin. What its node has read is old: the
// gate is judged anew, and a release of the old run lets nothing through.
func TestNewPodJudgesAnew(t *testing.T) {
	lost := startPlugin(t)
	first, ended := gate(t, lost, "new-pod", held(t)).process(t)
	old := waitFor(t, "new-pod", "HELD")
	kill(t, first, ended)
	lost.end(syscall.SIGKILL)
	_, ended = gate(t, startPlugin(t), "new-pod", held(t)).process(t)
	var now run
	eventually(t, 30*time.Second, "a second run that is held", func() bool {
		runs := runsOf(t, "new-pod")
		now = runs[0]
		return len(runs) == 2 && strings.EqualFold(now.State, "HELD")
	})
	assay(t, "release", old.ID, "--reason", "of another pod")
	time.Sleep(4 * time.Second)
	waiting(t, ended)
	assay(t, "release", now.ID, "--reason", "seen by a test")
	if out := released(t, nodesOf(t, ended)); out["run-id"] != now.ID {
		t.Fatalf("%v, not run %s", out, now.ID)
	}
	if runs := runsOf(t, "new-pod"); len(runs) != 2 {
		t.Fatalf("%v", runs)
	}
}
