#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Traps in which a rule would say PASS where the data is wrong, lose rows, or
take the server down. Each was found by trying it on a real database.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position

ALL = ("sqlite", "postgresql", "mariadb")

COMMON = """
CREATE TABLE h_t (id INTEGER NOT NULL PRIMARY KEY, t VARCHAR(50), n INTEGER);
INSERT INTO h_t VALUES (1,'a',1), (2,'b',2), (3,'a, b',3), (4,NULL,NULL);
"""
SQLITE = """
CREATE TABLE h_any (id INTEGER PRIMARY KEY, x);
INSERT INTO h_any VALUES (1,100), (2,-100);
CREATE VIEW h_view AS SELECT id, x + 0 AS y FROM h_any;
CREATE TABLE h_gen (id INTEGER PRIMARY KEY, a INT,
  g1 INT GENERATED ALWAYS AS (a + 1) VIRTUAL,
  g2 INT GENERATED ALWAYS AS (a + 2) STORED);
INSERT INTO h_gen (id, a) VALUES (1, 1), (2, NULL);
CREATE TABLE h_time (id INTEGER PRIMARY KEY, ts TIMESTAMP);
INSERT INTO h_time VALUES (1, '2026-02-30 10:00:00'),
  (2, '2026-01-01 00:00:00.0004'), (3, '2026-01-01 00:00:00.0009');
CREATE TABLE h_case (id INTEGER PRIMARY KEY, n INTEGER COLLATE NOCASE);
INSERT INTO h_case VALUES (1, 'q'), (2, 'Q');
CREATE TABLE h_zero (id INTEGER PRIMARY KEY, t TEXT);
INSERT INTO h_zero VALUES (1, CAST(x'6162006364' AS TEXT)), (2, 'X''41''');
CREATE TABLE h_parent (id INTEGER PRIMARY KEY);
INSERT INTO h_parent VALUES (1);
CREATE TABLE h_child (id INTEGER PRIMARY KEY, t TEXT);
INSERT INTO h_child VALUES (1, '01'), (2, ' 1 ');
CREATE TABLE "h ""q"".é select" ("wh?t" INT, "{fn}" INT);
INSERT INTO "h ""q"".é select" VALUES (1, 1);
"""
POSTGRESQL = """
CREATE EXTENSION IF NOT EXISTS citext;
CREATE DOMAIN h_int AS int; CREATE DOMAIN h_amount AS numeric(10,2);
CREATE TYPE h_mood AS ENUM ('sad', 'ok');
CREATE TABLE h_types (id int PRIMARY KEY, p h_int, a h_amount, mo money,
  b bytea, c citext, m h_mood, f float8, n numeric, ch char(5), d date);
INSERT INTO h_types VALUES
 (1, 100, 1000, 2.5, '\\x00', 'ABC', 'sad', 'NaN', 'NaN', 'ab', 'infinity'),
 (2, 100, 1000, 2.5, '\\x01', 'abc', 'ok', 1, 1, 'ab  ', '0044-03-15 BC');
CREATE TABLE h_rls (id int PRIMARY KEY, v int);
INSERT INTO h_rls VALUES (1, 1), (2, NULL);
ALTER TABLE h_rls ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON h_rls USING (v = 1);
CREATE VIEW h_rls_view WITH (security_invoker) AS SELECT * FROM h_rls;
CREATE TABLE h_base (id int PRIMARY KEY, v int);
CREATE TABLE h_heir () INHERITS (h_base);
INSERT INTO h_heir VALUES (1, NULL), (1, NULL);
"""
MARIADB = """
SET sql_mode = '';
CREATE TABLE h_enum (e ENUM('z','m','a') NOT NULL, id INT NOT NULL,
  t VARCHAR(9), PRIMARY KEY (e, id));
INSERT INTO h_enum SELECT 'z', seq, 'ok' FROM seq_1_to_1500;
INSERT INTO h_enum SELECT 'a', seq, 'BAD' FROM seq_1_to_700;
CREATE TABLE h_set (s SET('z','a','b') NOT NULL, id INT NOT NULL,
  t VARCHAR(9), PRIMARY KEY (s, id));
INSERT INTO h_set SELECT ELT(1 + seq % 4, 'z', 'a', 'z,a', 'b'), seq, 'BAD'
  FROM seq_1_to_2500;
CREATE TABLE h_bit (k BIT(20) NOT NULL PRIMARY KEY, t VARCHAR(9));
INSERT INTO h_bit SELECT seq, 'BAD' FROM seq_1_to_2500;
CREATE TABLE h_wide (k DECIMAL(65,0) NOT NULL PRIMARY KEY, t VARCHAR(9));
INSERT INTO h_wide SELECT CAST('12345678901234567890123456789012345678901234'
  AS DECIMAL(65,0)) + seq, 'BAD' FROM seq_1_to_2500;
CREATE TABLE h_swedish (k VARCHAR(20) COLLATE utf8mb4_swedish_ci NOT NULL
  PRIMARY KEY, t VARCHAR(9));
INSERT INTO h_swedish SELECT CONCAT('ö', seq), 'BAD' FROM seq_1_to_1000;
INSERT INTO h_swedish SELECT CONCAT('z', seq), 'BAD' FROM seq_1_to_1000;
CREATE TABLE h_dec (id INT PRIMARY KEY, d DECIMAL(65,0));
INSERT INTO h_dec VALUES (1, 1000000000000000000000000000000000000), (2, 9);
CREATE TABLE h_parent (id INT NOT NULL PRIMARY KEY, code VARCHAR(20));
INSERT INTO h_parent VALUES (1, '1'), (2, '2x');
CREATE TABLE h_child (id INT NOT NULL PRIMARY KEY, t VARCHAR(20), n INT);
INSERT INTO h_child VALUES (1, '1abc', 2);
CREATE TABLE h_long (id INT PRIMARY KEY, t LONGTEXT);
INSERT INTO h_long VALUES (1, CONCAT(REPEAT('a', 5000), '1')),
  (2, CONCAT(REPEAT('a', 5000), '2'));
"""

# (databases, table, rule, verdicts allowed, counters)
CASES = [
    # A type that we do not know has no order that we know: never a PASS.
    (("postgresql",), "h_types", "range: {column: p, max: 20}",
     ("FAIL", "ERROR"), {}),
    (("postgresql",), "h_types", "range: {column: a, max: 200}",
     ("FAIL", "ERROR"), {}),
    (("postgresql",), "h_types", "range: {column: mo, max: 2}",
     ("FAIL", "ERROR"), {}),
    (("postgresql",), "h_types", "length: {column: b, min: 4}",
     ("FAIL", "ERROR"), {}),
    # NaN lies between no bounds, though PostgreSQL sorts it last.
    (("postgresql",), "h_types", "range: {column: f, min: 0}",
     ("FAIL", "ERROR"), {"rows_failing": 1}),
    (("postgresql",), "h_types", "range: {column: n, min: 0}",
     ("FAIL", "ERROR"), {"rows_failing": 1}),
    (("postgresql",), "h_types", "unique: [c]", ("PASS",), {}),
    (("postgresql",), "h_types", "unique: [ch]", ("FAIL",),
     {"groups_failing": 1}),
    (("postgresql",), "h_types", "enum: {column: c, values: [abc], "
     "equality: database}", ("PASS",), {}),
    (("postgresql",), "h_types", "enum: {column: m, values: [sad, okk]}",
     ("FAIL",), {"rows_failing": 1}),
    (("postgresql",), "h_types", "range: {column: d, min: 1900-01-01, "
     "max: 2100-01-01}", ("FAIL",), {"rows_failing": 2}),
    (("postgresql",), "h_types", "freshness: {column: d, max_age: 1d}",
     ("FAIL",), {}),
    (("sqlite",), "h_any", "range: {column: x, max: 5}",
     ("FAIL", "ERROR"), {}),
    (("sqlite",), "h_any", "enum: {column: x, forbid: [100]}",
     ("FAIL", "ERROR"), {}),
    (("sqlite",), "h_any", "not_null: {columns: x, also: [100]}",
     ("FAIL", "ERROR"), {}),
    (("sqlite",), "h_view", "range: {column: y, below: 5}",
     ("FAIL", "ERROR"), {}),
    (("sqlite",), "h_view", "enum: {column: y, forbid: [100]}",
     ("FAIL", "ERROR"), {}),
    # Dates that are none, and what lies below a millisecond.
    (("sqlite",), "h_time", "range: {column: ts, max: 2030-01-01}\n"
     "where: id = 1", ("FAIL",), {}),
    (("sqlite",), "h_time", "freshness: {column: ts, max_age: 20000d}\n"
     "where: id = 1", ("FAIL",), {}),
    (("sqlite",), "h_time", "range: {column: ts, min: "
     "'2026-01-01 00:00:00.0009'}\nwhere: id > 1", ("FAIL", "ERROR"), {}),
    (("sqlite",), "h_case", "unique: [n]", ("PASS",), {}),
    (("sqlite",), "h_zero", "length: {column: t, max: 4}", ("FAIL",), {}),
    (("sqlite",), "h_zero", "length: {column: t, max: 4, unit: bytes}",
     ("FAIL",), {"rows_failing": 2}),
    (("sqlite",), "h_zero", "enum: {column: t, forbid: [\"X'41'\"]}",
     ("FAIL",), {"rows_failing": 1}),
    (("sqlite",), "h_gen", "schema: {columns: {id: integer, a: integer}, "
     "extra: forbid}", ("FAIL",), {"groups_failing": 2}),
    (("sqlite",), "h_gen", "not_null: [g1, g2]", ("FAIL",),
     {"rows_failing": 1}),
    (("sqlite",), "'\"h \"\"q\"\".é select\"'",
     "range: {column: 'wh?t', min: 5}", ("FAIL",), {"rows_failing": 1}),
    (("sqlite",), "'\"h \"\"q\"\".é select\"'",
     "range: {column: '{fn}', min: 5}", ("FAIL",), {"rows_failing": 1}),
    # A key of another type is compared as the database likes it.
    (("mariadb", "sqlite"), "h_child", "foreign_key: {columns: [t], table: "
     "h_parent, key: [id]}", ("FAIL", "ERROR"), {}),
    (("mariadb",), "h_child", "foreign_key: {columns: [n], table: h_parent, "
     "key: [code]}", ("FAIL", "ERROR"), {}),
    # Pages: every row once, whatever the key's type.
    (("mariadb",), "h_enum", "pattern: {column: t, full: ok}", ("FAIL",),
     {"rows_total": 2200, "rows_failing": 700}),
    (("mariadb",), "h_set", "pattern: {column: t, full: ok}", ("FAIL",),
     {"rows_total": 2500, "rows_failing": 2500}),
    (("mariadb",), "h_bit", "pattern: {column: t, full: ok}", ("FAIL",),
     {"rows_total": 2500, "rows_failing": 2500}),
    (("mariadb",), "h_wide", "pattern: {column: t, full: ok}", ("FAIL",),
     {"rows_total": 2500, "rows_failing": 2500}),
    (("mariadb",), "h_swedish", "pattern: {column: t, full: ok}", ("FAIL",),
     {"rows_total": 2000, "rows_failing": 2000}),
    # A bound wider than DECIMAL(65,30) must not be cut to its greatest value.
    (("mariadb",), "h_dec", "range: {column: d, max: "
     "10000000000000000000000000000000000000}", ("PASS",), {}),
    (("mariadb",), "h_dec", "enum: {column: d, values: [9, "
     "1000000000000000000000000000000000000]}", ("PASS",), {}),
    (("mariadb",), "h_dec", "range: {column: d, min: "
     "10000000000000000000000000000000000000}", ("FAIL",),
     {"rows_failing": 2}),
    (("mariadb",), "h_long", "unique: [t]", ("PASS",), {}),
    # What the author writes.
    (ALL, "h_t", "expression: n > $1", ("ERROR",), {}),
    (ALL, "h_t", "expression: \"n > 0 /* really? */\"", ("PASS",), {}),
    (ALL, "h_t", "expression: \"n > 0 -- really?\"", ("PASS",), {}),
    (ALL, "h_t", "expression: \"t <> '{fn now()} ? {d ''x''}'\"", ("PASS",),
     {}),
    (ALL, "h_t", "enum: {column: t, values: ['a, b']}", ("FAIL",),
     {"rows_failing": 2}),
    (ALL, "h_t", "enum: {column: t, values: [\"a', 'b\"]}", ("FAIL",),
     {"rows_failing": 3}),
    (ALL, "h_t", "row_count: 2\nwhere: id = 1 OR id = 2", ("PASS",), {}),
    (ALL, "h_t", "query: SELECT id FROM h_t FOR UPDATE", ("ERROR",), {}),
    # Never a shortened table.
    (("postgresql",), "h_rls", "not_null: [v]", ("ERROR",), {}),
    (("postgresql",), "h_rls_view", "not_null: [v]", ("ERROR",), {}),
    (("postgresql",), "h_base", "unique: [id]", ("FAIL",),
     {"rows_failing": 2}),
]


class HuntTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.databases = assay.databases(cls.directory.name)
        for database, sql in zip(cls.databases, (SQLITE, POSTGRESQL, MARIADB)):
            database.load(COMMON + sql)
        cls.server = assay.Server({d.name: d.odbc for d in cls.databases})
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.databases[1].load(
            "DROP VIEW h_rls_view; DROP TABLE h_t, h_types, h_rls, h_heir, "
            "h_base; DROP DOMAIN h_int, h_amount; DROP TYPE h_mood;")
        cls.databases[2].load(
            "DROP TABLE h_t, h_enum, h_set, h_bit, h_wide, h_swedish, h_dec, "
            "h_parent, h_child, h_long;")
        cls.directory.cleanup()

    def judge(self, database, table, *rules):
        text = ""
        for number, rule in enumerate(rules):
            text += "- " + rule.replace("\n", "\n  ") + f"\n  id: r{number}\n"
        _, report = self.server.gate(
            assay.rule_set(table, text, connection=database), timeout=20)
        return report["results"]

    def test_a_parameter_of_another_rule_is_out_of_reach(self):
        # PostgreSQL numbers parameters over the fused statement.
        results = self.judge("postgresql", "h_t",
                             "expression: n > $1 OR n IS NOT NULL",
                             "range: {column: n, min: 2}")
        self.assertEqual([r["verdict"] for r in results], ["ERROR", "FAIL"],
                         results)

    def test_values_leaves_mariadb_in_step(self):
        # A server of its own: the driver loses the protocol and never returns.
        mariadb = self.databases[2]
        with assay.Server({"db": mariadb.odbc}) as server:
            rules = ("- query: VALUES (1), (2)\n  id: a\n"
                     "- query: {sql: SELECT 5, expect: value, equals: 5}\n"
                     "  id: b\n")
            try:
                _, report = server.gate(assay.rule_set("h_t", rules),
                                        timeout=10)
            except subprocess.TimeoutExpired:
                server.process.kill()
                self.fail("the run never ends")
            self.assertIn(report["results"][0]["verdict"], ("FAIL", "ERROR"))
            self.assertEqual(report["results"][1]["verdict"], "PASS", report)

    def test_more_values_than_a_driver_can_bind(self):
        # psqlODBC corrupts the heap near 32767 parameters.
        for database in self.databases:
            with assay.Server({"db": database.odbc}) as server:
                values = list(range(5, 40005))
                rule = "- enum: " + json.dumps(
                    {"column": "n", "values": values}) + "\n  id: a\n"
                try:
                    _, report = server.gate(assay.rule_set("h_t", rule),
                                            timeout=15)
                except (AssertionError, subprocess.TimeoutExpired) as error:
                    server.process.kill()
                    self.fail(f"{database}: {str(error)[:300]}")
                self.assertIn(report["results"][0]["verdict"],
                              ("FAIL", "ERROR"), database)
                self.assertIsNone(server.process.poll(), database)

    def test_many_rules_on_a_wide_table(self):
        columns = ", ".join(f"c{i} INT" for i in range(1000))
        for database in self.databases:
            database.load(f"CREATE TABLE h_many (id INT PRIMARY KEY, {columns})"
                          "; INSERT INTO h_many (id, c999) VALUES (1, 5);")
            results = self.judge(
                database.name, "h_many",
                *[f"not_null: [c{i}]" for i in range(200)],
                *[f"range: {{column: c999, min: {i}}}" for i in range(250)])
            database.load("DROP TABLE h_many;")
            verdicts = {r["rule_id"]: r["verdict"] for r in results}
            self.assertEqual(
                [verdicts[f"r{i}"] for i in range(450)],
                ["FAIL"] * 200 + ["PASS"] * 6 + ["FAIL"] * 244, database)


def check(self, database, case):
    _, table, rule, verdicts, counters = case
    result = self.judge(database, table, rule)[0]
    self.assertIn(result["verdict"], verdicts, result)
    if result["verdict"] == "ERROR":
        self.assertTrue(result["error"]["message"])
        return
    for name, value in counters.items():
        self.assertEqual(result["counters"].get(name), value, (name, result))


def method(database, case):
    return lambda self: check(self, database, case)


for place, one in enumerate(CASES):
    for name in one[0]:
        kind = one[2].split(":")[0]
        setattr(HuntTest, f"test_{place:03d}_{kind}_{name}", method(name, one))

if __name__ == "__main__":
    unittest.main()
