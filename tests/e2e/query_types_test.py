#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A query knows as much of its columns' types as the table behind it: what is
equal to a table is equal to a query of it, and what is not is not.
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import pairs  # pylint: disable=wrong-import-position
from pairs import MARIA, PG  # pylint: disable=wrong-import-position

# name: type, value, another value.
COLUMNS = {
    PG: {
        "c": ("CHAR(5)", "'x'", "'y'"),
        "vc": ("VARCHAR(9)", "'x'", "'x '"),
        "ct": ("TEXT", "'x'", "'X'"),
        "e": ("query_mood", "'sad'", "'ok'"),
        "de": ("query_moody", "'sad'", "'ok'"),
        "b": ("BIT(3)", "'101'", "'001'"),
        "b1": ("BIT(1)", "'1'", "'0'"),
        "vb": ("BIT VARYING(5)", "'101'", "'0101'"),
        "i2": ("SMALLINT", "1", "2"),
        "dom": ("query_positive", "1", "2"),
        "dd": ("query_more", "1", "2"),
        "o": ("OID", "4000000000", "1"),
        "f": ("REAL", "0.1", "0.2"),
        "f8": ("DOUBLE PRECISION", "0.1", "0.2"),
        "n": ("NUMERIC(30,10)", "1.5", "1.5000000001"),
        "t": ("TIME(3)", "'10:00:00.123'", "'10:00:00.124'"),
        "tz": ("TIMETZ", "'10:00+02'", "'10:00+01'"),
        "ts": ("TIMESTAMP(3)", "'2024-01-01 10:00:00.123'", "'infinity'"),
        "tstz": ("TIMESTAMPTZ", "'0044-01-01 10:00:00 BC'", "'2024-01-01'"),
        "d": ("DATE", "'infinity'", "'0044-03-15 BC'"),
        "i": ("INTERVAL", "'1 day'", "'24:00:00'"),
        "j": ("JSON", "'{\"a\": 1.0, \"b\": 2}'", "'{\"a\": 1.1, \"b\": 2}'"),
        "jb": ("JSONB", "'{\"a\": 1}'", "'{\"a\": 2}'"),
        "u": ("UUID", "'aaaaaaaa-0000-4ccc-8ddd-eeeeeeeeeeee'",
              "'baaaaaaa-0000-4ccc-8ddd-eeeeeeeeeeee'"),
        "bl": ("BYTEA", "'ab'", "'abc'"),
        "a": ("INTEGER[]", "'{1,2}'", "'{2,1}'"),
        "ta": ("TEXT[]", "'{a,b}'", "'{\"a,b\"}'"),
        "ea": ("query_mood[]", "'{sad}'", "'{ok}'"),
        "ip": ("INET", "'10.0.0.1'", "'10.0.0.2'"),
        "x": ("XML", "'<a/>'", "'<b/>'"),
        "bo": ("BOOLEAN", "true", "false"),
        "r": ("INT4RANGE", "'[1,3)'", "'[1,4)'"),
        "nm": ("NAME", "'x'", "'y'"),
        "p": ("POINT", "'(1,2)'", "'(1,3)'"),
    },
    MARIA: {
        "c": ("CHAR(5)", "'x'", "'y'"),
        "vc": ("VARCHAR(9)", "'x'", "'x '"),
        "la": ("VARCHAR(9) CHARACTER SET latin1", "'ä'", "'ö'"),
        # Bytes that the character set does not define, and what is left of
        # them.
        "asc1": ("VARCHAR(9) CHARACTER SET ascii", "_binary x'E9'", "'?'"),
        "e": ("ENUM('sad','ok')", "'sad'", "'ok'"),
        "s": ("SET('a','b')", "'a,b'", "'a'"),
        "b": ("BIT(3)", "b'101'", "b'001'"),
        "b1": ("BIT(1)", "b'1'", "b'0'"),
        "b64": ("BIT(64)", "~0", "~1"),
        "ti": ("TINYINT(1)", "1", "0"),
        "ub": ("BIGINT UNSIGNED", "18446744073709551615", "1"),
        "f": ("FLOAT", "0.1", "0.2"),
        "f8": ("DOUBLE", "0.1", "0.2"),
        "n": ("DECIMAL(30,10)", "1.5", "1.5000000001"),
        "y": ("YEAR", "2024", "2025"),
        "t": ("TIME(3)", "'26:00:00.123'", "'-26:00:00.123'"),
        "dt": ("DATETIME(3)", "'2024-01-01 10:00:00.123'", "'0000-00-00'"),
        "ts": ("TIMESTAMP(6) NULL", "'2024-01-01 10:00:00.123456'",
               "'2024-01-01 10:00:00.123457'"),
        "d": ("DATE", "'2024-01-01'", "'2024-02-00'"),
        "j": ("JSON", "'{\"a\": 1}'", "'{\"a\": 2}'"),
        "u": ("UUID", "'aaaaaaaa-0000-4ccc-8ddd-eeeeeeeeeeee'",
              "'baaaaaaa-0000-4ccc-8ddd-eeeeeeeeeeee'"),
        "i6": ("INET6", "'::1'", "'::2'"),
        "bl": ("BINARY(4)", "'ab'", "'abc'"),
        "lb": ("LONGBLOB", "'ab'", "'abc'"),
    },
}
TYPES = ("CREATE TYPE query_mood AS ENUM ('sad', 'ok');"
         "CREATE DOMAIN query_moody AS query_mood;"
         "CREATE DOMAIN query_positive AS INTEGER CHECK (VALUE > 0);"
         "CREATE DOMAIN query_more AS query_positive;")
GONE = ("DROP TABLE IF EXISTS query_types, query_other;"
        "DROP DOMAIN IF EXISTS query_more, query_positive, query_moody;"
        "DROP TYPE IF EXISTS query_mood;")


def side(database, table, is_query):
    return (f"connection: {database}, " +
            (f'query: "SELECT * FROM {table}"' if is_query
             else f"table: {table}"))


class QueryTypesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fixture = pairs.Fixture()
        cls.server = cls.fixture.server
        cls.fixture.databases[PG].load(
            "SET client_min_messages = warning;" + GONE + TYPES)
        for database, columns in COLUMNS.items():
            text = "SET sql_mode = '';\n" if database == MARIA else ""
            for table, place in (("query_types", 1), ("query_other", 2)):
                declared = ", ".join(f"{name} {column[0]}"
                                     for name, column in columns.items())
                values = ", ".join(c[place] for c in columns.values())
                nulls = ", ".join(["NULL"] * len(columns))
                text += (f"DROP TABLE IF EXISTS {table};\n"
                         f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, "
                         f"{declared});\nINSERT INTO {table} VALUES "
                         f"(1, {values}), (2, {nulls});\n")
            cls.fixture.databases[database].load(text)

    @classmethod
    def tearDownClass(cls):
        cls.fixture.databases[PG].load(GONE)
        cls.fixture.databases[MARIA].load(
            "DROP TABLE query_types, query_other;")
        cls.fixture.close()

    def ask(self, database, other, sides, more=""):
        code, report = self.server.gate(pairs.rule_set(
            side(database, "query_types", sides[0]),
            side(database, other, sides[1]),
            "- full_diff: {hashing: never}", "key: [id]\n" + more))
        return code, report["results"][0]

    def test_equal(self):
        for database in COLUMNS:
            for sides in ((False, False), (False, True), (True, False),
                          (True, True)):
                with self.subTest(f"{database} {sides}"):
                    code, result = self.ask(database, "query_types", sides)
                    self.assertEqual(code, 0, (result["found"],
                                               result["error"]))
                    self.assertEqual(result["diff"]["keys"], 2)

    def test_each_column_differs(self):
        for database, columns in COLUMNS.items():
            for sides in ((False, True), (True, True)):
                with self.subTest(f"{database} {sides}"):
                    code, result = self.ask(database, "query_other", sides)
                    self.assertEqual(code, 1, result["error"])
                    self.assertEqual(result["diff"]["changed"], 1)
                    self.assertEqual(
                        {c["column"] for c in result["diff"]["columns"]},
                        set(columns))

    def compared(self, database, column, query):
        """What a query's column is compared as with the table's."""
        code, report = self.server.gate(pairs.rule_set(
            side(database, "query_types", False),
            f"connection: {database}, query: {query}",
            "- full_diff: {hashing: never}",
            f"key: [id]\ncolumns: {{only: [{column}]}}"))
        result = report["results"][0]
        self.assertEqual(code, 0, (result["found"], result["error"]))
        notes = result["diff"]["notes"]
        return next(note for note in notes if note.startswith(column + ":"))

    def test_compared_as_in_the_table(self):
        for column, words in (("j", "json"), ("jb", "json"), ("b", "bits"),
                              ("vb", "bits"), ("bo", "number"), ("u", "uuid"),
                              ("tz", "text"), ("a", "text")):
            with self.subTest(column):
                self.assertIn(f"{column}: {words}", self.compared(
                    PG, column, "'SELECT id, " + column +
                    " FROM query_types'"))
        self.assertIn("bits", self.compared(
            MARIA, "b", "'SELECT id, b FROM query_types'"))

    def test_expressions(self):
        """A mapping's expression has the type that it makes."""
        for database, text, kind in (
                (PG, "CAST(j AS json)", "json"), (PG, "b | b", "bits"),
                (MARIA, "b", "bits")):
            column = "j" if kind == "json" else "b"
            with self.subTest(f"{database} {text}"):
                code, report = self.server.gate(pairs.rule_set(
                    side(database, "query_types", False),
                    side(database, "query_types", False),
                    "- full_diff: {hashing: never}",
                    f"columns: {{only: [{column}], map: {{{column}: "
                    f"{{source: {column}, target_sql: '{text}'}}}}}}"))
                result = report["results"][0]
                self.assertEqual(code, 0, (result["found"], result["error"]))
                self.assertIn(f"{column}: {kind}",
                              "\n".join(result["diff"]["notes"]))

    def test_json_is_compared_by_value(self):
        self.fixture.databases[PG].load(
            "DROP TABLE IF EXISTS query_json;"
            "CREATE TABLE query_json (id INTEGER, j JSON);"
            "INSERT INTO query_json VALUES (1, '{\"b\":2,\"a\":1.00}'), "
            "(2, NULL);")
        try:
            code, report = self.server.gate(pairs.rule_set(
                side(PG, "query_types", True), side(PG, "query_json", True),
                "- full_diff: {}", "key: [id]\ncolumns: {only: [j]}"))
            self.assertEqual(code, 0, report["results"])
        finally:
            self.fixture.databases[PG].load("DROP TABLE query_json;")

    def test_two_types_are_two(self):
        for one, other in (("b", "ta"), ("a", "ta"), ("tz", "i"), ("r", "p"),
                           ("a", "jb"), ("ip", "x")):
            with self.subTest(f"{one} {other}"):
                code, report = self.server.gate(pairs.rule_set(
                    f"connection: {PG}, query: 'SELECT id, {one} AS v FROM "
                    "query_types'",
                    f"connection: {PG}, query: 'SELECT id, {other} AS v FROM "
                    "query_types'", "- full_diff: {}", "key: [id]"))
                self.assertEqual(code, 5, report["results"])
                error = report["results"][0]["error"]
                self.assertEqual(error["reason"], "NOT_COMPARABLE")
                self.assertNotIn("unknown", error["message"])

    def test_nothing_is_executed_for_it(self):
        """Types are asked for without the query's work."""
        text = pairs.rule_set(
            f"connection: {PG}, query: 'SELECT id, pg_sleep(20) AS v FROM "
            "query_types'",
            f"connection: {MARIA}, query: 'SELECT id, SLEEP(20) AS v FROM "
            "query_types'",
            "- full_diff: {}", "key: [id]")
        done = self.server.assay("explain", "-", stdin=text, timeout=15)
        self.assertIn("query", done.stdout)

    def test_odd_queries(self):
        """One column, columns without a name, names that need quotes."""
        for query, key in (
                ("SELECT 1 AS one", "one"),
                ('SELECT 1 AS "o""n`e"', 'o"n`e'),
                ("SELECT id, count(*) AS n FROM query_types GROUP BY id",
                 "id"),
                ("WITH q AS (SELECT id FROM query_types) SELECT * FROM q",
                 "id"),
                ("SELECT id FROM query_types UNION SELECT 7", "id"),
                ("SELECT id FROM query_types ORDER BY id DESC LIMIT 1",
                 "id")):
            for database in COLUMNS:
                with self.subTest(f"{database} {query}"):
                    one = (f"connection: {database}, query: "
                           f"{assay.quoted(query)}")
                    code, report = self.server.gate(pairs.rule_set(
                        one, one, "- full_diff: {}",
                        f"key: [{assay.quoted(key)}]"))
                    result = report["results"][0]
                    # WARN: nothing is compared beside the key.
                    self.assertEqual(code, 0, (result["found"],
                                               result["error"]))


if __name__ == "__main__":
    unittest.main()
