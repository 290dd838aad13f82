#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Servers that share a run store on PostgreSQL, killed at random.

Twenty runs and five kills by default, two hundred and fifty with
tests/run.sh --full.
"""
import concurrent.futures
import json
import os
import pathlib
import random
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position

RUNS, KILLS = (200, 50) if assay.FULL else (20, 5)
SCHEMA = f"repl_{os.getpid()}"
TABLES = """
CREATE TABLE repl_rows (id INTEGER NOT NULL PRIMARY KEY, v VARCHAR(10));
INSERT INTO repl_rows VALUES (1, 'a'), (2, NULL), (3, 'b');
"""
# What a run is to find, by its number.
KINDS = (("- not_null: [id]", "PASS", "PROCEED"),
         ("- not_null: [v]", "FAIL", "HOLD"),
         ("- not_null: {columns: [v]}\n  on_fail: rollback", "FAIL",
          "ROLLBACK"),
         ("- not_null: [v]\n  severity: warn", "WARN", "PROCEED"))


def rule_set(number):
    rule = KINDS[number % len(KINDS)][0]
    return assay.rule_set(
        "repl_rows", "- query: {sql: 'SELECT COUNT(*) FROM pg_sleep(0.2)', "
        f"expect: value, min: 1}}\n{rule}\n- unique: id\n")


class Replica(assay.Server):
    """One of several servers on the store."""

    def __init__(self, database):
        super().__init__({"db": database.odbc})
        store = (os.environ["ASSAY_TEST_POSTGRESQL"] +
                 ";ConnSettings={SET search_path TO " + SCHEMA + "}")
        text = self.config.read_text().replace(
            f"  store: {self.directory}/runs.db\n",
            f"  store: {{postgresql: {json.dumps(store)}, "
            "takeover_after: 2s}\n"
            f"state: {{directory: {self.directory}/state}}\n")
        self.config.write_text(text)

    def migrate(self):
        return subprocess.run(
            [assay.BIN / "assayd", "store", "migrate", "--config",
             self.config], capture_output=True, text=True, check=False)


class ReplicasTest(unittest.TestCase):
    def setUp(self):
        self.database = assay.postgresql()
        self.database.load(f"CREATE SCHEMA {SCHEMA};")
        self.addCleanup(self.database.load, f"DROP SCHEMA {SCHEMA} CASCADE;")
        self.database.load(TABLES)
        self.addCleanup(self.database.load, "DROP TABLE repl_rows;")
        self.replicas = []
        for _ in range(2):
            replica = Replica(self.database)
            self.replicas.append(replica)
            self.addCleanup(replica.__exit__)
        self.random = random.Random(4711)

    def test_a_store_is_made_once_and_by_name(self):
        replica = self.replicas[0]
        with self.assertRaisesRegex(RuntimeError, "assayd store migrate"):
            replica.start()
        replica.process.wait()
        for _ in range(2):
            done = replica.migrate()
            self.assertEqual(done.returncode, 0, done.stderr)
        replica.start()
        code, report = replica.gate(rule_set(0))
        self.assertEqual((code, report["verdict"]), (0, "PASS"))

    def test_a_run_is_seen_and_ended_through_any_of_them(self):
        self.assertEqual(self.replicas[0].migrate().returncode, 0)
        one, other = (replica.start() for replica in self.replicas)
        slow = assay.rule_set(
            "repl_rows", "- query: {sql: 'SELECT 1 FROM pg_sleep(60)', "
            "expect: value, min: 0}\n")
        run = one.assay("run", "-", "--detach",
                        stdin=slow).stdout.split()[-1]
        with subprocess.Popen(
                [assay.BIN / "assay", "--server", other.address, "watch",
                 run], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                text=True) as watching:
            time.sleep(1)
            done = other.assay("cancel", run)
            self.assertEqual(done.returncode, 0, done.stderr)
            watching.communicate(timeout=30)
        self.assertEqual(watching.returncode, 5)
        for replica in (one, other):
            report = json.loads(replica.assay("show", run, "--format",
                                              "json").stdout)
            self.assertEqual(report["state"], "CANCELLED")

    def start_run(self, number):
        """Asks any server until one has taken it; the run's id."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            replica = self.random.choice(self.replicas)
            done = replica.assay("run", "-", "--detach", "--request-id",
                                 f"gate-{number}", "--wait-server", "1s",
                                 stdin=rule_set(number))
            if done.returncode == 0:
                return done.stdout.split()[-1]
            self.assertEqual(done.returncode, 3, done.stderr)
        raise AssertionError(f"nobody took run {number}")

    def kill_and_restart(self, over):
        """Returns the number of kills."""
        kills = 0
        while kills < KILLS or not over.is_set():
            time.sleep(self.random.uniform(0.1, 1))
            victim = self.random.choice(self.replicas)
            victim.kill9()
            kills += 1
            # Now and then so late that the other has to take its runs.
            time.sleep(self.random.choice((0, 0.3, 4)))
            victim.start()
            if kills >= 20 * KILLS:
                break
        return kills

    def state_of(self, run):
        """What any of the servers says, once one does."""
        def ask():
            done = self.random.choice(self.replicas).assay(
                "show", run, "--format", "json")
            return json.loads(done.stdout) if done.returncode == 0 else None
        return assay.wait_for(ask, 30, f"an answer about {run}")

    def test_every_run_ends_once_with_the_right_verdict(self):
        self.assertEqual(self.replicas[0].migrate().returncode, 0)
        for replica in self.replicas:
            replica.start()
        over = threading.Event()
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            killer = pool.submit(self.kill_and_restart, over)
            try:
                runs = list(pool.map(self.start_run, range(RUNS)))
            finally:
                over.set()
                kills = killer.result()
        self.assertGreaterEqual(kills, KILLS)
        self.assertEqual(len(set(runs)), RUNS)
        taken_up = 0
        for number, run in enumerate(runs):
            def ended(run=run):
                report = self.state_of(run)
                return report if report["end_time"] else None
            report = assay.wait_for(ended, 120, f"the end of run {number}")
            self.assertEqual(
                (report["state"], report["verdict"], report["decision"]),
                ("SUCCEEDED",) + KINDS[number % len(KINDS)][1:], report)
            self.assertEqual(len(report["results"]), 3)
            taken_up += report["attempt_count"] > 1
            # Whoever asks again gets that run.
            if number % 10 == 0:
                self.assertEqual(self.start_run(number), run)
        print(f"{RUNS} runs, {kills} kills, {taken_up} runs begun again",
              file=sys.stderr)
        self.assertGreater(taken_up, 0)
        stored = self.database.query(
            f"SELECT COUNT(*), SUM(active) FROM {SCHEMA}.runs")
        self.assertEqual(stored, [[str(RUNS), "0"]])
        # And no statement of a dead server goes on.
        assay.wait_for(lambda: not self.database.query(
            "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND "
            "query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"),
                       what="no statement left")


if __name__ == "__main__":
    unittest.main()
