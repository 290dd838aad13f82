#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random points of a run: the verdict is that of an undisturbed run.

Five rounds by default, fifty with tests/run.sh --full.
"""
import json
import pathlib
import random
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position

ROUNDS = 50 if assay.FULL else 5


def essence(report):
    return [(r["rule_id"], r["verdict"], r["counters"], len(r["samples"]))
            for r in report["results"]]


class KillTest(unittest.TestCase):
    def test_the_verdict_survives_kills_at_random_points(self):
        with tempfile.TemporaryDirectory() as directory:
            databases = assay.databases(directory)
            for database in databases:
                database.load(
                    "DROP TABLE IF EXISTS x_rows; CREATE TABLE x_rows (id "
                    "INTEGER NOT NULL PRIMARY KEY, v VARCHAR(10)); INSERT "
                    "INTO x_rows VALUES (1, 'a'), (2, NULL), (3, 'b');")
            try:
                self.rounds(databases)
            finally:
                for database in databases[1:]:
                    database.load("DROP TABLE x_rows;")

    def rounds(self, databases):
        pause = {"sqlite": "SELECT COUNT(*) FROM x_rows",
                 "postgresql": "SELECT COUNT(*) FROM pg_sleep(0.3)",
                 "mariadb": "SELECT SLEEP(0.3) + 1 AS s"}
        text = "version: 1\nname: kill\ntables:\n"
        for _ in range(2):
            for database in databases:
                text += (
                    f"  - connection: {database.name}\n    table: x_rows\n"
                    "    rules:\n      - not_null: [v]\n      - pattern: "
                    "{column: v, full: '[ab]'}\n      - query: {sql: "
                    f"{assay.quoted(pause[database.name])}, expect: value, "
                    "min: 1}\n      - unique: id\n")
        rng = random.Random(4711)
        with assay.Server({d.name: d.odbc for d in databases}) as server:
            code, undisturbed = server.gate(text)
            self.assertEqual(code, 1)
            for number in range(ROUNDS):
                done = server.assay("run", "-", "--detach", "--request-id",
                                    f"round-{number}", stdin=text)
                run = done.stdout.split()[-1]
                for _ in range(rng.randint(1, 3)):
                    time.sleep(rng.random())
                    server.kill9()
                    server.start()
                report = assay.wait_for(
                    lambda: (lambda r: r if r["end_time"] else None)(
                        json.loads(server.assay(
                            "show", run, "--format", "json").stdout)),
                    30, "the end")
                self.assertEqual(report["state"], "SUCCEEDED")
                self.assertEqual(
                    (report["verdict"], report["decision"]),
                    (undisturbed["verdict"], undisturbed["decision"]))
                self.assertEqual(essence(report), essence(undisturbed))


if __name__ == "__main__":
    unittest.main()
