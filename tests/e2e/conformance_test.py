#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every rule kind on every database: the same rows, the same verdict, the same
counters. A case is one rule over a table of a few rows.
"""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position

# One table for most cases. `t` is text, `n` a nullable integer, `d` decimal,
# `x` a double, `dt` a date, `ts` a timestamp.
ROWS = """
CREATE TABLE c_main (id INTEGER NOT NULL PRIMARY KEY, t VARCHAR(40), n INTEGER,
  d DECIMAL(12,4), x {double}, dt DATE, ts {timestamp});
INSERT INTO c_main VALUES
 (1, 'abc',  10, 1.10,  0.5,  '2026-01-01', '2026-01-01 10:00:00'),
 (2, 'abc ', 20, 1.1000, 1.5, '2026-02-01', '2026-02-01 10:00:00.250'),
 (3, 'ABC',  20, -5,    2.5,  '2026-03-01', '2026-03-01 10:00:00'),
 (4, 'über', NULL, NULL, NULL, NULL, NULL),
 (5, '',     30, 99.9999, -1.5, '1999-12-31', '1999-12-31 23:59:59'),
 (6, NULL,   40, 0,     3.5,  '2026-05-01', '2026-05-01 10:00:00');
CREATE TABLE c_empty (id INTEGER NOT NULL PRIMARY KEY, t VARCHAR(10),
  n INTEGER, ts {timestamp});
CREATE TABLE c_nulls (id INTEGER NOT NULL PRIMARY KEY, t VARCHAR(10),
  n INTEGER, ts {timestamp});
INSERT INTO c_nulls VALUES (1, NULL, NULL, NULL), (2, NULL, NULL, NULL);
CREATE TABLE c_dup (id INTEGER NOT NULL PRIMARY KEY, a VARCHAR(20),
  b VARCHAR(20), k INTEGER);
INSERT INTO c_dup VALUES (1,'x','y',1), (2,'x','y',1), (3,'x','y',1),
 (4,'x||y','z',2), (5,'x','y||z',3), (6,NULL,'q',4), (7,NULL,'q',5),
 (8,'case','1',6), (9,'CASE','1',7), (10,'pad','1',8), (11,'pad ','1',9);
CREATE TABLE c_parent (id INTEGER NOT NULL PRIMARY KEY, code VARCHAR(20));
INSERT INTO c_parent VALUES (1,'one'), (2,'Two'), (3,'three ');
CREATE TABLE c_child (id INTEGER NOT NULL PRIMARY KEY, parent_id INTEGER,
  code VARCHAR(20));
INSERT INTO c_child VALUES (1,1,'one'), (2,2,'two'), (3,3,'three'),
 (4,9,'none'), (5,NULL,NULL);
CREATE TABLE c_texts (id INTEGER NOT NULL PRIMARY KEY, i VARCHAR(60),
  dec_ VARCHAR(60), da VARCHAR(60), u VARCHAR(60), j VARCHAR(60),
  b VARCHAR(60), tm VARCHAR(60));
INSERT INTO c_texts VALUES
 (1,'12','1.5','2026-02-28','123e4567-e89b-12d3-a456-426614174000','{{"a": 1}}','true','2026-01-01T10:00:00Z'),
 (2,'-3','-1e3','2026-02-30','123E4567-E89B-12D3-A456-426614174000','[1, 2','f','2026-01-01 10:00:00.123456'),
 (3,' 4','1,5','28.02.2026','123e4567e89b12d3a456426614174000','nope','yes','2026-01-01 25:00:00'),
 (4,'5x','NaN','2026-2-3','','""','1',''),
 (5,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
"""
TYPES = {
    "sqlite": {"double": "REAL", "timestamp": "TIMESTAMP"},
    "postgresql": {"double": "double precision", "timestamp": "timestamp"},
    "mariadb": {"double": "DOUBLE", "timestamp": "DATETIME(6)"},
}


def case(table, rule, verdict, where=None, only=None, **counters):
    return {"table": table, "rule": rule, "verdict": verdict, "where": where,
            "only": only, "counters": counters}


CASES = [
    # row_count
    case("c_main", "row_count: 6", "PASS", total=6),
    case("c_main", "row_count: {min: 7}", "FAIL", total=6),
    case("c_main", "row_count: {above: 6}", "FAIL"),
    case("c_main", "row_count: {above: 5, below: 7}", "PASS"),
    case("c_main", "row_count: {equals: 5, tolerance: 20%}", "PASS"),
    case("c_main", "row_count: {equals: 5, tolerance: 19.99%}", "FAIL"),
    case("c_empty", "row_count: 0", "PASS", total=0),
    case("c_empty", "row_count: {min: 1}", "FAIL", total=0),
    case("c_main", "row_count: 2", "PASS", where="n = 20", total=2),
    # not_null
    case("c_main", "not_null: [id]", "PASS", total=6, failing=0),
    case("c_main", "not_null: [n, t]", "FAIL", total=6, failing=2),
    case("c_main", "not_null: {columns: t, also: ['']}", "FAIL", failing=2),
    case("c_main", "not_null: {columns: t, also: ['ABC ']}", "FAIL",
         failing=1),
    case("c_empty", "not_null: [t]", "FAIL", total=0),
    case("c_main", "not_null: [n]", "WARN", where="id > 99", total=0),
    # range
    case("c_main", "range: {column: n, min: 10, max: 40}", "PASS", total=6,
         considered=5, null=1, failing=0),
    case("c_main", "range: {column: n, above: 10, below: 40}", "FAIL",
         failing=2),
    case("c_main", "range: {column: d, min: 0, max: 1.1}", "FAIL", failing=2),
    case("c_main", "range: {column: d, max: 99.9999}", "PASS", failing=0),
    case("c_main", "range: {column: d, max: 99.9998999}", "FAIL", failing=1),
    case("c_main", "range: {column: x, min: -1.5, max: 3.5}", "PASS"),
    case("c_main", "range: {column: dt, min: 2000-01-01}", "FAIL",
         failing=1, considered=5),
    case("c_main", "range: {column: ts, max: '2026-02-01 10:00:00.249'}",
         "FAIL", failing=3),
    case("c_main", "range: {column: ts, max: now()}", "PASS"),
    case("c_main", "range: {column: dt, below: now() - 1d}", "PASS"),
    case("c_main", "range: {column: ts, min: now() - 1d}", "FAIL", failing=5),
    case("c_nulls", "range: {column: n, min: 0}", "WARN", total=2,
         considered=0, null=2),
    case("c_empty", "range: {column: n, min: 0}", "FAIL", total=0),
    case("c_main", "range: {column: n, min: abc}", "ERROR"),
    case("c_main", "range: {column: n, min: 0.5, max: 39.5}", "FAIL",
         failing=1),
    # enum
    case("c_main", "enum: {column: t, values: [abc, 'abc ', ABC, über, '']}",
         "PASS", considered=5, null=1),
    case("c_main", "enum: {column: t, values: [abc, über, '']}", "FAIL",
         failing=2),
    case("c_main", "enum: {column: t, forbid: [Abc, 'ABC ']}", "PASS"),
    case("c_main", "enum: {column: t, forbid: ['abc ']}", "FAIL", failing=1),
    case("c_main", "enum: {column: n, values: [10, 20, 30, 40]}", "PASS"),
    case("c_main", "enum: {column: n, values: [10, 20, 30, 40, 50], "
         "complete: true}", "FAIL", failing=0, groups=1),
    case("c_nulls", "enum: {column: n, values: [1], complete: true}", "FAIL",
         groups=1),
    case("c_main", "enum: {column: d, values: [1.1, -5, 99.9999, 0]}", "PASS"),
    case("c_main", "enum: {column: dt, forbid: [1999-12-31]}", "FAIL",
         failing=1),
    # pattern
    case("c_main", "pattern: {column: t, full: '[a-zA-Z]+ ?'}", "FAIL",
         total=6, considered=5, null=1, failing=2),
    case("c_main", "pattern: {column: t, full: ['\\pL*', '[a-z ]+']}",
         "PASS"),
    case("c_main", "pattern: {column: t, full: ['\\pL*', '[a-z ]+'], "
         "require: all}", "FAIL", failing=4),
    case("c_main", "pattern: {column: t, partial: 'b', forbid: true}", "FAIL",
         failing=3),
    case("c_main", "pattern: {column: n, full: '\\d0'}", "PASS",
         considered=5),
    case("c_empty", "pattern: {column: t, full: x}", "FAIL", total=0),
    case("c_nulls", "pattern: {column: t, full: x}", "WARN", null=2),
    # length
    case("c_main", "length: {column: t, min: 1, max: 4}", "FAIL", failing=1,
         considered=5),
    case("c_main", "length: {column: t, max: 3}", "FAIL", failing=2),
    case("c_main", "length: {column: t, max: 4, unit: bytes}", "FAIL",
         failing=1),
    # type
    case("c_texts", "type: {column: i, is: integer}", "FAIL", failing=2,
         considered=4, null=1),
    case("c_texts", "type: {column: dec_, is: decimal}", "FAIL", failing=2),
    case("c_texts", "type: {column: da, is: date}", "FAIL", failing=3),
    case("c_texts", "type: {column: u, is: uuid}", "FAIL", failing=2),
    case("c_texts", "type: {column: j, is: json}", "FAIL", failing=2),
    case("c_texts", "type: {column: b, is: boolean}", "FAIL", failing=1),
    case("c_texts", "type: {column: tm, is: timestamp}", "FAIL", failing=2),
    # unique
    case("c_main", "unique: id", "PASS", considered=6, failing=0, groups=0),
    case("c_dup", "unique: [a, b]", "FAIL", total=11, considered=9,
         failing=3, groups=1, null=2),
    case("c_dup", "unique: {columns: [a, b], nulls: equal}", "FAIL",
         failing=5, groups=2),
    case("c_dup", "unique: {columns: [a], equality: database}", "FAIL",
         only=["mariadb"], failing=8, groups=3),
    case("c_dup", "unique: [k]", "FAIL", failing=3, groups=1),
    case("c_empty", "unique: id", "FAIL", total=0),
    # foreign_key
    case("c_child", "foreign_key: {columns: [parent_id], table: c_parent, "
         "key: [id]}", "FAIL", total=5, considered=4, null=1, failing=1),
    case("c_child", "foreign_key: {columns: [parent_id], table: c_parent, "
         "key: [id], nulls: fail}", "FAIL", considered=5, failing=2),
    case("c_child", "foreign_key: {columns: [code], table: c_parent}", "FAIL",
         failing=3),
    case("c_child", "foreign_key: {columns: [parent_id, code], table: "
         "c_parent, key: [id, code]}", "FAIL", failing=3, considered=4),
    case("c_child", "foreign_key: {columns: [parent_id], table: c_parent, "
         "key: [id], table_where: id < 3}", "FAIL", failing=2),
    case("c_child", "foreign_key: {columns: [parent_id], table: c_parent, "
         "key: [id], table_where: parent_id > 0}", "ERROR",
         only=["postgresql", "mariadb"]),
    case("c_child", "foreign_key: {columns: [code], table: c_parent, "
         "key: [id]}", "ERROR"),
    case("c_child", "foreign_key: {columns: [parent_id], table: nowhere, "
         "key: [id]}", "ERROR"),
    # freshness
    case("c_main", "freshness: {column: ts, max_age: 20000d}", "PASS"),
    case("c_main", "freshness: {column: ts, max_age: 1h}", "FAIL"),
    case("c_main", "freshness: {column: dt, max_age: 20000d}", "PASS"),
    case("c_empty", "freshness: {column: ts, max_age: 1h}", "FAIL"),
    case("c_nulls", "freshness: {column: ts, max_age: 1h}", "WARN"),
    case("c_main", "freshness: {column: t, max_age: 1h}", "ERROR"),
    # aggregate
    case("c_main", "aggregate: {function: count, column: n, equals: 5}",
         "PASS"),
    case("c_main", "aggregate: {function: distinct, column: t, equals: 5}",
         "PASS"),
    case("c_main", "aggregate: {function: sum, column: n, equals: 120}",
         "PASS"),
    case("c_main", "aggregate: {function: min, column: d, equals: -5}",
         "PASS"),
    case("c_main", "aggregate: {function: max, column: d, equals: 99.9999}",
         "PASS"),
    case("c_main", "aggregate: {function: avg, column: n, equals: 24}",
         "PASS"),
    case("c_main", "aggregate: {function: median, column: n, equals: 20}",
         "PASS"),
    case("c_main", "aggregate: {function: median, column: x, equals: 1.5}",
         "PASS"),
    case("c_main", "aggregate: {function: quantile, q: 0.9, column: n, "
         "equals: 36}", "PASS"),
    case("c_main", "aggregate: {function: quantile, q: 1, column: n, "
         "equals: 40}", "PASS"),
    case("c_main", "aggregate: {function: stddev, column: n, equals: "
         "11.40175, tolerance: 0.00001}", "PASS"),
    case("c_main", "aggregate: {function: sum, column: t, equals: 0}",
         "ERROR"),
    case("c_nulls", "aggregate: {function: sum, column: n, equals: 0}",
         "WARN"),
    case("c_empty", "aggregate: {function: max, column: n, min: 0}", "FAIL"),
    # expression
    case("c_main", "expression: n >= 10 OR id = 4", "PASS", considered=6),
    case("c_main", "expression: n > 10", "FAIL", failing=1, considered=5),
    case("c_main", "expression: \"t <> 'x' -- harmless comment\"", "PASS"),
    case("c_main", "expression: no_such_column > 1", "ERROR"),
    case("c_main", "expression: \"n > 1; DROP TABLE c_main\"", "ERROR"),
    case("c_main", "expression: \"n > 1) OR (1 = 1\"", "PASS"),
    case("c_main", "expression: \"n > 1) OR 1 = 1 OR (n > 2\"", "ERROR",
         only=[]),
    # query
    case("c_main", "query: SELECT id FROM c_main WHERE n > 35", "FAIL",
         failing=1),
    case("c_main", "query: SELECT id FROM c_main WHERE n > 99", "PASS",
         failing=0),
    case("c_main", "query: {sql: SELECT COUNT(*) FROM c_main, expect: value, "
         "equals: 6}", "PASS"),
    case("c_main", "query: {sql: SELECT 1 AS a WHERE 1 = 0, expect: rows}",
         "FAIL"),
    case("c_main", "query: {sql: 'SELECT id, n FROM c_main', expect: value, "
         "min: 0}", "ERROR"),
    case("c_main", "query: DELETE FROM c_main", "ERROR"),
    case("c_empty", "query: SELECT id FROM c_main WHERE n > 99", "FAIL"),
    # schema
    case("c_main", "schema: {columns: {id: integer, t: text, d: decimal, "
         "dt: date}, primary_key: [id]}", "PASS"),
    case("c_main", "schema: {columns: {id: {type: integer, nullable: false}}, "
         "extra: forbid}", "FAIL", groups=6),
    case("c_main", "schema: {columns: {t: integer, zz: text}}", "FAIL",
         groups=2),
    case("c_main", "schema: {absent: [t]}", "FAIL"),
    case("nowhere", "schema: {columns: {id: integer}}", "FAIL"),
    case("nowhere", "not_null: [id]", "ERROR"),
    case("c_main", "not_null: [nowhere]", "ERROR"),
]
# An expression that leaves its parentheses is an error whatever it means.
CASES = [c for c in CASES if c["only"] != []]
for c in CASES:
    if "OR (1 = 1" in c["rule"]:
        c["verdict"] = "ERROR"

NAMES = {"total": "rows_total", "considered": "rows_considered",
         "null": "rows_null", "failing": "rows_failing",
         "groups": "groups_failing"}


def counter(result, name):
    counters = result.get("counters", {})
    for key in (name, name + "_count"):
        if key in counters:
            return counters[key]
    return None


class ConformanceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.databases = assay.databases(cls.directory.name)
        for database in cls.databases:
            database.load(ROWS.format(**TYPES[database.name]))
        cls.server = assay.Server({d.name: d.odbc for d in cls.databases})
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        for database in cls.databases[1:]:
            database.load("DROP TABLE c_main; DROP TABLE c_empty; "
                          "DROP TABLE c_nulls; DROP TABLE c_dup; "
                          "DROP TABLE c_parent; DROP TABLE c_child; "
                          "DROP TABLE c_texts;")
        cls.directory.cleanup()


def check(self, database, c):
    rule = f"- {c['rule']}\n  id: r"
    if c["where"]:
        rule += f"\n  where: {c['where']}"
    text = assay.rule_set(c["table"], rule, connection=database)
    code, report = self.server.gate(text)
    result = report["results"][0]
    self.assertEqual(result["verdict"], c["verdict"], result)
    for name, value in c["counters"].items():
        self.assertEqual(counter(result, NAMES[name]), value, (name, result))
    if c["verdict"] == "PASS":
        self.assertEqual(code, 0)
    if c["verdict"] == "FAIL":
        self.assertEqual(code, 1)
    if c["verdict"] == "ERROR":
        self.assertEqual(code, 5, result)
        self.assertTrue(result["error"]["message"])


def method(database, c):
    return lambda self: check(self, database, c)


for number, one in enumerate(CASES):
    for name in ("sqlite", "postgresql", "mariadb"):
        if one["only"] and name not in one["only"]:
            continue
        kind = one["rule"].split(":")[0]
        setattr(ConformanceTest, f"test_{number:03d}_{kind}_{name}",
                method(name, one))

if __name__ == "__main__":
    unittest.main()
