# SPDX-License-Identifier: Apache-2.0
"""Every example DAG runs to its end, between MariaDB and PostgreSQL."""
import pathlib
import shutil
import unittest

import assay
import assay_airflow
import case

EXAMPLES = pathlib.Path(assay_airflow.__file__).parent / "example_dags"


class ExamplesTest(case.Case):
    @classmethod
    def setUpClass(cls):
        cls.legacy = assay.mariadb()
        cls.warehouse = assay.postgresql()
        cls.connections = {"legacy": cls.legacy.odbc,
                           "warehouse": cls.warehouse.odbc}
        super().setUpClass()
        shutil.copytree(EXAMPLES, case.DAGS / "examples")
        cls.addClassCleanup(shutil.rmtree, case.DAGS / "examples")

    def setUp(self):
        super().setUp()
        self.drop()
        self.addCleanup(self.drop)
        for database in (self.legacy, self.warehouse):
            database.load(
                "CREATE TABLE shop_orders (id INTEGER NOT NULL PRIMARY KEY, "
                "customer_id INTEGER, total INTEGER);"
                "INSERT INTO shop_orders VALUES (1, 1, 10), (2, 1, 20);"
                "CREATE TABLE shop_customers (id INTEGER NOT NULL PRIMARY "
                "KEY); INSERT INTO shop_customers VALUES (1);")

    def drop(self):
        for database in (self.legacy, self.warehouse):
            database.load("DROP TABLE IF EXISTS shop_orders;"
                          "DROP TABLE IF EXISTS shop_customers;")

    def dag(self, name):
        return case.load(case.DAGS / "examples" / f"{name}.py")[0]

    def test_all_are_tested(self):
        self.assertEqual(
            sorted(p.stem for p in EXAMPLES.glob("example_*.py")),
            ["example_audit", "example_fan_out", "example_gated_migration"])

    def test_equal_data_cuts_over(self):
        run = self.dag("example_gated_migration").test()
        self.assertEqual(case.states(run), {
            "backfill": "success", "verify": "success", "cutover": "success",
            "ask_a_person": "skipped", "undo_backfill": "skipped",
            "tell": "success"})

    def test_a_lost_row_is_held(self):
        self.warehouse.load("DELETE FROM shop_orders WHERE id = 2;")
        run = self.dag("example_gated_migration").test()
        self.assertEqual(case.states(run), {
            "backfill": "success", "verify": "success", "cutover": "skipped",
            "ask_a_person": "success", "undo_backfill": "skipped",
            "tell": "success"})
        result = case.xcom(run, "verify")
        self.assertEqual((result["verdict"], result["decision"]),
                         ("FAIL", "HOLD"))
        self.assertEqual(result["failed_rules"], ["orders_are_equal"])

    def test_insane_totals_roll_back(self):
        self.warehouse.load("UPDATE shop_orders SET total = -1 WHERE id = 2;")
        run = self.dag("example_gated_migration").test()
        self.assertEqual(case.states(run)["undo_backfill"], "success")
        self.assertEqual(case.states(run)["cutover"], "skipped")
        self.assertEqual(case.xcom(run, "verify")["decision"], "ROLLBACK")

    def test_an_audit_passes_and_fails(self):
        run = self.dag("example_audit").test()
        self.assertEqual(case.states(run), {"audit": "success"})
        self.warehouse.load("UPDATE shop_orders SET total = NULL;")
        run = self.dag("example_audit").test()
        self.assertEqual(case.states(run), {"audit": "failed"})

    def test_every_table_has_a_run(self):
        run = self.dag("example_fan_out").test()
        self.assertEqual(
            {k: v for k, v in case.states(run).items() if k != "tables"},
            {"table[0]": "success", "table[1]": "success",
             "everything": "success", "cutover": "success"})
        tasks = sorted(r["labels"]["task"]
                       for r in self.runs(run=run.run_id))
        self.assertEqual(len(tasks), 3)
        self.assertEqual(tasks[0], "everything")
        # By what it is mapped over, where this Airflow tells in time.
        self.assertIn(tasks[1:], (["table[0]", "table[1]"],
                                  ["table[shop_customers]",
                                   "table[shop_orders]"]))

    def test_one_bad_table_keeps_the_cut_over_away(self):
        self.warehouse.load("DELETE FROM shop_customers;")
        run = self.dag("example_fan_out").test()
        found = case.states(run)
        self.assertEqual(found["table[0]"], "success")
        self.assertEqual(found["table[1]"], "failed")
        self.assertEqual(found["cutover"], "upstream_failed")


if __name__ == "__main__":
    unittest.main()
