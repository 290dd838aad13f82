#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The examples about tables: Sakila on MariaDB, and its port to PostgreSQL.

Each number of each result is held against SQL of the test's own, and each
failure against its evidence: in the data as it is, and in copies with damage
of which every bit must be found. Skipped without the data, as sakila_test.py.
"""
import decimal
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
# pylint: disable=wrong-import-position
import assay
import sakila
from sakila_tables import FOUND, TRUTH
from table_truth import counted

EXAMPLES = {name: assay.ROOT / f"rules/examples/sakila_{name}.yaml"
            for name in ("mariadb", "postgresql")}
PLANTED = {
    "mariadb": """
SET sql_mode = '', foreign_key_checks = 0;
-- A NULL.
UPDATE customer SET email = NULL WHERE customer_id = 5;
-- An actor who is not there, and a country that is gone.
UPDATE film_actor SET actor_id = 999 WHERE actor_id = 1 AND film_id = 1;
DELETE FROM country WHERE country_id = 2;
-- A title twice. A country that only a collation takes for another one.
UPDATE film SET title = 'ACADEMY DINOSAUR' WHERE film_id = 2;
UPDATE country SET country = 'ANGOLA' WHERE country_id = 3;
-- Amounts below and above.
UPDATE payment SET amount = -0.01 WHERE payment_id = 10;
UPDATE payment SET amount = 111.99 WHERE payment_id = 11;
-- A wrong member of an ENUM, none of a SET, the wrong case, a third state.
UPDATE film SET rating = 'X' WHERE film_id = 3;
UPDATE film SET special_features = '' WHERE film_id = 4;
UPDATE category SET name = 'sci-fi' WHERE name = 'Sci-Fi';
UPDATE customer SET active = 2 WHERE customer_id = 7;
-- Blanks that no one sees.
UPDATE film_text SET description = CONCAT(description, ' ') WHERE film_id = 9;
UPDATE actor SET last_name = 'GUINESS ' WHERE actor_id = 1;
UPDATE address SET phone = CONCAT(' ', phone) WHERE address_id = 6;
-- Two texts among numbers: 6 of 603 are not yet more than 1 %.
UPDATE address SET postal_code = 'x1' WHERE address_id IN (6, 7);
-- Back before it went out; lent while it was away; lent in the future.
UPDATE rental SET return_date = '2005-01-01' WHERE rental_id = 4;
UPDATE rental SET inventory_id = 367 WHERE rental_id = 20;
UPDATE rental SET rental_date = '2100-01-01' WHERE rental_id = 16049;
-- A column that nobody has planned, and a table that was not filled.
ALTER TABLE actor ADD COLUMN note VARCHAR(10);
DELETE FROM film_category;
""",
    "postgresql": """
SET session_replication_role = replica;
UPDATE address SET postal_code = NULL WHERE address_id IN (6, 7, 8);
UPDATE customer SET active = NULL WHERE customer_id = 6;
UPDATE rental SET return_date = NULL WHERE rental_id = 15975;
UPDATE film_actor SET actor_id = 999 WHERE actor_id = 1 AND film_id = 1;
DELETE FROM actor WHERE actor_id = 200;
UPDATE city SET country_id = 500 WHERE city_id = 1;
-- Triggers are off: the old title is what can be found.
UPDATE film SET title = 'ACADEMY DINOSAUR' WHERE film_id = 2;
UPDATE payment SET amount = -0.01 WHERE payment_id = 10;
UPDATE payment SET amount = 111.99 WHERE payment_id = 11;
-- A partition has a payment's number again: no primary key forbids it.
INSERT INTO payment_p2007_01 SELECT payment_id, customer_id, staff_id,
  rental_id, amount, '2007-01-15' FROM ONLY payment WHERE payment_id = 500;
ALTER TYPE mpaa_rating ADD VALUE 'X';
UPDATE film SET rating = 'X' WHERE film_id = 3;
UPDATE film SET special_features = '{Trailers,Bloopers}' WHERE film_id = 4;
UPDATE film SET special_features = '{}' WHERE film_id = 5;
UPDATE language SET name = 'Klingon' WHERE name = 'German';
-- One of two has a picture now, and it is none.
UPDATE staff SET active = false, picture = '\\xdead' WHERE staff_id = 2;
INSERT INTO inventory (film_id, store_id) VALUES (1, 1);
SELECT setval('rental_rental_id_seq', 100);
ALTER TABLE film ALTER fulltext DROP NOT NULL;
ALTER TABLE film DROP CONSTRAINT film_language_id_fkey;
ALTER TABLE film ADD CONSTRAINT film_language_id_fkey
  FOREIGN KEY (language_id) REFERENCES language NOT VALID;
""",
}
# What that changes: the verdict, how many more rows fail, and the rows' keys
# where no other row fails. All other rules find what they found before.
CHANGED = {
    "mariadb": {
        "actor.schema": ("FAIL", 0),
        "actor.pattern.last_name": ("FAIL", 1, "1"),
        "customer.not_null.email_create_date": ("FAIL", 1, "5"),
        "customer.enum.active": ("FAIL", 1, "7"),
        "address.pattern.phone": ("FAIL", 1, "6"),
        "address.type.postal_code": ("WARN", 2),
        "city.foreign_key.country_id": ("FAIL", 3, "59", "63", "483"),
        "country.row_count": ("FAIL", 0),
        "film.unique.title": ("FAIL", 2, "1", "2"),
        "film.enum.rating": ("FAIL", 1, "3"),
        "film.pattern.special_features": ("FAIL", 1, "4"),
        # MariaDB notes when a row was changed: the three of above.
        "film.aggregate.distinct_last_update": ("PASS", 0),
        "film_text.says_what_film_says": ("FAIL", 1),
        "film_actor.foreign_key.actor_id": ("FAIL", 1, "999", "1"),
        "film_category.row_count": ("FAIL", 0),
        "film_category.unique.film_id": ("FAIL", 0),
        "film_category.foreign_key.film_id": ("FAIL", 0),
        "film_category.foreign_key.category_id": ("FAIL", 0),
        "category.enum.name": ("FAIL", 1, "14"),
        "rental.back_after_it_went_out": ("FAIL", 2, "4", "16049"),
        "rental.one_at_a_time": ("FAIL", 1),
        "rental.by_the_stores_own_clerk": ("PASS", 1),
        "rental.range.rental_date": ("FAIL", 1, "16049"),
        "rental.freshness.rental_date": ("WARN", 1, "16049"),
        "payment.range.amount": ("FAIL", 2, "10", "11"),
        "payment.nothing_was_paid": ("WARN", 1),
        "payment.is_a_price": ("PASS", 1),
        "payment.aggregate.sum_amount": ("FAIL", 0),
        "payment.aggregate.max_amount": ("FAIL", 0),
    },
    "postgresql": {
        "actor.row_count": ("FAIL", 0),
        "staff.is_active": ("FAIL", 1, "2"),
        "staff.picture_of_somebody": ("PASS", -1),
        "staff.length.picture": ("FAIL", 1, "2"),
        "address.not_null.postal_code": ("FAIL", 3),
        "city.foreign_key.country_id": ("FAIL", 1, "1"),
        "customer_list.row_count": ("FAIL", 0),
        "film.schema": ("FAIL", 0),
        "film.unique.title": ("FAIL", 2, "1", "2"),
        "film.enum.rating": ("FAIL", 1, "3"),
        "film.special_features": ("FAIL", 1, "4"),
        "film.has_a_feature": ("FAIL", 1, "5"),
        "film.can_be_found": ("FAIL", 1, "2"),
        "film_actor.foreign_key.actor_id": ("FAIL", 21),
        "language.enum.name": ("FAIL", 1, "6"),
        "inventory.row_count": ("FAIL", 0),
        "inventory.two_to_four_copies": ("FAIL", 1),
        "rental.not_null.return_date": ("WARN", 1),
        "rental.overdue": ("FAIL", 1),
        "rental.sequence_is_ahead": ("FAIL", 1),
        "rental.no_constraint_was_left_unvalidated": ("FAIL", 1),
        "payment.row_count": ("FAIL", 0),
        "payment.unique.payment_id": ("FAIL", 2),
        "payment.range.amount": ("FAIL", 2),
        "payment.nothing_was_paid": ("WARN", 1),
        "payment.is_a_price": ("PASS", 1),
        "payment.aggregate.sum_amount": ("FAIL", 0),
        "payment.aggregate.max_amount": ("FAIL", 0),
        "payment.range.payment_date": ("FAIL", 1),
        "payment.one_for_a_rental": ("FAIL", 2),
        "payment.when_it_was_lent": ("FAIL", 1),
        "sales_by_store.aggregate.sum_total_sales": ("FAIL", 0),
    },
}
# `samples: 0`.
WITHOUT_SAMPLES = {
    "address.address2_is_used", "address.not_null.address2",
    "film.original_language_is_known", "payment.is_in_a_partition",
    "staff.password_is_a_sha1", "staff.password_of_ones_own"}


def setUpModule():  # pylint: disable=invalid-name
    sakila.load(PLANTED["postgresql"], PLANTED["mariadb"])


def tearDownModule():  # pylint: disable=invalid-name
    if sakila.DATA is not None:
        sakila.drop()


def equal(mine, theirs):
    """Both as text; a quotient or a root to twelve digits."""
    if mine == theirs:
        return True
    try:
        a, b = decimal.Decimal(mine), decimal.Decimal(theirs)
    except decimal.InvalidOperation:
        return False
    return abs(a - b) <= abs(b) * decimal.Decimal("1e-12")


def numbers_of(result):
    """Counters, and the measures that have a name in table_truth.py."""
    measures = {m["name"]: m["value"] for m in result["measures"]
                # How often each value occurs, and when the run was.
                if not m["name"].startswith("rows with ")
                and not m["name"].endswith(" NULL") and m["name"] != "as of"}
    return {k: str(v) for k, v in result["counters"].items()} | measures


def keys_shown(result):
    return sorted(cell["value"] for sample in result["samples"]
                  for cell in sample["cells"] if cell["key"])


class TablesCase(sakila.SakilaCase):
    """Both rule sets, in the databases that `params` and `name` say."""
    params = {"mariadb": (), "postgresql": ()}
    name = "sakila"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.codes, cls.reports, cls.results, cls.truth = {}, {}, {}, {}
        for database, example in EXAMPLES.items():
            code, report = cls.server.gate(example.read_text(),
                                           *cls.params[database])
            cls.codes[database] = code
            cls.reports[database] = report
            cls.results[database] = {r["rule_id"]: r
                                     for r in report["results"]}
            cls.truth[database] = counted(TRUTH[database], database, cls.name)

    def assert_numbers(self):
        """Every rule has a truth, and its numbers are those, all of them."""
        for database, results in self.results.items():
            self.assertEqual(results.keys(), TRUTH[database].keys(), database)
            for rule, result in results.items():
                with self.subTest(database=database, rule=rule):
                    numbers = numbers_of(result)
                    truth = self.truth[database][rule]
                    self.assertEqual(numbers.keys(), truth.keys())
                    self.assertEqual(
                        {n: (numbers[n], truth[n]) for n in truth
                         if not equal(numbers[n], truth[n])}, {})

    def assert_evidence(self):
        """The SQL that a failure comes with finds the rows that fail."""
        for database, results in self.results.items():
            client = {"mariadb": sakila.mariadb,
                      "postgresql": sakila.psql}[database]
            for rule, result in results.items():
                failing = result["counters"].get("rows_failing", 0)
                if result["verdict"] == "PASS" or failing == 0:
                    continue
                with self.subTest(database=database, rule=rule):
                    found = client(result["sql"], database=self.name)
                    self.assertEqual(len(found.splitlines()), failing,
                                     result["sql"])
                    shown = 0 if rule in WITHOUT_SAMPLES else 10
                    self.assertEqual(len(result["samples"]),
                                     min(shown, failing))


@sakila.needs_data
class AsItIsTest(TablesCase):
    """Sakila's own oddities, in both, and what the port did."""

    def test_verdicts(self):
        for database, results in self.results.items():
            found = {verdict: {i for i, r in results.items()
                               if r["verdict"] == verdict}
                     for verdict in ("FAIL", "WARN")}
            self.assertEqual(found, FOUND[database], database)
            counts = self.reports[database]["counts"]
            self.assertEqual(counts["error"], 0)
            self.assertEqual(sum(counts.values()), len(results))
            self.assertEqual(self.codes[database], 1)
            self.assertEqual(self.reports[database]["decision"], "HOLD")

    def test_numbers(self):
        self.assert_numbers()

    def test_evidence(self):
        self.assert_evidence()

    def test_every_kind_is_used(self):
        schema = json.loads((assay.ROOT / "rules/schema.json").read_text())
        kinds = {name.removeprefix("kind.") for name in schema["definitions"]
                 if name.startswith("kind.")}
        self.assertEqual(len(kinds), 14)
        for database, results in self.results.items():
            self.assertEqual({r["kind"] for r in results.values()}, kinds,
                             database)

    def test_who_is_asked(self):
        for results in self.results.values():
            self.assertEqual(results["film.has_actors"]["owner"], "catalogue")
            self.assertEqual(results["payment.aggregate.sum_amount"]["tags"],
                             ["money"])
            self.assertEqual(results["staff.password_of_ones_own"]["samples"],
                             [])

    def test_what_the_catalog_says(self):
        results = self.results["postgresql"]
        self.assertEqual(
            results["customer.schema"]["found"],
            "active allows NULL; create_date is date (date), not timestamp; "
            "column activebool is still there")
        self.assertEqual(
            results["payment.schema"]["found"],
            "rental_id does not allow NULL; column last_update is missing")

    def test_findings_by_their_keys(self):
        for database, rule, keys in (
                ("mariadb", "actor.namesakes", ["101", "110"]),
                ("mariadb", "city.begins_with_a_capital", ["190", "385"]),
                ("mariadb", "rental.overdue", ["14098"]),
                ("postgresql", "city.unique.city", ["312", "313"]),
                ("postgresql", "rental.overdue", ["14098"])):
            self.assertEqual(keys_shown(self.results[database][rule]), keys)


@sakila.needs_data
class PlantedTest(TablesCase):
    """Fresh damage is found on top of the old, and nothing else is."""
    params = {"mariadb": ("--param", "legacy=planted_legacy"),
              "postgresql": ("--param", "warehouse=planted")}
    name = "sakila_planted"

    def test_numbers(self):
        self.assert_numbers()

    def test_evidence(self):
        self.assert_evidence()

    def test_changes(self):
        for database, results in self.results.items():
            before = counted(TRUTH[database], database, "sakila")
            old = {rule: verdict for verdict, rules in FOUND[database].items()
                   for rule in rules}
            for rule, result in results.items():
                with self.subTest(database=database, rule=rule):
                    verdict, more, *_ = CHANGED[database].get(
                        rule, (old.get(rule, "PASS"), 0))
                    self.assertEqual(result["verdict"], verdict,
                                     result["found"])
                    failing = result["counters"].get("rows_failing", 0)
                    was = int(before[rule].get("rows_failing", 0))
                    self.assertEqual(failing - was, more)

    def test_rows_are_shown(self):
        for database, changed in CHANGED.items():
            for rule, (_, _, *keys) in changed.items():
                if keys:
                    with self.subTest(database=database, rule=rule):
                        self.assertEqual(
                            keys_shown(self.results[database][rule]),
                            sorted(keys))

    def test_an_empty_table_is_no_pass(self):
        results = self.results["mariadb"]
        for rule in ("unique.film_id", "foreign_key.film_id",
                     "foreign_key.category_id"):
            self.assertTrue(results[f"film_category.{rule}"]["empty"])
        # The empty partition was allowed, and has a row now.
        results = self.results["postgresql"]
        self.assertFalse(
            results["payment_p2007_01.unique.payment_id"]["empty"])

    def test_decisions(self):
        self.assertEqual((self.codes["mariadb"],
                          self.reports["mariadb"]["decision"]), (1, "HOLD"))
        self.assertEqual((self.codes["postgresql"],
                          self.reports["postgresql"]["decision"]),
                         (4, "ROLLBACK"))
        self.assertEqual(
            {i for i, r in self.results["postgresql"].items() if r["rollback"]},
            {"payment.row_count", "payment.unique.payment_id",
             "payment.aggregate.sum_amount", "rental.sequence_is_ahead"})


if __name__ == "__main__":
    sakila.main()
