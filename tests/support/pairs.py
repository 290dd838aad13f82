# SPDX-License-Identifier: Apache-2.0
"""Comparisons as tables of cases: the rows of both sides, the verdict, the
counts.

A case is run on each of its pairs of databases. Columns and rows are written
once: {text}, {double}, … become the database's types, hex(dead) its literal
for bytes. A tuple gives the source's and the target's text apart.
"""
import concurrent.futures
import pathlib
import re
import sys
import tempfile

import assay

LITE, PG, MARIA = "sqlite", "postgresql", "mariadb"
CROSS = [(PG, MARIA), (MARIA, PG)]
SAME = [(PG, PG), (MARIA, MARIA), (LITE, LITE)]
LITES = [(PG, LITE), (LITE, MARIA)]
MOST = CROSS + SAME + LITES
SERVERS = CROSS + [(PG, PG), (MARIA, MARIA)]

TYPES = {
    LITE: {"text": "TEXT", "str": "VARCHAR(100)", "double": "DOUBLE",
           "real": "REAL", "ts": "TIMESTAMP", "tstz": "TIMESTAMP",
           "blob": "BLOB", "bool": "BOOLEAN", "json": "TEXT", "uuid": "TEXT",
           "time": "TIME", "big": "BIGINT", "char": "CHAR(5)",
           "dec": "DECIMAL(20,4)"},
    PG: {"text": "TEXT", "str": "VARCHAR(100)", "double": "DOUBLE PRECISION",
         "real": "REAL", "ts": "TIMESTAMP(6)", "tstz": "TIMESTAMPTZ(6)",
         "blob": "BYTEA", "bool": "BOOLEAN", "json": "JSONB", "uuid": "UUID",
         "time": "TIME(6)", "big": "BIGINT", "char": "CHAR(5)",
         "dec": "NUMERIC(20,4)"},
    MARIA: {"text": "LONGTEXT", "str": "VARCHAR(100)", "double": "DOUBLE",
            "real": "FLOAT", "ts": "DATETIME(6)", "tstz": "TIMESTAMP(6) NULL",
            "blob": "LONGBLOB", "bool": "BOOLEAN", "json": "JSON",
            "uuid": "UUID", "time": "TIME(6)", "big": "BIGINT",
            "char": "CHAR(5)", "dec": "DECIMAL(20,4)"},
}

ASKED_AT_ONCE = 4

COUNTS = {"missing", "extra", "changed", "keys", "rows_source", "rows_target",
          "duplicate_keys_source", "duplicate_keys_target",
          "null_keys_source", "null_keys_target", "accepted", "settled",
          "complete"}


def case(name, columns, rows, verdict, pairs=CROSS, rule="full_diff: {}",
         comparison="", **more):
    """`verdict` may name several, "ERROR|FAIL". `more` are counts of the
    result's diff, and of these words: where (of source and target), uniform
    (more keys of the rule), found (in the result's words), error (its reason),
    message (in the error's words), notes (in the diff's notes), causes, exit."""
    return {"name": name, "columns": columns, "rows": rows, "verdict": verdict,
            "pairs": pairs, "rule": rule, "comparison": comparison,
            "more": more}


def side(value, number):
    return value[number] if isinstance(value, tuple) else value


def rendered(text, database):
    def byte_literal(match):
        return (f"'\\x{match[1]}'" if database == PG else f"x'{match[1]}'")
    return re.sub(r"\bhex\((\w*)\)", byte_literal, text)


def sql_type(text, database):
    return re.sub(r"\{(\w+)\}", lambda m: TYPES[database][m[1]], text)


def table_of(name, number):
    return f"{name}_{'st'[number]}"


def ddl(one):
    """(database, table) → SQL that makes it."""
    made = {}
    for pair in one["pairs"]:
        for number in (0, 1):
            columns = side(one["columns"], number)
            rows = side(one["rows"], number)
            if columns is None:
                continue
            database = pair[number]
            table = table_of(one["name"], number)
            sql = f"CREATE TABLE {table} ({sql_type(columns, database)});\n"
            if rows:
                sql += f"INSERT INTO {table} VALUES "
                sql += rendered(rows, database) + ";\n"
            made[database, table] = sql
    return made


def indented(text, by):
    return "".join(" " * by + line + "\n"
                   for line in text.strip("\n").splitlines())


def rule_set(source, target, rules, comparison="", params=""):
    """A rule set of one comparison; sides are flow maps' insides."""
    text = f"version: 1\nname: test\n{params}comparisons:\n"
    text += f"  - source: {{{source}}}\n    target: {{{target}}}\n"
    text += indented(comparison, 4)
    return text + "    rules:\n" + indented(rules, 6)


def text_of(one, pair):
    where = one["more"].get("where")
    sides = []
    for number in (0, 1):
        words = f"connection: {pair[number]}, "
        words += one["more"].get("sides", (None, None))[number] or (
            f"table: {table_of(one['name'], number)}")
        if where and side(where, number):
            words += f", where: {assay.quoted(side(where, number))}"
        sides.append(words)
    rule = f"- {one['rule']}\n  id: r\n"
    rule += indented(one["more"].get("uniform", ""), 2)
    return rule_set(*sides, rule, one["comparison"])


def answer(server, one, pair):
    return server.gate(text_of(one, pair), "--wait-server", "1s")


def answer_again(server, one, pair):
    """Alone, with a new server where the old one has ended."""
    if server.process.poll() is not None:
        # What ended it must not be taken up again.
        for store in filter(pathlib.Path.is_file,
                            server.directory.glob("runs.db*")):
            store.unlink()
        server.start()
    return answer(server, one, pair)


def check(test, server, one, pair, asked):
    """`asked` is the future of answer()."""
    code, report = asked.result()
    if not report["results"]:
        code, report = answer_again(server, one, pair)
    test.assertTrue(report["results"], (code, report["error"], server.log))
    result = report["results"][0]
    shown = {k: result[k] for k in ("verdict", "found", "error", "diff")}
    verdicts = one["verdict"].split("|")
    test.assertIn(result["verdict"], verdicts, shown)
    test.assertEqual(report["verdict"], result["verdict"])
    exits = {"PASS": (0,), "WARN": (0,), "FAIL": (1,), "ERROR": (3, 5)}
    test.assertIn(code, one["more"].get("exit", exits[result["verdict"]]))
    diff = result["diff"] or {}
    wanted = {k: v for k, v in one["more"].items() if k in COUNTS}
    kinds = ("missing", "extra", "changed")
    if any(kind in wanted for kind in kinds):
        # What is not said is 0.
        wanted = {**dict.fromkeys(kinds, 0), **wanted}
    test.assertEqual({k: diff.get(k) for k in wanted}, wanted, shown)
    if result["verdict"] == "ERROR":
        test.assertTrue(result["error"]["message"])
    if "error" in one["more"]:
        test.assertEqual(result["error"]["reason"], one["more"]["error"],
                         shown)
    if "message" in one["more"]:
        test.assertRegex(result["error"]["message"], one["more"]["message"])
    if "found" in one["more"]:
        test.assertRegex(result["found"], one["more"]["found"])
    if "notes" in one["more"]:
        test.assertRegex("\n".join(diff["notes"]), one["more"]["notes"])
    if "causes" in one["more"]:
        causes = {c["column"]: c["cause"] for c in diff["causes"]}
        test.assertEqual(causes, one["more"]["causes"], shown)


class Fixture:
    """Databases and a server; tables that are made here are dropped."""

    def __init__(self, connections=None):
        self.directory = tempfile.TemporaryDirectory()
        self.databases = {d.name: d
                          for d in assay.databases(self.directory.name)}
        self.tables = set()
        if connections is None:
            connections = {d.name: d.odbc for d in self.databases.values()}
        self.server = assay.Server(connections)
        try:
            self.server.start()
        except BaseException:
            self.close()
            raise

    def make(self, made):
        """Runs {(database, table): SQL}."""
        self.tables |= set(made)
        for database, handle in self.databases.items():
            sql = "".join(f"DROP TABLE IF EXISTS {table};\n{text}"
                          for (name, table), text in made.items()
                          if name == database)
            if database == MARIA:
                # Zero dates are what some tests are about.
                sql = "SET sql_mode = '';\n" + sql
            if database == PG:
                sql = "SET client_min_messages = warning;\n" + sql
            handle.load(sql)

    def close(self):
        self.server.__exit__()
        for database, table in self.tables:
            if database != LITE:
                self.databases[database].load(
                    f"DROP TABLE IF EXISTS {table};")
        self.directory.cleanup()


def install(test_class, cases):
    """Gives the class one test for each case and pair, and their tables. All
    are asked at once, some beside each other, and then looked at."""
    made = {}
    asked = {}
    for one in cases:
        for key, sql in ddl(one).items():
            if made.setdefault(key, sql) != sql:
                sys.exit(f"two cases are named {one['name']}")

    def set_up(cls):
        cls.fixture = Fixture()
        try:
            cls.fixture.make(made)
        except BaseException:
            cls.fixture.close()
            raise
        cls.pool = concurrent.futures.ThreadPoolExecutor(ASKED_AT_ONCE)
        for one in cases:
            for pair in one["pairs"]:
                asked[one["name"], pair] = cls.pool.submit(
                    answer, cls.fixture.server, one, pair)

    def tear_down(cls):
        cls.pool.shutdown(cancel_futures=True)
        cls.fixture.close()

    test_class.setUpClass = classmethod(set_up)
    test_class.tearDownClass = classmethod(tear_down)
    for one in cases:
        for pair in one["pairs"]:
            def run(self, one=one, pair=pair):
                check(self, self.fixture.server, one, pair,
                      asked[one["name"], pair])
            name = f"test_{one['name']}_{pair[0]}_{pair[1]}"
            if hasattr(test_class, name):
                sys.exit(f"two cases are named {one['name']}")
            setattr(test_class, name, run)
