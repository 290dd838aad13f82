#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tests/argo_go: Argo's own packages against plugins/argo, each Go test as a
test of ours. Only in full mode: compiling Argo takes minutes."""
import fcntl
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import gate_outcomes  # pylint: disable=wrong-import-position
import go_toolchain  # pylint: disable=wrong-import-position
import leaks  # pylint: disable=wrong-import-position

MODULE = go_toolchain.MODULE
NAMES = [name for path in sorted(MODULE.glob("*_test.go"))
         for name in re.findall(r"^func Test(\w+)\(t \*testing\.T\)",
                                path.read_text(), re.M)]


def build():
    """Compiles the tests; the program."""
    folder = go_toolchain.folder()
    out = folder / "argo.test"
    go = go_toolchain.go()
    with open(folder / ".build.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            [go, "test", "-mod=readonly", "-vet=off", "-ldflags=-s -w", "-c",
             "-o", out, "."], cwd=MODULE, env=go_toolchain.environment(),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)
    if done.returncode != 0:
        raise RuntimeError(
            "tests/argo_go does not compile. Where modules are missing, the "
            "module proxy that GOPROXY names must be reachable:\n"
            + done.stdout[-4000:])
    return out


@unittest.skipUnless(assay.FULL, "compiles Argo; tests/run.sh --full")
class ArgoGoTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = build()
        directory = pathlib.Path(
            cls.enterClassContext(tempfile.TemporaryDirectory()))
        database = assay.sqlite(directory / "gate.db")
        database.load(gate_outcomes.TABLE)
        server = cls.enterClassContext(assay.Server({"db": database.odbc}))
        cases = directory / "cases.json"
        cases.write_text(json.dumps(
            [{**case, "rule_set": gate_outcomes.rule_set(case)}
             for case in gate_outcomes.CASES]))
        cls.environment = {
            **os.environ, "ASSAY_TEST_SERVER": server.address,
            "ASSAY_TEST_BIN": str(assay.BIN.resolve()),
            "ASSAY_TEST_CASES": str(cases)}

    def run_go(self, name):
        # A session of its own: whatever it has started ends with it.
        child = subprocess.Popen(
            [self.program, "-test.v", f"-test.run=^{name}$",
             "-test.timeout=150s"], cwd=MODULE, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True)
        try:
            out, _ = child.communicate(timeout=180)
        finally:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.wait()
            child.stdout.close()
        leaks.check("the output of a Go test", out)
        if child.returncode != 0 or f"--- PASS: {name} " not in out:
            self.fail(out[-8000:])

    def test_no_go_test_is_left_out(self):
        listed = subprocess.run([self.program, "-test.list=."], cwd=MODULE,
                                env=self.environment, capture_output=True,
                                text=True, check=True)
        self.assertEqual(sorted(listed.stdout.split()),
                         sorted(f"Test{name}" for name in NAMES))


def _add(name):
    words = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    setattr(ArgoGoTest, f"test_{words}",
            lambda self: self.run_go(f"Test{name}"))


for one in NAMES:
    _add(one)

if __name__ == "__main__":
    unittest.main()
