# SPDX-License-Identifier: Apache-2.0
"""Operators that hold a DAG until the data is judged."""
from __future__ import annotations

import datetime
import os
import time
from collections.abc import Iterable, Sequence
from typing import Any

from assay_airflow import gate, messages, openlineage
from assay_airflow.exceptions import (
    RequestRejected,
    ServerUnavailable,
    ValidationErrored,
)
from assay_airflow.hooks.assay import AssayHook
from assay_airflow.links import REPORT_URL_KEY, ReportLink
from assay_airflow.outcome import Outcome, judge
from assay_airflow.rpc import CallError, Client
from assay_airflow.triggers.run import LONG_POLL, AssayRunTrigger
from assay_airflow.version_compat import (
    AirflowTaskTimeout,
    BaseOperator,
    BranchMixIn,
    conf,
)

# A gate that is judged so fast needs no trip through the triggerer.
_FIRST_WAIT = 2.0
_CANCEL_TIMEOUT = 5.0
_VIEW_FULL = 2
# Beyond `execution_timeout`, so that the trigger's own deadline comes first
# and the run is cancelled.
_DEFER_SLACK = datetime.timedelta(seconds=2 * LONG_POLL)


def _deferrable_default() -> bool:
    return conf.getboolean("operators", "default_deferrable", fallback=False)


class AssayGateOperator(BaseOperator):
    """Runs a rule set on assayd and succeeds only where it may proceed.

    One server run for each attempt of a task instance. FAIL raises
    ValidationFailed, which is not retried; ERROR raises ValidationErrored,
    which is retried where the cause may pass. The result (a small dict: see
    `gate.result_of`) is in XCom also where the task fails.

    :param rule_set: path of the YAML file, relative to the DAG's file or to a
        `template_searchpath` (templated)
    :param rule_set_text: the YAML itself, instead; never templated
    :param variables: values for the rule set's params (templated)
    :param assay_conn_id: Airflow connection of type `assay` (templated)
    :param fail_on: `fail`, or `warn`: a warning fails as well
    :param on_hold: `fail`, or `wait`: a FAIL that rolls nothing back waits for
        `assay release`, deferred, so that it uses no slot
    :param hold_timeout: how long it waits, e.g. "8h"; default: the server's
    :param verdict_as_data: succeed whenever the data was judged; the decision
        is in XCom
    :param run_timeout: time of the whole run on the server, e.g. "2h"
    :param lease: how long the run goes on when nobody waits for it
    :param labels: labels of the run, beside those of the task
    :param deferrable: wait in the triggerer
    :param server_grace: how long the server may be out of reach while waited
        for; to start a run it is tried for at most a minute
    :param cancel_on_kill: cancel the run when a user marks or clears the task
    """

    template_fields: Sequence[str] = (
        "rule_set", "variables", "assay_conn_id", "labels", "run_timeout",
        "hold_timeout",
    )
    template_fields_renderers = {"variables": "json", "labels": "json"}
    ui_color = "#d8efe4"
    operator_extra_links = (ReportLink(),)

    def __init__(
        self,
        *,
        rule_set: str | None = None,
        rule_set_text: str | None = None,
        variables: dict[str, Any] | None = None,
        assay_conn_id: str = AssayHook.default_conn_name,
        fail_on: str = "fail",
        on_hold: str = "fail",
        hold_timeout: Any = None,
        verdict_as_data: bool = False,
        run_timeout: Any = None,
        lease: Any = "5m",
        labels: dict[str, str] | None = None,
        deferrable: bool | None = None,
        server_grace: Any = "10m",
        cancel_on_kill: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rule_set = rule_set
        self.rule_set_text = rule_set_text
        self.variables = variables
        self.assay_conn_id = assay_conn_id
        self.fail_on = fail_on
        self.on_hold = on_hold
        self.hold_timeout = hold_timeout
        self.verdict_as_data = verdict_as_data
        self.run_timeout = run_timeout
        self.lease = lease
        self.labels = labels
        self.deferrable = (
            _deferrable_default() if deferrable is None else deferrable)
        self.server_grace = server_grace
        self.cancel_on_kill = cancel_on_kill
        self._request: Any = None  # Sent, maybe accepted.
        self._run_id = ""
        self._facts: list[openlineage.Fact] = []

    def execute(self, context: Any) -> Any:
        """Starts the run and waits for it, here or deferred."""
        deadline = self._deadline()
        with AssayHook(self.assay_conn_id).get_conn() as client:
            run = self._start(client, context)
            self._push_report_url(context, client, run.run_id)
            run = self._wait(client, run.run_id, deadline)
            if run is None:
                self._defer(deadline)
            return self._finish(context, client, run)

    def _deadline(self) -> float | None:
        if self.execution_timeout is None:
            return None
        return time.time() + self.execution_timeout.total_seconds()

    def _grace(self) -> float:
        return gate.seconds_of(self.server_grace, "server_grace") or 0.0

    def _text(self) -> str:
        if bool(self.rule_set) == bool(self.rule_set_text):
            raise RequestRejected(
                "one of rule_set (a file) and rule_set_text is wanted")
        if self.rule_set_text:
            return self.rule_set_text
        folders = []
        dag = self.get_dag()
        if dag is not None:
            folders.append(os.path.dirname(dag.fileloc))
            search = dag.template_searchpath or []
            folders += [search] if isinstance(search, str) else list(search)
        return gate.read_rule_set(str(self.rule_set), folders)

    def _start(self, client: Client, context: Any) -> Any:
        identity = gate.identity_of(context)
        request = gate.start_request(
            self._text(), gate.params_of(self.variables), identity,
            fail_on=self.fail_on,
            on_hold=self.on_hold,
            hold_timeout=gate.seconds_of(self.hold_timeout, "hold_timeout"),
            run_timeout=gate.seconds_of(self.run_timeout, "run_timeout"),
            lease=gate.seconds_of(self.lease, "lease"),
            labels=self.labels,
        )
        if context["ti"].try_number > 1:
            self._cancel_leftovers(client, identity)
        self._request = request
        try:
            # A worker's slot is not the place to wait for a server.
            run = client.call("StartRun", request,
                              grace=min(self._grace(), 60.0))
        except CallError as error:
            raise error.to_exception() from None
        self._run_id = run.run_id
        self.log.info("started run %s on %s", run.run_id,
                      client.target.address)
        return run

    def _cancel_leftovers(self, client: Client,
                          identity: gate.Identity) -> None:
        """What earlier tries left behind where nobody could cancel it: a
        worker or a triggerer that was killed. Best effort; the lease of such
        a run ends it as well."""
        labels = {key: value for key, value in identity.labels.items()
                  if key in ("scheduler", "workflow", "run")}
        request = messages.message("assay.v1.ListRunsRequest")(
            labels=labels, active_only=True, page_size=1000)
        try:
            for run in client.call("ListRuns", request, timeout=10).runs:
                if (run.correlation_id == identity.correlation_id
                        and run.request_id != identity.request_id):
                    _cancel(client, run.run_id, run.request_id)
                    self.log.info("cancelled run %s of an earlier try",
                                  run.run_id)
        except CallError as error:
            self.log.debug("runs of earlier tries: %s", error)

    def _push_report_url(self, context: Any, client: Client,
                         run_id: str) -> None:
        # Before anything is waited for: the link is there while it runs. Also
        # where there is none, because Airflow complains of what is missing.
        url = client.target.report_url(run_id)
        context["ti"].xcom_push(key=REPORT_URL_KEY, value=url)

    def _wait(self, client: Client, run_id: str,
              deadline: float | None) -> Any:
        """The terminal run, or None where the rest is to be waited for in the
        triggerer."""
        request = messages.message("assay.v1.WaitRunRequest")(
            run_id=run_id, view=_VIEW_FULL)
        wait = _FIRST_WAIT if self.deferrable else LONG_POLL
        while True:
            request.timeout.seconds = int(wait)
            begin = time.monotonic()
            run = self._call(client, "WaitRun", request, wait + 15.0,
                             {"run_id": run_id})
            state = messages.state_of(run)
            if state in messages.TERMINAL_STATES:
                return run
            if state == "HELD":
                self.log.warning("%s", gate.held_line(run))
                return None  # May take days: never in a slot.
            if self.deferrable:
                return None
            if deadline is not None and time.time() > deadline:
                raise AirflowTaskTimeout(f"run {run_id} is not finished")
            time.sleep(max(0.0, 0.2 - (time.monotonic() - begin)))

    def _call(self, client: Client, name: str, request: Any, timeout: float,
              result: dict[str, Any]) -> Any:
        try:
            return client.call(name, request, timeout=timeout,
                               grace=self._grace())
        except CallError as error:
            if error.reason == "RUN_NOT_FOUND":
                # The server has lost it, or retention took it: another try
                # starts another run.
                raise ValidationErrored(str(error), result) from None
            raise error.to_exception(result) from None

    def _defer(self, deadline: float | None) -> None:
        timeout = None
        if deadline is not None:
            left = max(0.0, deadline - time.time())
            timeout = datetime.timedelta(seconds=left) + _DEFER_SLACK
        request_id = self._request.request_id if self.cancel_on_kill else ""
        self.defer(
            trigger=AssayRunTrigger(
                assay_conn_id=self.assay_conn_id,
                run_id=self._run_id,
                request_id=request_id,
                deadline=deadline,
                server_grace=self._grace(),
            ),
            method_name="execute_complete",
            kwargs={"request_id": self._request.request_id},
            timeout=timeout,
        )

    def execute_complete(self, context: Any, event: dict[str, Any],
                         request_id: str = "") -> Any:
        """After the trigger. May be called twice with the same event."""
        run_id = self._run_id = event["run_id"]
        result = {"run_id": run_id, "verdict": "ERROR", "decision": "HOLD"}
        with AssayHook(self.assay_conn_id).get_conn() as client:
            result["report_url"] = client.target.report_url(run_id)
            status = event["status"]
            if status == "timeout":
                self._cancel_quietly(client, run_id, request_id)
                raise AirflowTaskTimeout(
                    f"run {run_id} is cancelled: {event['message']}")
            if status == "unavailable":
                raise ServerUnavailable(event["message"], result)
            if status != "done":
                raise ValidationErrored(event["message"], result)
            request = messages.message("assay.v1.GetRunRequest")(
                run_id=run_id, view=_VIEW_FULL)
            run = self._call(client, "GetRun", request, 30.0, result)
            return self._finish(context, client, run)

    def _finish(self, context: Any, client: Client, run: Any) -> Any:
        url = client.target.report_url(run.run_id)
        judged = judge(run, self.fail_on == "warn")
        if not judged.terminal:
            judged = Outcome(True, "ERROR", retryable=True, contradiction=(
                judged.contradiction or "the run is not terminal"))
        result = gate.result_of(run, judged, url)
        self._facts = openlineage.facts_of(run)
        path = "" if self.rule_set_text else str(self.rule_set)
        command = gate.reproduce_command(
            path, gate.params_of(self.variables), run.run_id)
        say = (self.log.info if judged.verdict == "PASS"
               else self.log.warning if judged.decision == "PROCEED"
               else self.log.error)
        for line in gate.summary(run, judged, url, command):
            say("%s", line)
        return self._conclude(context, judged, result)

    def _conclude(self, context: Any, judged: Outcome,
                  result: dict[str, Any]) -> Any:
        if judged.decision == "PROCEED" or (
                self.verdict_as_data and judged.verdict != "ERROR"):
            return result
        # A task that raises pushes nothing by itself.
        context["ti"].xcom_push(key="return_value", value=result)
        raise gate.exception_of(judged, result)

    def on_kill(self) -> None:
        """The worker is told to end: withdraws our claim on the run."""
        if not self.cancel_on_kill or self._request is None:
            return
        # A channel of its own: a call may be under way in the other.
        with AssayHook(self.assay_conn_id).get_conn() as client:
            run_id = self._run_id
            try:
                if not run_id:  # The answer had not come yet; it is the same.
                    run_id = client.call("StartRun", self._request,
                                         timeout=_CANCEL_TIMEOUT).run_id
            except CallError as error:
                self.log.warning("the run is not cancelled: %s", error)
                return
            self._cancel_quietly(client, run_id, self._request.request_id)

    def _cancel_quietly(self, client: Client, run_id: str,
                        request_id: str) -> None:
        try:
            _cancel(client, run_id, request_id)
            self.log.info("cancelled run %s", run_id)
        except CallError as error:
            if error.reason != "RUN_ALREADY_FINISHED":
                self.log.warning("run %s is not cancelled: %s", run_id, error)

    def get_openlineage_facets_on_complete(self, _: Any) -> Any:
        """Data-quality assertions of the tables that were judged."""
        return openlineage.lineage_of(self._facts)


def _cancel(client: Client, run_id: str, request_id: str) -> None:
    request = messages.message("assay.v1.CancelRunRequest")(
        run_id=run_id, request_id=request_id)
    client.call("CancelRun", request, timeout=_CANCEL_TIMEOUT)


class AssayGateBranchOperator(AssayGateOperator, BranchMixIn):
    """Follows the branch of the decision, and skips the others.

    ERROR follows none: nobody rolls back because nobody knows. It raises as
    AssayGateOperator does, and so do decisions without a branch. Tasks that
    join the branches again need `trigger_rule="none_failed_min_one_success"`.

    :param proceed: task ids, or ids of task groups
    :param hold: the same for FAIL without a rollback; None: the task fails
    :param rollback: the same for a confirmed failure of a rule with
        `on_fail: rollback`; None: the task fails
    """

    inherits_from_skipmixin = True
    ui_color = "#f0e7d0"

    def __init__(self, *, proceed: str | Iterable[str],
                 hold: str | Iterable[str] | None = None,
                 rollback: str | Iterable[str] | None = None,
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.proceed = proceed
        self.hold = hold
        self.rollback = rollback

    def _conclude(self, context: Any, judged: Outcome,
                  result: dict[str, Any]) -> Any:
        branch = None
        if judged.verdict != "ERROR" and not judged.contradiction:
            branch = {"PROCEED": self.proceed, "HOLD": self.hold,
                      "ROLLBACK": self.rollback}[judged.decision]
        if branch is None:
            return super()._conclude(context, judged, result)
        # Airflow 3 leaves `do_branch` by an exception and pushes nothing.
        context["ti"].xcom_push(key="return_value", value=result)
        self.do_branch(
            context, branch if isinstance(branch, str) else list(branch))
        return result
