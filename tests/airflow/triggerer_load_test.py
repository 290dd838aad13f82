# SPDX-License-Identifier: Apache-2.0
"""A thousand gates wait in one real triggerer for one assayd, and are released.

Only with ASSAY_TEST_MODE=full, and under Airflow 3. Prints one line of JSON
with what it has measured; docs/airflow.md has the numbers and the method.
ASSAY_GATES: another number of gates.
"""
import datetime
import json
import os
import re
import subprocess
import sys
import time
import unittest

import assay
import case

FULL = assay.FULL and os.environ["ASSAY_AIRFLOW"].startswith("3")
GATES = int(os.environ.get("ASSAY_GATES", "1000"))
IDLE = 30.0  # Seconds; longer than one long poll.
PACE = 0.05  # Between two releases, where they come one by one.

DAG = '''
with DAG("load", schedule=None, start_date=EPOCH, catchup=False):
    AssayGateOperator.partial(
        task_id="gate", rule_set_text={text!r}, on_hold="wait",
        deferrable=True).expand(variables=[{{}}] * {gates})
'''


def processes(group):
    """The pids of a process group."""
    out = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if os.getpgid(int(name)) == group:
                    out.append(int(name))
            except ProcessLookupError:
                pass
    return out


def usage(pids):
    """(MiB of their own, seconds of a processor) of processes together.
    What they share is divided among those who share it."""
    memory = cpu = 0.0
    ticks = os.sysconf("SC_CLK_TCK")
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            found = re.search(r"^Pss:\s+(\d+) kB", file.read(), re.MULTILINE)
        memory += int(found.group(1)) / 1024
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        cpu += (int(fields[11]) + int(fields[12])) / ticks
    return memory, cpu


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


@unittest.skipUnless(FULL, "ASSAY_TEST_MODE=full, Airflow 3")
class TriggererLoadTest(case.Case):
    extra = f"  max_queued_runs: {2 * GATES}\n" + case.HTTP

    @classmethod
    def setUpClass(cls):
        import airflow_live
        super().setUpClass()
        path = case.DAGS / "load.py"
        path.write_text(case.HEADER.format(name="load_unused") + DAG.format(
            text=case.rules(case.BAD), gates=GATES))
        cls.addClassCleanup(path.unlink)
        cls.airflow = airflow_live.Airflow(
            {"assay_default": case.connection(cls.server.address)})
        cls.addClassCleanup(cls.airflow.stop)

    def start_runs(self):
        """Run ids; every run is HELD, so that it waits without working."""
        from assay_airflow import AssayHook, messages
        start = messages.message("assay.v1.StartRunRequest")(
            rule_set=case.rules(case.BAD))
        start.options.on_hold = 2  # WAIT
        active = messages.message("assay.v1.ListRunsRequest")(
            active_only=True, page_size=1000)
        with AssayHook().get_conn() as client:
            runs = [client.call("StartRun", start, grace=60).run_id
                    for _ in range(GATES)]

            def held():
                time.sleep(0.5)
                found = client.call("ListRuns", active, timeout=60).runs
                return [messages.state_of(run) for run in found] == (
                    ["HELD"] * min(GATES, 1000))
            assay.wait_for(held, 300, "HELD runs")
        return runs

    def defer(self, runs):
        """Task instances of a DAG run, one for each server run, deferred as
        the API server does it for a worker; {run id: task instance's id}."""
        from airflow.api.common.trigger_dag import trigger_dag
        from airflow.models.taskinstance import TaskInstance
        from airflow.models.trigger import Trigger
        from airflow.utils.session import create_session
        from airflow.utils.types import DagRunTriggeredByType
        from assay_airflow import AssayRunTrigger
        subprocess.run([sys.executable, "-m", "airflow", "dags",
                        "reserialize"], env=self.airflow.env, check=True,
                       stdout=subprocess.DEVNULL)
        dag_run = trigger_dag(
            "load", triggered_by=DagRunTriggeredByType.TEST, run_id="load",
            run_after=datetime.datetime.now(datetime.timezone.utc))
        self.assertIsNotNone(dag_run)
        out = {}
        with create_session() as session:
            instances = session.query(TaskInstance).filter(
                TaskInstance.dag_id == "load").all()
            self.assertEqual(len(instances), GATES)
            for run, instance in zip(runs, instances):
                path, kwargs = AssayRunTrigger(
                    assay_conn_id="assay_default", run_id=run,
                    request_id=run, server_grace=600.0).serialize()
                trigger = Trigger(classpath=path, kwargs=kwargs)
                session.add(trigger)
                session.flush()
                instance.trigger_id = trigger.id
                instance.state = "deferred"
                instance.try_number = 1
                instance.next_method = "execute_complete"
                instance.next_kwargs = {"request_id": run}
                out[run] = str(instance.id)
        return out

    def fired(self):
        """{task instance's id: (when, event)} of those that go on."""
        from airflow.models.taskinstance import TaskInstance
        from airflow.sdk.serde import deserialize
        from airflow.utils.session import create_session
        with create_session() as session:
            return {
                str(one.id): (one.scheduled_dttm,
                              deserialize(one.next_kwargs)["event"])
                for one in session.query(TaskInstance).filter(
                    TaskInstance.dag_id == "load",
                    TaskInstance.state == "scheduled")}

    def fired_if(self, wanted):
        """`fired`, once all of these go on."""
        out = self.fired()
        return out if wanted <= out.keys() else None

    def release(self, runs, pace):
        from assay_airflow import AssayHook, messages
        kind = messages.message("assay.v1.ReleaseHoldRequest")
        with AssayHook().get_conn() as client:
            for run in runs:
                client.call("ReleaseHold", kind(
                    run_id=run, reason="all of them are known"), grace=60)
                time.sleep(pace)

    def delays(self, gates, runs):
        """Seconds from the end of each run to its event in the database."""
        from assay_airflow import AssayHook, messages
        wanted = {gates[run] for run in runs}
        fired = assay.wait_for(
            lambda: time.sleep(1) or self.fired_if(wanted), 300,
            "the events")
        kind = messages.message("assay.v1.GetRunRequest")
        out = []
        with AssayHook().get_conn() as client:
            for run in runs:
                when, event = fired[gates[run]]
                self.assertEqual(event, {"run_id": run, "status": "done",
                                         "message": ""})
                ended = client.call("GetRun", kind(run_id=run))
                self.assertEqual(messages.decision_of(ended), "PROCEED")
                end = ended.end_time.ToDatetime(datetime.timezone.utc)
                out.append((when - end).total_seconds())
        return out

    def test_a_thousand_gates_in_one_triggerer(self):
        server = [self.server.process.pid]
        numbers = {"gates": GATES, "assayd_mib": usage(server)[0]}
        self.airflow.start_one("triggerer", "--skip-serve-logs")
        group = self.airflow.processes["triggerer"].pid
        assay.wait_for(lambda: time.sleep(0.5) or len(processes(group)) >= 2,
                       120, "the triggerer")
        time.sleep(10)  # It has loaded what it needs.
        numbers["triggerer_mib"] = usage(processes(group))[0]
        runs = self.start_runs()
        numbers["assayd_held_mib"] = usage(server)[0]
        gates = self.defer(runs)
        begin = time.monotonic()
        self.waiting(GATES)
        numbers["taken_up_s"] = time.monotonic() - begin
        time.sleep(5)

        before = (usage(server)[1], usage(processes(group))[1], self.metric(
            "assay_requests_total", "WaitRun"))
        begin = time.monotonic()
        time.sleep(IDLE)
        calls = self.metric("assay_requests_total", "WaitRun")
        took = time.monotonic() - begin
        numbers["assayd_waiting_mib"], cpu = usage(server)
        numbers["assayd_cpu_percent"] = 100 * (cpu - before[0]) / took
        numbers["triggerer_waiting_mib"], cpu = usage(processes(group))
        numbers["triggerer_cpu_percent"] = 100 * (cpu - before[1]) / took
        numbers["calls_per_s"] = (calls - before[2]) / took
        self.assertEqual(self.fired(), {})
        # Long polls of 25 s: two in 30 s each, at most.
        self.assertLessEqual(calls - before[2], 2 * GATES)

        half = GATES // 2
        self.release(runs[:half], PACE)
        steady = self.delays(gates, runs[:half])
        self.release(runs[half:], 0)
        burst = self.delays(gates, runs[half:])
        for name, values in (("steady", steady), ("burst", burst)):
            numbers[f"{name}_p50_s"] = quantile(values, 0.5)
            numbers[f"{name}_p99_s"] = quantile(values, 0.99)
        numbers["assayd_cpu_s"] = usage(server)[1]
        self.assertEqual(len(self.fired()), GATES)
        print(json.dumps({key: round(value, 3)
                          for key, value in numbers.items()}))
        # What `docs/performance.md` promises of any work.
        self.assertLess(numbers["assayd_waiting_mib"], 256)


if __name__ == "__main__":
    unittest.main()
