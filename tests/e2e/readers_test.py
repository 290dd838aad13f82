#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Several connections a side, over ranges of whole-number keys."""
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position

ROWS = 30000
# Far apart, unevenly, and to both ends of 64 bits.
SPREAD = ("CASE WHEN i = 1 THEN -9223372036854775808 WHEN i = {rows} THEN "
          "9223372036854775807 WHEN i % 2 = 0 THEN i ELSE i * 1000003 END")
TABLE = ("DROP TABLE IF EXISTS {t}; CREATE TABLE {t} (id bigint PRIMARY KEY, "
         "v varchar(20)); INSERT INTO {t} SELECT {key}, concat('v', i) FROM "
         "{numbers};")


def rule_set(source, target, rule, tail=""):
    return ("version: 1\nname: readers\ncomparisons:\n"
            f"  - source: {{connection: {source[0]}, table: {source[1]}}}\n"
            f"    target: {{connection: {target[0]}, table: {target[1]}}}\n"
            f"    rules:\n      - full_diff: {{hashing: never, {rule}}}\n"
            f"        id: diff\n{tail}")


STATEMENT = "    consistency: statement\n"


class ReadersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pg, cls.maria = assay.postgresql(), assay.mariadb()
        key = SPREAD.format(rows=ROWS)
        for name in ("rd_a", "rd_b"):
            cls.pg.load(TABLE.format(
                t=name, key=key, numbers=f"generate_series(1::bigint, {ROWS}) i"))
        cls.maria.load(TABLE.format(
            t="rd_a", key=key, numbers=f"(SELECT seq AS i FROM seq_1_to_{ROWS})"
            " s"))
        # Missing at both ends and in the middle, changed, and extra.
        cls.pg.load(
            "DELETE FROM rd_b WHERE id IN (-9223372036854775808, "
            "9223372036854775807, 500, 501001503); UPDATE rd_b SET v = 'x' "
            "WHERE id IN (1000, 3000009); INSERT INTO rd_b VALUES (0, 'new'), "
            "(-1, 'new'), (9223372036854775806, 'new');")

    @classmethod
    def tearDownClass(cls):
        cls.pg.load("DROP TABLE rd_a, rd_b;")
        cls.maria.load("DROP TABLE rd_a;")

    def setUp(self):
        self.server = assay.Server({"pg": self.pg.odbc,
                                    "maria": self.maria.odbc})
        self.server.start()
        self.addCleanup(self.server.__exit__)

    def diff(self, *args):
        code, report = self.server.gate(rule_set(*args))
        result = report["results"][0]
        self.assertIsNotNone(result["diff"], result)
        counts = result["diff"]
        keys = self.server.assay("differences", report["run_id"], "diff")
        return code, counts, sorted(keys.stdout.splitlines())

    def counted(self, counts):
        return {name: counts[name] for name in (
            "rows_source", "rows_target", "keys", "missing", "extra",
            "changed")}

    def test_as_with_one(self):
        sides = ("pg", "rd_a"), ("pg", "rd_b")
        code, one, keys = self.diff(*sides, "readers: 1")
        self.assertEqual(code, 1)
        self.assertEqual((one["missing"], one["extra"], one["changed"]),
                         (4, 3, 2))
        for readers in (2, 3, 4):
            # A connection has four sessions, and both sides are of one.
            used = min(readers, 2)
            code, many, other_keys = self.diff(*sides, f"readers: {readers}")
            self.assertEqual(code, 1)
            self.assertEqual(self.counted(many), self.counted(one))
            self.assertEqual(other_keys, keys)
            self.assertIn(f"method: rows streamed by {used} connections a "
                          f"side, in {8 * used} ranges of keys", many["notes"])
            fewer = [n for n in many["notes"] if "max_connections" in n]
            self.assertEqual(len(fewer), readers > used)

    def test_all_read_in_one_snapshot(self):
        log = pathlib.Path(os.environ["ASSAY_TEST_DATABASES"],
                           "postgresql.log")
        self.pg.load("ALTER ROLE assay_reader SET log_statement = 'all';")
        self.addCleanup(self.pg.load,
                        "ALTER ROLE assay_reader RESET log_statement;")
        before = len(log.read_bytes())
        code, counts, _ = self.diff(("pg", "rd_a"), ("pg", "rd_a"),
                                    "readers: 2")
        self.assertEqual(code, 0, counts)
        said = log.read_bytes()[before:].decode(errors="replace")
        # One exports and one joins, on each side.
        self.assertEqual(said.count("pg_export_snapshot"), 2)
        self.assertEqual(said.count("SET TRANSACTION SNAPSHOT"), 2)

    def test_mariadb_shares_no_snapshot(self):
        sides = ("maria", "rd_a"), ("pg", "rd_a")
        code, counts, _ = self.diff(*sides, "readers: 3")
        self.assertEqual(code, 0, counts)
        self.assertTrue(any(
            "readers: 1, since maria (mariadb) cannot share a snapshot" in n
            and "consistency: statement" in n for n in counts["notes"]),
            counts["notes"])
        code, counts, _ = self.diff(*sides, "readers: 3", STATEMENT)
        self.assertEqual(code, 0, counts)
        self.assertIn("method: rows streamed by 3 connections a side, in 24 "
                      "ranges of keys", counts["notes"])
        self.assertEqual(counts["rows_source"], ROWS)
        self.assertEqual(counts["rows_target"], ROWS)
        code, counts, _ = self.diff(("maria", "rd_a"), ("pg", "rd_b"),
                                    "readers: 3", STATEMENT)
        self.assertEqual(code, 1)
        self.assertEqual((counts["missing"], counts["extra"],
                          counts["changed"]), (4, 3, 2))

    def test_keys_that_are_no_whole_numbers_have_one(self):
        self.pg.load("CREATE TABLE rd_t (k text PRIMARY KEY, v int); INSERT "
                     "INTO rd_t SELECT i::text, i FROM generate_series(1, 500)"
                     " i;")
        self.addCleanup(self.pg.load, "DROP TABLE rd_t;")
        code, counts, _ = self.diff(("pg", "rd_t"), ("pg", "rd_t"),
                                    "readers: 2")
        self.assertEqual(code, 0, counts)
        self.assertFalse(any("connections a side" in n
                             for n in counts["notes"]), counts["notes"])

    def test_limits_hold_over_all_of_them(self):
        sides = ("pg", "rd_a"), ("pg", "rd_b")
        code, report = self.server.gate(rule_set(
            *sides, "readers: 2, max_rows: 5000"))
        self.assertNotEqual(report["verdict"], "PASS")
        self.assertFalse(report["results"][0]["diff"]["complete"])
        self.assertIn(code, (1, 5))


if __name__ == "__main__":
    unittest.main()
