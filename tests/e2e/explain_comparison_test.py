#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `assay explain` says of comparisons, and that its SQL runs."""
import os
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position

LITE, PG, MARIA = "sqlite", "postgresql", "mariadb"
ALL = (LITE, PG, MARIA)
# How a side is read: SQLite's values have types of their own, so that its order
# cannot be gone on from.
ORDER = {LITE: "plain select", PG: r".*\(id\)", MARIA: r".*\(id\)"}

TYPES = {LITE: {"ts": "TIMESTAMP", "blob": "BLOB", "json": "TEXT"},
         PG: {"ts": "TIMESTAMP(6)", "blob": "BYTEA", "json": "JSONB"},
         MARIA: {"ts": "DATETIME(6)", "blob": "BLOB", "json": "JSON"}}

# In every database; pay_s and pay_t differ in names and in a column.
TABLES = {
    "xc_pay_s": "(id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(20), "
                "amount NUMERIC(12,2), at_ {ts}, gone INTEGER)",
    "xc_pay_t": "(id INTEGER NOT NULL PRIMARY KEY, full_name VARCHAR(20), "
                "amount NUMERIC(12,2), at_ {ts}, added INTEGER)",
    "xc_loose": "(k INTEGER, v VARCHAR(20))",
    "xc_named": "(name VARCHAR(20) NOT NULL PRIMARY KEY, v INTEGER)",
    "xc_odd": "(id INTEGER NOT NULL PRIMARY KEY, v {blob})",
    "xc_odd_text": "(id INTEGER NOT NULL PRIMARY KEY, v INTEGER)",
    "xc_w_one": "(id INTEGER NOT NULL PRIMARY KEY, v INTEGER)",
    "xc_w_two": "(id INTEGER NOT NULL PRIMARY KEY, v INTEGER)",
}
ONLY = {PG: {"xc_w_pg": "(id INTEGER)"}, MARIA: {"xc_w_maria": "(id INTEGER)"}}
MAPPED = ("columns:\n  map: {name: full_name}\n"
          "  policies: {amount: {tolerance: 0.01}, at_: {precision: 3}}\n")
TRIMMED = "columns: {policies: {name: {trim: both}}}"


def rule_set(source, target, rules, comparison=""):
    def indented(text, by):
        return "".join(" " * by + line + "\n"
                       for line in text.strip("\n").splitlines())
    return ("version: 1\nname: x\ncomparisons:\n"
            f"  - source: {{{source}}}\n    target: {{{target}}}\n"
            + indented(comparison, 4) + "    rules:\n" + indented(rules, 6))


def side(connection, table, more=""):
    return f"connection: {connection}, table: {table}{more}"


def statements(text):
    """(side, what it is for, SQL) of every statement shown."""
    out = []
    for line in text.splitlines():
        start = re.match(r"        -- (source|target): (.*)", line)
        if start:
            out.append([start[1], start[2], ""])
        elif out and line.startswith(" " * 8):
            out[-1][2] += line[8:] + "\n"
    return out


class ExplainComparisonTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        # pylint: disable=consider-using-with
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        cls.databases = {d.name: d
                         for d in assay.databases(cls.directory.name)}
        for name, database in cls.databases.items():
            tables = {**TABLES, **ONLY.get(name, {})}
            if name != LITE:
                cls.addClassCleanup(database.load, "".join(
                    f"DROP TABLE IF EXISTS {table};\n" for table in tables))
            database.load("".join(
                ("SET client_min_messages = warning;\n" if name == PG else "")
                + f"DROP TABLE IF EXISTS {table};\n"
                f"CREATE TABLE {table} {columns.format(**TYPES[name])};\n"
                for table, columns in tables.items()))
        connections = {d.name: d.odbc for d in cls.databases.values()}
        connections["closed"] = {"odbc": cls.databases[PG].odbc,
                                 "author_sql": False}
        connections["mute"] = {"odbc": cls.databases[PG].odbc,
                               "samples": "none"}
        connections["away"] = f"Driver=SQLite3;Database={os.devnull}/none"
        cls.server = assay.Server(connections)
        cls.addClassCleanup(cls.server.__exit__)
        cls.server.start()

    def explain(self, source, target, rules, comparison="", params=()):
        done = self.server.assay(
            "explain", "-", *params,
            stdin=rule_set(source, target, rules, comparison))
        # What cannot be executed is said in its place, and by the exit code.
        trouble = re.search(r"\((no SQL|cannot run)", done.stdout)
        self.assertEqual(done.returncode, 5 if trouble else 0,
                         done.stdout + done.stderr)
        return done.stdout

    def run_all(self, text, source, target):
        """Runs every statement shown as the person who pastes it."""
        shown = statements(text)
        for where, what, sql in shown:
            database = self.databases[source if where == "source" else target]
            with self.subTest(where=where, what=what, sql=sql):
                self.assertTrue(sql.startswith("SELECT "), text)
                database.query(sql)
        return [(where, what) for where, what, _ in shown]

    def test_mapping_policies_and_every_kind(self):
        rules = ("- row_count: {tolerance: 5}\n  id: rows\n"
                 "- aggregate: {function: sum, column: amount, group_by: "
                 "[name]}\n  id: sums\n"
                 "- aggregate: {function: max, column: at_}\n  id: newest\n"
                 "- aggregate: {function: distinct, column: name}\n"
                 "  id: names\n"
                 "- schema: {ignore: [defaults]}\n  id: schema\n"
                 "- foreign_key: {columns: [id]}\n  id: parents\n"
                 "- sample_diff: {random: 5, edges: true, recent: {column: "
                 "at_, within: 24h}, seed: 7}\n  id: some\n"
                 "- full_diff: {stop_after: 10, older_than: {column: at_, "
                 "age: 1h}, recheck: {times: 3, after: 5s}}\n  id: all\n")
        for source in ALL:
            for target in ALL:
                text = self.explain(
                    side(source, "xc_pay_s", ", where: id > 0"),
                    side(target, "xc_pay_t"), rules, MAPPED)
                self.assertIn(f"comparison xc_pay_s on connection {source} → "
                              f"xc_pay_t on connection {target}\n", text)
                self.assertRegex(text, r"  source \S*xc_pay_s: dialect "
                                 + source + r", .*, read by "
                                 + ORDER[source])
                self.assertIn("    where sql{id > 0}\n", text)
                self.assertIn("  key (id): proven by the catalogs of both "
                              "sides\n    id (key): number, exact\n", text)
                self.assertRegex(text, r"    amount: number, .*0\.01")
                self.assertRegex(text, r"    at_: timestamp, .*3 digits")
                self.assertIn("name on the source, full_name on the target",
                              text)
                self.assertIn("  only in the source: gone\n"
                              "  only in the target: added\n", text)
                self.assertIn("    all: every row with at_ older than 1h", text)
                self.assertIn("stops after 10 differing rows", text)
                self.assertRegex(text, "hashing in the databases: not chosen, "
                                 "since .+\n")
                resumes = "begins again" if LITE in (source, target) else \
                    "goes on"
                self.assertIn(f"streaming rows: chosen, {resumes} after an "
                              "interruption", text)
                self.assertIn("read again up to 3 times, each 5s later", text)
                self.assertIn("as random numbers between", text)
                shown = self.run_all(text, source, target)
                both = ["rows", "aggregate of each group", "aggregate",
                        "all keys, where numbers are too sparse", "least key",
                        "greatest key", "keys of the newest rows"]
                for what in both:
                    self.assertIn(("source", what), shown)
                    self.assertIn(("target", what), shown)
                self.assertIn(("source", "keys of the child"), shown)
                self.assertIn(("target", "keys of the parent"), shown)

    def test_the_scan_is_in_the_order_of_the_key(self):
        for name in ALL:
            text = self.explain(side(name, "xc_w_one"), side(name, "xc_w_two"),
                                "- full_diff: {hashing: never}\n")
            scans = [sql for _, what, sql in statements(text)
                     if what == "rows"]
            self.assertEqual(len(scans), 2, text)
            for scan in scans:
                self.assertRegex(
                    scan, r"FROM \S+\n$" if name == LITE
                    else r"ORDER BY \S*[\"`]id[\"`]\n$")
            self.assertIn("not chosen, since the rule says hashing: never",
                          text)
            self.assertIn("recheck: none", text)

    def test_hashing_is_a_candidate(self):
        text = self.explain(side(PG, "xc_w_one"), side(PG, "xc_w_two"),
                            "- full_diff: {}\n")
        self.assertIn("hashing in the databases: chosen first; rows are "
                      "streamed where the hashes differ", text)
        self.assertIn(("target", "hashes, a run with a seed of its own"),
                      self.run_all(text, PG, PG))
        text = self.explain(side(PG, "xc_w_one"), side(MARIA, "xc_w_two"),
                            "- full_diff: {}\n")
        self.assertIn("not chosen, since postgresql and mariadb have no row "
                      "hash in common", text)

    def test_a_key_that_is_not_proven_is_counted(self):
        for name in ALL:
            text = self.explain(side(name, "xc_loose"), side(name, "xc_loose"),
                                "- full_diff: {}\n", "key: [k]")
            self.assertIn("key (k): not proven by a catalog; duplicates "
                          "counted by GROUP BY on both sides", text)
            self.assertIn("begins again after an interruption, since the "
                          "source is not read in the order of a unique key", text)
            self.assertIn(("source", "duplicate keys, rows of them"),
                          self.run_all(text, name, name))
        text = self.explain(
            side(PG, "xc_loose"), side(PG, "xc_loose"), "- full_diff: {}\n",
            "key: [k]\ncolumns: {policies: {v: {as: decimal, tolerance: 1}}}")
        self.assertIn("(cannot run: a tolerance needs a key that is unique",
                      text)
        text = self.explain(side(PG, "xc_loose"), side(MARIA, "xc_loose"),
                            "- full_diff: {}\n", "key: none")
        self.assertIn("no key: rows compare as a multiset", text)
        self.assertIn("begins again after an interruption, since it has no "
                      "key", text)

    def test_a_policy_on_the_key(self):
        # Lint knows of keys that are named, the plan of those that are proven.
        text = self.explain(side(PG, "xc_named"), side(MARIA, "xc_named"),
                            "- sample_diff: {}\n- full_diff: {}\n", TRIMMED)
        self.assertIn("key (name): not proven by a catalog as it is compared; "
                      "duplicates found by reading all keys of both sides",
                      text)
        self.assertIn("(cannot run: sample_diff needs a key", text)
        self.assertIn("begins again after an interruption, since rows cannot "
                      "be looked up by the key", text)
        for where in ("source", "target"):
            self.assertIn((where, "all keys, to find duplicates"),
                          self.run_all(text, PG, MARIA))
        # Duplicates are counted when it runs: nothing forbids a tolerance.
        text = self.explain(
            side(PG, "xc_named"), side(MARIA, "xc_named"), "- full_diff: {}\n",
            "columns: {policies: {name: {trim: both}, v: {tolerance: 1}}}")
        self.assertNotIn("cannot run", text)

    def test_recheck_says_what_it_needs(self):
        for table, comparison, uniform, shown in (
                ("xc_loose", "key: [k]", "", "recheck: none, the first "
                 "reading counts"),
                ("xc_loose", "key: [k]", "  on_fail: rollback\n", "read again "
                 "once, 1s later, since on_fail is rollback"),
                ("xc_named", TRIMMED, "  on_fail: rollback\n", "everything is "
                 "read once more, 1s later, since on_fail is rollback")):
            text = self.explain(side(PG, table), side(MARIA, table),
                                "- full_diff: {}\n" + uniform, comparison)
            self.assertIn(shown, text)
        text = self.explain(side(PG, "xc_named"), side(MARIA, "xc_named"),
                            "- full_diff: {recheck: {times: 2, after: 1s}}\n",
                            TRIMMED)
        self.assertIn("(cannot run: recheck needs a key", text)

    def test_one_catalog_proves(self):
        text = self.explain(
            side(PG, "xc_w_one"), side(MARIA, "xc_loose"), "- full_diff: {}\n",
            "key: [id]\ncolumns: {map: {id: k}, only: [id]}")
        self.assertIn("key (id): proven by the catalog of the source; "
                      "duplicates counted by GROUP BY on the target", text)
        duplicates = [shown for shown in self.run_all(text, PG, MARIA)
                      if shown[1].startswith("duplicate")]
        self.assertEqual([where for where, _ in duplicates], ["target"])

    def test_expressions_and_queries(self):
        mapped = ("columns:\n  map:\n    name: {target_sql: "
                  "\"UPPER(full_name)\"}\n")
        query = assay.quoted("SELECT id, v FROM xc_w_two WHERE id < :most")
        for source, target in ((PG, MARIA), (MARIA, LITE), (LITE, PG)):
            text = self.explain(side(source, "xc_pay_s"),
                                side(target, "xc_pay_t"), "- full_diff: {}\n",
                                mapped)
            self.assertIn("UPPER(full_name)", text)
            self.run_all(text, source, target)
            done = self.server.assay(
                "explain", "-", "--param", "most=5", stdin=rule_set(
                    side(source, "xc_w_one"),
                    f"connection: {target}, query: {query}",
                    "- row_count: {}\n- full_diff: {}\n", "key: [id]").replace(
                        "comparisons:",
                        "params:\n  most: {type: integer}\ncomparisons:"))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"→ query on connection {target}", done.stdout)
            self.assertIn("duplicates counted by GROUP BY on the target",
                          done.stdout)
            self.run_all(done.stdout, source, target)

    def test_wildcards_show_pairs_and_what_is_alone(self):
        schema = self.databases[MARIA].query("SELECT DATABASE()")[0][0]
        text = self.explain(
            f"connection: {PG}, tables: public.xc_w_*",
            f"connection: {MARIA}, tables: {schema}.xc_w_*",
            "- row_count: {}\n- full_diff: {}\n")
        self.assertIn("  2 tables on both sides\n"
                      "  only in the source: xc_w_pg\n"
                      "  only in the target: xc_w_maria\n", text)
        for table in ("xc_w_one", "xc_w_two"):
            self.assertRegex(text, rf"\n  public\.{table} → .*{table}\n")
        self.assertEqual(len(self.run_all(text, PG, MARIA)), 8)

    def test_what_cannot_be_compared_is_said_in_its_place(self):
        rules = "- row_count: {}\n  id: rows\n- full_diff: {}\n  id: all\n"
        text = self.explain(side(PG, "xc_odd"), side(MARIA, "xc_odd_text"),
                            rules)
        self.assertRegex(text, r"\(rows cannot be compared: v: .+\)")
        self.assertIn("(cannot run: rows cannot be compared, see above)", text)
        self.assertEqual(self.run_all(text, PG, MARIA),
                         [("source", "rows"), ("target", "rows")])
        text = self.explain(side(PG, "xc_nowhere"), side(MARIA, "xc_w_one"),
                            rules)
        self.assertRegex(text, r"\(no SQL: the source: .*xc_nowhere")
        self.assertIn("    all: every row equal on both sides\n"
                      "      diff of all rows\n", text)
        text = self.explain(side(PG, "xc_w_one"), side("away", "xc_w_one"),
                            rules)
        self.assertRegex(text, r"\(no SQL: .+\)\n    rows: ")
        text = self.explain(
            side(PG, "xc_w_one"), side(PG, "xc_w_two"),
            "- aggregate: {function: sum, column: nowhere}\n" + rules)
        self.assertIn("\n      (cannot run: ", text)
        self.assertIn("hashes, a run", text)

    def test_a_connection_without_author_sql_gets_none(self):
        rows = "- row_count: {}\n"
        for more, rules in (("", rows + "  where: id > pg_sleep(9)\n"),
                            (", where: id > 5", rows)):
            text = self.explain(side("closed", "xc_w_one", more),
                                side(MARIA, "xc_w_two"), rules)
            self.assertIn("connection 'closed' does not take SQL from rule "
                          "sets", text)
            self.assertEqual(statements(text), [])
        text = self.explain(
            "connection: closed, query: 'SELECT pg_sleep(99) AS id'",
            side(MARIA, "xc_w_two"), "- row_count: {}\n")
        self.assertIn("does not take SQL", text)

    def test_a_message_with_data_is_hidden_by_the_policy(self):
        mapped = ("columns:\n  map:\n    v: {source_sql: "
                  "\"CAST('hidden' || 'word' AS INTEGER)\", target: v}\n")
        for name, shown in ((PG, True), ("mute", False)):
            text = self.explain(side(name, "xc_w_one"), side(PG, "xc_w_two"),
                                "- full_diff: {}\n", mapped)
            self.assertIn("(no SQL: ", text)
            self.assertEqual("hiddenword" in text, shown, text)
        text = self.explain(side(PG, "xc_w_one"), side(PG, "xc_w_two"),
                            "- sample_diff: {keys: [[987654321]]}\n")
        self.assertNotIn("987654321", text)


if __name__ == "__main__":
    unittest.main()
