# SPDX-License-Identifier: Apache-2.0
"""The hook reaches a real assayd: plaintext, TLS, mutual TLS, tokens."""
import asyncio
import json
import os
import pathlib
import tempfile
import unittest

import access_table
import assay
import case
import certificates
from assay_airflow import AssayHook, messages, rpc
from assay_airflow.exceptions import RequestRejected, ServerUnavailable
from assay_airflow.hooks.assay import target_of

HOST = ["DNS:localhost", "IP:127.0.0.1"]


class HookTest(case.Case):
    def test_connection_says_what_it_reaches(self):
        ok, text = AssayHook().test_connection()
        self.assertTrue(ok, text)
        self.assertIn(f"at {self.server.address} (no TLS)", text)
        self.assertIn("'local'", text)

    def test_nobody_there(self):
        self.use(case.connection("127.0.0.1:1"))
        ok, text = AssayHook().test_connection()
        self.assertFalse(ok)
        self.assertIn("cannot reach assayd at 127.0.0.1:1", text)

    def test_calls_say_what_is_wrong(self):
        request = messages.message("assay.v1.GetRunRequest")(run_id="nothing")
        with AssayHook().get_conn() as client:
            with self.assertRaises(rpc.CallError) as caught:
                client.call("GetRun", request)
        self.assertEqual(caught.exception.reason, "RUN_NOT_FOUND")
        self.assertFalse(caught.exception.retryable)
        self.assertIsInstance(caught.exception.to_exception(), RequestRejected)

    def test_a_rule_set_that_does_not_compile_is_shown_in_full(self):
        request = messages.message("assay.v1.StartRunRequest")(
            rule_set=case.rules("- no_such_rule: {}\n"))
        with AssayHook().get_conn() as client:
            with self.assertRaises(rpc.CallError) as caught:
                client.call("StartRun", request)
        self.assertIn("no_such_rule", str(caught.exception))

    def test_both_clients_give_the_same(self):
        request = messages.message("assay.v1.GetServerInfoRequest")()

        async def ask():
            async with AssayHook().aget_conn() as client:
                return await client.call("GetServerInfo", request)

        with AssayHook().get_conn() as client:
            wanted = client.call("GetServerInfo", request).version
        # Two loops, one after the other: no channel outlives its loop.
        for _ in range(2):
            self.assertEqual(asyncio.run(ask()).version, wanted)

    def test_grace_waits_for_a_server_that_comes(self):
        begin = AssayHook()
        self.use(case.connection(f"unix:{self.directory}/late"))
        request = messages.message("assay.v1.GetServerInfoRequest")()
        with begin.get_conn() as client:
            with self.assertRaises(rpc.CallError) as caught:
                client.call("GetServerInfo", request, grace=0.5)
        self.assertIsInstance(caught.exception.to_exception(),
                              ServerUnavailable)


class ConnectionTest(unittest.TestCase):
    """What a connection may say; no server is asked."""

    def target(self, **fields):
        value = {"conn_type": "assay", "host": "assay.example", **fields}
        if isinstance(value.get("extra"), dict):
            value["extra"] = json.dumps(value["extra"])
        os.environ["AIRFLOW_CONN_ASSAY_X"] = json.dumps(value)
        return target_of(AssayHook.get_connection("assay_x"))

    def test_addresses(self):
        self.assertEqual(self.target().address, "assay.example:7433")
        self.assertEqual(self.target(port=1).address, "assay.example:1")
        self.assertEqual(self.target(host="::1").address, "[::1]:7433")
        self.assertEqual(self.target(host="unix:/a/b").address, "unix:/a/b")

    def test_mistakes_are_named(self):
        for fields, said in (
            ({"host": ""}, "host is missing"),
            ({"extra": {"tls": "yes"}}, "tls is 'yes'"),
            ({"extra": {"tsl": "off"}}, "unknown keys tsl"),
            ({"extra": {"tls": "mutual"}}, "cert_file or key_file"),
            ({"extra": {"tls": "server", "ca_file": "/nowhere"}},
             "cannot read /nowhere"),
            ({"password": "secret-word"}, "unencrypted"),
        ):
            with self.subTest(said):
                with self.assertRaises(RequestRejected) as caught:
                    self.target(**fields)
                self.assertIn(said, str(caught.exception))
                self.assertNotIn("secret-word", str(caught.exception))

    def test_a_token_may_stay_on_the_machine(self):
        for host in ("127.0.0.1", "localhost", "::1", "unix:/a"):
            self.assertEqual(self.target(host=host, password="t").token, "t")
        self.assertNotIn("secret-word", repr(self.target(
            password="secret-word", extra={"tls": "server"})))


class TlsTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        self.ca = certificates.Authority(self.directory / "ca")
        certificate, key = self.ca.issue("/CN=assayd", HOST, prefix="server")
        self.tokens = self.directory / "tokens.jsonl"
        token = access_table.create_token(self.tokens, "owner")
        other = {"connections": "*", "operations": "*"}
        self.server = self.enterContext(assay.Server(
            {}, f"tls: {{certificate: {certificate}, key: {key}}}\n"
            + access_table.auth_section(self.tokens, {"owner": other}),
            options=["--listen", "127.0.0.1:0"]))
        self.token = token

    def answer(self, token, **extra):
        os.environ["AIRFLOW_CONN_ASSAY_DEFAULT"] = case.connection(
            self.server.ready[0], token=token, **extra)
        return AssayHook().test_connection()

    def test_a_server_that_is_known_and_a_token_that_is_good(self):
        for extra in ({"ca_file": str(self.ca.certificate)},
                      {"ca_pem": self.ca.certificate.read_text()}):
            ok, text = self.answer(self.token, tls="server", **extra)
            self.assertTrue(ok, text)
            self.assertIn("(TLS)", text)
            self.assertIn("'owner'", text)

    def test_a_token_that_is_not_good(self):
        ok, text = self.answer("assay_no_such", tls="server",
                               ca_file=str(self.ca.certificate))
        self.assertFalse(ok)
        self.assertIn("password of the Airflow connection", text)
        self.assertNotIn("assay_no_such", text)

    def test_a_server_that_is_not_known(self):
        other = certificates.Authority(self.directory / "other", "Other CA")
        ok, text = self.answer(self.token, tls="server",
                               ca_file=str(other.certificate))
        self.assertFalse(ok)
        self.assertIn("cannot reach assayd", text)
        self.assertNotIn(self.token, text)


if __name__ == "__main__":
    unittest.main()
