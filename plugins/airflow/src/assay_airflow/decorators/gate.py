# SPDX-License-Identifier: Apache-2.0
"""`@task.assay_gate`: a function makes the variables of a gate."""
from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from assay_airflow.operators.gate import AssayGateOperator
from assay_airflow.version_compat import (
    DecoratedOperator,
    determine_kwargs,
    task_decorator_factory,
)


class _AssayGateDecoratedOperator(DecoratedOperator, AssayGateOperator):
    """Calls the function on the worker, then runs the gate with what it
    returned: a dict of variables, or None."""

    custom_operator_name = "@task.assay_gate"
    template_fields = (
        *DecoratedOperator.template_fields,
        *AssayGateOperator.template_fields,
    )
    template_fields_renderers = {
        **DecoratedOperator.template_fields_renderers,
        **AssayGateOperator.template_fields_renderers,
    }

    def __init__(self, *, python_callable: Callable[..., Any],
                 op_args: Collection[Any] | None = None,
                 op_kwargs: Mapping[str, Any] | None = None,
                 **kwargs: Any) -> None:
        # The result is one value: a dict of it is not taken apart.
        kwargs.pop("multiple_outputs", None)
        super().__init__(python_callable=python_callable, op_args=op_args,
                         op_kwargs=op_kwargs, multiple_outputs=False,
                         **kwargs)

    def execute(self, context: Any) -> Any:
        """The function, then the gate."""
        merged = {**context, **self.op_kwargs}
        arguments = determine_kwargs(
            self.python_callable, self.op_args, merged)
        returned = self.python_callable(*self.op_args, **arguments)
        self.variables = {**(self.variables or {}), **(returned or {})}
        return AssayGateOperator.execute(self, context)


def assay_gate_task(python_callable: Callable[..., Any] | None = None,
                    **kwargs: Any) -> Any:
    """The decorator; keyword arguments are those of AssayGateOperator."""
    return task_decorator_factory(
        python_callable=python_callable,
        decorated_operator_class=_AssayGateDecoratedOperator,
        **kwargs)
