# SPDX-License-Identifier: Apache-2.0
"""Airflow of a pinned version with the provider's wheel, in build/airflow.

Made once for each version; made anew where the pins have changed. The wheel is
built and installed each time, as a user would.
"""
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile


ROOT = pathlib.Path(__file__).resolve().parents[2]
PROVIDER = ROOT / "plugins/airflow"
# An installer that takes seconds where pip takes minutes.
UV = "uv==0.13.9"
AIRFLOW_3 = "3.3.2"
AIRFLOW_2 = "2.11.2"


def _run(*command, **kwargs):
    done = subprocess.run([str(word) for word in command], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, **kwargs)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stdout[-4000:]}")
    return done.stdout


def settings(home):
    """The environment of an Airflow that lives in `home`."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith("AIRFLOW")}
    env.update({
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN":
            f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
        "AIRFLOW__METRICS__METRICS_ALLOW_LIST": "",
        "AIRFLOW__METRICS__TIMER_UNIT_CONSISTENCY": "True",
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "True",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "NO_PROXY": "*",
        "PYTHONWARNINGS": "ignore",
    })
    return env


def make_home(version):
    """A new AIRFLOW_HOME with an empty database; the caller removes it."""
    home = pathlib.Path(tempfile.mkdtemp(prefix="assay-airflow-"))
    (home / "dags").mkdir()
    shutil.copy(_folder() / f"{version}.db", home / "airflow.db")
    return home


def _folder():
    build = pathlib.Path(os.environ.get("ASSAY_BUILD_DIR", ROOT / "build/dev"))
    folder = build.parent / "airflow"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _uv(folder):
    uv = folder / "uv/bin/uv"
    done = folder / "uv/installed.txt"
    if not done.exists() or done.read_text() != UV:
        _run(sys.executable, "-m", "venv", "--clear", folder / "uv")
        _run(folder / "uv/bin/pip", "install", "-q",
             "--disable-pip-version-check", UV)
        done.write_text(UV)
    return uv


def _make_database(folder, version):
    """Airflow's tables, as a file to copy: making them takes 20 s."""
    with tempfile.TemporaryDirectory(prefix="assay-airflow-") as home:
        home = pathlib.Path(home)
        _run(folder / version / "bin/airflow", "db", "migrate",
             env=settings(home))
        shutil.copy(home / "airflow.db", folder / f"{version}.db")


def wheel(folder=None):
    """Builds the provider's wheel; its path."""
    folder = folder or _folder()
    out = pathlib.Path(tempfile.mkdtemp(prefix="wheel-", dir=folder))
    # A copy: building leaves files beside the sources.
    shutil.copytree(PROVIDER, out / "source")
    _run(_uv(_folder()), "build", "--quiet", "--wheel", "--out-dir", out,
         out / "source")
    return next(out.glob("*.whl"))


def python(version):
    """The interpreter that has this Airflow and the provider of this tree."""
    folder = _folder()
    with open(folder / ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        uv = _uv(folder)
        wanted = ROOT / f"tests/support/airflow-{version}.txt"
        done = folder / version / "installed.txt"
        out = folder / version / "bin/python"
        if not done.exists() or done.read_text() != wanted.read_text():
            shutil.rmtree(folder / version, ignore_errors=True)
            _run(sys.executable, "-m", "venv", "--without-pip",
                 folder / version)
            _run(uv, "pip", "install", "-q", "--python", out, "--no-deps",
                 "-r", wanted)
            _make_database(folder, version)
            done.write_text(wanted.read_text())
        built = wheel(folder)
        try:
            _run(uv, "pip", "install", "-q", "--python", out, "--no-deps",
                 "--reinstall", built)
        finally:
            shutil.rmtree(built.parent, ignore_errors=True)
    return out


def main(version, pattern="*_test.py"):
    """Runs tests/airflow/PATTERN under this Airflow; the exit code. Further
    arguments of the command line are names of tests."""
    interpreter = python(version)
    home = make_home(version)
    try:
        env = settings(home)
        env["ASSAY_AIRFLOW"] = version
        env["PYTHONPATH"] = os.pathsep.join(
            [str(ROOT / "tests/airflow"), str(ROOT / "tests/support")])
        names = sys.argv[1:]
        # `discover` is one only as the very first word.
        command = [str(interpreter), "-m", "unittest"] + (
            ["-v", *names] if names else
            ["discover", "-v", "-s", str(ROOT / "tests/airflow"), "-p",
             pattern])
        return subprocess.run(command, env=env, check=False).returncode
    finally:
        shutil.rmtree(home, ignore_errors=True)


