#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The log by its fields, and the caller's trace in it and on the databases."""
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import access_table  # pylint: disable=wrong-import-position
import assay  # pylint: disable=wrong-import-position
import http_client  # pylint: disable=wrong-import-position
import monitoring  # pylint: disable=wrong-import-position
import rpc  # pylint: disable=wrong-import-position

SLOW = {"postgresql": "SELECT 1 FROM pg_sleep(60)",
        "mariadb": "SELECT SLEEP(60) AS s"}
EVIL = ["*/ DROP TABLE tr_rows; /*", "00-" + "0" * 32 + "-" + "b" * 16 + "-01",
        "00-" + "a" * 32 + "-" + "b" * 16 + "-0'", "00-" + "A" * 32 + "-" +
        "b" * 16 + "-01", "00-" + "a" * 32 + "-" + "b" * 16 + "-01*/", "?",
        "ff-" + "a" * 32 + "-" + "b" * 16 + "-01", "x" * 400]


def trace(number):
    """(traceparent, its trace id)."""
    trace_id = f"{number:02x}" * 16
    return f"00-{trace_id}-b7ad6b7169203331-01", trace_id


def quick_rules(name="quick"):
    return assay.rule_set("tr_rows", "- row_count: {min: 1}",
                          "postgresql").replace("test/tr_rows", name)


def slow_rules(name):
    return assay.rule_set(
        "tr_rows", f"- query: {{sql: {assay.quoted(SLOW[name])}, expect: "
        "value, min: 0}\n  id: slow\n", name)


def log_of(server):
    """Every line, parsed: one that does not parse fails the test."""
    return [json.loads(line) for line in server.log.splitlines()]


class TraceTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        self.databases = {d.name: d for d in (assay.postgresql(),
                                              assay.mariadb())}
        for database in self.databases.values():
            database.load("DROP TABLE IF EXISTS tr_rows; CREATE TABLE tr_rows "
                          "(id INTEGER NOT NULL PRIMARY KEY, v INTEGER); "
                          "INSERT INTO tr_rows VALUES (1, 1), (2, NULL);")
            self.addCleanup(database.load, "DROP TABLE IF EXISTS tr_rows;")
        self.audit = self.directory / "audit.jsonl"
        self.server = self.enterContext(assay.Server(
            {d.name: d.odbc for d in self.databases.values()},
            "  log_format: json\n  log_level: debug\n"
            f"http:\n  listen: 127.0.0.1:0\naudit: {{path: {self.audit}}}\n"))
        self.http = self.http_of(self.server)

    def http_of(self, server):
        address = next(a for a in server.ready if a.startswith("http://"))
        host, port = address.removeprefix("http://").rsplit(":", 1)
        return http_client.Http(host, int(port))

    def statements(self, name, text):
        """Statements under way that contain `text`."""
        if name == "postgresql":
            rows = self.databases[name].query(
                "SELECT replace(query, E'\\n', ' ') FROM pg_stat_activity "
                "WHERE state = 'active' AND pid <> pg_backend_pid()")
        else:
            rows = self.databases[name].query(
                "SELECT REPLACE(INFO, '\\n', ' ') FROM "
                "information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID()")
        return [row[0] for row in rows if text in row[0]]

    def until_slow(self, name, run):
        return assay.wait_for(
            lambda: self.statements(name, f"assay run={run}"),
            what=f"the slow query on {name}")[0]

    def start_slow(self, name, traceparent):
        env = {**os.environ, "TRACEPARENT": traceparent}
        done = self.server.assay("run", "-", "--detach", env=env,
                                 stdin=slow_rules(name))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split()[-1]

    def run_over_http(self, fields, **more):
        run = self.http.post("/v1/runs", {"rule_set": quick_rules(), **more},
                             fields=fields).json
        done = self.http.post(f"/v1/runs/{run['run_id']}:wait", {}).json
        self.assertEqual(done["verdict"], "VERDICT_PASS", done)
        return run["run_id"]

    def lines_about(self, run):
        return assay.wait_for(lambda: (lambda lines: lines if any(
            "run ended" in line["message"] for line in lines) else None)(
                [line for line in log_of(self.server)
                 if line.get("run_id") == run]), what="the run's last line")

    def assert_trace(self, run, trace_id):
        lines = self.lines_about(run)
        self.assertGreaterEqual(len(lines), 3, lines)
        for line in lines:
            self.assertEqual(line.get("trace_id"), trace_id, line)
        judged = [line for line in lines if "rule judged" in line["message"]]
        for line in judged:
            self.assertTrue(line["rule_id"], line)
        self.assertTrue(judged)
        started = [json.loads(line) for line in
                   self.audit.read_text().splitlines()
                   if run in line and '"start"' in line]
        self.assertEqual({line.get("trace_id") for line in started},
                         {trace_id})

    def test_a_trace_outlives_the_server_and_nothing_is_left(self):
        runs = {}
        for number, name in enumerate(SLOW, 1):
            sent, _ = trace(number)
            runs[name] = self.start_slow(name, sent)
            text = self.until_slow(name, runs[name])
            self.assertTrue(text.endswith(
                f"/* assay run={runs[name]} traceparent={sent} */"), text)
        self.server.kill9()
        self.server.start()
        self.http = self.http_of(self.server)
        for number, name in enumerate(SLOW, 1):
            sent, trace_id = trace(number)
            # The dead server's statement is found by its run and ended.
            assay.wait_for(
                lambda name=name: len(self.statements(
                    name, f"assay run={runs[name]}")) == 1,
                what=f"one statement on {name}")
            self.assertIn(f"traceparent={sent} */",
                          self.until_slow(name, runs[name]))
            done = self.server.assay("cancel", runs[name])
            self.assertEqual(done.returncode, 0, done.stderr)
            assay.wait_for(
                lambda name=name: not self.statements(name, "assay run="),
                what=f"no statement on {name}")
            for line in self.lines_about(runs[name]):
                self.assertEqual(line["trace_id"], trace_id, line)
        metrics = monitoring.read(self.http)
        self.assertEqual(metrics.value("assay_orphaned_statements_ended_total",
                                       connection="mariadb"), 1)
        self.assertEqual(metrics.value("assay_runs_taken_up_total",
                                       after="restart"), 2)
        ended = [line for line in log_of(self.server)
                 if "statements left on" in line["message"]]
        self.assertEqual([(line["run_id"], line["connection"],
                           line["trace_id"]) for line in ended],
                         [(runs["mariadb"], "mariadb", trace(2)[1])])

    def test_over_grpc_and_http(self):
        sent, trace_id = trace(3)
        self.assert_trace(self.run_over_http({"traceparent": sent}), trace_id)
        sent, trace_id = trace(4)
        with rpc.Client(self.server.address) as client:
            answer = client.call("StartRun", {"rule_set": quick_rules()},
                                 metadata=[("traceparent", sent)])
            self.assertTrue(answer.ok, answer)
            self.assert_trace(answer.response["run_id"], trace_id)

    def test_a_repetition_keeps_the_first_trace(self):
        ids = [self.run_over_http({"traceparent": trace(number)[0]},
                                  request_id="tr-same") for number in (5, 6)]
        self.assertEqual(ids[0], ids[1])
        for line in self.lines_about(ids[0]):
            if line["message"].startswith(("run ", "rule ")):
                self.assertEqual(line["trace_id"], trace(5)[1], line)

    def test_malformed_ones_are_none(self):
        for evil in EVIL:
            with self.subTest(evil):
                self.assert_trace(self.run_over_http({"traceparent": evil}),
                                  None)
        with rpc.Client(self.server.address) as client:
            good = trace(7)[0]
            for metadata in ([("traceparent", evil)] for evil in EVIL):
                answer = client.call("StartRun", {"rule_set": quick_rules()},
                                     metadata=metadata)
                self.assertTrue(answer.ok, answer)
                self.assert_trace(answer.response["run_id"], None)
            answer = client.call(
                "StartRun", {"rule_set": quick_rules()},
                metadata=[("traceparent", good)] * 2)
            self.assert_trace(answer.response["run_id"], None)
        # And what the databases get to see.
        for name, evil in zip(SLOW, EVIL):
            run = self.start_slow(name, evil)
            text = self.until_slow(name, run)
            self.assertTrue(text.endswith(f"/* assay run={run} */"), text)
            self.server.assay("cancel", run)
        for database in self.databases.values():
            self.assertEqual(database.query("SELECT COUNT(*) FROM tr_rows"),
                             [["2"]])

    def test_a_repeated_step_says_what_it_is_about(self):
        sent, trace_id = trace(8)
        slow = "SELECT COUNT(*) FROM pg_sleep(2)"
        rules = assay.rule_set(
            "tr_rows", f"- query: {{sql: {assay.quoted(slow)}, expect: value, "
            "min: 1}\n", "postgresql")
        done = self.server.assay("run", "-", "--detach", stdin=rules,
                                 env={**os.environ, "TRACEPARENT": sent})
        run = done.stdout.split()[-1]
        self.until_slow("postgresql", run)
        self.databases["postgresql"].query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
            f"query LIKE '%{run}%' AND pid <> pg_backend_pid()")
        lines = self.lines_about(run)
        retried = [line for line in lines if "attempt 1 of" in line["message"]]
        self.assertEqual(len(retried), 1, lines)
        self.assertEqual((retried[0]["level"], retried[0]["connection"],
                          retried[0]["reason"], retried[0]["trace_id"]),
                         ("warning", "postgresql", "CONNECTION_LOST",
                          trace_id))
        metrics = monitoring.read(self.http)
        self.assertEqual(metrics.value("assay_retries_total",
                                       connection="postgresql"), 1)
        self.assertEqual(metrics.value(
            "assay_statement_errors_total", connection="postgresql",
            reason="CONNECTION_LOST"), 1)


class LogTest(unittest.TestCase):
    def documented(self):
        text = (monitoring.ROOT / "docs/monitoring.md").read_text()
        table = text.split("| field | meaning |")[1].split("\n\n")[0]
        return set(re.findall(r"`(\w+)`", "\n".join(
            line.split(" | ")[0] for line in table.splitlines()[2:])))

    def site(self, format_):
        directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        tokens = directory / "tokens.jsonl"
        odbc = access_table.make_database(directory / "a.db", "x")
        self.token = access_table.create_token(tokens, "owner")
        server = self.enterContext(assay.Server(
            {"a": odbc}, access_table.auth_section(tokens, {
                "owner": {"connections": "*", "operations": "*"}}),
            options=["--log-level", "debug", "--log-format", format_]))
        env = {**os.environ, "ASSAY_TOKEN": self.token}
        # A name that would like to be a line of its own.
        table = assay.quoted('"no\nsuch table"')
        done = server.assay("run", "-", env=env, stdin=assay.rule_set(
            table, "- row_count: {max: 0}\n  id: evil\n", "a").replace(
                f"test/{table}", "test/evil"))
        self.assertEqual(done.returncode, 5, done.stderr)
        self.run_id = re.search(r"[0-9a-z]{20}",
                                done.stdout + done.stderr).group()
        self.assertNotEqual(server.assay("runs").returncode, 0)
        # gRPC's own complaint about somebody who speaks something else.
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(server.address.removeprefix("unix:"))
            peer.sendall(b"GET / HTTP/1.1\r\n\r\n")
            peer.settimeout(10)
            while peer.recv(4096):
                pass
        server.stop()
        self.assertNotIn(self.token.split("_")[2], server.log)
        return server.log

    def test_json_is_an_object_a_line(self):
        known = self.documented()
        seen = set()
        refused = []
        for text in self.site("json").splitlines():
            line = json.loads(text)
            seen |= set(line)
            self.assertLessEqual(set(line), known, line)
            self.assertEqual(list(line)[:3], ["time", "level", "message"])
            self.assertRegex(line["time"],
                             r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
            self.assertIn(line["level"], ("debug", "info", "warning", "error"))
            if line.get("rpc") == "ListRuns":
                refused.append(line)
            if line["message"].startswith(("run ", "rule ")):
                self.assertEqual(line["run_id"], self.run_id, line)
                self.assertEqual(line["principal"], "owner", line)
            if line["message"].startswith("rule "):
                self.assertEqual(line["rule_id"], "evil", line)
                self.assertIn("no\nsuch table", line["message"])
        self.assertEqual([line["reason"] for line in refused],
                         ["UNAUTHENTICATED"])
        self.assertTrue(refused[0]["peer"])
        self.assertEqual(known - seen, {"trace_id"})

    def test_text_is_a_line_an_event(self):
        log = self.site("text")
        for line in log.splitlines():
            self.assertRegex(line, r"^\S{26}Z (debug|info|warning|error) \S")
        self.assertIn('"no\\nsuch table": ERROR '
                      f"run_id={self.run_id} rule_id=evil connection=a "
                      "principal=owner reason=TABLE_NOT_FOUND", log)
        self.assertEqual(log.count("rule judged: row_count of "), 1)

    def test_another_word_is_no_start(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "c.yaml"
            path.write_text("server: {log_format: yaml}\n")
            for arguments in (["--config", path], ["--log-format", "xml",
                                                   "--store", ""]):
                done = subprocess.run(
                    [assay.BIN / "assayd", *arguments], text=True,
                    capture_output=True, check=False, timeout=20)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn("text or json", done.stderr)


if __name__ == "__main__":
    unittest.main()
