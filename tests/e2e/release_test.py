#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds: a gate that waits for a person, over dead servers and replicas; who
may release it, and that nothing else lets a migration go on."""
import concurrent.futures
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import access_table  # pylint: disable=wrong-import-position
import assay  # pylint: disable=wrong-import-position
import http_client  # pylint: disable=wrong-import-position
import monitoring  # pylint: disable=wrong-import-position
import rpc  # pylint: disable=wrong-import-position

FAILING = "- not_null: [name]\n  id: filled\n- row_count: {min: 1}\n  id: some\n"
WHY = "known: see OPS-12"


def rules(text=FAILING, name="h_rows"):
    return assay.rule_set(name, text)


class Gate:
    """An `assay run` that goes on by itself."""

    def __init__(self, server, directory, *args, text=None, address=None):
        self.out = pathlib.Path(directory) / "out"
        self.stderr = pathlib.Path(directory) / "stderr"
        path = pathlib.Path(directory) / "rules.yaml"
        path.write_text(text or rules())
        with open(self.stderr, "wb") as err:
            self.process = subprocess.Popen(
                [assay.BIN / "assay", "--server", address or server.address,
                 "run", path, "--out-dir", self.out, "--on-hold", "wait",
                 "--format", "json", "--wait-server", "60s", *args],
                stdout=subprocess.PIPE, stderr=err, text=True)

    def field(self, name):
        try:
            return (self.out / name).read_text()
        except FileNotFoundError:
            return ""

    def held(self):
        """The id of the run once the gate has said that it is held."""
        assay.wait_for(lambda: "is HELD" in self.stderr.read_text(), 40,
                       f"HELD: {self.stderr.read_text()}")
        return self.field("run_id")

    def end(self):
        report, _ = self.process.communicate(timeout=60)
        return self.process.returncode, json.loads(report)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class ReleaseTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        self.database = assay.sqlite(self.directory / "h.db")
        self.database.load("CREATE TABLE h_rows (id INTEGER PRIMARY KEY, name "
                           "TEXT); INSERT INTO h_rows VALUES (1, 'a'), "
                           "(2, NULL);")
        self.audit = self.directory / "audit.jsonl"
        self.server = self.enterContext(assay.Server(
            # One connection: whoever holds it keeps all others out.
            {"db": {"odbc": self.database.odbc, "max_connections": 1}},
            f"audit: {{path: {self.audit}}}\n"
            "http: {listen: '127.0.0.1:0'}\n"))

    def gate(self, *args, **kwargs):
        directory = self.enterContext(tempfile.TemporaryDirectory())
        gate = Gate(self.server, directory, *args, **kwargs)
        self.addCleanup(gate.stop)
        return gate

    def release(self, run, *args, why=WHY):
        return self.server.assay("release", run, "--reason", why, "--user",
                                 "anna", *args)

    def show(self, run):
        return json.loads(
            self.server.assay("show", run, "--format", "json").stdout)

    def audited(self, event):
        return [line for line in map(json.loads,
                                     self.audit.read_text().splitlines())
                if line["event"] == event]

    def test_a_release_is_shown_everywhere(self):
        code, report = self.server.gate(rules(), "--label", "task=orders",
                                        "--label", "scheduler=airflow")
        self.assertEqual((code, report["decision"]), (1, "HOLD"))
        run = report["run_id"]
        done = self.release(run[:12])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("FAIL -> PROCEED", done.stdout)
        report = self.show(run)
        self.assertEqual((report["state"], report["verdict"],
                          report["decision"]), ("SUCCEEDED", "FAIL", "PROCEED"))
        release = report["release"]
        self.assertEqual(release["principal"], "local")
        self.assertEqual(release["user"], "anna")
        self.assertEqual(release["reason"], WHY)
        self.assertRegex(release["request_id"], "^cli-")
        self.assertRegex(release["time"], r"^20\d\d-")
        for name in ("text", "junit", "markdown", "html"):
            shown = self.server.assay("show", run, "--format", name).stdout
            with self.subTest(name):
                self.assertIn("eleased by anna (local)", shown)
                self.assertIn("OPS-12", shown)
                self.assertIn("FAIL", shown)
                self.assertIn("PROCEED", shown)
        self.assertIn(
            "PROCEED (released)", self.server.assay("runs").stdout)
        self.assertIn("released by <bdi>anna",
                      self.server.assay("runs", "--format", "html").stdout)
        (line,) = self.audited("release")
        self.assertEqual(
            {key: line[key] for key in ("outcome", "principal", "user",
                                        "message", "run_id", "rule_set",
                                        "request_id", "labels")},
            {"outcome": "released", "principal": "local", "user": "anna",
             "message": WHY, "run_id": run, "rule_set": "test/h_rows",
             "request_id": release["request_id"],
             "labels": {"task": "orders", "scheduler": "airflow"}})
        self.assertEqual(line["rule_set_digest"], report["rule_set_digest"])
        # The next run of the same rules holds again.
        code, report = self.server.gate(rules())
        self.assertEqual((code, report["decision"]), (1, "HOLD"))
        self.assertIsNone(report["release"])

    def test_what_cannot_be_released(self):
        cases = [
            (rules("- row_count: {min: 1}\n"), 0, "PROCEED", "PASS"),
            (rules("- not_null: [nowhere]\n"), 5, "HOLD", "ERROR"),
            (rules("- not_null: [name]\n  on_fail: rollback\n"), 4,
             "ROLLBACK", "ROLLBACK"),
        ]
        for text, code, decision, word in cases:
            with self.subTest(word):
                # None of them waits.
                got, report = self.server.gate(text, "--on-hold", "wait")
                self.assertEqual((got, report["decision"]), (code, decision),
                                 report)
                done = self.release(report["run_id"])
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(word, done.stderr)
                after = self.show(report["run_id"])
                self.assertEqual(after["decision"], decision)
                self.assertIsNone(after["release"])
        self.assertEqual({line["reason"] for line in self.audited("release")},
                         {"RUN_NOT_HELD"})
        done = self.release("0000000000zzzzzzzzzz")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no run", done.stderr)
        _, report = self.server.gate(rules())
        done = self.release(report["run_id"], why="  ")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("reason", done.stderr)
        done = self.server.assay("release", report["run_id"])
        self.assertEqual(done.returncode, 2)
        self.assertEqual(self.show(report["run_id"])["decision"], "HOLD")

    def test_once_by_request_id_and_rule_by_rule(self):
        _, report = self.server.gate(rules())
        run = report["run_id"]
        done = self.release(run, "--rule", "some")
        self.assertIn("does not hold", done.stderr)
        self.assertEqual(self.show(run)["decision"], "HOLD")
        done = self.release(run, "--rule", "filled", "--request-id", "one")
        self.assertEqual(done.returncode, 0, done.stderr)
        again = self.release(run, "--rule", "filled", "--request-id", "one")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(again.stdout, done.stdout)
        self.assertIn("[filled]", done.stdout)
        other = self.release(run, "--request-id", "two")
        self.assertEqual(other.returncode, 2)
        self.assertIn("was released before, by anna (local)", other.stderr)
        self.assertEqual([line["outcome"] for line in self.audited("release")],
                         ["not released", "released", "repeated",
                          "not released"])

    def test_a_gate_waits_over_a_dead_server(self):
        gate = self.gate("--request-id", "try-1", "--hold-timeout", "1h")
        run = gate.held()
        self.assertEqual(gate.field("state"), "HELD")
        self.assertEqual(gate.field("decision"), "HOLD")
        report = self.show(run)
        self.assertEqual((report["state"], report["verdict"],
                          report["decision"]), ("HELD", "FAIL", "HOLD"))
        self.assertIsNone(report["hold"]["end"])
        self.assertIn(run, self.server.assay("runs", "--active").stdout)
        page = self.server.assay("show", run, "--format", "html").stdout
        self.assertIn("held until", page)
        # Nothing is kept meanwhile: the only connection is free.
        code, _ = self.server.gate(rules("- row_count: {min: 1}\n"))
        self.assertEqual(code, 0)

        self.server.kill9()
        time.sleep(0.5)
        self.assertIsNone(gate.process.poll())
        self.server.start()
        report = self.show(run)
        self.assertEqual((report["state"], report["decision"],
                          report["attempt_count"]), ("HELD", "HOLD", 1))
        # The request finds its run; a new one is judged anew.
        with rpc.Client(self.server.address) as client:
            again = client.call("StartRun", {
                "rule_set": rules(), "request_id": "try-1",
                "options": {"on_hold": "WAIT", "hold_timeout": "3600s"}})
        self.assertEqual(again.response["run_id"], run, again)
        self.assertIsNone(gate.process.poll())
        done = self.release(run)
        self.assertEqual(done.returncode, 0, done.stderr)
        code, report = gate.end()
        self.assertEqual(code, 0, gate.stderr.read_text())
        self.assertEqual((report["state"], report["verdict"],
                          report["decision"], report["hold"]["end"]),
                         ("SUCCEEDED", "FAIL", "PROCEED", "RELEASED"))
        self.assertEqual(report["release"]["user"], "anna")
        self.assertEqual([gate.field(name) for name in
                          ("verdict", "decision", "state", "exit_code")],
                         ["FAIL", "PROCEED", "SUCCEEDED", "0"])
        self.assertIn("released by anna", gate.field("release"))
        # Released runs stay released after the next crash.
        self.server.kill9()
        self.server.start()
        self.assertEqual(self.show(run)["decision"], "PROCEED")

    def test_a_hold_that_nobody_releases(self):
        gate = self.gate("--hold-timeout", "2s")
        gate.held()
        begun = time.monotonic()
        code, report = gate.end()
        self.assertLess(time.monotonic() - begun, 30)
        self.assertEqual(code, 1)
        self.assertEqual((report["state"], report["verdict"],
                          report["decision"], report["hold"]["end"]),
                         ("SUCCEEDED", "FAIL", "HOLD", "TIMED_OUT"))
        self.assertEqual(gate.field("decision"), "HOLD")
        self.assertEqual(gate.field("release"), "")
        self.assertIn("nobody released it in time",
                      self.server.assay("show", report["run_id"]).stdout)

    def test_a_hold_ends_while_the_server_is_down(self):
        done = self.server.assay("run", "-", "--detach", "--on-hold", "wait",
                                 "--hold-timeout", "1s", stdin=rules())
        run = done.stdout.strip()
        assay.wait_for(lambda: self.show(run)["state"] != "RUNNING"
                       and self.show(run)["state"] != "PENDING")
        self.server.kill9()
        time.sleep(1.2)
        self.server.start()
        assay.wait_for(lambda: self.show(run)["state"] == "SUCCEEDED")
        report = self.show(run)
        self.assertEqual((report["decision"], report["hold"]["end"]),
                         ("HOLD", "TIMED_OUT"))

    def test_cancelling_ends_a_hold(self):
        gate = self.gate()
        run = gate.held()
        self.assertEqual(self.server.assay("cancel", run).returncode, 0)
        code, report = gate.end()
        self.assertEqual(code, 1)
        self.assertEqual((report["state"], report["verdict"],
                          report["decision"], report["hold"]["end"]),
                         ("CANCELLED", "FAIL", "HOLD", "CANCELLED"))
        done = self.release(run)
        self.assertEqual(done.returncode, 2)
        self.assertIn("cancelled", done.stderr)
        # Who is stopped while he waits takes his hold with him.
        gate = self.gate()
        run = gate.held()
        gate.process.send_signal(signal.SIGTERM)
        gate.process.communicate(timeout=30)
        self.assertEqual(gate.process.returncode, 143)
        self.assertEqual(gate.field("decision"), "HOLD")
        self.assertEqual(self.show(run)["state"], "CANCELLED")
        self.assertEqual(self.release(run).returncode, 2)

    def test_a_warning_that_counts_as_failure(self):
        text = rules("- not_null: [name]\n  severity: warn\n  id: filled\n")
        gate = self.gate("--fail-on", "warn", text=text)
        run = gate.held()
        self.assertEqual(self.release(run, "--rule", "filled").returncode, 0)
        code, report = gate.end()
        self.assertEqual((code, report["decision"]), (0, "PROCEED"))

    def test_options_that_make_no_sense(self):
        for args, word in ((["--hold-timeout", "2h"], "--on-hold wait"),
                           (["--on-hold", "wait", "--hold-timeout", "800h"],
                            "720h"),
                           (["--on-hold", "maybe"], "--on-hold")):
            done = self.server.assay("run", "-", *args, stdin=rules())
            with self.subTest(args):
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(word, done.stderr)

    def test_many_holds_cost_nothing_and_one_of_many_releases(self):
        threads = pathlib.Path(f"/proc/{self.server.process.pid}/task")
        self.server.gate(rules())
        before = len(list(threads.iterdir()))
        with rpc.Client(self.server.address) as client:
            runs = [client.call("StartRun", {
                "rule_set": rules(), "options": {"on_hold": "WAIT"}
            }).response["run_id"] for _ in range(60)]
            for run in runs:
                assay.wait_for(lambda run=run: client.call(
                    "GetRun", {"run_id": run}).response["state"] == "HELD")
            self.assertEqual(client.call(
                "GetServerInfo").response.get("active_runs_count", "0"), "0")
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            clients = [self.enterContext(rpc.Client(self.server.address))
                       for _ in range(20)]
            waits = [pool.submit(client.call, "WaitRun", {"run_id": run},
                                 deadline=40)
                     for client, run in zip(clients, runs)]
            time.sleep(0.5)
            self.assertLessEqual(len(list(threads.iterdir())), before + 8)
            with concurrent.futures.ThreadPoolExecutor(8) as others:
                codes = [future.result().returncode for future in [
                    others.submit(self.release, run) for run in runs[:20]
                    for _ in range(2)]]
            self.assertEqual(codes.count(0), 20, codes)
            for wait in waits:
                answer = wait.result(timeout=40)
                self.assertTrue(answer.ok, answer)
                self.assertEqual((answer.response["verdict"],
                                  answer.response["decision"]),
                                 ("VERDICT_FAIL", "DECISION_PROCEED"))
        for run in runs[20:]:
            self.assertEqual(self.show(run)["decision"], "HOLD")

    def test_over_http(self):
        address = next(a for a in self.server.ready if a.startswith("http://"))
        host, port = address.removeprefix("http://").rsplit(":", 1)
        http = http_client.Http(host, int(port))
        run = http.post("/v1/runs", {
            "rule_set": rules(), "options": {"on_hold": "WAIT"}}
        ).json["run_id"]
        assay.wait_for(lambda: self.show(run)["state"] == "HELD")
        page = http.ask("GET", f"/runs/{run}").body.decode()
        self.assertIn(f"assay release {run}", page)
        self.assertIn("held", http.ask("GET", "/runs").body.decode())
        # Not before its time.
        waited = http.post(f"/v1/runs/{run}:wait", {"timeout": "0.2s"}).json
        self.assertEqual((waited["state"], waited["decision"]),
                         ("HELD", "DECISION_HOLD"))
        refused = http.post(f"/v1/runs/{run}:release", {})
        self.assertEqual((refused.status, refused.reason),
                         (400, "ARGUMENT_INVALID"))
        released = http.post(f"/v1/runs/{run}:release", {
            "reason": WHY, "user": "anna <b>", "request_id": "one"}).json
        self.assertEqual((released["verdict"], released["decision"]),
                         ("VERDICT_FAIL", "DECISION_PROCEED"))
        again = http.post(f"/v1/runs/{run}:release", {"reason": WHY})
        self.assertEqual((again.status, again.reason),
                         (409, "HOLD_ALREADY_RELEASED"))
        page = http.ask("GET", f"/runs/{run}").body.decode()
        self.assertIn("released by anna &lt;b&gt; (local)", page)
        self.assertIn("OPS-12", page)
        # A hold with an end of each kind, and a release after the end.
        held = [self.server.assay("run", "-", "--detach", "--on-hold", "wait",
                                  "--hold-timeout", limit,
                                  stdin=rules()).stdout.strip()
                for limit in ("1s", "1h")]
        for run in held:
            assay.wait_for(lambda run=run: self.show(run)["hold"])
        self.assertEqual(self.server.assay("cancel", held[1]).returncode, 0)
        assay.wait_for(lambda: self.show(held[0])["state"] == "SUCCEEDED")
        self.assertEqual(self.release(held[0]).returncode, 0)
        metrics = monitoring.read(http)
        for event, count in (("begun", 3), ("released", 1),
                             ("released later", 1), ("timed out", 1),
                             ("cancelled", 1)):
            self.assertEqual(metrics.value("assay_holds_total", event=event),
                             count, event)
        finished = "assay_runs_finished_total"
        self.assertEqual(metrics.value(finished, state="HELD"), 3)
        self.assertEqual(metrics.value(finished), 3)
        self.assertGreater(
            metrics.value("assay_run_duration_seconds_sum", verdict="FAIL"), 0)

    def test_labels_of_schedulers(self):
        url = "https://airflow.example.org/dags/nightly/runs/1"
        done = self.server.assay(
            "run", "-", "--label", "scheduler=airflow", "--label",
            "workflow=nightly", "--label", "task=orders", "--label",
            f"url={url}", "--label", "evil=javascript:alert(1)",
            stdin=rules())
        self.assertEqual(done.returncode, 1, done.stderr)
        wide = self.server.assay("runs", "--wide", "--label",
                                 "workflow=nightly").stdout
        self.assertRegex(wide.splitlines()[0],
                         "SCHEDULER +WORKFLOW +TASK +LABELS$")
        self.assertRegex(wide, f"airflow +nightly +orders +.*url={url}")
        self.assertEqual(self.server.assay(
            "runs", "--label", "workflow=other").stdout, "")
        page = self.server.assay("runs", "--format", "html").stdout
        self.assertIn(f'href="{url}"', page)
        self.assertNotIn('href="javascript', page)

    def test_an_audit_shows_its_drift(self):
        labels = ("--label", "workflow=audit", "--label", "task=h_rows")
        _, first = self.server.gate(rules(), *labels)
        self.assertIsNone(first["drift"])
        self.server.gate(rules())  # Of another series.
        _, second = self.server.gate(rules(), *labels)
        self.assertEqual(second["drift"]["previous_run_id"], first["run_id"])
        self.assertEqual(second["drift"]["rules"], [])
        self.assertEqual(second["drift"]["unchanged_count"], 2)
        self.database.load("INSERT INTO h_rows VALUES (3, NULL), (4, 'b');")
        code, third = self.server.gate(rules(), *labels, "--label",
                                       "url=https://example.org/3")
        self.assertEqual(code, 1)
        drift = third["drift"]
        self.assertEqual(drift["previous_run_id"], second["run_id"])
        filled = drift["rules"][0]
        self.assertEqual(filled["rule_id"], "filled")
        self.assertIn({"name": "rows failing", "previous": 1, "now": 2},
                      filled["counts"])
        for name in ("text", "markdown", "html"):
            shown = self.server.assay("show", third["run_id"], "--format",
                                      name).stdout
            with self.subTest(name):
                self.assertIn(f"ince run {second['run_id']}", shown)
                self.assertIn("rows failing 1 → 2", shown)
        run = self.server.assay("run", "-", *labels, stdin=rules())
        self.assertIn("nothing has changed", run.stdout)


class PermissionTest(unittest.TestCase):
    def test_release_is_a_permission_and_names_the_principal(self):
        directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        audit = directory / "audit.jsonl"
        tokens = directory / "tokens.jsonl"
        odbc = access_table.make_database(directory / "a.db", "x")
        principals = {
            "gate": {"connections": ["a"], "operations": ["read", "run"]},
            "lead": {"connections": ["a"], "operations": ["release"]},
            "other": {"connections": ["b"], "operations": "*"}}
        token = {name: access_table.create_token(tokens, name)
                 for name in principals}
        server = self.enterContext(assay.Server(
            {"a": odbc, "b": odbc},
            access_table.auth_section(tokens, principals)
            + f"audit: {{path: {audit}}}\n"))
        client = self.enterContext(rpc.Client(server.address))
        run = client.call("StartRun", {
            "rule_set": access_table.table_rules("a"),
            "options": {"on_hold": "WAIT"}}, token["gate"]).response["run_id"]
        assay.wait_for(lambda: client.call(
            "GetRun", {"run_id": run}, token["gate"]).response["state"]
            == "HELD")
        request = {"run_id": run, "reason": WHY, "user": "the night shift"}
        for who, reason in (("gate", "ACCESS_DENIED"),
                            ("other", "RUN_NOT_FOUND"),
                            (None, "UNAUTHENTICATED")):
            answer = client.call("ReleaseHold", request, token.get(who))
            self.assertEqual(answer.reason, reason, answer)
        self.assertEqual(client.call("GetRun", {"run_id": run}, token["gate"])
                         .response["state"], "HELD")
        answer = client.call("ReleaseHold", request, token["lead"])
        self.assertTrue(answer.ok, answer)
        self.assertEqual(answer.response["release"]["principal"], "lead")
        self.assertEqual(answer.response["release"]["user"],
                         "the night shift")
        lines = [json.loads(line) for line in audit.read_text().splitlines()]
        self.assertEqual(
            [(line["event"], line["outcome"], line.get("principal", ""))
             for line in lines if line.get("rpc") == "ReleaseHold"],
            [("refuse", "refused", "gate"), ("refuse", "hidden", "other"),
             ("refuse", "refused", ""), ("release", "released", "lead")])

    def test_what_cannot_be_audited_is_not_released(self):
        directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        odbc = access_table.make_database(directory / "a.db", "x")
        audit = directory / "audit"
        audit.mkdir()
        server = self.enterContext(assay.Server(
            {"a": odbc}, f"audit: {{path: {audit}/log}}\n"))
        _, report = server.gate(access_table.table_rules("a"))
        # Neither written nor made anew.
        (audit / "log").unlink()
        (audit / "log").mkdir()
        done = server.assay("release", report["run_id"], "--reason", WHY,
                            "--wait-server", "1s")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("audit log", done.stderr)
        shown = server.assay("show", report["run_id"], "--format", "json")
        self.assertEqual(json.loads(shown.stdout)["decision"], "HOLD")
        (audit / "log").rmdir()
        done = server.assay("release", report["run_id"], "--reason", WHY)
        self.assertEqual(done.returncode, 0, done.stderr)


class ReplicasTest(unittest.TestCase):
    """Two servers on one PostgreSQL store."""

    SCHEMA = f"h_store_{os.getpid()}"

    def setUp(self):
        self.directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        self.postgresql = assay.postgresql()
        self.postgresql.load(f"DROP SCHEMA IF EXISTS {self.SCHEMA} CASCADE;"
                             f"CREATE SCHEMA {self.SCHEMA};")
        self.addCleanup(self.postgresql.load,
                        f"DROP SCHEMA {self.SCHEMA} CASCADE;")
        self.database = assay.sqlite(self.directory / "h.db")
        self.database.load("CREATE TABLE h_rows (id INTEGER PRIMARY KEY, name "
                           "TEXT); INSERT INTO h_rows VALUES (1, NULL);")
        self.servers = [self.replica(), self.replica()]
        done = subprocess.run(
            [assay.BIN / "assayd", "store", "migrate", "--config",
             self.servers[0].config], capture_output=True, text=True,
            check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        for server in self.servers:
            self.enterContext(server)

    def replica(self):
        server = assay.Server({"db": self.database.odbc})
        odbc = (os.environ["ASSAY_TEST_POSTGRESQL"]
                + f";ConnSettings={{SET search_path TO {self.SCHEMA}}}")
        text = server.config.read_text().replace(
            f"  store: {server.directory}/runs.db\n",
            "  store: {postgresql: " + json.dumps(odbc)
            + ", takeover_after: 3s}\n"
            f"state: {{directory: {server.directory}/state}}\n")
        server.config.write_text(text)
        return server

    def show(self, server, run):
        return json.loads(
            server.assay("show", run, "--format", "json").stdout)

    def gate(self, server, *args):
        directory = self.enterContext(tempfile.TemporaryDirectory())
        gate = Gate(server, directory, *args)
        self.addCleanup(gate.stop)
        return gate

    def test_any_server_releases(self):
        one, two = self.servers
        gate = self.gate(one)
        run = gate.held()
        watch = self.enterContext(rpc.Client(two.address))
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            wait = pool.submit(watch.call, "WaitRun", {"run_id": run},
                               deadline=40)
            time.sleep(0.3)
            self.assertFalse(wait.done())
            done = two.assay("release", run, "--reason", WHY)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(wait.result(timeout=10).response["decision"],
                             "DECISION_PROCEED")
        code, report = gate.end()
        self.assertEqual((code, report["decision"]), (0, "PROCEED"))
        for server in self.servers:
            self.assertEqual(self.show(server, run)["decision"], "PROCEED")
            done = server.assay("release", run, "--reason", WHY)
            self.assertEqual(done.returncode, 2, done.stderr)

    def test_a_run_that_ended_here_is_released_there(self):
        one, two = self.servers
        code, report = one.gate(rules())
        self.assertEqual(code, 1)
        run = report["run_id"]
        self.assertEqual(self.show(one, run)["decision"], "HOLD")
        self.assertEqual(two.assay("release", run, "--reason",
                                   WHY).returncode, 0)
        self.assertEqual(self.show(one, run)["decision"], "PROCEED")

    def test_holds_outlive_their_server(self):
        one, two = self.servers
        released = self.gate(two)
        timed = one.assay("run", "-", "--detach", "--on-hold", "wait",
                          "--hold-timeout", "4s", stdin=rules()).stdout.strip()
        held = one.assay("run", "-", "--detach", "--on-hold", "wait",
                         stdin=rules()).stdout.strip()
        mine = released.held()
        for run in (timed, held):
            assay.wait_for(lambda run=run: self.show(two, run)["state"]
                           == "HELD")
        one.kill9()
        # Another run, which does what it was asked, all the same.
        self.assertEqual(two.assay("release", held, "--reason", WHY)
                         .returncode, 0)
        self.assertEqual(self.show(two, held)["decision"], "PROCEED")
        assay.wait_for(lambda: self.show(two, timed)["state"] == "SUCCEEDED",
                       30, "the end of the hold")
        report = self.show(two, timed)
        self.assertEqual((report["decision"], report["hold"]["end"],
                          report["attempt_count"]), ("HOLD", "TIMED_OUT", 1))
        self.assertEqual(self.show(two, mine)["state"], "HELD")
        self.assertEqual(two.assay("cancel", mine).returncode, 0)
        code, report = released.end()
        self.assertEqual((code, report["state"]), (1, "CANCELLED"))


if __name__ == "__main__":
    unittest.main()
