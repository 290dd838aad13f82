# SPDX-License-Identifier: Apache-2.0
"""One gate for each table, and the cut-over behind all of them.

Each table is a row of its own in the grid, with its own retries. For hundreds
of tables prefer one rule set with `tables: schema.*`: one run, one report.
"""
from __future__ import annotations

import datetime

try:
    from airflow.sdk import dag, task
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task

from assay_airflow import AssayGateOperator


@dag(
    schedule=None,
    start_date=datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc),
    catchup=False,
    tags=["assay"],
)
def assay_fan_out():
    @task
    def tables():
        return [{"table": "shop_orders"}, {"table": "shop_customers"}]

    gates = AssayGateOperator.partial(
        task_id="table",
        rule_set="rules/table.yaml",
        deferrable=True,
        map_index_template="{{ task.variables['table'] }}",
    ).expand(variables=tables())

    @task.assay_gate(rule_set="rules/audit.yaml", deferrable=True)
    def everything():
        return {"warehouse": "warehouse"}

    @task
    def cutover():
        print("switch the application over")

    gates >> everything() >> cutover()


assay_fan_out()
