# SPDX-License-Identifier: Apache-2.0
"""The names of Airflow 3 (Task SDK), or the same of Airflow 2.11."""
from __future__ import annotations

try:  # Airflow 3
    from airflow.sdk import (
        BaseHook,
        BaseOperator,
        BaseOperatorLink,
        BaseSensorOperator,
        PokeReturnValue,
    )
    from airflow.sdk.bases.decorator import (
        DecoratedOperator,
        determine_kwargs,
        task_decorator_factory,
    )

    AIRFLOW_3 = True
except ImportError:  # Airflow 2
    from airflow.decorators.base import (
        DecoratedOperator,
        task_decorator_factory,
    )
    from airflow.hooks.base import BaseHook
    from airflow.models import BaseOperator
    from airflow.models.baseoperatorlink import BaseOperatorLink
    from airflow.sensors.base import BaseSensorOperator, PokeReturnValue
    from airflow.utils.operator_helpers import determine_kwargs

    AIRFLOW_3 = False

try:  # Airflow 3.1 and later
    from airflow.sdk.exceptions import (
        AirflowException,
        AirflowFailException,
        AirflowSkipException,
        AirflowTaskTimeout,
    )
except ImportError:
    from airflow.exceptions import (
        AirflowException,
        AirflowFailException,
        AirflowSkipException,
        AirflowTaskTimeout,
    )

try:
    from airflow.sdk.bases.branch import BranchMixIn
except ImportError:
    try:  # Airflow 3.0 to 3.2
        from airflow.providers.standard.operators.branch import BranchMixIn
    except ImportError:
        from airflow.operators.branch import BranchMixIn

try:
    from airflow.sdk.configuration import conf
except ImportError:
    from airflow.configuration import conf

__all__ = [
    "AIRFLOW_3",
    "AirflowException",
    "AirflowFailException",
    "AirflowSkipException",
    "AirflowTaskTimeout",
    "BaseHook",
    "BaseOperator",
    "BaseOperatorLink",
    "BaseSensorOperator",
    "BranchMixIn",
    "DecoratedOperator",
    "PokeReturnValue",
    "conf",
    "determine_kwargs",
    "task_decorator_factory",
]
