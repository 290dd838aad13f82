# SPDX-License-Identifier: Apache-2.0
"""Python packages from PyPI that tests need, pinned, in build/venv.

Made once; made anew where the list has changed.
"""
import fcntl
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
WANTED = ROOT / "tests/support/requirements.txt"


def python():
    """The interpreter that has the packages."""
    build = pathlib.Path(os.environ.get("ASSAY_BUILD_DIR", ROOT / "build/dev"))
    venv = build.parent / "venv"
    venv.parent.mkdir(parents=True, exist_ok=True)
    done = venv / "installed.txt"
    with open(venv.parent / ".venv.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists() or done.read_text() != WANTED.read_text():
            subprocess.run([sys.executable, "-m", "venv", "--clear", venv],
                           check=True)
            subprocess.run([venv / "bin/pip", "install", "-q",
                            "--disable-pip-version-check", "-r", WANTED],
                           check=True)
            done.write_text(WANTED.read_text())
    return venv / "bin/python"
