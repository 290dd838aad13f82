#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rule kinds of comparisons beside full_diff: row_count, aggregate,
schema, foreign_key and sample_diff, on every database.
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import pairs  # pylint: disable=wrong-import-position
from pairs import (  # pylint: disable=wrong-import-position
    CROSS, LITE, MARIA, MOST, PG, SAME, SERVERS, case)

ID = "id INTEGER NOT NULL PRIMARY KEY, "
ROWS = (ID + "g {str}, n INTEGER, d {dec}, x {double}, t {str}, dt DATE, "
        "ts {ts}")
SOME = ("(1, 'a', 1, 1.5, 0.5, 'x', '2026-01-01', '2026-01-01 10:00:00'), "
        "(2, 'a', 2, 2.25, 1.5, 'X', '2026-01-02', '2026-01-02 10:00:00.5'), "
        "(3, 'b', NULL, NULL, NULL, NULL, NULL, NULL), "
        "(4, 'b', 2, 0.0001, -1, 'x ', '1999-12-31', '1999-12-31 23:59:59')")
# The same but one value of each column, in row 4.
OTHER = SOME[:SOME.rindex("(4")] + (
    "(4, 'b', 3, 0.0002, -1.5, 'y', '1999-12-30', '1999-12-31 23:59:58')")
FUNCTIONS = {"n": ["count", "distinct", "min", "max", "sum", "avg"],
             "d": ["min", "sum", "avg"], "x": ["min", "sum", "avg"],
             "t": ["count", "distinct"], "dt": ["min", "max", "count"],
             "ts": ["min", "max"]}
# Where row 4 cannot tell: a maximum or a count that it does not change.
SAME_ANYWAY = {("n", "count"), ("n", "min"), ("t", "count"), ("t", "distinct"),
               ("dt", "max"), ("dt", "count"), ("ts", "max")}


def many(count, start=1, value="'x'"):
    return ", ".join(f"({n}, {value})" for n in range(start, start + count))


def counted(name, source, target, tolerance, verdict):
    return case(f"count_{name}", ID + "v {str}",
                (many(source), many(target)), verdict, pairs=MOST,
                rule=f"row_count: {{tolerance: {tolerance}}}")


def aggregate_cases():
    out = []
    for column, functions in FUNCTIONS.items():
        for function in functions:
            # A sum of doubles depends on the order of adding.
            near = column == "x" and function in ("sum", "avg")
            rule = (f"aggregate: {{function: {function}, column: {column}" +
                    (", tolerance: 0.0001}" if near else "}"))
            # SQLite's times are texts, which may be written in many ways.
            texts = column in ("dt", "ts") and function in ("min", "max")
            out.append(case(f"same_{function}_{column}", ROWS, SOME, "PASS",
                            pairs=SERVERS if texts else MOST, rule=rule))
            verdict = ("PASS" if (column, function) in SAME_ANYWAY else "FAIL")
            out.append(case(f"other_{function}_{column}", ROWS, (SOME, OTHER),
                            verdict, rule=rule,
                            pairs=SERVERS if texts else CROSS + SAME))
            if near or texts:
                rule = f"aggregate: {{function: {function}, column: {column}}}"
                out.append(case(f"refused_{function}_{column}", ROWS, SOME,
                                "ERROR", rule=rule, error="NOT_COMPARABLE",
                                pairs=MOST if near else [(PG, LITE)]))
    return out


def grouped(name, rows, verdict, text, **more):
    return case(f"grouped_{name}", ID + "g {str}, v INTEGER", rows, verdict,
                pairs=MOST, rule=f"aggregate: {{{text}, group_by: [g]}}",
                **more)


def schema(name, source, target, found, ignore="", pairs_=SERVERS, **more):
    """A mismatch that `found` names, and that goes where it is ignored."""
    cases = [case(f"schema_{name}", (source, target), ("", ""), "FAIL",
                  pairs=pairs_, rule="schema: {}", found=found, **more)]
    if ignore:
        cases.append(case(f"schema_{name}_ignored", (source, target), ("", ""),
                          "PASS", pairs=pairs_,
                          rule=f"schema: {{ignore: [{ignore}]}}", **more))
    return cases


def child(name, columns, rows, verdict, rule, on=MOST, **more):
    return case(f"fk_{name}", columns, rows, verdict, pairs=on,
                rule=f"foreign_key: {{{rule}}}", **more)


CASES = [
    counted("equal", 10, 10, "0", "PASS"),
    counted("one_less", 10, 9, "0", "FAIL"),
    counted("share_reached", 1000, 1001, "0.1%", "PASS"),
    counted("share_reached_below", 1000, 999, "0.1%", "PASS"),
    counted("share_exceeded", 1000, 1002, "0.1%", "FAIL"),
    counted("share_of_the_source", 999, 1000, "0.1%", "FAIL"),
    counted("rows", 10, 13, "3", "PASS"),
    counted("rows_exceeded", 10, 14, "3", "FAIL"),
    counted("source_0_share", 0, 1, "0.1%", "FAIL"),
    counted("source_0_rows", 0, 3, "3", "PASS"),
    counted("source_0_nothing", 0, 1, "0", "FAIL"),
    counted("target_0", 5, 0, "0", "FAIL"),
    counted("both_0", 0, 0, "5", "FAIL"),
    *aggregate_cases(),
    case("rows_counted", ROWS, SOME, "PASS", pairs=MOST,
         rule="aggregate: {function: count}"),
    case("sum_tolerance", ID + "v {dec}", ("(1, 1000)", "(1, 1001)"), "PASS",
         pairs=MOST, rule="aggregate: {function: sum, column: v, tolerance: "
         "0.1%}"),
    case("sum_tolerance_exceeded", ID + "v {dec}",
         ("(1, 1000)", "(1, 1001.0001)"), "FAIL", pairs=MOST,
         rule="aggregate: {function: sum, column: v, tolerance: 0.1%}"),
    case("sum_of_nothing", ID + "v {dec}", "(1, NULL)", "WARN", pairs=MOST,
         rule="aggregate: {function: sum, column: v}"),
    case("sum_null_and_0", ID + "v {dec}", ("(1, NULL)", "(1, 0)"), "FAIL",
         pairs=MOST, rule="aggregate: {function: sum, column: v}"),
    case("sum_beyond_bigint", ID + "v {big}",
         ("(1, 9223372036854775807), (2, 9223372036854775807)",
          "(1, 9223372036854775807), (2, 9223372036854775806)"), "FAIL",
         pairs=SERVERS, rule="aggregate: {function: sum, column: v}"),
    # Each database has an order of its own for texts.
    case("max_of_texts", ID + "v {str}", "(1, 'a')", "ERROR", pairs=MOST,
         rule="aggregate: {function: max, column: v}"),
    case("distinct_by_bytes", ID + "v {str}",
         ("(1, 'a'), (2, 'A'), (3, 'a ')", "(1, 'a'), (2, 'b'), (3, 'c')"),
         "PASS", pairs=MOST, rule="aggregate: {function: distinct, column: v}"),
    case("min_of_unlike", ID + "v {bool}", "(1, TRUE)", "PASS|ERROR",
         pairs=SERVERS, rule="aggregate: {function: count, column: v}"),
    grouped("equal", "(1, 'a', 1), (2, 'A', 2), (3, 'a ', 3), (4, NULL, 4)",
            "PASS", "function: sum, column: v"),
    grouped("one", ("(1, 'a', 1), (2, 'b', 2)", "(1, 'a', 1), (2, 'b', 3)"),
            "FAIL", "function: sum, column: v", found="1 of 2 groups"),
    grouped("missing", ("(1, 'a', 1), (2, 'b', 2)", "(1, 'a', 1)"), "FAIL",
            "function: count", found="no such group"),
    grouped("compensated", ("(1, 'a', 1), (2, 'b', 2)",
                            "(1, 'a', 2), (2, 'b', 1)"), "FAIL",
            "function: sum, column: v", found="2 of 2 groups"),
    grouped("case", ("(1, 'a', 1), (2, 'A', 2)", "(1, 'a', 2), (2, 'A', 1)"),
            "FAIL", "function: sum, column: v"),
    grouped("null_and_empty", ("(1, NULL, 1)", "(1, '', 1)"), "FAIL",
            "function: count", found="2 of 2 groups"),
    # schema
    case("schema_equal", ROWS, "", "PASS", pairs=SERVERS + [(LITE, LITE)],
         rule="schema: {ignore: [defaults]}"),
    *schema("missing_column", ID + "v INTEGER", ID[:-2], "v"),
    *schema("extra_column", ID[:-2], ID + "v INTEGER", "v"),
    *schema("type", ID + "v INTEGER", ID + "v VARCHAR(20)", "v", "types"),
    *schema("shorter", ID + "v VARCHAR(30)", ID + "v VARCHAR(20)", "20",
            "types"),
    *schema("smaller", ID + "v BIGINT", ID + "v INTEGER", "v", "types"),
    *schema("scale", ID + "v NUMERIC(12,4)", ID + "v NUMERIC(12,2)", "v",
            "types"),
    *schema("nullability", ID + "v INTEGER NOT NULL", ID + "v INTEGER",
            "v.*NULL", "nullability, defaults"),
    *schema("default", ID + "v INTEGER DEFAULT 5", ID + "v INTEGER",
            "v.*default", "defaults"),
    *schema("other_default", ID + "v INTEGER DEFAULT 5",
            ID + "v INTEGER DEFAULT 6", "v.*default", "defaults"),
    *schema("primary_key", ID + "v INTEGER NOT NULL",
            "id INTEGER NOT NULL, v INTEGER NOT NULL PRIMARY KEY", "key",
            "keys, indexes"),
    *schema("unique_key", ID + "v INTEGER UNIQUE", ID + "v INTEGER", "v",
            "keys, indexes"),
    case("schema_mapped", (ID + "a INTEGER, c INTEGER", ID + "b INTEGER"), "",
         "PASS", pairs=SERVERS, rule="schema: {}",
         comparison="columns: {map: {a: b}, except: [c]}"),
    case("schema_no_table", (ID + "v INTEGER", None), ("", ""), "FAIL|ERROR",
         pairs=SERVERS, rule="schema: {}"),
    # foreign_key
    child("complete", (ID + "p INTEGER", ID + "v INTEGER"),
          ("(1, 1), (2, 2), (3, 2)", "(1, 0), (2, 0), (9, 0)"), "PASS",
          "columns: [p], key: [id]"),
    child("orphans", (ID + "p INTEGER", ID + "v INTEGER"),
          ("(1, 1), (2, 5), (3, 5), (4, 6), (5, NULL)", "(1, 0), (2, 0)"),
          "FAIL", "columns: [p], key: [id]",
          found=r"3 of 4 rows without parent \(2 keys\)"),
    child("of_the_target", (ID + "v INTEGER", ID + "p INTEGER"),
          ("(1, 0), (2, 0)", "(1, 1), (2, 5)"), "FAIL",
          "columns: [p], key: [id], child: target", found="1 of 2 rows"),
    child("threshold", (ID + "p INTEGER", ID + "v INTEGER"),
          ("(1, 1), (2, 5), (3, 1)", "(1, 0)"), "PASS",
          "columns: [p], key: [id]", uniform="fail_above: 34%"),
    child("all_null", (ID + "p INTEGER", ID + "v INTEGER"),
          ("(1, NULL)", "(1, 0)"), "WARN", "columns: [p], key: [id]"),
    child("no_child", (ID + "p INTEGER", ID + "v INTEGER"), ("", "(1, 0)"),
          "FAIL", "columns: [p], key: [id]"),
    child("no_parent", (ID + "p INTEGER", ID + "v INTEGER"), ("(1, 1)", ""),
          "FAIL", "columns: [p], key: [id]", found="1 of 1 row"),
    child("text_by_bytes", (ID + "p {str}", "k {str} NOT NULL PRIMARY KEY"),
          ("(1, 'abc'), (2, 'ABC'), (3, 'abc '), (4, 'ä'), (5, 'abc')",
           "('abc'), ('a')"), "FAIL", "columns: [p], key: [k]",
          found=r"3 of 5 rows without parent \(3 keys\)"),
    child("composite", (ID + "a INTEGER, b {str}",
                        "a INTEGER NOT NULL, b VARCHAR(9) NOT NULL, "
                        "PRIMARY KEY (a, b)"),
          ("(1, 1, 'x'), (2, 1, 'y'), (3, NULL, 'x'), (4, 2, 'x')",
           "(1, 'x'), (2, 'y')"), "FAIL", "columns: [a, b]",
          found="2 of 3 rows"),
    child("where", (ID + "p INTEGER", ID + "v INTEGER"),
          ("(1, 1), (2, 5)", "(1, 0)"), "PASS", "columns: [p], key: [id]",
          where=("p < 5", None)),
    child("unlike_types", (ID + "p INTEGER", "k DATE NOT NULL PRIMARY KEY"),
          ("(1, 1)", "('2026-01-01')"), "ERROR", "columns: [p], key: [k]",
          on=SERVERS),
    # sample_diff
    case("sample_equal", ID + "v {str}", many(500), "PASS", pairs=MOST,
         rule="sample_diff: {random: 100, seed: 3}", keys=100),
    case("sample_all", ID + "v {str}", (many(50), many(48) + ", (49, 'y')"),
         "FAIL", pairs=MOST, rule="sample_diff: 1000", changed=1, missing=1,
         keys=50),
    case("sample_edges", ID + "v {str}",
         (many(300), "(0, 'x'), " + many(299) + ", (300, 'y')"), "FAIL",
         pairs=MOST, rule="sample_diff: {edges: true}", extra=1, changed=1,
         keys=3),
    case("sample_keys", ID + "v {str}",
         (many(300), many(299) + ", (300, 'y'), (301, 'z')"), "FAIL",
         pairs=MOST, rule="sample_diff: {keys: [5, 300, 301, 999]}",
         changed=1, extra=1, keys=3, notes="neither side"),
    case("sample_recent", ID + "v {ts}, w {str}",
         ("(1, '2020-01-01', 'x'), (2, '2098-01-01', 'x')",
          "(1, '2020-01-01', 'old'), (2, '2098-01-01', 'y'), "
          "(3, '2099-01-01', 'z')"), "FAIL", pairs=SERVERS,
         rule="sample_diff: {recent: {column: v, within: 24h}}", changed=1,
         extra=1, keys=2),
    case("sample_null_keys", "k INTEGER, v {str}",
         ("(NULL, 'a'), (1, 'b')", "(1, 'b')"), "FAIL", pairs=MOST,
         comparison="key: [k]", rule="sample_diff: {random: 100}",
         found="1 missing|NULL in the key"),
    case("sample_null_keys_on_both", "k INTEGER, v {str}",
         ("(NULL, 'a'), (1, 'b')", "(NULL, 'c'), (1, 'b')"), "FAIL",
         pairs=MOST, comparison="key: [k]",
         rule="sample_diff: {random: 100, edges: true}"),
    case("sample_duplicates", "k INTEGER, v {str}",
         ("(1, 'a'), (2, 'b')", "(1, 'a'), (1, 'a'), (2, 'b')"), "FAIL",
         pairs=MOST, comparison="key: [k]", rule="sample_diff: {random: 100}",
         extra=1, duplicate_keys_target=1),
    case("sample_text_keys", "k VARCHAR(20) NOT NULL PRIMARY KEY, v {str}",
         ("('a', 'x'), ('-', 'x'), ('b', 'x')",
          "('A', 'x'), ('-', 'x'), ('b ', 'x')"), "FAIL", pairs=MOST,
         rule="sample_diff: {random: 100, edges: true}", missing=2, extra=2,
         keys=5),
    case("sample_column_only_there", (ID + "v {str}", ID + "v {str}, w {str}"),
         ("(1, 'x')", "(1, 'x', 'y')"), "FAIL", pairs=CROSS,
         rule="sample_diff: {random: 5}", found="only in the target: w"),
    case("sample_both_empty", ID + "v {str}", "", "FAIL", pairs=MOST,
         rule="sample_diff: {random: 5}"),
    case("sample_one_empty", ID + "v {str}", (many(9), ""), "FAIL",
         pairs=MOST, rule="sample_diff: {random: 5}",
         found="^[45] missing"),
    case("sample_keyless", "v {str}", "('x')", "ERROR", pairs=CROSS,
         rule="sample_diff: {random: 5}"),
]


class ComparisonKindsTest(unittest.TestCase):
    def both(self, source_sql, target_sql, source, target, rule):
        """One schema comparison of tables that SQL of their own makes."""
        self.fixture.make({(source, "own_s"): source_sql,
                           (target, "own_t"): target_sql})
        _, report = self.fixture.server.gate(pairs.rule_set(
            f"connection: {source}, table: own_s",
            f"connection: {target}, table: own_t", rule))
        return report["results"][0]

    def test_a_sequence_behind_its_keys(self):
        behind = ("CREATE TABLE own_t (id INTEGER GENERATED BY DEFAULT AS "
                  "IDENTITY PRIMARY KEY); INSERT INTO own_t VALUES (1), (7);")
        source = ("CREATE TABLE own_s (id INTEGER AUTO_INCREMENT PRIMARY KEY);"
                  "INSERT INTO own_s VALUES (1), (7);")
        result = self.both(source, behind, MARIA, PG,
                           "- schema: {ignore: [defaults, indexes]}")
        self.assertEqual(result["verdict"], "FAIL", result["found"])
        self.assertRegex(result["found"], "(?s)id.*7")
        mended = behind + ("SELECT setval(pg_get_serial_sequence('own_t', "
                           "'id'), 7);")
        result = self.both(source, mended, MARIA, PG,
                           "- schema: {ignore: [defaults, indexes]}")
        self.assertEqual(result["verdict"], "PASS", result["found"])

    def test_indexes_and_foreign_keys(self):
        parent = "CREATE TABLE own_p (id INTEGER NOT NULL PRIMARY KEY);"
        plain = "CREATE TABLE {} (id INTEGER NOT NULL PRIMARY KEY, p INTEGER);"
        linked = ("CREATE TABLE {} (id INTEGER NOT NULL PRIMARY KEY, p "
                  "INTEGER, FOREIGN KEY (p) REFERENCES own_p (id));")
        index = "CREATE INDEX {0}_p ON {0} (p);"
        for source, target in SERVERS:
            with self.subTest(f"{source} {target}"):
                result = self.both(
                    plain.format("own_s") + index.format("own_s"),
                    plain.format("own_t"), source, target, "- schema: {}")
                self.assertEqual(result["verdict"], "FAIL", result["found"])
                self.assertIn("index", result["found"])
                for name in (source, target):
                    self.fixture.make({(name, "own_s"): "", (name, "own_t"):
                                       "", (name, "own_p"): parent})
                result = self.both(linked.format("own_s"),
                                   plain.format("own_t"), source, target,
                                   "- schema: {ignore: [indexes]}")
                self.assertEqual(result["verdict"], "FAIL", result["found"])
                self.assertIn("foreign key", result["found"])
                self.fixture.make({(name, table): "" for name in
                                   (source, target) for table in
                                   ("own_s", "own_t")})

    def test_a_seed_repeats_its_draw(self):
        rows = many(3000), many(3000, value="'y'")
        one = case("seeded", ID + "v {str}", rows, "FAIL")
        self.fixture.make({key: sql for pair in SERVERS for key, sql in
                           pairs.ddl({**one, "pairs": [pair]}).items()})

        def drawn(pair, seed):
            _, report = self.fixture.server.gate(pairs.text_of(
                {**one, "rule": f"sample_diff: {{random: 20, seed: {seed}}}",
                 "more": {"uniform": "samples: 100"}}, pair))
            samples = report["results"][0]["samples"]
            self.assertEqual(len(samples), 20)
            return sorted(s["cells"][0]["value"] for s in samples)
        for pair in SERVERS:
            with self.subTest(str(pair)):
                self.assertEqual(drawn(pair, 7), drawn(pair, 7))
                self.assertNotEqual(drawn(pair, 7), drawn(pair, 8))


pairs.install(ComparisonKindsTest, CASES)

if __name__ == "__main__":
    unittest.main()
