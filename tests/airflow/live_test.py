# SPDX-License-Identifier: Apache-2.0
"""A whole Airflow whose triggerer dies, and whose users change their minds.

Only with ASSAY_TEST_MODE=full, and under Airflow 3: some minutes.
"""
import os
import time
import unittest

import assay
import case

FULL = (assay.FULL and os.environ["ASSAY_AIRFLOW"].startswith("3"))
# PostgreSQL sleeps so long.
SECONDS = 25

DAG = '''
def gate(name, text, **options):
    with DAG(name, schedule=None, start_date=EPOCH, catchup=False) as made:
        AssayGateOperator(task_id="gate", rule_set_text=text, retries=2,
                          retry_delay=NO_DELAY, **options)
    return made

some = gate("some_time", {some!r}, deferrable=True)
for_ever = gate("for_ever", {for_ever!r}, deferrable=True)
in_worker = gate("in_worker", {for_ever!r}, deferrable=False)
'''


def sleeping(seconds):
    return assay.rule_set(
        "live_t", f'- query: {{sql: "SELECT 1 AS n FROM pg_sleep({seconds})", '
        "expect: value, min: 0}\n  id: slow\n", connection="warehouse")


@unittest.skipUnless(FULL, "ASSAY_TEST_MODE=full, Airflow 3")
class LiveTest(case.Case):
    extra = case.HTTP

    @classmethod
    def setUpClass(cls):
        import airflow_live
        cls.warehouse = assay.postgresql()
        cls.warehouse.load("CREATE TABLE live_t (id INTEGER PRIMARY KEY);"
                           "INSERT INTO live_t VALUES (1)")
        cls.addClassCleanup(cls.warehouse.load, "DROP TABLE live_t")
        cls.connections = {"warehouse": cls.warehouse.odbc}
        super().setUpClass()
        path = case.DAGS / "live.py"
        path.write_text(case.HEADER.format(name="live_unused") + DAG.format(
            some=sleeping(SECONDS), for_ever=sleeping(3600)))
        cls.addClassCleanup(path.unlink)
        cls.airflow = airflow_live.Airflow(
            {"assay_default": case.connection(cls.server.address)})
        cls.addClassCleanup(cls.airflow.stop)
        cls.airflow.start()

    def tearDown(self):
        for run in self.runs():  # What a failed test has left.
            if run["end_time"] is None:
                self.server.assay("cancel", run["run_id"])

    def burning(self):
        return self.warehouse.query(
            "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND "
            "query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()")

    def run_of(self, run, count=1):
        found = self.runs(run=run)
        self.assertEqual(len(found), count, found)
        return found[0]

    def deferred_try(self, run):
        self.airflow.wait_task("for_ever", run, "deferred")
        return self.airflow.task("for_ever", run)["try_number"]

    def until_cancelled(self, run, index, count):
        def there():
            found = self.runs(run=run)
            return len(found) == count and (
                found[index]["state"] == "CANCELLED")
        begin = time.monotonic()
        try:
            assay.wait_for(there, 60, "CANCELLED")
        except AssertionError:
            raise AssertionError(
                f"{self.runs(run=run)}\n"
                f"{self.airflow.log('triggerer')[-6000:]}") from None
        return time.monotonic() - begin

    def test_a_triggerer_that_is_killed_cancels_nothing(self):
        run = self.airflow.trigger("some_time")
        self.airflow.wait_task("some_time", run, "deferred")
        assay.wait_for(
            lambda: self.run_of(run)["state"] == "RUNNING", 20, "RUNNING")
        self.airflow.kill9("triggerer")
        time.sleep(2)
        self.assertEqual(self.run_of(run)["state"], "RUNNING")
        self.airflow.start_one("triggerer", "--skip-serve-logs")
        self.airflow.wait_task("some_time", run, "success")
        found = self.run_of(run)
        self.assertEqual((found["state"], found["decision"]),
                         ("SUCCEEDED", "PROCEED"))

    def test_mark_failed_while_deferred(self):
        run = self.airflow.trigger("for_ever")
        self.airflow.wait_task("for_ever", run, "deferred")
        assay.wait_for(self.burning, 20, "the query")
        self.waiting(1)  # The triggerer has taken it up.
        self.airflow.mark("for_ever", run, "failed")
        took = self.until_cancelled(run, 0, 1)
        print(f"cancelled {took:.1f} s after it was marked")
        assay.wait_for(lambda: not self.burning(), 20, "no query")
        self.assertEqual(
            self.airflow.task("for_ever", run)["state"], "failed")

    def test_clear_cancels_and_runs_again(self):
        run = self.airflow.trigger("for_ever")
        first = self.deferred_try(run)
        self.waiting(1)
        self.airflow.clear("for_ever", run)
        self.airflow.wait_task("for_ever", run, "deferred", tries=first + 1)
        self.until_cancelled(run, 1, 2)
        newest = self.run_of(run, 2)
        self.assertGreater(int(newest["labels"]["try"]), first)
        assay.wait_for(
            lambda: self.run_of(run, 2)["state"] == "RUNNING", 20, "RUNNING")
        self.waiting(1)
        self.airflow.mark("for_ever", run, "failed")
        self.until_cancelled(run, 0, 2)

    def test_clear_while_no_triggerer_is_there(self):
        run = self.airflow.trigger("for_ever")
        first = self.deferred_try(run)
        self.airflow.kill9("triggerer")
        self.airflow.clear("for_ever", run)
        # The next try takes away what nobody could cancel.
        self.airflow.wait_task("for_ever", run, "deferred", tries=first + 1)
        self.until_cancelled(run, 1, 2)
        self.airflow.start_one("triggerer", "--skip-serve-logs")
        self.waiting(1)  # It has taken the trigger up.
        self.airflow.mark("for_ever", run, "failed")
        self.until_cancelled(run, 0, 2)

    def test_mark_failed_in_the_worker(self):
        run = self.airflow.trigger("in_worker")
        self.airflow.wait_task("in_worker", run, "running")
        assay.wait_for(
            lambda: self.runs(run=run)
            and self.run_of(run)["state"] == "RUNNING", 30, "RUNNING")
        self.airflow.mark("in_worker", run, "failed")
        self.until_cancelled(run, 0, 1)


if __name__ == "__main__":
    unittest.main()
