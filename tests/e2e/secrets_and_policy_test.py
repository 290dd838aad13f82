#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No secret and no hidden value anywhere that assayd writes or answers."""
import base64
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import http_client  # pylint: disable=wrong-import-position
import leaks  # pylint: disable=wrong-import-position

SECRET = "Xq7-hunter2-Zz"
HIDDEN = "hidden-value-4711"
VALUES = (HIDDEN, "987654321", "987654320")


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
            leaks.register(SECRET)
            self.addCleanup(leaks.forget, SECRET)
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

    def test_a_mistake_of_the_configuration_shows_no_secret(self):
        leaks.register(SECRET)
        self.addCleanup(leaks.forget, SECRET)
        string = f"Driver=SQLite3;Pwd={SECRET};Database="
        for lines in (f'  d: {{odbc: "{string}${{foo:x}}"}}',
                      f'  d: {{obdc: "{string}/x"}}',
                      f'  d: "{string}/x"',
                      f"  d: {{odbc: {string}: x}}"):
            with self.subTest(lines), tempfile.NamedTemporaryFile("w") as file:
                file.write(f"connections:\n{lines}\n")
                file.flush()
                for command in (["--check-config"], ["store", "migrate"],
                                ["token", "list"]):
                    done = subprocess.run(
                        [assay.BIN / "assayd", *command, "--config",
                         file.name], capture_output=True, text=True,
                        check=False)
                    self.assertEqual(done.returncode, 2, done)
                    self.assertNotIn(SECRET, done.stdout + done.stderr)
                    self.assertIn(f"{file.name}:2:", done.stderr)
        # assay.assay looks for the secret itself.
        done = assay.assay("run", "-", "--embedded", "--connection",
                           f"d={string}${{foo:x}}",
                           stdin=assay.rule_set("t", "- row_count: 1", "d"))
        self.assertEqual(done.returncode, 2, done)
        self.assertIn("${foo:x}", done.stderr)

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
            "'y'); DROP TABLE IF EXISTS p_copy; CREATE TABLE p_copy (id "
            "INTEGER NOT NULL PRIMARY KEY, v VARCHAR(40), n INTEGER, open_ "
            f"VARCHAR(10)); INSERT INTO p_copy VALUES (1, '{HIDDEN}!', "
            f"987654320, 'x'), (3, '{HIDDEN}', 987654321, 'z');")
        leaks.register(*VALUES)
        self.addCleanup(leaks.forget, *VALUES)
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
        server = assay.Server(
            policies, extra="  log_level: debug\n  log_format: json\nhttp: "
            "{listen: '127.0.0.1:0'}\naudit: {path: %s}\n" % self.audit())
        with server:
            outputs = []
            for name in policies:
                code, report = server.gate(
                    assay.rule_set("p_secret", rules, name))
                self.assertIn(code, (1, 5), report)
                self.assertEqual(len(report["results"]), 12)
                outputs.append(str(report))
                outputs += self.all_forms(server, report)
                outputs += self.compare(server, name)
                samples = report["results"][0].get("samples", [])
                if name == "none":
                    self.assertEqual(samples, [])
                else:
                    self.assertEqual(len(samples), 2)
            found = self.everything(server, *outputs)
            for hidden in VALUES:
                self.assertNotIn(hidden.encode(), found)
            # The search finds what is there: an open value, in a sample.
            self.assertIn(b'"z"', found)

    def audit(self):
        directory = self.enterContext(tempfile.TemporaryDirectory())
        return pathlib.Path(directory) / "audit.jsonl"

    def all_forms(self, server, report):
        """The run as everybody may look at it; searched on its way, too."""
        run = report["run_id"]
        out = [server.assay("show", run, "--all", "--format", form).stdout
               for form in ("text", "json", "junit", "markdown", "html")]
        address = next(a for a in server.ready if a.startswith("http://"))
        host, port = address.removeprefix("http://").rsplit(":", 1)
        http = http_client.Http(host, int(port))
        paths = ["/runs", f"/runs/{run}", "/v1/runs?page_size=1000",
                 f"/v1/runs/{run}?view=RUN_VIEW_FULL",
                 f"/v1/runs/{run}/results?view=RUN_VIEW_FULL", "/metrics"]
        for result in report["results"]:
            if result.get("differences_count"):
                paths.append(f"/v1/runs/{run}/differences?rule_id="
                             + result["rule_id"])
        for path in paths:
            answer = http.get(path)
            self.assertIn(answer.status, (200, 404), f"{path}: {answer}")
            out.append(answer.body.decode())
        self.assertGreater(min(map(len, out)), 20)
        return out

    def compare(self, server, name):
        """Two tables that differ in hidden columns and an open one."""
        code, report = server.gate(f"""
version: 1
name: test/hidden_pair
comparisons:
  - source: {{connection: {name}, table: p_secret}}
    target: {{connection: {name}, table: p_copy}}
    key: [id]
    rules:
      - full_diff: {{}}
      - sample_diff: {{edges: true}}
      - aggregate: {{function: max, column: n}}
""")
        self.assertEqual(code, 1, report)
        return [str(report)] + self.all_forms(server, report)

    def test_the_search_finds_what_it_looks_for(self):
        leaks.register(SECRET)
        self.addCleanup(leaks.forget, SECRET)
        raw = SECRET.encode()
        for data in (raw, f"x{SECRET}y", raw.hex(), b"Basic " +
                     base64.b64encode(b"anybody:" + raw + b"!"),
                     base64.b64encode(b"a" + raw), base64.b64encode(raw)):
            with self.assertRaises(AssertionError) as caught:
                leaks.check("it", data)
            self.assertNotIn(SECRET, str(caught.exception))
        leaks.check("it", raw[:-1] + b"x")
        with tempfile.TemporaryDirectory() as directory:
            deep = pathlib.Path(directory) / "a/b"
            deep.mkdir(parents=True)
            (deep / "c").write_bytes(b"\0" + raw + b"\0")
            leaks.sweep([directory], leave_out=[deep / "c"])
            with self.assertRaises(AssertionError):
                leaks.sweep([directory])

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
