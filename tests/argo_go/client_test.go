// SPDX-License-Identifier: Apache-2.0
package argo_go

import (
	"context"
	"strings"
	"testing"
	"time"

	wfv1 "github.com/argoproj/argo-workflows/v4/pkg/apis/workflow/v1alpha1"
	"github.com/argoproj/argo-workflows/v4/pkg/plugins/executor"
	"github.com/argoproj/argo-workflows/v4/workflow/executor/plugins/rpc"
)

func argumentsOf(workflow string, tmpl *wfv1.Template) executor.ExecuteTemplateArgs {
	return executor.ExecuteTemplateArgs{
		Workflow: &executor.Workflow{ObjectMeta: executor.ObjectMeta{
			Name: workflow, Namespace: namespace, UID: "uid-" + workflow}},
		Template: tmpl}
}

// poll asks as the agent does, until the node has ended.
func poll(t *testing.T, client executor.TemplateExecutor,
	args executor.ExecuteTemplateArgs) *wfv1.NodeResult {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		var reply executor.ExecuteTemplateReply
		if err := client.ExecuteTemplate(contextOf(t), args, &reply); err != nil {
			t.Fatal(err)
		}
		if reply.Node == nil {
			t.Fatal("the plugin does not know its own template")
		}
		if reply.Node.Phase.Completed() {
			if reply.Requeue != nil {
				t.Fatal("Argo would go on calling a node that has ended")
			}
			return reply.Node
		}
		// Argo ends Pending nodes only when their time is over.
		if phase := reply.Node.Phase; phase != "" && phase != wfv1.NodePending {
			t.Fatalf("phase %s while it works", phase)
		}
		if reply.GetRequeue() <= 0 {
			t.Fatal("Argo would never ask again")
		}
		time.Sleep(min(reply.GetRequeue(), 200*time.Millisecond))
	}
	t.Fatal("the gate has not ended")
	return nil
}

func TestClientRunsAGate(t *testing.T) {
	p := startPlugin(t)
	tmpl := fill(t, templateOf(t, "gate-plugin"), "client-pass",
		"client-pass.verify", outcomeOf(t, "good data").arguments())
	client := rpc.New(p.address(), p.token)
	node := poll(t, client, argumentsOf("client-pass", tmpl))
	if node.Phase != wfv1.NodeSucceeded {
		t.Fatalf("%+v", node)
	}
	out := outputsOf(t, tmpl, node)
	if out["verdict"] != "PASS" || out["decision"] != "PROCEED" {
		t.Fatalf("%v", out)
	}
	runs := runsOf(t, "client-pass")
	if len(runs) != 1 || runs[0].ID != out["run-id"] {
		t.Fatalf("%v, not %s", runs, out["run-id"])
	}
	// A reply that was lost is asked for again.
	again := poll(t, client, argumentsOf("client-pass", tmpl))
	if outputsOf(t, tmpl, again)["run-id"] != out["run-id"] ||
		again.Phase != node.Phase {
		t.Fatalf("another answer to the same question: %+v", again)
	}
	if runs := runsOf(t, "client-pass"); len(runs) != 1 {
		t.Fatalf("%v", runs)
	}
}

// The controller's retry of a node is another attempt: it reads anew.
func TestAnotherAttemptIsAnotherRun(t *testing.T) {
	p := startPlugin(t)
	client := rpc.New(p.address(), p.token)
	ids := map[string]bool{}
	for attempt := range 3 {
		tmpl := fillAttempt(t, templateOf(t, "gate-plugin"), "client-retry",
			"client-retry.verify", attempt,
			outcomeOf(t, "bad data is held").arguments())
		node := poll(t, client, argumentsOf("client-retry", tmpl))
		if node.Phase != wfv1.NodeFailed {
			t.Fatalf("%+v", node)
		}
		ids[outputsOf(t, tmpl, node)["run-id"]] = true
	}
	if runs := runsOf(t, "client-retry"); len(runs) != 3 || len(ids) != 3 {
		t.Fatalf("%v\n%v", ids, runs)
	}
}

func TestClientWithAnotherTokenIsRefused(t *testing.T) {
	p := startPlugin(t)
	tmpl := fill(t, templateOf(t, "gate-plugin"), "client-token",
		"client-token.verify", outcomeOf(t, "good data").arguments())
	var reply executor.ExecuteTemplateReply
	begin := time.Now()
	err := rpc.New(p.address(), p.token+"x").ExecuteTemplate(
		contextOf(t), argumentsOf("client-token", tmpl), &reply)
	if err == nil || !strings.Contains(err.Error(), "403") {
		t.Fatalf("%v", err)
	}
	// The client waits for a second before it tries again.
	if took := time.Since(begin); took >= time.Second {
		t.Fatalf("it was tried again: %v", took)
	}
	if runs := runsOf(t, "client-token"); len(runs) != 0 {
		t.Fatalf("%v", runs)
	}
}

func TestClientGoesOnToTheNextPlugin(t *testing.T) {
	p := startPlugin(t)
	client := rpc.New(p.address(), p.token)
	other := templateOf(t, "gate-plugin").DeepCopy()
	other.Plugin = &wfv1.Plugin{}
	if err := other.Plugin.UnmarshalJSON([]byte(`{"slack": {}}`)); err != nil {
		t.Fatal(err)
	}
	var reply executor.ExecuteTemplateReply
	if err := client.ExecuteTemplate(contextOf(t),
		argumentsOf("client-other", other), &reply); err != nil {
		t.Fatal(err)
	}
	if reply.Node != nil || reply.Requeue != nil {
		t.Fatalf("%+v", reply)
	}
	// It has not been struck off for the life of the agent.
	tmpl := fill(t, templateOf(t, "gate-plugin"), "client-next",
		"client-next.verify", outcomeOf(t, "good data").arguments())
	if node := poll(t, client, argumentsOf("client-next", tmpl)); node.Phase !=
		wfv1.NodeSucceeded {
		t.Fatalf("%+v", node)
	}
}

func TestClientWaitsForAPluginThatStarts(t *testing.T) {
	p := startPlugin(t)
	p.end(9)
	tmpl := fill(t, templateOf(t, "gate-plugin"), "client-late",
		"client-late.verify", outcomeOf(t, "good data").arguments())
	client := rpc.New(p.address(), p.token)
	type answer struct {
		reply executor.ExecuteTemplateReply
		err   error
	}
	done := make(chan answer, 1)
	go func(ctx context.Context) {
		var a answer
		a.err = client.ExecuteTemplate(ctx, argumentsOf("client-late", tmpl),
			&a.reply)
		done <- a
	}(contextOf(t))
	select {
	case a := <-done:
		t.Fatalf("an answer without a plugin: %+v", a)
	case <-time.After(500 * time.Millisecond):
	}
	p.start(t)
	if a := <-done; a.err != nil || a.reply.Node == nil {
		t.Fatalf("%+v", a)
	}
	if node := poll(t, client, argumentsOf("client-late", tmpl)); node.Phase !=
		wfv1.NodeSucceeded {
		t.Fatalf("%+v", node)
	}
	if runs := runsOf(t, "client-late"); len(runs) != 1 {
		t.Fatalf("%v", runs)
	}
}

// What is wrong in a Workflow is an Error with a reason, never the Failed that
// means FAIL.
func TestClientIsToldWhatIsWrong(t *testing.T) {
	p := startPlugin(t)
	client := rpc.New(p.address(), p.token)
	for wrong, wanted := range map[string]string{
		`{"assay": {"rule_set": "version: 1", "node": "n", "attempt": "0",
		    "fail-on": "warn"}}`: "fail-on",
		`{"assay": {"rule_set": "version: 1", "attempt": "0"}}`: "node",
		`{"assay": {"node": "n", "attempt": "0"}}`:              "rule_set",
		`{"assay": []}`: "plugin.assay",
	} {
		tmpl := templateOf(t, "gate-plugin").DeepCopy()
		if err := tmpl.Plugin.UnmarshalJSON([]byte(wrong)); err != nil {
			t.Fatal(err)
		}
		node := poll(t, client, argumentsOf("client-wrong", tmpl))
		if node.Phase != wfv1.NodeError ||
			!strings.Contains(node.Message, wanted) {
			t.Errorf("%s: %+v", wrong, node)
		}
		if out := outputsOf(t, tmpl, node); out["decision"] != "HOLD" ||
			out["verdict"] != "ERROR" {
			t.Errorf("%s: %v", wrong, out)
		}
	}
}
