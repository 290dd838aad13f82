#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keys of booleans, times of day and timestamps are looked up like any other:
differences settle, are confirmed before a rollback, and are rechecked. Values
that only one database's type has are never taken for repaired.
"""
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import pairs  # pylint: disable=wrong-import-position
from pairs import (  # pylint: disable=wrong-import-position
    LITE, MARIA, PG, SERVERS)

# name: columns of the key, six values of it.
KEYS = {
    "boolean": ("b {bool} NOT NULL, n INTEGER NOT NULL",
                ["true, 1", "false, 1", "true, 2", "false, 2", "true, 3",
                 "false, 3"]),
    "time": ("t {time} NOT NULL",
             ["'00:00:00'", "'23:59:59.999999'", "'10:00:00'",
              "'10:00:00.000001'", "'24:00:00'", "'12:30:00.5'"]),
    "timestamp": ("t {ts} NOT NULL",
                  ["'2024-03-31 02:30:00'", "'2024-10-27 02:30:00'",
                   "'1999-12-31 23:59:59.999999'", "'2024-01-01'",
                   "'1000-01-01'", "'9999-12-31 23:59:59'"]),
    "instant": ("t {tstz} NOT NULL",
                ["'2024-03-31 02:30:00'", "'2024-10-27 02:30:00'",
                 "'1999-12-31 23:59:59.999999'", "'2024-01-01'",
                 "'1971-01-01'", "'2037-12-31 23:59:59'"]),
    "date": ("t DATE NOT NULL",
             ["'2024-02-29'", "'1000-01-01'", "'9999-12-31'", "'2024-01-01'",
              "'1582-10-10'", "'1970-01-01'"]),
}


class LookupKeysTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fixture = pairs.Fixture()
        cls.server = cls.fixture.server

    @classmethod
    def tearDownClass(cls):
        cls.fixture.close()

    def make(self, pair, columns, source, target):
        """Rows are lists of keys; v is the place."""
        declared = ", ".join(c.split()[0] for c in columns.split(", "))
        made = {}
        for number, rows in ((0, source), (1, target)):
            values = ", ".join(f"({key}, {v})" for key, v in rows)
            made[pair[number], f"lk_{'st'[number]}"] = (
                f"CREATE TABLE lk_{'st'[number]} ("
                + pairs.sql_type(columns, pair[number]) +
                f", v INTEGER, PRIMARY KEY ({declared}));\n"
                f"INSERT INTO lk_{'st'[number]} VALUES {values};\n")
        self.fixture.make(made)

    def gate(self, pair, rule, comparison=""):
        return self.server.gate(pairs.rule_set(
            f"connection: {pair[0]}, table: lk_s",
            f"connection: {pair[1]}, table: lk_t", rule, comparison))

    def load(self, pair, number, sql):
        self.fixture.databases[pair[number]].load(sql)

    def where(self, columns, key):
        names = [c.split()[0] for c in columns.split(", ")]
        return " AND ".join(f"{name} = {value}" for name, value in
                            zip(names, key.split(", ")))

    def damaged(self, pair, name):
        columns, keys = KEYS[name]
        source = [(key, v) for v, key in enumerate(keys[:5])]
        # Two missing, one changed, one extra.
        target = [(keys[2], 2), (keys[3], 99), (keys[4], 4), (keys[5], 5)]
        self.make(pair, columns, source, target)

    def counts(self, result):
        diff = result["diff"]
        return tuple(diff[k] for k in ("missing", "extra", "changed",
                                       "unstable", "settled"))

    def each(self):
        for name in KEYS:
            for pair in SERVERS:
                with self.subTest(f"{name} {pair}"):
                    yield name, pair

    def test_settling(self):
        for name, pair in self.each():
            self.damaged(pair, name)
            for recheck in ("", "recheck: {times: 1, after: 10ms}"):
                code, report = self.gate(
                    pair, f"- full_diff: {{{recheck}}}")
                result = report["results"][0]
                self.assertEqual(code, 1, result["error"])
                self.assertEqual(self.counts(result), (2, 1, 1, 0, 0))
                self.assertEqual(result["confirmed"], bool(recheck))

    def test_samples_and_rollback(self):
        for name, pair in self.each():
            self.damaged(pair, name)
            code, report = self.gate(
                pair, "- full_diff: {}\n  on_fail: rollback\n"
                "- sample_diff: {random: 100}")
            self.assertEqual(code, 4, report["results"][0])
            self.assertTrue(report["results"][0]["confirmed"])
            self.assertEqual(self.counts(report["results"][1])[:4],
                             (2, 1, 1, 0))

    def test_a_recheck_reads_the_keys_again(self):
        for name, pair in self.each():
            self.damaged(pair, name)
            code, report = self.gate(pair, "- full_diff: {}\n  id: r")
            self.assertEqual(code, 1)
            columns, keys = KEYS[name]
            for step, (sql, wanted) in enumerate((
                    ("SELECT 1;", (2, 1, 1, 0, 0)),
                    (f"UPDATE lk_t SET v = 3 WHERE "
                     f"{self.where(columns, keys[3])};", (2, 1, 0, 0, 1)),
                    (f"DELETE FROM lk_t WHERE "
                     f"{self.where(columns, keys[5])};", (2, 0, 0, 0, 2)),
                    (f"INSERT INTO lk_t VALUES ({keys[0]}, 0), "
                     f"({keys[1]}, 1);", (0, 0, 0, 0, 4)))):
                self.load(pair, 1, sql)
                done = self.server.assay("recheck", report["run_id"],
                                         "--format", "json")
                result = json.loads(done.stdout)["results"][0]
                self.assertEqual(done.returncode, 0 if step == 3 else 1)
                self.assertEqual(self.counts(result), wanted)
                self.assertIn("only the 4 keys",
                              "\n".join(result["diff"]["notes"]))

    def special(self, pair, columns, keys):
        """Keys of the source that the target's type has not: missing, however
        often they are read."""
        self.make(pair, columns, [(key, v) for v, key in enumerate(keys)],
                  [(keys[0], 0)])
        for rule in ("full_diff: {}",
                     "full_diff: {recheck: {times: 2, after: 10ms}}"):
            code, report = self.gate(pair, f"- {rule}\n  id: r")
            result = report["results"][0]
            diff = result["diff"]
            self.assertNotEqual(code, 0, result)
            self.assertEqual(diff["settled"], 0, result)
            self.assertEqual(diff["missing"] + diff["unstable"] + diff["lost"],
                             len(keys) - 1, result)
            done = self.server.assay("recheck", report["run_id"])
            self.assertNotEqual(done.returncode, 0, done.stdout)
            self.assertNotEqual(done.returncode, 4, done.stdout)

    def test_times_beyond_a_day(self):
        for pair in ((MARIA, PG), (MARIA, MARIA)):
            with self.subTest(str(pair)):
                self.special(pair, "t {time} NOT NULL",
                             ["'10:00:00'", "'26:00:00'", "'-01:00:00'",
                              "'838:59:59'", "'24:00:00.000001'",
                              "'-00:00:00.000001'"])

    def test_moments_that_only_one_type_has(self):
        self.special((PG, MARIA), "t {ts} NOT NULL",
                     ["'2024-01-01'", "'infinity'", "'-infinity'",
                      "'0044-03-15 10:00:00 BC'", "'20000-01-01'"])
        self.special((PG, PG), "t {ts} NOT NULL",
                     ["'2024-01-01'", "'infinity'", "'-infinity'",
                      "'0044-03-15 10:00:00 BC'", "'20000-01-01'"])
        self.special((PG, PG), "t DATE NOT NULL",
                     ["'2024-01-01'", "'infinity'", "'-infinity'",
                      "'0044-03-15 BC'", "'20000-01-01'"])
        self.special((MARIA, MARIA), "t {ts} NOT NULL",
                     ["'2024-01-01'", "'0000-00-00'", "'2024-00-10'",
                      "'2024-02-00 10:00:00'"])

    def test_integers_that_are_no_booleans(self):
        """MariaDB's BOOLEAN holds any small integer."""
        columns = ("b BOOLEAN NOT NULL, n INTEGER NOT NULL")
        self.special((MARIA, PG), columns, ["true, 1", "5, 1", "-1, 1"])

    def test_wall_times_of_a_zone(self):
        """A wall time that the clocks skipped is no instant of its own."""
        connections = {d.name: {"odbc": d.odbc, "time_zone": "Europe/Berlin"}
                       for d in self.fixture.databases.values()
                       if d.name != LITE}
        with assay.Server(connections) as server:
            plain, self.server = self.server, server
            try:
                for pair in SERVERS:
                    with self.subTest(str(pair)):
                        self.special(pair, "t {ts} NOT NULL",
                                     ["'2024-01-01'", "'2024-03-31 02:30:00'",
                                      "'2024-03-31 03:30:00'",
                                      "'2024-10-27 02:30:00'",
                                      "'0001-01-01 00:30:00'"])
            finally:
                self.server = plain

    def test_sqlite_has_no_such_types(self):
        """There they are texts and numbers, with many spellings."""
        for columns, keys in (("t {time} NOT NULL", ["'10:00:00'"]),
                              ("t {ts} NOT NULL", ["'2024-01-01 10:00:00'"]),
                              ("b {bool} NOT NULL", ["true"])):
            with self.subTest(columns):
                self.make((PG, LITE), columns, [(keys[0], 1)], [(keys[0], 1)])
                code, report = self.gate(
                    (PG, LITE),
                    "- full_diff: {recheck: {times: 1, after: 10ms}}")
                self.assertEqual(code, 5, report)
                error = report["results"][0]["error"]
                self.assertEqual(error["reason"], "NOT_COMPARABLE")
                self.assertIn("booleans", error["message"])


if __name__ == "__main__":
    unittest.main()
