#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: another configuration for a server that is serving, all of it or
nothing; runs that have begun go on with what they began with."""
import json
import os
import pathlib
import re
import signal
import socket
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import access_table  # pylint: disable=wrong-import-position
import assay  # pylint: disable=wrong-import-position
import rpc  # pylint: disable=wrong-import-position

QUICK = "- row_count: {min: 1}"
RELOADED = "configuration reloaded"
REFUSED = "was not reloaded"


def pause(connection, seconds, table="x_reload"):
    """A run that takes a while, and then reads the table once more."""
    text = assay.rule_set(
        table, f"- query: {{sql: \"SELECT COUNT(*) FROM pg_sleep({seconds})\", "
        f"expect: value, min: 1}}\n  id: pause", connection)
    return text + assay.rule_set(table, QUICK, connection).split(
        "tables:\n")[1]


class ReloadTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        self.pg = assay.postgresql()
        self.pg.load("DROP TABLE IF EXISTS x_reload; CREATE TABLE x_reload "
                     "(id INTEGER PRIMARY KEY); INSERT INTO x_reload VALUES "
                     "(1), (2); GRANT SELECT ON x_reload TO PUBLIC;")
        self.addCleanup(self.pg.load, "DROP TABLE x_reload;")
        self.server = None
        self.sections = ""

    def serve(self, connections, extra="", sections="", **kwargs):
        self.sections = sections
        self.server = self.enterContext(
            assay.Server(connections, extra + sections, **kwargs))
        return self.enterContext(rpc.Client(self.server.address))

    def write(self, connections, extra="", sections=None):
        """The configuration as another one with the same places."""
        other = assay.Server(connections, extra + (
            self.sections if sections is None else sections))
        text = other.config.read_text().replace(str(other.directory),
                                                str(self.server.directory))
        other.__exit__()
        self.server.config.write_text(text)

    def reload(self, expected=RELOADED):
        """What the log says of a reload."""
        before = len(self.server.log)
        self.server.process.send_signal(signal.SIGHUP)
        assay.wait_for(lambda: expected in self.server.log[before:],
                       what=f"'{expected}' in the log {self.server.log}")
        return self.server.log[before:]

    def start(self, client, text, token=None):
        answer = client.call("StartRun", {"rule_set": text}, token)
        self.assertTrue(answer.ok, answer)
        return answer.response["run_id"]

    def end(self, client, run):
        done = assay.wait_for(
            lambda: (lambda r: r if r["verdict"] != "VERDICT_UNSPECIFIED"
                     else None)(client.call("WaitRun", {
                         "run_id": run}, deadline=40).response), 60, "the end")
        return done["verdict"].removeprefix("VERDICT_")

    def backends(self):
        user = re.search(r"Uid=(\w+)", self.pg.odbc).group(1)
        return int(self.pg.query(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = "
            f"'{user}'")[0][0])

    def test_connections_come_change_and_go_while_a_run_goes_on(self):
        odbc = self.pg.odbc
        client = self.serve({"old": odbc, "same": odbc, "other": odbc})
        run = self.start(client, pause("old", 3))
        running = lambda: client.call("GetRun", {"run_id": run}).response[
            "state"] == "RUNNING"
        assay.wait_for(running, what="the run to begin")
        self.write({"same": odbc, "new": odbc, "other": {
            "odbc": odbc, "samples": "none"}})
        log = self.reload()
        self.assertIn("added connections new; changed connections other; "
                      "removed connections old", log)
        self.assertTrue(running())
        listed = {c["name"]: c for c in client.call(
            "ListConnections").response["connections"]}
        self.assertEqual(sorted(listed), ["new", "other", "same"])
        refused = client.call("StartRun", {"rule_set": pause("old", 0)})
        self.assertEqual(refused.reason, "CONNECTION_NOT_FOUND")
        fresh = self.start(client, pause("new", 0))
        self.assertEqual(self.end(client, fresh), "PASS")
        # It still had to read, from the connection that is no more.
        self.assertEqual(self.end(client, run), "PASS")

    def test_the_pool_of_a_removed_connection_is_closed(self):
        one = {"odbc": self.pg.odbc, "max_connections": 1}
        client = self.serve({"a": one, "b": one})
        for name in "ab":
            self.assertEqual(self.end(client, self.start(
                client, pause(name, 0))), "PASS")
        assay.wait_for(lambda: self.backends() == 2, what="two idle sessions")
        self.write({"b": one})
        self.reload()
        assay.wait_for(lambda: self.backends() == 1, what="a's to be closed")
        self.assertEqual(self.end(client, self.start(
            client, pause("b", 0))), "PASS")
        self.assertEqual(self.backends(), 1)

    def test_one_mistake_and_everything_stays(self):
        client = self.serve({"a": self.pg.odbc})
        run = self.start(client, pause("a", 3))
        good = self.server.config.read_text()
        path = self.server.config

        def refused(text, *said):
            path.write_text(text)
            log = self.reload(REFUSED)
            for part in said:
                self.assertIn(part, log)
            self.assertNotIn(RELOADED, log)
            self.assertNotIn("hunter2", log)

        added = "  b:\n    odbc: \"Driver=SQLite3;Pwd=hunter2\"\n"
        refused(good + added + "    max_conections: 2\n    samples: some\n",
                f"{path}:9:5: error", f"{path}:10:14: error",
                "for 2 mistakes")
        refused(good + added + "  b: {odbc: x}\n", f"{path}:9:3: error")
        refused("server: [\n", f"{path}:2:1: error")
        refused(good + "auth: {tokens: /x, principals: {p: {connections: '*', "
                "operations: '*'}}}\n",
                "auth: is begun and ended with a restart only")
        refused(good + "tls: {certificate: /no/such, key: /no/such}\n",
                "/no/such", "No such file")
        refused(good.replace(f"unix:{self.server.directory}/s",
                             "0.0.0.0:7433"), "--insecure")
        path.unlink()
        log = self.reload(REFUSED)
        self.assertIn("cannot read configuration", log)
        # As if nothing had been.
        self.assertEqual(self.end(client, run), "PASS")
        names = [c["name"] for c in client.call(
            "ListConnections").response["connections"]]
        self.assertEqual(names, ["a"])
        path.write_text(good + added)
        self.assertIn("added connections b", self.reload())

    def test_limits(self):
        odbc = self.pg.odbc
        client = self.serve({"a": odbc}, "  max_concurrent_runs: 1\n")
        runs = [self.start(client, pause("a", 4)) for _ in range(4)]
        states = lambda: [client.call("GetRun", {"run_id": run}).response[
            "state"] for run in runs]
        assay.wait_for(lambda: states().count("RUNNING") == 1,
                       what="the first to run")
        self.assertEqual(states().count("PENDING"), 3)
        self.write({"a": odbc},
                   "  max_concurrent_runs: 4\n  max_queued_runs: 0\n")
        self.assertIn("limits", self.reload())
        assay.wait_for(lambda: states().count("RUNNING") == 4, 3,
                       what="all to run")
        answer = client.call("StartRun", {"rule_set": pause("a", 0)})
        self.assertEqual(answer.reason, "RUN_QUEUE_FULL")
        # Nobody who has begun is stopped by a lower limit.
        self.write({"a": odbc}, "  max_concurrent_runs: 1\n")
        self.reload()
        for run in runs:
            self.assertEqual(self.end(client, run), "PASS")

    def test_what_needs_a_restart_is_named_and_the_rest_applied(self):
        client = self.serve({"a": self.pg.odbc})
        self.write({"a": self.pg.odbc, "b": self.pg.odbc},
                   "state: {directory: /somewhere/else}\n")
        text = self.server.config.read_text().replace("/s\n", "/elsewhere\n")
        self.server.config.write_text(text)
        for _ in range(2):
            log = self.reload()
            self.assertIn("reload: server.listen, state.directory change with "
                          "a restart only", log)
            names = [c["name"] for c in client.call(
                "ListConnections").response["connections"]]
            self.assertEqual(names, ["a", "b"])
        self.assertTrue(client.call("GetServerInfo").ok)
        self.assertFalse((self.server.directory / "elsewhere").exists())

    def test_the_log_level(self):
        self.serve({"a": self.pg.odbc}, "  log_level: info\n")
        self.write({"a": self.pg.odbc}, "  log_level: error\n")
        self.reload()
        self.write({"a": self.pg.odbc}, "  log_level: info\n")
        before = self.server.log
        self.server.process.send_signal(signal.SIGHUP)
        # Said before the new level counts, so this one is not seen.
        self.write({"a": self.pg.odbc}, "  log_level: nonsense\n")
        self.reload(REFUSED)
        self.assertNotIn(" info ", self.server.log[len(before):])

    def test_principals_tokens_and_their_limits(self):
        tokens = self.directory / "tokens.jsonl"
        audit = self.directory / "audit.jsonl"
        odbc = self.pg.odbc

        def sections(**principals):
            return access_table.auth_section(
                tokens, principals) + f"audit: {{path: {audit}}}\n"

        run = {"connections": ["a"], "operations": ["read", "run",
                                                    "author_sql"]}
        client = self.serve({"a": odbc}, sections=sections(
            one={**run, "max_active_runs": 1}, two=run))
        one = access_table.create_token(tokens, "one")
        two = access_table.create_token(tokens, "two")
        slow = [self.start(client, pause("a", 4), one),
                self.start(client, pause("a", 4), two)]
        answer = client.call("StartRun", {"rule_set": pause("a", 0)}, one)
        self.assertEqual(answer.reason, "TOO_MANY_ACTIVE_RUNS")
        owner = {"connections": "*", "operations": "*"}
        self.write({"a": odbc}, sections=sections(
            one={**run, "max_active_runs": 2}, owner=owner))
        self.assertIn("principals read anew", self.reload())
        self.start(client, pause("a", 0), one)
        self.assertEqual(client.call("ListRuns", {}, two).reason,
                         "UNAUTHENTICATED")
        owner_token = access_table.create_token(tokens, "owner")
        for run_id in slow:  # Also that of a principal who is no more.
            answer = assay.wait_for(
                lambda run_id=run_id: (lambda a: a if a.response["verdict"] ==
                                       "VERDICT_PASS" else None)(client.call(
                                           "WaitRun", {"run_id": run_id},
                                           owner_token, deadline=40)),
                what="the end")
        # Without authentication, by mistake: no.
        self.write({"a": odbc}, sections="")
        self.reload(REFUSED)
        self.assertEqual(client.call("ListRuns", {}).reason,
                         "UNAUTHENTICATED")
        outcomes = [json.loads(line)["outcome"] for line in
                    audit.read_text().splitlines()
                    if json.loads(line)["event"] == "server"]
        self.assertEqual(outcomes, ["started", "reloaded", "reload refused"])

    def test_many_reloads_under_runs(self):
        odbc = self.pg.odbc
        client = self.serve({"a": odbc, "b": odbc})
        runs = []
        for number in range(30):
            runs.append(self.start(client, pause("a", 0.2)))
            self.write({"a": {"odbc": odbc, "max_connections":
                              2 + number % 3}, "b" if number % 2 else "c": odbc})
            self.server.process.send_signal(signal.SIGHUP)
        for run in runs:
            self.assertEqual(self.end(client, run), "PASS")
        self.assertIn("nothing has changed", self.reload())
        # Only the pool of today's `a` may still have idle sessions.
        assay.wait_for(lambda: self.backends() <= 4, what="old pools to close")
        self.server.stop()
        self.assertEqual(self.server.process.returncode, 0, self.server.log)

    def test_a_service_manager_is_told(self):
        path = self.directory / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(path))
            manager.settimeout(20)
            said = lambda: manager.recv(4096).decode()
            server = assay.Server({"a": self.pg.odbc})
            self.addCleanup(server.__exit__)
            self.server = server.start(
                env={**os.environ, "NOTIFY_SOCKET": str(path)})
            self.assertEqual(said(), "READY=1")
            server.process.send_signal(signal.SIGHUP)
            self.assertRegex(said(), r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
            self.assertEqual(said(), "READY=1")
            server.stop()
            self.assertEqual(said(), "STOPPING=1")


if __name__ == "__main__":
    unittest.main()
