# SPDX-License-Identifier: Apache-2.0
"""Sakila and its port to PostgreSQL, loaded, and what really differs in them.

The data is no part of this repository. It is looked for in the directory
$ASSAY_TEST_SAKILA, else in shared/data/sakila beside the checkout:
mysql-schema, mysql-data, postgres-schema and postgres-data, each .sql. Without
it the tests are skipped, with one line that says so.

Both load as they are, into databases of their own, with two conditions: the
port's dump wants a role "postgres" to own everything, and MariaDB's schema
makes its own database, to which the reader must be granted access. All of
what is no data loads as well: triggers, definers, views, functions.
"""
import collections
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import assay

EXAMPLE = assay.ROOT / "rules/examples/sakila_migration.yaml"
FILES = ("mysql-schema.sql", "mysql-data.sql", "postgres-schema.sql",
         "postgres-data.sql")


def find_data():
    """The directory of the data, or None."""
    named = os.environ.get("ASSAY_TEST_SAKILA")
    places = [pathlib.Path(named)] if named else [
        assay.ROOT.parent / "shared/data/sakila"]
    for place in places:
        if all((place / name).is_file() for name in FILES):
            return place
    return None


DATA = find_data()
NO_DATA = ("skipped: the Sakila files are neither in $ASSAY_TEST_SAKILA nor in "
           f"{assay.ROOT.parent}/shared/data/sakila")
needs_data = unittest.skipUnless(DATA, NO_DATA)

MARIADB = ["mariadb", "--no-defaults", "-u", "root",
           "--default-character-set=utf8mb4"]
PSQL = ["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-F", "\t", "-P",
        "null=NULL"]


def run(command, sql=None, path=None):
    """Runs a client; its output. Raises with its message."""
    if path is None:
        done = subprocess.run(command, input=sql.encode(), check=False,
                              capture_output=True)
    else:
        with open(path, "rb") as file:
            done = subprocess.run(command, stdin=file, check=False,
                                  capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stderr.decode()}\n{sql or path}")
    return done.stdout.decode()


def mariadb(sql=None, path=None, database=None):
    socket = ["-S", os.environ["ASSAY_TEST_MARIADB_SOCKET"], "-N", "-B"]
    return run(MARIADB + socket + ([database] if database else []), sql, path)


def psql(sql=None, path=None, database="assay"):
    return run(PSQL + ["-d", database], sql, path)


# ---------------------------------------------------------------------------
# The truth, without Assay.

# Table: its key. film_text has no table in the port.
KEYS = {
    "actor": ["actor_id"], "address": ["address_id"],
    "category": ["category_id"], "city": ["city_id"],
    "country": ["country_id"], "customer": ["customer_id"], "film": ["film_id"],
    "film_actor": ["actor_id", "film_id"],
    "film_category": ["film_id", "category_id"], "inventory": ["inventory_id"],
    "language": ["language_id"], "payment": ["payment_id"],
    "rental": ["rental_id"], "staff": ["staff_id"], "store": ["store_id"],
}
# Another representation of the same: (table, column): the port's as the
# original's text. That is all that there is; types and padding aside.
SAME_IN_OTHER_WORDS = {
    ("film", "special_features"): "array_to_string(special_features, ',')",
    ("staff", "active"): "active::int::text",
    ("customer", "activebool"): "activebool::int::text",
}
# Rows of both sides, and rows that differ, by column. No row is missing and
# none is new anywhere.
Damage = collections.namedtuple("Damage", "rows changed columns",
                                defaults=(0, {}))
DAMAGE = {
    "actor": Damage(200),
    # Each district and phone became one blank (3 and 2 were empty before). ''
    # became NULL, which 4 other address2 were before: not to be undone.
    "address": Damage(603, 603, {"district": 603, "phone": 603,
                                 "address2": 599, "postal_code": 4}),
    "category": Damage(16),
    "city": Damage(600),
    "country": Damage(109),
    # create_date was cut to a date; activebool is true of all, but 15 are not
    # active (as `active` says on both sides).
    "customer": Damage(599, 599, {"create_date": 599, "activebool": 15}),
    "film": Damage(1000),
    "film_actor": Damage(5462),
    "film_category": Damage(1000),
    "inventory": Damage(4581),
    "language": Damage(6),
    # 5 payments without a rental got one: four 1, one 291.
    "payment": Damage(16049, 5, {"rental_id": 5}),
    "rental": Damage(16044),
    # The only picture is lost.
    "staff": Damage(2, 1, {"picture": 1}),
    "store": Damage(2),
}
# Columns that one side has alone.
SOURCE_ONLY = {"payment": ["last_update"]}
TARGET_ONLY = {"customer": ["activebool"], "film": ["fulltext"]}

# As rules/examples/sakila_migration.yaml groups them.
PLAIN = ("actor", "category", "city", "country", "film_actor", "film_category",
         "inventory", "language", "rental", "staff", "store")


def columns_of(table):
    """Columns by name on the source and on the target."""
    where = f"table_name = '{table}' ORDER BY ordinal_position"
    source = mariadb("SELECT column_name FROM information_schema.columns WHERE "
                     f"table_schema = 'sakila' AND {where}").split()
    target = psql("SELECT column_name FROM information_schema.columns WHERE "
                  f"table_schema = 'public' AND {where}", database="sakila")
    return source, target.split()


def decoded(output, columns, key):
    """{key: [row]} of a dump: hexadecimal or NULL, one line a row."""
    rows = collections.defaultdict(list)
    for line in output.splitlines():
        row = {name: None if cell == "NULL" else bytes.fromhex(cell)
               for name, cell in zip(columns, line.split("\t"))}
        rows[tuple(row[name].decode() for name in key)].append(row)
    return rows


def from_mariadb(table, columns, key):
    cells = ", ".join(f"HEX(CAST({expression} AS BINARY))"
                      for expression in columns.values())
    return decoded(mariadb(f"SELECT {cells} FROM sakila.{table}"), columns, key)


def from_postgresql(table, columns, key, database):
    cells = ", ".join(
        f"encode({expression}, 'hex')" if name == "picture" else
        f"encode(convert_to(({expression})::text, 'UTF8'), 'hex')"
        for name, expression in columns.items())
    return decoded(psql(f"SELECT {cells} FROM public.{table}",
                        database=database), columns, key)


class Truth:
    """What really differs in one table: sets of keys, as lists of text.

    Values are equal where their text is, which both databases write in the
    same way for all the types that meet here.
    """

    def __init__(self, table, database):
        key = KEYS[table]
        source_columns, target_columns = columns_of(table)
        common = [c for c in source_columns if c in target_columns]
        source = {c: f"`{c}`" for c in common}
        target = {c: SAME_IN_OTHER_WORDS.get((table, c), c) for c in common}
        if table == "customer":
            source["activebool"] = "`active`"
            target["activebool"] = SAME_IN_OTHER_WORDS[table, "activebool"]
        self.source_only = [c for c in source_columns if c not in common]
        self.target_only = [c for c in target_columns if c not in common]
        theirs = from_mariadb(table, source, key)
        ours = from_postgresql(table, target, key, database)
        self.rows = (sum(map(len, theirs.values())),
                     sum(map(len, ours.values())))
        self.missing = theirs.keys() - ours.keys()
        self.extra = ours.keys() - theirs.keys()
        self.keys = len(theirs.keys() | ours.keys())
        # Keys that the target has more than once, and rows too many.
        self.duplicates = {k for k, rows in ours.items() if len(rows) > 1}
        self.changed = {}
        for k in theirs.keys() & ours.keys() - self.duplicates:
            names = sorted(c for c in source
                           if theirs[k][0][c] != ours[k][0][c])
            if names:
                self.changed[k] = names

    @property
    def columns(self):
        return dict(collections.Counter(
            name for names in self.changed.values() for name in names))

    def listed(self):
        """The lines that `assay differences` should have, as tuples."""
        lines = {("missing", k, ()) for k in self.missing}
        lines |= {("extra", k, ()) for k in self.extra}
        return lines | {("changed", k, tuple(names))
                        for k, names in self.changed.items()}


# ---------------------------------------------------------------------------
# Loading, and the checks that tests share.


def reader(variable, database="sakila"):
    return os.environ[variable].replace("Database=assay",
                                        f"Database={database}")


def drop():
    mariadb("DROP DATABASE IF EXISTS sakila; "
            "DROP DATABASE IF EXISTS sakila_planted")
    for database in ("sakila_planted", "sakila_repaired", "sakila"):
        psql(f"DROP DATABASE IF EXISTS {database}")
    psql("DROP ROLE IF EXISTS postgres")


def load(planted=None, planted_legacy=None):
    """Both databases; with `planted` also two copies of the port, damaged by
    it, and with `planted_legacy` one of the original."""
    if DATA is None:
        return
    drop()
    mariadb(path=DATA / "mysql-schema.sql")
    mariadb(path=DATA / "mysql-data.sql")
    mariadb("GRANT SELECT ON sakila.* TO assay_reader@localhost")
    psql("CREATE ROLE postgres NOLOGIN")
    psql("CREATE DATABASE sakila")
    psql(path=DATA / "postgres-schema.sql", database="sakila")
    psql(path=DATA / "postgres-data.sql", database="sakila")
    if planted is not None:
        psql("CREATE DATABASE sakila_planted TEMPLATE sakila")
        psql(planted, database="sakila_planted")
        psql("CREATE DATABASE sakila_repaired TEMPLATE sakila_planted")
    if planted_legacy is not None:
        for name in FILES[:2]:
            # The files make their database, and use it by its name. Not all
            # of them is text: there is a picture.
            with tempfile.NamedTemporaryFile() as copy:
                copy.write(re.sub(rb"\bsakila\b", b"sakila_planted",
                                  (DATA / name).read_bytes()))
                copy.flush()
                mariadb(path=copy.name)
        mariadb("GRANT SELECT ON sakila_planted.* TO assay_reader@localhost")
        mariadb(planted_legacy, database="sakila_planted")


class SakilaCase(unittest.TestCase):
    maxDiff = None
    server = None

    @classmethod
    def setUpClass(cls):
        cls.server = assay.Server({
            "legacy": reader("ASSAY_TEST_MARIADB_READER"),
            "warehouse": reader("ASSAY_TEST_POSTGRESQL_READER"),
            "planted_legacy": reader("ASSAY_TEST_MARIADB_READER",
                                     "sakila_planted"),
            "planted": reader("ASSAY_TEST_POSTGRESQL_READER",
                              "sakila_planted"),
            "repaired": reader("ASSAY_TEST_POSTGRESQL_READER",
                               "sakila_repaired"),
            "brussels": {"odbc": reader("ASSAY_TEST_POSTGRESQL_READER"),
                         "time_zone": "Europe/Brussels"},
        }).start()
        cls.addClassCleanup(cls.server.__exit__)

    def gate(self, rules, *args):
        """(exit code, {rule id: result}, decision) of a rule set."""
        code, report = self.server.gate(rules, *args)
        self.assertFalse(report["error"], report["error"])
        self.assertEqual(report["state"], "SUCCEEDED")
        return code, {r["rule_id"]: r for r in report["results"]}, report

    def differences(self, *args):
        """{rule id: lines} of the example's --out-dir, as Truth.listed()."""
        out = {}
        with tempfile.TemporaryDirectory() as directory:
            self.server.assay("run", EXAMPLE, "--out-dir", directory, *args)
            for path in pathlib.Path(directory).glob("differences/*.jsonl"):
                lines = [json.loads(line)
                         for line in path.read_text().splitlines()]
                out[path.stem] = sorted(
                    (line["table"].split(".")[1], line["kind"],
                     tuple(line["key"].values()),
                     tuple(sorted(line.get("columns", ()))))
                    for line in lines)
        return out

    def assert_verdicts(self, results, failing, warning=()):
        self.assertEqual(
            {i: r["verdict"] for i, r in results.items()},
            {i: "FAIL" if i in failing else "WARN" if i in warning else "PASS"
             for i in results},
            "\n".join(f"{r['verdict']} {i}: {r['found']}"
                      for i, r in results.items()))

    # pylint: disable-next=too-many-arguments
    def assert_diff(self, result, rows, *, keys=None, missing=0, extra=0,
                    changed=0, columns=None, causes=None, source_only=(),
                    duplicates=0, accepted=0):
        """Holds every number of a full_diff against the truth."""
        diff = result["diff"]
        self.assertEqual(diff["keys"], keys or max(rows), result["found"])
        self.assertEqual((diff["rows_source"], diff["rows_target"]), rows)
        self.assertTrue(diff["complete"])
        self.assertEqual(
            {k: diff[k] for k in ("missing", "extra", "changed", "accepted",
                                  "duplicate_keys_source",
                                  "duplicate_keys_target", "null_keys_source",
                                  "null_keys_target", "unstable", "settled")},
            {"missing": missing, "extra": extra, "changed": changed,
             "accepted": accepted, "duplicate_keys_source": 0,
             "duplicate_keys_target": duplicates, "null_keys_source": 0,
             "null_keys_target": 0, "unstable": 0, "settled": 0},
            result["found"])
        self.assertEqual({c["column"]: c["rows"] for c in diff["columns"]},
                         columns or {})
        self.assertEqual({(c["column"], c["cause"]): c["rows"]
                          for c in diff["causes"]}, causes or {})
        self.assertEqual(diff["source_only_columns"], list(source_only))
        self.assertEqual(diff["target_only_columns"], [])
        failing = missing + extra + changed + duplicates
        self.assertEqual(result["counters"]["rows_failing"], failing)


def main():
    if DATA is None:
        print(NO_DATA)
    unittest.main()
