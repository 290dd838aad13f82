#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fresh damage in Sakila's port: reported on top of the old, and exactly.

What is known may be accepted, which must not hide anything that is new. Skipped
without the data, as sakila_test.py is.
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import sakila  # pylint: disable=wrong-import-position

# Triggers and foreign keys are off: nobody's migration asks them.
PLANTED = """
SET session_replication_role = replica;
-- Three payments are gone.
DELETE FROM payment WHERE payment_id IN (100, 8000, 16049);
-- A payment refers to a rental that never was.
UPDATE payment SET rental_id = 99999 WHERE payment_id = 7;
-- A partition has a payment's number again: no primary key forbids it.
INSERT INTO payment_p2007_01 SELECT payment_id, customer_id, staff_id,
  rental_id, amount, '2007-01-15' FROM ONLY payment WHERE payment_id = 500;
-- NULL → value, in one of 183.
UPDATE rental SET return_date = '2006-02-20 00:00:00'
  WHERE rental_id = (SELECT min(rental_id) FROM rental
                     WHERE return_date IS NULL);
-- One trailing blank.
UPDATE film SET title = title || ' ' WHERE film_id = 7;
-- Two films swap their prices: every sum stays the same.
UPDATE film SET rental_rate = CASE film_id WHEN 1 THEN 4.99 ELSE 0.99 END
  WHERE film_id IN (1, 2);
-- Half of a table is missing.
DELETE FROM film_actor WHERE (actor_id, film_id) IN
  (SELECT actor_id, film_id FROM film_actor ORDER BY film_id, actor_id
   LIMIT 2731);
-- Somebody who was never there, and somebody who is gone.
INSERT INTO actor VALUES (201, 'GRETA', 'GARBO', '2006-02-15 04:34:33');
DELETE FROM customer WHERE customer_id = 599;
"""


def setUpModule():  # pylint: disable=invalid-name
    sakila.load(PLANTED)


def tearDownModule():  # pylint: disable=invalid-name
    if sakila.DATA is not None:
        sakila.drop()


@sakila.needs_data
class PlantedTest(sakila.SakilaCase):
    """Fresh damage is reported on top of the old, and nothing else is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.code, report = cls.server.gate(sakila.EXAMPLE.read_text(),
                                           "--param", "warehouse=planted")
        cls.results = {r["rule_id"]: r for r in report["results"]}

    def test_truth(self):
        changes = {"actor": (0, 1, 0, 0), "film_actor": (2731, 0, 0, 0),
                   "customer": (1, 0, 598, 0), "film": (0, 0, 3, 0),
                   "payment": (3, 0, 6, 1), "rental": (0, 0, 1, 0)}
        for table, damage in sakila.DAMAGE.items():
            with self.subTest(table):
                truth = sakila.Truth(table, "sakila_planted")
                self.assertEqual(
                    (len(truth.missing), len(truth.extra), len(truth.changed),
                     len(truth.duplicates)),
                    changes.get(table, (0, 0, damage.changed, 0)))

    def test_verdicts(self):
        self.assert_verdicts(
            {i: r for i, r in self.results.items()
             if r["kind"] not in ("schema", "sample_diff")},
            {"tables.row_count", "tables.full_diff", "address.full_diff",
             "customer.row_count", "customer.full_diff", "film.full_diff",
             "film_text.full_diff", "payment.row_count",
             "payment.aggregate.sum_amount_staff_id",
             "payment.aggregate.count_rental_id", "payment.full_diff",
             "payment.has_customer", "payment.has_rental"})

    def test_tables(self):
        rows = sum(sakila.DAMAGE[table].rows for table in sakila.PLAIN)
        self.assert_diff(
            self.results["tables.full_diff"], (rows, rows - 2731 + 1),
            keys=rows + 1, missing=2731, extra=1, changed=2,
            columns={"sakila.staff.picture": 1, "sakila.rental.return_date": 1},
            causes={("sakila.staff.picture", "a value became NULL"): 1,
                    ("sakila.rental.return_date", "NULL became a value"): 1})
        found = self.results["tables.row_count"]["found"]
        self.assertIn("11 tables, 2 failed", found)
        self.assertIn("200 rows in the source, 201 in the target", found)
        self.assertIn("5462 rows in the source, 2731 in the target", found)

    def test_film(self):
        self.assert_diff(
            self.results["film.full_diff"], (1000, 1000), changed=3,
            columns={"rental_rate": 2, "title": 1},
            causes={("title", "trailing blanks"): 1})
        self.assert_diff(
            self.results["film_text.full_diff"], (1000, 1000), changed=1,
            columns={"title": 1}, causes={("title", "trailing blanks"): 1})

    def test_customer(self):
        # Whoever is gone was active: activebool is wrong of 15 as before.
        self.assertEqual(
            sakila.mariadb("SELECT active FROM sakila.customer WHERE "
                           "customer_id = 599"), "1\n")
        self.assert_diff(
            self.results["customer.full_diff"], (599, 598), missing=1,
            changed=598, columns={"create_date": 598, "activebool": 15},
            causes={("create_date", "time of day lost"): 598,
                    ("activebool", "became 1"): 15})
        self.assertEqual(
            sakila.mariadb("SELECT COUNT(*) FROM sakila.payment WHERE "
                           "customer_id = 599"), "19\n")
        counters = self.results["payment.has_customer"]["counters"]
        self.assertEqual((counters["rows_failing"],
                          counters["groups_failing"]), (19, 1))

    def test_payment(self):
        # Of the two rows with one key, one is equal to the source's.
        result = self.results["payment.full_diff"]
        self.assert_diff(
            result, (16049, 16047), missing=3, extra=1, changed=6,
            duplicates=1, columns={"rental_id": 6},
            causes={("rental_id", "NULL became 1"): 4,
                    ("rental_id", "NULL became a value"): 1},
            source_only=["last_update"])
        self.assertTrue(result["confirmed"])
        counters = self.results["payment.has_rental"]["counters"]
        self.assertEqual((counters["rows_considered"],
                          counters["rows_failing"]), (16047, 1))
        measures = self.results["payment.aggregate.count_rental_id"]["measures"]
        self.assertEqual([m["value"] for m in measures], ["16044", "16047"])

    def test_samples_of_given_keys(self):
        rules = """
version: 1
name: sakila/sample
comparisons:
  - source: {connection: legacy, table: sakila.payment}
    target: {connection: planted, table: public.payment}
    key: [payment_id]
    columns: {except: [last_update]}
    rules:
      - sample_diff: {keys: [1, 7, 8, 100, 424]}
"""
        code, results, _ = self.gate(rules)
        self.assertEqual(code, 1)
        diff = results["payment.sample_diff"]["diff"]
        self.assertEqual((diff["keys"], diff["missing"], diff["changed"]),
                         (5, 1, 2))

    def test_every_differing_key_is_listed(self):
        listed = self.differences("--param", "warehouse=planted")
        for rule, tables in (("tables", sakila.PLAIN), ("film", ["film"]),
                             ("customer", ["customer"])):
            expected = [(t, *line) for t in tables
                        for line in sakila.Truth(t, "sakila_planted").listed()]
            self.assertEqual(listed[f"{rule}.full_diff"], sorted(expected))
        # And the second row of a payment's number.
        payments = sakila.Truth("payment", "sakila_planted")
        self.assertEqual(payments.duplicates, {("500",)})
        self.assertEqual(
            listed["payment.full_diff"],
            sorted([("payment", "extra", ("500",), ())] +
                   [("payment", *line) for line in payments.listed()]))


ACCEPTED = """
version: 1
name: sakila/accepted
params: {warehouse: {type: connection, default: warehouse}}
comparisons:
  - source: {connection: legacy, table: sakila.staff}
    target: {connection: :warehouse, table: public.staff}
    accept:
      - {column: picture, cause: a value became NULL, reason: old, owner: dba}
    rules: [full_diff: {}]
  - source: {connection: legacy, table: sakila.payment}
    target: {connection: :warehouse, table: public.payment}
    key: [payment_id]
    columns: {except: [last_update]}
    accept:
      - keys: [424, 7011, 10840, 14675, 15458]
        column: rental_id
        reason: no rental known
        owner: dba
    rules: [full_diff: {}]
  - source: {connection: legacy, table: sakila.customer}
    target: {connection: :warehouse, table: public.customer}
    columns:
      map:
        active: active
        activebool: {source: active, target: activebool}
    accept:
      - {column: create_date, cause: time of day lost, reason: r, owner: dba}
      - {column: activebool, reason: active is what counts, owner: dba}
    rules: [full_diff: {}]
  - source: {connection: legacy, table: sakila.address}
    target: {connection: :warehouse, table: public.address}
    columns: {except: [phone]}
    accept:
      - {cause: "'' became NULL", reason: nothing was there, owner: dba}
      - {column: district, cause: "became ' '", reason: r, owner: dba}
      - {column: district, cause: trailing blanks, reason: r, owner: dba}
    rules: [full_diff: {}]
"""


@sakila.needs_data
class AcceptedTest(sakila.SakilaCase):
    """What is known is accepted, shown, and hides nothing that is new."""

    def test_known_damage(self):
        code, results, _ = self.gate(ACCEPTED)
        for table, accepted in (("staff", 1), ("payment", 5),
                                ("customer", 599), ("address", 603)):
            with self.subTest(table):
                result = results[f"{table}.full_diff"]
                rows = sakila.DAMAGE[table].rows
                self.assert_diff(result, (rows, rows), accepted=accepted)
                self.assertEqual(result["verdict"], "PASS")
        self.assertEqual(code, 0)

    def test_new_damage(self):
        code, results, _ = self.gate(ACCEPTED, "--param", "warehouse=planted")
        self.assertEqual(code, 1)
        self.assert_diff(results["staff.full_diff"], (2, 2), accepted=1)
        self.assert_diff(results["payment.full_diff"], (16049, 16047),
                         missing=3, extra=1, changed=1, duplicates=1,
                         accepted=5, columns={"rental_id": 1})
        self.assert_diff(results["customer.full_diff"], (599, 598), missing=1,
                         accepted=598)

    def test_what_is_known_of_a_row_that_has_more(self):
        rules = """
version: 1
name: sakila/partly
comparisons:
  - source: {connection: legacy, table: sakila.address}
    target: {connection: warehouse, table: public.address}
    accept:
      - {cause: "'' became NULL", reason: nothing was there, owner: dba}
    rules: [full_diff: {}]
"""
        code, results, _ = self.gate(rules)
        self.assertEqual(code, 1)
        result = results["address.full_diff"]
        self.assert_diff(result, (603, 603), changed=603,
                         columns={"district": 603, "phone": 603},
                         causes={("district", "became ' '"): 600,
                                 ("district", "trailing blanks"): 3,
                                 ("phone", "became ' '"): 601,
                                 ("phone", "trailing blanks"): 2})
        self.assertNotIn("met nothing", " ".join(result["diff"]["notes"]))

    def test_who_accepted_what_is_shown(self):
        _, results, _ = self.gate(ACCEPTED)
        notes = " ".join(results["payment.full_diff"]["diff"]["notes"])
        self.assertIn("no rental known", notes)
        self.assertIn("dba", notes)


@sakila.needs_data
class RecheckTest(sakila.SakilaCase):
    """After a repair only what was open is read again."""

    REPAIR = """
SET session_replication_role = replica;
UPDATE film SET title = rtrim(title) WHERE film_id = 7;
UPDATE film SET rental_rate = CASE film_id WHEN 1 THEN 0.99 ELSE 4.99 END
  WHERE film_id IN (1, 2);
DELETE FROM payment_p2007_01;
UPDATE payment SET rental_id = 2308 WHERE payment_id = 7;
DELETE FROM actor WHERE actor_id = 201;
UPDATE rental SET return_date = NULL
  WHERE return_date = '2006-02-20 00:00:00';
"""

    def test_repair(self):
        _, report = self.server.gate(sakila.EXAMPLE.read_text(), "--param",
                                     "warehouse=repaired")
        sakila.psql(self.REPAIR, database="sakila_repaired")
        done = self.server.assay("recheck", report["run_id"], "--format",
                                 "json")
        self.assertEqual(done.returncode, 4, done.stderr)
        results = {r["rule_id"]: r for r in json.loads(done.stdout)["results"]}
        self.assert_verdicts(
            {i: r for i, r in results.items()
             if r["kind"] not in ("schema", "sample_diff")},
            {"tables.row_count", "tables.full_diff", "address.full_diff",
             "customer.row_count", "customer.full_diff", "payment.row_count",
             "payment.aggregate.sum_amount_staff_id",
             "payment.aggregate.count_rental_id", "payment.full_diff",
             "payment.has_customer"})
        diff = results["tables.full_diff"]["diff"]
        self.assertEqual((diff["missing"], diff["extra"], diff["changed"]),
                         (2731, 0, 1))
        self.assertNotIn("sakila.actor",
                         results["tables.full_diff"]["found"])
        diff = results["payment.full_diff"]["diff"]
        self.assertEqual((diff["missing"], diff["extra"], diff["changed"],
                          diff["duplicate_keys_target"]), (3, 0, 5, 0))
        diff = results["film.full_diff"]["diff"]
        # Three are read; the denominator is still the table's.
        self.assertEqual((diff["keys"], diff["changed"], diff["settled"]),
                         (1000, 0, 3))


if __name__ == "__main__":
    sakila.main()
