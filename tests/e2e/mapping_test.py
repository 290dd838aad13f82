#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Columns that are called or computed differently, sides that are queries,
differences that are accepted, and many tables at once.
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import pairs  # pylint: disable=wrong-import-position
from pairs import (  # pylint: disable=wrong-import-position
    CROSS, MARIA, MOST, PG, SERVERS, case)

ID = "id INTEGER NOT NULL PRIMARY KEY, "


def mapped(text, more=""):
    return f"columns: {{map: {{{text}}}{more}}}"


def accepted(*entries):
    return "accept:\n" + "".join(
        f"  - {{{entry}, reason: known, owner: dba}}\n" for entry in entries)


def query(table, columns="*", more=""):
    return "query: " + assay.quoted(f"SELECT {columns} FROM {table}{more}")


# Changed: 1 in v (case), 2 in v (blanks), 3 in w, 4 in v (blanks) and w;
# 5 is missing, 6 extra.
KNOWN = ("(1, 'a', 1), (2, 'b', 1), (3, 'c', 1), (4, 'd', 1), (5, 'e', 1)",
         "(1, 'A', 1), (2, 'b ', 1), (3, 'c', 2), (4, 'd ', 2), (6, 'f', 1)")
KNOWN_COLUMNS = ID + "v {str}, w INTEGER"


def knows(name, entries, verdict="FAIL", rows=KNOWN, **more):
    return case(f"accept_{name}", KNOWN_COLUMNS, rows, verdict, pairs=SERVERS,
                comparison=accepted(*entries), **more)


CASES = [
    # Names.
    case("map_rename", (ID + "full_name {str}", ID + "name {str}"),
         "(1, 'x'), (2, 'y')", "PASS", pairs=MOST,
         comparison=mapped("full_name: name")),
    case("map_rename_not", (ID + "full_name {str}", ID + "name {str}"),
         ("(1, 'x'), (2, 'y')", "(1, 'x'), (2, 'z')"), "FAIL", pairs=MOST,
         comparison=mapped("full_name: name"), changed=1),
    case("map_key", ("sid INTEGER NOT NULL PRIMARY KEY, v {str}",
                     "tid INTEGER NOT NULL PRIMARY KEY, v {str}"),
         ("(1, 'x'), (2, 'y')", "(1, 'x'), (3, 'y')"), "FAIL", pairs=MOST,
         comparison=mapped("sid: tid"), missing=1, extra=1, keys=3),
    case("map_swapped_names", ID + "a {str}, b {str}",
         ("(1, 'p', 'q'), (2, 'r', 's')", "(1, 'q', 'p'), (2, 's', 'R')"),
         "FAIL", pairs=MOST, comparison=mapped("a: b, b: a"), changed=1),
    case("map_policy_stays_with_its_column", ID + "a {str}, b {str}",
         ("(1, 'p', 'q'), (2, 'r', 's')", "(1, 'q', 'p '), (2, 's ', 'r')"),
         "FAIL", pairs=MOST, changed=1,
         comparison=mapped("a: b, b: a",
                           ", policies: {a: {trim: trailing}}")),
    case("map_leaves_the_targets_own_column",
         (ID + "v {str}", ID + "v {str}, w {str}"),
         ("(1, 'x')", "(1, 'other', 'x')"), "FAIL", pairs=MOST,
         comparison=mapped("v: w"), found="only in the target: v"),
    case("map_name_of_another_column",
         (ID + "v {str}, a {str}", ID + "v {str}, b {str}"),
         ("(1, 'x', 'p')", "(1, 'other', 'p')"), "FAIL", pairs=MOST,
         comparison=mapped("v: {source: a, target: b}")),
    case("map_unknown", (ID + "v {str}", ID + "w {str}"), "(1, 'x')", "ERROR",
         pairs=CROSS, comparison=mapped("v: nowhere"),
         error="COLUMN_NOT_FOUND"),
    case("map_one_to_two", (ID + "v {str}", ID + "v {str}, w {str}"),
         ("(1, 'x')", "(1, 'x', 'y')"), "FAIL", pairs=MOST, changed=1,
         comparison=mapped("v: v, copy: {source: v, target: w}")),
    case("except_is_the_targets_own_column",
         (ID + "name {str}", ID + "full_name {str}, name {str}"),
         ("(1, 'F')", "(1, 'DAMAGED', 'new')"), "FAIL", pairs=MOST, changed=1,
         comparison=mapped("full_name: {source: name}", ", except: [name]")),
    case("except_is_the_sources_own_column",
         (ID + "full_name {str}, name {str}", ID + "name {str}"),
         ("(1, 'F', 'old')", "(1, 'DAMAGED')"), "FAIL", pairs=MOST, changed=1,
         comparison=mapped("full_name: {target: name}", ", except: [name]")),
    case("except_of_a_mapped_column_alone",
         (ID + "name {str}", ID + "full_name {str}"),
         ("(1, 'F')", "(1, 'DAMAGED')"), "ERROR", pairs=CROSS,
         comparison=mapped("full_name: {source: name}", ", except: [name]"),
         error="NOT_COMPARABLE"),
    # Expressions.
    case("map_source_sql", (ID + "price NUMERIC(9,2), qty INTEGER",
                            ID + "total NUMERIC(12,2)"),
         ("(1, 1.50, 2), (2, 3, 1)", "(1, 3), (2, 3)"), "PASS", pairs=SERVERS,
         comparison=mapped('total: {source_sql: "price * qty"}',
                           ", except: [price, qty]")),
    case("map_source_sql_not", (ID + "price NUMERIC(9,2), qty INTEGER",
                                ID + "total NUMERIC(12,2)"),
         ("(1, 1.50, 2), (2, 3, 1)", "(1, 3), (2, 3.01)"), "FAIL",
         pairs=SERVERS, changed=1,
         comparison=mapped('total: {source_sql: "price * qty"}',
                           ", except: [price, qty]")),
    case("map_target_sql", (ID + "v {str}", ID + "a {str}"),
         ("(1, 'x'), (2, 'p')", "(1, 'X'), (2, 'Q')"), "FAIL", pairs=MOST,
         changed=1, comparison=mapped('v: {target_sql: "lower(a)"}',
                                      ", except: [a]")),
    case("map_both_sql", ID + "v INTEGER",
         ("(1, 10), (2, 20)", "(1, 5), (2, 11)"), "FAIL", pairs=SERVERS,
         comparison=mapped('v: {source_sql: "v + 1", target_sql: '
                           '"v * 2 + 1"}'), changed=1),
    case("map_sql_needs_an_except",
         (ID + "price INTEGER", ID + "total INTEGER"),
         ("(1, 2)", "(1, 4)"), "FAIL", pairs=CROSS,
         comparison=mapped('total: {source_sql: "price * 2"}'),
         found="only in the source: price"),
    case("map_sql_that_fails", (ID + "v INTEGER", ID + "v INTEGER"),
         "(1, 2)", "ERROR", pairs=SERVERS,
         comparison=mapped('v: {source_sql: "nowhere + 1"}')),
    case("map_sql_beside_an_invisible_column",
         (ID + "h INTEGER INVISIBLE DEFAULT 5, v INTEGER",
          ID + "h INTEGER, v INTEGER"), ("(1, 10)", "(1, 6, 10)"),
         "FAIL|ERROR", pairs=[(MARIA, MARIA), (MARIA, PG)],
         comparison=mapped('v: {source_sql: "v"}')),
    case("invisible_column", (ID + "h INTEGER INVISIBLE DEFAULT 5, v INTEGER",
                              ID + "h INTEGER, v INTEGER"),
         ("(1, 10)", "(1, 6, 10)"), "FAIL", pairs=[(MARIA, MARIA),
                                                  (MARIA, PG)], changed=1),
    # Queries.
    case("query_source", ID + "v {str}",
         ("(1, 'x'), (2, 'y')", "(1, 'x'), (2, 'z')"), "FAIL", pairs=MOST,
         sides=(query("query_source_s", "id, v"), None), changed=1,
         comparison="key: [id]"),
    case("query_both", ID + "v {str}",
         ("(1, 'x'), (2, 'y')", "(2, 'x'), (3, 'y')"), "PASS", pairs=SERVERS,
         sides=(query("query_both_s", "id AS k, v"),
                query("query_both_t", "id - 1 AS k, v")),
         comparison="key: [k]"),
    case("query_keyless", ID + "v {str}",
         ("(1, 'x'), (2, 'y'), (3, 'x')", "(1, 'x'), (2, 'x'), (3, 'x')"),
         "FAIL", pairs=MOST, comparison="key: none", missing=1, extra=1,
         sides=(query("query_keyless_s", "v"), query("query_keyless_t", "v"))),
    case("query_of_nothing", ID + "v {str}", "(1, 'x')", "FAIL", pairs=MOST,
         comparison="key: [id]", found="both sides are empty",
         sides=(query("query_of_nothing_s", "*", " WHERE id < 0"),
                query("query_of_nothing_t", "*", " WHERE id < 0"))),
    case("query_with_duplicates", ID + "v {str}",
         ("(1, 'x'), (2, 'x')", "(1, 'x')"), "FAIL", pairs=SERVERS,
         comparison="key: [v]", duplicate_keys_source=1, missing=1,
         sides=(query("query_with_duplicates_s", "v, 1 AS one"),
                query("query_with_duplicates_t", "v, 1 AS one"))),
    case("query_that_fails", ID + "v {str}", "(1, 'x')", "ERROR",
         pairs=SERVERS, comparison="key: [id]",
         sides=(query("nowhere_at_all"), None)),
    # Accepted differences.
    knows("nothing", ["keys: [99]"], missing=1, extra=1, changed=4,
          accepted=0),
    knows("keys", ["keys: [1, 4, 5]"], missing=0, extra=1, changed=2,
          accepted=3),
    knows("keys_of_a_kind", ["keys: [1, 5], kind: missing"], missing=0,
          extra=1, changed=4, accepted=1),
    knows("kind", ["kind: extra", "kind: missing"], changed=4, accepted=2),
    knows("column", ["column: v"], missing=1, extra=1, changed=2, accepted=2),
    knows("column_not_beside_another", ["column: w"], missing=1, extra=1,
          changed=3, accepted=1),
    knows("cause", ["cause: trailing blanks"], missing=1, extra=1, changed=3,
          accepted=1),
    knows("cause_of_a_column", ["column: v, cause: case"], missing=1, extra=1,
          changed=3, accepted=1),
    knows("keys_in_one_column", ["keys: [4], column: v"], missing=1, extra=1,
          changed=4, accepted=0),
    knows("everything", ["keys: [1, 2, 3, 4, 5, 6]"], "PASS", accepted=6),
    knows("expired", ["keys: [1, 2, 3, 4, 5, 6], until: 2026-01-01"],
          missing=1, extra=1, changed=4, accepted=0, notes="2026-01-01"),
    knows("not_expired", ["keys: [1, 2, 3, 4, 5, 6], until: 2999-12-31"],
          "PASS", accepted=6),
    knows("another_cause_later", ["keys: [2], cause: trailing blanks"],
          rows=("(2, 'b', 1)", "(2, ' b', 1)"), changed=1, accepted=0),
    case("accept_composite_key", "a INTEGER NOT NULL, b VARCHAR(9) NOT NULL, "
         "v INTEGER, PRIMARY KEY (a, b)",
         ("(1, 'x', 1), (1, 'X', 1), (2, 'x', 1)",
          "(1, 'x', 2), (1, 'X', 2), (2, 'x', 1)"), "FAIL",
         pairs=[(PG, PG)], comparison=accepted("keys: [[1, x]]"), changed=1,
         accepted=1),
    case("accept_decimal_key", ("k NUMERIC(9,2) PRIMARY KEY, v INTEGER",
                                "k NUMERIC(9,4) PRIMARY KEY, v INTEGER"),
         ("(1.5, 1), (2, 1)", "(1.5, 2), (2, 2)"), "PASS", pairs=CROSS,
         comparison=accepted("keys: [1.50, 2]"), accepted=2),
    case("accept_keyless", "v {str}", ("('x'), ('y')", "('x'), ('z')"), "FAIL",
         pairs=CROSS, comparison="key: none\n" + accepted("kind: missing"),
         extra=1, accepted=1),
    case("accept_not_duplicates", "k INTEGER, v INTEGER",
         ("(1, 1)", "(1, 1), (1, 1)"), "FAIL", pairs=CROSS,
         comparison="key: [k]\n" + accepted("kind: extra"), accepted=1,
         duplicate_keys_target=1, extra=0),
]


class MappingTest(unittest.TestCase):
    pass


pairs.install(MappingTest, CASES)

if __name__ == "__main__":
    unittest.main()
