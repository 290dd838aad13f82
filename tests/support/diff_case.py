# SPDX-License-Identifier: Apache-2.0
"""Large tables that are the same in two databases, and a server for them."""
import json
import pathlib
import subprocess
import time
import unittest

import assay

ROWS = 200000
# So that the reading takes some three seconds, and can be interrupted.
RATE = 80000
STATE = "state: {checkpoint_interval: 200ms, window_mib: 1}\n"

# Keys whose order is not the same in both databases, and which a resumed
# reading has to bind again; of the row's number {i}.
TEXT = "concat(substr('aBcAbC_zZ', {i} % 9 + 1, 1), {i})"
KEYS = {
    "int": ("k int", "k int", "{i}", "{i}"),
    "text": ("k text", "k varchar(40)", TEXT, TEXT),
    # MariaDB refuses UUIDs that are of no version.
    "uuid": ("k uuid", "k uuid",
             "overlay(overlay(md5({i}::text) placing '4' from 13) placing '8' "
             "from 17)::uuid",
             "concat(substr(md5({i}), 1, 12), '4', substr(md5({i}), 14, 3), "
             "'8', substr(md5({i}), 18))"),
    "decimal": ("k numeric(20,3)", "k decimal(20,3)", "{i} * 1.001 - 9999",
                "{i} * 1.001 - 9999"),
    "pair": ("k int, l varchar(20)", "k int, l varchar(20)",
             f"{{i}} % 300, {TEXT}", f"{{i}} % 300, {TEXT}"),
}
DAMAGE = ("DELETE FROM {t} WHERE id % 9973 = 0; "
          "UPDATE {t} SET v = upper(v) WHERE id % 7919 = 1; "
          "UPDATE {t} SET n = n + 0.01 WHERE id % 7919 = 2; "
          "UPDATE {t} SET v = NULL, n = 0 WHERE id = 77;")
COUNTS = ("rows_source", "rows_target", "keys", "missing", "extra", "changed",
          "duplicate_keys_source", "duplicate_keys_target", "null_keys_source",
          "null_keys_target", "unstable", "accepted", "complete", "columns")


def make(database, table, kind, rows):
    """A table of `rows` rows that is the same in both databases."""
    pg = database.name == "postgresql"
    declared = KEYS[kind][0 if pg else 1]
    key = KEYS[kind][2 if pg else 3].format(i="i" if pg else "seq")
    names = "k, l" if kind == "pair" else "k"
    i = "i" if pg else "seq"
    source = (f"generate_series(1, {rows}) i" if pg else f"seq_1_to_{rows}")
    database.load(
        f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({declared}, "
        f"id int NOT NULL, v varchar(60), n decimal(12,2), "
        f"PRIMARY KEY ({names})); INSERT INTO {table} SELECT {key}, {i}, "
        f"concat('value ', {i} * 7 % 1000), {i} * 0.25 FROM {source};")


def damage(database, table):
    database.load(DAMAGE.format(t=table))


def rule_set(source, target, table, rule=f"rows_per_second: {RATE}", tail=""):
    return ("version: 1\nname: kills\ncomparisons:\n"
            f"  - source: {{connection: {source}, table: {table}}}\n"
            f"    target: {{connection: {target}, table: {table}}}\n"
            f"    rules:\n      - full_diff: {{{rule}}}\n        id: diff\n"
            f"{tail}")


def essence(report):
    result = report["results"][0]
    return (report["state"], report["verdict"], report["decision"],
            result["verdict"], result["error"], result["differences_count"],
            result["diff"] and {k: result["diff"][k] for k in COUNTS})


class Case(unittest.TestCase):
    """Two databases, a server of its own, and what to ask of them."""

    TABLES = {}  # Name: (key, rows, whether the target is damaged).
    EXTRA = STATE
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.pg = assay.postgresql()
        cls.maria = assay.mariadb()
        for table, (kind, rows, damaged) in cls.TABLES.items():
            for database in (cls.pg, cls.maria):
                make(database, table, kind, rows)
            if damaged:
                damage(cls.maria, table)

    @classmethod
    def tearDownClass(cls):
        for table in cls.TABLES:
            for database in (cls.pg, cls.maria):
                database.load(f"DROP TABLE IF EXISTS {table};")

    def setUp(self):
        self.server = assay.Server({"pg": self.pg.odbc,
                                    "maria": self.maria.odbc}, self.EXTRA)
        self.server.start()
        self.addCleanup(self.server.__exit__)

    @property
    def state(self):
        return self.server.directory / "runs.db.d"

    def scratch(self):
        return sorted(str(p.relative_to(self.state)) for p in
                      (self.state / "scratch").rglob("*") if p.is_file())

    def start(self, text, *args):
        done = self.server.assay("run", "-", "--detach", *args, stdin=text)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split()[-1]

    def show(self, run):
        done = self.server.assay("show", run, "--format", "json")
        self.assertTrue(done.stdout, done.stderr + self.server.log)
        return json.loads(done.stdout)

    def end(self, run, seconds=60):
        return assay.wait_for(
            lambda: (lambda r: r if r["end_time"] else None)(self.show(run)),
            seconds, "the end")

    def reading(self, run, rows=20000):
        """Waits until the run has read something."""
        return assay.wait_for(
            lambda: self.show(run)["progress"]["rows_read"] >= rows,
            what="rows")

    def differences(self, run):
        done = self.server.assay("differences", run, "diff")
        return sorted(done.stdout.split("\n"))

    def burning(self, name):
        if name == "pg":
            return self.pg.query(
                "SELECT pid, query FROM pg_stat_activity WHERE usename = "
                "'assay_reader' AND (state = 'active' OR xact_start IS NOT "
                "NULL)")
        return self.maria.query(
            "SELECT ID, INFO FROM information_schema.PROCESSLIST WHERE USER = "
            "'assay_reader' AND INFO IS NOT NULL")

    def sessions(self, name):
        if name == "pg":
            return [r[0] for r in self.pg.query(
                "SELECT pid FROM pg_stat_activity WHERE usename = "
                "'assay_reader'")]
        return [r[0] for r in self.maria.query(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = "
            "'assay_reader'")]

    def assert_clean(self):
        """Nothing is left behind: no scratch, no query, no transaction."""
        assay.wait_for(lambda: not self.scratch(), what="scratch removed")
        for name in ("pg", "maria"):
            assay.wait_for(lambda n=name: not self.burning(n),
                           what=f"no query left on {name}")
