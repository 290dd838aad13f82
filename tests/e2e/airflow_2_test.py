#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tests/airflow under the last Airflow 2, against real servers.

Without ASSAY_TEST_MODE=full only what differs most between the two Airflows:
every outcome, and what Airflow reads of the package.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import airflow_env  # pylint: disable=wrong-import-position
import assay  # pylint: disable=wrong-import-position

if __name__ == "__main__":
    if not assay.FULL and len(sys.argv) == 1:
        sys.argv += ["outcomes_test", "package_test"]
    sys.exit(airflow_env.main(airflow_env.AIRFLOW_2))
