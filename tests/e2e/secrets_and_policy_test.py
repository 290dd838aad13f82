#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No secret and no hidden value anywhere that assayd writes or answers."""
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position

SECRET = "Xq7-hunter2-Zz"
HIDDEN = "hidden-value-4711"


class SecretsTest(unittest.TestCase):
    def everything(self, server, *outputs):
        """All bytes that left the server or stay on its disk."""
        data = b"".join(o.encode() for o in outputs)
        for path in server.directory.rglob("*"):
            if path.is_file() and path != server.config:
                data += path.read_bytes()
        return data

    def test_a_wrong_password_is_permanent_and_never_shown(self):
        base = os.environ["ASSAY_TEST_POSTGRESQL_READER"].split(";Uid")[0]
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(SECRET + "\n")
            file.flush()
            server = assay.Server({
                "by_env": f"{base};Uid=assay_reader;Pwd=${{env:T_SECRET}}",
                "by_file": f"{base};Uid=assay_reader;Pwd=${{file:{file.name}}}",
                "missing": f"{base};Uid=x;Pwd=${{env:NOT_SET_ANYWHERE}}",
            }, extra="  log_level: debug\n")
            # The scratch cluster trusts its socket: a role that is not there
            # is how it refuses.
            try:
                server.start(env={**os.environ, "T_SECRET": SECRET})
                outputs = []
                for name in ("by_env", "by_file", "missing"):
                    code, report = server.gate(
                        assay.rule_set("nowhere", "- row_count: 1", name))
                    self.assertEqual(code, 5, report)
                    outputs.append(str(report))
                    done = server.assay("connections", "--test", name)
                    outputs += [done.stdout, done.stderr]
                self.assertIn("NOT_SET_ANYWHERE", outputs[-2] + outputs[-1])
                self.assertNotIn(SECRET.encode(),
                                 self.everything(server, *outputs))
            finally:
                server.__exit__()

    def test_hidden_values_are_hidden_everywhere(self):
        with tempfile.TemporaryDirectory() as directory:
            for database in assay.databases(directory):
                with self.subTest(database.name):
                    self.check_hidden(database)

    def check_hidden(self, database):
        database.load(
            "DROP TABLE IF EXISTS p_secret; CREATE TABLE p_secret (id INTEGER "
            "NOT NULL PRIMARY KEY, v VARCHAR(40), n INTEGER, open_ "
            "VARCHAR(10)); INSERT INTO p_secret VALUES "
            f"(1, '{HIDDEN}', 987654321, 'x'), (2, '{HIDDEN}', 987654320, "
            "'y');")
        rules = """
- unique: [v]
- enum: {column: v, values: [a]}
- pattern: {column: v, full: '[0-9]+'}
- type: {column: v, is: integer}
- length: {column: v, max: 3}
- aggregate: {function: max, column: n, max: 5}
- aggregate: {function: median, column: n, max: 5}
- expression: n < 5
- query: SELECT v AS renamed, n FROM p_secret
- query: {sql: SELECT MAX(n) FROM p_secret, expect: value, max: 5}
- expression: CAST(v AS {int}) > 5
- range: {column: open_, max: a}
""".replace("{int}", {"mariadb": "SIGNED"}.get(database.name, "INTEGER"))
        policies = {
            "masked": {"masked_columns": ["V", "n"]},
            "keys": {"samples": "keys"},
            "none": {"samples": "none"},
        }
        policies = {name: {"odbc": database.odbc, **policy}
                    for name, policy in policies.items()}
        server = assay.Server(policies, extra="  log_level: debug\n")
        with server:
            outputs = []
            for name in policies:
                code, report = server.gate(
                    assay.rule_set("p_secret", rules, name))
                self.assertIn(code, (1, 5), report)
                self.assertEqual(len(report["results"]), 12)
                outputs.append(str(report))
                for form in ("text", "junit", "markdown"):
                    outputs.append(server.assay(
                        "show", report["run_id"], "--all", "--format",
                        form).stdout)
                samples = report["results"][0].get("samples", [])
                if name == "none":
                    self.assertEqual(samples, [])
                else:
                    self.assertEqual(len(samples), 2)
            found = self.everything(server, *outputs)
            for hidden in (HIDDEN, "987654321", "987654320"):
                self.assertNotIn(hidden.encode(), found)

    def test_author_sql_can_be_refused(self):
        with tempfile.TemporaryDirectory() as directory:
            database = assay.databases(directory)[0]
            database.load("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT "
                          "INTO t VALUES (1);")
            with assay.Server({"db": {"odbc": database.odbc,
                                      "author_sql": False}}) as server:
                code, report = server.gate(assay.rule_set(
                    "t", "- expression: id > 0\n- row_count: 1"))
                self.assertEqual(code, 5)
                self.assertEqual([r["verdict"] for r in report["results"]],
                                 ["ERROR", "PASS"])


if __name__ == "__main__":
    unittest.main()
