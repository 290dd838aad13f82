# SPDX-License-Identifier: Apache-2.0
"""One try of a deferrable gate, as Airflow's processes lead it: the worker, the
triggerer, the worker again. Runs under an interpreter that has Airflow.

    chaos_airflow.py OPTIONS      a JSON object: arguments of AssayGateOperator

Beside these, `try_of` names the task. The same options are the same try. The
last line is JSON: {"decision", "verdict", "run_id", "problem"}.
"""
import asyncio
import json
import sys
import types

from airflow.sdk.exceptions import TaskDeferred
from assay_airflow import AssayGateOperator
from assay_airflow.exceptions import AssayException


def context_of(name):
    """As much of a task's context as the operator reads."""
    ti = types.SimpleNamespace(
        dag_id="chaos", run_id="chaos", task_id=name, map_index=-1,
        try_number=1, id=f"id-of-{name}", log_url="",
        xcom_push=lambda key, value: None)
    return {"ti": ti, "dag_run": types.SimpleNamespace(start_date="then")}


async def event_of(trigger):
    path, kwargs = trigger.serialize()
    # As the triggerer makes it, from what the database holds.
    again = type(trigger)(**json.loads(json.dumps(kwargs)))
    assert path.endswith(type(trigger).__name__)
    async for event in again.run():
        return event.payload
    raise AssertionError("no event")


def main():
    options = json.loads(sys.argv[1])
    name = options.pop("try_of")
    context = context_of(name)

    def operator():
        return AssayGateOperator(task_id=name, deferrable=True, **options)

    try:
        try:
            result = operator().execute(context)
        except TaskDeferred as deferred:
            event = asyncio.run(event_of(deferred.trigger))
            result = operator().execute_complete(
                context, event=event, **deferred.kwargs)
        out = {**result, "problem": ""}
    except AssayException as error:
        out = {**(error.result or {}), "problem": type(error).__name__}
    print(json.dumps({key: out.get(key, "") for key in (
        "decision", "verdict", "run_id", "problem")}))


if __name__ == "__main__":
    main()
