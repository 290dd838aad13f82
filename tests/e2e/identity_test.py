#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may call the server, and what each may do: tokens, permissions, limits,
audit. tls_test.py has encryption and certificates."""
import concurrent.futures
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import access_table  # pylint: disable=wrong-import-position
import assay  # pylint: disable=wrong-import-position
import rpc  # pylint: disable=wrong-import-position

# gRPC's codes.
RESOURCE_EXHAUSTED = 8
UNIMPLEMENTED = 12

REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"

SLOW_RULES = assay.rule_set(
    "t", "- query: {sql: \"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT "
    "x + 1 FROM c WHERE x < 4000000000) SELECT count(*) FROM c\", "
    "expect: value, min: 0}\n  id: slow", "a")
QUICK_RULES = assay.rule_set("t", "- row_count: {min: 0}", "a")


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


class Scratch(unittest.TestCase):
    """A directory and a server of one's own for each test."""

    def setUp(self):
        self.directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        self.token_file = self.directory / "tokens.jsonl"
        self.audit = self.directory / "audit.jsonl"

    def create(self, principal, *options):
        return access_table.create_token(self.token_file, principal, *options)

    def server(self, principals, extra="", **kwargs):
        odbc = access_table.make_database(self.directory / "a.db", "x")
        return self.enterContext(assay.Server(
            {"a": odbc}, access_table.auth_section(self.token_file, principals)
            + extra, **kwargs))

    def client(self, server):
        return self.enterContext(rpc.Client(server.address))

    def revoke(self, token):
        subprocess.run([assay.BIN / "assayd", "token", "revoke", "--file",
                        self.token_file, token.split("_")[1]], check=True,
                       capture_output=True)


OWNER = {"owner": {"connections": "*", "operations": "*"}}


class AccessTableTest(Scratch):
    def test_every_cell(self):
        site = self.enterContext(access_table.Site(
            self.directory, f"audit: {{path: {self.audit}}}\n"))
        client = self.client(site.server)

        def call(token, method, request):
            answer = client.call(method, request, token)
            self.assertTrue(answer.ok or answer.reason, answer)
            return answer.reason, answer.text

        access_table.check(self, site, call)
        access_table.check_lists(self, site, call)
        self.check_every_method_wants_credentials(client)
        self.check_that_health_is_open_and_reflection_is_not(client)
        self.check_the_audit(site)
        self.check_that_no_secret_is_anywhere(site)

    def check_every_method_wants_credentials(self, client):
        for method in sorted(access_table.rpcs()):
            for token in (None, "assay_0123456789ab_" + "0" * 52):
                with self.subTest(f"{method} with token {token}"):
                    answer = client.call(method, {}, token)
                    self.assertEqual(answer.reason, "UNAUTHENTICATED", answer)

    def check_that_health_is_open_and_reflection_is_not(self, client):
        self.assertTrue(client.call("/grpc.health.v1.Health/Check").ok)
        self.assertEqual(client.call(REFLECTION).code, UNIMPLEMENTED)
        plain = self.enterContext(assay.Server({}))
        self.assertNotEqual(self.client(plain).call(REFLECTION).code,
                            UNIMPLEMENTED)

    def check_the_audit(self, site):
        site.server.stop()
        lines = lines_of(self.audit)
        self.assertEqual(lines[0]["event"], "server")
        self.assertEqual(lines[-1]["outcome"], "stopped")
        started = [line for line in lines if line["event"] == "start"
                   and line["outcome"] == "accepted"]
        self.assertEqual({line["run_id"] for line in started}
                         & set(site.runs.values()),
                         set(site.runs.values()) - {site.runs["none"]})
        for line in started:
            self.assertIn(line["principal"], ("owner", "runner_a", "author_a"))
            self.assertRegex(line["rule_set_digest"], "^[0-9a-f]{64}$")
            self.assertRegex(line["credential"], "^token [0-9a-z]{12}$")
            self.assertTrue(line["connections"])
            self.assertTrue(line["peer"])
        refused = [line for line in lines if line["event"] == "refuse"]
        reasons = {line["reason"] for line in refused}
        self.assertEqual(reasons, {"ACCESS_DENIED", "UNAUTHENTICATED"})
        # Who asked for a run that it may not see is told as unknown, and the
        # log knows better.
        self.assertTrue([line for line in refused
                         if line["outcome"] == "hidden"])
        self.assertIn("answered RUN_NOT_FOUND", site.server.log)

    def check_that_no_secret_is_anywhere(self, site):
        data = b"".join(
            path.read_bytes() for root in (site.directory,
                                           site.server.directory)
            for path in root.rglob("*")
            if path.is_file() and path.suffix != ".db")
        for principal, token in site.tokens.items():
            with self.subTest(principal):
                self.assertNotIn(token.split("_")[2].encode(), data)
        outside = site.server.log + self.audit.read_text()
        self.assertNotIn(access_table.VALUE, outside)
        self.assertNotIn(access_table.NUMBER, outside)


class TokenTest(Scratch):
    def test_expired_revoked_unknown_and_damaged(self):
        short = self.create("owner", "--expires", "2s")
        good = self.create("owner", "--expires", "never")
        server = self.server(OWNER)
        client = self.client(server)

        def ask(token):
            return client.call("GetServerInfo", {}, token)

        self.assertEqual(ask(short).response["principal"], "owner")
        time.sleep(2.1)
        expired = ask(short)
        self.assertEqual(expired.reason, "UNAUTHENTICATED")
        self.assertIn("has expired", expired.message)
        # Only to whom has the secret: others learn nothing of the token.
        damaged = ask(short[:-1] + ("0" if short[-1] != "0" else "1"))
        self.assertNotIn("expired", damaged.message)
        self.assertEqual(damaged.message,
                         ask("assay_" + "0" * 12 + "_" + "0" * 52).message)
        self.assertTrue(ask(good).ok)
        self.revoke(good)
        self.assertIn("was revoked", ask(good).message)
        for header in ("", "Bearer", f"Bearer {good} x", good, "Basic x"):
            with self.subTest(header=header):
                answer = client.call("GetServerInfo", {},
                                     metadata=[("authorization", header)])
                self.assertEqual(answer.reason, "UNAUTHENTICATED", answer)
        twice = client.call("GetServerInfo", {}, self.create("owner"),
                            metadata=[("authorization", f"Bearer {good}")])
        self.assertEqual(twice.reason, "UNAUTHENTICATED")

    def test_metadata_of_the_http_front_counts_for_nothing(self):
        self.create("owner")
        client = self.client(self.server(OWNER))
        for secret in ("", "0" * 32, "0" * 64):
            answer = client.call("GetServerInfo", {}, metadata=[
                ("assay-http-secret", secret), ("assay-http-peer", "1.2.3.4"),
                ("assay-http-certificate", "x")])
            self.assertEqual(answer.reason, "UNAUTHENTICATED")

    def test_a_revoked_token_ends_what_goes_on(self):
        token = self.create("owner")
        other = self.create("owner")
        server = self.server(OWNER)
        client = self.client(server)
        run = client.call("StartRun", {"rule_set": SLOW_RULES},
                          token).response["run_id"]
        outcomes = {}

        def hold(method, request):
            with rpc.Client(server.address) as own:
                outcomes[method] = own.call(method, request, token, deadline=60)

        threads = [threading.Thread(target=hold, args=call) for call in (
            ("WatchRun", {"run_id": run}),
            ("WaitRun", {"run_id": run, "timeout": "3s"}))]
        for thread in threads:
            thread.start()
        time.sleep(1)
        self.revoke(token)
        for thread in threads:
            thread.join()
        for method, outcome in outcomes.items():
            with self.subTest(method):
                self.assertEqual(outcome.reason, "UNAUTHENTICATED", outcome)
        self.assertTrue(client.call("CancelRun", {"run_id": run}, other).ok)

    def test_a_broken_file_is_said_and_changes_nothing(self):
        token = self.create("owner")
        server = self.server(OWNER)
        client = self.client(server)
        self.assertTrue(client.call("GetServerInfo", {}, token).ok)
        text = self.token_file.read_text()
        self.token_file.write_text(text + "{broken\n")
        self.assertTrue(client.call("GetServerInfo", {}, token).ok)
        self.assertIn("line 2 is no token", server.log)
        self.token_file.unlink()
        self.assertFalse(client.call("GetServerInfo", {}, token).ok)

    def test_ten_thousand_tokens_cost_a_call_nothing(self):
        token = self.create("owner")
        row = json.loads(self.token_file.read_text())
        server = self.server(OWNER)
        client = self.client(server)

        def median():
            times = []
            for _ in range(300):
                start = time.perf_counter()
                self.assertTrue(client.call("GetServerInfo", {}, token).ok)
                times.append(time.perf_counter() - start)
            return statistics.median(times)

        median()
        few = median()
        with open(self.token_file, "a", encoding="utf-8") as file:
            for i in range(10000):
                row["id"] = f"{i:012d}"
                file.write(json.dumps(row) + "\n")
        start = time.perf_counter()
        self.assertTrue(client.call("GetServerInfo", {}, token).ok)
        reload_seconds = time.perf_counter() - start
        many = median()
        print(f"\nlogin with 1 token {few * 1e6:.0f} us, with 10001 "
              f"{many * 1e6:.0f} us; reading them took {reload_seconds:.3f} s",
              file=sys.stderr)
        self.assertLess(many, few * 2 + 0.0005)
        self.assertLess(reload_seconds, 5)
        start = time.perf_counter()
        self.revoke(token)
        self.assertLess(time.perf_counter() - start, 10)
        self.assertFalse(client.call("GetServerInfo", {}, token).ok)

    def test_the_command(self):
        token = [assay.BIN / "assayd", "token"]

        def run(*args):
            return subprocess.run(token + list(map(str, args)),
                                  capture_output=True, text=True, check=False)

        config = self.directory / "assayd.yaml"
        config.write_text(access_table.auth_section(self.token_file, OWNER))
        made = run("create", "--config", config, "--name", "n", "--principal",
                   "owner")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertRegex(made.stdout, r"^assay_[0-9a-z]{12}_[0-9a-z]{52}\n$")
        self.assertEqual(self.token_file.stat().st_mode & 0o777, 0o600)
        identity = made.stdout.split("_")[1]
        listed = run("list", "--config", config)
        self.assertIn(identity, listed.stdout)
        self.assertNotIn(made.stdout.strip().split("_")[2], listed.stdout)
        typo = run("create", "--config", config, "--name", "n", "--principal",
                   "onwer")
        self.assertEqual(typo.returncode, 2)
        self.assertIn("did you mean 'owner'?", typo.stderr)
        for bad in (["create", "--config", config],
                    ["create", "--file", self.token_file, "--name", "n",
                     "--principal", "p", "--expires", "soon"],
                    ["list", "--config", "/no/such/file"], [], ["revoke"]):
            with self.subTest(bad=bad):
                self.assertEqual(run(*bad).returncode, 2)
        self.assertEqual(run("revoke", "--file", self.token_file,
                             "nobody").returncode, 1)
        # The whole token will do for its id.
        self.assertEqual(run("revoke", "--file", self.token_file,
                             made.stdout.strip()).returncode, 0)
        self.assertNotIn(identity, run("list", "--config", config).stdout)
        self.assertIn("revoked", run("list", "--all", "--config",
                                     config).stdout)


class LimitTest(Scratch):
    def test_requests_per_second(self):
        token = self.create("slow")
        client = self.client(self.server({"slow": {
            "connections": "*", "operations": "*", "requests_per_second": 5}}))
        answers = [client.call("GetServerInfo", {}, token) for _ in range(30)]
        refused = [answer for answer in answers if not answer.ok]
        self.assertTrue(refused)
        self.assertGreaterEqual(len(answers) - len(refused), 5)
        for answer in refused:
            self.assertEqual(answer.reason, "RATE_LIMITED")
            self.assertEqual(answer.code, RESOURCE_EXHAUSTED)
            self.assertGreater(answer.retry_after, 0)
            self.assertLessEqual(answer.retry_after, 1)
        time.sleep(refused[-1].retry_after + 0.01)
        self.assertTrue(client.call("GetServerInfo", {}, token).ok)

    def test_active_runs_and_the_queue_of_all(self):
        two = self.create("two")
        owner = self.create("owner")
        server = self.server({
            "two": {"connections": ["a"], "operations": "*",
                    "max_active_runs": 2}, **OWNER},
            extra="")
        client = self.client(server)

        def start(token):
            return client.call("StartRun", {"rule_set": SLOW_RULES}, token)

        runs = [start(two), start(two)]
        third = start(two)
        self.assertEqual(third.reason, "TOO_MANY_ACTIVE_RUNS", third)
        self.assertEqual(third.code, RESOURCE_EXHAUSTED)
        self.assertGreater(third.retry_after, 0)
        runs.append(start(owner))
        for run in runs:
            self.assertTrue(run.ok, run)
        for run in runs:
            client.call("CancelRun", {"run_id": run.response["run_id"]}, owner)
        assay.wait_for(lambda: client.call("GetServerInfo", {}, owner).response[
            "active_runs_count"] == "0", what="the end of the runs")
        last = start(two)
        self.assertTrue(last.ok, last)
        client.call("CancelRun", {"run_id": last.response["run_id"]}, two)

    def test_the_queue_of_all_says_when_to_come_again(self):
        server = assay.Server({"a": access_table.make_database(
            self.directory / "a.db", "x")},
            extra="  max_concurrent_runs: 1\n  max_queued_runs: 1\n")
        self.enterContext(server)
        client = self.client(server)
        answers = [client.call("StartRun", {"rule_set": SLOW_RULES})
                   for _ in range(4)]
        self.assertTrue(answers[0].ok)
        self.assertEqual(answers[-1].reason, "RUN_QUEUE_FULL")
        self.assertGreater(answers[-1].retry_after, 0)
        self.assertEqual(answers[0].response["started_by"], "local")
        self.assertEqual(answers[0].response["connections"], ["a"])
        for answer in answers:
            if answer.ok:
                client.call("CancelRun",
                            {"run_id": answer.response["run_id"]})

    def test_oversized_messages_harm_nobody(self):
        token = self.create("owner")
        server = self.server(OWNER)
        client = self.client(server)
        huge = {"rule_set": "x" * (9 << 20)}
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            clients = [self.client(server) for _ in range(4)]
            answers = list(pool.map(
                lambda own: own.call("LintRuleSet", huge, token), clients))
        for answer in answers:
            self.assertEqual(answer.code, RESOURCE_EXHAUSTED)
        self.assertEqual(client.call("LintRuleSet", {
            "rule_set": "x" * (5 << 20)}, token).reason, "ARGUMENT_INVALID")
        long = client.call("GetServerInfo", {}, metadata=[
            ("authorization", "Bearer " + "x" * 100000)])
        self.assertFalse(long.ok)
        self.assertTrue(client.call("GetServerInfo", {}, token).ok)


class AuditTest(Scratch):
    def start(self, client, token, **more):
        return client.call("StartRun", {"rule_set": QUICK_RULES, **more}, token)

    def test_who_did_what(self):
        token = self.create("owner")
        server = self.server(
            OWNER, f"audit: {{path: {self.audit}, sync: line}}\n")
        client = self.client(server)
        labels = {"team": "payments \"x\"\n"}
        run = self.start(client, token, request_id="r1", labels=labels,
                         correlation_id="c1").response
        self.start(client, token, request_id="r1", labels=labels,
                   correlation_id="c1")
        slow = client.call("StartRun", {"rule_set": SLOW_RULES,
                                        "request_id": "r2"}, token).response
        client.call("CancelRun", {"run_id": slow["run_id"],
                                  "request_id": "r2"}, token)
        found = [line for line in lines_of(self.audit)
                 if line["event"] in ("start", "cancel")]
        self.assertEqual([(line["event"], line["outcome"]) for line in found],
                         [("start", "accepted"), ("start", "repeated"),
                          ("start", "accepted"), ("cancel", "withdrawn")])
        first = found[0]
        self.assertEqual(first["run_id"], run["run_id"])
        self.assertEqual(first["request_id"], "r1")
        self.assertEqual(first["correlation_id"], "c1")
        self.assertEqual(first["labels"], labels)
        self.assertEqual(first["connections"], ["a"])
        self.assertEqual(first["rule_set_digest"], run["rule_set_digest"])
        self.assertEqual(first["rpc"], "StartRun")
        self.assertEqual(found[3]["run_id"], slow["run_id"])
        self.assertEqual(self.audit.stat().st_mode & 0o777, 0o600)

    def test_rotation_needs_no_signal(self):
        token = self.create("owner")
        server = self.server(OWNER, f"audit: {{path: {self.audit}}}\n")
        client = self.client(server)
        first = self.start(client, token).response["run_id"]
        self.audit.rename(self.directory / "audit.1")
        second = self.start(client, token).response["run_id"]
        self.assertIn(first, (self.directory / "audit.1").read_text())
        self.assertIn(second, self.audit.read_text())
        self.assertNotIn(first, self.audit.read_text())

    def test_what_cannot_be_audited_is_not_run(self):
        token = self.create("owner")
        server = self.server(OWNER, f"audit: {{path: {self.audit}}}\n")
        client = self.client(server)
        run = self.start(client, token).response["run_id"]
        self.audit.rename(self.directory / "audit.1")
        self.audit.mkdir()
        refused = self.start(client, token)
        self.assertEqual(refused.reason, "AUDIT_FAILED", refused)
        self.assertGreater(refused.retry_after, 0)
        # The path is the administrator's matter.
        self.assertNotIn(str(self.directory), refused.text)
        self.assertIn(str(self.audit), server.log)
        listed = client.call("ListRuns", {}, token).response["runs"]
        self.assertEqual([one["run_id"] for one in listed], [run])
        self.audit.rmdir()
        self.assertTrue(self.start(client, token).ok)

    def test_a_full_disk_accepts_no_run(self):
        token = self.create("owner")
        server = self.server(OWNER, "audit: {path: /dev/full}\n")
        client = self.client(server)
        self.assertEqual(self.start(client, token).reason, "AUDIT_FAILED")
        self.assertTrue(client.call("ListRuns", {}, token).ok)

    def test_a_log_that_cannot_be_made_is_no_start(self):
        server = assay.Server({}, "audit: {path: /no/such/directory/a}\n")
        self.addCleanup(server.__exit__)
        with self.assertRaisesRegex(RuntimeError, "audit log"):
            server.start()


class CommandLineTest(Scratch):
    def run_assay(self, server, *args, token=None, **env):
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("ASSAY_T")}
        if token is not None:
            environment["ASSAY_TOKEN"] = token
        return server.assay(*args, env={**environment, **env},
                            stdin=QUICK_RULES)

    def test_tokens_and_what_is_said_without(self):
        token = self.create("owner")
        short = self.create("owner", "--expires", "1s")
        reader = self.create("reader")
        server = self.server({**OWNER, "reader": {
            "connections": ["a"], "operations": ["read"]}})
        file = self.directory / "token"
        file.write_text(token + "\n")
        done = self.run_assay(server, "run", "-", token=token)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.run_assay(server, "--token-file", file, "run", "-")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.run_assay(server, "run", "-", ASSAY_TOKEN_FILE=str(file))
        self.assertEqual(done.returncode, 0, done.stderr)
        time.sleep(1.1)
        for name, code, said, given in (
                ("none", 5, "--token-file", None),
                ("expired", 5, "has expired", short),
                ("not allowed", 5, "may not do 'run'", reader),
                ("unknown", 5, "not known",
                 "assay_" + "0" * 12 + "_" + "0" * 52),
                ("garbage", 2, "ASSAY_TOKEN", "two words")):
            with self.subTest(name):
                done = self.run_assay(server, "run", "-", token=given)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(said, done.stderr)
                self.assertLess(len(done.stderr.splitlines()), 8)
                if given:
                    self.assertNotIn(given.split("_")[-1], done.stderr)
        done = self.run_assay(server, "--token-file", "/no/such", "run", "-")
        self.assertEqual(done.returncode, 2)
        self.assertIn("/no/such", done.stderr)

    def test_options_that_contradict_each_other(self):
        server = self.enterContext(assay.Server({}))
        for arguments, said in (
                (["--tls-cert", "/x"], "go together"),
                (["--tls"], "asks for plaintext"),
                (["--tls-ca", "/no/such"], "--tls-ca: cannot read"),
                (["--tls-ca", "/dev/null"], "is empty")):
            with self.subTest(said):
                scheme = "http://" if arguments == ["--tls"] else ""
                done = assay.assay("--server", f"{scheme}localhost:1",
                                   *arguments, "runs")
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(said, done.stderr)
        # What the environment says of TLS is not meant for a Unix socket.
        done = self.run_assay(server, "runs", ASSAY_TLS_CA="/no/such")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_token_does_not_travel_in_the_open(self):
        done = subprocess.run(
            [assay.BIN / "assay", "--server", "192.0.2.1:7433", "runs"],
            env={**os.environ, "ASSAY_TOKEN": "assay_x"}, capture_output=True,
            text=True, check=False, timeout=30)
        self.assertEqual(done.returncode, 2)
        self.assertIn("without encryption", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
