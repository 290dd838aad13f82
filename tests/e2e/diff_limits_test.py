#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Diffs that a limit ends in the middle of large tables: what was found is
still shown and explained, which needs the same snapshots."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position

ROWS = 300000
TABLE = ("CREATE TABLE limited (id bigint PRIMARY KEY, v varchar(80)); "
         "INSERT INTO limited SELECT i, concat('{letter}', i, "
         "' some more text, so that pages are many') FROM {numbers};")
ACCEPT = ("    accept:\n      - {cause: case, reason: shouting, owner: dba}\n")


def rule_set(source, target, limit, accept=""):
    return ("version: 1\nname: limits\ncomparisons:\n"
            f"  - source: {{connection: {source}, table: limited}}\n"
            f"    target: {{connection: {target}, table: limited}}\n{accept}"
            f"    rules:\n      - full_diff: {{hashing: never, {limit}}}\n")


class DiffLimitsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pg, cls.maria = assay.postgresql(), assay.mariadb()
        cls.pg.load(TABLE.format(
            letter="v", numbers=f"generate_series(1, {ROWS}) i"))
        cls.maria.load(TABLE.format(
            letter="V", numbers=f"(SELECT seq AS i FROM seq_1_to_{ROWS}) s"))

    @classmethod
    def tearDownClass(cls):
        cls.pg.load("DROP TABLE limited;")
        cls.maria.load("DROP TABLE limited;")

    def setUp(self):
        self.server = assay.Server({"pg": self.pg.odbc,
                                    "maria": self.maria.odbc})
        self.server.start()
        self.addCleanup(self.server.__exit__)

    def run_limited(self, *args):
        _, report = self.server.gate(rule_set(*args))
        result = report["results"][0]
        self.assertIsNotNone(result["diff"], result)
        self.assertFalse(result["diff"]["complete"], result)
        self.assertLess(result["diff"]["rows_source"], ROWS)
        return result

    def test_what_stop_after_found_is_shown(self):
        for sides in (("pg", "maria"), ("maria", "pg")):
            with self.subTest(sides):
                result = self.run_limited(*sides, "stop_after: 10")
                self.assertEqual(result["verdict"], "FAIL")
                self.assertGreaterEqual(result["diff"]["changed"], 10)
                self.assertFalse(result.get("samples_note"), result)
                self.assertTrue(result["samples"], result)
                self.assertEqual(
                    {cause["cause"] for cause in result["diff"]["causes"]},
                    {"case"})

    def test_a_known_cause_is_known_at_the_limit_too(self):
        for sides in (("pg", "maria"), ("maria", "pg")):
            with self.subTest(sides):
                result = self.run_limited(*sides, "max_rows: 60000", ACCEPT)
                self.assertEqual(result["diff"]["changed"], 0, result)
                self.assertGreater(result["diff"]["accepted"], 0)
                self.assertNotEqual(result["verdict"], "PASS")

    def test_a_limit_that_the_last_rows_meet_ends_nothing(self):
        _, report = self.server.gate(rule_set(
            "pg", "maria", f"max_rows: {2 * ROWS}, rows_per_second: 400000"))
        diff = report["results"][0]["diff"]
        self.assertTrue(diff["complete"], diff)
        self.assertEqual((diff["rows_source"], diff["rows_target"],
                          diff["changed"]), (ROWS, ROWS, ROWS))


if __name__ == "__main__":
    unittest.main()
