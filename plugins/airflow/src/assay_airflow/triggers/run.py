# SPDX-License-Identifier: Apache-2.0
"""Waits for a run in the triggerer: no worker slot, one long poll each."""
from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from assay_airflow import gate, messages
from assay_airflow.exceptions import AssayException
from assay_airflow.hooks.assay import AssayHook
from assay_airflow.rpc import AsyncClient, CallError

LONG_POLL = 25.0
_SLACK = 15.0  # What a slow network may add to a long poll.
_LEAST = 0.2  # A server that answers at once is not asked in a tight loop.


class AssayRunTrigger(BaseTrigger):
    """Fires once, when the run is terminal or cannot be waited for.

    The event is {"run_id", "status", "message"}; status is one of

      done          the run is terminal: ask the server for it
      timeout       `deadline` has come
      unavailable   the server was out of reach for `server_grace` seconds
      rejected      the server refuses to answer (not found, no permission)

    A restart of the triggerer, or a move to another one, cancels nothing. A
    user who marks the task or clears it does, with `request_id`.

    :param deadline: seconds since the epoch; None: none
    :param request_id: whose claim is withdrawn by a user; "": none is
    """

    def __init__(self, *, assay_conn_id: str, run_id: str,
                 request_id: str = "", deadline: float | None = None,
                 server_grace: float = 600.0) -> None:
        super().__init__()
        self.assay_conn_id = assay_conn_id
        self.run_id = run_id
        self.request_id = request_id
        self.deadline = deadline
        self.server_grace = server_grace

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments, JSON."""
        return "assay_airflow.triggers.run.AssayRunTrigger", {
            "assay_conn_id": self.assay_conn_id,
            "run_id": self.run_id,
            "request_id": self.request_id,
            "deadline": self.deadline,
            "server_grace": self.server_grace,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """One event; see the class."""
        try:
            status, message = await self._wait()
        except asyncio.CancelledError:
            if self.request_id and not hasattr(BaseTrigger, "on_kill"):
                await self._cancel_unless_ours_goes_on()
            raise
        yield TriggerEvent({"run_id": self.run_id, "status": status,
                            "message": message})

    async def _wait(self) -> tuple[str, str]:
        hook = AssayHook(self.assay_conn_id)
        try:
            async with hook.aget_conn() as client:
                return await self._poll(client)
        except CallError as error:
            return ("unavailable" if error.retryable else "rejected",
                    str(error))
        except AssayException as error:  # The connection is no good.
            return "rejected", str(error)

    async def _poll(self, client: AsyncClient) -> tuple[str, str]:
        held = False
        request = messages.message("assay.v1.WaitRunRequest")(
            run_id=self.run_id)
        while True:
            left = LONG_POLL
            if self.deadline is not None:
                left = min(left, self.deadline - time.time())
                if left <= 0:
                    return "timeout", "the task is out of time"
            request.timeout.seconds = int(left)
            request.timeout.nanos = int((left - int(left)) * 1e9)
            begin = time.monotonic()
            grace = self.server_grace
            if self.deadline is not None:
                grace = min(grace, max(self.deadline - time.time(), 0))
            run = await client.call("WaitRun", request, timeout=left + _SLACK,
                                    grace=grace)
            state = messages.state_of(run)
            if state in messages.TERMINAL_STATES:
                return "done", ""
            if state == "HELD" and not held:
                held = True
                full = messages.message("assay.v1.GetRunRequest")(
                    run_id=self.run_id)
                full.view = 2  # RUN_VIEW_FULL
                run = await client.call("GetRun", full, grace=grace)
                self.log.warning("%s", gate.held_line(run))
            spent = time.monotonic() - begin
            if spent < _LEAST:
                await asyncio.sleep(_LEAST - spent)

    async def on_kill(self) -> None:
        """Airflow 3.3 and later: a user has marked or cleared the task."""
        if self.request_id:
            await self._cancel()

    async def _cancel(self) -> None:
        request = messages.message("assay.v1.CancelRunRequest")(
            run_id=self.run_id, request_id=self.request_id)
        try:
            async with AssayHook(self.assay_conn_id).aget_conn() as client:
                await client.call("CancelRun", request, timeout=5, grace=10)
            self.log.info("cancelled run %s", self.run_id)
        except (CallError, AssayException) as error:
            if getattr(error, "reason", "") != "RUN_ALREADY_FINISHED":
                self.log.warning("run %s is not cancelled: %s", self.run_id,
                                 error)

    async def _cancel_unless_ours_goes_on(self) -> None:
        """Before Airflow 3.3 nobody says why a trigger is cancelled: the task
        instance tells. Still deferred in the same try: the triggerer stops,
        and another one goes on. Where nobody knows, nothing is cancelled; the
        run's lease ends it."""
        ti = self.task_instance
        if ti is None:
            return
        try:
            deferred = await asyncio.wait_for(_is_deferred(ti), 10)
        except Exception as error:
            self.log.warning("run %s goes on: cannot tell why this trigger is "
                             "cancelled: %s", self.run_id, error)
            return
        if not deferred:
            await self._cancel()


async def _is_deferred(ti: Any) -> bool:
    """Whether this try of the task instance is still deferred."""
    from asgiref.sync import sync_to_async

    try:
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
    except ImportError:
        return await sync_to_async(_is_deferred_2)(ti)
    states = await sync_to_async(RuntimeTaskInstance.get_task_states)(
        dag_id=ti.dag_id, task_ids=[ti.task_id], run_ids=[ti.run_id],
        map_index=ti.map_index)
    key = ti.task_id if ti.map_index < 0 else f"{ti.task_id}_{ti.map_index}"
    return str(states.get(ti.run_id, {}).get(key)) == "deferred"


def _is_deferred_2(ti: Any) -> bool:
    from airflow.models import TaskInstance
    from airflow.utils.session import create_session

    with create_session() as session:
        row = (
            session.query(TaskInstance.state, TaskInstance.try_number)
            .filter(
                TaskInstance.dag_id == ti.dag_id,
                TaskInstance.task_id == ti.task_id,
                TaskInstance.run_id == ti.run_id,
                TaskInstance.map_index == ti.map_index,
            )
            .one_or_none()
        )
    return (
        row is not None
        and str(row.state) == "deferred"
        and row.try_number == ti.try_number
    )
