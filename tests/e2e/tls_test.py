#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Encryption: certificates of both sides, their renewal while serving, and
what a client is told that speaks otherwise."""
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import access_table  # pylint: disable=wrong-import-position
import assay  # pylint: disable=wrong-import-position
import certificates  # pylint: disable=wrong-import-position
import rpc  # pylint: disable=wrong-import-position

QUICK_RULES = assay.rule_set("t", "- row_count: {min: 0}", "a")
HOST = ["DNS:localhost", "IP:127.0.0.1"]


class TlsTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        self.token_file = self.directory / "tokens.jsonl"
        self.ca = certificates.Authority(self.directory / "ca")
        self.certificate, self.key = self.ca.issue("/CN=assayd", HOST,
                                                   prefix="server")
        self.odbc = access_table.make_database(self.directory / "a.db", "x")

    def server(self, tls="", principals=None, listen=("127.0.0.1:0",),
               start=True):
        if principals is None:
            principals = {"owner": {"connections": "*", "operations": "*"}}
        out = assay.Server(
            {"a": self.odbc},
            f"tls: {{certificate: {self.certificate}, key: {self.key}{tls}}}\n"
            + access_table.auth_section(self.token_file, principals),
            options=[word for one in listen for word in ("--listen", one)])
        self.addCleanup(out.__exit__)
        return out.start() if start else out

    def token(self, principal="owner"):
        return access_table.create_token(self.token_file, principal)

    def client(self, server, ca=None, **kwargs):
        return self.enterContext(rpc.Client(
            server.ready[0], ca=ca or self.ca.certificate, **kwargs))

    def served_serial(self, server, index=0):
        """The serial number of the certificate that is shown right now."""
        context = ssl.create_default_context(cafile=self.ca.certificate)
        context.set_alpn_protocols(["h2"])
        with socket.create_connection(self.place(server, index)) as raw:
            with context.wrap_socket(raw, server_hostname="localhost") as own:
                return own.getpeercert()["serialNumber"]

    @staticmethod
    def place(server, index=0):
        host, port = server.ready[index].rsplit(":", 1)
        return host, int(port)

    def assay(self, server, *args, token=None, address=None):
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("ASSAY_T")}
        if token:
            environment["ASSAY_TOKEN"] = token
        return assay.assay("--server", address or server.ready[0], *args,
                           env=environment, stdin=QUICK_RULES, timeout=60)

    def replace(self, certificate, key):
        """As a renewal does: one file after the other."""
        for new, old in ((certificate, self.certificate), (key, self.key)):
            shutil.copy(new, f"{old}.tmp")
            os.replace(f"{old}.tmp", old)

    # --- what speaks with whom

    def test_a_client_that_knows_the_ca_and_has_a_token(self):
        token = self.token()
        server = self.server()
        self.assertTrue(self.client(server).call("GetServerInfo", {},
                                                 token).ok)
        port = server.ready[0].rsplit(":", 1)[1]
        for arguments in (["--tls-ca", self.ca.certificate],
                          ["--tls", "--tls-ca", self.ca.certificate]):
            done = self.assay(server, *arguments, "run", "-", token=token)
            self.assertEqual(done.returncode, 0, done.stderr)
        for address in (f"https://localhost:{port}", f"grpcs://127.0.0.1:{port}"):
            done = self.assay(server, "--tls-ca", self.ca.certificate, "runs",
                              token=token, address=address)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_everybody_else_is_told_why(self):
        token = self.token()
        server = self.server()
        other = certificates.Authority(self.directory / "other", "Other CA")
        plain = self.enterContext(assay.Server(
            {}, options=["--listen", "127.0.0.1:0"]))
        known = ["--tls-ca", self.ca.certificate]
        for name, arguments, address, said in (
                ("another CA", ["--tls-ca", other.certificate],
                 server.ready[0], "signed by 'CN=Test CA'"),
                ("the system's CAs", ["--tls"], server.ready[0],
                 "signed by 'CN=Test CA'"),
                ("plaintext", [], server.ready[0], "it speaks TLS; say --tls"),
                ("TLS against plaintext", known, plain.ready[0],
                 "it speaks plaintext"),
                ("no PEM", ["--tls-ca", self.token_file], server.ready[0],
                 "no certificate (PEM)")):
            with self.subTest(name):
                start = time.monotonic()
                done = self.assay(server, *arguments, "run", "-", token=token,
                                  address=address)
                self.assertIn(said, done.stderr)
                # Trying again would not help, and does not happen.
                self.assertEqual(done.returncode, 5, done.stderr)
                self.assertLess(time.monotonic() - start, 20)
        # Not a word of the server's about it: nothing was asked.
        self.assertNotIn(token.split("_")[2], server.log)

    def test_a_name_that_the_certificate_does_not_have(self):
        self.certificate, self.key = self.ca.issue(
            "/CN=elsewhere", ["DNS:elsewhere.test"], prefix="elsewhere")
        server = self.server()
        done = self.assay(server, "--tls-ca", self.ca.certificate, "runs",
                          token=self.token())
        self.assertEqual(done.returncode, 5)
        self.assertIn("its certificate is for elsewhere.test, not for "
                      "127.0.0.1", done.stderr)

    def test_versions_below_1_2_are_refused(self):
        server = self.server()
        host, port = self.place(server)
        for version, expected in (("-tls1", False), ("-tls1_1", False),
                                  ("-tls1_2", True), ("-tls1_3", True)):
            with self.subTest(version):
                done = subprocess.run(
                    ["openssl", "s_client", "-connect", f"{host}:{port}",
                     version, "-alpn", "h2", "-cipher",
                     "DEFAULT:@SECLEVEL=0"], input=b"", capture_output=True,
                    check=False, timeout=20)
                self.assertEqual(b"Verify return code" in done.stdout
                                 and b"Cipher is (NONE)" not in done.stdout,
                                 expected, done.stdout + done.stderr)

    def test_other_machines_only_with_both(self):
        self.token()
        server = self.server(listen=["0.0.0.0:0"])
        self.assertIn("0.0.0.0", server.ready[0])
        server.stop()
        auth = access_table.auth_section(self.token_file)
        tls = f"tls: {{certificate: {self.certificate}, key: {self.key}}}\n"
        odbc = {"a": "Driver=x", "b": "Driver=x"}
        for name, text in (("none", ""), ("auth alone", auth),
                           ("TLS alone", tls)):
            with self.subTest(name):
                refused = assay.Server(odbc, text,
                                       options=["--listen", "0.0.0.0:0"])
                self.addCleanup(refused.__exit__)
                with self.assertRaisesRegex(RuntimeError, "--insecure"):
                    refused.start()
                said = assay.Server(
                    odbc, text, options=["--listen", "0.0.0.0:0", "--insecure"])
                self.enterContext(said)

    # --- renewal

    def test_a_new_certificate_counts_without_a_restart(self):
        token = self.token()
        server = self.server(listen=["127.0.0.1:0", "127.0.0.1:0"])
        client = self.client(server)
        self.assertTrue(client.call("GetServerInfo", {}, token).ok)
        before = self.served_serial(server)
        self.replace(*self.ca.issue("/CN=assayd", HOST))
        assay.wait_for(lambda: self.served_serial(server) != before, 10,
                       "the new certificate")
        self.assertNotEqual(self.served_serial(server, 1), before)
        self.assertIn("took", server.log)
        # Who was there before goes on, and who comes finds the new one.
        self.assertTrue(client.call("GetServerInfo", {}, token).ok)
        self.assertTrue(self.client(server).call("GetServerInfo", {},
                                                 token).ok)

    def test_a_broken_one_leaves_the_old_one(self):
        token = self.token()
        server = self.server()
        before = self.served_serial(server)
        good = self.certificate.read_bytes(), self.key.read_bytes()
        other, other_key = self.ca.issue("/CN=assayd", HOST)
        expired, expired_key = self.ca.issue_expired("/CN=assayd", HOST)
        for name, certificate, key, said in (
                ("empty", b"", good[1], "has no certificate"),
                ("garbage", b"-----BEGIN CERTIFICATE-----\nx\n", good[1],
                 "stays in use"),
                ("half", good[0][:len(good[0]) // 2], good[1],
                 "stays in use"),
                ("another key", good[0], other_key.read_bytes(),
                 "is not the key of"),
                ("expired", expired.read_bytes(), expired_key.read_bytes(),
                 "has expired on 2020-02-01"),
                ("no key", good[0], good[0], "has no private key")):
            with self.subTest(name):
                told = server.log.count("stays in use")
                self.certificate.write_bytes(certificate)
                self.key.write_bytes(key)
                assay.wait_for(
                    lambda told=told: server.log.count("stays in use") > told,
                    10, "the server to say so")
                self.assertIn(said, server.log)
                self.assertEqual(self.served_serial(server), before)
                self.assertTrue(self.client(server).call("GetServerInfo", {},
                                                         token).ok)
        self.replace(other, other_key)
        assay.wait_for(lambda: self.served_serial(server) != before, 10,
                       "the new certificate")

    def test_what_cannot_be_served_with_is_no_start(self):
        self.token()
        expired, expired_key = self.ca.issue_expired("/CN=assayd", HOST)
        good = self.certificate, self.key
        for certificate, key, said in (
                (expired, expired_key, "has expired"),
                (pathlib.Path("/no/such"), good[1], "No such file"),
                (good[0], expired_key, "is not the key of")):
            with self.subTest(said):
                self.certificate, self.key = certificate, key
                with self.assertRaisesRegex(RuntimeError, said):
                    self.server()
                server = self.server(start=False)
                checked = subprocess.run(
                    [assay.BIN / "assayd", "--config", server.config,
                     "--check-config"], capture_output=True, text=True,
                    check=False)
                self.assertEqual(checked.returncode, 2)
                self.assertIn(said, checked.stderr)

    # --- certificates of clients

    def clients(self):
        return certificates.Authority(self.directory / "clients", "Clients CA")

    def principals(self):
        every = {"connections": "*", "operations": "*"}
        return {"owner": every,
                "dns": {**every, "certificates": ["DNS:ci.test"]},
                "uri": {**every, "certificates": ["URI:spiffe://test/ci"]},
                "cn": {**every, "certificates": ["CN:ci"]},
                "subject": {**every, "certificates": [
                    "subject:CN=whole,O=Example"]}}

    def who(self, server, pair, token=None):
        with rpc.Client(server.ready[0], ca=self.ca.certificate, cert=pair[0],
                        key=pair[1]) as client:
            answer = client.call("GetServerInfo", {}, token)
        return answer.response["principal"] if answer.ok else answer.reason

    def test_names_of_certificates_are_principals(self):
        clients = self.clients()
        token = self.token()
        server = self.server(f", client_ca: {clients.certificate}",
                             self.principals())
        issue = clients.issue
        for expected, pair in (
                ("dns", issue("/CN=x", ["DNS:ci.test"])),
                ("uri", issue("/CN=x", ["URI:spiffe://test/ci"])),
                ("cn", issue("/CN=ci")),
                ("subject", issue("/O=Example/CN=whole")),
                # A name of one kind is none of another.
                ("UNAUTHENTICATED", issue("/CN=ci.test")),
                ("UNAUTHENTICATED", issue("/CN=x", ["DNS:ci"])),
                ("UNAUTHENTICATED", issue("/CN=x", ["DNS:sub.ci.test"])),
                ("UNAUTHENTICATED", issue("/CN=x", ["DNS:ci.test",
                                                    "URI:spiffe://test/ci"])),
                ("UNAUTHENTICATED", issue("/CN=nobody"))):
            with self.subTest(pair[0].name):
                self.assertEqual(self.who(server, pair), expected)
        # What was sent is what was meant.
        self.assertEqual(self.who(server, issue("/CN=ci"), token), "owner")
        self.assertEqual(self.who(server, issue("/CN=ci"), "assay_x"),
                         "UNAUTHENTICATED")
        # Without a certificate a token will do, here.
        self.assertTrue(self.client(server).call("GetServerInfo", {},
                                                 token).ok)
        for pair in (self.ca.issue("/CN=ci"),
                     clients.issue_expired("/CN=ci")):
            with self.subTest(f"refused by TLS: {pair[0].name}"):
                self.assertEqual(self.who(server, pair), "")
        done = self.assay(server, "--tls-ca", self.ca.certificate,
                          "--tls-cert", issue("/CN=ci")[0], "--tls-key",
                          pathlib.Path("/no/such"), "runs")
        self.assertEqual(done.returncode, 2)
        pair = issue("/CN=ci")
        done = self.assay(server, "--tls-ca", self.ca.certificate,
                          "--tls-cert", pair[0], "--tls-key", pair[1], "run",
                          "-")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_required_and_why_it_failed(self):
        clients = self.clients()
        token = self.token()
        server = self.server(f", client_ca: {clients.certificate}, "
                             "client_certificate: required", self.principals())
        good = clients.issue("/CN=ci")
        self.assertEqual(self.who(server, good), "cn")
        self.assertEqual(self.who(server, good, token), "owner")
        without = self.client(server).call("GetServerInfo", {}, token)
        self.assertFalse(without.ok)
        known = ["--tls-ca", self.ca.certificate]
        wrong = self.ca.issue("/CN=ci")
        ended = clients.issue_expired("/CN=ci")
        for name, arguments, said in (
                ("none", [], "it wants a client certificate"),
                ("another CA", ["--tls-cert", wrong[0], "--tls-key", wrong[1]],
                 "does not accept the client certificate"),
                ("expired", ["--tls-cert", ended[0], "--tls-key", ended[1]],
                 "does not accept the client certificate"),
                ("two that are none", ["--tls-cert", good[0], "--tls-key",
                                       wrong[1]], "is not that of")):
            with self.subTest(name):
                done = self.assay(server, *known, *arguments, "run", "-",
                                  token=token)
                self.assertIn(said, done.stderr)
                self.assertEqual(done.returncode, 5, done.stderr)

    def test_a_new_ca_of_clients_counts_without_a_restart(self):
        clients = self.clients()
        others = certificates.Authority(self.directory / "others", "Others")
        file = self.directory / "clients.pem"
        shutil.copy(clients.certificate, file)
        self.token()
        server = self.server(f", client_ca: {file}", self.principals())
        old, new = clients.issue("/CN=ci"), others.issue("/CN=ci")
        self.assertEqual(self.who(server, old), "cn")
        self.assertEqual(self.who(server, new), "")
        shutil.copy(others.certificate, file)
        assay.wait_for(lambda: self.who(server, new) == "cn", 15, "the new CA")
        self.assertEqual(self.who(server, old), "")

    # --- clients that do not behave

    def test_who_connects_and_says_nothing_holds_nobody_up(self):
        token = self.token()
        server = self.server()
        client = self.client(server)
        self.assertTrue(client.call("GetServerInfo", {}, token).ok)
        silent = []
        self.addCleanup(lambda: [one.close() for one in silent])
        for i in range(200):
            one = socket.create_connection(self.place(server))
            # Some begin a handshake, and a record that never ends.
            if i % 2:
                one.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
            silent.append(one)
        with rpc.Client(server.ready[0], ca=self.ca.certificate) as newcomer:
            for own in (client, newcomer):
                start = time.monotonic()
                self.assertTrue(own.call("GetServerInfo", {}, token).ok)
                self.assertLess(time.monotonic() - start, 5)
        # They are sent away in the end.
        deadline = time.monotonic() + 60
        for one in silent:
            one.settimeout(max(0.1, deadline - time.monotonic()))
            try:
                while one.recv(4096):
                    pass
            except ConnectionError:
                pass
        self.assertLess(time.monotonic(), deadline)


if __name__ == "__main__":
    unittest.main(verbosity=2)
