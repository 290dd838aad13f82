#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line answers as tests/support/gate_outcomes.json says."""
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import gate_outcomes  # pylint: disable=wrong-import-position


class GateOutcomesTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        database = assay.sqlite(self.directory / "gate.db")
        database.load(gate_outcomes.TABLE)
        self.server = self.enterContext(assay.Server({"db": database.odbc}))

    def arguments(self, options):
        out = []
        if "fail_on" in options:
            out += ["--fail-on", options["fail_on"]]
        if options.get("verdict_as_data"):
            out += ["--verdict-as-data"]
        for option, name in (("run_timeout", "--timeout"),
                             ("on_hold", "--on-hold"),
                             ("hold_timeout", "--hold-timeout")):
            if option in options:
                out += [name, options[option]]
        return out

    def test_every_case(self):
        for number, case in enumerate(gate_outcomes.CASES):
            with self.subTest(case["name"]):
                options = case["options"]
                address = self.server.address
                if options.get("server") == "none":
                    address = f"unix:{self.directory}/nobody"
                out = self.directory / str(number)
                done = assay.assay(
                    "--server", address, "run", "-", "--wait-server", "1s",
                    "--out-dir", out, *self.arguments(options),
                    stdin=gate_outcomes.rule_set(case))
                self.assertEqual(done.returncode, case["exit"], done.stderr)
                self.assertEqual((out / "verdict").read_text().strip(),
                                 case["verdict"])
                self.assertEqual((out / "decision").read_text().strip(),
                                 case["decision"])

    def test_the_table_is_whole(self):
        # A column that is missing would pass unseen.
        for case in gate_outcomes.CASES:
            self.assertLessEqual(
                {"name", "data", "options", "verdict", "decision", "exit",
                 "airflow", "branch", "argo"}, set(case), json.dumps(case))


if __name__ == "__main__":
    unittest.main()
