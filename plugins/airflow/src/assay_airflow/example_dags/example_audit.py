# SPDX-License-Identifier: Apache-2.0
"""Every night after the migration: is the data still in good shape?

A warning does not stop it; a FAIL fails the task, and `on_failure_callback`
has all that a message needs.
"""
from __future__ import annotations

import datetime

try:
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG

from assay_airflow import AssayGateOperator


def tell(context):
    """Goes to the log here; yours goes where people look."""
    failure = context.get("exception")
    print("audit:", failure, getattr(failure, "report_url", ""))


with DAG(
    dag_id="assay_audit",
    schedule="0 4 * * *",
    start_date=datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc),
    catchup=False,
    tags=["assay"],
):
    AssayGateOperator(
        task_id="audit",
        rule_set="rules/audit.yaml",
        deferrable=True,
        run_timeout="1h",
        retries=2,
        on_failure_callback=tell,
    )
