#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is finished of a comparison of many tables: kept through kill -9, bound
to what was compared, and known to a recheck table by table.
"""
import json
import os
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
# pylint: disable-next=wrong-import-position
from diff_case import STATE

SMALL = ("wr_a", "wr_b", "wr_c", "wr_d")
LARGE = "wr_z"
ROWS = 1000
LARGE_ROWS = 60000


class WildcardTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.pg = assay.postgresql()
        self.maria = assay.mariadb()
        self.addCleanup(self.drop)
        self.drop()
        self.pg.load("CREATE SCHEMA wr; GRANT USAGE ON SCHEMA wr TO "
                     "assay_reader;")
        for table in SMALL + (LARGE,):
            rows = LARGE_ROWS if table == LARGE else ROWS
            self.pg.load(
                f"CREATE TABLE wr.{table} (id INT PRIMARY KEY, v INT);"
                f"INSERT INTO wr.{table} SELECT i, i % 7 FROM "
                f"generate_series(1, {rows}) i;")
            self.maria.load(
                f"CREATE TABLE {table} (id INT PRIMARY KEY, v INT);"
                f"INSERT INTO {table} SELECT seq, seq % 7 FROM "
                f"seq_1_to_{rows};")
        # Three rows of one table, and one of the last.
        self.maria.load("UPDATE wr_b SET v = 9 WHERE id IN (5, 6, 7);"
                        f"DELETE FROM {LARGE} WHERE id = 59999;")
        self.server = assay.Server({"pg": self.pg.odbc,
                                    "maria": self.maria.odbc}, STATE)
        self.server.start()
        self.addCleanup(self.server.__exit__)

    def drop(self):
        self.pg.load("SET client_min_messages = warning;"
                     "DROP SCHEMA IF EXISTS wr CASCADE;")
        for table in SMALL + (LARGE,):
            self.maria.load(f"DROP TABLE IF EXISTS {table};")

    def rule_set(self, rules):
        return ("version: 1\nname: wr\ncomparisons:\n"
                "  - source: {connection: pg, tables: 'wr.wr_*'}\n"
                "    target: {connection: maria, tables: 'assay.wr_*'}\n"
                f"    rules:\n{rules}")

    SLOWLY = ("      - full_diff: {rows_per_second: 15000}\n        id: d\n")

    def start(self, rules=SLOWLY):
        done = self.server.assay("run", "-", "--detach",
                                 stdin=self.rule_set(rules))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split()[-1]

    def show(self, run):
        return json.loads(self.server.assay(
            "show", run, "--format", "json", "--all").stdout)

    def end(self, run):
        assay.wait_for(lambda: self.show(run)["state"] not in
                       ("PENDING", "RUNNING"), 60, "the run's end")
        return self.show(run)

    def at_the_large_table(self, run):
        def reads():
            path = self.server.directory / "runs.db.d" / "scratch" / run
            return any(LARGE in str(p) and p.name == "checkpoint.json"
                       for p in path.rglob("*"))
        assay.wait_for(reads, 60, "a checkpoint of the large table")

    def listed(self, run, rule="d"):
        out = self.server.assay("differences", run, rule).stdout
        return sorted((d["table"], d["kind"], d["key"]["id"])
                      for d in map(json.loads, out.splitlines()))

    LISTED = [("wr.wr_b", "changed", key) for key in "567"] + [
        ("wr.wr_z", "missing", "59999")]

    def read_tables(self, log):
        """Which tables' rows PostgreSQL was asked for."""
        return set(re.findall(
            r'DECLARE assay_scan[^;]*?FROM (?:"\w+"\.)?"wr"\."(\w+)"', log))

    def test_finished_tables_are_not_read_again(self):
        log = pathlib.Path(os.environ["ASSAY_TEST_DATABASES"],
                           "postgresql.log")
        self.pg.load("ALTER ROLE assay_reader SET log_statement = 'all';")
        self.addCleanup(self.pg.load,
                        "ALTER ROLE assay_reader RESET log_statement;")
        begin = len(log.read_bytes())
        run = self.start()
        self.at_the_large_table(run)
        self.server.kill9()
        before = log.read_bytes()
        self.assertEqual(self.read_tables(before[begin:].decode()),
                         set(SMALL + (LARGE,)))
        self.server.start()
        report = self.end(run)
        said = log.read_bytes()[len(before):].decode()
        self.assertEqual(self.read_tables(said), {LARGE})
        result = report["results"][0]
        self.assertEqual(result["verdict"], "FAIL", result)
        diff = result["diff"]
        self.assertEqual((diff["missing"], diff["extra"], diff["changed"]),
                         (1, 0, 3))
        self.assertEqual(diff["keys"], 4 * ROWS + LARGE_ROWS)
        self.assertIn("5 tables, 2 failed", result["found"])
        kept = {note.split(":")[0] for note in diff["notes"]
                if "compared before an interruption" in note}
        self.assertEqual(kept, {f"wr.{table}" for table in SMALL})
        self.assertEqual(self.listed(run), self.LISTED)
        # As if nothing had been.
        self.assertEqual(self.listed(self.end(self.start(
            "      - full_diff: {}\n        id: d\n"))["run_id"]),
            self.LISTED)

    def test_each_rule_keeps_its_tables(self):
        run = self.start("      - row_count: {}\n        id: c\n" +
                         "      - schema: {}\n        id: s\n" + self.SLOWLY)
        self.at_the_large_table(run)
        self.server.kill9()
        # Known from before: a count that is finished is not made again.
        self.maria.load("DELETE FROM wr_a WHERE id < 10;")
        self.server.start()
        results = {r["rule_id"]: r for r in self.end(run)["results"]}
        self.assertIn("5 tables, 1 failed", results["c"]["found"])
        self.assertNotIn("wr_a: FAIL", results["c"]["found"])
        self.assertEqual(results["s"]["verdict"], "PASS", results["s"])
        self.assertEqual(results["d"]["diff"]["missing"], 1)

    def test_another_catalog_is_compared_again(self):
        run = self.start()
        self.at_the_large_table(run)
        self.server.kill9()
        self.pg.load("ALTER TABLE wr.wr_a ADD COLUMN w INT;"
                     "ALTER TABLE wr.wr_b DROP CONSTRAINT wr_b_pkey;")
        self.maria.load("UPDATE wr_a SET v = 9 WHERE id = 1;"
                        "UPDATE wr_b SET v = 9 WHERE id = 8;"
                        "UPDATE wr_c SET v = 9 WHERE id = 9;")
        self.server.start()
        result = self.end(run)["results"][0]
        # c was finished, and its catalog is the same.
        self.assertIn(("wr.wr_a", "changed", "1"), self.listed(run))
        self.assertIn(("wr.wr_b", "changed", "8"), self.listed(run))
        self.assertNotIn(("wr.wr_c", "changed", "9"), self.listed(run))
        self.assertIn("only in the source: w", result["found"])
        self.assertIn("is compared again", self.server.log)

    def test_a_lost_list_is_made_again(self):
        run = self.start()
        self.at_the_large_table(run)
        self.server.kill9()
        lists = list((self.server.directory / "runs.db.d" / "differences" /
                      run).glob("d*wr_b*"))
        self.assertEqual(len(lists), 1)
        lists[0].unlink()
        self.server.start()
        self.assertEqual(self.end(run)["results"][0]["verdict"], "FAIL")
        self.assertEqual(self.listed(run), self.LISTED)

    def test_errors_are_tried_again(self):
        self.maria.load("DROP TABLE wr_c; CREATE TABLE wr_c (id INT PRIMARY "
                        "KEY, v DATE);")
        run = self.start()
        self.at_the_large_table(run)
        self.server.kill9()
        self.maria.load("DROP TABLE wr_c; CREATE TABLE wr_c AS SELECT * FROM "
                        "wr_d; ALTER TABLE wr_c ADD PRIMARY KEY (id);")
        self.server.start()
        result = self.end(run)["results"][0]
        self.assertIn("5 tables, 2 failed", result["found"])
        self.assertNotIn("not judged", result["found"])

    def gate(self, rules):
        code, report = self.server.gate(self.rule_set(rules))
        return code, report

    def recheck(self, run):
        done = self.server.assay("recheck", run, "--format", "json")
        return done.returncode, json.loads(done.stdout)

    def test_a_recheck_takes_the_percentage_of_each_table(self):
        self.maria.load("UPDATE wr_a SET v = 9 WHERE id <= 200;"
                        f"INSERT INTO {LARGE} VALUES (59999, 59999 % 7);")
        code, report = self.gate("      - full_diff: {}\n        id: d\n"
                                 "        fail_above: 10%\n")
        self.assertEqual(code, 1, report)
        result = report["results"][0]
        self.assertIn("1 failed", result["found"])
        # 150 of 1000 are too many, 90 are not.
        for repaired, verdict in ((50, "FAIL"), (110, "WARN")):
            self.maria.load("UPDATE wr_a SET v = id % 7 WHERE id <= "
                            f"{repaired};")
            _, again = self.recheck(report["run_id"])
            found = again["results"][0]
            self.assertIn(found["verdict"], (verdict, "PASS") if
                          verdict == "WARN" else (verdict,), found["found"])
            self.assertIn("only the 200 keys", "\n".join(
                found["diff"]["notes"]))
            self.assertEqual(found["diff"]["keys"], 4 * ROWS + LARGE_ROWS)
        # A recheck of the recheck knows them too.
        code, third = self.recheck(again["run_id"])
        self.assertEqual(code, 0, third)

    def test_one_table_without_a_list_is_compared_anew(self):
        """Duplicates of one table say nothing about another's list."""
        self.pg.load("ALTER TABLE wr.wr_d DROP CONSTRAINT wr_d_pkey;")
        self.maria.load("ALTER TABLE wr_d DROP PRIMARY KEY;"
                        "INSERT INTO wr_d VALUES (1, 1);")
        rules = ("      - full_diff: {}\n        id: d\n"
                 "    key: [id]\n")
        code, report = self.gate(rules)
        self.assertEqual(code, 1)
        self.maria.load("DELETE FROM wr_d WHERE id = 1 LIMIT 1;"
                        "UPDATE wr_b SET v = id % 7;"
                        f"INSERT INTO {LARGE} VALUES (59999, 59999 % 7);")
        code, again = self.recheck(report["run_id"])
        result = again["results"][0]
        self.assertEqual(code, 0, result["found"])
        only = {note.split(":")[0] for note in result["diff"]["notes"]
                if "only the" in note}
        self.assertEqual(only, {"wr.wr_b", "wr.wr_z"})


if __name__ == "__main__":
    unittest.main()
