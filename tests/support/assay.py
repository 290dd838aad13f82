# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: databases, a server, the command line.

Everything runs against the scratch servers of with_databases.sh, through the
real binaries of ASSAY_BUILD_DIR. Nothing here knows a rule or a verdict.
"""
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import yaml

import leaks

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("ASSAY_BUILD_DIR",
                                  ROOT / "build/dev")) / "bin"
FULL = os.environ.get("ASSAY_TEST_MODE") == "full"
# AddressSanitizer holds back what is freed: no measure of memory means anything.
SANITIZED = "ASSAY_TEST_SANITIZED" in os.environ


class Database:
    """A scratch database: `odbc` is the reader's string, SELECT only."""

    def __init__(self, name, odbc, load, query):
        self.name = name
        self.odbc = odbc
        self._load = load
        self._query = query

    def load(self, sql):
        """Runs SQL as the owner; raises with the server's message."""
        done = subprocess.run(self._load, input=sql.encode(),
                              capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{self.name}: {done.stderr.decode()}\n{sql}")

    def query(self, sql):
        """Rows of a SELECT as lists of text."""
        done = subprocess.run(self._query + [sql], capture_output=True,
                              check=True)
        return [line.split("\t") for line in done.stdout.decode().splitlines()]

    def __repr__(self):
        return self.name


def sqlite(path):
    # An existing file: assayd never makes one.
    subprocess.run(["sqlite3", str(path), "PRAGMA user_version = 1"],
                   check=True)
    return Database("sqlite", f"Driver=SQLite3;Database={path}",
                    ["sqlite3", "-bail", str(path)],
                    ["sqlite3", "-separator", "\t", str(path)])


def postgresql():
    return Database("postgresql", os.environ["ASSAY_TEST_POSTGRESQL_READER"],
                    ["psql", "-qX", "-v", "ON_ERROR_STOP=1"],
                    ["psql", "-qXAt", "-F", "\t", "-c"])


def mariadb():
    client = ["mariadb", "--no-defaults", "-u", "root", "-S",
              os.environ["ASSAY_TEST_MARIADB_SOCKET"], "assay",
              "--default-character-set=utf8mb4"]
    return Database("mariadb", os.environ["ASSAY_TEST_MARIADB_READER"],
                    client, client + ["-N", "-B", "-e"])


def databases(directory):
    return [sqlite(pathlib.Path(directory) / "test.db"), postgresql(),
            mariadb()]


def quoted(text):
    """A YAML double-quoted scalar."""
    return json.dumps(text)


class Server:
    """An assayd of the test's own; ended by __exit__ whatever happens."""

    def __init__(self, connections, extra="", options=()):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="assay-test-"))
        self.config = self.directory / "assayd.yaml"
        self.process = None
        self.ready = []  # The addresses that it listens on.
        self.options = list(options)
        text = "server:\n"
        text += f"  listen: unix:{self.directory}/s\n"
        text += f"  store: {self.directory}/runs.db\n"
        text += extra
        text += "connections:\n"
        for name, value in connections.items():
            text += f"  {name}:\n"
            if isinstance(value, str):
                value = {"odbc": value}
            for key, item in value.items():
                # JSON is YAML: text quoted, lists and booleans as they are.
                shown = json.dumps(item)
                text += f"    {key}: {shown}\n"
        self.config.write_text(text)

    @property
    def address(self):
        return f"unix:{self.directory}/s"

    @property
    def log(self):
        return (self.directory / "log").read_text(errors="replace")

    def start(self, env=None):
        read_fd, write_fd = os.pipe()
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen(
                [BIN / "assayd", "--config", self.config, "--ready-fd",
                 str(write_fd)] + self.options, pass_fds=[write_fd],
                stderr=log, stdout=log, env=env)
        os.close(write_fd)
        with os.fdopen(read_fd) as ready:
            line = ready.readline()
        if not line.startswith("READY"):
            raise RuntimeError(f"assayd did not start: {self.log}")
        self.ready = line.split()[1:]
        return self

    def kill9(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        try:
            self.check_metrics()
            self.stop()
            self.check_leavings()
        finally:
            self.stop()
            shutil.rmtree(self.directory, ignore_errors=True)

    def check_metrics(self):
        """The last metrics, or what is said instead, hold no hidden word."""
        address = next((a for a in self.ready if a.startswith("http://")), "")
        if not address or self.process.poll() is not None:
            return
        try:
            with urllib.request.urlopen(f"{address}/metrics", timeout=5) as got:
                leaks.check("/metrics", got.read())
        except urllib.error.HTTPError as error:
            leaks.check("/metrics", error.read())
        except (OSError, http.client.HTTPException):
            pass  # It is just going away, or is made not to answer.

    def check_leavings(self):
        """Nor do log, store, state, audit log and token file."""
        paths = [self.directory]
        try:
            config = yaml.safe_load(self.config.read_text())
        except (yaml.YAMLError, OSError):
            config = None
        for section, key in (("audit", "path"), ("auth", "tokens"),
                             ("state", "directory"), ("server", "store")):
            value = ((config or {}).get(section) or {}).get(key)
            if isinstance(value, str) and value.startswith("/"):
                paths.append(value)
        leaks.sweep(paths, leave_out=[self.config])

    def assay(self, *args, **kwargs):
        return assay("--server", self.address, *args, **kwargs)

    def gate(self, rule_set, *args, **kwargs):
        """Runs a rule set's text; (exit code, report)."""
        done = self.assay("run", "-", "--format", "json", *args,
                          stdin=rule_set, **kwargs)
        try:
            return done.returncode, json.loads(done.stdout)
        except json.JSONDecodeError:
            raise AssertionError(
                f"no report: exit {done.returncode}\n{done.stdout}\n"
                f"{done.stderr}\n{rule_set}\n{self.log}") from None


def assay(*args, stdin=None, timeout=120, env=None):
    done = subprocess.run([BIN / "assay", *map(str, args)], input=stdin,
                          capture_output=True, text=True, timeout=timeout,
                          env=env, check=False)
    leaks.check("the output of assay", done.stdout + done.stderr)
    return done


def rule_set(table, rules, connection="db", where=None, params=""):
    """A rule set about one table from the YAML of its rules, unindented."""
    text = f"version: 1\nname: test/{table}\n{params}tables:\n"
    text += f"  - connection: {connection}\n    table: {table}\n"
    if where:
        text += f"    where: {quoted(where)}\n"
    text += "    rules:\n"
    for line in rules.strip("\n").splitlines():
        text += f"      {line}\n"
    return text


def wait_for(condition, seconds=20, what="condition"):
    """Polls until `condition()` is true; returns its value."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s for {what}")
