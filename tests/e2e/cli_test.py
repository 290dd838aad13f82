#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line against a real server, as a new user meets it."""
import contextlib
import json
import os
import pathlib
import pty
import subprocess
import sys
import tempfile
import unittest
import xml.dom.minidom

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position


class CliTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.databases = assay.databases(cls.directory.name)
        for database in cls.databases:
            database.load(
                "DROP TABLE IF EXISTS u_rows; CREATE TABLE u_rows (id INTEGER "
                "NOT NULL PRIMARY KEY, v VARCHAR(10), at_ TIMESTAMP NULL); "
                "INSERT INTO u_rows (id, v) VALUES (1, 'a'), (2, NULL);")
        cls.server = assay.Server({d.name: d.odbc for d in cls.databases})
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        for database in cls.databases[1:]:
            database.load("DROP TABLE u_rows;")
        cls.directory.cleanup()

    def rules(self, rules="- not_null: [v]\n", database="sqlite"):
        return assay.rule_set("u_rows", rules, database)

    def test_the_text_report_is_short_and_says_how_to_see_more(self):
        rules = "".join(f"- length: {{column: v, min: {n}}}\n"
                        for n in range(2, 42))
        done = self.server.assay("run", "-", stdin=self.rules(rules))
        self.assertEqual(done.returncode, 1)
        lines = done.stdout.splitlines()
        self.assertLessEqual(len(lines), 15)
        self.assertIn("FAIL -> HOLD", done.stdout)
        self.assertIn("assay show", done.stdout)

    def test_every_format_can_be_read(self):
        code, report = self.server.gate(self.rules())
        self.assertEqual(code, 1)
        run = report["run_id"]
        junit = self.server.assay("show", run, "--format", "junit").stdout
        suite = xml.dom.minidom.parseString(junit)
        self.assertEqual(len(suite.getElementsByTagName("failure")), 1)
        self.assertIn("FAIL |", self.server.assay(
            "show", run, "--format", "markdown").stdout)
        self.assertEqual(report["results"][0]["samples"][0]["cells"][0]
                         ["value"], "2")

    def test_the_pasted_sql_shows_the_failing_rows(self):
        rules = ("- not_null: [v]\n- enum: {column: v, values: [b\"'\\x]}\n"
                 "- pattern: {column: v, full: b}\n- unique: [v]\n"
                 "- range: {column: id, max: 1}\n- expression: id < 2\n"
                 "- length: {column: v, min: 3}\n"
                 "- foreign_key: {columns: [v], table: u_rows, key: [v], "
                 "table_where: id > 1}\n"
                 "- query: SELECT id FROM u_rows WHERE id = 2\n")
        for database in self.databases:
            _, report = self.server.gate(self.rules(rules, database.name))
            for result in report["results"]:
                if result["verdict"] != "FAIL":
                    continue
                rows = database.query(result["sql"].split("\n-- ")[0])
                self.assertEqual(len(rows),
                                 result["counters"]["rows_failing"],
                                 (database, result))

    def test_out_dir_holds_the_outputs_also_when_it_goes_wrong(self):
        with tempfile.TemporaryDirectory() as out:
            done = self.server.assay("run", "-", "--out-dir", out,
                                     stdin=self.rules())
            read = lambda name: (pathlib.Path(out) / name).read_text().strip()
            self.assertEqual(read("decision"), "HOLD")
            self.assertEqual(read("verdict"), "FAIL")
            self.assertEqual(read("exit_code"), str(done.returncode))
            done = self.server.assay(
                "run", "-", "--out-dir", out,
                stdin=self.rules("- row_count: 2\n"))
            self.assertEqual(read("decision"), "PROCEED")
            done = self.server.assay("run", "-", "--out-dir", out,
                                     stdin="nonsense: [")
            self.assertEqual(done.returncode, 2)
            self.assertEqual(read("decision"), "HOLD")

    def test_verdict_as_data_exits_0_once_judged(self):
        done = self.server.assay("run", "-", "--verdict-as-data",
                                 stdin=self.rules())
        self.assertEqual(done.returncode, 0)
        done = self.server.assay("run", "-", "--verdict-as-data",
                                 stdin=self.rules(database="nowhere"))
        self.assertNotEqual(done.returncode, 0)

    def test_fail_on_warn(self):
        rules = "- not_null: [v]\n  severity: warn\n"
        done = self.server.assay("run", "-", stdin=self.rules(rules))
        self.assertEqual(done.returncode, 0)
        done = self.server.assay("run", "-", "--fail-on", "warn",
                                 stdin=self.rules(rules))
        self.assertEqual(done.returncode, 1)

    def test_params_of_every_type_are_bound(self):
        params = ("params:\n"
                  "  t: {type: table}\n  c: {type: column}\n"
                  "  d: {type: connection}\n  s: {type: text}\n"
                  "  i: {type: integer}\n  m: {type: timestamp}\n")
        text = (f"version: 1\nname: p\n{params}tables:\n"
                "  - connection: :d\n    table: :t\n"
                "    where: v = :s OR v IS NULL\n    rules:\n"
                "      - row_count: 1\n      - expression: id > :i\n"
                "      - range: {column: :c, min: :i}\n"
                "      - expression: at_ IS NULL OR at_ < :m\n")
        for database in self.databases:
            code, report = self.server.gate(
                text, "--param", f"d={database.name}", "--param", "t=u_rows",
                "--param", "c=id", "--param", "s=x' OR '1'='1", "--param",
                "i=1", "--param", "m=2026-01-01T00:00:00Z")
            self.assertEqual(code, 0, report)
        done = self.server.assay("run", "-", "--param", "nope=1", stdin=text)
        self.assertEqual(done.returncode, 2)
        self.assertIn("nope", done.stderr)

    def test_explain_shows_plan_and_sql_and_reads_no_data(self):
        rules = ("- not_null: [v]\n- pattern: {column: v, full: a}\n"
                 "- unique: [id]\n")
        for database in self.databases:
            done = self.server.assay("explain", "-",
                                     stdin=self.rules(rules, database.name))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("COUNT(", done.stdout)
            self.assertIn("RE2 full match", done.stdout)
            self.assertIn("read by", done.stdout)
        done = self.server.assay("explain", "-", stdin=self.rules(
            "- not_null: [zz]\n- not_null: [v]\n"))
        self.assertIn("no column 'zz'", done.stdout)
        self.assertIn("COUNT(", done.stdout)
        self.assertEqual(done.returncode, 5)
        self.assertIn("1 time", done.stderr)

    def test_lint_reports_all_mistakes_offline(self):
        done = assay.assay("--server", "127.0.0.1:1", "lint", "-", stdin=self
                           .rules("- not_nul: [v]\n- range: {colum: v}\n"))
        self.assertEqual(done.returncode, 2)
        text = done.stdout + done.stderr
        self.assertIn("did you mean 'not_null'?", text)
        self.assertIn("did you mean 'column'?", text)
        done = assay.assay("lint", "-", stdin=self.rules(
            '- pattern: {column: v, full: "\\d+"}\n'))
        self.assertEqual(done.returncode, 2)
        self.assertIn("use single quotes", done.stdout)

    def test_connections_are_tested(self):
        done = self.server.assay("connections", "--test-all")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for word in ("sqlite", "postgresql", "mariadb"):
            self.assertIn(word, done.stdout)

    def test_a_role_that_can_write_is_warned_about(self):
        owners = {"postgresql": os.environ["ASSAY_TEST_POSTGRESQL"],
                  "mariadb": os.environ["ASSAY_TEST_MARIADB"]}
        with assay.Server(owners) as server:
            for name in owners:
                done = server.assay("connections", "--test", name)
                self.assertIn("write", done.stdout + done.stderr, name)
        for name in owners:
            done = self.server.assay("connections", "--test", name)
            self.assertNotIn("may write", done.stdout + done.stderr, name)

    def test_embedded_needs_no_server_and_no_file(self):
        database = self.databases[0]
        before = set(pathlib.Path(tempfile.gettempdir()).iterdir())
        done = assay.assay("run", "-", "--embedded", "--connection",
                           f"sqlite={database.odbc}", stdin=self.rules())
        self.assertEqual(done.returncode, 1, done.stderr)
        left = [p for p in pathlib.Path(tempfile.gettempdir()).iterdir()
                if p not in before and "assay" in p.name
                and "assay-test-" not in p.name and "assay-db" not in p.name]
        self.assertEqual(left, [])

    def test_what_embedded_cannot_do_is_said_at_once(self):
        connection = ("--connection", f"sqlite={self.databases[0].odbc}")
        for words, env, why in (
                (("--embedded", "--connection", "sqlite="), {}, "odbc"),
                (("--embedded", "--connection", "a b=Driver=SQLite3"), {},
                 "a b"),
                (("--embedded", *connection, "--on-hold", "wait"), {},
                 "exclude each other"),
                (("--embedded", *connection), {"TMPDIR": "/nonexistent"},
                 "TMPDIR"),
                (("--request-id", ""), {}, "--request-id"),
        ):
            with self.subTest(words):
                done = assay.assay("run", "-", *words, stdin=self.rules(),
                                   env={**os.environ, **env})
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(why, done.stderr)

    def test_an_embedded_server_keeps_no_connection_string(self):
        directory = pathlib.Path(self.directory.name) / "tmp"
        directory.mkdir()
        # As long as the run is waited for: rows without end.
        rules = assay.rule_set(
            "u_rows", "- query: {expect: value, equals: 1, sql: WITH RECURSIVE "
            "n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
            "SELECT COUNT(*) FROM n}", "sqlite")
        with subprocess.Popen(
                [assay.BIN / "assay", "run", "-", "--embedded", "--connection",
                 f"sqlite={self.databases[0].odbc}"],
                stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={**os.environ, "TMPDIR": str(directory)}) as process:
            process.stdin.write(rules.encode())
            process.stdin.close()
            assay.wait_for(lambda: list(directory.glob("*/socket")),
                           what="the embedded server")
            assay.wait_for(
                lambda: not list(directory.glob("*/assayd.yaml")),
                what="the end of its configuration")
            process.terminate()
            self.assertEqual(process.wait(timeout=20), 143)
        self.assertEqual(list(directory.iterdir()), [])

    def test_a_file_of_another_program_does_not_become_the_store(self):
        path = pathlib.Path(self.directory.name) / "other.db"
        other = assay.sqlite(path)
        other.load("CREATE TABLE theirs (x);")
        done = subprocess.run(
            [assay.BIN / "assayd", "--store", path, "--listen",
             f"unix:{self.directory.name}/other.sock"],
            capture_output=True, text=True, timeout=20, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("name a file of the store's own", done.stderr)
        self.assertEqual(other.query("SELECT name FROM sqlite_master"),
                         [["theirs"]])

    def test_a_missing_sqlite_file_is_said_and_not_made(self):
        path = pathlib.Path(self.directory.name) / "missing.db"
        done = assay.assay("run", "-", "--embedded", "--connection",
                           f"sqlite=Driver=SQLite3;Database={path}",
                           stdin=self.rules())
        self.assertEqual(done.returncode, 5)
        self.assertIn("check its path", done.stdout + done.stderr)
        self.assertFalse(path.exists())

    def test_progress_is_drawn_where_a_line_can_be_drawn_anew(self):
        rules = assay.rule_set(
            "u_rows", "- query: {expect: value, min: 1, sql: WITH RECURSIVE "
            "n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 4000000) "
            "SELECT COUNT(*) FROM n}", "sqlite")
        for term, drawn in (("xterm", True), ("dumb", False)):
            with self.subTest(term):
                ours, theirs = pty.openpty()
                with subprocess.Popen(
                        [assay.BIN / "assay", "--server", self.server.address,
                         "run", "-"], stdin=subprocess.PIPE, stderr=theirs,
                        stdout=subprocess.DEVNULL,
                        env={**os.environ, "TERM": term}) as process:
                    os.close(theirs)
                    process.stdin.write(rules.encode())
                    process.stdin.close()
                    shown = b""
                    # Linux says EIO when the other side is closed.
                    with contextlib.suppress(OSError):
                        while data := os.read(ours, 4096):
                            shown += data
                    os.close(ours)
                    self.assertEqual(process.wait(timeout=60), 0, shown)
                self.assertEqual(b"\x1b[K" in shown, drawn, shown)

    def test_bash_completion_completes(self):
        script = self.server.assay("completion", "bash").stdout
        done = subprocess.run(
            ["bash", "-c", script + "\nCOMP_WORDS=(assay li); COMP_CWORD=1; "
             "$(complete -p assay | sed 's/.*-F \\([^ ]*\\).*/\\1/') assay li "
             "assay; echo \"${COMPREPLY[@]}\""],
            capture_output=True, text=True, check=False,
            env={**os.environ, "PATH": f"{assay.BIN}:{os.environ['PATH']}"})
        self.assertIn("lint", done.stdout, done.stderr)


if __name__ == "__main__":
    unittest.main()
