#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What may befall a full diff: it says all of the truth, or a clear ERROR.

A cancel, times that are over, a lock, sessions that the database ends, a
database that crashes, a lease that expires.
"""
import collections
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
# pylint: disable-next=wrong-import-position
from diff_case import ROWS, Case, essence, rule_set


class TroubleTest(Case):
    TABLES = {"dt_equal": ("int", ROWS, False), "dt_int": ("int", ROWS, True)}

    def test_a_cancel_ends_both_sides_within_two_seconds(self):
        for sides in (("pg", "maria"), ("maria", "pg")):
            run = self.start(rule_set(*sides, "dt_equal",
                                      "rows_per_second: 20000"))
            self.reading(run)
            start = time.monotonic()
            done = self.server.assay("cancel", run)
            self.assertEqual(done.returncode, 0, done.stderr)
            report = self.end(run)
            self.assertLess(time.monotonic() - start, 2)
            self.assertEqual([report[k] for k in ("state", "verdict",
                                                  "decision")],
                             ["CANCELLED", "ERROR", "HOLD"])
            self.assert_clean()

    def test_a_cancel_while_waiting_to_read_again(self):
        run = self.start(rule_set("pg", "maria", "dt_int",
                                  "recheck: {times: 3, after: 60s}"))
        self.reading(run)
        assay.wait_for(lambda: not self.burning("pg") and
                       not self.burning("maria"), what="the end of the scan")
        time.sleep(0.5)
        self.assertEqual(self.show(run)["state"], "RUNNING")
        start = time.monotonic()
        self.server.assay("cancel", run)
        report = self.end(run)
        self.assertLess(time.monotonic() - start, 2)
        self.assertEqual(report["verdict"], "ERROR")
        self.assert_clean()

    def test_times_are_kept(self):
        slow = "rows_per_second: 20000"
        start = time.monotonic()
        code, report = self.server.gate(
            rule_set("pg", "maria", "dt_equal", slow, "        timeout: 1s\n"))
        self.assertEqual(code, 3, report)
        self.assertEqual(report["results"][0]["error"]["reason"],
                         "STATEMENT_TIMEOUT")
        code, report = self.server.gate(
            rule_set("pg", "maria", "dt_equal", slow), "--timeout", "1s")
        self.assertEqual((code, report["decision"]), (3, "HOLD"))
        self.assertEqual(report["results"][0]["error"]["reason"],
                         "RUN_TIMEOUT")
        self.assertLess(time.monotonic() - start, 6)
        self.assert_clean()

    def test_a_locked_table_is_an_error_that_may_pass(self):
        locker = subprocess.Popen(["psql", "-qX"], stdin=subprocess.PIPE)
        locker.stdin.write(b"BEGIN; LOCK TABLE dt_equal;\n")
        locker.stdin.flush()
        try:
            assay.wait_for(lambda: self.pg.query(
                "SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND "
                "granted AND relation = 'dt_equal'::regclass"), what="a lock")
            with assay.Server({"pg": {"odbc": self.pg.odbc,
                                      "statement_timeout": "1s"},
                               "maria": self.maria.odbc}) as server:
                code, report = server.gate(
                    rule_set("maria", "pg", "dt_equal", ""))
                self.assertEqual(code, 3, report)
                self.assertEqual(report["verdict"], "ERROR")
        finally:
            locker.stdin.close()
            locker.wait()

    def judged_or_error(self, report, table):
        """After trouble: all of the truth, or a retryable ERROR."""
        result = report["results"][0]
        if report["verdict"] == "ERROR":
            self.assertTrue(result["error"]["retryable"], report)
            self.assertTrue(result["error"]["message"], report)
            return False
        expected = self.server.gate(rule_set(
            report["results"][0]["connection"],
            report["results"][0]["target_connection"], table, ""))[1]
        self.assertEqual(essence(report), essence(expected))
        return True

    def test_a_session_that_the_database_ends(self):
        sides = ("pg", "maria")
        for name in sides:
            for table in ("dt_equal", "dt_int"):
                sides = sides[::-1]
                with self.subTest(name=name, table=table, sides=sides):
                    run = self.start(rule_set(*sides, table))
                    self.reading(run, 60000)
                    for session in self.sessions(name):
                        if name == "pg":
                            self.pg.query(
                                f"SELECT pg_terminate_backend({session})")
                        else:
                            self.maria.load(f"KILL {session};")
                    report = self.end(run)
                    self.assertTrue(self.judged_or_error(report, table),
                                    report)
                    self.assertEqual(
                        report["results"][0]["attempt_count"], 2)
                    self.assert_clean()

    def test_a_session_that_is_ended_again_and_again(self):
        run = self.start(rule_set("pg", "maria", "dt_int"))
        end = time.monotonic() + 30
        while not self.show(run)["end_time"] and time.monotonic() < end:
            time.sleep(0.2)
            self.pg.query("SELECT pg_terminate_backend(pid) FROM "
                          "pg_stat_activity WHERE usename = 'assay_reader'")
        report = self.end(run)
        self.judged_or_error(report, "dt_int")
        self.assert_clean()

    def test_a_database_that_crashes(self):
        run = self.start(rule_set("maria", "pg", "dt_int"))
        self.reading(run, 60000)
        # One backend that dies takes all others with it: crash recovery.
        victim = int(self.pg.query(
            "SELECT pid FROM pg_stat_activity WHERE usename = 'assay_reader'"
        )[0][0])
        os.kill(victim, signal.SIGKILL)
        report = self.end(run)
        self.judged_or_error(report, "dt_int")
        assay.wait_for(lambda: subprocess.run(
            ["psql", "-qXc", "SELECT 1"], capture_output=True,
            check=False).returncode == 0, what="PostgreSQL")
        self.assert_clean()

    def test_an_expired_lease_suspends_and_a_claimant_resumes(self):
        text = rule_set("pg", "maria", "dt_int", "rows_per_second: 14000")
        # Ten seconds are the shortest lease there is.
        args = ["run", "-", "--request-id", "lease", "--lease", "10s",
                "--format", "json"]
        client = subprocess.Popen(
            [assay.BIN / "assay", "--server", self.server.address, *args],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        client.stdin.write(text.encode())
        client.stdin.close()
        run = assay.wait_for(lambda: (lambda r: r and r[0]["run_id"])(
            json.loads(self.server.assay("runs", "--format",
                                         "json").stdout)), what="the run")
        client.kill()
        client.wait()
        # Reading its state is no claim.
        assay.wait_for(lambda: self.show(run)["state"] == "SUSPENDED",
                       what="SUSPENDED")
        for name in ("pg", "maria"):
            assay.wait_for(lambda n=name: not self.burning(n),
                           what=f"no query left on {name}")
        self.assertTrue(self.scratch())
        code, report = self.server.gate(text, "--request-id", "lease",
                                        "--lease", "10s")
        self.assertEqual((code, report["run_id"]), (1, run))
        self.judged_or_error(report, "dt_int")
        notes = collections.Counter(
            n for r in report["results"] for n in r["diff"]["notes"])
        self.assertTrue(any("resumed" in n for n in notes), notes)
        self.assert_clean()


if __name__ == "__main__":
    unittest.main()
