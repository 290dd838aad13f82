# SPDX-License-Identifier: Apache-2.0
"""Many gates at once, beside the same calls of an empty service; and many
clients that wait for one run.
"""
import os
import pathlib
import re
import subprocess
import tempfile

import assay

LOAD = assay.BIN / "bench/load"
GATES = 4000
CLIENTS = 8
WAITING = 1000
# More than two of the server's own waits of 25 s.
WAIT_SECONDS = 60


def numbers(text):
    return {key: float(value)
            for key, value in re.findall(r"(\w+)=([0-9.]+)", text)}


def resident_kib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def load(*words):
    done = subprocess.run([LOAD, *map(str, words)], capture_output=True,
                          text=True, timeout=3600, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"load {words}: {done.stdout}{done.stderr}")
    return numbers(done.stdout)


def floor(rules):
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as directory:
        address = f"unix:{directory}/s"
        with subprocess.Popen([LOAD, "serve", address],
                              stdout=subprocess.PIPE, text=True) as server:
            try:
                server.stdout.readline()
                return load("gates", address, rules, GATES * 5, CLIENTS)
            finally:
                server.terminate()


def gates(bench, say):
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as directory:
        database = assay.sqlite(pathlib.Path(directory) / "load.db")
        database.load("CREATE TABLE bench_load (id INTEGER NOT NULL PRIMARY "
                      "KEY, t TEXT); INSERT INTO bench_load VALUES (1, 'a');")
        rules = pathlib.Path(directory) / "rules.yaml"
        rules.write_text(assay.rule_set("bench_load", "- not_null: [t]"))
        for clients in (1, CLIENTS):
            with assay.Server({"db": database.odbc}) as server:
                load("gates", server.address, rules, 200, clients)
                found = load("gates", server.address, rules, GATES, clients)
            show(bench, say, f"load, {clients} clients", found)
        show(bench, say, f"load of an empty service, {CLIENTS} clients",
             floor(rules))


def waiting(bench, say):
    database = assay.postgresql()
    database.load("CREATE TABLE bench_wait (id INTEGER NOT NULL PRIMARY KEY); "
                  "INSERT INTO bench_wait VALUES (1);")
    try:
        with assay.Server({"db": database.odbc}) as server:
            rules = server.directory / "rules.yaml"
            rules.write_text(assay.rule_set(
                "bench_wait", "- query: {sql: 'SELECT 1 FROM pg_sleep(600)', "
                "expect: value, min: 0}\n"))
            idle = resident_kib(server.process.pid)
            with subprocess.Popen(
                    [LOAD, "wait", server.address, rules, str(WAITING),
                     str(WAIT_SECONDS)], stdout=subprocess.PIPE,
                    text=True) as clients:
                line = clients.stdout.readline()
                held = resident_kib(server.process.pid)
                threads = len(os.listdir(f"/proc/{server.process.pid}/task"))
                clients.wait()
            found = numbers(line)
            found["kib_each"] = (held - idle) / WAITING
            found["server_mib"] = held / 1024
            found["server_threads"] = threads
            show(bench, say, "waiting clients", found)
    finally:
        database.load("DROP TABLE bench_wait;")


def show(bench, say, name, found):
    bench.results.append({"name": name, **found})
    say(f"{name}: " + ", ".join(f"{key} {value:g}"
                                for key, value in found.items()))
