#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Types of PostgreSQL and MariaDB whose values are not what they look like:
times with a zone, numbers of single precision, bits and years, characters that
a character set does not define, lengths that only the driver knows.
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position

ZONE = "Asia/Tokyo"

POSTGRESQL = """
CREATE TABLE p_zone (id int PRIMARY KEY, tz timestamptz, wall timestamp UNIQUE);
INSERT INTO p_zone VALUES (1, '2026-01-01 00:30:00+09', '2026-01-01 00:30:00');
CREATE TABLE p_real (id int PRIMARY KEY, x real, far float8);
INSERT INTO p_real VALUES (1, 0.1, 1), (2, 0, 'Infinity');
CREATE DOMAIN p_short AS varchar(5) NOT NULL;
CREATE DOMAIN p_shorter AS p_short CHECK (VALUE <> '');
CREATE TABLE p_schema (id int PRIMARY KEY, v varchar(80), t text, w varchar,
  d p_shorter, c char(3) NOT NULL, n numeric(10,2));
CREATE VIEW p_outer AS SELECT i.id, s.d FROM p_schema s
  RIGHT JOIN p_zone i ON i.id = s.id + 100;
CREATE VIEW p_torn AS SELECT id, 'a' AS good, (1 / (id - 150))::text AS bad
  FROM generate_series(1, 200) AS id;
"""
POSTGRESQL_END = """
DROP VIEW p_torn, p_outer; DROP TABLE p_zone, p_real, p_schema;
DROP DOMAIN p_shorter; DROP DOMAIN p_short;
"""
MARIADB = """
SET time_zone = '+09:00';
CREATE TABLE m_zone (id INT PRIMARY KEY, tz TIMESTAMP NULL, wall DATETIME);
INSERT INTO m_zone VALUES (1, '2026-01-01 00:30:00', '2026-01-01 00:30:00');
CREATE TABLE m_float (id INT PRIMARY KEY, x FLOAT);
INSERT INTO m_float VALUES (1, 0.1), (2, 0);
CREATE TABLE m_odd (id INT PRIMARY KEY, b BIT(8), w BIT(12), y YEAR, n INT);
INSERT INTO m_odd VALUES (1, 5, 2053, 1950, 1950), (2, 48, 1, 2069, 2069);
CREATE TABLE m_bits (b BIT(8) PRIMARY KEY, w BIT(16), r REAL, f FLOAT);
INSERT INTO m_bits VALUES (5, 5, 1, 1), (48, 48, 1, 1);
CREATE TABLE m_swedish (k VARCHAR(9) CHARACTER SET swe7);
INSERT INTO m_swedish VALUES ('abc');
CREATE TABLE m_hash (h CHAR(4) CHARACTER SET ascii PRIMARY KEY, n INT);
INSERT INTO m_hash SELECT LPAD(seq, 4, '0'), seq FROM seq_1_to_300;
CREATE TABLE m_word (k VARCHAR(20) CHARACTER SET cp1251 PRIMARY KEY);
INSERT INTO m_word VALUES ('Привет'), ('abc');
CREATE TABLE m_words (k VARCHAR(20) CHARACTER SET utf8mb4 PRIMARY KEY);
INSERT INTO m_words VALUES ('Привет'), ('abc');
CREATE TABLE m_japan (k VARCHAR(20) CHARACTER SET cp932 PRIMARY KEY,
  v VARCHAR(9) CHARACTER SET cp932, w VARCHAR(9) CHARACTER SET cp932);
INSERT INTO m_japan SELECT CONCAT(LPAD(seq, 4, '0'), _cp932 X'8790'),
  _cp932 X'ED40', _cp932 X'87903F' FROM seq_1_to_100;
CREATE TABLE m_lossy (k VARCHAR(20) CHARACTER SET cp1251 PRIMARY KEY,
  v VARCHAR(9) NOT NULL DEFAULT 'x', t TEXT CHARACTER SET cp1251);
INSERT INTO m_lossy (k, t) SELECT CONCAT(LPAD(seq, 4, '0'),
  CONVERT(_binary x'98' USING cp1251)), CONVERT(_binary x'98' USING cp1251)
  FROM seq_1_to_100;
"""
MARIADB_END = ("DROP TABLE m_zone, m_float, m_odd, m_lossy, m_bits, m_swedish, "
               "m_hash, m_word, m_words, m_japan;")


def both_zones(table):
    """The same wall clock as a text with and without its zone."""
    return [
        (table, "range: {column: tz, min: '2026-01-01', "
         "max: '2026-01-01 00:30:00'}", "PASS", ""),
        (table, "range: {column: tz, below: '2026-01-01 00:30:00'}", "FAIL",
         ""),
        (table, "range: {column: tz, min: '2026-01-01 00:30:00Z'}", "FAIL", ""),
        (table, "enum: {column: tz, values: ['2026-01-01 00:30:00']}", "PASS",
         ""),
        (table, "enum: {column: tz, values: ['2025-12-31 15:30:00Z']}", "PASS",
         ""),
        (table, "enum: {column: tz, values: ['2026-01-01 00:30:00Z']}", "FAIL",
         ""),
        (table, "range: {column: wall, min: '2026-01-01', "
         "max: '2026-01-01 00:30:00'}", "PASS", ""),
    ]


def single_precision(table):
    return [
        (table, "range: {column: x, min: 0, max: 0.1}", "PASS", ""),
        (table, "range: {column: x, below: 0.1}", "FAIL", "1 of 2"),
        (table, "enum: {column: x, values: [0, 0.1]}", "PASS", ""),
        (table, "enum: {column: x, forbid: [0.1]}", "FAIL", ""),
        (table, "range: {column: x, max: 1e300}", "PASS", ""),
        (table, "range: {column: x, min: 1e-300}", "FAIL", "1 of 2"),
    ]


ON_POSTGRESQL = both_zones("p_zone") + single_precision("p_real") + [
    ("p_zone", "foreign_key: {columns: tz, table: p_zone, key: wall}", "ERROR",
     "different kinds"),
    # Between 1 and infinity there is no number.
    ("p_real", "aggregate: {function: median, column: far, max: 10}", "FAIL",
     ""),
    ("p_real", "aggregate: {function: quantile, q: 0, column: far, max: 10}",
     "PASS", ""),
    ("p_real", "aggregate: {function: stddev, column: far, max: 1}\n"
     "  where: id = 1", "WARN", "too few values"),
    ("p_schema", "schema: {columns: {v: {type: varchar, length: 80}, "
     "d: {type: text, length: 5, nullable: false}, c: {length: 3}, "
     "t: {nullable: true}, n: {length: 10}}}", "PASS", ""),
    ("p_schema", "schema: {columns: {t: {length: 8190}}}", "FAIL",
     "t has no length"),
    ("p_schema", "schema: {columns: {w: {length: 255}}}", "FAIL",
     "w has no length"),
    ("p_schema", "schema: {columns: {d: {nullable: true}}}", "FAIL",
     "does not allow NULL"),
    ("p_outer", "schema: {columns: {d: {nullable: false}}}", "FAIL",
     "allows NULL"),
]
ON_MARIADB = both_zones("m_zone") + single_precision("m_float") + [
    ("m_odd", "enum: {column: b, values: ['05', '30']}", "PASS", ""),
    ("m_odd", "enum: {column: b, values: ['05']}", "FAIL", "1 of 2"),
    ("m_odd", "enum: {column: w, values: ['0805', '0001']}", "PASS", ""),
    ("m_odd", "range: {column: b, max: '30'}", "PASS", ""),
    ("m_odd", "range: {column: b, max: '2f'}", "FAIL", "1 of 2"),
    ("m_odd", "range: {column: y, above: 99}", "PASS", ""),
    ("m_odd", "range: {column: y, below: 99}", "FAIL", "2 of 2"),
    ("m_odd", "enum: {column: y, values: [69, 50]}", "FAIL", "2 of 2"),
    ("m_odd", "foreign_key: {columns: b, table: m_bits, key: w}", "PASS", ""),
    ("m_odd", "foreign_key: {columns: w, table: m_bits, key: b}", "FAIL",
     "2 of 2"),
    ("m_bits", "schema: {columns: {r: {type: real}, f: {type: float4}}}",
     "PASS", ""),
    ("m_bits", "schema: {columns: {r: {type: float4}}}", "FAIL", ""),
    ("m_swedish", "pattern: {column: k, full: abc}", "PASS", ""),
    ("m_swedish", "enum: {column: k, values: [abc]}", "PASS", ""),
    ("m_hash", "pattern: {column: h, full: '[0-9]{4}'}", "PASS", ""),
    # 0x98 is undefined there, which the server would show as '?'.
    ("m_lossy", "enum: {column: t, values: ['?']}", "FAIL", "100 of 100"),
    ("m_lossy", r"pattern: {column: t, partial: '\?', forbid: true}", "PASS",
     ""),
    # 100 rows are more than a first page.
    ("m_lossy", r"pattern: {column: k, partial: '^undefined bytes [0-9A-F]+$'}",
     "PASS", ""),
    ("m_japan", "pattern: {column: k, partial: '^[0-9]{4}[≒纊]$'}", "PASS", ""),
    ("m_japan", "enum: {column: v, values: ['≒', '纊']}", "PASS", ""),
    ("m_japan", "enum: {column: w, values: ['≒?']}", "PASS", ""),
    ("m_lossy", "schema: {columns: {v: {nullable: false, length: 9}, "
     "t: {nullable: true}}}", "PASS", ""),
]


class ServerTypesTest(unittest.TestCase):
    def load(self, database, up, down):
        database.load(up)
        self.addCleanup(database.load, down)
        return {"db": {"odbc": database.odbc, "time_zone": ZONE}}

    def check(self, server, cases):
        for table, rule, verdict, found in cases:
            with self.subTest(table=table, rule=rule):
                _, report = server.gate(assay.rule_set(table, f"- {rule}"))
                result = report["results"][-1]
                self.assertEqual(result["verdict"], verdict, result)
                self.assertIn(found, f"{result['found']} {result['error']}")

    def test_postgresql(self):
        database = assay.postgresql()
        connections = self.load(database, POSTGRESQL, POSTGRESQL_END)
        with assay.Server(connections) as server:
            self.check(server, ON_POSTGRESQL)

    def test_mariadb(self):
        database = assay.mariadb()
        connections = self.load(database, MARIADB, MARIADB_END)
        with assay.Server(connections) as server:
            self.check(server, ON_MARIADB)

    def test_keys_across_connections_are_compared_as_they_are(self):
        database = assay.mariadb()
        connections = self.load(database, MARIADB, MARIADB_END)
        connections["copy"] = connections["db"]
        with assay.Server(connections) as server:
            for child, column, parent, key, verdict, failing in (
                    ("m_odd", "b", "m_bits", "b", "PASS", 0),
                    ("m_odd", "w", "m_bits", "w", "FAIL", 2),
                    ("m_word", "k", "m_words", "k", "PASS", 0),
                    ("m_words", "k", "m_word", "k", "PASS", 0),
                    ("m_words", "k", "m_swedish", "k", "FAIL", 1)):
                with self.subTest(child=child, parent=parent):
                    _, report = server.gate(
                        "version: 1\nname: t\ncomparisons:\n"
                        f"  - source: {{connection: db, table: {child}}}\n"
                        f"    target: {{connection: copy, table: {parent}}}\n"
                        "    rules:\n      - foreign_key: {child: source, "
                        f"columns: [{column}], key: [{key}]}}\n")
                    result = report["results"][-1]
                    self.assertEqual(result["verdict"], verdict, result)
                    self.assertEqual(
                        int(result["counters"]["rows_failing"]), failing)

    def test_a_key_that_the_other_side_cannot_hold_is_missing_there(self):
        database = assay.mariadb()
        for number, character_set in enumerate((
                "latin1", "cp1251 COLLATE cp1251_bulgarian_ci", "utf8mb3",
                "ucs2", "sjis", "cp932")):
            with self.subTest(character_set):
                source, target = f"m_new{number}", f"m_old{number}"
                connections = self.load(
                    database,
                    f"CREATE TABLE {source} (k VARCHAR(20) CHARACTER SET "
                    "utf8mb4 PRIMARY KEY, n INT);"
                    f"INSERT INTO {source} VALUES ('a', 1), ('ж😀日', 2);"
                    f"CREATE TABLE {target} (k VARCHAR(20) CHARACTER SET "
                    f"{character_set} PRIMARY KEY, n INT);"
                    f"INSERT INTO {target} VALUES ('a', 1), ('b', 3), "
                    "('???', 2);", f"DROP TABLE {source}, {target};")
                connections["copy"] = connections["db"]
                with assay.Server(connections) as server:
                    for side in (f"table: {target}",
                                 f"query: SELECT * FROM {target}"):
                        self.rolls_back(server, f"table: {source}", side)

    def rolls_back(self, server, source, target):
        code, report = server.gate(
            "version: 1\nname: t\ncomparisons:\n"
            f"  - source: {{connection: db, {source}}}\n"
            f"    target: {{connection: copy, {target}}}\n"
            "    key: k\n    rules:\n      - full_diff: {recheck: {after: 1ms,"
            " times: 1}}\n        on_fail: rollback\n")
        result = report["results"][-1]
        self.assertEqual((code, result["verdict"]), (4, "FAIL"), result)
        self.assertIn("1 missing", result["found"])

    def test_keys_are_found_again_however_they_are_coded(self):
        database = assay.mariadb()
        connections = self.load(
            database,
            "CREATE TABLE m_cp932 (k VARCHAR(20) CHARACTER SET cp932 PRIMARY "
            "KEY, n INT); INSERT INTO m_cp932 VALUES ('a', 1), "
            "(_cp932 X'8790', 2), (_cp932 X'87903F', 3), ('c', 4);"
            "CREATE TABLE m_cp1251 (k VARCHAR(20) CHARACTER SET cp1251 PRIMARY "
            "KEY, n INT); INSERT INTO m_cp1251 VALUES ('a', 1), "
            "(_cp1251 X'98', 2), ('c', 4);"
            "CREATE TABLE m_equal (k VARCHAR(20) CHARACTER SET utf8mb4 PRIMARY "
            "KEY, n INT); INSERT INTO m_equal VALUES ('a', 1), ('≒', 2), "
            "('≒?', 3), ('c', 4);"
            "CREATE TABLE m_less (k VARCHAR(20) CHARACTER SET utf8mb4 PRIMARY "
            "KEY, n INT); INSERT INTO m_less VALUES ('a', 1), ('≒?', 3), "
            "('c', 4);",
            "DROP TABLE m_cp932, m_cp1251, m_equal, m_less;")
        connections["copy"] = connections["db"]
        with assay.Server(connections) as server:
            self.rolls_back(server, "table: m_cp932", "table: m_less")
            self.rolls_back(server, "table: m_cp1251", "query: SELECT * FROM "
                            "m_less WHERE n <> 3")
            for rule in ("full_diff: {}", "sample_diff: {random: 100}",
                         "sample_diff: {keys: [['≒']]}"):
                for one, two in (("m_cp932", "m_equal"),
                                 ("m_equal", "m_cp932")):
                    with self.subTest(rule=rule, source=one):
                        code, report = server.gate(
                            "version: 1\nname: t\ncomparisons:\n"
                            f"  - source: {{connection: db, table: {one}}}\n"
                            f"    target: {{connection: copy, table: {two}}}\n"
                            f"    rules:\n      - {rule}\n")
                        self.assertEqual(code, 0, report["results"])

    def test_a_column_that_cannot_be_read_costs_no_other_rule(self):
        connections = self.load(assay.postgresql(), POSTGRESQL, POSTGRESQL_END)
        rules = "\n".join((
            "- pattern: {column: bad, full: '-?[0-9]+'}\n  timeout: 1m",
            "- pattern: {column: good, full: a}",
            "- pattern: {column: bad, full: '[0-9]+'}",
            "- type: {column: good, is: integer}",
        ))
        with assay.Server(connections) as server:
            _, report = server.gate(assay.rule_set("p_torn", rules))
        results = report["results"]
        self.assertEqual([r["verdict"] for r in results],
                         ["ERROR", "PASS", "ERROR", "FAIL"], results)
        for result in results[::2]:
            self.assertIn("division by zero", str(result["error"]))
        self.assertEqual(int(results[3]["counters"]["rows_failing"]), 200)


if __name__ == "__main__":
    unittest.main()
