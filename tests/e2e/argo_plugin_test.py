#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The executor plugin beside a real server and real databases: who may call
it, and that a gate outlives the death of everything between."""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import access_table  # pylint: disable=wrong-import-position
import argo  # pylint: disable=wrong-import-position
import assay  # pylint: disable=wrong-import-position
import certificates  # pylint: disable=wrong-import-position


def slow(database, seconds, rules="- not_null: [v]\n"):
    """A rule set that a database works on for some seconds, and that fails."""
    one = {"postgresql": f"SELECT COUNT(*) FROM pg_sleep({seconds})",
           "mariadb": f"SELECT SLEEP({seconds}) + 1 AS s"}[database.name]
    return (f"version: 1\nname: slow\ntables:\n  - connection: "
            f"{database.name}\n    table: argo_rows\n    rules:\n"
            f"      - query: {{sql: {assay.quoted(one)}, expect: value, "
            f"min: 1}}\n        id: slow\n      {rules}")


class ArgoPluginTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        self.databases = [assay.postgresql(), assay.mariadb()]
        for database in self.databases:
            database.load("DROP TABLE IF EXISTS argo_rows; CREATE TABLE "
                          "argo_rows (id INTEGER NOT NULL PRIMARY KEY, v "
                          "VARCHAR(10)); INSERT INTO argo_rows VALUES (1, 'a'),"
                          " (2, NULL);")
            self.addCleanup(database.load, "DROP TABLE argo_rows;")
        self.server = self.enterContext(assay.Server(
            {d.name: d.odbc for d in self.databases}))
        self.plugin = self.enterContext(
            argo.Plugin(self.server.address, self.directory))

    def gate(self, text, attempt=0, node=None, **inputs):
        return argo.fill(argo.template("gate-plugin"),
                         {"rule-set": text, **inputs}, attempt=attempt,
                         node=node)

    def quick(self, rules="- row_count: {min: 1}\n"):
        return assay.rule_set("argo_rows", rules, connection="postgresql")

    def runs(self, *arguments):
        return argo.runs(self.server, *arguments)

    def started(self, gate):
        """Calls once; waits until the database works on the run."""
        self.assertIn("requeue", self.plugin.execute(gate))
        assay.wait_for(self.sleeping, 20, "the query")
        return self.runs()[0]["run_id"]

    def sleeping(self):
        """Queries of ours that PostgreSQL works on."""
        return [row for row in self.databases[0].query(
            "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND "
            "query LIKE '%pg_sleep(%' AND pid <> pg_backend_pid()") if row[0]]

    def show(self, run):
        done = self.server.assay("show", run, "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    # --- who may call it

    def test_only_the_agent_is_answered(self):
        gate = {"workflow": {"metadata": {"name": "w", "uid": "1"}},
                "template": self.gate(self.quick())}
        for token in ("wrong", self.plugin.token[:-1], self.plugin.token + "x",
                      self.plugin.token.upper()):
            status, _ = self.plugin.post(gate, token=token)
            self.assertEqual(status, 403, token)
        self.assertEqual(self.runs(), [])
        # 404 would make the agent forget the plugin.
        self.assertEqual(self.plugin.post(gate)[0], 200)
        self.assertEqual(self.plugin.post("{")[0], 400)
        self.assertEqual(self.plugin.post(gate, path="/api/v1/other")[0], 404)

    def test_templates_of_other_plugins_are_left_to_them(self):
        status, text = self.plugin.post(
            {"workflow": {"metadata": {"name": "w", "uid": "1"}},
             "template": {"plugin": {"slack": {"text": "hi"}}}})
        self.assertEqual((status, json.loads(text)), (200, {}))

    def test_a_plugin_that_cannot_work_says_why(self):
        missing = self.directory / "missing"
        for options, environment, said in (
                ({"--agent-token-file": missing}, {}, "there is no token"),
                ({"--listen": "0.0.0.0:0"}, {}, "no loopback address"),
                ({"--listen": "127.0.0.1"}, {}, "expected ADDRESS:PORT"),
                ({}, {"ASSAY_SERVER": ""}, "must name the assayd"),
                ({}, {"ASSAY_SERVER": "assay.example:7433",
                      "ASSAY_TOKEN": "a"}, "without encryption"),
                ({}, {"ASSAY_TLS_CERT_PEM": "x",
                      "ASSAY_SERVER": "https://a:1"}, "go together")):
            with self.subTest(said):
                given = {"--listen": "127.0.0.1:0",
                         "--agent-token-file": self.plugin.token_file,
                         **options}
                done = subprocess.run(
                    [assay.BIN / "assay-argo-plugin",
                     *(word for pair in given.items() for word in pair)],
                    env={**self.plugin.environment, **environment},
                    capture_output=True, text=True, timeout=20, check=False)
                self.assertEqual(done.returncode, 2)
                self.assertIn(said, done.stderr)

    def test_the_server_knows_us_by_token_and_certificate(self):
        authority = certificates.Authority(self.directory / "ca")
        certificate, key = authority.issue(
            "/CN=assayd", ["DNS:localhost", "IP:127.0.0.1"])
        tokens = self.directory / "tokens.jsonl"
        token = access_table.create_token(tokens, "workflows")
        server = self.enterContext(assay.Server(
            {"postgresql": self.databases[0].odbc},
            f"tls: {{certificate: {certificate}, key: {key}}}\n"
            + access_table.auth_section(tokens, {"workflows": {
                "connections": "*", "operations": ["run", "read", "cancel"]}}),
            options=["--listen", "127.0.0.1:0"]))
        address = "https://localhost:" + server.ready[0].rsplit(":", 1)[1]
        known = {"ASSAY_TLS_CA_PEM": authority.certificate.read_text(),
                 "ASSAY_TOKEN": token}
        gate = self.gate(self.quick(), **{"server-grace": "1s"})
        for environment, phase, said in (
                (known, "Succeeded", "PASS → PROCEED"),
                ({**known, "ASSAY_TOKEN": "assay_x_y"}, "Error",
                 "UNAUTHENTICATED"),
                ({"ASSAY_TOKEN": token}, "Error", "TLS_FAILED")):
            with self.subTest(said), tempfile.TemporaryDirectory() as place:
                with argo.Plugin(address, place, env=environment) as plugin:
                    node = plugin.run(gate)
                    self.assertEqual(node["phase"], phase, node)
                    self.assertIn(said, node["message"])
                    self.assertNotIn(token.split("_")[2], plugin.log)
                # The container reads the same environment.
                pod = argo.Pod(
                    argo.fill(argo.template("gate"),
                              {"rule-set": self.quick(),
                               "server-grace": "1s"}),
                    pathlib.Path(place) / "pod", address, environment)
                code, outputs, _ = pod.start().end()
                self.assertEqual(str(code),
                                 argo.outputs(node)["exit-code"])
                self.assertEqual(outputs["verdict"],
                                 argo.outputs(node)["verdict"])

    # --- one attempt, one run

    def test_every_call_is_answered_soon(self):
        gate = self.gate(slow(self.databases[0], 3))
        slowest = 0.0
        for _ in range(5):
            before = time.monotonic()
            self.plugin.execute(gate)
            slowest = max(slowest, time.monotonic() - before)
        # Half a second is meant; the agent would ask again after thirty.
        self.assertLess(slowest, 10)
        self.assertEqual(len(self.runs()), 1)
        self.assertEqual(self.plugin.run(gate)["phase"], "Failed")

    def test_a_plugin_that_is_killed_finds_its_run(self):
        gate = self.gate(slow(self.databases[0], 2))
        run = self.started(gate)
        for _ in range(2):
            self.plugin.kill9()
            self.plugin.start()
            self.plugin.execute(gate)
        node = self.plugin.run(gate)
        self.assertEqual(node["phase"], "Failed", node)
        self.assertEqual(argo.outputs(node)["run-id"], run)
        # And once more after the end: what has been judged stays so.
        self.plugin.kill9()
        self.plugin.start()
        self.assertEqual(self.plugin.run(gate), node)
        self.assertEqual([r["run_id"] for r in self.runs()], [run])

    def test_a_server_that_is_killed_goes_on_with_the_run(self):
        for database in self.databases:
            with self.subTest(database):
                gate = self.gate(slow(database, 2), node=f"w.{database}")
                self.assertIn("requeue", self.plugin.execute(gate))
                self.server.kill9()
                said = [self.plugin.execute(gate)["node"] for _ in range(3)]
                self.assertIn("cannot reach assayd", said[0]["message"])
                # Nothing new, nothing said.
                self.assertEqual(said[2], {})
                self.server.start()
                node = self.plugin.run(gate)
                self.assertEqual(node["phase"], "Failed", node)
                self.assertEqual(argo.outputs(node)["verdict"], "FAIL")
                self.assertEqual(
                    len(self.runs("--label", f"task=w.{database}")), 1)

    def test_the_end_of_the_pod_cancels(self):
        gate = self.gate(slow(self.databases[0], 60, rules=""))
        run = self.started(gate)
        self.assertEqual(self.plugin.terminate(), 0)
        assay.wait_for(lambda: self.show(run)["state"] == "CANCELLED", 15,
                       "the cancellation")
        assay.wait_for(lambda: not self.sleeping(), 15, "the query's end")
        # Should the container be started once more, it holds.
        self.plugin.start()
        node = self.plugin.run(gate)
        self.assertEqual(node["phase"], "Error", node)
        self.assertEqual(argo.outputs(node)["decision"], "HOLD")
        self.assertEqual(argo.outputs(node)["run-id"], run)

    def test_a_retry_and_a_new_agent_read_again(self):
        bad = self.quick("- not_null: [v]\n")
        first = self.plugin.run(self.gate(bad))
        self.assertEqual(first["phase"], "Failed")
        self.databases[0].load("UPDATE argo_rows SET v = 'b' WHERE v IS NULL;")
        # The same attempt is the same run, whatever the data is now.
        self.assertEqual(self.plugin.run(self.gate(bad)), first)
        self.assertEqual(self.plugin.run(self.gate(bad, attempt=1))["phase"],
                         "Succeeded")
        # `argo retry` keeps uid, names and attempts; its pod is a new one.
        with tempfile.TemporaryDirectory() as place:
            with argo.Plugin(self.server.address, place) as other:
                node = other.run(self.gate(bad))
        self.assertEqual(node["phase"], "Succeeded", node)
        self.assertEqual(len(self.runs()), 3)

    def test_sixteen_gates_at_once(self):
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            nodes = list(pool.map(
                lambda i: self.plugin.run(self.gate(
                    self.quick(), node=f"orders-x7k2p.verify({i}:t{i})")),
                range(16)))
        self.assertEqual({n["phase"] for n in nodes}, {"Succeeded"})
        self.assertEqual(len({argo.outputs(n)["run-id"] for n in nodes}), 16)
        self.assertEqual(len(self.runs()), 16)

    # --- time and holds

    def test_a_gate_has_its_own_deadline(self):
        node = self.plugin.run(self.gate(
            slow(self.databases[0], 60, rules=""), timeout="1s"))
        self.assertEqual(node["phase"], "Error", node)
        self.assertEqual(argo.outputs(node)["exit-code"], "3")
        assay.wait_for(lambda: not self.sleeping(), 15, "the query's end")

    def held(self, gate):
        """The run's id, once the node says that it is held."""
        reply = assay.wait_for(
            lambda: (lambda r: r if "HELD" in r["node"].get("message", "")
                     else None)(self.plugin.execute(gate)), 20, "HELD")
        self.assertEqual(reply["node"]["phase"], "Pending")
        run = self.runs("--active")[0]["run_id"]
        self.assertIn(f"assay release {run} --reason",
                      reply["node"]["message"])
        return run

    def test_a_held_gate_waits_for_a_person_over_restarts(self):
        gate = self.gate(self.quick("- not_null: [v]\n"), **{
            "on-hold": "wait", "hold-timeout": "10m"})
        run = self.held(gate)
        self.plugin.kill9()
        self.server.kill9()
        self.server.start()
        self.plugin.start()
        self.assertEqual(self.held(gate), run)
        done = self.server.assay("release", run, "--reason", "see OPS-12",
                                 "--user", "anna")
        self.assertEqual(done.returncode, 0, done.stderr)
        node = self.plugin.run(gate)
        self.assertEqual(node["phase"], "Succeeded", node)
        found = argo.outputs(node)
        self.assertEqual((found["verdict"], found["decision"], found["run-id"]),
                         ("FAIL", "PROCEED", run))
        self.assertIn("anna", found["release"])
        self.assertIn("see OPS-12", found["release"])

    def test_a_held_gate_that_is_cancelled_holds(self):
        gate = self.gate(self.quick("- not_null: [v]\n"),
                         **{"on-hold": "wait"})
        run = self.held(gate)
        self.assertEqual(self.server.assay("cancel", run).returncode, 0)
        node = self.plugin.run(gate)
        self.assertIn(node["phase"], ("Failed", "Error"))
        self.assertEqual(argo.outputs(node)["decision"], "HOLD")

    def test_a_pod_that_is_ended_cancels_its_run(self):
        with tempfile.TemporaryDirectory() as place:
            pod = argo.Pod(argo.fill(argo.template("gate"), {
                "rule-set": slow(self.databases[0], 60)}), place,
                self.server.address).start()
            try:
                assay.wait_for(self.sleeping, 20, "the query")
                pod.process.terminate()
                code, outputs, said = pod.end()
            finally:
                pod.process.kill()
        self.assertEqual(code, 143, said)
        self.assertEqual((outputs["verdict"], outputs["decision"]),
                         ("ERROR", "HOLD"))
        self.assertEqual(self.show(outputs["run-id"])["state"], "CANCELLED")
        assay.wait_for(lambda: not self.sleeping(), 15, "the query's end")


if __name__ == "__main__":
    os.environ.pop("ASSAY_TOKEN", None)
    unittest.main()
