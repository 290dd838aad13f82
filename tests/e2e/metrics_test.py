#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What assayd tells of itself: metrics, and what stands on them."""
import json
import math
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import access_table  # pylint: disable=wrong-import-position
import assay  # pylint: disable=wrong-import-position
import http_client  # pylint: disable=wrong-import-position
import leaks  # pylint: disable=wrong-import-position
import monitoring  # pylint: disable=wrong-import-position

HTTP = "http:\n  listen: 127.0.0.1:0\n"
SLOW = ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        "WHERE i < 2000000000) SELECT MAX(i) FROM n")
ROWS = 3000


def http_of(server, **options):
    address = next(a for a in server.ready if a.startswith("http://"))
    host, port = address.removeprefix("http://").rsplit(":", 1)
    return http_client.Http(host, int(port), **options)


def slow_rules(connection="sqlite"):
    return assay.rule_set(
        "m_rows", f"- query: {{sql: {assay.quoted(SLOW)}, expect: value, "
        "min: 0}\n  id: slow\n", connection)


class MetricsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.databases = assay.databases(cls.directory.name)
        for database in cls.databases:
            # Column by column the same everywhere.
            database.load(
                "DROP TABLE IF EXISTS m_rows; CREATE TABLE m_rows (id INTEGER "
                "NOT NULL PRIMARY KEY, v INTEGER);")
            for start in range(0, ROWS, 500):
                database.load("INSERT INTO m_rows VALUES " + ", ".join(
                    f"({i}, {i % 7})" for i in range(start, start + 500)) +
                    ";")
        cls.server = assay.Server({d.name: d.odbc for d in cls.databases},
                                  HTTP)
        try:
            cls.server.start()
            cls.http = http_of(cls.server)
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        for database in cls.databases[1:]:
            database.load("DROP TABLE IF EXISTS m_rows;")
        cls.directory.cleanup()

    def moved(self, before, after, name, **labels):
        return after.value(name, **labels) - before.value(name, **labels)

    def gate(self, rules, code, connection="postgresql", table="m_rows"):
        got, report = self.server.gate(assay.rule_set(table, rules,
                                                      connection))
        self.assertEqual(got, code, report)
        return report

    def test_they_are_those_of_the_document(self):
        self.gate("- row_count: {min: 1}", 0)
        metrics = monitoring.read(self.http)
        document = monitoring.documented()
        self.assertEqual(list(document), list(metrics.families),
                         "docs/monitoring.md and /metrics differ")
        for name, (kind, doc, samples) in metrics.families.items():
            with self.subTest(name):
                want_kind, want_labels, want_doc = document[name]
                self.assertEqual((kind, doc), (want_kind, want_doc))
                for _, labels, _ in samples:
                    self.assertEqual(set(labels) - {"le"}, want_labels)
        answer = self.http.get("/metrics")
        self.assertTrue(answer.fields["content-type"].startswith(
            "text/plain; version=0.0.4"), answer)
        self.assertEqual(self.http.post("/metrics").status, 405)

    def test_histograms_are_whole(self):
        self.gate("- row_count: {min: 1}", 0)
        metrics = monitoring.read(self.http)
        seen = 0
        for name, (kind, _, samples) in metrics.families.items():
            if kind != "histogram":
                continue
            series = {}
            for sample, labels, value in samples:
                key = tuple(sorted((k, v) for k, v in labels.items()
                                   if k != "le"))
                one = series.setdefault(key, {"buckets": []})
                if sample == f"{name}_bucket":
                    one["buckets"].append((float(labels["le"]), value))
                else:
                    one[sample.removeprefix(f"{name}_")] = value
            for one in series.values():
                seen += 1
                bounds = [bound for bound, _ in one["buckets"]]
                counts = [count for _, count in one["buckets"]]
                self.assertEqual(bounds, sorted(bounds), name)
                self.assertEqual(bounds[-1], math.inf, name)
                self.assertEqual(counts, sorted(counts), name)
                self.assertEqual(counts[-1], one["count"], name)
                self.assertGreaterEqual(one["sum"], 0, name)
        self.assertGreater(seen, 5)

    def test_runs_move_their_counters(self):
        before = monitoring.read(self.http)
        self.gate("- row_count: {min: 1}\n- not_null: [v]", 0)
        self.gate("- range: {column: v, max: 3}", 1)
        self.gate("- row_count: {min: 1}", 5, table="nowhere_at_all")
        after = monitoring.read(self.http)
        moved = lambda name, **labels: self.moved(before, after, name, **labels)
        finished = "assay_runs_finished_total"
        for verdict, decision in (("PASS", "PROCEED"), ("FAIL", "HOLD"),
                                  ("ERROR", "HOLD")):
            self.assertEqual(moved(finished, state="SUCCEEDED",
                                   verdict=verdict, decision=decision), 1)
            self.assertEqual(moved("assay_run_duration_seconds_count",
                                   verdict=verdict), 1)
        for name, labels, want in (
                (finished, {}, 3),
                ("assay_runs_accepted_total", {"how": "new"}, 3),
                ("assay_run_executions_total", {}, 3),
                ("assay_run_queue_wait_seconds_count", {}, 3),
                ("assay_leases_granted_total", {}, 3),
                ("assay_rules_judged_total",
                 {"kind": "row_count", "verdict": "PASS"}, 1),
                ("assay_rules_judged_total",
                 {"kind": "row_count", "verdict": "ERROR"}, 1),
                ("assay_rules_judged_total",
                 {"kind": "range", "verdict": "FAIL"}, 1),
                ("assay_rule_duration_seconds_count", {"kind": "range"}, 1),
                ("assay_rule_errors_total", {"reason": "TABLE_NOT_FOUND"}, 1),
                ("assay_requests_total", {"rpc": "StartRun"}, 3),
                ("assay_request_duration_seconds_count", {"rpc": "StartRun"},
                 3),
                ("assay_retries_total", {}, 0),
                ("assay_runs_lost_total", {}, 0),
                ("assay_store_errors_total", {}, 0)):
            self.assertEqual(moved(name, **labels), want, (name, labels))
        for name in ("assay_rows_read_total", "assay_statements_total"):
            self.assertGreater(moved(name, connection="postgresql"), 0, name)
            self.assertEqual(moved(name, connection="mariadb"), 0, name)
        self.assertGreater(moved("assay_store_duration_seconds_count"), 6)
        self.assertGreater(moved("assay_connection_wait_seconds_count",
                                 connection="postgresql"), 2)
        self.assertEqual(moved("assay_http_requests_total", route="/metrics",
                               code="200"), 1)
        self.assertGreater(moved("assay_log_lines_total", level="info"), 5)

    def test_a_diff_counts_the_rows_of_both_sides(self):
        before = monitoring.read(self.http)
        code, report = self.server.gate(
            "version: 1\nname: d\ncomparisons:\n"
            "  - source: {connection: postgresql, table: m_rows}\n"
            "    target: {connection: mariadb, table: m_rows}\n"
            "    rules:\n      - full_diff\n")
        self.assertEqual(code, 0, report)
        after = monitoring.read(self.http)
        for connection in ("postgresql", "mariadb"):
            rows = self.moved(before, after, "assay_rows_read_total",
                              connection=connection)
            # And a few of the catalog and of the session.
            self.assertGreaterEqual(rows, ROWS, connection)
            self.assertLess(rows, 1.1 * ROWS, connection)
        self.assertEqual(
            self.moved(before, after, "assay_rules_judged_total",
                       kind="full_diff", verdict="PASS"), 1)

    def test_a_repeated_and_a_refused_call(self):
        before = monitoring.read(self.http)
        for _ in range(2):
            done = self.server.assay(
                "run", "-", "--request-id", "m-again",
                stdin=assay.rule_set("m_rows", "- row_count: {min: 1}",
                                     "sqlite"))
            self.assertEqual(done.returncode, 0, done.stderr)
        done = self.server.assay("run", "-", stdin="version: 1\nname: x\n")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(self.http.get("/v1/runs/nonesuch").status, 404)
        after = monitoring.read(self.http)
        for name, labels, want in (
                ("assay_runs_accepted_total", {"how": "new"}, 1),
                ("assay_runs_accepted_total", {"how": "repeated"}, 1),
                ("assay_request_errors_total", {"reason": "RUN_NOT_FOUND"}, 1),
                ("assay_http_requests_total",
                 {"route": "/v1/runs/{run_id}", "code": "404"}, 1)):
            self.assertEqual(self.moved(before, after, name, **labels), want,
                             (name, labels))

    def test_an_unreachable_database(self):
        broken = "Driver=PostgreSQL Unicode;Servername=/nonexistent;Database=x"
        with assay.Server({"broken": broken}, HTTP) as server:
            code, report = server.gate(
                assay.rule_set("t", "- row_count: {min: 1}", "broken"))
            self.assertEqual(code, 3, report)
            metrics = monitoring.read(http_of(server))
            attempts = report["results"][0]["attempt_count"]
            self.assertEqual(metrics.value(
                "assay_connection_failures_total", connection="broken",
                reason="DATABASE_UNREACHABLE"), attempts)
            self.assertEqual(metrics.value("assay_retries_total",
                                           connection="broken"), attempts - 1)
            self.assertEqual(metrics.value("assay_rule_errors_total",
                                           reason="DATABASE_UNREACHABLE"), 1)
            self.assertEqual(metrics.value("assay_connections_opened_total",
                                           connection="broken"), 0)

    def test_the_queue_the_pool_and_who_waits(self):
        odbc = {"odbc": self.databases[0].odbc, "max_connections": 2}
        extra = "  max_concurrent_runs: 1\n  max_queued_runs: 1\n"
        with assay.Server({"sqlite": odbc}, extra + HTTP) as server:
            http = http_of(server)

            def start():
                return http.post("/v1/runs", {"rule_set": slow_rules()})

            def gauges(*names):
                metrics = monitoring.read(http)
                return tuple(metrics.value(name) for name in names)

            runs = [start().json["run_id"]]
            assay.wait_for(lambda: gauges("assay_runs_executing",
                                          "assay_connections_in_use") ==
                           (1, 1), what="the first run to execute")
            runs.append(start().json["run_id"])
            refused = start()
            self.assertEqual((refused.status, refused.reason),
                             (429, "RUN_QUEUE_FULL"))
            waiter = subprocess.Popen(
                [assay.BIN / "assay", "--server", server.address, "watch",
                 runs[0]], stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            try:
                assay.wait_for(lambda: sum(gauges("assay_waiting_clients")) > 0,
                               what="a client that waits")
                metrics = monitoring.read(http)
                for name, labels, want in (
                        ("assay_runs_queued", {}, 1),
                        ("assay_runs_queue_limit", {}, 1),
                        ("assay_runs_executing_limit", {}, 1),
                        ("assay_runs_active", {"state": "RUNNING"}, 1),
                        ("assay_runs_active", {"state": "PENDING"}, 1),
                        ("assay_connections_limit", {}, 2),
                        ("assay_connections_waiting", {}, 0),
                        ("assay_ready", {}, 1),
                        ("assay_runs_unsaved", {}, 0),
                        ("assay_http_connections_limit", {}, 2000),
                        ("assay_request_errors_total",
                         {"reason": "RUN_QUEUE_FULL"}, 1)):
                    self.assertEqual(metrics.value(name, **labels), want,
                                     (name, labels))
                # And maybe one of before that is just ending.
                self.assertGreater(metrics.value("assay_http_connections"), 0)
                for run in reversed(runs):
                    answer = http.post(f"/v1/runs/{run}:cancel", {})
                    self.assertEqual(answer.status, 200, answer)
                waiter.wait(timeout=20)
            finally:
                waiter.kill()
                waiter.wait()
            assay.wait_for(lambda: gauges(
                "assay_runs_executing", "assay_runs_queued",
                "assay_runs_active", "assay_connections_in_use",
                "assay_waiting_clients") == (0, 0, 0, 0, 0), what="quiet")
            metrics = monitoring.read(http)
            self.assertEqual(metrics.value("assay_runs_cancelled_total",
                                           reason="CANCELLED"), 2)
            self.assertEqual(metrics.value("assay_runs_finished_total",
                                           state="CANCELLED"), 2)

    def test_the_process(self):
        metrics = monitoring.read(self.http)
        version = subprocess.run([assay.BIN / "assayd", "--version"],
                                 capture_output=True, text=True, check=True)
        self.assertEqual(metrics.value(
            "assay_build_info", version=version.stdout.split()[-1]), 1)
        for name in ("process_start_time_seconds", "process_cpu_seconds_total",
                     "process_open_fds"):
            self.assertGreater(metrics.value(name), 0, name)
        self.assertGreater(metrics.value("process_resident_memory_bytes"),
                           5_000_000)
        self.assertGreater(metrics.value("process_max_fds"),
                           metrics.value("process_open_fds"))


class SharedStoreTest(unittest.TestCase):
    """Two servers on one store, of which one dies and the other loses it."""

    def setUp(self):
        self.database = assay.postgresql()
        self.database.load("DROP DATABASE IF EXISTS m_store;")
        self.database.load("CREATE DATABASE m_store;")
        self.addCleanup(self.database.load,
                        "DROP DATABASE IF EXISTS m_store WITH (FORCE);")
        self.store = os.environ["ASSAY_TEST_POSTGRESQL"].replace(
            "Database=assay", "Database=m_store")
        self.servers = [self.server() for _ in range(2)]
        subprocess.run([assay.BIN / "assayd", "store", "migrate", "--config",
                        self.servers[0].config], check=True,
                       capture_output=True)
        for server in self.servers:
            server.start()

    def server(self):
        server = assay.Server({"postgresql": self.database.odbc}, HTTP)
        state = f"state:\n  directory: {server.directory}/state\n"
        self.addCleanup(server.__exit__)
        text = server.config.read_text()
        store = {"postgresql": self.store, "takeover_after": "3s"}
        server.config.write_text(state + text.replace(
            f"store: {server.directory}/runs.db",
            f"store: {json.dumps(store)}\n  log_format: json"))
        return server

    def test_a_server_that_dies_and_a_store_that_goes(self):
        first, second = self.servers
        sent = "00-" + "9a" * 16 + "-b7ad6b7169203331-01"
        rules = assay.rule_set("m_store_t", "- query: {sql: SELECT 1 FROM "
                               "pg_sleep(60), expect: value, min: 0}\n",
                               "postgresql")
        self.database.load("DROP TABLE IF EXISTS m_store_t; CREATE TABLE "
                           "m_store_t (id INTEGER PRIMARY KEY);")
        self.addCleanup(self.database.load, "DROP TABLE m_store_t;")
        done = first.assay("run", "-", "--detach", stdin=rules,
                           env={**os.environ, "TRACEPARENT": sent})
        self.assertEqual(done.returncode, 0, done.stderr)
        run = done.stdout.split()[-1]

        def statements():
            return self.database.query(
                "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND "
                f"query LIKE '%/* assay run={run} traceparent={sent} */'")

        assay.wait_for(statements, what="the statement")
        before = statements()
        first.kill9()
        assay.wait_for(lambda: statements() not in ([], before),
                       what="the other server's statement")
        http = http_of(second)
        metrics = monitoring.read(http)
        for name, labels, want in (
                ("assay_runs_taken_up_total", {"after": "server loss"}, 1),
                ("assay_runs_executing", {}, 1),
                ("assay_store_member", {}, 1),
                ("assay_runs_lost_total", {}, 0)):
            self.assertEqual(metrics.value(name, **labels), want, name)
        for line in second.log.splitlines():
            line = json.loads(line)
            if line.get("run_id") == run and "taken over" in line["message"]:
                break
        else:
            self.fail(second.log)

        # Nobody may connect any more, and nobody is.
        self.database.load("ALTER DATABASE m_store ALLOW_CONNECTIONS false; "
                           "SELECT pg_terminate_backend(pid) FROM "
                           "pg_stat_activity WHERE datname = 'm_store';")
        metrics = assay.wait_for(
            lambda: (lambda m: m if m.value("assay_store_member") == 0
                     else None)(monitoring.read(http)), what="no member")
        self.assertGreater(metrics.value("assay_store_errors_total",
                                         reason="STORE_UNREACHABLE"), 0)
        assay.wait_for(lambda: monitoring.read(http).value(
            "assay_runs_lost_total") == 1, what="the run given up")
        assay.wait_for(lambda: not statements(), what="its statement to end")
        self.database.load("ALTER DATABASE m_store ALLOW_CONNECTIONS true;")
        assay.wait_for(lambda: monitoring.read(http).value(
            "assay_store_member") == 1, what="a member again")
        assay.wait_for(statements, what="the run to go on")
        self.assertEqual(second.assay("cancel", run).returncode, 0)
        assay.wait_for(lambda: monitoring.read(http).value(
            "assay_runs_finished_total", state="CANCELLED") == 1, what="its end")
        shown = second.assay("show", run, "--format", "json").stdout
        self.assertEqual(json.loads(shown)["state"], "CANCELLED")
        dump = subprocess.run(["pg_dump", "--data-only", "m_store"],
                              capture_output=True, check=True).stdout
        self.assertIn(run.encode(), dump)
        self.assertIn(sent.encode(), dump)
        leaks.check("the shared store", dump)


class PermissionTest(unittest.TestCase):
    def test_only_who_may_reads_them(self):
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            tokens = directory / "tokens.jsonl"
            odbc = access_table.make_database(directory / "a.db", "x")
            principals = {
                "scraper": {"connections": [], "operations": ["metrics"]},
                "reader": {"connections": "*", "operations": ["read", "run"]}}
            made = {who: access_table.create_token(tokens, who)
                    for who in principals}
            with assay.Server({"a": odbc}, access_table.auth_section(
                    tokens, principals) + HTTP) as server:
                for token, status in ((None, 401), ("assay_no", 401),
                                      (made["reader"], 403),
                                      (made["scraper"], 200)):
                    answer = http_of(server, token=token).get("/metrics")
                    self.assertEqual(answer.status, status, answer)
                    shown = answer.body.decode()
                    self.assertEqual("assay_ready" in shown, status == 200)
                    for secret in made.values():
                        self.assertNotIn(secret, shown)
                metrics = monitoring.read(http_of(server,
                                                  token=made["scraper"]))
                self.assertEqual(metrics.value(
                    "assay_http_requests_total", route="/metrics",
                    code="401"), 2)


class DeployTest(unittest.TestCase):
    """deploy/monitoring against what the server shows."""

    def test_rules_and_panels_name_only_what_there_is(self):
        document = monitoring.documented()
        used, count = set(), 0
        for where, expression in monitoring.expressions():
            for name, matched in monitoring.series_of(expression):
                base = monitoring.base_name(name, document)
                with self.subTest(f"{where}: {name}"):
                    count += 1
                    self.assertIn(base, document)
                    kind, labels, _ = document[base]
                    self.assertEqual(base != name, kind == "histogram")
                    labels = labels | {"job", "instance", "le"}
                    self.assertLessEqual(matched, labels)
                    used.add(base)
            for names in re.findall(r"\bby \(([\w, ]+)\)", expression):
                known = {"job", "instance", "le"}.union(
                    *(document[monitoring.base_name(name, document)][1]
                      for name, _ in monitoring.series_of(expression)),
                    {"instance"})
                self.assertLessEqual(set(names.split(", ")), known, where)
        self.assertGreater(count, 60)
        # Whatever is counted is looked at somewhere.
        self.assertEqual(set(document) - used, set())

    def test_every_alert_says_what_to_do(self):
        text = (monitoring.ROOT / "docs/monitoring.md").read_text()
        sections = dict(re.findall(r"^### (Assay\w+)\n\n(.+)$", text, re.M))
        alerts = monitoring.alerts()
        self.assertEqual([rule["alert"] for rule in alerts], list(sections))
        for rule in alerts:
            name = rule["alert"]
            self.assertGreater(len(sections[name]), 80, name)
            self.assertIn(rule["labels"]["severity"], ("critical", "warning"))
            self.assertEqual(rule["annotations"]["runbook"],
                             f"docs/monitoring.md#{name.lower()}")
            # A reading of one scrape must wake nobody.
            self.assertTrue("for" in rule or "[" in rule["expr"] or
                            "not_after" in rule["expr"], name)

    def test_the_dashboard_is_whole(self):
        board = json.loads((monitoring.DEPLOY /
                            "assay_dashboard.json").read_text())
        ids = [panel["id"] for panel in board["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        taken = set()
        for panel in board["panels"]:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                     for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(taken & cells, panel["title"])
            taken |= cells
            if panel["type"] != "row":
                self.assertTrue(panel["targets"], panel["title"])

    def tool(self, name):
        path = shutil.which(name)
        if path is None and not assay.FULL:
            self.skipTest(f"{name} is of tests/run.sh --full")
        self.assertIsNotNone(path, "deploy/packages.sh full")
        return path

    def test_prometheus_evaluates_them(self):
        """A real Prometheus reads a real server, and asks all that is asked."""
        prometheus = self.tool("prometheus")
        directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        database = assay.sqlite(directory / "p.db")
        database.load("CREATE TABLE m_rows (id INTEGER PRIMARY KEY);")
        server = self.enterContext(assay.Server({"sqlite": database.odbc},
                                                HTTP))
        http = http_of(server)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        config = yaml.safe_load(
            (monitoring.DEPLOY / "prometheus.example.yaml").read_text())
        config["rule_files"] = [str(monitoring.DEPLOY / "assay_alerts.yaml")]
        config["global"] = {"evaluation_interval": "1s"}
        job = config["scrape_configs"][0]
        job["scrape_interval"] = job["scrape_timeout"] = "1s"
        job["static_configs"][0]["targets"] = [f"{http.host}:{http.port}"]
        (directory / "prometheus.yaml").write_text(json.dumps(config))
        with open(directory / "log", "wb") as log:
            process = subprocess.Popen(
                [prometheus, f"--config.file={directory}/prometheus.yaml",
                 f"--storage.tsdb.path={directory}/data",
                 f"--web.listen-address=127.0.0.1:{port}"],
                stdout=log, stderr=log)
        asked = http_client.Http("127.0.0.1", port)

        def query(expression):
            path = "/api/v1/query?" + urllib.parse.urlencode(
                {"query": expression})
            answer = asked.get(path).json
            self.assertEqual(answer["status"], "success",
                             f"{expression}: {answer}")
            return answer["data"]["result"]

        def ready():
            try:
                return query("count_over_time(assay_ready[1m]) > 2")
            except (OSError, ValueError):  # It is still starting.
                self.assertIsNone(process.poll(),
                                  (directory / "log").read_text())
                return None

        try:
            assay.wait_for(ready, 30, "two readings")
            self.assertEqual(server.gate(assay.rule_set(
                "m_rows", "- row_count: {max: 0}", "sqlite"))[0], 0)
            assay.wait_for(lambda: query("assay_runs_finished_total > 0"), 30,
                           "the run in Prometheus")
            answered = 0
            for where, expression in monitoring.expressions():
                if expression.startswith("label_values"):
                    continue
                for variable, value in (("$__rate_interval", "1m"),
                                        ("$job", "assay"),
                                        ("$instance", ".*")):
                    expression = expression.replace(variable, value)
                with self.subTest(f"{where}: {expression}"):
                    answered += bool(query(expression))
            self.assertGreater(answered, 40)
            rules = asked.get("/api/v1/rules").json["data"]["groups"][0]
            for rule in rules["rules"]:
                self.assertEqual((rule["health"], rule["state"]),
                                 ("ok", "inactive"), rule)
            self.assertEqual(len(rules["rules"]), len(monitoring.alerts()))
        finally:
            process.terminate()
            process.wait()

    def test_prometheus_takes_them(self):
        promtool = self.tool("promtool")
        with tempfile.TemporaryDirectory() as directory:
            for name in ("assay_alerts.yaml", "prometheus.example.yaml"):
                text = (monitoring.DEPLOY / name).read_text()
                (pathlib.Path(directory) / name).write_text(
                    text.replace("/etc/prometheus/", ""))
            tests = monitoring.ROOT / "tests/support/alerts.test.yaml"
            shutil.copy(tests, directory)
            for command in (["check", "rules", "assay_alerts.yaml"],
                            ["check", "config", "prometheus.example.yaml"],
                            ["test", "rules", "alerts.test.yaml"]):
                done = subprocess.run([promtool, *command], cwd=directory,
                                      capture_output=True, text=True,
                                      check=False)
                self.assertEqual(done.returncode, 0,
                                 done.stdout + done.stderr)
            # The server's own words, by Prometheus' own reader and linter.
            with assay.Server({}, HTTP) as server:
                text = http_of(server).get("/metrics").body
            done = subprocess.run([promtool, "check", "metrics"], input=text,
                                  capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stdout + done.stderr),
                             (0, b""))


if __name__ == "__main__":
    unittest.main()
