#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What no snapshot covers: MariaDB's storage engines that keep no old rows, in
tables, behind views, in queries and filters. Such a reading is never called a
snapshot, and `consistency: strict` does not take it.
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import pairs  # pylint: disable=wrong-import-position
from pairs import LITE, MARIA, PG  # pylint: disable=wrong-import-position

SNAPSHOT = "repeatable read snapshot"
ENGINES = ("MyISAM", "Aria", "MEMORY", "CSV")
READER = "assay_reader@localhost"

MADE = "".join(
    f"CREATE TABLE cover_{engine} (id INTEGER NOT NULL, v VARCHAR(9) NOT NULL"
    f"{'' if engine == 'CSV' else ', PRIMARY KEY (id)'}) ENGINE={engine};\n"
    f"INSERT INTO cover_{engine} VALUES (1, 'x'), (2, 'y');\n"
    for engine in ENGINES) + """
CREATE TABLE cover_inno (id INTEGER PRIMARY KEY, v VARCHAR(9)) ENGINE=InnoDB;
INSERT INTO cover_inno VALUES (1, 'x'), (2, 'y');
CREATE VIEW cover_view AS SELECT * FROM cover_inno;
CREATE VIEW cover_view_my AS SELECT m.id, i.v FROM cover_inno i
  JOIN cover_MyISAM m ON m.id = i.id;
CREATE VIEW cover_view_view AS SELECT * FROM cover_view_my;
"""


class SnapshotCoverTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fixture = pairs.Fixture()
        cls.server = cls.fixture.server
        cls.maria = cls.fixture.databases[MARIA]
        cls.drop()
        cls.maria.load(MADE)
        cls.fixture.databases[PG].load(
            "CREATE TABLE cover_pg (id INTEGER PRIMARY KEY, v VARCHAR(9));"
            "INSERT INTO cover_pg VALUES (1, 'x'), (2, 'y');")

    @classmethod
    def tearDownClass(cls):
        cls.drop()
        cls.fixture.databases[PG].load("DROP TABLE cover_pg;")
        cls.fixture.close()

    @classmethod
    def drop(cls):
        views = "cover_view_view, cover_view_my, cover_view"
        tables = ", ".join(f"cover_{name}" for name in ENGINES + ("inno",))
        cls.maria.load(f"DROP VIEW IF EXISTS {views};"
                       f"DROP TABLE IF EXISTS {tables};")

    def compare(self, side, consistency, rules="- full_diff: {}", turned=False,
                more="key: [id]"):
        sides = [f"connection: {MARIA}, {side}",
                 f"connection: {PG}, table: cover_pg"]
        if turned:
            sides.reverse()
        code, report = self.server.gate(pairs.rule_set(
            *sides, rules, f"consistency: {consistency}\n{more}"))
        return code, report["results"]

    def refuses(self, side, *words, **more):
        """Without `strict` it is no snapshot, with it an error."""
        code, results = self.compare(side, "snapshot", **more)
        self.assertEqual(code, 0, results)
        for result in results:
            own, other = result["consistency"], result["target_consistency"]
            if more.get("turned"):
                own, other = other, own
            self.assertIn("each statement for itself", own)
            self.assertEqual(other, SNAPSHOT)
            for word in words:
                self.assertIn(word, own)
        code, results = self.compare(side, "strict", **more)
        self.assertEqual(code, 5, results)
        for result in results:
            self.assertEqual(result["verdict"], "ERROR")
            self.assertEqual(result["error"]["reason"], "UNSUPPORTED")
            for word in words:
                self.assertIn(word, result["error"]["message"])

    def takes(self, side, **more):
        for consistency in ("snapshot", "strict"):
            code, results = self.compare(side, consistency, **more)
            self.assertEqual(code, 0, results)
            for result in results:
                self.assertEqual(result["consistency"], SNAPSHOT)
                self.assertEqual(result["target_consistency"], SNAPSHOT)

    def test_each_engine(self):
        for engine in ENGINES:
            for turned in (False, True):
                with self.subTest(f"{engine} {turned}"):
                    self.refuses(f"table: cover_{engine}", engine,
                                 f"assay.cover_{engine}", turned=turned)
        self.takes("table: cover_inno")

    def test_each_kind(self):
        rules = ("- full_diff: {}\n- sample_diff: 10\n- row_count: {}\n"
                 "- aggregate: {function: count}\n"
                 "- foreign_key: {columns: [id]}")
        self.refuses("table: cover_MyISAM", "MyISAM", rules=rules)
        self.takes("table: cover_inno", rules=rules)

    def test_a_schema_is_no_reading(self):
        code, results = self.compare("table: cover_MyISAM", "strict",
                                     "- schema: {ignore: [nullability]}",
                                     more="")
        self.assertEqual(code, 0, results)
        self.assertEqual(results[0]["consistency"], "catalog")

    def test_statements_of_their_own_are_taken(self):
        code, results = self.compare("table: cover_MyISAM", "statement")
        self.assertEqual(code, 0, results)
        self.assertEqual(results[0]["consistency"],
                         "each statement for itself")

    def test_queries(self):
        self.takes("query: 'SELECT * FROM cover_inno'")
        self.takes("query: \"SELECT id, v, 'cover_MyISAM' AS n FROM "
                   "cover_inno\"", more="key: [id]\ncolumns: {except: [n]}")
        for text in ("SELECT * FROM cover_MyISAM",
                     "SELECT * FROM `assay`.`cover_MyISAM`",
                     "SELECT * FROM cover_inno WHERE 'it''s' <> '`' AND id IN "
                     "(SELECT id FROM/* ' */assay.cover_MyISAM)"):
            with self.subTest(text):
                self.refuses(f"query: {assay.quoted(text)}", "MyISAM")

    def test_filters_and_expressions(self):
        self.takes("table: cover_inno, where: 'id > 0'")
        self.refuses("table: cover_inno, where: 'id IN (SELECT id FROM "
                     "cover_Aria)'", "Aria")
        self.refuses("table: cover_inno", "MEMORY", more=(
            "columns: {map: {v: {source_sql: '(SELECT m.v FROM cover_MEMORY m "
            "WHERE m.id = assay_base.id)'}}}"))
        code, results = self.compare(
            "table: cover_inno", "strict",
            "- row_count: {}\n  where: id IN (SELECT id FROM cover_inno)")
        # PostgreSQL has no such table: what is refused before is not asked.
        self.assertEqual(code, 5, results)
        self.assertNotEqual(results[0]["error"]["reason"], "UNSUPPORTED")

    def test_views(self):
        # Without SHOW VIEW nobody tells what a view reads.
        self.refuses("table: cover_view", "SHOW VIEW", "cover_view")
        self.maria.load(f"GRANT SHOW VIEW ON assay.* TO {READER};")
        self.addCleanup(self.maria.load,
                        f"REVOKE SHOW VIEW ON assay.* FROM {READER};")
        plain = self.server
        self.addCleanup(setattr, self, "server", plain)
        # New connections: the old ones keep the privileges that they had.
        with assay.Server({d.name: d.odbc for d in
                           self.fixture.databases.values()}) as self.server:
            self.takes("table: cover_view")
            self.refuses("table: cover_view_my", "cover_MyISAM (MyISAM)")
            self.refuses("table: cover_view_view", "cover_MyISAM (MyISAM)")
            self.refuses("query: 'SELECT * FROM cover_view_view'", "MyISAM")

    def table_rules(self, table, rules, where=None):
        code, report = self.server.gate(assay.rule_set(
            table, rules, connection=MARIA, where=where))
        self.assertEqual(code, 0, report)
        return [result["consistency"] for result in report["results"]]

    def test_rules_of_tables(self):
        rules = ("- row_count: {min: 1}\n- not_null: [id, v]\n"
                 "- pattern: {column: v, full: '[a-z]'}\n"
                 "- unique: {columns: [id]}")
        for engine in ENGINES:
            for found in self.table_rules(f"cover_{engine}", rules):
                self.assertIn("each statement for itself", found)
                self.assertIn(f"assay.cover_{engine} ({engine})", found)
        self.assertEqual(self.table_rules("cover_inno", rules),
                         [SNAPSHOT] * 4)

    def test_each_rule_of_a_table_for_itself(self):
        found = self.table_rules("cover_inno", """
- not_null: [id]
- foreign_key: {columns: [id], table: cover_MyISAM, key: [id]}
- foreign_key: {columns: [id], table: assay.cover_inno, key: [id]}
- query: {sql: SELECT id FROM cover_Aria WHERE id < 0}
- query: {sql: SELECT id FROM cover_inno WHERE id < 0}
- not_null: [v]
  where: id NOT IN (SELECT id + 9 FROM cover_CSV)
- schema: {columns: {id: integer}}
""")
        for index, word in enumerate((SNAPSHOT, "MyISAM", SNAPSHOT, "Aria",
                                      SNAPSHOT, "CSV", "catalog")):
            self.assertIn(word, found[index], index)

    def test_the_filter_of_a_table(self):
        for found in self.table_rules(
                "cover_inno", "- not_null: [id]\n- not_null: [v]",
                where="id IN (SELECT id FROM cover_MEMORY)"):
            self.assertIn("MEMORY", found)

    def test_explain_says_so(self):
        text = pairs.rule_set(f"connection: {MARIA}, table: cover_MyISAM",
                              f"connection: {PG}, table: cover_pg",
                              "- full_diff: {}")
        text += ("tables:\n  - connection: mariadb\n    table: cover_Aria\n"
                 "    rules: [{not_null: [id]}]\n")
        done = self.server.assay("explain", "-", stdin=text)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("cover_MyISAM (MyISAM)", done.stdout)
        self.assertIn("cover_Aria (Aria)", done.stdout)

    def test_sqlite_is_covered(self):
        self.fixture.databases[LITE].load(
            "CREATE TABLE cover_lite (id INTEGER PRIMARY KEY, v TEXT);"
            "INSERT INTO cover_lite VALUES (1, 'x'), (2, 'y');")
        code, report = self.server.gate(pairs.rule_set(
            f"connection: {LITE}, table: cover_lite",
            f"connection: {PG}, table: cover_pg", "- full_diff: {}",
            "consistency: strict"))
        self.assertEqual(code, 0, report)


if __name__ == "__main__":
    unittest.main()
