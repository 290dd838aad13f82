# SPDX-License-Identifier: Apache-2.0
"""How a gate fails, for retries and for notifiers.

Every exception says in one line what is wrong, and carries the gate's result
(see `gate.result_of`) in `result`, so that an `on_failure_callback` needs
nothing but `context["exception"]`.
"""
from __future__ import annotations

from typing import Any

from assay_airflow.version_compat import AirflowException, AirflowFailException


class AssayException(AirflowException):
    """The base of all. `result` is {} where there is no run."""

    def __init__(
        self, message: str = "", result: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.result = dict(result or {})

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.message, self.result))

    @property
    def run_id(self) -> str:
        """The run, or ""."""
        return self.result.get("run_id", "")

    @property
    def verdict(self) -> str:
        """FAIL or ERROR, or WARN where warnings fail."""
        return self.result.get("verdict", "ERROR")

    @property
    def decision(self) -> str:
        """HOLD or ROLLBACK."""
        return self.result.get("decision", "HOLD")

    @property
    def report_url(self) -> str:
        """The page of the run, or ""."""
        return self.result.get("report_url", "")

    @property
    def failed_rules(self) -> list[str]:
        """Rules that failed or could not be judged, worst first."""
        return self.result.get("failed_rules", [])


class ValidationFailed(AssayException, AirflowFailException):
    """The data breaks a rule. Is not retried: data does not heal by itself."""


class ValidationErrored(AssayException):
    """The data could not be judged; the same may succeed later. Is retried."""


class ValidationErroredPermanently(ValidationErrored, AirflowFailException):
    """The data could not be judged, and a retry would not help."""


class ServerUnavailable(AssayException):
    """assayd does not answer, or has no room. Is retried."""


class RequestRejected(AssayException, AirflowFailException):
    """assayd refuses the request: a mistake, or a permission. Not retried."""
