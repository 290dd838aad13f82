# SPDX-License-Identifier: Apache-2.0
"""The button that leads from a task to the report page of its run."""
from __future__ import annotations

from typing import Any

from assay_airflow.version_compat import BaseOperatorLink

REPORT_URL_KEY = "assay_report_url"


class ReportLink(BaseOperatorLink):
    """Pushed before the gate waits, so that it is there while it does."""

    name = "Validation report"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The page; "" where the connection has no `report_base_url`."""
        try:
            from airflow.sdk import XCom
        except ImportError:
            from airflow.models import XCom

        return XCom.get_value(key=REPORT_URL_KEY, ti_key=ti_key) or ""
