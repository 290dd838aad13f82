# SPDX-License-Identifier: Apache-2.0
"""What a task is besides its outcome: ids, logs, links, time, lineage."""
import os
import re
import shutil
import sys
import tempfile
import unittest

import case
from assay_airflow import gate, links, messages, openlineage, outcome
from assay_airflow.version_compat import AirflowTaskTimeout


class OperatorTest(case.Case):
    def run_dag(self, name, body):
        dag = case.dag_file(name, body)
        # Airflow writes to where standard output was when it was imported.
        with tempfile.TemporaryFile("w+") as said:
            sys.stdout.flush()
            kept = os.dup(1), os.dup(2)
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            try:
                run = dag.test()
            finally:
                sys.stdout.flush()
                os.dup2(kept[0], 1)
                os.dup2(kept[1], 2)
                os.close(kept[0])
                os.close(kept[1])
            said.seek(0)
            self.said = said.read()
        return run

    def only_run(self, run, task):
        found = self.runs(run=run.run_id, task=task)
        self.assertEqual(len(found), 1)
        return found[0]

    def test_the_server_knows_who_asked(self):
        run = self.run_dag("who", f'''
        with a_dag:
            AssayGateOperator(
                task_id="gate", labels={{"ticket": "M-{{{{ 6 * 7 }}}}"}},
                rule_set_text={case.rules(case.GOOD)!r})
        ''')
        found = self.only_run(run, "gate")
        labels = found["labels"]
        self.assertEqual(
            (labels["scheduler"], labels["workflow"], labels["task"],
             labels["try"], labels["ticket"]),
            ("airflow", "who", "gate", "1", "M-42"))
        self.assertIn("/dags/who", labels["url"])
        begin = f"airflow/who/{run.run_id}/gate/-1/1/"
        self.assertTrue(found["request_id"].startswith(begin), found)
        self.assertEqual(case.xcom(run, "gate", links.REPORT_URL_KEY),
                         f"https://assay.example/runs/{found['run_id']}")

    def test_a_rule_set_of_a_file_with_variables(self):
        text = case.rules("- range: {column: v, max: :most}\n",
                          params="params:\n  most: {type: integer}\n")
        (case.DAGS / "sets").mkdir(exist_ok=True)
        self.addCleanup(shutil.rmtree, case.DAGS / "sets")
        (case.DAGS / "sets/one.yaml").write_text(text)
        run = self.run_dag("from_file", '''
        with a_dag:
            @task.assay_gate(rule_set="sets/{{ 'one' }}.yaml",
                             variables={"most": "1"})
            def decorated(dag=None):
                return {"most": 7 if dag.dag_id == "from_file" else 1}

            AssayGateOperator(task_id="templated", rule_set="sets/one.yaml",
                              variables={"most": "{{ 1 + 4 }}"})
            AssayGateOperator(task_id="no_file", rule_set="sets/two.yaml")
            decorated()
        ''')
        self.assertEqual(case.states(run), {
            "decorated": "success", "templated": "failed",
            "no_file": "failed"})
        self.assertEqual(self.only_run(run, "templated")["params"],
                         {"most": "5"})
        self.assertEqual(self.runs(run=run.run_id, task="no_file"),
                         [])

    def test_fifteen_lines_worst_first(self):
        many = "".join(f"- range: {{column: v, max: 0}}\n  id: bad{n}\n"
                       for n in range(30))
        warned = (case.WARN + "  warn_above: 0\n").replace("small", "warned")
        run = self.run_dag("lines", f'''
        with a_dag:
            AssayGateOperator(
                task_id="gate",
                rule_set_text={case.rules(warned + case.MISSING + many)!r})
        ''')
        found = self.only_run(run, "gate")
        # Once: a logger of Airflow 2 and its root both say it.
        ours = set(re.findall(
            r"(?:\{gate\.py:\d+\} INFO -|\{gate\.py:\d+\} ERROR -"
            r"|\[(?:info|error) +\]) (.*?)(?: +\[airflow\.task\.operators"
            r"\.assay_airflow.*)?$", self.said, re.M))
        ours = [line for line in ours if f" {found['run_id']}" in line
                or line.startswith(("  ", "report:"))]
        self.assertGreaterEqual(len(ours), 10, self.said)
        self.assertLessEqual(len(ours), 15)
        request = messages.message("assay.v1.GetRunRequest")(
            run_id=found["run_id"], view=2)
        from assay_airflow import AssayHook
        with AssayHook().get_conn() as client:
            answer = client.call("GetRun", request)
        lines = gate.summary(answer, outcome.judge(answer),
                             "https://assay.example/x", "assay show x")
        self.assertLessEqual(len(lines), 13)
        self.assertIn("FAIL → HOLD (32 rules: 0 pass, 1 warn, 30 fail, 1 "
                      "error)", lines[0])
        self.assertTrue(lines[1].startswith("  FAIL  bad0 (t):"), lines[1])
        self.assertIn("and 25 more", lines[8])
        self.assertEqual(lines[-1], "reproduce: assay show x")

    def test_time_is_over_in_the_worker_and_deferred(self):
        for deferrable in (False, True):
            name = f"over_{deferrable}".lower()
            body = f'''
            with a_dag:
                AssayGateOperator(
                    task_id="gate", deferrable={deferrable},
                    execution_timeout=datetime.timedelta(seconds=4),
                    rule_set_text={case.rules(case.SLOW)!r})
            '''
            try:
                run = self.run_dag(name, body)
                self.assertEqual(case.states(run), {"gate": "failed"})
            except AirflowTaskTimeout:  # `dag.test()` of Airflow 2 ends so.
                self.assertTrue(os.environ["ASSAY_AIRFLOW"].startswith("2"))
            (found,) = self.runs(workflow=name)
            self.assertEqual(found["state"], "CANCELLED")

    def test_a_try_takes_away_what_the_last_one_left(self):
        run = self.run_dag("left", f'''
        class Dying(AssayGateOperator):
            def _wait(self, client, run_id, deadline):
                raise RuntimeError("as if the worker were killed")

        with a_dag:
            Dying(task_id="gate", retries=1, retry_delay=NO_DELAY,
                  rule_set_text={case.rules(case.SLOW)!r})
        ''')
        found = self.runs(run=run.run_id, task="gate")
        self.assertEqual(len(found), 2)
        self.assertEqual(found[1]["labels"]["try"], "1")
        self.assertEqual(found[1]["state"], "CANCELLED")
        self.assertNotEqual(found[0]["request_id"], found[1]["request_id"])
        self.server.assay("cancel", found[0]["run_id"])

    def test_a_sensor_for_the_run_of_another(self):
        bodies = []
        for name, yaml in (("good", case.GOOD), ("bad", case.BAD)):
            done = self.server.assay("run", "-", "--detach",
                                     stdin=case.rules(yaml))
            for deferrable in (True, False):
                bodies.append(
                    f'    AssayRunSensor(task_id="{name}_{deferrable}", '
                    f'run_id="{done.stdout.strip()}", poke_interval=1, '
                    f'deferrable={deferrable})\n')
            bodies.append(
                f'    AssayRunSensor(task_id="{name}_as_data", '
                f'run_id="{done.stdout.strip()}", verdict_as_data=True)\n')
        run = self.run_dag("sensors", "with a_dag:\n" + "".join(bodies))
        self.assertEqual(case.states(run), {
            "good_True": "success", "good_False": "success",
            "good_as_data": "success", "bad_as_data": "success",
            "bad_True": "failed", "bad_False": "failed"})
        self.assertEqual(case.xcom(run, "bad_as_data")["decision"], "HOLD")

    def test_lineage_says_what_held(self):
        if not os.environ["ASSAY_AIRFLOW"].startswith("3"):
            self.assertIsNone(openlineage.lineage_of([]))
            return
        fact = openlineage.Fact("db", "t", "small", "FAIL", "v", "at most 0",
                                "1 row")
        lineage = openlineage.lineage_of([fact])
        (table,) = lineage.inputs
        self.assertEqual((table.namespace, table.name), ("assay://db", "t"))
        (said,) = table.inputFacets["dataQualityAssertions"].assertions
        self.assertEqual((said.assertion, said.success, said.column),
                         ("small", False, "v"))

    def test_lineage_of_a_real_run(self):
        done = self.server.assay("run", "-", "--detach",
                                 stdin=case.rules(case.BAD + case.MISSING))
        run_id = done.stdout.strip()
        from assay_airflow import AssayHook
        request = messages.message("assay.v1.WaitRunRequest")(
            run_id=run_id, view=2)
        with AssayHook().get_conn() as client:
            facts = openlineage.facts_of(client.call("WaitRun", request))
        # What could not be judged asserts nothing.
        self.assertEqual([(f.assertion, f.verdict, f.table, f.column)
                          for f in facts], [("small", "FAIL", "t", "v")])


class IdentityTest(unittest.TestCase):
    def test_long_names_stay_apart_and_within_256_bytes(self):
        made = {gate._bounded("ü" * 200 + str(n)) for n in range(3)}
        self.assertEqual(len(made), 3)
        self.assertLessEqual(max(len(one.encode()) for one in made), 256)


class AnswerTest(unittest.TestCase):
    """Answers that no good server gives never let a migration go on."""

    def judge(self, **fields):
        run = messages.message("assay.v1.Run")(run_id="r")
        for name, value in fields.items():
            if isinstance(value, dict):
                for key, item in value.items():
                    setattr(getattr(run, name), key, item)
            else:
                setattr(run, name, value)
        return outcome.judge(run)

    def test_only_what_agrees_proceeds(self):
        good = {"state": 5, "verdict": 1, "decision": 1,
                "counts": {"pass_count": 1}}
        self.assertEqual(self.judge(**good).decision, "PROCEED")
        for wrong in ({"state": 6}, {"state": 7}, {"state": 99}, {"state": 0},
                      {"verdict": 0}, {"verdict": 9}, {"verdict": 3},
                      {"verdict": 4}, {"decision": 0}, {"decision": 2},
                      {"decision": 3}, {"decision": 9},
                      {"counts": {"pass_count": 0}},
                      {"counts": {"pass_count": 1, "fail_count": 1}},
                      {"counts": {"pass_count": 1, "error_count": 1}},
                      {"error": {"reason": "X"}}):
            with self.subTest(wrong):
                found = self.judge(**{**good, **wrong})
                self.assertEqual(found.decision, "HOLD")
                self.assertTrue(found.contradiction or not found.terminal)

    def test_only_a_failure_that_is_whole_rolls_back(self):
        bad = {"state": 5, "verdict": 3, "decision": 3}
        self.assertEqual(self.judge(**bad).decision, "ROLLBACK")
        for wrong in ({"state": 6}, {"state": 7}, {"verdict": 4},
                      {"verdict": 1}, {"verdict": 9}, {"decision": 9}):
            with self.subTest(wrong):
                self.assertEqual(self.judge(**{**bad, **wrong}).decision,
                                 "HOLD")


if __name__ == "__main__":
    unittest.main()
