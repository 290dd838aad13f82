# SPDX-License-Identifier: Apache-2.0
"""A migration in steps, each of them behind a gate.

backfill → verify: cut over, hold for a person, or roll back. What the steps do
here is to say so; yours move data.
"""
from __future__ import annotations

import datetime

try:
    from airflow.sdk import dag, task
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task

from assay_airflow import AssayGateBranchOperator


@dag(
    schedule=None,
    start_date=datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc),
    catchup=False,
    default_args={
        "retries": 3,  # Of ERROR only: a FAIL is not retried.
        "retry_delay": datetime.timedelta(minutes=1),
    },
    params={"source": "legacy", "target": "warehouse"},
    tags=["assay"],
)
def assay_gated_migration():
    @task
    def backfill():
        print("copy what is missing")

    verify = AssayGateBranchOperator(
        task_id="verify",
        rule_set="rules/backfill.yaml",
        variables={
            "source": "{{ params.source }}",
            "target": "{{ params.target }}",
        },
        deferrable=True,
        run_timeout="2h",
        proceed="cutover",
        hold="ask_a_person",
        rollback="undo_backfill",
    )

    @task
    def cutover():
        print("switch the application over")

    @task
    def ask_a_person():
        print("see the report of `verify`; repair, then clear `verify`")

    @task
    def undo_backfill():
        print("remove what was copied")

    @task(trigger_rule="none_failed_min_one_success")
    def tell():
        print("done")

    ways = [cutover(), ask_a_person(), undo_backfill()]
    backfill() >> verify >> ways
    ways >> tell()


assay_gated_migration()
