#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the server at random points of a full diff: the counts are true.

Eight kills by default, fifty with tests/run.sh --full. ASSAY_TEST_SEED repeats
their times.
"""
import json
import os
import pathlib
import random
import re
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
# pylint: disable-next=wrong-import-position
from diff_case import KEYS, ROWS, Case, essence, rule_set

KILLS = 50 if assay.FULL else 8


class KillTest(Case):
    TABLES = {f"dk_{kind}": (kind, ROWS if kind == "int" else ROWS // 2, True)
              for kind in KEYS}
    TABLES["dk_equal"] = ("int", ROWS, False)
    # Every other row is missing: most differences are known, and leave the
    # window, long before the end.
    TABLES["dk_half"] = ("int", ROWS, True)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.maria.load("DELETE FROM dk_half WHERE id % 2 = 0;")

    def test_kills_at_random_points(self):
        given = os.environ.get("ASSAY_TEST_SEED")
        seed = int(given) if given else random.SystemRandom().randrange(10**6)
        print(f"ASSAY_TEST_SEED={seed}", flush=True)
        rng = random.Random(seed)
        undisturbed = {}
        kinds = list(self.TABLES)
        rng.shuffle(kinds)
        kills = resumed = 0
        number = 0
        while kills < KILLS:
            table = kinds[number % len(kinds)]
            sides = rng.choice([("pg", "maria"), ("maria", "pg")])
            number += 1
            # Ranges of keys, several at once.
            readers, tail = "", ""
            if table in ("dk_half", "dk_int") and rng.random() < 0.5:
                readers, tail = "readers: 3, ", "    consistency: statement\n"
            if (table, sides) not in undisturbed:
                code, report = self.server.gate(
                    rule_set(*sides, table, rule=""))
                self.assertEqual(code, 0 if table == "dk_equal" else 1)
                undisturbed[table, sides] = (
                    essence(report), self.differences(report["run_id"]))
            self.leavings()
            rate = self.TABLES[table][1] // 3
            run = self.start(rule_set(
                *sides, table, f"{readers}rows_per_second: {rate}", tail))
            for _ in range(rng.choice([1, 1, 1, 2, 3])):
                time.sleep(rng.random() * 3)
                self.server.kill9()
                self.server.start()
                kills += 1
            report = self.end(run)
            about = f"{table} {sides} {readers} seed {seed} round {number}\n"
            about += json.dumps(report["results"], indent=1)
            expected, keys = undisturbed[table, sides]
            self.assertEqual(essence(report), expected, about)
            self.assertEqual(report["results"][0]["diff"]["settled"], 0, about)
            self.assertEqual(self.differences(run), keys, about)
            resumed += any("resumed" in n for n in
                           report["results"][0]["diff"]["notes"])
            self.assert_clean()
        print(f"{kills} kills, {number} runs, {resumed} resumed", flush=True)
        self.assertGreater(resumed, 0)

    def leavings(self):
        """Scratch of nobody: gone when the server starts."""
        nobody = self.state / "scratch" / "01aaaaaaaaaaaaaaaaaa" / "diff"
        nobody.mkdir(parents=True, exist_ok=True)
        (nobody / "window.1").write_bytes(b"x")
        self.server.stop()
        self.server.start()
        self.assertEqual(self.scratch(), [])

    def checkpoint(self, run):
        path = self.state / "scratch" / run / "diff" / "checkpoint.json"
        try:
            ranges = json.loads(path.read_text())["ranges"]
        except FileNotFoundError:
            return None
        self.assertEqual(len(ranges), 1)
        return ranges[0]

    def test_what_was_read_is_not_read_again(self):
        log = pathlib.Path(os.environ["ASSAY_TEST_DATABASES"],
                           "postgresql.log")
        self.pg.load("ALTER ROLE assay_reader SET log_statement = 'all';")
        self.addCleanup(self.pg.load,
                        "ALTER ROLE assay_reader RESET log_statement;")
        self.maria.load("SET GLOBAL log_output = 'TABLE'; TRUNCATE "
                        "mysql.general_log; SET GLOBAL general_log = 1;")
        self.addCleanup(self.maria.load, "SET GLOBAL general_log = 0;")
        table = "dk_equal"
        # Slowly, and the first will do: with a busy disk the next may come
        # after the end.
        run = self.start(rule_set("pg", "maria", table,
                                  "rows_per_second: 30000"))

        def both_sides():
            at = self.checkpoint(run)
            return at and at["source"]["rows"] and at["target"]["rows"]
        assay.wait_for(both_sides, what="a checkpoint")
        self.server.kill9()
        time.sleep(0.3)
        at = self.checkpoint(run)
        before = len(log.read_bytes())
        self.maria.load("TRUNCATE mysql.general_log;")
        self.server.start()
        report = self.end(run)
        self.assertEqual(report["verdict"], "PASS", report)
        diff = report["results"][0]["diff"]
        self.assertEqual([diff["rows_source"], diff["rows_target"],
                          diff["keys"]], [ROWS] * 3)
        self.assertTrue(any("resumed" in n for n in diff["notes"]), diff)
        for side in ("source", "target"):
            # Keys are the numbers from 1: what is done is what is behind.
            self.assertEqual(at[side]["position"], [{"int": at[side]["rows"]}])
        said = log.read_bytes()[before:].decode(errors="replace")
        scans = re.findall(r"DECLARE assay_scan.*?DETAIL: .*?\n", said, re.S)
        self.assertEqual(len(scans), 1, said)
        self.assertRegex(scans[0], '"k" > ')
        self.assertIn(f"'{at['source']['rows']}'", scans[0])
        pages = [r[0] for r in self.maria.query(
            "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log "
            f"WHERE argument LIKE 'SELECT %`.`{table}`%ORDER BY `{table}`%' "
            "AND argument NOT LIKE '%> ?%' AND argument NOT LIKE '%CONVERT%'")]
        begins = [re.search(r"`k` > (-?\d+)", page) for page in pages]
        self.assertTrue(begins and all(begins), pages)
        self.assertEqual(min(int(b.group(1)) for b in begins),
                         at["target"]["rows"])

if __name__ == "__main__":
    unittest.main()
