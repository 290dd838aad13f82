# SPDX-License-Identifier: Apache-2.0
"""A FAIL that waits for a person: deferred, released, out of time."""
import threading
import time
import unittest

import case
from assay_airflow import messages

KNOWN = messages.has_field("assay.v1.RunOptions", "on_hold")


@unittest.skipUnless(KNOWN, "the contract has no on_hold")
class HoldTest(case.Case):
    def held(self, name, options, act):
        """Runs a gate on bad data; `act(run id)` once it is HELD."""
        seen = []
        over = threading.Event()

        def watch():
            end = time.monotonic() + 240
            while time.monotonic() < end and not (seen or over.is_set()):
                found = [r for r in self.runs(workflow=name)
                         if r["state"] == "HELD"]
                if found:
                    seen.append(found[0]["run_id"])
                    act(found[0]["run_id"])
                time.sleep(0.2)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            run = case.dag_file(name, f'''
            with a_dag:
                AssayGateOperator(
                    task_id="gate", on_hold="wait", {options},
                    retries=2, retry_delay=NO_DELAY,
                    rule_set_text={case.rules(case.BAD)!r})
            ''').test()
        finally:
            over.set()
            watcher.join()
        self.assertEqual(len(seen), 1)
        self.assertEqual(len(self.runs(workflow=name)), 1)
        return run

    def test_a_release_lets_it_go_on(self):
        for deferrable in (True, False):
            def release(run_id):
                done = self.server.assay(
                    "release", run_id, "--reason", "known and accepted",
                    "--user", "ada")
                self.assertEqual(done.returncode, 0, done.stderr)

            run = self.held(f"released_{deferrable}",
                            f"deferrable={deferrable}", release)
            self.assertEqual(case.states(run), {"gate": "success"})
            result = case.xcom(run, "gate")
            self.assertEqual(
                (result["verdict"], result["decision"],
                 result["released_by"], result["release_reason"]),
                ("FAIL", "PROCEED", "ada", "known and accepted"))

    def test_nobody_releases_it(self):
        run = self.held("nobody", 'deferrable=True, hold_timeout="8s"',
                        lambda run_id: None)
        self.assertEqual(case.states(run), {"gate": "failed"})
        result = case.xcom(run, "gate")
        self.assertEqual((result["verdict"], result["decision"]),
                         ("FAIL", "HOLD"))

    def test_somebody_cancels_it(self):
        run = self.held(
            "cancelled", "deferrable=True",
            lambda run_id: self.server.assay("cancel", run_id))
        self.assertEqual(case.states(run), {"gate": "failed"})


if __name__ == "__main__":
    unittest.main()
