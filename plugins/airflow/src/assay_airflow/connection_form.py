# SPDX-License-Identifier: Apache-2.0
"""The form of a connection of type `assay`.

Imports nothing of Airflow: Airflow asks for it while it is being imported.
"""
from __future__ import annotations

from typing import Any

DEFAULT_PORT = 7433

# Name in extra: label, description.
FORM_FIELDS = {
    "tls": ("TLS", "off, server (the server shows a certificate), or mutual"),
    "ca_file": ("CA file", "PEM of the CA; empty: the system's"),
    "ca_pem": ("CA", "The same as text"),
    "cert_file": ("Certificate file", "PEM, for mutual TLS"),
    "key_file": ("Key file", "PEM, for mutual TLS"),
    "authority": ("Name in the certificate", "Where it is not the host's"),
    "report_base_url": ("Report pages",
                        "Address of assayd's HTTP front, for links"),
}


def ui_field_behaviour() -> dict[str, Any]:
    """Which fields the form has and what they are called."""
    return {
        "hidden_fields": ["schema", "login"],
        "relabeling": {"password": "Token"},
        "placeholders": {
            "host": "assay.example, or unix:/run/assay/assayd.sock",
            "port": str(DEFAULT_PORT),
        },
    }
