# SPDX-License-Identifier: Apache-2.0
"""A gate: what is asked of the server, and what its answer is to a task.

Shared by operators, sensor and trigger. Nothing here imports gRPC or knows a
task's life.
"""
from __future__ import annotations

import dataclasses
import hashlib
import pathlib
import re
import shlex
from typing import Any

from assay_airflow import messages, outcome
from assay_airflow.exceptions import (
    AssayException,
    RequestRejected,
    ValidationErrored,
    ValidationErroredPermanently,
    ValidationFailed,
)

SCHEMA_VERSION = 1
MAX_LOGGED_RULES = 7
MAX_RULES_IN_XCOM = 50
_MAX_ID_BYTES = 256
_MAX_LABEL_BYTES = 1024
_WORST_FIRST = ("FAIL", "ERROR", "WARN")


@dataclasses.dataclass(frozen=True)
class Identity:
    """Who asks: one logical attempt of one task instance."""

    request_id: str
    correlation_id: str
    labels: dict[str, str]


def _bounded(text: str) -> str:
    """`text`, or its beginning and its digest where it is too long."""
    data = text.encode()
    if len(data) <= _MAX_ID_BYTES:
        return text
    digest = hashlib.sha256(data).hexdigest()
    head = data[: _MAX_ID_BYTES - len(digest) - 1].decode(errors="ignore")
    return f"{head}~{digest}"


def _label(text: Any) -> str:
    data = str(text).encode()[:_MAX_LABEL_BYTES]
    return data.decode(errors="ignore")


def identity_of(context: Any) -> Identity:
    """The ids of this attempt.

    dag, run, task, map index and try name the attempt; what follows keeps it
    apart from one of the same name: of another Airflow, or of a run that was
    deleted and made again. Such a one must never be given this verdict.
    """
    ti = context["ti"]
    dag_run = context.get("dag_run")
    started = str(getattr(dag_run, "start_date", "") or "")
    task = f"airflow/{ti.dag_id}/{ti.run_id}/{ti.task_id}/{ti.map_index}"
    # Airflow 3 makes a new id for every try; Airflow 2 has one of the run.
    own = getattr(ti, "id", None) or f"{getattr(dag_run, 'id', '')}-{started}"
    name = ti.task_id
    if ti.map_index is not None and ti.map_index >= 0:
        name += f"[{getattr(ti, 'rendered_map_index', None) or ti.map_index}]"
    labels = {
        "scheduler": "airflow",
        "workflow": _label(ti.dag_id),
        "task": _label(name),
        "run": _label(ti.run_id),
        "try": str(ti.try_number),
    }
    url = getattr(ti, "log_url", "")
    if isinstance(url, str) and url:
        labels["url"] = _label(url)
    return Identity(
        request_id=_bounded(f"{task}/{ti.try_number}/{own}"),
        correlation_id=_bounded(f"{task}/{started}"),
        labels=labels,
    )


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds_of(value: Any, name: str) -> float | None:
    """Seconds of "90s", "2h", a number, a timedelta; None stays None."""
    if value is None or value == "":
        return None
    if hasattr(value, "total_seconds"):
        return float(value.total_seconds())
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*", str(value))
    if not match:
        raise RequestRejected(
            f"{name}: {value!r} is no duration; write 90s, 5m, 2h or 1d")
    return float(match.group(1)) * _UNITS[match.group(2)]


def _set_duration(field: Any, seconds: float | None) -> None:
    if seconds is not None:
        field.seconds = int(seconds)
        field.nanos = int((seconds - int(seconds)) * 1e9)


def params_of(variables: Any) -> dict[str, str]:
    """Values for the rule set's params, as the server reads them."""
    if variables is None:
        return {}
    if not isinstance(variables, dict):
        raise RequestRejected(
            f"variables: a dict is wanted, not {type(variables).__name__}")
    out = {}
    for key, value in variables.items():
        if value is None:
            continue
        if isinstance(value, bool):
            out[str(key)] = "true" if value else "false"
        elif hasattr(value, "isoformat"):
            out[str(key)] = value.isoformat()
        else:
            out[str(key)] = str(value)
    return out


def read_rule_set(path: str, folders: list[str]) -> str:
    """The text of a rule set: an absolute path, or the first that is there."""
    tried = []
    for folder in [""] if pathlib.Path(path).is_absolute() else folders:
        place = pathlib.Path(folder) / path
        try:
            return place.read_text(encoding="utf-8")
        except OSError as error:
            tried.append(f"{place}: {error.strerror}")
        except UnicodeDecodeError:
            raise RequestRejected(f"rule_set: {place} is not UTF-8") from None
    raise RequestRejected("rule_set: " + "; ".join(tried or ["no folder"]))


def start_request(
    rule_set: str,
    params: dict[str, str],
    identity: Identity,
    *,
    fail_on: str = "fail",
    on_hold: str = "fail",
    hold_timeout: float | None = None,
    run_timeout: float | None = None,
    lease: float | None = None,
    labels: dict[str, str] | None = None,
) -> Any:
    """StartRunRequest. Raises RequestRejected for options nobody knows."""
    if fail_on not in ("fail", "warn"):
        raise RequestRejected(f"fail_on: {fail_on!r}; it takes fail or warn")
    if on_hold not in ("fail", "wait"):
        raise RequestRejected(f"on_hold: {on_hold!r}; it takes fail or wait")
    kind = messages.message("assay.v1.StartRunRequest")
    request = kind(
        rule_set=rule_set,
        params=params,
        request_id=identity.request_id,
        correlation_id=identity.correlation_id,
        # An attempt never takes over what another one read: the steps before
        # it may have been run again.
        attach=kind.Attach.Value("NEVER"),
        labels={**{k: _label(v) for k, v in (labels or {}).items()},
                **identity.labels},
    )
    options = request.options
    options.fail_on_warn = fail_on == "warn"
    _set_duration(options.timeout, run_timeout)
    _set_duration(options.lease, lease)
    if on_hold == "wait":
        if not messages.has_field("assay.v1.RunOptions", "on_hold"):
            raise RequestRejected("on_hold: wait needs a newer provider")
        options.on_hold = type(options).OnHold.Value("WAIT")
        _set_duration(options.hold_timeout, hold_timeout)
    return request


def _in_order(results: Any) -> list[Any]:
    """What failed, could not be judged, or warned; worst first."""
    found = [r for r in results if messages.verdict_of(r) != "PASS"]
    return sorted(
        found, key=lambda r: _WORST_FIRST.index(messages.verdict_of(r)))


def result_of(run: Any, judged: outcome.Outcome,
              report_url: str) -> dict[str, Any]:
    """What a task leaves in XCom: small, JSON, no value of the data."""
    bad = [r.rule_id for r in _in_order(run.results)
           if messages.verdict_of(r) != "WARN"]
    out: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "run_id": run.run_id,
        "state": messages.state_of(run) or "UNKNOWN",
        "verdict": judged.verdict or "ERROR",
        "decision": judged.decision,
        "retryable": judged.retryable,
        "rule_set": run.rule_set_name,
        "rule_set_digest": run.rule_set_digest,
        "counts": {
            "pass": run.counts.pass_count,
            "warn": run.counts.warn_count,
            "fail": run.counts.fail_count,
            "error": run.counts.error_count,
        },
        "failed_rules": bad[:MAX_RULES_IN_XCOM],
        "report_url": report_url,
    }
    if outcome.is_released(run):
        out["released_by"] = run.release.user or run.release.principal
        out["release_reason"] = run.release.reason
    return out


def _shorten(text: str, width: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"


def _rule_line(result: Any) -> str:
    verdict = messages.verdict_of(result)
    where = f" ({result.table})" if result.table else ""
    if verdict == "ERROR":
        said = f"{result.error.reason}: {result.error.message}"
    else:
        said = f"{result.found}; expected {result.expected}"
    return f"  {verdict:<5} {result.rule_id}{where}: {_shorten(said, 240)}"


def reproduce_command(path: str, params: dict[str, str], run_id: str) -> str:
    """A command that shows the same to a person."""
    if not path:
        return f"assay show {run_id} --all"
    words = ["assay", "run", path]
    for key in sorted(params):
        words += ["--param", f"{key}={_shorten(params[key], 200)}"]
    return " ".join(shlex.quote(word) for word in words)


def summary(run: Any, judged: outcome.Outcome, report_url: str,
            reproduce: str) -> list[str]:
    """At most 13 lines, the worst first."""
    counts = run.counts
    total = (counts.pass_count + counts.warn_count + counts.fail_count
             + counts.error_count)
    lines = [
        f"gate {run.rule_set_name or '(no name)'} run {run.run_id}: "
        f"{judged.verdict} → {judged.decision} ({total} rules: "
        f"{counts.pass_count} pass, {counts.warn_count} warn, "
        f"{counts.fail_count} fail, {counts.error_count} error)"
    ]
    found = _in_order(run.results)
    lines += [_rule_line(result) for result in found[:MAX_LOGGED_RULES]]
    more = (total - counts.pass_count) - min(len(found), MAX_LOGGED_RULES)
    if more > 0:
        lines.append(f"  and {more} more: assay show {run.run_id}")
    if run.HasField("error"):
        lines.append(f"  {run.error.reason}: "
                     f"{_shorten(run.error.message, 240)}")
    if judged.contradiction:
        lines.append("the server's answer does not agree with itself: "
                     + judged.contradiction)
    if outcome.is_released(run):
        who = run.release.user or run.release.principal
        lines.append(f"released by {who}: "
                     f"{_shorten(run.release.reason, 240)}")
    if report_url:
        lines.append(f"report: {report_url}")
    lines.append(f"reproduce: {reproduce}")
    return lines


def held_line(run: Any) -> str:
    """What somebody has to do about a run that is HELD."""
    names = ", ".join(r.rule_id for r in _in_order(run.results)[:5]
                      if messages.verdict_of(r) == "FAIL")
    by = f" by {names}" if names else ""
    return (f"run {run.run_id} is HELD{by}: repair the data and clear this "
            f"task, or: assay release {run.run_id} --reason '…'")


def exception_of(judged: outcome.Outcome,
                 result: dict[str, Any]) -> AssayException:
    """How a gate that does not proceed fails."""
    name = result.get("rule_set") or "gate"
    rules = result.get("failed_rules") or []
    shown = ", ".join(rules[:3]) + (" …" if len(rules) > 3 else "")
    tail = f" (run {result.get('run_id', '')}"
    if result.get("report_url"):
        tail += f", {result['report_url']}"
    tail += ")"
    text = f"{name}: {judged.verdict} → {judged.decision}"
    text += (f": {shown}" if shown else "") + tail
    if judged.contradiction:
        text += f": {judged.contradiction}"
    if judged.verdict in ("FAIL", "WARN"):
        return ValidationFailed(text, result)
    if judged.retryable:
        return ValidationErrored(text, result)
    return ValidationErroredPermanently(text, result)
