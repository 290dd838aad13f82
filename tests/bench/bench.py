#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the product beside its floors (docs/performance.md). Started by
run.sh, for it wants the servers of with_databases.sh.
"""
import argparse
import decimal
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import diffs  # pylint: disable=wrong-import-position
import load  # pylint: disable=wrong-import-position
import workload  # pylint: disable=wrong-import-position

NAMES = ["aggregates", "pattern", "gate", "memory", "diffs", "diff-memory",
         "load", "waiting"]
GOALS = {"aggregates": 1.15, "pattern": 1.2, "gate": 2.0, **diffs.GOALS}
# Proves the type of each value too, which no SELECT by hand does.
WITHOUT_GOAL = [("aggregates", "sqlite"), ("diff equal", "sqlite-pg")]
MEMORY_GOAL_MIB = 256
FLOORS = assay.BIN / "bench"
# What a run may take at the full sizes on a slow machine.
TIMEOUT = 3600
SCAN_OPTIONS = diffs.SCAN_OPTIONS


def say(text=""):
    print(text, flush=True)


def run(command):
    done = subprocess.run(command, capture_output=True, text=True,
                          timeout=TIMEOUT, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: exit {done.returncode}\n"
                           f"{done.stdout}{done.stderr}")
    return done.stdout


def odbc(database, select, *options, settings=""):
    """(seconds from the statement to its last row, lines of output)."""
    lines = run([FLOORS / "odbc_scan", database.odbc + settings, select,
                 *map(str, options)]).splitlines()
    return float(re.search(r"seconds=([0-9.]+)", lines[-1])[1]), lines


def gate(server, rule_set):
    """(seconds from the command line's start to its exit, the report)."""
    start = time.monotonic()
    code, report = server.gate(rule_set, timeout=TIMEOUT)
    seconds = time.monotonic() - start
    if code != 0:
        failed = [(result["rule_id"], result["found"], result["error"])
                  for result in report["results"]
                  if result["verdict"] != "PASS"]
        raise RuntimeError(f"exit {code}: {failed}")
    return seconds, report


def alternate(rounds, measures):
    """{name: [seconds]} of each measure, after one round that does not count,
    one after the other in each round."""
    out = {name: [] for name in measures}
    for number in range(rounds + 1):
        for name, measure in measures.items():
            seconds = measure()
            if number > 0:
                out[name].append(seconds)
    return out


class Bench:
    """What all measurements share: options, results, how they are shown."""

    def __init__(self, options):
        self.options = options
        self.results = []

    def compare(self, name, database, rows, product, floor, beside):
        """Prints the ratio of each round's pair; `beside` is only shown."""
        # Each against the floor that ran in the same round.
        ratios = [a / b for a, b in zip(product, floor)]
        result = {
            "name": name, "database": database, "rows": rows,
            "ratio": statistics.median(ratios), "ratio_min": min(ratios),
            "ratio_max": max(ratios),
            "goal": (None if (name, database) in WITHOUT_GOAL
                     else GOALS.get(name)),
            "product_seconds": statistics.median(product),
            "floor_seconds": statistics.median(floor),
            "beside_seconds": {key: statistics.median(values)
                               for key, values in beside.items() if values},
            "all": {"product": product, "floor": floor, **beside},
        }
        self.results.append(result)
        goal = "no goal"
        if result["goal"]:
            met = "met" if result["ratio"] <= result["goal"] else "MISSED"
            goal = f"goal {result['goal']} {met}"
        say(f"{name:<11} {database:<11} {rows:>10,} rows  ratio "
            f"{result['ratio']:.2f} ({result['ratio_min']:.2f} to "
            f"{result['ratio_max']:.2f}), {goal}; "
            f"product {result['product_seconds']:.4f} s, floor "
            f"{result['floor_seconds']:.4f} s")
        for key, value in result["beside_seconds"].items():
            say(f"{'':<24}{key}: {value:.4f} s")

    def prepare(self, database):
        """In memory, so that reading the disk hides nothing of ours."""
        if database.name == "mariadb":
            most = max(400 * self.options.rows,
                       120 * max(self.options.memory_rows), 128 << 20)
            database.load(f"SET GLOBAL innodb_buffer_pool_size = {most}")

    def load_rows(self, database):
        start = time.monotonic()
        database.load(workload.ROWS_TABLE.format(
            timestamp=workload.TIMESTAMP[database.name]))
        database.load(workload.fill(database.name, "bench_rows",
                                    workload.COLUMNS, 1, self.options.rows))
        say(f"{database.name}: loaded {self.options.rows:,} rows in "
            f"{time.monotonic() - start:.1f} s")

    def aggregates(self, database, server):
        """30 rules in one table group, beside the one SELECT by hand."""
        select, places = workload.fused_select(database.name)
        rules = assay.rule_set("bench_rows", workload.rules_yaml())
        reports, rows, inside = [], [], []

        def product():
            seconds, report = gate(server, rules)
            reports.append(report)
            inside.append(report["elapsed_seconds"])
            return seconds

        def floor(*options):
            seconds, lines = odbc(database, select, "--print", "--array", 1,
                                  *options)
            rows.append(lines[0].split("\t"))
            return seconds

        def floor_prepared():
            return floor("--prepare")

        measures = {"floor": floor, "product": product}
        if database.name != "sqlite":
            measures["the same prepared"] = floor_prepared
        times = alternate(self.options.rounds, measures)
        check_numbers(reports[-1], rows[-1], places)
        beside = {"inside the run": inside[1:]}
        if "the same prepared" in times:
            beside["the same prepared"] = times["the same prepared"]
        self.compare("aggregates", database.name, self.options.rows,
                     times["product"], times["floor"], beside)

    def pattern(self, database, server):
        """One pattern over distinct values, beside a scan of the column."""
        rules = assay.rule_set("bench_rows", workload.PATTERN_RULE)
        column = "SELECT email FROM bench_rows"
        pages = ("SELECT email, id FROM bench_rows WHERE id > ? ORDER BY id "
                 "LIMIT 50000")
        inside = []

        def product():
            seconds, report = gate(server, rules)
            counters = report["results"][0]["counters"]
            if int(counters["rows_total"]) != self.options.rows:
                raise RuntimeError(f"not all rows were judged: {counters}")
            inside.append(report["elapsed_seconds"])
            return seconds

        def scan():
            seconds, lines = odbc(database, column, "--array", 1000,
                                  settings=SCAN_OPTIONS[database.name])
            if f"rows={self.options.rows} " not in lines[-1]:
                raise RuntimeError(lines[-1])
            return seconds

        def by_pages():
            return odbc(database, pages, "--pages", 50000, "--int", 2,
                        "--array", 1000)[0]

        def in_database():
            anchored = f"^{workload.PATTERN}$".replace("\\", "\\\\")
            return odbc(database, "SELECT COUNT(*) FILTER (WHERE email !~ "
                                  f"E'{anchored}') FROM bench_rows")[0]

        measures = {"floor": scan, "product": product}
        if database.name == "mariadb":
            measures["floor in pages of 50 000"] = by_pages
        if database.name == "postgresql":
            measures["the database's own ~"] = in_database
        times = alternate(self.options.rounds, measures)
        beside = {"inside the run": inside[1:]}
        beside.update({key: value for key, value in times.items()
                       if key not in ("floor", "product")})
        self.compare("pattern", database.name, self.options.rows,
                     times["product"], times["floor"], beside)

    def gate(self, database, server):
        """One rule on a small SQLite table, beside an empty client."""
        database.load("CREATE TABLE bench_gate (id INTEGER NOT NULL PRIMARY "
                      "KEY, t TEXT); INSERT INTO bench_gate VALUES "
                      "(1, 'a'), (2, 'b'), (3, 'c');")
        rules = server.directory / "gate.yaml"
        rules.write_text(assay.rule_set("bench_gate", "- not_null: [t]"))
        command = [str(assay.BIN / "assay"), "--server", server.address, "run",
                   str(rules)]

        def timed(words):
            start = time.monotonic()
            run(words)
            return time.monotonic() - start

        def in_report():
            return gate(server, rules.read_text())[1]["elapsed_seconds"]

        times = alternate(max(50, self.options.rounds * 10), {
            "floor": lambda: timed([str(FLOORS / "empty_client"),
                                    server.address]),
            "product": lambda: timed(command),
            "inside the run": in_report,
        })
        self.compare("gate", "sqlite", 3, times["product"], times["floor"],
                     {"inside the run": times["inside the run"]})

    def memory(self, database):
        """The server's peak while it scans tables that grow."""
        database.load(workload.TEXTS_TABLE)
        loaded = 0
        for rows in self.options.memory_rows:
            database.load(workload.fill(database.name, "bench_texts",
                                        workload.TEXT_COLUMNS, loaded + 1,
                                        rows))
            loaded = rows
            for what, rules in (("pattern", workload.PATTERN_RULE),
                                ("pattern and two types",
                                 workload.TEXT_RULES)):
                # A server of its own: memory that an earlier run left to the
                # allocator would count for this one.
                with assay.Server({"db": database.odbc}) as server:
                    self.memory_of(database, server, what, rules, rows)

    def memory_of(self, database, server, what, rules, rows):
        idle = memory_of(server.process.pid, "VmRSS")
        sampled, done = [idle], threading.Event()

        def sample():
            while not done.wait(0.02):
                sampled.append(memory_of(server.process.pid, "VmRSS"))

        thread = threading.Thread(target=sample)
        thread.start()
        try:
            seconds, report = gate(server, assay.rule_set("bench_texts", rules))
        finally:
            done.set()
            thread.join()
        for result in report["results"]:
            if int(result["counters"]["rows_total"]) != rows:
                raise RuntimeError(f"not all rows were judged: {result}")
        result = {"name": "memory", "database": database.name, "rows": rows,
                  "rules": what, "idle_mib": idle,
                  "peak_mib": memory_of(server.process.pid, "VmHWM"),
                  "median_mib": statistics.median(sampled),
                  "goal_mib": MEMORY_GOAL_MIB, "seconds": seconds}
        self.results.append(result)
        met = "met" if result["peak_mib"] <= MEMORY_GOAL_MIB else "MISSED"
        say(f"memory      {database.name:<11} {rows:>10,} rows  peak "
            f"{result['peak_mib']:.0f} MiB (idle {idle:.0f}, median "
            f"{result['median_mib']:.0f}), goal {MEMORY_GOAL_MIB} {met}; "
            f"{seconds:.2f} s; {what}")


def memory_of(pid, what):
    """A line of /proc/PID/status in MiB."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{what}:\s+(\d+) kB", status, re.M)[1]) / 1024


def check_numbers(report, row, places):
    """The floor counts what the product does, or it is no floor."""
    names = {"failing": "rows_failing", "considered": "rows_considered",
             "rows_total": "rows_total"}
    for number, place in enumerate(places):
        result = report["results"][number]
        for counter, position in place.items():
            if counter == "value":
                got = [m["value"] for m in result["measures"]][0]
            else:
                got = result["counters"][names[counter]]
            if decimal.Decimal(str(got)) != decimal.Decimal(row[position]):
                raise RuntimeError(
                    f"rule {number} ({workload.RULES[number][0]}): {counter} "
                    f"is {got}, by hand {row[position]}")


def first_line(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).splitlines()[0].strip()


def machine():
    cpu = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.*)$", cpu, re.M)
    memory = pathlib.Path("/proc/meminfo").read_text()
    return {
        "cpu": model[1] if model else platform.machine(),
        "cores": len(re.findall(r"^processor\s*:", cpu, re.M)),
        "memory_gib": round(int(memory.split()[1]) / 2**20),
        "kernel": platform.release(),
        "load": pathlib.Path("/proc/loadavg").read_text().split()[0],
        "postgresql": first_line("psql", "--version"),
        "mariadb": first_line("mariadb", "--version"),
        "sqlite": first_line("sqlite3", "--version").split()[0],
        "assayd": first_line(str(assay.BIN / "assayd"), "--version"),
        "commit": first_line("git", "-C", str(assay.ROOT), "rev-parse",
                             "--short", "HEAD"),
    }


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", action="append", choices=NAMES)
    parser.add_argument("--database", action="append",
                        choices=["sqlite", "postgresql", "mariadb"])
    parser.add_argument("--memory-rows", default="1000000,5000000,20000000",
                        type=lambda text: [int(n) for n in text.split(",")])
    parser.add_argument("--json", type=pathlib.Path)
    return parser.parse_args()


def main():
    options = parse()
    only = options.only or NAMES
    bench = Bench(options)
    facts = machine()
    for key, value in facts.items():
        say(f"{key}: {value}")
    say()
    with tempfile.TemporaryDirectory(
            prefix="assay-bench-",
            dir=os.environ.get("ASSAY_TEST_TMP")) as directory:
        for database in assay.databases(directory):
            if options.database and database.name not in options.database:
                continue
            bench.prepare(database)
            with assay.Server({"db": database.odbc}) as server:
                if "gate" in only and database.name == "sqlite":
                    bench.gate(database, server)
                if "aggregates" in only or "pattern" in only:
                    bench.load_rows(database)
                if "aggregates" in only:
                    bench.aggregates(database, server)
                if "pattern" in only:
                    bench.pattern(database, server)
            if "memory" in only:
                bench.memory(database)
    comparing = diffs.DiffBench(bench, sys.modules[__name__])
    if "diffs" in only:
        comparing.run()
    if "diff-memory" in only:
        comparing.memory()
    if "load" in only:
        load.gates(bench, say)
    if "waiting" in only:
        load.waiting(bench, say)
    if options.json:
        options.json.write_text(json.dumps(
            {"machine": facts, "rows": options.rows, "rounds": options.rounds,
             "results": bench.results}, indent=2) + "\n")


if __name__ == "__main__":
    main()
