#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Equal data in different representations: what other tools called different,
or died of, must pass, and beside it a row that does differ must be found.
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import pairs  # pylint: disable=wrong-import-position
from pairs import (  # pylint: disable=wrong-import-position
    CROSS, LITE, MARIA, MOST, PG, SAME, SERVERS, case)

ONE = "id INTEGER NOT NULL PRIMARY KEY, v "
KEY = "k VARCHAR(40) NOT NULL PRIMARY KEY, v INTEGER"
BINARY_KEY = ("k VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT "
              "NULL PRIMARY KEY, v INTEGER")
EVERYWHERE = MOST + [(LITE, PG), (MARIA, LITE)]
TO_SQLITE = [(PG, LITE), (MARIA, LITE), (LITE, PG), (LITE, MARIA)]


def values(*texts):
    return ", ".join(f"({n}, {text})" for n, text in enumerate(texts, 1))


def equal(name, columns, rows, on=EVERYWHERE, differs=None, **more):
    """A case that passes; with `differs`, (source, target) values of one more
    row, a case beside it that finds just that row."""
    cases = [case(name, columns, rows, "PASS", pairs=on, **more)]
    if differs:
        both = tuple(f"{pairs.side(rows, n)}, (9999, {differs[n]})"
                     for n in (0, 1))
        cases.append(case(name + "_not", columns, both, "FAIL", pairs=on,
                          changed=1, **more))
    return cases


def policy(text):
    return f"columns: {{policies: {{v: {{{text}}}}}}}"


COLLATED = ["-", "_", "a", "A", "ä", "Ä", "Z", "z", "1", "10", "2", "a-b",
            "ab", "b", "B", "a b", "é", "ß", "ss", "日本", "😀", ".", "~"]
BINARY_KEYS = ", ".join(f"('{k}', {n})" for n, k in enumerate(COLLATED))
# Without those that MariaDB's general_ci takes for the same.
LOOSE_KEYS = ", ".join(f"('{k}', {n})" for n, k in enumerate(COLLATED)
                       if k not in ("A", "ä", "Ä", "B", "Z", "ß"))
WIDE = ", ".join(f"c{n} INTEGER, s{n} VARCHAR(10), d{n} NUMERIC(12,4)"
                 for n in range(80))
WIDE_ROW = ", ".join(f"{n}, 's{n}', {n}.5" for n in range(80))
# 1 MB and a little, made by the databases themselves.
LONG = {PG: "repeat('äb-', 350000)", MARIA: "repeat('äb-', 350000)"}

CASES = [
    # Fractions of a second: what counts is said, and both ways of cutting.
    *equal("fraction_truncated", (ONE + "TIMESTAMP(6)", ONE + "DATETIME(3)"),
           (values("'2026-01-01 23:59:59.9995'", "'1969-12-31 23:59:59.9999'"),
            values("'2026-01-01 23:59:59.999'",
                   "'1969-12-31 23:59:59.999'")),
           on=[(PG, MARIA)], comparison=policy("precision: 3"),
           differs=("'2026-01-01 00:00:00.0019'", "'2026-01-01 00:00:00.002'")),
    *equal("fraction_rounded", (ONE + "TIMESTAMP(6)", ONE + "DATETIME(3)"),
           (values("'2026-12-31 23:59:59.9995'", "'2026-01-01 00:00:00.0004'"),
            values("'2027-01-01 00:00:00.000'", "'2026-01-01 00:00:00'")),
           on=[(PG, MARIA)],
           comparison=policy("precision: 3, rounding: round"),
           differs=("'2026-01-01 00:00:00.0015'", "'2026-01-01 00:00:00.001'")),
    *equal("seconds_only", (ONE + "TIMESTAMP(6)", ONE + "TIMESTAMP(0)"),
           (values("'2026-01-01 10:00:00.4'"), values("'2026-01-01 10:00:00'")),
           on=[(PG, PG)], comparison=policy("precision: 0"),
           differs=("'2026-01-01 10:00:00.9'", "'2026-01-01 10:00:01'")),
    # Floats by their bits, whatever their text.
    *equal("single_precision", ONE + "{real}",
           values("123456.1", "0.1", "16777217", "1.17549435e-38",
                  "3.4028234e38", "0.333333333"), on=SERVERS,
           differs=("123456.1", "123456.2")),
    *equal("single_in_double", (ONE + "{real}", ONE + "{double}"),
           (values("123456.1", "0.5"), values("123456.1015625", "0.5")),
           on=CROSS, differs=("0.1", "0.1")),
    *equal("double_text", ONE + "{double}",
           values("1e15", "1e16", "1e-5", "1e-4", "0.1", "1e21", "1e-300",
                  "1.7976931348623157e308", "2.2250738585072014e-308",
                  "123456789012345678", "0.30000000000000004",
                  "3.141592653589793"),
           differs=("0.30000000000000004", "0.3")),
    *equal("double_over_38_digits", ONE + "{double}",
           values("1e25", "1e60", "-1e200"), differs=("1e25", "2e25")),
    *equal("negative_zero", ONE + "{double}",
           (values("'-0'", "0"), values("0", "'-0'")), on=SERVERS,
           differs=("0", "1e-300")),
    # Decimals.
    *equal("decimal_scale", (ONE + "NUMERIC(10,2)", ONE + "NUMERIC(14,6)"),
           values("1.10", "100", "-0.5", "0", "1000000"), on=SERVERS,
           differs=("1.10", "1.100001")),
    *equal("decimal_in_sqlite", ONE + "DECIMAL(10,2)",
           values("1.10", "100", "-3.05", "0.01", "99999999.99", "1e2"),
           on=TO_SQLITE + [(LITE, LITE)], differs=("1.10", "1.11")),
    *equal("integer_and_decimal", (ONE + "BIGINT", ONE + "NUMERIC(22,2)"),
           values("1", "-5", "9223372036854775807", "0", "1000"),
           on=SERVERS, differs=("1", "1.01")),
    *equal("unsigned_bigint",
           (ONE + "BIGINT UNSIGNED", ONE + "NUMERIC(20,0)"),
           values("18446744073709551615", "9223372036854775808", "0", "7"),
           on=[(MARIA, PG)],
           differs=("18446744073709551615", "18446744073709551614")),
    *equal("unsigned_bigint_twice", ONE + "BIGINT UNSIGNED",
           values("18446744073709551615", "9223372036854775808", "0"),
           on=[(MARIA, MARIA)],
           differs=("18446744073709551615", "18446744073709551614")),
    *equal("unsigned_bigint_key",
           ("k BIGINT UNSIGNED NOT NULL PRIMARY KEY, v INTEGER",
            "k NUMERIC(20,0) NOT NULL PRIMARY KEY, v INTEGER"),
           "(18446744073709551615, 1), (9223372036854775808, 2), (3, 3)",
           on=[(MARIA, PG)]),
    # JSON.
    *equal("json_order", (ONE + "JSONB", ONE + "JSON"),
           (values('\'{"b": 1, "a": [1, 2.50, {"y": null, "x": true}]}\'',
                   "'\"text\"'", "'1e2'", "'{}'", "'[]'",
                   '\'{"bb": 1, "a": 2, "ccc": "ä"}\''),
            values('\'{"a":[1,2.5,{"x":true,"y":null}],"b":1.0}\'',
                   "'  \"text\"'", "'100'", "'{ }'", "'[ ]'",
                   '\'{"ccc": "ä", "a":2,"bb":1}\'')), on=[(PG, MARIA)],
           differs=('\'{"a": 1}\'', '\'{"a": "1"}\'')),
    *equal("json_text", (ONE + "JSONB", ONE + "JSON"),
           (values('\'{"b": 1, "a": 2}\''), values('\'{"a":2,"b":1}\'')),
           on=[(PG, PG)], differs=("'[1, 2]'", "'[2, 1]'")),
    *equal("json_in_text", (ONE + "JSONB", ONE + "TEXT"),
           (values('\'{"b": 1, "a": 2}\''), values('\'{"a":2,"b":1}\'')),
           on=[(PG, MARIA), (PG, LITE), (PG, PG)],
           comparison=policy("as: json"),
           differs=("'[1, 2]'", "'[1, 3]'")),
    *equal("json_of_mariadb", ONE + "JSON",
           (values('\'{"b": 1, "a": 2}\''), values('\'{"a":2,  "b":1}\'')),
           on=[(MARIA, MARIA)], comparison=policy("as: json"),
           differs=("'[1, 2]'", "'[2, 1]'")),
    # Booleans, bytes, UUIDs, padded texts.
    *equal("boolean", ONE + "{bool}", values("TRUE", "FALSE", "NULL"),
           differs=("TRUE", "FALSE")),
    *equal("boolean_and_integer", (ONE + "BOOLEAN", ONE + "SMALLINT"),
           (values("TRUE", "FALSE"), values("1", "0")), on=[(PG, MARIA)],
           comparison=policy("as: boolean"), differs=("TRUE", "0")),
    *equal("bytes", ONE + "{blob}",
           values("hex(dead)", "hex()", "hex(00)", "hex(00ff00)", "NULL",
                  "hex(5c3130)", "hex(c3a4)"),
           differs=("hex(00)", "hex(0000)")),
    *equal("padded_char", ONE + "{char}",
           values("'a'", "'ab   '", "''", "'abcde'", "NULL"), on=SERVERS,
           differs=("'a'", "' a'")),
    *equal("padded_char_and_varchar", (ONE + "CHAR(5)", ONE + "VARCHAR(5)"),
           values("'a'", "''", "'abcde'", "NULL"), on=SERVERS,
           differs=("'a'", "'a '")),
    *equal("uuid", ONE + "{uuid}",
           values("'123e4567-e89b-12d3-a456-426614174000'", "NULL"),
           on=SERVERS,
           differs=("'00000000-0000-0000-0000-000000000001'",
                    "'00000000-0000-0000-0000-000000000002'")),
    *equal("uuid_in_char", (ONE + "UUID", ONE + "CHAR(36)"),
           (values("'123e4567-e89b-12d3-a456-426614174000'"),
            values("'123E4567-E89B-12D3-A456-426614174000'")),
           on=CROSS + [(PG, LITE)],
           differs=("'00000000-0000-0000-0000-00000000000a'",
                    "'00000000-0000-0000-0000-00000000000B'")),
    *equal("uuid_keys", ("k UUID PRIMARY KEY, v INTEGER",
                         "k CHAR(36) NOT NULL PRIMARY KEY, v INTEGER"),
           ("('123e4567-e89b-12d3-a456-42661417400a', 1), "
            "('00000000-0000-0000-0000-00000000000b', 2)",
            "('123E4567-E89B-12D3-A456-42661417400A', 1), "
            "('00000000-0000-0000-0000-00000000000B', 2)"), on=CROSS),
    # Times and dates at their ends.
    *equal("time_over_24_hours", ONE + "TIME(6)",
           values("'838:59:59'", "'-838:59:59'", "'25:00:00.5'", "'00:00:00'"),
           on=[(MARIA, MARIA)], differs=("'30:00:00'", "'06:00:00'")),
    *equal("time_of_day", ONE + "{time}",
           values("'00:00:00'", "'23:59:59.999999'", "'12:00:00'"),
           on=SERVERS, differs=("'12:00:00'", "'12:00:01'")),
    *equal("years", ONE + "DATE",
           values("'0001-01-01'", "'9999-12-31'", "'1582-10-10'",
                  "'1900-02-28'", "'2000-02-29'"),
           differs=("'0001-01-01'", "'0001-01-02'")),
    *equal("years_of_timestamps", ONE + "{ts}",
           values("'0001-01-01 00:00:00'", "'9999-12-31 23:59:59.999999'",
                  "'1582-10-10 12:00:00'", "'1969-12-31 23:59:59.000001'"),
           on=SERVERS,
           differs=("'0001-01-01 00:00:00'", "'0001-01-01 00:00:01'")),
    *equal("before_christ_and_infinity", ONE + "TIMESTAMP",
           values("'0044-03-15 12:00:00 BC'", "'infinity'", "'-infinity'",
                  "'294276-12-31 23:59:59'"),
           on=[(PG, PG)],
           differs=("'0044-03-15 BC'", "'0044-03-15'")),
    *equal("before_christ_and_infinity_of_dates", ONE + "DATE",
           values("'0044-03-15 BC'", "'infinity'", "'-infinity'",
                  "'5874897-12-31'"),
           on=[(PG, PG)], differs=("'infinity'", "'-infinity'")),
    *equal("zero_dates", ONE + "DATE",
           values("'0000-00-00'", "'2026-00-00'", "'2026-02-00'"),
           on=[(MARIA, MARIA)], differs=("'0000-00-00'", "'2026-00-00'")),
    *equal("zero_timestamps", ONE + "DATETIME",
           values("'0000-00-00 00:00:00'", "'2026-00-01 10:00:00'"),
           on=[(MARIA, MARIA)],
           differs=("'0000-00-00 00:00:00'", "'0000-00-00 00:00:01'")),
    *equal("instant", ONE + "{tstz}",
           (values("'2026-01-01 10:00:00.25'"),
            values("'2026-01-01 10:00:00.25'")), on=SERVERS,
           differs=("'2026-01-01 10:00:00'", "'2026-01-01 11:00:00'")),
    *equal("instant_of_another_zone", ONE + "TIMESTAMPTZ",
           (values("'2026-01-01 10:00:00+02'"),
            values("'2026-01-01 08:00:00+00'")), on=[(PG, PG)],
           differs=("'2026-01-01 10:00:00+02'", "'2026-01-01 10:00:00+00'")),
    # Keys in orders that differ, and keys that one side takes for equal.
    *equal("keys_of_collations", (KEY, BINARY_KEY), BINARY_KEYS,
           on=[(PG, MARIA), (LITE, MARIA)]),
    *equal("keys_of_loose_collations", KEY, LOOSE_KEYS,
           on=CROSS + [(MARIA, MARIA)]),
    *equal("keys_equal_in_mariadb", (KEY, "k VARCHAR(40), v INTEGER"),
           "('a', 1), ('A', 2), ('ä', 3), ('b', 4)", on=[(PG, MARIA)],
           comparison="key: [k]"),
    *equal("composite_keys",
           ("a {str} NOT NULL, b INTEGER NOT NULL, v INTEGER, "
            "PRIMARY KEY (a, b)",
            "a {str} NOT NULL, b INTEGER NOT NULL, v INTEGER, "
            "PRIMARY KEY (b, a)"),
           "('-', 1, 1), ('_', 1, 2), ('a', 2, 3), ('Z', 2, 4), ('z9', 1, 5), "
           "('10', 1, 6), ('2', 1, 7)"),
    case("keys_equal_in_mariadb_not", (KEY, "k VARCHAR(40), v INTEGER"),
         ("('a', 1), ('b', 4)", "('A', 1), ('b', 4)"), "FAIL",
         pairs=[(PG, MARIA)], comparison="key: [k]", missing=1, extra=1,
         keys=3),
    *equal("float_keys", "k DOUBLE PRECISION PRIMARY KEY, v INTEGER",
           "('-infinity', 1), ('infinity', 2), ('nan', 3), (-19999444.5, 4), "
           "(0, 5), (1e-300, 6), (0.1, 7)", on=[(PG, PG)]),
    *equal("float_keys_across", "k DOUBLE PRECISION PRIMARY KEY, v INTEGER",
           "(-19999444.5, 4), (0, 5), (1e-300, 6), (0.1, 7), (1e300, 8)",
           on=CROSS + TO_SQLITE),
    *equal("single_keys", "k REAL PRIMARY KEY, v INTEGER",
           "('-infinity', 1), (-19999444.5, 4), (0.1, 7), (0.2, 8)",
           on=[(PG, PG)]),
    *equal("date_keys", "k DATE NOT NULL PRIMARY KEY, v INTEGER",
           "('2026-01-01', 1), ('1999-12-31', 2), ('0001-01-01', 3)"),
    *equal("timestamp_keys", "k {ts} NOT NULL PRIMARY KEY, v INTEGER",
           "('2026-01-01 10:00:00.000001', 1), ('2026-01-01 10:00:00', 2)"),
    *equal("byte_keys", "k VARBINARY(9) NOT NULL PRIMARY KEY, v INTEGER",
           "(hex(00), 1), (hex(0000), 2), (hex(), 3), (hex(ff), 4)",
           on=[(MARIA, MARIA)]),
    *equal("decimal_keys",
           ("k NUMERIC(12,2) NOT NULL PRIMARY KEY, v INTEGER",
            "k NUMERIC(14,4) NOT NULL PRIMARY KEY, v INTEGER"),
           "(1.10, 1), (100, 2), (-3.05, 3)", on=SERVERS),
    # Wide and long.
    *equal("wide", ONE + "INTEGER, " + WIDE, f"(1, 1, {WIDE_ROW})",
           on=CROSS + SAME),
    case("wide_not", ONE + "INTEGER, " + WIDE,
         (f"(1, 1, {WIDE_ROW})", f"(1, 1, {WIDE_ROW[:-4]}78.5)"), "FAIL",
         pairs=CROSS + SAME, changed=1),
    *equal("long_values", ONE + "{text}, b {blob}",
           (values("repeat('äb-', 350000), hex(00)", "'x', hex(00)")),
           on=SERVERS,
           differs=("concat(repeat('äb-', 350000), 'x'), hex(00)",
                    "concat(repeat('äb-', 350000), 'y'), hex(00)")),
    *equal("long_values_differ_late", ONE + "{text}",
           values("'x'"), on=SERVERS,
           differs=("concat(repeat('a', 1100000), 'äx')",
                    "concat(repeat('a', 1100000), 'äy')")),
    *equal("control_characters", ONE + "{text}",
           values("'\t\n\r'", "'\x01\x7f'", "'😀'", "'\u200b'", "'\ufeffx'"),
           differs=("'\u200b'", "''")),
]


class EqualDataTest(unittest.TestCase):
    pass


pairs.install(EqualDataTest, CASES)

if __name__ == "__main__":
    unittest.main()
