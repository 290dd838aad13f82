#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A file that is somebody else's does not become a run store, nor is it changed
by the refusal.
"""
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position


class StoreFileTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def refuse(self, name):
        path = self.directory / name
        path.chmod(0o644)
        before = path.read_bytes()
        done = subprocess.run(
            [assay.BIN / "assayd", "--store", path, "--listen", "127.0.0.1:0"],
            capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 1, done)
        self.assertEqual(path.read_bytes(), before)
        self.assertEqual(path.stat().st_mode & 0o777, 0o644)
        self.assertEqual([p.name for p in self.directory.iterdir()], [name])
        return done.stderr

    def test_the_database_of_something_else(self):
        with sqlite3.connect(self.directory / "shop.db") as shop:
            shop.execute("CREATE TABLE orders (id INTEGER)")
        shop.close()
        said = self.refuse("shop.db")
        self.assertIn("shop.db' cannot hold the run store", said)
        self.assertIn("tables of something else", said)

    def test_no_database(self):
        (self.directory / "notes.txt").write_text("hello\n", encoding="ascii")
        self.assertIn("notes.txt' is no SQLite database",
                      self.refuse("notes.txt"))

    def test_an_empty_file_becomes_a_store(self):
        path = self.directory / "runs.db"
        path.touch()
        for _ in range(2):
            with assay.Server({}, options=["--store", str(path)]) as server:
                self.assertEqual(server.assay("runs").returncode, 0)
        self.assertTrue(path.read_bytes().startswith(b"SQLite format 3\0"))
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)


if __name__ == "__main__":
    unittest.main()
