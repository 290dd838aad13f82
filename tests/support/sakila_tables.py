# SPDX-License-Identifier: Apache-2.0
"""What the rules of rules/examples/sakila_{mariadb,postgresql}.yaml count.

For every rule, by its id, SELECTs as in table_truth.py, and for Sakila as it is
the verdicts. What the SELECTs find is nowhere written down: they hold for the
data as it is, and for the data that was damaged.
"""
from table_truth import (NOT_NULL, aggregate, count, distinct, enum, newest,
                         not_like, nulls, orphans, outside, query, rows,
                         schema, texts, total, unique, value, values)

CATEGORIES = texts("Action", "Animation", "Children", "Classics", "Comedy",
                   "Documentary", "Drama", "Family", "Foreign", "Games",
                   "Horror", "Music", "New", "Sci-Fi", "Sports", "Travel")
LANGUAGES = texts("English", "Italian", "Japanese", "Mandarin", "French",
                  "German")
LOSSES = texts("A Corua (La Corua)", "Crdoba", "Donostia-San Sebastin",
               "Trshavn")
DATES = "{0} < '2005-05-24' OR {0} >= '2006-02-24'"
# Percentiles, as MariaDB spells them as well.
PERCENTILE = "percentile_cont({}) WITHIN GROUP (ORDER BY length)"

# -- Rules that both sets have, by the same id --------------------------------

REFERENCES = [
    ("customer", "store_id", "store"), ("customer", "address_id", "address"),
    ("staff", "store_id", "store"), ("staff", "address_id", "address"),
    ("store", "manager_staff_id", "staff", "staff_id"),
    ("store", "address_id", "address"), ("address", "city_id", "city"),
    ("city", "country_id", "country"), ("film", "language_id", "language"),
    ("film", "original_language_id", "language", "language_id"),
    ("film_actor", "actor_id", "actor"), ("film_actor", "film_id", "film"),
    ("film_category", "film_id", "film"),
    ("film_category", "category_id", "category"),
    ("inventory", "film_id", "film"), ("inventory", "store_id", "store"),
    ("rental", "inventory_id", "inventory"),
    ("rental", "customer_id", "customer"), ("rental", "staff_id", "staff"),
    ("payment", "customer_id", "customer"), ("payment", "staff_id", "staff"),
]
COUNTED = ["actor", "customer", "store", "country", "film", "film_actor",
           "film_category", "inventory", "rental", "payment", "film_list"]
KEYS = [("customer", "email"), ("customer", "address_id"),
        ("staff", "username"), ("store", "manager_staff_id"),
        ("city", "city"), ("city", "city", "country_id"),
        ("country", "country"), ("film", "title"),
        ("film_category", "film_id"), ("category", "name"),
        ("rental", "rental_date", "inventory_id", "customer_id")]
BOTH = {
    **{f"{table}.row_count": total(table) for table in COUNTED},
    **{f"{table}.foreign_key.{column}": orphans(table, column, *parent)
       for table, column, *parent in REFERENCES},
    **{f"{table}.unique.{'_'.join(columns)}": unique(table, *columns)
       for table, *columns in KEYS},
    "actor.not_null.first_name_last_name": nulls(
        "actor", "COALESCE(TRIM(first_name), '') = '' OR "
        "COALESCE(TRIM(last_name), '') = ''"),
    "actor.pattern.first_name": not_like("actor", "first_name", "^[A-Z]+$"),
    "actor.pattern.last_name": not_like(
        "actor", "last_name", "^[A-Z]+(-[A-Z]+)?$"),
    "actor.namesakes": unique("actor", "first_name", "last_name"),
    "customer.pattern.email": not_like(
        "customer", "email", "^[A-Z]+[.][A-Z]+@sakilacustomer[.]org$"),
    "customer.email_is_the_name": values(
        "customer", "email", "bytes(email) <> CONCAT(first_name, '.', "
        "last_name, '@sakilacustomer.org')"),
    "customer.enum.active": enum("customer", "active", ["0", "1"]),
    "customer.aggregate.avg_active": aggregate(
        "customer", "active", "avg(active)",
        "SUM(active) * 1.00000000000000000000 / COUNT(active)"),
    "customer.range.create_date": outside(
        "customer", "create_date", "'2005-05-24'", "CURRENT_TIMESTAMP"),
    "staff.password_is_a_sha1": not_like(
        "staff", "password", "^[0-9a-f]{40}$"),
    "staff.password_of_ones_own": unique("staff", "password"),
    "city.begins_with_a_capital": not_like(
        "city", "city", "^(al-|s-)?[A-Z]"),
    "city.known_losses": rows("city", f"bytes(city) IN ({', '.join(LOSSES)})"),
    "country.length.country": outside(
        "country", "CHAR_LENGTH(country)", 4, 50),
    "film.pattern.title": not_like("film", "title", "^[A-Z]+( [A-Z]+)+$"),
    "film.length.description": outside(
        "film", "CHAR_LENGTH(description)", 20, 255),
    "film.enum.rating": enum(
        "film", "rating", texts("G", "PG", "PG-13", "R", "NC-17")),
    "film.enum.rental_rate": enum(
        "film", "rental_rate", ["0.99", "2.99", "4.99"]),
    "film.range.rental_duration": outside("film", "rental_duration", 3, 7),
    "film.range.length": outside("film", "length", 30, 240),
    "film.range.replacement_cost": outside(
        "film", "replacement_cost", 9.99, 29.99),
    "film.aggregate.avg_length": aggregate(
        "film", "length", "avg(length)",
        "SUM(length) * 1.00000000000000000000 / COUNT(length)"),
    "film.aggregate.stddev_length": aggregate(
        "film", "length", "stddev(length)",
        # By its definition: the root of what the squares have too much.
        "SQRT((SUM(length * 1.0 * length) - SUM(length) * 1.0 * SUM(length) / "
        "COUNT(length)) / (COUNT(length) - 1))"),
    "film.aggregate.distinct_release_year": distinct("film", "release_year"),
    "film.has_actors": query(
        "film", "SELECT COUNT(*) - (SELECT COUNT(DISTINCT o.film_id) FROM "
        "film_actor o JOIN film f ON f.film_id = o.film_id) FROM film"),
    "film.in_stock": query(
        "film", "SELECT COUNT(*) - (SELECT COUNT(DISTINCT o.film_id) FROM "
        "inventory o JOIN film f ON f.film_id = o.film_id) FROM film"),
    "film_actor.schema": schema("film_actor", {}, key=("actor_id", "film_id")),
    "category.enum.name": enum("category", "name", CATEGORIES),
    "language.enum.name": enum("language", "name", LANGUAGES),
    "inventory.enum.store_id": enum("inventory", "store_id", ["1", "2"]),
    "rental.range.rental_date": rows("rental", DATES.format("rental_date")),
    "rental.back_after_it_went_out": values(
        "rental", "return_date", "rental_date > return_date"),
    "rental.not_null.return_date": nulls("rental", "return_date IS NULL"),
    "rental.overdue": nulls("rental", "return_date IS NULL",
                            only="rental_date < '2006-01-01'"),
    "rental.out_once": unique("rental", "inventory_id",
                              only="return_date IS NULL"),
    # Pairs that share a moment: neither ends before the other begins.
    "rental.one_at_a_time": query(
        "rental", "SELECT COUNT(*) FROM rental a JOIN rental b ON "
        "a.inventory_id = b.inventory_id AND a.rental_id < b.rental_id WHERE "
        "a.rental_date < COALESCE(b.return_date, '2006-02-24') AND "
        "b.rental_date < COALESCE(a.return_date, '2006-02-24')"),
    "rental.freshness.rental_date": newest("rental", "rental_date"),
    "payment.range.amount": outside("payment", "amount", 0, 11.99),
    "payment.nothing_was_paid": rows("payment", "NOT amount > 0"),
    "payment.is_a_price": rows(
        "payment", "amount < 0 OR amount - FLOOR(amount) <> 0.99"),
    "payment.aggregate.sum_amount": aggregate(
        "payment", "amount", "sum(amount)"),
    "payment.aggregate.max_amount": aggregate(
        "payment", "amount", "max(amount)"),
    "payment.range.payment_date": rows("payment", DATES.format("payment_date")),
    "payment.one_for_a_rental": unique("payment", "rental_id"),
    "payment.is_for_a_rental": orphans(
        "payment", "rental_id", "rental", null_fails=True),
    "payment.of_whom_it_was_lent_to": query(
        "payment", "SELECT COUNT(*) - (SELECT COUNT(*) FROM payment p JOIN "
        "rental r ON r.rental_id = p.rental_id AND r.customer_id = "
        "p.customer_id) FROM payment WHERE rental_id IN "
        "(SELECT rental_id FROM rental)"),
    "sales_by_store.aggregate.sum_total_sales": aggregate(
        "sales_by_store", "total_sales", "sum(total_sales)"),
}

# -- Each one's own ------------------------------------------------------------

MARIADB = BOTH | {
    "actor.schema": schema(
        "actor", {
            "actor_id": "data_type = 'smallint'",
            "first_name": f"{NOT_NULL} AND character_maximum_length = 45",
            "last_name": f"{NOT_NULL} AND character_maximum_length = 45",
            "last_update": "data_type = 'timestamp' AND ordinal_position = 4"},
        key=("actor_id",), only_these=True),
    "customer.not_null.email_create_date": nulls(
        "customer", "email IS NULL OR create_date IS NULL"),
    "customer.joined_on_several_days": value(
        "customer", "SELECT COUNT(*) FROM (SELECT DISTINCT YEAR(create_date), "
        "DAYOFYEAR(create_date) FROM customer) d"),
    "customer.inactive_with_a_film": query(
        "customer", count("rental", "return_date IS NULL", "customer_id IN "
                          "(SELECT customer_id FROM customer WHERE active = "
                          "0)")),
    "staff.pattern.email": not_like(
        "staff", "email",
        "^[A-Z][a-z]+[.][A-Z][a-z]+@sakilastaff[.]com$"),
    "staff.not_null.picture": nulls("staff", "picture IS NULL"),
    "staff.length.picture": outside("staff", "LENGTH(picture)", 100, 65535),
    "address.complete": nulls(
        "address", "COALESCE(TRIM(address), '') = '' OR TRIM(district) = '' "
        "OR TRIM(phone) = ''"),
    "address.length.district": values(
        "address", "district", "CHAR_LENGTH(district) < 2"),
    "address.type.postal_code": not_like(
        "address", "postal_code", "^[-+]?[0-9]+$"),
    "address.pattern.phone": not_like(
        "address", "phone", "^[0-9]{9,12}$", only="LENGTH(phone) > 0"),
    "address.unique.phone": unique(
        "address", "phone", only="LENGTH(phone) > 0"),
    "address.address2_is_used": nulls(
        "address", "COALESCE(LENGTH(address2), 0) = 0"),
    "address.somebody_is_there": query(
        "address", "SELECT COUNT(*) - (SELECT COUNT(*) FROM (SELECT address_id "
        "FROM customer UNION SELECT address_id FROM staff UNION SELECT "
        "address_id FROM store) u) FROM address"),
    "city.has_an_address": query(
        "city", "SELECT COUNT(*) - (SELECT COUNT(DISTINCT c.city_id) FROM "
        "address a JOIN city c ON c.city_id = a.city_id) FROM city"),
    "country.no_stray_blanks": rows(
        "country", "BINARY country REGEXP '^[[:space:]]|[[:space:]]$|"
        "[[:space:]]{2}'"),
    "film.schema": schema(
        "film", {"film_id": f"data_type = 'smallint' AND {NOT_NULL}",
                 "release_year": "data_type = 'year'",
                 "rental_rate": "data_type = 'decimal'",
                 "rating": "data_type = 'enum'",
                 "special_features": "data_type = 'set'"}, key=("film_id",)),
    # By the number of a SET: a bit each.
    "film.pattern.special_features": values(
        "film", "special_features", "special_features + 0 NOT BETWEEN 1 "
        "AND 15"),
    "film.aggregate.median_length": aggregate(
        "film", "length", "median(length)",
        f"DISTINCT {PERCENTILE.format(0.5)} OVER ()"),
    "film.aggregate.quantile_length": aggregate(
        "film", "length", "quantile 0.9 of length",
        f"DISTINCT {PERCENTILE.format(0.9)} OVER ()"),
    "film.original_language_is_known": nulls(
        "film", "original_language_id IS NULL"),
    "film.aggregate.distinct_last_update": distinct("film", "last_update"),
    "film_text.row_count": total("film_text"),
    "film_text.not_null.title_description": nulls(
        "film_text", "title IS NULL OR description IS NULL"),
    "film_text.foreign_key.film_id": orphans("film_text", "film_id", "film"),
    "film_text.says_what_film_says": query(
        "film_text", "SELECT COUNT(*) - (SELECT COUNT(*) FROM film f JOIN "
        "film_text t ON t.film_id = f.film_id AND HEX(t.title) = HEX(f.title) "
        "AND COALESCE(HEX(t.description), '-') = COALESCE(HEX(f.description), "
        "'-')) FROM film"),
    "film_text.no_snapshot": query(
        "film_text", count("information_schema.tables",
                           "table_schema = {schema}", "engine = 'MyISAM'")),
    "language.is_spoken": query(
        "language", "SELECT COUNT(*) - (SELECT COUNT(DISTINCT language_id) "
        "FROM film) FROM language"),
    "inventory.aggregate.distinct_film_id": distinct("inventory", "film_id"),
    "inventory.was_lent": query(
        "inventory", "SELECT COUNT(*) - (SELECT COUNT(DISTINCT i.inventory_id) "
        "FROM rental r JOIN inventory i ON i.inventory_id = r.inventory_id) "
        "FROM inventory"),
    "rental.back_within_ten_days": values(
        "rental", "return_date", "TIMESTAMPDIFF(SECOND, rental_date, "
        "return_date) > 864000"),
    # As many as there are pairs of the two, less those that agree.
    "rental.by_the_stores_own_clerk": {
        "rows_total": count("rental"),
        "rows_considered": (PAIRS := "SELECT COUNT(*) FROM rental r JOIN "
                            "inventory i ON i.inventory_id = r.inventory_id "
                            "JOIN staff s ON s.staff_id = r.staff_id"),
        "rows_null": f"SELECT COUNT(*) - ({PAIRS}) FROM rental",
        "rows_failing": PAIRS + " WHERE i.store_id <> s.store_id"},
    "rental.none_was_deleted": value(
        "rental", "SELECT MAX(rental_id) - COUNT(DISTINCT rental_id) FROM "
        "rental"),
    "payment.schema": schema(
        "payment", {"payment_id": f"data_type = 'smallint' AND {NOT_NULL}",
                    "rental_id": "data_type = 'int' AND is_nullable = 'YES'",
                    "amount": f"data_type = 'decimal' AND {NOT_NULL}",
                    "payment_date": "data_type = 'datetime'",
                    "last_update": "data_type = 'timestamp'"},
        key=("payment_id",)),
    "payment.aggregate.avg_amount": aggregate(
        "payment", "amount", "avg(amount)",
        "SUM(amount) * 1.00000000000000000000 / COUNT(amount)"),
}

POSTGRESQL = BOTH | {
    "actor.schema": schema(
        "actor", {
            "actor_id": f"data_type = 'integer' AND {NOT_NULL}",
            "first_name": f"{NOT_NULL} AND character_maximum_length = 45",
            "last_name": f"{NOT_NULL} AND character_maximum_length = 45",
            "last_update": "data_type = 'timestamp without time zone' AND "
                           "ordinal_position = 4"},
        key=("actor_id",), only_these=True),
    "actor.aggregate.distinct_last_update": distinct("actor", "last_update"),
    "customer.schema": schema(
        "customer", {
            "customer_id": "data_type = 'integer'",
            "active": f"data_type = 'integer' AND {NOT_NULL}",
            "create_date": "data_type LIKE 'timestamp without%'"},
        key=("customer_id",), absent=("activebool",)),
    "customer.active_is_said_once": values(
        "customer", "active", "activebool::int <> active"),
    "staff.row_count": total("staff"),
    "staff.picture_of_somebody": nulls("staff", "picture IS NULL"),
    "staff.length.picture": outside(
        "staff", "OCTET_LENGTH(picture)", 100, 65535),
    "staff.is_active": rows("staff", "active::text <> 'true'"),
    "address.row_count": total("address"),
    "address.not_null.district": nulls("address", "TRIM(district) = ''"),
    "address.not_null.phone": nulls("address", "TRIM(phone) = ''"),
    "address.pattern.phone": not_like("address", "phone", "^[0-9]{9,12}$"),
    "address.aggregate.distinct_district": distinct("address", "district"),
    "address.type.postal_code": not_like(
        "address", "postal_code", "^[-+]?[0-9]+$"),
    "address.not_null.postal_code": nulls("address", "postal_code IS NULL"),
    "address.not_null.address2": nulls("address", "address2 IS NULL"),
    "city.row_count": total("city"),
    "film.schema": schema(
        "film", {"film_id": f"data_type = 'integer' AND {NOT_NULL}",
                 "length": "data_type = 'smallint'",
                 "rental_rate": "data_type = 'numeric'",
                 "rating": "udt_name = 'mpaa_rating'",
                 "fulltext": f"data_type = 'tsvector' AND {NOT_NULL}"},
        key=("film_id",)),
    "film.special_features": values(
        "film", "special_features", "EXISTS (SELECT 1 FROM "
        "unnest(special_features) u WHERE u NOT IN ('Trailers', "
        "'Commentaries', 'Deleted Scenes', 'Behind the Scenes'))"),
    "film.has_a_feature": values(
        "film", "special_features", "special_features = '{}'"),
    "film.can_be_found": rows(
        "film", "fulltext IS DISTINCT FROM to_tsvector('pg_catalog.english', "
        "title || ' ' || description)"),
    "film.aggregate.sum_replacement_cost": aggregate(
        "film", "replacement_cost", "sum(replacement_cost)"),
    "film.aggregate.median_length": aggregate(
        "film", "length", "median(length)", PERCENTILE.format(0.5)),
    "film.aggregate.quantile_length": aggregate(
        "film", "length", "quantile 0.9 of length", PERCENTILE.format(0.9)),
    "language.length.name": outside("language", "LENGTH(name)", 6, 8),
    "inventory.two_to_four_copies": query(
        "inventory", "SELECT COUNT(*) FROM (SELECT DISTINCT film_id, store_id, "
        "COUNT(*) OVER (PARTITION BY film_id, store_id) AS n FROM inventory) c "
        "WHERE n < 2 OR n > 4"),
    "rental.back_within_ten_days": values(
        "rental", "return_date", "EXTRACT(EPOCH FROM return_date) - "
        "EXTRACT(EPOCH FROM rental_date) > 864000"),
    "rental.sequence_is_ahead": query(
        "rental", "SELECT CASE WHEN MAX(rental_id) > pg_sequence_last_value("
        "'rental_rental_id_seq') THEN 1 ELSE 0 END FROM rental"),
    "rental.no_constraint_was_left_unvalidated": query(
        "rental", count("pg_constraint",
                        "pg_get_constraintdef(oid) LIKE 'FOREIGN%NOT VALID'")),
    "payment.unique.payment_id": unique("payment", "payment_id"),
    "payment.schema": schema(
        "payment", {
            "payment_id": f"data_type = 'integer' AND {NOT_NULL}",
            "rental_id": "data_type = 'integer' AND is_nullable = 'YES'",
            "amount": f"data_type = 'numeric' AND {NOT_NULL}",
            "payment_date": "data_type LIKE 'timestamp without%'",
            "last_update": "data_type LIKE 'timestamp without%'"}),
    "payment.is_in_a_partition": {
        "rows_total": count("payment"), "rows_considered": count("payment"),
        "rows_null": "SELECT 0", "rows_failing": count("ONLY payment")},
    "payment.when_it_was_lent": query(
        "payment", "SELECT COUNT(*) - (SELECT COUNT(*) FROM payment p JOIN "
        "rental r ON r.rental_id = p.rental_id AND r.rental_date = "
        "p.payment_date) FROM payment WHERE rental_id IN "
        "(SELECT rental_id FROM rental)"),
    "payment.every_rental_is_paid": value(
        "payment", "SELECT COUNT(DISTINCT r.rental_id) FROM rental r JOIN "
        "payment p ON p.rental_id = r.rental_id"),
    "payment_p2007_01.range.payment_date": rows(
        "payment_p2007_01",
        "to_char(payment_date, 'YYYY-MM') <> '2007-01'"),
    "payment_p2007_01.unique.payment_id": unique(
        "payment_p2007_01", "payment_id"),
    "customer_list.row_count": total("customer_list"),
    "customer_list.enum.notes": values(
        "customer_list", "notes", "notes NOT IN ('active', '')"),
}
TRUTH = {"mariadb": MARIADB, "postgresql": POSTGRESQL}

# -- What is found in Sakila as it is; all else passes -------------------------

FOUND = {
    "mariadb": {
        "FAIL": {
            "customer.inactive_with_a_film", "staff.password_of_ones_own",
            "address.complete", "address.length.district",
            "city.begins_with_a_capital", "city.known_losses",
            "film.has_actors", "rental.overdue", "rental.none_was_deleted",
            "payment.is_for_a_rental", "film_list.row_count"},
        "WARN": {
            "actor.namesakes", "customer.joined_on_several_days",
            "staff.not_null.picture", "address.type.postal_code",
            "address.address2_is_used", "city.unique.city",
            "city.has_an_address", "film.original_language_is_known",
            "film.aggregate.distinct_release_year", "film.in_stock",
            "film.aggregate.distinct_last_update", "film_text.no_snapshot",
            "language.is_spoken", "inventory.was_lent",
            "rental.not_null.return_date", "rental.freshness.rental_date",
            "payment.nothing_was_paid",
            "sales_by_store.aggregate.sum_total_sales"},
    },
    "postgresql": {
        "FAIL": {
            "customer.schema", "customer.active_is_said_once",
            "staff.password_of_ones_own", "staff.picture_of_somebody",
            "address.not_null.district", "address.not_null.phone",
            "address.pattern.phone", "address.aggregate.distinct_district",
            "city.begins_with_a_capital", "city.known_losses",
            "film.has_actors", "rental.overdue", "payment.schema",
            "payment.one_for_a_rental", "payment.of_whom_it_was_lent_to",
            "payment.when_it_was_lent", "film_list.row_count"},
        "WARN": {
            "actor.namesakes", "actor.aggregate.distinct_last_update",
            "staff.length.picture", "address.not_null.postal_code",
            "address.not_null.address2", "city.unique.city",
            "film.aggregate.distinct_release_year", "film.in_stock",
            "rental.not_null.return_date", "rental.freshness.rental_date",
            "payment.is_in_a_partition", "payment.nothing_was_paid"},
    },
}
