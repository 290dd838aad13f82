#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tests/airflow under the current Airflow 3, against real servers."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import airflow_env  # pylint: disable=wrong-import-position

if __name__ == "__main__":
    sys.exit(airflow_env.main(airflow_env.AIRFLOW_3))
