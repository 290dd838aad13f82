#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random requests, each of which must be answered as HTTP or refused."""
import contextlib
import json
import os
import pathlib
import random
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import http_client  # pylint: disable=wrong-import-position

ROUNDS = int(os.environ.get("ASSAY_FUZZ_ITERATIONS", 2000))
SEED = int(os.environ.get("ASSAY_FUZZ_SEED", time.time()))

PATHS = ["/", "/runs", "/runs/{}", "/v1/runs", "/v1/runs/{}",
         "/v1/runs/{}:wait", "/v1/runs/{}:cancel", "/v1/runs/{}:release",
         "/v1/runs/{}/results",
         "/v1/runs/{}/differences", "/v1/rule_sets:lint",
         "/v1/rule_sets:explain", "/v1/rule_sets:draft", "/v1/rule_kinds",
         "/v1/connections", "/v1/connections/{}:test", "/v1/server",
         "/metrics", "/openapi.json", "/healthz", "/readyz", "*", "",
         "http://localhost/runs", "//", "/.."]
NAMES = ["run_id", "runId", "page_size", "page_token", "verdict", "view",
         "labels[a]", "labels[", "labels[]", "active_only", "timeout",
         "rule_set", "rule_set_name", "migration", "label", "active", "name",
         "source", "target", "tables", "params", "options", "attach", "@type",
         "request_id", "correlation_id", "recheck_of_run_id"]
TEXTS = ["", "x", "0", "-1", "99999999999999999999", "1e999", "true", "null",
         "25s", "0s", "-5s", "RUN_VIEW_FULL", "VERDICT_FAIL", "%", "%zz",
         "%00", "%ff%fe", "%E2%82%AC", "+", "a&b=c", "../../etc/passwd",
         "<script>alert(1)</script>", "'; DROP TABLE runs; --", "\u202e",
         "x" * 3000, "version: 1\nname: n\ntables: []\n", "{", "[]", "&amp;"]
FIELDS = ["Host", "Content-Length", "Transfer-Encoding", "Expect", "Upgrade",
          "Connection", "Authorization", "traceparent", "tracestate",
          "Sec-Fetch-Site", "Content-Type", "Range", "If-None-Match",
          "Accept-Encoding", "Cookie", "X-Forwarded-For", "assay-http-secret",
          "assay-http-peer", "grpc-timeout", ":path", "te"]
VALUES = ["", "localhost", "5", "chunked", "100-continue", "h2c", "close",
          "keep-alive", "upgrade, te", "Bearer x", "Basic eDp5", "Basic !",
          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          "application/json", "text/plain", "cross-site", "gzip", "\xff\xfe",
          "a" * 5000, "bytes=0-9,0-9,0-9"]
SAFE = {200, 302, 400, 403, 404, 405, 408, 409, 413, 415, 417, 429, 431, 503,
        505}


def some_value(dice, depth=0):
    kind = dice.randrange(9 if depth < 4 else 6)
    if kind < 2:
        return dice.choice(TEXTS)
    if kind == 2:
        return dice.choice([0, -1, 2**31, 2**63, 1e308, 0.5])
    if kind < 5:
        return dice.choice([True, False, None])
    if kind == 5:
        return "".join(chr(dice.randrange(1, 0xd7ff)) for _ in range(20))
    if kind == 6:
        return [some_value(dice, depth + 1) for _ in range(dice.randrange(5))]
    return {dice.choice(NAMES + TEXTS): some_value(dice, depth + 1)
            for _ in range(dice.randrange(6))}


def some_target(dice):
    target = dice.choice(PATHS).replace("{}", dice.choice(TEXTS + ["abcd"]))
    if dice.random() < 0.5:
        target += "?" + "&".join(
            f"{dice.choice(NAMES)}={dice.choice(TEXTS)}"
            for _ in range(dice.randrange(4)))
    return target


def damaged(dice, data):
    data = bytearray(data)
    for _ in range(dice.randrange(1, 6)):
        at = dice.randrange(len(data))
        what = dice.randrange(4)
        if what == 0:
            data[at] = dice.randrange(256)
        elif what == 1:
            del data[at:at + dice.randrange(1, 20)]
        elif what == 2:
            data[at:at] = dice.randbytes(dice.randrange(1, 20))
        else:
            data[at:at] = dice.choice([b"\r\n", b"\n", b"\r", b"\0", b":",
                                       b" ", b"\r\n\r\n"])
        if not data:
            return b"\r\n"
    return bytes(data)


def some_request(dice):
    body = b""
    method = dice.choice(["GET", "GET", "POST", "POST", "POST", "HEAD",
                          "DELETE", "BREW", ""])
    if method == "POST":
        text = dice.choice([
            lambda: json.dumps(some_value(dice)),
            lambda: json.dumps({dice.choice(NAMES): some_value(dice)
                                for _ in range(3)}),
            lambda: dice.choice(TEXTS)])()
        body = text.encode("utf-8", "surrogatepass")
        if dice.random() < 0.3 and body:
            body = damaged(dice, body)
    target = some_target(dice)
    head = f"{method} {target} HTTP/1.1\r\n"
    fields = [("Host", "localhost"), ("Connection", "close")]
    if method == "POST":
        fields += [("Content-Type", "application/json"),
                   ("Content-Length", str(len(body)))]
    for _ in range(dice.randrange(3)):
        fields.append((dice.choice(FIELDS), dice.choice(VALUES)))
    head += "".join(f"{name}: {value}\r\n" for name, value in fields)
    data = head.encode("latin-1", "replace") + b"\r\n" + body
    return damaged(dice, data) if dice.random() < 0.3 else data


def exchange(peer, sent):
    """What the server says; a request that is cut short ends after a while."""
    data = b""
    with contextlib.suppress(ConnectionError):
        peer.sendall(sent)
    peer.settimeout(0.3)
    with contextlib.suppress(ConnectionError):
        while True:
            try:
                more = peer.recv(65536)
            except TimeoutError:
                peer.settimeout(15)
                peer.shutdown(socket.SHUT_WR)
                continue
            if not more:
                return data
            data += more
    return data


class FuzzTest(unittest.TestCase):
    def check(self, data, sent):
        """Whatever came back is HTTP, and an error has a reason."""
        while data:
            self.assertRegex(data[:13], rb"^HTTP/1\.1 \d\d\d ", sent)
            answer, data = http_client.parse(data)
            if answer.status == 100:
                continue
            self.assertIn(answer.status, SAFE, (sent, answer))
            self.assertEqual(answer.fields["x-content-type-options"],
                             "nosniff")
            # The answer to HEAD has the length of a body that does not follow.
            if b"\nHEAD " in b"\n" + sent or b"HEAD" in sent[:6]:
                return
            if answer.status >= 400 and answer.body and \
                    answer.fields["content-type"] == "application/json":
                self.assertTrue(answer.reason, answer)

    def test_nothing_breaks_the_server(self):
        print(f"seed {SEED}", file=sys.stderr)
        dice = random.Random(SEED)
        with tempfile.TemporaryDirectory() as directory:
            database = assay.sqlite(pathlib.Path(directory) / "f.db")
            database.load("CREATE TABLE t (a INTEGER)")
            with assay.Server({"x": database.odbc},
                              "http:\n  listen: 127.0.0.1:0\n") as server:
                address = next(a for a in server.ready if "http" in a)
                host, port = address.removeprefix("http://").rsplit(":", 1)
                http = http_client.Http(host, int(port))
                for i in range(ROUNDS):
                    sent = some_request(dice)
                    with self.subTest(i=i, seed=SEED):
                        with http.open(15) as peer:
                            self.check(exchange(peer, sent), sent)
                    self.assertIsNone(server.process.poll(), sent)
                self.assertEqual(http.get("/v1/server").status, 200)
                self.assertNotIn("error without a reason", server.log)


if __name__ == "__main__":
    unittest.main()
