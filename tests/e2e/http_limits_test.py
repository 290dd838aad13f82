#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HTTP's edges: sizes, slow and vanishing clients, crowds, the end."""
import contextlib
import json
import os
import pathlib
import resource
import selectors
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import http_client  # pylint: disable=wrong-import-position

HTTP = "http:\n  listen: 127.0.0.1:0\n"
GET = b"GET /v1/server HTTP/1.1\r\nHost: localhost\r\n"
POST = (b"POST /v1/rule_sets:lint HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: application/json\r\n")
CLOSE = b"Connection: close\r\n"
WAITERS = 1000 if assay.FULL else 200


def http_of(server):
    address = next(a for a in server.ready if a.startswith("http://"))
    host, port = address.removeprefix("http://").rsplit(":", 1)
    return http_client.Http(host, int(port))


def threads_of(server):
    return len(os.listdir(f"/proc/{server.process.pid}/task"))


def memory_of(server):
    """Resident bytes."""
    text = pathlib.Path(f"/proc/{server.process.pid}/statm").read_text()
    return int(text.split()[1]) * resource.getpagesize()


def files_of(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


class FramingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = assay.Server({}, HTTP)
        try:
            cls.server.start()
            cls.http = http_of(cls.server)
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def raw(self, data):
        answer, rest = http_client.parse(self.http.raw(data))
        self.assertEqual(rest, b"")
        return answer

    def test_bodies_up_to_8_mib(self):
        text = "x" * (4 << 20)
        answer = self.http.post("/v1/rule_sets:lint", {"rule_set": text})
        self.assertEqual(answer.status, 200)
        answer = self.http.post("/v1/rule_sets:lint",
                                {"rule_set": text + "x"})
        self.assertEqual(answer.status, 400)
        # By length: told before it is sent.
        answer = self.raw(POST + b"Content-Length: 8388609\r\n\r\n")
        self.assertEqual(answer.status, 413)
        self.assertEqual(answer.fields["connection"], "close")
        # Sent nevertheless: the answer still arrives.
        answer = self.raw(POST + b"Content-Length: 9000000\r\n\r\n" +
                          b"x" * 9000000)
        self.assertEqual(answer.status, 413)
        # In chunks: told when it is too much.
        chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        answer = self.raw(POST + b"Transfer-Encoding: chunked\r\n\r\n" +
                          chunk * 9)
        self.assertEqual(answer.status, 413)

    def test_bodies_in_chunks(self):
        body = json.dumps({"rule_set": "x" * 100000}).encode()
        chunks = b"".join(b"%x;why=not\r\n%s\r\n" % (len(body[i:i + 999]),
                                                     body[i:i + 999])
                          for i in range(0, len(body), 999))
        answer = self.raw(POST + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n"
                          + chunks + b"0\r\nTrailer: x\r\n\r\n")
        self.assertEqual(answer.status, 200)
        # What never ends is not kept.
        for endless in (b"1;" + b"e" * 200000,
                        b"0\r\nTrailer: " + b"t" * 200000):
            answer = self.raw(POST + b"Transfer-Encoding: chunked\r\n\r\n" +
                              endless)
            self.assertEqual(answer.status, 431)

    def test_fields_up_to_16_kib(self):
        field = b"X-Long: " + b"y" * 15000 + b"\r\n"
        self.assertEqual(self.raw(GET + CLOSE + field + b"\r\n").status, 200)
        for many in (b"X: " + b"y" * 20000, b"X: y\r\n" * 4000,
                     b"G" * 20000):
            self.assertEqual(self.raw(GET + many + b"\r\n\r\n").status, 431)
        self.assertEqual(
            self.raw(b"GET /" + b"x" * 40000 + b" HTTP/1.1\r\n\r\n").status,
            431)

    def test_what_is_no_http_is_refused(self):
        for data, status in (
                (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
                (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
                (b"GET / HTTP/3.0\r\n\r\n", 505),
                (b"GET  /v1/server HTTP/1.1\r\n\r\n", 400),
                (GET + b"No colon\r\n\r\n", 400),
                (GET + b"Bad\x00: x\r\n\r\n", 400),
                (GET + b"X: a\rb\r\n\r\n", 400),
                (POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
                (POST + b"Content-Length: -1\r\n\r\n", 400),
                (POST + b"Content-Length: 2\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\n{}", 400),
                (POST + b"Transfer-Encoding: chunked\r\n"
                 b"Content-Length: 2\r\n\r\n0\r\n\r\n", 400),
                (POST + b"Transfer-Encoding: chunked\r\n\r\nnot hex\r\n", 400),
                (POST + b"Expect: miracles\r\nContent-Length: 2\r\n\r\n", 417),
        ):
            with self.subTest(data[:70]):
                answer = self.raw(data)
                self.assertEqual(answer.status, status, answer)
                self.assertEqual(answer.reason, "HTTP_REQUEST_INVALID")

    def test_one_connection_serves_many(self):
        both = GET + b"\r\n" + POST + b"Content-Length: 16\r\n\r\n" \
            b'{"rule_set":"x"}' + GET + CLOSE + b"\r\n"
        data = self.http.raw(both)
        statuses = []
        while data:
            answer, data = http_client.parse(data)
            statuses.append(answer.status)
        self.assertEqual(statuses, [200, 200, 200])
        connection = self.http.connection()
        for _ in range(3):
            connection.request("GET", "/v1/server")
            self.assertEqual(http_client.read_answer(connection).status, 200)
            connection.request("HEAD", "/runs")
            self.assertEqual(http_client.read_answer(connection).status, 200)
        connection.close()
        old = self.raw(b"GET /v1/server HTTP/1.0\r\n\r\n")
        self.assertEqual(old.status, 200)

    def test_whoever_expects_100_is_told_to_go_on(self):
        body = b'{"rule_set":"x"}'
        with self.http.open() as peer:
            peer.sendall(POST + CLOSE + b"Expect: 100-continue\r\n"
                         b"Content-Length: %d\r\n\r\n" % len(body))
            self.assertEqual(peer.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
            peer.sendall(body)
            answer, _ = http_client.parse(http_client.read_all(peer))
        self.assertEqual(answer.status, 200)
        # Who does not wait for it gets both.
        data = self.http.raw(POST + CLOSE + b"Expect: 100-continue\r\n"
                             b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.assertTrue(data.startswith(b"HTTP/1.1 200 ") or
                        data.startswith(b"HTTP/1.1 100 "), data[:40])

    def test_slow_clients_are_ended_and_hold_nobody_up(self):
        with contextlib.ExitStack() as stack:
            head, body, silent = [], [], []
            for _ in range(50):
                for group in (head, body, silent):
                    group.append(stack.enter_context(self.http.open(120)))
            start = time.monotonic()
            for peer in head:
                peer.sendall(b"GET /v1/ser")
            for peer in body:
                peer.sendall(POST + b"Content-Length: 1000\r\n\r\n{")
            ended = None
            while time.monotonic() - start < 25 and ended is None:
                before = time.monotonic()
                self.assertEqual(self.http.get("/v1/server").status, 200)
                self.assertLess(time.monotonic() - before, 2)
                for peer in head[1:]:
                    # A byte now and then buys no time.
                    with contextlib.suppress(OSError):
                        peer.sendall(b"x")
                time.sleep(1)
                if time.monotonic() - start > 13:
                    ended = True
            for peer in head:
                answer, _ = http_client.parse(http_client.read_all(peer))
                self.assertEqual(answer.status, 408)
            for peer in silent:
                self.assertEqual(http_client.read_all(peer), b"")
            if assay.FULL:
                for peer in body:
                    answer, _ = http_client.parse(http_client.read_all(peer))
                    self.assertEqual(answer.status, 408)
                self.assertLess(time.monotonic() - start, 75)


class CrowdTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def serve(self, extra=""):
        database = assay.postgresql()
        database.load("CREATE TABLE http_slow (id INTEGER NOT NULL PRIMARY "
                      "KEY); INSERT INTO http_slow VALUES (1);")
        self.addCleanup(database.load, "DROP TABLE http_slow;")
        server = assay.Server({"db": database.odbc}, HTTP + extra)
        self.addCleanup(server.__exit__)
        server.start()
        return server, http_of(server)

    def start_slow(self, http, seconds):
        text = assay.rule_set(
            "http_slow", "- query: {sql: 'SELECT 1 FROM pg_sleep("
            f"{seconds})', expect: value, min: 0}}\n  id: slow\n")
        answer = http.post("/v1/runs", {"rule_set": text})
        self.assertEqual(answer.status, 200, answer)
        return answer.json["run_id"]

    def wait_request(self, run, seconds=25):
        return (f"GET /v1/runs/{run}:wait?timeout={seconds}s HTTP/1.1\r\n"
                "Host: localhost\r\n\r\n").encode()

    def test_waiting_takes_no_thread(self):
        server, http = self.serve()
        run = self.start_slow(http, 600)
        self.assertEqual(http.get("/runs").status, 200)
        threads, memory = threads_of(server), memory_of(server)
        files = files_of(server)
        with contextlib.ExitStack() as stack:
            peers = []
            for _ in range(WAITERS):
                peer = stack.enter_context(http.open(60))
                peer.sendall(self.wait_request(run))
                peers.append(peer)
            time.sleep(3)
            waiting = memory_of(server) - memory
            print(f"{WAITERS} waiting clients: {waiting / WAITERS / 1024:.0f} "
                  f"KiB each, {threads_of(server) - threads} more threads",
                  file=sys.stderr)
            # gRPC may add a few of its own, whatever the number of clients.
            self.assertLess(threads_of(server) - threads, 20)
            if not assay.SANITIZED:
                self.assertLess(waiting / WAITERS, 128 << 10)
            start = time.monotonic()
            self.assertEqual(http.get("/v1/server").status, 200)
            self.assertLess(time.monotonic() - start, 1)
            self.assertEqual(http.post(f"/v1/runs/{run}:cancel").status, 200)
            selector = selectors.DefaultSelector()
            for peer in peers:
                selector.register(peer, selectors.EVENT_READ)
            told = 0
            while told < WAITERS:
                ready = selector.select(20)
                self.assertTrue(ready, f"{told} of {WAITERS} were told")
                for key, _ in ready:
                    answer, _ = http_client.parse(key.fileobj.recv(65536))
                    self.assertEqual(answer.json["state"], "CANCELLED")
                    selector.unregister(key.fileobj)
                    told += 1
        assay.wait_for(lambda: files_of(server) <= files + 5,
                       what="no connection left")

    def test_a_client_that_leaves_ends_its_call(self):
        server, http = self.serve("  max_connections: 20\n")
        run = self.start_slow(http, 600)
        for _ in range(5):
            with contextlib.ExitStack() as stack:
                for _ in range(15):
                    peer = stack.enter_context(http.open())
                    peer.sendall(self.wait_request(run))
                time.sleep(0.3)
            # Were their calls still open, so would be their places.
            assay.wait_for(lambda: http.get("/v1/server").status == 200,
                           seconds=3, what="a place")
        self.assertEqual(http.post(f"/v1/runs/{run}:cancel").status, 200)

    def test_beyond_the_limit_is_503_and_probes_pass(self):
        _, http = self.serve("  max_connections: 3\n")
        run = self.start_slow(http, 600)
        with contextlib.ExitStack() as stack:
            for _ in range(3):
                peer = stack.enter_context(http.open())
                peer.sendall(self.wait_request(run))
            time.sleep(0.3)
            answer = http.get("/v1/server")
            self.assertEqual(answer.status, 503)
            self.assertEqual(answer.reason, "TOO_MANY_CONNECTIONS")
            self.assertTrue(answer.json["error"]["retryable"])
            self.assertGreater(int(answer.fields["retry-after"]), 0)
            self.assertEqual(http.get("/healthz").status, 200)
            self.assertEqual(http.get("/readyz").status, 200)
            # Far beyond, connections are closed without a word.
            idle = [stack.enter_context(http.open(2)) for _ in range(80)]
            closed = 0
            for peer in idle:
                with contextlib.suppress(TimeoutError):
                    closed += peer.recv(1) == b""
                if closed:
                    break
            self.assertGreater(closed, 0)
        assay.wait_for(lambda: http.get("/v1/server").status == 200,
                       what="a place")
        self.assertEqual(http.post(f"/v1/runs/{run}:cancel").status, 200)

    def test_large_bodies_share_what_there_is(self):
        server, http = self.serve()
        body = b"x" * (7 << 20)
        with contextlib.ExitStack() as stack:
            statuses = []
            for _ in range(45):
                peer = stack.enter_context(http.open(30))
                peer.sendall(POST + b"Content-Length: %d\r\n\r\n" %
                             (len(body) + 1))
                peer.settimeout(0.1)
                with contextlib.suppress(TimeoutError, OSError):
                    statuses.append(http_client.parse(peer.recv(4096))[0])
            self.assertTrue(statuses)
            for answer in statuses:
                self.assertEqual((answer.status, answer.reason),
                                 (503, "TOO_MANY_CONNECTIONS"))
            if not assay.SANITIZED:
                self.assertLess(memory_of(server), 400 << 20)
            # Whoever wants little is served.
            self.assertEqual(http.get("/v1/server").status, 200)
        assay.wait_for(lambda: http.post(
            "/v1/rule_sets:lint", {"rule_set": "x" * (1 << 20)}).status == 200,
                       what="room again")

    def test_the_end_is_announced(self):
        server, http = self.serve()
        run = self.start_slow(http, 4)
        with http.open() as peer:
            peer.sendall(self.wait_request(run))
            time.sleep(0.3)
            server.process.send_signal(signal.SIGTERM)
            assay.wait_for(lambda: http.get("/readyz").status == 503,
                           what="not ready")
            self.assertEqual(http.get("/healthz").status, 200)
            answer = http.post("/v1/runs", {"rule_set": assay.rule_set(
                "http_slow", "- row_count: {min: 1}\n")})
            self.assertEqual((answer.status, answer.reason),
                             (503, "SERVER_DRAINING"), answer)
            self.assertIn("retry-after", answer.fields)
            self.assertEqual(answer.fields["connection"], "close")
            # Who waits is told how it ended.
            answer, _ = http_client.parse(peer.recv(65536))
            self.assertEqual(answer.json["state"], "SUCCEEDED")
        self.assertEqual(server.process.wait(20), 0)

    def test_who_still_waits_at_the_end_is_told(self):
        server, http = self.serve()
        server.stop()
        config = server.config.read_text().replace(
            HTTP, "  drain_grace: 1s\n" + HTTP)
        server.config.write_text(config)
        server.start()
        http = http_of(server)
        run = self.start_slow(http, 60)
        with http.open() as peer, http.open() as idle:
            peer.sendall(self.wait_request(run))
            time.sleep(0.3)
            server.process.send_signal(signal.SIGTERM)
            answer, _ = http_client.parse(peer.recv(65536))
            self.assertEqual((answer.status, answer.reason),
                             (503, "SERVER_DRAINING"))
            self.assertEqual(http_client.read_all(idle), b"")
        self.assertEqual(server.process.wait(20), 0)


if __name__ == "__main__":
    unittest.main()
