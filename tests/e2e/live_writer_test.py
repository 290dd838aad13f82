#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Comparing while both sides are written: what is in flight is no difference.

One writer changes the source all the time, another brings each change to the
target 0.2 to 0.8 s later. What differs for good must be named, and only that.
"""
import collections
import heapq
import itertools
import json
import pathlib
import random
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position

ROUNDS = 10 if assay.FULL else 1
ROWS = 5000
CHANGES_PER_SECOND = 80
# Rows from here on are not written to.
QUIET = 900000
MAKE = ("DROP TABLE IF EXISTS w_rows; CREATE TABLE w_rows (id int PRIMARY KEY, "
        "v varchar(60), n decimal(12,2)); INSERT INTO w_rows VALUES {};")


class Client:
    """A session of the owner that answers each statement."""

    def __init__(self, database):
        if database.name == "postgresql":
            command = ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1"]
        else:
            command = database._load + ["-N", "-B", "--unbuffered"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, sql):
        self.process.stdin.write(sql + ";\nSELECT 'ok';\n")
        self.process.stdin.flush()
        if self.process.stdout.readline().strip() != "ok":
            raise RuntimeError(f"refused: {sql}")

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Traffic:
    """Two writers; as a context they write."""

    number = itertools.count(1)  # No row is inserted twice.

    def __init__(self, source, target, seed, restless=()):
        self.rng = random.Random(seed)
        self.source = source
        self.target = target
        self.restless = restless
        self.done = threading.Event()
        self.mutex = threading.Lock()
        self.queue = []
        self.live = set(range(1, ROWS + 1))
        self.due = collections.defaultdict(float)
        self.worst_lag = 0.0
        self.failure = None
        self.changes = 0
        self.threads = []

    def change(self):
        """SQL of one change, and the row it is about."""
        rng = self.rng
        number = next(self.number)
        if self.restless and rng.random() < 0.3:
            row = rng.choice(self.restless)
            return row, (f"UPDATE w_rows SET v = 'restless {number}' WHERE id "
                         f"= {row}")
        what = rng.random()
        if what < 0.2:
            row = ROWS + number
            self.live.add(row)
            return row, ("INSERT INTO w_rows VALUES "
                         f"({row}, 'new {number} é😀', {number}.25)")
        row = rng.choice(tuple(self.live))
        if what < 0.4:
            self.live.discard(row)
            return row, f"DELETE FROM w_rows WHERE id = {row}"
        return row, (f"UPDATE w_rows SET v = 'changed {number}', n = n + 1 "
                     f"WHERE id = {row}")

    def write_source(self):
        client = Client(self.source)
        while not self.done.is_set():
            row, sql = self.change()
            client.run(sql)
            now = time.monotonic()
            with self.mutex:
                # The changes of one row arrive in their order.
                due = max(self.due[row] + 1e-6,
                          now + self.rng.uniform(0.2, 0.8))
                self.due[row] = due
                heapq.heappush(self.queue, (due, now, sql))
            self.changes += 1
            time.sleep(self.rng.expovariate(CHANGES_PER_SECOND))
        client.close()

    def write_target(self):
        client = Client(self.target)
        while True:
            with self.mutex:
                item = self.queue[0] if self.queue else None
                ready = item and item[0] <= time.monotonic()
                if ready:
                    heapq.heappop(self.queue)
            if ready:
                client.run(item[2])
                self.worst_lag = max(self.worst_lag,
                                     time.monotonic() - item[1])
            elif not item and self.done.is_set():
                break
            else:
                time.sleep(0.005)
        client.close()

    def guarded(self, work):
        try:
            work()
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error
            self.done.set()

    def __enter__(self):
        for work in (self.write_source, self.write_target):
            thread = threading.Thread(target=self.guarded, args=(work,))
            thread.start()
            self.threads.append(thread)
        time.sleep(1)
        return self

    def __exit__(self, *_):
        self.done.set()
        for thread in self.threads:
            thread.join()


class LiveWriterTest(unittest.TestCase):
    def setUp(self):
        self.databases = {"pg": assay.postgresql(), "maria": assay.mariadb()}
        self.server = assay.Server({k: d.odbc for k, d in
                                    self.databases.items()})
        self.server.start()
        rows = ", ".join(f"({i}, 'row {i}', {i}.5)" for i in itertools.chain(
            range(1, ROWS + 1), range(QUIET, QUIET + 100)))
        for database in self.databases.values():
            database.load(MAKE.format(rows))

    def tearDown(self):
        self.server.__exit__()
        for database in self.databases.values():
            database.load("DROP TABLE IF EXISTS w_rows;")

    def compare(self, source, target, rule):
        text = ("version: 1\nname: live\ncomparisons:\n"
                f"  - source: {{connection: {source}, table: w_rows}}\n"
                f"    target: {{connection: {target}, table: w_rows}}\n"
                "    rules:\n"
                f"      - full_diff: {{{rule}}}\n        id: diff\n")
        code, report = self.server.gate(text)
        self.assertIsNone(self.server.process.poll(), self.server.log)
        return code, report, report["results"][0]

    def under_traffic(self, source, target, seed, rule, restless=()):
        """A comparison while two writers write as slowly as they promise."""
        for _ in range(5):
            with Traffic(self.databases[source], self.databases[target], seed,
                         restless) as traffic:
                outcome = self.compare(source, target, rule)
            self.assertIsNone(traffic.failure)
            self.assertGreater(traffic.changes, 20)
            if restless or traffic.worst_lag < 0.95:
                return outcome
            # This machine was too busy to be a target of that lag.
        self.skipTest(f"a target {traffic.worst_lag:.1f} s behind")
        return None

    def directions(self):
        return [(pair, number) for number in range(ROUNDS)
                for pair in (("pg", "maria"), ("maria", "pg"))]

    def listed(self, report):
        done = self.server.assay("differences", report["run_id"], "diff")
        return {(line["kind"], int(line["key"]["id"])) for line in
                map(json.loads, done.stdout.splitlines())}

    def test_what_settles_passes(self):
        settled = 0
        for pair, number in self.directions():
            code, report, result = self.under_traffic(
                *pair, number, "recheck: {times: 5, after: 1s}")
            self.assertEqual((code, report["verdict"]), (0, "PASS"), result)
            diff = result["diff"]
            self.assertEqual([diff[k] for k in ("missing", "extra", "changed",
                                                "unstable")], [0] * 4, diff)
            settled += diff["settled"]
        self.assertGreater(settled, 0)

    def test_what_differs_for_good_is_named_and_nothing_else(self):
        planted = {("missing", QUIET), ("missing", QUIET + 1),
                   ("extra", QUIET + 1000), ("changed", QUIET + 3),
                   ("changed", QUIET + 4), ("changed", QUIET + 5)}
        for pair, number in self.directions():
            target = self.databases[pair[1]]
            target.load(
                f"DELETE FROM w_rows WHERE id IN ({QUIET}, {QUIET + 1});"
                f"INSERT INTO w_rows VALUES ({QUIET + 1000}, 'x', 1);"
                f"UPDATE w_rows SET v = 'Row' WHERE id BETWEEN {QUIET + 3} AND "
                f"{QUIET + 5};")
            code, report, result = self.under_traffic(
                *pair, number, "recheck: {times: 5, after: 1s}")
            self.assertEqual((code, report["verdict"]), (1, "FAIL"), result)
            diff = result["diff"]
            self.assertEqual([diff[k] for k in ("missing", "extra", "changed",
                                                "unstable")], [2, 1, 3, 0],
                             diff)
            self.assertTrue(result["confirmed"])
            self.assertEqual(self.listed(report), planted)
            target.load(
                f"DELETE FROM w_rows WHERE id >= {QUIET};"
                "INSERT INTO w_rows VALUES " + ", ".join(
                    f"({i}, 'row {i}', {i}.5)"
                    for i in range(QUIET, QUIET + 100)) + ";")

    def test_a_row_that_never_settles_is_an_error(self):
        for pair, number in self.directions():
            code, report, result = self.under_traffic(
                *pair, number, "recheck: {times: 2, after: 1s}",
                restless=(QUIET + 7, QUIET + 8))
            diff = result["diff"]
            self.assertEqual((code, report["verdict"]), (3, "ERROR"), result)
            self.assertIn("UNSTABLE", result["error"]["reason"])
            self.assertTrue(result["error"]["retryable"])
            self.assertGreater(diff["unstable"], 0)
            self.assertEqual(report["decision"], "HOLD")

    def test_a_proven_difference_outweighs_a_restless_row(self):
        for pair, number in self.directions():
            self.databases[pair[1]].load(
                f"DELETE FROM w_rows WHERE id = {QUIET + 50};")
            code, report, result = self.under_traffic(
                *pair, number, "recheck: {times: 2, after: 1s}",
                restless=(QUIET + 7,))
            self.assertEqual((code, report["verdict"]), (1, "FAIL"), result)
            self.assertEqual(self.listed(report), {("missing", QUIET + 50)})
            self.databases[pair[1]].load(
                f"INSERT INTO w_rows VALUES ({QUIET + 50}, 'row {QUIET + 50}', "
                f"{QUIET + 50}.5);")

    def test_without_recheck_it_may_fail_and_goes_on(self):
        for pair, number in self.directions():
            for rule in ("", "rows_per_second: 2500", "stop_after: 3"):
                code, _, result = self.under_traffic(
                    *pair, number, rule, restless=(QUIET + 7,))
                self.assertIn(result["verdict"], ("PASS", "FAIL"), result)
                self.assertIn(code, (0, 1))


if __name__ == "__main__":
    unittest.main()
