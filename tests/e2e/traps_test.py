#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Data that comparison tools called equal although they differ: each of the
traps must be found, with the exact counts. Traps 1 to 16 are those that were
proven against the peers.
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import pairs  # pylint: disable=wrong-import-position
from pairs import (  # pylint: disable=wrong-import-position
    LITE, MARIA, MOST, PG, SAME, SERVERS, case)

TWO = "id INTEGER NOT NULL PRIMARY KEY, a {str}, b {str}"
ONE = "id INTEGER NOT NULL PRIMARY KEY, v "
KEYLESS = "key: none"
EVERYWHERE = MOST + [(LITE, PG), (MARIA, LITE)]

# Two blocks of the same MD5.
MD5 = ("d131dd02c5e6eec4693d9a0698aff95c2fcab5{}12467eab4004583eb8fb7f8955ad"
       "340609f4b30283e4888325{}1415a085125e8f7cdc99fd91dbd{}280373c5bd8823e31"
       "56348f5bae6dacd436c919c6dd53e2{}87da03fd02396306d248cda0e99f33420f577"
       "ee8ce54b67080{}80d1ec69821bcb6a8839396f965{}b6ff72a70")
MD5_A = MD5.format("87", "7", "f", "b4", "a", "2")
MD5_B = MD5.format("07", "f", "7", "34", "2", "a")


def values(*texts):
    return ", ".join(f"({n}, {text})" for n, text in enumerate(texts, 1))


def aggregates(name, type_, rows, functions, on=MOST):
    return [case(f"{name}_{function}", ONE + type_, rows, "FAIL", pairs=on,
                 rule=f"aggregate: {{function: {function}, column: v}}")
            for function in functions]


TRAPS = [
    # 1: a separator inside the data.
    case("trap01_separator", TWO,
         (values("'a,b', 'c'", "'a#b', 'c'", "'a|b', 'c'", "'a||b', 'c'",
                 "'a', NULL", "'a;', 'b'"),
          values("'a', 'b,c'", "'a', 'b#c'", "'a', 'b|c'", "'a', 'b||c'",
                 "'a,', NULL", "'a', ';b'")),
         "FAIL", pairs=EVERYWHERE, changed=6, keys=6),
    case("trap01_row_boundary", "v {str}",
         ("('a|b'), ('c,d')", "('a'), ('b'), ('c'), ('d')"), "FAIL",
         pairs=EVERYWHERE, comparison=KEYLESS, missing=2, extra=4, keys=6),
    case("trap01_key", "a VARCHAR(9) NOT NULL, b VARCHAR(9) NOT NULL, v {str}",
         ("('a,b', 'c', 'x'), ('1', '1', 'x')",
          "('a', 'b,c', 'x'), ('1', '1', 'x')"), "FAIL", pairs=EVERYWHERE,
         comparison="key: [a, b]", missing=1, extra=1, keys=3),
    # 2: no separator at all.
    case("trap02_no_separator", TWO + ", n INTEGER, m INTEGER",
         (values("'ab', 'c', 1, 23", "'', 'x', 0, 0", "'1', '23', 7, 7"),
          values("'a', 'bc', 12, 3", "'x', '', 0, 0", "'12', '3', 7, 7")),
         "FAIL", pairs=EVERYWHERE, changed=3, keys=3),
    case("trap02_key", "a INTEGER NOT NULL, b INTEGER NOT NULL, v {str}",
         ("(1, 23, 'x')", "(12, 3, 'x')"), "FAIL", pairs=EVERYWHERE,
         comparison="key: [a, b]", missing=1, extra=1, keys=2),
    case("trap02_keyless", "a INTEGER, b INTEGER",
         ("(1, 23), (1, 23)", "(12, 3), (12, 3)"), "FAIL", pairs=EVERYWHERE,
         comparison=KEYLESS),
    # 3: NULL and what stands for it.
    case("trap03_null_and_sentinels", TWO,
         (values(*["NULL, NULL"] * 8),
          values("'<null>', NULL", "'DEFAULT_REPLACEMENT_STRING', NULL",
                 "'', NULL", "' ', NULL", "'NULL', NULL", "'(null)', NULL",
                 "'0', NULL", "NULL, ''")), "FAIL", pairs=EVERYWHERE,
         changed=8, keys=8),
    case("trap03_null_moves", TWO,
         (values("NULL, 'x'", "NULL, ''"), values("'x', NULL", "'', NULL")),
         "FAIL", pairs=EVERYWHERE, changed=2),
    case("trap03_blank_and_empty", TWO,
         (values("'', 'x'", "' ', 'x'"), values("' ', 'x'", "'  ', 'x'")),
         "FAIL", pairs=EVERYWHERE, changed=2),
    # 4: zero is not NULL.
    case("trap04_zero_double", ONE + "{double}",
         (values("0.0", "-0.0", "1"), values("NULL", "NULL", "1")), "FAIL",
         pairs=EVERYWHERE, changed=2, keys=3),
    case("trap04_zero_of_every_type",
         TWO + ", d {dec}, n INTEGER, f {real}, o {bool}",
         (values("'', '', 0, 1, 1, TRUE", "'', '', 1, 0, 1, TRUE",
                 "'', '', 1, 1, 0, TRUE", "'', '', 1, 1, 1, FALSE"),
          values("'', '', NULL, 1, 1, TRUE", "'', '', 1, NULL, 1, TRUE",
                 "'', '', 1, 1, NULL, TRUE", "'', '', 1, 1, 1, NULL")),
         "FAIL", pairs=EVERYWHERE, changed=4),
    # 5: pairs that cancel. Without a key every row counts.
    case("trap05_xor_pairs", "v {str}, n INTEGER",
         ("('x', 1), ('x', 1), ('z', 3)", "('y', 2), ('y', 2), ('z', 3)"),
         "FAIL", pairs=EVERYWHERE, comparison=KEYLESS, missing=2, extra=2,
         rows_source=3, rows_target=3),
    case("trap05_multiplicities", "v {str}",
         ("('x'), ('x'), ('x'), ('y')", "('x'), ('y'), ('y'), ('y')"), "FAIL",
         pairs=EVERYWHERE, comparison=KEYLESS, missing=2, extra=2, keys=6),
    case("trap05_twice_and_not_at_all", "v {str}",
         ("('x'), ('x'), ('y')", "('y')"), "FAIL", pairs=EVERYWHERE,
         comparison=KEYLESS, missing=2, extra=0, keys=3,
         rows_source=3, rows_target=1),
    # 6: texts of the same CRC32, bytes of the same MD5.
    case("trap06_crc32", TWO,
         (values("'plumless', 'gnu'", "'exhibiters', 'x'"),
          values("'buckeroo', 'codding'", "'schlager', 'x'")), "FAIL",
         pairs=EVERYWHERE, changed=2),
    case("trap06_crc32_keys", "k VARCHAR(20) NOT NULL PRIMARY KEY, v INTEGER",
         ("('plumless', 1), ('same', 2)", "('buckeroo', 1), ('same', 2)"),
         "FAIL", pairs=EVERYWHERE, missing=1, extra=1, keys=3),
    case("trap06_md5", ONE + "{blob}",
         (values(f"hex({MD5_A})"), values(f"hex({MD5_B})")), "FAIL",
         pairs=EVERYWHERE, changed=1),
    # 7: less than a second.
    case("trap07_sub_second", ONE + "{ts}",
         (values("'2026-01-01 00:00:00.1'", "'2026-01-01 00:00:00'",
                 "'2026-01-01 23:59:59.999999'", "'2026-01-01 00:00:00.5'"),
          values("'2026-01-01 00:00:00.2'", "'2026-01-01 00:00:00.000001'",
                 "'2026-01-01 23:59:59.999998'", "'2026-01-01 00:00:00.5'")),
         "FAIL", pairs=EVERYWHERE, changed=3, keys=4),
    case("trap07_sub_second_of_times", ONE + "{time}",
         (values("'10:00:00.1'", "'10:00:00.000001'", "'10:00:00.5'"),
          values("'10:00:00'", "'10:00:00'", "'10:00:00.5'")), "FAIL",
         pairs=SERVERS, changed=2),
    case("trap07_sub_second_lost_by_the_column",
         (ONE + "TIMESTAMP(6)", ONE + "DATETIME"),
         (values("'2026-01-01 00:00:00.25'", "'2026-01-01 00:00:01'"),
          values("'2026-01-01 00:00:00'", "'2026-01-01 00:00:01'")), "FAIL",
         pairs=[(PG, MARIA)], changed=1),
    # 8: sums in single precision.
    *aggregates("trap08_sum", "{dec}",
                (values("123456789.00"), values("123456791.99")),
                ["sum", "avg", "min", "max"]),
    *aggregates("trap08_cent", "{dec}",
                (values("99999999.99", "9999999999999.01"),
                 values("100000003.99", "9999999999999.01")),
                ["sum", "avg", "min"]),
    *aggregates("trap08_big", "{big}",
                (values("9007199254740993"), values("9007199254740992")),
                ["sum", "avg", "min", "max"]),
    *aggregates("trap08_last_digit", "DECIMAL(38,2)",
                (values("123456789012345678901234567890123456.78", "1"),
                 values("123456789012345678901234567890123456.79", "1")),
                ["sum", "avg", "max"], on=SERVERS),
    # 9: blanks at the ends.
    case("trap09_blanks", TWO,
         (values("'a', 'b'", "'a', 'b'", "'a', 'b'", "'a', ''", "'a', 'b'"),
          values("'a ', 'b'", "' a', 'b'", "'a', 'b\t'", "'a', ' '",
                 "'a', 'b\n'")), "FAIL", pairs=EVERYWHERE, changed=5),
    case("trap09_blanks_in_keys",
         "k VARCHAR(20) NOT NULL PRIMARY KEY, v INTEGER",
         ("('a', 1), ('b ', 2)", "('a ', 1), ('b', 2)"), "FAIL",
         pairs=EVERYWHERE, missing=2, extra=2, keys=4),
    # 10: few significant digits.
    case("trap10_digits", ONE + "NUMERIC(20,2)",
         (values("12345678901.23", "-12345678901.23", "1"),
          values("12345678901.24", "-12345678901.22", "1")), "FAIL",
         pairs=EVERYWHERE, changed=2),
    case("trap10_doubles", ONE + "{double}",
         (values("0.0001", "0.30000000000000004", "1e15", "12345678901.23",
                 "123456789.0000001"),
          values("0.0002", "0.3", "1.000000000000001e15", "12345678901.24",
                 "123456789.0000002")), "FAIL", pairs=EVERYWHERE, changed=5),
    case("trap10_bigint", ONE + "{big}",
         (values("9007199254740993", "9223372036854775807", "-1"),
          values("9007199254740992", "9223372036854775806", "-1")), "FAIL",
         pairs=EVERYWHERE, changed=2),
    case("trap10_38_digits", ONE + "DECIMAL(38,10)",
         (values("1234567890123456789012345678.0123456789", "0.0000000001"),
          values("1234567890123456789012345678.0123456788", "0")), "FAIL",
         pairs=SERVERS, changed=2),
    case("trap10_bigint_in_a_double", (ONE + "BIGINT", ONE + "{double}"),
         (values("9007199254740993", "5"), values("9007199254740992", "5")),
         "FAIL|ERROR", pairs=SERVERS),
    # 11: the scale of the smaller side.
    case("trap11_scale", (ONE + "NUMERIC(12,4)", ONE + "NUMERIC(12,2)"),
         (values("1.2345", "1.23", "-7.001"), values("1.23", "1.23", "-7")),
         "FAIL", pairs=SERVERS, changed=2, keys=3),
    case("trap11_scale_of_the_source",
         (ONE + "NUMERIC(12,0)", ONE + "NUMERIC(12,2)"),
         (values("1", "2"), values("1.01", "2.00")), "FAIL", pairs=SERVERS,
         changed=1),
    case("trap11_integer_and_decimal",
         (ONE + "INTEGER", ONE + "NUMERIC(12,2)"),
         (values("1", "2"), values("1.49", "2.00")), "FAIL", pairs=SERVERS,
         changed=1),
    # 12: an absolute tolerance for small numbers.
    case("trap12_small_numbers", ONE + "{double}",
         (values("1e-9", "5e-324", "1e-300", "1e-7"),
          values("5e-7", "0", "2e-300", "1e-7")), "FAIL", pairs=SERVERS,
         changed=3),
    # 13: zero dates are not NULL.
    case("trap13_zero_date", ONE + "DATE",
         (values("NULL", "'2026-01-01'"),
          values("'0000-00-00'", "'2026-01-01'")), "FAIL",
         pairs=[(PG, MARIA), (MARIA, MARIA)], changed=1),
    case("trap13_zero_timestamp", (ONE + "{ts}", ONE + "DATETIME"),
         (values("NULL", "NULL"),
          values("'0000-00-00 00:00:00'", "'2026-00-00 00:00:00'")), "FAIL",
         pairs=[(PG, MARIA), (MARIA, MARIA)], changed=2),
    case("trap13_half_dates", ONE + "DATE",
         (values("'2026-01-00'", "'2026-00-01'"),
          values("'2026-01-01'", "'2026-01-01'")), "FAIL",
         pairs=[(MARIA, PG), (MARIA, MARIA)], changed=2),
    # 14: keys that only the target has, and all columns of the key.
    case("trap14_extra_rows", ONE + "INTEGER",
         (values(*["7"] * 40), values(*["7"] * 60)), "FAIL", pairs=MOST,
         rule="sample_diff: {random: 1000}", extra=20, keys=60),
    case("trap14_only_extra_rows", ONE + "INTEGER",
         ("(1, 7)", values(*["7"] * 400)), "FAIL", pairs=MOST,
         rule="sample_diff: {random: 40, seed: 1}",
         found="^(39|40) extra of 4[01] keys"),
    case("trap14_second_column_of_the_key",
         "a INTEGER NOT NULL, b INTEGER NOT NULL, v INTEGER, "
         "PRIMARY KEY (a, b)",
         ("(1, 1, 5), (1, 2, 5), (1, 3, 5)",
          "(1, 1, 5), (1, 2, 6), (1, 4, 5)"), "FAIL", pairs=MOST,
         rule="sample_diff: {random: 100}", missing=1, extra=1, changed=1,
         keys=4),
    # 15: types that cannot be compared are never left out in silence.
    case("trap15_date_and_integer", (ONE + "INTEGER", ONE + "DATE"),
         (values("1"), values("'2026-01-01'")), "ERROR|FAIL", pairs=SERVERS),
    case("trap15_bytes_and_integer", (ONE + "INTEGER", ONE + "{blob}"),
         (values("1"), values("hex(31)")), "ERROR|FAIL", pairs=SERVERS),
    case("trap15_array", (ONE + "INTEGER[]", ONE + "TEXT"),
         (values("'{1,2}'"), values("'1,2'")), "ERROR|FAIL",
         pairs=[(PG, MARIA), (PG, PG)]),
    case("trap15_point", ONE + "POINT",
         (values("'(1,2)'"), values("'(1,3)'")), "ERROR|FAIL",
         pairs=[(PG, PG)]),
    case("trap15_words_as_json", ONE + "{str}",
         (values("'{\"a\": 1}'"), values("'{\"a\": '")), "ERROR|FAIL",
         pairs=MOST, comparison="columns: {policies: {v: {as: json}}}"),
    case("trap15_json_with_a_key_twice", ONE + "TEXT",
         values("'{\"a\": 1, \"a\": 2}'"), "ERROR", pairs=MOST,
         comparison="columns: {policies: {v: {as: json}}}"),
    # 16: what was not compared never passes.
    case("trap16_max_rows", ONE + "INTEGER", values(*["7"] * 300),
         "ERROR", pairs=MOST, rule="full_diff: {max_rows: 5, hashing: never}",
         complete=False),
    case("trap16_no_such_table", (ONE + "INTEGER", None), values("1"),
         "ERROR|FAIL", pairs=MOST),
    case("trap16_no_such_column_in_the_key", ONE + "INTEGER", values("1"),
         "ERROR", pairs=MOST, comparison="key: [nowhere]"),
    case("trap16_no_key_anywhere", "id INTEGER, v INTEGER", "(1, 1)",
         "ERROR", pairs=MOST),
    case("trap16_sql_that_fails", ONE + "INTEGER", values("1"), "ERROR",
         pairs=MOST, where="nowhere > 1"),
    # More of the same kind: values that change places, hash to the same sum.
    case("swapped_values", TWO + ", n INTEGER",
         (values("'p', 'q', 1", "'r', 's', 2", "'t', 'u', 3"),
          values("'r', 'q', 1", "'p', 's', 2", "'t', 'u', 3")), "FAIL",
         pairs=EVERYWHERE, changed=2, keys=3),
    case("swapped_rows", TWO,
         (values("'p', 'q'", "'r', 's'"), values("'r', 's'", "'p', 'q'")),
         "FAIL", pairs=EVERYWHERE, changed=2),
    case("swapped_columns", TWO,
         (values("'p', 'q'", "'r', 's'"), values("'q', 'p'", "'s', 'r'")),
         "FAIL", pairs=EVERYWHERE, changed=2),
    case("swapped_numbers", "id INTEGER NOT NULL PRIMARY KEY, a {big}, b {big}",
         (values("1, 2", "3, 4", "5, 6"), values("3, 2", "1, 4", "5, 6")),
         "FAIL", pairs=SAME, changed=2),
    case("swapped_keyless", "a INTEGER, b INTEGER",
         ("(1, 1), (2, 2), (3, 3)", "(1, 2), (2, 1), (3, 3)"), "FAIL",
         pairs=EVERYWHERE, comparison=KEYLESS, missing=2, extra=2),
    case("unicode_forms", ONE + "{str}",
         (values("'ä'", "'ß'", "'ſ'", "'K'", "'a'"),
          values("'a\u0308'", "'ss'", "'s'", "'\u212a'", "'a'")), "FAIL",
         pairs=EVERYWHERE, changed=4),
    case("case_and_accents", ONE + "{str}",
         (values("'a'", "'a'", "'É'", "'ı'"),
          values("'A'", "'ä'", "'é'", "'i'")), "FAIL", pairs=EVERYWHERE,
         changed=4),
    case("text_that_is_a_number", ONE + "{str}",
         (values("'1'", "'1.0'", "'1e3'"), values("'01'", "'1'", "'1000'")),
         "FAIL", pairs=EVERYWHERE, changed=3),
]


class TrapsTest(unittest.TestCase):
    pass


pairs.install(TrapsTest, TRAPS)

if __name__ == "__main__":
    unittest.main()
