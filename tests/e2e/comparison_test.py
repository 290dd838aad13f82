#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a comparison counts, and what its keys, columns, policies, limits and
verdicts mean, on every database.
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import pairs  # pylint: disable=wrong-import-position
from pairs import (  # pylint: disable=wrong-import-position
    CROSS, MARIA, MOST, PG, SAME, SERVERS, case)

ONE = "id INTEGER NOT NULL PRIMARY KEY, v "
TWO = "id INTEGER NOT NULL PRIMARY KEY, a {str}, b {str}"
LOOSE = "k INTEGER, v {str}"
BY_K = "key: [k]"
KEYLESS = "key: none"


def values(*texts):
    return ", ".join(f"({n}, {text})" for n, text in enumerate(texts, 1))


def many(count, value="'x'", start=1):
    return ", ".join(f"({n}, {value})" for n in range(start, start + count))


def policy(text):
    return f"columns: {{policies: {{v: {{{text}}}}}}}"


def kept(name, type_, rows, beyond, text, on=SERVERS, **more):
    """A policy that accepts `rows`, and just not the pair `beyond`."""
    both = tuple(f"{pairs.side(rows, n)}, (99, {beyond[n]})" for n in (0, 1))
    return [case(f"policy_{name}", ONE + type_, rows, "PASS", pairs=on,
                 comparison=policy(text), **more),
            case(f"policy_{name}_beyond", ONE + type_, both, "FAIL", pairs=on,
                 comparison=policy(text), changed=1, **more)]


def asking(name, rows, verdict, uniform, **more):
    return case(f"threshold_{name}", ONE + "{str}", rows, verdict,
                pairs=[(PG, MARIA), (PG, PG)], uniform=uniform, **more)


THOUSAND = many(1000)
ONE_OF_1000 = (THOUSAND, many(999) + ", (1000, 'y')")
TWO_OF_1000 = (THOUSAND, many(998) + ", (999, 'y'), (1000, 'y')")

CASES = [
    # Keys that are not unique, or NULL.
    case("duplicates_on_both_sides", LOOSE,
         "(1, 'a'), (1, 'a'), (2, 'b')", "FAIL", pairs=MOST, comparison=BY_K,
         duplicate_keys_source=1, duplicate_keys_target=1, keys=2),
    case("duplicates_on_the_target", LOOSE,
         ("(1, 'a'), (2, 'b')", "(1, 'a'), (1, 'a'), (2, 'b')"), "FAIL",
         pairs=MOST, comparison=BY_K, extra=1, duplicate_keys_target=1,
         duplicate_keys_source=0),
    case("duplicates_on_the_source", LOOSE,
         ("(1, 'a'), (1, 'c'), (2, 'b')", "(1, 'a'), (2, 'b')"), "FAIL",
         pairs=MOST, comparison=BY_K, missing=1, duplicate_keys_source=1,
         duplicate_keys_target=0),
    case("duplicates_that_differ", LOOSE,
         ("(1, 'a'), (1, 'c')", "(1, 'a'), (1, 'd')"), "FAIL", pairs=MOST,
         comparison=BY_K, changed=1, duplicate_keys_source=1,
         duplicate_keys_target=1, keys=1),
    case("null_keys_on_both_sides", LOOSE, "(NULL, 'a'), (2, 'b')", "FAIL",
         pairs=MOST, comparison=BY_K, null_keys_source=1, null_keys_target=1),
    case("null_keys_on_the_target", LOOSE,
         ("(2, 'b')", "(NULL, 'a'), (2, 'b')"), "FAIL", pairs=MOST,
         comparison=BY_K, extra=1, null_keys_source=0, null_keys_target=1),
    case("null_in_a_part_of_the_key", "a INTEGER, b INTEGER, v INTEGER",
         ("(1, NULL, 5), (1, 1, 6)", "(1, NULL, 5), (1, 1, 7)"), "FAIL",
         pairs=MOST, comparison="key: [a, b]", changed=1, null_keys_source=1,
         null_keys_target=1),
    # Keyless tables are multisets.
    case("keyless_equal", "a {str}, n INTEGER",
         ("('x', 1), ('y', 2), ('x', 1), (NULL, NULL)",
          "(NULL, NULL), ('x', 1), ('x', 1), ('y', 2)"), "PASS", pairs=MOST,
         comparison=KEYLESS, rows_source=4, keys=4),
    case("keyless_one_more", "a {str}, n INTEGER",
         ("('x', 1), ('x', 1)", "('x', 1), ('x', 1), ('x', 1)"), "FAIL",
         pairs=MOST, comparison=KEYLESS, extra=1, keys=3),
    case("keyless_nulls", "a {str}, n INTEGER",
         ("(NULL, 1)", "('', 1)"), "FAIL", pairs=MOST, comparison=KEYLESS,
         missing=1, extra=1),
    # Rows that moved, went or came.
    case("row_moved_to_another_key", TWO,
         (values("'p', 'q'", "'r', 's'"), "(1, 'p', 'q'), (7, 'r', 's')"),
         "FAIL", pairs=MOST, missing=1, extra=1, keys=3),
    case("empty_on_both_sides", ONE + "{str}", "", "FAIL", pairs=MOST,
         found="both sides are empty"),
    case("empty_and_meant", ONE + "{str}", "", "PASS", pairs=MOST,
         uniform="on_empty: pass"),
    case("empty_and_warned", ONE + "{str}", "", "WARN", pairs=MOST,
         uniform="on_empty: warn"),
    case("empty_source", ONE + "{str}", ("", many(3)), "FAIL", pairs=MOST,
         uniform="on_empty: pass", extra=3, keys=3),
    case("empty_target", ONE + "{str}", (many(3), ""), "FAIL", pairs=MOST,
         uniform="on_empty: pass", missing=3, keys=3),
    case("empty_inside_where", ONE + "{str}", many(3), "FAIL", pairs=MOST,
         uniform="where: id > 100", found="empty inside the where"),
    case("everything_changed", ONE + "{str}", (many(500), many(500, "'y'")),
         "FAIL", pairs=MOST, changed=500, keys=500),
    case("everything_elsewhere", ONE + "{str}",
         (many(500), many(500, "'x'", 501)), "FAIL", pairs=MOST, missing=500,
         extra=500, keys=1000),
    # Thresholds and verdicts.
    asking("share_reached", ONE_OF_1000, "PASS", "fail_above: 0.1%",
           changed=1, keys=1000),
    asking("share_exceeded", TWO_OF_1000, "FAIL", "fail_above: 0.1%",
           changed=2, keys=1000),
    asking("share_just_not", ONE_OF_1000, "FAIL", "fail_above: 0.0999%",
           changed=1),
    asking("count", TWO_OF_1000, "PASS", "fail_above: 2"),
    asking("count_exceeded", TWO_OF_1000, "FAIL", "fail_above: 1", changed=2),
    asking("warn", TWO_OF_1000, "WARN", "fail_above: 2\nwarn_above: 0"),
    asking("severity", TWO_OF_1000, "WARN", "severity: warn", changed=2),
    case("threshold_never_for_columns", (ONE + "{str}", TWO),
         ("(1, 'x')", "(1, 'x', 'y')"), "FAIL", pairs=CROSS,
         uniform="fail_above: 100%", found="only in the target: a, b"),
    # Columns.
    case("column_of_the_source_only", (TWO, "id INTEGER PRIMARY KEY, a {str}"),
         ("(1, 'x', 'y')", "(1, 'x')"), "FAIL", pairs=MOST,
         found="only in the source: b .*columns.except"),
    case("column_of_the_target_only", ("id INTEGER PRIMARY KEY, a {str}", TWO),
         ("(1, 'x')", "(1, 'x', NULL)"), "FAIL", pairs=MOST,
         found="only in the target: b .*columns.except"),
    case("columns_except", TWO, ("(1, 'x', 'y')", "(1, 'x', 'z')"), "PASS",
         pairs=MOST, comparison="columns: {except: [b]}"),
    case("columns_except_not", TWO, ("(1, 'x', 'y')", "(1, 'z', 'y')"), "FAIL",
         pairs=MOST, comparison="columns: {except: [b]}", changed=1),
    case("columns_only", TWO, ("(1, 'x', 'y')", "(1, 'x', 'z')"), "PASS",
         pairs=MOST, comparison="columns: {only: [a]}"),
    case("columns_only_not", TWO, ("(1, 'x', 'y')", "(1, 'w', 'z')"), "FAIL",
         pairs=MOST, comparison="columns: {only: [a]}", changed=1),
    case("columns_only_lost", (TWO, "id INTEGER PRIMARY KEY, a {str}"),
         ("(1, 'x', 'y')", "(1, 'x')"), "FAIL", pairs=MOST,
         comparison="columns: {only: [a, b]}", keys=1,
         found="no difference of 1 key; only in the source: b \\(.*only"),
    case("columns_only_added", ("id INTEGER PRIMARY KEY, a {str}", TWO),
         ("(1, 'x')", "(1, 'x', 'y')"), "FAIL", pairs=CROSS,
         comparison="columns: {only: [B]}", found="only in the target: b "),
    case("columns_only_not_the_lost", (TWO, "id INTEGER PRIMARY KEY, a {str}"),
         ("(1, 'x', 'y')", "(1, 'x')"), "PASS", pairs=CROSS,
         comparison="columns: {only: [a]}"),
    case("columns_policy_of_the_lost", (TWO, "id INTEGER PRIMARY KEY, a {str}"),
         ("(1, 'x', 'y')", "(1, 'x')"), "FAIL", pairs=CROSS,
         comparison="columns: {policies: {b: {trim: both}}}\n"
         "accept: [{column: b, reason: r, owner: o}]",
         found="only in the source: b "),
    case("columns_all_mistakes_at_once", TWO, "(1, 'x', 'y')", "ERROR",
         pairs=CROSS, error="COLUMN_NOT_FOUND",
         comparison="key: [idd]\ncolumns: {except: [nowhere], policies: "
         "{activ: {trim: both}}}\n"
         "accept: [{column: gone, reason: r, owner: o}]",
         message="'idd'; did you mean 'id'.*'nowhere'.*'activ'.*'gone'"),
    case("columns_all_mistakes_of_map", TWO, "(1, 'x', 'y')", "ERROR",
         pairs=CROSS, error="COLUMN_NOT_FOUND",
         comparison="columns: {map: {a: c, b: {source: d, target: e}}}",
         message="the target, .*'c'; .*the source, .*'d'; .*the target, "
         ".*'e'"),
    case("columns_except_unknown", TWO, "(1, 'x', 'y')", "ERROR", pairs=CROSS,
         comparison="columns: {except: [nowhere]}", error="COLUMN_NOT_FOUND"),
    case("columns_all_excepted", ONE + "{str}", ("(1, 'x')", "(1, 'y')"),
         "WARN", pairs=MOST, comparison="columns: {except: [v]}"),
    case("columns_in_another_order",
         (TWO, "b {str}, id INTEGER NOT NULL PRIMARY KEY, a {str}"),
         ("(1, 'x', 'y')", "('y', 1, 'x')"), "PASS", pairs=MOST),
    case("columns_in_another_case",
         (TWO, "ID INTEGER NOT NULL PRIMARY KEY, A {str}, B {str}"),
         ("(1, 'x', 'y')", "(1, 'x', 'z')"), "FAIL", pairs=MOST, changed=1),
    case("columns_that_differ_by_case",
         'id INTEGER PRIMARY KEY, "v" INTEGER, "V" INTEGER',
         ("(1, 1, 1), (2, 5, 5)", "(1, 1, 2), (2, 6, 5)"), "FAIL",
         pairs=[(PG, PG)], changed=2),
    case("columns_named_as_ours", "id INTEGER PRIMARY KEY, assay_mark INTEGER, "
         "assay_m0 INTEGER", ("(1, 1, 1), (2, 1, 1)", "(1, 2, 1), (2, 1, 2)"),
         "FAIL", pairs=MOST, changed=2),
    case("column_named_as_ours_only_there", (ONE + "INTEGER", ONE +
         "INTEGER, assay_mx INTEGER"), ("(1, 1)", "(1, 1, 1)"), "FAIL",
         pairs=CROSS, found="only in the target: assay_mx"),
    # Policies: each with what it just accepts, and what it just does not.
    *kept("tolerance", "NUMERIC(12,4)", (values("1.00", "-5", "NULL"),
          values("1.01", "-4.99", "NULL")), ("1.00", "1.0101"),
          "tolerance: 0.01"),
    *kept("tolerance_null", "NUMERIC(12,4)", values("1.00"), ("0", "NULL"),
          "tolerance: 1000000"),
    *kept("tolerance_double", "{double}", (values("0.5", "1e300"),
          values("0.75", "1e300")), ("0.5", "0.7500000000000001"),
          "tolerance: 0.25"),
    *kept("relative_tolerance", "NUMERIC(12,4)", (values("100", "-100", "0"),
          values("101", "-99", "0")), ("100", "101.0001"),
          "relative_tolerance: 0.01"),
    *kept("relative_of_zero", "NUMERIC(12,4)", values("0"), ("0", "0.0001"),
          "relative_tolerance: 0.5"),
    *kept("either_tolerance", "NUMERIC(12,4)", (values("0", "1000"),
          values("0.1", "1010")), ("0", "0.1001"),
          "tolerance: 0.1, relative_tolerance: 0.01"),
    *kept("precision", "{ts}", (values("'2026-01-01 10:00:00.123456'"),
          values("'2026-01-01 10:00:00.123999'")),
          ("'2026-01-01 10:00:00.123'", "'2026-01-01 10:00:00.124'"),
          "precision: 3"),
    *kept("rounding", "{ts}", (values("'2026-12-31 23:59:59.5'"),
          values("'2027-01-01 00:00:00'")),
          ("'2026-12-31 23:59:59.4999'", "'2027-01-01 00:00:00'"),
          "precision: 0, rounding: round"),
    *kept("trim_trailing", "{str}", (values("'a'", "''"),
          values("'a  '", "'   '")), ("'a'", "' a'"), "trim: trailing"),
    *kept("trim_only_blanks", "{str}", values("'a'"), ("'a'", "'a\t'"),
          "trim: both"),
    *kept("trim_both", "{str}", (values("'a b'"), values("'  a b '")),
          ("'a b'", "'a  b'"), "trim: both"),
    *kept("ignore_case", "{str}", (values("'aBc'", "'ä1'"),
          values("'AbC'", "'ä1'")), ("'ä'", "'Ä'"), "ignore_case: true"),
    *kept("empty_is_null", "{str}", (values("''", "NULL"),
          values("NULL", "''")), ("''", "' '"), "empty_is_null: true"),
    *kept("trim_and_empty", "{str}", (values("'  '"), values("NULL")),
          ("' a '", "NULL"), "empty_is_null: true, trim: both"),
    case("policy_as_text", ONE + "{str}",
         (values("'1.0'"), values("'1'")), "FAIL", pairs=CROSS,
         comparison=policy("as: text"), changed=1),
    case("policy_as_decimal", ONE + "{str}",
         (values("'1.0'", "'-1e2'"), values("'1'", "'-100'")), "PASS",
         pairs=CROSS, comparison=policy("as: decimal")),
    case("policy_as_decimal_of_words", ONE + "{str}",
         (values("'1.0'"), values("'one'")), "ERROR|FAIL", pairs=CROSS,
         comparison=policy("as: decimal")),
    case("policy_on_a_key", "k {str} NOT NULL PRIMARY KEY, v INTEGER",
         ("('A', 1), ('b', 2)", "('a', 1), ('B', 3)"), "FAIL", pairs=[(PG, PG),
         (PG, MARIA)], comparison="columns: {policies: {k: {ignore_case: "
         "true}}}", changed=1, keys=2),
    # What each side leaves out, and one where for both.
    case("where_of_each_side", ONE + "{str}",
         (many(5), many(5) + ", (6, 'y'), (7, 'z')"), "PASS", pairs=MOST,
         where=("id > 2", "id BETWEEN 3 AND 5"), rows_source=3, rows_target=3),
    case("where_of_one_side", ONE + "{str}", (many(5), many(5)), "FAIL",
         pairs=MOST, where=("id > 2", None), extra=2, keys=5),
    case("where_of_the_rule", ONE + "{str}", (many(5), many(4) + ", (9, 'y')"),
         "PASS", pairs=MOST, uniform="where: id < 5", keys=4),
    case("where_hides_what_moved", ONE + "{str}", (many(3), many(2) +
         ", (3, 'y')"), "FAIL", pairs=MOST, where="v = 'x'", missing=1,
         keys=3),
    # Limits.
    case("stop_after", ONE + "{str}", (many(900), many(900, "'y'")), "FAIL",
         pairs=SERVERS, rule="full_diff: {stop_after: 10}", complete=False,
         found="not everything was compared"),
    case("stop_after_within_threshold", ONE + "{str}",
         (many(900), many(900, "'y'")), "ERROR", pairs=SERVERS,
         rule="full_diff: {stop_after: 10}", uniform="fail_above: 900",
         error="BUDGET_REACHED"),
    case("stop_after_not_reached", ONE + "{str}",
         (many(900), many(895) + ", " + many(5, "'y'", 896)), "FAIL",
         pairs=SERVERS, rule="full_diff: {stop_after: 10}", changed=5,
         keys=900, complete=True),
    case("max_rows_of_equal_data", ONE + "{str}", many(900), "ERROR",
         pairs=CROSS + SAME, rule="full_diff: {max_rows: 100, hashing: "
         "never}", error="BUDGET_REACHED", complete=False),
    case("max_rows_not_reached", ONE + "{str}", many(30), "PASS",
         pairs=SERVERS, rule="full_diff: {max_rows: 61}", keys=30),
    case("max_rows_share", ONE + "{str}", (many(900), many(900, "'y'")),
         "ERROR", pairs=SERVERS, rule="full_diff: {max_rows: 100}",
         uniform="fail_above: 50%", error="BUDGET_REACHED"),
    case("timeout", ONE + "{str}", many(900), "ERROR", pairs=[(PG, MARIA)],
         rule="full_diff: {rows_per_second: 10}", uniform="timeout: 1s",
         error="STATEMENT_TIMEOUT"),
    case("older_than", ONE + "{ts}",
         ("(1, '2020-01-01'), (2, '2099-01-01'), (3, NULL)",
          "(1, '2020-01-01'), (4, '2099-01-02'), (3, NULL)"), "PASS",
         pairs=SERVERS, rule="full_diff: {older_than: {column: v, age: 1h}}",
         rows_source=2, keys=2),
    case("older_than_not", ONE + "{ts}, w INTEGER",
         ("(1, '2020-01-01', 1), (2, '2099-01-01', 2)",
          "(1, '2020-01-01', 7), (2, '2099-01-01', 3)"), "FAIL",
         pairs=SERVERS, rule="full_diff: {older_than: {column: v, age: 1h}}",
         changed=1, keys=1),
    case("recheck_confirms", ONE + "{str}", (many(9), many(8) + ", (9, 'y')"),
         "FAIL", pairs=SERVERS,
         rule="full_diff: {recheck: {times: 2, after: 10ms}}", changed=1,
         settled=0),
    case("rollback_confirmed", ONE + "{str}",
         (many(9), many(8) + ", (9, 'y')"), "FAIL", pairs=SERVERS,
         uniform="on_fail: rollback", changed=1, exit=(4,)),
    case("rollback_never_for_empty", ONE + "{str}", "", "FAIL", pairs=CROSS,
         uniform="on_fail: rollback", exit=(1,)),
    case("rollback_of_a_count", ONE + "{str}", (many(9), many(8)), "FAIL",
         pairs=CROSS, rule="row_count: {tolerance: 0}",
         uniform="on_fail: rollback", exit=(4,)),
    # What cannot be looked up is confirmed by a second reading of everything.
    case("rollback_without_a_key", ONE + "{str}",
         (many(9), many(8) + ", (9, 'y')"), "FAIL", pairs=MOST,
         comparison="key: none", uniform="on_fail: rollback", missing=1,
         extra=1, exit=(4,), notes="read a second time and differed alike"),
    case("rollback_with_a_policy_on_the_key",
         "k VARCHAR(9) NOT NULL PRIMARY KEY, v INTEGER",
         ("('a', 1), ('b', 2)", "('a', 1), (' b', 3)"), "FAIL", pairs=MOST,
         comparison="columns: {policies: {k: {trim: both}}}", changed=1,
         uniform="on_fail: rollback", exit=(4,)),
    case("rollback_of_duplicates", "id INTEGER, v {str}",
         "(1, 'x'), (1, 'x')", "FAIL", pairs=CROSS, comparison="key: [id]",
         duplicate_keys_source=1, duplicate_keys_target=1,
         uniform="on_fail: rollback", exit=(4,)),
    case("rollback_of_a_lost_column",
         (TWO, "id INTEGER NOT NULL PRIMARY KEY, a {str}"),
         ("(1, 'x', 'y')", "(1, 'x')"), "FAIL", pairs=CROSS,
         uniform="on_fail: rollback", exit=(4,)),
    case("rollback_never_of_what_moves", (None, "v TEXT"), "('x')", "FAIL",
         pairs=[(PG, PG)], comparison="key: none", missing=1, extra=1,
         sides=('query: "SELECT clock_timestamp()::text AS v"', None),
         uniform="on_fail: rollback", exit=(1,),
         found="not confirmed by a second reading"),
    case("rollback_never_for_warn", ONE + "{str}",
         (many(9), many(8) + ", (9, 'y')"), "PASS", pairs=CROSS,
         uniform="on_fail: rollback\nfail_above: 1", exit=(0,)),
    case("hashed", ONE + "{str}", many(9), "PASS", pairs=[(PG, PG)],
         notes="method: hashed in both databases, all hashes equal", keys=9),
    case("hashed_not", ONE + "{str}", (many(9), many(8) + ", (9, 'y')"),
         "FAIL", pairs=[(PG, PG)], notes="hashed in both .* not equal",
         changed=1),
    case("not_hashed_with_a_policy", ONE + "{str}", many(9), "PASS",
         pairs=[(PG, PG)], comparison=policy("trim: both"),
         notes="rows streamed, since v has a policy"),
]


class ComparisonTest(unittest.TestCase):
    pass


pairs.install(ComparisonTest, CASES)

if __name__ == "__main__":
    unittest.main()
