# SPDX-License-Identifier: Apache-2.0
"""Who may do what: principal × operation × connection → the answer.

One table for every way into the server. `Site` makes the databases, the
`auth:` section, the tokens and the runs; `check(test, site, call)` asks every
cell through `call(token, rpc, request)`, which returns (reason, text): the
reason of ErrorInfo, "" where the call was answered, and the whole answer as
text. The table is written by hand, so that it proves the code and does not
repeat it.
"""
import json
import os
import pathlib
import subprocess

import assay
import leaks

# A value of the data that only those with `samples` may see.
VALUE = "visible-only-to-samples-4711"
NUMBER = "987654321"

PRINCIPALS = {
    "nobody": {"connections": "*", "operations": []},
    "reader_a": {"connections": ["a"], "operations": ["read"]},
    "runner_a": {"connections": ["a"],
                 "operations": ["read", "run", "cancel", "lint"]},
    "author_a": {"connections": ["a"],
                 "operations": ["read", "run", "author_sql"]},
    "sampler": {"connections": ["a", "b"], "operations": ["read", "samples"]},
    "cancel_b": {"connections": ["b"], "operations": ["read", "cancel"]},
    "reader_ab": {"connections": ["a", "b"], "operations": "read"},
    "explain_a": {"connections": "a", "operations": ["lint", "explain"]},
    "release_a": {"connections": ["a"], "operations": ["release"]},
    "owner": {"connections": "*", "operations": "*"},
}

# + answered, D ACCESS_DENIED, N RUN_NOT_FOUND, F RUN_ALREADY_FINISHED (so the
# run was seen and might have been cancelled), C CONNECTION_NOT_FOUND,
# A ARGUMENT_INVALID (so the run was seen, and might have been released).
ANSWERS = {"+": "", "D": "ACCESS_DENIED", "N": "RUN_NOT_FOUND",
           "F": "RUN_ALREADY_FINISHED", "C": "CONNECTION_NOT_FOUND",
           "A": "ARGUMENT_INVALID"}

#                           nobody runner_a   sampler    reader_ab  release_a
#                             reader_a author_a   cancel_b   explain_a    owner
TABLE = """
GetRun a                      D   +   +   +   +   N   +   D   D   +
GetRun b                      D   N   N   N   +   +   +   D   D   +
GetRun ab                     D   N   N   N   +   N   +   D   D   +
GetRun none                   D   N   N   N   N   N   N   D   D   N
WaitRun a                     D   +   +   +   +   N   +   D   D   +
WaitRun b                     D   N   N   N   +   +   +   D   D   +
WaitRun ab                    D   N   N   N   +   N   +   D   D   +
WatchRun a                    D   +   +   +   +   N   +   D   D   +
WatchRun b                    D   N   N   N   +   +   +   D   D   +
WatchRun ab                   D   N   N   N   +   N   +   D   D   +
ListResults a                 D   +   +   +   +   N   +   D   D   +
ListResults b                 D   N   N   N   +   +   +   D   D   +
ListResults ab                D   N   N   N   +   N   +   D   D   +
ListDifferences ab            D   N   N   N   +   N   D   D   D   +
ListDifferences none          D   N   N   N   N   N   N   D   D   N
ListRuns -                    D   +   +   +   +   +   +   D   D   +
StartRun a                    D   D   +   +   D   D   D   D   D   +
StartRun b                    D   D   D   D   D   D   D   D   D   +
StartRun ab                   D   D   D   D   D   D   D   D   D   +
StartRun none                 D   D   D   D   D   D   D   D   D   C
StartRun param_a              D   D   +   +   D   D   D   D   D   +
StartRun param_b              D   D   D   D   D   D   D   D   D   +
StartRun sql_a                D   D   D   +   D   D   D   D   D   +
StartRun where_a              D   D   D   +   D   D   D   D   D   +
StartRun recheck_a            D   D   +   +   D   D   D   D   D   +
StartRun recheck_ab           D   D   N   N   D   D   D   D   D   +
CancelRun a                   D   D   F   D   D   N   D   D   D   F
CancelRun b                   D   D   N   D   D   F   D   D   D   F
CancelRun ab                  D   D   N   D   D   N   D   D   D   F
ReleaseHold a                 D   D   D   D   D   D   D   D   A   A
ReleaseHold b                 D   D   D   D   D   D   D   D   N   A
ReleaseHold ab                D   D   D   D   D   D   D   D   N   A
ReleaseHold none              D   D   D   D   D   D   D   D   N   N
LintRuleSet -                 D   D   +   D   D   D   D   +   D   +
ExplainRuleSet a              D   D   D   D   D   D   D   +   D   +
ExplainRuleSet b              D   D   D   D   D   D   D   D   D   +
ExplainRuleSet ab             D   D   D   D   D   D   D   D   D   +
ExplainRuleSet sql_a          D   D   D   D   D   D   D   D   D   +
DraftRuleSet ab               D   D   D   D   D   D   D   D   D   +
TestConnection a              D   D   D   D   D   D   D   +   D   +
TestConnection b              D   D   D   D   D   D   D   D   D   +
TestConnection none           D   D   D   D   D   D   D   D   D   C
ListRuleKinds -               +   +   +   +   +   +   +   +   +   +
ListConnections -             +   +   +   +   +   +   +   +   +   +
GetServerInfo -               +   +   +   +   +   +   +   +   +   +
"""

# The runs of the site that each principal's ListRuns has, and its connections.
LISTED = {"reader_a": "a", "runner_a": "a", "author_a": "a",
          "sampler": "a b ab", "cancel_b": "b", "reader_ab": "a b ab",
          "owner": "a b ab"}
CONNECTIONS = {"nobody": "a b", "reader_a": "a", "runner_a": "a",
               "author_a": "a", "sampler": "a b", "cancel_b": "b",
               "reader_ab": "a b", "explain_a": "a", "release_a": "a",
               "owner": "a b"}


def cells():
    """(rpc, object, principal, reason) of the table."""
    for line in TABLE.strip().splitlines():
        rpc, what, *answers = line.split()
        assert len(answers) == len(PRINCIPALS), line
        for principal, answer in zip(PRINCIPALS, answers):
            yield rpc, what, principal, ANSWERS[answer]


def rpcs():
    """All methods of the service, as the contract has them."""
    text = (assay.ROOT / "proto/assay/v1/validation_service.proto").read_text()
    return {line.split("(")[0].split()[1] for line in text.splitlines()
            if line.strip().startswith("rpc ")}


def table_rules(connection):
    return assay.rule_set("t", """
- not_null: [name]
  id: filled
- enum: {column: name, values: [x]}
  id: allowed
- pattern: {column: name, full: "x+"}
  id: shaped
- aggregate: {function: max, column: amount, max: 1}
  id: largest
""", connection)


def pair_rules():
    return """version: 1
name: test/pair
comparisons:
  - source: {connection: a, table: t}
    target: {connection: b, table: t}
    key: [id]
    rules:
      - full_diff: {}
        id: same
"""


def parameter_rules():
    return assay.rule_set("t", "- row_count: {min: 0}", ":db",
                          params="params: {db: {type: connection}}\n")


SQL_RULES = assay.rule_set(
    "t", "- query: {sql: \"SELECT 1\", expect: rows}", "a")
WHERE_RULES = assay.rule_set("t", "- row_count: {min: 0}", "a", where="id > 0")


def make_database(path, name):
    database = assay.sqlite(path)
    database.load(f"""
        CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, amount INTEGER);
        INSERT INTO t VALUES (1, 'x', 1), (2, '{name}', {NUMBER});""")
    return database.odbc


def auth_section(tokens, principals=None):
    """The `auth:` section as YAML."""
    # JSON is YAML.
    shown = json.dumps(PRINCIPALS if principals is None else principals)
    return f"auth:\n  tokens: {tokens}\n  principals: {shown}\n"


def create_token(file, principal, *options):
    """The text of a new token."""
    done = subprocess.run(
        [assay.BIN / "assayd", "token", "create", "--file", file, "--name",
         f"test of {principal}", "--principal", principal, *options],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    token = done.stdout.strip()
    leaks.register(token.split("_")[2])
    return token


class Site:
    """A server with the table's principals, and three finished runs: about
    connection a, about b, and about both."""

    def __init__(self, directory, extra=""):
        self.directory = pathlib.Path(directory)
        self.token_file = self.directory / "tokens.jsonl"
        self.tokens = {name: create_token(self.token_file, name)
                       for name in PRINCIPALS}
        self.connections = {
            name: make_database(self.directory / f"{name}.db", VALUE + name)
            for name in ("a", "b")}
        self.server = assay.Server(self.connections,
                                   auth_section(self.token_file) + extra)
        self.runs = {}

    def __enter__(self):
        self.server.__enter__()
        try:
            for name, rules in (("a", table_rules("a")),
                                ("b", table_rules("b")),
                                ("ab", pair_rules())):
                done = self.server.assay(
                    "run", "-", "--format", "json", stdin=rules,
                    env=self.environment("owner"))
                assert done.returncode == 1, done.stdout + done.stderr
                self.runs[name] = json.loads(done.stdout)["run_id"]
        except BaseException:
            self.__exit__()
            raise
        # As long as a run's id, and none.
        self.runs["none"] = "0000000000zzzzzzzzzz"
        return self

    def __exit__(self, *_):
        self.server.__exit__()

    def environment(self, principal):
        return {**os.environ, "ASSAY_TOKEN": self.tokens[principal]}

    def request(self, rpc, what):
        """The request that a row of the table stands for."""
        if rpc in ("GetRun", "WaitRun", "WatchRun", "ListResults"):
            return {"run_id": self.runs[what], "view": "RUN_VIEW_FULL"}
        if rpc == "CancelRun":
            return {"run_id": self.runs[what]}
        if rpc == "ReleaseHold":
            # A rule that no run has: nothing is ever released.
            return {"run_id": self.runs[what], "reason": "because",
                    "rule_ids": ["none of its rules"]}
        if rpc == "ListDifferences":
            return {"run_id": self.runs[what], "rule_id": "same"}
        if rpc == "DraftRuleSet":
            return {"source": "a", "target": "b"}
        if rpc == "TestConnection":
            return {"name": {"none": "nowhere"}.get(what, what)}
        if rpc == "LintRuleSet":
            return {"rule_set": table_rules("a")}
        if rpc not in ("StartRun", "ExplainRuleSet"):
            return {}
        if what.startswith("recheck_"):
            return {"recheck_of_run_id": self.runs[what[len("recheck_"):]]}
        if what.startswith("param_"):
            return {"rule_set": parameter_rules(),
                    "params": {"db": what[len("param_"):]}}
        return {"rule_set": {"ab": pair_rules(), "sql_a": SQL_RULES,
                             "where_a": WHERE_RULES,
                             "none": table_rules("nowhere")}.get(
                                 what, table_rules(what))}


def check(test, site, call):
    """Asks every cell; `call(token, rpc, request)` → (reason, text)."""
    test.assertEqual({rpc for rpc, *_ in cells()}, rpcs(),
                     "a method is not in the table")
    told = {}
    for rpc, what, principal, expected in cells():
        with test.subTest(f"{principal}: {rpc} {what}"):
            reason, text = call(site.tokens[principal], rpc,
                                site.request(rpc, what))
            test.assertEqual(reason, expected, text[:2000])
            if principal not in ("sampler", "owner"):
                test.assertNotIn(VALUE, text)
                test.assertNotIn(NUMBER, text)
            if expected == "RUN_NOT_FOUND":
                # Forbidden and unknown are one: but for the id they read alike.
                run = site.runs[what.removeprefix("recheck_")]
                told.setdefault((principal, rpc), set()).add(
                    text.replace(run, "ID"))
    for row, texts in told.items():
        with test.subTest(f"{row}: forbidden reads as unknown"):
            test.assertEqual(len(texts), 1, texts)


def check_lists(test, site, call):
    """ListRuns and ListConnections have what each principal may see, no more,
    and samples are there for those who may see them."""
    for principal, names in LISTED.items():
        _, text = call(site.tokens[principal], "ListRuns",
                       {"page_size": 1000})
        for name in ("a", "b", "ab"):
            with test.subTest(f"{principal} lists run {name}"):
                test.assertEqual(site.runs[name] in text,
                                 name in names.split(), text[:2000])
    for principal, names in CONNECTIONS.items():
        _, text = call(site.tokens[principal], "ListConnections", {})
        shown = {connection["name"] for connection in find(text, "connections")}
        with test.subTest(f"{principal} lists connections"):
            test.assertEqual(shown, set(names.split()))
    for principal in ("sampler", "owner"):
        for rpc in ("GetRun", "ListResults", "WatchRun", "WaitRun"):
            with test.subTest(f"{principal} sees samples in {rpc}"):
                _, text = call(site.tokens[principal], rpc,
                               site.request(rpc, "a"))
                test.assertIn(VALUE + "a", text)
                test.assertIn(NUMBER, text)


def find(text, key):
    """The first value of `key` anywhere in a JSON text."""
    def search(node):
        if isinstance(node, dict):
            if key in node:
                return node[key]
            node = list(node.values())
        if isinstance(node, list):
            for item in node:
                found = search(item)
                if found is not None:
                    return found
        return None
    return search(json.loads(text)) or []
