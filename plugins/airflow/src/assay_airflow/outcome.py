# SPDX-License-Identifier: Apache-2.0
"""What a run means to a migration: fails closed.

The same reading as that of the command line (validator/report/outcome.cc):
what is unknown, missing or contradictory is ERROR and HOLD. Pure functions.
"""
from __future__ import annotations

import dataclasses
from typing import Any

from assay_airflow import messages

_RANK = {"PASS": 0, "WARN": 1, "ERROR": 2, "FAIL": 3}


@dataclasses.dataclass(frozen=True)
class Outcome:
    """`decision` is PROCEED or ROLLBACK only where everything agrees."""

    terminal: bool
    verdict: str  # PASS, WARN, FAIL, ERROR; "" where it is not judged yet.
    decision: str = "HOLD"
    retryable: bool = False
    # What was not understood in the server's answer; "" where all agreed.
    contradiction: str = ""


def _worse_result(run: Any) -> bool:
    counts = run.counts
    worst = 0
    if counts.warn_count:
        worst = 1
    if counts.error_count:
        worst = 2
    if counts.fail_count:
        worst = 3
    for result in run.results:
        worst = max(worst, _RANK[messages.verdict_of(result)])
    return worst > _RANK[messages.verdict_of(run)]


def _why_not_proceed(run: Any) -> str:
    if messages.state_of(run) != "SUCCEEDED":
        return "the run did not succeed, but its verdict says so"
    if messages.decision_of(run) != "PROCEED":
        return "verdict and decision do not agree"
    if run.HasField("error"):
        return "the run has an error, but its verdict has none"
    counts = run.counts
    judged = counts.pass_count > 0 or counts.warn_count > 0
    if not run.results and not judged:
        return "no rule was judged"
    if _worse_result(run):
        return "a result is worse than the run's verdict"
    return ""


def is_released(run: Any) -> bool:
    """Whether somebody with a name and a reason has released the hold."""
    if "release" not in run.DESCRIPTOR.fields_by_name:
        return False
    release = run.release
    return (
        run.HasField("release")
        and bool(release.principal)
        and bool(release.reason)
        and release.HasField("release_time")
    )


def _why_not_released(run: Any) -> str:
    if not is_released(run):
        return "verdict and decision do not agree, and nobody released it"
    if messages.state_of(run) != "SUCCEEDED":
        return "a run that did not succeed cannot be released"
    if run.HasField("error"):
        return "a run with an error cannot be released"
    return ""


def judge(run: Any, fail_on_warn: bool = False) -> Outcome:
    """Reads a run; with `fail_on_warn` a WARN never proceeds."""
    state = messages.state_of(run)
    if state not in messages.TERMINAL_STATES:
        if state == "HELD":
            return Outcome(False, messages.verdict_of(run))
        why = "" if state else "the run's state is not known to this client"
        return Outcome(False, "", contradiction=why)
    verdict = messages.verdict_of(run)
    decision = messages.decision_of(run)
    if verdict in ("PASS", "WARN"):
        held = verdict == "WARN" and (
            fail_on_warn
            # A server that counts WARN as FAIL may keep the verdict's word.
            or (
                state == "SUCCEEDED"
                and decision == "HOLD"
                and not _worse_result(run)
            )
        )
        if held:
            return Outcome(True, verdict)
        why = _why_not_proceed(run)
        if not why:
            return Outcome(True, verdict, "PROCEED")
        return Outcome(
            True, "ERROR", retryable=run.retryable, contradiction=why
        )
    if verdict == "FAIL":
        if decision == "ROLLBACK":
            if state == "SUCCEEDED":
                return Outcome(True, verdict, "ROLLBACK")
            why = "a run that did not succeed cannot roll back"
            return Outcome(True, verdict, contradiction=why)
        if decision == "PROCEED":
            why = _why_not_released(run)
            if not why:
                return Outcome(True, verdict, "PROCEED")
            return Outcome(True, verdict, contradiction=why)
        return Outcome(True, verdict)
    why = ""
    if messages.word(run, "verdict") != "VERDICT_ERROR":
        why = "the run's verdict is not known to this client"
    elif decision != "HOLD":
        why = "verdict and decision do not agree"
    return Outcome(
        True, "ERROR", retryable=run.retryable, contradiction=why
    )
