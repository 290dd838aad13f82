# SPDX-License-Identifier: Apache-2.0
"""What the tests of the provider share: an assayd, databases, DAGs."""
import contextlib
import json
import os
import pathlib
import re
import sqlite3
import tempfile
import textwrap
import time
import unittest
import urllib.request

import assay

GOOD = "- row_count: {min: 1}\n"
WARN = "- range: {column: v, max: 0}\n  id: small\n  fail_above: 50%\n"
BAD = "- range: {column: v, max: 0}\n  id: small\n"
ROLLBACK = BAD + "  on_fail: rollback\n"
MISSING = "- not_null: [no_such_column]\n"
# For `extra`.
HTTP = "http:\n  listen: 127.0.0.1:0\n"
# SQLite counts for minutes.
SLOW = (
    '- query: {sql: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 '
    'FROM n WHERE i < 2000000000) SELECT MAX(i) FROM n", expect: value, '
    "min: 0}\n  id: slow\n")


def connection(address, **extra):
    """An Airflow connection, as its environment variables hold it."""
    out = {"conn_type": "assay"}
    if address.startswith("unix:"):
        out["host"] = address
    else:
        host, port = address.rsplit(":", 1)
        out.update(host=host, port=int(port))
    if "token" in extra:
        out["password"] = extra.pop("token")
    if extra:
        out["extra"] = json.dumps(extra)
    return json.dumps(out)


class Case(unittest.TestCase):
    """One assayd for the class, with a small SQLite table `t`."""

    connections = {}
    extra = ""
    options = ()

    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.directory = pathlib.Path(directory.name)
        cls.database = assay.sqlite(cls.directory / "test.db")
        cls.database.load("CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, "
                          "v INTEGER); INSERT INTO t VALUES (1, 0), (2, 0), "
                          "(3, 0), (4, 7);")
        cls.server = assay.Server({"db": cls.database.odbc,
                                   **cls.connections}, cls.extra,
                                  options=cls.options)
        cls.addClassCleanup(cls.server.__exit__)
        cls.server.start()

    def setUp(self):
        self.use(connection(self.server.address,
                            report_base_url="https://assay.example"))

    def use(self, value, name="ASSAY_DEFAULT"):
        os.environ[f"AIRFLOW_CONN_{name}"] = value

    def metric(self, name, rpc):
        """A metric with the label `rpc`, of a server with `HTTP`."""
        address = next(a for a in self.server.ready if a.startswith("http:"))
        with urllib.request.urlopen(f"{address}/metrics",
                                    timeout=60) as answer:
            text = answer.read().decode()
        found = re.search(rf'^{name}{{rpc="{rpc}"}} (\S+)$', text,
                          re.MULTILINE)
        return float(found.group(1)) if found else 0.0

    def waiting(self, calls):
        """Waits until so many calls wait for the ends of runs."""
        assay.wait_for(
            lambda: time.sleep(0.2) or self.metric(
                "assay_waiting_clients", "WaitRun") == calls, 300,
            f"{calls} open calls of WaitRun")

    def runs(self, **labels):
        """Runs of the server as `assay runs` lists them, newest first."""
        arguments = []
        for key, value in labels.items():
            arguments += ["--label", f"{key}={value}"]
        done = self.server.assay("runs", "--format", "json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        out = json.loads(done.stdout)
        return out.get("runs", []) if isinstance(out, dict) else out


def rules(yaml, **kwargs):
    """The text of a rule set about `t`."""
    return assay.rule_set("t", yaml, **kwargs)


# `dag.test()` of Airflow 3 knows only DAGs of this folder.
DAGS = pathlib.Path(os.environ["AIRFLOW_HOME"]) / "dags"


def dag_file(name, body):
    """The DAG of a file with this body, loaded as Airflow would."""
    path = DAGS / f"{name}.py"
    path.write_text(HEADER.format(name=name) + textwrap.dedent(body))
    return load(path)[0]


# What every DAG file of these tests begins with.
HEADER = '''
import datetime
try:
    from airflow.sdk import DAG, task
except ImportError:
    from airflow import DAG
    from airflow.decorators import task
from assay_airflow import (
    AssayGateBranchOperator, AssayGateOperator, AssayRunSensor)

EPOCH = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
NO_DELAY = datetime.timedelta(0)
a_dag = DAG("{name}", schedule=None, start_date=EPOCH, catchup=False)
'''


def load(path):
    """The DAGs of a file; its mistakes are failures."""
    try:
        from airflow.dag_processing.dagbag import DagBag
    except ImportError:
        from airflow.models.dagbag import DagBag
    bag = DagBag(dag_folder=str(path))
    if bag.import_errors:
        raise AssertionError(bag.import_errors)
    return list(bag.dags.values())


def states(dag_run):
    """{task id, or task id[map index]: state} of a finished DAG run."""
    out = {}
    for ti in dag_run.get_task_instances():
        name = ti.task_id
        if ti.map_index >= 0:
            name += f"[{ti.map_index}]"
        out[name] = str(ti.state) if ti.state is not None else None
    return out


def xcom(dag_run, task_id, key="return_value", map_index=-1):
    """A value that a task has pushed; None: it has not."""
    # Not through the session of `dag.test()`, which may look at the past.
    with contextlib.closing(sqlite3.connect(
            DAGS.parent / "airflow.db", timeout=30)) as database:
        row = database.execute(
            "SELECT value FROM xcom WHERE dag_id = ? AND run_id = ? AND "
            "task_id = ? AND key = ? AND map_index = ?",
            (dag_run.dag_id, dag_run.run_id, task_id, key, map_index)
        ).fetchone()
    value = row and json.loads(row[0])
    return json.loads(value) if isinstance(value, str) and value[:1] == "{" \
        else value
