# SPDX-License-Identifier: Apache-2.0
"""Comparisons beside their floors: two concurrent raw scans for what is
streamed, PostgreSQL's own row hash for what is hashed there, a full diff for a
sample. Tables have the shape of pgbench_accounts, with a filler of 84 letters.
"""
import pathlib
import statistics
import subprocess
import tempfile
import threading
import time

import assay

GOALS = {"diff equal": 1.25, "diff 1 % changed": 1.5,
         "diff half missing": 1.5, "diff hashed": 2.0,
         "sample dense": 0.01, "sample sparse": 0.5}
# Options of the driver that make a scan with it as fast as it gets.
SCAN_OPTIONS = {"postgresql": ";UseDeclareFetch=1;Fetch=10000", "mariadb": "",
                "sqlite": ";StepAPI=1"}
SELECT = "SELECT aid, bid, abalance, filler FROM {}"
FULL = "- full_diff: {}\n"
STREAMED = "- full_diff: {hashing: never}\n"
TWO_READERS = "- full_diff: {hashing: never, readers: 2}\n"
SAMPLE = "- sample_diff: {random: 1000, seed: 7}\n"
# Every 100th row changed on the target, and every other row gone.
CHANGE = "UPDATE {} SET abalance = abalance + 1 WHERE aid % 100 = 0"
REPAIR = "UPDATE {} SET abalance = abalance - 1 WHERE aid % 100 = 0"
HALVE = "DELETE FROM {} WHERE aid % 2 = 0"
# Keys too far apart to be hit by random numbers.
SPARSE = 1000003


def create(table):
    return (f"CREATE TABLE {table} (aid BIGINT PRIMARY KEY, bid INT, "
            "abalance INT, filler CHAR(84))")


def fill(database, table, first, last, factor=1):
    """Rows first to last; alike on every database."""
    if database == "postgresql":
        return (f"INSERT INTO {table} SELECT i * {factor}, i % 100, "
                "(i * 7919) % 100000, rpad(md5(i::text) || md5((i + 1)::text), "
                f"84, 'x') FROM generate_series({first}::bigint, {last}) i; "
                f"VACUUM ANALYZE {table};")
    if database == "mariadb":
        return (f"INSERT INTO {table} SELECT seq * {factor}, seq % 100, "
                "CAST(seq * 7919 AS SIGNED) % 100000, "
                "rpad(concat(md5(seq), md5(seq + 1)), 84, 'x') "
                f"FROM seq_{first}_to_{last}; ANALYZE TABLE {table};")
    raise RuntimeError(database)


def copy_to_sqlite(source, target, table):
    """SQLite has no md5: the rows come from PostgreSQL."""
    psql = subprocess.Popen(
        ["psql", "-qX", "-c",
         f"COPY (SELECT aid, bid, abalance, filler FROM {table}) TO STDOUT "
         "WITH (FORMAT csv)"], stdout=subprocess.PIPE)
    path = target.odbc.split("Database=")[1]
    subprocess.run(["sqlite3", path, create(table), ".mode csv",
                    f".import /dev/stdin {table}"], stdin=psql.stdout,
                   check=True)
    if psql.wait() != 0:
        raise RuntimeError("psql failed")


def comparison(rules, source="source", target="target", table="acc",
               target_table=None):
    rules = "\n".join("      " + line for line in rules.splitlines())
    return ("version: 1\nname: bench\ncomparisons:\n"
            f"  - source: {{connection: {source}, table: {table}}}\n"
            f"    target: {{connection: {target}, "
            f"table: {target_table or table}}}\n    rules:\n{rules}\n")


def concurrently(works):
    """Seconds until the last of `works` is done."""
    failures = []

    def guarded(work):
        try:
            work()
        except Exception as failure:  # pylint: disable=broad-except
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(w,)) for w in works]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return time.monotonic() - start


class DiffBench:
    """All diff measurements on one pair of databases."""

    def __init__(self, bench, tools):
        self.bench = bench
        self.tools = tools  # bench.py's functions: odbc, alternate, say.
        self.rows = bench.options.rows

    def scan(self, database, table):
        self.tools.odbc(database, SELECT.format(table), "--int", 1, "--int", 2,
                        "--int", 3, settings=SCAN_OPTIONS[database.name])

    def product(self, server, rules, expected, **names):
        """Seconds of one run whose counts are as expected."""
        def run():
            start = time.monotonic()
            _, report = server.gate(comparison(rules, **names),
                                    timeout=3600)
            seconds = time.monotonic() - start
            result = report["results"][0]
            diff = result["diff"] or {}
            got = {key: int(diff.get(key, 0)) for key in expected}
            if result["verdict"] == "ERROR" or got != expected:
                raise RuntimeError(f"wrong result: {result}")
            return seconds
        return run

    def streamed(self, name, pair, server, source, target, expected,
                 names=None):
        def floor():
            return concurrently([lambda: self.scan(source, "acc"),
                                 lambda: self.scan(target, "acc")])
        times = self.tools.alternate(
            self.bench.options.rounds,
            {"floor": floor,
             "product": self.product(server, STREAMED, expected,
                                     **(names or {}))})
        self.report(name, pair, times["product"], times["floor"])
        return statistics.median(times["product"])

    def report(self, name, pair, product, floor, beside=None):
        self.bench.compare(name, pair, self.rows, product, floor, beside or {})

    def run(self):
        with tempfile.TemporaryDirectory(prefix="assay-bench-") as directory:
            pg, maria = assay.postgresql(), assay.mariadb()
            lite = assay.sqlite(pathlib.Path(directory) / "bench.db")
            maria.load("SET GLOBAL innodb_buffer_pool_size = "
                       f"{max(300 * self.rows, 128 << 20)}")
            for database in (pg, maria):
                database.load(create("acc"))
                database.load(fill(database.name, "acc", 1, self.rows))
            self.measure(pg, maria, lite)

    def measure(self, pg, maria, lite):
        with assay.Server({"source": pg.odbc, "target": maria.odbc,
                           "lite": lite.odbc}) as server:
            none = {"missing": 0, "extra": 0, "changed": 0}
            pair = "pg-mariadb"
            full = self.streamed("diff equal", pair, server, pg, maria, none)
            self.sample("sample dense", server, full)
            maria.load(CHANGE.format("acc"))
            self.streamed("diff 1 % changed", pair, server, pg, maria,
                          dict(none, changed=self.rows // 100))
            maria.load(REPAIR.format("acc"))
            maria.load(HALVE.format("acc") + "; ANALYZE TABLE acc;")
            self.streamed("diff half missing", pair, server, pg, maria,
                          dict(none, missing=self.rows // 2))
            self.hashed(pg, server, none)
            copy_to_sqlite(pg, lite, "acc")
            self.streamed("diff equal", "sqlite-pg", server, lite, pg, none,
                          {"source": "lite", "target": "source"})
            self.sparse(pg, maria, server, none)

    def hashed(self, pg, server, none):
        pg.load("CREATE TABLE acc2 AS TABLE acc; "
                "ALTER TABLE acc2 ADD PRIMARY KEY (aid); VACUUM ANALYZE acc; "
                "VACUUM ANALYZE acc2;")
        hash_all = "SELECT sum(hash_record_extended(t, 0)) FROM {} t"

        def floor():
            return concurrently(
                [lambda: pg.query(hash_all.format("acc")),
                 lambda: pg.query(hash_all.format("acc2"))])
        times = self.tools.alternate(
            self.bench.options.rounds,
            {"floor": floor,
             "product": self.product(server, FULL, none, target="source",
                                     target_table="acc2")})
        self.report("diff hashed", "pg-pg", times["product"], times["floor"])
        self.readers(pg, server, none)
        pg.load("DROP TABLE acc2")

    def readers(self, pg, server, none):
        """One connection a side beside two, both streaming."""
        def floor():
            return concurrently([lambda: self.scan(pg, "acc"),
                                 lambda: self.scan(pg, "acc2")])

        def product(rules):
            return self.product(server, rules, none, target="source",
                                target_table="acc2")
        times = self.tools.alternate(
            self.bench.options.rounds,
            {"floor": floor, "one": product(STREAMED),
             "two": product(TWO_READERS)})
        self.report("diff equal", "pg-pg", times["one"], times["floor"])
        self.report("diff equal, readers: 2", "pg-pg", times["two"],
                    times["floor"])

    def sample(self, name, server, full_seconds, **names):
        seconds = [self.product(server, SAMPLE, {"missing": 0, "changed": 0},
                                **names)()
                   for _ in range(self.bench.options.rounds + 1)][1:]
        self.report(name, "pg-mariadb", seconds, [full_seconds] * len(seconds))

    def sparse(self, pg, maria, server, none):
        """Keys that random numbers do not hit: all keys are read."""
        for database in (pg, maria):
            database.load(create("far"))
            database.load(fill(database.name, "far", 1, self.rows, SPARSE))
        run = self.product(server, STREAMED, none, table="far")
        full = [run() for _ in range(self.bench.options.rounds + 1)][1:]
        self.sample("sample sparse", server, statistics.median(full),
                    table="far")

    def memory(self):
        """Peak of a server that diffs tables that grow, equal ones and ones
        of which the target has half."""
        pg, maria = assay.postgresql(), assay.mariadb()
        most = max(self.bench.options.memory_rows)
        maria.load(f"SET GLOBAL innodb_buffer_pool_size = {300 * most}")
        for database in (pg, maria):
            database.load(create("grown"))
        loaded = 0
        for rows in self.bench.options.memory_rows:
            for database in (pg, maria):
                database.load(fill(database.name, "grown", loaded + 1, rows))
            loaded = rows
            self.peak("diff equal", pg, maria, rows, "")
            self.peak("diff half missing", pg, maria, rows, "aid % 2 = 1")

    def peak(self, what, pg, maria, rows, where):
        text = comparison(STREAMED, table="grown")
        if where:
            text = text.replace("target, table: grown",
                                f"target, table: grown, where: {where}")
        with assay.Server({"source": pg.odbc, "target": maria.odbc}) as server:
            idle = self.tools.memory_of(server.process.pid, "VmRSS")
            start = time.monotonic()
            server.gate(text, timeout=3600)
            seconds = time.monotonic() - start
            peak = self.tools.memory_of(server.process.pid, "VmHWM")
        goal = 256
        self.bench.results.append(
            {"name": "diff memory", "database": "pg-mariadb", "rows": rows,
             "rules": what, "idle_mib": idle, "peak_mib": peak,
             "goal_mib": goal, "seconds": seconds})
        self.tools.say(f"memory      pg-mariadb  {rows:>10,} rows  peak "
                       f"{peak:.0f} MiB (idle {idle:.0f}), goal {goal} "
                       f"{'met' if peak <= goal else 'MISSED'}; "
                       f"{seconds:.2f} s; {what}")
