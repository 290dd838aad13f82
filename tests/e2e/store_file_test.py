#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A file that is somebody else's does not become a run store, nor is it changed
by the refusal.
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


class StoreFileTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def start(self, path):
        done = subprocess.run(
            [assay.BIN / "assayd", "--store", path, "--listen", "127.0.0.1:0"],
            capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 1, done)
        return done.stderr

    def refuse(self, name):
        path = self.directory / name
        path.chmod(0o644)
        before = path.read_bytes()
        said = self.start(path)
        self.assertEqual(path.read_bytes(), before)
        self.assertEqual(path.stat().st_mode & 0o777, 0o644)
        self.assertEqual([p.name for p in self.directory.iterdir()], [name])
        return said

    def living(self):
        """A database that stays open, with a write-ahead log."""
        path = self.directory / "shop.db"
        shop = sqlite3.connect(path)
        self.addCleanup(shop.close)
        shop.execute("PRAGMA journal_mode = WAL")
        shop.execute("CREATE TABLE orders (id INTEGER)")
        return path, shop

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

    def test_a_database_that_another_has_open(self):
        path, shop = self.living()
        shop.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shop.execute("INSERT INTO orders VALUES (1)")
        shop.commit()
        path.chmod(0o644)
        before = {p: p.read_bytes() for p in self.directory.iterdir()
                  if not p.name.endswith("-shm")}
        self.assertIn("cannot hold", self.start(path))
        for file, content in before.items():
            self.assertEqual(file.read_bytes(), content, file)
        self.assertEqual(path.stat().st_mode & 0o777, 0o644)

    def test_tables_that_are_in_the_log_only(self):
        path, shop = self.living()
        shop.commit()
        path.chmod(0o644)
        before = path.read_bytes()
        self.assertIn("cannot hold", self.start(f"/{path}"))
        self.assertEqual(path.read_bytes(), before)
        self.assertEqual(path.stat().st_mode & 0o777, 0o644)
        self.assertFalse(path.with_name("shop.db.lock").exists())

    def test_no_file(self):
        os.mkfifo(self.directory / "pipe")
        (self.directory / "folder").mkdir()
        for name in ("pipe", "folder"):
            self.assertIn("is no file", self.start(self.directory / name))
        self.assertEqual({p.name for p in self.directory.iterdir()},
                         {"pipe", "folder"})

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
