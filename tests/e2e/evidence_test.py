#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a failing rule of a table shows: SQL that finds what was counted."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # noqa: E402  pylint: disable=wrong-import-position

TABLES = """
CREATE TABLE p (id INTEGER NOT NULL PRIMARY KEY, ok INTEGER);
INSERT INTO p VALUES (1, 1), (2, 0), (3, 1);
CREATE TABLE ev_child (
  id INTEGER NOT NULL PRIMARY KEY, p_id INTEGER, at TIMESTAMP NULL,
  note VARCHAR(9));
INSERT INTO ev_child VALUES
  (1, 1, '2020-01-01 00:00:00', 'a'), (2, NULL, '2020-01-02 00:00:00', ' '),
  (3, 9, '2020-01-03 00:00:00', ''), (4, 2, NULL, 'b'), (5, NULL, NULL, 'c');
"""
GONE = "DROP TABLE IF EXISTS ev_child; DROP TABLE IF EXISTS p;"


class EvidenceTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.databases = assay.databases(self.directory.name)
        for database in self.databases:
            database.load(GONE + TABLES)
            self.addCleanup(database.load, GONE)
        self.server = assay.Server({d.name: d.odbc for d in self.databases})
        self.addCleanup(self.server.__exit__)
        self.server.start()

    def result(self, database, rule, table="ev_child", where=None):
        _, report = self.server.gate(
            assay.rule_set(table, rule, connection=database.name, where=where))
        self.assertEqual(len(report["results"]), 1, report)
        return report["results"][0]

    def check(self, rule, verdict, failing, ids=None, **kwargs):
        """On each database; the SQL finds the rows that failed."""
        for database in self.databases:
            with self.subTest(database=database.name, rule=rule):
                result = self.result(database, rule, **kwargs)
                self.assertEqual(result["verdict"], verdict, result)
                if failing is not None:
                    self.assertEqual(result["counters"]["rows_failing"],
                                     failing, result)
                if ids is None:
                    continue
                rows = database.query(result["sql"])
                self.assertEqual(sorted(int(row[0]) for row in rows), ids,
                                 result["sql"])
                self.assertEqual(len(result["samples"]), len(ids), result)

    def test_null_keys_are_among_the_rows(self):
        rule = "- foreign_key: {columns: [p_id], table: p, key: [id]%s}\n"
        self.check(rule % "", "FAIL", 1, [3])
        self.check(rule % ", nulls: fail", "FAIL", 3, [2, 3, 5])

    def test_a_where_may_name_its_table(self):
        rule = "- foreign_key: {columns: [p_id], table: p, key: [id]%s}\n"
        self.check(rule % "", "FAIL", 1, [3], where="ev_child.id > 1")
        self.check(rule % "", "PASS", 0, where="ev_child.id <> 3")
        self.check(rule % ", table_where: 'p.ok = 1'", "FAIL", 2, [3, 4])
        self.check(rule % ", nulls: fail" + "  where: ev_child.id < 4\n",
                   "FAIL", 2, [2, 3])
        # A child that has the name by which its parent could have gone.
        self.check("- foreign_key: {columns: [ok], table: ev_child, key: [id]}"
                   "\n", "FAIL", 1, [2], table="p")

    def test_a_number_is_read_again(self):
        for rule, words in (
                ("freshness: {column: at, max_age: 1d}", ("2020-01-03",)),
                ("aggregate: {function: sum, column: id, equals: 16}", ("15",)),
                ("aggregate: {function: median, column: id, above: 3}",
                 ("3",)),
                ("row_count: {min: 6}", ("5",))):
            for database in self.databases:
                with self.subTest(database=database.name, rule=rule):
                    result = self.result(database, f"- {rule}\n")
                    self.assertEqual(result["verdict"], "FAIL", result)
                    found = str(database.query(result["sql"]))
                    for word in words:
                        self.assertIn(word, found)
                    self.assertEqual(result["samples"], [])

    def test_thresholds_are_those_that_count(self):
        for rule, threshold in (
                ("{sql: SELECT 5, expect: value, equals: 5}", ""),
                ("{sql: SELECT 5, expect: rows}", ""),
                ("{sql: SELECT id FROM p WHERE id > 9}",
                 "fail above 0 rows returned")):
            result = self.result(self.databases[0], f"- query: {rule}\n")
            self.assertEqual((result["verdict"], result["threshold"]),
                             ("PASS", threshold), rule)

    def test_what_is_expected_can_be_read(self):
        database = self.databases[0]
        result = self.result(database,
                             "- expression: |\n    id > 0\n      AND id < 9\n")
        self.assertEqual(result["expected"], "id > 0 AND id < 9")
        result = self.result(database,
                             "- enum: {column: note, forbid: ['', ' ', x]}\n")
        self.assertEqual(result["expected"], "note is none of '', ' ', x")

    def test_types_have_the_names_of_their_database(self):
        database = next(d for d in self.databases if d.name == "postgresql")
        database.load("CREATE TYPE ev_mood AS ENUM ('on'); CREATE TABLE ev_t ("
                      "id integer PRIMARY KEY, a text[], m ev_mood, "
                      "n numeric(10,2), c character varying(5)[]);")
        self.addCleanup(database.load, "DROP TABLE ev_t; DROP TYPE ev_mood;")
        for types, verdict in (
                ("a: 'text[]', m: ev_mood, n: 'numeric(10,2)'", "PASS"),
                ("n: numeric, c: 'character varying[]', m: enum", "PASS"),
                ("a: text", "FAIL"), ("n: 'numeric(10,3)'", "FAIL"),
                ("a: 'integer[]'", "FAIL")):
            result = self.result(database, "- schema: {columns: {%s}}\n" % types,
                                 table="ev_t")
            self.assertEqual(result["verdict"], verdict, result)


if __name__ == "__main__":
    unittest.main()
