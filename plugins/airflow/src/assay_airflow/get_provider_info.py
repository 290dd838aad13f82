# SPDX-License-Identifier: Apache-2.0
"""What Airflow is told about this provider.

Imports nothing of Airflow, which calls it while it is being imported.
"""
from __future__ import annotations

from typing import Any


def get_provider_info() -> dict[str, Any]:
    """Accepted by Airflow's provider_info.schema.json."""
    from assay_airflow import __version__
    from assay_airflow.connection_form import FORM_FIELDS, ui_field_behaviour

    fields = {}
    for name, (label, description) in FORM_FIELDS.items():
        schema: dict[str, Any] = {"type": ["string", "null"]}
        if name == "tls":
            schema = {"type": "string", "enum": ["off", "server", "mutual"],
                      "default": "off"}
        fields[name] = {"label": label, "description": description,
                        "schema": schema}
    behaviour = {key.replace("_", "-"): value
                 for key, value in ui_field_behaviour().items()}
    where = "Assay"
    return {
        "package-name": "airflow-provider-assay",
        "name": "Assay",
        "description": "Hold each step of a data migration by a verdict.",
        "versions": [__version__],
        "integrations": [{
            "integration-name": where,
            "external-doc-url": "https://pypi.org/project/"
                                "airflow-provider-assay/",
            "tags": ["service"],
        }],
        "operators": [{"integration-name": where,
                       "python-modules": ["assay_airflow.operators.gate"]}],
        "sensors": [{"integration-name": where,
                     "python-modules": ["assay_airflow.sensors.run"]}],
        "hooks": [{"integration-name": where,
                   "python-modules": ["assay_airflow.hooks.assay"]}],
        "triggers": [{"integration-name": where,
                      "python-modules": ["assay_airflow.triggers.run"]}],
        "connection-types": [{
            "connection-type": "assay",
            "hook-class-name": "assay_airflow.hooks.assay.AssayHook",
            "hook-name": "Assay",
            "conn-fields": fields,
            "ui-field-behaviour": behaviour,
        }],
        "extra-links": ["assay_airflow.links.ReportLink"],
        "task-decorators": [{
            "name": "assay_gate",
            "class-name": "assay_airflow.decorators.gate.assay_gate_task",
        }],
    }
