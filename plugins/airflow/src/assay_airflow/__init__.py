# SPDX-License-Identifier: Apache-2.0
"""Assay for Apache Airflow: hold each step of a migration by a verdict."""
from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_WHERE = {
    "AssayGateBranchOperator": "assay_airflow.operators.gate",
    "AssayGateOperator": "assay_airflow.operators.gate",
    "AssayHook": "assay_airflow.hooks.assay",
    "AssayRunSensor": "assay_airflow.sensors.run",
    "AssayRunTrigger": "assay_airflow.triggers.run",
    "ServerUnavailable": "assay_airflow.exceptions",
    "ValidationErrored": "assay_airflow.exceptions",
    "ValidationFailed": "assay_airflow.exceptions",
}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    # Late, so that reading the entry point of the provider imports nothing.
    if name in _WHERE:
        return getattr(importlib.import_module(_WHERE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
