# SPDX-License-Identifier: Apache-2.0
"""A whole Airflow 3: API server, scheduler, DAG processor, triggerer.

Runs under the interpreter that has Airflow, in AIRFLOW_HOME; every process is
ended by `stop`, whatever happens.
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import assay


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Airflow:
    """`connections`: {id: JSON}, as environment variables hold them."""

    def __init__(self, connections, **extra):
        self.home = pathlib.Path(os.environ["AIRFLOW_HOME"])
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.processes = {}
        self.token = None
        self.env = dict(os.environ)
        self.env.update({
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL":
                f"{self.url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__API_AUTH__JWT_SECRET": "of-this-test-only" * 4,
            "AIRFLOW__API__SECRET_KEY": "of-this-test-only" * 4,
            "AIRFLOW__API__WORKERS": "1",
            # A busy machine is not what is tested.
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "6",
            "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
            "AIRFLOW__SCHEDULER__TRIGGERER_CHECK_INTERVAL": "2",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            **{f"AIRFLOW_CONN_{name.upper()}": value
               for name, value in connections.items()},
            **extra,
        })

    def start(self):
        self.start_one("api-server", "--host", "127.0.0.1", "--port",
                       str(self.port))
        assay.wait_for(self.answers, 300, "the API server")
        for name in ("scheduler", "dag-processor"):
            self.start_one(name)
        self.start_one("triggerer", "--skip-serve-logs")
        return self

    def start_one(self, name, *options):
        with open(self.home / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "airflow", name, *options],
                env=self.env, stdout=log, stderr=log, start_new_session=True)

    def log(self, name):
        return (self.home / f"{name}.log").read_text(errors="replace")

    def kill9(self, name):
        """The process and all that it started."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self):
        for name in list(self.processes):
            try:
                self.kill9(name)
            except ProcessLookupError:
                pass

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()

    def answers(self):
        try:
            self.token = self.call("GET", "/auth/token")["access_token"]
            return True
        except (OSError, KeyError):
            time.sleep(0.5)
            return False

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json",
                     **({"Authorization": f"Bearer {self.token}"}
                        if self.token else {})})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            raise OSError(f"{method} {path}: {error.code} "
                          f"{error.read().decode()[:500]}") from None

    def trigger(self, dag):
        """Starts a DAG run as soon as the DAG is known; its id."""
        def go():
            try:
                return self.call("POST", f"/api/v2/dags/{dag}/dagRuns",
                                 {"logical_date": None})["dag_run_id"]
            except OSError:
                time.sleep(1)
                return None
        return assay.wait_for(go, 300, f"DAG {dag}")

    def task(self, dag, run, task="gate"):
        return self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}"
                                f"/taskInstances/{task}")

    def wait_task(self, dag, run, state, task="gate", seconds=300, tries=1):
        def there():
            time.sleep(0.3)
            found = self.task(dag, run, task)
            return found["state"] == state and found["try_number"] >= tries
        try:
            return assay.wait_for(there, seconds, f"{task} {state}")
        except AssertionError:
            raise AssertionError(
                f"{self.task(dag, run, task)}\n{self.log('triggerer')[-4000:]}"
                f"\n{self.log('scheduler')[-4000:]}") from None

    def mark(self, dag, run, state, task="gate"):
        self.call("PATCH", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances"
                           f"/{task}", {"new_state": state})

    def clear(self, dag, run, task="gate"):
        self.call("POST", f"/api/v2/dags/{dag}/clearTaskInstances",
                  {"dry_run": False, "dag_run_id": run, "task_ids": [task],
                   "only_failed": False, "reset_dag_runs": True})
