#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bytes that no gRPC client sends: the server neither ends nor grows, lets
nobody in, and goes on answering."""
import os
import pathlib
import random
import socket
import struct
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import access_table  # pylint: disable=wrong-import-position
import assay  # pylint: disable=wrong-import-position
import rpc  # pylint: disable=wrong-import-position

CONNECTIONS = int(os.environ.get("ASSAY_FUZZ_ITERATIONS", 2000)) // 2
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST, SETTINGS, PING, WINDOW = 0, 1, 3, 4, 6, 8
END_STREAM, END_HEADERS = 1, 4


def frame(kind, flags, stream, payload):
    return (struct.pack(">I", len(payload))[1:] + bytes([kind, flags])
            + struct.pack(">I", stream) + payload)


def text(value):
    value = value.encode()
    assert len(value) < 127
    return bytes([len(value)]) + value


def headers(fields):
    # HPACK: literal, never indexed, no Huffman.
    return b"".join(b"\x10" + text(name) + text(value)
                    for name, value in fields)


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def message(fields):
    """A protobuf message of length-delimited fields."""
    return b"".join(varint(number << 3 | 2) + varint(len(value)) + value
                    for number, value in fields)


def call(stream, method, body, token):
    fields = [(":method", "POST"), (":scheme", "http"),
              (":path", f"/assay.v1.ValidationService/{method}"),
              (":authority", "localhost"), ("te", "trailers"),
              ("content-type", "application/grpc")]
    if token:
        fields.append(("authorization", f"Bearer {token}"))
    return (frame(HEADERS, END_HEADERS, stream, headers(fields))
            + frame(DATA, END_STREAM, stream,
                    b"\0" + struct.pack(">I", len(body)) + body))


def conversation(rng, token):
    """A client that behaves, more or less."""
    out = PREFACE + frame(SETTINGS, 0, 0, b"")
    rules = access_table.table_rules("a").encode()
    for i in range(rng.randrange(1, 6)):
        method, body = rng.choice([
            ("StartRun", message([(1, rules), (2, message([(1, b"x"),
                                                           (2, b"y")]))])),
            ("GetRun", message([(1, b"0000")])),
            ("LintRuleSet", message([(1, rules)])),
            ("ListRuns", message([(2, b"token"), (7, b"\xff\xff")])),
            ("WatchRun", message([(1, b"\0" * 20)])),
            ("ListDifferences", message([(1, b"a" * 300), (2, rules)])),
            ("NoSuchMethod", rng.randbytes(30))])
        out += call(2 * i + 1, method, body, token)
        if rng.random() < 0.2:
            out += frame(RST, 0, 2 * i + 1, struct.pack(">I", 8))
    return out


def damage(rng, data):
    data = bytearray(data)
    for _ in range(rng.randrange(1, 12)):
        at = rng.randrange(len(data))
        what = rng.randrange(5)
        if what == 0:
            data[at] = rng.randrange(256)
        elif what == 1:
            del data[at:at + rng.randrange(1, 40)]
        elif what == 2:
            data[at:at] = rng.randbytes(rng.randrange(1, 40))
        elif what == 3:
            data[at:at] = frame(rng.randrange(12), rng.randrange(256),
                                rng.randrange(12),
                                rng.randbytes(rng.randrange(60)))
        else:
            data[at:at] = data[:rng.randrange(len(data))]
        data = data or bytearray(b"x")
    return bytes(data[:1 << 20])


def resident_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


class GrpcFuzzTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        file = self.directory / "tokens.jsonl"
        # Who comes in may do nothing that leaves a run behind.
        self.token = access_table.create_token(file, "linter")
        odbc = access_table.make_database(self.directory / "a.db", "x")
        self.server = self.enterContext(assay.Server(
            {"a": odbc}, access_table.auth_section(file, {
                "linter": {"connections": "*", "operations": [
                    "lint", "read"]}}),
            options=["--listen", "127.0.0.1:0", "--listen",
                     f"unix:{self.directory}/s"]))
        self.client = self.enterContext(rpc.Client(self.server.ready[0]))

    def send(self, data):
        host, port = self.server.ready[0].rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=10) as one:
            try:
                one.sendall(data)
                one.shutdown(socket.SHUT_WR)
                one.settimeout(0.05)
                while one.recv(65536):
                    pass
            except OSError:
                pass

    def alive(self):
        self.assertIsNone(self.server.process.poll(), self.server.log[-4000:])
        answer = self.client.call("GetServerInfo", {}, self.token)
        self.assertTrue(answer.ok, answer)

    def test_the_bytes_are_those_of_a_client(self):
        # Else the damage below would be done to nothing.
        host, port = self.server.ready[0].rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=10) as one:
            one.sendall(PREFACE + frame(SETTINGS, 0, 0, b"")
                        + call(1, "LintRuleSet", message(
                            [(1, b"version: 7")]), self.token))
            seen = b""
            while b"version" not in seen:
                more = one.recv(65536)
                self.assertTrue(more, seen)
                seen += more

    def test_damaged_conversations(self):
        seed = int(os.environ.get("ASSAY_FUZZ_SEED", random.randrange(1 << 30)))
        rng = random.Random(seed)
        for i in range(50):
            self.send(damage(rng, conversation(rng, self.token)))
        before = resident_kib(self.server.process.pid)
        for i in range(CONNECTIONS):
            with self.subTest(seed=seed, connection=i):
                token = rng.choice([self.token, None, "assay_x"])
                self.send(damage(rng, conversation(rng, token)))
                if i % 20 == 0:
                    self.alive()
        self.alive()
        grown = resident_kib(self.server.process.pid) - before
        if not assay.SANITIZED:
            self.assertLess(grown, 64 << 10, f"KiB, seed {seed}")
        runs = self.client.call("ListRuns", {}, self.token)
        self.assertEqual(runs.response["runs"], [], f"seed {seed}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
