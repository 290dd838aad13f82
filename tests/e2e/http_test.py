#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The JSON API and the pages of a real assayd."""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import http_client  # pylint: disable=wrong-import-position
import venv  # pylint: disable=wrong-import-position

HTTP = "http:\n  listen: 127.0.0.1:0\n"
RULES = assay.rule_set("t", "- not_null: a\n- row_count: {min: 1}\n")
FAILING = assay.rule_set("t", "- not_null: b\n- row_count: {min: 1}\n")

# Read by the packages of requirements.txt, outside of this interpreter.
CHECK_OPENAPI = """
import json, sys
from openapi_spec_validator import OpenAPIV31SpecValidator
import jsonschema
document, answers = json.load(sys.stdin)
OpenAPIV31SpecValidator(document).validate()
for path, method, body in answers:
    schema = document["paths"][path][method]["responses"]["200"]["content"][
        "application/json"]["schema"]
    whole = {**schema, "components": document["components"],
             "$schema": "https://json-schema.org/draft/2020-12/schema"}
    jsonschema.validate(body, whole)
print(len(answers))
"""


def http_of(server):
    address = next(a for a in server.ready if a.startswith("http://"))
    host, port = address.removeprefix("http://").rsplit(":", 1)
    return http_client.Http(host, int(port))


class HttpTestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        database = assay.sqlite(pathlib.Path(cls.directory.name) / "t.db")
        database.load("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT);"
                      "INSERT INTO t VALUES (1, 'x'), (2, NULL);")
        cls.server = assay.Server({"db": database.odbc}, HTTP)
        try:
            cls.server.start()
            cls.http = http_of(cls.server)
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.directory.cleanup()

    def ok(self, answer):
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def refused(self, answer, status, reason="HTTP_REQUEST_INVALID"):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.fields["content-type"], "application/json")
        self.assertEqual(answer.reason, reason)
        self.assertEqual(answer.json["error"]["code"], status)

    def run_to_end(self, rule_set, **more):
        run = self.ok(self.http.post("/v1/runs", {"rule_set": rule_set,
                                                  **more}))
        for _ in range(10):
            done = self.ok(self.http.post(f"/v1/runs/{run['run_id']}:wait",
                                          {"view": "RUN_VIEW_FULL"}))
            if done["verdict"] != "VERDICT_UNSPECIFIED":
                return done
        self.fail(done)


class ApiTest(HttpTestCase):
    def test_a_run_from_start_to_decision(self):
        done = self.run_to_end(RULES, labels={"team": "dwh"})
        self.assertEqual((done["state"], done["verdict"], done["decision"]),
                         ("SUCCEEDED", "VERDICT_PASS", "DECISION_PROCEED"))
        self.assertEqual(done["labels"], {"team": "dwh"})
        self.assertEqual([r["verdict"] for r in done["results"]],
                         ["VERDICT_PASS"] * 2)
        self.assertEqual(done["counts"]["pass_count"], "2")
        failed = self.run_to_end(FAILING)
        self.assertEqual((failed["verdict"], failed["decision"]),
                         ("VERDICT_FAIL", "DECISION_HOLD"))

    def test_get_wait_and_list_by_query(self):
        run = self.run_to_end(RULES, labels={"q": "äö/&="})
        path = f"/v1/runs/{run['run_id']}"
        for view, has in (("RUN_VIEW_BASIC", False), ("RUN_VIEW_FULL", True)):
            got = self.ok(self.http.get(f"{path}?view={view}"))
            self.assertEqual(bool(got["results"]), has)
        got = self.ok(self.http.get(f"{path}:wait?timeout=5s&view=2"))
        self.assertEqual(len(got["results"]), 2)
        listed = self.ok(self.http.get(
            "/v1/runs?page_size=1&labels[q]=%C3%A4%C3%B6%2F%26%3D"))
        self.assertEqual([r["run_id"] for r in listed["runs"]],
                         [run["run_id"]])
        # camelCase, too; and the other page.
        self.run_to_end(RULES)
        first = self.ok(self.http.get("/v1/runs?pageSize=1"))
        more = self.ok(self.http.get(
            f"/v1/runs?pageSize=1&pageToken={first['next_page_token']}"))
        self.assertNotEqual(first["runs"][0]["run_id"],
                            more["runs"][0]["run_id"])
        self.assertEqual(
            self.ok(self.http.get("/v1/runs?verdict=VERDICT_ERROR"))["runs"],
            [])

    def test_results_are_paged(self):
        run = self.run_to_end(FAILING)
        path = f"/v1/runs/{run['run_id']}/results"
        first = self.ok(self.http.get(f"{path}?page_size=1"))
        self.assertEqual(len(first["results"]), 1)
        rest = self.ok(self.http.get(
            f"{path}?page_size=1&page_token={first['next_page_token']}"))
        self.assertNotEqual(first["results"][0]["rule_id"],
                            rest["results"][0]["rule_id"])
        failing = self.ok(self.http.get(f"{path}?verdict=VERDICT_FAIL"))
        self.assertEqual(len(failing["results"]), 1)
        self.refused(self.http.get(f"{path}?page_token=x"), 400,
                     "PAGE_TOKEN_INVALID")
        self.refused(self.http.get(
            f"/v1/runs/{run['run_id']}/differences?rule_id=no"), 404,
                     "DIFFERENCES_NOT_FOUND")

    def test_the_same_request_id_is_the_same_run(self):
        ids = {self.run_to_end(RULES, requestId="r1")["run_id"]
               for _ in range(2)}
        self.assertEqual(len(ids), 1)
        self.refused(self.http.post("/v1/runs", {"rule_set": FAILING,
                                                 "request_id": "r1"}),
                     400, "REQUEST_ID_REUSED")

    def test_rule_sets_are_linted_and_explained(self):
        self.assertEqual(self.ok(self.http.post(
            "/v1/rule_sets:lint", {"rule_set": RULES}))["issues"], [])
        bad = self.ok(self.http.post("/v1/rule_sets:lint",
                                     {"rule_set": "version: 1\nnope: 1\n"}))
        self.assertTrue(any("nope" in i["message"] for i in bad["issues"]))
        plan = self.ok(self.http.post("/v1/rule_sets:explain",
                                      {"rule_set": RULES}))
        self.assertIn("SELECT", plan["text"])
        wrong = self.http.post("/v1/runs", {"rule_set": "version: 1\n"})
        self.refused(wrong, 400, "RULE_SET_INVALID")
        types = [d["@type"] for d in wrong.json["error"]["details"]]
        self.assertIn("type.googleapis.com/google.rpc.BadRequest", types)

    def test_what_there_is(self):
        kinds = self.ok(self.http.get("/v1/rule_kinds"))["kinds"]
        self.assertIn("not_null", [k["name"] for k in kinds])
        connections = self.ok(self.http.get("/v1/connections"))["connections"]
        self.assertEqual([c["name"] for c in connections], ["db"])
        self.assertNotIn("odbc", json.dumps(connections))
        test = self.ok(self.http.post("/v1/connections/db:test"))
        self.assertEqual(test["dialect"], "sqlite")
        self.refused(self.http.post("/v1/connections/no:test"), 404,
                     "CONNECTION_NOT_FOUND")
        info = self.ok(self.http.get("/v1/server"))
        self.assertRegex(info["version"], r"^\d+\.\d+\.\d+$")

    def test_a_finished_run_is_not_cancelled(self):
        run = self.run_to_end(RULES)["run_id"]
        answer = self.http.post(f"/v1/runs/{run}:cancel")
        self.refused(answer, 409, "RUN_ALREADY_FINISHED")
        self.assertFalse(answer.json["error"]["retryable"])

    def test_mistakes_are_said(self):
        get, post = self.http.get, self.http.post
        self.refused(get("/v1/runs/nobody"), 404, "RUN_NOT_FOUND")
        self.refused(get("/v1/nothing"), 404)
        self.refused(get("/v1"), 404)
        self.refused(get("/v1/runs/x:dance"), 404)
        for path, value in (("/v1/runs", "{"), ("/v1/runs", "[]"),
                            ("/v1/runs", "{'rule_set': 'x'}"),
                            ("/v1/runs", '{"rule_set": "x",}'),
                            ("/v1/runs", '{"rule_sets": "x"}'),
                            ("/v1/runs", '{"rule_set": 5}'),
                            ("/v1/runs", '{"rule_set": "a", "ruleSet": "b"}'),
                            ("/v1/runs", '{"params": {"a": "1", "a": "2"}}'),
                            ("/v1/runs", '{"params": ' + "[" * 5000),
                            ("/v1/runs", b'{"rule_set": "\xff"}'),
                            ("/v1/runs", '{"attach": "SOMETIMES"}'),
                            ("/v1/runs?rule_set=x", "{}"),
                            ("/v1/runs/a:wait", '{"run_id": "b"}'),
                            ("/v1/runs/a:wait", '{"timeout": "1h"}')):
            with self.subTest(value=value[:60]):
                self.refused(post(path, value), 400)
        for path in ("/v1/runs?page_size=five", "/v1/runs?nope=1",
                     "/v1/runs?page_size=1&page_size=2", "/v1/runs?labels=x",
                     "/v1/runs?page_size[x]=1", "/v1/runs?verdict=FAIL",
                     "/v1/runs?migration=%ff", "/v1/runs?migration=%0a",
                     "/v1/runs/%zz", "/v1/runs/%00"):
            with self.subTest(path):
                self.refused(get(path), 400)
        self.assertIn("page_size", get("/v1/runs?page_size=five").message)
        self.assertIn("runs_id", post("/v1/runs/a:wait",
                                      {"runs_id": "x"}).message)

    def test_a_path_has_its_methods(self):
        answer = self.http.post("/v1/server")
        self.refused(answer, 405)
        self.assertEqual(answer.fields["allow"], "GET")
        answer = self.http.get("/v1/rule_sets:lint")
        self.refused(answer, 405)
        self.assertEqual(answer.fields["allow"], "POST")
        self.refused(self.http.ask("DELETE", "/v1/runs/x"), 405)
        self.refused(self.http.ask("OPTIONS", "/v1/runs"), 405)
        head = self.http.ask("HEAD", "/v1/server")
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertGreater(int(head.fields["content-length"]), 20)

    def test_a_post_says_json(self):
        for fields in ({"Content-Type": "text/plain"},
                       {"Content-Type": "application/x-www-form-urlencoded"},
                       {"Content-Type": ""}):
            with self.subTest(fields):
                self.refused(self.http.ask("POST", "/v1/rule_sets:lint",
                                           "{}", fields), 415)
        self.ok(self.http.ask("POST", "/v1/rule_sets:lint",
                              '{"rule_set": "a"}',
                              {"Content-Type":
                               "Application/JSON; charset=utf-8"}))

    def test_description_is_valid_and_true(self):
        served = self.ok(self.http.get("/openapi.json"))
        kept = (assay.ROOT / "docs/openapi.json").read_text()
        self.assertEqual(self.http.get("/openapi.json").body.decode(), kept)
        run = self.run_to_end(FAILING)
        path = f"/v1/runs/{run['run_id']}"
        get = lambda path: self.ok(self.http.get(path))
        answers = [
            ["/v1/runs/{run_id}:wait", "post", run],
            ["/v1/runs/{run_id}", "get", get(path)],
            ["/v1/runs", "get", get("/v1/runs")],
            ["/v1/runs/{run_id}/results", "get",
             get(f"{path}/results?view=RUN_VIEW_FULL")],
            ["/v1/rule_kinds", "get", get("/v1/rule_kinds")],
            ["/v1/connections", "get", get("/v1/connections")],
            ["/v1/server", "get", get("/v1/server")],
            ["/v1/rule_sets:lint", "post",
             self.ok(self.http.post("/v1/rule_sets:lint",
                                    {"rule_set": "nope: 1"}))]]
        done = subprocess.run([venv.python(), "-c", CHECK_OPENAPI],
                              input=json.dumps([served, answers]), text=True,
                              capture_output=True, check=False)
        self.assertEqual(done.stdout.strip(), str(len(answers)), done.stderr)


class PagesTest(HttpTestCase):
    def test_people_find_their_way(self):
        run = self.run_to_end(FAILING)["run_id"]
        root = self.http.get("/")
        self.assertEqual((root.status, root.fields["location"]),
                         (302, "/runs"))
        runs = self.http.get("/runs")
        self.assertEqual(runs.status, 200)
        self.assertEqual(runs.fields["content-type"],
                         "text/html; charset=utf-8")
        self.assertIn(f'"/runs/{run}"', runs.body.decode())
        page = self.http.get(f"/runs/{run}")
        self.assertEqual(page.status, 200)
        text = page.body.decode()
        self.assertIn("FAIL", text)
        self.assertIn("not_null", text)
        for answer in (runs, page):
            policy = answer.fields["content-security-policy"]
            self.assertIn("default-src 'none'", policy)
            self.assertIn("frame-ancestors 'none'", policy)
        filtered = self.http.get("/runs?verdict=pass&label=&label=x")
        self.assertEqual(filtered.status, 200)
        self.assertNotIn(run, filtered.body.decode())

    def test_errors_are_pages(self):
        for path, status in (("/runs/nobody", 404), ("/runs/a/b", 404),
                             ("/runs?page_token=x", 400), ("/runs/", 404)):
            with self.subTest(path):
                answer = self.http.get(path)
                self.assertEqual(answer.status, status, answer)
                self.assertEqual(answer.fields["content-type"],
                                 "text/html; charset=utf-8")
        self.assertEqual(self.http.post("/runs", {}).status, 405)
        self.refused(self.http.get("/favicon.ico"), 404)


class SafetyTest(HttpTestCase):
    def test_every_answer_has_its_fields(self):
        for path in ("/", "/runs", "/runs/x", "/v1/runs", "/v1/x", "/healthz",
                     "/openapi.json", "/%", "/x"):
            with self.subTest(path):
                fields = self.http.get(path).fields
                self.assertEqual(fields["x-content-type-options"], "nosniff")
                self.assertEqual(fields["cache-control"], "no-store")
                self.assertEqual(fields["x-frame-options"], "DENY")
                self.assertEqual(fields["referrer-policy"], "no-referrer")
                self.assertIn("frame-ancestors 'none'",
                              fields["content-security-policy"])
                self.assertFalse([f for f in fields
                                  if f.startswith("access-control")])

    def test_names_that_are_not_ours_are_refused(self):
        for host, status in (("evil.example", 403), ("127.0.0.1:99", 200),
                             ("[::1]:1", 200), ("LOCALHOST.", 200),
                             ("localhost.evil.example", 403), ("", 403),
                             ("127.0.0.1.evil.example", 403)):
            with self.subTest(host):
                answer = self.http.get("/v1/server", fields={"Host": host})
                self.assertEqual(answer.status, status, answer)
        self.assertEqual(
            self.http.get("/healthz", fields={"Host": "pod"}).status, 200)
        answer, _ = http_client.parse(self.http.raw(
            b"GET /v1/server HTTP/1.1\r\nHost: localhost\r\n"
            b"Host: evil.example\r\nConnection: close\r\n\r\n"))
        self.refused(answer, 403)

    def test_other_sites_may_only_link_here(self):
        cross = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
        link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        self.assertEqual(self.http.get("/runs", fields=cross).status, 403)
        self.assertEqual(self.http.get("/runs", fields=link).status, 200)
        self.refused(self.http.get("/v1/runs", fields=link), 403)
        self.refused(self.http.post("/v1/runs", {}, fields=cross), 403)
        same = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
        self.ok(self.http.get("/v1/runs", fields=same))

    def test_a_proxys_name_may_be_configured(self):
        with assay.Server({}, HTTP + "  hosts: [gate.example.org]\n") as server:
            http = http_of(server)
            for host, status in (("gate.example.org", 200),
                                 ("Gate.Example.org:443", 200),
                                 ("example.org", 403)):
                self.assertEqual(
                    http.get("/v1/server", fields={"Host": host}).status,
                    status, host)

    def test_http_is_off_unless_configured(self):
        with assay.Server({}) as server:
            self.assertFalse([a for a in server.ready if "http" in a])

    def test_unix_sockets_serve_too(self):
        path = f"{self.directory.name}/h"
        with assay.Server({}, f"http:\n  listen: unix:{path}\n") as server:
            self.assertIn(f"http+unix:{path}", server.ready)
            self.assertEqual(pathlib.Path(path).stat().st_mode & 0o777, 0o600)
            with socket.socket(socket.AF_UNIX) as peer:
                peer.connect(path)
                peer.sendall(b"GET /v1/server HTTP/1.1\r\nHost: any\r\n"
                             b"Connection: close\r\n\r\n")
                answer, _ = http_client.parse(http_client.read_all(peer))
            self.ok(answer)

    def test_other_machines_are_not_served(self):
        with self.assertRaisesRegex(RuntimeError, "other machines"):
            with assay.Server({}, "http:\n  listen: 0.0.0.0:0\n"):
                pass

    def test_mistakes_of_the_configuration_are_said(self):
        for text, said in (("  listen: 127.0.0.1:0\n  host: x\n", "hosts"),
                           ("  max_connections: 5\n", "listen"),
                           ("  listen: 127.0.0.1:0\n  hosts: http://x\n",
                            "without scheme"),
                           ("  listen: 127.0.0.1:0\n  max_connections: 0\n",
                            "max_connections")):
            with self.subTest(text):
                with self.assertRaisesRegex(RuntimeError, said):
                    with assay.Server({}, "http:\n" + text):
                        pass

    def test_a_taken_port_is_said_before_the_store_is_opened(self):
        with self.assertRaisesRegex(RuntimeError, "the port is in use"):
            with assay.Server({}, f"http:\n  listen: 127.0.0.1:"
                                  f"{self.http.port}\n"):
                pass


if __name__ == "__main__":
    unittest.main()
