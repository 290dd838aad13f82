# SPDX-License-Identifier: Apache-2.0
"""Operators answer as tests/support/gate_outcomes.json says."""
import json
import os
import unittest

import assay
import case
import gate_outcomes

BODY = '''
import json, os, gate_outcomes

def note(context):
    failure = context["exception"]
    with open(os.environ["ASSAY_TEST_NOTES"], "a") as notes:
        notes.write(json.dumps({
            "task": context["ti"].task_id, "type": type(failure).__name__,
            "verdict": failure.verdict, "decision": failure.decision,
            "run_id": failure.run_id, "text": str(failure)}) + chr(10))

with a_dag:
    for number, one in enumerate(gate_outcomes.CASES):
        options = dict(one["options"])
        server = options.pop("server", "default")
        common = dict(
            rule_set_text=gate_outcomes.rule_set(one), retries=1,
            retry_delay=NO_DELAY, deferrable=DEFERRABLE, server_grace="1s",
            assay_conn_id=f"assay_{server}", on_failure_callback=note,
            on_retry_callback=note, **options)
        AssayGateOperator(task_id=f"gate{number}", **common)
        branches = {}
        for name in ("proceed", "hold", "rollback"):
            @task(task_id=f"{name}{number}")
            def nothing():
                pass
            branches[name] = nothing()
        AssayGateBranchOperator(
            task_id=f"branch{number}", **common,
            **{name: f"{name}{number}" for name in branches},
        ) >> list(branches.values())
'''


class OutcomesTest(case.Case):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database.load(gate_outcomes.TABLE)

    def found(self, deferrable):
        """(what happened, DAG run) of every case."""
        self.use(case.connection(f"unix:{self.directory}/nobody"),
                 "ASSAY_NONE")
        notes = self.directory / "notes"
        notes.write_text("")
        os.environ["ASSAY_TEST_NOTES"] = str(notes)
        dag = case.dag_file(f"outcomes_{deferrable}".lower(),
                            BODY.replace("DEFERRABLE", str(deferrable)))
        run = dag.test()
        failures = {}
        for line in notes.read_text().splitlines():
            note = json.loads(line)
            failures.setdefault(note["task"], []).append(note)
        return failures, run

    def check(self, deferrable):
        failures, run = self.found(deferrable)
        states = case.states(run)
        for number, one in enumerate(gate_outcomes.CASES):
            with self.subTest(one["name"], deferrable=deferrable):
                for kind, wanted in (("gate", one["airflow"]),
                                     ("branch", one["branch"])):
                    self.check_task(f"{kind}{number}", wanted, one, failures,
                                    states, run)
                self.check_branches(number, one["branch"], states)

    def check_task(self, task, wanted, one, failures, states, run):
        fails = wanted[0].isupper()
        self.assertEqual(states[task], "failed" if fails else "success", task)
        retried = wanted in ("ValidationErrored", "ServerUnavailable")
        notes = failures.get(task, [])
        self.assertEqual([note["type"] for note in notes],
                         [wanted] * ((2 if retried else 1) if fails else 0))
        for note in notes:
            self.assertEqual((note["verdict"], note["decision"]),
                             (one["verdict"], one["decision"]))
        # One run on the server for each attempt that reached it.
        never = one["options"].get("server") or one["data"] == "invalid"
        runs = self.runs(run=run.run_id, task=task)
        self.assertEqual(len(runs), 0 if never else 2 if retried else 1)
        if never:
            return
        self.assertEqual(len({r["request_id"] for r in runs}), len(runs))
        result = case.xcom(run, task)
        self.assertIsNotNone(result, task)
        self.assertEqual(
            (result["verdict"], result["decision"], result["run_id"]),
            (one["verdict"], one["decision"], runs[0]["run_id"]))
        if fails:
            self.assertEqual(notes[-1]["run_id"], runs[0]["run_id"])
            self.assertIn(runs[0]["run_id"], notes[-1]["text"])

    def check_branches(self, number, wanted, states):
        for name in ("proceed", "hold", "rollback"):
            found = states[f"{name}{number}"]
            if wanted[0].isupper():
                self.assertEqual(found, "upstream_failed", name)
            else:
                self.assertEqual(
                    found, "success" if name == wanted else "skipped", name)

    # By default under Airflow 2 alone: it takes long.
    @unittest.skipUnless(assay.FULL or
                         os.environ["ASSAY_AIRFLOW"].startswith("2"),
                         "ASSAY_TEST_MODE=full, or Airflow 2")
    def test_in_the_worker(self):
        self.check(False)

    def test_deferred(self):
        self.check(True)


if __name__ == "__main__":
    unittest.main()
