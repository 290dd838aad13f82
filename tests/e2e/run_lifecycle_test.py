#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs are durable, idempotent and cancellable, on real servers under load."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position

# A query that takes a minute, in each database's own way.
SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
              "WHERE i < 2000000000) SELECT MAX(i) FROM n",
    "postgresql": "SELECT 1 FROM pg_sleep(60)",
    "mariadb": "SELECT SLEEP(60) AS s",
}


def slow_rule_set(database, seconds_rule="- row_count: {min: 1}\n"):
    return assay.rule_set(
        "l_rows", seconds_rule +
        f"- query: {{sql: {assay.quoted(SLOW[database])}, expect: value, "
        "min: 0}\n  id: slow\n", connection=database)


class RunLifecycleTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.databases = assay.databases(self.directory.name)
        for database in self.databases:
            database.load("DROP TABLE IF EXISTS l_rows;"
                          "CREATE TABLE l_rows (id INTEGER NOT NULL PRIMARY "
                          "KEY, v INTEGER); INSERT INTO l_rows VALUES "
                          "(1, 1), (2, NULL);")
        self.server = assay.Server({d.name: d.odbc for d in self.databases})
        self.server.start()

    def tearDown(self):
        self.server.__exit__()
        for database in self.databases[1:]:
            database.load("DROP TABLE IF EXISTS l_rows;")
        self.directory.cleanup()

    def database(self, name):
        return next(d for d in self.databases if d.name == name)

    def burning(self, name, marker):
        """Statements of ours that the database still executes."""
        if name == "postgresql":
            return self.database(name).query(
                "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND "
                f"query LIKE '%{marker}%' AND pid <> pg_backend_pid()")
        return self.database(name).query(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE "
            f"'%{marker}%' AND ID <> CONNECTION_ID()")

    def start_slow(self, name, *args):
        done = self.server.assay("run", "-", "--detach", *args,
                                 stdin=slow_rule_set(name))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split()[-1]

    def show(self, run):
        done = self.server.assay("show", run, "--format", "json")
        return json.loads(done.stdout)

    def until_slow(self, name, run):
        if name == "sqlite":
            assay.wait_for(lambda: self.show(run)["state"] == "RUNNING",
                           what="RUNNING")
            time.sleep(0.3)
        else:
            assay.wait_for(lambda: self.burning(name, run),
                           what="the slow query")

    def test_cancel_ends_a_minutes_query_within_two_seconds(self):
        for name in SLOW:
            with self.subTest(name):
                run = self.start_slow(name)
                self.until_slow(name, run)
                start = time.monotonic()
                done = self.server.assay("cancel", run)
                self.assertEqual(done.returncode, 0, done.stderr)
                assay.wait_for(
                    lambda: self.show(run)["state"] == "CANCELLED",
                    what="CANCELLED")
                self.assertLess(time.monotonic() - start, 2)
                report = self.show(run)
                self.assertEqual(report["decision"], "HOLD")
                self.assertEqual(report["verdict"], "ERROR")
                if name != "sqlite":
                    assay.wait_for(lambda: not self.burning(name, run),
                                   what="no query left")

    def test_interrupting_the_client_cancels_its_run(self):
        for sig, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process = subprocess.Popen(
                [assay.BIN / "assay", "--server", self.server.address, "run",
                 "-", "--format", "json"], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            process.stdin.write(slow_rule_set("postgresql").encode())
            process.stdin.close()
            assay.wait_for(lambda: self.burning("postgresql", "assay run="),
                           what="the slow query")
            process.send_signal(sig)
            self.assertEqual(process.wait(timeout=20), code)
            assay.wait_for(
                lambda: not self.burning("postgresql", "assay run="),
                what="no query left")
            process.stdout.close()
            process.stderr.close()

    def test_a_killed_server_leaves_no_query_and_goes_on(self):
        for name in SLOW:
            with self.subTest(name):
                run = self.start_slow(name, "--request-id", f"k-{name}")
                self.until_slow(name, run)
                self.server.kill9()
                if name == "postgresql":
                    assay.wait_for(lambda: not self.burning(name, run), 5,
                                   "PostgreSQL to notice")
                self.server.start()
                if name == "mariadb":
                    # The successor's query burns now; the dead server's not.
                    assay.wait_for(
                        lambda: len(self.burning(name, run)) == 1, 10,
                        "one query")
                report = assay.wait_for(
                    lambda: (lambda r: r if r["state"] == "RUNNING" else None)(
                        self.show(run)), what="RUNNING again")
                self.assertEqual(report["run_id"], run)
                # The same request is the same run, before and after.
                again = self.server.assay(
                    "run", "-", "--detach", "--request-id", f"k-{name}",
                    stdin=slow_rule_set(name))
                self.assertEqual(again.stdout.split()[-1], run)
                self.server.assay("cancel", run)

    def test_a_run_cut_by_kill9_ends_with_the_true_verdict(self):
        # Two groups: the first fails and ends, the second is under way.
        text = assay.rule_set("l_rows", "- not_null: [v]", "postgresql")
        text += ("  - connection: postgresql\n    table: l_rows\n    rules:\n"
                 "      - query: {sql: SELECT COUNT(*) FROM pg_sleep(2), "
                 "expect: value, min: 0}\n")
        done = self.server.assay("run", "-", "--detach", stdin=text)
        run = done.stdout.split()[-1]
        assay.wait_for(lambda: len(self.show(run)["results"]) == 1,
                       what="the first result")
        as_of = self.show(run)["as_of_time"]
        self.server.kill9()
        self.server.start()
        report = assay.wait_for(
            lambda: (lambda r: r if r["state"] == "SUCCEEDED" else None)(
                self.show(run)), what="SUCCEEDED")
        self.assertEqual(report["verdict"], "FAIL")
        self.assertEqual(report["as_of_time"], as_of)
        self.assertEqual([r["verdict"] for r in report["results"]],
                         ["FAIL", "PASS"])

    def test_a_client_outlives_a_restart_of_the_server(self):
        process = subprocess.Popen(
            [assay.BIN / "assay", "--server", self.server.address, "run", "-",
             "--format", "json", "--wait-server", "30s"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        process.stdin.write(assay.rule_set(
            "l_rows", "- query: {sql: SELECT COUNT(*) FROM pg_sleep(3), "
            "expect: value, min: 0}\n", "postgresql").encode())
        process.stdin.close()
        assay.wait_for(lambda: self.burning("postgresql", "assay run="),
                       what="the query")
        self.server.kill9()
        self.server.start()
        out = process.stdout.read()
        err = process.stderr.read().decode()
        self.assertEqual(process.wait(timeout=60), 0, err)
        self.assertEqual(json.loads(out)["verdict"], "PASS")
        process.stdout.close()
        process.stderr.close()
        runs = json.loads(self.server.assay("runs", "--format",
                                            "json").stdout)
        runs = runs["runs"] if isinstance(runs, dict) else runs
        self.assertEqual(len(runs), 1)

    def test_the_same_request_with_another_rule_set_is_refused(self):
        one = assay.rule_set("l_rows", "- row_count: 2", "sqlite")
        two = assay.rule_set("l_rows", "- row_count: 3", "sqlite")
        code, first = self.server.gate(one, "--request-id", "same")
        self.assertEqual(code, 0)
        code, second = self.server.gate(one, "--request-id", "same")
        self.assertEqual(second["run_id"], first["run_id"])
        done = self.server.assay("run", "-", "--request-id", "same",
                                 stdin=two)
        self.assertEqual(done.returncode, 2)
        self.assertIn("request", done.stderr)

    def test_a_lost_connection_is_tried_again(self):
        queries = {"postgresql": "SELECT COUNT(*) FROM pg_sleep(2)",
                   "mariadb": "SELECT SLEEP(2) + 1 AS s"}
        for name, sql in queries.items():
            with self.subTest(name):
                done = self.server.assay(
                    "run", "-", "--detach", stdin=assay.rule_set(
                        "l_rows", f"- query: {{sql: {assay.quoted(sql)}, "
                        "expect: value, min: 1}\n", name))
                run = done.stdout.split()[-1]
                pid = assay.wait_for(lambda: self.burning(name, run),
                                     what="the query")[0][0]
                if name == "postgresql":
                    self.database(name).query(
                        f"SELECT pg_terminate_backend({pid})")
                else:
                    self.database(name).load(f"KILL CONNECTION {pid};")
                report = assay.wait_for(
                    lambda: (lambda r: r if r["state"] == "SUCCEEDED"
                             else None)(self.show(run)), what="SUCCEEDED")
                self.assertEqual(report["verdict"], "PASS", report)
                self.assertEqual(report["results"][0]["attempt_count"], 2)

    def test_a_lock_is_waited_for_no_longer_than_said(self):
        # Another session holds the table; the statement's time is over first.
        base = dict(self.databases[1].__dict__)
        self.assertEqual(base["name"], "postgresql")
        locker = subprocess.Popen(["psql", "-qX"], stdin=subprocess.PIPE)
        locker.stdin.write(b"BEGIN; LOCK TABLE l_rows;\n")
        locker.stdin.flush()
        try:
            with assay.Server({"db": {"odbc": self.databases[1].odbc,
                                      "statement_timeout": "1s"}}) as server:
                assay.wait_for(lambda: self.databases[1].query(
                    "SELECT 1 FROM pg_locks WHERE mode = "
                    "'AccessExclusiveLock' AND granted AND relation = "
                    "'l_rows'::regclass"), what="the lock")
                code, report = server.gate(
                    assay.rule_set("l_rows", "- row_count: 2"))
                self.assertEqual(code, 3, report)
                self.assertEqual(report["decision"], "HOLD")
        finally:
            locker.stdin.close()
            locker.wait()

    def test_a_rules_own_timeout_is_its_own_error(self):
        for name in ("postgresql", "mariadb"):
            rules = (f"- query: {{sql: {assay.quoted(SLOW[name])}, expect: "
                     "value, min: 0}\n  timeout: 500ms\n- row_count: 2\n")
            code, report = self.server.gate(
                assay.rule_set("l_rows", rules, name))
            self.assertEqual(code, 3)
            self.assertEqual([r["verdict"] for r in report["results"]],
                             ["ERROR", "PASS"])
            self.assertEqual(report["results"][0]["error"]["reason"],
                             "STATEMENT_TIMEOUT")

    def test_a_run_out_of_time_holds(self):
        code, report = self.server.gate(slow_rule_set("postgresql"),
                                        "--timeout", "1s")
        self.assertEqual(code, 3)
        self.assertEqual(report["decision"], "HOLD")
        self.assertEqual(report["results"][-1]["error"]["reason"],
                         "RUN_TIMEOUT")

    def test_a_confirmed_failure_rolls_back_and_emptiness_does_not(self):
        rules = "- not_null: [v]\n  on_fail: rollback\n"
        code, report = self.server.gate(
            assay.rule_set("l_rows", rules, "postgresql"))
        self.assertEqual((code, report["decision"]), (4, "ROLLBACK"))
        self.assertTrue(report["results"][0]["confirmed"])
        self.database("postgresql").load("DELETE FROM l_rows;")
        code, report = self.server.gate(
            assay.rule_set("l_rows", rules, "postgresql"))
        self.assertEqual((code, report["decision"]), (1, "HOLD"))

    def test_the_server_is_unreachable(self):
        done = assay.assay("--server", "127.0.0.1:1", "run", "-",
                           "--wait-server", "1s",
                           stdin=assay.rule_set("t", "- row_count: 1"))
        self.assertEqual(done.returncode, 3)
        self.assertIn("127.0.0.1:1", done.stderr)

    def test_many_gates_at_once_respect_max_connections(self):
        text = assay.rule_set(
            "l_rows", "- query: {sql: SELECT COUNT(*) FROM pg_sleep(0.2), "
            "expect: value, min: 0}\n", "postgresql")
        clients = [subprocess.Popen(
            [assay.BIN / "assay", "--server", self.server.address, "run", "-",
             "--quiet"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
            for _ in range(12)]
        for client in clients:
            client.stdin.write(text.encode())
            client.stdin.close()
        most = 0
        while any(client.poll() is None for client in clients):
            most = max(most, len(self.database("postgresql").query(
                "SELECT pid FROM pg_stat_activity WHERE usename = "
                "'assay_reader'")))
        self.assertEqual([client.wait() for client in clients], [0] * 12)
        self.assertLessEqual(most, 4)
        self.assertGreater(most, 0)


if __name__ == "__main__":
    unittest.main()
