# SPDX-License-Identifier: Apache-2.0
"""The trigger against a real assayd, on a loop as a triggerer has one."""
import asyncio
import json
import os
import time
import unittest

import assay
import case
from assay_airflow import AssayHook, AssayRunTrigger, messages

# triggerer_load_test.py has a whole triggerer with a thousand.
GATES = 1000 if assay.FULL else 50


def again(trigger):
    """As another process makes it from what the database holds."""
    path, kwargs = trigger.serialize()
    assert path == "assay_airflow.triggers.run.AssayRunTrigger"
    return AssayRunTrigger(**json.loads(json.dumps(kwargs)))


async def first_event(trigger):
    async for event in again(trigger).run():
        return event.payload
    raise AssertionError("no event")


class TriggerTest(case.Case):
    extra = "  max_queued_runs: 2000\n"

    def start(self, yaml=case.GOOD, request_id=""):
        request = messages.message("assay.v1.StartRunRequest")(
            rule_set=case.rules(yaml), request_id=request_id)
        with AssayHook().get_conn() as client:
            return client.call("StartRun", request).run_id

    def trigger(self, run_id, **kwargs):
        arguments = {"assay_conn_id": "assay_default", "run_id": run_id,
                     "server_grace": 5.0, **kwargs}
        return AssayRunTrigger(**arguments)

    def state(self, run_id):
        request = messages.message("assay.v1.GetRunRequest")(run_id=run_id)
        with AssayHook().get_conn() as client:
            return messages.state_of(client.call("GetRun", request))

    def cancel(self, run_id):
        request = messages.message("assay.v1.CancelRunRequest")(run_id=run_id)
        with AssayHook().get_conn() as client:
            client.call("CancelRun", request)

    def test_fires_once_when_the_run_ends(self):
        run_id = self.start()
        event = asyncio.run(first_event(self.trigger(run_id)))
        self.assertEqual(event, {"run_id": run_id, "status": "done",
                                 "message": ""})
        self.assertEqual(
            event, asyncio.run(first_event(self.trigger(run_id))))

    def test_a_run_that_is_not_there(self):
        event = asyncio.run(first_event(self.trigger("nothing")))
        self.assertEqual(event["status"], "rejected")
        self.assertIn("RUN_NOT_FOUND", event["message"])

    def test_a_server_that_stays_away(self):
        self.use(case.connection(f"unix:{self.directory}/nobody"))
        event = asyncio.run(
            first_event(self.trigger("x", server_grace=0.5)))
        self.assertEqual(event["status"], "unavailable")

    def test_out_of_time(self):
        run_id = self.start(case.SLOW)
        self.addCleanup(self.cancel, run_id)
        event = asyncio.run(first_event(
            self.trigger(run_id, deadline=time.time() + 0.5)))
        self.assertEqual(event["status"], "timeout")

    def test_a_restart_cancels_nothing_and_a_user_does(self):
        run_id = self.start(case.SLOW, request_id="mine")

        async def stop():
            waiting = asyncio.create_task(
                first_event(self.trigger(run_id, request_id="mine")))
            await asyncio.sleep(0.5)
            # By its message Airflow 3.3 knows that a user has acted.
            waiting.cancel("a user")
            with self.assertRaises(asyncio.CancelledError) as caught:
                await waiting
            self.assertEqual(caught.exception.args, ("a user",))

        asyncio.run(stop())
        self.assertEqual(self.state(run_id), "RUNNING")
        trigger = self.trigger(run_id, request_id="mine")
        asyncio.run(again(trigger).on_kill())
        assay.wait_for(lambda: self.state(run_id) == "CANCELLED",
                       what="CANCELLED")
        # Twice does no harm.
        asyncio.run(again(trigger).on_kill())

    def test_the_server_restarts_meanwhile(self):
        run_id = self.start(case.SLOW)

        async def wait():
            waiting = asyncio.create_task(
                first_event(self.trigger(run_id, server_grace=60.0)))
            await asyncio.sleep(0.5)
            await asyncio.to_thread(self.server.kill9)
            await asyncio.to_thread(self.server.start)
            await asyncio.sleep(0.5)
            self.assertFalse(waiting.done())
            await asyncio.to_thread(self.cancel, run_id)
            return await waiting

        self.assertEqual(asyncio.run(wait())["status"], "done")
        self.assertEqual(self.state(run_id), "CANCELLED")

    def test_many_gates_wait_on_one_loop(self):
        """Each on a run of its own that is HELD, all over one connection."""
        start = messages.message("assay.v1.StartRunRequest")(
            rule_set=case.rules(case.BAD))
        start.options.on_hold = 2  # WAIT
        release = messages.message("assay.v1.ReleaseHoldRequest")

        async def each(client, name, requests):
            return await asyncio.gather(*(
                client.call(name, one, timeout=120, grace=120)
                for one in requests))

        async def wait():
            async with AssayHook().aget_conn() as client:
                runs = [run.run_id for run in await each(
                    client, "StartRun", [start] * GATES)]
                self.assertEqual(len(set(runs)), GATES)
                gates = [asyncio.create_task(first_event(
                    self.trigger(one, server_grace=120.0))) for one in runs]
                active = messages.message("assay.v1.ListRunsRequest")(
                    active_only=True, page_size=1000)
                while True:  # Until all of them are HELD.
                    found = await client.call("ListRuns", active, timeout=60)
                    if [messages.state_of(r) for r in found.runs] == (
                            ["HELD"] * GATES):
                        break
                    await asyncio.sleep(0.5)
                turns = 0
                end = time.monotonic() + 5
                while time.monotonic() < end:
                    await asyncio.sleep(0.01)
                    turns += 1
                # Nothing blocks the loop; some 400 on an idle machine.
                self.assertGreater(turns, 20)
                self.assertFalse(any(gate.done() for gate in gates))
                sockets = sum(
                    os.path.islink(path) and "socket:" in os.readlink(path)
                    for path in (f"/proc/self/fd/{fd}"
                                 for fd in os.listdir("/proc/self/fd")))
                await each(client, "ReleaseHold", [
                    release(run_id=one, reason="all of them are known")
                    for one in runs])
                return sockets, await asyncio.gather(*gates)

        sockets, events = asyncio.run(wait())
        self.assertEqual([event["status"] for event in events],
                         ["done"] * GATES)
        self.assertLess(sockets, 20)


if __name__ == "__main__":
    unittest.main()
