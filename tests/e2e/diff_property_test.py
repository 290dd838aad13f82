#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random tables on two databases, random damage: full_diff reports just that.

Rounds go on for a minute, or for twenty with tests/run.sh --full. Each has a
seed; ASSAY_TEST_SEED=12/7 repeats round 7 of seed 12, ASSAY_TEST_SEED=12 all.
"""
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import diff_model as model  # pylint: disable=wrong-import-position
import diff_values as values  # pylint: disable=wrong-import-position

SECONDS = 1200 if assay.FULL else 60
NAMES = ["c", "select", "a b", "x'y", "größe", "Key", "d.e", "count(*)", "名前"]


class Round:
    """A pair of tables, from one seed."""

    def __init__(self, seed, databases):
        self.rng = rng = random.Random(seed)
        pair = rng.choice([(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1),
                           (1, 1), (2, 2)])
        sides = [databases[i] for i in pair]
        # pk: both catalogs prove the key; half: one does; plain: none does.
        self.mode = rng.choice(["pk", "pk", "pk", "half", "plain", "none"])
        self.engines = [d.name for d in sides]
        self.columns = self.make_columns()
        unique = {"pk": [True, True], "half": rng.choice(
            [[True, False], [False, True]])}.get(self.mode, [False, False])
        self.unique = unique
        self.tables = [model.Table(rng, d, n, self.columns, u) for d, n, u in
                       zip(sides, ("p_source", "p_target"), unique)]
        # Where MariaDB keeps a key unique, it does so by its collation.
        self.collated = any(t.engine == "mariadb" and u for t, u in
                            zip(self.tables, unique))
        self.next_root = 0
        self.policies = self.make_policies()
        # Where it is not so, recheck may say that it cannot look up.
        self.can_recheck = all(
            values.has_one_spelling(c.kind, t.engine, t.declared[i])
            for t in self.tables for i, c in enumerate(self.columns) if c.key)
        size = rng.choice([1, 5, 30, 30, 100, 100, 300, 2500])
        self.rows = []
        while len(self.rows) < size:
            self.add(self.rows)

    def kinds(self, of):
        at = [values.ENGINES.index(e) for e in self.engines]
        return [k for k in of if all(values.TYPES[k][i] for i in at)]

    def make_columns(self):
        rng = self.rng
        names = [f"k{i}" if rng.random() < 0.8 else f"{rng.choice(NAMES)}{i}"
                 for i in range(20)]
        columns = []
        if self.mode != "none":
            kinds = self.kinds(values.KEY_KINDS)
            for _ in range(rng.choice([1, 1, 1, 2, 3])):
                kind = rng.choice(kinds)
                # One of a few values cannot tell many rows apart.
                columns.append(model.Column(names.pop(), kind, True))
            if all(c.kind in ("boolean", "int16", "time") for c in columns):
                columns[0] = columns[0]._replace(kind="int32")
        for _ in range(rng.randint(1, 9)):
            columns.append(model.Column(
                names.pop(), rng.choice(self.kinds(values.TYPES)), False))
        return columns

    def key_value(self, kind):
        """A key's part; texts stay apart in MariaDB's collation by number."""
        rng = self.rng
        if kind not in ("text", "char"):
            return values.value_of(rng, kind)
        if self.collated:
            self.next_root += 1
            root = self.next_root
        else:
            root = rng.randint(1, 200)
        return (rng.choice(["a", "A", "ä", "Ä", "á", "ß", "😀", "'"]) +
                str(root) + rng.choice(["", "x", "X", "é", "É", "\\", "\t",
                                        "" if self.collated or kind == "char"
                                        else " "]))

    def key_of(self, row):
        return tuple(v for c, v in zip(self.columns, row) if c.key)

    def fits(self, row, rows):
        """Whether both sides could hold the row beside the others."""
        if not any(self.unique):
            return True
        key = [t.seen(row)[:len(self.key_of(row))] for t in self.tables]
        return not any(key[i] == t.seen(other)[:len(key[i])] for other in rows
                       for i, t in enumerate(self.tables))

    def new_row(self):
        rng = self.rng
        row = []
        for column in self.columns:
            if column.key:
                null = self.mode == "plain" and rng.random() < 0.02
                row.append(None if null else self.key_value(column.kind))
            elif rng.random() < 0.15:
                row.append(None)
            else:
                row.append(values.value_of(rng, column.kind))
        return row

    def add(self, rows):
        if not any(self.unique):
            rows.append(self.new_row())
            return
        if not hasattr(self, "used"):
            self.used = set()
        for _ in range(1000):
            row = self.new_row()
            keys = {("st"[i],) + t.seen(row)[:len(self.key_of(row))]
                    for i, t in enumerate(self.tables)}
            if not keys & self.used:
                self.used |= keys
                rows.append(row)
                return
        raise AssertionError("no more keys")

    def damage(self, rows):
        """One edit, in place."""
        rng = self.rng
        others = [i for i, c in enumerate(self.columns) if not c.key]
        texts = [i for i in others if self.columns[i].kind == "text"]
        row = rng.randrange(len(rows))
        column = rng.choice(others)
        kind = self.columns[column].kind
        rows[row] = list(rows[row])
        what = rng.choice(["delete", "insert", "change", "change", "many",
                           "nudge", "nudge", "null", "case", "blank", "empty",
                           "swap", "across", "duplicate", "key"])
        if what == "delete" and len(rows) > 1:
            del rows[row]
        elif what == "insert":
            self.add(rows)
        elif what == "change":
            rows[row][column] = values.value_of(rng, kind)
        elif what == "many":
            for i in rng.sample(others, rng.randint(1, len(others))):
                rows[row][i] = values.value_of(rng, self.columns[i].kind)
        elif what == "nudge":
            rows[row][column] = values.nudged(rng, kind, rows[row][column])
        elif what == "null":
            rows[row][column] = None
        elif what in ("case", "blank", "empty") and texts:
            i = rng.choice(texts)
            text = rows[row][i]
            if what == "empty" or text is None:
                rows[row][i] = "" if text is None else None
            else:
                rows[row][i] = text.swapcase()[:200] if what == "case" else (
                    text + " ")
        elif what == "swap":
            other = rng.randrange(len(rows))
            rows[other] = list(rows[other])
            rows[row][column], rows[other][column] = (
                rows[other][column], rows[row][column])
        elif what == "across":
            same = [i for i in others if self.columns[i].kind == kind]
            other = rng.choice(same)
            rows[row][column], rows[row][other] = (
                rows[row][other], rows[row][column])
        elif what == "duplicate" and not any(self.unique):
            for _ in range(rng.randint(1, 3)):
                rows.append(list(rows[row]))
        elif what == "key" and self.mode != "none":
            self.damage_key(rows, row)

    def damage_key(self, rows, row):
        rng = self.rng
        keys = [i for i, c in enumerate(self.columns) if c.key]
        i = rng.choice(keys)
        value = rows[row][i]
        if not isinstance(value, str):
            return
        changed = list(rows[row])
        # In its collation MariaDB takes it for the same key: it has one.
        changed[i] = value.swapcase() if rng.random() < 0.6 else (
            value + ("" if self.columns[i].kind == "char" else " "))
        if "SS" in changed[i] or not self.fits(
                changed, rows[:row] + rows[row + 1:]):
            return
        rows[row] = changed

    def make_policies(self):
        policies = {}
        for i, column in enumerate(self.columns):
            needed = values.needed_policy(column.kind, [
                (t.engine, t.declared[i]) for t in self.tables])
            if needed:
                policies[column.name] = {"as": needed}
            elif not column.key and self.rng.random() < 0.15:
                # Which rows meet is known of unique keys only.
                policies[column.name] = values.random_policy(
                    self.rng, column.kind, self.mode == "pk")
        return {name: policy for name, policy in policies.items() if policy}

    def rule_set(self):
        key = ""
        names = [c.name for c in self.columns if c.key]
        if self.mode == "none":
            key = "    key: none\n"
        elif self.mode == "plain" or self.rng.random() < 0.5:
            self.rng.shuffle(names)
            key = f"    key: {json.dumps(names, ensure_ascii=False)}\n"
        if self.policies:
            shown = json.dumps(self.policies, ensure_ascii=False)
            key += f"    columns: {{policies: {shown}}}\n"
        rules = ["full_diff: {}"]
        again = ["full_diff: {hashing: never}"]
        if "key: [" not in key or not any(n in self.policies for n in names):
            # Else lint knows that nothing can be looked up.
            again.append("full_diff: {recheck: {times: 1, after: 20ms}}")
        if self.mode != "none":
            rules.append(self.rng.choice(again))
        text = ("version: 1\nname: property\ncomparisons:\n"
                f"  - source: {{connection: {self.engines[0]}, table: "
                "p_source}\n"
                f"    target: {{connection: {self.engines[1]}, table: "
                f"p_target}}\n{key}    rules:\n")
        for number, rule in enumerate(rules):
            text += f"      - {rule}\n        id: diff{number}\n"
        return text


class DiffPropertyTest(unittest.TestCase):
    def test_random_damage_is_reported_exactly(self):
        given = os.environ.get("ASSAY_TEST_SEED", "")
        seed, _, only = given.partition("/")
        seed = seed or str(random.SystemRandom().randrange(10**6))
        print(f"ASSAY_TEST_SEED={seed}", flush=True)
        end = time.monotonic() + SECONDS
        self.rounds = 0
        with tempfile.TemporaryDirectory() as directory:
            databases = assay.databases(directory)
            self.directory = pathlib.Path(directory)
            with assay.Server({d.name: d.odbc for d in databases}) as server:
                number = int(only or 0)
                while time.monotonic() < end:
                    self.one(server, databases, f"{seed}/{number}")
                    number += 1
                    if only:
                        break
        print(f"{self.rounds} rounds", flush=True)

    @staticmethod
    def least(expected):
        # All keys with a NULL may be counted as one.
        return expected.least_keys - max(0, max(expected.nulls) - 1)

    def one(self, server, databases, seed):
        one = Round(seed, databases)
        source, target = one.tables
        text = one.rule_set()
        rows = [list(one.rows), list(one.rows)]
        try:
            source.load(rows[0])
            target.load(rows[1])
            self.check(server, one, text, rows, seed)
            side = one.rng.randrange(2)
            for _ in range(one.rng.choice([1, 1, 3, 10, 50])):
                one.damage(rows[side])
            one.tables[side].load(rows[side])
            self.check(server, one, text, rows, seed)
            self.rounds += 1
        finally:
            for table in one.tables:
                table.drop()

    def check(self, server, one, text, rows, seed):
        keyed = one.mode != "none"
        expected = model.Expected(*one.tables, *rows, keyed, one.policies)
        out = self.directory / "out"
        shutil.rmtree(out, ignore_errors=True)
        code, report = server.gate(text, "--out-dir", out)
        about = f"\nrepeat: ASSAY_TEST_SEED={seed}\n{one.mode}\n{text}"
        for table, side in zip(one.tables, rows):
            about += f"{table.ddl()};\n"
            if len(side) <= 5:
                about += "\n".join(map(repr, side)) + "\n"
        passes = expected.failing == 0
        refused = False
        for result in report["results"]:
            if result["error"] and not one.can_recheck:
                self.assertEqual(result["error"]["reason"], "NOT_COMPARABLE")
                self.assertIn("recheck", result["error"]["message"])
                refused = True
                continue
            shown = about + json.dumps(
                {k: result[k] for k in ("verdict", "error", "found", "diff",
                                        "samples")},
                ensure_ascii=False)
            self.assertEqual(result["verdict"], "PASS" if passes else "FAIL",
                             shown)
            diff = result["diff"]
            # Where keys repeat, at least as many as the side with more has.
            if self.least(expected) <= diff["keys"] <= expected.keys:
                diff["keys"] = expected.keys
            self.assertEqual(
                [diff[k] for k in ("rows_source", "rows_target", "keys",
                                   "missing", "extra", "changed",
                                   "duplicate_keys_source",
                                   "duplicate_keys_target",
                                   "null_keys_source", "null_keys_target",
                                   "settled", "unstable", "accepted")],
                [*expected.rows, expected.keys, expected.missing,
                 expected.extra, expected.changed, *expected.duplicates,
                 *expected.nulls, 0, 0, 0], shown)
            self.assertTrue(diff["complete"], shown)
            self.assertEqual(result["counters"]["rows_failing"],
                             expected.failing, shown)
            if expected.columns_known:
                self.assertEqual({c["column"]: c["rows"]
                                  for c in diff["columns"]},
                                 dict(expected.columns), shown)
            self.assertEqual(result["differences_count"],
                             len(expected.listed), shown)
            self.check_list(server, one, report["run_id"], result, expected,
                            out, shown)
        self.assertEqual(code, 1 if not passes else 5 if refused else 0, about)

    def check_list(self, server, one, run, result, expected, out, shown):
        rule = result["rule_id"]
        # split("\n"): splitlines would cut keys at U+2028 and \x1e.
        file = out / "differences" / f"{rule}.jsonl"
        lines = file.read_text().split("\n")[:-1] if file.exists() else []
        kinds = {c.name: c.kind for c in one.columns}
        names = [c.name for c in one.columns if c.key]
        listed = []
        for line in map(json.loads, lines):
            listed.append((line["kind"], tuple(
                model.key_from_text(kinds[n], line["key"][n])
                for n in names)))
        self.assertEqual(len(listed), len(set(listed)), shown)
        self.assertEqual(set(listed), expected.listed, shown)
        if expected.listed and one.rng.random() < 0.2:
            done = server.assay("differences", run, rule)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stdout.split("\n")[:-1], lines, shown)


if __name__ == "__main__":
    unittest.main()
