#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Types and values at the edge of what drivers carry: long texts, NUL, NaN,
enumerations, bits, time zones, and values that SQLite keeps in any column.
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import pairs  # pylint: disable=wrong-import-position
from pairs import (  # pylint: disable=wrong-import-position
    LITE, MARIA, PG, SERVERS, case)

ONE = "id INTEGER NOT NULL PRIMARY KEY, v "
ENUM = "ENUM('red','green','blue')"


def values(*texts):
    return ", ".join(f"({n}, {text})" for n, text in enumerate(texts, 1))


def policy(text):
    return f"columns: {{policies: {{v: {{{text}}}}}}}"


CASES = [
    # Texts longer than drivers like them, that differ at their ends only.
    *[case(f"long_{size}", (ONE + "VARCHAR", ONE + "TEXT"),
           (values(f"concat(repeat('ä', {size}), 'x')", "'y'"),
            values(f"concat(repeat('ä', {size}), 'z')", "'y'")), "FAIL",
           pairs=[(PG, PG)], changed=1, keys=2)
      for size in (126, 127, 254, 255, 4095, 8189, 8190, 8191, 65535, 400000)],
    *[case(f"long_across_{size}", (ONE + "VARCHAR", ONE + "LONGTEXT"),
           (values(f"concat(repeat('ä', {size}), 'x')", "'y'"),
            values(f"concat(repeat('ä', {size}), 'z')", "'y'")), "FAIL",
           pairs=[(PG, MARIA)], changed=1, keys=2)
      for size in (127, 254, 255, 8190, 65535, 400000)],
    case("long_numbers", ONE + "NUMERIC",
         (values("repeat('7', 200)::numeric", "1.5"),
          values("(repeat('7', 199) || '8')::numeric", "1.50")), "FAIL",
         pairs=[(PG, PG)], changed=1),
    case("long_numbers_streamed", ONE + "NUMERIC, w {str}",
         (values("repeat('7', 200)::numeric, 'x'", "1.5, 'x'"),
          values("(repeat('7', 199) || '8')::numeric, 'x'", "1.50, 'x'")),
         "FAIL", pairs=[(PG, PG)], changed=1,
         rule="full_diff: {hashing: never}"),
    case("long_keys", "k VARCHAR(700) NOT NULL PRIMARY KEY, v INTEGER",
         ("(concat(repeat('k', 690), 'a'), 1), (concat(repeat('k', 690), "
          "'b'), 2)", "(concat(repeat('k', 690), 'a'), 1), (concat(repeat('k',"
          " 690), 'c'), 2)"), "FAIL", pairs=SERVERS, missing=1, extra=1,
         keys=3),
    case("nul_in_a_text", ONE + "{text}",
         ("(1, 'a'), (2, 'a')", "(1, concat('a', char(0), 'b')), (2, 'a')"),
         "FAIL", pairs=[(PG, MARIA), (MARIA, MARIA)], changed=1),
    case("nul_in_a_text_of_sqlite", ONE + "{text}",
         ("(1, 'a'), (2, 'a')", "(1, CAST(x'610062' AS TEXT)), (2, 'a')"),
         "FAIL", pairs=[(PG, LITE), (LITE, LITE)], changed=1),
    # Not a number, and beyond all numbers.
    case("nan_is_not_null", ONE + "{double}",
         (values("'nan'", "'infinity'"), values("NULL", "NULL")), "FAIL",
         pairs=[(PG, PG), (PG, MARIA), (PG, LITE)], changed=2),
    case("nan_is_nan", ONE + "{double}",
         values("'nan'", "'infinity'", "'-infinity'"), "PASS",
         pairs=[(PG, PG)], rule="full_diff: {hashing: never}"),
    case("nan_of_numerics", ONE + "NUMERIC",
         (values("'nan'", "1", "'infinity'"), values("'nan'", "'nan'", "1")),
         "FAIL", pairs=[(PG, PG)], changed=2,
         rule="full_diff: {hashing: never}"),
    case("nan_within_no_tolerance", ONE + "{double}",
         (values("'nan'", "'infinity'"), values("1", "1")), "FAIL",
         pairs=[(PG, PG)], changed=2, comparison=policy("tolerance: 1e300")),
    case("nan_meets_nan_with_a_tolerance", ONE + "{double}",
         values("'nan'", "'infinity'"), "PASS", pairs=[(PG, PG)],
         comparison=policy("tolerance: 0.1")),
    # Enumerations, bits, years, intervals and what only one database knows.
    case("enum", (ONE + "VARCHAR(9)", ONE + ENUM),
         (values("'red'", "'blue'"), values("'red'", "'green'")), "FAIL",
         pairs=[(PG, MARIA)], changed=1),
    case("enum_equal", (ONE + "VARCHAR(9)", ONE + ENUM),
         values("'red'", "'blue'", "NULL"), "PASS", pairs=[(PG, MARIA)]),
    case("enums_by_label", (ONE + ENUM, ONE + "ENUM('blue','green','red')"),
         values("'red'", "'blue'"), "PASS", pairs=[(MARIA, MARIA)]),
    case("enums_by_label_not",
         (ONE + ENUM, ONE + "ENUM('blue','green','red')"),
         (values("1", "3"), values("1", "3")), "FAIL", changed=2,
         pairs=[(MARIA, MARIA)]),
    case("set", ONE + "SET('a','b','c')",
         (values("'a,b'", "''"), values("'a,c'", "''")), "FAIL|ERROR",
         pairs=[(MARIA, MARIA)]),
    case("bit", ONE + "BIT(8)", (values("b'00000001'", "b'11111111'"),
         values("b'00000001'", "b'01111111'")), "FAIL|ERROR",
         pairs=[(MARIA, MARIA), (PG, PG)]),
    case("bit_equal", ONE + "BIT(8)", values("b'00000001'", "b'11111111'"),
         "PASS|ERROR", pairs=[(MARIA, MARIA), (PG, PG), (PG, MARIA)]),
    case("year", (ONE + "YEAR", ONE + "INTEGER"),
         (values("2026", "1901"), values("2026", "1902")), "FAIL",
         pairs=[(MARIA, PG), (MARIA, MARIA)], changed=1),
    case("interval", ONE + "INTERVAL",
         (values("'1 day'", "'1 hour'"), values("'1 day'", "'2 hours'")),
         "FAIL|ERROR", pairs=[(PG, PG)]),
    case("time_with_zone", ONE + "TIMETZ",
         (values("'10:00+02'", "'10:00+00'"), values("'10:00+02'",
                                                     "'10:00+01'")),
         "FAIL|ERROR", pairs=[(PG, PG)]),
    case("inet_as_text", ONE + "INET",
         (values("'10.0.0.1'", "'10.0.0.0/8'"),
          values("'10.0.0.1'", "'10.0.0.0/9'")), "FAIL|ERROR",
         pairs=[(PG, PG)], comparison=policy("as: text")),
    case("array_as_text", ONE + "INTEGER[]",
         (values("'{1,2}'", "'{}'"), values("'{1,2}'", "NULL")),
         "FAIL|ERROR", pairs=[(PG, PG)], comparison=policy("as: text")),
    case("money", ONE + "MONEY", (values("1.10", "2"), values("1.10", "3")),
         "FAIL|ERROR", pairs=[(PG, PG)]),
    case("charsets", (ONE + "{text}", ONE + "VARCHAR(20) CHARACTER SET latin1"),
         values("'é'", "'abc'", "'ß'"), "PASS", pairs=[(PG, MARIA)]),
    case("charsets_not",
         (ONE + "{text}", ONE + "VARCHAR(20) CHARACTER SET latin1"),
         (values("'é'", "'€'"), values("'è'", "'€'")), "FAIL",
         pairs=[(PG, MARIA)], changed=1),
    case("binary_text_and_text", (ONE + "{text}", ONE + "VARBINARY(20)"),
         (values("'abc'"), values("hex(616263)")), "ERROR|PASS",
         pairs=[(PG, MARIA)]),
    case("padded_binary", ONE + "BINARY(4)",
         (values("hex(61)", "hex(6100)"), values("hex(6100)", "hex(6120)")),
         "FAIL", pairs=[(MARIA, MARIA)], changed=1),
    case("zerofill", (ONE + "INTEGER(5) ZEROFILL", ONE + "INTEGER"),
         values("42", "0"), "PASS", pairs=[(MARIA, MARIA), (MARIA, PG)]),
    case("generated", (ONE + "INTEGER", ONE + "INTEGER, w INTEGER GENERATED "
         "ALWAYS AS (v * 2) STORED"), ("(1, 2)", ""), "FAIL", pairs=[(PG, PG),
         (PG, MARIA)], found="only in the target: w"),
    # SQLite keeps what it is given.
    case("lite_text_in_an_integer", ONE + "INTEGER",
         (values("1", "2", "3"), values("1", "'two'", "3")), "FAIL|ERROR",
         pairs=[(PG, LITE)]),
    case("lite_number_in_a_text", ONE + "VARCHAR(9)",
         (values("'1'", "'x'"), values("1", "'x'")), "PASS",
         pairs=[(PG, LITE)]),
    case("lite_bytes_in_a_text", ONE + "VARCHAR(9)",
         (values("'abc'", "'x'"), values("x'616263'", "'x'")), "FAIL|ERROR",
         pairs=[(PG, LITE)]),
    case("lite_real_in_an_integer", ONE + "INTEGER",
         (values("1", "2"), values("1.5", "2")), "FAIL|ERROR",
         pairs=[(PG, LITE)]),
    case("lite_infinity", ONE + "{double}",
         (values("'infinity'", "1"), values("9e999", "1")), "PASS",
         pairs=[(PG, LITE)]),
    case("lite_infinity_not", ONE + "{double}",
         (values("'infinity'", "1"), values("-9e999", "1")), "FAIL",
         pairs=[(PG, LITE)], changed=1),
    case("lite_big_decimal", (ONE + "NUMERIC(38,2)", ONE + "NUMERIC(38,2)"),
         (values("12345678901234567890.12", "1"),
          values("'12345678901234567890.12'", "1")), "FAIL|ERROR",
         pairs=[(PG, LITE)]),
    case("lite_nonsense_dates", ONE + "DATE",
         (values("'2026-01-01'", "'2026-02-01'"),
          values("'2026-01-01'", "'2026-02-31'")), "FAIL|ERROR",
         pairs=[(PG, LITE)]),
    case("lite_dates_as_numbers", ONE + "DATE",
         (values("'2026-01-01'"), values("20260101")), "FAIL|ERROR",
         pairs=[(PG, LITE)]),
]


class ComparedTypesTest(unittest.TestCase):
    def zoned(self, source, target, rows, columns, expected):
        """Source and target connections with time zones of their own."""
        made = {(PG, "z_s"): f"CREATE TABLE z_s (id INTEGER PRIMARY KEY, v "
                f"{columns[0]}); INSERT INTO z_s VALUES {rows[0]};",
                (MARIA, "z_t"): f"CREATE TABLE z_t (id INTEGER PRIMARY KEY, v "
                f"{columns[1]}); INSERT INTO z_t VALUES {rows[1]};"}
        self.fixture.make(made)
        odbc = {d.name: d.odbc for d in self.fixture.databases.values()}
        with assay.Server({PG: {"odbc": odbc[PG], "time_zone": source},
                           MARIA: {"odbc": odbc[MARIA],
                                   "time_zone": target}}) as server:
            _, report = server.gate(pairs.rule_set(
                f"connection: {PG}, table: z_s",
                f"connection: {MARIA}, table: z_t", "- full_diff: {}"))
            result = report["results"][0]
            self.assertIn(result["verdict"], expected.split("|"),
                          (result["found"], result["error"]))

    def test_naive_times_are_in_the_connections_zone(self):
        for zone, rows, expected in (
                ("Europe/Berlin", "(1, '2026-01-01 11:00:00'), "
                 "(2, '2026-07-01 12:00:00')", "PASS"),
                ("UTC", "(1, '2026-01-01 11:00:00'), "
                 "(2, '2026-07-01 12:00:00')", "FAIL"),
                ("UTC", "(1, '2026-01-01 10:00:00'), "
                 "(2, '2026-07-01 10:00:00')", "PASS")):
            with self.subTest(zone + rows):
                self.zoned("UTC", zone,
                           ("(1, '2026-01-01 10:00:00Z'), "
                            "(2, '2026-07-01 10:00:00Z')", rows),
                           ("TIMESTAMPTZ", "DATETIME"), expected)

    def test_an_hour_that_comes_twice_is_not_taken_for_equal(self):
        # 00:30 and 01:30 UTC are both 02:30 in Berlin.
        self.zoned("UTC", "Europe/Berlin",
                   ("(1, '2026-10-25 00:30:00Z'), (2, '2026-10-25 01:30:00Z')",
                    "(1, '2026-10-25 02:30:00'), (2, '2026-10-25 02:30:00')"),
                   ("TIMESTAMPTZ", "DATETIME"), "FAIL|ERROR")

    def test_an_hour_that_never_was(self):
        self.zoned("UTC", "Europe/Berlin",
                   ("(1, '2026-03-29 01:30:00Z'), (2, '2026-03-29 00:30:00Z')",
                    "(1, '2026-03-29 03:30:00'), (2, '2026-03-29 02:30:00')"),
                   ("TIMESTAMPTZ", "DATETIME"), "FAIL|ERROR")

    def test_naive_times_of_zones_that_differ(self):
        self.zoned("UTC", "Europe/Berlin",
                   ("(1, '2026-01-01 10:00:00')",
                    "(1, '2026-01-01 11:00:00')"), ("TIMESTAMP", "DATETIME"),
                   "PASS")
        self.zoned("UTC", "Europe/Berlin",
                   ("(1, '2026-01-01 10:00:00')",
                    "(1, '2026-01-01 10:00:00')"), ("TIMESTAMP", "DATETIME"),
                   "FAIL")


pairs.install(ComparedTypesTest, CASES)

if __name__ == "__main__":
    unittest.main()
