#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Comparisons as runs: connections that are short, parameters, odd names,
views, many comparisons at once, errors that do not spread.
"""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import pairs  # pylint: disable=wrong-import-position
from pairs import (  # pylint: disable=wrong-import-position
    LITE, MARIA, MOST, PG, SERVERS, case)

ODD = {PG: '"Odd ""name"" ä"', MARIA: "`Odd \"name\" ä`",
       LITE: '"Odd ""name"" ä"'}
ODD_COLUMNS = {PG: '"order" INTEGER PRIMARY KEY, "sel ect" TEXT, "ä""" INT',
               MARIA: "`order` INTEGER PRIMARY KEY, `sel ect` TEXT, "
                      "`ä\"` INT",
               LITE: '"order" INTEGER PRIMARY KEY, "sel ect" TEXT, "ä""" INT'}


def rows(count, value="'x'"):
    return ", ".join(f"({n}, {value})" for n in range(1, count + 1))


class ComparisonRunTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fixture = pairs.Fixture()
        cls.server = cls.fixture.server
        cls.odbc = {d.name: d.odbc for d in cls.fixture.databases.values()}

    @classmethod
    def tearDownClass(cls):
        cls.fixture.close()

    def both(self, pair, source, target, columns="id INTEGER NOT NULL PRIMARY "
             "KEY, v VARCHAR(40)"):
        one = case("y", columns, (source, target), "PASS", pairs=[pair])
        self.fixture.make(pairs.ddl(one))
        return [f"connection: {pair[n]}, table: y_{'st'[n]}" for n in (0, 1)]

    def test_one_connection_is_too_few_and_never_a_hang(self):
        sides = self.both((PG, PG), rows(9), rows(9))
        with assay.Server({PG: {"odbc": self.odbc[PG],
                                "max_connections": 1}}) as server:
            code, report = server.gate(pairs.rule_set(
                *sides, "- full_diff: {}"), "--timeout", "20s", timeout=60)
            result = report["results"][0]
            # Either it makes do with one, or it says what to raise.
            if result["verdict"] == "ERROR":
                self.assertEqual(code, 5)
                self.assertIn("max_connections", result["error"]["message"])
            else:
                self.assertEqual(code, 0, result)

    def test_crossing_comparisons_do_not_wait_for_each_other(self):
        sides = self.both((PG, MARIA), rows(99), rows(99))
        connections = {n: {"odbc": self.odbc[n], "max_connections": 1}
                       for n in (PG, MARIA)}
        text = "version: 1\nname: t\ncomparisons:\n"
        for number in range(12):
            a, b = sides if number % 2 else sides[::-1]
            text += (f"  - source: {{{a}}}\n    target: {{{b}}}\n    rules:\n"
                     f"      - full_diff: {{}}\n        id: r{number}\n")
        with assay.Server(connections) as server:
            code, report = server.gate(text, timeout=60)
            self.assertEqual(code, 0, report["counts"])
            self.assertEqual(report["counts"]["pass"], 12)

    def test_many_comparisons_and_one_that_fails(self):
        text = "version: 1\nname: t\ncomparisons:\n"
        made = {}
        for number in range(60):
            for side in (PG, MARIA):
                value = "'y'" if (number, side) == (42, MARIA) else "'x'"
                made[side, f"m{number}"] = (
                    f"CREATE TABLE m{number} (id INTEGER PRIMARY KEY, v "
                    f"VARCHAR(9)); INSERT INTO m{number} VALUES "
                    f"{rows(5, value)};")
            text += (f"  - source: {{connection: {PG}, table: m{number}}}\n"
                     f"    target: {{connection: {MARIA}, table: m{number}}}\n"
                     f"    rules: [full_diff: {{}}, row_count: 0]\n")
        self.fixture.make(made)
        code, report = self.server.gate(text)
        self.assertEqual(code, 1)
        self.assertEqual(report["counts"], {"pass": 119, "warn": 0, "fail": 1,
                                            "error": 0})
        failed = [r for r in report["results"] if r["verdict"] == "FAIL"]
        self.assertEqual((failed[0]["rule_id"], failed[0]["diff"]["changed"]),
                         ("m42.full_diff", 5))
        self.assertEqual(report["progress"]["steps_done"],
                         report["progress"]["steps_total"])

    def test_an_error_does_not_spread(self):
        sides = self.both((PG, MARIA), rows(9), rows(9))
        text = pairs.rule_set(
            *sides, "- full_diff: {}\n  where: no_such_column > 1\n  id: bad\n"
            "- full_diff: {}\n  id: good\n"
            "- full_diff: {}\n  where: nope > 1\n  on_error: warn\n  id: soft\n"
            "- full_diff: {}\n  where: nope > 1\n  on_error: fail\n  id: hard")
        _, report = self.server.gate(text)
        self.assertEqual({r["rule_id"]: r["verdict"]
                          for r in report["results"]},
                         {"bad": "ERROR", "good": "PASS", "soft": "WARN",
                          "hard": "FAIL"})

    def test_parameters(self):
        self.both((PG, MARIA), "(1, 'x'), (2, 'y'), (3, 'z')",
                  "(1, 'x'), (2, 'y'), (4, 'z')")
        text = (
            "version: 1\nname: p\nparams:\n  a: {type: connection}\n"
            "  b: {type: connection}\n  s: {type: table}\n  t: {type: table}\n"
            "  k: {type: column}\n  most: {type: integer}\n  w: {type: text}\n"
            "comparisons:\n  - source: {connection: :a, table: :s, where: 'id "
            "<= :most AND v <> :w'}\n    target: {connection: :b, table: :t, "
            "where: 'id <= :most AND v <> :w'}\n    key: :k\n"
            "    rules: [full_diff: {}]\n")
        for most, code in ((2, 0), (4, 1)):
            got, report = self.server.gate(
                text, *sum((["--param", p] for p in (
                    f"a={PG}", f"b={MARIA}", "s=y_s", "t=y_t", "k=id",
                    f"most={most}", "w=it's -- ''")), []))
            self.assertEqual(got, code, report["results"])

    def test_odd_names(self):
        for pair in MOST:
            if pair[0] == pair[1]:
                continue
            with self.subTest(str(pair)):
                made = {}
                for number, name in enumerate(pair):
                    value = ("'a'", "'b'")[number]
                    made[name, ODD[name]] = (
                        f"CREATE TABLE {ODD[name]} ({ODD_COLUMNS[name]}); "
                        f"INSERT INTO {ODD[name]} VALUES (1, 'x', 5), "
                        f"(2, {value}, 6);")
                self.fixture.make(made)
                quoted = [f"connection: {n}, table: " + assay.quoted(ODD[n])
                          for n in pair]
                code, report = self.server.gate(pairs.rule_set(
                    *quoted, "- full_diff: {}\n- sample_diff: 10\n"
                    "- row_count: 0\n- schema: {ignore: [types, defaults]}\n"))
                result = report["results"][0]
                self.assertEqual(code, 1, result)
                self.assertEqual(result["diff"]["changed"], 1, result)
                self.assertEqual([r["verdict"] for r in report["results"]],
                                 ["FAIL", "FAIL", "PASS", "PASS"],
                                 report["results"][3]["found"])

    def test_views_and_partitions(self):
        made = {(PG, "v_s"): "CREATE TABLE v_s (id INTEGER, v VARCHAR(9)) "
                "PARTITION BY RANGE (id); CREATE TABLE v_s1 PARTITION OF v_s "
                "FOR VALUES FROM (0) TO (5); CREATE TABLE v_s2 PARTITION OF "
                f"v_s FOR VALUES FROM (5) TO (99); INSERT INTO v_s VALUES "
                f"{rows(9)};",
                (MARIA, "v_b"): "CREATE TABLE v_b (id INTEGER PRIMARY KEY, v "
                f"VARCHAR(9)); INSERT INTO v_b VALUES {rows(9)}; CREATE OR "
                "REPLACE VIEW v_t AS SELECT id, v FROM v_b;"}
        self.fixture.make(made)
        sides = (f"connection: {PG}, table: v_s",
                 f"connection: {MARIA}, table: v_t")
        code, report = self.server.gate(pairs.rule_set(
            *sides, "- full_diff: {}", "key: [id]"))
        self.assertEqual(code, 0, report["results"])
        self.assertEqual(report["results"][0]["diff"]["rows_source"], 9)
        code, report = self.server.gate(pairs.rule_set(*sides,
                                                       "- full_diff: {}"))
        self.assertEqual(report["results"][0]["error"]["reason"],
                         "NOT_COMPARABLE")
        self.fixture.databases[MARIA].load("DROP VIEW v_t;")

    def test_embedded(self):
        sides = self.both((PG, MARIA), "(1, 'x'), (2, 'y')",
                          "(1, 'x'), (2, 'z')")
        with tempfile.TemporaryDirectory() as out:
            done = assay.assay(
                "run", "-", "--embedded", "--out-dir", out,
                *sum((["--connection", f"{n}={self.odbc[n]}"]
                      for n in (PG, MARIA)), []),
                stdin=pairs.rule_set(*sides, "- full_diff: {}\n  id: r"))
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("1 changed", done.stdout)
            listed = pathlib.Path(out) / "differences" / "r.jsonl"
            self.assertEqual(len(listed.read_text().splitlines()), 1)

    def test_explain_shows_both_sides_and_reads_no_data(self):
        for pair in SERVERS:
            sides = self.both(pair, "(1, 'secret-row')", "(1, 'x')")
            done = self.server.assay("explain", "-", stdin=pairs.rule_set(
                *sides, "- full_diff: {}\n- row_count: 0\n- sample_diff: 9\n"
                "- schema: {}\n- aggregate: {function: count}\n"
                "- foreign_key: {columns: [id]}"))
            self.assertEqual(done.returncode, 0, done.stderr)
            for word in ("y_s", "y_t", "full_diff", "SELECT"):
                self.assertIn(word, done.stdout)
            self.assertNotIn("secret-row", done.stdout)

    def test_a_table_compared_with_itself_is_warned_about(self):
        side = self.both((PG, PG), rows(3), rows(3))[0]
        text = pairs.rule_set(side, side, "- full_diff: {}")
        done = assay.assay("--server", "127.0.0.1:1", "lint", "-", stdin=text)
        self.assertIn("the same", done.stdout + done.stderr)

    def test_statement_consistency(self):
        for pair in SERVERS:
            sides = self.both(pair, rows(9), rows(8))
            for consistency in ("statement", "snapshot", "strict"):
                with self.subTest(f"{pair} {consistency}"):
                    code, report = self.server.gate(pairs.rule_set(
                        *sides, "- full_diff: {}\n- sample_diff: 100\n"
                        "- row_count: 0", f"consistency: {consistency}"))
                    self.assertEqual(code, 1)
                    self.assertEqual([r["verdict"] for r in report["results"]],
                                     ["FAIL"] * 3,
                                     [r["error"] for r in report["results"]])
                    self.assertTrue(report["results"][0]["consistency"])


if __name__ == "__main__":
    unittest.main()
