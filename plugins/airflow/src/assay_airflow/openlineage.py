# SPDX-License-Identifier: Apache-2.0
"""Data-quality facets for OpenLineage, where its provider is installed."""
from __future__ import annotations

import dataclasses
from typing import Any

from assay_airflow import messages

_MOST = 1000  # An event is no report.


@dataclasses.dataclass(frozen=True)
class Fact:
    """One rule on one table. `column` is "" where it is about the table."""

    connection: str
    table: str
    assertion: str
    verdict: str
    column: str
    expected: str
    found: str


def facts_of(run: Any) -> list[Fact]:
    """What of a run's results is about a table; ERROR asserts nothing."""
    facts = []
    for result in run.results:
        verdict = messages.verdict_of(result)
        if verdict == "ERROR":
            continue
        column = "" if ", " in result.columns else result.columns
        for connection, table in (
            (result.connection, result.table),
            (result.target_connection, result.target_table),
        ):
            if table:
                facts.append(Fact(connection, table, result.rule_id, verdict,
                                  column, result.expected, result.found))
    return facts[:_MOST]


def lineage_of(facts: list[Fact]) -> Any:
    """OperatorLineage; None where OpenLineage is not installed.

    A dataset is named by assayd's connection, which knows no host: namespace
    "assay://CONNECTION", name the table.
    """
    try:
        from airflow.providers.openlineage.extractors import OperatorLineage
        from openlineage.client.event_v2 import InputDataset
        from openlineage.client.facet_v2 import data_quality_assertions_dataset
    except ImportError:
        return None
    import attr

    kind = data_quality_assertions_dataset.Assertion
    known = {field.name for field in attr.fields(kind)}
    tables: dict[tuple[str, str], list[Any]] = {}
    for fact in facts:
        values = {
            "assertion": fact.assertion,
            "success": fact.verdict != "FAIL",
            "column": fact.column or None,
            # Later versions of the facet have more.
            "severity": "warn" if fact.verdict == "WARN" else "error",
            "expected": fact.expected,
            "actual": fact.found,
        }
        tables.setdefault((fact.connection, fact.table), []).append(
            kind(**{k: v for k, v in values.items() if k in known}))
    facet = data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet
    inputs = []
    for (connection, table), assertions in tables.items():
        inputs.append(InputDataset(
            namespace=f"assay://{connection}", name=table,
            inputFacets={
                "dataQualityAssertions": facet(assertions=assertions)}))
    return OperatorLineage(inputs=inputs)
