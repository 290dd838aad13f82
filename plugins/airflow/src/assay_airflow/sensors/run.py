# SPDX-License-Identifier: Apache-2.0
"""A sensor for a run that somebody else has started."""
from __future__ import annotations

import datetime
import time
from collections.abc import Sequence
from typing import Any

from assay_airflow import gate, messages
from assay_airflow.exceptions import ServerUnavailable, ValidationErrored
from assay_airflow.hooks.assay import AssayHook
from assay_airflow.links import REPORT_URL_KEY, ReportLink
from assay_airflow.outcome import judge
from assay_airflow.rpc import CallError, Client
from assay_airflow.triggers.run import LONG_POLL, AssayRunTrigger
from assay_airflow.version_compat import (
    AirflowSkipException,
    BaseSensorOperator,
    PokeReturnValue,
    conf,
)


class AssayRunSensor(BaseSensorOperator):
    """Waits for a run, then succeeds or fails as a gate does. Never cancels.

    A run that is HELD is waited for. With `soft_fail` a gate that does not
    proceed skips.

    :param run_id: the run, e.g. `other_task.output["run_id"]` (templated)
    :param assay_conn_id: Airflow connection of type `assay` (templated)
    :param fail_on: `fail`, or `warn`: a warning fails as well
    :param verdict_as_data: succeed whenever the data was judged
    :param deferrable: wait in the triggerer
    :param server_grace: how long the server may be out of reach
    """

    template_fields: Sequence[str] = ("run_id", "assay_conn_id")
    ui_color = "#d8efe4"
    operator_extra_links = (ReportLink(),)

    def __init__(self, *, run_id: str,
                 assay_conn_id: str = AssayHook.default_conn_name,
                 fail_on: str = "fail", verdict_as_data: bool = False,
                 deferrable: bool | None = None, server_grace: Any = "10m",
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_id = run_id
        self.assay_conn_id = assay_conn_id
        self.fail_on = fail_on
        self.verdict_as_data = verdict_as_data
        self.deferrable = (
            conf.getboolean("operators", "default_deferrable", fallback=False)
            if deferrable is None else deferrable)
        self.server_grace = server_grace

    def execute(self, context: Any) -> Any:
        """Pokes once, and defers where that is wanted."""
        if not self.deferrable:
            return super().execute(context)
        first = self.poke(context)
        if first.is_done:
            return first.xcom_value
        timeout = self.timeout
        if isinstance(timeout, datetime.timedelta):
            timeout = timeout.total_seconds()
        self.defer(
            trigger=AssayRunTrigger(
                assay_conn_id=self.assay_conn_id,
                run_id=self.run_id,
                deadline=time.time() + timeout,
                server_grace=self._grace(),
            ),
            method_name="execute_complete",
            timeout=datetime.timedelta(seconds=timeout + 2 * LONG_POLL),
        )
        return None

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """After the trigger."""
        result = {"run_id": self.run_id}
        if event["status"] == "unavailable":
            raise ServerUnavailable(event["message"], result)
        if event["status"] == "timeout":
            if self.soft_fail:
                raise AirflowSkipException("the run is not finished in time")
            raise ValidationErrored(
                f"run {self.run_id} is not finished in time", result)
        if event["status"] != "done":
            raise ValidationErrored(event["message"], result)
        return self.poke(context).xcom_value

    def poke(self, context: Any) -> PokeReturnValue:
        """Looks at the run once."""
        request = messages.message("assay.v1.GetRunRequest")(
            run_id=self.run_id, view=2)
        with AssayHook(self.assay_conn_id).get_conn() as client:
            run = self._get(client, request)
            url = client.target.report_url(run.run_id)
        context["ti"].xcom_push(key=REPORT_URL_KEY, value=url)
        state = messages.state_of(run)
        if state not in messages.TERMINAL_STATES:
            if state == "HELD":
                self.log.warning("%s", gate.held_line(run))
            return PokeReturnValue(is_done=False)
        judged = judge(run, self.fail_on == "warn")
        result = gate.result_of(run, judged, url)
        command = gate.reproduce_command("", {}, run.run_id)
        for line in gate.summary(run, judged, url, command):
            self.log.info("%s", line)
        if judged.decision == "PROCEED" or (
                self.verdict_as_data and judged.verdict != "ERROR"):
            return PokeReturnValue(is_done=True, xcom_value=result)
        context["ti"].xcom_push(key="return_value", value=result)
        failure = gate.exception_of(judged, result)
        if self.soft_fail:
            raise AirflowSkipException(str(failure))
        raise failure

    def _grace(self) -> float:
        return gate.seconds_of(self.server_grace, "server_grace") or 0.0

    def _get(self, client: Client, request: Any) -> Any:
        try:
            return client.call("GetRun", request, grace=min(self._grace(), 60))
        except CallError as error:
            raise error.to_exception({"run_id": self.run_id}) from None
