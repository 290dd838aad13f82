#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a comparison's caller gets: many tables at once, rechecks after a
repair, lists of differences, rollbacks, and never a hidden value.
"""
import json
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import pairs  # pylint: disable=wrong-import-position
from pairs import MARIA, PG  # pylint: disable=wrong-import-position

HIDDEN = ["hidden-4711", "hidden-4712", "987654321", "987654322"]
ONE = "CREATE TABLE {} (id INTEGER NOT NULL PRIMARY KEY, v VARCHAR(40));"
SCHEMAS = {PG: ("w_s", "w_t"), MARIA: ("w_s", "w_t")}


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


class AnswersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fixture = pairs.Fixture()
        cls.server = cls.fixture.server

    @classmethod
    def tearDownClass(cls):
        cls.fixture.close()

    def load(self, pair, source, target, columns=""):
        """Tables a_s and a_t with rows (SQL after VALUES)."""
        made = {}
        for name, rows, number in ((pair[0], source, 0), (pair[1], target, 1)):
            table = f"a_{'st'[number]}"
            sql = (f"CREATE TABLE {table} ({columns});" if columns
                   else ONE.format(table))
            if rows:
                sql += f"INSERT INTO {table} VALUES {rows};"
            made[name, table] = sql
        self.fixture.make(made)

    def rule_set(self, pair, rules="- full_diff: {}\n  id: r", comparison=""):
        return pairs.rule_set(f"connection: {pair[0]}, table: a_s",
                              f"connection: {pair[1]}, table: a_t", rules,
                              comparison)

    # Many tables at once.
    def schemas(self, database, source, target):
        """Schemas w_s and w_t with tables; {name: rows}."""
        handle = self.fixture.databases[database]
        sql = ""
        for schema, tables in (("w_s", source), ("w_t", target)):
            drop = "DROP SCHEMA IF EXISTS {}" + (
                " CASCADE;" if database == PG else ";")
            sql += drop.format(schema) + f"CREATE SCHEMA {schema};"
            for name, rows in tables.items():
                sql += ONE.format(f"{schema}.{name}")
                if rows:
                    sql += f"INSERT INTO {schema}.{name} VALUES {rows};"
        if database == MARIA:
            sql += ("GRANT SELECT ON `w_s`.* TO assay_reader@localhost;"
                    "GRANT SELECT ON `w_t`.* TO assay_reader@localhost;")
        handle.load("SET client_min_messages = warning;" * (database == PG) +
                    sql)

    def wildcard(self, database, rules="- full_diff: {}\n  id: r", more="",
                 glob="*"):
        return self.server.gate(pairs.rule_set(
            f"connection: {database}, tables: '{'w_s.' + glob}'",
            f"connection: {database}, tables: '{'w_t.' + glob}'", rules, more))

    def test_many_tables(self):
        for database in (PG, MARIA):
            with self.subTest(database):
                same = {"alpha": "(1, 'x')", "beta": "(1, 'y')"}
                self.schemas(database, same, same)
                code, report = self.wildcard(database)
                self.assertEqual(code, 0, report["results"][0]["found"])
                self.assertIn("2 tables", report["results"][0]["found"])

                self.schemas(database, same, {**same, "beta": "(1, 'z')"})
                code, report = self.wildcard(database)
                result = report["results"][0]
                self.assertEqual((code, result["diff"]["changed"]), (1, 1))
                self.assertIn("beta", result["found"])
                listed = lines(self.server.assay(
                    "differences", report["run_id"], "r").stdout)
                self.assertEqual([(d["kind"], d["key"]) for d in listed],
                                 [("changed", {"id": "1"})])

    def test_a_table_on_one_side_only_fails(self):
        for database in (PG, MARIA):
            with self.subTest(database):
                rows = {"alpha": "(1, 'x')"}
                for source, target in (({**rows, "gamma": "(1, 'x')"}, rows),
                                       (rows, {**rows, "gamma": ""})):
                    self.schemas(database, source, target)
                    code, report = self.wildcard(database)
                    self.assertEqual(code, 1)
                    self.assertIn("gamma", report["results"][0]["found"])
                    code, _ = self.wildcard(
                        database, more="except_tables: ['gam*']")
                    self.assertEqual(code, 0)
                    code, _ = self.wildcard(database, glob="al?ha")
                    self.assertEqual(code, 0)

    def test_many_tables_of_which_one_cannot_be_compared(self):
        self.schemas(PG, {"alpha": "(1, 'x')"}, {"alpha": "(1, 'x')"})
        self.fixture.databases[PG].load(
            "CREATE TABLE w_s.keyless (v POINT); CREATE TABLE w_t.keyless "
            "(v POINT); INSERT INTO w_s.keyless VALUES ('(1,2)');"
            "INSERT INTO w_t.keyless VALUES ('(1,3)');")
        code, report = self.wildcard(PG)
        self.assertEqual(code, 5, report["results"][0])
        self.assertIn("keyless", report["results"][0]["found"] +
                      report["results"][0]["error"]["message"])

    def test_an_empty_table_among_many_fails(self):
        rows = {"alpha": "(1, 'x')", "beta": ""}
        self.schemas(PG, rows, rows)
        code, report = self.wildcard(PG)
        self.assertEqual(code, 1)
        self.assertIn("beta", report["results"][0]["found"])
        code, _ = self.wildcard(
            PG, "- full_diff: {}\n  id: r\n  on_empty: pass")
        self.assertEqual(code, 0)

    def test_no_table_matches(self):
        self.schemas(PG, {}, {})
        code, report = self.wildcard(PG)
        self.assertEqual((code, report["verdict"]), (5, "ERROR"))

    # After a repair.
    def test_recheck(self):
        for pair in pairs.SERVERS:
            with self.subTest(str(pair)):
                self.load(pair, "(1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')",
                          "(1, 'a'), (2, 'B'), (4, 'd'), (5, 'e')")
                code, report = self.server.gate(self.rule_set(pair))
                self.assertEqual(code, 1)
                run = report["run_id"]
                listed = lines(self.server.assay(
                    "differences", run, "r").stdout)
                self.assertEqual(
                    sorted((d["key"]["id"], d["kind"]) for d in listed),
                    [("2", "changed"), ("3", "missing"), ("5", "extra")])
                done = self.server.assay("recheck", run, "--format", "json")
                self.assertEqual(done.returncode, 1, done.stdout)
                diff = json.loads(done.stdout)["results"][0]["diff"]
                self.assertEqual((diff["missing"], diff["extra"],
                                  diff["changed"]), (1, 1, 1))
                target = self.fixture.databases[pair[1]]
                target.load("UPDATE a_t SET v = 'b' WHERE id = 2;"
                            "DELETE FROM a_t WHERE id = 5;")
                done = self.server.assay("recheck", run, "--format", "json")
                self.assertEqual(done.returncode, 1, done.stdout)
                target.load("INSERT INTO a_t VALUES (3, 'c');")
                done = self.server.assay("recheck", run, "--format", "json")
                self.assertEqual(done.returncode, 0, done.stdout)
                again = json.loads(done.stdout)
                self.assertEqual(again["recheck_of_run_id"], run)
                # What was damaged since is not of this run, but of a new one.
                target.load("UPDATE a_t SET v = 'new' WHERE id = 1;")
                code, _ = self.server.gate(self.rule_set(pair))
                self.assertEqual(code, 1)

    def test_recheck_of_duplicates_and_nulls_reads_everything(self):
        columns = "k INTEGER, v VARCHAR(40)"
        self.load((PG, MARIA), "(1, 'a'), (NULL, 'n'), (3, 'c')",
                  "(1, 'a'), (1, 'a'), (NULL, 'm'), (3, 'c')", columns)
        text = self.rule_set((PG, MARIA), comparison="key: [k]")
        code, report = self.server.gate(text)
        self.assertEqual(code, 1)
        done = self.server.assay("recheck", report["run_id"])
        self.assertEqual(done.returncode, 1, done.stdout)
        self.fixture.databases[MARIA].load(
            "DELETE FROM a_t WHERE k = 1 LIMIT 1;"
            "DELETE FROM a_t WHERE k IS NULL;")
        self.fixture.databases[PG].load("DELETE FROM a_s WHERE k IS NULL;")
        done = self.server.assay("recheck", report["run_id"])
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_differences_to_a_file_and_of_unknown_rules(self):
        self.load((PG, MARIA), "(1, 'a')", "(2, 'a')")
        with tempfile.TemporaryDirectory() as out:
            done = self.server.assay(
                "run", "-", "--out-dir", out,
                stdin=self.rule_set((PG, MARIA)))
            self.assertEqual(done.returncode, 1)
            path = pathlib.Path(out) / "differences" / "r.jsonl"
            self.assertEqual(len(lines(path.read_text())), 2)
            run = (pathlib.Path(out) / "run_id").read_text().strip()
            file = pathlib.Path(out) / "keys"
            done = self.server.assay("differences", run, "r", "-o", file)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(file.read_text(), path.read_text())
            done = self.server.assay("differences", run, "nowhere")
            self.assertNotEqual(done.returncode, 0)

    def test_the_pasted_sql_shows_the_rows_of_each_side(self):
        self.load((PG, MARIA), "(1, 'a'), (2, 'b'), (3, 'c')",
                  "(1, 'A'), (3, 'c'), (7, 'x')")
        _, report = self.server.gate(self.rule_set((PG, MARIA)))
        result = report["results"][0]
        shown = [sorted(row[0] for row in
                        self.fixture.databases[name].query(result[key]))
                 for name, key in ((PG, "sql"), (MARIA, "target_sql"))]
        self.assertEqual(shown, [["1", "2"], ["1", "7"]])

    # Hidden values.
    def everything(self, server, *outputs):
        data = b"".join(o.encode() for o in outputs)
        for path in server.directory.rglob("*"):
            if path.is_file() and path != server.config:
                data += path.read_bytes()
        return data

    def check_hidden(self, policies, rules, comparison="", columns="", rows=(),
                     hidden=tuple(HIDDEN), query=""):
        """Nothing of `hidden` leaves, whichever side has the policy."""
        columns = columns or ("id INTEGER NOT NULL PRIMARY KEY, v VARCHAR(40),"
                              " n INTEGER, o VARCHAR(40)")
        rows = rows or ("(1, 'hidden-4711', 987654321, 'x'), (2, 'q', 1, 'x'),"
                        "(3, 'hidden-4711', 987654321, 'x')",
                        "(1, 'hidden-4712', 987654322, 'x'), (2, 'q', 1, 'y'),"
                        "(4, 'hidden-4712', 987654322, 'x')")
        self.load((PG, MARIA), *rows, columns)
        text = self.rule_set((PG, MARIA), rules, comparison)
        if query:
            for table in ("a_s", "a_t"):
                text = text.replace(f"table: {table}", "query: " +
                                    assay.quoted(query + table))
        for side in (PG, MARIA):
            connections = {d.name: {"odbc": d.odbc} for d in
                           self.fixture.databases.values()}
            connections[side].update(policies)
            with self.subTest(side), assay.Server(
                    connections, extra="  log_level: debug\n") as server, \
                    tempfile.TemporaryDirectory() as out:
                done = server.assay(
                    "run", "-", "--out-dir", out, "-v", stdin=text)
                self.assertIn(done.returncode, (1, 4, 5), done.stderr)
                outputs = [done.stdout, done.stderr]
                for path in pathlib.Path(out).rglob("*"):
                    if path.is_file():
                        outputs.append(path.read_text())
                run = (pathlib.Path(out) / "run_id").read_text().strip()
                for form in ("text", "json", "junit", "markdown"):
                    outputs.append(server.assay("show", run, "--all",
                                                "--format", form).stdout)
                for rule in ("full", "sample", "r"):
                    outputs.append(server.assay("differences", run,
                                                rule).stdout)
                outputs.append(server.assay("recheck", run).stdout)
                texts = "\n".join(outputs).splitlines()
                leaks = "\n".join(sorted({
                    line.strip()[:200] for line in texts
                    for value in hidden if value in line}))
                self.assertFalse(leaks, leaks)
                found = self.everything(server)
                for value in hidden:
                    self.assertNotIn(value.encode(), found)

    RULES = """
- full_diff: {}
  id: full
- sample_diff: {random: 50, edges: true}
  id: sample
- full_diff: {recheck: {times: 1, after: 1ms}}
- aggregate: {function: max, column: n}
- aggregate: {function: min, column: n}
- aggregate: {function: count, group_by: [v]}
- aggregate: {function: sum, column: id, group_by: [n]}
- foreign_key: {columns: [v]}
- foreign_key: {columns: [n], child: target}
- aggregate: {function: max, column: n, group_by: [v]}
"""

    def test_masked_columns(self):
        self.check_hidden({"masked_columns": ["V", "n"]}, self.RULES)

    def test_samples_keys(self):
        self.check_hidden({"samples": "keys"}, self.RULES)

    def test_samples_none(self):
        self.check_hidden({"samples": "none"}, self.RULES)

    def test_samples_none_hides_keys(self):
        self.check_hidden(
            {"samples": "none"}, self.RULES, "key: [v]",
            hidden=HIDDEN[:2])

    def test_masked_keys(self):
        self.check_hidden(
            {"masked_columns": ["v"]}, self.RULES, "key: [v]",
            hidden=HIDDEN[:2])

    def test_masked_columns_of_keyless_tables(self):
        self.check_hidden({"masked_columns": ["v", "n"]},
                          "- full_diff: {}\n  id: full", "key: none")

    def test_masked_in_errors(self):
        self.check_hidden(
            {"masked_columns": ["v", "n"]}, "- full_diff: {}\n  id: full",
            "columns: {policies: {v: {as: json}}}")

    def test_masked_by_the_name_of_either_side(self):
        columns = "id INTEGER NOT NULL PRIMARY KEY, v VARCHAR(40), n INTEGER"
        rows = ("(1, 'hidden-4711', 987654321)",
                "(1, 'hidden-4712', 987654322)")
        rules = ("- full_diff: {}\n  id: full\n- sample_diff: 5\n"
                 "- aggregate: {function: max, column: shown_n}\n"
                 "- aggregate: {function: count, group_by: [shown_v]}\n")
        self.check_hidden(
            {"masked_columns": ["v", "n"]}, rules,
            "columns: {map: {shown_v: {source: v, target: v}, "
            "shown_n: {source: n, target: n}}}", columns, rows)

    def test_masked_inside_an_expression(self):
        columns = "id INTEGER NOT NULL PRIMARY KEY, v VARCHAR(40), n INTEGER"
        rows = ("(1, 'hidden-4711', 987654321)",
                "(1, 'hidden-4712', 987654322)")
        self.check_hidden(
            {"masked_columns": ["v", "n"]}, "- full_diff: {}\n  id: full\n",
            "columns: {except: [n], map: {v: {source_sql: 'lower(v)', "
            "target_sql: 'lower(v)'}, w: {source_sql: 'n', target_sql: 'n'}}}",
            columns, rows)

    def test_masked_inside_a_query(self):
        columns = "id INTEGER NOT NULL PRIMARY KEY, v VARCHAR(40), n INTEGER"
        rows = ("(1, 'hidden-4711', 987654321)",
                "(1, 'hidden-4712', 987654322)")
        self.check_hidden(
            {"masked_columns": ["v", "n"]}, "- full_diff: {}\n  id: full\n"
            "- aggregate: {function: max, column: q}\n", "key: [id]", columns,
            rows, query="SELECT id, v AS p, n AS q FROM ")

    def test_author_sql_may_be_refused_on_either_side(self):
        self.load((PG, MARIA), "(1, 'a')", "(1, 'a')")
        for refusing in (PG, MARIA):
            connections = {d.name: {"odbc": d.odbc, "author_sql":
                                    d.name != refusing}
                           for d in self.fixture.databases.values()}
            with self.subTest(refusing), assay.Server(connections) as server:
                code, _ = server.gate(self.rule_set((PG, MARIA)))
                self.assertEqual(code, 0)
                number = (PG, MARIA).index(refusing)
                name = ("source", "target")[number]
                texts = [self.rule_set((PG, MARIA), "- full_diff: {}\n  where:"
                                       " id > 0"),
                         self.rule_set((PG, MARIA), comparison="columns: "
                                       f"{{map: {{v: {{{name}_sql: v}}}}}}"),
                         self.rule_set((PG, MARIA)).replace(
                             f"table: a_{'st'[number]}",
                             f"table: a_{'st'[number]}, where: id > 0"),
                         self.rule_set((PG, MARIA), comparison="key: [id]")
                         .replace(f"table: a_{'st'[number]}",
                                  "query: SELECT * FROM "
                                  f"a_{'st'[number]}")]
                for text in texts:
                    code, report = server.gate(text)
                    result = report["results"][0]
                    self.assertEqual((code, result["verdict"]), (5, "ERROR"),
                                     text)
                    self.assertEqual(result["error"]["reason"],
                                     "PERMISSION_DENIED")

    def test_a_table_that_may_not_be_read_is_an_error(self):
        self.load((PG, MARIA), "(1, 'a')", "(1, 'a')")
        self.fixture.databases[PG].load(
            "CREATE ROLE blind LOGIN PASSWORD 'x';")
        try:
            odbc = os.environ["ASSAY_TEST_POSTGRESQL"].replace(
                "Uid=assay", "Uid=blind;Pwd=x")
            with assay.Server({PG: odbc, MARIA: self.fixture.databases[
                    MARIA].odbc}) as server:
                code, report = server.gate(self.rule_set((PG, MARIA)))
                self.assertEqual((code, report["verdict"]), (5, "ERROR"))
        finally:
            self.fixture.databases[PG].load("DROP ROLE blind;")


if __name__ == "__main__":
    unittest.main()
