#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the plugin and of the server at random points of a gate, while
the agent goes on calling: the verdict is the data's, of one run for each
attempt, and no query stays behind.

Three rounds by default, fifty with tests/run.sh --full.
"""
import pathlib
import random
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import argo  # pylint: disable=wrong-import-position
import assay  # pylint: disable=wrong-import-position

ROUNDS = 50 if assay.FULL else 3
PAUSE = {"postgresql": "SELECT COUNT(*) FROM pg_sleep(0.4)",
         "mariadb": "SELECT SLEEP(0.4) + 1 AS s"}


def rules(databases, good):
    text = "version: 1\nname: kill\ntables:\n"
    for database in databases:
        text += (f"  - connection: {database.name}\n    table: argo_kill\n"
                 "    rules:\n      - query: {sql: "
                 f"{assay.quoted(PAUSE[database.name])}, expect: value, "
                 "min: 1}\n      - row_count: {min: 1}\n")
        if not good:
            text += "      - not_null: [v]\n"
    return text


class ArgoKillTest(unittest.TestCase):
    def setUp(self):
        self.databases = [assay.postgresql(), assay.mariadb()]
        for database in self.databases:
            database.load(
                "DROP TABLE IF EXISTS argo_kill; CREATE TABLE argo_kill (id "
                "INTEGER NOT NULL PRIMARY KEY, v VARCHAR(10)); INSERT INTO "
                "argo_kill VALUES (1, 'a'), (2, NULL);")
            self.addCleanup(database.load, "DROP TABLE argo_kill;")

    def test_the_verdict_is_the_datas(self):
        rng = random.Random(4711)
        with tempfile.TemporaryDirectory() as directory, \
                assay.Server({d.name: d.odbc for d in self.databases}) \
                as server, argo.Plugin(server.address, directory) as plugin:
            for number in range(ROUNDS):
                good = rng.random() < 0.5
                gate = argo.fill(argo.template("gate-plugin"),
                                 {"rule-set": rules(self.databases, good)},
                                 workflow=f"kill-{number}", uid=str(number))
                node = self.disturbed(rng, server, plugin, gate, number)
                with self.subTest(number, good=good, node=node):
                    found = argo.outputs(node)
                    self.assertEqual(
                        (node["phase"], found["verdict"], found["decision"]),
                        ("Succeeded", "PASS", "PROCEED") if good else
                        ("Failed", "FAIL", "HOLD"))
                    self.assertEqual(
                        [run["run_id"] for run in argo.runs(
                            server, "--label", f"run=kill-{number}")],
                        [found["run-id"]])
            assay.wait_for(lambda: not self.queries(), 20, "the queries' end")

    def disturbed(self, rng, server, plugin, gate, number):
        """The node at its end, while everything is killed now and then."""
        kills = [(rng.random() * 0.7, rng.choice(["plugin", "server", "both"]),
                  rng.random() * 0.3) for _ in range(rng.randint(1, 4))]
        trouble = []

        def kill():
            try:
                for before, which, away in kills:
                    time.sleep(before)
                    victims = {"plugin": [plugin], "server": [server],
                               "both": [plugin, server]}[which]
                    for victim in victims:
                        victim.kill9()
                    time.sleep(away)
                    for victim in victims:
                        victim.start()
            except Exception as error:  # pylint: disable=broad-except
                trouble.append(error)

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            node = plugin.run(gate, workflow=f"kill-{number}", uid=str(number))
        finally:
            killer.join()
        self.assertEqual(trouble, [])
        return node

    def queries(self):
        return [row for row in self.databases[0].query(
            "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND "
            "query LIKE '%pg_sleep(%' AND pid <> pg_backend_pid()") if row[0]]


if __name__ == "__main__":
    unittest.main()
