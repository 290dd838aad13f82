# SPDX-License-Identifier: Apache-2.0
"""The wheel: pure, light to import, accepted by Airflow, up to date."""
import importlib.metadata
import importlib.resources
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import airflow
import airflow_env
import assay
import jsonschema
from assay_airflow.get_provider_info import get_provider_info


class PackageTest(unittest.TestCase):
    def test_it_is_pure_and_wants_only_grpcio_and_protobuf(self):
        found = importlib.metadata.distribution("airflow-provider-assay")
        self.assertIn("Tag: py3-none-any", found.read_text("WHEEL"))
        self.assertEqual(
            sorted(found.requires), ["grpcio>=1.51", "protobuf<8,>=4.21"])
        names = [str(file) for file in found.files]
        self.assertFalse([n for n in names if "pb2" in n or n.endswith(".so")])
        self.assertIn("assay_airflow/data/assay.desc", names)

    def test_airflow_accepts_what_it_says(self):
        schema = json.loads(
            (pathlib.Path(airflow.__file__).parent
             / "provider_info.schema.json").read_text())
        jsonschema.validate(get_provider_info(), schema)

    def test_airflow_finds_what_it_offers(self):
        from airflow.providers_manager import ProvidersManager

        manager = ProvidersManager()
        self.assertIn("airflow-provider-assay", manager.providers)
        hook = manager.hooks["assay"]
        self.assertEqual(hook.hook_class_name,
                         "assay_airflow.hooks.assay.AssayHook")
        self.assertIn("assay_airflow.links.ReportLink",
                      manager.extra_links_class_names)
        self.assertIn("assay_gate",
                      [name for name, _ in manager.taskflow_decorators.items()])
        fields = [name for name in manager.connection_form_widgets
                  if "assay" in name]
        self.assertTrue([f for f in fields if "ca_file" in f], fields)
        self.assertEqual(
            manager.field_behaviours["assay"]["relabeling"]["password"],
            "Token")

    def test_importing_is_light_and_opens_nothing(self):
        """Beyond Airflow itself, which is imported before the clock starts."""
        code = (
            "import time, threading, sys\n"
            "import airflow.triggers.base, assay_airflow.version_compat\n"
            "threads = threading.active_count()\n"
            "begin = time.process_time()\n"
            "import assay_airflow.operators.gate, assay_airflow.hooks.assay\n"
            "import assay_airflow.sensors.run, assay_airflow.triggers.run\n"
            "import assay_airflow.decorators.gate\n"
            "print(time.process_time() - begin, 'grpc' in sys.modules, "
            "threading.active_count() - threads)")
        best = 1e9
        for _ in range(3):
            done = subprocess.run([sys.executable, "-c", code],
                                  capture_output=True, text=True, check=True)
            seconds, grpc, threads = done.stdout.split()[-3:]
            self.assertEqual((grpc, threads), ("False", "0"))
            best = min(best, float(seconds))
        self.assertLess(best, 0.05)

    def test_the_descriptors_are_those_of_the_contract(self):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "assay.desc"
            subprocess.run(
                [airflow_env.PROVIDER / "make_descriptors.sh", out],
                check=True)
            shipped = importlib.resources.files("assay_airflow").joinpath(
                "data/assay.desc").read_bytes()
            self.assertEqual(shipped, out.read_bytes(),
                             "run: plugins/airflow/make_descriptors.sh")

    def test_lines_are_short(self):
        for root in (airflow_env.PROVIDER, assay.ROOT / "tests/airflow"):
            for path in sorted(root.rglob("*.py")):
                lines = path.read_text().splitlines()
                long = [n for n, line in enumerate(lines, 1) if len(line) > 80]
                self.assertEqual((path.name, long), (path.name, []))
                self.assertLess(len(lines), 400, path)


if __name__ == "__main__":
    unittest.main()
