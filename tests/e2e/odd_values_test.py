#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Values and bounds at the edge of what a database can say, where a rule would
say PASS, lose a failure, or take the server down.
"""
import datetime
import pathlib
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position

ZONE = "Asia/Tokyo"
NOW = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


def at(hours):
    """A time so many hours from now, as SQL's text in UTC."""
    return (NOW + datetime.timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M:%S")


SQLITE = f"""
CREATE TABLE o_none (id INTEGER PRIMARY KEY, day DATE);
INSERT INTO o_none VALUES (1, '2020-01-01');
CREATE TABLE o_child (id INTEGER PRIMARY KEY, parent INTEGER);
INSERT INTO o_child VALUES (1, 7), (2, 8);
CREATE TABLE o_zone (id INTEGER PRIMARY KEY, ts TIMESTAMP, wall TIMESTAMP);
INSERT INTO o_zone VALUES (1, '{at(8)}Z', '{at(9 + 8)}');
CREATE TABLE o_past (id INTEGER PRIMARY KEY, ts TIMESTAMP, wall TIMESTAMP);
INSERT INTO o_past VALUES (1, '{at(-1)}+00:00', '{at(9 - 1)}');
CREATE TABLE o_bool (id INTEGER PRIMARY KEY, s TEXT, b BOOLEAN);
INSERT INTO o_bool VALUES (1, 'v1', 0), (2, 'v2', 0);
CREATE TABLE o_real (id INTEGER PRIMARY KEY, inf REAL, tiny REAL, v REAL);
INSERT INTO o_real VALUES (1, 9e999, 1e-160, -5), (2, -9e999, 2e-160, 7),
  (3, 1, 3e-160, 8);
CREATE TABLE o_text (id INTEGER PRIMARY KEY, zero TEXT, latin TEXT, j TEXT);
INSERT INTO o_text VALUES (1, 'ab' || char(0) || 'cdefghijkl',
  CAST(x'636166e9' AS TEXT), '{{}}' || char(0) || 'garbage'),
  (2, 'ab', 'cafe', CAST(x'efbbbf31' AS TEXT)),
  (3, CAST(x'c3a900' AS TEXT), NULL, NULL),
  (4, char(0) || char(0) || 'ü', NULL, NULL);
CREATE TABLE o_time (id INTEGER PRIMARY KEY, t TIME, b BLOB);
INSERT INTO o_time VALUES (1, '9:30:00', 'text'), (2, '10:99:99', x'00'),
  (3, 'zzz', x'01'), (4, x'30', NULL), (5, '11:00:00', NULL),
  (6, '11:00', NULL), (7, '12:00:00Z', NULL), (8, '24:00:00', NULL),
  (9, '23:59:59.5', NULL);
CREATE TABLE o_short (id INTEGER PRIMARY KEY, t TIME);
INSERT INTO o_short VALUES (1, '10:00'), (2, '10:00:00.000'), (3, '10:00:00');
CREATE TABLE o_iso (id INTEGER PRIMARY KEY, ts TIMESTAMP);
INSERT INTO o_iso VALUES (1, '2026-01-01T10:00:00Z'),
  (2, '2026-01-01 19:00:00');
CREATE TABLE o_seen (id INTEGER PRIMARY KEY, d DATE);
INSERT INTO o_seen VALUES (1, '{at(-1)}'), (2, '2999-02-30');
CREATE TABLE o_dated (id INTEGER PRIMARY KEY, d DATE);
INSERT INTO o_dated VALUES (1, '{at(3).replace(" ", "T")}Z'),
  (2, '{at(-1)}Z');
CREATE TABLE o_late_time (id INTEGER PRIMARY KEY, t TIME, ts TIMESTAMP);
INSERT INTO o_late_time VALUES (1, '23:59:59.999999',
  '2026-01-01 23:59:59.999999');
CREATE TABLE o_wide_text (id INTEGER PRIMARY KEY, t TEXT);
INSERT INTO o_wide_text VALUES (1, CAST(zeroblob(1000000) AS TEXT) || 'ü');
CREATE TABLE o_whole (id INTEGER PRIMARY KEY, n INTEGER);
INSERT INTO o_whole VALUES (1, 9007199254740994);
CREATE TABLE o_wide (id INTEGER PRIMARY KEY, n INTEGER);
INSERT INTO o_wide VALUES (1, 9223372036854775807);
INSERT INTO o_whole VALUES (2, 1.5);
CREATE TABLE o_gone (id INTEGER PRIMARY KEY);
CREATE TABLE o_json (id INTEGER PRIMARY KEY, doc JSON);
INSERT INTO o_json VALUES (1, 5), (2, '"a"');
CREATE TABLE o_ids (id INTEGER PRIMARY KEY, parent REAL);
INSERT INTO o_ids VALUES (1, 1.0), (2, 9007199254740993);
CREATE TABLE o_date (id INTEGER PRIMARY KEY, d DATE);
INSERT INTO o_date VALUES (1, '2024-12-31 23:59:59'), (2, '2024-12-31');
CREATE TABLE o_late (id INTEGER PRIMARY KEY, d DATE);
INSERT INTO o_late VALUES (1, '2999-02-30');
CREATE TABLE o_small (id INTEGER PRIMARY KEY, a SMALLINT, v VARCHAR(9));
INSERT INTO o_small VALUES (1, 1, 'x');
"""
ORPHANS = ("query: SELECT c.id FROM o_child c LEFT JOIN o_none o "
           "ON o.id = c.parent WHERE o.id IS NULL")
NOTHING = "day > '2025-01-01'"
MANY = ", ".join(f"v{n}" for n in range(2000))


def case(table, rules, verdict, where=None, found=None, **counters):
    return (table, rules if rules.startswith("-") else f"- {rules}", verdict,
            where, found, counters)


CASES = [
    # What a query finds elsewhere stands, however empty its entry's table is.
    case("o_none", ORPHANS, "FAIL", where=NOTHING, rows_failing=2),
    case("o_none", ORPHANS + "\n  on_empty: pass", "FAIL", where=NOTHING),
    case("o_none", "query: {sql: 'SELECT COUNT(*) FROM o_child', expect: value,"
         " equals: 0}\n  on_empty: pass", "FAIL", where=NOTHING),
    case("o_none", "query: {sql: SELECT 1 FROM o_child, expect: rows}", "WARN",
         where=NOTHING, found="no row matches the where clause"),
    # A text that names its zone is that moment; one without is on the wall.
    case("o_zone", "freshness: {column: ts, max_age: 2h}", "FAIL",
         found="in the future"),
    case("o_zone", "range: {column: ts, max: now()}", "FAIL"),
    case("o_zone", "range: {column: wall, max: now()}", "FAIL"),
    case("o_zone", "range: {column: ts, min: now() + 7h, max: now() + 9h}",
         "PASS"),
    case("o_past", "freshness: {column: ts, max_age: 2h}", "PASS"),
    case("o_past", "freshness: {column: wall, max_age: 2h}", "PASS"),
    case("o_past", "freshness: {column: ts, max_age: 30m}", "FAIL"),
    case("o_past", f"range: {{column: ts, max: '{at(9 - 2)}'}}", "FAIL"),
    case("o_past", f"range: {{column: ts, max: '{at(9)}'}}", "PASS"),
    # After 2000 values the rest is written out.
    case("o_bool", f"- enum: {{column: s, values: [{MANY}]}}\n"
         "- enum: {column: b, values: [true]}", "FAIL"),
    case("o_bool", f"- enum: {{column: s, values: [{MANY}]}}\n"
         "- enum: {column: b, forbid: [true]}", "PASS"),
    # Infinity less infinity is there, and no number.
    case("o_real", "aggregate: {function: sum, column: inf, equals: 1}",
         "FAIL"),
    case("o_real", "aggregate: {function: avg, column: inf, equals: 1}\n"
         "  on_empty: pass", "FAIL"),
    case("o_real", "aggregate: {function: stddev, column: tiny, max: 1}",
         "PASS"),
    case("o_real", "range: {column: v, min: nan}", "ERROR", found="NaN"),
    case("o_real", "enum: {column: v, values: [nan]}", "ERROR", found="NaN"),
    case("o_text", "length: {column: zero, max: 5}", "FAIL", rows_failing=1),
    case("o_text", "length: {column: zero, max: 12}", "FAIL", rows_failing=1),
    case("o_text", "length: {column: zero, max: 13, min: 2}", "PASS"),
    case("o_text", "length: {column: zero, min: 3}", "FAIL", rows_failing=2),
    case("o_text", "type: {column: j, is: json}", "FAIL", rows_failing=2),
    case("o_text", r"pattern: {column: latin, partial: '[^\x00-\x7F]', "
         "forbid: true}", "FAIL", rows_failing=1),
    case("o_time", "range: {column: t, min: '10:00:00'}", "FAIL",
         rows_failing=6),
    case("o_time", "range: {column: t, below: '11:00:00'}", "FAIL",
         rows_failing=9),
    case("o_time", "range: {column: t, max: '11:00'}\n  where: id = 6", "PASS"),
    case("o_short", "range: {column: t, min: '10:00', max: '10:00:00'}",
         "PASS"),
    case("o_short", "range: {column: t, above: '10:00:00'}", "FAIL",
         rows_failing=3),
    case("o_short", "enum: {column: t, values: ['10:00']}", "PASS"),
    case("o_iso", "enum: {column: ts, values: ['2026-01-01 19:00:00']}",
         "PASS"),
    case("o_iso", "enum: {column: ts, values: ['2026-01-01 10:00:00']}",
         "FAIL", rows_failing=2),
    case("o_seen", "freshness: {column: d, max_age: 48h}\n  where: id = 1",
         "PASS"),
    case("o_seen", "freshness: {column: d, max_age: 48h}", "FAIL"),
    case("o_dated", "freshness: {column: d, max_age: 48h}", "FAIL",
         found="in the future"),
    case("o_dated", "freshness: {column: d, max_age: 2h}\n  where: id = 2",
         "PASS"),
    case("o_late_time", "enum: {column: t, values: ['23:59:59.999999']}",
         "PASS"),
    case("o_late_time", "range: {column: t, min: '23:59:59.999999'}", "PASS"),
    case("o_late_time", "enum: {column: ts, values: "
         "['2026-01-01 23:59:59.999999']}", "PASS"),
    case("o_wide_text", "length: {column: t, min: 1000001, max: 1000001}",
         "PASS"),
    case("o_time", "range: {column: b, max: ff}", "FAIL", rows_failing=1),
    # Whole numbers against bounds with a fraction, beyond 2^53.
    case("o_whole", "range: {column: n, max: 9007199254740993.5}", "FAIL",
         rows_failing=2),
    # The other row is 1.5 in a column of integers: of another type.
    case("o_whole", "range: {column: n, below: 9007199254740994.5}", "FAIL",
         rows_failing=1),
    case("o_whole", "range: {column: n, min: 9007199254740994.5}", "FAIL",
         rows_failing=2),
    case("o_whole", "range: {column: n, above: 9007199254740993.5}", "FAIL",
         rows_failing=1),
    case("o_whole", "range: {column: n, above: -0.5}", "FAIL", rows_failing=1),
    case("o_whole", "enum: {column: n, values: [9007199254740993.5]}", "FAIL",
         rows_failing=2),
    case("o_whole", "enum: {column: n, values: [9007199254740994, 1.5]}",
         "FAIL", rows_failing=1),
    case("o_whole", "enum: {column: n, forbid: [9007199254740994.5]}", "PASS"),
    case("o_whole", "enum: {column: n, forbid: [9007199254740994.5, 1.5]}",
         "FAIL", rows_failing=1),
    case("o_whole", "enum: {column: n, forbid: [1.5, 7]}", "FAIL",
         rows_failing=1),
    case("o_wide", "range: {column: n, above: 9223372036854775806.5}", "PASS"),
    case("o_date", "enum: {column: d, values: [2024-12-31]}", "FAIL",
         rows_failing=1),
    case("o_date", "range: {column: d, max: 2024-12-31}", "FAIL",
         rows_failing=1),
    case("o_date", "enum: {column: d, values: [2024-12-31], complete: true}\n"
         "  where: id = 1\n  fail_above: 100%", "FAIL",
         found="never found: 2024-12-31"),
    case("o_json", "enum: {column: doc, values: ['5', '\"a\"']}", "PASS"),
    case("o_ids", "foreign_key: {columns: parent, table: o_whole, key: id}",
         "FAIL", rows_failing=1),
    # The ends of time stay what they are in every zone.
    case("o_past", "range: {column: ts, min: '0001-01-01', "
         "max: '9999-12-31 23:59:59'}", "PASS"),
    # Nothing in the table, whatever hides it.
    case("o_gone", "query: {sql: SELECT id FROM o_none}\n  warn_above: 0\n"
         "  fail_above: 5", "FAIL", where="id > 0", found="table is empty"),
    case("o_late", "freshness: {column: d, max_age: 1d}", "FAIL",
         rows_failing=1),
    case("o_past", "freshness: {column: ts, max_age: 2h, future_slack: 0s}",
         "PASS"),
    case("o_past", "freshness: {column: ts, max_age: 2h, "
         "future_slack: 106751991d}", "ERROR", found="year"),
    case("o_past", "range: {column: ts, max: now() + 3000000d}", "ERROR",
         found="year"),
    # A database's own name is met by that type only.
    case("o_small", "schema: {columns: {a: bigint}}", "FAIL"),
    case("o_small", "schema: {columns: {a: smallint, v: varchar(9)}}", "PASS"),
    case("o_small", "schema: {columns: {a: int2, v: character varying(9)}}",
         "PASS"),
    case("o_small", "schema: {columns: {a: integer, v: text}}", "PASS"),
    case("o_small", "schema: {columns: {v: clob}}", "FAIL"),
]


class OddValuesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        cls.path = pathlib.Path(cls.directory.name) / "odd.db"
        cls.sqlite = assay.sqlite(cls.path)
        cls.sqlite.load(SQLITE)
        cls.server = assay.Server(
            {"db": {"odbc": cls.sqlite.odbc, "time_zone": ZONE}})
        cls.server.start()
        cls.addClassCleanup(cls.server.__exit__)

    def judge(self, table, rules, where=None, server=None):
        code, report = (server or self.server).gate(
            assay.rule_set(table, rules, where=where))
        return code, report["results"][-1]

    def test_cases(self):
        for table, rules, verdict, where, found, counters in CASES:
            with self.subTest(table=table, rules=rules[:200]):
                code, result = self.judge(table, rules, where)
                self.assertEqual(result["verdict"], verdict, result)
                if verdict == "FAIL":
                    self.assertEqual(code, 1)
                if found:
                    self.assertIn(found, str(result["found"]) +
                                  str(result["error"]))
                for name, count in counters.items():
                    self.assertEqual(int(result["counters"][name]), count,
                                     result)

    def test_a_value_that_cannot_be_bound_hides_no_other_sample(self):
        _, result = self.judge("o_text", "- type: {column: j, is: integer}")
        self.assertEqual(result["counters"]["rows_failing"], 2)
        self.assertEqual(len(result["samples"]), 1, result)

    def test_a_column_that_comes_meanwhile_is_no_rollback(self):
        self.sqlite.load("CREATE TABLE o_grows (id INTEGER PRIMARY KEY);"
                         "INSERT INTO o_grows VALUES (1);")
        rules = ("- schema: {columns: {b: text}}\n  on_fail: rollback")
        code, result = self.judge("o_grows", rules)
        self.assertEqual((code, result["confirmed"]), (4, True))
        # As a step of a migration in the moment between the two readings.
        run = self.server.assay(
            "run", "-", "--detach", stdin=assay.rule_set("o_grows", rules))
        self.assertEqual(run.returncode, 0, run.stderr)
        time.sleep(0.1)
        self.sqlite.load("ALTER TABLE o_grows ADD b TEXT;")
        run_id = run.stdout.strip().split()[-1]
        watched = self.server.assay("watch", run_id)
        self.assertEqual(watched.returncode, 1,
                         watched.stdout + watched.stderr)
        self.assertIn("not confirmed", watched.stdout)

    def test_a_quantile_of_many_digits_is_a_mistake_of_the_rule(self):
        rules = ("- aggregate: {function: quantile, column: v, max: 10, "
                 "q: 0.99999999999999999999}")
        done = assay.assay("lint", "-", stdin=assay.rule_set("o_real", rules))
        self.assertEqual(done.returncode, 2)
        self.assertIn("more than 9 digits", done.stdout)
        code, result = self.judge("o_real", rules.replace("9" * 20, "9" * 9))
        self.assertEqual((code, result["verdict"]), (0, "PASS"))

    def test_booleans_of_parameters_are_the_databases_own(self):
        maria, pg = assay.mariadb(), assay.postgresql()
        maria.load("CREATE TABLE o_flag (id INT PRIMARY KEY, active BOOLEAN);"
                   "INSERT INTO o_flag VALUES (1, TRUE), (2, FALSE), "
                   "(3, FALSE);")
        self.addCleanup(maria.load, "DROP TABLE o_flag;")
        pg.load("CREATE TABLE o_flag (id int PRIMARY KEY, active boolean);"
                "INSERT INTO o_flag VALUES (1, true), (2, false), (3, false);")
        self.addCleanup(pg.load, "DROP TABLE o_flag;")
        self.sqlite.load("CREATE TABLE o_flag (id INTEGER, active BOOLEAN);"
                         "INSERT INTO o_flag VALUES (1, 1), (2, 0), (3, 0);")
        rules = assay.rule_set(
            "o_flag", "- row_count: {equals: 1}", where="active = :flag",
            params="params:\n  flag: {type: boolean}\n")
        with assay.Server({"db": maria.odbc}) as on_maria, \
                assay.Server({"db": pg.odbc}) as on_pg:
            for server in (self.server, on_maria, on_pg):
                for flag, code in (("true", 0), ("false", 1)):
                    with self.subTest(server=server, flag=flag):
                        got, report = server.gate(rules, "--param",
                                                  f"flag={flag}")
                        self.assertEqual(got, code, report)

    def test_nan_may_be_looked_for_where_it_is_a_value(self):
        pg = assay.postgresql()
        pg.load("CREATE TABLE o_nan (id int PRIMARY KEY, x float8, n int);"
                "INSERT INTO o_nan VALUES (1, 'NaN', 1), (2, 1, 2);")
        self.addCleanup(pg.load, "DROP TABLE o_nan;")
        with assay.Server({"db": pg.odbc}) as server:
            for rule, verdict in (
                    ("enum: {column: x, forbid: [nan]}", "FAIL"),
                    ("enum: {column: x, values: [1, nan]}", "PASS"),
                    ("range: {column: x, max: nan}", "ERROR"),
                    ("enum: {column: n, values: [1, 2, 1.5]}", "PASS"),
                    ("enum: {column: n, values: [1.5]}", "FAIL"),
                    ("enum: {column: n, forbid: [1.5]}", "PASS")):
                with self.subTest(rule):
                    _, result = self.judge("o_nan", f"- {rule}", server=server)
                    self.assertEqual(result["verdict"], verdict, result)

    def test_explain_says_by_its_exit_code_what_cannot_run(self):
        with tempfile.TemporaryDirectory() as directory:
            gone = f"Driver=PostgreSQL Unicode;Servername={directory};Port=5433"
            policy = {"odbc": self.sqlite.odbc, "author_sql": False}
            with assay.Server({"db": self.sqlite.odbc, "gone": gone,
                               "closed": policy}) as server:
                for connection, rules, code in (
                        ("db", "- not_null: v", 0),
                        ("db", "- query: SELECT 1 WHERE '(no SQL' = ''", 0),
                        ("db", "- not_null: nope", 5),
                        ("closed", "- query: SELECT 1", 5),
                        ("gone", "- not_null: v", 3)):
                    with self.subTest(connection=connection, rules=rules):
                        done = server.assay("explain", "-", stdin=(
                            assay.rule_set("o_real", rules, connection)))
                        self.assertEqual(done.returncode, code,
                                         done.stdout + done.stderr)

    def test_bytes_of_padded_and_of_numbers(self):
        pg = assay.postgresql()
        pg.load("CREATE TABLE o_pad (id int PRIMARY KEY, c char(5), n int);"
                "INSERT INTO o_pad VALUES (1, 'ab', 123);")
        self.addCleanup(pg.load, "DROP TABLE o_pad;")
        with assay.Server({"db": pg.odbc}) as server:
            for unit in ("characters", "bytes"):
                for column, length in (("c", 2), ("n", 3)):
                    _, result = self.judge(
                        "o_pad", f"- length: {{column: {column}, unit: {unit},"
                        f" min: {length}, max: {length}}}", server=server)
                    self.assertEqual(result["verdict"], "PASS", result)

    def test_doubles_are_no_partners_of_whole_numbers(self):
        for database in (assay.postgresql(), assay.mariadb()):
            double = ("double precision" if "postgres" in database.name
                      else "DOUBLE")
            database.load(
                f"CREATE TABLE o_parent (k {double} PRIMARY KEY);"
                "INSERT INTO o_parent VALUES (9007199254740992);"
                "CREATE TABLE o_kid (id int PRIMARY KEY, k bigint);"
                "INSERT INTO o_kid VALUES (1, 9007199254740993);")
            self.addCleanup(database.load, "DROP TABLE o_parent, o_kid;")
            with assay.Server({"db": database.odbc}) as server:
                code, result = self.judge(
                    "o_kid", "- foreign_key: {columns: k, table: o_parent, "
                    "key: k}", server=server)
                self.assertEqual((code, result["verdict"]), (5, "ERROR"))
                self.assertIn("different kinds", str(result["error"]))


if __name__ == "__main__":
    unittest.main()
