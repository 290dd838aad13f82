#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients, Argo's plugin and the server are killed at random points of gates.

Never a PROCEED without a PASS or the release of somebody with a name; one run
per attempt; no query of ours is left on a database. Five rounds by default,
fifty with tests/run.sh --full. ASSAY_SEED=n repeats what a seed has planned,
ASSAY_ROUND=n only one round of it; the moments are those of the machine.
"""
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import airflow_env  # pylint: disable=wrong-import-position
import assay  # pylint: disable=wrong-import-position
import chaos_clients  # pylint: disable=wrong-import-position

ROUNDS = 50 if assay.FULL else 5
CLIENTS = (chaos_clients.Cli, chaos_clients.Airflow, chaos_clients.Argo)
READER = "assay_reader"

# What becomes of a gate: its rule, and what it must come to at last.
FATES = {
    "passes": ("- not_null: [good]\n", "PROCEED"),
    "fails": ("- not_null: [bad]\n", "HOLD"),
    "rolls back": ("- not_null: {columns: [bad]}\n  on_fail: rollback\n",
                   "ROLLBACK"),
    "is released": ("- not_null: [bad]\n", "PROCEED"),
    # Its client does not come back.
    "is abandoned": ("- not_null: [good]\n", None),
}
SLEEP = {
    "postgresql": "SELECT COUNT(*) FROM pg_sleep({})",
    "mariadb": "SELECT SLEEP({}) + 1 AS s",
}


def rule_set(databases, fate):
    """Some second and a half of work on every database; what is abandoned
    would go on for an hour."""
    rule = FATES[fate][0]
    pauses = [3600] if fate == "is abandoned" else [0.5, 0.5, 0.5]
    text = "version: 1\nname: chaos\ntables:\n"
    for database in databases:
        text += (f"  - connection: {database.name}\n    table: chaos_rows\n"
                 "    rules:\n")
        for number, pause in enumerate(pauses):
            sql = assay.quoted(SLEEP[database.name].format(pause))
            text += (f"      - query: {{sql: {sql}, expect: value, min: 0}}\n"
                     f"        id: {database.name}_{number}\n")
        for line in rule.splitlines():
            text += f"      {line}\n"
        text += f"        id: {database.name}_rows\n"
    return text


class ChaosTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.databases = [assay.postgresql(), assay.mariadb()]
        for database in cls.databases:
            database.load(
                "CREATE TABLE chaos_rows (id INTEGER NOT NULL PRIMARY KEY, "
                "good INTEGER, bad INTEGER); INSERT INTO chaos_rows VALUES "
                "(1, 1, 1), (2, 2, NULL), (3, 3, 3);")
            cls.addClassCleanup(database.load, "DROP TABLE chaos_rows;")
        interpreter = airflow_env.python(airflow_env.AIRFLOW_3)
        home = airflow_env.make_home(airflow_env.AIRFLOW_3)
        cls.addClassCleanup(shutil.rmtree, home, ignore_errors=True)
        directory = tempfile.TemporaryDirectory(prefix="assay-chaos-")
        cls.addClassCleanup(directory.cleanup)
        server = assay.Server({d.name: d.odbc for d in cls.databases})
        cls.addClassCleanup(server.__exit__)
        server.start()
        cls.world = chaos_clients.World(
            server, pathlib.Path(directory.name), interpreter, home)

    def setUp(self):
        self.server = self.world.server
        self.released = False

    def test_no_kill_makes_a_gate_proceed(self):
        seed = int(os.environ.get("ASSAY_SEED", time.time()))
        print(f"ASSAY_SEED={seed}", flush=True)
        only = os.environ.get("ASSAY_ROUND")
        for number in range(ROUNDS) if only is None else [int(only)]:
            rng = random.Random(f"{seed}/{number}")
            # Every client has every fate in 15 rounds, and five in five.
            client = CLIENTS[number % len(CLIENTS)]
            fate = list(FATES)[number % len(FATES)]
            plan = [(rng.uniform(0, 1.5), rng.choice(("server", "client")),
                     rng.choice((0, 0.2, 1)))
                    for _ in range(rng.randint(1, 3))]
            with self.subTest(round=number, seed=seed, fate=fate,
                              client=client.__name__, plan=plan):
                begin = time.monotonic()
                said = self.play(f"gate-{number}", client, fate, plan)
                print(f"round {number}: {client.__name__} {fate}: {said} "
                      f"after {[victim for _, victim, _ in plan]}, "
                      f"{time.monotonic() - begin:.1f} s", flush=True)

    def play(self, name, kind, fate, plan):
        """Leads one gate to its end; what its client has said."""
        options = {}
        if fate == "is released":
            options["on_hold"] = "wait"
        if fate == "is abandoned":
            options["lease"] = "10s"
        self.released = False
        client = kind(self.world, name, rule_set(self.databases, fate),
                      options)
        client.start()
        try:
            for pause, victim, rest in plan:
                self.look(client, fate, pause)
                if victim == "server":
                    self.server.kill9()
                    self.look(client, fate, rest)
                    self.server.start()
                else:
                    client.kill()
                    self.look(client, fate, rest)
                    client.start()
            if fate == "is abandoned":
                return self.abandon(client, name)
            if fate == "is released":
                self.release(client, name)
            said = assay.wait_for(lambda: self.look(client, fate, 0.05), 120,
                                  f"the outcome of {name}")
            self.assertEqual(said, FATES[fate][1])
            self.check_run(name, said)
            self.check_no_queries()
            return said
        except AssertionError as error:
            error.add_note(client.log.read_text()[-4000:])
            raise
        finally:
            client.close()
            if self.server.process.poll() is not None:
                self.server.start()  # For the next round.

    def look(self, client, fate, seconds):
        """Waits, and sees that nothing lets the migration go on too early;
        what the client has said."""
        end = time.monotonic() + seconds
        while True:
            may = fate == "passes" or self.released
            said, claim = client.outcome(), client.claim()
            if not may:
                self.assertNotEqual(said, "PROCEED")
                self.assertNotEqual(claim, "PROCEED")
            left = end - time.monotonic()
            if left <= 0:
                return said
            time.sleep(min(left, 0.05))

    def runs(self, name):
        done = self.server.assay("runs", "--label", f"gate={name}",
                                 "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def report(self, name):
        """Of the one run of this attempt."""
        runs = self.runs(name)
        self.assertEqual(len(runs), 1, runs)
        done = self.server.assay("show", runs[0]["run_id"], "--format",
                                 "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def release(self, client, name):
        def held():
            self.look(client, "is released", 0.1)
            runs = self.runs(name)
            return runs and runs[0]["state"] == "HELD" and runs[0]["run_id"]
        run = assay.wait_for(held, 120, f"{name} HELD")
        self.released = True
        done = self.server.assay("release", run, "--user", "ada", "--reason",
                                 f"known: {name}")
        self.assertEqual(done.returncode, 0, done.stderr)

    def abandon(self, client, name):
        """Nobody waits for the run any more: its queries end with its
        lease."""
        assay.wait_for(
            lambda: self.look(client, "is abandoned", 0.1) or
            self.runs(name), 120, f"a run of {name}")
        client.close()
        self.check_no_queries()
        report = self.report(name)
        self.assertIn(report["state"], ("PENDING", "SUSPENDED"))
        self.assertNotIn(report["decision"], ("PROCEED", "ROLLBACK"))
        self.server.assay("cancel", report["run_id"])
        return "nothing"

    def check_run(self, name, said):
        report = self.report(name)
        self.assertEqual((report["state"], report["decision"]),
                         ("SUCCEEDED", said))
        release = report["release"]
        if said == "PROCEED" and report["verdict"] != "PASS":
            self.assertEqual((release["user"], release["reason"]),
                             ("ada", f"known: {name}"))
        else:
            self.assertFalse(release)
            self.assertEqual(report["verdict"],
                             "PASS" if said == "PROCEED" else "FAIL")
        # Nothing was left out, and nothing was judged twice.
        self.assertEqual(
            sorted(result["rule_id"] for result in report["results"]),
            sorted(f"{database.name}_{what}" for database in self.databases
                   for what in (0, 1, 2, "rows")))

    def check_no_queries(self):
        postgresql, mariadb = self.databases

        def busy():
            return postgresql.query(
                "SELECT pid, state, query FROM pg_stat_activity WHERE "
                f"usename = '{READER}' AND state <> 'idle'"
            ) + mariadb.query(
                "SELECT ID, COMMAND, INFO FROM information_schema.PROCESSLIST "
                f"WHERE USER = '{READER}' AND COMMAND <> 'Sleep' UNION ALL "
                "SELECT trx_mysql_thread_id, trx_state, trx_query FROM "
                "information_schema.INNODB_TRX")
        end = time.monotonic() + 40
        while (left := busy()) and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(left, [])


if __name__ == "__main__":
    unittest.main()
