#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Debian package and its systemd unit; with --full the package is
installed, used, upgraded and purged in a clean Debian, so that a dependency
that is missing shows, and the container image is made of it and run.
systemd_test.py starts it as a service. ASSAY_PACKAGE_BUILD: the build directory
to package, by default that of the tests.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import debian_root  # pylint: disable=wrong-import-position
from debian_root import package, run  # pylint: disable=wrong-import-position

UNIT = assay.ROOT / "deploy/systemd/assayd.service"


@unittest.skipIf(assay.SANITIZED, "a sanitized build is not for packaging")
class PackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = pathlib.Path(
            cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.deb = package(directory)
        cls.root = directory / "root"
        run("dpkg-deb", "-x", cls.deb, cls.root)
        cls.control = directory / "control"
        run("dpkg-deb", "-e", cls.deb, cls.control)

    def field(self, name):
        return run("dpkg-deb", "-f", self.deb, name).strip()

    def test_what_it_depends_on(self):
        depends = self.field("Depends")
        # What the binaries are linked with, found by dpkg-shlibdeps …
        for library in ("libc6", "libgrpc++1.51", "libodbc2", "libssl3",
                        "libprotobuf32", "libyaml-cpp0.7"):
            self.assertRegex(depends, rf"(^|, ){re.escape(library)}\b")
        # … and what is loaded only when it is used.
        self.assertIn("libsqliteodbc", depends)
        self.assertIn("systemd-sysusers", depends)
        self.assertRegex(self.field("Recommends"),
                         "odbc-postgresql, odbc-mariadb")

    def test_what_is_in_it(self):
        files = {str(path.relative_to(self.root))
                 for path in self.root.rglob("*") if path.is_file()}
        for path in ("usr/bin/assayd", "usr/bin/assay",
                     "usr/bin/assay-argo-plugin", "etc/assay/assayd.yaml",
                     "usr/lib/systemd/system/assayd.service",
                     "usr/lib/sysusers.d/assay.conf",
                     "usr/share/assay/schema.json",
                     "usr/share/bash-completion/completions/assay",
                     "usr/share/doc/assay/copyright",
                     "usr/share/doc/assay/operations.md",
                     "usr/share/doc/assay/examples/assayd.example.yaml",
                     "usr/share/doc/assay/examples/argo/plugin.yaml",
                     "usr/share/doc/assay/examples/rules/shop.yaml"):
            self.assertIn(path, files)
        self.assertEqual({path.split("/")[0] for path in files},
                         {"usr", "etc"})
        self.assertFalse([path for path in files if "usr/local" in path])
        conffiles = (self.control / "conffiles").read_text().split()
        self.assertEqual(sorted("/" + path for path in files
                                if path.startswith("etc/")), sorted(conffiles))

    def test_binaries_are_position_independent(self):
        for name in ("assay", "assayd", "assay-argo-plugin"):
            header = run("readelf", "-hW", self.root / "usr/bin" / name)
            self.assertIn("DYN (Position-Independent Executable", header)

    def test_its_configurations_are_good(self):
        for path in ("etc/assay/assayd.yaml",
                     "usr/share/doc/assay/examples/assayd.example.yaml"):
            said = run(self.root / "usr/bin/assayd", "--config",
                       self.root / path, "--check-config")
            self.assertIn("configuration is valid", said)

    def test_scripts_are_shell(self):
        for name in ("postinst", "prerm", "postrm"):
            run("dash", "-n", self.control / name)

    def test_the_unit(self):
        # systemd looks for what it executes; the test has it elsewhere.
        text = UNIT.read_text().replace("/usr/bin/assayd",
                                        str(self.root / "usr/bin/assayd"))
        with tempfile.TemporaryDirectory() as directory:
            unit = pathlib.Path(directory) / "assayd.service"
            unit.write_text(text)
            done = subprocess.run(
                ["systemd-analyze", "verify", "--man=no", unit],
                capture_output=True, text=True, check=False)
            ours = [line for line in done.stderr.splitlines()
                    if "assayd" in line]
            self.assertEqual(ours, [])
            # From 0 (nothing is allowed) to 10, here times ten.
            run("systemd-analyze", "security", "--offline=yes",
                "--threshold=20", unit)
        self.assertIn("MemoryDenyWriteExecute=yes", text)


@unittest.skipUnless(assay.FULL, "downloads a Debian; tests/run.sh --full")
class CleanDebianTest(unittest.TestCase):
    """One story, told in order: each step needs the one before."""

    def setUp(self):
        if os.geteuid() != 0:
            self.fail("debootstrap and chroot need root")
        self.root = self.enterContext(debian_root.DebianRoot())
        self.server = None
        self.addCleanup(self.end)

    def end(self):
        if self.server is not None and self.server.poll() is None:
            self.server.kill()
            self.server.wait()

    def serve(self):
        """Starts assayd as the unit does; its pid, as seen from here."""
        read_fd, write_fd = os.pipe()
        with open(self.root.path / "tmp/log", "ab") as log:
            self.server = self.root.popen(
                "/usr/bin/assayd", "--config", "/etc/assay/assayd.yaml",
                "--ready-fd", write_fd, user="assay", pass_fds=[write_fd],
                stderr=log, stdout=log)
        os.close(write_fd)
        with os.fdopen(read_fd) as ready:
            line = ready.readline()
        self.assertTrue(line.startswith("READY"), self.log())
        children = self.server.pid
        while True:
            below = run("pgrep", "-P", children).split() if subprocess.run(
                ["pgrep", "-P", str(children)], capture_output=True,
                check=False).returncode == 0 else []
            if not below:
                return int(children)
            children = below[0]

    def stop(self, pid):
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(self.server.wait(timeout=60), 0, self.log())

    def log(self):
        return (self.root.path / "tmp/log").read_text()

    def write(self, path, text):
        (self.root.path / path).write_text(text)

    def assay(self, *args, **kwargs):
        return self.root.run("/usr/bin/assay", *args, user="nobody",
                             check=False, **kwargs)

    def installed(self):
        return self.root.run("dpkg-query", "-W", "-f",
                             "${db:Status-Abbrev} ${Package}\n").stdout

    def test_from_install_to_purge(self):
        root = self.root
        with tempfile.TemporaryDirectory() as directory:
            deb = package(directory)
            (root.path / "tmp/assay.deb").write_bytes(deb.read_bytes())
        root.run("apt-get", "update", "-q")
        before = root.files()
        root.run("apt-get", "install", "-qy", "--no-install-recommends",
                 "/tmp/assay.deb")
        root.keep_archives()
        self.assertIn("ii  assay\n", self.installed())
        self.look_at_the_installation()
        self.gate_on_sqlite()
        self.upgrade()
        self.recommended_drivers()
        self.purge(before)

    def look_at_the_installation(self):
        root = self.root
        shown = root.run("stat", "-c", "%U:%G %a", "/etc/assay/assayd.yaml",
                         "/var/lib/assay", "/var/log/assay").stdout
        self.assertEqual(shown.split("\n")[:3], [
            "root:assay 640", "assay:assay 700", "assay:assay 700"])
        self.assertRegex(root.run("getent", "passwd", "assay").stdout,
                         r"^assay:x:\d{3}:.*:/usr/sbin/nologin$")
        for binary in ("assay", "assayd", "assay-argo-plugin"):
            self.assertNotIn("not found",
                             root.run("ldd", f"/usr/bin/{binary}").stdout)
            self.assertIn(binary, root.run(f"/usr/bin/{binary}",
                                           "--version").stdout)

    def gate_on_sqlite(self):
        root = self.root
        database = root.path / "srv/shop.db"
        with sqlite3.connect(database) as connection:
            connection.execute(
                "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)")
            connection.execute("INSERT INTO t VALUES (1, 'a'), (2, NULL)")
        connection.close()
        config = (root.path / "etc/assay/assayd.yaml").read_text()
        pid = self.serve()  # As it comes.
        self.stop(pid)
        pid = self.serve()
        self.write("etc/assay/assayd.yaml", config.replace(
            "connections: {}", "connections:\n  shop:\n    odbc: "
            "\"Driver=SQLite3;Database=/srv/shop.db\""))
        os.kill(pid, signal.SIGHUP)
        assay.wait_for(lambda: "added connections shop" in self.log(),
                       what=f"the reload {self.log()}")
        good = assay.rule_set("t", "- row_count: {min: 2}\n- unique: id",
                              "shop")
        bad = assay.rule_set("t", "- not_null: [v]", "shop")
        self.write("tmp/good.yaml", good)
        self.write("tmp/bad.yaml", bad)
        for name, code in (("good", 0), ("bad", 1)):
            done = self.assay("run", f"/tmp/{name}.yaml")
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        owner = root.run("stat", "-c", "%U %a",
                         "/var/lib/assay/runs.db").stdout.strip()
        self.assertEqual(owner, "assay 600")
        lint = self.assay(
            "lint", "/usr/share/doc/assay/examples/rules/shop.yaml")
        self.assertEqual(lint.returncode, 0, lint.stdout + lint.stderr)
        self.stop(pid)

    def upgrade(self):
        """A changed configuration and the runs are kept."""
        self.root.run("dpkg", "--install", "/tmp/assay.deb")
        self.assertIn("shop.db", (self.root.path / "etc/assay/assayd.yaml"
                                  ).read_text())
        pid = self.serve()
        listed = self.assay("runs")
        self.assertEqual(listed.stdout.count("test/t"), 2, listed)
        self.stop(pid)

    def recommended_drivers(self):
        self.root.run("apt-get", "install", "-qy", "--no-install-recommends",
                      "odbc-postgresql", "odbc-mariadb", "odbcinst")
        drivers = self.root.run("odbcinst", "-q", "-d").stdout
        for driver in ("PostgreSQL Unicode", "MariaDB Unicode", "SQLite3"):
            self.assertIn(f"[{driver}]", drivers)

    def purge(self, before):
        root = self.root
        root.run("apt-get", "remove", "-qy", "assay")
        self.assertTrue((root.path / "var/lib/assay/runs.db").exists())
        self.assertTrue((root.path / "etc/assay/assayd.yaml").exists())
        self.assertFalse((root.path / "usr/bin/assayd").exists())
        root.run("apt-get", "purge", "-qy", "assay")
        left = {path for path in root.files() - before
                if "assay" in path and not path.startswith("srv/")}
        self.assertEqual(left, set())
        self.assertNotIn(" assay\n", self.installed())
        for database in ("passwd", "group"):
            self.assertNotEqual(root.run("getent", database, "assay",
                                         check=False).returncode, 0)


# In a network of its own: the ports of the image are fixed.
IN_THE_CONTAINER = """
set -eu
ip link set lo up
run() { buildah $ROOTS run --isolation chroot "$CONTAINER" -- "$@"; }
run /usr/libexec/assay/healthy && { echo "healthy without a server"; exit 1; }
run sh -c 'echo $$ >/tmp/pid; exec /usr/bin/assayd --config \
  /etc/assay/assayd.yaml' &
for _ in $(seq 100); do
  run /usr/libexec/assay/healthy 2>/dev/null && break
  sleep 0.3
done
run /usr/libexec/assay/healthy
run id -u
run /usr/bin/assay runs
run sh -c 'kill -TERM "$(cat /tmp/pid)"'
wait $!
"""


@unittest.skipUnless(assay.FULL, "downloads a Debian; tests/run.sh --full")
class ContainerTest(unittest.TestCase):
    """The image of deploy/container, but for its first stage: the package is
    not compiled in a container but here."""

    def setUp(self):
        directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        self.roots = ["--root", f"{directory}/images", "--runroot",
                      f"{directory}/run", "--storage-driver", "vfs"]
        self.context = directory / "context"
        self.context.mkdir()

    def buildah(self, *args, **kwargs):
        return run("buildah", *self.roots, *args, **kwargs).strip()

    def test_the_image(self):
        base = self.buildah("from", "scratch")
        self.buildah("add", "-q", base, debian_root.base(), "/")
        self.buildah("commit", "-q", base, "localhost/debian")
        text = (assay.ROOT / "deploy/container/Containerfile").read_text()
        text, count = re.subn(
            r"(?s)(FROM \$\{DEBIAN\} AS build\n).*?(?=\nFROM )",
            r"\1COPY *.deb /package/\n", text)
        self.assertEqual(count, 1)
        (self.context / "Containerfile").write_text(text)
        shutil.copytree(assay.ROOT / "deploy/container",
                        self.context / "deploy/container")
        with tempfile.TemporaryDirectory() as directory:
            shutil.copy(package(directory), self.context)
        self.buildah("bud", "--isolation", "chroot", "--format", "docker",
                     "--build-arg", "DEBIAN=localhost/debian", "-t", "assay",
                     self.context)
        image = json.loads(self.buildah("inspect", "--type", "image", "assay"))
        config = image["Docker"]["config"]
        self.assertEqual(config["User"], "10001:10001")
        self.assertEqual(config["StopSignal"], "SIGTERM")
        self.assertEqual(config["Healthcheck"]["Test"],
                         ["CMD", "/usr/libexec/assay/healthy"])
        container = self.buildah("from", "assay")
        said = run("unshare", "--net", "bash", "-c", IN_THE_CONTAINER, env={
            **os.environ, "ROOTS": " ".join(self.roots),
            "CONTAINER": container}, timeout=120)
        self.assertIn("10001\n", said)


if __name__ == "__main__":
    unittest.main()
