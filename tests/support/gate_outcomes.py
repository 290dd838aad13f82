# SPDX-License-Identifier: Apache-2.0
"""The table gate_outcomes.json, and the data that makes its verdicts."""
import json
import pathlib

import assay

CASES = json.loads(pathlib.Path(__file__).with_suffix(".json").read_text())[
    "cases"]
# A table `gate` with two rows whose `v` are 0 and 7.
TABLE = ("CREATE TABLE gate (id INTEGER NOT NULL PRIMARY KEY, v INTEGER);"
         "INSERT INTO gate VALUES (1, 0), (2, 7);")
_BAD = "- range: {column: v, max: 0}\n  id: small\n"
_RULES = {
    "pass": "- row_count: {min: 1}\n",
    "warn": _BAD + "  fail_above: 90%\n  warn_above: 0\n",
    "fail": _BAD,
    "rollback": _BAD + "  on_fail: rollback\n",
    "error": "- not_null: [no_such_column]\n",
    "fail and error": _BAD + "- not_null: [no_such_column]\n",
    # SQLite counts for minutes.
    "slow": '- query: {sql: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL '
            'SELECT i + 1 FROM n WHERE i < 2000000000) SELECT MAX(i) FROM n",'
            " expect: value, min: 0}\n  id: slow\n",
    "invalid": "- no_such_rule: {}\n",
}


def rule_set(case, connection="db"):
    """The rule set of a case, on a table made by TABLE."""
    return assay.rule_set("gate", _RULES[case["data"]], connection=connection)
