#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The acceptance test of comparisons: Sakila against its port to PostgreSQL.

rules/examples/sakila_migration.yaml must report all the damage that the port
did and nothing that is only another representation. What the damage is was
found without Assay: both sides are dumped with the databases' own clients and
compared in Python, each time, and the numbers stand in support/sakila.py too.

Skipped where the data is neither in $ASSAY_TEST_SAKILA nor in
shared/data/sakila beside the checkout; it is no part of this repository.
"""
import collections
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import sakila  # pylint: disable=wrong-import-position
import assay  # pylint: disable=wrong-import-position


def setUpModule():  # pylint: disable=invalid-name
    sakila.load()


def tearDownModule():  # pylint: disable=invalid-name
    if sakila.DATA is not None:
        sakila.drop()


@sakila.needs_data
class TruthTest(unittest.TestCase):
    """Assay has no part in this: the numbers that are expected are true."""
    maxDiff = None

    def test_damage(self):
        for table, damage in sakila.DAMAGE.items():
            with self.subTest(table):
                truth = sakila.Truth(table, "sakila")
                self.assertEqual(truth.rows, (damage.rows, damage.rows))
                self.assertEqual(truth.keys, damage.rows)
                self.assertFalse(truth.missing or truth.extra or
                                 truth.duplicates)
                self.assertEqual(len(truth.changed), damage.changed)
                self.assertEqual(truth.columns, damage.columns)
                self.assertEqual(truth.source_only,
                                 sakila.SOURCE_ONLY.get(table, []))
                self.assertEqual(truth.target_only,
                                 sakila.TARGET_ONLY.get(table, []))

    def test_kinds_of_damage(self):
        self.assertEqual(
            sakila.psql("SELECT DISTINCT '<' || district || '|' || phone || "
                        "'>', address2, postal_code = '' FROM address "
                        "WHERE postal_code IS NOT NULL", database="sakila"),
            "< | >\tNULL\tf\n")
        self.assertEqual(
            sakila.mariadb("SELECT SUM(district = ''), SUM(phone = ''), "
                    "SUM(address2 = ''), SUM(address2 IS NULL), "
                    "SUM(postal_code = ''), SUM(postal_code IS NULL) "
                    "FROM sakila.address"), "3\t2\t599\t4\t4\t0\n")
        # Two times of day: a shift would not explain both.
        self.assertEqual(
            sakila.mariadb("SELECT TIME(create_date), COUNT(*) FROM "
                           "sakila.customer GROUP BY 1 ORDER BY 1"),
            "22:04:36\t271\n22:04:37\t328\n")
        self.assertEqual(
            sakila.psql("SELECT activebool, active, count(*) FROM customer "
                        "GROUP BY 1, 2 ORDER BY 2", database="sakila"),
            "t\t0\t15\nt\t1\t584\n")
        self.assertEqual(
            sakila.psql("SELECT payment_id, rental_id FROM payment WHERE "
                        "payment_id IN (424, 7011, 10840, 14675, 15458) "
                        "ORDER BY 1", database="sakila"),
            "424\t1\n7011\t1\n10840\t1\n14675\t1\n15458\t291\n")
        self.assertEqual(
            sakila.mariadb("SELECT GROUP_CONCAT(payment_id ORDER BY 1) FROM "
                    "sakila.payment WHERE rental_id IS NULL"),
            "424,7011,10840,14675,15458\n")
        self.assertEqual(
            sakila.mariadb("SELECT staff_id, LENGTH(picture), MD5(picture) "
                    "FROM sakila.staff WHERE picture IS NOT NULL"),
            "1\t36365\t633ca8e521307444eb54a499fbe42832\n")

    def test_film_text_is_in_film(self):
        names = {c: c for c in ("film_id", "title", "description")}
        texts = sakila.from_mariadb("film_text", names, ["film_id"])
        self.assertEqual(len(texts), 1000)
        self.assertEqual(
            texts, sakila.from_postgresql("film", names, ["film_id"], "sakila"))
        self.assertEqual(
            sakila.psql("SELECT count(*) FROM film WHERE fulltext IS DISTINCT "
                        "FROM to_tsvector('pg_catalog.english', title || ' ' "
                        "|| description)", database="sakila"), "0\n")

    def test_sums(self):
        sql = ("SELECT staff_id, SUM(amount), COUNT(rental_id) FROM {}payment "
               "GROUP BY staff_id ORDER BY staff_id")
        before = sakila.mariadb(sql.format("sakila."))
        after = sakila.psql(sql.format(""), database="sakila")
        self.assertEqual(before, "1\t33489.47\t8054\n2\t33927.04\t7990\n")
        self.assertEqual(after, "1\t33489.47\t8057\n2\t33927.04\t7992\n")


@sakila.needs_data
class ExampleTest(sakila.SakilaCase):
    """All the damage, and nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.code, report = cls.server.gate(sakila.EXAMPLE.read_text())
        cls.report = report
        cls.results = {r["rule_id"]: r for r in report["results"]}

    def test_lint(self):
        done = assay.assay("lint", sakila.EXAMPLE)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("warning:", done.stdout)

    def test_verdicts(self):
        self.assert_verdicts(
            self.results,
            {"tables.full_diff", "address.full_diff", "customer.schema",
             "customer.full_diff", "film.schema", "payment.schema",
             "payment.aggregate.count_rental_id", "payment.full_diff"},
            {"tables.indexes"})
        self.assertEqual(len(self.results), 24)
        # `on_fail: rollback` of payments, confirmed by a second reading.
        self.assertEqual((self.report["verdict"], self.report["decision"],
                          self.code), ("FAIL", "ROLLBACK", 4))
        self.assertTrue(self.results["payment.full_diff"]["confirmed"])

    def test_progress_is_at_its_end(self):
        progress = self.report["progress"]
        self.assertEqual(progress["steps_done"], progress["steps_total"])
        self.assertGreaterEqual(progress["rows_total"], progress["rows_read"])

    def test_tables(self):
        rows = sum(sakila.DAMAGE[table].rows for table in sakila.PLAIN)
        self.assert_diff(
            self.results["tables.full_diff"], (rows, rows), changed=1,
            columns={"sakila.staff.picture": 1},
            causes={("sakila.staff.picture", "a value became NULL"): 1})

    def test_address(self):
        self.assert_diff(
            self.results["address.full_diff"], (603, 603), changed=603,
            columns=sakila.DAMAGE["address"].columns,
            causes={("district", "became ' '"): 600,
                    ("district", "trailing blanks"): 3,
                    ("phone", "became ' '"): 601,
                    ("phone", "trailing blanks"): 2,
                    ("address2", "'' became NULL"): 599,
                    ("postal_code", "'' became NULL"): 4})

    def test_customer(self):
        self.assert_diff(
            self.results["customer.full_diff"], (599, 599), changed=599,
            columns=sakila.DAMAGE["customer"].columns,
            causes={("create_date", "time of day lost"): 599,
                    ("activebool", "became 1"): 15})

    def test_film(self):
        for rule in ("film.full_diff", "film_text.full_diff"):
            self.assert_diff(self.results[rule], (1000, 1000))
        counters = self.results["film.fulltext"]["counters"]
        self.assertEqual((counters["rows_considered"],
                          counters["rows_failing"]), (1000, 0))

    def test_payment(self):
        self.assert_diff(
            self.results["payment.full_diff"], (16049, 16049), changed=5,
            columns={"rental_id": 5},
            causes={("rental_id", "NULL became 1"): 4,
                    ("rental_id", "NULL became a value"): 1},
            source_only=["last_update"])
        measures = self.results["payment.aggregate.count_rental_id"]["measures"]
        self.assertEqual([m["value"] for m in measures], ["16044", "16049"])
        sums = self.results["payment.aggregate.sum_amount_staff_id"]
        self.assertEqual(sums["counters"]["rows_considered"], 2)
        for rule, rows in (("payment.has_customer", 16049),
                           ("payment.has_rental", 16049)):
            counters = self.results[rule]["counters"]
            self.assertEqual((counters["rows_considered"],
                              counters["rows_failing"]), (rows, 0), rule)

    def test_schemas(self):
        def found(rule):
            return set(self.results[rule]["found"].split("; "))
        self.assertEqual(found("customer.schema"), {
            "column create_date: datetime on the source, date on the target: "
            "the time of day is lost",
            "column create_date: no default on the source, default "
            "('now'::text)::date on the target",
            "column active: NOT NULL on the source, may be NULL on the target",
            "column active: default 1 on the source, no default on the target"})
        self.assertEqual(found("film.schema"), {
            "column length: smallint(5) unsigned on the source, smallint on "
            "the target: values above 32767 do not fit"})
        self.assertEqual(found("payment.schema"), {
            "column last_update (timestamp) is only in the source",
            "column rental_id: may be NULL on the source, NOT NULL on the "
            "target"})
        # Of these only the foreign keys of MySQL have indexes.
        self.assertEqual(
            self.results["tables.indexes"]["counters"]["groups_failing"], 7)

    def test_sample(self):
        measures = {m["name"]: m["value"]
                    for m in self.results["rental.sample_diff"]["measures"]}
        self.assertEqual(measures["keys drawn"], "1000")
        self.assertEqual(measures["of these differing"], "0")
        self.assertIn("fewer than 0.3 %", measures["confidence"])

    def test_every_differing_key_is_listed(self):
        truth = {t: sakila.Truth(t, "sakila").listed() for t in sakila.DAMAGE}
        expected = {rule: [] for rule in (
            "tables.full_diff", "address.full_diff", "customer.full_diff",
            "payment.full_diff")}
        for table, lines in truth.items():
            rule = "tables" if table in sakila.PLAIN else table
            if lines:
                expected[f"{rule}.full_diff"] += [(table, *l) for l in lines]
        self.assertEqual(self.differences(),
                         {rule: sorted(lines)
                          for rule, lines in expected.items()})


@sakila.needs_data
class MoreTest(sakila.SakilaCase):
    """Other ways to meet the same data."""

    def test_everything_without_a_word_of_explanation(self):
        rules = """
version: 1
name: sakila/all
comparisons:
  - source: {connection: legacy, tables: sakila.*}
    target: {connection: warehouse, tables: public.*}
    except_tables: ["*_list", actor_info, "sales_by_*"]
    rules: [full_diff: {}]
"""
        code, results, _ = self.gate(rules)
        self.assertEqual(code, 1)
        result = results["sakila.full_diff"]
        rows = sum(damage.rows for damage in sakila.DAMAGE.values())
        diff = result["diff"]
        self.assertEqual((diff["rows_source"], diff["rows_target"]),
                         (rows, rows))
        # A SET's text and an array's are not the same: 1000 more than there
        # are, which the example's mapping explains.
        columns = {f"sakila.{table}.{column}": count
                   for table, damage in sakila.DAMAGE.items()
                   for column, count in damage.columns.items()
                   if column != "activebool"}
        columns["sakila.film.special_features"] = 1000
        self.assertEqual({c["column"]: c["rows"] for c in diff["columns"]},
                         columns)
        self.assertEqual(diff["source_only_columns"],
                         ["sakila.payment.last_update"])
        self.assertEqual(diff["target_only_columns"],
                         ["sakila.customer.activebool", "sakila.film.fulltext"])
        self.assertIn("only in the source: film_text", result["found"])
        self.assertIn("only in the target: payment_p2007_01, payment_p2007_02",
                      result["found"])

    def test_views(self):
        # View: its key, and how many rows of which columns differ for the
        # data's sake, or for the view's own (names run together).
        views = {
            "customer_list": ("ID", {"phone": 599, "notes": 15}),
            "staff_list": ("ID", {"phone": 2, "zip code": 2}),
            "sales_by_store": ("store", {"total_sales": 1}),
            "sales_by_film_category": ("category", {"total_sales": 2}),
            "nicer_but_slower_film_list": ("FID", {"actors": 997}),
        }
        rules = "version: 1\nname: sakila/views\ncomparisons:\n"
        for view, (key, _) in views.items():
            rules += f"""
  - source: {{connection: legacy, table: sakila.{view}}}
    target: {{connection: warehouse, table: public.{view}}}
    key: [{key}]
    rules: [full_diff: {{}}]
"""
        _, results, _ = self.gate(rules)
        for view, (key, columns) in views.items():
            with self.subTest(view):
                truth = collections.Counter()
                theirs, ours = (dict((line.split("\t")[0], line.split("\t"))
                                     for line in text.splitlines())
                                for text in self.view(view, key))
                self.assertEqual(theirs.keys(), ours.keys())
                names = [n for n in self.view_columns(view) if n != key]
                for k, row in theirs.items():
                    truth.update(n for n, a, b in
                                 zip(names, row[1:], ours[k][1:]) if a != b)
                self.assertEqual(dict(truth), columns)
                diff = results[f"{view}.full_diff"]["diff"]
                self.assertEqual({c["column"]: c["rows"]
                                  for c in diff["columns"]}, columns)
                self.assertEqual((diff["missing"], diff["extra"]), (0, 0))

    @staticmethod
    def view_columns(view):
        return sakila.mariadb(
            "SELECT column_name FROM information_schema.columns WHERE "
            f"table_schema = 'sakila' AND table_name = '{view}' "
            "ORDER BY ordinal_position").splitlines()

    def view(self, view, key):
        names = [key] + [n for n in self.view_columns(view) if n != key]
        yield sakila.mariadb("SELECT " + ", ".join(f"`{n}`" for n in names) +
                      f" FROM sakila.{view}")
        yield sakila.psql("SELECT " + ", ".join(
            f'"{n if " " in n else n.lower()}"' for n in names) +
            f" FROM {view}", database="sakila")

    def test_times_without_zone_are_in_the_connections(self):
        # The port's times are UTC. Taken for those of Brussels they are early
        # by an hour in winter and by two in summer.
        rules = """
version: 1
name: sakila/zone
comparisons:
  - source: {connection: legacy, table: sakila.actor}
    target: {connection: brussels, table: public.actor}
    rules: [full_diff: {}]
  - source: {connection: legacy, table: sakila.rental}
    target: {connection: brussels, table: public.rental}
    columns: {only: [rental_date]}
    rules: [full_diff: {}]
"""
        code, results, _ = self.gate(rules)
        self.assertEqual(code, 1)
        self.assert_diff(results["actor.full_diff"], (200, 200), changed=200,
                         columns={"last_update": 200},
                         causes={("last_update", "shifted by -1h"): 200})
        summer = int(sakila.mariadb(
            "SELECT COUNT(*) FROM sakila.rental WHERE rental_date BETWEEN "
            "'2005-03-27 03:00:00' AND '2005-10-30 01:59:59'"))
        self.assertEqual(summer, 15862)
        # 1000 differing rows are looked at for their causes.
        diff = results["rental.full_diff"]["diff"]
        self.assertEqual((diff["changed"], diff["explained"]), (16044, 1000))
        causes = {c["cause"]: c["rows"] for c in diff["causes"]}
        self.assertEqual(set(causes), {"shifted by -2h", "shifted by -1h"})
        self.assertEqual(sum(causes.values()), 1000)
        self.assertLessEqual(causes["shifted by -1h"], 16044 - summer)


if __name__ == "__main__":
    sakila.main()
