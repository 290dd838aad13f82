#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The package as a service: a Debian with systemd is booted in a container of
its own (systemd-nspawn), and uses the unit as it is installed. With --full only.
"""
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import debian_root  # pylint: disable=wrong-import-position

# Told one by one as "== NAME" and then what it said.
STEPS = """
exec >/story 2>&1
say() { echo "== $1"; shift; "$@"; echo "exit $?"; }
state() { systemctl show assayd -p ActiveState,ExecMainStatus,Result; }
journal() { journalctl -u assayd --no-pager -o cat; }
config=/etc/assay/assayd.yaml
say started systemctl is-active assayd
say enabled systemctl is-enabled assayd
cat >>$config <<'END'
  shop:
    odbc: "Driver=SQLite3;Database=/srv/shop.db"
  pg:
    odbc: "Driver=PostgreSQL Unicode;Servername=/nowhere;Database=x;Pwd=${env:PG}"
  maria:
    odbc: "Driver=MariaDB Unicode;Server=127.0.0.1;Port=1;Database=x"
END
sed -i 's/^connections: {}/connections:/' $config
install -m 600 /dev/null /etc/assay/environment
echo PG=secret-of-the-environment >/etc/assay/environment
say reload systemctl reload assayd
sleep 2
say unknown_secret assay connections --test pg
say restart systemctl restart assayd
say sqlite assay connections --test shop
say postgresql assay connections --test pg
say mariadb assay connections --test maria
say run assay run /srv/rules.yaml
cp $config /srv/good.yaml
echo 'oops: [' >>$config
say bad_reload systemctl reload assayd
say still assay run /srv/rules.yaml
cp /srv/good.yaml $config
say rights grep -E '^(Uid|NoNewPrivs|CapBnd|Seccomp):' \
  "/proc/$(systemctl show -P MainPID assayd)/status"
pid=$(systemctl show -P MainPID assayd)
kill -KILL "$pid"
sleep 4
say after_a_crash systemctl is-active assayd
say its_runs assay runs
say stop systemctl stop assayd
say stopped state
echo 'oops: [' >>$config
say bad_start systemctl start assayd
say no_restart state
say journal journal
systemctl poweroff
"""
SERVICE = """
[Unit]
After=assayd.service
[Service]
Type=oneshot
ExecStart=/bin/bash /srv/steps.sh
[Install]
WantedBy=multi-user.target
"""


@unittest.skipUnless(assay.FULL, "downloads a Debian; tests/run.sh --full")
class SystemdTest(unittest.TestCase):
    def test_the_story_of_a_service(self):
        root = self.enterContext(debian_root.DebianRoot())
        with tempfile.TemporaryDirectory() as directory:
            deb = debian_root.package(directory)
            (root.path / "tmp/assay.deb").write_bytes(deb.read_bytes())
        root.run("apt-get", "update", "-q")
        root.run("apt-get", "install", "-qy", "--no-install-recommends",
                 "systemd", "systemd-sysv", "dbus", "odbc-postgresql",
                 "odbc-mariadb", "/tmp/assay.deb")
        self.prepare(root.path)
        done = subprocess.run(
            ["systemd-nspawn", "-D", root.path, "--boot", "--register=no",
             "--keep-unit", "--private-network"], capture_output=True,
            text=True, check=False, timeout=240)
        story = root.path / "story"
        self.assertTrue(story.exists(), done.stdout + done.stderr)
        said = {}
        for part in story.read_text().split("== ")[1:]:
            name, _, text = part.partition("\n")
            said[name] = text
        self.check(said)

    @staticmethod
    def prepare(path):
        database = path / "srv/shop.db"
        connection = sqlite3.connect(database)
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.commit()
        connection.close()
        database.chmod(0o644)
        (path / "srv/rules.yaml").write_text(
            assay.rule_set("t", "- row_count: {min: 1}\n- pattern: {column: "
                           "id, full: '[0-9]+'}", "shop"))
        (path / "srv/steps.sh").write_text(STEPS)
        system = path / "etc/systemd/system"
        (system / "steps.service").write_text(SERVICE)
        wants = system / "multi-user.target.wants"
        wants.mkdir(exist_ok=True)
        os.symlink("/etc/systemd/system/steps.service",
                   wants / "steps.service")

    def check(self, said):
        for name in ("started", "enabled", "reload", "restart", "sqlite", "run",
                     "still", "after_a_crash", "its_runs", "stop"):
            self.assertIn("exit 0\n", said[name], (name, said))
        # Read at the start only; then the drivers are loaded, and the network
        # is what there is none of.
        self.assertIn("PG", said["unknown_secret"])
        for name in ("postgresql", "mariadb"):
            self.assertNotIn("exit 0\n", said[name])
            self.assertIn("DATABASE_UNREACHABLE", said[name], said["journal"])
        self.assertIn("exit 1\n", said["bad_reload"])
        self.assertIn("2 passed", said["run"])
        self.assertRegex(said["rights"], r"NoNewPrivs:\s+1\n")
        self.assertRegex(said["rights"], r"CapBnd:\s+0+\n")
        self.assertRegex(said["rights"], r"Seccomp:\s+2\n")
        self.assertNotRegex(said["rights"], r"Uid:\s+0\s")
        self.assertEqual(said["its_runs"].count("test/t"), 2)
        self.assertIn("Result=success", said["stopped"])
        self.assertIn("ExecMainStatus=0", said["stopped"])
        self.assertIn("ExecMainStatus=2", said["no_restart"])
        self.assertIn("ActiveState=failed", said["no_restart"])
        self.assertIn("added connections maria, pg, shop", said["journal"])
        self.assertNotIn("secret-of-the-environment", str(said))


if __name__ == "__main__":
    unittest.main()
