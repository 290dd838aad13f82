#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""More than a server can do, and its end: who is refused is told why and when
to come again, and nobody loses a run."""
import concurrent.futures
import pathlib
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import access_table  # pylint: disable=wrong-import-position
import assay  # pylint: disable=wrong-import-position
import http_client  # pylint: disable=wrong-import-position
import rpc  # pylint: disable=wrong-import-position

RESOURCE_EXHAUSTED = 8
UNAVAILABLE = 14
HTTP = "http: {listen: \"127.0.0.1:0\"}\n"


def pause(seconds):
    return assay.rule_set(
        "x_drain", f"- query: {{sql: \"SELECT COUNT(*) FROM "
        f"pg_sleep({seconds})\", expect: value, min: 1}}\n  id: pause", "a")


class Case(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        pg = assay.postgresql()
        pg.load("DROP TABLE IF EXISTS x_drain; CREATE TABLE x_drain (id "
                "INTEGER PRIMARY KEY); INSERT INTO x_drain VALUES (1); GRANT "
                "SELECT ON x_drain TO PUBLIC;")
        self.addCleanup(pg.load, "DROP TABLE x_drain;")
        self.a = {"odbc": pg.odbc, "max_connections": 20}

    def serve(self, extra=""):
        return self.enterContext(assay.Server({"a": self.a}, extra))

    def client(self, server):
        return self.enterContext(rpc.Client(server.address))

    @staticmethod
    def http(server):
        place = [url for url in server.ready if url.startswith("http://")][0]
        host, _, port = place.removeprefix("http://").rpartition(":")
        return http_client.Http(host, int(port))

    def start(self, client, text, **request):
        answer = client.call("StartRun", {"rule_set": text, **request})
        self.assertTrue(answer.ok, answer)
        return answer.response["run_id"]

    def until(self, client, run, state):
        assay.wait_for(lambda: client.call("GetRun", {
            "run_id": run}).response["state"] == state, what=state)

    def term(self, server):
        server.process.send_signal(signal.SIGTERM)
        assay.wait_for(lambda: "draining" in server.log, what="the drain")


class DrainTest(Case):
    def test_the_grace(self):
        server = self.serve("  drain_grace: 30s\n" + HTTP)
        client = self.client(server)
        http = self.http(server)
        health = lambda: client.call("/grpc.health.v1.Health/Check")
        run = self.start(client, pause(4), request_id="first")
        waiting = self.client(server)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            end = pool.submit(waiting.call, "WaitRun", {"run_id": run},
                              deadline=60)
            self.until(client, run, "RUNNING")
            self.assertEqual(http.get("/readyz").status, 200)
            self.term(server)
            self.assertEqual(http.get("/readyz").status, 503)
            self.assertEqual(http.get("/healthz").status, 200)
            self.assertTrue(health().ok)  # It says NOT_SERVING; it answers.
            refused = client.call("StartRun", {"rule_set": pause(0)})
            self.assertEqual(refused.reason, "SERVER_DRAINING", refused)
            self.assertEqual(refused.code, UNAVAILABLE)
            self.assertGreater(refused.retry_after, 0)
            answer = http.post("/v1/runs", {"rule_set": pause(0)})
            self.assertEqual(answer.status, 503, answer)
            self.assertEqual(answer.reason, "SERVER_DRAINING")
            self.assertTrue(answer.json["error"]["retryable"])
            self.assertGreater(int(answer.fields["retry-after"]), 0)
            # Who repeats what was accepted is no new run.
            again = self.start(client, pause(4), request_id="first")
            self.assertEqual(again, run)
            # A reload is neither an end nor in the way of one.
            server.process.send_signal(signal.SIGHUP)
            self.assertEqual(end.result().response["verdict"], "VERDICT_PASS")
        self.assertEqual(server.process.wait(timeout=20), 0)

    def test_what_is_left_goes_on_after_the_next_start(self):
        server = self.serve("  drain_grace: 500ms\n")
        client = self.client(server)
        long, short = (self.start(client, pause(seconds), request_id=name)
                       for seconds, name in ((3600, "long"), (3, "short")))
        for run in (long, short):
            self.until(client, run, "RUNNING")
        waiting = self.client(server)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            told = pool.submit(waiting.call, "WaitRun", {"run_id": long},
                               deadline=60)
            gate = pool.submit(server.gate, pause(3), "--request-id", "short")
            self.term(server)
            answer = told.result()
            self.assertEqual(answer.reason, "SERVER_DRAINING")
            self.assertEqual(answer.code, UNAVAILABLE)
            self.assertGreater(answer.retry_after, 0)
            self.assertEqual(server.process.wait(timeout=20), 0)
            self.assertIn("2 runs are left to the next start", server.log)
            server.start()
            # The command line has waited for it, and found its run again.
            code, report = gate.result()
            self.assertEqual((code, report["run_id"]), (0, short))
        client = self.client(server)
        self.until(client, long, "RUNNING")
        self.assertTrue(client.call("CancelRun", {"run_id": long}).ok)

    def test_a_second_signal_ends_at_once(self):
        for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            server = self.serve("  drain_grace: 10m\n")
            client = self.client(server)
            run = self.start(client, pause(3600))
            self.until(client, run, "RUNNING")
            self.term(server)
            time.sleep(0.3)
            self.assertIsNone(server.process.poll())
            server.process.send_signal(number)
            self.assertEqual(server.process.wait(timeout=10), code)
            self.assertIn("second signal", server.log)
            # As after a crash: the run is there.
            server.start()
            client = self.client(server)
            self.assertTrue(client.call("CancelRun", {"run_id": run}).ok)


class OverloadTest(Case):
    CLIENTS = 24
    EACH = 10

    def test_many_clients_share_a_bounded_queue(self):
        server = self.serve("  max_concurrent_runs: 2\n"
                            "  max_queued_runs: 6\n" + HTTP)
        refused = []
        most = [0]

        def work(number):
            """Starts its runs one by one, and comes again when it is told."""
            client = self.client(server)
            mine = []
            for index in range(self.EACH):
                request = {"rule_set": pause(0.01),
                           "request_id": f"{number}/{index}"}
                while True:
                    answer = client.call("StartRun", request, deadline=60)
                    if answer.ok:
                        break
                    refused.append(answer)
                    time.sleep(answer.retry_after / 10)
                mine.append(answer.response["run_id"])
                active = client.call("GetServerInfo").response
                most[0] = max(most[0], int(active["active_runs_count"]))
            return client, mine

        with concurrent.futures.ThreadPoolExecutor(self.CLIENTS) as pool:
            done = list(pool.map(work, range(self.CLIENTS)))
        self.assertTrue(refused)
        for answer in refused:
            self.assertEqual(answer.reason, "RUN_QUEUE_FULL")
            self.assertEqual(answer.code, RESOURCE_EXHAUSTED)
            self.assertGreater(answer.retry_after, 0)
        self.assertLessEqual(most[0], 8)
        runs = [run for _, mine in done for run in mine]
        self.assertEqual(len(set(runs)), self.CLIENTS * self.EACH)
        client = done[0][0]
        for run in runs:
            end = client.call("WaitRun", {"run_id": run}, deadline=60)
            self.assertEqual(end.response["verdict"], "VERDICT_PASS")

    def test_http_says_429_and_when(self):
        server = self.serve("  max_concurrent_runs: 1\n"
                            "  max_queued_runs: 0\n" + HTTP)
        http = self.http(server)
        first = http.post("/v1/runs", {"rule_set": pause(3600)})
        self.assertEqual(first.status, 200, first)
        second = http.post("/v1/runs", {"rule_set": pause(0)})
        self.assertEqual(second.status, 429)
        self.assertEqual(second.reason, "RUN_QUEUE_FULL")
        self.assertGreater(int(second.fields["retry-after"]), 0)
        client = self.client(server)
        client.call("CancelRun", {"run_id": first.json["run_id"]})

    def test_the_command_line_waits_for_its_place(self):
        server = self.serve("  max_concurrent_runs: 1\n"
                            "  max_queued_runs: 1\n")
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            codes = list(pool.map(lambda _: server.gate(pause(0.3))[0],
                                  range(6)))
        self.assertEqual(codes, [0] * 6)

    def test_one_principal_does_not_crowd_out_the_others(self):
        tokens = self.directory / "tokens.jsonl"
        operations = ["read", "run", "cancel", "author_sql"]
        server = self.serve(
            "  max_concurrent_runs: 4\n  max_queued_runs: 4\n" +
            access_table.auth_section(tokens, {
                "greedy": {"connections": "*", "operations": operations,
                           "max_active_runs": 3},
                "chatty": {"connections": "*", "operations": operations,
                           "requests_per_second": 20},
                "modest": {"connections": "*", "operations": operations}}))
        greedy, chatty, modest = (access_table.create_token(tokens, name)
                                  for name in ("greedy", "chatty", "modest"))
        stop = time.monotonic() + 3

        def crowd(token):
            client = self.client(server)
            answers = []
            while time.monotonic() < stop:
                answers.append(client.call(
                    "StartRun", {"rule_set": pause(3600)}
                    if token == greedy else {"rule_set": "version: 1"}, token))
            return answers

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            crowds = [pool.submit(crowd, token)
                      for token in (greedy, greedy, greedy, chatty, chatty)]
            client = self.client(server)
            times = []
            while time.monotonic() < stop:
                begin = time.monotonic()
                answer = client.call("StartRun", {"rule_set": pause(0)}, modest)
                self.assertTrue(answer.ok, answer)
                end = client.call("WaitRun", {
                    "run_id": answer.response["run_id"]}, modest)
                self.assertEqual(end.response["verdict"], "VERDICT_PASS")
                times.append(time.monotonic() - begin)
            answers = [future.result() for future in crowds]
        self.assertGreater(len(times), 5)
        accepted = [a for part in answers[:3] for a in part if a.ok]
        self.assertEqual(len(accepted), 3)
        for answer in (a for part in answers[:3] for a in part if not a.ok):
            self.assertEqual(answer.reason, "TOO_MANY_ACTIVE_RUNS")
            self.assertGreater(answer.retry_after, 0)
        # At most twenty a second, and a second's worth at the beginning.
        passed = [a for part in answers[3:] for a in part
                  if a.reason != "RATE_LIMITED"]
        self.assertLessEqual(len(passed), 20 * 4 + 5)
        self.assertTrue({a.reason for a in passed} <= {"RULE_SET_INVALID"})
        for answer in accepted:
            client.call("CancelRun", {"run_id": answer.response["run_id"]},
                        greedy)


if __name__ == "__main__":
    unittest.main()
